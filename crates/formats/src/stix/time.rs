//! Moments as STIX and TAXII write them: RFC 3339, in UTC, with any number of decimal places (STIX section 2.16).
//!
//! Years 0 to 9999, which is more than the clock of `entente-core` holds. The key type is [`Moment`].

use std::fmt;

/// A moment, to the nanosecond; finer decimals are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970, in UTC.
    seconds: i64,
    nanoseconds: u32,
}

/// How a moment is written wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Not of the form `YYYY-MM-DDThh:mm:ss[.s…]Z`.
    Form,
    /// Of that form, and no such day or second.
    Calendar,
}

impl Moment {
    /// The beginning of 1970.
    pub const EPOCH: Self = Self { seconds: 0, nanoseconds: 0 };

    /// Reads a moment of STIX.
    ///
    /// # Errors
    /// When it is of another form, or of a day that is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let fraction = fraction(text).ok_or(Wrong::Form)?;
        let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
        let field = |from, to| number(from, to).ok_or(Wrong::Form);
        let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
        let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
        if !(1..=12).contains(&month) || hour > 23 || minute > 59 || !(1..=31).contains(&day) || second > 60 {
            return Err(Wrong::Form);
        }
        // A leap second has no place on the scale that everything is compared on.
        if day > days_in(year, month) || second > 59 {
            return Err(Wrong::Calendar);
        }
        let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanoseconds = digits.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let seconds = days_from_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        Ok(Self { seconds, nanoseconds })
    }

    /// Microseconds since 1970, the finer part cut off.
    pub fn microseconds(self) -> i64 {
        self.seconds * 1_000_000 + i64::from(self.nanoseconds / 1_000)
    }

    /// The moment so many microseconds after 1970; `None` outside the years 0 to 9999.
    pub fn from_microseconds(microseconds: i64) -> Option<Self> {
        let seconds = microseconds.div_euclid(1_000_000);
        let nanoseconds = u32::try_from(microseconds.rem_euclid(1_000_000)).ok()? * 1_000;
        let range = days_from_epoch(0, 1, 1) * 86_400..days_from_epoch(10_000, 1, 1) * 86_400;
        range.contains(&seconds).then_some(Self { seconds, nanoseconds })
    }

    /// Whether it is exactly a number of microseconds.
    pub fn is_whole_microseconds(self) -> bool {
        self.nanoseconds.is_multiple_of(1_000)
    }
}

/// With six decimal places and `Z`, as TAXII demands of what a server sends.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let micros = self.nanoseconds / 1_000;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

/// The decimal places, when the rest has the form of a moment.
fn fraction(text: &str) -> Option<&str> {
    let (front, rest) = text.split_at_checked(19)?;
    let is_front = front.bytes().zip(b"0000-00-00T00:00:00").all(|(found, wanted)| match wanted {
        b'0' => found.is_ascii_digit(),
        _ => found == *wanted,
    });
    let fraction = match rest {
        "Z" => "",
        _ => rest.strip_prefix('.')?.strip_suffix('Z').filter(|digits| !digits.is_empty())?,
    };
    (is_front && fraction.bytes().all(|byte| byte.is_ascii_digit())).then_some(fraction)
}

/// How many decimal places a moment is written with; `None` when it has another form.
pub(super) fn decimals(text: &str) -> Option<usize> {
    fraction(text).map(str::len)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, in the proleptic Gregorian calendar: years begin in March, so that the leap day is the last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The way back.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_precision_in_and_microseconds_out() {
        for (text, out) in [
            ("2016-02-12T08:17:27Z", "2016-02-12T08:17:27.000000Z"),
            ("2016-02-12T08:17:27.1Z", "2016-02-12T08:17:27.100000Z"),
            ("2016-02-12T08:17:27.123456789123Z", "2016-02-12T08:17:27.123456Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"),
            ("0000-02-29T00:00:00Z", "0000-02-29T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(moment.to_string(), out);
            let back = Moment::from_microseconds(moment.microseconds()).unwrap();
            assert_eq!(back.to_string(), out);
        }
        let at = |text| Moment::parse(text).unwrap();
        assert!(at("2016-02-12T08:17:27.000Z") < at("2016-02-12T08:17:27.0001Z"));
        assert_eq!(at("2016-02-12T08:17:27Z"), at("2016-02-12T08:17:27.000Z"));
    }

    #[test]
    fn what_is_no_moment() {
        for (text, wrong) in [
            ("", Wrong::Form),
            ("2016-02-12", Wrong::Form),
            ("2016-02-12T08:17:27", Wrong::Form),
            ("2016-02-12 08:17:27Z", Wrong::Form),
            ("2016-02-12T08:17:27z", Wrong::Form),
            ("2016-02-12T08:17:27.Z", Wrong::Form),
            ("2016-02-12T08:17:27+00:00", Wrong::Form),
            ("2016-03-12T08:99:27.000Z", Wrong::Form),
            ("2016-05-32T08:17:27.000Z", Wrong::Form),
            ("2016-00-12T08:17:27Z", Wrong::Form),
            ("+016-02-12T08:17:27Z", Wrong::Form),
            ("2016-11-31T08:17:27.000Z", Wrong::Calendar),
            ("2017-02-29T08:17:27Z", Wrong::Calendar),
            ("2016-12-31T23:59:60Z", Wrong::Calendar),
        ] {
            assert_eq!(Moment::parse(text), Err(wrong), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_microsecond_comes_back(microseconds in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let moment = Moment::from_microseconds(microseconds).unwrap();
            proptest::prop_assert_eq!(Moment::parse(&moment.to_string()), Ok(moment));
            proptest::prop_assert_eq!(moment.microseconds(), microseconds);
        }
    }
}
