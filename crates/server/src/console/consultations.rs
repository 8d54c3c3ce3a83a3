//! Consultations, what is owed, and the incidents from which consultations are raised. One consultation is a page of its own
//! (`console::consultation`).

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Form, Json,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::{
    banner::Banner,
    block::encode,
    chip::drill,
    duties::{Duty, May, is_open},
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    records::{find, parties, path},
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{ConsultationView, IncidentView, ObligationView, ObligationsQuery, RaiseRequest, RecordView},
    control::{self, ApiError},
};

struct Incident {
    number: String,
    title: String,
    trigger: String,
    place: Option<String>,
    zones: String,
    by: String,
    precedence: String,
    raised: Moment,
    drill: Option<String>,
    evidence: Vec<(String, String)>,
    consultations: Vec<(String, String)>,
    duties: Vec<Duty>,
    /// The agreements whose clauses ask for a consultation.
    under: Vec<String>,
}

struct Row {
    path: String,
    title: String,
    raised_by: String,
    raised: Moment,
    phase: Sign,
    drill: Option<String>,
    silent: String,
}

#[derive(Template)]
#[template(path = "consultations.html")]
struct Consultations {
    frame: Frame,
    consultations: Vec<Row>,
    duties: Vec<Duty>,
    over: Vec<Duty>,
    sought: Sought,
    owing: Vec<String>,
    texts: Vec<String>,
    states: Vec<(&'static str, String)>,
    incidents: Vec<Incident>,
    others: Vec<String>,
    may_raise: bool,
    may_consult: bool,
    may: May,
    /// No page of one consultation.
    consultation: String,
}

/// Which duties are shown.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    state: String,
    party: String,
    under: String,
}

impl Sought {
    fn is_any(&self) -> bool {
        !(self.state.is_empty() && self.party.is_empty() && self.under.is_empty())
    }

    fn query(&self) -> ObligationsQuery {
        let some = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
        ObligationsQuery {
            drills: true,
            state: some(&self.state),
            party: some(&self.party),
            agreement: some(&self.under),
            ..ObligationsQuery::default()
        }
    }
}

/// `GET /consultations`.
pub(super) async fn page(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, ApiError> {
    let (say, control, person) = (visit.say(), visit.control.clone(), visit.person.clone());
    let us = control.operator.nationality.to_string();
    let all = control::consultations::all(&control, &person, say).await?;
    let drills = ObligationsQuery { drills: true, ..ObligationsQuery::default() };
    let mut duties = control::incidents::owed(&control, &person, &drills).await?;
    let named = |of: fn(&ObligationView) -> &String| -> Vec<String> {
        duties.iter().map(of).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    };
    let (owing, texts) = (named(|one| &one.party), named(|one| &one.agreement));
    let query = sought.query();
    duties.retain(|one| query.fits(one));
    let views = control::incidents::all(&control, &person).await?;
    let records = evidence(&visit, &views).await;
    let statuses_of = all.iter().map(|one| &one.status).chain(views.iter().map(|one| &one.status));
    let parts = statuses_of.map(|status| ("UNCLASSIFIED", status.as_str()));
    let of_records = records.iter().map(|record| (record.label.as_str(), record.status.as_str()));
    let banner = Banner::of(parts.chain(of_records), say);
    let (open, over): (Vec<_>, Vec<_>) = duties.into_iter().partition(|view| view.real && is_open(view));
    let titles = |name: &String| {
        let title = all.iter().find(|one| one.name == *name).map_or_else(|| name.clone(), |one| one.title.clone());
        (place(name), title)
    };
    let others = parties(&visit).await?.into_iter().filter(|party| *party != us);
    html(&Consultations {
        frame: visit.frame(Page::Consultations, say.one("page-consultations"), banner).await?,
        consultations: all.iter().map(|one| row(one, say)).collect(),
        duties: open.into_iter().map(|one| Duty::new(one, &us, say)).collect(),
        over: over.into_iter().map(|one| Duty::new(one, &us, say)).collect(),
        states: ObligationsQuery::STATES.map(|word| (word, say.one(&format!("duty-{word}")))).into(),
        sought,
        owing,
        texts,
        incidents: views.into_iter().map(|one| incident(one, titles, &us, say)).collect(),
        others: others.collect(),
        may_raise: visit.may("incident.raise"),
        may_consult: visit.may("consultation.raise"),
        may: May::of(&visit),
        consultation: String::new(),
    })
}

/// Where a consultation's page is.
pub(super) fn place(name: &str) -> String {
    format!("/consultations/{}", encode(name))
}

/// The records that incidents rest on. An incident may say what its evidence says, and bears its labels.
async fn evidence(visit: &Visit, incidents: &[IncidentView]) -> Vec<RecordView> {
    let mut records = Vec::new();
    // An auditor sees incidents, and of records no more than their names.
    if visit.may("record.show") {
        for name in incidents.iter().flat_map(|incident| &incident.evidence) {
            let Some((originator, id)) = name.split_once('/') else { continue };
            records.extend(find(&visit.control, visit, (originator.to_owned(), id.to_owned())).await.ok());
        }
    }
    records
}

/// How far a consultation is.
pub(super) fn phase(word: &str, say: Say) -> Sign {
    let words = say.one(&format!("phase-{word}"));
    match word {
        "closed" | "agreed" => Sign::good(words),
        "lapsed" | "declined" => Sign::bad(words),
        _ => Sign::attention(words),
    }
}

fn row(view: &ConsultationView, say: Say) -> Row {
    let silent = view.participants.iter().filter(|one| one.answer == "silent").map(|one| one.party.as_str());
    Row {
        path: place(&view.name),
        title: view.title.clone(),
        raised_by: view.raised_by.clone(),
        raised: Moment::of(&view.raised, say),
        phase: phase(&view.phase, say),
        drill: drill(&view.status, say),
        silent: silent.collect::<Vec<_>>().join(", "),
    }
}

fn incident(view: IncidentView, title: impl Fn(&String) -> (String, String), us: &str, say: Say) -> Incident {
    let evidence = view.evidence.into_iter().map(|name| {
        let (originator, id) = name.split_once('/').unwrap_or(("-", name.as_str()));
        (path(originator, id), name)
    });
    let mut under: Vec<String> =
        view.obligations.iter().filter(|one| one.kind == "consult").map(|one| one.agreement.clone()).collect();
    under.sort();
    under.dedup();
    Incident {
        evidence: evidence.collect(),
        raised: Moment::of(&view.raised, say),
        drill: drill(&view.status, say),
        consultations: view.consultations.iter().map(title).collect(),
        duties: view.obligations.into_iter().map(|one| Duty::new(one, us, say)).collect(),
        place: view.place.map(|place| place.name),
        zones: view.zones.join(", "),
        number: view.number,
        title: view.title,
        trigger: view.trigger,
        by: view.by,
        precedence: view.precedence,
        under,
    }
}

/// `POST /consultations`: the message that starts the clocks of the parties.
pub(super) async fn raise(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = RaiseRequest {
        incident: fields.one("incident"),
        under: fields.some("under"),
        with: fields.all("with"),
        link: fields.some("link"),
        ..RaiseRequest::default()
    };
    let raised = control::consultations::raise(State(visit.control), visit.person, Json(request)).await?.0;
    Ok(see(&place(&raised.name)))
}
