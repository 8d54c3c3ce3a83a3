//! The categories after the classification, read item by item, and the order in which they stand (CAPCO A.6, p. 15).
//!
//! Not the rules on what goes with what. The key function is [`read`].

use std::{cmp::Ordering, ops::Range};

use entente_core::label::{Dissemination, Fgi, Marking, numbers_first};

use super::{
    atomic,
    codes::{self, Order},
    control_systems,
    dissemination::{Control, NON_IC},
    form::Form,
    programs,
    reading::{Reading, missing, repeated},
    text::Piece,
    vocabulary::{self, Category},
};
use crate::{label::country, problem::Problem};

/// What a banner line bears after its classification, as far as it is read.
#[derive(Default)]
struct Found<'a> {
    control_systems: Vec<(String, Range<usize>)>,
    programs: Vec<(String, Range<usize>)>,
    atomic: Vec<((usize, String), Range<usize>)>,
    foreign: Option<Fgi>,
    controls: Vec<(Control, Range<usize>)>,
    dissemination: Dissemination,
    non_ic: Vec<(usize, Range<usize>)>,
    /// The latest category of the canonical order that has been seen, with its latest item.
    last: Option<(Category, Piece<'a>)>,
}

/// Reads the categories into `marking`.
pub(super) fn read<'a>(
    categories: impl Iterator<Item = Piece<'a>>,
    marking: &mut Marking,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let mut found = Found::default();
    for category in categories {
        found.category(category, reading)?;
    }
    let control_systems = |left: &String, right: &String| {
        let name = |text: &str| text.split('-').next().unwrap_or_default().to_owned();
        name(left).cmp(&name(right))
    };
    marking.sci = reading.sorted(found.control_systems, control_systems, String::clone)?;
    marking.sap = reading.sorted(found.programs, |left, right| compare_programs(left, right), String::clone)?;
    let atomic = reading.sorted(found.atomic, |left, right| left.0.cmp(&right.0), |(_, text)| text.clone())?;
    marking.aea = atomic.into_iter().map(|(_, text)| text).collect();
    marking.fgi = found.foreign;
    reading.sorted(found.controls, Ord::cmp, |control| control.name().to_owned())?;
    marking.dissemination = found.dissemination;
    let name = |rank: &usize| NON_IC.get(*rank).map(|control| control.name.to_owned()).unwrap_or_default();
    let non_ic = reading.sorted(found.non_ic, Ord::cmp, name)?;
    marking.non_ic = non_ic.iter().map(name).collect();
    Ok(())
}

/// Programs of the United States by name, then those of NATO (CAPCO H.7, p. 122).
fn compare_programs(left: &str, right: &str) -> Ordering {
    let key = |text: &str| match text.strip_prefix(programs::INDICATOR) {
        Some(program) => (false, program.split('-').next().unwrap_or_default().to_owned()),
        None => (true, text.to_owned()),
    };
    let (left, right) = (key(left), key(right));
    left.0.cmp(&right.0).then_with(|| numbers_first(&left.1, &right.1))
}

impl<'a> Found<'a> {
    /// Reads what stands between two double slashes.
    fn category(&mut self, category: Piece<'a>, reading: &mut Reading) -> Result<(), Problem> {
        let mut here: Option<Category> = None;
        let mut indicator = false;
        for item in items(category) {
            if item.as_str().contains(char::is_lowercase) {
                return Err(Problem::new(format!("`{}` is in lower case", item.as_str()), item.at())
                    .help(format!("markings are in capitals: `{}`", item.as_str().to_uppercase())));
            }
            let form = reading.form;
            let of_item = if indicator { in_programs(item, form)? } else { vocabulary::category(item, form) };
            let Some(of_item) = of_item else {
                return Err(vocabulary::unknown(item, form));
            };
            self.place(of_item, here, item, reading);
            here.get_or_insert(of_item);
            indicator |= programs::after_indicator(item).is_some();
            self.item(of_item, item, reading)?;
        }
        Ok(())
    }

    /// Notes when an item does not stand where its category belongs.
    fn place(&mut self, category: Category, here: Option<Category>, item: Piece<'a>, reading: &mut Reading) {
        let name = category.plural();
        match (here, self.last) {
            (Some(here), _) if here != category => {
                let message =
                    || format!("`{}` is not one of the {} and needs `//` before it", item.as_str(), here.plural());
                reading.misplaced(message, item.at());
            }
            (None, Some((last, other))) if last == category => {
                let message = || format!("{name} in two places: `{}` belongs with `{}`", item.as_str(), other.as_str());
                reading.misplaced(message, item.at());
            }
            (None, Some((last, other))) if last > category => {
                let message = || {
                    format!("{name} stand before {}: `{}` before `{}`", last.plural(), item.as_str(), other.as_str())
                };
                reading.misplaced(message, item.at());
            }
            _ => {}
        }
        if self.last.is_none_or(|(last, _)| last <= category) {
            self.last = Some((category, item));
        }
    }

    /// Reads one item of a category.
    fn item(&mut self, category: Category, item: Piece<'a>, reading: &mut Reading) -> Result<(), Problem> {
        match category {
            Category::ControlSystems => {
                self.control_systems.push((control_systems::read(item, reading)?, item.at()));
            }
            Category::Programs => self.program(item, reading)?,
            Category::Atomic => {
                let rank = atomic::marking(item, reading.form).map(|(rank, ..)| rank).unwrap_or_default();
                self.atomic.push(((rank, atomic::read(item, reading)?), item.at()));
            }
            Category::Foreign => {
                if self.foreign.is_some() {
                    return Err(repeated("FGI", item.at()));
                }
                reading.mark("FGI", item.at());
                self.foreign = Some(match vocabulary::foreign(item, reading.form).flatten() {
                    Some(list) => Fgi::From(codes::read(list, " ", Order::Alphabetical, reading)?),
                    None => Fgi::Concealed,
                });
            }
            Category::Dissemination => self.control(item, reading)?,
            Category::NonIc => {
                let rank = NON_IC.iter().position(|control| control.names(reading.form).contains(&item.as_str()));
                if let Some((rank, control)) = rank.and_then(|rank| Some((rank, NON_IC.get(rank)?))) {
                    reading.mark(control.name, item.at());
                    self.non_ic.push((rank, item.at()));
                }
            }
        }
        Ok(())
    }

    fn program(&mut self, item: Piece<'a>, reading: &mut Reading) -> Result<(), Problem> {
        let of_nato = programs::OF_NATO.iter().find(|name| **name == item.as_str());
        let program = programs::after_indicator(item);
        if let Some(name) = of_nato {
            reading.mark(name, item.at());
            self.programs.push(((*name).to_owned(), item.at()));
        } else if program.is_some_and(|program| program.as_str().is_empty())
            || (program.is_none() && programs::opens(item))
        {
            return Err(missing(item, "the program").help("such as `SAR-BP`"));
        } else {
            self.programs.push((programs::read(program.unwrap_or(item), reading)?, item.at()));
        }
        Ok(())
    }

    fn control(&mut self, item: Piece<'a>, reading: &mut Reading) -> Result<(), Problem> {
        let Some((control, list)) = vocabulary::control(item, reading.form) else {
            return Err(vocabulary::unknown(item, reading.form));
        };
        if self.controls.iter().any(|(other, _)| *other == control) {
            return Err(repeated(control.name(), item.at()));
        }
        let (separator, order) = match control {
            Control::RelTo => (", ", Order::UsaFirst),
            Control::Eyes => ("/", Order::UsaFirst),
            _ => (", ", Order::Alphabetical),
        };
        let codes = match list {
            Some(list) => codes::read(list, separator, order, reading)?,
            None if control.has_codes() && !reading.stands_for_banner(control, item) => {
                return Err(missing(item, "a list of codes"));
            }
            None => Vec::new(),
        };
        reading.mark(control.name(), item.at());
        self.controls.push((control, item.at()));
        control.set(&mut self.dissemination, codes);
        Ok(())
    }
}

/// The items of a category. The slashes of `USA/CAN/GBR EYES ONLY` stand inside one item.
fn items(category: Piece<'_>) -> Vec<Piece<'_>> {
    let mut items = Vec::new();
    let mut first_code: Option<Piece<'_>> = None;
    let mut pending = Vec::new();
    for item in category.split("/") {
        if item.as_str().ends_with(" EYES ONLY") {
            items.extend(category.span(first_code.unwrap_or(item), item));
            pending.clear();
            first_code = None;
        } else if country::is_trigraph(item.as_str()) {
            first_code.get_or_insert(item);
            pending.push(item);
        } else {
            items.append(&mut pending);
            first_code = None;
            items.push(item);
        }
    }
    items.append(&mut pending);
    items
}

/// The category of an item behind `SAR-`, where any word may be the name of a program: but what is registered outside
/// SCI is hardly meant as one.
fn in_programs(item: Piece<'_>, form: Form) -> Result<Option<Category>, Problem> {
    if let Some(program) = programs::after_indicator(item) {
        let message = format!("`{}` repeats the indicator", item.as_str());
        return Err(Problem::new(message, item.at()).help(format!(
            "it stands once, in front of the first program: `/{}` (CAPCO H.5, p. 100)",
            program.as_str()
        )));
    }
    Ok(match vocabulary::category(item, form) {
        None | Some(Category::ControlSystems) => Some(Category::Programs),
        registered => registered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_only_keeps_its_slashes() {
        let words = |text: &'static str| items(Piece::whole(text)).into_iter().map(Piece::as_str).collect::<Vec<_>>();
        assert_eq!(words("RELIDO/USA/CAN/GBR EYES ONLY/FISA"), ["RELIDO", "USA/CAN/GBR EYES ONLY", "FISA"]);
        assert_eq!(words("USA/CAN/NOFORN"), ["USA", "CAN", "NOFORN"]);
        assert_eq!(words("USA"), ["USA"]);
        assert_eq!(words("GBR EYES ONLY"), ["GBR EYES ONLY"]);
    }
}
