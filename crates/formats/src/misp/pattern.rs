//! Patterns that say no more than an attribute of MISP does.

use core::net::IpAddr;

use super::{
    facts::Fact,
    table::{ATTRIBUTES, Place, Row, TEMPLATES, Template},
};
use crate::stix::{
    check::Version,
    pattern::{Comparison, Literal, Observation, Operator, Path, Step, parse},
};

/// What a pattern is in MISP.
pub(super) enum Found {
    /// An attribute: its row, and its value.
    Attribute(&'static Row, String),
    /// An object: its template, and its attributes by relation.
    Object(&'static Template, Vec<(&'static str, &'static str, String)>),
}

/// What a pattern is, when it says that something holds of one observable, and nothing else.
pub(super) fn find(text: &str) -> Option<Found> {
    let pattern = parse(text, Version::V21).ok()?;
    let Observation::One(comparison) = &pattern.0 else { return None };
    let mut tests = Vec::new();
    flat(comparison, &mut tests)?;
    let kind = tests.first()?.0.kind;
    if tests.iter().any(|(path, _)| path.kind != kind) {
        return None;
    }
    let mut tests: Vec<(String, String)> = tests.into_iter().map(|(path, value)| (spell(path), value)).collect();
    // Of which version an address is, the address says.
    tests.retain(|(path, _)| !path.ends_with("_ref.type"));
    let fits = |place: &Place, path: &str, value: &str| path == spelt(place) && place_takes(place, value);
    for row in ATTRIBUTES.iter().filter(|row| row.kind == kind && row.parts.len() == tests.len()) {
        let value = |place: &Place| tests.iter().find(|(path, value)| fits(place, path, value)).map(|(_, value)| value);
        let values: Option<Vec<&str>> = row.parts.iter().map(|place| value(place).map(String::as_str)).collect();
        // What stands before the last bar must have none of its own, or it would be read back otherwise.
        let is_clear =
            |values: &[&str]| values.split_last().is_some_and(|(_, front)| front.iter().all(|it| !it.contains('|')));
        if let Some(values) = values.filter(|values| is_clear(values)) {
            return Some(Found::Attribute(row, values.join("|")));
        }
    }
    for template in TEMPLATES.iter().filter(|template| template.kind == kind) {
        let relation = |(path, value): &(String, String)| {
            let found = template.relations.iter().find(|(.., place)| fits(place, path, value));
            found.map(|(relation, kind, _)| (*relation, *kind, value.clone()))
        };
        if let Some(attributes) = tests.iter().map(relation).collect::<Option<Vec<_>>>() {
            return Some(Found::Object(template, attributes));
        }
    }
    None
}

fn flat<'t, 'a>(comparison: &'t Comparison<'a>, tests: &mut Vec<(&'t Path<'a>, String)>) -> Option<()> {
    match comparison {
        Comparison::All(parts) => parts.iter().try_for_each(|part| flat(part, tests)),
        Comparison::Test { path, is_negated: false, operator: Operator::Equal, literals } => {
            let [literal] = literals.as_slice() else { return None };
            let value = match literal {
                Literal::Text(text) => text.to_string(),
                Literal::Integer(number) => number.to_string(),
                _ => return None,
            };
            tests.push((path, value));
            Some(())
        }
        _ => None,
    }
}

fn spell(path: &Path<'_>) -> String {
    let mut out = String::new();
    for step in &path.steps {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.extend([".", key]),
            Step::At(at) => out.push_str(&format!("[{at}]")),
            Step::Any => out.push_str("[*]"),
        }
    }
    out
}

fn spelt(place: &Place) -> String {
    match place {
        Place::Own(property) | Place::Whole(property) | Place::System(property) => (*property).to_owned(),
        Place::Hash(name) => format!("hashes.{name}"),
        Place::Ref(property, _, of) => format!("{property}.{of}"),
        Place::Refs(property, _, of) => format!("{property}[*].{of}"),
        Place::Address(property) => format!("{property}.value"),
        Place::Addresses(property) => format!("{property}[*].value"),
        Place::Inside(list, property) => format!("{list}[*].{property}"),
        Place::Itself => "value".to_owned(),
    }
}

fn place_takes(place: &Place, value: &str) -> bool {
    let is_address = || value.split('/').next().is_some_and(|front| front.parse::<IpAddr>().is_ok());
    match place {
        Place::Address(_) | Place::Addresses(_) => is_address(),
        Place::Ref(_, "domain-name", _) => !is_address(),
        place => Fact::new(*place, value).is_some(),
    }
}
