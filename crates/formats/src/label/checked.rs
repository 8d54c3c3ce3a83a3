//! Markings that were put together from another syntax than a banner line, held to the rules of one.
//!
//! There is one set of rules on what goes with what, and the parser of banner lines has it: whatever another syntax
//! gives is written as a line and read back. The key function is [`marking`].

use std::ops::Range;

use entente_core::{
    Country,
    label::{Label, Marking},
};

use super::{capco, country};
use crate::problem::Problem;
pub(super) use crate::xml::excerpt;

/// The label, when a banner line can say exactly this and the line keeps the rules. `at` is where the label stands in
/// its own syntax.
pub(super) fn marking(built: Marking, at: Range<usize>) -> Result<Label, Problem> {
    let line = capco::write(&built);
    match capco::parse(&line) {
        Ok(read) if read == built => Ok(Label::Marking(Box::new(built))),
        Ok(read) => {
            let message = format!("`{}` is not how a marking is said", excerpt(&line));
            Err(Problem::new(message, at).help(format!("it would be read as `{}`", excerpt(&capco::write(&read)))))
        }
        Err(problem) => {
            let message = format!("no marking is `{}`: {}", excerpt(&line), problem.message);
            Err(Problem { message, at, help: problem.help })
        }
    }
}

/// Codes in the order of a REL TO list: USA first, trigraphs, then tetragraphs (CAPCO H.8, p. 151).
pub(super) fn usa_first(mut codes: Vec<Country>) -> Vec<Country> {
    codes.sort_by(|left, right| {
        let key = |code: &Country| (*code != "USA", country::code(code.as_str()), code.clone());
        key(left).cmp(&key(right))
    });
    codes.dedup();
    codes
}

/// Codes in alphabetical order, trigraphs before tetragraphs: FGI, DISPLAY ONLY (CAPCO H.7, p. 122; H.8, p. 163).
pub(super) fn alphabetical(mut codes: Vec<Country>) -> Vec<Country> {
    codes.sort_by(|left, right| {
        let key = |code: &Country| (country::code(code.as_str()), code.clone());
        key(left).cmp(&key(right))
    });
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use entente_core::label::{Class, Level, Owner};

    use super::*;

    #[test]
    fn a_marking_keeps_the_rules_of_a_banner_line() {
        let mut built = Marking::plain(Owner::UnitedStates, Class::Level(Level::Secret));
        built.dissemination.rel_to = vec![Country::from("USA"), Country::from("JPN")];
        assert!(marking(built.clone(), 0..0).is_ok());
        built.dissemination.noforn = true;
        assert!(marking(built, 3..5).unwrap_err().message.contains("`NOFORN` contradicts `REL TO`"));
    }

    #[test]
    fn a_word_cannot_bring_another_with_it() {
        let mut built = Marking::plain(Owner::UnitedStates, Class::Level(Level::TopSecret));
        built.sci = vec!["TK//NOFORN".to_owned()];
        assert!(marking(built, 0..0).is_err());
    }

    #[test]
    fn codes_are_sorted_as_lists_are() {
        let codes = |words: &[&str]| words.iter().copied().map(Country::from).collect::<Vec<_>>();
        assert_eq!(usa_first(codes(&["NATO", "KOR", "USA", "JPN", "KOR"])), codes(&["USA", "JPN", "KOR", "NATO"]));
        assert_eq!(alphabetical(codes(&["NATO", "USA", "JPN"])), codes(&["JPN", "USA", "NATO"]));
    }
}
