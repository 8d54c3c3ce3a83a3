//! Calling a record back. The originator's word reaches everyone who holds it, hop by hop; anyone else takes back what it
//! gave itself. Each node knows who told it and whom it told, and nobody beyond.
//!
//! What is called back is shown to nobody from that moment, is not sent any more, and its content is destroyed; that it
//! was here stays in the ledger. A recall of what is not here yet is kept and applied on arrival. What was made from it
//! is suspended until its holder has decided. The originator itself keeps what it made, and gives it to nobody.

mod travel;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use entente_core::{Party, Record, view::Viewer, whatif::ClassId};
use entente_formats::wire::{Canonical, RecallAnswer, RecallStatement, Remains, Signed};

use crate::{
    held::Held,
    lane::{Feed, Lane},
    op::{RecallName, StoredRecall},
    page,
    state::{Key, Node, sha256},
};

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
    /// Our own recalls of what we gave, which this one caused.
    pub(crate) caused: Vec<RecallName>,
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

    /// The subject of our answer to it. What is kept may be destroyed later, and that is another answer.
    pub(crate) fn subject_of_answer(&self, here: Remains, beyond: bool) -> [u8; 32] {
        let kept: &[u8] = if here == Remains::Kept { b"kept" } else { b"" };
        sha256(&[b"answer".as_slice(), &self.subject(), &[u8::from(beyond)], kept].concat())
    }

    /// The subject of the answer after which none follows: nothing is here, nor behind us.
    fn last_answer(&self) -> [u8; 32] {
        self.subject_of_answer(Remains::Destroyed, true)
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
        let statement = RecallStatement::from_bytes(&stored.signed.statement).map_err(|error| error.to_string())?;
        let name = RecallName { by: statement.by.as_str().into(), number: statement.number };
        let recall = Recall { statement, stored: stored.clone(), answers: BTreeMap::new(), caused: Vec::new() };
        self.news_of_recall(&name);
        if let Some(cause) = stored.cause.as_ref().and_then(|cause| self.recalls.get_mut(cause)) {
            cause.caused.push(name.clone());
        }
        let key = recall.key();
        let place = |direction, partner: &Party, lane, index| {
            (key.clone(), direction, Feed { partner: partner.clone(), lane }, index)
        };
        for (to, entries) in &stored.of {
            self.taken_back.extend(entries.iter().map(|(lane, index)| place(Direction::Out, to, *lane, *index)));
        }
        if recall.is_whole() {
            self.called_back.entry(recall.key()).or_insert(name.clone());
        } else if stored.from != self.identity.party {
            let entries = recall.statement.entries.iter();
            let entries = entries.filter_map(|entry| Some((Lane::from_word(&entry.lane)?, entry.index)));
            self.taken_back.extend(entries.map(|(lane, index)| place(Direction::In, &stored.from, lane, index)));
        }
        self.recalls.insert(name, recall);
        self.shelve_again(&key);
        Ok(())
    }

    /// The class of a record that is in use; what is out of use is asked about by nobody.
    pub(crate) fn shelve(&mut self, held: &Held) -> Option<ClassId> {
        let record = held.record();
        match self.out_of_use(&record) {
            None if held.erased.is_none() && !self.is_doubted(held) => self.holdings.add(&self.identity.party, &record),
            _ => None,
        }
    }

    /// Counts a record among those in use, or no longer.
    pub(crate) fn reshelve(&mut self, key: &Key) {
        let Some(mut held) = self.records.remove(key) else { return };
        let before = held.class.take();
        if let Some(class) = before {
            self.holdings.remove(&self.identity.party, class, key.1.as_str());
        }
        held.class = self.shelve(&held);
        self.words.classify(held.number, before, page::decides(&held));
        self.records.insert(key.clone(), held);
    }

    /// The same for all that was made from it too.
    pub(crate) fn shelve_again(&mut self, key: &Key) {
        let is_source = |record: &Record| record.originator == key.0 && record.id == key.1;
        let derived = self.records.values().filter(|held| held.alike().sources().into_iter().any(is_source));
        let keys: Vec<Key> = derived.map(|held| held.key()).chain([key.clone()]).collect();
        keys.iter().for_each(|key| self.reshelve(key));
    }

    pub(crate) fn apply_recall_answer(&mut self, signed: &Signed) -> Result<(), String> {
        let answer = RecallAnswer::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        let name = RecallName { by: answer.recall_by.as_str().into(), number: answer.number };
        if let Some(recall) = self.recalls.get_mut(&name) {
            recall.answers.insert(answer.by.as_str().into(), answer);
            let cause = recall.stored.cause.clone();
            self.news_of_recall(cause.as_ref().unwrap_or(&name));
        }
        Ok(())
    }

    /// Somebody may have to be told of a recall, or be answered.
    fn news_of_recall(&mut self, name: &RecallName) {
        self.untold = true;
        self.untold_recalls.insert(name.clone());
    }

    /// The same of every recall of a record.
    pub(crate) fn news_of_recalls_of(&mut self, key: &Key) {
        let names = self.recalls.iter().filter(|(_, recall)| recall.key() == *key).map(|(name, _)| name.clone());
        let names: Vec<RecallName> = names.collect();
        names.iter().for_each(|name| self.news_of_recall(name));
    }

    /// Whether a record was called back: by its originator, or by everyone who gave it here.
    pub(crate) fn is_called_back(&self, key: &Key) -> bool {
        if self.recalls.is_empty() {
            return false;
        }
        let is_taken = |(feed, index): (&Feed, u64)| self.is_taken_back(key, Direction::In, feed, index);
        let mut entries = self.arrivals.of(key).peekable();
        self.called_back.contains_key(key) || (entries.peek().is_some() && entries.all(is_taken))
    }

    fn is_taken_back(&self, key: &Key, direction: Direction, feed: &Feed, index: u64) -> bool {
        self.taken_back.contains(&(key.clone(), direction, feed.clone(), index))
    }

    /// Whether what an entry brings was called back before it came.
    pub(crate) fn came_too_late(&self, key: &Key, feed: &Feed, index: u64) -> bool {
        self.called_back.contains_key(key) || self.is_taken_back(key, Direction::In, feed, index)
    }

    /// The sources of a record that were called back, and in spite of which nobody has decided to use it.
    fn lost_sources(&self, own: &Key, record: &Record) -> Vec<Key> {
        if self.recalls.is_empty() || record.derived_from.is_empty() {
            return Vec::new();
        }
        let sources = record.sources().into_iter().map(|source| (source.originator.clone(), source.id.clone()));
        let is_lost =
            |source: &Key| self.is_called_back(source) && !self.spared.contains(&(own.clone(), source.clone()));
        sources.filter(is_lost).collect()
    }

    /// Whether nobody here is shown it: its content is destroyed, it was called back, or is suspended. What this party made
    /// itself and calls back it keeps.
    pub(crate) fn is_hidden(&self, held: &Held) -> bool {
        let key = held.key();
        held.erased.is_some()
            || (key.0 != self.identity.party && self.is_called_back(&key))
            || !self.lost_sources(&key, held.alike()).is_empty()
            || self.is_doubted(held)
    }

    /// Why a record is not given to anybody any more.
    pub(crate) fn out_of_use(&self, record: &Record) -> Option<String> {
        let key = (record.originator.clone(), record.id.clone());
        if self.is_called_back(&key) {
            return Some(format!("`{}` was called back; nobody is given it", record.id));
        }
        if self.records.get(&key).is_some_and(|held| held.erased.is_some()) {
            return Some(format!("the content of `{}` was destroyed here; nobody is given it", record.id));
        }
        if self.is_record_doubted(&key) {
            return Some(format!(
                "`{}` is signed with a key that its originator has revoked; nobody is given it",
                record.id
            ));
        }
        let source = self.lost_sources(&key, record).into_iter().next()?;
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
        self.is_taken_back(key, Direction::Out, feed, index)
            || self.is_called_back(key)
            || self.is_record_doubted(key)
            || self.records.get(key).is_some_and(|held| !self.lost_sources(key, held.alike()).is_empty())
    }

    /// What became of the record here.
    fn remains(&self, recall: &Recall) -> Remains {
        match self.records.get(&recall.key()) {
            None => Remains::NotHere,
            Some(held) if held.erased.is_some() => Remains::Destroyed,
            Some(_) => Remains::Kept,
        }
    }

    /// What a party hears that tells us of a recall. What is so hears only who gave the record here by an entry that the recall
    /// is about, and of its own part alone: else a recall would ask whether a record is here, or who else gave it.
    fn answer_for(&self, recall: &Recall, to: &Party) -> Remains {
        let key = recall.key();
        let has_given = match recall.is_whole() {
            true => self.arrivals.has(&key, to),
            false => recall.statement.entries.iter().any(|entry| {
                let feed = Lane::from_word(&entry.lane).map(|lane| Feed { partner: to.clone(), lane });
                feed.is_some_and(|feed| self.arrivals.contains(&key, &feed, entry.index))
            }),
        };
        match self.remains(recall) {
            _ if !has_given => Remains::NotHere,
            // What others gave too stays; what this one gave does not.
            Remains::Kept if key.0 != self.identity.party && !self.holds.contains_key(&key) => Remains::Destroyed,
            here => here,
        }
    }

    /// Whether everyone to whom it went from here says that it has complied, with everyone behind it.
    fn has_all_complied(&self, recall: &Recall) -> bool {
        let has_complied = |recall: &Recall| {
            recall.stored.of.keys().all(|party| recall.answers.get(party).is_some_and(|answer| answer.beyond))
        };
        let mut caused = recall.caused.iter().filter_map(|name| self.recalls.get(name));
        has_complied(recall) && caused.all(has_complied)
    }

    /// Recalls of records that the viewer may see, or could before they were called back.
    pub fn recalls(&self, viewer: &Viewer) -> Vec<RecallSeen> {
        let visible = self
            .recalls
            .iter()
            .filter(|(_, recall)| self.records.get(&recall.key()).is_some_and(|held| self.could_see(held, viewer)));
        // Looked for once for all of them: partners may call back as many records as they have given.
        let suspended = self.suspended(viewer);
        visible.map(|(name, recall)| self.recall_seen(name, recall, &suspended)).collect()
    }

    /// What waits for a decision, by the record that was called back.
    fn suspended(&self, viewer: &Viewer) -> BTreeMap<Key, Vec<Key>> {
        let mut suspended: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for held in self.records.values().filter(|held| held.erased.is_none()) {
            let lost: BTreeSet<Key> = self.lost_sources(&held.key(), held.alike()).into_iter().collect();
            if lost.is_empty() || !self.could_see(held, viewer) {
                continue;
            }
            for source in lost {
                suspended.entry(source).or_default().push(held.key());
            }
        }
        suspended
    }

    fn recall_seen(&self, name: &RecallName, recall: &Recall, suspended: &BTreeMap<Key, Vec<Key>>) -> RecallSeen {
        let (key, subject) = (recall.key(), recall.subject());
        let told = recall.stored.of.keys().map(|party| Complied {
            party: party.clone(),
            told: self.told.contains_key(&(subject, party.clone())),
            answer: recall.answers.get(party).cloned(),
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
            suspended: suspended.get(&key).cloned().unwrap_or_default(),
        }
    }
}
