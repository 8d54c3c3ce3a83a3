//! Telling the parties: every act of ours reaches every party of the text, and a party that was admitted later gets the
//! text and all that we did before. Each party tells its own acts, on its own feed, and nobody else's.
//!
//! Who is no party is told nothing: not before all parties have admitted it, as far as this node knows.

use entente_core::{
    Party,
    agreement::{Agreement, InstrumentHash},
    time::{Date, Timestamp},
};
use entente_formats::{
    agreement,
    wire::{Signed, payload},
};
use rand_core::CryptoRng;

use crate::{event::Refusal, op::Op, outbox::Letter, sequenced::Warranted, state::Node};

/// What one party lacks of one text.
struct Lacking {
    agreement: String,
    to: Party,
    /// The text, for who was admitted to it: those that it names have it from its proposal, or from people.
    text: Option<(InstrumentHash, String)>,
    acts: Vec<([u8; 32], Signed)>,
}

impl Node {
    /// Sequences what parties lack: new acts to all; everything to a new party, and to one whose party file had run out.
    /// Gives those that were told something.
    pub(crate) fn tell(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Vec<Party>, Refusal> {
        if !std::mem::take(&mut self.untold) {
            return Ok(Vec::new());
        }
        self.tell_party_file(now, rng)?;
        self.tell_recalls(now, rng)?;
        self.tell_labels(now, rng)?;
        self.tell_compromises(now, rng)?;
        self.tell_pledges(now, rng)?;
        self.tell_acknowledgements(now, rng)?;
        self.tell_consultations(now, rng)?;
        let all = self.agreements.values().chain(self.proposals.values());
        let lacking: Vec<Lacking> = all.flat_map(|agreement| self.lacking(agreement, now)).collect();
        let mut told = Vec::new();
        for Lacking { agreement, to, text, acts } in lacking {
            let letter = Letter::control(&to);
            let words = serde_json::json!({
                "agreement": agreement, "to": to.as_str(), "text": text.is_some(), "acts": acts.len(),
            });
            if let Some((hash, text)) = text {
                let (_, index, _) = self.sequence(&letter, &Warranted::proposal(text), now, rng)?;
                self.keep(Op::Told { subject: hash.0, to: to.clone(), index })?;
            }
            for (subject, signed) in acts {
                let signed = self.as_it_goes_out(&self.identity.party, payload::ACT, &signed)?;
                let (_, index, _) = self.sequence(&letter, &Warranted::act(signed), now, rng)?;
                self.keep(Op::Told { subject, to: to.clone(), index })?;
            }
            self.state(now, "told", words)?;
            told.push(to);
        }
        Ok(told)
    }

    /// The other parties of a text, also those whose admission counts from a later day.
    pub(crate) fn other_parties(&self, agreement: &Agreement) -> Vec<Party> {
        let parties = agreement.parties_on(Date::MAX).into_iter();
        parties.filter(|party| **party != self.identity.party).cloned().collect()
    }

    fn lacking(&self, agreement: &Agreement, now: Timestamp) -> Vec<Lacking> {
        let us = &self.identity.party;
        let ours: Vec<_> = self.acts_on(agreement).filter(|act| act.statement.by == us.as_str()).collect();
        // A text on which we have done nothing is not ours to hand on, and there is nothing to tell.
        if ours.is_empty() {
            return Vec::new();
        }
        let reachable = self.other_parties(agreement).into_iter().filter(|party| self.can_reach(party, now));
        let lacking = reachable.filter_map(|to| {
            let is_told = |subject: [u8; 32]| self.told.contains_key(&(subject, to.clone()));
            let is_newcomer = !agreement.parties.contains(&to);
            let text = (is_newcomer && !is_told(agreement.hash.0)).then(|| {
                let text = agreement::write(&Agreement { acts: Vec::new(), ..agreement.clone() });
                (agreement.hash, text)
            });
            let new = ours.iter().filter(|act| !is_told(act.digest));
            let acts: Vec<_> = new.map(|act| (act.digest, act.signed.clone())).collect();
            let has_news = text.is_some() || !acts.is_empty();
            has_news.then(|| Lacking { agreement: agreement.id.to_string(), to, text, acts })
        });
        lacking.collect()
    }
}
