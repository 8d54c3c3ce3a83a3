//! Large contents: how they come in, how far they are, and how they leave and enter as files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReleaseRequest;

/// What stands before the content in `POST /releases/large`, behind four bytes of its length.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LargeReleaseRequest {
    /// How many bytes the content has.
    pub length: u64,
    /// The release, of a draft whose own content is empty.
    pub release: ReleaseRequest,
}

/// How far a content is that is arriving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentView {
    /// How many bytes of it are here, sealed.
    pub done: u64,
    /// Of how many; 0 while nobody has asked for it since the node started.
    pub all: u64,
    /// Why no more of it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

/// A content that belongs to a package, for `GET /outbox/{to}/contents/{sealed}`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SealedContentView {
    /// SHA-256 of it as it is sealed.
    pub sealed: String,
    /// How many bytes it has so.
    pub sealed_length: u64,
}

/// `POST /inbox/contents/{from}/{sealed}`: what became of a content file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ContentImportView {
    /// Whose it is.
    pub partner: String,
    /// `taken`, `not awaited`, `incomplete` or `refused`.
    pub state: String,
    /// Why it was not taken.
    pub reason: Option<String>,
}
