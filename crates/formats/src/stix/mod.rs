//! STIX 2.1, and 2.0 where it is still met: what an object must be, what it points at, how it is marked.
//!
//! Not a store and not a decision: who may see an object is for `entente-core`, by the label that
//! [`marking`] reads off it. Content is never re-serialised: an object is the slice of text in which it arrived, with an
//! [`index::Entry`] beside it.
//!
//! Source: OASIS, *STIX Version 2.1*, 10 June 2021. Sections in the files below are of that text.

pub mod json;
pub mod id;
pub mod time;
mod names;

pub mod spec;
pub mod check;
pub mod pattern;

pub mod index;
pub mod envelope;
pub mod marking;
pub mod reveal;
