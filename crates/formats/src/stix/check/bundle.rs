//! A bundle and its objects, or one object (section 8).

use std::collections::{BTreeMap, BTreeSet};

use super::{Options, Place, Report, Step, Version, object};
use crate::stix::{
    id::Id,
    json::{Object, Value},
    spec::advice::Advice,
};

/// Checks an object; of a bundle each of its objects too.
pub(super) fn check(object: &Object<'_>, options: &Options, report: &mut Report) {
    let id = object.text("id").unwrap_or_default();
    if object.text("type") != Some("bundle") {
        let version = version_of(object, options, None);
        object::check(object, options, version, report);
        return;
    }
    let stated = object.text("spec_version").and_then(Version::parse);
    let version = options.version.or(stated).unwrap_or(Version::V21);
    let mut place = Place { options, version, id, kind: "bundle", keys: None, path: Vec::new(), report };
    frame(object, &mut place);
    if version == Version::V20 {
        match object.get("spec_version").map(Value::text) {
            Some(Some("2.0")) => {}
            _ => place
                .wrong_help("a bundle of STIX 2.0 says `\"spec_version\": \"2.0\"`", "objects of 2.1 have their own"),
        }
    }
    let Some(objects) = object.get("objects") else { return };
    let Some(items) = objects.list().filter(|items| !items.is_empty()) else {
        place.key("objects", |place| place.wrong("expected a list of at least one object"));
        return;
    };
    for (at, item) in items.iter().enumerate() {
        match item.object() {
            Some(item) => object::check(
                item,
                options,
                version_of(item, options, Some(stated.unwrap_or(Version::V21))),
                place.report,
            ),
            None => {
                place.key("objects", |place| place.at(Step::At(at), |place| place.wrong("expected an object")));
            }
        }
    }
    duplicates(items, &mut place);
    if options.is_interoperable && version == Version::V21 {
        producers(items, &mut place);
    }
}

/// The bundle around its objects.
fn frame(object: &Object<'_>, place: &mut Place<'_>) {
    let id = place.id;
    place.path.push(Step::Key("id"));
    match Id::read(id) {
        Err(problem) => place.wrong_help(problem.message, problem.help.unwrap_or_default()),
        Ok(id) if id.kind != "bundle" => place.wrong("a bundle's identifier opens with `bundle--`"),
        Ok(id) if id.version() != 4 => place.advise(Advice::UuidCheck, "a UUID of version 4 is expected"),
        Ok(_) => {}
    }
    place.path.pop();
    for key in object.keys() {
        // Until 2.0 a bundle had a version, and still often has.
        if !["type", "id", "objects", "spec_version"].contains(&key) {
            place.path.clear();
            if place.options.only_standard_properties {
                place.wrong(format!("a bundle has no property `{}`", crate::stix::json::excerpt(key)));
            }
            place.advise(
                Advice::ExtensionsUse,
                format!("a bundle has no property `{}`", crate::stix::json::excerpt(key)),
            );
        }
    }
}

/// The version that an object is checked against. In a bundle of 2.1 an object without `spec_version` that was created is
/// of 2.0: no version of 2.1 leaves it out but that of observables, which are not created.
fn version_of(object: &Object<'_>, options: &Options, bundle: Option<Version>) -> Version {
    let stated = object.text("spec_version").and_then(Version::parse);
    let is_old = bundle == Some(Version::V21) && stated.is_none() && object.has("created");
    match (bundle, options.version) {
        (Some(Version::V20), _) => Version::V20,
        _ if is_old => Version::V20,
        (_, Some(version)) => version,
        _ => stated.unwrap_or(Version::V21),
    }
}

/// Versions of an object differ in when they were made.
fn duplicates(items: &[Value<'_>], place: &mut Place<'_>) {
    let mut seen = BTreeSet::new();
    for (id, modified) in items.iter().filter_map(|item| {
        let item = item.object()?;
        Some((item.text("id")?, item.text("modified")?))
    }) {
        if !seen.insert((id, modified)) {
            place.path.clear();
            place.advise(
                Advice::DuplicateIds,
                format!("`{}` stands twice with the same `modified`", crate::stix::json::excerpt(id)),
            );
        }
    }
}

/// Each object says who made it, and the bundle holds that identity, which says who made it too.
fn producers(items: &[Value<'_>], place: &mut Place<'_>) {
    let objects = || items.iter().filter_map(Value::object);
    let identities: BTreeMap<&str, bool> = objects()
        .filter(|object| object.text("type") == Some("identity"))
        .filter_map(|object| Some((object.text("id")?, object.has("created_by_ref"))))
        .collect();
    for object in objects().filter(|object| object.text("type") != Some("identity")) {
        let id = object.text("id").unwrap_or_default();
        let reason = match object.text("created_by_ref") {
            None => "does not say who made it",
            Some(maker) => match identities.get(maker) {
                Some(true) => continue,
                Some(false) => "was made by an identity that does not say who made it",
                None => "was made by an identity that is not in the bundle",
            },
        };
        place.path.clear();
        place.wrong_help(
            format!("`{}` {reason}", crate::stix::json::excerpt(id)),
            "set `created_by_ref` to an identity of the bundle",
        );
    }
}
