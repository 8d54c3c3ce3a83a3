//! An error on its way out: sorted by whose fault it is, turned into HTTP here and nowhere else.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entente_formats::request;
use entente_node::Refusal;
use entente_store::StoreError;

use crate::{federation::problem_with, turn::Failure};

/// Why a request comes to nothing.
pub(crate) enum ApiError {
    /// The node, or its store, says no.
    Failure(Failure),
    /// What was asked for does not fit.
    Request(String),
    /// The store cannot be read.
    Store(StoreError),
    /// Not here, or not for this viewer: the same answer.
    NotFound(String),
    /// Nobody is signed in, or what was shown for it does not count.
    NotSignedIn,
    /// A sign-in that failed: what was wrong is not said.
    SignIn,
    /// The session has still to set up a second factor.
    Enrolling,
    /// Signed in, and not allowed: what, and what to do.
    Forbidden(String, String),
    /// Something else was there first.
    Conflict(String),
    /// Too long.
    TooLarge(String),
    /// Too many tries: how many seconds to wait.
    TooMany(i64),
    /// Our own fault.
    Ours(String),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<request::LineError> for ApiError {
    fn from(error: request::LineError) -> Self {
        Self::Request(error.to_string())
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request(detail)
            | Self::NotFound(detail)
            | Self::Forbidden(detail, _)
            | Self::Conflict(detail)
            | Self::TooLarge(detail)
            | Self::Ours(detail) => formatter.write_str(detail),
            Self::Failure(failure) => failure.fmt(formatter),
            Self::Store(error) => error.fmt(formatter),
            Self::NotSignedIn => formatter.write_str("nobody is signed in"),
            Self::SignIn => formatter.write_str("name, password or code is not right"),
            Self::Enrolling => formatter.write_str("this account has no second factor yet"),
            Self::TooMany(seconds) => write!(formatter, "too many tries; the next is looked at in {seconds} s"),
        }
    }
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Request(_) | Self::Failure(Failure::Refused(Refusal::Request(_))) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound(_) | Self::Failure(Failure::Refused(Refusal::NotFound(_) | Refusal::NotHere(_))) => {
                StatusCode::NOT_FOUND
            }
            Self::Failure(Failure::Refused(Refusal::ReadOnly(_))) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::NotKept(_)) => StatusCode::INSUFFICIENT_STORAGE,
            Self::NotSignedIn | Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(..) | Self::Enrolling => StatusCode::FORBIDDEN,
            Self::Conflict(_) | Self::Failure(Failure::Refused(Refusal::Taken(_))) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Failure(_) | Self::Store(_) | Self::Ours(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &str {
        match self {
            Self::Forbidden(_, help) => help,
            Self::Request(_) | Self::Failure(Failure::Refused(Refusal::Request(_))) => {
                "put right what is named, and send it again; nothing was done"
            }
            Self::NotFound(_) | Self::Failure(Failure::Refused(Refusal::NotFound(_) | Refusal::NotHere(_))) => {
                "look whether the name is right; what an account may not see is not there for it"
            }
            Self::Failure(Failure::Refused(Refusal::ReadOnly(_))) => {
                "nothing was done; the node goes on by itself once its partners have answered: `entente restore status`"
            }
            Self::Failure(Failure::NotKept(_)) => "nothing was done; free some space on the node's disk and try again",
            Self::Failure(Failure::Unknown(_) | Failure::Stopped) => {
                "look whether it was done once the node runs again, before you ask a second time"
            }
            Self::NotSignedIn => "sign in, or send `Authorization: Bearer` with a token that counts",
            Self::SignIn => "try again; who has forgotten the password asks an administrator for a new link",
            Self::Enrolling => {
                "add an authenticator app (POST /api/v1/me/totp) or a passkey; nothing else is open before"
            }
            Self::Conflict(_) | Self::Failure(Failure::Refused(Refusal::Taken(_))) => {
                "look at how it stands now, and decide again"
            }
            Self::TooLarge(_) => "send less at once",
            Self::TooMany(_) => "wait, or use a browser that was signed in here before, or a passkey",
            Self::Failure(_) | Self::Store(_) | Self::Ours(_) => "look at the node's log and at `entente doctor`",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = problem_with(self.status(), &self.to_string(), Some(self.help()));
        let headers = response.headers_mut();
        match self {
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::NotSignedIn | Self::SignIn => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}
