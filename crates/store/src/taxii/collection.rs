//! Roots and collections.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::{EVERYTHING, Taxii};
use crate::StoreError;

/// An API root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The part of its path.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The longest body of a post, in bytes.
    pub longest: u64,
}

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its number here.
    pub number: i64,
    /// Its root.
    pub root: String,
    /// Its identifier, a UUID.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// Another name in paths.
    pub alias: Option<String>,
    /// What else is known of it.
    pub terms: Terms,
}

/// Who has a collection, and what becomes of its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Who may read: `user:NAME`, `role:ROLE`, `*`.
    pub read: Vec<String>,
    /// Who may write.
    pub write: Vec<String>,
    /// The label of objects that bear no marking.
    pub label: String,
    /// What its objects are about.
    pub subjects: Vec<String>,
    /// Whose records are shown in it, besides what is posted to it: party codes, or `*`.
    pub from: Vec<String>,
    /// To whom what is posted is released, where that is permitted.
    pub to: Vec<String>,
    /// For which purpose.
    pub purpose: String,
}

impl Terms {
    /// Whether records of that party are shown.
    pub fn shows(&self, originator: &str) -> bool {
        self.from.iter().any(|code| code == "*" || code == originator)
    }
}

const COLLECTION: &str = "SELECT number, root, id, title, description, alias, terms FROM collection WHERE number <> 0";

fn collection(row: &Row<'_>) -> rusqlite::Result<Collection> {
    let terms: String = row.get(6)?;
    Ok(Collection {
        number: row.get(0)?,
        root: row.get(1)?,
        id: row.get(2)?,
        title: row.get(3)?,
        description: row.get(4)?,
        alias: row.get(5)?,
        // Terms that cannot be read let nobody in.
        terms: serde_json::from_str(&terms).unwrap_or_default(),
    })
}

pub(super) fn roots(connection: &Connection) -> Result<Vec<Root>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, title, description, longest FROM root ORDER BY rowid")?;
    let rows = statement.query_map([], |row| {
        let longest: i64 = row.get(3)?;
        Ok(Root {
            name: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            longest: u64::try_from(longest).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn collections(connection: &Connection) -> Result<Vec<Collection>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLLECTION} ORDER BY number"))?;
    let rows = statement.query_map([], collection)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Taxii {
    /// Every root, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn roots(&self) -> Result<Vec<Root>, StoreError> {
        roots(&self.connection)
    }

    /// Every collection, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        collections(&self.connection)
    }

    /// Adds a root; whether there was none of that name.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_root(&mut self, root: &Root) -> Result<bool, StoreError> {
        let longest = i64::try_from(root.longest).unwrap_or(i64::MAX);
        let sql = "INSERT OR IGNORE INTO root (name, title, description, longest) VALUES (?, ?, ?, ?)";
        let added = self.connection.execute(sql, params![root.name, root.title, root.description, longest])? == 1;
        self.changes.one_more();
        Ok(added)
    }

    /// Adds a collection, whose number is chosen here, with all that is here already and belongs into it. Nothing when its
    /// identifier, or its alias in the root, is another's.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_collection(&mut self, new: &Collection, now: i64) -> Result<Option<i64>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let terms = serde_json::to_string(&new.terms).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let sql = "INSERT OR IGNORE INTO collection (root, id, title, description, alias, terms, last)
                   VALUES (?, ?, ?, ?, ?, ?, 0)";
        let row = params![new.root, new.id, new.title, new.description, new.alias, terms];
        if transaction.execute(sql, row)? == 0 {
            return Ok(None);
        }
        let number = transaction.last_insert_rowid();
        if !new.terms.from.is_empty() {
            let everyone = new.terms.from.iter().any(|code| code == "*");
            let from = serde_json::to_string(&new.terms.from).unwrap_or_default();
            // Each under a moment of its own, in the order in which they came, which does not count those between (`entry::Steps`).
            let sql = "INSERT INTO entry (collection, added, hash, id, kind, spec, version, record, start, length,
                                          marks, granular, targets, digest)
                       SELECT ?1, ?2 + sum(1 + (random() & ((1 << ((random() & 1023) % 11)) - 1)))
                                       OVER (ORDER BY entry.added ROWS UNBOUNDED PRECEDING), entry.hash, entry.id, kind, spec,
                              version, record, start, length, marks, granular, targets, entry.digest
                       FROM entry JOIN record ON record.number = entry.record
                       WHERE entry.collection = ?3 AND record.home = 0
                       AND (?4 OR record.originator IN (SELECT value FROM json_each(?5)))";
            transaction.execute(sql, params![number, now, EVERYTHING, everyone, from])?;
            let last = "UPDATE collection SET last = coalesce((SELECT max(added) FROM entry WHERE collection = ?1), 0)
                        WHERE number = ?1";
            transaction.execute(last, [number])?;
        }
        transaction.commit()?;
        self.changes.one_more();
        Ok(Some(number))
    }

    /// Gives a collection other terms; whether there is one of that identifier. What came from parties that it shows no more
    /// leaves it; what was posted to it stays.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn set_terms(&mut self, id: &str, terms: &Terms) -> Result<bool, StoreError> {
        let text = serde_json::to_string(terms).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let from = serde_json::to_string(&terms.from).unwrap_or_default();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let set = transaction.execute("UPDATE collection SET terms = ? WHERE id = ?", [text.as_str(), id])? == 1;
        if !terms.from.iter().any(|code| code == "*") {
            let sql =
                "DELETE FROM entry WHERE collection = (SELECT number FROM collection WHERE id = ?1 AND number <> ?2)
                       AND record IN (SELECT number FROM record
                                      WHERE home = 0 AND originator NOT IN (SELECT value FROM json_each(?3)))";
            transaction.execute(sql, params![id, EVERYTHING, from])?;
        }
        transaction.commit()?;
        self.changes.one_more();
        Ok(set)
    }

    /// The collection with that identifier.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn collection(&self, id: &str) -> Result<Option<Collection>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{COLLECTION} AND id = ?"))?;
        Ok(statement.query_row([id], collection).optional()?)
    }
}
