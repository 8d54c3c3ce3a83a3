//! Long work in the API.

use entente_formats::whatif::PairLine;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /jobs`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// What is to be done; what asks for more than its kind has an endpoint of its own.
    pub kind: PlainJob,
}

/// Long work of which nothing else is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlainJob {
    /// Check everything that the node's logs promise, as `entente log verify` does.
    Verify,
}

/// `POST /jobs/redecide`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedecideRequest {
    /// The acts that became known here from this moment on are what is asked about; when absent, the latest.
    pub since: Option<String>,
    /// One purpose; when absent, each that texts and what is held speak of, and `any other` for all that they do not.
    pub purpose: Option<String>,
    /// The channel; `government-to-government` when absent.
    pub channel: Option<String>,
}

/// The purpose that stands for every one that no text and no custody names. It has a space, so that none of them is called so.
pub const ANY_OTHER: &str = "any other";

/// Long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Check everything that the node's logs promise, as `entente log verify` does.
    Verify,
    /// Enter many files, each as a record.
    Import,
    /// Decide everything that is held anew, with some acts and without them.
    Redecide,
}

/// How long work stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JobView {
    /// Its number.
    pub id: u64,
    /// What it does.
    pub kind: JobKind,
    /// `running`, `done`, `cancelled`, `failed`, or `interrupted`: it broke off in the middle, and is begun again with the same files.
    pub state: String,
    /// When it began.
    pub began: String,
    /// When it ended.
    pub ended: Option<String>,
    /// How many of its steps are done.
    pub done: u64,
    /// How many there are, as far as is known.
    pub steps: u64,
    /// Why it failed or broke off; or why what it found is not shown any more.
    pub why: Option<String>,
    /// What was found in the logs, once they are checked.
    pub logs: Option<Vec<VerifiedView>>,
    /// What entered, so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportedView>,
    /// What changed, as far as was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redecided: Option<RedecidedView>,
}

/// What became of files.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ImportedView {
    /// The label that each of them has.
    pub label: String,
    /// `actual`, `exercise` or `test`.
    pub status: String,
    /// How many entered.
    pub entered: u64,
    /// How many were here already: by an earlier import of the same person, or the same bytes twice.
    pub known: u64,
    /// How many did not enter, and why stands beside each.
    pub refused: u64,
    /// How many were left out, since it was cancelled.
    pub left: u64,
    /// Where they were to be released at once: to whom, what became of it, and for how many.
    pub released: Vec<ReleasedCount>,
    /// Each file, in the order in which it came; not in lists of work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ImportedFile>,
}

/// What became of the release of many records to one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleasedCount {
    /// To whom.
    pub to: String,
    /// As of one release; `given` where it was given before.
    pub outcome: String,
    /// How many records.
    pub count: u64,
}

/// What became of one file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ImportedFile {
    /// Its name, as it came.
    pub name: String,
    /// `entered`, `known`, `refused` or `left`.
    pub state: String,
    /// The record, where there is one.
    pub record: Option<String>,
    /// Why it did not enter, or could not be released.
    pub why: Option<String>,
}

/// What changed by some acts, over everything that is held and that its owner may see.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct RedecidedView {
    /// The acts that became known from this moment on are on the one side, and not on the other.
    pub since: String,
    /// As of this moment everything is decided.
    pub at: String,
    /// The channel.
    pub channel: String,
    /// These acts.
    pub acts: Vec<ActSince>,
    /// How many records were decided about.
    pub records: u64,
    /// In how many classes.
    pub classes: usize,
    /// For each purpose and recipient, where something changes; witnesses among them that its owner may no longer see are left out.
    pub changes: Vec<RedecidedPair>,
    /// For how many more something changes, which are not listed.
    #[serde(default)]
    pub more: u64,
    /// How many more would be given than without the acts, listed or not.
    #[serde(default)]
    pub newly_permitted: u64,
    /// How many would not be given any more, listed or not.
    #[serde(default)]
    pub newly_denied: u64,
}

/// An act, in short.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ActSince {
    pub agreement: String,
    pub by: String,
    /// As in the acts on an agreement, or `disputed`.
    pub kind: String,
    pub date: String,
    /// When it became known here.
    pub known: String,
}

/// What changes for one purpose and one recipient.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RedecidedPair {
    /// What for.
    pub purpose: String,
    /// What changes, as of a what-if: before the acts, and after them.
    pub pair: PairLine,
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
