//! The keys of a party: Ed25519 to sign, X-Wing (ML-KEM-768 with X25519) to be sealed to.
//!
//! Not a key store: seeds come from the caller, who keeps them. Secrets are erased when dropped, are never printed and
//! cannot be compared. Signing and verifying raw bytes is not offered outside this crate; [`crate::dsse`] is the way, so
//! that a signature made for one purpose never serves another. Key type: [`SigningKey`].

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use curve25519_dalek::edwards::CompressedEdwardsY;
use hpke::{Deserializable as _, Kem as _, Serializable as _, kem::XWing};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{bytes::KeyId, error::Error};

/// Bytes of an Ed25519 public key.
pub const VERIFYING_KEY_LENGTH: usize = 32;
/// Bytes of an X-Wing public key.
pub const SEALING_PUBLIC_KEY_LENGTH: usize = 1216;
/// Bytes of an Ed25519 signature.
pub const SIGNATURE_LENGTH: usize = 64;
/// Bytes of the seed of either private key.
pub const SEED_LENGTH: usize = 32;

const KEY_ID_DOMAIN: &[u8] = b"entente.key/1\0";

/// The id of a public key: SHA-256 over the domain, the algorithm and the key (envelope.md section 2).
fn key_id(algorithm: &[u8], public_key: &[u8]) -> KeyId {
    let digest = Sha256::new().chain_update(KEY_ID_DOMAIN).chain_update(algorithm).chain_update(public_key);
    KeyId::from_bytes(digest.finalize().into())
}

fn draw_seed(rng: &mut impl CryptoRng) -> Zeroizing<[u8; SEED_LENGTH]> {
    let mut seed = Zeroizing::new([0; SEED_LENGTH]);
    rng.fill_bytes(seed.as_mut_slice());
    seed
}

/// Signs exactly these bytes with Ed25519, somewhere else; nothing where that could not be done.
pub type Elsewhere = Arc<dyn Fn(&[u8]) -> Option<[u8; SIGNATURE_LENGTH]> + Send + Sync>;

/// An Ed25519 private key, here or elsewhere.
pub struct SigningKey {
    secret: Secret,
    public: VerifyingKey,
}

enum Secret {
    /// In memory.
    Here {
        seed: Zeroizing<[u8; SEED_LENGTH]>,
        // Its own copy of the secret is erased by the library when freed.
        pair: Box<Ed25519KeyPair>,
    },
    /// In a token that gives out signatures and nothing else.
    Elsewhere(Elsewhere),
}

impl SigningKey {
    /// The key that a seed stands for (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`Error::BadKey`] where the library refuses the seed; no seed is known that it refuses.
    pub fn from_seed(seed: &[u8; SEED_LENGTH]) -> Result<Self, Error> {
        let refused = |_| Error::BadKey { kind: "Ed25519", problem: "the seed was refused" };
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(refused)?;
        let public = VerifyingKey::from_bytes(pair.public_key().as_ref())?;
        Ok(Self { secret: Secret::Here { seed: Zeroizing::new(*seed), pair: Box::new(pair) }, public })
    }

    /// A key that is not here: `sign` has it signed. What it signs is checked before it is used, for nobody can take back
    /// what left with a signature that does not hold.
    pub fn elsewhere(public: VerifyingKey, sign: Elsewhere) -> Self {
        Self { secret: Secret::Elsewhere(sign), public }
    }

    /// A new key, from 32 bytes of `rng`.
    ///
    /// # Errors
    /// As [`SigningKey::from_seed`].
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, Error> {
        Self::from_seed(&draw_seed(rng))
    }

    /// The secret, for whoever keeps it; none where it is elsewhere.
    pub fn seed(&self) -> Option<&[u8; SEED_LENGTH]> {
        match &self.secret {
            Secret::Here { seed, .. } => Some(seed),
            Secret::Elsewhere(_) => None,
        }
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LENGTH], Error> {
        let made = match &self.secret {
            Secret::Here { pair, .. } => {
                pair.try_sign(message).ok().and_then(|signature| signature.as_ref().try_into().ok())
            }
            Secret::Elsewhere(sign) => sign(message).filter(|signature| self.public.verify(message, signature).is_ok()),
        };
        made.ok_or(Error::Library { doing: "signing" })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

/// An Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifyingKey {
    bytes: [u8; VERIFYING_KEY_LENGTH],
    id: KeyId,
}

impl VerifyingKey {
    /// Reads a public key.
    ///
    /// Refused are encodings of no point, encodings other than the canonical one, and points of small order: under
    /// these one signature fits many messages, and its owner could deny what was signed.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bad = |problem| Error::BadKey { kind: "Ed25519", problem };
        let bytes: [u8; VERIFYING_KEY_LENGTH] = bytes.try_into().map_err(|_| bad("it must have 32 bytes"))?;
        let point = CompressedEdwardsY(bytes).decompress().ok_or(bad("it is no point of the curve"))?;
        if point.compress().0 != bytes {
            return Err(bad("it is not in canonical form"));
        }
        if point.is_small_order() {
            return Err(bad("it is of small order and proves nothing"));
        }
        Ok(Self { bytes, id: key_id(b"ed25519\0", &bytes) })
    }

    /// The key as it stands in a party file.
    pub fn as_bytes(&self) -> &[u8; VERIFYING_KEY_LENGTH] {
        &self.bytes
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        // The library refuses a second form of the same signature (S not below the group order).
        UnparsedPublicKey::new(&ED25519, self.bytes).verify(message, signature).map_err(|_| Error::BadSignature)
    }
}

/// An X-Wing private key.
#[derive(Clone)]
pub struct SealingKey {
    // Erased by the library when dropped.
    private: <XWing as hpke::Kem>::PrivateKey,
    public: SealingPublicKey,
}

impl SealingKey {
    /// The key that a seed stands for: the seed is the X-Wing decapsulation key itself.
    ///
    /// # Errors
    /// [`Error::BadKey`] where the library refuses the seed; no seed is known that it refuses.
    pub fn from_seed(seed: &[u8; SEED_LENGTH]) -> Result<Self, Error> {
        let refused = |_| Error::BadKey { kind: "X-Wing", problem: "the seed was refused" };
        let private = <XWing as hpke::Kem>::PrivateKey::from_bytes(seed).map_err(refused)?;
        let public = SealingPublicKey::new(XWing::sk_to_pk(&private));
        Ok(Self { private, public })
    }

    /// A new key, from 32 bytes of `rng`.
    ///
    /// # Errors
    /// As [`SealingKey::from_seed`].
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, Error> {
        Self::from_seed(&draw_seed(rng))
    }

    /// The secret, for whoever keeps it.
    pub fn seed(&self) -> Zeroizing<[u8; SEED_LENGTH]> {
        let mut seed = Zeroizing::new([0; SEED_LENGTH]);
        self.private.write_exact(seed.as_mut_slice());
        seed
    }

    /// The public half.
    pub fn public(&self) -> &SealingPublicKey {
        &self.public
    }

    pub(crate) fn private(&self) -> &<XWing as hpke::Kem>::PrivateKey {
        &self.private
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

/// An X-Wing public key.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingPublicKey {
    public: <XWing as hpke::Kem>::PublicKey,
    id: KeyId,
}

impl SealingPublicKey {
    fn new(public: <XWing as hpke::Kem>::PublicKey) -> Self {
        let id = key_id(b"x-wing\0", &public.to_bytes());
        Self { public, id }
    }

    /// Reads a public key.
    ///
    /// # Errors
    /// [`Error::BadKey`] for any other length than 1216 bytes, and for what fails ML-KEM's modulus check.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let problem = "it must have 1216 bytes and pass the modulus check of ML-KEM";
        let public = <XWing as hpke::Kem>::PublicKey::from_bytes(bytes);
        public.map(Self::new).map_err(|_| Error::BadKey { kind: "X-Wing", problem })
    }

    /// The key as it stands in a party file.
    pub fn to_bytes(&self) -> [u8; SEALING_PUBLIC_KEY_LENGTH] {
        let mut bytes = [0; SEALING_PUBLIC_KEY_LENGTH];
        self.public.write_exact(&mut bytes);
        bytes
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn public(&self) -> &<XWing as hpke::Kem>::PublicKey {
        &self.public
    }
}

impl fmt::Debug for SealingPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingPublicKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip_and_hide_their_secrets() {
        let signing = SigningKey::from_seed(&[0xAB; 32]).unwrap();
        assert_eq!(VerifyingKey::from_bytes(signing.public().as_bytes()).unwrap(), *signing.public());
        let sealing = SealingKey::from_seed(&[0xAB; 32]).unwrap();
        assert_eq!(SealingPublicKey::from_bytes(&sealing.public().to_bytes()).unwrap(), *sealing.public());
        assert_eq!((signing.seed(), &*sealing.seed()), (Some(&[0xAB; 32]), &[0xAB; 32]));
        assert_ne!(signing.public().id(), sealing.public().id());
        assert!(!format!("{signing:?} {sealing:?}").contains("171"));
    }

    #[test]
    fn weak_and_malformed_public_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        // y = p + 1 is the identity once more, not reduced.
        let mut unreduced = [0xFF; 32];
        (unreduced[0], unreduced[31]) = (0xEE, 0x7F);
        for weak in [identity, [0; 32], unreduced] {
            assert_eq!(VerifyingKey::from_bytes(&weak).unwrap_err().code(), "bad-key");
        }
        assert_eq!(VerifyingKey::from_bytes(&[9; 31]).unwrap_err().code(), "bad-key");
        assert_eq!(SealingPublicKey::from_bytes(&[0xFF; 1216]).unwrap_err().code(), "bad-key");
        assert_eq!(SealingPublicKey::from_bytes(&[0; 1215]).unwrap_err().code(), "bad-key");
    }
}
