//! Who is on watch when: shifts by the week in a named time zone, people in turn, and single exchanges. A shift begins and ends
//! at a time on the wall, also on the days on which the clocks are changed. The key type is [`Rota`].

use std::collections::BTreeSet;

use crate::time::{Date, DateTime, Time, TimeZone, Timestamp, Weekday};

/// A rota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// What the list calls it.
    pub id: String,
    /// The time zone's name in the tz database.
    pub zone_name: String,
    /// The time zone.
    pub zone: TimeZone,
    /// Its shifts; who has one is on watch while it lasts.
    pub shifts: Vec<Shift>,
    /// Exchanges: while one lasts, the shifts do not count, and of several the last in the list does.
    pub swaps: Vec<Swap>,
}

/// A shift, week by week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// When on these days.
    pub from: Time,
    /// When it ends: on the same day, or, where that is not later, on the next.
    pub until: Time,
    /// Whose it is.
    pub duty: Duty,
}

/// Whose a shift is. Persons are places in the contact list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// All of them, together.
    Together(Vec<usize>),
    /// One after the other.
    InTurn {
        /// In this order.
        persons: Vec<usize>,
        /// The day from which the first has it.
        since: Date,
        /// After how many days the next has it; at least 1.
        days: u32,
    },
}

impl Duty {
    fn on(&self, day: Date) -> Vec<usize> {
        match self {
            Self::Together(persons) => persons.clone(),
            Self::InTurn { persons, since, days } => {
                let elapsed = day.since(*since).map_or(0, |span| i64::from(span.get_days()));
                let turn = elapsed.div_euclid(i64::from(*days).max(1));
                let count = i64::try_from(persons.len()).unwrap_or(1).max(1);
                let place = usize::try_from(turn.rem_euclid(count)).unwrap_or_default();
                persons.get(place).copied().into_iter().collect()
            }
        }
    }
}

/// Who is on watch instead, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who.
    pub persons: Vec<usize>,
}

/// Some time during which the same people are on watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who; nobody where the rota has a gap.
    pub persons: BTreeSet<usize>,
}

impl Rota {
    /// Who is on watch.
    pub fn on(&self, at: Timestamp) -> BTreeSet<usize> {
        let holds = |from: Timestamp, until: Timestamp| from <= at && at < until;
        if let Some(swap) = self.swaps.iter().rfind(|swap| holds(swap.from, swap.until)) {
            return swap.persons.iter().copied().collect();
        }
        let occurrences = self.occurrences(at, at);
        occurrences.into_iter().filter(|(from, until, _)| holds(*from, *until)).flat_map(|(.., who)| who).collect()
    }

    /// The moments after `from`, up to `until`, at which others may come on watch.
    pub fn handovers(&self, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let shifts = self.occurrences(from, until).into_iter().flat_map(|(from, until, _)| [from, until]);
        let swaps = self.swaps.iter().flat_map(|swap| [swap.from, swap.until]);
        let all: BTreeSet<Timestamp> = shifts.chain(swaps).filter(|at| *at > from && *at <= until).collect();
        all.into_iter().collect()
    }

    /// Who is on watch from a moment to another, one after the other.
    pub fn watches(&self, from: Timestamp, until: Timestamp) -> Vec<Watch> {
        let mut watches: Vec<Watch> = Vec::new();
        let bounds: Vec<Timestamp> = std::iter::once(from).chain(self.handovers(from, until)).chain([until]).collect();
        for (from, until) in bounds.iter().zip(bounds.iter().skip(1)).filter(|(from, until)| from < until) {
            let persons = self.on(*from);
            match watches.last_mut() {
                Some(last) if last.persons == persons => last.until = *until,
                _ => watches.push(Watch { from: *from, until: *until, persons }),
            }
        }
        watches
    }

    /// The watch that is on at a moment, from when to when, looked for within a month to each side.
    pub fn watch(&self, at: Timestamp) -> Watch {
        const MONTH: crate::time::SignedDuration = crate::time::SignedDuration::from_hours(31 * 24);
        let (first, last) = (at.checked_sub(MONTH).unwrap_or(at), at.checked_add(MONTH).unwrap_or(at));
        let found = self.watches(first, last).into_iter().find(|watch| watch.from <= at && at < watch.until);
        found.unwrap_or_else(|| Watch { from: at, until: at, persons: self.on(at) })
    }

    /// Everybody who is ever on watch, but for exchanges.
    pub(super) fn everybody(&self) -> Vec<usize> {
        let of = |shift: &Shift| match &shift.duty {
            Duty::Together(persons) | Duty::InTurn { persons, .. } => persons.clone(),
        };
        self.shifts.iter().flat_map(of).collect()
    }

    /// Shifts that may touch what lies between two moments.
    fn occurrences(&self, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp, Vec<usize>)> {
        let day = |at: Timestamp| self.zone.to_datetime(at).date();
        // One that began yesterday may last until today, and a zone may leave out a day.
        let first = day(from).yesterday().and_then(Date::yesterday).unwrap_or(Date::MIN);
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        let last = day(until);
        days.take_while(|day| *day <= last)
            .flat_map(|day| self.shifts.iter().filter_map(move |shift| self.occurrence(shift, day)))
            .collect()
    }

    fn occurrence(&self, shift: &Shift, day: Date) -> Option<(Timestamp, Timestamp, Vec<usize>)> {
        if !shift.days.contains(&day.weekday()) {
            return None;
        }
        let end = if shift.until > shift.from { day } else { day.tomorrow().ok()? };
        let instant = |day: Date, time: Time| self.zone.to_timestamp(DateTime::from_parts(day, time)).ok();
        Some((instant(day, shift.from)?, instant(end, shift.until)?, shift.duty.on(day)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        crate::time::TimeZoneDatabase::bundled().get(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    fn rota(name: &str, shifts: Vec<Shift>) -> Rota {
        Rota { id: "watch".into(), zone_name: name.into(), zone: zone(name), shifts, swaps: Vec::new() }
    }

    fn shift(days: &[Weekday], from: i8, until: i8, duty: Duty) -> Shift {
        Shift { days: days.to_vec(), from: Time::constant(from, 0, 0, 0), until: Time::constant(until, 0, 0, 0), duty }
    }

    fn who(rota: &Rota, text: &str) -> Vec<usize> {
        rota.on(at(text)).into_iter().collect()
    }

    #[test]
    fn day_and_night_hand_over_on_the_wall_clock() {
        let rota = rota(
            "Asia/Seoul",
            vec![shift(&ALL, 8, 20, Duty::Together(vec![0])), shift(&ALL, 20, 8, Duty::Together(vec![1]))],
        );
        for (text, person) in [
            ("2026-11-20T07:59:59+09:00", 1),
            ("2026-11-20T08:00:00+09:00", 0),
            ("2026-11-20T19:59:59+09:00", 0),
            ("2026-11-20T20:00:00+09:00", 1),
            ("2026-11-21T00:00:00+09:00", 1),
        ] {
            assert_eq!(who(&rota, text), [person], "{text}");
        }
        let watch = rota.watch(at("2026-11-21T00:00:00+09:00"));
        assert_eq!((watch.from, watch.until), (at("2026-11-20T20:00:00+09:00"), at("2026-11-21T08:00:00+09:00")));
    }

    #[test]
    fn clocks_that_are_changed_leave_no_gap_and_no_overlap() {
        // New York: forward on 8 March 2026 at 02:00, back on 1 November 2026 at 02:00.
        let halves = |hour| {
            rota(
                "America/New_York",
                vec![shift(&ALL, hour, 14, Duty::Together(vec![0])), shift(&ALL, 14, hour, Duty::Together(vec![1]))],
            )
        };
        for hour in [1, 2, 3] {
            for (from, until, hours) in [
                ("2026-03-07T18:00:00Z", "2026-03-09T18:00:00Z", 48),
                ("2026-10-31T18:00:00Z", "2026-11-02T18:00:00Z", 48),
            ] {
                let rota = halves(hour);
                let watches = rota.watches(at(from), at(until));
                let total: i64 = watches.iter().map(|w| w.until.as_second() - w.from.as_second()).sum();
                assert_eq!(total, hours * 3600);
                assert!(watches.iter().all(|watch| watch.persons.len() == 1), "{hour} {watches:?}");
            }
        }
        // The night in which the clocks go back is an hour longer.
        let night = halves(2).watch(at("2026-11-01T05:00:00Z"));
        assert_eq!(night.until.as_second() - night.from.as_second(), 13 * 3600);
    }

    #[test]
    fn people_take_turns_and_hand_over_at_the_hour() {
        let monday: Date = "2026-11-02".parse().unwrap();
        let duty = Duty::InTurn { persons: vec![4, 5, 6], since: monday, days: 7 };
        let rota = rota("Europe/London", vec![shift(&ALL, 9, 9, duty)]);
        for (text, person) in [
            ("2026-11-02T08:59:59Z", 6),
            ("2026-11-02T09:00:00Z", 4),
            ("2026-11-09T08:59:59Z", 4),
            ("2026-11-09T09:00:00Z", 5),
            ("2026-11-23T09:00:00Z", 4),
            // Summer time: nine on the wall.
            ("2027-03-29T07:59:59Z", 6),
            ("2027-03-29T08:00:00Z", 4),
        ] {
            assert_eq!(who(&rota, text), [person], "{text}");
        }
    }

    #[test]
    fn an_exchange_takes_the_place_of_the_shifts_and_a_gap_is_seen() {
        let weekdays = &ALL[..5];
        let mut rota = rota("Asia/Tokyo", vec![shift(weekdays, 9, 17, Duty::Together(vec![0]))]);
        rota.swaps.push(Swap {
            from: at("2026-11-20T12:00:00+09:00"),
            until: at("2026-11-20T20:00:00+09:00"),
            persons: vec![2],
        });
        let watches = rota.watches(at("2026-11-20T00:00:00+09:00"), at("2026-11-23T09:00:00+09:00"));
        let shown: Vec<(String, Vec<usize>)> =
            watches.iter().map(|w| (w.until.to_string(), w.persons.iter().copied().collect())).collect();
        assert_eq!(
            shown,
            [
                ("2026-11-20T00:00:00Z".to_owned(), vec![]),
                ("2026-11-20T03:00:00Z".to_owned(), vec![0]),
                ("2026-11-20T11:00:00Z".to_owned(), vec![2]),
                ("2026-11-23T00:00:00Z".to_owned(), vec![]),
            ]
        );
    }
}
