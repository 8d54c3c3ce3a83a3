//! Recalls: what was called back, by whom, who has complied, and what waits for a decision because of it.

use askama::Template;
use axum::{Form, Json, extract::State, response::Response};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html, see,
    visit::{Moment, Visit},
};
use crate::{
    api::SettleRequest,
    control::{self, ApiError},
};

struct Told {
    party: String,
    state: Sign,
    beyond: bool,
}

struct Recall {
    record: String,
    by: String,
    reason: String,
    at: Moment,
    told: Vec<Told>,
    suspended: Vec<String>,
}

#[derive(Template)]
#[template(path = "recalls.html")]
struct Recalls {
    frame: Frame,
    recalls: Vec<Recall>,
    may_settle: bool,
}

/// `GET /recalls`.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let all = control::recalls::list(State(visit.control.clone()), visit.person.clone()).await?.0;
    let state = |word: &str| match word {
        "destroyed" | "not-here" => Sign::good(say.one(&format!("state-{word}"))),
        "kept" => Sign::bad(say.one("state-kept")),
        other => Sign::attention(say.one(&format!("state-{other}"))),
    };
    let recalls = all.into_iter().map(|recall| Recall {
        record: format!("{}/{}", recall.originator, recall.record),
        reason: recall.reason.unwrap_or_default(),
        at: Moment::of(&recall.at, say),
        told: recall
            .told
            .into_iter()
            .map(|told| Told { state: state(&told.state), party: told.party, beyond: told.beyond })
            .collect(),
        by: recall.by,
        suspended: recall.suspended,
    });
    html(&Recalls {
        recalls: recalls.collect(),
        frame: visit.frame(Page::Records, say.one("recalls-title"), Banner::plain()).await?,
        may_settle: visit.may("record.settle"),
    })
}

/// `POST /recalls/settle`.
pub(super) async fn settle(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let keep = match fields.one("keep").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(ApiError::Request("keep: `yes` or `no`".to_owned())),
    };
    let request = SettleRequest { record: fields.one("record"), keep, note: fields.one("note") };
    control::recalls::settle(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/recalls"))
}
