//! Another label for a record that exists: its originator's signed word, which travels like a recall. It changes every
//! decision from the moment in which it is known; the statement of origin stays as it was signed.

use entente_core::{Party, Record, time::Timestamp, view::Viewer};
use entente_formats::{
    hex, label,
    wire::{Canonical, MAX_NOTE, Relabelling, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, RecordRef, Refusal},
    held::Held,
    inbox::{Said, accepted, held, refused},
    incident::Happening,
    op::Op,
    outbox::Letter,
    sequenced::Warranted,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// The most records of one originator whose labels are remembered before the records are here.
const MAX_RELABELLINGS: usize = 100_000;

/// The label that counts for a record, and the word for it.
#[derive(Clone, Debug)]
pub(crate) struct Relabelled {
    pub(crate) statement: Relabelling,
    pub(crate) signed: Signed,
    /// When it became known here, in seconds since the epoch.
    pub(crate) known: i64,
}

impl Node {
    pub(crate) fn apply_relabelling(&mut self, signed: &Signed, known: i64) -> Result<(), String> {
        self.untold = true;
        let statement = Relabelling::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        let key: Key = (statement.by.as_str().into(), statement.record.as_str().into());
        if self.relabellings.get(&key).is_some_and(|known| known.statement.revision >= statement.revision) {
            return Ok(());
        }
        self.untold_labels.insert(key.clone());
        self.doubt(&statement.by, payload::RELABELLING, signed, known);
        self.relabellings.insert(key.clone(), Relabelled { statement, signed: signed.clone(), known });
        let is_meant = |record: &Record| record.originator == key.0 && record.id == key.1;
        let concerned = |held: &Held| {
            let record = held.alike();
            held.key() == key || record.versions.iter().any(is_meant) || record.sources().into_iter().any(is_meant)
        };
        let concerned = self.records.values().filter(|held| concerned(held));
        let keys: Vec<Key> = concerned.map(|held| held.key()).collect();
        for key in keys {
            let Some(mut held) = self.records.remove(&key) else { continue };
            self.relabelled(&mut held);
            self.index(&held);
            self.records.insert(key.clone(), held);
            self.reshelve(&key);
        }
        Ok(())
    }

    /// Gives a record, and what it was made from, the labels that count now.
    pub(crate) fn relabelled(&mut self, held: &mut Held) {
        if !self.relabellings.is_empty() {
            let mut kinds = std::mem::take(&mut self.kinds);
            held.altered(&mut kinds, |record| self.relabelled_record(record));
            self.kinds = kinds;
        }
    }

    fn relabelled_record(&self, record: &mut Record) {
        let known = self.relabellings.get(&(record.originator.clone(), record.id.clone()));
        if let Some(label) = known.and_then(|known| label::parse(&known.statement.label).ok()) {
            record.label = label;
        }
        record.derived_from.iter_mut().chain(&mut record.versions).for_each(|part| self.relabelled_record(part));
    }

    pub(crate) fn relabel(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        text: &str,
        reason: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let held = self.find_for(name, by)?;
        let (key, own) = (held.key(), held.alike().label.clone());
        if key.0 != self.identity.party {
            let message = format!("`{}` is {}'s, which alone can give it another label; ask for it", key.1, key.0);
            return Err(Refusal::Request(message));
        }
        let label = label::parse(text).map_err(|problem| {
            Refusal::Request(format!("label, character {}: {problem}", problem.line_and_column(text).1))
        })?;
        if label == own {
            return Err(Refusal::Request(format!("`{}` bears this label already", key.1)));
        }
        if reason.as_ref().is_some_and(|reason| reason.len() > MAX_NOTE) {
            return Err(Refusal::Request(format!("a reason has at most {MAX_NOTE} bytes")));
        }
        let revision = self.relabellings.get(&key).map_or(0, |known| known.statement.revision);
        let statement = Relabelling {
            by: key.0.to_string(),
            record: key.1.to_string(),
            revision: revision.saturating_add(1),
            label: label::write(&label),
            at: now.as_second(),
            reason,
        };
        let signed = self.sign(payload::RELABELLING, statement.to_bytes())?;
        let incident = self.keep_relabelling(signed, &statement, &by.name, now)?;
        self.tell(now, rng)?;
        Ok(Answer::Told { told: self.holders_of(&key), incident })
    }

    /// Keeps another label, and opens what texts make this party owe to those who were given the record from here: the number
    /// of the incident, where they make it owe something.
    fn keep_relabelling(
        &mut self,
        signed: Signed,
        statement: &Relabelling,
        person: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let notice = sha256(&signed.statement);
        let words = serde_json::json!({
            "originator": statement.by, "record": statement.record, "revision": statement.revision,
            "label": statement.label, "reason": statement.reason, "statement": hex::encode(&sha256(&signed.statement)),
        });
        let key: Key = (statement.by.as_str().into(), statement.record.as_str().into());
        let before = self.records.get(&key).map(|held| label::write(&held.alike().label));
        self.keep(Op::Relabelling { signed, known: now.as_second() })?;
        self.state_of(now, "relabelled", Concerns::record(&key), words)?;
        // The same label said once more is no other classification.
        let after = self.records.get(&key).map(|held| label::write(&held.alike().label));
        if before == after {
            return Ok(None);
        }
        self.owe_notices(&key, &Happening::Reclassified, notice, person, (now, now))
    }

    /// An originator gives a record of its own another label; whoever passed it on.
    pub(crate) fn take_relabelling(&mut self, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let read = Relabelling::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let originator: Party = statement.by.as_str().into();
        let Some(signer) = self.partners.get(&originator) else {
            return Ok(held(format!("no party file of its originator `{originator}` here")));
        };
        if !signer.has_signed(payload::RELABELLING, &signed.statement, &signed.signature) {
            // As of an originator that is unknown here: whom this party knows is not the sender's business.
            return Ok(held(format!("the relabelling is not signed by {originator}")));
        }
        if let Err(problem) = label::parse(&statement.label) {
            return Ok(held(format!("label: {problem}")));
        }
        let key: Key = (originator, statement.record.as_str().into());
        match self.relabellings.get(&key) {
            Some(known) if known.statement == statement => return Ok(accepted()),
            Some(known) if known.statement.revision == statement.revision => {
                return Ok(refused(format!("{} signed two labels of `{}` with one number", key.0, key.1)));
            }
            // What was overtaken on the way changes nothing any more.
            Some(known) if known.statement.revision > statement.revision => return Ok(accepted()),
            _ => {}
        }
        let remembered = self.relabellings.keys().filter(|(by, _)| *by == key.0).count();
        if !self.records.contains_key(&key) && remembered >= MAX_RELABELLINGS {
            return Ok(refused(format!("{MAX_RELABELLINGS} labels of {} are remembered here already", key.0)));
        }
        self.keep_relabelling(signed, &statement, &statement.by, now)?;
        Ok(accepted())
    }

    /// Tells everyone who got a record of us which label it bears.
    pub(crate) fn tell_labels(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let mut telling = Vec::new();
        let untold = std::mem::take(&mut self.untold_labels);
        let untold = untold.iter().filter_map(|key| Some((key, self.relabellings.get(key)?)));
        for (key, Relabelled { signed, .. }) in untold {
            let subject = sha256(&signed.statement);
            let lacking = self.holders_of(key).into_iter().filter(|to| {
                *to != key.0 && !self.told.contains_key(&(subject, to.clone())) && self.can_reach(to, now)
            });
            telling.extend(lacking.map(|to| (subject, to, signed.clone())));
        }
        for (subject, to, signed) in telling {
            let by = Relabelling::from_bytes(&signed.statement).map(|statement| Party::from(statement.by));
            let by = by.map_err(|error| Refusal::Ours(error.to_string()))?;
            let signed = self.as_it_goes_out(&by, payload::RELABELLING, &signed)?;
            let (_, index, _) = self.sequence(&Letter::control(&to), &Warranted::relabelling(signed), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        Ok(())
    }

    /// Who was given a record from here.
    pub(crate) fn holders_of(&self, key: &Key) -> Vec<Party> {
        let entries = self.sent.of(key);
        let mut holders: Vec<Party> = entries.map(|(feed, _)| feed.partner.clone()).collect();
        holders.dedup();
        holders
    }
}
