//! Periods, destruction by a person, and legal holds, across three sovereign nodes with real stores.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::collections::BTreeMap;

use entente_core::{agreement::clause::Set, time::Timestamp};
use entente_formats::wire::Remains;
use entente_node::{Answer, Event, Feed, Lane, Refusal, event::RecordRef, recall::RecallSeen, retention::Period};
use site::{Site, content, deliver, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const DAY: i64 = 86_400;

type Sites = BTreeMap<&'static str, Site>;

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

fn hold(site: &mut Site, id: &str, placed: bool) -> Result<Answer, Refusal> {
    let note = "case 7 of the board".to_owned();
    site.handle(Event::Hold { by: site.viewer(), record: named(id), placed, note })
}

fn destroy(site: &mut Site, id: &str) -> Result<Answer, Refusal> {
    site.handle(Event::Destroy { by: site.viewer(), record: named(id), note: "its purpose has ended".to_owned() })
}

/// KOR's K-1 is with JPN.
fn given() -> Sites {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "JPN").ids(), ["K-1"]);
    sites
}

fn call_back(sites: &mut Sites) {
    let by = sites["KOR"].viewer();
    on(sites, "KOR").handle(Event::Recall { by, record: named("K-1"), of: Vec::new(), reason: None }).unwrap();
    deliver(sites);
}

/// Whether the content and the envelope that brought it are there.
fn has_it(site: &mut Site) -> (bool, bool) {
    let reader = site.store().reader().unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(content("K-1")).into();
    let came = reader.incoming(&Feed { partner: "KOR".into(), lane: Lane::Routine }, 0, 100).unwrap();
    let body = reader.body(&digest).unwrap();
    assert_eq!(reader.is_kept(&digest).unwrap(), body.is_some());
    (body.is_some(), came.iter().any(|row| row.envelope.is_some()))
}

fn answer(site: &Site) -> Option<Remains> {
    let recalls: Vec<RecallSeen> = site.node.recalls(&site.viewer());
    assert_eq!(recalls.len(), 1);
    recalls[0].told[0].answer.as_ref().map(|answer| answer.here)
}

fn said(result: Result<Answer, Refusal>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn what_a_person_destroys_is_gone_here_and_nowhere_else() {
    let mut sites = given();
    destroy(on(&mut sites, "JPN"), "K-1").unwrap();
    for crash in [false, true] {
        if crash {
            on(&mut sites, "JPN").crash();
        }
        assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new());
        assert_eq!(has_it(on(&mut sites, "JPN")), (false, false));
        let again = said(destroy(on(&mut sites, "JPN"), "K-1"));
        assert!(again.contains("destroyed already"), "{again}");
        let too_late = said(hold(on(&mut sites, "JPN"), "K-1", true));
        assert!(too_late.contains("nothing is left to keep"), "{too_late}");
    }
    // Korea keeps its own, and a recall is answered by what is so.
    assert_eq!(on(&mut sites, "KOR").ids(), ["K-1"]);
    call_back(&mut sites);
    assert_eq!(answer(&sites["KOR"]), Some(Remains::Destroyed));
    assert!(matches!(destroy(on(&mut sites, "JPN"), "K-2"), Err(Refusal::NotFound(_))));
}

#[test]
fn what_was_destroyed_comes_back_when_it_is_given_again() {
    let mut sites = given();
    destroy(on(&mut sites, "JPN"), "K-1").unwrap();
    on(&mut sites, "KOR").release_held("K-1", &["JPN"], None);
    deliver(&mut sites);
    assert_eq!(on(&mut sites, "JPN").ids(), ["K-1"]);
    assert_eq!(has_it(on(&mut sites, "JPN")), (true, true));
}

#[test]
fn a_hold_keeps_what_is_called_back_and_says_so_until_it_is_lifted() {
    let mut sites = given();
    hold(on(&mut sites, "JPN"), "K-1", true).unwrap();
    assert!(said(hold(on(&mut sites, "JPN"), "K-1", true)).contains("on hold already"));
    let refused = said(destroy(on(&mut sites, "JPN"), "K-1"));
    assert!(refused.contains("case 7 of the board"), "{refused}");

    call_back(&mut sites);
    on(&mut sites, "JPN").crash();
    assert_eq!(on(&mut sites, "JPN").ids(), Vec::<String>::new(), "nobody is shown it");
    assert_eq!(has_it(on(&mut sites, "JPN")), (true, true));
    assert_eq!(answer(&sites["KOR"]), Some(Remains::Kept));
    let viewer = sites["JPN"].viewer();
    assert_eq!(sites["JPN"].node.holds(&viewer).len(), 1, "who may lift it sees it");

    hold(on(&mut sites, "JPN"), "K-1", false).unwrap();
    assert!(said(hold(on(&mut sites, "JPN"), "K-1", false)).contains("is not on hold"));
    assert_eq!(has_it(on(&mut sites, "JPN")), (false, false));
    deliver(&mut sites);
    assert_eq!(answer(&sites["KOR"]), Some(Remains::Destroyed));
    // And it stays so.
    on(&mut sites, "KOR").crash();
    on(&mut sites, "JPN").crash();
    deliver(&mut sites);
    assert_eq!(answer(&sites["KOR"]), Some(Remains::Destroyed));
    assert!(sites["JPN"].node.holds(&viewer).is_empty());
}

#[test]
fn what_is_kept_for_longer_than_its_period_is_due() {
    let mut sites = given();
    hold(on(&mut sites, "JPN"), "K-1", true).unwrap();
    let site = &sites["JPN"];
    let day = |days: i64| Timestamp::from_second(site.now.as_second() + days * DAY).unwrap();
    let period = |from: &[&str], subjects: &[&str], days| Period {
        from: from.iter().map(|code| (*code).into()).collect(),
        subjects: match subjects {
            [] => Set::Any,
            some => Set::Of(some.iter().map(|subject| (*subject).into()).collect()),
        },
        days,
    };
    let due = |periods: &[Period], days: i64| {
        let due = site.node.due(&site.viewer(), periods, day(days));
        due.iter().map(|due| (due.record.1.to_string(), due.days, due.on_hold)).collect::<Vec<_>>()
    };
    let nothing = Vec::new();
    assert_eq!(due(&[], 10_000), nothing, "for ever without a period");
    assert_eq!(due(&[period(&[], &[], 10)], 9), nothing);
    assert_eq!(due(&[period(&[], &[], 10)], 11), [("K-1".to_owned(), 10, true)]);
    // The longest of those that cover it.
    assert_eq!(due(&[period(&[], &[], 10), period(&["KOR"], &[], 20)], 11), nothing);
    assert_eq!(due(&[period(&["USA"], &[], 10), period(&[], &["something-else"], 10)], 11), nothing);
    let subject = "dprk-missile";
    assert_eq!(due(&[period(&["KOR"], &[subject, "other"], 10)], 11).len(), 1);
}
