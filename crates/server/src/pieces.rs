//! Large contents as bytes: sealed to those who get them, cut into pieces, opened and checked as they come, chunk by chunk.
//! Never more than a piece is in memory.
//!
//! No clock, no thread, no wire: who gives and who fetches, and the simulator, move the same bytes, each with its own hands.
//! Key type: [`Filling`].

use aws_lc_rs::digest::{Context, SHA256};
use entente_core::Party;
use entente_formats::wire::{ContentSecret, Signed};
use entente_node::{
    content::{AwaitedContent, FileName, OfferedContent, SealedContent},
    event::Pending,
};
use entente_seal::content::{ContentError, SEALED_CHUNK_LENGTH, StreamKey, Travelling};
use entente_store::{AwaitedRow, Content, LargeWriter, OfferedRow, Reader, StoreError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// How many chunks one answer has at the most: 4 MiB.
pub const PIECE: u32 = 64;

/// What was hashed piece by piece.
pub(crate) fn finished(hashed: Context) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(hashed.finish().as_ref());
    digest
}

fn damaged(error: ContentError) -> StoreError {
    StoreError::Damaged(error.to_string())
}

/// Draws a key for each recipient, and finds out what the content is, sealed under it. Reads the content once.
///
/// # Errors
/// When it cannot be read, or has no length that a content may have.
pub fn seal_to(
    content: &Content,
    from: &Party,
    to: &[Party],
    digest: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Result<Vec<(Party, SealedContent)>, StoreError> {
    let keys: Vec<StreamKey> = to.iter().map(|_| StreamKey::fresh(rng)).collect();
    let ways = to.iter().zip(&keys).map(|(party, key)| {
        let way = Travelling::new(key, from.as_str(), party.as_str(), digest, content.length()).map_err(damaged)?;
        Ok((way, Context::new(&SHA256)))
    });
    let mut ways = ways.collect::<Result<Vec<(Travelling, Context)>, StoreError>>()?;
    let chunks = ways.first().map_or(0, |(way, _)| way.layout().chunks());
    let (mut chunk, mut sealed) = (Zeroizing::new(Vec::new()), Vec::new());
    for index in 0..chunks {
        content.read(index, &mut chunk)?;
        for (way, hash) in &mut ways {
            sealed.clear();
            sealed.extend_from_slice(&chunk);
            way.seal(index, &mut sealed).map_err(damaged)?;
            hash.update(&sealed);
        }
    }
    let sealed = ways.into_iter().map(|(_, hash)| finished(hash));
    let sealed =
        keys.iter().zip(sealed).map(|(key, digest)| SealedContent { key: ContentSecret(*key.as_bytes()), digest });
    Ok(to.iter().cloned().zip(sealed).collect())
}

/// What a partner, or a courier for it, may have of a content.
#[derive(Debug)]
pub enum Given {
    /// A piece, and how many sealed bytes there are in all.
    Piece(Vec<u8>, u64),
    /// It may no longer leave.
    Withdrawn(Signed),
    /// There is no such content for it, or none from there on.
    Unknown,
    /// It begins at no chunk, or behind the last.
    NoSuchPiece(u64),
}

/// The content that a partner asks for by that name, with its entry, for the node to decide about.
///
/// # Errors
/// When the store cannot be read.
pub fn asked_for(
    reader: &Reader,
    partner: &Party,
    sealed: &[u8; 32],
) -> Result<Option<(OfferedRow, Pending)>, StoreError> {
    let Some(row) = reader.offered_content(partner, sealed)? else { return Ok(None) };
    let OfferedContent { feed, index, .. } = &row.content;
    Ok(reader.pending(feed, *index, 1, usize::MAX)?.pop().map(|entry| (row, entry)))
}

/// A piece of at most so many chunks from a byte on, for a partner whom the node has cleared to have it.
///
/// # Errors
/// When the content cannot be read.
pub fn piece_of(reader: &Reader, row: &OfferedRow, from: &Party, start: u64, most: u32) -> Result<Given, StoreError> {
    let OfferedContent { feed, digest, length, .. } = &row.content;
    let Some(key) = &row.key else { return Ok(Given::Unknown) };
    let way = Travelling::new(key, from.as_str(), feed.partner.as_str(), digest, *length).map_err(damaged)?;
    let whole = way.layout().sealed_length();
    let chunk = SEALED_CHUNK_LENGTH as u64;
    let first = u32::try_from(start / chunk).ok().filter(|_| start.is_multiple_of(chunk) && start < whole);
    let Some(first) = first else { return Ok(Given::NoSuchPiece(whole)) };
    let Some(content) = reader.content(digest)? else { return Ok(Given::Unknown) };
    Ok(Given::Piece(piece(&content, &way, first, most)?, whole))
}

/// A piece of a sealed content, from a chunk on.
fn piece(content: &Content, way: &Travelling, first: u32, most: u32) -> Result<Vec<u8>, StoreError> {
    let last = first.saturating_add(most).min(way.layout().chunks());
    let mut piece = Vec::with_capacity(SEALED_CHUNK_LENGTH * usize::try_from(last.saturating_sub(first)).unwrap_or(0));
    let mut chunk = Zeroizing::new(Vec::new());
    for index in first..last {
        content.read(index, &mut chunk)?;
        way.seal(index, &mut chunk).map_err(damaged)?;
        piece.extend_from_slice(&chunk);
    }
    Ok(piece)
}

/// What came is not what it should be.
#[derive(Debug)]
pub struct Wrong {
    /// What is wrong with it, in words.
    pub why: String,
    /// The bytes that show it.
    pub evidence: Vec<u8>,
    /// Whether nothing that the sender can still send would be right.
    pub is_final: bool,
}

/// Why a content is not filled further.
#[derive(Debug)]
pub enum Stopped {
    /// What came is wrong.
    Wrong(Wrong),
    /// The disk fails.
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A content that comes, chunk by chunk: opened, checked, and kept under its own key.
pub struct Filling {
    way: Travelling,
    writer: LargeWriter,
    next: u32,
    content: Context,
    sealed: Context,
    row: AwaitedRow,
}

impl Filling {
    /// Goes on where the file ends, after reading what is in it.
    ///
    /// # Errors
    /// When the disk fails, or the content is awaited no more.
    pub fn begin(reader: &Reader, row: AwaitedRow, from: &Party, us: &Party) -> Result<Self, StoreError> {
        let AwaitedContent { digest, length, .. } = &row.content;
        let way = Travelling::new(&row.key, from.as_str(), us.as_str(), digest, *length).map_err(damaged)?;
        let (mut content, mut sealed) = (Context::new(&SHA256), Context::new(&SHA256));
        let (mut next, mut failed) = (0, None);
        let mut chunk = Zeroizing::new(Vec::new());
        let writer = reader.fill(&row.file, *length, |known| {
            content.update(known);
            // What the sender sent for it: the same key and place give the same bytes.
            chunk.clear();
            chunk.extend_from_slice(known);
            failed = failed.take().or(way.seal(next, &mut chunk).err());
            sealed.update(&chunk);
            next += 1;
        })?;
        match failed {
            Some(error) => Err(damaged(error)),
            None => Ok(Self { way, writer, next, content, sealed, row }),
        }
    }

    /// Whether every chunk has come.
    pub fn is_complete(&self) -> bool {
        self.next == self.way.layout().chunks()
    }

    /// Where the sealed bytes go on, and how many there are in all.
    pub fn position(&self) -> (u64, u64) {
        let whole = self.way.layout().sealed_length();
        ((u64::from(self.next) * SEALED_CHUNK_LENGTH as u64).min(whole), whole)
    }

    /// How many bytes the next piece has.
    pub fn wanted(&self) -> usize {
        let (start, whole) = self.position();
        let most = SEALED_CHUNK_LENGTH as u64 * u64::from(PIECE);
        usize::try_from((whole - start).min(most)).unwrap_or_default()
    }

    /// How many bytes the next chunk has.
    fn next_chunk(&self) -> usize {
        self.way.layout().sealed_chunk(self.next)
    }

    /// Takes whole chunks.
    ///
    /// # Errors
    /// When they are not those that come next, or cannot be written. Those before are kept.
    pub fn take(&mut self, mut bytes: &[u8]) -> Result<(), Stopped> {
        let mut chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_LENGTH));
        while !bytes.is_empty() && !self.is_complete() {
            let length = self.next_chunk();
            let Some((here, rest)) = bytes.split_at_checked(length) else {
                let why = format!("{} bytes, where a chunk of {length} was to come", bytes.len());
                return Err(Stopped::Wrong(Wrong { why, evidence: bytes.to_vec(), is_final: false }));
            };
            bytes = rest;
            chunk.clear();
            chunk.extend_from_slice(here);
            if let Err(error) = self.way.open(self.next, &mut chunk) {
                // Padding that is none was sealed so by who has the key.
                let is_final = matches!(error, ContentError::BadPadding(_));
                return Err(Stopped::Wrong(Wrong { why: error.to_string(), evidence: here.to_vec(), is_final }));
            }
            self.sealed.update(here);
            self.content.update(&chunk);
            if !chunk.is_empty() {
                self.writer.write(&mut chunk)?;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Checks the whole, and syncs it.
    ///
    /// # Errors
    /// When it is not what was signed, or the disk fails.
    pub fn finish(self) -> Result<FileName, Stopped> {
        let Self { writer, content, sealed, row, .. } = self;
        let (content, sealed) = (finished(content), finished(sealed));
        let wrong = if content != row.content.digest {
            Some(("the content is not what its originator signed", content))
        } else if sealed != row.content.sealed {
            Some(("the sealed content is not the one that the entry names", sealed))
        } else {
            None
        };
        if let Some((why, found)) = wrong {
            let why = why.to_owned();
            return Err(Stopped::Wrong(Wrong { why, evidence: found.to_vec(), is_final: true }));
        }
        writer.finish()?;
        Ok(row.file)
    }
}
