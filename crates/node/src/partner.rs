//! A partner: another party whose file has been checked against its root key. Whether that root key is the right one,
//! two persons settle by comparing its fingerprint.

use entente_core::{Party, time::Timestamp};
use entente_formats::party::{self, PartyFile};
use entente_log::{KeyName, Note, SignatureType, VerifierKey};
use entente_seal::SealingPublicKey;
use sha2::{Digest, Sha256};

use crate::keyring::SigningKeys;

/// A party file whose signature holds, with its keys ready for use.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The party.
    pub party: Party,
    /// The file.
    pub file: PartyFile,
    /// The signed note that it came as.
    pub note: String,
    pub(crate) signing: SigningKeys,
    pub(crate) sealing: SealingPublicKey,
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
    /// Another root key than the one confirmed before, and not the successor that was named in advance.
    #[error(
        "the root key of {party} is not the one that was confirmed before, nor the successor that it had named; the one \
         on file has the words: {known}; this one: {found}; ask {party} by another way what happened, and when the words \
         agree: `entente party add FILE --new-root`"
    )]
    OtherRoot {
        /// The party.
        party: Party,
        /// The fingerprint on file.
        known: String,
        /// The fingerprint of the file given.
        found: String,
    },
    /// The successor that was named is replaced or taken away, by who may hold a stolen root key.
    #[error(
        "this file of {party} names another successor of the root key than the one on file; ask {party} by another way, \
         and when it is so: `entente party add FILE --new-root`"
    )]
    OtherSuccessor {
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
        let first = file.sealing.first().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            party: file.party.as_str().into(),
            signing: SigningKeys::of(&file).map_err(PartnerError::Key)?,
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

    /// Whether this file may follow `known` of the same party without anybody comparing words: it is signed by the same root
    /// key, counts up and leaves the named successor as it is; or it is signed by that successor.
    ///
    /// A successor is not held to the serial: who has stolen the root key could have used up the numbers.
    ///
    /// # Errors
    /// Why not.
    pub fn may_follow(&self, known: &Self) -> Result<(), PartnerError> {
        let party = self.party.clone();
        if self.file == known.file || known.file.successor == Some(self.file.root) {
            return Ok(());
        }
        if self.file.root != known.file.root {
            let (known, found) = (known.fingerprint(), self.fingerprint());
            return Err(PartnerError::OtherRoot { party, known, found });
        }
        if self.file.serial <= known.file.serial {
            return Err(PartnerError::Older { party, found: self.file.serial, known: known.file.serial });
        }
        if known.file.successor.is_some() && self.file.successor != known.file.successor {
            return Err(PartnerError::OtherSuccessor { party });
        }
        Ok(())
    }

    /// The fingerprint of the root key, for people to compare: twelve words (BIP 39, English).
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.file.party, &self.file.root)
    }

    /// Whether this file names a key or certificate of `other` as its own: then one could pass for the other.
    pub fn borrows_from(&self, other: &Self) -> bool {
        let theirs: Vec<&[u8]> = other.file.all_keys().collect();
        self.file.all_keys().any(|key| theirs.contains(&key))
    }

    /// Whether the file counts at `at`.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.file.valid_from..=self.file.valid_until).contains(&at)
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
