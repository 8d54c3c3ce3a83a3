//! One value against what may stand in its place.

use super::{Place, Step, forms, object, rules};
use crate::problem::suggestion;
use crate::stix::{
    id::Id,
    json::{Object, Value, excerpt},
    names,
    spec::{self, Family, Kind, Shape, advice::Advice, lists, vocabulary::Vocabulary},
    time::{self, Moment, Wrong},
};

/// Checks a value.
pub(super) fn check<'p>(value: &'p Value<'p>, kind: Kind, place: &mut Place<'p>) {
    match kind {
        Kind::Text => {
            text(value, place);
        }
        Kind::Boolean => {
            if !matches!(value, Value::Boolean(_)) {
                expected("`true` or `false`", value, place);
            }
        }
        Kind::Integer(least, most) => integer(value, least, most, place),
        Kind::Number(least, most) => number(value, least, most, place),
        Kind::Time => moment(value, place),
        Kind::TimeOfVersion => {
            moment(value, place);
            // 2.0 and 2.1 both want milliseconds at least, so that versions of one second can be told apart.
            if value.text().and_then(time::decimals).is_some_and(|count| count < 3) {
                place.wrong_help("needs three decimal places", "such as `2016-05-12T08:17:27.000Z`");
            }
        }
        Kind::TimeOfSeconds => {
            moment(value, place);
            if value.text().and_then(time::decimals).is_some_and(|count| count > 0) {
                place.wrong("has no decimal places");
            }
        }
        Kind::Binary => with_text(value, place, |text, place| {
            if !names::is_base64(text) {
                place.wrong("is no base64");
            }
        }),
        Kind::Hex => with_text(value, place, |text, place| {
            if !names::is_hex(text) {
                place.wrong("is no hexadecimal, two digits a byte");
            }
        }),
        Kind::Id => with_text(value, place, |text, place| {
            identifier(text, place);
        }),
        Kind::Ref(kinds) => with_text(value, place, |text, place| reference(text, kinds, place)),
        Kind::RefBut(kinds) => with_text(value, place, |text, place| {
            if let Some(id) = identifier(text, place)
                && kinds.contains(&id.kind)
            {
                place.wrong(format!("may not point at a `{}`", id.kind));
            }
        }),
        Kind::Form(form) => with_text(value, place, |text, place| forms::check(text, form, place)),
        Kind::Closed(words) => with_text(value, place, |text, place| {
            if !words.contains(&text) {
                let help = suggestion(excerpt(text), words.iter().copied());
                place.wrong_help(format!("`{}` is none of the words that may stand here", excerpt(text)), help);
            }
        }),
        Kind::Open(vocabulary) => with_text(value, place, |text, place| word(text, vocabulary, place)),
        Kind::List(kind) => list(value, 1, kind, place),
        Kind::Dictionary => dictionary(value, None, place),
        Kind::DictionaryOf(kind) => dictionary(value, Some(kind), place),
        Kind::Either(one, other) => {
            let is_list = matches!(value, Value::List(_));
            let is_text = matches!(value, Value::Text(_));
            let fits = |kind: &Kind| match kind {
                Kind::Text => is_text,
                Kind::List(_) => is_list,
                _ => !is_list && !is_text,
            };
            check(value, if fits(one) { *one } else { *other }, place);
        }
        Kind::Hashes => hashes(value, place),
        Kind::Nested(shape) => nested(value, shape, false, place),
        Kind::NestedStrict(shape) => nested(value, shape, true, place),
        Kind::Extensions(known) => super::extensions::check(value, known, place),
        Kind::Observables => super::observed::objects(value, place),
        Kind::Translations => super::observed::translations(value, place),
    }
}

/// A value of somebody's own: nothing is known of it but that it is neither `null` nor an empty list (section 2).
pub(super) fn check_free<'p>(value: &'p Value<'p>, place: &mut Place<'p>) {
    match value {
        Value::Null => place.wrong_help("`null` says nothing", "leave the property out"),
        Value::List(items) if items.is_empty() => {
            place.wrong_help("an empty list says nothing", "leave the property out");
        }
        _ => {}
    }
}

fn expected(what: &str, value: &Value<'_>, place: &mut Place<'_>) {
    place.wrong(format!("expected {what}, found {}", value.kind()));
}

fn text<'v>(value: &'v Value<'v>, place: &mut Place<'_>) -> Option<&'v str> {
    let text = value.text();
    if text.is_none() {
        expected("a text", value, place);
    }
    text
}

fn with_text<'p>(value: &'p Value<'p>, place: &mut Place<'p>, work: impl FnOnce(&'p str, &mut Place<'p>)) {
    if let Some(text) = text(value, place) {
        work(text, place);
    }
}

fn integer(value: &Value<'_>, least: i64, most: i64, place: &mut Place<'_>) {
    let whole = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            // `1.0` is a whole number too; beyond 2^53 nobody knows which.
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
            number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9.0e15).map(|number| number as i64)
        }),
        _ => return expected("a whole number", value, place),
    };
    match whole {
        None => place.wrong("expected a whole number"),
        Some(whole) if whole < least => place.wrong(format!("{whole} is below {least}")),
        Some(whole) if whole > most => place.wrong(format!("{whole} is above {most}")),
        Some(_) => {}
    }
}

fn number(value: &Value<'_>, least: f64, most: f64, place: &mut Place<'_>) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            if !(least..=most).contains(&number) {
                place.wrong(format!("{number} is not between {least} and {most}"));
            }
        }
        _ => expected("a number", value, place),
    }
}

fn moment(value: &Value<'_>, place: &mut Place<'_>) {
    let Some(text) = text(value, place) else { return };
    const HELP: &str = "in UTC, such as `2016-05-12T08:17:27.000Z`";
    match Moment::parse(text) {
        Ok(_) => {}
        Err(Wrong::Form) => place.wrong_help(format!("`{}` is no moment", excerpt(text)), HELP),
        Err(Wrong::Calendar) => place.wrong_help(format!("`{}` is in no calendar", excerpt(text)), HELP),
    }
}

fn identifier<'v>(text: &'v str, place: &mut Place<'_>) -> Option<Id<'v>> {
    match Id::read(text) {
        Ok(id) => Some(id),
        Err(problem) => {
            place.wrong_help(problem.message, problem.help.unwrap_or_default());
            None
        }
    }
}

fn is_observable(kind: &str) -> bool {
    spec::find(kind).is_some_and(|known| known.family == Family::Observable)
}

/// A reference: an identifier, or among observables of old a key.
fn reference(text: &str, kinds: &[&str], place: &mut Place<'_>) {
    let found = match place.keys {
        Some(keys) if kinds != ["marking-definition"] => match keys.get(text) {
            None => return place.wrong(format!("there is no object `{}` beside this one", excerpt(text))),
            Some(target) => target.object().and_then(|target| target.text("type")).unwrap_or_default(),
        },
        // Of a reference between observables only the type is looked at, as OASIS's own validator does.
        _ if is_observable(place.kind) => text.split_once("--").map_or(text, |(kind, _)| kind),
        _ => match identifier(text, place) {
            None => return,
            Some(id) => id.kind,
        },
    };
    if !kinds.contains(&found) {
        let kinds: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        place.wrong(format!("points at a `{}`, where {} is expected", excerpt(found), kinds.join(" or ")));
    }
}

fn word(text: &str, vocabulary: &'static Vocabulary, place: &mut Place<'_>) {
    if !vocabulary.words().any(|word| word == text) {
        let near = crate::problem::nearest(excerpt(text), vocabulary.words());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let reason = format!("`{}` is no word of `{}`{near}", excerpt(text), vocabulary.name);
        place.advise(vocabulary.advice, reason);
    }
    if !names::is_vocabulary_word(text) {
        place.advise(Advice::OpenVocabFormat, format!("`{}` is not in small letters with hyphens", excerpt(text)));
    }
}

fn list<'p>(value: &'p Value<'p>, least: usize, kind: &Kind, place: &mut Place<'p>) {
    let Some(items) = value.list() else { return expected("a list", value, place) };
    if items.len() < least {
        return place.wrong_help("an empty list says nothing", "leave the property out");
    }
    for (at, item) in items.iter().enumerate() {
        place.at(Step::At(at), |place| check(item, *kind, place));
    }
}

fn dictionary<'p>(value: &'p Value<'p>, kind: Option<&Kind>, place: &mut Place<'p>) {
    let Some(object) = filled(value, place) else { return };
    for (key, value) in object.iter() {
        place.key(key, |place| {
            if !names::is_key(key) {
                place.wrong_help(
                    format!("`{}` is no key", excerpt(key)),
                    "letters a to z, digits, hyphens and underscores; at most 250 characters",
                );
            }
            match kind {
                Some(kind) => check(value, *kind, place),
                None => check_free(value, place),
            }
        });
    }
}

/// The object that a value is, with something in it.
pub(super) fn filled<'p>(value: &'p Value<'p>, place: &mut Place<'_>) -> Option<&'p Object<'p>> {
    let object = value.object();
    match object {
        None => expected("an object", value, place),
        Some(object) if object.is_empty() => place.wrong_help("is empty", "leave the property out"),
        Some(_) => {}
    }
    object
}

fn hashes<'p>(value: &'p Value<'p>, place: &mut Place<'p>) {
    let Some(object) = filled(value, place) else { return };
    for (name, value) in object.iter() {
        place.key(name, |place| {
            if !names::is_key(name) || name.len() < 3 {
                place.wrong(format!("`{}` is no name of a hash algorithm", excerpt(name)));
            }
            let known = lists::HASHES.iter().find(|(known, _)| *known == name);
            if known.is_none() && !name.starts_with("x_") {
                place.advise(
                    Advice::HashAlgo,
                    format!("`{}` is no word of `hash-algorithm-ov` and does not open with `x_`", excerpt(name)),
                );
            }
            if name.len() > 30 {
                place.advise(Advice::HashLength, "has more than 30 characters");
            }
            let Some(text) = text(value, place) else { return };
            let letters = |extra: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b));
            let fits = match known {
                Some((_, Some(length))) => text.len() == *length && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
                Some(("TLSH", _)) => [70, 72].contains(&text.len()) && letters(b""),
                Some(_) => (1..=128).contains(&text.len()) && letters(b"/+:."),
                None => true,
            };
            if !fits {
                place.wrong(format!("`{}` is no value of {name}", excerpt(text)));
            }
        });
    }
}

/// An object inside, with the properties of its table and perhaps others.
pub(super) fn nested<'p>(value: &'p Value<'p>, shape: &'static Shape, is_strict: bool, place: &mut Place<'p>) {
    let Some(object) = filled(value, place) else { return };
    for (key, value) in object.iter() {
        place.key(key, |place| match shape.properties.iter().find(|property| property.name == key) {
            Some(property) => check(value, property.kind, place),
            None => {
                object::free(key, value, place);
                if is_strict {
                    super::custom::inner(key, place);
                }
            }
        });
    }
    for property in shape.properties.iter().filter(|property| property.is_required) {
        if !object.has(property.name) {
            place.key(property.name, |place| place.wrong("is missing"));
        }
    }
    if !object.is_empty() {
        rules::check(object, shape, place);
    }
}
