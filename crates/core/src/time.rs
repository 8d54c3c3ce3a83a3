//! Time as the texts use it: moments in UTC, civil days, and the periods of a clause. Rotas have time zones besides.

pub use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};
use jiff::{Span, tz::Offset};

/// The day, in UTC, on which `at` falls. An act of day d exists from the start of d.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// A period as a text states it: one count of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// Calendar years; 29 February falls on 28 February.
    Years(u16),
    /// Calendar months, cut to the last day of a shorter month.
    Months(u16),
    /// Days of 24 hours.
    Days(u32),
    /// Hours: only where a clause sets a clock.
    Hours(u32),
}

impl Period {
    /// The day that lies `count` of these periods after `start`; `None` past the end of the calendar (year 9999).
    pub fn after(self, start: Date, count: i64) -> Option<Date> {
        let span = match self {
            Self::Years(n) => Span::new().try_years(i64::from(n).checked_mul(count)?),
            Self::Months(n) => Span::new().try_months(i64::from(n).checked_mul(count)?),
            Self::Days(n) => Span::new().try_days(i64::from(n).checked_mul(count)?),
            Self::Hours(n) => Span::new().try_days(i64::from(n).checked_mul(count)? / 24),
        };
        start.checked_add(span.ok()?).ok()
    }

    /// The first anniversary of `start` that lies after `day`, counting whole periods from `start` so that a shorter
    /// month in between does not shift later ones. `None` when the calendar or the period has no such day.
    pub fn first_after(self, start: Date, day: Date) -> Option<Date> {
        if day < start {
            return self.after(start, 1);
        }
        let elapsed = i64::from(day.since(start).ok()?.get_days());
        // A floor for the number of whole periods gone by; the loop below then takes a step or two at most.
        let floor = match self {
            Self::Years(0) | Self::Months(0) | Self::Days(0) | Self::Hours(_) => return None,
            Self::Years(n) => elapsed / (366 * i64::from(n)),
            Self::Months(n) => elapsed / (31 * i64::from(n)),
            Self::Days(n) => elapsed / i64::from(n),
        };
        (floor..).map_while(|count| self.after(start, count)).find(|end| *end > day)
    }

    /// The words of this period: `1 year`, `90 days`.
    pub fn words(self) -> String {
        let (count, unit) = match self {
            Self::Years(n) => (u32::from(n), "year"),
            Self::Months(n) => (u32::from(n), "month"),
            Self::Days(n) => (n, "day"),
            Self::Hours(n) => (n, "hour"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

/// The day `days` after `day`, or the last day of the calendar.
pub fn days_after(day: Date, days: u32) -> Date {
    Period::Days(days).after(day, 1).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn anniversaries_of_a_leap_day_fall_on_the_28th_and_return() {
        let start = date(2020, 2, 29);
        assert_eq!(Period::Years(1).first_after(start, date(2020, 12, 1)), Some(date(2021, 2, 28)));
        assert_eq!(Period::Years(1).first_after(start, date(2021, 2, 28)), Some(date(2022, 2, 28)));
        assert_eq!(Period::Years(1).first_after(start, date(2023, 2, 28)), Some(date(2024, 2, 29)));
    }

    #[test]
    fn the_new_term_begins_at_the_start_of_the_anniversary() {
        let start = date(2016, 11, 23);
        assert_eq!(Period::Years(1).first_after(start, date(2019, 11, 22)), Some(date(2019, 11, 23)));
        assert_eq!(Period::Years(1).first_after(start, date(2019, 11, 23)), Some(date(2020, 11, 23)));
        assert_eq!(Period::Days(10).first_after(date(2020, 1, 1), date(2020, 1, 10)), Some(date(2020, 1, 11)));
        assert_eq!(Period::Months(1).first_after(date(2020, 1, 31), date(2020, 2, 29)), Some(date(2020, 3, 31)));
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        assert_eq!(Period::Years(1).first_after(date(9999, 1, 1), date(9999, 6, 1)), None);
        assert_eq!(days_after(date(9999, 12, 31), u32::MAX), Date::MAX);
        assert_eq!(Period::Years(u16::MAX).after(Date::MIN, i64::MAX), None);
    }
}
