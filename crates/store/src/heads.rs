//! The heads of this node's logs, in a small file beside the store and apart from its back-ups: how far it has signed each
//! feed of its own and its ledger, and how far it has cosigned each partner's ledger. A store that is behind this file is an
//! older copy, and going on from it would fork what partners hold.
//!
//! Two files take turns. Each is written over in place, with a number that counts up and a digest of it all; a write that a
//! crash cut short leaves the other one, which is older, and on the disk. That costs one sync where a new file, a rename and
//! the sync of a folder would cost three. The order is: the store, this file, then the answers. So the file is never ahead of
//! the store, and never behind what has left the node: after a crash between the two, the next start finds the store ahead,
//! and nothing of that turn has left.
//!
//! The answers do not wait for the sync of this file, only for that of the store; a thread of its own syncs, once for all that
//! was written within a tenth of a second, and only then is the other file written. A process that is killed loses nothing of
//! it. When the power goes, the file may be that much behind what has left; the next start brings it up to the store
//! ([why](../../../docs/decisions/0105-heads-are-synced-beside.md)).
//!
//! Not here: what a signed head is, or who believes it. Key type: [`Heads`].

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
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
/// How long a write waits for those that are synced with it.
const OFTEN: Duration = Duration::from_millis(100);
/// How long a sync may take before the next write waits for it.
const LATEST: Duration = Duration::from_secs(1);

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
    files: [Option<Arc<Written>>; 2],
    syncing: Syncing,
    /// The number of the last write; its parity says which file it is in.
    written: u64,
    sizes: Sizes,
}

/// One of the two files, and the number of the last write that it has whole.
struct Written {
    file: File,
    number: AtomicU64,
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

    /// Has what was written last on the disk when it returns.
    pub(crate) fn synced(&mut self) -> Result<(), StoreError> {
        self.syncing.wait().map_err(|error| self.broken(error))?;
        if self.syncing.synced < self.written {
            let last = self.files.get(place(self.written)).and_then(Option::as_ref);
            last.map_or(Ok(()), |last| last.file.sync_data()).map_err(|error| self.broken(error))?;
            self.syncing.synced = self.written;
        }
        Ok(())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "one of the hands: a file that is new must be in its folder after a crash"
    )]
    fn write(&mut self) -> Result<(), StoreError> {
        self.syncing.look().map_err(|error| self.broken(error))?;
        // Only one of the two is not on the disk at any time: it is written again until it is.
        // Where there is but one, it is never that one, which may be all that there is.
        let other = FILES.get(place(self.written + 1)).map(|name| self.folder.join(name));
        let takes_turns = self.syncing.synced == self.written || other.is_some_and(|other| !other.exists());
        let written = self.written + if takes_turns { 1 } else { 2 };
        let text = text(written, &self.sizes);
        let (Some(name), Some(slot)) = (FILES.get(place(written)), self.files.get_mut(place(written))) else {
            return Ok(());
        };
        let path = self.folder.join(name);
        let is_new = !path.exists();
        let done = (|| {
            let last = match slot {
                Some(last) => last,
                empty => {
                    let options = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
                    empty.insert(Arc::new(Written { file: options?, number: AtomicU64::new(0) }))
                }
            };
            last.file.write_all_at(text.as_bytes(), 0)?;
            last.number.store(written, Ordering::Release);
            if is_new {
                last.file.sync_data()?;
                self.syncing.synced = written;
                return File::open(&self.folder)?.sync_all();
            }
            self.syncing.begin(last)
        })();
        done.map_err(|error: io::Error| StoreError::Heads { path, message: error.to_string() })?;
        self.written = written;
        Ok(())
    }
}

/// Which of the two files the write with that number is in.
fn place(written: u64) -> usize {
    usize::try_from(written % 2).unwrap_or_default()
}

impl Drop for Heads {
    fn drop(&mut self) {
        // A node that stops in good order leaves everything on the disk, and waits no longer for it than that takes.
        self.syncing = Syncing { synced: self.syncing.synced, ..Syncing::default() };
        let _ = self.synced();
    }
}

/// What syncs the file that was written last, on a thread of its own.
#[derive(Default)]
struct Syncing {
    thread: Option<Syncer>,
    /// Since when there is a sync whose end is not known.
    since: Option<Instant>,
    /// The number of the last write that is known to be synced. None is of those that another process has left.
    synced: u64,
}

struct Syncer {
    files: mpsc::Sender<Arc<Written>>,
    done: mpsc::Receiver<io::Result<u64>>,
}

impl Syncing {
    /// Has a file synced within [`OFTEN`], with what is written to it by then; where that is asked for already, nothing more.
    #[expect(clippy::disallowed_methods, reason = "one of the hands: it looks how long the disk takes")]
    fn begin(&mut self, file: &Arc<Written>) -> io::Result<()> {
        if self.since.is_some() {
            return Ok(());
        }
        let syncer = match &mut self.thread {
            Some(syncer) => syncer,
            empty => {
                let (files, receiver) = mpsc::channel();
                let (sender, done) = mpsc::channel();
                // It ends with the heads.
                drop(thread::Builder::new().name("heads".into()).spawn(move || work(&receiver, &sender))?);
                empty.insert(Syncer { files, done })
            }
        };
        syncer.files.send(Arc::clone(file)).map_err(|_| gone())?;
        self.since = Some(Instant::now());
        Ok(())
    }

    /// Takes note of a sync that is over, and waits for one that takes long: a disk that stalls must not stretch how far the
    /// files are behind.
    fn look(&mut self) -> io::Result<()> {
        if self.since.is_some_and(|since| since.elapsed() > LATEST) {
            return self.wait();
        }
        match self.thread.as_ref().map(|syncer| syncer.done.try_recv()) {
            Some(Ok(synced)) => self.note(synced),
            Some(Err(mpsc::TryRecvError::Disconnected)) => Err(gone()),
            Some(Err(mpsc::TryRecvError::Empty)) | None => Ok(()),
        }
    }

    /// Waits for the sync that was asked for.
    fn wait(&mut self) -> io::Result<()> {
        match &self.thread {
            Some(syncer) if self.since.is_some() => {
                let synced = syncer.done.recv().map_err(|_| gone())?;
                self.note(synced)
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, synced: io::Result<u64>) -> io::Result<()> {
        self.since = None;
        self.synced = self.synced.max(synced?);
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that syncs is gone")
}

/// Syncs each file that it is given, a little later, so that what is written meanwhile is synced with it. Says which write
/// is on the disk then.
fn work(files: &mpsc::Receiver<Arc<Written>>, done: &mpsc::Sender<io::Result<u64>>) {
    while let Ok(last) = files.recv() {
        // The next comes when this one is done: only the end of the heads cuts the pause short.
        if !matches!(files.recv_timeout(OFTEN), Err(mpsc::RecvTimeoutError::Timeout)) {
            return;
        }
        // Before the sync: what is written during it may not be part of it.
        let number = last.number.load(Ordering::Acquire);
        if done.send(last.file.sync_data().map(|()| number)).is_err() {
            return;
        }
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
    fn what_is_on_the_disk_is_not_written_over_while_the_other_file_may_not_be() {
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::open(folder.path()).unwrap();
        let number = |name: &str| {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            text.lines().next().unwrap().rsplit(' ').next().unwrap().parse::<u64>().unwrap()
        };
        heads.add(sizes(1)).unwrap();
        heads.add(sizes(2)).unwrap();
        assert_eq!(heads.syncing.synced, heads.written, "the first write to each file is synced at once");
        let mut shared = 0;
        for size in 3..=60 {
            heads.add(sizes(size)).unwrap();
            // What a killed process leaves.
            assert_eq!(Heads::open(folder.path()).unwrap().sizes, sizes(size), "{size}");
            let older = FILES.map(number).into_iter().min().unwrap();
            assert!(older <= heads.syncing.synced, "{older} is not on the disk, nor what came behind it");
            shared += u32::from(heads.syncing.synced + 1 < heads.written);
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(shared > 0, "no two of them had one sync");
        heads.synced().unwrap();
        heads.add(sizes(61)).unwrap();
        // A process that goes on from there does not know what of it is on the disk.
        let last = heads.written;
        std::mem::forget(heads);
        let mut heads = Heads::open(folder.path()).unwrap();
        heads.add(sizes(62)).unwrap();
        let mut numbers = FILES.map(number);
        numbers.sort_unstable();
        assert_eq!(numbers, [last - 1, last + 2], "the same file again");
        heads.synced().unwrap();
        assert_eq!(heads.syncing.synced, heads.written);
    }

    #[test]
    fn the_only_file_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        Heads::open(folder.path()).unwrap().add(sizes(1)).unwrap();
        // The next process does not know whether it is on the disk.
        Heads::open(folder.path()).unwrap().add(sizes(2)).unwrap();
        for (name, size) in [(FILES[1], 1), (FILES[0], 2)] {
            let text = std::fs::read(folder.path().join(name)).unwrap();
            assert_eq!(parse(&text).unwrap().1, sizes(size), "{name}");
        }
    }

    #[test]
    fn a_start_follows_the_store_where_that_is_ahead() {
        let folder = tempfile::tempdir().unwrap();
        Heads::open(folder.path()).unwrap().add(sizes(5)).unwrap();
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
