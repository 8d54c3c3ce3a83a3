//! Alerts at real nodes: what crosses, who sees it, who has taken note, and what rules make of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::{
    Level,
    alert::{Circle, Found, Point, Shape, Standing},
    consult::{Place, State},
    record::Status,
    time::Timestamp,
};
use entente_formats::{
    rules,
    wire::{Body, Canonical, consult::AlertAcknowledgement, payload},
};
use entente_node::{
    Answer, Event, Lane, Refusal,
    alert::{AlertSeen, Ingest, Ingested},
    desk::{Desk, Handling, Recipients},
    event::{Outcome, RecordRef},
    incident::RaiseIncident,
};
use site::{Site, Sites, deliver, example_text, party, three};

const LABEL: &str = "//JPN 秘//REL TO USA, JPN, KOR";

/// A warning of CAP. `references` as CAP writes them; times in minutes after noon.
fn cap(identifier: &str, kind: &str, status: &str, severity: &str, minutes: (u32, u32), references: &str) -> Vec<u8> {
    let moment = |minutes: u32| format!("2026-11-23T{:02}:{:02}:00-00:00", 12 + minutes / 60, minutes % 60);
    let references =
        if references.is_empty() { String::new() } else { format!("<references>{references}</references>") };
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{identifier}</identifier>\
         <sender>watch.jpn.example</sender><sent>{}</sent><status>{status}</status><msgType>{kind}</msgType>\
         <scope>Public</scope>{references}<info><category>Security</category><event>missile</event>\
         <urgency>Immediate</urgency><severity>{severity}</severity><certainty>Likely</certainty>\
         <expires>{}</expires><headline>Missile over the sea</headline><area><areaDesc>Sea of Japan</areaDesc>\
         <polygon>40,136 42,136 42,139 40,139 40,136</polygon></area></info></alert>",
        moment(minutes.0),
        moment(minutes.1),
    )
    .into_bytes()
}

fn first(severity: &str) -> Vec<u8> {
    cap("W-1", "Alert", "Actual", severity, (0, 60), "")
}

/// JPN gives warnings to both, and has the rules of the example.
fn desk(rules_text: Option<&str>) -> Desk {
    let handling = Handling {
        profile: None,
        label: LABEL.to_owned(),
        subjects: vec!["dprk-missile".to_owned()],
        to: Recipients::All,
        purpose: "missile-warning".into(),
        channel: "government-to-government".into(),
        prefer: Vec::new(),
    };
    let rules = rules_text.map(|text| rules::parse(text).unwrap()).unwrap_or_default();
    Desk { rules, handling: vec![handling], ..Desk::default() }
}

const RULES: &str = r#"
schema = "entente.rules/1"
[[zone]]
id = "sea"
name = "The sea"
polygons = ["41,137 43,137 43,140 41,140 41,137"]
[[rule]]
id = "missile"
zones = ["sea"]
severity = "Severe"
trigger = "missile-launch"
title = "A missile over the sea"
precedence = "FLASH"
"#;

fn world(rules_text: Option<&str>) -> Sites {
    let mut sites = three();
    for code in ["JPN", "KOR", "USA"] {
        let desk = if code == "JPN" { desk(rules_text) } else { Desk::default() };
        sites.get_mut(code).unwrap().set_desk(desk);
    }
    sites
}

fn ingest(site: &mut Site, content: Vec<u8>) -> Result<Ingested, Refusal> {
    let by = site.viewer();
    let ingest = Ingest { by, content, label: None, subjects: None, to: None };
    match site.handle(Event::Ingest(Box::new(ingest)))? {
        Answer::Ingested(ingested) => Ok(*ingested),
        other => panic!("{other:?}"),
    }
}

fn alerts(site: &Site) -> Vec<AlertSeen> {
    site.node.alerts(&site.viewer(), site.now)
}

fn at(site: &mut Site, minutes: i64) {
    let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    site.now = Timestamp::from_second(start.as_second() + minutes * 60).unwrap();
}

fn acknowledge(site: &mut Site, record: &str) -> Result<Answer, Refusal> {
    let by = site.viewer();
    site.handle(Event::AcknowledgeAlert { by, record: RecordRef { originator: None, id: record.into() } })
}

fn acknowledged_by(site: &Site) -> Vec<String> {
    let alerts = alerts(site);
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    alert.messages.iter().flat_map(|message| &message.acknowledged).map(|one| one.by.to_string()).collect()
}

#[test]
fn a_warning_reaches_those_whom_an_agreement_permits_and_each_sees_who_took_note() {
    let mut sites = world(None);
    let got = ingest(sites.get_mut("JPN").unwrap(), first("Severe")).unwrap();
    assert!(!got.known && got.unreachable.is_empty(), "{got:?}");
    let sequenced: Vec<&str> = got
        .outcomes
        .iter()
        .filter_map(|(party, outcome)| match outcome {
            Outcome::Sequenced { feed, .. } if feed.lane == Lane::Urgent => Some(party.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(sequenced, ["KOR", "USA"], "{:?}", got.outcomes);
    // Before anybody has it, nobody is told that somebody took note.
    acknowledge(sites.get_mut("JPN").unwrap(), got.record.as_str()).unwrap();
    deliver(&mut sites);
    let id = got.record.to_string();
    for code in ["KOR", "USA"] {
        let alerts = alerts(&sites[code]);
        let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
        assert!(matches!(alert.standing, Standing::InEffect { .. }));
        assert_eq!(alert.source.party, party("JPN"));
        assert_eq!(acknowledged_by(&sites[code]), ["JPN"], "{code}");
    }
    acknowledge(sites.get_mut("KOR").unwrap(), &id).unwrap();
    deliver(&mut sites);
    acknowledge(sites.get_mut("USA").unwrap(), &id).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        assert_eq!(acknowledged_by(&sites[code]), ["JPN", "KOR", "USA"], "{code}");
        assert!(alerts(&sites[code])[0].waits_for().is_empty(), "{code}");
        // Nothing of it is lost with the memory.
        let before = alerts(&sites[code]);
        sites.get_mut(code).unwrap().crash();
        assert_eq!(alerts(&sites[code]), before, "{code}");
    }
    let refusal = acknowledge(sites.get_mut("USA").unwrap(), &id).unwrap_err();
    assert!(refusal.to_string().contains("taken note"), "{refusal}");
}

#[test]
fn one_event_is_one_alert_whatever_the_order_and_the_doubling() {
    let mut sites = world(None);
    let jpn = sites.get_mut("JPN").unwrap();
    at(jpn, 20);
    let reference = "watch.jpn.example,W-1,2026-11-23T12:00:00-00:00";
    // The update comes before its alert, and warns at once.
    ingest(jpn, cap("W-2", "Update", "Actual", "Extreme", (10, 60), reference)).unwrap();
    let found: Vec<_> = alerts(jpn)[0].findings.iter().map(|finding| finding.found.clone()).collect();
    assert!(matches!(found.as_slice(), [Found::Missing(_)]), "{found:?}");
    let one = ingest(jpn, first("Severe")).unwrap();
    let again = ingest(jpn, first("Severe")).unwrap();
    assert!(again.known && again.record == one.record && again.outcomes.is_empty(), "{again:?}");
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        let site = sites.get_mut(code).unwrap();
        at(site, 20);
        let alerts = alerts(site);
        let [alert] = alerts.as_slice() else { panic!("{code}: {alerts:?}") };
        let names: Vec<&str> = alert.messages.iter().map(|message| message.message.name.identifier.as_str()).collect();
        assert_eq!((names.as_slice(), alert.findings.len()), (["W-1", "W-2"].as_slice(), 0), "{code}");
    }
    // A cancel clears it everywhere.
    let both = format!("{reference} watch.jpn.example,W-2,2026-11-23T12:10:00-00:00");
    ingest(sites.get_mut("JPN").unwrap(), cap("W-3", "Cancel", "Actual", "Extreme", (15, 60), &both)).unwrap();
    deliver(&mut sites);
    for code in ["JPN", "KOR", "USA"] {
        assert_eq!(alerts(&sites[code])[0].standing, Standing::Cancelled, "{code}");
    }
}

#[test]
fn nobody_cancels_anothers_alert() {
    let mut sites = world(None);
    ingest(sites.get_mut("JPN").unwrap(), first("Severe")).unwrap();
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    let cancel = cap("X-1", "Cancel", "Actual", "Minor", (5, 60), "watch.jpn.example,W-1,2026-11-23T12:00:00-00:00");
    let by = kor.viewer();
    let label = Some("//KOR SECRET//REL TO USA, JPN, KOR".to_owned());
    let to = Some(vec![party("JPN")]);
    let ingest = Ingest { by, content: cancel, label, subjects: Some(vec!["dprk-missile".into()]), to };
    let answer = kor.handle(Event::Ingest(Box::new(ingest))).unwrap();
    let Answer::Ingested(got) = answer else { panic!() };
    assert!(!got.outcomes.is_empty(), "{got:?}");
    deliver(&mut sites);
    let standing: Vec<_> = alerts(&sites["JPN"])
        .into_iter()
        .filter(|alert| alert.source.party == party("JPN"))
        .map(|alert| alert.standing)
        .collect();
    assert!(matches!(standing.as_slice(), [Standing::InEffect { .. }]), "{standing:?}");
}

#[test]
fn what_cannot_be_seen_is_not_there() {
    let mut sites = world(None);
    let got = ingest(sites.get_mut("JPN").unwrap(), first("Severe")).unwrap();
    let jpn = &mut sites.get_mut("JPN").unwrap();
    let mut viewer = jpn.viewer();
    viewer.clearance = Level::Unclassified;
    assert!(jpn.node.alerts(&viewer, jpn.now).is_empty());
    let record = RecordRef { originator: None, id: got.record.clone() };
    let refusal = jpn.handle(Event::AcknowledgeAlert { by: viewer, record }).unwrap_err();
    assert_eq!(refusal, Refusal::NotFound(got.record));
}

#[test]
fn bad_warnings_get_a_clear_answer_and_lose_nothing() {
    let mut sites = world(None);
    let jpn = sites.get_mut("JPN").unwrap();
    ingest(jpn, first("Severe")).unwrap();
    let text = |content: Vec<u8>| String::from_utf8(content).unwrap();
    let large = text(first("Severe")).replace("Missile over", &"x".repeat(10 * 1024 * 1024));
    let open = text(cap("B-1", "Alert", "Actual", "Severe", (0, 60), ""))
        .replace("40,136\"", "")
        .replace("40,136 42,136 42,139 40,139 40,136", "40,136 42,136 42,139 40,139");
    for (content, says) in [
        (large, "at most 1048576 bytes"),
        (open, "not closed"),
        (text(first("Severe")).replace("Immediate", "immediate"), "did you mean"),
        (text(cap("B-2", "Ack", "Actual", "Severe", (0, 60), "")), "is no alert"),
        (text(cap("B-3", "Alert", "Draft", "Severe", (0, 60), "")), "is no alert"),
        ("<alert/>".to_owned(), "no message of CAP 1.2"),
    ] {
        let refusal = ingest(jpn, content.into_bytes()).unwrap_err().to_string();
        assert!(refusal.contains(says), "{says}: {}", &refusal[..refusal.len().min(300)]);
    }
    // References in a circle, and an impact in the past, are taken and said.
    let of = |name: &str| format!("watch.jpn.example,{name},2026-11-23T12:00:00-00:00");
    ingest(jpn, cap("C-1", "Update", "Actual", "Severe", (0, 60), &of("C-2"))).unwrap();
    ingest(jpn, cap("C-2", "Update", "Actual", "Severe", (0, 60), &of("C-1"))).unwrap();
    let circles = alerts(jpn).into_iter().filter(|alert| alert.first.identifier.starts_with('C'));
    let circles: Vec<AlertSeen> = circles.collect();
    let [circle] = circles.as_slice() else { panic!("{circles:?}") };
    assert!(circle.findings.iter().all(|finding| matches!(finding.found, Found::Circle(_))), "{circle:?}");
    assert!(matches!(circle.standing, Standing::InEffect { .. }));
    // Across the date line, and crossing itself.
    let crossing = text(cap("D-1", "Alert", "Actual", "Severe", (0, 60), ""))
        .replace("40,136 42,136 42,139 40,139 40,136", "10,179 -10,-179 10,-179 -10,179 10,179");
    ingest(jpn, crossing.into_bytes()).unwrap();
    // A clock a day off.
    let early = text(first("Severe")).replace("W-1", "E-1").replace("2026-11-23T12:00", "2026-11-24T12:00");
    ingest(jpn, early.into_bytes()).unwrap();
    let ahead = alerts(jpn).into_iter().find(|alert| alert.first.identifier == "E-1").unwrap();
    assert!(matches!(ahead.findings[0].found, Found::SentAhead(86_400)), "{:?}", ahead.findings);
    assert!(alerts(jpn).iter().any(|alert| alert.first.identifier == "W-1"));
}

#[test]
fn a_partner_that_signs_for_others_is_refused_and_learns_nothing() {
    let mut sites = world(None);
    let got = ingest(sites.get_mut("JPN").unwrap(), first("Severe")).unwrap();
    deliver(&mut sites);
    let digest = alerts(&sites["JPN"])[0].messages[0].message.digest;
    let word = |by: &str, originator: &str, record: &str, digest| AlertAcknowledgement {
        by: by.into(),
        originator: originator.into(),
        record: record.into(),
        digest,
        person: "somebody".into(),
        at: 0,
    };
    let kor_file = sites["JPN"].party_file();
    let record = got.record.to_string();
    for (statement, says) in [
        (word("USA", "JPN", &record, digest), "alone"),
        (word("KOR", "JPN", &record, [7; 32]), "another content"),
        (word("KOR", "USA", "US-1", digest), "did not go between us"),
        (word("KOR", "JPN", "J-unknown", digest), "did not go between us"),
    ] {
        let kor = sites.get_mut("KOR").unwrap();
        let signed = kor.sign_as_partner(payload::ALERT_ACKNOWLEDGEMENT, statement.to_bytes());
        let package = kor.sequenced_after(&kor_file, Lane::Urgent, &Body::AlertAcknowledgement(signed));
        // Each is behind the same history, so each needs a node that has not taken the one before.
        let jpn = sites.get_mut("JPN").unwrap();
        let mut rng = <chacha20::ChaCha20Rng as rand_core::SeedableRng>::from_seed([9; 32]);
        let feed = entente_node::Feed { partner: party("KOR"), lane: Lane::Urgent };
        let effects = jpn.node.handle(Event::Package { feed, bytes: package }, jpn.now, &mut rng);
        let reasons: Vec<String> = effects
            .batch
            .iter()
            .filter_map(|op| match op {
                entente_node::Op::Received { reason, .. } => reason.clone(),
                _ => None,
            })
            .collect();
        assert!(reasons.len() == 1 && reasons[0].contains(says), "{says}: {reasons:?}");
        jpn.crash();
    }
}

#[test]
fn a_rule_raises_one_incident_for_one_alert_with_its_duties_and_its_clock() {
    let mut sites = world(Some(RULES));
    let jpn = sites.get_mut("JPN").unwrap();
    let got = ingest(jpn, first("Severe")).unwrap();
    assert_eq!(got.incidents.len(), 1);
    let reference = "watch.jpn.example,W-1,2026-11-23T12:00:00-00:00";
    let update = ingest(jpn, cap("W-2", "Update", "Actual", "Extreme", (0, 60), reference)).unwrap();
    assert!(update.incidents.is_empty(), "an update raises no second one");
    jpn.crash();
    let viewer = jpn.viewer();
    let incidents: Vec<_> = jpn.node.incidents(&viewer).cloned().collect();
    let [incident] = incidents.as_slice() else { panic!("{incidents:?}") };
    assert_eq!((incident.rule.as_deref(), incident.status()), (Some("missile"), Status::Actual));
    let duties = jpn.node.obligations(&viewer, jpn.now);
    let consult: Vec<_> = duties.iter().filter(|one| one.obligation.kind == "consult").collect();
    assert_eq!(consult.len(), 3, "{consult:?}");
    assert!(consult.iter().all(|one| one.obligation.due.clock.as_str() == "local setting, not in the text"));
    assert!(consult.iter().all(|one| one.state == State::Due));
    // A suspension later does not erase what had begun; and what is not done by its time is said, once.
    let act = entente_core::agreement::ActKind::Suspended;
    let _ = site::act_on(jpn, "commitment-to-consult-2023", entente_node::event::Deed::Does(act), "2026-11-23");
    at(jpn, 16);
    assert!(jpn.node.is_deadline_over(jpn.now));
    jpn.handle(Event::Deadlines).unwrap();
    assert!(!jpn.node.is_deadline_over(jpn.now));
    jpn.crash();
    let duties = jpn.node.obligations(&viewer, jpn.now);
    let overdue = duties.iter().filter(|one| one.incident.is_some() && one.state == State::Overdue);
    assert_eq!(overdue.count(), 3);
    let is_own = |one: &&entente_node::incident::ObligationSeen| {
        one.obligation.party == party("JPN") && one.obligation.kind == "consult"
    };
    let own = duties.iter().find(is_own).unwrap();
    let (by, obligation) = (viewer.clone(), own.id.clone());
    jpn.handle(Event::Discharge { by, obligation, note: "consulted by telephone".into(), evidence: Vec::new() })
        .unwrap();
    jpn.crash();
    let duties = jpn.node.obligations(&viewer, jpn.now);
    assert!(duties.iter().any(|one| matches!(one.state, State::Late(_))), "{duties:?}");
}

#[test]
fn a_drill_opens_nothing_real() {
    let mut sites = world(Some(RULES));
    let jpn = sites.get_mut("JPN").unwrap();
    let got = ingest(jpn, cap("W-1", "Alert", "Exercise", "Severe", (0, 60), "")).unwrap();
    assert_eq!(got.incidents.len(), 1);
    let viewer = jpn.viewer();
    let duties = jpn.node.obligations(&viewer, jpn.now);
    let of_incident: Vec<_> = duties.iter().filter(|one| one.incident.is_some()).collect();
    assert!(!of_incident.is_empty() && of_incident.iter().all(|one| one.status == Status::Exercise));
    // And nobody makes it real by hand.
    let raise = RaiseIncident {
        by: viewer,
        title: None,
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: Some(Status::Actual),
        precedence: None,
        evidence: vec![RecordRef { originator: None, id: got.record }],
        role: None,
    };
    let refusal = jpn.handle(Event::RaiseIncident(Box::new(raise))).unwrap_err();
    assert!(refusal.to_string().contains("drill"), "{refusal}");
}

#[test]
fn the_rules_of_the_example_can_be_set() {
    let text = example_text("rules", "JPN.toml");
    assert_eq!(desk(Some(&text)).rules.rules.len(), 3);
}

#[test]
fn an_incident_that_a_person_raises_from_a_position_is_in_the_zones_of_the_rules_that_it_meets() {
    let mut sites = world(Some(RULES));
    let jpn = sites.get_mut("JPN").unwrap();
    let raised = |site: &mut Site, degrees: (i32, i32), kilometres: u32| {
        let center = Point::new(degrees.0 * 1_000_000, degrees.1 * 1_000_000).unwrap();
        let shapes = vec![Shape::Circle(Circle { center, radius: kilometres * 1000 })];
        let raise = RaiseIncident {
            by: site.viewer(),
            title: Some("A ship is in distress".into()),
            trigger: Some("maritime".into()),
            place: Some(Place { name: "at sea".into(), shapes }),
            began: None,
            ended: None,
            status: None,
            precedence: None,
            evidence: Vec::new(),
            role: None,
        };
        let answer = site.handle(Event::RaiseIncident(Box::new(raise))).unwrap();
        let Answer::Incident(number) = answer else { panic!("{answer:?}") };
        let viewer = site.viewer();
        let incident = site.node.incident(&entente_formats::hex::encode(&number), &viewer).unwrap();
        site.node.zones_of(incident)
    };
    assert_eq!(raised(jpn, (42, 138), 0), ["The sea"], "a position alone");
    assert_eq!(raised(jpn, (44, 138), 10), [""; 0], "more than a hundred kilometres away");
    assert_eq!(raised(jpn, (44, 138), 200), ["The sea"], "as far as its radius reaches");
}
