//! What the example's agreements make of an incident, and of a day without one.

use std::collections::BTreeSet;

use entente_core::{
    Party,
    agreement::{Act, ActKind, Actor, clause::Notifier},
    consult::{Incident, LocalClocks, Obligation, Opened, State, accession::accession, owed, standing},
    record::Status,
    time::day_of,
};

use super::{example, moment, wire::raise};

fn incident(trigger: &str) -> Incident {
    let incident = raise().incident;
    Incident { trigger: trigger.into(), role: None, ..incident }
}

fn lines(obligations: &[Obligation]) -> Vec<String> {
    let line = |one: &Obligation| {
        let due = one.due.at.map(|at| at.to_string()).unwrap_or_default();
        let (agreement, clause) = (&one.agreement.0, &one.clause);
        format!(
            "{} {} {agreement} {clause} [{}] {} {due}",
            one.party,
            one.kind,
            one.basis.as_str(),
            one.due.clock.as_str()
        )
    };
    obligations.iter().map(line).collect()
}

#[test]
fn a_launch_makes_each_party_consult_by_a_local_clock() {
    let opened = owed(&example(), &incident("missile-launch"), &LocalClocks::default());
    let local = "local setting, not in the text 2026-11-20T00:17:00Z";
    let expected = ["KOR", "USA", "JPN"]
        .map(|party| format!("{party} consult commitment-to-consult-2023 consultation [assumed] {local}"));
    assert_eq!(lines(opened.real()), expected);
    assert!(opened.real().iter().all(|one| one.force.as_str() == "political" && one.to.len() == 2));
}

#[test]
fn a_loss_is_notified_by_who_lost_it() {
    for (role, duties) in [(None, true), (Some(Notifier::Recipient), true), (Some(Notifier::Provider), false)] {
        let incident = Incident { role, ..incident("loss-or-compromise") };
        let opened = owed(&example(), &incident, &LocalClocks::default());
        let all = lines(opened.real());
        let is_there = all.iter().any(|line| line.starts_with("JPN notify jp-kr-gsomia-2016 17 "));
        assert_eq!(is_there, duties, "{role:?}: {all:?}");
        assert!(opened.real().iter().all(|one| one.party == "JPN"));
    }
}

#[test]
fn nothing_is_owed_for_what_no_clause_names_nor_by_who_is_no_party() {
    let clocks = LocalClocks::default();
    assert_eq!(owed(&example(), &incident("weather"), &clocks).all(), []);
    let stranger = Incident { raised_by: "AUS".into(), ..incident("missile-launch") };
    assert_eq!(owed(&example(), &stranger, &clocks).all(), []);
}

#[test]
fn a_drill_opens_nothing_real() {
    for status in [Status::Exercise, Status::Test] {
        let opened = owed(&example(), &Incident { status, ..incident("missile-launch") }, &LocalClocks::default());
        assert_eq!((opened.real().len(), opened.all().len()), (0, 3));
        assert!(matches!(opened, Opened::Drill(drill, _) if drill == status));
    }
}

#[test]
fn what_counts_is_what_was_in_force_when_it_was_raised() {
    let mut agreements = example();
    let text = agreements.get_mut("commitment-to-consult-2023").unwrap();
    let suspension = |date: &str| Act {
        by: Actor::Party("KOR".into()),
        date: date.parse().unwrap(),
        kind: ActKind::Suspended,
        article: None,
        admits: None,
        disputed_by: Vec::new(),
    };
    let before = owed(&example(), &incident("missile-launch"), &LocalClocks::default());
    text.acts.push(suspension("2026-11-21"));
    assert_eq!(owed(&agreements, &incident("missile-launch"), &LocalClocks::default()), before, "a day later");
    agreements.get_mut("commitment-to-consult-2023").unwrap().acts.push(suspension("2026-11-20"));
    let after = owed(&agreements, &incident("missile-launch"), &LocalClocks::default());
    let who: Vec<&Party> = after.real().iter().map(|one| &one.party).collect();
    assert_eq!(who, ["USA", "JPN"]);
}

#[test]
fn an_obligation_is_due_met_late_overdue_or_waived_by_all() {
    let opened = owed(&example(), &incident("missile-launch"), &LocalClocks::default());
    let one = &opened.real()[0];
    let none = BTreeSet::new();
    let at = |minute: &str| moment(&format!("2026-11-20T00:{minute}:00Z"));
    for (now, done, state) in [
        ("17", None, State::Due),
        ("18", None, State::Overdue),
        ("30", Some("17"), State::Met(at("17"))),
        ("30", Some("18"), State::Late(at("18"))),
    ] {
        assert_eq!(one.state(at(now), done.map(at), &none), state, "{now} {done:?}");
    }
    let all: BTreeSet<Party> = ["JPN", "KOR", "USA"].map(Party::from).into();
    assert_eq!(one.state(at("18"), None, &all), State::Waived);
    let some: BTreeSet<Party> = ["KOR", "USA"].map(Party::from).into();
    assert_eq!(one.state(at("18"), None, &some), State::Overdue);
}

#[test]
fn commitments_and_meetings_are_owed_without_an_incident() {
    let all = standing(&example(), &"JPN".into(), day_of(moment("2026-11-20T00:00:00Z")), |_, _| None);
    let lines = lines(&all);
    let leaders = "JPN meet commitment-to-consult-2023 meetings [summary] text 2024-08-19T00:00:00Z";
    assert_eq!(lines.iter().filter(|line| *line == leaders).count(), 5, "{lines:#?}");
    assert!(lines.contains(&"JPN commit missile-warning-sharing-2023 warning-data [summary] none ".into()));
    assert!(all.iter().all(|one| one.party == "JPN"));
}

#[test]
fn accession_is_a_list_of_steps() {
    let mut agreements = example();
    let text = agreements.get_mut("commitment-to-consult-2023").unwrap();
    let act = |by: &str, date: &str, kind, admits: Option<&str>| Act {
        by: Actor::Party(by.into()),
        date: date.parse().unwrap(),
        kind,
        article: None,
        admits: admits.map(Into::into),
        disputed_by: Vec::new(),
    };
    let steps = |text: &entente_core::agreement::Agreement| -> Vec<String> {
        let done = |day: Option<entente_core::time::Date>| day.map_or("open".to_owned(), |day| day.to_string());
        let steps = accession(text, &"AUS".into(), "2026-12-31".parse().unwrap());
        steps.iter().map(|step| format!("{} {} {}", step.by, step.kind.as_str(), done(step.done))).collect()
    };
    text.acts.push(act("JPN", "2026-12-01", ActKind::Admitted, Some("AUS")));
    let open = ["AUS signed open", "AUS ratified open", "AUS entered-into-force open"];
    assert_eq!(steps(text)[..3], ["JPN admitted 2026-12-01", "KOR admitted open", "USA admitted open"]);
    assert_eq!(steps(text)[3..], open);
    text.acts.push(act("KOR", "2026-12-02", ActKind::Admitted, Some("AUS")));
    text.acts.push(act("USA", "2026-12-03", ActKind::Admitted, Some("AUS")));
    text.acts.push(act("AUS", "2026-12-04", ActKind::EnteredIntoForce, None));
    assert_eq!(steps(text)[2..3], ["USA admitted 2026-12-03"]);
    assert_eq!(steps(text).last().unwrap(), "AUS entered-into-force 2026-12-04");
}
