//! Passkeys, with a real browser and its own authenticator.

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

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use web::{Console, PASSWORD};

const RIGHTS: [&str; 6] = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*"];

#[test]
fn a_person_adds_a_passkey_and_comes_in_with_it() {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    let Some(chromium) = found else {
        let why = "no Chromium here (Debian: apt-get install chromium)";
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("\n*** NOT RUN: {why} ***\n");
        return;
    };
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    kor.add_user("sato", &RIGHTS);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/passkey.py");
    let origin = format!("http://localhost:{}", kor.address.port());
    let output = Command::new("python3").arg(script).args([chromium, &origin, "sato", PASSWORD]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(&text).unwrap();
    let statuses = |step: &str| (said[step]["first"]["status"].clone(), said[step]["again"]["status"].clone());
    assert_eq!(said["password"]["body"]["enrolling"], true, "{said}");
    assert_eq!(statuses("create"), (json!(200), json!(422)), "a challenge counts once: {said}");
    assert_eq!(said["create"]["first"]["body"]["enrolling"], false);
    assert_eq!((&said["records"], &said["out"], &said["after"]), (&json!(200), &json!(200), &json!(401)), "{said}");
    assert_eq!(statuses("altered"), (json!(401), json!(401)), "nor is its challenge worth another try: {said}");
    assert_eq!(statuses("get"), (json!(200), json!(401)), "{said}");
    assert_eq!((&said["me"]["name"], &said["me"]["way"]), (&json!("sato"), &json!("session")));
    assert_ne!(said["unverified"]["first"]["status"], 200, "{said}");
    let signed_in: Vec<Value> =
        kor.statements().into_iter().filter(|statement| statement["kind"] == "signed-in").collect();
    assert_eq!(signed_in.last().unwrap()["content"], json!({ "name": "sato", "with": "passkey" }));
}

#[test]
fn what_no_authenticator_says_lets_nobody_in() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    kor.add_user("sato", &RIGHTS);
    let mut half = kor.stranger();
    half.post_keeping("/session", &json!({ "name": "sato", "password": PASSWORD }));
    let challenge = half.post("/me/passkeys/begin", &Value::Null).json()["challenge"].as_str().unwrap().to_owned();
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let data = |kind: &str, origin: &str| {
        URL_SAFE_NO_PAD.encode(json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string())
    };
    let own = format!("http://localhost:{}", kor.address.port());
    for (client_data, object) in [
        (data("webauthn.get", &own), "oA"),
        (data("webauthn.create", "https://evil.example"), "oA"),
        ("!!".to_owned(), "oA"),
        (URL_SAFE_NO_PAD.encode("{}"), "oA"),
        (data("webauthn.create", &own), "oA"),
        (data("webauthn.create", &own), "oA"),
    ] {
        let body = json!({ "name": "x", "client_data": client_data, "attestation_object": object });
        assert_eq!(half.post("/me/passkeys", &body).status, 422, "{client_data}");
    }
    assert_eq!(half.get("/records").status, 403);
    for part in ["", "AAAA", "!!", &"A".repeat(11_000)] {
        let body = json!({ "id": part, "client_data": part, "authenticator_data": part, "signature": part });
        assert_eq!(kor.stranger().post("/session/passkey", &body).status, 401, "{part}");
    }
}
