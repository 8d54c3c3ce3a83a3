//! One node of a run with everything around it: its disk, its clock, its queue of events, its senders; and one turn of
//! its loop.

use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use entente_core::{Party, time::Timestamp};
use entente_node::{Answer, Event, Feed, Lane, Node, Op, content::FileName};
use entente_server::turn::{Failure, Step, Then, Turn, Waiting, turn};
use entente_store::StoreError;

use crate::{
    courier::{Bell, Courier},
    disk::{Disk, Failing},
    facts::Facts,
    fetching::{Fetcher, Told},
    giving::Question,
    invariants::{self as must, Leaving, Violation},
    keys::Keys,
    plan::Crash,
    quotas::Room,
    restoring::Help,
    simulation::{Happening, Simulation},
    wire::{Load, Parcel},
};

/// The longest that a start takes, in milliseconds.
const SLOWEST_START: u64 = 20_000;

/// Who waits for an answer.
#[derive(Clone, Debug)]
pub(crate) enum Asker {
    /// People, with what they asked for in words.
    Person(String),
    /// Nobody: what every run begins with is not worth a line.
    Nobody,
    /// A node that was restored.
    Helped {
        /// Which.
        to: usize,
        /// With what.
        help: Help,
    },
    /// The sender of a feed.
    Courier(Feed),
    /// People who release a new large content: what they asked for in words, and the file in which it is.
    Releaser(String, FileName),
    /// Who fetches the contents of a partner.
    Fetcher {
        /// Of whom.
        partner: Party,
        /// What the node was told.
        told: Told,
    },
    /// A partner that asks for a piece of a content.
    Piece(Box<Question>),
    /// A partner that has sent a package.
    Partner {
        /// Who.
        from: usize,
        /// Its feed.
        feed: Feed,
        /// Which exchange.
        exchange: u64,
    },
}

/// One node with its surroundings.
pub(crate) struct Site {
    /// Its keys.
    pub keys: Keys,
    /// Its disk.
    pub disk: Disk,
    /// How far each feed was receipted before each of the transactions that the power may take with it.
    pub receipted: Vec<BTreeMap<Feed, u64>>,
    /// The node, while it runs.
    pub node: Option<Node>,
    /// Its senders.
    pub couriers: BTreeMap<Feed, Courier>,
    /// Who fetches large contents, for each partner that has given any.
    pub fetchers: BTreeMap<Party, Fetcher>,
    /// How many times it was started: what belongs to an earlier life comes to nothing.
    pub incarnation: u64,
    /// How far its clock is from the true time, in milliseconds.
    pub offset: i64,
    /// A crash that falls at its next turn.
    pub crash: Option<Crash>,
    /// What it keeps of its partners.
    pub room: Room,
    /// A failure of its disk at its next turn.
    pub failing: Option<Failing>,
    /// Whether it was put back from a back-up and has to say so when it starts.
    pub is_restored: bool,
    /// The serial of its latest party file.
    pub serial: u64,
    /// The serial of the party file that it took up when it started, where its store had an earlier one.
    pub takes_up: Option<u64>,
    /// What waits for its loop.
    pub waiting: Waiting<Asker>,
    /// Whether its loop is to turn.
    pub is_due: bool,
    rng: ChaCha20Rng,
}

impl Site {
    /// A site whose node does not run yet.
    pub(crate) fn new(keys: Keys, disk: Disk, rng: ChaCha20Rng) -> Self {
        Self {
            keys,
            disk,
            node: None,
            couriers: BTreeMap::new(),
            fetchers: BTreeMap::new(),
            receipted: Vec::new(),
            incarnation: 0,
            offset: 0,
            crash: None,
            room: Room::default(),
            failing: None,
            is_restored: false,
            serial: 1,
            takes_up: None,
            waiting: Waiting::default(),
            is_due: false,
            rng,
        }
    }

    /// Forgets what a partner has sent or asked for and was not taken yet: its connections are gone.
    pub(crate) fn hang_up(&mut self, partner: usize) {
        self.waiting.forget(|asker| match asker {
            Asker::Partner { from, .. } => *from == partner,
            Asker::Piece(question) => question.from == partner,
            _ => false,
        });
    }

    /// Whether nothing waits in its queue.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl Simulation {
    /// Puts an event into a node's queue. A node that does not run takes none.
    pub(crate) fn queue(&mut self, site: usize, event: Event, asker: Asker) {
        let pause = self.dice.below(10);
        let Some(here) = self.sites.get_mut(site).filter(|site| site.node.is_some()) else { return };
        here.waiting.push(event, asker);
        if !std::mem::replace(&mut here.is_due, true) {
            let incarnation = here.incarnation;
            self.later(pause, Happening::Turn { site, incarnation });
        }
    }

    /// What a node's clock says.
    pub(crate) fn clock(&self, site: usize) -> Timestamp {
        let offset = self.sites.get(site).map_or(0, |site| site.offset);
        let now = i64::try_from(self.now).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(self.beginning + now + offset).unwrap_or_default()
    }

    /// One turn of a node's loop: everything that waits, kept at once, then answers and wakes. The trouble that was
    /// planned for this turn falls where it was planned.
    pub(crate) fn turns(&mut self, number: usize) -> Result<(), Violation> {
        let now = self.clock(number);
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let Some(node) = &mut site.node else { return Ok(()) };
        site.is_due = false;
        let us = site.keys.party.clone();
        let Some(mut facts) = self.truth.facts.get(number).cloned() else { return Ok(()) };
        let national = self.land.rules_of(&us).map(|rules| (us.clone(), rules.clone())).into_iter().collect();
        let (crash, failing) = (site.crash.take(), site.failing.take());
        let mut found: Vec<Violation> = Vec::new();
        let (mut is_written, mut forks) = (false, Vec::new());
        let (mut new_contents, mut awaits) = (false, false);

        let (waiting, rng, disk, truth) = (&mut site.waiting, &mut site.rng, &mut site.disk, &self.truth);
        let keys = &site.keys;
        let take = |step: Step| {
            // As the server does it: partners were told of a new party file with the keys from before.
            if let (Step::Event(Event::KeysChanged), Ok(identity)) = (&step, keys.identity()) {
                node.replace_identity(identity);
            }
            let dispatch = match &step {
                Step::Event(Event::Dispatch { feed, start, .. }) => Some((feed.clone(), *start)),
                Step::Event(Event::Fetch { feed, index, .. }) => Some((feed.clone(), *index)),
                _ => None,
            };
            let given = crate::large::gives(&step);
            let fork = match &step {
                Step::Event(Event::Package { feed, bytes }) if !truth.is_honest_party(&feed.partner) => {
                    must::shown_fork(node, &facts, feed, bytes).then(|| feed.clone())
                }
                _ => None,
            };
            let effects = step.take(node, now, rng);
            for op in &effects.batch {
                let checks = [
                    must::each_entry_is_applied_once_in_order(&facts, &us, op),
                    must::feeds_hold_only_what_their_sender_signed(truth, &facts, &us, op),
                    must::an_entry_arrives_as_it_left(truth, &us, op),
                    must::receipts_never_go_back(truth, &facts, &us, op),
                    must::nothing_is_done_twice(&facts, &us, op),
                    must::what_is_on_hold_is_kept(&facts, &us, op),
                    must::content_is_what_was_signed(truth, &us, op, &facts),
                    must::the_ledger_only_grows(&facts, &us, op),
                    must::a_content_ends_as_it_was(truth, &facts, &us, op),
                    must::what_is_said_of_a_content_is_so(truth, &us, op),
                ];
                new_contents |= matches!(op, Op::LargeBody { .. });
                awaits |= matches!(op, Op::ContentAwaited { .. });
                found.extend(checks.into_iter().filter_map(Result::err));
                found.extend(must::what_is_kept_can_be_read(&us, facts.take(&us, op)).err());
            }
            let (agreements, cleared) = (node.agreements(), dispatch.as_ref().zip(effects.answer.as_ref().ok()));
            let leaving =
                |feed, start, entries| Leaving { us: &us, agreements, national: &national, now, feed, start, entries };
            let left = match cleared {
                Some(((feed, start), Answer::Cleared { entries, .. })) => {
                    must::nothing_unpermitted_leaves(&facts, &leaving(feed, *start, entries))
                }
                Some(((feed, index), Answer::Fetch(entry))) => {
                    must::no_piece_leaves_unpermitted(&facts, &leaving(feed, *index, std::slice::from_ref(entry)))
                }
                _ => Ok(()),
            };
            found.extend(left.err());
            if let Some(key) = given {
                found.extend(must::nobody_gives_on_what_is_arriving(&facts, &us, &key, &effects.answer).err());
            }
            if let Some(feed) = fork {
                found.extend(must::a_fork_is_noticed(&facts, &us, &feed, &effects.answer).err());
                forks.push(feed);
            }
            effects
        };
        let lost = || StoreError::Damaged("the power is gone".to_owned());
        let Turn { answers, wakes, then } = turn(
            waiting,
            |_| false,
            take,
            |batches| {
                if crash == Some(Crash::BeforeKeeping) {
                    return Err(lost());
                }
                let (kept, written) = disk.keep(batches, failing);
                is_written = written;
                kept
            },
        );
        // Who is urgent was kept alone, or what was read has to be read again.
        let goes_on = !site.waiting.is_empty();
        if goes_on {
            site.is_due = true;
        }
        let incarnation = site.incarnation;
        if goes_on {
            self.later(1, Happening::Turn { site: number, incarnation });
        }
        if is_written {
            let unsynced = self.sites.get(number).map_or(0, |site| site.disk.unsynced());
            if let Some((site, place)) = self.sites.get_mut(number).zip(self.truth.facts.get_mut(number)) {
                site.receipted.truncate(unsynced);
                if site.receipted.len() < unsynced {
                    site.receipted.push(place.acknowledged.clone());
                }
                *place = facts;
            }
            if let Some(violation) = found.into_iter().next() {
                return Err(violation);
            }
            if new_contents && let Some((site, facts)) = self.sites.get(number).zip(self.truth.facts.get(number)) {
                must::a_content_is_held_whole(facts, &us, &site.disk)?;
            }
        }
        self.forks_shown += forks.len();
        match crash {
            Some(Crash::BeforeKeeping | Crash::AfterKeeping) => return self.crashes(number, "in the middle of a turn"),
            Some(Crash::AmongAnswers) => {
                let half = answers.len() / 2;
                for (asker, answer) in answers.into_iter().take(half) {
                    self.gives(number, asker, answer)?;
                }
                return self.crashes(number, "while it gave its answers");
            }
            Some(Crash::Now) | None => {}
        }
        for (asker, answer) in answers {
            self.gives(number, asker, answer)?;
        }
        if then == Then::GoOn {
            self.tells_who_came_too_late(number)?;
            if awaits {
                self.looks_for_contents(number);
            }
        }
        for feed in wakes {
            self.ring(number, &feed, Bell::Entries);
        }
        match then {
            Then::GoOn => Ok(()),
            Then::BeginAgain => self.goes_on(number),
            Then::Stop => self.crashes(number, "because its disk failed"),
        }
    }

    /// Senders that left word for what was there already look themselves, as in the server's loop.
    fn tells_who_came_too_late(&mut self, number: usize) -> Result<(), Violation> {
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let Some(node) = &site.node else { return Ok(()) };
        let late = site.waiting.left_behind(|feed, start| node.is_all_receipted(feed, start));
        late.into_iter().try_for_each(|asker| self.gives(number, asker, Ok(Answer::Done)))
    }

    /// Gives an answer to who asked.
    fn gives(&mut self, site: usize, asker: Asker, answer: Result<Answer, Failure>) -> Result<(), Violation> {
        let Some(us) = self.truth.parties.get(site).cloned() else { return Ok(()) };
        must::no_honest_node_fails(&us, &answer)?;
        let feed = match &asker {
            Asker::Courier(feed) | Asker::Partner { feed, .. } => Some(feed.clone()),
            _ => None,
        };
        if let (Some(facts), Ok(answer)) = (self.truth.facts.get(site), &answer) {
            must::nothing_acknowledged_is_lost(facts, &us, feed.as_ref(), answer)?;
        }
        match asker {
            Asker::Person(what) => {
                self.counts_too_early(&answer);
                let ending = crate::people::in_words(&answer);
                self.tell(&[site], format!("{what}: {ending}"));
            }
            Asker::Releaser(what, file) => self.has_released(site, &what, file, &answer),
            Asker::Fetcher { partner, told } => self.fetcher_hears(site, &partner, told, answer),
            Asker::Piece(question) => return self.gives_piece(site, *question, answer),
            Asker::Nobody => {}
            Asker::Helped { to, help } => self.helps(site, to, &help, answer),
            Asker::Courier(feed) => self.courier_hears(site, &feed, answer),
            Asker::Partner { from, feed, exchange } => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.room.answered(&feed);
                }
                self.keeps_its_quota(site)?;
                let load = match answer {
                    Ok(Answer::Receipt { bytes, .. }) => Ok(self.receipts(site, from, &feed, bytes)),
                    Err(error) => {
                        self.tell(&[site, from], format!("does not take the package: {error}"));
                        Err("refused")
                    }
                    Ok(_) => Err("unexpected answer"),
                };
                let load = Load::Answer(load);
                self.dispatch(Parcel { from: site, to: from, lane: feed.lane, exchange, load });
            }
        }
        Ok(())
    }

    /// The process is gone, and with it everything that was not kept. It is started again after a while.
    pub(crate) fn crashes(&mut self, number: usize, when: &str) -> Result<(), Violation> {
        let pause = self.dice.below(SLOWEST_START);
        if self.sites.get(number).is_none_or(|site| site.node.is_none()) {
            return Ok(());
        }
        let (torn, come_back) = (self.tears(number), self.dice.percent(30));
        let unsynced = self.sites.get(number).map_or(0, |site| u64::try_from(site.disk.unsynced()).unwrap_or_default());
        // All of them, some, or none: as even as the pause, which is drawn already.
        let lost = pause.checked_rem(unsynced + 1).unwrap_or_default();
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        site.node = None;
        (site.waiting, site.couriers, site.fetchers, site.is_due) = Default::default();
        site.room.crashes();
        site.incarnation += 1;
        let incarnation = site.incarnation;
        let receipted = std::mem::take(&mut site.receipted);
        let crashed = site.disk.crash(&torn, come_back, usize::try_from(lost).unwrap_or_default());
        let crashed = crashed.map_err(|error| error.to_string()).map(|lost| {
            let before = receipted.len().checked_sub(lost).filter(|_| lost > 0);
            let before = before.and_then(|at| receipted.into_iter().nth(at));
            if let Some((before, facts)) = before.zip(self.truth.facts.get_mut(number)) {
                facts.acknowledged = before;
            }
            self.receipts_lost += lost;
        });
        self.tell(&[number], format!("crashes {when}"));
        self.later(pause, Happening::Start { site: number, incarnation });
        let nothing = Facts::default();
        let facts = self.truth.facts.get(number).unwrap_or(&nothing);
        let us = self.truth.parties.get(number).cloned().unwrap_or_else(|| "".into());
        crashed.map_or_else(|why| must::a_restart_changes_nothing(facts, &us, Err(&why), None), Ok)
    }

    /// A new process: the node from its store, and a sender for each feed.
    pub(crate) fn starts(&mut self, number: usize) -> Result<(), Violation> {
        if self.sites.get(number).is_some_and(|site| site.node.is_some()) {
            return Ok(());
        }
        self.begins_again(number)?;
        self.takes_up_its_file(number);
        self.tell(&[number], "starts");
        if let Some((site, facts)) = self.sites.get(number).zip(self.truth.facts.get(number)) {
            must::no_file_is_left_behind(facts, &site.keys.party, &site.disk)?;
        }
        let knows = self.sites.get(number).and_then(|site| site.node.as_ref()?.restoring()).is_some();
        let must_say = self.sites.get(number).is_some_and(|site| site.is_restored) && !knows;
        if let Some(site) = self.sites.get_mut(number) {
            site.is_restored = must_say;
        }
        if must_say {
            let why = "it was restored from the back-up".to_owned();
            let event = Event::BeginRestore { why, is_ledger_lost: false, destroyed: Vec::new() };
            self.queue(number, event, Asker::Nobody);
        }
        self.looks_later(number);
        let partners: Vec<_> = self.truth.parties.iter().enumerate().filter(|(other, _)| *other != number).collect();
        let feeds: Vec<Feed> = partners
            .into_iter()
            .flat_map(|(_, partner)| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane }))
            .collect();
        for feed in feeds {
            if let Some(site) = self.sites.get_mut(number) {
                site.couriers.insert(feed.clone(), Courier::new());
            }
            self.ring(number, &feed, Bell::Entries);
        }
        self.looks_for_contents(number);
        Ok(())
    }

    /// The node, from its store; it must know what the disk has kept.
    pub(crate) fn begins_again(&mut self, number: usize) -> Result<(), Violation> {
        let nothing = Facts::default();
        let facts = self.truth.facts.get(number).unwrap_or(&nothing);
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let rules = self.land.rules_of(&site.keys.party).cloned();
        let running = site.node.as_ref().map(entente_node::Node::shared_identity);
        let started = match site.disk.store() {
            Some(store) => site.keys.start(running, store, self.land.agreements.clone(), rules),
            None => Err("no disk".to_owned()),
        };
        must::a_restart_changes_nothing(facts, &site.keys.party, started.as_ref(), site.disk.reader())?;
        if let (Ok(node), Some(store)) = (&started, site.disk.store()) {
            must::heads_are_never_ahead(&site.keys.party, store, node.is_read_only() || site.is_restored)?;
        }
        site.node = started.ok();
        // What waited was never begun; it waits on.
        if !site.waiting.is_empty() && !std::mem::replace(&mut site.is_due, true) {
            let incarnation = site.incarnation;
            self.later(1, Happening::Turn { site: number, incarnation });
        }
        Ok(())
    }
}
