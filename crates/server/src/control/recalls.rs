//! Recalls, other labels, losses.

use axum::{
    Json,
    extract::{Query, State},
};
use entente_node::{Answer, Event};

use super::{ApiError, Control, Reply, page::page, record_ref, unexpected};
use crate::{
    api::{
        CompromiseRequest, CompromiseView, Page, PageQuery, RecallRequest, RecallView, RelabelRequest, SettleRequest,
        ToldParties,
    },
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

/// `GET /recalls`.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<RecallView>> {
    Ok(Json(page(all(&control, &person).await?, &query, name_of)?))
}

/// What tells a recall from the others, for [`page`].
pub(crate) fn name_of(view: &RecallView) -> String {
    format!("{} {} {}", view.by, view.number, view.from)
}

/// All of them.
pub(crate) async fn all(control: &Control, person: &SignedIn) -> Result<Vec<RecallView>, ApiError> {
    let viewer = person.viewer().clone();
    let recalls = control.driver.inspect(move |node| node.recalls(&viewer).iter().map(RecallView::from).collect());
    Ok(recalls.await?)
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

/// `GET /compromises`.
pub(crate) async fn compromises(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<CompromiseView>> {
    Ok(Json(page(all_compromises(&control, &person).await?, &query, name_of_compromise)?))
}

/// What tells one from the others, for [`page`].
pub(crate) fn name_of_compromise(view: &CompromiseView) -> String {
    format!("{} {}/{} {} {}", view.by, view.originator, view.record, view.beyond, view.at)
}

/// All of them.
pub(crate) async fn all_compromises(control: &Control, person: &SignedIn) -> Result<Vec<CompromiseView>, ApiError> {
    let viewer = person.viewer().clone();
    let all = control.driver.inspect(move |node| node.compromises(&viewer).map(CompromiseView::from).collect());
    Ok(all.await?)
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
