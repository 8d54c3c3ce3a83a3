//! Meetings: the days on which a `meet` clause wants one, and those that a party has called. The key function is
//! [`expected`]; calendars are written in `entente-formats`.

use std::collections::{BTreeMap, BTreeSet};

use super::Digest;
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::{Agreement, Clause, Kind},
    time::{Date, Period, Timestamp},
};

/// A meeting that a clause wants until some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The agreement.
    pub agreement: AgreementId,
    /// The article.
    pub clause: ClauseId,
    /// Which clause of the text, counted from 0: one article may want several meetings.
    pub place: usize,
    /// Who meets.
    pub body: String,
    /// At which level, where the text says.
    pub level: Option<String>,
    /// The last day, in UTC.
    pub until: Date,
}

/// The next `count` days until which each `meet` clause of a text wants a meeting, after `day`; counted from `from`, the
/// day of the last meeting or of the entry into force.
pub fn expected(agreement: &Agreement, from: Date, day: Date, count: usize) -> Vec<Expected> {
    let mut all = Vec::new();
    for (place, clause) in agreement.clauses.iter().enumerate() {
        let Kind::Meet { body, every, level } = &clause.kind else { continue };
        let Some(first) = every.first_after(from, day) else { continue };
        let days = (1_i64..).map_while(|nth| every.after(from, nth)).skip_while(|until| *until < first);
        all.extend(days.take(count).map(|until| Expected {
            agreement: agreement.id.clone(),
            clause: clause.id.clone(),
            place,
            body: body.clone(),
            level: level.clone(),
            until,
        }));
    }
    all
}

/// A meeting as a party calls it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Meeting {
    /// Who calls it; only that party changes it.
    pub by: Party,
    /// Chosen by that party.
    pub number: [u8; 16],
    /// Counts from 0; the highest counts.
    pub revision: u32,
    /// The clause that it is for.
    pub clause: Option<(AgreementId, ClauseId)>,
    /// Who meets, where the article wants several meetings; as the clause has it.
    pub body: Option<String>,
    /// One line for people.
    pub title: String,
    /// From when.
    pub starts: Timestamp,
    /// Until when.
    pub ends: Timestamp,
    /// Where: a room or a link.
    pub place: String,
    /// Whether it is called off.
    pub is_cancelled: bool,
    /// Its minutes: a record of the party that calls it.
    pub minutes: Option<RecordId>,
    /// When this was said, by the party's clock.
    pub at: Timestamp,
}

impl Meeting {
    /// Whether it is on record as held by `now`: over, not called off, and with minutes, which show it.
    pub fn is_held(&self, now: Timestamp) -> bool {
        !self.is_cancelled && self.minutes.is_some() && self.ends <= now
    }

    /// Whether it is the meeting that a clause of its text wants: that of its article, and, where the article wants several, of
    /// its body.
    pub fn is_for(&self, agreement: &Agreement, clause: &Clause) -> bool {
        let Some((id, article)) = &self.clause else { return false };
        let Kind::Meet { body, .. } = &clause.kind else { return false };
        let wants =
            agreement.clauses.iter().filter(|other| other.id == *article && matches!(other.kind, Kind::Meet { .. }));
        let is_its = match &self.body {
            Some(own) => own == body,
            None => wants.count() == 1,
        };
        *id == agreement.id && *article == clause.id && is_its
    }
}

/// A stretch of time in which a `meet` clause wants a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch<T> {
    /// The day of the meeting before, or of the entry into force.
    pub from: Date,
    /// The last day.
    pub until: Option<Date>,
    /// The meeting of it, and its day.
    pub met: Option<(Date, T)>,
}

/// The stretches of a clause, from the entry into force to the one that is not met yet. `met` finds the first meeting that is
/// on record after a day: with it the next stretch begins.
pub fn stretches<T>(every: Period, since: Date, mut met: impl FnMut(Date) -> Option<(Date, T)>) -> Vec<Stretch<T>> {
    let mut all = Vec::new();
    let mut from = since;
    loop {
        let (found, until) = (met(from), every.after(from, 1));
        let found = found.filter(|(day, _)| *day > from);
        let next = found.as_ref().map(|(day, _)| *day);
        all.push(Stretch { from, until, met: found });
        match next {
            Some(next) => from = next,
            None => return all,
        }
    }
}

/// A meeting, and the statements that say its last revision: more than one are versions.
pub type Versions<'a> = (&'a Meeting, BTreeSet<Digest>);

/// The meetings that statements tell of: for each the revision that counts, of two versions the one of the lower digest,
/// and all digests of that revision.
pub fn meetings(all: &BTreeMap<Digest, Meeting>) -> Vec<Versions<'_>> {
    let mut by_name: BTreeMap<(&Party, [u8; 16]), Versions<'_>> = BTreeMap::new();
    for (digest, meeting) in all {
        let held = by_name.entry((&meeting.by, meeting.number)).or_insert((meeting, BTreeSet::new()));
        if held.0.revision < meeting.revision {
            *held = (meeting, BTreeSet::new());
        }
        if held.0.revision == meeting.revision {
            held.1.insert(*digest);
        }
    }
    by_name.into_values().collect()
}
