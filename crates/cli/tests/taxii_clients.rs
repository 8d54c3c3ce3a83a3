//! The clients of the field drive the TAXII server: `taxii2-client` and `stix2` of the Python package index. All of ATT&CK for ICS in
//! three releases is loaded as a version history, read back and compared to the byte; writers work while others page. Ignored
//! otherwise, because it needs Python and packages: `make api` runs it.

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

use std::path::Path;

use python::Python;
use web::{Console, PASSWORD};

/// The versions that this was tried with.
const CLIENTS: [&str; 2] = ["taxii2-client==2.3.0", "stix2==3.0.2"];
const LIVE: &str = "a77ac4f0-0000-4000-8000-000000000002";
const ID: &str = "a77ac4f0-0000-4000-8000-000000000001";

#[test]
#[ignore = "needs Python, taxii2-client and stix2: make api"]
fn the_clients_of_the_field_read_and_write() {
    let Some(releases) = site::data("stix") else { return };
    let Some(python) = Python::with("taxii-clients", &CLIENTS) else { return };
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    kor.add_user("ana", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    let config = kor.site.config();
    let asked = |arguments: &[&str]| site::expect(0, &[arguments, &["--config", &config]].concat()).0;
    asked(&["taxii", "root", "add", "clients"]);
    let add = ["taxii", "collection", "add", "--root", "clients", "--read", "analyst", "--write", "analyst"];
    asked(&[&add[..], &["--id", ID, "--title", "ATT&CK", "--alias", "attack", "--from", "none"]].concat());
    asked(&[&add[..], &["--id", LIVE, "--title", "Live", "--alias", "live", "--from", "none"]].concat());
    let mut refused = Vec::new();
    for release in ["16.1", "17.1", "18.1"] {
        let file = releases.join(format!("ics-attack-{release}.json")).display().to_string();
        let output = site::run(&["taxii", "load", &file, "--collection", ID, "--json", "--config", &config]);
        let loaded: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        // What its makers changed without another version is named, and the first text of a version stays.
        for failure in loaded["failures"].as_array().unwrap() {
            assert_eq!(failure["message"], "this version is here with another text; a version never changes");
        }
        refused.push(loaded["failures"].as_array().unwrap().len());
    }
    // Objects whose content changed under one version, counted in the files themselves: one marking definition in 17.1, and in 18.1
    // that one and 70 techniques. So 71 in one release, and 72 in all.
    assert_eq!(refused, [0, 1, 71]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/taxii/clients.py");
    let output = python
        .program("python")
        .arg(script)
        .args([&kor.address.to_string(), "ana", PASSWORD, ID, &releases.display().to_string()])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    eprintln!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}
