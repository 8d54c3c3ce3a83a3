//! The TAXII server as a client meets it: scripts of requests and answers against the real binary, one for each endpoint and
//! rule (`cases/taxii`, whose README says how to read them).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod script;
mod site;
mod web;

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use web::{Console, PASSWORD, Visitor};

pub(crate) const ACCOUNTS: [(&str, &[&str]); 5] = [
    ("ana", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]),
    ("bob", &["--role", "analyst"]),
    ("wat", &["--role", "watch"]),
    ("aud", &["--role", "auditor"]),
    ("adm", &["--role", "admin"]),
];

fn node(parent: &Path) -> Console {
    let console = Console::new(parent, "KOR");
    for (name, rights) in ACCOUNTS {
        console.add_user(name, rights);
    }
    console
}

#[test]
fn scripts_are_answered_as_they_say() {
    let parent = tempfile::tempdir().unwrap();
    let console = node(parent.path());
    let names = script::Names::from([
        ("address".to_owned(), console.address.to_string()),
        ("folder".to_owned(), parent.path().display().to_string()),
    ]);
    let count = script::play("taxii", &console.site.config(), &names, &|method, path, who, headers, body| {
        let mut visitor = Visitor::new(console.address);
        visitor.headers = script::basic(who).into_iter().collect();
        visitor.ask(method, path, headers, body)
    });
    assert!(count > 10, "{count}");
}

/// What no API root can be called, for something else is there: told with all of them, and nothing is added.
#[test]
fn a_root_is_not_called_what_the_node_has_something_else_under() {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), "KOR");
    let config = console.site.config();
    for name in ["collections", "api", "taxii2", "entente", "assets", "sign-in", "alerts", "metrics"] {
        let (_, said) = site::expect(1, &["taxii", "root", "add", name, "--config", &config]);
        assert!(said.contains(&format!("the node has something else at `/{name}/`")), "{said}");
        let all = said.split("none of ").nth(1).unwrap().replace([',', '\n'], " ");
        let all: Vec<&str> = all.split_whitespace().collect();
        assert!(["api", "collections", "incidents", name].iter().all(|taken| all.contains(taken)), "{said}");
    }
    for name in ["Cyber", "a/b", ".well-known", ""] {
        let (_, said) = site::expect(1, &["taxii", "root", "add", name, "--config", &config]);
        assert!(said.contains("1 to 64 of a-z"), "{said}");
    }
    assert!(site::json(&console.site, &["taxii", "root", "list"]).is_empty());
    site::expect(0, &["taxii", "root", "add", "collection", "--config", &config]);
}

/// Somebody who comes with a password.
fn with_password(console: &Console, name: &str) -> Visitor {
    let mut visitor = Visitor::new(console.address);
    let credential = STANDARD.encode(format!("{name}:{PASSWORD}"));
    visitor.headers = vec![("Authorization".to_owned(), format!("Basic {credential}"))];
    visitor
}

fn names_of(visitor: &Visitor, path: &str) -> Vec<String> {
    let answer = visitor.ask("GET", path, &[], b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    let objects = answer.json()["objects"].as_array().cloned().unwrap_or_default();
    objects.iter().map(|object| object["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn post(visitor: &Visitor, path: &str, body: &str) -> Value {
    let kind = [("Content-Type", "application/taxii+json;version=2.1")];
    let answer = visitor.ask("POST", path, &kind, body.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

const SECRET: &str = r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--5ec2e700-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","name":"SECRET","extensions":{"extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c2":{"extension_type":"property-extension","label":"//KOR SECRET//REL TO USA, JPN, KOR"}}}"#;

fn tool(number: u32, name: &str, marking: &str) -> String {
    format!(
        r#"{{"type":"tool","spec_version":"2.1","id":"tool--5ec2e700-0000-4000-8000-{number:012}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"{name}","object_marking_refs":["{marking}"]}}"#
    )
}

#[test]
fn what_is_posted_here_shows_there_and_a_deletion_takes_it_back() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = (Console::new(parent.path(), "KOR"), Console::new(parent.path(), "JPN"));
    let configs = [kor.site.config(), jpn.site.config()];
    site::expect(0, &["party", "add", &kor.site.party_file("KOR"), "--confirmed", "--config", &configs[1]]);
    site::expect(0, &["party", "add", &jpn.site.party_file("JPN"), "--confirmed", "--config", &configs[0]]);
    let rights = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
    for (console, others) in [(&kor, &["--release", "JPN", "--purpose", "missile-warning"][..]), (&jpn, &[])] {
        let config = console.site.config();
        console.add_user("ana", &rights);
        console.add_user("low", &["--role", "analyst"]);
        site::expect(0, &["taxii", "root", "add", "s", "--config", &config]);
        let add = ["taxii", "collection", "add", "--root", "s", "--title", "S", "--alias", "s", "--read", "analyst"];
        let add =
            [&add[..], &["--write", "analyst", "--subject", "dprk-missile", "--config", &config], others].concat();
        site::expect(0, &add);
    }
    let (here, there, low) = (with_password(&kor, "ana"), with_password(&jpn, "ana"), with_password(&jpn, "low"));
    let secret = "marking-definition--5ec2e700-0000-4000-8000-000000000001";
    let red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
    let envelope = format!(
        "{{\"objects\":[{SECRET},{},{},{}]}}",
        tool(1, "one", secret),
        tool(2, "two", secret),
        tool(3, "red", red)
    );
    assert_eq!(post(&here, "/s/collections/s/objects/", &envelope)["success_count"], 4);
    let tools = "/s/collections/s/objects/?match[type]=tool";
    assert_eq!(names_of(&here, tools), ["one", "two", "red"]);
    // What is permitted arrives; TLP:RED does not leave.
    site::eventually("it shows at the partner", || names_of(&there, tools).len() == 2);
    assert_eq!(names_of(&there, tools), ["one", "two"]);
    assert!(names_of(&low, tools).is_empty());
    let everything = "/entente/collections/everything/objects/?match[type]=tool";
    assert_eq!(names_of(&there, everything), ["one", "two"]);
    // To the byte.
    let one = there.ask("GET", "/s/collections/s/objects/tool--5ec2e700-0000-4000-8000-000000000001/", &[], b"");
    assert_eq!(one.text(), format!("{{\"more\":false,\"objects\":[{}]}}", tool(1, "one", secret)));
    let why = there.ask("GET", "/entente/why/?match[id]=tool--5ec2e700-0000-4000-8000-000000000001", &[], b"").json();
    assert_eq!(why["versions"][0]["custody"][0]["from"], "KOR", "{why}");

    let path = "/s/collections/s/objects/tool--5ec2e700-0000-4000-8000-000000000001/";
    assert_eq!(here.ask("DELETE", path, &[], b"").status, 200);
    assert_eq!(names_of(&here, tools), ["two", "red"]);
    site::eventually("it is gone at the partner, and the rest is there", || names_of(&there, tools) == ["two"]);
    assert_eq!(there.ask("GET", path, &[], b"").status, 404);
    site::eventually("the partner has complied", || {
        let recalls = here.ask("GET", "/entente/recalls/", &[], b"").json();
        recalls["recalls"].as_array().unwrap().len() == 1 && recalls["recalls"][0]["told"][0]["state"] == "destroyed"
    });
    // A record with STIX that is released by hand shows too, and its recall removes it.
    let file = parent.path().join("by-hand.json");
    fs::write(&file, tool(9, "by hand", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487")).unwrap();
    let file = file.display().to_string();
    let release = ["release", &file, "--label", site::LABEL, "--to", "JPN", "--purpose", "missile-warning"];
    let more = ["--subject", "dprk-missile", "--id", "K-9", "--media-type", "application/stix+json;version=2.1"];
    site::expect(0, &[&release[..], &more, &["--config", &configs[0]]].concat());
    site::eventually("it shows at the partner", || names_of(&there, tools) == ["two", "by hand"]);
    site::eventually("and here", || names_of(&here, tools) == ["two", "red", "by hand"]);
    assert!(!names_of(&low, tools).contains(&"by hand".to_owned()), "its record is SECRET, whatever it says of itself");
    site::expect(0, &["recall", "issue", "K-9", "--config", &configs[0]]);
    site::eventually("it is gone at the partner", || names_of(&there, tools) == ["two"]);
    site::eventually("and here", || names_of(&here, tools) == ["two", "red"]);
}

#[test]
fn what_is_kept_outlives_a_kill_and_a_back_up() {
    let parent = tempfile::tempdir().unwrap();
    let mut console = node(parent.path());
    let config = console.site.config();
    site::expect(0, &["taxii", "root", "add", "s", "--config", &config]);
    let add =
        ["taxii", "collection", "add", "--root", "s", "--title", "S", "--alias", "s", "--read", "*", "--write", "*"];
    site::expect(0, &[&add[..], &["--config", &config]].concat());
    let ana = with_password(&console, "ana");
    let green = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
    for number in 0..20 {
        let envelope = format!("{{\"objects\":[{}]}}", tool(number, &format!("t{number}"), green));
        post(&ana, "/s/collections/s/objects/", &envelope);
    }
    let before = ana.ask("GET", "/s/collections/s/objects/", &[], b"").text();
    let token =
        ana.ask("GET", "/s/collections/s/objects/?limit=5", &[], b"").json()["next"].as_str().unwrap().to_owned();
    console.site.kill();
    console.site.start();
    assert_eq!(ana.ask("GET", "/s/collections/s/objects/", &[], b"").text(), before);
    let next = format!("/s/collections/s/objects/?limit=5&next={token}");
    assert_eq!(names_of(&ana, &next)[0], "t5", "the token outlives it too");
    let to = parent.path().join("copy").display().to_string();
    site::expect(0, &["backup", &to, "--config", &config]);
    assert!(Path::new(&to).join("taxii.sqlite").exists());
}

#[test]
fn a_restored_node_serves_its_collections_as_they_were() {
    let parent = tempfile::tempdir().unwrap();
    let mut console = node(parent.path());
    let config = console.site.config();
    site::expect(0, &["taxii", "root", "add", "s", "--config", &config]);
    let add =
        ["taxii", "collection", "add", "--root", "s", "--title", "S", "--alias", "s", "--read", "*", "--write", "ana"];
    site::expect(0, &[&add[..], &["--config", &config]].concat());
    let ana = with_password(&console, "ana");
    let green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
    for number in 0..6 {
        post(
            &ana,
            "/s/collections/s/objects/",
            &format!("{{\"objects\":[{}]}}", tool(number, &format!("t{number}"), green)),
        );
    }
    // Two versions of one, and one that is gone.
    let newer = tool(1, "t1 again", green).replace("\"modified\":\"2026-01-01", "\"modified\":\"2026-02-01");
    let posted = post(&ana, "/s/collections/s/objects/", &format!("{{\"objects\":[{newer}]}}"));
    let gone = "/s/collections/s/objects/tool--5ec2e700-0000-4000-8000-000000000005/";
    assert_eq!(ana.ask("DELETE", gone, &[], b"").status, 200);
    let next =
        ana.ask("GET", "/s/collections/s/objects/?limit=2", &[], b"").json()["next"].as_str().unwrap().to_owned();
    let paths = [
        "/taxii2/".to_owned(),
        "/s/collections/".to_owned(),
        "/s/collections/s/objects/?match[version]=all".to_owned(),
        "/s/collections/s/manifest/?match[version]=all".to_owned(),
        "/s/collections/s/objects/tool--5ec2e700-0000-4000-8000-000000000001/versions/".to_owned(),
        format!("/s/collections/s/objects/?limit=2&next={next}"),
        format!("/s/status/{}/", posted["id"].as_str().unwrap()),
        gone.to_owned(),
    ];
    let told = |visitor: &Visitor| {
        let ask = |path: &String| {
            let answer = visitor.ask("GET", path, &[], b"");
            (answer.status, answer.header("x-taxii-date-added-last").map(str::to_owned), answer.text())
        };
        paths.iter().map(ask).collect::<Vec<_>>()
    };
    let before = told(&ana);
    assert!(before[2].2.contains("t1 again") && before[7].0 == 404, "{before:?}");
    let copy = parent.path().join("copy").display().to_string();
    site::expect(0, &["backup", &copy, "--config", &config]);
    post(&ana, "/s/collections/s/objects/", &format!("{{\"objects\":[{}]}}", tool(9, "after the copy", green)));
    console.site.kill();

    let again = parent.path().join("again");
    let keys = console.site.folder.join("keys").display().to_string();
    site::expect(0, &["restore", &copy, "--keys", &keys, "--config", &again.display().to_string()]);
    console.site = site::Site::at(again);
    console.site.start();
    let config = console.site.config();
    // Nobody comes in until somebody lets them in again.
    assert_eq!(ana.ask("GET", "/taxii2/", &[], b"").status, 401);
    site::eventually("the node goes on, and ana is let in", || {
        site::run(&["user", "enable", "ana", "--config", &config]).status.success()
    });
    let after = told(&ana);
    for (path, (before, after)) in paths.iter().zip(before.iter().zip(&after)) {
        assert_eq!(after, before, "{path}");
    }
    // What is added now stands behind all that was given before.
    post(&ana, "/s/collections/s/objects/", &format!("{{\"objects\":[{}]}}", tool(10, "later", green)));
    let last = before[2].1.clone().unwrap();
    assert_eq!(names_of(&ana, &format!("/s/collections/s/objects/?added_after={last}")), ["later"]);
}
