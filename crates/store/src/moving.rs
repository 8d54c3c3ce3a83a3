//! Bringing a store from a file of SQLite into a PostgreSQL database, and back. The node is stopped.
//!
//! What is in force is what the folder says: the database where [`POSTGRES`] is there, the file where it is not. All of it is
//! copied and compared first; then one rename changes which it is; what was in force before is set aside last. A kill at any
//! moment leaves one of the two in force, whole, and the same again finishes it.

#![expect(clippy::disallowed_methods, reason = "one of the hands: it sets files aside, and syncs them")]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    FILE, POSTGRES, Reader, Settings, StoreError,
    engine::{Engine, postgres::Session, sqlite},
    lock, migrate,
    tables::{self, Sum, Table},
};

/// What is added to the name of what was in force before.
const ASIDE: &str = ".moved";

/// What was moved, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it is.
    pub at: String,
    /// How many rows it has; none where it was there already.
    pub rows: Option<u64>,
}

/// Where the store of the node with that folder is, for people, and how many rows it has.
///
/// # Errors
/// When it cannot be read.
pub fn place(folder: &Path) -> Result<Moved, StoreError> {
    let reader = Reader::of_folder(folder)?;
    let tables = tables::all()?;
    let rows = reader.at_one_moment(|| tables::count(&reader.engine, &tables))??;
    let at = match Settings::of_folder(folder)? {
        Some(settings) => settings.to_string(),
        None => folder.join(FILE).display().to_string(),
    };
    Ok(Moved { at, rows: Some(rows) })
}

/// Moves a store into the database that `file` names. `progress` is told how many rows of how many are copied.
///
/// # Errors
/// When a node runs, there is a store there already, or one of the two cannot be read or written: then nothing has changed.
pub fn to_postgres(folder: &Path, file: &Path, progress: impl FnMut(u64, u64)) -> Result<Moved, StoreError> {
    let _lock = lock(folder)?;
    let settings = Settings::read(file)?;
    let at = settings.to_string();
    if let Some(present) = Settings::of_folder(folder)? {
        if present.to_string() != at {
            return Err(StoreError::IsThere { what: format!("the node's store, in {present},") });
        }
        // As a kill between the last two steps leaves it.
        set_file_aside(folder)?;
        return Ok(Moved { at, rows: None });
    }
    let path = folder.join(FILE);
    if !path.exists() {
        return Err(StoreError::Folder { path, source: io::ErrorKind::NotFound.into() });
    }
    let source = sqlite::File::writer(&path)?;
    migrate::readable(source.version()?)?;
    source.check()?;
    let session = Session::writer(&settings.clone().into())?;
    make_room(&session)?;
    let target = Engine::Postgres(session);
    let (source, tables) = (Engine::Sqlite(source), tables::all()?);
    let rows = target.transaction(|| {
        if let Engine::Postgres(session) = &target {
            drop_unused(session, &tables)?;
            migrate::make(session)?;
        }
        source.moment(|| copy(&source, &target, &tables, progress))?
    })?;
    if let Engine::Postgres(session) = &target {
        // Else the server knows nothing of how large they are.
        session.batch(&format!("ANALYZE {}", names(&tables)))?;
    }
    if let Engine::Sqlite(source) = source {
        source.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        drop(source);
    }
    let new = folder.join(format!("{POSTGRES}.new"));
    write(&new, &settings.text())?;
    // From here on the database is in force.
    rename(folder, &new, &folder.join(POSTGRES))?;
    set_file_aside(folder)?;
    Ok(Moved { at, rows: Some(rows) })
}

/// Moves a store from its database into a file in the folder.
///
/// # Errors
/// As [`to_postgres`].
pub fn to_file(folder: &Path, progress: impl FnMut(u64, u64)) -> Result<Moved, StoreError> {
    let _lock = lock(folder)?;
    let (path, at) = (folder.join(FILE), folder.join(FILE).display().to_string());
    let Some(settings) = Settings::of_folder(folder)? else {
        return Ok(Moved { at, rows: None });
    };
    let session = Session::writer(&settings.into())?;
    migrate::readable(migrate::postgres_version(&session)?)?;
    let source = Engine::Postgres(session);
    let new = folder.join(format!("{FILE}.new"));
    remove(&new)?;
    let rows = into_file(&source, &new, progress)?;
    File::open(&new).and_then(|file| file.sync_all()).map_err(failed(&new))?;
    // The log of a file that stood there before is not this one's.
    ["-wal", "-shm"].iter().try_for_each(|end| remove(&folder.join(format!("{FILE}{end}"))))?;
    rename(folder, &new, &path)?;
    // From here on the file is in force.
    rename(folder, &folder.join(POSTGRES), &folder.join(format!("{POSTGRES}{ASIDE}")))?;
    if let Engine::Postgres(session) = &source {
        // Where this fails, whoever moves it there again has to take away what is there.
        let _ = session.batch("UPDATE format SET in_force = 0");
    }
    Ok(Moved { at, rows: Some(rows) })
}

/// Copies all tables, as they are at one moment, into a new file; how many rows there are.
pub(crate) fn into_file(source: &Engine, to: &Path, progress: impl FnMut(u64, u64)) -> Result<u64, StoreError> {
    let mut connection = Connection::open(to)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate::make_file(&mut connection)?;
    let (target, tables) = (Engine::Sqlite(sqlite::File(connection)), tables::all()?);
    let rows = source.moment(|| target.transaction(|| copy(source, &target, &tables, progress)))??;
    if let Engine::Sqlite(file) = &target {
        file.check()?;
    }
    Ok(rows)
}

/// Copies all tables, and compares what came with what was sent.
fn copy(
    source: &Engine,
    target: &Engine,
    tables: &[Table],
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, StoreError> {
    let (all, mut done) = (tables::count(source, tables)?, 0);
    for table in tables {
        table.copy(source, target, || {
            done += 1;
            if done % 1000 == 0 || done == all {
                progress(done, all);
            }
        })?;
    }
    for table in tables {
        let (sent, came): (Sum, Sum) = (table.sum(source)?, table.sum(target)?);
        if sent != came {
            let name = &table.name;
            let message = format!("{name} came with {} rows of {}, or with others", came.rows, sent.rows);
            return Err(StoreError::Damaged(message));
        }
    }
    Ok(all)
}

/// Refuses what a node has written to, and what is somebody else's.
fn make_room(session: &Session) -> Result<(), StoreError> {
    let there = |what: String| Err(StoreError::IsThere { what });
    if migrate::postgres_version(session)? > 0 {
        return match session.first("SELECT in_force FROM format", &[])? {
            Some(0) => Ok(()),
            _ => there(format!("a store that a node has used, in {},", session.settings())),
        };
    }
    let sql = "SELECT count(*) FROM pg_catalog.pg_tables WHERE CAST(schemaname AS TEXT) = $1";
    match session.first(sql, crate::engine::values![session.settings().schema])? {
        Some(0) => Ok(()),
        _ => there(format!("something else, in {},", session.settings())),
    }
}

/// Takes away what was copied once and never used.
fn drop_unused(session: &Session, tables: &[Table]) -> Result<(), StoreError> {
    if migrate::postgres_version(session)? > 0 {
        session.batch(&format!("DROP TABLE IF EXISTS format, {}", names(tables)))?;
    }
    Ok(())
}

fn names(tables: &[Table]) -> String {
    tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn set_file_aside(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(FILE);
    if path.exists() {
        rename(folder, &path, &folder.join(format!("{FILE}{ASIDE}")))?;
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| StoreError::Folder { path: path.clone(), source }
}

fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(failed(path))
}

/// Gives a file another name, on the disk.
fn rename(folder: &Path, from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(failed(to))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}
