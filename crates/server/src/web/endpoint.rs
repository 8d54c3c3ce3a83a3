//! One endpoint of the API: its path, who may ask it, its handler, and its description, which is read off the types that
//! the handler takes and gives, so that it cannot say anything else. The control socket and the console's listener serve
//! the same endpoints.
//!
//! Key type: [`Endpoint`].

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, Multipart, Path, Query, Request, State},
    handler::Handler,
    http::{HeaderMap, Method},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{AppendHeaders, Html, IntoResponse, Response, sse::Sse},
    routing::{MethodFilter, MethodRouter, on},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::once::{Again, Write, once};
use crate::{
    control::{ApiError, Control},
    people::{Half, SignedIn, Way, role::Roles},
};

/// The longest body of a request that brings no content.
pub(crate) const SMALL: usize = 256 * 1024;

/// The longest body of a request by nobody in particular.
const SMALLEST: usize = 48 * 1024;
/// How long it may take to arrive: there is no other end to a body that comes in drips.
const ARRIVES: Duration = Duration::from_secs(10);

/// Who may ask an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody who reaches it.
    Everybody,
    /// Whoever is signed in, about its own account, also before a second factor is set up.
    Own,
    /// Who has one of these roles.
    Roles(Roles),
}

/// An endpoint.
pub(crate) struct Endpoint {
    /// The method.
    pub(crate) method: Method,
    /// The path under `/api/v1`, with its parameters in braces.
    pub(crate) path: &'static str,
    /// Who may ask it.
    pub(crate) access: Access,
    /// Its name, for programs.
    pub(crate) name: &'static str,
    /// What it does, in one sentence.
    pub(crate) summary: &'static str,
    limit: usize,
    again: Again,
    handler: MethodRouter<Control>,
    describe: fn(&mut SchemaGenerator, &mut Operation),
}

/// What is known of the request and the answer of an endpoint.
#[derive(Default)]
pub(crate) struct Operation {
    /// The types of the path's parameters, in order.
    pub(crate) path: Vec<Schema>,
    /// Parameters behind the `?`: an object.
    pub(crate) query: Option<Schema>,
    /// The body of the request: its media type and schema.
    pub(crate) body: Option<(&'static str, Value)>,
    /// The body of the answer.
    pub(crate) answer: Option<(&'static str, Value)>,
    /// Whether it says things in the language that is asked for.
    pub(crate) speaks: bool,
}

impl Endpoint {
    /// An endpoint; `handler` is an ordinary handler of axum.
    pub(crate) fn new<H, T, D>(
        (method, path): (Method, &'static str),
        access: Access,
        name: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Control> + Describe<D>,
        T: 'static,
    {
        let filter = match method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let (handler, describe) = (on(filter, handler), H::describe);
        Self { method, path, access, name, summary, limit: SMALL, again: Again::Kept, handler, describe }
    }

    /// The same, with a longer body.
    pub(crate) fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The same, whose answer shows what records say: sent again it is answered with what `view` shows then.
    pub(crate) fn shows<H, T>(self, view: H) -> Self
    where
        H: Handler<T, Control>,
        T: 'static,
    {
        let view = move |request: Request, control: Control| -> Pin<Box<dyn Future<Output = Response> + Send>> {
            Box::pin(view.clone().call(request, control))
        };
        Self { again: Again::Shown(Arc::new(view)), ..self }
    }

    /// The same, which changes nothing but the record of who was shown what: sent again it is done again.
    pub(crate) fn changes_nothing(self) -> Self {
        Self { again: Again::Done, ..self }
    }

    /// What is known of its request and answer.
    pub(crate) fn operation(&self, schemas: &mut SchemaGenerator) -> Operation {
        let mut operation = Operation::default();
        (self.describe)(schemas, &mut operation);
        operation
    }

    /// Puts it into a router, behind the question who may ask it, and what may be sent again behind both.
    pub(crate) fn mount(self, router: Router<Control>, again: Option<&Control>) -> Router<Control> {
        let (access, path) = (self.access, self.path);
        let handler = match again {
            Some(control) => {
                let limit = longest(access, self.limit);
                let write = Write { control: control.clone(), path, limit, again: self.again };
                // Of a method that there is not, nothing is kept.
                self.handler.route_layer(from_fn_with_state(write, once))
            }
            None => self.handler,
        };
        guarded(router, path, access, self.limit, handler)
    }
}

/// The longest body that is taken.
fn longest(access: Access, limit: usize) -> usize {
    if access == Access::Everybody { limit.min(SMALLEST) } else { limit }
}

/// Puts a handler into a router, behind the question who may ask it, and with a bound on what it is sent.
pub(crate) fn guarded(
    router: Router<Control>,
    path: &str,
    access: Access,
    limit: usize,
    handler: MethodRouter<Control>,
) -> Router<Control> {
    let check = from_fn(move |request: Request, next: Next| check(access, request, next));
    let handler = handler.layer::<_, std::convert::Infallible>(check);
    router.route(path, handler.layer(DefaultBodyLimit::max(longest(access, limit))))
}

/// A request with its body, which came in time. A stranger has no place longer than that.
async fn arrived(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let long = |_| ApiError::TooLarge(format!("at most {SMALLEST} bytes come from who is not signed in"));
    let body = tokio::time::timeout(ARRIVES, to_bytes(body, SMALLEST)).await;
    let late = |_| ApiError::Request(format!("the body did not arrive within {} s", ARRIVES.as_secs()));
    Ok(Request::from_parts(parts, Body::from(body.map_err(late)?.map_err(long)?)))
}

async fn check(access: Access, request: Request, next: Next) -> Response {
    let signed_in = request.extensions().get::<SignedIn>();
    let refused = match (access, signed_in) {
        (Access::Everybody, _) | (Access::Own, Some(_)) => None,
        (_, None) => Some(ApiError::NotSignedIn),
        (Access::Roles(_), Some(signed_in)) if matches!(signed_in.way(), Way::Session { enrolling: true, .. }) => {
            Some(ApiError::Enrolling)
        }
        (Access::Roles(roles), Some(signed_in)) if signed_in.roles().and(roles).is_empty() => {
            let needed = roles.words().join("`, `");
            Some(ApiError::Forbidden(
                "the roles of this account, or of its token, do not allow that".to_owned(),
                format!("it takes one of `{needed}`; an administrator gives roles"),
            ))
        }
        (Access::Roles(_), Some(_)) => None,
    };
    let request = match refused {
        Some(error) => Err(error),
        None if access == Access::Everybody => arrived(request).await,
        None => Ok(request),
    };
    match request {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// What a handler says of its endpoint; `D` is the list of its arguments.
pub(crate) trait Describe<D> {
    /// Adds what it says.
    fn describe(schemas: &mut SchemaGenerator, operation: &mut Operation);
}

/// What an argument of a handler says of its endpoint.
pub(crate) trait Part {
    /// Adds what it says.
    fn add(schemas: &mut SchemaGenerator, operation: &mut Operation) {
        let _ = (schemas, operation);
    }
}

impl Part for State<Control> {}
impl Part for SignedIn {}
impl Part for Half {}
impl<T> Part for Extension<T> {}

impl Part for HeaderMap {
    fn add(_: &mut SchemaGenerator, operation: &mut Operation) {
        operation.speaks = true;
    }
}

impl<T: JsonSchema> Part for Json<T> {
    fn add(schemas: &mut SchemaGenerator, operation: &mut Operation) {
        operation.body = Some(("application/json", schemas.subschema_for::<T>().to_value()));
    }
}

impl Part for Bytes {
    fn add(_: &mut SchemaGenerator, operation: &mut Operation) {
        operation.body = Some(("application/octet-stream", json!({ "type": "string", "format": "binary" })));
    }
}

/// Read a part at a time, however long.
impl Part for Body {
    fn add(schemas: &mut SchemaGenerator, operation: &mut Operation) {
        Bytes::add(schemas, operation);
    }
}

/// A form with files in it. What its fields are, its endpoint says.
impl Part for Multipart {
    fn add(_: &mut SchemaGenerator, operation: &mut Operation) {
        operation.body = Some(("multipart/form-data", json!({ "type": "object" })));
    }
}

impl<T: JsonSchema> Part for Query<T> {
    fn add(_: &mut SchemaGenerator, operation: &mut Operation) {
        // In place: parameters are not components.
        operation.query = Some(
            schemars::generate::SchemaSettings::draft2020_12()
                .with(|settings| settings.inline_subschemas = true)
                .into_generator()
                .into_root_schema_for::<T>(),
        );
    }
}

macro_rules! paths {
    ($(($($name:ident),+))*) => {$(
        impl<$($name: JsonSchema),+> Part for Path<($($name,)+)> {
            fn add(schemas: &mut SchemaGenerator, operation: &mut Operation) {
                operation.path = vec![$($name::json_schema(schemas)),+];
            }
        }
    )*};
}
paths! { (A) (A, B) (A, B, C) }

macro_rules! single_paths {
    ($($type:ty)*) => {$(
        impl Part for Path<$type> {
            fn add(schemas: &mut SchemaGenerator, operation: &mut Operation) {
                operation.path = vec![<$type>::json_schema(schemas)];
            }
        }
    )*};
}
single_paths! { String u64 }

/// What an answer says of its endpoint.
pub(crate) trait Output {
    /// Its media type and schema; `None` where it has no body.
    fn answer(schemas: &mut SchemaGenerator) -> Option<(&'static str, Value)>;
}

impl<T: JsonSchema> Output for Json<T> {
    fn answer(schemas: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        Some(("application/json", schemas.subschema_for::<T>().to_value()))
    }
}

impl Output for Vec<u8> {
    fn answer(_: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        Some(("application/octet-stream", json!({ "type": "string", "format": "binary" })))
    }
}

/// Written a part at a time, however long.
impl Output for Response {
    fn answer(schemas: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        Vec::<u8>::answer(schemas)
    }
}

impl Output for Html<&'static str> {
    fn answer(_: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        Some(("text/html", json!({ "type": "string" })))
    }
}

impl<S> Output for Sse<S> {
    fn answer(_: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        Some(("text/event-stream", json!({ "type": "string" })))
    }
}

impl<H, T: Output> Output for (AppendHeaders<H>, T) {
    fn answer(schemas: &mut SchemaGenerator) -> Option<(&'static str, Value)> {
        T::answer(schemas)
    }
}

macro_rules! describe {
    ($(($($name:ident),*))*) => {$(
        impl<F, Fut, Out, $($name: Part),*> Describe<($($name,)*)> for F
        where
            F: Fn($($name),*) -> Fut,
            Fut: Future<Output = Result<Out, ApiError>>,
            Out: Output,
        {
            fn describe(schemas: &mut SchemaGenerator, operation: &mut Operation) {
                $($name::add(schemas, operation);)*
                operation.answer = Out::answer(schemas);
            }
        }
    )*};
}
describe! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }
