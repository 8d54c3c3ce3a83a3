//! Pages of what a viewer may see, newest first. A page looks at a bounded number of records, so that whoever seeks what is
//! not there does not hold up the node; it says where the next one goes on. What may not be seen leaves no trace in it: no
//! count, no gap, no place.

use std::collections::{BTreeSet, BinaryHeap};

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
        let mut judged = Judged::default();
        let words: Vec<String> = sought.words.iter().map(|word| word.to_lowercase()).collect();
        let is_behind = |place: &Place| after.is_none_or(|after| place < after);
        if let Some(found) = self.having(viewer, sought, &words, &mut judged) {
            let mut found: BinaryHeap<&Place> = found.into_iter().filter(|place| is_behind(place)).collect();
            return self.page_of(std::iter::from_fn(|| found.pop()), viewer, (sought, &words), limit, judged);
        }
        let all = match after {
            Some(after) => self.shelf.range(..after.clone()),
            None => self.shelf.range(..),
        };
        self.page_of(all.rev(), viewer, (sought, &words), limit, judged)
    }

    /// The same of these records.
    fn page_of<'p>(
        &self,
        places: impl Iterator<Item = &'p Place>,
        viewer: &Viewer,
        (sought, words): (&Sought, &[String]),
        limit: usize,
        mut judged: Judged,
    ) -> (Vec<Listed>, Option<Place>) {
        let (mut found, mut last) = (Vec::new(), None);
        for (count, place) in places.enumerate() {
            if count == LOOKED_AT {
                return (found, last);
            }
            // A place behind the last one that is shown is given where there is something to show.
            if found.len() < limit {
                last = Some(place.clone());
            }
            let Some(held) = self.records.get(&(place.originator.clone(), place.id.clone())) else { continue };
            let may_see = judged.may_see(decides(held), || self.sees(held, viewer).is_some());
            let was_given = sought.given_to.as_ref().is_none_or(|to| self.goes_to(&held.key(), to));
            if may_see
                && was_given
                && is_sought(held, sought, words)
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

    /// Of the records that the viewer may see, those that may be sought, as the index has them. `None` when it does not help, or
    /// knows more than one page looks at: then these are not far from one another. How many the viewer may not see changes nothing.
    fn having(&self, viewer: &Viewer, sought: &Sought, words: &[String], judged: &mut Judged) -> Option<Vec<&Place>> {
        let originator = sought.originator.as_ref().map(|originator| originator.as_str().to_lowercase());
        let subject = sought.subject.as_ref().map(|subject| subject.to_lowercase());
        let all = words.iter().chain(&originator).chain(&subject).map(String::as_str);
        let sees = |place: &Place| {
            let held = self.records.get(&(place.originator.clone(), place.id.clone()));
            held.is_some_and(|held| self.sees(held, viewer).is_some())
        };
        self.words.with(all, LOOKED_AT, |class, place| judged.may_see(Some(class), || sees(place)))
    }

    /// Has a record where it is looked for, under what it says now too.
    pub(crate) fn index(&mut self, held: &Held) {
        let text = format!("{} {}", searched(held), held.alike().originator.as_str().to_lowercase());
        self.words.learn(held.number, &text);
    }
}

/// Which classes a viewer may see, as far as was asked.
#[derive(Default)]
struct Judged(Vec<Option<bool>>);

impl Judged {
    /// Whether the viewer may see a record of this class, as one of them tells; one without may be seen, and is asked itself.
    fn may_see(&mut self, class: Option<ClassId>, sees: impl FnOnce() -> bool) -> bool {
        let Some(class) = class else { return true };
        if self.0.len() <= class.index() {
            self.0.resize(class.index() + 1, None);
        }
        match self.0.get_mut(class.index()) {
            Some(known) => *known.get_or_insert_with(sees),
            None => true,
        }
    }
}

/// The class that decides who may see a record. Who is named on a list is asked record by record.
pub(crate) fn decides(held: &Held) -> Option<ClassId> {
    held.class.filter(|_| held.alike().label != Label::Tlp(Tlp::Red))
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
    let text = searched(held);
    words.iter().all(|word| text.contains(word))
}

/// What words are looked for in, in small letters.
fn searched(held: &Held) -> String {
    let record = held.alike();
    let mut text = format!("{} {} {}", held.key().1, held.title(), label::write(&record.label));
    for subject in &record.subjects {
        text.push(' ');
        text.push_str(subject.as_str());
    }
    text.to_lowercase()
}
