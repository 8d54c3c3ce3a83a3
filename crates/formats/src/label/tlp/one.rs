//! Traffic Light Protocol 1, which FIRST replaced by 2.0 in August 2022: WHITE, GREEN, AMBER, RED.
//!
//! Old records and STIX objects bear it still. It is read and written only where somebody says so: `TLP:AMBER` alone is
//! of 2.0. The key type is [`Tlp1`].

use entente_core::label::Tlp;

use super::super::checked::excerpt;
use crate::problem::{Problem, suggestion};

/// A colour of TLP 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Tlp1 {
    White,
    Green,
    Amber,
    Red,
}

impl Tlp1 {
    /// All colours, the widest first.
    pub const ALL: [Self; 4] = [Self::White, Self::Green, Self::Amber, Self::Red];

    /// The marking as FIRST spelled it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::White => "TLP:WHITE",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::Red => "TLP:RED",
        }
    }

    /// The colour of 2.0 that means the same, and what changed with it.
    pub fn in_version_2(self) -> (Tlp, &'static str) {
        match self {
            Self::White => (Tlp::Clear, "TLP 2.0 renamed WHITE to CLEAR; the meaning is the same"),
            Self::Green => (Tlp::Green, "GREEN kept its meaning; TLP 2.0 says what a community is"),
            // FIRST: AMBER of 2.0 is what AMBER was; the new word is for what sources had to say in a sentence.
            Self::Amber => (
                Tlp::Amber,
                "AMBER kept its meaning, the recipient's organisation and its clients; a limit to the organisation \
                 alone, which TLP 1 left to the words of the source, is AMBER+STRICT in 2.0: ask the source if it set one",
            ),
            Self::Red => (Tlp::Red, "RED kept its meaning"),
        }
    }

    /// The widest colour of TLP 1 that is no wider than `colour`, and what is lost by it, if anything.
    pub fn of_version_2(colour: Tlp) -> (Self, Option<&'static str>) {
        match colour {
            Tlp::Clear => (Self::White, None),
            Tlp::Green => (Self::Green, None),
            Tlp::Amber => (Self::Amber, None),
            Tlp::AmberStrict => (
                Self::Red,
                Some(
                    "TLP 1 has no AMBER+STRICT: its AMBER would let clients have it, so that this is RED, which keeps \
                     it even from others in the recipient's organisation",
                ),
            ),
            Tlp::Red => (Self::Red, None),
        }
    }
}

/// Parses a marking of TLP 1: `TLP:WHITE`.
///
/// # Errors
/// When it is none, with what to write.
pub fn parse(text: &str) -> Result<Tlp1, Problem> {
    if let Some(colour) = Tlp1::ALL.into_iter().find(|colour| colour.as_str() == text) {
        return Ok(colour);
    }
    let problem = Problem::new(format!("`{}` is not a marking of TLP 1", excerpt(text)), 0..text.len());
    let capitals = text.trim().to_ascii_uppercase();
    Err(if let Some(colour) = Tlp1::ALL.into_iter().find(|colour| colour.as_str() == capitals) {
        problem.help(format!("write `{}`, in capitals and without blanks around it", colour.as_str()))
    } else if Tlp::ALL.into_iter().any(|colour| colour.as_str() == capitals) {
        problem.help("it is one of TLP 2.0")
    } else {
        problem.help(suggestion(excerpt(&capitals), Tlp1::ALL.map(Tlp1::as_str)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_comes_back() {
        for colour in Tlp1::ALL {
            assert_eq!(parse(colour.as_str()), Ok(colour));
            assert_eq!(Tlp1::of_version_2(colour.in_version_2().0), (colour, None));
        }
    }

    #[test]
    fn nothing_grows_wider() {
        for colour in Tlp::ALL {
            let (old, lost) = Tlp1::of_version_2(colour);
            let back = old.in_version_2().0;
            assert!(back >= colour, "{colour} became {back}");
            assert_eq!(lost.is_some(), back != colour);
        }
        assert_eq!(Tlp1::of_version_2(Tlp::AmberStrict).0, Tlp1::Red);
    }

    #[test]
    fn help_says_what_to_write() {
        let help = |text: &str| parse(text).unwrap_err().help.unwrap();
        assert!(help("tlp:white").contains("`TLP:WHITE`"));
        assert!(help("TLP:CLEAR").contains("TLP 2.0"));
        assert!(help("TLP:WHIT").contains("did you mean `TLP:WHITE`?"));
    }
}
