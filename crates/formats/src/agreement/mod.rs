//! Agreement files, `entente.agreement/1`: TOML in and out, the canonical form, and the hash of an instrument.
//!
//! A file is read as a whole: [`parse`] reports every problem with its place and what to do, not only the first. What
//! an agreement means at a moment is in `entente-core`. The format is specified in `docs/spec/agreements.md`.

mod clause;
mod compare;
mod instrument;
mod kinds;
mod odd;
pub(crate) mod reader;
mod layout;
mod set;
pub(crate) mod tree;
mod value;
pub(crate) mod words;
pub(crate) mod write;

pub use compare::{ClauseChange, FieldChange, TextChanges, compare};
pub use layout::format;
pub use odd::oddities;
pub use set::{AgreementSet, FileProblem, parse_set};
pub use words::is_clause_id as is_article;
pub use write::{canonical, hash, write};

use entente_core::agreement::Agreement;

use crate::Problem;

/// Reads one agreement file. The hash is that of the instrument as read; acts stay in the order of the file.
///
/// # Errors
///
/// All problems of the text (at most a hundred), in the order of their places.
pub fn parse(text: &str) -> Result<Agreement, Vec<Problem>> {
    instrument::read(text).map(|reading| reading.agreement)
}
