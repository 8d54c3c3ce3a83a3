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
    proof::{Checked, Disclosed, Extra, check},
    statement::{Opening, RecordOpening, Statement},
};
use entente_server::{
    digest::{Publish, digest},
    proof::{ProveError, receipt, statement},
    verify::{
        compare::{Verdict, compare},
        verify,
    },
};
use entente_store::Reader;
use signed_note::{StandardVerifier, VerifierList};
use site::{Site, act_on, deliver, three};
use tlog_tiles::tlog;

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

type Sites = BTreeMap<&'static str, Site>;

fn prove(reader: &Reader, record: &str) -> Result<TlogProof, ProveError> {
    statement(reader, record, &"JPN".into(), Disclosed::Nothing)
}

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
    assert!(matches!(prove(&kor.store().reader().unwrap(), "K-1"), Err(ProveError::NotYet)));
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
    let file = prove(&reader, "KOR/K-2").unwrap().to_string();
    let proved = check(file.as_bytes(), &partners).unwrap();
    assert_eq!((proved.log.as_str(), proved.index, proved.size), ("entente/KOR/ledger", 1, 2));
    assert_eq!((proved.signed_by.as_str(), proved.post_quantum), ("KOR", true));
    let noon = 1_795_435_200;
    assert_eq!(proved.witnesses, [("JPN".into(), noon as u64)]);
    let Extra::Statement { from, until, statement: text, .. } = &proved.extra else { panic!() };
    assert_eq!((*from, *until), (noon, noon + 60));
    let told: Statement = serde_json::from_str(text).unwrap();
    assert_eq!((told.kind.as_str(), told.class.as_deref()), ("decision", Some("SECRET")));
    assert_eq!(told.parties, Some(["KOR".into(), "JPN".into()]));
    assert_eq!(told.agreements, ["jp-kr-gsomia-2016"]);

    // The receipt for that very envelope, in the recipient's own hand.
    let file = receipt(&reader, "K-2", &"JPN".into()).unwrap().to_string();
    let proved = check(file.as_bytes(), &partners).unwrap();
    assert_eq!((proved.log.as_str(), proved.index), ("entente/KOR/JPN/routine", 1));
    assert_eq!(proved.signed_by.as_str(), "JPN");
    let envelope = told.envelope.unwrap();
    assert_eq!(proved.extra, Extra::Envelope { envelope });
}

#[test]
fn a_third_person_learns_what_is_disclosed_and_no_more() {
    let (mut sites, partners) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let digest = reader.digests("K-1").unwrap()[0].1;
    let digest = entente_formats::hex::encode(&digest);
    let made = |wanted| statement(&reader, "K-1", &"JPN".into(), wanted).unwrap();
    let proved = |file: &TlogProof| check(file.to_string().as_bytes(), &partners);
    let words = ["K-1", digest.as_str(), "dprk-missile", "REL TO", "missile-warning"];
    let tells = |file: &TlogProof| -> Vec<bool> {
        let text = String::from_utf8(file.extra.clone().unwrap()).unwrap();
        words.iter().map(|word| text.contains(word)).collect()
    };
    let (nothing, record) = (made(Disclosed::Nothing), made(Disclosed::Record));
    let everything = made(Disclosed::Everything);
    assert_eq!(tells(&nothing), [false; 5]);
    assert_eq!(tells(&record), [true, true, false, false, false]);
    assert_eq!(tells(&everything), [true; 5]);
    let Ok(Checked { extra: Extra::Statement { record: Some(opened), .. }, .. }) = proved(&record) else { panic!() };
    assert_eq!(
        (opened.originator.as_str(), opened.id.as_str(), opened.digest.as_str()),
        ("KOR", "K-1", digest.as_str())
    );
    assert!(proved(&nothing).is_ok() && proved(&everything).is_ok());

    // Nobody guesses the record: two statements about the same one commit to it differently.
    let rows = reader.statement_rows(0, 100).unwrap();
    let told: Vec<Statement> = rows.iter().map(|row| serde_json::from_str(&row.text).unwrap()).collect();
    let committed: BTreeSet<&String> = told.iter().filter_map(|told| told.record.as_ref()).collect();
    assert_eq!(committed.len(), told.iter().filter(|told| told.record.is_some()).count());
    let salts: BTreeSet<String> = rows.iter().filter_map(|row| row.opening.as_deref()).flat_map(salts).collect();
    assert_eq!(salts.len(), rows.len() + committed.len());

    // What is disclosed is what was committed to.
    let disclosing = |alter: &dyn Fn(&mut Extra)| {
        let mut extra: Extra = serde_json::from_slice(record.extra.as_ref().unwrap()).unwrap();
        alter(&mut extra);
        TlogProof { extra: Some(extra.to_bytes()), ..record.clone() }
    };
    let another = RecordOpening { id: "K-2".into(), ..opened };
    let with_another = disclosing(&|extra| {
        let Extra::Statement { record, .. } = extra else { panic!() };
        *record = Some(another.clone());
    });
    let with_opening = disclosing(&|extra| {
        let Extra::Statement { opening, .. } = extra else { panic!() };
        *opening = rows[0].opening.clone();
    });
    for (why, file) in [("another record", with_another), ("the opening of another statement", with_opening)] {
        let error = proved(&file).unwrap_err().to_string();
        assert!(error.contains("what it discloses"), "{why}: {error}");
    }
}

fn salts(opening: &str) -> Vec<String> {
    let opening: Opening = serde_json::from_str(opening).unwrap();
    [opening.salt].into_iter().chain(opening.record.map(|record| record.salt)).collect()
}

/// A statement of the older form says everything: it is not given away by who asked for less.
#[test]
fn an_older_statement_is_given_only_as_a_whole() {
    let (mut sites, partners) = given();
    let kor = sites.get_mut("KOR").unwrap();
    // As an older node would have written it; the ledger no longer fits, the file is made all the same.
    let store = rusqlite::Connection::open(kor.folder.path().join("store.sqlite")).unwrap();
    let older =
        "UPDATE statement SET opening = NULL, text = json_set(text, '$.content', json_extract(opening, '$.content'))";
    store.execute_batch(older).unwrap();
    let reader = kor.store().reader().unwrap();
    for wanted in [Disclosed::Nothing, Disclosed::Record] {
        let refused = statement(&reader, "K-1", &"JPN".into(), wanted);
        assert!(matches!(refused, Err(ProveError::SaysEverything)));
    }
    let whole = statement(&reader, "K-1", &"JPN".into(), Disclosed::Everything).unwrap();
    assert!(check(whole.to_string().as_bytes(), &partners).is_err(), "a ledger that was written over proves nothing");
    assert_eq!(digest(&reader, None).unwrap().iter().map(|line| line.releases).sum::<u64>(), 3);
}

/// The file, the ledger and its intervals, as independent implementations see them.
#[test]
fn other_implementations_agree() {
    let (mut sites, partners) = given();
    let kor = partners.iter().find(|partner| partner.party.as_str() == "KOR").unwrap();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let file = prove(&reader, "K-1").unwrap();

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
        let refused = statement(&reader, record, &to.into(), Disclosed::Nothing);
        assert!(matches!(refused, Err(ProveError::NeverGiven { .. })), "{record} {to}");
    }
}

#[test]
fn a_changed_file_proves_nothing() {
    let (mut sites, partners) = given();
    let reader = sites.get_mut("KOR").unwrap().store().reader().unwrap();
    let good = prove(&reader, "K-1").unwrap();
    let Extra::Statement { from, until, statement: text, index, size, proof, record, opening } =
        serde_json::from_slice(good.extra.as_ref().unwrap()).unwrap()
    else {
        panic!()
    };
    let with = |extra: Extra| TlogProof { extra: Some(extra.to_bytes()), ..good.clone() };
    let rebuilt = |from, until, text: &str, index| {
        let (statement, proof, record, opening) = (text.to_owned(), proof.clone(), record.clone(), opening.clone());
        with(Extra::Statement { from, until, statement, index, size, proof, record, opening })
    };
    assert_eq!(rebuilt(from, until, &text, index), good);
    let note = good.note.to_string();
    let without_second: Vec<_> = good.note.signatures().iter().filter(|line| line.bytes().len() < 2000).collect();
    let unsigned = Note::new(good.note.text(), without_second.into_iter().cloned().collect()).unwrap();
    for (why, file) in [
        ("another statement", rebuilt(from, until, &text.replace("SECRET", "CONFIDENTIAL"), index)),
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
