//! What somebody may see of parts of records: objects of STIX, each under the label of its record and under labels of its own.
//! The same care as for a record: [`Seen`] comes of `core::view` alone, and what may not be seen looks like what is not there.
//!
//! No object is known here, only the records that they stand in. Key function: [`Node::sees_parts`].

use std::collections::HashMap;

use entente_core::{
    Label, Party, Record, RecordId,
    label::Tlp,
    record::Status,
    view::{Seen, Viewer},
    whatif::ClassId,
};

use crate::{
    held::Held,
    judge::world_text,
    state::{Node, sha256},
};

/// A record, and labels that parts of it bear besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part<'a> {
    /// The record's originator.
    pub originator: &'a str,
    /// The record.
    pub record: &'a str,
    /// Labels, all of which hold.
    pub labels: &'a [Label],
}

/// What a viewer may know of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSeen {
    /// Evidence that the viewer may see the record that it stands in, under each of the labels.
    pub seen: Seen,
    /// Whether who looks at it is to be put on the record.
    pub classified: bool,
}

/// A record whose content is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The media type of the content.
    pub media_type: String,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
    /// Whether the content is destroyed.
    pub is_erased: bool,
    /// Whether the content is still arriving.
    pub is_arriving: bool,
    /// Whether it was called back.
    pub is_called_back: bool,
}

impl Node {
    /// Which of these parts the viewer may see. Parts of records of one class, under the same labels, are judged once.
    pub fn sees_parts<'p>(&self, parts: &[Part<'p>], viewer: &Viewer) -> Vec<Option<PartSeen>> {
        let mut of_class: HashMap<(ClassId, &'p [Label]), bool> = HashMap::new();
        let see = |part: &Part<'p>| {
            let held = self.records.get(&(Party::from(part.originator), RecordId::from(part.record)))?;
            // What has a class is in use. Of the rest nobody is shown what was called back, also where this party made it
            // itself and keeps it.
            if held.class.is_none() && (self.is_hidden(held) || self.out_of_use(&held.record()).is_some()) {
                return None;
            }
            let is_red = |label: &Label| *label == Label::Tlp(Tlp::Red);
            // Who is named on a list is asked record by record.
            let is_named = is_red(&held.alike().label) || part.labels.iter().any(is_red);
            let class = held.class.filter(|_| !is_named);
            let may_see = match class {
                Some(class) => *of_class
                    .entry((class, part.labels))
                    .or_insert_with(|| self.sees_part(held, part.labels, viewer).is_some()),
                None => true,
            };
            may_see.then(|| self.sees_part(held, part.labels, viewer)).flatten()
        };
        parts.iter().map(see).collect()
    }

    /// Whether the viewer would be shown new records of this party under these labels, about nothing.
    pub fn sees_own(&self, labels: &[Label], viewer: &Viewer) -> Vec<bool> {
        let us = &self.identity.party;
        let record = |label: &Label| Record {
            id: crate::preview::NEW.into(),
            label: label.clone(),
            originator: us.clone(),
            subjects: Vec::new(),
            status: Status::Actual,
            custody: Vec::new(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        };
        labels.iter().map(|label| self.view_of(&record(label), false, &[], viewer).is_some()).collect()
    }

    fn sees_part(&self, held: &Held, labels: &[Label], viewer: &Viewer) -> Option<PartSeen> {
        let record = held.record();
        let named = self.named(&held.key());
        let mut classified = self.is_classified(&record.label);
        let seen = self.view_of(&record, false, named, viewer)?;
        for label in labels {
            classified |= self.is_classified(label);
            let part = Record { label: label.clone(), ..record.clone() };
            self.view_of(&part, false, named, viewer)?;
        }
        Some(PartSeen { seen, classified })
    }

    /// The state of the rules by which parts are judged: another one after a change of agreements or of national rules.
    pub fn rules(&self) -> [u8; 32] {
        *self.rules.get_or_init(|| {
            self.world.unwrap_or_else(|| {
                let text = world_text(&self.agreements, self.national.get(&self.identity.party));
                sha256(text.as_bytes())
            })
        })
    }

    /// What a record that is held here is, for what keeps track of contents; nobody is shown it.
    pub fn described(&self, originator: &str, record: &str) -> Option<Described> {
        let key = (Party::from(originator), RecordId::from(record));
        let held = self.records.get(&key)?;
        Some(Described {
            media_type: held.media_type().to_owned(),
            digest: held.digest,
            is_erased: held.erased.is_some(),
            is_arriving: self.contents.is_missing(&key),
            is_called_back: self.is_called_back(&key),
        })
    }
}
