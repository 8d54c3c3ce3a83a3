//! Attempts to tell people of this party that something waits for them: each is kept before it is made and when it has ended, so
//! that a node that was killed neither forgets one nor makes one twice that it knows to have ended. Whom to tell when is
//! `entente_core::watch`; who sends is the server. Nothing here says what it is that waits.
//!
//! Key type: [`Attempt`].

use std::collections::BTreeMap;

use entente_core::{
    consult::Precedence,
    record::Status,
    time::Timestamp,
    watch::{Due, Way},
};
use serde::{Deserialize, Serialize};

use crate::{
    event::{Answer, Refusal},
    op::Op,
    state::Node,
};

/// The longest word on how an attempt ended, in bytes.
const LONGEST: usize = 500;
/// How long what came to nothing for now waits before it is made again, in seconds: the first time, and at most.
const PAUSES: (i64, i64) = (60, 15 * 60);

/// An attempt to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number.
    pub number: u64,
    /// What waits, as [`Matter::name`](crate::matter::Matter::name) has it; a test of the chain: `test`.
    pub matter: String,
    /// How urgent that is.
    pub precedence: String,
    /// `exercise` or `test` where it is a drill's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// Who is told, by id.
    pub person: String,
    /// Their account, where it is on the console's pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How: `console`, `email` or `webhook`.
    pub way: String,
    /// By which step, from 1.
    pub step: usize,
    /// When the contact list wants it, in seconds since the epoch.
    pub planned: i64,
    /// When it was begun, in seconds since the epoch.
    pub began: i64,
    /// When it was begun again because the node had stopped before its end was known: the same message once more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<i64>,
    /// How it ended; not yet, or nobody knows, when absent: [`Node::outcome_of`].
    pub ended: Option<Ended>,
}

/// What is known of how an attempt came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being made.
    UnderWay,
    /// The message was taken.
    Taken,
    /// It was not.
    NotTaken,
    /// The node stopped while it was being made: the message may have been taken, or not.
    Unknown,
}

impl Outcome {
    /// The words for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Taken => "taken",
            Self::NotTaken => "not taken",
            Self::Unknown => "unknown",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Whether the message was taken: by the mail server, by the program, by a page that is open.
    pub reached: bool,
    /// What was said, in words.
    pub words: String,
    /// How many tries it took.
    pub tries: u32,
    /// Whether it came to nothing for now, and is to be made again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// How an attempt ended, as who made it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptEnd {
    /// Its number.
    pub number: u64,
    /// Whether the message was taken.
    pub reached: bool,
    /// What was said, in words.
    pub words: String,
    /// How many tries it took.
    pub tries: u32,
    /// Whether it came to nothing for now: a server that does not answer, or says later.
    pub again: bool,
}

/// A new attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// What waits.
    pub matter: String,
    /// How urgent that is.
    pub precedence: Precedence,
    /// Actual, exercise or test.
    pub status: Status,
    /// Who, by id.
    pub person: String,
    /// Their account.
    pub account: Option<String>,
    /// When, by which step and how.
    pub due: Due,
}

impl Node {
    pub(crate) fn begin_attempt(&mut self, new: NewAttempt, now: Timestamp) -> Result<Answer, Refusal> {
        let (way, planned) = (new.due.way.as_str(), new.due.at.as_second());
        // One that was begun and of which nobody knows how it ended goes on under its own number: what it sends is the same
        // message once more, and not another.
        let is_same = |known: &&Attempt| {
            known.matter == new.matter
                && known.person == new.person
                && known.way == way
                && known.planned == planned
                && known.ended.is_none()
        };
        if let Some(known) = self.attempts.values().rev().find(is_same) {
            let (number, mut known) = (known.number, known.clone());
            if self.attempting.insert(number) {
                known.resumed.push(now.as_second());
                self.keep(Op::Attempt(known))?;
            }
            return Ok(Answer::Number(number));
        }
        let number = self.attempts.last_key_value().map_or(0, |(number, _)| number + 1);
        let attempt = Attempt {
            number,
            matter: new.matter,
            precedence: new.precedence.as_str().to_owned(),
            drill: (new.status != Status::Actual).then(|| new.status.as_str().to_owned()),
            person: new.person,
            account: new.account.filter(|_| new.due.way == Way::Console),
            way: way.to_owned(),
            step: new.due.step + 1,
            planned,
            began: now.as_second(),
            resumed: Vec::new(),
            ended: None,
        };
        // What is on the pages is shown by the statement itself.
        let words = (new.due.way == Way::Console).then(|| serde_json::json!(attempt));
        self.keep(Op::Attempt(attempt))?;
        if let Some(words) = words {
            self.state(now, "attempt", words)?;
        }
        self.attempting.insert(number);
        Ok(Answer::Number(number))
    }

    pub(crate) fn end_attempt(&mut self, end: &AttemptEnd, now: Timestamp) -> Result<Answer, Refusal> {
        let AttemptEnd { number, reached, ref words, tries, again } = *end;
        let known = self.attempts.get(&number).filter(|known| known.ended.is_none());
        let mut attempt = known.cloned().ok_or_else(|| Refusal::Request(format!("no open attempt {number}")))?;
        let end = words.char_indices().map(|(at, one)| at + one.len_utf8()).take_while(|end| *end <= LONGEST).last();
        let words = words.get(..end.unwrap_or_default()).unwrap_or_default().to_owned();
        attempt.ended = Some(Ended { at: now.as_second(), reached, words, tries, again: again && !reached });
        self.attempting.remove(&number);
        let words = serde_json::json!(attempt);
        self.keep(Op::Attempt(attempt))?;
        self.state(now, "attempted", words)?;
        Ok(Answer::Done)
    }

    /// All attempts, the oldest first.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.values()
    }

    /// What is known of how an attempt came out.
    pub fn outcome_of(&self, attempt: &Attempt) -> Outcome {
        match &attempt.ended {
            Some(ended) if ended.reached => Outcome::Taken,
            Some(_) => Outcome::NotTaken,
            None if self.attempting.contains(&attempt.number) => Outcome::UnderWay,
            None => Outcome::Unknown,
        }
    }

    /// For each person and way the latest moment of the plan that was seen to: what a contact list is asked with. What came to
    /// nothing for now is not seen to.
    pub fn told_of(&self, matter: &str) -> BTreeMap<(String, Way), Timestamp> {
        let is_over = |attempt: &&Attempt| attempt.ended.as_ref().is_some_and(|ended| !ended.again);
        let mut told = BTreeMap::new();
        for attempt in self.attempts_in(matter).filter(is_over) {
            let Some(way) = Way::from_word(&attempt.way) else { continue };
            let planned = Timestamp::from_second(attempt.planned).unwrap_or_default();
            let last = told.entry((attempt.person.clone(), way)).or_insert(planned);
            *last = planned.max(*last);
        }
        told
    }

    /// What came to nothing for now: by person and way the moment of the plan, and until when it is put off, which is the
    /// longer, the oftener it was tried.
    pub(crate) fn put_off(&self, matter: &str) -> BTreeMap<(String, Way), (i64, Timestamp)> {
        let mut failed: BTreeMap<(String, Way), (i64, u32, i64)> = BTreeMap::new();
        for attempt in self.attempts_in(matter) {
            let (Some(way), Some(ended)) = (Way::from_word(&attempt.way), &attempt.ended) else { continue };
            let known = failed.entry((attempt.person.clone(), way)).or_insert((attempt.planned, 0, 0));
            // Of another moment of the plan: that is a new one, and goes at once.
            if known.0 != attempt.planned {
                *known = (attempt.planned, 0, 0);
            }
            if ended.again {
                *known = (attempt.planned, known.1.saturating_add(1), ended.at);
            }
        }
        let until = |(count, last): (u32, i64)| {
            let (first, longest) = PAUSES;
            let pause = first.saturating_mul(1 << count.saturating_sub(1).min(8)).min(longest);
            Timestamp::from_second(last.saturating_add(pause)).ok()
        };
        let failed = failed.into_iter().filter(|(_, (_, count, _))| *count > 0);
        failed.filter_map(|(who, (planned, count, last))| Some((who, (planned, until((count, last))?)))).collect()
    }

    fn attempts_in(&self, matter: &str) -> impl Iterator<Item = &Attempt> {
        self.attempts.values().filter(move |attempt| attempt.matter == matter)
    }
}
