//! One sovereign node as a state machine: an [`Event`] and the time in, [`Effects`] out. No I/O: what is to be kept
//! comes out as a [`Batch`] of [`Op`]s, which the store writes in one transaction, and only then are answers given and
//! partners woken.
//!
//! The same `Node::apply` that an event uses rebuilds the node from its store, so that a start after a crash is the
//! normal start.

pub mod identity;
pub mod partner;
pub mod keyring;
pub mod lane;

pub mod event;
pub mod op;
mod held;
mod holders;
pub mod state;
mod handle;
mod apply;
pub mod start;

pub mod party;
mod doubt;
mod judge;
mod enter;
mod release;
pub mod second;
pub mod emergency;
pub mod telling;
pub mod named;
pub mod sequenced;
pub mod guard;
mod secrets;
mod outbox;
mod inbox;
mod arrival;
mod alarm;
pub mod content;
mod quarantine;
pub mod consent;
pub mod standing;
pub mod texts;
mod act;
mod tell;
mod affected;
pub mod recall;
mod relabel;
pub mod compromise;
pub mod retention;
mod query;
pub mod page;
mod words;
pub mod objects;
pub mod preview;
pub mod told;
pub mod person;
pub mod prospect;
pub mod whatif;
pub mod statement;
pub mod ledger;
mod witness;
pub mod restore;
pub mod proof;
pub mod consultation;
pub mod pledge;

pub mod desk;
pub mod alert;
pub mod incident;
pub mod consult;
pub mod matter;

pub use event::{Answer, Effects, Event, Refusal};
pub use identity::{Identity, LogSeeds};
pub use lane::{Feed, Lane};
pub use op::{Batch, Op, Snapshot};
pub use partner::Partner;
pub use release::lane as lane_of;
pub use state::Node;
