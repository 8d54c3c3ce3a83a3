//! A PostgreSQL server. What changes something is sent on without waiting for the answer to what was sent before: a
//! transaction of a thousand statements costs a few waits, and not a thousand. Whoever reads waits.
//!
//! The writer holds an advisory lock as long as its session, so that there is one. A session that is lost is never replaced
//! under the writer: what its last transaction became, only a fresh start can see. Key type: [`Session`].

mod settings;
mod wait;
mod readers;
mod wire;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::Stream;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, NoTls, Statement, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use self::settings::{FILE, Settings};
use self::wait::{runtime, wait};
pub(crate) use self::{readers::Readers, wire::unescaped};
use super::{Owned, Row, Value, values};
use crate::StoreError;

/// How many answers may be outstanding.
const OUTSTANDING: usize = 1024;
/// How often, and how long apart, the writer asks for its lock: the session before it may still be about to end.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);
/// The oldest server that is served.
const OLDEST: i64 = 130_000;

type Answer = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// A connection to a server.
pub(crate) struct Session {
    client: Arc<Client>,
    settings: Arc<Settings>,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    /// What was sent and not answered, in order.
    outstanding: RefCell<Vec<Answer>>,
    is_in_transaction: Cell<bool>,
    /// Whether the end of a transaction waits until it is on the disk.
    is_synced: Cell<bool>,
}

/// What a session is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Read,
}

impl Session {
    /// The writer's session, with its lock.
    pub(crate) fn writer(settings: &Arc<Settings>) -> Result<Self, StoreError> {
        let session = Self::connect(settings, Purpose::Write)?;
        session.check_server()?;
        session.lock()?;
        Ok(session)
    }

    fn connect(settings: &Arc<Settings>, purpose: Purpose) -> Result<Self, StoreError> {
        let (config, tls, runtime) = (settings.config()?, settings.tls()?, runtime()?);
        let connecting = async move {
            let client = match tls {
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    drop(runtime.spawn(connection));
                    client
                }
                Some(tls) => {
                    let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
                    drop(runtime.spawn(connection));
                    client
                }
            };
            Ok(client)
        };
        let connected: Result<Client, tokio_postgres::Error> = wait(runtime.spawn(connecting))
            .map_err(|error| StoreError::Unreachable { at: settings.to_string(), message: error.to_string() })?;
        let session = Self {
            client: Arc::new(connected.map_err(|error| unreachable(settings, &error))?),
            settings: Arc::clone(settings),
            statements: RefCell::default(),
            outstanding: RefCell::default(),
            is_in_transaction: Cell::default(),
            is_synced: Cell::new(true),
        };
        // Names of tables are those of this node's schema, and nothing that an administrator has set for others cuts it short.
        let mut set = format!(
            "SET search_path TO \"{}\"; SET client_encoding TO 'UTF8'; SET statement_timeout TO 0; SET lock_timeout TO 0;
             SET idle_in_transaction_session_timeout TO 0; SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5;
             SET tcp_keepalives_count TO 3; SET standard_conforming_strings TO on;",
            settings.schema
        );
        if purpose == Purpose::Read {
            set.push_str("SET default_transaction_read_only TO on;");
        }
        session.batch(&set)?;
        Ok(session)
    }

    /// Whether what the server has acknowledged is on its disk, and whether it keeps texts as they are.
    fn check_server(&self) -> Result<(), StoreError> {
        let unfit = |message: String| Err(StoreError::Unfit { at: self.settings.to_string(), message });
        let setting = |name: &str| -> Result<String, StoreError> {
            let mut found = String::new();
            self.each("SELECT current_setting($1)", values![name], &mut |row| {
                found = row.get(0)?;
                Ok(false)
            })?;
            Ok(found)
        };
        let version = setting("server_version_num")?;
        if version.parse::<i64>().unwrap_or_default() < OLDEST {
            return unfit(format!("the server is too old ({}): PostgreSQL 13 or later", setting("server_version")?));
        }
        if version.parse::<i64>().unwrap_or_default() >= 140_000 {
            self.batch("SET idle_session_timeout TO 0")?;
        }
        let encoding = setting("server_encoding")?;
        if encoding != "UTF8" {
            return unfit(format!("its encoding is {encoding}: create the database with ENCODING 'UTF8'"));
        }
        let fsync = setting("fsync")?;
        if fsync != "on" {
            return unfit(format!("`fsync` is {fsync}: what it has acknowledged it may lose; set it to on"));
        }
        // `remote_apply` waits for more than `on` does; everything else for less.
        match setting("synchronous_commit")?.as_str() {
            "on" | "remote_apply" => Ok(()),
            other => unfit(format!(
                "`synchronous_commit` is {other}: what it has acknowledged it may lose; set it to on for this role"
            )),
        }
    }

    /// There is one writer: whoever holds this lock, for as long as its session lasts.
    #[expect(clippy::disallowed_methods, reason = "one of the hands: it waits for a session that is about to end")]
    fn lock(&self) -> Result<(), StoreError> {
        let digest = Sha256::digest(format!("entente.store/1 writer of {}", self.settings.schema));
        let number = digest.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        for _ in 0..TRIES {
            let mut is_held = false;
            self.each("SELECT pg_try_advisory_lock($1)", values![number], &mut |row| {
                is_held = row.get(0)?;
                Ok(false)
            })?;
            if is_held {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        Err(StoreError::DatabaseInUse { at: self.settings.to_string() })
    }

    /// Where it leads, for people.
    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether somebody else may use it: it is not lost, and nothing is under way in it.
    fn is_at_rest(&self) -> bool {
        !self.is_lost() && !self.is_in_transaction.get()
    }

    fn failed(&self, error: &tokio_postgres::Error) -> StoreError {
        failed(&self.settings, error)
    }

    /// Prepared once for each session.
    fn statement(&self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        self.settle()?;
        let statement = wait(self.client.prepare(sql)).map_err(|error| self.failed(&error))?;
        self.statements.borrow_mut().insert(sql.into(), statement.clone());
        Ok(statement)
    }

    /// Sends something whose answer is looked at later.
    fn send(
        &self,
        future: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut answer: Answer = Box::pin(future);
        // The first look sends it: what is sent behind it comes behind it.
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done.map_err(|error| self.failed(&error))?,
            Poll::Pending => self.outstanding.borrow_mut().push(answer),
        }
        if self.outstanding.borrow().len() >= OUTSTANDING { self.settle() } else { Ok(()) }
    }

    /// Waits for all answers; the first that is an error is why those behind it are.
    fn settle(&self) -> Result<(), StoreError> {
        let outstanding = std::mem::take(&mut *self.outstanding.borrow_mut());
        let mut first = Ok(());
        for answer in outstanding {
            let answer = wait(answer).map_err(|error| self.failed(&error));
            first = first.and(answer);
        }
        first
    }

    /// Statements without values, at once.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.settle()?;
        wait(self.client.batch_execute(sql)).map_err(|error| self.failed(&error))
    }

    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let values: Vec<Owned> = values.iter().map(Owned::from).collect();
        let client = Arc::clone(&self.client);
        self.send(async move { client.execute_raw(&statement, values).await.map(drop) })?;
        if self.is_in_transaction.get() { Ok(()) } else { self.settle() }
    }

    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        self.settle()?;
        let failed = |error: tokio_postgres::Error| self.failed(&error);
        let rows = wait(self.client.query_raw(&statement, values.iter().copied())).map_err(failed)?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = wait(std::future::poll_fn(|context| rows.as_mut().poll_next(context))) {
            if !read(&Row::Postgres(&row.map_err(failed)?))? {
                break;
            }
        }
        Ok(())
    }

    /// A number, in the first column of the first row; nothing where there is no row.
    pub(crate) fn first(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<i64>, StoreError> {
        let mut first = None;
        self.each(sql, values, &mut |row| {
            first = Some(row.get(0)?);
            Ok(false)
        })?;
        Ok(first)
    }

    pub(super) fn sync_commits(&self, are_synced: bool) {
        self.is_synced.set(are_synced);
    }

    pub(crate) fn transaction<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.is_in_transaction.set(true);
        let begin = if self.is_synced.get() { "BEGIN" } else { "BEGIN; SET LOCAL synchronous_commit TO off" };
        let done = self.send_batch(begin).and_then(|()| work());
        let done = match done {
            // Where one of the statements has failed this rolls back, and the statement's error is the first.
            Ok(done) => self.send_batch("COMMIT").and_then(|()| self.settle()).map(|()| done),
            Err(error) => {
                let _ = self.settle();
                let _ = self.batch("ROLLBACK");
                Err(error)
            }
        };
        self.is_in_transaction.set(false);
        done
    }

    fn send_batch(&self, sql: &'static str) -> Result<(), StoreError> {
        let client = Arc::clone(&self.client);
        self.send(async move { client.batch_execute(sql).await })
    }

    /// Begins to look at what there is at one moment.
    fn begin_moment(&self) -> Result<(), StoreError> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
        self.is_in_transaction.set(true);
        Ok(())
    }

    fn end_moment(&self) -> Result<(), StoreError> {
        self.batch("COMMIT")?;
        self.is_in_transaction.set(false);
        Ok(())
    }

    pub(crate) fn moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.begin_moment()?;
        let done = work();
        self.end_moment()?;
        Ok(done)
    }
}

/// What the server says, or why it says nothing.
fn failed(settings: &Settings, error: &tokio_postgres::Error) -> StoreError {
    let at = settings.to_string();
    let Some(said) = error.as_db_error() else {
        let is_answer = !error.is_closed() && std::error::Error::source(error).is_some_and(|source| !is_io(source));
        if is_answer {
            return StoreError::Postgres { at, message: plain(error) };
        }
        return StoreError::Lost { at };
    };
    let code = said.code();
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    if code.code().starts_with("08") || code.code().starts_with("57P") {
        return StoreError::Lost { at };
    }
    let message = match code.code() {
        "42501" => format!("the role `{}` may not do that ({}): give it the schema", settings.user, said.message()),
        _ => format!("{} ({})", said.message(), code.code()),
    };
    StoreError::Postgres { at, message }
}

fn is_io(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<std::io::Error>()
}

fn unreachable(settings: &Settings, error: &tokio_postgres::Error) -> StoreError {
    let at = settings.to_string();
    let message = error.as_db_error().map_or_else(|| plain(error), |said| said.message().to_owned());
    StoreError::Unreachable { at, message }
}

/// An error of the client with what is behind it. Neither holds a password.
fn plain(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
