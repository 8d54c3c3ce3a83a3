//! How a node stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AlarmNotedView;

/// `GET /status`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Status {
    pub party: String,
    pub name: String,
    pub records: usize,
    pub open_questions: usize,
    /// Releases that something learnt later speaks against, and that nobody has answered yet.
    pub affected: usize,
    pub alarms: Vec<AlarmView>,
    pub feeds: Vec<FeedStatus>,
    /// Entries of partners that are held sealed.
    pub held: usize,
    /// Entries of partners that were refused.
    pub refused: usize,
    /// One for each partner and lane.
    pub links: Vec<LinkView>,
    /// One for each partner.
    pub quotas: Vec<QuotaView>,
    /// How many leaves the ledger has.
    pub ledger: u64,
    /// How much of it each partner has cosigned last.
    pub witnesses: Vec<WitnessView>,
    /// Until when each party file counts, this node's own first.
    pub files: Vec<FileStatus>,
    /// How a restore stands; nothing where the node was never restored.
    #[serde(default)]
    pub restore: Option<super::RestoreView>,
    /// The node's own clock.
    pub now: String,
}

/// How long a party file counts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct FileStatus {
    pub party: String,
    pub serial: u64,
    pub until: String,
    /// Whether it ends within the next thirty days, or has ended.
    pub ends_soon: bool,
    /// Of the node's own file: partners that have not taken it yet.
    pub not_taken_by: Vec<String>,
    /// Of the node's own file: kinds of keys of which a new one is announced, each since when.
    pub overlaps: Vec<(String, String)>,
}

/// One feed of ours and the partner's feed beside it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct FeedStatus {
    pub partner: String,
    pub lane: String,
    /// Entries of ours.
    pub sent: u64,
    /// Of which the partner has receipted this many.
    pub receipted: u64,
    /// Of those without a receipt, this many were written as files.
    pub exported: u64,
    /// When the oldest entry without a receipt was made.
    pub oldest: Option<String>,
    /// Entries of the partner that are here.
    pub received: u64,
}

/// An alarm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AlarmView {
    /// Its number, for `entente alarm show`.
    pub number: u64,
    pub at: String,
    pub partner: String,
    pub message: String,
    /// The person who has taken note of it.
    pub noted: Option<AlarmNotedView>,
}

/// The connection to a partner in a lane.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct LinkView {
    pub partner: String,
    pub lane: String,
    /// `up`, `away`, or `untried`.
    pub state: String,
    /// Since when it has been so.
    pub since: Option<String>,
    /// Why it is away.
    pub why: Option<String>,
    /// How far the partner's clock is ahead of this one, in seconds, as its last answer shows.
    pub clock_ahead: Option<i64>,
}

/// How much of a partner is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct QuotaView {
    pub partner: String,
    /// Bytes of its envelopes that are here, in quarantine or not.
    pub used: u64,
    /// How many may be.
    pub quota: u64,
    /// Since when its packages are turned away for it.
    pub full: Option<String>,
}

/// A partner's last cosignature on the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct WitnessView {
    pub partner: String,
    /// How many leaves it covers.
    pub size: u64,
    pub at: String,
}
