//! Packages and receipts as files, for couriers and diodes: how they are found, read and written. What they mean, the node
//! says: a file is no more than bytes on their way.
//!
//! Everything may be repeated, reordered or lost. A file is written under another name, synced, and renamed: one that is
//! there is whole. Key type: [`Found`].

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use entente_core::Party;
use entente_formats::wire::{ContentFile, FeedName, Package, Parcel};
use entente_log::consistency_proof;
use entente_node::{Answer, Feed, lane::origin};
use entente_store::Reader;
use rustix::fs::OFlags;

/// How many files one import reads.
pub const MAX_FILES: usize = 10_000;

/// A package of what the node has cleared to leave, with the proof that it belongs to what is signed.
///
/// # Errors
/// When this is no such answer, or the store lacks a part of the feed.
pub(crate) fn assemble(
    reader: &Reader,
    party: &Party,
    feed: &Feed,
    start: u64,
    cleared: Answer,
) -> Result<Package, String> {
    let Answer::Cleared { entries, size, checkpoint, acknowledged } = cleared else {
        return Err("unexpected answer".to_owned());
    };
    let end = start + u64::try_from(entries.len()).unwrap_or_default();
    let node = |level, index| reader.outgoing_node(feed, level, index);
    let proof = consistency_proof(end, size, &node).map_err(|error| error.to_string())?;
    let proof = proof.iter().flat_map(|hash| hash.0).collect();
    Ok(Package { origin: origin(party, &feed.partner, feed.lane), start, entries, checkpoint, proof, acknowledged })
}

/// A file that was named for import, or lies in a folder that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// What it is, or why it is left alone.
    pub what: Result<Label, String>,
}

/// What stands on a file, as its bytes say it. Contents come behind the entries that refer to them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// A package or a receipt.
    Parcel(ParcelLabel),
    /// A large content.
    Content(ContentFile),
}

/// What stands on a package or a receipt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParcelLabel {
    /// Receipts before packages, urgent before routine: an act that frees a record enters before the record.
    rank: (bool, bool),
    /// The feed.
    pub feed: FeedName,
    /// The first entry that it is about, and the one behind the last.
    pub entries: (u64, u64),
}

impl ParcelLabel {
    fn of(parcel: &Parcel) -> Self {
        let feed = parcel.feed().clone();
        let is_package = matches!(parcel, Parcel::Package(..));
        Self { rank: (is_package, feed.lane != "urgent"), feed, entries: parcel.entries() }
    }
}

/// Looks at files and at what lies in folders, one level deep, and puts them in the order in which they are to be taken;
/// behind them what is left alone. Links in a folder are not followed.
///
/// # Errors
/// When a path that was named is not there, or there are more than [`MAX_FILES`].
pub fn find(paths: &[PathBuf]) -> io::Result<Vec<Found>> {
    let named = |path: &Path, error: &io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if fs::metadata(path).map_err(|error| named(path, &error))?.is_dir() {
            for entry in fs::read_dir(path).map_err(|error| named(path, &error))? {
                files.push(entry.map_err(|error| named(path, &error))?.path());
                too_many(files.len())?;
            }
        } else {
            files.push(path.clone());
            too_many(files.len())?;
        }
    }
    files.sort();
    files.dedup();
    let look = |path: PathBuf| Found { what: look_at(&path), path };
    let mut found: Vec<Found> = files.into_iter().map(look).collect();
    found.sort_by(|one, other| match (&one.what, &other.what) {
        (Ok(one), Ok(other)) => one.cmp(other),
        (one, other) => one.is_err().cmp(&other.is_err()),
    });
    Ok(found)
}

fn too_many(count: usize) -> io::Result<()> {
    if count <= MAX_FILES {
        return Ok(());
    }
    Err(io::Error::other(format!("more than {MAX_FILES} files; import them in parts")))
}

fn look_at(path: &Path) -> Result<Label, String> {
    if let Some((head, _)) = content(path)? {
        return Ok(Label::Content(head));
    }
    let parcel = Parcel::from_bytes(&read(path)?).map_err(|error| error.to_string())?;
    Ok(Label::Parcel(ParcelLabel::of(&parcel)))
}

/// Opens a file with a large content, where its sealed bytes begin; nothing when it is another file.
///
/// # Errors
/// When it is a link, a folder or a device, or cannot be read.
pub fn content(path: &Path) -> Result<Option<(ContentFile, File)>, String> {
    let mut file = open(path)?;
    let mut start = Vec::new();
    let limit = u64::try_from(ContentFile::LIMIT).unwrap_or_default();
    (&mut file).take(limit).read_to_end(&mut start).map_err(|error| error.to_string())?;
    if !start.starts_with(ContentFile::MAGIC) {
        return Ok(None);
    }
    let (head, length) = ContentFile::from_start(&start).map_err(|error| error.to_string())?;
    file.seek(io::SeekFrom::Start(length as u64)).map_err(|error| error.to_string())?;
    Ok(Some((head, file)))
}

/// Whether the file of a content is in a folder already, in its whole length.
pub fn has_content(folder: &Path, head: &ContentFile) -> bool {
    let length = (head.to_text().len() as u64).saturating_add(head.sealed_length);
    fs::symlink_metadata(folder.join(head.file_name())).is_ok_and(|known| known.is_file() && known.len() == length)
}

/// A file that is written a part at a time: under its own name once it is whole, and not at all before.
pub struct Unwritten {
    file: File,
    folder: PathBuf,
    unfinished: PathBuf,
    name: String,
}

impl Unwritten {
    /// Begins the file of that name in a folder.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn begin(folder: &Path, name: &str) -> io::Result<Self> {
        // A dot in front: whoever watches the folder for files does not see it yet.
        let unfinished = folder.join(format!(".{name}.part"));
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // New: what somebody else has put there, a link for instance, is not written to.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        Ok(Self { file, folder: folder.to_owned(), unfinished, name: name.to_owned() })
    }

    /// Writes the next part.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.file.write_all(part)
    }

    /// Syncs it, and gives it its name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> io::Result<PathBuf> {
        let path = self.folder.join(&self.name);
        self.file.sync_all()?;
        fs::rename(&self.unfinished, &path)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(path)
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        // Gone already where it was finished.
        let _ = fs::remove_file(&self.unfinished);
    }
}

/// Reads a file of at most the size of a package.
///
/// # Errors
/// When it is a link, a folder or a device, is too long, or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = open(path)?;
    let limit = u64::try_from(Parcel::LIMIT).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > Parcel::LIMIT {
        return Err(format!("longer than {limit} bytes, as no package and no receipt is"));
    }
    Ok(bytes)
}

/// Opens a regular file, and nothing else.
fn open(path: &Path) -> Result<File, String> {
    // Not blocking: a pipe that somebody put there must not stop the import.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(_) if fs::symlink_metadata(path).is_ok_and(|known| known.is_symlink()) => {
            return Err("a link, which is not followed".to_owned());
        }
        opened => opened.map_err(|error| error.to_string())?,
    };
    let known = file.metadata().map_err(|error| error.to_string())?;
    if !known.is_file() {
        return Err("not a regular file".to_owned());
    }
    Ok(file)
}

/// Writes a package or a receipt into a folder, under the name that is its own: there or not, and never a part of it.
///
/// # Errors
/// When the bytes are neither, or cannot be written.
pub fn write(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let parcel = Parcel::from_bytes(bytes).map_err(io::Error::other)?;
    let mut file = Unwritten::begin(folder, &parcel.file_name())?;
    file.write(bytes)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use entente_formats::wire::{Canonical, Receipt};

    use super::*;

    fn package(lane: &str, start: u64) -> Vec<u8> {
        let origin = format!("entente/KOR/JPN/{lane}");
        let (checkpoint, proof) = (String::new(), Vec::new());
        Package { origin, start, entries: Vec::new(), checkpoint, proof, acknowledged: 0 }.to_bytes()
    }

    #[test]
    fn files_are_taken_in_the_order_of_the_feeds_and_others_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // Whatever their names are.
        for (name, bytes) in [
            ("a", package("routine", 0)),
            ("b", package("urgent", 300)),
            ("c", package("urgent", 7)),
            ("notes.txt", b"for the courier".to_vec()),
        ] {
            fs::write(at(name), bytes).unwrap();
        }
        let cosigned = Some("entente/JPN/KOR/routine\n9\n".to_owned());
        fs::write(at("d"), Receipt { next: 9, cosigned, dispositions: None }.to_bytes()).unwrap();
        std::os::unix::fs::symlink(at("a"), at("e")).unwrap();
        fs::create_dir(at("f")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("g"), rustix::fs::Mode::RUSR).unwrap();
        fs::write(at("h"), vec![0; Parcel::LIMIT + 1]).unwrap();

        let found = find(&[folder.path().to_owned()]).unwrap();
        let name = |found: &Found| found.path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(found.iter().map(name).collect::<String>(), "dcbaefghnotes.txt");
        let left: Vec<&str> = found.iter().filter_map(|found| found.what.as_ref().err().map(String::as_str)).collect();
        assert_eq!(left[..3], ["a link, which is not followed", "not a regular file", "not a regular file"]);
        assert!(left[3].starts_with("longer than") && left[4].contains("not a well-formed package or receipt"));
    }

    #[test]
    fn what_is_written_is_whole_and_written_again_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = folder.path().join(".KOR_JPN_urgent_000000000007-000000000007.package.part");
        // Of a run that was killed, or somebody's trap.
        std::os::unix::fs::symlink("/nowhere/else", &unfinished).unwrap();
        let bytes = package("urgent", 7);
        for _ in 0..2 {
            let path = write(folder.path(), &bytes).unwrap();
            assert_eq!(path.file_name().unwrap(), "KOR_JPN_urgent_000000000007-000000000007.package");
            assert_eq!(fs::read(path).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(folder.path(), b"x").is_err());
    }
}
