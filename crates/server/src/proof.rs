//! Proof files, made from what a store holds: that this node decided to give a record to a party, and that the party
//! has held it.

use std::collections::BTreeMap;

use entente_core::Party;
use entente_formats::{hex, request::Line};
use entente_log::{Hash, Note, TlogProof, inclusion_proof, leaf_hash};
use entente_node::proof::{self, Extra};
use entente_store::{Reader, StoreError};
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
    /// The recipient has not said that it holds it.
    #[error("{0} has not receipted it yet; see `entente outbox list`")]
    NotReceipted(Party),
}

/// A statement of a decision that was carried out.
#[derive(Deserialize)]
struct Statement {
    kind: String,
    content: serde_json::Value,
}

#[derive(Deserialize)]
struct Decided {
    request: Line,
    envelope: Option<String>,
}

/// A release that the ledger tells of.
struct Given {
    number: u64,
    text: String,
    envelope: [u8; 32],
}

/// Proves that the decision to give `record` (`ID` or `ORIGINATOR/ID`) to `to` is in the ledger, by the checkpoint that
/// the most witnesses have cosigned. Of several releases the last counts.
///
/// # Errors
/// When there is nothing to prove yet, or the store cannot be read.
pub fn statement(reader: &Reader, record: &str, to: &Party) -> Result<TlogProof, ProveError> {
    let given = find(reader, record, to)?;
    let interval = reader.interval_of(given.number)?.ok_or(ProveError::NotYet)?;
    let before = match interval.index.checked_sub(1) {
        Some(index) => reader.intervals(index, 1)?.pop(),
        None => None,
    };
    let (from, first) = before.map_or((0, 0), |before| (before.until, before.next));
    let count = usize::try_from(interval.next.saturating_sub(first)).unwrap_or(usize::MAX);
    let texts = reader.statements(first, count)?;
    let statements = texts.iter().map(|text| leaf_hash(text.as_bytes()));
    let leaves: Vec<Hash> = [leaf_hash(&interval.salt)].into_iter().chain(statements).collect();
    let place = given.number - first + 1;
    let extra = Extra::statement((from, interval.until), &leaves, place, given.text)?;
    let (size, note) = best_checkpoint(reader, interval.index)?.ok_or(ProveError::NotYet)?;
    let proof = inclusion_proof(interval.index, size, &|level, index| reader.ledger_node(level, index))?;
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
        let texts = reader.statements(number, STEP)?;
        if texts.is_empty() {
            break;
        }
        for text in texts {
            if let Some((request, envelope)) = carried_out(&text) {
                let is_meant = request.record.id == id
                    && originator.is_none_or(|by| request.record.originator == by)
                    && request.to == to.as_str();
                if is_meant {
                    found = Some(Given { number, text, envelope });
                }
            }
            number += 1;
        }
    }
    found.ok_or_else(|| ProveError::NeverGiven { record: record.to_owned(), to: to.clone() })
}

/// What a statement says was permitted and carried out, and in which envelope, where it says such a thing.
pub(crate) fn carried_out(text: &str) -> Option<(Line, [u8; 32])> {
    let statement: Statement = serde_json::from_str(text).ok()?;
    if statement.kind != "decision" {
        return None;
    }
    let decided: Decided = serde_json::from_value(statement.content).ok()?;
    let envelope = hex::decode(&decided.envelope?)?.try_into().ok()?;
    Some((decided.request, envelope))
}

/// The checkpoint of the ledger behind leaf `index` that the most partners have cosigned, the latest of them, with all
/// those cosignatures.
fn best_checkpoint(reader: &Reader, index: u64) -> Result<Option<(u64, Note)>, ProveError> {
    let mut by_size: BTreeMap<u64, (usize, Note)> = BTreeMap::new();
    let latest = reader.ledger_checkpoint()?.into_iter().map(|(size, note)| (size, 0, note));
    let cosigned = reader.cosigned()?.into_iter().map(|cosigned| (cosigned.size, 1, cosigned.note));
    for (size, witnesses, note) in latest.chain(cosigned).filter(|(size, ..)| *size > index) {
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
