//! What a person does about one record beside releasing it: ask for consent, approve, relabel, recall. Each is a question of a
//! few lines with the decision beside it, and the same deed as that of the API.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::{
    block::Block,
    chip::Chip,
    form::{Choice, Field, Fields, Kind},
    frame::{Frame, Page},
    html,
    records::{banner, find, parties, path},
    released::CHANNEL,
    see,
    visit::Visit,
};
use crate::{
    api::{ApproveRequest, AskRequest, DecisionView, DecisionsRequest, RecallRequest, RecordView, RelabelRequest},
    control::{self, ApiError},
};

/// A question about one record.
pub(super) struct Ask {
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
    pub(super) button: Button,
    pub(super) decisions: Vec<Block>,
}

/// The button that does it.
pub(super) struct Button {
    pub(super) words: String,
    /// Whether it cannot be undone.
    pub(super) is_grave: bool,
}

struct Head {
    id: String,
    title: String,
    label: Chip,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage {
    frame: Frame,
    title: String,
    lead: String,
    action: String,
    record: Head,
    fields: Vec<Field>,
    button: String,
    button_class: &'static str,
    back: String,
    decisions: Vec<Block>,
    problem: Option<String>,
}

impl Ask {
    /// Its page; with what was wrong the last time.
    pub(super) async fn page(
        self,
        visit: &Visit,
        record: &RecordView,
        problem: Option<String>,
    ) -> Result<Response, ApiError> {
        let say = visit.say();
        html(&AskPage {
            frame: visit.frame(Page::Records, self.title.clone(), banner(std::slice::from_ref(record), say)).await?,
            record: Head {
                id: record.id.clone(),
                title: record.title.clone(),
                label: Chip::new(&record.label, &record.status, say),
            },
            back: path(&record.originator, &record.id),
            title: self.title,
            lead: self.lead,
            action: self.action,
            fields: self.fields,
            button: self.button.words,
            button_class: if self.button.is_grave { "grave" } else { "main" },
            decisions: self.decisions,
            problem,
        })
    }
}

/// What would be decided about a held record for every partner, or for those named. Nothing is done by asking.
pub(super) async fn decided(
    visit: &Visit,
    record: &RecordView,
    purpose: &str,
    channel: Option<String>,
    to: Vec<String>,
) -> Result<Vec<DecisionView>, ApiError> {
    let asked = DecisionsRequest {
        record: Some(format!("{}/{}", record.originator, record.id)),
        draft: None,
        to,
        purpose: purpose.to_owned(),
        channel: channel.unwrap_or_else(|| CHANNEL.to_owned()),
        action: None,
    };
    let (control, person) = (visit.control.clone(), visit.person.clone());
    Ok(control::decisions::preview(State(control), person, visit.headers(), Json(asked)).await?.0.decisions)
}

/// The decisions about a record for each party, without buttons: they are beside a form that has one.
pub(super) async fn prospects(visit: &Visit, record: &RecordView, purpose: &str) -> Result<Vec<Block>, ApiError> {
    if purpose.is_empty() {
        return Ok(Vec::new());
    }
    let found = decided(visit, record, purpose, None, Vec::new()).await?;
    let block = |decision| Block::new(decision, &record.originator, purpose, visit.say()).without_cures();
    Ok(found.iter().map(block).collect())
}

/// What the path of a cure brings along.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Cure {
    pub(super) to: String,
    pub(super) of: String,
    pub(super) purpose: String,
}

impl Visit {
    pub(super) fn line(&self, name: &'static str, label: &str, value: String, is_needed: bool) -> Field {
        Field { name, label: self.say().one(label), hint: String::new(), kind: Kind::Line(value), is_needed }
    }
}

/// `GET /records/{originator}/{id}/consent`: ask a party for its consent.
pub(super) async fn consent(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Query(cure): Query<Cure>,
) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let all = parties(&visit).await?;
    let choice = |chosen: &str| Kind::Choice(Choice::of(&all, &[chosen.to_owned()]));
    let field =
        |name, label: &str, kind| Field { name, label: say.one(label), hint: String::new(), kind, is_needed: true };
    let fields = vec![
        field("of", "consent-of", choice(&cure.of)),
        field("to", "consent-for", choice(&cure.to)),
        visit.line("purpose", "record-purpose", cure.purpose.clone(), true),
        visit.line("channel", "new-channel", CHANNEL.to_owned(), true),
        Field { hint: say.one("ask-until-hint"), ..visit.line("until", "consent-until", String::new(), false) },
    ];
    let ask = Ask {
        title: match cure.of.is_empty() {
            true => say.one("record-ask-consent"),
            false => say.with("ask-consent-title", "party", &cure.of),
        },
        lead: say.one("ask-consent-lead"),
        action: format!("{}/consent", path(&record.originator, &record.id)),
        fields,
        button: Button { words: say.one("ask-consent-go"), is_grave: false },
        decisions: prospects(&visit, &record, &cure.purpose).await?,
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/consent`.
pub(super) async fn ask_consent(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let request = AskRequest {
        record: format!("{}/{}", record.originator, record.id),
        of: fields.one("of"),
        to: fields.one("to"),
        purpose: fields.some("purpose"),
        channel: fields.one("channel"),
        until: fields.some("until"),
    };
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let asked = control::consents::ask(State(control), person, visit.headers(), Json(request)).await?.0;
    if asked.question.is_some() {
        return Ok(see("/consent"));
    }
    // The question itself is a release, and the decision says no.
    let block = Block::new(&asked.decision, &record.originator, &fields.one("purpose"), visit.say());
    super::released::refused(
        &visit,
        visit.say().one("ask-consent-refused"),
        block,
        &path(&record.originator, &record.id),
    )
    .await
}

/// `GET /records/{originator}/{id}/approval`: approve it for a recipient, for this party.
pub(super) async fn approval(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Query(cure): Query<Cure>,
) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let all = parties(&visit).await?;
    let to = Field {
        name: "to",
        label: say.one("consent-for"),
        hint: String::new(),
        kind: Kind::Choice(Choice::of(&all, std::slice::from_ref(&cure.to))),
        is_needed: true,
    };
    let ask = Ask {
        title: say.with("approve-title", "record", &record.id),
        lead: say.one("approve-lead"),
        action: format!("{}/approval", path(&record.originator, &record.id)),
        fields: vec![to, visit.line("note", "approve-note", String::new(), true)],
        button: Button { words: say.one("approve-go"), is_grave: false },
        decisions: prospects(&visit, &record, &cure.purpose).await?,
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/approval`.
pub(super) async fn approve(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let request = ApproveRequest {
        record: format!("{}/{}", record.originator, record.id),
        to: fields.one("to"),
        note: fields.one("note"),
    };
    control::approve(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see(&path(&record.originator, &record.id)))
}

/// `GET /records/{originator}/{id}/relabel`: another label, for a record of this party.
pub(super) async fn another_label(visit: Visit, Path(name): Path<(String, String)>) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let ask = Ask {
        title: say.with("relabel-title", "record", &record.id),
        lead: say.one("relabel-lead"),
        action: format!("{}/relabel", path(&record.originator, &record.id)),
        fields: vec![
            visit.line("label", "records-label", record.label.clone(), true),
            visit.line("reason", "recall-reason", String::new(), false),
        ],
        button: Button { words: say.one("relabel-go"), is_grave: false },
        decisions: Vec::new(),
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/relabel`.
pub(super) async fn relabel(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let request = RelabelRequest {
        record: format!("{}/{}", record.originator, record.id),
        label: fields.one("label"),
        reason: fields.some("reason"),
    };
    control::recalls::relabel(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see(&path(&record.originator, &record.id)))
}

/// `GET /records/{originator}/{id}/recall`.
pub(super) async fn calling_back(visit: Visit, Path(name): Path<(String, String)>) -> Result<Response, ApiError> {
    let (record, say) = (find(&visit.control, &visit, name).await?, visit.say());
    let us = visit.control.operator.nationality.to_string();
    let others: Vec<String> = parties(&visit).await?.into_iter().filter(|party| *party != us).collect();
    let of = Field {
        name: "of",
        label: say.one("recall-of"),
        hint: say.one("recall-of-hint"),
        kind: Kind::Parties(Choice::of(others, &[])),
        is_needed: false,
    };
    let ask = Ask {
        title: say.with("recall-title", "record", &record.id),
        lead: say.one("recall-lead"),
        action: format!("{}/recall", path(&record.originator, &record.id)),
        fields: vec![of, visit.line("reason", "recall-reason", String::new(), false)],
        button: Button { words: say.one("record-recall"), is_grave: true },
        decisions: Vec::new(),
    };
    ask.page(&visit, &record, None).await
}

/// `POST /records/{originator}/{id}/recall`.
pub(super) async fn call_back(
    visit: Visit,
    Path(name): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (record, fields) = (find(&visit.control, &visit, name).await?, Fields(fields));
    let request = RecallRequest {
        record: format!("{}/{}", record.originator, record.id),
        of: fields.all("of"),
        reason: fields.some("reason"),
    };
    control::recalls::recall(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/recalls"))
}
