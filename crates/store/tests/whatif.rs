//! What-if over what live nodes hold: its counts are those of the releases that could follow, for whoever asks.
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
    agreement::{Actor, clause::Action, clause::Set},
    view::Viewer,
    whatif::{Question, Supposition, Unfounded},
    world::NationalRules,
};
use entente_formats::national;
use entente_node::{
    Answer, Event,
    event::{Draft, GrantStanding, Outcome, RecordRef, Release, Source},
    whatif::WhatIf,
};
use site::{CHANNEL, PURPOSE, Site, Sites, bring_into_force, content, deliver, draft, party, three, with};

const FROM_KOREA: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const OF_JAPAN: &str = "//JPN SECRET//REL TO USA, JPN, KOR";
const GSOMIA: &str = "jp-kr-gsomia-2016";

fn record(originator: &str, id: &str) -> RecordRef {
    RecordRef { originator: Some(originator.into()), id: id.into() }
}

fn release_for(site: &mut Site, name: RecordRef, to: &str, purpose: &str) -> Outcome {
    let content = content(name.id.as_str());
    let release = Release {
        by: site.viewer(),
        source: Source::Held(name, content),
        to: vec![party(to)],
        purpose: purpose.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: entente_seal::Precedence::Routine,
        expires: None,
    };
    match site.handle(Event::Release(release)).unwrap() {
        Answer::Released { mut outcomes, .. } => outcomes.remove(0).1,
        other => panic!("unexpected answer {other:?}"),
    }
}

fn ask(site: &Site, viewer: &Viewer, suppose: &[Supposition], behind: Option<&str>) -> Result<WhatIf, Unfounded> {
    let (purpose, channel) = (PURPOSE.into(), CHANNEL.into());
    let question = Question { action: Action::Release, purpose: &purpose, channel: &channel, at: site.now };
    site.node.what_if(viewer, &question, suppose, behind)
}

/// To whom: permitted before, after.
fn counts(answer: &WhatIf) -> Vec<(&str, u64, u64)> {
    answer.changes.iter().map(|change| (change.to.as_str(), change.before, change.after)).collect()
}

fn witnesses<'a>(answer: &'a WhatIf, to: &str) -> Vec<&'a str> {
    let change = answer.changes.iter().find(|change| change.to.as_str() == to).unwrap();
    change.witnesses.iter().map(|witness| witness.was.record.as_str()).collect()
}

/// JPN asks KOR for consent that K-1 goes to USA, and gets it.
fn consent(sites: &mut Sites) {
    let jpn = sites.get_mut("JPN").unwrap();
    let ask = Event::AskConsent {
        by: jpn.viewer(),
        record: record("KOR", "K-1"),
        of: party("KOR"),
        to: party("USA"),
        purpose: None,
        channel: CHANNEL.into(),
        until: None,
    };
    let Answer::Asked { question: Some(question), .. } = jpn.handle(ask).unwrap() else { panic!("not permitted") };
    deliver(sites);
    let kor = sites.get_mut("KOR").unwrap();
    let request = question.question.request;
    kor.handle(Event::AnswerConsent { by: kor.viewer(), request, granted: true, note: None }).unwrap();
    deliver(sites);
}

/// JPN holds four records of KOR, one of them given for two purposes, and one with a consent for USA; and three of its
/// own, one derived from K-2 under an id that KOR has used too.
fn held_by_japan() -> Sites {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    for id in ["K-1", "K-2", "K-3", "K-4"] {
        kor.release(id, FROM_KOREA, &["JPN"], None);
    }
    assert!(matches!(release_for(kor, record("KOR", "K-3"), "JPN", "research"), Outcome::Sequenced { .. }));
    deliver(&mut sites);
    consent(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let derived = Draft { derived_from: vec![record("KOR", "K-2")], ..draft("K-1", OF_JAPAN) };
    for draft in [derived, draft("J-1", OF_JAPAN), draft("J-2", "//JPN CONFIDENTIAL//REL TO USA, JPN, KOR")] {
        jpn.release_source(Source::New(draft), &["USA"], None);
    }
    sites
}

#[test]
fn the_counts_are_those_of_the_releases_that_follow() {
    let mut sites = held_by_japan();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.crash();
    let answer = ask(jpn, &jpn.viewer(), &[], None).unwrap();
    // K-1, K-2 and K-4 are of one class.
    assert_eq!((answer.records, answer.classes), (7, 5));
    // To USA: K-1 of KOR by consent, J-1 and J-2; not the K-1 that JPN made from K-2.
    assert_eq!(counts(&answer), [("KOR", 7, 7), ("USA", 3, 3)]);
    let held: Vec<RecordRef> =
        jpn.held().iter().map(|listed| record(listed.record.originator.as_str(), listed.record.id.as_str())).collect();
    for (to, before, _) in counts(&answer) {
        let outcomes = held.iter().map(|name| release_for(jpn, name.clone(), to, PURPOSE));
        let permitted = outcomes.filter(|outcome| !matches!(outcome, Outcome::Denied { .. })).count();
        assert_eq!(permitted as u64, before, "to {to}");
    }
}

#[test]
fn a_supposition_holds_for_the_answer_alone() {
    let sites = held_by_japan();
    let jpn = &sites["JPN"];
    let suspend = [Supposition::Suspend(GSOMIA.into(), Actor::Party("KOR".into()))];
    let answer = ask(jpn, &jpn.viewer(), &suspend, None).unwrap();
    // What KOR made goes back to it without a text; what JPN made does not go.
    assert_eq!(counts(&answer), [("KOR", 7, 4), ("USA", 3, 3)]);
    assert_eq!(witnesses(&answer, "KOR"), ["K-1", "J-1", "J-2"]);
    let again = ask(jpn, &jpn.viewer(), &[], None).unwrap();
    assert_eq!(counts(&again), [("KOR", 7, 7), ("USA", 3, 3)]);
    let unknown = ask(jpn, &jpn.viewer(), &[Supposition::Remove("pact".into())], None).unwrap_err();
    assert_eq!(unknown, Unfounded::NoAgreement("pact".into()));
}

#[test]
fn a_witness_stands_for_its_class_but_for_those_that_are_named() {
    let sites = held_by_japan();
    let jpn = &sites["JPN"];
    let nothing_delegated = [Supposition::National(NationalRules::new())];
    let answer = ask(jpn, &jpn.viewer(), &nothing_delegated, Some("K-2")).unwrap();
    assert_eq!(counts(&answer), [("KOR", 7, 0), ("USA", 3, 0)]);
    let mut named = witnesses(&answer, "KOR");
    assert_eq!(named.remove(0), "K-1", "decided by itself, since a consent names it");
    named.sort_unstable();
    assert_eq!(named, ["J-1", "J-2", "K-1", "K-2", "K-3", "K-4"]);
    assert_eq!(answer.behind.unwrap(), ["K-2", "K-4"]);
    assert_eq!(ask(jpn, &jpn.viewer(), &nothing_delegated, Some("U-1")).unwrap().behind, None);
}

#[test]
fn a_viewer_is_told_of_nothing_that_it_may_not_see() {
    let sites = held_by_japan();
    let jpn = &sites["JPN"];
    let clerk = Viewer { clearance: Level::Confidential, ..jpn.viewer() };
    let suspend = [Supposition::Suspend(GSOMIA.into(), Actor::All)];
    let answer = ask(jpn, &clerk, &suspend, Some("J-1")).unwrap();
    assert_eq!((answer.records, answer.classes, &answer.behind), (1, 1, &None));
    assert_eq!(counts(&answer), [("KOR", 1, 0), ("USA", 1, 1)]);
    assert_eq!(witnesses(&answer, "KOR"), ["J-2"]);
    let outsider = Viewer { subjects: Set::Of(vec!["weather".into()]), ..jpn.viewer() };
    let answer = ask(jpn, &outsider, &suspend, None).unwrap();
    assert_eq!((answer.records, answer.classes), (0, 0));
    assert_eq!(counts(&answer), [("KOR", 0, 0), ("USA", 0, 0)]);
}

/// USA holds one record that JPN made and one that JPN has from KOR, whose hop says `ask`: JPN's standing consent lets the
/// first go on to AUS, not the second.
#[test]
fn a_standing_consent_counts_for_the_classes_whose_giver_need_not_be_asked() {
    const PACT: &str = "schema = \"entente.agreement/1\"\nid = \"pact\"\ntitle = \"Pact\"\nforce = \"binding\"\n\
        parties = [\"AUS\", \"USA\"]\n[[clause]]\nid = \"1\"\nkind = \"equivalence\"\nceiling = \"SECRET\"\n\
        rows = [{ level = \"SECRET\" }]\n";
    const RULES: &str = "schema = \"entente.national/1\"\nparty = \"USA\"\n[[delegation]]\n\
        subjects = [\"*\"]\nto = [\"*\"]\nmax = \"SECRET\"\nactions = [\"release\"]\n";
    let mut sites = with(&["AUS", "JPN", "KOR", "USA"]);
    sites.get_mut("KOR").unwrap().release("K-1", "//KOR SECRET//REL TO USA, AUS, JPN, KOR", &["JPN"], None);
    deliver(&mut sites);
    let standing = |holder: &str| GrantStanding {
        holders: vec![party(holder)],
        subjects: Set::Of(vec!["dprk-missile".into()]),
        max: Level::Secret,
        to: None,
        action: Action::Release,
        purpose: None,
        until: None,
        authority: "by order of the minister".into(),
    };
    sites.get_mut("KOR").unwrap().handle(Event::GrantStanding(standing("JPN"))).unwrap();
    sites.get_mut("JPN").unwrap().handle(Event::GrantStanding(standing("USA"))).unwrap();
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(matches!(release_for(jpn, record("KOR", "K-1"), "USA", PURPOSE), Outcome::Sequenced { .. }));
    jpn.release("J-1", "//JPN SECRET//REL TO USA, AUS, JPN", &["USA"], None);
    deliver(&mut sites);
    bring_into_force(&mut sites, PACT, "pact", &["USA", "AUS"]);

    let rules = national::parse(RULES).unwrap();
    let delegates = [Supposition::National([(rules.party.clone(), rules)].into())];
    let usa = sites.get_mut("USA").unwrap();
    let answer = ask(usa, &usa.viewer(), &delegates, None).unwrap();
    let aus = answer.changes.iter().find(|change| change.to.as_str() == "AUS").unwrap();
    assert_eq!((aus.before, aus.after), (0, 1), "USA's own rules delegate nothing for AUS");
    assert_eq!(witnesses(&answer, "AUS"), ["J-1"]);
    // The same by approval, one after the other.
    for (originator, id, goes) in [("KOR", "K-1", false), ("JPN", "J-1", true)] {
        let (by, name) = (usa.viewer(), record(originator, id));
        usa.handle(Event::Approve { by, record: name.clone(), to: party("AUS"), note: "by order".into() }).unwrap();
        let outcome = release_for(usa, name, "AUS", PURPOSE);
        assert_eq!(!matches!(outcome, Outcome::Denied { .. }), goes, "{id}: {outcome:?}");
    }
    let answer = ask(usa, &usa.viewer(), &[], None).unwrap();
    let aus = answer.changes.iter().find(|change| change.to.as_str() == "AUS").unwrap();
    assert_eq!((aus.before, aus.after), (1, 1));
}
