//! A partner: another party whose file has been checked against its root key. Whether that root key is the right one,
//! two persons settle by comparing its fingerprint.

use entente_core::{Party, time::Timestamp};
use entente_formats::{
    party::{self, PartyFile},
    wire::{Conflict, payload},
};
use entente_log::{KeyName, Note, SignatureType, VerifierKey};
use entente_seal::{Envelope, KeyId, SealingPublicKey, VerifyingKey, dsse};
use sha2::{Digest, Sha256};

use crate::{
    identity::{receipt_name, witness_name},
    lane,
};

/// A party file whose signature holds, with its keys ready for use.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The party.
    pub party: Party,
    /// The file.
    pub file: PartyFile,
    /// The signed note that it came as.
    pub note: String,
    signing: Vec<VerifyingKey>,
    sealing: SealingPublicKey,
}

/// What is wrong with a party file, all of it its owner's to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartnerError {
    /// Not a signed note, or not signed by the root key that it names.
    #[error("the party file is not signed by its own root key: {0}")]
    Signature(entente_log::Error),
    /// The text does not fit.
    #[error("party file: {0}")]
    Text(party::PartyFileError),
    /// A key that is none.
    #[error("party file: {0}")]
    Key(entente_seal::Error),
    /// Another root key than the one confirmed before.
    #[error(
        "the root key of {party} is not the one that was confirmed before; ask {party} by another way what happened"
    )]
    OtherRoot {
        /// The party.
        party: Party,
    },
    /// An older file than the one known.
    #[error("serial {found} of {party} is not newer than {known}, which is on file")]
    Older {
        /// The party.
        party: Party,
        /// The serial of the file given.
        found: u64,
        /// The serial on file.
        known: u64,
    },
}

/// The name of the key that signs the party file of `party`.
fn root_name(party: &str) -> String {
    format!("entente/{party}/root")
}

impl Partner {
    /// Reads and checks a party file.
    ///
    /// # Errors
    /// When it is not a party file, or not signed by the root key that it names.
    pub fn open(note: &str) -> Result<Self, PartnerError> {
        let signed = Note::parse(note.as_bytes()).map_err(PartnerError::Signature)?;
        let file = party::parse(signed.text()).map_err(PartnerError::Text)?;
        let name = KeyName::new(&root_name(&file.party)).map_err(PartnerError::Signature)?;
        let root = VerifierKey::new(name, SignatureType::Ed25519, &file.root).map_err(PartnerError::Signature)?;
        signed.verify(&[root]).map_err(PartnerError::Signature)?;
        let signing = file.signing.iter().map(|key| VerifyingKey::from_bytes(key)).collect::<Result<_, _>>();
        let first = file.sealing.first().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            party: file.party.as_str().into(),
            signing: signing.map_err(PartnerError::Key)?,
            sealing: SealingPublicKey::from_bytes(first).map_err(PartnerError::Key)?,
            file,
            note: note.to_owned(),
        })
    }

    /// Signs a party file with its root key.
    ///
    /// # Errors
    /// When the root key is not the one that the file names.
    pub fn sign(file: &PartyFile, root_seed: &[u8; 32]) -> Result<String, PartnerError> {
        let unusable = || PartnerError::Signature(entente_log::Error::UnusableKey { name: root_name(&file.party) });
        let pair = entente_log::Ed25519KeyPair::from_seed_unchecked(root_seed).map_err(|_| unusable())?;
        let name = KeyName::new(&root_name(&file.party)).map_err(PartnerError::Signature)?;
        let key = entente_log::SigningKey::new(name, SignatureType::Ed25519, &pair).map_err(PartnerError::Signature)?;
        let note = Note::sign(party::write(file), &key).map_err(PartnerError::Signature)?.to_string();
        Self::open(&note).map(|_| note)
    }

    /// Whether this file may follow `known` of the same party.
    ///
    /// # Errors
    /// When the root key changed, or the serial does not count up.
    pub fn may_follow(&self, known: &Self) -> Result<(), PartnerError> {
        let party = self.party.clone();
        if self.file.root != known.file.root {
            return Err(PartnerError::OtherRoot { party });
        }
        if self.file.serial <= known.file.serial && self.file != known.file {
            return Err(PartnerError::Older { party, found: self.file.serial, known: known.file.serial });
        }
        Ok(())
    }

    /// The fingerprint of the root key, for people to compare: twelve words (BIP 39, English).
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.file.party, &self.file.root)
    }

    /// Whether this file names a key or certificate of `other` as its own: then one could pass for the other.
    pub fn borrows_from(&self, other: &Self) -> bool {
        let keys = |file: &PartyFile| -> Vec<[u8; 32]> {
            let single = [file.root, file.log, file.receipt].into_iter().chain(file.witness);
            single.chain(file.signing.iter().copied()).chain(file.tls.iter().copied()).collect()
        };
        let theirs = keys(&other.file);
        keys(&self.file).iter().any(|key| theirs.contains(key))
            || self.file.sealing.iter().any(|key| other.file.sealing.contains(key))
            || self.file.log_ml_dsa.as_ref().is_some_and(|key| other.file.log_ml_dsa.as_ref() == Some(key))
    }

    /// Whether the file counts at `at`.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.file.valid_from..=self.file.valid_until).contains(&at)
    }

    /// The key to seal to.
    pub(crate) fn sealing_key(&self) -> &SealingPublicKey {
        &self.sealing
    }

    /// The signing key with that id.
    pub(crate) fn signing_key(&self, id: &KeyId) -> Option<&VerifyingKey> {
        self.signing.iter().find(|key| key.id() == *id)
    }

    /// Whether this party has signed an envelope, to whomever it goes. `Err` says why not.
    ///
    /// # Errors
    /// When the key that the envelope names is not in this party file, or the signature or the ciphertext is not what
    /// that key has signed.
    pub fn sent(&self, envelope: &Envelope) -> Result<(), String> {
        let header = envelope.header();
        let key = self.signing_key(&header.signing_key).filter(|_| header.from == self.party.as_str());
        let key = key.ok_or_else(|| format!("signed with a key that is not in the party file of {}", self.party))?;
        envelope.verify(&header.to, key).map(drop).map_err(|error| error.to_string())
    }

    /// Whether both statements of a conflict are about one record of this party, and signed by it.
    pub fn contradicts_itself(&self, conflict: &Conflict) -> bool {
        let signed = [&conflict.held, &conflict.refused];
        conflict.statements().is_ok_and(|(held, _)| held.originator == self.party.as_str())
            && signed.iter().all(|signed| self.has_signed(payload::ORIGIN, &signed.statement, &signed.signature))
    }

    /// Whether any of its signing keys made this statement.
    pub(crate) fn has_signed(&self, payload_type: &str, statement: &[u8], signature: &[u8]) -> bool {
        self.signing.iter().any(|key| dsse::verify(key, payload_type, statement, signature).is_ok())
    }

    /// The keys that sign the checkpoints of its feed to `to`, in that lane: all of them, each time.
    ///
    /// # Errors
    /// When a party code is no key name.
    pub fn feed_keys(&self, to: &Party, lane: lane::Lane) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.log_keys(&lane::origin(&self.party, to, lane))
    }

    /// The keys that sign the checkpoints of the first volume of its ledger: all of them, each time.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn ledger_keys(&self) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.volume_keys(0)
    }

    /// The keys that sign the checkpoints of a later volume of its ledger: all of them, each time.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn volume_keys(&self, volume: u64) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.log_keys(&lane::volume_origin(&self.party, volume))
    }

    /// The first of the keys that sign the log `origin`.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub fn log_key(&self, origin: &str) -> Result<VerifierKey, entente_log::Error> {
        VerifierKey::new(KeyName::new(origin)?, SignatureType::Ed25519, &self.file.log)
    }

    fn log_keys(&self, origin: &str) -> Result<Vec<VerifierKey>, entente_log::Error> {
        let first = self.log_key(origin)?;
        let second = self.file.log_ml_dsa.as_ref();
        let second = second.map(|key| VerifierKey::new(first.name().clone(), SignatureType::SubtreeV1, key));
        let second = second.transpose()?;
        Ok([first].into_iter().chain(second).collect())
    }

    /// The key that cosigns ledgers as their witness, where it has one.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn witness_key(&self) -> Result<Option<VerifierKey>, entente_log::Error> {
        let name = KeyName::new(&witness_name(&self.party))?;
        let key = self.file.witness.as_ref();
        key.map(|key| VerifierKey::new(name, SignatureType::CosignatureV1, key)).transpose()
    }

    /// The key that cosigns our feeds to it.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn receipt_key(&self) -> Result<VerifierKey, entente_log::Error> {
        let name = KeyName::new(&receipt_name(&self.party))?;
        VerifierKey::new(name, SignatureType::CosignatureV1, &self.file.receipt)
    }
}

/// Twelve words of a party's code and root key together: 128 bits of their SHA-256 with a check. With the code in it, a
/// party cannot hand out its own key under another's name.
pub fn fingerprint(party: &str, root: &[u8; 32]) -> String {
    let hash = Sha256::new().chain_update(b"entente.party/1 fingerprint\0").chain_update(party).chain_update([0]);
    let digest = hash.chain_update(root).finalize();
    let start = digest.get(..16).unwrap_or_default();
    bip39::Mnemonic::from_entropy(start).map(|words| words.to_string()).unwrap_or_default()
}
