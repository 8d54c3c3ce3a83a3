//! The steps of a chain: whom each tells, when and how. The key functions are [`Contacts::plan`], all that a matter would lead
//! to, and [`Contacts::due`], what of it is to be done now.

use std::collections::{BTreeMap, BTreeSet};

use super::Contacts;
use crate::{
    consult::Precedence,
    time::{SignedDuration, Timestamp},
};

/// How long those who come on watch are told what waits: what is older is on the record, and nobody's news.
const NEWS: SignedDuration = SignedDuration::from_hours(72);

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// On the pages of the console that they have open.
    Console,
    /// By e-mail.
    Email,
    /// By a program that takes a message over HTTPS.
    Webhook,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Console, Self::Email, Self::Webhook];

    /// The word for files, people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    /// The way of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }
}

/// Whom a step tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A person, by place.
    Person(usize),
    /// Who is on watch in a rota, by place.
    Rota(usize),
}

/// A step of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it begins, in minutes after something began to wait.
    pub after: u32,
    /// Whom it tells.
    pub whom: Vec<Whom>,
    /// How; each of these that a person has.
    pub by: Vec<Way>,
    /// After how many minutes they are told again.
    pub every: u32,
    /// How often they are told; at least 1.
    pub times: u32,
    /// What is less urgent does not go to them.
    pub at_least: Precedence,
}

/// Somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// By which step, counted from 0.
    pub step: usize,
    /// Who, by place.
    pub person: usize,
    /// How.
    pub way: Way,
    /// Whether it is because they come on watch while it waits.
    pub is_handover: bool,
}

impl Contacts {
    /// Whom a matter of this precedence leads to, which waits since `since`, up to `until` and while nobody has acknowledged it:
    /// in the order of time, nobody twice in one way at one moment.
    pub fn plan(&self, precedence: Precedence, since: Timestamp, until: Timestamp) -> Vec<Due> {
        let mut all: BTreeMap<(Timestamp, usize, Way), Due> = BTreeMap::new();
        let steps = self.steps.iter().enumerate().filter(|(_, step)| precedence >= step.at_least);
        for (place, step) in steps {
            let minutes = |count: u32| SignedDuration::from_mins(i64::from(count));
            let Ok(first) = since.checked_add(minutes(step.after)) else { continue };
            let rounds = (0..step.times).map_while(|round| {
                let at = first.checked_add(minutes(step.every.saturating_mul(round))).ok()?;
                (at <= until).then_some(at)
            });
            let rounds = rounds.flat_map(|at| {
                let persons: BTreeSet<usize> = step.whom.iter().flat_map(|whom| self.at(*whom, at)).collect();
                persons.into_iter().map(move |person| (at, person, false))
            });
            let news = since.checked_add(NEWS).unwrap_or(until).min(until);
            let rotas = step.whom.iter().filter_map(|whom| match whom {
                Whom::Rota(rota) => self.rotas.get(*rota),
                Whom::Person(_) => None,
            });
            let handovers = rotas.flat_map(|rota| {
                rota.handovers(first, news).into_iter().flat_map(|at| {
                    let before = at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(at);
                    let before = rota.on(before);
                    let new = rota.on(at).into_iter().filter(move |person| !before.contains(person));
                    new.map(move |person| (at, person, true)).collect::<Vec<_>>()
                })
            });
            for (at, person, is_handover) in rounds.chain(handovers) {
                let Some(found) = self.persons.get(person) else { continue };
                for way in step.by.iter().copied().filter(|way| found.has(*way)) {
                    all.entry((at, person, way)).or_insert(Due { at, step: place, person, way, is_handover });
                }
            }
        }
        all.into_values().collect()
    }

    /// What of it is to be done at `now`, and when something is to be done next. `told`: for each person, by id, and way the
    /// latest moment of the plan that was seen to. Who was not told in time, because the node was away, is told once and not
    /// for every time that was missed.
    pub fn due(
        &self,
        precedence: Precedence,
        since: Timestamp,
        now: Timestamp,
        told: &BTreeMap<(String, Way), Timestamp>,
    ) -> (Vec<Due>, Option<Timestamp>) {
        let longest =
            self.steps.iter().map(|step| u64::from(step.after) + u64::from(step.every) * u64::from(step.times));
        let longest = longest.max().unwrap_or_default().saturating_mul(60);
        let horizon = SignedDuration::from_secs(i64::try_from(longest).unwrap_or(i64::MAX)).max(NEWS);
        let end = since.checked_add(horizon).unwrap_or(Timestamp::MAX).max(now);
        let (past, future): (Vec<Due>, Vec<Due>) =
            self.plan(precedence, since, end).into_iter().partition(|due| due.at <= now);
        let mut last: BTreeMap<(usize, Way), Due> = BTreeMap::new();
        for due in past {
            last.insert((due.person, due.way), due);
        }
        let is_open = |due: &Due| {
            let person = self.persons.get(due.person).map(|person| person.id.clone()).unwrap_or_default();
            told.get(&(person, due.way)).is_none_or(|seen_to| *seen_to < due.at)
        };
        let mut due: Vec<Due> = last.into_values().filter(is_open).collect();
        due.sort();
        (due, future.first().map(|due| due.at))
    }

    /// Whom a step means at a moment.
    fn at(&self, whom: Whom, at: Timestamp) -> Vec<usize> {
        match whom {
            Whom::Person(person) => vec![person],
            Whom::Rota(rota) => self.rotas.get(rota).map(|rota| rota.on(at).into_iter().collect()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Duty, Person, Rota, Shift},
        *,
    };
    use crate::time::{Time, TimeZone, Weekday};

    fn at(text: &str) -> Timestamp {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    /// Two on watch, at noon and midnight; a chief by mail alone, after ten minutes, for what is urgent.
    fn contacts() -> Contacts {
        let person = |id: &str, account: Option<&str>| Person {
            id: id.into(),
            name: id.to_uppercase(),
            account: account.map(str::to_owned),
            email: Some(format!("{id}@kor.example")),
            webhook: None,
        };
        let days: Vec<Weekday> = Weekday::Monday.cycle_forward().take(7).collect();
        let shift = |from, until, person| Shift {
            days: days.clone(),
            from: Time::constant(from, 0, 0, 0),
            until: Time::constant(until, 0, 0, 0),
            duty: Duty::Together(vec![person]),
        };
        let shifts = vec![shift(0, 12, 0), shift(12, 0, 1)];
        let rota = Rota { id: "watch".into(), zone_name: "UTC".into(), zone: TimeZone::UTC, shifts, swaps: Vec::new() };
        let step = |after, whom, by: &[Way], every, times, at_least| Step {
            after,
            whom,
            by: by.to_vec(),
            every,
            times,
            at_least,
        };
        Contacts {
            party: "KOR".into(),
            persons: vec![person("kim", Some("kim")), person("lee", None), person("chief", None)],
            webhooks: Vec::new(),
            rotas: vec![rota],
            steps: vec![
                step(0, vec![Whom::Rota(0)], &[Way::Console, Way::Email], 5, 3, Precedence::Routine),
                step(10, vec![Whom::Person(2)], &[Way::Email, Way::Webhook], 0, 1, Precedence::Immediate),
            ],
        }
    }

    fn shown(contacts: &Contacts, due: &[Due]) -> Vec<String> {
        let one = |due: &Due| {
            let person = &contacts.persons[due.person].id;
            let mark = if due.is_handover { " hand-over" } else { "" };
            format!("{} {person} {}{mark}", due.at.strftime("%H:%M"), due.way.as_str())
        };
        due.iter().map(one).collect()
    }

    #[test]
    fn the_watch_is_told_again_then_the_chief_and_whoever_comes_on_watch() {
        let contacts = contacts();
        let plan = contacts.plan(Precedence::Flash, at("11:52:00"), at("13:00:00"));
        assert_eq!(
            shown(&contacts, &plan),
            [
                "11:52 kim console",
                "11:52 kim email",
                "11:57 kim console",
                "11:57 kim email",
                "12:00 lee email hand-over",
                "12:02 lee email",
                "12:02 chief email",
            ]
        );
        let routine = contacts.plan(Precedence::Priority, at("01:00:00"), at("03:00:00"));
        assert!(routine.iter().all(|due| due.person == 0) && routine.len() == 6, "{routine:?}");
    }

    #[test]
    fn who_was_told_is_not_told_again_and_what_was_missed_is_told_once() {
        let contacts = contacts();
        let since = at("11:52:00");
        let mut told = BTreeMap::new();
        let (due, next) = contacts.due(Precedence::Flash, since, at("11:52:30"), &told);
        assert_eq!(shown(&contacts, &due), ["11:52 kim console", "11:52 kim email"]);
        assert_eq!(next, Some(at("11:57:00")));
        told.insert(("kim".to_owned(), Way::Email), at("11:52:00"));
        let (due, _) = contacts.due(Precedence::Flash, since, at("11:52:30"), &told);
        assert_eq!(shown(&contacts, &due), ["11:52 kim console"]);
        // The node was away until five past twelve.
        let (due, next) = contacts.due(Precedence::Flash, since, at("12:05:00"), &told);
        assert_eq!(
            shown(&contacts, &due),
            ["11:57 kim console", "11:57 kim email", "12:02 lee email", "12:02 chief email"]
        );
        // At midnight the first of them comes on watch again.
        assert_eq!(next, Some("2026-11-21T00:00:00Z".parse().unwrap()));
        for due in &due {
            told.insert((contacts.persons[due.person].id.clone(), due.way), due.at);
        }
        assert_eq!(contacts.due(Precedence::Flash, since, at("12:05:00"), &told).0, []);
        // Long after, it is nobody's news.
        let late = "2027-01-20T00:00:00Z".parse().unwrap();
        let (_, next) = contacts.due(Precedence::Flash, since, late, &told);
        assert_eq!(next, None);
    }
}
