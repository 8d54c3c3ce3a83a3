//! The objects of an event as contents of records: those that are for the same people together.

use std::collections::BTreeSet;

use entente_core::{Party, label::Label};
use sha2::{Digest, Sha256};

use super::{
    import::{Imported, Made},
    uuid_of,
};
use crate::{
    hex, label,
    stix::{envelope::write_objects, json::excerpt},
};

/// How many bytes of objects are in one record where it has more than one. What is called back or destroyed is a record.
const LARGEST: usize = 128 * 1024;

/// Objects for the same people.
#[derive(Clone, Debug)]
pub struct Class<'i> {
    /// The label that says as much as all markings of each. `None` where nothing marks them, or no one label can.
    pub label: Option<Label>,
    /// Whether nothing marks them.
    pub is_unmarked: bool,
    /// The parties of the sharing group; none of them for what is for its own organisation; `None` where nothing names any.
    pub parties: Option<BTreeSet<Party>>,
    /// What in the event says so, for people.
    pub because: BTreeSet<String>,
    /// The objects.
    pub objects: Vec<&'i Made>,
}

/// What one record is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What its id begins with: `misp-` and the event's UUID.
    pub id: String,
    /// SHA-256 of its objects, in hexadecimal digits, so that who enters an event twice has it once.
    pub digest: String,
    /// A name for people.
    pub title: String,
    /// The media type.
    pub media_type: &'static str,
    /// A bundle of STIX.
    pub content: String,
}

/// The objects of an event, sorted by who may have them.
pub fn classes(imported: &Imported) -> Vec<Class<'_>> {
    let mut classes: Vec<Class<'_>> = Vec::new();
    for made in &imported.objects {
        let (label, is_unmarked) = (made.label(), made.restriction.is_unmarked());
        let same = |class: &&mut Class<'_>| {
            class.label == label && class.is_unmarked == is_unmarked && class.parties == made.parties
        };
        match classes.iter_mut().find(same) {
            Some(class) => {
                class.because.extend(made.because.iter().cloned());
                class.objects.push(made);
            }
            None => classes.push(Class {
                label,
                is_unmarked,
                parties: made.parties.clone(),
                because: made.because.clone(),
                objects: vec![made],
            }),
        }
    }
    classes
}

impl Class<'_> {
    /// The records that it becomes.
    pub fn records(&self, imported: &Imported) -> Vec<Content> {
        let mut parts: Vec<Vec<&str>> = Vec::new();
        let mut length = usize::MAX;
        for made in &self.objects {
            if length.saturating_add(made.text.len()) > LARGEST {
                parts.push(Vec::new());
                length = 0;
            }
            length += made.text.len();
            if let Some(part) = parts.last_mut() {
                part.push(&made.text);
            }
        }
        parts.into_iter().map(|part| content(imported, &part, self.label.as_ref())).collect()
    }
}

fn content(imported: &Imported, objects: &[&str], of: Option<&Label>) -> Content {
    let is_used = |definition: &&String| {
        let id = definition.find("marking-definition--").and_then(|at| definition.get(at..at + 56));
        id.is_some_and(|id| objects.iter().any(|object| object.contains(id)))
    };
    let definitions = imported.definitions.iter().filter(is_used).map(String::as_str);
    let mut inside = String::new();
    write_objects(definitions.chain(objects.iter().copied()), &mut inside);
    let label = of.map(label::write).unwrap_or_default();
    let digest = hex::encode(&Sha256::digest(inside.as_bytes()));
    let bundle = uuid_of(&["bundle", &imported.uuid, &label, &digest]);
    Content {
        id: format!("misp-{}", imported.uuid),
        digest,
        title: excerpt(&imported.info).to_owned(),
        media_type: "application/stix+json;version=2.1",
        content: format!("{{\"type\":\"bundle\",\"id\":\"bundle--{bundle}\",\"objects\":{inside}}}"),
    }
}
