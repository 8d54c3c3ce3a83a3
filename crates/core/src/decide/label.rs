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
        for failure in read(case, source).into_failures() {
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
    let Reading { releasable, foreign, consented } = read(case, record);
    match releasable {
        Ok(pass) => case.pass(Gate::Label, pass),
        Err(failure) => case.block(record, None, Reason::Label(failure)),
    }
    consented.into_iter().for_each(|pass| case.pass(Gate::Label, pass));
    if let Some(failure) = foreign {
        case.block(record, None, Reason::Label(failure));
    }
}

/// Whether [`examine`] would block nothing.
pub(super) fn clears(case: &Case<'_>, record: &Record) -> bool {
    !record.label.is_compartmented() && read(case, record).into_failures().next().is_none()
}

/// What the label of one record says about the recipient.
struct Reading {
    /// Its releasability or, for TLP, its distribution.
    releasable: Result<Pass, LabelFailure>,
    /// Foreign governments that have not consented.
    foreign: Option<LabelFailure>,
    /// Foreign governments that have.
    consented: Vec<Pass>,
}

impl Reading {
    fn of(releasable: Result<Pass, LabelFailure>) -> Self {
        Self { releasable, foreign: None, consented: Vec::new() }
    }

    fn into_failures(self) -> impl Iterator<Item = LabelFailure> {
        self.releasable.err().into_iter().chain(self.foreign)
    }
}

/// How the label of `record` passes or fails for the recipient.
fn read(case: &Case<'_>, record: &Record) -> Reading {
    if record.originator == *case.request.to {
        return Reading::of(Ok(Pass::Originator));
    }
    match &record.label {
        Label::Tlp(tlp) => Reading::of(distributed(case, record, *tlp)),
        Label::Marking(marking) => {
            let mut reading = Reading::of(releasable(case, record, marking));
            reading.foreign = foreign_government(case, record, marking, &mut reading.consented);
            reading
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
