//! Writes a marking as the canonical banner line or portion mark.
//!
//! Not a validator: it writes what it is given, in the order of the lists as they are. For every marking that the
//! parser gives, parsing the text gives the same marking back.

use entente_core::label::{Class, Fgi, Level, Marking, Owner, Portion};

use super::{
    atomic, codes,
    dissemination::{Control, Field, NON_IC},
    form::Form,
    programs::INDICATOR,
};

/// The canonical banner line.
pub(super) fn banner(marking: &Marking) -> String {
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
    categories(head, marking, marking.fgi.as_ref(), Form::Banner, None)
}

/// The canonical portion mark; under a banner line, with REL, EYES and JOINT alone where the lists are the same (CAPCO
/// H.3, p. 56; H.8, pp. 150, 157).
pub(super) fn portion(portion: &Portion, banner: Option<&Marking>) -> String {
    let marking = &portion.marking;
    let class = match &marking.class {
        Class::Level(level) => level.portion_mark(),
        Class::Term(term) => term,
    };
    let head = match (&marking.owner, &marking.fgi) {
        (_, Some(Fgi::From(sources))) if portion.segregated => format!("//{} {class}", codes::write(sources, " ")),
        (_, _) if portion.segregated => format!("//FGI {class}"),
        (Owner::UnitedStates, _) => class.to_owned(),
        (Owner::Nation(nation), _) => format!("//{nation} {class}"),
        (Owner::Nato, _) => format!("//{}", nato(marking)),
        (owner @ Owner::Joint(_), _) if banner.is_some_and(|banner| banner.owner == *owner) => {
            format!("//JOINT {class}")
        }
        (Owner::Joint(owners), _) => format!("//JOINT {class} {}", codes::write(owners, " ")),
    };
    let foreign = marking.fgi.as_ref().filter(|_| !portion.segregated);
    format!("({})", categories(head, marking, foreign, Form::Portion, banner))
}

/// The classifications of NATO in a portion (CAPCO G.1, section 2).
fn nato(marking: &Marking) -> String {
    match &marking.class {
        Class::Level(Level::TopSecret) => "CTS".to_owned(),
        Class::Level(level) => format!("N{}", level.portion_mark()),
        Class::Term(term) => format!("NATO {term}"),
    }
}

fn categories(head: String, marking: &Marking, foreign: Option<&Fgi>, form: Form, banner: Option<&Marking>) -> String {
    let foreign = match foreign {
        None => String::new(),
        Some(Fgi::Concealed) => "FGI".to_owned(),
        Some(Fgi::From(sources)) => format!("FGI {}", codes::write(sources, " ")),
    };
    let controls: Vec<_> =
        Control::ALL.into_iter().filter_map(|control| self::control(control, marking, form, banner)).collect();
    let aea: Vec<String> = match form {
        Form::Banner => marking.aea.clone(),
        Form::Portion => marking.aea.iter().map(|text| atomic::portion(text)).collect(),
    };
    let non_ic: Vec<&str> = marking.non_ic.iter().map(|name| self::non_ic(name, form)).collect();
    let categories =
        [marking.sci.join("/"), programs(&marking.sap), aea.join("/"), foreign, controls.join("/"), non_ic.join("/")];
    categories.into_iter().filter(|category| !category.is_empty()).fold(head, |line, category| line + "//" + &category)
}

fn non_ic(name: &str, form: Form) -> &str {
    let control = NON_IC.iter().find(|control| control.name == name).filter(|_| form == Form::Portion);
    control.map_or(name, |control| control.portion)
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

fn control(control: Control, marking: &Marking, form: Form, banner: Option<&Marking>) -> Option<String> {
    let [_, name] = control.names(form);
    let of_banner = |list: &[_]| {
        let list_of_banner = banner.map(|banner| control.field(&banner.dissemination));
        matches!(list_of_banner, Some(Field::Codes(other)) if other == list)
    };
    match (control, control.field(&marking.dissemination)) {
        (_, Field::Flag(false) | Field::Codes([])) => None,
        (_, Field::Flag(true)) => Some(name.to_owned()),
        (Control::RelTo, Field::Codes(list)) if of_banner(list) => Some("REL".to_owned()),
        (Control::Eyes, Field::Codes(list)) if of_banner(list) => Some("EYES".to_owned()),
        (Control::Eyes, Field::Codes(list)) => Some(format!("{} {name}", codes::write(list, "/"))),
        (_, Field::Codes(list)) => Some(format!("{name} {}", codes::write(list, ", "))),
    }
}
