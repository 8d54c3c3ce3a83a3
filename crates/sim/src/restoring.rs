//! A node that was restored asks its partners, as `entente_server::restore` does: how much they hold, the ends of its feeds,
//! and that they send again. Questions and answers go from queue to queue where the wire passes, and are asked again until
//! there is nothing left to do.

use entente_formats::wire::TailEntry;
use entente_log::consistency_proof;
use entente_node::{Answer, Event, Feed, Lane, restore::Errand};
use entente_server::turn::Failure;

use crate::{
    invariants::{self as must, Violation},
    simulation::{Happening, Simulation},
    site::Asker,
};

/// How long a restored node waits between two rounds, in milliseconds.
const ROUND: u64 = 2_000;
/// How many entries are given back at once: few, so that a crash falls between two of them.
const AT_ONCE: usize = 3;

/// What a partner is asked.
#[derive(Clone, Debug)]
pub(crate) enum Help {
    /// How much it holds.
    Holds,
    /// The end of a feed to it.
    Tail(Lane),
    /// To send again.
    Word,
}

impl Simulation {
    /// A node starts from its back-up: either as `entente restore` has it, read-only until its partners have answered; or
    /// from a folder that was copied with everything in it, as if nothing had happened since.
    pub(crate) fn restores(&mut self, number: usize, is_careful: bool) -> Result<(), Violation> {
        let Some(before) = self.backed_up.remove(&number) else { return Ok(()) };
        self.crashes(
            number,
            if is_careful { "and is restored from its back-up" } else { "and its folder is copied back" },
        )?;
        // What it had on the wire is gone with its connections.
        self.queue.retain(|_, happening| !matches!(happening, Happening::Arrival(parcel) if parcel.from == number));
        self.sites.iter_mut().for_each(|site| site.hang_up(number));
        let (Some(site), Some(facts)) = (self.sites.get_mut(number), self.truth.facts.get_mut(number)) else {
            return Ok(());
        };
        let restored = site.disk.restore(!is_careful).map_err(|error| error.to_string());
        let after = std::mem::replace(facts, before);
        for (feed, sent) in &after.sent {
            let Some(partner) = self.truth.parties.iter().position(|party| *party == feed.partner) else { continue };
            let leaves = sent.iter().map(|sent| sent.leaf).collect();
            self.truth.other_histories.entry((number, partner, feed.lane)).or_default().push(leaves);
        }
        if is_careful {
            site.is_restored = true;
            self.truth.mended.insert(number);
        } else {
            self.truth.restored.insert(number);
        }
        let us = site.keys.party.clone();
        if let Some(store) = site.disk.store().filter(|_| is_careful) {
            must::a_restored_store_is_noticed(&us, store, facts)?;
        }
        restored.map_or_else(|why| must::a_restart_changes_nothing(&after, &us, Err(&why), None), Ok)
    }

    /// Looks after the restore of a node in a while.
    pub(crate) fn looks_later(&mut self, site: usize) {
        let incarnation = self.sites.get(site).map_or(0, |site| site.incarnation);
        self.later(ROUND, Happening::Errands { site, incarnation });
    }

    /// One round of a restored node.
    pub(crate) fn runs_errands(&mut self, site: usize) {
        let Some(node) = self.sites.get(site).and_then(|site| site.node.as_ref()) else { return };
        let (errands, is_read_only) = (node.errands(), node.is_read_only());
        if is_read_only {
            self.queue(site, Event::GoOn, Asker::Nobody);
        }
        for errand in &errands {
            self.runs_errand(site, errand);
        }
        if is_read_only || !errands.is_empty() {
            self.looks_later(site);
        }
    }

    fn runs_errand(&mut self, site: usize, errand: &Errand) {
        let (Errand::Ask(party) | Errand::Tell(party)) = errand else {
            let Errand::Fetch(feed, start, size) = errand else { return };
            return self.fetches(site, feed, *start, *size);
        };
        let Some(partner) = self.reached(site, party) else { return };
        let Some(us) = self.truth.parties.get(site).cloned() else { return };
        if matches!(errand, Errand::Ask(_)) {
            return self.asks(site, partner);
        }
        let now = self.clock(site);
        let word = self.sites.get(site).and_then(|site| site.node.as_ref()?.fallen(party, now).ok());
        let Some(bytes) = word else { return };
        let Some(reader) = self.sites.get(partner).and_then(|site| site.disk.reader()) else { return };
        let node = self.sites.get(site).and_then(|site| site.node.as_ref());
        let next = |lane| {
            let into = Feed { partner: party.clone(), lane };
            node.and_then(|node| node.incoming().find(|(feed, _)| **feed == into)).map_or(0, |(_, next)| next)
        };
        let trees = Lane::ALL.into_iter().filter_map(|lane| {
            Some((lane, reader.outgoing_frontier(&Feed { partner: us.clone(), lane }, next(lane))?))
        });
        let event = Event::FellBack { from: us.clone(), bytes, trees: trees.collect() };
        self.queue(partner, event, Asker::Helped { to: site, help: Help::Word });
    }

    /// Asks a partner how much it holds, also outside a restore: it said that it has more.
    pub(crate) fn asks(&mut self, site: usize, partner: usize) {
        let Some(from) = self.truth.parties.get(site).cloned() else { return };
        self.queue(partner, Event::Holds { from }, Asker::Helped { to: site, help: Help::Holds });
    }

    fn reached(&self, site: usize, party: &entente_core::Party) -> Option<usize> {
        let partner = self.truth.number(party)?;
        self.wire.passes(site, partner, self.now).then_some(partner)
    }

    fn fetches(&mut self, site: usize, feed: &Feed, start: u64, size: u64) {
        let Some(partner) = self.reached(site, &feed.partner) else { return };
        let Some(us) = self.truth.parties.get(site).cloned() else { return };
        let theirs = Feed { partner: us, lane: feed.lane };
        let Some(reader) = self.sites.get(partner).and_then(|site| site.disk.reader()) else { return };
        let Ok(rows) = reader.incoming(&theirs, start, AT_ONCE) else { return };
        let entry = |row: entente_store::IncomingRow| TailEntry {
            leaf: row.leaf,
            envelope: row.envelope,
            withdrawal: row.withdrawal,
        };
        let entries: Vec<TailEntry> = rows.into_iter().map(entry).collect();
        let end = start + crate::facts::count(&entries);
        let node = |level, at| reader.incoming_node(&theirs, level, at);
        let Ok(proof) = consistency_proof(end, size, &node) else { return };
        let event = Event::Tail { feed: theirs, start, entries, proof };
        self.queue(partner, event, Asker::Helped { to: site, help: Help::Tail(feed.lane) });
    }

    /// A partner's answer comes back, unless the wire is cut meanwhile.
    pub(crate) fn helps(&mut self, from: usize, to: usize, help: &Help, answer: Result<Answer, Failure>) {
        let Some(partner) = self.truth.parties.get(from).cloned() else { return };
        if !self.wire.passes(from, to, self.now) {
            return;
        }
        let event = match (help, answer) {
            (Help::Holds, Ok(Answer::Held(bytes))) => Event::PartnerHolds { partner, bytes },
            (Help::Tail(lane), Ok(Answer::Held(bytes))) => {
                Event::TakeTail { feed: Feed { partner, lane: *lane }, bytes }
            }
            (Help::Word, Ok(_)) => Event::FellBackHeard { partner },
            (_, Err(error)) => return self.tell(&[from, to], format!("does not help a restored node: {error}")),
            _ => return,
        };
        self.queue(to, event, Asker::Nobody);
    }
}
