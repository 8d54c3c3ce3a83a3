//! Gate 1: what the originator's label says, and the labels of foreign sources.

use super::{Case, Gate, LabelFailure, Pass, Reason};
use crate::{
    Country, Label, Record,
    agreement::{Between, clause::Action},
    label::{Dissemination, Fgi, Marking, Tlp},
};

pub(super) fn gate(case: &mut Case<'_>) {
    examine(case, case.request.record);
    for source in case.foreign.clone() {
        if source.label.is_compartmented() {
            case.block(source, None, Reason::Compartmented);
        }
        for failure in read(case, source).0 {
            let originator = source.originator.clone();
            let reason = Reason::SourceLabel { originator: originator.clone(), failure };
            case.block_unless_consent(source, &originator, None, reason);
        }
    }
}

/// What the label of one record says, taken as the record that is asked about.
pub(super) fn examine(case: &mut Case<'_>, record: &Record) {
    if record.label.is_compartmented() {
        case.block(record, None, Reason::Compartmented);
    }
    let (failures, passes) = read(case, record);
    passes.into_iter().for_each(|pass| case.pass(Gate::Label, pass));
    for failure in failures {
        case.block(record, None, Reason::Label(failure));
    }
}

/// How the label of `record` fails for the recipient; and why it passes, where it does.
fn read(case: &Case<'_>, record: &Record) -> (Vec<LabelFailure>, Vec<Pass>) {
    if record.originator == *case.request.to {
        return (Vec::new(), vec![Pass::Originator]);
    }
    match &record.label {
        Label::Tlp(tlp) => match distributed(case, record, *tlp) {
            Ok(pass) => (Vec::new(), vec![pass]),
            Err(failure) => (vec![failure], Vec::new()),
        },
        Label::Marking(marking) => {
            let (mut failures, mut passes) = (Vec::new(), Vec::new());
            match releasable(case, record, marking) {
                Ok(pass) => passes.push(pass),
                Err(failure) => failures.push(failure),
            }
            failures.extend(foreign_government(case, record, marking, &mut passes));
            (failures, passes)
        }
    }
}

/// Releasability: at most one failure.
fn releasable(case: &Case<'_>, record: &Record, marking: &Marking) -> Result<Pass, LabelFailure> {
    let Dissemination { noforn, relido, .. } = marking.dissemination;
    let (to, action) = (case.request.to, case.request.action);
    let originator = record.originator.clone();
    if record.label.is_free() {
        Ok(Pass::Unmarked)
    } else if noforn {
        Err(LabelFailure::NoForn)
    } else if record.label.is_releasable_to(to) {
        Ok(Pass::RelTo)
    } else if action == Action::Display && record.label.is_displayable_to(to) {
        Ok(Pass::DisplayOnly)
    } else if !relido {
        Err(LabelFailure::NotReleasable { originator })
    } else if case.world.approval(&originator, &record.id, to, action).is_some() {
        Ok(Pass::RelidoApproved)
    } else {
        Err(LabelFailure::Relido { originator })
    }
}

/// Foreign government information: each country named, that is neither of the two, has to consent.
fn foreign_government(
    case: &Case<'_>,
    record: &Record,
    marking: &Marking,
    passes: &mut Vec<Pass>,
) -> Option<LabelFailure> {
    let countries = match marking.fgi.as_ref()? {
        Fgi::Concealed => return Some(LabelFailure::FgiConcealed),
        Fgi::From(countries) => countries,
    };
    let others = countries.iter().filter(|code| !code.is(case.request.from) && !code.is(case.request.to));
    let (consented, of): (Vec<&Country>, Vec<&Country>) =
        others.partition(|code| case.has_consent(&code.as_str().into(), record));
    passes.extend(consented.into_iter().map(|code| Pass::Consented {
        code: "fgi",
        record: record.id.clone(),
        by: code.as_str().into(),
        citation: None,
    }));
    (!of.is_empty()).then(|| LabelFailure::Fgi { of: of.into_iter().cloned().collect() })
}

/// Traffic Light Protocol: a community for GREEN, a list above it.
fn distributed(case: &Case<'_>, record: &Record, tlp: Tlp) -> Result<Pass, LabelFailure> {
    let to = case.request.to;
    if tlp == Tlp::Clear {
        return Ok(Pass::Unmarked);
    }
    if tlp == Tlp::Green {
        let shared = case.world.agreements.values().find(|agreement| {
            agreement.may_cover() && agreement.between(&record.originator, to, case.day) == Between::InForce
        });
        if let Some(agreement) = shared {
            return Ok(Pass::Community(agreement.id.clone()));
        }
    }
    if case.is_on_distribution(record) {
        Ok(Pass::OnDistribution)
    } else {
        Err(LabelFailure::NotOnDistribution { tlp, originator: record.originator.clone() })
    }
}
