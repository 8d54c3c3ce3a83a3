//! SCI control systems and special access programs with what hangs on them, so far as a roll-up must look inside: their
//! union, in order.
//!
//! Which of them exist is not known here. The key type is [`Compartments`].

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// What stands in front of a program of the United States: it tells a program from BALK and BOHEMIA, NATO's own.
const INDICATOR: &str = "SAR-";

/// Numbers first, by their value, then words in alphabetical order (CAPCO A.6, p. 15).
pub fn numbers_first(left: &str, right: &str) -> Ordering {
    let key = |word: &str| {
        let is_word = !word.bytes().all(|byte| byte.is_ascii_digit());
        (is_word, if is_word { 0 } else { word.len() })
    };
    key(left).cmp(&key(right)).then_with(|| left.cmp(right))
}

/// A word in its place among others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word(String);

impl Ord for Word {
    fn cmp(&self, other: &Self) -> Ordering {
        numbers_first(&self.0, &other.0)
    }
}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Sub-compartments by compartment.
type Hanging = BTreeMap<Word, BTreeSet<Word>>;

/// Control systems, or programs, with compartments and sub-compartments. Programs of the United States come first, then
/// those of NATO (CAPCO H.7, p. 122).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Compartments(BTreeMap<(bool, Word), Hanging>);

impl Compartments {
    /// Takes `BP-J12 J54-K15` and its like apart.
    pub(super) fn of(texts: &[String]) -> Self {
        let mut all = Self::default();
        for text in texts {
            let (bare, text) = match text.strip_prefix(INDICATOR) {
                Some(program) => (false, program),
                None => (true, text.as_str()),
            };
            let mut parts = text.split('-');
            let name = parts.next().unwrap_or(text);
            let hanging = all.0.entry((bare, Word(name.to_owned()))).or_default();
            for part in parts {
                let mut words = part.split(' ').map(|word| Word(word.to_owned()));
                if let Some(compartment) = words.next() {
                    hanging.entry(compartment).or_default().extend(words);
                }
            }
        }
        all
    }

    /// Adds all that `other` has.
    pub(super) fn join(&mut self, other: &Self) {
        for (name, hanging) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            for (compartment, subs) in hanging {
                own.entry(compartment.clone()).or_default().extend(subs.iter().cloned());
            }
        }
    }

    /// Each system or program as a banner line writes it; a program keeps its indicator.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |((bare, name), hanging): (&(bool, Word), &Hanging)| {
            let mut text = if *bare { name.0.clone() } else { format!("{INDICATOR}{}", name.0) };
            for (compartment, subs) in hanging {
                text = format!("{text}-{}", compartment.0);
                for sub in subs {
                    text = format!("{text} {}", sub.0);
                }
            }
            text
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn union(left: &[&str], right: &[&str]) -> Vec<String> {
        let of = |texts: &[&str]| Compartments::of(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut both = of(left);
        both.join(&of(right));
        both.texts()
    }

    #[test]
    fn numbers_stand_before_words() {
        let mut words = vec!["ABCD", "J12", "14", "9", "K15", "123"];
        words.sort_by(|left, right| numbers_first(left, right));
        assert_eq!(words, ["9", "14", "123", "ABCD", "J12", "K15"]);
    }

    #[test]
    fn compartments_come_together_under_their_system() {
        assert_eq!(union(&["RSV-ABC"], &["RSV-123"]), ["RSV-123-ABC"]);
        assert_eq!(union(&["TK-BLFH ABCD"], &["TK-IDIT"]), ["TK-BLFH ABCD-IDIT"]);
        assert_eq!(union(&["SI", "TK"], &["SI-G ZZZZ", "SI-G ABCD"]), ["SI-G ABCD ZZZZ", "TK"]);
    }

    #[test]
    fn programs_of_nato_come_last() {
        assert_eq!(
            union(&["BALK", "SAR-BUTTER POPCORN-K15 9 10"], &["SAR-BP"]),
            ["SAR-BP", "SAR-BUTTER POPCORN-K15 9 10", "BALK"]
        );
    }
}
