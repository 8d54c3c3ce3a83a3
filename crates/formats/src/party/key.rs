//! The keys of a party by kind, and how those stand that are not in use: announced, retired, revoked.
//!
//! The party file names the keys in use in fields of their own, as it always did; the others stand behind them, in tables
//! `[[key]]`. Key type: [`OtherKey`].

use entente_core::time::Timestamp;
use serde::Deserialize;

use super::{PartyFile, PartyFileError, bytes, moment, wrong};

/// The most keys that a file names beside those in use.
pub const MAX_OTHER_KEYS: usize = 128;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Ed25519: signs envelopes and statements.
    Signing,
    /// X-Wing: envelopes are sealed to it.
    Sealing,
    /// Ed25519: signs the checkpoints of feeds and ledger.
    Log,
    /// ML-DSA-44: signs them too.
    LogMlDsa,
    /// Ed25519: cosigns a partner's feed as a receipt.
    Receipt,
    /// Ed25519: cosigns a partner's ledger as its witness.
    Witness,
    /// The SHA-256 of a TLS certificate.
    Tls,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Signing, Self::Sealing, Self::Log, Self::LogMlDsa, Self::Receipt, Self::Witness, Self::Tls];

    /// The word in party files, names of key files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Sealing => "sealing",
            Self::Log => "log",
            Self::LogMlDsa => "log-ml-dsa",
            Self::Receipt => "receipt",
            Self::Witness => "witness",
            Self::Tls => "tls",
        }
    }

    /// The kind that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// How many bytes the public half has; a certificate's digest for TLS.
    pub fn public_bytes(self) -> usize {
        match self {
            Self::Sealing => 1216,
            Self::LogMlDsa => 1312,
            _ => 32,
        }
    }
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How a key stands that is not in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Announced at this moment: it comes into use when the one before it is retired.
    Next(Timestamp),
    /// Used until this moment, and no longer: what was made with it before counts.
    Retired(Timestamp),
    /// In wrong hands since this moment: what was made with it counts only where a partner's cosignature is older.
    Revoked(Timestamp),
}

impl Standing {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next(_) => "next",
            Self::Retired(_) => "retired",
            Self::Revoked(_) => "revoked",
        }
    }

    /// The moment that it names.
    pub fn at(self) -> Timestamp {
        match self {
            Self::Next(at) | Self::Retired(at) | Self::Revoked(at) => at,
        }
    }
}

/// A key that is not in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherKey {
    /// What it is for.
    pub kind: KeyKind,
    /// Its public half.
    pub key: Vec<u8>,
    /// How it stands.
    pub standing: Standing,
}

/// As it stands in the file: one of the three moments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherKeyText {
    kind: String,
    key: String,
    next: Option<String>,
    retired: Option<String>,
    revoked: Option<String>,
}

impl OtherKeyText {
    pub(super) fn read(self) -> Result<OtherKey, PartyFileError> {
        let kind = KeyKind::from_word(&self.kind)
            .ok_or_else(|| wrong(format!("key.kind: `{}` is no kind of key", self.kind)))?;
        let key = bytes("key.key", &self.key)?;
        if key.len() != kind.public_bytes() {
            return Err(wrong(format!("key.key: a {kind} key has {} bytes in hex", kind.public_bytes())));
        }
        let standing = match (self.next, self.retired, self.revoked) {
            (Some(at), None, None) => Standing::Next(moment("key.next", &at)?),
            (None, Some(at), None) => Standing::Retired(moment("key.retired", &at)?),
            (None, None, Some(at)) => Standing::Revoked(moment("key.revoked", &at)?),
            _ => return Err(wrong("key: it has one of `next`, `retired` and `revoked`")),
        };
        Ok(OtherKey { kind, key, standing })
    }
}

impl PartyFile {
    /// The keys in use of a kind; the first is the one to use.
    pub fn in_use(&self, kind: KeyKind) -> Vec<&[u8]> {
        fn all(keys: &[[u8; 32]]) -> Vec<&[u8]> {
            keys.iter().map(<[u8; 32]>::as_slice).collect()
        }
        match kind {
            KeyKind::Signing => all(&self.signing),
            KeyKind::Sealing => self.sealing.iter().map(Vec::as_slice).collect(),
            KeyKind::Log => vec![&self.log],
            KeyKind::LogMlDsa => self.log_ml_dsa.iter().map(Vec::as_slice).collect(),
            KeyKind::Receipt => vec![&self.receipt],
            KeyKind::Witness => self.witness.iter().map(<[u8; 32]>::as_slice).collect(),
            KeyKind::Tls => all(&self.tls),
        }
    }

    /// The same file with this as the only key in use of its kind.
    ///
    /// # Errors
    /// When it has not as many bytes as its kind.
    pub fn with_in_use(mut self, kind: KeyKind, key: &[u8]) -> Result<Self, PartyFileError> {
        let short = || <[u8; 32]>::try_from(key).map_err(|_| wrong(format!("a {kind} key has 32 bytes")));
        match kind {
            KeyKind::Signing => self.signing = vec![short()?],
            KeyKind::Sealing => self.sealing = vec![key.to_vec()],
            KeyKind::Log => self.log = short()?,
            KeyKind::LogMlDsa => self.log_ml_dsa = Some(key.to_vec()),
            KeyKind::Receipt => self.receipt = short()?,
            KeyKind::Witness => self.witness = Some(short()?),
            KeyKind::Tls => self.tls = vec![short()?],
        }
        Ok(self)
    }

    /// The keys of a kind that are not in use, with how they stand.
    pub fn others(&self, kind: KeyKind) -> impl Iterator<Item = &OtherKey> {
        self.other_keys.iter().filter(move |other| other.kind == kind)
    }

    /// The key of a kind that is announced, where there is one.
    pub fn next(&self, kind: KeyKind) -> Option<&OtherKey> {
        self.others(kind).find(|other| matches!(other.standing, Standing::Next(_)))
    }

    /// Every key that the file names, of whatever kind and standing, the root and its successor among them.
    pub fn all_keys(&self) -> impl Iterator<Item = &[u8]> {
        let used = KeyKind::ALL.into_iter().flat_map(|kind| self.in_use(kind));
        let others = self.other_keys.iter().map(|other| other.key.as_slice());
        std::iter::once(self.root.as_slice())
            .chain(self.successor.iter().map(<[u8; 32]>::as_slice))
            .chain(used)
            .chain(others)
    }
}
