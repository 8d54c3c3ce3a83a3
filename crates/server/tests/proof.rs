//! Proof files made from a node's store and checked with party files alone; counts; copies of feeds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../../store/tests/site/mod.rs"]
mod site;

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use entente_core::agreement::ActKind;
use entente_log::{AddCheckpoint, Note, TlogProof};
use entente_node::{
    Answer, Event, Partner,
    event::Deed,
    proof::{Extra, check},
};
use entente_server::{
    digest::{Publish, digest},
    proof::{ProveError, receipt, statement},
    verify::{
        compare::{Verdict, compare},
        verify,
    },
};
use signed_note::{StandardVerifier, VerifierList};
use site::{Site, act_on, deliver, three};
use tlog_tiles::tlog;

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

type Sites = BTreeMap<&'static str, Site>;

fn pass(site: &mut Site) {
    site.now = site.now.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
    site.handle(Event::Tick).unwrap();
}

/// Two records to JPN and one to USA, received, in an interval that is over and witnessed by JPN.
fn given() -> (Sites, Vec<Partner>) {
    let mut sites = three();
    let partners = sites.values().map(|site| Partner::open(&site.signed_party_file()).unwrap()).collect();
    for (id, to, under) in [("K-1", "JPN", None), ("K-2", "JPN", None), ("K-3", "USA", Some("us-kr-gsomia-1987"))] {
        let under = under.as_ref().map(std::slice::from_ref);
        sites.get_mut("KOR").unwrap().release(id, LABEL, &[to], under);
    }
    deliver(&mut sites);
    let kor = sites.get_mut("KOR").unwrap();
    assert!(matches!(statement(&kor.store().reader().unwrap(), "K-1", &"JPN".into()), Err(ProveError::NotYet)));
    pass(kor);
    let (_, note) = kor.store().reader().unwrap().ledger_checkpoint().unwrap().unwrap();
    let asked = AddCheckpoint { old: 0, proof: Vec::new(), note: Note::parse(note.as_bytes()).unwrap() };
    let bytes = asked.to_string().into_bytes();
    let answer = sites.get_mut("JPN").unwrap().handle(Event::AddCheckpoint { from: "KOR".into(), bytes }).unwrap();
    let Answer::Witness(Ok(line)) = answer else { panic!("{answer:?}") };
    let (partner, body) = ("JPN".into(), line.into_bytes());
    sites.get_mut("KOR").unwrap().handle(Event::WitnessAnswer { partner, note, status: 200, body }).unwrap();
    (sites, partners)
}

#[test]
fn a_release_is_proved_to_whoever_has_the_party_files() {
    let (mut sites, partners) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let file = statement(&reader, "KOR/K-2", &"JPN".into()).unwrap().to_string();
    let proved = check(file.as_bytes(), &partners).unwrap();
    assert_eq!((proved.log.as_str(), proved.index, proved.size), ("entente/KOR/ledger", 1, 2));
    assert_eq!((proved.signed_by.as_str(), proved.post_quantum), ("KOR", true));
    let noon = 1_795_435_200;
    assert_eq!(proved.witnesses, [("JPN".into(), noon as u64)]);
    let Extra::Statement { from, until, statement: text, .. } = &proved.extra else { panic!() };
    assert_eq!((*from, *until), (noon, noon + 60));
    let told: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!((&told["kind"], &told["content"]["request"]["record"]["id"]), (&"decision".into(), &"K-2".into()));

    // The receipt for that very envelope, in the recipient's own hand.
    let file = receipt(&reader, "K-2", &"JPN".into()).unwrap().to_string();
    let proved = check(file.as_bytes(), &partners).unwrap();
    assert_eq!((proved.log.as_str(), proved.index), ("entente/KOR/JPN/routine", 1));
    assert_eq!(proved.signed_by.as_str(), "JPN");
    let envelope = told["content"]["envelope"].as_str().unwrap().to_owned();
    assert_eq!(proved.extra, Extra::Envelope { envelope });
}

/// The file, the ledger and its intervals, as independent implementations see them.
#[test]
fn other_implementations_agree() {
    let (mut sites, partners) = given();
    let kor = partners.iter().find(|partner| partner.party.as_str() == "KOR").unwrap();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let file = statement(&reader, "K-1", &"JPN".into()).unwrap();

    // Every leaf from its salt and statements, both trees by `ct-merkle`.
    let mut ledger = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let (mut from, mut first, mut leaves) = (0, 0, Vec::new());
    for row in reader.intervals(0, 100).unwrap() {
        let mut private = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        private.push(row.salt.to_vec());
        let texts = reader.statements(first, usize::try_from(row.next - first).unwrap()).unwrap();
        texts.into_iter().for_each(|text| private.push(text.into_bytes()));
        let root = BASE64_STANDARD.encode(private.root().as_bytes());
        let leaf = format!("entente.interval/1\n{from} {}\n{root}\n", row.until);
        ledger.push(leaf.clone().into_bytes());
        leaves.push(leaf);
        (from, first) = (row.until, row.next);
    }
    let text = file.note.text().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines, ["entente/KOR/ledger", "2", &BASE64_STANDARD.encode(ledger.root().as_bytes())]);

    // The note by `signed_note`, which knows Ed25519 alone and passes over the other lines.
    let note = signed_note::Note::from_bytes(file.note.to_string().as_bytes()).unwrap();
    let key = StandardVerifier::new(&kor.log_key("entente/KOR/ledger").unwrap().to_string()).unwrap();
    let (verified, unverified) = note.verify(&VerifierList::new(vec![Box::new(key)])).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 2));

    // The proof by `tlog_tiles`.
    let hash = |hash: &entente_log::Hash| tlog::Hash(hash.0);
    let proof: Vec<tlog::Hash> = file.proof.iter().map(hash).collect();
    let root = tlog::Hash(ledger.root().as_bytes().as_slice().try_into().unwrap());
    let leaf = tlog::record_hash(leaves[usize::try_from(file.index).unwrap()].as_bytes());
    tlog::check_record(&proof, 2, root, file.index, leaf).unwrap();
}

#[test]
fn what_was_not_given_is_not_proved() {
    let (mut sites, _) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    for (record, to) in [("K-1", "USA"), ("K-9", "JPN"), ("JPN/K-1", "JPN")] {
        let refused = statement(&reader, record, &to.into());
        assert!(matches!(refused, Err(ProveError::NeverGiven { .. })), "{record} {to}");
    }
}

#[test]
fn a_changed_file_proves_nothing() {
    let (mut sites, partners) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let good = statement(&reader, "K-1", &"JPN".into()).unwrap();
    let Extra::Statement { from, until, statement: text, index, size, proof } =
        serde_json::from_slice(good.extra.as_ref().unwrap()).unwrap()
    else {
        panic!()
    };
    let with = |extra: Extra| TlogProof { extra: Some(extra.to_bytes()), ..good.clone() };
    let rebuilt = |from, until, text: &str, index| {
        with(Extra::Statement { from, until, statement: text.to_owned(), index, size, proof: proof.clone() })
    };
    assert_eq!(rebuilt(from, until, &text, index), good);
    let note = good.note.to_string();
    let without_second: Vec<_> = good.note.signatures().iter().filter(|line| line.bytes().len() < 2000).collect();
    let unsigned = Note::new(good.note.text(), without_second.into_iter().cloned().collect()).unwrap();
    for (why, file) in [
        ("another statement", rebuilt(from, until, &text.replace("K-1", "K-7"), index)),
        ("another time", rebuilt(from, until + 60, &text, index)),
        ("another place in the interval", rebuilt(from, until, &text, index + 1)),
        ("another leaf", TlogProof { index: 0, ..good.clone() }),
        ("no extra data", TlogProof { extra: None, ..good.clone() }),
        ("extra data that is none", TlogProof { extra: Some(b"{}".to_vec()), ..good.clone() }),
        ("the second signature missing", TlogProof { note: unsigned, ..good.clone() }),
    ] {
        assert!(check(file.to_string().as_bytes(), &partners).is_err(), "{why}");
    }
    // The witness's line altered spoils the file for who knows the witness, and is nothing to who does not.
    let line = note.lines().last().unwrap();
    assert!(line.starts_with("— entente/JPN/witness "), "{line}");
    let altered = good.to_string().replace(&line[line.len() - 12..], "AAAAAAAAAAA=");
    assert!(check(altered.as_bytes(), &partners).is_err());
    let kor: Vec<Partner> = partners.iter().filter(|partner| partner.party.as_str() == "KOR").cloned().collect();
    assert_eq!(check(altered.as_bytes(), &kor).unwrap().witnesses, []);
    let others: Vec<Partner> = partners.iter().filter(|partner| partner.party.as_str() != "KOR").cloned().collect();
    assert!(check(good.to_string().as_bytes(), &others).unwrap_err().to_string().contains("entente/KOR/ledger"));
}

#[test]
fn counts_for_the_public_are_those_that_were_agreed_and_are_many() {
    let (mut sites, _) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let all = digest(&reader, None).unwrap();
    let counts: Vec<(&str, &str, &str, u64)> = all
        .iter()
        .map(|line| (line.group.month.as_str(), line.group.to.as_str(), line.group.class.as_str(), line.releases))
        .collect();
    assert_eq!(counts, [("2026-11", "JPN", "SECRET", 2), ("2026-11", "USA", "SECRET", 1)]);
    for (with, threshold, expected) in
        [("JPN", 1, vec!["JPN"]), ("JPN", 2, vec!["JPN"]), ("JPN", 3, vec![]), ("USA", 2, vec![]), ("AUS", 1, vec![])]
    {
        let publish = Publish { with: BTreeSet::from([with.into()]), threshold };
        let told = digest(&reader, Some(&publish)).unwrap();
        let told: Vec<&str> = told.iter().map(|line| line.group.to.as_str()).collect();
        assert_eq!(told, expected, "{with} from {threshold}");
    }
}

#[test]
fn what_was_withdrawn_before_it_left_is_not_counted() {
    let mut sites = three();
    let kor = sites.get_mut("KOR").unwrap();
    kor.release("K-1", LABEL, &["JPN"], None);
    let releases = |site: &mut Site| -> u64 {
        digest(&site.store().reader().unwrap(), None).unwrap().iter().map(|line| line.releases).sum()
    };
    assert_eq!(releases(kor), 1);
    act_on(kor, "jp-kr-gsomia-2016", Deed::Does(ActKind::Suspended), "2026-11-23").unwrap();
    deliver(&mut sites);
    assert_eq!(releases(sites.get_mut("KOR").unwrap()), 0);
}

#[test]
fn copies_of_a_feed_are_the_same_until_somebody_changes_one() {
    let (mut sites, partners) = given();
    let own = |code: &str| partners.iter().find(|partner| partner.party.as_str() == code).unwrap();
    let theirs = verify(&sites.get_mut("JPN").unwrap().store().reader().unwrap(), own("JPN")).unwrap();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let compared = compare(&reader, own("KOR"), &"JPN".into(), Some(&theirs)).unwrap();
    let routine = compared.iter().find(|feed| feed.log == "entente/KOR/JPN/routine").unwrap();
    assert_eq!((compared.len(), routine.here, routine.signed), (4, 2, 2));
    assert!(compared.iter().all(|feed| feed.there.as_ref().unwrap().verdict == Verdict::Same && !feed.differs()));

    let mut altered = theirs;
    let feed = altered.iter_mut().find(|log| log.log == "entente/KOR/JPN/routine").unwrap();
    feed.root = entente_log::leaf_hash(b"other").to_string();
    for (theirs, verdict) in [(altered, Verdict::Differs), (Vec::new(), Verdict::NotNamed)] {
        let compared = compare(&reader, own("KOR"), &"JPN".into(), Some(&theirs)).unwrap();
        let routine = compared.iter().find(|feed| feed.log == "entente/KOR/JPN/routine").unwrap();
        assert_eq!(routine.there.as_ref().unwrap().verdict, verdict);
        assert!(routine.differs());
    }
}
