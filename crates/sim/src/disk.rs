//! A node's disk: the real store in a folder of its own with the files of large contents beside it, and the ways in which it
//! fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use entente_formats::hex;
use entente_node::{Batch, content::FileName};
use entente_store::{CONTENTS, HEADS, Reader, StorageKey, Store, StoreError};

/// The files that make a store; the log of what was written last may be missing.
const FILES: [&str; 6] =
    ["store.sqlite", "store.sqlite-wal", "erasure.sqlite", "erasure.sqlite-wal", "heads.a", "heads.b"];
/// The seed of the key under which every disk of a run keeps its contents.
const STORAGE: [u8; 32] = [7; 32];

/// How keeping a transaction fails, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Nothing is written, and the disk says that it failed.
    NotWritten,
    /// Everything is written, and the disk says that it failed.
    Written,
}

/// What the power leaves of a file that was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Not even its name.
    Gone,
    /// So many of a hundred of its bytes.
    Cut(u64),
    /// Its length, and zeros behind so many of a hundred of its bytes.
    Zeros(u64),
}

/// A disk.
pub struct Disk {
    home: PathBuf,
    /// The files of contents that were synced: a crash leaves them alone.
    synced: BTreeSet<FileName>,
    /// The same, of the back-up.
    saved: BTreeSet<FileName>,
    /// Each start after a crash works on what was left, in a folder of its own.
    number: u32,
    store: Option<Store>,
    reader: Option<Reader>,
    is_full: bool,
    /// How many transactions, the last ones, are written and not synced.
    unsynced: usize,
}

impl Disk {
    /// An empty disk below `home`.
    pub fn new(home: PathBuf) -> Result<Self, StoreError> {
        let (synced, saved, store, reader) = Default::default();
        let mut disk = Self { home, synced, saved, number: 0, store, reader, is_full: false, unsynced: 0 };
        fs::create_dir_all(disk.folder()).map_err(|source| disk.broken(source))?;
        disk.mount()?;
        Ok(disk)
    }

    fn folder(&self) -> PathBuf {
        self.home.join(self.number.to_string())
    }

    fn broken(&self, source: io::Error) -> StoreError {
        StoreError::Folder { path: self.folder(), source }
    }

    fn mount(&mut self) -> Result<(), StoreError> {
        let store = Store::open(&self.folder(), &StorageKey::from_seed(&STORAGE))?;
        self.reader = Some(store.reader()?);
        self.store = Some(store);
        self.fill(self.is_full)
    }

    /// The store.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// A reader beside it.
    pub fn reader(&self) -> Option<&Reader> {
        self.reader.as_ref()
    }

    /// The name of a file for a large content that is about to be written.
    pub fn new_file(&mut self) -> Result<FileName, StoreError> {
        self.store.as_mut().ok_or_else(lost)?.new_file()
    }

    /// Notes that a file is synced, with its name.
    pub fn note_synced(&mut self, file: FileName) {
        self.synced.insert(file);
        // What is removed later is there again when the power goes before that was written.
        let kept = fs::create_dir_all(self.removed());
        drop(kept.and_then(|()| fs::hard_link(self.path_of(&file), self.removed().join(hex::encode(&file)))));
    }

    /// Whether a file would be there, whole, after the power went.
    pub fn is_synced(&self, file: &FileName) -> bool {
        self.synced.contains(file) && self.path_of(file).exists()
    }

    /// The names of all files of contents that are there.
    pub fn files(&self) -> BTreeSet<FileName> {
        let entries = fs::read_dir(self.folder().join(CONTENTS)).into_iter().flatten().flatten();
        entries.filter_map(|entry| hex::decode(entry.file_name().to_str()?)?.try_into().ok()).collect()
    }

    fn path_of(&self, file: &FileName) -> PathBuf {
        self.folder().join(CONTENTS).join(hex::encode(file))
    }

    /// Where the files of contents stay that were synced, until the power goes.
    fn removed(&self) -> PathBuf {
        self.home.join("removed")
    }

    /// The power goes: what was synced is on the disk, with the write-ahead log as it then was, and nothing is closed in
    /// good order. Of the files that were not synced there is what `torn` says; where it says nothing, all. Files that were
    /// removed are there again if `come_back`. Of the transactions that were not synced the last `lost` are gone. What comes back
    /// is read from that; how many transactions were gone indeed.
    pub fn crash(
        &mut self,
        torn: &BTreeMap<FileName, Torn>,
        come_back: bool,
        lost: usize,
    ) -> Result<usize, StoreError> {
        for (file, torn) in torn.iter().filter(|(file, _)| !self.synced.contains(*file)) {
            tear(&self.path_of(file), *torn).map_err(|source| self.broken(source))?;
        }
        let before = self.folder();
        if come_back && self.removed().exists() {
            copy_all(&self.removed(), &before.join(CONTENTS)).map_err(|source| self.broken(source))?;
        }
        self.number += 1;
        copy(&before, &self.folder()).map_err(|source| self.broken(source))?;
        let lost = cut_log(&self.folder().join("store.sqlite-wal"), lost.min(self.unsynced));
        let lost = lost.map_err(|source| self.broken(source))?;
        self.unsynced = 0;
        (self.store, self.reader) = (None, None);
        fs::remove_dir_all(&before).map_err(|source| self.broken(source))?;
        match fs::remove_dir_all(self.removed()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.broken(error)),
            _ => {}
        }
        let left = self.files();
        std::mem::take(&mut self.synced).intersection(&left).for_each(|file| self.note_synced(*file));
        self.mount()?;
        Ok(lost)
    }

    /// How many transactions, the last ones, the power may take with it.
    pub fn unsynced(&self) -> usize {
        self.unsynced
    }

    /// Keeps a copy aside, as a back-up does.
    pub fn back_up(&mut self) -> Result<(), StoreError> {
        self.saved = self.synced.clone();
        copy(&self.folder(), &self.home.join("back-up")).map_err(|source| self.broken(source))
    }

    /// Puts the back-up in the place of what is there; with the heads only when everything was copied without a thought.
    pub fn restore(&mut self, with_heads: bool) -> Result<(), StoreError> {
        (self.store, self.reader) = (None, None);
        fs::remove_dir_all(self.folder()).map_err(|source| self.broken(source))?;
        self.number += 1;
        copy(&self.home.join("back-up"), &self.folder()).map_err(|source| self.broken(source))?;
        self.synced = self.saved.clone();
        self.unsynced = 0;
        for name in HEADS.iter().filter(|_| !with_heads) {
            match fs::remove_file(self.folder().join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.broken(error)),
                _ => {}
            }
        }
        self.mount()
    }

    /// Lets the disk be full, or have room again.
    pub fn fill(&mut self, is_full: bool) -> Result<(), StoreError> {
        self.is_full = is_full;
        // One page is fewer than there are: not one more may be added.
        self.store.as_ref().map_or(Ok(()), |store| store.limit_pages(if is_full { 1 } else { u32::MAX - 1 }))
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Keeps a transaction, or fails to. Second: whether it is on the disk, whatever the disk says.
    pub fn keep(&mut self, batches: &[Batch], failing: Option<Failing>) -> (Result<(), StoreError>, bool) {
        let Some(store) = &mut self.store else { return (Err(lost()), false) };
        if failing == Some(Failing::NotWritten) {
            return (Err(lost()), false);
        }
        let kept = store.commit(batches);
        let is_written = kept.is_ok();
        if is_written && !batches.iter().all(Vec::is_empty) {
            self.unsynced = if store.is_synced() { 0 } else { self.unsynced + 1 };
        }
        if failing == Some(Failing::Written) { (Err(lost()), is_written) } else { (kept, is_written) }
    }
}

fn lost() -> StoreError {
    StoreError::Damaged("the disk failed".to_owned())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in FILES.iter().filter(|name| from.join(name).exists()) {
        fs::copy(from.join(name), to.join(name))?;
    }
    let contents = from.join(CONTENTS);
    if contents.exists() { copy_all(&contents, &to.join(CONTENTS)) } else { Ok(()) }
}

/// At how many pages of its log SQLite works it off, which syncs it.
const WORKED_OFF: usize = 1000;

/// Takes the last `count` transactions out of a [write-ahead log](https://sqlite.org/fileformat2.html#walformat), or those
/// that are in it and were not synced when it was worked off; how many that were.
fn cut_log(path: &Path, count: usize) -> io::Result<usize> {
    if count == 0 {
        return Ok(0);
    }
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        read => read?,
    };
    let page = bytes.get(8..12).and_then(|page| page.try_into().ok()).map_or(0, u32::from_be_bytes);
    let frame = 24 + usize::try_from(page).unwrap_or_default();
    let (Some(salts), Some(frames)) = (bytes.get(16..24), bytes.get(32..)) else { return Ok(0) };
    // Behind these lies what was in the log before it began anew.
    let frames = frames.chunks_exact(frame).take_while(|frame| frame.get(8..16) == Some(salts));
    let is_last = |frame: &[u8]| frame.get(4..8).is_some_and(|pages| pages != [0; 4]);
    let (mut length, mut ends) = (0, Vec::new());
    for bytes in frames {
        length += 1;
        if is_last(bytes) {
            ends.push(length);
        }
    }
    if length >= WORKED_OFF {
        return Ok(0);
    }
    let lost = count.min(ends.len());
    let kept = ends.iter().rev().nth(lost).copied().unwrap_or_default();
    let log = fs::OpenOptions::new().write(true).open(path)?;
    log.set_len(u64::try_from(32 + kept * frame).unwrap_or_default())?;
    Ok(lost)
}

/// Every file, but for those that are there.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if !to.exists() {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

fn tear(path: &Path, torn: Torn) -> io::Result<()> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let part = |percent: u64| bytes.len().saturating_mul(usize::try_from(percent).unwrap_or(100)) / 100;
    match torn {
        Torn::Gone => fs::remove_file(path),
        Torn::Cut(percent) => fs::write(path, bytes.get(..part(percent)).unwrap_or_default()),
        Torn::Zeros(percent) => {
            let mut left = bytes.get(..part(percent)).unwrap_or_default().to_vec();
            left.resize(bytes.len(), 0);
            fs::write(path, left)
        }
    }
}
