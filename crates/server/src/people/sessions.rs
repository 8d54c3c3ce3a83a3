//! Sessions and tokens as they are listed and ended: one's own, and those of an account by who looks after accounts. What opens one
//! is shown by none of it.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_formats::hex;
use entente_store::people::{People, SessionRow};

use super::{SignedIn, Way, sign_in::by_session};
use crate::{
    api::{SessionView, TokenView, moment},
    control::{ApiError, Control, Reply},
};

/// How much of a hash tells one session of an account from another, in bytes.
const SHORT: usize = 8;

fn name_of(row: &SessionRow) -> String {
    hex::encode(row.hash.get(..SHORT).unwrap_or_default())
}

fn view(row: &SessionRow, asks: &SignedIn) -> SessionView {
    SessionView {
        id: name_of(row),
        way: row.way.clone(),
        enrolling: row.enrolling,
        began: moment(row.created),
        used: moment(row.seen),
        this: matches!(asks.way(), Way::Session { hash, .. } if *hash == row.hash),
    }
}

async fn sessions(control: &Control, asks: &SignedIn, name: String) -> Reply<Vec<SessionView>> {
    let found = control.accounts.with(move |people| Ok(known(people, &name).map(|()| people.sessions(&name)))).await?;
    Ok(Json(found??.iter().map(|row| view(row, asks)).collect()))
}

/// Whether there is such an account.
fn known(people: &People, name: &str) -> Result<(), ApiError> {
    people.user(name)?.map(drop).ok_or_else(|| ApiError::NotFound(format!("no account `{name}`")))
}

async fn end(control: &Control, by: SignedIn, name: String, id: String) -> Reply<()> {
    let ending = control.accounts.change(&control.driver, move |people| {
        known(people, &name)?;
        let row = people.sessions(&name)?.into_iter().find(|row| name_of(row) == id);
        let row = row.ok_or_else(|| ApiError::NotFound(format!("`{name}` has no session `{id}`")))?;
        people.end_session(&row.hash)?;
        Ok(((), by.changed("session ended", &name, serde_json::json!({ "session": id }))))
    });
    ending.await.map(Json)
}

/// `GET /me/sessions`.
pub(crate) async fn own(State(control): State<Control>, person: SignedIn) -> Reply<Vec<SessionView>> {
    if *person.way() == Way::Operator {
        return Ok(Json(Vec::new()));
    }
    sessions(&control, &person, person.name().to_owned()).await
}

/// `DELETE /me/sessions/{id}`.
pub(crate) async fn end_own(State(control): State<Control>, person: SignedIn, Path(id): Path<String>) -> Reply<()> {
    by_session(&person)?;
    let name = person.name().to_owned();
    end(&control, person, name, id).await
}

/// `GET /users/{name}/sessions`.
pub(crate) async fn of(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
) -> Reply<Vec<SessionView>> {
    sessions(&control, &person, name).await
}

/// `DELETE /users/{name}/sessions/{id}`.
pub(crate) async fn end_of(
    State(control): State<Control>,
    person: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Reply<()> {
    end(&control, person, name, id).await
}

/// `GET /users/{name}/tokens`: without their secrets, which nobody has but who made them.
pub(crate) async fn tokens(
    State(control): State<Control>,
    _: SignedIn,
    Path(name): Path<String>,
) -> Reply<Vec<TokenView>> {
    let found = control.accounts.with(move |people| Ok(known(people, &name).map(|()| people.tokens(&name)))).await?;
    Ok(Json(found??.iter().map(TokenView::from).collect()))
}

/// `DELETE /users/{name}/tokens/{token}`.
pub(crate) async fn end_token(
    State(control): State<Control>,
    person: SignedIn,
    Path((name, token)): Path<(String, String)>,
) -> Reply<()> {
    let removing = control.accounts.change(&control.driver, move |people| {
        known(people, &name)?;
        if !people.remove_token(&name, &token)? {
            return Err(ApiError::NotFound(format!("`{name}` has no token `{token}`")));
        }
        Ok(((), person.changed("token taken away", &name, serde_json::json!({ "token": token }))))
    });
    removing.await.map(Json)
}
