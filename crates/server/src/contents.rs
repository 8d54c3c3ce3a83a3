//! Large contents on their way: given to those who ask, and how far those are that arrive. What may leave and what becomes of
//! what arrives, the node says; where it is kept, the store; what its bytes are, [`crate::pieces`].
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
    wire::{Canonical, Entry, payload},
};
use entente_node::{
    Answer, Event, Feed, Refusal,
    content::{AwaitedContent, FileName, SealedContent},
};
use entente_store::{Content, OfferedRow, Reader, StorageKey, StoreError};
use http_body_util::Full;
use hyper::body::{Bytes, Frame, SizeHint};
use rand_core::SeedableRng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{
    driver::Driver,
    federation::problem,
    keys::fresh_seed,
    pieces::{self, Given, PIECE},
    turn::Failure,
};

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

/// The content, sealed to each recipient under a key that nobody has drawn before.
pub(crate) fn seal_to(
    content: &Content,
    from: &Party,
    to: &[Party],
    digest: &[u8; 32],
) -> Result<Vec<(Party, SealedContent)>, StoreError> {
    let seed = fresh_seed().map_err(|_| StoreError::Cipher)?;
    pieces::seal_to(content, from, to, digest, &mut chacha20::ChaCha20Rng::from_seed(*seed))
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
        let found = self.shelf.read(move |reader| pieces::asked_for(reader, &of, &sealed));
        let found = found.await.map_err(|error| Failure::NotKept(error.to_string()))?;
        let Some((row, entry)) = found else { return Ok(Err(Given::Unknown)) };
        let (feed, index) = (row.content.feed.clone(), row.content.index);
        let has_key = row.key.is_some();
        match self.driver.handle(Event::Fetch { feed, index, entry, has_key }).await {
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
        let from = self.party.clone();
        let given = self.shelf.read(move |reader| pieces::piece_of(reader, &row, &from, start, PIECE));
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
