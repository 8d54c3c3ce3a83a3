//! What bears the signature of a revoked key, and what it rests on: it counts only where a partner's cosignature is older
//! than the revocation. For what a partner sent, that is our own receipt, and its time is when the entry came.
//!
//! What does not count any more is no fault of the store; it is told beside what is wrong.

use entente_core::time::Timestamp;
use entente_formats::{
    party::Standing,
    wire::{ActStatement, Canonical, ConsentStatement, Origin, Relabelling, Signed, StandingConsent, payload},
};
use entente_log::{Checkpoint, Note, verify_cosignature};
use entente_node::{Partner, keyring::Word, party::key_name};
use entente_seal::Envelope;
use entente_store::{Reader, ReceiptRow, SignedKind, StoreError};

/// What was found of revoked keys in one log.
#[derive(Default)]
pub(super) struct Revoked {
    /// What counts all the same, and why.
    pub(super) rests: Vec<String>,
    /// What does not count any more.
    pub(super) doubted: Vec<String>,
    /// Entries by the key that signed them, with what shows their age; nothing where nothing does.
    entries: Vec<(String, Timestamp, u64, Option<i64>)>,
}

impl Revoked {
    /// Takes in an entry of a feed, where the key that signed it is revoked. `seen`: by when it was here, or was receipted, in
    /// seconds since the epoch.
    pub(super) fn entry(&mut self, from: &Partner, index: u64, envelope: &[u8], seen: Option<i64>) {
        let Ok(envelope) = Envelope::parse(envelope) else { return };
        if let Some((key, Some(Standing::Revoked(since)))) = from.signing_key(&envelope.header().signing_key) {
            self.entries.push((key_name(key.as_bytes()), since, index, seen));
        }
    }

    /// Puts into words what was found of entries. `by`: whose receipts show how old they are.
    pub(super) fn words(mut self, by: &str) -> (Vec<String>, Vec<String>) {
        while let Some((key, since, ..)) = self.entries.first().cloned() {
            let (of_key, others) = self.entries.drain(..).partition::<Vec<_>, _>(|(name, ..)| *name == key);
            self.entries = others;
            let is_older = |seen: Option<i64>| seen.is_some_and(|seen| seen < since.as_second());
            let (older, younger): (Vec<_>, Vec<_>) = of_key.into_iter().partition(|(.., seen)| is_older(*seen));
            if !older.is_empty() {
                self.rests.push(format!(
                    "signed with the key {key}, revoked since {since}, and counts by older receipts of {by}: {}",
                    listed(&older)
                ));
            }
            if !younger.is_empty() {
                self.doubted.push(format!(
                    "signed with the key {key}, revoked since {since}, and no receipt of {by} is older: {}",
                    listed(&younger)
                ));
            }
        }
        (self.rests, self.doubted)
    }
}

fn listed(entries: &[(String, Timestamp, u64, Option<i64>)]) -> String {
    let numbers: Vec<String> = entries.iter().take(10).map(|(_, _, index, _)| index.to_string()).collect();
    let more = if entries.len() > 10 { ", …" } else { "" };
    let what = if entries.len() == 1 { "entry" } else { "entries" };
    format!("{what} {}{more}", numbers.join(", "))
}

/// By when each part of our feed was receipted, by keys that count: sizes with times, in order.
pub(super) fn receipt_times(receipts: &[ReceiptRow], partner: &Partner) -> Vec<(u64, i64)> {
    let Ok(keys) = partner.receipt_keys() else { return Vec::new() };
    let time = |receipt: &ReceiptRow| {
        let note = Note::parse(receipt.note.as_bytes()).ok()?;
        let checkpoint: Checkpoint = note.text().parse().ok()?;
        let times = note.signatures().iter().flat_map(|line| {
            keys.iter().filter_map(|key| verify_cosignature(&checkpoint, line, key).ok()).collect::<Vec<_>>()
        });
        Some((receipt.size, i64::try_from(times.min()?).ok()?))
    };
    receipts.iter().filter_map(time).collect()
}

/// By when an entry was receipted first.
pub(super) fn receipted_at(times: &[(u64, i64)], index: u64) -> Option<i64> {
    times.iter().filter(|(size, _)| *size > index).map(|(_, at)| *at).min()
}

type By = fn(&[u8]) -> Option<String>;

/// What parties have signed with keys that they have revoked: records, acts, consents and labels that are kept here.
pub(super) fn statements(reader: &Reader, own: &Partner, partners: &[Partner]) -> Result<Revoked, StoreError> {
    let mut found = Revoked::default();
    let kinds: [(SignedKind, &str, &str, By); 5] = [
        (SignedKind::Origin, payload::ORIGIN, "records", |bytes| Some(Origin::from_bytes(bytes).ok()?.originator)),
        (SignedKind::Act, payload::ACT, "acts", |bytes| Some(ActStatement::from_bytes(bytes).ok()?.by)),
        (SignedKind::Consent, payload::CONSENT, "consents", |bytes| Some(ConsentStatement::from_bytes(bytes).ok()?.by)),
        (SignedKind::StandingConsent, payload::STANDING_CONSENT, "standing consents", |bytes| {
            Some(StandingConsent::from_bytes(bytes).ok()?.by)
        }),
        (SignedKind::Relabelling, payload::RELABELLING, "labels", |bytes| {
            Some(Relabelling::from_bytes(bytes).ok()?.by)
        }),
    ];
    for (kind, payload_type, what, by) in kinds {
        let all = reader.signed_since(kind)?;
        for partner in partners.iter().filter(|partner| has_revoked(partner) && partner.party != own.party) {
            let of_it =
                all.iter().filter(|(signed, _)| by(&signed.statement).as_deref() == Some(partner.party.as_str()));
            let (mut older, mut younger) = (0_usize, 0_usize);
            for (Signed { statement, signature }, kept) in of_it {
                match partner.word(payload_type, statement, signature, Some(*kept)) {
                    Word::Revoked(_) => younger += 1,
                    Word::Good if partner.word(payload_type, statement, signature, None) != Word::Good => older += 1,
                    _ => {}
                }
            }
            if older > 0 {
                found.rests.push(format!(
                    "{what} of {} that were here before it revoked the key that signed them: {older}",
                    partner.party
                ));
            }
            if younger > 0 {
                found.doubted.push(format!(
                    "{what} of {} that came after it had lost the key that signed them: {younger}",
                    partner.party
                ));
            }
        }
    }
    Ok(found)
}

fn has_revoked(partner: &Partner) -> bool {
    use entente_formats::party::KeyKind;
    partner.file.others(KeyKind::Signing).any(|other| matches!(other.standing, Standing::Revoked(_)))
}
