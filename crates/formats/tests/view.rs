//! Who may see what is held: the published vectors, an independent reading on random worlds, and the laws of it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod twin;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use entente_core::{
    Level, Party,
    agreement::clause::Set,
    view::{Holding, Viewer, view},
    world::{Agreements, NationalRules, World},
};
use entente_formats::{agreement, label, request};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use twin::{
    text,
    view::{Look, sees},
    worlds::{PARTIES, worlds},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/view")
}

/// Whether the viewer of a look sees its record.
fn is_seen(agreements: &Agreements, look: &Value) -> bool {
    let line = serde_json::from_value(look["record"].clone()).unwrap();
    let record = request::record(&line).unwrap();
    let words = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let viewer = &look["viewer"];
    let subjects = words(&viewer["subjects"]);
    let is_any = subjects.iter().any(|subject| subject == "*");
    let viewer = Viewer {
        name: text(&viewer["name"]),
        nationality: text(&viewer["party"]).into(),
        clearance: Level::from_banner(viewer["clearance"].as_str().unwrap()).unwrap(),
        subjects: if is_any { Set::Any } else { Set::Of(subjects.into_iter().map(Into::into).collect()) },
        official_duty: viewer["official_duty"].as_bool().unwrap(),
    };
    let (holder, named) = (Party::from(text(&look["holder"])), words(&look["named"]));
    let withdrawn = look["withdrawn"].as_bool().unwrap();
    let holding = Holding { record: &record, holder: &holder, withdrawn, named: &named };
    let world = World { agreements, national: &NationalRules::new(), consents: &[], approvals: &[] };
    let seen = view(&world, &holding, &viewer);
    if let Some(seen) = &seen {
        assert_eq!((seen.record(), seen.viewer()), (&record.id, viewer.name.as_str()));
    }
    seen.is_some()
}

#[test]
fn every_vector_is_answered_as_written() {
    let cases = fs::read_to_string(folder().join("view.jsonl")).unwrap();
    let mut names = BTreeSet::new();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        assert!(names.insert(case["name"].to_string()), "{} is there twice", case["name"]);
        let files = case["agreements"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        let files =
            files.map(|name| (name.clone(), fs::read_to_string(folder().join("agreements").join(name)).unwrap()));
        let files: Vec<_> = files.collect();
        let set = agreement::parse_set(&files).unwrap_or_else(|problems| panic!("{}: {problems:#?}", case["name"]));
        let expected = case["seen"].as_bool().unwrap();
        assert_eq!(is_seen(&set.agreements, &case["look"]), expected, "{}", case["name"]);
        // The twin has to agree, so that it is checked by what a person wrote.
        let plain: Vec<_> = files.iter().map(|(_, text)| toml::from_str(text).unwrap()).collect();
        assert_eq!(sees(&plain, &serde_json::from_value(case["look"].clone()).unwrap()), expected, "{}", case["name"]);
    }
    assert!(names.len() >= 30);
}

/// A world's agreements as both read them, and a look at its record by somebody.
fn looks() -> impl Strategy<Value = (Agreements, Vec<text::Agreement>, Value)> {
    let access = select(vec![
        "",
        "\"clearance\"",
        "\"need-to-know\"",
        "\"official-duty\"",
        "\"nationality\", \"official-duty\"",
    ]);
    let clearance = prop_oneof![2 => Just("TOP SECRET"), 1 => select(Level::ALL.map(Level::as_str).to_vec())];
    let subjects = select(vec![json!(["*"]), json!(["missile"]), json!(["missile", "nuclear", "cyber"]), json!([])]);
    let named = select(vec![json!([]), json!(["sato"]), json!(["kim"])]);
    let who = (select(&PARTIES[..]), clearance, subjects, any::<bool>(), named, prop::bool::weighted(0.1));
    (worlds(), access, select(&PARTIES[..]), who).prop_map(|(mut world, access, holder, who)| {
        if !access.is_empty() {
            let clause = format!("[[clause]]\nid = \"7\"\nkind = \"access\"\nrequires = [{access}]\n");
            let binding = |text: &&mut String| !text.contains("force = \"political\"");
            world.agreements.iter_mut().filter(binding).for_each(|text| text.push_str(&clause));
        }
        let mut record = world.request["record"].clone();
        record.as_object_mut().unwrap().remove("versions");
        let holder = if world.parties.contains(&holder) { holder } else { world.parties[0] };
        // Mostly held: a hop that ended elsewhere ends here.
        for hop in record["custody"].as_array_mut().unwrap() {
            hop["to"] = json!(holder);
        }
        let (party, clearance, subjects, official_duty, named, withdrawn) = who;
        let viewer = json!({ "name": "sato", "party": party, "clearance": clearance, "subjects": subjects,
                             "official_duty": official_duty });
        let look =
            json!({ "record": record, "holder": holder, "viewer": viewer, "withdrawn": withdrawn, "named": named });
        (world.parsed().unwrap().0, world.plain_agreements(), look)
    })
}

/// The same look with one thing changed.
fn with(look: &Value, pointer: &str, value: Value) -> Value {
    let mut look = look.clone();
    *look.pointer_mut(pointer).unwrap() = value;
    look
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_view_is_that_of_its_twin((agreements, plain, look) in looks()) {
        let own: Look = serde_json::from_value(look.clone()).unwrap();
        prop_assert_eq!(sees(&plain, &own), is_seen(&agreements, &look));
    }

    /// Clearance, need to know, a duty, nationality, a name on the list: none of them hides what was seen.
    #[test]
    fn more_of_anything_never_hides((agreements, _, look) in looks()) {
        if is_seen(&agreements, &look) {
            let more = [
                ("/viewer/clearance", json!("TOP SECRET")),
                ("/viewer/subjects", json!(["*"])),
                ("/viewer/official_duty", json!(true)),
                ("/viewer/party", look["holder"].clone()),
                ("/named", json!(["sato", "kim"])),
            ];
            for (pointer, value) in more {
                prop_assert!(is_seen(&agreements, &with(&look, pointer, value)), "{pointer}");
            }
        }
    }

    /// What is withdrawn, above the clearance or outside the need to know is not seen, whatever else holds.
    #[test]
    fn nobody_sees_what_is_withdrawn_or_above_or_not_needed((agreements, _, look) in looks()) {
        prop_assert!(!is_seen(&agreements, &with(&look, "/withdrawn", json!(true))));
        let asks = label::parse(look["record"]["label"].as_str().unwrap()).unwrap().is_classified();
        if asks {
            prop_assert!(!is_seen(&agreements, &with(&look, "/viewer/clearance", json!("UNCLASSIFIED"))));
        }
        let strange = with(&look, "/record/subjects", json!(["what nobody needs"]));
        prop_assert!(!is_seen(&agreements, &with(&strange, "/viewer/subjects", json!(["missile"]))));
    }
}
