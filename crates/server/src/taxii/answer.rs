//! Answers and errors in the media type and the form that TAXII has (sections 1.6.8 and 3.6). Key type: [`Fault`].

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use entente_formats::taxii::{media, resource};
use entente_store::StoreError;
use serde::Serialize;

use crate::{control::ApiError, turn::Failure};

/// The first and the last moment under which something in the answer was added (section 3.2).
pub(super) const FIRST: HeaderName = HeaderName::from_static("x-taxii-date-added-first");
/// The same of the last.
pub(super) const LAST: HeaderName = HeaderName::from_static("x-taxii-date-added-last");

/// Why a request comes to nothing.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    title: String,
    help: Option<String>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Fault {
    pub(super) fn new(status: StatusCode, title: impl Into<String>) -> Self {
        Self { status, title: title.into(), help: None, header: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Nobody here, or nothing that counts: says how to come in.
    pub(super) fn unauthorised(title: impl Into<String>) -> Self {
        let challenge =
            HeaderValue::from_static("Basic realm=\"entente\", charset=\"UTF-8\", Bearer realm=\"entente\"");
        Self {
            header: Some(Box::new((header::WWW_AUTHENTICATE, challenge))),
            ..Self::new(StatusCode::UNAUTHORIZED, title)
        }
        .help("send a name and a password (HTTP Basic), or `Authorization: Bearer` with a token")
    }

    /// Not here, or not for this caller: the same answer.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what}"))
    }

    /// The method is none of this path.
    pub(super) fn method(allowed: &'static str) -> Self {
        let header = Some(Box::new((header::ALLOW, HeaderValue::from_static(allowed))));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {allowed}")) }
    }

    /// Our own fault.
    pub(super) fn ours(why: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, why).help("look at the node's log and at `entente doctor`")
    }

    /// The answer.
    pub(super) fn into_response(self) -> Response<Body> {
        let mut error = resource::Error::new(self.status.as_u16(), self.title);
        error.description = self.help;
        let mut response = json(self.status, &error);
        if let Some(header) = self.header {
            let (name, value) = *header;
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "TAXII: the store cannot be used");
        Self::ours("the store cannot be used now")
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::from(ApiError::Failure(failure))
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        match &error {
            ApiError::NotSignedIn | ApiError::SignIn => Self::unauthorised("nobody is let in with that"),
            ApiError::TooMany(seconds) => Self {
                header: Some(Box::new((header::RETRY_AFTER, HeaderValue::from(*seconds)))),
                ..Self::new(error.status(), error.to_string())
            },
            ApiError::Store(_) | ApiError::Ours(_) => {
                tracing::error!(%error, "TAXII: a request failed");
                Self::ours("the node cannot answer now")
            }
            error => Self::new(error.status(), error.to_string()).help(error.help()),
        }
    }
}

/// An answer with this resource.
pub(super) fn json(status: StatusCode, resource: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(resource) {
        Ok(text) => body(status, text),
        Err(_) => body(StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    }
}

/// An answer with this text.
pub(super) fn body(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media::TAXII));
    // What one caller may have is kept by no cache.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
