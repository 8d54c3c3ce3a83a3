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
    records::{banner, find, purposes},
    released::CHANNEL,
    strip::Strip,
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

pub(super) struct Witness {
    pub(super) record: String,
    pub(super) path: String,
    pub(super) class: &'static str,
    pub(super) words: String,
    pub(super) because: Vec<String>,
}

/// What changes from one holder to one recipient.
pub(super) struct Pair {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) gained: u64,
    pub(super) lost: u64,
    pub(super) witnesses: Vec<Witness>,
}

#[derive(Template)]
#[template(path = "whatif-outcome.html")]
struct Outcome {
    say: Say,
    problem: Option<String>,
    records: u64,
    classes: usize,
    pairs: Vec<Pair>,
    /// The page's banner: that of the records that stand as witnesses.
    banner: Banner,
}

/// What comes out, with the banner that the page then bears.
#[derive(Template)]
#[template(path = "whatif-part.html")]
struct Part {
    say: Say,
    banner: Banner,
    outcome: Outcome,
}

/// `GET /agreements/whatif`: each text is a field of the query, with what is supposed of it.
pub(super) async fn page(visit: Visit, Query(fields): Query<BTreeMap<String, String>>) -> Result<Response, ApiError> {
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
        Ok(Json(answer)) => {
            let pairs: Vec<Pair> = answer.pairs.into_iter().filter_map(|pair| changed(pair, say)).collect();
            let banner = Strip::of(&visit).await?.over(witnessed(&visit, &pairs).await?, say);
            Outcome { say, problem: None, records: answer.records, classes: answer.classes, pairs, banner }
        }
        Err(ApiError::Request(problem)) => Outcome {
            say,
            problem: Some(problem),
            records: 0,
            classes: 0,
            pairs: Vec::new(),
            banner: Strip::of(&visit).await?.over(Banner::plain(), say),
        },
        Err(error) => return Err(error),
    };
    if visit.manner.is_part {
        let banner = outcome.banner.clone();
        return html(&Part { say, banner, outcome });
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
        frame: visit.frame(Page::Agreements, say.one("agreements-whatif"), outcome.banner.clone()).await?,
        switches: switches.collect(),
        outcome: outcome.render().map_err(|error| ApiError::Ours(error.to_string()))?,
        purposes,
        chosen,
    })
}

/// The banner of the records that are named.
pub(super) async fn witnessed(visit: &Visit, pairs: impl IntoIterator<Item = &Pair>) -> Result<Banner, ApiError> {
    let mut records = Vec::new();
    let witnesses: Vec<&Witness> = pairs.into_iter().flat_map(|pair| &pair.witnesses).collect();
    for witness in witnesses {
        records.extend(find(&visit.control, visit, ("-".to_owned(), witness.record.clone())).await.ok());
    }
    Ok(banner(&records, visit.say()))
}

/// A pair, where something changes for it.
pub(super) fn changed(pair: PairLine, say: Say) -> Option<Pair> {
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
