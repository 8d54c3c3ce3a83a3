//! What a node gave, in counts: by month, recipient, agreements, class and purpose. For the public, only what both sides
//! have agreed to publish, and nothing so rare that a count would tell of one case.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    Party,
    label::{Class, Label},
};
use entente_formats::label;
use entente_store::{Reader, StoreError};
use serde::{Deserialize, Serialize};

/// What may be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// The partners that have agreed to it.
    pub with: BTreeSet<Party>,
    /// The smallest count that is told.
    pub threshold: u64,
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Group {
    /// `2026-11`, in UTC.
    pub month: String,
    pub from: String,
    pub to: String,
    /// The agreements that a person named for it; empty where the national rules chose.
    pub under: Vec<String>,
    /// The level, the colour of TLP, or the national term.
    pub class: String,
    pub purpose: String,
}

/// One line of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as shown")]
pub struct Counted {
    #[serde(flatten)]
    pub group: Group,
    /// Releases that were permitted, and have left or wait to; what was withdrawn before it left is not among them.
    pub releases: u64,
}

/// The counts, in order. For the public, what may not be told is left out, and so is how much that is.
///
/// # Errors
/// When the store cannot be read.
pub fn digest(reader: &Reader, publish: Option<&Publish>) -> Result<Vec<Counted>, StoreError> {
    const STEP: usize = 512;
    let (mut number, mut counts) = (0, BTreeMap::<Group, u64>::new());
    let never_left = reader.never_left()?;
    loop {
        let texts = reader.statements(number, STEP)?;
        if texts.is_empty() {
            break;
        }
        number += u64::try_from(texts.len()).unwrap_or_default();
        let carried_out = texts.iter().filter_map(|text| crate::proof::carried_out(text));
        for (request, _) in carried_out.filter(|(_, leaf)| !never_left.contains(leaf)) {
            let group = Group {
                month: request.at.chars().take(7).collect(),
                class: class(&request.record.label),
                from: request.from,
                to: request.to,
                under: request.under.unwrap_or_default(),
                purpose: request.purpose,
            };
            *counts.entry(group).or_default() += 1;
        }
    }
    let may_be_told = |group: &Group, releases: u64| {
        publish.is_none_or(|publish| {
            publish.with.contains(&Party::from(group.to.as_str())) && releases >= publish.threshold
        })
    };
    let told = counts.into_iter().filter(|(group, releases)| may_be_told(group, *releases));
    Ok(told.map(|(group, releases)| Counted { group, releases }).collect())
}

fn class(text: &str) -> String {
    match label::parse(text) {
        Ok(Label::Tlp(colour)) => colour.as_str().to_owned(),
        Ok(Label::Marking(marking)) => match marking.class {
            Class::Level(level) => level.as_str().to_owned(),
            Class::Term(term) => term,
        },
        Err(_) => "unreadable".to_owned(),
    }
}
