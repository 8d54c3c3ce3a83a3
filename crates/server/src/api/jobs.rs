//! Long work in the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /jobs`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// What is to be done.
    pub kind: JobKind,
}

/// Long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Check everything that the node's logs promise, as `entente log verify` does.
    Verify,
}

/// How long work stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JobView {
    /// Its number.
    pub id: u64,
    /// What it does.
    pub kind: JobKind,
    /// `running`, `done`, `cancelled` or `failed`.
    pub state: String,
    /// When it began.
    pub began: String,
    /// When it ended.
    pub ended: Option<String>,
    /// How many of its steps are done.
    pub done: u64,
    /// How many there are, as far as is known.
    pub steps: u64,
    /// Why it failed.
    pub why: Option<String>,
    /// What was found, once it is done.
    pub logs: Option<Vec<VerifiedView>>,
}

/// What was checked of one log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "as in `entente log verify --json`")]
pub struct VerifiedView {
    pub log: String,
    pub size: u64,
    pub root: String,
    pub receipted: Option<u64>,
    pub statements: Option<u64>,
    pub replayed: Option<u64>,
    /// What is wrong; empty when all holds. A problem may name a record.
    pub problems: Vec<String>,
    /// What is signed with keys that are revoked and counts all the same, and what that rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<String>,
    /// What is signed with keys that are revoked and does not count any more: no fault of the store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubted: Vec<String>,
}
