//! Sign-in with OpenID Connect: the code flow with PKCE (RFC 7636). The provider says who somebody is; what that person may do
//! stands in its account here, which names the provider's subject. Who has no account here is nobody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::{AppendHeaders, Html},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    accounts::now,
    provider::{Provider, form},
    secret::{self, Secret},
    session::cookie,
    sign_in::{WithCookies, begin},
};
use crate::{
    api::{OpenIdReturn, OpenIdView},
    control::{ApiError, Control},
};

/// The cookie that binds a sign-in to the browser that began it. `Lax`: it must come along when the provider sends the browser
/// back.
const BOUND: &str = "__Host-entente-openid";
/// How long a sign-in may take, in seconds.
const TAKES: i64 = 600;
/// How many may be under way; of more none is begun.
const MANY: usize = 10_000;

/// A sign-in that is under way.
struct Begun {
    /// SHA-256 of the cookie.
    browser: [u8; 32],
    nonce: String,
    verifier: String,
    at: i64,
}

/// The provider, and the sign-ins that are under way with it.
#[derive(Clone)]
pub(crate) struct OpenIdConnect {
    provider: Arc<Provider>,
    begun: Arc<Mutex<HashMap<String, Begun>>>,
}

impl OpenIdConnect {
    pub(crate) fn new(provider: Provider) -> Self {
        Self { provider: Arc::new(provider), begun: Arc::default() }
    }
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
    let fresh = || Secret::fresh("").map_err(|error| ApiError::Ours(error.to_string()));
    let (browser, state, nonce, verifier) = (fresh()?, fresh()?, fresh()?, fresh()?);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.text.as_bytes()));
    let fields = [
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", connect.provider.client_id()),
        ("redirect_uri", &back),
        ("state", &state.text),
        ("nonce", &nonce.text),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let joint = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
    let address = format!("{}{joint}{}", metadata.authorization_endpoint, form(&fields));
    let now = now();
    {
        let mut begun = connect.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, begun| now - begun.at <= TAKES);
        if begun.len() >= MANY {
            return Err(ApiError::TooMany(60));
        }
        let under_way = Begun {
            browser: browser.hash,
            nonce: nonce.text.to_string(),
            verifier: verifier.text.to_string(),
            at: now,
        };
        begun.insert(state.text.to_string(), under_way);
    }
    let text = format!("{BOUND}={}; Path=/; Max-Age={TAKES}; Secure; HttpOnly; SameSite=Lax", &*browser.text);
    let mut bound = HeaderValue::try_from(text).map_err(|error| ApiError::Ours(error.to_string()))?;
    bound.set_sensitive(true);
    Ok((AppendHeaders(vec![(SET_COOKIE, bound)]), Json(OpenIdView { address })))
}

/// A page that only leads on.
pub(crate) type Page = (AppendHeaders<Vec<(axum::http::HeaderName, HeaderValue)>>, Html<&'static str>);

/// `GET /session/openid/return`: the provider sends the browser back here.
pub(crate) async fn back(
    State(control): State<Control>,
    headers: HeaderMap,
    Query(query): Query<OpenIdReturn>,
) -> Result<Page, ApiError> {
    let (connect, back) = find(&control)?;
    let browser = cookie(&headers, BOUND).map(secret::hash);
    let begun = {
        let mut begun = connect.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // Whatever comes of it, this sign-in is over.
        begun.remove(&query.state)
    };
    let begun = begun.ok_or_else(|| away("no such sign-in is under way"))?;
    if browser != Some(begun.browser) || now() - begun.at > TAKES {
        return Err(away("another browser, or too late"));
    }
    let code = query.code.ok_or_else(|| away(query.error.as_deref().unwrap_or("no code")))?;
    let (issuer, subject) =
        connect.provider.redeem(&code, &begun.verifier, &begun.nonce, &back).await.map_err(|why| away(&why))?;
    let user = control.accounts.with(move |people| people.user_of(&issuer, &subject)).await?;
    let user = user.filter(|user| user.disabled.is_none());
    let user = user.ok_or_else(|| away("nobody here has that subject of the provider"))?;
    let (cookies, _) = begin(&control, &headers, &user, "provider", false).await?;
    // Not a redirection: what another site began would come without the new cookie, which is strict.
    Ok((cookies, Html("<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=/\"><title>Entente</title>\n")))
}
