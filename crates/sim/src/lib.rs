//! Many nodes in one process, with a fake wire, fake disks and fake clocks, all from one seed.
//!
//! The nodes are the real ones, over the real store, turned by the loop of the server; everything around them is drawn:
//! loss, doubling, reordering, partitions, crashes between any two effects, disks that fail in both ways, clocks that
//! jump, partners that lie. After each event the invariants in [`invariants`] are checked from outside. One seed is one
//! run, whatever the machine; a run that fails is shortened and told as a story.
//!
//! Not here: sockets, TLS and the command line, which the demo and the tests of their crates try; and no statement about
//! speed. The key type is [`Simulation`].
#![allow(
    clippy::disallowed_methods,
    reason = "the nodes are real, and their stores are files: this crate is one of the hands"
)]

pub mod dice;
pub mod land;
pub mod keys;
pub mod disk;
pub mod wire;
pub mod plan;
pub mod facts;
pub mod recalls;
pub mod contents;
pub mod invariants;
pub mod story;

mod restoring;
mod site;
mod courier;
mod fetching;
mod giving;
mod people;
mod large;
mod consulting;
mod keeping;
mod quotas;
mod lies;
mod counts;
pub mod simulation;
mod failure;

pub use counts::{Contents, Counts, Pieces};
pub use failure::{Failure, run};
pub use invariants::Violation;
pub use simulation::Simulation;
