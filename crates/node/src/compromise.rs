//! Loss of control: a holder that has lost a record tells those who gave it, and each of them tells who gave it to them,
//! up to the originator. What an agreement obliges them to do, and by when, is its `notify` clause's matter.

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::{
    hex,
    wire::{Canonical, Compromise, MAX_NOTE, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, refused},
    incident::Happening,
    lane::{Feed, Lane},
    op::Op,
    outbox::Letter,
    sequenced::Warranted,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// The most notices of one partner about one record.
pub(crate) const MAX_NOTICES: usize = 64;

/// A notice that a record has fallen into wrong hands.
#[derive(Clone, Debug)]
pub struct KnownCompromise {
    /// What was told.
    pub statement: Compromise,
    /// SHA-256 of the statement.
    pub digest: [u8; 32],
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
    signed: Signed,
}

impl KnownCompromise {
    pub(crate) fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = Compromise::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), known, signed: signed.clone() })
    }

    pub(crate) fn key(&self) -> Key {
        (self.statement.originator.as_str().into(), self.statement.record.as_str().into())
    }
}

impl Node {
    pub(crate) fn report_compromise(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        note: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let key = self.find_for(name, by)?.key();
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say what happened, in at most {MAX_NOTE} bytes")));
        }
        let incident = self.keep_compromise(&key, (false, &by.name), note, now, rng)?;
        self.tell(now, rng)?;
        Ok(Answer::Told { told: self.providers(&key), incident })
    }

    /// Signs and keeps a notice of our own.
    fn keep_compromise(
        &mut self,
        key: &Key,
        (beyond, person): (bool, &str),
        note: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<String>, Refusal> {
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        let statement = Compromise {
            by: self.identity.party.to_string(),
            number,
            originator: key.0.to_string(),
            record: key.1.to_string(),
            beyond,
            at: now.as_second(),
            note,
        };
        let signed = self.sign(payload::COMPROMISE, statement.to_bytes())?;
        self.note_compromise(signed, &statement, person, now)
    }

    /// Keeps a notice, and opens what texts make the parties owe for it: the number of the incident, where they make them owe
    /// something.
    fn note_compromise(
        &mut self,
        signed: Signed,
        statement: &Compromise,
        person: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let notice = sha256(&signed.statement);
        let words = serde_json::json!({
            "by": statement.by, "originator": statement.originator, "record": statement.record,
            "beyond": statement.beyond, "note": statement.note, "statement": hex::encode(&sha256(&signed.statement)),
        });
        self.keep(Op::Compromise { signed, known: now.as_second() })?;
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        self.state_of(now, "compromise", Concerns::record(&key), words)?;
        let by: Party = statement.by.as_str().into();
        let happening = match by == self.identity.party {
            true if statement.beyond => Happening::LostBeyond,
            true => Happening::Lost,
            false => Happening::LostBy(&by),
        };
        self.owe_notices(&key, &happening, notice, person, (now, now))
    }

    /// Who gave a record to us; nobody for what we made.
    pub(crate) fn providers(&self, key: &Key) -> Vec<Party> {
        let us = &self.identity.party;
        let hops = self.records.get(key).into_iter().flat_map(|held| &held.alike().custody);
        let mut providers: Vec<Party> = hops.map(|hop| hop.from.clone()).filter(|party| party != us).collect();
        providers.sort();
        providers.dedup();
        providers
    }

    /// A partner has lost control of what we gave it.
    pub(crate) fn take_compromise(
        &mut self,
        from: &Party,
        signed: Signed,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Said, Refusal> {
        let read = Compromise::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        let is_signed = partner.has_signed(payload::COMPROMISE, &signed.statement, &signed.signature);
        if statement.by != from.as_str() || !is_signed {
            return Ok(refused(format!("the notice is not signed by {from}")));
        }
        let digest = sha256(&signed.statement);
        if self.compromises.iter().any(|known| known.digest == digest) {
            return Ok(accepted());
        }
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        // What was withdrawn before it left is not named: whoever saw the withdrawal would find out what it was about. Nor what
        // waits to leave.
        if !self.may_have(&key, from) {
            return Ok(refused(format!("`{}` was not given to {from} from here", key.1)));
        }
        let of_it = self.compromises.iter().filter(|known| known.key() == key && known.statement.by == statement.by);
        if of_it.count() >= MAX_NOTICES {
            return Ok(refused(format!("{MAX_NOTICES} notices of {from} about `{}` are here already", key.1)));
        }
        let feed = Feed { partner: from.clone(), lane: Lane::Urgent };
        let words = match statement.beyond {
            true => format!("`{}`: control lost by somebody to whom {from} gave it", key.1),
            false => format!("`{}`: control lost by {from}: {}", key.1, statement.note),
        };
        self.alarm(&feed, &words, &signed.statement, now)?;
        self.note_compromise(signed, &statement, from.as_str(), now)?;
        // Each tells its own provider, in its own name, and once.
        let has_told = self.compromises.iter().any(|known| {
            known.key() == key && known.statement.by == self.identity.party.as_str() && known.statement.beyond
        });
        if !has_told && !self.providers(&key).is_empty() {
            self.keep_compromise(
                &key,
                (true, from.as_str()),
                "control lost by somebody to whom it was given from here".into(),
                now,
                rng,
            )?;
        }
        Ok(accepted())
    }

    /// Tells those who gave us what was lost.
    pub(crate) fn tell_compromises(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let us = self.identity.party.as_str();
        let mut telling = Vec::new();
        for known in self.compromises.iter().filter(|known| known.statement.by == us) {
            let lacking = self
                .providers(&known.key())
                .into_iter()
                .filter(|to| !self.told.contains_key(&(known.digest, to.clone())) && self.can_reach(to, now));
            telling.extend(lacking.map(|to| (known.digest, to, known.signed.clone())));
        }
        for (subject, to, signed) in telling {
            let (_, index, _) = self.sequence(&Letter::control(&to), &Warranted::compromise(signed), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        Ok(())
    }

    /// Notices about records that the viewer may see, or could before they were called back.
    pub fn compromises(&self, viewer: &Viewer) -> impl Iterator<Item = &KnownCompromise> {
        self.compromises
            .iter()
            .filter(|known| self.records.get(&known.key()).is_some_and(|held| self.could_see(held, viewer)))
    }
}
