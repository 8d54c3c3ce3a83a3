//! Who was shown what a moment ago: a list that refreshes every few seconds is one view, and one statement in the ledger. In
//! memory and bounded; what is forgotten is told once more. Key type: [`Views`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entente_core::{Party, RecordId};
use entente_node::person::Person;
use sha2::{Digest, Sha256};

/// For how long a view counts as the same, in seconds.
const SAME: i64 = 600;
/// How many views are remembered.
const KEPT: usize = 200_000;

type Record = (Party, RecordId);

/// The views of the last minutes.
#[derive(Clone, Default)]
pub(crate) struct Views(Arc<Mutex<HashMap<[u8; 32], i64>>>);

fn digest(by: &Person, (originator, id): &Record, content: bool) -> [u8; 32] {
    let mut hasher = Sha256::new();
    // What was shown on the screen is another thing than what a token fetches.
    for part in [by.name.as_str(), by.way.as_str(), originator.as_str(), id.as_str()] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.update([u8::from(content)]);
    hasher.finalize().into()
}

impl Views {
    /// Those of the records that this account, by this way, was not shown a moment ago.
    pub(crate) fn new_of(
        &self,
        by: &Person,
        records: impl Iterator<Item = Record>,
        content: bool,
        now: i64,
    ) -> Vec<Record> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |record: &Record| {
            known.get(&digest(by, record, content)).is_none_or(|at| !(0..SAME).contains(&(now - *at)))
        };
        records.filter(is_new).collect()
    }

    /// Of these a statement is kept: they count as shown from now on. Not before: a second look at the same moment is not to be
    /// answered on the word of a statement that may yet fail. Who looks again and again is told of again and again, since only
    /// what was told counts.
    pub(crate) fn told(&self, by: &Person, records: &[Record], content: bool, now: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.retain(|_, at| now - *at < SAME);
            if known.len() >= KEPT {
                known.clear();
            }
        }
        known.extend(records.iter().map(|record| (digest(by, record, content), now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_a_moment_ago_is_not_told_again() {
        let (views, record): (_, Record) = (Views::default(), ("KOR".into(), "K-1".into()));
        let by = |name: &str, way: &str| Person { name: name.into(), way: way.into() };
        let told_by = |by: &Person, content, now| {
            let new = views.new_of(by, [record.clone()].into_iter(), content, now);
            assert_eq!(views.new_of(by, [record.clone()].into_iter(), content, now), new, "not before it is kept");
            views.told(by, &new, content, now);
            new.len()
        };
        let told = |name, content, now| told_by(&by(name, "session"), content, now);
        assert_eq!(told("mori", false, 0), 1);
        assert_eq!(told("mori", false, 599), 0);
        assert_eq!(told("mori", true, 599), 1, "its content is another thing");
        assert_eq!(told("sato", false, 599), 1);
        assert_eq!(told_by(&by("mori", "token script"), true, 599), 1, "by another way is another thing");
        assert_eq!(told("mori", false, 600), 1, "ten minutes after it was told, however often it was looked at since");
        assert_eq!(told("mori", false, 1199), 0);
    }
}
