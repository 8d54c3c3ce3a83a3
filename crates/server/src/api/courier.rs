//! What goes and comes as files, and what is in quarantine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SealedContentView;

/// `POST /outbox/{to}/{lane}/export`: the next package of a feed, to be written as a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The first entry wanted; of the first package absent.
    pub from: Option<u64>,
    /// Only what was not written as a file before.
    pub new: bool,
}

/// A package that may leave.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ExportView {
    pub start: u64,
    /// The index behind its last entry.
    pub end: u64,
    /// The package, in base64.
    pub package: String,
    /// The contents that its entries refer to, as files of their own.
    #[serde(default)]
    pub contents: Vec<SealedContentView>,
}

/// `POST /outbox/{to}/{lane}/exported`: the entries up to here are on the medium.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ExportedRequest {
    pub end: u64,
}

/// `POST /inbox/import`: what became of one file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ImportView {
    /// `package` or `receipt`.
    pub kind: String,
    pub partner: String,
    pub lane: String,
    pub start: u64,
    /// The index behind the last entry that it is about.
    pub end: u64,
    /// `taken`, `already there`, `gap` or `refused`.
    pub state: String,
    /// Of a gap: the first entry that is missing, and the one behind the last.
    pub missing: Option<(u64, u64)>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// For a package: how far the feed is held here now, as a receipt in base64 for the way back.
    pub receipt: Option<String>,
}

/// An entry that was refused, or is held sealed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct QuarantineView {
    pub partner: String,
    pub lane: String,
    pub index: u64,
    pub disposition: String,
    pub reason: String,
}

/// `POST /quarantine/{partner}/{lane}/{index}/retry`: what became of it now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RetriedView {
    pub partner: String,
    pub lane: String,
    pub index: u64,
    /// `accepted`, `refused` or `held`.
    pub disposition: String,
    pub reason: Option<String>,
}
