//! How long contents are kept: the party's own periods, the decision of a person to destroy what it need not keep, and
//! legal holds, which keep what would be destroyed.
//!
//! A hold is stronger than everything that destroys, a recall among them: a record that is called back under a hold is shown
//! to nobody, and those who asked are told that it is kept. When the hold is lifted it is destroyed, and they are told that.

use std::collections::BTreeMap;

use entente_core::{Party, Subject, agreement::clause::Set, time::Timestamp, view::Viewer};
use entente_formats::wire::MAX_NOTE;

use crate::{
    event::{Answer, RecordRef, Refusal},
    held::Held,
    op::{Op, StoredHold},
    state::{Key, Node},
    statement::Concerns,
};

/// A period of the party's own: how long it keeps the content of some records.
#[derive(Clone, Debug)]
pub struct Period {
    /// Of whose records; of everybody's when empty.
    pub from: Vec<Party>,
    /// On which subjects: a record has it when one of its subjects is among them.
    pub subjects: Set<Subject>,
    /// How long after the record entered, in days.
    pub days: u32,
}

/// A record whose period is over.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its name.
    pub record: Key,
    /// When it entered, in seconds since the epoch.
    pub entered: i64,
    /// How many days it was to be kept.
    pub days: u32,
    /// When they were over, in seconds since the epoch.
    pub since: i64,
    /// Whether a hold keeps it.
    pub on_hold: bool,
}

impl Period {
    fn covers(&self, held: &Held) -> bool {
        let record = held.alike();
        let is_meant = match &self.subjects {
            Set::Any => true,
            Set::Of(_) => record.subjects.iter().any(|subject| self.subjects.holds(subject)),
        };
        is_meant && (self.from.is_empty() || self.from.contains(&record.originator))
    }
}

impl Node {
    /// Records that the viewer may see and that are kept for longer than `periods` say; the longest of those that cover a
    /// record counts. The one that has been due for longest comes first.
    pub fn due(&self, viewer: &Viewer, periods: &[Period], now: Timestamp) -> Vec<Due> {
        let day = 86_400;
        let of = |held: &Held| {
            let days = periods.iter().filter(|period| period.covers(held)).map(|period| period.days).max()?;
            let since = held.entered.saturating_add(i64::from(days) * day);
            let is_due = held.erased.is_none() && since <= now.as_second();
            let on_hold = self.holds.contains_key(&held.key());
            is_due.then(|| Due { record: held.key(), entered: held.entered, days, since, on_hold })
        };
        let mut due: Vec<Due> =
            self.records.values().filter_map(|held| of(held).filter(|_| self.could_see(held, viewer))).collect();
        due.sort_by(|one, other| (one.since, &one.record).cmp(&(other.since, &other.record)));
        due
    }

    /// The holds on records that the viewer may see, or could before they were called back.
    pub fn holds(&self, viewer: &Viewer) -> Vec<StoredHold> {
        let visible = |key: &Key| self.records.get(key).is_some_and(|held| self.could_see(held, viewer));
        self.holds.iter().filter(|(key, _)| visible(key)).map(|(_, hold)| hold.clone()).collect()
    }

    pub(crate) fn apply_hold(&mut self, hold: &StoredHold) {
        let key = (hold.originator.as_str().into(), hold.record.as_str().into());
        match hold.placed {
            true => self.holds.insert(key, hold.clone()),
            false => self.holds.remove(&key),
        };
    }

    /// A person places a hold on a record, or lifts it.
    pub(crate) fn hold(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        placed: bool,
        note: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let key = self.named_for(by, name)?;
        check_note(&note)?;
        match (placed, self.holds.contains_key(&key)) {
            (true, true) => return Err(Refusal::Request(format!("`{}` is on hold already", key.1))),
            (false, false) => return Err(Refusal::Request(format!("`{}` is not on hold", key.1))),
            _ => {}
        }
        if placed && self.records.get(&key).is_some_and(|held| held.erased.is_some()) {
            return Err(Refusal::Request(format!("the content of `{}` is destroyed: nothing is left to keep", key.1)));
        }
        let (originator, record) = (key.0.to_string(), key.1.to_string());
        let hold = StoredHold { originator, record, placed, by: by.name.clone(), note, at: now.as_second() };
        let words = serde_json::to_value(&hold).map_err(|error| Refusal::Ours(error.to_string()))?;
        self.keep(Op::Hold(hold))?;
        let kind = if placed { "hold" } else { "hold-lifted" };
        self.state_of(now, kind, Concerns::record(&key), words)?;
        // What was called back meanwhile is destroyed now, and those who asked are told.
        if !placed && key.0 != self.identity.party {
            if self.is_called_back(&key) {
                self.erase(&key, now)?;
            }
            self.news_of_recalls_of(&key);
        }
        Ok(Answer::Done)
    }

    /// A person destroys the content of a record here: its purpose has ended, or its period is over. Whoever got it from
    /// here keeps it; calling it back is another thing.
    pub(crate) fn destroy(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        note: &str,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let key = self.named_for(by, name)?;
        check_note(note)?;
        if self.records.get(&key).is_some_and(|held| held.erased.is_some()) {
            return Err(Refusal::Request(format!("the content of `{}` is destroyed already", key.1)));
        }
        self.check_hold(&key)?;
        let words = serde_json::json!({
            "originator": key.0.as_str(), "record": key.1.as_str(), "by": by.name, "note": note,
        });
        self.state_of(now, "destroyed", Concerns::record(&key), words)?;
        self.erase(&key, now)?;
        Ok(Answer::Done)
    }

    /// Refuses when a hold keeps the record.
    pub(crate) fn check_hold(&self, key: &Key) -> Result<(), Refusal> {
        match self.holds.get(key) {
            Some(hold) => Err(Refusal::Request(format!(
                "`{}` is on legal hold, placed by {}: {}; whoever may lifts it first",
                key.1, hold.by, hold.note
            ))),
            None => Ok(()),
        }
    }

    /// The record that a person means and may see, or could before it was called back.
    fn named_for(&self, by: &Viewer, name: &RecordRef) -> Result<Key, Refusal> {
        Ok(self.find_where(name, &|held| self.could_see(held, by))?.key())
    }
}

fn check_note(note: &str) -> Result<(), Refusal> {
    if note.trim().is_empty() || note.len() > MAX_NOTE {
        return Err(Refusal::Request(format!("say by which authority, and why, in at most {MAX_NOTE} bytes")));
    }
    Ok(())
}

/// Holds by the record.
pub(crate) type Holds = BTreeMap<Key, StoredHold>;
