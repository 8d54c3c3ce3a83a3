//! The keys of a node: what it signs, opens and cosigns with. The root key is not among them; it signs party files and
//! can stay offline.

use entente_core::Party;
use entente_formats::party::PartyFile;
use entente_log::{
    Checkpoint, Ed25519KeyPair, KeyName, MlDsa44KeyPair, Note, SignatureType, SigningKey as NoteKey, cosign,
};
use entente_seal::{SealingKey, SigningKey, dsse};
use zeroize::Zeroizing;

use crate::state::sha256;

/// Signed once, and shown to nobody: a payload type of its own.
const SALT_KEY: &str = "application/vnd.entente.salt-key";

/// The secret keys of one node, held in memory while it runs.
pub struct Identity {
    /// Whose node it is.
    pub party: Party,
    /// Signs envelopes and statements.
    pub signing: SigningKey,
    /// Opens envelopes; more than one while keys roll over.
    pub sealing: Vec<SealingKey>,
    log: Ed25519KeyPair,
    log_ml_dsa: Option<MlDsa44KeyPair>,
    receipt: Ed25519KeyPair,
    witness: Option<Ed25519KeyPair>,
    /// What salts are made with: a signature that Ed25519 makes without randomness, once, for one costs as much as all the
    /// hashing of a statement.
    pub(crate) salt_key: Zeroizing<[u8; 32]>,
}

/// The seeds of the keys that sign and cosign logs.
#[derive(Clone, Copy)]
pub struct LogSeeds<'a> {
    /// Ed25519: signs the checkpoints of our own logs.
    pub log: &'a [u8; 32],
    /// ML-DSA-44: signs them too. A node from before there was one does without.
    pub log_ml_dsa: Option<&'a [u8; 32]>,
    /// Ed25519: cosigns partners' feeds as receipts.
    pub receipt: &'a [u8; 32],
    /// Ed25519: cosigns partners' ledgers as their witness. A node without one witnesses nobody.
    pub witness: Option<&'a [u8; 32]>,
}

/// Key material that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} key cannot be used: the library takes no such seed of 32 bytes")]
pub struct UnusableKey(&'static str);

impl Identity {
    /// Puts an identity together from key seeds.
    ///
    /// # Errors
    /// When a seed is no key.
    pub fn new(
        party: Party,
        signing: SigningKey,
        sealing: Vec<SealingKey>,
        seeds: LogSeeds<'_>,
    ) -> Result<Self, UnusableKey> {
        let ed25519 = |seed: &[u8; 32], name| Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| UnusableKey(name));
        let ml_dsa = |seed: &[u8; 32]| MlDsa44KeyPair::from_seed(seed).map_err(|_| UnusableKey("log-ml-dsa"));
        let salt_key = dsse::sign(&signing, SALT_KEY, party.as_str().as_bytes()).map_err(|_| UnusableKey("signing"))?;
        Ok(Self {
            salt_key: Zeroizing::new(sha256(&salt_key)),
            party,
            signing,
            sealing,
            log: ed25519(seeds.log, "log")?,
            log_ml_dsa: seeds.log_ml_dsa.map(ml_dsa).transpose()?,
            receipt: ed25519(seeds.receipt, "receipt")?,
            witness: seeds.witness.map(|seed| ed25519(seed, "witness")).transpose()?,
        })
    }

    /// Whether as many keys have signed this note of one of our own logs as we have for it.
    pub(crate) fn has_signed(&self, note: &str) -> bool {
        let keys = 1 + usize::from(self.log_ml_dsa.is_some());
        Note::parse(note.as_bytes()).is_ok_and(|note| note.signatures().len() == keys)
    }

    /// The name of a key that the party file promises and this node does not have: partners would refuse what it signs.
    pub fn missing_from(&self, file: &PartyFile) -> Option<&'static str> {
        let ed25519 = |pair: &Ed25519KeyPair, key: &[u8; 32]| entente_log::public_key(pair) == key;
        let has = [
            ("log", ed25519(&self.log, &file.log)),
            ("receipt", ed25519(&self.receipt, &file.receipt)),
            ("log_ml_dsa", {
                let promised = file.log_ml_dsa.as_deref();
                promised.is_none_or(|key| self.log_ml_dsa.as_ref().is_some_and(|pair| pair.public_key() == key))
            }),
            ("witness", {
                let promised = file.witness.as_ref();
                promised.is_none_or(|key| self.witness.as_ref().is_some_and(|pair| ed25519(pair, key)))
            }),
        ];
        has.into_iter().find(|(_, has)| !has).map(|(name, _)| name)
    }

    /// The first of the keys that sign the log `origin`.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub(crate) fn log_key(&self, origin: &str) -> Result<NoteKey<'_>, entente_log::Error> {
        NoteKey::new(KeyName::new(origin)?, SignatureType::Ed25519, &self.log)
    }

    /// Signs a checkpoint of one of our own logs, with every key that we have for it. The keys' name is the origin: a
    /// checkpoint of one feed is none of another.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub(crate) fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Note, entente_log::Error> {
        let key = self.log_key(checkpoint.origin())?;
        let note = checkpoint.sign(&key)?;
        match &self.log_ml_dsa {
            // Time 0: a log's own signature says nothing about when.
            Some(pair) => {
                let second = NoteKey::ml_dsa_44(key.verifier().name().clone(), pair)?;
                note.with_signature(cosign(checkpoint, &second, 0)?)
            }
            None => Ok(note),
        }
    }

    /// The key that cosigns partners' feeds as receipts: a kind of its own.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub(crate) fn receipt_key(&self) -> Result<NoteKey<'_>, entente_log::Error> {
        NoteKey::new(KeyName::new(&receipt_name(&self.party))?, SignatureType::CosignatureV1, &self.receipt)
    }

    /// The key that cosigns partners' ledgers as their witness, where there is one: a kind of its own.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub(crate) fn witness_key(&self) -> Result<Option<NoteKey<'_>>, entente_log::Error> {
        let name = KeyName::new(&witness_name(&self.party))?;
        self.witness.as_ref().map(|pair| NoteKey::new(name, SignatureType::CosignatureV1, pair)).transpose()
    }
}

/// The name of the key with which `party` cosigns ledgers as a witness.
pub(crate) fn witness_name(party: &Party) -> String {
    format!("entente/{party}/witness")
}

/// The name of the key with which `party` cosigns receipts.
pub(crate) fn receipt_name(party: &Party) -> String {
    format!("entente/{party}/receipt")
}
