//! Second persons, emergencies and named persons in the API.

use entente_node::{emergency::Emergency, second::Waiting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Released, moment};

/// A release that waits for a second person, or waited.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct WaitingView {
    pub number: u64,
    /// Who proposed it.
    pub by: String,
    pub originator: String,
    pub record: String,
    pub to: String,
    pub purpose: String,
    pub channel: String,
    pub under: Vec<String>,
    pub precedence: String,
    pub expires: Option<String>,
    pub proposed: String,
    /// `waiting`, `confirmed` or `declined`.
    pub state: String,
    /// The second person, and what it said.
    pub answered_by: Option<String>,
    pub answered: Option<String>,
    pub note: Option<String>,
}

impl From<&Waiting> for WaitingView {
    fn from(waiting: &Waiting) -> Self {
        let answer = waiting.answer.as_ref();
        Self {
            number: waiting.number,
            by: waiting.by.clone(),
            originator: waiting.originator.clone(),
            record: waiting.record.clone(),
            to: waiting.to.clone(),
            purpose: waiting.purpose.clone(),
            channel: waiting.channel.clone(),
            under: waiting.under.clone(),
            precedence: waiting.precedence.clone(),
            expires: waiting.expires.map(moment),
            proposed: moment(waiting.at),
            state: match answer {
                None => "waiting",
                Some(answer) if answer.yes => "confirmed",
                Some(_) => "declined",
            }
            .to_owned(),
            answered_by: answer.map(|answer| answer.by.clone()),
            answered: answer.map(|answer| moment(answer.at)),
            note: answer.map(|answer| answer.note.clone()),
        }
    }
}

/// `POST /releases/{number}/confirm` and `/decline`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// Why, where that is to be said.
    #[serde(default)]
    pub note: String,
}

/// `POST /emergencies`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRequest {
    /// The record: `ID` or `ORIGINATOR/ID`.
    pub record: String,
    /// The recipient.
    pub to: String,
    /// What for.
    pub purpose: String,
    /// How.
    pub channel: String,
    /// Why it cannot wait.
    pub reason: String,
}

/// An emergency that was declared, and what became of the release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredView {
    /// Its number, for the report.
    pub number: u64,
    /// What became of the release: a label, an agreement or an originator may still say no.
    pub released: Released,
}

/// An emergency, and what was reported on it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct EmergencyView {
    pub number: u64,
    pub by: String,
    pub originator: String,
    pub record: String,
    pub to: String,
    pub reason: String,
    pub declared: String,
    /// Until when the report is due.
    pub due: String,
    pub reported_by: Option<String>,
    pub reported: Option<String>,
    pub report: Option<String>,
}

impl From<&Emergency> for EmergencyView {
    fn from(emergency: &Emergency) -> Self {
        let report = emergency.report.as_ref();
        Self {
            number: emergency.number,
            by: emergency.by.clone(),
            originator: emergency.originator.clone(),
            record: emergency.record.clone(),
            to: emergency.to.clone(),
            reason: emergency.reason.clone(),
            declared: moment(emergency.at),
            due: moment(emergency.due),
            reported_by: report.map(|report| report.by.clone()),
            reported: report.map(|report| moment(report.at)),
            report: report.map(|report| report.text.clone()),
        }
    }
}

/// `POST /emergencies/{number}/report`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// What was given and what came of it.
    pub text: String,
}

/// `POST /named`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameRequest {
    /// The TLP:RED record: `ID` or `ORIGINATOR/ID`.
    pub record: String,
    /// The accounts of those for whom it is; they replace those named before.
    pub persons: Vec<String>,
}

/// A TLP:RED record for which nobody is named yet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct UnnamedView {
    pub originator: String,
    pub record: String,
}
