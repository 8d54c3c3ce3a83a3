//! Observables inside an observation, as 2.0 had them (section 4.14), and contents by language (section 7.1).

use super::{Place, Version, object, value};
use crate::stix::{
    json::{Object, Value, excerpt},
    names,
    spec::advice::Advice,
};

/// Checks what only an observation has.
pub(super) fn check(object: &Object<'_>, place: &mut Place<'_>) {
    if place.version == Version::V21 && object.has("objects") {
        place.key("objects", |place| {
            place.advise(
                Advice::DeprecatedProperties,
                "is deprecated: observables stand for themselves, in `object_refs`",
            );
        });
    }
}

/// Checks the observables.
pub(super) fn objects<'p>(value: &'p Value<'p>, place: &mut Place<'p>) {
    let Some(objects) = value::filled(value, place) else { return };
    let outer = place.keys.replace(objects);
    for (key, value) in objects.iter() {
        place.key(key, |place| {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_digit()) {
                place.advise(Advice::ObservableObjectKeys, "keys of observables are whole numbers");
            }
            match value.object() {
                Some(object) => object::check_embedded(object, place),
                None => place.wrong("expected an object"),
            }
        });
    }
    place.keys = outer;
}

/// Checks contents by language.
pub(super) fn translations<'p>(value: &'p Value<'p>, place: &mut Place<'p>) {
    let Some(languages) = value::filled(value, place) else { return };
    for (language, value) in languages.iter() {
        place.key(language, |place| {
            if !names::is_language(language) {
                place.wrong(format!("`{}` is no language tag (RFC 5646)", excerpt(language)));
            }
            let Some(contents) = value::filled(value, place) else { return };
            for (key, value) in contents.iter() {
                place.key(key, |place| {
                    if !names::is_property(key) {
                        place.wrong(format!("`{}` is no name of a property", excerpt(key)));
                    }
                    value::check_free(value, place);
                });
            }
        });
    }
}
