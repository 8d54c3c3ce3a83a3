//! Envelopes of TAXII and bundles of STIX: where each object in them stands, to the byte.
//!
//! Nothing is re-serialised: an object is the slice of text between its braces, and a page is such slices with commas
//! between them. The key functions are [`objects`] and [`write_objects`].

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Key, broken, doubled};
use crate::problem::Problem;

/// What an envelope or a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents<'a> {
    /// The objects, each the text that it was.
    pub objects: Vec<&'a str>,
    /// Whether it is a bundle, which says so with its `type`.
    pub is_bundle: bool,
    /// The version of STIX that a bundle of 2.0 says of all its objects.
    pub spec_version: Option<String>,
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes: `max_content_length` of an API root.
    pub bytes: usize,
    /// The most objects.
    pub objects: usize,
}

/// Finds the objects of an envelope, `{"objects":[…]}`, or of a bundle.
///
/// Other members are passed over, as the specification of TAXII bids (section 3.7, 1.6.2).
///
/// # Errors
/// When the text is longer than the limit or no JSON, a key stands twice at the top, `objects` is no list of objects, or
/// it holds more than the limit.
pub fn objects(text: &str, limits: Limits) -> Result<Contents<'_>, Problem> {
    if text.len() > limits.bytes {
        return Err(Problem::new(format!("longer than {} bytes", limits.bytes), 0..0));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let left = Cell::new(limits.objects);
    let contents = reader.deserialize_map(Envelope { left: &left });
    contents.and_then(|contents| reader.end().map(|()| contents)).map_err(|error| broken(text, &error))
}

struct Envelope<'c> {
    left: &'c Cell<usize>,
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = Contents<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope, `{\"objects\":[…]}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Contents<'de>, A::Error> {
        let mut contents = Contents::default();
        let mut keys = Vec::new();
        while let Some(Key(key)) = members.next_key()? {
            match key.as_ref() {
                "objects" => contents.objects = members.next_value_seed(Objects { left: self.left })?,
                "type" => contents.is_bundle = members.next_value::<serde_json::Value>()? == "bundle",
                "spec_version" => {
                    contents.spec_version = members.next_value::<serde_json::Value>()?.as_str().map(str::to_owned);
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            if keys.len() > 1_000 {
                return Err(A::Error::custom("more keys than an envelope has"));
            }
            keys.push(key);
        }
        match doubled(keys.iter().map(AsRef::as_ref)) {
            Some(key) => Err(A::Error::custom(format_args!("a second key `{}`", super::json::excerpt(key)))),
            None => Ok(contents),
        }
    }
}

struct Objects<'c> {
    left: &'c Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = Vec<&'de str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = Vec<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            let left = self.left.get().checked_sub(1).ok_or_else(|| A::Error::custom("more objects than are taken"))?;
            self.left.set(left);
            if !item.get().starts_with('{') {
                return Err(A::Error::custom("what stands in `objects` is no object"));
            }
            objects.push(item.get());
        }
        Ok(objects)
    }
}

/// Writes the objects of an envelope or bundle, as they are, with commas between them.
pub fn write_objects<'o>(objects: impl IntoIterator<Item = &'o str>, out: &mut String) {
    out.push('[');
    for (at, object) in objects.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(object);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 10_000, objects: 3 };

    #[test]
    fn objects_are_what_they_were() {
        let text = "{\"more\" : true, \"objects\" : [ {\"a\" : 1.0e0, \"\\u0062\":\"\\/\"} ,\n{ } ] , \"next\":[[1]]}";
        let contents = objects(text, LIMITS).unwrap();
        assert_eq!(contents.objects, ["{\"a\" : 1.0e0, \"\\u0062\":\"\\/\"}", "{ }"]);
        assert!(!contents.is_bundle);
        let mut out = String::new();
        write_objects(contents.objects.iter().copied(), &mut out);
        assert_eq!(out, "[{\"a\" : 1.0e0, \"\\u0062\":\"\\/\"},{ }]");
        let bundle = objects(r#"{"type":"bundle","spec_version":"2.0","id":"x"}"#, LIMITS).unwrap();
        assert_eq!((bundle.is_bundle, bundle.spec_version.as_deref(), bundle.objects.len()), (true, Some("2.0"), 0));
    }

    #[test]
    fn what_is_no_envelope() {
        for (text, message) in [
            ("", "no JSON"),
            ("[]", "expected an envelope"),
            (r#"{"objects":{}}"#, "expected a list of objects"),
            (r#"{"objects":[1]}"#, "is no object"),
            (r#"{"objects":[{}],"objects":[]}"#, "a second key `objects`"),
            (r#"{"objects":[{},{},{},{}]}"#, "more objects than are taken"),
            (r#"{"objects":[{}]}]"#, "no JSON"),
            (r#"{"objects":[{}"#, "no JSON"),
        ] {
            let problem = objects(text, LIMITS).unwrap_err();
            assert!(problem.message.contains(message), "{text}: {problem}");
        }
        assert!(objects(&" ".repeat(10_001), LIMITS).unwrap_err().message.contains("longer than 10000"));
    }
}
