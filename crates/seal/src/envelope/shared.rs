//! A secret that a sender shares with a recipient and that serves many envelopes (suite 2, envelope.md section 6).
//!
//! Encapsulating to a recipient, and undoing it, costs far more than all else that is done to a small body. So a sender does
//! it once for a while, and each envelope carries the encapsulation: it is complete on its own, whether or not its reader
//! has met the encapsulation before. Every content key is sealed under a key of its own, which HPKE exports for exactly one
//! header. How long an encapsulation is used is for its owner to say. Key types: [`Encapsulation`] and [`Decapsulations`].

use std::collections::VecDeque;

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _, Nonce};
use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _,
    aead::{AeadCtxR, AeadCtxS, ExportOnlyAead},
    kdf::HkdfSha256,
    kem::XWing,
    setup_receiver, setup_sender_with_rng,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{content_key::ContentKey, encapsulate::ENCAPSULATED_LENGTH, header::key_context};
use crate::{
    bytes::{Digest, KeyId},
    error::Error,
    keys::{SealingKey, SealingPublicKey},
};

const WRAP_DOMAIN: &[u8] = b"entente.envelope/1 wrap\0";
/// How many decapsulated secrets of one sender are remembered: one in use, and those that it replaced while entries were
/// on their way.
const REMEMBERED: usize = 4;

/// The exporter's context for the header with this digest.
fn wrap_context(header: &Digest) -> Vec<u8> {
    [WRAP_DOMAIN, header.as_bytes().as_slice()].concat()
}

/// The cipher for the one content key under this header. The header commits to the content key and its salt, so no other
/// plaintext ever meets this key, and its nonce may be fixed.
fn cipher(key: &[u8; 32]) -> (Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>) {
    (Aes256Gcm::new(key.into()), Nonce::default())
}

/// A secret shared with one recipient, made by the sender. Its secrets are erased when it is dropped.
pub struct Encapsulation {
    context: AeadCtxS<ExportOnlyAead, HkdfSha256, XWing>,
    encapsulated: Vec<u8>,
    recipient: KeyId,
    from: String,
    to: String,
}

impl Encapsulation {
    /// A new secret between the party `from` and `recipient`, the key of the party `to`.
    ///
    /// # Errors
    /// [`Error::Library`] if the library fails.
    pub fn new(from: &str, to: &str, recipient: &SealingPublicKey, rng: &mut impl CryptoRng) -> Result<Self, Error> {
        let info = key_context(from, to)?;
        let (encapsulated, context) =
            setup_sender_with_rng::<_, _, XWing>(&OpModeS::Base, recipient.public(), &info, rng)
                .map_err(|_| Error::Library { doing: "encapsulating" })?;
        let encapsulated = encapsulated.to_bytes().to_vec();
        Ok(Self { context, encapsulated, recipient: recipient.id(), from: from.to_owned(), to: to.to_owned() })
    }

    /// The key that it is for.
    pub fn recipient(&self) -> KeyId {
        self.recipient
    }

    pub(super) fn parties(&self) -> (&str, &str) {
        (&self.from, &self.to)
    }

    /// The sealed key of the envelope whose header has this digest.
    pub(crate) fn seal(&self, content_key: &ContentKey, header: &Digest) -> Result<Vec<u8>, Error> {
        let failed = Error::Library { doing: "sealing the content key" };
        let mut key = Zeroizing::new([0; 32]);
        self.context.export(&wrap_context(header), key.as_mut_slice()).map_err(|_| failed.clone())?;
        let (cipher, nonce) = cipher(&key);
        let mut secret = content_key.secret();
        cipher.encrypt_in_place(&nonce, header.as_bytes(), &mut *secret).map_err(|_| failed)?;
        Ok([self.encapsulated.as_slice(), secret.as_slice()].concat())
    }
}

/// A secret that was decapsulated.
struct Known {
    encapsulated: Vec<u8>,
    recipient: KeyId,
    info: Vec<u8>,
    context: AeadCtxR<ExportOnlyAead, HkdfSha256, XWing>,
}

/// The latest secrets that one sender has shared with us, so that an encapsulation that serves many envelopes is undone
/// once. Keep one for each sender: what one sends must not push out what another has sent.
#[derive(Default)]
pub struct Decapsulations {
    known: VecDeque<Known>,
}

impl Decapsulations {
    /// Opens the content key of the envelope whose header has this digest.
    pub(crate) fn open(
        &mut self,
        sealed: &[u8],
        recipient: &SealingKey,
        info: &[u8],
        header: &Digest,
    ) -> Result<ContentKey, Error> {
        let (encapsulated, wrapped) = sealed.split_at_checked(ENCAPSULATED_LENGTH).ok_or(Error::CannotOpen)?;
        let id = recipient.public().id();
        let is_meant =
            |known: &&Known| known.encapsulated == encapsulated && known.recipient == id && known.info == info;
        if let Some(known) = self.known.iter().find(is_meant) {
            return unwrap(&known.context, wrapped, header);
        }
        let parsed = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| Error::CannotOpen)?;
        let context =
            setup_receiver(&OpModeR::Base, recipient.private(), &parsed, info).map_err(|_| Error::CannotOpen)?;
        let content_key = unwrap(&context, wrapped, header)?;
        // Only what has opened something is worth its place.
        self.known.truncate(REMEMBERED - 1);
        let (encapsulated, info) = (encapsulated.to_vec(), info.to_vec());
        self.known.push_front(Known { encapsulated, recipient: id, info, context });
        Ok(content_key)
    }
}

fn unwrap(
    context: &AeadCtxR<ExportOnlyAead, HkdfSha256, XWing>,
    wrapped: &[u8],
    header: &Digest,
) -> Result<ContentKey, Error> {
    let mut key = Zeroizing::new([0; 32]);
    context.export(&wrap_context(header), key.as_mut_slice()).map_err(|_| Error::CannotOpen)?;
    let (cipher, nonce) = cipher(&key);
    let mut secret = Zeroizing::new(wrapped.to_vec());
    cipher.decrypt_in_place(&nonce, header.as_bytes(), &mut *secret).map_err(|_| Error::CannotOpen)?;
    ContentKey::from_secret(&secret)
}
