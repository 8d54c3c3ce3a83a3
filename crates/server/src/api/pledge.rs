//! The API's view of commitments and meetings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A commitment, and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct CommitmentView {
    /// SHA-256 of its statement, in hex; none where it stands in a text, or was agreed in a consultation, and nobody has made it
    /// known.
    pub name: Option<String>,
    /// Who made it known.
    pub by: String,
    pub owner: String,
    pub what: String,
    /// Until the end of which day, in UTC.
    pub due: Option<String>,
    pub agreement: Option<String>,
    pub clause: Option<String>,
    /// The consultation in which it was agreed.
    pub consultation: Option<String>,
    /// The digest of the agreed action there, where nobody has made it known.
    pub action: Option<String>,
    /// `open`, `overdue`, `done`, `late` or `dropped`.
    pub status: String,
    pub made: Option<String>,
    pub steps: Vec<PledgeStepView>,
    /// What its owner said last of the whole.
    pub last: Option<ProgressView>,
    /// Whether its owner has said two different things under one number: the digests of what.
    pub doubles: Vec<String>,
}

/// A step to a commitment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PledgeStepView {
    pub text: String,
    pub last: Option<ProgressView>,
}

/// What the owner of a commitment said last.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ProgressView {
    /// `open`, `done` or `dropped`.
    pub word: String,
    pub at: String,
    pub note: String,
    /// Records that show it, of those that the asker may see: `ORIGINATOR/ID`.
    pub evidence: Vec<String>,
}

/// `POST /commitments`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitmentRequest {
    /// What; as the clause has it when absent.
    #[serde(default)]
    pub what: Option<String>,
    /// Who is to do it; this party, or whom the clause names, when absent.
    #[serde(default)]
    pub owner: Option<String>,
    /// Until the end of which day: `2027-03-31`.
    #[serde(default)]
    pub due: Option<String>,
    /// The text that it is from: its parties are told.
    #[serde(default)]
    pub agreement: Option<String>,
    /// The article of that text.
    #[serde(default)]
    pub clause: Option<String>,
    /// The consultation that it was agreed in, by the first digits of its name: its participants are told.
    #[serde(default)]
    pub consultation: Option<String>,
    /// The agreed action, by the first digits of its digest. It says who does what.
    #[serde(default)]
    pub action: Option<String>,
    /// The steps to it.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// `POST /commitments/{name}/progress`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressRequest {
    /// Which step, counted from 1; the whole when absent.
    #[serde(default)]
    #[schemars(range(min = 1, max = 64))]
    pub step: Option<u32>,
    /// `open`, `done` or `dropped`; as it was when absent.
    #[serde(default)]
    pub word: Option<String>,
    /// Records that show it: `ID` or `ORIGINATOR/ID`. Whoever is told must have got them.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// Something that has a name now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NamedView {
    /// In hex.
    pub name: String,
}

/// A step by which a party joins an agreement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccessionView {
    /// Its number, counted from 1.
    pub number: u32,
    /// Whose step.
    pub by: String,
    /// The kind of the act.
    pub act: String,
    /// Whether the text enters into force without it.
    pub optional: bool,
    /// `done`, `open`, `overdue`, or `optional` while it is not done.
    pub state: String,
    /// The day on which it was done.
    pub done: Option<String>,
    /// The document: SHA-256 of the signed act in hex, or `file` where the agreement's file has it.
    pub document: Option<String>,
    /// Until the end of which day it is to be done, where that was said.
    pub due: Option<String>,
    /// The commitment that says so, by its name: its owner says how far it is, and what shows it.
    pub commitment: Option<String>,
    /// What its owner said last.
    pub last: Option<ProgressView>,
}

/// `POST /agreements/{id}/accession/{party}`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessionRequest {
    /// The step, by its number.
    #[schemars(range(min = 1, max = 1000))]
    pub step: u32,
    /// Until the end of which day: `2027-03-31`.
    pub due: String,
    /// The article of the text that speaks of it, or under which the parties plan it.
    pub clause: String,
}

/// A meeting that was called, or the last day for one that a text wants.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct MeetingView {
    /// In hex; none for a day that a text wants.
    pub number: Option<String>,
    pub title: String,
    /// Who called it.
    pub by: Option<String>,
    pub agreement: Option<String>,
    pub clause: Option<String>,
    /// Who meets, where it says.
    pub body: Option<String>,
    /// A moment; or the last day, where a text wants one.
    pub starts: String,
    pub ends: Option<String>,
    pub place: String,
    /// Counts the changes.
    pub revision: u32,
    pub cancelled: bool,
    /// Whether it is on record as held: over, not called off, with minutes. Then the duty to meet is met.
    pub held: bool,
    /// The record with its minutes, where the asker may see it.
    pub minutes: Option<String>,
}

/// `POST /meetings`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingRequest {
    /// The meeting that is changed, by the first hex digits of its number; a new one when absent.
    #[serde(default)]
    pub meeting: Option<String>,
    /// One line for people.
    #[serde(default)]
    pub title: Option<String>,
    /// A moment: `2026-12-01T09:00:00+09:00`.
    #[serde(default)]
    pub starts: Option<String>,
    /// A moment.
    #[serde(default)]
    pub ends: Option<String>,
    /// A room or a link.
    #[serde(default)]
    pub place: Option<String>,
    /// The text that it is called under: its parties are told.
    #[serde(default)]
    pub agreement: Option<String>,
    /// The article of that text.
    #[serde(default)]
    pub clause: Option<String>,
    /// Who meets, where the article wants several meetings: as the clause has it.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether it is called off.
    #[serde(default)]
    pub cancelled: bool,
    /// The record with its minutes: `ID` or `ORIGINATOR/ID`. Whoever is told must have got it.
    #[serde(default)]
    pub minutes: Option<String>,
}

/// `GET /calendar/{secret}`: how it is shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarQuery {
    /// The time zone in which meetings are written: a name of the tz database. UTC when absent.
    #[serde(default)]
    pub zone: Option<String>,
}
