//! The ledger in the API: how far it is, what it says, proofs out of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WitnessView;

/// `GET /ledger`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerView {
    /// The log's origin line.
    pub log: String,
    /// How many leaves it has, one for each interval that is over.
    pub size: u64,
    /// The latest checkpoint that this node has signed.
    pub checkpoint: Option<String>,
    /// Who has cosigned it, and how far.
    pub cosigned_by: Vec<WitnessView>,
    /// Whose ledgers this node has cosigned, and how far.
    pub witnessed: Vec<WitnessView>,
}

/// `GET /ledger/statements`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementsQuery {
    /// The number of the first one wanted; 0 when absent.
    pub from: Option<u64>,
    /// Only of this kind, such as `decision` or `viewed`.
    pub kind: Option<String>,
    /// At most so many; 100 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
}

/// Statements of the ledger, in order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StatementsPage {
    /// Those found.
    pub statements: Vec<StatementView>,
    /// What to give as `from` for the next page; absent at the end.
    pub next: Option<u64>,
}

/// A statement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StatementView {
    /// Its number.
    pub sequence: u64,
    /// When it was made.
    pub time: String,
    /// What kind of statement it is.
    pub kind: String,
    /// What it says; `null` where it is about what this account may not see.
    pub content: Option<serde_json::Value>,
}

/// Something that happened (`GET /events`): enough to know what to ask again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// The kind of the statement, or `listening`.
    pub kind: String,
    /// When.
    pub at: String,
    /// Originator and id of the record that it is about.
    pub record: Option<(String, String)>,
    /// The agreement that it is about.
    pub agreement: Option<String>,
    /// The number of the incident that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The name of the consultation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultation: Option<String>,
}

/// `GET /events`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The id of the last event known, for whoever cannot send `Last-Event-ID`, which goes before it.
    pub after: Option<String>,
}

/// `POST /ledger/proofs`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// The record: `ID` or `ORIGINATOR/ID`.
    pub record: String,
    /// To whom it was given.
    pub to: String,
    /// Prove that the recipient has held it, not that it was decided.
    #[serde(default)]
    pub receipt: bool,
    /// What whoever gets the file can read of what the statement commits to.
    #[serde(default)]
    pub disclose: Disclose,
}

/// How much of what a statement commits to is disclosed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Disclose {
    /// Parties, class, agreements and digests stand in the statement itself; nothing besides.
    #[default]
    Nothing,
    /// Which record it is about.
    Record,
    /// Everything that it says.
    Everything,
}

/// A proof file (C2SP tlog-proof).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ProofView {
    pub log: String,
    pub index: u64,
    /// The file, which `entente log check-proof` reads.
    pub proof: String,
}

/// `GET /ledger/digest`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestQuery {
    /// Only what may be published.
    #[serde(default)]
    pub public: bool,
}

/// Releases of one kind in one month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "as in `entente log digest --json`")]
pub struct CountView {
    pub month: String,
    pub from: String,
    pub to: String,
    pub under: Vec<String>,
    pub class: String,
    pub purpose: String,
    pub releases: u64,
}
