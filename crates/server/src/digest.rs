//! What a node gave, in counts: by month, recipient, agreements, class and purpose. For the public, only what both sides
//! have agreed to publish, and nothing so rare that a count would tell of one case.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::Party;
use entente_formats::label;
use entente_node::statement;
use entente_store::Reader;
use serde::{Deserialize, Serialize};

use crate::proof::{ProveError, carried_out, open};

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
    /// The agreements that it was given under. Statements of the older form name them only where a person had.
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
/// When the store cannot be read, or a statement does not hold.
pub fn digest(reader: &Reader, publish: Option<&Publish>) -> Result<Vec<Counted>, ProveError> {
    const STEP: usize = 512;
    let (mut number, mut counts) = (0, BTreeMap::<Group, u64>::new());
    let never_left = reader.never_left()?;
    loop {
        let rows = reader.statement_rows(number, STEP)?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let told = open(number, row)?;
            number += 1;
            let Some((request, leaf)) = carried_out(&told) else { continue };
            if never_left.contains(&leaf) {
                continue;
            }
            let is_older = row.opening.is_none();
            let group = Group {
                month: request.at.chars().take(7).collect(),
                class: class(&request.record.label),
                from: request.from,
                to: request.to,
                under: if is_older { request.under.unwrap_or_default() } else { told.statement.agreements },
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
    label::parse(text).map_or_else(|_| "unreadable".to_owned(), |label| statement::class(&label))
}
