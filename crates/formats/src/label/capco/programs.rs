//! SAP: special access programs (CAPCO H.5), and BALK and BOHEMIA of NATO, which stand in the same place.
//!
//! Kept opaque: all program names are unpublished, so any well-formed one is taken as written. A program is kept with
//! its `SAR-`, which a banner line writes once. The key function is [`read`].

use super::{
    compartments::{self, Compartment},
    reading::{Reading, missing},
    text::Piece,
};
use crate::problem::Problem;

/// What a banner line writes in front of the programs, once: the abbreviation.
pub(super) const INDICATOR: &str = "SAR-";
/// The same in full.
const TITLE: &str = "SPECIAL ACCESS REQUIRED-";
/// NATO's control markings of this category (CAPCO G.1, section 2; in use H.7, p. 127). They stand after US programs
/// (p. 122).
pub(super) const OF_NATO: [&str; 2] = ["BALK", "BOHEMIA"];
/// The longest program name, in bytes: more than any nickname.
const LONGEST_NAME: usize = 40;

/// The program after the indicator, when the item opens with one.
pub(super) fn after_indicator(item: Piece<'_>) -> Option<Piece<'_>> {
    item.strip_prefix(INDICATOR).or_else(|| item.strip_prefix(TITLE))
}

/// Whether an item opens this category.
pub(super) fn opens(item: Piece<'_>) -> bool {
    after_indicator(item).is_some()
        || OF_NATO.contains(&item.as_str())
        || [INDICATOR, TITLE].iter().any(|indicator| indicator.strip_suffix('-') == Some(item.as_str()))
}

/// Reads one program, without its indicator, with compartments and sub-compartments: `BP-J12 J54-K15`.
pub(super) fn read(program: Piece<'_>, reading: &mut Reading) -> Result<String, Problem> {
    reading.mark("SAR", program.at());
    let (name, rest) = match program.split_once("-") {
        Some((name, rest)) => (name, Some(rest)),
        None => (program, None),
    };
    // A nickname may have several words: BUTTER POPCORN.
    if name.as_str().len() > LONGEST_NAME || !name.split(" ").all(|word| word.is_word(LONGEST_NAME)) {
        let message = format!("`{}` cannot be the name of a special access program", name.as_str());
        return Err(Problem::new(message, name.at()).help("capital letters and digits, such as `SAR-BP`"));
    }
    let mut read = Vec::new();
    for part in rest.into_iter().flat_map(|rest| rest.split("-")) {
        if let Some(word) = part.split(" ").find(|word| !word.is_word(LONGEST_NAME)) {
            return Err(if word.as_str().is_empty() {
                missing(name, "a compartment")
            } else {
                Problem::new(format!("`{}` cannot be a compartment", word.as_str()), word.at())
            });
        }
        let mut words = part.split(" ");
        // `split` gives at least one part.
        let compartment = words.next().unwrap_or(part);
        let subs = words.map(|word| (word.as_str(), word.at())).collect();
        read.push(Compartment { name: compartment.as_str(), at: part.at(), subs });
    }
    compartments::write(&format!("{INDICATOR}{}", name.as_str()), read, reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_taken_as_written() {
        let canonical = |text: &str| read(Piece::whole(text), &mut Reading::default()).unwrap();
        assert_eq!(canonical("BUTTER POPCORN-123"), "SAR-BUTTER POPCORN-123");
        assert_eq!(canonical("BP-J12 J54-K15"), "SAR-BP-J12 J54-K15");
    }

    #[test]
    fn what_opens_the_category() {
        for text in ["SAR-BP", "SPECIAL ACCESS REQUIRED-SODA", "BALK", "SAR", "SPECIAL ACCESS REQUIRED"] {
            assert!(opens(Piece::whole(text)), "{text}");
        }
        assert!(!opens(Piece::whole("SARBP")));
    }
}
