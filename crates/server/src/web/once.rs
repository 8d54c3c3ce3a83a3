//! Writes that may be sent again: a request with an `Idempotency-Key` is done once, and what was answered is answered again. The
//! key is its owner's own. When a crash came between the deed and its answer nobody knows what came of it, and the answer says
//! so: the ledger does know.
//!
//! It comes after the question who may ask: nobody has a body kept, or an old answer given, who would not be let in. An answer that
//! shows what records say is not kept: what was recalled meanwhile must not come back. It is made anew, from what may be seen then.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use entente_store::people::Before;
use sha2::{Digest, Sha256};

use crate::{
    control::{ApiError, Control},
    people::{SignedIn, accounts::now},
};

/// Below these, answers hold secrets that are shown once: none of them is kept.
const NEVER_KEPT: [&str; 4] = ["/me", "/users", "/session", "/invitations"];
const KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;
/// The longest body that is read to know it again; where an endpoint takes less, that.
const LONGEST_BODY: usize = 64 * 1024 * 1024;
/// The longest answer that is kept.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// A handler that only shows.
pub(crate) type View = Arc<dyn Fn(Request, Control) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// How a write is answered that is sent again.
#[derive(Clone)]
pub(crate) enum Again {
    /// As the first time.
    Kept,
    /// With what this shows then, for the answer shows what records say.
    Shown(View),
    /// It changes nothing, and is done again.
    Done,
}

/// An endpoint, and what it takes.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) control: Control,
    /// Its path, with its parameters in braces.
    pub(crate) path: &'static str,
    /// Its longest body.
    pub(crate) limit: usize,
    /// How it is answered again.
    pub(crate) again: Again,
}

/// Whether the answers at a path may be kept.
pub(crate) fn is_kept(path: &str) -> bool {
    !NEVER_KEPT.iter().any(|below| path.starts_with(below))
}

/// Does a write once.
pub(crate) async fn once(State(write): State<Write>, request: Request, next: Next) -> Response {
    // What else there is to write is named by its path, and does no harm twice.
    let is_post = *request.method() == Method::POST;
    let mut keys = request.headers().get_all(KEY).iter();
    let (key, more) = (keys.next(), keys.next());
    let person = request.extensions().get::<SignedIn>().cloned();
    match (key, person) {
        (Some(key), Some(person)) if is_post => {
            let key = key.to_str().ok().filter(|key| {
                more.is_none()
                    && (1..=LONGEST_KEY).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic())
            });
            if !is_kept(write.path) {
                let what = "what is answered here is shown once, so that nothing takes an `Idempotency-Key`";
                return ApiError::Request(what.to_owned()).into_response();
            }
            match key.map(str::to_owned) {
                Some(_) if matches!(write.again, Again::Done) => next.run(request).await,
                Some(key) => {
                    done_once(&write, &person, key, request, next).await.unwrap_or_else(ApiError::into_response)
                }
                None => {
                    let what = format!("one `Idempotency-Key` of 1 to {LONGEST_KEY} visible ASCII characters");
                    ApiError::Request(what).into_response()
                }
            }
        }
        _ => next.run(request).await,
    }
}

async fn done_once(
    Write { control, limit, again, .. }: &Write,
    person: &SignedIn,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let limit = LONGEST_BODY.min(*limit);
    let too_long = |_| ApiError::TooLarge(format!("here at most {limit} bytes, with an `Idempotency-Key`"));
    let body = to_bytes(body, limit).await.map_err(too_long)?;
    // What was answered is given again to who may do and see as much as then: with other rights it is another request.
    let rights = format!("{:?} {:?}", person.roles().words(), person.viewer());
    let mut hasher = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), rights.as_bytes(), &body] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let name = (person.name().to_owned(), key);
    let before = {
        let (name, at) = (name.clone(), now());
        control.accounts.with(move |people| people.begin_once(&name.0, &name.1, &digest, at)).await?
    };
    match before {
        Before::First => {}
        Before::Other => {
            return Err(ApiError::Request(
                "this `Idempotency-Key` was used for another request, or with other rights".to_owned(),
            ));
        }
        Before::Unknown => {
            let what = "a request with this `Idempotency-Key` is under way, or was when the node stopped; look whether \
                        it was done before you send it with another key";
            return Err(ApiError::Conflict(what.to_owned()));
        }
        Before::Answered(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = match again {
                Again::Shown(view) => view(Request::from_parts(parts, Body::empty()), control.clone()).await,
                Again::Kept | Again::Done => {
                    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
                }
            };
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
            return Ok(response);
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (status, (parts, body)) = (response.status(), response.into_parts());
    // Our own fault: it may have come after the deed. Then nobody knows, and whoever asks again hears that.
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return Ok(Response::from_parts(parts, body));
    }
    // Nothing was done: it may be put right and sent again under the same key.
    if !status.is_success() {
        control.accounts.with(move |people| people.forget_once(&name.0, &name.1)).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| ApiError::Ours(error.to_string()))?;
    let kept = if matches!(again, Again::Shown(_)) { Vec::new() } else { bytes.to_vec() };
    control.accounts.with(move |people| people.end_once(&name.0, &name.1, status.as_u16(), &kept)).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
