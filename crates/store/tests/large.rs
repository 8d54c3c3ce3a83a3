//! Large contents with real stores: handed on, called back, broken off by a crash; and partners that say of them what is not so.
//! The wire is a loop in this file: what real nodes do over TLS is in `crates/cli/tests/large.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::fs;

use entente_core::Party;
use entente_formats::wire::{
    Body, ByteVec, Canonical, ContentOutcome, ContentReference, ContentSecret, ContentWord, Entry, HopStatement,
    Origin, Package, Returned, Tail, payload,
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    content::{AwaitedContent, LargeContent, SealedContent},
    event::{Draft, Outcome, RecordRef, Release, Source},
};
use entente_seal::{
    Precedence,
    content::{CHUNK_LENGTH, Layout, StreamKey, Travelling},
};
use entente_store::{CONTENTS, Content};
use sha2::{Digest, Sha256};
use site::{CHANNEL, PURPOSE, Site, Sites, consent, deliver, draft, holds, party, tail, three};
use zeroize::Zeroizing;

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const LENGTH: usize = 200_000;

fn large(id: &str) -> Vec<u8> {
    (0..LENGTH).map(|at| u8::try_from((at + id.len()) % 251).unwrap()).collect()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What a content is, sealed to these parties, each time under keys of its own.
fn sealed(from: &Party, to: &[&str], content: &[u8], time: u8) -> Vec<(Party, SealedContent)> {
    let of = |to: &&str| {
        let key = StreamKey::from_bytes(&sha256(&[to.as_bytes(), &[time]].concat()));
        let way = Travelling::new(&key, from.as_str(), to, &sha256(content), content.len() as u64).unwrap();
        let mut hash = Sha256::new();
        for (index, part) in (0..).zip(content.chunks(CHUNK_LENGTH)) {
            let mut chunk = part.to_vec();
            way.seal(index, &mut chunk).unwrap();
            hash.update(&chunk);
        }
        for index in u32::try_from(content.len().div_ceil(CHUNK_LENGTH)).unwrap()..way.layout().chunks() {
            let mut chunk = Vec::new();
            way.seal(index, &mut chunk).unwrap();
            hash.update(&chunk);
        }
        let key = ContentSecret(*key.as_bytes());
        (party(to), SealedContent { key, digest: hash.finalize().into() })
    };
    to.iter().map(of).collect()
}

/// A new record with a content in a file.
fn release(site: &mut Site, id: &str, to: &[&str]) -> Vec<(Party, Outcome)> {
    let content = large(id);
    let file = site.store().new_file().unwrap();
    let mut writer = site.store().reader().unwrap().fill(&file, LENGTH as u64, |_| ()).unwrap();
    for part in content.chunks(CHUNK_LENGTH) {
        writer.write(&mut part.to_vec()).unwrap();
    }
    writer.finish().unwrap();
    let sealed = sealed(&site.party.clone(), to, &content, 0);
    let content = LargeContent { digest: sha256(&content), length: LENGTH as u64, file: Some(file), sealed };
    let draft = Draft { content: Vec::new(), ..draft(id, LABEL) };
    site.release_source(Source::NewLarge(draft, content), to, None)
}

/// A held one, handed on.
fn hand_on(site: &mut Site, id: &str, to: &str) -> Result<Answer, Refusal> {
    let content = large(id);
    let sealed = sealed(&site.party.clone(), &[to], &content, 1);
    let content = LargeContent { digest: sha256(&content), length: LENGTH as u64, file: None, sealed };
    site.handle(Event::Release(Release {
        by: site.viewer(),
        source: Source::HeldLarge(RecordRef { originator: None, id: id.into() }, content),
        to: vec![party(to)],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: None,
        precedence: Precedence::Routine,
        expires: None,
    }))
}

fn awaited(site: &Site) -> Vec<AwaitedContent> {
    site.node.awaited_contents().cloned().collect()
}

/// Whether the sender of a content still gives it.
fn ask(site: &mut Site, of: &AwaitedContent, to: &str) -> Entry {
    let row = site.store().reader().unwrap().offered_content(&party(to), &of.sealed).unwrap().unwrap();
    let (feed, index, has_key) = (row.content.feed, row.content.index, row.key.is_some());
    let entry = site.store().reader().unwrap().pending(&feed, index, 1, usize::MAX).unwrap().pop().unwrap();
    match site.handle(Event::Fetch { feed, index, entry, has_key }).unwrap() {
        Answer::Fetch(entry) => entry,
        other => panic!("unexpected answer {other:?}"),
    }
}

/// Moves so many chunks of a content to where it is awaited; whether it is complete then, and synced.
fn move_chunks(sites: &mut Sites, to: &'static str, content: &AwaitedContent, most: usize) -> bool {
    let from = content.feed.partner.clone();
    let sender = sites.get_mut(from.as_str()).unwrap();
    assert!(matches!(ask(sender, content, to), Entry::Envelope(_)));
    let (theirs, ours) = (sender.store().reader().unwrap(), sites.get_mut(to).unwrap().store().reader().unwrap());
    let key = theirs.offered_content(&party(to), &content.sealed).unwrap().unwrap().key.unwrap();
    let source = theirs.content(&content.digest).unwrap().unwrap();
    assert!(matches!(source, Content::File(_)));
    let row = ours.awaited_content(&content.feed, content.index).unwrap().unwrap();
    assert_eq!(row.key.as_bytes(), key.as_bytes());
    let way = Travelling::new(&key, from.as_str(), to, &content.digest, content.length).unwrap();
    let mut writer = ours.fill(&row.file, content.length, |_| ()).unwrap();
    let mut chunk = Zeroizing::new(Vec::new());
    for _ in 0..most {
        if writer.is_complete() {
            break;
        }
        let index = writer.next();
        source.read(index, &mut chunk).unwrap();
        way.seal(index, &mut chunk).unwrap();
        way.open(index, &mut chunk).unwrap();
        writer.write(&mut chunk).unwrap();
    }
    let is_complete = writer.is_complete();
    if is_complete {
        writer.finish().unwrap();
    }
    is_complete
}

/// Fetches everything that a site awaits.
fn fetch(sites: &mut Sites, to: &'static str) {
    for content in awaited(&sites[to]) {
        assert!(move_chunks(sites, to, &content, usize::MAX));
        let site = sites.get_mut(to).unwrap();
        let file = site.store().reader().unwrap().awaited_content(&content.feed, content.index).unwrap().unwrap().file;
        let event = Event::ContentArrived { feed: content.feed, index: content.index, file };
        assert!(matches!(site.handle(event).unwrap(), Answer::Arrived { is_wanted: true }));
    }
    deliver(sites);
}

/// How many files with contents there are.
fn files(site: &Site) -> usize {
    fs::read_dir(site.folder.path().join(CONTENTS)).map_or(0, Iterator::count)
}

fn bytes(site: &mut Site, id: &str) -> Option<Vec<u8>> {
    let content = site.store().reader().unwrap().content(&sha256(&large(id))).unwrap()?;
    let (mut whole, mut chunk) = (Vec::new(), Zeroizing::new(Vec::new()));
    for index in 0..content.chunks() {
        content.read(index, &mut chunk).unwrap();
        whole.extend_from_slice(&chunk);
    }
    Some(whole)
}

fn said(site: &mut Site, to: &str) -> Vec<Option<ContentOutcome>> {
    let feed = Feed { partner: party(to), lane: Lane::Routine };
    let contents = site.store().reader().unwrap().offered_contents(&feed).unwrap();
    contents.into_iter().map(|(_, said)| said).collect()
}

#[test]
fn it_goes_from_hand_to_hand_and_back_to_nothing_as_a_small_one() {
    let mut sites = three();
    assert!(matches!(release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"])[0].1, Outcome::Sequenced { .. }));
    deliver(&mut sites);
    assert_eq!(said(sites.get_mut("KOR").unwrap(), "JPN"), [None]);
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(jpn.held()[0].is_arriving);
    jpn.crash();
    assert!(jpn.held()[0].is_arriving);
    // Nobody is given what is not here.
    let refused = hand_on(jpn, "K-1", "USA").unwrap_err().to_string();
    assert_eq!(refused, "the content of `K-1` is still arriving");

    fetch(&mut sites, "JPN");
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(!jpn.held()[0].is_arriving && awaited(jpn).is_empty());
    jpn.crash();
    assert_eq!(bytes(jpn, "K-1").unwrap(), large("K-1"));
    assert!(jpn.store().reader().unwrap().held_of(&party("KOR")).unwrap() > LENGTH as u64, "it counts");
    let kor = sites.get_mut("KOR").unwrap();
    assert_eq!(said(kor, "JPN"), [Some(ContentOutcome::Held)]);
    kor.crash();

    consent(&mut sites, "K-1", true);
    deliver(&mut sites);
    let answer = hand_on(sites.get_mut("JPN").unwrap(), "K-1", "USA").unwrap();
    let Answer::Released { outcomes, .. } = answer else { panic!("{answer:?}") };
    assert!(matches!(outcomes[0].1, Outcome::Sequenced { .. }), "{outcomes:?}");
    deliver(&mut sites);
    fetch(&mut sites, "USA");
    let usa = sites.get_mut("USA").unwrap();
    assert_eq!(bytes(usa, "K-1").unwrap(), large("K-1"));
    let hops: Vec<String> = usa.held()[0].record.custody.iter().map(|hop| hop.from.to_string()).collect();
    assert_eq!(hops, ["JPN"]);

    let kor = sites.get_mut("KOR").unwrap();
    let record = RecordRef { originator: None, id: "K-1".into() };
    kor.handle(Event::Recall { by: kor.viewer(), record, of: Vec::new(), reason: None }).unwrap();
    deliver(&mut sites);
    for (code, left) in [("JPN", 0), ("USA", 0), ("KOR", 1)] {
        let site = sites.get_mut(code).unwrap();
        assert_eq!(files(site), left, "{code}");
        site.crash();
        assert_eq!(bytes(site, "K-1").is_some(), left == 1, "{code}");
    }
    assert!(sites.get_mut("JPN").unwrap().store().reader().unwrap().held_of(&party("KOR")).unwrap() < LENGTH as u64);
}

#[test]
fn a_crash_costs_no_whole_chunk_and_leaves_nothing_that_nobody_speaks_of() {
    let mut sites = three();
    release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"]);
    deliver(&mut sites);
    let content = awaited(&sites["JPN"])[0].clone();
    assert!(!move_chunks(&mut sites, "JPN", &content, 2));
    let jpn = sites.get_mut("JPN").unwrap();
    let file = jpn.store().reader().unwrap().awaited_content(&content.feed, content.index).unwrap().unwrap().file;
    let path = fs::read_dir(jpn.folder.path().join(CONTENTS)).unwrap().next().unwrap().unwrap().path();
    // The last write of the crash: half a chunk, and the one before it damaged.
    let mut written = fs::read(&path).unwrap();
    assert_eq!(written.len(), 2 * 65_552);
    written[65_552 + 9] ^= 1;
    written.extend_from_slice(&[7; 1000]);
    fs::write(&path, &written).unwrap();
    // A file of a release that was broken off.
    let orphan = jpn.store().new_file().unwrap();
    jpn.store().reader().unwrap().fill(&orphan, 10, |_| ()).unwrap();
    assert_eq!(files(jpn), 2);
    jpn.crash();
    assert_eq!(files(jpn), 1);
    let mut whole = 0;
    let writer = jpn.store().reader().unwrap().fill(&file, LENGTH as u64, |_| whole += 1).unwrap();
    assert_eq!((whole, writer.next()), (1, 1));
    drop(writer);

    // Complete, and killed before the node heard of it: it is not asked for again.
    assert!(move_chunks(&mut sites, "JPN", &content, usize::MAX));
    sites.get_mut("JPN").unwrap().crash();
    let jpn = sites.get_mut("JPN").unwrap();
    assert!(jpn.store().reader().unwrap().fill(&file, LENGTH as u64, |_| ()).unwrap().is_complete());
    fetch(&mut sites, "JPN");
    assert_eq!(bytes(sites.get_mut("JPN").unwrap(), "K-1").unwrap(), large("K-1"));
}

#[test]
fn what_comes_after_the_recall_is_not_wanted() {
    let mut sites = three();
    release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"]);
    deliver(&mut sites);
    let content = awaited(&sites["JPN"])[0].clone();
    assert!(move_chunks(&mut sites, "JPN", &content, usize::MAX));
    let file = {
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.store().reader().unwrap().awaited_content(&content.feed, content.index).unwrap().unwrap().file
    };
    let kor = sites.get_mut("KOR").unwrap();
    let record = RecordRef { originator: None, id: "K-1".into() };
    kor.handle(Event::Recall { by: kor.viewer(), record, of: Vec::new(), reason: None }).unwrap();
    // Whoever asks now is told so, in the same way for ever.
    let Entry::Withdrawn(signed) = ask(kor, &content, "JPN") else { panic!("it was called back") };
    assert_eq!(ask(kor, &content, "JPN"), Entry::Withdrawn(signed.clone()));
    kor.crash();
    assert_eq!(ask(kor, &content, "JPN"), Entry::Withdrawn(signed.clone()));
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(files(jpn), 0);
    let (feed, index) = (content.feed.clone(), content.index);
    let answer = jpn.handle(Event::ContentArrived { feed: feed.clone(), index, file }).unwrap();
    assert!(matches!(answer, Answer::Arrived { is_wanted: false }));
    assert!(matches!(jpn.handle(Event::ContentWithdrawn { feed, index, signed }).unwrap(), Answer::Done));
    assert!(bytes(jpn, "K-1").is_none());
}

/// The recipient asks for what is still to come, and hears that it does not.
fn is_withdrawn(sender: &mut Site, recipient: &mut Site) {
    let content = awaited(recipient)[0].clone();
    let to = recipient.party.clone();
    let Entry::Withdrawn(signed) = ask(sender, &content, to.as_str()) else { panic!("its key is gone") };
    sender.crash();
    assert_eq!(ask(sender, &content, to.as_str()), Entry::Withdrawn(signed.clone()));
    let (feed, index) = (content.feed, content.index);
    assert!(matches!(recipient.handle(Event::ContentWithdrawn { feed, index, signed }).unwrap(), Answer::Done));
    assert!(awaited(recipient).is_empty());
}

#[test]
fn what_a_restored_sender_has_no_key_of_is_withdrawn_when_it_is_asked_for() {
    let (mut sites, mut others) = (three(), three());
    // The record is here before the back-up, and goes to JPN behind it.
    for sites in [&mut sites, &mut others] {
        release(sites.get_mut("KOR").unwrap(), "K-1", &["USA"]);
    }
    hand_on(sites.get_mut("KOR").unwrap(), "K-1", "JPN").unwrap();
    deliver(&mut sites);
    let (mut old, mut jpn) = (others.remove("KOR").unwrap(), sites.remove("JPN").unwrap());
    let told = holds(&mut jpn, "KOR");
    for _ in 0..2 {
        old.handle(Event::PartnerHolds { partner: party("JPN"), bytes: told.clone() }).unwrap();
    }
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    assert_eq!(said(&mut old, "JPN"), []);
    old.handle(Event::TakeTail { feed, bytes: tail(&mut jpn, 0, 1) }).unwrap();
    assert_eq!(said(&mut old, "JPN"), [None]);
    let (by, note) = (old.viewer(), "duty officer".to_owned());
    old.handle(Event::GoOnWithout { by, partner: party("USA"), note }).unwrap();
    old.handle(Event::GoOn).unwrap();
    assert!(bytes(&mut old, "K-1").is_some(), "the content itself is here");
    is_withdrawn(&mut old, &mut jpn);
    assert_eq!(said(&mut old, "JPN"), [], "and is not given to a courier either");
}

#[test]
fn a_content_that_a_partner_names_twice_after_a_restore_is_taken_once() {
    let (mut sites, mut others) = (three(), three());
    let kor = sites.get_mut("KOR").unwrap();
    release(kor, "K-1", &["JPN"]);
    kor.release("K-2", LABEL, &["JPN"], None);
    let (file, package) = (kor.party_file(), kor.next_package(&party("JPN"), Lane::Routine).unwrap());
    deliver(&mut sites);
    let (mut old, mut jpn) = (others.remove("KOR").unwrap(), sites.remove("JPN").unwrap());
    let told = holds(&mut jpn, "KOR");
    for _ in 0..2 {
        old.handle(Event::PartnerHolds { partner: party("JPN"), bytes: told.clone() }).unwrap();
    }
    // Its store takes a name once for a partner: another one would stop the node at every try.
    let mut given = Tail::from_bytes(&tail(&mut jpn, 0, 2)).unwrap();
    let body: ByteVec = jpn.opened(&file, &package).remove(0).to_bytes().into();
    let bodies = vec![Some(body.clone()), Some(body)];
    let words = Body::Returned(Returned { origin: given.origin.clone(), start: 0, bodies });
    let words = Package::from_bytes(&jpn.forged(&file, Lane::Urgent, &words)).unwrap().entries.remove(0);
    let Entry::Envelope(words) = words else { panic!("{words:?}") };
    given.said = Some(words);
    let feed = Feed { partner: party("JPN"), lane: Lane::Routine };
    old.handle(Event::TakeTail { feed, bytes: given.to_bytes() }).unwrap();
    assert_eq!(said(&mut old, "JPN"), [None]);
    old.crash();
    assert_eq!(said(&mut old, "JPN"), [None]);
}

#[test]
fn what_was_destroyed_and_given_again_is_withdrawn_from_who_waits_for_the_first() {
    let mut sites = three();
    release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"]);
    deliver(&mut sites);
    fetch(&mut sites, "JPN");
    consent(&mut sites, "K-1", true);
    deliver(&mut sites);
    hand_on(sites.get_mut("JPN").unwrap(), "K-1", "USA").unwrap();
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let record = RecordRef { originator: None, id: "K-1".into() };
    let (by, note) = (jpn.viewer(), "its purpose has ended".to_owned());
    jpn.handle(Event::Destroy { by, record, note }).unwrap();
    hand_on(sites.get_mut("KOR").unwrap(), "K-1", "JPN").unwrap();
    deliver(&mut sites);
    fetch(&mut sites, "JPN");
    let (mut jpn, mut usa) = (sites.remove("JPN").unwrap(), sites.remove("USA").unwrap());
    assert!(!jpn.held()[0].is_arriving && bytes(&mut jpn, "K-1").is_some());
    is_withdrawn(&mut jpn, &mut usa);
}

#[test]
fn given_by_two_it_is_kept_once_and_neither_learns_of_the_other() {
    let mut sites = three();
    release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"]);
    deliver(&mut sites);
    fetch(&mut sites, "JPN");
    consent(&mut sites, "K-1", true);
    deliver(&mut sites);
    hand_on(sites.get_mut("JPN").unwrap(), "K-1", "USA").unwrap();
    deliver(&mut sites);
    fetch(&mut sites, "USA");
    // KOR gives it too: it is fetched as if it were not here.
    let kor = sites.get_mut("KOR").unwrap();
    let under = ["us-kr-gsomia-1987".into()].to_vec();
    let content = large("K-1");
    let sealed = sealed(&kor.party.clone(), &["USA"], &content, 0);
    let content = LargeContent { digest: sha256(&content), length: LENGTH as u64, file: None, sealed };
    let source = Source::HeldLarge(RecordRef { originator: None, id: "K-1".into() }, content);
    let release = Release {
        by: kor.viewer(),
        source,
        to: vec![party("USA")],
        purpose: PURPOSE.into(),
        channel: CHANNEL.into(),
        under: Some(under),
        precedence: Precedence::Routine,
        expires: None,
    };
    kor.handle(Event::Release(release)).unwrap();
    deliver(&mut sites);
    let usa = sites.get_mut("USA").unwrap();
    assert!(!usa.held()[0].is_arriving);
    assert_eq!(awaited(usa).len(), 1);
    fetch(&mut sites, "USA");
    assert_eq!(files(&sites["USA"]), 1);
    assert_eq!(said(sites.get_mut("KOR").unwrap(), "USA"), [Some(ContentOutcome::Held)]);
}

#[test]
fn a_reference_that_does_not_fit_and_a_word_that_is_not_its_senders_are_refused() {
    let hop = HopStatement { under: Vec::new(), purpose: PURPOSE.into(), ask_onward: false };
    let reference = |length: u64, sealed_length: u64| ContentReference {
        length,
        sealed: [3; 32],
        sealed_length,
        key: ContentSecret([4; 32]),
    };
    let right = Layout::padded(5).sealed_length();
    for (name, content, expected) in [
        ("empty", reference(0, right), "it is empty"),
        ("too long", reference((1 << 30) + 1, right), "more than the 1073741824 allowed"),
        ("of another length", reference(5, right + 16), "another length"),
    ] {
        let mut sites = three();
        let kor = sites.get_mut("KOR").unwrap();
        let origin = Origin {
            originator: "KOR".into(),
            id: "K-9".into(),
            label: LABEL.into(),
            subjects: vec!["dprk-missile".into()],
            status: "exercise".into(),
            distribution: Vec::new(),
            title: String::new(),
            media_type: String::new(),
            created: 0,
            digest: [5; 32],
        };
        let origin = kor.sign_as_partner(payload::ORIGIN, origin.to_bytes());
        let jpn_file = sites["JPN"].party_file();
        let body = Body::LargeRecord { origin, hop: hop.clone(), content };
        let package = sites.get_mut("KOR").unwrap().forged(&jpn_file, Lane::Routine, &body);
        let jpn = sites.get_mut("JPN").unwrap();
        jpn.take(&party("KOR"), Lane::Routine, package).unwrap();
        let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
        let row = jpn.store().reader().unwrap().incoming(&feed, 0, 1).unwrap().pop().unwrap();
        assert_eq!(row.disposition, "refused", "{name}");
        assert!(row.reason.as_ref().unwrap().contains(expected), "{name}: {:?}", row.reason);
        assert!(awaited(jpn).is_empty());
        jpn.crash();
    }

    // KOR has given JPN a content; what others say of it, or JPN of another, changes nothing.
    let good = |leaf| ContentWord {
        by: "JPN".into(),
        origin: "entente/KOR/JPN/routine".into(),
        index: 0,
        leaf,
        outcome: ContentOutcome::Held,
        at: 0,
    };
    type Alter = fn(ContentWord) -> ContentWord;
    let cases: [(&str, &str, Alter); 5] = [
        ("of another party", "USA", |word| ContentWord { by: "USA".into(), ..word }),
        ("in another's name", "USA", |word| word),
        ("of another feed", "JPN", |word| ContentWord { origin: "entente/KOR/USA/routine".into(), ..word }),
        ("of another entry", "JPN", |word| ContentWord { index: 1, ..word }),
        ("of another leaf", "JPN", |word| ContentWord { leaf: [0; 32], ..word }),
    ];
    for (name, from, alter) in cases {
        let mut sites = three();
        release(sites.get_mut("KOR").unwrap(), "K-1", &["JPN"]);
        deliver(&mut sites);
        let leaf = awaited(&sites["JPN"])[0].leaf;
        let word = alter(good(leaf)).to_bytes();
        let kor_file = sites["KOR"].party_file();
        let liar = sites.get_mut(from).unwrap();
        let signed = liar.sign_as_partner(payload::CONTENT_WORD, word);
        let package = liar.sequenced_after(&kor_file, Lane::Urgent, &Body::ContentWord(signed));
        let kor = sites.get_mut("KOR").unwrap();
        kor.take(&party(from), Lane::Urgent, package).unwrap();
        let feed = Feed { partner: party(from), lane: Lane::Urgent };
        let row = kor.store().reader().unwrap().incoming(&feed, 0, 9).unwrap().pop().unwrap();
        assert_eq!(row.disposition, "refused", "{name}");
        assert_eq!(said(kor, "JPN"), [None], "{name}");
    }
}
