//! The classification that opens a banner line: whose it is, and what class (CAPCO H.1 to H.3).
//!
//! A national term stays a text: it has no level outside an agreement, and nothing here guesses one. The key type is
//! [`Classification`].

use entente_core::{
    Country,
    label::{Class, Level, Owner},
};

use super::{
    codes::{self, Order},
    dissemination::Control,
    reading::{Reading, missing},
    text::Piece,
};
use crate::{
    label::country::{self, Code},
    problem::Problem,
};

/// The longest national term, in characters.
const LONGEST_TERM: usize = 64;

/// Owner and class of a marking.
pub(super) struct Classification {
    pub(super) owner: Owner,
    pub(super) class: Class,
}

/// Reads the classification. `foreign` says that `//` stands before it.
pub(super) fn read(text: Piece<'_>, foreign: bool, reading: &mut Reading) -> Result<Classification, Problem> {
    if !foreign {
        return united_states(text);
    }
    if let Some(rest) = text.after_word("JOINT") {
        reading.mark("JOINT", text.at());
        return joint(rest.ok_or_else(|| missing(text, "the level"))?, reading);
    }
    if text.as_str() == "COSMIC TOP SECRET" {
        return Ok(Classification { owner: Owner::Nato, class: Class::Level(Level::TopSecret) });
    }
    if let Some(rest) = text.after_word("NATO") {
        return nato(rest.ok_or_else(|| missing(text, "the level"))?);
    }
    nation(text)
}

fn united_states(text: Piece<'_>) -> Result<Classification, Problem> {
    match Level::from_banner(text.as_str()) {
        // CAPCO H.1, p. 46: four US classifications, and RESTRICTED is none of them.
        Some(Level::Restricted) => Err(Problem::new("`RESTRICTED` is not a US classification", text.at())
            .help("a nation's own follows its code: `//DEU RESTRICTED`")),
        Some(level) => Ok(Classification { owner: Owner::UnitedStates, class: Class::Level(level) }),
        None => {
            let problem = Problem::new(format!("`{}` is not a US classification", text.as_str()), text.at());
            let first = text.split(" ").next().unwrap_or(text);
            let foreign =
                ["JOINT", "NATO", "COSMIC"].contains(&first.as_str()) || country::code(first.as_str()).is_some();
            Err(if let Some(level) = in_other_words(text.as_str()) {
                problem.help(format!("write `{level}`"))
            } else if foreign {
                problem.help(format!(
                    "a classification that is not the United States' own opens with `//`: `//{}`",
                    text.as_str()
                ))
            } else {
                problem.help("a US banner line opens with `TOP SECRET`, `SECRET`, `CONFIDENTIAL` or `UNCLASSIFIED`")
            })
        }
    }
}

fn nato(text: Piece<'_>) -> Result<Classification, Problem> {
    match Level::from_banner(text.as_str()) {
        Some(Level::TopSecret) => {
            Err(Problem::new("`TOP SECRET` of NATO has a name of its own", text.at())
                .help("write `//COSMIC TOP SECRET`"))
        }
        Some(level) => Ok(Classification { owner: Owner::Nato, class: Class::Level(level) }),
        None => {
            Err(Problem::new(format!("`{}` is not a classification of NATO", text.as_str()), text.at())
                .help(match in_other_words(text.as_str()) {
                Some(level) => format!("write `//NATO {level}`"),
                None => {
                    "NATO has SECRET, CONFIDENTIAL, RESTRICTED and UNCLASSIFIED; markings of an activity are not read"
                        .to_owned()
                }
            }))
        }
    }
}

/// `SECRET JPN KOR USA` (CAPCO H.3, p. 56).
fn joint(text: Piece<'_>, reading: &mut Reading) -> Result<Classification, Problem> {
    let level = Level::ALL.into_iter().find_map(|level| Some((level, text.after_word(level.as_str())?)));
    let Some((level, list)) = level else {
        let first = text.split(" ").next().unwrap_or(text);
        return Err(Problem::new(format!("`{}` is not a level", first.as_str()), first.at()).help(
            "a JOINT line names its level, then its owners: `//JOINT SECRET JPN KOR USA//REL TO USA, JPN, KOR`",
        ));
    };
    if level == Level::Restricted {
        return Err(Problem::new("`JOINT` contradicts `RESTRICTED`", text.at())
            .help("the United States are always an owner, and have no such level (CAPCO H.3, p. 56)"));
    }
    let list = list.ok_or_else(|| missing(text, "the list of owners"))?;
    let owners = owners(list, reading)?;
    Ok(Classification { owner: Owner::Joint(owners), class: Class::Level(level) })
}

/// The owners of a JOINT marking.
pub(super) fn owners(list: Piece<'_>, reading: &mut Reading) -> Result<Vec<Country>, Problem> {
    let owners = codes::read(list, " ", Order::Alphabetical, reading)?;
    if !owners.iter().any(|owner| *owner == "USA") {
        return Err(Problem::new("the owners of a JOINT line lack `USA`", list.at())
            .help("the United States are always one of them, in the alphabetical place (CAPCO H.3, p. 55)"));
    }
    if owners.len() < 2 {
        return Err(
            Problem::new("a JOINT line has a single owner", list.at()).help("name the others, or write a US line")
        );
    }
    Ok(owners)
}

fn nation(text: Piece<'_>) -> Result<Classification, Problem> {
    let (code, rest) = match text.split_once(" ") {
        Some((code, rest)) => (code, Some(rest)),
        None => (text, None),
    };
    let refused = |message: String, help: String| Err(Problem::new(message, code.at()).help(help));
    if code.as_str() == "USA" {
        let level = rest.map_or("SECRET", Piece::as_str);
        return refused("`//` opens what is not the United States' own".to_owned(), format!("write `{level}`"));
    }
    if !country::is_trigraph(code.as_str()) {
        let capitals = code.as_str().to_uppercase();
        return if in_other_words(text.as_str()).is_some() || Level::from_banner(text.as_str()).is_some() {
            let message = format!("whose classification `{}` is does not stand before it", text.as_str());
            refused(message, "`//` opens a line that is not US: `//KOR SECRET`; a US line has none".to_owned())
        } else if country::code(code.as_str()) == Some(Code::Tetragraph) {
            let message = format!("`{}` is a group, and classifies nothing itself", code.as_str());
            refused(
                message,
                "a non-US line is of one country or of NATO; several with the United States are JOINT".to_owned(),
            )
        } else if country::is_trigraph(&capitals) || ["JOINT", "NATO", "COSMIC"].contains(&&*capitals) {
            refused(format!("`{}` is in lower case", code.as_str()), format!("write `{capitals}`"))
        } else {
            let help = country::replacement(code.as_str()).unwrap_or("a GENC trigraph, `NATO` or `JOINT` follows `//`");
            refused(format!("`{}` is not a country code", code.as_str()), help.to_owned())
        };
    }
    let text = rest.ok_or_else(|| missing(code, "the class").help(format!("such as `//{} SECRET`", code.as_str())))?;
    let class = match Level::from_banner(text.as_str()) {
        Some(level) => Class::Level(level),
        None => Class::Term(term(text)?),
    };
    Ok(Classification { owner: Owner::Nation(Country::from(code.as_str())), class })
}

/// A class in a nation's own words: letters of any script and digits, with single blanks and `-.'` inside.
pub(super) fn term(text: Piece<'_>) -> Result<String, Problem> {
    if let Some(level) = in_other_words(text.as_str()) {
        return Err(Problem::new(format!("`{}` is not spelled as a level is", text.as_str()), text.at())
            .help(format!("write `{level}`; a nation's own term would be another word")));
    }
    let mut before: Option<char> = None;
    for (start, character) in text.as_str().char_indices() {
        let letter = character.is_alphanumeric() || (is_mark(character) && before.is_some());
        if !(letter || matches!(character, ' ' | '-' | '.' | '\'')) {
            let at = text.at().start + start..text.at().start + start + character.len_utf8();
            return Err(Problem::new(format!("`{character}` cannot stand in a national term"), at)
                .help("letters, digits, single blanks, and any of `-.'`"));
        }
        before = Some(character);
    }
    let ends = [text.as_str().chars().next(), before];
    if !text.as_str().chars().any(char::is_alphabetic)
        || ends.into_iter().flatten().any(|end| matches!(end, '-' | '\''))
    {
        return Err(Problem::new(format!("`{}` is not a national term", text.as_str()), text.at())
            .help("it holds a letter, and neither opens nor ends with a hyphen or an apostrophe"));
    }
    if text.as_str().chars().count() > LONGEST_TERM {
        return Err(Problem::new(format!("a national term has at most {LONGEST_TERM} characters"), text.at()));
    }
    // `//CAN GBR SECRET` is a portion's way of naming two nations; it is no term of Canada.
    let first = text.split(" ").next().unwrap_or(text);
    if country::code(first.as_str()).is_some() {
        return Err(Problem::new(format!("a second country code, `{}`", first.as_str()), first.at())
            .help("a classification is of one country; with the United States it is JOINT"));
    }
    // Taken for a part of the term, a control would be lost without a trace.
    let padded = format!(" {} ", text.as_str());
    let names = Control::ALL.into_iter().flat_map(|control| [control.name(), control.portion()]);
    if let Some(name) = names.into_iter().find(|name| padded.contains(&format!(" {name} "))) {
        return Err(Problem::new(format!("`{name}` stands inside the class"), text.at())
            .help("`//` separates the class from what follows it"));
    }
    Ok(text.as_str().to_owned())
}

/// The level that someone wrote otherwise than a banner line does: in small letters, or as a portion mark.
fn in_other_words(text: &str) -> Option<Level> {
    let portion = match text {
        "TS" => Level::TopSecret,
        "S" => Level::Secret,
        "C" => Level::Confidential,
        "R" => Level::Restricted,
        "U" => Level::Unclassified,
        _ => {
            return Level::ALL
                .into_iter()
                .find(|level| level.as_str() != text && level.as_str() == text.to_uppercase());
        }
    };
    Some(portion)
}

/// Whether it is a mark that changes the letter before it, in the scripts of national terms: the standard library calls
/// most vowel signs alphabetic, but not accents, viramas and tone marks.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{34E}' | '\u{350}'..='\u{36F}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5BD}'
            | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}'
            | '\u{EB1}' | '\u{EB4}'..='\u{EBC}' | '\u{EC8}'..='\u{ECE}' | '\u{DCA}' | '\u{1037}'..='\u{103A}'
            | '\u{17C9}'..='\u{17D3}' | '\u{3099}'..='\u{309A}'
    ) || (('\u{900}'..='\u{D7F}').contains(&character) && matches!(u32::from(character) & 0x7F, 0x3C | 0x4D))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_many_scripts() {
        for text in [
            "特定秘密",
            "極秘",
            "군사II급비밀",
            "I급",
            "SECRETO",
            "ΑΠΟΡΡΗΤΟ",
            "секретно",
            "ลับที่สุด",
            "अत्यंत गोपनीय",
            "TRÈS SECRET DÉFENSE",
            "VS-NfD",
            "STRENG GEH.",
            "Ⅱ급",
            "سري للغاية",
            "SECRET DEFENSE",
            "RESERVADO",
        ] {
            assert_eq!(term(Piece::whole(text)), Ok(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_term() {
        let longest = "秘".repeat(LONGEST_TERM);
        assert!(term(Piece::whole(&longest)).is_ok());
        for text in [
            "secret",
            "Top Secret",
            "S",
            "TS",
            "123",
            "-X",
            "X'",
            "極秘!",
            "GBR SECRET",
            "NATO SECRET",
            "SECRET NOFORN",
            "SECRET REL TO USA",
            "\u{301}",
        ] {
            assert!(term(Piece::whole(text)).is_err(), "{text}");
        }
        assert!(term(Piece::whole(&format!("{longest}秘"))).is_err());
    }
}
