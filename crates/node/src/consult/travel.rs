//! Telling: each participant gets every statement that is here, its own and those that it gave us aside. First the message that
//! raised it, then the others in the order in which they came: whoever is told a step has been told of its consultation
//! before, on the same feed.

use entente_core::{
    Party,
    consult::{Digest, Precedence},
    time::Timestamp,
};
use entente_formats::wire::{Signed, payload};
use rand_core::CryptoRng;

use super::{Held, KeptStatement, Sort, StoredStatement};
use crate::{
    event::Refusal,
    op::Op,
    outbox::Letter,
    release::envelope_status,
    sequenced::Warranted,
    state::{Node, sha256},
};

/// A statement on its way to a participant.
struct Telling {
    subject: Digest,
    to: Party,
    by: Party,
    payload_type: &'static str,
    signed: Signed,
}

impl Node {
    /// Tells participants what they lack, as far as they can be reached.
    pub(crate) fn tell_consultations(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        for name in std::mem::take(&mut self.untold_consultations) {
            let Some(held) = self.consultations.get(&name) else { continue };
            let incident = &held.raise.incident;
            let precedence = match incident.precedence {
                Precedence::Flash => entente_seal::Precedence::Flash,
                _ => entente_seal::Precedence::Immediate,
            };
            let status = envelope_status(incident.status);
            for Telling { subject, to, by, payload_type, signed } in self.lacking_in(name, held, now) {
                let signed = self.as_it_goes_out(&by, payload_type, &signed)?;
                let letter = Letter { precedence, status, ..Letter::control(&to) };
                let warranted = Warranted::consultation(payload_type, signed);
                let (_, index, _) = self.sequence(&letter, &warranted, now, rng)?;
                self.keep(Op::Told { subject, to, index })?;
            }
        }
        Ok(())
    }

    fn lacking_in(&self, name: Digest, held: &Held, now: Timestamp) -> Vec<Telling> {
        let raise = (name, &held.raise.incident.raised_by, payload::CONSULT_RAISE, &held.raised);
        let rest = held.kept.iter().map(|KeptStatement { sort, digest, by, stored }: &KeptStatement| {
            let payload_type = Sort::payload_type(*sort);
            (*digest, by, payload_type, stored)
        });
        let all: Vec<(Digest, &Party, &'static str, &StoredStatement)> = std::iter::once(raise).chain(rest).collect();
        let others = held.raise.participants.iter().filter(|party| **party != self.identity.party);
        let reachable = others.filter(|to| self.can_reach(to, now));
        let us = &self.identity.party;
        // Who is told what a person here has said is told of what.
        let takes_part = held.kept.iter().any(|kept| kept.by == *us);
        let raise_goes = takes_part || self.hands_on(&held.raise.incident.raised_by, held.raised.known);
        let lacking = reachable.flat_map(|to| {
            let is_told = |subject: &Digest| self.told.contains_key(&(*subject, to.clone()));
            let has_raise = held.raise.incident.raised_by == *to || held.raised.from == *to || is_told(&name);
            let lacks = all.iter().filter(move |(subject, by, _, stored)| {
                let goes = match *subject == name {
                    true => raise_goes,
                    false => (has_raise || raise_goes) && self.hands_on(by, stored.known),
                };
                goes && *by != to && stored.from != *to && !self.told.contains_key(&(*subject, to.clone()))
            });
            lacks.map(move |(subject, by, payload_type, stored)| Telling {
                subject: *subject,
                to: to.clone(),
                by: (*by).clone(),
                payload_type,
                signed: stored.signed.clone(),
            })
        });
        lacking.collect()
    }

    /// A statement that we had told a partner, given back by it after a restore: it counts again. Who gave it to us is not
    /// known any more.
    pub(crate) fn consult_again(
        &mut self,
        to: &Party,
        index: u64,
        payload_type: &'static str,
        signed: Signed,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let subject = sha256(&signed.statement);
        let stored = StoredStatement { signed, from: self.identity.party.clone(), known: now.as_second() };
        let Some(by) = self.maker_of(payload_type, &stored.signed) else { return Ok(()) };
        if self.signed_by(&by, payload_type, &stored.signed).is_err() {
            return Ok(());
        }
        let is_here = self.consultations.contains_key(&subject)
            || self.consultations.values().any(|held| held.kept.iter().any(|kept| kept.digest == subject));
        if !is_here {
            match payload_type {
                payload::CONSULT_RAISE => self.keep(Op::ConsultRaise { stored, incident: None })?,
                payload::CONSULT_STEP => self.keep(Op::ConsultStep(stored))?,
                _ => self.keep(Op::Waiver(stored))?,
            }
        }
        self.keep(Op::Told { subject, to: to.clone(), index })
    }

    /// Whose statement it is, where it is one that can be kept.
    fn maker_of(&self, payload_type: &str, signed: &Signed) -> Option<Party> {
        use entente_formats::wire::{
            Canonical,
            consult::{RaiseStatement, StepStatement},
        };
        match payload_type {
            payload::CONSULT_RAISE => {
                let raise = RaiseStatement::from_bytes(&signed.statement).ok()?.read().ok()?;
                raise.participants.contains(&self.identity.party).then_some(raise.incident.raised_by)
            }
            payload::CONSULT_STEP => {
                let step = StepStatement::from_bytes(&signed.statement).ok()?.read().ok()?;
                self.consultations.get(&step.raise).filter(|held| held.has(&step.by)).map(|_| step.by)
            }
            _ => {
                let waiver = super::read_waiver(signed).ok()??;
                self.consultations.get(&waiver.of).filter(|held| held.has(&waiver.by)).map(|_| waiver.by)
            }
        }
    }
}
