//! The listener for people: TLS where there is a certificate, plain HTTP on this machine alone, and bounds on what a
//! stranger may keep open. A connection is a stranger's until somebody who is signed in asks over it.

use std::{
    net::SocketAddr,
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;

use super::certificate::{Asking, Shown};
use crate::{
    config::{Console, TaxiiListener},
    keys::KeyFolder,
    people::{certificates::spki, session},
    serve::ServeError,
    strangers::{Bounds, Out, Place, Strangers},
};

/// How many connections of people who are signed in there may be: a few hundred with a page that listens, and their programs.
const CONNECTIONS: usize = 2048;
/// How many others, from one address and in all.
const STRANGERS: Bounds = Bounds { each: 64, all: 1024 };
/// How long one of those lasts; a browser opens another when it needs it.
const STRANGE: Duration = Duration::from_secs(60);
/// How long a handshake or the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many requests one connection may have under way.
const STREAMS: u32 = 64;

/// A bound listener.
pub(crate) struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    /// Where people find it, such as `https://node.example`.
    pub(crate) origin: String,
}

impl Listener {
    /// Binds an address of this machine, without TLS.
    pub(crate) async fn plain(address: SocketAddr) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let origin = default_origin(false, listener.local_addr().map_err(listen)?);
        Ok(Self { listener, tls: None, origin })
    }

    /// Binds what the configuration names; the key of its certificate may be under the passphrase of `keys`.
    pub(crate) async fn bind(console: &Console, keys: &KeyFolder) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address: console.listen.to_string(), source };
        let listener = TcpListener::bind(console.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let tls = match &console.tls {
            Some((certificate, key)) => Some(acceptor(certificate, key, keys, false)?),
            None => None,
        };
        let origin = console.origin.clone().unwrap_or_else(|| default_origin(tls.is_some(), address));
        Ok(Self { listener, tls, origin })
    }

    /// Binds an address for TAXII with TLS, where clients are asked for a certificate.
    pub(crate) async fn taxii(config: &TaxiiListener, keys: &KeyFolder) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address: config.listen.to_string(), source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let (certificate, key) = &config.tls;
        let tls = Some(acceptor(certificate, key, keys, true)?);
        let origin = default_origin(true, listener.local_addr().map_err(listen)?);
        Ok(Self { listener, tls, origin })
    }
}

/// Where people find it when the configuration does not say.
pub(crate) fn default_origin(is_tls: bool, address: SocketAddr) -> String {
    let scheme = if is_tls { "https" } else { "http" };
    // Passkeys belong to a name; this is the one that means this machine.
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    format!("{scheme}://{host}:{}", address.port())
}

fn acceptor(certificate: &Path, key: &Path, keys: &KeyFolder, asks: bool) -> Result<TlsAcceptor, ServeError> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| ServeError::Certificate {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(certificate, &error))?;
    let private = keys.console_key(key)?;
    let private = PrivateKeyDer::from_pem_slice(&private).map_err(|error| wrong(key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Browsers that know no TLS 1.3 are older than anything that this console is made for.
    let asking = asks.then(|| Asking::with(&provider));
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = match asking {
        Some(asking) => builder.with_client_cert_verifier(asking),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A connection, as what is asked over it knows it.
#[derive(Clone)]
pub(crate) struct Knows {
    /// The place among strangers, until somebody who is signed in has asked.
    place: Arc<Mutex<Option<Place>>>,
    people: Arc<Semaphore>,
    /// The place among people from then on.
    person: Arc<OnceLock<OwnedSemaphorePermit>>,
}

impl Knows {
    /// Somebody who is signed in has asked.
    pub(crate) fn person(&self) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        // Where there are too many, it goes on as a stranger's.
        if place.is_some()
            && let Ok(permit) = Arc::clone(&self.people).try_acquire_owned()
        {
            let _ = self.person.set(permit);
            *place = None;
        }
    }

    fn is_strange(&self) -> bool {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Serves people on it until the node stops.
pub(crate) async fn serve(listener: Listener, router: Router) {
    let (strangers, people) = (Strangers::new(STRANGERS), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let (stream, address) = match listener.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (place, mut out) = strangers.enter(address.ip());
        let place = Arc::new(Mutex::new(Some(place)));
        let knows = Knows { place, people: Arc::clone(&people), person: Arc::default() };
        let (tls, router) = (listener.tls.clone(), router.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let router = router.layer(Extension(session::From(address.ip()))).layer(Extension(knows.clone()));
            match tls {
                None => connection(stream, router, knows, out).await,
                Some(tls) => {
                    let shaken = tokio::select! {
                        shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)) => shaken,
                        () = out.gone() => return tracing::debug!("connection ended: others came after it"),
                    };
                    match shaken {
                        Ok(Ok(stream)) => {
                            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                            let shown = chain.first().and_then(spki).map(Shown);
                            let router = match shown {
                                Some(shown) => router.layer(Extension(shown)),
                                None => router,
                            };
                            connection(stream, router, knows, out).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "connection refused"),
                        Err(_) => tracing::debug!("connection refused: no handshake in time"),
                    }
                }
            }
        });
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    knows: Knows,
    mut out: Out,
) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(32 * 1024)
        .max_pending_accept_reset_streams(Some(16))
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(PATIENCE);
    let asked = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut asked = pin!(asked);
    let over = async {
        tokio::time::sleep(STRANGE).await;
        if !knows.is_strange() {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = asked.as_mut() => Some(ended),
        () = out.gone() => return tracing::debug!("connection ended: others came after it"),
        () = over => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            // What is under way is answered.
            asked.as_mut().graceful_shutdown();
            tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}
