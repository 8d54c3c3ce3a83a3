//! Two texts side by side: what each clause says, and what the difference means for each pair of parties.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use entente_core::desk::compare::{HandOn, PairChange, Side};
use entente_formats::agreement::{ClauseChange, FieldChange};
use serde::Deserialize;
use serde_json::Value;

use super::{
    banner::Banner,
    form::Choice,
    frame::{Frame, Page},
    html,
    text::Say,
    visit::Visit,
};
use crate::{
    api::CompareQuery,
    control::{ApiError, Control, matrix::difference},
};

struct Change {
    article: String,
    kind: String,
    what: String,
    class: &'static str,
    fields: Vec<(String, String, String)>,
}

struct Pair {
    from: String,
    to: String,
    before: String,
    after: String,
    class: &'static str,
    words: Vec<String>,
}

/// How two texts differ.
struct Difference {
    fields: Vec<(String, String, String)>,
    changes: Vec<Change>,
    pairs: Vec<Pair>,
    /// Too many words for a table of all of them.
    too_many: bool,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare {
    frame: Frame,
    before: Vec<Choice>,
    after: Vec<Choice>,
    difference: Option<Difference>,
}

/// Which texts, by their hashes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    before: String,
    after: String,
}

/// `GET /agreements/compare`.
pub(super) async fn page(
    visit: Visit,
    State(control): State<Control>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let say = visit.say();
    let texts: Vec<(String, String)> = control
        .driver
        .inspect(|node| {
            let texts = node.agreements().values().chain(node.proposals());
            texts.map(|text| (text.id.to_string(), text.hash.to_string())).collect()
        })
        .await?;
    let choices = |chosen: &str| {
        texts
            .iter()
            .map(|(id, hash)| {
                let short: String = hash.rsplit(':').next().unwrap_or_default().chars().take(8).collect();
                Choice { words: format!("{id} ({short})"), is_chosen: hash == chosen, value: hash.clone() }
            })
            .collect::<Vec<_>>()
    };
    let (before, after) = (choices(&asked.before), choices(&asked.after));
    let query = CompareQuery { before: asked.before, after: asked.after };
    let difference = difference(&control, &query).await?.map(|found| Difference {
        fields: found.wording.fields.iter().map(field).collect(),
        changes: found.wording.clauses.iter().map(|change| clause(change, say)).collect(),
        too_many: found.pairs.is_err(),
        pairs: found.pairs.unwrap_or_default().iter().map(|change| pair(change, say)).collect(),
    });
    html(&Compare {
        frame: visit.frame(Page::Agreements, say.one("agreements-compare"), Banner::plain()).await?,
        before,
        after,
        difference,
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn field(change: &FieldChange) -> (String, String, String) {
    let words = |value: &Option<Value>| value.as_ref().map(plain).unwrap_or_default();
    (change.field.clone(), words(&change.before), words(&change.after))
}

fn clause(change: &ClauseChange, say: Say) -> Change {
    let (of, what, class, fields) = match change {
        ClauseChange::Added(of) => (of, say.one("compare-added"), "yes", Vec::new()),
        ClauseChange::Removed(of) => (of, say.one("compare-removed"), "no", Vec::new()),
        ClauseChange::Moved { before, after, fields } => {
            let from = say.0.article(&before.id);
            (after, say.with("compare-moved", "from", from), "", fields.iter().map(field).collect())
        }
        ClauseChange::Changed { after, fields, .. } => {
            (after, say.one("compare-changed"), "", fields.iter().map(field).collect())
        }
    };
    Change { article: say.0.article(&of.id), kind: of.kind.name().to_owned(), what, class, fields }
}

fn ceiling(side: &Side, say: Say) -> String {
    match (side.ceiling, side.areas.is_empty()) {
        (Some(level), _) => level.to_string(),
        (None, true) => say.one("agreements-nothing"),
        (None, false) => say.one("agreements-terms"),
    }
}

fn pair(change: &PairChange, say: Say) -> Pair {
    let mut words = Vec::new();
    for (key, count) in [
        ("compare-newly", change.newly.len()),
        ("compare-no-longer", change.no_longer.len()),
        ("compare-duties-gained", change.duties_gained().len()),
        ("compare-duties-lost", change.duties_lost().len()),
    ] {
        if count > 0 {
            words.push(match key {
                "compare-newly" => say.count("compare-newly", count),
                "compare-no-longer" => say.count("compare-no-longer", count),
                "compare-duties-gained" => say.count("compare-duties-gained", count),
                _ => say.count("compare-duties-lost", count),
            });
        }
    }
    let mut onward: Vec<String> = change
        .onward()
        .into_iter()
        .map(|(way, before, after)| {
            let parts = [("to", way.to.to_string()), ("before", hand_on(before, say)), ("after", hand_on(after, say))];
            say.filled("compare-onward", &parts)
        })
        .collect();
    onward.dedup();
    words.extend(onward);
    Pair {
        from: change.from.to_string(),
        to: change.to.to_string(),
        before: ceiling(&change.before, say),
        after: ceiling(&change.after, say),
        class: match (change.newly.is_empty(), change.no_longer.is_empty()) {
            (false, true) => "gained",
            (true, false) => "lost",
            _ => "",
        },
        words,
    }
}

fn hand_on(how: HandOn, say: Say) -> String {
    match how {
        HandOn::No => say.one("word-hand-on-no"),
        HandOn::WithConsent => say.one("word-hand-on-ask"),
        HandOn::Freely(Some(level)) => say.with("word-hand-on-up-to", "level", level),
        HandOn::Freely(None) => say.one("agreements-terms"),
    }
}
