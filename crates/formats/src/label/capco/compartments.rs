//! Compartments and sub-compartments under the name of a control system or a program: `BP-J12 J54-K15`.
//!
//! Which of them exist is not known here; order and repeats are. The key type is [`Compartment`].

use std::ops::Range;

use entente_core::label::numbers_first;

use super::reading::Reading;
use crate::problem::Problem;

/// A compartment as read.
pub(super) struct Compartment<'a> {
    pub(super) name: &'a str,
    /// The place of the compartment with its sub-compartments.
    pub(super) at: Range<usize>,
    pub(super) subs: Vec<(&'a str, Range<usize>)>,
}

/// Writes a name with its compartments in order, and notes what stood out of order.
pub(super) fn write(name: &str, compartments: Vec<Compartment<'_>>, reading: &mut Reading) -> Result<String, Problem> {
    let mut parts = Vec::new();
    for Compartment { name, at, subs } in compartments {
        let subs = reading.sorted(subs, |left, right| numbers_first(left, right), |sub| (*sub).to_owned())?;
        parts.push(((name, subs), at));
    }
    let by_name = |left: &(&str, Vec<&str>), right: &(&str, Vec<&str>)| numbers_first(left.0, right.0);
    let parts = reading.sorted(parts, by_name, |(name, _)| (*name).to_owned())?;
    Ok(parts.into_iter().fold(name.to_owned(), |text, (compartment, subs)| {
        let with_subs = subs.into_iter().fold(compartment.to_owned(), |text, sub| format!("{text} {sub}"));
        format!("{text}-{with_subs}")
    }))
}
