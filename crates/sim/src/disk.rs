//! A node's disk: the real store in a folder of its own, and the ways in which it fails.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use entente_node::Batch;
use entente_store::{HEADS, Reader, StorageKey, Store, StoreError};

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

/// A disk.
pub struct Disk {
    home: PathBuf,
    /// Each start after a crash works on what was left, in a folder of its own.
    number: u32,
    store: Option<Store>,
    reader: Option<Reader>,
    is_full: bool,
}

impl Disk {
    /// An empty disk below `home`.
    pub fn new(home: PathBuf) -> Result<Self, StoreError> {
        let mut disk = Self { home, number: 0, store: None, reader: None, is_full: false };
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

    /// The power goes: what was synced is on the disk, with the write-ahead log as it then was, and nothing is closed in
    /// good order. What comes back is read from that.
    pub fn crash(&mut self) -> Result<(), StoreError> {
        let before = self.folder();
        self.number += 1;
        copy(&before, &self.folder()).map_err(|source| self.broken(source))?;
        (self.store, self.reader) = (None, None);
        fs::remove_dir_all(&before).map_err(|source| self.broken(source))?;
        self.mount()
    }

    /// Keeps a copy aside, as a back-up does.
    pub fn back_up(&self) -> Result<(), StoreError> {
        copy(&self.folder(), &self.home.join("back-up")).map_err(|source| self.broken(source))
    }

    /// Puts the back-up in the place of what is there; with the heads only when everything was copied without a thought.
    pub fn restore(&mut self, with_heads: bool) -> Result<(), StoreError> {
        (self.store, self.reader) = (None, None);
        fs::remove_dir_all(self.folder()).map_err(|source| self.broken(source))?;
        self.number += 1;
        copy(&self.home.join("back-up"), &self.folder()).map_err(|source| self.broken(source))?;
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
        let lost = || StoreError::Damaged("the disk failed".to_owned());
        let Some(store) = &mut self.store else { return (Err(lost()), false) };
        if failing == Some(Failing::NotWritten) {
            return (Err(lost()), false);
        }
        let kept = store.commit(batches);
        let is_written = kept.is_ok();
        if failing == Some(Failing::Written) { (Err(lost()), is_written) } else { (kept, is_written) }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in FILES.iter().filter(|name| from.join(name).exists()) {
        fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}
