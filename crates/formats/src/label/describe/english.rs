//! Labels in English.

use entente_core::{
    Country,
    label::{Owner, Tlp},
};

use super::{Heading, Release, Words};
use crate::label::{
    capco::dissemination::{Control, NON_IC},
    national_terms::NationalTerm,
};

pub(super) struct English;

/// `JPN, KOR and USA`.
fn list(codes: &[Country]) -> String {
    match codes {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., last] => format!("{} and {last}", super::codes(first)),
    }
}

impl Words for English {
    fn heading(&self, heading: Heading) -> &'static str {
        match heading {
            Heading::Sharing => "sharing",
            Heading::Class => "class",
            Heading::Owner => "owner",
            Heading::Term => "term",
            Heading::Compartment(name) => name,
            Heading::Foreign => "FGI",
            Heading::Release => "release",
            Heading::Display => "display",
            Heading::Group => "group",
            Heading::Control => "control",
        }
    }

    fn sharing(&self, colour: Tlp) -> &'static str {
        match colour {
            Tlp::Clear => "for everyone",
            Tlp::Green => "for the community of those who receive it; not for the public",
            Tlp::Amber => "for those on the distribution list, and within them for whom needs it, and their clients",
            Tlp::AmberStrict => "for those on the distribution list, and within them for whom needs it",
            Tlp::Red => "for the persons to whom it is given, and nobody else",
        }
    }

    fn no_class(&self) -> &'static str {
        "none: TLP says how far to share, and never stands for a level"
    }

    fn owner(&self, owner: &Owner) -> String {
        match owner {
            Owner::UnitedStates => "classification of the United States (USA)".to_owned(),
            Owner::Nation(nation) => format!("classification of {nation}"),
            Owner::Nato => "classification of NATO".to_owned(),
            Owner::Joint(owners) => format!("joint classification of {}", list(owners)),
        }
    }

    fn national_class(&self, term: &str, country: Option<&str>) -> String {
        let country = country.unwrap_or("its owners");
        format!(
            "{term}: a term of {country}; it has no level of its own, only the equivalence of an agreement gives it one"
        )
    }

    fn term(&self, term: &NationalTerm) -> String {
        term.explanation()
    }

    fn compartment(&self, values: &str) -> String {
        format!("{values}: a record that bears it never crosses to another party")
    }

    fn concealed(&self) -> &'static str {
        "holds information of a government that is not named"
    }

    fn foreign(&self, sources: &[Country]) -> String {
        format!("holds information of {}; each has to consent before it goes on", list(sources))
    }

    fn release(&self, release: &Release<'_>) -> String {
        match release {
            Release::Everybody => "unclassified and without any control: no country is excluded".to_owned(),
            Release::To(codes) => format!("may be given to {}", list(codes)),
            Release::NobodyForeign => "may be given to nobody foreign".to_owned(),
            Release::Designated => "to nobody until a designated authority of the originator decides".to_owned(),
            Release::OriginatorAlone => "no country is named: to nobody but the originator".to_owned(),
        }
    }

    fn display(&self, to: &[Country]) -> String {
        format!("may be shown, without a copy, to {}", list(to))
    }

    fn closed_group(&self, code: &str) -> String {
        format!("{code}: may not be taken apart; it stands for no single country")
    }

    fn control(&self, control: Control) -> &'static str {
        control.meaning()
    }

    fn non_ic(&self, name: &str) -> &'static str {
        NON_IC.iter().find(|control| control.name == name).map_or("kept as written", |control| control.meaning)
    }
}
