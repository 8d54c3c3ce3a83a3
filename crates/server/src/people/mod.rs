//! Who asks: accounts, roles, and how each person proves to be who it says. Nothing of what a person may see is decided here:
//! that is `core::view`, to which a [`SignedIn`] brings its viewer.
//!
//! Key type: [`SignedIn`], which a handler takes as an argument and which nothing else can make than the operator's own
//! socket, a session, or a token.

pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod password;
pub(crate) mod accounts;
pub(crate) mod patience;
pub(crate) mod session;
pub(crate) mod attempt;
pub(crate) mod sign_in;
pub(crate) mod basic;
pub(crate) mod users;
pub(crate) mod tokens;
pub(crate) mod sessions;
pub(crate) mod certificates;
pub(crate) mod ticket;
pub(crate) mod passkeys;
pub(crate) mod provider;
pub(crate) mod openid;
pub(crate) mod views;
pub(crate) mod totp;

use axum::{extract::FromRequestParts, http::request::Parts};
use entente_core::view::Viewer;
use entente_node::{
    Event,
    person::{Account, Person},
};

use self::role::{Role, Roles};
use crate::control::ApiError;

/// Somebody of whom it is known who it is, what it may do, and what it may see. A handler that takes one answers nobody else.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    viewer: Viewer,
    roles: Roles,
    way: Way,
}

/// How a person came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the control socket, which the owner of the node's folder alone can open.
    Operator,
    /// With a session, which has this hash.
    Session {
        /// SHA-256 of the cookie.
        hash: [u8; 32],
        /// Whether it may do nothing yet but set up a second factor.
        enrolling: bool,
        /// When it ends at the latest, in seconds since the epoch.
        ends: i64,
    },
    /// With an API token of this name.
    Token {
        /// Its name.
        name: String,
        /// Whether it may only read.
        read_only: bool,
    },
    /// With a certificate of TLS, bound to the account under this name: for TAXII, and nothing besides.
    Certificate(String),
    /// With a password alone, as programs that know nothing else send it: for TAXII, and nothing besides.
    Password,
    /// Not at all any more: long work of this number goes on for the account that began it in a session.
    Job(u64),
}

impl SignedIn {
    /// The operator, who comes through the control socket and may do everything.
    pub(crate) fn operator(viewer: Viewer) -> Self {
        Self { viewer, roles: Roles::all(), way: Way::Operator }
    }

    /// Somebody whose session or token was found and counts. For [`accounts`] alone.
    fn known(viewer: Viewer, roles: Roles, way: Way) -> Self {
        Self { viewer, roles, way }
    }

    /// The account's name.
    pub(crate) fn name(&self) -> &str {
        &self.viewer.name
    }

    /// What `core::view` is asked with.
    pub(crate) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What this person may do.
    pub(crate) fn roles(&self) -> Roles {
        self.roles
    }

    /// How this person came in.
    pub(crate) fn way(&self) -> &Way {
        &self.way
    }

    /// Whether this person has the role.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// The person, as the ledger tells it.
    pub(crate) fn person(&self) -> Person {
        let way = match &self.way {
            Way::Operator => "operator".to_owned(),
            Way::Session { .. } => "session".to_owned(),
            Way::Token { name, .. } => format!("token {name}"),
            Way::Certificate(name) => format!("certificate {name}"),
            Way::Password => "password".to_owned(),
            Way::Job(number) => format!("job {number}"),
        };
        Person { name: self.viewer.name.clone(), way }
    }

    /// The event, with the ledger told who asks for it; `deed` is the name of the endpoint.
    pub(crate) fn does(&self, deed: &'static str, event: Event) -> Event {
        Event::By { person: self.person(), deed, event: Box::new(event) }
    }

    /// What this person changed about `name`, for the ledger; `now` is how it stands, never a secret.
    pub(crate) fn changed(&self, what: &str, name: &str, now: serde_json::Value) -> Account {
        Account::Changed { by: self.person(), what: what.to_owned(), name: name.to_owned(), now }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Self>() {
            None => Err(ApiError::NotSignedIn),
            Some(found) if is_enrolling(found) => Err(ApiError::Enrolling),
            Some(found) => Ok(found.clone()),
        }
    }
}

/// Somebody who is signed in, or has still to set up a second factor: for what people do about their own account.
pub(crate) struct Half(pub(crate) SignedIn);

impl<S: Send + Sync> FromRequestParts<S> for Half {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<SignedIn>().cloned().map(Self).ok_or(ApiError::NotSignedIn)
    }
}

/// For what is shown to everybody, and otherwise to who is signed in.
impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for SignedIn {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().filter(|found| !is_enrolling(found)).cloned())
    }
}

/// Whether a session may do nothing yet but set up a second factor.
fn is_enrolling(signed_in: &SignedIn) -> bool {
    matches!(signed_in.way, Way::Session { enrolling: true, .. })
}
