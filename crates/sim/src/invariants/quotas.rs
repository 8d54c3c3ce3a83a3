//! What a quota bounds.

use entente_core::Party;

use super::{Checked, Rule};

/// A full quota lets nothing more in, whatever the wire, crashes and doubled packages do.
pub fn a_quota_is_kept(us: &Party, partner: &Party, held: u64, bound: u64) -> Checked {
    const RULE: Rule = Rule {
        name: "a_quota_is_kept",
        sentence: "of no partner more is kept than its quota, on the urgent lane a quarter more, or than there was before it",
    };
    RULE.holds(held <= bound, &[us, partner], || format!("{us} has {held} bytes of {partner}, where {bound} may be"))
}
