//! Accounts: who may come in and what each may do, as administrators say. An administrator gives rights and uses none; each
//! change is in the ledger.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_core::Level;
use entente_node::person::Account;
use entente_store::people::{People, Rights, UserRow};
use zeroize::Zeroizing;

use super::{SignedIn, Way, accounts::now, password, role::Roles, secret::Secret, sign_in::LONGEST_NAME};
use crate::{
    api::{AddUserRequest, ChangeUserRequest, InvitedView, RightsRequest, UserView, VouchRequest, moment},
    control::{ApiError, Control, Reply},
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
            certificates: row.certificates,
            external: row.external.clone(),
            set_by: row.set_by.clone(),
            vouched_by: row.vouched_by.clone(),
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

pub(super) async fn find(control: &Control, name: &str) -> Result<UserRow, ApiError> {
    let wanted = name.to_owned();
    let found = control.accounts.with(move |people| people.user(&wanted)).await?;
    found.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ApiError {
    ApiError::NotFound(format!("no account `{name}`"))
}

fn changed_meanwhile(name: &str) -> ApiError {
    ApiError::Conflict(format!("`{name}` was changed meanwhile; look at it again"))
}

/// Who sets accounts, where it is one of them: the operator could do whatever they can by other ways.
pub(super) fn administrator(by: &SignedIn) -> Option<String> {
    (*by.way() != Way::Operator).then(|| by.name().to_owned())
}

/// A change of an account, and how it stands then, for the ledger.
fn changed(people: &People, by: &SignedIn, what: &str, name: &str) -> Result<(UserRow, Account), ApiError> {
    let user = people.user(name)?.ok_or_else(|| unknown(name))?;
    let now = serde_json::json!({
        "roles": user.roles, "clearance": user.clearance, "subjects": user.subjects,
        "nationality": user.nationality, "official_duty": user.official_duty, "disabled": user.disabled.is_some(),
        "external": user.external,
    });
    let account = by.changed(what, name, now);
    Ok((user, account))
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
        Some(given) => Some(control.accounts.hashing.make(given).await?),
        None => None,
    };
    let (at, set_by) = (now(), administrator(&by));
    let adding = control.accounts.change(&control.driver, move |people| {
        if !people.add_user(&name, &rights, at)? {
            return Err(ApiError::Conflict(format!(
                "an account `{name}`, or one of that provider's subject, is there"
            )));
        }
        people.set_by(&name, set_by.as_deref())?;
        if let Some(made) = made {
            people.set_password(&name, &made)?;
        }
        changed(people, &by, "account added", &name)
    });
    let user = adding.await?;
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
    let (revision, set_by) = (request.revision, administrator(&by));
    let changing = control.accounts.change(&control.driver, move |people| {
        if !people.set_rights(&name, &rights, revision)? {
            return Err(changed_meanwhile(&name));
        }
        people.set_by(&name, set_by.as_deref())?;
        changed(people, &by, "rights changed", &name)
    });
    Ok(Json(UserView::from(&changing.await?)))
}

/// `POST /users/{name}/disable`: its sessions and tokens end now.
pub(crate) async fn disable(State(control): State<Control>, by: SignedIn, Path(name): Path<String>) -> Reply<UserView> {
    if by.name() == name {
        return Err(ApiError::Request("nobody disables the own account: another administrator does".to_owned()));
    }
    set_disabled(&control, by, name, Some(now())).await
}

/// `POST /users/{name}/enable`.
pub(crate) async fn enable(State(control): State<Control>, by: SignedIn, Path(name): Path<String>) -> Reply<UserView> {
    set_disabled(&control, by, name, None).await
}

async fn set_disabled(control: &Control, by: SignedIn, name: String, disabled: Option<i64>) -> Reply<UserView> {
    let what = if disabled.is_some() { "account disabled" } else { "account enabled" };
    let setting = control.accounts.change(&control.driver, move |people| {
        people.set_disabled(&name, disabled)?;
        changed(people, &by, what, &name)
    });
    Ok(Json(UserView::from(&setting.await?)))
}

/// `POST /users/{name}/reset`: every credential is taken away, and a one-time link lets its owner begin again.
pub(crate) async fn reset(
    State(control): State<Control>,
    by: SignedIn,
    Path(name): Path<String>,
) -> Reply<InvitedView> {
    let set_by = administrator(&by);
    let resetting = control.accounts.change(&control.driver, move |people| {
        people.set_by(&name, set_by.as_deref())?;
        people.reset(&name)?;
        changed(people, &by, "credentials taken away", &name)
    });
    Ok(Json(invite(&control, &resetting.await?).await?))
}

/// `POST /users/{name}/vouch`: another administrator, an auditor or the operator has looked at an account, and it is what it should
/// be: its owner's own.
pub(crate) async fn vouch(
    State(control): State<Control>,
    by: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<VouchRequest>,
) -> Reply<UserView> {
    let user = find(&control, &name).await?;
    let Some(administrator) = user.set_by else {
        return Err(ApiError::Request(format!("nobody needs to vouch for `{name}`: no administrator set it alone")));
    };
    let revision = request.revision;
    let vouching = control.accounts.change(&control.driver, move |people| {
        let own = by.name();
        let is_another = *by.way() == Way::Operator || own != name && people.behind(own)? != people.behind(&name)?;
        if !is_another {
            return Err(ApiError::Forbidden(
                format!("this account, too, is as `{administrator}` set it, or is the one in question"),
                "another administrator, an auditor whom that one did not set alone, or the operator does it".to_owned(),
            ));
        }
        if !people.vouch(&name, own, revision)? {
            return Err(changed_meanwhile(&name));
        }
        changed(people, &by, "account vouched for", &name)
    });
    Ok(Json(UserView::from(&vouching.await?)))
}

/// Whether two persons may be one: then what takes two is not done.
pub(crate) async fn two_persons(control: &Control, one: &str, other: &str) -> Result<(), ApiError> {
    let (first, second) = (one.to_owned(), other.to_owned());
    let behind = control.accounts.with(move |people| Ok((people.behind(&first)?, people.behind(&second)?)));
    let (first, second) = behind.await?;
    if first == second && one != other {
        return Err(ApiError::Forbidden(
            format!("`{first}` alone set the accounts of both persons, so that they may be one"),
            "another administrator or an auditor looks at one of them and vouches for it: `entente user vouch`"
                .to_owned(),
        ));
    }
    Ok(())
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
