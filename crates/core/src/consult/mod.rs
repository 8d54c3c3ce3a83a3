//! The duty to consult: from an incident to what each party owes, and from signed steps to one record of a consultation.
//!
//! Everything is a function of what is held and of the time that is asked about; nothing here reads a clock, sends, or
//! knows bytes and signatures: that a step is its party's own was checked before. Positions are records of their own and
//! not part of a consultation's core. The key types are [`Incident`], [`Obligation`] and [`Consultation`].

pub mod incident;
pub mod duty;
pub mod effects;
pub mod step;
pub mod fold;
mod closing;
pub mod disagreement;
pub mod commitment;
pub mod meeting;
pub mod accession;
pub mod rule;

pub use closing::{Closing, Waits};
pub use disagreement::{Disagreement, disagreements};
pub use duty::{Clock, Due, LocalClocks, Obligation, Opened, State, owed, standing};
pub use effects::{Choice, Effects, EffectsOn};
pub use fold::{Consultation, Double, Phase, Stance};
pub use incident::{Evidence, Incident, Place, Precedence};
pub use rule::{Rule, Rules, Zone};
pub use step::{Digest, Kind, Pin, Proposal, Raise, Step};
