//! The proof that an originator has signed two different records under one id.
//!
//! It needs no other bytes: both statements are signed by the same party. Key type: [`Conflict`].

use minicbor::{Decode, Encode};

use super::{Canonical, Origin, Signed, WireError};

/// Two statements of origin for one id, each as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Conflict {
    /// The one that is held.
    #[n(0)]
    pub held: Signed,
    /// The one that was refused.
    #[n(1)]
    pub refused: Signed,
}

impl Conflict {
    /// What the two say, the held one first.
    ///
    /// # Errors
    /// When one of them cannot be read, or they are no two statements about one record: then they prove nothing.
    pub fn statements(&self) -> Result<(Origin, Origin), WireError> {
        let (held, refused) = (Origin::from_bytes(&self.held.statement)?, Origin::from_bytes(&self.refused.statement)?);
        if (&held.originator, &held.id) != (&refused.originator, &refused.id) || held == refused {
            let detail = "the two statements do not contradict each other".to_owned();
            return Err(WireError::Malformed { what: Self::NAME, detail });
        }
        Ok((held, refused))
    }
}
