//! What operations consist of, as it is kept.

use std::collections::BTreeMap;

use entente_core::{
    Party,
    agreement::{InstrumentHash, clause::Action},
};
use entente_formats::{
    request::Answer,
    wire::{ConsentRequest, Signed},
};
use entente_log::Node;
use serde::{Deserialize, Serialize};

use crate::{lane::Lane, ledger::Interval};

/// What a recipient gave back of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveredEntry {
    /// The envelope, exactly.
    Envelope(Vec<u8>),
    /// Our withdrawal, which it got in place of the envelope.
    Withdrawn(Signed),
    /// The leaf alone: what it had is destroyed.
    Gone,
}

/// An interval of our own ledger that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedInterval {
    /// The volume.
    pub volume: u64,
    /// Its leaf's index.
    pub index: u64,
    /// What the leaf says.
    pub interval: Interval,
    /// The number behind that of its last statement.
    pub next: u64,
    /// What stands before the statements in its private tree.
    pub salt: [u8; 32],
    /// Interior nodes that the leaf completed.
    pub nodes: Vec<Node>,
}

/// A checkpoint of a ledger with a witness's cosignature, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The other side: whose ledger it is, or who cosigned ours.
    pub partner: Party,
    /// How many leaves it covers.
    pub size: u64,
    /// The note, with the log's signatures and the cosignature.
    pub note: String,
    /// When it was cosigned, in seconds since the epoch.
    pub at: i64,
}

/// What arrived for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceivedEntry {
    /// The envelope, exactly.
    Envelope(Vec<u8>),
    /// The sender's withdrawal.
    Withdrawn(Signed),
    /// An envelope whose record had been called back before it arrived: nothing of it is kept.
    Recalled,
}

/// A record as it is kept: without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// The originator's signed statement, untouched.
    pub origin: Signed,
    /// What the judgement sees, as a record line of the decision interface (JSON): label, subjects, custody, sources.
    pub line: String,
    /// The versions of the agreements in its custody: their prohibitions rest on these texts and no others.
    pub texts: Vec<(String, InstrumentHash)>,
    /// When it entered here, in seconds since the epoch.
    pub entered: i64,
    /// When its content was destroyed, in seconds since the epoch.
    pub erased: Option<i64>,
}

/// A recall as a party names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecallName {
    /// Who calls back.
    pub by: Party,
    /// The number that it chose.
    pub number: [u8; 16],
}

/// A recall as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecall {
    /// The statement: an originator's, as it travels; that of another party, as it came; our own of what we gave, without
    /// entries, which each recipient gets in a statement of its own.
    pub signed: Signed,
    /// Who told us; ourselves for our own.
    pub from: Party,
    /// Whom we have to tell, each with the entries that it got of us.
    pub of: BTreeMap<Party, Vec<(Lane, u64)>>,
    /// The recall that made us call back what we gave.
    pub cause: Option<RecallName>,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
}

/// A legal hold: whatever would destroy the content of a record does not, while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHold {
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// Whether it was placed; else it was lifted.
    pub placed: bool,
    /// Who did.
    pub by: String,
    /// By which authority, and why.
    pub note: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

/// That a record goes on being used although one that it was made from was called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// The record's originator, and the record.
    pub record: (String, String),
    /// The same of what it was made from.
    pub source: (String, String),
    /// Who said so, and why.
    pub note: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

/// A question for consent, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whether we ask.
    pub ours: bool,
    /// The other side: whom we asked, or who asks.
    pub partner: Party,
    /// The question.
    pub question: ConsentRequest,
    /// How it stands.
    pub state: QuestionState,
    /// When it was asked, in seconds since the epoch.
    pub asked: i64,
}

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum QuestionState {
    Open,
    Granted,
    Refused,
    Withdrawn,
}

impl QuestionState {
    /// The word for people, JSON and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Granted, Self::Refused, Self::Withdrawn].into_iter().find(|state| state.as_str() == word)
    }
}

/// Our own authority's yes to one record and recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredApproval {
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// The recipient.
    pub to: String,
    /// `release` or `display`.
    pub action: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who said so, and why.
    pub note: String,
    /// Until when it counts, in seconds since the epoch; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl StoredApproval {
    /// The action; a word that is none approves nothing more than a display.
    pub fn action(&self) -> Action {
        if self.action == Action::Release.as_str() { Action::Release } else { Action::Display }
    }
}

/// A release that was permitted when it left, and would not have been, had we known then what we know now. It rewrites no
/// verdict: a person looks at it and answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Its number here.
    pub number: u64,
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// Who got it.
    pub to: String,
    /// The lane of the feed that carried it.
    pub lane: String,
    /// The entry of that feed.
    pub index: u64,
    /// The agreements that it was given under.
    pub under: Vec<String>,
    /// When it left, in seconds since the epoch.
    pub left: i64,
    /// What speaks against it, in words.
    pub cause: String,
    /// SHA-256 of the signed statement of the cause, in hex.
    pub statement: String,
    /// When the cause became known here, in seconds since the epoch.
    pub known: i64,
    /// What would have been answered.
    pub would: Answer,
    /// When a person looked at it, in seconds since the epoch, and what the person says of it.
    pub answered: Option<(i64, String)>,
}
