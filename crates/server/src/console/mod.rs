//! The console: pages for people, made here from the same answers that the API gives, for whoever is signed in. Every deed of a
//! page is an endpoint of the API, done by the same handler; who may ask for a page stands in [`pages`], as for the API.
//!
//! No page decides anything, and none shows what the API would not. The key types are [`visit::Visit`], somebody who looks,
//! and [`frame::Frame`], what is around every page.

mod text;
mod chip;
mod name;
mod banner;
mod block;
mod strip;
mod frame;
mod form;
mod assets;
mod visit;
mod desk;
mod waiting;
mod alerts;
mod difference;
mod duties;
mod incidents;
mod consultations;
mod consultation;
mod steps;
mod commitments;
mod meetings;
mod records;
mod released;
mod ask;
mod new;
mod recalls;
mod collections;
mod object;
mod keeping;
mod outbox;
mod lists;
mod consent;
mod second;
mod agreements;
mod accession;
mod compare;
mod whatif;
mod partner;
mod log;
mod ledger;
mod jobs;
mod node;
mod people;
mod account;

use std::{collections::BTreeMap, sync::LazyLock};

use askama::Template;
use axum::{
    Router,
    body::to_bytes,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use entente_formats::wire::MAX_CONTENT;

pub(crate) use self::text::Say;
use self::{frame::Frame, visit::Manner};
use crate::{
    control::{ApiError, Control, MAKERS, READERS, access_of, jobs::MANY},
    people::{SignedIn, Way},
    web::endpoint::{Access, SMALL, guarded},
};

/// The longest body of a form with a file in it.
const WITH_FILE: usize = MAX_CONTENT + SMALL;

/// A page, or what a form of one does.
pub(crate) struct PageRoute {
    /// The method.
    pub(crate) method: Method,
    /// The path, with its parameters in braces.
    pub(crate) path: &'static str,
    /// Who may ask for it.
    pub(crate) access: Access,
    limit: usize,
    handler: MethodRouter<Control>,
}

fn page<H, T>(path: &'static str, access: Access, handler: H) -> PageRoute
where
    H: axum::handler::Handler<T, Control>,
    T: 'static,
{
    PageRoute { method: Method::GET, path, access, limit: SMALL, handler: get(handler) }
}

fn deed<H, T>(path: &'static str, access: Access, handler: H) -> PageRoute
where
    H: axum::handler::Handler<T, Control>,
    T: 'static,
{
    PageRoute { method: Method::POST, path, access, limit: SMALL, handler: post(handler) }
}

/// For whom both endpoints are: a page that shows what the one says beside what the other does.
fn both(one: &str, other: &str) -> Access {
    match (access_of(one), access_of(other)) {
        (Access::Roles(one), Access::Roles(other)) => Access::Roles(one.and(other)),
        (Access::Roles(roles), _) | (_, Access::Roles(roles)) => Access::Roles(roles),
        (access, _) => access,
    }
}

/// All pages and what their forms do. What a form does is for whom the endpoint of the API is that does it.
pub(crate) fn pages() -> Vec<PageRoute> {
    use Access::{Everybody, Own};
    let by = access_of;
    vec![
        page("/assets/{version}/{name}", Everybody, assets::asset),
        page("/sign-in", Everybody, account::page),
        deed("/sign-in", Everybody, account::come_in),
        deed("/sign-in/provider", Everybody, account::provider),
        deed("/sign-out", Own, account::leave),
        page("/join", Everybody, account::joining),
        deed("/join", Everybody, account::join),
        page("/account", Own, account::account),
        deed("/account/totp", Own, account::confirm),
        deed("/account/password", Own, account::password),
        deed("/account/passkeys/remove", Own, account::remove_passkey),
        deed("/account/tokens", Own, account::add_token),
        deed("/account/tokens/remove", Own, account::remove_token),
        deed("/account/sessions/end", Own, account::end_session),
        deed("/account/language", Everybody, account::language),
        page("/", by("status.show"), desk::desk),
        page("/alerts", by("alert.list"), alerts::page),
        deed("/alerts/{originator}/{id}", by("alert.acknowledge"), alerts::acknowledge),
        page("/incidents/new", by("incident.raise"), incidents::new),
        deed("/incidents", by("incident.raise"), incidents::raise),
        page("/consultations", by("consultation.list"), consultations::page),
        deed("/consultations", by("consultation.raise"), consultations::raise),
        page("/consultations/{name}", by("consultation.show"), consultation::page),
        deed("/consultations/{name}/acknowledge", by("consultation.acknowledge"), steps::acknowledge),
        deed("/consultations/{name}/convene", by("consultation.convene"), steps::convene),
        deed("/consultations/{name}/escalate", by("consultation.escalate"), steps::escalate),
        deed("/consultations/{name}/steps", by("consultation.step"), steps::step),
        deed("/consultations/{name}/positions", by("consultation.position"), steps::position),
        deed("/consultations/{name}/export", by("consultation.export"), steps::export),
        deed("/obligations/{id}", by("obligation.done"), duties::done),
        deed("/obligations/{id}/waive", by("obligation.waive"), duties::waive),
        page("/commitments", by("commitment.list"), commitments::page),
        deed("/commitments", by("commitment.add"), commitments::add),
        page("/commitments/new", by("commitment.add"), commitments::new),
        page("/commitments/plan", by("commitment.list"), commitments::plan),
        page("/commitments/{name}", by("commitment.show"), commitments::one),
        deed("/commitments/{name}/progress", by("commitment.progress"), commitments::progress),
        page("/meetings", by("meeting.list"), meetings::page),
        deed("/meetings", by("meeting.call"), meetings::call),
        deed("/meetings/calendar", both("me.token.add", "meeting.list"), meetings::calendar),
        page("/records", READERS, records::list),
        page("/records/new", MAKERS, new::page),
        PageRoute { limit: WITH_FILE, ..deed("/records/new", by("record.enter"), new::enter) },
        PageRoute { limit: WITH_FILE, ..deed("/records/new/preview", by("decision.preview"), new::preview) },
        page("/records/import", by("job.import"), new::many),
        PageRoute { limit: MANY, ..deed("/records/import", by("job.import"), jobs::import) },
        page("/records/{originator}/{id}", READERS, records::one),
        page("/records/{originator}/{id}/content", READERS, records::content),
        page("/records/{originator}/{id}/release", by("record.release"), released::question),
        deed("/records/{originator}/{id}/release", by("record.release"), released::release),
        page("/records/{originator}/{id}/consent", by("consent.ask"), ask::consent),
        deed("/records/{originator}/{id}/consent", by("consent.ask"), ask::ask_consent),
        page("/records/{originator}/{id}/approval", by("record.approve"), ask::approval),
        deed("/records/{originator}/{id}/approval", by("record.approve"), ask::approve),
        page("/records/{originator}/{id}/relabel", by("record.relabel"), ask::another_label),
        deed("/records/{originator}/{id}/relabel", by("record.relabel"), ask::relabel),
        page("/records/{originator}/{id}/recall", by("record.recall"), ask::calling_back),
        deed("/records/{originator}/{id}/recall", by("record.recall"), ask::call_back),
        page("/records/{originator}/{id}/emergency", by("emergency.declare"), second::question),
        deed("/records/{originator}/{id}/emergency", by("emergency.declare"), second::declare),
        page("/records/{originator}/{id}/proof", both("ledger.prove", "record.show"), ledger::proving),
        deed("/records/{originator}/{id}/proof", both("ledger.prove", "record.show"), ledger::prove),
        page("/records/{originator}/{id}/hold", both("record.hold", "record.show"), keeping::holding),
        deed("/records/{originator}/{id}/hold", both("record.hold", "record.show"), keeping::hold),
        page("/records/{originator}/{id}/compromise", by("record.compromise"), keeping::lost),
        deed("/records/{originator}/{id}/compromise", by("record.compromise"), keeping::report),
        page("/keeping", by("hold.list"), keeping::page),
        deed("/keeping/destroy", by("record.destroy"), keeping::destroy),
        deed("/keeping/lift", by("record.hold"), keeping::lift),
        page("/collections", by("stix.collection.list"), collections::page),
        page("/collections/{collection}", both("stix.collection.show", "stix.object.list"), collections::list),
        page("/collections/objects/{id}", both("stix.object.show", "stix.object.graph"), object::one),
        page("/collections/objects/{id}/content", by("stix.object.show"), object::content),
        page("/outbox", by("outbox.list"), outbox::page),
        page("/recalls", by("recall.list"), recalls::page),
        deed("/recalls/settle", by("record.settle"), recalls::settle),
        page("/consent", by("consent.list"), consent::page),
        deed("/consent/{request}", by("consent.answer"), consent::answer),
        deed("/consent/{request}/withdraw", by("consent.withdraw"), consent::withdraw),
        deed("/affected/{number}", by("affected.answer"), consent::affected),
        page("/agreements", by("agreement.list"), agreements::list),
        page("/second", by("release.waiting"), second::page),
        deed("/second/{number}", by("release.confirm"), second::answer),
        deed("/emergencies/{number}", by("emergency.report"), second::report),
        deed("/named", by("record.name"), second::name),
        deed("/agreements", by("agreement.propose"), agreements::propose),
        deed("/agreements/{id}/dispute", by("agreement.dispute"), agreements::dispute),
        page("/agreements/compare", by("agreement.list"), compare::page),
        page("/agreements/whatif", by("whatif.compare"), whatif::page),
        page("/agreements/{id}/accession", by("agreement.accession"), accession::page),
        deed("/agreements/{id}/accession", by("agreement.accession.plan"), accession::plan),
        deed("/agreements/{id}/admit", by("agreement.act"), accession::admit),
        page("/agreements/{id}", by("agreement.acts"), agreements::one),
        deed("/agreements/{id}", by("agreement.act"), agreements::act),
        page("/partner", READERS, partner::page),
        page("/log", by("status.show"), log::page),
        deed("/log/check", by("status.show"), log::check_proof),
        page("/log/statements", by("ledger.statements"), ledger::statements),
        page("/log/statistics", by("ledger.digest"), ledger::statistics),
        page("/log/jobs", by("job.list"), jobs::page),
        deed("/log/jobs", by("job.begin"), jobs::verify),
        deed("/log/jobs/redecide", by("job.redecide"), jobs::redecide),
        page("/log/jobs/{id}", by("job.show"), jobs::one),
        deed("/log/jobs/{id}/cancel", by("job.cancel"), jobs::cancel),
        page("/node", by("status.show"), node::page),
        deed("/node/parties", by("party.add"), node::add_party),
        deed("/alarms/{number}", by("alarm.acknowledge"), node::note_alarm),
        deed("/node/quarantine/{partner}/{lane}/{index}", by("quarantine.retry"), node::retry),
        page("/node/people/new", by("user.add"), people::new),
        deed("/node/people/new", by("user.add"), people::add),
        page("/node/people/{name}", by("user.show"), people::one),
        deed("/node/people/{name}", by("user.change"), people::change),
        deed("/node/people/{name}/access", by("user.reset"), people::access),
    ]
}

/// Who may open each page.
static ACCESS: LazyLock<BTreeMap<&str, Access>> = LazyLock::new(|| {
    let read = pages().into_iter().filter(|page| page.method == Method::GET);
    read.map(|page| (page.path, page.access)).collect()
});

/// Whether there is a page at this path, as the list spells it.
fn has_page(path: &str) -> bool {
    ACCESS.contains_key(path)
}

/// Whether somebody may open the page at this path.
fn may_open(person: &SignedIn, path: &str) -> bool {
    match ACCESS.get(path) {
        Some(Access::Roles(roles)) => !person.roles().and(*roles).is_empty(),
        Some(Access::Own | Access::Everybody) => true,
        None => false,
    }
}

/// The pages.
pub(crate) fn router(control: &Control) -> Router<Control> {
    let router = pages()
        .into_iter()
        .fold(Router::new(), |router, page| guarded(router, page.path, page.access, page.limit, page.handler));
    router.fallback(nothing_here).layer(from_fn_with_state(control.clone(), in_words))
}

async fn nothing_here() -> ApiError {
    ApiError::NotFound("nothing is here".to_owned())
}

/// A page that was made.
fn html(page: &impl Template) -> Result<Response, ApiError> {
    let text = page.render().map_err(|error| ApiError::Ours(error.to_string()))?;
    Ok(Html(text).into_response())
}

/// Leads a browser on after a form was sent, so that loading the page again does not send it again.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    title: String,
    help: String,
}

/// The same in a part of a page.
#[derive(Template)]
#[template(path = "problem-part.html")]
struct ProblemPart {
    title: String,
    help: String,
}

/// The longest problem that is turned into a page.
const PROBLEM: usize = 64 * 1024;

/// What goes wrong, as a page instead of JSON, for whoever reads pages; who is not signed in is led to where one signs in.
async fn in_words(State(control): State<Control>, request: Request, next: Next) -> Response {
    let manner = Manner::of(request.headers());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().clone();
    // Where somebody goes on after signing in: this page, or the one whose form this is.
    let is_page = is_read || request.extensions().get::<MatchedPath>().is_some_and(|path| has_page(path.as_str()));
    let is_enrolling =
        matches!(request.extensions().get::<SignedIn>().map(SignedIn::way), Some(Way::Session { enrolling: true, .. }));
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || !manner.reads_pages {
        return response;
    }
    match status {
        StatusCode::UNAUTHORIZED if manner.is_part => (status, [("hx-redirect", "/sign-in")]).into_response(),
        StatusCode::UNAUTHORIZED => see(&sign_in_and_back(is_page.then_some(&path))),
        StatusCode::FORBIDDEN if is_enrolling => see("/account"),
        _ => {
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, PROBLEM).await.unwrap_or_default();
            let said: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let words = |key: &str| said.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
            let say = manner.say;
            let title = match status {
                StatusCode::NOT_FOUND => say.one("problem-not-here"),
                StatusCode::FORBIDDEN => say.one("problem-not-allowed"),
                _ => words("detail").unwrap_or_else(|| say.one("problem-failed")),
            };
            let help = match status {
                StatusCode::NOT_FOUND => say.one("problem-not-here-help"),
                StatusCode::FORBIDDEN => words("help").or_else(|| words("detail")).unwrap_or_default(),
                _ => words("help").unwrap_or_default(),
            };
            let rendered = if manner.is_part {
                ProblemPart { title, help }.render()
            } else {
                ProblemPage { frame: manner.frame(&control, title.clone()), title, help }.render()
            };
            match rendered {
                Ok(text) => (parts.status, Html(text)).into_response(),
                Err(_) => (parts.status, [(header::CONTENT_TYPE, "text/plain")], "an error").into_response(),
            }
        }
    }
}

fn sign_in_and_back(path: Option<&Uri>) -> String {
    let wanted = path.and_then(Uri::path_and_query).map(|path| path.as_str()).filter(|path| *path != "/");
    wanted.map_or_else(|| "/sign-in".to_owned(), |path| format!("/sign-in?next={}", block::encode(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ENTENTE_UPDATE=1` writes it anew; what stands there is tried on a real node by `crates/cli/tests/pages/`.
    #[test]
    fn who_may_open_what_is_what_stands_in_the_tree() {
        let mut text = String::new();
        for page in pages() {
            let access = match page.access {
                Access::Everybody => "everybody".to_owned(),
                Access::Own => "whoever is signed in".to_owned(),
                Access::Roles(roles) => roles.words().join(", "),
            };
            text.push_str(&format!("{:<5} {:<52} {access}\n", page.method.as_str(), page.path));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/tests/cases/page-roles.txt");
        if std::env::var_os("ENTENTE_UPDATE").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "{path}");
    }

    #[test]
    fn no_page_is_for_nobody() {
        for page in pages() {
            // The name of an endpoint that there is none of any more.
            let nobody = matches!(page.access, Access::Roles(roles) if roles.is_empty());
            assert!(!nobody, "{} {}", page.method, page.path);
        }
    }
}
