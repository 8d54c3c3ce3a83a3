//! What a node serves over TAXII: roots, collections, and an index of the objects of STIX in its records. A file of its own
//! beside the store (`taxii.sqlite`), with a writer of its own: it says where objects stand, and their texts stay in the
//! contents of records, each encrypted under a key that can be destroyed
//! ([why](../../../../docs/decisions/0069-taxii-index.md)).
//!
//! Nothing here decides who may have what. Key types: [`Taxii`], which writes; [`TaxiiReader`], of which there may be many.

mod collection;
mod deletion;
mod entry;
mod post;
mod read;
mod backwards;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use collection::{Collection, Root, Terms};
pub use deletion::Deletion;
pub use entry::{NewEntry, NewRecord, Place};
pub use post::{Intent, StatusRow};
pub use read::{EntryRow, RecordRow, TaxiiReader};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};
use sha2::{Digest, Sha256};

use crate::{StoreError, worked_off::Beside};

/// The name of the file.
pub const FILE: &str = "taxii.sqlite";
/// `Entx`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_7478;
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/taxii/0001.sql"),
    include_str!("../../migrations/taxii/0002.sql"),
    include_str!("../../migrations/taxii/0003.sql"),
];

/// More than the writer has: one post needs nearly all of them, and each that was put away is planned anew.
const STATEMENTS: usize = 64;

/// The number of the collection in which everything stands.
pub const EVERYTHING: i64 = 0;

/// The one writer.
pub struct Taxii {
    /// Works the log of the file off beside the commits.
    beside: Beside,
    connection: Connection,
    /// How often roots and collections were changed.
    changes: Changes,
    /// Before when posts were forgotten last, in seconds since the epoch.
    forgotten: Option<i64>,
}

/// How often roots and collections were changed through a writer: whoever keeps them in memory asks whether they still stand so.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// How often by now. What is read behind this stands so as long as it stays the same.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// What an identifier is looked up by.
pub fn hash_of(id: &str) -> i64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

impl Taxii {
    /// Opens the file in `folder`, made anew when there is none.
    ///
    /// # Errors
    /// When the disk refuses, or the file is of a later version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(folder.join(FILE))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Else a statement is planned anew whenever it is given other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // Identifiers made from addresses and hashes can be guessed: what was recalled is not to be found in free pages.
        connection.pragma_update(None, "secure_delete", "ON")?;
        // In KiB: what is added is found by identifiers that lie anywhere.
        connection.pragma_update(None, "cache_size", -65_536)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
            transaction.execute_batch(migration)?;
        }
        transaction.execute(
            "INSERT OR IGNORE INTO collection (number, root, id, title, terms, last) VALUES (?, NULL, '', '', '{}', 0)",
            [EVERYTHING],
        )?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", known)?;
        transaction.commit()?;
        let beside = Beside::start(&mut connection, &folder.join(FILE))?;
        Ok(Self { beside, connection, changes: Changes::default(), forgotten: None })
    }

    /// How often roots and collections are changed through this writer.
    pub fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// How far the ledger was read for records that came or went: the number of the next statement.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn cursor(&self) -> Result<u64, StoreError> {
        let found: i64 = self.connection.query_row("SELECT statement FROM cursor", [], |row| row.get(0))?;
        Ok(u64::try_from(found).unwrap_or_default())
    }

    /// It was read up to there. Not synced by itself: what a crash takes of it is read again, and finds nothing new.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn read_up_to(&mut self, statement: u64) -> Result<(), StoreError> {
        let number = i64::try_from(statement).unwrap_or(i64::MAX);
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let kept = self.connection.prepare_cached("UPDATE cursor SET statement = ?")?.execute([number]);
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        kept?;
        Ok(())
    }
}

impl TaxiiReader {
    /// A reader of the file in `folder`, beside whoever writes it.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.pragma_update(None, "mmap_size", 1_i64 << 32)?;
        Ok(Self::of(connection))
    }
}
