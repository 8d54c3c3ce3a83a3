//! Moments as XML Schema and STIX write them: `2026-11-20T00:00:00Z`.
//!
//! Stricter than the library below: no blank for the `T`, no time zone in words, no moment without an offset, for such
//! a text means another moment in every country. The key function is [`parse`].

use entente_core::time::Timestamp;

/// Reads `YYYY-MM-DDThh:mm:ss`, with a fraction of at most nine digits or none, and `Z` or an offset `+hh:mm`.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date_and_time, rest) = text.split_at_checked(19)?;
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(found, wanted)| match wanted {
                b'0' => found.is_ascii_digit(),
                _ => found == wanted,
            })
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            fraction.get(digits..).filter(|_| (1..=9).contains(&digits))?
        }
        None => rest,
    };
    let is_offset = rest == "Z" || shape(rest, "+00:00") || shape(rest, "-00:00");
    // A sixtieth second would silently become the fifty-ninth.
    let is_whole = shape(date_and_time, "0000-00-00T00:00:00") && !date_and_time.ends_with("60");
    let moment: Timestamp = (is_whole && is_offset).then(|| text.parse().ok()).flatten()?;
    // An offset may carry the first hours of year 0 into a year that is written with a sign.
    (!moment.to_string().starts_with('-')).then_some(moment)
}

/// What to write in place of a text that is no moment.
pub(crate) const HELP: &str = "write a moment with its offset, such as `2026-11-20T00:00:00Z`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_one_form() {
        for (text, same) in [
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("2026-11-20T09:00:00+09:00", "2026-11-20T00:00:00Z"),
            ("2026-11-19T23:59:59.125-00:30", "2026-11-20T00:29:59.125Z"),
        ] {
            assert_eq!(parse(text).map(|moment| moment.to_string()).as_deref(), Some(same), "{text}");
        }
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T00:00:00",
            "2026-11-20 00:00:00Z",
            "2026-11-20T00:00:00z",
            "2026-11-20T00:00Z",
            "2026-11-20T00:00:60Z",
            "2026-13-20T00:00:00Z",
            "2026-11-20T00:00:00.Z",
            "2026-11-20T00:00:00.1234567890Z",
            "2026-11-20T00:00:00+0900",
            "0000-01-01T00:00:00+09:00",
            "2026-11-20T00:00:00Z[Asia/Seoul]",
            "二〇二六-11-20T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
