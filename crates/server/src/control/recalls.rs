//! Recalls, other labels, losses.

use axum::{Json, extract::State};
use entente_node::{Answer, Event};

use super::{ApiError, Control, Reply, record_ref, unexpected};
use crate::{
    api::{CompromiseRequest, CompromiseView, RecallRequest, RecallView, RelabelRequest, SettleRequest, ToldParties},
    people::SignedIn,
};

/// Hands an event to the node that ends in somebody being told.
async fn tell(control: &Control, event: Event) -> Reply<ToldParties> {
    match control.driver.handle(event).await? {
        Answer::Told { told, incident } => {
            Ok(Json(ToldParties { told: told.iter().map(ToString::to_string).collect(), incident }))
        }
        _ => Err(unexpected()),
    }
}

pub(crate) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<RecallView>> {
    let viewer = person.viewer().clone();
    let recalls = control.driver.inspect(move |node| node.recalls(&viewer).iter().map(RecallView::from).collect());
    Ok(Json(recalls.await.map_err(ApiError::from)?))
}

pub(crate) async fn recall(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<RecallRequest>,
) -> Reply<ToldParties> {
    let RecallRequest { record, of, reason } = request;
    let (by, of) = (person.viewer().clone(), of.into_iter().map(Into::into).collect());
    tell(&control, person.does("record.recall", Event::Recall { by, record: record_ref(&record), of, reason })).await
}

pub(crate) async fn settle(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<SettleRequest>,
) -> Reply<ToldParties> {
    let SettleRequest { record, keep, note } = request;
    let by = person.viewer().clone();
    tell(&control, person.does("record.settle", Event::Settle { by, record: record_ref(&record), keep, note })).await
}

pub(crate) async fn relabel(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<RelabelRequest>,
) -> Reply<ToldParties> {
    let RelabelRequest { record, label, reason } = request;
    let by = person.viewer().clone();
    tell(&control, person.does("record.relabel", Event::Relabel { by, record: record_ref(&record), label, reason }))
        .await
}

pub(crate) async fn compromises(State(control): State<Control>, person: SignedIn) -> Reply<Vec<CompromiseView>> {
    let viewer = person.viewer().clone();
    let all = control.driver.inspect(move |node| node.compromises(&viewer).map(CompromiseView::from).collect());
    Ok(Json(all.await.map_err(ApiError::from)?))
}

pub(crate) async fn report(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<CompromiseRequest>,
) -> Reply<ToldParties> {
    let CompromiseRequest { record, note } = request;
    let by = person.viewer().clone();
    tell(&control, person.does("record.compromise", Event::ReportCompromise { by, record: record_ref(&record), note }))
        .await
}
