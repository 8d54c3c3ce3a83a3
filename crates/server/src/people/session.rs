//! Who asks, found out before anything else: the session's cookie or an API token, and whether a request that changes
//! something comes from a page of this node.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Way, accounts::LONGEST_SESSION, secret::Secret};
use crate::{
    control::{ApiError, Control},
    web::Knows,
};

/// The session's cookie. Browsers take `__Host-` only over TLS or from this machine, for this host and every path.
pub(crate) const SESSION: &str = "__Host-entente";
/// The cookie of a browser that was let in before.
pub(crate) const BROWSER: &str = "__Host-entente-browser";

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) IpAddr);

/// A cookie of the request. One that stands there twice is none: whoever could set another one beside ours must not choose.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// The header that sets a cookie for that many seconds.
pub(crate) fn set_cookie(name: &str, value: &str, seconds: i64) -> Result<HeaderValue, ApiError> {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    let mut value = HeaderValue::try_from(text).map_err(|error| ApiError::Request(error.to_string()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The header that sets the session's cookie.
pub(crate) fn session_cookie(secret: &Secret) -> Result<HeaderValue, ApiError> {
    set_cookie(SESSION, &secret.text, LONGEST_SESSION)
}

/// Whether a browser says that a page of this node asks: by `Sec-Fetch-Site`, which no page can set, or by an `Origin` that is
/// the node's, scheme and port with it. `None` where it says nothing.
fn is_own_page(headers: &HeaderMap, own: Option<&str>) -> Option<bool> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    if let Some(site) = text("sec-fetch-site") {
        // `none`: typed in, or from a bookmark; such a request changes nothing by itself.
        return Some(site == "same-origin" || site == "none");
    }
    let origin = text("origin")?;
    Some(own.is_some_and(|own| origin.eq_ignore_ascii_case(own)))
}

/// Finds out who asks and tells the handlers.
pub(crate) async fn who(State(control): State<Control>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match find(&control, &parts).await {
        Ok(Some(signed_in)) => {
            // Nobody has to make room for it any more; with a password alone it is nobody yet.
            if !super::is_enrolling(&signed_in)
                && let Some(knows) = parts.extensions.get::<Knows>()
            {
                knows.person();
            }
            parts.extensions.insert(signed_in);
        }
        Ok(None) => {}
        Err(error) => return error.into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn find(control: &Control, request: &Parts) -> Result<Option<super::SignedIn>, ApiError> {
    let headers = &request.headers;
    let is_read = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let own_page = is_own_page(headers, control.origin.as_deref());
    if !is_read && own_page == Some(false) {
        return Err(ApiError::Forbidden(
            "this comes from a page of somebody else".to_owned(),
            "nothing was done; open the node's own page, and do it there".to_owned(),
        ));
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // Whoever shows two proofs may be two: neither counts.
        if cookie(headers, SESSION).is_some() {
            return Err(ApiError::NotSignedIn);
        }
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
        let Some(token) = token else { return Err(ApiError::NotSignedIn) };
        let found = control.accounts.of_token(token).await?.ok_or(ApiError::NotSignedIn)?;
        if !is_read && matches!(found.way(), Way::Token { read_only: true, .. }) {
            return Err(ApiError::Forbidden(
                "this token may only read".to_owned(),
                "make one that may write, in the account's settings or with POST /api/v1/me/tokens".to_owned(),
            ));
        }
        return Ok(Some(found));
    }
    let Some(session) = cookie(headers, SESSION) else { return Ok(None) };
    let Some(found) = control.accounts.of_session(session).await? else { return Ok(None) };
    // A browser sends the cookie by itself; what changes something must also say where it comes from.
    if !is_read && own_page.is_none() {
        return Err(ApiError::Forbidden(
            "a request with a cookie must say where it comes from".to_owned(),
            "a browser does; other programs use an API token instead of the cookie".to_owned(),
        ));
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_once_or_not_at_all() {
        for (value, found) in [
            ("__Host-entente=a", Some("a")),
            ("x=1; __Host-entente=a; y=2", Some("a")),
            ("__Host-entente=a; __Host-entente=b", None),
            ("__Host-entente-browser=a", None),
            ("__Host-entente", None),
        ] {
            assert_eq!(cookie(&headers(&[("cookie", value)]), SESSION), found, "{value}");
        }
        assert_eq!(cookie(&headers(&[("cookie", "__Host-entente=a"), ("cookie", "__Host-entente=b")]), SESSION), None);
    }

    #[test]
    fn a_page_of_somebody_else_is_told_from_one_of_ours() {
        for (pairs, expected) in [
            (&[][..], None),
            (&[("sec-fetch-site", "same-origin")], Some(true)),
            (&[("sec-fetch-site", "none")], Some(true)),
            (&[("sec-fetch-site", "same-site")], Some(false)),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://a.example")], Some(false)),
            (&[("origin", "https://a.example")], Some(true)),
            // The same name without TLS is whoever stands on the path.
            (&[("origin", "http://a.example"), ("host", "a.example")], Some(false)),
            (&[("origin", "https://a.example:8443"), ("host", "a.example:8443")], Some(false)),
            (&[("origin", "https://b.example"), ("host", "b.example")], Some(false)),
            (&[("origin", "null"), ("host", "a.example")], Some(false)),
            (&[("origin", "https://a.example.b.example")], Some(false)),
        ] {
            assert_eq!(is_own_page(&headers(pairs), Some("https://a.example")), expected, "{pairs:?}");
        }
    }
}
