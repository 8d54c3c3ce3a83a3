//! Atomic Energy Act markings together: RD stands for FRD too, and either for TFNI (CAPCO H.6, pp. 104, 111, 120).

use std::collections::BTreeSet;

/// The markings in the order of the register (CAPCO G.1, section 6); ATOMAL, which is NATO's, after them (H.7, p. 122).
const ORDER: [&str; 6] = ["RD", "FRD", "DOD UCNI", "DOE UCNI", "TFNI", "ATOMAL"];
/// What is unclassified, and hides behind a class above (CAPCO H.6, pp. 116, 118).
const UNCLASSIFIED: [&str; 2] = ["DOD UCNI", "DOE UCNI"];

/// The markings of all parts, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Atomic {
    names: BTreeSet<String>,
    /// CNWDI, a subset of RD alone.
    design: bool,
    /// SIGMA numbers, of RD or of FRD.
    sigma: BTreeSet<String>,
}

impl Atomic {
    pub(super) fn of(texts: &[String]) -> Self {
        let mut all = Self::default();
        for text in texts {
            let mut parts = text.split('-');
            all.names.extend(parts.next().map(str::to_owned));
            for subset in parts {
                match subset.strip_prefix("SIGMA ") {
                    Some(numbers) => all.sigma.extend(numbers.split(' ').map(str::to_owned)),
                    None => all.design |= subset == "CNWDI",
                }
            }
        }
        all
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.names.extend(other.names.iter().cloned());
        self.sigma.extend(other.sigma.iter().cloned());
        self.design |= other.design;
    }

    /// Whether some of it is unclassified nuclear information.
    pub(super) fn is_controlled_unclassified(&self) -> bool {
        UNCLASSIFIED.iter().any(|name| self.names.contains(*name))
    }

    /// The markings of the banner line: those with a higher one beside them give way, and all SIGMA numbers go to it (p.
    /// 109).
    pub(super) fn texts(&self, classified: bool) -> Vec<String> {
        let has = |name: &str| self.names.contains(name);
        let gives_way = |name: &str| match name {
            "FRD" => has("RD"),
            "TFNI" => has("RD") || has("FRD"),
            _ => classified && UNCLASSIFIED.contains(&name),
        };
        let text = |name: &str| {
            let mut text = name.to_owned();
            if self.design && name == "RD" {
                text.push_str("-CNWDI");
            }
            if !self.sigma.is_empty() && ["RD", "FRD"].contains(&name) {
                text.push_str("-SIGMA");
                self.sigma.iter().for_each(|number| text = format!("{text} {number}"));
            }
            text
        };
        ORDER.into_iter().filter(|name| has(name) && !gives_way(name)).map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rd_stands_for_all_three() {
        let texts = ["TFNI", "FRD-SIGMA 18", "RD-CNWDI-SIGMA 14"].map(str::to_owned);
        assert_eq!(Atomic::of(&texts).texts(true), ["RD-CNWDI-SIGMA 14 18"]);
        assert_eq!(Atomic::of(&texts[..2]).texts(true), ["FRD-SIGMA 18"]);
        assert_eq!(Atomic::of(&texts[..1]).texts(true), ["TFNI"]);
    }

    #[test]
    fn unclassified_nuclear_information_hides_behind_a_class() {
        let all = Atomic::of(&["DOD UCNI", "DOE UCNI"].map(str::to_owned));
        assert_eq!(all.texts(false), ["DOD UCNI", "DOE UCNI"]);
        assert!(all.texts(true).is_empty() && all.is_controlled_unclassified());
    }
}
