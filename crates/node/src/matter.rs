//! What waits for people of this party at a moment: alerts that nobody here has taken note of, consultations that nobody here has
//! answered, duties whose time is nearly or just over. A function of what is held and of the time: nothing is scheduled, and
//! so nothing scheduled is lost. Whom a matter leads to says the contact list ([`Node::to_tell`]).
//!
//! It looks at all that is held, whoever may see it: somebody has to be called. Therefore a matter says nothing of what it is.
//! The key type is [`Matter`].

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    alert::{Change, Kind as AlertKind, Message, Source, Standing},
    consult::{Closing, Kind, Precedence, State},
    record::Status,
    time::Timestamp,
    watch::{Contacts, Due, Way},
};
use entente_formats::hex;

use crate::{
    alert::MessageSeen,
    state::{Key, Node, sha256},
};

/// How long a duty that is over is news, in seconds; afterwards it is on the list of duties alone.
const NEWS: i64 = 72 * 3600;
/// The part of a duty's time that is left when people are told that it runs out: one of so many.
const LAST_PART: i64 = 4;
/// And the most of it, in seconds.
const LAST_DAY: i64 = 24 * 3600;

/// Something that waits for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// A name that says nothing of it: hexadecimal digits.
    pub name: String,
    /// How urgent it is.
    pub precedence: Precedence,
    /// Actual, exercise or test.
    pub status: Status,
    /// Since when it waits.
    pub since: Timestamp,
}

impl Node {
    /// What waits at `now`, the most urgent first.
    pub fn matters(&self, now: Timestamp) -> Vec<Matter> {
        let mut all = self.waiting_alerts(now);
        all.extend(self.waiting_consultations());
        all.extend(self.waiting_duties(now));
        all.sort_by(|one, other| {
            (other.precedence, one.since, &one.name).cmp(&(one.precedence, other.since, &other.name))
        });
        all
    }

    /// What a contact list wants done about it at `now`, and when something is to be done next, if nothing changes. Nothing
    /// while the node is read-only: an attempt could not be kept.
    pub fn to_tell(&self, contacts: &Contacts, now: Timestamp) -> (Vec<(Matter, Due)>, Option<Timestamp>) {
        let (mut all, mut next) = (Vec::new(), None::<Timestamp>);
        if self.is_read_only() {
            return (all, next);
        }
        for matter in self.matters(now) {
            let (due, then) = contacts.due(matter.precedence, matter.since, now, &self.told_of(&matter.name));
            let put_off: BTreeMap<(String, Way), (i64, Timestamp)> = self.put_off(&matter.name);
            let mut moments: Vec<Timestamp> = then.into_iter().collect();
            for one in due {
                let person = contacts.persons.get(one.person).map(|person| person.id.clone()).unwrap_or_default();
                let until = put_off.get(&(person, one.way)).filter(|(planned, _)| *planned == one.at.as_second());
                match until {
                    Some((_, until)) if *until > now => moments.push(*until),
                    _ => all.push((matter.clone(), one)),
                }
            }
            next = next.into_iter().chain(moments).min();
        }
        (all, next)
    }

    /// Alerts in effect of which a message stands that nobody here has taken note of. They wait since the first such message,
    /// also where that was updated since: a series of updates does not begin the chain anew. One that raises what was said
    /// before is a matter of its own besides.
    fn waiting_alerts(&self, now: Timestamp) -> Vec<Matter> {
        let us = &self.identity.party;
        let is_used = |key: &Key| self.records.get(key).is_some_and(|held| !self.is_hidden(held));
        let is_unseen = |key: &Key| {
            let known = self.acknowledgements.get(key).into_iter().flatten();
            known.filter(|known| known.by() == *us).count() == 0
        };
        // The fold is of all messages of a source: made only where something may wait.
        let open = self.warnings.all().filter(|(key, warning)| {
            is_unseen(key) && self.warns(&warning.message, warning.received, now) && is_used(key)
        });
        let sources: BTreeSet<&Source> = open.map(|(_, warning)| &warning.message.source).collect();
        if sources.is_empty() {
            return Vec::new();
        }
        let is_meant = |key: &Key| {
            is_used(key) && self.warnings.get(key).is_some_and(|warning| sources.contains(&warning.message.source))
        };
        let mut all = Vec::new();
        for alert in self.alerts_of(now, self.warnings.all().filter(|(key, _)| is_meant(key))) {
            if !matches!(alert.standing, Standing::InEffect { .. }) {
                continue;
            }
            let unseen: Vec<&MessageSeen> = alert
                .messages
                .iter()
                .filter(|message| message.acknowledged.iter().all(|acknowledged| acknowledged.by != *us))
                .collect();
            let waits = |message: &&&MessageSeen| message.stands && self.warns(&message.message, message.received, now);
            let Some(first) = unseen.iter().min_by_key(|message| (message.received, message.message.digest)) else {
                continue;
            };
            if unseen.iter().filter(waits).count() == 0 {
                continue;
            }
            let matter = |message: &MessageSeen| Matter {
                // With its digest, so that nobody who may not see it finds out by its name that it is here.
                name: name(
                    "alert",
                    &[message.record.0.as_str(), message.record.1.as_str(), &hex::encode(&message.message.digest)],
                ),
                precedence: Precedence::Flash,
                status: alert.source.status,
                since: message.received,
            };
            all.push(matter(first));
            let raising = unseen.iter().filter(waits).filter(|message| message.record != first.record);
            let raising = raising.filter(|message| match &message.change {
                Change::Revised(shift) => shift.raises(),
                Change::Again => true,
                _ => false,
            });
            all.extend(raising.map(|message| matter(message)));
        }
        all
    }

    /// Whether a message of an alert warns of something at `now`, by its own end or by what is set here.
    fn warns(&self, message: &Message, received: Timestamp, now: Timestamp) -> bool {
        let local = || {
            let from = message.name.sent.max(received).as_second();
            Timestamp::from_second(from.saturating_add(i64::from(self.desk.lifetime))).unwrap_or(Timestamp::MAX)
        };
        message.kind != AlertKind::Cancel && message.expires().unwrap_or_else(local) > now
    }

    /// Consultations that were raised by others, are open, and that this party has neither acknowledged nor declined.
    fn waiting_consultations(&self) -> Vec<Matter> {
        let us = &self.identity.party;
        let is_answer = |kind: &Kind| matches!(kind, Kind::Acknowledge { .. } | Kind::Decline { .. });
        let open = self.consultations.iter().filter(|(digest, held)| {
            let incident = &held.raise.incident;
            incident.raised_by != *us
                && held.has(us)
                && !held.steps.values().any(|step| step.by == *us && is_answer(&step.kind))
                && !matches!(held.core(**digest).closing, Closing::Closed { .. })
        });
        let matter = open.map(|(digest, held)| Matter {
            name: name("consultation", &[&hex::encode(digest)]),
            precedence: held.raise.incident.precedence,
            status: held.raise.incident.status,
            since: Timestamp::from_second(held.raised.known).unwrap_or_default(),
        });
        matter.collect()
    }

    /// Duties of this party that are not done: from when the last part of their time has begun, and anew from when it is over.
    /// Those that a consultation pins are done by answering it, and wait as that.
    fn waiting_duties(&self, now: Timestamp) -> Vec<Matter> {
        let us = self.identity.party.as_str();
        let at = now.as_second();
        let is_near = |opened: i64, due: i64| at >= nearly_over(opened, due) && at < due.saturating_add(NEWS);
        let incidents = self.incidents.values().filter(|incident| {
            incident.obligations.iter().any(|one| {
                one.party == us
                    && !self.discharged.contains_key(&one.id)
                    && one.due.is_some_and(|due| is_near(one.opened, due))
            })
        });
        let of_incidents = incidents.flat_map(|incident| {
            let precedence = incident.precedence();
            self.of_incident(&incident.number, now).into_iter().map(move |one| (one, precedence))
        });
        let standing = self.standing_obligations(now).into_iter().map(|one| (one, Precedence::Routine));
        let open = of_incidents.chain(standing).filter_map(|(one, precedence)| {
            let obligation = &one.obligation;
            let (opened, due) = (obligation.opened.as_second(), obligation.due.at?.as_second());
            let is_open = obligation.party.as_str() == us && is_near(opened, due);
            let (what, since) = match one.state {
                State::Due => ("nearly over", nearly_over(opened, due)),
                State::Overdue => ("over", due),
                State::Met(_) | State::Late(_) | State::Waived => return None,
            };
            is_open.then(|| Matter {
                name: name(what, &[&one.id, &due.to_string()]),
                precedence,
                status: one.status,
                since: Timestamp::from_second(since).unwrap_or_default(),
            })
        });
        open.collect()
    }
}

/// When the last part of a duty's time begins, in seconds since the epoch.
fn nearly_over(opened: i64, due: i64) -> i64 {
    let whole = due.saturating_sub(opened).max(0);
    due.saturating_sub((whole / LAST_PART).min(LAST_DAY))
}

/// A name that says nothing.
fn name(what: &str, parts: &[&str]) -> String {
    let digest = sha256(serde_json::json!([what, parts]).to_string().as_bytes());
    hex::encode(digest.get(..16).unwrap_or_default())
}
