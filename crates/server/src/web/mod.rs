//! What people and their programs reach: the API, and the pages of the console. HTTPS, or plain HTTP on an address of this
//! machine alone. Partners come another way (`federation`).
//!
//! Nothing here decides what anybody may see: a handler has a [`crate::people::SignedIn`], whose viewer `core::view` is asked
//! with.

pub(crate) mod endpoint;
pub(crate) mod openapi;
mod listen;
mod once;
mod shape;

use axum::{Router, middleware};

pub(crate) use self::listen::{Listener, default_origin, serve};
use crate::{
    console,
    control::{Control, endpoints},
    people::session,
};

/// Everything that the console's listener serves. Pages are merged in here; who asks is known to each of them.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .merge(console::router(&control))
        .nest("/api/v1", api())
        .layer(middleware::from_fn_with_state(control.clone(), once::once))
        .layer(middleware::from_fn_with_state(control.clone(), session::who))
        .layer(middleware::from_fn(shape::shape))
        .with_state(control)
}

/// The API, with its own description at `/openapi.json`.
pub(crate) fn api() -> Router<Control> {
    let router = endpoints().into_iter().fold(Router::new(), |router, endpoint| endpoint.mount(router));
    router.fallback(shape::nothing_here)
}
