//! Alarms, and the evidence that was kept for them. What is about a record is shown to who may see that record.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use entente_core::Party;
use entente_formats::{
    hex,
    wire::{Canonical, Compromise, Conflict, Origin, Package, Receipt},
};
use entente_node::{
    Event, Refusal,
    event::{Answer, RecordRef},
};
use entente_seal::Digest;
use entente_store::AlarmRow;

use super::{ApiError, Control, Reply, read, unexpected};
use crate::{
    api::{AlarmDetail, AlarmView, Evidence, moment},
    turn::Failure,
};

pub(super) async fn list(State(control): State<Control>) -> Reply<Vec<AlarmView>> {
    let rows = read(&control, |reader| reader.alarms()).await?;
    Ok(Json(rows.into_iter().map(AlarmView::from).collect()))
}

pub(super) async fn show(State(control): State<Control>, Path(number): Path<u64>) -> Reply<AlarmDetail> {
    let row = row(&control, number).await?;
    let evidence = match may_see(&control, &row.evidence).await? {
        true => evidence(&control, &row.evidence).await?,
        false => Evidence::Withheld,
    };
    let AlarmRow { at, partner, message, .. } = row;
    Ok(Json(AlarmDetail { number, at: moment(at), partner, message, evidence }))
}

/// The evidence, byte for byte.
pub(super) async fn bytes(State(control): State<Control>, Path(number): Path<u64>) -> Result<Response, ApiError> {
    let row = row(&control, number).await?;
    match may_see(&control, &row.evidence).await? {
        true => Ok(row.evidence.into_response()),
        false => Err(ApiError::NotFound(format!("no evidence of alarm {number} for this operator"))),
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

/// Whether the operator may see what evidence tells of a record. To the rest of it everybody at this node has a right.
async fn may_see(control: &Control, evidence: &[u8]) -> Result<bool, ApiError> {
    let Some((originator, id)) = about(evidence) else { return Ok(true) };
    let record = RecordRef { originator: Some(originator.as_str().into()), id: id.as_str().into() };
    match control.driver.handle(Event::Look { record, viewer: control.operator.clone() }).await {
        Ok(Answer::Record(_)) => Ok(true),
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
