use std::collections::BTreeSet;

use entente_core::label::{Label, Tlp};
use serde_json::{Map, Value, json};

use super::{
    Became,
    export::export,
    import::{Imported, import},
    record::classes,
};
use crate::{
    foreign::{self, Foreign},
    stix::{
        check::{Options, check},
        index,
        json::Limits,
    },
};

fn attribute(number: usize, kind: &str, value: &str, to_ids: bool) -> Value {
    json!({
        "uuid": format!("00000000-0000-4000-8000-{number:012}"), "type": kind, "category": "Other", "value": value,
        "to_ids": to_ids, "timestamp": format!("{}", 1_795_000_000 + number), "comment": "seen twice",
        "distribution": "5", "disable_correlation": false,
    })
}

fn event(change: impl FnOnce(&mut Value)) -> Map<String, Value> {
    let mut event = json!({
        "uuid": "5b9f3a2e-8c4d-4f6a-9b1c-0d2e3f4a5b6c", "info": "Shipyards", "date": "2026-11-17", "timestamp": "1795000000",
        "distribution": "3", "threat_level_id": "2", "analysis": "1", "published": true, "publish_timestamp": "1795000009",
        "id": "77", "Orgc": { "id": "3", "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f", "name": "CIRCL" },
        "Tag": [{ "name": "tlp:green", "colour": "#33ff00" }, { "name": "PAP:AMBER" }, { "name": "osint:source-type=\"blog-post\"" }],
        "Attribute": [attribute(0, "ip-dst", "203.0.113.7", true)], "Object": [],
    });
    change(&mut event);
    event.as_object().unwrap().clone()
}

fn imported(event: &Map<String, Value>) -> Imported {
    let imported = import(event, &Foreign::default()).unwrap();
    for text in imported.definitions.iter().chain(imported.objects.iter().map(|made| &made.text)) {
        let report = check(text, &Options::default(), Limits::OBJECT).unwrap();
        let errors: Vec<String> = report.errors().map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
    imported
}

fn back(imported: &Imported) -> (Map<String, Value>, usize) {
    let texts: Vec<&str> =
        imported.definitions.iter().chain(imported.objects.iter().map(|made| &made.text)).map(String::as_str).collect();
    let exported = export(&texts, &Foreign::default()).unwrap();
    (exported.event["Event"].as_object().unwrap().clone(), exported.report.notes().len())
}

fn says_nothing(value: &Value) -> bool {
    [json!([]), json!({}), Value::Null].contains(value)
}

/// An event without what is local to its server, and without empty lists.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(key, value)| !["id", "event_id", "org_id"].contains(&key.as_str()) && !says_nothing(value))
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

#[test]
fn an_event_comes_back_as_it_was() {
    let kinds = [
        ("ip-src", "2001:db8::1", true),
        ("ip-dst|port", "203.0.113.8|443", true),
        ("domain", "c2.example.net", true),
        ("hostname", "a.example.net", false),
        ("domain|ip", "c2.example.net|203.0.113.7", true),
        ("hostname|port", "a.example.net|80", false),
        ("md5", "b2a5abfeef9e36964281a31e17b57c97", false),
        ("filename|md5", "run.exe|b2a5abfeef9e36964281a31e17b57c97", true),
        ("url", "http://c2.example.net/a'b\\c", true),
        ("email-src", "a@b.example", true),
        ("email-dst", "c@d.example", false),
        ("email-subject", "Invoice", true),
        ("mutex", "Global\\x", true),
        ("regkey|value", "HKEY_LOCAL_MACHINE\\Software\\A|1", true),
        ("AS", "AS4766", false),
        ("AS", "4766", true),
        ("vulnerability", "CVE-2026-12345", false),
        ("campaign-name", "Op X", false),
        ("yara", "rule a { condition: true }", true),
        ("x509-fingerprint-sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", true),
        ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true),
        ("comment", "seen by two shipyards", false),
        // What its type does not allow.
        ("ip-dst", "not an address", true),
        ("domain|ip", "no second part", true),
        ("md5", "", true),
    ];
    let event = event(|event| {
        event["Attribute"] =
            kinds.iter().enumerate().map(|(at, (kind, value, to_ids))| attribute(at, kind, value, *to_ids)).collect();
        event["Attribute"][0]["deleted"] = true.into();
        event["Attribute"][1]["first_seen"] = Value::Null;
        event["Attribute"][1]["Tag"] = json!([]);
        event["Attribute"][2]["first_seen"] = "2026-11-01T00:00:00.000000+00:00".into();
        let mut sample = attribute(90, "malware-sample", "run.exe|b2a5abfeef9e36964281a31e17b57c97", false);
        sample["data"] = "UEsDBA==".into();
        event["Attribute"].as_array_mut().unwrap().push(sample);
        let of = |number: usize, relation: &str, kind: &str, value: &str, to_ids: bool| {
            let mut attribute = attribute(number, kind, value, to_ids);
            attribute["object_relation"] = relation.into();
            attribute
        };
        event["Object"] = json!([
            { "uuid": "10000000-0000-4000-8000-000000000001", "name": "file", "meta-category": "file",
              "timestamp": "1795000003", "distribution": "5", "Attribute": [
                of(60, "filename", "filename", "run.exe", true), of(61, "sha256", "sha256", &"ab".repeat(32), true),
                of(62, "size-in-bytes", "size-in-bytes", "12", false), of(63, "entropy", "float", "7.1", false)],
              "ObjectReference": [{ "uuid": "20000000-0000-4000-8000-000000000001", "timestamp": "1795000004",
                "object_uuid": "10000000-0000-4000-8000-000000000001", "comment": "it does",
                "referenced_uuid": "10000000-0000-4000-8000-000000000002", "relationship_type": "connects-to" }] },
            { "uuid": "10000000-0000-4000-8000-000000000002", "name": "domain-ip", "meta-category": "network",
              "timestamp": "1795000003", "distribution": "5", "Attribute": [
                of(70, "domain", "domain", "c2.example.net", true), of(71, "ip", "ip-dst", "203.0.113.7", true),
                of(72, "ip", "ip-dst", "2001:db8::2", true)] },
            { "uuid": "10000000-0000-4000-8000-000000000003", "name": "crypto-material", "meta-category": "misc",
              "timestamp": "1795000003", "distribution": "5", "Attribute": [of(80, "type", "text", "RSA", false)] },
        ]);
        event["Galaxy"] = json!([{ "uuid": "698774c7-8022-42c4-917f-8d6e4f06ada3", "name": "Threat Actor",
            "type": "threat-actor", "GalaxyCluster": [{ "uuid": "68391641-859f-4a9a-9a1e-3e5cf71ec376",
            "type": "threat-actor", "value": "Lazarus Group", "description": "d", "meta": { "synonyms": ["HIDDEN COBRA"] } }] }]);
        event["EventReport"] = json!([{ "uuid": "30000000-0000-4000-8000-000000000001", "name": "Report",
            "content": "# What", "timestamp": "1795000005", "distribution": "5" }]);
    });
    let imported = imported(&event);
    let (mut exported, notes) = back(&imported);
    assert_eq!(notes, 0, "nothing is lost on the way back");
    let sort = |event: &mut Map<String, Value>| {
        for key in ["Attribute", "Object"] {
            let list = event[key].as_array_mut().unwrap();
            list.sort_by_key(|element| element["uuid"].as_str().unwrap().to_owned());
        }
    };
    let mut event = event;
    sort(&mut event);
    sort(&mut exported);
    assert_eq!(plain(&Value::Object(exported)), plain(&Value::Object(event)));
}

#[test]
fn what_does_not_go_over_is_told() {
    let event = event(|event| {
        event["RelatedEvent"] = json!([{ "Event": { "uuid": "x", "info": "another" } }]);
        event["Attribute"][0]["ShadowAttribute"] = json!([{ "value": "1.2.3.4" }]);
        event["Attribute"][0]["Galaxy"] = json!([
            { "type": "mitre-attack-pattern", "GalaxyCluster": [{ "uuid": "a93494bb-4b80-4ea1-8695-3236a49916fd",
              "type": "mitre-attack-pattern", "value": "Brute Force - T1110" }] },
            { "type": "country", "GalaxyCluster": [{ "uuid": "84668357-5a8c-4bdd-9f0f-6b50b2535745", "type": "country",
              "value": "x" }] }]);
        event["Object"] = json!([{ "uuid": "10000000-0000-4000-8000-000000000001", "name": "file", "Attribute": [],
            "ObjectReference": [{ "referenced_uuid": "00000000-0000-4000-8000-00000000dead", "relationship_type": "x" }] }]);
    });
    let imported = imported(&event);
    let notes = imported.report.notes();
    for (became, what) in [
        (Became::Left, "RelatedEvent"),
        (Became::Kept, "ShadowAttribute"),
        (Became::Kept, "T1110"),
        (Became::Kept, "GalaxyCluster country"),
        (Became::Kept, "Object file"),
        (Became::Left, "ObjectReference"),
        (Became::Left, "numbers and settings"),
    ] {
        assert!(notes.iter().any(|note| note.became == became && note.what.contains(what)), "{what}: {notes:?}");
    }
    assert!(imported.objects.iter().all(|made| !made.text.contains("another")));
    let indicates = imported.objects.iter().find(|made| made.text.contains("indicates")).unwrap();
    assert!(indicates.text.contains("attack-pattern--a93494bb-4b80-4ea1-8695-3236a49916fd"));
}

fn maker() -> Value {
    json!({ "id": "9", "uuid": "77777777-2c60-40e5-964f-47a8950d210f", "name": "Harbour" })
}

/// An event with what others say of it: of an attribute, of one that is for fewer, of one in an object, and of the whole.
fn talked_of() -> Map<String, Value> {
    let sighting = |number: usize, kind: &str| {
        json!({
            "id": "4", "uuid": format!("20000000-0000-4000-8000-{number:012}"), "type": kind, "source": "a sensor",
            "date_sighting": "1795000100", "Organisation": maker(), "org_id": "9", "event_id": "77",
        })
    };
    let proposal = |number: usize, value: &str| {
        json!({
            "uuid": format!("30000000-0000-4000-8000-{number:012}"), "type": "ip-dst", "category": "Other", "value": value,
            "to_ids": true, "timestamp": "1795000200", "Org": maker(), "old_id": "5", "proposal_to_delete": number == 1,
        })
    };
    event(|event| {
        event["Attribute"] = [0, 1].map(|at| attribute(at, "domain", &format!("d{at}.example"), true)).into();
        event["Attribute"][0]["Tag"] = json!([{ "name": "tlp:red" }]);
        event["Attribute"][0]["Sighting"] = json!([sighting(0, "0")]);
        event["Attribute"][1]["Sighting"] = json!([sighting(1, "0"), sighting(2, "1"), sighting(3, "2")]);
        event["Attribute"][1]["ShadowAttribute"] = json!([proposal(1, "d1.example")]);
        let mut inside = attribute(7, "md5", "b2a5abfeef9e36964281a31e17b57c97", true);
        inside["object_relation"] = "md5".into();
        inside["Sighting"] = json!([sighting(4, "0")]);
        event["Object"] = json!([{ "uuid": "10000000-0000-4000-8000-000000000001", "name": "file", "meta-category": "file",
            "timestamp": "1795000000", "distribution": "5", "Attribute": [inside] }]);
        event["ShadowAttribute"] = json!([proposal(2, "203.0.113.9")]);
    })
}

#[test]
fn what_others_say_of_attributes_becomes_objects_and_comes_back() {
    let event = talked_of();
    let imported = imported(&event);
    let of = |kind: &str| {
        let made = imported.objects.iter().filter(|made| made.id.starts_with(&format!("{kind}--")));
        made.map(|made| (serde_json::from_str::<Value>(&made.text).unwrap(), made.label())).collect::<Vec<_>>()
    };
    let sightings = of("sighting");
    assert_eq!(sightings.len(), 3, "{sightings:?}");
    for (sighting, label) in &sightings {
        // Of what is for fewer the sighting is for fewer; who saw it is one organisation, which the others may know.
        let is_red = sighting["sighting_of_ref"] == "indicator--00000000-0000-4000-8000-000000000000";
        assert_eq!(*label, Some(Label::Tlp(if is_red { Tlp::Red } else { Tlp::Green })), "{sighting}");
        assert_eq!(sighting["where_sighted_refs"], json!(["identity--77777777-2c60-40e5-964f-47a8950d210f"]));
        assert_eq!(sighting["last_seen"], "2026-11-18T11:08:20.000000Z");
    }
    let harbour = of("identity").into_iter().find(|(it, _)| it["name"] == "Harbour").unwrap();
    assert_eq!(harbour.1, Some(Label::Tlp(Tlp::Green)));
    let opinions = of("opinion");
    assert_eq!(opinions.len(), 1);
    assert_eq!(opinions[0].0["object_refs"], json!(["indicator--00000000-0000-4000-8000-000000000001"]));
    // A proposal is for no program an indicator.
    let proposals = of("x-misp-proposal");
    assert_eq!(proposals.len(), 2);
    assert!(imported.objects.iter().all(|made| made.id.starts_with("x-misp-") || !made.text.contains("203.0.113.9")));
    assert!(proposals.iter().any(|(it, _)| it["x_misp_to_delete"] == true && it["x_misp_of_ref"].is_string()));
    let notes = imported.report.notes();
    let tells = |what: &str, why: &str| notes.iter().any(|note| note.what.contains(what) && note.why.contains(why));
    assert!(tells("Sighting", "expire") && tells("ShadowAttribute", "nobody's word"), "{notes:?}");

    let (exported, told) = back(&imported);
    assert_eq!(told, 0);
    let order = |list: &Value| {
        let mut list: Vec<String> = list.as_array().unwrap().iter().map(|it| plain(it).to_string()).collect();
        list.sort();
        list
    };
    let (exported, event) = (Value::Object(exported), Value::Object(event));
    for path in [
        "/Attribute/0/Sighting",
        "/Attribute/1/Sighting",
        "/Attribute/1/ShadowAttribute",
        "/Object/0/Attribute/0/Sighting",
        "/ShadowAttribute",
    ] {
        let (found, expected) = (exported.pointer(path).unwrap(), event.pointer(path).unwrap());
        assert_eq!(order(found), order(expected), "{path}");
    }
}

#[test]
fn words_of_others_that_are_stix_alone_find_their_attribute_or_are_told() {
    let made = |kind: &str, number: usize, more: Value| {
        let mut object = json!({
            "type": kind, "spec_version": "2.1", "id": format!("{kind}--40000000-0000-4000-8000-{number:012}"),
            "created": "2026-11-17T00:00:00.000Z", "modified": "2026-11-17T00:00:00.000Z",
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object.to_string()
    };
    let indicator = "indicator--40000000-0000-4000-8000-000000000001";
    let identity = "identity--40000000-0000-4000-8000-000000000002";
    let red = json!(["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]);
    let objects = [
        made(
            "indicator",
            1,
            json!({ "pattern": "[domain-name:value = 'a.example']", "pattern_type": "stix", "valid_from": "2026-11-17T00:00:00Z" }),
        ),
        made("identity", 2, json!({ "name": "Harbour" })),
        made(
            "sighting",
            3,
            json!({ "sighting_of_ref": indicator, "where_sighted_refs": [identity], "count": 5, "last_seen": "2026-11-18T00:00:00Z" }),
        ),
        made("opinion", 4, json!({ "object_refs": [indicator], "opinion": "disagree" })),
        made("opinion", 5, json!({ "object_refs": [indicator], "opinion": "agree" })),
        made("sighting", 6, json!({ "sighting_of_ref": "malware--40000000-0000-4000-8000-000000000009" })),
        made("sighting", 7, json!({ "sighting_of_ref": indicator, "object_marking_refs": red })),
    ];
    let texts: Vec<&str> = objects.iter().map(String::as_str).collect();
    let exported = export(&texts, &Foreign::default()).unwrap();
    let attribute = &exported.event["Event"]["Attribute"][0];
    let words: Vec<(&str, &str)> = attribute["Sighting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["type"].as_str().unwrap(), it["date_sighting"].as_str().unwrap()))
        .collect();
    assert_eq!(words, [("0", "1794960000"), ("1", "1794873600")], "{attribute}");
    assert_eq!(attribute["Sighting"][0]["Organisation"]["name"], "Harbour");
    let notes = exported.report.notes();
    for why in ["5 sightings in one", "of that kind", "no attribute there", "no marking of its own there"] {
        assert!(notes.iter().any(|note| note.why.contains(why)), "{why}: {notes:?}");
    }
}

#[test]
fn tags_and_distribution_hold_together_and_the_event_points_at_nothing_stricter() {
    let event = event(|event| {
        event["distribution"] = "2".into();
        event["Attribute"] =
            [0, 1, 2, 3, 4, 5].map(|at| attribute(at, "domain", &format!("d{at}.example"), true)).into();
        event["Attribute"][1]["Tag"] = json!([{ "name": "TLP:RED" }]);
        event["Attribute"][2]["distribution"] = "1".into();
        event["Attribute"][3]["distribution"] = "0".into();
        event["Attribute"][4]["Tag"] = json!([{ "name": "de-vs:einstufung=\"VS-NfD\"" }]);
        event["Attribute"][5]["distribution"] = "4".into();
        event["Attribute"][5]["SharingGroup"] = json!({ "name": "Shipyards", "SharingGroupOrg": [
            { "Organisation": { "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f", "name": "CIRCL" } },
            { "Organisation": { "uuid": "11111111-2c60-40e5-964f-47a8950d210f", "name": "Nobody" } }] });
    });
    let file = "schema = \"entente.foreign/1\"\n[[organisation]]\nuuid = \"55f6ea5e-2c60-40e5-964f-47a8950d210f\"\nparty = \"LUX\"\n";
    let imported = import(&event, &foreign::parse(file).unwrap()).unwrap();
    let of = |number: usize| {
        let id = format!("indicator--00000000-0000-4000-8000-{number:012}");
        let made = imported.objects.iter().find(|made| made.id == id).unwrap();
        (made.label(), made.parties.clone())
    };
    let tlp = |colour| Some(Label::Tlp(colour));
    assert_eq!(of(0), (tlp(Tlp::Green), None));
    assert_eq!(of(1), (tlp(Tlp::Red), None));
    assert_eq!(of(2), (tlp(Tlp::Amber), None));
    assert_eq!(of(3), (tlp(Tlp::AmberStrict), Some(BTreeSet::new())));
    assert_eq!(of(4), (tlp(Tlp::Red), None), "a tag that restricts and that nobody reads");
    assert_eq!(of(5), (tlp(Tlp::AmberStrict), Some(BTreeSet::from(["LUX".into()]))));
    let notes = imported.report.notes();
    assert!(notes.iter().any(|note| note.became == Became::Strictest && note.why.contains("de-vs")), "{notes:?}");
    assert!(notes.iter().any(|note| note.became == Became::Left && note.why.contains("Nobody")), "{notes:?}");

    let whole = imported.objects.last().unwrap();
    let whole = index::read(&whole.text).unwrap();
    for (number, is_named) in [(0, true), (1, false), (2, false), (3, false), (4, false), (5, false)] {
        let id = format!("indicator--00000000-0000-4000-8000-{number:012}");
        assert_eq!(whole.references.iter().any(|reference| reference.target == id), is_named, "{id}");
        // They point at it instead, under their own markings.
        let points = imported.objects.iter().find(|made| {
            let entry = index::read(&made.text).unwrap();
            let has = |property: &str, target: &str| {
                entry.references.iter().any(|it| it.property == property && it.target == target)
            };
            entry.kind == "relationship" && has("source_ref", &id) && has("target_ref", &whole.id)
        });
        assert_eq!(points.is_some(), !is_named, "{id}");
        assert!(points.is_none_or(|made| made.label() == of(number).0));
    }
    // Everything in one class has that label, and every object is in one.
    let classes = classes(&imported);
    assert_eq!(classes.iter().map(|class| class.objects.len()).sum::<usize>(), imported.objects.len());
    for class in classes {
        for content in class.records(&imported) {
            assert!(content.content.len() < 200_000 && content.id.starts_with("misp-5b9f3a2e"));
        }
    }
}

#[test]
fn what_has_become_stricter_since_is_tagged() {
    let imported = imported(&event(|_| {}));
    let green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
    let red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
    let texts: Vec<String> = imported
        .objects
        .iter()
        .map(|made| if made.id.starts_with("indicator") { made.text.replace(green, red) } else { made.text.clone() })
        .collect();
    let texts: Vec<&str> = texts.iter().chain(&imported.definitions).map(String::as_str).collect();
    let exported = export(&texts, &Foreign::default()).unwrap().event;
    let attribute = &exported["Event"]["Attribute"][0];
    assert_eq!(attribute["Tag"], json!([{ "name": "tlp:red" }]));
    assert_eq!(attribute["distribution"], "0");
    assert_eq!(exported["Event"]["distribution"], "3", "the event is what it was");
}

#[test]
fn what_was_changed_since_is_what_it_says_now() {
    let imported = imported(&event(|_| {}));
    let texts: Vec<String> =
        imported.objects.iter().map(|made| made.text.replace("'203.0.113.7'", "'203.0.113.9'")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let exported = export(&texts, &Foreign::default()).unwrap();
    let attribute = &exported.event["Event"]["Attribute"][0];
    assert_eq!((&attribute["type"], &attribute["value"]), (&json!("ip-dst"), &json!("203.0.113.9")));
    assert!(exported.report.notes().iter().any(|note| note.why.contains("changed since")));
}

#[test]
fn objects_of_others_become_elements_or_are_told() {
    let object = |kind: &str, rest: &str| {
        format!(
            r#"{{"type":"{kind}","spec_version":"2.1","id":"{kind}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",{rest}}}"#
        )
    };
    let one = |text: String| {
        let exported = export(&[&text], &Foreign::default()).unwrap();
        (exported.event["Event"].clone(), exported.report.notes().len())
    };
    for (pattern, kind, value) in [
        ("[ipv4-addr:value = '203.0.113.7']", "ip-dst", "203.0.113.7"),
        ("[file:hashes.'SHA-256' = 'ab']", "sha256", "ab"),
        ("[file:name = 'a' AND file:hashes.MD5 = 'b']", "filename|md5", "a|b"),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 443]",
            "ip-dst|port",
            "1.2.3.4|443",
        ),
        ("[url:value = 'http://a/\\'b']", "url", "http://a/'b"),
        (
            "[ipv4-addr:value = '1.2.3.4'] OR [ipv4-addr:value = '1.2.3.5']",
            "stix2-pattern",
            "[ipv4-addr:value = '1.2.3.4'] OR [ipv4-addr:value = '1.2.3.5']",
        ),
        ("[file:name = 'a|b' AND file:hashes.MD5 = 'c']", "", ""),
    ] {
        let text = object(
            "indicator",
            &format!(r#""pattern":{},"pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z""#, json!(pattern)),
        );
        let (event, _) = one(text);
        if kind.is_empty() {
            assert_eq!(event["Object"][0]["name"], "file", "{event}");
            continue;
        }
        let attribute = &event["Attribute"][0];
        assert_eq!((&attribute["type"], &attribute["value"]), (&json!(kind), &json!(value)), "{event}");
        assert_eq!((&attribute["to_ids"], &event["distribution"]), (&json!(true), &json!("0")));
    }
    let red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
    let (event, _) = one(object("vulnerability", &format!(r#""name":"CVE-2026-1","object_marking_refs":["{red}"]"#)));
    assert_eq!(event["Attribute"][0]["Tag"], json!([{ "name": "tlp:red" }]), "whatever its level: {event}");
    assert_eq!(event["date"], "2026-01-01");
    let (event, _) = one(object("malware", r#""name":"X","is_family":true"#));
    assert_eq!(event["Tag"][0]["name"], "misp-galaxy:stix-2.1-malware=\"X\"");
    let (event, notes) =
        one(object("opinion", r#""opinion":"agree","object_refs":["malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]"#));
    assert_eq!((notes, event["Attribute"].as_array().unwrap().len()), (1, 0));
    let own = crate::stix::marking::own::EXTENSION;
    let marking = format!(
        r#"{{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-01-01T00:00:00.000Z","extensions":{{"{own}":{{"extension_type":"property-extension","label":"SECRET//REL TO USA, JPN"}}}}}}"#
    );
    let marked = object(
        "vulnerability",
        r#""name":"CVE-2026-1","object_marking_refs":["marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]"#,
    );
    let exported = export(&[&marking, &marked], &Foreign::default()).unwrap();
    let attribute = &exported.event["Event"]["Attribute"][0];
    assert_eq!(attribute["Tag"][0]["name"], "entente:label=\"SECRET//REL TO USA, JPN\"");
    assert_eq!(attribute["distribution"], "0");
    let unknown = marked.replace("8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\"]", "00000000-17d4-4cbf-938f-98ee46b3cd3f\"]");
    let exported = export(&[&unknown], &Foreign::default()).unwrap();
    assert_eq!(exported.event["Event"]["Attribute"][0]["Tag"][0]["name"], "tlp:red");
}

#[test]
fn what_is_no_event_is_refused_with_a_reason() {
    for (text, message) in [
        ("", "no JSON"),
        ("[]", "no event"),
        ("{}", "no event"),
        (r#"{"Event":1}"#, "no event"),
        (r#"{"response":{}}"#, "no event"),
        (r#"{"Event":{"uuid":"1","uuid":"2"}}"#, "a second key `uuid`"),
    ] {
        let problem = super::events(text).unwrap_err();
        assert!(problem.message.contains(message), "{text}: {problem}");
    }
    assert_eq!(super::events(r#"{"response":[{"Event":{"info":"a"}},{"Event":{}}]}"#).unwrap().len(), 2);
    for key in ["uuid", "info", "date"] {
        let event = event(|event| drop(event.as_object_mut().unwrap().remove(key)));
        let problem = import(&event, &Foreign::default()).unwrap_err();
        assert!(problem.message.contains(key), "{problem}");
    }
}
