//! How a restored node stands.

use serde::{Deserialize, Serialize};

/// `GET /restore`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RestoreView {
    /// Whether nothing is received and signed until everybody has answered.
    pub read_only: bool,
    pub since: String,
    /// How it became known that the store is an older copy.
    pub why: String,
    /// When the node went on.
    pub done: Option<String>,
    pub partners: Vec<RestorePartnerView>,
}

/// How it stands with one partner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RestorePartnerView {
    pub party: String,
    /// `asking`, `fetching`, `done`, or `without`: gone on without it, and its feeds are closed.
    pub state: String,
    /// When it answered.
    pub answered: Option<String>,
    /// Entries of our feeds that it had and that were not here, both lanes together.
    pub given_back: u64,
    /// Entries of its feeds that were receipted and are not here: it sends them again.
    pub lost: u64,
    /// Who goes on without it, and why.
    pub without: Option<String>,
    /// Why the last try failed.
    pub trouble: Option<String>,
}

/// `POST /restore/go-on`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct GoOnRequest {
    pub without: String,
    pub note: String,
}
