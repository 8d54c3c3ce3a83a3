//! Warnings, rules, contact lists and exports of consultations.

use entente_core::{
    alert::{Arrival, Book},
    consult::Precedence,
    time::SignedDuration,
};
use entente_formats::{
    alert::{cap, read},
    consultation::{Export, SignedExport},
    contacts, rules,
};

use crate::place::{require_all_inside, require_inside};

/// What is read in any syntax is written as CAP that is read as the same, and makes an alert that nothing is lost of;
/// what is not has a problem inside the text.
pub fn a_warning_that_reads_writes_as_cap_and_its_problem_lies_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match read(text) {
        Err(problem) => require_inside(text, &problem),
        Ok(reading) => {
            let mut meant = reading.cap.clone();
            meant.extensions.clear();
            let written = cap::write(&meant);
            assert_eq!(cap::parse(&written).as_ref(), Ok(&meant), "written as `{written}`");
            if let Some(message) = reading.message(&"JPN".into()) {
                let mut book = Book::default();
                let arrival = Arrival { received: message.name.sent, message: message.into() };
                book.take(arrival.clone());
                book.take(arrival);
                let alerts = book.alerts();
                let [alert] = alerts.as_slice() else { panic!("{} alerts of one message", alerts.len()) };
                assert!(alert.revisions.len() == 1 && alert.revisions.iter().all(|revision| revision.stands));
            }
        }
    }
}

/// Rules that parse can be asked about any warning; their problems lie inside the text.
pub fn rules_that_parse_can_be_run_and_their_problems_lie_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match rules::parse(text) {
        Err(problems) => require_all_inside(text, &problems),
        Ok(rules) => {
            let warning = read(include_str!("../../../vectors/alerts/cap/missile.xml")).expect("the vector reads");
            let message = warning.message(&"JPN".into()).expect("it is an alert");
            let outcomes = rules.dry_run(&message, Some("missile-warning/1"));
            assert_eq!(outcomes.len(), rules.rules.len());
            assert!(outcomes.iter().all(|outcome| outcome.zones.len() <= outcome.rule.zones.len()));
        }
    }
}

/// A contact list that parses says whom something leads to, in order and to nobody whom it does not have; its problems lie inside
/// the text.
pub fn a_contact_list_that_parses_has_a_plan_and_its_problems_lie_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match contacts::parse(text) {
        Err(problems) => require_all_inside(text, &problems),
        Ok(list) => {
            let since = "2026-10-25T00:30:00Z".parse().expect("a moment");
            let until = since + SignedDuration::from_hours(48);
            let plan = list.plan(Precedence::Flash, since, until);
            assert!(plan.is_sorted_by(|one, next| one.at <= next.at));
            assert!(plan.iter().all(|due| list.persons.get(due.person).is_some_and(|person| person.has(due.way))));
            let (due, next) = list.due(Precedence::Flash, since, until, &std::collections::BTreeMap::new());
            assert!(due.iter().all(|due| due.at <= until) && next.is_none_or(|next| next > until));
            let _total = list.weak(since, until);
        }
    }
}

/// An export, or the payload of one, that reads writes back to the same bytes.
pub fn an_export_of_a_consultation_that_reads_writes_back_to_itself(data: &[u8]) {
    if let Ok(export) = Export::read(data) {
        let payload = export.payload();
        assert_eq!(Export::read(&payload).as_ref(), Ok(&export));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(file) = SignedExport::from_json(text) {
        let written = file.to_json(&[0; 32]);
        assert_eq!(SignedExport::from_json(&written).as_ref(), Ok(&file));
        let _total = Export::read(&file.payload);
    }
}
