//! What can go wrong with an envelope, sorted by whose fault it is.
//!
//! An error says what, where and what to do; it never carries a secret, and every way in which decryption can fail is
//! one error, so that nobody learns from an answer how near a guess came. Errors become text for a person or a status
//! for a peer elsewhere. Key type: [`Error`].

use crate::bytes::KeyId;

/// Whose fault an [`Error`] is, which is to say who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The sender made something that no conforming sender makes.
    Sender,
    /// The bytes are not what any sender signed, or came to the wrong place; sending again may help.
    Transport,
    /// This node lacks something or was asked for the impossible.
    Ours,
}

/// Why an envelope could not be made, believed or opened. Offsets count bytes from the start of the envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // The sender's.
    /// More bytes than [`crate::envelope::MAX_ENVELOPE_LENGTH`].
    #[error("the envelope has {length} bytes, more than the {limit} allowed; send large bodies by reference")]
    Oversize {
        /// Bytes that arrived.
        length: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// Valid CBOR, but not the one encoding that envelope.md section 1 allows.
    #[error("the encoding departs from the canonical form at byte {offset}; the sender must encode deterministically")]
    NotCanonical {
        /// The first byte that differs from the canonical form.
        offset: usize,
    },
    /// A version that this crate does not speak.
    #[error("version {version} is not known here; ask for version 1 or update this node")]
    UnknownVersion {
        /// The version in the header.
        version: u64,
    },
    /// A suite that this crate does not speak.
    #[error("suite {suite} is not known here; ask for suite 1 or update this node")]
    UnknownSuite {
        /// The suite in the header.
        suite: u64,
    },
    /// A header field outside its limits (envelope.md section 3).
    #[error("the header field `{field}` is outside its limits: {rule}")]
    FieldLimit {
        /// The field, as envelope.md names it.
        field: &'static str,
        /// What is allowed.
        rule: &'static str,
    },
    /// The signature is good, and still the content key or the body does not decrypt.
    #[error("the envelope does not open with this key; ask the sender to seal it again")]
    CannotOpen,
    /// The content key is not the one that the header commits to.
    #[error("the content key is not the one the header commits to; keep the envelope as evidence")]
    CommitmentMismatch,
    /// The padding inside the body is not the one form allowed.
    #[error("the body is not padded as its length class requires; keep the envelope as evidence")]
    BadPadding,
    /// What stands there for a guard is not what the content key's own key opens.
    #[error("what the envelope shows a guard is not sealed under its own key; keep the envelope as evidence")]
    BadGuard,

    // The transport's.
    /// Not an envelope.
    #[error("the {part} cannot be read at byte {offset}; the envelope was cut or altered on its way, send it again")]
    Malformed {
        /// What was being read.
        part: &'static str,
        /// Where reading stopped.
        offset: usize,
    },
    /// Bytes after the end of the envelope.
    #[error("the envelope ends at byte {offset} and more bytes follow; send it alone")]
    TrailingBytes {
        /// The first byte too many.
        offset: usize,
    },
    /// Addressed to another party.
    #[error("the envelope is addressed to `{to}`, not to this party; look at the route it took")]
    NotForUs {
        /// The party it is addressed to.
        to: String,
    },
    /// No signature of the given key over this header and sealed key.
    #[error("the signature is not the sender's; the envelope was altered on its way or forged")]
    BadSignature,
    /// The ciphertext is not the one that the signed header names.
    #[error("the ciphertext is not the one the header names; it was altered on its way, send it again")]
    DigestMismatch,

    // Ours.
    /// Verification was tried with a key that the header does not name.
    #[error("the envelope names signing key {named}, but key {given} was given; look for the party's newest keys")]
    WrongSigningKey {
        /// The key that the header names.
        named: KeyId,
        /// The key that was given.
        given: KeyId,
    },
    /// Opening was tried with a key that the header does not name.
    #[error("the envelope is sealed to key {named}, but key {given} was given; an older key may be needed")]
    WrongSealingKey {
        /// The key that the header names.
        named: KeyId,
        /// The key that was given.
        given: KeyId,
    },
    /// A body longer than [`crate::envelope::MAX_BODY_LENGTH`] was to be sealed.
    #[error("the body has {length} bytes, more than the {limit} an envelope holds; send it by reference")]
    BodyTooLarge {
        /// Bytes of the body.
        length: usize,
        /// Bytes that an envelope holds.
        limit: usize,
    },
    /// Bytes that are no key, or a key too weak to be believed.
    #[error("these bytes are no usable {kind} key: {problem}")]
    BadKey {
        /// The kind of key that was expected.
        kind: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A cryptographic library failed where it has no reason to.
    #[error("the cryptographic library failed while {doing}; check memory and installation")]
    Library {
        /// What was being done.
        doing: &'static str,
    },
}

impl Error {
    /// A short name that never changes, as the published vectors use it (envelope.md section 9).
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Oversize { .. } => "oversize",
            Self::NotCanonical { .. } => "not-canonical",
            Self::UnknownVersion { .. } => "unknown-version",
            Self::UnknownSuite { .. } => "unknown-suite",
            Self::FieldLimit { .. } => "field-limit",
            Self::CannotOpen => "cannot-open",
            Self::CommitmentMismatch => "commitment-mismatch",
            Self::BadPadding => "bad-padding",
            Self::BadGuard => "bad-guard",
            Self::Malformed { .. } => "malformed",
            Self::TrailingBytes { .. } => "trailing-bytes",
            Self::NotForUs { .. } => "not-for-us",
            Self::BadSignature => "bad-signature",
            Self::DigestMismatch => "digest-mismatch",
            Self::WrongSigningKey { .. } => "wrong-signing-key",
            Self::WrongSealingKey { .. } => "wrong-sealing-key",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::BadKey { .. } => "bad-key",
            Self::Library { .. } => "library",
        }
    }

    /// Whose fault this is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Oversize { .. }
            | Self::NotCanonical { .. }
            | Self::UnknownVersion { .. }
            | Self::UnknownSuite { .. }
            | Self::FieldLimit { .. }
            | Self::CannotOpen
            | Self::CommitmentMismatch
            | Self::BadPadding
            | Self::BadGuard => Fault::Sender,
            Self::Malformed { .. }
            | Self::TrailingBytes { .. }
            | Self::NotForUs { .. }
            | Self::BadSignature
            | Self::DigestMismatch => Fault::Transport,
            Self::WrongSigningKey { .. }
            | Self::WrongSealingKey { .. }
            | Self::BodyTooLarge { .. }
            | Self::BadKey { .. }
            | Self::Library { .. } => Fault::Ours,
        }
    }
}
