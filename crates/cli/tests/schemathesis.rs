//! Schemathesis, which reads the API's description and asks what it makes of it: thousands of requests, right and wrong, against a
//! real node. Run by `make api`; ignored otherwise, because it needs Python and a package. `EXAMPLES` says how many requests for
//! each endpoint.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod python;
mod site;
mod web;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use python::Python;
use serde_json::{Value, json};
use web::{Console, Visitor};

/// The version that this was tried with.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// What is not asked: a stream does not end, who signs out, or takes its token away, would hear nothing but 401 from then on, and
/// the description itself is what the asking begins with.
const NOT_ASKED: [&str; 5] = [
    "GET /api/v1/events",
    "GET /api/v1/openapi.json",
    "DELETE /api/v1/me/tokens/{name}",
    "POST /api/v1/session",
    "DELETE /api/v1/session",
];

/// What an administrator may do to the own account too, which ends its tokens: each is asked by an account of its own.
const ENDS_TOKENS: [&str; 4] = [
    "PUT /api/v1/users/{name}",
    "POST /api/v1/users/{name}/disable",
    "POST /api/v1/users/{name}/enable",
    "POST /api/v1/users/{name}/reset",
];

/// What is refused to every token before anything else is looked at: credentials are changed in a session.
const REFUSED_TO_TOKENS: [&str; 4] = [
    "POST /api/v1/me/totp",
    "POST /api/v1/me/passkeys/begin",
    "DELETE /api/v1/me/passkeys/{id}",
    "DELETE /api/v1/me/sessions/{id}",
];

/// What was answered, by operation.
type Heard = BTreeMap<String, BTreeSet<u64>>;

/// Somebody with a token.
fn program(kor: &Console, name: &str, rights: &[&str]) -> Visitor {
    let person = kor.person(name, rights);
    let made = person.post("/me/tokens", &json!({ "name": "test", "read_only": false, "days": 1 }));
    Visitor::with_token(kor.address, made.json()["secret"].as_str().unwrap())
}

/// Asks the node what comes of its description, as `who`, with these arguments besides.
fn ask(python: &Python, folder: &Path, who: &Visitor, arguments: &[&str], heard: &mut Heard) {
    let report = folder.join("report.ndjson");
    let [(_, token)] = who.headers.as_slice() else { panic!("one header") };
    let examples = std::env::var("EXAMPLES").unwrap_or_else(|_| "15".to_owned());
    let status = python
        .program("schemathesis")
        .args(["run", &format!("http://{}/api/v1/openapi.json", who.address)])
        .args(["--header", &format!("Authorization: {token}")])
        // It would make up a cookie beside the token: whoever shows two proofs is nobody.
        .args(["--generation-with-security-parameters", "false"])
        // What fits the schema may still not fit the node: an unknown party, a label that says nothing.
        .args(["--exclude-checks", "positive_data_acceptance"])
        .args(["--max-examples", &examples, "--seed", "1", "--workers", "1", "--no-color"])
        .args(["--phases", "examples,coverage,fuzzing", "--request-timeout", "60"])
        .args(["--report", "ndjson", "--report-ndjson-path", &report.display().to_string()])
        .args(arguments)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success());
    for line in BufReader::new(File::open(report).unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let recorder = &event["ScenarioFinished"]["recorder"];
        let Some(label) = recorder["label"].as_str() else { continue };
        let answers = recorder["interactions"].as_object().into_iter().flat_map(|all| all.values());
        let statuses = answers.filter_map(|asked| asked["response"]["status_code"].as_u64());
        heard.entry(label.to_owned()).or_default().extend(statuses);
    }
}

/// Every operation of the description, as schemathesis calls it.
fn operations(kor: &Console) -> Vec<String> {
    let description = kor.stranger().get("/openapi.json").json();
    let paths = description["paths"].as_object().unwrap().iter();
    let of = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.flat_map(of).collect()
}

#[test]
#[ignore = "needs Python and schemathesis: make api"]
fn what_schemathesis_makes_of_the_description_is_answered_as_described() {
    let Some(python) = Python::with("schemathesis", &[SCHEMATHESIS]) else { return };
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    let every =
        ["--role", "watch", "--role", "analyst", "--role", "disclosure", "--role", "treaty", "--role", "auditor"];
    let rights = ["--clearance", "SECRET", "--subject", "*", "--official-duty"];
    let mut heard = Heard::new();
    let excluded: Vec<&str> = NOT_ASKED.iter().chain(&ENDS_TOKENS).flat_map(|name| ["--exclude-name", *name]).collect();
    for (name, rights) in [("everything", &[&every[..], &rights].concat()[..]), ("administrator", &["--role", "admin"])]
    {
        let who = program(&kor, name, rights);
        ask(&python, parent.path(), &who, &excluded, &mut heard);
        assert_eq!(who.get("/me").status, 200, "the token of `{name}` does not count any more");
    }
    for (number, name) in ENDS_TOKENS.iter().enumerate() {
        let who = program(&kor, &format!("administrator-{number}"), &["--role", "admin"]);
        ask(&python, parent.path(), &who, &["--include-name", *name], &mut heard);
    }
    // Each operation did what it does, or found fault with what it was asked: 405 is the router's word, not its own.
    let unheard: Vec<(String, &BTreeSet<u64>)> = operations(&kor)
        .into_iter()
        .filter(|name| !NOT_ASKED.contains(&name.as_str()) && !REFUSED_TO_TOKENS.contains(&name.as_str()))
        .filter_map(|name| {
            let nothing = const { &BTreeSet::new() };
            let heard = heard.get(&name).unwrap_or(nothing);
            let counts = |status: &u64| (200..500).contains(status) && ![401, 403, 405].contains(status);
            (!heard.iter().any(counts)).then_some((name, heard))
        })
        .collect();
    assert!(unheard.is_empty(), "never tried: {unheard:#?}");
    // It is still there, and what it kept holds.
    assert_eq!(kor.stranger().get("/openapi.json").status, 200);
    let verified = site::asked(&kor.site, &["log", "verify"]);
    assert!(!verified.contains("BROKEN"), "{verified}");
}
