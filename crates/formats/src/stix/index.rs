//! What is known of an object beside its bytes: what it is, which version, how it is marked, what it points at.
//!
//! Not a validation and not a tree: one walk over the text, which borrows from it, refuses a doubled key at every depth
//! and keeps to the limits of an object. What is wrong in other ways is kept as it is: an entry says what the object
//! claims. The key type is [`Entry`]; the key function is [`read`].

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{
    check::Version,
    id::Id,
    json::{Key, Limits, broken, doubled, excerpt},
    time::Moment,
};
use crate::problem::Problem;

/// The entry of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The identifier.
    pub id: Cow<'a, str>,
    /// The type.
    pub kind: Cow<'a, str>,
    /// The version of STIX: what the object says, or what it must be when it says nothing.
    pub spec_version: Version,
    /// When it was created, as it was written.
    pub created: Option<Cow<'a, str>>,
    /// When this version was made, as it was written.
    pub modified: Option<Cow<'a, str>>,
    /// Who made it.
    pub created_by: Option<Cow<'a, str>>,
    /// Whether it is revoked.
    pub is_revoked: bool,
    /// The markings of the whole object, in their order.
    pub markings: Vec<Cow<'a, str>>,
    /// The markings of parts of it.
    pub granular: Vec<Granular<'a>>,
    /// What it points at in any `*_ref` or `*_refs` at any depth, `created_by_ref` and markings excepted.
    pub references: Vec<Reference<'a>>,
}

/// A marking of some properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granular<'a> {
    /// The marking definition; none where the properties are in another language and nothing else.
    pub marking: Option<Cow<'a, str>>,
    /// The selectors, as they were written.
    pub selectors: Vec<Cow<'a, str>>,
}

/// A reference of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The property that holds it, innermost name: `source_ref`.
    pub property: Cow<'a, str>,
    /// The property of the object in which that one is: `extensions`; the same as `property` where it is one itself.
    pub top: Cow<'a, str>,
    /// The identifier that stands there, whatever it is.
    pub target: Cow<'a, str>,
}

impl Entry<'_> {
    /// The version of the object, as TAXII orders versions: `modified`, else `created`, else none, to the microsecond.
    ///
    /// A text that is no moment counts as none.
    pub fn version(&self) -> Option<i64> {
        let text = self.modified.as_deref().or(self.created.as_deref())?;
        Moment::parse(text).ok().map(Moment::microseconds)
    }
}

/// Reads the entry of one object.
///
/// # Errors
/// When the text is no JSON object within [`Limits::OBJECT`], has a key twice, or has no `type` and `id` of the form that
/// identifiers have, of one and the same type.
pub fn read(text: &str) -> Result<Entry<'_>, Problem> {
    read_within(text, Limits::OBJECT)
}

/// The same with other limits.
///
/// # Errors
/// As [`read`].
pub fn read_within(text: &str, limits: Limits) -> Result<Entry<'_>, Problem> {
    if text.len() > limits.bytes {
        return Err(Problem::new(format!("an object has at most {} bytes", limits.bytes), 0..0));
    }
    let left = Cell::new(limits.values);
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = Walk { depth: limits.depth, left: &left }.deserialize(&mut reader);
    let found = found.and_then(|found| reader.end().map(|()| found)).map_err(|error| broken(text, &error))?;
    found.entry(text.len())
}

/// What the walk has found.
#[derive(Default)]
struct Found<'a> {
    id: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    spec_version: Option<Cow<'a, str>>,
    created: Option<Cow<'a, str>>,
    modified: Option<Cow<'a, str>>,
    created_by: Option<Cow<'a, str>>,
    is_revoked: bool,
    markings: Vec<Cow<'a, str>>,
    granular: Vec<Granular<'a>>,
    references: Vec<Reference<'a>>,
}

impl<'a> Found<'a> {
    fn entry(self, end: usize) -> Result<Entry<'a>, Problem> {
        let whole = 0..end;
        let missing = |what: &str| Problem::new(format!("`{what}` is missing"), whole.clone());
        let id = self.id.ok_or_else(|| missing("id"))?;
        let kind = self.kind.ok_or_else(|| missing("type"))?;
        let parts = Id::read(&id).map_err(|problem| Problem { at: whole.clone(), ..problem })?;
        if parts.kind != kind {
            return Err(Problem::new(format!("`{}` is no identifier of a `{}`", excerpt(&id), excerpt(&kind)), whole));
        }
        let spec_version = match self.spec_version.as_deref() {
            Some(text) => Version::parse(text).ok_or_else(|| {
                Problem::new(format!("`{}` is no version of STIX that is known here", excerpt(text)), whole.clone())
                    .help("`2.0` or `2.1`")
            })?,
            // Only observables of 2.1 may say nothing, and they are not created; 2.0 never says it.
            None if self.created.is_some() => Version::V20,
            None => Version::V21,
        };
        Ok(Entry {
            id,
            kind,
            spec_version,
            created: self.created,
            modified: self.modified,
            created_by: self.created_by,
            is_revoked: self.is_revoked,
            markings: self.markings,
            granular: self.granular,
            references: self.references,
        })
    }
}

/// A text that borrows where it can.
type Text<'a> = Cow<'a, str>;

/// The walk, with what is left of the limits.
#[derive(Clone, Copy)]
struct Walk<'c> {
    depth: usize,
    left: &'c Cell<usize>,
}

impl Walk<'_> {
    fn step<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("more values than are read"))?;
        self.left.set(left);
        Ok(())
    }

    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Found<'de>, A::Error> {
        self.step()?;
        let inner = self.inner()?;
        let mut found = Found::default();
        let mut keys = Keys::default();
        while let Some(Key(key)) = members.next_key()? {
            keys.add(&key)?;
            let mut text = || members.next_value_seed(Scalar(inner));
            match key.as_ref() {
                "id" => found.id = text()?,
                "type" => found.kind = text()?,
                "spec_version" => found.spec_version = text()?,
                "created" => found.created = text()?,
                "modified" => found.modified = text()?,
                "created_by_ref" => found.created_by = text()?,
                "revoked" => found.is_revoked = members.next_value_seed(Flag(inner))?,
                "object_marking_refs" => found.markings = members.next_value_seed(Texts(inner))?,
                "granular_markings" => found.granular = members.next_value_seed(GranularList(inner))?,
                _ => members.next_value_seed(Deep {
                    walk: inner,
                    top: &key,
                    property: is_reference(&key).then_some(&key),
                    found: &mut found.references,
                })?,
            }
        }
        keys.check()?;
        Ok(found)
    }
}

/// Whether a property holds references by its name (section 3.1).
fn is_reference(key: &str) -> bool {
    key.ends_with("_ref") || key.ends_with("_refs")
}

/// The keys of one object, to find one that stands twice. Few are compared on the way, many are sorted at the end.
#[derive(Default)]
struct Keys<'a>(Vec<Text<'a>>);

impl<'a> Keys<'a> {
    fn add<E: Error>(&mut self, key: &Text<'a>) -> Result<(), E> {
        if self.0.len() < 24 && self.0.contains(key) {
            return Err(twice(key));
        }
        self.0.push(key.clone());
        Ok(())
    }

    fn check<E: Error>(&self) -> Result<(), E> {
        if self.0.len() <= 24 {
            return Ok(());
        }
        doubled(self.0.iter().map(AsRef::as_ref)).map_or(Ok(()), |key| Err(twice(key)))
    }
}

fn twice<E: Error>(key: &str) -> E {
    E::custom(format_args!("a second key `{}`", excerpt(key)))
}

macro_rules! scalars_are {
    ($value:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

macro_rules! containers_are {
    ($value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
            Plain(self.0).visit_seq(items)?;
            Ok($value)
        }
        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
            Plain(self.0).visit_map(members)?;
            Ok($value)
        }
    };
}

macro_rules! seed {
    ($seed:ident -> $value:ty) => {
        impl<'de> DeserializeSeed<'de> for $seed<'_> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                self.0.step()?;
                deserializer.deserialize_any(self)
            }
        }
    };
}

/// A text; anything else is none, walked over all the same.
struct Scalar<'c>(Walk<'c>);
seed!(Scalar -> Option<Text<'de>>);

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = Option<Text<'de>>;
    scalars_are!(None);
    containers_are!(None);

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }
}

/// Whether it is `true`.
struct Flag<'c>(Walk<'c>);
seed!(Flag -> bool);

impl<'de> Visitor<'de> for Flag<'_> {
    type Value = bool;
    scalars_are!(false);
    containers_are!(false);

    fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}

/// The texts of a list.
struct Texts<'c>(Walk<'c>);
seed!(Texts -> Vec<Text<'de>>);

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = Vec<Text<'de>>;
    scalars_are!(Vec::new());

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    // One marking that is no list is a marking still: reading it as none would make the object wider.
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(vec![Cow::Borrowed(text)])
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![Cow::Owned(text.to_owned())])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.0.inner()?;
        let mut texts = Vec::new();
        while let Some(item) = items.next_element_seed(Scalar(inner))? {
            // What is no text is kept as a marking that nobody knows.
            texts.push(item.unwrap_or_default());
        }
        Ok(texts)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        Plain(self.0).visit_map(members)?;
        Ok(vec![Cow::Borrowed("")])
    }
}

/// The granular markings.
struct GranularList<'c>(Walk<'c>);
seed!(GranularList -> Vec<Granular<'de>>);

/// One of them that cannot be read: a marking that nobody knows, on everything.
fn unreadable<'a>() -> Granular<'a> {
    Granular { marking: Some(Cow::Borrowed("")), selectors: Vec::new() }
}

impl<'de> Visitor<'de> for GranularList<'_> {
    type Value = Vec<Granular<'de>>;
    scalars_are!(vec![unreadable()]);

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(vec![unreadable()])
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(vec![unreadable()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.0.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(GranularItem(inner))? {
            list.push(item);
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        Plain(self.0).visit_map(members)?;
        Ok(vec![unreadable()])
    }
}

struct GranularItem<'c>(Walk<'c>);
seed!(GranularItem -> Granular<'de>);

impl<'de> Visitor<'de> for GranularItem<'_> {
    type Value = Granular<'de>;
    scalars_are!(unreadable());

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(unreadable())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(unreadable())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Plain(self.0).visit_seq(items)?;
        Ok(unreadable())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let inner = self.0.inner()?;
        let mut keys = Keys::default();
        let (mut marking, mut is_language, mut selectors) = (None, false, Vec::new());
        while let Some(Key(key)) = members.next_key()? {
            keys.add(&key)?;
            match key.as_ref() {
                "marking_ref" => marking = Some(members.next_value_seed(Scalar(inner))?.unwrap_or_default()),
                "selectors" => selectors = members.next_value_seed(Texts(inner))?,
                "lang" => {
                    is_language = true;
                    members.next_value_seed(Plain(inner))?;
                }
                _ => members.next_value_seed(Plain(inner))?,
            }
        }
        keys.check()?;
        let is_mere_language = is_language && marking.is_none();
        Ok(Granular { marking: if is_mere_language { None } else { marking.or(Some(Cow::Borrowed(""))) }, selectors })
    }
}

/// A value of which nothing is kept.
#[derive(Clone, Copy)]
struct Plain<'c>(Walk<'c>);
seed!(Plain -> ());

impl<'de> Visitor<'de> for Plain<'_> {
    type Value = ();
    scalars_are!(());

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = Plain(self.0.inner()?);
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = Plain(self.0.inner()?);
        let mut keys = Keys::default();
        while let Some(Key(key)) = members.next_key()? {
            keys.add(&key)?;
            members.next_value_seed(inner)?;
        }
        keys.check()
    }
}

/// A value at any depth, of which the references are kept.
struct Deep<'c, 'k, 'f, 'a> {
    walk: Walk<'c>,
    top: &'k Text<'a>,
    /// The property that makes texts here references.
    property: Option<&'k Text<'a>>,
    found: &'f mut Vec<Reference<'a>>,
}

impl<'a> Deep<'_, '_, '_, 'a> {
    fn keep(self, target: Text<'a>) {
        if let Some(property) = self.property {
            self.found.push(Reference { property: property.clone(), top: self.top.clone(), target });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Deep<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.walk.step()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Deep<'_, '_, '_, 'de> {
    type Value = ();
    scalars_are!(());

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.keep(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.property.is_some() {
            self.keep(Cow::Owned(text.to_owned()));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let walk = self.walk.inner()?;
        let Deep { top, property, found, .. } = self;
        while items.next_element_seed(Deep { walk, top, property, found: &mut *found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let walk = self.walk.inner()?;
        let Deep { top, found, .. } = self;
        let mut keys = Keys::default();
        while let Some(Key(key)) = members.next_key()? {
            keys.add(&key)?;
            let property = is_reference(&key).then_some(&key);
            members.next_value_seed(Deep { walk, top, property, found: &mut *found })?;
        }
        keys.check()
    }
}

#[cfg(test)]
mod tests;
