//! Alerts: a warning comes in, people see what is told of together, and take note.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_core::{Party, alert::Standing, time::Timestamp};
use entente_node::{
    Answer, Event,
    alert::{AlertSeen, Ingest},
    event::RecordRef,
};

use super::{ApiError, Control, Reply, content_of, language, page::page, records, unexpected};
use crate::{
    api::{AlertView, IngestRequest, IngestedView, Page, PageQuery, RecipientView, by_urgency},
    console::Say,
    people::{SignedIn, role::Role},
    turn::Failure,
};

/// Whoever is shown what classified records say is put on the record.
async fn shown(control: &Control, person: &SignedIn, alerts: &[AlertSeen]) -> Result<(), ApiError> {
    let viewer = person.viewer().clone();
    let keys: Vec<_> = alerts.iter().flat_map(|alert| &alert.messages).map(|message| message.record.clone()).collect();
    let listed = control.driver.inspect(move |node| node.listed_of(&keys, &viewer)).await?;
    records::viewed(control, person, &listed, true).await
}

/// `GET /alerts`: what is in effect first.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Query(query): Query<PageQuery>,
) -> Reply<Page<AlertView>> {
    let say = Say(language(&headers));
    let alerts = by_urgency_of(&control, &person).await?.into_iter();
    let named = alerts.map(|alert| (AlertView::new(&alert, say), alert)).collect();
    let Page { items, next } = page(named, &query, |(view, _)| view.record.clone())?;
    let (items, alerts): (Vec<AlertView>, Vec<AlertSeen>) = items.into_iter().unzip();
    shown(&control, &person, &alerts).await?;
    Ok(Json(Page { items, next }))
}

/// Every alert that is in effect, and of those that are over at most `over`.
pub(crate) async fn latest(
    control: &Control,
    person: &SignedIn,
    say: Say,
    over: usize,
) -> Result<Vec<AlertView>, ApiError> {
    let mut alerts = by_urgency_of(control, person).await?;
    let is_over = |alert: &AlertSeen| !matches!(alert.standing, Standing::InEffect { .. });
    let in_effect = alerts.iter().position(is_over).unwrap_or(alerts.len());
    alerts.truncate(in_effect + over);
    shown(control, person, &alerts).await?;
    Ok(alerts.iter().map(|alert| AlertView::new(alert, say)).collect())
}

async fn by_urgency_of(control: &Control, person: &SignedIn) -> Result<Vec<AlertSeen>, ApiError> {
    let viewer = person.viewer().clone();
    let mut alerts = control.driver.inspect(move |node| node.alerts(&viewer, Timestamp::now())).await?;
    alerts.sort_by(by_urgency);
    Ok(alerts)
}

/// Alerts in effect of which this party has not taken note, the worst first, each with the labels of its records.
pub(crate) async fn unacknowledged(
    control: &Control,
    person: &SignedIn,
    say: Say,
) -> Result<Vec<(AlertView, Vec<String>)>, ApiError> {
    let viewer = person.viewer().clone();
    let found = control.driver.inspect(move |node| {
        let is_open = |alert: &AlertSeen| {
            matches!(alert.standing, Standing::InEffect { .. }) && alert.waits_for().contains(node.party())
        };
        let mut alerts: Vec<AlertSeen> = node.alerts(&viewer, Timestamp::now()).into_iter().filter(is_open).collect();
        alerts.sort_by(by_urgency);
        let labels = |alert: &AlertSeen| {
            let keys: Vec<_> = alert.messages.iter().map(|message| message.record.clone()).collect();
            node.listed_of(&keys, &viewer).into_iter().map(|listed| listed.label).collect()
        };
        let labels: Vec<Vec<String>> = alerts.iter().map(labels).collect();
        (alerts, labels)
    });
    let (alerts, labels) = found.await?;
    shown(control, person, &alerts).await?;
    Ok(alerts.iter().map(|alert| AlertView::new(alert, say)).zip(labels).collect())
}

fn name(originator: &str, id: &str) -> RecordRef {
    // `-` stands for whoever the originator is.
    RecordRef { originator: (originator != "-").then(|| Party::from(originator)), id: id.into() }
}

async fn found(control: &Control, person: &SignedIn, record: RecordRef) -> Result<AlertSeen, ApiError> {
    let viewer = person.viewer().clone();
    let alert = control.driver.inspect(move |node| node.alert(&record, &viewer, Timestamp::now())).await?;
    let alert = alert.map_err(|refusal| ApiError::Failure(Failure::Refused(refusal)))?;
    shown(control, person, std::slice::from_ref(&alert)).await?;
    Ok(alert)
}

/// `GET /alerts/{originator}/{id}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<AlertView> {
    let alert = found(&control, &person, name(&originator, &id)).await?;
    Ok(Json(AlertView::new(&alert, Say(language(&headers)))))
}

/// `POST /alerts`.
pub(crate) async fn ingest(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<IngestRequest>,
) -> Reply<IngestedView> {
    let language = language(&headers);
    let IngestRequest { content, label, subjects, to } = request;
    // Handed in, it goes out: whatever of that is not as the node's settings have it is a release, and for who may release.
    let own = [("to", to.is_some()), ("label", label.is_some()), ("subjects", subjects.is_some())];
    if let Some((field, _)) = own.into_iter().find(|(_, is_given)| *is_given)
        && !person.has(Role::Disclosure)
    {
        return Err(ApiError::Forbidden(
            format!("only who may release says `{field}` of a warning"),
            format!("leave `{field}` out: it is as the node's settings have it"),
        ));
    }
    let to = to.map(|codes| codes.iter().map(|code| Party::from(code.as_str())).collect());
    let content = content_of("content", &content)?;
    let ingest = Ingest { by: person.viewer().clone(), content, label, subjects, to };
    let event = person.does("alert.ingest", Event::Ingest(Box::new(ingest)));
    let ingested = control.driver.handle_and(event, move |node, answer| match answer {
        Answer::Ingested(ingested) => Some(IngestedView {
            record: ingested.record.to_string(),
            known: ingested.known,
            recipients: ingested
                .outcomes
                .iter()
                .map(|(to, outcome)| RecipientView::new(node.agreements(), to.as_str(), outcome, language))
                .collect(),
            unreachable: ingested.unreachable.iter().map(|(to, why)| (to.to_string(), why.clone())).collect(),
            incidents: ingested.incidents.iter().map(|number| entente_formats::hex::encode(number)).collect(),
        }),
        _ => None,
    });
    ingested.await?.map(Json).ok_or_else(unexpected)
}

/// `POST /alerts/{originator}/{id}/acknowledge`.
pub(crate) async fn acknowledge(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Path((originator, id)): Path<(String, String)>,
) -> Reply<AlertView> {
    let record = name(&originator, &id);
    let event = Event::AcknowledgeAlert { by: person.viewer().clone(), record: record.clone() };
    control.driver.handle(person.does("alert.acknowledge", event)).await?;
    let alert = found(&control, &person, record).await?;
    Ok(Json(AlertView::new(&alert, Say(language(&headers)))))
}
