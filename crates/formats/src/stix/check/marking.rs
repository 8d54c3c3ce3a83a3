//! Marking definitions, and markings of parts of an object (section 7.2).

use super::{Place, Step, Version, extensions};
use crate::{
    label::tlp::stix::Colour,
    stix::{
        json::{Object, Value},
        marking::selector::Selector,
        spec::advice::Advice,
    },
};

/// What a marking definition of TLP 1 has, and nothing else.
const TLP_KEYS: [&str; 7] = ["type", "spec_version", "id", "created", "name", "definition_type", "definition"];

/// Checks the markings of an object; of a marking definition what it defines.
pub(super) fn check<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    selectors(object, place);
    if place.kind != "marking-definition" {
        return;
    }
    circles(object, place);
    let kind = object.text("definition_type");
    let statement = object.get("definition").and_then(Value::object).and_then(|object| object.get("statement"));
    match kind {
        Some("statement") if !matches!(statement, Some(Value::Text(_))) => {
            place.key("definition", |place| place.wrong("a statement has a text `statement`"));
        }
        Some("tlp") => tlp(object, place),
        _ => {}
    }
    if place.version == Version::V21 && !matches!(kind, Some("statement" | "tlp")) {
        if !object.has("extensions") {
            place.advise(Advice::ExtensionsUse, "a marking of its own kind is an extension");
        }
        if kind.is_some() {
            place.key("definition_type", |place| {
                place.advise(Advice::MarkingDefinitionType, "is neither `statement` nor `tlp`");
            });
        }
    }
    if object.has("extensions") && !extensions::uses(object, &["property-extension", "toplevel-property-extension"]) {
        place.key("extensions", |place| place.wrong("a marking is extended by a `property-extension`"));
    }
}

/// The four objects of TLP 1 are predefined, to the last property.
fn tlp<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let found = object.text("id").and_then(Colour::of_marking_definition);
    let Some(colour @ Colour::One(_)) = found else {
        return place.wrong("TLP 1 has four marking definitions, and this is none of them");
    };
    let word = colour.as_str().trim_start_matches("TLP:").to_ascii_lowercase();
    let said = object.get("definition").and_then(Value::object).and_then(|definition| definition.text("tlp"));
    let is_predefined = said == Some(&word)
        && object.text("created") == Some("2017-01-20T00:00:00.000Z")
        && (place.version == Version::V20 || object.text("name") == Some(colour.as_str()))
        && object.keys().all(|key| TLP_KEYS.contains(&key));
    if !is_predefined {
        place.wrong_help(
            format!("is not the predefined object of {}", colour.as_str()),
            "write it as section 7.2.1.4 of the specification has it, and nothing beside it",
        );
    }
}

/// A marking does not mark itself.
fn circles<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let refs = object.get("object_marking_refs").and_then(Value::list).unwrap_or_default();
    if refs.iter().any(|id| id.text() == Some(place.id)) {
        place.key("object_marking_refs", |place| place.wrong("points at the marking itself"));
    }
    let granular = object.get("granular_markings").and_then(Value::list).unwrap_or_default();
    let mut refs = granular.iter().filter_map(|item| item.object()?.text("marking_ref"));
    if refs.any(|id| id == place.id) {
        place.key("granular_markings", |place| place.wrong("points at the marking itself"));
    }
}

/// Each selector selects something that is there.
fn selectors<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let Some(granular) = object.get("granular_markings").and_then(Value::list) else { return };
    place.key("granular_markings", |place| {
        for (at, item) in granular.iter().enumerate() {
            let texts = item.object().and_then(|item| item.get("selectors")).and_then(Value::list).unwrap_or_default();
            for (number, text) in texts.iter().enumerate() {
                let Some(Ok(selector)) = text.text().map(Selector::parse) else { continue };
                if !selector.is_in(object) {
                    place.at(Step::At(at), |place| {
                        place.key("selectors", |place| {
                            place.at(Step::At(number), |place| place.wrong("selects nothing that is in the object"));
                        });
                    });
                }
            }
        }
    });
}
