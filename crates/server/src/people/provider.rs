//! The other end of a sign-in with OpenID Connect (Core 1.0, Discovery 1.0): asks the provider for its addresses and keys, hands
//! it a code, and checks the token that comes back. The provider is one that the party runs or trusts; it is named in the
//! configuration, with the authority that signs its certificate: no other is believed.
//!
//! Key type: [`Provider`].

use std::{
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{Request, body::Bytes, header};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{config::OpenId, keys::read_private, outbound::Outbound};

/// For how long what it says of itself counts.
const KNOWN: Duration = Duration::from_secs(300);
/// For how long it is not asked again after it did not answer.
const FAILED: Duration = Duration::from_secs(5);
/// What a token may be signed with. Nothing that a key which both sides know could make.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::ES256, Algorithm::PS256, Algorithm::RS256, Algorithm::EdDSA];

/// A provider.
pub(crate) struct Provider {
    settings: OpenId,
    secret: Zeroizing<String>,
    outbound: Outbound,
    /// What it said of itself last, and until when nobody asks again. Whoever asks meanwhile waits for who asks already.
    known: tokio::sync::Mutex<Option<(Instant, Result<Metadata, String>)>>,
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
        let secret = read_private(&settings.secret).map_err(|error| error.to_string())?;
        let secret = std::str::from_utf8(&secret).map_err(|error| wrong(&settings.secret, &error))?;
        let outbound = Outbound::new(settings.authority.as_deref())?;
        Ok(Self {
            settings: settings.clone(),
            secret: Zeroizing::new(secret.trim_end().to_owned()),
            outbound,
            known: tokio::sync::Mutex::default(),
        })
    }

    /// The client's own id at the provider.
    pub(crate) fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// What the provider says of itself: asked for now and then, however many sign in.
    pub(crate) async fn metadata(&self) -> Result<Metadata, String> {
        let mut known = self.known.lock().await;
        if let Some((until, said)) = &*known
            && Instant::now() < *until
        {
            return said.clone();
        }
        let said = self.ask_metadata().await;
        let lasts = if said.is_ok() { KNOWN } else { FAILED };
        *known = Some((Instant::now() + lasts, said.clone()));
        said
    }

    async fn ask_metadata(&self) -> Result<Metadata, String> {
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
        let wrong = |error: &dyn std::fmt::Display| format!("`{address}`: {error}");
        let mut request = Request::builder().header(header::ACCEPT, "application/json");
        if form.is_some() {
            // RFC 6749, section 2.3.1: both encoded before they are joined.
            let pair = Zeroizing::new(format!("{}:{}", encoded(self.client_id()), encoded(&self.secret)));
            request = request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        }
        let body = Bytes::from(form.unwrap_or_default());
        let (status, bytes) = self.outbound.send(address, request, body).await.map_err(|error| wrong(&error))?;
        if !status.is_success() {
            return Err(wrong(&format!("it answers {status}")));
        }
        serde_json::from_slice(&bytes).map_err(|error| wrong(&error))
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
