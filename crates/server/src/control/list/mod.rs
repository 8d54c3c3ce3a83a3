//! The endpoints, and who may ask each of them. What is seen through them is decided record by record (`core::view`).
//!
//! To add one: its line in the file of what it is about, its handler beside the others; then `ENTENTE_UPDATE=1 cargo test -p entente-cli --test api`
//! writes it into the matrix of roles and the description of the API.

mod people;
mod parties;
mod records;
mod agreements;
mod keeping;
mod traffic;
mod ledger;
mod taxii;
mod watch;
mod jobs;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{Json, http::Method};
use entente_formats::wire::MAX_CONTENT;

use super::Reply;
use crate::{
    people::{
        SignedIn,
        role::{Role, Roles},
    },
    web::{
        endpoint::{Access, Endpoint},
        openapi,
    },
};

/// Who works with records.
pub(crate) const READERS: Access =
    Access::Roles(Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure, Role::Treaty]));
/// Who makes records and asks others.
pub(crate) const MAKERS: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure]));
/// Who gives to others.
const DISCLOSURE: Access = Access::Roles(Roles::of(&[Role::Disclosure]));
/// Who discloses when it cannot wait.
const DUTY: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Disclosure]));
/// Who consults, and says that this party has heard.
const WATCHERS: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Disclosure, Role::Treaty]));
/// Who looks at what is owed and what came of it.
const LOOKERS: Access =
    Access::Roles(Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure, Role::Treaty, Role::Auditor]));
/// Who acts on agreements.
const TREATY: Access = Access::Roles(Roles::of(&[Role::Treaty]));
/// Who weighs agreements.
const DESKS: Access = Access::Roles(Roles::of(&[Role::Disclosure, Role::Treaty]));
/// Who looks after the node.
const ADMIN: Access = Access::Roles(Roles::of(&[Role::Admin]));
/// Who sees to it that things arrive.
const TRAFFIC: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Disclosure, Role::Admin]));
/// Who looks at what was given.
const ACCOUNT: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Disclosure, Role::Treaty, Role::Auditor]));
/// Who holds this party to account.
const AUDITOR: Access = Access::Roles(Roles::of(&[Role::Auditor]));
/// Who sees to it that what is kept holds.
const KEEPERS: Access = Access::Roles(Roles::of(&[Role::Auditor, Role::Admin]));
/// Who says which collections there are, and what becomes of what is posted to them.
const COLLECTIONS: Access = Access::Roles(Roles::of(&[Role::Disclosure, Role::Admin]));
/// Who sees to it that people are reached.
const CHAIN: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Admin]));
/// Everybody with any role.
const ALL: Access = Access::Roles(Roles::all());
/// A record with its content: base64 makes four bytes of three.
const CONTENT: usize = MAX_CONTENT * 4 / 3 + 64 * 1024;
/// Objects of STIX, as a text in JSON.
const LOAD: usize = 64 * 1024 * 1024;

/// A warning of at most a mebibyte, in base64, with room to say that a longer one is too long.
const ALERT: usize = 2 * 1024 * 1024;

const fn get(path: &'static str) -> (Method, &'static str) {
    (Method::GET, path)
}

const fn post(path: &'static str) -> (Method, &'static str) {
    (Method::POST, path)
}

const fn put(path: &'static str) -> (Method, &'static str) {
    (Method::PUT, path)
}

const fn delete(path: &'static str) -> (Method, &'static str) {
    (Method::DELETE, path)
}

/// Who may ask the endpoint with this name; nobody, when there is none.
pub(crate) fn access_of(name: &str) -> Access {
    static ACCESS: LazyLock<BTreeMap<&str, Access>> =
        LazyLock::new(|| endpoints().iter().map(|endpoint| (endpoint.name, endpoint.access)).collect());
    ACCESS.get(name).copied().unwrap_or(Access::Roles(Roles::of(&[])))
}

/// Whether somebody may ask the endpoint with this name.
pub(crate) fn may(person: &SignedIn, name: &str) -> bool {
    match access_of(name) {
        Access::Roles(roles) => !person.roles().and(roles).is_empty(),
        Access::Own | Access::Everybody => true,
    }
}

/// All of them, in the order of their description.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        people::endpoints(),
        parties::endpoints(),
        records::endpoints(),
        agreements::endpoints(),
        keeping::endpoints(),
        traffic::endpoints(),
        ledger::endpoints(),
        taxii::endpoints(),
        watch::endpoints(),
        jobs::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `GET /openapi.json`.
async fn description() -> Reply<serde_json::Value> {
    Ok(Json(openapi::document(&endpoints())))
}
