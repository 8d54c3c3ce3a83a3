//! A run: what happens when, one thing after the other, until the trouble is over and everything has settled.

use std::{collections::BTreeMap, path::Path};

use entente_core::Party;
use entente_formats::wire::{Canonical, Package};
use entente_node::{Event, Feed, Lane};

use crate::{
    counts::{Counts, Pieces},
    courier::Bell,
    dice::{Dice, generator},
    disk::Disk,
    facts::{Facts, Truth, Way},
    invariants::{self as must, Violation},
    keys::Keys,
    land::Land,
    people::viewer,
    plan::{Crash, Plan, Step},
    site::{Asker, Site},
    story::Story,
    wire::{Load, Parcel, Wire},
};

/// The true time at which every run begins, in milliseconds since the epoch: 23 November 2026, 12:00 UTC.
const BEGINNING: i64 = 1_795_435_200_000;
/// How many things may happen in a run at all.
const MOST: usize = 60_000;
/// How many things may happen after the trouble, before everything has settled.
const PATIENCE: usize = 20_000;
/// In how many milliseconds.
const SETTLING: u64 = 1_800_000;
/// Purposes of dice; steps have those from 1000.
const LAND: u64 = 1;
const PLAN: u64 = 2;
const WIRE: u64 = 3;
const KEYS: u64 = 4;
const REST: u64 = 5;
const QUOTAS: u64 = 6;
const NODES: u64 = 100;
const STEPS: u64 = 1000;

/// Something that happens at a set time.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// A step of the plan.
    Step(usize),
    /// A node's loop turns.
    Turn { site: usize, incarnation: u64 },
    /// A process starts.
    Start { site: usize, incarnation: u64 },
    /// A sender's pause ends.
    Wake { site: usize, incarnation: u64, feed: Feed, ticket: u64 },
    /// A sender has waited long enough for an answer.
    OutOfPatience { site: usize, incarnation: u64, feed: Feed, exchange: u64 },
    /// The pause of one who fetches contents ends.
    Fetch { site: usize, incarnation: u64, partner: Party, ticket: u64 },
    /// Who fetches contents has waited long enough for a piece.
    NoPiece { site: usize, incarnation: u64, partner: Party, exchange: u64 },
    /// Something arrives.
    Arrival(Parcel),
    /// A restored node looks what is still to be done with its partners.
    Errands { site: usize, incarnation: u64 },
    /// A disk has room again.
    Room(usize),
    /// A quota ends.
    Roomy(usize),
}

/// Many nodes, and everything between them.
pub struct Simulation {
    pub(crate) now: u64,
    pub(crate) beginning: i64,
    pub(crate) dice: Dice,
    pub(crate) land: Land,
    pub(crate) sites: Vec<Site>,
    pub(crate) truth: Truth,
    pub(crate) wire: Wire,
    pub(crate) exchanges: u64,
    pub(crate) forks_shown: usize,
    /// Receipts that were not synced when the power went.
    pub(crate) receipts_lost: usize,
    pub(crate) turned_away: usize,
    /// What was seen of large contents.
    pub(crate) seen: Pieces,
    /// What a liar has sent before, to send again.
    pub(crate) archive: BTreeMap<Way, Vec<Vec<u8>>>,
    pub(crate) has_healed: bool,
    seed: u64,
    pub(crate) plan: Plan,
    pub(crate) queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    pub(crate) backed_up: BTreeMap<usize, Facts>,
    story: Story,
    happenings: usize,
}

impl Simulation {
    /// The run of `seed` with only those steps of its plan that `is_kept` keeps, on disks below `home`.
    ///
    /// # Errors
    /// When the land or the disks cannot be made: a mistake here, or no room.
    pub fn new(seed: u64, is_kept: impl Fn(usize) -> bool, home: &Path) -> Result<Self, String> {
        let land = Land::draw(&mut Dice::new(seed, LAND))?;
        let mut plan = Plan::draw(&mut Dice::new(seed, PLAN), land.parties.len());
        plan.draw_quotas(&mut Dice::new(seed, QUOTAS), land.parties.len());
        let mut keys = Dice::new(seed, KEYS);
        let (mut sites, mut facts) = (Vec::new(), Vec::new());
        for (number, party) in (0..).zip(&land.parties) {
            let disk = Disk::new(home.join(party.as_str())).map_err(|error| error.to_string())?;
            sites.push(Site::new(Keys::draw(party.clone(), &mut keys), disk, generator(seed, NODES + number)));
            facts.push(Facts::default());
        }
        let liars = plan.liars.iter().copied().collect();
        let truth = Truth { parties: land.parties.clone(), facts, liars, ..Truth::default() };
        let mut queue = BTreeMap::new();
        for (number, (at, _)) in plan.steps.iter().enumerate().filter(|(number, _)| is_kept(*number)) {
            queue.insert((*at, u64::try_from(queue.len()).unwrap_or_default()), Happening::Step(number));
        }
        Ok(Self {
            now: 0,
            beginning: BEGINNING,
            dice: Dice::new(seed, REST),
            land,
            sites,
            truth,
            wire: Wire::new(Dice::new(seed, WIRE)),
            exchanges: 0,
            forks_shown: 0,
            receipts_lost: 0,
            turned_away: 0,
            seen: Pieces::default(),
            archive: BTreeMap::new(),
            has_healed: false,
            seed,
            queued: u64::try_from(queue.len()).unwrap_or_default(),
            queue,
            plan,
            backed_up: BTreeMap::new(),
            story: Story::default(),
            happenings: 0,
        })
    }

    /// How many steps its plan has.
    pub fn steps(&self) -> usize {
        self.plan.steps.len()
    }

    /// What has happened so far.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// How much has happened so far.
    pub fn counts(&self) -> Counts {
        let facts = &self.truth.facts;
        Counts {
            happenings: self.happenings,
            entries: facts.iter().flat_map(|facts| facts.got.values()).map(Vec::len).sum(),
            withdrawn: facts
                .iter()
                .flat_map(|facts| facts.sent.values().flatten())
                .filter(|sent| sent.withdrawn.is_some())
                .count(),
            starts: self.sites.iter().map(|site| site.incarnation).sum(),
            receipts_lost: self.receipts_lost,
            forks_shown: self.forks_shown,
            turned_away: self.turned_away,
            alarms: facts.iter().map(|facts| facts.alarms.len()).sum(),
            kept_on_hold: facts.iter().map(Facts::kept_on_hold).sum(),
            contents: self.truth.contents_counted(),
            pieces: self.seen,
        }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run(&mut self) -> Result<(), Violation> {
        self.introduce()?;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > self.plan.end {
                break;
            }
            self.now = entry.key().0;
            let happening = entry.remove();
            self.happens(happening)?;
        }
        self.heals()?;
        let (first, until) = (self.happenings, self.now + SETTLING);
        while !self.is_settled() {
            let Some(entry) = self.queue.first_entry() else { break };
            if self.happenings - first > PATIENCE || entry.key().0 > until {
                break;
            }
            self.now = entry.key().0;
            let happening = entry.remove();
            self.happens(happening)?;
        }
        self.ends()
    }

    /// Every node starts, and its people add the party files of all.
    fn introduce(&mut self) -> Result<(), Violation> {
        let names: Vec<&str> = self.truth.parties.iter().map(Party::as_str).collect();
        let liars: Vec<&str> = self.plan.liars.iter().filter_map(|liar| names.get(*liar).copied()).collect();
        let opening = match liars.as_slice() {
            [] => format!("{} begin, all honest", names.join(", ")),
            liars => format!("{} begin; {} lies", names.join(", "), liars.join(", ")),
        };
        self.tell(&[], opening);
        let files: Vec<String> = self.sites.iter().filter_map(|site| site.keys.party_file(1).ok()).collect();
        for number in 0..self.sites.len() {
            self.starts(number)?;
            for note in &files {
                self.queue(number, Event::AddParty { note: note.clone() }, Asker::Nobody);
            }
            self.turns(number)?;
        }
        Ok(())
    }

    /// Something happens in `pause` milliseconds.
    pub(crate) fn later(&mut self, pause: u64, happening: Happening) {
        self.queued += 1;
        self.queue.insert((self.now + pause, self.queued), happening);
    }

    /// Puts something on the wire.
    pub(crate) fn dispatch(&mut self, parcel: Parcel) {
        let arrivals = self.wire.arrivals(self.now);
        if arrivals.len() != 1 {
            let fate = if arrivals.is_empty() { "is lost" } else { "arrives twice" };
            let what = parcel.load.what();
            self.tell(&[parcel.from, parcel.to], format!("{what} on the {} lane {fate}", parcel.lane.as_str()));
        }
        let drag = if matches!(parcel.load, Load::Piece(_)) { self.wire.drag() } else { 0 };
        for at in arrivals {
            self.later(at - self.now + drag, Happening::Arrival(parcel.clone()));
        }
    }

    /// A line for the story.
    pub(crate) fn tell(&mut self, who: &[usize], text: impl Into<String>) {
        let who: Vec<&Party> = who.iter().filter_map(|number| self.truth.parties.get(*number)).collect();
        self.story.tell(self.now, &who, text);
    }

    fn happens(&mut self, happening: Happening) -> Result<(), Violation> {
        self.happenings += 1;
        must::nobody_spins(self.happenings, MOST)?;
        let lives = |number: usize, incarnation: u64| {
            self.sites.get(number).is_some_and(|site| site.incarnation == incarnation)
        };
        match happening {
            Happening::Step(number) => return self.takes_step(number),
            Happening::Turn { site, incarnation } if lives(site, incarnation) => return self.turns(site),
            Happening::Start { site, incarnation } if lives(site, incarnation) => return self.starts(site),
            Happening::Wake { site, incarnation, feed, ticket } if lives(site, incarnation) => {
                self.courier_wakes(site, &feed, ticket);
            }
            Happening::OutOfPatience { site, incarnation, feed, exchange } if lives(site, incarnation) => {
                self.out_of_patience(site, &feed, exchange);
            }
            Happening::Fetch { site, incarnation, partner, ticket } if lives(site, incarnation) => {
                self.fetcher_wakes(site, &partner, ticket);
            }
            Happening::NoPiece { site, incarnation, partner, exchange } if lives(site, incarnation) => {
                self.no_piece_came(site, &partner, exchange);
            }
            Happening::Errands { site, incarnation } if lives(site, incarnation) => self.runs_errands(site),
            Happening::Arrival(parcel) => self.arrives(parcel),
            Happening::Room(site) => self.fills(site, false),
            Happening::Roomy(site) => return self.narrows(site, None),
            _ => {}
        }
        Ok(())
    }

    /// What comes from the wire, as `entente_server::federation` takes it.
    fn arrives(&mut self, parcel: Parcel) {
        let Parcel { from, to, lane, exchange, .. } = parcel;
        if !self.wire.passes(from, to, self.now) {
            return;
        }
        let bytes = match parcel.load {
            Load::Package(bytes) => bytes,
            Load::Answer(_) => return self.answered(parcel),
            Load::Ask { .. } => return self.is_asked(parcel),
            Load::Piece(_) => return self.piece_comes(parcel),
        };
        let Some(partner) = self.truth.parties.get(from).cloned() else { return };
        if bytes.len() > Package::LIMIT {
            let load = Load::Answer(Err("too large"));
            return self.dispatch(Parcel { from: to, to: from, lane, exchange, load });
        }
        for lane in Lane::ALL {
            self.ring(to, &Feed { partner: partner.clone(), lane }, Bell::Partner);
        }
        let feed = Feed { partner, lane };
        if !self.has_room(to, &feed, &bytes) {
            let load = Load::Answer(Err("its quota is full"));
            return self.dispatch(Parcel { from: to, to: from, lane: feed.lane, exchange, load });
        }
        self.queue(to, Event::Package { feed: feed.clone(), bytes }, Asker::Partner { from, feed, exchange });
    }

    fn fills(&mut self, number: usize, is_full: bool) {
        let Some(site) = self.sites.get_mut(number) else { return };
        if site.disk.is_full() != is_full && site.disk.fill(is_full).is_ok() {
            self.tell(&[number], if is_full { "its disk is full" } else { "its disk has room again" });
        }
    }

    fn takes_step(&mut self, number: usize) -> Result<(), Violation> {
        let Some((_, step)) = self.plan.steps.get(number).copied() else { return Ok(()) };
        match step {
            Step::People(site) => {
                let mut dice = Dice::new(self.seed, STEPS + u64::try_from(number).unwrap_or_default());
                self.people_ask(site, number, &mut dice);
            }
            Step::Crash(site, Crash::Now) => return self.crashes(site, "between two turns"),
            Step::Crash(site, crash) => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.crash = Some(crash);
                }
            }
            Step::Fails(site, failing) => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.failing = Some(failing);
                }
            }
            Step::Full(site, pause) => {
                self.fills(site, true);
                self.later(pause, Happening::Room(site));
            }
            Step::Quota(site, bytes, pause) => {
                self.later(pause, Happening::Roomy(site));
                return self.narrows(site, Some(bytes));
            }
            Step::Clock(site, offset) => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.offset = offset;
                }
                let clock = self.clock(site);
                self.tell(&[site], format!("its clock jumps to {clock}"));
            }
            Step::Parted(one, other, pause) => {
                self.wire.part(one, other, self.now + pause);
                self.tell(&[one, other], format!("are parted for {} s", pause / 1000));
            }
            Step::Weather(weather) => {
                self.wire.set(weather);
                let crate::plan::Weather { loss, doubles, delay } = weather;
                self.tell(&[], format!("the wire loses {loss} %, doubles {doubles} %, delays up to {delay} ms"));
            }
            Step::BackUp(site) => {
                if let Some(here) = self.sites.get_mut(site)
                    && here.disk.back_up().is_ok()
                    && let Some(facts) = self.truth.facts.get(site)
                {
                    self.backed_up.insert(site, facts.clone());
                    self.tell(&[site], "is backed up");
                }
            }
            Step::Restore(site, is_careful) => return self.restores(site, is_careful),
        }
        Ok(())
    }

    /// Wire, disks and clocks are well again, everybody runs, and nobody lies any more.
    fn heals(&mut self) -> Result<(), Violation> {
        self.now = self.now.max(self.plan.end);
        self.has_healed = true;
        self.tell(&[], "the trouble is over");
        self.wire.heal();
        for number in 0..self.sites.len() {
            self.fills(number, false);
            self.narrows(number, None)?;
            if let Some(site) = self.sites.get_mut(number) {
                (site.crash, site.failing, site.offset) = (None, None, 0);
            }
            self.starts(number)?;
        }
        Ok(())
    }

    /// Whether nothing more is to be expected between honest parties.
    fn is_settled(&self) -> bool {
        self.sites.iter().all(Site::is_idle)
            && self.have_gone_on().is_ok()
            && must::everything_is_delivered(&self.truth).is_ok()
            && must::where_histories_differ_somebody_knows(&self.truth).is_ok()
            && must::a_recall_reaches_everyone(&self.truth).is_ok()
            && must::every_content_comes_to_an_end(&self.truth).is_ok()
    }

    fn have_gone_on(&self) -> Result<(), Violation> {
        // Whose key has signed two histories stays where it is, until its people decide.
        let honest = self.sites.iter().enumerate().filter(|(number, _)| self.truth.is_honest(*number));
        let nodes = honest.filter_map(|(_, site)| Some((&site.keys.party, site.node.as_ref()?)));
        nodes.into_iter().try_for_each(|(party, node)| must::a_restored_node_goes_on(&self.truth, party, node))
    }

    /// What must hold at the end, and once more after everybody was started again.
    fn ends(&mut self) -> Result<(), Violation> {
        self.have_gone_on()?;
        must::everything_is_delivered(&self.truth)?;
        must::where_histories_differ_somebody_knows(&self.truth)?;
        must::a_recall_reaches_everyone(&self.truth)?;
        must::every_content_comes_to_an_end(&self.truth)?;
        must::nobody_honest_is_accused(&self.truth)?;
        must::all_come_to_one_consultation(&self.truth)?;
        must::nobody_else_has_a_consultation(&self.truth)?;
        must::a_notice_that_counts_has_arrived(&self.truth)?;
        for number in 0..self.sites.len() {
            self.crashes(number, "for the last time")?;
            self.starts(number)?;
            let Some(site) = self.sites.get(number) else { continue };
            let own = site.keys.party_file(site.serial).unwrap_or_default();
            if let Some((node, facts)) = site.node.as_ref().zip(self.truth.facts.get(number)) {
                let party = &site.keys.party;
                must::duties_survive(party, node, facts, &viewer(party), self.clock(number))?;
            }
            if let Some(reader) = site.disk.reader() {
                must::logs_verify(&site.keys.party, reader, &own)?;
            }
        }
        Ok(())
    }
}
