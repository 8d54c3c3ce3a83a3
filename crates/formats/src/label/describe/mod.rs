//! A label in words, line by line, for someone who must know what it asks of them, in the languages of the console.
//!
//! Not a decision: what an agreement adds is not in the label. The key function is [`describe_in`].

mod english;
mod japanese;
mod korean;

use entente_core::{
    Country,
    explain::Language,
    label::{Class, Fgi, Label, Marking, Owner, Tetragraph, Tlp},
};

use super::{
    capco::dissemination::{Control, Field},
    national_terms::NationalTerm,
};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    Sharing,
    Class,
    Owner,
    Term,
    Compartment(&'static str),
    Foreign,
    Release,
    Display,
    Group,
    Control,
}

/// Who may get it, as far as the label alone says.
enum Release<'a> {
    Everybody,
    To(&'a [Country]),
    NobodyForeign,
    Designated,
    OriginatorAlone,
}

/// A language in which a label is described.
trait Words {
    fn heading(&self, heading: Heading) -> &'static str;
    fn sharing(&self, colour: Tlp) -> &'static str;
    fn no_class(&self) -> &'static str;
    fn owner(&self, owner: &Owner) -> String;
    fn national_class(&self, term: &str, country: Option<&str>) -> String;
    fn term(&self, term: &NationalTerm) -> String;
    fn compartment(&self, values: &str) -> String;
    fn concealed(&self) -> &'static str;
    fn foreign(&self, sources: &[Country]) -> String;
    fn release(&self, release: &Release<'_>) -> String;
    fn display(&self, to: &[Country]) -> String;
    fn closed_group(&self, code: &str) -> String;
    fn control(&self, control: Control) -> &'static str;
    fn non_ic(&self, name: &str) -> &'static str;
}

fn words(language: Language) -> &'static dyn Words {
    match language {
        Language::English => &english::English,
        Language::Japanese => &japanese::Japanese,
        Language::Korean => &korean::Korean,
    }
}

/// The lines of a description: a heading and a sentence each.
type Lines = Vec<(&'static str, String)>;

/// Describes a label, line by line.
pub fn describe(label: &Label) -> Vec<(&'static str, String)> {
    describe_in(label, Language::English)
}

/// Describes a label in a language, line by line. Names of markings stay as they are written.
pub fn describe_in(label: &Label, language: Language) -> Vec<(&'static str, String)> {
    let words = words(language);
    match label {
        Label::Tlp(colour) => vec![
            (words.heading(Heading::Sharing), format!("{colour}: {}", words.sharing(*colour))),
            (words.heading(Heading::Class), words.no_class().to_owned()),
        ],
        Label::Marking(marking) => {
            let class = match &marking.class {
                Class::Level(level) => level.to_string(),
                Class::Term(term) => words.national_class(term, marking.country()),
            };
            let mut lines = vec![
                (words.heading(Heading::Owner), words.owner(&marking.owner)),
                (words.heading(Heading::Class), class),
            ];
            lines.extend(NationalTerm::of(marking).map(|term| (words.heading(Heading::Term), words.term(term))));
            compartments(marking, words, &mut lines);
            foreign(marking, words, &mut lines);
            release(marking, words, &mut lines);
            controls(marking, words, &mut lines);
            lines
        }
    }
}

fn compartments(marking: &Marking, words: &dyn Words, lines: &mut Lines) {
    for (heading, values) in [("SCI", &marking.sci), ("SAP", &marking.sap), ("AEA", &marking.aea)] {
        if !values.is_empty() {
            lines.push((words.heading(Heading::Compartment(heading)), words.compartment(&values.join(", "))));
        }
    }
}

fn foreign(marking: &Marking, words: &dyn Words, lines: &mut Lines) {
    let heading = words.heading(Heading::Foreign);
    match &marking.fgi {
        None => {}
        Some(Fgi::Concealed) => lines.push((heading, words.concealed().to_owned())),
        Some(Fgi::From(sources)) => lines.push((heading, words.foreign(sources))),
    }
}

fn release(marking: &Marking, words: &dyn Words, lines: &mut Lines) {
    let controls = &marking.dissemination;
    let release = if marking.is_unclassified() && !marking.is_caveated() && !marking.is_compartmented() {
        Release::Everybody
    } else if !controls.rel_to.is_empty() {
        Release::To(&controls.rel_to)
    } else if controls.noforn {
        Release::NobodyForeign
    } else if controls.relido {
        Release::Designated
    } else {
        Release::OriginatorAlone
    };
    lines.push((words.heading(Heading::Release), words.release(&release)));
    if !controls.display_only.is_empty() {
        lines.push((words.heading(Heading::Display), words.display(&controls.display_only)));
    }
    let lists = [&controls.rel_to, &controls.eyes, &controls.display_only];
    let mut groups: Vec<_> = lists.into_iter().flatten().filter_map(|code| Tetragraph::find(code.as_str())).collect();
    groups.dedup();
    for group in groups {
        let members = if group.decomposable {
            format!("{}: {}", group.code, group.members.join(", "))
        } else {
            words.closed_group(group.code)
        };
        lines.push((words.heading(Heading::Group), members));
    }
}

fn controls(marking: &Marking, words: &dyn Words, lines: &mut Lines) {
    for control in Control::ALL {
        if !matches!(control.field(&marking.dissemination), Field::Flag(false) | Field::Codes([])) {
            lines.push((words.heading(Heading::Control), format!("{}: {}", control.name(), words.control(control))));
        }
    }
    for name in &marking.non_ic {
        lines.push((words.heading(Heading::Control), format!("{name}: {}", words.non_ic(name))));
    }
}

/// `JPN, KOR`.
fn codes(codes: &[Country]) -> String {
    codes.iter().map(Country::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{super::capco::dissemination::NON_IC, words as words_of, *};

    fn words(text: &str) -> String {
        let label = crate::label::parse(text).unwrap();
        describe(&label).iter().map(|(heading, line)| format!("{heading}: {line}\n")).collect()
    }

    #[test]
    fn a_national_term_has_no_level() {
        assert_eq!(
            words("//KOR 군사II급비밀//REL TO USA, JPN, KOR"),
            "owner: classification of KOR\n\
             class: 군사II급비밀: a term of KOR; it has no level of its own, only the equivalence of an agreement gives it one\n\
             term: 군사II급비밀: gunsa igeup bimil, “military secret, class II” (Military Secret Protection Act)\n\
             release: may be given to USA, JPN and KOR\n\
             control: REL TO: may be given to those it lists, and to nobody else abroad\n"
        );
    }

    #[test]
    fn every_language_says_the_same_lines_in_its_own_words() {
        for text in [
            "TLP:AMBER+STRICT",
            "UNCLASSIFIED",
            "//KOR 군사II급비밀//REL TO USA, JPN, KOR",
            "//JPN 特定秘密//REL TO JPN, KOR",
            "TOP SECRET//SI-G ABCD/TK//SAR-BP//ORCON/NOFORN",
            "SECRET//FGI JPN//REL TO USA, FVEY, NKIC",
            "SECRET//RELIDO",
            "UNCLASSIFIED//LIMDIS",
        ] {
            let label = crate::label::parse(text).unwrap();
            let english = describe(&label);
            for language in [Language::Japanese, Language::Korean] {
                let other = describe_in(&label, language);
                assert_eq!(english.len(), other.len(), "{text}");
                let is_own = |line: &str| line.chars().any(|letter| u32::from(letter) >= 0x2e80);
                for ((heading, line), (_, of_english)) in other.iter().zip(&english) {
                    // A level and the members of a group are the same words everywhere.
                    assert!(is_own(line) || line == of_english, "{language:?} {text}: {heading}: {line}");
                }
            }
        }
        let label = crate::label::parse("//KOR 군사II급비밀//REL TO USA, JPN, KOR").unwrap();
        let japanese = describe_in(&label, Language::Japanese);
        assert!(japanese.iter().any(|(_, line)| line.contains("軍事II級秘密")), "{japanese:?}");
        // Every control has its words, and none those of another.
        for language in Language::ALL {
            let mut said: Vec<&str> = Control::ALL.iter().map(|control| words_of(language).control(*control)).collect();
            said.extend(NON_IC.iter().map(|control| words_of(language).non_ic(control.name)));
            let all = said.len();
            said.sort_unstable();
            said.dedup();
            assert_eq!(said.len(), all, "{language:?}");
        }
    }

    #[test]
    fn groups_are_taken_apart_where_the_register_lets_one() {
        let text = words("SECRET//REL TO USA, FVEY, NKIC");
        assert!(text.contains("group: FVEY: AUS, CAN, GBR, NZL, USA\n"), "{text}");
        assert!(text.contains("group: NKIC: may not be taken apart"), "{text}");
    }

    #[test]
    fn compartments_never_cross() {
        let text = words("TOP SECRET//SI-G ABCD/TK//SAR-BP//ORCON/NOFORN");
        assert!(text.contains("SCI: SI-G ABCD, TK: a record that bears it never crosses"), "{text}");
        assert!(text.contains("SAP: SAR-BP: a record"), "{text}");
        assert!(text.contains("control: ORCON: "), "{text}");
    }

    #[test]
    fn sharing_is_no_class() {
        assert!(words("TLP:RED").contains("never stands for a level"));
        assert!(words("UNCLASSIFIED").contains("no country is excluded"));
        assert!(words("SECRET").contains("to nobody but the originator"));
    }
}
