//! Duties to notify that a loss or another label opens by itself, at real nodes: who owes what to whom, by which article and clock,
//! and which receipt meets it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::{consult::State, record::Status, time::Timestamp};
use entente_formats::hex;
use entente_node::{
    Answer, Event,
    desk::Desk,
    event::{Draft, RecordRef, Source},
    incident::ObligationSeen,
};
use site::{Site, Sites, deliver, draft, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

/// The duties to notify, in short: who owes it to whom, under what, and how it stands.
fn notices(site: &Site) -> Vec<ObligationSeen> {
    let all = site.node.obligations(&site.viewer(), site.now).into_iter();
    all.filter(|one| one.obligation.kind == "notify").collect()
}

fn short(one: &ObligationSeen) -> (String, String, String, &'static str) {
    let to: Vec<&str> = one.obligation.to.iter().map(|party| party.as_str()).collect();
    let article = format!("{} {}", one.obligation.agreement.0, one.obligation.clause);
    (one.obligation.party.to_string(), to.join(", "), article, one.state.as_str())
}

fn owed(by: &str, to: &str, article: &str, state: &'static str) -> (String, String, String, &'static str) {
    (by.to_owned(), to.to_owned(), article.to_owned(), state)
}

/// No drill.
fn release(site: &mut Site, id: &str, to: &str, under: Option<&[&str]>) {
    let real = Draft { status: Status::Actual, ..draft(id, LABEL) };
    site.release_source(Source::New(real), &[to], under);
}

fn lose(site: &mut Site, id: &str) -> Option<String> {
    let event = Event::ReportCompromise { by: site.viewer(), record: named(id), note: "a laptop is lost".into() };
    match site.handle(event).unwrap() {
        Answer::Told { incident, .. } => incident,
        other => panic!("{other:?}"),
    }
}

fn later(sites: &mut Sites, seconds: i64) {
    for site in sites.values_mut() {
        site.now = Timestamp::from_second(site.now.as_second() + seconds).unwrap();
    }
}

#[test]
fn who_loses_a_record_owes_a_notice_that_the_receipt_of_its_provider_meets() {
    let mut sites = three();
    release(on(&mut sites, "KOR"), "K-1", "JPN", None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let incident = lose(jpn, "K-1").expect("a text makes the parties owe something");
    let seen = jpn.node.incident(&incident[..8], &jpn.viewer()).unwrap();
    assert_eq!((seen.trigger.as_str(), seen.by.as_str()), ("loss-or-compromise", jpn.viewer().name.as_str()));
    let open = notices(jpn);
    assert_eq!(open.iter().map(short).collect::<Vec<_>>(), [owed("JPN", "KOR", "jp-kr-gsomia-2016 17", "due")]);
    let due = &open[0].obligation.due;
    assert_eq!(due.clock.as_str(), "local setting, not in the text", "the text says immediately, and no time");
    assert_eq!(due.at.unwrap().as_second(), jpn.now.as_second() + 24 * 3600);
    // It is there after a crash, before the notice has left.
    jpn.crash();
    assert_eq!(notices(jpn)[0].id, open[0].id);
    later(&mut sites, 60);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    jpn.crash();
    let met = notices(jpn);
    assert_eq!(met.iter().map(short).collect::<Vec<_>>(), [owed("JPN", "KOR", "jp-kr-gsomia-2016 17", "met")]);
    let done = met[0].done.as_ref().unwrap();
    assert_eq!((done.by.as_str(), done.note.as_str()), ("KOR", "KOR has receipted the notice"));
    let statement = jpn.node.compromises(&jpn.viewer()).next().unwrap().digest;
    assert_eq!(done.statement, Some(statement), "the signed notice shows it");
    assert_eq!(done.at, jpn.now);
    // The provider sees that it was told, and by which article.
    let kor = on(&mut sites, "KOR");
    kor.crash();
    assert_eq!(notices(kor).iter().map(short).collect::<Vec<_>>(), [owed("JPN", "KOR", "jp-kr-gsomia-2016 17", "met")]);
    // Nobody else hears of any of it.
    assert_eq!(notices(&sites["USA"]), []);
    assert_eq!(sites["USA"].node.incidents(&sites["USA"].viewer()).count(), 0);
}

#[test]
fn a_notice_that_does_not_arrive_is_overdue_and_a_person_may_say_what_was_done() {
    let mut sites = three();
    release(on(&mut sites, "KOR"), "K-1", "JPN", None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let mut desk = Desk::default();
    desk.clocks.notify = 600;
    jpn.set_desk(desk);
    lose(jpn, "K-1");
    later(&mut sites, 601);
    let jpn = on(&mut sites, "JPN");
    assert!(jpn.node.is_deadline_over(jpn.now));
    jpn.handle(Event::Deadlines).unwrap();
    assert!(!jpn.node.is_deadline_over(jpn.now), "said once");
    assert_eq!(notices(jpn)[0].state, State::Overdue);
    assert_eq!(jpn.node.matters(jpn.now).len(), 1, "people are told that it waits");
    let (by, obligation) = (jpn.viewer(), notices(jpn)[0].id.clone());
    jpn.handle(Event::Discharge { by, obligation, note: "called the desk in Seoul".into(), evidence: Vec::new() })
        .unwrap();
    deliver(&mut sites);
    let late = notices(&sites["JPN"]);
    assert!(matches!(late[0].state, State::Late(_)), "{late:?}");
    assert_eq!(late[0].done.as_ref().unwrap().note, "called the desk in Seoul", "the first word counts");
}

#[test]
fn another_label_opens_a_notice_to_each_who_holds_the_record_and_its_receipt_meets_it() {
    let mut sites = three();
    release(on(&mut sites, "KOR"), "K-1", "JPN", None);
    release(on(&mut sites, "KOR"), "K-2", "USA", Some(&["us-kr-gsomia-1987"]));
    deliver(&mut sites);
    let relabel = |site: &mut Site, id: &str| {
        let (by, label) = (site.viewer(), "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR".to_owned());
        match site.handle(Event::Relabel { by, record: named(id), label, reason: None }).unwrap() {
            Answer::Told { incident, .. } => incident,
            other => panic!("{other:?}"),
        }
    };
    let kor = on(&mut sites, "KOR");
    // The text with the United States does not ask for it.
    assert_eq!(relabel(kor, "K-2"), None);
    assert_eq!(notices(kor), []);
    assert!(relabel(kor, "K-1").is_some());
    let expected = |state| owed("KOR", "JPN", "jp-kr-gsomia-2016 6.g", state);
    assert_eq!(notices(kor).iter().map(short).collect::<Vec<_>>(), [expected("due")]);
    deliver(&mut sites);
    let kor = on(&mut sites, "KOR");
    kor.crash();
    assert_eq!(notices(kor).iter().map(short).collect::<Vec<_>>(), [expected("met")]);
    assert_eq!(notices(&sites["JPN"]), [], "who is told owes nobody");
}

#[test]
fn relabelling_without_end_opens_no_duties_without_end() {
    let mut sites = three();
    release(on(&mut sites, "KOR"), "K-1", "JPN", None);
    deliver(&mut sites);
    let kor = on(&mut sites, "KOR");
    let opened = (0..70).filter(|number| {
        let class = if number % 2 == 0 { "CONFIDENTIAL" } else { "SECRET" };
        let label = format!("//KOR {class}//REL TO USA, JPN, KOR");
        let event = Event::Relabel { by: kor.viewer(), record: named("K-1"), label, reason: None };
        matches!(kor.handle(event).unwrap(), Answer::Told { incident: Some(_), .. })
    });
    assert_eq!(opened.count(), 64);
}

#[test]
fn what_nobody_gave_and_what_nobody_holds_opens_nothing_and_a_drill_owes_nothing() {
    let mut sites = three();
    let kor = on(&mut sites, "KOR");
    let by = kor.viewer();
    kor.handle(Event::Enter { by, draft: draft("K-9", LABEL) }).unwrap();
    assert_eq!(lose(kor, "K-9"), None);
    assert_eq!(notices(kor), []);
    kor.release("K-X", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    lose(jpn, "K-X").unwrap();
    let drill = notices(jpn);
    assert_eq!((drill.len(), drill[0].status), (1, Status::Exercise), "no list of real duties holds it");
    assert!(drill.iter().all(|one| hex::decode(&one.id).is_some()));
}
