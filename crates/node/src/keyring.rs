//! Which of a party's keys count for what: those in use, those announced and those retired all do; what was made with a
//! revoked one counts only where somebody else can show that it is older than the revocation.
//!
//! Key type: [`Word`], what a signature on a statement is worth.

use entente_core::{Party, time::Timestamp};
use entente_formats::{
    party::{KeyKind, PartyFile, Standing},
    wire::{Conflict, payload},
};
use entente_log::{KeyName, Note, SignatureType, VerifierKey};
use entente_seal::{Envelope, KeyId, SealingPublicKey, VerifyingKey, dsse};

use crate::{
    identity::{receipt_name, witness_name},
    lane,
    partner::Partner,
};

/// The keys that a log's checkpoints are signed with: at least one of each group has to sign.
pub type KeyGroups = Vec<Vec<VerifierKey>>;

/// A party's signing keys, ready for use, with how those stand that are not in use.
#[derive(Clone, Debug)]
pub(crate) struct SigningKeys(Vec<(VerifyingKey, Option<Standing>)>);

impl SigningKeys {
    pub(crate) fn of(file: &PartyFile) -> Result<Self, entente_seal::Error> {
        let used = file.in_use(KeyKind::Signing).into_iter().map(|key| (key, None));
        let others = file.others(KeyKind::Signing).map(|other| (other.key.as_slice(), Some(other.standing)));
        let keys = used.chain(others).map(|(key, standing)| Ok((VerifyingKey::from_bytes(key)?, standing)));
        keys.collect::<Result<_, _>>().map(Self)
    }
}

/// What a signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is the party's.
    Good,
    /// It is by a key that the party has revoked since this moment, and nothing shows that it is older.
    Revoked(Timestamp),
    /// It is none of the party's.
    None,
}

impl Word {
    /// Whether the statement is the party's word.
    pub fn is_good(self) -> bool {
        self == Self::Good
    }
}

/// Why an envelope counts no more that was signed with a key that is not in use: it was made after the key was given up, or
/// the key is in wrong hands and the envelope was not here before.
pub(crate) fn worn_out_at(standing: Standing, created: i64, received: Option<i64>) -> Option<String> {
    match standing {
        Standing::Revoked(since) if received.is_none_or(|received| received >= since.as_second()) => {
            Some(format!("has revoked since {since}, and no receipt of ours is older"))
        }
        Standing::Retired(since) if created > since.as_second() => Some(format!("has not used since {since}")),
        _ => None,
    }
}

fn is_revoked(standing: Standing) -> bool {
    matches!(standing, Standing::Revoked(_))
}

/// Keys to check something with, and since when those are revoked that are needed for it.
pub type Reaching = (KeyGroups, Option<Timestamp>);

fn reaching(mut keys: KeyGroups, revoked: Vec<Vec<(VerifierKey, Timestamp)>>, note: &Note) -> Reaching {
    let signed = |key: &VerifierKey| note.signatures().iter().any(|line| line.is_by(key));
    let mut since = None;
    for (group, revoked) in keys.iter_mut().zip(revoked) {
        if group.iter().any(signed) {
            continue;
        }
        for (key, moment) in revoked.into_iter().filter(|(key, _)| signed(key)) {
            group.push(key);
            since = Some(since.map_or(moment, |known: Timestamp| known.min(moment)));
        }
    }
    (keys, since)
}

impl Partner {
    /// The key to seal to.
    pub(crate) fn sealing_key(&self) -> &SealingPublicKey {
        &self.sealing
    }

    /// The signing key with that id, and how it stands where it is not in use.
    pub fn signing_key(&self, id: &KeyId) -> Option<(&VerifyingKey, Option<Standing>)> {
        self.signing.0.iter().find(|(key, _)| key.id() == *id).map(|(key, standing)| (key, *standing))
    }

    /// Whether this party has signed an envelope, to whomever it goes. `Err` says why not.
    ///
    /// # Errors
    /// When the key that the envelope names is not in this party file, or does not count for it, or the signature or the
    /// ciphertext is not what that key has signed.
    pub fn sent(&self, envelope: &Envelope) -> Result<(), String> {
        let header = envelope.header();
        let key = self.signing_key(&header.signing_key).filter(|_| header.from == self.party.as_str());
        let (key, standing) =
            key.ok_or_else(|| format!("signed with a key that is not in the party file of {}", self.party))?;
        if let Some(why) = standing.and_then(|standing| worn_out_at(standing, header.created, None)) {
            return Err(format!("signed with a key that {} {why}", self.party));
        }
        envelope.verify(&header.to, key).map(drop).map_err(|error| error.to_string())
    }

    /// Whether both statements of a conflict are about one record of this party, and signed by it.
    pub fn contradicts_itself(&self, conflict: &Conflict) -> bool {
        let signed = [&conflict.held, &conflict.refused];
        conflict.statements().is_ok_and(|(held, _)| held.originator == self.party.as_str())
            && signed.iter().all(|signed| self.has_signed(payload::ORIGIN, &signed.statement, &signed.signature))
    }

    /// Whether a signing key that was not revoked made this statement.
    pub fn has_signed(&self, payload_type: &str, statement: &[u8], signature: &[u8]) -> bool {
        self.word(payload_type, statement, signature, None).is_good()
    }

    /// What this signature is worth, where it is known that the statement was here at `kept` already, in seconds since the
    /// epoch.
    pub fn word(&self, payload_type: &str, statement: &[u8], signature: &[u8], kept: Option<i64>) -> Word {
        let made = |(key, _): &&(VerifyingKey, Option<Standing>)| {
            dsse::verify(key, payload_type, statement, signature).is_ok()
        };
        match self.signing.0.iter().find(made) {
            None => Word::None,
            Some((_, Some(Standing::Revoked(since)))) if kept.is_none_or(|kept| kept >= since.as_second()) => {
                Word::Revoked(*since)
            }
            Some(_) => Word::Good,
        }
    }

    /// Whether any of its signing keys is revoked: only then may a signature be worth less than it was.
    pub(crate) fn has_revoked_signing(&self) -> bool {
        self.signing.0.iter().any(|(_, standing)| standing.is_some_and(is_revoked))
    }

    /// The certificates that its node may present.
    pub fn certificates(&self) -> Vec<[u8; 32]> {
        let next = self.file.next(KeyKind::Tls).and_then(|next| next.key.as_slice().try_into().ok());
        self.file.tls.iter().copied().chain(next).collect()
    }

    /// The keys that sign the checkpoints of its feed to `to`, in that lane.
    ///
    /// # Errors
    /// When a party code is no key name.
    pub fn feed_keys(&self, to: &Party, lane: lane::Lane) -> Result<KeyGroups, entente_log::Error> {
        self.log_keys(&lane::origin(&self.party, to, lane))
    }

    /// The keys that sign the checkpoints of the first volume of its ledger.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn ledger_keys(&self) -> Result<KeyGroups, entente_log::Error> {
        self.volume_keys(0)
    }

    /// The keys that sign the checkpoints of a later volume of its ledger.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn volume_keys(&self, volume: u64) -> Result<KeyGroups, entente_log::Error> {
        self.log_keys(&lane::volume_origin(&self.party, volume))
    }

    /// The first of the keys that sign the log `origin`.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub fn log_key(&self, origin: &str) -> Result<VerifierKey, entente_log::Error> {
        VerifierKey::new(KeyName::new(origin)?, SignatureType::Ed25519, &self.file.log)
    }

    /// The Ed25519 keys of the log `origin`: what never leaves the node is signed with one of them alone.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub fn first_log_keys(&self, origin: &str) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.keys(KeyKind::Log, origin, SignatureType::Ed25519)
    }

    /// The keys of the log `origin`, in groups of which each has to sign: Ed25519, and ML-DSA-44 where there is one in use.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub fn log_keys(&self, origin: &str) -> Result<KeyGroups, entente_log::Error> {
        let mut groups = vec![self.first_log_keys(origin)?];
        if self.file.log_ml_dsa.is_some() {
            groups.push(self.keys(KeyKind::LogMlDsa, origin, SignatureType::SubtreeV1)?);
        }
        Ok(groups)
    }

    /// The keys to check a checkpoint of the log `origin` with that was signed in the past: those that count, and where none
    /// of a group has signed it, the revoked ones that did; and then the earliest moment since which these are revoked. What
    /// they signed has to be older.
    ///
    /// # Errors
    /// When the origin is no key name.
    pub fn log_keys_of(&self, origin: &str, note: &Note) -> Result<Reaching, entente_log::Error> {
        let mut revoked = vec![self.revoked(KeyKind::Log, origin, SignatureType::Ed25519)?];
        if self.file.log_ml_dsa.is_some() {
            revoked.push(self.revoked(KeyKind::LogMlDsa, origin, SignatureType::SubtreeV1)?);
        }
        Ok(reaching(self.log_keys(origin)?, revoked, note))
    }

    /// The same for its receipt on a feed to it.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn receipt_keys_of(&self, note: &Note) -> Result<Reaching, entente_log::Error> {
        let revoked = self.revoked(KeyKind::Receipt, &receipt_name(&self.party), SignatureType::CosignatureV1)?;
        Ok(reaching(vec![self.receipt_keys()?], vec![revoked], note))
    }

    /// The keys that cosign ledgers as their witness; none where it witnesses nobody.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn witness_keys(&self) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.keys(KeyKind::Witness, &witness_name(&self.party), SignatureType::CosignatureV1)
    }

    /// The keys that cosign our feeds to it.
    ///
    /// # Errors
    /// When the party's code is no key name.
    pub fn receipt_keys(&self) -> Result<Vec<VerifierKey>, entente_log::Error> {
        self.keys(KeyKind::Receipt, &receipt_name(&self.party), SignatureType::CosignatureV1)
    }

    /// The keys of a kind that were not revoked, under that name.
    fn keys(&self, kind: KeyKind, name: &str, signs: SignatureType) -> Result<Vec<VerifierKey>, entente_log::Error> {
        let name = KeyName::new(name)?;
        let others = self.file.others(kind).filter(|other| !is_revoked(other.standing));
        let all = self.file.in_use(kind).into_iter().chain(others.map(|other| other.key.as_slice()));
        all.map(|key| VerifierKey::new(name.clone(), signs, key)).collect()
    }

    fn revoked(
        &self,
        kind: KeyKind,
        name: &str,
        signs: SignatureType,
    ) -> Result<Vec<(VerifierKey, Timestamp)>, entente_log::Error> {
        let name = KeyName::new(name)?;
        let revoked = self.file.others(kind).filter_map(|other| match other.standing {
            Standing::Revoked(since) => Some((&other.key, since)),
            _ => None,
        });
        revoked.map(|(key, since)| Ok((VerifierKey::new(name.clone(), signs, key)?, since))).collect()
    }
}
