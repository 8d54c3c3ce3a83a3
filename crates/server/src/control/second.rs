//! What takes a second person, what an emergency stands for, and for whom a TLP:RED record is.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_node::{Answer, Event, event::Source, second::Waiting};

use super::{ApiError, Control, Reply, language, large, page::page, precedence, record_ref, unexpected};
use crate::{
    api::{
        ConfirmRequest, DeclaredView, EmergencyRequest, EmergencyView, NameRequest, Page, PageQuery, RecipientView,
        ReleaseRequest, Released, ReportRequest, UnnamedView, WaitingView,
    },
    people::{SignedIn, users::two_persons},
};

/// `GET /releases/waiting`.
pub(crate) async fn waiting(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<WaitingView>> {
    Ok(Json(page(all_waiting(&control, &person).await?, &query, |view| view.number.to_string())?))
}

/// All of them, in the order in which they were proposed.
pub(crate) async fn all_waiting(control: &Control, person: &SignedIn) -> Result<Vec<WaitingView>, ApiError> {
    let viewer = person.viewer().clone();
    Ok(control.driver.inspect(move |node| node.waiting(&viewer).map(WaitingView::from).collect()).await?)
}

/// The record that waits, with its content, for who may see it.
async fn held(control: &Control, person: &SignedIn, number: u64) -> Result<(Waiting, Source), ApiError> {
    let viewer = person.viewer().clone();
    let found: Option<Waiting> = control
        .driver
        .inspect(move |node| node.waiting(&viewer).find(|waiting| waiting.number == number).cloned())
        .await?;
    let waiting = found.ok_or_else(|| ApiError::NotFound(format!("no release {number} waits here")))?;
    let record = format!("{}/{}", waiting.originator, waiting.record);
    let to = [waiting.to.clone()];
    let source = large::held(control, person, &record, &to, precedence(&waiting.precedence)?).await?;
    Ok((waiting, source))
}

/// `POST /releases/{number}/confirm`.
pub(crate) async fn confirm(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
    headers: HeaderMap,
    Json(request): Json<ConfirmRequest>,
) -> Reply<Released> {
    let language = language(&headers);
    let (waiting, source) = held(&control, &person, number).await?;
    two_persons(&control, &waiting.by, person.name()).await?;
    let event =
        Event::Confirm { by: person.viewer().clone(), number, yes: true, note: request.note, source: Some(source) };
    let Answer::Released { record, outcomes } = control.driver.handle(person.does("release.confirm", event)).await?
    else {
        return Err(unexpected());
    };
    let released = control.driver.inspect(move |node| Released {
        record: record.to_string(),
        recipients: outcomes
            .iter()
            .map(|(to, outcome)| RecipientView::new(node.agreements(), to.as_str(), outcome, language))
            .collect(),
    });
    Ok(Json(released.await?))
}

/// `POST /releases/{number}/decline`.
pub(crate) async fn decline(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
    Json(request): Json<ConfirmRequest>,
) -> Reply<()> {
    let by = person.viewer().clone();
    let event = Event::Confirm { by, number, yes: false, note: request.note, source: None };
    control.driver.handle(person.does("release.decline", event)).await?;
    Ok(Json(()))
}

/// `GET /emergencies`.
pub(crate) async fn emergencies(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<EmergencyView>> {
    Ok(Json(page(all_emergencies(&control, &person).await?, &query, |view| view.number.to_string())?))
}

/// All of them, in the order in which they were declared.
pub(crate) async fn all_emergencies(control: &Control, person: &SignedIn) -> Result<Vec<EmergencyView>, ApiError> {
    let viewer = person.viewer().clone();
    Ok(control.driver.inspect(move |node| node.emergencies(&viewer).map(EmergencyView::from).collect()).await?)
}

/// `POST /emergencies`: the emergency is on the record first; then the release is decided like any other, and goes out at once
/// where it is permitted.
pub(crate) async fn declare(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<EmergencyRequest>,
) -> Reply<DeclaredView> {
    let EmergencyRequest { record, to, purpose, channel, reason } = request;
    let by = person.viewer().clone();
    let event = Event::DeclareEmergency { by, record: record_ref(&record), to: to.as_str().into(), reason };
    let Answer::Number(number) = control.driver.handle(person.does("emergency.declare", event)).await? else {
        return Err(unexpected());
    };
    let release = ReleaseRequest {
        record: Some(record),
        draft: None,
        to: vec![to],
        purpose,
        channel,
        under: None,
        precedence: "FLASH".to_owned(),
        expires: None,
    };
    let Json(released) = super::release(State(control), person, headers, Json(release)).await?;
    Ok(Json(DeclaredView { number, released }))
}

/// `POST /emergencies/{number}/report`.
pub(crate) async fn report(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
    Json(request): Json<ReportRequest>,
) -> Reply<()> {
    let event = Event::ReportEmergency { by: person.viewer().clone(), number, text: request.text };
    control.driver.handle(person.does("emergency.report", event)).await?;
    Ok(Json(()))
}

/// `GET /named/missing`.
pub(crate) async fn unnamed(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<UnnamedView>> {
    let all = all_unnamed(&control, &person).await?;
    Ok(Json(page(all, &query, |view| format!("{}/{}", view.originator, view.record))?))
}

/// All of them.
pub(crate) async fn all_unnamed(control: &Control, person: &SignedIn) -> Result<Vec<UnnamedView>, ApiError> {
    let viewer = person.viewer().clone();
    let found = control.driver.inspect(move |node| node.unnamed(&viewer)).await?;
    let view = |(originator, record): (entente_core::Party, String)| UnnamedView {
        originator: originator.to_string(),
        record,
    };
    Ok(found.into_iter().map(view).collect())
}

/// `POST /named`.
pub(crate) async fn name(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<NameRequest>,
) -> Reply<()> {
    let NameRequest { record, persons } = request;
    let event = Event::Name { by: person.viewer().clone(), record: record_ref(&record), persons };
    control.driver.handle(person.does("record.name", event)).await?;
    Ok(Json(()))
}
