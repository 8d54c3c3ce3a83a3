//! What parties hold, by class: records that no gate can tell apart are counted, not kept.
//!
//! The key type is [`Holdings`]. A class is what the gates look at: holder, label, originator, custody, subjects,
//! distribution, and the same of everything that it is derived from. Names of records are no part of it.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashSet},
    hash::Hash,
};

use foldhash::fast::FixedState;

use crate::{
    Label, Party, Record, RecordId, Subject,
    record::{Hop, Status},
};

/// For lookups only, so that what a partner could make slow is bounded by what it may send; its order is never used.
type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;

/// The records of any number of holders, interned as they are added.
#[derive(Debug, Default)]
pub struct Holdings {
    pub(super) shelves: BTreeMap<Party, Shelf>,
}

/// One class of one holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(u32);

/// What one party holds.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    labels: Interner<Label>,
    originators: Interner<Party>,
    distributions: Interner<Vec<Party>>,
    custodies: Interner<Vec<Hop>>,
    part_ids: HashMap<[u32; 4], u32>,
    class_ids: HashMap<Key, u32>,
    names: Names,
    /// Names that were taken away again, each with its class.
    gone: HashSet<(u32, Box<str>), FixedState>,
    /// For every part a record that has it, without subjects, sources or a name.
    pub(super) parts: Vec<Record>,
    pub(super) subjects: Lists<Subject>,
    pub(super) sources: Lists<Source>,
    pub(super) classes: Vec<Class>,
    /// One record of each class, whole. Beside the classes, which what-if goes through from first to last: it looks at few
    /// of these.
    pub(super) samples: Vec<Record>,
}

/// A record that others are derived from: its part, and its list of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Source {
    pub(super) part: u32,
    pub(super) subjects: u32,
}

/// What makes a class: numbers of the shelf's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) part: u32,
    pub(super) subjects: u32,
    pub(super) sources: u32,
}

#[derive(Debug)]
pub(super) struct Class {
    pub(super) key: Key,
    pub(super) count: u32,
    /// The first and the last of its names.
    listed: Option<(u32, u32)>,
}

impl ClassId {
    /// Its place among the classes of its holder, which are numbered from zero without gaps.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Holdings {
    /// Adds a record to what `holder` holds. `None`, and nothing added, when the holder has four thousand million.
    pub fn add(&mut self, holder: &Party, record: &Record) -> Option<ClassId> {
        if !self.shelves.contains_key(holder) {
            self.shelves.insert(holder.clone(), Shelf::default());
        }
        let shelf = self.shelves.get_mut(holder)?;
        let key = shelf.key(record);
        let id = match shelf.class_ids.get(&key) {
            Some(id) => *id,
            None => shelf.open(key, record),
        };
        shelf.put(id, record.id.as_str())
    }

    /// Adds a record of a class that is already there, by its name alone.
    pub fn add_to(&mut self, holder: &Party, class: ClassId, name: &str) -> Option<ClassId> {
        self.shelves.get_mut(holder)?.put(class.0, name)
    }

    /// Takes a record away from its class: it is not held any more, or is of another class now. No other record of the
    /// class may have its name.
    pub fn remove(&mut self, holder: &Party, class: ClassId, name: &str) {
        if let Some(shelf) = self.shelves.get_mut(holder) {
            shelf.take(class.0, name);
        }
    }

    /// How many records there are.
    pub fn records(&self) -> u64 {
        self.shelves.values().flat_map(|shelf| &shelf.classes).map(|class| u64::from(class.count)).sum()
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.shelves.values().flat_map(|shelf| &shelf.classes).filter(|class| class.count > 0).count()
    }

    /// The classes of a holder: each with one of its records, under whatever name, and how many it has.
    pub fn of(&self, holder: &Party) -> impl Iterator<Item = (ClassId, &Record, u64)> {
        let all = self.shelves.get(holder).into_iter().flat_map(|shelf| shelf.numbered().zip(&shelf.classes));
        all.filter(|(_, class)| class.count > 0).map(|((id, sample), class)| (id, sample, class.count.into()))
    }

    /// The names of the records of a class, as they were added.
    pub fn names(&self, holder: &Party, class: ClassId) -> impl Iterator<Item = &str> {
        let shelf = self.shelves.get(holder);
        shelf.into_iter().flat_map(move |shelf| shelf.names_of(class))
    }
}

impl Shelf {
    /// The names of the records of a class, as they were added.
    pub(super) fn names_of(&self, ClassId(id): ClassId) -> impl Iterator<Item = &str> {
        let class = self.classes.get(id as usize).filter(|class| class.count > 0);
        class.into_iter().flat_map(move |class| {
            let mut next = class.listed.map(|(first, _)| first);
            std::iter::from_fn(move || {
                let at = next?;
                next = self.names.after(at);
                self.names.get(at)
            })
            .filter(move |name| self.gone.is_empty() || !self.gone.contains(&(id, Box::from(*name))))
        })
    }

    /// One record of each class, with the id of the class.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (ClassId, &Record)> {
        (0..).map(ClassId).zip(&self.samples)
    }

    fn key(&mut self, record: &Record) -> Key {
        let sources: Vec<Source> = if record.derived_from.is_empty() {
            Vec::new()
        } else {
            let sources = record.sources().into_iter();
            sources
                .map(|source| Source { part: self.part(source), subjects: self.subjects.number(&source.subjects) })
                .collect()
        };
        Key {
            part: self.part(record),
            subjects: self.subjects.number(&record.subjects),
            sources: self.sources.number(&sources),
        }
    }

    /// What the gates ask of a record on its own account.
    fn part(&mut self, record: &Record) -> u32 {
        let Self { labels, originators, distributions, custodies, .. } = self;
        let key = [
            labels.number(&record.label),
            originators.number(&record.originator),
            distributions.number(&record.distribution[..]),
            custodies.number(&record.custody[..]),
        ];
        let parts = &mut self.parts;
        *self.part_ids.entry(key).or_insert_with(|| {
            parts.push(Record {
                id: RecordId::from(""),
                subjects: Vec::new(),
                derived_from: Vec::new(),
                versions: Vec::new(),
                status: Status::Actual,
                ..record.clone()
            });
            parts.len() as u32 - 1
        })
    }

    fn open(&mut self, key: Key, record: &Record) -> u32 {
        let id = self.classes.len() as u32;
        self.classes.push(Class { key, count: 0, listed: None });
        self.samples.push(Record { versions: Vec::new(), ..record.clone() });
        self.class_ids.insert(key, id);
        id
    }

    /// One more record in a class.
    fn put(&mut self, id: u32, name: &str) -> Option<ClassId> {
        let class = self.classes.get_mut(id as usize)?;
        // What was taken away stands where it stood.
        if self.gone.is_empty() || !self.gone.remove(&(id, Box::from(name))) {
            let at = self.names.push(name)?;
            let first = match class.listed {
                None => at,
                Some((first, last)) => {
                    self.names.link(last, at);
                    first
                }
            };
            class.listed = Some((first, at));
        }
        class.count += 1;
        Some(ClassId(id))
    }

    /// One record less in a class.
    fn take(&mut self, id: u32, name: &str) {
        if let Some(class) = self.classes.get_mut(id as usize)
            && class.count > 0
            && self.gone.insert((id, Box::from(name)))
        {
            class.count -= 1;
        }
    }
}

/// Names of records in one piece of text, each with the next one of its class.
#[derive(Debug, Default)]
struct Names {
    text: String,
    /// Where each name ends.
    ends: Vec<u64>,
    /// The next name of the same class; itself for the last.
    next: Vec<u32>,
}

impl Names {
    fn push(&mut self, name: &str) -> Option<u32> {
        let at = u32::try_from(self.ends.len()).ok()?;
        self.text.push_str(name);
        self.ends.push(self.text.len() as u64);
        self.next.push(at);
        Some(at)
    }

    fn link(&mut self, from: u32, to: u32) {
        if let Some(next) = self.next.get_mut(from as usize) {
            *next = to;
        }
    }

    fn after(&self, at: u32) -> Option<u32> {
        self.next.get(at as usize).copied().filter(|next| *next != at)
    }

    fn get(&self, at: u32) -> Option<&str> {
        let start = match (at as usize).checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start as usize..*self.ends.get(at as usize)? as usize)
    }
}

/// Numbers for values.
#[derive(Debug)]
struct Interner<T> {
    numbers: HashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default() }
    }
}

impl<T: Hash + Eq> Interner<T> {
    /// The number of `value`; a new value is counted on.
    fn number<Q: Hash + Eq + ToOwned<Owned = T> + ?Sized>(&mut self, value: &Q) -> u32
    where
        T: Borrow<Q>,
    {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(value.to_owned(), number);
        number
    }
}

/// Numbers for lists. Which item comes first, and whether it comes twice, changes no verdict and makes no new list.
#[derive(Debug)]
pub(super) struct Lists<T> {
    /// As written, and in order.
    numbers: HashMap<Vec<T>, u32>,
    /// In order, each item once.
    listed: Vec<Vec<T>>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), listed: Vec::new() }
    }
}

impl<T: Clone + Ord + Hash> Lists<T> {
    fn number(&mut self, written: &[T]) -> u32 {
        if let Some(number) = self.numbers.get(written) {
            return *number;
        }
        let mut list = written.to_vec();
        list.sort();
        list.dedup();
        let number = match self.numbers.get(&list) {
            Some(number) => *number,
            None => {
                let number = self.listed.len() as u32;
                self.listed.push(list.clone());
                self.numbers.insert(list, number);
                number
            }
        };
        self.numbers.insert(written.to_vec(), number);
        number
    }
}

impl<T> std::ops::Deref for Lists<T> {
    type Target = [Vec<T>];

    fn deref(&self) -> &[Vec<T>] {
        &self.listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Tlp;

    fn record(id: &str, subject: &str) -> Record {
        Record {
            id: id.into(),
            label: Label::Tlp(Tlp::Green),
            originator: "KOR".into(),
            subjects: vec![subject.into()],
            status: Status::Actual,
            custody: Vec::new(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        }
    }

    #[test]
    fn what_is_taken_away_can_come_back() {
        let (mut holdings, kor) = (Holdings::default(), Party::from("KOR"));
        let class = holdings.add(&kor, &record("K-1", "weather")).unwrap();
        holdings.remove(&kor, class, "K-1");
        holdings.remove(&kor, class, "K-1");
        assert_eq!((holdings.records(), holdings.classes(), holdings.of(&kor).count()), (0, 0, 0));
        assert_eq!(holdings.add(&kor, &record("K-2", "weather")), Some(class));
        let other = holdings.add(&kor, &record("K-1", "missiles")).unwrap();
        assert!(holdings.names(&kor, class).eq(["K-2"]) && holdings.names(&kor, other).eq(["K-1"]));
        assert_eq!(holdings.add_to(&kor, class, "K-1"), Some(class));
        assert!(holdings.names(&kor, class).eq(["K-1", "K-2"]));
        assert_eq!((holdings.records(), holdings.classes()), (3, 2));
        assert!(holdings.of(&kor).map(|(id, _, count)| (id, count)).eq([(class, 2), (other, 1)]));
    }
}
