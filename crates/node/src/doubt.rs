//! What rests on revoked keys. A party that revokes a signing key says since when it has been in wrong hands; what bears that
//! signature counts only where it was here before, which our receipt on the feed that brought it has told its sender.
//!
//! What does not count any more is not taken away: a record stays, and is neither shown nor given; an act or a consent stays,
//! and no decision rests on it. What only ever forbids (a recall, the withdrawal of a consent) goes on counting: a thief who
//! calls something back has given nothing away.

use std::collections::BTreeSet;

use entente_core::{Party, time::Timestamp};
use entente_formats::wire::{Signed, payload};

use crate::{
    event::Refusal,
    held::{Held, Key},
    keyring::Word,
    state::{Node, sha256},
};

/// How many things are named in one alarm; in backticks, since the alarm is read by who could see each of them
/// ([`Node::names_unseen`]).
const NAMED: usize = 15;

impl Node {
    /// Weighs something that `by` has signed, and that is here since `known`.
    pub(crate) fn doubt(&mut self, by: &str, payload_type: &str, signed: &Signed, known: i64) {
        let digest = sha256(&signed.statement);
        if self.is_doubtful(by, payload_type, signed, known) {
            self.doubted.insert(digest);
        } else if !self.doubted.is_empty() {
            // Signed anew, with a key that counts.
            if self.doubted.remove(&digest) {
                self.past.get_mut().forget();
            }
        }
    }

    fn is_doubtful(&self, by: &str, payload_type: &str, signed: &Signed, known: i64) -> bool {
        // What we said ourselves, our own ledger says too.
        if by == self.identity.party.as_str() {
            return false;
        }
        let revoked = self.partners.get(by).filter(|partner| partner.has_revoked_signing());
        revoked.is_some_and(|partner| {
            matches!(partner.word(payload_type, &signed.statement, &signed.signature, Some(known)), Word::Revoked(_))
        })
    }

    /// Weighs everything of a party again, whose keys have changed.
    pub(crate) fn doubt_again(&mut self, party: &Party) {
        let by = party.as_str();
        let had_doubts = !self.doubted.is_empty();
        if !had_doubts && !self.partners.get(party).is_some_and(crate::Partner::has_revoked_signing) {
            return;
        }
        let mut all: Vec<(&'static str, Signed, i64)> = Vec::new();
        let of_party = |statement: &str| statement == by;
        let records = self.records.values().filter(|held| of_party(held.alike().originator.as_str()));
        all.extend(records.map(|held| (payload::ORIGIN, held.signed(), held.entered)));
        let acts = self.acts.iter().filter(|act| of_party(&act.statement.by));
        all.extend(acts.map(|act| (payload::ACT, act.signed.clone(), act.known)));
        let consents = self.consents.values().flatten().filter(|given| of_party(&given.statement.by));
        all.extend(consents.map(|given| (payload::CONSENT, given.signed.clone(), given.known)));
        let standing = self.standing.iter().filter(|given| of_party(&given.statement.by));
        all.extend(standing.map(|given| (payload::STANDING_CONSENT, given.signed.clone(), given.known)));
        let labels = self.relabellings.values().filter(|label| of_party(&label.statement.by));
        all.extend(labels.map(|label| (payload::RELABELLING, label.signed.clone(), label.known)));
        for (payload_type, signed, known) in all {
            self.doubt(by, payload_type, &signed, known);
        }
        // What acts do to a text may be another thing now.
        self.world = None;
        self.rules.take();
        self.heads.take();
        self.past.get_mut().forget();
        let texts: Vec<_> = self.agreements.values().cloned().collect();
        for text in texts {
            let text = self.with_acts(text);
            std::sync::Arc::make_mut(&mut self.agreements).insert(text.id.clone(), text);
        }
        let proposals: Vec<_> = self.proposals.values().cloned().collect();
        for text in proposals {
            let text = self.with_acts(text);
            self.proposals.insert((text.id.clone(), text.hash), text);
        }
        let keys: Vec<Key> = self
            .records
            .values()
            .filter(|held| of_party(held.alike().originator.as_str()))
            .map(|held| held.key())
            .collect();
        keys.iter().for_each(|key| self.shelve_again(key));
    }

    /// Whether nothing shows that a record's originator signed it, or the label that it has now, before it lost the key.
    pub(crate) fn is_doubted(&self, held: &Held) -> bool {
        let is_doubted = |signed: &Signed| self.doubted.contains(&sha256(&signed.statement));
        !self.doubted.is_empty()
            && (is_doubted(&held.signed())
                || self.relabellings.get(&held.key()).is_some_and(|label| is_doubted(&label.signed)))
    }

    /// The same of a record by its name.
    pub(crate) fn is_record_doubted(&self, key: &Key) -> bool {
        self.records.get(key).is_some_and(|held| self.is_doubted(held))
    }

    /// A statement of `by` as it goes out. What we signed ourselves with a key that we have revoked is signed anew: to who
    /// sees it for the first time, nothing would show that the signature is older.
    pub(crate) fn as_it_goes_out(&self, by: &Party, payload_type: &str, signed: &Signed) -> Result<Signed, Refusal> {
        let own = self.partners.get(&self.identity.party).filter(|own| own.party == *by && own.has_revoked_signing());
        match own.map(|own| own.word(payload_type, &signed.statement, &signed.signature, None)) {
            Some(Word::Revoked(_)) => self.sign(payload_type, signed.statement.clone()),
            _ => Ok(signed.clone()),
        }
    }

    /// Says what does not count any more since a party has revoked a key.
    pub(crate) fn tell_doubts(
        &mut self,
        party: &Party,
        before: &BTreeSet<[u8; 32]>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let is_new = |digest: &[u8; 32]| self.doubted.contains(digest) && !before.contains(digest);
        let records = self.records.values().filter(|held| {
            let label = self.relabellings.get(&held.key());
            is_new(&sha256(&held.signed().statement))
                || label.is_some_and(|label| is_new(&sha256(&label.signed.statement)))
        });
        let mut names: Vec<String> = records.map(|held| format!("record `{}`", held.key().1)).collect();
        let acts = self.acts.iter().filter(|act| is_new(&act.digest));
        names.extend(acts.map(|act| format!("its act `{}` on {}", act.statement.kind, act.statement.agreement.id)));
        let consents = self.consents.values().flatten().filter(|given| is_new(&given.digest));
        names.extend(consents.map(|given| format!("its consent about `{}`", given.statement.question.record)));
        names.extend(
            self.standing.iter().filter(|given| is_new(&given.digest)).map(|_| "a standing consent".to_owned()),
        );
        if names.is_empty() {
            return Ok(());
        }
        let rest = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let why = format!(
            "{party} has revoked a signing key; what it signed with it and came after the moment that it names does not \
             count until it is signed anew: {}{more}",
            names.join(", ")
        );
        self.raise(party, None, &why, why.as_bytes(), now)
    }
}
