//! One sovereign node as a state machine: an [`Event`] and the time in, [`Effects`] out. No I/O: what is to be kept
//! comes out as a [`Batch`] of [`Op`]s, which the store writes in one transaction, and only then are answers given and
//! partners woken.
//!
//! The same `Node::apply` that an event uses rebuilds the node from its store, so that a start after a crash is the
//! normal start.

pub mod identity;
pub mod partner;
pub mod lane;

pub mod event;
pub mod op;
pub mod state;
pub mod start;

mod judge;
mod enter;
mod release;
pub mod sequenced;
mod outbox;
mod inbox;
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
pub mod person;
pub mod prospect;
pub mod whatif;
mod statement;
pub mod ledger;
mod witness;
pub mod proof;

pub use event::{Answer, Effects, Event, Refusal};
pub use identity::{Identity, LogSeeds};
pub use lane::{Feed, Lane};
pub use op::{Batch, Op, Snapshot};
pub use partner::Partner;
pub use state::Node;
