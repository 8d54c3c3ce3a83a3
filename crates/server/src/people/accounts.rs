//! The accounts of a running node: finds out who a cookie or a token stands for, and is the way to what is kept of people.
//! Key type: [`Accounts`].

use std::sync::{Arc, Mutex, PoisonError};

use entente_core::{Level, agreement::clause::Set, view::Viewer};
use entente_node::{Event, person::Account};
use entente_store::people::{People, UserRow};
use tokio::runtime::Handle;

use super::{
    SignedIn, Way,
    attempt::{Hashing, Nobody},
    patience::Patience,
    role::Roles,
    secret, tokens,
};
use crate::{
    control::{ApiError, unexpected},
    driver::Driver,
};

/// How long a session lasts, in seconds: a shift.
pub(crate) const LONGEST_SESSION: i64 = 12 * 3600;
/// How long it lasts unused, in seconds.
pub(crate) const IDLE_SESSION: i64 = 30 * 60;
/// How long the answer to a write is kept that may be sent again, in seconds.
const ANSWERS_KEPT: i64 = 86_400;
/// How long it may take until use of a session is noted, in seconds.
const SEEN_EVERY: i64 = 60;

/// What is kept of people, and what is in memory of who tries.
#[derive(Clone)]
pub(crate) struct Accounts {
    people: Arc<Mutex<People>>,
    pub(super) patience: Arc<Mutex<Patience>>,
    pub(super) hashing: Hashing,
    pub(super) nobody: Nobody,
    pub(super) proven: super::basic::Proven,
    /// Certificates whose use is on the record already. Apart from passwords: what a certificate shows is no secret.
    pub(super) shown: super::basic::Proven,
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
            hashing: Hashing::default(),
            nobody: Nobody::default(),
            proven: super::basic::Proven::default(),
            shown: super::basic::Proven::default(),
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

    /// Changes what is kept of people, all of it or nothing, and puts it on the record before it counts: where the node stops in
    /// between, the ledger tells of what was not done, and never is anything done of which it does not tell.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        driver: &Driver,
        work: impl FnOnce(&mut People) -> Result<(T, Account), ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (people, driver, runtime) = (Arc::clone(&self.people), driver.clone(), Handle::current());
        let changing = move || {
            people.lock().unwrap_or_else(PoisonError::into_inner).whole(|people| {
                let (done, account) = work(people)?;
                runtime.block_on(driver.handle(Event::Account(account)))?;
                Ok(done)
            })
        };
        tokio::task::spawn_blocking(changing).await.map_err(|_| unexpected())?
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
        match person.way() {
            Way::Operator => Ok(Some(person.clone())),
            way => self.as_it_stands(person.name(), way.clone()).await,
        }
    }

    /// The person of that name who came in that way, as it stands now; none when it may not come in any more, and for the operator.
    pub(crate) async fn as_it_stands(&self, name: &str, way: Way) -> Result<Option<SignedIn>, ApiError> {
        let (name, now) = (name.to_owned(), now());
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
                Way::Certificate(certificate) => {
                    let known = people.certificates(&name)?;
                    let counts = known.iter().any(|known| known.name == *certificate && now <= known.expires);
                    counts.then(Roles::all)
                }
                Way::Password | Way::Job(_) => Some(Roles::all()),
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

    /// Whose certificate has this public key, while it counts; with the state of the account.
    pub(super) async fn of_certificate(&self, spki: [u8; 32]) -> Result<Option<(SignedIn, i64)>, ApiError> {
        let now = now();
        self.with(move |people| {
            let Some(certificate) = people.certificate(&spki)?.filter(|row| now <= row.expires) else {
                return Ok(None);
            };
            let Some(user) = people.user(&certificate.user)?.filter(|user| user.disabled.is_none()) else {
                return Ok(None);
            };
            if certificate.used.is_none_or(|used| now - used >= SEEN_EVERY) {
                people.certificate_used(&spki, now)?;
            }
            let revision = user.revision;
            Ok(signed_in(&user, Roles::all(), Way::Certificate(certificate.name)).map(|found| (found, revision)))
        })
        .await
    }

    /// Whether a secret opens the calendar: one of a token for calendars, whose owner may come in.
    pub(crate) async fn opens_calendar(&self, secret: &str) -> Result<bool, ApiError> {
        let (hash, now) = (secret::calendar_hash(secret), now());
        self.with(move |people| {
            let Some(token) = people.token(&hash)?.filter(|token| now <= token.expires) else { return Ok(false) };
            let Some(user) = people.user(&token.user)?.filter(|user| user.disabled.is_none()) else { return Ok(false) };
            if token.used.is_none_or(|used| now - used >= SEEN_EVERY) {
                people.token_used(&hash, now)?;
            }
            Ok(Roles::from_words(&user.roles).is_ok_and(|roles| !roles.and(tokens::MEETINGS).is_empty()))
        })
        .await
    }
}

/// An account that may come in. `None` for one whose row cannot be read as what an account may do: then it may do nothing.
pub(super) fn signed_in(user: &UserRow, scope: Roles, way: Way) -> Option<SignedIn> {
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
