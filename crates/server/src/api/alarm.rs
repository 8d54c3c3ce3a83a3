//! The API's view of alarms and of the evidence for them.

use entente_formats::{hex, wire::Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moment;

/// An alarm with its evidence.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AlarmDetail {
    pub number: u64,
    pub at: String,
    pub partner: String,
    pub message: String,
    /// The person who has taken note of it.
    pub noted: Option<AlarmNotedView>,
    pub evidence: Evidence,
}

/// Who has taken note of an alarm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AlarmNotedView {
    /// The person.
    pub by: String,
    /// When.
    pub at: String,
    /// What was found or done.
    pub note: String,
}

/// `POST /alarms/{number}/acknowledge`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmNoteRequest {
    /// What was found or done.
    pub note: String,
}

/// What shows that an alarm was raised with reason.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named as shown")]
pub enum Evidence {
    /// Two statements about one record, both signed by its originator.
    Conflict {
        originator: String,
        record: String,
        /// Whether both signatures are the originator's, by the party file that is here now.
        proved: bool,
        held: Box<OriginView>,
        refused: Box<OriginView>,
    },
    /// What was signed of a feed, and the proof that does not fit; without the bodies.
    Package { origin: String, start: u64, checkpoint: String },
    /// A receipt that does not hold.
    Receipt { next: u64, cosigned: Option<String> },
    /// Signed checkpoints.
    Notes { text: String },
    /// An envelope, which is in quarantine.
    Envelope { sha256: String },
    /// Any other bytes.
    Bytes { length: usize, sha256: String },
    /// About a record that the operator may not see, or that is not here any more.
    Withheld,
}

/// What an originator says of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct OriginView {
    pub label: String,
    pub subjects: Vec<String>,
    pub status: String,
    pub title: String,
    pub media_type: String,
    pub created: String,
    /// SHA-256 of the content, in hex.
    pub digest: String,
}

impl From<Origin> for OriginView {
    fn from(origin: Origin) -> Self {
        let Origin { label, subjects, status, title, media_type, created, digest, .. } = origin;
        Self { label, subjects, status, title, media_type, created: moment(created), digest: hex::encode(&digest) }
    }
}
