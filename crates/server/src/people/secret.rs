//! Secrets that the node makes for people: cookies, tokens, one-time links. 32 random bytes, shown once; what is kept is their
//! SHA-256, which leads nowhere.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keys::{KeyError, fresh_seed};

/// A new secret as text, and what is kept of it.
pub(crate) struct Secret {
    pub(crate) text: Zeroizing<String>,
    pub(crate) hash: [u8; 32],
}

impl Secret {
    /// A new one, whose text begins with `prefix`, so that people and scanners recognise it.
    pub(crate) fn fresh(prefix: &str) -> Result<Self, KeyError> {
        let text = Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(*fresh_seed()?)));
        let hash = hash(&text);
        Ok(Self { text, hash })
    }
}

/// What is kept of a secret.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// What is kept of a secret that opens the calendar and nothing else: the two kinds can never be taken for one another.
pub(crate) fn calendar_hash(text: &str) -> [u8; 32] {
    Sha256::digest([b"entente calendar\0", text.as_bytes()].concat()).into()
}
