//! A record: an immutable piece of information, seen by the judgement as its label, its subjects and its custody.
//! The bytes are elsewhere.

use crate::{AgreementId, Label, Party, Purpose, RecordId, Subject};

/// Whether something is real. Visible everywhere; a drill never opens a real obligation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Status {
    #[default]
    Actual,
    Exercise,
    Test,
}

impl Status {
    /// The status as the machine interfaces spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Exercise => "exercise",
            Self::Test => "test",
        }
    }
}

/// What the recipient's agreements and the provider let the recipient do with what it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Onward {
    /// The agreement's own clauses rule.
    #[default]
    Free,
    /// The provider is to be asked first.
    Ask,
}

impl Onward {
    /// As the machine interfaces spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Ask => "ask",
        }
    }
}

/// One hop of custody: who provided the record to whom, under which agreements, for what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The provider.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// The agreements that it was given under; they bind the recipient for ever.
    pub under: Vec<AgreementId>,
    /// The purpose that it was given for.
    pub purpose: Purpose,
    /// What the provider says of handing it on.
    pub onward: Onward,
}

/// A record, as the judgement sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The originator's name for it.
    pub id: RecordId,
    /// The originator's label, never rewritten.
    pub label: Label,
    /// The party that made it.
    pub originator: Party,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// Actual, exercise or test.
    pub status: Status,
    /// How its holder came to hold it; empty for the holder's own.
    pub custody: Vec<Hop>,
    /// The parties that the originator put on its distribution list.
    pub distribution: Vec<Party>,
    /// The records that it was made from, whole.
    pub derived_from: Vec<Record>,
    /// Reduced versions that its originator made for others (tear lines): records of the same originator, each with an id
    /// and a label of its own, and without versions. They decide nothing about this record.
    pub versions: Vec<Record>,
}

/// How deep `derived_from` may nest, the record itself not counted. Parsers refuse what is deeper.
pub const MAX_DERIVATION: usize = 16;

impl Record {
    /// Every record that this one is derived from, and theirs in turn, in the order of the text.
    pub fn sources(&self) -> Vec<&Record> {
        let mut all = Vec::new();
        let mut open: Vec<&Record> = self.derived_from.iter().rev().collect();
        while let Some(record) = open.pop() {
            all.push(record);
            open.extend(record.derived_from.iter().rev());
        }
        all
    }
}
