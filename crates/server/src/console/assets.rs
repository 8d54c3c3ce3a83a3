//! The files that every page loads: styles, modules, signs, compiled in. Their path bears a digest of all of them, so that a
//! browser keeps them for as long as they are the same.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use entente_formats::hex;
use sha2::{Digest, Sha256};

const FILES: [(&str, &str, &str); 10] = [
    ("frame.css", "text/css; charset=utf-8", include_str!("../../../../web/styles/frame.css")),
    ("parts.css", "text/css; charset=utf-8", include_str!("../../../../web/styles/parts.css")),
    ("graph.css", "text/css; charset=utf-8", include_str!("../../../../web/styles/graph.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("../../../../web/modules/page.js")),
    ("alert.js", "text/javascript; charset=utf-8", include_str!("../../../../web/modules/alert.js")),
    ("people.js", "text/javascript; charset=utf-8", include_str!("../../../../web/modules/people.js")),
    ("graph.js", "text/javascript; charset=utf-8", include_str!("../../../../web/modules/graph.js")),
    ("htmx.js", "text/javascript; charset=utf-8", include_str!(concat!(env!("OUT_DIR"), "/htmx.min.js"))),
    ("signs.svg", "image/svg+xml", include_str!("../../../../web/signs.svg")),
    ("icon.svg", "image/svg+xml", include_str!("../../../../web/icon.svg")),
];

/// What the path of every asset bears.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (name, _, text) in FILES {
        hasher.update(name.as_bytes());
        hasher.update(text.as_bytes());
    }
    hex::encode(hasher.finalize().get(..8).unwrap_or_default())
});

/// `GET /assets/{version}/{name}`: the same for everybody.
pub(crate) async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name).filter(|_| version == *VERSION);
    match found {
        Some((_, kind, text)) => {
            let headers =
                [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
