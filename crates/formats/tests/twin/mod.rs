//! A second reading of the decision, written from the specification alone: straight, slow, and without a line in common
//! with the judgement that it checks.
//!
//! It reads the files as plain values and answers everything but the sentences and the duties. The key type is [`judge::Answer`];
//! [`worlds`] makes the random worlds on which the two are compared.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses a part, and names what it uses")]

pub mod calendar;
pub mod compare;
pub mod judge;
pub mod label;
pub mod law;
pub mod shrink;
pub mod status;
pub mod text;
pub mod view;
pub mod worlds;
