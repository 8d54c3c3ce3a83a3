//! What if: suspend this, sign that, change a rule, and see exactly what becomes possible or impossible over
//! everything that is held.
//!
//! The key function is [`compare`]: two worlds, one question, [`Holdings`] by class. Exact: its counts are those of
//! [`decide`] asked for every record, in both worlds, one by one.

mod holdings;
mod supposition;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use holdings::{ClassId, Holdings};
pub use supposition::{Supposition, Unfounded, suppose};

use crate::{
    AgreementId, Channel, Party, Purpose, Record, RecordId,
    agreement::clause::Action,
    decide::{Block, Decision, Request, Verdict, decide},
    time::Timestamp,
    world::World,
};
use holdings::{Class, Shelf};
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

/// What differs from its class, and is decided on two worlds of its own: a record that a consent or an approval names; or
/// a whole class, for which consents count that are not those of the others.
#[derive(Clone, Copy, Debug)]
pub struct Aside<'a> {
    /// Who holds it.
    pub holder: &'a Party,
    /// The class, as [`Holdings::add`] gave it.
    pub class: ClassId,
    /// The record, as it was added; absent for every record of the class that is not aside by itself.
    pub record: Option<&'a Record>,
    /// The worlds that are compared, as they are for it.
    pub worlds: (World<'a>, World<'a>),
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
    /// The class that it stands for; none when it is aside, and stands for itself.
    pub class: Option<ClassId>,
    /// How many records it stands for.
    pub alike: u64,
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
/// Records that a consent or an approval of either world names, or whose sources one names, have to be in `asides`:
/// they differ from their class.
pub fn compare(
    holdings: &Holdings,
    worlds: (&World<'_>, &World<'_>),
    question: &Question<'_>,
    recipients: &BTreeSet<Party>,
    asides: &[Aside<'_>],
) -> Vec<Change> {
    compare_shown(holdings, worlds, question, recipients, asides, |_, _| true)
}

/// The same over the classes that `is_shown` lets through: what belongs to others is neither counted nor named.
pub fn compare_shown(
    holdings: &Holdings,
    (before, after): (&World<'_>, &World<'_>),
    question: &Question<'_>,
    recipients: &BTreeSet<Party>,
    asides: &[Aside<'_>],
    is_shown: impl Fn(&Party, ClassId) -> bool,
) -> Vec<Change> {
    let mut aside_by: BTreeMap<&Party, Vec<&Aside<'_>>> = BTreeMap::new();
    for aside in asides.iter().filter(|aside| is_shown(aside.holder, aside.class)) {
        aside_by.entry(aside.holder).or_default().push(aside);
    }
    let plain = (Plain::of(before), Plain::of(after));
    let mut changes = Vec::new();
    for (from, shelf) in &holdings.shelves {
        let levels = (plain.0.levels(shelf), plain.1.levels(shelf));
        let asides = aside_by.remove(from).unwrap_or_default();
        let apart = Apart::new(shelf, asides, |class| is_shown(from, class));
        for to in recipients.iter().filter(|to| *to != from) {
            let pair = Pair { from, shelf, to, question, worlds: (before, after), apart: &apart };
            changes.push(pair.change(
                &plain.0.verdicts((from, shelf), &levels.0, to, question),
                &plain.1.verdicts((from, shelf), &levels.1, to, question),
            ));
        }
    }
    changes
}

/// What of one shelf is decided by itself.
struct Apart<'a> {
    records: Vec<(&'a Record, &'a Aside<'a>)>,
    classes: HashMap<ClassId, &'a Aside<'a>>,
    names: HashSet<(ClassId, &'a str)>,
    /// How many records each class has besides; none where it is not shown.
    counts: Vec<u64>,
}

impl<'a> Apart<'a> {
    fn new(shelf: &Shelf, asides: Vec<&'a Aside<'a>>, is_shown: impl Fn(ClassId) -> bool) -> Self {
        let count = |((id, _), class): ((ClassId, _), &Class)| if is_shown(id) { class.count.into() } else { 0 };
        let mut counts: Vec<u64> = shelf.numbered().zip(&shelf.classes).map(count).collect();
        let records: Vec<_> = asides.iter().filter_map(|aside| Some((aside.record?, *aside))).collect();
        for (_, aside) in &records {
            if let Some(count) = counts.get_mut(aside.class.index()) {
                *count = count.saturating_sub(1);
            }
        }
        let classes = asides.into_iter().filter(|aside| aside.record.is_none());
        Self {
            classes: classes.map(|aside| (aside.class, aside)).collect(),
            names: records.iter().map(|(record, aside)| (aside.class, record.id.as_str())).collect(),
            records,
            counts,
        }
    }
}

/// One holder, one recipient.
struct Pair<'a> {
    from: &'a Party,
    shelf: &'a Shelf,
    to: &'a Party,
    question: &'a Question<'a>,
    worlds: (&'a World<'a>, &'a World<'a>),
    apart: &'a Apart<'a>,
}

impl<'a> Pair<'a> {
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
        let classes = self.shelf.numbered().zip(&self.apart.counts).zip(was.iter().zip(now));
        for (((id, sample), count), (was, now)) in classes.filter(|((_, count), _)| **count > 0) {
            let aside = self.apart.classes.get(&id);
            let (was, now) = aside.map_or((*was, *now), |aside| self.permitted(aside, sample));
            change.count(*count, was, now);
            if was != now {
                changed.push(Changed { id, alike: *count, sample });
            }
        }
        for (record, aside) in &self.apart.records {
            let (was, now) = self.permitted(aside, record);
            change.count(1, was, now);
            if was != now && change.witnesses.len() < MAX_WITNESSES {
                let (before, after) = &aside.worlds;
                change.witnesses.push(self.witness((before, after), (None, 1), record));
            }
        }
        self.find_witnesses(&changed, &mut change.witnesses);
        change
    }

    /// The verdicts on what is aside.
    fn permitted(&self, aside: &Aside<'_>, record: &Record) -> (bool, bool) {
        let request = self.question.request(record, self.from, self.to);
        (permits(&aside.worlds.0, &request), permits(&aside.worlds.1, &request))
    }

    /// One of each class that changes, in turn, then a second of each.
    fn find_witnesses(&self, changed: &[Changed<'_>], witnesses: &mut Vec<Witness>) {
        let few = changed.iter().take(MAX_WITNESSES);
        let unnamed =
            |class: ClassId| self.shelf.names_of(class).filter(move |name| !self.apart.names.contains(&(class, *name)));
        let mut names: Vec<_> = few.map(|changed| (changed, unnamed(changed.id))).collect();
        let mut found = true;
        while found && witnesses.len() < MAX_WITNESSES {
            found = false;
            for (Changed { id, alike, sample }, names) in &mut names {
                let Some(name) = names.next().filter(|_| witnesses.len() < MAX_WITNESSES) else { continue };
                found = true;
                let record = Record { id: RecordId::from(name), ..(*sample).clone() };
                let worlds =
                    self.apart.classes.get(id).map_or(self.worlds, |Aside { worlds: (was, now), .. }| (was, now));
                witnesses.push(self.witness(worlds, (Some(*id), *alike), &record));
            }
        }
    }

    fn witness(
        &self,
        worlds: (&World<'_>, &World<'_>),
        (class, alike): (Option<ClassId>, u64),
        record: &Record,
    ) -> Witness {
        let request = self.question.request(record, self.from, self.to);
        Witness { class, alike, was: decide(worlds.0, &request), now: decide(worlds.1, &request) }
    }
}

/// A class whose verdict changes.
struct Changed<'a> {
    id: ClassId,
    alike: u64,
    sample: &'a Record,
}

impl Change {
    /// The names of all records that one of the witnesses stands for; `None` when no witness is named so.
    pub fn behind<'a>(&'a self, record: &str, holdings: &'a Holdings, asides: &[Aside<'_>]) -> Option<Vec<&'a str>> {
        let witness = self.witnesses.iter().find(|witness| witness.was.record == *record)?;
        let Some(class) = witness.class else { return Some(vec![witness.was.record.as_str()]) };
        let of_class = asides.iter().filter(|aside| *aside.holder == self.from && aside.class == class);
        let by_itself: HashSet<&str> = of_class.filter_map(|aside| Some(aside.record?.id.as_str())).collect();
        Some(holdings.names(&self.from, class).filter(|name| !by_itself.contains(name)).collect())
    }

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
