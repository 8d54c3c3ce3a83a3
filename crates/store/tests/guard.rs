//! Guards between two networks: what they are shown is what is there, and who shows less than agreed is found out. And the
//! proof that an originator has signed two records under one id.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::agreement::ActKind;
use entente_formats::label::country::is_trigraph;
use entente_formats::wire::{
    Body, Canonical, Conflict, Entry, HopStatement, Origin, Package, Signed, Version, payload,
};
use entente_node::{
    Event, Feed, Lane, Partner, Refusal,
    event::{Deed, Release, Source},
    guard::{Expected, GuardLink, Showing},
};
use entente_seal::{Digest, Envelope, Precedence, SealingKey, Show, Shown};
use site::{CHANNEL, PURPOSE, Site, Sites, act_on, content, deliver, draft, party, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

fn guard(seed: u8) -> SealingKey {
    SealingKey::from_seed(&[seed; 32]).unwrap()
}

fn link(show: Showing, expect: Option<Expected>) -> GuardLink {
    GuardLink { show, expect }
}

fn disposition(site: &mut Site, lane: Lane, index: u64) -> (String, Option<String>) {
    let feed = Feed { partner: party("KOR"), lane };
    let rows = site.store().reader().unwrap().incoming(&feed, index, 1).unwrap();
    (rows[0].disposition.clone(), rows[0].reason.clone())
}

fn alarms(site: &mut Site) -> Vec<String> {
    let rows = site.store().reader().unwrap().alarms().unwrap();
    rows.into_iter().map(|alarm| alarm.message).collect()
}

/// The envelopes that wait for JPN.
fn waiting(kor: &mut Site, lane: Lane) -> Vec<Envelope> {
    let package = Package::from_bytes(&kor.next_package(&party("JPN"), lane).unwrap()).unwrap();
    let envelopes = package.entries.iter().map(|entry| match entry {
        Entry::Envelope(bytes) => Envelope::parse(bytes).unwrap(),
        Entry::Withdrawn(_) => panic!("withdrawn"),
    });
    envelopes.collect()
}

#[test]
fn a_guard_is_shown_label_and_kind_of_everything_on_its_link_and_of_no_other() {
    let mut sites = three();
    let key = guard(9);
    let shows = link(Showing::Sealed(Box::new(key.public().clone())), None);
    let kor = sites.get_mut("KOR").unwrap();
    kor.guarded([(party("JPN"), shows)]);
    kor.release("K-1", LABEL, &["JPN"], None);
    kor.release("K-2", LABEL, &["USA"], Some(&["us-kr-gsomia-1987"]));
    act_on(kor, "jp-kr-gsomia-2016", Deed::Does(ActKind::NoticeOfTermination), "2026-11-23").unwrap();
    let record = &waiting(kor, Lane::Routine)[0];
    let shown = |label: &str, kind: &str| Some(Shown { label: label.to_owned(), kind: kind.to_owned() });
    assert_eq!(record.shown_to(&key), Ok(shown(LABEL, "record")));
    assert!(record.shown_to(&guard(8)).is_err());
    assert_eq!(waiting(kor, Lane::Urgent)[0].shown_to(&key), Ok(shown("", "act")));
    let to_usa = Package::from_bytes(&kor.next_package(&party("USA"), Lane::Routine).unwrap()).unwrap();
    let Entry::Envelope(bytes) = &to_usa.entries[0] else { panic!() };
    assert_eq!(Envelope::parse(bytes).unwrap().header().guard, entente_seal::Guard::Absent);
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!((jpn.ids(), alarms(jpn)), (vec!["K-1".to_owned()], Vec::new()));
}

#[test]
fn a_partner_that_shows_guards_something_else_than_agreed_is_found_out() {
    let (ours, other) = (guard(9), guard(8));
    let sealed = || Showing::Sealed(Box::new(ours.public().clone()));
    for (show, expect, taken) in [
        (Showing::Nothing, None, true),
        (Showing::Clear, None, true),
        (Showing::Clear, Some(Expected::Clear), true),
        (sealed(), Some(Expected::Sealed(None)), true),
        (sealed(), Some(Expected::Sealed(Some(ours.public().id()))), true),
        (Showing::Nothing, Some(Expected::Clear), false),
        (Showing::Nothing, Some(Expected::Sealed(None)), false),
        (Showing::Clear, Some(Expected::Sealed(None)), false),
        (Showing::Clear, Some(Expected::Nothing), false),
        (sealed(), Some(Expected::Clear), false),
        (sealed(), Some(Expected::Sealed(Some(other.public().id()))), false),
    ] {
        let case = format!("{show:?}, {expect:?}");
        let mut sites = three();
        let kor = sites.get_mut("KOR").unwrap();
        kor.guarded([(party("JPN"), link(show, None))]);
        kor.release("K-1", LABEL, &["JPN"], None);
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.guarded([(party("KOR"), link(Showing::Nothing, expect))]);
        deliver(&mut sites);
        let jpn = sites.get_mut("JPN").unwrap();
        let (word, reason) = disposition(jpn, Lane::Routine, 0);
        assert_eq!((word == "accepted", jpn.ids().len() == 1, alarms(jpn).is_empty()), (taken, taken, taken), "{case}");
        if !taken {
            let reason = reason.unwrap();
            assert!(reason.contains("of KOR is expected"), "{case}: {reason}");
        }
    }
}

/// A record of KOR for JPN, as KOR's own keys sign it.
fn record(sites: &Sites, id: &str, text: &[u8]) -> Body {
    let kor = &sites["KOR"];
    let origin = Origin {
        originator: "KOR".into(),
        id: id.into(),
        label: LABEL.into(),
        subjects: vec!["dprk-missile".into()],
        status: "exercise".into(),
        distribution: Vec::new(),
        title: "again.txt".into(),
        media_type: "text/plain".into(),
        created: 0,
        digest: *Digest::of(text).as_bytes(),
    };
    let agreement = kor.node.agreements().values().find(|agreement| agreement.id.as_str() == "jp-kr-gsomia-2016");
    let under = vec![Version { id: "jp-kr-gsomia-2016".into(), hash: agreement.unwrap().hash.0 }];
    let hop = HopStatement { under, purpose: PURPOSE.into(), ask_onward: false };
    let origin: Signed = kor.sign_as_partner(payload::ORIGIN, origin.to_bytes());
    Body::Record { origin, hop, content: text.to_vec() }
}

#[test]
fn a_guard_that_was_shown_another_label_than_is_inside_was_deceived_and_nothing_enters() {
    let key = guard(9);
    let shown = |label: &str, kind: &str| Shown { label: label.to_owned(), kind: kind.to_owned() };
    for (show, taken) in [
        (Show::Clear(shown(LABEL, "record")), true),
        (Show::Sealed(shown(LABEL, "record"), key.public()), true),
        (Show::Clear(shown("UNCLASSIFIED", "record")), false),
        (Show::Clear(shown(LABEL, "act")), false),
        (Show::Clear(shown("", "")), false),
        (Show::Sealed(shown("UNCLASSIFIED", "record"), key.public()), false),
    ] {
        let mut sites = three();
        let (file, body) = (sites["JPN"].party_file(), record(&sites, "K-1", b"launch"));
        let package = sites.get_mut("KOR").unwrap().forged_showing(&file, Lane::Routine, &body, show);
        // JPN has no key of the guard's, and nothing in its configuration.
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
        let (word, reason) = disposition(jpn, Lane::Routine, 0);
        assert_eq!((word.as_str(), jpn.ids().len()), if taken { ("accepted", 1) } else { ("refused", 0) });
        assert_eq!(alarms(jpn).len(), usize::from(!taken));
        assert!(taken || reason.unwrap().contains("showed a guard another label or kind"));
    }
}

#[test]
fn what_a_guard_cannot_be_shown_does_not_leave() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.guarded([(party("JPN"), link(Showing::Clear, None))]);
    let letters = || b'A'..=b'Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
    let codes = codes.map(|code| String::from_utf8(code.to_vec()).unwrap());
    let codes: Vec<String> = codes.filter(|code| is_trigraph(code) && code != "USA").collect();
    let label = format!("//KOR SECRET//REL TO USA, {}", codes.join(", "));
    let release = |source| Release {
        by: kor.viewer(),
        source,
        to: vec![party("JPN")],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    };
    let release = release(Source::New(draft("K-1", &label)));
    match kor.handle(Event::Release(release)) {
        Err(Refusal::Request(why)) => {
            assert!(why.contains("the guard on the way to JPN is shown at most 1024"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    // Nothing of it has entered.
    assert!(kor.ids().is_empty());
}

#[test]
fn two_records_under_one_id_are_refused_and_prove_who_signed_both() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let (file, body) = (sites["JPN"].party_file(), record(&sites, "K-1", b"another content"));
    let package = sites.get_mut("KOR").unwrap().sequenced_after(&file, Lane::Routine, &body);
    let kor = Partner::open(&sites["KOR"].signed_party_file()).unwrap();
    let other = Partner::open(&sites["USA"].signed_party_file()).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
    assert_eq!(disposition(jpn, Lane::Routine, 1).0, "refused");
    let rows = jpn.store().reader().unwrap().alarms().unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].message.contains("KOR signed two different records under one id"), "{}", rows[0].message);
    // The evidence needs nothing but KOR's party file.
    let conflict = Conflict::from_bytes(&rows[0].evidence).unwrap();
    let (held, refused) = conflict.statements().unwrap();
    assert_eq!((held.id.as_str(), held.digest), ("K-1", *Digest::of(&content("K-1")).as_bytes()));
    assert_eq!((refused.id.as_str(), refused.digest), ("K-1", *Digest::of(b"another content").as_bytes()));
    assert!(kor.contradicts_itself(&conflict) && !other.contradicts_itself(&conflict));
    let same = Conflict { held: conflict.held.clone(), refused: conflict.held.clone() };
    assert!(!kor.contradicts_itself(&same), "one statement twice is no contradiction");
    let mut forged = conflict;
    forged.refused.signature[0] ^= 1;
    assert!(!kor.contradicts_itself(&forged), "what nobody signed");
    assert_eq!(jpn.ids(), ["K-1"]);
}
