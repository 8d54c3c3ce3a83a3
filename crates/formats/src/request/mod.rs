//! The machine interface of a decision: request lines in, answer lines out (JSON, one object a line). Also the format of
//! `vectors/decisions`, and what the ledger keeps of a decision so that it can be replayed.
//!
//! The types here are the wire's; [`Line::resolve`] turns them into the judgement's own.

mod read;
mod write;

pub mod limits;
mod subjects;

use entente_core::{
    AgreementId, Channel, Party, Purpose, Record,
    agreement::clause::Action,
    decide::{Decision, Request, decide},
    time::Timestamp,
    world::{Agreements, Approval, Consent, NationalRules, World},
};
use serde::{Deserialize, Serialize};

pub(crate) use self::read::unknown_party;
use self::read::{Names, each};
pub use self::{
    read::{action, moment, record, record_of, status},
    subjects::{UnknownSubject, Vocabulary},
};
pub use crate::answer::{Answer, BlockLine, CoverLine, CureLine, DutyLine, VersionAnswer};

/// One request line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct Line {
    pub record: RecordLine,
    pub from: String,
    pub to: String,
    pub action: String,
    pub purpose: String,
    pub channel: String,
    pub at: String,
    #[serde(default)]
    pub under: Option<Vec<String>>,
    #[serde(default)]
    pub consents: Vec<ConsentLine>,
    #[serde(default)]
    pub approvals: Vec<ApprovalLine>,
}

/// A record in a request or a holdings line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct RecordLine {
    pub id: String,
    pub label: String,
    pub originator: String,
    pub subjects: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    pub custody: Vec<HopLine>,
    #[serde(default)]
    pub distribution: Vec<String>,
    #[serde(default)]
    pub derived_from: Vec<RecordLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionLine>,
}

/// A reduced version of a record, by the same originator. What is left out is as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct VersionLine {
    pub id: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<Vec<HopLine>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<Vec<RecordLine>>,
}

/// One hop of custody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct HopLine {
    pub from: String,
    pub to: String,
    pub under: Vec<String>,
    pub purpose: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onward: Option<String>,
}

/// A consent; standing when `record` is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct ConsentLine {
    pub by: String,
    pub record: Option<String>,
    pub subjects: Option<Vec<String>>,
    pub max: Option<String>,
    pub to: String,
    pub action: String,
    pub purpose: Option<String>,
    pub until: Option<String>,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "fields are those of the documented interface, docs/spec/decision.md")]
pub struct ApprovalLine {
    pub by: String,
    pub record: String,
    pub to: String,
    pub action: String,
}

/// What is wrong with a line: the field, and what is expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not JSON, or not of this shape.
    #[error("{0}")]
    Shape(String),
    /// A field whose value does not fit.
    #[error("{field}: {message}")]
    Field {
        /// The path of the field: `record.custody[0].under`.
        field: String,
        /// What is wrong, and what to do.
        message: String,
    },
}

fn wrong(field: impl Into<String>, message: impl Into<String>) -> LineError {
    LineError::Field { field: field.into(), message: message.into() }
}

/// A line whose texts have become meaning.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The record.
    pub record: Record,
    /// Its holder.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// What the recipient gets.
    pub action: Action,
    /// What for.
    pub purpose: Purpose,
    /// How.
    pub channel: Channel,
    /// When.
    pub at: Timestamp,
    /// The agreements meant, when the request names them.
    pub under: Option<Vec<AgreementId>>,
    /// Consents on file.
    pub consents: Vec<Consent>,
    /// Approvals on file.
    pub approvals: Vec<Approval>,
}

impl Resolved {
    /// Decides this line on the agreements and national rules given.
    pub fn decide(&self, agreements: &Agreements, national: &NationalRules) -> Decision {
        let world = World { agreements, national, consents: &self.consents, approvals: &self.approvals };
        decide(&world, &self.request())
    }

    /// The request of this line.
    pub fn request(&self) -> Request<'_> {
        Request {
            record: &self.record,
            from: &self.from,
            to: &self.to,
            action: self.action,
            purpose: &self.purpose,
            channel: &self.channel,
            at: self.at,
            under: self.under.as_deref(),
        }
    }
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// When it is too long, not JSON, or not of this shape.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        limits::length(text)?;
        serde_json::from_str(text).map_err(|error| LineError::Shape(error.to_string()))
    }

    /// Turns the texts into meaning; agreements and parties must be known, and nothing above its limit.
    ///
    /// # Errors
    /// The first field whose value does not fit, with its path.
    pub fn resolve(&self, agreements: &Agreements, national: &NationalRules) -> Result<Resolved, LineError> {
        limits::check(self)?;
        let world = World { agreements, national, consents: &[], approvals: &[] };
        self.resolve_with(Names::Known(&world))
    }

    /// Turns the texts into meaning, every party and agreement accepted as named: for a node's own statements.
    ///
    /// # Errors
    /// The first field whose value does not fit, with its path.
    pub fn resolve_as_named(&self) -> Result<Resolved, LineError> {
        self.resolve_with(Names::AsGiven)
    }

    fn resolve_with(&self, names: Names<'_>) -> Result<Resolved, LineError> {
        let under = self.under.as_ref().map(|ids| each("under", ids, |field, id| names.agreement(field, id)));
        Ok(Resolved {
            record: read::read_record("record", &self.record, &mut Vec::new(), names)?,
            from: names.party("from", &self.from)?,
            to: names.party("to", &self.to)?,
            action: action("action", &self.action)?,
            purpose: self.purpose.as_str().into(),
            channel: self.channel.as_str().into(),
            at: moment("at", &self.at)?,
            under: under.transpose()?,
            consents: each("consents", &self.consents, read::consent)?,
            approvals: each("approvals", &self.approvals, |field, line| {
                Ok(Approval {
                    by: line.by.as_str().into(),
                    record: line.record.as_str().into(),
                    to: line.to.as_str().into(),
                    action: action(&format!("{field}.action"), &line.action)?,
                })
            })?,
        })
    }
}

/// Answers one line of text in English: the answer, or `{"error":…}` in its place.
pub fn answer_line(text: &str, agreements: &Agreements, national: &NationalRules) -> String {
    let answer = Line::parse(text)
        .and_then(|line| line.resolve(agreements, national))
        .map(|resolved| Answer::from(&resolved.decide(agreements, national)));
    write_answer(&answer)
}

/// The answer as a line of JSON, or `{"error":…}` in its place.
pub fn write_answer(answer: &Result<Answer, LineError>) -> String {
    let json = match answer {
        Ok(answer) => serde_json::to_string(answer),
        Err(error) => serde_json::to_string(&serde_json::json!({ "error": error.to_string() })),
    };
    json.unwrap_or_else(|error| format!("{{\"error\":\"{}\"}}", error.to_string().replace('"', "'")))
}
