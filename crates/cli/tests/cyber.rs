//! Objects of STIX as people see them: the API and the pages of collections, lists, objects, graphs and versions, of a real node. What is
//! withheld is in none of them (the law over many cases is in `taxii_laws.rs`); what others wrote is text; pages lose nothing.

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
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};
use web::{Answer, Console, Visitor};

const ANALYST: [&str; 7] = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
const OWN: &str = "extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c2";
const CLEAR: &str = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
const AMBER: &str = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421";
const COLLECTION: &str = "6f1c8a4e-3f6e-4a2b-9d7c-0f6c2a1b5e10";

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--9a4d0000-0000-4000-8000-{number:012}")
}

fn object(kind: &str, number: u32, day: u32, marking: &str, more: Value) -> Value {
    let mut object = json!({
        "type": kind, "spec_version": "2.1", "id": id(kind, number), "created": "2026-01-01T00:00:00.000Z",
        "modified": format!("2026-01-{day:02}T00:00:00.000Z"), "object_marking_refs": [marking],
    });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

fn tool(number: u32, day: u32, marking: &str, name: &str) -> Value {
    object("tool", number, day, marking, json!({ "name": name }))
}

fn related(number: u32, word: &str, from: &str, to: &str) -> Value {
    object("relationship", number, 1, CLEAR, json!({ "relationship_type": word, "source_ref": from, "target_ref": to }))
}

fn secret() -> Value {
    json!({
        "type": "marking-definition", "spec_version": "2.1", "id": id("marking-definition", 1),
        "created": "2026-01-01T00:00:00.000Z", "name": "for us",
        "extensions": { OWN: { "extension_type": "property-extension", "label": "//KOR SECRET//REL TO USA, JPN, KOR" } },
    })
}

/// A node with a collection that everybody reads and analysts write.
fn node(parent: &Path) -> Console {
    let kor = Console::new(parent, "KOR");
    let config = kor.site.config();
    site::expect(0, &["taxii", "root", "add", "s", "--title", "Shared", "--config", &config]);
    let add =
        ["taxii", "collection", "add", "--root", "s", "--id", COLLECTION, "--title", "Indicators", "--alias", "s"];
    site::expect(0, &[&add[..], &["--read", "*", "--write", "analyst", "--config", &config]].concat());
    kor
}

fn load(person: &Visitor, objects: &[Value]) {
    let envelope = json!({ "objects": objects }).to_string();
    let answer = person
        .post(&format!("/taxii/collections/{COLLECTION}/objects"), &json!({ "envelope": envelope, "added": null }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["failure_count"], 0, "{}", answer.text());
}

fn page(visitor: &Visitor, path: &str) -> Answer {
    visitor.ask("GET", path, &[("Accept", "text/html")], b"")
}

/// The identifiers of objects in a list.
fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

fn list(visitor: &Visitor, query: &str) -> Value {
    let answer = visitor.get(&format!("/stix/collections/{COLLECTION}/objects?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

#[test]
fn what_is_withheld_is_in_no_count_list_graph_version_or_error() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let low = kor.person("low", &["--role", "analyst", "--subject", "*"]);
    let marking = id("marking-definition", 1);
    let (open, hidden, second) = (id("tool", 1), id("tool", 2), id("tool", 3));
    load(&ana, &[secret()]);
    load(
        &ana,
        &[
            tool(1, 1, CLEAR, "open"),
            tool(2, 1, &marking, "sequestered"),
            tool(3, 1, CLEAR, "second"),
            related(10, "uses", &open, &hidden),
            related(11, "uses", &open, &second),
            object(
                "report",
                4,
                1,
                CLEAR,
                json!({ "name": "the whole story", "published": "2026-01-01T00:00:00Z", "object_refs": [open, hidden] }),
            ),
        ],
    );
    load(&ana, &[tool(1, 2, &marking, "open, and more")]);

    // Who may see it is shown it.
    let graph = ana.get(&format!("/stix/objects/{open}/graph")).json();
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 4, "{graph}");
    let shown = ana.get(&format!("/stix/objects/{open}")).json();
    assert_eq!((shown["name"].as_str(), shown["versions"].as_array().unwrap().len()), (Some("open, and more"), 2));
    assert_eq!(shown["marked"][0]["labels"], json!(["//KOR SECRET//REL TO USA, JPN, KOR"]));
    let of_ana = ana.get(&format!("/stix/collections/{COLLECTION}")).json();
    // Whoever may not is shown what is left: neither node, edge, count nor version.
    let of_low = low.get(&format!("/stix/collections/{COLLECTION}")).json();
    let types = |view: &Value| -> BTreeMap<String, u64> {
        let types = view["seen"]["types"].as_array().unwrap().iter();
        types.map(|one| (one["type"].as_str().unwrap().to_owned(), one["objects"].as_u64().unwrap())).collect()
    };
    assert_eq!(types(&of_ana)["tool"], 3);
    assert_eq!((types(&of_low)["tool"], types(&of_low)["relationship"]), (2, 1), "{of_low}");
    assert!(!types(&of_low).contains_key("report"), "what would name it goes with it");
    let rows = list(&low, "limit=500");
    assert_eq!(ids(&rows["objects"]).iter().filter(|id| id.starts_with("tool")).count(), 2);
    let graph = low.get(&format!("/stix/objects/{open}/graph?depth=2")).json();
    assert_eq!(ids(&graph["nodes"]), [open.clone(), second], "{graph}");
    assert_eq!(
        (graph["edges"].as_array().unwrap().len(), &graph["more"], &graph["complete"]),
        (1, &json!(0), &json!(true))
    );
    let shown = low.get(&format!("/stix/objects/{open}")).json();
    assert_eq!((shown["name"].as_str(), shown["versions"].as_array().unwrap().len()), (Some("open"), 1), "{shown}");
    // Asked for by name it is answered like what was never here, by the API and on a page.
    let unknown = id("tool", 999);
    let (day1, day2) = ("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z");
    for (one, other) in [
        (format!("/stix/objects/{hidden}"), format!("/stix/objects/{unknown}")),
        (format!("/stix/objects/{hidden}/graph"), format!("/stix/objects/{unknown}/graph")),
        (format!("/stix/objects/{open}?version={day2}"), format!("/stix/objects/{open}?version=2027-01-01")),
        (
            format!("/stix/objects/{open}/difference?before={day1}&after={day2}"),
            format!("/stix/objects/{open}/difference?before={day1}&after=2027-01-01"),
        ),
        ("/stix/collections/00000000-0000-4000-8000-000000000000".to_owned(), "/stix/collections/nothing".to_owned()),
    ] {
        let (one, other) = (low.get(&one), low.get(&other));
        assert_eq!((one.status, &one.body), (404, &other.body), "{}", one.text());
    }
    for path in [format!("/collections/objects/{hidden}"), format!("/collections/objects/{open}?version={day2}")] {
        assert_eq!(page(&low, &path).status, 404, "{path}");
        assert_eq!(page(&ana, &path).status, 200, "{path}");
    }
    for path in
        [format!("/collections/objects/{open}"), format!("/collections/{COLLECTION}"), "/collections".to_owned()]
    {
        let answer = page(&low, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        for word in ["sequestered", "and more", "the whole story", "SECRET", &hidden] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        // The banner is the roll-up of what is shown.
        let banner =
            |text: &str| text.split("id=\"banner\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
        assert!(!path.contains("/objects/") || banner(&text).contains("TLP:CLEAR"), "{path}: {}", banner(&text));
        let seen = page(&ana, &path).text();
        assert!(path == "/collections" || banner(&seen).contains("SECRET"), "{path}: {}", banner(&seen));
    }
    // Who saw the classified one is on the record, and that the other asked is not a word about it.
    let viewed: Vec<Value> = kor.statements().into_iter().filter(|one| one["kind"] == "viewed").collect();
    let record = ana.get(&format!("/stix/objects/{hidden}")).json()["record"].as_str().unwrap().to_owned();
    let saw = |who: &str| {
        let mine = viewed.iter().filter(|one| one["content"]["by"] == who);
        mine.flat_map(|one| one["content"]["records"].as_array().unwrap()).any(|one| one == &json!(["KOR", record]))
    };
    assert!(saw("ana") && !saw("low"), "{record}: {viewed:?}");
}

#[test]
fn collections_are_shown_to_whom_they_are_for() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let config = kor.site.config();
    let other = "11111111-1111-4111-8111-111111111111";
    let add =
        ["taxii", "collection", "add", "--root", "s", "--id", other, "--title", "For ana alone", "--from", "none"];
    site::expect(0, &[&add[..], &["--read", "user:ana", "--write", "user:ana,user:bob", "--config", &config]].concat());
    let ana = kor.person("ana", &ANALYST);
    let bob = kor.person("bob", &ANALYST);
    let cee = kor.person("cee", &ANALYST);
    let envelope = json!({ "objects": [tool(1, 1, CLEAR, "of ana")] }).to_string();
    let path = format!("/taxii/collections/{other}/objects");
    assert_eq!(ana.post(&path, &json!({ "envelope": envelope, "added": null })).status, 200);
    let titles = |visitor: &Visitor| -> Vec<(String, bool, bool, Value)> {
        let all = visitor.get("/stix/collections").json();
        let view = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("id"), one["can_read"] == true, one["can_write"] == true, one["seen"]["objects"].clone())
        };
        all.as_array().unwrap().iter().map(view).collect()
    };
    let everything = |count: u64| ("everything".to_owned(), true, false, json!(count));
    let shared = (COLLECTION.to_owned(), true, true, json!(0));
    assert_eq!(titles(&ana), [everything(1), shared.clone(), (other.to_owned(), true, true, json!(1))]);
    // Who only writes has no count of what is in it, and does not reach it another way.
    assert_eq!(titles(&bob), [everything(0), shared.clone(), (other.to_owned(), false, true, Value::Null)]);
    assert_eq!(titles(&cee), [everything(0), shared]);
    for visitor in [&bob, &cee] {
        assert_eq!(visitor.get(&format!("/stix/collections/{other}/objects")).status, 404);
        assert_eq!(visitor.get(&format!("/stix/objects/{}", id("tool", 1))).status, 404);
        assert_eq!(page(visitor, &format!("/collections/{other}")).status, 404);
        assert!(!page(visitor, "/collections/everything").text().contains("of ana"));
    }
    assert!(
        page(&bob, "/collections").text().contains("For ana alone")
            && !page(&cee, "/collections").text().contains("For ana alone")
    );
    assert!(page(&ana, &format!("/collections/objects/{}", id("tool", 1))).text().contains("For ana alone"));
}

#[test]
fn pages_lose_nothing_while_objects_come() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let bob = kor.person("bob", &ANALYST);
    load(&ana, &(0..100).map(|number| tool(number, 1, CLEAR, &format!("tool {number}"))).collect::<Vec<_>>());
    let mut found: Vec<String> = Vec::new();
    let mut after = String::new();
    loop {
        let part = list(&ana, &format!("limit=17{after}"));
        found.extend(ids(&part["objects"]));
        let Some(next) = part["next"].as_str() else { break };
        after = format!("&after={next}");
        // Meanwhile one of those not shown yet is changed, and others come.
        if found.len() == 17 {
            load(&ana, &[tool(0, 2, CLEAR, "changed"), tool(500, 1, CLEAR, "late")]);
            assert_eq!(
                bob.get(&format!("/stix/collections/{COLLECTION}/objects?{after}")).status,
                422,
                "a mark is for one account"
            );
        }
    }
    let all: BTreeSet<String> = (0..100).map(|number| id("tool", number)).collect();
    assert_eq!((found.len(), found.iter().cloned().collect::<BTreeSet<_>>()), (100, all), "each once");
    assert_eq!(found[99], id("tool", 0), "the newest first");
    let anew = list(&ana, "limit=2");
    assert_eq!(ids(&anew["objects"]), [id("tool", 500), id("tool", 0)]);
    assert_eq!(anew["objects"][1]["name"], "changed");
    for wrong in ["limit=0", "limit=501", "after=00", "modified_from=yesterday", "marking=purple", "nonsense=1"] {
        assert!(
            (400..500).contains(&ana.get(&format!("/stix/collections/{COLLECTION}/objects?{wrong}")).status),
            "{wrong}"
        );
    }
}

#[test]
fn objects_are_found_by_type_name_pattern_marking_and_time() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let indicator = |number, pattern: &str| {
        let more = json!({ "name": "beacon", "pattern": pattern, "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z" });
        object("indicator", number, 3, AMBER, more)
    };
    load(&ana, &[secret()]);
    load(
        &ana,
        &[
            tool(1, 1, CLEAR, "Mimikatz"),
            object(
                "malware",
                2,
                2,
                CLEAR,
                json!({ "name": "Industroyer", "is_family": true, "aliases": ["CRASHOVERRIDE"] }),
            ),
            indicator(3, "[ipv4-addr:value = '198.51.100.7']"),
            indicator(4, "[url:value = 'http://example.org/']"),
            tool(5, 9, &id("marking-definition", 1), "Dragonfly kit"),
            // A marking of a part counts where the part is shown.
            object(
                "tool",
                6,
                9,
                CLEAR,
                json!({ "name": "parts", "description": "hush", "granular_markings": [{ "marking_ref": AMBER, "selectors": ["description"] }] }),
            ),
        ],
    );
    let (one, two, three, four, five, six) =
        (id("tool", 1), id("malware", 2), id("indicator", 3), id("indicator", 4), id("tool", 5), id("tool", 6));
    for (query, expected) in [
        ("type=indicator", vec![&four, &three]),
        ("type=nothing", vec![]),
        ("q=mimi", vec![&one]),
        ("q=INDUSTR%20roy", vec![&two]),
        ("q=crash", vec![&two]),
        ("q=9a4d0000&type=malware", vec![&two]),
        ("pattern=198.51", vec![&three]),
        ("pattern=URL:value", vec![&four]),
        ("q=beacon&pattern=nothing", vec![]),
        ("marking=amber", vec![&six, &four, &three]),
        (&format!("marking={AMBER}"), vec![&six, &four, &three]),
        ("marking=TLP:CLEAR&type=tool", vec![&one]),
        (&format!("marking={}", id("marking-definition", 1)), vec![&five]),
        ("marking=%2F%2FKOR%20SECRET%2F%2FREL%20TO%20USA,%20JPN,%20KOR", vec![&five]),
        ("modified_from=2026-01-02&modified_to=2026-01-03", vec![&four, &three, &two]),
        ("modified_to=2026-01-01&type=tool", vec![&one]),
        ("added_from=2099-01-01", vec![]),
        ("added_to=2000-01-01", vec![]),
        ("added_from=2000-01-01&added_to=2099-01-01&type=malware", vec![&two]),
    ] {
        let found = list(&ana, query);
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        let mut ids = ids(&found["objects"]);
        // In whichever order those of one post entered.
        expected.sort();
        ids.sort();
        assert_eq!(ids, expected, "{query}");
        let answer = page(&ana, &format!("/collections/{COLLECTION}?{query}"));
        assert_eq!(answer.status, 200, "{query}");
        for id in &ids {
            assert!(answer.text().contains(id), "{query}: {id} on its page");
        }
    }
}

#[test]
fn versions_are_compared_property_by_property() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let version = |day, more: Value| object("malware", 1, day, CLEAR, more);
    load(&ana, &[version(1, json!({ "name": "Industroyer", "is_family": true, "description": "It opens breakers." }))]);
    load(
        &ana,
        &[version(
            2,
            json!({ "name": "Industroyer", "is_family": true, "description": "It opens all breakers.", "aliases": ["CRASHOVERRIDE"] }),
        )],
    );
    let of = id("malware", 1);
    let path = format!("/stix/objects/{of}/difference?before=2026-01-01T00:00:00Z&after=2026-01-02T00:00:00Z");
    let found = ana.get(&path).json();
    let told: Vec<(&str, &Value, &Value)> = found["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["property"].as_str().unwrap(), &change["before"], &change["after"]))
        .collect();
    assert!(told.contains(&("aliases", &Value::Null, &json!("[\"CRASHOVERRIDE\"]"))), "{found}");
    assert!(told.iter().any(|(property, ..)| *property == "modified"));
    assert!(!told.iter().any(|(property, ..)| *property == "name"));
    // The last two are compared on the page where nobody says which, and what is new is seen.
    let text = page(&ana, &format!("/collections/objects/{of}")).text();
    assert!(text.contains("It opens <ins>all </ins>breakers."), "{text}");
    // The older one is shown whole, and saved to the byte.
    let old = page(&ana, &format!("/collections/objects/{of}?version=2026-01-01T00:00:00.000Z")).text();
    assert!(old.contains("It opens breakers."));
    let saved = page(&ana, &format!("/collections/objects/{of}/content?version=2026-01-01T00:00:00.000Z"));
    assert_eq!(saved.header("content-type"), Some("application/octet-stream"));
    assert!(saved.header("content-disposition").unwrap().starts_with("attachment"));
    let content = ana.get(&format!("/stix/objects/{of}?version=2026-01-01T00:00:00Z")).json()["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(saved.text(), content);
    assert_eq!(serde_json::from_str::<Value>(&content).unwrap()["description"], "It opens breakers.");
}

#[test]
fn what_others_wrote_is_text_and_what_goes_in_circles_has_an_end() {
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}";
    let long = "長".repeat(10_000);
    let (one, two, three) = (id("tool", 1), id("tool", 2), id("tool", 3));
    load(
        &ana,
        &[
            tool(1, 1, CLEAR, evil),
            tool(2, 1, CLEAR, &long),
            tool(3, 1, CLEAR, "\u{202e}gnp.exe\u{0007}"),
            related(10, "uses", &one, &two),
            related(11, "uses", &two, &one),
            related(12, "uses", &one, &one),
            // Two that name each other, and what names nothing that is here.
            object(
                "note",
                20,
                1,
                CLEAR,
                json!({ "content": evil, "abstract": evil, "object_refs": [id("note", 21), one] }),
            ),
            object("note", 21, 1, CLEAR, json!({ "content": "x", "object_refs": [id("note", 20), id("tool", 77)] })),
        ],
    );
    for depth in [1, 2] {
        let graph = ana.get(&format!("/stix/objects/{one}/graph?depth={depth}")).json();
        let around = ids(&graph["nodes"]);
        assert_eq!(around.iter().collect::<BTreeSet<_>>().len(), around.len(), "each once");
        assert!(around.contains(&two) && around.contains(&id("note", 20)), "{graph}");
        assert_eq!(graph["complete"], true);
        let absent = graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id("tool", 77));
        assert!(absent.is_none(), "it is three steps away");
        let name = graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == two.as_str()).unwrap();
        assert!(name["object"]["name"].as_str().unwrap().chars().count() <= 201, "a name is bounded");
    }
    let graph = ana.get(&format!("/stix/objects/{}/graph", id("note", 21))).json();
    let absent = graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id("tool", 77)).unwrap();
    assert!(absent.get("object").is_none(), "{absent}");
    for path in [
        format!("/collections/{COLLECTION}"),
        format!("/collections/{COLLECTION}?q=%3Cscript%3E&type=%3Cb%3E"),
        format!("/collections/objects/{one}"),
        format!("/collections/objects/{one}?depth=2&type=%22%3E%3Cb%3E"),
        format!("/collections/objects/{two}"),
        format!("/collections/objects/{three}"),
        format!("/collections/objects/{}", id("relationship", 10)),
        format!("/collections/objects/{}", id("note", 21)),
    ] {
        let answer = page(&ana, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        for wrong in ["<script>alert", "<img", "<b>", "onerror=alert(1)>", "style=", "onclick="] {
            assert!(!text.contains(wrong), "{path}: {wrong}");
        }
    }
    assert!(page(&ana, &format!("/collections/objects/{one}")).text().contains("&#60;script&#62;alert(1)"));
    for path in [
        "/collections/objects/..%2f..%2fnode.toml",
        "/collections/objects/%00",
        "/collections/%ff",
        "/collections/..%2fnode",
    ] {
        assert!(matches!(page(&ana, path).status, 400 | 404), "{path}");
    }
    for wrong in ["depth=0", "depth=3", "limit=1", "limit=201", "depth=x"] {
        assert!((400..500).contains(&ana.get(&format!("/stix/objects/{one}/graph?{wrong}")).status), "{wrong}");
    }
}

#[test]
fn a_release_of_attack_is_counted_drawn_and_compared() {
    let Some(folder) = site::data("stix") else { return };
    let parent = tempfile::tempdir().unwrap();
    let kor = node(parent.path());
    let ana = kor.person("ana", &ANALYST);
    let config = kor.site.config();
    let file = |name: &str| folder.join(name).display().to_string();
    site::expect(0, &["taxii", "load", &file("ics-attack-16.1.json"), "--collection", COLLECTION, "--config", &config]);
    // One definition has another content under the same version, and is refused.
    let _ =
        site::run(&["taxii", "load", &file("ics-attack-17.1.json"), "--collection", COLLECTION, "--config", &config]);
    let objects = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["objects"].as_array().unwrap().clone()
    };
    // What the files themselves say, read here without any of the node's code.
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for object in objects("ics-attack-16.1.json").into_iter().chain(objects("ics-attack-17.1.json")) {
        let version = |object: &Value| object["modified"].as_str().unwrap_or_default().to_owned();
        let id = object["id"].as_str().unwrap().to_owned();
        if last.get(&id).is_none_or(|known| version(known) < version(&object)) {
            last.insert(id, object);
        }
    }
    let counted = ana.get(&format!("/stix/collections/{COLLECTION}")).json();
    assert_eq!((&counted["seen"]["objects"], &counted["seen"]["more"]), (&json!(last.len()), &json!(false)));
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let around = |of: &str| -> BTreeSet<String> {
        let mut around = BTreeSet::new();
        for (id, object) in &last {
            if object["type"] == "relationship" {
                let (from, to) = (text(object, "source_ref"), text(object, "target_ref"));
                match (from == of, to == of) {
                    (true, _) => _ = around.insert(to),
                    (_, true) => _ = around.insert(from),
                    _ => {}
                }
            } else {
                let inside = |object: &Value| object.to_string().contains(&format!("_ref\":\"{of}\""));
                let names = object["tactic_refs"].as_array().is_some_and(|all| all.contains(&json!(of)));
                let mut rest = object.clone();
                for key in ["created_by_ref", "x_mitre_modified_by_ref"] {
                    rest.as_object_mut().unwrap().remove(key);
                }
                if names || inside(&rest) {
                    around.insert(id.clone());
                }
            }
        }
        let own = &last[of];
        if own["type"] == "x-mitre-collection" {
            around.extend(own["x_mitre_contents"].as_array().unwrap().iter().map(|one| text(one, "object_ref")));
        }
        around.extend(own["x_mitre_data_source_ref"].as_str().map(str::to_owned));
        around.remove(of);
        around
    };
    let some: Vec<&String> = ["attack-pattern", "malware", "campaign", "x-mitre-asset", "x-mitre-collection"]
        .iter()
        .map(|kind| last.keys().find(|id| id.starts_with(kind)).unwrap())
        .collect();
    for of in some {
        let graph = ana.get(&format!("/stix/objects/{of}/graph")).json();
        let expected = around(of);
        let nodes: BTreeSet<String> = ids(&graph["nodes"]).into_iter().skip(1).collect();
        let more = usize::try_from(graph["more"].as_u64().unwrap()).unwrap();
        assert_eq!(nodes.len() + more, expected.len(), "{of}");
        assert!(nodes.is_subset(&expected), "{of}: {:?}", nodes.difference(&expected).collect::<Vec<_>>());
        assert_eq!(more > 0, expected.len() > 199, "{of}");
        // Two steps from it, all that is drawn is there once.
        let graph = ana.get(&format!("/stix/objects/{of}/graph?depth=2")).json();
        let all = ids(&graph["nodes"]);
        assert!(all.len() <= 200 && all.iter().collect::<BTreeSet<_>>().len() == all.len());
        for edge in graph["edges"].as_array().unwrap() {
            for end in ["from", "to"] {
                assert!(all.contains(&edge[end].as_str().unwrap().to_owned()), "an edge has both its ends");
            }
        }
    }
    // The same on the command line.
    let (industroyer, _) = last.iter().find(|(_, object)| object["name"] == "Industroyer").unwrap();
    let shown = site::expect(0, &["taxii", "object", industroyer, "--purpose", "cyber-defence", "--config", &config]).0;
    assert!(shown.contains("Industroyer") && shown.contains("marking"), "{shown}");
    let listed =
        site::expect(0, &["taxii", "objects", "--type", "malware", "--name", "industroyer", "--config", &config]).0;
    assert!(listed.contains(industroyer.as_str()), "{listed}");
    let drawn =
        site::expect(0, &["taxii", "graph", industroyer, "--type", "attack-pattern", "--json", "--config", &config]).0;
    let drawn: Value = serde_json::from_str(&drawn).unwrap();
    assert!(drawn["edges"].as_array().unwrap().iter().all(|edge| edge["word"] == "uses"), "{drawn}");
    let collections = site::expect(0, &["taxii", "collections", "--config", &config]).0;
    assert!(collections.contains(&last.len().to_string()), "{collections}");
    let changed = last.values().find(|object| {
        object["type"] == "attack-pattern" && {
            let view = ana.get(&format!("/stix/objects/{}", text(object, "id"))).json();
            view["versions"].as_array().unwrap().len() > 1
        }
    });
    let changed = text(changed.expect("17.1 changes some technique"), "id");
    let compared = site::expect(0, &["taxii", "compare", &changed, "--config", &config]).0;
    assert!(compared.contains("modified") && compared.contains("differ"), "{compared}");
    assert_eq!(page(&ana, &format!("/collections/objects/{changed}?depth=2")).status, 200);
}
