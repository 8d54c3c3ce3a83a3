//! Gate 5: the holder's own rules. An agreement never obliges a release; a person or a standing delegation does.

use super::{Case, Gate, Pass, Reason};
use crate::{
    Level, Party, Record, Subject,
    agreement::clause::Set,
    national::{Delegation, Restriction},
};

pub(super) fn gate(case: &mut Case<'_>) {
    let (record, from, to) = (case.request.record, case.request.from, case.request.to);
    let rules = case.world.national.get(from);
    let restrictions = rules.map_or(&[][..], |rules| &rules.restrictions);
    if let Some(restriction) = restrictions.iter().find(|restriction| restricts(restriction, record, to)) {
        case.block(record, None, Reason::Restricted { reason: restriction.reason.clone() });
        return;
    }
    if case.is_free() {
        case.pass(Gate::Authority, Pass::Free);
        return;
    }
    let highest = highest_level(case);
    let delegations = rules.map_or(&[][..], |rules| &rules.delegations);
    if delegations.iter().any(|delegation| delegates(case, delegation, highest)) {
        case.pass(Gate::Authority, Pass::Delegated);
    } else if case.world.approval(from, &record.id, to, case.request.action).is_some() {
        case.pass(Gate::Authority, Pass::Approved);
    } else {
        case.block(record, None, Reason::Approval { holder: from.clone() });
    }
}

/// Any subject of the record, and the recipient.
fn restricts(restriction: &Restriction, record: &Record, to: &Party) -> bool {
    let about = match &restriction.subjects {
        Set::Any => true,
        Set::Of(subjects) => record.subjects.iter().any(|subject: &Subject| subjects.contains(subject)),
    };
    about && restriction.to.holds(to)
}

/// Every subject, the recipient, the highest level, the action.
fn delegates(case: &Case<'_>, delegation: &Delegation, highest: Option<Level>) -> bool {
    delegation.subjects.holds_all(&case.request.record.subjects)
        && delegation.to.holds(case.request.to)
        && highest.is_some_and(|level| level <= delegation.max)
        && delegation.actions.iter().any(|action| action.includes(case.request.action))
}

/// The highest level of the record and its foreign sources; `None` when one of them has a term that nobody knows.
fn highest_level(case: &Case<'_>) -> Option<Level> {
    case.records()
        .map(|record| case.world.level_of(&record.label))
        .try_fold(Level::Unclassified, |highest, level| Some(highest.max(level?)))
}
