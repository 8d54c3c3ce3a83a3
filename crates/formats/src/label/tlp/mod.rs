//! Traffic Light Protocol 2.0, in the spelling of FIRST.
//!
//! Not a classification: a colour never becomes a level, and no marking of another syntax stands beside it. TLP 1 is in
//! [`one`], the ids of STIX for either in [`stix`]. The key type is [`Tlp`].

pub mod one;
pub mod stix;

use entente_core::label::Tlp;

use super::checked::excerpt;
use crate::problem::{Problem, suggestion};
pub use one::Tlp1;

/// Parses a TLP 2.0 marking: `TLP:AMBER+STRICT`.
pub fn parse(text: &str) -> Result<Tlp, Problem> {
    if let Some(colour) = Tlp::ALL.into_iter().find(|colour| colour.as_str() == text) {
        return Ok(colour);
    }
    let problem = Problem::new(format!("`{}` is not a marking of TLP 2.0", excerpt(text)), 0..text.len());
    let capitals = text.trim().to_ascii_uppercase();
    Err(if let Some(colour) = Tlp::ALL.into_iter().find(|colour| colour.as_str() == capitals) {
        problem.help(format!("write `{colour}`, in capitals and without blanks around it"))
    } else if capitals == "TLP:WHITE" {
        problem.help("TLP 2.0 renamed WHITE: write `TLP:CLEAR`")
    } else {
        problem.help(suggestion(excerpt(&capitals), Tlp::ALL.map(Tlp::as_str)))
    })
}

/// Writes the marking.
pub fn write(colour: Tlp) -> String {
    colour.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_comes_back() {
        for colour in Tlp::ALL {
            assert_eq!(parse(&write(colour)), Ok(colour));
        }
    }

    #[test]
    fn help_says_what_to_write() {
        let help = |text: &str| parse(text).unwrap_err().help.unwrap();
        assert!(help("TLP:WHITE").contains("`TLP:CLEAR`"));
        assert!(help("tlp:white").contains("`TLP:CLEAR`"));
        assert!(help("tlp:red").contains("`TLP:RED`"));
        assert!(help("TLP:RED ").contains("without blanks"));
        assert!(help("TLP:AMBER STRICT").contains("`TLP:AMBER+STRICT`"));
        assert!(help("TLP:BLUE").contains("`TLP:CLEAR`"));
    }

    #[test]
    fn long_text_is_not_quoted_whole() {
        assert!(parse(&format!("TLP:{}", "위".repeat(3000))).unwrap_err().message.len() < 400);
    }
}
