//! API tokens: for programs that act for their owner, with no more than the owner has, for a while.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_node::{Event, person::Account};
use entente_store::people::{NewToken, TokenRow};

use super::{SignedIn, accounts::now, role::Roles, secret::Secret, sign_in::by_session, users::is_name};
use crate::{
    api::{NewTokenView, TokenRequest, TokenView, moment},
    control::{ApiError, Control, Reply, unexpected},
};

/// How long a token may count, in days.
const LONGEST: u32 = 366;
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

async fn tell(control: &Control, person: &SignedIn, what: &str, now: serde_json::Value) -> Result<(), ApiError> {
    let account = Account::Changed { by: person.person(), what: what.to_owned(), name: person.name().to_owned(), now };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
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
    by_session(&person)?;
    let TokenRequest { name, roles, read_only, days } = request;
    if !is_name(&name) {
        return Err(ApiError::Request("name: letters, digits, `.`, `_`, `-` and `@`, at most 64".to_owned()));
    }
    if !(1..=LONGEST).contains(&days) {
        return Err(ApiError::Request(format!("days: `{days}` is not from 1 to {LONGEST}")));
    }
    let wanted = match roles {
        None => person.roles(),
        Some(words) => Roles::from_words(&words).map_err(ApiError::Request)?,
    };
    let scope = wanted.and(person.roles());
    if scope != wanted || scope.is_empty() {
        let own = person.roles().words().join("`, `");
        return Err(ApiError::Request(format!("roles: one or more of the account's own, `{own}`")));
    }
    let secret = Secret::fresh("entente_").map_err(|error| ApiError::Ours(error.to_string()))?;
    let (hash, at, user) = (secret.hash, now(), person.name().to_owned());
    let expires = at + i64::from(days) * 86_400;
    let (wanted, words) = (name.clone(), scope.words());
    let row = control
        .accounts
        .with(move |people| {
            if people.tokens(&user)?.len() >= MANY {
                return Ok(Err(format!("an account has at most {MANY} tokens; take one away first")));
            }
            let new = NewToken { hash, name: &wanted, roles: &words, read_only, expires };
            if !people.add_token(&user, &new, at)? {
                return Ok(Err(format!("a token `{wanted}` is there; take it away, or give another name")));
            }
            Ok(Ok(people.token(&hash)?))
        })
        .await?
        .map_err(ApiError::Conflict)?
        .ok_or_else(unexpected)?;
    let stated = serde_json::json!({
        "token": name, "roles": row.roles, "read_only": read_only, "expires": moment(expires),
    });
    tell(&control, &person, "token added", stated).await?;
    Ok(Json(NewTokenView { token: TokenView::from(&row), secret: secret.text.to_string() }))
}

/// `DELETE /me/tokens/{name}`.
pub(crate) async fn remove(State(control): State<Control>, person: SignedIn, Path(name): Path<String>) -> Reply<()> {
    let (user, wanted) = (person.name().to_owned(), name.clone());
    if !control.accounts.with(move |people| people.remove_token(&user, &wanted)).await? {
        return Err(ApiError::NotFound(format!("no token `{name}`")));
    }
    tell(&control, &person, "token taken away", serde_json::json!({ "token": name })).await?;
    Ok(Json(()))
}
