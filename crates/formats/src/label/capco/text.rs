//! Pieces of a marking that know where they stand, and what must hold of any marking before one looks at its words.
//!
//! No word is known here. The key type is [`Piece`].

use std::ops::Range;

use super::form::Form;
use crate::problem::Problem;

/// The longest marking, in bytes.
pub(super) const LONGEST: usize = 4096;

/// A part of the text, with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Piece<'a> {
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, start: 0 }
    }

    pub(super) fn as_str(self) -> &'a str {
        self.text
    }

    /// The place in the whole text.
    pub(super) fn at(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The empty place behind the piece, where something is missing.
    pub(super) fn end(self) -> Range<usize> {
        let end = self.start + self.text.len();
        end..end
    }

    /// The parts between separators; as with `str::split`, at least one, and empty ones too.
    pub(super) fn split(self, separator: &str) -> impl Iterator<Item = Self> {
        let mut start = self.start;
        self.text.split(separator).map(move |text| {
            let piece = Self { text, start };
            start += text.len() + separator.len();
            piece
        })
    }

    pub(super) fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        let (before, after) = self.text.split_once(separator)?;
        let start = self.start + before.len() + separator.len();
        Some((Self { text: before, ..self }, Self { text: after, start }))
    }

    pub(super) fn rsplit_once(self, separator: &str) -> Option<(Self, Self)> {
        let (before, after) = self.text.rsplit_once(separator)?;
        let start = self.start + before.len() + separator.len();
        Some((Self { text: before, ..self }, Self { text: after, start }))
    }

    pub(super) fn strip_prefix(self, prefix: &str) -> Option<Self> {
        let text = self.text.strip_prefix(prefix)?;
        Some(Self { text, start: self.start + prefix.len() })
    }

    pub(super) fn strip_suffix(self, suffix: &str) -> Option<Self> {
        Some(Self { text: self.text.strip_suffix(suffix)?, ..self })
    }

    /// What follows `word` and a blank, when the piece opens with `word`; `None` inside when nothing follows.
    pub(super) fn after_word(self, word: &str) -> Option<Option<Self>> {
        let rest = self.strip_prefix(word)?;
        if rest.text.is_empty() { Some(None) } else { rest.strip_prefix(" ").map(Some) }
    }

    /// The stretch from the start of `first` to the end of `last`, both of them parts of this piece.
    pub(super) fn span(self, first: Self, last: Self) -> Option<Self> {
        let from = first.start.checked_sub(self.start)?;
        let to = last.at().end.checked_sub(self.start)?;
        Some(Self { text: self.text.get(from..to)?, start: first.start })
    }

    /// Whether it is one or more capital letters and digits of ASCII, `longest` at most.
    pub(super) fn is_word(self, longest: usize) -> bool {
        (1..=longest).contains(&self.text.len())
            && self.text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }
}

/// Refuses what no marking may hold, whatever its words are: too much text, control and invisible characters, blanks at
/// the ends, next to a slash or twice, and slashes with nothing between them. `form` is only for the words of the
/// problem.
pub(super) fn check(line: Piece<'_>, form: Form) -> Result<(), Problem> {
    let (name, shortest) = match form {
        Form::Banner => ("banner line", "SECRET"),
        Form::Portion => ("portion mark", "(U)"),
    };
    let text = line.as_str();
    if text.is_empty() {
        return Err(
            Problem::new(format!("the {name} is empty"), line.at()).help(format!("a short one is `{shortest}`"))
        );
    }
    if text.len() > LONGEST {
        let limit = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let at = line.start + limit..line.at().end;
        return Err(Problem::new(format!("a {name} has at most {LONGEST} bytes"), at));
    }
    let mut previous = None;
    for (offset, character) in text.char_indices() {
        let start = line.start + offset;
        let at = start..start + character.len_utf8();
        if character.is_control() || is_invisible(character) {
            let message = format!("control character U+{:04X}", u32::from(character));
            return Err(Problem::new(message, at));
        }
        if character.is_whitespace() && character != ' ' {
            let message = format!("white space U+{:04X} is not a plain blank", u32::from(character));
            return Err(Problem::new(message, at));
        }
        let message = match (previous, character) {
            (None, ' ') => "blank before the first word",
            (Some(' '), ' ') => "two blanks in a row",
            (Some(' '), '/') => {
                return Err(Problem::new("blank before a slash", start - 1..start));
            }
            (Some('/'), ' ') => "blank after a slash",
            _ => {
                previous = Some(character);
                continue;
            }
        };
        return Err(Problem::new(message, at));
    }
    if text.ends_with(' ') {
        let end = line.at().end;
        return Err(Problem::new("blank after the last word", end - 1..end));
    }
    slashes(line)
}

/// Slashes come in ones and twos, and something stands on either side; only the two in front have nothing before them.
fn slashes(line: Piece<'_>) -> Result<(), Problem> {
    let body = line.strip_prefix("//").unwrap_or(line);
    for category in body.split("//") {
        if let Some(empty) = category.split("/").find(|item| item.as_str().is_empty()) {
            let from = empty.at().start.saturating_sub(1).max(line.start);
            let to = (empty.at().start + 1).min(line.at().end);
            return Err(Problem::new("nothing stands between the slashes", from..to.max(from)).help(
                "`//` separates categories, `/` the markings of one category; an absent category leaves no trace",
            ));
        }
    }
    Ok(())
}

/// Characters that draw nothing or turn the reading direction: a banner must say what it seems to say.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_know_their_places() {
        let text = "//KOR 군사II급비밀//REL TO USA, KOR";
        for category in Piece::whole(text).split("//") {
            assert_eq!(text.get(category.at()), Some(category.as_str()));
            for word in category.split(" ") {
                assert_eq!(text.get(word.at()), Some(word.as_str()));
            }
        }
    }

    #[test]
    fn lines_that_are_refused_before_reading() {
        let at = |text: &str| check(Piece::whole(text), Form::Banner).unwrap_err().at;
        assert_eq!(at(""), 0..0);
        assert_eq!(at(" SECRET"), 0..1);
        assert_eq!(at("SECRET "), 6..7);
        assert_eq!(at("TOP  SECRET"), 4..5);
        assert_eq!(at("SECRET// NOFORN"), 8..9);
        assert_eq!(at("SECRET //NOFORN"), 6..7);
        assert_eq!(at("SECRET\u{202E}"), 6..9);
        assert_eq!(at("TOP\u{A0}SECRET"), 3..5);
        assert_eq!(at("SECRET\n"), 6..7);
        assert_eq!(at("SECRET///NOFORN"), 7..9);
        assert_eq!(at("SECRET//"), 7..8);
        assert_eq!(at("//"), 1..2);
        assert_eq!(at("/SECRET"), 0..1);
        assert_eq!(at(&"X".repeat(LONGEST + 3)), LONGEST..LONGEST + 3);
        assert_eq!(at(&format!("{}비", "X".repeat(LONGEST - 1))), LONGEST - 1..LONGEST + 2);
    }
}
