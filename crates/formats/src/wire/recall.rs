//! What parties sign about records that have gone out: that they are called back, that they bear another label, that
//! they have fallen into wrong hands.

use minicbor::{Decode, Encode};

use super::{MAX_NOTE, WireError, few, fits};

/// The most entries that one recall takes back; a record that went out more often is recalled more than once.
pub const MAX_RECALLED: usize = 2048;

/// What a party signs when it calls a record back. The originator's reaches everyone who holds it, and travels untouched
/// through every hop. Anyone else takes back what it gave itself, entry by entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RecallStatement {
    /// Who calls it back.
    #[n(0)]
    pub by: String,
    /// Chosen by that party; the answers name it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// The record's originator.
    #[n(2)]
    pub originator: String,
    /// The record.
    #[n(3)]
    pub record: String,
    /// The entries that are taken back; none in an originator's own, which takes back everything.
    #[n(4)]
    pub entries: Vec<EntryName>,
    /// When, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
    /// Why, where that is said.
    #[n(6)]
    pub reason: Option<String>,
}

/// An entry of the feed from the party that names it to the party that it tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct EntryName {
    /// `urgent` or `routine`.
    #[n(0)]
    pub lane: String,
    /// Its index.
    #[n(1)]
    pub index: u64,
}

/// What a holder says of a recall. It is a statement, and no proof that nothing is left.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RecallAnswer {
    /// Who answers.
    #[n(0)]
    pub by: String,
    /// Who called it back.
    #[n(1)]
    pub recall_by: String,
    /// The number of the recall.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// What became of it here.
    #[n(3)]
    pub here: Remains,
    /// Whether everyone to whom it was given from here has complied, as they say themselves.
    #[n(4)]
    pub beyond: bool,
    /// When, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
}

/// What became of a record where it was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Remains {
    /// Its content was destroyed.
    #[n(0)]
    Destroyed,
    /// It was never here, or is not any more.
    #[n(1)]
    NotHere,
    /// It stays, because another party gave it too, or because it is this party's own.
    #[n(2)]
    Kept,
}

impl Remains {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Destroyed => "destroyed",
            Self::NotHere => "not-here",
            Self::Kept => "kept",
        }
    }
}

/// An originator's word that a record of its own bears another label from now on. It travels like a recall, and leaves
/// the statement of origin as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Relabelling {
    /// The record's originator, who signs.
    #[n(0)]
    pub by: String,
    /// The record.
    #[n(1)]
    pub record: String,
    /// Counts from 1; the highest is the one that counts, in whatever order they arrive.
    #[n(2)]
    pub revision: u32,
    /// The label in its canonical text.
    #[n(3)]
    pub label: String,
    /// When, in seconds since the epoch.
    #[n(4)]
    pub at: i64,
    /// Why, where that is said.
    #[n(5)]
    pub reason: Option<String>,
}

/// What a holder signs when it has lost control of a record, for those who gave it: each tells its own provider.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Compromise {
    /// Who tells.
    #[n(0)]
    pub by: String,
    /// Chosen by that party.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// The record's originator.
    #[n(2)]
    pub originator: String,
    /// The record.
    #[n(3)]
    pub record: String,
    /// Whether it happened with somebody to whom the teller gave it, and not with the teller.
    #[n(4)]
    pub beyond: bool,
    /// When it became known to the teller, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
    /// What happened, as far as is known.
    #[n(6)]
    pub note: String,
}

impl RecallStatement {
    /// Whether its words and lists are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        few("entries of a recall", self.entries.len(), MAX_RECALLED)?;
        let lanes = self.entries.iter().map(|entry| &entry.lane);
        fits("recall", [&self.by, &self.originator, &self.record].into_iter().chain(lanes))?;
        few("bytes of a reason", self.reason.as_ref().map_or(0, String::len), MAX_NOTE)
    }
}

impl Relabelling {
    /// Whether its words are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        fits("relabelling", [&self.by, &self.record])?;
        few("bytes of a reason", self.reason.as_ref().map_or(0, String::len), MAX_NOTE)
    }
}

impl Compromise {
    /// Whether its words are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        fits("notice of a compromise", [&self.by, &self.originator, &self.record])?;
        few("bytes of a note", self.note.len(), MAX_NOTE)
    }
}
