//! Large contents on their way, as bytes: sealed to those who get them, cut into pieces, checked as they come. What may leave
//! and what becomes of what arrives, the node says; where it is kept, the store. Never more than a piece is in memory.
//!
//! `GET /federation/v1/contents/{SHA-256 of the sealed content}` with `Range: bytes=N-` answers with at most [`PIECE`] chunks
//! from there: 206, or 410 with the sender's signed withdrawal when it may no longer leave, or 404, whatever the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use entente_core::Party;
use entente_formats::{
    hex,
    wire::{Canonical, ContentSecret, Entry, Signed, payload},
};
use entente_node::{
    Answer, Event, Feed, Refusal,
    content::{AwaitedContent, FileName, OfferedContent, SealedContent},
};
use entente_seal::content::{ContentError, SEALED_CHUNK_LENGTH, StreamKey, Travelling};
use entente_store::{AwaitedRow, Content, LargeWriter, OfferedRow, Reader, StorageKey, StoreError};
use http_body_util::Full;
use hyper::body::{Bytes, Frame, SizeHint};
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use zeroize::Zeroizing;

use crate::{driver::Driver, federation::problem, keys::fresh_seed, turn::Failure};

/// How many chunks one answer has at the most: 4 MiB.
pub(crate) const PIECE: u32 = 64;
/// How many pieces one partner may have in memory here.
const AT_ONCE: usize = 2;
/// The media type of sealed content.
const SEALED: &str = "application/vnd.entente.content";

/// Where contents are read and written: the folder of the store, and the key that opens what is in it.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) data: PathBuf,
    pub(crate) storage: StorageKey,
}

impl Shelf {
    pub(crate) fn reader(&self) -> Result<Reader, StoreError> {
        Reader::of_folder(&self.data)?.with_key(&self.storage)
    }

    /// Reads beside the writer, off the threads that serve.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shelf = self.clone();
        blocking(move || work(&shelf.reader()?)).await
    }
}

/// Does work that waits for a disk or a processor where nobody else waits for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Damaged(error.to_string()))?
}

/// Draws a key for each recipient, and finds out what the content is, sealed under it. Reads the content once.
pub(crate) fn seal_to(
    content: &Content,
    from: &Party,
    to: &[Party],
    digest: &[u8; 32],
) -> Result<Vec<(Party, SealedContent)>, StoreError> {
    let seed = fresh_seed().map_err(|_| StoreError::Cipher)?;
    let mut rng = chacha20::ChaCha20Rng::from_seed(*seed);
    let wrong = |error: ContentError| StoreError::Damaged(error.to_string());
    let keys: Vec<StreamKey> = to.iter().map(|_| StreamKey::fresh(&mut rng)).collect();
    let ways = to.iter().zip(&keys).map(|(party, key)| {
        let way = Travelling::new(key, from.as_str(), party.as_str(), digest, content.length()).map_err(wrong)?;
        Ok((way, Sha256::new()))
    });
    let mut ways = ways.collect::<Result<Vec<(Travelling, Sha256)>, StoreError>>()?;
    let chunks = ways.first().map_or(0, |(way, _)| way.layout().chunks());
    let (mut chunk, mut sealed) = (Zeroizing::new(Vec::new()), Vec::new());
    for index in 0..chunks {
        content.read(index, &mut chunk)?;
        for (way, hash) in &mut ways {
            sealed.clear();
            sealed.extend_from_slice(&chunk);
            way.seal(index, &mut sealed).map_err(wrong)?;
            hash.update(&sealed);
        }
    }
    let sealed = ways.into_iter().map(|(_, hash)| hash.finalize().into());
    let sealed =
        keys.iter().zip(sealed).map(|(key, digest)| SealedContent { key: ContentSecret(*key.as_bytes()), digest });
    Ok(to.iter().cloned().zip(sealed).collect())
}

/// A piece of a sealed content, from a chunk on.
fn piece(content: &Content, way: &Travelling, first: u32) -> Result<Vec<u8>, StoreError> {
    let last = first.saturating_add(PIECE).min(way.layout().chunks());
    let mut piece = Vec::with_capacity(SEALED_CHUNK_LENGTH * usize::try_from(last.saturating_sub(first)).unwrap_or(0));
    let mut chunk = Zeroizing::new(Vec::new());
    for index in first..last {
        content.read(index, &mut chunk)?;
        way.seal(index, &mut chunk).map_err(|error| StoreError::Damaged(error.to_string()))?;
        piece.extend_from_slice(&chunk);
    }
    Ok(piece)
}

/// What a partner, or a courier for it, may have of a content.
pub(crate) enum Given {
    /// A piece, and how many sealed bytes there are in all.
    Piece(Vec<u8>, u64),
    /// It may no longer leave.
    Withdrawn(Signed),
    /// There is no such content for it, or none from there on.
    Unknown,
    /// It begins at no chunk, or behind the last.
    NoSuchPiece(u64),
}

/// Gives sealed content to those to whom it was released.
#[derive(Clone)]
pub(crate) struct Pieces {
    pub(crate) driver: Driver,
    pub(crate) shelf: Shelf,
    pub(crate) party: Party,
    places: Arc<Mutex<BTreeMap<Party, Arc<Semaphore>>>>,
}

impl Pieces {
    pub(crate) fn new(driver: Driver, shelf: Shelf, party: Party) -> Self {
        Self { driver, shelf, party, places: Arc::default() }
    }

    /// Whether a content may still leave: the node decides again, on the world of this moment.
    pub(crate) async fn may_leave(&self, partner: &Party, sealed: [u8; 32]) -> Result<bool, Failure> {
        Ok(self.decide(partner, sealed).await?.is_ok())
    }

    /// What may leave, or what is said instead.
    async fn decide(&self, partner: &Party, sealed: [u8; 32]) -> Result<Result<OfferedRow, Given>, Failure> {
        let of = partner.clone();
        let found = self.shelf.read(move |reader| {
            let Some(row) = reader.offered_content(&of, &sealed)? else { return Ok(None) };
            let OfferedContent { feed, index, .. } = &row.content;
            Ok(reader.pending(feed, *index, 1, usize::MAX)?.pop().map(|entry| (row, entry)))
        });
        let found = found.await.map_err(|error| Failure::NotKept(error.to_string()))?;
        let Some((row, entry)) = found else { return Ok(Err(Given::Unknown)) };
        let (feed, index) = (row.content.feed.clone(), row.content.index);
        match self.driver.handle(Event::Fetch { feed, index, entry }).await {
            Ok(Answer::Fetch(Entry::Envelope(_))) => Ok(Ok(row)),
            Ok(Answer::Fetch(Entry::Withdrawn(signed))) => Ok(Err(Given::Withdrawn(signed))),
            Ok(_) | Err(Failure::Refused(Refusal::Request(_) | Refusal::NotFound(_))) => Ok(Err(Given::Unknown)),
            Err(error) => Err(error),
        }
    }

    /// A piece for a partner, when it may leave.
    pub(crate) async fn give(&self, partner: &Party, sealed: [u8; 32], start: u64) -> Result<Given, Failure> {
        let row = match self.decide(partner, sealed).await? {
            Ok(row) => row,
            Err(instead) => return Ok(instead),
        };
        let Some(key) = row.key else { return Ok(Given::Unknown) };
        let (from, to) = (self.party.clone(), partner.clone());
        let OfferedContent { digest, length, .. } = row.content;
        let given = self.shelf.read(move |reader| {
            let wrong = |error: ContentError| StoreError::Damaged(error.to_string());
            let way = Travelling::new(&key, from.as_str(), to.as_str(), &digest, length).map_err(wrong)?;
            let whole = way.layout().sealed_length();
            let chunk = SEALED_CHUNK_LENGTH as u64;
            let first = u32::try_from(start / chunk).ok().filter(|_| start.is_multiple_of(chunk) && start < whole);
            let Some(first) = first else { return Ok(Given::NoSuchPiece(whole)) };
            let Some(content) = reader.content(&digest)? else { return Ok(Given::Unknown) };
            Ok(Given::Piece(piece(&content, &way, first)?, whole))
        });
        given.await.map_err(|error| Failure::NotKept(error.to_string()))
    }

    /// The answer to a partner that asks.
    pub(crate) async fn answer(&self, partner: &Party, name: &str, headers: &HeaderMap) -> Response {
        let unknown = || problem(StatusCode::NOT_FOUND, "no such content");
        let Some(sealed) = hex::decode(name).and_then(|name| name.try_into().ok()) else { return unknown() };
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        let start = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let Some(start) = start else {
            return problem(StatusCode::RANGE_NOT_SATISFIABLE, "ask for a range, `bytes=N-`");
        };
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry(partner.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
        };
        let Ok(place) = place.acquire_owned().await else { return unknown() };
        match self.give(partner, sealed, start).await {
            Ok(Given::Piece(piece, whole)) => {
                let end = start.saturating_add(piece.len() as u64).saturating_sub(1);
                let range = format!("bytes {start}-{end}/{whole}");
                let headers = [(header::CONTENT_TYPE, SEALED.to_owned()), (header::CONTENT_RANGE, range)];
                let body = Body::new(Placed { body: Full::new(piece.into()), _place: place });
                (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
            }
            Ok(Given::Withdrawn(signed)) => {
                (StatusCode::GONE, [(header::CONTENT_TYPE, payload::WITHDRAWAL)], signed.to_bytes()).into_response()
            }
            Ok(Given::Unknown) => unknown(),
            Ok(Given::NoSuchPiece(whole)) => {
                let range = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
                (StatusCode::RANGE_NOT_SATISFIABLE, range).into_response()
            }
            Err(error) => {
                tracing::error!(%partner, %error, "content not given");
                problem(StatusCode::SERVICE_UNAVAILABLE, "not given; ask again later")
            }
        }
    }
}

/// A body that keeps its place in memory until it has left.
struct Placed {
    body: Full<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl hyper::body::Body for Placed {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that is made while it leaves, a part at a time.
pub(crate) struct Stream(pub(crate) mpsc::Receiver<Result<Bytes, StoreError>>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}

/// Files that are being filled: each by one at a time, the wire or a person.
#[derive(Clone, Default)]
pub(crate) struct Arrivals(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    filling: BTreeSet<FileName>,
    /// How many sealed bytes are here of a content, and of how many; and why no more come, where that is known.
    progress: BTreeMap<(Feed, u64), Progress>,
}

/// How far a content is that is on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) all: u64,
    pub(crate) waits_for: Option<String>,
    originator: String,
    record: String,
}

/// That somebody fills a file.
pub(crate) struct Claimed(Arrivals, FileName);

impl Drop for Claimed {
    fn drop(&mut self) {
        self.0.known().filling.remove(&self.1);
    }
}

impl Arrivals {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a file for oneself; nothing when somebody has it.
    pub(crate) fn claim(&self, file: FileName) -> Option<Claimed> {
        self.known().filling.insert(file).then(|| Claimed(self.clone(), file))
    }

    pub(crate) fn tell(&self, content: &AwaitedContent, done: u64, all: u64, waits_for: Option<String>) {
        let (originator, record) = (content.originator.to_string(), content.record.to_string());
        let progress = Progress { done, all, waits_for, originator, record };
        self.known().progress.insert((content.feed.clone(), content.index), progress);
    }

    pub(crate) fn forget(&self, content: &AwaitedContent) {
        self.known().progress.remove(&(content.feed.clone(), content.index));
    }

    /// The same of a record, by what its entries know; nothing while nobody has asked for it yet.
    pub(crate) fn of_record(&self, originator: &str, record: &str) -> (u64, u64, Option<String>) {
        let known = self.known();
        let found = known.progress.values().find(|known| known.originator == originator && known.record == record);
        found.map(|known| (known.done, known.all, known.waits_for.clone())).unwrap_or_default()
    }

    /// How many sealed bytes are here of all that is arriving from a partner.
    pub(crate) fn done(&self, partner: &Party) -> u64 {
        let known = self.known();
        known.progress.iter().filter(|((feed, _), _)| feed.partner == *partner).map(|(_, known)| known.done).sum()
    }

    pub(crate) fn progress(&self, feed: &Feed, index: u64) -> Option<Progress> {
        self.known().progress.get(&(feed.clone(), index)).cloned()
    }
}

/// What came is not what it should be.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) why: String,
    pub(crate) evidence: Vec<u8>,
    /// Whether nothing that the sender can still send would be right.
    pub(crate) is_final: bool,
}

/// Why a content is not filled further.
#[derive(Debug)]
pub(crate) enum Stopped {
    Wrong(Wrong),
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A content that comes, chunk by chunk: opened, checked, and kept under its own key.
pub(crate) struct Filling {
    way: Travelling,
    writer: LargeWriter,
    next: u32,
    content: Sha256,
    sealed: Sha256,
    row: AwaitedRow,
}

impl Filling {
    /// Goes on where the file ends, after reading what is in it.
    pub(crate) fn begin(reader: &Reader, row: AwaitedRow, from: &Party, us: &Party) -> Result<Self, StoreError> {
        let AwaitedContent { digest, length, .. } = &row.content;
        let wrong = |error: ContentError| StoreError::Damaged(error.to_string());
        let way = Travelling::new(&row.key, from.as_str(), us.as_str(), digest, *length).map_err(wrong)?;
        let (mut content, mut sealed, mut next, mut failed) = (Sha256::new(), Sha256::new(), 0, None);
        let mut chunk = Zeroizing::new(Vec::new());
        let writer = reader.fill(&row.file, *length, |known| {
            content.update(known);
            // What the sender sent for it: the same key and place give the same bytes.
            chunk.clear();
            chunk.extend_from_slice(known);
            failed = failed.take().or(way.seal(next, &mut chunk).err());
            sealed.update(&*chunk);
            next += 1;
        })?;
        match failed {
            Some(error) => Err(wrong(error)),
            None => Ok(Self { way, writer, next, content, sealed, row }),
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.next == self.way.layout().chunks()
    }

    /// Where the sealed bytes go on, and how many there are in all.
    pub(crate) fn position(&self) -> (u64, u64) {
        let whole = self.way.layout().sealed_length();
        ((u64::from(self.next) * SEALED_CHUNK_LENGTH as u64).min(whole), whole)
    }

    /// How many bytes the next piece has.
    pub(crate) fn wanted(&self) -> usize {
        let (start, whole) = self.position();
        let most = SEALED_CHUNK_LENGTH as u64 * u64::from(PIECE);
        usize::try_from((whole - start).min(most)).unwrap_or_default()
    }

    /// How many bytes the next chunk has.
    pub(crate) fn next_chunk(&self) -> usize {
        self.way.layout().sealed_chunk(self.next)
    }

    /// Takes whole chunks.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<(), Stopped> {
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
            self.content.update(&*chunk);
            if !chunk.is_empty() {
                self.writer.write(&mut chunk)?;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Checks the whole, and syncs it.
    pub(crate) fn finish(self) -> Result<FileName, Stopped> {
        let Self { writer, content, sealed, row, .. } = self;
        let (content, sealed): ([u8; 32], [u8; 32]) = (content.finalize().into(), sealed.finalize().into());
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
