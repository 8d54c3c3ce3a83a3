//! A decision in words: what a disclosure officer reads, and signs for. Everything said here is in the [`Decision`].
//!
//! What is said, and in which order, is a list of `Saying`s, the same in every language. How it is said is the trait
//! `Words`: one file for each language, each of its matches exhaustive, so that a sentence that is missing does not
//! compile. What is a name or a word of the machine interface (parties, purposes, codes, commands) stays as it is, and so
//! do the words of an agreement file.

mod saying;

mod english;
mod japanese;
mod korean;

use std::{borrow::Cow, fmt::Write};

use crate::{
    AgreementId, ClauseId, RecordId,
    agreement::{Basis, Standing},
    decide::{Block, Cure, Decision, Duty, Futile, Gate, Pass, Reason, Verdict},
    record::Onward,
    world::World,
};
use saying::{Cited, Heading, Saying};

/// A language that decisions are explained in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Language {
    #[default]
    English,
    Japanese,
    Korean,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::English, Self::Japanese, Self::Korean];

    /// The code of the language (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
            Self::Korean => "ko",
        }
    }

    /// The language of a tag or locale whose first part is its code: `ja`, `ja-JP`, `ja_JP.UTF-8`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// `6.a` as a lawyer cites it: `art. 6(a)`, `第6条(a)`, `제6조(a)`.
    pub fn article(self, clause: &ClauseId) -> String {
        self.words().article(clause)
    }

    fn words(self) -> &'static dyn Words {
        match self {
            Self::English => &english::English,
            Self::Japanese => &japanese::Japanese,
            Self::Korean => &korean::Korean,
        }
    }
}

/// How a language says what is said. One method for each kind of sentence.
trait Words {
    /// The heading of a line.
    fn heading(&self, heading: Heading) -> &'static str;
    /// The first line.
    fn headline(&self, decision: &Decision) -> String;
    /// An article.
    fn article(&self, clause: &ClauseId) -> String;
    /// That the wording of a cited clause is an assumption; follows the article.
    fn assumed(&self) -> &'static str;
    /// That an agreement covers, with the equivalence that it takes from another text.
    fn covers(&self, equivalence_of: Option<&str>) -> String;
    /// Why a gate passes.
    fn pass(&self, decision: &Decision, pass: &Pass) -> String;
    /// A party's consent, where no clause is lifted by it.
    fn consent_of(&self, party: &str) -> String;
    /// Why something blocks.
    fn reason(&self, decision: &Decision, record: &RecordId, reason: &Reason) -> String;
    /// That nothing covers, with the nearest agreement and what falls short of it.
    fn nearest(&self, decision: &Decision, agreement: &AgreementId, falls_short: &str) -> String;
    /// What would permit it.
    fn cure(&self, decision: &Decision, cure: &Cure) -> String;
    /// What the holder itself has to do, where a consent would be its own: nobody asks himself.
    fn own_list(&self, decision: &Decision) -> (String, String);
    /// What would not help, and why.
    fn futile(&self, decision: &Decision, futile: &Futile) -> (String, String);
    /// That a version of the record would be permitted.
    fn version(&self, decision: &Decision) -> String;
    /// That the recipient is to ask before it hands it on.
    fn onward(&self, decision: &Decision) -> (String, String);
    /// What a duty asks.
    fn duty(&self, decision: &Decision, duty: &Duty) -> String;
    /// How an agreement stands.
    fn standing(&self, standing: Standing) -> &'static str;
}

/// One line of an explanation: a heading, what it is about, what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `Label`, `Cover`, `Blocked`, `Would permit`, … in the language of the explanation.
    pub heading: &'static str,
    /// The label, agreement, clause or cure.
    pub subject: String,
    /// The sentence; may be empty.
    pub text: String,
}

/// `6.a` as a lawyer cites it in English: `art. 6(a)`.
pub fn article(clause: &ClauseId) -> String {
    Language::English.article(clause)
}

/// How an agreement stands, in English.
pub fn standing_words(standing: Standing) -> &'static str {
    standing_in(standing, Language::English)
}

/// How an agreement stands, in a language.
pub fn standing_in(standing: Standing, language: Language) -> &'static str {
    language.words().standing(standing)
}

/// The first line: `DENY  release K-0412  JPN -> USA  for missile-warning`.
pub fn headline(decision: &Decision, language: Language) -> String {
    language.words().headline(decision)
}

/// The lines below it. `label` is the record's label in its canonical text.
pub fn lines(world: &World<'_>, decision: &Decision, label: &str, language: Language) -> Vec<Line> {
    let words = language.words();
    let sayings = saying::of(world, decision, label);
    let line = |saying: Saying<'_>| {
        let (subject, text) = say(words, decision, &saying);
        Line { heading: words.heading(saying.heading()), subject, text }
    };
    sayings.into_iter().map(line).collect()
}

/// The sentence of a block.
pub fn why(decision: &Decision, block: &Block, language: Language) -> String {
    why_in(language.words(), decision, block)
}

/// What a duty asks of the recipient.
pub fn duty_words(decision: &Decision, duty: &Duty, language: Language) -> String {
    language.words().duty(decision, duty)
}

fn why_in(words: &dyn Words, decision: &Decision, block: &Block) -> String {
    let reason = words.reason(decision, &block.record, &block.reason);
    match &block.agreement {
        Some(nearest) if block.reason.gate() == Gate::Cover => words.nearest(decision, nearest, &reason),
        _ => reason,
    }
}

/// Subject and sentence.
fn say(words: &dyn Words, decision: &Decision, saying: &Saying<'_>) -> (String, String) {
    let cite = |cited: &Cited<'_>| cite(words, cited);
    match saying {
        Saying::Label { text, pass } => {
            ((*text).to_owned(), pass.map(|pass| words.pass(decision, pass)).unwrap_or_default())
        }
        Saying::Cover { cited, equivalence_of } => {
            (cite(cited), words.covers(equivalence_of.as_ref().map(cite).as_deref()))
        }
        Saying::Passed { pass, .. } => (words.pass(decision, pass), String::new()),
        Saying::Lifted { cited, by, pass } => {
            let subject = cited.as_ref().map_or_else(|| words.consent_of(by.as_str()), cite);
            (subject, words.pass(decision, pass))
        }
        Saying::Blocked { cited, block } => {
            let code = || format!("{} {}", block.reason.gate().as_str(), block.reason.code());
            (cited.as_ref().map_or_else(code, cite), why_in(words, decision, block))
        }
        Saying::Nor { cited, reason } => (cite(cited), words.reason(decision, &decision.record, reason)),
        Saying::WouldPermit(Cure::Consent(of)) if *of == decision.from => words.own_list(decision),
        Saying::WouldPermit(cure) => (words.cure(decision, cure), command(decision, cure)),
        Saying::Version(id) => (id.to_string(), words.version(decision)),
        Saying::WouldNotHelp(futile) => words.futile(decision, futile),
        Saying::Onward => words.onward(decision),
        Saying::Duty { cited, duty } => (cite(cited), words.duty(decision, duty)),
    }
}

/// An agreement and, where one decided, its article; an assumed wording says so.
fn cite(words: &dyn Words, cited: &Cited<'_>) -> String {
    let Cited { agreement, clause, basis } = cited;
    let Some(clause) = clause else { return agreement.to_string() };
    let assumed = if *basis == Basis::Assumed { words.assumed() } else { "" };
    format!("{agreement} {}{assumed}", words.article(clause))
}

/// The command that asks for a cure; empty where there is none.
fn command(decision: &Decision, cure: &Cure) -> String {
    let Decision { record, to, from, purpose, .. } = decision;
    // Without more, consent is asked for the purpose that the record was provided for.
    let is_other = decision.blocked.iter().any(|block| matches!(block.reason, Reason::OtherPurpose { .. }));
    let other_purpose = if is_other { format!(" --purpose {}", quoted(purpose.as_str())) } else { String::new() };
    let record = quoted(record.as_str());
    match cure {
        Cure::Consent(of) => format!("entente consent ask {record} --of {of} --for {to}{other_purpose}"),
        Cure::Approval(of) if of == from => format!("entente approve {record} --to {to}"),
        Cure::Approval(_) | Cure::Relabel(_) => String::new(),
    }
}

/// A word as a shell takes it for one: what a partner chose is copied into a command, and is not to become part of it.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@%+=,".contains(&byte);
    match !word.is_empty() && word.bytes().all(is_plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")).into(),
    }
}

/// The parts of an article's number: `6.a` is `6`, then `a`.
fn parts(clause: &ClauseId) -> (&str, impl Iterator<Item = &str>) {
    let mut parts = clause.as_str().split('.');
    (parts.next().unwrap_or_default(), parts)
}

/// Whether a part of an article's number is a number itself.
fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names one after the other.
fn list(names: impl IntoIterator<Item = impl std::fmt::Display>, between: &str) -> String {
    let mut text = String::new();
    for (at, name) in names.into_iter().enumerate() {
        let _ = write!(text, "{}{name}", if at == 0 { "" } else { between });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_read_as_lawyers_write_them() {
        let cases = [
            ("6.a", ["art. 6(a)", "第6条(a)", "제6조(a)"]),
            ("21.4", ["art. 21(4)", "第21条第4項", "제21조제4항"]),
            ("17", ["art. 17", "第17条", "제17조"]),
            ("1.2.b", ["art. 1(2)(b)", "第1条第2項(b)", "제1조제2항(b)"]),
            ("annex", ["art. annex", "annex", "annex"]),
        ];
        for (id, words) in cases {
            assert_eq!(Language::ALL.map(|language| language.article(&ClauseId::from(id))), words);
        }
    }

    #[test]
    fn what_a_partner_chose_is_one_word_of_a_command() {
        for plain in ["K-0412", "stix-1.2:a/b", "x=1,y"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, as_one) in
            [("K;curl x|sh;", "'K;curl x|sh;'"), ("a'b", r"'a'\''b'"), ("$(id)", "'$(id)'"), ("", "''")]
        {
            assert_eq!(quoted(word), as_one);
        }
    }

    #[test]
    fn a_locale_names_its_language() {
        let cases = [
            ("ja", Some(Language::Japanese)),
            ("ja_JP.UTF-8", Some(Language::Japanese)),
            ("ko-KR", Some(Language::Korean)),
            ("EN_us", Some(Language::English)),
            ("C", None),
            ("jam", None),
            ("", None),
        ];
        for (tag, language) in cases {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
