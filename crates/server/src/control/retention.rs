//! How long contents are kept: what is due, what is destroyed, what is on hold.

use axum::{Json, extract::State};
use entente_node::Event;

use super::{Control, Reply, record_ref};
use crate::{
    api::{DestroyRequest, DueView, HoldRequest, HoldView},
    people::SignedIn,
};

pub(crate) async fn due(State(control): State<Control>, person: SignedIn) -> Reply<Vec<DueView>> {
    let (viewer, periods, now) = (person.viewer().clone(), control.retention.clone(), jiff::Timestamp::now());
    let due = control.driver.inspect(move |node| node.due(&viewer, &periods, now).iter().map(DueView::from).collect());
    Ok(Json(due.await?))
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

pub(crate) async fn holds(State(control): State<Control>, person: SignedIn) -> Reply<Vec<HoldView>> {
    let viewer = person.viewer().clone();
    let holds = control.driver.inspect(move |node| node.holds(&viewer).into_iter().map(HoldView::from).collect());
    Ok(Json(holds.await?))
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
