//! Gate 5: the holder's own rules. An agreement never obliges a release; a person or a standing delegation does.

use super::{Case, Gate, Pass, Reason};
use crate::{Level, Subject, agreement::clause::Set, national::Restriction};

pub(super) fn gate(case: &mut Case<'_>) {
    let (record, from, to) = (case.request.record, case.request.from, case.request.to);
    if let Some(restriction) = restriction(case, &record.subjects) {
        case.block(record, None, Reason::Restricted { reason: restriction.reason.clone() });
        return;
    }
    if case.is_free() {
        case.pass(Gate::Authority, Pass::Free);
        return;
    }
    let highest = highest_level(case);
    if highest.is_some_and(|highest| delegated(case, &record.subjects).is_some_and(|max| highest <= max)) {
        case.pass(Gate::Authority, Pass::Delegated);
    } else if case.world.approval(from, &record.id, to, case.request.action).is_some() {
        case.pass(Gate::Authority, Pass::Approved);
    } else {
        case.block(record, None, Reason::Approval { holder: from.clone() });
    }
}

/// The restriction that holds: any of the subjects, and the recipient.
pub(super) fn restriction<'a>(case: &Case<'a>, subjects: &[Subject]) -> Option<&'a Restriction> {
    let rules = case.world.national.get(case.request.from)?;
    rules.restrictions.iter().find(|restriction| {
        let about = match &restriction.subjects {
            Set::Any => true,
            Set::Of(restricted) => subjects.iter().any(|subject| restricted.contains(subject)),
        };
        about && restriction.to.holds(case.request.to)
    })
}

/// The highest level up to which a standing delegation holds: every subject, the recipient, the action.
pub(super) fn delegated(case: &Case<'_>, subjects: &[Subject]) -> Option<Level> {
    let rules = case.world.national.get(case.request.from)?;
    let holding = rules.delegations.iter().filter(|delegation| {
        delegation.subjects.holds_all(subjects)
            && delegation.to.holds(case.request.to)
            && delegation.actions.iter().any(|action| action.includes(case.request.action))
    });
    holding.map(|delegation| delegation.max).max()
}

/// The highest level of the record and its foreign sources; `None` when one of them has a term that nobody knows.
fn highest_level(case: &Case<'_>) -> Option<Level> {
    case.records()
        .map(|record| case.world.level_of(&record.label))
        .try_fold(Level::Unclassified, |highest, level| Some(highest.max(level?)))
}
