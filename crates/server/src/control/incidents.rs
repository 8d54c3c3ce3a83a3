//! Incidents, and the duties that they and the texts open.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::{agreement::clause::Notifier, consult::Precedence, record::Status, time::Timestamp};
use entente_formats::{hex, request};
use entente_node::{
    Answer, Event, Node, Refusal,
    event::RecordRef,
    incident::{RaiseIncident, StoredIncident},
};

use super::{ApiError, Control, Reply, page::page, record_ref, unexpected, unknown_precedence};
use crate::{
    api::{
        Clocks, DoneRequest, IncidentRequest, IncidentView, ObligationView, ObligationsQuery, Page, PageQuery,
        RaisedView, WaiveRequest, place,
    },
    links::Links,
    people::SignedIn,
    turn::Failure,
};

pub(super) fn refused(refusal: Refusal) -> ApiError {
    ApiError::Failure(Failure::Refused(refusal))
}

/// The clocks that are in doubt here.
pub(super) fn clocks(node: &Node, links: &Links) -> Clocks {
    Clocks::new(node.party(), Timestamp::now(), links.doubtful(node.party()))
}

fn view(node: &Node, incident: &StoredIncident, person: &SignedIn, clocks: &Clocks, now: Timestamp) -> IncidentView {
    let consultations = node.consultations_of(incident).map(|(name, _)| hex::encode(&name)).collect();
    let obligations = node.obligations_of(incident, person.viewer(), now);
    let obligations = obligations.iter().map(|one| ObligationView::new(one, clocks)).collect();
    IncidentView::new(incident, node.zones_of(incident), obligations, consultations)
}

/// `GET /incidents`: the latest first.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<IncidentView>> {
    Ok(Json(page(all(&control, &person).await?, &query, |view| view.number.clone())?))
}

/// All of them, the latest first.
pub(crate) async fn all(control: &Control, person: &SignedIn) -> Result<Vec<IncidentView>, ApiError> {
    let (person, links) = (person.clone(), control.links.clone());
    let views = control.driver.inspect(move |node| {
        let (now, clocks) = (Timestamp::now(), clocks(node, &links));
        let mut incidents: Vec<&StoredIncident> = node.incidents(person.viewer()).collect();
        incidents.sort_by(|one, other| (other.raised_at, &other.number).cmp(&(one.raised_at, &one.number)));
        incidents.into_iter().map(|incident| view(node, incident, &person, &clocks, now)).collect()
    });
    Ok(views.await?)
}

/// `GET /incidents/{number}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Reply<IncidentView> {
    let links = control.links.clone();
    let found = control.driver.inspect(move |node| {
        let incident = node.incident(&number, person.viewer())?;
        Ok(view(node, incident, &person, &clocks(node, &links), Timestamp::now()))
    });
    found.await?.map(Json).map_err(refused)
}

/// `POST /incidents`.
pub(crate) async fn raise(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<IncidentRequest>,
) -> Reply<RaisedView> {
    let IncidentRequest { title, trigger, records, position, place: words, began, ended, status, precedence, role } =
        request;
    let moment = |what: &str, text: Option<String>| -> Result<Option<Timestamp>, ApiError> {
        text.as_deref().map(|text| request::moment(what, text)).transpose().map_err(ApiError::from)
    };
    let status: Option<Status> =
        status.as_deref().map(|word| request::status("status", Some(word))).transpose().map_err(ApiError::from)?;
    let precedence = precedence.map(|word| Precedence::of(&word).ok_or_else(|| unknown_precedence(&word)));
    let role = role.map(|word| {
        let found = Notifier::ALL.iter().copied().find(|role| role.as_str() == word);
        found.ok_or_else(|| ApiError::Request(format!("unknown role `{word}`; known: `provider`, `recipient`, `any`")))
    });
    let raise = RaiseIncident {
        by: person.viewer().clone(),
        title,
        trigger,
        place: place(position.as_deref(), words.as_deref()).map_err(ApiError::Request)?,
        began: moment("began", began)?,
        ended: moment("ended", ended)?,
        status,
        precedence: precedence.transpose()?,
        evidence: records.iter().map(|text| record_ref(text)).collect(),
        role: role.transpose()?,
    };
    match control.driver.handle(person.does("incident.raise", Event::RaiseIncident(Box::new(raise)))).await? {
        Answer::Incident(number) => Ok(Json(RaisedView { name: hex::encode(&number) })),
        _ => Err(unexpected()),
    }
}

/// `GET /obligations`: what somebody waits for first.
pub(crate) async fn obligations(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<ObligationsQuery>,
) -> Reply<Page<ObligationView>> {
    if let Some(state) = query.state.as_deref().filter(|state| !ObligationsQuery::STATES.contains(state)) {
        let known = ObligationsQuery::STATES.join("`, `");
        return Err(ApiError::Request(format!("state: unknown state `{state}`; known: `{known}`")));
    }
    let all = owed(&control, &person, &query).await?;
    Ok(Json(page(all, &PageQuery { limit: query.limit, after: query.after }, |view| view.id.clone())?))
}

/// Everything that is owed and sought, what somebody waits for first; what drills would have opened, where it is asked for.
pub(crate) async fn owed(
    control: &Control,
    person: &SignedIn,
    query: &ObligationsQuery,
) -> Result<Vec<ObligationView>, ApiError> {
    let (person, links) = (person.clone(), control.links.clone());
    let views = control.driver.inspect(move |node| {
        let clocks = clocks(node, &links);
        let all = node.obligations(person.viewer(), Timestamp::now());
        all.iter().map(|one| ObligationView::new(one, &clocks)).collect()
    });
    let mut views: Vec<ObligationView> = views.await?;
    // No list of real ones holds those of a drill.
    views.retain(|view| query.fits(view));
    // What somebody waits for now comes before what stands in a text for years.
    let rank =
        |view: &ObligationView| match (view.state.as_str(), view.incident.is_some() || view.consultation.is_some()) {
            ("overdue", true) => 0,
            ("due", true) => 1,
            ("overdue", false) => 2,
            ("due", false) => 3,
            _ => 4,
        };
    views.sort_by(|one, other| {
        let due = |view: &ObligationView| (view.due.is_none(), view.due.clone());
        (rank(one), due(one), &one.party, &one.id).cmp(&(rank(other), due(other), &other.party, &other.id))
    });
    Ok(views)
}

/// `POST /obligations/{id}/done`.
pub(crate) async fn done(
    State(control): State<Control>,
    person: SignedIn,
    Path(obligation): Path<String>,
    Json(request): Json<DoneRequest>,
) -> Reply<()> {
    let evidence: Vec<RecordRef> = request.evidence.iter().map(|text| record_ref(text)).collect();
    let event = Event::Discharge { by: person.viewer().clone(), obligation, note: request.note, evidence };
    control.driver.handle(person.does("obligation.done", event)).await?;
    Ok(Json(()))
}

/// `POST /obligations/{id}/waive`.
pub(crate) async fn waive(
    State(control): State<Control>,
    person: SignedIn,
    Path(obligation): Path<String>,
    Json(request): Json<WaiveRequest>,
) -> Reply<()> {
    let event = Event::Waive { by: person.viewer().clone(), obligation, note: request.note };
    control.driver.handle(person.does("obligation.waive", event)).await?;
    Ok(Json(()))
}
