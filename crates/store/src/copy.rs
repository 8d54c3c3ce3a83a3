//! A consistent copy of a store, beside whoever writes it.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::{
    FILE, Reader, Settings, StoreError,
    engine::{Engine, postgres::Readers, values},
    erasure, large, moving, people, taxii,
};

/// How many pages are copied between two words on how far it is.
const STEP: i32 = 4096;

/// Copies the store in `folder` into the folder `to`, which has none, and the secrets that open its contents into the file
/// `secrets`: never anywhere else, for what is deleted from a medium is on it still. `progress` is told how many parts of how
/// many of the store are there. The copy is a file of SQLite, whichever engine has the store.
///
/// The store is copied first: the secret of all that is in the copy is older than the copy.
///
/// # Errors
/// When one of the two cannot be read or written, or the copy is not whole.
pub fn copy(folder: &Path, to: &Path, secrets: &Path, mut progress: impl FnMut(i32, i32)) -> Result<(), StoreError> {
    match Settings::of_folder(folder)? {
        None => copy_file(&folder.join(FILE), &to.join(FILE), &mut progress)?,
        Some(settings) => {
            let parts = |rows: u64| i32::try_from(rows).unwrap_or(i32::MAX);
            let source = Engine::Pooled(Readers::of(settings.into()));
            moving::into_file(&source, &to.join(FILE), |done, all| progress(parts(done), parts(all)))?;
        }
    }
    copy_file(&folder.join(erasure::FILE), secrets, &mut |_, _| {})?;
    // Where objects stand. It may speak of records that came behind the copied store: those are not there, and nobody sees them.
    if folder.join(taxii::FILE).exists() {
        copy_file(&folder.join(taxii::FILE), &to.join(taxii::FILE), &mut progress)?;
    }
    copy_contents(folder, to, &mut progress)
}

/// Copies the accounts in `folder` into the folder `to`, which has none: who may come in, and with what. Not who is in: sessions,
/// tokens, links and known browsers, which may be taken away at any time, are not in the copy, so that none of them comes back. Whether
/// there were accounts.
///
/// # Errors
/// When they cannot be read or written, or the copy is not whole.
pub fn copy_people(folder: &Path, to: &Path) -> Result<bool, StoreError> {
    let (from, to) = (folder.join(people::FILE), to.join(people::FILE));
    if !from.exists() {
        return Ok(false);
    }
    copy_file(&from, &to, &mut |_, _| {})?;
    let copied = Connection::open(&to)?;
    // Overwritten where they stood, and nothing of them beside it.
    copied.pragma_update(None, "secure_delete", "ON")?;
    for table in ["session", "token", "invitation", "browser", "once"] {
        copied.execute(&format!("DELETE FROM {table}"), [])?;
    }
    copied.execute_batch("VACUUM")?;
    Ok(true)
}

/// Copies the large contents that the copied store speaks of. One that was destroyed meanwhile is not there, and its secret
/// is not either.
#[expect(clippy::disallowed_methods, reason = "one of the hands: it copies files")]
fn copy_contents(folder: &Path, to: &Path, progress: &mut impl FnMut(i32, i32)) -> Result<(), StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Folder { path, source }
    };
    let copied = Connection::open_with_flags(to.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let files: Vec<Vec<u8>> = {
        let mut statement = copied.prepare("SELECT key FROM large ORDER BY key")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    if files.is_empty() {
        return Ok(());
    }
    let target = to.join(large::CONTENTS);
    DirBuilder::new().recursive(true).mode(0o700).create(&target).map_err(failed(&target))?;
    let all = i32::try_from(files.len()).unwrap_or(i32::MAX);
    for (done, file) in (1..).zip(&files) {
        let (from, to) = (large::path_of(folder, file), large::path_of(to, file));
        match File::open(&from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_kept(folder, file)? => {}
            source => {
                let mut source = source.map_err(failed(&from))?;
                let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&to);
                let mut copy = options.map_err(failed(&to))?;
                io::copy(&mut source, &mut copy).and_then(|_| copy.sync_all()).map_err(failed(&to))?;
            }
        }
        progress(done, all);
    }
    File::open(&target).and_then(|folder| folder.sync_all()).map_err(failed(&target))
}

/// Whether the store still speaks of a file.
fn is_kept(folder: &Path, file: &[u8]) -> Result<bool, StoreError> {
    Reader::open(folder)?.engine.exists("SELECT 1 FROM large WHERE key = $1", values![file])
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
