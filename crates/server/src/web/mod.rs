//! What people and their programs reach: the API, and the pages of the console. HTTPS, or plain HTTP on an address of this
//! machine alone. Partners come another way (`federation`).
//!
//! Nothing here decides what anybody may see: a handler has a [`crate::people::SignedIn`], whose viewer `core::view` is asked
//! with.

pub(crate) mod endpoint;
pub(crate) mod openapi;
mod certificate;
mod listen;
mod once;
mod shape;

use axum::{Router, middleware};

pub(crate) use self::certificate::Shown;
pub(crate) use self::listen::{Knows, Listener, default_origin, serve};
use crate::{
    console,
    control::{Control, endpoints},
    people::session,
};

/// Everything that the console's listener serves. Pages are merged in here; who asks is known to each of them.
pub(crate) fn router(control: Control) -> Router {
    let is_tls = control.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"));
    Router::new()
        .merge(console::router(&control))
        .nest("/api/v1", api(Some(&control)))
        .layer(middleware::from_fn_with_state(control.clone(), session::who))
        .layer(middleware::from_fn(shape::shape))
        // In front of it all: with errors and proofs of its own.
        .layer(middleware::from_fn_with_state(control.clone(), crate::taxii::serve))
        .layer(middleware::from_fn_with_state(is_tls, shape::over_tls))
        .with_state(control)
}

/// The API, with its own description at `/openapi.json`. With `again`, writes may be sent again.
pub(crate) fn api(again: Option<&Control>) -> Router<Control> {
    let router = endpoints().into_iter().fold(Router::new(), |router, endpoint| endpoint.mount(router, again));
    router.fallback(shape::nothing_here)
}
