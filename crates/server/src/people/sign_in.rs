//! Sessions: begun with a password and a code, ended by their owner or by time; and what people do about their own
//! credentials.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::AppendHeaders,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entente_node::{Event, person::Account};
use entente_store::{
    StoreError,
    people::{People, UserRow},
};
use zeroize::Zeroizing;

use super::{
    Half, SignedIn, Way,
    accounts::{LONGEST_SESSION, now, viewer},
    attempt::{prove, prove_again},
    is_enrolling, password,
    role::Roles,
    secret::{self, Secret},
    session::{self, BROWSER, SESSION, cookie, session_cookie, set_cookie},
    totp,
};
use crate::{
    api::{
        AcceptRequest, AcceptedView, ConfirmTotpRequest, MeView, PasskeyView, PasswordRequest, PasswordView,
        SignInRequest, TotpView, moment,
    },
    control::{ApiError, Control, Reply, unexpected},
    keys::fresh_seed,
};

/// How long a browser is known that was let in, in seconds.
const BROWSER_KNOWN: i64 = 90 * 86_400;
/// For how long after a sign-in credentials may be changed, in seconds.
const JUST_NOW: i64 = 300;
/// The longest name of an account.
pub(crate) const LONGEST_NAME: usize = entente_formats::taxii::credential::LONGEST_NAME;

/// Something with cookies.
pub(crate) type WithCookies<T> = (AppendHeaders<Vec<(axum::http::HeaderName, HeaderValue)>>, Json<T>);

/// `POST /session`: a person comes in with a password, and with a code where the account has an authenticator app.
pub(crate) async fn sign_in(
    State(control): State<Control>,
    Extension(from): Extension<session::From>,
    headers: HeaderMap,
    Json(request): Json<SignInRequest>,
) -> Result<WithCookies<MeView>, ApiError> {
    let (given, code) = (Zeroizing::new(request.password), Zeroizing::new(request.code.unwrap_or_default()));
    if request.name.len() > LONGEST_NAME || given.len() > 4096 {
        return Err(ApiError::SignIn);
    }
    let browser = cookie(&headers, BROWSER).map(secret::hash);
    let (user, with) = prove(&control, &request.name, given, &code, from, browser).await?;
    let enrolling = with == "password";
    begin(&control, &headers, &user, with, enrolling).await
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
    let (name, revision, now) = (user.name.clone(), user.revision, now());
    let hashes = (session.hash, browser.hash);
    // The ledger first: nobody is in of whom it does not tell.
    control.driver.handle(Event::Account(Account::SignedIn { name: name.clone(), with: with.to_owned() })).await?;
    let begun = control.accounts.with(move |people| {
        if let Some(before) = before.first().copied().flatten() {
            people.end_session(&before)?;
        }
        let begun = people.begin_session(&hashes.0, (&name, revision), with, enrolling, now)?;
        if begun {
            people.know_browser(&hashes.1, &name, now + BROWSER_KNOWN)?;
        }
        Ok(begun)
    });
    if !begun.await? {
        return Err(ApiError::SignIn);
    }
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

/// A change of somebody's own credentials, for the ledger.
fn changed(signed_in: &SignedIn, what: &str) -> Account {
    signed_in.changed(what, signed_in.name(), serde_json::Value::Null)
}

/// `POST /invitations/accept`: whoever has a one-time link sets the password of its account. The browser is known for it from then
/// on: no stranger who guesses keeps a new account out.
pub(crate) async fn accept(
    State(control): State<Control>,
    Json(request): Json<AcceptRequest>,
) -> Result<WithCookies<AcceptedView>, ApiError> {
    let (given, hash, at) = (Zeroizing::new(request.password), secret::hash(&request.secret), now());
    let gone = || ApiError::NotFound("this link does not count, or not any more".to_owned());
    let name = control.accounts.with(move |people| people.invited(&hash, at)).await?.ok_or_else(gone)?;
    password::check(&name, &given)?;
    let made = control.accounts.hashing.make(given).await?;
    let browser = Secret::fresh("").map_err(|error| ApiError::Ours(error.to_string()))?;
    let known = browser.hash;
    let accepting = control.accounts.change(&control.driver, move |people| {
        let name = people.accept(&hash, &made, at)?.ok_or_else(gone)?;
        people.know_browser(&known, &name, at + BROWSER_KNOWN)?;
        let by = entente_node::person::Person { name: name.clone(), way: "one-time link".to_owned() };
        let what = "password set".to_owned();
        Ok((name.clone(), Account::Changed { by, what, name, now: serde_json::Value::Null }))
    });
    let name = accepting.await?;
    let cookies = vec![(SET_COOKIE, set_cookie(BROWSER, &browser.text, BROWSER_KNOWN)?)];
    Ok((AppendHeaders(cookies), Json(AcceptedView { name })))
}

/// `POST /me/password`: every session and token of the account ends, and no browser is known for it any more. What lets its owner
/// in besides is told, to be looked through.
pub(crate) async fn change_password(
    State(control): State<Control>,
    Half(signed_in): Half,
    Json(request): Json<PasswordRequest>,
) -> Reply<PasswordView> {
    let (old, new) = (Zeroizing::new(request.old), Zeroizing::new(request.new));
    by_session(&signed_in)?;
    let name = signed_in.name().to_owned();
    password::check(&name, &new)?;
    if !prove_again(&control, &name, old).await? {
        return Err(ApiError::Request("the old password is not right".to_owned()));
    }
    let made = control.accounts.hashing.make(new).await?;
    let changing = control.accounts.change(&control.driver, move |people| {
        people.set_password(&name, &made)?;
        Ok(((people.user(&name)?, people.passkeys(&name)?), changed(&signed_in, "password changed")))
    });
    let (user, passkeys) = changing.await?;
    Ok(Json(PasswordView {
        has_totp: user.is_some_and(|user| user.has_totp),
        passkeys: passkeys.iter().map(PasskeyView::from).collect(),
    }))
}

/// Credentials are changed by who is there in person.
pub(crate) fn by_session(signed_in: &SignedIn) -> Result<(), ApiError> {
    match signed_in.way() {
        Way::Session { .. } => Ok(()),
        Way::Operator | Way::Token { .. } | Way::Certificate(_) | Way::Password | Way::Job(_) => {
            Err(ApiError::Forbidden(
                "credentials are changed in a session".to_owned(),
                "sign in, and do it there".to_owned(),
            ))
        }
    }
}

/// Credentials are added and replaced by who has just come in: whoever finds a page open, or a cookie, makes no lasting access
/// of it.
pub(crate) fn just_now(signed_in: &SignedIn) -> Result<(), ApiError> {
    by_session(signed_in)?;
    match signed_in.way() {
        Way::Session { enrolling: false, ends, .. }
            if !(0..=JUST_NOW).contains(&(now() - (ends - LONGEST_SESSION))) =>
        {
            Err(ApiError::Forbidden(
                format!("credentials are changed within {} minutes after a sign-in", JUST_NOW / 60),
                "sign in again, with a code or a passkey, and do it then".to_owned(),
            ))
        }
        _ => Ok(()),
    }
}

/// Whether an account has a second factor.
pub(crate) fn has_factor(people: &People, name: &str) -> Result<bool, StoreError> {
    Ok(people.user(name)?.is_some_and(|user| user.has_totp || user.passkeys > 0))
}

/// A session that was begun with a password alone adds the first second factor and no other: who came in before it was there
/// is as likely somebody else.
pub(crate) fn has_one() -> ApiError {
    ApiError::Forbidden(
        "this account has a second factor meanwhile".to_owned(),
        "sign in with it; whoever has lost it asks an administrator for a new link".to_owned(),
    )
}

/// `POST /me/totp`: a secret for an authenticator app. Nothing is kept before a code of it has come back.
pub(crate) async fn new_totp(State(control): State<Control>, Half(signed_in): Half) -> Reply<TotpView> {
    just_now(&signed_in)?;
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
    just_now(&signed_in)?;
    let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(&request.secret).unwrap_or_default());
    let step = totp::step_of(&secret, &request.code, now()).filter(|_| secret.len() == totp::SECRET);
    let step = step.ok_or_else(|| {
        ApiError::Request("that is not the code of this secret now; look at the clock of the device".to_owned())
    })?;
    let name = signed_in.name().to_owned();
    let is_half = is_enrolling(&signed_in);
    let adding = control.accounts.change(&control.driver, move |people| {
        if is_half && has_factor(people, &name)? {
            return Err(has_one());
        }
        people.set_totp(&name, Some(&secret))?;
        people.use_totp(&name, step)?;
        people.end_sessions(&name)?;
        let user = people.user(&name)?.ok_or_else(has_one)?;
        Ok((user, changed(&signed_in, "authenticator app added")))
    });
    let user = adding.await?;
    begin(&control, &headers, &user, "password and code", false).await
}
