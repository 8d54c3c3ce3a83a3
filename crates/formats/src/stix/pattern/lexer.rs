//! The words of a pattern with their places.
//!
//! The key type is [`Token`].

use std::{borrow::Cow, ops::Range};

use super::tree::{Literal, Operator};
use crate::{
    problem::Problem,
    stix::{json::excerpt, names, time::Moment},
};

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A name of a type or property, or a keyword.
    Word(&'a str),
    /// A constant.
    Literal(Literal<'a>),
    /// An operator of signs.
    Operator(Operator),
    /// One of `[ ] ( ) : . , *`.
    Sign(char),
}

/// A word and where it stands.
pub(super) type Placed<'a> = (Token<'a>, Range<usize>);

/// Takes a text apart.
pub(super) fn words(text: &str) -> Result<Vec<Placed<'_>>, Problem> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = blank(rest, at)?;
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let (token, length) = word(rest, at)?;
        words.push((token, at..at + length));
        at += length;
    }
    Ok(words)
}

/// The length of the blank or comment that a text opens with; 0 when it does not.
fn blank(rest: &str, at: usize) -> Result<usize, Problem> {
    if rest.starts_with("//") {
        return Ok(rest.find(['\n', '\r']).unwrap_or(rest.len()));
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        let end = comment.find("*/").ok_or_else(|| Problem::new("a comment has no end", at..at + rest.len()))?;
        return Ok(end + 4);
    }
    Ok(rest.len() - rest.trim_start().len())
}

fn word(rest: &str, at: usize) -> Result<(Token<'_>, usize), Problem> {
    for (signs, operator) in [
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<>", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("=", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ] {
        if rest.starts_with(signs) {
            return Ok((Token::Operator(operator), signs.len()));
        }
    }
    for (opening, kind) in [("t'", 't'), ("h'", 'h'), ("b'", 'b'), ("'", ' ')] {
        if let Some(inner) = rest.strip_prefix(opening) {
            let (text, length) = quoted(inner, at)?;
            let length = opening.len() + length;
            return Ok((Token::Literal(literal(kind, text, at..at + length)?), length));
        }
    }
    let first = rest.chars().next().unwrap_or_default();
    if first.is_ascii_digit() || first == '+' || first == '-' || starts_fraction(rest) {
        return number(rest, at);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let length = rest.find(end).unwrap_or(rest.len());
        return Ok((Token::Word(rest.get(..length).unwrap_or_default()), length));
    }
    if "[]():.,*".contains(first) {
        return Ok((Token::Sign(first), first.len_utf8()));
    }
    Err(Problem::new(format!("`{first}` has no place in a pattern"), at..at + first.len_utf8()))
}

fn starts_fraction(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The text up to its closing quote, and the length of it with the quote.
fn quoted(inner: &str, at: usize) -> Result<(Cow<'_, str>, usize), Problem> {
    let mut owned: Option<String> = None;
    let mut chars = inner.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\'' => {
                let text = match owned {
                    Some(text) => Cow::Owned(text),
                    None => Cow::Borrowed(inner.get(..index).unwrap_or_default()),
                };
                return Ok((text, index + 1));
            }
            '\\' => {
                let text = owned.get_or_insert_with(|| inner.get(..index).unwrap_or_default().to_owned());
                match chars.next() {
                    Some((_, escaped @ ('\'' | '\\'))) => text.push(escaped),
                    _ => {
                        return Err(Problem::new("only `\\'` and `\\\\` are escapes", at..at + inner.len())
                            .help("write a backslash twice"));
                    }
                }
            }
            c => {
                if let Some(text) = &mut owned {
                    text.push(c);
                }
            }
        }
    }
    Err(Problem::new("a text has no closing quote", at..at + inner.len()))
}

fn literal(kind: char, text: Cow<'_, str>, at: Range<usize>) -> Result<Literal<'_>, Problem> {
    let wrong = |what: &str| Err(Problem::new(format!("`{}` is no {what}", excerpt(&text)), at.clone()));
    Ok(match kind {
        't' if Moment::parse(&text).is_err() => return wrong("moment such as `t'2016-05-12T08:17:27Z'`"),
        'h' if !names::is_hex(&text) => return wrong("hexadecimal, two digits a byte"),
        'b' if !names::is_base64(&text) => return wrong("base64"),
        't' => Literal::Time(text),
        'h' => Literal::Hex(text),
        'b' => Literal::Binary(text),
        _ => Literal::Text(text),
    })
}

fn number(rest: &str, at: usize) -> Result<(Token<'_>, usize), Problem> {
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let sign = rest.len() - unsigned.len();
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(unsigned);
    let fraction = match unsigned.get(whole..).and_then(|rest| rest.strip_prefix('.')).map(digits) {
        Some(count) if count > 0 => count + 1,
        _ => 0,
    };
    let length = sign + whole + fraction;
    let text = rest.get(..length).unwrap_or_default();
    let place = at..at + length.max(1);
    let wrong = || Problem::new(format!("`{}` is no number", excerpt(text)), place.clone());
    let is_padded = whole > 1 && unsigned.starts_with('0');
    if whole + fraction == 0 || is_padded {
        return Err(wrong());
    }
    let literal = if fraction == 0 {
        Literal::Integer(text.parse().map_err(|_| wrong().help("whole numbers have 64 bits"))?)
    } else {
        Literal::Float(text.parse().map_err(|_| wrong())?)
    };
    Ok((Token::Literal(literal), length))
}
