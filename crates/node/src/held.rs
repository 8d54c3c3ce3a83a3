//! What a node remembers of each record that it holds, and of each entry about one. It may be millions: what records have in
//! common is there once, and the signed words are put together again from their parts, which their encoding allows: it has one
//! form. Contents and envelopes are in the store alone.
//!
//! Key types: [`Held`], [`Places`].

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use entente_core::{Party, Record, RecordId, agreement::InstrumentHash, whatif::ClassId};
use entente_formats::{
    label,
    request::{self, RecordLine},
    wire::{Canonical, Origin, Signed},
};

use crate::{
    lane::{Feed, Lane},
    op::StoredRecord,
    sequenced::About,
};

/// A record's name that no two records share.
pub(crate) type Key = (Party, RecordId);

/// What many records have in common: everything but their names, contents and times.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Any of them, without an id.
    record: Record,
    /// The label as its originator signed it.
    label: String,
    media_type: String,
    /// The versions of the agreements in its custody.
    texts: Vec<(String, InstrumentHash)>,
}

/// Things that are there once, whoever has them.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    all: HashSet<Arc<T>>,
    /// How many there may be before those that nobody has any more are let go.
    limit: usize,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { all: HashSet::new(), limit: 1024 }
    }
}

impl<T: Eq + std::hash::Hash> Shared<T> {
    pub(crate) fn of(&mut self, value: T) -> Arc<T> {
        if let Some(known) = self.all.get(&value) {
            return Arc::clone(known);
        }
        if self.all.len() >= self.limit {
            self.all.retain(|known| Arc::strong_count(known) > 1);
            self.limit = (2 * self.all.len()).max(1024);
        }
        let value = Arc::new(value);
        self.all.insert(Arc::clone(&value));
        value
    }
}

/// A record that is held here.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    id: RecordId,
    kind: Arc<Kind>,
    title: Box<str>,
    /// The originator's signature over its statement.
    signature: [u8; 64],
    /// SHA-256 of the content.
    pub(crate) digest: [u8; 32],
    /// When its originator made it, in seconds since the epoch.
    pub(crate) created: i64,
    /// When it entered here, in seconds since the epoch.
    pub(crate) entered: i64,
    /// When its content was destroyed, in seconds since the epoch.
    pub(crate) erased: Option<i64>,
    /// Its class among the holdings; none when these are full.
    pub(crate) class: Option<ClassId>,
    /// Its number in the index of words.
    pub(crate) number: u32,
}

impl Held {
    /// Its name.
    pub(crate) fn key(&self) -> Key {
        (self.kind.record.originator.clone(), self.id.clone())
    }

    /// What the judgement sees of it.
    pub(crate) fn record(&self) -> Record {
        Record { id: self.id.clone(), ..self.kind.record.clone() }
    }

    /// The same, without its id: what it has in common with others.
    pub(crate) fn alike(&self) -> &Record {
        &self.kind.record
    }

    /// The versions of the agreements in its custody: their prohibitions rest on these texts and no others.
    pub(crate) fn texts(&self) -> &[(String, InstrumentHash)] {
        &self.kind.texts
    }

    /// A name for people.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The media type of the content.
    pub(crate) fn media_type(&self) -> &str {
        &self.kind.media_type
    }

    /// What its originator says of it.
    pub(crate) fn origin(&self) -> Origin {
        let Kind { record, label, media_type, .. } = &*self.kind;
        Origin {
            originator: record.originator.to_string(),
            id: self.id.to_string(),
            label: label.clone(),
            subjects: record.subjects.iter().map(ToString::to_string).collect(),
            status: record.status.as_str().to_owned(),
            distribution: record.distribution.iter().map(ToString::to_string).collect(),
            title: self.title.to_string(),
            media_type: media_type.clone(),
            created: self.created,
            digest: self.digest,
        }
    }

    /// The originator's signed statement, untouched.
    pub(crate) fn signed(&self) -> Signed {
        Signed { statement: self.origin().to_bytes(), signature: self.signature }
    }

    /// The same record with what `alter` makes of what the judgement sees.
    pub(crate) fn altered(&mut self, kinds: &mut Shared<Kind>, alter: impl FnOnce(&mut Record)) {
        let mut record = self.record();
        alter(&mut record);
        if record != self.record() {
            let Kind { label, media_type, texts, .. } = &*self.kind;
            let (label, media_type, texts) = (label.clone(), media_type.clone(), texts.clone());
            self.kind = kinds.of(Kind { record: nameless(record), label, media_type, texts });
        }
    }

    /// Reads what is kept of a record. `Err` is a sentence.
    pub(crate) fn read(stored: &StoredRecord, kinds: &mut Shared<Kind>) -> Result<Self, String> {
        let origin = Origin::from_bytes(&stored.origin.statement).map_err(|error| error.to_string())?;
        let line: RecordLine = serde_json::from_str(&stored.line).map_err(|error| error.to_string())?;
        let mut record = request::record(&line).map_err(|error| error.to_string())?;
        // Whatever it was when its line was written; other labels of its originator come on top.
        if line.label != origin.label {
            record.label = label::parse(&origin.label).map_err(|error| error.to_string())?;
        }
        // What the judgement sees of it is what its originator signed, and nothing else.
        let words = |items: &[Party]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let subjects: Vec<String> = record.subjects.iter().map(ToString::to_string).collect();
        let is_signed = record.originator.as_str() == origin.originator
            && record.id.as_str() == origin.id
            && record.status.as_str() == origin.status
            && subjects == origin.subjects
            && words(&record.distribution) == origin.distribution;
        if !is_signed {
            return Err(format!("record `{}` is not what its originator signed", record.id));
        }
        let Origin { label, title, media_type, created, digest, .. } = origin;
        let id = record.id.clone();
        let kind = Kind { record: nameless(record), label, media_type, texts: stored.texts.clone() };
        Ok(Self {
            id,
            kind: kinds.of(kind),
            title: title.into(),
            signature: stored.origin.signature,
            digest,
            created,
            entered: stored.entered,
            erased: stored.erased,
            class: None,
            number: 0,
        })
    }
}

fn nameless(record: Record) -> Record {
    Record { id: RecordId::from(""), ..record }
}

/// What releases have in common: for what, how, and under which agreements.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Terms {
    purpose: String,
    channel: String,
    under: Vec<String>,
}

/// An entry about a record in one of our feeds.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    key: Key,
    terms: Arc<Terms>,
    /// When its body was handed to the sender, in seconds since the epoch; it may be with the partner since.
    pub(crate) at: Option<i64>,
}

impl Left {
    pub(crate) fn new(key: Key, about: About, at: Option<i64>, terms: &mut Shared<Terms>) -> Self {
        let About { purpose, channel, under, .. } = about;
        Self { key, terms: terms.of(Terms { purpose, channel, under }), at }
    }

    /// The record.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// What has to be decided again.
    pub(crate) fn about(&self) -> About {
        let Terms { purpose, channel, under } = &*self.terms;
        About {
            originator: self.key.0.to_string(),
            record: self.key.1.to_string(),
            purpose: purpose.clone(),
            channel: channel.clone(),
            under: under.clone(),
        }
    }
}

/// Entries of feeds, by the record that they are about or bring.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeSet<(Key, Feed, u64)>);

impl Places {
    pub(crate) fn insert(&mut self, key: Key, feed: Feed, index: u64) {
        self.0.insert((key, feed, index));
    }

    pub(crate) fn remove(&mut self, key: &Key, feed: &Feed, index: u64) {
        self.0.remove(&(key.clone(), feed.clone(), index));
    }

    pub(crate) fn contains(&self, key: &Key, feed: &Feed, index: u64) -> bool {
        self.0.contains(&(key.clone(), feed.clone(), index))
    }

    /// The entries of a record, by feed.
    pub(crate) fn of<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = (&'a Feed, u64)> {
        self.from(key, "".into())
    }

    /// Whether a record has an entry in a feed of this partner.
    pub(crate) fn has(&self, key: &Key, partner: &Party) -> bool {
        self.of_partner(key, partner).next().is_some()
    }

    /// The entries of a record in the feeds of one partner.
    pub(crate) fn of_partner<'a>(&'a self, key: &'a Key, partner: &'a Party) -> impl Iterator<Item = (&'a Feed, u64)> {
        self.from(key, partner.clone()).take_while(move |(feed, _)| feed.partner == *partner)
    }

    fn from<'a>(&'a self, key: &'a Key, partner: Party) -> impl Iterator<Item = (&'a Feed, u64)> {
        let first = (key.clone(), Feed { partner, lane: Lane::Urgent }, 0);
        self.0.range(first..).take_while(move |(of, ..)| of == key).map(|(_, feed, index)| (feed, *index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(id: &str, title: &str) -> StoredRecord {
        let origin = Origin {
            originator: "KOR".into(),
            id: id.into(),
            label: "//KOR SECRET//REL TO USA, JPN, KOR".into(),
            subjects: vec!["dprk-missile".into()],
            status: "test".into(),
            distribution: Vec::new(),
            title: title.into(),
            media_type: "text/plain".into(),
            created: 7,
            digest: [3; 32],
        };
        let record = Record {
            id: id.into(),
            label: label::parse(&origin.label).unwrap(),
            originator: "KOR".into(),
            subjects: vec!["dprk-missile".into()],
            status: entente_core::record::Status::Test,
            custody: Vec::new(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        };
        let line = serde_json::to_string(&RecordLine::from(&record)).unwrap();
        let origin = Signed { statement: origin.to_bytes(), signature: [9; 64] };
        StoredRecord { origin, line, texts: Vec::new(), entered: 8, erased: None }
    }

    #[test]
    fn what_is_alike_is_there_once_and_what_was_signed_comes_out_as_it_was() {
        let mut kinds = Shared::default();
        let (one, two) = (stored("K-1", "one"), stored("K-2", "two"));
        let (held, other) = (Held::read(&one, &mut kinds).unwrap(), Held::read(&two, &mut kinds).unwrap());
        assert!(Arc::ptr_eq(&held.kind, &other.kind));
        assert_eq!((held.signed(), other.signed()), (one.origin, two.origin));
        assert_eq!((held.record().id.as_str(), other.record().id.as_str()), ("K-1", "K-2"));
        let mut relabelled = held.clone();
        relabelled.altered(&mut kinds, |record| record.label = label::parse("TLP:GREEN").unwrap());
        assert_ne!(relabelled.record().label, held.record().label);
        assert_eq!(relabelled.signed(), held.signed());
    }

    #[test]
    fn what_nobody_has_any_more_is_let_go() {
        let mut shared = Shared::default();
        let first = shared.of(0);
        for number in 1..5000 {
            shared.of(number);
        }
        assert!(shared.all.len() <= 1024 && Arc::ptr_eq(&first, &shared.of(0)));
    }

    #[test]
    fn places_are_found_by_record_and_by_partner() {
        let mut places = Places::default();
        let (one, two): (Key, Key) = (("KOR".into(), "K-1".into()), ("KOR".into(), "K-2".into()));
        let feed = |partner: &str, lane| Feed { partner: partner.into(), lane };
        places.insert(one.clone(), feed("JPN", Lane::Routine), 3);
        places.insert(one.clone(), feed("USA", Lane::Urgent), 0);
        places.insert(two.clone(), feed("AUS", Lane::Routine), 1);
        assert_eq!(
            places.of(&one).map(|(feed, index)| (feed.partner.as_str(), index)).collect::<Vec<_>>(),
            [("JPN", 3), ("USA", 0)]
        );
        assert!(places.has(&one, &"JPN".into()) && places.has(&one, &"USA".into()));
        assert!(!places.has(&one, &"AUS".into()) && !places.has(&two, &"JPN".into()));
        places.remove(&one, &feed("JPN", Lane::Routine), 3);
        assert!(!places.has(&one, &"JPN".into()) && !places.contains(&one, &feed("JPN", Lane::Routine), 3));
    }
}
