//! Deletions that are under way: kept before their first effect, so that one which a stop cut off is carried to its end.

use rusqlite::{Row, TransactionBehavior, params};

use super::Taxii;
use crate::StoreError;

/// A deletion of objects out of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its number here.
    pub number: i64,
    /// The number of the record that is taken apart.
    pub record: i64,
    /// The first bytes of its objects that go.
    pub gone: Vec<i64>,
    /// The record that the others enter in, where they do.
    pub rest: Option<String>,
    /// The first byte of each of the others in the one record, and in the other.
    pub moved: Vec<(i64, i64)>,
    /// Who deletes: the account.
    pub name: String,
    /// How that one came in.
    pub way: String,
}

fn deletion(row: &Row<'_>) -> rusqlite::Result<(Deletion, String, String)> {
    let deletion = Deletion {
        number: row.get(0)?,
        record: row.get(1)?,
        gone: Vec::new(),
        rest: row.get(3)?,
        moved: Vec::new(),
        name: row.get(5)?,
        way: row.get(6)?,
    };
    Ok((deletion, row.get(2)?, row.get(4)?))
}

impl Taxii {
    /// Keeps what is about to be deleted, before it is; `home` is the collection that the record was posted to, 0 for none, which
    /// the rest of it stays in. Its number.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn begin_deletion(&mut self, new: &Deletion, home: i64, now: i64) -> Result<i64, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let text = |value: serde_json::Result<String>| value.map_err(|error| StoreError::Damaged(error.to_string()));
        let (gone, moved) = (text(serde_json::to_string(&new.gone))?, text(serde_json::to_string(&new.moved))?);
        let sql = "INSERT INTO deletion (record, gone, rest, moved, name, way) VALUES (?, ?, ?, ?, ?, ?)";
        let row = params![new.record, gone, new.rest, moved, new.name, new.way];
        transaction.prepare_cached(sql)?.execute(row)?;
        let number = transaction.last_insert_rowid();
        if let Some(rest) = new.rest.as_ref().filter(|_| home != 0) {
            transaction
                .prepare_cached("INSERT INTO intent (record, collection, added, at) VALUES (?, ?, NULL, ?)")?
                .execute(params![rest, home, now])?;
        }
        transaction.commit()?;
        Ok(number)
    }

    /// The deletions that are under way, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn deletions(&self) -> Result<Vec<Deletion>, StoreError> {
        let sql = "SELECT number, record, gone, rest, moved, name, way FROM deletion ORDER BY number";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], deletion)?.collect::<Result<Vec<_>, _>>()?;
        let damaged = |error: serde_json::Error| StoreError::Damaged(format!("a deletion: {error}"));
        rows.into_iter()
            .map(|(deletion, gone, moved)| {
                let gone = serde_json::from_str(&gone).map_err(damaged)?;
                Ok(Deletion { gone, moved: serde_json::from_str(&moved).map_err(damaged)?, ..deletion })
            })
            .collect()
    }

    /// A deletion has come to its end, and what goes is in no collection any more; or it has come to nothing.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn end_deletion(&mut self, deletion: &Deletion, is_done: bool) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for start in deletion.gone.iter().filter(|_| is_done) {
            transaction
                .prepare_cached("DELETE FROM entry WHERE record = ? AND start = ?")?
                .execute([deletion.record, *start])?;
        }
        transaction.prepare_cached("DELETE FROM deletion WHERE number = ?")?.execute([deletion.number])?;
        if let Some(rest) = &deletion.rest {
            transaction.prepare_cached("DELETE FROM intent WHERE record = ?")?.execute([rest])?;
        }
        transaction.commit()?;
        Ok(())
    }
}
