//! What somebody learns of records by entering the same, and by searching.

use serde_json::{Value, json};

use crate::{
    OFFICER, console, draft,
    web::{Answer, Visitor},
};

#[test]
fn what_enters_once_tells_nobody_else_that_it_is_here() {
    let (_parent, kor) = console();
    let (sato, mori) = (kor.person("sato", &OFFICER), kor.person("mori", &OFFICER));
    let sent = |visitor: &Visitor, id: Option<&str>, once: &str| {
        let mut body = draft("");
        (body["id"], body["once"]) = (json!(id), json!(once));
        visitor.post("/records", &body)
    };
    let record = |answer: Answer| answer.json()["record"].as_str().unwrap().to_owned();
    let first = record(sent(&sato, Some("stix"), "5f2d"));
    assert!(first.starts_with("stix-") && first.len() == "stix-".len() + 20, "{first}");
    assert_eq!(sent(&sato, Some("stix"), "5f2d").status, 409, "the same once more");
    let other = record(sent(&mori, Some("stix"), "5f2d"));
    assert_ne!(other, first, "who holds the same learns nothing, and keeps nothing out");
    assert_ne!(record(sent(&sato, Some("stix"), "5f2e")), first);
    assert!(record(sent(&sato, None, "5f2d")).starts_with("KOR-"));
    assert_eq!(sent(&sato, None, &"a".repeat(201)).status, 422);
    assert_eq!(sent(&sato, Some(&"a".repeat(201)), "5f2d").status, 422);
}

#[test]
fn a_search_finds_each_word_wherever_it_stands_and_only_what_may_be_seen() {
    let (_parent, kor) = console();
    let all = kor.person("sato", &OFFICER);
    let some = kor
        .person("mori", &["--role", "analyst", "--clearance", "SECRET", "--subject", "fisheries", "--official-duty"]);
    for (id, title, subject) in [
        ("K-1", "Track 700 off Chōshi", "dprk-missile"),
        ("K-2", "銚子沖の航跡", "fisheries"),
        ("K-3", "TRACK 701, the last", "fisheries"),
    ] {
        let mut body = draft(id);
        (body["title"], body["subjects"]) = (json!(title), json!([subject]));
        assert_eq!(all.post("/records", &body).status, 200);
    }
    let found = |visitor: &Visitor, query: &str| {
        let page = visitor.get(&format!("/records?{query}")).json();
        assert_eq!(page["next"], Value::Null, "{query}");
        let mut ids: Vec<String> = page["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids.join(" ")
    };
    for (query, ids, seen) in [
        ("q=track", "K-1 K-3", "K-3"),
        ("q=70", "K-1 K-3", "K-3"),
        ("q=700", "K-1", ""),
        ("q=last%20701", "K-3", "K-3"),
        ("q=%E6%B2%96", "K-2", "K-2"),
        ("q=CH%C5%8CSHI", "K-1", ""),
        ("q=fisher", "K-2 K-3", "K-2 K-3"),
        ("q=secret", "K-1 K-2 K-3", "K-2 K-3"),
        ("q=k-3", "K-3", "K-3"),
        ("q=kor", "K-1 K-2 K-3", "K-2 K-3"),
        ("q=track&subject=fisheries", "K-3", "K-3"),
        ("subject=fish", "", ""),
        ("q=track&originator=KOR", "K-1 K-3", "K-3"),
        ("originator=JPN", "", ""),
        ("q=tracks", "", ""),
    ] {
        assert_eq!((found(&all, query).as_str(), found(&some, query).as_str()), (ids, seen), "{query}");
    }
    // Another label is found, and the one before no longer.
    let relabelled = json!({ "record": "K-2", "label": "//KOR CONFIDENTIAL//REL TO JPN, KOR", "reason": "old" });
    let answer = all.post("/relabellings", &relabelled);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(found(&all, "q=confidential"), "K-2");
    assert_eq!(found(&some, "q=secret"), "K-3");
}
