//! A label in words, line by line, for someone who must know what it asks of them.
//!
//! Not a decision: what an agreement adds is not in the label. The key function is [`describe`].

use entente_core::{
    Country,
    label::{Class, Fgi, Label, Marking, Owner, Tetragraph, Tlp},
};

use super::{
    capco::dissemination::{Control, Field, NON_IC},
    national_terms::NationalTerm,
};

/// The lines of a description: a heading and a sentence each.
type Lines = Vec<(&'static str, String)>;

/// Describes a label, line by line.
pub fn describe(label: &Label) -> Vec<(&'static str, String)> {
    match label {
        Label::Tlp(colour) => vec![
            ("sharing", format!("{colour}: {}", sharing(*colour))),
            ("class", "none: TLP says how far to share, and never stands for a level".to_owned()),
        ],
        Label::Marking(marking) => {
            let mut lines = vec![("owner", owner(&marking.owner)), ("class", class(marking))];
            lines.extend(NationalTerm::of(marking).map(|term| ("term", term.explanation())));
            compartments(marking, &mut lines);
            foreign(marking, &mut lines);
            release(marking, &mut lines);
            controls(marking, &mut lines);
            lines
        }
    }
}

fn sharing(colour: Tlp) -> &'static str {
    match colour {
        Tlp::Clear => "for everyone",
        Tlp::Green => "for the community of those who receive it; not for the public",
        Tlp::Amber => "for those on the distribution list, and within them for whom needs it, and their clients",
        Tlp::AmberStrict => "for those on the distribution list, and within them for whom needs it",
        Tlp::Red => "for the persons to whom it is given, and nobody else",
    }
}

fn owner(owner: &Owner) -> String {
    match owner {
        Owner::UnitedStates => "classification of the United States (USA)".to_owned(),
        Owner::Nation(nation) => format!("classification of {nation}"),
        Owner::Nato => "classification of NATO".to_owned(),
        Owner::Joint(owners) => format!("joint classification of {}", list(owners)),
    }
}

fn class(marking: &Marking) -> String {
    match &marking.class {
        Class::Level(level) => level.to_string(),
        Class::Term(term) => format!(
            "{term}: a term of {}; it has no level of its own, only the equivalence of an agreement gives it one",
            marking.country().unwrap_or("its owners")
        ),
    }
}

fn compartments(marking: &Marking, lines: &mut Lines) {
    for (heading, values) in [("SCI", &marking.sci), ("SAP", &marking.sap), ("AEA", &marking.aea)] {
        if !values.is_empty() {
            lines.push((
                heading,
                format!("{}: a record that bears it never crosses to another party", values.join(", ")),
            ));
        }
    }
}

fn foreign(marking: &Marking, lines: &mut Lines) {
    match &marking.fgi {
        None => {}
        Some(Fgi::Concealed) => {
            lines.push(("FGI", "holds information of a government that is not named".to_owned()));
        }
        Some(Fgi::From(sources)) => {
            lines.push((
                "FGI",
                format!("holds information of {}; each has to consent before it goes on", list(sources)),
            ));
        }
    }
}

/// Who may get it, as far as the label alone says.
fn release(marking: &Marking, lines: &mut Lines) {
    let controls = &marking.dissemination;
    if marking.is_unclassified() && !marking.is_caveated() && !marking.is_compartmented() {
        lines.push(("release", "unclassified and without any control: no country is excluded".to_owned()));
    } else if !controls.rel_to.is_empty() {
        lines.push(("release", format!("may be given to {}", list(&controls.rel_to))));
    } else if controls.noforn {
        lines.push(("release", "may be given to nobody foreign".to_owned()));
    } else if controls.relido {
        lines.push(("release", "to nobody until a designated authority of the originator decides".to_owned()));
    } else {
        lines.push(("release", "no country is named: to nobody but the originator".to_owned()));
    }
    if !controls.display_only.is_empty() {
        lines.push(("display", format!("may be shown, without a copy, to {}", list(&controls.display_only))));
    }
    let lists = [&controls.rel_to, &controls.eyes, &controls.display_only];
    let mut groups: Vec<_> = lists.into_iter().flatten().filter_map(|code| Tetragraph::find(code.as_str())).collect();
    groups.dedup();
    for group in groups {
        let members = if group.decomposable {
            format!("{}: {}", group.code, group.members.join(", "))
        } else {
            format!("{}: may not be taken apart; it stands for no single country", group.code)
        };
        lines.push(("group", members));
    }
}

fn controls(marking: &Marking, lines: &mut Lines) {
    for control in Control::ALL {
        if !matches!(control.field(&marking.dissemination), Field::Flag(false) | Field::Codes([])) {
            lines.push(("control", format!("{}: {}", control.name(), control.meaning())));
        }
    }
    for name in &marking.non_ic {
        let meaning =
            NON_IC.iter().find(|control| control.name == name).map_or("kept as written", |control| control.meaning);
        lines.push(("control", format!("{name}: {meaning}")));
    }
}

/// `JPN, KOR and USA`.
fn list(codes: &[Country]) -> String {
    match codes {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., last] => {
            format!("{} and {last}", first.iter().map(Country::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
