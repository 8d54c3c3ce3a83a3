//! What agreements in force make of an incident: an obligation for each party and clause, with its article and its clock.
//!
//! A political text makes no duty in law, and its obligations say so by their [`Force`]. The key functions are [`owed`]
//! and [`standing`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::Offset;

use super::{Incident, Precedence};
use crate::{
    AgreementId, ClauseId, Party,
    agreement::{
        Agreement, Basis, Between, Clause, Force, InstrumentHash, Kind,
        clause::{Audience, Notifier},
    },
    record::Status,
    time::{Date, Period, Timestamp, day_of},
    world::Agreements,
};

/// The node's own clocks, for clauses that name no time. In seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalClocks {
    /// For consulting, by the precedence of the incident.
    pub consult: BTreeMap<Precedence, u32>,
    /// For notifying.
    pub notify: u32,
}

impl Default for LocalClocks {
    /// Fifteen minutes for what is FLASH, an hour for IMMEDIATE, six for PRIORITY, a day for ROUTINE and for notifying.
    fn default() -> Self {
        let consult = Precedence::ALL.into_iter().zip([24 * 3600, 6 * 3600, 3600, 15 * 60]).collect();
        Self { consult, notify: 24 * 3600 }
    }
}

/// Whose clock it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// The text names the time.
    Text,
    /// A setting of the node that opened it: not in the text, and to be shown so.
    Local,
    /// Neither names one.
    None,
}

impl Clock {
    /// The words for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Local => "local setting, not in the text",
            Self::None => "none",
        }
    }
}

/// Until when, and whose clock says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// The last moment; none where nobody names one.
    pub at: Option<Timestamp>,
    /// Whose clock.
    pub clock: Clock,
}

/// A duty with a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// Who owes it.
    pub party: Party,
    /// To whom; empty: to the public.
    pub to: Vec<Party>,
    /// The agreement that says so, in its version.
    pub agreement: (AgreementId, InstrumentHash),
    /// Its force: a political text makes no duty in law.
    pub force: Force,
    /// The article.
    pub clause: ClauseId,
    /// Where the wording of the clause comes from.
    pub basis: Basis,
    /// The kind of the clause: `consult`, `notify`, `meet`, `commit`, `transparency`.
    pub kind: &'static str,
    /// What is owed, or when, in the words of the clause.
    pub words: String,
    /// Since when it is owed.
    pub opened: Timestamp,
    /// Until when.
    pub due: Due,
}

/// The obligations that an incident opens. Those of a drill are of another type, so that none becomes a real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// They are owed.
    Real(Vec<Obligation>),
    /// They would be, were it real.
    Drill(Status, Vec<Obligation>),
}

impl Opened {
    /// What is really owed.
    pub fn real(&self) -> &[Obligation] {
        match self {
            Self::Real(all) => all,
            Self::Drill(..) => &[],
        }
    }

    /// What is or would be owed.
    pub fn all(&self) -> &[Obligation] {
        match self {
            Self::Real(all) | Self::Drill(_, all) => all,
        }
    }
}

/// How an obligation stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not done, and the time runs or there is none.
    Due,
    /// Not done, and the time is over.
    Overdue,
    /// Done in time, at that moment.
    Met(Timestamp),
    /// Done, after its time.
    Late(Timestamp),
    /// Every party to whom it is owed, and the one that owes it, has waived it.
    Waived,
}

impl State {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Met(_) => "met",
            Self::Late(_) => "late",
            Self::Waived => "waived",
        }
    }
}

impl Obligation {
    /// How it stands at `now`, when it was done at `done` and these parties have waived it.
    pub fn state(&self, now: Timestamp, done: Option<Timestamp>, waived: &BTreeSet<Party>) -> State {
        let over = |at: Timestamp| self.due.at.is_some_and(|due| at > due);
        match done {
            Some(at) if over(at) => State::Late(at),
            Some(at) => State::Met(at),
            None if self.can_be_waived() && self.to.iter().chain([&self.party]).all(|party| waived.contains(party)) => {
                State::Waived
            }
            None if over(now) => State::Overdue,
            None => State::Due,
        }
    }

    /// The same duty to meet in one stretch of its time.
    #[must_use]
    pub fn in_stretch(&self, from: Date, until: Option<Date>) -> Self {
        Self { opened: start_of(from), due: text_due(until), ..self.clone() }
    }

    /// What is owed to the public nobody waives.
    fn can_be_waived(&self) -> bool {
        !self.to.is_empty()
    }
}

/// What the agreements in force when the incident was raised make of it.
pub fn owed(agreements: &Agreements, incident: &Incident, clocks: &LocalClocks) -> Opened {
    let day = day_of(incident.raised_at);
    let raiser = &incident.raised_by;
    let mut all = Vec::new();
    for agreement in agreements.values() {
        let partners: Vec<&Party> = agreement
            .parties_on(day)
            .into_iter()
            .filter(|party| *party != raiser && agreement.between(raiser, party, day) == Between::InForce)
            .collect();
        if partners.is_empty() || !rests_on_texts_in_force(agreements, agreement, day, &mut Vec::new()) {
            continue;
        }
        let together: Vec<&Party> = partners.iter().copied().chain([raiser]).collect();
        for clause in &agreement.clauses {
            match &clause.kind {
                Kind::Consult { triggers, when, within } if triggers.contains(&incident.trigger) => {
                    let local = clocks.consult.get(&incident.precedence).copied();
                    let due = due(incident.raised_at, *within, local);
                    for party in &together {
                        all.push(obligation(agreement, clause, (party, &together), when, (incident.raised_at, due)));
                    }
                }
                Kind::Notify { event, by, when, within }
                    if *event == incident.trigger && falls_on(*by, incident.role) =>
                {
                    let due = due(incident.raised_at, *within, Some(clocks.notify));
                    all.push(obligation(agreement, clause, (raiser, &together), when, (incident.raised_at, due)));
                }
                _ => {}
            }
        }
    }
    match incident.status {
        Status::Actual => Opened::Real(all),
        status @ (Status::Exercise | Status::Test) => Opened::Drill(status, all),
    }
}

/// What a party owes without any incident on `day`: what it has committed itself to, meetings, and what the public or
/// others are to be told. Meetings count from the last of `held` for that clause, or from the entry into force.
pub fn standing(
    agreements: &Agreements,
    party: &Party,
    day: Date,
    held: impl Fn(&AgreementId, &Clause) -> Option<Date>,
) -> Vec<Obligation> {
    let mut all = Vec::new();
    for agreement in agreements.values() {
        let in_force = |other: &&Party| *other != party && agreement.between(party, other, day) == Between::InForce;
        let partners: Vec<&Party> = agreement.parties_on(day).into_iter().filter(in_force).collect();
        if partners.is_empty() || !rests_on_texts_in_force(agreements, agreement, day, &mut Vec::new()) {
            continue;
        }
        let since = agreement.view(party, day).since.unwrap_or(day);
        let together: Vec<&Party> = partners.iter().copied().chain([party]).collect();
        for clause in &agreement.clauses {
            let (whom, words, from, due) = match &clause.kind {
                Kind::Meet { body, every, .. } => {
                    let from = held(&agreement.id, clause).unwrap_or(since);
                    (together.clone(), body, from, text_due(every.after(from, 1)))
                }
                Kind::Commit { owner, what, due } if owner == party => (together.clone(), what, since, text_due(*due)),
                Kind::Transparency { to: Audience::Public, what, .. } => (Vec::new(), what, since, text_due(None)),
                Kind::Transparency { to: Audience::Parties(to), what, .. } => {
                    (to.iter().collect(), what, since, text_due(None))
                }
                _ => continue,
            };
            all.push(obligation(agreement, clause, (party, &whom), words, (start_of(from), due)));
        }
    }
    all
}

/// The words by which clauses name the loss of what was given under them.
pub const LOSS: &[&str] = &["loss-or-compromise", "loss", "compromise"];
/// The words by which clauses name another classification of it.
pub const RECLASSIFIED: &[&str] = &["reclassified"];

/// What the `notify` clauses of the texts under which something was given make of what happened to it, for the party that
/// raises the incident or for another, in a role: one duty for each clause and each party that is to hear of it. A text binds
/// who was given something under it for as long as that is kept, in force or not.
pub fn notices(
    agreements: &Agreements,
    (events, incident): (&[&str], &Incident),
    (by, role): (&Party, Notifier),
    told: &BTreeMap<Party, BTreeSet<AgreementId>>,
    clocks: &LocalClocks,
) -> Vec<Obligation> {
    let texts = told.iter().flat_map(|(to, under)| under.iter().map(move |id| (to, id)));
    let texts = texts.filter_map(|(to, id)| Some((to, agreements.get(id)?)));
    let clauses = texts.flat_map(|(to, text)| text.clauses.iter().map(move |clause| (to, text, clause)));
    let owed = clauses.filter_map(|(to, text, clause)| match &clause.kind {
        Kind::Notify { event, by: whose, when, within }
            if events.contains(&event.as_str()) && falls_on(*whose, Some(role)) =>
        {
            let due = due(incident.raised_at, *within, Some(clocks.notify));
            Some(obligation(text, clause, (by, &[to]), when, (incident.raised_at, due)))
        }
        _ => None,
    });
    owed.collect()
}

fn obligation(
    agreement: &Agreement,
    clause: &Clause,
    (party, together): (&Party, &[&Party]),
    words: &str,
    (opened, due): (Timestamp, Due),
) -> Obligation {
    let mut to: Vec<Party> = together.iter().filter(|other| **other != party).map(|other| (*other).clone()).collect();
    to.sort();
    Obligation {
        party: party.clone(),
        to,
        agreement: (agreement.id.clone(), agreement.hash),
        force: agreement.force,
        clause: clause.id.clone(),
        basis: clause.basis,
        kind: clause.kind.name(),
        words: words.to_owned(),
        opened,
        due,
    }
}

/// Whether a duty to notify falls on who has that role; on everybody whose role is not known.
fn falls_on(by: Notifier, role: Option<Notifier>) -> bool {
    by == Notifier::Any || role.is_none_or(|role| role == Notifier::Any || role == by)
}

fn due(from: Timestamp, within: Option<Period>, local: Option<u32>) -> Due {
    match (within, local) {
        (Some(within), _) => Due { at: after(from, within), clock: Clock::Text },
        (None, Some(seconds)) => {
            let at = Timestamp::from_second(from.as_second().saturating_add(i64::from(seconds))).ok();
            Due { at, clock: Clock::Local }
        }
        (None, None) => Due { at: None, clock: Clock::None },
    }
}

/// A day is due until it ends, in UTC.
fn text_due(day: Option<Date>) -> Due {
    match day {
        Some(day) => Due { at: day.tomorrow().ok().map(start_of), clock: Clock::Text },
        None => Due { at: None, clock: Clock::None },
    }
}

/// The start of a day in UTC.
pub(super) fn start_of(day: Date) -> Timestamp {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

/// The moment a period after another: months and years by the calendar, in UTC, at the same time of day.
pub fn after(from: Timestamp, period: Period) -> Option<Timestamp> {
    let seconds = match period {
        Period::Hours(hours) => i64::from(hours) * 3600,
        Period::Days(days) => i64::from(days) * 24 * 3600,
        Period::Months(_) | Period::Years(_) => {
            let there = Offset::UTC.to_datetime(from);
            let day = period.after(there.date(), 1)?;
            return Offset::UTC.to_timestamp(day.to_datetime(there.time())).ok();
        }
    };
    Timestamp::from_second(from.as_second().checked_add(seconds)?).ok()
}

/// Whether all that an arrangement relies on, in turn, is in force in the view of each of its own parties.
fn rests_on_texts_in_force<'a>(
    agreements: &'a Agreements,
    agreement: &'a Agreement,
    day: Date,
    seen: &mut Vec<&'a AgreementId>,
) -> bool {
    // A text that in the end relies on itself rests on nothing.
    if seen.contains(&&agreement.id) {
        return false;
    }
    seen.push(&agreement.id);
    let rests = agreement.relies_on.iter().all(|id| {
        agreements.get(id).is_some_and(|text| {
            text.may_cover()
                && text.parties_on(day).into_iter().all(|party| text.view(party, day).in_force())
                && rests_on_texts_in_force(agreements, text, day, seen)
        })
    });
    seen.pop();
    rests
}
