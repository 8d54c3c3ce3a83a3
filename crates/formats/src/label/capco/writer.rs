//! Writes a marking as the canonical banner line.
//!
//! Not a validator: it writes what it is given, in the order of the lists as they are. For every marking that the
//! parser gives, parsing the line gives the same marking back.

use entente_core::label::{Class, Fgi, Marking, Owner};

use super::{
    codes,
    dissemination::{Control, Field},
    programs::INDICATOR,
};

/// The canonical banner line.
pub(super) fn write(marking: &Marking) -> String {
    let class = match &marking.class {
        Class::Level(level) => level.as_str(),
        Class::Term(term) => term,
    };
    let head = match &marking.owner {
        Owner::UnitedStates => class.to_owned(),
        Owner::Nation(nation) => format!("//{nation} {class}"),
        Owner::Nato if class == "TOP SECRET" => "//COSMIC TOP SECRET".to_owned(),
        Owner::Nato => format!("//NATO {class}"),
        Owner::Joint(owners) => format!("//JOINT {class} {}", codes::write(owners, " ")),
    };
    let foreign = match &marking.fgi {
        None => String::new(),
        Some(Fgi::Concealed) => "FGI".to_owned(),
        Some(Fgi::From(sources)) => format!("FGI {}", codes::write(sources, " ")),
    };
    let controls: Vec<_> = Control::ALL.into_iter().filter_map(|control| self::control(control, marking)).collect();
    let categories = [
        marking.sci.join("/"),
        programs(&marking.sap),
        marking.aea.join("/"),
        foreign,
        controls.join("/"),
        marking.non_ic.join("/"),
    ];
    categories.into_iter().filter(|category| !category.is_empty()).fold(head, |line, category| line + "//" + &category)
}

/// The programs: the indicator stands once, in front (CAPCO H.5, p. 100).
fn programs(programs: &[String]) -> String {
    let mut indicated = false;
    let items: Vec<_> = programs
        .iter()
        .map(|program| match program.strip_prefix(INDICATOR) {
            Some(name) if indicated => name,
            Some(_) => {
                indicated = true;
                program
            }
            None => program,
        })
        .collect();
    items.join("/")
}

fn control(control: Control, marking: &Marking) -> Option<String> {
    let name = control.name();
    match (control, control.field(&marking.dissemination)) {
        (_, Field::Flag(false) | Field::Codes([])) => None,
        (_, Field::Flag(true)) => Some(name.to_owned()),
        (Control::Eyes, Field::Codes(list)) => Some(format!("{} {name}", codes::write(list, "/"))),
        (_, Field::Codes(list)) => Some(format!("{name} {}", codes::write(list, ", "))),
    }
}
