//! The same judgement, asked part by part: what the gates say of one record alone, of one list of subjects alone, of
//! one agreement alone. `whatif` asks each of these once and puts the answers together for millions of records.
//!
//! Every question goes to the function that [`super::decide`] asks; nothing is read a second time here. It knows no
//! consents and no approvals that name records: those are cases of their own.

use super::{Case, Request, authority, cover, label, provenance, route};
use crate::{Level, Record, Subject, world::World};

/// One holder and one recipient, with what is the same for all records between them.
pub(crate) struct Between<'a> {
    case: Case<'a>,
    /// The agreements that hold between the two and allow the channel and the purpose.
    texts: Vec<cover::Text<'a>>,
}

/// What the holder's own rules say of a list of subjects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authority {
    /// A restriction holds.
    pub(crate) restricted: bool,
    /// The highest level that a delegation holds up to.
    pub(crate) delegated: Option<Level>,
}

impl<'a> Between<'a> {
    /// The record of `request` stands in for all records and is not looked at.
    pub(crate) fn new(world: &'a World<'a>, request: &'a Request<'a>) -> Self {
        let case = Case::new(world, request);
        let texts = cover::texts(&case).into_iter().filter(|text| route::allows(text.agreement, request)).collect();
        Self { case, texts }
    }

    /// How many agreements could cover and carry a record between the two.
    pub(crate) fn texts(&self) -> usize {
        self.texts.len()
    }

    /// Whether neither the label of `record` nor what was agreed when it was received stands against it.
    pub(crate) fn clears(&mut self, record: &Record) -> bool {
        if !label::clears(&self.case, record) {
            return false;
        }
        provenance::examine(&mut self.case, record);
        let clear = self.case.blocked.is_empty();
        self.case.blocked.clear();
        self.case.passed.clear();
        clear
    }

    /// Which of 64 agreements, from the `first`, have a scope that holds `subjects`: one bit each.
    pub(crate) fn takes(&self, first: usize, subjects: &[Subject]) -> u64 {
        self.bits(first, |text| text.takes(&self.case, subjects))
    }

    /// Which of 64 agreements, from the `first`, have what `record` needs of an equivalence: one bit each.
    pub(crate) fn reaches(&self, first: usize, record: &Record) -> u64 {
        self.bits(first, |text| text.reaches(record))
    }

    /// What the holder's own rules say of `subjects`.
    pub(crate) fn authority(&self, subjects: &[Subject]) -> Authority {
        Authority {
            restricted: authority::restriction(&self.case, subjects).is_some(),
            delegated: authority::delegated(&self.case, subjects),
        }
    }

    fn bits(&self, first: usize, holds: impl Fn(&cover::Text<'a>) -> bool) -> u64 {
        let texts = self.texts.iter().skip(first).take(64).enumerate();
        texts.filter(|(_, text)| holds(text)).fold(0, |bits, (at, _)| bits | 1 << at)
    }
}
