//! Alarms, and the evidence that was kept for them. What is about a record is shown to who may see that record: of any other
//! alarm only its number, its time and the partner.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::{Party, view::Viewer};
use entente_formats::{
    hex,
    wire::{Canonical, Compromise, Conflict, Origin, Package, Receipt},
};
use entente_node::{
    Event, Node, Refusal,
    event::{Answer, RecordRef},
};
use entente_seal::Digest;
use entente_store::AlarmRow;

use super::{
    ApiError, Control, Reply,
    page::{limit, no_mark},
    read,
    records::viewed,
    unexpected,
};
use crate::{
    api::{AlarmDetail, AlarmNoteRequest, AlarmNotedView, AlarmView, Evidence, Page, PageQuery, moment},
    people::SignedIn,
    turn::Failure,
};

/// What stands instead of a message that is not for whoever asks.
pub(super) const NOT_SHOWN: &str = "about a record that is not shown to this account";

/// `GET /alarms`: the newest first. A mark is the number of the last one that was shown.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<AlarmView>> {
    let limit = limit(query.limit)?;
    let before = query.after.map(|text| text.parse().map_err(|_| no_mark()));
    let before: Option<u64> = before.transpose()?;
    let mut rows = read(&control, move |reader| reader.alarms_before(before, limit.saturating_add(1))).await?;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(|row| row.number.to_string());
    let viewer = person.viewer().clone();
    let views = control.driver.inspect(move |node| rows.into_iter().map(|row| shown(node, &viewer, row)).collect());
    Ok(Json(Page { items: views.await?, next }))
}

pub(crate) async fn show(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
) -> Reply<AlarmDetail> {
    let row = row(&control, number).await?;
    let evidence = match may_see(&control, &person, &row).await? {
        true => evidence(&control, &row.evidence).await?,
        false => Evidence::Withheld,
    };
    let viewer = person.viewer().clone();
    let AlarmView { at, partner, message, noted, .. } =
        control.driver.inspect(move |node| shown(node, &viewer, row)).await?;
    Ok(Json(AlarmDetail { number, at, partner, message, noted, evidence }))
}

/// `POST /alarms/{number}/acknowledge`: of what is not shown nobody has taken note.
pub(crate) async fn acknowledge(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
    Json(request): Json<AlarmNoteRequest>,
) -> Reply<()> {
    let row = row(&control, number).await?;
    let viewer = person.viewer().clone();
    let view = control.driver.inspect(move |node| shown(node, &viewer, row)).await?;
    if view.message == NOT_SHOWN {
        return Err(ApiError::NotFound(format!("no alarm {number} for this account")));
    }
    if let Some(noted) = view.noted {
        return Err(ApiError::Request(format!("{} has taken note of it already, at {}", noted.by, noted.at)));
    }
    let event = Event::NoteAlarm { by: person.viewer().clone(), alarm: number, note: request.note };
    control.driver.handle(person.does("alarm.acknowledge", event)).await?;
    Ok(Json(()))
}

/// An alarm as this viewer may read it.
pub(super) fn shown(node: &Node, viewer: &Viewer, row: AlarmRow) -> AlarmView {
    let is_shown = may_read(node, viewer, &row);
    let AlarmRow { number, at, partner, message, noted, .. } = row;
    let message = if is_shown { message } else { NOT_SHOWN.to_owned() };
    // What a person has said of it may say what it is about.
    let said = |note: String| if is_shown && !node.names_unseen(&note, viewer) { note } else { NOT_SHOWN.to_owned() };
    let noted = noted.map(|(by, at, note)| AlarmNotedView { by, at: moment(at), note: said(note) });
    AlarmView { number, at: moment(at), partner, message, noted }
}

/// Whether the message names no record that the viewer may not see.
fn may_read(node: &Node, viewer: &Viewer, row: &AlarmRow) -> bool {
    match about(&row.evidence) {
        Some((originator, id)) => {
            let key = (originator.as_str().into(), id.as_str().into());
            !node.could_see_of(BTreeSet::from([key]), viewer).is_empty()
        }
        None => !node.names_unseen(&row.message, viewer),
    }
}

/// The evidence, byte for byte.
pub(crate) async fn bytes(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
) -> Result<Vec<u8>, ApiError> {
    let row = row(&control, number).await?;
    match may_see(&control, &person, &row).await? {
        true => Ok(row.evidence),
        false => Err(ApiError::NotFound(format!("no evidence of alarm {number} for this account"))),
    }
}

async fn row(control: &Control, number: u64) -> Result<AlarmRow, ApiError> {
    let row = read(control, move |reader| reader.alarm(number)).await?;
    row.ok_or_else(|| ApiError::NotFound(format!("no alarm {number}")))
}

/// The record that evidence is about, where it is about one.
fn about(evidence: &[u8]) -> Option<(String, String)> {
    let of_conflict = Conflict::from_bytes(evidence).and_then(|conflict| Origin::from_bytes(&conflict.held.statement));
    let of_conflict = of_conflict.ok().map(|origin| (origin.originator, origin.id));
    of_conflict.or_else(|| Compromise::from_bytes(evidence).ok().map(|notice| (notice.originator, notice.record)))
}

/// Whether this person may see what evidence tells of a record, which is on the record when that is classified. To the rest
/// of it everybody who looks at alarms has a right.
async fn may_see(control: &Control, person: &SignedIn, row: &AlarmRow) -> Result<bool, ApiError> {
    let Some((originator, id)) = about(&row.evidence) else {
        let (viewer, message) = (person.viewer().clone(), row.message.clone());
        return Ok(control.driver.inspect(move |node| !node.names_unseen(&message, &viewer)).await?);
    };
    let record = RecordRef { originator: Some(originator.as_str().into()), id: id.as_str().into() };
    match control.driver.handle(Event::Look { record, viewer: person.viewer().clone() }).await {
        Ok(Answer::Record(listed)) => viewed(control, person, [&*listed], false).await.map(|()| true),
        Ok(_) => Err(unexpected()),
        Err(Failure::Refused(Refusal::NotFound(_))) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn evidence(control: &Control, bytes: &[u8]) -> Result<Evidence, ApiError> {
    if let Ok(conflict) = Conflict::from_bytes(bytes)
        && let Ok((held, refused)) = conflict.statements()
    {
        let (originator, record) = (held.originator.clone(), held.id.clone());
        let of: Party = originator.as_str().into();
        let proved = control
            .driver
            .inspect(move |node| {
                node.partners().any(|partner| partner.party == of && partner.contradicts_itself(&conflict))
            })
            .await?;
        let (held, refused) = (Box::new(held.into()), Box::new(refused.into()));
        return Ok(Evidence::Conflict { originator, record, proved, held, refused });
    }
    if let Ok(Package { origin, start, checkpoint, .. }) = Package::from_bytes(bytes) {
        return Ok(Evidence::Package { origin, start, checkpoint });
    }
    if let Ok(Receipt { next, cosigned, .. }) = Receipt::from_bytes(bytes) {
        return Ok(Evidence::Receipt { next, cosigned });
    }
    Ok(match (bytes.len(), std::str::from_utf8(bytes)) {
        (32, _) => Evidence::Envelope { sha256: hex::encode(bytes) },
        (_, Ok(text)) => Evidence::Notes { text: text.to_owned() },
        (length, Err(_)) => Evidence::Bytes { length, sha256: Digest::of(bytes).to_string() },
    })
}
