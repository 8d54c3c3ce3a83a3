//! Recalls: what was called back, by whom, who has complied, and what waits for a decision because of it.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Query, State},
    response::Response,
};

use super::{
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::{banner, find},
    see,
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

/// That control of a record is lost.
struct Compromise {
    record: String,
    by: String,
    note: String,
    beyond: bool,
    at: Moment,
}

#[derive(Template)]
#[template(path = "recalls.html")]
struct Recalls {
    frame: Frame,
    recalls: Vec<Recall>,
    more: Option<String>,
    compromises: Vec<Compromise>,
    more_compromises: Option<String>,
    may_settle: bool,
}

/// `GET /recalls`.
pub(super) async fn page(visit: Visit, Query(turned): Query<Turned>) -> Result<Response, ApiError> {
    let say = visit.say();
    let list = |name| List { path: "/recalls", name };
    let all = control::recalls::all(&visit.control, &visit.person).await?;
    let (all, more) = list("recalls").cut(&turned, all, control::recalls::name_of)?;
    let lost = match visit.may("compromise.list") {
        true => control::recalls::all_compromises(&visit.control, &visit.person).await?,
        false => Vec::new(),
    };
    let (lost, more_compromises) = list("compromises").cut(&turned, lost, control::recalls::name_of_compromise)?;
    let mut records = Vec::new();
    let names = all.iter().map(|recall| (recall.originator.clone(), recall.record.clone()));
    for name in names.chain(lost.iter().map(|one| (one.originator.clone(), one.record.clone()))) {
        records.extend(find(&visit.control, &visit, name).await.ok());
    }
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
        more,
        more_compromises,
        compromises: lost
            .into_iter()
            .map(|one| Compromise {
                record: format!("{}/{}", one.originator, one.record),
                at: Moment::of(&one.at, say),
                by: one.by,
                note: one.note,
                beyond: one.beyond,
            })
            .collect(),
        frame: visit.frame(Page::Records, say.one("recalls-title"), banner(&records, say)).await?,
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
