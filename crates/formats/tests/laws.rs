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

use std::cell::Cell;

use entente_core::{
    AgreementId, Label, Party, Record,
    agreement::{
        Act, ActKind, Actor, Agreement, Force,
        clause::{Action, Exempts, Kind},
    },
    decide::{Decision, Verdict},
    label::{Fgi, Tlp, names},
    record::Onward,
    time::day_of,
    world::{Agreements, Consent, NationalRules},
};
use entente_formats::{
    label,
    request::{Line, Resolved},
};
use serde_json::Value;
use twin::worlds::{World, find, worlds};

/// One request of a random world, as the judgement takes it.
#[derive(Clone)]
struct Case {
    agreements: Agreements,
    national: NationalRules,
    asked: Resolved,
}

impl Case {
    fn decide(&self) -> Decision {
        self.asked.decide(&self.agreements, &self.national)
    }

    fn permits(&self) -> bool {
        self.decide().verdict() == Verdict::Permit
    }

    /// The record's sources that neither party made.
    fn foreign_sources(&self) -> Vec<&Record> {
        let mut sources = self.asked.record.sources();
        sources.retain(|source| source.originator != self.asked.from && source.originator != self.asked.to);
        sources
    }

    fn has_consent_of(&self, party: &Party) -> bool {
        self.asked.consents.iter().any(|consent| consent.by == *party)
    }

    /// Whether the label of `record` lets it go to the recipient, by the plainest reading; an approval or a consent of its
    /// originator counts whatever it says.
    fn is_within_label(&self, record: &Record) -> bool {
        let Resolved { to, action, approvals, .. } = &self.asked;
        let is_listed = record.distribution.contains(to) || self.has_consent_of(&record.originator);
        record.originator == *to
            || match &record.label {
                Label::Tlp(Tlp::Clear) => true,
                Label::Tlp(Tlp::Green) => {
                    is_listed
                        || self
                            .agreements
                            .values()
                            .any(|text| self.is_party(text, to) && self.is_party(text, &record.originator))
                }
                Label::Tlp(_) => is_listed,
                Label::Marking(marking) => {
                    let controls = &marking.dissemination;
                    let approved = controls.relido && approvals.iter().any(|approval| approval.by == record.originator);
                    let shown = *action == Action::Display && names(&controls.display_only, to);
                    let released = record.label.is_free() || names(&controls.rel_to, to) || shown || approved;
                    let sources_agree = match &marking.fgi {
                        None => true,
                        Some(Fgi::Concealed) => false,
                        Some(Fgi::From(countries)) => countries.iter().all(|country| {
                            country.is(&self.asked.from)
                                || country.is(to)
                                || self.has_consent_of(&country.as_str().into())
                        }),
                    };
                    released && sources_agree && !controls.noforn
                }
            }
    }

    /// Whether a custody names the text.
    fn is_named(&self, id: &AgreementId) -> bool {
        let record = &self.asked.record;
        let mut hops = std::iter::once(record).chain(record.sources()).flat_map(|record| &record.custody);
        hops.any(|hop| hop.under.contains(id))
    }

    fn acts_become(&self, id: &AgreementId, acts: Vec<Act>) -> Self {
        let mut case = self.clone();
        case.agreements.get_mut(id).unwrap().acts = acts;
        case
    }

    fn is_party(&self, text: &Agreement, party: &Party) -> bool {
        text.has_party(party, day_of(self.asked.at))
    }

    fn act(&self, by: Actor, kind: ActKind) -> Act {
        Act { by, date: day_of(self.asked.at), kind, article: None, admits: None, disputed_by: Vec::new() }
    }
}

/// The cases of a world, with the requests that they come from: of large worlds a selection.
fn cases(world: &World) -> Vec<(Value, Case)> {
    let Some((agreements, national)) = world.parsed() else { return Vec::new() };
    let requests = world.requests();
    let step = requests.len().div_ceil(12);
    let cases = requests.into_iter().step_by(step).filter_map(|request| {
        let asked = Line::parse(&request.to_string()).unwrap().resolve(&agreements, &national).ok()?;
        Some((request, Case { agreements: agreements.clone(), national: national.clone(), asked }))
    });
    cases.collect()
}

/// What a law says of one case.
enum Says {
    Nothing,
    Holds,
    Broken,
}

/// Of what holds, that it does.
fn is(held: bool) -> Says {
    if held { Says::Holds } else { Says::Broken }
}

/// Checks a law on random cases. It has to say something of at least one case in `rarity`: a law about nothing holds
/// too easily.
fn law(rarity: usize, says: impl Fn(&Case) -> Says) {
    let (asked, spoken) = (Cell::new(0), Cell::new(0));
    let broken = find(
        &worlds(),
        |cases| cases / 2,
        |world| {
            cases(world).iter().any(|(_, case)| {
                asked.set(asked.get() + 1);
                let said = says(case);
                spoken.set(spoken.get() + usize::from(!matches!(said, Says::Nothing)));
                matches!(said, Says::Broken)
            })
        },
    );
    if let Some(mut world) = broken {
        let mut cases = cases(&world).into_iter();
        let (request, case) = cases.find(|(_, case)| matches!(says(case), Says::Broken)).unwrap();
        world.request = request;
        panic!("{:#?}\n{world:?}", case.decide().blocked);
    }
    let (asked, spoken) = (asked.get(), spoken.get());
    assert!(spoken * rarity >= asked, "it speaks of {spoken} cases in {asked} alone");
}

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
    law(100, |case| {
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
    law(40, |case| {
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

/// Not the verdict, and nothing else of the answer, also where an arrangement relies on it. Where a custody names it, it has
/// to stay known.
#[test]
fn a_political_text_changes_nothing() {
    law(1, |case| {
        let decision = case.decide();
        let mut without = case.clone();
        without.agreements.retain(|id, text| text.force != Force::Political || case.is_named(id));
        let mut with = case.clone();
        let Some(mut text) = case.agreements.values().next().cloned() else { return is(decision == with.decide()) };
        text.id = "declaration".into();
        text.force = Force::Political;
        text.relies_on.clear();
        text.parties = vec![case.asked.from.clone(), case.asked.to.clone()];
        text.clauses.retain(|clause| clause.kind.is_political());
        text.acts = vec![case.act(Actor::All, ActKind::EnteredIntoForce)];
        with.agreements.insert(text.id.clone(), text);
        is(decision == without.decide() && decision == with.decide())
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
