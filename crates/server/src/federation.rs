//! What partners may ask of this node: one thing, to take a package of a feed.
//!
//! `POST /federation/v1/feeds/{urgent|routine}` with a package (CBOR) answers with our receipt: 200 when the package
//! continued the feed where it stands, 409 when it did not (the receipt's `next` is the truth).

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use entente_core::Party;
use entente_formats::wire::{Canonical, Package};
use entente_node::{Answer, Event, Feed, Lane, Refusal};
use hyper_util::{rt::TokioExecutor, rt::TokioIo, server::conn::auto, service::TowerToHyperService};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;

use crate::{
    driver::{Driver, Failure},
    tls::Pins,
};

/// The media type of packages.
pub(crate) const PACKAGE: &str = "application/vnd.entente.package+cbor";
/// The media type of receipts.
const RECEIPT: &str = "application/vnd.entente.receipt+cbor";
/// How many connections are served at once; partners need two each.
const CONNECTIONS: usize = 256;
/// How long a connection may take to prove who it is.
const HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(Clone)]
struct Node {
    driver: Driver,
    /// Partners that were just heard from: whoever waits for them need wait no longer.
    heard: mpsc::UnboundedSender<Party>,
}

/// Serves partners on `listener` until the node stops.
pub(crate) async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    pins: Pins,
    driver: Driver,
    heard: mpsc::UnboundedSender<Party>,
) {
    let router = Router::new()
        .route("/federation/v1/feeds/{lane}", post(package))
        .layer(DefaultBodyLimit::max(Package::LIMIT))
        .with_state(Node { driver, heard });
    let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                continue;
            }
        };
        let (acceptor, pins, router) = (acceptor.clone(), pins.clone(), router.clone());
        tokio::spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            let tls = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(tls)) => tls,
                Ok(Err(error)) => return tracing::info!(%error, "connection refused"),
                Err(_) => return tracing::info!("connection refused: no handshake in time"),
            };
            let certificate = tls.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let Some(partner) = certificate.and_then(|certificate| pins.owner(certificate)) else { return };
            let service = TowerToHyperService::new(router.layer(Extension(partner)));
            let mut http = auto::Builder::new(TokioExecutor::new());
            http.http2().max_concurrent_streams(8).max_pending_accept_reset_streams(Some(16));
            if let Err(error) = http.serve_connection(TokioIo::new(tls), service).await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
}

async fn package(
    State(node): State<Node>,
    Extension(partner): Extension<Party>,
    Path(lane): Path<String>,
    bytes: Bytes,
) -> Response {
    let Some(lane) = Lane::from_word(&lane) else { return problem(StatusCode::NOT_FOUND, "no such lane") };
    let _ = node.heard.send(partner.clone());
    let feed = Feed { partner: partner.clone(), lane };
    match node.driver.handle(Event::Package { feed, bytes: bytes.into() }).await {
        Ok(Answer::Receipt { bytes, in_order }) => {
            let status = if in_order { StatusCode::OK } else { StatusCode::CONFLICT };
            (status, [(header::CONTENT_TYPE, RECEIPT)], bytes).into_response()
        }
        Ok(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "unexpected answer"),
        Err(Failure::Refused(Refusal::Partner(why) | Refusal::Request(why))) => {
            tracing::warn!(%partner, lane = lane.as_str(), why, "package refused");
            problem(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
        Err(error) => {
            tracing::error!(%partner, %error, "package not taken");
            // What goes wrong inside is nobody's business outside.
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
    }
}

/// An error as problem details (RFC 9457).
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let body = serde_json::json!({
        "title": status.canonical_reason().unwrap_or("error"), "status": status.as_u16(), "detail": detail,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
