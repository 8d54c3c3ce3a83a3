//! Warnings, rules, exports, and every statement on a consultation: what the export of the vectors holds, and one of the
//! others.

use entente_formats::{
    consultation::{Export, SignedExport},
    wire::{
        Canonical,
        consult::{
            AlertAcknowledgement, CommitmentStatement, CommitmentWord, MeetingStatement, ProgressStatement,
            WaiverStatement,
        },
    },
};

use super::{Seed, read};

pub(super) fn acknowledgement() -> AlertAcknowledgement {
    AlertAcknowledgement {
        by: "USA".into(),
        originator: "JPN".into(),
        record: "MW-7".into(),
        digest: [6; 32],
        person: "watch officer".into(),
        at: 1_795_000_000,
    }
}

fn commitments() -> Vec<Seed> {
    let made = CommitmentStatement {
        by: "JPN".into(),
        number: [1; 16],
        owner: "USA".into(),
        what: "host the exercise".into(),
        steps: vec!["plan".into()],
        at: 1_795_000_000,
        due: Some("2027-03-31".into()),
        clause: Some(("tscf-2024".into(), "exercises".into())),
        consultation: Some([2; 32]),
    };
    let progress = ProgressStatement {
        by: "USA".into(),
        commitment: [3; 32],
        number: 1,
        word: "done".into(),
        evidence: Vec::new(),
        note: String::new(),
        at: 1_795_000_000,
        step: Some(0),
    };
    let waiver = WaiverStatement {
        by: "KOR".into(),
        of: [4; 32],
        agreement: "tscf-2024".into(),
        clause: "exercises".into(),
        party: "JPN".into(),
        note: "settled".into(),
        at: 1_795_000_000,
    };
    let all = [
        ("made", CommitmentWord::Made(made)),
        ("progress", CommitmentWord::Progress(progress)),
        ("waived", CommitmentWord::Waived(waiver)),
    ];
    all.into_iter().map(|(name, word)| (name.to_owned(), word.to_bytes())).collect()
}

fn meeting() -> Vec<u8> {
    let meeting = MeetingStatement {
        by: "KOR".into(),
        number: [5; 16],
        revision: 1,
        title: "Foreign ministers".into(),
        starts: 1_795_000_000,
        ends: 1_795_003_600,
        place: "Seoul".into(),
        is_cancelled: false,
        at: 1_794_000_000,
        clause: Some(("tscf-2024".into(), "policy-consultations".into())),
        minutes: Some("K-77".into()),
        body: None,
    };
    meeting.to_bytes()
}

/// The seeds of each property.
pub(super) fn all() -> Vec<(&'static str, Vec<Seed>)> {
    let one = |bytes: Vec<u8>| vec![("full".to_owned(), bytes)];
    let export = read("vectors/consult/two-versions.json");
    let payload = SignedExport::from_json(&export).unwrap().payload;
    let closed = SignedExport::from_json(&read("vectors/consult/closed-without-one.json")).unwrap().payload;
    let closed = Export::read(&closed).unwrap();
    let steps = closed.steps.iter().enumerate();
    let steps = steps.map(|(at, signed)| (format!("{at:02}"), signed.statement.clone())).collect();
    let warning = |name: &str| (name.replace('/', "-"), read(&format!("vectors/alerts/{name}.xml")).into_bytes());
    let warnings = [
        "cap/everything",
        "cap/missile",
        "jma/tsunami",
        "jma/tsunami-cancelled",
        "jma/early-warning",
        "jma/earthquake",
    ];
    let rules = read("examples/northeast-asia/rules/JPN.toml");
    let contacts = read("examples/northeast-asia/contacts/KOR.toml");
    vec![
        ("a_warning_that_reads_writes_as_cap_and_its_problem_lies_inside_the_text", warnings.map(warning).to_vec()),
        ("rules_that_parse_can_be_run_and_their_problems_lie_inside_the_text", one(rules.into_bytes())),
        ("a_contact_list_that_parses_has_a_plan_and_its_problems_lie_inside_the_text", one(contacts.into_bytes())),
        (
            "an_export_of_a_consultation_that_reads_writes_back_to_itself",
            vec![("file".to_owned(), export.into_bytes()), ("payload".to_owned(), payload)],
        ),
        ("a_raise_that_decodes_encodes_to_the_same_bytes", one(closed.raise.statement.clone())),
        ("a_step_that_decodes_encodes_to_the_same_bytes", steps),
        ("a_commitment_that_decodes_encodes_to_the_same_bytes", commitments()),
        ("a_call_to_a_meeting_that_decodes_encodes_to_the_same_bytes", one(meeting())),
        ("an_acknowledgement_of_an_alert_that_decodes_encodes_to_the_same_bytes", one(acknowledgement().to_bytes())),
    ]
}
