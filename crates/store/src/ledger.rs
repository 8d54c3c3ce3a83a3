//! Reading our ledger: its intervals, its statements, and who has cosigned it.

use entente_log::Hash;
use entente_node::op::Cosigned;
use rusqlite::{OptionalExtension, Row, params};

use crate::{LEDGER_TREE, Reader, StoreError, read::index, write::number};

/// An interval of our ledger that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalRow {
    /// Its leaf's index.
    pub index: u64,
    /// The first moment behind it, in seconds since the epoch.
    pub until: i64,
    /// The number behind that of its last statement.
    pub next: u64,
    /// What stands before the statements in its private tree.
    pub salt: [u8; 32],
}

/// A statement of our ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// Its text: its leaf.
    pub text: String,
    /// What opens the commitments in it; none in those from before there were any.
    pub opening: Option<String>,
}

/// The interval of our ledger that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRow {
    /// The index that its leaf will have.
    pub index: u64,
    /// What stands before the statements in its private tree.
    pub salt: [u8; 32],
    /// The signed head of that tree.
    pub note: String,
}

fn interval(row: &Row<'_>) -> rusqlite::Result<IntervalRow> {
    Ok(IntervalRow { index: index(row.get(0)?), until: row.get(1)?, next: index(row.get(2)?), salt: row.get(3)? })
}

impl Reader {
    /// What we have cosigned of each partner's ledger, the latest alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn witnessed(&self) -> Result<Vec<Cosigned>, StoreError> {
        self.cosignatures("SELECT partner, size, note, at FROM witnessed ORDER BY partner")
    }

    /// What each partner has cosigned of our ledger, the latest alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cosigned(&self) -> Result<Vec<Cosigned>, StoreError> {
        self.cosignatures("SELECT partner, size, note, at FROM cosigned ORDER BY partner")
    }

    fn cosignatures(&self, sql: &str) -> Result<Vec<Cosigned>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(Cosigned {
                partner: row.get::<_, String>(0)?.into(),
                size: index(row.get(1)?),
                note: row.get(2)?,
                at: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The latest checkpoint of our ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ledger_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        self.checkpoint(LEDGER_TREE)
    }

    /// Intervals of our ledger that are over, from `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn intervals(&self, start: u64, count: usize) -> Result<Vec<IntervalRow>, StoreError> {
        let sql = "SELECT idx, until, next, salt FROM interval WHERE idx >= ? ORDER BY idx LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![number(start), limit], interval)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The interval that holds a statement; none while it is not over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn interval_of(&self, statement: u64) -> Result<Option<IntervalRow>, StoreError> {
        let sql = "SELECT idx, until, next, salt FROM interval WHERE next > ? ORDER BY idx LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([number(statement)], interval).optional()?)
    }

    /// The interval of our ledger that is not over; none before the first event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_interval(&self) -> Result<Option<OpenRow>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT idx, salt, note FROM open_interval")?;
        let row = statement
            .query_row([], |row| Ok(OpenRow { index: index(row.get(0)?), salt: row.get(1)?, note: row.get(2)? }));
        Ok(row.optional()?)
    }

    /// A node or leaf of the tree of our ledger.
    pub fn ledger_node(&self, level: u8, at: u64) -> Option<Hash> {
        self.node(LEDGER_TREE, level, at).ok().flatten()
    }

    /// Ledger statements from `start`, at most `count`, each with what opens it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn statement_rows(&self, start: u64, count: usize) -> Result<Vec<StatementRow>, StoreError> {
        let sql = "SELECT text, opening FROM statement WHERE idx >= ? ORDER BY idx LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![number(start), limit], |row| {
            Ok(StatementRow { text: row.get(0)?, opening: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The texts of ledger statements from `start`, at most `count`: their leaves.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn statements(&self, start: u64, count: usize) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT text FROM statement WHERE idx >= ? ORDER BY idx LIMIT ?")?;
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![number(start), limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
