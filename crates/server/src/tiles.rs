//! A log of this node in a folder, as tiles that any log client reads (C2SP tlog-tiles): a checkpoint, the tree, and the
//! entries that are its leaves.
//!
//! The tiles are written before the checkpoint that speaks of them, each all or nothing, and a folder is gone on with: what
//! is full never changes. So whatever breaks the work off leaves a log that holds, and doing it again finishes it. Key type:
//! [`Log`].

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use entente_core::Party;
use entente_log::{Checkpoint, Frontier, Hash, Note, Tile, entry_bundle, leaf_hash};
use entente_node::{Feed, ledger::Interval};
use entente_store::{Reader, StoreError};
use serde::Serialize;

/// How many rows are read at once.
const STEP: usize = 512;

/// Which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// A volume of our ledger: its entries are the texts of its intervals.
    Ledger(u64),
    /// A feed of ours to a partner: its entries are the digests of its envelopes.
    Given(Feed),
    /// A partner's feed to us: the same.
    Received(Feed),
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The log's origin line.
    pub log: String,
    /// How many entries the checkpoint speaks of.
    pub size: u64,
    /// The root over all of them, in base64.
    pub root: String,
    /// How many files were written.
    pub written: u64,
    /// How many full tiles were there already.
    pub kept: u64,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log has no checkpoint.
    #[error("nothing of this log is signed yet")]
    Nothing,
    /// What is kept is not a log.
    #[error("the store: {0}")]
    Broken(String),
    /// A partner has signed more of its feed than it has given so far.
    #[error(
        "{partner} has signed {signed} entries of this feed, of which {held} are here; try again when it has sent the rest"
    )]
    Ahead {
        /// Who.
        partner: Party,
        /// How many entries its checkpoint speaks of.
        signed: u64,
        /// How many are here.
        held: u64,
    },
    /// The folder has something else.
    #[error("`{}` holds {what}; name an empty folder, or one with an earlier export of this log", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        what: String,
    },
    /// The folder cannot be written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes a log into `folder`, or what is new of it where it is there already. `progress` is told how many of how many tiles
/// are done.
///
/// # Errors
/// When the store cannot be read, the folder holds another log, or cannot be written. What is there then still holds.
pub fn export(
    reader: &Reader,
    log: &Log,
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Exported, ExportError> {
    // The checkpoint never speaks of what is not there yet, and the tree only grows.
    let (note, held) = newest(reader, log)?;
    let checkpoint = read(&note)?;
    let size = checkpoint.size();
    if let (Log::Received(feed), true) = (log, held < size) {
        return Err(ExportError::Ahead { partner: feed.partner.clone(), signed: size, held });
    }
    let node = |level, index| node(reader, log, level, index);
    let at = folder.join("checkpoint");
    let before = match fs::read_to_string(&at) {
        Ok(before) => goes_on(&before, &checkpoint, &node)
            .map_err(|what| ExportError::Other { folder: folder.to_owned(), what })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(source) => return Err(ExportError::File { path: at, source }),
    };
    let tiles = || Tile::all(size).map_err(broken);
    let all = u64::try_from(tiles()?.count()).unwrap_or(u64::MAX);
    let (mut written, mut kept, mut full) = (0, 0, Vec::new());
    let mut entries = Entries::of(reader, log);
    for (done, tile) in (1..).zip(tiles()?) {
        let path = folder.join(tile.path());
        // What no checkpoint there speaks of may be of another log.
        if tile.is_full() && tile.leaves() <= before && fs::metadata(&path).is_ok_and(|known| known.is_file()) {
            kept += 1;
            progress(done, all);
            continue;
        }
        if tile.is_of_leaves() {
            let (first, count) = tile.nodes();
            let contents = entries.read(first, count)?;
            if let Some((index, _)) =
                (first..).zip(&contents).find(|(index, content)| node(0, *index) != Some(leaf_hash(content)))
            {
                return Err(ExportError::Broken(format!("entry {index} is not what is in the log")));
            }
            put(&folder.join(tile.entries_path()), &entry_bundle(contents.iter().map(Vec::as_slice)).map_err(broken)?)?;
            written += 1;
        }
        // Behind its entries: where it is there, they are.
        put(&path, &tile.bytes(node).map_err(broken)?)?;
        written += 1;
        full.extend(tile.is_full().then_some(tile));
        progress(done, all);
    }
    put(&at, note.as_bytes())?;
    // What a full tile has taken the place of. Nobody is told of it any more.
    for tile in full {
        for path in [tile.path(), tile.entries_path()] {
            let parts = folder.join(format!("{path}.p"));
            match fs::remove_dir_all(&parts) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(ExportError::File { path: parts, source });
                }
                _ => {}
            }
        }
    }
    let (log, root) = (checkpoint.origin().to_owned(), checkpoint.root().to_string());
    Ok(Exported { log, size, root, written: written + 1, kept })
}

fn broken(error: entente_log::Error) -> ExportError {
    ExportError::Broken(error.to_string())
}

fn read(note: &str) -> Result<Checkpoint, ExportError> {
    Note::parse(note.as_bytes()).and_then(|note| note.text().parse()).map_err(broken)
}

/// The newest checkpoint, and how many entries are here.
fn newest(reader: &Reader, log: &Log) -> Result<(String, u64), ExportError> {
    let found = match log {
        Log::Ledger(volume) => reader.volume_checkpoint(*volume)?.map(|(size, note)| (note, size)),
        Log::Given(feed) => reader.outgoing_checkpoint(feed)?.map(|(size, note)| (note, size)),
        Log::Received(feed) => reader.incoming_checkpoint(feed)?.map(|(held, note, _)| (note, held)),
    };
    found.ok_or(ExportError::Nothing)
}

fn node(reader: &Reader, log: &Log, level: u8, index: u64) -> Option<Hash> {
    match log {
        Log::Ledger(volume) => reader.volume_node(*volume, level, index),
        Log::Given(feed) => reader.outgoing_node(feed, level, index),
        Log::Received(feed) => reader.incoming_node(feed, level, index),
    }
}

/// How many entries an earlier export has that what is signed now goes on from. `Err` says what is there instead.
fn goes_on(before: &str, now: &Checkpoint, node: &impl Fn(u8, u64) -> Option<Hash>) -> Result<u64, String> {
    let Ok(before) = read(before) else { return Err("a `checkpoint` that is none".to_owned()) };
    if before.origin() != now.origin() {
        return Err(format!("the log `{}`, and not `{}`", before.origin(), now.origin()));
    }
    if before.size() > now.size() {
        return Err(format!(
            "{} entries of this log, more than the {} that are signed here",
            before.size(),
            now.size()
        ));
    }
    let root = Frontier::load(before.size(), node).map(|tree| tree.root());
    if root.as_ref() == Ok(before.root()) { Ok(before.size()) } else { Err("another history of this log".to_owned()) }
}

/// What the leaves of a log are made of, read in their order.
struct Entries<'a> {
    reader: &'a Reader,
    log: &'a Log,
    /// Of the ledger: the number of the interval that is read next, where it begins, and its first statement.
    next: (u64, i64, u64),
    /// How many intervals of the volume lie before it.
    index: u64,
}

impl<'a> Entries<'a> {
    fn of(reader: &'a Reader, log: &'a Log) -> Self {
        Self { reader, log, next: (0, 0, 0), index: 0 }
    }

    /// `count` entries from `first` on; never one before those that were read already.
    fn read(&mut self, first: u64, count: u64) -> Result<Vec<Vec<u8>>, ExportError> {
        let rows = usize::try_from(count).unwrap_or(usize::MAX);
        match self.log {
            Log::Ledger(volume) => self.intervals(*volume, first, rows),
            Log::Given(feed) => Ok(self.reader.leaves(feed, first, count)?.iter().map(|leaf| leaf.to_vec()).collect()),
            Log::Received(feed) => {
                Ok(self.reader.incoming_leaves(feed, first, count)?.iter().map(|leaf| leaf.to_vec()).collect())
            }
        }
    }

    fn intervals(&mut self, volume: u64, first: u64, count: usize) -> Result<Vec<Vec<u8>>, ExportError> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let rows = self.reader.intervals(self.next.0, STEP.min(count))?;
            if rows.is_empty() {
                break;
            }
            for row in rows.into_iter().take(count - texts.len()) {
                let (_, from, statement) = self.next;
                if row.volume == volume {
                    if self.index >= first {
                        let root = self.private_root(&row.salt, statement, row.next)?;
                        texts.push(Interval { from, until: row.until, root }.to_string().into_bytes());
                    }
                    self.index += 1;
                }
                self.next = (row.number + 1, row.until, row.next);
            }
        }
        Ok(texts)
    }

    /// The root over the statements of an interval and what stands before them.
    fn private_root(&self, salt: &[u8; 32], start: u64, end: u64) -> Result<Hash, ExportError> {
        let mut tree = Frontier::new();
        tree.append(leaf_hash(salt)).map_err(broken)?;
        let mut next = start;
        while next < end {
            let rest = usize::try_from(end - next).unwrap_or(STEP).min(STEP);
            let texts = self.reader.statements(next, rest)?;
            if texts.is_empty() {
                return Err(ExportError::Broken(format!("statement {next} is missing")));
            }
            for text in texts {
                tree.append(leaf_hash(text.as_bytes())).map_err(broken)?;
                next += 1;
            }
        }
        Ok(tree.root())
    }
}

/// Writes a file, all of it or nothing.
fn put(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let beside = path.with_extension("new");
    let written = File::create(&beside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&beside, path)).map_err(failed)
}
