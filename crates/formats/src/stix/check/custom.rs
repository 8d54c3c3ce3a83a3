//! What is custom: advice on how it should be done, and nothing more, unless somebody wants only what is standard.

use super::{Place, Version, extensions};
use crate::stix::{
    json::{Object, excerpt},
    names,
    spec::{RESERVED, Type, advice::Advice},
};

/// Checks type and properties of an object.
pub(super) fn check<'p>(object: &'p Object<'p>, known: Option<&'static Type>, place: &mut Place<'p>) {
    if place.version == Version::V20 {
        return;
    }
    let Some(known) = known else {
        kind(object, place);
        return;
    };
    let is_extended = extensions::uses(object, &["toplevel-property-extension"]);
    for key in object.keys().filter(|key| known.property(key).is_none() && !RESERVED.contains(key)) {
        place.key(key, |place| property(key, is_extended, place));
    }
}

/// A type that is not in the specification.
fn kind<'p>(object: &Object<'_>, place: &mut Place<'p>) {
    let kind = place.kind;
    if kind.is_empty() || kind == "action" {
        return;
    }
    place.key("type", |place| {
        if !extensions::uses(object, &["new-sdo", "new-sco", "new-sro"]) {
            let reason = format!("`{}` is custom and has no extension of its own", excerpt(kind));
            place.advise(Advice::ExtensionsUse, reason);
        }
        if !names::is_custom_type(kind) {
            place.advise(Advice::CustomPrefix, "a custom type is called `x-`, who made it, a hyphen, a name");
        }
        if !kind.starts_with("x-") {
            place.advise(Advice::CustomPrefixLax, "a custom type opens with `x-`");
        }
    });
}

/// A property inside an object inside, which no extension reaches.
pub(super) fn inner(key: &str, place: &mut Place<'_>) {
    property(key, false, place);
}

fn property(key: &str, is_extended: bool, place: &mut Place<'_>) {
    if place.options.only_standard_properties {
        place.wrong("is no property of the specification");
    }
    if !is_extended {
        place.advise(Advice::ExtensionsUse, "is custom, and no extension brings it");
    }
    if !names::is_custom_property(key) {
        place.advise(Advice::CustomPrefix, "a custom property is called `x_`, who made it, an underscore, a name");
    }
    if !key.starts_with("x_") {
        place.advise(Advice::CustomPrefixLax, "a custom property opens with `x_`");
    }
}
