//! The heads beside a store: level after every crash, and behind them whatever is an older copy.

use entente_core::Party;
use entente_node::{Node, restore::Errand};
use entente_store::{Standing, Store};

use super::{Checked, Rule};
use crate::facts::{Facts, Truth};

/// A crash at any place leaves a store that is not behind its heads: the normal start goes on.
pub fn heads_are_never_ahead(us: &Party, store: &Store, is_restoring: bool) -> Checked {
    const RULE: Rule = Rule {
        name: "heads_are_never_ahead",
        sentence: "no crash and no failing disk makes a store look like an older copy of itself",
    };
    let standing = store.standing();
    let is_level = matches!(standing, Ok(Standing::Level));
    RULE.holds(is_restoring || is_level, &[us], || format!("the store of {us} stands so to its heads: {standing:?}"))
}

/// A store that was put back alone is noticed, once it has ever signed anything.
pub fn a_restored_store_is_noticed(us: &Party, store: &Store, before: &Facts) -> Checked {
    const RULE: Rule = Rule {
        name: "a_restored_store_is_noticed",
        sentence: "a store that was put back without its heads is not gone on with as if nothing had happened",
    };
    let standing = store.standing();
    let is_noticed = matches!(standing, Ok(Standing::Missing | Standing::Behind(_)));
    RULE.holds(is_noticed || before.offered.is_empty(), &[us], || {
        format!("the store of {us} was put back, and stands so to its heads: {standing:?}")
    })
}

/// What every restored node comes to: it goes on.
pub fn a_restored_node_goes_on(truth: &Truth, us: &Party, node: &Node) -> Checked {
    const RULE: Rule = Rule {
        name: "a_restored_node_goes_on",
        sentence: "once all partners are there, a restored node waits for nobody, and has told everybody who is honest",
    };
    let mut errands = node.errands();
    // Who lied and was restored itself stays read-only for ever, and hears no such word.
    errands.retain(|errand| !matches!(errand, Errand::Tell(party) if !truth.is_honest_party(party)));
    let is_done = !node.is_read_only() && errands.is_empty();
    RULE.holds(is_done, &[us], || format!("{us} still has to do: {errands:?}"))
}
