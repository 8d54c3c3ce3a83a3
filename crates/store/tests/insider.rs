//! People of the party itself who may see little, and want to know, or to give, more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::{Level, agreement::Action, agreement::clause::Set, view::Viewer};
use entente_node::{
    Answer, Event, Refusal,
    event::{Draft, Outcome, RecordRef, Release, Source},
    page::Sought,
    preview::{How, Matter},
};
use entente_seal::Precedence;
use jiff::SignedDuration;
use site::{CHANNEL, PURPOSE, Site, Sites, deliver, draft, party, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

fn named(id: &str) -> RecordRef {
    RecordRef { originator: None, id: id.into() }
}

fn on<'a>(sites: &'a mut Sites, code: &str) -> &'a mut Site {
    sites.get_mut(code).unwrap()
}

/// Somebody with that clearance.
fn cleared(site: &Site, clearance: Level) -> Viewer {
    Viewer { name: "low".into(), clearance, ..site.viewer() }
}

fn about(id: &str, label: &str, subjects: &[&str], sources: &[&str]) -> Draft {
    Draft {
        subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(),
        derived_from: sources.iter().map(|id| named(id)).collect(),
        ..draft(id, label)
    }
}

fn enter(site: &mut Site, by: &Viewer, draft: Draft) -> Result<Answer, Refusal> {
    site.handle(Event::Enter { by: by.clone(), draft })
}

fn release_of(by: &Viewer, source: Source, to: &[&str]) -> Event {
    Event::Release(Release {
        by: by.clone(),
        source,
        to: to.iter().map(|code| party(code)).collect(),
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    })
}

/// What is said, with another id in place of this one.
fn said(result: Result<Answer, Refusal>, id: &str) -> String {
    result.map(|_| ()).unwrap_err().to_string().replace(id, "ID")
}

/// JPN has KOR's K-1, on `dprk-missile`, and has made J-9 from it, which is about something else and classified lower.
fn derived() -> Sites {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let by = jpn.viewer();
    let draft = about("J-9", "//JPN CONFIDENTIAL//REL TO USA, JPN, KOR", &["dprk-cyber"], &["K-1"]);
    enter(jpn, &by, draft).unwrap();
    sites
}

#[test]
fn a_bare_id_does_not_tell_of_records_that_are_hidden() {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    on(&mut sites, "KOR").release("K-2", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let (all, low) = (jpn.viewer(), cleared(jpn, Level::Confidential));
    enter(jpn, &low, about("K-1", "//JPN CONFIDENTIAL//REL TO JPN, KOR", &["dprk-missile"], &[])).unwrap();
    enter(jpn, &all, about("K-2", "//JPN SECRET//REL TO JPN, KOR", &["dprk-missile"], &[])).unwrap();
    let mut look = |viewer: &Viewer, id: &str| jpn.handle(Event::Look { record: named(id), viewer: viewer.clone() });
    assert!(matches!(look(&all, "K-1"), Err(Refusal::Request(_))), "two that one sees are two");
    let Answer::Record(listed) = look(&low, "K-1").unwrap() else { panic!() };
    assert_eq!(listed.record.originator, party("JPN"), "and what is hidden is not there");
    assert!(matches!(look(&low, "K-2"), Err(Refusal::NotFound(_))), "neither are two of them");
    // Whatever is asked of it by that name.
    let by = low.clone();
    jpn.handle(Event::Approve { by: by.clone(), record: named("K-1"), to: party("KOR"), note: String::new() }).unwrap();
    let note = "case 7".to_owned();
    jpn.handle(Event::Hold { by, record: named("K-1"), placed: true, note }).unwrap();
}

#[test]
fn what_is_wrong_with_a_draft_is_said_before_whether_its_id_is_taken() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    let (all, low) = (jpn.viewer(), cleared(jpn, Level::Confidential));
    enter(jpn, &all, draft("J-1", "//JPN SECRET//REL TO JPN, KOR")).unwrap();
    let fine = "//JPN CONFIDENTIAL//REL TO JPN, KOR";
    for (why, change) in [
        ("a label that is none", (|draft: &mut Draft| draft.label = "?".into()) as fn(&mut Draft)),
        ("a title that is too long", |draft| draft.title = "x".repeat(1000)),
        ("a source that is not there", |draft| draft.derived_from = vec![named("J-77")]),
        ("what the person could not see", |draft| draft.label = "//JPN SECRET//REL TO JPN, KOR".into()),
    ] {
        let mut refused = ["J-1", "J-2"].map(|id| {
            let mut draft = draft(id, fine);
            change(&mut draft);
            said(enter(jpn, &low, draft), id)
        });
        assert_eq!(refused[0], refused[1], "{why}");
        refused.sort();
    }
    // An id that stands for something else is refused in the same words as one that is taken.
    let words = ["J-1", "(new record)"].map(|id| said(enter(jpn, &low, draft(id, fine)), id));
    assert_eq!(words[0], words[1]);
}

#[test]
fn nobody_enters_what_he_could_not_see_himself() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    let low = cleared(jpn, Level::Confidential);
    let fish = Viewer { subjects: Set::Of(["fisheries".into()].into()), ..jpn.viewer() };
    let secret = "//JPN SECRET//REL TO JPN, KOR";
    for (by, draft) in [(&low, draft("J-1", secret)), (&fish, draft("J-1", "//JPN CONFIDENTIAL//REL TO JPN, KOR"))] {
        let refused = jpn.handle(release_of(by, Source::New(draft), &["KOR"])).unwrap_err();
        assert!(refused.to_string().contains("you could not see `J-1` yourself"), "{refused}");
    }
    assert!(jpn.held().is_empty());
    // TLP:RED is for the persons named, and who enters it is.
    enter(jpn, &low, draft("J-2", "TLP:RED")).unwrap();
}

#[test]
fn a_release_of_what_is_hidden_is_a_release_of_nothing_whatever_else_is_wrong() {
    let mut sites = three();
    on(&mut sites, "KOR").release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn = on(&mut sites, "JPN");
    let low = cleared(jpn, Level::Confidential);
    for to in [&[][..], &["AUS"], &["JPN"], &["USA"]] {
        let refused = ["K-1", "K-7"].map(|id| {
            let event = release_of(&low, Source::Held(named(id), Vec::new()), to);
            let refused = jpn.handle(event);
            assert!(matches!(refused, Err(Refusal::NotFound(_))), "{to:?} {refused:?}");
            said(refused, id)
        });
        assert_eq!(refused[0], refused[1], "{to:?}");
    }
}

#[test]
fn a_decision_names_no_source_that_is_hidden() {
    let mut sites = derived();
    let jpn = on(&mut sites, "JPN");
    let (all, low) = (jpn.viewer(), cleared(jpn, Level::Confidential));
    let how = How { action: Action::Release, purpose: PURPOSE.into(), channel: CHANNEL.into(), at: jpn.now };
    let ask = |viewer: &Viewer| {
        jpn.node.preview(viewer, &Matter::Held(named("J-9")), &[party("USA")], &how).unwrap().0.remove(0)
    };
    let (open, closed) = (ask(&all), ask(&low));
    assert!(open.blocked.iter().any(|block| block.record.as_str() == "K-1"), "{open:?}");
    assert_eq!(open.verdict(), closed.verdict());
    let codes = |decision: &entente_core::decide::Decision| {
        let codes = decision.blocked.iter().map(|block| (block.reason.gate(), block.reason.code()));
        codes.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(codes(&open), codes(&closed), "gates and codes stay");
    let text = format!("{closed:?}");
    assert!(!text.contains("K-1") && !text.contains("KOR"), "{text}");
    // A release that is denied is told in the same words.
    let source = Source::Held(named("J-9"), site::content("J-9"));
    let Answer::Released { outcomes, .. } = jpn.handle(release_of(&low, source, &["USA"])).unwrap() else { panic!() };
    let text = format!("{outcomes:?}");
    assert!(matches!(outcomes[0].1, Outcome::Denied { .. }) && !text.contains("K-1"), "{text}");
}

#[test]
fn a_release_of_what_was_made_from_it_takes_two_persons_too() {
    let mut sites = derived();
    let jpn = on(&mut sites, "JPN");
    jpn.ruled("\n[[confirmation]]\nsubjects = [\"dprk-missile\"]\nto = [\"*\"]\nmin = \"SECRET\"\n");
    let by = jpn.viewer();
    let mut ask = || {
        let source = Source::Held(named("J-9"), site::content("J-9"));
        let answer = jpn.handle(release_of(&by, source, &["KOR"])).unwrap();
        let Answer::Released { mut outcomes, .. } = answer else { panic!() };
        match outcomes.remove(0).1 {
            Outcome::Waits { number, .. } => number,
            other => panic!("{other:?}"),
        }
    };
    // And asked twice, it waits once.
    assert_eq!([ask(), ask()], [0, 0]);
    assert_eq!(jpn.node.waiting(&by).count(), 1);
}

/// Whoever may relabel what he may release does not get around the second person by it.
#[test]
fn a_record_that_was_relabelled_takes_two_persons_as_it_did_before() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    jpn.ruled("\n[[confirmation]]\nsubjects = [\"dprk-missile\"]\nto = [\"*\"]\nmin = \"SECRET\"\n");
    let by = jpn.viewer();
    enter(jpn, &by, about("J-1", "//JPN SECRET//REL TO USA, JPN, KOR", &["dprk-missile"], &[])).unwrap();
    enter(jpn, &by, about("J-2", "//JPN CONFIDENTIAL//REL TO USA, JPN, KOR", &["dprk-missile"], &[])).unwrap();
    let label = "//JPN CONFIDENTIAL//REL TO USA, JPN, KOR".to_owned();
    jpn.handle(Event::Relabel { by: by.clone(), record: named("J-1"), label, reason: None }).unwrap();
    for (id, waits) in [("J-1", true), ("J-2", false)] {
        let source = Source::Held(named(id), site::content(id));
        let answer = jpn.handle(release_of(&by, source, &["KOR"])).unwrap();
        let Answer::Released { outcomes, .. } = answer else { panic!() };
        assert_eq!(matches!(outcomes[0].1, Outcome::Waits { .. }), waits, "{id}: {outcomes:?}");
    }
}

#[test]
fn an_emergency_is_no_wider_than_its_rule_and_lasts_an_hour() {
    let mut sites = three();
    let kor = on(&mut sites, "KOR");
    kor.ruled("\n[[emergency]]\nsubjects = [\"harbour\"]\nto = [\"JPN\"]\nmax = \"SECRET\"\nreport_hours = \"24\"\n");
    let by = kor.viewer();
    for (id, subjects, sources) in [
        ("K-1", &["harbour"][..], &[][..]),
        ("K-2", &[], &[]),
        ("K-3", &["dprk-missile"], &[]),
        ("K-4", &["harbour"], &["K-3"]),
    ] {
        enter(kor, &by, about(id, LABEL, subjects, sources)).unwrap();
    }
    let declare = |kor: &mut Site, by: &Viewer, id: &str| {
        let (by, reason) = (by.clone(), "a ship is on fire".to_owned());
        kor.handle(Event::DeclareEmergency { by, record: named(id), to: party("JPN"), reason })
    };
    let give = |kor: &mut Site| {
        let source = Source::Held(named("K-1"), site::content("K-1"));
        let Answer::Released { mut outcomes, .. } = kor.handle(release_of(&by, source, &["JPN"])).unwrap() else {
            panic!()
        };
        outcomes.remove(0).1
    };
    // On no subject, or made from what is on another one: the rule does not mean it.
    for id in ["K-2", "K-3", "K-4"] {
        let refused = said(declare(kor, &by, id), id);
        assert!(refused.contains("foresee no emergency disclosure of `ID`"), "{refused}");
    }
    assert!(matches!(give(kor), Outcome::Denied { .. }), "without an approval");
    declare(kor, &by, "K-1").unwrap();
    assert!(matches!(give(kor), Outcome::Sequenced { .. }));
    kor.crash();
    kor.now = kor.now.checked_add(SignedDuration::from_secs(3601)).unwrap();
    let Outcome::Denied { decision, .. } = give(kor) else { panic!("the approval is over") };
    assert_eq!(decision.blocked[0].reason.code(), "approval");
    // Nobody uses up what others may declare.
    let other = Viewer { name: "other".into(), ..by.clone() };
    kor.ruled("\n[[emergency]]\nsubjects = [\"harbour\"]\nto = [\"JPN\"]\nmax = \"SECRET\"\nreport_hours = \"24\"\n");
    for _ in 1..100 {
        declare(kor, &by, "K-1").unwrap();
    }
    let refused = said(declare(kor, &by, "K-1"), "K-1");
    assert!(refused.contains("100 reports of analyst are due"), "{refused}");
    declare(kor, &other, "K-1").unwrap();
}

#[test]
fn a_page_goes_on_only_where_there_is_something_to_show() {
    let mut sites = three();
    let jpn = on(&mut sites, "JPN");
    let (all, low) = (jpn.viewer(), cleared(jpn, Level::Confidential));
    for (id, label) in [
        ("J-1", "//JPN SECRET//REL TO JPN, KOR"),
        ("J-2", "//JPN CONFIDENTIAL//REL TO JPN, KOR"),
        ("J-3", "//JPN SECRET//REL TO JPN, KOR"),
        ("J-4", "//JPN CONFIDENTIAL//REL TO JPN, KOR"),
    ] {
        jpn.now = jpn.now.checked_add(SignedDuration::from_secs(1)).unwrap();
        enter(jpn, &all, draft(id, label)).unwrap();
    }
    let page = |viewer: &Viewer, after: Option<&entente_node::page::Place>, limit| {
        let (listed, next) = jpn.node.page(viewer, &Sought::default(), after, limit);
        (listed.iter().map(|listed| listed.record.id.to_string()).collect::<Vec<_>>(), next)
    };
    let (first, next) = page(&low, None, 1);
    assert_eq!(first, ["J-4"]);
    let (second, end) = page(&low, next.as_ref(), 1);
    assert_eq!((second, end), (vec!["J-2".to_owned()], None), "J-1 is older, and hidden");
    assert_eq!(page(&low, None, 2), (vec!["J-4".to_owned(), "J-2".to_owned()], None));
    assert!(page(&all, None, 2).1.is_some());
}
