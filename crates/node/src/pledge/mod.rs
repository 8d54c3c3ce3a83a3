//! Commitments and meetings on live nodes: what a party says of them is signed, kept, and told to the parties with whom the text
//! is in force that it rests on, or to the participants of the consultation that agreed it; without either it stays here. Each
//! party tells its own statements, on its own feed, and nobody else's. How they fold is `entente_core::consult::{commitment, meeting}`.
//!
//! The key types are [`Known`], [`NewCommitment`] and [`NewMeeting`].

mod commitment;
mod meeting;
mod travel;

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, ClauseId, Party, RecordId,
    agreement::{Agreement, Between},
    consult::{
        Digest, Evidence,
        commitment::{Commitment, Progress},
        meeting::Meeting,
    },
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::wire::{
    Canonical, Signed,
    consult::{CommitmentWord, MeetingStatement},
};

pub use self::{
    commitment::{NewCommitment, NewProgress},
    meeting::NewMeeting,
};
use crate::{
    event::{RecordRef, Refusal},
    state::{Key, Node, sha256},
};

/// The fewest hex digits by which a person names one.
const FEWEST_DIGITS: usize = 4;

/// A statement that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<T> {
    /// What it says.
    pub what: T,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
    pub(crate) signed: Signed,
}

/// What is held on commitments and meetings, by the digests of the statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pledges {
    made: BTreeMap<Digest, Known<Commitment>>,
    /// What was said of each commitment.
    progress: BTreeMap<Digest, BTreeMap<Digest, Known<Progress>>>,
    meetings: BTreeMap<Digest, Known<Meeting>>,
    /// Of which commitment a statement on progress speaks.
    speaks_of: BTreeMap<Digest, Digest>,
    /// How many statements of each party are here, on commitments and on meetings.
    counts: BTreeMap<Party, (usize, usize)>,
    /// Statements of our own that somebody may lack.
    untold: BTreeSet<Digest>,
    /// The day on which all of them were looked at last; none where all are to be looked at.
    told_on: Option<Date>,
    /// Whether some wait until somebody has the records that they name.
    is_waiting: bool,
}

impl Pledges {
    /// Who is told may be others now, as by an act on a text.
    pub(crate) fn all_are_news(&mut self) {
        self.told_on = None;
    }

    /// Whether something is told as soon as somebody has receipted what it names.
    pub(crate) fn wait_for_receipts(&self) -> bool {
        self.is_waiting
    }

    fn count(&mut self, by: &Party) -> &mut (usize, usize) {
        self.counts.entry(by.clone()).or_default()
    }
}

fn wrong(why: impl ToString) -> Refusal {
    Refusal::Request(why.to_string())
}

impl Node {
    /// A text that counts here and is in force between this party and another.
    fn agreement_of_ours(&self, id: &AgreementId, now: Timestamp) -> Result<&Agreement, Refusal> {
        let agreement = self.agreements.get(id).ok_or_else(|| wrong(format!("no agreement `{id}` here")))?;
        if self.in_force_with(agreement, now).is_empty() {
            return Err(wrong(format!("`{id}` is not in force between this party and another")));
        }
        Ok(agreement)
    }

    /// The parties with which a text is in force.
    fn in_force_with(&self, agreement: &Agreement, now: Timestamp) -> Vec<Party> {
        let (us, day) = (&self.identity.party, day_of(now));
        let others = self.other_parties(agreement).into_iter();
        others.filter(|other| agreement.between(us, other, day) == Between::InForce).collect()
    }

    /// Who is told what rests on a clause; nobody without one.
    fn told_of_clause(&self, clause: Option<&(AgreementId, ClauseId)>, now: Timestamp) -> Vec<Party> {
        let agreement = clause.and_then(|(id, _)| self.agreements.get(id));
        agreement.map(|agreement| self.in_force_with(agreement, now)).unwrap_or_default()
    }

    /// Who is told of a commitment: the parties of its text, or the participants of its consultation.
    fn audience_of(&self, made: &Commitment, now: Timestamp) -> Vec<Party> {
        let Some(name) = made.consultation else { return self.told_of_clause(made.clause.as_ref(), now) };
        let participants = self.consultations.get(&name).map(|held| held.raise.participants.as_slice());
        participants.unwrap_or_default().iter().filter(|party| **party != self.identity.party).cloned().collect()
    }

    /// A record as evidence for who is told: each of them must have it, for its name and digest tell that it is there.
    fn evidence(&self, record: &RecordRef, by: &Viewer, audience: &[Party]) -> Result<Evidence, Refusal> {
        let found = self.find_for(record, by)?;
        let (key, digest): (Key, _) = (found.key(), found.digest);
        let lacking: Vec<&str> =
            audience.iter().filter(|party| !self.has_for_sure(&key, party)).map(Party::as_str).collect();
        if !lacking.is_empty() {
            return Err(wrong(format!(
                "`{}` is not receipted by {}, which would learn of it: release it first and wait until it has arrived, or \
                 name another record",
                key.1,
                lacking.join(", ")
            )));
        }
        Ok(Evidence { originator: key.0, record: key.1, digest })
    }

    /// Whether a statement on a commitment or a meeting is here.
    pub(crate) fn knows_pledge(&self, digest: &Digest) -> bool {
        let Pledges { made, speaks_of, meetings, .. } = &self.pledges;
        made.contains_key(digest) || speaks_of.contains_key(digest) || meetings.contains_key(digest)
    }

    pub(crate) fn apply_commitment(&mut self, signed: &Signed, known: i64) -> Result<(), String> {
        let text = |error: entente_formats::wire::WireError| error.to_string();
        let name = sha256(&signed.statement);
        match CommitmentWord::from_bytes(&signed.statement).map_err(text)? {
            CommitmentWord::Made(made) => {
                let what = made.read().map_err(text)?;
                let by = what.by.clone();
                if self.pledges.made.insert(name, Known { what, known, signed: signed.clone() }).is_none() {
                    self.pledges.count(&by).0 += 1;
                }
            }
            CommitmentWord::Progress(progress) => {
                let what = progress.read().map_err(text)?;
                let (by, of) = (what.by.clone(), what.commitment);
                let said = self.pledges.progress.entry(of).or_default();
                if said.insert(name, Known { what, known, signed: signed.clone() }).is_none() {
                    self.pledges.speaks_of.insert(name, of);
                    self.pledges.count(&by).0 += 1;
                }
            }
            CommitmentWord::Waived(_) => {}
        }
        self.untold = true;
        self.pledges.untold.insert(name);
        Ok(())
    }

    pub(crate) fn apply_meeting(&mut self, signed: &Signed, known: i64) -> Result<(), String> {
        let text = |error: entente_formats::wire::WireError| error.to_string();
        let what = MeetingStatement::from_bytes(&signed.statement).and_then(|said| said.read()).map_err(text)?;
        let (name, by) = (sha256(&signed.statement), what.by.clone());
        if self.pledges.meetings.insert(name, Known { what, known, signed: signed.clone() }).is_none() {
            self.pledges.count(&by).1 += 1;
        }
        self.untold = true;
        self.pledges.untold.insert(name);
        Ok(())
    }

    /// Whether a viewer may see that a record is evidence: what is not held here is shown to nobody.
    pub fn may_see_evidence(&self, viewer: &Viewer, originator: &Party, record: &RecordId) -> bool {
        let key: Key = (originator.clone(), record.clone());
        self.records.get(&key).is_some_and(|held| self.could_see(held, viewer))
    }
}

/// Statements have whole seconds.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn check(word: &CommitmentWord) -> Result<(), entente_formats::wire::WireError> {
    match word {
        CommitmentWord::Made(made) => made.read().map(drop),
        CommitmentWord::Progress(progress) => progress.read().map(drop),
        CommitmentWord::Waived(waiver) => waiver.read().map(drop),
    }
}
