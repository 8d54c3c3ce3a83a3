//! The machine interface of a decision: request lines in, answer lines out (JSON, one object a line). Also the format of
//! `vectors/decisions`, and what the ledger keeps of a decision so that it can be replayed.
//!
//! The types here are the wire's; [`Line::resolve`] turns them into the judgement's own.

use entente_core::{
    AgreementId, Channel, Level, Party, Purpose, Record, Subject,
    agreement::clause::{Action, Set},
    decide::{Decision, Request, decide},
    record::{Hop, MAX_DERIVATION, Onward, Status},
    time::{Date, Timestamp},
    world::{Agreements, Answers, Approval, Consent, NationalRules, World},
};
use serde::{Deserialize, Serialize};

pub use crate::answer::{Answer, BlockLine, CoverLine, CureLine, DutyLine};
use crate::label;

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
    /// When it is not JSON or not of this shape.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        serde_json::from_str(text).map_err(|error| LineError::Shape(error.to_string()))
    }

    /// Turns the texts into meaning; agreements and parties must be known.
    ///
    /// # Errors
    /// The first field whose value does not fit, with its path.
    pub fn resolve(&self, agreements: &Agreements, national: &NationalRules) -> Result<Resolved, LineError> {
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
            record: read_record("record", &self.record, &mut Vec::new(), names)?,
            from: names.party("from", &self.from)?,
            to: names.party("to", &self.to)?,
            action: action("action", &self.action)?,
            purpose: self.purpose.as_str().into(),
            channel: self.channel.as_str().into(),
            at: moment("at", &self.at)?,
            under: under.transpose()?,
            consents: each("consents", &self.consents, consent)?,
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

fn each<L, T>(
    field: &str,
    lines: &[L],
    mut read: impl FnMut(&str, &L) -> Result<T, LineError>,
) -> Result<Vec<T>, LineError> {
    lines.iter().enumerate().map(|(at, line)| read(&format!("{field}[{at}]"), line)).collect()
}

/// Reads an action.
///
/// # Errors
/// When it is neither `release` nor `display`.
pub fn action(field: &str, text: &str) -> Result<Action, LineError> {
    [Action::Release, Action::Display]
        .into_iter()
        .find(|action| action.as_str() == text)
        .ok_or_else(|| wrong(field, format!("unknown action `{text}`; known: `release`, `display`")))
}

/// Reads a moment: RFC 3339 with an offset.
///
/// # Errors
/// When it is none.
pub fn moment(field: &str, text: &str) -> Result<Timestamp, LineError> {
    text.parse().map_err(|_| wrong(field, format!("`{text}` is no moment; expected the form 2026-11-20T00:00:00Z")))
}

/// Reads the last moment of a period; a bare day counts to its end, in UTC.
fn until(field: &str, text: &str) -> Result<Timestamp, LineError> {
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => moment(field, &format!("{day}T23:59:59.999999999Z")),
        _ => moment(field, text),
    }
}

fn consent(field: &str, line: &ConsentLine) -> Result<Consent, LineError> {
    let to = line.to.as_str();
    let answers = match (&line.record, &line.subjects, &line.max) {
        (Some(record), ..) => Answers::Record(record.as_str().into(), to.into()),
        (None, Some(subjects), Some(max)) => Answers::Standing {
            subjects: set(subjects),
            max: Level::from_banner(max)
                .ok_or_else(|| wrong(format!("{field}.max"), format!("unknown level `{max}`")))?,
            to: (to != "*").then(|| to.into()),
        },
        (None, ..) => {
            return Err(wrong(field, "a standing consent (`record` is null) needs `subjects` and `max`"));
        }
    };
    Ok(Consent {
        by: line.by.as_str().into(),
        answers,
        action: action(&format!("{field}.action"), &line.action)?,
        purpose: line.purpose.as_deref().map(Into::into),
        until: line.until.as_deref().map(|text| until(&format!("{field}.until"), text)).transpose()?,
    })
}

fn set(words: &[String]) -> Set<Subject> {
    if words.iter().any(|word| word == "*") {
        Set::Any
    } else {
        Set::Of(words.iter().map(|word| word.as_str().into()).collect())
    }
}

/// Reads a record line on its own, every party and agreement accepted as named.
///
/// # Errors
/// The first field whose value does not fit.
pub fn record(line: &RecordLine) -> Result<Record, LineError> {
    read_record("record", line, &mut Vec::new(), Names::AsGiven)
}

/// Reads a record line on its own; agreements and parties must be known.
///
/// # Errors
/// The first field whose value does not fit.
pub fn record_of(line: &RecordLine, world: &World<'_>) -> Result<Record, LineError> {
    read_record("record", line, &mut Vec::new(), Names::Known(world))
}

/// A party that nobody knows.
pub(crate) fn unknown_party(field: &str, code: &str) -> LineError {
    wrong(field, format!("unknown party `{code}`: it is in no agreement and no national file given"))
}

/// Which names of parties and agreements are accepted.
#[derive(Clone, Copy)]
enum Names<'a> {
    /// All: what a node wrote down itself.
    AsGiven,
    /// Those of a world.
    Known(&'a World<'a>),
}

impl Names<'_> {
    fn party(self, field: &str, code: &str) -> Result<Party, LineError> {
        let party = Party::from(code);
        match self {
            Self::Known(world) if !world.knows(&party) => Err(unknown_party(field, code)),
            _ => Ok(party),
        }
    }

    fn agreement(self, field: &str, id: &str) -> Result<AgreementId, LineError> {
        match self {
            Self::Known(world) if !world.agreements.contains_key(id) => {
                let known = world.agreements.keys().map(AgreementId::as_str);
                Err(wrong(field, format!("unknown agreement `{id}`; {}", crate::problem::suggestion(id, known))))
            }
            _ => Ok(id.into()),
        }
    }
}

fn read_record(field: &str, line: &RecordLine, path: &mut Vec<String>, names: Names<'_>) -> Result<Record, LineError> {
    if path.contains(&line.id) {
        return Err(wrong(field, format!("`{}` is derived from itself", line.id)));
    }
    if path.len() > MAX_DERIVATION {
        return Err(wrong(field, format!("derivation is deeper than {MAX_DERIVATION}")));
    }
    path.push(line.id.clone());
    let record = Record {
        id: line.id.as_str().into(),
        label: label::parse(&line.label).map_err(|problem| {
            wrong(
                format!("{field}.label"),
                format!("{problem}, at character {}", problem.line_and_column(&line.label).1),
            )
        })?,
        originator: names.party(&format!("{field}.originator"), &line.originator)?,
        subjects: line.subjects.iter().map(|subject| subject.as_str().into()).collect(),
        status: status(&format!("{field}.status"), line.status.as_deref())?,
        custody: each(&format!("{field}.custody"), &line.custody, |field, hop| read_hop(field, hop, names))?,
        distribution: line.distribution.iter().map(|code| code.as_str().into()).collect(),
        derived_from: each(&format!("{field}.derived_from"), &line.derived_from, |field, source| {
            read_record(field, source, path, names)
        })?,
    };
    path.pop();
    Ok(record)
}

fn read_hop(field: &str, line: &HopLine, names: Names<'_>) -> Result<Hop, LineError> {
    Ok(Hop {
        from: names.party(&format!("{field}.from"), &line.from)?,
        to: names.party(&format!("{field}.to"), &line.to)?,
        under: each(&format!("{field}.under"), &line.under, |field, id| names.agreement(field, id))?,
        purpose: line.purpose.as_str().into(),
        onward: match line.onward.as_deref() {
            None | Some("free") => Onward::Free,
            Some("ask") => Onward::Ask,
            Some(other) => {
                return Err(wrong(format!("{field}.onward"), format!("unknown word `{other}`; known: `free`, `ask`")));
            }
        },
    })
}

/// Reads a status; absent is actual.
///
/// # Errors
/// When the word is unknown.
pub fn status(field: &str, text: Option<&str>) -> Result<Status, LineError> {
    let Some(text) = text else { return Ok(Status::Actual) };
    [Status::Actual, Status::Exercise, Status::Test]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| wrong(field, format!("unknown status `{text}`; known: `actual`, `exercise`, `test`")))
}

impl From<&Record> for RecordLine {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id.to_string(),
            label: label::write(&record.label),
            originator: record.originator.to_string(),
            subjects: record.subjects.iter().map(ToString::to_string).collect(),
            status: (record.status != Status::Actual).then(|| record.status.as_str().to_owned()),
            custody: record.custody.iter().map(HopLine::from).collect(),
            distribution: record.distribution.iter().map(ToString::to_string).collect(),
            derived_from: record.derived_from.iter().map(Self::from).collect(),
        }
    }
}

impl From<&Hop> for HopLine {
    fn from(hop: &Hop) -> Self {
        Self {
            from: hop.from.to_string(),
            to: hop.to.to_string(),
            under: hop.under.iter().map(ToString::to_string).collect(),
            purpose: hop.purpose.to_string(),
            onward: (hop.onward == Onward::Ask).then(|| "ask".to_owned()),
        }
    }
}

impl From<&Consent> for ConsentLine {
    fn from(consent: &Consent) -> Self {
        let (record, subjects, max, to) = match &consent.answers {
            Answers::Record(record, to) => (Some(record.to_string()), None, None, to.to_string()),
            Answers::Standing { subjects, max, to } => {
                let to = to.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string);
                (None, Some(words(subjects)), Some(max.to_string()), to)
            }
        };
        Self {
            by: consent.by.to_string(),
            record,
            subjects,
            max,
            to,
            action: consent.action.as_str().to_owned(),
            purpose: consent.purpose.as_ref().map(ToString::to_string),
            until: consent.until.map(|until| until.to_string()),
        }
    }
}

fn words(set: &Set<Subject>) -> Vec<String> {
    match set {
        Set::Any => vec!["*".to_owned()],
        Set::Of(subjects) => subjects.iter().map(ToString::to_string).collect(),
    }
}

impl From<&Approval> for ApprovalLine {
    fn from(approval: &Approval) -> Self {
        Self {
            by: approval.by.to_string(),
            record: approval.record.to_string(),
            to: approval.to.to_string(),
            action: approval.action.as_str().to_owned(),
        }
    }
}

/// Answers one line of text: the answer, or `{"error":…}` in its place.
pub fn answer_line(text: &str, agreements: &Agreements, national: &NationalRules) -> String {
    let answer = Line::parse(text)
        .and_then(|line| line.resolve(agreements, national))
        .map(|resolved| Answer::from(&resolved.decide(agreements, national)));
    let json = match &answer {
        Ok(answer) => serde_json::to_string(answer),
        Err(error) => serde_json::to_string(&serde_json::json!({ "error": error.to_string() })),
    };
    json.unwrap_or_else(|error| format!("{{\"error\":\"{}\"}}", error.to_string().replace('"', "'")))
}
