//! How long contents are kept: what is due, what is destroyed, what is on hold.

use axum::{
    Json,
    extract::{Query, State},
};
use entente_node::Event;

use super::{ApiError, Control, Reply, page::page, record_ref};
use crate::{
    api::{DestroyRequest, DueView, HoldRequest, HoldView, Page, PageQuery},
    people::SignedIn,
};

/// `GET /retention/due`: what has been due for the longest first.
pub(crate) async fn due(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<DueView>> {
    let all = all_due(&control, &person).await?;
    Ok(Json(page(all, &query, |view| format!("{}/{}", view.originator, view.record))?))
}

/// All of it.
pub(crate) async fn all_due(control: &Control, person: &SignedIn) -> Result<Vec<DueView>, ApiError> {
    let (viewer, periods, now) = (person.viewer().clone(), control.retention.clone(), jiff::Timestamp::now());
    let due = control.driver.inspect(move |node| node.due(&viewer, &periods, now).iter().map(DueView::from).collect());
    Ok(due.await?)
}

pub(crate) async fn destroy(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<DestroyRequest>,
) -> Reply<()> {
    let DestroyRequest { record, note } = request;
    let by = person.viewer().clone();
    control
        .driver
        .handle(person.does("record.destroy", Event::Destroy { by, record: record_ref(&record), note }))
        .await?;
    Ok(Json(()))
}

/// `GET /holds`.
pub(crate) async fn holds(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<HoldView>> {
    let all = all_holds(&control, &person).await?;
    Ok(Json(page(all, &query, |view| format!("{}/{}", view.originator, view.record))?))
}

/// All of them.
pub(crate) async fn all_holds(control: &Control, person: &SignedIn) -> Result<Vec<HoldView>, ApiError> {
    let viewer = person.viewer().clone();
    let holds = control.driver.inspect(move |node| node.holds(&viewer).into_iter().map(HoldView::from).collect());
    Ok(holds.await?)
}

pub(crate) async fn hold(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<HoldRequest>,
) -> Reply<()> {
    let HoldRequest { record, placed, note } = request;
    let by = person.viewer().clone();
    control
        .driver
        .handle(person.does("record.hold", Event::Hold { by, record: record_ref(&record), placed, note }))
        .await?;
    Ok(Json(()))
}
