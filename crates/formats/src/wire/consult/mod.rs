//! What parties sign when they consult, commit themselves, meet, and acknowledge alerts. The types of the wire; what
//! they mean is in `entente_core::consult`.
//!
//! `of` writes a meaning as a statement, `read` makes the meaning of a statement and refuses what breaks a limit or a
//! rule. Reading what was written gives the same. Specified in `docs/spec/consultation.md`.

mod part;
mod raise;
mod step;
mod commitment;
mod meeting;
mod alert;

pub use alert::AlertAcknowledgement;
pub use commitment::{CommitmentStatement, CommitmentWord, ProgressStatement, WaiverStatement};
pub use meeting::MeetingStatement;
pub use part::{Digest32, EvidenceStatement, PlaceStatement, Position, ShapeStatement};
pub use raise::{PinStatement, RaiseStatement};
pub use step::{ChoiceStatement, EffectsStatement, StepKind, StepStatement, item_digest};

/// The most parties of a consultation.
pub const MAX_PARTICIPANTS: usize = 64;
/// The longest text of a common message, in bytes.
pub const MAX_MESSAGE: usize = 16 * 1024;
