//! Extensions: the predefined ones by their tables, the others by what every extension must be (section 7.3).

use super::{Place, object, value};
use crate::stix::{
    id::is_uuid,
    json::{Object, Value, excerpt},
    names,
    spec::{EXTENSION_TYPES, Shape, advice::Advice},
};

/// Checks the extensions of an object.
pub(super) fn check<'p>(value: &'p Value<'p>, known: &'static [(&'static str, Shape)], place: &mut Place<'p>) {
    let Some(extensions) = value::filled(value, place) else { return };
    for (name, value) in extensions.iter() {
        place.key(name, |place| {
            if let Some((_, shape)) = known.iter().find(|(known, _)| *known == name) {
                value::nested(value, shape, true, place);
            } else if name.strip_prefix("extension-definition--").is_some_and(is_uuid) {
                defined(value, place);
                // Advice of the validator, for types that have predefined extensions.
                if !known.is_empty() && !any(extensions, &["property-extension"]) {
                    place.advise(Advice::ExtensionsUse, "an observable is extended by a `property-extension`");
                }
            } else if name.ends_with("-ext") && names::is_type(name) && place.kind != "marking-definition" {
                custom(name, value, extensions, place);
            } else {
                place.wrong_help(
                    format!("`{}` is no extension", excerpt(name)),
                    "`extension-definition--` and a UUID, or of an observable a name that ends in `-ext`",
                );
            }
        });
    }
}

/// An extension that has a definition, here or elsewhere.
fn defined<'p>(value: &'p Value<'p>, place: &mut Place<'p>) {
    let Some(extension) = value::filled(value, place) else { return };
    for (key, value) in extension.iter().filter(|(key, _)| *key != "extension_type") {
        place.key(key, |place| object::free(key, value, place));
    }
    place.key("extension_type", |place| match extension.get("extension_type").map(Value::text) {
        None => place.wrong("is missing"),
        Some(Some(kind)) if EXTENSION_TYPES.contains(&kind) => {}
        Some(_) => place.wrong_help("is no type of extension", "such as `property-extension`"),
    });
}

/// An extension of the kind that STIX 2.0 had.
fn custom<'p>(name: &str, value: &'p Value<'p>, extensions: &Object<'_>, place: &mut Place<'p>) {
    let Some(extension) = value::filled(value, place) else { return };
    for (key, value) in extension.iter() {
        place.key(key, |place| object::free(key, value, place));
    }
    if !any(extensions, &["property-extension"]) {
        place.advise(Advice::ExtensionsUse, "a custom extension has an extension definition");
    }
    if !names::is_custom_extension(name) {
        place.advise(Advice::CustomPrefix, "a custom extension is called `x-`, who made it, a name, `-ext`");
    }
    if !name.starts_with("x-") {
        place.advise(Advice::CustomPrefixLax, "a custom extension opens with `x-`");
    }
}

/// Whether an object uses an extension of one of these types.
pub(super) fn uses(object: &Object<'_>, types: &[&str]) -> bool {
    object.get("extensions").and_then(Value::object).is_some_and(|extensions| any(extensions, types))
}

fn any(extensions: &Object<'_>, types: &[&str]) -> bool {
    let kind = |value: &Value<'_>| value.object()?.text("extension_type").map(|kind| types.contains(&kind));
    extensions.iter().any(|(_, value)| kind(value) == Some(true))
}
