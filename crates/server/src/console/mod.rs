//! The console: pages for people, made here from the same answers that the API gives, for whoever is signed in. Every deed of a
//! page is an endpoint of the API, done by the same handler; who may ask for a page stands in [`pages`], as for the API.
//!
//! No page decides anything, and none shows what the API would not. The key types are [`visit::Visit`], somebody who looks,
//! and [`frame::Frame`], what is around every page.

mod text;
mod chip;
mod banner;
mod block;
mod frame;
mod form;
mod assets;
mod visit;
mod desk;
mod records;
mod released;
mod ask;
mod new;
mod recalls;
mod consent;
mod agreements;
mod whatif;
mod partner;
mod log;
mod node;
mod account;

use askama::Template;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use entente_formats::wire::MAX_CONTENT;

use self::{frame::Frame, visit::Manner};
use crate::{
    control::{ApiError, Control, MAKERS, READERS, access_of},
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

/// All pages and what their forms do. What a form does is for whom the endpoint of the API is that does it.
pub(crate) fn pages() -> Vec<PageRoute> {
    use Access::{Everybody, Own};
    let by = access_of;
    vec![
        page("/assets/{version}/{name}", Everybody, assets::asset),
        page("/sign-in", Everybody, account::page),
        deed("/sign-in", Everybody, account::come_in),
        deed("/sign-out", Own, account::leave),
        page("/join", Everybody, account::joining),
        deed("/join", Everybody, account::join),
        page("/account", Own, account::account),
        deed("/account/totp", Own, account::confirm),
        deed("/account/language", Everybody, account::language),
        page("/", by("status.show"), desk::desk),
        page("/records", READERS, records::list),
        page("/records/new", MAKERS, new::page),
        PageRoute { limit: WITH_FILE, ..deed("/records/new", by("record.enter"), new::enter) },
        PageRoute { limit: WITH_FILE, ..deed("/records/new/preview", by("prospects.draft"), new::preview) },
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
        page("/recalls", by("recall.list"), recalls::page),
        deed("/recalls/settle", by("record.settle"), recalls::settle),
        page("/consent", by("consent.list"), consent::page),
        deed("/consent/{request}", by("consent.answer"), consent::answer),
        deed("/consent/{request}/withdraw", by("consent.withdraw"), consent::withdraw),
        deed("/affected/{number}", by("affected.answer"), consent::affected),
        page("/agreements", by("agreement.list"), agreements::list),
        page("/agreements/whatif", by("whatif.compare"), whatif::page),
        page("/agreements/{id}", by("agreement.acts"), agreements::one),
        deed("/agreements/{id}", by("agreement.act"), agreements::act),
        page("/partner", READERS, partner::page),
        page("/log", by("status.show"), log::page),
        deed("/log/check", by("status.show"), log::check_proof),
        page("/node", by("status.show"), node::page),
        deed("/node/parties", by("party.add"), node::add_party),
        page("/node/people/new", by("user.add"), node::new_person),
        deed("/node/people/new", by("user.add"), node::add_person),
    ]
}

/// The pages.
pub(crate) fn router(control: &Control) -> Router<Control> {
    let router = pages().into_iter().fold(Router::new(), |router, page| {
        guarded(router, page.path, page.access, page.limit, page.handler)
    });
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

/// The longest problem that is turned into a page.
const PROBLEM: usize = 64 * 1024;

/// What goes wrong, as a page instead of JSON; who is not signed in is led to where one signs in.
async fn in_words(State(control): State<Control>, request: Request, next: Next) -> Response {
    let manner = Manner::of(request.headers());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().clone();
    let is_enrolling = matches!(
        request.extensions().get::<SignedIn>().map(SignedIn::way),
        Some(Way::Session { enrolling: true, .. })
    );
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::UNAUTHORIZED if manner.is_part => {
            (status, [("hx-redirect", "/sign-in")]).into_response()
        }
        StatusCode::UNAUTHORIZED => see(&sign_in_and_back(is_read.then_some(&path))),
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
            let page = ProblemPage { frame: manner.frame(&control, title.clone()), title, help };
            match page.render() {
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
