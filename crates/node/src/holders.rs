//! Who has a record, as far as this node can know. There are three answers, and each question has its own: whether a party has it
//! for sure, whether it may have it, and whether it has it or is going to get it. What is told of a record to who has it asks the
//! first; what a party says of a record asks the second, so that nobody finds out by guesses what waits for it or stayed behind.

use entente_core::Party;

use crate::{
    lane::{Feed, Lane},
    recall::Direction,
    state::{Key, Node},
};

impl Node {
    /// Whether a party has a record for sure: it made it, gave it to us, or has receipted it. What waits may yet stay behind, and
    /// what was withdrawn after it had been offered may not have arrived.
    pub(crate) fn has_for_sure(&self, key: &Key, party: &Party) -> bool {
        key.0 == *party || self.providers(key).contains(party) || self.holds_for_sure(key, party)
    }

    /// Whether a party was given a record through this node and has receipted it.
    pub(crate) fn holds_for_sure(&self, key: &Key, party: &Party) -> bool {
        let is_receipted =
            |feed: &Feed, index: u64| self.outgoing.get(feed).is_some_and(|out| index < out.acknowledged.size());
        self.sent
            .of_partner(key, party)
            .any(|(feed, index)| is_receipted(feed, index) && !self.withdrawn_late.contains(&(feed.clone(), index)))
    }

    /// Whether a party may have a record from here: its body was handed to the sender.
    pub(crate) fn may_have(&self, key: &Key, party: &Party) -> bool {
        let is_offered = |feed: &Feed, index: u64| self.outgoing.get(feed).is_some_and(|out| index < out.offered);
        self.sent.of_partner(key, party).any(|(feed, index)| is_offered(feed, index))
    }

    /// Whether a record was given to a party from here, or waits to be: what stayed behind, or may have, is to be given again.
    pub(crate) fn goes_to(&self, key: &Key, party: &Party) -> bool {
        self.sent.of_partner(key, party).any(|(feed, index)| !self.withdrawn_late.contains(&(feed.clone(), index)))
    }

    /// Whether this party has called back from another what it gave it, or was going to: what does not go by itself any more.
    pub(crate) fn is_called_back_from(&self, key: &Key, party: &Party) -> bool {
        let first = (key.clone(), Direction::Out, Feed { partner: party.clone(), lane: Lane::Urgent }, 0);
        let next = self.taken_back.range(first..).next();
        next.is_some_and(|(of, direction, feed, _)| of == key && *direction == Direction::Out && feed.partner == *party)
    }
}
