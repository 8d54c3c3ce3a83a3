//! Why a banner line says what it says, part by part.
//!
//! The key type is [`Reason`].

use std::fmt;

/// A part of the banner line, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Subject {
    Sharing,
    Owner,
    Class,
    Sci,
    Sap,
    Aea,
    Fgi,
    Control,
    Release,
    NonIc,
}

impl Subject {
    /// The part in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sharing => "sharing",
            Self::Owner => "owner",
            Self::Class => "class",
            Self::Sci => "SCI",
            Self::Sap => "SAP",
            Self::Aea => "AEA",
            Self::Fgi => "FGI",
            Self::Control => "control",
            Self::Release => "release",
            Self::NonIc => "non-IC",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why one part of the banner line is as it is, or why there is no line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The part.
    pub subject: Subject,
    /// What the line says there; empty when it says nothing.
    pub mark: String,
    /// Why, in words.
    pub why: String,
    /// The rules of table 3 (CAPCO D.2, pp. 28-30) that gave it, by number.
    pub rules: Vec<u8>,
    /// Where else the manual says so; empty where the choice is ours.
    pub source: &'static str,
}

impl Reason {
    pub(super) fn new(subject: Subject, mark: impl Into<String>, why: impl Into<String>, source: &'static str) -> Self {
        Self { subject, mark: mark.into(), why: why.into(), rules: Vec::new(), source }
    }
}
