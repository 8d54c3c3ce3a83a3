//! Sign-in with OpenID Connect: the code flow with PKCE (RFC 7636). The provider says who somebody is; what that person may do
//! stands in its account here, which names the provider's subject. Who has no account here is nobody.
//!
//! Of a sign-in that is under way nothing is kept: its state is a ticket, and the cookie that binds it to its browser, the nonce
//! and the verifier are secrets that belong to that ticket. However many are begun, everybody may begin another.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::{AppendHeaders, Html},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    accounts::now,
    attempt::counted,
    provider::{Provider, form},
    session::{self, cookie},
    sign_in::{WithCookies, begin},
    ticket::Tickets,
};
use crate::{
    api::{OpenIdReturn, OpenIdView},
    control::{ApiError, Control},
    keys::KeyError,
};

/// The cookie that binds a sign-in to the browser that began it. `Lax`: it must come along when the provider sends the browser
/// back.
const BOUND: &str = "__Host-entente-openid";
/// How long a sign-in may take, in seconds.
const TAKES: i64 = 600;
/// What a state is for.
const STATE: &[u8] = b"state";

/// The provider, and the tickets of sign-ins that are under way with it.
#[derive(Clone)]
pub(crate) struct OpenIdConnect {
    provider: Arc<Provider>,
    states: Tickets,
}

impl OpenIdConnect {
    pub(crate) fn new(provider: Provider) -> Result<Self, KeyError> {
        Ok(Self { provider: Arc::new(provider), states: Tickets::new(TAKES)? })
    }
}

/// Secrets that belong to a state: the cookie, the nonce, and what proves to the provider that it was us who began.
const BROWSER: &str = "browser";
const NONCE: &str = "nonce";
const VERIFIER: &str = "verifier";

fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn find(control: &Control) -> Result<(OpenIdConnect, String), ApiError> {
    let missing = || ApiError::NotFound("this node has no OpenID Connect provider: [openid] in `node.toml`".to_owned());
    let connect = control.openid.clone().ok_or_else(missing)?;
    let origin = control.origin.as_deref().ok_or_else(missing)?;
    Ok((connect, format!("{origin}/api/v1/session/openid/return")))
}

/// What goes wrong between this node and the provider is for the log; the person learns that it did.
fn away(why: &str) -> ApiError {
    tracing::warn!(why, "a sign-in with OpenID Connect came to nothing");
    ApiError::SignIn
}

/// `POST /session/openid`: where to send the browser.
pub(crate) async fn start(State(control): State<Control>) -> Result<WithCookies<OpenIdView>, ApiError> {
    let (connect, back) = find(&control)?;
    let metadata = connect.provider.metadata().await.map_err(|why| away(&why))?;
    let state = connect.states.fresh(STATE, now()).map_err(|error| ApiError::Ours(error.to_string()))?;
    let secret = |word: &str| connect.states.secret(word, &state);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(secret(VERIFIER).as_bytes()));
    let nonce = secret(NONCE);
    let fields = [
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", connect.provider.client_id()),
        ("redirect_uri", &back),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let joint = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
    let address = format!("{}{joint}{}", metadata.authorization_endpoint, form(&fields));
    let text = format!("{BOUND}={}; Path=/; Max-Age={TAKES}; Secure; HttpOnly; SameSite=Lax", secret(BROWSER));
    let mut bound = HeaderValue::try_from(text).map_err(|error| ApiError::Ours(error.to_string()))?;
    bound.set_sensitive(true);
    Ok((AppendHeaders(vec![(SET_COOKIE, bound)]), Json(OpenIdView { address })))
}

/// A page that only leads on.
pub(crate) type Page = (AppendHeaders<Vec<(axum::http::HeaderName, HeaderValue)>>, Html<&'static str>);

/// `GET /session/openid/return`: the provider sends the browser back here.
pub(crate) async fn back(
    State(control): State<Control>,
    Extension(from): Extension<session::From>,
    headers: HeaderMap,
    Query(query): Query<OpenIdReturn>,
) -> Result<Page, ApiError> {
    let (connect, back) = find(&control)?;
    // Whatever comes of it, this sign-in is over.
    if !connect.states.take(&query.state, STATE, now()) {
        return Err(away("no such sign-in is under way, or not any more"));
    }
    let secret = |word: &str| connect.states.secret(word, &query.state);
    let browser = secret(BROWSER);
    if !cookie(&headers, BOUND).is_some_and(|given| same(given, &browser)) {
        return Err(away("another browser"));
    }
    let code = query.code.ok_or_else(|| away(query.error.as_deref().unwrap_or("no code")))?;
    // The provider is asked for each, and may be slow.
    let counted = counted(&control, from)?;
    let redeemed = connect.provider.redeem(&code, &secret(VERIFIER), &secret(NONCE), &back).await;
    let (issuer, subject) = redeemed.map_err(|why| away(&why))?;
    counted.undo();
    let user = control.accounts.with(move |people| people.user_of(&issuer, &subject)).await?;
    let user = user.filter(|user| user.disabled.is_none());
    let user = user.ok_or_else(|| away("nobody here has that subject of the provider"))?;
    let (cookies, _) = begin(&control, &headers, &user, "provider", false).await?;
    // Not a redirection: what another site began would come without the new cookie, which is strict.
    Ok((cookies, Html("<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=/\"><title>Entente</title>\n")))
}
