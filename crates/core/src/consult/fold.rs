//! The fold: from the steps held to the core of a consultation. The key type is [`Consultation`].
//!
//! It is a function of the set of steps: any order, any doubling and any detour give the same. What a party has signed
//! counts whatever else it signs, so that nobody takes a signature back by signing another; two versions of one step
//! stand beside each other, with the digests of both. Of two answers that contradict each other neither counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Digest, Effects, Kind, Pin, Proposal, Raise, State, Step, closing};
use crate::{Party, time::Timestamp};

/// How far a consultation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It was raised.
    Raised,
    /// The parties are called together.
    Convened,
    /// Each party that takes part has acknowledged.
    Acknowledged,
    /// A message or an action is agreed.
    Agreed,
    /// All others have declined.
    Declined,
    /// Nobody else has done anything, and the time is over.
    Lapsed,
    /// It is closed.
    Closed,
}

impl Phase {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Convened => "convened",
            Self::Acknowledged => "acknowledged",
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Closed => "closed",
        }
    }
}

/// What a party has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Nothing.
    Silent,
    /// It has acknowledged, first at that moment.
    Acknowledged(Timestamp),
    /// It has declined, at that moment.
    Declined(Timestamp),
    /// Both, in two versions of one step.
    Contradictory,
}

/// Two or more different statements of one party under one number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Double {
    /// The party.
    pub party: Party,
    /// The number.
    pub number: u32,
    /// The digests of all versions held; each is a signed statement, and together they are the evidence.
    pub versions: Vec<Digest>,
}

/// Something proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// What.
    pub proposal: &'a Proposal,
    /// Who proposed it, and in which step.
    pub proposed: BTreeSet<(&'a Party, Digest)>,
    /// Who has signed its digest, in which step: the first of each party.
    pub agreed: BTreeMap<&'a Party, Digest>,
    /// Who objects, and why.
    pub objections: BTreeSet<(&'a Party, &'a str)>,
    /// Whether each party that has not declined has signed it, and two at least. Who has is in `agreed`.
    pub is_agreed: bool,
}

/// The core of a consultation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation<'a> {
    /// Its name: the digest of the message that raised it.
    pub name: Digest,
    /// That message.
    pub raise: &'a Raise,
    /// Each participant's steps: by number, then digest.
    pub steps: BTreeMap<&'a Party, Vec<(Digest, &'a Step)>>,
    /// What each has answered.
    pub stances: BTreeMap<&'a Party, Stance>,
    /// What was proposed, by digest.
    pub items: BTreeMap<Digest, Item<'a>>,
    /// The statements of effects, by the digest of their step.
    pub effects: BTreeMap<Digest, (&'a Party, &'a Effects)>,
    /// How it was closed, or what that waits for.
    pub closing: closing::Closing<'a>,
    /// Two versions of one step.
    pub doubles: Vec<Double>,
    /// Steps that a step names and that are not held: their digests, and who names them. Either they are on their way, or
    /// somebody was sent what others were not.
    pub missing: BTreeMap<Digest, BTreeSet<&'a Party>>,
    /// Steps whose number does not follow on the step that they name as the one before.
    pub broken: BTreeSet<Digest>,
    /// Steps of who takes no part, which count for nothing.
    pub strangers: BTreeSet<Digest>,
}

impl<'a> Consultation<'a> {
    /// Folds steps, by their digests. Steps of another consultation are passed over.
    pub fn fold(name: Digest, raise: &'a Raise, all: &'a BTreeMap<Digest, Step>) -> Self {
        let mut steps: BTreeMap<&Party, Vec<(Digest, &Step)>> =
            raise.participants.iter().map(|party| (party, Vec::new())).collect();
        let mut strangers = BTreeSet::new();
        for (digest, step) in all.iter().filter(|(_, step)| step.raise == name) {
            match steps.get_mut(&step.by) {
                Some(own) => own.push((*digest, step)),
                None => drop(strangers.insert(*digest)),
            }
        }
        steps.values_mut().for_each(|own| own.sort_by_key(|(digest, step)| (step.number, *digest)));
        let stances: BTreeMap<&Party, Stance> = steps.iter().map(|(party, own)| (*party, stance(own))).collect();
        // Who has ever declined is asked for nothing more: what is agreed or closed without it stays so.
        let declines =
            |own: &Vec<(Digest, &Step)>| own.iter().any(|(_, step)| matches!(step.kind, Kind::Decline { .. }));
        let bound: BTreeSet<&Party> = steps.iter().filter(|(_, own)| !declines(own)).map(|(party, _)| *party).collect();
        let items = items(&steps, &bound);
        let effects: BTreeMap<Digest, (&Party, &Effects)> = each(&steps)
            .filter_map(|(party, digest, step)| match &step.kind {
                Kind::Effects(effects) => Some((digest, (party, effects))),
                _ => None,
            })
            .collect();
        let closing = closing::of(raise, &steps, &bound, &effects, &items);
        let (missing, broken) = chains(name, &steps, all);
        let doubles = doubles(&steps);
        Self { name, raise, stances, items, effects, closing, doubles, missing, broken, strangers, steps }
    }

    /// How far it has come at `now`.
    pub fn phase(&self, now: Timestamp) -> Phase {
        let raiser = &self.raise.incident.raised_by;
        let others = || self.stances.iter().filter(|(party, _)| **party != raiser).map(|(_, stance)| stance);
        let has = |wanted: fn(&Kind) -> bool| each(&self.steps).any(|(_, _, step)| wanted(&step.kind));
        if matches!(self.closing, closing::Closing::Closed { .. }) {
            Phase::Closed
        } else if others().all(|stance| matches!(stance, Stance::Declined(_))) {
            Phase::Declined
        } else if self.items.values().any(|item| item.is_agreed) {
            Phase::Agreed
        } else if others().all(|stance| matches!(stance, Stance::Acknowledged(_) | Stance::Declined(_))) {
            Phase::Acknowledged
        } else if now > self.raise.close_by && self.steps.iter().all(|(party, own)| *party == raiser || own.is_empty())
        {
            Phase::Lapsed
        } else if has(|kind| matches!(kind, Kind::Convene { .. })) {
            Phase::Convened
        } else {
            Phase::Raised
        }
    }

    /// Whether any party has called somebody higher.
    pub fn is_escalated(&self) -> bool {
        each(&self.steps).any(|(_, _, step)| matches!(step.kind, Kind::Escalate { .. }))
    }

    /// How each pinned duty to consult stands for each party that owes it. The raiser has consulted by raising.
    pub fn duties(&self, now: Timestamp) -> Vec<(&'a Pin, &'a Party, State)> {
        let raiser = &self.raise.incident.raised_by;
        let mut all = Vec::new();
        for pin in &self.raise.pins {
            for party in pin.parties.iter().filter(|party| self.stances.contains_key(party)) {
                let done = match self.stances.get(party) {
                    _ if party == raiser => Some(self.raise.incident.raised_at),
                    Some(Stance::Acknowledged(at)) => Some(*at),
                    _ => None,
                };
                let due = pin.due.at.unwrap_or(self.raise.acknowledge_by);
                let state = match done {
                    Some(at) if at > due => State::Late(at),
                    Some(at) => State::Met(at),
                    None if now > due => State::Overdue,
                    None => State::Due,
                };
                all.push((pin, party, state));
            }
        }
        all
    }

    /// The common messages that are agreed and that no other agreed one takes the place of, by digest.
    pub fn messages(&self) -> Vec<(Digest, &'a str)> {
        let agreed = || self.items.iter().filter(|(_, item)| item.is_agreed);
        let replaced: BTreeSet<Digest> = agreed()
            .filter_map(|(digest, item)| match item.proposal {
                Proposal::Message { replaces, .. } => replaces.filter(|other| other != digest),
                Proposal::Action { .. } => None,
            })
            .collect();
        let text = |(digest, item): (&Digest, &Item<'a>)| match item.proposal {
            Proposal::Message { text, .. } if !replaced.contains(digest) => Some((*digest, text.as_str())),
            _ => None,
        };
        agreed().filter_map(text).collect()
    }

    /// The last steps of all parties but `party`, for its next step to say what it has seen.
    pub fn heads_without(&self, party: &Party) -> Vec<Digest> {
        let others = self.steps.iter().filter(|(other, _)| **other != party);
        others.filter_map(|(_, own)| own.last()).map(|(digest, _)| *digest).collect()
    }
}

/// Messages of one raiser under one number that differ: two consultations, and the evidence of it.
pub fn doubled_raises(raises: &BTreeMap<Digest, Raise>) -> Vec<(Party, [u8; 16], Vec<Digest>)> {
    let mut by_number: BTreeMap<(&Party, [u8; 16]), Vec<Digest>> = BTreeMap::new();
    for (digest, raise) in raises {
        by_number.entry((&raise.incident.raised_by, raise.number)).or_default().push(*digest);
    }
    let doubled = by_number.into_iter().filter(|(_, versions)| versions.len() > 1);
    doubled.map(|((party, number), versions)| (party.clone(), number, versions)).collect()
}

fn each<'a, 's>(
    steps: &'s BTreeMap<&'a Party, Vec<(Digest, &'a Step)>>,
) -> impl Iterator<Item = (&'a Party, Digest, &'a Step)> + use<'a, 's> {
    steps.iter().flat_map(|(party, own)| own.iter().map(|(digest, step)| (*party, *digest, *step)))
}

/// The last answer. When it is there in two versions that say otherwise, there is none.
fn stance(own: &[(Digest, &Step)]) -> Stance {
    let answers: Vec<&Step> = own
        .iter()
        .map(|(_, step)| *step)
        .filter(|step| matches!(step.kind, Kind::Acknowledge { .. } | Kind::Decline { .. }))
        .collect();
    let Some(last) = answers.iter().map(|step| step.number).max() else { return Stance::Silent };
    let declines = |step: &&&Step| matches!(step.kind, Kind::Decline { .. });
    let at_last = || answers.iter().filter(|step| step.number == last);
    let declined = at_last().filter(declines).map(|step| step.at).min();
    let acknowledged = at_last().any(|step| matches!(step.kind, Kind::Acknowledge { .. }));
    match (declined, acknowledged) {
        (Some(_), true) => Stance::Contradictory,
        (Some(at), false) => Stance::Declined(at),
        (None, _) => {
            let first = answers.iter().filter(|step| !declines(step)).map(|step| step.at).min();
            first.map_or(Stance::Silent, Stance::Acknowledged)
        }
    }
}

fn items<'a>(
    steps: &BTreeMap<&'a Party, Vec<(Digest, &'a Step)>>,
    bound: &BTreeSet<&'a Party>,
) -> BTreeMap<Digest, Item<'a>> {
    let mut items: BTreeMap<Digest, Item<'a>> = BTreeMap::new();
    for (party, digest, step) in each(steps) {
        if let Kind::Propose { item, proposal } = &step.kind {
            let empty = Item {
                proposal,
                proposed: BTreeSet::new(),
                agreed: BTreeMap::new(),
                objections: BTreeSet::new(),
                is_agreed: false,
            };
            items.entry(*item).or_insert(empty).proposed.insert((party, digest));
        }
    }
    for (party, digest, step) in each(steps) {
        match &step.kind {
            Kind::Agree { item } => {
                if let Some(item) = items.get_mut(item) {
                    item.agreed.entry(party).or_insert(digest);
                }
            }
            Kind::Object { item, reason } => {
                if let Some(item) = items.get_mut(item) {
                    item.objections.insert((party, reason));
                }
            }
            _ => {}
        }
    }
    for item in items.values_mut() {
        item.is_agreed = item.agreed.len() > 1 && bound.iter().all(|party| item.agreed.contains_key(*party));
    }
    items
}

type Missing<'a> = BTreeMap<Digest, BTreeSet<&'a Party>>;

fn chains<'a>(
    name: Digest,
    steps: &BTreeMap<&'a Party, Vec<(Digest, &'a Step)>>,
    all: &BTreeMap<Digest, Step>,
) -> (Missing<'a>, BTreeSet<Digest>) {
    let mut missing: Missing<'a> = BTreeMap::new();
    let mut broken = BTreeSet::new();
    for (party, digest, step) in each(steps) {
        for named in step.seen.iter().chain([&step.previous]).filter(|named| **named != name) {
            if !all.contains_key(named) {
                missing.entry(*named).or_default().insert(party);
            }
        }
        let follows = match all.get(&step.previous) {
            _ if step.previous == name => step.number == 1,
            Some(before) => {
                before.by == step.by && before.raise == name && before.number.checked_add(1) == Some(step.number)
            }
            None => step.number > 1,
        };
        if !follows {
            broken.insert(digest);
        }
    }
    (missing, broken)
}

fn doubles(steps: &BTreeMap<&Party, Vec<(Digest, &Step)>>) -> Vec<Double> {
    let mut doubles = Vec::new();
    for (party, own) in steps {
        for versions in own.chunk_by(|(_, one), (_, other)| one.number == other.number) {
            if let [(_, first), _, ..] = versions {
                let digests = versions.iter().map(|(digest, _)| *digest).collect();
                doubles.push(Double { party: (*party).clone(), number: first.number, versions: digests });
            }
        }
    }
    doubles
}
