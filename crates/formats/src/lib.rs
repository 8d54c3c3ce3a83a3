//! Every outside syntax, in and out. Outside bytes become meaning here and nowhere else.
//!
//! Broken input is an error value with a place and a help text, never a panic. Nothing here reads a file, a clock or a
//! socket.

pub mod problem;
pub mod hex;
mod xml;

pub mod label;
pub mod agreement;
pub mod national;

pub mod request;
mod answer;
pub mod holdings;
pub mod whatif;

pub mod alert;
pub mod rules;
pub mod contacts;
pub mod calendar;
pub mod plan;
pub mod consultation;

pub mod party;
pub mod wire;
pub mod webauthn;

pub mod stix;
pub mod foreign;
pub mod misp;
pub mod taxii;

pub use problem::Problem;
