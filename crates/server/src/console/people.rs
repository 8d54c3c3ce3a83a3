//! Accounts: an administrator adds them, changes what they may do, lets nobody in, and gives their owners a new beginning.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, State},
    response::Response,
};
use entente_core::Level;

use super::{
    banner::Banner,
    block::encode,
    form::{Choice, Fields},
    frame::{Frame, Page, State as Sign},
    html, see,
    text::Say,
    visit::Visit,
};
use crate::{
    api::{AddUserRequest, ChangeUserRequest, InvitedView, RightsRequest, UserView},
    control::ApiError,
    people::{role::Role, users},
};

/// An account in a list.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) roles: String,
    pub(super) clearance: String,
    pub(super) subjects: String,
    pub(super) state: Sign,
}

impl Person {
    pub(super) fn new(user: UserView, say: Say) -> Self {
        Self {
            state: state(&user, say),
            path: format!("/node/people/{}", encode(&user.name)),
            roles: user.roles.iter().map(|role| say.one(&format!("role-{role}"))).collect::<Vec<_>>().join(", "),
            subjects: user.subjects.join(", "),
            name: user.name,
            clearance: user.clearance,
        }
    }
}

fn state(user: &UserView, say: Say) -> Sign {
    let factor = user.has_totp || user.passkeys > 0 || user.external.is_some();
    match (&user.disabled, factor) {
        (Some(_), _) => Sign::bad(say.one("state-disabled")),
        (None, false) => Sign::attention(say.one("state-no-factor")),
        (None, true) => Sign::good(say.one("state-active")),
    }
}

/// What stands in the form of an account.
struct Rights {
    name: String,
    roles: Vec<Choice>,
    levels: Vec<Choice>,
    subjects: String,
    nationality: String,
    is_on_duty: bool,
    issuer: String,
    subject: String,
}

impl Rights {
    fn of(user: Option<&UserView>, party: &str, say: Say) -> Self {
        let has = |role: &str| user.is_some_and(|user| user.roles.iter().any(|of| of == role));
        let role = |role: Role| Choice {
            value: role.as_str().to_owned(),
            words: say.one(&format!("role-{}", role.as_str())),
            is_chosen: has(role.as_str()),
        };
        let clearance = user.map(|user| user.clearance.clone()).unwrap_or_default();
        let external = user.and_then(|user| user.external.clone()).unwrap_or_default();
        Self {
            name: user.map(|user| user.name.clone()).unwrap_or_default(),
            roles: Role::ALL.map(role).into(),
            levels: Choice::of(Level::ALL.map(Level::as_str), &[clearance]),
            subjects: user.map(|user| user.subjects.join(", ")).unwrap_or_default(),
            nationality: user.map_or_else(|| party.to_owned(), |user| user.nationality.clone()),
            is_on_duty: user.is_none_or(|user| user.official_duty),
            issuer: external.0,
            subject: external.1,
        }
    }
}

fn rights_of(fields: &Fields) -> RightsRequest {
    RightsRequest {
        roles: fields.all("role"),
        clearance: fields.one("clearance"),
        subjects: fields.list("subjects"),
        nationality: fields.some("nationality"),
        official_duty: fields.one("duty") == "yes",
        external: fields.some("issuer").zip(fields.some("subject")),
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct NewPerson {
    frame: Frame,
    rights: Rights,
    problem: Option<String>,
}

/// `GET /node/people/new`.
pub(super) async fn new(visit: Visit) -> Result<Response, ApiError> {
    let rights = Rights::of(None, visit.control.operator.nationality.as_str(), visit.say());
    new_form(&visit, rights, None).await
}

async fn new_form(visit: &Visit, rights: Rights, problem: Option<String>) -> Result<Response, ApiError> {
    let title = visit.say().one("node-add-person");
    html(&NewPerson { frame: visit.frame(Page::Node, title, Banner::plain()).await?, rights, problem })
}

#[derive(Template)]
#[template(path = "invited.html")]
struct Invited {
    frame: Frame,
    name: String,
    link: String,
    until: String,
}

async fn invited(visit: &Visit, invited: InvitedView) -> Result<Response, ApiError> {
    html(&Invited {
        frame: visit.frame(Page::Node, visit.say().one("node-people"), Banner::plain()).await?,
        name: invited.user.name,
        link: invited.link.unwrap_or_default(),
        until: invited.link_expires.unwrap_or_default(),
    })
}

/// `POST /node/people/new`: an account, and the link by which its owner comes in, shown once.
pub(super) async fn add(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request = AddUserRequest { name: fields.one("name"), rights: rights_of(&fields), password: None };
    match users::add(State(visit.control.clone()), visit.person.clone(), Json(request)).await {
        Ok(Json(added)) => invited(&visit, added).await,
        Err(error @ (ApiError::Request(_) | ApiError::Conflict(_))) => {
            let mut rights = Rights::of(None, &fields.one("nationality"), visit.say());
            for choice in rights.roles.iter_mut() {
                choice.is_chosen = fields.all("role").contains(&choice.value);
            }
            rights.levels = Choice::of(Level::ALL.map(Level::as_str), &[fields.one("clearance")]);
            (rights.name, rights.subjects) = (fields.one("name"), fields.one("subjects"));
            (rights.issuer, rights.subject) = (fields.one("issuer"), fields.one("subject"));
            new_form(&visit, rights, Some(error.to_string())).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "person-change.html")]
struct Change {
    frame: Frame,
    rights: Rights,
    revision: i64,
    state: Sign,
    is_disabled: bool,
    facts: Vec<(String, String)>,
    path: String,
}

/// `GET /node/people/{name}`.
pub(super) async fn one(visit: Visit, Path(name): Path<String>) -> Result<Response, ApiError> {
    let say = visit.say();
    let user = users::show(State(visit.control.clone()), visit.person.clone(), Path(name)).await?.0;
    let yes = |holds: bool| say.one(if holds { "word-yes" } else { "word-no" });
    html(&Change {
        frame: visit.frame(Page::Node, user.name.clone(), Banner::plain()).await?,
        facts: vec![
            (say.one("sign-in-password"), yes(user.has_password)),
            (say.one("person-totp"), yes(user.has_totp)),
            (say.one("account-passkeys"), user.passkeys.to_string()),
            (say.one("person-since"), user.created.clone()),
        ],
        path: format!("/node/people/{}", encode(&user.name)),
        state: state(&user, say),
        is_disabled: user.disabled.is_some(),
        revision: user.revision,
        rights: Rights::of(Some(&user), visit.control.operator.nationality.as_str(), say),
    })
}

/// `POST /node/people/{name}`: what it may do from now on.
pub(super) async fn change(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let revision = fields.one("revision").parse();
    let revision = revision.map_err(|_| ApiError::Request("revision: load the page again".to_owned()))?;
    let request = ChangeUserRequest { rights: rights_of(&fields), revision };
    users::change(State(visit.control), visit.person, Path(name), Json(request)).await.map(drop)?;
    Ok(see("/node#people"))
}

/// `POST /node/people/{name}/access`: lets nobody in with it, lets its owner in again, or gives a new beginning.
pub(super) async fn access(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (control, person) = (State(visit.control.clone()), visit.person.clone());
    match Fields(fields).one("do").as_str() {
        "disable" => users::disable(control, person, Path(name.clone())).await.map(drop)?,
        "enable" => users::enable(control, person, Path(name.clone())).await.map(drop)?,
        "reset" => return invited(&visit, users::reset(control, person, Path(name)).await?.0).await,
        _ => return Err(ApiError::Request("do: `disable`, `enable` or `reset`".to_owned())),
    }
    Ok(see(&format!("/node/people/{}", encode(&name))))
}
