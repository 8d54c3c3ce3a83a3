//! What people do when something happens: incidents, consultations and their steps; and what a liar signs in one.

use entente_core::{Party, consult::effects::Choice, time::Timestamp};
use entente_formats::{
    hex,
    wire::{
        Body, Canonical,
        consult::{StepKind, StepStatement},
        payload,
    },
};
use entente_node::{
    Event,
    consult::{ConsultationSeen, Deed, EffectsDraft, RaiseConsultation},
    incident::RaiseIncident,
};

use crate::{dice::Dice, keys::Keys, people::viewer, simulation::Simulation};

impl Simulation {
    /// Somebody raises an incident or a consultation, or takes a step in one.
    pub(crate) fn consult(&self, site: usize, dice: &mut Dice) -> Option<(Event, String)> {
        let us = self.truth.parties.get(site)?;
        let by = viewer(us);
        let node = self.sites.get(site)?.node.as_ref()?;
        let names: Vec<[u8; 32]> = node.consultations().map(|(name, _)| name).collect();
        let incidents: Vec<String> = node.incidents(&by).map(|incident| incident.number.clone()).collect();
        if incidents.is_empty() && (names.is_empty() || dice.percent(20)) {
            let raise = RaiseIncident {
                by,
                title: Some("something happened".to_owned()),
                trigger: Some("missile-launch".to_owned()),
                place: None,
                began: None,
                ended: None,
                status: None,
                precedence: None,
                evidence: Vec::new(),
                role: None,
            };
            return Some((Event::RaiseIncident(Box::new(raise)), "raises an incident".to_owned()));
        }
        if !incidents.is_empty() && (names.is_empty() || dice.percent(10)) {
            let others: Vec<Party> = self.truth.parties.iter().filter(|party| *party != us).cloned().collect();
            let mut with: Vec<Party> = dice.some(&others, 70).into_iter().cloned().collect();
            if with.is_empty() {
                with.extend(dice.pick(&others).cloned());
            }
            let what =
                format!("raises a consultation with {}", with.iter().map(Party::as_str).collect::<Vec<_>>().join(", "));
            let raise = RaiseConsultation {
                by,
                incident: dice.pick(&incidents)?.clone(),
                under: None,
                with,
                acknowledge_within: Some(60),
                close_within: Some(60),
                link: None,
                title: None,
                trigger: None,
            };
            return Some((Event::RaiseConsultation(Box::new(raise)), what));
        }
        let name = *dice.pick(&names)?;
        let seen = node.consultation(name, &by, self.clock(site))?;
        let deed = deed(us, &seen, self.clock(site), dice)?;
        let what = format!("in the consultation {}: {deed:?}", hex::encode(name.get(..4)?));
        Some((Event::TakePart { by, consultation: hex::encode(&name), deed: Box::new(deed) }, what))
    }

    /// The consultations of a node in which that partner takes part.
    pub(crate) fn common_consultations(&self, site: usize, partner: &Party) -> Vec<[u8; 32]> {
        let Some(here) = self.sites.get(site) else { return Vec::new() };
        let Some(node) = &here.node else { return Vec::new() };
        let (by, now) = (viewer(&here.keys.party), self.clock(site));
        let takes_part = |seen: &ConsultationSeen<'_>| seen.core.raise.participants.contains(partner);
        let names = node.consultations().map(|(name, _)| name);
        names.filter(|name| node.consultation(*name, &by, now).as_ref().is_some_and(takes_part)).collect()
    }
}

/// A step that a liar signs beside what its node has signed under the same number.
pub(crate) fn other_version(liar: &Keys, common: &[[u8; 32]], now: Timestamp, dice: &mut Dice) -> Option<Body> {
    let raise = *dice.pick(common)?;
    let step = StepStatement {
        by: liar.party.to_string(),
        raise,
        number: u32::try_from(dice.below(3)).ok()? + 1,
        previous: raise,
        seen: Vec::new(),
        at: now.as_second(),
        kind: match dice.percent(50) {
            true => StepKind::Acknowledge { person: "a liar".to_owned() },
            false => StepKind::Decline { reason: "so it says to some".to_owned() },
        },
    };
    Some(Body::ConsultStep(liar.sign(payload::CONSULT_STEP, step.to_bytes()).ok()?))
}

/// What somebody might do next.
fn deed(us: &Party, seen: &ConsultationSeen<'_>, now: Timestamp, dice: &mut Dice) -> Option<Deed> {
    let core = &seen.core;
    let items: Vec<String> = core.items.keys().map(|item| hex::encode(item)).collect();
    let others: Vec<Party> = core.raise.participants.iter().filter(|party| *party != us).cloned().collect();
    let kinds = [(6, 0), (1, 1), (3, 2), (6, 3), (2, 4), (4, 5), (1, 6)];
    Some(match dice.weighted(&kinds)? {
        0 => Deed::Acknowledge,
        1 => Deed::Decline { reason: "not our matter".to_owned() },
        2 => Deed::ProposeMessage { text: format!("text {}", dice.below(3)), replaces: None },
        3 => Deed::Agree { item: dice.pick(&items)?.clone() },
        4 => {
            let option = |what: &str, is_nothing| Choice {
                what: what.to_owned(),
                is_nothing,
                effects: ["none".to_owned(), "none".to_owned(), "none".to_owned()],
            };
            Deed::Effects(EffectsDraft {
                options: vec![option("nothing", true), option("something", false)],
                chosen: 1,
                because: "it is better".to_owned(),
                evidence: Vec::new(),
                dissent: Vec::new(),
            })
        }
        5 => {
            let late = now >= core.raise.close_by;
            let without = if late { dice.some(&others, 30).into_iter().cloned().collect() } else { Vec::new() };
            Deed::Close { effects: None, message: None, without, note: String::new(), dissent: None }
        }
        _ => Deed::Escalate { to: "the minister".to_owned(), reason: "nobody answers".to_owned() },
    })
}
