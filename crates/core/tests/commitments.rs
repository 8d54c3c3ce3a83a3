//! Commitments: only the owner's words count, and the last of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use entente_core::{
    Party,
    consult::{
        Digest,
        commitment::{Commitment, Plan, Progress, Waiver, Word, waived_by},
    },
    time::{Date, Timestamp},
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn commitment() -> Commitment {
    Commitment {
        by: "JPN".into(),
        number: [1; 16],
        owner: "USA".into(),
        what: "host the exercise".into(),
        due: Some(day("2027-03-31")),
        clause: Some(("tscf-2024".into(), "exercises".into())),
        consultation: None,
        steps: vec!["plan".into(), "invite".into()],
        at: noon("2026-11-20"),
    }
}

const NAME: Digest = [9; 32];

fn said(by: &str, number: u32, step: Option<u32>, word: Word, on: &str) -> Progress {
    Progress {
        by: by.into(),
        commitment: NAME,
        number,
        step,
        word,
        evidence: Vec::new(),
        note: String::new(),
        at: noon(on),
    }
}

fn all(words: &[Progress]) -> BTreeMap<Digest, Progress> {
    words.iter().enumerate().map(|(at, one)| ([u8::try_from(at).unwrap(); 32], one.clone())).collect()
}

#[test]
fn a_commitment_is_open_overdue_done_late_or_dropped() {
    let made = commitment();
    let done = |on: &str| said("USA", 2, None, Word::Done, on);
    for (words, on, status, steps) in [
        (vec![], "2027-03-31", "open", 0),
        (vec![], "2027-04-01", "overdue", 0),
        (vec![done("2027-03-31")], "2028-01-01", "done", 0),
        (vec![done("2027-04-01")], "2028-01-01", "late", 0),
        (vec![done("2027-03-01"), said("USA", 3, None, Word::Open, "2027-03-02")], "2027-03-03", "open", 0),
        (vec![said("USA", 3, None, Word::Dropped, "2027-03-02"), done("2027-03-01")], "2027-04-03", "dropped", 0),
        // What others say of it counts for nothing, and a step is not the whole.
        (vec![said("JPN", 9, None, Word::Done, "2027-03-01")], "2027-03-03", "open", 0),
        (vec![said("USA", 1, Some(0), Word::Done, "2027-03-01")], "2027-03-03", "open", 1),
        (vec![said("USA", 1, Some(7), Word::Done, "2027-03-01")], "2027-03-03", "open", 0),
    ] {
        let words = all(&words);
        let plan = Plan::fold(NAME, &made, &words);
        assert_eq!((plan.status(day(on)).as_str(), plan.steps_done()), (status, (steps, 2)), "{words:?}");
    }
    let words = all(&[
        said("JPN", 1, None, Word::Done, "2027-03-01"),
        done("2027-03-01"),
        said("USA", 2, None, Word::Dropped, "2027-03-01"),
    ]);
    let plan = Plan::fold(NAME, &made, &words);
    assert_eq!((plan.others.len(), plan.doubles[&2].len()), (1, 2), "both versions are named");
}

#[test]
fn a_waiver_counts_for_its_own_duty() {
    let clause = |article: &str| ("tscf-2024".into(), article.into());
    let waiver = |by: &str, article: &str, party: &str| Waiver {
        by: by.into(),
        of: NAME,
        clause: clause(article),
        party: party.into(),
        note: String::new(),
        at: noon("2026-11-20"),
    };
    let given =
        [waiver("KOR", "exercises", "USA"), waiver("JPN", "exchanges", "USA"), waiver("JPN", "exercises", "KOR")];
    let counted = waived_by(&given, &NAME, &clause("exercises"), &"USA".into());
    assert_eq!(counted, [Party::from("KOR")].into());
    assert!(waived_by(&given, &[0; 32], &clause("exercises"), &"USA".into()).is_empty());
}
