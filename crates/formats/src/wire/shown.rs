//! What of a body a guard between two networks may be shown: the kind of message, and the label of a record
//! (envelope.md section 11). Words that others compare: they never change.

use super::{Body, Canonical, Origin};

impl Body {
    /// The word for this kind of message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record",
            Self::ConsentRequest(_) => "consent-question",
            Self::ConsentAnswer(_) => "consent-answer",
            Self::Proposal(_) => "proposal",
            Self::Act(_) => "act",
            Self::StandingConsent(_) => "standing-consent",
            Self::ConsentWithdrawal(_) => "consent-withdrawal",
            Self::Recall(_) => "recall",
            Self::RecallAnswer(_) => "recall-answer",
            Self::Relabelling(_) => "relabelling",
            Self::Compromise(_) => "compromise",
            Self::PartyFile(_) => "party-file",
            Self::LargeRecord { .. } => "large-record",
            Self::ContentWord(_) => "content-word",
            Self::Returned(_) => "returned",
            Self::ConsultRaise(_) => "consultation-raised",
            Self::ConsultStep(_) => "consultation-step",
            Self::Commitment(_) => "commitment",
            Self::Meeting(_) => "meeting",
            Self::AlertAcknowledgement(_) => "alert-acknowledgement",
        }
    }

    /// The label that its originator has signed, exactly; empty for what carries no record. `None` where a record's
    /// statement of origin cannot be read.
    pub fn label(&self) -> Option<String> {
        match self {
            Self::Record { origin, .. } | Self::LargeRecord { origin, .. } => {
                Origin::from_bytes(&origin.statement).ok().map(|origin| origin.label)
            }
            _ => Some(String::new()),
        }
    }
}
