//! Identifiers: `indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f` (section 2.9).
//!
//! The type in front is a claim that can be read without the object. The key type is [`Id`].

use crate::problem::Problem;

use super::{json::excerpt, names};

/// An identifier in its two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'a> {
    /// The type of the object: `indicator`.
    pub kind: &'a str,
    /// The UUID as it was written.
    pub uuid: &'a str,
}

impl<'a> Id<'a> {
    /// Takes an identifier apart: a type, two hyphens, a UUID of RFC 4122 in either case.
    pub fn parse(text: &'a str) -> Option<Self> {
        // A type may end in one hyphen, so that the UUID is found from the end.
        let (kind, uuid) = text.split_at_checked(text.len().checked_sub(36)?)?;
        let kind = kind.strip_suffix("--")?;
        (names::is_type(kind) && is_uuid(uuid)).then_some(Self { kind, uuid })
    }

    /// The same, with what to write in its place.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &'a str) -> Result<Self, Problem> {
        Self::parse(text).ok_or_else(|| {
            Problem::new(format!("`{}` is no identifier", excerpt(text)), 0..text.len())
                .help("a type, `--` and a UUID: `indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f`")
        })
    }

    /// The version of the UUID: 4 for random ones, 5 for those made of the object's own properties.
    pub fn version(self) -> u32 {
        self.uuid.chars().nth(14).and_then(|digit| digit.to_digit(16)).unwrap_or_default()
    }
}

/// A UUID of the variant of RFC 4122, versions 1 to 5, in either case.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => (b'1'..=b'5').contains(&byte),
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts_and_nothing_else() {
        let id = Id::parse("x-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f").unwrap();
        assert_eq!((id.kind, id.version()), ("x-a", 4));
        for bad in [
            "",
            "indicator",
            "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "Indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "corpo_ration--4527e5de-8572-446a-a57a-706f15467461",
            "indicator-8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "indicator--8e2e2d2b-17d4-6cbf-938f-98ee46b3cd3f",
            "indicator--8e2e2d2b-17d4-4cbf-738f-98ee46b3cd3f",
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3g",
            "위--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        ] {
            assert_eq!(Id::parse(bad), None, "{bad}");
        }
    }
}
