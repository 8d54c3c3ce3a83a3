//! Coming in, leaving, and a person's own account: password, authenticator app, passkeys.

use askama::Template;
use axum::{
    Extension, Form, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use entente_core::explain::Language;
use serde::Deserialize;

use super::{
    banner::Banner,
    form::{Choice, Fields},
    frame::{Frame, Page},
    html,
    node::qr,
    see,
    text::Say,
    visit::{LANGUAGE, Manner, Moment, Visit},
};
use crate::{
    api::{AcceptRequest, ConfirmTotpRequest, PasswordRequest, SignInRequest, TokenRequest},
    control::{ApiError, Control, events::heard},
    people::{Half, SignedIn, openid, passkeys, session, sessions, sign_in, tokens},
};

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignIn {
    frame: Frame,
    problem: Option<String>,
    name: String,
    next: String,
    has_provider: bool,
}

/// Where somebody wanted to go.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

/// A path of this node, and nothing else: whoever made the link does not choose where a person ends up.
fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_own { next } else { "/" }
}

/// `GET /sign-in`.
pub(super) async fn page(
    State(control): State<Control>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, ApiError> {
    form(&control, &headers, None, String::new(), own_path(&next).to_owned())
}

fn form(
    control: &Control,
    headers: &HeaderMap,
    problem: Option<String>,
    name: String,
    next: String,
) -> Result<Response, ApiError> {
    let manner = Manner::of(headers);
    let title = manner.say.with("sign-in-title", "party", &control.operator.nationality);
    html(&SignIn { frame: manner.frame(control, title), problem, name, next, has_provider: control.openid.is_some() })
}

/// `POST /sign-in`.
pub(super) async fn come_in(
    State(control): State<Control>,
    Extension(from): Extension<session::From>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (fields, say) = (Fields(fields), Manner::of(&headers).say);
    // A password is taken as it was typed.
    let password = fields.0.iter().find(|(name, _)| name == "password").map(|(_, value)| value.clone());
    let request = SignInRequest {
        name: fields.one("name"),
        password: password.unwrap_or_default(),
        code: fields.some("code").map(|code| code.replace(' ', "")),
    };
    let next = own_path(&fields.one("next")).to_owned();
    match sign_in::sign_in(State(control.clone()), Extension(from), headers.clone(), Json(request)).await {
        Ok((cookies, Json(me))) => {
            let to = if me.enrolling { "/account" } else { &next };
            Ok((cookies, see(to)).into_response())
        }
        Err(ApiError::SignIn) => form(&control, &headers, Some(say.one("sign-in-wrong")), fields.one("name"), next),
        Err(ApiError::TooMany(seconds)) => {
            let problem = say.count("sign-in-wait", seconds);
            form(&control, &headers, Some(problem), fields.one("name"), next)
        }
        Err(error) => Err(error),
    }
}

/// Leads to a provider: not a redirection, which `form-action` would stop.
#[derive(Template)]
#[template(path = "onward.html")]
struct Onward {
    say: Say,
    address: String,
}

/// `POST /sign-in/provider`: begins a sign-in with OpenID Connect.
pub(super) async fn provider(State(control): State<Control>, headers: HeaderMap) -> Result<Response, ApiError> {
    let (cookies, Json(begun)) = openid::start(State(control)).await?;
    let page = html(&Onward { say: Manner::of(&headers).say, address: begun.address })?;
    Ok((cookies, page).into_response())
}

/// `POST /sign-out`.
pub(super) async fn leave(State(control): State<Control>, person: Half) -> Result<Response, ApiError> {
    let (cookies, _) = sign_in::sign_out(State(control), person).await?;
    Ok((cookies, see("/sign-in")).into_response())
}

#[derive(Template)]
#[template(path = "join.html")]
struct Join {
    frame: Frame,
    problem: Option<String>,
    secret: String,
}

/// `GET /join`: whoever has a one-time link sets a password. What stands behind its `#` the page puts into the form.
pub(super) async fn joining(State(control): State<Control>, headers: HeaderMap) -> Result<Response, ApiError> {
    join_form(&control, &headers, None, String::new())
}

fn join_form(
    control: &Control,
    headers: &HeaderMap,
    problem: Option<String>,
    secret: String,
) -> Result<Response, ApiError> {
    let manner = Manner::of(headers);
    let title = manner.say.with("join-title", "party", &control.operator.nationality);
    html(&Join { frame: manner.frame(control, title), problem, secret })
}

/// `POST /join`.
pub(super) async fn join(
    State(control): State<Control>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (fields, say) = (Fields(fields), Manner::of(&headers).say);
    let value = |wanted: &str| {
        fields.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    if value("password") != value("again") {
        return join_form(&control, &headers, Some(say.one("join-differ")), fields.one("secret"));
    }
    let request = AcceptRequest { secret: fields.one("secret"), password: value("password") };
    match sign_in::accept(State(control.clone()), Json(request)).await {
        Ok((cookies, _)) => Ok((cookies, see("/sign-in")).into_response()),
        Err(error @ (ApiError::Request(_) | ApiError::NotFound(_))) => {
            join_form(&control, &headers, Some(error.to_string()), fields.one("secret"))
        }
        Err(error) => Err(error),
    }
}

/// A secret for an authenticator app, as the page shows it.
struct NewTotp {
    secret: String,
    address: String,
    qr: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    facts: Vec<(String, String)>,
    totp: Option<NewTotp>,
    problem: Option<String>,
    languages: Vec<(&'static str, &'static str, bool)>,
    /// None before there is a second factor.
    own: Option<Own>,
}

/// What a person has to come in with, beside the password.
struct Own {
    passkeys: Vec<Passkey>,
    tokens: Vec<Token>,
    sessions: Vec<Session>,
    roles: Vec<Choice>,
    /// A token's secret, shown once.
    made: Option<(String, String)>,
}

struct Passkey {
    id: String,
    name: String,
    created: Moment,
    used: Option<Moment>,
}

struct Token {
    name: String,
    roles: String,
    is_read_only: bool,
    expires: String,
    used: Option<Moment>,
}

struct Session {
    id: String,
    way: String,
    began: Moment,
    used: Moment,
    is_this: bool,
}

/// `GET /account`.
pub(super) async fn account(
    State(control): State<Control>,
    headers: HeaderMap,
    Half(person): Half,
) -> Result<Response, ApiError> {
    show(&control, &headers, person, None, None).await
}

async fn show(
    control: &Control,
    headers: &HeaderMap,
    person: SignedIn,
    problem: Option<String>,
    made: Option<(String, String)>,
) -> Result<Response, ApiError> {
    let (manner, me) = (Manner::of(headers), sign_in::me(Half(person.clone())).await?.0);
    let say = manner.say;
    let title = say.one("account-title");
    let frame = if me.enrolling {
        manner.frame(control, title)
    } else {
        let is_answer = problem.is_some() || made.is_some();
        let heard = if is_answer { None } else { heard(control, &person) };
        let visit = Visit { control: control.clone(), person: person.clone(), manner, heard };
        visit.frame(Page::Other, title, Banner::plain()).await?
    };
    let own = if me.enrolling { None } else { Some(own(control, &person, say, made).await?) };
    let totp = if me.enrolling {
        let made = sign_in::new_totp(State(control.clone()), Half(person)).await?.0;
        Some(NewTotp { qr: qr(&made.address), secret: made.secret, address: made.address })
    } else {
        None
    };
    let roles = me.roles.iter().map(|role| say.one(&format!("role-{role}"))).collect::<Vec<_>>().join(", ");
    html(&Account {
        facts: vec![
            (say.one("sign-in-name"), me.name),
            (say.one("node-roles"), roles),
            (say.one("node-clearance"), me.clearance),
            (say.one("record-subjects"), me.subjects.join(", ")),
            (say.one("person-nationality"), me.nationality),
        ],
        languages: [
            ("en", "English", Language::English),
            ("ja", "日本語", Language::Japanese),
            ("ko", "한국어", Language::Korean),
        ]
        .map(|(code, name, language)| (code, name, language == say.0))
        .into(),
        own,
        frame,
        totp,
        problem,
    })
}

async fn own(control: &Control, person: &SignedIn, say: Say, made: Option<(String, String)>) -> Result<Own, ApiError> {
    let role_words = |roles: &[String]| roles.iter().map(|role| say.one(&format!("role-{role}"))).collect::<Vec<_>>();
    let tokens = tokens::list(State(control.clone()), person.clone()).await?.0;
    let passkeys = passkeys::list(State(control.clone()), Half(person.clone())).await?.0;
    let sessions = sessions::own(State(control.clone()), person.clone()).await?.0;
    Ok(Own {
        sessions: sessions
            .into_iter()
            .map(|session| Session {
                began: Moment::of(&session.began, say),
                used: Moment::of(&session.used, say),
                is_this: session.this,
                id: session.id,
                way: session.way,
            })
            .collect(),
        passkeys: passkeys
            .into_iter()
            .map(|key| Passkey {
                created: Moment::of(&key.created, say),
                used: key.used.as_deref().map(|used| Moment::of(used, say)),
                id: key.id,
                name: key.name,
            })
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|token| Token {
                roles: role_words(&token.roles).join(", "),
                is_read_only: token.read_only,
                expires: token.expires,
                used: token.used.as_deref().map(|used| Moment::of(used, say)),
                name: token.name,
            })
            .collect(),
        roles: person
            .roles()
            .words()
            .into_iter()
            .map(|role| Choice { words: say.one(&format!("role-{role}")), is_chosen: true, value: role })
            .collect(),
        made,
    })
}

/// `POST /account/password`: every session of the account ends, this one too.
pub(super) async fn password(
    State(control): State<Control>,
    headers: HeaderMap,
    person: Half,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let value = |wanted: &str| {
        fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let say = Manner::of(&headers).say;
    if value("new") != value("again") {
        return show(&control, &headers, person.0, Some(say.one("join-differ")), None).await;
    }
    let request = Json(PasswordRequest { old: value("old"), new: value("new") });
    match sign_in::change_password(State(control.clone()), Half(person.0.clone()), request).await {
        Ok(_) => Ok(see("/sign-in")),
        Err(ApiError::Request(problem)) => show(&control, &headers, person.0, Some(problem), None).await,
        Err(error) => Err(error),
    }
}

/// `POST /account/passkeys/remove`.
pub(super) async fn remove_passkey(
    visit: Visit,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let id = Path(Fields(fields).one("id"));
    passkeys::remove(State(visit.control), visit.person, id).await.map(drop)?;
    Ok(see("/account#passkeys"))
}

/// `POST /account/tokens`: the secret is shown once, on the page that answers.
pub(super) async fn add_token(
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = TokenRequest {
        name: fields.one("name"),
        roles: Some(fields.all("role")),
        read_only: fields.one("read-only") == "yes",
        days: fields.one("days").parse().unwrap_or_default(),
    };
    let (control, person) = (visit.control, visit.person);
    match tokens::add(State(control.clone()), person.clone(), Json(request)).await {
        Ok(Json(made)) => show(&control, &headers, person, None, Some((made.token.name, made.secret))).await,
        Err(error @ (ApiError::Request(_) | ApiError::Conflict(_))) => {
            show(&control, &headers, person, Some(error.to_string()), None).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /account/tokens/remove`.
pub(super) async fn remove_token(
    visit: Visit,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let name = Path(Fields(fields).one("name"));
    tokens::remove(State(visit.control), visit.person, name).await.map(drop)?;
    Ok(see("/account#tokens"))
}

/// `POST /account/sessions/end`: one of the own sessions, elsewhere.
pub(super) async fn end_session(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let id = Path(Fields(fields).one("id"));
    sessions::end_own(State(visit.control), visit.person, id).await.map(drop)?;
    Ok(see("/account#sessions"))
}

/// `POST /account/totp`: the first code of the app.
pub(super) async fn confirm(
    State(control): State<Control>,
    headers: HeaderMap,
    Half(person): Half,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = ConfirmTotpRequest { secret: fields.one("secret"), code: fields.one("code").replace(' ', "") };
    let confirmed = sign_in::confirm_totp(State(control.clone()), Half(person.clone()), headers.clone(), Json(request));
    match confirmed.await {
        Ok((cookies, _)) => Ok((cookies, see("/")).into_response()),
        Err(ApiError::Request(problem)) => show(&control, &headers, person, Some(problem), None).await,
        Err(error) => Err(error),
    }
}

/// `POST /account/language`: in which language this browser is spoken to.
pub(super) async fn language(Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let language = Language::of_tag(&fields.one("lang"))
        .ok_or_else(|| ApiError::Request("lang: `en`, `ja` or `ko`".to_owned()))?;
    let cookie = format!("{LANGUAGE}={}; Path=/; Max-Age=31536000; SameSite=Strict", language.code());
    let cookie = HeaderValue::try_from(cookie).map_err(|error| ApiError::Request(error.to_string()))?;
    Ok(([(SET_COOKIE, cookie)], see(own_path(&fields.one("next")))).into_response())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_led_to_another_place() {
        for (next, path) in [
            ("/records?q=a", "/records?q=a"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nset-cookie: x=1", "/"),
        ] {
            assert_eq!(own_path(next), path, "{next:?}");
        }
    }
}
