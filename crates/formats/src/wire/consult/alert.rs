//! What a party signs when a person of it has seen an alert.

use minicbor::{Decode, Encode};

use super::{
    super::WireError,
    part::{moment, party, word},
};

const WHAT: &str = "acknowledgement of an alert";

/// That a person at a party has taken note of an alert. It goes to all parties that were given the alert by the party
/// whose it is, and to no other: who acknowledges tells that it has it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AlertAcknowledgement {
    /// Who acknowledges.
    #[n(0)]
    pub by: String,
    /// The party whose alert it is.
    #[n(1)]
    pub originator: String,
    /// The record with the message that the person saw.
    #[n(2)]
    pub record: String,
    /// SHA-256 of its content.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Who, as the party says.
    #[n(4)]
    pub person: String,
    /// When, in seconds since the epoch.
    #[n(5)]
    pub at: i64,
}

impl AlertAcknowledgement {
    /// Whether its words are within their limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), WireError> {
        party(WHAT, &self.by)?;
        party(WHAT, &self.originator)?;
        word(WHAT, &self.record)?;
        word(WHAT, &self.person)?;
        moment(WHAT, self.at).map(drop)
    }
}
