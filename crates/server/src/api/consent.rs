//! Consents in the API: asked and answered, given standing, withdrawn.

use entente_formats::{hex, wire::StandingConsent};
use entente_node::{op::Question, state::Kept};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DecisionView, moment};

/// `POST /consents`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct AskRequest {
    pub record: String,
    pub of: String,
    pub to: String,
    /// What the record was provided for when absent.
    pub purpose: Option<String>,
    pub channel: String,
    pub until: Option<String>,
}

/// What became of a question.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Asked {
    pub decision: DecisionView,
    pub question: Option<QuestionView>,
}

/// A question for consent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct QuestionView {
    pub request: String,
    /// `ours` (we ask) or `theirs` (we are asked).
    pub direction: String,
    pub partner: String,
    pub record: String,
    pub originator: String,
    pub to: String,
    pub action: String,
    pub purpose: String,
    pub until: Option<String>,
    pub state: String,
    pub asked: String,
}

impl From<&Question> for QuestionView {
    fn from(question: &Question) -> Self {
        let asked = &question.question;
        Self {
            request: hex::encode(&asked.request),
            direction: if question.ours { "ours" } else { "theirs" }.to_owned(),
            partner: question.partner.to_string(),
            record: asked.record.clone(),
            originator: asked.originator.clone(),
            to: asked.to.clone(),
            action: asked.action.clone(),
            purpose: asked.purpose.clone(),
            until: asked.until.map(moment),
            state: question.state.as_str().to_owned(),
            asked: moment(question.asked),
        }
    }
}

/// `POST /consents/{request}/answer`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// Yes or no.
    pub granted: bool,
    /// The authority, or a reason.
    pub note: Option<String>,
}

/// What became of an answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// Whether it went out. A yes that this party may not give does not.
    pub sent: bool,
    /// The decision on what a yes permits.
    pub decision: Option<DecisionView>,
}

/// `POST /consents/standing`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct GrantRequest {
    /// Who may rely on it; every partner with a text in force when empty.
    pub holders: Vec<String>,
    /// `*` alone for any.
    pub subjects: Vec<String>,
    pub max: String,
    /// Any party when absent.
    pub to: Option<String>,
    pub action: String,
    /// Any purpose when absent.
    pub purpose: Option<String>,
    pub until: Option<String>,
    /// The authority that gives it.
    pub note: String,
}

/// What became of a standing consent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Granted {
    pub number: String,
    pub holders: Vec<String>,
}

/// A standing consent, for one holder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct StandingView {
    pub number: String,
    /// `ours` (we gave it) or `theirs` (it was given to us).
    pub direction: String,
    pub by: String,
    pub holder: String,
    pub subjects: Vec<String>,
    pub max: String,
    pub to: Option<String>,
    pub action: String,
    pub purpose: Option<String>,
    pub until: Option<String>,
    pub given: String,
    pub authority: String,
    /// When it became known here that it is withdrawn.
    pub withdrawn: Option<String>,
}

impl StandingView {
    /// The view that the node of `party` has of it.
    pub fn new(party: &str, known: &Kept<StandingConsent>, withdrawn: Option<i64>) -> Self {
        let given = known.statement.clone();
        Self {
            number: hex::encode(&given.number),
            direction: if given.by == party { "ours" } else { "theirs" }.to_owned(),
            by: given.by,
            holder: given.holder,
            subjects: given.subjects,
            max: given.max,
            to: given.to,
            action: given.action,
            purpose: given.purpose,
            until: given.until.map(moment),
            given: moment(given.at),
            authority: given.authority,
            withdrawn: withdrawn.map(moment),
        }
    }
}

/// `POST /consents/{number}/withdraw`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    /// Why, where that is to be said.
    pub note: Option<String>,
}

/// Who was told of a withdrawal.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    /// Who could rely on the consent.
    pub holders: Vec<String>,
}
