//! Releasing a held record: the question, and what became of it, party by party.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};
use entente_core::Channel;
use entente_seal::Precedence;

use super::{
    ask::{Ask, Button},
    block::Block,
    form::{Choice, Field, Fields, Kind},
    frame::{Frame, Page, State as Sign},
    html,
    records::{Asked, banner, find, parties, path, purposes},
    visit::Visit,
};
use crate::{
    api::{RecordView, ReleaseRequest, Released},
    control::{self, ApiError},
};

/// The channel that is meant when nobody says.
pub(super) const CHANNEL: &str = Channel::GOVERNMENTS;
/// Precedences as ACP 131 has them, the least urgent first.
pub(super) fn precedences() -> [&'static str; 4] {
    Precedence::ALL.map(Precedence::as_str)
}

struct Outcome {
    to: String,
    state: Sign,
    block: Block,
    choices: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "released.html")]
struct Outcomes {
    frame: Frame,
    title: String,
    path: String,
    outcomes: Vec<Outcome>,
    purpose: String,
    channel: String,
    precedence: String,
}

/// `GET /records/{originator}/{id}/release`.
pub(super) async fn question(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let record = find(&visit.control, &visit, name).await?;
    let say = visit.say();
    let others: Vec<String> = parties(&visit)
        .await?
        .into_iter()
        .filter(|party| *party != visit.control.operator.nationality.as_str())
        .collect();
    let given_for = record.custody.last().map(|hop| hop.purpose.clone());
    let purpose = asked.purpose.or(given_for).or(purposes(&visit).await?.into_iter().next()).unwrap_or_default();
    let field =
        |name, label: &str, kind| Field { name, label: say.one(label), hint: String::new(), kind, is_needed: true };
    let fields = vec![
        field("to", "release-to", Kind::Parties(Choice::of(others, &[]))),
        field("purpose", "record-purpose", Kind::Line(purpose.clone())),
        field("channel", "new-channel", Kind::Line(asked.channel.clone().unwrap_or_else(|| CHANNEL.to_owned()))),
        field("precedence", "new-precedence", Kind::Choice(Choice::of(precedences(), &["ROUTINE".to_owned()]))),
    ];
    let decisions = super::ask::prospects(&visit, &record, &purpose).await?;
    let ask = Ask {
        title: say.with("release-title", "record", &record.id),
        lead: say.one("release-lead"),
        action: format!("{}/release", path(&record.originator, &record.id)),
        fields,
        button: Button { words: say.one("record-release"), is_grave: false },
        decisions,
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/release`.
pub(super) async fn release(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (fields, record) = (Fields(fields), find(&visit.control, &visit, name).await?);
    let request = ReleaseRequest {
        record: Some(format!("{}/{}", record.originator, record.id)),
        draft: None,
        to: fields.all("to"),
        purpose: fields.one("purpose"),
        channel: fields.one("channel"),
        under: fields.some("under").map(|id| vec![id]),
        precedence: fields.one("precedence"),
        expires: None,
    };
    carried_out(&visit, &record, request).await
}

/// Releases, and shows what became of it.
pub(super) async fn carried_out(
    visit: &Visit,
    record: &RecordView,
    request: ReleaseRequest,
) -> Result<Response, ApiError> {
    let (purpose, channel, precedence) = (request.purpose.clone(), request.channel.clone(), request.precedence.clone());
    let released =
        control::release(State(visit.control.clone()), visit.person.clone(), visit.headers(), Json(request)).await?.0;
    outcomes(visit, record, released, (purpose, channel, precedence)).await
}

/// What became of a release, for each recipient.
pub(super) async fn outcomes(
    visit: &Visit,
    record: &RecordView,
    released: Released,
    (purpose, channel, precedence): (String, String, String),
) -> Result<Response, ApiError> {
    let say = visit.say();
    let outcomes = released.recipients.into_iter().map(|recipient| {
        let state = match recipient.outcome.as_str() {
            "sequenced" => {
                let under =
                    if recipient.under.is_empty() { say.one("released-free") } else { recipient.under.join(", ") };
                Sign::good(say.with("released-yes", "under", under))
            }
            "waits" => Sign::attention(say.one("released-waits")),
            "choose" => Sign::attention(say.one("released-choose-lead")),
            _ => Sign::bad(say.one("released-no")),
        };
        Outcome {
            block: Block::new(&recipient.decision, &record.originator, &purpose, say),
            to: recipient.to,
            state,
            choices: recipient.choices,
        }
    });
    html(&Outcomes {
        outcomes: outcomes.collect(),
        frame: visit.frame(Page::Records, record.id.clone(), banner(std::slice::from_ref(record), say)).await?,
        title: say.with("released-title", "record", &record.id),
        path: path(&record.originator, &record.id),
        purpose,
        channel,
        precedence,
    })
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    frame: Frame,
    title: String,
    block: Block,
    back: String,
}

/// What was asked for was decided, and the decision says no.
pub(super) async fn refused(visit: &Visit, title: String, block: Block, back: &str) -> Result<Response, ApiError> {
    let frame = visit.frame(Page::Other, title.clone(), super::banner::Banner::plain()).await?;
    html(&Refused { frame, title, block, back: back.to_owned() })
}
