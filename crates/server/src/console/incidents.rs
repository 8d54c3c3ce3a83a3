//! Something happened: the form that says so, filled in from where the link to it stands. What an incident opened is shown on the
//! page of consultations.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Query, State},
    response::Response,
};
use entente_core::consult::Precedence;
use serde::Deserialize;

use super::{
    banner::Banner,
    block::encode,
    form::Fields,
    frame::{Frame, Page},
    html,
    records::{find, statuses},
    see,
    visit::Visit,
};
use crate::{
    api::IncidentRequest,
    control::{self, ApiError},
};

/// What a link to the form fills in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    title: String,
    trigger: String,
    /// `ORIGINATOR/ID`, separated by commas.
    records: String,
    place: String,
    position: String,
    radius: String,
}

#[derive(Template)]
#[template(path = "incident-new.html")]
struct New {
    frame: Frame,
    given: Given,
    statuses: Vec<(&'static str, String)>,
    precedences: [&'static str; 4],
}

/// Where the form is, with a record that shows what happened.
pub(super) fn from_record(name: &str) -> String {
    format!("/incidents/new?records={}", encode(name))
}

/// `GET /incidents/new`: under the label of the records that are to show it, since a person looks at these.
pub(super) async fn new(visit: Visit, Query(given): Query<Given>) -> Result<Response, ApiError> {
    let say = visit.say();
    let mut labels = Vec::new();
    if visit.may("record.show") {
        for name in given.records.split([',', '、']).map(str::trim).take(16) {
            let Some((originator, id)) = name.split_once('/') else { continue };
            let found = find(&visit.control, &visit, (originator.to_owned(), id.to_owned())).await;
            labels.extend(found.ok().map(|record| (record.label, record.status)));
        }
    }
    let banner = Banner::of(labels.iter().map(|(label, status)| (label.as_str(), status.as_str())), say);
    html(&New {
        frame: visit.frame(Page::Consultations, say.one("incident-raise"), banner).await?,
        given,
        statuses: statuses(say),
        precedences: Precedence::ALL.map(Precedence::as_str),
    })
}

/// `POST /incidents`: something happened, as these records show, at this place, or as a person says.
pub(super) async fn raise(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    // A radius behind a blank, as the command line and the API take it.
    let position = match (fields.some("position"), fields.some("radius")) {
        (Some(position), Some(radius)) => Some(format!("{position} {radius}")),
        (None, Some(_)) => return Err(ApiError::Request("position: a radius is one around a position".to_owned())),
        (position, None) => position,
    };
    let request = IncidentRequest {
        title: fields.some("title"),
        trigger: fields.some("trigger"),
        records: fields.list("records"),
        position,
        place: fields.some("place"),
        began: fields.some("began"),
        ended: fields.some("ended"),
        status: fields.some("status"),
        precedence: fields.some("precedence"),
        role: fields.some("role"),
    };
    let raised = control::incidents::raise(State(visit.control), visit.person, Json(request)).await?.0;
    Ok(see(&format!("/consultations#i-{}", encode(&raised.name))))
}
