//! The laws of the decision, each a property of random worlds. They are stated through the judgement's own types, and do
//! not look at how it gets there.

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
    agreement::{
        Act, ActKind, Actor, Force,
        clause::{Exempts, Kind},
    },
    decide::{Decision, Futile, Verdict},
    record::Onward,
    time::day_of,
    world::Consent,
};
use entente_formats::label;
use twin::law::{Case, Says, is, law};

#[test]
fn nothing_goes_outside_its_label() {
    law(20, |case| if case.permits() { is(case.is_within_label(&case.asked.record)) } else { Says::Nothing });
}

#[test]
fn nothing_goes_outside_the_label_of_a_foreign_source_without_its_originators_consent() {
    law(300, |case| {
        let sources = case.foreign_sources();
        if sources.is_empty() || !case.permits() {
            return Says::Nothing;
        }
        is(sources.iter().all(|source| case.is_within_label(source) || case.has_consent_of(&source.originator)))
    });
}

#[test]
fn compartments_never_cross() {
    law(300, |case| {
        let records = std::iter::once(&case.asked.record).chain(case.foreign_sources());
        if records.into_iter().any(|record| record.label.is_compartmented()) {
            is(!case.permits())
        } else {
            Says::Nothing
        }
    });
}

#[test]
fn noforn_bars_every_party_but_the_originator() {
    law(300, |case| {
        let record = &case.asked.record;
        let noforn = record.label.dissemination().is_some_and(|controls| controls.noforn);
        if noforn && record.originator != case.asked.to { is(!case.permits()) } else { Says::Nothing }
    });
}

/// For a text that stays known (a term keeps its level, custody keeps its clauses) and whose acts change so that it is out
/// of force in the view of one party or of all: no act at all, or one more, the last of the day.
#[test]
fn taking_an_agreement_out_of_force_never_turns_deny_into_permit() {
    law(2, |case| {
        if case.permits() {
            return Says::Nothing;
        }
        let out = case.agreements.iter().flat_map(|(id, text)| {
            let everybody = [ActKind::Suspended, ActKind::Terminated].map(|kind| (Actor::All, kind));
            let one = text.parties_on(day_of(case.asked.at)).into_iter();
            let one = one.map(|party| (Actor::Party(party.clone()), ActKind::Suspended));
            let acts = everybody.into_iter().chain(one).map(|(by, kind)| {
                let last = case.act(by, kind);
                text.acts.iter().cloned().chain([last]).collect()
            });
            std::iter::once(Vec::new()).chain(acts).map(|acts: Vec<Act>| case.acts_become(id, acts))
        });
        is(!out.into_iter().any(|out| out.permits()))
    });
}

/// Removed altogether it takes its rows and its clauses along. Where nothing rests on those, in custody or as the level of
/// a term, that is no way either.
#[test]
fn removing_an_agreement_never_turns_deny_into_permit_where_its_text_is_not_needed() {
    law(4, |case| {
        if case.permits() {
            return Says::Nothing;
        }
        let is_idle = |id: &AgreementId| {
            let clauses = &case.agreements[id].clauses;
            !case.is_named(id) && !clauses.iter().any(|clause| matches!(clause.kind, Kind::Equivalence { .. }))
        };
        let idle: Vec<_> = case.agreements.keys().filter(|id| is_idle(id)).collect();
        let without = idle.iter().map(|id| {
            let mut case = case.clone();
            case.agreements.remove(*id);
            case
        });
        is(!without.into_iter().any(|without| without.permits()))
    });
}

#[test]
fn a_consent_or_approval_more_never_turns_permit_into_deny() {
    law(30, |case| {
        if case.asked.consents.is_empty() && case.asked.approvals.is_empty() {
            return Says::Nothing;
        }
        let without_consent = (0..case.asked.consents.len()).map(|at| {
            let mut case = case.clone();
            case.asked.consents.remove(at);
            case
        });
        let without_approval = (0..case.asked.approvals.len()).map(|at| {
            let mut case = case.clone();
            case.asked.approvals.remove(at);
            case
        });
        if without_consent.chain(without_approval).any(|without| without.permits()) {
            is(case.permits())
        } else {
            Says::Nothing
        }
    });
}

/// Where the clause exempts nobody, or not the recipient, no act whatever lifts it. Where it exempts the parties and the
/// recipient is one, the text has to be in force in the recipient's view: no act that takes it out of force lifts it.
#[test]
fn no_change_of_status_lifts_a_third_party_block() {
    law(100, |case| {
        let third_party = |case: &Case| {
            let blocked = case.decide().blocked;
            blocked.into_iter().filter(|block| block.reason.code() == "third-party").collect::<Vec<_>>()
        };
        let before = third_party(case);
        let may_be_exempt = |block: &entente_core::decide::Block| {
            let text = &case.agreements[block.agreement.as_ref().unwrap()];
            let mut clauses = text.clauses.iter().filter(|clause| Some(&clause.id) == block.clause.as_ref());
            case.is_party(text, &case.asked.to)
                && clauses.any(|clause| matches!(clause.kind, Kind::ThirdParty { exempts: Exempts::Parties, .. }))
        };
        if before.is_empty() {
            return Says::Nothing;
        }
        is(before.iter().all(|block| {
            let id = block.agreement.as_ref().unwrap();
            let acts = &case.agreements[id].acts;
            let mut entered = case.act(Actor::All, ActKind::EnteredIntoForce);
            entered.date = entered.date.yesterday().unwrap();
            let one_more = |kind| acts.iter().cloned().chain([case.act(Actor::All, kind)]).collect();
            let mut ways = vec![Vec::new(), one_more(ActKind::Suspended), one_more(ActKind::Terminated)];
            if !may_be_exempt(block) {
                ways.extend([vec![entered], one_more(ActKind::EnteredIntoForce), one_more(ActKind::Resumed)]);
            }
            ways.into_iter().all(|acts| {
                third_party(&case.acts_become(id, acts)).iter().any(|other| {
                    (&other.record, &other.agreement, &other.clause) == (&block.record, &block.agreement, &block.clause)
                })
            })
        }))
    });
}

/// A decision without what it says of political texts: that to sign them would not help.
fn said(decision: &Decision) -> Decision {
    let mut decision = decision.clone();
    decision.futile.retain(|futile| !matches!(futile, Futile::Political { .. }));
    decision
}

/// Not the verdict, and nothing else of the answer, also where an arrangement relies on it. Where a custody names it, it has
/// to stay known.
#[test]
fn a_political_text_changes_nothing() {
    law(2, |case| {
        let decision = case.decide();
        let mut without = case.clone();
        without.agreements.retain(|id, text| text.force != Force::Political || case.is_named(id));
        let mut with = case.clone();
        let Some(mut text) = case.agreements.values().next().cloned() else { return Says::Nothing };
        text.id = "declaration".into();
        text.force = Force::Political;
        text.relies_on.clear();
        text.parties = vec![case.asked.from.clone(), case.asked.to.clone()];
        text.clauses.retain(|clause| clause.kind.is_political());
        text.acts = vec![case.act(Actor::All, ActKind::EnteredIntoForce)];
        with.agreements.insert(text.id.clone(), text);
        let same = |other: Decision| said(&other) == said(&decision);
        is(same(without.decide()) && same(with.decide()))
    });
}

/// What neither of the two made, and may not go, does not go either as a part of something that the holder makes of it:
/// under any label, to a list that names everybody, directly or by way of another step of the holder or the recipient. The
/// subjects stay, nothing is approved for what is made, and the originator has consented to nothing: its consent does lift
/// the label of a source, where of the record itself it asks for a new label.
#[test]
fn deriving_and_relabelling_never_turn_deny_into_permit_for_what_others_made() {
    law(10, |case| {
        let made = &case.asked.record;
        if made.originator == case.asked.from || made.originator == case.asked.to {
            return Says::Nothing;
        }
        let mut case = case.clone();
        let originator = made.originator.clone();
        case.asked.consents.retain(|consent: &Consent| consent.by != originator);
        if case.permits() {
            return Says::Nothing;
        }
        let parties = [&case.asked.from, &case.asked.to];
        let make = |id: &str, by: &Party, text: &str, of: &Record| Record {
            id: id.into(),
            label: label::parse(text).unwrap(),
            originator: by.clone(),
            subjects: of.subjects.clone(),
            status: of.status,
            custody: Vec::new(),
            distribution: parties.into_iter().cloned().collect(),
            derived_from: vec![of.clone()],
            versions: Vec::new(),
        };
        let made = &case.asked.record;
        // TLP needs no agreement while nothing that it was made from is classified, so that it escapes the need of one that
        // an unclassified source with a mark has.
        let is_marked_alone = matches!(&made.label, Label::Marking(marking) if marking.is_unclassified());
        let labels =
            ["UNCLASSIFIED", "TLP:CLEAR", "TLP:AMBER", "CONFIDENTIAL//REL TO USA, AUS, CAN, FRA, GBR, JPN, KOR, NZL"];
        let labels = labels.iter().filter(|text| !(is_marked_alone && text.starts_with("TLP")));
        let derived = labels.flat_map(|text| {
            let first = make("derived", &case.asked.from, text, made);
            let steps = parties.map(|by| make("derived", &case.asked.from, text, &make("step", by, text, made)));
            [first].into_iter().chain(steps)
        });
        let derived: Vec<_> = derived.collect();
        is(derived.into_iter().all(|record| {
            let mut case = case.clone();
            case.asked.record = record;
            !case.permits()
        }))
    });
}

#[test]
fn what_is_not_the_holders_own_goes_with_a_question() {
    law(2, |case| {
        let records = std::iter::once(&case.asked.record).chain(case.asked.record.sources());
        if records.into_iter().any(|record| record.originator != case.asked.from) {
            is(case.decide().onward == Onward::Ask)
        } else {
            Says::Nothing
        }
    });
}

#[test]
fn the_decision_is_a_function_of_its_arguments() {
    law(1, |case| is(case.decide() == case.clone().decide()));
}

#[test]
fn a_permit_has_its_evidence_and_a_deny_its_reasons() {
    law(1, |case| {
        let decision = case.decide();
        let is_permit = decision.verdict() == Verdict::Permit;
        is(is_permit == decision.granted().is_some()
            && is_permit == decision.blocked.is_empty()
            && (!is_permit || decision.cures.is_empty()))
    });
}

// ---- Versions

/// Whatever versions a record has, it is decided as if it had none; each of them as a record of its own; and what is
/// permitted of one names that one alone.
#[test]
fn a_version_changes_nothing_about_its_record() {
    law(10, |case| {
        let decision = case.decide();
        let mut alone = case.clone();
        let versions = std::mem::take(&mut alone.asked.record.versions);
        if versions.is_empty() {
            return Says::Nothing;
        }
        let mut without = alone.decide();
        without.versions.clone_from(&decision.versions);
        let own = versions.iter().map(|version| {
            let mut case = alone.clone();
            case.asked.record = version.clone();
            let decision = case.decide();
            assert!(decision.granted().is_none_or(|granted| *granted.record() == version.id));
            (version.id.clone(), decision.verdict())
        });
        is(without == decision && own.collect::<Vec<_>>() == decision.versions)
    });
}

/// A version of something that compartments, NOFORN or a third party's clause bar is barred by them as well, where it says
/// nothing of its own but an id and the same label.
#[test]
fn a_version_under_the_same_label_goes_nowhere_that_its_record_may_not() {
    law(2, |case| {
        let mut case = case.clone();
        let version = Record { id: "version".into(), versions: Vec::new(), ..case.asked.record.clone() };
        case.asked.record.versions = vec![version];
        let decision = case.decide();
        if decision.verdict() == Verdict::Permit {
            return Says::Nothing;
        }
        is(decision.versions == [("version".into(), Verdict::Deny)])
    });
}
