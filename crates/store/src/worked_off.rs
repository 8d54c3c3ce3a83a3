//! The write-ahead log is worked into the store's file by a thread of its own. SQLite would do it in the commit that makes the
//! log long enough: then whoever is in that turn waits for some hundred pages and two syncs.
//!
//! The thread never keeps the writer from writing. While the writer does not pause the thread does not catch up with it, and
//! the log cannot begin anew: at a length that is bounded, a commit waits for the thread and works off what is left. Key type:
//! [`Beside`].

use std::{
    ffi::c_int,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
        mpsc,
    },
    thread,
};

use rusqlite::{Connection, hooks::Wal};

use crate::StoreError;

/// After how many more pages of the log the thread begins again: 2 MiB.
const OFTEN: c_int = 512;
/// At how many pages a commit does it itself: 32 MiB.
const MOST: c_int = 8192;

/// The thread, and how long the log is. Dropped, it waits until the thread is over.
pub(crate) struct Beside {
    thread: Option<thread::JoinHandle<()>>,
    bell: mpsc::SyncSender<()>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// How long the log is, in pages.
    pages: AtomicI32,
    /// Held by whoever works the log off: SQLite turns away a second one at once, with nothing done.
    turn: Mutex<()>,
    is_over: AtomicBool,
}

impl Shared {
    /// Works off what no reader stands in the way of. What is not done now is done the next time.
    fn work_off(&self, connection: &Connection) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

impl Beside {
    /// Has the log of `connection` worked off beside it, from a connection of its own to the same file.
    pub(crate) fn start(connection: &mut Connection, file: &Path) -> Result<Self, StoreError> {
        let other = Connection::open(file)?;
        other.pragma_update(None, "wal_autocheckpoint", 0)?;
        // One more ring while it works is enough: it begins again then.
        let (bell, rung) = mpsc::sync_channel(1);
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        let work = move || {
            for () in rung {
                if of_thread.is_over.load(Ordering::Acquire) {
                    break;
                }
                of_thread.work_off(&other);
            }
        };
        let spawned = thread::Builder::new().name("store".into()).spawn(work);
        let thread = spawned.map_err(|source| StoreError::Folder { path: file.to_owned(), source })?;
        let (of_hook, ring, mut rung_at) = (Arc::clone(&shared), bell.clone(), 0);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            of_hook.pages.store(pages, Ordering::Relaxed);
            // The log has begun anew.
            if pages < rung_at {
                rung_at = 0;
            }
            if pages - rung_at >= OFTEN {
                rung_at = pages;
                let _ = ring.try_send(());
            }
            Ok(())
        }))?;
        Ok(Self { thread: Some(thread), bell, shared })
    }

    /// Works off what is left where the thread does not catch up; waits for the thread where it is at it.
    pub(crate) fn bound(&self, connection: &Connection) {
        if self.shared.pages.load(Ordering::Relaxed) >= MOST {
            self.shared.work_off(connection);
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        // Where it has been rung for already, it wakes as well.
        let _ = self.bell.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is one of the hands")]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_log_is_worked_off_beside_and_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.sqlite");
        let mut connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        connection.execute_batch("CREATE TABLE kept (bytes BLOB NOT NULL)").unwrap();
        let beside = Beside::start(&mut connection, &file).unwrap();
        let before = std::fs::metadata(&file).unwrap().len();
        let write = |connection: &Connection, pages: usize| {
            for _ in 0..pages {
                connection.execute("INSERT INTO kept VALUES (zeroblob(4000))", []).unwrap();
                beside.bound(connection);
            }
        };
        // Fewer pages than a commit would work off itself.
        write(&connection, 1500);
        let began = Instant::now();
        while std::fs::metadata(&file).unwrap().len() < before + 512 * 4096 {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing was worked off");
            std::thread::sleep(Duration::from_millis(5));
        }
        write(&connection, 20_000);
        let log = std::fs::metadata(folder.path().join("store.sqlite-wal")).unwrap().len();
        assert!(log < 8300 * 4200, "{log}");
        // In this order: it does not wait for whoever could still ring.
        drop(beside);
        drop(connection);
        assert!(!folder.path().join("store.sqlite-wal").exists(), "closed in good order");
    }
}
