//! What is odd in a contact list though it is well formed: hours in which nobody is on watch, people whom a step cannot reach,
//! people whom nothing ever tells. The key function is [`Contacts::weak`].

use std::collections::BTreeSet;

use super::{Contacts, Watch, Whom};
use crate::time::Timestamp;

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weak {
    /// Nobody is on watch in a rota that a step tells.
    Gap {
        /// The rota, by place.
        rota: usize,
        /// From when to when.
        watch: Watch,
    },
    /// A step tells somebody in no way that they have.
    Unreachable {
        /// The step, counted from 0.
        step: usize,
        /// Who, by place.
        person: usize,
    },
    /// Nothing ever tells them.
    Idle {
        /// Who, by place.
        person: usize,
    },
    /// Something urgent waits this many minutes before anybody is told.
    Slow {
        /// How many.
        minutes: u32,
    },
    /// Nobody is told of what is less urgent.
    Silent,
}

impl Contacts {
    /// What is odd, as far as it shows between two moments.
    pub fn weak(&self, from: Timestamp, until: Timestamp) -> Vec<Weak> {
        let mut found = Vec::new();
        let told: BTreeSet<usize> = self.steps.iter().flat_map(|step| &step.whom).filter_map(rota).collect();
        for place in told {
            let watches = self.rotas.get(place).map(|rota| rota.watches(from, until)).unwrap_or_default();
            let gaps = watches.into_iter().filter(|watch| watch.persons.is_empty());
            found.extend(gaps.map(|watch| Weak::Gap { rota: place, watch }));
        }
        let mut busy = BTreeSet::new();
        for (step, one) in self.steps.iter().enumerate() {
            let persons: BTreeSet<usize> = one.whom.iter().flat_map(|whom| self.ever(*whom)).collect();
            for person in persons {
                busy.insert(person);
                let known = self.persons.get(person);
                if known.is_some_and(|known| !one.by.iter().any(|way| known.has(*way))) {
                    found.push(Weak::Unreachable { step, person });
                }
            }
        }
        let idle = (0..self.persons.len()).filter(|person| !busy.contains(person));
        found.extend(idle.map(|person| Weak::Idle { person }));
        match self.steps.iter().map(|step| step.after).min() {
            Some(minutes) if minutes > 0 => found.push(Weak::Slow { minutes }),
            _ => {}
        }
        if self.steps.iter().all(|step| step.at_least > crate::consult::Precedence::Routine) {
            found.push(Weak::Silent);
        }
        found
    }

    /// Everybody whom it may ever mean.
    fn ever(&self, whom: Whom) -> Vec<usize> {
        match whom {
            Whom::Person(person) => vec![person],
            Whom::Rota(rota) => self.rotas.get(rota).map(super::Rota::everybody).unwrap_or_default(),
        }
    }
}

fn rota(whom: &Whom) -> Option<usize> {
    match whom {
        Whom::Rota(rota) => Some(*rota),
        Whom::Person(_) => None,
    }
}
