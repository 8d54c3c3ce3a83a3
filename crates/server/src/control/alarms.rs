//! Alarms, and the evidence that was kept for them. What is about a record is shown to who may see that record: of any other
//! alarm only its number, its time and the partner.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, State},
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

use super::{ApiError, Control, Reply, read, records::viewed, unexpected};
use crate::{
    api::{AlarmDetail, AlarmView, Evidence, moment},
    people::SignedIn,
    turn::Failure,
};

/// What stands instead of a message that is not for whoever asks.
pub(super) const NOT_SHOWN: &str = "about a record that is not shown to this account";

pub(super) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<AlarmView>> {
    let rows = read(&control, |reader| reader.alarms()).await?;
    let viewer = person.viewer().clone();
    let views = control.driver.inspect(move |node| rows.into_iter().map(|row| shown(node, &viewer, row)).collect());
    Ok(Json(views.await?))
}

pub(super) async fn show(
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
    let AlarmView { at, partner, message, .. } = control.driver.inspect(move |node| shown(node, &viewer, row)).await?;
    Ok(Json(AlarmDetail { number, at, partner, message, evidence }))
}

/// An alarm as this viewer may read it.
pub(super) fn shown(node: &Node, viewer: &Viewer, row: AlarmRow) -> AlarmView {
    let is_shown = may_read(node, viewer, &row);
    let AlarmRow { number, at, partner, message, .. } = row;
    let message = if is_shown { message } else { NOT_SHOWN.to_owned() };
    AlarmView { number, at: moment(at), partner, message }
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
pub(super) async fn bytes(
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
