//! What the message that raised a consultation says and this node knows otherwise. It changes nothing of what the consultation is,
//! so that all nodes go on to mean the same duties; whoever reads a deadline sees that its raiser's word is not what is known
//! here. The key function is [`disagreements`].

use std::collections::BTreeSet;

use super::{Clock, Digest, Pin, Raise, duty::after};
use crate::{
    Party,
    agreement::{Agreement, Between, Clause, Kind},
    time::{Period, Timestamp, day_of},
    world::Agreements,
};

/// How far a clock may be off before a moment is said to be wrong, in seconds.
const SKEW: i64 = 30;

/// What is disagreed about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// It says that it was raised later than it was here.
    RaisedLater,
    /// It says that what happened began after it was raised.
    BeganLater,
    /// A time that it sets was over before it was here: nobody could have kept it.
    TimeOver,
    /// A text that is not known here.
    NoText,
    /// Another version of a text.
    OtherVersion,
    /// The text has no such clause on what happened.
    NoClause,
    /// The force of the text.
    Force,
    /// Whether the text names a time.
    Clock,
    /// The time that follows from the text.
    Due,
    /// Who owes it.
    Parties,
    /// Which acts there are on the text.
    Acts,
}

impl About {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RaisedLater => "raised-later",
            Self::BeganLater => "began-later",
            Self::TimeOver => "time-over",
            Self::NoText => "no-text",
            Self::OtherVersion => "other-version",
            Self::NoClause => "no-clause",
            Self::Force => "force",
            Self::Clock => "clock",
            Self::Due => "due",
            Self::Parties => "parties",
            Self::Acts => "acts",
        }
    }
}

/// One side's word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// A moment.
    Moment(Timestamp),
    /// Words: of a clause, or the names of parties.
    Words(String),
    /// SHA-256 of a text, or of a text with acts.
    Digest(Digest),
}

/// One thing that the raiser says and this node knows otherwise, with both versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disagreement {
    /// The pin that it is about, by its place; none where it is about all of it.
    pub pin: Option<usize>,
    /// What.
    pub about: About,
    /// What the message says.
    pub theirs: Said,
    /// What is known here.
    pub ours: Said,
}

/// What a message says that became known here at `known`, and that these agreements know otherwise. Of two heads of a text
/// `head` is this node's at that moment.
pub fn disagreements(
    raise: &Raise,
    known: Timestamp,
    agreements: &Agreements,
    head: impl Fn(&Agreement, &Digest) -> Digest,
) -> Vec<Disagreement> {
    let incident = &raise.incident;
    let late = |one: Timestamp, other: Timestamp| one.as_second() > other.as_second().saturating_add(SKEW);
    let moments =
        |about, theirs, ours| Disagreement { pin: None, about, theirs: Said::Moment(theirs), ours: Said::Moment(ours) };
    let mut all = Vec::new();
    if late(incident.raised_at, known) {
        all.push(moments(About::RaisedLater, incident.raised_at, known));
    }
    if late(incident.began, incident.raised_at) {
        all.push(moments(About::BeganLater, incident.began, incident.raised_at));
    }
    if raise.acknowledge_by < known {
        all.push(moments(About::TimeOver, raise.acknowledge_by, known));
    }
    for (place, pin) in raise.pins.iter().enumerate() {
        let found = of_pin(raise, pin, known, agreements, &head);
        all.extend(found.into_iter().map(|(about, theirs, ours)| Disagreement {
            pin: Some(place),
            about,
            theirs,
            ours,
        }));
    }
    all
}

fn of_pin(
    raise: &Raise,
    pin: &Pin,
    known: Timestamp,
    agreements: &Agreements,
    head: &impl Fn(&Agreement, &Digest) -> Digest,
) -> Vec<(About, Said, Said)> {
    let mut all = Vec::new();
    if let Some(due) = pin.due.at.filter(|due| *due < known && *due != raise.acknowledge_by) {
        all.push((About::TimeOver, Said::Moment(due), Said::Moment(known)));
    }
    let Some(text) = agreements.get(&pin.agreement) else {
        all.push((About::NoText, Said::Digest(pin.hash.0), Said::Nothing));
        return all;
    };
    if text.hash != pin.hash {
        all.push((About::OtherVersion, Said::Digest(pin.hash.0), Said::Digest(text.hash.0)));
        return all;
    }
    let trigger = &raise.incident.trigger;
    let of_clause = |clause: &Clause| match &clause.kind {
        Kind::Consult { triggers, when, within }
            if clause.id == pin.clause && triggers.contains(trigger) && *when == pin.words =>
        {
            Some(*within)
        }
        _ => None,
    };
    let Some(within) = text.clauses.iter().find_map(of_clause) else {
        all.push((About::NoClause, Said::Words(pin.words.clone()), Said::Nothing));
        return all;
    };
    if text.force != pin.force {
        let words = |force: crate::agreement::Force| Said::Words(force.as_str().to_owned());
        all.push((About::Force, words(pin.force), words(text.force)));
    }
    all.extend(of_clock(raise, pin, within));
    all.extend(of_parties(raise, pin, text));
    let ours = head(text, &pin.head);
    if ours != pin.head {
        all.push((About::Acts, Said::Digest(pin.head), Said::Digest(ours)));
    }
    all
}

/// A duty began when its incident was raised, which was not after the message: a time of the text is not later than from there.
fn of_clock(raise: &Raise, pin: &Pin, within: Option<Period>) -> Option<(About, Said, Said)> {
    let words = |clock: Clock| Said::Words(clock.as_str().to_owned());
    match (within, pin.due.clock) {
        (Some(_), clock @ (Clock::Local | Clock::None)) => Some((About::Clock, words(clock), words(Clock::Text))),
        (None, Clock::Text) => Some((About::Clock, words(Clock::Text), words(Clock::None))),
        (Some(within), Clock::Text) => {
            let latest = after(raise.incident.raised_at, within)?;
            let said = pin.due.at.map_or(Said::Nothing, Said::Moment);
            pin.due.at.is_none_or(|due| due > latest).then_some((About::Due, said, Said::Moment(latest)))
        }
        (None, Clock::Local | Clock::None) => None,
    }
}

/// Of the participants, those that the text binds together with the raiser on that day.
fn of_parties(raise: &Raise, pin: &Pin, text: &Agreement) -> Option<(About, Said, Said)> {
    let (raiser, day) = (&raise.incident.raised_by, day_of(raise.incident.raised_at));
    let in_force = text
        .parties_on(day)
        .into_iter()
        .filter(|party| *party != raiser && text.between(raiser, party, day) == Between::InForce);
    let mut ours: BTreeSet<&Party> = in_force.collect();
    if !ours.is_empty() {
        ours.insert(raiser);
    }
    ours.retain(|party| raise.participants.contains(party));
    let theirs: BTreeSet<&Party> = pin.parties.iter().collect();
    let words = |parties: &BTreeSet<&Party>| match parties.is_empty() {
        true => Said::Nothing,
        false => Said::Words(parties.iter().map(|party| party.as_str()).collect::<Vec<_>>().join(", ")),
    };
    (ours != theirs).then(|| (About::Parties, words(&theirs), words(&ours)))
}
