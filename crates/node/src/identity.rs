//! The keys of a node: what it signs, opens and cosigns with. The root key is not among them; it signs party files and
//! can stay offline.

use entente_core::Party;
use entente_formats::party::{KeyKind, PartyFile};
use entente_log::{
    Checkpoint, Ed25519KeyPair, KeyName, MlDsa44KeyPair, Note, SignatureType, SigningKey as NoteKey, VerifierKey,
    cosign,
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
    /// Opens envelopes; more than one while keys roll over, and for a time after.
    pub sealing: Vec<SealingKey>,
    // Of each kind the key in use comes first. Behind it stand those that sign beside it: announced ones, and revoked ones
    // that a partner may still hold for ours.
    log: Vec<Ed25519KeyPair>,
    log_ml_dsa: Vec<MlDsa44KeyPair>,
    receipt: Vec<Ed25519KeyPair>,
    witness: Vec<Ed25519KeyPair>,
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
            log: vec![ed25519(seeds.log, "log")?],
            log_ml_dsa: seeds.log_ml_dsa.map(ml_dsa).transpose()?.into_iter().collect(),
            receipt: vec![ed25519(seeds.receipt, "receipt")?],
            witness: seeds.witness.map(|seed| ed25519(seed, "witness")).transpose()?.into_iter().collect(),
        })
    }

    /// The same with one more key, beside the one in use: so that who knows either of the two believes what is signed, while
    /// keys roll over. Of a kind that signs one thing once (`signing`, `tls`) there is none beside.
    ///
    /// # Errors
    /// When the seed is no key.
    pub fn beside(mut self, kind: KeyKind, seed: &[u8; 32]) -> Result<Self, UnusableKey> {
        let unusable = || UnusableKey(kind.as_str());
        let ed25519 = || Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| unusable());
        match kind {
            KeyKind::Sealing => self.sealing.push(SealingKey::from_seed(seed).map_err(|_| unusable())?),
            KeyKind::Log => self.log.push(ed25519()?),
            KeyKind::LogMlDsa => self.log_ml_dsa.push(MlDsa44KeyPair::from_seed(seed).map_err(|_| unusable())?),
            KeyKind::Receipt => self.receipt.push(ed25519()?),
            KeyKind::Witness => self.witness.push(ed25519()?),
            KeyKind::Signing | KeyKind::Tls => {}
        }
        Ok(self)
    }

    /// Whether every key that we sign our own logs with now has signed this note of one of them.
    pub(crate) fn has_signed(&self, note: &str) -> bool {
        let Ok(note) = Note::parse(note.as_bytes()) else { return false };
        let origin = note.text().split('\n').next().unwrap_or_default();
        let Ok(keys) = self.log_keys(origin) else { return false };
        keys.iter().all(|key| note.signatures().iter().any(|line| line.is_by(key.verifier())))
    }

    /// The name of a key that the party file promises and this node does not have: partners would refuse what it signs.
    pub fn missing_from(&self, file: &PartyFile) -> Option<&'static str> {
        let promised = |kind: KeyKind| {
            let used = if kind == KeyKind::Sealing {
                file.in_use(kind)
            } else {
                file.in_use(kind).into_iter().take(1).collect()
            };
            used.into_iter().chain(file.next(kind).map(|next| next.key.as_slice())).collect::<Vec<_>>()
        };
        let has = |kind: KeyKind, key: &[u8]| match kind {
            // The next one is taken up when it comes into use.
            KeyKind::Signing => self.signing.public().as_bytes() == key || file.in_use(kind).first() != Some(&key),
            KeyKind::Sealing => self.sealing.iter().any(|pair| pair.public().to_bytes().as_slice() == key),
            KeyKind::Log => self.log.iter().any(|pair| entente_log::public_key(pair) == key),
            KeyKind::LogMlDsa => self.log_ml_dsa.iter().any(|pair| pair.public_key() == key),
            KeyKind::Receipt => self.receipt.iter().any(|pair| entente_log::public_key(pair) == key),
            KeyKind::Witness => self.witness.iter().any(|pair| entente_log::public_key(pair) == key),
            KeyKind::Tls => true,
        };
        let lacks = |kind: &KeyKind| promised(*kind).into_iter().any(|key| !has(*kind, key));
        KeyKind::ALL.into_iter().find(lacks).map(KeyKind::as_str)
    }

    /// A note of one of our own logs with the signatures of the keys that we have now, where it lacks any. `None` where it has
    /// them, or is none.
    pub(crate) fn signed_anew(&self, note: &str) -> Option<String> {
        if self.has_signed(note) {
            return None;
        }
        let checkpoint = Note::parse(note.as_bytes()).ok()?.text().parse().ok()?;
        Some(self.sign_checkpoint(&checkpoint).ok()?.to_string())
    }

    /// The Ed25519 keys of the log `origin`, to check with.
    pub(crate) fn first_log_verifiers(&self, origin: &str) -> Result<Vec<VerifierKey>, entente_log::Error> {
        let name = KeyName::new(origin)?;
        let keys = self.log.iter().map(|pair| NoteKey::new(name.clone(), SignatureType::Ed25519, pair));
        keys.map(|key| Ok(key?.verifier().clone())).collect()
    }

    /// The first of the keys that sign the log `origin`.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub(crate) fn log_key(&self, origin: &str) -> Result<NoteKey<'_>, entente_log::Error> {
        let unusable = || entente_log::Error::UnusableKey { name: origin.to_owned() };
        NoteKey::new(KeyName::new(origin)?, SignatureType::Ed25519, self.log.first().ok_or_else(unusable)?)
    }

    /// All of the keys that sign the log `origin`.
    fn log_keys(&self, origin: &str) -> Result<Vec<NoteKey<'_>>, entente_log::Error> {
        let name = KeyName::new(origin)?;
        let first = self.log.iter().map(|pair| NoteKey::new(name.clone(), SignatureType::Ed25519, pair));
        first.chain(self.log_ml_dsa.iter().map(|pair| NoteKey::ml_dsa_44(name.clone(), pair))).collect()
    }

    /// Signs a checkpoint of one of our own logs, with every key that we have for it. The keys' name is the origin: a
    /// checkpoint of one feed is none of another.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub(crate) fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Note, entente_log::Error> {
        let mut lines = Vec::new();
        for key in self.log_keys(checkpoint.origin())? {
            match key.verifier().signature_type() {
                SignatureType::Ed25519 => lines.extend(checkpoint.sign(&key)?.signatures().iter().cloned()),
                // Time 0: a log's own signature says nothing about when.
                _ => lines.push(cosign(checkpoint, &key, 0)?),
            }
        }
        Note::new(checkpoint.to_string(), lines)
    }

    /// The keys that cosign partners' feeds as receipts: a kind of its own.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub(crate) fn receipt_keys(&self) -> Result<Vec<NoteKey<'_>>, entente_log::Error> {
        let name = KeyName::new(&receipt_name(&self.party))?;
        self.receipt.iter().map(|pair| NoteKey::new(name.clone(), SignatureType::CosignatureV1, pair)).collect()
    }

    /// Whether this node witnesses ledgers.
    pub(crate) fn is_witness(&self) -> bool {
        !self.witness.is_empty()
    }

    /// The keys that cosign partners' ledgers as their witness, where there are any: a kind of their own.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub(crate) fn witness_keys(&self) -> Result<Vec<NoteKey<'_>>, entente_log::Error> {
        let name = KeyName::new(&witness_name(&self.party))?;
        self.witness.iter().map(|pair| NoteKey::new(name.clone(), SignatureType::CosignatureV1, pair)).collect()
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
