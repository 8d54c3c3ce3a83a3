//! Where the tables of the store are: in a file of SQLite, or in a schema of a PostgreSQL database. Everything else of the
//! store speaks to this and to neither of the two: one statement, proofread once, for both
//! ([why](../../../../docs/decisions/0130-one-sql-for-two-engines.md)).
//!
//! A statement names its parameters `$1`, `$2`, … and first uses them in that order, since SQLite numbers them by it. Numbers
//! are `i64`, a yes is 1, and what is sorted by text is sorted by its bytes. Not here: what is kept. Key types: [`Engine`],
//! [`Value`], [`Row`].

pub(crate) mod sqlite;
pub(crate) mod postgres;
mod value;

pub(crate) use self::value::{AsValue, Column, Owned, Row, Value};
use self::{postgres::Session, sqlite::File};
use crate::StoreError;

/// The values of a statement, borrowed.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::AsValue::as_value(&$value)),*] as &[$crate::engine::Value<'_>] };
}
pub(crate) use values;

/// One of the two.
pub(crate) enum Engine {
    /// A connection to a file.
    Sqlite(File),
    /// A session that is held for good: the writer's.
    Postgres(Session),
    /// One of the sessions that readers share, for as long as each call needs it.
    Pooled(postgres::Readers),
}

impl Engine {
    /// Runs a statement for what it changes. Inside a transaction PostgreSQL may say only at its end that it failed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(file) => file.execute(sql, values),
            Self::Postgres(session) => session.execute(sql, values),
            Self::Pooled(readers) => readers.with(&mut |session| session.execute(sql, values)),
        }
    }

    /// Hands each row to `read` until it has had enough: then it says `false`. It must not ask this engine meanwhile.
    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(file) => file.each(sql, values, read),
            Self::Postgres(session) => session.each(sql, values, &mut read),
            Self::Pooled(readers) => readers.each(sql, values, &mut read),
        }
    }

    /// What `read` makes of every row.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, values, |row| {
            rows.push(read(row)?);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// What it makes of the first one; nothing where there is none.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.each(sql, values, |row| {
            first = Some(read(row)?);
            Ok(false)
        })?;
        Ok(first)
    }

    /// The first column of the one row that there is.
    pub(crate) fn one<T: Column>(&self, sql: &str, values: &[Value<'_>]) -> Result<T, StoreError> {
        self.row(sql, values, |row| row.get(0))?.ok_or_else(|| StoreError::Damaged("no row".to_owned()))
    }

    /// Whether there is a row.
    pub(crate) fn exists(&self, sql: &str, values: &[Value<'_>]) -> Result<bool, StoreError> {
        Ok(self.row(sql, values, |_| Ok(()))?.is_some())
    }

    /// Does `work` in one transaction: all that it changes is kept, and synced, or nothing. Where PostgreSQL is lost in its last
    /// moment nobody knows which.
    pub(crate) fn transaction<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(file) => file.transaction(work),
            Self::Postgres(session) => session.transaction(work),
            Self::Pooled(_) => Err(StoreError::Damaged("a reader does not write".to_owned())),
        }
    }

    /// Whether a transaction from now on is synced, with all that came before it, when it ends. It is until this says otherwise.
    pub(crate) fn sync_commits(&self, are_synced: bool) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(file) => file.sync_commits(are_synced),
            Self::Postgres(session) => {
                session.sync_commits(are_synced);
                Ok(())
            }
            Self::Pooled(_) => Ok(()),
        }
    }

    /// Does `work` on what there is at one moment.
    pub(crate) fn moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(file) => file.moment(work),
            Self::Postgres(session) => session.moment(work),
            Self::Pooled(readers) => readers.moment(work),
        }
    }
}
