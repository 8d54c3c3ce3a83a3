//! Subjects that nobody wrote down. They are free words, and an unknown one is no error: the record may be about something
//! new. But a misspelt one falls out of every scope and delegation without a word, so that a person should hear of it.

use std::collections::BTreeSet;

use entente_core::{
    Record, Subject,
    agreement::clause::{Kind, Set},
    world::{Agreements, NationalRules},
};

use super::Resolved;
use crate::problem::nearest;

/// A subject that no agreement and no national file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownSubject {
    /// The subject.
    pub subject: Subject,
    /// A known one that may be meant.
    pub near: Option<Subject>,
}

/// The subjects that scopes, delegations and restrictions name.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary(BTreeSet<Subject>);

impl Vocabulary {
    /// Of these files.
    pub fn of(agreements: &Agreements, national: &NationalRules) -> Self {
        let scopes = agreements.values().flat_map(|text| &text.clauses).filter_map(|clause| match &clause.kind {
            Kind::Scope { subjects, .. } => Some(subjects),
            _ => None,
        });
        let rules = national.values().flat_map(|rules| {
            let delegations = rules.delegations.iter().map(|delegation| &delegation.subjects);
            delegations.chain(rules.restrictions.iter().map(|restriction| &restriction.subjects))
        });
        let named = scopes.chain(rules).filter_map(|set| match set {
            Set::Any => None,
            Set::Of(subjects) => Some(subjects),
        });
        Self(named.flatten().cloned().collect())
    }

    /// The subjects of a request that are not known: of its record, its versions and sources, and of standing consents.
    /// None where the files name no subject at all, so that there is nothing to misspell.
    pub fn unknown(&self, request: &Resolved) -> BTreeSet<UnknownSubject> {
        let of_consents = request.consents.iter().filter_map(|consent| match &consent.answers {
            entente_core::world::Answers::Standing { subjects: Set::Of(subjects), .. } => Some(subjects),
            _ => None,
        });
        self.unknown_of(subjects(&request.record).chain(of_consents.flatten()))
    }

    /// The same of a record that is held.
    pub fn unknown_in(&self, record: &Record) -> BTreeSet<UnknownSubject> {
        self.unknown_of(subjects(record))
    }

    fn unknown_of<'a>(&self, subjects: impl Iterator<Item = &'a Subject>) -> BTreeSet<UnknownSubject> {
        if self.0.is_empty() {
            return BTreeSet::new();
        }
        subjects
            .filter(|subject| !self.0.contains(*subject))
            .map(|subject| {
                let known = self.0.iter().map(Subject::as_str);
                UnknownSubject { subject: subject.clone(), near: nearest(subject.as_str(), known).map(Subject::from) }
            })
            .collect()
    }
}

/// The subjects of a record, of its sources and of its versions.
fn subjects(record: &Record) -> impl Iterator<Item = &Subject> {
    std::iter::once(record).chain(record.sources()).chain(&record.versions).flat_map(|record| &record.subjects)
}
