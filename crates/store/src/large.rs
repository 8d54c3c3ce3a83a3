//! Large contents: files beside the index, in the folder `contents`, immutable once they are complete. Each is encrypted in
//! chunks under a key of its own, from a secret that can be destroyed as that of any content; with it goes every copy of the
//! file.
//!
//! A file is written before the store speaks of it, and removed after: what a crash leaves of it is a file that nobody
//! speaks of, which the next start removes. Never more than one chunk is in memory. Key types: [`LargeWriter`],
//! [`LargeReader`], [`Content`].

#![expect(clippy::disallowed_methods, reason = "one of the hands: it opens files")]

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use entente_formats::hex;
use entente_node::content::FileName;
use entente_seal::content::{Chunks, Layout, StreamKey};
use zeroize::Zeroizing;

use crate::{StoreError, engine::Engine};

/// The name of the folder with the large contents.
pub const CONTENTS: &str = "contents";
const CONTEXT: &[u8] = b"entente.store/1 large content";

pub(crate) fn path_of(folder: &Path, file: &[u8]) -> PathBuf {
    folder.join(CONTENTS).join(hex::encode(file))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Folder { path: path.clone(), source },
    }
}

fn chunks(file: &FileName, key: &StreamKey, length: u64) -> Result<Chunks, StoreError> {
    let context = [CONTEXT, file.as_slice(), &length.to_be_bytes()].concat();
    Chunks::new(key, context, Layout::exact(length)).map_err(|_| StoreError::Cipher)
}

fn offset(index: u32) -> u64 {
    u64::from(index) * entente_seal::content::SEALED_CHUNK_LENGTH as u64
}

/// A file that is being filled, chunk by chunk.
pub struct LargeWriter {
    file: File,
    path: PathBuf,
    chunks: Chunks,
    next: u32,
}

impl LargeWriter {
    /// Goes on with a file of which a part may be there, or begins it. `known` is shown each chunk that is there and whole, in
    /// order; what follows the first that is not, as after a crash, is cut off.
    pub(crate) fn resume(
        folder: &Path,
        name: &FileName,
        key: &StreamKey,
        length: u64,
        mut known: impl FnMut(&[u8]),
    ) -> Result<Self, StoreError> {
        let parent = folder.join(CONTENTS);
        DirBuilder::new().recursive(true).mode(0o700).create(&parent).map_err(failed(&parent))?;
        let path = path_of(folder, name);
        let failed = failed(&path);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut writer = Self { file: open.map_err(&failed)?, chunks: chunks(name, key, length)?, path, next: 0 };
        let mut chunk = Zeroizing::new(Vec::new());
        while writer.next < writer.chunks.layout().chunks() {
            let is_whole = read_chunk(&writer.file, &writer.chunks, writer.next, &mut chunk);
            if !is_whole.map_err(&failed)? {
                break;
            }
            known(&chunk);
            writer.next += 1;
        }
        writer.file.set_len(offset(writer.next).min(writer.chunks.layout().sealed_length())).map_err(failed)?;
        Ok(writer)
    }

    /// The number of the chunk that is written next.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Whether every chunk is there.
    pub fn is_complete(&self) -> bool {
        self.next == self.chunks.layout().chunks()
    }

    /// How many bytes the next chunk has.
    pub fn wanted(&self) -> usize {
        let range = self.chunks.layout().range(self.next);
        usize::try_from(range.end - range.start).unwrap_or_default()
    }

    /// Writes the next chunk, and leaves `chunk` in no useful state.
    ///
    /// # Errors
    /// When it has not [`Self::wanted`] bytes, or cannot be written.
    pub fn write(&mut self, chunk: &mut Vec<u8>) -> Result<(), StoreError> {
        self.chunks.seal(self.next, chunk).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.file.write_all_at(chunk, offset(self.next)).map_err(failed(&self.path))?;
        self.next += 1;
        Ok(())
    }

    /// Syncs the file and its name. Only then may anybody be told that the content is here.
    ///
    /// # Errors
    /// When it is not complete, or the disk fails.
    pub fn finish(self) -> Result<(), StoreError> {
        if !self.is_complete() {
            return Err(StoreError::Damaged("a content that is not complete".to_owned()));
        }
        let failed = failed(&self.path);
        self.file.sync_all().map_err(&failed)?;
        let parent = self.path.parent().unwrap_or(&self.path);
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// Whether a chunk is there and opens; then `chunk` holds it.
fn read_chunk(file: &File, chunks: &Chunks, index: u32, chunk: &mut Zeroizing<Vec<u8>>) -> io::Result<bool> {
    chunk.clear();
    chunk.resize(chunks.layout().sealed_chunk(index), 0);
    match file.read_exact_at(chunk, offset(index)) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    Ok(chunks.open(index, chunk).is_ok())
}

/// A complete content, read chunk by chunk.
pub struct LargeReader {
    file: File,
    path: PathBuf,
    chunks: Chunks,
}

impl LargeReader {
    pub(crate) fn open(folder: &Path, name: &FileName, key: &StreamKey, length: u64) -> Result<Self, StoreError> {
        let path = path_of(folder, name);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Damaged(format!("`{}` is missing", path.display())),
            _ => failed(&path)(error),
        })?;
        Ok(Self { file, chunks: chunks(name, key, length)?, path })
    }

    fn read(&self, index: u32, chunk: &mut Zeroizing<Vec<u8>>) -> Result<(), StoreError> {
        let is_whole = read_chunk(&self.file, &self.chunks, index, chunk).map_err(failed(&self.path))?;
        let damaged =
            || StoreError::Damaged(format!("chunk {index} of `{}` is not what was written", self.path.display()));
        if is_whole { Ok(()) } else { Err(damaged()) }
    }
}

/// A content that is here, in one row or in a file: the same to whoever reads it piece by piece.
pub enum Content {
    /// In a row of the store.
    Row(Zeroizing<Vec<u8>>),
    /// In a file beside it.
    File(LargeReader),
}

impl Content {
    fn layout(&self) -> Layout {
        match self {
            Self::Row(content) => Layout::exact(content.len() as u64),
            Self::File(reader) => reader.chunks.layout(),
        }
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.layout().length()
    }

    /// How many chunks it has.
    pub fn chunks(&self) -> u32 {
        self.layout().chunks()
    }

    /// Reads a chunk of it in place of what `chunk` holds; nothing behind the end.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub fn read(&self, index: u32, chunk: &mut Zeroizing<Vec<u8>>) -> Result<(), StoreError> {
        if index >= self.chunks() {
            chunk.clear();
            return Ok(());
        }
        match self {
            Self::File(reader) => reader.read(index, chunk),
            Self::Row(content) => {
                let range = self.layout().range(index);
                let at = |end: u64| usize::try_from(end).unwrap_or(usize::MAX);
                chunk.clear();
                chunk.extend_from_slice(content.get(at(range.start)..at(range.end)).unwrap_or_default());
                Ok(())
            }
        }
    }
}

/// The files that the store speaks of.
pub(crate) fn known_files(engine: &Engine) -> Result<BTreeSet<Vec<u8>>, StoreError> {
    let sql = "SELECT key FROM large UNION SELECT file FROM awaited_content WHERE file IS NOT NULL";
    Ok(BTreeSet::from_iter(engine.rows(sql, &[], |row| row.get(0))?))
}

/// Removes what a crash has left: files that the store does not speak of.
pub(crate) fn remove_orphans(folder: &Path, engine: &Engine) -> Result<(), StoreError> {
    let parent = folder.join(CONTENTS);
    let entries = match fs::read_dir(&parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed(&parent))?,
    };
    let known = known_files(engine)?;
    for entry in entries {
        let path = entry.map_err(failed(&parent))?.path();
        let name = path.file_name().and_then(|name| hex::decode(name.to_str()?));
        // What has another name than ours is somebody else's.
        if name.is_some_and(|name| name.len() == size_of::<FileName>() && !known.contains(&name)) {
            fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Removes a file, if there is one: its key is destroyed.
pub(crate) fn remove(folder: &Path, file: &[u8]) -> Result<(), StoreError> {
    let path = path_of(folder, file);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&path)(error)),
        _ => Ok(()),
    }
}
