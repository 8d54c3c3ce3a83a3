//! What if: switches for the texts, and what would become possible or impossible over everything that is held and seen here.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    response::Response,
};
use entente_core::time::Timestamp;
use entente_formats::whatif::{PairLine, SuppositionLine};

use super::{
    banner::Banner,
    block::encode,
    frame::{Frame, Page},
    html,
    records::purposes,
    released::CHANNEL,
    text::Say,
    visit::Visit,
};
use crate::{
    api::WhatIfRequest,
    control::{self, ApiError},
};

struct Switch {
    id: String,
    title: String,
    choices: Vec<(String, String)>,
    chosen: String,
}

#[derive(Template)]
#[template(path = "whatif.html")]
struct WhatIf {
    frame: Frame,
    purposes: Vec<String>,
    chosen: String,
    switches: Vec<Switch>,
    outcome: String,
}

struct Witness {
    record: String,
    path: String,
    class: &'static str,
    words: String,
    because: Vec<String>,
}

struct Pair {
    from: String,
    to: String,
    before: u64,
    after: u64,
    gained: u64,
    lost: u64,
    witnesses: Vec<Witness>,
}

#[derive(Template)]
#[template(path = "whatif-outcome.html")]
struct Outcome {
    say: Say,
    problem: Option<String>,
    records: u64,
    classes: usize,
    pairs: Vec<Pair>,
}

/// `GET /agreements/whatif`: each text is a field of the query, with what is supposed of it.
pub(super) async fn page(
    visit: Visit,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let say = visit.say();
    let texts = control::agreements::list(State(visit.control.clone()), visit.person.clone()).await?.0;
    let purposes = purposes(&visit).await?;
    let given = fields.get("purpose").filter(|purpose| !purpose.is_empty()).cloned();
    let chosen = given.or_else(|| purposes.first().cloned()).unwrap_or_default();
    let supposed = |id: &str| fields.get(id).map(String::as_str).unwrap_or_default();
    let suppose: Vec<SuppositionLine> = texts
        .iter()
        .filter_map(|text| {
            let (agreement, by) = (text.id.clone(), None);
            match supposed(&text.id) {
                "enter" => Some(SuppositionLine::Enter { agreement, by }),
                "suspend" => Some(SuppositionLine::Suspend { agreement, by }),
                "resume" => Some(SuppositionLine::Resume { agreement, by }),
                "remove" => Some(SuppositionLine::Remove { agreement }),
                _ => None,
            }
        })
        .collect();
    let request = WhatIfRequest {
        action: "release".to_owned(),
        purpose: chosen.clone(),
        channel: CHANNEL.to_owned(),
        at: Timestamp::now().to_string(),
        suppose,
    };
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let outcome = match control::whatif::compare(State(control), person, visit.headers(), Json(request)).await {
        Ok(Json(answer)) => Outcome {
            say,
            problem: None,
            records: answer.records,
            classes: answer.classes,
            pairs: answer.pairs.into_iter().filter_map(|pair| changed(pair, say)).collect(),
        },
        Err(ApiError::Request(problem)) => {
            Outcome { say, problem: Some(problem), records: 0, classes: 0, pairs: Vec::new() }
        }
        Err(error) => return Err(error),
    };
    if visit.manner.is_part {
        return html(&outcome);
    }
    let switches = texts.iter().filter(|text| text.force != "political").map(|text| Switch {
        choices: ["enter", "suspend", "resume", "remove"]
            .map(|word| (word.to_owned(), say.one(&format!("word-{word}"))))
            .into(),
        chosen: supposed(&text.id).to_owned(),
        id: text.id.clone(),
        title: text.title.clone(),
    });
    html(&WhatIf {
        frame: visit.frame(Page::Agreements, say.one("agreements-whatif"), Banner::plain()).await?,
        switches: switches.collect(),
        outcome: outcome.render().map_err(|error| ApiError::Ours(error.to_string()))?,
        purposes,
        chosen,
    })
}

/// A pair, where something changes for it.
fn changed(pair: PairLine, say: Say) -> Option<Pair> {
    let witnesses = pair.witnesses.into_iter().map(|witness| {
        let is_gained = witness.now == "permit";
        Witness {
            path: format!("/records/-/{}", encode(&witness.record)),
            class: if is_gained { "yes" } else { "no" },
            words: match (is_gained, witness.alike) {
                (true, Some(alike)) => say.count("whatif-now-permit-alike", alike),
                (true, None) => say.one("whatif-now-permit"),
                (false, Some(alike)) => say.count("whatif-now-deny-alike", alike),
                (false, None) => say.one("whatif-now-deny"),
            },
            because: witness.because.into_iter().map(|block| block.why).collect(),
            record: witness.record,
        }
    });
    let is_changed = pair.newly_permitted + pair.newly_denied > 0;
    is_changed.then(|| Pair {
        witnesses: witnesses.collect(),
        from: pair.from,
        to: pair.to,
        before: pair.before,
        after: pair.after,
        gained: pair.newly_permitted,
        lost: pair.newly_denied,
    })
}
