//! Writes that may be sent again: a request with an `Idempotency-Key` is done once, and what was answered is answered again. The
//! key is its owner's own. When a crash came between the deed and its answer nobody knows what came of it, and the answer says
//! so: the ledger does know.

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
pub(crate) const NEVER_KEPT: [&str; 4] = ["/api/v1/me", "/api/v1/users", "/api/v1/session", "/api/v1/invitations"];
const KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;
/// The longest body that is read to know it again.
const LONGEST_BODY: usize = 64 * 1024 * 1024;
/// The longest answer that is kept.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Does a write once.
pub(crate) async fn once(State(control): State<Control>, request: Request, next: Next) -> Response {
    // What else there is to write is named by its path, and does no harm twice.
    let is_post = *request.method() == Method::POST;
    let mut keys = request.headers().get_all(KEY).iter();
    let (key, more) = (keys.next(), keys.next());
    let user = request.extensions().get::<SignedIn>().map(|signed_in| signed_in.name().to_owned());
    match (key, user) {
        (Some(key), Some(user)) if is_post => {
            let key = key.to_str().ok().filter(|key| {
                more.is_none()
                    && (1..=LONGEST_KEY).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic())
            });
            let path = request.uri().path();
            if NEVER_KEPT.iter().any(|below| path.starts_with(below)) {
                let what = "what is answered here is shown once, so that nothing takes an `Idempotency-Key`";
                return ApiError::Request(what.to_owned()).into_response();
            }
            match key.map(str::to_owned) {
                Some(key) => {
                    done_once(&control, user, key, request, next).await.unwrap_or_else(ApiError::into_response)
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
    control: &Control,
    user: String,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let too_long = |_| ApiError::TooLarge(format!("with an `Idempotency-Key` at most {LONGEST_BODY} bytes"));
    let body = to_bytes(body, LONGEST_BODY).await.map_err(too_long)?;
    let mut hasher = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &body] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let name = (user, key);
    let before = {
        let (name, at) = (name.clone(), now());
        control.accounts.with(move |people| people.begin_once(&name.0, &name.1, &digest, at)).await?
    };
    match before {
        Before::First => {}
        Before::Other => {
            return Err(ApiError::Request("this `Idempotency-Key` was used for another request".to_owned()));
        }
        Before::Unknown => {
            let what = "a request with this `Idempotency-Key` is under way, or was when the node stopped; look whether \
                        it was done before you send it with another key";
            return Err(ApiError::Conflict(what.to_owned()));
        }
        Before::Answered(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
            return Ok(response);
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (status, (parts, body)) = (response.status(), response.into_parts());
    // Nothing was done: it may be put right and sent again under the same key.
    if !status.is_success() {
        control.accounts.with(move |people| people.forget_once(&name.0, &name.1)).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| ApiError::Ours(error.to_string()))?;
    let kept = bytes.to_vec();
    control.accounts.with(move |people| people.end_once(&name.0, &name.1, status.as_u16(), &kept)).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
