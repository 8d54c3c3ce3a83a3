//! Agreement files, alone and together, and files of national rules.

use entente_core::time::Date;
use entente_formats::{
    agreement::{self, parse_set},
    national,
};

use crate::place::{require_all_inside, require_inside};

/// The longest file that is read. A file near it may be written longer, with escapes, and is then not read again.
const LONGEST: usize = 1 << 20;

/// A layout is at most this many times as long as its file.
const ESCAPED: usize = 8;

/// What an agreement file parses to is written in a form that parses to it again, with the same hash; all problems of a
/// refused one lie inside it. An agreement that parses has a standing for each party on every day.
pub fn an_agreement_that_parses_writes_back_equal_and_its_problems_lie_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let agreement = match agreement::parse(text) {
        Ok(agreement) => agreement,
        Err(problems) => return require_all_inside(text, &problems),
    };
    assert_eq!(agreement.hash, agreement::hash(&agreement));
    let written = agreement::write(&agreement);
    if written.len() <= LONGEST {
        assert_eq!(agreement::parse(&written).as_ref(), Ok(&agreement), "written as {written}");
    }
    let days = agreement.acts.iter().take(16).map(|act| act.date).chain([Date::MIN, Date::MAX]);
    for day in days {
        let parties = agreement.parties_on(day);
        assert!(parties.iter().all(|party| agreement.names(party)), "a party that no word of the file speaks of");
        for party in parties.into_iter().take(4) {
            let view = agreement.view(party, day);
            assert_eq!(view, agreement.view(party, day));
        }
    }
}

/// The layout of an agreement file says the same, acts and comments too, and stays as it is; what cannot be read is refused
/// as it is when it is read.
pub fn an_agreement_that_parses_is_laid_out_with_the_same_hash_once_and_for_all(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = agreement::parse(text);
    match (agreement::format(text), read) {
        (Ok(laid_out), Ok(agreement)) => {
            assert_eq!(agreement::parse(&laid_out).as_ref(), Ok(&agreement), "laid out as {laid_out}");
            assert_eq!(agreement::format(&laid_out).as_ref(), Ok(&laid_out), "laid out again");
        }
        (Err(problems), Ok(_)) => {
            assert!(text.len() * ESCAPED > LONGEST, "{problems:?}");
        }
        (laid_out, Err(problems)) => assert_eq!(laid_out, Err(problems)),
    }
}

/// Files that are read as one set are each what they are alone, under their own ids; a problem is in a file that was
/// given, at a place inside it. The files are parted by zero bytes, which no file can hold.
pub fn agreement_files_that_are_read_together_are_those_that_are_read_alone(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let files: Vec<(String, &str)> =
        text.split('\0').take(16).enumerate().map(|(at, text)| (at.to_string(), text)).collect();
    match parse_set(&files) {
        Ok(set) => {
            assert_eq!(set.agreements.len(), files.len(), "one file is one agreement");
            for (_, text) in &files {
                let alone = agreement::parse(text).expect("a file of a set that parses parses alone");
                assert_eq!(set.agreements.get(&alone.id), Some(&alone));
            }
            for warning in &set.warnings {
                require_inside(text_of(&files, &warning.file), &warning.problem);
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused for nothing");
            for found in &problems {
                require_inside(text_of(&files, &found.file), &found.problem);
            }
        }
    }
}

fn text_of<'t>(files: &[(String, &'t str)], name: &str) -> &'t str {
    files.iter().find(|(file, _)| file == name).expect("a problem names a file that was given").1
}

/// What a file of national rules parses to is written in a form that parses to it again; all problems of a refused one
/// lie inside it.
pub fn national_rules_that_parse_write_back_equal_and_their_problems_lie_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rules = match national::parse(text) {
        Ok(rules) => rules,
        Err(problems) => return require_all_inside(text, &problems),
    };
    let written = national::write(&rules);
    if written.len() <= LONGEST {
        assert_eq!(national::parse(&written).as_ref(), Ok(&rules), "written as {written}");
    }
}
