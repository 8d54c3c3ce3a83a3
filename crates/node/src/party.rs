//! Whom this node knows: party files that people add, those that partners send of themselves, and parties that are removed.
//!
//! A party file stands by its root key. One that a partner sends counts when it may follow the one on file without anybody
//! comparing words ([`Partner::may_follow`]); every other is for people.

use std::sync::Arc;

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::{
    hex,
    party::{KeyKind, OtherKey, Standing},
    wire::MAX_NOTE,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    event::{Answer, Refusal},
    identity::Identity,
    inbox::{Said, accepted, refused},
    lane::Feed,
    op::Op,
    outbox::Letter,
    partner::{Partner, PartnerError},
    sequenced::Warranted,
    state::{Node, sha256},
};

/// The first eight hex digits of a key's SHA-256: how people and messages name it.
pub fn key_name(key: &[u8]) -> String {
    hex::encode(Sha256::digest(key).get(..4).unwrap_or_default())
}

fn request(error: impl ToString) -> Refusal {
    Refusal::Request(error.to_string())
}

impl Node {
    /// A person has confirmed a party file.
    pub(crate) fn add_party(&mut self, note: String, now: Timestamp) -> Result<Answer, Refusal> {
        let partner = Partner::open(&note).map_err(request)?;
        if let Some(known) = self.partners.get(&partner.party) {
            partner.may_follow(known).map_err(request)?;
        }
        self.keep_party(partner, serde_json::json!("added"), now)
    }

    /// A person has confirmed by comparing words that another root key, or another successor of it, is the party's.
    pub(crate) fn replace_root(
        &mut self,
        by: &Viewer,
        file: String,
        note: &str,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        check_note(note)?;
        let partner = Partner::open(&file).map_err(request)?;
        let party = partner.party.clone();
        let known = self.partners.get(&party);
        let known = known.ok_or_else(|| Refusal::Request(format!("no party file of `{party}` here to be replaced")))?;
        match partner.may_follow(known) {
            Err(PartnerError::OtherRoot { .. } | PartnerError::OtherSuccessor { .. }) => {}
            Err(error) => return Err(request(error)),
            Ok(()) => {
                return Err(Refusal::Request(format!(
                    "this file of `{party}` follows the one on file; add it without --new-root"
                )));
            }
        }
        let how = serde_json::json!({ "by": by.name, "note": note, "instead_of": known.fingerprint() });
        self.keep_party(partner, how, now)
    }

    /// Keeps a party file, unless it names what is another's, and says how it came.
    fn keep_party(&mut self, partner: Partner, how: serde_json::Value, now: Timestamp) -> Result<Answer, Refusal> {
        self.refuse_borrowed(&partner)?;
        let (party, words) = (partner.party.clone(), partner.fingerprint());
        let (serial, before) = (partner.file.serial, self.doubted.clone());
        self.keep(Op::Party { party: party.clone(), note: partner.note })?;
        let statement = serde_json::json!({
            "party": party.as_str(), "fingerprint": words, "serial": serial, "how": how,
        });
        self.state(now, "party", statement)?;
        self.tell_doubts(&party, &before, now)?;
        Ok(Answer::Party(party))
    }

    fn refuse_borrowed(&self, partner: &Partner) -> Result<(), Refusal> {
        let others = self.partners.values().filter(|other| other.party != partner.party);
        match others.into_iter().find(|other| partner.borrows_from(other)) {
            None => Ok(()),
            Some(other) => Err(Refusal::Request(format!(
                "the party file of `{}` names a key of `{}` as its own; ask both, and add neither before it is clear",
                partner.party, other.party
            ))),
        }
    }

    /// A partner has sent its own party file.
    pub(crate) fn take_party_file(&mut self, from: &Party, note: String, now: Timestamp) -> Result<Said, Refusal> {
        let partner = match Partner::open(&note) {
            Ok(partner) => partner,
            Err(error) => return Ok(refused(error)),
        };
        if partner.party != *from {
            return Ok(refused(format!("a party file of {}, which {from} has no business to send", partner.party)));
        }
        let Some(known) = self.partners.get(from) else { return Ok(refused("nobody added its sender")) };
        if partner.file == known.file {
            return Ok(accepted());
        }
        if let Err(error) = partner.may_follow(known) {
            // One that was overtaken by a later file on another way is no reason for alarm.
            return Ok(match error {
                PartnerError::Older { .. } => (accepted().0, Some(error.to_string())),
                _ => refused(error),
            });
        }
        if !partner.is_valid_at(now) {
            return Ok(refused(format!("its new party file does not count now (until {})", partner.file.valid_until)));
        }
        if let Err(error) = self.refuse_borrowed(&partner) {
            return Ok(refused(error));
        }
        self.keep_party(partner, serde_json::json!("sent by itself"), now)?;
        Ok(accepted())
    }

    /// Sends our own party file to whom it is news. The first went to everybody by another way.
    pub(crate) fn tell_party_file(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let us = self.identity.party.clone();
        let Some(own) = self.partners.get(&us).filter(|own| own.file.serial > 1) else { return Ok(()) };
        let (note, subject) = (own.note.clone(), sha256(own.note.as_bytes()));
        let others = self.partners.keys().filter(|party| **party != us && self.can_reach(party, now));
        let lacking: Vec<Party> =
            others.filter(|party| !self.told.contains_key(&(subject, (*party).clone()))).cloned().collect();
        for to in lacking {
            let (_, index, _) = self.sequence(&Letter::control(&to), &Warranted::party_file(note.clone()), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        Ok(())
    }

    /// The partners to whom our own party file was sent, each with whether it has said that it took it.
    pub fn party_file_taken(&self) -> Vec<(Party, Taking)> {
        let us = &self.identity.party;
        let Some(own) = self.partners.get(us) else { return Vec::new() };
        let subject = sha256(own.note.as_bytes());
        let others = self.partners.keys().filter(|party| *party != us && !self.removed.contains(*party));
        let taking = |party: &Party| match self.told.get(&(subject, party.clone())) {
            None if own.file.serial <= 1 => Taking::ByHand,
            None => Taking::Waiting,
            Some(index) => {
                let feed = Feed { partner: party.clone(), lane: crate::Lane::Urgent };
                let receipted = self.outgoing.get(&feed).map_or(0, |out| out.acknowledged.size());
                if *index < receipted { Taking::Receipted { index: *index } } else { Taking::Waiting }
            }
        };
        others.map(|party| (party.clone(), taking(party))).collect()
    }

    /// A person removes a party.
    pub(crate) fn remove_party(
        &mut self,
        by: &Viewer,
        party: &Party,
        note: &str,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        check_note(note)?;
        if *party == self.identity.party {
            return Err(Refusal::Request("a node cannot remove its own party".to_owned()));
        }
        if !self.partners.contains_key(party) {
            return Err(Refusal::Request(format!("no party file of `{party}` here; see `entente party list`")));
        }
        self.refuse_removed(party)?;
        self.keep(Op::PartyRemoved { party: party.clone(), at: now.as_second() })?;
        let words = serde_json::json!({ "party": party.as_str(), "by": by.name, "note": note });
        self.state(now, "party-removed", words)?;
        Ok(Answer::Party(party.clone()))
    }

    /// Whether a party was removed, and not added again.
    pub fn is_removed(&self, party: &Party) -> bool {
        self.removed.contains(party)
    }

    pub(crate) fn refuse_removed(&self, party: &Party) -> Result<(), Refusal> {
        if self.removed.contains(party) {
            let why = format!("`{party}` was removed here; `entente party add FILE` adds it again");
            return Err(Refusal::Request(why));
        }
        Ok(())
    }

    /// The partner `party`, whose file must count now.
    pub(crate) fn partner(&self, party: &Party, now: Timestamp) -> Result<&Partner, Refusal> {
        let unknown =
            || Refusal::Request(format!("no party file of `{party}` here; add it with `entente party add FILE`"));
        let partner = self.partners.get(party).ok_or_else(unknown)?;
        self.refuse_removed(party)?;
        if partner.is_valid_at(now) {
            Ok(partner)
        } else {
            let until = partner.file.valid_until;
            Err(Refusal::Request(format!(
                "the party file of `{party}` does not count now (until {until}); ask for a new one"
            )))
        }
    }

    /// Takes up other keys of our own. What was signed with those before is signed anew by [`crate::Event::KeysChanged`].
    pub fn replace_identity(&mut self, identity: Identity) {
        let before = std::mem::replace(&mut self.identity, Arc::new(identity));
        let gone = before.signing.public().id();
        let own = self.partners.get(&self.identity.party);
        let standing = own.and_then(|own| own.signing_key(&gone)).and_then(|(_, standing)| standing);
        self.retell |= matches!(standing, Some(Standing::Revoked(_)));
        for out in self.outgoing.values_mut() {
            out.sign_anew(&self.identity);
        }
        self.resign = true;
    }

    /// What was told in entries that nobody has receipted yet is told in new ones: those bear the signature of a key that is
    /// revoked, and whoever knows that refuses them. A record is for people to give again.
    fn tell_again(&mut self) {
        let outgoing = &self.outgoing;
        self.told.retain(|(_, to), index| {
            let feed = Feed { partner: to.clone(), lane: crate::Lane::Urgent };
            outgoing.get(&feed).is_some_and(|out| *index < out.acknowledged.size())
        });
        self.everything_is_news();
    }

    /// Keeps the checkpoints of feeds that other keys have signed since: after keys have changed, or after a start with one that
    /// there was not when they were kept.
    fn keep_all_resigned(&mut self) -> Result<(), Refusal> {
        let resigned = self.outgoing.iter().filter(|(_, out)| out.is_resigned);
        let feeds: Vec<Feed> = resigned.map(|(feed, _)| feed.clone()).collect();
        feeds.iter().try_for_each(|feed| self.keep_resigned(feed))
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) -> Result<Answer, Refusal> {
        // Nothing that is signed is kept while it is unknown what was signed before.
        if !self.is_read_only() {
            self.keep_all_resigned()?;
        }
        Ok(Answer::Done)
    }

    /// Signs anew what partners will be shown, and says on the record which keys are in use.
    pub(crate) fn keys_changed(&mut self, now: Timestamp) -> Result<Answer, Refusal> {
        self.keep_all_resigned()?;
        if std::mem::take(&mut self.retell) {
            self.tell_again();
        }
        let Some(own) = self.partners.get(&self.identity.party) else { return Ok(Answer::Done) };
        let used = KeyKind::ALL.map(|kind| {
            let keys: Vec<String> = own.file.in_use(kind).into_iter().map(key_name).collect();
            (kind.as_str().to_owned(), serde_json::json!(keys))
        });
        let others = own.file.other_keys.iter().map(|OtherKey { kind, key, standing }| {
            let revoked = matches!(standing, Standing::Revoked(_));
            serde_json::json!({
                "kind": kind.as_str(), "key": key_name(key), "standing": standing.as_str(),
                "since": revoked.then(|| standing.at().to_string()),
            })
        });
        let words = serde_json::json!({
            "serial": own.file.serial, "in_use": serde_json::Map::from_iter(used), "others": others.collect::<Vec<_>>(),
        });
        self.state(now, "keys", words)?;
        Ok(Answer::Done)
    }
}

/// How far our party file has come with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It is the first one, which people exchange.
    ByHand,
    /// It was sent, or will be; there is no receipt yet.
    Waiting,
    /// The partner has receipted the entry of the urgent feed that carries it; its disposition says what it made of it.
    Receipted {
        /// That entry.
        index: u64,
    },
}

fn check_note(note: &str) -> Result<(), Refusal> {
    if note.trim().is_empty() || note.len() > MAX_NOTE {
        return Err(Refusal::Request(format!("say by which authority, and why, in at most {MAX_NOTE} bytes")));
    }
    Ok(())
}
