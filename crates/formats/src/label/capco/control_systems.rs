//! SCI: control systems with their compartments and sub-compartments (CAPCO H.4).
//!
//! Kept opaque: no decision looks inside, it is enough that one is there. Only the four published systems are known;
//! the unpublished ones that the manual lets one use are an unknown word here, and an unknown word is an error. The key
//! function is [`read`].

use std::ops::Range;

use super::{
    compartments::{self, Compartment},
    reading::{Reading, missing},
    text::Piece,
};
use crate::problem::Problem;

/// The published control systems (CAPCO G.1, section 4): abbreviation and title, in order.
pub(super) const SYSTEMS: [(&str, &str); 4] =
    [("HCS", "HCS"), ("RSV", "RESERVE"), ("SI", "SI"), ("TK", "TALENT KEYHOLE")];

/// The abbreviation of the system that an item opens with, the words that name it, and what follows them.
pub(super) fn system<'a>(item: Piece<'a>) -> Option<(&'static str, Piece<'a>)> {
    SYSTEMS.iter().find_map(|&(name, title)| {
        let rest = item.strip_prefix(title).or_else(|| item.strip_prefix(name))?;
        let ends = rest.as_str().is_empty() || rest.as_str().starts_with(['-', ' ']);
        ends.then_some((name, rest))
    })
}

/// What the sub-compartments of a compartment look like.
#[derive(Clone, Copy, Debug)]
enum Subs {
    /// There are none.
    None,
    /// Four letters each: GAMMA (H.4, p. 81).
    FourLetters,
    /// Up to six letters and digits each (H.4, pp. 68, 89, 93, 97).
    Words,
}

/// Reads one control system with all that hangs on it, and gives it back in canonical form.
pub(super) fn read(item: Piece<'_>, reading: &mut Reading) -> Result<String, Problem> {
    let Some((name, rest)) = system(item) else {
        return Err(Problem::new(format!("`{}` is not a control system", item.as_str()), item.at()));
    };
    reading.mark(name, item.at());
    let Some(rest) = rest.strip_prefix("-") else {
        if !rest.as_str().is_empty() {
            let message = format!("`{}` follows `{name}` after a blank", rest.as_str().trim_start());
            return Err(Problem::new(message, rest.at()).help("a hyphen connects a control system and its compartment"));
        }
        return if name == "RSV" {
            Err(missing(item, "the compartment").help("such as `RSV-ABC`"))
        } else {
            Ok(name.to_owned())
        };
    };
    let mut read = Vec::new();
    for part in rest.split("-") {
        let mut words = part.split(" ");
        // `split` gives at least one part.
        let word = words.next().unwrap_or(part);
        let (compartment, marks, shape) = compartment(name, word)?;
        for mark in marks {
            reading.mark(mark, word.at());
        }
        let subs = words.map(|sub| sub_compartment(compartment, shape, sub)).collect::<Result<Vec<_>, _>>()?;
        if let (Some((_, at)), "HCS", "P") = (subs.first(), name, compartment) {
            reading.mark("HCS-P [SUB-COMPARTMENT]", at.clone());
        }
        read.push(Compartment { name: compartment, at: part.at(), subs });
    }
    compartments::write(name, read, reading)
}

/// The canonical name of a compartment, the marks that it counts as, and the shape of its sub-compartments.
fn compartment<'a>(system: &str, word: Piece<'a>) -> Result<(&'a str, &'static [&'static str], Subs), Problem> {
    const ANY_SI: &str = "SI-[COMPARTMENT]";
    let letters = word.as_str().bytes().all(|byte| byte.is_ascii_uppercase());
    Ok(match (system, word.as_str()) {
        ("HCS", "O") => ("O", &["HCS-O"], Subs::None),
        ("HCS", "P") => ("P", &["HCS-P"], Subs::Words),
        ("SI", "G" | "GAMMA") => ("G", &[ANY_SI, "SI-G"], Subs::FourLetters),
        ("SI", "EU" | "ECRU") => ("EU", &[ANY_SI], Subs::Words),
        ("SI", "NK" | "NONBOOK") => ("NK", &[ANY_SI], Subs::Words),
        ("TK", "BLFH" | "BLUEFISH") => ("BLFH", &["TK-BLFH"], Subs::Words),
        ("TK", "IDIT" | "IDITAROD") => ("IDIT", &["TK-IDIT"], Subs::Words),
        ("TK", "KAND" | "KANDIK") => ("KAND", &["TK-KAND"], Subs::Words),
        ("SI", other) if letters && (2..=3).contains(&other.len()) => (other, &[ANY_SI], Subs::Words),
        ("RSV", other) if word.is_word(3) => (other, &[], Subs::None),
        (_, other) => {
            let help = match system {
                "HCS" => "HCS has `O` and `P` (CAPCO H.4, pp. 64-68)",
                "SI" => "SI has `EU`, `G`, `NK` and compartments of two or three letters (CAPCO H.4, pp. 76-83)",
                "TK" => "TK has `BLFH`, `IDIT` and `KAND` (CAPCO H.4, pp. 87-97)",
                _ => "RSV has compartments of up to three letters and digits (CAPCO H.4, p. 72)",
            };
            return Err(Problem::new(format!("`{other}` is not a compartment of `{system}`"), word.at()).help(help));
        }
    })
}

fn sub_compartment<'a>(compartment: &str, shape: Subs, sub: Piece<'a>) -> Result<(&'a str, Range<usize>), Problem> {
    let letters = sub.as_str().bytes().all(|byte| byte.is_ascii_uppercase());
    let (fits, help) = match shape {
        Subs::None => (false, "it has none"),
        Subs::FourLetters => (letters && sub.as_str().len() == 4, "they have four letters"),
        Subs::Words => (sub.is_word(6), "they have up to six letters and digits"),
    };
    if fits {
        return Ok((sub.as_str(), sub.at()));
    }
    Err(Problem::new(format!("`{}` is not a sub-compartment of `{compartment}`", sub.as_str()), sub.at()).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        read(Piece::whole(text), &mut Reading::default()).unwrap()
    }

    #[test]
    fn titles_become_abbreviations() {
        assert_eq!(canonical("TALENT KEYHOLE"), "TK");
        assert_eq!(canonical("TALENT KEYHOLE-BLUEFISH AB1"), "TK-BLFH AB1");
        assert_eq!(canonical("SI-ECRU-GAMMA ABCD-NONBOOK"), "SI-EU-G ABCD-NK");
        assert_eq!(canonical("RESERVE-123-ABC"), "RSV-123-ABC");
    }

    #[test]
    fn a_longer_word_is_another_word() {
        for text in ["SIGMA 14", "TKX", "HCSX", "RESERVED"] {
            assert_eq!(system(Piece::whole(text)), None, "{text}");
        }
    }
}
