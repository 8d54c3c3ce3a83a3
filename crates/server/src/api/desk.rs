//! What texts allow, and how a partner stands to what is held, in the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RecordView;

/// `GET /agreements/matrix`: who may give whom up to which level, and under which text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MatrixView {
    /// When.
    pub at: String,
    /// The parties of the texts.
    pub parties: Vec<String>,
    /// One for each ordered pair of them.
    pub cells: Vec<MatrixCell>,
}

/// What one party may give another.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct MatrixCell {
    pub from: String,
    pub to: String,
    /// The highest level; none where nothing is permitted, or national terms alone.
    pub ceiling: Option<String>,
    /// `permitted`, `no-agreement`, or the code of what blocks.
    pub status: String,
    /// The text that came furthest, where nothing is permitted.
    pub nearest: Option<String>,
    /// Each text that could cover.
    pub texts: Vec<MatrixText>,
}

/// What one text alone allows.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MatrixText {
    /// The text.
    pub agreement: String,
    /// The highest level.
    pub ceiling: Option<String>,
    /// Whether it allows anything.
    pub permits: bool,
    /// The clauses that this rests on.
    pub cover: Vec<CitedClause>,
    /// Those of them whose wording is an assumption.
    pub assumed: Vec<CitedClause>,
    /// Whether it is so for some purposes or channels alone.
    pub routed: bool,
    /// Whether a standing delegation holds for all of it, so that no person is needed.
    pub delegated: bool,
    /// The code of what blocks, where it allows nothing.
    pub blocked: Option<String>,
}

/// A clause of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct CitedClause {
    pub agreement: String,
    pub clause: Option<String>,
}

/// `GET /agreements/compare`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareQuery {
    /// The hash of one text, as `GET /agreements` has it.
    pub before: String,
    /// The hash of the other.
    pub after: String,
}

/// How two texts differ, both taken as in force for all their parties.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CompareView {
    /// Fields of the head.
    pub fields: Vec<FieldDifference>,
    /// Clauses.
    pub clauses: Vec<ClauseDifference>,
    /// What the difference means for each ordered pair of parties; absent where the words are too many to ask about all of them.
    pub pairs: Option<Vec<PairDifference>>,
}

/// A field that differs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct FieldDifference {
    pub field: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
}

/// A clause that differs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClauseDifference {
    /// `added`, `removed`, `moved` or `changed`.
    pub change: String,
    /// The article, where it stands now or stood.
    pub clause: String,
    /// Where a clause that moved stood before.
    pub from: Option<String>,
    /// The kind of clause.
    pub kind: String,
    /// What differs in it.
    pub fields: Vec<FieldDifference>,
}

/// What a difference means for one ordered pair of parties.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PairDifference {
    pub from: String,
    pub to: String,
    /// The highest level before; none where nothing was permitted, or national terms alone.
    pub before: Option<String>,
    pub after: Option<String>,
    /// How many areas of level, subject, purpose and channel are permitted newly.
    pub newly: usize,
    /// How many no longer are.
    pub no_longer: usize,
    /// How many duties of the recipient come.
    pub duties_gained: usize,
    /// How many go.
    pub duties_lost: usize,
}

/// `GET /partners/{party}`: which purpose and channel.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerQuery {
    /// What for.
    pub purpose: String,
    /// How; `government-to-government` when absent.
    pub channel: Option<String>,
    /// Of so many of the newest records; 200 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
}

/// How one party stands to a record that is held here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StandsView {
    /// The record.
    pub record: RecordView,
    /// `has`: it made it, provided it, or was given it from here; `could`: it would be permitted; `not`: it would be denied.
    pub stands: String,
    /// The texts that permit it, or why it would be denied; nothing where it needs no permission.
    pub because: String,
}
