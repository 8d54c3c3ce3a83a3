//! Proof files that anybody can check with party files alone, in the form of C2SP tlog-proof. There are two:
//!
//! - a **statement**: this node said it, in this interval of its ledger. The extra data holds the statement and its place
//!   in the interval's private tree; with them the leaf is computed, whose place the file proves.
//! - a **receipt**: the recipient of a feed has held this envelope. The checkpoint is the one that the recipient cosigned.
//!
//! Which envelope carried a record, the statement of the decision says; the two together prove that a record was
//! received. The key type is [`Checked`]: what a file proves, and who vouches for it.

use entente_core::{Party, time::Timestamp};
use entente_formats::hex;
use entente_log::{
    Checkpoint, Hash, MAX_PROOF_HASHES, Note, TlogProof, inclusion_proof, inclusion_root, leaf_hash, verify_cosignature,
};
use serde::{Deserialize, Serialize};

use crate::{
    lane::{Feed, Lane, origin, volume_of},
    ledger::Interval,
    partner::Partner,
    statement::{self, RecordOpening, Statement, Told},
};

pub use entente_log::MAX_TLOG_PROOF_BYTES as MAX_BYTES;

/// What a leaf is computed from; the file carries it as extra data (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "schema", deny_unknown_fields)]
pub enum Extra {
    /// A statement in an interval of a ledger.
    #[serde(rename = "entente.statement-proof/1")]
    Statement {
        /// The first moment of the interval, in seconds since the epoch.
        from: i64,
        /// The first moment behind it.
        until: i64,
        /// The statement, exactly.
        statement: String,
        /// Its place in the private tree, where the salt is 0.
        index: u64,
        /// The leaves of that tree.
        size: u64,
        /// The statement's proof in it, in base64, lowest sibling first.
        proof: Vec<String>,
        /// Which record it is about, where that is disclosed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<RecordOpening>,
        /// Everything that it says, where that is disclosed: the opening, exactly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opening: Option<String>,
    },
    /// An envelope in a feed.
    #[serde(rename = "entente.receipt-proof/1")]
    Envelope {
        /// SHA-256 of the envelope, in hex.
        envelope: String,
    },
}

/// How much of what a statement commits to a proof file discloses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosed {
    /// Nothing: kind, direction, parties, class, agreements and digests stand in the statement itself.
    Nothing,
    /// Which record it is about.
    Record,
    /// Everything that it says.
    Everything,
}

/// What a proof file proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The log.
    pub log: String,
    /// The place of the leaf, and the leaves of the log.
    pub index: u64,
    /// How many leaves the log had.
    pub size: u64,
    /// Who signed the checkpoint: the log's own party, or, for a receipt, its recipient.
    pub signed_by: Party,
    /// Whether that party signed with ML-DSA-44, too.
    pub post_quantum: bool,
    /// Who cosigned it, and when, in seconds since the epoch.
    pub witnesses: Vec<(Party, u64)>,
    /// What was proved to be there.
    pub extra: Extra,
    /// What makes it count although a key that signed it is revoked.
    pub rests_on: Option<Rests>,
}

/// What a signature by a revoked key rests on: a cosignature that is older than the revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rests {
    /// Since when the key is revoked.
    pub revoked: Timestamp,
    /// Who cosigned before.
    pub witness: Party,
    /// When, in seconds since the epoch.
    pub at: u64,
}

/// Why a file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It does not read, or its proofs or signatures do not hold.
    #[error("{0}")]
    Log(#[from] entente_log::Error),
    /// Its extra data is not what a proof of ours needs.
    #[error("the extra data of the proof file: {0}")]
    Extra(String),
    /// None of the party files given is the one needed.
    #[error("no party file given explains the log `{0}`; give those of the parties that it names")]
    UnknownLog(String),
    /// Signed with a key that is revoked, and nothing shows that it is older.
    #[error(
        "{party} has revoked the key that signed it, since {since}, and no cosignature of the parties given is older than \
         that: it proves nothing"
    )]
    Revoked {
        /// Whose key it is.
        party: Party,
        /// The moment that it names.
        since: Timestamp,
    },
}

impl Extra {
    /// A statement of a closed interval, with nothing disclosed of what it commits to. `leaves` are those of its private tree, the salt's first; `index` is the place
    /// among them.
    ///
    /// # Errors
    /// When there is no such leaf.
    pub fn statement(
        (from, until): (i64, i64),
        leaves: &[Hash],
        index: u64,
        statement: String,
    ) -> Result<Self, entente_log::Error> {
        let size = u64::try_from(leaves.len()).unwrap_or_default();
        let node = |level: u8, at: u64| subtree(leaves, level, at);
        let proof = inclusion_proof(index, size, &node)?.iter().map(ToString::to_string).collect();
        Ok(Self::Statement { from, until, statement, index, size, proof, record: None, opening: None })
    }

    /// The same, with this much disclosed.
    #[must_use]
    pub fn disclosing(self, wanted: Disclosed, told: &Told, kept: Option<String>) -> Self {
        match self {
            Self::Statement { from, until, statement, index, size, proof, .. } => {
                let (record, opening) = match wanted {
                    Disclosed::Nothing => (None, None),
                    Disclosed::Record => (told.record.clone(), None),
                    Disclosed::Everything => (None, kept),
                };
                Self::Statement { from, until, statement, index, size, proof, record, opening }
            }
            receipt @ Self::Envelope { .. } => receipt,
        }
    }

    /// The bytes that the file carries.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The leaf of the log, where what this says of a private tree holds.
    fn leaf(&self) -> Result<Hash, ProofError> {
        match self {
            Self::Statement { from, until, statement, index, size, proof, record, opening } => {
                let does_not_open = |why: String| ProofError::Extra(format!("what it discloses: {why}"));
                if let Some(opening) = opening {
                    statement::read(statement, Some(opening)).map_err(does_not_open)?;
                }
                if let Some(record) = record {
                    let line: Statement =
                        serde_json::from_str(statement).map_err(|error| does_not_open(error.to_string()))?;
                    if record.commitment().is_none() || record.commitment() != line.record {
                        return Err(does_not_open("the statement commits to another record".to_owned()));
                    }
                }
                if proof.len() > MAX_PROOF_HASHES || *index == 0 {
                    return Err(ProofError::Extra("it is not of a statement".to_owned()));
                }
                let proof = proof.iter().map(|hash| hash.parse()).collect::<Result<Vec<Hash>, _>>()?;
                let leaf = leaf_hash(statement.as_bytes());
                let root = inclusion_root(&leaf, *index, *size, &proof)?;
                Ok(Interval { from: *from, until: *until, root }.leaf())
            }
            Self::Envelope { envelope } => {
                let digest = hex::decode(envelope).filter(|digest| digest.len() == 32);
                let digest = digest.ok_or_else(|| ProofError::Extra("the envelope is no digest in hex".to_owned()))?;
                Ok(leaf_hash(&digest))
            }
        }
    }
}

/// Checks a proof file with these party files.
///
/// # Errors
/// When it proves nothing, and why.
pub fn check(file: &[u8], partners: &[Partner]) -> Result<Checked, ProofError> {
    let file = TlogProof::parse(file)?;
    let bytes = file.extra.as_deref().ok_or_else(|| ProofError::Extra("there is none".to_owned()))?;
    let extra: Extra = serde_json::from_slice(bytes).map_err(|error| ProofError::Extra(error.to_string()))?;
    let leaf = extra.leaf()?;
    let (signer, (keys, since)) = match &extra {
        Extra::Statement { .. } => {
            let mut owners = partners.iter();
            let owner = owners.find(|known| volume_of(file.origin(), &known.party).is_some());
            let owner = owner.ok_or_else(|| ProofError::UnknownLog(file.origin().to_owned()))?;
            (owner, owner.log_keys_of(file.origin(), &file.note)?)
        }
        Extra::Envelope { .. } => {
            let recipient = recipient(file.origin(), partners);
            let recipient = recipient.ok_or_else(|| ProofError::UnknownLog(file.origin().to_owned()))?;
            (recipient, recipient.receipt_keys_of(&file.note)?)
        }
    };
    let checkpoint = file.check(&leaf, &keys)?;
    let witnesses = witnesses(&file.note, &checkpoint, signer, partners)?;
    let rests_on = since.map(|since| older(&witnesses, signer, since)).transpose()?;
    Ok(Checked {
        log: file.origin().to_owned(),
        index: file.index,
        size: checkpoint.size(),
        signed_by: signer.party.clone(),
        post_quantum: keys.len() > 1,
        witnesses,
        extra,
        rests_on,
    })
}

/// The oldest cosignature, which has to be older than the revocation.
fn older(witnesses: &[(Party, u64)], signer: &Partner, since: Timestamp) -> Result<Rests, ProofError> {
    let before = |at: u64| i64::try_from(at).is_ok_and(|at| at < since.as_second());
    let oldest = witnesses.iter().filter(|(_, at)| before(*at)).min_by_key(|(_, at)| *at);
    let (witness, at) = oldest.ok_or_else(|| ProofError::Revoked { party: signer.party.clone(), since })?;
    Ok(Rests { revoked: since, witness: witness.clone(), at: *at })
}

/// Who cosigned as a witness, with a key that is not revoked. A line that bears a known key and does not verify spoils the
/// file.
fn witnesses(
    note: &Note,
    checkpoint: &Checkpoint,
    signer: &Partner,
    partners: &[Partner],
) -> Result<Vec<(Party, u64)>, ProofError> {
    let mut witnesses: Vec<(Party, u64)> = Vec::new();
    for partner in partners.iter().filter(|partner| partner.party != signer.party) {
        for key in partner.witness_keys()? {
            for line in note.signatures().iter().filter(|line| line.is_by(&key)) {
                let at = verify_cosignature(checkpoint, line, &key)?;
                if !witnesses.iter().any(|(party, _)| *party == partner.party) {
                    witnesses.push((partner.party.clone(), at));
                }
            }
        }
    }
    Ok(witnesses)
}

/// Whose receipts are for the feed `origin`.
fn recipient<'a>(wanted: &str, partners: &'a [Partner]) -> Option<&'a Partner> {
    partners.iter().find(|to| {
        let rest = wanted.strip_prefix("entente/").and_then(|rest| rest.split_once('/'));
        rest.is_some_and(|(from, _)| Lane::ALL.iter().any(|lane| origin(&from.into(), &to.party, *lane) == wanted))
    })
}

/// The file that proves an envelope's place in what the recipient has cosigned.
pub fn receipt(envelope: &[u8; 32], index: u64, proof: Vec<Hash>, note: Note) -> TlogProof {
    let extra = Extra::Envelope { envelope: hex::encode(envelope) };
    TlogProof { extra: Some(extra.to_bytes()), index, proof, note }
}

/// The hash of a complete subtree of these leaves.
fn subtree(leaves: &[Hash], level: u8, at: u64) -> Option<Hash> {
    let length = 1usize.checked_shl(level.into())?;
    let start = usize::try_from(at).ok()?.checked_mul(length)?;
    let mut row = leaves.get(start..start.checked_add(length)?)?.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| entente_log::node_hash(left, right)).collect();
    }
    row.first().copied()
}

/// Feeds in which an envelope to `to` may be.
pub fn feeds_to(to: &Party) -> [Feed; 2] {
    Lane::ALL.map(|lane| Feed { partner: to.clone(), lane })
}
