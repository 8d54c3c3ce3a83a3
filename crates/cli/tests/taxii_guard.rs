//! Somebody who means a TAXII server ill, or does not know better: markings of parts, definitions of others, deletions of what is not
//! theirs or that are cut off, and administrators who would set what is released.

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

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use web::{Console, PASSWORD, Visitor};

const ANALYST: [&str; 7] = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
const DISCLOSURE: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
const OWN: &str = "extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c2";
const STIX: &str = "application/stix+json;version=2.1";
const CLEAR: &str = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
const RED: &str = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--9a4d0000-0000-4000-8000-{number:012}")
}

/// A marking of this party's own.
fn definition(number: u32, label: &str, more: Value) -> Value {
    let mut extension = json!({ "extension_type": "property-extension", "label": label });
    extension.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "type": "marking-definition", "spec_version": "2.1", "id": id("marking-definition", number),
        "created": "2026-01-01T00:00:00.000Z", "name": format!("definition {number}"), "extensions": { OWN: extension },
    })
}

fn tool(number: u32, more: Value) -> Value {
    let mut tool = json!({
        "type": "tool", "spec_version": "2.1", "id": id("tool", number), "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z", "name": format!("tool {number}"),
    });
    tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tool
}

fn part(marking: &str) -> Value {
    json!({ "description": "hush", "granular_markings": [{ "marking_ref": marking, "selectors": ["description"] }] })
}

/// Somebody who comes with a password.
fn with_password(console: &Console, name: &str) -> Visitor {
    let mut visitor = Visitor::new(console.address);
    let credential = STANDARD.encode(format!("{name}:{PASSWORD}"));
    visitor.headers = vec![("Authorization".to_owned(), format!("Basic {credential}"))];
    visitor
}

fn post(visitor: &Visitor, objects: &[Value]) -> Value {
    let kind = [("Content-Type", "application/taxii+json;version=2.1")];
    let body = json!({ "objects": objects }).to_string();
    let answer = visitor.ask("POST", "/s/collections/s/objects/", &kind, body.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

fn path_of(id: &str) -> String {
    format!("/s/collections/s/objects/{id}/")
}

fn delete(visitor: &Visitor, id: &str) -> u16 {
    visitor.ask("DELETE", &path_of(id), &[], b"").status
}

fn get(visitor: &Visitor, id: &str) -> u16 {
    visitor.ask("GET", &path_of(id), &[], b"").status
}

/// The records that an object stands in, with their labels.
fn records_of(visitor: &Visitor, id: &str) -> Vec<(String, String)> {
    let why = visitor.ask("GET", &format!("/entente/why/?match[id]={id}"), &[], b"");
    assert_eq!(why.status, 200, "{}", why.text());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    why.json()["versions"].as_array().unwrap().iter().map(|one| (text(&one["record"]), text(&one["label"]))).collect()
}

/// A collection `s` in a root `s`.
fn collection(console: &Console, more: &[&str]) {
    let config = console.site.config();
    site::expect(0, &["taxii", "root", "add", "s", "--config", &config]);
    let add =
        ["taxii", "collection", "add", "--root", "s", "--title", "S", "--alias", "s", "--read", "*", "--write", "*"];
    site::expect(0, &[&add[..], &["--config", &config], more].concat());
}

fn knows(one: &Console, other: &Console, code: &str) {
    site::expect(0, &["party", "add", &other.site.party_file(code), "--confirmed", "--config", &one.site.config()]);
}

fn two(parent: &Path) -> (Console, Console) {
    let (kor, jpn) = (Console::new(parent, "KOR"), Console::new(parent, "JPN"));
    knows(&kor, &jpn, "JPN");
    knows(&jpn, &kor, "KOR");
    (kor, jpn)
}

fn bundle(number: u32, objects: &[Value]) -> String {
    json!({ "type": "bundle", "id": id("bundle", number), "objects": objects }).to_string()
}

/// Enters a record by hand.
fn enter(visitor: &Visitor, record: &str, label: &str, derived_from: &[&str], objects: &[Value]) {
    let body = json!({
        "id": record, "label": label, "subjects": ["dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": derived_from, "title": record, "media_type": STIX,
        "content": STANDARD.encode(bundle(1, objects)), "versions": [],
    });
    let answer = visitor.post("/records", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn what_marks_a_part_marks_the_record() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = two(parent.path());
    kor.add_user("ana", &ANALYST);
    kor.add_user("low", &["--role", "analyst", "--subject", "*"]);
    jpn.add_user("ana", &ANALYST);
    let (abe, bob) = (kor.person("abe", &ANALYST), kor.person("bob", &["--role", "analyst", "--subject", "*"]));
    let rule =
        ["--label", "TLP:CLEAR", "--release", "JPN", "--purpose", "missile-warning", "--subject", "dprk-missile"];
    collection(&kor, &rule);
    collection(&jpn, &[]);
    let (ana, low, there) = (with_password(&kor, "ana"), with_password(&kor, "low"), with_password(&jpn, "ana"));
    let reducible = json!({ "allows_reduced": true });
    let for_us = definition(1, "//KOR SECRET//REL TO USA, KOR", reducible);
    let objects = [
        for_us,
        tool(1, part(&id("marking-definition", 1))),
        tool(2, part(RED)),
        tool(3, json!({})),
        tool(4, part(CLEAR)),
    ];
    assert_eq!(post(&ana, &objects)["success_count"], 5);

    // The whole is a SECRET record, and what is left without its part another one.
    let records: BTreeMap<String, String> =
        records_of(&ana, &id("tool", 1)).into_iter().map(|(record, label)| (label, record)).collect();
    let labels: Vec<&str> = records.keys().map(String::as_str).collect();
    assert!(labels.len() == 2 && labels[0].starts_with("//KOR SECRET") && labels[1] == "TLP:CLEAR", "{labels:?}");
    let content = |visitor: &Visitor, record: &str| visitor.get(&format!("/records/KOR/{record}/content"));
    let (whole, rest) = (&records[labels[0]], &records[labels[1]]);
    assert!(content(&abe, whole).text().contains("hush"));
    assert_eq!(content(&bob, whole).status, 404);
    assert!(!content(&bob, rest).text().contains("hush") && content(&bob, rest).text().contains("tool 1"));
    // Who may see all is given all; others the copy; of what may not be reduced nothing.
    assert!(ana.ask("GET", &path_of(&id("tool", 1)), &[], b"").text().contains("hush"));
    let copy = low.ask("GET", &path_of(&id("tool", 1)), &[], b"");
    assert!(copy.text().contains("tool 1") && !copy.text().contains("hush"), "{}", copy.text());
    assert_eq!((get(&low, &id("tool", 2)), get(&low, &id("tool", 3))), (404, 200));
    assert_eq!(records_of(&ana, &id("tool", 2))[0].1, "TLP:RED");
    assert_eq!(records_of(&ana, &id("tool", 4))[0].1, "TLP:CLEAR");
    // Nothing of the parts leaves.
    site::eventually("the rest shows there", || {
        get(&there, &id("tool", 1)) == 200 && get(&there, &id("tool", 3)) == 200
    });
    let all = there.ask("GET", "/s/collections/s/objects/?match[type]=tool", &[], b"").text();
    assert!(all.matches("hush").count() == 1 && all.contains("tool 4"), "only what is CLEAR itself: {all}");
    assert_eq!(get(&there, &id("tool", 2)), 404);
}

#[test]
fn a_part_that_is_clear_makes_nothing_clear() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    kor.add_user("ana", &ANALYST);
    collection(&kor, &[]);
    let ana = with_password(&kor, "ana");
    // The whole bears no marking: the collection's own label stands for that, whatever its parts say.
    assert_eq!(post(&ana, &[tool(1, part(CLEAR))])["success_count"], 1);
    assert_eq!(records_of(&ana, &id("tool", 1))[0].1, "TLP:AMBER+STRICT");
}

#[test]
fn who_does_not_disclose_deletes_what_was_posted_there_alone() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = two(parent.path());
    kor.add_user("ana", &ANALYST);
    kor.add_user("dis", &DISCLOSURE);
    collection(&kor, &[]);
    let (ana, dis) = (with_password(&kor, "ana"), with_password(&kor, "dis"));
    let abe = kor.person("abe", &ANALYST);
    post(&ana, &[tool(1, json!({}))]);
    enter(&abe, "K-1", "TLP:CLEAR", &[], &[tool(2, json!({}))]);
    let file = parent.path().join("theirs.json");
    fs::write(&file, bundle(2, &[tool(3, json!({})), tool(4, json!({}))])).unwrap();
    let release = ["release", &file.display().to_string(), "--label", "TLP:CLEAR", "--to", "KOR", "--purpose", "x"];
    let more = ["--id", "J-1", "--media-type", STIX, "--config", &jpn.site.config()];
    site::expect(0, &[&release[..], &more].concat());
    for number in 1..=4 {
        site::eventually("it is here", || get(&ana, &id("tool", number)) == 200);
    }
    assert_eq!(delete(&ana, &id("tool", 1)), 200);
    for number in 2..=4 {
        assert_eq!(delete(&ana, &id("tool", number)), 403, "{number}");
        assert_eq!(get(&ana, &id("tool", number)), 200, "{number}: nothing was done");
    }
    let before = kor.statements().len();
    assert_eq!(delete(&dis, &id("tool", 3)), 200);
    assert_eq!((get(&ana, &id("tool", 3)), get(&ana, &id("tool", 4))), (404, 200));
    // Of another party's record with other objects nothing is destroyed, and that it is not shown any more is on the record.
    let told: Vec<Value> = kor.statements().split_off(before);
    assert!(
        told.iter().any(|one| one["content"]["what"] == "TAXII objects removed" && one["content"]["by"] == "dis"),
        "{told:?}"
    );
    assert!(!json!(told).to_string().contains("J-1"), "and names nothing");
    assert_eq!((delete(&dis, &id("tool", 2)), delete(&dis, &id("tool", 4))), (200, 200));
    let told = kor.statements();
    for record in ["K-1", "J-1"] {
        let is_it = |one: &&Value| one["kind"] == "destroyed" && one["content"]["record"] == record;
        assert_eq!(told.iter().filter(is_it).count(), 1, "{record}");
    }
}

#[test]
fn what_stays_of_a_record_is_made_from_what_that_was_made_from() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = two(parent.path());
    let usa = site::Site::new(parent.path(), "USA");
    site::expect(0, &["party", "add", &usa.party_file("USA"), "--confirmed", "--config", &jpn.site.config()]);
    jpn.add_user("dis", &DISCLOSURE);
    jpn.add_user("low", &["--role", "disclosure", "--subject", "*"]);
    collection(&jpn, &[]);
    let (dis, low) = (with_password(&jpn, "dis"), with_password(&jpn, "low"));
    let abe = jpn.person("abe", &DISCLOSURE);
    let file = parent.path().join("source.txt");
    fs::write(&file, "two launches").unwrap();
    let release = ["release", &file.display().to_string(), "--label", site::LABEL, "--to", "JPN"];
    let more =
        ["--purpose", "missile-warning", "--subject", "dprk-missile", "--id", "K-1", "--config", &kor.site.config()];
    site::expect(0, &[&release[..], &more].concat());
    site::eventually("the source is here", || abe.get("/records/KOR/K-1").status == 200);
    enter(&abe, "J-1", "TLP:CLEAR", &["KOR/K-1"], &[tool(1, json!({})), tool(2, json!({}))]);
    let permitted = |record: &str| {
        let body = json!({
            "record": record, "to": ["USA"], "purpose": "missile-warning", "channel": "government-to-government",
        });
        let answer = abe.post("/decisions", &body).json();
        answer["decisions"][0]["headline"].as_str().unwrap().starts_with("PERMIT")
    };
    assert!(!permitted("J-1"), "KOR has not agreed to that");
    for number in 1..=2 {
        site::eventually("it is here", || {
            get(&dis, &id("tool", number)) == 200 && get(&low, &id("tool", number)) == 200
        });
    }
    assert_eq!(delete(&low, &id("tool", 1)), 403, "who may not see what it was made from does not take it apart");
    assert_eq!(delete(&dis, &id("tool", 1)), 200);
    let rest = records_of(&dis, &id("tool", 2)).remove(0).0;
    assert_ne!(rest, "J-1");
    assert!(!permitted(&rest), "nor is what stays of it");
}

#[test]
fn a_deletion_that_is_cut_off_is_carried_to_its_end() {
    let parent = tempfile::tempdir().unwrap();
    let (mut kor, jpn) = two(parent.path());
    kor.add_user("ana", &ANALYST);
    jpn.add_user("ana", &ANALYST);
    let rule =
        ["--label", "TLP:CLEAR", "--release", "JPN", "--purpose", "missile-warning", "--subject", "dprk-missile"];
    collection(&kor, &rule);
    collection(&jpn, &[]);
    let (ana, there) = (with_password(&kor, "ana"), with_password(&jpn, "ana"));
    let mut done = 0;
    for (round, delay) in (0_u32..).zip([0, 20, 50, 100, 200, 1_000]) {
        let (goes, stays) = (id("tool", round * 2), id("tool", round * 2 + 1));
        post(&ana, &[tool(round * 2, json!({})), tool(round * 2 + 1, json!({}))]);
        site::eventually("it shows there", || get(&there, &goes) == 200);
        let record = records_of(&ana, &goes).remove(0).0;
        // Killed at any moment between the first effect and the last, and before and behind them.
        let (asker, path) = (ana.clone(), path_of(&goes));
        let asking = std::thread::spawn(move || asker.ask("DELETE", &path, &[], b"").status);
        std::thread::sleep(Duration::from_millis(delay));
        kor.site.kill();
        let status = asking.join().unwrap_or_default();
        kor.site.start();
        site::eventually("what stays is here", || get(&ana, &stays) == 200);
        if status == 200 || get(&ana, &goes) == 404 {
            done += 1;
            site::eventually("it is gone there", || get(&there, &goes) == 404 && get(&there, &stays) == 200);
            let is_destroyed = |one: &Value| one["kind"] == "destroyed" && one["content"]["record"] == record.as_str();
            site::eventually("it is destroyed here", || kor.statements().iter().any(is_destroyed));
        } else {
            // Nothing was done, and it can be asked for again.
            assert_eq!(delete(&ana, &goes), 200);
        }
        assert_eq!((get(&ana, &goes), get(&ana, &stays)), (404, 200), "round {round}");
        assert_eq!(records_of(&ana, &stays).len(), 1, "round {round}: what stays stands here once");
    }
    assert!(done > 0, "one of them was under way");

    // The same, as a stop leaves it that came right behind the first word.
    post(&ana, &[tool(20, json!({}))]);
    site::eventually("it shows there", || get(&there, &id("tool", 20)) == 200);
    let record = records_of(&ana, &id("tool", 20)).remove(0).0;
    kor.site.kill();
    let mut index = entente_store::taxii::Taxii::open(&kor.site.folder.join("data")).unwrap();
    let file = rusqlite::Connection::open(kor.site.folder.join("data/taxii.sqlite")).unwrap();
    let (number, start): (i64, i64) = file
        .query_row("SELECT record, start FROM entry WHERE collection = 0 AND id = ?", [id("tool", 20)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    drop(file);
    let deletion = entente_store::taxii::Deletion {
        number: 0,
        record: number,
        gone: vec![start],
        rest: None,
        moved: Vec::new(),
        name: "ana".to_owned(),
        way: "password".to_owned(),
    };
    index.begin_deletion(&deletion, 0, 0).unwrap();
    drop(index);
    kor.site.start();
    site::eventually("it is gone here and there", || {
        get(&ana, &id("tool", 20)) == 404 && get(&there, &id("tool", 20)) == 404
    });
    let told = kor.statements();
    assert!(
        told.iter().any(|one| one["kind"] == "destroyed" && one["content"]["record"] == record.as_str()),
        "{told:?}"
    );
    assert!(told.iter().any(|one| one["kind"] == "recall" && one["content"]["record"] == record.as_str()));
}

#[test]
fn what_is_released_is_set_by_who_discloses_and_told_first() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    let jpn = site::Site::new(parent.path(), "JPN");
    site::expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.site.config()]);
    let adm = kor.person("adm", &["--role", "admin"]);
    let dis = kor.person("dis", &DISCLOSURE);
    let ana = kor.person("ana", &ANALYST);
    // No root takes the place of a page.
    for name in ["consent", "second", "log", "agreements", "node", "account", "records", "api"] {
        let answer = adm.post("/taxii/roots", &json!({ "name": name }));
        assert_eq!(answer.status, 422, "{name}: {}", answer.text());
        assert_ne!(
            kor.stranger().ask("GET", &format!("/{name}"), &[], b"").header("content-type"),
            Some("application/taxii+json;version=2.1")
        );
    }
    assert_eq!(adm.post("/taxii/roots", &json!({ "name": "s" })).status, 200);
    let uuid = "9a4d0000-0000-4000-8000-000000000001";
    let new = json!({ "root": "s", "id": uuid, "title": "S", "alias": "s", "read": "*", "write": "*" });
    let with = |key: &str, value: Value| {
        let mut new = new.clone();
        new[key] = value;
        new
    };
    let wanted = [
        ("label", json!("TLP:CLEAR")),
        ("subjects", json!(["dprk-missile"])),
        ("to", json!(["JPN"])),
        ("purpose", json!("missile-warning")),
    ];
    for (key, value) in &wanted {
        assert_eq!(adm.post("/taxii/collections", &with(key, value.clone())).status, 403, "{key}");
    }
    assert_eq!(adm.post("/taxii/collections", &new).status, 200);
    let put = |who: &Visitor, path: &str, body: &Value| {
        who.ask(
            "PUT",
            &format!("/api/v1/taxii/collections/{uuid}{path}"),
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    };
    for (key, value) in &wanted {
        assert_eq!(put(&adm, "", &with(key, value.clone())).status, 403, "{key}");
    }
    let rule = Value::Object(wanted.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect());
    assert_eq!(put(&adm, "/release", &rule).status, 403);
    assert_eq!(put(&dis, "/release", &json!({ "to": ["JPN"] })).status, 422, "say what for");
    let answer = put(&dis, "/release", &rule);
    assert_eq!((answer.status, &answer.json()["to"]), (200, &json!(["JPN"])), "{}", answer.text());
    // Who reads is the administrator's, and leaves what is released as it is.
    let changed = put(&adm, "", &with("read", json!("role:analyst")));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let shown = dis.get("/taxii/collections").json();
    assert_eq!(
        (&shown[0]["label"], &shown[0]["to"], &shown[0]["read"]),
        (&json!("TLP:CLEAR"), &json!(["JPN"]), &json!(["role:analyst"]))
    );
    let told: Vec<(Value, Value)> = kor
        .statements()
        .into_iter()
        .filter(|one| one["content"]["name"] == uuid)
        .map(|one| (one["content"]["what"].clone(), one["content"]["by"].clone()))
        .collect();
    let expected =
        [("TAXII collection added", "adm"), ("TAXII release rule set", "dis"), ("TAXII collection changed", "adm")];
    assert_eq!(told, expected.map(|(what, by)| (json!(what), json!(by))));

    // Nothing is dated ahead of its coming.
    let load = |added: &str| {
        let body = json!({ "envelope": json!({ "objects": [tool(1, json!({}))] }).to_string(), "added": [added] });
        ana.post(&format!("/taxii/collections/{uuid}/objects"), &body)
    };
    assert_eq!(load("9999-12-31T23:59:59.999999Z").status, 422);
    let answer = load("2026-01-02T00:00:00Z");
    assert_eq!((answer.status, &answer.json()["success_count"]), (200, &json!(1)), "{}", answer.text());
    // By which rule it was to go is on the record in front of what was done.
    let told = kor.statements();
    let by_rule = told.iter().position(|one| one["content"]["what"] == "TAXII post by the rule of a collection");
    let entered = told.iter().position(|one| one["kind"] == "entered").unwrap();
    assert!(by_rule.unwrap() < entered, "{told:?}");
}

#[test]
fn a_definition_that_is_hidden_answers_as_one_that_is_not_here() {
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::new(parent.path(), "KOR");
    kor.add_user("ana", &ANALYST);
    kor.add_user("low", &["--role", "analyst"]);
    collection(&kor, &["--label", "TLP:CLEAR"]);
    let (ana, low) = (with_password(&kor, "ana"), with_password(&kor, "low"));
    // The definition is itself SECRET.
    let secret = definition(1, "//KOR SECRET//REL TO USA, JPN, KOR", json!({}));
    let mut hidden = definition(2, "//KOR SECRET//REL TO USA, JPN, KOR", json!({}));
    hidden["object_marking_refs"] = json!([id("marking-definition", 1)]);
    assert_eq!(post(&ana, &[secret, hidden])["success_count"], 2);
    assert_eq!(get(&low, &id("marking-definition", 2)), 404);
    let uuid = low.ask("GET", "/s/collections/s/", &[], b"").json()["id"].as_str().unwrap().to_owned();
    let ask = |who: &Visitor, marking: u32| {
        let body =
            json!({ "objects": [tool(1, json!({ "object_marking_refs": [id("marking-definition", marking)] }))] });
        let path = format!("/entente/who-will-see/?collection={uuid}&purpose=x");
        let kind = [("Content-Type", "application/taxii+json;version=2.1")];
        let answer = who.ask("POST", &path, &kind, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["objects"][0]["label"].as_str().unwrap().to_owned()
    };
    assert_eq!((ask(&low, 2), ask(&low, 3)), ("TLP:RED".to_owned(), "TLP:RED".to_owned()));
    assert!(ask(&ana, 2).starts_with("//KOR SECRET"));
    // Nor is its text copied into a record of who may not see it, or into one that those may see who may not.
    let mark = |marking: u32| json!({ "object_marking_refs": [id("marking-definition", marking)] });
    assert_eq!(post(&low, &[tool(2, mark(2))])["success_count"], 1);
    let named = json!({ "description": "hush", "granular_markings": [{ "marking_ref": id("marking-definition", 2), "selectors": ["description"] }] });
    assert_eq!(post(&ana, &[tool(3, named)])["success_count"], 1);
    let low = kor.enrolled("low").0;
    let listed = low.get("/records").json();
    let records = listed["records"].as_array().unwrap();
    assert!(records.iter().any(|record| record["label"] == "TLP:RED"), "{listed}");
    for record in records {
        let content = low.get(&format!("/records/KOR/{}/content", record["id"].as_str().unwrap())).text();
        assert!(!content.contains("definition 2"), "{content}");
    }
}

#[test]
fn nobody_redefines_the_markings_of_others() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = two(parent.path());
    kor.add_user("ana", &ANALYST);
    collection(&kor, &["--label", "TLP:CLEAR"]);
    let ana = with_password(&kor, "ana");
    let secret = definition(1, "//KOR SECRET//REL TO USA, JPN, KOR", json!({}));
    post(&ana, &[secret.clone(), tool(1, json!({ "object_marking_refs": [id("marking-definition", 1)] }))]);
    assert_eq!(get(&ana, &id("tool", 1)), 200);
    // JPN sends another definition under the same identifier, the strictest, and an object that it marks with it.
    let mut theirs = secret;
    theirs["extensions"][OWN]["label"] = json!("TLP:RED");
    let file = parent.path().join("theirs.json");
    fs::write(
        &file,
        bundle(
            2,
            &[theirs, tool(2, json!({ "object_marking_refs": [id("marking-definition", 1)] })), tool(3, json!({}))],
        ),
    )
    .unwrap();
    let release = ["release", &file.display().to_string(), "--label", "TLP:CLEAR", "--to", "KOR", "--purpose", "x"];
    let more = ["--id", "J-1", "--media-type", STIX, "--config", &jpn.site.config()];
    site::expect(0, &[&release[..], &more].concat());
    site::eventually("it is here", || get(&ana, &id("tool", 3)) == 200);
    assert_eq!(get(&ana, &id("tool", 1)), 200, "ours means what we say");
    assert_eq!(get(&ana, &id("tool", 2)), 404, "theirs what they say");
    post(&ana, &[tool(4, json!({ "object_marking_refs": [id("marking-definition", 1)] }))]);
    assert!(records_of(&ana, &id("tool", 4))[0].1.starts_with("//KOR SECRET"));
}
