//! Making an envelope: content key, body, header, sealed key, signature, in this order (envelope.md section 7).
//!
//! Whether anything may be sent is decided long before. Key type: [`Outgoing`].

use minicbor::bytes::ByteSlice;
use rand_core::CryptoRng;

use super::{
    Encapsulation, Envelope, Guard, Header, MAX_BODY_LENGTH, MEDIA_TYPE, Parts, Precedence, Show, Status, Suite,
    VERSION, body, content_key::ContentKey, encode,
};
use crate::{
    bytes::{Digest, EnvelopeId, KeyId},
    dsse,
    error::Error,
    keys::{SealingPublicKey, SigningKey},
};

/// What is to go out in one envelope. The fields are those of [`Header`], with the body in clear.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// The code of the sending party.
    pub from: &'a str,
    /// The code of the receiving party.
    pub to: &'a str,
    /// Now, in seconds since 1970-01-01T00:00:00Z.
    pub created: i64,
    /// How urgent it is.
    pub precedence: Precedence,
    /// From when on it is of no use, in seconds since 1970-01-01T00:00:00Z.
    pub expires: Option<i64>,
    /// Whether the content speaks of the world.
    pub status: Status,
    /// What a guard may read.
    pub guard: Show<'a>,
    /// The content: [`MAX_BODY_LENGTH`] bytes at most.
    pub body: &'a [u8],
}

impl Outgoing<'_> {
    /// Seals the body to `recipient` and signs the whole as `sender`, with an encapsulation of its own.
    ///
    /// # Errors
    /// As [`Outgoing::seal_with`].
    pub fn seal(
        &self,
        sender: &SigningKey,
        recipient: &SealingPublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, Error> {
        self.seal_with(&Encapsulation::new(self.from, self.to, recipient, rng)?, sender, rng)
    }

    /// Seals the body under a secret that is shared with its recipient, and signs the whole as `sender`. Every call draws a
    /// new id, content key and salt from `rng`: two envelopes have nothing in common but the encapsulation.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`], [`Error::FieldLimit`], or [`Error::Library`] if the library fails or the secret is shared
    /// between others.
    pub fn seal_with(
        &self,
        shared: &Encapsulation,
        sender: &SigningKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, Error> {
        if shared.parties() != (self.from, self.to) {
            return Err(Error::Library { doing: "sealing under a secret of others" });
        }
        let content_key = ContentKey::fresh(rng);
        let mut header = self.header(sender, shared.recipient(), &content_key, rng)?;
        let ciphertext = body::encrypt(content_key.key(), &header.body_context()?, self.body)?;
        header.digest = Digest::of(&ciphertext);
        header.guard = self.guard.field(&header, &content_key, rng)?;
        header.require_limits()?;
        let header_bytes = encode(&header)?;
        let sealed_key = shared.seal(&content_key, &Digest::of(&header_bytes))?;
        let bytes = assemble(&header_bytes, &sealed_key, &ciphertext, sender)?;
        // What goes out has passed the checks of whoever reads it.
        Envelope::parse(&bytes)
    }

    /// The header, complete but for the digest of a ciphertext that does not exist yet, and for what rests on it.
    pub(crate) fn header(
        &self,
        sender: &SigningKey,
        recipient: KeyId,
        content_key: &ContentKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Header, Error> {
        let too_large = Error::BodyTooLarge { length: self.body.len(), limit: MAX_BODY_LENGTH };
        if self.body.len() > MAX_BODY_LENGTH {
            return Err(too_large);
        }
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Ok(Header {
            version: VERSION,
            suite: Suite::SharedXWingAes256GcmEd25519,
            id: EnvelopeId::from_bytes(id),
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            signing_key: sender.public().id(),
            sealing_key: recipient,
            created: self.created,
            precedence: self.precedence,
            expires: self.expires,
            status: self.status,
            digest: Digest::from_bytes([0; 32]),
            length_class: u32::try_from(body::padded_length(self.body.len())).map_err(|_| too_large)?,
            commitment: content_key.commitment(),
            guard: Guard::Absent,
        })
    }
}

/// What the sender signs: header and sealed key, as two byte strings in an array.
pub(crate) fn signed_payload(header: &[u8], sealed_key: &[u8]) -> Result<Vec<u8>, Error> {
    encode([<&ByteSlice>::from(header), <&ByteSlice>::from(sealed_key)])
}

/// Signs header and sealed key, and puts the parts together. Judges nothing: what a careful sender must not send is kept out
/// by [`Outgoing::seal_with`].
pub(crate) fn assemble(
    header: &[u8],
    sealed_key: &[u8],
    ciphertext: &[u8],
    sender: &SigningKey,
) -> Result<Vec<u8>, Error> {
    let signature = dsse::sign(sender, MEDIA_TYPE, &signed_payload(header, sealed_key)?)?;
    encode(Parts { header, sealed_key, signature: &signature, ciphertext })
}
