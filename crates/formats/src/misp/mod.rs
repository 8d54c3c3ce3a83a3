//! Events of MISP, in and out: as objects of STIX with a label each, and back.
//!
//! Not a client of MISP and not a decision. What STIX has no word for stays beside the object in an extension, so that an event
//! comes back as it was; what goes neither way is in the report ([`Note`]). Nothing is left out in silence. The key functions are
//! [`import::import`] and [`export::export`].
//!
//! Source: the MISP core format (`draft-dulaunoy-misp-core-format`); normative here is `docs/spec/misp.md`.

mod facts;
mod table;
mod object;
mod galaxy;
mod scope;
pub mod import;
pub mod record;
mod pattern;
pub mod export;

use entente_core::label::Tlp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    Problem,
    stix::{
        id::is_uuid,
        json::{self, Limits, excerpt},
        time::Moment,
    },
};

/// The extension that holds what STIX has no word for.
pub const EXTENSION: &str = "extension-definition--3f0a6b52-5a1c-4d0e-9c57-6b8f1d2e7a90";

/// How much of a file of events is read.
pub const LIMITS: Limits = Limits { bytes: 64 << 20, depth: 40, values: 2_000_000 };

/// The most notes of a report; the rest are counted.
pub const MOST_NOTES: usize = 1_000;

/// One thing that did not go over as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What: an element of the event, or an object.
    pub what: String,
    /// What became of it.
    pub became: Became,
    /// Why, in words.
    pub why: String,
}

/// What became of something that did not go over as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// It counts as the strictest, for nobody here can read it.
    Strictest,
    /// It went over in a form that only tools which know MISP read.
    Kept,
    /// It is not there.
    Left,
}

impl Became {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strictest => "strictest",
            Self::Kept => "kept",
            Self::Left => "left out",
        }
    }
}

/// What did not go over as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    notes: Vec<Note>,
    more: usize,
}

impl Report {
    /// In the order of the event.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How many more there are than are told.
    pub fn more(&self) -> usize {
        self.more
    }

    fn say(&mut self, became: Became, what: impl Into<String>, why: impl Into<String>) {
        let note = Note { what: what.into(), became, why: why.into() };
        if self.notes.contains(&note) {
            return;
        }
        if self.notes.len() < MOST_NOTES {
            self.notes.push(note);
        } else {
            self.more += 1;
        }
    }
}

/// The colour that a tag of the taxonomy `tlp` names.
pub(crate) fn colour(tag: &str) -> Option<Tlp> {
    let word = tag.get(..4).filter(|start| start.eq_ignore_ascii_case("tlp:")).and(tag.get(4..))?;
    match word.to_lowercase().as_str() {
        "white" | "clear" => Some(Tlp::Clear),
        "green" => Some(Tlp::Green),
        "amber" => Some(Tlp::Amber),
        "amber+strict" => Some(Tlp::AmberStrict),
        "red" => Some(Tlp::Red),
        _ => None,
    }
}

/// The tag of a colour.
fn tag_of(colour: Tlp) -> String {
    colour.as_str().to_lowercase()
}

/// The events of a file: `{"Event":…}`, a list of them, or what the search of a server answers (`{"response":[…]}`).
///
/// # Errors
/// When it is no JSON within [`LIMITS`], has a key twice, or holds no event.
pub fn events(text: &str) -> Result<Vec<Map<String, Value>>, Problem> {
    json::parse(text, LIMITS)?;
    let whole = 0..text.len();
    let value: Value = serde_json::from_str(text).map_err(|error| Problem::new(error.to_string(), whole.clone()))?;
    let none = || {
        Problem::new("this is no event of MISP", whole.clone())
            .help("`{\"Event\": {…}}`, as MISP exports it, or a list of such")
    };
    let list = match value {
        Value::Object(mut object) if object.contains_key("response") => {
            object.remove("response").and_then(list_of).ok_or_else(none)?
        }
        Value::Array(list) => list,
        one => vec![one],
    };
    let event = |value: Value| match value {
        Value::Object(mut object) => match object.remove("Event") {
            Some(Value::Object(event)) => Some(event),
            Some(_) => None,
            // An event without its name around it is told by what every event has.
            None => (object.contains_key("info") && object.contains_key("uuid")).then_some(object),
        },
        _ => None,
    };
    let events: Option<Vec<_>> = list.into_iter().map(event).collect();
    events.filter(|events| !events.is_empty()).ok_or_else(none)
}

fn list_of(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list),
        _ => None,
    }
}

/// A text under a key; numbers and booleans as MISP writes them in some versions and as texts in others.
fn text(element: &Map<String, Value>, key: &str) -> Option<String> {
    match element.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a key says yes.
fn flag(element: &Map<String, Value>, key: &str) -> bool {
    matches!(text(element, key).as_deref(), Some("true" | "1" | "True"))
}

/// The UUID of an element, in small letters.
fn uuid(element: &Map<String, Value>) -> Option<String> {
    text(element, "uuid").map(|uuid| uuid.to_lowercase()).filter(|uuid| is_uuid(uuid))
}

/// The elements of a list under a key.
fn list<'v>(element: &'v Map<String, Value>, key: &str) -> impl Iterator<Item = &'v Map<String, Value>> {
    element.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// A UUID that is always the same for the same words, in the form of random ones. So an event that is read again gives the same
/// objects.
fn uuid_of(words: &[&str]) -> String {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word);
    }
    let digest = crate::hex::encode(&hash.finalize());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// A moment in seconds since 1970, as STIX writes it.
fn moment(seconds: &str) -> Option<String> {
    let seconds: i64 = seconds.parse().ok()?;
    Moment::from_microseconds(seconds.checked_mul(1_000_000)?).map(|moment| moment.to_string())
}

/// The seconds since 1970 of a moment of STIX.
fn seconds(text: &str) -> Option<String> {
    Moment::parse(text).ok().map(|moment| moment.microseconds().div_euclid(1_000_000).to_string())
}

/// `Attribute ip-dst 203.0.113.7`, as a report calls it.
fn called(kind: &str, words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().map(|word| excerpt(word)).filter(|word| !word.is_empty()).collect();
    format!("{kind} {}", words.join(" "))
}

#[cfg(test)]
mod tests;
