//! Content at rest: encrypted, and gone from every copy once it is destroyed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{collections::BTreeMap, fs, path::Path};

use entente_node::{Event, Feed, Lane, event::RecordRef};
use entente_store::{Reader, StorageKey, Store};
use site::{Site, content, deliver, three};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";

/// KOR's K-1 and K-2 are with JPN.
fn given() -> BTreeMap<&'static str, Site> {
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    sites
}

fn recall(sites: &mut BTreeMap<&'static str, Site>, id: &str) {
    let kor = sites.get_mut("KOR").unwrap();
    let record = RecordRef { originator: None, id: id.into() };
    kor.handle(Event::Recall { by: kor.viewer(), record, of: Vec::new(), reason: None }).unwrap();
    deliver(sites);
}

/// The content of a record, and the envelopes in which it came, as far as they can be opened.
fn opened(reader: &Reader, id: &str) -> (Option<Vec<u8>>, usize) {
    let digest = reader.digests(id).unwrap()[0].1;
    let feed = Feed { partner: "KOR".into(), lane: Lane::Routine };
    let rows = reader.incoming(&feed, 0, 100).unwrap();
    let came = rows.iter().filter(|row| row.record.as_ref().is_some_and(|(_, record)| record == id));
    (reader.body(&digest).unwrap(), came.filter(|row| row.envelope.is_some()).count())
}

fn raw(folder: &Path, file: &str) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join(file)).unwrap()
}

fn count(folder: &Path, file: &str, table: &str) -> i64 {
    raw(folder, file).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn the_disk_has_no_content_in_clear_and_opens_with_one_key_only() {
    let sites = given();
    let jpn = &sites["JPN"];
    let reader = Reader::of_folder(jpn.folder.path()).unwrap();
    let digest = reader.digests("K-1").unwrap()[0].1;
    assert!(reader.body(&digest).unwrap_err().to_string().contains("no storage key"));
    assert_eq!(opened(&reader.with_key(&jpn.storage_key()).unwrap(), "K-1"), (Some(content("K-1")), 1));
    for entry in fs::read_dir(jpn.folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(10).any(|part| part == b"content of"));
    }
    let other = StorageKey::from_seed(&[1; 32]);
    let refused = Reader::of_folder(jpn.folder.path()).unwrap().with_key(&other).map(drop).unwrap_err();
    assert!(refused.to_string().contains("belongs to another storage key"), "{refused}");
}

#[test]
fn a_store_without_its_secrets_is_not_gone_on_with() {
    let mut sites = given();
    let jpn = sites.get_mut("JPN").unwrap();
    jpn.store = None;
    let (there, away) = (jpn.folder.path().join("erasure.sqlite"), jpn.folder.path().join("away"));
    fs::rename(&there, &away).unwrap();
    let refused = Store::open(jpn.folder.path(), &jpn.storage_key()).map(drop).unwrap_err();
    assert!(refused.to_string().contains("erasure.sqlite` is missing"), "{refused}");
    assert!(!there.exists());
    fs::rename(&away, &there).unwrap();
    jpn.crash();
    assert_eq!(opened(&jpn.store().reader().unwrap(), "K-2").0, Some(content("K-2")));
}

#[test]
fn a_copy_from_before_the_recall_does_not_give_the_content_back() {
    if site::postgres::has_no_file("it copies the file") {
        return;
    }
    let mut sites = given();
    let copy = tempfile::tempdir().unwrap();
    let folder = sites["JPN"].folder.path().to_owned();
    let to = copy.path().join("store.sqlite").display().to_string();
    raw(&folder, "store.sqlite").execute("VACUUM INTO ?", [to]).unwrap();
    recall(&mut sites, "K-1");
    fs::copy(folder.join("erasure.sqlite"), copy.path().join("erasure.sqlite")).unwrap();
    let key = sites["JPN"].storage_key();
    let reader = Reader::of_folder(copy.path()).unwrap().with_key(&key).unwrap();
    assert_eq!(opened(&reader, "K-1"), (None, 0), "neither the content nor what it came in");
    assert_eq!(opened(&reader, "K-2"), (Some(content("K-2")), 1), "the other record is as it was");
}

#[test]
fn the_secret_is_gone_from_the_file_and_its_log() {
    if site::postgres::has_no_file("it looks into the file") {
        return;
    }
    let mut sites = given();
    let folder = sites["JPN"].folder.path().to_owned();
    let of_body = "SELECT secret FROM secret WHERE key = (SELECT key FROM store.body ORDER BY rowid LIMIT 1)";
    let connection = raw(&folder, "erasure.sqlite");
    connection.execute("ATTACH ? AS store", [folder.join("store.sqlite").display().to_string()]).unwrap();
    let secret: Vec<u8> = connection.query_row(of_body, [], |row| row.get(0)).unwrap();
    drop(connection);
    recall(&mut sites, "K-1");
    for file in ["erasure.sqlite", "erasure.sqlite-wal"] {
        let bytes = fs::read(folder.join(file)).unwrap_or_default();
        assert!(!bytes.windows(32).any(|part| part == secret), "{file}");
    }
}

/// The two files are not of one transaction: whichever moment the machine stops in, the next start puts them right.
#[test]
fn a_crash_before_the_secret_is_destroyed_is_made_good() {
    if site::postgres::has_no_file("it writes into the file") {
        return;
    }
    let mut sites = given();
    let jpn = sites.get_mut("JPN").unwrap();
    let folder = jpn.folder.path().to_owned();
    let secrets = count(&folder, "erasure.sqlite", "secret");
    jpn.store = None;
    // As the transaction leaves it that says so.
    let sql = "INSERT INTO doomed SELECT key FROM body ORDER BY rowid LIMIT 1;
               DELETE FROM body WHERE key IN (SELECT key FROM doomed)";
    raw(&folder, "store.sqlite").execute_batch(sql).unwrap();
    jpn.crash();
    assert_eq!(count(&folder, "erasure.sqlite", "secret"), secrets - 1);
    assert_eq!(count(&folder, "store.sqlite", "doomed"), 0);
}

#[test]
fn a_crash_after_the_secret_is_made_leaves_one_that_opens_nothing() {
    if site::postgres::has_no_file("a full disk is played by the file's own limit") {
        return;
    }
    let mut sites = given();
    let kor = sites.get_mut("KOR").unwrap();
    let folder = kor.folder.path().to_owned();
    kor.store().limit_pages(1).unwrap();
    let batch = vec![entente_node::Op::Body { digest: [7; 32], content: vec![7; 1 << 20] }];
    assert!(matches!(kor.store().commit(&[batch]), Err(entente_store::StoreError::Full)));
    let in_use = |table| -> i64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE key IS NOT NULL");
        raw(&folder, "store.sqlite").query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert!(count(&folder, "erasure.sqlite", "secret") > in_use("body") + in_use("incoming"));
    kor.crash();
    kor.release("K-3", LABEL, &["JPN"], None);
    deliver(&mut sites);
    let reader = sites.get_mut("JPN").unwrap().store().reader().unwrap();
    assert_eq!(opened(&reader, "K-3"), (Some(content("K-3")), 1));
}

#[test]
fn what_is_given_again_after_a_recall_has_a_new_key() {
    let mut sites = given();
    let kor = sites.get_mut("KOR").unwrap();
    let record = || RecordRef { originator: None, id: "K-1".into() };
    let (by, of) = (kor.viewer(), vec!["JPN".into()]);
    kor.handle(Event::Recall { by, record: record(), of, reason: None }).unwrap();
    deliver(&mut sites);
    assert_eq!(opened(&sites.get_mut("JPN").unwrap().store().reader().unwrap(), "K-1"), (None, 0));
    sites.get_mut("KOR").unwrap().release_held("K-1", &["JPN"], None);
    deliver(&mut sites);
    assert_eq!(opened(&sites.get_mut("JPN").unwrap().store().reader().unwrap(), "K-1"), (Some(content("K-1")), 1));
}
