//! What a treaty desk asks of texts: what they allow between each two parties, what another wording would change, and how
//! their status came about. The judgement is [`crate::decide`] and [`crate::agreement::fold`]; this asks them.
//!
//! Not here: what becomes of the records that somebody holds.

pub mod vocabulary;
pub mod probe;
pub mod area;

pub mod matrix;
pub mod compare;
pub mod timeline;

use std::collections::BTreeSet;

use crate::Party;

/// No more requests than this are asked at once: beyond it the words of the texts have to be narrowed.
pub const MAXIMUM_REQUESTS: usize = 500_000;

/// More requests than [`MAXIMUM_REQUESTS`] would have to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// How many.
    pub requests: usize,
}

/// Every two different parties, both ways.
fn ordered_pairs(parties: &BTreeSet<Party>) -> Vec<(&Party, &Party)> {
    let pairs = parties.iter().flat_map(|from| parties.iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| from != to).collect()
}
