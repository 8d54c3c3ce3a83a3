//! Decisions that are only asked about, and labels in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DecisionView;

/// `POST /decisions`: what would be answered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionsRequest {
    /// A held record, `ID` or `ORIGINATOR/ID`; or else a draft.
    pub record: Option<String>,
    /// A record that is still being written, without its content.
    pub draft: Option<DraftHead>,
    /// For whom; every partner when empty.
    #[serde(default)]
    pub to: Vec<String>,
    /// What for.
    pub purpose: String,
    /// How.
    pub channel: String,
    /// `release` or `display`; `release` when absent.
    pub action: Option<String>,
}

/// What the judgement sees of a record that is still being written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct DraftHead {
    pub label: String,
    pub subjects: Vec<String>,
    /// `actual` when absent.
    pub status: Option<String>,
    #[serde(default)]
    pub distribution: Vec<String>,
    #[serde(default)]
    pub derived_from: Vec<String>,
}

/// What would be answered, party by party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionsView {
    /// The label, in its canonical text.
    pub label: String,
    /// One for each party, in order.
    pub decisions: Vec<DecisionView>,
}

/// `POST /labels`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelRequest {
    /// The label, as text.
    #[schemars(length(max = 2000))]
    pub label: String,
}

/// A label in words.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LabelView {
    /// In its canonical text; none where it is no label.
    pub label: Option<String>,
    /// What it says: a heading and a sentence each.
    pub lines: Vec<(String, String)>,
    /// What is wrong with it.
    pub problem: Option<LabelProblem>,
}

/// What is wrong with a label.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct LabelProblem {
    /// The character, counted from 1.
    pub column: usize,
    pub message: String,
}
