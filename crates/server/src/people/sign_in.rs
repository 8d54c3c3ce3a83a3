//! Sessions: begun with a password and a code, ended by their owner or by time; and what people do about their own
//! credentials.

use std::sync::PoisonError;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::AppendHeaders,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entente_node::{Event, person::Account};
use entente_store::people::UserRow;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Half, SignedIn, Way,
    accounts::{LONGEST_SESSION, now, viewer},
    password,
    patience::{ALL, ONE},
    role::Roles,
    secret::{self, Secret},
    session::{self, BROWSER, SESSION, cookie, session_cookie, set_cookie},
    totp,
};
use crate::{
    api::{AcceptRequest, AcceptedView, ConfirmTotpRequest, MeView, PasswordRequest, SignInRequest, TotpView, moment},
    control::{ApiError, Control, Reply, unexpected},
    keys::fresh_seed,
};

/// How long a browser is known that was let in, in seconds.
const BROWSER_KNOWN: i64 = 90 * 86_400;
/// How long a try waits for its turn to be hashed.
const TURN: std::time::Duration = std::time::Duration::from_secs(5);
/// The longest name of an account.
pub(crate) const LONGEST_NAME: usize = 64;
/// Of tries in vain on one account, every so many stand in the ledger as one statement.
const TOLD_EVERY: u32 = 5;

/// Something with cookies.
pub(crate) type WithCookies<T> = (AppendHeaders<Vec<(axum::http::HeaderName, HeaderValue)>>, Json<T>);

/// The one answer to every try that fails: what was wrong is for nobody to know.
fn wrong() -> ApiError {
    ApiError::SignIn
}

/// Counts tries: under the account and where they come from, and under the account alone.
fn counts(name: &str, from: session::From, browser: Option<&[u8; 32]>) -> ([u8; 32], [u8; 32]) {
    let digest = |parts: &[&[u8]]| -> [u8; 32] {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    };
    let address = match from.0 {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        // Whoever has one address has its whole network of 64 bits.
        std::net::IpAddr::V6(address) => address.octets().get(..8).unwrap_or_default().to_vec(),
    };
    let one = match browser {
        Some(browser) => digest(&[b"browser", browser]),
        None => digest(&[b"address", name.as_bytes(), &address]),
    };
    (one, digest(&[b"account", name.as_bytes()]))
}

/// `POST /session`: a person comes in with a password, and with a code where the account has an authenticator app.
pub(crate) async fn sign_in(
    State(control): State<Control>,
    Extension(from): Extension<session::From>,
    headers: HeaderMap,
    Json(request): Json<SignInRequest>,
) -> Result<WithCookies<MeView>, ApiError> {
    let (given, code) = (Zeroizing::new(request.password), Zeroizing::new(request.code.unwrap_or_default()));
    let (name, now) = (request.name, now());
    if name.len() > LONGEST_NAME || given.len() > 4096 {
        return Err(wrong());
    }
    let browser = cookie(&headers, BROWSER).map(secret::hash);
    let known = {
        let name = name.clone();
        let known = move |people: &mut entente_store::people::People| match browser {
            Some(browser) => people.knows_browser(&browser, &name, now),
            None => Ok(false),
        };
        control.accounts.with(known).await?
    };
    let trusted = browser.filter(|_| known);
    let (one, all) = counts(&name, from, trusted.as_ref());
    let wait = {
        let patience = control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner);
        // Who comes with a browser that was let in before does not wait for strangers.
        patience.wait(&one, ONE, now).max(if known { 0 } else { patience.wait(&all, ALL, now) })
    };
    if wait > 0 {
        return Err(ApiError::TooMany(wait));
    }
    let checked = check(&control, &name, given, &code, now).await?;
    let Some((user, with)) = checked else {
        let failures = {
            let mut patience = control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner);
            patience.failed(one, now);
            patience.failed(all, now);
            patience.failures(&all)
        };
        if failures == 1 || failures.is_multiple_of(TOLD_EVERY) {
            let known = name.clone();
            let is_there = control.accounts.with(move |people| Ok(people.user(&known)?.is_some())).await?;
            let name = is_there.then_some(name);
            control.driver.handle(Event::Account(Account::TurnedAway { name, tries: failures.into() })).await?;
        }
        return Err(wrong());
    };
    {
        let mut patience = control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.succeeded(&one);
        patience.succeeded(&all);
    }
    let enrolling = with == "password";
    begin(&control, &headers, &user, with, enrolling).await
}

/// Who it is and with what that person proved it. It takes as long for a name that nobody has.
async fn check(
    control: &Control,
    name: &str,
    given: Zeroizing<String>,
    code: &str,
    now: i64,
) -> Result<Option<(UserRow, &'static str)>, ApiError> {
    let wanted = name.to_owned();
    let (user, hash) =
        control.accounts.with(move |people| Ok((people.user(&wanted)?, people.password(&wanted)?))).await?;
    let user = user.filter(|user| user.disabled.is_none());
    let hash = hash.filter(|_| user.is_some());
    let turn = tokio::time::timeout(TURN, control.accounts.hashing.acquire()).await;
    let _turn = turn.map_err(|_| ApiError::TooMany(1))?.map_err(|_| unexpected())?;
    let is_right = tokio::task::spawn_blocking(move || password::verify(&given, hash.as_deref())).await;
    let Some(user) = user.filter(|_| is_right.unwrap_or_default()) else { return Ok(None) };
    if !user.has_totp {
        return Ok(Some((user, "password")));
    }
    let (wanted, code) = (user.name.clone(), Zeroizing::new(code.to_owned()));
    let is_right = control.accounts.with(move |people| match people.totp(&wanted)? {
        Some((secret, _)) => match totp::step_of(&secret, &code, now) {
            Some(step) => people.use_totp(&wanted, step),
            None => Ok(false),
        },
        None => Ok(false),
    });
    Ok(is_right.await?.then_some((user, "password and code")))
}

/// Begins a session. Whatever session the browser had before ends: what was fixed beforehand is worth nothing.
pub(crate) async fn begin(
    control: &Control,
    headers: &HeaderMap,
    user: &UserRow,
    with: &'static str,
    enrolling: bool,
) -> Result<WithCookies<MeView>, ApiError> {
    let fresh = || Secret::fresh("").map_err(|error| ApiError::Ours(error.to_string()));
    let (session, browser) = (fresh()?, fresh()?);
    let before = [cookie(headers, SESSION), cookie(headers, BROWSER)].map(|cookie| cookie.map(secret::hash));
    let (name, now) = (user.name.clone(), now());
    let hashes = (session.hash, browser.hash);
    // The ledger first: nobody is in of whom it does not tell.
    control.driver.handle(Event::Account(Account::SignedIn { name: name.clone(), with: with.to_owned() })).await?;
    control
        .accounts
        .with(move |people| {
            if let Some(before) = before.first().copied().flatten() {
                people.end_session(&before)?;
            }
            people.begin_session(&hashes.0, &name, with, enrolling, now)?;
            people.know_browser(&hashes.1, &name, now + BROWSER_KNOWN)
        })
        .await?;
    let way = Way::Session { hash: session.hash, enrolling, ends: now + LONGEST_SESSION };
    let roles = Roles::from_words(&user.roles).map_err(ApiError::Ours)?;
    let signed_in = SignedIn::known(viewer(user).ok_or_else(unexpected)?, roles, way);
    let cookies =
        vec![(SET_COOKIE, session_cookie(&session)?), (SET_COOKIE, set_cookie(BROWSER, &browser.text, BROWSER_KNOWN)?)];
    Ok((AppendHeaders(cookies), Json(view(&signed_in))))
}

/// `DELETE /session`: a person leaves.
pub(crate) async fn sign_out(
    State(control): State<Control>,
    Half(signed_in): Half,
) -> Result<WithCookies<()>, ApiError> {
    let Way::Session { hash, .. } = *signed_in.way() else {
        return Err(ApiError::Request("there is no session to end: this is the operator, or a token".to_owned()));
    };
    let ended = control.accounts.with(move |people| people.end_session(&hash)).await?;
    if let Some(name) = ended {
        control.driver.handle(Event::Account(Account::SignedOut { name })).await?;
    }
    Ok((AppendHeaders(vec![(SET_COOKIE, set_cookie(SESSION, "", 0)?)]), Json(())))
}

/// `GET /me`.
pub(crate) async fn me(Half(signed_in): Half) -> Reply<MeView> {
    Ok(Json(view(&signed_in)))
}

fn view(signed_in: &SignedIn) -> MeView {
    use entente_core::agreement::clause::Set;
    let viewer = signed_in.viewer();
    let (enrolling, ends) = match signed_in.way() {
        Way::Session { enrolling, ends, .. } => (*enrolling, Some(moment(*ends))),
        _ => (false, None),
    };
    MeView {
        name: viewer.name.clone(),
        roles: signed_in.roles().words(),
        clearance: viewer.clearance.to_string(),
        subjects: match &viewer.subjects {
            Set::Any => vec!["*".to_owned()],
            Set::Of(subjects) => subjects.iter().map(ToString::to_string).collect(),
        },
        nationality: viewer.nationality.to_string(),
        official_duty: viewer.official_duty,
        way: signed_in.person().way,
        enrolling,
        ends,
    }
}

/// Puts a change of somebody's own credentials on the record.
async fn tell(control: &Control, signed_in: &SignedIn, what: &str) -> Result<(), ApiError> {
    let account = Account::Changed {
        by: signed_in.person(),
        what: what.to_owned(),
        name: signed_in.name().to_owned(),
        now: serde_json::Value::Null,
    };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
}

/// `POST /invitations/accept`: whoever has a one-time link sets the password of its account.
pub(crate) async fn accept(State(control): State<Control>, Json(request): Json<AcceptRequest>) -> Reply<AcceptedView> {
    let (given, hash, at) = (Zeroizing::new(request.password), secret::hash(&request.secret), now());
    let gone = || ApiError::NotFound("this link does not count, or not any more".to_owned());
    let name = control.accounts.with(move |people| people.invited(&hash, at)).await?.ok_or_else(gone)?;
    password::check(&name, &given)?;
    let made = make(&control, given).await?;
    let name = control.accounts.with(move |people| people.accept(&hash, &made, at)).await?.ok_or_else(gone)?;
    let by = entente_node::person::Person { name: name.clone(), way: "one-time link".to_owned() };
    let what = "password set".to_owned();
    let account = Account::Changed { by, what, name: name.clone(), now: serde_json::Value::Null };
    control.driver.handle(Event::Account(account)).await?;
    Ok(Json(AcceptedView { name }))
}

/// Hashes a password, when it is its turn.
pub(crate) async fn make(control: &Control, password: Zeroizing<String>) -> Result<String, ApiError> {
    let _turn = control.accounts.hashing.acquire().await.map_err(|_| unexpected())?;
    let made = tokio::task::spawn_blocking(move || password::make(&password)).await.map_err(|_| unexpected())?;
    made.map_err(|error| ApiError::Ours(error.to_string()))
}

/// `POST /me/password`: every session of the account ends.
pub(crate) async fn change_password(
    State(control): State<Control>,
    Half(signed_in): Half,
    Json(request): Json<PasswordRequest>,
) -> Reply<()> {
    let (old, new) = (Zeroizing::new(request.old), Zeroizing::new(request.new));
    by_session(&signed_in)?;
    let name = signed_in.name().to_owned();
    password::check(&name, &new)?;
    let (one, _) = counts(&name, session::From(std::net::Ipv4Addr::UNSPECIFIED.into()), None);
    let at = now();
    let wait = control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner).wait(&one, ONE, at);
    if wait > 0 {
        return Err(ApiError::TooMany(wait));
    }
    let hash = control
        .accounts
        .with({
            let name = name.clone();
            move |people| people.password(&name)
        })
        .await?;
    let is_right = {
        let _turn = control.accounts.hashing.acquire().await.map_err(|_| unexpected())?;
        tokio::task::spawn_blocking(move || password::verify(&old, hash.as_deref())).await.unwrap_or_default()
    };
    if !is_right {
        control.accounts.patience.lock().unwrap_or_else(PoisonError::into_inner).failed(one, at);
        return Err(ApiError::Request("the old password is not right".to_owned()));
    }
    let made = make(&control, new).await?;
    control.accounts.with(move |people| people.set_password(&name, &made)).await?;
    tell(&control, &signed_in, "password changed").await?;
    Ok(Json(()))
}

/// Credentials are changed by who is there in person.
pub(crate) fn by_session(signed_in: &SignedIn) -> Result<(), ApiError> {
    match signed_in.way() {
        Way::Session { .. } => Ok(()),
        Way::Operator | Way::Token { .. } => Err(ApiError::Forbidden(
            "credentials are changed in a session".to_owned(),
            "sign in, and do it there".to_owned(),
        )),
    }
}

/// `POST /me/totp`: a secret for an authenticator app. Nothing is kept before a code of it has come back.
pub(crate) async fn new_totp(State(control): State<Control>, Half(signed_in): Half) -> Reply<TotpView> {
    by_session(&signed_in)?;
    let seed = fresh_seed().map_err(|error| ApiError::Ours(error.to_string()))?;
    let secret = seed.get(..totp::SECRET).unwrap_or_default();
    Ok(Json(TotpView {
        secret: URL_SAFE_NO_PAD.encode(secret),
        address: totp::address(secret, &format!("Entente {}", control.operator.nationality), signed_in.name()),
    }))
}

/// `POST /me/totp/confirm`: the app works, and its codes are asked for from now on. A session that waited for it goes on as a
/// full one, under a new cookie.
pub(crate) async fn confirm_totp(
    State(control): State<Control>,
    Half(signed_in): Half,
    headers: HeaderMap,
    Json(request): Json<ConfirmTotpRequest>,
) -> Result<WithCookies<MeView>, ApiError> {
    by_session(&signed_in)?;
    let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(&request.secret).unwrap_or_default());
    let step = totp::step_of(&secret, &request.code, now()).filter(|_| secret.len() == totp::SECRET);
    let step = step.ok_or_else(|| {
        ApiError::Request("that is not the code of this secret now; look at the clock of the device".to_owned())
    })?;
    let name = signed_in.name().to_owned();
    let user = control
        .accounts
        .with(move |people| {
            people.set_totp(&name, Some(&secret))?;
            people.use_totp(&name, step)?;
            people.end_sessions(&name)?;
            people.user(&name)
        })
        .await?
        .ok_or_else(unexpected)?;
    tell(&control, &signed_in, "authenticator app added").await?;
    begin(&control, &headers, &user, "password and code", false).await
}
