//! Feeds: what arrives is what was signed and left, once, in order; receipts say what is held.

use entente_core::Party;
use entente_formats::wire::{Canonical, Package};
use entente_log::Checkpoint;
use entente_node::{Answer, Feed, Node, Op, Refusal, op::ReceivedEntry};

use super::{Checked, Rule};
use crate::facts::{Facts, Truth, count, place, tree};

/// Entry i is applied when i is the next, and never again.
pub fn each_entry_is_applied_once_in_order(facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "each_entry_is_applied_once_in_order",
        sentence: "an entry of a feed is applied exactly once, behind the one before it",
    };
    let Op::Received { feed, index, .. } = op else { return Ok(()) };
    let next = facts.got.get(feed).map_or(0, |got| count(got));
    RULE.holds(*index == next, &[us, &feed.partner], || {
        format!("{us} applies entry {index} of {}'s {} feed, and entry {next} is due", feed.partner, feed.lane.as_str())
    })
}

/// Both ends hold the same: the recipient a part from the start of what the sender's disk has kept and its key signed. Of
/// a liar, of one of the histories that its key signed.
pub fn feeds_hold_only_what_their_sender_signed(truth: &Truth, facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "feeds_hold_only_what_their_sender_signed",
        sentence: "what a recipient holds of a feed is the beginning of what its sender has kept and signed",
    };
    let Op::Received { feed, index, leaf, .. } = op else { return Ok(()) };
    let mut held = facts.got_leaves(feed);
    held.push(*leaf);
    let histories = truth.histories(&feed.partner, us, feed.lane);
    RULE.holds(histories.iter().any(|history| history.starts_with(&held)), &[us, &feed.partner], || {
        let lane = feed.lane.as_str();
        format!("entry {index} of the {lane} feed of {} as {us} takes it is in no history of it", feed.partner)
    })
}

/// A body arrives when it was offered, and a withdrawal when there is one: what was withdrawn before it was offered stays
/// behind.
pub fn an_entry_arrives_as_it_left(truth: &Truth, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "an_entry_arrives_as_it_left",
        sentence: "a body arrives only when its sender kept that it was offered, and never when it was withdrawn before",
    };
    let Op::Received { feed, index, entry, .. } = op else { return Ok(()) };
    let Some(sender) = truth.facts_of(&feed.partner).filter(|_| truth.is_honest_party(&feed.partner)) else {
        return Ok(());
    };
    let back = Feed { partner: us.clone(), lane: feed.lane };
    let withdrawn = sender.sent.get(&back).and_then(|sent| sent.get(place(*index))).and_then(|sent| sent.withdrawn);
    let is_offered = sender.offered.get(&back).is_some_and(|offered| index < offered);
    let has_body = !matches!(entry, ReceivedEntry::Withdrawn(_));
    let fits = if has_body { is_offered && withdrawn != Some(false) } else { withdrawn.is_some() };
    RULE.holds(fits, &[us, &feed.partner], || {
        let came = if has_body { "its body" } else { "a withdrawal" };
        let lane = feed.lane.as_str();
        format!(
            "of entry {index} of {}'s {lane} feed {us} gets {came}; offered: {is_offered}, withdrawn: {withdrawn:?}",
            feed.partner
        )
    })
}

/// A receipt is a promise: it is never taken back, and no more is promised than is held.
pub fn receipts_never_go_back(truth: &Truth, facts: &Facts, us: &Party, op: &Op) -> Checked {
    const RULE: Rule = Rule {
        name: "receipts_never_go_back",
        sentence: "a receipt says at least what the last one said, and no more than its giver's disk holds",
    };
    let Op::Receipt { feed, next, .. } = op else { return Ok(()) };
    let before = facts.acknowledged.get(feed).copied().unwrap_or_default();
    let ours = Feed { partner: us.clone(), lane: feed.lane };
    let held = truth.facts_of(&feed.partner).and_then(|facts| facts.got.get(&ours)).map_or(0, |got| count(got));
    let is_bound = truth.is_honest_party(&feed.partner);
    RULE.holds(before <= *next && (*next <= held || !is_bound), &[us, &feed.partner], || {
        format!("{} receipts {next} entries to {us}; it receipted {before}, and holds {held}", feed.partner)
    })
}

/// Whether a package shows its recipient a signed history other than the one it holds: a checkpoint of as many entries
/// with another root, or entries behind its own that belong to another.
pub fn shown_fork(node: &Node, facts: &Facts, feed: &Feed, bytes: &[u8]) -> bool {
    let Ok(package) = Package::from_bytes(bytes) else { return false };
    let Some(partner) = node.partners().find(|partner| partner.party == feed.partner) else { return false };
    let Ok(keys) = partner.feed_keys(node.party(), feed.lane) else { return false };
    let origin = entente_node::lane::origin(&feed.partner, node.party(), feed.lane);
    let signed = package.origin == origin;
    let Ok(checkpoint) = Checkpoint::open_signed_by_each(package.checkpoint.as_bytes(), &origin, &keys) else {
        return false;
    };
    let held = facts.got_leaves(feed);
    signed && checkpoint.size() == count(&held) && *checkpoint.root() != tree(&held, checkpoint.size()).root()
}

/// Two histories that meet raise an alarm and advance nothing.
pub fn a_fork_is_noticed(facts: &Facts, us: &Party, feed: &Feed, answer: &Result<Answer, Refusal>) -> Checked {
    const RULE: Rule = Rule {
        name: "a_fork_is_noticed",
        sentence: "who is shown another signed history of a feed refuses it and has an alarm on file",
    };
    let is_refused = matches!(answer, Err(Refusal::Partner(_)));
    let is_on_file = facts.alarms.iter().any(|(partner, _)| *partner == feed.partner);
    RULE.holds(is_refused && is_on_file, &[us, &feed.partner], || {
        format!("{us} is shown another history of {}; refused: {is_refused}, alarm: {is_on_file}", feed.partner)
    })
}
