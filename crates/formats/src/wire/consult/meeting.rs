//! What a party signs when it calls, moves or calls off a meeting.

use entente_core::consult::meeting::Meeting;
use minicbor::{Decode, Encode};

use super::{
    super::WireError,
    commitment::article,
    part::{moment, note, party, word, wrong},
};

const WHAT: &str = "call to a meeting";

/// A meeting.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MeetingStatement {
    /// Who calls it.
    #[n(0)]
    pub by: String,
    /// Chosen by that party.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// Counts from 0; the highest counts.
    #[n(2)]
    pub revision: u32,
    /// One line for people.
    #[n(3)]
    pub title: String,
    /// From when, in seconds since the epoch.
    #[n(4)]
    pub starts: i64,
    /// Until when.
    #[n(5)]
    pub ends: i64,
    /// Where.
    #[n(6)]
    pub place: String,
    /// Whether it is called off.
    #[n(7)]
    pub is_cancelled: bool,
    /// When this was said, in seconds since the epoch.
    #[n(8)]
    pub at: i64,
    /// The agreement and the article that it is for.
    #[n(9)]
    pub clause: Option<(String, String)>,
    /// Its minutes: a record of the party that calls it.
    #[n(10)]
    pub minutes: Option<String>,
    /// Who meets, where the article wants several meetings: as the clause has it.
    #[n(11)]
    pub body: Option<String>,
}

impl MeetingStatement {
    /// The statement of a meeting.
    pub fn of(meeting: &Meeting) -> Self {
        Self {
            by: meeting.by.to_string(),
            number: meeting.number,
            revision: meeting.revision,
            title: meeting.title.clone(),
            starts: meeting.starts.as_second(),
            ends: meeting.ends.as_second(),
            place: meeting.place.clone(),
            is_cancelled: meeting.is_cancelled,
            at: meeting.at.as_second(),
            clause: meeting.clause.as_ref().map(|(id, clause)| (id.to_string(), clause.to_string())),
            minutes: meeting.minutes.as_ref().map(ToString::to_string),
            body: meeting.body.clone(),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Meeting, WireError> {
        if self.ends < self.starts {
            return Err(wrong(WHAT, "it ends before it starts"));
        }
        Ok(Meeting {
            by: party(WHAT, &self.by)?,
            number: self.number,
            revision: self.revision,
            clause: self.clause.as_ref().map(|(id, clause)| article(id, clause)).transpose()?,
            title: word(WHAT, &self.title)?,
            starts: moment(WHAT, self.starts)?,
            ends: moment(WHAT, self.ends)?,
            place: note(WHAT, &self.place)?,
            is_cancelled: self.is_cancelled,
            minutes: self.minutes.as_deref().map(|record| word(WHAT, record)).transpose()?.map(Into::into),
            body: self.body.as_deref().map(|body| note(WHAT, body)).transpose()?,
            at: moment(WHAT, self.at)?,
        })
    }
}
