//! What must hold, each as a function named as what it demands, with a sentence that is printed when it does not.

mod feeds;
mod keeping;
mod leaving;
mod ending;
mod heads;
mod consulting;
mod quotas;
mod contents;

use std::fmt;

use entente_core::Party;

pub use consulting::{
    a_notice_that_counts_has_arrived, all_come_to_one_consultation, duties_survive, nobody_else_has_a_consultation,
};
pub use contents::{
    a_content_ends_as_it_was, a_content_is_held_whole, a_piece_goes_to_whom_it_is_for, every_content_comes_to_an_end,
    no_file_is_left_behind, nobody_gives_on_what_is_arriving, what_is_said_of_a_content_is_so,
};
pub use ending::{
    a_recall_reaches_everyone, everything_is_delivered, logs_verify, nobody_honest_is_accused,
    where_histories_differ_somebody_knows,
};
pub use feeds::{
    a_fork_is_noticed, an_entry_arrives_as_it_left, each_entry_is_applied_once_in_order,
    feeds_hold_only_what_their_sender_signed, receipts_never_go_back, shown_fork,
};
pub use heads::{a_restored_node_goes_on, a_restored_store_is_noticed, heads_are_never_ahead};
pub use keeping::{
    a_restart_changes_nothing, content_is_what_was_signed, no_honest_node_fails, nothing_acknowledged_is_lost,
    nothing_is_done_twice, the_ledger_only_grows, what_is_kept_can_be_read, what_is_on_hold_is_kept,
};
pub use leaving::{Leaving, no_piece_leaves_unpermitted, nothing_unpermitted_leaves};
pub use quotas::a_quota_is_kept;

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: the function that checks it.
    pub name: &'static str,
    /// What it demands.
    pub sentence: &'static str,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// What was seen instead.
    pub what: String,
    /// The parties that it is about.
    pub who: Vec<Party>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, what, .. } = self;
        write!(f, "{}: {}.\n  Instead: {what}", rule.name, rule.sentence)
    }
}

/// Whether an invariant holds.
pub type Checked = Result<(), Violation>;

impl Rule {
    fn holds(self, holds: bool, who: &[&Party], what: impl FnOnce() -> String) -> Checked {
        if holds {
            return Ok(());
        }
        Err(Violation { rule: self, what: what(), who: who.iter().map(|party| (*party).clone()).collect() })
    }
}

/// No node, honest or not, panics: found by the one who runs it.
pub fn nothing_panics(message: &str) -> Violation {
    const RULE: Rule = Rule { name: "nothing_panics", sentence: "no input, fault or partner makes a node panic" };
    Violation { rule: RULE, what: message.to_owned(), who: Vec::new() }
}

/// A run of trouble keeps nobody busy for ever: no sender spins, no start fails and fails again.
pub fn nobody_spins(happenings: usize, most: usize) -> Checked {
    const RULE: Rule =
        Rule { name: "nobody_spins", sentence: "trouble of a set length gives a bounded number of things to do" };
    RULE.holds(happenings <= most, &[], || format!("more than {most} things happened"))
}

/// A run whose land or disks cannot be made tries nothing.
pub fn a_run_can_be_made(why: &str) -> Violation {
    const RULE: Rule = Rule { name: "a_run_can_be_made", sentence: "every seed gives a land that its readers accept" };
    Violation { rule: RULE, what: why.to_owned(), who: Vec::new() }
}
