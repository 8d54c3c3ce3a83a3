//! The header of an envelope: all that a relay, a guard or an observer can read (envelope.md section 3).
//!
//! Integer keys, no content, no exact length. Whether a party exists or a time has passed is not judged here. Key type:
//! [`Header`].

use minicbor::{Decode, Encode, bytes::ByteSlice};

use super::{body, encode, require_canonical};
use crate::{
    bytes::{Commitment, Digest, EnvelopeId, KeyId},
    error::Error,
};

/// The version of the format that this crate speaks.
pub const VERSION: u8 = 1;
/// The longest party code, in bytes.
pub const MAX_PARTY_LENGTH: usize = 64;
/// The longest label shown to a guard, in bytes.
pub const MAX_LABEL_LENGTH: usize = 1024;
/// The longest kind shown to a guard, in bytes.
pub const MAX_KIND_LENGTH: usize = 64;

const BODY_DOMAIN: &str = "entente.envelope/1 body";
const KEY_DOMAIN: &str = "entente.envelope/1 key";

/// The algorithms of an envelope, chosen together (envelope.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Suite {
    /// HPKE with X-Wing, HKDF-SHA256 and AES-256-GCM; AES-256-GCM in STREAM; SHA-256; Ed25519. An encapsulation for each
    /// envelope; read, and not made any more.
    #[n(1)]
    XWingAes256GcmEd25519 = 1,
    /// The same, with the content key under a key that HPKE exports: one encapsulation serves many envelopes.
    #[n(2)]
    SharedXWingAes256GcmEd25519 = 2,
}

impl Suite {
    const ALL: [Self; 2] = [Self::XWingAes256GcmEd25519, Self::SharedXWingAes256GcmEd25519];
}

/// How urgent an envelope is, in the order of ACP 131; later is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Precedence {
    /// ROUTINE.
    #[n(0)]
    Routine,
    /// PRIORITY.
    #[n(1)]
    Priority,
    /// IMMEDIATE.
    #[n(2)]
    Immediate,
    /// FLASH.
    #[n(3)]
    Flash,
}

impl Precedence {
    /// All of them, the least urgent first.
    pub const ALL: [Self; 4] = [Self::Routine, Self::Priority, Self::Immediate, Self::Flash];

    /// As ACP 131 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "ROUTINE",
            Self::Priority => "PRIORITY",
            Self::Immediate => "IMMEDIATE",
            Self::Flash => "FLASH",
        }
    }

    /// The one that is written so; none for any other word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precedence| precedence.as_str() == word)
    }
}

/// Whether the content speaks of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Status {
    /// It does.
    #[n(0)]
    Actual,
    /// It belongs to an exercise.
    #[n(1)]
    Exercise,
    /// It tests the link.
    #[n(2)]
    Test,
}

/// What a guard between two networks may read (envelope.md section 11).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
#[non_exhaustive]
pub enum Guard {
    /// Nothing.
    #[n(0)]
    Absent,
    /// Label and kind, for everybody on the path to read.
    #[n(1)]
    Clear {
        /// The label of the content.
        #[n(0)]
        label: String,
        /// What kind of message the body is.
        #[n(1)]
        kind: String,
    },
    /// Label and kind, for the guard with that key to read, and for the recipient.
    #[n(2)]
    Sealed {
        /// The guard's key.
        #[n(0)]
        key: KeyId,
        /// The commitment to what label and kind are encrypted with.
        #[n(1)]
        commitment: Commitment,
        /// What they are encrypted with, sealed to the guard.
        #[cbor(n(2), with = "minicbor::bytes")]
        sealed_key: Vec<u8>,
        /// Label and kind, padded and encrypted.
        #[cbor(n(3), with = "minicbor::bytes")]
        shown: Vec<u8>,
    },
}

/// The header of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
#[non_exhaustive]
pub struct Header {
    /// The version of the format: [`VERSION`].
    #[n(0)]
    pub version: u8,
    /// The algorithms.
    #[n(1)]
    pub suite: Suite,
    /// Drawn at random by the sender.
    #[n(2)]
    pub id: EnvelopeId,
    /// The code of the sending party.
    #[n(3)]
    pub from: String,
    /// The code of the receiving party.
    #[n(4)]
    pub to: String,
    /// The sender's key that signed the envelope.
    #[n(5)]
    pub signing_key: KeyId,
    /// The recipient's key that the content key is sealed to.
    #[n(6)]
    pub sealing_key: KeyId,
    /// When it was made, by the sender's clock, in seconds since 1970-01-01T00:00:00Z.
    #[n(7)]
    pub created: i64,
    /// How urgent it is.
    #[n(8)]
    pub precedence: Precedence,
    /// From when on it is of no use, in seconds since 1970-01-01T00:00:00Z; `None` where it stays of use.
    #[n(9)]
    pub expires: Option<i64>,
    /// Whether the content speaks of the world.
    #[n(10)]
    pub status: Status,
    /// SHA-256 of the ciphertext.
    #[n(11)]
    pub digest: Digest,
    /// The length class: bytes of the body after padding.
    #[n(12)]
    pub length_class: u32,
    /// The commitment to the content key.
    #[n(13)]
    pub commitment: Commitment,
    /// What a guard may read.
    #[n(14)]
    pub guard: Guard,
}

/// The two fields that say how to read the others; in every version they come first.
#[derive(Decode)]
#[cbor(map)]
struct Preamble {
    #[n(0)]
    version: u64,
    #[n(1)]
    suite: u64,
}

impl Header {
    /// Whether the envelope is of no use any more at `now`, in seconds since 1970-01-01T00:00:00Z.
    pub fn expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Reads a header that begins at byte `start` of its envelope. Version and suite are looked at before anything else,
    /// so that an envelope from a later version is called later and not broken.
    pub(super) fn decode(bytes: &[u8], start: usize) -> Result<Self, Error> {
        let malformed = |error: minicbor::decode::Error| {
            let offset = start + error.position().unwrap_or_default();
            Error::Malformed { part: "header", offset }
        };
        if bytes.len() > super::MAX_HEADER_LENGTH {
            return Err(Error::FieldLimit { field: "header", rule: "4096 bytes at most" });
        }
        let Preamble { version, suite } = minicbor::decode(bytes).map_err(malformed)?;
        if version != u64::from(VERSION) {
            return Err(Error::UnknownVersion { version });
        }
        if !Suite::ALL.iter().any(|known| *known as u64 == suite) {
            return Err(Error::UnknownSuite { suite });
        }
        let header: Self = minicbor::decode(bytes).map_err(malformed)?;
        require_canonical(bytes, &header, start)?;
        header.require_limits()?;
        Ok(header)
    }

    /// The limits that the encoding alone does not hold.
    pub(super) fn require_limits(&self) -> Result<(), Error> {
        for (field, code) in [("from", &self.from), ("to", &self.to)] {
            if !(1..=MAX_PARTY_LENGTH).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::FieldLimit { field, rule: "1 to 64 visible ASCII characters" });
            }
        }
        if !body::is_length_class(self.length()) {
            return Err(Error::FieldLimit { field: "length_class", rule: "it must be one of the length classes" });
        }
        self.guard.require_limits()
    }

    /// Bytes of the body after padding.
    pub(super) fn length(&self) -> usize {
        // Saturates where it cannot be a class, and is refused as such.
        usize::try_from(self.length_class).unwrap_or(usize::MAX)
    }

    /// What every chunk of the body is bound to: the associated data of its encryption.
    pub(crate) fn body_context(&self) -> Result<Vec<u8>, Error> {
        let id: &ByteSlice = self.id.as_bytes().as_slice().into();
        encode((BODY_DOMAIN, self.version, self.suite, id, &self.from, &self.to))
    }

    /// What the content key is sealed for: the `info` of HPKE.
    pub(crate) fn key_context(&self) -> Result<Vec<u8>, Error> {
        key_context(&self.from, &self.to)
    }
}

/// What a secret that one party shares with another is for: the `info` of HPKE.
pub(super) fn key_context(from: &str, to: &str) -> Result<Vec<u8>, Error> {
    encode((KEY_DOMAIN, from, to))
}
