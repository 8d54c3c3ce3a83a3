//! What a node keeps. One [`Batch`] is one transaction, synced before [`Store::commit`] returns; a start is
//! [`Store::load`], after a crash as after a stop.
//!
//! The key type is [`Store`], which writes and of which there is one for a folder; any number of [`Reader`]s read
//! beside it.

mod error;
mod write;
mod load;
mod read;
mod ledger;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

pub use error::StoreError;
pub use ledger::{IntervalRow, OpenRow};
pub use read::{AlarmRow, IncomingRow, OutgoingRow, Reader, ReceiptRow};
use rusqlite::Connection;

use entente_node::{Batch, Feed};

/// The version of the tables: the number of the last migration.
pub(crate) const VERSION: i64 = 5;
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
];
/// `Entn`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_746e;

/// The one writer of a node's folder.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Held as long as the store: a second server on the same folder is refused.
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, made anew when there is none.
    ///
    /// # Errors
    /// When another server has the folder, the disk refuses, or the file is of a later version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock_path = folder.join("lock");
        let io = |source| StoreError::Folder { path: folder.to_owned(), source };
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let path = folder.join("store.sqlite");
        let mut connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What is acknowledged is synced.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // What is destroyed is overwritten, not only forgotten.
        connection.pragma_update(None, "secure_delete", "ON")?;
        migrate(&mut connection)?;
        Ok(Self { connection, path, _lock: lock })
    }

    /// Writes batches, in order, in one transaction: all of it is kept and synced, or nothing.
    ///
    /// # Errors
    /// When nothing was kept; the node must then be started again from [`Self::load`].
    pub fn commit(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        if batches.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for op in batches.iter().flatten() {
            write::op(&transaction, op)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// A reader of the same store.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.path)
    }

    /// How many pages the database may have; for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "max_page_count", pages)?)
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    let done = usize::try_from(found).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// The name of a tree in the tables.
pub(crate) fn outgoing_tree(feed: &Feed) -> String {
    format!("out/{}/{}", feed.partner, feed.lane.as_str())
}

pub(crate) fn incoming_tree(feed: &Feed) -> String {
    format!("in/{}/{}", feed.partner, feed.lane.as_str())
}

pub(crate) const LEDGER_TREE: &str = "ledger";
