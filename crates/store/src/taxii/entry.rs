//! Objects on their way in and out of the index.

use std::collections::HashMap;

use entente_formats::{stix::check::Version, taxii::date_added};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    EVERYTHING, StatusRow, Taxii, collection,
    post::{forget, keep},
};
use crate::StoreError;

/// A record whose objects are to stand in the index.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// Its originator.
    pub originator: &'a str,
    /// Its id.
    pub id: &'a str,
    /// SHA-256 of its content.
    pub digest: &'a [u8; 32],
    /// Whether it is this party's own: then it may have been posted.
    pub is_own: bool,
}

/// An object of it.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// The identifier.
    pub id: &'a str,
    /// What it is looked up by ([`hash_of`](super::hash_of)).
    pub hash: i64,
    /// The type.
    pub kind: &'a str,
    /// The version of STIX.
    pub spec: Version,
    /// Its version, in microseconds since 1970; when it was added, where it has none.
    pub version: Option<i64>,
    /// Where its text begins in the content, in bytes.
    pub start: usize,
    /// How long it is, in bytes.
    pub length: usize,
    /// The markings of the whole.
    pub markings: Vec<&'a str>,
    /// Whether parts of it are marked.
    pub is_granular: bool,
    /// What it points at, of whoever made it too, each as it is looked up: eight bytes, one after the other.
    pub targets: &'a [u8],
    /// SHA-256 of its text.
    pub digest: [u8; 32],
}

/// Where an object stands: its record, and the first byte of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The record's number here.
    pub record: i64,
    /// The first byte.
    pub start: i64,
}

const INSERT: &str =
    "INSERT INTO entry (collection, added, hash, id, kind, spec, version, record, start, length, marks,
    granular, targets, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

fn interned(transaction: &Transaction<'_>, table: &str, column: &str, value: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT number FROM {table} WHERE {column} = ?");
    let found: Option<i64> = transaction.prepare_cached(&sql)?.query_row([value], |row| row.get(0)).optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let sql = format!("INSERT INTO {table} ({column}) VALUES (?)");
    transaction.prepare_cached(&sql)?.execute([value])?;
    Ok(transaction.last_insert_rowid())
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How much later than the one before an object is added at least, where the clock alone does not say: at random, for whoever sees
/// two of a post must not count by their moments what lies between them. Drawn evenly over powers of two, so that one long step
/// looks like several.
#[derive(Default)]
struct Steps {
    random: Vec<u8>,
}

/// How often it is looked what came of posts that is not kept any longer, in seconds: for each post it would be as much as is kept.
const FORGOTTEN_EVERY: i64 = 600;

/// A step has at most that many bits: at the most 1,023 microseconds besides the one that is always there.
const STEP_BITS: u16 = 10;

impl Steps {
    /// The next one, in microseconds.
    #[expect(clippy::disallowed_methods, reason = "the store is one of the hands")]
    fn next(&mut self) -> Result<i64, StoreError> {
        if self.random.is_empty() {
            self.random.resize(3 * 340, 0);
            getrandom::fill(&mut self.random).map_err(|error| StoreError::Damaged(error.to_string()))?;
        }
        let mut draw = || u16::from(self.random.pop().unwrap_or_default());
        let (bits, low, high) = (draw() % (STEP_BITS + 1), draw(), draw());
        Ok(i64::from((low | (high << 8)) & ((1 << bits) - 1)))
    }
}

impl Taxii {
    /// Puts the objects of a record into the collections that it belongs to: the one that it was posted to, or all that show
    /// its originator's. Whether it was not there yet; a record that is there stays as it is.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add(&mut self, record: &NewRecord<'_>, entries: &[NewEntry<'_>], now: i64) -> Result<bool, StoreError> {
        self.add_all(&[(*record, entries)], now)
    }

    /// The same of several records, kept together.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn add_all(&mut self, records: &[(NewRecord<'_>, &[NewEntry<'_>])], now: i64) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_new = put(&transaction, records, now)?;
        transaction.commit()?;
        self.beside.bound(&self.connection);
        Ok(is_new)
    }

    /// The same of the records of a post, with what came of it, and without what was about to be entered for it and was not: one
    /// transaction. What came of other posts before `over`, in seconds since the epoch, is forgotten now and then.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn settle(
        &mut self,
        records: &[(NewRecord<'_>, &[NewEntry<'_>])],
        now: i64,
        gone: &[String],
        status: &StatusRow,
        over: i64,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        put(&transaction, records, now)?;
        for record in gone {
            transaction.prepare_cached("DELETE FROM intent WHERE record = ?")?.execute([record])?;
        }
        keep(&transaction, status)?;
        let is_due = self.forgotten.is_none_or(|before| over.saturating_sub(before) >= FORGOTTEN_EVERY);
        if is_due {
            forget(&transaction, over)?;
        }
        transaction.commit()?;
        if is_due {
            self.forgotten = Some(over);
        }
        self.beside.bound(&self.connection);
        Ok(())
    }

    /// Whether the objects of a record stand here, or stood here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has(&self, originator: &str, id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM record WHERE originator = ? AND id = ?";
        Ok(self.connection.prepare_cached(sql)?.exists([originator, id])?)
    }

    /// The content of a record is destroyed: its objects go. That it was here stays, so that it does not come back.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn drop_record(&mut self, originator: &str, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM entry WHERE record = (SELECT number FROM record WHERE originator = ? AND id = ?)";
        self.connection.prepare_cached(sql)?.execute([originator, id])?;
        Ok(())
    }

    /// Another record has objects that stood in one: where each of them was, and its first byte now. They stay in their
    /// collections, under their moments. Once it was done nothing is done.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn move_to(&mut self, record: &NewRecord<'_>, moved: &[(Place, i64)]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some((Place { record: old, .. }, _)) = moved.first() else { return Ok(()) };
        let sql = "SELECT 1 FROM entry WHERE record = ? AND start = ?";
        let mut is_there = false;
        for (place, _) in moved {
            is_there |= transaction.prepare_cached(sql)?.exists([place.record, place.start])?;
        }
        if !is_there {
            return Ok(());
        }
        let sql = "INSERT INTO record (originator, id, digest, home)
                   VALUES (?1, ?2, ?3, coalesce((SELECT home FROM record WHERE number = ?4), 0))
                   ON CONFLICT (originator, id) DO UPDATE SET home = excluded.home";
        transaction.execute(sql, params![record.originator, record.id, record.digest, old])?;
        let sql = "SELECT number FROM record WHERE originator = ? AND id = ?";
        let number: i64 = transaction.query_row(sql, [record.originator, record.id], |row| row.get(0))?;
        // Who follows the ledger may have been faster.
        transaction.execute("DELETE FROM entry WHERE record = ?", [number])?;
        transaction.execute("DELETE FROM intent WHERE record = ?", [record.id])?;
        for (place, start) in moved {
            transaction
                .prepare_cached("UPDATE entry SET record = ?, start = ? WHERE record = ? AND start = ?")?
                .execute([number, *start, place.record, place.start])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Numbers of types and of sets of markings, as far as they were looked up.
#[derive(Default)]
struct Numbers<'e> {
    kinds: HashMap<&'e str, i64>,
    marks: HashMap<Vec<&'e str>, i64>,
}

impl<'e> Numbers<'e> {
    /// The number of the type of an object, and that of the set of its markings.
    fn of(&mut self, transaction: &Transaction<'_>, entry: &NewEntry<'e>) -> Result<(i64, i64), StoreError> {
        let kind = match self.kinds.get(entry.kind) {
            Some(kind) => *kind,
            None => {
                let kind = interned(transaction, "kind", "name", entry.kind)?;
                *self.kinds.entry(entry.kind).or_insert(kind)
            }
        };
        let mut ids = entry.markings.clone();
        ids.sort_unstable();
        ids.dedup();
        let marks = match self.marks.get(&ids) {
            Some(marks) => *marks,
            None => {
                let text = serde_json::to_string(&ids).map_err(|error| StoreError::Damaged(error.to_string()))?;
                let number = interned(transaction, "marks", "ids", &text)?;
                *self.marks.entry(ids).or_insert(number)
            }
        };
        Ok((kind, marks))
    }
}

/// Puts the objects of records into the collections that they belong to; whether one of them was not there yet.
fn put(
    transaction: &Transaction<'_>,
    records: &[(NewRecord<'_>, &[NewEntry<'_>])],
    now: i64,
) -> Result<bool, StoreError> {
    let mut is_new = false;
    let (mut numbers, mut steps) = (Numbers::default(), Steps::default());
    for (record, entries) in records {
        let sql = "SELECT 1 FROM record WHERE originator = ? AND id = ?";
        if transaction.prepare_cached(sql)?.exists([record.originator, record.id])? {
            continue;
        }
        is_new = true;
        let intent: Option<(i64, Option<String>)> = match record.is_own {
            true => transaction
                .prepare_cached("DELETE FROM intent WHERE record = ? RETURNING collection, added")?
                .query_row([record.id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
            false => None,
        };
        let home = intent.as_ref().map_or(0, |(collection, _)| *collection);
        let sql = "INSERT INTO record (originator, id, digest, home) VALUES (?, ?, ?, ?)";
        let row = params![record.originator, record.id, record.digest, home];
        transaction.prepare_cached(sql)?.execute(row)?;
        let number = transaction.last_insert_rowid();
        let given: Vec<Option<i64>> =
            intent.and_then(|(_, added)| added).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut collections = vec![EVERYTHING];
        match home {
            0 => collections.extend(
                collection::collections(transaction)?
                    .into_iter()
                    .filter(|collection| collection.terms.shows(record.originator))
                    .map(|collection| collection.number),
            ),
            home => collections.push(home),
        }
        let classes = entries.iter().map(|entry| numbers.of(transaction, entry)).collect::<Result<Vec<_>, _>>()?;
        for collection in collections {
            let sql = "SELECT last FROM collection WHERE number = ?";
            let mut last: i64 = transaction.prepare_cached(sql)?.query_row([collection], |row| row.get(0))?;
            let mut insert = transaction.prepare_cached(INSERT)?;
            for (at, (entry, (kind, marks))) in entries.iter().zip(&classes).enumerate() {
                let given = given.get(at).copied().flatten().filter(|_| collection != EVERYTHING);
                // Nothing is dated ahead of its coming: all that comes later would be later still.
                let at = given.unwrap_or(now).min(now);
                last = if at > last { at } else { date_added(at, Some(last.saturating_add(steps.next()?))) };
                let spec = if entry.spec == Version::V20 { 20 } else { 21 };
                insert.execute(params![
                    collection,
                    last,
                    entry.hash,
                    entry.id,
                    kind,
                    spec,
                    entry.version.unwrap_or(last),
                    number,
                    whole(entry.start),
                    whole(entry.length),
                    marks,
                    entry.is_granular,
                    entry.targets,
                    entry.digest.get(..16),
                ])?;
            }
            let sql = "UPDATE collection SET last = ? WHERE number = ?";
            transaction.prepare_cached(sql)?.execute([last, collection])?;
        }
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxii::{Collection, Intent, StatusRow, TaxiiReader, Terms};

    fn entry(id: &str) -> NewEntry<'_> {
        NewEntry {
            id,
            hash: crate::taxii::hash_of(id),
            kind: "tool",
            spec: Version::V21,
            version: Some(1),
            start: 0,
            length: 2,
            markings: Vec::new(),
            is_granular: false,
            targets: &[],
            digest: [0; 32],
        }
    }

    /// An index with one collection, and its number.
    fn opened(folder: &std::path::Path, now: i64) -> (Taxii, i64) {
        let mut index = Taxii::open(folder).unwrap();
        let root = crate::taxii::Root { name: "r".to_owned(), title: "R".to_owned(), description: None, longest: 1 };
        index.add_root(&root).unwrap();
        let collection = Collection {
            number: 0,
            root: "r".to_owned(),
            id: "c".to_owned(),
            title: "C".to_owned(),
            description: None,
            alias: None,
            terms: Terms::default(),
        };
        let number = index.add_collection(&collection, now).unwrap().unwrap();
        (index, number)
    }

    fn intent(record: &str, collection: i64, added: Option<Vec<Option<i64>>>) -> Intent {
        Intent { record: record.to_owned(), collection, added }
    }

    /// The moments under which so many objects are added, in all collections.
    fn moments(added: Option<Vec<Option<i64>>>, count: usize, now: i64) -> Vec<i64> {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, number) = opened(folder.path(), now);
        index.intend(&[intent("K-1", number, added)], now).unwrap();
        let ids: Vec<String> = (0..count).map(|number| format!("tool--{number}")).collect();
        let entries: Vec<_> = ids.iter().map(|id| entry(id)).collect();
        let record = NewRecord { originator: "KOR", id: "K-1", digest: &[0; 32], is_own: true };
        index.add(&record, &entries, now).unwrap();
        let reader = TaxiiReader::open(folder.path()).unwrap();
        reader.behind(number, 0, count).unwrap().iter().map(|row| row.added).collect()
    }

    #[test]
    fn what_a_collection_shows_no_more_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, number) = opened(folder.path(), 1);
        let terms = |from: &[&str]| Terms { from: from.iter().map(ToString::to_string).collect(), ..Terms::default() };
        assert!(index.set_terms("c", &terms(&["*"])).unwrap());
        index.intend(&[intent("K-1", number, None)], 1).unwrap();
        for (originator, id, is_own) in [("KOR", "K-1", true), ("JPN", "J-1", false), ("USA", "U-1", false)] {
            let record = NewRecord { originator, id, digest: &[0; 32], is_own };
            index.add(&record, &[entry(&format!("tool--{id}"))], 1).unwrap();
        }
        let reader = TaxiiReader::open(folder.path()).unwrap();
        let shown =
            |number| -> Vec<String> { reader.behind(number, 0, 10).unwrap().into_iter().map(|row| row.id).collect() };
        let all = ["tool--K-1", "tool--J-1", "tool--U-1"];
        assert_eq!(shown(number), all);
        assert!(index.set_terms("c", &terms(&["USA"])).unwrap());
        assert_eq!(shown(number), ["tool--K-1", "tool--U-1"], "what was posted to it stays");
        assert!(index.set_terms("c", &terms(&[])).unwrap());
        assert_eq!((shown(number), shown(EVERYTHING)), (vec!["tool--K-1".to_owned()], all.map(str::to_owned).to_vec()));
        assert!(!index.set_terms("other", &terms(&[])).unwrap());
    }

    #[test]
    fn a_post_is_settled_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, number) = opened(folder.path(), 1);
        let status = |id: &str, at| StatusRow {
            id: id.to_owned(),
            root: "r".to_owned(),
            poster: "ana".to_owned(),
            at,
            body: "{}".to_owned(),
        };
        index.settle(&[], 1, &[], &status("old", 10), 0).unwrap();
        index.intend(&["K-1", "K-2", "K-3"].map(|record| intent(record, number, None)), 1).unwrap();
        let record = NewRecord { originator: "KOR", id: "K-1", digest: &[0; 32], is_own: true };
        let entries = [entry("tool--1"), entry("tool--2")];
        index.settle(&[(record, &entries)], 1, &["K-2".to_owned()], &status("new", 2_000), 1_500).unwrap();
        assert_eq!(index.intended().unwrap(), ["K-3"], "one has entered, one has not, one is under way");
        let reader = TaxiiReader::open(folder.path()).unwrap();
        assert_eq!(reader.status("old").unwrap(), None);
        assert_eq!(reader.status("new").unwrap(), Some(status("new", 2_000)));
        for collection in [number, EVERYTHING] {
            let rows = reader.behind(collection, 0, 10).unwrap();
            assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["tool--1", "tool--2"]);
        }
        // Who follows the ledger finds that it is there.
        assert!(!index.add(&record, &entries, 2).unwrap());
    }

    #[test]
    fn what_has_one_version_is_known_in_the_order_of_its_collection() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, number) = opened(folder.path(), 1);
        index.intend(&["K-1", "K-2"].map(|record| intent(record, number, None)), 1).unwrap();
        let one = NewRecord { originator: "KOR", id: "K-1", digest: &[0; 32], is_own: true };
        let two = NewRecord { id: "K-2", ..one };
        let elsewhere = NewRecord { id: "K-3", ..one };
        let (once, twice) = ([entry("tool--1"), entry("tool--2")], [entry("tool--2")]);
        index.add_all(&[(one, &once), (two, &twice), (elsewhere, &once)], 1).unwrap();
        let reader = TaxiiReader::open(folder.path()).unwrap();
        let only = |rows: Vec<crate::taxii::EntryRow>| rows.iter().map(|row| row.is_only).collect::<Vec<_>>();
        assert_eq!(only(reader.behind(number, 0, 10).unwrap()), [true, false, false]);
        assert_eq!(only(reader.of_kind(number, "tool", 0, 10).unwrap()), [true, false, false]);
        assert_eq!(only(reader.behind(EVERYTHING, 0, 10).unwrap()), [false; 5]);
        assert_eq!(reader.of_id(number, "tool--2").unwrap().len(), 2);
        assert_eq!(reader.of_record(EVERYTHING, 3).unwrap().len(), 2);
    }

    #[test]
    fn moments_do_not_count_what_lies_between_them() {
        let found = moments(None, 2_000, 1_000_000);
        assert_eq!((found.len(), found[0]), (2_000, 1_000_000));
        let steps: Vec<i64> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (1..=1024).contains(step)), "each later than the one before");
        let long = |from: i64| steps.iter().filter(|step| **step >= from).count();
        // Of all sizes: one step may be as long as what two or ten come to.
        assert!(long(2) > 1_000 && long(10) > 500 && long(100) > 150 && long(500) > 20, "{steps:?}");
    }

    #[test]
    fn moments_that_are_given_are_kept_and_none_is_ahead_of_now() {
        let given = vec![Some(100), Some(200), Some(200), Some(9_000_000), None];
        let found = moments(Some(given), 5, 1_000_000);
        assert_eq!(found[..2], [100, 200]);
        assert!(found[2] > 200 && found[2] <= 200 + 1024);
        assert_eq!(found[3], 1_000_000, "nothing is dated ahead of its coming");
        assert!(found[4] > 1_000_000 && found[4] <= 1_000_000 + 1024);
    }
}
