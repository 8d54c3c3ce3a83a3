//! Warnings, in and out: CAP 1.2, the bulletins of the Japan Meteorological Agency, and our profile of CAP for missile
//! warnings. What they mean together is in `entente_core::alert`.
//!
//! The key function is [`read`], which takes either syntax. What is wrong has a place and a help text. Specified in
//! `docs/spec/alerts.md`.

mod element;
mod place;
pub mod cap;
pub mod jma;
pub mod missile;
mod reading;

pub use place::{MAX_CORNERS, circle, polygon};
pub use reading::{Reading, Remark, Syntax, read};
