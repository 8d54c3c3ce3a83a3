//! The accounts of a running node: finds out who a cookie or a token stands for, and is the way to what is kept of people.
//! Key type: [`Accounts`].

use std::sync::{Arc, Mutex, PoisonError};

use entente_core::{Level, agreement::clause::Set, view::Viewer};
use entente_store::people::{People, UserRow};
use tokio::sync::Semaphore;

use super::{SignedIn, Way, patience::Patience, role::Roles, secret};
use crate::control::{ApiError, unexpected};

/// How long a session lasts, in seconds: a shift.
pub(crate) const LONGEST_SESSION: i64 = 12 * 3600;
/// How long it lasts unused, in seconds.
pub(crate) const IDLE_SESSION: i64 = 30 * 60;
/// How long the answer to a write is kept that may be sent again, in seconds.
const ANSWERS_KEPT: i64 = 86_400;
/// How long it may take until use of a session is noted, in seconds.
const SEEN_EVERY: i64 = 60;
/// How many passwords are hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;

/// What is kept of people, and what is in memory of who tries.
#[derive(Clone)]
pub(crate) struct Accounts {
    people: Arc<Mutex<People>>,
    pub(super) patience: Arc<Mutex<Patience>>,
    pub(super) hashing: Arc<Semaphore>,
}

/// Now, in seconds since the epoch.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl Accounts {
    pub(crate) fn new(people: People) -> Self {
        Self {
            people: Arc::new(Mutex::new(people)),
            patience: Arc::default(),
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
        }
    }

    /// Does `work` on what is kept, off the threads that serve.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut People) -> Result<T, entente_store::StoreError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let people = Arc::clone(&self.people);
        let done =
            tokio::task::spawn_blocking(move || work(&mut people.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(done.await.map_err(|_| unexpected())??)
    }

    /// Forgets what is over, every few minutes.
    pub(crate) async fn forget(self) {
        loop {
            let now = now();
            let over = move |people: &mut People| {
                people.forget(now - LONGEST_SESSION, now - IDLE_SESSION, now - ANSWERS_KEPT, now)
            };
            if let Err(error) = self.with(over).await {
                tracing::warn!(error = error.to_string(), "what is over of people's sessions was not forgotten");
            }
            tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        }
    }

    /// Who has the session with this cookie, while it counts.
    pub(crate) async fn of_session(&self, cookie: &str) -> Result<Option<SignedIn>, ApiError> {
        let (hash, now) = (secret::hash(cookie), now());
        self.with(move |people| {
            let Some(session) = people.session(&hash)? else { return Ok(None) };
            let is_over = now - session.created > LONGEST_SESSION || now - session.seen > IDLE_SESSION;
            let Some(user) = people.user(&session.user)?.filter(|user| user.disabled.is_none() && !is_over) else {
                people.end_session(&hash)?;
                return Ok(None);
            };
            if now - session.seen >= SEEN_EVERY {
                people.session_seen(&hash, now)?;
            }
            let ends = session.created + LONGEST_SESSION;
            let way = Way::Session { hash, enrolling: session.enrolling, ends };
            Ok(signed_in(&user, Roles::all(), way))
        })
        .await
    }

    /// The same person, as it stands now; none when it may not come in any more.
    pub(crate) async fn again(&self, person: &SignedIn) -> Result<Option<SignedIn>, ApiError> {
        let (name, way) = (person.name().to_owned(), person.way().clone());
        if way == Way::Operator {
            return Ok(Some(person.clone()));
        }
        let now = now();
        self.with(move |people| {
            let Some(user) = people.user(&name)?.filter(|user| user.disabled.is_none()) else { return Ok(None) };
            let scope = match &way {
                // A page that only listens does not keep its session alive.
                Way::Session { hash, .. } => {
                    let session = people.session(hash)?.filter(|session| {
                        now - session.created <= LONGEST_SESSION && now - session.seen <= IDLE_SESSION
                    });
                    session.map(|_| Roles::all())
                }
                Way::Token { name: token, .. } => {
                    let tokens = people.tokens(&name)?;
                    let token = tokens.iter().find(|known| known.name == *token && now <= known.expires);
                    token.and_then(|token| Roles::from_words(&token.roles).ok())
                }
                Way::Operator => None,
            };
            Ok(scope.and_then(|scope| signed_in(&user, scope, way)))
        })
        .await
    }

    /// Who has this token, while it counts.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Option<SignedIn>, ApiError> {
        let (hash, now) = (secret::hash(token), now());
        self.with(move |people| {
            let Some(token) = people.token(&hash)?.filter(|token| now <= token.expires) else { return Ok(None) };
            let Some(user) = people.user(&token.user)?.filter(|user| user.disabled.is_none()) else { return Ok(None) };
            if token.used.is_none_or(|used| now - used >= SEEN_EVERY) {
                people.token_used(&hash, now)?;
            }
            let scope = Roles::from_words(&token.roles).unwrap_or_default();
            Ok(signed_in(&user, scope, Way::Token { name: token.name, read_only: token.read_only }))
        })
        .await
    }
}

/// An account that may come in. `None` for one whose row cannot be read as what an account may do: then it may do nothing.
fn signed_in(user: &UserRow, scope: Roles, way: Way) -> Option<SignedIn> {
    let roles = Roles::from_words(&user.roles).ok()?.and(scope);
    Some(SignedIn::known(viewer(user)?, roles, way))
}

/// What `core::view` is asked with for an account.
pub(crate) fn viewer(user: &UserRow) -> Option<Viewer> {
    let any = user.subjects.iter().any(|subject| subject == "*");
    let subjects = user.subjects.iter().map(|subject| subject.as_str().into()).collect();
    Some(Viewer {
        name: user.name.clone(),
        nationality: user.nationality.as_str().into(),
        clearance: Level::from_banner(&user.clearance)?,
        subjects: if any { Set::Any } else { Set::Of(subjects) },
        official_duty: user.official_duty,
    })
}
