//! A store of an earlier version is opened, loaded and gone on with.
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
    agreement::{ActKind, Standing},
    time::day_of,
};
use entente_formats::wire::{Canonical, Package};
use entente_node::{
    Feed, Lane,
    event::{Deed, Outcome, RecordRef, Source},
};
use site::{Site, act_on, content, party};

const VERSION_1: [&str; 2] = [include_str!("../migrations/0001.sql"), include_str!("fixtures/version-1.sql")];

/// The node of JPN on its store of version 1.
fn version_1() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = rusqlite::Connection::open(folder.path().join("store.sqlite")).unwrap();
    for script in VERSION_1 {
        store.execute_batch(script).unwrap();
    }
    store.pragma_update(None, "user_version", 1).unwrap();
    store.close().unwrap();
    Site::in_folder("JPN", 2, folder)
}

/// What a denial under the pact names; nothing for what goes.
fn codes(site: &mut Site, id: &str, to: &str) -> Vec<&'static str> {
    let source = Source::Held(RecordRef { originator: None, id: id.into() }, content(id));
    match &site.release_source(source, &[to], Some(&["pact"]))[0].1 {
        Outcome::Denied { decision, .. } => decision.blocked.iter().map(|block| block.reason.code()).collect(),
        Outcome::Sequenced { .. } => Vec::new(),
        other => panic!("neither denied nor sequenced: {other:?}"),
    }
}

#[test]
fn a_store_of_version_1_is_gone_on_with() {
    let mut jpn = version_1();
    // Once more, now as a store of the present version.
    jpn.crash();
    let store = rusqlite::Connection::open(jpn.folder.path().join("store.sqlite")).unwrap();
    let version: i64 = store.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 12);

    assert_eq!(jpn.ids(), ["J-1", "J-2", "K-1", "K-2"]);
    // Contents are encrypted now, and are what they were; so are the envelopes that came.
    let reader = jpn.store().reader().unwrap();
    for id in jpn.ids() {
        let [(_, digest)] = reader.digests(&id).unwrap().try_into().unwrap();
        assert_eq!(reader.body(&digest).unwrap().unwrap(), content(&id));
    }
    let feed = Feed { partner: party("KOR"), lane: Lane::Routine };
    assert!(reader.incoming(&feed, 0, 10).unwrap().iter().all(|row| row.envelope.is_some()));
    let file = std::fs::read(jpn.folder.path().join("store.sqlite")).unwrap();
    assert!(!file.windows(10).any(|bytes| bytes == b"content of"));
    let pact = jpn.node.agreements()["pact"].clone();
    for code in ["JPN", "KOR", "USA"] {
        assert_eq!(pact.view(&party(code), day_of(jpn.now)).standing, Standing::InForce, "{code}");
    }
    let kinds: Vec<_> = jpn.node.acts_on(&pact).map(|act| (act.statement.kind.clone(), act.known)).collect();
    let entered = ("entered-into-force".to_owned(), 0);
    let expected = [entered.clone(), entered.clone(), entered, ("suspended".into(), 0), ("resumed".into(), 0)];
    assert_eq!(kinds, expected, "since when they are known, nobody wrote down");

    // What waited still waits: the one entry of the routine feed to KOR.
    let waiting = jpn.next_package(&party("KOR"), Lane::Routine).unwrap();
    let waiting = Package::from_bytes(&waiting).unwrap();
    assert_eq!((waiting.start, waiting.entries.len()), (0, 1));

    // The consent for K-1 counts, and for nothing else.
    assert_eq!(codes(&mut jpn, "K-1", "USA"), Vec::<&str>::new());
    assert_eq!(codes(&mut jpn, "K-2", "USA"), ["third-party"]);
    assert_eq!(codes(&mut jpn, "J-1", "KOR"), Vec::<&str>::new());

    // The next act follows the last one. It speaks against J-2, which left just now; not against J-1, of which nobody wrote
    // down when it left.
    let resumed = jpn.node.acts_on(&pact).last().unwrap().digest;
    act_on(&mut jpn, "pact", Deed::Does(ActKind::Suspended), "2026-11-23").unwrap();
    jpn.crash();
    assert_eq!(jpn.node.acts_on(&pact).last().unwrap().statement.previous, Some(resumed));
    let viewer = jpn.viewer();
    assert!(jpn.node.affected(&viewer).map(|affected| affected.record.as_str()).eq(["J-2"]));
    assert_eq!(jpn.node.standing_consents().count(), 0);
    assert_eq!(codes(&mut jpn, "J-2", "KOR"), ["not-in-force"]);
}
