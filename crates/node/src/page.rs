//! Pages of what a viewer may see, newest first. A page looks at a bounded number of records, so that whoever seeks what is
//! not there does not hold up the node; it says where the next one goes on. What may not be seen leaves no trace in it: no
//! count, no gap, no place.

use std::collections::{BTreeSet, HashMap};

use entente_core::{Label, Party, RecordId, label::Tlp, record::Status, view::Viewer, whatif::ClassId};
use entente_formats::{label, wire::MAX_WORD};

use crate::{
    event::{Listed, RecordRef, Refusal},
    held::Held,
    lane::Feed,
    state::Node,
};

/// How many records one page looks at. Judged by class, they take a few milliseconds.
const LOOKED_AT: usize = 20_000;

/// How many backticks a text for people may have; more are not looked at. Names have backticks of their own where their makers
/// like: a few names full of them stay below it.
const MANY_TICKS: usize = 4096;
/// How many spans between two of them are looked up where some record's id has a backtick: a name of nothing else has two thirds of
/// that. A text with more is as good as one that names something unseen.
const MANY_SPANS: usize = 32_768;

/// Which records are wanted; each that is absent wants any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Words, each of which is in the id, the title, a subject or the label, in capitals or not.
    pub words: Vec<String>,
    /// The originator.
    pub originator: Option<Party>,
    /// A subject.
    pub subject: Option<String>,
    /// The status.
    pub status: Option<Status>,
    /// What was given to this party.
    pub given_to: Option<Party>,
}

/// A place in the order of records: when one entered, and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it entered, in seconds since the epoch.
    pub entered: i64,
    /// Its originator.
    pub originator: Party,
    /// The record.
    pub id: RecordId,
}

impl Node {
    /// Where a record went from here, for who may see it: the entries of our feeds that are about it.
    ///
    /// # Errors
    /// When the viewer may not see it.
    pub fn entries_of(&self, name: &RecordRef, viewer: &Viewer) -> Result<Vec<(Feed, u64)>, Refusal> {
        let key = self.find_for(name, viewer)?.key();
        Ok(self.sent.of(&key).map(|(feed, index)| (feed.clone(), index)).collect())
    }

    /// Of these records, those that the viewer could see, were they not called back.
    pub fn could_see_of(&self, records: BTreeSet<(Party, RecordId)>, viewer: &Viewer) -> BTreeSet<(Party, RecordId)> {
        let mut records = records;
        records.retain(|key| self.records.get(key).is_some_and(|held| self.could_see(held, viewer)));
        records
    }

    /// Of these records, those that are not held here, as after a restore: nobody knows whom they may be named to.
    pub fn not_held_of(&self, records: &BTreeSet<(Party, RecordId)>) -> BTreeSet<(Party, RecordId)> {
        records.iter().filter(|key| !self.records.contains_key(key)).cloned().collect()
    }

    /// Whether a text for people names, in backticks, a record that is held here and that the viewer could not see.
    pub fn names_unseen(&self, text: &str, viewer: &Viewer) -> bool {
        let ticks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
        if ticks.len() > MANY_TICKS {
            // Nobody here writes so.
            return true;
        }
        let originators = || self.partners.keys().chain([&self.identity.party]);
        let is_unseen = |name: &str| {
            originators().any(|originator| {
                let held = self.records.get(&(originator.clone(), name.into()));
                held.is_some_and(|held| !self.could_see(held, viewer))
            })
        };
        let mut plain = ticks.windows(2).filter_map(|pair| text.get(pair.first()? + 1..*pair.last()?));
        if plain.any(is_unseen) {
            return true;
        }
        if self.ticked.is_empty() {
            return false;
        }
        // An id that has a backtick of its own reaches over others; there are few such ids, or none.
        let mut spans = ticks.iter().enumerate().flat_map(|(count, from)| {
            let ends = ticks.iter().skip(count + 2).take_while(move |to| **to - from <= MAX_WORD + 1);
            ends.filter_map(move |to| text.get(from + 1..*to))
        });
        let is_named = spans.by_ref().take(MANY_SPANS).any(|name| self.ticked.contains(name) && is_unseen(name));
        is_named || spans.next().is_some()
    }

    /// At most `limit` records that the viewer may see and that are sought, newest first, of those behind `after`; and
    /// where to go on, when there may be more: a place that tells of records that the viewer may not see, so that it does not
    /// leave the node in clear.
    pub fn page(
        &self,
        viewer: &Viewer,
        sought: &Sought,
        after: Option<&Place>,
        limit: usize,
    ) -> (Vec<Listed>, Option<Place>) {
        let mut found = Vec::new();
        let mut of_class: HashMap<ClassId, bool> = HashMap::new();
        let mut last = None;
        let all = match after {
            Some(after) => self.shelf.range(..after.clone()),
            None => self.shelf.range(..),
        };
        let words: Vec<String> = sought.words.iter().map(|word| word.to_lowercase()).collect();
        for (count, place) in all.rev().enumerate() {
            if count == LOOKED_AT {
                return (found, last);
            }
            // A place behind the last one that is shown is given where there is something to show.
            if found.len() < limit {
                last = Some(place.clone());
            }
            let Some(held) = self.records.get(&(place.originator.clone(), place.id.clone())) else { continue };
            // Who is named on a list is asked record by record.
            let class = held.class.filter(|_| held.alike().label != Label::Tlp(Tlp::Red));
            let may_see = match class {
                Some(class) => *of_class.entry(class).or_insert_with(|| self.sees(held, viewer).is_some()),
                None => true,
            };
            let was_given = sought.given_to.as_ref().is_none_or(|to| self.goes_to(&held.key(), to));
            if may_see
                && was_given
                && is_sought(held, sought, &words)
                && let Some(seen) = self.sees(held, viewer)
            {
                if found.len() == limit {
                    return (found, last);
                }
                found.push(self.listed(held, seen, viewer));
            }
        }
        (found, None)
    }
}

fn is_sought(held: &Held, sought: &Sought, words: &[String]) -> bool {
    let Sought { originator, subject, status, .. } = sought;
    let record = held.alike();
    let is_about = |wanted: &String| record.subjects.iter().any(|subject| subject.as_str() == wanted);
    if originator.as_ref().is_some_and(|wanted| *wanted != record.originator)
        || status.is_some_and(|wanted| wanted != record.status)
        || subject.as_ref().is_some_and(|wanted| !is_about(wanted))
    {
        return false;
    }
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {} {}", held.key().1, held.title(), label::write(&record.label));
    for subject in &record.subjects {
        text.push(' ');
        text.push_str(subject.as_str());
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}
