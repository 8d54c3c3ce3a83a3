//! What markings mean: labels that all hold together, statements that travel along, and what nobody here can read.
//!
//! Not a decision, and no way to make one wider: markings of several kinds accumulate, and a marking that is unknown or
//! contradicts itself counts as the strictest that is known. The key types are [`Meaning`], of one marking definition, and
//! [`Restriction`], of all markings of an object together.
//!
//! Source: STIX 2.1, section 7.2; the extension definitions of OASIS for TLP 2.0 and ACS.

pub mod selector;
pub mod own;
pub mod reduce;

use entente_core::label::{Label, Tlp, rollup};

use super::json::{Limits, Object, Value, excerpt, parse};
use crate::label::{
    acs,
    tlp::{self, stix::Colour},
};

/// The label that stands for a marking which cannot be read: for named persons, on the originator's own list.
pub const STRICTEST: Label = Label::Tlp(Tlp::Red);

/// The longest marking definition that is read; a longer one is unknown.
const LONGEST: usize = 64 * 1024;

/// The most markings of one object that are read; with more it counts as marked by what nobody knows.
const MOST: usize = 200;

/// What one marking definition means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A label.
    Label {
        /// The label.
        label: Label,
        /// Whether, where it marks a part of an object, a copy without that part may be given to whom it keeps out.
        allows_reduced: bool,
    },
    /// A statement, which keeps nobody out and goes wherever the object goes.
    Statement(String),
    /// It is not here, or cannot be read.
    Unknown(String),
}

/// Whether an id alone says what the marking means: that of a colour. A definition can say nothing else.
pub fn is_predefined(id: &str) -> bool {
    Colour::of_marking_definition(id).is_some()
}

/// Reads a marking: by its id alone where that is predefined, else by its definition, which is the text of the object.
///
/// A definition that contradicts its id is unknown.
pub fn meaning(id: &str, definition: Option<&str>) -> Meaning {
    let colour = Colour::of_marking_definition(id);
    let Some(text) = definition else {
        return match colour {
            Some(colour) => Meaning::of(of_colour(colour)),
            None => Meaning::Unknown(format!("`{}` is not here", excerpt(id))),
        };
    };
    let limits = Limits { bytes: LONGEST, ..Limits::OBJECT };
    let value = match parse(text, limits) {
        Ok(value) => value,
        Err(problem) => return Meaning::Unknown(problem.message),
    };
    match value.object() {
        Some(object) if object.text("id") == Some(id) => of_definition(text, object, colour),
        _ => Meaning::Unknown(format!("the definition is not that of `{}`", excerpt(id))),
    }
}

fn of_definition(text: &str, object: &Object<'_>, colour: Option<Colour>) -> Meaning {
    let unknown = |problem: &dyn std::fmt::Display| Meaning::Unknown(problem.to_string());
    let extensions = object.get("extensions").and_then(Value::object);
    let has = |name| extensions.is_some_and(|extensions| extensions.has(name));
    // Of TLP 1 the specification says it all; who redefines it is not followed, and an old name is no other meaning.
    if colour.is_some() || object.text("definition_type") == Some("tlp") || has(tlp::stix::EXTENSION) {
        return match tlp::stix::parse(text) {
            Ok(colour) => Meaning::of(of_colour(colour)),
            Err(problem) => unknown(&problem),
        };
    }
    if has(own::EXTENSION) {
        return match own::read(object) {
            Ok(own) => Meaning::Label { label: own.label, allows_reduced: own.allows_reduced },
            Err(problem) => unknown(&problem),
        };
    }
    if has(acs::EXTENSION) {
        return match acs::read(text) {
            Ok(reading) => Meaning::of(reading.label),
            Err(problem) => unknown(&problem),
        };
    }
    let statement = object.get("definition").and_then(Value::object).and_then(|it| it.text("statement"));
    match (object.text("definition_type"), statement) {
        (Some("statement"), Some(statement)) if extensions.is_none() => Meaning::Statement(statement.to_owned()),
        _ => Meaning::Unknown("a marking of a kind that is not known here".to_owned()),
    }
}

/// The label of a colour; one of TLP 1 as what means the same in 2.0.
fn of_colour(colour: Colour) -> Label {
    Label::Tlp(match colour {
        Colour::One(colour) => colour.in_version_2().0,
        Colour::Two(colour) => colour,
    })
}

impl Meaning {
    fn of(label: Label) -> Self {
        Self::Label { label, allows_reduced: false }
    }
}

/// What several markings ask together. Each of its labels holds: who is kept out by one is kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restriction {
    labels: Vec<Label>,
    statements: Vec<String>,
    unknown: Vec<String>,
}

impl Restriction {
    /// What a marking asks.
    pub fn of(meaning: Meaning) -> Self {
        let mut restriction = Self::default();
        match meaning {
            Meaning::Label { label, .. } => restriction.labels.push(label),
            Meaning::Statement(statement) => restriction.statements.push(statement),
            Meaning::Unknown(why) => {
                restriction.labels.push(STRICTEST);
                restriction.unknown.push(why);
            }
        }
        restriction
    }

    /// What markings ask together; `find` gives the text of a definition, where it is here.
    pub fn of_ids<'i, 'd>(ids: impl IntoIterator<Item = &'i str>, find: impl Fn(&str) -> Option<&'d str>) -> Self {
        let mut ids = ids.into_iter();
        let each = ids.by_ref().take(MOST).map(|id| Self::of(meaning(id, find(id))));
        let restriction = each.fold(Self::default(), Self::join);
        match ids.next() {
            None => restriction,
            Some(_) => restriction.join(Self::of(Meaning::Unknown(format!("more than {MOST} markings")))),
        }
    }

    /// Both together: in any order and grouping, and twice is once.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        fn add<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
            for item in more {
                if !list.contains(&item) {
                    list.push(item);
                }
            }
        }
        add(&mut self.labels, other.labels);
        add(&mut self.statements, other.statements);
        add(&mut self.unknown, other.unknown);
        let strictest = self.labels.iter().filter_map(colour).max();
        self.labels.retain(|label| colour(label).is_none_or(|colour| Some(colour) == strictest));
        // Whichever came first, the same markings are the same restriction.
        self.labels.sort_by_key(crate::label::write);
        self.statements.sort();
        self.unknown.sort();
        self
    }

    /// The labels, all of which hold; of colours the strictest alone.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The statements that travel along.
    pub fn statements(&self) -> &[String] {
        &self.statements
    }

    /// Why markings were not read; each counts as [`STRICTEST`].
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether no marking says who may have it. Such an object has no label until a person, or the rule of its
    /// collection, gives it one.
    pub fn is_unmarked(&self) -> bool {
        self.labels.is_empty()
    }

    /// The one label that says as much as all of them. `None` when there is none, or no one label can: then the object is
    /// for its originator alone until a person decides.
    pub fn label(&self) -> Option<Label> {
        match self.labels.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            labels => rollup::rollup(labels).outcome()?.label,
        }
    }
}

fn colour(label: &Label) -> Option<Tlp> {
    match label {
        Label::Tlp(colour) => Some(*colour),
        Label::Marking(_) => None,
    }
}

#[cfg(test)]
mod tests;
