//! The pages of a real node: who may open which, and what somebody gets who means ill: pages of others, fixed sessions, odd paths
//! and headers, script in everything that a partner can send, and forms that are too long, broken, doubled or foreign.

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

mod opened;
mod shown;
mod sent;
mod quick;

use site::LABEL;
use web::{Answer, Console, Visitor};

const ROLES: [&str; 6] = ["watch", "analyst", "disclosure", "treaty", "auditor", "admin"];
const OFFICER: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
const HTML: (&str, &str) = ("Accept", "text/html");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn console() -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), "KOR");
    (parent, console)
}

fn page(visitor: &Visitor, path: &str) -> Answer {
    visitor.ask("GET", path, &[HTML], b"")
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn body(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

fn form(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
    visitor.ask("POST", path, &[HTML, FORM], body(fields).as_bytes())
}

/// A form with a file in it, as browsers send it.
fn multipart(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
    let parts = fields
        .iter()
        .map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let body = parts.collect::<String>() + "--x--\r\n";
    visitor.ask("POST", path, &[HTML, ("Content-Type", "multipart/form-data; boundary=x")], body.as_bytes())
}

fn new_record<'a>(id: &'a str, title: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("title", title),
        ("id", id),
        ("text", "launch 06:31Z"),
        ("label", LABEL),
        ("subjects", "dprk-missile"),
        ("purpose", "missile-warning"),
        ("channel", "government-to-government"),
        ("status", "actual"),
        ("precedence", "ROUTINE"),
    ]
}

/// The ids that somebody sees.
fn ids(visitor: &Visitor) -> Vec<String> {
    let records = visitor.get("/records").json();
    records["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// A page loads nothing but what its node serves, and runs nothing that stands in it.
fn is_strict(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}: {policy}");
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    let text = answer.text();
    for element in text.split("<script").skip(1) {
        assert!(
            element.starts_with(" src=\"/assets/"),
            "{path}: a script in the page: {}",
            &element[..60.min(element.len())]
        );
    }
    for wrong in [" style=", " onclick=", " onload=", " onerror=", "javascript:", "http://", "https://"] {
        let found = text.match_indices(wrong).find(|(at, _)| !text[*at..].starts_with("http://www.w3.org/2000/svg"));
        assert!(found.is_none(), "{path}: `{wrong}` in {}", &text[found.unwrap().0..][..80]);
    }
}
