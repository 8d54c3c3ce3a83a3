//! The message that raises a consultation.

use entente_core::{
    agreement::{Force, InstrumentHash, clause::Notifier},
    consult::{Clock, Due, Incident, Pin, Precedence, Raise},
    record::Status,
};
use minicbor::{Decode, Encode};

use super::{
    super::{MAX_AGREEMENTS, Version, WireError, few},
    MAX_PARTICIPANTS,
    part::{EvidenceStatement, PlaceStatement, codes, moment, note, parties, party, word, wrong},
};

const WHAT: &str = "raise";

/// What a party signs to raise a consultation. SHA-256 of its bytes is the consultation's name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RaiseStatement {
    /// Who raises it.
    #[n(0)]
    pub by: String,
    /// Chosen by that party.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// When, in seconds since the epoch.
    #[n(2)]
    pub at: i64,
    /// `actual`, `exercise` or `test`.
    #[n(3)]
    pub status: String,
    /// `FLASH`, `IMMEDIATE`, `PRIORITY` or `ROUTINE`.
    #[n(4)]
    pub precedence: String,
    /// One line for people.
    #[n(5)]
    pub title: String,
    /// What kind of thing happened: the word of the clauses.
    #[n(6)]
    pub trigger: String,
    /// Since when, in seconds since the epoch.
    #[n(7)]
    pub began: i64,
    /// Who takes part.
    #[n(8)]
    pub participants: Vec<String>,
    /// What it rests on.
    #[n(9)]
    pub pins: Vec<PinStatement>,
    /// Until when each is to acknowledge.
    #[n(10)]
    pub acknowledge_by: i64,
    /// From when the others may close without one that has not answered.
    #[n(11)]
    pub close_by: i64,
    /// What shows it.
    #[n(12)]
    pub evidence: Vec<EvidenceStatement>,
    /// Where.
    #[n(13)]
    pub place: Option<PlaceStatement>,
    /// Until when it lasted.
    #[n(14)]
    pub ended: Option<i64>,
    /// Where to meet or talk.
    #[n(15)]
    pub link: Option<String>,
    /// The raiser's role in what is concerned: `provider`, `recipient` or `any`.
    #[n(16)]
    pub role: Option<String>,
}

/// A clause that a consultation rests on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PinStatement {
    /// The agreement, in its version.
    #[n(0)]
    pub agreement: Version,
    /// SHA-256 over the acts on it that the raiser knew.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// `binding`, `arrangement` or `political`.
    #[n(2)]
    pub force: String,
    /// The article.
    #[n(3)]
    pub clause: String,
    /// When, in the words of the clause.
    #[n(4)]
    pub words: String,
    /// Who owes it.
    #[n(5)]
    pub parties: Vec<String>,
    /// `text`, `local` or `none`: whose clock it is.
    #[n(6)]
    pub clock: String,
    /// Until when, in seconds since the epoch.
    #[n(7)]
    pub due: Option<i64>,
}

const FORCES: [Force; 3] = [Force::Binding, Force::Arrangement, Force::Political];
const CLOCKS: [(&str, Clock); 3] = [("text", Clock::Text), ("local", Clock::Local), ("none", Clock::None)];

impl RaiseStatement {
    /// The statement of a raise.
    pub fn of(raise: &Raise) -> Self {
        let incident = &raise.incident;
        Self {
            by: incident.raised_by.to_string(),
            number: raise.number,
            at: incident.raised_at.as_second(),
            status: incident.status.as_str().to_owned(),
            precedence: incident.precedence.as_str().to_owned(),
            title: incident.title.clone(),
            trigger: incident.trigger.clone(),
            began: incident.began.as_second(),
            participants: codes(&raise.participants),
            pins: raise.pins.iter().map(PinStatement::of).collect(),
            acknowledge_by: raise.acknowledge_by.as_second(),
            close_by: raise.close_by.as_second(),
            evidence: EvidenceStatement::of(&incident.evidence),
            place: incident.place.as_ref().map(PlaceStatement::of),
            ended: incident.ended.map(|at| at.as_second()),
            link: raise.link.clone(),
            role: incident.role.map(|role| role.as_str().to_owned()),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Raise, WireError> {
        let by = party(WHAT, &self.by)?;
        let participants = parties(WHAT, &self.participants, MAX_PARTICIPANTS)?;
        if participants.len() < 2 || !participants.contains(&by) {
            return Err(wrong(WHAT, "a consultation has two participants at least, its raiser among them"));
        }
        few("clauses", self.pins.len(), MAX_AGREEMENTS)?;
        if self.acknowledge_by < self.at || self.close_by < self.acknowledge_by {
            return Err(wrong(WHAT, "its times are not in their order: raised, to acknowledge, to close"));
        }
        let one_of = |found: bool, what: &str| if found { Ok(()) } else { Err(wrong(WHAT, format!("unknown {what}"))) };
        let status = [Status::Actual, Status::Exercise, Status::Test].into_iter().find(|s| s.as_str() == self.status);
        let precedence = Precedence::of(&self.precedence);
        let role = Notifier::ALL.iter().copied().find(|role| Some(role.as_str()) == self.role.as_deref());
        one_of(status.is_some(), "status")?;
        one_of(precedence.is_some(), "precedence")?;
        one_of(role.is_some() == self.role.is_some(), "role")?;
        let incident = Incident {
            title: word(WHAT, &self.title)?,
            trigger: word(WHAT, &self.trigger)?,
            place: self.place.as_ref().map(|place| place.read(WHAT)).transpose()?,
            began: moment(WHAT, self.began)?,
            ended: self.ended.map(|at| moment(WHAT, at)).transpose()?,
            status: status.unwrap_or_default(),
            precedence: precedence.unwrap_or(Precedence::Routine),
            evidence: EvidenceStatement::read(WHAT, &self.evidence)?,
            raised_by: by,
            raised_at: moment(WHAT, self.at)?,
            role,
        };
        let pins = self.pins.iter().map(|pin| pin.read(&participants)).collect::<Result<Vec<_>, _>>()?;
        Ok(Raise {
            number: self.number,
            incident,
            participants,
            pins,
            acknowledge_by: moment(WHAT, self.acknowledge_by)?,
            close_by: moment(WHAT, self.close_by)?,
            link: self.link.as_deref().map(|link| note(WHAT, link)).transpose()?,
        })
    }
}

impl PinStatement {
    fn of(pin: &Pin) -> Self {
        let clock = CLOCKS.iter().find(|(_, clock)| *clock == pin.due.clock).map_or("none", |(word, _)| *word);
        Self {
            agreement: Version { id: pin.agreement.to_string(), hash: pin.hash.0 },
            head: pin.head,
            force: pin.force.as_str().to_owned(),
            clause: pin.clause.to_string(),
            words: pin.words.clone(),
            parties: codes(&pin.parties),
            clock: clock.to_owned(),
            due: pin.due.at.map(|at| at.as_second()),
        }
    }

    fn read(&self, participants: &[entente_core::Party]) -> Result<Pin, WireError> {
        let parties = parties(WHAT, &self.parties, MAX_PARTICIPANTS)?;
        if !parties.iter().all(|party| participants.contains(party)) {
            return Err(wrong(WHAT, "a clause binds a party that does not take part"));
        }
        let force = FORCES.into_iter().find(|force| force.as_str() == self.force);
        let clock = CLOCKS.iter().find(|(word, _)| *word == self.clock).map(|(_, clock)| *clock);
        let at = self.due.map(|at| moment(WHAT, at)).transpose()?;
        match (force, clock) {
            (Some(force), Some(clock)) if (clock == Clock::None) <= at.is_none() => Ok(Pin {
                agreement: word(WHAT, &self.agreement.id)?.into(),
                hash: InstrumentHash(self.agreement.hash),
                head: self.head,
                force,
                clause: word(WHAT, &self.clause)?.into(),
                words: note(WHAT, &self.words)?,
                parties,
                due: Due { at, clock },
            }),
            _ => Err(wrong(WHAT, "the force or the clock of a clause is unknown")),
        }
    }
}
