//! Who was shown what a moment ago: a list that refreshes every few seconds is one view, and one statement in the ledger. In
//! memory and bounded; what is forgotten is told once more. Key type: [`Views`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entente_core::{Party, RecordId};
use sha2::{Digest, Sha256};

/// For how long a view counts as the same, in seconds.
const SAME: i64 = 600;
/// How many views are remembered.
const KEPT: usize = 200_000;

type Record = (Party, RecordId);

/// The views of the last minutes.
#[derive(Clone, Default)]
pub(crate) struct Views(Arc<Mutex<HashMap<[u8; 32], i64>>>);

fn digest(name: &str, (originator, id): &Record, content: bool) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [name, originator.as_str(), id.as_str()] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.update([u8::from(content)]);
    hasher.finalize().into()
}

impl Views {
    /// Those of the records that this account was not shown a moment ago. They count as shown from now on.
    pub(crate) fn new_of(
        &self,
        name: &str,
        records: impl Iterator<Item = Record>,
        content: bool,
        now: i64,
    ) -> Vec<Record> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.retain(|_, at| now - *at < SAME);
            if known.len() >= KEPT {
                known.clear();
            }
        }
        let is_new = |record: &Record| {
            let before = known.insert(digest(name, record, content), now);
            before.is_none_or(|at| !(0..SAME).contains(&(now - at)))
        };
        let mut records: Vec<Record> = records.collect();
        records.retain(is_new);
        records
    }

    /// What could not be told was not shown.
    pub(crate) fn forget(&self, name: &str, records: &[Record], content: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            known.remove(&digest(name, record, content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_a_moment_ago_is_not_told_again() {
        let (views, record): (_, Record) = (Views::default(), ("KOR".into(), "K-1".into()));
        let told = |name, content, now| views.new_of(name, [record.clone()].into_iter(), content, now).len();
        assert_eq!(told("mori", false, 0), 1);
        assert_eq!(told("mori", false, 599), 0);
        assert_eq!(told("mori", true, 599), 1, "its content is another thing");
        assert_eq!(told("sato", false, 599), 1);
        assert_eq!(told("mori", false, 1199), 1, "that was long ago");
        views.forget("mori", std::slice::from_ref(&record), false);
        assert_eq!(told("mori", false, 1200), 1);
    }
}
