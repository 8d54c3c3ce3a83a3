//! Consents: asked for one record and answered, or given standing; and withdrawn.

use minicbor::{Decode, Encode};

use super::{MAX_ITEMS, MAX_NOTE, WireError, few, fits};

/// A question for consent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ConsentRequest {
    /// Chosen by the asker; the answer names it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub request: [u8; 16],
    /// The record's originator.
    #[n(1)]
    pub originator: String,
    /// The record's id.
    #[n(2)]
    pub record: String,
    /// SHA-256 of its content.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Who would get it.
    #[n(4)]
    pub to: String,
    /// `release` or `display`.
    #[n(5)]
    pub action: String,
    /// What for.
    #[n(6)]
    pub purpose: String,
    /// How it would go.
    #[n(7)]
    pub channel: String,
    /// The last moment wanted, in seconds since the epoch.
    #[n(8)]
    pub until: Option<i64>,
}

/// What a party signs when it answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ConsentStatement {
    /// Who answers.
    #[n(0)]
    pub by: String,
    /// Who asked: the answer serves nobody else.
    #[n(1)]
    pub asked_by: String,
    /// The question, in whole.
    #[n(2)]
    pub question: ConsentRequest,
    /// Yes or no.
    #[n(3)]
    pub granted: bool,
    /// When, in seconds since the epoch.
    #[n(4)]
    pub at: i64,
    /// The authority that said so, or a reason, where one is given.
    #[n(5)]
    pub note: Option<String>,
}

/// What a party signs when it consents beforehand, to whatever fits. It names no record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StandingConsent {
    /// Who consents.
    #[n(0)]
    pub by: String,
    /// Who may rely on it: it serves nobody else.
    #[n(1)]
    pub holder: String,
    /// Chosen by the giver; the withdrawal names it. The same for every holder of one consent.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// Every subject of the record must be among these; `*` alone for any.
    #[n(3)]
    pub subjects: Vec<String>,
    /// The highest level, in banner words.
    #[n(4)]
    pub max: String,
    /// Who may get it; any party when absent.
    #[n(5)]
    pub to: Option<String>,
    /// `release` or `display`.
    #[n(6)]
    pub action: String,
    /// What for; any purpose when absent.
    #[n(7)]
    pub purpose: Option<String>,
    /// The last moment at which it counts, in seconds since the epoch.
    #[n(8)]
    pub until: Option<i64>,
    /// When it was given, in seconds since the epoch.
    #[n(9)]
    pub at: i64,
    /// The authority that gave it.
    #[n(10)]
    pub authority: String,
}

/// What a party signs when it takes back a consent of its own. Effective when received.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ConsentWithdrawal {
    /// Who withdraws: whoever gave it.
    #[n(0)]
    pub by: String,
    /// To whom it was given.
    #[n(1)]
    pub holder: String,
    /// The number of the standing consent, or of the question that was answered.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub number: [u8; 16],
    /// When, in seconds since the epoch.
    #[n(3)]
    pub at: i64,
    /// Why, where that is said.
    #[n(4)]
    pub note: Option<String>,
}

impl StandingConsent {
    /// Whether its words and lists are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        few("subjects", self.subjects.len(), MAX_ITEMS)?;
        let words = [&self.by, &self.holder, &self.max, &self.action];
        fits("standing consent", words.into_iter().chain(&self.subjects).chain(&self.to).chain(&self.purpose))?;
        few("bytes of an authority", self.authority.len(), MAX_NOTE)
    }
}

impl ConsentWithdrawal {
    /// Whether its words are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        fits("withdrawal of a consent", [&self.by, &self.holder])?;
        few("bytes of a note", self.note.as_ref().map_or(0, String::len), MAX_NOTE)
    }
}
