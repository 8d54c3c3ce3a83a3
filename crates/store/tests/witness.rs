//! Nodes as witnesses of one another's ledgers, and a ledger that shows two histories.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_core::Party;
use entente_log::{AddCheckpoint, NotCosigned, Note, consistency_proof, verify_cosignature};
use entente_node::{Answer, Event, Partner, Refusal};
use jiff::SignedDuration;
use site::{Site, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

/// One interval later.
fn pass(site: &mut Site) {
    site.now = site.now.checked_add(SignedDuration::from_mins(1)).unwrap();
    site.handle(Event::Tick).unwrap();
}

/// What the node would ask a witness that cosigned `old` leaves last.
fn request(site: &mut Site, old: u64) -> AddCheckpoint {
    let reader = site.store().reader().unwrap();
    let (size, note) = reader.ledger_checkpoint().unwrap().unwrap();
    let proof = consistency_proof(old, size, &|level, index| reader.ledger_node(level, index)).unwrap();
    AddCheckpoint { old, proof, note: Note::parse(note.as_bytes()).unwrap() }
}

fn ask(witness: &mut Site, from: &str, request: &AddCheckpoint) -> Result<String, NotCosigned> {
    let bytes = request.to_string().into_bytes();
    match witness.handle(Event::AddCheckpoint { from: from.into(), bytes }).unwrap() {
        Answer::Witness(answer) => answer,
        other => panic!("unexpected answer {other:?}"),
    }
}

fn tell(site: &mut Site, partner: &str, note: &Note, status: u16, body: &str) -> Result<u64, Refusal> {
    let (partner, note, body) = (partner.into(), note.to_string(), body.as_bytes().to_vec());
    match site.handle(Event::WitnessAnswer { partner, note, status, body })? {
        Answer::Acknowledged { next } => Ok(next),
        other => panic!("unexpected answer {other:?}"),
    }
}

/// Two checkpoints of KOR, as in a message of evidence: each signed by both of its keys.
fn is_evidence(evidence: &[u8], kor: &Partner) {
    let text = String::from_utf8(evidence.to_vec()).unwrap();
    let (first, second) = text.split_once("\n\nentente/KOR/ledger\n").unwrap();
    let roots = [format!("{first}\n"), format!("entente/KOR/ledger\n{second}")].map(|note| {
        let keys = kor.ledger_keys().unwrap();
        let open = entente_log::Checkpoint::open_signed_by_each(note.as_bytes(), "entente/KOR/ledger", &keys);
        let checkpoint = open.unwrap();
        (checkpoint.size(), *checkpoint.root())
    });
    assert_eq!(roots[0].0, roots[1].0);
    assert_ne!(roots[0].1, roots[1].1);
}

#[test]
fn whose_ledgers_a_witness_knows_hears_only_who_shows_what_the_owner_signed() {
    let mut sites = three();
    let mut kor = sites.remove("KOR").unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    pass(&mut kor);
    let good = request(&mut kor, 0);
    // In the name of a party that JPN knows, and of one that it does not, with the signatures of another ledger.
    for (from, code) in [("USA", "KOR"), ("USA", "AUS")] {
        let text = good.to_string().replace("entente/KOR/ledger", &format!("entente/{code}/ledger"));
        let text = if code == "KOR" { text.replacen("\n2\n", "\n3\n", 1) } else { text };
        let forged = AddCheckpoint::parse(text.as_bytes()).unwrap();
        let refused = ask(jpn, from, &forged).unwrap_err();
        assert!(matches!(&refused, NotCosigned::UnknownLog(_)), "{code}: {refused:?}");
    }
    assert!(ask(jpn, "USA", &good).is_ok(), "who hands on what the owner signed helps");
}

#[test]
fn a_witness_cosigns_what_goes_on_from_what_it_cosigned() {
    let mut sites = three();
    let mut kor = sites.remove("KOR").unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    pass(&mut kor);
    let first = request(&mut kor, 0);
    let line = ask(jpn, "KOR", &first).unwrap();
    assert_eq!(tell(&mut kor, "JPN", &first.note, 200, &line), Ok(2));

    pass(&mut kor);
    let stale = request(&mut kor, 0);
    assert_eq!(ask(jpn, "KOR", &stale), Err(NotCosigned::Stale { size: 2 }));
    assert_eq!(tell(&mut kor, "JPN", &stale.note, 409, "2\n"), Ok(2));
    // What it cosigned is remembered over a crash.
    jpn.crash();
    let second = request(&mut kor, 2);
    let line = ask(jpn, "KOR", &second).unwrap();
    assert_eq!(tell(&mut kor, "JPN", &second.note, 200, &line), Ok(3));

    // Both keep it; the cosignature verifies with the key of JPN's party file.
    let (kept, given) = (kor.store().reader().unwrap().cosigned().unwrap(), jpn.store().reader().unwrap().witnessed());
    assert_eq!((kept.len(), kept[0].partner.as_str(), kept[0].size), (1, "JPN", 3));
    assert_eq!(given.unwrap()[0].note, kept[0].note);
    let key = Partner::open(&jpn.signed_party_file()).unwrap().witness_keys().unwrap().remove(0);
    let note = Note::parse(kept[0].note.as_bytes()).unwrap();
    let checkpoint = note.text().parse().unwrap();
    let times: Vec<u64> =
        note.signatures().iter().filter_map(|line| verify_cosignature(&checkpoint, line, &key).ok()).collect();
    assert_eq!(times, [u64::try_from(jpn.now.as_second()).unwrap()]);
}

#[test]
fn a_cosignature_that_is_not_the_partners_is_not_kept() {
    let mut sites = three();
    let mut kor = sites.remove("KOR").unwrap();
    let first = request(&mut kor, 0);
    let line = ask(sites.get_mut("USA").unwrap(), "KOR", &first).unwrap();
    let refusal = tell(&mut kor, "JPN", &first.note, 200, &line).unwrap_err();
    assert!(matches!(&refusal, Refusal::Partner(why) if why.contains("not over our ledger")), "{refusal}");
    assert_eq!(kor.store().reader().unwrap().cosigned().unwrap(), []);
}

#[test]
fn a_ledger_with_two_histories_is_caught_by_who_sees_both() {
    let (mut sites, mut others) = (three(), three());
    let [mut one, mut two] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
    two.release("K-1", LABEL, &["JPN"], None);
    [&mut one, &mut two].into_iter().for_each(pass);
    let kor = Partner::open(&one.signed_party_file()).unwrap();
    let (first, second) = (request(&mut one, 0), request(&mut two, 0));
    // Each history has a witness of its own; USA hands on what it was shown.
    let (mut jpn, mut usa) = (sites.remove("JPN").unwrap(), sites.remove("USA").unwrap());
    ask(&mut jpn, "KOR", &first).unwrap();
    ask(&mut usa, "KOR", &second).unwrap();
    let handed_on = AddCheckpoint { old: 2, proof: Vec::new(), ..second };
    let answer = ask(&mut jpn, "USA", &handed_on);
    assert!(matches!(answer, Err(NotCosigned::Inconsistent(_))), "{answer:?}");
    let alarms = jpn.store().reader().unwrap().alarms().unwrap();
    assert_eq!((alarms.len(), alarms[0].partner.as_str()), (1, "KOR"));
    assert!(alarms[0].message.contains("two histories"), "{}", alarms[0].message);
    is_evidence(&alarms[0].evidence, &kor);
    // The same again is no news.
    ask(&mut jpn, "USA", &handed_on).unwrap_err();
    assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), 1);
}

#[test]
fn a_bad_proof_from_somebody_else_is_no_alarm() {
    let mut sites = three();
    let mut kor = sites.remove("KOR").unwrap();
    let jpn = sites.get_mut("JPN").unwrap();
    pass(&mut kor);
    ask(jpn, "KOR", &request(&mut kor, 0)).unwrap();
    // What JPN has cosigned already, with a hash that is not needed: the same history all the same.
    let doubled = AddCheckpoint { proof: vec![entente_log::leaf_hash(b"")], ..request(&mut kor, 2) };
    pass(&mut kor);
    let forged = AddCheckpoint { proof: Vec::new(), ..request(&mut kor, 2) };
    for (from, forged, alarms) in [("USA", &doubled, 0), ("USA", &forged, 0), ("KOR", &forged, 1)] {
        assert!(matches!(ask(jpn, from, forged), Err(NotCosigned::Inconsistent(_))));
        assert_eq!(jpn.store().reader().unwrap().alarms().unwrap().len(), alarms, "{from}");
    }
}

#[test]
fn a_node_that_lost_its_tail_is_told_so() {
    let (mut sites, mut others) = (three(), three());
    let [mut now, mut restored] = [&mut sites, &mut others].map(|sites| sites.remove("KOR").unwrap());
    pass(&mut now);
    let jpn = sites.get_mut("JPN").unwrap();
    ask(jpn, "KOR", &request(&mut now, 0)).unwrap();
    let old = request(&mut restored, 0);
    let Err(NotCosigned::Stale { size }) = ask(jpn, "KOR", &old) else { panic!() };
    // The number alone stops nobody.
    let (note, body) = (old.note.to_string(), format!("{size}\n").into_bytes());
    let told = Event::WitnessAnswer { partner: Party::from("JPN"), note, status: 409, body };
    let answer = restored.handle(told).unwrap();
    assert!(matches!(answer, Answer::Ahead), "{answer:?}");
    let alarms = restored.store().reader().unwrap().alarms().unwrap();
    assert!(alarms.len() == 1 && alarms[0].message.contains("cosigned 2 leaves of our ledger, more than it has here"));
    assert!(!restored.node.is_read_only());
    // What it shows does: this node's own signature.
    let Ok(Answer::Held(bytes)) = jpn.handle(Event::Holds { from: Party::from("KOR") }) else { panic!() };
    restored.handle(Event::PartnerHolds { partner: Party::from("JPN"), bytes }).unwrap();
    assert!(restored.node.is_read_only());
    restored.crash();
    let refused = restored.handle(Event::Propose { text: String::new() }).unwrap_err();
    assert!(matches!(&refused, Refusal::ReadOnly(why) if why.contains("entente restore status")), "{refused}");
    let leaves = restored.store().reader().unwrap().ledger_checkpoint().unwrap().unwrap().0;
    pass(&mut restored);
    assert_eq!(restored.store().reader().unwrap().ledger_checkpoint().unwrap().unwrap().0, leaves, "nothing is signed");
}

#[test]
fn logs_that_are_not_known_are_not_cosigned() {
    let mut sites = three();
    let mut kor = sites.remove("KOR").unwrap();
    let own = request(&mut kor, 0);
    // Not its own, not a feed, not a stranger's.
    assert!(matches!(ask(&mut kor, "JPN", &own), Err(NotCosigned::UnknownLog(_))));
    for origin in ["entente/KOR/JPN/urgent", "entente/AUS/ledger"] {
        let text = own.note.text().replacen("entente/KOR/ledger", origin, 1);
        let note = Note::new(text, own.note.signatures().to_vec()).unwrap();
        let answer = ask(sites.get_mut("JPN").unwrap(), "KOR", &AddCheckpoint { note, ..own.clone() });
        assert_eq!(answer, Err(NotCosigned::UnknownLog(origin.to_owned())));
    }
    let bytes = b"old 1".to_vec();
    let answer = sites.get_mut("JPN").unwrap().handle(Event::AddCheckpoint { from: Party::from("KOR"), bytes });
    assert!(matches!(answer, Ok(Answer::Witness(Err(NotCosigned::Malformed(_))))));
}
