//! JSON as a tree that borrows its text: members in their order, a key once, and never more of it than was agreed.
//!
//! Not a writer: content is kept as it came. The key types are [`Value`] and [`Limits`]; the key function is [`parse`].

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::problem::Problem;

/// How much of a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The deepest nesting. Never more than 127: below that the library stops of itself.
    pub depth: usize,
    /// The most values, at all depths together.
    pub values: usize,
}

impl Limits {
    /// For one object: far above every object that is in use.
    pub const OBJECT: Self = Self { bytes: 8 << 20, depth: 48, values: 250_000 };
    /// For a bundle that a person checks as a whole.
    pub const BUNDLE: Self = Self { bytes: 256 << 20, depth: 50, values: 20_000_000 };
}

/// A value. Texts borrow where the text has no escapes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`, which STIX allows nowhere but in dictionaries of strangers.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// A number, whole or not.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// The members of an object in their order; each key stands once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    /// The places of the members in the order of their keys, where there are many: a search through all of them for each of
    /// a hundred thousand references would take minutes.
    order: Vec<usize>,
}

/// Up to so many members are searched one by one.
const FEW: usize = 24;

impl<'a> Value<'a> {
    /// The text that it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The object that it is.
    pub fn object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The items of the list that it is.
    pub fn list(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// What kind of value it is, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'a> Object<'a> {
    /// The object of these members, or a key that stands twice among them.
    fn new(members: Vec<(Cow<'a, str>, Value<'a>)>) -> Result<Self, Cow<'a, str>> {
        let key = |at: usize| members.get(at).map(|(key, _)| key);
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_unstable_by_key(|at| key(*at));
        let doubled = order.windows(2).find_map(|pair| match pair {
            [left, right] if key(*left) == key(*right) => key(*left).cloned(),
            _ => None,
        });
        if members.len() <= FEW {
            order = Vec::new();
        }
        match doubled {
            Some(key) => Err(key),
            None => Ok(Self { members, order }),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        if self.order.is_empty() {
            return self.members.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        }
        let name = |at: &usize| self.members.get(*at).map_or("", |(name, _)| name);
        let found = self.order.binary_search_by(|at| name(at).cmp(key)).ok()?;
        self.members.get(*self.order.get(found)?).map(|(_, value)| value)
    }

    /// The text under a key, when it is one.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::text)
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(key, _)| key.as_ref())
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

/// Reads one value.
///
/// # Errors
/// When the text is longer, deeper or fuller than the limits, is no JSON, or an object has a key twice.
pub fn parse(text: &str, limits: Limits) -> Result<Value<'_>, Problem> {
    if text.len() > limits.bytes {
        let start = (0..=limits.bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        return Err(Problem::new(format!("longer than {} bytes", limits.bytes), start..text.len())
            .help("split it: each object stands for itself"));
    }
    let left = Cell::new(limits.values);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Reader { depth: limits.depth, left: &left }.deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| broken(text, &error))
}

/// Reads one value, with what is left of the limits.
#[derive(Clone, Copy)]
struct Reader<'c> {
    depth: usize,
    left: &'c Cell<usize>,
}

impl Reader<'_> {
    /// One level down.
    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("more values than are read"))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let inner = self.inner()?;
        let mut object: Vec<(Cow<'de, str>, Value<'de>)> = Vec::new();
        while let Some(Key(key)) = members.next_key()? {
            object.push((key, members.next_value_seed(inner)?));
        }
        match Object::new(object) {
            Ok(object) => Ok(Value::Object(object)),
            Err(key) => Err(A::Error::custom(format_args!("a second key `{}`", excerpt(&key)))),
        }
    }
}

/// A key that borrows where it can.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

/// A key that stands twice among these.
pub(super) fn doubled<'k>(keys: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    })
}

/// As much of a text as a message should quote.
pub(crate) fn excerpt(text: &str) -> &str {
    const LONGEST: usize = 80;
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// What the library says of a text, at its place.
pub(crate) fn broken(text: &str, error: &serde_json::Error) -> Problem {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The library counts bytes of a line from 1, and points behind what it read.
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(at);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    if error.is_data() {
        return Problem::new(message, at..end);
    }
    Problem::new(format!("this is no JSON: {message}"), at..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"b":1,"\u0062":2}}]"#] {
            let problem = parse(text, Limits::OBJECT).unwrap_err();
            assert!(problem.message.starts_with("a second key `"), "{problem}");
            assert!(text.get(problem.at).is_some());
        }
        assert!(parse(r#"{"a":{"a":[{"a":1}]}}"#, Limits::OBJECT).is_ok());
    }

    #[test]
    fn members_are_found_among_many() {
        let members: Vec<_> = (0..1_000).rev().map(|at| format!("\"k{at}\":{at}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let value = parse(&text, Limits::OBJECT).unwrap();
        let object = value.object().unwrap();
        for at in 0..1_000_u64 {
            assert_eq!(object.get(&format!("k{at}")), Some(&Value::Number(at.into())));
        }
        assert_eq!((object.get("k1000"), object.get(""), object.len()), (None, None, 1_000));
        assert_eq!(object.keys().next(), Some("k999"));
        assert!(parse(&text.replace("k77\"", "k78\""), Limits::OBJECT).is_err());
    }

    #[test]
    fn limits_hold() {
        let limits = Limits { bytes: 60, depth: 3, values: 6 };
        assert!(parse("[[[1,2]]]", limits).is_ok());
        for (text, message) in [
            ("[[[[1]]]]".to_owned(), "nested too deep"),
            ("[1,2,3,4,5,6]".to_owned(), "more values than are read"),
            (" ".repeat(61), "longer than 60 bytes"),
            ("[1,]".to_owned(), "this is no JSON"),
            ("[1] 2".to_owned(), "this is no JSON"),
        ] {
            assert!(parse(&text, limits).unwrap_err().message.starts_with(message), "{text}");
        }
        assert!(parse(&"[".repeat(100_000), Limits::OBJECT).is_err());
    }
}
