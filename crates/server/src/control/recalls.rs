//! Recalls, other labels, losses.

use axum::{Json, extract::State};
use entente_node::{Answer, Event};

use super::{ApiError, Control, Reply, record_ref, unexpected};
use crate::api::{
    CompromiseRequest, CompromiseView, RecallRequest, RecallView, RelabelRequest, SettleRequest, ToldParties,
};

/// Hands an event to the node that ends in somebody being told.
async fn tell(control: &Control, event: Event) -> Reply<ToldParties> {
    match control.driver.handle(event).await? {
        Answer::Told { told } => Ok(Json(ToldParties { told: told.iter().map(ToString::to_string).collect() })),
        _ => Err(unexpected()),
    }
}

pub(super) async fn list(State(control): State<Control>) -> Reply<Vec<RecallView>> {
    let viewer = control.operator.clone();
    let recalls = control.driver.inspect(move |node| node.recalls(&viewer).iter().map(RecallView::from).collect());
    Ok(Json(recalls.await.map_err(ApiError::from)?))
}

pub(super) async fn recall(State(control): State<Control>, Json(request): Json<RecallRequest>) -> Reply<ToldParties> {
    let RecallRequest { record, of, reason } = request;
    let (by, of) = (control.operator.clone(), of.into_iter().map(Into::into).collect());
    tell(&control, Event::Recall { by, record: record_ref(&record), of, reason }).await
}

pub(super) async fn settle(State(control): State<Control>, Json(request): Json<SettleRequest>) -> Reply<ToldParties> {
    let SettleRequest { record, keep, note } = request;
    let by = control.operator.clone();
    tell(&control, Event::Settle { by, record: record_ref(&record), keep, note }).await
}

pub(super) async fn relabel(State(control): State<Control>, Json(request): Json<RelabelRequest>) -> Reply<ToldParties> {
    let RelabelRequest { record, label, reason } = request;
    let by = control.operator.clone();
    tell(&control, Event::Relabel { by, record: record_ref(&record), label, reason }).await
}

pub(super) async fn compromises(State(control): State<Control>) -> Reply<Vec<CompromiseView>> {
    let viewer = control.operator.clone();
    let all = control.driver.inspect(move |node| node.compromises(&viewer).map(CompromiseView::from).collect());
    Ok(Json(all.await.map_err(ApiError::from)?))
}

pub(super) async fn report(
    State(control): State<Control>,
    Json(request): Json<CompromiseRequest>,
) -> Reply<ToldParties> {
    let CompromiseRequest { record, note } = request;
    let by = control.operator.clone();
    tell(&control, Event::ReportCompromise { by, record: record_ref(&record), note }).await
}
