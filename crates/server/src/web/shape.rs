//! The shape of every answer: errors as problem details, headers that keep browsers from doing what they should not, and tags
//! by which an answer that has not changed is not sent again.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{control::ApiError, federation::problem};

/// Answers up to this length get a tag.
const TAGGED: usize = 1024 * 1024;
/// The longest text of an error that the framework itself gives.
const ERROR: usize = 4096;

/// What is said of every page and answer. Pages with scripts of the node's own may run them; nothing is loaded from, sent to,
/// or shown inside anybody else.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// There is nothing at this path.
pub(crate) async fn nothing_here() -> ApiError {
    ApiError::NotFound("nothing is here".to_owned())
}

/// Has browsers come over TLS alone, where that is how people come: for a year, and for this host.
pub(crate) async fn over_tls(State(is_tls): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if is_tls {
        let value = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// Gives an answer its shape.
pub(crate) async fn shape(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let wanted = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let mut response = match response.status() {
        status if status.is_client_error() || status.is_server_error() => as_problem(response).await,
        StatusCode::OK if is_read => tagged(response, wanted.as_ref()).await,
        _ => response,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // What one person may see is kept by no cache; files that are the same for everybody say otherwise themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(';').next() == Some(media_type))
}

/// An error of the framework, such as a body that is no JSON, in the same form as ours.
async fn as_problem(response: Response) -> Response {
    let is_ours = ["application/problem+json", "text/html"].iter().any(|kind| is_of_type(response.headers(), kind));
    if is_ours {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, ERROR).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = if text.is_empty() { parts.status.canonical_reason().unwrap_or("error") } else { &text };
    let mut shaped = problem(parts.status, detail);
    for (name, value) in parts.headers.iter().filter(|(name, _)| **name == header::ALLOW) {
        shaped.headers_mut().insert(name, value.clone());
    }
    shaped
}

/// Gives an answer in JSON a tag, or says that it has not changed.
async fn tagged(response: Response, wanted: Option<&HeaderValue>) -> Response {
    if !is_of_type(response.headers(), "application/json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let is_short = axum::body::HttpBody::size_hint(&body).upper().is_some_and(|length| length <= TAGGED as u64);
    if !is_short {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, TAGGED).await else {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "the answer was lost").into_response();
    };
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes).get(..16).unwrap_or_default()));
    let is_known = wanted.and_then(|value| value.to_str().ok()).is_some_and(|tags| {
        tags.split(',').map(|known| known.trim().trim_start_matches("W/")).any(|known| known == tag || known == "*")
    });
    if let Ok(tag) = HeaderValue::try_from(tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
