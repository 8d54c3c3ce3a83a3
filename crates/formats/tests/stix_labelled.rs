//! The verdicts of OASIS's own validator over its own test objects, and the objects of ATT&CK.
//!
//! The data is not ours and not in the tree.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod outside;

use entente_formats::stix::{
    check::{Options, Version, check},
    envelope, index,
    json::Limits,
    spec::advice::Advices,
};
use outside::data;

/// Lines, from 0, for which the validator was told to take nothing but standard types: the file does not say so, and has
/// the same object with the other verdict too.
const ONLY_TYPES: [usize; 1] = [41];
/// The same for standard properties; 168 has no twin with the other verdict, but an error that only this rule gives.
const ONLY_PROPERTIES: [usize; 4] = [5, 7, 168, 172];
/// Lines whose verdict rests on somebody's own schema, which the file does not hold either.
const OF_A_SCHEMA: [usize; 2] = [57, 60];

#[test]
fn verdicts_agree_with_the_validator_of_oasis() {
    let Some(text) = data("stix/labelled-objects.jsonl") else { return };
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (number, line) in text.lines().enumerate().filter(|(number, _)| !OF_A_SCHEMA.contains(number)) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let names = |key: &str| -> Vec<&str> {
            line[key].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect()
        };
        let options = Options {
            version: line["version"].as_str().and_then(Version::parse),
            advices: Advices::chosen(names("disabled"), names("enabled")).unwrap(),
            only_standard_types: ONLY_TYPES.contains(&number),
            only_standard_properties: ONLY_PROPERTIES.contains(&number),
            is_interoperable: line["interop"].as_bool().unwrap_or_default(),
        };
        let object = line["object"].to_string();
        let report = check(&object, &options, Limits::OBJECT).unwrap();
        let is_valid = report.is_valid(line["strict"].as_bool().unwrap_or_default());
        compared += 1;
        if is_valid != line["valid"].as_bool().unwrap() {
            let found: Vec<_> = report
                .findings()
                .iter()
                .map(|finding| format!("    {} {finding}", finding.advice.map_or("rule", |advice| advice.name())))
                .collect();
            wrong.push(format!(
                "line {number}: {}\n  theirs: {}\n  ours:\n{}\n  {object}",
                if is_valid { "valid here" } else { "valid there" },
                line["errors"],
                found.join("\n")
            ));
        }
    }
    assert!(compared > 270, "{compared} lines");
    assert!(wrong.is_empty(), "{} verdicts differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Four releases of ATT&CK: every object is valid, has an entry that says what the object says, and stands where the
/// bundle had it, to the byte.
#[test]
fn attack_is_valid_and_keeps_its_bytes() {
    for name in ["ics-attack-16.1", "ics-attack-17.1", "ics-attack-18.1", "mobile-attack-17.1"] {
        let Some(text) = data(&format!("stix/{name}.json")) else { return };
        let contents = envelope::objects(&text, envelope::Limits { bytes: 64 << 20, objects: 100_000 }).unwrap();
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        let whole = whole["objects"].as_array().unwrap();
        assert!(contents.is_bundle && contents.objects.len() == whole.len() && whole.len() > 1_500, "{name}");
        let mut from = 0;
        for (bytes, expected) in contents.objects.iter().zip(whole) {
            let report = check(bytes, &Options::default(), Limits::OBJECT).unwrap();
            assert!(report.is_valid(false), "{name}: {:?}", report.errors().collect::<Vec<_>>());
            let entry = index::read(bytes).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(bytes).unwrap(), *expected);
            let said = |key: &str| expected[key].as_str();
            assert_eq!((Some(&*entry.id), Some(&*entry.kind)), (said("id"), said("type")));
            assert_eq!(Some(entry.spec_version.as_str()), said("spec_version"));
            assert_eq!((entry.created.as_deref(), entry.modified.as_deref()), (said("created"), said("modified")));
            assert_eq!(entry.created_by.as_deref(), said("created_by_ref"));
            let markings: Vec<_> = expected["object_marking_refs"].as_array().into_iter().flatten().collect();
            assert!(markings.iter().map(|id| id.as_str()).eq(entry.markings.iter().map(|id| Some(&**id))));
            assert_eq!(entry.references.len(), references(expected), "{}", entry.id);
            // In the order and at the place where the bundle has it.
            let at = text[from..].find(bytes).unwrap();
            from += at + bytes.len();
        }
    }
}

/// How many references an object holds, counted on the tree.
fn references(value: &serde_json::Value) -> usize {
    fn texts(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::String(_) => 1,
            serde_json::Value::Array(items) => items.iter().map(texts).sum(),
            other => references(other),
        }
    }
    match value {
        serde_json::Value::Object(members) => members
            .iter()
            .filter(|(key, _)| !["created_by_ref", "object_marking_refs", "granular_markings"].contains(&key.as_str()))
            .map(
                |(key, value)| {
                    if key.ends_with("_ref") || key.ends_with("_refs") { texts(value) } else { references(value) }
                },
            )
            .sum(),
        serde_json::Value::Array(items) => items.iter().map(references).sum(),
        _ => 0,
    }
}
