//! What a guard between two networks may read of an envelope: the label of its content and the kind of message, in clear
//! or sealed to the guard (envelope.md section 11).
//!
//! Sealed, they stand under a key that is derived from the content key and committed to in the header. So the recipient
//! reads, without any key of the guard's, exactly what the guard reads, and a sender cannot show the one this and the
//! other that. The guard learns nothing of the content key. Whether label and kind are those of the body is for who
//! knows what a body means. Key types: [`Show`] on the way out, [`Shown`] on the way in.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    Envelope, Guard, Header, MAX_KIND_LENGTH, MAX_LABEL_LENGTH, body, content_key::ContentKey, encapsulate, encode,
};
use crate::{
    bytes::{Commitment, Digest},
    error::Error,
    keys::{SealingKey, SealingPublicKey},
};

const KEY_LENGTH: usize = 32;
/// The longest padded form: it holds the longest label and the longest kind.
const MAX_PADDED_LENGTH: usize = 2048;
const CONTEXT_DOMAIN: &str = "entente.envelope/1 guard";
const KEY_DOMAIN: &[u8] = b"entente.envelope/1 guard key\0";
const COMMITMENT_DOMAIN: &[u8] = b"entente.envelope/1 guard commitment\0";

/// What stands in an envelope for a guard.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Shown {
    /// The label of the content; empty where a body of this kind has none.
    #[n(0)]
    pub label: String,
    /// What kind of message the body is.
    #[n(1)]
    pub kind: String,
}

impl Shown {
    fn is_within_limits(&self) -> bool {
        self.label.len() <= MAX_LABEL_LENGTH && self.kind.len() <= MAX_KIND_LENGTH
    }
}

/// What a guard is to be shown of an envelope that goes out.
#[derive(Clone)]
pub enum Show<'a> {
    /// Nothing.
    Nothing,
    /// Label and kind, to everybody on the path.
    Clear(Shown),
    /// Label and kind, to the guard with this key.
    Sealed(Shown, &'a SealingPublicKey),
}

impl Show<'_> {
    /// The header's field, for a header that is complete but for it.
    pub(super) fn field(
        &self,
        header: &Header,
        content_key: &ContentKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Guard, Error> {
        match self {
            Self::Nothing => Ok(Guard::Absent),
            Self::Clear(Shown { label, kind }) => Ok(Guard::Clear { label: label.clone(), kind: kind.clone() }),
            Self::Sealed(shown, _) if !shown.is_within_limits() => Err(LIMIT),
            Self::Sealed(shown, guard) => seal(shown, guard, &GuardKey::of(content_key), header, rng),
        }
    }
}

const LIMIT: Error = Error::FieldLimit { field: "guard", rule: "a label of 1024 and a kind of 64 bytes at most" };

/// What label and kind are encrypted with.
pub(crate) struct GuardKey(pub(crate) Zeroizing<[u8; KEY_LENGTH]>);

impl GuardKey {
    /// The one that goes with a content key.
    pub(crate) fn of(content_key: &ContentKey) -> Self {
        let digest = Sha256::new().chain_update(KEY_DOMAIN).chain_update(content_key.key());
        Self(Zeroizing::new(digest.finalize().into()))
    }

    pub(crate) fn commitment(&self) -> Commitment {
        let digest = Sha256::new().chain_update(COMMITMENT_DOMAIN).chain_update(self.0.as_slice());
        Commitment::from_bytes(digest.finalize().into())
    }

    /// Reads what stands under this key, where it is the one committed to.
    fn read(&self, commitment: &Commitment, shown: &[u8], header: &Digest) -> Result<Shown, Error> {
        verify_slices_are_equal(self.commitment().as_bytes(), commitment.as_bytes()).map_err(|_| Error::BadGuard)?;
        let bytes = body::decrypt(&self.0, header.as_bytes(), shown).map_err(|_| Error::BadGuard)?;
        let shown: Shown = minicbor::decode(&bytes).map_err(|_| Error::BadGuard)?;
        if *bytes != encode(&shown)? || !shown.is_within_limits() {
            return Err(Error::BadGuard);
        }
        Ok(shown)
    }
}

/// Seals what is shown to the guard, under `key`.
pub(crate) fn seal(
    shown: &Shown,
    guard: &SealingPublicKey,
    key: &GuardKey,
    header: &Header,
    rng: &mut impl CryptoRng,
) -> Result<Guard, Error> {
    let digest = bare_digest(header)?;
    Ok(Guard::Sealed {
        key: guard.id(),
        commitment: key.commitment(),
        sealed_key: encapsulate::seal(key.0.as_slice(), guard, &context(header)?, &digest, rng)?,
        shown: body::encrypt(&key.0, digest.as_bytes(), &encode(shown)?)?,
    })
}

/// What the recipient reads of what the guard was shown.
pub(super) fn read_by_recipient(header: &Header, content_key: &ContentKey) -> Result<Option<Shown>, Error> {
    match &header.guard {
        Guard::Sealed { commitment, shown, .. } => {
            GuardKey::of(content_key).read(commitment, shown, &bare_digest(header)?).map(Some)
        }
        open => Ok(shown_openly(open)),
    }
}

fn shown_openly(guard: &Guard) -> Option<Shown> {
    match guard {
        Guard::Clear { label, kind } => Some(Shown { label: label.clone(), kind: kind.clone() }),
        Guard::Absent | Guard::Sealed { .. } => None,
    }
}

/// SHA-256 of the header with nothing in it for a guard: what is sealed for the guard belongs to all the rest of it.
fn bare_digest(header: &Header) -> Result<Digest, Error> {
    Ok(Digest::of(&encode(Header { guard: Guard::Absent, ..header.clone() })?))
}

/// What the guard's key is sealed for: the `info` of HPKE.
fn context(header: &Header) -> Result<Vec<u8>, Error> {
    encode((CONTEXT_DOMAIN, &header.from, &header.to))
}

impl Guard {
    /// The limits that the encoding alone does not hold.
    pub(super) fn require_limits(&self) -> Result<(), Error> {
        match self {
            Self::Absent => Ok(()),
            Self::Clear { label, kind } => {
                let fits = label.len() <= MAX_LABEL_LENGTH && kind.len() <= MAX_KIND_LENGTH;
                if fits { Ok(()) } else { Err(LIMIT) }
            }
            Self::Sealed { sealed_key, shown, .. } => {
                let classes = [256, 512, 1024, MAX_PADDED_LENGTH];
                let fits = sealed_key.len() == encapsulate::sealed_length(KEY_LENGTH)
                    && classes.iter().any(|class| body::ciphertext_length(*class) == shown.len());
                let rule = "a sealed key of 1168 bytes, and the ciphertext of a length class up to 2048";
                if fits { Ok(()) } else { Err(Error::FieldLimit { field: "guard", rule }) }
            }
        }
    }
}

impl Envelope {
    /// What a guard with this key may read: nothing where the sender shows nothing. Until a signature is checked it is
    /// what somebody claims; [`Envelope::verify`] with the header's own `to` checks it.
    ///
    /// # Errors
    /// [`Error::WrongSealingKey`], [`Error::CannotOpen`] or [`Error::BadGuard`].
    pub fn shown_to(&self, guard: &SealingKey) -> Result<Option<Shown>, Error> {
        let header = self.header();
        let Guard::Sealed { key, commitment, sealed_key, shown } = &header.guard else {
            return Ok(shown_openly(&header.guard));
        };
        let given = guard.public().id();
        if *key != given {
            return Err(Error::WrongSealingKey { named: *key, given });
        }
        let digest = bare_digest(header)?;
        let secret = encapsulate::open(sealed_key, guard, &context(header)?, &digest)?;
        let key = <[u8; KEY_LENGTH]>::try_from(secret.as_slice()).map(Zeroizing::new);
        GuardKey(key.map_err(|_| Error::CannotOpen)?).read(commitment, shown, &digest).map(Some)
    }
}
