//! What parties sign about commitments: that one is made, how far it is, that a duty is waived.

use entente_core::{
    AgreementId, ClauseId,
    consult::commitment::{Commitment, Progress, Waiver, Word},
    time::Date,
};
use minicbor::{Decode, Encode};

use super::{
    super::{MAX_ITEMS, WireError, few},
    part::{EvidenceStatement, moment, note, party, word, wrong},
};

const WHAT: &str = "statement on a commitment";

/// One of the three.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum CommitmentWord {
    /// A commitment is made.
    #[n(0)]
    Made(#[n(0)] CommitmentStatement),
    /// How far one is.
    #[n(1)]
    Progress(#[n(0)] ProgressStatement),
    /// A duty is waived.
    #[n(2)]
    Waived(#[n(0)] WaiverStatement),
}

/// A commitment; SHA-256 of the statement's bytes, as a [`CommitmentWord`], is its name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CommitmentStatement {
    /// Who makes it known.
    #[n(0)]
    pub by: String,
    /// Chosen by that party.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// Who is to do it.
    #[n(2)]
    pub owner: String,
    /// What.
    #[n(3)]
    pub what: String,
    /// The steps to it.
    #[n(4)]
    pub steps: Vec<String>,
    /// When, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
    /// Until the end of which day: `2026-11-23`.
    #[n(6)]
    pub due: Option<String>,
    /// The agreement and the article that it is from.
    #[n(7)]
    pub clause: Option<(String, String)>,
    /// The consultation that it is from.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub consultation: Option<[u8; 32]>,
}

/// How far a commitment is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ProgressStatement {
    /// Who says it.
    #[n(0)]
    pub by: String,
    /// The commitment.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub commitment: [u8; 32],
    /// Counts from 1; the highest counts.
    #[n(2)]
    pub number: u32,
    /// `open`, `done` or `dropped`.
    #[n(3)]
    pub word: String,
    /// What shows it.
    #[n(4)]
    pub evidence: Vec<EvidenceStatement>,
    /// In words.
    #[n(5)]
    pub note: String,
    /// When, in seconds since the epoch.
    #[n(6)]
    pub at: i64,
    /// Which step, from 0; the whole when absent.
    #[n(7)]
    pub step: Option<u32>,
}

/// A party's word that a duty need not be met.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WaiverStatement {
    /// Who waives.
    #[n(0)]
    pub by: String,
    /// The consultation or commitment.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub of: [u8; 32],
    /// The agreement.
    #[n(2)]
    pub agreement: String,
    /// The article.
    #[n(3)]
    pub clause: String,
    /// Whose duty.
    #[n(4)]
    pub party: String,
    /// Why.
    #[n(5)]
    pub note: String,
    /// When, in seconds since the epoch.
    #[n(6)]
    pub at: i64,
}

impl CommitmentStatement {
    /// The statement of a commitment.
    pub fn of(commitment: &Commitment) -> Self {
        Self {
            by: commitment.by.to_string(),
            number: commitment.number,
            owner: commitment.owner.to_string(),
            what: commitment.what.clone(),
            steps: commitment.steps.clone(),
            at: commitment.at.as_second(),
            due: commitment.due.map(|day| day.to_string()),
            clause: commitment.clause.as_ref().map(|(id, clause)| (id.to_string(), clause.to_string())),
            consultation: commitment.consultation,
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Commitment, WireError> {
        few("steps", self.steps.len(), MAX_ITEMS)?;
        Ok(Commitment {
            by: party(WHAT, &self.by)?,
            number: self.number,
            owner: party(WHAT, &self.owner)?,
            what: note(WHAT, &self.what)?,
            due: self.due.as_deref().map(day).transpose()?,
            clause: self.clause.as_ref().map(|(id, clause)| article(id, clause)).transpose()?,
            consultation: self.consultation,
            steps: self.steps.iter().map(|step| word(WHAT, step)).collect::<Result<_, _>>()?,
            at: moment(WHAT, self.at)?,
        })
    }
}

impl ProgressStatement {
    /// The statement of a progress.
    pub fn of(progress: &Progress) -> Self {
        Self {
            by: progress.by.to_string(),
            commitment: progress.commitment,
            number: progress.number,
            word: progress.word.as_str().to_owned(),
            evidence: EvidenceStatement::of(&progress.evidence),
            note: progress.note.clone(),
            at: progress.at.as_second(),
            step: progress.step,
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Progress, WireError> {
        let found = Word::ALL.into_iter().find(|word| word.as_str() == self.word);
        Ok(Progress {
            by: party(WHAT, &self.by)?,
            commitment: self.commitment,
            number: self.number,
            step: self.step,
            word: found.ok_or_else(|| wrong(WHAT, "how far it is: `open`, `done` or `dropped`"))?,
            evidence: EvidenceStatement::read(WHAT, &self.evidence)?,
            note: note(WHAT, &self.note)?,
            at: moment(WHAT, self.at)?,
        })
    }
}

impl WaiverStatement {
    /// The statement of a waiver.
    pub fn of(waiver: &Waiver) -> Self {
        Self {
            by: waiver.by.to_string(),
            of: waiver.of,
            agreement: waiver.clause.0.to_string(),
            clause: waiver.clause.1.to_string(),
            party: waiver.party.to_string(),
            note: waiver.note.clone(),
            at: waiver.at.as_second(),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The first limit or rule that it breaks.
    pub fn read(&self) -> Result<Waiver, WireError> {
        Ok(Waiver {
            by: party(WHAT, &self.by)?,
            of: self.of,
            clause: article(&self.agreement, &self.clause)?,
            party: party(WHAT, &self.party)?,
            note: note(WHAT, &self.note)?,
            at: moment(WHAT, self.at)?,
        })
    }
}

/// A day in its one form.
fn day(text: &str) -> Result<Date, WireError> {
    let day: Option<Date> = text.parse().ok();
    day.filter(|day| day.to_string() == text).ok_or_else(|| wrong(WHAT, "a day is written `2026-11-23`"))
}

/// An agreement and its article.
pub(super) fn article(id: &str, clause: &str) -> Result<(AgreementId, ClauseId), WireError> {
    Ok((word(WHAT, id)?.into(), word(WHAT, clause)?.into()))
}
