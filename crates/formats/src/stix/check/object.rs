//! One object: its frame, its properties by the table of its type, its rules, and what only some types have.

use super::{Options, Place, Report, Step, Version, advise, custom, indicator, marking, observed, rules, value};
use crate::stix::{
    id::Id,
    json::{Object, Value, excerpt},
    names,
    spec::{self, Family, RESERVED, Type, advice::Advice, older},
};

/// Checks an object that is no bundle.
pub(super) fn check<'p>(object: &'p Object<'p>, options: &'p Options, version: Version, report: &'p mut Report) {
    let id = object.text("id").unwrap_or_default();
    let kind = object.text("type").unwrap_or_default();
    let mut place = Place { options, version, id, kind, keys: None, path: Vec::new(), report };
    let known = match version {
        Version::V21 => spec::find(kind).filter(|known| known.family != Family::Bundle),
        Version::V20 => older::required(kind).and_then(|_| spec::find(kind)),
    };
    frame(object, known, &mut place);
    properties(object, known, &mut place);
    if let Some(known) = known {
        rules::check(object, &known.shape, &mut place);
    }
    if object.has("created") && object.has("modified") {
        rules::moments(object, "modified", "created", false, &mut place);
    }
    if kind == "observed-data" {
        observed::check(object, &mut place);
    }
    if kind == "indicator" {
        indicator::check(object, &mut place);
    }
    marking::check(object, &mut place);
    custom::check(object, known, &mut place);
    if version == Version::V21 {
        advise::check(object, known, &mut place);
    }
}

/// What an observable of old must be, which has no identifier of its own.
pub(super) fn check_embedded<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let Some(kind) = object.text("type") else {
        place.wrong("`type` is missing");
        return;
    };
    let known = spec::find(kind).filter(|known| known.family == Family::Observable);
    let outer = std::mem::replace(&mut place.kind, kind);
    for (key, value) in object.iter() {
        match known.and_then(|known| known.property(key)) {
            Some(property) if !["id", "type"].contains(&key) => {
                place.key(key, |place| value::check(value, property.kind, place));
            }
            _ => place.key(key, |place| free(key, value, place)),
        }
    }
    if let Some(known) = known {
        for property in known.properties().filter(|property| property.is_required && property.name != "id") {
            missing(object, property.name, place);
        }
        rules::check(object, &known.shape, place);
    }
    custom::check(object, known, place);
    place.kind = outer;
}

/// Type and identifier.
fn frame(object: &Object<'_>, known: Option<&Type>, place: &mut Place<'_>) {
    place.path.push(Step::Key("type"));
    match object.get("type").map(Value::text) {
        None => place.wrong("is missing"),
        Some(None) => place.wrong("expected a text"),
        Some(Some("action")) => place.wrong("`action` is reserved"),
        Some(Some("bundle")) => place.wrong("a bundle does not stand in another object"),
        Some(Some(kind)) if !names::is_type(kind) => place.wrong_help(
            format!("`{}` is no type", excerpt(kind)),
            "small letters a to z, digits and single hyphens; a letter first; 3 to 250 characters",
        ),
        Some(Some(kind)) => {
            if known.is_none() && place.options.only_standard_types {
                place.wrong(format!("`{}` is no type of the specification", excerpt(kind)));
            }
        }
    }
    place.path.pop();
    place.path.push(Step::Key("id"));
    match object.get("id") {
        None => place.wrong("is missing"),
        Some(id) => match id.text().map(Id::read) {
            None => place.wrong("expected a text"),
            Some(Err(problem)) => place.wrong_help(problem.message, problem.help.unwrap_or_default()),
            Some(Ok(id)) => {
                if !place.kind.is_empty() && id.kind != place.kind {
                    let kind = excerpt(place.kind);
                    place.wrong(format!("the identifier of a `{kind}` opens with `{kind}--`"));
                }
                uuid(id, object, known, place);
            }
        },
    }
    place.path.pop();
}

/// Of which version the UUID is: 5 for what is identified by its content, 4 for the rest (section 2.9).
fn uuid(id: Id<'_>, object: &Object<'_>, known: Option<&Type>, place: &mut Place<'_>) {
    if place.version == Version::V20 {
        return;
    }
    let is_observable = known.is_some_and(|known| known.family == Family::Observable);
    let contributing = contributing(place.kind);
    let is_random = contributing.is_some_and(|names| names.iter().all(|name| !object.has(name)));
    if place.kind == "process" || is_random {
        if id.version() != 4 {
            place.wrong_help("a UUID of version 4 is needed", "nothing in this object could make a UUID of version 5");
        }
    } else if is_observable && id.version() != 5 {
        place.advise(Advice::UuidCheck, "a UUID of version 5 is expected, made of the object's own properties");
    } else if !is_observable && id.version() != 4 {
        place.advise(Advice::UuidCheck, "a UUID of version 4 is expected");
    }
}

/// The properties that an identifier is made of, for types where all of them may be absent (section 6).
fn contributing(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "artifact" => &["hashes", "payload_bin"],
        "email-message" => &["from_ref", "subject", "body"],
        "user-account" => &["account_type", "user_id", "account_login"],
        "windows-registry-key" => &["key", "values"],
        "x509-certificate" => &["hashes", "serial_number"],
        _ => return None,
    })
}

fn properties<'p>(object: &'p Object<'p>, known: Option<&'static Type>, place: &mut Place<'p>) {
    // Of an object that nobody here knows, what has no date is an observable.
    let common: &'static [spec::Property] = match known {
        Some(_) => &[],
        None if object.has("created") || object.has("modified") => spec::COMMON,
        None => spec::COMMON_OBSERVABLE,
    };
    let find = |name: &str| match known {
        Some(known) => known.property(name),
        None => common.iter().find(|property| property.name == name),
    };
    for (key, value) in object.iter() {
        if RESERVED.contains(&key) {
            place.key(key, |place| place.wrong("the name is reserved"));
            continue;
        }
        match find(key) {
            // Seen with the frame.
            Some(property) if ["id", "type"].contains(&property.name) => {}
            Some(property) => place.key(key, |place| value::check(value, property.kind, place)),
            None => place.key(key, |place| free(key, value, place)),
        }
    }
    let own = known.into_iter().flat_map(Type::properties);
    for property in own.chain(common).filter(|property| property.is_required) {
        let is_of_21 = property.name == "spec_version" || known.is_some() && !is_common(property.name);
        if place.version == Version::V21 || !is_of_21 {
            missing(object, property.name, place);
        }
    }
    if place.version == Version::V20 {
        for name in older::required(place.kind).unwrap_or_default() {
            missing(object, name, place);
        }
    }
}

fn is_common(name: &str) -> bool {
    spec::COMMON.iter().any(|common| common.name == name)
}

fn missing<'p>(object: &Object<'_>, name: &'p str, place: &mut Place<'p>) {
    // The frame says it of these two.
    if !object.has(name) && !["id", "type"].contains(&name) {
        place.key(name, |place| place.wrong("is missing"));
    }
}

/// A property that no table has: custom, or of an extension.
pub(super) fn free<'p>(key: &str, value: &'p Value<'p>, place: &mut Place<'p>) {
    if !names::is_property(key) {
        place.wrong_help(
            format!("`{}` is no name of a property", excerpt(key)),
            "small letters a to z, digits and underscores; a letter first; 3 to 250 characters",
        );
    }
    value::check_free(value, place);
    // What the ending of the name promises holds for everybody's properties (section 3.1).
    match (value.text(), key) {
        (Some(text), key) if key.ends_with("_bin") && !names::is_base64(text) => place.wrong("is no base64"),
        (Some(text), key) if key.ends_with("_hex") && !names::is_hex(text) => place.wrong("is no hexadecimal"),
        _ => {}
    }
}
