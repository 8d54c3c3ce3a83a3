//! Lists of codes inside a banner line: `USA, JPN, KOR`, `CAN GBR NATO`.
//!
//! Not a judgement on who is meant: a tetragraph stays a tetragraph. The key type is [`Order`].

use std::ops::Range;

use entente_core::Country;

use super::{reading::Reading, text::Piece};
use crate::{
    label::country::{self, Code},
    problem::Problem,
};

/// The most codes that one list may hold.
pub(super) const MOST: usize = 300;

/// How a list is ordered; in either, trigraphs stand before tetragraphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Alphabetical throughout, USA in its place: JOINT, FGI, DISPLAY ONLY (CAPCO H.3, p. 56; H.7, p. 122; H.8, p.
    /// 163).
    Alphabetical,
    /// USA first when it is there: REL TO (CAPCO H.8, p. 151), EYES ONLY (p. 157).
    UsaFirst,
}

/// Reads a list with `separator` between its codes.
pub(super) fn read(
    list: Piece<'_>,
    separator: &str,
    order: Order,
    reading: &mut Reading,
) -> Result<Vec<Country>, Problem> {
    let mut read: Vec<(Country, Range<usize>)> = Vec::new();
    for word in list.split(separator) {
        if read.len() == MOST {
            let message = format!("a list has at most {MOST} codes");
            return Err(Problem::new(message, word.at().start..list.at().end));
        }
        if country::code(word.as_str()).is_none() {
            return Err(unknown(word, separator));
        }
        read.push((Country::from(word.as_str()), word.at()));
    }
    reading.sorted(read, |left, right| key(left, order).cmp(&key(right, order)), Country::to_string)
}

fn key(code: &Country, order: Order) -> (bool, Option<Code>, &str) {
    let first = order == Order::UsaFirst && *code == "USA";
    (!first, country::code(code.as_str()), code.as_str())
}

/// A word that is no code: most often the separator is another one than the writer thought.
fn unknown(word: Piece<'_>, separator: &str) -> Problem {
    let separators = match separator {
        ", " => "codes are separated by a comma and a blank",
        "/" => "codes are separated by a slash",
        _ => "codes are separated by a blank",
    };
    if word.as_str().is_empty() {
        return Problem::new("a code is missing", word.at()).help(separators);
    }
    let clue = [',', ' ', '/', ';'].into_iter().find(|other| word.as_str().contains(*other));
    let problem = Problem::new(format!("`{}` is not a country code", word.as_str()), word.at());
    match (clue, country::replacement(word.as_str())) {
        (Some(_), _) => problem.help(separators),
        (None, Some(replacement)) => problem.help(replacement),
        // Nearly any three letters are near some trigraph: a suggestion would be a guess.
        (None, None) => {
            problem.help("codes are GENC trigraphs such as `JPN` and registered tetragraphs such as `FVEY`")
        }
    }
}

/// A list as text.
pub(super) fn write(codes: &[Country], separator: &str) -> String {
    codes.iter().map(Country::as_str).collect::<Vec<_>>().join(separator)
}
