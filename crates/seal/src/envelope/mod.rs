//! One envelope: header, sealed content key, signature and ciphertext (`entente.envelope/1`, docs/spec/envelope.md).
//!
//! The way in is a chain of types, each of which can be had only from the one before: [`Envelope`] is parsed and
//! believed in nothing, [`VerifiedEnvelope`] is signed by a known sender for us, [`Opened`] holds the body. The way out
//! is [`Outgoing::seal`]. Nothing here looks at a clock: whether an envelope has expired is for its receiver to say.

mod body;
mod encapsulate;
mod content_key;
mod header;
mod guard;
mod shared;
mod seal;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, sync::Arc};

use minicbor::{Decoder, Encode};
use zeroize::Zeroizing;

pub use guard::{Show, Shown};
pub use header::{
    Guard, Header, MAX_KIND_LENGTH, MAX_LABEL_LENGTH, MAX_PARTY_LENGTH, Precedence, Status, Suite, VERSION,
};
pub use seal::Outgoing;
pub use shared::{Decapsulations, Encapsulation};
#[cfg(test)]
pub(crate) use {
    body::*,
    content_key::ContentKey,
    guard::{GuardKey, seal as seal_for_guard},
    seal::assemble,
};

use crate::{
    bytes::Digest,
    dsse,
    error::Error,
    keys::{SIGNATURE_LENGTH, SealingKey, VerifyingKey},
};

/// The media type of an envelope, and the payload type of its signature.
pub const MEDIA_TYPE: &str = "application/vnd.entente.envelope";
/// The longest envelope that is read or made, in bytes.
pub const MAX_ENVELOPE_LENGTH: usize = 16 * 1024 * 1024;
/// The longest header that is read, in bytes.
pub const MAX_HEADER_LENGTH: usize = 4096;
/// The longest body that an envelope holds, in bytes: the largest length class that fits, less its length prefix.
pub const MAX_BODY_LENGTH: usize = body::MAX_PADDED_LENGTH - body::PREFIX_LENGTH;

/// The four byte strings of an envelope.
#[derive(Encode)]
#[cbor(array)]
struct Parts<'a> {
    #[cbor(n(0), with = "minicbor::bytes")]
    header: &'a [u8],
    #[cbor(n(1), with = "minicbor::bytes")]
    sealed_key: &'a [u8],
    #[cbor(n(2), with = "minicbor::bytes")]
    signature: &'a [u8],
    #[cbor(n(3), with = "minicbor::bytes")]
    ciphertext: &'a [u8],
}

/// An envelope as it arrived: well formed, and believed in nothing. Cheap to clone.
#[derive(Clone)]
pub struct Envelope {
    bytes: Arc<[u8]>,
    header: Header,
    header_at: Range<usize>,
    sealed_key_at: Range<usize>,
    signature_at: Range<usize>,
    ciphertext_at: Range<usize>,
}

impl Envelope {
    /// Reads an envelope: its limits, its form, its version and its suite (envelope.md section 8, steps 1 to 6).
    ///
    /// # Errors
    /// [`Error::Oversize`], [`Error::Malformed`], [`Error::TrailingBytes`], [`Error::NotCanonical`],
    /// [`Error::UnknownVersion`], [`Error::UnknownSuite`] or [`Error::FieldLimit`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_ENVELOPE_LENGTH {
            return Err(Error::Oversize { length: bytes.len(), limit: MAX_ENVELOPE_LENGTH });
        }
        let mut decoder = Decoder::new(bytes);
        if !matches!(decoder.array(), Ok(Some(4))) {
            return Err(Error::Malformed { part: "envelope", offset: 0 });
        }
        let header_at = byte_string(&mut decoder, "header")?;
        let sealed_key_at = byte_string(&mut decoder, "sealed key")?;
        let signature_at = byte_string(&mut decoder, "signature")?;
        let ciphertext_at = byte_string(&mut decoder, "ciphertext")?;
        if decoder.position() != bytes.len() {
            return Err(Error::TrailingBytes { offset: decoder.position() });
        }
        let part = |at: &Range<usize>| bytes.get(at.clone()).unwrap_or_default();
        let (header, ciphertext) = (part(&header_at), part(&ciphertext_at));
        let parts = Parts { header, sealed_key: part(&sealed_key_at), signature: part(&signature_at), ciphertext };
        require_canonical(bytes, &parts, 0)?;

        // The lengths of the other parts belong to the suite, so the header is read first.
        let header = Header::decode(header, header_at.start)?;
        if sealed_key_at.len() != content_key::SEALED_LENGTH {
            return Err(Error::Malformed { part: "sealed key", offset: sealed_key_at.start });
        }
        if signature_at.len() != SIGNATURE_LENGTH {
            return Err(Error::Malformed { part: "signature", offset: signature_at.start });
        }
        if ciphertext.len() != body::ciphertext_length(header.length()) {
            return Err(Error::FieldLimit { field: "length_class", rule: "it must be that of the ciphertext" });
        }
        Ok(Self { bytes: bytes.into(), header, header_at, sealed_key_at, signature_at, ciphertext_at })
    }

    /// The header. It is what somebody claims until the envelope is verified; `from` and `signing_key` are there to look
    /// the key up by.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The exact bytes that were parsed or made.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 over all bytes of the envelope: its leaf in a feed.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// Checks that the envelope is for `us`, that `sender` is the key it names and has signed it, and that the
    /// ciphertext is the one that was signed (envelope.md section 8, steps 7 to 10).
    ///
    /// That `sender` belongs to the party in `from`, and did so at the time, is for the caller to know. The envelope
    /// stays with the caller, as evidence where this fails.
    ///
    /// # Errors
    /// [`Error::NotForUs`], [`Error::WrongSigningKey`], [`Error::BadSignature`] or [`Error::DigestMismatch`].
    pub fn verify(&self, us: &str, sender: &VerifyingKey) -> Result<VerifiedEnvelope, Error> {
        if self.header.to != us {
            return Err(Error::NotForUs { to: self.header.to.clone() });
        }
        if self.header.signing_key != sender.id() {
            return Err(Error::WrongSigningKey { named: self.header.signing_key, given: sender.id() });
        }
        let payload = seal::signed_payload(self.part(&self.header_at), self.part(&self.sealed_key_at))?;
        dsse::verify(sender, MEDIA_TYPE, &payload, self.part(&self.signature_at))?;
        if Digest::of(self.part(&self.ciphertext_at)) != self.header.digest {
            return Err(Error::DigestMismatch);
        }
        Ok(VerifiedEnvelope { envelope: self.clone() })
    }

    fn part(&self, at: &Range<usize>) -> &[u8] {
        // The ranges were found in these very bytes.
        self.bytes.get(at.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.bytes.len();
        f.debug_struct("Envelope").field("header", &self.header).field("length", &length).finish_non_exhaustive()
    }
}

/// An envelope for us that its named sender has signed. Only [`Envelope::verify`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedEnvelope {
    envelope: Envelope,
}

impl VerifiedEnvelope {
    /// The envelope that was verified.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The header, as the sender signed it.
    pub fn header(&self) -> &Header {
        &self.envelope.header
    }

    /// Opens the content key and with it the body, and what a guard was shown (envelope.md section 8, steps 11 to 16).
    ///
    /// # Errors
    /// As [`VerifiedEnvelope::open_with`].
    pub fn open(&self, recipient: &SealingKey) -> Result<Opened, Error> {
        self.open_with(recipient, &mut Decapsulations::default())
    }

    /// The same, with the secrets that this sender has shared with us before.
    ///
    /// # Errors
    /// [`Error::WrongSealingKey`], [`Error::CannotOpen`], [`Error::CommitmentMismatch`], [`Error::BadPadding`] or
    /// [`Error::BadGuard`].
    pub fn open_with(&self, recipient: &SealingKey, shared: &mut Decapsulations) -> Result<Opened, Error> {
        let header = self.header();
        let given = recipient.public().id();
        if header.sealing_key != given {
            return Err(Error::WrongSealingKey { named: header.sealing_key, given });
        }
        let envelope = &self.envelope;
        let (sealed, info) = (envelope.part(&envelope.sealed_key_at), header.key_context()?);
        let digest = Digest::of(envelope.part(&envelope.header_at));
        let content_key = match header.suite {
            Suite::XWingAes256GcmEd25519 => content_key::ContentKey::open(sealed, recipient, &info, &digest),
            Suite::SharedXWingAes256GcmEd25519 => shared.open(sealed, recipient, &info, &digest),
        }?;
        content_key.require_commitment(&header.commitment)?;
        let ciphertext = envelope.part(&envelope.ciphertext_at);
        let body = body::decrypt(content_key.key(), &header.body_context()?, ciphertext)?;
        let shown = guard::read_by_recipient(header, &content_key)?;
        Ok(Opened { header: header.clone(), body, shown })
    }
}

/// What an envelope held.
pub struct Opened {
    /// The header, as the sender signed it.
    pub header: Header,
    /// The body, erased when dropped.
    pub body: Zeroizing<Vec<u8>>,
    /// What a guard could read on the way; nothing where the sender shows nothing. Whether it fits the body is for who
    /// knows what a body means.
    pub shown: Option<Shown>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Where the next byte string lies, if there is one.
fn byte_string(decoder: &mut Decoder<'_>, part: &'static str) -> Result<Range<usize>, Error> {
    let offset = decoder.position();
    let length = decoder.bytes().map_err(|_| Error::Malformed { part, offset })?.len();
    Ok(decoder.position() - length..decoder.position())
}

fn encode(value: impl Encode<()>) -> Result<Vec<u8>, Error> {
    minicbor::to_vec(value).map_err(|_| Error::Library { doing: "encoding" })
}

/// The canonical form is what we encode: bytes that were read as `value` must come out again as they went in.
fn require_canonical(bytes: &[u8], value: impl Encode<()>, start: usize) -> Result<(), Error> {
    let canonical = encode(value)?;
    if canonical == bytes {
        return Ok(());
    }
    let same = canonical.iter().zip(bytes).take_while(|(ours, theirs)| ours == theirs).count();
    Err(Error::NotCanonical { offset: start + same })
}
