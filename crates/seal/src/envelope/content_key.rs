//! The key of one body: drawn afresh, committed to in the header, sealed to one recipient (envelope.md section 6).
//!
//! AES-GCM alone lets a sender make one ciphertext that opens to two bodies under two keys; the commitment closes that.
//! Nothing here is kept: a content key lives while its envelope is made or opened. Key type: [`ContentKey`].

use aws_lc_rs::constant_time::verify_slices_are_equal;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::encapsulate;
use crate::{
    bytes::{Commitment, Digest},
    error::Error,
    keys::{SealingKey, SealingPublicKey},
};

const KEY_LENGTH: usize = 32;
const SALT_LENGTH: usize = 32;

/// Bytes of a sealed key in suite 1: the encapsulated key, then key and salt encrypted, with their tag.
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

    /// Seals key and salt to `recipient`, for `context`, under the header with this digest.
    pub(crate) fn seal(
        &self,
        recipient: &SealingPublicKey,
        context: &[u8],
        header: &Digest,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let mut secret = Zeroizing::new([0; KEY_LENGTH + SALT_LENGTH]);
        let (key, salt) = secret.split_at_mut(KEY_LENGTH);
        key.copy_from_slice(self.key.as_slice());
        salt.copy_from_slice(self.salt.as_slice());
        encapsulate::seal(secret.as_slice(), recipient, context, header, rng)
    }

    /// Undoes [`ContentKey::seal`].
    pub(crate) fn open(sealed: &[u8], recipient: &SealingKey, context: &[u8], header: &Digest) -> Result<Self, Error> {
        let secret = encapsulate::open(sealed, recipient, context, header)?;
        let (key, salt) = secret.split_first_chunk().ok_or(Error::CannotOpen)?;
        let salt = salt.try_into().map_err(|_| Error::CannotOpen)?;
        Ok(Self { key: Zeroizing::new(*key), salt: Zeroizing::new(salt) })
    }
}
