//! Posts: what is about to be entered for one, and what came of it.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Taxii, TaxiiReader};
use crate::StoreError;

/// A record that is about to be entered for a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The id that it will have.
    pub record: String,
    /// The collection.
    pub collection: i64,
    /// The moments for its objects, in their order, where they were given; in microseconds since 1970.
    pub added: Option<Vec<Option<i64>>>,
}

/// What came of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRow {
    /// Its id, a UUID.
    pub id: String,
    /// The root.
    pub root: String,
    /// Who posted.
    pub poster: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// The resource, as it is served (JSON).
    pub body: String,
}

impl Taxii {
    /// Keeps what is about to be entered, before it is.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn intend(&mut self, intents: &[Intent], now: i64) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for intent in intents {
            let added = intent.added.as_ref().and_then(|added| serde_json::to_string(added).ok());
            transaction
                .prepare_cached("INSERT INTO intent (record, collection, added, at) VALUES (?, ?, ?, ?)")?
                .execute(params![intent.record, intent.collection, added, now])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The records that were about to be entered and do not stand here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn intended(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT record FROM intent ORDER BY at, record")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// They were not entered.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn forget_intents(&mut self, records: &[String]) -> Result<(), StoreError> {
        for record in records {
            self.connection.prepare_cached("DELETE FROM intent WHERE record = ?")?.execute([record])?;
        }
        Ok(())
    }
}

/// Keeps what came of a post.
pub(super) fn keep(transaction: &Transaction<'_>, status: &StatusRow) -> Result<(), StoreError> {
    let StatusRow { id, root, poster, at, body } = status;
    let sql = "INSERT INTO status (id, root, poster, at, body) VALUES (?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![id, root, poster, at, body])?;
    Ok(())
}

/// Forgets what came of posts before `over`, in seconds since the epoch. All that are kept are read for that.
pub(super) fn forget(transaction: &Transaction<'_>, over: i64) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM status WHERE at < ?")?.execute([over])?;
    Ok(())
}

impl TaxiiReader {
    /// What came of the post with that id.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn status(&self, id: &str) -> Result<Option<StatusRow>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, root, poster, at, body FROM status WHERE id = ?")?;
        let row = statement.query_row([id], |row| {
            Ok(StatusRow {
                id: row.get(0)?,
                root: row.get(1)?,
                poster: row.get(2)?,
                at: row.get(3)?,
                body: row.get(4)?,
            })
        });
        Ok(row.optional()?)
    }
}
