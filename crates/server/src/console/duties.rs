//! Duties with their clocks: who owes what, by which article, until when, and whether the time is the text's or this node's own. A
//! page shows them as one table everywhere. The key type is [`Duty`].

use axum::{
    Form, Json,
    extract::{Path, State},
    response::Response,
};
use entente_core::time::Timestamp;

use super::{
    block::encode,
    chip::drill,
    form::Fields,
    frame::State as Sign,
    records::path,
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{DisagreementView, DoneRequest, DoubtfulClockView, ObligationView, WaiveRequest, short_digest},
    control::{self, ApiError},
};

/// A duty, as a row.
pub(super) struct Duty {
    pub(super) id: String,
    pub(super) party: String,
    pub(super) to: String,
    /// To consult, to notify and so on, in words.
    pub(super) kind: String,
    pub(super) what: String,
    pub(super) article: String,
    pub(super) text: String,
    pub(super) force: String,
    /// Whether this node has no wording of the clause, but an assumption or a summary.
    pub(super) basis: Option<String>,
    pub(super) due: Option<Moment>,
    pub(super) clock: String,
    pub(super) is_local: bool,
    pub(super) drill: Option<String>,
    pub(super) state: Sign,
    pub(super) is_ours: bool,
    pub(super) is_open: bool,
    pub(super) done: Option<String>,
    pub(super) evidence: Vec<(String, String)>,
    pub(super) waived: String,
    /// Whether a consultation pins it: then the others may waive it.
    pub(super) is_pinned: bool,
    /// Clocks on which its time rests and that are off; what its raiser says and this node knows otherwise.
    pub(super) doubts: Vec<String>,
}

/// Clocks that are off, in words.
pub(super) fn clocks(views: &[DoubtfulClockView], us: &str, say: Say) -> Vec<String> {
    let words = |view: &DoubtfulClockView| {
        let side = if view.ahead > 0 { "ahead" } else { "behind" };
        let whose = if view.party == us { "own" } else { "theirs" };
        let seconds = view.ahead.saturating_abs().to_string();
        say.filled(&format!("clock-{whose}-{side}"), &[("party", view.party.clone()), ("seconds", seconds)])
    };
    views.iter().map(words).collect()
}

/// What the raiser of a consultation says and this node knows otherwise, in words with both versions.
pub(super) fn differences(views: &[DisagreementView], say: Say) -> Vec<String> {
    let said = |said: &Option<String>| match said {
        None => say.one("differs-nothing"),
        Some(said) => match said.parse::<Timestamp>() {
            Ok(_) => Moment::of(said, say).words,
            Err(_) => short_digest(said).to_owned(),
        },
    };
    let words = |view: &DisagreementView| {
        let parts = [("theirs", said(&view.theirs)), ("ours", said(&view.ours))];
        let words = say.filled(&format!("differs-{}", view.about), &parts);
        match &view.clause {
            Some((text, article)) => format!("{text} {}: {words}", say.0.article(&article.as_str().into())),
            None => words,
        }
    };
    views.iter().map(words).collect()
}

impl Duty {
    pub(super) fn new(view: ObligationView, us: &str, say: Say) -> Self {
        let words = say.one(&format!("duty-{}", view.state));
        let named = |name: &String| {
            let (originator, id) = name.split_once('/').unwrap_or(("-", name));
            (path(originator, id), name.clone())
        };
        Self {
            is_ours: view.party == us,
            is_open: is_open(&view) && view.real,
            state: match view.state.as_str() {
                // In a drill nobody owes anything.
                _ if !view.real => Sign { class: "", words: say.one("duty-drill") },
                "met" => Sign::good(words),
                "overdue" | "late" => Sign::bad(words),
                "due" => Sign::attention(words),
                _ => Sign { class: "", words },
            },
            to: if view.to.is_empty() { say.one("duties-public") } else { view.to.join(", ") },
            kind: say.one(&format!("duty-kind-{}", view.kind)),
            what: view.words,
            article: say.0.article(&view.clause.as_str().into()),
            text: view.agreement,
            force: say.one(&format!("force-{}", view.force)),
            basis: view.basis.filter(|basis| basis != "text").map(|basis| say.one(&format!("basis-{basis}"))),
            due: view.due.as_deref().map(|due| Moment::of(due, say)),
            is_local: !["text", "none"].contains(&view.clock.as_str()),
            clock: match view.clock.as_str() {
                "text" => say.one("clock-text"),
                "none" => say.one("clock-none"),
                _ => say.one("clock-local"),
            },
            drill: drill(&view.status, say),
            evidence: view.done.iter().flat_map(|done| &done.evidence).map(named).collect(),
            done: view.done.map(|done| format!("{}: {}", done.by, done.note)),
            waived: view.waived.join(", "),
            is_pinned: view.consultation.is_some(),
            doubts: [clocks(&view.doubtful_clocks, us, say), differences(&view.disagreements, say)].concat(),
            party: view.party,
            id: view.id,
        }
    }
}

/// Whether somebody still has to do it.
pub(super) fn is_open(view: &ObligationView) -> bool {
    matches!(view.state.as_str(), "due" | "overdue")
}

/// What this person may do about duties.
#[derive(Clone, Copy)]
pub(super) struct May {
    pub(super) done: bool,
    pub(super) waive: bool,
}

impl May {
    pub(super) fn of(visit: &Visit) -> Self {
        Self { done: visit.may("obligation.done"), waive: visit.may("obligation.waive") }
    }
}

/// Where a form leads back to: a page of consultations, and no other.
fn back(fields: &Fields) -> String {
    let name = fields.one("consultation");
    match name.is_empty() {
        true => "/consultations#duties".to_owned(),
        false => format!("/consultations/{}#duties", encode(&name)),
    }
}

/// `POST /obligations/{id}`: this party has done what it owes.
pub(super) async fn done(
    visit: Visit,
    id: Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(DoneRequest { note: fields.one("note"), evidence: fields.list("evidence") });
    control::incidents::done(State(visit.control), visit.person, id, request).await.map(drop)?;
    Ok(see(&back(&fields)))
}

/// `POST /obligations/{id}/waive`: this party asks nothing of it, as far as it is owed to it.
pub(super) async fn waive(
    visit: Visit,
    id: Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = Json(WaiveRequest { note: fields.one("note") });
    control::incidents::waive(State(visit.control), visit.person, id, request).await.map(drop)?;
    Ok(see(&back(&fields)))
}
