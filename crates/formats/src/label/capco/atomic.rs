//! AEA: Atomic Energy Act markings (CAPCO H.6), and NATO's ATOMAL, which stands after them.
//!
//! Kept opaque: no decision looks inside. The key function is [`read`].

use entente_core::label::numbers_first;

use super::{
    form::Form,
    reading::{Reading, missing, repeated},
    text::Piece,
};
use crate::problem::{Problem, suggestion};

/// A marking of the category.
pub(super) struct Atomic {
    /// The abbreviation, which is the canonical form.
    pub(super) name: &'static str,
    /// The title.
    pub(super) title: &'static str,
    /// The portion mark.
    pub(super) portion: &'static str,
}

/// The markings in order (CAPCO G.1, section 6; ATOMAL H.7, p. 122).
pub(super) const MARKINGS: [Atomic; 6] = [
    atomic("RD", "RESTRICTED DATA", "RD"),
    atomic("FRD", "FORMERLY RESTRICTED DATA", "FRD"),
    atomic("DOD UCNI", "DOD UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION", "DCNI"),
    atomic("DOE UCNI", "DOE UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION", "UCNI"),
    atomic("TFNI", "TRANSCLASSIFIED FOREIGN NUCLEAR INFORMATION", "TFNI"),
    atomic("ATOMAL", "ATOMAL", "ATOMAL"),
];

const fn atomic(name: &'static str, title: &'static str, portion: &'static str) -> Atomic {
    Atomic { name, title, portion }
}

/// The SIGMA numbers in use (CAPCO H.6, p. 108); older ones must not be carried forward (p. 109).
const SIGMA: [&str; 4] = ["14", "15", "18", "20"];

/// The marking that an item opens with: its rank, its name and what follows.
pub(super) fn marking<'a>(item: Piece<'a>, form: Form) -> Option<(usize, &'static str, Piece<'a>)> {
    MARKINGS.iter().enumerate().find_map(|(rank, marking)| {
        let names = form.names(marking.title, marking.name, marking.portion);
        let rest = names.into_iter().find_map(|name| item.strip_prefix(name))?;
        (rest.as_str().is_empty() || rest.as_str().starts_with('-')).then_some((rank, marking.name, rest))
    })
}

/// One marking with its subsets, as canonical text, in portion form: `FRD-SG 14`.
pub(super) fn portion(marking: &str) -> String {
    let (name, subsets) = marking.split_once('-').map_or((marking, None), |(name, subsets)| (name, Some(subsets)));
    let name = MARKINGS.iter().find(|marking| marking.name == name).map_or(name, |marking| marking.portion);
    match subsets {
        Some(subsets) => format!("{name}-{}", subsets.replace(SIGMA_NAME, SIGMA_PORTION)),
        None => name.to_owned(),
    }
}

const SIGMA_NAME: &str = "SIGMA";
const SIGMA_PORTION: &str = "SG";

/// Reads one marking with its subsets, and gives it back in canonical form.
pub(super) fn read(item: Piece<'_>, reading: &mut Reading) -> Result<String, Problem> {
    let Some((_, name, rest)) = marking(item, reading.form) else {
        return Err(Problem::new(format!("`{}` is not an Atomic Energy Act marking", item.as_str()), item.at()));
    };
    reading.mark(name, item.at());
    let Some(rest) = rest.strip_prefix("-") else {
        return Ok(name.to_owned());
    };
    let mut subsets = Vec::new();
    for part in rest.split("-") {
        let [_, sigma_name] = reading.form.names(SIGMA_NAME, SIGMA_NAME, SIGMA_PORTION);
        let design = reading.form.names("CRITICAL NUCLEAR WEAPON DESIGN INFORMATION", "CNWDI", "CNWDI");
        let (rank, text) = match (name, part.as_str(), part.strip_prefix(sigma_name)) {
            // CNWDI is a subset of RD alone (CAPCO H.6, p. 106).
            ("RD", word, _) if design.contains(&word) => {
                reading.mark("CNWDI", part.at());
                (0, "CNWDI".to_owned())
            }
            ("RD" | "FRD", _, Some(numbers)) => {
                reading.mark("SIGMA", part.at());
                (1, sigma(part, numbers, reading)?)
            }
            (_, other, _) => {
                let problem = Problem::new(format!("`{other}` is not a subset of `{name}`"), part.at());
                let such = format!("{sigma_name} 14");
                return Err(match name {
                    "RD" if other == "N" => problem.help("write `RD-CNWDI` (CAPCO H.6, p. 107)"),
                    "RD" => problem.help(suggestion(other, ["CNWDI", &such])),
                    "FRD" => problem.help(suggestion(other, [such.as_str()])),
                    _ => problem,
                });
            }
        };
        if subsets.iter().any(|((other, _), _)| *other == rank) {
            return Err(repeated(part.as_str(), part.at()));
        }
        subsets.push(((rank, text), part.at()));
    }
    let subsets = reading.sorted(subsets, |left, right| left.0.cmp(&right.0), |(_, text)| text.clone())?;
    Ok(subsets.into_iter().fold(name.to_owned(), |text, (_, subset)| format!("{text}-{subset}")))
}

/// `SIGMA 14 18`, the numbers in order (CAPCO H.6, p. 108).
fn sigma(part: Piece<'_>, numbers: Piece<'_>, reading: &mut Reading) -> Result<String, Problem> {
    let Some(numbers) = numbers.strip_prefix(" ") else {
        return Err(missing(part, "the number").help(format!("such as `{} 14`", part.as_str())));
    };
    let mut read = Vec::new();
    for number in numbers.split(" ") {
        if !SIGMA.contains(&number.as_str()) {
            return Err(Problem::new(format!("`{}` is not a SIGMA number in use", number.as_str()), number.at())
                .help("14, 15, 18 and 20 are; older ones are converted first (CAPCO H.6, pp. 108-109)"));
        }
        read.push((number.as_str(), number.at()));
    }
    let read = reading.sorted(read, |left, right| numbers_first(left, right), |number| (*number).to_owned())?;
    Ok(format!("SIGMA {}", read.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_abbreviations() {
        let canonical = |text: &str| read(Piece::whole(text), &mut Reading::default()).unwrap();
        assert_eq!(canonical("RESTRICTED DATA-CRITICAL NUCLEAR WEAPON DESIGN INFORMATION"), "RD-CNWDI");
        assert_eq!(canonical("FORMERLY RESTRICTED DATA-SIGMA 14 18"), "FRD-SIGMA 14 18");
        assert_eq!(canonical("DOD UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION"), "DOD UCNI");
        assert_eq!(canonical("RD-CNWDI-SIGMA 14"), "RD-CNWDI-SIGMA 14");
    }
}
