//! Events of MISP against MISP's own libraries: PyMISP makes an event and reads what came back, `misp-stix` says what it makes of it.
//! Ignored otherwise, because it needs Python and packages: `make api` runs it.

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

use std::{fs, path::Path};

use python::Python;
use serde_json::Value;
use site::{Site, expect};

/// The versions that this was tried with.
const PACKAGES: [&str; 2] = ["misp-stix==2026.10.12", "pymisp==2.5.34.4"];

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/misp").join(name).display().to_string()
}

#[test]
#[ignore = "needs Python and packages of MISP: make api"]
fn what_misp_made_is_what_misp_makes_of_it_and_comes_back() {
    let Some(python) = Python::with("misp", &PACKAGES) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let made = python.program("python").arg(script("event.py")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(file("event.json"), made.stdout).unwrap();
    expect(0, &["misp", "import", &file("event.json"), "--out", &file("bundle.json")]);
    expect(0, &["stix", "check", &file("bundle.json")]);
    expect(0, &["misp", "export", &file("bundle.json"), "--out", &file("back.json")]);
    let compared = python
        .program("python")
        .args([script("compare.py"), file("event.json"), file("bundle.json"), file("back.json")])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(compared.status.success(), "{}{}", text(&compared.stdout), text(&compared.stderr));
    eprintln!("{}", text(&compared.stdout));
}

const EVENT: &str = r##"{"Event": {
  "uuid": "5b9f3a2e-8c4d-4f6a-9b1c-0d2e3f4a5b6c", "info": "Shipyards", "date": "2026-11-17", "timestamp": "1795000000",
  "distribution": "2", "Orgc": {"uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f", "name": "CIRCL"},
  "Tag": [{"name": "tlp:green"}],
  "Attribute": [
    {"uuid": "00000000-0000-4000-8000-000000000001", "type": "domain", "value": "c2.example.net", "to_ids": true},
    {"uuid": "00000000-0000-4000-8000-000000000002", "type": "ip-dst", "value": "203.0.113.7", "to_ids": true, "distribution": "0"}
  ]}}"##;

/// An event enters a node: told for each party, nothing given to anybody, once for as often as it is entered, and it comes back.
#[test]
fn an_event_enters_once_and_comes_back_as_it_was() {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Site::new(parent.path(), "KOR");
    let jpn = Site::new(parent.path(), "JPN");
    kor.start();
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    let file = parent.path().join("event.json");
    fs::write(&file, EVENT).unwrap();
    let file = file.display().to_string();
    let import = |more: &[&str]| {
        let arguments = ["misp", "import", &file, "--subject", "dprk-cyber", "--json", "--config", &kor.config()];
        let (out, _) = expect(0, &[&arguments, more].concat());
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let records = |told: &Value| -> Vec<String> {
        let classes = told["classes"].as_array().unwrap().iter();
        classes
            .flat_map(|class| class["records"].as_array().unwrap())
            .map(|it| it.as_str().unwrap().to_owned())
            .collect()
    };
    let told = import(&["--dry-run"]);
    assert!(records(&told).is_empty());
    assert!(site::json(&kor, &["inbox"]).is_empty(), "nothing is entered");
    let class = |told: &Value, label: &str| {
        let classes = told["classes"].as_array().unwrap();
        classes.iter().find(|class| class["label"] == label).unwrap_or_else(|| panic!("{told}")).clone()
    };
    let narrow = class(&told, "TLP:AMBER+STRICT");
    assert_eq!(narrow["decisions"][0]["to"], "JPN");
    assert_eq!(narrow["decisions"][0]["verdict"], "deny", "its own organisation alone: {narrow}");
    assert!(narrow["because"].to_string().contains("your organisation only"), "{narrow}");
    let wide = class(&told, "TLP:GREEN");
    assert!(wide["because"].to_string().contains("connected communities"), "{wide}");

    let told = import(&[]);
    let entered = records(&told);
    assert_eq!(entered.len(), 2);
    assert_eq!(site::json(&kor, &["inbox"]).len(), 2);
    assert!(records(&import(&[])).is_empty(), "it is here already");
    assert!(site::json(&kor, &["outbox"]).is_empty(), "entering gives nothing to anybody");

    let out = parent.path().join("back.json").display().to_string();
    let named: Vec<&str> = entered.iter().flat_map(|record| ["--record", record]).collect();
    expect(0, &[&["misp", "export", "--out", &out, "--config", &kor.config()], &named[..]].concat());
    let back: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    let event: Value = serde_json::from_str(EVENT).unwrap();
    for (at, attribute) in event["Event"]["Attribute"].as_array().unwrap().iter().enumerate() {
        let found = back["Event"]["Attribute"].as_array().unwrap().iter().find(|it| it["uuid"] == attribute["uuid"]);
        assert_eq!(found, Some(attribute), "attribute {at}");
    }
    assert_eq!(back["Event"]["distribution"], "2");
    // What is not an event is refused with a place.
    let wrong = parent.path().join("wrong.json");
    fs::write(&wrong, "{\"Event\": {\"uuid\": \"1\", \"uuid\": \"2\"}}").unwrap();
    let (_, said) = expect(1, &["misp", "import", &wrong.display().to_string(), "--out", "-"]);
    assert!(said.contains("a second key `uuid`") && said.contains("wrong.json:1:"), "{said}");
}
