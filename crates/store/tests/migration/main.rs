//! Stores of every older version, as a program of that version left them, are opened, hold what they held, and are gone on with
//! (`../fixtures/README.md`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../site/mod.rs"]
mod site;
#[path = "../fixture/mod.rs"]
mod fixture;
mod story;
mod beside;
mod then;

use std::{collections::BTreeSet, path::Path};

use entente_core::agreement::ActKind;
use entente_formats::wire::{Canonical, Entry, Package};
use entente_node::{
    Event, Feed, Lane, Partner,
    event::{Deed, Outcome, RecordRef, Source},
};
use entente_store::{Store, StoreError};
use jiff::SignedDuration;
use rusqlite::{Connection, types::Value};
use site::{Site, act_on, content, party};

/// Versions that no program ever had as its own. So far each had one: see the first lines of each fixture for which.
const WITHOUT_PROGRAM: [i64; 0] = [];

/// What programs of side lines called a version, before work that was done side by side was joined and numbered anew: the number,
/// and the migrations that they had run. Their stores are no stores of these versions.
const NUMBERED_OTHERWISE: [(i64, &[usize]); 7] = [
    (3, &[1, 2, 4]),
    (5, &[1, 2, 3, 4, 6]),
    (8, &[1, 2, 3, 4, 5, 6, 7, 10]),
    (8, &[1, 2, 3, 4, 5, 6, 7, 11]),
    (8, &[1, 2, 3, 4, 5, 6, 7, 12]),
    (10, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11]),
    (10, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 12]),
];

/// The first version whose contents are encrypted.
const ENCRYPTED: i64 = 6;

fn open(site: &Site, file: &str) -> Connection {
    Connection::open(site.folder.path().join(file)).unwrap()
}

/// The node of JPN on its store of that version, opened by the present program; and the store as it was before.
fn opened(version: i64) -> (Site, Connection) {
    let before = fixture::folder(version);
    // An open file outlives its name.
    let database = Connection::open(before.path().join("store.sqlite")).unwrap();
    (Site::in_folder("JPN", 2, fixture::folder(version)), database)
}

fn version_of(database: &Connection) -> i64 {
    database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// The version of the store, and its tables.
fn present() -> (i64, Vec<(String, String, String)>) {
    let sites = site::with(&["JPN"]);
    let database = open(&sites["JPN"], "store.sqlite");
    (version_of(&database), fixture::schema(&database))
}

#[test]
fn every_version_has_a_fixture() {
    let (present, _) = present();
    let expected: BTreeSet<i64> = (1..=present).filter(|version| !WITHOUT_PROGRAM.contains(version)).collect();
    let found = fixture::versions();
    assert!(
        expected == found,
        "the store is at version {present}, and these versions have no fixture: {:?}; these have one and are none: {:?}. \
         How to make one: crates/store/tests/fixtures/README.md",
        expected.difference(&found).collect::<Vec<_>>(),
        found.difference(&expected).collect::<Vec<_>>(),
    );
}

/// `ENTENTE_UPDATE=1` writes the fixture of the present version anew.
#[test]
fn the_story_of_the_present_version_fills_every_table() {
    let mut jpn = story::told().remove("JPN").unwrap();
    let (version, _) = present();
    then_of(&mut jpn, version);
    jpn.store = None;
    beside::people(jpn.folder.path(), &jpn.storage_key());
    beside::taxii(jpn.folder.path());
    for file in ["store.sqlite", "people.sqlite", "taxii.sqlite"] {
        let database = open(&jpn, file);
        let empty: Vec<String> = fixture::tables(&database)
            .into_iter()
            .filter(|table| fixture::rows(&database, table, &["1".to_owned()]).is_empty())
            .collect();
        // It is filled and emptied within one commit.
        let allowed: &[&str] = if file == "store.sqlite" { &["doomed"] } else { &[] };
        assert_eq!(empty, allowed, "{file}: a step of the story brings something into each table");
    }
    if std::env::var_os("ENTENTE_UPDATE").is_some() {
        let about = format!(
            "A store of version {version}, as its program left it: the node of JPN after every step of tests/migration/story.rs.\n\
             Keys and names are those of `site::three`; nothing in it is secret."
        );
        fixture::write(jpn.folder.path(), &fixture::path(version), &about);
    }
}

fn then_of(jpn: &mut Site, version: i64) {
    for (since, check) in then::CHECKS {
        if version >= since {
            check(jpn, version);
        }
    }
}

/// Whether the present program reads it as the older one wrote it, row by row.
#[test]
fn nothing_of_an_older_store_is_lost_or_changed() {
    let (_, schema) = present();
    for version in fixture::versions() {
        let (mut jpn, before) = opened(version);
        jpn.store = None;
        let after = open(&jpn, "store.sqlite");
        assert_eq!(fixture::schema(&after), schema, "version {version}: other tables than a new store has");
        for table in fixture::tables(&before) {
            let columns = fixture::columns(&before, &table);
            let mut rows = fixture::rows(&before, &table, &columns);
            if version < 3 && matches!(table.as_str(), "node" | "checkpoint") {
                // The ledger began anew, with one leaf for each interval.
                rows.retain(|row| row[0] != Value::Text("ledger".into()));
            }
            let sealed = match table.as_str() {
                "body" if version < ENCRYPTED => Some("content"),
                "incoming" if version < ENCRYPTED => Some("envelope"),
                _ => None,
            };
            let columns: Vec<String> = columns.into_iter().filter(|column| Some(column.as_str()) != sealed).collect();
            if sealed.is_some() {
                rows = fixture::rows(&before, &table, &columns);
            }
            assert_eq!(fixture::rows(&after, &table, &columns), rows, "version {version}, {table}");
        }
    }
}

#[test]
fn what_was_in_clear_is_encrypted_and_the_same() {
    for version in fixture::versions().into_iter().filter(|version| *version < ENCRYPTED) {
        let (mut jpn, before) = opened(version);
        let reader = jpn.store().reader().unwrap();
        let columns = ["digest", "content"].map(str::to_owned);
        let mut clear: Vec<Vec<u8>> = Vec::new();
        for row in fixture::rows(&before, "body", &columns) {
            let [Value::Blob(digest), Value::Blob(content)] = row.as_slice() else { panic!("{row:?}") };
            let digest: [u8; 32] = digest.as_slice().try_into().unwrap();
            assert_eq!(reader.body(&digest).unwrap().as_ref(), Some(content), "version {version}");
            clear.push(content.clone());
        }
        let columns = ["partner", "lane", "idx", "envelope"].map(str::to_owned);
        for row in fixture::rows(&before, "incoming", &columns) {
            let [Value::Text(partner), Value::Text(lane), Value::Integer(index), envelope] = row.as_slice() else {
                panic!("{row:?}")
            };
            let feed = Feed { partner: party(partner), lane: Lane::from_word(lane).unwrap() };
            let found = reader.incoming(&feed, u64::try_from(*index).unwrap(), 1).unwrap().remove(0).envelope;
            match envelope {
                Value::Blob(bytes) => {
                    assert_eq!(found.as_ref(), Some(bytes), "version {version}");
                    clear.push(bytes.clone());
                }
                _ => assert_eq!(found, None, "version {version}"),
            }
        }
        assert!(clear.len() > 6);
        for name in ["store.sqlite", "store.sqlite-wal"] {
            let file = std::fs::read(jpn.folder.path().join(name)).unwrap_or_default();
            // Their ends: envelopes begin alike.
            let has = |bytes: &[u8]| file.windows(24).any(|window| window == &bytes[bytes.len() - 24..]);
            assert!(
                !clear.iter().any(|bytes| has(bytes)),
                "version {version}: something of it stands in {name} in clear"
            );
        }
    }
}

#[test]
fn a_store_that_was_numbered_otherwise_is_refused_and_left_as_it_was() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for (version, run) in NUMBERED_OTHERWISE {
        let mut jpn = Site::in_folder("JPN", 2, tempfile::tempdir().unwrap());
        jpn.store = None;
        let path = jpn.folder.path().join("store.sqlite");
        std::fs::remove_file(&path).unwrap();
        let database = Connection::open(&path).unwrap();
        for number in run {
            let script = std::fs::read_to_string(migrations.join(format!("{number:04}.sql"))).unwrap();
            database.execute_batch(&script).unwrap();
        }
        database.pragma_update(None, "user_version", version).unwrap();
        let before = fixture::schema(&database);
        let refused = Store::open(jpn.folder.path(), &jpn.storage_key()).err().unwrap();
        assert!(matches!(&refused, StoreError::Foreign { found, .. } if *found == version), "{run:?}: {refused}");
        assert!(refused.to_string().len() < 300, "{refused}");
        assert_eq!((version_of(&database), fixture::schema(&database)), (version, before), "{run:?}");
    }
}

#[test]
fn what_stands_beside_an_older_store_is_brought_up_to_date_too() {
    let new = tempfile::tempdir().unwrap();
    let jpn = Site::in_folder("JPN", 2, tempfile::tempdir().unwrap());
    beside::people(new.path(), &jpn.storage_key());
    beside::taxii(new.path());
    let mut found = BTreeSet::new();
    for version in fixture::versions() {
        let folder = fixture::folder(version);
        for file in ["people.sqlite", "taxii.sqlite"].into_iter().filter(|file| folder.path().join(file).exists()) {
            let schema = |folder: &Path| fixture::schema(&Connection::open(folder.join(file)).unwrap());
            let since = version_of(&Connection::open(folder.path().join(file)).unwrap());
            println!("version {version}: {file} of version {since}");
            match file {
                "people.sqlite" => beside::assert_people(folder.path(), &jpn.storage_key(), since),
                _ => beside::assert_taxii(folder.path(), since),
            }
            assert_eq!(schema(folder.path()), schema(new.path()), "version {version}, {file}");
            found.insert((file, since));
        }
    }
    for file in ["people.sqlite", "taxii.sqlite"] {
        let present = version_of(&Connection::open(new.path().join(file)).unwrap());
        for version in 1..=present {
            assert!(found.contains(&(file, version)), "no fixture has a {file} of version {version}");
        }
    }
}

/// What a release of a held record under the pact is denied for; nothing where it goes.
fn codes(site: &mut Site, id: &str, to: &str) -> Vec<&'static str> {
    let source = Source::Held(RecordRef { originator: None, id: id.into() }, content(id));
    match &site.release_source(source, &[to], story::UNDER)[0].1 {
        Outcome::Denied { decision, .. } => decision.blocked.iter().map(|block| block.reason.code()).collect(),
        Outcome::Sequenced { .. } => Vec::new(),
        other => panic!("neither denied nor sequenced: {other:?}"),
    }
}

/// The checkpoints of all its own logs, each signed by the node, over the leaves that are here.
fn assert_logs_hold(jpn: &mut Site, is_signed_by_both: bool) {
    let own = Partner::open(&jpn.signed_party_file()).unwrap();
    let feeds: Vec<(Feed, u64)> = jpn.node.outgoing().map(|(feed, size, _)| (feed.clone(), size)).collect();
    let reader = jpn.store().reader().unwrap();
    for (feed, _) in feeds {
        let Some((size, note)) = reader.outgoing_checkpoint(&feed).unwrap() else { continue };
        let origin = entente_node::lane::origin(&jpn.party, &feed.partner, feed.lane);
        let mut keys = own.feed_keys(&feed.partner, feed.lane).unwrap();
        if !is_signed_by_both {
            keys.truncate(1);
        }
        let checkpoint = entente_log::Checkpoint::open_signed_by_each(note.as_bytes(), &origin, &keys).unwrap();
        let mut tree = entente_log::Frontier::new();
        for leaf in reader.leaves(&feed, 0, size).unwrap() {
            tree.append(entente_log::leaf_hash(&leaf)).unwrap();
        }
        assert_eq!((checkpoint.size(), *checkpoint.root()), (size, tree.root()), "{feed:?}");
    }
}

#[test]
fn an_older_store_is_what_it_was_and_is_gone_on_with() {
    let (present, _) = present();
    for version in fixture::versions() {
        println!("version {version}");
        let (mut jpn, before) = opened(version);
        assert_eq!(version_of(&before), version);
        // Once as it was brought up to date, and once as a store of the present version.
        for _ in 0..2 {
            jpn.now = now_of(&jpn);
            then_of(&mut jpn, version);
            jpn.crash();
        }
        let database = open(&jpn, "store.sqlite");
        assert_eq!(version_of(&database), present);
        assert_eq!(database.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
        // At first a checkpoint had one signature.
        assert_logs_hold(&mut jpn, version >= 3);
        goes_on(&mut jpn, version);
        assert_logs_hold(&mut jpn, true);
    }
}

/// A moment after the last thing in the ledger.
fn now_of(jpn: &Site) -> entente_core::time::Timestamp {
    let last: Option<i64> = open(jpn, "store.sqlite")
        .query_row("SELECT max(json_extract(text, '$.time')) FROM statement", [], |row| row.get::<_, Option<String>>(0))
        .unwrap()
        .map(|time| time.parse::<entente_core::time::Timestamp>().unwrap().as_second());
    entente_core::time::Timestamp::from_second(last.unwrap()).unwrap()
}

/// How many entries the next package of a feed has, whose checkpoint a partner would take.
fn sent(jpn: &mut Site, to: &str, lane: Lane) -> usize {
    let Some(package) = jpn.next_package(&party(to), lane) else { return 0 };
    let package = Package::from_bytes(&package).unwrap();
    assert!(package.entries.iter().all(|entry| matches!(entry, Entry::Envelope(_))));
    let keys = Partner::open(&jpn.signed_party_file()).unwrap().feed_keys(&party(to), lane).unwrap();
    let checkpoint = package.checkpoint.as_bytes();
    let checkpoint = entente_log::Checkpoint::open_signed_by_each(checkpoint, &package.origin, &keys).unwrap();
    assert_eq!(checkpoint.size(), package.start + package.entries.len() as u64);
    package.entries.len()
}

/// A release, an act, a minute, and a crash behind each.
fn goes_on(jpn: &mut Site, version: i64) {
    let viewer = jpn.viewer();
    let affected = jpn.node.affected(&viewer).count();
    // What waited still waits; the consent for K-1 counts, and for nothing else.
    assert_eq!(codes(jpn, "K-1", "USA"), Vec::<&str>::new());
    assert_eq!(codes(jpn, "K-2", "USA"), ["third-party"]);
    assert_eq!(codes(jpn, "J-1", "KOR"), Vec::<&str>::new());
    jpn.crash();
    // J-2 from before, and J-1.
    assert_eq!(sent(jpn, "KOR", Lane::Routine), 2);
    assert_eq!(sent(jpn, "USA", Lane::Routine), 1);
    let waits = if version == 1 { 3 } else { 0 };
    assert_eq!(sent(jpn, "KOR", Lane::Urgent), waits);

    // The next act follows the last one. It speaks against what left just now and what left under that text before; not where
    // nobody wrote down when it left.
    let pact = jpn.node.agreements()["pact"].clone();
    let resumed = jpn.node.acts_on(&pact).last().unwrap().digest;
    jpn.now = jpn.now.checked_add(SignedDuration::from_mins(1)).unwrap();
    act_on(jpn, "pact", Deed::Does(ActKind::Suspended), "2026-11-23").unwrap();
    jpn.crash();
    assert_eq!(jpn.node.acts_on(&pact).last().unwrap().statement.previous, Some(resumed));
    let speaks: BTreeSet<&str> = jpn.node.affected(&viewer).skip(affected).map(|one| one.record.as_str()).collect();
    assert!(speaks.contains("J-2") && speaks.contains("K-1"), "{speaks:?}");
    assert!(!speaks.contains("J-3"), "it left under another text: {speaks:?}");
    assert_eq!(codes(jpn, "J-2", "KOR"), ["not-in-force"]);
    for code in ["KOR", "USA"] {
        assert!(sent(jpn, code, Lane::Urgent) > 0, "the act is told to {code}");
    }
    jpn.handle(Event::Tick).unwrap();
    jpn.crash();
    // What is new stands beside it.
    jpn.release("J-30", story::JAPANESE, &["USA"], None);
    jpn.crash();
    assert_eq!(then::bytes(jpn, "J-30"), Some(content("J-30")), "version {version}");
}
