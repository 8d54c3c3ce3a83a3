//! What partners may ask of this node: to take a package of a feed, and to cosign a ledger as its witness.
//!
//! `POST /federation/v1/feeds/{urgent|routine}` with a package (CBOR) answers with our receipt: 200 when the package
//! continued the feed where it stands, 409 when it did not (the receipt's `next` is the truth), and 507 when the partner has
//! filled its quota.
//!
//! `GET /federation/v1/contents/{SHA-256}` gives a piece of a large content (see `contents`).
//!
//! `POST /federation/v1/witness/add-checkpoint` is C2SP tlog-witness, with its status codes.

mod returned;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use entente_core::Party;
use entente_formats::wire::{Canonical, Package};
use entente_log::{MAX_ADD_CHECKPOINT_BYTES, NotCosigned};
use entente_node::{Answer, Event, Feed, Lane, Refusal};
use entente_store::{Reader, StorageKey, StoreError};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use rustls::pki_types::CertificateDer;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
};

use crate::{
    contents::Pieces,
    driver::Driver,
    quota::{Quotas, may_be_kept},
    strangers::{Bounds, Strangers},
    tls::Pins,
    tls_end::TlsEnd,
    turn::Failure,
};

/// The media type of packages.
pub(crate) const PACKAGE: &str = "application/vnd.entente.package+cbor";
/// The media type of receipts.
const RECEIPT: &str = "application/vnd.entente.receipt+cbor";
/// How many connections may be proving who they are at once, from one address and in all; of more the oldest goes. A partner
/// is done within a few round trips: it takes that many new ones from many addresses within that time to keep it out.
const HANDSHAKES: Bounds = Bounds { each: 32, all: 256 };
/// How long each may take for it.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many connections one partner may have; it needs one for each lane, one for its ledger and one for contents, and their
/// successors.
const CONNECTIONS: usize = 8;
/// The path under which a node is a witness.
pub(crate) const ADD_CHECKPOINT: &str = "/federation/v1/witness/add-checkpoint";
/// The media type in which a witness says where it stands.
const SIZE: &str = "text/x.tlog.size";
/// How many packages one connection may send at once.
const STREAMS: u32 = 2;
/// How many requests a connection may open and take back before anybody has looked at them; more end it.
const RESETS: usize = 16;
/// How long a connection that says nothing is kept.
const SILENCE: Duration = Duration::from_secs(60);

/// What a partner is told, and its people see, when it has filled its quota.
const FULL: &str = "the quota for what is kept of you is full: it waits until the recipient raises it or something is \
                    called back";

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Node {
    driver: Driver,
    /// Partners that were just heard from: whoever waits for them need wait no longer.
    heard: mpsc::UnboundedSender<Party>,
    quotas: Quotas,
    pieces: Pieces,
    data: PathBuf,
    storage: StorageKey,
    /// One end of a feed is given back at a time: each costs as much as taking it did.
    returning: Arc<Semaphore>,
}

impl Node {
    pub(crate) fn new(
        driver: Driver,
        heard: mpsc::UnboundedSender<Party>,
        quotas: Quotas,
        pieces: Pieces,
        data: PathBuf,
        storage: StorageKey,
    ) -> Self {
        Self { driver, heard, quotas, pieces, data, storage, returning: Arc::new(Semaphore::new(1)) }
    }

    /// Reads the store, off the threads that serve.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let (data, storage) = (self.data.clone(), self.storage.clone());
        let reading = tokio::task::spawn_blocking(move || work(&Reader::of_folder(&data)?.with_key(&storage)?));
        let read = reading.await.map_err(|error| Failure::NotKept(error.to_string()))?;
        read.map_err(|error| Failure::NotKept(error.to_string()))
    }
}

/// Serves partners on `listener` until the node stops.
pub(crate) async fn serve(listener: TcpListener, end: TlsEnd, pins: Pins, node: Node) {
    let router = Router::new()
        .route("/federation/v1/feeds/{lane}", post(package))
        .layer(DefaultBodyLimit::max(Package::LIMIT))
        .route(ADD_CHECKPOINT, post(add_checkpoint).layer(DefaultBodyLimit::max(MAX_ADD_CHECKPOINT_BYTES)))
        .route("/federation/v1/contents/{sealed}", get(content))
        .merge(returned::router())
        .with_state(node);
    let strangers = Strangers::new(HANDSHAKES);
    let places: Arc<Mutex<BTreeMap<Party, Arc<Semaphore>>>> = Arc::default();
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (place, mut out) = strangers.enter(address.ip());
        let (acceptor, pins, router, places) = (end.acceptor(), pins.clone(), router.clone(), Arc::clone(&places));
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let shaken = tokio::select! {
                shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)) => shaken,
                () = out.gone() => return tracing::debug!("connection ended: others came after it"),
            };
            let tls = match shaken {
                Ok(Ok(tls)) => tls,
                Ok(Err(error)) => return tracing::info!(%error, "connection refused"),
                Err(_) => return tracing::info!("connection refused: no handshake in time"),
            };
            let certificate = tls.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let Some(partner) = certificate.and_then(|certificate| pins.owner(certificate)) else { return };
            let Some(certificate) = certificate.map(|certificate| certificate.clone().into_owned()) else { return };
            drop(place);
            let place = {
                let mut places = places.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                Arc::clone(places.entry(partner.clone()).or_insert_with(|| Arc::new(Semaphore::new(CONNECTIONS))))
            };
            let Ok(_place) = place.try_acquire_owned() else {
                return tracing::warn!(%partner, "connection refused: it has {CONNECTIONS} already");
            };
            let service = TowerToHyperService::new(router.layer(Extension(Caller { partner, certificate, pins })));
            let mut http = auto::Builder::new(TokioExecutor::new());
            http.http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE);
            http.http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .max_pending_accept_reset_streams(Some(RESETS))
                .max_local_error_reset_streams(Some(RESETS))
                .keep_alive_interval(SILENCE)
                .keep_alive_timeout(HANDSHAKE);
            if let Err(error) = http.serve_connection(TokioIo::new(tls), service).await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
}

/// Who is at the other end. A party file may be replaced while a connection lasts, so the pin is looked up each time.
#[derive(Clone)]
struct Caller {
    partner: Party,
    certificate: CertificateDer<'static>,
    pins: Pins,
}

async fn package(
    State(node): State<Node>,
    Extension(caller): Extension<Caller>,
    Path(lane): Path<String>,
    bytes: Bytes,
) -> Response {
    let partner = caller.partner;
    if caller.pins.owner(&caller.certificate).as_ref() != Some(&partner) {
        return problem(StatusCode::FORBIDDEN, "the certificate does not count any more");
    }
    let Some(lane) = Lane::from_word(&lane) else { return problem(StatusCode::NOT_FOUND, "no such lane") };
    let _ = node.heard.send(partner.clone());
    let feed = Feed { partner: partner.clone(), lane };
    let claimed = match claim(&node, &feed, &bytes).await {
        Ok(Some(claimed)) => claimed,
        Ok(None) => return problem(StatusCode::INSUFFICIENT_STORAGE, FULL),
        Err(error) => {
            tracing::error!(%partner, %error, "package not taken");
            return problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later");
        }
    };
    let mut answer = node.driver.handle(Event::Package { feed: feed.clone(), bytes: bytes.clone().into() }).await;
    if matches!(answer, Ok(Answer::Receipt { in_order: false, .. }))
        && let Err(error) = compare(&node, &feed, &bytes).await
    {
        answer = Err(error);
    }
    if !matches!(answer, Ok(Answer::Receipt { in_order: true, .. })) {
        node.quotas.release(&partner, claimed);
    }
    match answer {
        Ok(Answer::Receipt { bytes, in_order }) => {
            let status = if in_order { StatusCode::OK } else { StatusCode::CONFLICT };
            (status, [(header::CONTENT_TYPE, RECEIPT)], bytes).into_response()
        }
        Ok(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "unexpected answer"),
        Err(Failure::Refused(Refusal::Partner(why) | Refusal::Request(why))) => {
            tracing::warn!(%partner, lane = lane.as_str(), why, "package refused");
            problem(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
        Err(Failure::Refused(Refusal::ReadOnly(_))) => {
            tracing::debug!(%partner, "package not taken: the node was restored and does not go on yet");
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
        Err(error) => {
            tracing::error!(%partner, %error, "package not taken");
            // What goes wrong inside is nobody's business outside.
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
    }
}

/// What does not go on from our copy may be of another history: the root of our copy at the size that the sender has signed
/// tells. Where it has signed more than we hold, it has to prove as much when it goes on.
async fn compare(node: &Node, feed: &Feed, bytes: &Bytes) -> Result<(), Failure> {
    let Ok(Package { checkpoint: note, .. }) = Package::from_bytes(bytes) else { return Ok(()) };
    let Some(size) = note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()) else { return Ok(()) };
    let of = feed.clone();
    let Some(here) = node.read(move |reader| Ok(reader.incoming_root(&of, size))).await? else { return Ok(()) };
    node.driver.handle(Event::Shown { feed: feed.clone(), note, here }).await.map(drop)
}

/// Claims room for a package: how much, or `None` where the partner has none left. What brings nothing that would be kept,
/// such as the question where we stand, needs no room.
async fn claim(node: &Node, feed: &Feed, bytes: &Bytes) -> Result<Option<u64>, Failure> {
    let (partner, lane) = (&feed.partner, feed.lane);
    let needed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if node.quotas.claim(partner, lane, needed).await.map_err(|error| Failure::NotKept(error.to_string()))? {
        if lane == Lane::Routine && node.quotas.turned_away(partner, false, jiff::Timestamp::now()) {
            tracing::info!(%partner, "its quota has room again");
        }
        return Ok(Some(needed));
    }
    let wanted = feed.clone();
    let next =
        node.driver.inspect(move |node| node.incoming().find(|(into, _)| **into == wanted).map(|(_, next)| next));
    if !may_be_kept(bytes, next.await?.unwrap_or_default()) {
        return Ok(Some(0));
    }
    if node.quotas.turned_away(partner, true, jiff::Timestamp::now()) {
        tracing::warn!(%partner, lane = lane.as_str(), "it has filled its quota; its packages are turned away");
    }
    Ok(None)
}

async fn content(
    State(node): State<Node>,
    Extension(caller): Extension<Caller>,
    Path(sealed): Path<String>,
    headers: HeaderMap,
) -> Response {
    if caller.pins.owner(&caller.certificate).as_ref() != Some(&caller.partner) {
        return problem(StatusCode::FORBIDDEN, "the certificate does not count any more");
    }
    node.pieces.answer(&caller.partner, &sealed, &headers).await
}

async fn add_checkpoint(State(node): State<Node>, Extension(caller): Extension<Caller>, bytes: Bytes) -> Response {
    let partner = caller.partner;
    if caller.pins.owner(&caller.certificate).as_ref() != Some(&partner) {
        return problem(StatusCode::FORBIDDEN, "the certificate does not count any more");
    }
    let _ = node.heard.send(partner.clone());
    match node.driver.handle(Event::AddCheckpoint { from: partner.clone(), bytes: bytes.into() }).await {
        Ok(Answer::Witness(Ok(line))) => line.into_response(),
        Ok(Answer::Witness(Err(NotCosigned::Stale { size }))) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE)], format!("{size}\n")).into_response()
        }
        Ok(Answer::Witness(Err(refused))) => {
            let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
            tracing::info!(%partner, %refused, "checkpoint not cosigned");
            problem(status, &refused.to_string())
        }
        Ok(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "unexpected answer"),
        Err(Failure::Refused(Refusal::ReadOnly(_))) => {
            tracing::debug!(%partner, "checkpoint not taken: the node was restored and does not go on yet");
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
        Err(error) => {
            tracing::error!(%partner, %error, "checkpoint not taken");
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
    }
}

/// An error as problem details (RFC 9457).
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    problem_with(status, detail, None)
}

/// The same, with what to do about it.
pub(crate) fn problem_with(status: StatusCode, detail: &str, help: Option<&str>) -> Response {
    let mut body = serde_json::json!({
        "title": status.canonical_reason().unwrap_or("error"), "status": status.as_u16(), "detail": detail,
    });
    if let (Some(help), Some(members)) = (help, body.as_object_mut()) {
        members.insert("help".to_owned(), help.into());
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
