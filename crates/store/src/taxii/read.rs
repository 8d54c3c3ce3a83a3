//! Reading the index. Each call is one short read.

use entente_formats::stix::check::Version;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Collection, Root, collection, hash_of};
use crate::StoreError;

/// A reader of the index.
pub struct TaxiiReader {
    pub(super) connection: Connection,
}

/// One version of one object in one collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// The moment under which it was added, in microseconds since 1970.
    pub added: i64,
    /// What its identifier is looked up by.
    pub hash: i64,
    /// Its identifier.
    pub id: String,
    /// Its version of STIX.
    pub spec: Version,
    /// Its version, in microseconds since 1970.
    pub version: i64,
    /// The number of the record that its text stands in.
    pub record: i64,
    /// The first byte of its text in that record's content.
    pub start: i64,
    /// How long its text is, in bytes.
    pub length: i64,
    /// The number of the set of its markings.
    pub marks: i64,
    /// Whether parts of it are marked.
    pub is_granular: bool,
    /// What it points at, as identifiers are looked up.
    pub targets: Vec<i64>,
    /// The first bytes of the SHA-256 of its text.
    pub digest: [u8; 16],
    /// Whether the collection is known to have no other version of it: what is read in the order of a collection says so.
    pub is_only: bool,
}

/// A record whose objects stand here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Its originator.
    pub originator: String,
    /// Its id.
    pub id: String,
    /// SHA-256 of its content.
    pub digest: [u8; 32],
    /// The collection that it was posted to; 0 for none.
    pub home: i64,
}

/// Asks for entries; those that are read in the order of a collection say whether there is no other version.
macro_rules! entries {
    (in order $rest:literal) => {
        entries!(@ "NOT EXISTS (SELECT 1 FROM entry AS other INDEXED BY entry_of_id
                    WHERE other.collection = entry.collection AND other.hash = entry.hash AND other.added <> entry.added)" $rest)
    };
    ($rest:literal) => { entries!(@ "0" $rest) };
    (@ $is_only:literal $rest:literal) => {
        concat!(
            "SELECT added, hash, id, spec, version, record, start, length, marks, granular, targets, digest, ",
            $is_only, " FROM entry ", $rest
        )
    };
}

// By which index is said here: SQLite takes the primary key for the shorter way, and reads a collection from its beginning.
const BEHIND: &str = entries!(in order "WHERE collection = ? AND added > ? ORDER BY added LIMIT ?");
const OF_KIND: &str = entries!(in order "INDEXED BY entry_of_kind WHERE collection = ? AND added > ?
    AND kind = (SELECT number FROM kind WHERE name = ?) ORDER BY added LIMIT ?");
const OF_HASH: &str = entries!("INDEXED BY entry_of_id WHERE collection = ? AND hash = ? ORDER BY added");
const OF_RECORD: &str = entries!("INDEXED BY entry_of_record WHERE record = ? AND collection = ? ORDER BY start");
pub(super) const BEFORE: &str = entries!(in order "WHERE collection = ? AND added < ? ORDER BY added DESC LIMIT ?");
pub(super) const OF_KIND_BEFORE: &str = entries!(in order "INDEXED BY entry_of_kind WHERE collection = ? AND added < ?
    AND kind = (SELECT number FROM kind WHERE name = ?) ORDER BY added DESC LIMIT ?");
pub(super) const ADDED_AT: &str = entries!(in order "WHERE collection = ? AND added = ?");

fn entry(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    let targets = row.get_ref(10)?.as_blob().unwrap_or_default();
    let (targets, _) = targets.as_chunks::<8>();
    let spec: i64 = row.get(3)?;
    Ok(EntryRow {
        added: row.get(0)?,
        hash: row.get(1)?,
        id: row.get(2)?,
        spec: if spec == 20 { Version::V20 } else { Version::V21 },
        version: row.get(4)?,
        record: row.get(5)?,
        start: row.get(6)?,
        length: row.get(7)?,
        marks: row.get(8)?,
        is_granular: row.get(9)?,
        targets: targets.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect(),
        digest: row.get(11)?,
        is_only: row.get(12)?,
    })
}

impl TaxiiReader {
    pub(super) fn of(connection: Connection) -> Self {
        Self { connection }
    }

    /// Every root, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn roots(&self) -> Result<Vec<Root>, StoreError> {
        collection::roots(&self.connection)
    }

    /// Every collection, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        collection::collections(&self.connection)
    }

    /// What was added to a collection behind a moment, in order, at most `count`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn behind(&self, collection: i64, added: i64, count: usize) -> Result<Vec<EntryRow>, StoreError> {
        self.rows(BEHIND, &[&collection, &added, &limit(count)])
    }

    /// The same of one type.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_kind(&self, collection: i64, kind: &str, added: i64, count: usize) -> Result<Vec<EntryRow>, StoreError> {
        self.rows(OF_KIND, &[&collection, &added, &kind, &limit(count)])
    }

    /// Every version of the object with that identifier.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_id(&self, collection: i64, id: &str) -> Result<Vec<EntryRow>, StoreError> {
        let mut rows = self.of_hash(collection, hash_of(id))?;
        rows.retain(|row| row.id == id);
        Ok(rows)
    }

    /// Every version of what is looked up so.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_hash(&self, collection: i64, hash: i64) -> Result<Vec<EntryRow>, StoreError> {
        self.rows(OF_HASH, &[&collection, &hash])
    }

    /// What stands in a collection of one record, in the order of its content.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_record(&self, collection: i64, record: i64) -> Result<Vec<EntryRow>, StoreError> {
        self.rows(OF_RECORD, &[&record, &collection])
    }

    pub(super) fn rows(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<EntryRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The record with that number.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn record(&self, number: i64) -> Result<Option<RecordRow>, StoreError> {
        let sql = "SELECT originator, id, digest, home FROM record WHERE number = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row(params![number], |row| {
            Ok(RecordRow { originator: row.get(0)?, id: row.get(1)?, digest: row.get(2)?, home: row.get(3)? })
        });
        Ok(row.optional()?)
    }

    /// The identifiers of the markings in the set with that number.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no such set: what marks an object must not be lost.
    pub fn marks(&self, number: i64) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT ids FROM marks WHERE number = ?";
        let text: String = self.connection.prepare_cached(sql)?.query_row([number], |row| row.get(0))?;
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("markings {number}: {error}")))
    }
}

pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxii::Taxii;

    #[test]
    fn what_is_read_costs_no_more_where_there_is_more() {
        let folder = tempfile::tempdir().unwrap();
        Taxii::open(folder.path()).unwrap();
        let reader = TaxiiReader::open(folder.path()).unwrap();
        for (sql, way) in [
            (BEHIND, "SEARCH entry USING PRIMARY KEY (collection=? AND added>?)"),
            (OF_KIND, "SEARCH entry USING INDEX entry_of_kind (collection=? AND kind=? AND added>?)"),
            (OF_HASH, "SEARCH entry USING INDEX entry_of_id (hash=? AND collection=?)"),
            (OF_RECORD, "SEARCH entry USING INDEX entry_of_record (record=? AND collection=?)"),
        ] {
            let mut statement = reader.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let nothing = vec![0; statement.parameter_count()];
            let rows = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
            let plan: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
            assert_eq!(plan[0], way, "{sql}");
            let others = "SEARCH other USING COVERING INDEX entry_of_id (hash=? AND collection=?)";
            assert_eq!(plan.iter().any(|step| step == others), sql.contains("other"), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("SCAN ")), "{plan:?}");
        }
    }
}
