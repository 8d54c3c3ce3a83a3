//! Commitments: who does what until when, in steps, with evidence; and waivers. Folds of signed statements, like a
//! consultation. The key types are [`Commitment`] and [`Plan`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Digest, Evidence};
use crate::{
    AgreementId, ClauseId, Party,
    time::{Date, Timestamp, day_of},
};

/// A commitment as it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commitment {
    /// Who made it known: its owner, or for its owner another party of the same text or consultation.
    pub by: Party,
    /// Chosen by that party.
    pub number: [u8; 16],
    /// Who is to do it. Only its owner says how far it is.
    pub owner: Party,
    /// What.
    pub what: String,
    /// Until the end of which day, in UTC.
    pub due: Option<Date>,
    /// The clause that it is from.
    pub clause: Option<(AgreementId, ClauseId)>,
    /// The consultation that it is from, by the digest of its raise.
    pub consultation: Option<Digest>,
    /// The steps to it.
    pub steps: Vec<String>,
    /// When it was made.
    pub at: Timestamp,
}

/// What an owner says of a commitment, or of one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Work goes on.
    Open,
    /// It is done.
    Done,
    /// It will not be done.
    Dropped,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Dropped];

    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// What was said of a commitment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    /// Who says it.
    pub by: Party,
    /// The commitment, by the digest of its statement.
    pub commitment: Digest,
    /// Counts from 1; the highest counts.
    pub number: u32,
    /// Which step; none: the whole.
    pub step: Option<u32>,
    /// How far it is.
    pub word: Word,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// In words.
    pub note: String,
    /// When, by the owner's clock.
    pub at: Timestamp,
}

/// How a commitment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not done, and there is time.
    Open,
    /// Not done, and its day is over.
    Overdue,
    /// Done on its day or before.
    Done(Timestamp),
    /// Done later.
    Late(Timestamp),
    /// Its owner has dropped it.
    Dropped(Timestamp),
}

impl Status {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Done(_) => "done",
            Self::Late(_) => "late",
            Self::Dropped(_) => "dropped",
        }
    }
}

/// A commitment with what was said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The commitment.
    pub commitment: &'a Commitment,
    /// What counts for the whole and for each step that anything was said of: the owner's last word, by digest.
    pub words: BTreeMap<Option<u32>, (Digest, &'a Progress)>,
    /// Numbers under which the owner has said different things: the digests.
    pub doubles: BTreeMap<u32, BTreeSet<Digest>>,
    /// What others said: it counts for nothing.
    pub others: BTreeSet<Digest>,
}

impl<'a> Plan<'a> {
    /// Folds what was said, by digest. The same for any order and doubling; of two versions the lower digest counts.
    pub fn fold(name: Digest, commitment: &'a Commitment, all: &'a BTreeMap<Digest, Progress>) -> Self {
        let mut plan = Self { commitment, words: BTreeMap::new(), doubles: BTreeMap::new(), others: BTreeSet::new() };
        let mut numbers: BTreeMap<u32, BTreeSet<Digest>> = BTreeMap::new();
        for (digest, progress) in all.iter().filter(|(_, progress)| progress.commitment == name) {
            if progress.by != commitment.owner {
                plan.others.insert(*digest);
                continue;
            }
            numbers.entry(progress.number).or_default().insert(*digest);
            let last = plan.words.entry(progress.step).or_insert((*digest, progress));
            if last.1.number < progress.number {
                *last = (*digest, progress);
            }
        }
        plan.doubles = numbers.into_iter().filter(|(_, versions)| versions.len() > 1).collect();
        plan
    }

    /// How it stands on `day`, in UTC.
    pub fn status(&self, day: Date) -> Status {
        let late = |day: Date| self.commitment.due.is_some_and(|due| day > due);
        match self.words.get(&None).map(|(_, progress)| (progress.word, progress.at)) {
            Some((Word::Done, at)) if late(day_of(at)) => Status::Late(at),
            Some((Word::Done, at)) => Status::Done(at),
            Some((Word::Dropped, at)) => Status::Dropped(at),
            _ if late(day) => Status::Overdue,
            _ => Status::Open,
        }
    }

    /// How many of its steps are done, and how many it has.
    pub fn steps_done(&self) -> (usize, usize) {
        let is_done = |(at, _): &(usize, &String)| {
            let step = u32::try_from(*at).ok();
            self.words.get(&step).is_some_and(|(_, progress)| step.is_some() && progress.word == Word::Done)
        };
        let steps = &self.commitment.steps;
        (steps.iter().enumerate().filter(is_done).count(), steps.len())
    }
}

/// A party's word that an obligation need not be met. It counts when all have given it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Waiver {
    /// Who waives.
    pub by: Party,
    /// The consultation or commitment whose duty it is, by digest.
    pub of: Digest,
    /// The article.
    pub clause: (AgreementId, ClauseId),
    /// Whose duty.
    pub party: Party,
    /// Why.
    pub note: String,
    /// When, by its own clock.
    pub at: Timestamp,
}

/// Who has waived a duty, for [`Obligation::state`](super::Obligation::state).
pub fn waived_by<'a>(
    waivers: impl IntoIterator<Item = &'a Waiver>,
    of: &Digest,
    clause: &(AgreementId, ClauseId),
    party: &Party,
) -> BTreeSet<Party> {
    let counts = |waiver: &&Waiver| waiver.of == *of && waiver.clause == *clause && waiver.party == *party;
    waivers.into_iter().filter(counts).map(|waiver| waiver.by.clone()).collect()
}
