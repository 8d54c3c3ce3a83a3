//! The API's view of recalls, other labels and losses.

use entente_formats::hex;
use entente_node::{compromise::KnownCompromise, recall::RecallSeen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moment;

/// `POST /recalls`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct RecallRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    pub of: Vec<String>,
    pub reason: Option<String>,
}

/// `POST /recalls/settle`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct SettleRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    /// Whether it is used again; else it is called back and destroyed.
    pub keep: bool,
    pub note: String,
}

/// `POST /relabellings`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct RelabelRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    pub label: String,
    pub reason: Option<String>,
}

/// `POST /compromises`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct CompromiseRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    pub note: String,
}

/// A recall.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct RecallView {
    pub by: String,
    pub number: String,
    /// Who told this node; its own party for its own.
    pub from: String,
    pub originator: String,
    pub record: String,
    /// Whether it is called back from everybody, by its originator.
    pub whole: bool,
    pub reason: Option<String>,
    pub at: String,
    pub known: String,
    /// `destroyed`, `not-here` or `kept`.
    pub here: String,
    pub told: Vec<CompliedView>,
    /// `ORIGINATOR/ID` of the records that were made from it here and wait for a decision.
    pub suspended: Vec<String>,
}

/// How one party that was told stands to a recall.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct CompliedView {
    pub party: String,
    /// `untold`, `waiting`, `destroyed`, `not-here` or `kept`.
    pub state: String,
    /// Whether everyone to whom that party gave it has complied, as it says.
    pub beyond: bool,
    pub answered: Option<String>,
}

impl From<&RecallSeen> for RecallView {
    fn from(recall: &RecallSeen) -> Self {
        let told = recall.told.iter().map(|complied| CompliedView {
            party: complied.party.to_string(),
            state: match &complied.answer {
                Some(answer) => answer.here.as_str(),
                None if complied.told => "waiting",
                None => "untold",
            }
            .to_owned(),
            beyond: complied.answer.as_ref().is_some_and(|answer| answer.beyond),
            answered: complied.answer.as_ref().map(|answer| moment(answer.at)),
        });
        Self {
            by: recall.name.by.to_string(),
            number: hex::encode(&recall.name.number),
            from: recall.from.to_string(),
            originator: recall.originator.to_string(),
            record: recall.record.clone(),
            whole: recall.whole,
            reason: recall.reason.clone(),
            at: moment(recall.at),
            known: moment(recall.known),
            here: recall.here.as_str().to_owned(),
            told: told.collect(),
            suspended: recall.suspended.iter().map(|(originator, id)| format!("{originator}/{id}")).collect(),
        }
    }
}

/// A notice that a record is in wrong hands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct CompromiseView {
    pub by: String,
    pub originator: String,
    pub record: String,
    /// Whether it happened with somebody to whom the teller gave it.
    pub beyond: bool,
    pub at: String,
    pub known: String,
    pub note: String,
}

impl From<&KnownCompromise> for CompromiseView {
    fn from(known: &KnownCompromise) -> Self {
        let statement = &known.statement;
        Self {
            by: statement.by.clone(),
            originator: statement.originator.clone(),
            record: statement.record.clone(),
            beyond: statement.beyond,
            at: moment(statement.at),
            known: moment(known.known),
            note: statement.note.clone(),
        }
    }
}

/// Who was told of something.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ToldParties {
    pub told: Vec<String>,
    /// The incident under which stands what agreements make the parties owe for it, where they do.
    #[serde(default)]
    pub incident: Option<String>,
}
