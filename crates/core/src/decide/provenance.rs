//! Gate 3: what was agreed when the holder was given the record, or a source of it. These prohibitions rest on
//! custody: no change of an agreement's status lifts one.

use super::{Case, Gate, Pass, Reason};
use crate::{
    Record,
    agreement::{
        Agreement,
        clause::{AllowedPurpose, Clause, Exempts, Kind},
    },
    record::{Hop, Onward},
};

pub(super) fn gate(case: &mut Case<'_>) {
    examine(case, case.request.record);
    for source in case.foreign.clone() {
        examine(case, source);
    }
    if !case.blocked.iter().any(|block| block.reason.gate() == Gate::Provenance) {
        case.pass(Gate::Provenance, Pass::Unencumbered);
    }
}

/// What stands against one record alone: the one asked about, or a foreign source of it.
pub(super) fn examine(case: &mut Case<'_>, record: &Record) {
    if record.originator == *case.request.to {
        return; // nothing keeps a record from its own originator
    }
    known_custody(case, record);
    originator_control(case, record);
    for hop in record.custody.iter().filter(|hop| hop.from != *case.request.to) {
        for agreement in hop.under.iter().filter_map(|id| case.world.agreements.get(id)) {
            for clause in &agreement.clauses {
                third_party(case, record, hop, agreement, clause);
                purpose(case, record, hop, agreement, clause);
            }
        }
        if hop.onward == Onward::Ask {
            case.block_unless_consent(record, &hop.from, None, Reason::Onward { provider: hop.from.clone() });
        }
    }
}

fn third_party(case: &mut Case<'_>, record: &Record, hop: &Hop, agreement: &Agreement, clause: &Clause) {
    let Kind::ThirdParty { blocks, exempts, label_counts_as_approval } = &clause.kind else { return };
    let to = case.request.to;
    if !blocks.contains(&case.request.action) {
        return;
    }
    let recipient_is_party = agreement.has_party(to, case.day);
    let exempted = *exempts == Exempts::Parties && recipient_is_party && agreement.view(to, case.day).in_force();
    let approved_by_label = *label_counts_as_approval && record.label.is_releasable_to(to);
    if exempted || approved_by_label {
        return;
    }
    let reason = Reason::ThirdParty { provider: hop.from.clone(), exempts: *exempts, recipient_is_party };
    case.block_unless_consent(record, &hop.from, Some((&agreement.id, &clause.id)), reason);
}

fn purpose(case: &mut Case<'_>, record: &Record, hop: &Hop, agreement: &Agreement, clause: &Clause) {
    let Kind::Purpose { allowed } = &clause.kind else { return };
    let fits = match allowed {
        AllowedPurpose::AsProvided => *case.request.purpose == hop.purpose,
        AllowedPurpose::Of(purposes) => purposes.contains(case.request.purpose),
    };
    if !fits {
        let reason = Reason::OtherPurpose { provider: hop.from.clone(), provided_for: hop.purpose.clone() };
        case.block_unless_consent(record, &hop.from, Some((&agreement.id, &clause.id)), reason);
    }
}

/// ORCON: the originator decides about everybody who is not on its list.
fn originator_control(case: &mut Case<'_>, record: &Record) {
    if record.label.is_originator_controlled()
        && record.originator != *case.request.from
        && !record.distribution.contains(case.request.to)
    {
        let originator = record.originator.clone();
        case.block_unless_consent(record, &originator, None, Reason::Orcon { originator: originator.clone() });
    }
}

/// What is not the holder's own must say how it came; what is classified, under what.
fn known_custody(case: &mut Case<'_>, record: &Record) {
    if record.originator == *case.request.from {
        return;
    }
    let unnamed = record.label.is_classified() && record.custody.iter().any(|hop| hop.under.is_empty());
    // A text that is not here any more cannot say what it forbids: its prohibitions must not vanish with it.
    let agreements = record.custody.iter().flat_map(|hop| &hop.under);
    let unknown = agreements.into_iter().any(|id| !case.world.agreements.contains_key(id));
    if record.custody.is_empty() || unnamed || unknown {
        let originator = record.originator.clone();
        case.block_unless_consent(record, &originator, None, Reason::UnknownCustody { originator: originator.clone() });
    }
}
