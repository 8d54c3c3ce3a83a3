//! Roll-up: the published vectors, the laws of a lattice over random parts, and that nobody gets the whole who may not get
//! each part.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reads its vectors and fails by panicking"
)]

mod markings;

use std::collections::BTreeSet;

use entente_core::{
    Party,
    label::{
        Class, Label, Marking, Owner, Portion, Tlp, names,
        rollup::{RollUp, Subject, rollup},
    },
};
use entente_formats::label::{self, capco::portion};
use markings::{banner_of, marking, portion, vectors};
use proptest::{collection, prelude::*, sample};
use serde_json::Value;

/// A part as the vectors write it: a portion mark, or a label.
fn part(text: &str, banner: Option<&Marking>) -> RollUp {
    if portion::is_portion(text) {
        RollUp::of_portion(&portion::parse(text, banner).unwrap_or_else(|problem| panic!("{text}: {problem}")))
    } else {
        RollUp::of(&label::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}")))
    }
}

fn parts(vector: &Value) -> Vec<RollUp> {
    let against = banner_of(vector, "against");
    vector["parts"].as_array().unwrap().iter().map(|text| part(text.as_str().unwrap(), against.as_ref())).collect()
}

#[test]
fn vectors_in_any_order() {
    let mut wrong = Vec::new();
    for vector in vectors("rollup.jsonl") {
        let forwards = parts(&vector).into_iter().fold(RollUp::default(), RollUp::join);
        let backwards = parts(&vector).into_iter().rev().fold(RollUp::default(), |all, one| one.join(all));
        assert_eq!(forwards, backwards, "{}", vector["parts"]);
        let outcome = forwards.outcome().unwrap();
        let banner = outcome.label.as_ref().map(label::write);
        let rules: BTreeSet<u8> = outcome.reasons.iter().flat_map(|reason| reason.rules.clone()).collect();
        let expected: BTreeSet<u8> =
            vector["rules"].as_array().unwrap().iter().map(|rule| rule.as_u64().unwrap().try_into().unwrap()).collect();
        if banner.as_deref() != vector["banner"].as_str() || rules != expected {
            wrong.push(format!(
                "{}: {banner:?} by {rules:?}, not {} by {expected:?}",
                vector["parts"], vector["banner"]
            ));
        }
        assert!(!outcome.reasons.is_empty(), "{}", vector["parts"]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_of_the_table_has_a_vector() {
    let vectors = vectors("rollup.jsonl");
    for rule in 1..=27 {
        let page = format!("capco-2016 pp.28-30 rule {rule}");
        let shows = |vector: &&Value| {
            vector["page"] == page.as_str() && vector["rules"].as_array().unwrap().iter().any(|number| *number == rule)
        };
        assert!(vectors.iter().any(|vector| shows(&vector)), "rule {rule}");
    }
}

#[test]
fn nothing_is_rolled_up_from_nothing() {
    assert_eq!(rollup([]).outcome(), None);
}

fn any_label() -> impl Strategy<Value = Label> {
    prop_oneof![
        6 => marking().prop_map(|marking| Label::Marking(Box::new(marking))),
        1 => sample::select(Tlp::ALL.to_vec()).prop_map(Label::Tlp),
    ]
}

fn any_part() -> impl Strategy<Value = RollUp> {
    prop_oneof![any_label().prop_map(|label| RollUp::of(&label)), portion().prop_map(|one| RollUp::of_portion(&one))]
}

/// Labels of few owners, so that roll-ups of several are banner lines more often than not.
fn labels() -> impl Strategy<Value = Vec<Label>> {
    let of_few = collection::vec(marking(), 1..5).prop_map(|mut markings| {
        if let Some(first) = markings.first().map(|first| first.owner.clone()) {
            markings.retain(|marking| marking.owner == first || marking.owner == Owner::UnitedStates);
        }
        markings.into_iter().map(|marking| Label::Marking(Box::new(marking))).collect()
    });
    prop_oneof![3 => of_few, 1 => collection::vec(any_label(), 1..4)]
}

/// Parties that some list or other names, and the one that none does.
const PARTIES: [&str; 13] =
    ["AUS", "CAN", "DEU", "FRA", "GBR", "JPN", "KOR", "NZL", "PHL", "XKS", "USA", "NATO", "PRK"];

/// Whether the label alone lets `party` have it, or, where `shown`, see it. EYES ONLY is a list like REL TO (CAPCO D.2,
/// table 3, rule 22). TLP above GREEN asks for a list that is not in the label.
fn lets(label: &Label, party: &Party, shown: bool) -> bool {
    let listed = label.dissemination().is_some_and(|controls| !controls.noforn && names(&controls.eyes, party));
    label.is_free() || label.is_releasable_to(party) || listed || (shown && label.is_displayable_to(party))
}

/// The owners of a marking, who have it whatever its lists say.
fn owns(label: &Label, party: &Party) -> bool {
    let Label::Marking(marking) = label else { return false };
    match &marking.owner {
        Owner::Joint(owners) => owners.iter().any(|owner| owner.is(party)),
        _ => marking.country() == Some(party.as_str()),
    }
}

proptest! {
    #[test]
    fn joining_is_associative_commutative_and_idempotent(a in any_part(), b in any_part(), c in any_part()) {
        prop_assert_eq!(a.clone().join(b.clone()).join(c.clone()), a.clone().join(b.clone().join(c)));
        prop_assert_eq!(a.clone().join(b.clone()), b.join(a.clone()));
        prop_assert_eq!(&a.clone().join(a.clone()), &a);
        prop_assert_eq!(&RollUp::default().join(a.clone()), &a);
    }

    #[test]
    fn a_single_label_rolls_up_to_itself(mut label in any_label()) {
        if let Label::Marking(marking) = &mut label {
            // What may be released may be shown: a code in both lists stands in the first alone.
            let released = marking.dissemination.rel_to.clone();
            let covered = |code: &str| names(&released, &code.into());
            marking.dissemination.display_only.retain(|code| !covered(code.as_str()));
        }
        prop_assume!(label::parse(&label::write(&label)).is_ok());
        let outcome = RollUp::of(&label).outcome().unwrap();
        let written = outcome.label.as_ref().map(label::write);
        prop_assert_eq!(written, Some(label::write(&label)));
    }

    #[test]
    fn what_is_rolled_up_is_a_label_that_is_read(labels in labels()) {
        let outcome = rollup(&labels).outcome().unwrap();
        if let Some(label) = &outcome.label {
            let text = label::write(label);
            let parsed = label::parse(&text);
            prop_assert_eq!(parsed.as_ref(), Ok(label), "{} of {:?}", text, labels);
            prop_assert_eq!(RollUp::of(label).outcome().unwrap().label, outcome.label, "{}", text);
        }
        for reason in &outcome.reasons {
            prop_assert!(!reason.why.is_empty());
        }
    }

    #[test]
    fn nobody_gets_the_whole_who_may_not_get_a_part(labels in labels()) {
        let Some(whole) = rollup(&labels).outcome().unwrap().label else { return Ok(()) };
        for (party, shown) in PARTIES.into_iter().flat_map(|party| [(party, false), (party, true)]) {
            let party = Party::from(party);
            if owns(&whole, &party) || !lets(&whole, &party, shown) {
                continue;
            }
            for label in &labels {
                let text = label::write(label);
                prop_assert!(lets(label, &party, shown), "{party}: {} from {text}", label::write(&whole));
            }
        }
        if labels.iter().any(Label::is_compartmented) {
            let noforn = whole.dissemination().is_some_and(|controls| controls.noforn);
            prop_assert!(whole.is_compartmented() || noforn, "{}", label::write(&whole));
        }
        if labels.iter().any(Label::is_originator_controlled) {
            prop_assert!(whole.is_originator_controlled());
        }
    }

    #[test]
    fn another_part_never_widens(labels in labels(), more in any_label()) {
        let before = rollup(&labels);
        let after = before.clone().join(RollUp::of(&more));
        // Without a banner line nobody had it; a part of the United States can give it one (see the vectors).
        let (Some(narrow), Some(wide)) = (after.outcome().unwrap().label, before.outcome().unwrap().label) else {
            return Ok(());
        };
        for (party, shown) in PARTIES.into_iter().flat_map(|party| [(party, false), (party, true)]) {
            let party = Party::from(party);
            if !owns(&narrow, &party) && lets(&narrow, &party, shown) {
                prop_assert!(
                    lets(&wide, &party, shown) || owns(&wide, &party),
                    "{party}: {} after {}",
                    label::write(&narrow),
                    label::write(&wide)
                );
            }
        }
        if let (Label::Marking(after), Label::Marking(before)) = (&narrow, &wide)
            && let (Class::Level(after), Class::Level(before)) = (&after.class, &before.class)
        {
            prop_assert!(after >= before);
        }
    }

    #[test]
    fn a_portion_alone_has_a_banner_line(portion in portion()) {
        let Portion { marking, segregated } = &portion;
        let outcome = RollUp::of_portion(&portion).outcome().unwrap();
        let label = outcome.label.unwrap();
        prop_assert!(label::parse(&label::write(&label)).is_ok());
        if *segregated {
            prop_assert!(outcome.reasons.iter().any(|reason| reason.subject == Subject::Fgi));
        } else {
            prop_assert_eq!(label.dissemination().unwrap().noforn, marking.dissemination.noforn);
        }
    }
}
