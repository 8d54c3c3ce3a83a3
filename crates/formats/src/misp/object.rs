//! Objects of MISP that are one observable.

use serde_json::{Map, Value};

use super::{
    facts::Fact,
    flag, list,
    table::{self, Place, Template},
    text,
};

/// What an object of MISP says of one observable.
pub(super) struct Read {
    pub(super) template: &'static Template,
    /// What all its attributes say.
    pub(super) facts: Vec<Fact>,
    /// What those say that are for detection.
    pub(super) detected: Vec<Fact>,
    /// The relations that STIX has no word for.
    pub(super) beside: Vec<String>,
}

/// Reads an object of a template that STIX has a word for. `None` when a relation that has one value there has several here, or
/// nothing is left.
pub(super) fn read(object: &Map<String, Value>) -> Option<Read> {
    let template = table::template(&text(object, "name")?)?;
    let mut read = Read { template, facts: Vec::new(), detected: Vec::new(), beside: Vec::new() };
    for attribute in list(object, "Attribute").filter(|attribute| !flag(attribute, "deleted")) {
        let relation = text(attribute, "object_relation")?;
        let place = template.relations.iter().find(|(name, ..)| *name == relation).map(|(.., place)| *place);
        let fact = place.zip(text(attribute, "value")).and_then(|(place, value)| Fact::new(place, &value));
        let Some(fact) = fact else {
            read.beside.push(relation);
            continue;
        };
        let is_one = !matches!(fact.place, Place::Refs(..) | Place::Addresses(_));
        if is_one && read.facts.iter().any(|other| other.place == fact.place) {
            return None;
        }
        if flag(attribute, "to_ids") {
            read.detected.push(fact.clone());
        }
        read.facts.push(fact);
    }
    (!read.facts.is_empty()).then_some(read)
}
