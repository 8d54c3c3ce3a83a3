//! One sender for each feed, as `entente_server::sender` has one: it asks where the partner stands, reads what is not
//! receipted, lets the node decide about it once more, posts it, and hands over the receipt. Here its steps are apart, so
//! that anything may happen between any two of them.

use entente_formats::wire::{PACKAGE_TARGET, Package};
use entente_log::consistency_proof;
use entente_node::{Answer, Event, Feed, lane::origin};
use entente_server::{
    pause::{Missing, Pauses},
    turn::{Failure, PACKAGE},
};

use crate::{
    simulation::{Happening, Simulation},
    site::Asker,
    wire::{Load, Parcel},
};

/// How long a partner may take to answer, in milliseconds.
const PATIENCE: u64 = 60_000;

/// What an exchange with the partner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To ask where the partner stands, once after each start.
    Hello,
    /// To send the next entries.
    Next,
    /// To get the receipt for what the partner is known to have.
    CatchUp(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// For the bell, or for the end of a pause.
    Waiting,
    /// For the node to decide.
    Deciding { aim: Aim, start: u64 },
    /// For the partner's answer.
    Posted { aim: Aim, start: u64, end: u64, exchange: u64 },
    /// For the node to take the receipt; with it, where there was nothing behind the entries, for what comes next.
    Counting { aim: Aim, start: u64, end: u64, follows: bool },
}

/// Which bell rings for a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bell {
    /// There are new entries.
    Entries,
    /// The partner was heard.
    Partner,
}

/// What ends the present pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// Any bell: there is nothing to do.
    Bell,
    /// Also news of the partner, which is away.
    Partner,
    /// Its time alone: the partner is there, and does not want it.
    Time,
}

/// The sender of one feed.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    stage: Stage,
    has_greeted: bool,
    has_tried: bool,
    pauses: Pauses,
    ends: Ends,
    behind: Option<u64>,
    /// Whether the partner was heard since this sender last woke.
    heard: bool,
    /// Counts up whenever it begins or ends to wait, so that an old alarm clock wakes nobody.
    ticket: u64,
}

impl Courier {
    /// A sender that has just started.
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Waiting,
            has_greeted: false,
            has_tried: false,
            pauses: Pauses::default(),
            ends: Ends::Bell,
            behind: None,
            heard: false,
            ticket: 0,
        }
    }
}

impl Simulation {
    fn courier(&mut self, site: usize, feed: &Feed) -> Option<&mut Courier> {
        self.sites.get_mut(site)?.couriers.get_mut(feed)
    }

    /// There is news for a feed, or of its partner.
    pub(crate) fn ring(&mut self, site: usize, feed: &Feed, bell: Bell) {
        let Some(courier) = self.courier(site, feed) else { return };
        courier.heard |= bell == Bell::Partner;
        let wakes = match courier.ends {
            Ends::Bell => true,
            Ends::Partner => bell == Bell::Partner,
            Ends::Time => false,
        };
        if courier.stage == Stage::Waiting && wakes {
            self.wake_at(site, feed, 0);
        }
    }

    fn wake_at(&mut self, site: usize, feed: &Feed, pause: u64) {
        let Some(courier) = self.courier(site, feed) else { return };
        courier.stage = Stage::Waiting;
        courier.ticket += 1;
        let ticket = courier.ticket;
        let incarnation = self.sites.get(site).map_or(0, |site| site.incarnation);
        self.later(pause, Happening::Wake { site, incarnation, feed: feed.clone(), ticket });
    }

    /// The end of a pause, or the bell.
    pub(crate) fn courier_wakes(&mut self, site: usize, feed: &Feed, ticket: u64) {
        let Some(courier) = self.courier(site, feed) else { return };
        if courier.stage != Stage::Waiting || courier.ticket != ticket {
            return;
        }
        (courier.heard, courier.ends) = (false, Ends::Bell);
        let (has_greeted, has_tried) = (courier.has_greeted, courier.has_tried);
        let Some((size, acknowledged)) = self.position(site, feed) else { return };
        if (has_greeted || has_tried) && size == acknowledged {
            // Until the bell; or, where there is a connection, until a turn has cleared what comes next.
            let is_connected = has_greeted && self.reaches(site, feed);
            if let Some(courier) = self.courier(site, feed) {
                courier.pauses.worked();
                if is_connected {
                    courier.stage = Stage::Deciding { aim: Aim::Next, start: acknowledged };
                }
            }
            if let Some(here) = self.sites.get_mut(site).filter(|_| is_connected) {
                here.waiting.send_next(feed.clone(), acknowledged, Asker::Courier(feed.clone()));
            }
            return;
        }
        if !self.reaches(site, feed) {
            return self.missed(site, feed, Missing::Away, "no connection");
        }
        let behind = self.courier(site, feed).and_then(|courier| courier.behind.take());
        let Some(here) = self.sites.get(site) else { return };
        let Some(reader) = here.disk.reader() else { return };
        let (aim, event) = match (has_greeted, behind) {
            (false, _) => {
                (Aim::Hello, Ok(Event::Dispatch { feed: feed.clone(), start: acknowledged, entries: Vec::new() }))
            }
            (true, Some(next)) => {
                let leaves = reader.leaves(feed, acknowledged, next.saturating_sub(acknowledged));
                (
                    Aim::CatchUp(next),
                    leaves.map(|leaves| Event::CatchUp { feed: feed.clone(), start: acknowledged, leaves }),
                )
            }
            (true, None) => {
                let entries = reader.pending(feed, acknowledged, PACKAGE, PACKAGE_TARGET);
                let event = |entries| Event::Dispatch { feed: feed.clone(), start: acknowledged, entries };
                (Aim::Next, entries.map(event))
            }
        };
        match event {
            Ok(event) => {
                if let Some(courier) = self.courier(site, feed) {
                    courier.stage = Stage::Deciding { aim, start: acknowledged };
                }
                self.queue(site, event, Asker::Courier(feed.clone()));
            }
            Err(error) => self.missed(site, feed, Missing::Refused, &error.to_string()),
        }
    }

    /// The size of a feed, and how much of it is receipted.
    fn position(&self, site: usize, feed: &Feed) -> Option<(u64, u64)> {
        let mut feeds = self.sites.get(site)?.node.as_ref()?.outgoing();
        Some(
            feeds
                .find(|(out, ..)| *out == feed)
                .map(|(_, size, acknowledged)| (size, acknowledged))
                .unwrap_or_default(),
        )
    }

    /// Whether there is a connection to the partner.
    pub(crate) fn reaches(&self, site: usize, feed: &Feed) -> bool {
        let Some(partner) = self.truth.number(&feed.partner) else { return false };
        self.wire.passes(site, partner, self.now) && self.sites.get(partner).is_some_and(|site| site.node.is_some())
    }

    /// What the node answers the sender.
    pub(crate) fn courier_hears(&mut self, site: usize, feed: &Feed, answer: Result<Answer, Failure>) {
        let Some(stage) = self.courier(site, feed).map(|courier| courier.stage) else { return };
        match (stage, answer) {
            (Stage::Deciding { aim, start }, Ok(Answer::Cleared { entries, size, checkpoint, acknowledged })) => {
                let end = start + crate::facts::count(&entries);
                // The connection is gone, and the sender knows it: what it was to carry has not left.
                if aim == Aim::Next && start < end && !self.reaches(site, feed) {
                    self.queue(site, Event::NotSent { feed: feed.clone(), start, end }, Asker::Nobody);
                    return self.missed(site, feed, Missing::Away, "the connection is gone");
                }
                let Some(here) = self.sites.get(site) else { return };
                let Some(reader) = here.disk.reader() else { return };
                let node = |level, index| reader.outgoing_node(feed, level, index);
                let proof = match consistency_proof(end, size, &node) {
                    Ok(proof) => proof.iter().flat_map(|hash| hash.0).collect(),
                    Err(error) => return self.missed(site, feed, Missing::Refused, &error.to_string()),
                };
                let origin = origin(&here.keys.party, &feed.partner, feed.lane);
                let package = Package { origin, start, entries, checkpoint, proof, acknowledged };
                self.post(site, feed, aim, start, end, package);
            }
            (Stage::Counting { aim, start, end, follows }, Ok(Answer::Acknowledged { next })) => {
                self.counted(site, feed, aim, start, end, next);
                // The loop has taken it among those that wait for what comes next.
                if let Some(courier) = self.courier(site, feed).filter(|_| follows && next == end) {
                    courier.stage = Stage::Deciding { aim: Aim::Next, start: end };
                }
            }
            (Stage::Counting { .. }, Ok(Answer::Ahead)) => {
                if let Some(partner) = self.truth.number(&feed.partner) {
                    self.asks(site, partner);
                }
                self.looks_later(site);
                self.missed(site, feed, Missing::Refused, "the partner says that it holds more");
            }
            // Woken for something else than what comes next: it looks.
            (Stage::Deciding { .. }, Ok(Answer::Done)) => self.wake_at(site, feed, 0),
            // It has looked already, or waits before it does.
            (Stage::Waiting, Ok(Answer::Done)) => {}
            (_, Err(failure)) => self.missed(site, feed, Missing::Refused, &failure.to_string()),
            (_, Ok(_)) => self.missed(site, feed, Missing::Refused, "unexpected answer"),
        }
    }

    fn post(&mut self, site: usize, feed: &Feed, aim: Aim, start: u64, end: u64, package: Package) {
        self.exchanges += 1;
        let exchange = self.exchanges;
        if let Some(courier) = self.courier(site, feed) {
            courier.stage = Stage::Posted { aim, start, end, exchange };
        }
        let incarnation = self.sites.get(site).map_or(0, |site| site.incarnation);
        self.later(PATIENCE, Happening::OutOfPatience { site, incarnation, feed: feed.clone(), exchange });
        let Some(to) = self.truth.number(&feed.partner) else { return };
        if aim != Aim::Hello {
            let what = match aim {
                Aim::CatchUp(next) => format!("asks for the receipt of {next}"),
                _ => format!("sends {} entries {start}..{end}", feed.lane.as_str()),
            };
            self.tell(&[site, to], what);
        }
        let bytes = self.sends(site, to, feed, package);
        self.dispatch(Parcel { from: site, to, lane: feed.lane, exchange, load: Load::Package(bytes) });
    }

    /// An answer comes back; one that nobody waits for any more is dropped with its connection.
    pub(crate) fn answered(&mut self, parcel: Parcel) {
        let Parcel { from, to: site, lane, exchange, load } = parcel;
        let Some(partner) = self.truth.parties.get(from).cloned() else { return };
        let feed = Feed { partner, lane };
        let Some(courier) = self.courier(site, &feed) else { return };
        let Stage::Posted { aim, start, end, exchange: awaited } = courier.stage else { return };
        if awaited != exchange {
            return;
        }
        match load {
            Load::Answer(Ok(bytes)) => {
                courier.stage = Stage::Counting { aim, start, end, follows: false };
                self.follows(site, &feed);
                self.queue(site, Event::Receipt { feed: feed.clone(), bytes }, Asker::Courier(feed));
            }
            Load::Answer(Err(status)) => self.missed(site, &feed, Missing::Refused, status),
            Load::Package(_) | Load::Ask { .. } | Load::Piece(_) => {}
        }
    }

    /// A sender that has nothing behind what it has sent leaves word together with the receipt.
    fn follows(&mut self, site: usize, feed: &Feed) {
        let Some(here) = self.sites.get_mut(site) else { return };
        let Some(courier) = here.couriers.get_mut(feed) else { return };
        let Stage::Counting { aim: Aim::Next, end, follows, .. } = &mut courier.stage else { return };
        let pending = here.disk.reader().map(|reader| reader.pending(feed, *end, 1, PACKAGE_TARGET));
        if matches!(pending, Some(Ok(pending)) if pending.is_empty()) && here.node.is_some() {
            *follows = true;
            here.waiting.send_next_after_receipt(feed.clone(), *end, Asker::Courier(feed.clone()));
        }
    }

    /// The partner has not answered in time.
    pub(crate) fn out_of_patience(&mut self, site: usize, feed: &Feed, exchange: u64) {
        let Some(courier) = self.courier(site, feed) else { return };
        if matches!(courier.stage, Stage::Posted { exchange: awaited, .. } if awaited == exchange) {
            self.missed(site, feed, Missing::Away, "no answer in time");
        }
    }

    fn counted(&mut self, site: usize, feed: &Feed, aim: Aim, start: u64, end: u64, next: u64) {
        let Some(courier) = self.courier(site, feed) else { return };
        match aim {
            Aim::Hello => {
                (courier.has_greeted, courier.has_tried) = (true, true);
                courier.behind = (next > start).then_some(next);
            }
            Aim::CatchUp(wanted) if wanted != next => {
                return self.missed(site, feed, Missing::Refused, &format!("the partner says {wanted}, then {next}"));
            }
            Aim::CatchUp(_) => {}
            Aim::Next if next > end => courier.behind = Some(next),
            Aim::Next if next == start => {
                return self.missed(site, feed, Missing::Refused, &format!("the partner stays at {next}"));
            }
            Aim::Next => {}
        }
        if let Some(courier) = self.courier(site, feed) {
            courier.pauses.worked();
        }
        self.wake_at(site, feed, 0);
    }

    /// It did not work: a pause that grows. After a greeting there is none.
    fn missed(&mut self, site: usize, feed: &Feed, missing: Missing, why: &str) {
        let Some(to) = self.truth.number(&feed.partner) else { return };
        self.tell(&[site, to], format!("{} feed not delivered: {why}", feed.lane.as_str()));
        let jitter = self.dice.between(50, 100);
        let Some(courier) = self.courier(site, feed) else { return };
        // The first try is no reason to wait; the greeting is tried again with what there is to send.
        if !std::mem::replace(&mut courier.has_tried, true) {
            return self.wake_at(site, feed, 0);
        }
        let (pause, is_cut_short) = courier.pauses.failed(missing);
        courier.ends = if is_cut_short { Ends::Partner } else { Ends::Time };
        let is_over = is_cut_short && courier.heard;
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) * jitter / 100;
        self.wake_at(site, feed, if is_over { 0 } else { pause });
    }
}
