//! The clients of the field drive the TAXII server: `taxii2-client` and `stix2` of the Python package index. All of ATT&CK for ICS in
//! three releases is loaded as a version history, read back and compared to the byte; writers work while others page. What OpenCTI
//! asks is asked in its order, and an event of MISP goes to a node and comes back by `misp-stix`. Ignored otherwise, because it needs
//! Python and packages: `make api` runs it.

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
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use python::Python;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use web::{Console, PASSWORD};

/// The versions that this was tried with.
const CLIENTS: [&str; 2] = ["taxii2-client==2.3.0", "stix2==3.0.2"];
/// Of `misp-stix`, which brings `stix2`, and of PyMISP, those of the tests of MISP.
const FIELD: [&str; 3] = ["taxii2-client==2.3.0", "misp-stix==2026.10.12", "pymisp==2.5.34.4"];
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
    let data = releases.display().to_string();
    succeeds(script(&python, "clients.py").args([&*kor.address.to_string(), "ana", PASSWORD, ID, &data]));
}

/// One of the scripts, for the interpreter that has the packages.
fn script(python: &Python, name: &str) -> Command {
    let mut command = python.program("python");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/taxii").join(name));
    command
}

fn succeeds(command: &mut Command) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{}\n{}", text(&stdout), text(&stderr));
    eprintln!("{}", text(&stdout));
}

/// A certificate and its key as files, and the paths of both.
fn certificate(folder: &Path, name: &str) -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let texts = [("CERTIFICATE", "crt", made.der().to_vec()), ("PRIVATE KEY", "key", key.serialize_der())];
    texts.map(|(kind, ending, der)| {
        let path = folder.join(format!("{name}.{ending}"));
        fs::write(&path, format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.display().to_string()
    })
}

/// Not OpenCTI and MISP themselves, which are too large to be run here.
#[test]
#[ignore = "needs Python, taxii2-client, misp-stix and pymisp: make api"]
fn the_recipes_for_opencti_and_misp_do_what_the_guide_says() {
    const COUNT: usize = 2_345;
    let Some(python) = Python::with("taxii-recipes", &FIELD) else { return };
    let parent = tempfile::tempdir().unwrap();
    let [certificate_of_node, key_of_node] = certificate(parent.path(), "localhost");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listener = format!(
        "\n[taxii]\nlisten = \"127.0.0.1:{port}\"\ncertificate = \"{certificate_of_node}\"\nkey = \"{key_of_node}\"\n"
    );
    let kor = Console::with_config(parent.path(), "KOR", "", &listener);
    let config = kor.site.config();
    let asked = |arguments: &[&str]| site::expect(0, &[arguments, &["--config", &config]].concat()).0;
    let rights = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*"];
    kor.add_user("misp", &rights);
    let token =
        kor.person("cti", &rights).post("/me/tokens", &json!({ "name": "feed", "read_only": true, "days": 30 }));
    let token = token.json()["secret"].as_str().unwrap().to_owned();
    kor.add_user("feed", &rights);
    let [shown, key] = certificate(parent.path(), "opencti");
    asked(&["user", "bind", "feed", &shown, "--name", "opencti"]);
    asked(&["taxii", "root", "add", "recipes"]);
    let add = [
        "taxii",
        "collection",
        "add",
        "--root",
        "recipes",
        "--read",
        "analyst",
        "--write",
        "user:misp",
        "--from",
        "none",
    ];
    asked(&[&add[..], &["--id", ID, "--title", "Shared indicators", "--alias", "shared"]].concat());
    asked(&[&add[..], &["--id", LIVE, "--title", "Events"]].concat());
    let object = |number: usize| {
        json!({ "type": "tool", "spec_version": "2.1", "id": format!("tool--a77ac4f0-0000-4000-8000-{number:012}"), "name": "a tool",
                "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
                "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"] })
    };
    let objects: Vec<_> = (0..COUNT).map(object).collect();
    let file = parent.path().join("objects.json").display().to_string();
    fs::write(&file, json!({ "objects": objects }).to_string()).unwrap();
    asked(&["taxii", "load", &file, "--collection", ID]);
    let address = kor.address.to_string();
    let (tls, count) = (format!("localhost:{port}"), COUNT.to_string());
    let accounts = ["misp", PASSWORD, "cti", &token];
    let mut opencti = script(&python, "opencti.py");
    opencti.args([&address, &tls, &certificate_of_node, &shown, &key]).args(accounts);
    succeeds(opencti.args([ID, "Shared indicators", &count]));

    let before: BTreeSet<String> = records(&kor);
    let folder = parent.path().display().to_string();
    let misp =
        |what: &str| succeeds(script(&python, "misp.py").args([&address, "misp", PASSWORD, LIVE, &folder, what]));
    misp("push");
    let entered: Vec<String> = records(&kor).difference(&before).cloned().collect();
    let entered: Vec<&str> = entered.iter().flat_map(|record| ["--record", record]).collect();
    let out = parent.path().join("export.json").display().to_string();
    asked(&[&["misp", "export", "--out", &out][..], &entered].concat());
    misp("back");
}

fn records(node: &Console) -> BTreeSet<String> {
    site::json(&node.site, &["inbox"]).iter().map(|held| held["id"].as_str().unwrap().to_owned()).collect()
}
