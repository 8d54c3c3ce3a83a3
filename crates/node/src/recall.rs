//! Calling a record back. The originator's word reaches everyone who holds it, hop by hop; anyone else takes back what it
//! gave itself. Each node knows who told it and whom it told, and nobody beyond.
//!
//! What is called back is shown to nobody from that moment, is not sent any more, and its content is destroyed; that it
//! was here stays in the ledger. A recall of what is not here yet is kept and applied on arrival. What was made from it
//! is suspended until its holder has decided. The originator itself keeps what it made, and gives it to nobody.

use std::{borrow::Cow, collections::BTreeMap};

use entente_core::{Party, Record, time::Timestamp, view::Viewer, whatif::ClassId};
use entente_formats::{
    hex,
    wire::{Canonical, EntryName, MAX_NOTE, MAX_RECALLED, RecallAnswer, RecallStatement, Remains, Signed, payload},
};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, held, refused},
    lane::{Feed, Lane},
    op::{Op, RecallName, Spared, StoredRecall},
    outbox::Letter,
    sequenced::Warranted,
    state::{Held, Key, Node, sha256},
};

/// The most recalls of one partner that are remembered.
const MAX_RECALLS: usize = 100_000;

/// Which way a feed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Out,
    In,
}

/// A recall, and what was said of it.
#[derive(Clone, Debug)]
pub(crate) struct Recall {
    pub(crate) statement: RecallStatement,
    pub(crate) stored: StoredRecall,
    pub(crate) answers: BTreeMap<Party, RecallAnswer>,
}

impl Recall {
    pub(crate) fn key(&self) -> Key {
        (self.statement.originator.as_str().into(), self.statement.record.as_str().into())
    }

    /// Whether it is the originator's, from everybody.
    fn is_whole(&self) -> bool {
        self.statement.by == self.statement.originator && self.statement.entries.is_empty()
    }

    /// The statement's digest: the subject of what was told.
    fn subject(&self) -> [u8; 32] {
        sha256(&self.stored.signed.statement)
    }

    /// The subject of our answer to it.
    fn subject_of_answer(&self, beyond: bool) -> [u8; 32] {
        sha256(&[b"answer".as_slice(), &self.subject(), &[u8::from(beyond)]].concat())
    }
}

/// How one party that was told stands to a recall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complied {
    /// The party.
    pub party: Party,
    /// Whether it was told; else its party file does not count now, and it is told when there is a new one.
    pub told: bool,
    /// What it says; nothing yet when absent.
    pub answer: Option<RecallAnswer>,
}

/// A recall, as people see it.
#[derive(Clone, Debug)]
pub struct RecallSeen {
    /// Its name.
    pub name: RecallName,
    /// Who told us; this party for its own.
    pub from: Party,
    /// The record's originator.
    pub originator: Party,
    /// The record.
    pub record: String,
    /// Whether it is called back from everybody.
    pub whole: bool,
    /// Why, where that was said.
    pub reason: Option<String>,
    /// When it was called back, in seconds since the epoch.
    pub at: i64,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
    /// What became of it here.
    pub here: Remains,
    /// Whom we have to tell, and what they say.
    pub told: Vec<Complied>,
    /// The records that were made from it here and wait for a decision.
    pub suspended: Vec<Key>,
}

impl Node {
    pub(crate) fn apply_recall(&mut self, stored: &StoredRecall) -> Result<(), String> {
        self.untold = true;
        let statement = RecallStatement::from_bytes(&stored.signed.statement).map_err(|error| error.to_string())?;
        let name = RecallName { by: statement.by.as_str().into(), number: statement.number };
        let recall = Recall { statement, stored: stored.clone(), answers: BTreeMap::new() };
        for (to, entries) in &stored.of {
            let feed = |lane| Feed { partner: to.clone(), lane };
            self.taken_back.extend(entries.iter().map(|(lane, index)| (Direction::Out, feed(*lane), *index)));
        }
        if recall.is_whole() {
            self.called_back.entry(recall.key()).or_insert(name.clone());
        } else if stored.from != self.identity.party {
            let feed = |lane| Feed { partner: stored.from.clone(), lane };
            let entries = recall.statement.entries.iter();
            let entries = entries.filter_map(|entry| Some((Lane::from_word(&entry.lane)?, entry.index)));
            self.taken_back.extend(entries.map(|(lane, index)| (Direction::In, feed(lane), index)));
        }
        let key = recall.key();
        self.recalls.insert(name, recall);
        self.shelve_again(&key);
        Ok(())
    }

    /// The class of a record that is in use; what is out of use is asked about by nobody.
    pub(crate) fn shelve(&mut self, held: &Held) -> Option<ClassId> {
        match self.out_of_use(&held.record) {
            None => self.holdings.add(&self.identity.party, &held.record),
            Some(_) => None,
        }
    }

    /// Counts a record among those in use, or no longer.
    pub(crate) fn reshelve(&mut self, key: &Key) {
        let Some(mut held) = self.records.remove(key) else { return };
        if let Some(class) = held.class.take() {
            self.holdings.remove(&self.identity.party, class, key.1.as_str());
        }
        held.class = self.shelve(&held);
        self.records.insert(key.clone(), held);
    }

    /// The same for all that was made from it too.
    pub(crate) fn shelve_again(&mut self, key: &Key) {
        let is_source = |record: &Record| record.originator == key.0 && record.id == key.1;
        let derived = self.records.values().filter(|held| held.record.sources().into_iter().any(is_source));
        let keys: Vec<Key> = derived.map(Held::key).chain([key.clone()]).collect();
        keys.iter().for_each(|key| self.reshelve(key));
    }

    pub(crate) fn apply_recall_answer(&mut self, signed: &Signed) -> Result<(), String> {
        self.untold = true;
        let answer = RecallAnswer::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        let name = RecallName { by: answer.recall_by.as_str().into(), number: answer.number };
        if let Some(recall) = self.recalls.get_mut(&name) {
            recall.answers.insert(answer.by.as_str().into(), answer);
        }
        Ok(())
    }

    /// Whether a record was called back: by its originator, or by everyone who gave it here.
    pub(crate) fn is_called_back(&self, key: &Key) -> bool {
        let is_taken = |(feed, index): &(Feed, u64)| self.is_taken_back(Direction::In, feed, *index);
        self.called_back.contains_key(key)
            || self.arrivals.get(key).is_some_and(|entries| !entries.is_empty() && entries.iter().all(is_taken))
    }

    fn is_taken_back(&self, direction: Direction, feed: &Feed, index: u64) -> bool {
        self.taken_back.contains(&(direction, feed.clone(), index))
    }

    /// Whether what an entry brings was called back before it came.
    pub(crate) fn came_too_late(&self, key: &Key, feed: &Feed, index: u64) -> bool {
        self.called_back.contains_key(key) || self.is_taken_back(Direction::In, feed, index)
    }

    /// The sources of a record that were called back, and in spite of which nobody has decided to use it.
    fn lost_sources(&self, record: &Record) -> Vec<Key> {
        if self.recalls.is_empty() || record.derived_from.is_empty() {
            return Vec::new();
        }
        let own = (record.originator.clone(), record.id.clone());
        let sources = record.sources().into_iter().map(|source| (source.originator.clone(), source.id.clone()));
        let is_lost =
            |source: &Key| self.is_called_back(source) && !self.spared.contains(&(own.clone(), source.clone()));
        sources.filter(is_lost).collect()
    }

    /// Whether nobody here is shown it: it was called back, or is suspended. What this party made itself it keeps.
    pub(crate) fn is_hidden(&self, held: &Held) -> bool {
        let key = held.key();
        (key.0 != self.identity.party && self.is_called_back(&key)) || !self.lost_sources(&held.record).is_empty()
    }

    /// Why a record is not given to anybody any more.
    pub(crate) fn out_of_use(&self, record: &Record) -> Option<String> {
        let key = (record.originator.clone(), record.id.clone());
        if self.is_called_back(&key) {
            return Some(format!("`{}` was called back; nobody is given it", record.id));
        }
        let source = self.lost_sources(record).into_iter().next()?;
        Some(format!("`{}` is suspended, for `{}`, which it was made from, was called back", record.id, source.1))
    }

    /// A record without the versions that were called back: nobody is offered those.
    pub(crate) fn in_use<'a>(&self, record: &'a Record) -> Cow<'a, Record> {
        let is_lost = |version: &Record| self.out_of_use(version).is_some();
        if self.recalls.is_empty() || !record.versions.iter().any(is_lost) {
            return Cow::Borrowed(record);
        }
        let mut record = record.clone();
        record.versions.retain(|version| !is_lost(version));
        Cow::Owned(record)
    }

    /// Whether the body of an entry of ours must stay behind, because of a recall.
    pub(crate) fn may_not_leave(&self, key: &Key, feed: &Feed, index: u64) -> bool {
        self.is_taken_back(Direction::Out, feed, index)
            || self.is_called_back(key)
            || self.records.get(key).is_some_and(|held| !self.lost_sources(&held.record).is_empty())
    }

    /// Who got the record of us, and by which entries that are not taken back yet.
    fn recipients(&self, key: &Key) -> BTreeMap<Party, Vec<(Lane, u64)>> {
        let mut all: BTreeMap<Party, Vec<(Lane, u64)>> = BTreeMap::new();
        for (feed, index) in self.sent.get(key).into_iter().flatten() {
            if !self.is_taken_back(Direction::Out, feed, *index) {
                all.entry(feed.partner.clone()).or_default().push((feed.lane, *index));
            }
        }
        all
    }

    pub(crate) fn recall(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        of: &[Party],
        reason: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let key = self.find_for(name, by)?.key();
        if self.is_called_back(&key) {
            return Err(Refusal::Request(format!("`{}` was called back already; see `entente recall list`", key.1)));
        }
        if reason.as_ref().is_some_and(|reason| reason.len() > MAX_NOTE) {
            return Err(Refusal::Request(format!("a reason has at most {MAX_NOTE} bytes")));
        }
        let mut recipients = self.recipients(&key);
        let whole = key.0 == self.identity.party && of.is_empty();
        if let Some(party) = of.iter().find(|party| !recipients.contains_key(*party)) {
            return Err(Refusal::Request(format!("`{}` was not given to {party} from here", key.1)));
        }
        if !whole && recipients.is_empty() {
            return Err(Refusal::Request(format!("`{}` was given to nobody from here", key.1)));
        }
        recipients.retain(|party, _| of.is_empty() || of.contains(party));
        let told = recipients.keys().cloned().collect();
        self.call_back(&key, recipients, whole, None, reason, now, rng)?;
        Ok(Answer::Told { told })
    }

    /// Calls a record back: in one statement from everybody, or in one for each of those who got it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one recall")]
    fn call_back(
        &mut self,
        key: &Key,
        recipients: BTreeMap<Party, Vec<(Lane, u64)>>,
        whole: bool,
        cause: Option<&RecallName>,
        reason: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Refusal> {
        let parts: Vec<BTreeMap<_, _>> = match whole {
            true => vec![recipients],
            false => recipients.into_iter().map(|one| BTreeMap::from([one])).collect(),
        };
        for of in parts {
            let mut number = [0; 16];
            rng.fill_bytes(&mut number);
            let entries = of.values().flatten().filter(|_| !whole);
            let entries = entries.map(|(lane, index)| EntryName { lane: lane.as_str().to_owned(), index: *index });
            let statement = RecallStatement {
                by: self.identity.party.to_string(),
                number,
                originator: key.0.to_string(),
                record: key.1.to_string(),
                entries: entries.collect(),
                at: now.as_second(),
                reason: reason.clone(),
            };
            if statement.entries.len() > MAX_RECALLED {
                return Err(Refusal::Request(format!("it went out more than {MAX_RECALLED} times to one party")));
            }
            statement.check().map_err(|error| Refusal::Request(error.to_string()))?;
            let signed = self.sign(payload::RECALL, statement.to_bytes())?;
            let from = self.identity.party.clone();
            self.keep_recall(
                &statement,
                StoredRecall { signed, from, of, cause: cause.cloned(), known: now.as_second() },
                now,
            )?;
        }
        Ok(())
    }

    fn keep_recall(
        &mut self,
        statement: &RecallStatement,
        stored: StoredRecall,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "by": statement.by, "number": hex::encode(&statement.number), "originator": statement.originator,
            "record": statement.record, "from": stored.from.as_str(), "whole": statement.entries.is_empty(),
            "of": stored.of.keys().map(Party::as_str).collect::<Vec<_>>(),
            "statement": hex::encode(&sha256(&stored.signed.statement)),
        });
        self.keep(Op::Recall(stored))?;
        self.state(now, "recall", words)
    }

    /// A partner calls back.
    pub(crate) fn take_recall(
        &mut self,
        from: &Party,
        signed: Signed,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Said, Refusal> {
        let read = RecallStatement::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let by: Party = statement.by.as_str().into();
        let is_whole = statement.by == statement.originator && statement.entries.is_empty();
        if !is_whole && by != *from {
            return Ok(refused(format!("a recall of {by}, which only {by} itself can make of what it gave")));
        }
        if !is_whole && statement.entries.iter().any(|entry| Lane::from_word(&entry.lane).is_none()) {
            return Ok(refused("it names an entry of no lane"));
        }
        let Some(signer) = self.partners.get(&by) else {
            return Ok(held(format!("no party file of its originator `{by}` here")));
        };
        if !signer.has_signed(payload::RECALL, &signed.statement, &signed.signature) {
            return Ok(refused(format!("the recall is not signed by {by}")));
        }
        let name = RecallName { by, number: statement.number };
        if let Some(known) = self.recalls.get(&name) {
            if known.statement != statement {
                return Ok(refused("another recall has this number"));
            }
            // Who tells it after the first has its answer at once: those whom we told answer for themselves to the first,
            // and two that wait for one another would wait for ever.
            let (here, subject) = (self.remains(known), known.subject_of_answer(true));
            if known.stored.from != *from && !self.told.contains_key(&(subject, from.clone())) {
                self.answer(&name, here, true, (subject, from), now, rng)?;
            }
            return Ok(accepted());
        }
        if self.recalls.values().filter(|known| known.stored.from == *from).count() >= MAX_RECALLS {
            return Ok(refused(format!("{MAX_RECALLS} recalls of {from} are remembered here already")));
        }
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        let was_called_back = self.is_called_back(&key);
        let mut recipients = self.recipients(&key);
        recipients.remove(from);
        let of = if is_whole { recipients.clone() } else { BTreeMap::new() };
        let stored = StoredRecall { signed, from: from.clone(), of, cause: None, known: now.as_second() };
        self.keep_recall(&statement, stored, now)?;
        if !self.is_called_back(&key) || was_called_back {
            return Ok(accepted());
        }
        // What we gave we call back in our own name: who told us is nobody's business.
        if !is_whole {
            self.call_back(&key, recipients, false, Some(&name), None, now, rng)?;
        }
        if key.0 != self.identity.party {
            self.erase(&key, now)?;
        }
        Ok(accepted())
    }

    /// Destroys the content of a record; what it was stays.
    fn erase(&mut self, key: &Key, now: Timestamp) -> Result<(), Refusal> {
        let Some(held) = self.records.get(key).filter(|held| held.stored.erased.is_none()) else { return Ok(()) };
        let (digest, at) = (held.origin.digest, now.as_second());
        let words = serde_json::json!({ "originator": key.0.as_str(), "record": key.1.as_str() });
        self.keep(Op::Erased { originator: key.0.clone(), record: key.1.clone(), digest, at })?;
        self.state(now, "erased", words)
    }

    /// A partner says what it did.
    pub(crate) fn take_recall_answer(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let answer = match RecallAnswer::from_bytes(&signed.statement) {
            Ok(answer) => answer,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        let is_signed = partner.has_signed(payload::RECALL_ANSWER, &signed.statement, &signed.signature);
        if answer.by != from.as_str() || !is_signed {
            return Ok(refused(format!("the answer is not signed by {from}")));
        }
        let name = RecallName { by: answer.recall_by.as_str().into(), number: answer.number };
        let Some(recall) = self.recalls.get(&name).filter(|recall| recall.stored.of.contains_key(from)) else {
            return Ok(refused("it answers a recall of which it was not told"));
        };
        // Said twice is said once; who has complied cannot have done so no longer.
        if recall.answers.get(from).is_some_and(|known| known.beyond || *known == answer) {
            return Ok(accepted());
        }
        let words = serde_json::json!({
            "by": answer.by, "recall": hex::encode(&answer.number), "here": answer.here.as_str(),
            "beyond": answer.beyond, "statement": hex::encode(&sha256(&signed.statement)),
        });
        self.keep(Op::RecallAnswer { signed, known: now.as_second() })?;
        self.state(now, "recall-answer", words)?;
        Ok(accepted())
    }

    /// A person decides about a record that is suspended.
    pub(crate) fn settle(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        keep: bool,
        note: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let held = self.find(name).ok().filter(|held| self.could_see(held, by));
        let held = held.ok_or_else(|| Refusal::NotFound(name.id.clone()))?;
        let (key, sources): (Key, Vec<Key>) = (held.key(), self.lost_sources(&held.record));
        if sources.is_empty() {
            return Err(Refusal::Request(format!("`{}` is not suspended", key.1)));
        }
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say by which authority, and why, in at most {MAX_NOTE} bytes")));
        }
        let words = serde_json::json!({
            "record": key.1.as_str(), "keep": keep, "by": by.name, "note": note,
            "sources": sources.iter().map(|(originator, id)| format!("{originator}/{id}")).collect::<Vec<_>>(),
        });
        self.state(now, "settled", words)?;
        if keep {
            let words = |(originator, id): &Key| (originator.to_string(), id.to_string());
            for source in &sources {
                let (record, source, note) = (words(&key), words(source), note.clone());
                self.keep(Op::Spared(Spared { record, source, note, at: now.as_second() }))?;
            }
            return Ok(Answer::Told { told: Vec::new() });
        }
        let recipients = self.recipients(&key);
        let told = recipients.keys().cloned().collect();
        if !self.is_called_back(&key) {
            self.call_back(&key, recipients, key.0 == self.identity.party, None, None, now, rng)?;
        }
        self.erase(&key, now)?;
        Ok(Answer::Told { told })
    }

    /// Passes recalls on, and answers those who told us, as far as that was not done yet.
    pub(crate) fn tell_recalls(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let us = self.identity.party.clone();
        let is_told = |subject: [u8; 32], to: &Party| self.told.contains_key(&(subject, to.clone()));
        let can_reach = |to: &Party| self.partner(to, now).is_ok();
        let mut passing = Vec::new();
        let mut answering = Vec::new();
        for (name, recall) in &self.recalls {
            let subject = recall.subject();
            let lacking = recall.stored.of.keys().filter(|to| !is_told(subject, to) && can_reach(to));
            passing.extend(lacking.map(|to| (subject, to.clone(), recall.stored.signed.clone())));
            let (from, beyond) = (&recall.stored.from, self.has_all_complied(name, recall));
            let subject = recall.subject_of_answer(beyond);
            let is_answered = is_told(subject, from) || is_told(recall.subject_of_answer(true), from);
            if *from != us && !is_answered && can_reach(from) {
                answering.push((name.clone(), self.remains(recall), beyond, subject, from.clone()));
            }
        }
        for (subject, to, signed) in passing {
            let (_, index, _) = self.sequence(&Letter::control(&to), &Warranted::recall(signed), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        for (name, here, beyond, subject, to) in answering {
            self.answer(&name, here, beyond, (subject, &to), now, rng)?;
        }
        Ok(())
    }

    /// Tells who told us what became of it here.
    fn answer(
        &mut self,
        name: &RecallName,
        here: Remains,
        beyond: bool,
        (subject, to): ([u8; 32], &Party),
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Refusal> {
        let by = self.identity.party.to_string();
        let (recall_by, number, at) = (name.by.to_string(), name.number, now.as_second());
        let answer = RecallAnswer { by, recall_by, number, here, beyond, at };
        let signed = self.sign(payload::RECALL_ANSWER, answer.to_bytes())?;
        let (_, index, _) = self.sequence(&Letter::control(to), &Warranted::recall_answer(signed), now, rng)?;
        self.keep(Op::Told { subject, to: to.clone(), index })
    }

    /// What became of the record here.
    fn remains(&self, recall: &Recall) -> Remains {
        match self.records.get(&recall.key()) {
            None => Remains::NotHere,
            Some(held) if held.stored.erased.is_some() => Remains::Destroyed,
            Some(_) => Remains::Kept,
        }
    }

    /// Whether everyone to whom it went from here says that it has complied, with everyone behind it.
    fn has_all_complied(&self, name: &RecallName, recall: &Recall) -> bool {
        let has_complied = |recall: &Recall| {
            recall.stored.of.keys().all(|party| recall.answers.get(party).is_some_and(|answer| answer.beyond))
        };
        let caused = self.recalls.values().filter(|other| other.stored.cause.as_ref() == Some(name));
        has_complied(recall) && caused.into_iter().all(has_complied)
    }

    /// Recalls of records that the viewer may see, or could before they were called back.
    pub fn recalls(&self, viewer: &Viewer) -> Vec<RecallSeen> {
        let visible = self
            .recalls
            .iter()
            .filter(|(_, recall)| self.records.get(&recall.key()).is_some_and(|held| self.could_see(held, viewer)));
        visible.map(|(name, recall)| self.recall_seen(name, recall, viewer)).collect()
    }

    fn recall_seen(&self, name: &RecallName, recall: &Recall, viewer: &Viewer) -> RecallSeen {
        let (key, subject) = (recall.key(), recall.subject());
        let told = recall.stored.of.keys().map(|party| Complied {
            party: party.clone(),
            told: self.told.contains_key(&(subject, party.clone())),
            answer: recall.answers.get(party).cloned(),
        });
        let suspended = self.records.values().filter(|held| {
            held.stored.erased.is_none()
                && self.lost_sources(&held.record).contains(&key)
                && self.could_see(held, viewer)
        });
        RecallSeen {
            name: name.clone(),
            from: recall.stored.from.clone(),
            originator: key.0.clone(),
            record: key.1.to_string(),
            whole: recall.is_whole(),
            reason: recall.statement.reason.clone(),
            at: recall.statement.at,
            known: recall.stored.known,
            here: self.remains(recall),
            told: told.collect(),
            suspended: suspended.map(Held::key).collect(),
        }
    }
}
