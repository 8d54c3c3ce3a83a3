//! A consistent copy of a store, beside whoever writes it.

use std::{path::Path, time::Duration};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::{FILE, StoreError, erasure};

/// How many pages are copied between two words on how far it is.
const STEP: i32 = 4096;

/// Copies the store in `folder`, and the secrets that open its contents, into the folder `to`, which has none. `progress` is
/// told how many parts of how many of the store are there.
///
/// The store is copied first: the secret of all that is in the copy is older than the copy.
///
/// # Errors
/// When one of the two cannot be read or written, or the copy is not whole.
pub fn copy(folder: &Path, to: &Path, mut progress: impl FnMut(i32, i32)) -> Result<(), StoreError> {
    copy_file(&folder.join(FILE), &to.join(FILE), &mut progress)?;
    copy_file(&folder.join(erasure::FILE), &to.join(erasure::FILE), &mut |_, _| {})
}

#[expect(clippy::disallowed_methods, reason = "one of the hands: it waits for who writes the file that it copies")]
fn copy_file(from: &Path, to: &Path, progress: &mut impl FnMut(i32, i32)) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    source.busy_timeout(Duration::from_secs(5))?;
    // One look for the whole copy: otherwise every write meanwhile would begin it anew.
    source.execute_batch("BEGIN; SELECT 1 FROM sqlite_schema")?;
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            match backup.step(STEP)? {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
            let state = backup.progress();
            progress(state.pagecount - state.remaining, state.pagecount);
        }
    }
    // One file, which can be read where nothing can be written.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    let whole: String = target.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if whole == "ok" { Ok(()) } else { Err(StoreError::Damaged(whole)) }
}
