//! What if: suspend this, sign that, change a rule, and see exactly what becomes possible or impossible over
//! everything that is held.
//!
//! The key function is [`compare`]: two worlds, one question, [`Holdings`] by class. Exact: its counts are those of
//! [`decide`] asked for every record, in both worlds, one by one.

mod holdings;
mod supposition;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use holdings::{ClassId, Holdings};
pub use supposition::{Supposition, Unfounded, suppose};

use crate::{
    AgreementId, Channel, Party, Purpose, Record, RecordId,
    agreement::clause::Action,
    decide::{Block, Decision, Request, Verdict, decide},
    time::Timestamp,
    world::World,
};
use holdings::Shelf;
use verdicts::{Plain, permits};

/// What is asked about every record.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What the recipient gets.
    pub action: Action,
    /// What for.
    pub purpose: &'a Purpose,
    /// How.
    pub channel: &'a Channel,
    /// When.
    pub at: Timestamp,
}

/// A record that a consent or an approval names: it is decided by itself beside its class.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its holder.
    pub holder: &'a Party,
    /// Its class, as [`Holdings::add`] gave it.
    pub class: ClassId,
    /// The record, as it was added.
    pub record: &'a Record,
}

/// What changes from one holder to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The holder.
    pub from: Party,
    /// The recipient.
    pub to: Party,
    /// Records permitted in the first world.
    pub before: u64,
    /// Records permitted in the second world.
    pub after: u64,
    /// Records denied in the first and permitted in the second.
    pub newly_permitted: u64,
    /// Records permitted in the first and denied in the second.
    pub newly_denied: u64,
    /// Some of those whose verdict changes: one of each class, then more of the same, at most [`MAX_WITNESSES`].
    pub witnesses: Vec<Witness>,
}

/// A record whose verdict changes, decided in both worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The class that it stands for; [`Holdings::names`] has the others of it.
    pub class: ClassId,
    /// The decision in the first world.
    pub was: Decision,
    /// The decision in the second world.
    pub now: Decision,
}

/// How many witnesses a pair has at most.
pub const MAX_WITNESSES: usize = 10;

impl Question<'_> {
    fn request<'a>(&'a self, record: &'a Record, from: &'a Party, to: &'a Party) -> Request<'a> {
        let Question { action, purpose, channel, at } = *self;
        Request { record, from, to, action, purpose, channel, at, under: None }
    }
}

/// Every change between two worlds, for each holder and each of `recipients`, in order.
///
/// Records that a consent or an approval of either world names, or whose sources one names, have to be in `named`:
/// they differ from their class.
pub fn compare(
    holdings: &Holdings,
    (before, after): (&World<'_>, &World<'_>),
    question: &Question<'_>,
    recipients: &BTreeSet<Party>,
    named: &[Named<'_>],
) -> Vec<Change> {
    let mut named_by: BTreeMap<&Party, Vec<(ClassId, &Record)>> = BTreeMap::new();
    for Named { holder, class, record } in named {
        named_by.entry(holder).or_default().push((*class, record));
    }
    let plain = (Plain::of(before), Plain::of(after));
    let mut changes = Vec::new();
    for (from, shelf) in &holdings.shelves {
        let levels = (plain.0.levels(shelf), plain.1.levels(shelf));
        let singles = Singles::new(shelf, named_by.remove(from).unwrap_or_default());
        for to in recipients.iter().filter(|to| *to != from) {
            let pair = Pair { from, shelf, to, question, worlds: (before, after), singles: &singles };
            changes.push(pair.change(
                &plain.0.verdicts((from, shelf), &levels.0, to, question),
                &plain.1.verdicts((from, shelf), &levels.1, to, question),
            ));
        }
    }
    changes
}

/// The records of one shelf that are decided by themselves.
struct Singles<'a> {
    records: Vec<(ClassId, &'a Record)>,
    names: HashSet<&'a str>,
    /// How many records each class has besides.
    counts: Vec<u64>,
}

impl<'a> Singles<'a> {
    fn new(shelf: &Shelf, records: Vec<(ClassId, &'a Record)>) -> Self {
        let mut counts: Vec<u64> = shelf.classes.iter().map(|class| class.count.into()).collect();
        for (class, _) in &records {
            if let Some(count) = counts.get_mut(class.index()) {
                *count = count.saturating_sub(1);
            }
        }
        Self { names: records.iter().map(|(_, record)| record.id.as_str()).collect(), records, counts }
    }
}

/// One holder, one recipient.
struct Pair<'a> {
    from: &'a Party,
    shelf: &'a Shelf,
    to: &'a Party,
    question: &'a Question<'a>,
    worlds: (&'a World<'a>, &'a World<'a>),
    singles: &'a Singles<'a>,
}

impl Pair<'_> {
    fn change(&self, was: &[bool], now: &[bool]) -> Change {
        let mut change = Change {
            from: self.from.clone(),
            to: self.to.clone(),
            before: 0,
            after: 0,
            newly_permitted: 0,
            newly_denied: 0,
            witnesses: Vec::new(),
        };
        let mut changed = Vec::new();
        let classes = self.shelf.numbered().zip(&self.singles.counts).zip(was.iter().zip(now));
        for (((id, sample), count), (was, now)) in classes {
            change.count(*count, *was, *now);
            if was != now && *count > 0 {
                changed.push((id, sample));
            }
        }
        for (class, record) in &self.singles.records {
            let request = self.question.request(record, self.from, self.to);
            let (was, now) = (permits(self.worlds.0, &request), permits(self.worlds.1, &request));
            change.count(1, was, now);
            if was != now && change.witnesses.len() < MAX_WITNESSES {
                change.witnesses.push(self.witness(*class, record));
            }
        }
        self.find_witnesses(&changed, &mut change.witnesses);
        change
    }

    /// One of each class that changes, in turn, then a second of each.
    fn find_witnesses(&self, changed: &[(ClassId, &Record)], witnesses: &mut Vec<Witness>) {
        let few = changed.iter().take(MAX_WITNESSES);
        let unnamed = |class: ClassId| self.shelf.names_of(class).filter(|name| !self.singles.names.contains(name));
        let mut names: Vec<_> = few.map(|(class, sample)| (*class, *sample, unnamed(*class))).collect();
        let mut found = true;
        while found && witnesses.len() < MAX_WITNESSES {
            found = false;
            for (class, sample, names) in &mut names {
                let Some(name) = names.next().filter(|_| witnesses.len() < MAX_WITNESSES) else { continue };
                found = true;
                let record = Record { id: RecordId::from(name), ..(*sample).clone() };
                witnesses.push(self.witness(*class, &record));
            }
        }
    }

    fn witness(&self, class: ClassId, record: &Record) -> Witness {
        let request = self.question.request(record, self.from, self.to);
        Witness { class, was: decide(self.worlds.0, &request), now: decide(self.worlds.1, &request) }
    }
}

impl Change {
    fn count(&mut self, records: u64, was: bool, now: bool) {
        self.before += records * u64::from(was);
        self.after += records * u64::from(now);
        self.newly_permitted += records * u64::from(!was && now);
        self.newly_denied += records * u64::from(was && !now);
    }
}

impl Witness {
    /// The permit of the two and the denial.
    fn sides(&self) -> (&Decision, &Decision) {
        match self.now.verdict() {
            Verdict::Permit => (&self.now, &self.was),
            Verdict::Deny => (&self.was, &self.now),
        }
    }

    /// The denial of the two.
    pub fn denial(&self) -> &Decision {
        self.sides().1
    }

    /// What decides the change: each text that covers on one side only, and why it does not on the other; then what
    /// else blocks there.
    pub fn because(&self) -> Vec<Block> {
        let (permit, denial) = self.sides();
        let covers = |agreement: &AgreementId| permit.cover.iter().any(|cover| cover.agreement == *agreement);
        let lost = denial.further.iter().filter(|(text, _)| covers(&text.agreement)).map(|(text, reason)| Block {
            reason: reason.clone(),
            record: denial.record.clone(),
            agreement: Some(text.agreement.clone()),
            clause: text.clause.clone(),
            cures: reason.cures(),
        });
        lost.chain(denial.blocked.iter().cloned()).collect()
    }
}
