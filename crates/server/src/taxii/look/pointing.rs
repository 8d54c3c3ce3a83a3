//! Which versions point at what: the references of the index turned around. In memory, made when somebody first asks and brought up
//! to the index each time, so that nothing that enters waits for it; some 24 bytes for each reference.
//!
//! It knows identifiers by what they are looked up by, and moments. What is told of it was looked up in the index since, and judged.

use std::collections::BTreeSet;

use entente_store::{StoreError, taxii::TaxiiReader};

/// How many versions are read at once.
const STEP: usize = 10_000;

/// What points at what, up to a moment.
pub(in crate::taxii) struct Pointing {
    /// The moment of the last version that was read.
    read: i64,
    /// A target, and the moment under which the version that points at it was added.
    all: BTreeSet<(i64, i64)>,
}

impl Default for Pointing {
    fn default() -> Self {
        Self { read: i64::MIN, all: BTreeSet::new() }
    }
}

impl Pointing {
    /// Reads what was added since.
    pub(in crate::taxii) fn catch_up(&mut self, index: &TaxiiReader) -> Result<(), StoreError> {
        loop {
            let rows = index.pointers(self.read, STEP)?;
            let is_last = rows.len() < STEP;
            for (added, targets) in rows {
                self.read = added;
                self.all.extend(targets.into_iter().map(|target| (target, added)));
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// The moments of the versions that point at `target`, the newest first. Some may be gone from the index.
    pub(super) fn at(&self, target: i64) -> impl Iterator<Item = i64> {
        self.all.range((target, i64::MIN)..=(target, i64::MAX)).rev().map(|(_, added)| *added)
    }
}
