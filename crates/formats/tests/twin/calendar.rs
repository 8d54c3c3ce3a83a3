//! Days and moments by counting.

/// A day: how many lie between 1 January of year 1 and it.
pub type Day = i64;

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day of a date.
pub fn day(year: i64, month: i64, date: i64) -> Day {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400;
    before * 365 + leap_days + (1..month).map(|month| month_length(year, month)).sum::<i64>() + date - 1
}

/// The day `months` after a date, cut to the last of a shorter month.
pub fn months_after(year: i64, month: i64, date: i64, months: i64) -> Day {
    let months = month - 1 + months;
    let (year, month) = (year + months / 12, months % 12 + 1);
    day(year, month, date.min(month_length(year, month)))
}

/// Reads `2026-11-20`.
pub fn parts(text: &str) -> (i64, i64, i64) {
    let number = |range: std::ops::Range<usize>| text[range].parse().unwrap();
    (number(0..4), number(5..7), number(8..10))
}

/// Reads a moment such as `2026-11-20T08:59:59+09:00`, in seconds.
pub fn moment(text: &str) -> i64 {
    let (year, month, date) = parts(text);
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let local = day(year, month, date) * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    match &text[19..] {
        "Z" => local,
        offset => {
            let ahead = offset[1..3].parse::<i64>().unwrap() * 3600 + offset[4..6].parse::<i64>().unwrap() * 60;
            if offset.starts_with('-') { local + ahead } else { local - ahead }
        }
    }
}

/// The last second that still counts for an `until`: a bare day counts to its end.
pub fn until(text: &str) -> i64 {
    if text.len() == 10 { moment(&format!("{text}T23:59:59Z")) } else { moment(text) }
}

/// The day, in UTC, of a moment.
pub fn day_of(moment: i64) -> Day {
    moment.div_euclid(86_400)
}
