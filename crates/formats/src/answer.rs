//! The answer line of the machine interface: a decision as JSON, for other programs and for the ledger.
//!
//! The request line, and where the two meet, is [`crate::request`].

use entente_core::{
    decide::{Block, Decision},
    explain::{self, Language},
};
use serde::{Deserialize, Serialize};

/// One answer line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct Answer {
    pub record: String,
    pub from: String,
    pub to: String,
    pub verdict: String,
    pub blocked: Vec<BlockLine>,
    pub cover: Vec<CoverLine>,
    pub usable: Vec<String>,
    pub onward: String,
    pub cures: Vec<Vec<CureLine>>,
    pub duties: Vec<DutyLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionAnswer>,
}

/// What blocks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct BlockLine {
    pub gate: String,
    pub code: String,
    pub record: String,
    pub agreement: Option<String>,
    pub clause: Option<String>,
    pub why: String,
}

/// A covering agreement; `clause` is empty when no equivalence is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct CoverLine {
    pub agreement: String,
    pub clause: String,
}

/// A cure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct CureLine {
    pub kind: String,
    pub of: String,
}

/// A duty that comes with a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct DutyLine {
    pub kind: String,
    pub agreement: String,
    pub clause: String,
    pub text: String,
}

impl BlockLine {
    /// One block of a decision.
    pub fn of(decision: &Decision, block: &Block, language: Language) -> Self {
        Self {
            gate: block.reason.gate().as_str().to_owned(),
            code: block.reason.code().to_owned(),
            record: block.record.to_string(),
            agreement: block.agreement.as_ref().map(ToString::to_string),
            clause: block.clause.as_ref().map(ToString::to_string),
            why: explain::why(decision, block, language),
        }
    }
}

/// The answer to the same request about a version of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct VersionAnswer {
    pub record: String,
    pub verdict: String,
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Self {
        Self::new(decision, Language::English)
    }
}

impl Answer {
    /// A decision, its sentences in that language.
    pub fn new(decision: &Decision, language: Language) -> Self {
        Self {
            record: decision.record.to_string(),
            from: decision.from.to_string(),
            to: decision.to.to_string(),
            verdict: decision.verdict().as_str().to_owned(),
            blocked: decision.blocked.iter().map(|block| BlockLine::of(decision, block, language)).collect(),
            cover: decision
                .cover
                .iter()
                .map(|cover| CoverLine {
                    agreement: cover.agreement.to_string(),
                    clause: cover.clause.as_ref().map(ToString::to_string).unwrap_or_default(),
                })
                .collect(),
            usable: decision.usable.iter().map(ToString::to_string).collect(),
            onward: decision.onward.as_str().to_owned(),
            cures: decision
                .cures
                .iter()
                .map(|set| {
                    let line = |cure: &entente_core::decide::Cure| CureLine {
                        kind: cure.kind().to_owned(),
                        of: cure.of().to_string(),
                    };
                    set.iter().map(line).collect()
                })
                .collect(),
            duties: decision
                .duties
                .iter()
                .map(|duty| DutyLine {
                    kind: duty.kind.name().to_owned(),
                    agreement: duty.agreement.to_string(),
                    clause: duty.clause.to_string(),
                    text: explain::duty_words(decision, duty, language),
                })
                .collect(),
            versions: decision
                .versions
                .iter()
                .map(|(id, verdict)| VersionAnswer { record: id.to_string(), verdict: verdict.as_str().to_owned() })
                .collect(),
        }
    }
}
