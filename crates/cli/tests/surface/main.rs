//! What programs, pages and the command line have in common: each page has its endpoint and its verb; lists come page by page; long
//! work is begun, left, found again and cancelled.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../site/mod.rs"]
mod site;
#[path = "../web/mod.rs"]
mod web;

mod named;
mod lists;
mod imported;
mod redecided;

use serde_json::{Value, json};
use web::{Console, Visitor};

const OFFICER: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];

fn console() -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), "KOR");
    (parent, console)
}

/// A record of its own with that id and label.
fn enter(visitor: &Visitor, id: &str, label: &str) {
    let draft = json!({
        "id": id, "label": label, "subjects": ["dprk-missile"], "status": "actual", "distribution": [], "derived_from": [],
        "title": id, "media_type": "text/plain", "content": "YQ==",
    });
    let answer = visitor.post("/records", &draft);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// How long work stands.
fn job(visitor: &Visitor, id: &Value) -> Value {
    let answer = visitor.get(&format!("/jobs/{id}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn ended(visitor: &Visitor, id: &Value) -> Value {
    site::eventually("the job ends", || !job(visitor, id)["ended"].is_null());
    job(visitor, id)
}
