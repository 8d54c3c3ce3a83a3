//! The sessions that readers share. Opening one takes the server longer than most answers do, so that those which are not
//! used wait here for the next who asks; a session is out for one call, or for one moment that is looked at.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use super::{Purpose, Row, Session, Settings, Value};
use crate::{StoreError, migrate};

/// How many may be out at once. Who waits longer than that gets one nevertheless: it may be waited for itself.
const MOST: usize = 24;
const PATIENCE: Duration = Duration::from_secs(5);
/// How many wait to be used.
const IDLE: usize = 16;

/// What all readers of a schema share in this process.
#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    is_back: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    out: usize,
}

impl Pool {
    /// That of a schema: one in the process.
    fn of(settings: &Settings) -> Arc<Self> {
        static ALL: OnceLock<Mutex<BTreeMap<String, Arc<Pool>>>> = OnceLock::new();
        let key = format!("{settings} as {} {:?} {:?}", settings.user, settings.password_file, settings.ca_file);
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key).or_default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is out; it comes back when this is dropped.
struct Out {
    session: Option<Session>,
    pool: Arc<Pool>,
    /// Whether it has waited to be used: then it may have been lost meanwhile.
    has_waited: bool,
}

impl Drop for Out {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.out = state.out.saturating_sub(1);
        if let Some(session) = self.session.take()
            && session.is_at_rest()
            && state.idle.len() < IDLE
        {
            state.idle.push(session);
        }
        drop(state);
        self.pool.is_back.notify_one();
    }
}

/// Who reads beside the writer.
pub(crate) struct Readers {
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    /// The session that is held for one moment.
    held: RefCell<Option<Out>>,
}

impl Readers {
    /// Readers of what these settings lead to.
    pub(crate) fn of(settings: Arc<Settings>) -> Self {
        Self { pool: Pool::of(&settings), settings, held: RefCell::default() }
    }

    /// Whether there is a store, of this version.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.out(false).map(drop)
    }

    /// What they lead to.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    fn out(&self, is_fresh: bool) -> Result<Out, StoreError> {
        let mut state = self.pool.state();
        if state.out >= MOST {
            let wait = self.pool.is_back.wait_timeout_while(state, PATIENCE, |state| state.out >= MOST);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.out += 1;
        let mut waited = Vec::new();
        if is_fresh {
            // Whatever made one of them unusable may have done so to all.
            waited.append(&mut state.idle);
        }
        let idle = std::iter::from_fn(|| state.idle.pop()).find(|session| !session.is_lost());
        drop(state);
        drop(waited);
        // Counted from here on, whatever happens.
        let mut out = Out { has_waited: idle.is_some(), session: idle, pool: Arc::clone(&self.pool) };
        if out.session.is_none() {
            let session = Session::connect(&self.settings, Purpose::Read)?;
            migrate::readable(migrate::postgres_version(&session)?)?;
            out.session = Some(session);
        }
        Ok(out)
    }

    /// Does something with a session; once more with a fresh one where that which waited turns out to be lost.
    pub(in crate::engine) fn with<T>(
        &self,
        work: &mut dyn FnMut(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(Out { session: Some(session), .. }) = &*self.held.borrow() {
            return work(session);
        }
        let out = self.out(false)?;
        match work(self.session(&out)?) {
            Err(StoreError::Lost { .. }) if out.has_waited => {
                drop(out);
                let out = self.out(true)?;
                work(self.session(&out)?)
            }
            done => done,
        }
    }

    fn session<'a>(&self, out: &'a Out) -> Result<&'a Session, StoreError> {
        out.session.as_ref().ok_or_else(|| self.lost())
    }

    fn lost(&self) -> StoreError {
        StoreError::Lost { at: self.settings.to_string() }
    }

    pub(in crate::engine) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut has_begun = false;
        self.with(&mut |session| {
            // Nobody is given a row twice.
            if has_begun {
                return Err(self.lost());
            }
            session.each(sql, values, &mut |row| {
                has_begun = true;
                read(row)
            })
        })
    }

    pub(in crate::engine) fn moment<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        let mut out = self.out(false)?;
        let mut begun = self.session(&out)?.begin_moment();
        if out.has_waited && matches!(begun, Err(StoreError::Lost { .. })) {
            drop(out);
            out = self.out(true)?;
            begun = self.session(&out)?.begin_moment();
        }
        begun?;
        *self.held.borrow_mut() = Some(out);
        let done = work();
        if let Some(out) = self.held.borrow_mut().take() {
            self.session(&out)?.end_moment()?;
        }
        Ok(done)
    }
}
