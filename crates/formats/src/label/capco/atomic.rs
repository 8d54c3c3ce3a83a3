//! AEA: Atomic Energy Act markings (CAPCO H.6), and NATO's ATOMAL, which stands after them.
//!
//! Kept opaque: no decision looks inside. The key function is [`read`].

use super::{
    compartments::numbers_first,
    reading::{Reading, missing, repeated},
    text::Piece,
};
use crate::problem::{Problem, suggestion};

/// The markings in order: abbreviation, which is the canonical form, and title (CAPCO G.1, section 6; ATOMAL H.7, p.
/// 122).
pub(super) const MARKINGS: [(&str, &str); 6] = [
    ("RD", "RESTRICTED DATA"),
    ("FRD", "FORMERLY RESTRICTED DATA"),
    ("DOD UCNI", "DOD UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION"),
    ("DOE UCNI", "DOE UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION"),
    ("TFNI", "TRANSCLASSIFIED FOREIGN NUCLEAR INFORMATION"),
    ("ATOMAL", "ATOMAL"),
];

/// The SIGMA numbers in use (CAPCO H.6, p. 108); older ones must not be carried forward (p. 109).
const SIGMA: [&str; 4] = ["14", "15", "18", "20"];

/// The marking that an item opens with: its rank, its name and what follows.
pub(super) fn marking<'a>(item: Piece<'a>) -> Option<(usize, &'static str, Piece<'a>)> {
    MARKINGS.iter().enumerate().find_map(|(rank, &(name, title))| {
        let rest = item.strip_prefix(title).or_else(|| item.strip_prefix(name))?;
        (rest.as_str().is_empty() || rest.as_str().starts_with('-')).then_some((rank, name, rest))
    })
}

/// Reads one marking with its subsets, and gives it back in canonical form.
pub(super) fn read(item: Piece<'_>, reading: &mut Reading) -> Result<String, Problem> {
    let Some((_, name, rest)) = marking(item) else {
        return Err(Problem::new(format!("`{}` is not an Atomic Energy Act marking", item.as_str()), item.at()));
    };
    reading.mark(name, item.at());
    let Some(rest) = rest.strip_prefix("-") else {
        return Ok(name.to_owned());
    };
    let mut subsets = Vec::new();
    for part in rest.split("-") {
        let (rank, text) = match (name, part.as_str(), part.strip_prefix("SIGMA")) {
            // CNWDI is a subset of RD alone (CAPCO H.6, p. 106).
            ("RD", "CNWDI" | "CRITICAL NUCLEAR WEAPON DESIGN INFORMATION", _) => {
                reading.mark("CNWDI", part.at());
                (0, "CNWDI".to_owned())
            }
            ("RD" | "FRD", _, Some(numbers)) => {
                reading.mark("SIGMA", part.at());
                (1, sigma(part, numbers, reading)?)
            }
            (_, other, _) => {
                let problem = Problem::new(format!("`{other}` is not a subset of `{name}`"), part.at());
                return Err(match name {
                    "RD" if other == "N" => problem.help("write `RD-CNWDI` (CAPCO H.6, p. 107)"),
                    "RD" => problem.help(suggestion(other, ["CNWDI", "SIGMA 14"])),
                    "FRD" => problem.help(suggestion(other, ["SIGMA 14"])),
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
        return Err(missing(part, "the number").help("such as `SIGMA 14`"));
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
