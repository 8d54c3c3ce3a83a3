//! The key of one body: drawn afresh, committed to in the header, sealed to one recipient (envelope.md section 6).
//!
//! AES-GCM alone lets a sender make one ciphertext that opens to two bodies under two keys; the commitment closes that.
//! Nothing here is kept: a content key lives while its envelope is made or opened. How suite 2 seals it is in
//! [`super::shared`]. Key type: [`ContentKey`].

use aws_lc_rs::constant_time::verify_slices_are_equal;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::encapsulate;
use crate::{
    bytes::{Commitment, Digest},
    error::Error,
    keys::SealingKey,
};

const KEY_LENGTH: usize = 32;
const SALT_LENGTH: usize = 32;

/// Bytes of a sealed key in every suite: the encapsulated secret, then key and salt encrypted, with their tag.
pub(crate) const SEALED_LENGTH: usize = encapsulate::sealed_length(KEY_LENGTH + SALT_LENGTH);

const COMMITMENT_DOMAIN: &[u8] = b"entente.envelope/1 commitment\0";

/// The key of one body and the salt of its commitment.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct ContentKey {
    key: Zeroizing<[u8; KEY_LENGTH]>,
    salt: Zeroizing<[u8; SALT_LENGTH]>,
}

impl ContentKey {
    /// A key that was never used, with its salt: 64 bytes of `rng`.
    pub(crate) fn fresh(rng: &mut impl CryptoRng) -> Self {
        let mut fresh = Self { key: Zeroizing::default(), salt: Zeroizing::default() };
        rng.fill_bytes(fresh.key.as_mut_slice());
        rng.fill_bytes(fresh.salt.as_mut_slice());
        fresh
    }

    /// The key of the body.
    pub(crate) fn key(&self) -> &[u8; KEY_LENGTH] {
        &self.key
    }

    /// What the header says of this key, without giving it away.
    pub(crate) fn commitment(&self) -> Commitment {
        let digest = Sha256::new()
            .chain_update(COMMITMENT_DOMAIN)
            .chain_update(self.salt.as_slice())
            .chain_update(self.key.as_slice());
        Commitment::from_bytes(digest.finalize().into())
    }

    /// Checks that `commitment` was made to this key, in a time that tells nothing of it.
    pub(crate) fn require_commitment(&self, commitment: &Commitment) -> Result<(), Error> {
        verify_slices_are_equal(self.commitment().as_bytes(), commitment.as_bytes())
            .map_err(|_| Error::CommitmentMismatch)
    }

    /// Key and salt, as they are sealed.
    pub(super) fn secret(&self) -> Zeroizing<Vec<u8>> {
        // Room for the tag as well: growing would leave a copy behind.
        let mut secret = Zeroizing::new(Vec::with_capacity(KEY_LENGTH + SALT_LENGTH + encapsulate::TAG_LENGTH));
        secret.extend_from_slice(self.key.as_slice());
        secret.extend_from_slice(self.salt.as_slice());
        secret
    }

    /// The key and salt in `secret`.
    pub(super) fn from_secret(secret: &[u8]) -> Result<Self, Error> {
        let (key, salt) = secret.split_first_chunk().ok_or(Error::CannotOpen)?;
        let salt = salt.try_into().map_err(|_| Error::CannotOpen)?;
        Ok(Self { key: Zeroizing::new(*key), salt: Zeroizing::new(salt) })
    }

    /// Seals key and salt as suite 1 does: to `recipient`, for `context`, under the header with this digest.
    #[cfg(test)]
    pub(crate) fn seal(
        &self,
        recipient: &crate::keys::SealingPublicKey,
        context: &[u8],
        header: &Digest,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        encapsulate::seal(&self.secret(), recipient, context, header, rng)
    }

    /// Opens what suite 1 has sealed.
    pub(crate) fn open(sealed: &[u8], recipient: &SealingKey, context: &[u8], header: &Digest) -> Result<Self, Error> {
        Self::from_secret(&encapsulate::open(sealed, recipient, context, header)?)
    }
}
