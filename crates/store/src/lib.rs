//! What a node keeps. One [`Batch`] is one transaction, synced before [`Store::commit`] returns; a start is
//! [`Store::load`], after a crash as after a stop.
//!
//! Its tables are in a file of SQLite in the folder, or in a PostgreSQL database that a file in the folder names; everything
//! else is in the folder, whichever it is ([why](../../../docs/decisions/0130-one-sql-for-two-engines.md)).
//!
//! The key type is [`Store`], which writes and of which there is one for a folder; any number of [`Reader`]s read
//! beside it. Contents are encrypted with a [`StorageKey`], which is not in the folder.

mod error;
mod engine;
mod erasure;
mod heads;
mod migrate;
mod tables;
mod write;
mod load;
mod read;
mod ledger;
mod copy;
pub mod moving;
pub mod people;
pub mod taxii;
mod large;
mod content;
mod worked_off;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

pub use content::{AwaitedRow, OfferedRow};
pub use copy::{copy, copy_people};
pub use engine::postgres::{FILE as POSTGRES, Settings};
use entente_node::{Batch, Feed, Op, content::FileName};
pub use erasure::{FILE as SECRETS, StorageKey};
pub use error::StoreError;
pub use heads::{FILES as HEADS, Standing};
pub use large::{CONTENTS, Content, LargeReader, LargeWriter};
pub use ledger::{IntervalRow, OpenRow, StatementRow};
pub use read::{AlarmRow, IncomingRow, OutgoingRow, Reader, ReceiptRow, SignedKind};

use crate::{
    engine::{Engine, postgres::Session, sqlite},
    erasure::{ContentKey, Erasure},
    heads::Heads,
    migrate::{ENCRYPTED, VERSION},
    worked_off::Beside,
};

/// How many content keys are made beyond those that a commit needs. What a crash leaves of them are secrets that open
/// nothing, some sixty bytes each.
const IN_ADVANCE: usize = 128;

/// The one writer of a node's folder.
pub struct Store {
    engine: Engine,
    /// What works the write-ahead log off, where that is not left to commits.
    beside: Option<Beside>,
    folder: PathBuf,
    erasure: Erasure,
    storage: StorageKey,
    /// Keys whose secrets are synced and that nothing is sealed under yet: most commits find theirs here.
    spare: Vec<ContentKey>,
    /// How far this node has signed, in a file of its own; and whether the store knows that there is one.
    heads: Heads,
    has_heads: bool,
    /// Whether all that is kept is synced.
    is_synced: bool,
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
        let lock = lock(folder)?;
        let (engine, erasure) = match Settings::of_folder(folder)? {
            Some(settings) => open_postgres(folder, settings, storage)?,
            None => open_file(folder, storage)?,
        };
        let mut heads = Heads::open(folder)?;
        heads.follow(heads::of_store(&engine)?)?;
        let has_heads = heads::are_expected(&engine)?;
        let (folder, storage) = (folder.to_owned(), storage.clone());
        let (spare, beside, is_synced) = (Vec::new(), None, true);
        let mut store =
            Self { engine, beside, folder, erasure, storage, spare, heads, has_heads, is_synced, _lock: lock };
        // A crash may have come between what says that a content is destroyed and its destruction.
        store.destroy_doomed()?;
        large::remove_orphans(&store.folder, &store.engine)?;
        Ok(store)
    }

    /// Has the write-ahead log of SQLite worked off beside the commits, by a thread of its own. PostgreSQL does that by itself.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn work_off_beside(&mut self) -> Result<(), StoreError> {
        if let Engine::Sqlite(file) = &mut self.engine {
            self.beside = Some(Beside::start(&mut file.0, &self.folder.join(FILE))?);
        }
        Ok(())
    }

    /// Makes keys for what comes next while nothing else is to be done, so that no commit waits for them.
    ///
    /// # Errors
    /// When the disk refuses: nothing is lost by that.
    pub fn make_ready(&mut self) -> Result<(), StoreError> {
        if self.spare.len() < IN_ADVANCE { self.have_keys(IN_ADVANCE) } else { Ok(()) }
    }

    /// How the store stands to the heads beside it: behind them it is an older copy of itself.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        if self.heads.is_empty() {
            return Ok(if self.has_heads { Standing::Missing } else { Standing::Level });
        }
        let beyond = self.heads.beyond(&heads::of_store(&self.engine)?);
        Ok(if beyond.is_empty() { Standing::Level } else { Standing::Behind(beyond) })
    }

    /// Whether the store in `folder` has contents that were encrypted: then there is a key that belongs to it.
    pub fn is_encrypted(folder: &Path) -> bool {
        folder.join(erasure::FILE).exists()
    }

    /// Writes batches, in order, in one transaction: all of it is kept, or nothing; and synced, but for receipts alone.
    ///
    /// What a partner has receipted it says again whenever it is asked, and nobody is answered because of it: receipts are
    /// synced with what comes next ([why](../../../docs/decisions/0131-receipts-are-synced-with-what-comes-next.md)).
    ///
    /// # Errors
    /// When nothing was kept; the node must then be started again from [`Self::load`].
    pub fn commit(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        if batches.iter().all(Vec::is_empty) {
            return Ok(());
        }
        self.sync_commits(!batches.iter().flatten().all(|op| matches!(op, Op::Receipt { .. })))?;
        // Before anything is kept: what forks a log must not be.
        let news = self.heads.news(batches)?;
        let needed = batches.iter().flatten().map(write::keys_needed).sum::<usize>();
        self.have_keys(needed)?;
        let (engine, spare) = (&self.engine, &mut self.spare);
        engine.transaction(|| {
            // Sealing consumes a key: those left after a failure have sealed nothing.
            batches.iter().flatten().try_for_each(|op| write::op(engine, op, spare))?;
            if !news.is_empty() && !self.has_heads {
                engine.execute("INSERT INTO has_heads (\"only\") VALUES (1) ON CONFLICT DO NOTHING", &[])?;
            }
            Ok(())
        })?;
        if let (Some(beside), Engine::Sqlite(file)) = (&self.beside, &self.engine) {
            beside.bound(&file.0);
        }
        self.keep_heads(news, batches)?;
        // Else there is nothing to look for, which on PostgreSQL would be one wait more.
        if !batches.iter().flatten().any(write::may_doom) {
            return Ok(());
        }
        // It is kept by now: a full disk must not be told as if nothing had been. The next start goes on from here.
        self.destroy_doomed().map_err(|error| StoreError::Undestroyed(error.to_string()))
    }

    /// Whether the commits from now on are synced before they return, with all that was kept before them.
    fn sync_commits(&mut self, are_synced: bool) -> Result<(), StoreError> {
        if self.is_synced != are_synced {
            self.engine.sync_commits(are_synced)?;
            self.is_synced = are_synced;
        }
        Ok(())
    }

    /// Whether all that is kept is synced: it is, but for receipts behind everything else.
    pub fn is_synced(&self) -> bool {
        self.is_synced
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

    /// Brings the heads up to what is kept by now, before anybody is answered.
    fn keep_heads(&mut self, news: heads::Sizes, batches: &[Batch]) -> Result<(), StoreError> {
        let is_done = |op: &Op| matches!(op, Op::Restoring(restoring) if restoring.done.is_some());
        let is_first = !news.is_empty() && self.heads.is_empty();
        self.has_heads |= !news.is_empty();
        if is_first || batches.iter().flatten().any(is_done) {
            // All that an older version had signed, or all that there is once partners have said how far they are.
            return self.heads.replace(heads::of_store(&self.engine)?);
        }
        self.heads.add(news)
    }

    /// Destroys the secrets that the store says are to be destroyed. Until this has returned nobody is told that they are.
    fn destroy_doomed(&mut self) -> Result<(), StoreError> {
        let doomed: Vec<Vec<u8>> = self.engine.rows("SELECT key FROM doomed", &[], |row| row.get(0))?;
        if !doomed.is_empty() {
            self.erasure.destroy(&doomed)?;
            // The file of a large content says nothing any more; its room is given back.
            doomed.iter().try_for_each(|key| large::remove(&self.folder, key))?;
            self.engine.execute("DELETE FROM doomed", &[])?;
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

    /// How many pages the file may have; for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(file) => Ok(file.0.pragma_update(None, "max_page_count", pages)?),
            _ => Err(StoreError::Damaged("only a file has pages".to_owned())),
        }
    }
}

/// Held as long as the folder is used.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let io = |source| StoreError::Folder { path: folder.to_owned(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// What is kept in the folder itself, with the secrets beside it.
fn open_file(folder: &Path, storage: &StorageKey) -> Result<(Engine, Erasure), StoreError> {
    let mut file = sqlite::File::writer(&folder.join(FILE))?;
    let found = file.version()?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    file.sync_commits(true)?;
    let connection = &mut file.0;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is destroyed is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // Secrets that are gone are not made anew: what they open would be lost without a word.
    let mut erasure = Erasure::open(folder, storage, found < ENCRYPTED)?;
    migrate::migrate(connection, &mut erasure)?;
    Ok((Engine::Sqlite(file), erasure))
}

/// What is kept in a database, with the secrets in the folder.
fn open_postgres(folder: &Path, settings: Settings, storage: &StorageKey) -> Result<(Engine, Erasure), StoreError> {
    let session = Session::writer(&settings.into())?;
    let is_new = migrate::postgres_version(&session)? == 0;
    let erasure = Erasure::open(folder, storage, is_new)?;
    migrate::begin(&session)?;
    Ok((Engine::Postgres(session), erasure))
}

/// Whether there is a store for the node with that folder, wherever its tables are.
pub fn is_there(folder: &Path) -> bool {
    folder.join(FILE).exists() || folder.join(POSTGRES).exists()
}

/// The name of the file with everything but the secrets, where it is not in a database.
pub const FILE: &str = "store.sqlite";

/// The name of a tree in the tables.
pub(crate) fn outgoing_tree(feed: &Feed) -> String {
    format!("out/{}/{}", feed.partner, feed.lane.as_str())
}

pub(crate) fn incoming_tree(feed: &Feed) -> String {
    format!("in/{}/{}", feed.partner, feed.lane.as_str())
}

/// The tree of a volume of our ledger.
pub(crate) fn ledger_tree(volume: u64) -> String {
    if volume == 0 { "ledger".to_owned() } else { format!("ledger.{volume}") }
}
