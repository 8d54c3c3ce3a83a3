//! From a file to a schema and back: everything goes along, whenever it is stopped.

use std::{fs, path::Path};

use entente_node::{Event, Op};
use entente_store::{POSTGRES, Reader, SECRETS, Standing, StoreError, moving};

use crate::{
    LABEL, fixture,
    site::{Site, content, deliver, party, postgres, three},
};

/// What every reader says of a site's store, as far as it does not change by being opened.
fn told(site: &mut Site) -> (Vec<String>, usize, usize, Vec<String>) {
    let ids = site.ids();
    let reader = site.store().reader().unwrap();
    let alarms = reader.alarms().unwrap().into_iter().map(|alarm| alarm.message).collect();
    (ids, reader.statements(0, usize::MAX).unwrap().len(), reader.records().unwrap().len(), alarms)
}

#[test]
fn a_store_moves_there_and_back_and_goes_on() {
    let Some(words) = postgres::server() else { return };
    let mut sites = three();
    // On a file to begin with.
    let mut kor = Site::in_folder("KOR", 3, tempfile::tempdir().unwrap());
    for note in [kor.signed_party_file(), sites["JPN"].signed_party_file(), sites["USA"].signed_party_file()] {
        kor.handle(Event::AddParty { note }).unwrap();
    }
    kor.release("K-1", LABEL, &["JPN"], None);
    // What a text of PostgreSQL cannot hold, and what stands there for it.
    let message = "a\0b \u{2400} \u{2400}0".to_owned();
    let alarm = Op::Alarm { at: 1, partner: party("JPN"), message: message.clone(), evidence: Vec::new() };
    kor.store().commit(&[vec![alarm]]).unwrap();
    assert_eq!(told(&mut kor).3, [message]);
    let folder = kor.folder.path().to_owned();
    let schema = format!("moved_{}", std::process::id());
    let settings = folder.join("to.toml");
    fs::write(&settings, postgres::settings(&words, &schema)).unwrap();
    let refused = moving::to_postgres(&folder, &settings, |_, _| {}).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused:?}");
    let before = told(&mut kor);
    kor.store = None;
    let mut last = (0, 0);
    let moved = moving::to_postgres(&folder, &settings, |done, all| last = (done, all)).unwrap();
    assert_eq!(Some(last.0), moved.rows);
    assert_eq!(last.0, last.1);
    assert!(!folder.join("store.sqlite").exists() && folder.join("store.sqlite.moved").exists());
    assert_eq!(moving::place(&folder).unwrap(), moved);
    // Again, as after a kill before the last step.
    assert_eq!(moving::to_postgres(&folder, &settings, |_, _| {}).unwrap().rows, None);
    kor.crash();
    assert_eq!(kor.store().standing().unwrap(), Standing::Level);
    assert_eq!(told(&mut kor), before);
    kor.release("K-2", LABEL, &["JPN"], None);
    sites.insert("KOR", kor);
    deliver(&mut sites);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1", "K-2"]);
    let mut kor = sites.remove("KOR").unwrap();
    let before = told(&mut kor);
    kor.store = None;
    moving::to_file(&folder, |_, _| {}).unwrap();
    assert!(!folder.join(POSTGRES).exists());
    kor.crash();
    assert_eq!(kor.store().standing().unwrap(), Standing::Level);
    assert_eq!(told(&mut kor), before);
    kor.release("K-3", LABEL, &["JPN"], None);
    // And there again: what was moved away from there is not in the way.
    let before = told(&mut kor);
    kor.store = None;
    moving::to_postgres(&folder, &settings, |_, _| {}).unwrap();
    kor.crash();
    assert_eq!(told(&mut kor), before);
    sites.insert("KOR", kor);
    deliver(&mut sites);
    assert_eq!(sites.get_mut("JPN").unwrap().ids(), ["K-1", "K-2", "K-3"]);
}

#[test]
fn a_kill_while_a_store_moves_leaves_one_in_force() {
    let Some(words) = postgres::server() else { return };
    let mut kor = Site::in_folder("KOR", 3, tempfile::tempdir().unwrap());
    for note in [kor.signed_party_file(), three()["JPN"].signed_party_file()] {
        kor.handle(Event::AddParty { note }).unwrap();
    }
    let folder = kor.folder.path().to_owned();
    let schema = format!("killed_{}", std::process::id());
    let settings = folder.join("to.toml");
    fs::write(&settings, postgres::settings(&words, &schema)).unwrap();
    kor.store = None;
    // Killed before the rename: all is copied, and the file is in force still.
    moving::to_postgres(&folder, &settings, |_, _| {}).unwrap();
    fs::remove_file(folder.join(POSTGRES)).unwrap();
    fs::rename(folder.join("store.sqlite.moved"), folder.join("store.sqlite")).unwrap();
    kor.crash();
    kor.release("K-1", LABEL, &["JPN"], None);
    let before = told(&mut kor);
    kor.store = None;
    // What is there was never in force, and is older by now.
    moving::to_postgres(&folder, &settings, |_, _| {}).unwrap();
    kor.crash();
    assert_eq!(told(&mut kor), before);
    kor.store = None;
    // Killed on the way back before the last rename: the database is in force, and a file lies there.
    fs::copy(folder.join("store.sqlite.moved"), folder.join("store.sqlite")).unwrap();
    kor.crash();
    kor.release("K-2", LABEL, &["JPN"], None);
    let before = told(&mut kor);
    kor.store = None;
    moving::to_file(&folder, |_, _| {}).unwrap();
    kor.crash();
    assert_eq!(told(&mut kor), before);
    // What a node has used is not written over by another.
    let other = Site::in_folder("USA", 1, tempfile::tempdir().unwrap());
    let other_folder = other.folder.path().to_owned();
    drop(other.store);
    kor.store = None;
    moving::to_postgres(&folder, &settings, |_, _| {}).unwrap();
    kor.crash();
    kor.store = None;
    let refused = moving::to_postgres(&other_folder, &settings, |_, _| {}).unwrap_err();
    assert!(matches!(refused, StoreError::IsThere { .. }), "{refused:?}");
}

#[test]
fn a_back_up_of_a_schema_is_a_file_with_everything() {
    if postgres::server().is_none() {
        return;
    }
    let mut sites = three();
    for id in ["K-1", "K-2"] {
        sites.get_mut("KOR").unwrap().release(id, LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    let jpn = sites.get_mut("JPN").unwrap();
    let to = tempfile::tempdir().unwrap();
    // Beside the node, which runs.
    entente_store::copy(jpn.folder.path(), to.path(), &to.path().join(SECRETS), |_, _| {}).unwrap();
    let copied = Reader::of_folder(to.path()).unwrap().with_key(&jpn.storage_key()).unwrap();
    let reader = jpn.store().reader().unwrap();
    assert_eq!(copied.check().unwrap(), "every page of it is whole");
    assert!(reader.check().unwrap().contains(" rows of it can be read, in schema `site_"));
    assert_eq!(copied.records().unwrap(), reader.records().unwrap());
    assert_eq!(copied.ledger_checkpoint().unwrap(), reader.ledger_checkpoint().unwrap());
    let digest = copied.digests("K-1").unwrap()[0].1;
    assert_eq!(copied.body(&digest).unwrap(), Some(content("K-1")));
}

/// The fixture of the present version has something in every table.
#[test]
fn every_table_moves_there_and_back_as_it_is() {
    let Some(words) = postgres::server() else { return };
    let newest = fixture::versions().into_iter().max().unwrap();
    let folder = fixture::folder(newest);
    let tables = |path: &Path| {
        let file = rusqlite::Connection::open(path.join("store.sqlite")).unwrap();
        let rows = |table: &String| fixture::rows(&file, table, &fixture::columns(&file, table));
        fixture::tables(&file).into_iter().map(|table| (rows(&table), table)).collect::<Vec<_>>()
    };
    // As the present program leaves it.
    let jpn = Site::in_folder("JPN", 2, folder);
    let folder = jpn.folder;
    drop(jpn.store);
    let before = tables(folder.path());
    let empty = before.iter().filter(|(rows, _)| rows.is_empty()).map(|(_, table)| table.as_str());
    assert_eq!(empty.collect::<Vec<_>>(), ["doomed"]);
    let settings = folder.path().join("to.toml");
    fs::write(&settings, postgres::settings(&words, &format!("all_{}", std::process::id()))).unwrap();
    moving::to_postgres(folder.path(), &settings, |_, _| {}).unwrap();
    let mut jpn = Site::in_folder("JPN", 2, folder);
    assert!(!jpn.held().is_empty());
    let folder = jpn.folder;
    drop(jpn.store);
    moving::to_file(folder.path(), |_, _| {}).unwrap();
    let after = tables(folder.path());
    for ((before, table), (after, _)) in before.iter().zip(&after) {
        // Looking at what is held is on record.
        assert!(after.starts_with(before) || ["checkpoint", "open_interval"].contains(&table.as_str()), "{table}");
    }
}
