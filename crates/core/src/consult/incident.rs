//! Something happened. The key type is [`Incident`].

use crate::{Party, RecordId, agreement::clause::Notifier, alert::Shape, record::Status, time::Timestamp};

/// How urgent a message is (ACP 121), the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Precedence {
    Routine,
    Priority,
    Immediate,
    Flash,
}

impl Precedence {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Routine, Self::Priority, Self::Immediate, Self::Flash];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "ROUTINE",
            Self::Priority => "PRIORITY",
            Self::Immediate => "IMMEDIATE",
            Self::Flash => "FLASH",
        }
    }

    /// The one that is written so; none for any other word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precedence| precedence.as_str() == word)
    }
}

/// Where it happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// In words.
    pub name: String,
    /// On the globe; none where only words are known.
    pub shapes: Vec<Shape>,
}

/// A record that shows something. Whether a partner may see it is decided for that partner like every other release; its
/// digest alone tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// The record's originator.
    pub originator: Party,
    /// The originator's name for it.
    pub record: RecordId,
    /// SHA-256 of its content.
    pub digest: [u8; 32],
}

/// Something that happened, as the party that raises it tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Incident {
    /// One line for people.
    pub title: String,
    /// What kind of thing: the word that clauses name, such as `missile-launch`.
    pub trigger: String,
    /// Where.
    pub place: Option<Place>,
    /// Since when.
    pub began: Timestamp,
    /// Until when, if it is over.
    pub ended: Option<Timestamp>,
    /// Actual, exercise or test.
    pub status: Status,
    /// How urgent.
    pub precedence: Precedence,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// The party that raises it.
    pub raised_by: Party,
    /// When it was raised. What was in force at that moment counts, whatever becomes of it.
    pub raised_at: Timestamp,
    /// Whether the raiser had what is concerned as its provider or as its recipient, for duties to notify.
    pub role: Option<Notifier>,
}
