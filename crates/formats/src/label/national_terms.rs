//! The national terms of Japan and Korea: how they are read, what the words mean, and what was meant by a text that is
//! nearly one of them.
//!
//! No level: a term gets one through an agreement's article and nowhere else, and a gloss here is a translation of the
//! words. A term that is not in this table is no error; it is a term like any other. The key type is [`NationalTerm`].

use entente_core::label::{Class, Label, Marking};
use unicode_normalization::UnicodeNormalization;

use super::checked::excerpt;
use crate::problem::Problem;

/// A term that a nation's own law has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NationalTerm {
    /// The code of the nation.
    pub country: &'static str,
    /// The term, to the letter.
    pub term: &'static str,
    /// How it is read, in Latin letters (Hepburn; Revised Romanization).
    pub reading: &'static str,
    /// What the words mean.
    pub gloss: &'static str,
    /// The law that has it.
    pub source: &'static str,
    /// Other writings, beside those that [`plain`] makes the same.
    others: &'static [&'static str],
}

const SECRETS_ACT: &str = "Act on the Protection of Specially Designated Secrets (Act No. 108 of 2013)";
const CABINET_ORDER: &str = "Cabinet Order No. 149 of 1954, article 1";
const MILITARY_ACT: &str = "Military Secret Protection Act";
const SECURITY_REGULATIONS: &str = "Security Operations Regulations";

/// The terms that are known here.
pub const NATIONAL_TERMS: [NationalTerm; 10] = [
    term(
        "JPN",
        "特定秘密",
        "tokutei himitsu",
        "specially designated secret",
        SECRETS_ACT,
        &["特定秘", "特定祕密", "特定机密"],
    ),
    term("JPN", "機密", "kimitsu", "most secret matter", CABINET_ORDER, &["机密", "機密文書"]),
    term("JPN", "極秘", "gokuhi", "extremely secret", CABINET_ORDER, &["极秘", "極祕", "極秘文書"]),
    term("JPN", "秘", "hi", "secret", CABINET_ORDER, &["祕", "㊙", "秘密", "himitsu"]),
    term("KOR", "군사I급비밀", "gunsa ilgeup bimil", "military secret, class I", MILITARY_ACT, &["軍事I급秘密"]),
    term(
        "KOR",
        "군사II급비밀",
        "gunsa igeup bimil",
        "military secret, class II",
        MILITARY_ACT,
        &["軍事II급秘密", "gunsa II-geup bimil"],
    ),
    term(
        "KOR",
        "군사III급비밀",
        "gunsa samgeup bimil",
        "military secret, class III",
        MILITARY_ACT,
        &["軍事III급秘密", "gunsa III-geup bimil"],
    ),
    term("KOR", "I급비밀", "ilgeup bimil", "secret, class I", SECURITY_REGULATIONS, &["I급秘密"]),
    term("KOR", "II급비밀", "igeup bimil", "secret, class II", SECURITY_REGULATIONS, &["II급秘密", "II-geup bimil"]),
    term(
        "KOR",
        "III급비밀",
        "samgeup bimil",
        "secret, class III",
        SECURITY_REGULATIONS,
        &["III급秘密", "III-geup bimil"],
    ),
];

const fn term(
    country: &'static str,
    term: &'static str,
    reading: &'static str,
    gloss: &'static str,
    source: &'static str,
    others: &'static [&'static str],
) -> NationalTerm {
    NationalTerm { country, term, reading, gloss, source, others }
}

impl NationalTerm {
    /// The term that a marking's class is, to the letter.
    pub fn of(marking: &Marking) -> Option<&'static Self> {
        let Class::Term(text) = &marking.class else { return None };
        NATIONAL_TERMS.iter().find(|known| known.term == text && marking.country() == Some(known.country))
    }

    /// In words.
    pub fn explanation(&self) -> String {
        format!("{}: {}, “{}” ({})", self.term, self.reading, self.gloss, self.source)
    }

    /// The line that bears it.
    fn line(&self) -> String {
        format!("//{} {}", self.country, self.term)
    }
}

/// What was probably meant by a label whose national term is nearly a known one: no agreement's equivalence will hold
/// it as it is. `None` where the term is known, or near none.
pub fn near_miss(text: &str, label: &Label) -> Option<Problem> {
    let Label::Marking(marking) = label else { return None };
    let Class::Term(term) = &marking.class else { return None };
    if NationalTerm::of(marking).is_some() {
        return None;
    }
    let country = marking.country().unwrap_or_default();
    let start = text.find(term.as_str()).unwrap_or_default();
    let at = start..text.len().min(start + term.len());
    if let Some(known) = NATIONAL_TERMS.iter().find(|known| known.term == term) {
        let message = format!("`{term}` is a term of {}, and not of {country}", known.country);
        return Some(Problem::new(message, at).help(format!("write `{}`", known.line())));
    }
    let (known, how) = meant(term, country)?;
    let message = format!("`{}` is not to the letter the term `{}` of {}", excerpt(term), known.term, known.country);
    Some(Problem::new(message, at).help(format!("{how}: write `{}`", known.line())))
}

/// The error of a text that is no label, helped where it is a national term without its nation before it.
pub(super) fn help_bare_term(text: &str, problem: Problem) -> Problem {
    let first = text.trim_start_matches('/').split("//").next().unwrap_or_default().trim();
    let written = NATIONAL_TERMS.iter().find(|known| known.term == first).map(|known| (known, None));
    let found = written.or_else(|| {
        // A text in Latin letters alone is rather a misspelled level.
        let meant = if first.is_ascii() { None } else { meant(first, "") };
        meant.map(|(known, how)| (known, Some(how)))
    });
    match found {
        None => problem,
        Some((known, None)) => {
            problem.help(format!("a term of {} stands behind its code: `{}`", known.country, known.line()))
        }
        Some((known, Some(how))) => {
            problem.help(format!("{how}, and behind the code of its nation: `{}`", known.line()))
        }
    }
}

const LATIN: &str = "a term stands in its own script, and not in Latin letters";
/// `igeup` is how II is read, and `I-geup` how some write I.
const TWO: &str =
    "a term stands in its own script; in Latin letters `i` is two in Korean and one as a numeral; for two";

/// The known term that is meant, and in which way the text is another. Of two nations, `country` comes first.
fn meant(text: &str, country: &str) -> Option<(&'static NationalTerm, &'static str)> {
    const LONGEST: usize = 64;
    if text.chars().count() > LONGEST {
        return None;
    }
    let written = plain(text);
    let in_order = || {
        let own = NATIONAL_TERMS.iter().filter(move |known| known.country == country);
        own.chain(NATIONAL_TERMS.iter().filter(move |known| known.country != country))
    };
    let find = |is: &dyn Fn(&NationalTerm) -> bool| in_order().find(|known| is(known));
    if let Some(known) = find(&|known| text.nfc().eq(known.term.chars())) {
        return Some((known, "its letters are taken apart (NFD); use composed ones (NFC)"));
    }
    if let Some(known) = find(&|known| text.nfkc().eq(known.term.chars())) {
        return Some((known, "a full-width letter or a number as one letter (Ⅱ) is another letter"));
    }
    if let Some(known) = find(&|known| written == plain(known.term)) {
        return Some((known, "blanks, Arabic or Chinese numbers and small letters make it another word"));
    }
    if let Some(known) = find(&|known| plain(known.reading) == written) {
        return Some((known, if known.term.contains("II급") && !known.term.contains("III급") { TWO } else { LATIN }));
    }
    if let Some(known) = find(&|known| known.others.iter().any(|other| plain(other) == written)) {
        return Some((known, if text.is_ascii() { LATIN } else { "another writing of the word is another term" }));
    }
    if !country.is_empty() && country != "KOR" {
        return None;
    }
    // `II급` and `군사II급`: the word for secret is missing.
    let whole = format!("{written}비밀");
    find(&|known| known.country == "KOR" && whole == plain(known.term)).map(|known| (known, "the word 비밀 is missing"))
}

/// A text without what differs between writings of one word: compatibility forms, blanks and hyphens, case, and how a
/// class is numbered.
fn plain(text: &str) -> String {
    let folded: String = text
        .nfkc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '·' | '.' | '\'' | '‐' | '–'))
        .flat_map(char::to_lowercase)
        .collect();
    let folded = folded.replace('級', "급");
    [("1급", "i급"), ("2급", "ii급"), ("3급", "iii급"), ("一급", "i급"), ("二급", "ii급"), ("三급", "iii급")]
        .into_iter()
        .fold(folded, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::parse;

    fn help(text: &str) -> String {
        near_miss(text, &parse(text).unwrap()).unwrap_or_else(|| panic!("{text} is near nothing")).help.unwrap()
    }

    #[test]
    fn every_term_is_a_term_and_near_nothing() {
        for known in NATIONAL_TERMS {
            let line = known.line();
            let label = parse(&line).unwrap();
            let Label::Marking(marking) = &label else { panic!("{line} is TLP") };
            assert_eq!(NationalTerm::of(marking), Some(&known));
            assert_eq!(near_miss(&line, &label), None);
            assert!(known.explanation().contains(known.reading));
        }
    }

    #[test]
    fn near_misses_say_what_to_write() {
        for (text, term, why) in [
            ("//KOR 군사Ⅱ급비밀", "//KOR 군사II급비밀", "Ⅱ"),
            ("//KOR ＩＩ급비밀", "//KOR II급비밀", "full-width"),
            ("//KOR 군사 II급 비밀", "//KOR 군사II급비밀", "blanks"),
            ("//KOR 군사2급비밀", "//KOR 군사II급비밀", "numbers"),
            ("//KOR III급", "//KOR III급비밀", "비밀 is missing"),
            ("//KOR 군사III급", "//KOR 군사III급비밀", "비밀 is missing"),
            ("//KOR Gunsa II-geup bimil", "//KOR 군사II급비밀", "Latin"),
            ("//KOR Gunsa I-geup bimil", "//KOR 군사II급비밀", "one as a numeral"),
            ("//KOR samgeup bimil", "//KOR III급비밀", "Latin"),
            ("//KOR 軍事二級秘密", "//KOR 군사II급비밀", "another writing"),
            ("//JPN Tokutei Himitsu", "//JPN 特定秘密", "Latin"),
            ("//JPN GOKUHI", "//JPN 極秘", "Latin"),
            ("//JPN 极秘", "//JPN 極秘", "another writing"),
            ("//JPN 군사II급비밀", "//KOR 군사II급비밀", ""),
            ("//KOR 極秘", "//JPN 極秘", ""),
        ] {
            let help = help(text);
            assert!(help.contains(&format!("write `{term}`")) && help.contains(why), "{text}: {help}");
        }
    }

    #[test]
    fn letters_taken_apart_are_noticed() {
        let text: String = "//KOR 군사II급비밀//REL TO USA, KOR".nfd().collect();
        let label = parse(&text).unwrap();
        let problem = near_miss(&text, &label).unwrap();
        assert!(problem.help.unwrap().contains("NFD"));
        assert_eq!(text.get(problem.at).unwrap().nfc().collect::<String>(), "군사II급비밀");
    }

    #[test]
    fn other_terms_are_left_alone() {
        for text in ["//DEU VS-NfD", "//KOR 대외비", "//JPN 取扱注意", "//FRA SECRET DEFENSE", "SECRET", "TLP:RED"]
        {
            assert_eq!(near_miss(text, &parse(text).unwrap()), None, "{text}");
        }
    }

    #[test]
    fn a_term_without_its_nation_is_helped() {
        let help = |text: &str| parse(text).unwrap_err().help.unwrap();
        assert!(help("군사II급비밀").contains("`//KOR 군사II급비밀`"));
        assert!(help("特定秘密//REL TO USA, JPN").contains("`//JPN 特定秘密`"));
        assert!(help("//極秘").contains("`//JPN 極秘`"));
        assert!(help("Ⅱ급비밀").contains("`//KOR II급비밀`"));
        assert!(!help("SECERT").contains("//JPN"));
    }
}
