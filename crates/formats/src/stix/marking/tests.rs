//! Markings of each kind, their laws, and copies of objects.

use super::{
    reduce::{Permit, Portion, portion, without},
    selector::Selector,
    *,
};
use crate::{label, stix::index};
use entente_core::Party;
use proptest::{collection, prelude::*, sample};

const UUID: &str = "34098fce-860f-48ae-8e50-ebd3cc5e41db";

fn own_definition(label: &str, reduced: &str) -> String {
    format!(
        r#"{{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--{UUID}","created":"2026-01-01T00:00:00.000Z","extensions":{{"{}":{{"extension_type":"property-extension","label":"{label}"{reduced}}}}}}}"#,
        own::EXTENSION
    )
}

fn read_own(text: &str) -> Meaning {
    meaning(&format!("marking-definition--{UUID}"), Some(text))
}

#[test]
fn each_kind_has_its_meaning() {
    let of = |id: &str| meaning(id, None);
    let colour = |colour| Meaning::of(Label::Tlp(colour));
    assert_eq!(of("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"), colour(Tlp::Clear));
    assert_eq!(of("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"), colour(Tlp::Amber));
    assert_eq!(of("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"), colour(Tlp::AmberStrict));
    assert!(matches!(of("marking-definition--00000000-0000-4000-8000-000000000000"), Meaning::Unknown(_)));
    let Meaning::Label { label, allows_reduced } = read_own(&own_definition("SECRET//REL TO USA, JPN", "")) else {
        panic!()
    };
    assert_eq!((label::write(&label).as_str(), allows_reduced), ("SECRET//REL TO USA, JPN", false));
    let reduced = own_definition("TLP:RED", ",\"allows_reduced\":true");
    assert_eq!(read_own(&reduced), Meaning::Label { label: STRICTEST, allows_reduced: true });
    let statement = format!(
        r#"{{"type":"marking-definition","id":"marking-definition--{UUID}","definition_type":"statement","definition":{{"statement":"(c)"}}}}"#
    );
    assert_eq!(read_own(&statement), Meaning::Statement("(c)".to_owned()));
    let acs = r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41db","created":"2026-01-01T00:00:00Z","extensions":{"extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce":{"extension_type":"property-extension","identifier":"isa:guide.19001.ACS3-34098fce-860f-48ae-8e50-ebd3cc5e41db","create_date_time":"2026-01-01T00:00:00Z","responsible_entity_custodian":"USA.DHS.US-CERT","policy_reference":"urn:isa:policy:acs:ns:v3.0?privdefault=permit&sharedefault=permit","control_set":{"classification":"S","permitted_nationalities":["USA","JPN"]}}}}"#;
    let Meaning::Label { label, .. } = read_own(acs) else { panic!("{:?}", read_own(acs)) };
    assert_eq!(label::write(&label), "SECRET//REL TO USA, JPN");
    // An access rule that a label cannot say is not left out: the marking is unknown.
    let denied = acs.replace("privdefault=permit", "privdefault=deny");
    assert!(matches!(read_own(&denied), Meaning::Unknown(_)));
}

#[test]
fn what_cannot_be_read_is_the_strictest() {
    let label = own_definition("TLP:CLEAR", "");
    for text in [
        "{".to_owned(),
        "[]".to_owned(),
        label.replace("34098fce", "34098fcf"),
        label.replace("TLP:CLEAR", "TLP:CLEARISH"),
        label.replace("\"label\"", "\"lable\""),
        label.replace("property-extension", "new-sdo"),
        label.replace("\"created\"", "\"definition_type\":\"statement\",\"created\""),
        own_definition("TLP:CLEAR", ",\"allows_reduced\":1"),
        own_definition("TLP:CLEAR", ",\"label\":\"TLP:RED\""),
        label.replace(own::EXTENSION, "extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c3"),
        label.replace(
            "\"extensions\":{",
            "\"extensions\":{\"extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c3\":{\"extension_type\":\"property-extension\"},",
        ),
    ] {
        let meaning = read_own(&text);
        assert!(matches!(meaning, Meaning::Unknown(_)), "{text}: {meaning:?}");
        assert_eq!(Restriction::of(meaning).label(), Some(STRICTEST));
    }
    // Who redefines a colour is not followed.
    let clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
    let lie = own_definition("TLP:CLEAR", "").replace(&format!("marking-definition--{UUID}"), clear);
    assert!(matches!(meaning(clear, Some(&lie)), Meaning::Unknown(_)));
}

#[test]
fn more_markings_than_are_read_are_the_strictest() {
    let clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
    let of = |count| Restriction::of_ids(vec![clear; count], |_| None).label();
    assert_eq!(of(200), Some(Label::Tlp(Tlp::Clear)));
    assert_eq!(of(201), Some(STRICTEST));
    assert_eq!(of(1_000_000), Some(STRICTEST));
}

#[test]
fn own_labels_come_back() {
    for (text, allows_reduced) in [("TLP:AMBER", false), ("//KOR 군사II급비밀//REL TO USA, JPN, KOR", true)] {
        let own = own::Own { label: label::parse(text).unwrap(), allows_reduced };
        let written = own::write(&own, UUID, "2026-11-20T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(read_own(&written), Meaning::Label { label: own.label, allows_reduced });
        assert!(check_is_clean(&written), "{written}");
    }
}

fn check_is_clean(text: &str) -> bool {
    crate::stix::check::check(text, &Default::default(), Limits::OBJECT).unwrap().is_valid(false)
}

#[test]
fn kinds_accumulate() {
    let restriction = |labels: &[&str]| {
        let of = |text: &&str| Restriction::of(Meaning::of(label::parse(text).unwrap()));
        labels.iter().map(of).fold(Restriction::default(), Restriction::join)
    };
    let said = |labels: &[&str]| restriction(labels).label().map(|label| label::write(&label));
    assert_eq!(said(&["TLP:GREEN", "TLP:AMBER+STRICT", "TLP:CLEAR"]).as_deref(), Some("TLP:AMBER+STRICT"));
    let lists = ["SECRET//REL TO USA, JPN, KOR", "CONFIDENTIAL//REL TO USA, JPN"];
    assert_eq!(said(&lists).as_deref(), Some("SECRET//REL TO USA, JPN"));
    // No line says both; each holds.
    let both = restriction(&["SECRET//REL TO USA, JPN", "TLP:AMBER", "TLP:GREEN"]);
    assert_eq!((both.label(), both.labels().len()), (None, 2));
    assert!(Restriction::default().is_unmarked() && Restriction::default().label().is_none());
}

const LINES: [&str; 12] = [
    "TLP:CLEAR",
    "TLP:GREEN",
    "TLP:AMBER",
    "TLP:RED",
    "UNCLASSIFIED",
    "UNCLASSIFIED//FOUO",
    "SECRET//NOFORN",
    "SECRET//REL TO USA, JPN, KOR",
    "TOP SECRET//SI//REL TO USA, JPN",
    "//KOR SECRET//REL TO USA, JPN, KOR",
    "//JPN 特定秘密//REL TO USA, JPN",
    "CONFIDENTIAL//REL TO USA, FVEY",
];

/// Whether a label by itself lets a party have something, apart from lists and agreements.
fn lets(label: &Label, party: &str) -> bool {
    label.is_free() || label.is_releasable_to(&Party::from(party))
}

proptest! {
    #[test]
    fn restrictions_are_a_lattice_and_never_widen(
        left in collection::vec(sample::select(LINES.to_vec()), 0..4),
        right in collection::vec(sample::select(LINES.to_vec()), 0..4),
        more in collection::vec(sample::select(LINES.to_vec()), 0..4),
    ) {
        let of = |lines: &[&str]| lines
            .iter()
            .map(|line| Restriction::of(Meaning::of(label::parse(line).unwrap())))
            .fold(Restriction::default(), Restriction::join);
        let (a, b, c) = (of(&left), of(&right), of(&more));
        prop_assert_eq!(a.clone().join(b.clone()), b.clone().join(a.clone()));
        let twice = a.clone().join(a.clone());
        prop_assert_eq!(&twice, &a);
        prop_assert_eq!(a.clone().join(b.clone()).join(c.clone()), a.clone().join(b.clone().join(c.clone())));
        let whole = a.join(b).join(c);
        for party in ["USA", "JPN", "KOR", "AUS", "FRA"] {
            // FRA and the like have what is free alone. A label of the whole lets nobody in whom a part keeps out.
            if whole.label().is_some_and(|label| lets(&label, party)) {
                for line in left.iter().chain(&right).chain(&more) {
                    prop_assert!(lets(&label::parse(line).unwrap(), party), "{} by {:?}", line, whole.label());
                }
            }
        }
    }
}

const OBJECT: &str = r#"{ "type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
 "created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z", "name":"n", "description":"secret source",
 "pattern":"[file:name='\u00fc']","pattern_type":"stix","valid_from":"2016-04-06T20:03:48Z","confidence": 5e1,
 "labels":["x","y"],"extensions":{"extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e":{"extension_type":"property-extension","rank":5,"who":"me"}},
 "granular_markings":[{"marking_ref":"marking-definition--aaaaaaaa-0000-4000-8000-000000000000","selectors":["description","name"]},{"marking_ref":"marking-definition--bbbbbbbb-0000-4000-8000-000000000000","selectors":["name","labels.[1]"]}]}"#;

fn copy(selectors: &[&str]) -> Option<String> {
    let selectors: Vec<_> = selectors.iter().map(|text| Selector::parse(text).unwrap()).collect();
    without(OBJECT, &selectors).unwrap()
}

#[test]
fn a_copy_leaves_out_and_says_nothing_of_it() {
    let reduced = copy(&["description"]).unwrap();
    assert!(!reduced.contains("secret") && !reduced.contains("description"), "{reduced}");
    assert!(
        reduced.contains(r#""pattern":"[file:name='\u00fc']""#) && reduced.contains(r#""confidence":5e1"#),
        "{reduced}"
    );
    assert!(reduced.contains(r#"["name","labels.[1]"]"#) && reduced.contains(r#"["name"]"#), "{reduced}");
    let reduced = copy(&["labels.[0]"]).unwrap();
    assert!(!reduced.contains("labels") && reduced.contains("description"), "{reduced}");
    let reduced = copy(&["name", "description", "labels"]).unwrap();
    assert!(!reduced.contains("granular_markings"), "{reduced}");
    let extension = "extensions.extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e";
    let reduced = copy(&[&format!("{extension}.who")]).unwrap();
    assert!(reduced.contains(r#"{"extension_type":"property-extension","rank":5}"#), "{reduced}");
    // What remains would be no STIX: a pattern is needed, and an extension its type.
    assert_eq!(copy(&["pattern"]), None);
    assert_eq!(copy(&[&format!("{extension}.extension_type")]), None);
    assert_eq!(copy(&["granular_markings"]), None);
    assert_eq!(copy(&["id"]), None);
}

#[test]
fn how_much_somebody_may_have() {
    let entry = index::read(OBJECT).unwrap();
    let by = |a: Permit, b: Permit| {
        let portion = portion(&entry, |id| match id {
            "marking-definition--aaaaaaaa-0000-4000-8000-000000000000" => a,
            "marking-definition--bbbbbbbb-0000-4000-8000-000000000000" => b,
            _ => Permit::Nothing,
        });
        match portion {
            Portion::Whole => "whole".to_owned(),
            Portion::Nothing => "nothing".to_owned(),
            Portion::Without(selectors) => format!("without {}", selectors.len()),
        }
    };
    assert_eq!(by(Permit::Whole, Permit::Whole), "whole");
    assert_eq!(by(Permit::Reduced, Permit::Whole), "without 2");
    assert_eq!(by(Permit::Reduced, Permit::Reduced), "without 4");
    assert_eq!(by(Permit::Reduced, Permit::Nothing), "nothing");
    for text in [
        OBJECT.replace("\"description\",\"name\"", "\"description\",\"id\""),
        OBJECT.replace("\"description\",\"name\"", "\"description\",\"!\""),
        OBJECT.replace("[\"description\",\"name\"]", "[]"),
        OBJECT.replace("[\"description\",\"name\"]", "7"),
        OBJECT.replace(
            "\"labels\":[",
            "\"object_marking_refs\":[\"marking-definition--cccccccc-0000-4000-8000-000000000000\"],\"labels\":[",
        ),
    ] {
        let entry = index::read(&text).unwrap();
        let permits = |id: &str| {
            if id == "marking-definition--aaaaaaaa-0000-4000-8000-000000000000" {
                Permit::Reduced
            } else {
                Permit::Whole
            }
        };
        let strict = |id: &str| {
            if id == "marking-definition--cccccccc-0000-4000-8000-000000000000" { Permit::Reduced } else { permits(id) }
        };
        assert_eq!(portion(&entry, strict), Portion::Nothing, "{text}");
    }
}

proptest! {
    /// Whatever is selected, the copy has it no more, and nothing that the object had not.
    #[test]
    fn a_copy_only_leaves_out(
        selectors in collection::vec(sample::select(vec![
            "name", "description", "labels", "labels.[0]", "labels.[1]", "confidence", "pattern_type", "extensions",
            "extensions.extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e.rank",
        ]), 1..5),
    ) {
        let Some(copy) = copy(&selectors) else { return Ok(()) };
        let object = parse(&copy, Limits::OBJECT).unwrap();
        let whole = parse(OBJECT, Limits::OBJECT).unwrap();
        let (object, whole) = (object.object().unwrap(), whole.object().unwrap());
        for text in &selectors {
            prop_assert!(!Selector::parse(text).unwrap().is_in(object), "{}", text);
            prop_assert!(!copy.contains(&format!("\"{text}\"")), "{copy} says `{text}`");
        }
        for key in object.keys() {
            prop_assert!(whole.has(key));
        }
        prop_assert!(check_is_clean(&copy));
    }
}
