//! The moments at which something should have been done, of incidents and of consultations, and what is said when one has
//! passed. They stand in the order of their times, so that asking whether one has passed looks at one of them, however many there
//! are. Key type: [`Deadlines`].

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    consult::{Closing, Digest, Stance, State},
    time::Timestamp,
};
use entente_formats::hex;

use super::{ObligationSeen, StoredIncident};
use crate::{
    consult::Held,
    event::{Answer, Refusal},
    op::Op,
    state::Node,
};

/// A moment at which something should have been done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    /// A duty of an incident.
    Incident(String, String),
    /// Answers in a consultation, at that moment.
    Answer(Digest, i64),
    /// The closing of a consultation.
    Close(Digest),
}

impl Deadline {
    /// What is remembered of it.
    fn subject(&self) -> String {
        match self {
            Self::Incident(_, id) => format!("obligation {id}"),
            Self::Answer(name, due) => format!("answer {} {due}", hex::encode(name)),
            Self::Close(name) => format!("close {}", hex::encode(name)),
        }
    }
}

/// Moments that were not looked at yet, the earliest first; and those that were.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    ahead: BTreeSet<(i64, Deadline)>,
    by_subject: BTreeMap<String, (i64, Deadline)>,
    looked_at: BTreeSet<String>,
}

impl Deadlines {
    fn expect(&mut self, due: i64, deadline: Deadline) {
        let subject = deadline.subject();
        if !self.looked_at.contains(&subject) && !self.by_subject.contains_key(&subject) {
            self.ahead.insert((due, deadline.clone()));
            self.by_subject.insert(subject, (due, deadline));
        }
    }

    /// One was looked at: nothing more is said of it.
    pub(crate) fn look_at(&mut self, subject: &str) {
        if let Some(known) = self.by_subject.remove(subject) {
            self.ahead.remove(&known);
        }
        self.looked_at.insert(subject.to_owned());
    }

    /// Those of an incident, as it is kept.
    pub(super) fn of_incident(&mut self, incident: &StoredIncident) {
        for one in &incident.obligations {
            if let Some(due) = one.due {
                self.expect(due, Deadline::Incident(incident.number.clone(), one.id.clone()));
            }
        }
    }

    /// Those of a consultation.
    pub(crate) fn of_consultation(&mut self, name: Digest, held: &Held) {
        let raise = &held.raise;
        for due in raise.pins.iter().filter_map(|pin| pin.due.at).chain([raise.acknowledge_by]) {
            self.expect(due.as_second(), Deadline::Answer(name, due.as_second()));
        }
        self.expect(raise.close_by.as_second(), Deadline::Close(name));
    }

    /// What has run out by `now`, the earliest first.
    fn over(&self, now: Timestamp) -> impl Iterator<Item = &Deadline> {
        self.ahead.iter().take_while(move |(due, _)| *due < now.as_second()).map(|(_, deadline)| deadline)
    }
}

impl Node {
    /// Whether a deadline has passed of which nothing was said yet. Cheap: asked every second.
    pub fn is_deadline_over(&self, now: Timestamp) -> bool {
        !self.is_read_only() && self.deadlines.over(now).next().is_some()
    }

    /// Says of each deadline that has passed what was not done by then, once.
    pub(crate) fn check_deadlines(&mut self, now: Timestamp) -> Result<Answer, Refusal> {
        let over: Vec<Deadline> = self.deadlines.over(now).cloned().collect();
        // Many may run out at once, as after a night in which the node was down: each incident and consultation is looked at once.
        let incidents: BTreeSet<&str> = over
            .iter()
            .filter_map(|deadline| match deadline {
                Deadline::Incident(incident, _) => Some(incident.as_str()),
                _ => None,
            })
            .collect();
        let of_incidents = incidents.into_iter().flat_map(|incident| self.of_incident(incident, now));
        let of_incidents = of_incidents.filter(|one| one.state == State::Overdue);
        let open: BTreeMap<String, ObligationSeen> = of_incidents.map(|one| (one.id.clone(), one)).collect();
        let mut pinned: BTreeMap<Digest, Vec<ObligationSeen>> = BTreeMap::new();
        for deadline in &over {
            if let Deadline::Answer(name, _) = deadline
                && let Some(held) = self.consultations.get(name)
                && !pinned.contains_key(name)
            {
                let open = self.pinned(*name, held, now).into_iter().filter(|one| one.state == State::Overdue);
                pinned.insert(*name, open.collect());
            }
        }
        for deadline in over {
            let late: Vec<serde_json::Value> = match &deadline {
                Deadline::Incident(_, id) => open.get(id).map(|one| self.overdue_words(one)).into_iter().collect(),
                Deadline::Answer(name, due) => {
                    self.unanswered(*name, *due, pinned.get(name).map(Vec::as_slice).unwrap_or_default())
                }
                Deadline::Close(name) => {
                    let held = self.consultations.get(name);
                    let core = held.map(|held| held.core(*name));
                    let open = core.filter(|core| !matches!(core.closing, Closing::Closed { .. }));
                    let words = open.map(|core| {
                        let phase = core.phase(now).as_str();
                        serde_json::json!({ "what": "close", "consultation": hex::encode(name), "phase": phase })
                    });
                    words.into_iter().collect()
                }
            };
            self.keep(Op::Deadline { subject: deadline.subject(), at: now.as_second() })?;
            for words in late {
                self.state(now, "deadline", words)?;
            }
        }
        Ok(Answer::Done)
    }

    fn overdue_words(&self, one: &ObligationSeen) -> serde_json::Value {
        let doubts: BTreeSet<&str> = one.disagreements.iter().map(|one| one.about.as_str()).collect();
        serde_json::json!({
            "what": "obligation", "obligation": one.id, "incident": one.incident,
            "consultation": one.consultation.map(|name| hex::encode(&name)), "party": one.obligation.party.as_str(),
            "agreement": one.obligation.agreement.0.as_str(), "clause": one.obligation.clause.as_str(),
            "clock": one.obligation.due.clock.as_str(), "status": one.status.as_str(), "records": self.records_of(one, &[]),
            "disagreements": doubts,
        })
    }

    /// Who had still to answer when a moment passed: by the clauses that are pinned, else by the consultation's own time.
    fn unanswered(&self, name: Digest, due: i64, overdue: &[ObligationSeen]) -> Vec<serde_json::Value> {
        let Some(held) = self.consultations.get(&name) else { return Vec::new() };
        let is_then = |at: Option<Timestamp>| at.is_some_and(|at| at.as_second() == due);
        let pinned: Vec<&ObligationSeen> = overdue.iter().filter(|one| is_then(one.obligation.due.at)).collect();
        let core = held.core(name);
        let silent = core.stances.iter().filter(|(party, stance)| {
            is_then(Some(held.raise.acknowledge_by))
                && **party != &held.raise.incident.raised_by
                && matches!(stance, Stance::Silent | Stance::Contradictory)
                && pinned.iter().all(|one| one.obligation.party != ***party)
        });
        let silent = silent.map(|(party, _)| {
            serde_json::json!({
                "what": "acknowledge", "consultation": hex::encode(&name), "party": party.as_str(),
                "status": held.raise.incident.status.as_str(),
            })
        });
        let mut words: Vec<serde_json::Value> = silent.collect();
        words.extend(pinned.iter().map(|one| self.overdue_words(one)));
        words
    }
}
