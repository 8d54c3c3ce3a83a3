//! When a consultation is closed: every party has signed a closing note on the same statement of effects, but for those
//! that declined, and those that did not answer in their time, whom each note then names.
//!
//! What is closed stays closed: whatever comes later is shown beside it, and takes no note back. The key type is
//! [`Closing`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Digest, Effects, Kind, Raise, Step, fold::Item};
use crate::Party;

/// Whether it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing<'a> {
    /// Not yet: what it waits for.
    Open(Vec<Waits<'a>>),
    /// Closed.
    Closed {
        /// The step with the statement of effects that it closes on.
        effects: Digest,
        /// The digest of the common message, if there is one.
        message: Option<Digest>,
        /// The notes: the digest of a step of each party.
        notes: BTreeMap<&'a Party, Digest>,
        /// Who did not answer in its time.
        without: BTreeSet<&'a Party>,
        /// Notes that say something else, or came later from who was left out.
        beside: BTreeSet<(&'a Party, Digest)>,
    },
}

/// What the closing waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits<'a> {
    /// A statement of effects: there is none.
    Effects,
    /// The statement of effects that the notes name, which has not come.
    EffectsNamed(Digest),
    /// A whole statement: the one that the notes name lacks something.
    WholeEffects(&'static str),
    /// The agreement of this party to the message that it closes on.
    Message(&'a Party),
    /// A closing note of this party, or its being left out by every note after its time.
    Note(&'a Party),
}

/// What the notes of a closing have in common: the step with the statement of effects, and the message.
type Subject = (Digest, Option<Digest>);
/// The notes on one subject.
type Notes<'a> = BTreeMap<&'a Party, Vec<(Digest, &'a Step, &'a [Party])>>;

/// Whether steps close the consultation. `bound` are those that never declined.
pub(super) fn of<'a>(
    raise: &'a Raise,
    steps: &BTreeMap<&'a Party, Vec<(Digest, &'a Step)>>,
    bound: &BTreeSet<&'a Party>,
    effects: &BTreeMap<Digest, (&'a Party, &'a Effects)>,
    items: &BTreeMap<Digest, Item<'a>>,
) -> Closing<'a> {
    let mut subjects: BTreeMap<Subject, Notes<'a>> = BTreeMap::new();
    for (party, own) in steps {
        for (digest, step) in own {
            if let Kind::Close { effects, message, without, .. } = &step.kind {
                let notes = subjects.entry((*effects, *message)).or_default();
                notes.entry(party).or_default().push((*digest, step, without));
            }
        }
    }
    let judged: Vec<Judged<'a, '_>> = subjects
        .iter()
        .map(|(subject, notes)| {
            let waits = waits(raise, subject, notes, bound, effects, items);
            let closers = closers(raise, subject.1, notes, bound, items);
            let is_whole = effects.get(&subject.0).is_some_and(|(_, effects)| effects.lacks().is_none());
            Judged { subject, notes, waits, closers: if is_whole { closers } else { BTreeMap::new() } }
        })
        .collect();
    // Of several that close it, or that might, the one of most parties, then of the lowest digests.
    let best = judged
        .iter()
        .min_by_key(|one| (std::cmp::Reverse(one.closers.len()), std::cmp::Reverse(one.notes.len()), one.subject));
    match best {
        Some(one) if !one.closers.is_empty() => {
            let all = subjects.values().flatten().flat_map(|(party, own)| own.iter().map(|note| (*party, note.0)));
            Closing::Closed {
                effects: one.subject.0,
                message: one.subject.1,
                without: bound.iter().copied().filter(|party| !one.closers.contains_key(party)).collect(),
                beside: all.filter(|(party, digest)| one.closers.get(party) != Some(digest)).collect(),
                notes: one.closers.clone(),
            }
        }
        Some(one) => Closing::Open(one.waits.iter().copied().collect()),
        None => {
            let effects = effects.is_empty().then_some(Waits::Effects);
            Closing::Open(effects.into_iter().chain(bound.iter().map(|party| Waits::Note(party))).collect())
        }
    }
}

/// The notes on one subject, and what they come to.
struct Judged<'a, 's> {
    subject: &'s Subject,
    notes: &'s Notes<'a>,
    waits: BTreeSet<Waits<'a>>,
    closers: BTreeMap<&'a Party, Digest>,
}

/// The parties that close on one subject, each with a note that counts: the largest set in which each has a note that
/// leaves out, after its time, everybody who is not in the set. There is one largest set, for two such sets together are
/// one too; and more notes only make it larger.
fn closers<'a>(
    raise: &Raise,
    message: Option<Digest>,
    notes: &Notes<'a>,
    bound: &BTreeSet<&'a Party>,
    items: &BTreeMap<Digest, Item<'a>>,
) -> BTreeMap<&'a Party, Digest> {
    let has_signed = |party: &Party| {
        message.is_none_or(|message| items.get(&message).is_some_and(|item| item.agreed.contains_key(party)))
    };
    let mut set: BTreeSet<&'a Party> = notes.keys().copied().filter(|party| has_signed(party)).collect();
    loop {
        let counts = |(_, step, without): &&(Digest, &Step, &[Party])| {
            let left_out = |party: &&Party| without.contains(party) && step.at >= raise.close_by;
            bound.iter().all(|party| set.contains(party) || left_out(party))
        };
        let kept: BTreeMap<&'a Party, Digest> = notes
            .iter()
            .filter(|(party, _)| set.contains(*party))
            .filter_map(|(party, own)| Some((*party, own.iter().find(counts)?.0)))
            .collect();
        if kept.len() == set.len() {
            return kept;
        }
        set = kept.into_keys().collect();
    }
}

/// What is missing for all notes on one subject together.
fn waits<'a>(
    raise: &Raise,
    (named, message): &Subject,
    notes: &Notes<'a>,
    bound: &BTreeSet<&'a Party>,
    effects: &BTreeMap<Digest, (&'a Party, &'a Effects)>,
    items: &BTreeMap<Digest, Item<'a>>,
) -> BTreeSet<Waits<'a>> {
    let mut waits = BTreeSet::new();
    match effects.get(named) {
        None if effects.is_empty() => drop(waits.insert(Waits::Effects)),
        None => drop(waits.insert(Waits::EffectsNamed(*named))),
        Some((_, effects)) => waits.extend(effects.lacks().map(Waits::WholeEffects)),
    }
    if let Some(message) = message {
        let has_signed = |party: &Party| items.get(message).is_some_and(|item| item.agreed.contains_key(party));
        waits.extend(notes.keys().filter(|party| !has_signed(party)).map(|party| Waits::Message(party)));
    }
    for party in bound.iter().filter(|party| !notes.contains_key(*party)) {
        let leaves_out =
            |(_, step, without): &(Digest, &Step, &[Party])| without.contains(party) && step.at >= raise.close_by;
        if !notes.values().all(|own| own.iter().any(leaves_out)) {
            waits.insert(Waits::Note(party));
        }
    }
    waits
}
