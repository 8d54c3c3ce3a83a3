//! The index read from its end, and which versions point at what: for people, who look at the newest first.

use rusqlite::params;

use super::{
    EVERYTHING, TaxiiReader,
    read::{ADDED_AT, BEFORE, EntryRow, OF_KIND_BEFORE, limit},
};
use crate::StoreError;

impl TaxiiReader {
    /// What was added to a collection before a moment, the newest first, at most `count`; of one type, where one is named.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn before(
        &self,
        collection: i64,
        kind: Option<&str>,
        added: i64,
        count: usize,
    ) -> Result<Vec<EntryRow>, StoreError> {
        match kind {
            None => self.rows(BEFORE, &[&collection, &added, &limit(count)]),
            Some(kind) => self.rows(OF_KIND_BEFORE, &[&collection, &added, &kind, &limit(count)]),
        }
    }

    /// The version that was added to the collection of everything at a moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn added_at(&self, added: i64) -> Result<Option<EntryRow>, StoreError> {
        Ok(self.rows(ADDED_AT, &[&EVERYTHING, &added])?.pop())
    }

    /// What versions point at that were added to the collection of everything behind a moment: the moment of each, and what it
    /// points at, as identifiers are looked up; at most `count` versions, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pointers(&self, behind: i64, count: usize) -> Result<Vec<(i64, Vec<i64>)>, StoreError> {
        let sql = "SELECT added, targets FROM entry WHERE collection = ? AND added > ? ORDER BY added LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![EVERYTHING, behind, limit(count)], |row| {
            let (targets, _) = row.get_ref(1)?.as_blob().unwrap_or_default().as_chunks::<8>();
            Ok((row.get(0)?, targets.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use entente_formats::stix::check::Version;

    use super::*;
    use crate::taxii::{NewEntry, NewRecord, Taxii, hash_of};

    #[test]
    fn the_newest_come_first_and_what_points_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Taxii::open(folder.path()).unwrap();
        let names: Vec<u8> = ["tool--1", "tool--2"].iter().flat_map(|id| hash_of(id).to_be_bytes()).collect();
        let entry = |id, kind, targets| NewEntry {
            id,
            hash: hash_of(id),
            kind,
            spec: Version::V21,
            version: Some(1),
            start: 0,
            length: 2,
            markings: Vec::new(),
            is_granular: false,
            targets,
            digest: [0; 32],
        };
        let entries = [entry("tool--1", "tool", &[]), entry("note--1", "note", &names), entry("tool--2", "tool", &[])];
        let record = NewRecord { originator: "KOR", id: "K-1", digest: &[0; 32], is_own: true };
        index.add(&record, &entries, 1_000_000).unwrap();
        let reader = TaxiiReader::open(folder.path()).unwrap();
        let ids = |rows: Vec<EntryRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        let all = reader.before(EVERYTHING, None, i64::MAX, 9).unwrap();
        let second = all[1].added;
        assert_eq!(ids(all), ["tool--2", "note--1", "tool--1"]);
        assert_eq!(ids(reader.before(EVERYTHING, None, second, 9).unwrap()), ["tool--1"], "strictly before");
        assert_eq!(ids(reader.before(EVERYTHING, Some("tool"), i64::MAX, 1).unwrap()), ["tool--2"]);
        assert!(reader.before(EVERYTHING, Some("nothing"), i64::MAX, 9).unwrap().is_empty());
        let pointers = reader.pointers(i64::MIN, 9).unwrap();
        assert_eq!(pointers[1], (second, vec![hash_of("tool--1"), hash_of("tool--2")]));
        assert_eq!(reader.pointers(second, 9).unwrap().len(), 1);
        assert_eq!(reader.added_at(second).unwrap().unwrap().id, "note--1");
        assert_eq!(reader.added_at(7).unwrap(), None);
    }
}
