//! What a message of a warning says, whatever syntax it came in. The key type is [`Message`].

use super::shape::Shape;
use crate::{Party, record::Status, time::Timestamp};

/// Where a message comes from. Messages of two sources never touch one another: nobody cancels another's alert, and a
/// drill no real one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The party that signed it.
    pub party: Party,
    /// The sender that the message itself names.
    pub sender: String,
    /// Actual, exercise or test.
    pub status: Status,
}

/// What a source calls one of its messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageName {
    /// When the source says that it was sent.
    pub sent: Timestamp,
    /// Unique for its sender.
    pub identifier: String,
}

/// An earlier message, as a later one names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Its sender.
    pub sender: String,
    /// Its name.
    pub name: MessageName,
}

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Tells of an event.
    Alert,
    /// Takes the place of the messages that it refers to.
    Update,
    /// Takes them back.
    Cancel,
}

impl Kind {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Update => "update",
            Self::Cancel => "cancel",
        }
    }
}

macro_rules! scale {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are the meaning; CAP 1.2, section 3.2.2, explains each")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All values, the lowest first. `Unknown` is the lowest: to say less than before is to lower.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// As CAP spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

scale! {
    /// How bad it is.
    Severity { Unknown = "Unknown", Minor = "Minor", Moderate = "Moderate", Severe = "Severe", Extreme = "Extreme" }
}
scale! {
    /// How soon to act.
    Urgency { Unknown = "Unknown", Past = "Past", Future = "Future", Expected = "Expected", Immediate = "Immediate" }
}
scale! {
    /// How sure it is.
    Certainty {
        Unknown = "Unknown", Unlikely = "Unlikely", Possible = "Possible", Likely = "Likely", Observed = "Observed",
    }
}

/// How bad, how soon, how sure; ordered in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the types are the meaning")]
pub struct Level {
    pub severity: Severity,
    pub urgency: Urgency,
    pub certainty: Certainty,
}

/// An area that a message names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area {
    /// In words.
    pub name: String,
    /// On the globe; none where only words or codes are given.
    pub shapes: Vec<Shape>,
    /// Codes: the name of their list, and the code.
    pub codes: Vec<(String, String)>,
}

/// One notice of a message: about some areas, or in some language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    /// The language of its words, as RFC 3066 names it.
    pub language: String,
    /// What happens, in a word or two of the sender's: `津波注意報`.
    pub event: String,
    /// One line for people.
    pub headline: Option<String>,
    /// How bad, how soon, how sure.
    pub level: Level,
    /// From when it is expected.
    pub onset: Option<Timestamp>,
    /// Until when the notice holds; the sender may leave it open.
    pub expires: Option<Timestamp>,
    /// Where.
    pub areas: Vec<Area>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Whose it is.
    pub source: Source,
    /// What its source calls it.
    pub name: MessageName,
    /// SHA-256 of its bytes: two messages of one name are two versions.
    pub digest: [u8; 32],
    /// What it does.
    pub kind: Kind,
    /// The messages that it speaks of.
    pub references: Vec<Reference>,
    /// What its source calls the events, where each of its messages on an event takes the place of the one before without
    /// naming it.
    pub series: Vec<String>,
    /// What it says; a cancel may say nothing.
    pub notices: Vec<Notice>,
}

impl Message {
    /// The highest level of its notices.
    pub fn level(&self) -> Option<Level> {
        self.notices.iter().map(|notice| notice.level).max()
    }

    /// Until when it holds: the last moment of its notices; `None` when one of them leaves it open or there is none.
    pub fn expires(&self) -> Option<Timestamp> {
        let all: Option<Vec<_>> = self.notices.iter().map(|notice| notice.expires).collect();
        all?.into_iter().max()
    }

    /// All areas of all notices.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.notices.iter().flat_map(|notice| &notice.areas)
    }
}
