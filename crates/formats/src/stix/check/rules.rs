//! What goes with what inside an object.

use super::Place;
use crate::stix::{
    json::{Object, Value},
    spec::{Rule, Shape},
    time::Moment,
};

/// Checks the rules of a table.
pub(super) fn check<'p>(object: &'p Object<'p>, shape: &'static Shape, place: &mut Place<'p>) {
    for rule in shape.rules {
        match *rule {
            Rule::AnyOf(names) => {
                if !names.iter().any(|name| object.has(name)) {
                    place.wrong(format!("one of {} is needed", list(names)));
                }
            }
            Rule::Something => {
                if !shape.properties.iter().any(|property| object.has(property.name)) {
                    place.wrong("says nothing: one of its properties is needed");
                }
            }
            Rule::OneOf(names) => match names.iter().filter(|name| object.has(name)).count() {
                1 => {}
                0 => place.wrong(format!("one of {} is needed", list(names))),
                _ => place.wrong(format!("only one of {} may be there", list(names))),
            },
            Rule::With(name, others) => {
                for other in others.iter().filter(|other| object.has(name) && !object.has(other)) {
                    place.wrong(format!("`{name}` needs `{other}` beside it"));
                }
            }
            Rule::WhenWithout(name, state, other) => {
                if object.get(name) == Some(&Value::Boolean(state)) && object.has(other) {
                    place.wrong(format!("`{other}` may not be there when `{name}` is `{state}`"));
                }
            }
            Rule::WhenWith(name, other) => {
                if object.get(name) == Some(&Value::Boolean(true)) && !object.has(other) {
                    place.wrong(format!("`{other}` is needed when `{name}` is `true`"));
                }
            }
            Rule::NotBefore(late, early) => moments(object, late, early, false, place),
            Rule::After(late, early) => moments(object, late, early, true, place),
        }
    }
}

/// The moment `late` is at `early` or later; when `strictly`, later.
pub(super) fn moments<'p>(object: &Object<'_>, late: &'p str, early: &str, strictly: bool, place: &mut Place<'p>) {
    let at = |name| object.text(name).and_then(|text| Moment::parse(text).ok());
    let (Some(end), Some(start)) = (at(late), at(early)) else { return };
    if end < start || strictly && end == start {
        let relation = if strictly { "later than" } else { "at or after" };
        place.key(late, |place| place.wrong(format!("must be {relation} `{early}`")));
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
