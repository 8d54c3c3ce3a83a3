//! Three sovereign nodes with real stores, each case a short script: what crosses, and what does not. Crashes, lost and
//! doubled messages, failing disks and clocks are the simulator's, in `crates/sim`.
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
    Level, Party,
    agreement::{ActKind, clause::Set},
    decide::{Cure, Verdict},
    view::Viewer,
};
use entente_formats::wire::{Canonical, Entry, Package, Receipt};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Deed, Draft, Outcome, RecordRef},
    person::Person,
};
use site::{CHANNEL, PURPOSE, Site, consent, content, deliver, example_text, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

fn party(code: &str) -> Party {
    code.into()
}

fn only(mut outcomes: Vec<(Party, Outcome)>) -> Outcome {
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0).1
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    match outcome {
        Outcome::Denied { decision, .. } => decision.blocked.iter().map(|block| block.reason.code()).collect(),
        other => panic!("not denied: {other:?}"),
    }
}

fn act(site: &mut Site, agreement: &str, kind: ActKind) {
    let date = "2026-11-23".parse().unwrap();
    let deed = Deed::Does(kind);
    site.handle(Event::Act { agreement: agreement.into(), version: None, deed, date, article: None }).unwrap();
}

#[test]
fn a_record_crosses_with_its_bytes_and_its_custody() {
    let mut sites = three();
    let outcome = only(sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None));
    assert!(matches!(&outcome, Outcome::Sequenced { under, .. } if *under == ["jp-kr-gsomia-2016"]));
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let held = jpn.held();
    let [listed] = held.as_slice() else { panic!("{held:?}") };
    let body = jpn.store().reader().unwrap().body(&listed.digest).unwrap().unwrap();
    assert_eq!(body, content("K-1"));
    let [hop] = listed.record.custody.as_slice() else { panic!() };
    assert_eq!((hop.from.as_str(), hop.purpose.as_str()), ("KOR", PURPOSE));
    assert_eq!(sites.get_mut("USA").unwrap().ids(), Vec::<String>::new());
}

#[test]
fn the_third_party_rule_holds_until_the_originator_consents() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let denied = only(sites.get_mut("JPN").unwrap().release_held("K-1", &["USA"], None));
    assert_eq!(codes(&denied), ["third-party"]);
    let Outcome::Denied { decision, .. } = &denied else { unreachable!() };
    assert_eq!(decision.cures, vec![vec![Cure::Consent(party("KOR"))]]);

    consent(&mut sites, "K-1", false);
    assert_eq!(codes(&only(sites.get_mut("JPN").unwrap().release_held("K-1", &["USA"], None))), ["third-party"]);

    consent(&mut sites, "K-1", true);
    let outcome = only(sites.get_mut("JPN").unwrap().release_held("K-1", &["USA"], None));
    assert!(matches!(outcome, Outcome::Sequenced { .. }), "{outcome:?}");
    deliver(&mut sites);
    let usa = sites.get_mut("USA").unwrap().held();
    assert_eq!(usa[0].record.originator, party("KOR"));
    // What USA learns of the way is its own hop, and that it must ask.
    assert_eq!(usa[0].record.custody.len(), 1);
    assert_eq!(usa[0].record.custody[0].from, party("JPN"));
    assert_eq!(usa[0].record.custody[0].onward.as_str(), "ask");
}

#[test]
fn a_consent_counts_for_one_content_only() {
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    consent(&mut sites, "K-1", true);
    assert_eq!(codes(&only(sites.get_mut("JPN").unwrap().release_held("K-2", &["USA"], None))), ["third-party"]);
}

#[test]
fn suspension_withdraws_what_waits_and_frees_nothing_that_was_given() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    // JPN is away: K-2 waits.
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-2", LABEL, &["JPN"], None);
    act(kor, "jp-kr-gsomia-2016", ActKind::Suspended);
    // The nearest is the text that came furthest; that the other is suspended stands beside it.
    let denied = only(kor.release("K-3", LABEL, &["JPN"], None));
    assert_eq!(codes(&denied), ["out-of-scope"]);
    let Outcome::Denied { decision, .. } = &denied else { unreachable!() };
    let further: Vec<_> = decision.further.iter().map(|(cited, why)| (cited.agreement.as_str(), why.code())).collect();
    assert_eq!(further, [("jp-kr-gsomia-2016", "not-in-force")]);
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let states: Vec<_> = kor
        .store()
        .reader()
        .unwrap()
        .outgoing(&feed)
        .unwrap()
        .into_iter()
        .map(|row| (row.record, row.withdrawal.is_some()))
        .collect();
    assert_eq!(states, [(Some("K-1".into()), false), (Some("K-2".into()), true)]);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(jpn.ids(), ["K-1"]);
    assert_eq!(codes(&only(jpn.release_held("K-1", &["USA"], None))), ["third-party"]);
    // What was withdrawn stays withdrawn, also when the text is resumed.
    act(sites.get_mut("KOR").unwrap(), "jp-kr-gsomia-2016", ActKind::Resumed);
    deliver(&mut sites);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1"]);
}

/// Releases K-1 to JPN and clears it to leave; then `meanwhile`, KOR suspends the text, and JPN gets what there is. Whether K-1
/// is withdrawn as one that may have arrived, as KOR's memory and after a new start its store have it.
fn withdrawn_late(meanwhile: impl FnOnce(&mut Site)) -> bool {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    assert!(kor.next_package(&party("JPN"), Lane::Routine).is_some());
    meanwhile(kor);
    act(kor, "jp-kr-gsomia-2016", ActKind::Suspended);
    deliver(&mut sites);
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let rows = sites.get_mut("KOR").unwrap().store().reader().unwrap().outgoing(&feed).unwrap();
    assert!(rows[0].withdrawal.is_some() && sites.get_mut("JPN").unwrap().ids().is_empty());
    rows[0].late
}

#[test]
fn what_had_no_connection_has_not_left() {
    let not_sent = |start, end| {
        let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
        move |kor: &mut Site| drop(kor.handle(Event::NotSent { feed, start, end }).unwrap())
    };
    // Nobody says what became of it.
    assert!(withdrawn_late(|_| ()));
    assert!(!withdrawn_late(not_sent(0, 1)));
    assert!(!withdrawn_late(|kor| {
        not_sent(0, 1)(kor);
        kor.crash();
    }));
    // It was handed out twice, as to a courier: what one of them did not send, the other may have.
    assert!(withdrawn_late(|kor| {
        kor.next_package(&party("JPN"), Lane::Routine);
        not_sent(0, 1)(kor);
    }));
    // Handed out again after it was held back, it may leave again.
    assert!(withdrawn_late(|kor| {
        not_sent(0, 1)(kor);
        kor.next_package(&party("JPN"), Lane::Routine);
    }));
    // Of another life, or of other entries.
    assert!(withdrawn_late(|kor| {
        kor.crash();
        not_sent(0, 1)(kor);
    }));
    assert!(withdrawn_late(not_sent(0, 2)));
    assert!(withdrawn_late(not_sent(1, 1)));
}

#[test]
fn a_name_means_what_its_asker_may_see_and_hides_the_rest() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("X-1", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let own = Draft { subjects: vec!["fisheries".into()], ..site::draft("X-1", "//JPN SECRET//REL TO USA, JPN, KOR") };
    let by = jpn.viewer();
    jpn.handle(Event::Enter { by, draft: own }).unwrap();
    let knows = |subject: &str| Viewer { subjects: Set::Of([subject.into()].into()), ..jpn_viewer() };
    let mut look = |viewer: Viewer| {
        let record = RecordRef { originator: None, id: "X-1".into() };
        match jpn.handle(Event::Look { record, viewer }) {
            Ok(Answer::Record(listed)) => listed.record.originator.to_string(),
            Err(Refusal::NotFound(_)) => "not found".to_owned(),
            Err(Refusal::Request(why)) if why.contains("several originators") => "which".to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(look(jpn_viewer()), "which");
    assert_eq!(look(knows("fisheries")), "JPN");
    assert_eq!(look(knows("dprk-missile")), "KOR");
    // That there are two is no more to be learned than that there is one.
    assert_eq!(look(knows("lazarus-group")), "not found");
}

fn jpn_viewer() -> Viewer {
    Viewer {
        name: "analyst".into(),
        nationality: party("JPN"),
        clearance: Level::TopSecret,
        subjects: Set::Any,
        official_duty: true,
    }
}

#[test]
fn a_text_that_all_have_brought_into_force_carries_the_new_and_not_the_old() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-old", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let text = example_text("agreements", "trilateral-hypothetical.toml");
    sites.get_mut("JPN").unwrap().handle(Event::Propose { text }).unwrap();
    deliver(&mut sites);
    for code in ["USA", "JPN"] {
        act(sites.get_mut(code).unwrap(), "trilateral-hypothetical", ActKind::Signed);
        act(sites.get_mut(code).unwrap(), "trilateral-hypothetical", ActKind::EnteredIntoForce);
    }
    deliver(&mut sites);
    // Signed, but not yet in force in KOR's own view.
    act(sites.get_mut("KOR").unwrap(), "trilateral-hypothetical", ActKind::Signed);
    let denied =
        only(sites.get_mut("KOR").unwrap().release("K-early", LABEL, &["JPN"], Some(&["trilateral-hypothetical"])));
    assert_eq!(codes(&denied), ["not-in-force"]);
    act(sites.get_mut("KOR").unwrap(), "trilateral-hypothetical", ActKind::EnteredIntoForce);
    deliver(&mut sites);
    sites.get_mut("KOR").unwrap().release("K-new", LABEL, &["JPN"], Some(&["trilateral-hypothetical"]));
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(matches!(only(jpn.release_held("K-new", &["USA"], None)), Outcome::Sequenced { .. }));
    assert_eq!(codes(&only(jpn.release_held("K-old", &["USA"], None))), ["third-party"]);
}

#[test]
fn several_agreements_make_the_verb_ask_unless_the_rules_prefer_one() {
    let mut sites = three();
    let text = example_text("agreements", "trilateral-hypothetical.toml");
    sites.get_mut("JPN").unwrap().handle(Event::Propose { text }).unwrap();
    deliver(&mut sites);
    for code in ["USA", "JPN", "KOR"] {
        act(sites.get_mut(code).unwrap(), "trilateral-hypothetical", ActKind::EnteredIntoForce);
    }
    deliver(&mut sites);
    let outcome = only(sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None));
    let Outcome::Choose { choices, .. } = outcome else { panic!("{outcome:?}") };
    let ids: Vec<&str> = choices.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["jp-kr-gsomia-2016", "trilateral-hypothetical"]);
}

/// What is wrong with the feed stops it, with an alarm and the evidence, and advances nothing.
#[test]
fn a_feed_that_is_not_what_was_signed_stops() {
    type Spoil = fn(&mut Package);
    let cases: [(&str, Spoil); 6] = [
        ("an altered envelope", |package| {
            if let Some(Entry::Envelope(bytes)) = package.entries.first_mut() {
                bytes[100] ^= 1;
            }
        }),
        ("a left out entry", |package| drop(package.entries.remove(0))),
        ("a stale proof", |package| package.proof = vec![7; 32]),
        ("half a hash", |package| package.proof = vec![7; 31]),
        ("another feed's checkpoint", |package| {
            package.checkpoint = package.checkpoint.replace("KOR/JPN", "KOR/USA");
        }),
        ("an unsigned checkpoint", |package| {
            let note = package.checkpoint.clone();
            let line = note.lines().last().unwrap();
            let mut other: Vec<char> = line.chars().collect();
            let at = other.len() - 10;
            other[at] = if other[at] == 'A' { 'B' } else { 'A' };
            package.checkpoint = note.replace(line, &other.into_iter().collect::<String>());
        }),
    ];
    for (name, spoil) in cases {
        let mut sites = three();
        for id in ["K-1", "K-2"] {
            sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
        }
        let good = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
        let mut package = Package::from_bytes(&good).unwrap();
        spoil(&mut package);
        let jpn = sites.get_mut("JPN").unwrap();
        let refusal = jpn.take(&party("KOR"), Lane::Routine, package.to_bytes()).unwrap_err();
        assert!(matches!(refusal, Refusal::Partner(_)), "{name}: {refusal:?}");
        assert_eq!(jpn.ids(), Vec::<String>::new(), "{name}");
        assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 1, "{name}");
        // The true feed goes on where it stood.
        jpn.take(&party("KOR"), Lane::Routine, good).unwrap();
        assert_eq!(jpn.ids(), ["K-1", "K-2"], "{name}");
    }
}

#[test]
fn truncated_and_foreign_packages_are_errors_and_change_nothing() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let package = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    for length in (0..package.len()).step_by(97) {
        let cut = package[..length].to_vec();
        assert!(sites.get_mut("JPN").unwrap().take(&party("KOR"), Lane::Routine, cut).is_err());
    }
    // The same bytes on another's feed, on the other lane, or at another node.
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(jpn.take(&party("USA"), Lane::Routine, package.clone()).is_err());
    assert!(jpn.take(&party("KOR"), Lane::Urgent, package.clone()).is_err());
    assert!(sites.get_mut("USA").unwrap().take(&party("KOR"), Lane::Routine, package).is_err());
}

#[test]
fn a_receipt_that_is_not_the_partners_is_not_believed() {
    let mut sites = three();
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let package = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let (bytes, _) = sites.get_mut("JPN").unwrap().take(&party("KOR"), Lane::Routine, package).unwrap();
    let good = Receipt::from_bytes(&bytes).unwrap();
    let spoiled = [
        Receipt { cosigned: None, ..good.clone() },
        Receipt { dispositions: None, ..good.clone() },
        Receipt { cosigned: good.cosigned.as_ref().map(|note| note.replace("\n1\n", "\n2\n")), ..good },
    ];
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    let kor = sites.get_mut("KOR").unwrap();
    for receipt in spoiled {
        assert!(kor.handle(Event::Receipt { feed: feed.clone(), bytes: receipt.to_bytes() }).is_err());
        assert!(kor.node.outgoing().all(|(.., acknowledged)| acknowledged == 0));
    }
    kor.handle(Event::Receipt { feed, bytes }).unwrap();
}

/// Only what nobody was answered for, and its giver says again, may wait for the next sync.
#[test]
fn everything_but_a_receipt_is_synced_when_it_is_kept() {
    let mut sites = three();
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    for number in 0..2 {
        let kor = sites.get_mut("KOR").unwrap();
        kor.release(&format!("K-{number}"), LABEL, &["JPN"], None);
        assert!(kor.store().is_synced(), "a release");
        let package = kor.next_package(&party("JPN"), Lane::Routine).unwrap();
        assert!(kor.store().is_synced(), "that it was offered");
        let jpn = sites.get_mut("JPN").unwrap();
        let (bytes, _) = jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
        assert!(jpn.store().is_synced(), "what is receipted");
        let kor = sites.get_mut("KOR").unwrap();
        let receipt = Event::Receipt { feed: feed.clone(), bytes };
        if number == 0 {
            kor.handle(receipt).unwrap();
            assert!(!kor.store().is_synced(), "a receipt");
        } else {
            // As one that is imported is.
            let person = Person { name: "kim".to_owned(), way: "operator".to_owned() };
            kor.handle(Event::By { person, deed: "inbox.import", event: Box::new(receipt) }).unwrap();
            assert!(kor.store().is_synced(), "one that somebody has brought");
        }
    }
}

#[test]
fn what_no_agreement_of_the_recipient_covers_is_kept_sealed() {
    let mut sites = three();
    // JPN has suspended the text; KOR has not heard of it yet and gives a record under it.
    act(sites.get_mut("JPN").unwrap(), "jp-kr-gsomia-2016", ActKind::Suspended);
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    let package = sites.get_mut("KOR").unwrap().next_package(&party("JPN"), Lane::Routine).unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
    assert_eq!(jpn.ids(), Vec::<String>::new());
    let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
    let rows = jpn.store().reader().unwrap().incoming(&feed, 0, 10).unwrap();
    assert_eq!(rows[0].disposition, "held");
    assert!(rows[0].reason.as_ref().unwrap().contains("not-in-force"), "{rows:?}");
}

#[test]
fn a_full_disk_keeps_nothing_of_an_event_and_everything_before_it() {
    if site::postgres::has_no_file("a full disk is played by the file's own limit") {
        return;
    }
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    kor.store().limit_pages(1).unwrap();
    let mut failed = false;
    for number in 0..200 {
        let draft = entente_node::event::Draft {
            id: Some(format!("K-full-{number}").as_str().into()),
            label: LABEL.into(),
            subjects: vec!["dprk-missile".into()],
            status: entente_core::record::Status::Test,
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: String::new(),
            media_type: String::new(),
            content: vec![0; 100_000],
            versions: Vec::new(),
        };
        let release = entente_node::event::Release {
            by: kor.viewer(),
            source: entente_node::event::Source::New(draft),
            to: vec![party("JPN")],
            purpose: PURPOSE.into(),
            channel: CHANNEL.into(),
            under: None,
            precedence: entente_seal::Precedence::Routine,
            expires: None,
        };
        let mut rng = <chacha20::ChaCha20Rng as rand_core::SeedableRng>::from_seed([9; 32]);
        let effects = kor.node.handle(Event::Release(release), kor.now, &mut rng);
        match kor.store().commit(&[effects.batch]) {
            Ok(()) => {}
            Err(error) => {
                assert!(error.to_string().contains("the disk is full"), "{error}");
                failed = true;
                break;
            }
        }
    }
    assert!(failed, "the disk never filled");
    kor.crash();
    let ids = kor.ids();
    assert!(ids.contains(&"K-1".to_owned()));
    deliver(&mut sites);
    let (mut sent, mut arrived) = (sites.get_mut("KOR").unwrap().ids(), sites.get_mut("JPN").unwrap().ids());
    sent.sort();
    arrived.sort();
    assert_eq!(sent, arrived);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let sites = three();
    let error =
        entente_store::Store::open(sites["KOR"].folder.path(), &sites["KOR"].storage_key()).map(drop).unwrap_err();
    assert!(error.to_string().contains("another server runs on"), "{error}");
}

#[test]
fn a_person_without_the_clearance_sees_no_difference_to_nothing() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let mut viewer = kor.viewer();
    viewer.clearance = entente_core::Level::Confidential;
    let look = |id: &str, viewer| Event::Look { record: RecordRef { originator: None, id: id.into() }, viewer };
    let (hidden, absent) = (look("K-1", viewer.clone()), look("K-2", viewer));
    assert_eq!(kor.handle(hidden).unwrap_err(), Refusal::NotFound("K-1".into()));
    assert_eq!(kor.handle(absent).unwrap_err(), Refusal::NotFound("K-2".into()));
}

#[test]
fn a_record_never_changes_under_its_id() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let draft = |text: &str| entente_node::event::Draft {
        id: Some("K-1".into()),
        label: LABEL.into(),
        subjects: Vec::new(),
        status: entente_core::record::Status::Test,
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: String::new(),
        media_type: String::new(),
        content: text.into(),
        versions: Vec::new(),
    };
    let release = entente_node::event::Release {
        by: kor.viewer(),
        source: entente_node::event::Source::New(draft("other")),
        to: vec![party("JPN")],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: entente_seal::Precedence::Routine,
        expires: None,
    };
    let refusal = kor.handle(Event::Release(release)).unwrap_err();
    assert!(refusal.to_string().contains("a record never changes"), "{refusal}");
}

#[test]
fn the_verdict_is_what_the_ledger_says_when_it_is_replayed() {
    let mut sites = three();
    let outcome = only(sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None));
    let Outcome::Sequenced { decision, .. } = outcome else { panic!() };
    assert_eq!(decision.verdict(), Verdict::Permit);
    let kor = sites.get_mut("KOR").unwrap();
    let reader = kor.store().reader().unwrap();
    let statements = reader.statements(0, 100).unwrap();
    let kinds: Vec<String> = statements
        .iter()
        .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["party", "party", "party", "entered", "decision"]);
    // What may be shown to a third person says nothing of which record it is.
    for text in &statements {
        assert!(!text.contains("K-1") && !text.contains("dprk-missile"), "{text}");
    }
}
