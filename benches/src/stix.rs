//! Objects of STIX a second, on one thread: the entry alone, which is what every page of a collection needs, the whole check,
//! and an envelope taken apart and put together.
//!
//! The objects are those of ATT&CK, from the folder that `ENTENTE_DATA` names; without it a made-up relationship, of which
//! there are most. Beside them the JSON library alone, reading the same bytes and keeping nothing.

use std::{env, fs, hint::black_box, path::PathBuf};

use entente_formats::{
    stix::{
        check::{Options, check},
        envelope, index,
        json::Limits,
        reveal::{Node, shown},
    },
    taxii::resource::write_envelope,
};

use crate::{line, per_second};

const RELATIONSHIP: &str = r#"{"type":"relationship","spec_version":"2.1","id":"relationship--44298a74-ba52-4f0c-87a3-1824e67d7fad","created_by_ref":"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff","created":"2016-04-06T20:06:37.000Z","modified":"2016-04-06T20:06:37.000Z","source_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","target_ref":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b","relationship_type":"indicates"}"#;

fn bundle() -> (String, &'static str) {
    let folder = env::var_os("ENTENTE_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    match fs::read_to_string(folder.join("stix/ics-attack-18.1.json")) {
        Ok(text) => (text, "ATT&CK for ICS 18.1"),
        Err(_) => {
            let objects = vec![RELATIONSHIP; 1_000].join(",");
            (format!(r#"{{"type":"bundle","objects":[{objects}]}}"#), "a made-up relationship")
        }
    }
}

pub(crate) fn run() {
    let (text, name) = bundle();
    let limits = envelope::Limits { bytes: usize::MAX, objects: usize::MAX };
    let objects = envelope::objects(&text, limits).unwrap().objects;
    let count = objects.len();
    let bytes: usize = objects.iter().map(|object| object.len()).sum();
    println!("\nSTIX, one thread, {count} objects of {name}, {} bytes each on average", bytes / count);
    #[expect(clippy::cast_precision_loss, reason = "a count of objects")]
    let rate = |work: &mut dyn FnMut()| per_second(work) * count as f64;
    let floor = rate(&mut || {
        for object in &objects {
            black_box(serde_json::from_str::<serde::de::IgnoredAny>(object).unwrap());
        }
    });
    line("the JSON library alone, nothing kept", floor, None);
    let beside = Some(("the library alone", floor));
    let entries = rate(&mut || {
        for object in &objects {
            black_box(index::read(object).unwrap());
        }
    });
    line("entries read", entries, beside);
    let checked = rate(&mut || {
        for object in &objects {
            assert!(check(object, &Options::default(), Limits::OBJECT).unwrap().is_valid(false));
        }
    });
    line("checked against the specification", checked, beside);
    let split = rate(&mut || {
        black_box(envelope::objects(&text, limits).unwrap());
    });
    line("found in their bundle", split, beside);
    let written = rate(&mut || {
        black_box(write_envelope(Some("next"), objects.iter().copied()));
    });
    line("written as an envelope", written, beside);
    let entries: Vec<_> = objects.iter().map(|object| index::read(object).unwrap()).collect();
    let nodes: Vec<_> = entries.iter().map(Node::of).collect();
    // Every hundredth is withheld, and with it what points at it.
    let visible: Vec<bool> = (0..count).map(|at| at % 100 != 7).collect();
    let revealed = rate(&mut || {
        black_box(shown(&nodes, &visible));
    });
    line("looked through for what reveals the withheld", revealed, beside);
}
