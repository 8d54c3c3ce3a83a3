//! The engine that is in this program: one file in the node's folder. Key type: [`File`].

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, params_from_iter};

use super::{Row, Value};
use crate::StoreError;

/// How many prepared statements the writer keeps: as many as there are kinds of operations, and more.
const STATEMENTS: usize = 128;

/// A connection to the file of a store.
pub(crate) struct File(pub(crate) Connection);

impl File {
    /// For the writer; made where there is none.
    pub(crate) fn writer(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self::planned_once(connection)
    }

    /// For a reader beside it.
    pub(crate) fn reader(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Self::planned_once(connection)
    }

    /// Else a statement with a range is planned anew whenever it is given other values.
    fn planned_once(connection: Connection) -> Result<Self, StoreError> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self(connection))
    }

    /// The version of the tables; 0 for a file that has none yet.
    pub(crate) fn version(&self) -> Result<i64, StoreError> {
        Ok(self.0.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    /// Reads every page, and compares indexes with what they index.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let found: String = self.0.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }

    /// What is acknowledged is synced ([`super::Engine::sync_commits`]).
    pub(crate) fn sync_commits(&self, are_synced: bool) -> Result<(), StoreError> {
        Ok(self.0.pragma_update(None, "synchronous", if are_synced { "FULL" } else { "NORMAL" })?)
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.0.prepare_cached(sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    pub(super) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if !read(&Row::Sqlite(row))? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn transaction<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        // Rolled back where `work` fails.
        let transaction = Transaction::new_unchecked(&self.0, TransactionBehavior::Immediate)?;
        let done = work()?;
        transaction.commit()?;
        Ok(done)
    }

    pub(super) fn moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        let moment = self.0.unchecked_transaction()?;
        let done = work();
        moment.finish()?;
        Ok(done)
    }
}
