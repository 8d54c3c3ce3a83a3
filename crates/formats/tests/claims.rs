//! What an explanation claims, carried out: every line "Would permit" permits, and no line "Would not help" helps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod twin;

use entente_core::{
    AgreementId, Label, Party, Record,
    agreement::{ActKind, Actor},
    decide::{Block, Cure, Futile, Gate},
    world::{Answers, Approval, Consent},
};
use entente_formats::{label, request::Resolved};
use twin::law::{Case, Says, is, law};

/// A label like `label`, by its originator, that lists `to`.
fn that_lists(label: &Label, to: &Party) -> Label {
    let Label::Marking(marking) = label else { panic!("TLP is not cured by a new label") };
    let mut marking = marking.clone();
    marking.dissemination.rel_to.push(to.as_str().into());
    Label::Marking(marking)
}

#[test]
fn what_would_permit_does_permit() {
    law(40, |case| {
        let decision = case.decide();
        let Some(cures) = decision.cures.first() else { return Says::Nothing };
        let mut cured = case.clone();
        let Resolved { record, to, action, purpose, at, consents, approvals, .. } = &mut cured.asked;
        for cure in cures {
            match cure {
                Cure::Consent(by) => consents.push(Consent {
                    by: by.clone(),
                    answers: Answers::Record(record.id.clone(), to.clone()),
                    action: *action,
                    purpose: Some(purpose.clone()),
                    until: Some(*at),
                }),
                Cure::Approval(by) => approvals.push(Approval {
                    by: by.clone(),
                    record: record.id.clone(),
                    to: to.clone(),
                    action: *action,
                }),
                Cure::Relabel(by) => {
                    assert_eq!(*by, record.originator, "nobody else may relabel it");
                    record.label = that_lists(&record.label, to);
                }
            }
        }
        is(cured.permits())
    });
}

/// The worlds in which somebody tries what is said not to help.
fn tries(case: &Case, futile: &Futile) -> Vec<Case> {
    let one_more = |id: &AgreementId, kind| {
        let acts = case.agreements[id].acts.iter().cloned().chain([case.act(Actor::All, kind)]).collect();
        case.acts_become(id, acts)
    };
    let Resolved { record, from, to, action, .. } = &case.asked;
    match futile {
        Futile::OutOfForce { agreement, .. } => {
            [ActKind::Suspended, ActKind::Terminated].map(|kind| one_more(agreement, kind)).into()
        }
        Futile::OtherText { agreement, .. } => {
            let mut entered = case.act(Actor::All, ActKind::EnteredIntoForce);
            entered.date = entered.date.yesterday().unwrap();
            vec![case.acts_become(agreement, vec![entered])]
        }
        Futile::Permission { .. } => vec![with_permissions(case, None)],
        Futile::ConsentToLabel { of, .. } => vec![with_permissions(case, Some(of))],
        Futile::Political { agreements } => {
            let mut case = case.clone();
            for id in agreements {
                let signed = case.act(Actor::All, ActKind::Signed);
                let entered = case.act(Actor::All, ActKind::EnteredIntoForce);
                case.agreements.get_mut(id).unwrap().acts.extend([signed, entered]);
            }
            vec![case]
        }
        Futile::Relabelling { .. } => ["UNCLASSIFIED", "TLP:CLEAR", "TLP:AMBER", "SECRET//REL TO USA, FVEY"]
            .map(|text| {
                let mut case = case.clone();
                case.asked.record = Record {
                    id: "derived".into(),
                    label: label::parse(text).unwrap(),
                    originator: from.clone(),
                    custody: Vec::new(),
                    distribution: vec![from.clone(), to.clone()],
                    derived_from: vec![record.clone()],
                    ..record.clone()
                };
                let by = from.clone();
                let approval = Approval { by, record: "derived".into(), to: to.clone(), action: *action };
                case.asked.approvals.push(approval);
                case
            })
            .into(),
    }
}

/// With every consent and approval that could be given, or those of one party alone.
fn with_permissions(case: &Case, of: Option<&Party>) -> Case {
    let mut given = case.clone();
    let Resolved { record, to, action, consents, approvals, .. } = &mut given.asked;
    let parties = twin::worlds::PARTIES.map(Party::from);
    for by in parties.iter().filter(|by| of.is_none_or(|of| of == *by)) {
        for about in std::iter::once(&*record).chain(record.sources()) {
            let answers = Answers::Record(about.id.clone(), to.clone());
            let (by, action) = (by.clone(), *action);
            consents.push(Consent { by: by.clone(), answers, action, purpose: None, until: None });
            if of.is_none() {
                approvals.push(Approval { by, record: about.id.clone(), to: to.clone(), action });
            }
        }
    }
    given
}

/// Every line "Would not help", carried out: the record is still denied, by the very block that the line speaks of. Of a
/// record that is made of it, that is the same gate.
#[test]
fn what_would_not_help_does_not_help() {
    law(4, |case| {
        let decision = case.decide();
        let mut tried = decision
            .futile
            .iter()
            .flat_map(|futile| tries(case, futile).into_iter().map(move |world| (futile, world.decide().blocked)));
        let stays = |(futile, blocked): (&Futile, Vec<Block>)| match futile {
            Futile::OutOfForce { agreement, clause, .. } => {
                blocked.iter().any(|b| b.agreement.as_ref() == Some(agreement) && b.clause.as_ref() == Some(clause))
            }
            Futile::OtherText { given_under, .. } => {
                blocked.iter().any(|b| b.reason.gate() == Gate::Provenance && b.agreement.as_ref() == Some(given_under))
            }
            Futile::Permission { code } => blocked.iter().any(|b| b.reason.code() == *code && b.cures.is_empty()),
            Futile::ConsentToLabel { code, .. } => blocked.iter().any(|b| b.reason.code() == *code),
            Futile::Political { .. } => blocked.iter().any(|b| b.reason.gate() == Gate::Cover),
            Futile::Relabelling { record, .. } => {
                blocked.iter().any(|b| b.record == *record && matches!(b.reason.gate(), Gate::Label | Gate::Provenance))
            }
        };
        if decision.futile.is_empty() { Says::Nothing } else { is(tried.all(stays)) }
    });
}
