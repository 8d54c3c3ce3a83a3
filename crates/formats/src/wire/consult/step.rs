//! One step of a consultation.

use entente_core::{
    Party,
    consult::{Digest, Effects, Kind, Proposal, Step, effects::Choice},
};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{
    super::{MAX_ITEMS, WireError, few},
    MAX_MESSAGE, MAX_PARTICIPANTS,
    part::{Digest32, EvidenceStatement, codes, limited, moment, note, parties, party, word, wrong},
};

const WHAT: &str = "step of a consultation";
/// The most options of a statement of effects.
const MAX_OPTIONS: usize = 16;

/// What a party signs as one step.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StepStatement {
    /// Whose step.
    #[n(0)]
    pub by: String,
    /// The consultation: SHA-256 of the statement that raised it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub raise: [u8; 32],
    /// The party's own count, from 1.
    #[n(2)]
    pub number: u32,
    /// SHA-256 of the party's statement before; of the raise for the first.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The last statements of the other parties that it had.
    #[n(4)]
    pub seen: Vec<Digest32>,
    /// When, in seconds since the epoch, by its own clock.
    #[n(5)]
    pub at: i64,
    /// What it does.
    #[n(6)]
    pub kind: StepKind,
}

/// What a step does. See [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(missing_docs, reason = "variants and fields are those of `entente_core::consult::Kind`")]
pub enum StepKind {
    #[n(0)]
    Convene {
        #[n(0)]
        at: i64,
        #[n(1)]
        place: String,
    },
    #[n(1)]
    Acknowledge {
        #[n(0)]
        person: String,
    },
    #[n(2)]
    Decline {
        #[n(0)]
        reason: String,
    },
    #[n(3)]
    Escalate {
        #[n(0)]
        to: String,
        #[n(1)]
        reason: String,
    },
    #[n(4)]
    ProposeMessage {
        #[n(0)]
        text: String,
        #[cbor(n(1), with = "minicbor::bytes")]
        replaces: Option<[u8; 32]>,
    },
    #[n(5)]
    ProposeAction {
        #[n(0)]
        what: String,
        #[n(1)]
        owner: String,
        #[n(2)]
        due: Option<i64>,
    },
    #[n(6)]
    Agree {
        #[cbor(n(0), with = "minicbor::bytes")]
        item: [u8; 32],
    },
    #[n(7)]
    Object {
        #[cbor(n(0), with = "minicbor::bytes")]
        item: [u8; 32],
        #[n(1)]
        reason: String,
    },
    #[n(8)]
    Effects(#[n(0)] EffectsStatement),
    #[n(9)]
    Close {
        #[cbor(n(0), with = "minicbor::bytes")]
        effects: [u8; 32],
        #[n(1)]
        without: Vec<String>,
        #[n(2)]
        note: String,
        #[cbor(n(3), with = "minicbor::bytes")]
        message: Option<[u8; 32]>,
        #[n(4)]
        dissent: Option<String>,
    },
}

/// A statement of effects.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EffectsStatement {
    /// The options.
    #[n(0)]
    pub options: Vec<ChoiceStatement>,
    /// Which is chosen, from 0.
    #[n(1)]
    pub chosen: u32,
    /// Why.
    #[n(2)]
    pub because: String,
    /// The records that it rests on.
    #[n(3)]
    pub evidence: Vec<EvidenceStatement>,
    /// What parties say against it.
    #[n(4)]
    pub dissent: Vec<DissentStatement>,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChoiceStatement {
    /// What would be done.
    #[n(0)]
    pub what: String,
    /// Whether it is to do nothing.
    #[n(1)]
    pub is_nothing: bool,
    /// What it would mean for neighbours.
    #[n(2)]
    pub neighbours: String,
    /// For third parties.
    #[n(3)]
    pub third_parties: String,
    /// For the own public.
    #[n(4)]
    pub own_public: String,
}

/// A party's dissent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DissentStatement {
    /// Whose.
    #[n(0)]
    pub party: String,
    /// In words.
    #[n(1)]
    pub words: String,
}

/// The digest of what is proposed, which parties agree to: SHA-256 over a line that says what it is, and the text of a
/// message to the letter, or the CBOR array of an action.
pub fn item_digest(proposal: &Proposal) -> Digest {
    let mut hash = Sha256::new();
    match proposal {
        Proposal::Message { text, .. } => {
            hash.update("entente.consult.message\n");
            hash.update(text);
        }
        Proposal::Action { what, owner, due } => {
            hash.update("entente.consult.action\n");
            let action = (what.as_str(), owner.as_str(), due.map(|at| at.as_second()));
            // Writing to a Vec cannot fail.
            hash.update(minicbor::to_vec(action).unwrap_or_default());
        }
    }
    hash.finalize().into()
}

impl StepStatement {
    /// The statement of a step.
    pub fn of(step: &Step) -> Self {
        Self {
            by: step.by.to_string(),
            raise: step.raise,
            number: step.number,
            previous: step.previous,
            seen: step.seen.iter().copied().map(Digest32).collect(),
            at: step.at.as_second(),
            kind: kind_of(&step.kind),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Step, WireError> {
        few("statements seen", self.seen.len(), MAX_PARTICIPANTS)?;
        if self.number == 0 {
            return Err(wrong(WHAT, "steps count from 1"));
        }
        Ok(Step {
            by: party(WHAT, &self.by)?,
            raise: self.raise,
            number: self.number,
            previous: self.previous,
            seen: self.seen.iter().map(|digest| digest.0).collect(),
            at: moment(WHAT, self.at)?,
            kind: read_kind(&self.kind)?,
        })
    }
}

fn kind_of(kind: &Kind) -> StepKind {
    match kind {
        Kind::Convene { at, place } => StepKind::Convene { at: at.as_second(), place: place.clone() },
        Kind::Acknowledge { person } => StepKind::Acknowledge { person: person.clone() },
        Kind::Decline { reason } => StepKind::Decline { reason: reason.clone() },
        Kind::Escalate { to, reason } => StepKind::Escalate { to: to.clone(), reason: reason.clone() },
        Kind::Propose { proposal: Proposal::Message { text, replaces }, .. } => {
            StepKind::ProposeMessage { text: text.clone(), replaces: *replaces }
        }
        Kind::Propose { proposal: Proposal::Action { what, owner, due }, .. } => {
            StepKind::ProposeAction { what: what.clone(), owner: owner.to_string(), due: due.map(|at| at.as_second()) }
        }
        Kind::Agree { item } => StepKind::Agree { item: *item },
        Kind::Object { item, reason } => StepKind::Object { item: *item, reason: reason.clone() },
        Kind::Effects(effects) => StepKind::Effects(EffectsStatement::of(effects)),
        Kind::Close { effects, message, without, note, dissent } => StepKind::Close {
            effects: *effects,
            without: codes(without),
            note: note.clone(),
            message: *message,
            dissent: dissent.clone(),
        },
    }
}

fn read_kind(kind: &StepKind) -> Result<Kind, WireError> {
    Ok(match kind {
        StepKind::Convene { at, place } => Kind::Convene { at: moment(WHAT, *at)?, place: note(WHAT, place)? },
        StepKind::Acknowledge { person } => Kind::Acknowledge { person: word(WHAT, person)? },
        StepKind::Decline { reason } => Kind::Decline { reason: note(WHAT, reason)? },
        StepKind::Escalate { to, reason } => Kind::Escalate { to: word(WHAT, to)?, reason: note(WHAT, reason)? },
        StepKind::ProposeMessage { text, replaces } => {
            limited(WHAT, text, MAX_MESSAGE)?;
            if text.trim().is_empty() {
                return Err(wrong(WHAT, "the proposed message is empty"));
            }
            proposed(Proposal::Message { text: text.clone(), replaces: *replaces })
        }
        StepKind::ProposeAction { what, owner, due } => proposed(Proposal::Action {
            what: note(WHAT, what)?,
            owner: party(WHAT, owner)?,
            due: due.map(|at| moment(WHAT, at)).transpose()?,
        }),
        StepKind::Agree { item } => Kind::Agree { item: *item },
        StepKind::Object { item, reason } => Kind::Object { item: *item, reason: note(WHAT, reason)? },
        StepKind::Effects(effects) => Kind::Effects(effects.read()?),
        StepKind::Close { effects, without, note: words, message, dissent } => Kind::Close {
            effects: *effects,
            message: *message,
            without: parties(WHAT, without, MAX_PARTICIPANTS)?,
            note: note(WHAT, words)?,
            dissent: dissent.as_deref().map(|words| note(WHAT, words)).transpose()?,
        },
    })
}

fn proposed(proposal: Proposal) -> Kind {
    Kind::Propose { item: item_digest(&proposal), proposal }
}

impl EffectsStatement {
    fn of(effects: &Effects) -> Self {
        let option = |option: &Choice| {
            let [neighbours, third_parties, own_public] = option.effects.clone();
            ChoiceStatement {
                what: option.what.clone(),
                is_nothing: option.is_nothing,
                neighbours,
                third_parties,
                own_public,
            }
        };
        let dissent =
            |(party, words): &(Party, String)| DissentStatement { party: party.to_string(), words: words.clone() };
        Self {
            options: effects.options.iter().map(option).collect(),
            chosen: effects.chosen,
            because: effects.because.clone(),
            evidence: EvidenceStatement::of(&effects.evidence),
            dissent: effects.dissent.iter().map(dissent).collect(),
        }
    }

    fn read(&self) -> Result<Effects, WireError> {
        few("options", self.options.len(), MAX_OPTIONS)?;
        few("dissents", self.dissent.len(), MAX_ITEMS)?;
        let option = |option: &ChoiceStatement| {
            let ChoiceStatement { what, is_nothing, neighbours, third_parties, own_public } = option;
            let effects = [note(WHAT, neighbours)?, note(WHAT, third_parties)?, note(WHAT, own_public)?];
            Ok(Choice { what: note(WHAT, what)?, is_nothing: *is_nothing, effects })
        };
        let dissent = |one: &DissentStatement| Ok((party(WHAT, &one.party)?, note(WHAT, &one.words)?));
        Ok(Effects {
            options: self.options.iter().map(option).collect::<Result<_, WireError>>()?,
            chosen: self.chosen,
            because: note(WHAT, &self.because)?,
            evidence: EvidenceStatement::read(WHAT, &self.evidence)?,
            dissent: self.dissent.iter().map(dissent).collect::<Result<_, WireError>>()?,
        })
    }
}
