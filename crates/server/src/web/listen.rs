//! The listener for people: TLS where there is a certificate, plain HTTP on this machine alone, and bounds on what a
//! stranger may keep open.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

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
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

use crate::{config::Console, people::session, serve::ServeError};

/// How many connections there may be: a few hundred people with a page that listens, and their programs.
const CONNECTIONS: usize = 2048;
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
    /// Binds what the configuration names.
    pub(crate) async fn bind(console: &Console) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address: console.listen.to_string(), source };
        let listener = TcpListener::bind(console.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let tls = match &console.tls {
            Some((certificate, key)) => Some(acceptor(certificate, key)?),
            None => None,
        };
        let origin = console.origin.clone().unwrap_or_else(|| default_origin(tls.is_some(), address));
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

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ServeError> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| ServeError::Certificate {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Browsers that know no TLS 1.3 are older than anything that this console is made for.
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves people on it until the node stops.
pub(crate) async fn serve(listener: Listener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, address) = match listener.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (tls, router) = (listener.tls.clone(), router.clone());
        tokio::spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            let router = router.layer(Extension(session::From(address.ip())));
            match tls {
                None => connection(stream, router).await,
                Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => connection(stream, router).await,
                    Ok(Err(error)) => tracing::debug!(%error, "connection refused"),
                    Err(_) => tracing::debug!("connection refused: no handshake in time"),
                },
            }
        });
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(32 * 1024)
        .max_pending_accept_reset_streams(Some(16))
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(PATIENCE);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await {
        tracing::debug!(%error, "connection ended");
    }
}
