//! What the laws are stated on: random cases, in the judgement's own types.

use std::cell::Cell;

use entente_core::{
    AgreementId, Label, Party, Record,
    agreement::{Act, ActKind, Actor, Agreement, clause::Action},
    decide::{Decision, Verdict},
    label::{Fgi, Tlp, names},
    time::day_of,
    world::{Agreements, NationalRules},
};
use entente_formats::request::{Line, Resolved};
use serde_json::Value;

use super::worlds::{World, find, worlds};

/// One request of a random world, as the judgement takes it.
#[derive(Clone)]
pub struct Case {
    pub agreements: Agreements,
    pub national: NationalRules,
    pub asked: Resolved,
}

impl Case {
    pub fn decide(&self) -> Decision {
        self.asked.decide(&self.agreements, &self.national)
    }

    pub fn permits(&self) -> bool {
        self.decide().verdict() == Verdict::Permit
    }

    /// The record's sources that neither party made.
    pub fn foreign_sources(&self) -> Vec<&Record> {
        let mut sources = self.asked.record.sources();
        sources.retain(|source| source.originator != self.asked.from && source.originator != self.asked.to);
        sources
    }

    pub fn has_consent_of(&self, party: &Party) -> bool {
        self.asked.consents.iter().any(|consent| consent.by == *party)
    }

    /// Whether the label of `record` lets it go to the recipient, by the plainest reading; an approval or a consent of its
    /// originator counts whatever it says.
    pub fn is_within_label(&self, record: &Record) -> bool {
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

    /// Whether a custody names the text: the record's, that of a source, or of a version.
    pub fn is_named(&self, id: &AgreementId) -> bool {
        let record = &self.asked.record;
        let all = std::iter::once(record).chain(&record.versions);
        let mut hops = all.flat_map(|record| std::iter::once(record).chain(record.sources())).flat_map(|r| &r.custody);
        hops.any(|hop| hop.under.contains(id))
    }

    pub fn acts_become(&self, id: &AgreementId, acts: Vec<Act>) -> Self {
        let mut case = self.clone();
        case.agreements.get_mut(id).unwrap().acts = acts;
        case
    }

    /// Whether `party` is a party of the text on the day asked about.
    pub fn is_party(&self, text: &Agreement, party: &Party) -> bool {
        text.has_party(party, day_of(self.asked.at))
    }

    pub fn act(&self, by: Actor, kind: ActKind) -> Act {
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
pub enum Says {
    Nothing,
    Holds,
    Broken,
}

/// Of what holds, that it does.
pub fn is(held: bool) -> Says {
    if held { Says::Holds } else { Says::Broken }
}

/// Checks a law on random cases. It has to say something of at least one case in `rarity`: a law about nothing holds
/// too easily.
pub fn law(rarity: usize, says: impl Fn(&Case) -> Says) {
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
