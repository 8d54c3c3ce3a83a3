//! Logs exported as tiles, read by an independent implementation of C2SP tlog-tiles.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../../store/tests/site/mod.rs"]
mod site;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use entente_node::{Event, Feed, Lane, Partner};
use entente_server::tiles::{ExportError, Exported, Log, export};
use signed_note::{StandardVerifier, VerifierList};
use site::{Site, deliver, three};
use tlog_tiles::{Checkpoint, Tile, TileHashReader, TileReader, tlog};

const LABEL: &str = "//KOR SECRET//REL TO USA, JPN, KOR";
const LEDGER: Log = Log::Ledger(0);

type Sites = BTreeMap<&'static str, Site>;

fn feed(partner: &str) -> Feed {
    Feed { partner: partner.into(), lane: Lane::Routine }
}

/// Lets so many intervals of KOR's ledger pass.
fn pass(sites: &mut Sites, intervals: u32) {
    let kor = sites.get_mut("KOR").unwrap();
    for _ in 0..intervals {
        kor.now = kor.now.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
        kor.handle(Event::Tick).unwrap();
    }
}

fn exported(sites: &mut Sites, party: &str, log: &Log, folder: &Path) -> Result<Exported, ExportError> {
    export(&sites.get_mut(party).unwrap().store().reader().unwrap(), log, folder, |_, _| ())
}

/// A folder with tiles.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn at(&self, tile: &Tile) -> PathBuf {
        // C2SP leaves out the height, which is always 8.
        self.0.join(tile.path().replacen("tile/8/", "tile/", 1).replacen("data", "entries", 1))
    }

    /// The checkpoint, whose signature by `party` as a key of Ed25519 holds.
    fn checkpoint(&self, party: &Partner) -> Checkpoint {
        let bytes = fs::read(self.0.join("checkpoint")).unwrap();
        let note = signed_note::Note::from_bytes(&bytes).unwrap();
        let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
        let key = StandardVerifier::new(&party.log_key(checkpoint.origin()).unwrap().to_string()).unwrap();
        assert_eq!(note.verify(&VerifierList::new(vec![Box::new(key)])).unwrap().0.len(), 1);
        checkpoint
    }

    /// Every entry, each proved to be in the log by what the tiles say.
    fn entries(&self, party: &Partner) -> Vec<Vec<u8>> {
        let checkpoint = self.checkpoint(party);
        let (size, root) = (checkpoint.size(), *checkpoint.hash());
        let tiles = TileHashReader::new(size, root, self);
        let mut entries = Vec::new();
        for mut tile in Tile::new_tiles(8, 0, size).into_iter().filter(|tile| tile.level() == 0) {
            tile.set_is_data();
            let bundle = fs::read(self.at(&tile)).unwrap();
            let mut rest = bundle.as_slice();
            while let Some((length, behind)) = rest.split_first_chunk() {
                let (entry, behind) = behind.split_at(u16::from_be_bytes(*length).into());
                entries.push(entry.to_vec());
                rest = behind;
            }
        }
        for (index, entry) in (0..).zip(&entries) {
            let proof = tlog::prove_record(size, index, &tiles).unwrap();
            tlog::check_record(&proof, size, root, index, tlog::record_hash(entry)).unwrap();
        }
        assert_eq!(entries.len() as u64, size);
        entries
    }
}

impl TileReader for Folder<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        Ok(tiles.iter().map(|tile| fs::read(self.at(tile)).unwrap()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn partner(sites: &Sites, party: &str) -> Partner {
    Partner::open(&sites[party].signed_party_file()).unwrap()
}

/// Every file below a folder with its bytes, by its path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_ledger_is_read_by_others_and_gone_on_with() {
    let (mut sites, folder) = (three(), tempfile::tempdir().unwrap());
    let (folder, kor) = (folder.path().join("ledger"), partner(&sites, "KOR"));
    assert!(matches!(exported(&mut sites, "KOR", &Log::Given(feed("JPN")), &folder), Err(ExportError::Nothing)));
    assert!(!folder.exists(), "nothing is half-written");
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    pass(&mut sites, 200);
    let first = exported(&mut sites, "KOR", &LEDGER, &folder).unwrap();
    assert_eq!((first.log.as_str(), first.written, first.kept), ("entente/KOR/ledger", 3, 0));
    let entries = Folder(&folder).entries(&kor);
    assert_eq!(entries.len() as u64, first.size);
    assert!(entries.iter().all(|entry| entry.starts_with(b"entente.interval/1\n")));
    assert!(folder.join(format!("tile/0/000.p/{}", first.size)).exists());

    sites.get_mut("KOR").unwrap().release("K-2", LABEL, &["JPN"], None);
    pass(&mut sites, 400);
    let second = exported(&mut sites, "KOR", &LEDGER, &folder).unwrap();
    assert_eq!((second.size, second.kept), (first.size + 400, 0));
    let more = Folder(&folder).entries(&kor);
    assert!(more.starts_with(&entries) && more.len() as u64 == second.size);
    assert!(!folder.join("tile/0/000.p").exists(), "the full tile stands for it");

    // Again, and again after it was broken off before its checkpoint: what is full is left alone.
    let before = files(&folder);
    let again = exported(&mut sites, "KOR", &LEDGER, &folder).unwrap();
    assert_eq!((again.size, again.kept), (second.size, 2));
    assert_eq!(files(&folder), before);
    fs::remove_file(folder.join("checkpoint")).unwrap();
    fs::remove_dir_all(folder.join("tile/1")).unwrap();
    // Without a checkpoint nobody knows of which log a tile is.
    fs::write(folder.join("tile/0/000"), [7; 256 * 32]).unwrap();
    exported(&mut sites, "KOR", &LEDGER, &folder).unwrap();
    assert_eq!(files(&folder), before);
}

#[test]
fn both_ends_of_a_feed_write_the_same() {
    let (mut sites, folder) = (three(), tempfile::tempdir().unwrap());
    for number in 0..3 {
        sites.get_mut("KOR").unwrap().release(&format!("K-{number}"), LABEL, &["JPN"], None);
    }
    deliver(&mut sites);
    let (given, received) = (folder.path().join("given"), folder.path().join("received"));
    let here = exported(&mut sites, "KOR", &Log::Given(feed("JPN")), &given).unwrap();
    let there = exported(&mut sites, "JPN", &Log::Received(feed("KOR")), &received).unwrap();
    assert_eq!((here.log.as_str(), here.size), ("entente/KOR/JPN/routine", 3));
    assert_eq!(here, there);
    let below = |folder: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        files(folder).into_iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), bytes)).collect()
    };
    assert_eq!(below(&given), below(&received));
    let kor = partner(&sites, "KOR");
    assert!(
        Folder(&given).entries(&kor).iter().all(|entry| entry.len() == 32),
        "digests, and nothing of what was given"
    );

    // What is another log, more of this one, or no log at all, is left alone.
    let before = files(&given);
    let refused = |sites: &mut Sites, log: &Log| match exported(sites, "KOR", log, &given) {
        Err(ExportError::Other { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    pass(&mut sites, 1);
    assert_eq!(refused(&mut sites, &LEDGER), "the log `entente/KOR/JPN/routine`, and not `entente/KOR/ledger`");
    assert_eq!(files(&given), before);
    let mut elsewhere = three();
    let kor = elsewhere.get_mut("KOR").unwrap();
    kor.release("K-9", LABEL, &["JPN"], None);
    // A feed is signed when it leaves.
    kor.next_package(&"JPN".into(), Lane::Routine).unwrap();
    assert!(refused(&mut elsewhere, &Log::Given(feed("JPN"))).starts_with("3 entries of this log, more than the 1"));
    for number in 0..3 {
        elsewhere.get_mut("KOR").unwrap().release(&format!("L-{number}"), LABEL, &["JPN"], None);
    }
    elsewhere.get_mut("KOR").unwrap().next_package(&"JPN".into(), Lane::Routine).unwrap();
    assert_eq!(refused(&mut elsewhere, &Log::Given(feed("JPN"))), "another history of this log");
    fs::write(given.join("checkpoint"), "none").unwrap();
    assert_eq!(refused(&mut sites, &Log::Given(feed("JPN"))), "a `checkpoint` that is none");
}

#[test]
fn a_store_that_was_written_over_is_not_passed_on() {
    let (mut sites, folder) = (three(), tempfile::tempdir().unwrap());
    sites.get_mut("KOR").unwrap().release("K-1", LABEL, &["JPN"], None);
    pass(&mut sites, 1);
    let store = sites["KOR"].folder.path().join("store.sqlite");
    let store = rusqlite::Connection::open(store).unwrap();
    store.execute_batch("UPDATE statement SET text = replace(text, 'SECRET', 'RESTRICTED')").unwrap();
    let refused = exported(&mut sites, "KOR", &LEDGER, folder.path());
    assert!(
        matches!(&refused, Err(ExportError::Broken(why)) if why.contains("is not what is in the log")),
        "{refused:?}"
    );
    assert!(!folder.path().join("checkpoint").exists());
}
