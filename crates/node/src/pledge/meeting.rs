//! Meetings: called, moved, called off, and on record as held by their minutes.

use std::collections::BTreeMap;

use entente_core::{
    AgreementId, ClauseId,
    agreement::Kind,
    consult::{
        Digest,
        meeting::{Meeting, Versions, meetings},
    },
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::{
    hex,
    wire::{Canonical, Signed, consult::MeetingStatement, payload},
};
use rand_core::CryptoRng;

use super::{FEWEST_DIGITS, whole, wrong};
use crate::{
    event::{Answer, RecordRef, Refusal},
    op::Op,
    state::{Key, Node, sha256},
};

/// A meeting, as a person calls or changes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NewMeeting {
    /// The meeting that is changed: the first hex digits of its number; a new one when absent.
    pub meeting: Option<String>,
    /// The clause that it is for.
    pub clause: Option<(AgreementId, ClauseId)>,
    /// Who meets, where the article wants several meetings.
    pub body: Option<String>,
    /// One line for people.
    pub title: Option<String>,
    /// From when.
    pub starts: Option<Timestamp>,
    /// Until when.
    pub ends: Option<Timestamp>,
    /// Where.
    pub place: Option<String>,
    /// Whether it is called off.
    pub is_cancelled: bool,
    /// Its minutes.
    pub minutes: Option<RecordRef>,
}

impl Node {
    pub(crate) fn call_meeting(
        &mut self,
        by: &Viewer,
        new: NewMeeting,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let us = self.identity.party.clone();
        let mut meeting = match &new.meeting {
            Some(digits) => {
                let mut meeting = self.meeting_named(digits)?;
                if meeting.by != us {
                    return Err(wrong(format!("{} has called it, and changes it", meeting.by)));
                }
                self.may_number_for(&self.told_of_clause(meeting.clause.as_ref(), now))?;
                meeting.revision = meeting.revision.saturating_add(1);
                meeting
            }
            None => {
                let (Some(starts), Some(ends), Some(title)) = (new.starts, new.ends, new.title.clone()) else {
                    return Err(wrong("a meeting has a title, and a moment at which it starts and at which it ends"));
                };
                let mut number = [0; 16];
                rng.fill_bytes(&mut number);
                Meeting {
                    by: us,
                    number,
                    revision: 0,
                    clause: None,
                    body: None,
                    title,
                    starts: whole(starts),
                    ends: whole(ends),
                    place: String::new(),
                    is_cancelled: false,
                    minutes: None,
                    at: whole(now),
                }
            }
        };
        if let Some((id, article)) = new.clause {
            let agreement = self.agreement_of_ours(&id, now)?;
            let of_article = || agreement.clauses.iter().filter(|clause| clause.id == article);
            if of_article().next().is_none() {
                return Err(wrong(format!("`{id}` has no article `{article}`")));
            }
            let bodies: Vec<&String> = of_article()
                .filter_map(|clause| match &clause.kind {
                    Kind::Meet { body, .. } => Some(body),
                    _ => None,
                })
                .collect();
            // One meeting is not all of them.
            match (new.body.as_ref().or(meeting.body.as_ref()), bodies.as_slice()) {
                (Some(body), known) if !known.contains(&body) => {
                    return Err(wrong(format!("`{id}` art. `{article}` wants no meeting of `{body}`{}", among(known))));
                }
                (None, known @ [_, _, ..]) => {
                    return Err(wrong(format!(
                        "`{id}` art. `{article}` wants several meetings: say whose it is{}",
                        among(known)
                    )));
                }
                _ => {}
            }
            if new.meeting.is_some()
                && meeting.clause.as_ref().is_some_and(|known| *known != (id.clone(), article.clone()))
            {
                return Err(wrong("who was called under one text is not called under another: call a new meeting"));
            }
            meeting.clause = Some((id, article));
        }
        meeting.body = new.body.or(meeting.body);
        meeting.title = new.title.unwrap_or(meeting.title);
        meeting.starts = new.starts.map_or(meeting.starts, whole);
        meeting.ends = new.ends.map_or(meeting.ends, whole);
        meeting.place = new.place.unwrap_or(meeting.place);
        meeting.is_cancelled |= new.is_cancelled;
        meeting.at = whole(now);
        if let Some(record) = &new.minutes {
            let audience = self.told_of_clause(meeting.clause.as_ref(), now);
            let minutes = self.evidence(record, by, &audience)?;
            if minutes.originator != meeting.by {
                return Err(wrong("minutes are a record of the party that called the meeting"));
            }
            meeting.minutes = Some(minutes.record);
        }
        let statement = MeetingStatement::of(&meeting);
        statement.read().map_err(wrong)?;
        let bytes = statement.to_bytes();
        MeetingStatement::from_bytes(&bytes).map_err(wrong)?;
        let signed = self.sign(payload::MEETING, bytes)?;
        self.note_meeting(signed, &meeting, now)?;
        self.tell(now, rng)?;
        Ok(Answer::Named(hex::encode(&meeting.number)))
    }

    pub(super) fn note_meeting(&mut self, signed: Signed, meeting: &Meeting, now: Timestamp) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "statement": hex::encode(&sha256(&signed.statement)), "by": meeting.by.as_str(),
            "number": hex::encode(&meeting.number), "revision": meeting.revision, "cancelled": meeting.is_cancelled,
            "agreement": meeting.clause.as_ref().map(|(id, _)| id.as_str()),
        });
        self.keep(Op::Meeting { signed, known: now.as_second() })?;
        self.state(now, "meeting", words)
    }

    /// The meetings that were called, with their last revisions.
    pub fn meetings_called(&self) -> Vec<(Meeting, usize)> {
        let all: BTreeMap<Digest, Meeting> =
            self.pledges.meetings.iter().map(|(digest, known)| (*digest, known.what.clone())).collect();
        meetings(&all).into_iter().map(|(meeting, versions): Versions<'_>| (meeting.clone(), versions.len())).collect()
    }

    /// The meetings on record as held whose minutes are here, by the day of each, with the statement that says so.
    pub(crate) fn meetings_held(&self, now: Timestamp) -> Vec<(Date, Meeting, Digest)> {
        let all: BTreeMap<Digest, Meeting> =
            self.pledges.meetings.iter().map(|(digest, known)| (*digest, known.what.clone())).collect();
        let held = meetings(&all).into_iter().filter(|(meeting, _)| meeting.is_held(now));
        let held = held.filter_map(|(meeting, statements)| {
            let minutes: Key = (meeting.by.clone(), meeting.minutes.clone()?);
            self.records.contains_key(&minutes).then_some(())?;
            Some((day_of(meeting.starts), meeting.clone(), statements.into_iter().next()?))
        });
        let mut held: Vec<(Date, Meeting, Digest)> = held.collect();
        held.sort_by(|(one, first, _), (other, second, _)| {
            (one, first.ends, &first.by, first.number).cmp(&(other, second.ends, &second.by, second.number))
        });
        held
    }

    fn meeting_named(&self, digits: &str) -> Result<Meeting, Refusal> {
        let all = self.meetings_called();
        let mut found = all.iter().filter(|(meeting, _)| hex::encode(&meeting.number).starts_with(digits));
        match (digits.len() >= FEWEST_DIGITS, found.next(), found.next()) {
            (false, ..) => Err(wrong(format!("name it by at least {FEWEST_DIGITS} of its hex digits"))),
            (true, Some((meeting, _)), None) => Ok(meeting.clone()),
            (true, None, _) => Err(wrong(format!("no meeting `{digits}` here"))),
            (true, Some(_), Some(_)) => Err(wrong(format!("several meetings begin with `{digits}`"))),
        }
    }
}

/// The bodies that an article names, for people.
fn among(bodies: &[&String]) -> String {
    let known: Vec<&str> = bodies.iter().map(|body| body.as_str()).collect();
    if known.is_empty() { String::new() } else { format!("; it names: {}", known.join("; ")) }
}
