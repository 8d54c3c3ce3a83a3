//! Bringing a store of an older version up to date.

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use crate::{
    StoreError,
    engine::{postgres::Session, values},
    erasure::Erasure,
};

/// The version of the tables: the number of the last migration.
pub(crate) const VERSION: i64 = 15;
/// The version from which on content is encrypted.
pub(crate) const ENCRYPTED: i64 = 6;
const MIGRATIONS: [&str; 15] = [
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
    include_str!("../migrations/0008.sql"),
    include_str!("../migrations/0009.sql"),
    include_str!("../migrations/0010.sql"),
    include_str!("../migrations/0011.sql"),
    include_str!("../migrations/0012.sql"),
    include_str!("../migrations/0013.sql"),
    include_str!("../migrations/0014.sql"),
    include_str!("../migrations/0015.sql"),
];
/// The tables of this version as PostgreSQL has them. No store there is older.
const POSTGRES: &str = include_str!("../migrations/postgres/0015.sql");
/// `Entn`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_746e;
/// How many contents are encrypted between two syncs of their secrets.
const STEP: usize = 512;

/// The version that is there; 0 for a store that is not yet.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Whether a reader reads that version: only the writer may bring it up to date, and it may not have started yet.
pub(crate) fn readable(found: i64) -> Result<(), StoreError> {
    match found {
        VERSION => Ok(()),
        found if found < VERSION => Err(StoreError::Older { found, known: VERSION }),
        found => Err(StoreError::Newer { found, known: VERSION }),
    }
}

/// The version that is in a schema; 0 where there is no store in it.
pub(crate) fn postgres_version(session: &Session) -> Result<i64, StoreError> {
    let sql = "SELECT 1 FROM pg_catalog.pg_tables WHERE CAST(schemaname AS TEXT) = $1 AND tablename = 'format'";
    if session.first(sql, values![session.settings().schema])?.unwrap_or(0) == 0 {
        return Ok(0);
    }
    Ok(session.first("SELECT version FROM format", &[])?.unwrap_or_default())
}

/// Makes the tables of this version in a schema that has none, in the transaction that is under way.
pub(crate) fn make(session: &Session) -> Result<(), StoreError> {
    // Whoever was given a schema may not be allowed to make one.
    let sql = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE CAST(nspname AS TEXT) = $1";
    if session.first(sql, values![session.settings().schema])? == Some(0) {
        session.batch(&format!("CREATE SCHEMA \"{}\"", session.settings().schema))?;
    }
    session.batch(POSTGRES)?;
    session.batch(&format!("INSERT INTO format (\"only\", version, in_force) VALUES (1, {VERSION}, 0)"))
}

/// Opens what is in a schema for its writer, made anew where there is nothing.
pub(crate) fn begin(session: &Session) -> Result<(), StoreError> {
    match postgres_version(session)? {
        0 => session.transaction(|| make(session))?,
        found => readable(found)?,
    }
    // From here on what is in it may be what nobody else has.
    session.batch("UPDATE format SET in_force = 1 WHERE in_force = 0")
}

/// Brings the store up to date, all of it or nothing.
pub(crate) fn migrate(connection: &mut Connection, erasure: &mut Erasure) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found == VERSION {
        return Ok(());
    }
    step(&transaction, found)?;
    if found < ENCRYPTED {
        encrypt(&transaction, erasure, "body", "content")?;
        encrypt(&transaction, erasure, "incoming", "envelope")?;
    }
    mark(&transaction)?;
    transaction.commit()?;
    // What was written in clear is overwritten now, and not when the log happens to be full.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Makes the tables of this version in a file that has none.
pub(crate) fn make_file(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step(&transaction, 0)?;
    mark(&transaction)?;
    Ok(transaction.commit()?)
}

fn step(transaction: &Transaction<'_>, found: i64) -> Result<(), StoreError> {
    let done = usize::try_from(found).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration).map_err(|error| foreign(found, error))?;
    }
    Ok(())
}

fn mark(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    Ok(transaction.pragma_update(None, "user_version", VERSION)?)
}

/// A migration that does not fit was written for other tables than are there. Without its text, which SQLite gives back whole.
fn foreign(found: i64, error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqlInputError { msg: message, .. } => StoreError::Foreign { found, message },
        rusqlite::Error::SqliteFailure(code, Some(message)) if code.code == ErrorCode::Unknown => {
            StoreError::Foreign { found, message }
        }
        error => error.into(),
    }
}

/// Encrypts what stands in clear in a column, each under a key of its own.
fn encrypt(
    transaction: &Transaction<'_>,
    erasure: &mut Erasure,
    table: &'static str,
    column: &'static str,
) -> Result<(), StoreError> {
    let rows = format!("SELECT rowid FROM {table} WHERE {column} IS NOT NULL AND key IS NULL ORDER BY rowid");
    let rows: Vec<i64> = transaction.prepare(&rows)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut read = transaction.prepare(&format!("SELECT {column} FROM {table} WHERE rowid = ?"))?;
    let mut write = transaction.prepare(&format!("UPDATE {table} SET {column} = ?, key = ? WHERE rowid = ?"))?;
    for rows in rows.chunks(STEP) {
        for (row, key) in rows.iter().zip(erasure.make(rows.len())?) {
            let clear: Vec<u8> = read.query_row([row], |row| row.get(0))?;
            let sealed = key.seal(&clear)?;
            write.execute(params![sealed.bytes, sealed.key, row])?;
        }
    }
    Ok(())
}
