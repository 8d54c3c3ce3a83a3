//! The endpoints, and who may ask each of them. What is seen through them is decided record by record (`core::view`).
//!
//! To add one: its line here, its handler beside the others; then `ENTENTE_UPDATE=1 cargo test -p entente-cli --test api`
//! writes it into the matrix of roles and the description of the API.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{Json, http::Method};
use entente_formats::wire::{MAX_CONTENT, Parcel};

use super::{
    Reply, add_party, affected, agreements, answer_affected, approve, consents, courier, outbox, parties, prospects, quarantine,
    recalls, records, release, retention, status, whatif,
};
use crate::{
    people::{
        SignedIn,
        role::{Role, Roles},
        sign_in, users,
    },
    web::{
        endpoint::{Access, Endpoint},
        openapi,
    },
};

/// Who works with records.
pub(crate) const READERS: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure, Role::Treaty]));
/// Who makes records and asks others.
pub(crate) const MAKERS: Access = Access::Roles(Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure]));
/// Who gives to others.
const DISCLOSURE: Access = Access::Roles(Roles::of(&[Role::Disclosure]));
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
/// Everybody with any role.
const ALL: Access = Access::Roles(Roles::all());
/// A record with its content: base64 makes four bytes of three.
const CONTENT: usize = MAX_CONTENT * 4 / 3 + 64 * 1024;

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
    use Access::{Everybody, Own};
    vec![
        Endpoint::new(get("/openapi.json"), Everybody, "openapi", "This description.", description),
        Endpoint::new(post("/session"), Everybody, "session.begin", "Sign in.", sign_in::sign_in),
        Endpoint::new(delete("/session"), Own, "session.end", "Sign out.", sign_in::sign_out),
        Endpoint::new(
            post("/invitations/accept"),
            Everybody,
            "invitation.accept",
            "Set the first password with a one-time link.",
            sign_in::accept,
        ),
        Endpoint::new(get("/me"), Own, "me.show", "Who is signed in.", sign_in::me),
        Endpoint::new(post("/me/password"), Own, "me.password", "Change the own password.", sign_in::change_password),
        Endpoint::new(
            post("/me/totp"),
            Own,
            "me.totp.new",
            "Get a secret for an authenticator app.",
            sign_in::new_totp,
        ),
        Endpoint::new(
            post("/me/totp/confirm"),
            Own,
            "me.totp.confirm",
            "Have the app's codes asked for.",
            sign_in::confirm_totp,
        ),
        Endpoint::new(get("/users"), ADMIN, "user.list", "List the accounts.", users::list),
        Endpoint::new(post("/users"), ADMIN, "user.add", "Add an account.", users::add),
        Endpoint::new(get("/users/{name}"), ADMIN, "user.show", "Show an account.", users::show),
        Endpoint::new(put("/users/{name}"), ADMIN, "user.change", "Change what an account may do.", users::change),
        Endpoint::new(
            post("/users/{name}/disable"),
            ADMIN,
            "user.disable",
            "Let nobody in with an account.",
            users::disable,
        ),
        Endpoint::new(post("/users/{name}/enable"), ADMIN, "user.enable", "Let its owner in again.", users::enable),
        Endpoint::new(
            post("/users/{name}/reset"),
            ADMIN,
            "user.reset",
            "Take its credentials away, and make a one-time link.",
            users::reset,
        ),
        Endpoint::new(get("/status"), ALL, "status.show", "How the node stands.", status::status),
        Endpoint::new(get("/parties"), ALL, "party.list", "List the parties known.", parties),
        Endpoint::new(post("/parties"), ADMIN, "party.add", "Add a party file that somebody has compared.", add_party),
        Endpoint::new(get("/records"), READERS, "record.list", "Find records, newest first.", records::list),
        Endpoint::new(
            post("/records"),
            MAKERS,
            "record.enter",
            "Enter a record, and give it to nobody yet.",
            records::enter,
        )
        .limit(CONTENT),
        Endpoint::new(get("/records/{originator}/{id}"), READERS, "record.show", "Show a record.", records::one),
        Endpoint::new(
            get("/records/{originator}/{id}/content"),
            READERS,
            "record.content",
            "Its content, exactly.",
            records::content,
        ),
        Endpoint::new(get("/records/{originator}/{id}/prospects"), READERS, "record.prospects", "What would be decided about it for each party.", prospects::of_record),
        Endpoint::new(post("/prospects"), MAKERS, "prospects.draft", "What would be decided about a draft for each party.", prospects::of_draft).limit(CONTENT),
        Endpoint::new(post("/releases"), DISCLOSURE, "record.release", "Release a record, new or held.", release)
            .limit(CONTENT),
        Endpoint::new(post("/approvals"), DISCLOSURE, "record.approve", "Approve a record for a recipient.", approve),
        Endpoint::new(
            get("/consents"),
            READERS,
            "consent.list",
            "List the questions for consent, ours and theirs.",
            consents::questions,
        ),
        Endpoint::new(post("/consents"), MAKERS, "consent.ask", "Ask a party for its consent.", consents::ask),
        Endpoint::new(
            get("/consents/standing"),
            READERS,
            "consent.standing",
            "List the standing consents.",
            consents::standing,
        ),
        Endpoint::new(
            post("/consents/standing"),
            DISCLOSURE,
            "consent.grant",
            "Give a standing consent.",
            consents::grant,
        ),
        Endpoint::new(
            post("/consents/{request}/answer"),
            DISCLOSURE,
            "consent.answer",
            "Answer a question.",
            consents::answer,
        ),
        Endpoint::new(
            post("/consents/{request}/withdraw"),
            DISCLOSURE,
            "consent.withdraw",
            "Take a consent back.",
            consents::withdraw,
        ),
        Endpoint::new(
            get("/agreements"),
            ALL,
            "agreement.list",
            "List the agreements and how they stand.",
            agreements::list,
        ),
        Endpoint::new(
            post("/agreements"),
            TREATY,
            "agreement.propose",
            "Propose a text to its parties.",
            agreements::propose,
        ),
        Endpoint::new(
            get("/agreements/{id}/text"),
            ALL,
            "agreement.text",
            "The texts known under an id.",
            agreements::text,
        ),
        Endpoint::new(
            get("/agreements/{id}/acts"),
            ALL,
            "agreement.acts",
            "What the parties have done about them.",
            agreements::acts,
        ),
        Endpoint::new(
            post("/agreements/{id}/acts"),
            TREATY,
            "agreement.act",
            "Act on a text for this party.",
            agreements::act,
        ),
        Endpoint::new(
            post("/agreements/{id}/disputes"),
            TREATY,
            "agreement.dispute",
            "Dispute the effect of an act.",
            agreements::dispute,
        ),
        Endpoint::new(get("/recalls"), READERS, "recall.list", "List recalls and who has complied.", recalls::list),
        Endpoint::new(post("/recalls"), DISCLOSURE, "record.recall", "Call a record back.", recalls::recall),
        Endpoint::new(
            post("/recalls/settle"),
            DISCLOSURE,
            "record.settle",
            "Decide about a record made from one that was called back.",
            recalls::settle,
        ),
        Endpoint::new(
            get("/retention/due"),
            DISCLOSURE,
            "retention.due",
            "List the contents whose period is over.",
            retention::due,
        ),
        Endpoint::new(
            post("/retention/destroyed"),
            DISCLOSURE,
            "record.destroy",
            "Destroy a content here.",
            retention::destroy,
        ),
        Endpoint::new(get("/holds"), ACCOUNT, "hold.list", "List the legal holds.", retention::holds),
        Endpoint::new(post("/holds"), DISCLOSURE, "record.hold", "Place or lift a legal hold.", retention::hold),
        Endpoint::new(
            post("/relabellings"),
            DISCLOSURE,
            "record.relabel",
            "Give an own record another label.",
            recalls::relabel,
        ),
        Endpoint::new(
            get("/compromises"),
            READERS,
            "compromise.list",
            "List what was told of records in wrong hands.",
            recalls::compromises,
        ),
        Endpoint::new(
            post("/compromises"),
            MAKERS,
            "record.compromise",
            "Tell that control of a record is lost.",
            recalls::report,
        ),
        Endpoint::new(
            post("/whatif"),
            DESKS,
            "whatif.compare",
            "What would change if agreements were otherwise.",
            whatif::compare,
        ),
        Endpoint::new(
            post("/whatif/behind"),
            DESKS,
            "whatif.behind",
            "The records that a witness of it stands for.",
            whatif::behind,
        ),
        Endpoint::new(
            get("/affected"),
            ACCOUNT,
            "affected.list",
            "List releases that late knowledge speaks against.",
            affected,
        ),
        Endpoint::new(
            post("/affected/{number}/answer"),
            DESKS,
            "affected.answer",
            "Say what was done about one.",
            answer_affected,
        ),
        Endpoint::new(get("/outbox"), ACCOUNT, "outbox.list", "What was given to whom, and how far it got.", outbox),
        Endpoint::new(
            post("/outbox/{to}/{lane}/export"),
            TRAFFIC,
            "outbox.cut",
            "The next package of a feed, for a file.",
            courier::export,
        ),
        Endpoint::new(
            post("/outbox/{to}/{lane}/exported"),
            TRAFFIC,
            "outbox.exported",
            "That package is on a medium.",
            courier::exported,
        ),
        Endpoint::new(
            post("/inbox/import"),
            TRAFFIC,
            "inbox.import",
            "Take a package or a receipt from a file.",
            courier::import,
        )
        .limit(Parcel::LIMIT),
        Endpoint::new(
            get("/quarantine"),
            TRAFFIC,
            "quarantine.list",
            "List what was refused or is held sealed.",
            quarantine::list,
        ),
        Endpoint::new(
            post("/quarantine/{partner}/{lane}/{index}/retry"),
            TRAFFIC,
            "quarantine.retry",
            "Try one of them again.",
            quarantine::retry,
        ),
    ]
}

/// `GET /openapi.json`.
async fn description() -> Reply<serde_json::Value> {
    Ok(Json(openapi::document(&endpoints())))
}
