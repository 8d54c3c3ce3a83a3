//! The law of the TAXII server, over real nodes: what somebody may not have looks like what is not there. Objects at random, with
//! markings and references at random, stand in one node; in another stands only what the law leaves of them for one caller, by a rule
//! of its own. That caller is answered the same by both, whatever is asked: lists, pages, versions, errors, and its own posts.

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

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use web::{Console, PASSWORD, Visitor};

const CASES: u64 = 12;
const OBJECTS: u64 = 7;

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Markings, and whether who is cleared for nothing may have what bears them.
const MARKINGS: [(&str, bool); 6] = [
    ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", true),
    ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", true),
    ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", true),
    ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", false),
    ("marking-definition--5ec2e700-0000-4000-8000-000000000001", false),
    // Nobody knows it.
    ("marking-definition--5ec2e700-0000-4000-8000-0000000000ff", false),
];

const SECRET: &str = r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--5ec2e700-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","name":"SECRET","extensions":{"extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c2":{"extension_type":"property-extension","label":"//KOR SECRET//REL TO USA, JPN, KOR"}}}"#;

/// A version of an object.
#[derive(Clone)]
struct Made {
    id: String,
    text: String,
    targets: Vec<String>,
    /// Whether its markings let it through.
    is_open: bool,
}

fn id_of(case: u64, number: u64) -> String {
    let kind = if number.is_multiple_of(2) { "note" } else { "opinion" };
    format!("{kind}--{case:08}-0000-4000-8000-{number:012}")
}

/// A case: versions of some objects that point at one another.
fn make(case: u64, dice: &mut Dice) -> Vec<Made> {
    let mut made = Vec::new();
    for number in 0..OBJECTS {
        for version in 0..=dice.below(2) {
            let id = id_of(case, number);
            let kind = id.split("--").next().unwrap();
            let targets: BTreeSet<String> = (0..=dice.below(2))
                .map(|_| id_of(case, dice.below(OBJECTS + 2)))
                .filter(|other| *other != id)
                .collect();
            let targets: Vec<String> = match targets.is_empty() {
                true => vec![id_of(case, OBJECTS + 5)],
                false => targets.into_iter().collect(),
            };
            let markings: BTreeSet<usize> =
                (0..=dice.below(2)).map(|_| dice.below(MARKINGS.len() as u64 + 4) as usize).collect();
            // Most are open.
            let markings: Vec<usize> =
                markings.into_iter().map(|at| if at >= MARKINGS.len() { 0 } else { at }).collect();
            let markings: BTreeSet<usize> = markings.into_iter().collect();
            let list = |items: Vec<&str>| serde_json::to_string(&items).unwrap();
            let what = if kind == "note" { "\"content\":\"c\"" } else { "\"opinion\":\"neutral\"" };
            let text = format!(
                r#"{{"type":"{kind}","spec_version":"2.1","id":"{id}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-0{}T00:00:00.000Z",{what},"object_refs":{},"object_marking_refs":{}}}"#,
                version + 1,
                list(targets.iter().map(String::as_str).collect()),
                list(markings.iter().map(|at| MARKINGS[*at].0).collect()),
            );
            made.push(Made { id, text, targets, is_open: markings.iter().all(|at| MARKINGS[*at].1) });
        }
    }
    made
}

/// The collection of a case.
fn collection_of(case: u64) -> String {
    format!("c0113c70-0000-4000-8000-{case:012}")
}

/// Everything that is answered to one question of the API, from page to page.
fn looked(visitor: &Visitor, path: &str) -> Vec<(u16, Value)> {
    let (mut answers, mut after) = (Vec::new(), String::new());
    loop {
        let answer = visitor.get(&format!("{path}{after}"));
        let json = answer.json();
        let next = json["next"].as_str().map(str::to_owned);
        answers.push((answer.status, masked(json)));
        match next {
            Some(next) => after = format!("{}after={next}", if path.contains('?') { "&" } else { "?" }),
            None => return answers,
        }
    }
}

/// What the law leaves: taken away until nothing more points at what is held and not shown.
fn left(made: &[Made]) -> Vec<bool> {
    let mut shown: Vec<bool> = made.iter().map(|made| made.is_open).collect();
    loop {
        let is_held = |id: &String| made.iter().any(|made| made.id == *id);
        let is_known = |id: &String| made.iter().zip(&shown).any(|(made, shown)| *shown && made.id == *id);
        let next: Vec<bool> = made
            .iter()
            .zip(&shown)
            .map(|(made, shown)| *shown && made.targets.iter().all(|id| !is_held(id) || is_known(id)))
            .collect();
        if next == shown {
            return shown;
        }
        shown = next;
    }
}

/// The objects of which a version is left.
fn kept_ids<'m>(made: &'m [Made], shown: &[bool]) -> BTreeSet<&'m str> {
    made.iter().zip(shown).filter(|(_, is)| **is).map(|(made, _)| made.id.as_str()).collect()
}

fn caller(console: &Console, name: &str) -> Visitor {
    let mut visitor = Visitor::new(console.address);
    let credential = STANDARD.encode(format!("{name}:{PASSWORD}"));
    visitor.headers = vec![("Authorization".to_owned(), format!("Basic {credential}"))];
    visitor
}

fn post(visitor: &Visitor, path: &str, objects: &[&str]) -> Value {
    let kind = [("Content-Type", "application/taxii+json;version=2.1")];
    let answer = visitor.ask("POST", path, &kind, format!("{{\"objects\":[{}]}}", objects.join(",")).as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

/// Without what is another one each time: moments of adding, tokens, numbers.
fn masked(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = masked(item.take())),
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                *member = match key.as_str() {
                    "date_added" | "next" | "request_timestamp" | "record" | "added" | "last_added" => Value::Null,
                    _ => masked(member.take()),
                };
            }
        }
        _ => {}
    }
    value
}

/// Everything that is answered to one question: status, body, which headers there are; and so on from page to page.
fn asked(visitor: &Visitor, path: &str) -> Vec<(u16, Value, Vec<String>)> {
    let mut answers = Vec::new();
    let mut next = String::new();
    loop {
        let answer = visitor.ask("GET", &format!("{path}{next}"), &[], b"");
        let names = answer.headers.iter().map(|(name, _)| name.clone()).collect();
        let json = answer.json();
        let token = json["next"].as_str().map(str::to_owned);
        answers.push((answer.status, masked(json), names));
        match token {
            Some(token) => next = format!("{}next={token}", if path.contains('?') { "&" } else { "?" }),
            None => return answers,
        }
    }
}

/// The moments under which the caller sees versions in a collection, in microseconds within their minute.
fn moments(visitor: &Visitor, path: &str) -> Vec<i64> {
    let answer = visitor.ask("GET", &format!("{path}/manifest/?match[version]=all"), &[], b"").json();
    let objects = answer["objects"].as_array().cloned().unwrap_or_default();
    let moment = |object: &Value| {
        let text = object["date_added"].as_str().unwrap().to_owned();
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    };
    objects.iter().map(moment).collect()
}

/// How many of all lie between each two of some, and how far those are apart.
fn between(all: &[i64], some: &[i64]) -> Vec<(usize, i64)> {
    let between = |from: i64, to: i64| all.iter().filter(|moment| (from + 1..to).contains(*moment)).count();
    some.windows(2).map(|pair| (between(pair[0], pair[1]), pair[1] - pair[0])).collect()
}

#[test]
fn what_is_withheld_looks_like_what_is_not_there() {
    let parents = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let nodes = [Console::new(parents[0].path(), "KOR"), Console::new(parents[1].path(), "KOR")];
    // Who looks at pages is cleared as bob is.
    let beas = nodes.each_ref().map(|node| node.person("bea", &["--role", "analyst"]));
    for node in &nodes {
        let config = node.site.config();
        node.add_user("ana", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
        node.add_user("bob", &["--role", "analyst"]);
        site::expect(0, &["taxii", "root", "add", "l", "--config", &config]);
        for case in 0..CASES {
            let alias = format!("c{case}");
            let id = collection_of(case);
            let add = ["taxii", "collection", "add", "--root", "l", "--title", &alias, "--alias", &alias, "--id", &id];
            site::expect(0, &[&add[..], &["--read", "*", "--write", "*", "--config", &config]].concat());
        }
        // A definition is known to everybody whom its collection is for.
        site::expect(
            0,
            &[
                "taxii",
                "collection",
                "add",
                "--root",
                "l",
                "--title",
                "d",
                "--alias",
                "d",
                "--write",
                "*",
                "--config",
                &config,
            ],
        );
        post(&caller(node, "ana"), "/l/collections/d/objects/", &[SECRET]);
    }
    let [all, some] = &nodes;
    let (mut withheld, mut dice) = (0, Dice(7));
    // Between two that bob sees: how many others there are, and how far apart their moments are.
    let mut distances: Vec<(usize, i64)> = Vec::new();
    for case in 0..CASES {
        let made = make(case, &mut dice);
        let shown = left(&made);
        let path = format!("/l/collections/c{case}");
        let objects = format!("{path}/objects/");
        let texts: Vec<&str> = made.iter().map(|made| made.text.as_str()).collect();
        let kept: Vec<&str> =
            made.iter().zip(&shown).filter(|(_, is)| **is).map(|(made, _)| made.text.as_str()).collect();
        withheld += texts.len() - kept.len();
        post(&caller(all, "ana"), &objects, &texts);
        if !kept.is_empty() {
            post(&caller(some, "ana"), &objects, &kept);
        }
        let (one, other) = (caller(all, "bob"), caller(some, "bob"));
        let same = |path: &str| {
            let (one, other) = (asked(&one, path), asked(&other, path));
            assert_eq!(one, other, "case {case}: {path}\n{made}", made = texts.join("\n"));
            one
        };
        let questions = |path: &str| {
            let mut questions = vec![path.to_owned()];
            for query in [
                "limit=1",
                "limit=2",
                "match[version]=all",
                "match[version]=all&limit=1",
                "match[version]=first",
                "match[version]=2026-01-02T00:00:00Z",
                "match[type]=note",
                "match[type]=opinion&limit=1",
                "match[spec_version]=2.0",
                "added_after=2020-01-01T00:00:00Z",
                "added_after=2100-01-01T00:00:00Z",
            ] {
                questions.push(format!("{path}?{query}"));
            }
            questions
        };
        for question in questions(&objects).iter().chain(&questions(&format!("{path}/manifest/"))) {
            same(question);
        }
        let listed = same(&format!("{objects}?match[version]=all"));
        let found = listed[0].1["objects"].as_array().map_or(0, Vec::len);
        assert_eq!(found, kept.len(), "case {case}: what the law leaves is given");
        distances.extend(between(&moments(&caller(all, "ana"), &path), &moments(&one, &path)));
        for number in 0..OBJECTS + 2 {
            let id = id_of(case, number);
            same(&format!("{objects}{id}/"));
            same(&format!("{objects}{id}/?match[version]=all&limit=1"));
            same(&format!("{objects}{id}/versions/"));
            same(&format!("{objects}?match[id]={id}"));
            same(&format!("/entente/why/?match[id]={id}"));
        }
        // The same of what people see: counts, lists, searches, objects, versions, graphs.
        let seen = |path: &str| {
            let (one, other) = (looked(&beas[0], path), looked(&beas[1], path));
            assert_eq!(one, other, "case {case}: {path}\n{made}", made = texts.join("\n"));
            one
        };
        let collection = format!("/stix/collections/{}", collection_of(case));
        let counted = seen(&collection).remove(0).1["seen"]["objects"].as_u64().unwrap();
        let whole = kept_ids(&made, &shown).len();
        assert_eq!(usize::try_from(counted).unwrap(), whole, "case {case}: what the law leaves is counted");
        for query in [
            "",
            "?limit=1",
            "?limit=2",
            "?type=note",
            "?type=opinion&limit=1",
            "?marking=red",
            "?modified_to=2026-01-01",
        ] {
            seen(&format!("{collection}/objects{query}"));
        }
        let mut nodes = 0;
        for number in 0..OBJECTS + 2 {
            let object = format!("/stix/objects/{}", id_of(case, number));
            seen(&object);
            for day in 1..=2 {
                seen(&format!("{object}?version=2026-01-0{day}"));
            }
            seen(&format!("{object}/difference?before=2026-01-01&after=2026-01-02"));
            for depth in 1..=2 {
                nodes += seen(&format!("{object}/graph?depth={depth}"))[0].1["nodes"].as_array().map_or(0, Vec::len);
            }
        }
        assert!(nodes >= 2 * whole, "case {case}: what is shown has a graph");
        // Who guesses an identifier and a version is told nothing by what comes of it. One guess, for what was guessed is known from then
        // on, and so is what names it.
        for (made, _) in made.iter().zip(&shown).filter(|(_, is)| !**is).take(1) {
            let version = made.text.split("\"modified\":\"").nth(1).unwrap().split('"').next().unwrap();
            let kind = made.id.split("--").next().unwrap();
            let what = if kind == "note" { "\"content\":\"guess\"" } else { "\"opinion\":\"agree\"" };
            let guess = format!(
                r#"{{"type":"{kind}","spec_version":"2.1","id":"{}","created":"2026-01-01T00:00:00.000Z","modified":"{version}",{what},"object_refs":["tool--5ec2e700-0000-4000-8000-00000000dead"],"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}}"#,
                made.id
            );
            let status = |visitor: &Visitor| {
                let mut status = masked(post(visitor, &objects, &[&guess]));
                status["id"] = Value::Null;
                status
            };
            assert_eq!(status(&one), status(&other), "case {case}: {guess}");
        }
        let before: Vec<_> = asked(&one, &objects);
        assert_eq!(before, asked(&one, &objects), "the same question has the same answer");
    }
    assert!(withheld > 20, "the cases withhold something: {withheld}");
    // Of what is next to one another some is further apart than of what is not: moments do not count what lies between.
    let next = distances.iter().filter(|(others, _)| *others == 0).map(|(_, distance)| *distance).max();
    let apart = distances.iter().filter(|(others, _)| *others > 0).map(|(_, distance)| *distance).min();
    assert!(next.unwrap() > apart.unwrap(), "{distances:?}");
}
