//! Keys and parties.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /keys`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeysView {
    /// The serial of the node's own party file.
    pub serial: u64,
    /// How far each partner has taken it.
    pub taken: Vec<TakenView>,
}

/// How far a partner has taken this party's file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakenView {
    /// The partner.
    pub party: String,
    /// `by hand` (the first file, which people exchange), `waiting`, `taken`, `refused`, `held`.
    pub state: String,
}

/// `POST /parties/{code}/remove`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveParty {
    /// By which authority, and why.
    pub note: String,
}

/// `POST /parties/replace-root`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceRoot {
    /// The party file.
    pub file: String,
    /// How it was confirmed, and why.
    pub note: String,
}
