//! Accounts: who may come in and what each may do, as administrators say. An administrator gives rights and uses none; each
//! change is in the ledger.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_core::Level;
use entente_node::{Event, person::Account};
use entente_store::people::{Rights, UserRow};
use zeroize::Zeroizing;

use super::{
    SignedIn,
    accounts::now,
    password,
    role::Roles,
    secret::Secret,
    sign_in::{LONGEST_NAME, make},
};
use crate::{
    api::{AddUserRequest, ChangeUserRequest, InvitedView, RightsRequest, UserView, moment},
    control::{ApiError, Control, Reply, unexpected},
};

/// How long a one-time link counts, in seconds.
pub(crate) const LINK: i64 = 3 * 86_400;
/// How many subjects an account may have.
const SUBJECTS: usize = 256;

impl From<&UserRow> for UserView {
    fn from(row: &UserRow) -> Self {
        Self {
            name: row.name.clone(),
            roles: row.roles.clone(),
            clearance: row.clearance.clone(),
            subjects: row.subjects.clone(),
            nationality: row.nationality.clone(),
            official_duty: row.official_duty,
            created: moment(row.created),
            disabled: row.disabled.map(moment),
            revision: row.revision,
            has_password: row.has_password,
            has_totp: row.has_totp,
            passkeys: row.passkeys,
            external: row.external.clone(),
        }
    }
}

/// Whether that can be the name of an account: what stands in logs, lists and addresses as it is.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-@".contains(character);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// What an account may do, as it was asked for.
fn rights(control: &Control, request: RightsRequest) -> Result<Rights, ApiError> {
    let roles = Roles::from_words(&request.roles).map_err(ApiError::Request)?;
    if let Some(why) = roles.conflict() {
        return Err(ApiError::Request(why.to_owned()));
    }
    if Level::from_banner(&request.clearance).is_none() {
        let known = Level::ALL.map(Level::as_str).join("`, `");
        return Err(ApiError::Request(format!("unknown level `{}`; known: `{known}`", request.clearance)));
    }
    let any = request.subjects.iter().any(|subject| subject == "*");
    if any && request.subjects.len() > 1 {
        return Err(ApiError::Request("name the subjects, or `*` alone for any".to_owned()));
    }
    let is_long = |text: &String| text.is_empty() || text.len() > 200 || text.chars().any(char::is_control);
    if request.subjects.len() > SUBJECTS || request.subjects.iter().any(is_long) {
        return Err(ApiError::Request(format!("at most {SUBJECTS} subjects of at most 200 bytes")));
    }
    let nationality = request.nationality.unwrap_or_else(|| control.operator.nationality.to_string());
    if !entente_formats::party::is_party_code(&nationality) {
        return Err(ApiError::Request(format!("`{nationality}` is no party code (2 to 32 of A-Z, 0-9, -)")));
    }
    Ok(Rights {
        roles: roles.words(),
        clearance: request.clearance,
        subjects: request.subjects,
        nationality,
        official_duty: request.official_duty,
        external: request.external,
    })
}

async fn find(control: &Control, name: &str) -> Result<UserRow, ApiError> {
    let wanted = name.to_owned();
    let found = control.accounts.with(move |people| people.user(&wanted)).await?;
    found.ok_or_else(|| ApiError::NotFound(format!("no account `{name}`")))
}

/// Puts a change on the record.
async fn tell(control: &Control, by: &SignedIn, what: &str, user: &UserRow) -> Result<(), ApiError> {
    let now = serde_json::json!({
        "roles": user.roles, "clearance": user.clearance, "subjects": user.subjects,
        "nationality": user.nationality, "official_duty": user.official_duty, "disabled": user.disabled.is_some(),
        "external": user.external,
    });
    let account = Account::Changed { by: by.person(), what: what.to_owned(), name: user.name.clone(), now };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
}

/// `GET /users`.
pub(crate) async fn list(State(control): State<Control>, _: SignedIn) -> Reply<Vec<UserView>> {
    let users = control.accounts.with(|people| people.users()).await?;
    Ok(Json(users.iter().map(UserView::from).collect()))
}

/// `GET /users/{name}`.
pub(crate) async fn show(State(control): State<Control>, _: SignedIn, Path(name): Path<String>) -> Reply<UserView> {
    Ok(Json(UserView::from(&find(&control, &name).await?)))
}

/// `POST /users`.
pub(crate) async fn add(
    State(control): State<Control>,
    by: SignedIn,
    Json(request): Json<AddUserRequest>,
) -> Reply<InvitedView> {
    let name = request.name;
    let given = request.password.map(Zeroizing::new);
    if !is_name(&name) {
        return Err(ApiError::Request(format!(
            "a name has 1 to {LONGEST_NAME} letters, digits, `.`, `_`, `-` and `@`, and begins with a letter or a digit"
        )));
    }
    let rights = rights(&control, request.rights)?;
    if let Some(given) = &given {
        password::check(&name, given)?;
    }
    let made = match given {
        Some(given) => Some(make(&control, given).await?),
        None => None,
    };
    let (wanted, at) = (name.clone(), now());
    let added = control.accounts.with(move |people| {
        let added = people.add_user(&wanted, &rights, at)?;
        if let Some(made) = made.filter(|_| added) {
            people.set_password(&wanted, &made)?;
        }
        Ok(added)
    });
    if !added.await? {
        return Err(ApiError::Conflict(format!("an account `{name}`, or one of that provider's subject, is there")));
    }
    let user = find(&control, &name).await?;
    tell(&control, &by, "account added", &user).await?;
    Ok(Json(if user.has_password {
        InvitedView { user: (&user).into(), link: None, link_expires: None }
    } else {
        invite(&control, &user).await?
    }))
}

/// Makes a one-time link.
async fn invite(control: &Control, user: &UserRow) -> Result<InvitedView, ApiError> {
    let secret = Secret::fresh("").map_err(|error| ApiError::Ours(error.to_string()))?;
    let (hash, name, expires) = (secret.hash, user.name.clone(), now() + LINK);
    control.accounts.with(move |people| people.invite(&hash, &name, expires)).await?;
    Ok(InvitedView {
        user: user.into(),
        link: Some(link(control.origin.as_deref(), &secret.text)),
        link_expires: Some(moment(expires)),
    })
}

/// The secret stands behind the `#`, which no browser sends and no proxy logs.
pub(crate) fn link(origin: Option<&str>, secret: &str) -> String {
    format!("{}/join#{secret}", origin.unwrap_or_default())
}

/// `PUT /users/{name}`.
pub(crate) async fn change(
    State(control): State<Control>,
    by: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<ChangeUserRequest>,
) -> Reply<UserView> {
    let rights = rights(&control, request.rights)?;
    find(&control, &name).await?;
    let (wanted, revision) = (name.clone(), request.revision);
    if !control.accounts.with(move |people| people.set_rights(&wanted, &rights, revision)).await? {
        return Err(ApiError::Conflict(format!("`{name}` was changed meanwhile; look at it again")));
    }
    let user = find(&control, &name).await?;
    tell(&control, &by, "rights changed", &user).await?;
    Ok(Json(UserView::from(&user)))
}

/// `POST /users/{name}/disable`: its sessions and tokens end now.
pub(crate) async fn disable(State(control): State<Control>, by: SignedIn, Path(name): Path<String>) -> Reply<UserView> {
    if by.name() == name {
        return Err(ApiError::Request("nobody disables the own account: another administrator does".to_owned()));
    }
    set_disabled(&control, &by, name, Some(now())).await
}

/// `POST /users/{name}/enable`.
pub(crate) async fn enable(State(control): State<Control>, by: SignedIn, Path(name): Path<String>) -> Reply<UserView> {
    set_disabled(&control, &by, name, None).await
}

async fn set_disabled(control: &Control, by: &SignedIn, name: String, disabled: Option<i64>) -> Reply<UserView> {
    find(control, &name).await?;
    let wanted = name.clone();
    if !control.accounts.with(move |people| people.set_disabled(&wanted, disabled)).await? {
        return Err(unexpected());
    }
    let user = find(control, &name).await?;
    tell(control, by, if disabled.is_some() { "account disabled" } else { "account enabled" }, &user).await?;
    Ok(Json(UserView::from(&user)))
}

/// `POST /users/{name}/reset`: every credential is taken away, and a one-time link lets its owner begin again.
pub(crate) async fn reset(
    State(control): State<Control>,
    by: SignedIn,
    Path(name): Path<String>,
) -> Reply<InvitedView> {
    find(&control, &name).await?;
    let wanted = name.clone();
    control.accounts.with(move |people| people.reset(&wanted)).await?;
    let user = find(&control, &name).await?;
    tell(&control, &by, "credentials taken away", &user).await?;
    Ok(Json(invite(&control, &user).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_everywhere_as_it_is() {
        let long = "a".repeat(65);
        for (name, is_one) in [
            ("mori", true),
            ("mori.k@mod.example", true),
            ("", false),
            ("../mori", false),
            ("mo ri", false),
            ("mori\r\nx", false),
            ("森", false),
            (long.as_str(), false),
        ] {
            assert_eq!(is_name(name), is_one, "{name}");
        }
    }
}
