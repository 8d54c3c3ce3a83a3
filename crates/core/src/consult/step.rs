//! The messages of a consultation, as its parties sign them. The key types are [`Raise`] and [`Step`].

use super::{Due, Effects, Incident};
use crate::{
    AgreementId, ClauseId, Party,
    agreement::{Force, InstrumentHash},
    time::Timestamp,
};

/// SHA-256 of a signed statement, or of a text.
pub type Digest = [u8; 32];

/// A clause that the consultation rests on, as it stood for whoever raised it: nodes with other news mean the same duty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    /// The agreement.
    pub agreement: AgreementId,
    /// Its version.
    pub hash: InstrumentHash,
    /// SHA-256 over the acts on it that were known.
    pub head: Digest,
    /// Its force.
    pub force: Force,
    /// The article.
    pub clause: ClauseId,
    /// When, in the words of the clause.
    pub words: String,
    /// The parties that owe it.
    pub parties: Vec<Party>,
    /// Until when, and whose clock says so.
    pub due: Due,
}

/// The message that raises a consultation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raise {
    /// Chosen by the party that raises it; two different messages of one number are two versions.
    pub number: [u8; 16],
    /// What happened; its raiser raises the consultation.
    pub incident: Incident,
    /// Who takes part, the raiser among them.
    pub participants: Vec<Party>,
    /// What it rests on.
    pub pins: Vec<Pin>,
    /// Until when each is to acknowledge.
    pub acknowledge_by: Timestamp,
    /// From when the others may close without one that has not answered.
    pub close_by: Timestamp,
    /// Where to meet or talk, if that is known.
    pub link: Option<String>,
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Proposal {
    /// A common message, to the letter; a changed comma is another one.
    Message {
        /// Its text.
        text: String,
        /// The message that it is to take the place of.
        replaces: Option<Digest>,
    },
    /// An action.
    Action {
        /// What is to be done.
        what: String,
        /// By whom.
        owner: Party,
        /// Until when.
        due: Option<Timestamp>,
    },
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Calls the parties together.
    Convene {
        /// When.
        at: Timestamp,
        /// Where: a room or a link.
        place: String,
    },
    /// A person at the party has taken note.
    Acknowledge {
        /// Who, as the party says.
        person: String,
    },
    /// The party does not take part.
    Decline {
        /// Why, where it says.
        reason: String,
    },
    /// The party has called somebody higher.
    Escalate {
        /// Whom.
        to: String,
        /// Why.
        reason: String,
    },
    /// The party proposes.
    Propose {
        /// The digest of what is proposed: the same text has the same, whoever proposes it.
        item: Digest,
        /// What.
        proposal: Proposal,
    },
    /// The party agrees to what has this digest. Who proposes agrees by a step of its own.
    Agree {
        /// The digest.
        item: Digest,
    },
    /// The party does not agree. It takes back no agreement given before.
    Object {
        /// The digest.
        item: Digest,
        /// Why.
        reason: String,
    },
    /// A statement of effects.
    Effects(Effects),
    /// The party's closing note.
    Close {
        /// The digest of the step with the statement of effects that it closes on.
        effects: Digest,
        /// The digest of the common message, if there is one.
        message: Option<Digest>,
        /// The parties that have not answered in their time.
        without: Vec<Party>,
        /// What it says.
        note: String,
        /// What it dissents in.
        dissent: Option<String>,
    },
}

impl Kind {
    /// The word for people and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Convene { .. } => "convene",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Decline { .. } => "decline",
            Self::Escalate { .. } => "escalate",
            Self::Propose { .. } => "propose",
            Self::Agree { .. } => "agree",
            Self::Object { .. } => "object",
            Self::Effects(_) => "effects",
            Self::Close { .. } => "close",
        }
    }
}

/// One step of one party.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Whose it is.
    pub by: Party,
    /// The digest of the message that raised the consultation: its name.
    pub raise: Digest,
    /// The party's own count, from 1. Two different steps of one number are two versions.
    pub number: u32,
    /// The digest of the party's step before; of the raise for the first.
    pub previous: Digest,
    /// The last steps of the other parties that it had.
    pub seen: Vec<Digest>,
    /// When, by the party's own clock.
    pub at: Timestamp,
    /// What it does.
    pub kind: Kind,
}
