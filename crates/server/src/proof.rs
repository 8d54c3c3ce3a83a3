//! Proof files, made from what a store holds: that this node decided to give a record to a party, and that the party
//! has held it.

use std::collections::BTreeMap;

use entente_core::Party;
use entente_formats::{hex, request::Line};
use entente_log::{Hash, Note, TlogProof, inclusion_proof, leaf_hash};
use entente_node::{
    proof::{self, Disclosed, Extra},
    statement::{self, Told},
};
use entente_store::{Reader, StatementRow, StoreError};
use serde::Deserialize;

/// Why there is no proof file.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A tree in it has holes.
    #[error(transparent)]
    Log(#[from] entente_log::Error),
    /// There is no such release.
    #[error("record `{record}` was not given to {to} from here; see `entente outbox list`")]
    NeverGiven {
        /// The record.
        record: String,
        /// The recipient.
        to: Party,
    },
    /// The interval is not over.
    #[error("the release is not in the ledger yet: its interval is not over; try again in a moment")]
    NotYet,
    /// It is from before statements commit to what they say.
    #[error(
        "the statement of this release is of the older form, which says everything: disclose everything, or nothing"
    )]
    SaysEverything,
    /// What is kept beside the statement does not open it.
    #[error("statement {number} does not hold: {why}; see `entente log verify`")]
    DoesNotHold {
        /// Its number.
        number: u64,
        /// What does not fit.
        why: String,
    },
    /// The recipient has not said that it holds it.
    #[error("{0} has not receipted it yet; see `entente outbox list`")]
    NotReceipted(Party),
}

#[derive(Deserialize)]
struct Decided {
    request: Line,
    envelope: Option<String>,
}

/// A release that the ledger tells of.
struct Given {
    number: u64,
    row: StatementRow,
    told: Told,
    envelope: [u8; 32],
}

/// Proves that the decision to give `record` (`ID` or `ORIGINATOR/ID`) to `to` is in the ledger, by the checkpoint that
/// the most witnesses have cosigned. Of several releases the last counts. `wanted` is what whoever gets the file learns
/// of what the statement commits to.
///
/// # Errors
/// When there is nothing to prove yet, or the store cannot be read.
pub fn statement(reader: &Reader, record: &str, to: &Party, wanted: Disclosed) -> Result<TlogProof, ProveError> {
    let given = find(reader, record, to)?;
    // What says everything is not given away by who meant to disclose less.
    if given.row.opening.is_none() && wanted != Disclosed::Everything {
        return Err(ProveError::SaysEverything);
    }
    let interval = reader.interval_of(given.number)?.ok_or(ProveError::NotYet)?;
    let before = match interval.number.checked_sub(1) {
        Some(index) => reader.intervals(index, 1)?.pop(),
        None => None,
    };
    let (from, first) = before.map_or((0, 0), |before| (before.until, before.next));
    let count = usize::try_from(interval.next.saturating_sub(first)).unwrap_or(usize::MAX);
    let texts = reader.statements(first, count)?;
    let statements = texts.iter().map(|text| leaf_hash(text.as_bytes()));
    let leaves: Vec<Hash> = [leaf_hash(&interval.salt)].into_iter().chain(statements).collect();
    let place = given.number - first + 1;
    let extra = Extra::statement((from, interval.until), &leaves, place, given.row.text)?;
    let extra = extra.disclosing(wanted, &given.told, given.row.opening);
    let volume = interval.volume;
    let (size, note) = best_checkpoint(reader, volume, interval.index)?.ok_or(ProveError::NotYet)?;
    let proof = inclusion_proof(interval.index, size, &|level, index| reader.volume_node(volume, level, index))?;
    Ok(TlogProof { extra: Some(extra.to_bytes()), index: interval.index, proof, note })
}

/// Proves that `to` has held the envelope in which `record` was last given to it, by the recipient's own cosignature.
///
/// # Errors
/// When there is nothing to prove yet, or the store cannot be read.
pub fn receipt(reader: &Reader, record: &str, to: &Party) -> Result<TlogProof, ProveError> {
    let given = find(reader, record, to)?;
    for feed in proof::feeds_to(to) {
        let Some(row) = reader.outgoing(&feed)?.into_iter().find(|row| row.leaf == given.envelope) else { continue };
        let receipts = reader.receipts(&feed)?;
        let receipt = receipts.iter().find(|receipt| receipt.size > row.index);
        let receipt = receipt.ok_or_else(|| ProveError::NotReceipted(to.clone()))?;
        let node = |level, index| reader.outgoing_node(&feed, level, index);
        let proof = inclusion_proof(row.index, receipt.size, &node)?;
        return Ok(proof::receipt(&given.envelope, row.index, proof, Note::parse(receipt.note.as_bytes())?));
    }
    Err(ProveError::NotReceipted(to.clone()))
}

/// The last decision that was carried out by giving `record` to `to`.
fn find(reader: &Reader, record: &str, to: &Party) -> Result<Given, ProveError> {
    const STEP: usize = 512;
    let (originator, id) = record.split_once('/').map_or((None, record), |(by, id)| (Some(by), id));
    let (mut number, mut found) = (0, None);
    loop {
        let rows = reader.statement_rows(number, STEP)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let told = open(number, &row)?;
            if let Some((request, envelope)) = carried_out(&told) {
                let is_meant = request.record.id == id
                    && originator.is_none_or(|by| request.record.originator == by)
                    && request.to == to.as_str();
                if is_meant {
                    found = Some(Given { number, row, told, envelope });
                }
            }
            number += 1;
        }
    }
    found.ok_or_else(|| ProveError::NeverGiven { record: record.to_owned(), to: to.clone() })
}

/// A statement with what is kept beside it.
pub(crate) fn open(number: u64, row: &StatementRow) -> Result<Told, ProveError> {
    statement::read(&row.text, row.opening.as_deref()).map_err(|why| ProveError::DoesNotHold { number, why })
}

/// What a statement says was permitted and carried out, and in which envelope, where it says such a thing.
pub(crate) fn carried_out(told: &Told) -> Option<(Line, [u8; 32])> {
    if told.statement.kind != "decision" {
        return None;
    }
    let decided = Decided::deserialize(&told.content).ok()?;
    let envelope = hex::decode(&decided.envelope?)?.try_into().ok()?;
    Some((decided.request, envelope))
}

/// The checkpoint of a volume of the ledger behind leaf `index` that the most partners have cosigned, the latest of them, with all
/// those cosignatures.
fn best_checkpoint(reader: &Reader, volume: u64, index: u64) -> Result<Option<(u64, Note)>, ProveError> {
    let mut by_size: BTreeMap<u64, (usize, Note)> = BTreeMap::new();
    let latest: Vec<_> = reader.volume_checkpoint(volume)?.into_iter().map(|(size, note)| (size, 0, note)).collect();
    let origin = latest.first().and_then(|(.., note)| note.lines().next()).unwrap_or_default().to_owned();
    let cosigned = reader.cosigned()?.into_iter().filter(|cosigned| cosigned.note.lines().next() == Some(&origin));
    let cosigned = cosigned.map(|cosigned| (cosigned.size, 1, cosigned.note));
    for (size, witnesses, note) in latest.into_iter().chain(cosigned).filter(|(size, ..)| *size > index) {
        let note = Note::parse(note.as_bytes())?;
        let merged = match by_size.remove(&size) {
            Some((before, merged)) => {
                let more = note.signatures().iter().filter(|line| !merged.signatures().contains(line));
                let lines = merged.signatures().iter().chain(more).cloned().collect();
                (before + witnesses, Note::new(merged.text(), lines).unwrap_or(merged))
            }
            None => (witnesses, note),
        };
        by_size.insert(size, merged);
    }
    let best = by_size.into_iter().max_by_key(|(size, (witnesses, _))| (*witnesses, *size));
    Ok(best.map(|(size, (_, note))| (size, note)))
}
