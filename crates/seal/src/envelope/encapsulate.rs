//! A secret sealed to one public key: HPKE in base mode with X-Wing, HKDF-SHA256 and AES-256-GCM (envelope.md section 6).
//!
//! What the secret opens is not known here. Key functions: [`seal`] and [`open`].

use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, aead::AesGcm256, kdf::HkdfSha256, kem::XWing,
    single_shot_open, single_shot_seal_with_rng,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    bytes::Digest,
    error::Error,
    keys::{SealingKey, SealingPublicKey},
};

/// Bytes of an encapsulated secret.
pub(super) const ENCAPSULATED_LENGTH: usize = 1120;
/// Bytes of the tag of AES-256-GCM.
pub(super) const TAG_LENGTH: usize = 16;

/// Bytes of a sealed secret: the encapsulated key, then the secret encrypted, with its tag.
pub(super) const fn sealed_length(secret: usize) -> usize {
    ENCAPSULATED_LENGTH + secret + TAG_LENGTH
}

/// Seals `secret` to `recipient`, for `context`, under the header with this digest.
pub(super) fn seal(
    secret: &[u8],
    recipient: &SealingPublicKey,
    context: &[u8],
    header: &Digest,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, Error> {
    let (encapsulated, ciphertext) = single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        recipient.public(),
        context,
        secret,
        header.as_bytes(),
        rng,
    )
    .map_err(|_| Error::Library { doing: "sealing a key" })?;
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Undoes [`seal`].
pub(super) fn open(
    sealed: &[u8],
    recipient: &SealingKey,
    context: &[u8],
    header: &Digest,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED_LENGTH).ok_or(Error::CannotOpen)?;
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| Error::CannotOpen)?;
    single_shot_open::<AesGcm256, HkdfSha256, XWing>(
        &OpModeR::Base,
        recipient.private(),
        &encapsulated,
        context,
        ciphertext,
        header.as_bytes(),
    )
    .map(Zeroizing::new)
    .map_err(|_| Error::CannotOpen)
}
