//! What can go wrong, sorted by whose fault it is. Not how it is answered: whether a failure stops a feed, becomes an
//! HTTP status or an alarm is for the node and the server to say. Key type: [`Error`].

use std::fmt;

use crate::KeyId;

/// Why a log operation was refused. The variants stand in the order of [`Fault`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // The input does not read: the fault of whoever wrote it.
    /// A value of one line does not have the form its specification demands.
    #[error("malformed {format}: {problem}")]
    Malformed {
        /// What was being read.
        format: Format,
        /// What is wrong, with the offending input in backticks.
        problem: String,
    },
    /// A text of several lines is wrong at one of them.
    #[error("malformed {format}, line {line}: {problem}")]
    MalformedLine {
        /// What was being read.
        format: Format,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, with the offending input in backticks.
        problem: String,
    },
    /// Larger than we are willing to read.
    #[error("{format} has {found} {unit}; at most {limit} are accepted")]
    TooLarge {
        /// What was being read.
        format: Format,
        /// How many there are.
        found: usize,
        /// How many are accepted.
        limit: usize,
        /// What is counted, in the plural.
        unit: &'static str,
    },

    // It reads but does not hold: the fault of whoever vouched for it. Such input is evidence.
    /// None of the signatures is by a key that the reader trusts.
    #[error("no signature by a known key; known: {known}. check that the party file is current")]
    NoKnownSignature {
        /// The keys that would have been accepted.
        known: String,
    },
    /// A signature carries the name and id of a known key but was not made by it over this text.
    #[error("signature by `{name}` ({id}) does not verify: the text was changed, or the key is another")]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        id: KeyId,
    },
    /// A checkpoint of another log.
    #[error("checkpoint is for log `{found}`, not for `{expected}`")]
    WrongOrigin {
        /// The log that was asked for.
        expected: String,
        /// The log in the checkpoint.
        found: String,
    },
    /// The number of hashes in a proof follows from the sizes; this proof has another.
    #[error("{kind} proof has {found} hashes; a proof for these sizes has {expected}")]
    ProofLength {
        /// What was to be proved.
        kind: ProofKind,
        /// Hashes that the sizes demand.
        expected: usize,
        /// Hashes in the proof.
        found: usize,
    },
    /// A proof of the right length leads to another root.
    #[error("{kind} proof does not lead to the signed root: keep the proof and both checkpoints as evidence")]
    ProofMismatch {
        /// What was to be proved.
        kind: ProofKind,
    },
    /// A log never gets smaller.
    #[error("log of {new} leaves cannot extend one of {old}")]
    Shrunk {
        /// The size that was to be extended.
        old: u64,
        /// The smaller size.
        new: u64,
    },

    // Our own storage does not hold what it should.
    /// A complete subtree of the tree is not in the store.
    #[error("tree node at level {level}, index {index} is not in the store; rebuild the nodes from the leaves")]
    MissingNode {
        /// Levels above the leaves.
        level: u8,
        /// Position in that level, from the left.
        index: u64,
    },
    /// The stored right edge does not belong to the stored size.
    #[error("frontier of {size} leaves has {expected} hashes, not {found}; load it from the stored nodes")]
    DamagedFrontier {
        /// The stored size, in leaves.
        size: u64,
        /// Hashes that the size demands.
        expected: usize,
        /// Hashes that were stored.
        found: usize,
    },

    // What was asked for cannot be.
    /// The leaf is not in the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// Position of the leaf, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// Beyond [`crate::MAX_TREE_SIZE`].
    #[error("tree of {size} leaves is beyond the limit of 2^62")]
    TreeTooLarge {
        /// The size asked for, in leaves.
        size: u64,
    },
    /// A log key was asked to cosign, or a cosigner's key to sign.
    #[error("key `{name}` does not make signatures of this type; use a key that was made for it")]
    WrongKeyType {
        /// The key's name.
        name: String,
    },
    /// The cryptographic library did not accept the key.
    #[error("key `{name}` cannot be used to sign")]
    UnusableKey {
        /// The key's name.
        name: String,
    },
}

/// Whose fault an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Whoever wrote the bytes.
    Input,
    /// Whoever vouched for the content; what was received is evidence.
    Claim,
    /// Our own storage.
    Store,
    /// Whoever asked.
    Request,
}

impl Error {
    /// Whose fault this is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Malformed { .. } | Self::MalformedLine { .. } | Self::TooLarge { .. } => Fault::Input,
            Self::NoKnownSignature { .. }
            | Self::BadSignature { .. }
            | Self::WrongOrigin { .. }
            | Self::ProofLength { .. }
            | Self::ProofMismatch { .. }
            | Self::Shrunk { .. } => Fault::Claim,
            Self::MissingNode { .. } | Self::DamagedFrontier { .. } => Fault::Store,
            Self::NoSuchLeaf { .. }
            | Self::TreeTooLarge { .. }
            | Self::WrongKeyType { .. }
            | Self::UnusableKey { .. } => Fault::Request,
        }
    }
}

/// The thing that was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A hash in base64.
    Hash,
    /// The name of a key.
    KeyName,
    /// A verifier key in its one-line form.
    VerifierKey,
    /// A signed note.
    Note,
    /// One signature line of a note.
    SignatureLine,
    /// The text of a checkpoint.
    Checkpoint,
    /// A cosignature.
    Cosignature,
    /// A request to a witness.
    AddCheckpoint,
    /// A proof file.
    TlogProof,
    /// An entry of a log, in a bundle.
    Entry,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Hash => "hash",
            Self::KeyName => "key name",
            Self::VerifierKey => "verifier key",
            Self::Note => "signed note",
            Self::SignatureLine => "signature line",
            Self::Checkpoint => "checkpoint",
            Self::Cosignature => "cosignature",
            Self::AddCheckpoint => "request to a witness",
            Self::TlogProof => "proof file",
            Self::Entry => "entry",
        })
    }
}

/// The two kinds of proof (RFC 6962, sections 2.1.1 and 2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofKind {
    /// A leaf is in a tree.
    Inclusion,
    /// A tree is the beginning of a larger one.
    Consistency,
}

impl fmt::Display for ProofKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inclusion => "inclusion",
            Self::Consistency => "consistency",
        })
    }
}

impl Format {
    /// An error in a value of one line.
    pub(crate) fn malformed(self, problem: impl Into<String>) -> Error {
        Error::Malformed { format: self, problem: problem.into() }
    }

    /// An error at a line, counted from 1.
    pub(crate) fn malformed_at(self, line: usize, problem: impl Into<String>) -> Error {
        Error::MalformedLine { format: self, line, problem: problem.into() }
    }
}

/// Untrusted input as an error may show it: short, on one line, without control characters.
pub(crate) fn shown(input: &str) -> String {
    const CHARACTERS: usize = 48;
    let mut shown: String = input.chars().take(CHARACTERS).flat_map(char::escape_debug).collect();
    if input.chars().nth(CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}
