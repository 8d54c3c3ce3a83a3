//! Requests to programs that are no partners: the provider of OpenID Connect, webhooks. Over HTTPS, each with the authority that
//! the configuration names for it; in clear to this machine alone. Nothing is followed: an answer that sends elsewhere is one
//! that was not hoped for.
//!
//! Key type: [`Outbound`].

use std::{path::Path, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, StatusCode, Uri, body::Bytes, client::conn::http1, header, http::request::Builder};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// The longest answer that is read.
const LIMIT: usize = 512 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where requests go out.
pub(crate) struct Outbound {
    tls: Option<TlsConnector>,
}

impl Outbound {
    /// Requests over HTTPS to whoever has a certificate of that authority (PEM); without one, to this machine alone.
    ///
    /// # Errors
    /// When the file cannot be read; a sentence.
    pub(crate) fn new(authority: Option<&Path>) -> Result<Self, String> {
        let Some(path) = authority else { return Ok(Self { tls: None }) };
        let wrong = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| wrong(&error))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Sends a request with a body; the answer, whatever its status. Errors do not say where it went: an address may hold what
    /// others must not read.
    ///
    /// # Errors
    /// When there is no answer; a sentence.
    pub(crate) async fn send(
        &self,
        address: &str,
        request: Builder,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let sent = tokio::time::timeout(PATIENCE, self.try_to_send(address, request, body)).await;
        sent.map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?.map_err(|error| error.to_string())
    }

    async fn try_to_send(
        &self,
        address: &str,
        request: Builder,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let uri: Uri = address.parse()?;
        let host = uri.host().ok_or("no host")?.to_owned();
        let bare = host.trim_matches(['[', ']']).to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((bare.as_str(), port)).await?;
        if is_tls {
            let connector = self.tls.as_ref().ok_or("no `certificate_authority` is named for it")?;
            let stream = connector.connect(ServerName::try_from(bare)?, stream).await?;
            return exchange(stream, &uri, request, body).await;
        }
        // In clear only where nobody can listen.
        if !stream.peer_addr()?.ip().is_loopback() {
            return Err("it is not on this machine, and asked over HTTPS alone".into());
        }
        exchange(stream, &uri, request, body).await
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    request: Builder,
    body: Bytes,
) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let request: Request<Full<Bytes>> =
        request.uri(path).header(header::HOST, authority).header(header::CONNECTION, "close").body(Full::new(body))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LIMIT).collect().await?.to_bytes();
    Ok((status, body))
}
