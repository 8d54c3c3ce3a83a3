//! Quotas: for a while a node keeps little of each partner. What has no room is turned away and waits at its sender; the bounds
//! are the server's own (`entente_server::quota`), and so is what counts as something that needs room.

use std::collections::{BTreeMap, VecDeque};

use entente_core::Party;
use entente_node::{Feed, Lane};
use entente_server::quota::{Quota, may_be_kept};

use crate::{
    invariants::{self as must, Violation},
    simulation::Simulation,
    site::Site,
};

/// How a node stands to what it keeps of its partners.
#[derive(Default)]
pub(crate) struct Room {
    quota: Option<Quota>,
    /// What was here of each partner when the quota began.
    before: BTreeMap<Party, u64>,
    /// What packages may bring that were let in and are not answered yet, in their order.
    claimed: BTreeMap<Feed, VecDeque<u64>>,
    /// How long the content is that is being fetched of a partner.
    fetching: BTreeMap<Party, u64>,
}

impl Room {
    /// Forgets what was let in and is gone with its process.
    pub(crate) fn crashes(&mut self) {
        self.claimed.clear();
        self.fetching.clear();
    }

    /// Nothing is being fetched of a partner any more: what came is on the disk.
    pub(crate) fn fetched(&mut self, partner: &Party) {
        self.fetching.remove(partner);
    }

    /// A package that was let in is answered: what it brought is kept by now, or not at all.
    pub(crate) fn answered(&mut self, feed: &Feed) {
        self.claimed.get_mut(feed).and_then(VecDeque::pop_front);
    }
}

impl Site {
    /// What is kept of a partner.
    fn keeps_of(&self, partner: &Party) -> u64 {
        self.disk.reader().and_then(|reader| reader.held_of(partner).ok()).unwrap_or_default()
    }

    /// The same with what was let in and may be kept. What is kept and not answered yet counts twice.
    fn has_of(&self, partner: &Party) -> u64 {
        let kept = self.keeps_of(partner);
        let claimed = self.room.claimed.iter().filter(|(feed, _)| feed.partner == *partner);
        let fetching = self.room.fetching.get(partner).copied().unwrap_or_default();
        kept.saturating_add(claimed.flat_map(|(_, bytes)| bytes).sum::<u64>()).saturating_add(fetching)
    }
}

impl Simulation {
    /// A node has a quota of so many bytes for each partner from now on, or none any more.
    pub(crate) fn narrows(&mut self, number: usize, bytes: Option<u64>) -> Result<(), Violation> {
        self.keeps_its_quota(number)?;
        if bytes.is_none() && self.sites.get(number).is_none_or(|site| site.room.quota.is_none()) {
            return Ok(());
        }
        let partners = self.truth.parties.clone();
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        site.room.before = partners.into_iter().map(|party| (party.clone(), site.has_of(&party))).collect();
        site.room.quota = bytes.map(Quota::of_bytes);
        let what = bytes
            .map_or("keeps whatever comes again".to_owned(), |bytes| format!("keeps {bytes} bytes of each partner"));
        self.tell(&[number], what);
        Ok(())
    }

    /// No more is kept of anybody than was let in.
    pub(crate) fn keeps_its_quota(&self, number: usize) -> Result<(), Violation> {
        let Some(site) = self.sites.get(number) else { return Ok(()) };
        let Some(quota) = &site.room.quota else { return Ok(()) };
        self.truth.parties.iter().try_for_each(|partner| {
            let before = site.room.before.get(partner).copied().unwrap_or_default();
            let bound = before.max(quota.bound(partner, Lane::Urgent));
            must::a_quota_is_kept(&site.keys.party, partner, site.keeps_of(partner), bound)
        })
    }

    /// Whether there is room for a content of that length, which is fetched then.
    pub(crate) fn has_room_for(&mut self, number: usize, partner: &Party, length: u64) -> bool {
        let Some(site) = self.sites.get_mut(number) else { return false };
        let (quota, used) = (&site.room.quota, site.has_of(partner));
        let fits = quota.as_ref().is_none_or(|quota| quota.admits(partner, Lane::Routine, used, length));
        if fits {
            site.room.fetching.insert(partner.clone(), length);
        }
        fits
    }

    /// Whether a package is let in.
    pub(crate) fn has_room(&mut self, number: usize, feed: &Feed, bytes: &[u8]) -> bool {
        // Where nobody runs nothing is let in, and nobody answers.
        let Some(site) = self.sites.get_mut(number).filter(|site| site.node.is_some()) else { return true };
        let needed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (lane, partner) = (feed.lane, &feed.partner);
        let fits =
            site.room.quota.as_ref().is_none_or(|quota| quota.admits(partner, lane, site.has_of(partner), needed));
        let next = site.node.as_ref().and_then(|node| node.incoming().find(|(into, _)| *into == feed));
        let next = next.map_or(0, |(_, next)| next);
        let brings = may_be_kept(bytes, next);
        let is_let_in = fits || !brings;
        if is_let_in {
            site.room.claimed.entry(feed.clone()).or_default().push_back(if brings { needed } else { 0 });
        }
        self.turned_away += usize::from(!is_let_in);
        is_let_in
    }
}
