//! The keys of a node: what it signs, opens and cosigns with. The root key is not among them; it signs party files and
//! can stay offline.

use entente_core::Party;
use entente_log::{Ed25519KeyPair, KeyName, SignatureType, SigningKey as NoteKey};
use entente_seal::{SealingKey, SigningKey};

/// The secret keys of one node, held in memory while it runs.
pub struct Identity {
    /// Whose node it is.
    pub party: Party,
    /// Signs envelopes and statements.
    pub signing: SigningKey,
    /// Opens envelopes; more than one while keys roll over.
    pub sealing: Vec<SealingKey>,
    log: Ed25519KeyPair,
    receipt: Ed25519KeyPair,
}

/// Key material that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} key cannot be used: it is not an Ed25519 seed of 32 bytes")]
pub struct UnusableKey(&'static str);

impl Identity {
    /// Puts an identity together from key seeds.
    ///
    /// # Errors
    /// When the log or receipt seed is no Ed25519 key.
    pub fn new(
        party: Party,
        signing: SigningKey,
        sealing: Vec<SealingKey>,
        log_seed: &[u8; 32],
        receipt_seed: &[u8; 32],
    ) -> Result<Self, UnusableKey> {
        let log = Ed25519KeyPair::from_seed_unchecked(log_seed).map_err(|_| UnusableKey("log"))?;
        let receipt = Ed25519KeyPair::from_seed_unchecked(receipt_seed).map_err(|_| UnusableKey("receipt"))?;
        Ok(Self { party, signing, sealing, log, receipt })
    }

    /// The key that signs checkpoints of the log `origin`. The key's name is the origin: a checkpoint of one feed is
    /// none of another.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub(crate) fn log_key(&self, origin: &str) -> Result<NoteKey<'_>, entente_log::Error> {
        NoteKey::new(KeyName::new(origin)?, SignatureType::Ed25519, &self.log)
    }

    /// The key that cosigns partners' feeds as receipts: a kind of its own.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub(crate) fn receipt_key(&self) -> Result<NoteKey<'_>, entente_log::Error> {
        NoteKey::new(KeyName::new(&receipt_name(&self.party))?, SignatureType::CosignatureV1, &self.receipt)
    }
}

/// The name of the key with which `party` cosigns receipts.
pub(crate) fn receipt_name(party: &Party) -> String {
    format!("entente/{party}/receipt")
}
