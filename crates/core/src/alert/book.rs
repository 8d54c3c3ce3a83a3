//! The fold: from all messages held to the alerts that they tell of. The key types are [`Book`] and [`Alert`].

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Area, Kind, Level, Message, MessageName, Shape, Source, links::Links};
use crate::time::Timestamp;

/// How far ahead of our clock a message may be sent before it is said. Seconds.
const AHEAD: i64 = 10 * 60;
/// How long a message may have been on its way before it is said. Seconds.
const LATE: i64 = 24 * 60 * 60;

/// A message that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The message, which is held elsewhere too.
    pub message: Arc<Message>,
    /// When it came, by our own clock. Of a doubled message the first time counts.
    pub received: Timestamp,
}

/// All messages held. It grows only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    sources: BTreeMap<Source, Messages>,
}

/// The messages of a source by name and version.
type Messages = BTreeMap<MessageName, BTreeMap<[u8; 32], Arrival>>;

/// Something about a message that a person should see. It changes no verdict but as its words say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The message.
    pub message: MessageName,
    /// What was found.
    pub found: Found,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Its source has sent different messages under this name: their digests. The one that warns most counts.
    TwoVersions(Vec<[u8; 32]>),
    /// It speaks of a message of somebody else, or of another status: without effect.
    NotItsOwn(MessageName),
    /// It speaks of a message that has not come.
    Missing(MessageName),
    /// Its reference leads in a circle: without effect.
    Circle(MessageName),
    /// It speaks of a message that was sent later, by the source's own clock.
    EarlierThan(MessageName),
    /// It updates or cancels, and says nothing of what: it stands alone.
    WithoutReference,
    /// By our clock it was sent in the future: so many seconds.
    SentAhead(i64),
    /// By our clock it was sent long before it came: so many seconds.
    SentLongAgo(i64),
    /// It had expired when it came: shown until somebody has seen it.
    ExpiredOnArrival,
    /// All that it foretells was over when it came, though it holds on: so many seconds before.
    OverOnArrival(i64),
}

/// How a revision compares with what it takes the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing was known before it.
    First,
    /// What it takes the place of has not come.
    Unknown,
    /// It tells again of what had been cancelled.
    Again,
    /// It cancels.
    Cancelled,
    /// It revises.
    Revised(Shift),
}

/// What a revision changes, compared with the highest of what it takes the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Whether it is worse than before.
    pub severity: Ordering,
    /// Whether it is sooner.
    pub urgency: Ordering,
    /// Whether it is surer.
    pub certainty: Ordering,
    /// Areas that are new, by name.
    pub added: Vec<String>,
    /// Areas that are left out now, by name.
    pub removed: Vec<String>,
}

impl Shift {
    /// Whether anything was raised or added.
    pub fn raises(&self) -> bool {
        [self.severity, self.urgency, self.certainty].contains(&Ordering::Greater) || !self.added.is_empty()
    }

    /// Whether anything was lowered or left out. Never silent: it is to be shown.
    pub fn lowers(&self) -> bool {
        [self.severity, self.urgency, self.certainty].contains(&Ordering::Less) || !self.removed.is_empty()
    }
}

/// One message of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision<'a> {
    /// The message: of two versions the one that counts.
    pub message: &'a Message,
    /// When it first came.
    pub received: Timestamp,
    /// What it changes.
    pub change: Change,
    /// Whether nothing has taken its place.
    pub stands: bool,
}

/// How an alert stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in effect, at this level.
    InEffect {
        /// The highest level of the messages in effect.
        level: Level,
        /// Until when; `None`: no message says, and no local lifetime was given.
        until: Option<Timestamp>,
        /// Whether that moment is our own setting, because a message leaves it open.
        local: bool,
    },
    /// All that stood was cancelled.
    Cancelled,
    /// All that stood has expired.
    Expired,
}

/// One event as its source tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert<'a> {
    /// Whose it is.
    pub source: &'a Source,
    /// Its first message, whether that has come or is only spoken of.
    pub first: &'a MessageName,
    /// Its messages that have come, in order.
    pub revisions: Vec<Revision<'a>>,
    /// What a person should see, in order.
    pub findings: Vec<Finding>,
}

impl Alert<'_> {
    /// How it stands at `now`. A message that leaves its end open holds for `lifetime` seconds from when it was sent or,
    /// where that is later, came.
    pub fn standing(&self, now: Timestamp, lifetime: Option<u32>) -> Standing {
        let mut standing: Option<(Level, Option<Timestamp>, bool)> = None;
        let mut expired = false;
        for revision in self.revisions.iter().filter(|revision| revision.stands) {
            let Some(level) = revision.message.level().filter(|_| revision.message.kind != Kind::Cancel) else {
                continue;
            };
            let end = revision.message.expires();
            let local = end.is_none();
            let end = end.or_else(|| {
                let from = revision.message.name.sent.max(revision.received).as_second();
                Timestamp::from_second(from.saturating_add(i64::from(lifetime?))).ok()
            });
            if end.is_some_and(|end| end <= now) {
                expired = true;
                continue;
            }
            standing = Some(match standing {
                None => (level, end, local),
                Some((other, until, was_local)) => {
                    let later = match (until, end) {
                        (Some(one), Some(two)) => Some(one.max(two)),
                        _ => None,
                    };
                    (other.max(level), later, if later == end { local } else { was_local })
                }
            });
        }
        match standing {
            Some((level, until, local)) => Standing::InEffect { level, until, local: local && until.is_some() },
            None if expired => Standing::Expired,
            None => Standing::Cancelled,
        }
    }

    /// The messages in effect at `now`, the highest first.
    pub fn in_effect(&self, now: Timestamp) -> Vec<&Message> {
        let mut all: Vec<&Message> = self
            .revisions
            .iter()
            .filter(|revision| revision.stands && revision.message.kind != Kind::Cancel)
            .map(|revision| revision.message)
            .filter(|message| message.expires().is_none_or(|end| end > now))
            .collect();
        all.sort_by_key(|message| std::cmp::Reverse(message.level()));
        all
    }
}

impl Book {
    /// Takes a message. Taking it again, or in another order, makes the same book.
    pub fn take(&mut self, arrival: Arrival) {
        let messages = self.sources.entry(arrival.message.source.clone()).or_default();
        let versions = messages.entry(arrival.message.name.clone()).or_default();
        versions
            .entry(arrival.message.digest)
            .and_modify(|held| held.received = held.received.min(arrival.received))
            .or_insert(arrival);
    }

    /// The alerts that the messages tell of, by source and first message.
    pub fn alerts(&self) -> Vec<Alert<'_>> {
        let everywhere: BTreeSet<(&str, &MessageName)> = self
            .sources
            .iter()
            .flat_map(|(source, messages)| messages.keys().map(|name| (source.sender.as_str(), name)))
            .collect();
        self.sources.iter().flat_map(|(source, messages)| alerts_of(source, messages, &everywhere)).collect()
    }
}

/// The alerts of one source. `everywhere` are the names of all sources, each with its sender.
fn alerts_of<'a>(
    source: &'a Source,
    messages: &'a Messages,
    everywhere: &BTreeSet<(&str, &MessageName)>,
) -> Vec<Alert<'a>> {
    let counting: BTreeMap<&MessageName, &Arrival> =
        messages.iter().filter_map(|(name, versions)| Some((name, counts(versions)?))).collect();
    let mut findings: BTreeMap<&MessageName, Vec<Found>> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for (name, arrival) in &counting {
        let found = findings.entry(name).or_default();
        let message = &arrival.message;
        for reference in &message.references {
            if reference.sender != source.sender {
                found.push(Found::NotItsOwn(reference.name.clone()));
                continue;
            }
            // Also what is somebody else's: under this source it is the name of a message that never comes.
            pairs.insert((*name, &reference.name));
            if !messages.contains_key(&reference.name) {
                // Another party has it under the same sender's name, or this one with another status.
                let is_elsewhere = everywhere.contains(&(reference.sender.as_str(), &reference.name));
                let name = reference.name.clone();
                found.push(if is_elsewhere { Found::NotItsOwn(name) } else { Found::Missing(name) });
            }
            if reference.name.sent > name.sent {
                found.push(Found::EarlierThan(reference.name.clone()));
            }
        }
        if message.kind != Kind::Alert && message.references.is_empty() && message.series.is_empty() {
            found.push(Found::WithoutReference);
        }
    }
    pairs.extend(in_series(&counting));
    let links = Links::of(&pairs);
    for (later, earlier) in &links.void {
        findings.entry(later).or_default().push(Found::Circle((*earlier).clone()));
    }
    for (name, versions) in messages {
        let found = findings.entry(name).or_default();
        if versions.len() > 1 {
            found.push(Found::TwoVersions(versions.keys().copied().collect()));
        }
        if let Some(arrival) = counting.get(name) {
            found.extend(of_the_clock(arrival));
        }
    }
    links
        .groups(counting.keys().copied())
        .iter()
        .map(|group| alert(source, group, &counting, &links, &findings))
        .collect()
}

/// The version that counts: rather one that warns than one that cancels, then the highest level, then the lowest digest.
/// A source that sends two versions makes an alert higher, never lower.
fn counts(versions: &BTreeMap<[u8; 32], Arrival>) -> Option<&Arrival> {
    versions.values().max_by_key(|arrival| {
        let message = &arrival.message;
        (message.kind != Kind::Cancel, message.level(), std::cmp::Reverse(message.digest))
    })
}

/// In a series each message takes the place of the one before it.
fn in_series<'a>(counting: &BTreeMap<&'a MessageName, &'a Arrival>) -> Vec<(&'a MessageName, &'a MessageName)> {
    let mut series: BTreeMap<&str, Vec<&'a MessageName>> = BTreeMap::new();
    for (name, arrival) in counting {
        for of in &arrival.message.series {
            series.entry(of).or_default().push(name);
        }
    }
    let followers = |names: Vec<&'a MessageName>| {
        let earlier = names.clone();
        names.into_iter().skip(1).zip(earlier).collect::<Vec<_>>()
    };
    series.into_values().flat_map(followers).collect()
}

fn of_the_clock(arrival: &Arrival) -> Vec<Found> {
    let (sent, received) = (arrival.message.name.sent.as_second(), arrival.received.as_second());
    let ahead = (sent - received > AHEAD).then_some(Found::SentAhead(sent - received));
    let late = (received - sent > LATE).then_some(Found::SentLongAgo(received - sent));
    let is_over =
        arrival.message.kind != Kind::Cancel && arrival.message.expires().is_some_and(|end| end <= arrival.received);
    ahead.into_iter().chain(late).chain(is_over.then_some(Found::ExpiredOnArrival)).collect()
}

fn alert<'a>(
    source: &'a Source,
    group: &BTreeSet<&'a MessageName>,
    counting: &BTreeMap<&'a MessageName, &'a Arrival>,
    links: &Links<'a>,
    findings: &BTreeMap<&'a MessageName, Vec<Found>>,
) -> Alert<'a> {
    let order = links.in_order(group);
    let revisions = order.iter().filter_map(|name| {
        let arrival = counting.get(name)?;
        let replaced: Vec<Option<&Message>> = links
            .down
            .get(name)
            .into_iter()
            .flatten()
            .map(|earlier| counting.get(earlier).map(|arrival| &*arrival.message))
            .collect();
        Some(Revision {
            message: &arrival.message,
            received: arrival.received,
            change: change(&arrival.message, &replaced),
            stands: !links.up.contains_key(name),
        })
    });
    let findings = group.iter().flat_map(|name| {
        let found = findings.get(name).into_iter().flatten();
        found.map(|found| Finding { message: (*name).clone(), found: found.clone() })
    });
    let mut findings: Vec<Finding> = findings.collect();
    findings.sort();
    // A group is never empty, and the first of its order is one of it.
    let first = order.first().copied().or_else(|| group.first().copied()).unwrap_or(&EMPTY);
    Alert { source, first, revisions: revisions.collect(), findings }
}

static EMPTY: MessageName = MessageName { sent: Timestamp::UNIX_EPOCH, identifier: String::new() };

fn change(message: &Message, replaced: &[Option<&Message>]) -> Change {
    if message.kind == Kind::Cancel {
        return Change::Cancelled;
    }
    let known: Vec<&Message> = replaced.iter().copied().flatten().collect();
    let warned: Vec<&Message> = known.iter().copied().filter(|message| message.kind != Kind::Cancel).collect();
    let before = warned.iter().filter_map(|message| message.level()).max();
    let (Some(before), Some(now)) = (before, message.level()) else {
        return match (replaced.is_empty(), known.is_empty()) {
            (true, _) => Change::First,
            (_, true) => Change::Unknown,
            _ => Change::Again,
        };
    };
    // By what makes them the same: a bulletin may have thousands of areas.
    let old: BTreeMap<_, &Area> =
        warned.iter().flat_map(|message| message.areas()).map(|area| (meaning(area), area)).collect();
    let new: BTreeMap<_, &Area> = message.areas().map(|area| (meaning(area), area)).collect();
    let beyond = |one: &BTreeMap<Meaning<'_>, &Area>, other: &BTreeMap<Meaning<'_>, &Area>| {
        let only = one.iter().filter(|(meaning, _)| !other.contains_key(meaning));
        let names: BTreeSet<&String> = only.map(|(_, area)| &area.name).collect();
        names.into_iter().cloned().collect()
    };
    Change::Revised(Shift {
        severity: now.severity.cmp(&before.severity),
        urgency: now.urgency.cmp(&before.urgency),
        certainty: now.certainty.cmp(&before.certainty),
        added: beyond(&new, &old),
        removed: beyond(&old, &new),
    })
}

/// What makes two areas the same: the same codes, or the same words where there are none; and the same shapes, so that an area
/// that shrinks is an area left out and another added.
type Meaning<'a> = (&'a [(String, String)], &'a [Shape], Option<&'a str>);

fn meaning(area: &Area) -> Meaning<'_> {
    (&area.codes, &area.shapes, area.codes.is_empty().then_some(area.name.as_str()))
}
