//! The other end of a sign-in with OpenID Connect (Core 1.0, Discovery 1.0): asks the provider for its addresses and keys, hands
//! it a code, and checks the token that comes back. The provider is one that the party runs or trusts; it is named in the
//! configuration, with the authority that signs its certificate: no other is believed.
//!
//! Key type: [`Provider`].

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Uri, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::config::OpenId;

/// The longest answer of a provider that is read.
const LIMIT: usize = 512 * 1024;
/// How long one of its answers may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a token may be signed with. Nothing that a key which both sides know could make.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::ES256, Algorithm::PS256, Algorithm::RS256, Algorithm::EdDSA];

/// A provider.
pub(crate) struct Provider {
    settings: OpenId,
    secret: Zeroizing<String>,
    tls: Option<TlsConnector>,
}

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// What a token says.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: serde_json::Value,
    nonce: Option<String>,
    azp: Option<String>,
}

/// Bytes as they stand in a form or behind a `?`.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A form's fields.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

impl Provider {
    /// The provider of the configuration.
    ///
    /// # Errors
    /// When a file of it cannot be read; a sentence.
    pub(crate) fn new(settings: &OpenId) -> Result<Self, String> {
        let wrong = |path: &Path, error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        let secret = std::fs::read_to_string(&settings.secret).map_err(|error| wrong(&settings.secret, &error))?;
        let tls = match &settings.authority {
            None => None,
            Some(path) => {
                let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
                    .and_then(Iterator::collect)
                    .map_err(|error| wrong(path, &error))?;
                let mut roots = RootCertStore::empty();
                for certificate in certificates {
                    roots.add(certificate).map_err(|error| wrong(path, &error))?;
                }
                let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
                let config = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .map_err(|error| error.to_string())?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                Some(TlsConnector::from(Arc::new(config)))
            }
        };
        Ok(Self { settings: settings.clone(), secret: Zeroizing::new(secret.trim_end().to_owned()), tls })
    }

    /// The client's own id at the provider.
    pub(crate) fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// Asks the provider what it is.
    pub(crate) async fn metadata(&self) -> Result<Metadata, String> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let found: Metadata = self.ask(&format!("{issuer}/.well-known/openid-configuration"), None).await?;
        // Discovery, section 4.3: exactly.
        if found.issuer == self.settings.issuer {
            Ok(found)
        } else {
            Err(format!("the provider calls itself `{}`, not `{}`", found.issuer, self.settings.issuer))
        }
    }

    /// Hands the provider a code; who it says that person is: the issuer and the subject.
    pub(crate) async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        back: &str,
    ) -> Result<(String, String), String> {
        let metadata = self.metadata().await?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("client_id", self.client_id()),
            ("code_verifier", verifier),
        ];
        let tokens: Tokens = self.ask(&metadata.token_endpoint, Some(form(&fields))).await?;
        let keys: JwkSet = self.ask(&metadata.jwks_uri, None).await?;
        let claims = self.check(&tokens.id_token, &keys, nonce)?;
        Ok((claims.iss, claims.sub))
    }

    /// Checks a token (Core, section 3.1.3.7).
    fn check(&self, token: &str, keys: &JwkSet, nonce: &str) -> Result<Claims, String> {
        let head = decode_header(token).map_err(|error| format!("the token: {error}"))?;
        if !ALGORITHMS.contains(&head.alg) {
            return Err(format!("the token is signed with {:?}, which does not count here", head.alg));
        }
        let key = match &head.kid {
            Some(id) => keys.find(id),
            None => keys.keys.first().filter(|_| keys.keys.len() == 1),
        };
        let key = key.ok_or("the token is signed with a key that the provider does not name")?;
        let key = DecodingKey::from_jwk(key).map_err(|error| format!("the provider's key: {error}"))?;
        let mut validation = Validation::new(head.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[self.client_id()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = decode::<Claims>(token, &key, &validation).map_err(|error| format!("the token: {error}"))?.claims;
        let is_shared = claims.aud.as_array().is_some_and(|audiences| audiences.len() > 1);
        if claims.azp.as_deref().map_or(is_shared, |party| party != self.client_id()) {
            return Err("the token was made for somebody else".to_owned());
        }
        if claims.nonce.as_deref() != Some(nonce) {
            return Err("the token answers another sign-in".to_owned());
        }
        Ok(claims)
    }

    async fn ask<T: DeserializeOwned>(&self, address: &str, form: Option<String>) -> Result<T, String> {
        let asked = tokio::time::timeout(PATIENCE, self.fetch(address, form)).await;
        let bytes = asked.map_err(|_| format!("`{address}` does not answer"))??;
        serde_json::from_slice(&bytes).map_err(|error| format!("`{address}`: {error}"))
    }

    async fn fetch(&self, address: &str, form: Option<String>) -> Result<Bytes, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("`{address}`: {error}");
        let uri: Uri = address.parse().map_err(|error| wrong(&error))?;
        let host = uri.host().ok_or_else(|| wrong(&"no host"))?.to_owned();
        let bare = host.trim_matches(['[', ']']).to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((bare.as_str(), port)).await.map_err(|error| wrong(&error))?;
        if is_tls {
            let connector =
                self.tls.as_ref().ok_or_else(|| wrong(&"name the `certificate_authority` of the provider"))?;
            let name = ServerName::try_from(bare).map_err(|error| wrong(&error))?;
            let stream = connector.connect(name, stream).await.map_err(|error| wrong(&error))?;
            return self.send(stream, &uri, form).await.map_err(|error| wrong(&error));
        }
        // In clear only where nobody can listen.
        if !stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()) {
            return Err(wrong(&"a provider that is not on this machine is asked over HTTPS alone"));
        }
        self.send(stream, &uri, form).await.map_err(|error| wrong(&error))
    }

    async fn send(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        uri: &Uri,
        form: Option<String>,
    ) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::builder()
            .uri(path)
            .header(header::HOST, authority)
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        if form.is_some() {
            // RFC 6749, section 2.3.1: both encoded before they are joined.
            let pair = Zeroizing::new(format!("{}:{}", encoded(self.client_id()), encoded(&self.secret)));
            request = request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        }
        let response = sender.send_request(request.body(Full::new(Bytes::from(form.unwrap_or_default())))?).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LIMIT).collect().await?.to_bytes();
        if status.is_success() { Ok(body) } else { Err(format!("it answers {status}").into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_what_it_is_given() {
        assert_eq!(form(&[("a", "x y&z=1"), ("b", "極")]), "a=x%20y%26z%3D1&b=%E6%A5%B5");
    }
}
