//! Consultations at a node: the statements that its parties have signed, and what they fold to. Who takes part is told every
//! statement, by its maker and by each of the others who has it; nobody else learns that there is one.
//!
//! A statement is kept before it is answered or sent, and sent until it is receipted: a crash, a partition or a detour loses
//! none. Key types: [`Held`], [`ConsultationSeen`], [`RaiseConsultation`], [`Deed`].

mod raise;
mod step;
mod travel;
mod seen;
pub(crate) mod disagree;

use std::collections::{BTreeMap, btree_map::Entry};

use entente_core::{
    Party, RecordId,
    consult::{Consultation, Digest, Raise, Step, commitment::Waiver},
    record::Status,
};
use entente_formats::wire::{
    Canonical, Signed,
    consult::{CommitmentWord, RaiseStatement, StepStatement},
};

pub use self::{
    raise::RaiseConsultation,
    seen::{ConsultationSeen, PositionSeen, position_media_type},
    step::{Deed, EffectsDraft},
};
use crate::state::{Node, sha256};

/// How many different statements of one party are kept in one consultation: no honest party comes near.
pub(crate) const MAX_STATEMENTS: usize = 1_000;
/// How many consultations of one raiser are kept.
pub(crate) const MAX_RAISED: usize = 10_000;
/// How many of them may be open at a time, and as many that are drills.
pub(crate) const MAX_OPEN: usize = 64;
/// How many bytes of one maker's statements this node hands on in a day, with what their envelopes cost. What is more goes from its
/// maker alone: nobody fills with its words what others keep of ours.
const HANDED_ON: u64 = 1024 * 1024;
/// What an envelope costs besides what it holds, about.
const ENVELOPE: u64 = 2048;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// A statement of a consultation, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStatement {
    /// The statement.
    pub signed: Signed,
    /// Who gave it to us; ourselves for our own.
    pub from: Party,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
}

/// What sort of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Step,
    Waiver,
}

/// A statement with what is remembered of it.
#[derive(Clone, Debug)]
pub(crate) struct KeptStatement {
    pub(crate) sort: Sort,
    pub(crate) digest: Digest,
    pub(crate) by: Party,
    pub(crate) stored: StoredStatement,
}

/// A consultation that is here.
#[derive(Clone, Debug)]
pub struct Held {
    pub(crate) raise: Raise,
    pub(crate) raised: StoredStatement,
    /// The incident of our own that it was raised from.
    pub(crate) incident: Option<String>,
    pub(crate) steps: BTreeMap<Digest, Step>,
    pub(crate) waivers: BTreeMap<Digest, Waiver>,
    /// Steps and waivers in the order in which they became known.
    pub(crate) kept: Vec<KeptStatement>,
}

impl Held {
    /// What it comes to.
    pub fn core(&self, name: Digest) -> Consultation<'_> {
        Consultation::fold(name, &self.raise, &self.steps)
    }

    /// Actual, exercise or test.
    pub fn status(&self) -> Status {
        self.raise.incident.status
    }

    /// The number of the incident of our own that it was raised from.
    pub fn incident(&self) -> Option<&str> {
        self.incident.as_deref()
    }

    /// Whether a party takes part.
    pub(crate) fn has(&self, party: &Party) -> bool {
        self.raise.participants.contains(party)
    }

    /// How many statements of a party are here.
    pub(crate) fn count_of(&self, party: &Party) -> usize {
        self.kept.iter().filter(|kept| kept.by == *party).count()
    }
}

impl Node {
    pub(crate) fn apply_raise(&mut self, stored: &StoredStatement, incident: Option<&str>) -> Result<(), String> {
        let read = RaiseStatement::from_bytes(&stored.signed.statement).and_then(|statement| statement.read());
        let raise = read.map_err(|error| error.to_string())?;
        let name = sha256(&stored.signed.statement);
        let held = Held {
            raise,
            raised: stored.clone(),
            incident: incident.map(str::to_owned),
            steps: BTreeMap::new(),
            waivers: BTreeMap::new(),
            kept: Vec::new(),
        };
        self.news_of_consultation(name);
        if let Entry::Vacant(place) = self.consultations.entry(name) {
            let by = held.raise.incident.raised_by.clone();
            self.deadlines.of_consultation(name, &held);
            if let Some(incident) = &held.incident {
                self.consulted.entry(incident.clone()).or_default().push(name);
            }
            place.insert(held);
            self.note_spoken(&by, stored);
        }
        Ok(())
    }

    pub(crate) fn apply_step(&mut self, stored: &StoredStatement) -> Result<(), String> {
        let read = StepStatement::from_bytes(&stored.signed.statement).and_then(|statement| statement.read());
        let step = read.map_err(|error| error.to_string())?;
        self.news_of_consultation(step.raise);
        let held = self.consultations.get_mut(&step.raise).ok_or("a step of a consultation that is not here")?;
        let digest = sha256(&stored.signed.statement);
        let kept = KeptStatement { sort: Sort::Step, digest, by: step.by.clone(), stored: stored.clone() };
        if held.steps.insert(digest, step).is_none() {
            let by = kept.by.clone();
            held.kept.push(kept);
            self.note_spoken(&by, stored);
        }
        Ok(())
    }

    pub(crate) fn apply_waiver(&mut self, stored: &StoredStatement) -> Result<(), String> {
        let waiver = read_waiver(&stored.signed).map_err(|error| error.to_string())?;
        let waiver = waiver.ok_or("another word on a commitment than a waiver")?;
        self.news_of_consultation(waiver.of);
        let held = self.consultations.get_mut(&waiver.of).ok_or("a waiver in a consultation that is not here")?;
        let digest = sha256(&stored.signed.statement);
        let kept = KeptStatement { sort: Sort::Waiver, digest, by: waiver.by.clone(), stored: stored.clone() };
        if held.waivers.insert(digest, waiver).is_none() {
            let by = kept.by.clone();
            held.kept.push(kept);
            self.note_spoken(&by, stored);
        }
        Ok(())
    }

    fn note_spoken(&mut self, by: &Party, stored: &StoredStatement) {
        let bytes = u64::try_from(stored.signed.statement.len()).unwrap_or(u64::MAX).saturating_add(ENVELOPE);
        let at = self.spoken.entry(by.clone()).or_default().entry(stored.known).or_default();
        *at = at.saturating_add(bytes);
    }

    /// Whether this node hands on what a party said that became known then: its own always, of others so much a day.
    fn hands_on(&self, by: &Party, known: i64) -> bool {
        let day = known.saturating_sub(DAY - 1)..=known;
        let spoken = self.spoken.get(by).map_or(0, |spoken| spoken.range(day).map(|(_, bytes)| *bytes).sum::<u64>());
        *by == self.identity.party || spoken <= HANDED_ON
    }

    fn news_of_consultation(&mut self, name: Digest) {
        self.untold = true;
        self.untold_consultations.insert(name);
    }

    /// A record that is the position of its originator in a consultation.
    pub(crate) fn note_position(&mut self, key: &(Party, RecordId), media_type: &str) {
        if let Some(name) = seen::consultation_of(media_type) {
            self.positions.entry(name).or_default().insert(key.clone());
        }
    }
}

/// The waiver that a word on a commitment is, if it is one.
pub(crate) fn read_waiver(signed: &Signed) -> Result<Option<Waiver>, entente_formats::wire::WireError> {
    match CommitmentWord::from_bytes(&signed.statement)? {
        CommitmentWord::Waived(waiver) => waiver.read().map(Some),
        _ => Ok(None),
    }
}
