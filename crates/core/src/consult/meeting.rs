//! Meetings: the days on which a `meet` clause wants one, and those that a party has called. The key function is
//! [`expected`]; calendars are written in `entente-formats`.

use std::collections::{BTreeMap, BTreeSet};

use super::Digest;
use crate::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::{Agreement, Kind},
    time::{Date, Timestamp},
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
