//! The heads of this node's logs, in a small file beside the store and apart from its back-ups: how far it has signed each
//! feed of its own and its ledger, and how far it has cosigned each partner's ledger. A store that is behind this file is an
//! older copy, and going on from it would fork what partners hold.
//!
//! Two files take turns. Each is written over in place and synced once, with a number that counts up and a digest of it all;
//! a write that a crash cut short leaves the other one, which is one turn older. That costs one sync where a new file, a
//! rename and the sync of a folder would cost three. The order is: the store, this file, then the answers. So the file is
//! never ahead of the store, and never behind what has left the node: after a crash between the two, the next start finds
//! the store ahead, and nothing of that turn has left.
//!
//! The answers do not wait for the sync of this file, only for that of the store; a thread of its own syncs, and the next
//! write waits until it has. A process that is killed loses nothing of it. When the power goes, the file may be one turn
//! behind what has left; the next start brings it up to the store
//! ([why](../../../docs/decisions/0105-heads-are-synced-beside.md)).
//!
//! Not here: what a signed head is, or who believes it. Key type: [`Heads`].

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use entente_formats::hex;
use entente_node::{Batch, Op};
use sha2::{Digest, Sha256};

use crate::{StoreError, engine::Engine, write::number};

/// The names of the two files.
pub const FILES: [&str; 2] = ["heads.a", "heads.b"];
const SCHEMA: &str = "entente.heads/1";
/// The longest file that is read, in bytes: some thousand partners.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Each log's size and root, by its origin line.
pub(crate) type Sizes = BTreeMap<String, (u64, String)>;

/// How a store stands to the heads beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has at least what they say.
    Level,
    /// It had heads beside it once, and they are gone: it was copied without them.
    Missing,
    /// They say more of these logs than it has, or something else.
    Behind(Vec<String>),
}

/// The heads, as the file has them.
pub(crate) struct Heads {
    folder: PathBuf,
    files: [Option<Arc<File>>; 2],
    syncing: Syncing,
    /// The number of the last write; its parity says which file it is in.
    written: u64,
    sizes: Sizes,
}

impl Heads {
    /// Reads the heads in `folder`; none where there are none.
    #[expect(clippy::disallowed_methods, reason = "one of the hands: it reads the file that it keeps")]
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let (files, syncing) = ([None, None], Syncing::default());
        let mut heads = Self { folder: folder.to_owned(), files, syncing, written: 0, sizes: Sizes::new() };
        for name in FILES {
            let path = folder.join(name);
            match std::fs::metadata(&path) {
                Ok(known) if known.len() <= LIMIT => {}
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(heads.broken(error)),
            }
            // One of the two may be what a crash left of the last write.
            if let Some((written, sizes)) = parse(&std::fs::read(&path).map_err(|error| heads.broken(error))?)
                && written > heads.written
            {
                (heads.written, heads.sizes) = (written, sizes);
            }
        }
        Ok(heads)
    }

    fn broken(&self, source: io::Error) -> StoreError {
        StoreError::Heads { path: self.folder.join(FILES[0]), message: source.to_string() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// The logs of which the file says more than `store` has, or another root.
    pub(crate) fn beyond(&self, store: &Sizes) -> Vec<String> {
        let is_beyond = |(origin, (size, root)): &(&String, &(u64, String))| match store.get(*origin) {
            Some((kept, other)) => kept < size || (kept == size && other != root),
            None => true,
        };
        self.sizes.iter().filter(is_beyond).map(|(origin, _)| origin.clone()).collect()
    }

    /// What `batches` sign beyond the file; nothing where they sign nothing new.
    ///
    /// # Errors
    /// When they sign another root for what was signed before: a fork, which must not be kept.
    pub(crate) fn news(&self, batches: &[Batch]) -> Result<Sizes, StoreError> {
        let mut news = Sizes::new();
        for op in batches.iter().flatten() {
            let (Op::Checkpoint { note, .. } | Op::LedgerCheckpoint { note, .. }) = op else {
                if let Op::Witnessed(cosigned) = op {
                    news.extend(head(&cosigned.note));
                }
                continue;
            };
            let Some((origin, (size, root))) = head(note) else { continue };
            match news.get(&origin).or_else(|| self.sizes.get(&origin)) {
                Some((before, other)) if *before == size && *other != root => {
                    let message = format!("`{origin}` was signed with another root for {size} entries");
                    return Err(StoreError::Damaged(message));
                }
                Some((before, _)) if *before >= size => {}
                _ => drop(news.insert(origin, (size, root))),
            }
        }
        Ok(news)
    }

    /// Puts `news` on top of what is there. It is synced beside what comes next.
    pub(crate) fn add(&mut self, news: Sizes) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        self.sizes.extend(news);
        self.write()
    }

    /// Puts what the store has in the place of what is there, and syncs it: after the partners have said how far they are.
    pub(crate) fn replace(&mut self, sizes: Sizes) -> Result<(), StoreError> {
        self.sizes = sizes;
        self.write()?;
        self.synced()
    }

    /// Brings the file up to a store that is ahead of it, as a crash may leave it.
    pub(crate) fn follow(&mut self, store: Sizes) -> Result<(), StoreError> {
        if self.is_empty() || self.sizes == store || !self.beyond(&store).is_empty() {
            return Ok(());
        }
        self.replace(store)
    }

    /// Waits until what was written last is synced.
    pub(crate) fn synced(&mut self) -> Result<(), StoreError> {
        self.syncing.wait().map_err(|error| self.broken(error))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "one of the hands: a file that is new must be in its folder after a crash"
    )]
    fn write(&mut self) -> Result<(), StoreError> {
        // Only one of the two is not on the disk at any time.
        self.synced()?;
        let written = self.written + 1;
        let text = text(written, &self.sizes);
        let place = usize::try_from(written % 2).unwrap_or_default();
        let (Some(name), Some(slot)) = (FILES.get(place), self.files.get_mut(place)) else { return Ok(()) };
        let path = self.folder.join(name);
        let is_new = !path.exists();
        let done = (|| {
            let file = match slot {
                Some(file) => file,
                empty => empty.insert(Arc::new(
                    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?,
                )),
            };
            file.write_all_at(text.as_bytes(), 0)?;
            if is_new {
                file.sync_data()?;
                return File::open(&self.folder)?.sync_all();
            }
            self.syncing.begin(file)
        })();
        done.map_err(|error: io::Error| StoreError::Heads { path, message: error.to_string() })?;
        self.written = written;
        Ok(())
    }
}

/// What syncs the files, one at a time, on a thread of its own.
#[derive(Default)]
struct Syncing {
    thread: Option<Syncer>,
    /// Whether a sync was begun whose end was not waited for.
    is_under_way: bool,
}

struct Syncer {
    files: mpsc::Sender<Arc<File>>,
    done: mpsc::Receiver<io::Result<()>>,
}

impl Syncing {
    fn begin(&mut self, file: &Arc<File>) -> io::Result<()> {
        let gone = || io::Error::other("the thread that syncs is gone");
        let syncer = match &mut self.thread {
            Some(syncer) => syncer,
            empty => {
                let (files, receiver) = mpsc::channel::<Arc<File>>();
                let (sender, done) = mpsc::channel();
                let work = move || receiver.iter().try_for_each(|file| sender.send(file.sync_data()));
                // It ends with the heads, and with what it has begun.
                drop(thread::Builder::new().name("heads".into()).spawn(work)?);
                empty.insert(Syncer { files, done })
            }
        };
        syncer.files.send(Arc::clone(file)).map_err(|_| gone())?;
        self.is_under_way = true;
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        match &self.thread {
            Some(syncer) if std::mem::take(&mut self.is_under_way) => {
                syncer.done.recv().map_err(|_| io::Error::other("the thread that syncs is gone"))?
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        // A node that stops in good order leaves everything on the disk.
        let _ = self.wait();
    }
}

/// Origin, size and root of a signed note, which our own node made or has checked.
fn head(note: &str) -> Option<(String, (u64, String))> {
    let mut lines = note.lines();
    let (origin, size, root) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
    Some((origin.to_owned(), (size, root.to_owned())))
}

/// The heads that a store has: what it signed of its own logs, and what it cosigned.
pub(crate) fn of_store(engine: &Engine) -> Result<Sizes, StoreError> {
    let sql = "SELECT note FROM checkpoint WHERE tree LIKE 'out/%' OR tree LIKE 'ledger%'
               UNION ALL SELECT note FROM witnessed";
    let notes: Vec<String> = engine.rows(sql, &[], |row| row.get(0))?;
    Ok(notes.iter().filter_map(|note| head(note)).collect())
}

/// Whether the store says that there are heads beside it.
pub(crate) fn are_expected(engine: &Engine) -> Result<bool, StoreError> {
    engine.exists("SELECT 1 FROM has_heads", &[])
}

fn text(written: u64, sizes: &Sizes) -> String {
    let mut text = format!("{SCHEMA} {written}\n");
    for (origin, (size, root)) in sizes {
        text.push_str(&format!("{origin} {} {root}\n", number(*size)));
    }
    let digest = hex::encode(&<[u8; 32]>::from(Sha256::digest(text.as_bytes())));
    // What a longer text before left behind the end is not read.
    format!("{text}{digest}\n")
}

fn parse(bytes: &[u8]) -> Option<(u64, Sizes)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (mut sizes, mut length) = (Sizes::new(), 0);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    let written = first.trim_end().strip_prefix(SCHEMA)?.strip_prefix(' ')?.parse().ok()?;
    length += first.len();
    for line in lines {
        let Some((origin, rest)) = line.trim_end().split_once(' ') else {
            let digest = hex::encode(&<[u8; 32]>::from(Sha256::digest(text.get(..length)?.as_bytes())));
            return (line.trim_end() == digest).then_some((written, sizes));
        };
        let (size, root) = rest.split_once(' ')?;
        sizes.insert(origin.to_owned(), (size.parse().ok()?, root.to_owned()));
        length += line.len();
    }
    None
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is one of the hands")]
mod tests {
    use super::*;

    fn sizes(size: u64) -> Sizes {
        Sizes::from([("entente/KOR/JPN/urgent".to_owned(), (size, format!("root{size}")))])
    }

    #[test]
    fn what_was_written_last_is_read_and_a_torn_write_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::open(folder.path()).unwrap();
        assert!(heads.is_empty());
        for size in [1_000_000, 5, 6] {
            heads.replace(sizes(size)).unwrap();
            assert_eq!(Heads::open(folder.path()).unwrap().sizes, sizes(size), "{size}");
        }
        // The third write went to the second file; cut at any place, it leaves the second write.
        let path = folder.path().join(FILES[1]);
        let whole = std::fs::read(&path).unwrap();
        for end in 0..whole.len() {
            if whole[..end].ends_with(b"\n") && parse(&whole[..end]).is_some() {
                break;
            }
            std::fs::write(&path, &whole[..end]).unwrap();
            let expected = if parse(&whole[..end]).is_some() { 6 } else { 5 };
            assert_eq!(Heads::open(folder.path()).unwrap().sizes, sizes(expected), "cut at {end}");
        }
    }

    #[test]
    fn a_write_waits_for_the_sync_before_it_and_a_start_follows_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::open(folder.path()).unwrap();
        for size in 1..=5 {
            heads.add(sizes(size)).unwrap();
            // What a killed process leaves.
            assert_eq!(Heads::open(folder.path()).unwrap().sizes, sizes(size), "{size}");
        }
        assert!(heads.syncing.is_under_way, "the third write and those behind it are synced beside what comes next");
        heads.synced().unwrap();
        assert!(!heads.syncing.is_under_way);
        drop(heads);
        for (store, follows) in [(sizes(7), sizes(7)), (sizes(6), sizes(7)), (Sizes::new(), sizes(7))] {
            Heads::open(folder.path()).unwrap().follow(store).unwrap();
            assert_eq!(Heads::open(folder.path()).unwrap().sizes, follows);
        }
    }

    #[test]
    fn a_store_with_less_or_something_else_is_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::open(folder.path()).unwrap();
        heads.replace(sizes(5)).unwrap();
        let other = Sizes::from([("entente/KOR/JPN/urgent".to_owned(), (5, "another".to_owned()))]);
        for (store, is_behind) in
            [(sizes(5), false), (sizes(6), false), (sizes(4), true), (other, true), (Sizes::new(), true)]
        {
            assert_eq!(!heads.beyond(&store).is_empty(), is_behind, "{store:?}");
        }
    }
}
