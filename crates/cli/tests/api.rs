//! The API of a real node: which role may ask which endpoint, and its description, both compared with what stands in the tree.
//! `ENTENTE_UPDATE=1` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;
mod web;

use std::{fs, path::Path};

use serde_json::{Value, json};
use web::{Console, Visitor};

const ROLES: [&str; 6] = ["watch", "analyst", "disclosure", "treaty", "auditor", "admin"];

fn compare(path: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("ENTENTE_UPDATE").is_some() {
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == found, "{} is not what the node says; ENTENTE_UPDATE=1 writes it anew:\n{found}", path.display());
}

/// Every endpoint of the description, in its order: the method, the path, and what is described of it.
fn endpoints(description: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), described.clone()));
        }
    }
    found
}

/// What somebody gets who asks that endpoint, with nothing behind it that could be done.
fn asked(visitor: &Visitor, method: &str, path: &str) -> &'static str {
    let path = path
        .replace("{originator}", "KOR")
        .replace("{index}", "0")
        .replace("{number}", "0")
        .replace("{lane}", "urgent")
        .replace(['{', '}'], "");
    // A stream has no end to wait for.
    if path.ends_with("/events") {
        let answer = visitor.ask("GET", &path, &[("Last-Event-ID", "none")], b"");
        return word(answer.status);
    }
    word(visitor.ask(method, &path, &[("Content-Type", "application/json")], b"null").status)
}

fn word(status: u16) -> &'static str {
    match status {
        401 => "sign in",
        403 => "-",
        400..=499 | 200 => "yes",
        _ => panic!("{status}"),
    }
}

#[test]
fn who_may_ask_what_is_what_the_matrix_says_and_nothing_is_left_out() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    let description = kor.stranger().get("/openapi.json").json();
    let mut stranger = kor.stranger();
    stranger.headers.clear();
    // Somebody for each role, with a token, so that asking to sign out ends nothing.
    let people: Vec<Visitor> = ROLES
        .iter()
        .map(|role| {
            let person = kor.person(role, &["--role", role, "--clearance", "SECRET", "--subject", "*"]);
            let made = person.post("/me/tokens", &json!({ "name": "test", "read_only": false, "days": 1 }));
            assert_eq!(made.status, 200, "{made:?}");
            Visitor::with_token(kor.address, made.json()["secret"].as_str().unwrap())
        })
        .collect();
    let (mut text, mut uncovered) = (String::new(), Vec::new());
    let mut row = |cells: &[&str]| {
        text.push_str(&format!("{:<7} {:<58}", cells[0], cells[1]));
        cells[2..].iter().for_each(|cell| text.push_str(&format!(" {cell:<10}")));
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    row(&[&["method", "path", "nobody"][..], &ROLES].concat());
    for (method, path, described) in endpoints(&description) {
        let mut cells = vec![asked(&stranger, &method, &path)];
        cells.extend(people.iter().map(|person| asked(person, &method, &path)));
        // What it says of itself is what it does.
        let is_open = described["security"] == json!([]);
        assert_eq!(cells[0] == "yes", is_open || path.ends_with("/session") && method == "POST", "{method} {path}");
        match described["x-roles"].as_array() {
            Some(roles) => {
                for (role, cell) in ROLES.iter().zip(&cells[1..]) {
                    assert_eq!(*cell == "yes", roles.contains(&json!(role)), "{method} {path} {role}");
                }
            }
            None if cells[1..].iter().all(|cell| *cell == cells[1]) => {}
            None => uncovered.push(format!("{method} {path}")),
        }
        row(&[&[method.as_str(), &path][..], &cells].concat());
    }
    text.push_str(&format!(
        "\nnot covered: {}\n",
        if uncovered.is_empty() { "none".to_owned() } else { uncovered.join(", ") }
    ));
    assert!(uncovered.is_empty(), "{uncovered:?}");
    compare("crates/cli/tests/cases/api-roles.txt", &text);
}

#[test]
fn the_description_is_the_one_in_the_tree() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    let description = kor.stranger().get("/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    for (method, path, described) in endpoints(&description) {
        assert!(described["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{method} {path}");
        for parameter in described["parameters"].as_array().unwrap() {
            assert!(parameter["schema"].is_object(), "{method} {path} {parameter}");
        }
        // Every path parameter is described, under its name.
        let names: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let described: Vec<&Value> =
            described["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "path").collect();
        assert_eq!(described.len(), names.len(), "{method} {path}");
    }
    compare("docs/spec/openapi.json", &(serde_json::to_string_pretty(&description).unwrap() + "\n"));
}
