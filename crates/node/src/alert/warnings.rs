//! The warnings that a node remembers: of each originator, and of each status, the latest. The others stay what they are, records,
//! and are in no alert any more: whoever sends warnings without end pushes out its own, a drill none that is real, and the
//! next start reads no more of them than this.

use std::collections::BTreeMap;

use entente_core::{Party, RecordId};

use super::Warning;
use crate::state::Key;

/// How many warnings of one originator and status are remembered.
pub const MAX_WARNINGS: usize = 1_000;
/// How many bytes their contents may have together.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The warnings that are remembered, by record.
#[derive(Debug, Default)]
pub(crate) struct Warnings(BTreeMap<Key, Warning>);

impl Warnings {
    /// Remembers one, and forgets the oldest of its originator and status where there are too many.
    pub(crate) fn insert(&mut self, key: Key, warning: Warning) {
        let (party, status) = (key.0.clone(), warning.message.source.status);
        self.0.insert(key, warning);
        let alike = self.of(&party).filter(|(_, warning)| warning.message.source.status == status);
        let mut alike: Vec<_> = alike.map(|(key, warning)| (warning.received, key, warning.size)).collect();
        alike.sort_unstable();
        let mut bytes = 0;
        let gone = alike.iter().rev().enumerate().filter(|(count, (.., size))| {
            bytes += size;
            *count >= MAX_WARNINGS || bytes > MAX_BYTES
        });
        let gone: Vec<Key> = gone.map(|(_, (_, key, _))| (*key).clone()).collect();
        gone.iter().for_each(|key| self.remove(key));
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Warning> {
        self.0.get(key)
    }

    pub(crate) fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Warning)> {
        self.0.iter()
    }

    /// Those of one originator.
    pub(crate) fn of(&self, party: &Party) -> impl Iterator<Item = (&Key, &Warning)> {
        let first = (party.clone(), RecordId::from(""));
        let party = party.clone();
        self.0.range(first..).take_while(move |((of, _), _)| *of == party)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use entente_core::{
        alert::{Kind, Message, MessageName, Source},
        record::Status,
        time::Timestamp,
    };

    use super::*;

    fn warning(status: Status, received: i64, size: usize) -> Warning {
        let received = Timestamp::from_second(received).unwrap();
        let message = Message {
            source: Source { party: "KOR".into(), sender: "desk".into(), status },
            name: MessageName { sent: received, identifier: received.to_string() },
            digest: [0; 32],
            kind: Kind::Alert,
            references: Vec::new(),
            series: Vec::new(),
            notices: Vec::new(),
        };
        Warning { message: Arc::new(message), profile: None, over: None, received, size }
    }

    fn key(party: &str, id: usize) -> Key {
        (party.into(), format!("{id:06}").as_str().into())
    }

    #[test]
    fn who_sends_without_end_pushes_out_its_own_oldest_and_no_real_one_by_a_drill() {
        let mut warnings = Warnings::default();
        warnings.insert(key("JPN", 0), warning(Status::Actual, 0, 1));
        warnings.insert(key("KOR", 999_999), warning(Status::Actual, 0, 1));
        for at in 1..=MAX_WARNINGS + 5 {
            warnings.insert(key("KOR", at), warning(Status::Exercise, i64::try_from(at).unwrap(), 1));
        }
        assert_eq!(warnings.of(&"KOR".into()).count(), MAX_WARNINGS + 1);
        assert!(warnings.has(&key("JPN", 0)) && warnings.has(&key("KOR", 999_999)));
        assert!(!warnings.has(&key("KOR", 5)) && warnings.has(&key("KOR", 6)));
        // What comes late of an earlier time is the oldest.
        warnings.insert(key("KOR", 0), warning(Status::Exercise, 0, 1));
        assert!(!warnings.has(&key("KOR", 0)));
    }

    #[test]
    fn a_few_that_are_very_long_are_as_many_as_fit() {
        let mut warnings = Warnings::default();
        for at in 0..20 {
            warnings.insert(key("KOR", at), warning(Status::Actual, i64::try_from(at).unwrap(), MAX_BYTES / 4));
        }
        let kept: Vec<_> = warnings.all().map(|(key, _)| key.1.to_string()).collect();
        assert_eq!(kept, ["000016", "000017", "000018", "000019"]);
    }
}
