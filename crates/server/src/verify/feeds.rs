//! Feeds: ours against our ledger and the partner's receipts, the partner's against what it signed.

use entente_core::Party;
use entente_formats::wire::{Canonical, Signed, Withdrawal, payload};
use entente_log::{Checkpoint, Frontier, Hash, Note, verify_consistency, verify_cosignature};
use entente_node::{Feed, Partner, lane};
use entente_seal::{Digest, Envelope};
use entente_store::{OutgoingRow, Reader, ReceiptRow};

use super::{
    Roots, STEP, Verified, VerifyError, is_signed,
    ledger::Told,
    revoked::{Revoked, receipt_times, receipted_at},
    signed_by,
};

/// Our feed to a partner.
pub(super) fn outgoing(
    reader: &Reader,
    own: &Partner,
    partner: &Partner,
    feed: &Feed,
    told: &mut Told,
) -> Result<Verified, VerifyError> {
    let origin = lane::origin(&own.party, &partner.party, feed.lane);
    let mut roots = Roots::new();
    let checkpoint = reader.outgoing_checkpoint(feed)?;
    let signed = checkpoint.as_ref().map_or(0, |(size, _)| *size);
    if let Some((size, note)) = checkpoint {
        roots.expect(size, signed_by(note, origin.clone(), own.feed_keys(&partner.party, feed.lane)));
    }
    let receipts = reader.receipts(feed)?;
    let receipted = receipts.last().map_or(0, |receipt| receipt.size);
    if receipted > signed {
        roots.problems.push(format!("{receipted} entries are receipted, but only {signed} were ever signed for"));
    }
    let (mut revoked, times) = (Revoked::default(), receipt_times(&receipts, partner));
    let good = times.last().map_or(0, |(size, _)| *size);
    if receipted > good {
        revoked.doubted.push(format!(
            "the receipts for entries {good} to {} are cosigned with a key that {} has revoked, and no later one covers them",
            receipted - 1,
            partner.party
        ));
    }
    for receipt in receipts {
        roots.expect(receipt.size, cosigned_by(receipt, origin.clone(), partner));
    }
    for row in reader.outgoing(feed)? {
        let envelope = reader.outgoing_envelope(feed, row.index)?.unwrap_or_default();
        // What came back after a restore may be no more than its leaf.
        let is_bare = row.recovered && envelope.is_empty();
        let checks = [
            if is_bare { Ok(()) } else { is_envelope(&envelope, &row.leaf, own, &partner.party) },
            is_told(&row, feed, told),
            row.withdrawal.as_ref().map_or(Ok(()), |signed| is_withdrawal(signed, own, &origin, row.index, &row.leaf)),
        ];
        let index = row.index;
        roots.problems.extend(checks.into_iter().filter_map(Result::err).map(|why| format!("entry {index}: {why}")));
        revoked.entry(own, index, &envelope, receipted_at(&times, index));
        roots.leaf(&row.leaf);
    }
    let (rests, doubted) = revoked.words(partner.party.as_str());
    Ok(Verified { receipted: Some(receipted), rests, doubted, ..roots.finish(origin) })
}

/// What left is what the ledger says was permitted, and what stayed behind is what it says was withdrawn.
fn is_told(row: &OutgoingRow, feed: &Feed, told: &mut Told) -> Result<(), String> {
    if row.recovered {
        // The statements of its decision and withdrawal are lost, and so the ledger has said.
        let is_told = told.was_recovered(feed, row.index);
        return if is_told { Ok(()) } else { Err("the ledger does not say that it came back".to_owned()) };
    }
    if row.about && !told.was_permitted(&row.leaf) {
        return Err("it is about a record, and no decision in the ledger permits it".to_owned());
    }
    if row.withdrawal.is_some() != told.was_withdrawn(feed, row.index) {
        return Err("the ledger and the feed differ about whether it was withdrawn".to_owned());
    }
    Ok(())
}

fn cosigned_by<'a>(
    receipt: ReceiptRow,
    origin: String,
    partner: &'a Partner,
) -> impl Fn(&Frontier) -> Result<(), String> + 'a {
    move |frontier| {
        let text = |error: entente_log::Error| error.to_string();
        let expected = Checkpoint::new(&origin, frontier.size(), frontier.root(), Vec::new()).map_err(text)?;
        let note = Note::parse(receipt.note.as_bytes()).map_err(text)?;
        // Those of a key that is revoked by now were good when they were taken.
        let (keys, _) = partner.receipt_keys_of(&note).map_err(text)?;
        let is_by_it = |line| keys.iter().flatten().any(|key| verify_cosignature(&expected, line, key).is_ok());
        let cosigned = note.text() == expected.to_string() && note.signatures().iter().any(is_by_it);
        if cosigned { Ok(()) } else { Err(format!("the receipt for {} entries is not over this feed", receipt.size)) }
    }
}

/// A partner's feed to us.
pub(super) fn incoming(
    reader: &Reader,
    own: &Partner,
    partner: &Partner,
    feed: &Feed,
    told: &Told,
) -> Result<Verified, VerifyError> {
    let origin = lane::origin(&partner.party, &own.party, feed.lane);
    let mut roots = Roots::new();
    let checkpoint = reader.incoming_checkpoint(feed)?;
    let held = checkpoint.as_ref().map_or(0, |(held, ..)| *held);
    let (mut revoked, mut latest) = (Revoked::default(), None);
    let signed = checkpoint.as_ref().and_then(|(_, note, _)| Note::parse(note.as_bytes()).ok());
    if let Some((held, note, proof)) = checkpoint {
        roots.expect(held, extended_by(note, proof, origin.clone(), partner));
    }
    let mut start = 0;
    loop {
        let rows = reader.incoming(feed, start, STEP)?;
        let Some(last) = rows.last() else { break };
        start = last.index + 1;
        for row in &rows {
            let checked = match (&row.envelope, &row.withdrawal) {
                (Some(envelope), _) if row.disposition == "accepted" => {
                    is_envelope(envelope, &row.leaf, partner, &own.party)
                }
                // What was not accepted need not be a good envelope, but must be the bytes that were sent.
                (Some(envelope), _) => is_digest(envelope, &row.leaf),
                (None, Some(signed)) => is_withdrawal(signed, partner, &origin, row.index, &row.leaf),
                (None, None) if row.record.as_ref().is_some_and(|record| told.was_given_up(record)) => Ok(()),
                (None, None) => Err("neither envelope nor withdrawal is here".to_owned()),
            };
            roots.problems.extend(checked.err().map(|why| format!("entry {}: {why}", row.index)));
            if row.disposition == "accepted" {
                revoked.entry(partner, row.index, row.envelope.as_deref().unwrap_or_default(), row.at);
            }
            latest = row.at;
            roots.leaf(&row.leaf);
        }
    }
    let since = signed.and_then(|note| partner.log_keys_of(&origin, &note).ok()).and_then(|(_, since)| since);
    if let Some(since) = since {
        let words =
            format!("the checkpoint on file is signed with a log key that {} has revoked since {since}", partner.party);
        match latest {
            Some(at) if at < since.as_second() => revoked.rests.push(format!("{words}; our receipt is older")),
            _ => revoked.doubted.push(format!("{words}, and our receipt is not older")),
        }
    }
    if roots.frontier.size() != held {
        let size = roots.frontier.size();
        roots.problems.push(format!("{size} entries are here, but {held} belong to the checkpoint on file"));
    }
    let (rests, doubted) = revoked.words("this node");
    Ok(Verified { rests, doubted, ..roots.finish(origin) })
}

/// The partner signed for at least what we hold, and what we hold is the first part of it.
fn extended_by<'a>(
    note: String,
    proof: Vec<u8>,
    origin: String,
    partner: &'a Partner,
) -> impl Fn(&Frontier) -> Result<(), String> + 'a {
    move |frontier| {
        let text = |error: entente_log::Error| error.to_string();
        let parsed = Note::parse(note.as_bytes()).map_err(text)?;
        let (keys, _) = partner.log_keys_of(&origin, &parsed).map_err(text)?;
        let checkpoint = Checkpoint::open_signed_by_each(note.as_bytes(), &origin, &keys).map_err(text)?;
        let (hashes, _) = proof.as_chunks::<32>();
        let hashes: Vec<Hash> = hashes.iter().map(|hash| Hash(*hash)).collect();
        verify_consistency(frontier.size(), &frontier.root(), checkpoint.size(), checkpoint.root(), &hashes)
            .map_err(|error| format!("what is held is not what {} signed: {error}", partner.party))
    }
}

fn is_digest(bytes: &[u8], leaf: &[u8; 32]) -> Result<(), String> {
    if Digest::of(bytes).as_bytes() == leaf {
        Ok(())
    } else {
        Err("the bytes kept are not those that the leaf commits to".to_owned())
    }
}

/// The envelope is the one that the leaf commits to, and its sender signed it.
fn is_envelope(bytes: &[u8], leaf: &[u8; 32], from: &Partner, to: &Party) -> Result<(), String> {
    is_digest(bytes, leaf)?;
    let envelope = Envelope::parse(bytes).map_err(|error| error.to_string())?;
    let key = from.signing_key(&envelope.header().signing_key);
    let verified = key.is_some_and(|(key, _)| envelope.verify(to.as_str(), key).is_ok());
    if verified { Ok(()) } else { Err(format!("the envelope is not signed by {} for {to}", from.party)) }
}

fn is_withdrawal(signed: &Signed, from: &Partner, origin: &str, index: u64, leaf: &[u8; 32]) -> Result<(), String> {
    let withdrawal = Withdrawal::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
    let is_meant = withdrawal.origin == origin && withdrawal.index == index && withdrawal.leaf == *leaf;
    if is_meant && is_signed(from, payload::WITHDRAWAL, &signed.statement, &signed.signature) {
        Ok(())
    } else {
        Err("the withdrawal is not the sender's for this entry".to_owned())
    }
}
