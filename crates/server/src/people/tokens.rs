//! API tokens: for programs that act for their owner, with no more than the owner has, for a while.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_store::people::{NewToken, People, TokenRow, UserRow};

use super::{
    SignedIn, Way,
    accounts::now,
    role::{Role, Roles},
    secret::{Secret, calendar_hash},
    sign_in::{by_session, just_now},
    users::is_name,
};
use crate::{
    api::{CalendarRequest, NewTokenView, TokenRequest, TokenView, moment},
    control::{ApiError, Control, Reply, unexpected},
};

/// How long a token may count, in days.
const LONGEST: u32 = 366;
/// The word in place of roles for a token that opens the calendar of meetings, by its address, and nothing else.
const CALENDAR: &str = "calendar";
/// The media type of a calendar.
pub(crate) const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8";
/// Whose accounts may have the calendar.
pub(crate) const MEETINGS: Roles = Roles::of(&[Role::Watch, Role::Disclosure, Role::Treaty, Role::Auditor]);
/// How many an account may have.
const MANY: usize = 64;

impl From<&TokenRow> for TokenView {
    fn from(row: &TokenRow) -> Self {
        Self {
            name: row.name.clone(),
            roles: row.roles.clone(),
            read_only: row.read_only,
            created: moment(row.created),
            expires: moment(row.expires),
            used: row.used.map(moment),
        }
    }
}

/// `GET /me/tokens`.
pub(crate) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<TokenView>> {
    let name = person.name().to_owned();
    let tokens = control.accounts.with(move |people| people.tokens(&name)).await?;
    Ok(Json(tokens.iter().map(TokenView::from).collect()))
}

/// `POST /me/tokens`: who is there in person makes one; a token makes no token.
pub(crate) async fn add(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<TokenRequest>,
) -> Reply<NewTokenView> {
    just_now(&person)?;
    let TokenRequest { name, roles, read_only, days } = request;
    let is_calendar = roles.as_deref() == Some(&[CALENDAR.to_owned()]);
    if is_calendar && person.roles().and(MEETINGS).is_empty() {
        return Err(ApiError::Request("roles: this account may not see meetings".to_owned()));
    }
    let wanted = match roles {
        _ if is_calendar => person.roles(),
        None => person.roles(),
        Some(words) => Roles::from_words(&words).map_err(ApiError::Request)?,
    };
    let scope = wanted.and(person.roles());
    if scope != wanted || scope.is_empty() {
        let own = person.roles().words().join("`, `");
        return Err(ApiError::Request(format!("roles: one or more of the account's own, `{own}`")));
    }
    let words = if is_calendar { vec![CALENDAR.to_owned()] } else { scope.words() };
    let user = person.name().to_owned();
    make(&control, person, user, Made { name, words, read_only: read_only || is_calendar, days }).await
}

/// A token, as it is made.
struct Made {
    name: String,
    words: Vec<String>,
    read_only: bool,
    days: u32,
}

/// Makes a token of an account.
async fn make(control: &Control, by: SignedIn, user: String, made: Made) -> Reply<NewTokenView> {
    let Made { name, words, read_only, days } = made;
    let is_calendar = words == [CALENDAR];
    if !is_name(&name) {
        return Err(ApiError::Request("name: letters, digits, `.`, `_`, `-` and `@`, at most 64".to_owned()));
    }
    if !(1..=LONGEST).contains(&days) {
        return Err(ApiError::Request(format!("days: `{days}` is not from 1 to {LONGEST}")));
    }
    let secret = Secret::fresh("entente_").map_err(|error| ApiError::Ours(error.to_string()))?;
    let hash = if is_calendar { calendar_hash(&secret.text) } else { secret.hash };
    let at = now();
    let expires = at + i64::from(days) * 86_400;
    let adding = control.accounts.change(&control.driver, move |people| {
        if people.tokens(&user)?.len() >= MANY {
            return Err(ApiError::Conflict(format!("an account has at most {MANY} tokens; take one away first")));
        }
        let new = NewToken { hash, name: &name, roles: &words, read_only, expires };
        if !people.add_token(&user, &new, at)? {
            return Err(ApiError::Conflict(format!("a token `{name}` is there; take it away, or give another name")));
        }
        let row = people.token(&hash)?.ok_or_else(unexpected)?;
        let stated = serde_json::json!({
            "token": name, "roles": row.roles, "read_only": read_only, "expires": moment(expires),
        });
        Ok((row, by.changed("token added", &user, stated)))
    });
    let row = adding.await?;
    let address = is_calendar.then(|| {
        let origin = control.origin.as_deref().unwrap_or_default();
        format!("{origin}/api/v1/calendar/{}/meetings.ics", *secret.text)
    });
    Ok(Json(NewTokenView { token: TokenView::from(&row), secret: secret.text.to_string(), address }))
}

/// `DELETE /me/tokens/{name}`: by its owner in person; a token takes no other away.
pub(crate) async fn remove(State(control): State<Control>, person: SignedIn, Path(name): Path<String>) -> Reply<()> {
    by_session(&person)?;
    let removing = control.accounts.change(&control.driver, move |people| {
        if !people.remove_token(person.name(), &name)? {
            return Err(ApiError::NotFound(format!("no token `{name}`")));
        }
        Ok(((), person.changed("token taken away", person.name(), serde_json::json!({ "token": name }))))
    });
    removing.await?;
    Ok(Json(()))
}

/// The tokens for calendars of an account that is there.
fn calendars_of(people: &People, name: &str) -> Result<(UserRow, Vec<TokenRow>), ApiError> {
    let user = people.user(name)?.ok_or_else(|| ApiError::NotFound(format!("no account `{name}`")))?;
    let mut tokens = people.tokens(name)?;
    tokens.retain(|token| token.roles == [CALENDAR]);
    Ok((user, tokens))
}

/// `GET /users/{name}/calendars`: the addresses of the calendar that an account has, without their secrets.
pub(crate) async fn calendars(
    State(control): State<Control>,
    _: SignedIn,
    Path(name): Path<String>,
) -> Reply<Vec<TokenView>> {
    let (_, tokens) = control.accounts.with(move |people| Ok(calendars_of(people, &name))).await??;
    Ok(Json(tokens.iter().map(TokenView::from).collect()))
}

/// `POST /users/{name}/calendars`: an address of the calendar for an account, made by the node's operator, who has all that it opens
/// anyhow. An administrator makes none: whoever has the address reads titles of meetings, and administrators do not.
pub(crate) async fn add_calendar(
    State(control): State<Control>,
    person: SignedIn,
    Path(user): Path<String>,
    Json(request): Json<CalendarRequest>,
) -> Reply<NewTokenView> {
    let CalendarRequest { name, days } = request;
    let owner = user.clone();
    let (row, _) = control.accounts.with(move |people| Ok(calendars_of(people, &owner))).await??;
    if Roles::from_words(&row.roles).unwrap_or_default().and(MEETINGS).is_empty() {
        return Err(ApiError::Request(format!("`{user}` may not see meetings")));
    }
    if *person.way() != Way::Operator {
        return Err(ApiError::Request(
            "the operator makes it at the node itself, or its owner in the account's settings".to_owned(),
        ));
    }
    make(&control, person, user, Made { name, words: vec![CALENDAR.to_owned()], read_only: true, days }).await
}

/// `DELETE /users/{name}/calendars/{calendar}`.
pub(crate) async fn remove_calendar(
    State(control): State<Control>,
    person: SignedIn,
    Path((user, name)): Path<(String, String)>,
) -> Reply<()> {
    let removing = control.accounts.change(&control.driver, move |people| {
        let (_, tokens) = calendars_of(people, &user)?;
        if !tokens.iter().any(|token| token.name == name) || !people.remove_token(&user, &name)? {
            return Err(ApiError::NotFound(format!("`{user}` has no calendar `{name}`")));
        }
        Ok(((), person.changed("token taken away", &user, serde_json::json!({ "token": name }))))
    });
    removing.await?;
    Ok(Json(()))
}
