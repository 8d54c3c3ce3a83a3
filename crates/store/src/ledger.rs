//! Reading our ledger: its intervals, its statements, and who has cosigned it.

use crate::{
    Reader, StoreError,
    engine::{Row, values},
    ledger_tree,
    read::index,
    write::number,
};
use entente_log::Hash;
use entente_node::{op::Cosigned, restore::Restoring};

/// An interval of our ledger that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalRow {
    /// Its number among those of all volumes.
    pub number: u64,
    /// The volume of the ledger that it is in.
    pub volume: u64,
    /// Its leaf's index in that volume.
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

fn interval(row: &Row<'_>) -> Result<IntervalRow, StoreError> {
    Ok(IntervalRow {
        number: index(row.get(0)?),
        volume: index(row.get(1)?),
        index: index(row.get(2)?),
        until: row.get(3)?,
        next: index(row.get(4)?),
        salt: row.get(5)?,
    })
}

const COLUMNS: &str = "idx, volume, leaf, until, next, salt";

impl Reader {
    /// What we have cosigned of each partner's ledger, the latest alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn witnessed(&self) -> Result<Vec<Cosigned>, StoreError> {
        self.cosignatures("SELECT partner, size, note, at FROM witnessed ORDER BY partner")
    }

    /// What each partner has cosigned of our ledger, the latest alone of each volume.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cosigned(&self) -> Result<Vec<Cosigned>, StoreError> {
        self.cosignatures("SELECT partner, size, note, at FROM cosigned ORDER BY partner, origin")
    }

    /// The same of the last volume alone: the one that grows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn cosigned_last(&self) -> Result<Vec<Cosigned>, StoreError> {
        let (last, mut cosigned) = (self.ledger_checkpoint()?, self.cosigned()?);
        let origin = last.as_ref().and_then(|(_, note)| note.lines().next());
        cosigned.retain(|cosigned| cosigned.note.lines().next() == origin);
        Ok(cosigned)
    }

    fn cosignatures(&self, sql: &str) -> Result<Vec<Cosigned>, StoreError> {
        self.engine.rows(sql, &[], |row| {
            Ok(Cosigned {
                partner: row.get::<String>(0)?.into(),
                size: index(row.get(1)?),
                note: row.get(2)?,
                at: row.get(3)?,
            })
        })
    }

    /// How a restore stands; nothing where the node was never restored.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn restoring(&self) -> Result<Option<Restoring>, StoreError> {
        let text: Option<String> = self.engine.row("SELECT state FROM restoring", &[], |row| row.get(0))?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.map_err(|error| StoreError::Damaged(error.to_string()))
    }

    /// The volumes of our ledger, the first being 0.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn volumes(&self) -> Result<Vec<u64>, StoreError> {
        self.engine.rows("SELECT 0 UNION SELECT number FROM volume ORDER BY 1", &[], |row| Ok(index(row.get(0)?)))
    }

    /// The last volume of our ledger: the one that grows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn volume(&self) -> Result<u64, StoreError> {
        Ok(index(self.engine.one("SELECT coalesce(max(number), 0) FROM volume", &[])?))
    }

    /// The latest checkpoint of a volume of our ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn volume_checkpoint(&self, volume: u64) -> Result<Option<(u64, String)>, StoreError> {
        self.checkpoint(&ledger_tree(volume))
    }

    /// The latest checkpoint of our ledger: of its last volume.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ledger_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        self.volume_checkpoint(self.volume()?)
    }

    /// Intervals of our ledger that are over, of all volumes, from the one with number `start`, at most `count`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn intervals(&self, start: u64, count: usize) -> Result<Vec<IntervalRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM interval WHERE idx >= $1 ORDER BY idx LIMIT $2");
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        self.engine.rows(&sql, values![number(start), limit], interval)
    }

    /// The interval that holds a statement; none while it is not over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn interval_of(&self, statement: u64) -> Result<Option<IntervalRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM interval WHERE next > $1 ORDER BY idx LIMIT 1");
        self.engine.row(&sql, values![number(statement)], interval)
    }

    /// The interval of our ledger that is not over; none before the first event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_interval(&self) -> Result<Option<OpenRow>, StoreError> {
        self.engine.row("SELECT idx, salt, note FROM open_interval", &[], |row| {
            Ok(OpenRow { index: index(row.get(0)?), salt: row.get(1)?, note: row.get(2)? })
        })
    }

    /// A node or leaf of the tree of a volume of our ledger.
    pub fn volume_node(&self, volume: u64, level: u8, at: u64) -> Option<Hash> {
        self.node(&ledger_tree(volume), level, at).ok().flatten()
    }

    /// A node or leaf of the tree of our ledger: of its last volume.
    pub fn ledger_node(&self, level: u8, at: u64) -> Option<Hash> {
        self.volume_node(self.volume().ok()?, level, at)
    }

    /// Ledger statements from `start`, at most `count`, each with what opens it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn statement_rows(&self, start: u64, count: usize) -> Result<Vec<StatementRow>, StoreError> {
        let sql = "SELECT text, opening FROM statement WHERE idx >= $1 ORDER BY idx LIMIT $2";
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        self.engine.rows(sql, values![number(start), limit], |row| {
            Ok(StatementRow { text: row.get(0)?, opening: row.get(1)? })
        })
    }

    /// The texts of ledger statements from `start`, at most `count`: their leaves.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn statements(&self, start: u64, count: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT text FROM statement WHERE idx >= $1 ORDER BY idx LIMIT $2";
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        self.engine.rows(sql, values![number(start), limit], |row| row.get(0))
    }
}
