//! What is held sealed enters later exactly as it would have on its arrival, when what it lacked has come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use entente_formats::{
    agreement,
    wire::{Body, Canonical, Disposition, HopStatement, Origin, Signed, Version, payload},
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Quarantined, RecordRef},
};
use site::{PACT, PURPOSE, Site, Sites, bring_into_force, content, party, three};

const LABEL: &str = "SECRET//REL TO USA, JPN";

fn feed() -> Feed {
    Feed { partner: party("USA"), lane: Lane::Routine }
}

/// A record that USA gives under the pact, whether or not anybody knows the pact.
fn record_under_the_pact(usa: &Site) -> Body {
    let origin = Origin {
        originator: "USA".into(),
        id: "U-1".into(),
        label: LABEL.into(),
        subjects: vec!["dprk-missile".into()],
        status: "exercise".into(),
        distribution: Vec::new(),
        title: "U-1.txt".into(),
        media_type: "text/plain".into(),
        created: usa.now.as_second(),
        digest: sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            content("U-1"),
        ))
        .into(),
    };
    let hash = agreement::parse(PACT).unwrap().hash.0;
    let hop =
        HopStatement { under: vec![Version { id: "pact".into(), hash }], purpose: PURPOSE.into(), ask_onward: false };
    Body::Record { origin: usa.sign_as_partner(payload::ORIGIN, origin.to_bytes()), hop, content: content("U-1") }
}

/// JPN holds U-1 sealed: it was given under a text that JPN does not know.
fn held() -> Sites {
    let mut sites = three();
    let jpn_file = sites["JPN"].party_file();
    let body = record_under_the_pact(&sites["USA"]);
    let package = sites.get_mut("USA").unwrap().forged(&jpn_file, Lane::Routine, &body);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("USA"), Lane::Routine, package).unwrap();
    assert_eq!(said(jpn), ("held".to_owned(), Some("given under `pact`, which is not known here".to_owned())));
    sites
}

fn said(site: &mut Site) -> (String, Option<String>) {
    let row = site.store().reader().unwrap().incoming(&feed(), 0, 1).unwrap().remove(0);
    (row.disposition, row.reason)
}

fn retry(site: &mut Site) -> Result<Answer, Refusal> {
    let row = site.store().reader().unwrap().incoming(&feed(), 0, 1).unwrap().remove(0);
    let entry = Quarantined {
        feed: feed(),
        index: 0,
        leaf: row.leaf,
        envelope: row.envelope.unwrap_or_default(),
        reason: row.reason,
        received: row.at,
    };
    site.handle(Event::Retry(entry))
}

fn disposition(answer: Result<Answer, Refusal>) -> Disposition {
    match answer.unwrap() {
        Answer::Retried(disposition, _) => disposition,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_held_enters_when_its_text_has_come() {
    let mut sites = held();
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(disposition(retry(jpn)), Disposition::Held, "nothing has come yet");
    assert!(jpn.ids().is_empty());

    bring_into_force(&mut sites, PACT, "pact", &["USA", "JPN"]);
    let jpn = sites.get_mut("JPN").unwrap();
    assert_eq!(disposition(retry(jpn)), Disposition::Accepted);
    assert_eq!(said(jpn), ("accepted".to_owned(), None));
    // As on arrival: its bytes, its custody, its place among what arrived, also after a crash.
    for _ in 0..2 {
        let listed = jpn.held().remove(0);
        assert_eq!(jpn.store().reader().unwrap().body(&listed.digest).unwrap().unwrap(), content("U-1"));
        let hop = &listed.record.custody[0];
        assert_eq!((hop.from.as_str(), hop.under[0].as_str()), ("USA", "pact"));
        jpn.crash();
    }
    // It enters once.
    let error = retry(jpn).unwrap_err();
    assert!(error.to_string().contains("`USA routine 0` is not in quarantine"), "{error}");
}

/// A recall that came while it was held sealed counts, although nobody had read it.
#[test]
fn what_was_called_back_while_it_was_held_does_not_enter() {
    let mut sites = held();
    let recall = entente_formats::wire::RecallStatement {
        by: "USA".into(),
        number: [3; 16],
        originator: "USA".into(),
        record: "U-1".into(),
        entries: Vec::new(),
        at: sites["USA"].now.as_second(),
        reason: None,
    };
    let signed: Signed = sites["USA"].sign_as_partner(payload::RECALL, recall.to_bytes());
    let jpn_file = sites["JPN"].party_file();
    let usa = sites.get_mut("USA").unwrap();
    let package = usa.sequenced_after(&jpn_file, Lane::Urgent, &Body::Recall(signed));
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("USA"), Lane::Urgent, package).unwrap();
    // It is taken, and nothing of it is kept.
    assert_eq!(disposition(retry(jpn)), Disposition::Accepted);
    assert!(jpn.ids().is_empty());
    let name = RecordRef { originator: None, id: "U-1".into() };
    assert!(jpn.handle(Event::Look { record: name, viewer: jpn.viewer() }).is_err());
    assert!(jpn.store().reader().unwrap().incoming(&feed(), 0, 1).unwrap()[0].envelope.is_none());
}

#[test]
fn only_the_bytes_that_arrived_are_tried_again() {
    let mut sites = held();
    let jpn = sites.get_mut("JPN").unwrap();
    let row = jpn.store().reader().unwrap().incoming(&feed(), 0, 1).unwrap().remove(0);
    let mut envelope = row.envelope.unwrap();
    envelope.push(0);
    let entry = Quarantined { feed: feed(), index: 0, leaf: row.leaf, envelope, reason: row.reason, received: row.at };
    assert!(matches!(jpn.handle(Event::Retry(entry)), Err(Refusal::Ours(_))));
}

/// A partner changes its keys, and what it signs with the new one comes before its new party file.
#[test]
fn what_is_signed_with_a_key_that_comes_late_waits_for_it() {
    let mut sites = three();
    let old = sites["USA"].party_file();
    let mut before = old.clone();
    // As if JPN had a file from before the key that USA signs with.
    before.signing = vec![*entente_seal::SigningKey::from_seed(&[77; 32]).unwrap().public().as_bytes()];
    before.serial = 2;
    let usa = &sites["USA"];
    let note = usa.sign_party_file(&before);
    let after = usa.sign_party_file(&entente_formats::party::PartyFile { serial: 3, ..old });
    sites.get_mut("JPN").unwrap().handle(Event::AddParty { note }).unwrap();
    let jpn_file = sites["JPN"].party_file();
    let body = record_under_the_pact(&sites["USA"]);
    let package = sites.get_mut("USA").unwrap().forged(&jpn_file, Lane::Routine, &body);
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.take(&party("USA"), Lane::Routine, package).unwrap();
    let (word, why) = said(jpn);
    assert_eq!(word, "held");
    assert!(why.unwrap().contains("a key that is not in the party file of USA"));
    jpn.handle(Event::AddParty { note: after }).unwrap();
    assert_eq!(disposition(retry(jpn)), Disposition::Held);
    assert!(said(jpn).1.unwrap().contains("given under `pact`"), "it got further");
}
