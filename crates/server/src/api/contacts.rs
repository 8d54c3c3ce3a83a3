//! The API's view of whom this party's node tells that something waits.

use entente_node::telling::{Attempt, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moment;

/// `GET /contacts`: who is on watch now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ContactsView {
    pub party: String,
    /// Why the list in the file cannot be used, and an older one counts.
    pub problem: Option<String>,
    pub rotas: Vec<WatchView>,
    /// What waits now, the most urgent first.
    pub waiting: Vec<WaitingMatterView>,
    /// Whom something urgent would lead to that began to wait now.
    pub plan: Vec<PlannedView>,
}

/// Something that waits for people of this party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct WaitingMatterView {
    /// A name that says nothing of it.
    pub matter: String,
    pub precedence: String,
    /// `actual`, `exercise` or `test`.
    pub status: String,
    pub since: String,
    /// How many attempts were made to tell somebody.
    pub attempts: usize,
    /// When somebody is told next, if nobody acknowledges it; never, where the list has come to its end.
    pub next: Option<String>,
}

/// Who is on watch in a rota.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct WatchView {
    pub rota: String,
    /// The time zone in which its shifts are.
    pub zone: String,
    pub from: String,
    /// When others come on watch.
    pub until: String,
    pub persons: Vec<String>,
}

/// Somebody who would be told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PlannedView {
    pub at: String,
    /// Counted from 1.
    pub step: usize,
    pub person: String,
    /// `console`, `email` or `webhook`.
    pub way: String,
    /// Whether it is because they come on watch.
    pub handover: bool,
}

/// An attempt to tell somebody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AttemptView {
    pub number: u64,
    /// What waits, by a name that says nothing of it; `test` for a test of the chain.
    pub matter: String,
    pub precedence: String,
    /// `actual`, `exercise` or `test`.
    pub status: String,
    pub person: String,
    pub way: String,
    /// Counted from 1.
    pub step: usize,
    /// When the contact list wants it.
    pub planned: String,
    pub began: String,
    /// When it was made again, as the same message, because the node had stopped before its end was known.
    pub resumed: Vec<String>,
    /// `under way`, `taken`, `not taken`, or `unknown`: the node stopped while it was made, and it may have been taken.
    pub outcome: String,
    /// When it ended; not yet, or nobody knows, when absent.
    pub ended: Option<String>,
    /// Whether the message was taken; nobody knows yet when absent.
    pub reached: Option<bool>,
    /// What was said, in words.
    pub words: String,
    pub tries: u32,
    /// Whether it came to nothing for now, and is made again.
    pub again: bool,
}

impl AttemptView {
    /// The view of an attempt that came out so.
    pub fn new(attempt: &Attempt, outcome: Outcome) -> Self {
        let ended = attempt.ended.as_ref();
        Self {
            number: attempt.number,
            matter: attempt.matter.clone(),
            precedence: attempt.precedence.clone(),
            status: attempt.drill.clone().unwrap_or_else(|| "actual".to_owned()),
            person: attempt.person.clone(),
            way: attempt.way.clone(),
            step: attempt.step,
            planned: moment(attempt.planned),
            began: moment(attempt.began),
            resumed: attempt.resumed.iter().copied().map(moment).collect(),
            outcome: outcome.as_str().to_owned(),
            ended: ended.map(|ended| moment(ended.at)),
            reached: ended.map(|ended| ended.reached),
            words: ended.map(|ended| ended.words.clone()).unwrap_or_default(),
            tries: ended.map_or(0, |ended| ended.tries),
            again: ended.is_some_and(|ended| ended.again),
        }
    }
}

/// `POST /contacts/test`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestContacts {
    /// How urgent the matter is that is made believe: `FLASH` tells most people.
    pub precedence: String,
}

/// What became of a test for one person and way.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct TestedView {
    /// Counted from 1.
    pub step: usize,
    /// After how many minutes they would be told.
    pub after: u64,
    pub person: String,
    pub way: String,
    /// Whether the message was taken.
    pub reached: bool,
    pub words: String,
    pub tries: u32,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}
