//! What was called back and relabelled, told from what the disk has kept: read once more from the specification, and not
//! asked of the node.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{Label, Party, Record, RecordId};
use entente_formats::{
    label,
    wire::{Canonical, RecallAnswer, RecallStatement, Relabelling},
};
use entente_node::{Feed, Lane, Op};

/// A record's name.
pub type Key = (Party, RecordId);
/// A recall's name: who calls back, and its number.
type Name = (String, [u8; 16]);

/// What one node's disk says of recalls and labels.
#[derive(Clone, Debug, Default)]
pub struct Recalls {
    /// Records that their originators have called back.
    pub whole: BTreeSet<Key>,
    /// Whom each recall of this node concerns.
    pub concerns: BTreeMap<Name, (Key, Vec<Party>)>,
    /// Who has said that it has complied, with all behind it.
    pub complied: BTreeSet<(Name, String)>,
    taken_in: BTreeSet<(Key, Feed, u64)>,
    taken_out: BTreeSet<(Feed, u64)>,
    arrivals: BTreeMap<Key, BTreeSet<(Feed, u64)>>,
    spared: BTreeSet<(Key, Key)>,
    labels: BTreeMap<Key, (u32, Label)>,
}

fn name(originator: &str, id: &str) -> Key {
    (originator.into(), id.into())
}

fn key(record: &Record) -> Key {
    (record.originator.clone(), record.id.clone())
}

impl Recalls {
    /// Takes in one operation that is kept, of the node of `us`. `Err` is a sentence.
    pub fn take(&mut self, us: &Party, op: &Op) -> Result<(), String> {
        match op {
            Op::Recall(stored) => {
                let read = RecallStatement::from_bytes(&stored.signed.statement).map_err(|error| error.to_string())?;
                let record = name(&read.originator, &read.record);
                if read.entries.is_empty() {
                    self.whole.insert(record.clone());
                } else if stored.from != *us {
                    let lane = |word: &str| Lane::from_word(word).ok_or_else(|| format!("no lane `{word}`"));
                    for entry in &read.entries {
                        let feed = Feed { partner: stored.from.clone(), lane: lane(&entry.lane)? };
                        self.taken_in.insert((record.clone(), feed, entry.index));
                    }
                }
                for (to, entries) in &stored.of {
                    let feed = |lane| Feed { partner: to.clone(), lane };
                    self.taken_out.extend(entries.iter().map(|(lane, index)| (feed(*lane), *index)));
                }
                self.concerns.insert((read.by, read.number), (record, stored.of.keys().cloned().collect()));
            }
            Op::RecallAnswer { signed, .. } => {
                let read = RecallAnswer::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                if read.beyond {
                    self.complied.insert(((read.recall_by, read.number), read.by));
                }
            }
            Op::Spared(spared) => {
                let (record, source) = (&spared.record, &spared.source);
                self.spared.insert((name(&record.0, &record.1), name(&source.0, &source.1)));
            }
            Op::Relabelling { signed, .. } => {
                let read = Relabelling::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                let label = label::parse(&read.label).map_err(|problem| problem.to_string())?;
                let known = self.labels.entry(name(&read.by, &read.record)).or_insert((0, label.clone()));
                if read.revision > known.0 {
                    *known = (read.revision, label);
                }
            }
            Op::Received { feed, index, about: Some(key), .. } => {
                self.arrivals.entry(key.clone()).or_default().insert((feed.clone(), *index));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether its originator, or everyone who gave it here, has called a record back.
    pub fn is_called_back(&self, key: &Key) -> bool {
        let is_taken = |(feed, index): &(Feed, u64)| self.taken_in.contains(&(key.clone(), feed.clone(), *index));
        let all_taken = |entries: &BTreeSet<(Feed, u64)>| !entries.is_empty() && entries.iter().all(is_taken);
        self.whole.contains(key) || self.arrivals.get(key).is_some_and(all_taken)
    }

    /// Why an entry about a record may not leave.
    pub fn stands_against(&self, record: &Record, feed: &Feed, index: u64) -> Option<String> {
        let own = key(record);
        if self.is_called_back(&own) || self.taken_out.contains(&(feed.clone(), index)) {
            return Some("it was called back".to_owned());
        }
        let mut sources = record.sources().into_iter().map(key);
        let is_lost =
            |source: &Key| self.is_called_back(source) && !self.spared.contains(&(own.clone(), source.clone()));
        sources.find(is_lost).map(|source| format!("it was made from {}, which was called back", source.1))
    }

    /// The record with the labels that count now.
    pub fn relabelled(&self, record: &Record) -> Record {
        let mut record = record.clone();
        if let Some((_, label)) = self.labels.get(&key(&record)) {
            record.label = label.clone();
        }
        record.derived_from = record.derived_from.iter().map(|source| self.relabelled(source)).collect();
        record
    }
}
