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

mod site;
mod web;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use web::Console;

/// The version that this was tried with.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// The program, in an environment of its own under `target`, made where it is missing; `None` where it cannot be had.
fn schemathesis() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let program = folder.join("bin/schemathesis");
    if !program.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        let pip = folder.join("bin/pip");
        let installed =
            made.ok()?.success().then(|| Command::new(pip).args(["install", "--quiet", SCHEMATHESIS]).status());
        if !installed?.is_ok_and(|status| status.success()) {
            return None;
        }
    }
    Some(program)
}

#[test]
#[ignore = "needs Python and schemathesis: make api"]
fn what_schemathesis_makes_of_the_description_is_answered_as_described() {
    let Some(program) = schemathesis() else {
        let why = "schemathesis could not be installed (python3 with venv, and the Python package index, are needed)";
        // A machine without it must say so, and CI must not pass without it.
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("\n*** NOT RUN: {why} ***\n");
        return;
    };
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    let every =
        ["--role", "watch", "--role", "analyst", "--role", "disclosure", "--role", "treaty", "--role", "auditor"];
    let rights = ["--clearance", "SECRET", "--subject", "*", "--official-duty"];
    let people =
        [kor.person("everything", &[&every[..], &rights].concat()), kor.person("administrator", &["--role", "admin"])];
    let examples = std::env::var("EXAMPLES").unwrap_or_else(|_| "15".to_owned());
    for person in people {
        let made = person.post("/me/tokens", &json!({ "name": "test", "read_only": false, "days": 1 }));
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        let status = Command::new(&program)
            .args(["run", &format!("http://{}/api/v1/openapi.json", kor.address)])
            .args(["--header", &format!("Authorization: Bearer {secret}")])
            // A stream does not end. What takes the token away would make the rest a test of 401.
            .args(["--exclude-path", "/api/v1/events", "--exclude-path-regex", "/me/tokens/|/api/v1/session$"])
            // What fits the schema may still not fit the node: an unknown party, a label that says nothing.
            .args(["--exclude-checks", "positive_data_acceptance"])
            .args(["--max-examples", &examples, "--seed", "1", "--workers", "1", "--no-color"])
            .args(["--phases", "examples,coverage,fuzzing", "--request-timeout", "60"])
            .current_dir(parent.path())
            .status()
            .unwrap();
        assert!(status.success());
    }
    // It is still there, and what it kept holds.
    assert_eq!(kor.stranger().get("/openapi.json").status, 200);
    let verified = site::asked(&kor.site, &["log", "verify"]);
    assert!(!verified.contains("BROKEN"), "{verified}");
}
