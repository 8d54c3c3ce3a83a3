//! What one caller may have of the objects that stand in the index: each under the label of its record and under all its own
//! markings, whole or in a copy without marked parts, and only if nothing that it points at gives away what is withheld.
//!
//! The judgement is the node's (`Node::sees_parts`); here its answers are gathered, for sets of markings and not for objects, and
//! never kept beyond a request. For threads that may wait. Key type: [`Sight`].

mod labels;

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    rc::Rc,
    sync::Arc,
};

use entente_core::{Label, Party, Record, RecordId, view::Viewer};
use entente_formats::stix::{
    index,
    marking::{
        self, Meaning, Restriction,
        reduce::{Permit, Portion, portion, without},
    },
    reveal::{Node as Pointer, shown},
};
use entente_node::{
    event::{Listed, RecordRef},
    objects::Part,
};
use entente_store::taxii::{self as store, EVERYTHING, EntryRow, RecordRow};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::{Readers, Taxii, answer::Fault, opened::Text};
use crate::driver::Driver;

/// How many parts the node is asked about at once: a millisecond or two of its time.
const AT_ONCE: usize = 2_000;
/// How many versions are looked at to find out what references give away. An object from which more can be reached is withheld
/// where some of what is reached is.
const REACHED: usize = 200_000;
/// How many contents are in memory at once.
const CONTENTS: usize = 16;
/// The longest content that is read for its objects.
pub(super) const LONGEST_CONTENT: u64 = 64 * 1024 * 1024;

/// A record, and a set of markings.
type Class = (i64, i64);
/// Where a text stands: a record, and the first byte in its content.
type Place = (i64, i64);

/// A marking definition that the caller may see.
pub(super) struct Definition {
    /// What the caller is given of it.
    pub(super) text: String,
    /// Whether it is this party's.
    pub(super) is_ours: bool,
    /// The record that it stands in.
    pub(super) record: Rc<RecordRow>,
    marks: i64,
}

/// The label of a record, and those of markings of an object in it.
pub(super) type Labels = (Label, Arc<[Label]>);

/// A copy without marked parts.
struct Reduced {
    text: Rc<str>,
    targets: Vec<i64>,
}

/// What a caller may have, as far as it was asked about.
pub(super) struct Sight<'a> {
    pub(super) readers: &'a Readers,
    taxii: &'a Taxii,
    driver: &'a Driver,
    viewer: &'a Viewer,
    records: HashMap<i64, Option<Rc<RecordRow>>>,
    /// Whether objects of a class may be seen, and whether that is to be put on the record.
    verdicts: HashMap<Class, Option<bool>>,
    /// What is left of objects of which parts are marked; nothing of some.
    reduced: HashMap<Place, Option<Reduced>>,
    whole: HashSet<Place>,
    contents: Vec<(i64, Text)>,
    /// Whether an identifier may be known, where it was found out.
    known: HashMap<Place, bool>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(readers: &'a Readers, taxii: &'a Taxii, driver: &'a Driver, viewer: &'a Viewer) -> Self {
        Self {
            readers,
            taxii,
            driver,
            viewer,
            records: HashMap::new(),
            verdicts: HashMap::new(),
            reduced: HashMap::new(),
            whole: HashSet::new(),
            contents: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// The record with that number.
    pub(super) fn record(&mut self, number: i64) -> Result<Option<Rc<RecordRow>>, Fault> {
        if let Some(known) = self.records.get(&number) {
            return Ok(known.clone());
        }
        let found = self.readers.index.record(number)?.map(Rc::new);
        self.records.insert(number, found.clone());
        Ok(found)
    }

    /// Whether a record is this party's.
    pub(super) fn is_ours(&self, record: &RecordRow) -> bool {
        record.originator == self.taxii.us()
    }

    /// A record as the caller may see it, and whether that one may see all that it was made from.
    pub(super) fn listed(&self, record: &RecordRow) -> Result<Option<(Box<Listed>, bool)>, Fault> {
        let key = (record.originator.as_str().into(), record.id.as_str().into());
        let viewer = self.viewer.clone();
        let listed = self.driver.inspect(move |node| {
            let listed = node.listed_of(&[key], &viewer).into_iter().next()?;
            let sees = |source: &Record| {
                let name = RecordRef { originator: Some(source.originator.clone()), id: source.id.clone() };
                node.may_see(&name, &viewer)
            };
            let sees_sources = listed.record.derived_from.iter().all(sees);
            Some((Box::new(listed), sees_sources))
        });
        Ok(Handle::current().block_on(listed)?)
    }

    /// Has the node judge what was not judged yet.
    pub(super) fn judge<'r>(&mut self, rows: impl IntoIterator<Item = &'r EntryRow> + Clone) -> Result<(), Fault> {
        let mut classes: Vec<Class> = Vec::new();
        for row in rows.clone() {
            let class = (row.record, row.marks);
            if let Entry::Vacant(vacant) = self.verdicts.entry(class) {
                vacant.insert(None);
                classes.push(class);
            }
        }
        let mut asked = Vec::with_capacity(classes.len());
        for class in classes {
            if let Some(record) = self.record(class.0)? {
                let labels = self.labels(&record.originator, class.1)?;
                asked.push((class, record, labels));
            }
        }
        for asked in asked.chunks(AT_ONCE) {
            let parts = asked.iter().map(|(_, record, labels)| (record, Arc::clone(labels)));
            for ((class, ..), verdict) in asked.iter().zip(self.ask(parts)?) {
                self.verdicts.insert(*class, verdict);
            }
        }
        for row in rows.into_iter().filter(|row| row.is_granular) {
            self.judge_parts(row)?;
        }
        Ok(())
    }

    /// What the node says of these: whether each may be seen, and whether that is to be put on the record.
    fn ask<'r>(
        &self,
        parts: impl Iterator<Item = (&'r Rc<RecordRow>, Arc<[Label]>)>,
    ) -> Result<Vec<Option<bool>>, Fault> {
        let parts: Vec<(String, String, Arc<[Label]>)> =
            parts.map(|(record, labels)| (record.originator.clone(), record.id.clone(), labels)).collect();
        let viewer = self.viewer.clone();
        let asked = self.driver.inspect(move |node| {
            let parts: Vec<Part<'_>> =
                parts.iter().map(|(originator, record, labels)| Part { originator, record, labels }).collect();
            node.sees_parts(&parts, &viewer)
        });
        let seen = Handle::current().block_on(asked)?;
        Ok(seen.into_iter().map(|seen| seen.map(|seen| seen.classified)).collect())
    }

    /// The labels of a set of markings on objects of an originator, all of which hold.
    fn labels(&mut self, originator: &str, marks: i64) -> Result<Arc<[Label]>, Fault> {
        if let Some(known) = self.taxii.meaning(originator, marks) {
            return Ok(known);
        }
        let state = self.taxii.definitions();
        let ids = self.readers.index.marks(marks)?;
        let mut all = Restriction::default();
        if ids.len() > MARKINGS {
            all = all.join(Restriction::of(Meaning::Unknown("more markings than are read".to_owned())));
        }
        for id in ids.iter().take(MARKINGS) {
            let meanings = self.meanings(originator, id)?;
            all = meanings.into_iter().fold(all, |all, meaning| all.join(Restriction::of(meaning)));
        }
        let labels: Arc<[Label]> = all.labels().into();
        self.taxii.remember(state, originator, marks, Arc::clone(&labels));
        Ok(labels)
    }

    /// What one marking means on objects of an originator: by its id where that is predefined; else what its originator's own
    /// definitions say, or those of this party where there are none, or those of others, all of which hold. So nobody changes what
    /// somebody else's marking means where that one has said it.
    fn meanings(&mut self, originator: &str, id: &str) -> Result<Vec<Meaning>, Fault> {
        if marking::is_predefined(id) {
            return Ok(vec![marking::meaning(id, None)]);
        }
        let mut definitions = Vec::new();
        for row in self.readers.index.of_id(EVERYTHING, id)? {
            let Some(record) = self.record(row.record)? else { continue };
            definitions.push((record, row));
        }
        for party in [originator, self.taxii.us()] {
            if definitions.iter().any(|(record, _)| record.originator == party) {
                definitions.retain(|(record, _)| record.originator == party);
                break;
            }
        }
        let mut meanings = Vec::with_capacity(definitions.len());
        for (_, row) in definitions {
            let text = self.source(&row)?;
            meanings.push(marking::meaning(id, text.as_deref()));
        }
        Ok(if meanings.is_empty() { vec![marking::meaning(id, None)] } else { meanings })
    }

    /// The definitions of a marking that the caller may see.
    pub(super) fn shown_definitions(&mut self, id: &str) -> Result<Vec<Definition>, Fault> {
        let rows = self.readers.index.of_id(EVERYTHING, id)?;
        let shown = self.shows(&rows.iter().collect::<Vec<_>>())?;
        let mut definitions = Vec::new();
        for (row, _) in rows.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown) {
            if let (Some(record), Some(text)) = (self.record(row.record)?, self.with_text(&row, str::to_owned)?) {
                let is_ours = self.is_ours(&record);
                definitions.push(Definition { text, is_ours, record, marks: row.marks });
            }
        }
        Ok(definitions)
    }

    /// The label of the record that a definition stands in, and those of its own markings.
    pub(super) fn labels_of(&mut self, definition: &Definition) -> Result<Option<Labels>, Fault> {
        let Some((listed, _)) = self.listed(&definition.record)? else { return Ok(None) };
        Ok(Some((listed.record.label.clone(), self.labels(&definition.record.originator, definition.marks)?)))
    }

    /// Finds out what is left of an object of which parts are marked.
    fn judge_parts(&mut self, row: &EntryRow) -> Result<(), Fault> {
        let place = (row.record, row.start);
        if self.whole.contains(&place) || self.reduced.contains_key(&place) {
            return Ok(());
        }
        let left = self.left_of(row)?;
        match left {
            Left::Whole => {
                self.whole.insert(place);
            }
            Left::Copy(reduced) => {
                self.reduced.insert(place, Some(reduced));
            }
            Left::Nothing => {
                self.reduced.insert(place, None);
            }
        }
        Ok(())
    }

    fn left_of(&mut self, row: &EntryRow) -> Result<Left, Fault> {
        let (Some(text), Some(record)) = (self.source(row)?, self.record(row.record)?) else {
            return Ok(Left::Nothing);
        };
        let Ok(entry) = index::read(&text) else { return Ok(Left::Nothing) };
        let mut permits: HashMap<String, Permit> = HashMap::new();
        let ids: HashSet<&str> = entry.granular.iter().filter_map(|granular| granular.marking.as_deref()).collect();
        if ids.len() > MARKINGS {
            return Ok(Left::Nothing);
        }
        for id in ids {
            let meanings = self.meanings(&record.originator, id)?;
            let restriction =
                meanings.iter().cloned().fold(Restriction::default(), |all, one| all.join(Restriction::of(one)));
            let labels: Arc<[Label]> = restriction.labels().into();
            let may_see = self.ask(std::iter::once((&record, labels)))?.first().is_some_and(Option::is_some);
            let allows_reduced = meanings.iter().all(|meaning| match meaning {
                Meaning::Label { allows_reduced, .. } => *allows_reduced,
                Meaning::Statement(_) => true,
                Meaning::Unknown(_) => false,
            });
            let permit = match (may_see, allows_reduced) {
                (true, _) => Permit::Whole,
                (false, true) => Permit::Reduced,
                (false, false) => Permit::Nothing,
            };
            permits.insert(id.to_owned(), permit);
        }
        // The markings of the whole were judged with its class.
        let of_whole: HashSet<&str> = entry.markings.iter().map(AsRef::as_ref).collect();
        let permit = |id: &str| match permits.get(id) {
            Some(permit) => *permit,
            None if of_whole.contains(id) => Permit::Whole,
            None => Permit::Nothing,
        };
        Ok(match portion(&entry, permit) {
            Portion::Whole => Left::Whole,
            Portion::Nothing => Left::Nothing,
            Portion::Without(selectors) => match without(&text, &selectors) {
                Ok(Some(copy)) => match index::read(&copy) {
                    Ok(entry) => {
                        let targets = targets_of(&entry).map(store::hash_of).collect();
                        Left::Copy(Reduced { text: copy.as_str().into(), targets })
                    }
                    Err(_) => Left::Nothing,
                },
                _ => Left::Nothing,
            },
        })
    }

    /// Whether the caller may have an object by itself, as far as it was judged.
    pub(super) fn may_have(&self, row: &EntryRow) -> bool {
        let place = (row.record, row.start);
        self.verdicts.get(&(row.record, row.marks)).is_some_and(Option::is_some)
            && (!row.is_granular
                || self.whole.contains(&place)
                || self.reduced.get(&place).is_some_and(Option::is_some))
    }

    fn targets<'r>(&'r self, row: &'r EntryRow) -> &'r [i64] {
        match self.reduced.get(&(row.record, row.start)) {
            Some(Some(reduced)) => &reduced.targets,
            _ => &row.targets,
        }
    }

    /// Whether the caller may have each of these, also for what they point at.
    pub(super) fn shows(&mut self, rows: &[&EntryRow]) -> Result<Vec<bool>, Fault> {
        self.judge(rows.iter().copied())?;
        let unknown = rows.iter().any(|row| {
            self.may_have(row) && !self.targets(row).is_empty() && !self.known.contains_key(&(row.record, row.start))
        });
        if unknown {
            self.follow(rows)?;
        }
        let is_shown = |row: &&EntryRow| {
            self.may_have(row)
                && (self.targets(row).is_empty()
                    || self.known.get(&(row.record, row.start)).copied().unwrap_or_default())
        };
        Ok(rows.iter().map(is_shown).collect())
    }

    /// Follows references from these to everything that they reach, and finds out what of it may be shown.
    fn follow(&mut self, rows: &[&EntryRow]) -> Result<(), Fault> {
        let mut met: HashSet<i64> = HashSet::new();
        let first: Vec<&EntryRow> = rows.iter().copied().filter(|row| self.may_have(row)).collect();
        let targets = first.iter().flat_map(|row| self.targets(row).iter().copied());
        let mut open: Vec<i64> = targets.filter(|target| met.insert(*target)).collect();
        let mut reached: Vec<EntryRow> = Vec::new();
        while !open.is_empty() && reached.len() <= REACHED {
            let mut next = Vec::new();
            for hash in open.drain(..) {
                next.extend(self.readers.index.of_hash(EVERYTHING, hash)?);
            }
            self.judge(&next)?;
            for row in &next {
                // What may not be had by itself is out, whatever it points at.
                if self.may_have(row) {
                    open.extend(self.targets(row).iter().copied().filter(|target| met.insert(*target)));
                }
            }
            reached.extend(next);
        }
        // Whoever is pointed at by what is reached was reached itself, with all its versions; a version that stands here twice is
        // shown or hidden twice.
        let all: Vec<&EntryRow> = first.into_iter().chain(&reached).collect();
        let mut nodes: Vec<Pointer<i64>> =
            all.iter().map(|row| Pointer { id: row.hash, targets: self.targets(row).to_vec() }).collect();
        let mut visible: Vec<bool> = all.iter().map(|row| self.may_have(row)).collect();
        // What was not reached any more counts as held and withheld.
        nodes.extend(open.iter().map(|hash| Pointer { id: *hash, targets: Vec::new() }));
        visible.resize(nodes.len(), false);
        let shown = shown(&nodes, &visible);
        let known: Vec<(Place, bool)> =
            all.iter().zip(shown).map(|(row, is_shown)| ((row.record, row.start), is_shown)).collect();
        self.known.extend(known);
        Ok(())
    }

    /// Which of these records' objects, where they are shown, are to be put on the record.
    pub(super) fn classified(&mut self, rows: &[EntryRow]) -> Result<Vec<(Party, RecordId)>, Fault> {
        let mut met = HashSet::new();
        let mut keys = Vec::new();
        for row in rows {
            let classified = self.verdicts.get(&(row.record, row.marks)).copied().flatten().unwrap_or(true);
            if classified && met.insert(row.record) {
                let record = self.record(row.record)?;
                keys.extend(record.map(|record| (record.originator.as_str().into(), record.id.as_str().into())));
            }
        }
        Ok(keys)
    }

    /// Does something with the text that the caller is given of an object that is shown: the object to the byte, or the copy. Nothing
    /// where it is destroyed.
    pub(super) fn with_text<T>(&mut self, row: &EntryRow, work: impl FnOnce(&str) -> T) -> Result<Option<T>, Fault> {
        if let Some(Some(reduced)) = self.reduced.get(&(row.record, row.start)) {
            return Ok(Some(work(&reduced.text)));
        }
        self.with_source(row, work)
    }

    /// The text of an object, to the byte; nothing where it is destroyed.
    pub(super) fn source(&mut self, row: &EntryRow) -> Result<Option<String>, Fault> {
        self.with_source(row, str::to_owned)
    }

    fn with_source<T>(&mut self, row: &EntryRow, work: impl FnOnce(&str) -> T) -> Result<Option<T>, Fault> {
        let Some(content) = self.content(row.record)? else { return Ok(None) };
        let start = usize::try_from(row.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(row.length).unwrap_or_default());
        Ok(content.get(start..end).map(work))
    }

    /// The content of a record, as a text; nothing where it is destroyed.
    pub(super) fn content(&mut self, number: i64) -> Result<Option<Text>, Fault> {
        if let Some((_, content)) = self.contents.iter().find(|(of, _)| *of == number) {
            return Ok(Some(Arc::clone(content)));
        }
        let Some(record) = self.record(number)? else { return Ok(None) };
        let Some(content) = self.opened(&record.digest)? else { return Ok(None) };
        if self.contents.len() == CONTENTS {
            self.contents.remove(0);
        }
        self.contents.push((number, Arc::clone(&content)));
        Ok(Some(content))
    }

    fn opened(&self, digest: &[u8; 32]) -> Result<Option<Text>, Fault> {
        // Asked anew each time: what was destroyed a moment ago is not there.
        let is_kept = self.readers.store.is_kept(digest)?;
        if is_kept && let Some(known) = self.taxii.0.opened.get(digest) {
            return Ok(Some(known));
        }
        let Some(content) = content(self.readers, digest)? else { return Ok(None) };
        let Ok(content) = String::from_utf8(content) else { return Ok(None) };
        let content = Arc::new(Zeroizing::new(content));
        if is_kept {
            self.taxii.0.opened.keep(*digest, &content);
        }
        Ok(Some(content))
    }
}

/// The most markings of one object that are read; with more it counts as marked by what nobody knows.
const MARKINGS: usize = 200;

/// What is left of an object for somebody.
enum Left {
    Whole,
    Copy(Reduced),
    Nothing,
}

/// What an object points at, of whoever made it too.
pub(super) fn targets_of<'e>(entry: &'e index::Entry<'_>) -> impl Iterator<Item = &'e str> {
    entry.references.iter().map(|reference| reference.target.as_ref()).chain(entry.created_by.as_deref())
}

/// A content by its SHA-256; nothing where it is not here, destroyed, or too long.
pub(super) fn content(readers: &Readers, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, Fault> {
    let Some(content) = readers.store.content(digest)?.filter(|content| content.length() <= LONGEST_CONTENT) else {
        return Ok(None);
    };
    if let entente_store::Content::Row(bytes) = content {
        // Out of its wrapping, which is emptied behind it.
        let mut bytes = bytes;
        return Ok(Some(std::mem::take(&mut *bytes)));
    }
    let mut whole = Vec::new();
    let mut chunk = Zeroizing::default();
    for index in 0..content.chunks() {
        content.read(index, &mut chunk)?;
        whole.extend_from_slice(&chunk);
    }
    Ok(Some(whole))
}
