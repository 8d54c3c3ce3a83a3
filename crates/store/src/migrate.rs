//! Bringing a store of an older version up to date.

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use crate::{StoreError, erasure::Erasure};

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
/// `Entn`: tells other tools whose file this is.
const APPLICATION: i64 = 0x456e_746e;
/// How many contents are encrypted between two syncs of their secrets.
const STEP: usize = 512;

/// The version that is there; 0 for a store that is not yet.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the store up to date, all of it or nothing.
pub(crate) fn migrate(connection: &mut Connection, erasure: &mut Erasure) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found == VERSION {
        return Ok(());
    }
    let done = usize::try_from(found).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration).map_err(|error| foreign(found, error))?;
    }
    if found < ENCRYPTED {
        encrypt(&transaction, erasure, "body", "content")?;
        encrypt(&transaction, erasure, "incoming", "envelope")?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    // What was written in clear is overwritten now, and not when the log happens to be full.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
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
