//! What a node keeps. One [`Batch`] is one transaction, synced before [`Store::commit`] returns; a start is
//! [`Store::load`], after a crash as after a stop.
//!
//! The key type is [`Store`], which writes and of which there is one for a folder; any number of [`Reader`]s read
//! beside it. Contents are encrypted with a [`StorageKey`], which is not in the folder.

mod error;
mod erasure;
mod migrate;
mod write;
mod load;
mod read;
mod ledger;
mod copy;
mod large;
mod content;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

pub use content::{AwaitedRow, OfferedRow};
pub use copy::copy;
pub use erasure::{FILE as SECRETS, StorageKey};
pub use error::StoreError;
pub use large::{CONTENTS, Content, LargeReader, LargeWriter};
pub use ledger::{IntervalRow, OpenRow};
pub use read::{AlarmRow, IncomingRow, OutgoingRow, Reader, ReceiptRow};
use rusqlite::Connection;

use entente_node::{Batch, Feed, content::FileName};

use crate::{
    erasure::{ContentKey, Erasure},
    migrate::{ENCRYPTED, VERSION},
};

/// How many content keys are made beyond those that a commit needs. What a crash leaves of them are secrets that open
/// nothing, some sixty bytes each.
const IN_ADVANCE: usize = 64;

/// The one writer of a node's folder.
pub struct Store {
    connection: Connection,
    folder: PathBuf,
    erasure: Erasure,
    storage: StorageKey,
    /// Keys whose secrets are synced and that nothing is sealed under yet: most commits find theirs here.
    spare: Vec<ContentKey>,
    /// Held as long as the store: a second server on the same folder is refused.
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, made anew when there is none. Its contents are encrypted with `storage`.
    ///
    /// # Errors
    /// When another server has the folder, the disk refuses, the file is of a later version, or `storage` is not the key
    /// that it was written with.
    pub fn open(folder: &Path, storage: &StorageKey) -> Result<Self, StoreError> {
        let lock_path = folder.join("lock");
        let io = |source| StoreError::Folder { path: folder.to_owned(), source };
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let mut connection = Connection::open(folder.join(FILE))?;
        let found = migrate::version(&connection)?;
        if found > VERSION {
            return Err(StoreError::Newer { found, known: VERSION });
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What is acknowledged is synced.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // What is destroyed is overwritten, not only forgotten.
        connection.pragma_update(None, "secure_delete", "ON")?;
        // Secrets that are gone are not made anew: what they open would be lost without a word.
        let mut erasure = Erasure::open(folder, storage, found < ENCRYPTED)?;
        migrate::migrate(&mut connection, &mut erasure)?;
        let (folder, storage) = (folder.to_owned(), storage.clone());
        let mut store = Self { connection, folder, erasure, storage, spare: Vec::new(), _lock: lock };
        // A crash may have come between what says that a content is destroyed and its destruction.
        store.destroy_doomed()?;
        large::remove_orphans(&store.folder, &store.connection)?;
        Ok(store)
    }

    /// Whether the store in `folder` has contents that were encrypted: then there is a key that belongs to it.
    pub fn is_encrypted(folder: &Path) -> bool {
        folder.join(erasure::FILE).exists()
    }

    /// Writes batches, in order, in one transaction: all of it is kept and synced, or nothing.
    ///
    /// # Errors
    /// When nothing was kept; the node must then be started again from [`Self::load`].
    pub fn commit(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        if batches.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let needed = batches.iter().flatten().map(write::keys_needed).sum::<usize>();
        self.have_keys(needed)?;
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for op in batches.iter().flatten() {
            // Sealing consumes a key: those left after a failure have sealed nothing.
            write::op(&transaction, op, &mut self.spare)?;
        }
        transaction.commit()?;
        // It is kept by now: a full disk must not be told as if nothing had been. The next start goes on from here.
        self.destroy_doomed().map_err(|error| StoreError::Undestroyed(error.to_string()))
    }

    fn have_keys(&mut self, needed: usize) -> Result<(), StoreError> {
        if needed > self.spare.len() {
            // Some in advance: their secrets are synced on their own, before this commit is, and one sync does for many.
            let missing = needed - self.spare.len();
            self.spare.extend(self.erasure.make(missing + IN_ADVANCE)?);
        }
        Ok(())
    }

    /// The name of a file for a large content that is about to be written, with a key of its own. Nobody speaks of it before
    /// an operation does.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn new_file(&mut self) -> Result<FileName, StoreError> {
        self.have_keys(1)?;
        self.spare.pop().map(ContentKey::into_id).ok_or(StoreError::Cipher)
    }

    /// Destroys the secrets that the store says are to be destroyed. Until this has returned nobody is told that they are.
    fn destroy_doomed(&mut self) -> Result<(), StoreError> {
        let doomed: Vec<Vec<u8>> = {
            let mut statement = self.connection.prepare_cached("SELECT key FROM doomed")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        if !doomed.is_empty() {
            self.erasure.destroy(&doomed)?;
            // The file of a large content says nothing any more; its room is given back.
            doomed.iter().try_for_each(|key| large::remove(&self.folder, key))?;
            self.connection.execute("DELETE FROM doomed", [])?;
        }
        Ok(())
    }

    /// A reader of the same store.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.folder)?.with_key(&self.storage)
    }

    /// How many pages the database may have; for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "max_page_count", pages)?)
    }
}

/// The name of the file with everything but the secrets.
pub const FILE: &str = "store.sqlite";

/// The name of a tree in the tables.
pub(crate) fn outgoing_tree(feed: &Feed) -> String {
    format!("out/{}/{}", feed.partner, feed.lane.as_str())
}

pub(crate) fn incoming_tree(feed: &Feed) -> String {
    format!("in/{}/{}", feed.partner, feed.lane.as_str())
}

pub(crate) const LEDGER_TREE: &str = "ledger";
