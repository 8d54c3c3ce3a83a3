//! The specification as tables: each type with its properties, what may stand in them, and what goes with what.
//!
//! Not the checking, which is in [`super::check`]. To read the specification beside a table: its file names the section.
//! The key type is [`Type`]; inside, `Shape` and `Kind` say what an object holds and what may stand in a property.

pub mod advice;
pub mod vocabulary;
mod common;
mod domain;
mod relationship;
mod meta;
mod observable;
mod extension;
pub(super) mod suggested;
pub(super) mod lists;
pub(super) mod older;

use vocabulary::Vocabulary;

pub(super) use common::{COMMON, COMMON_OBSERVABLE, EXTENSION_TYPES, RESERVED};

/// To which part of the specification a type belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A domain object (section 4).
    Domain,
    /// A relationship or sighting (section 5).
    Relationship,
    /// A cyber observable (section 6).
    Observable,
    /// Language, markings, extension definitions (section 7).
    Meta,
    /// The bundle (section 8).
    Bundle,
}

/// A type of object.
#[derive(Debug)]
pub struct Type {
    /// Its name: `attack-pattern`.
    pub name: &'static str,
    /// Its part of the specification.
    pub family: Family,
    /// Its own properties, besides those that its family has in common.
    pub(super) shape: Shape,
}

/// What an object holds.
#[derive(Debug)]
pub(super) struct Shape {
    /// Its properties.
    pub(super) properties: &'static [Property],
    /// What goes with what.
    pub(super) rules: &'static [Rule],
}

/// One property.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) kind: Kind,
}

/// What may stand in a property.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number between two, both included.
    Integer(i64, i64),
    /// A number between two.
    Number(f64, f64),
    /// A moment.
    Time,
    /// A moment with three decimal places or more: `created`, `modified` (section 3.2).
    TimeOfVersion,
    /// A moment without decimal places.
    TimeOfSeconds,
    /// Base64.
    Binary,
    /// Hexadecimal.
    Hex,
    /// An identifier of any type.
    Id,
    /// An identifier of one of these types, or of the keys of an `observed-data` that holds its objects.
    Ref(&'static [&'static str]),
    /// An identifier of a type that is none of these.
    RefBut(&'static [&'static str]),
    /// A text of a form.
    Form(Form),
    /// One of these words.
    Closed(&'static [&'static str]),
    /// A word that should be of a vocabulary.
    Open(&'static Vocabulary),
    /// A list of at least one.
    List(&'static Kind),
    /// Any keys with any values.
    Dictionary,
    /// Any keys with values of one kind.
    DictionaryOf(&'static Kind),
    /// One of two kinds.
    Either(&'static Kind, &'static Kind),
    /// Hashes by the names of their algorithms.
    Hashes,
    /// An object of its own inside, to which custom properties may be added.
    Nested(&'static Shape),
    /// The same, where a custom property should be an extension.
    NestedStrict(&'static Shape),
    /// Extensions by their names; of these some are predefined.
    Extensions(&'static [(&'static str, Shape)]),
    /// The observables of an `observed-data` of old, by key.
    Observables,
    /// Contents by language (section 7.1).
    Translations,
}

/// A form of text that has a definition outside the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Url,
    Email,
    Domain,
    Ipv4,
    Ipv6,
    Mac,
    MediaType,
    CharacterSet,
    Language,
    LanguageOfSoftware,
    Cpe,
    RelationshipType,
    RegistryKey,
    Selector,
}

/// What goes with what inside an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// At least one of them.
    AnyOf(&'static [&'static str]),
    /// At least one property of the shape.
    Something,
    /// One of them and no more.
    OneOf(&'static [&'static str]),
    /// Where the first is, the others are too.
    With(&'static str, &'static [&'static str]),
    /// Where the first is `true` or `false`, the third is not.
    WhenWithout(&'static str, bool, &'static str),
    /// Where the first is `true`, the second is there.
    WhenWith(&'static str, &'static str),
    /// The first moment is at the second or later.
    NotBefore(&'static str, &'static str),
    /// The first moment is later than the second.
    After(&'static str, &'static str),
}

/// A property that has to be there.
const fn must(name: &'static str, kind: Kind) -> Property {
    Property { name, is_required: true, kind }
}

/// A property that may be there.
const fn may(name: &'static str, kind: Kind) -> Property {
    Property { name, is_required: false, kind }
}

/// A list of texts.
const TEXTS: Kind = Kind::List(&Kind::Text);
/// A whole number, as far as JSON carries one exactly (section 2.9).
const WHOLE: Kind = Kind::Integer(-MOST, MOST);
/// The same, not negative.
const COUNT: Kind = Kind::Integer(0, MOST);
const MOST: i64 = (1 << 53) - 1;

/// The tables in the order of the specification.
fn tables() -> impl Iterator<Item = &'static Type> {
    [domain::TYPES, relationship::TYPES, observable::TYPES, meta::TYPES].into_iter().flatten()
}

/// The type of that name, when the specification defines it.
pub fn find(name: &str) -> Option<&'static Type> {
    tables().find(|kind| kind.name == name)
}

/// Every type that the specification defines.
pub fn types() -> impl Iterator<Item = &'static Type> {
    tables()
}

impl Type {
    /// Its properties: those of its family first, then its own, which take the place of a common one.
    pub(super) fn properties(&self) -> impl Iterator<Item = &'static Property> {
        let common = match self.family {
            Family::Domain | Family::Relationship => COMMON,
            Family::Observable => COMMON_OBSERVABLE,
            Family::Meta if self.name == "marking-definition" => &[],
            Family::Meta => COMMON,
            Family::Bundle => &[],
        };
        let own = self.shape.properties;
        common.iter().filter(move |common| own.iter().all(|own| own.name != common.name)).chain(own)
    }

    /// Its property of that name.
    pub(super) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties().find(|property| property.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(types().filter(|kind| kind.family == Family::Domain).count(), 19);
        assert_eq!(types().filter(|kind| kind.family == Family::Relationship).count(), 2);
        assert_eq!(types().filter(|kind| kind.family == Family::Observable).count(), 18);
        for kind in types() {
            let mut names: Vec<_> = kind.properties().map(|property| property.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", kind.name);
            for rule in kind.shape.rules {
                let named: Vec<&str> = match rule {
                    Rule::AnyOf(names) | Rule::OneOf(names) => names.to_vec(),
                    Rule::With(one, more) => [&[*one][..], more].concat(),
                    Rule::Something => vec![],
                    Rule::WhenWithout(one, _, two)
                    | Rule::WhenWith(one, two)
                    | Rule::NotBefore(one, two)
                    | Rule::After(one, two) => vec![one, two],
                };
                for name in named {
                    assert!(kind.property(name).is_some(), "{}: a rule names `{name}`", kind.name);
                }
            }
        }
    }
}
