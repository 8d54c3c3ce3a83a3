//! What waits for people of a party, and whom it leads to down its contact list: as time passes, through acknowledgements, updates,
//! crashes between any two lines, mail servers that are away, and drills.
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
    consult::Precedence,
    record::Status,
    time::Timestamp,
    watch::{Contacts, Due},
};
use entente_formats::{contacts, hex};
use entente_node::{
    Answer, Event,
    alert::Ingest,
    consult::{Deed, RaiseConsultation},
    event::RecordRef,
    incident::RaiseIncident,
    matter::Matter,
    telling::{AttemptEnd, NewAttempt, Outcome},
};
use site::{Site, party, three};

/// The watch at once and twice again, its chief after ten minutes, a deputy after an hour for what is FLASH.
const LIST: &str = r#"
schema = "entente.contacts/1"
party = "KOR"
zone = "UTC"
[[person]]
id = "watch"
name = "Watch"
email = "watch@kor.example"
[[person]]
id = "chief"
name = "Chief"
email = "chief@kor.example"
[[person]]
id = "deputy"
name = "Deputy"
email = "deputy@kor.example"
[[step]]
after = 0
tell = ["watch"]
by = ["email"]
every = 5
times = 3
[[step]]
after = 10
tell = ["chief"]
by = ["email"]
at_least = "IMMEDIATE"
[[step]]
after = 60
tell = ["deputy"]
by = ["email"]
at_least = "FLASH"
"#;

fn list() -> Contacts {
    contacts::parse(LIST).unwrap()
}

fn cap(identifier: &str, kind: &str, status: &str, severity: &str, sent: u32, references: &str) -> Vec<u8> {
    let moment = |minutes: u32| format!("2026-11-23T{:02}:{:02}:00-00:00", 12 + minutes / 60, minutes % 60);
    let references =
        if references.is_empty() { String::new() } else { format!("<references>{references}</references>") };
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{identifier}</identifier>\
         <sender>watch.kor.example</sender><sent>{}</sent><status>{status}</status><msgType>{kind}</msgType>\
         <scope>Public</scope>{references}<info><category>Security</category><event>missile</event>\
         <urgency>Immediate</urgency><severity>{severity}</severity><certainty>Likely</certainty>\
         <expires>{}</expires><headline>Missile</headline><area><areaDesc>Sea</areaDesc></area></info></alert>",
        moment(sent),
        moment(120),
    )
    .into_bytes()
}

fn at(site: &mut Site, minutes: i64) {
    let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    site.now = Timestamp::from_second(start.as_second() + minutes * 60).unwrap();
}

fn ingest(site: &mut Site, content: Vec<u8>) -> String {
    let (by, label) = (site.viewer(), Some("//KOR SECRET//REL TO USA, JPN, KOR".to_owned()));
    let ingest = Ingest { by, content, label, subjects: Some(vec!["dprk-missile".into()]), to: None };
    match site.handle(Event::Ingest(Box::new(ingest))).unwrap() {
        Answer::Ingested(got) => got.record.to_string(),
        other => panic!("{other:?}"),
    }
}

fn acknowledge(site: &mut Site, record: &str) {
    let by = site.viewer();
    let record = RecordRef { originator: None, id: record.into() };
    site.handle(Event::AcknowledgeAlert { by, record }).unwrap();
}

fn matters(site: &Site) -> Vec<Matter> {
    site.node.matters(site.now)
}

fn begin(site: &mut Site, contacts: &Contacts, matter: &Matter, due: &Due) -> u64 {
    let person = &contacts.persons[due.person];
    let new = NewAttempt {
        matter: matter.name.clone(),
        precedence: matter.precedence,
        status: matter.status,
        person: person.id.clone(),
        account: person.account.clone(),
        due: due.clone(),
    };
    match site.handle(Event::BeginAttempt(new)).unwrap() {
        Answer::Number(number) => number,
        other => panic!("{other:?}"),
    }
}

fn end(site: &mut Site, number: u64, reached: bool, again: bool) {
    let end = AttemptEnd { number, reached, words: "as tested".into(), tries: 1, again };
    site.handle(Event::EndAttempt(end)).unwrap();
}

/// What the loop does at this moment; who was told.
fn look(site: &mut Site) -> Vec<String> {
    let contacts = list();
    let (all, _) = site.node.to_tell(&contacts, site.now);
    let told = all.into_iter().map(|(matter, due)| {
        let number = begin(site, &contacts, &matter, &due);
        end(site, number, true, false);
        contacts.persons[due.person].id.clone()
    });
    told.collect()
}

/// Everybody who is told from one minute to another, with the node killed and started again after every look.
fn night(site: &mut Site, minutes: std::ops::RangeInclusive<i64>) -> Vec<String> {
    let mut told = Vec::new();
    for minute in minutes {
        at(site, minute);
        told.extend(look(site).into_iter().map(|who| format!("{minute} {who}")));
        assert_eq!(look(site), Vec::<String>::new(), "nobody twice");
        site.crash();
    }
    told
}

#[test]
fn an_alert_goes_down_the_list_until_somebody_acknowledges_it_through_a_crash_after_every_look() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    at(kor, 0);
    let record = ingest(kor, cap("W-1", "Alert", "Actual", "Severe", 0, ""));
    let [matter] = matters(kor).try_into().unwrap();
    assert_eq!((matter.precedence, matter.status), (Precedence::Flash, Status::Actual));
    assert!(!matter.name.contains(&record) && matter.name.len() == 32, "{matter:?}");
    // When something is to be done next is known.
    let (_, next) = kor.node.to_tell(&list(), kor.now);
    assert_eq!(next.unwrap().as_second() - kor.now.as_second(), 300);
    assert_eq!(night(kor, 0..=30), ["0 watch", "5 watch", "10 watch", "10 chief"]);
    acknowledge(kor, &record);
    assert_eq!(matters(kor), []);
    assert_eq!(night(kor, 31..=70), Vec::<String>::new(), "the deputy is left in peace");
}

#[test]
fn updates_do_not_begin_the_chain_anew_but_one_that_raises_is_told_besides() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    let of = |name: &str, minute: u32| format!("watch.kor.example,{name},2026-11-23T12:{minute:02}:00-00:00");
    at(kor, 0);
    ingest(kor, cap("W-1", "Alert", "Actual", "Moderate", 0, ""));
    assert_eq!(night(kor, 0..=4), ["0 watch"]);
    // The same once more: as a series of bulletins does it.
    let second = ingest(kor, cap("W-2", "Update", "Actual", "Moderate", 4, &of("W-1", 0)));
    assert_eq!(matters(kor).len(), 1);
    assert_eq!(night(kor, 4..=7), ["5 watch"], "the chain goes on from its first message");
    // Worse.
    ingest(kor, cap("W-3", "Update", "Actual", "Extreme", 8, &of("W-2", 4)));
    assert_eq!(matters(kor).len(), 2);
    at(kor, 8);
    assert_eq!(night(kor, 8..=10), ["8 watch", "10 watch", "10 chief"]);
    acknowledge(kor, &second);
    assert_eq!(matters(kor), [], "who acknowledges an alert has seen all that is here of it");
    // What comes after that waits since it came.
    at(kor, 20);
    ingest(kor, cap("W-4", "Update", "Actual", "Extreme", 20, &of("W-3", 8)));
    assert_eq!(night(kor, 20..=31), ["20 watch", "25 watch", "30 watch", "30 chief"]);
    // Cancelled: nobody is called any more, whoever has seen that.
    ingest(kor, cap("W-5", "Cancel", "Actual", "Extreme", 31, &of("W-4", 20)));
    assert_eq!(matters(kor), []);
}

#[test]
fn an_alert_that_expires_calls_nobody_any_more() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    at(kor, 0);
    ingest(kor, cap("W-1", "Alert", "Actual", "Severe", 0, ""));
    assert_eq!(matters(kor).len(), 1);
    at(kor, 121);
    assert_eq!(matters(kor), []);
}

#[test]
fn a_drill_goes_the_same_way_and_is_marked() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    at(kor, 0);
    ingest(kor, cap("W-1", "Alert", "Exercise", "Severe", 0, ""));
    assert_eq!(matters(kor)[0].status, Status::Exercise);
    assert_eq!(night(kor, 0..=10), ["0 watch", "5 watch", "10 watch", "10 chief"]);
    assert!(kor.node.attempts().all(|attempt| attempt.drill.as_deref() == Some("exercise")));
}

#[test]
fn a_kill_between_keeping_and_sending_loses_nothing_and_makes_no_second_attempt() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    at(kor, 0);
    ingest(kor, cap("W-1", "Alert", "Actual", "Severe", 0, ""));
    let contacts = list();
    let (all, _) = kor.node.to_tell(&contacts, kor.now);
    let [(matter, due)] = all.try_into().unwrap();
    let number = begin(kor, &contacts, &matter, &due);
    let outcome = |site: &Site| site.node.outcome_of(site.node.attempts().next().unwrap());
    assert_eq!(outcome(kor), Outcome::UnderWay);
    kor.crash();
    assert_eq!(outcome(kor), Outcome::Unknown, "nobody knows whether the message was taken");
    // It is still to be made, and is the same attempt.
    let (all, _) = kor.node.to_tell(&contacts, kor.now);
    assert_eq!(all, [(matter.clone(), due.clone())]);
    assert_eq!(begin(kor, &contacts, &matter, &due), number);
    kor.crash();
    at(kor, 2);
    assert_eq!(begin(kor, &contacts, &matter, &due), number);
    end(kor, number, true, false);
    let attempts: Vec<_> = kor.node.attempts().cloned().collect();
    let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
    assert_eq!((attempt.resumed.len(), outcome(kor)), (2, Outcome::Taken));
    kor.crash();
    assert_eq!(kor.node.attempts().cloned().collect::<Vec<_>>(), attempts);
    assert_eq!(kor.node.to_tell(&contacts, kor.now).0, []);
    // One of which the answer never mattered any more stays unknown.
    at(kor, 5);
    let (all, _) = kor.node.to_tell(&contacts, kor.now);
    begin(kor, &contacts, &all[0].0, &all[0].1);
    kor.crash();
    let record = kor.ids()[0].clone();
    acknowledge(kor, &record);
    assert_eq!(kor.node.to_tell(&contacts, kor.now).0, []);
    assert_eq!(kor.node.outcome_of(kor.node.attempts().last().unwrap()), Outcome::Unknown);
}

#[test]
fn what_comes_to_nothing_for_now_is_made_again_with_growing_pauses_and_nobody_waits_for_it() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    at(kor, 10);
    let contacts = list();
    ingest(kor, cap("W-1", "Alert", "Actual", "Severe", 10, ""));
    let mut tried = Vec::new();
    let since = kor.now.as_second();
    for second in 0..=1_800 {
        kor.now = Timestamp::from_second(since + second).unwrap();
        let (all, next) = kor.node.to_tell(&contacts, kor.now);
        assert!(next.is_none_or(|next| next > kor.now), "{next:?}");
        for (matter, due) in all {
            let number = begin(kor, &contacts, &matter, &due);
            // The mail server is away until the twentieth minute.
            end(kor, number, second >= 1_200, second < 1_200);
            tried.push((second, contacts.persons[due.person].id.clone()));
        }
    }
    let of = |who: &str| tried.iter().filter(|(_, one)| one == who).map(|(at, _)| *at).collect::<Vec<_>>();
    // At its own moments of the plan at once, and between them with pauses of 1, 2 and 4 minutes, and then 8.
    assert_eq!(of("watch"), [0, 60, 180, 300, 360, 480, 600, 660, 780, 1_020, 1_500]);
    assert_eq!(of("chief"), [600, 660, 780, 1_020, 1_500]);
}

#[test]
fn a_consultation_that_nobody_has_answered_waits_and_so_does_a_duty_whose_time_runs_out() {
    let mut sites = three();
    let jpn = sites.get_mut("JPN").unwrap();
    let raise = RaiseIncident {
        by: jpn.viewer(),
        title: Some("A missile over the sea".into()),
        trigger: Some("missile-launch".into()),
        place: None,
        began: None,
        ended: None,
        status: None,
        precedence: Some(Precedence::Flash),
        evidence: Vec::new(),
        role: None,
    };
    let Answer::Incident(number) = jpn.handle(Event::RaiseIncident(Box::new(raise))).unwrap() else { panic!() };
    // Fifteen minutes to consult: people are told with the last part of it, and anew when it is over.
    let opened = jpn.now.as_second();
    let waits_at = |site: &Site, seconds: i64| site.node.matters(Timestamp::from_second(opened + seconds).unwrap());
    assert_eq!(waits_at(jpn, 600), []);
    let [near] = waits_at(jpn, 675).try_into().unwrap();
    assert_eq!((near.precedence, near.since.as_second()), (Precedence::Flash, opened + 675));
    let [over] = waits_at(jpn, 901).try_into().unwrap();
    assert_eq!(over.since.as_second(), opened + 900);
    assert_ne!(near.name, over.name);
    assert_eq!(waits_at(jpn, 900 + 72 * 3600), [], "then it is on the list of duties alone");
    let raise = RaiseConsultation {
        by: jpn.viewer(),
        incident: hex::encode(&number),
        under: None,
        title: None,
        trigger: None,
        with: Vec::new(),
        acknowledge_within: None,
        close_within: Some(3600),
        link: None,
    };
    let Answer::Consultation(name) = jpn.handle(Event::RaiseConsultation(Box::new(raise))).unwrap() else { panic!() };
    assert_eq!(waits_at(jpn, 901), [], "who has raised it has consulted");
    site::deliver(&mut sites);
    for code in ["KOR", "USA"] {
        let [matter] = matters(&sites[code]).try_into().unwrap();
        assert_eq!(matter.precedence, Precedence::Flash, "{code}");
    }
    let answer = |site: &mut Site, deed| {
        let (by, consultation) = (site.viewer(), hex::encode(&name));
        site.handle(Event::TakePart { by, consultation, deed: Box::new(deed) }).unwrap();
    };
    answer(sites.get_mut("KOR").unwrap(), Deed::Acknowledge);
    answer(sites.get_mut("USA").unwrap(), Deed::Decline { reason: "elsewhere".into() });
    for code in ["KOR", "USA"] {
        assert_eq!(matters(&sites[code]), [], "{code}");
    }
    assert_eq!(party("KOR").as_str(), list().party.as_str());
}
