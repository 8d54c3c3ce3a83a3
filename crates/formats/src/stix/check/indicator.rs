//! The pattern of an indicator (section 9): that it is one, and what it speaks of.

use super::{Place, Version};
use crate::stix::{
    json::{Object, excerpt},
    names,
    pattern::{self, Pattern},
    spec::{self, Family, advice::Advice},
};

/// Checks the pattern of an indicator that is in the language of STIX.
pub(super) fn check<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let is_stix = match place.version {
        Version::V20 => true,
        Version::V21 => object.text("pattern_type") == Some("stix"),
    };
    let Some(text) = object.text("pattern").filter(|_| is_stix) else { return };
    let stated = object.text("pattern_version").and_then(Version::parse);
    place.key("pattern", |place| match pattern::parse(text, stated.unwrap_or(place.version)) {
        Ok(pattern) => subjects(&pattern, place),
        Err(problem) => {
            let (line, column) = problem.line_and_column(text);
            let reason = format!("line {line}, column {column}: {}", problem.message);
            match problem.help {
                Some(help) => place.wrong_help(reason, help),
                None => place.wrong(reason),
            }
        }
    });
}

/// The types and properties that it speaks of.
fn subjects(pattern: &Pattern<'_>, place: &mut Place<'_>) {
    for path in pattern.paths() {
        let (kind, property) = (path.kind, path.property());
        let known = spec::find(kind).filter(|known| known.family == Family::Observable);
        if known.is_none() {
            if !names::is_type(kind) {
                place.wrong(format!("`{}` is no type", excerpt(kind)));
            }
            if place.options.only_standard_types {
                place.wrong(format!("`{}` is no observable of the specification", excerpt(kind)));
            }
            prefix(kind, names::is_custom_type(kind), "x-", place);
        }
        if known.is_some_and(|known| known.property(property).is_some()) {
            continue;
        }
        let is_name = (3..=250).contains(&property.len())
            && property.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_name {
            place.wrong(format!("`{}` is no name of a property", excerpt(property)));
        } else if known.is_some() {
            if place.options.only_standard_properties {
                place.wrong(format!("a `{kind}` has no property `{property}`"));
            }
            prefix(property, names::is_custom_property(property), "x_", place);
        }
    }
}

/// In a pattern a custom name without its prefix is wrong where prefixes are asked for, not merely against advice: there is
/// no other way to tell that it is one.
fn prefix(name: &str, is_full: bool, opening: &str, place: &mut Place<'_>) {
    let is_wrong = place.gives(Advice::CustomPrefix) && !is_full
        || place.gives(Advice::CustomPrefixLax) && !name.starts_with(opening);
    if is_wrong && !place.gives(Advice::ExtensionsUse) {
        place.wrong(format!("the custom name `{}` does not open with `{opening}` and whose it is", excerpt(name)));
    }
}
