//! A party's own rules (`entente.national/1`): what it delegates, what it forbids, which agreement it prefers.
//! Private to its node.

use crate::{
    AgreementId, Level, Party, Subject,
    agreement::clause::{Action, Set},
};

/// A standing authority to release without a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Every subject of the record must be among these.
    pub subjects: Set<Subject>,
    /// The recipient must be among these.
    pub to: Set<Party>,
    /// The highest level, of the record and of its foreign sources.
    pub max: Level,
    /// The actions.
    pub actions: Vec<Action>,
}

/// A rule that blocks whatever it holds for, also what is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// It holds when any subject of the record is among these.
    pub subjects: Set<Subject>,
    /// And the recipient is among these.
    pub to: Set<Party>,
    /// Why, for the party's own people.
    pub reason: String,
}

/// A rule that a second person confirms a release for which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// It holds when any subject of the record is among these, or the record has none.
    pub subjects: Set<Subject>,
    /// And the recipient is among these.
    pub to: Set<Party>,
    /// And the record, or a source of it, is of this level or a higher one.
    pub min: Level,
}

/// A rule that a person may disclose in an emergency, without an approval or a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Every subject of the record must be among these.
    pub subjects: Set<Subject>,
    /// The recipient must be among these.
    pub to: Set<Party>,
    /// The highest level, of the record and of its sources.
    pub max: Level,
    /// Within how many hours the report is due.
    pub report_hours: u32,
}

/// The rules of one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct National {
    /// Whose rules they are.
    pub party: Party,
    /// Agreements in order of preference, where several would do.
    pub prefer: Vec<AgreementId>,
    /// Standing delegations.
    pub delegations: Vec<Delegation>,
    /// Restrictions.
    pub restrictions: Vec<Restriction>,
    /// Where a second person confirms. They change no decision: only whether one person alone carries it out.
    pub confirmations: Vec<Confirmation>,
    /// Where an emergency may stand for an approval and for a second person.
    pub emergencies: Vec<Emergency>,
}
