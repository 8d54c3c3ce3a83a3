//! What a decision is taken on: agreements with their acts, consents, approvals, national rules.
//!
//! The key type is [`World`]: borrowed, so that one set of agreements serves any number of decisions.

use std::collections::BTreeMap;

use crate::{
    AgreementId, Label, Level, Party, Purpose, Record, RecordId, Subject,
    agreement::{
        Agreement, Force,
        clause::{Action, Kind, Row, Set},
    },
    label::Class,
    national::National,
    time::Timestamp,
};

/// Agreements by id.
pub type Agreements = BTreeMap<AgreementId, Agreement>;
/// National rules by party.
pub type NationalRules = BTreeMap<Party, National>;

/// What a consent answers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answers {
    /// One record, for one recipient.
    Record(RecordId, Party),
    /// A standing consent: every record whose subjects are all among these and whose level is at most `max`.
    Standing {
        /// The subjects.
        subjects: Set<Subject>,
        /// The highest level.
        max: Level,
        /// The recipient; any party when absent.
        to: Option<Party>,
    },
}

/// A signed permission of another party: the originator, or the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Consent {
    /// Who gave it.
    pub by: Party,
    /// What it answers for, and to whom the record may go.
    pub answers: Answers,
    /// The widest action that it holds for.
    pub action: Action,
    /// The purpose; any when absent.
    pub purpose: Option<Purpose>,
    /// The last moment at which it counts; without end when absent.
    pub until: Option<Timestamp>,
}

/// A holder's own authority, or an originator's disclosure authority, saying yes to one record and recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Approval {
    /// Whose authority.
    pub by: Party,
    /// The record.
    pub record: RecordId,
    /// The recipient.
    pub to: Party,
    /// The widest action that it holds for.
    pub action: Action,
}

/// Everything that a decision may look at besides its request.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The agreements known.
    pub agreements: &'a Agreements,
    /// The national rules known; a node knows its own.
    pub national: &'a NationalRules,
    /// Consents on file.
    pub consents: &'a [Consent],
    /// Approvals on file.
    pub approvals: &'a [Approval],
}

impl<'a> World<'a> {
    /// Every party that is in an agreement, or is named as one to be admitted, or has national rules here; some more
    /// than once.
    pub fn parties(&self) -> impl Iterator<Item = &'a Party> + use<'a> {
        let named = |agreement: &'a Agreement| {
            agreement.parties.iter().chain(agreement.acts.iter().filter_map(|act| act.admits.as_ref()))
        };
        self.agreements.values().flat_map(named).chain(self.national.keys())
    }

    /// Whether `party` is a party of any agreement, or is named as one to be admitted, or has national rules here.
    pub fn knows(&self, party: &Party) -> bool {
        self.national.contains_key(party) || self.agreements.values().any(|agreement| agreement.names(party))
    }

    /// The level of a label where no agreement is meant: its own; for a national term the highest that any known
    /// agreement gives it, in force or not. TLP counts as the lowest. `None`: a term that no agreement knows.
    pub fn level_of(&self, label: &Label) -> Option<Level> {
        let Label::Marking(marking) = label else { return Some(Level::Unclassified) };
        match &marking.class {
            Class::Level(level) => Some(*level),
            Class::Term(_) => self
                .agreements
                .values()
                .flat_map(|agreement| &agreement.clauses)
                .filter_map(|clause| match &clause.kind {
                    Kind::Equivalence { rows, .. } => Some(rows),
                    _ => None,
                })
                .flatten()
                .filter(|row| row.matches(label))
                .map(|row| row.level)
                .max(),
        }
    }

    /// The consent of `by` that answers for `record` (or, by its id, for `asked`, the record that the request is
    /// about) to go to `to`.
    pub(crate) fn consent(&self, by: &Party, record: &Record, case: &ConsentCase<'_>) -> Option<&Consent> {
        self.consents.iter().find(|consent| {
            consent.by == *by
                && match &consent.answers {
                    Answers::Record(id, to) => (*id == record.id || id == case.asked) && to == case.to,
                    Answers::Standing { subjects, max, to } => {
                        subjects.holds_all(&record.subjects)
                            && to.as_ref().is_none_or(|to| to == case.to)
                            && self.level_of(&record.label).is_some_and(|level| level <= *max)
                    }
                }
                && consent.action.includes(case.action)
                && consent.purpose.as_ref().is_none_or(|purpose| purpose == case.purpose)
                && consent.until.is_none_or(|until| case.at <= until)
        })
    }

    /// The approval of `by` for `record` to go to `to`.
    pub(crate) fn approval(&self, by: &Party, record: &RecordId, to: &Party, action: Action) -> Option<&Approval> {
        self.approvals.iter().find(|approval| {
            approval.by == *by && approval.record == *record && approval.to == *to && approval.action.includes(action)
        })
    }
}

/// What a consent is measured against.
pub(crate) struct ConsentCase<'a> {
    pub(crate) asked: &'a RecordId,
    pub(crate) to: &'a Party,
    pub(crate) action: Action,
    pub(crate) purpose: &'a Purpose,
    pub(crate) at: Timestamp,
}

impl Row {
    /// Whether this row is the one of the label's own term: its level is the label's level, or its list for the
    /// label's country holds the label's national term.
    pub fn matches(&self, label: &Label) -> bool {
        let Label::Marking(marking) = label else { return false };
        match &marking.class {
            Class::Level(level) => self.level == *level,
            Class::Term(term) => self
                .terms
                .iter()
                .any(|(party, terms)| Some(party.as_str()) == marking.country() && terms.contains(term)),
        }
    }
}

impl Agreement {
    /// Whether a text of this force may ever cover a release.
    pub fn may_cover(&self) -> bool {
        self.force != Force::Political
    }
}
