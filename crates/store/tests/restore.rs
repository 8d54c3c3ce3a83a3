//! What partners see of a sender that tells two stories, of whatever lengths; and what a restored node takes from them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_formats::wire::{Canonical, Holds, Package, Tail};
use entente_log::Checkpoint;
use entente_node::{
    Answer, Event, Feed, Lane, Partner, Refusal,
    event::RecordRef,
    person::{Account, Person},
    statement,
};
use entente_store::Standing;
use site::{Site, holds, party, tail, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const ROUTINE: Lane = Lane::Routine;

fn give(from: &mut Site, to: &mut Site, ids: &[&str]) {
    for id in ids {
        from.release(id, LABEL, &[to.party.as_str()], None);
        hand_over(from, to);
    }
}

/// Sends what waits in the routine lane, and brings the receipt back.
fn hand_over(from: &mut Site, to: &mut Site) {
    let bytes = from.next_package(&to.party, ROUTINE).unwrap();
    let (bytes, _) = to.take(&from.party, ROUTINE, bytes).unwrap();
    let feed = Feed { partner: to.party.clone(), lane: ROUTINE };
    from.handle(Event::Receipt { feed, bytes }).unwrap();
}

/// What the server does with a package that does not go on from what is held.
fn compare(site: &mut Site, from: &str, bytes: &[u8]) -> Result<Answer, Refusal> {
    let feed = Feed { partner: party(from), lane: ROUTINE };
    let note = Package::from_bytes(bytes).unwrap().checkpoint;
    let size = note.lines().nth(1).unwrap().parse().unwrap();
    let here = site.store().reader().unwrap().incoming_root(&feed, size).unwrap();
    site.handle(Event::Shown { feed, note, here })
}

/// Two checkpoints of KOR's feed to JPN, of these sizes, each signed by both of its keys.
fn assert_evidence(site: &mut Site, kor: &Partner, sizes: [u64; 2]) {
    let alarms = site.store().reader().unwrap().alarms().unwrap();
    let text = String::from_utf8(alarms[0].evidence.clone()).unwrap();
    let origin = "entente/KOR/JPN/routine";
    let (first, second) = text.split_once(&format!("\n\n{origin}\n")).unwrap();
    let keys = kor.feed_keys(&party("JPN"), ROUTINE).unwrap();
    let found = [format!("{first}\n"), format!("{origin}\n{second}")]
        .map(|note| Checkpoint::open_signed_by_each(note.as_bytes(), origin, &keys).unwrap().size());
    assert_eq!(found, sizes, "{}", alarms[0].message);
}

#[test]
fn another_history_of_any_length_is_an_alarm_with_both_checkpoints() {
    // What the other history has, and how much of it JPN is shown: shorter than what it holds, and longer.
    for (other, sizes) in [(&["X-1"][..], [2, 1]), (&["X-1", "X-2", "X-3"][..], [2, 3])] {
        let (mut sites, mut others) = (three(), three());
        let [mut one, mut two] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
        let (mut jpn, mut elsewhere) = (sites.remove("JPN").unwrap(), others.remove("JPN").unwrap());
        let kor = Partner::open(&one.signed_party_file()).unwrap();
        give(&mut one, &mut jpn, &["K-1", "K-2"]);
        // The other history is receipted elsewhere as far as JPN holds the first, so that it goes on behind it.
        give(&mut two, &mut elsewhere, &other[..other.len().min(2)]);
        let bytes = match other.get(2) {
            Some(id) => {
                two.release(id, LABEL, &["JPN"], None);
                two.next_package(&jpn.party, ROUTINE).unwrap()
            }
            None => {
                let feed = Feed { partner: party("JPN"), lane: ROUTINE };
                let asked = Event::Dispatch { feed, start: 1, entries: Vec::new() };
                let Ok(Answer::Cleared { checkpoint, .. }) = two.handle(asked) else { panic!() };
                let origin = "entente/KOR/JPN/routine".to_owned();
                let (entries, proof) = (Vec::new(), Vec::new());
                Package { origin, start: 1, entries, checkpoint, proof, acknowledged: 1 }.to_bytes()
            }
        };
        let taken = jpn.take(&party("KOR"), ROUTINE, bytes.clone());
        if sizes[1] < sizes[0] {
            assert!(matches!(taken, Ok((_, false))), "what is older is answered with where JPN stands");
            let refused = compare(&mut jpn, "KOR", &bytes).unwrap_err();
            assert!(refused.to_string().contains("another history of this feed than the first 1 entries"), "{refused}");
        } else {
            assert!(taken.unwrap_err().to_string().contains("not those that KOR signed"));
        }
        assert_evidence(&mut jpn, &kor, sizes);
    }
}

#[test]
fn the_same_history_of_another_length_is_none() {
    let mut sites = three();
    let (mut kor, mut jpn) = (sites.remove("KOR").unwrap(), sites.remove("JPN").unwrap());
    kor.release("K-1", LABEL, &["JPN"], None);
    let old = kor.next_package(&jpn.party, ROUTINE).unwrap();
    hand_over(&mut kor, &mut jpn);
    give(&mut kor, &mut jpn, &["K-2"]);
    assert!(matches!(compare(&mut jpn, "KOR", &old), Ok(Answer::Done)));
    assert_eq!(jpn.store().reader().unwrap().alarms().unwrap(), []);
}

#[test]
fn what_a_partner_only_says_counts_for_nothing() {
    let (mut sites, mut others) = (three(), three());
    let [mut now, mut old] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
    let mut jpn = sites.remove("JPN").unwrap();
    give(&mut now, &mut jpn, &["K-1", "K-2"]);
    let good = Holds::from_bytes(&holds(&mut jpn, "KOR")).unwrap();
    let with = |change: &dyn Fn(&mut Holds)| {
        let mut holds = good.clone();
        change(&mut holds);
        holds.to_bytes()
    };
    let take = |old: &mut Site, bytes| old.handle(Event::PartnerHolds { partner: party("JPN"), bytes });
    for (why, bytes) in [
        ("more than its receipt", with(&|holds| holds.feeds[1].size = 3)),
        ("no receipt", with(&|holds| holds.feeds[1].receipt = None)),
        ("no signature of ours", with(&|holds| holds.feeds[1].checkpoint = None)),
        ("its own signature twice", with(&|holds| holds.feeds[1].checkpoint = holds.feeds[1].receipt.clone())),
        ("a receipt of another lane", with(&|holds| holds.feeds[1].lane = "urgent".into())),
        ("a lane that is none", with(&|holds| holds.feeds[1].lane = "express".into())),
    ] {
        let answer = take(&mut old, bytes);
        assert!(answer.is_err(), "{why}: {answer:?}");
        assert!(!old.node.is_read_only(), "{why}");
    }
    take(&mut old, good.to_bytes()).unwrap();
    assert!(old.node.is_read_only(), "what it can show stops the node");

    // Now it answers; what it gives back must be what both have signed.
    take(&mut old, good.to_bytes()).unwrap();
    let feed = Feed { partner: party("JPN"), lane: ROUTINE };
    let good = Tail::from_bytes(&tail(&mut jpn, 0, 2)).unwrap();
    let with = |change: &dyn Fn(&mut Tail)| {
        let mut tail = good.clone();
        change(&mut tail);
        tail.to_bytes()
    };
    for (why, bytes) in [
        ("another leaf", with(&|tail| tail.entries[0].leaf = [7; 32])),
        ("another envelope", with(&|tail| tail.entries[0].envelope = tail.entries[1].envelope.clone())),
        ("turned around", with(&|tail| tail.entries.reverse())),
        ("later ones", with(&|tail| tail.start = 1)),
        ("none", with(&|tail| tail.entries.clear())),
    ] {
        assert!(old.handle(Event::TakeTail { feed: feed.clone(), bytes }).is_err(), "{why}");
    }
    let without = with(&|tail| tail.entries[0].envelope = None);
    old.handle(Event::TakeTail { feed: feed.clone(), bytes: without }).unwrap();
    let rows = old.store().reader().unwrap().outgoing(&feed).unwrap();
    let records: Vec<_> = rows.iter().map(|row| (row.record.as_deref(), row.recovered)).collect();
    assert_eq!(records, [(Some("K-1"), true), (Some("K-2"), true)], "what they were is known, and their leaves");
}

#[test]
fn what_a_partner_keeps_back_of_what_was_said_to_it_is_an_alarm() {
    for is_kept_back in [false, true] {
        let (mut sites, mut others) = (three(), three());
        let [mut now, mut old] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
        let mut jpn = sites.remove("JPN").unwrap();
        give(&mut now, &mut jpn, &["K-1", "K-2"]);
        let told = holds(&mut jpn, "KOR");
        // The first stops the node; then it hears the answer.
        for _ in 0..2 {
            old.handle(Event::PartnerHolds { partner: party("JPN"), bytes: told.clone() }).unwrap();
        }
        let before = old.store().reader().unwrap().alarms().unwrap().len();
        let mut tail = Tail::from_bytes(&tail(&mut jpn, 0, 2)).unwrap();
        if is_kept_back {
            tail.said = None;
        }
        let feed = Feed { partner: party("JPN"), lane: ROUTINE };
        old.handle(Event::TakeTail { feed, bytes: tail.to_bytes() }).unwrap();
        let alarms = old.store().reader().unwrap().alarms().unwrap().split_off(before);
        let told: Vec<&str> = alarms.iter().map(|alarm| alarm.message.as_str()).collect();
        let expected =
            is_kept_back.then_some("JPN has given back 2 entries of our routine feed and not what they said (0, 1)");
        assert_eq!(told.len(), usize::from(is_kept_back), "{told:?}");
        assert!(expected.is_none_or(|expected| told[0].starts_with(expected)), "{told:?}");
    }
}

#[test]
fn a_store_knows_that_it_is_older_than_its_heads() {
    if site::postgres::has_no_file("it puts an older file back; `postgres.rs` does the same to a schema") {
        return;
    }
    let mut sites = three();
    let (mut kor, mut jpn) = (sites.remove("KOR").unwrap(), sites.remove("JPN").unwrap());
    let folder = kor.folder.path().to_owned();
    let files = ["store.sqlite", "store.sqlite-wal"];
    let keep = |folder: &std::path::Path, to: &std::path::Path| {
        for name in files.iter().filter(|name| folder.join(name).exists()) {
            std::fs::copy(folder.join(name), to.join(name)).unwrap();
        }
    };
    give(&mut kor, &mut jpn, &["K-1"]);
    assert_eq!(kor.store().standing().unwrap(), Standing::Level);
    let copy = tempfile::tempdir().unwrap();
    keep(&folder, copy.path());
    give(&mut kor, &mut jpn, &["K-2"]);
    kor.crash();
    assert_eq!(kor.store().standing().unwrap(), Standing::Level, "after a crash");
    kor.store = None;
    for name in files {
        let _ = std::fs::remove_file(folder.join(name));
    }
    keep(copy.path(), &folder);
    kor.crash();
    let standing = kor.store().standing().unwrap();
    assert_eq!(standing, Standing::Behind(vec!["entente/KOR/JPN/routine".to_owned()]));
    for name in entente_store::HEADS {
        let _ = std::fs::remove_file(folder.join(name));
    }
    kor.crash();
    assert_eq!(kor.store().standing().unwrap(), Standing::Missing);
}

#[test]
fn what_people_do_at_a_read_only_node_is_said_when_it_goes_on() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let said = |site: &mut Site| -> Vec<(String, serde_json::Value)> {
        let rows = site.store().reader().unwrap().statement_rows(0, 10_000).unwrap();
        let read = |row: entente_store::StatementRow| statement::read(&row.text, row.opening.as_deref()).unwrap();
        rows.into_iter().map(read).map(|told| (told.statement.kind, told.content)).collect()
    };
    let before = said(kor).len();
    let (why, destroyed) = ("it was restored".to_owned(), Vec::new());
    kor.handle(Event::BeginRestore { why, is_ledger_lost: false, destroyed }).unwrap();
    let by = Person { name: "sato".into(), way: "session".into() };
    let viewed = |record: &str| {
        let records = vec![(party("KOR"), record.into())];
        Event::Account(Account::Viewed { by: by.clone(), records, content: true })
    };
    kor.handle(viewed("K-1")).unwrap();
    let at = kor.now.as_second();
    // Nobody keeps others out by trying to come in.
    for _ in 0..600 {
        kor.handle(Event::Account(Account::TurnedAway { name: None, tries: 1 })).unwrap();
    }
    kor.handle(viewed("K-1")).unwrap();
    // Who asks makes no difference to what is refused.
    let viewer = kor.viewer();
    let approve = Event::Approve {
        by: viewer.clone(),
        record: RecordRef { originator: None, id: "K-1".into() },
        to: party("JPN"),
        note: String::new(),
    };
    let asked = Event::By { person: by.clone(), deed: "record.approve", event: Box::new(approve) };
    assert!(matches!(kor.handle(asked), Err(Refusal::ReadOnly(_))));
    assert_eq!(said(kor).len(), before, "a read-only node says nothing");
    kor.crash();

    kor.now = kor.now.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
    for code in ["JPN", "USA"] {
        let event = Event::GoOnWithout { by: viewer.clone(), partner: party(code), note: "duty officer".into() };
        kor.handle(Event::By { person: by.clone(), deed: "restore.go-on", event: Box::new(event) }).unwrap();
    }
    let all = said(kor).split_off(before);
    let kinds: Vec<&str> = all.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds[..2], ["restored", "viewed"]);
    assert_eq!(all[1].1["at"], at);
    let tries = all.iter().filter(|(kind, _)| kind == "turned-away").filter_map(|(_, said)| said["tries"].as_u64());
    assert_eq!(tries.sum::<u64>(), 600);
    assert_eq!(kinds.iter().filter(|kind| **kind == "viewed").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| **kind == "action").count(), 2);
    kor.handle(viewed("K-1")).unwrap();
    assert_eq!(said(kor).last().unwrap().0, "viewed");
}

/// KOR as it was when its disk was lost, KOR from its back-up, which JPN has given everything back that JPN has, and JPN; and a medium
/// that KOR wrote between the two, with K-2.
fn restored_after_a_medium() -> (Site, Site, Vec<u8>) {
    let (mut sites, mut others) = (three(), three());
    let [mut before, mut kor] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
    let mut jpn = sites.remove("JPN").unwrap();
    give(&mut before, &mut jpn, &["K-1"]);
    before.release("K-2", LABEL, &["JPN"], None);
    let medium = before.next_package(&jpn.party, ROUTINE).unwrap();
    let (why, destroyed) = ("it was restored from the back-up".to_owned(), Vec::new());
    kor.handle(Event::BeginRestore { why, is_ledger_lost: false, destroyed }).unwrap();
    give_back(&mut kor, &mut jpn, (0, 1));
    let by = kor.viewer();
    kor.handle(Event::GoOnWithout { by, partner: party("USA"), note: "duty officer".into() }).unwrap();
    kor.handle(Event::GoOn).unwrap();
    assert!(!kor.node.is_read_only());
    (kor, jpn, medium)
}

/// JPN says how much it holds of KOR's feed, and gives a part of it back.
fn give_back(kor: &mut Site, jpn: &mut Site, (start, size): (u64, u64)) {
    let bytes = holds(jpn, "KOR");
    // Where nobody knew before that anything is missing, the first stops the node, and the second answers.
    for _ in 0..2 {
        kor.handle(Event::PartnerHolds { partner: party("JPN"), bytes: bytes.clone() }).unwrap();
    }
    let feed = Feed { partner: party("JPN"), lane: ROUTINE };
    let bytes = tail(jpn, start, size);
    kor.handle(Event::TakeTail { feed, bytes }).unwrap();
}

#[test]
fn a_medium_from_before_a_restore_enters_and_its_sender_learns_what_it_was() {
    let (mut kor, mut jpn, medium) = restored_after_a_medium();
    assert!(jpn.take(&party("KOR"), ROUTINE, medium).unwrap().1, "KOR has signed it");
    assert_eq!(jpn.ids().len(), 2);
    // KOR asks where JPN stands before it gives anything.
    let feed = Feed { partner: party("JPN"), lane: ROUTINE };
    let hello = Event::Dispatch { feed: feed.clone(), start: 0, entries: Vec::new() };
    let Ok(Answer::Cleared { checkpoint, acknowledged, .. }) = kor.handle(hello) else { panic!() };
    let origin = "entente/KOR/JPN/routine".to_owned();
    let (entries, proof) = (Vec::new(), Vec::new());
    let hello = Package { origin, start: acknowledged, entries, checkpoint, proof, acknowledged }.to_bytes();
    let (receipt, _) = jpn.take(&party("KOR"), ROUTINE, hello).unwrap();
    assert!(matches!(kor.handle(Event::Receipt { feed: feed.clone(), bytes: receipt }), Ok(Answer::Ahead)));
    give_back(&mut kor, &mut jpn, (1, 2));
    let rows = kor.store().reader().unwrap().outgoing(&feed).unwrap();
    assert_eq!(rows.iter().map(|row| row.record.as_deref()).collect::<Vec<_>>(), [Some("K-1"), Some("K-2")]);
}

#[test]
fn a_medium_from_before_a_restore_is_another_history_once_the_sender_has_gone_on() {
    let (mut kor, mut jpn, medium) = restored_after_a_medium();
    // The first package after a restore only asks where JPN stands; the second brings what waits.
    give(&mut kor, &mut jpn, &["K-3"]);
    hand_over(&mut kor, &mut jpn);
    assert!(jpn.ids().contains(&"K-3".to_owned()));
    // As long as what is held, it is compared at once; shorter, by whoever took it.
    let refused = jpn.take(&party("KOR"), ROUTINE, medium.clone()).unwrap_err();
    assert!(refused.to_string().contains("history"), "{refused}");
    give(&mut kor, &mut jpn, &["K-4"]);
    assert!(matches!(jpn.take(&party("KOR"), ROUTINE, medium.clone()), Ok((_, false))));
    let refused = compare(&mut jpn, "KOR", &medium).unwrap_err();
    assert!(refused.to_string().contains("another history of this feed than the first 2 entries"), "{refused}");
    // Nothing of it is here, and the feed goes on.
    give(&mut kor, &mut jpn, &["K-5"]);
    assert_eq!(jpn.ids().len(), 4);
    assert!(!jpn.ids().contains(&"K-2".to_owned()));
}
