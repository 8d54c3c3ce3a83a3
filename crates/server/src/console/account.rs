//! Coming in, leaving, and a person's own account: password, authenticator app, passkeys.

use askama::Template;
use axum::{
    Extension, Form, Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use entente_core::explain::Language;
use serde::Deserialize;

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page},
    html,
    node::qr,
    see,
    visit::{LANGUAGE, Manner, Visit},
};
use crate::{
    api::{AcceptRequest, ConfirmTotpRequest, SignInRequest},
    control::{ApiError, Control},
    people::{Half, SignedIn, session, sign_in},
};

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignIn {
    frame: Frame,
    problem: Option<String>,
    name: String,
    next: String,
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
    html(&SignIn { frame: manner.frame(control, title), problem, name, next })
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
        Ok(_) => Ok(see("/sign-in")),
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
}

/// `GET /account`.
pub(super) async fn account(
    State(control): State<Control>,
    headers: HeaderMap,
    Half(person): Half,
) -> Result<Response, ApiError> {
    show(&control, &headers, person, None).await
}

async fn show(
    control: &Control,
    headers: &HeaderMap,
    person: SignedIn,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let (manner, me) = (Manner::of(headers), sign_in::me(Half(person.clone())).await?.0);
    let say = manner.say;
    let title = say.one("account-title");
    let frame = if me.enrolling {
        manner.frame(control, title)
    } else {
        let visit = Visit { control: control.clone(), person: person.clone(), manner };
        visit.frame(Page::Other, title, Banner::plain()).await?
    };
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
        languages: [("en", "English", Language::English), ("ja", "日本語", Language::Japanese), ("ko", "한국어", Language::Korean)]
            .map(|(code, name, language)| (code, name, language == say.0))
            .into(),
        frame,
        totp,
        problem,
    })
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
        Err(ApiError::Request(problem)) => show(&control, &headers, person, Some(problem)).await,
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
