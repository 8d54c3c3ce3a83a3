//! A node that was restored from a back-up. Partners may hold more of its logs than it has: going on at once would sign a
//! second history. So it is read-only, asks every partner how far it has got, fetches the ends of its own feeds back from
//! those who have them, and only then goes on; or, where an administrator says so on the record, without a partner that
//! does not answer.
//!
//! What is lost of the ledger nobody has. When it was longer than what is here, the ledger goes on in a new volume, a log of
//! its own, whose first statement names how far the last one was seen; the last one is never signed again.
//!
//! Not here: what the disk or the wire is. Key type: [`Restoring`].

mod words;
mod returned;
mod helper;

use std::collections::BTreeMap;

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::wire::MAX_NOTE;
use serde::{Deserialize, Serialize};

use crate::{
    event::{Answer, Event, Refusal},
    lane::{Feed, Lane, volume_of, volume_origin},
    op::Op,
    state::Node,
};

/// How a node that was restored stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restoring {
    /// Since when, in seconds since the epoch.
    pub since: i64,
    /// How it became known, in a sentence.
    pub why: String,
    /// Whether the ledger is known to have been longer.
    pub is_ledger_lost: bool,
    /// Records whose content was destroyed after the back-up: originator, id, digest.
    #[serde(default)]
    pub destroyed: Vec<(String, String, [u8; 32])>,
    /// What people did meanwhile, for the ledger once it goes on.
    #[serde(default)]
    pub people: Vec<Said>,
    /// How many tries to come in are not among it, for there were too many.
    #[serde(default)]
    pub left_out: u64,
    /// What each partner has said.
    pub words: BTreeMap<String, Word>,
    /// When it went on, in seconds since the epoch.
    pub done: Option<i64>,
}

/// What one partner has said, or was said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// What it holds, once it has answered.
    pub told: Option<Told>,
    /// That an administrator goes on without its answer.
    pub without: Option<Without>,
    /// Whether it has taken our word that we fell back.
    pub heard: bool,
    /// For each lane, how many entries of our feed to it were here when we asked, before any came back.
    pub kept: BTreeMap<String, u64>,
}

/// What people did while the ledger could say nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// The kind of the statement.
    pub kind: String,
    /// What it says.
    pub content: serde_json::Value,
}

/// What a partner holds of this node's logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it said so, in seconds since the epoch.
    pub at: i64,
    /// The last checkpoint of the ledger that it cosigned: origin, size, root.
    pub ledger: Option<(String, u64, String)>,
    /// The size and root of what it holds of our feed, by lane.
    pub feeds: BTreeMap<String, (u64, String)>,
    /// How far this node had receipted its feeds, as it says.
    pub receipted: BTreeMap<String, u64>,
}

/// That an administrator goes on without a partner's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Without {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who.
    pub by: String,
    /// By which authority, and why.
    pub note: String,
}

/// What is still to be done with a partner, for the hands that ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Ask how much it holds.
    Ask(Party),
    /// Fetch the end of a feed, from this index, of as many entries as it holds.
    Fetch(Feed, u64, u64),
    /// Tell it how far we fell back.
    Tell(Party),
}

impl Node {
    /// How a restore stands: read-only until it is done, and afterwards with the partners that it went on without.
    pub fn restoring(&self) -> Option<&Restoring> {
        self.restoring.as_ref()
    }

    /// Whether the node receives and signs nothing, for it was restored and does not know yet what it had signed.
    pub fn is_read_only(&self) -> bool {
        self.restoring.as_ref().is_some_and(|restoring| restoring.done.is_none())
    }

    /// Whether the feed to a partner is closed: it was gone on without, and has not said how far it is.
    pub(crate) fn is_closed_to(&self, partner: &Party) -> bool {
        let word = self.restoring.as_ref().and_then(|restoring| restoring.words.get(partner.as_str()));
        word.is_some_and(|word| word.without.is_some() && !self.is_complete(partner, word))
    }

    /// Whether a statement with a number of its own may be signed for these parties: not while one of them may hold such a statement
    /// that is lost here, for the next one would be a second version of it.
    ///
    /// # Errors
    /// Who has not said what it holds.
    pub(crate) fn may_number_for<'a>(&self, parties: impl IntoIterator<Item = &'a Party>) -> Result<(), Refusal> {
        match parties.into_iter().find(|party| self.is_closed_to(party)) {
            None => Ok(()),
            Some(party) => Err(Refusal::Request(format!(
                "this node was restored and went on without {party}, which may hold what it had signed here before: what is \
                 signed now could be a second version of that; it can be once the node of {party} has answered"
            ))),
        }
    }

    fn is_complete(&self, partner: &Party, word: &Word) -> bool {
        word.told.is_some() && self.missing(partner, word).is_none()
    }

    /// The first of its feeds of which a partner holds more than we do.
    fn missing(&self, partner: &Party, word: &Word) -> Option<(Feed, u64, u64)> {
        let told = word.told.as_ref()?;
        Lane::ALL.into_iter().find_map(|lane| {
            let feed = Feed { partner: partner.clone(), lane };
            let here = self.outgoing.get(&feed).map_or(0, |out| out.head.size());
            let there = told.feeds.get(lane.as_str()).map_or(0, |(size, _)| *size);
            (there > here).then_some((feed, here, there))
        })
    }

    /// Why an event is refused while the node is read-only; nothing where it may be taken.
    pub(crate) fn refused_while_restoring(&self, event: &Event) -> Option<String> {
        // Who asks makes no difference.
        if let Event::By { event, .. } = event {
            return self.refused_while_restoring(event);
        }
        let is_harmless = matches!(
            event,
            Event::Look { .. }
                | Event::List { .. }
                | Event::Account(_)
                | Event::Tick
                | Event::BeginRestore { .. }
                | Event::Holds { .. }
                | Event::PartnerHolds { .. }
                | Event::Tail { .. }
                | Event::TakeTail { .. }
                | Event::FellBackHeard { .. }
                | Event::GoOnWithout { .. }
                | Event::GoOn
        );
        if self.is_read_only() && !is_harmless {
            return Some(
                "this node is read-only: it is an older copy of itself, and partners may hold more of its logs than it \
                 has; see `entente restore status`"
                    .to_owned(),
            );
        }
        // Neither is anything taken of it: what that leads to may have to be answered on the closed feed.
        let (Event::Dispatch { feed, .. }
        | Event::NotSent { feed, .. }
        | Event::CatchUp { feed, .. }
        | Event::Receipt { feed, .. }
        | Event::Package { feed, .. }
        | Event::Fetch { feed, .. }
        | Event::ContentArrived { feed, .. }
        | Event::ContentWrong { feed, .. }
        | Event::ContentWithdrawn { feed, .. }) = event
        else {
            return None;
        };
        self.is_closed_to(&feed.partner).then(|| closed(&feed.partner))
    }

    /// The other parties that this node knows. Those that were removed are asked nothing.
    fn others(&self) -> impl Iterator<Item = &Party> {
        self.partners.keys().filter(|party| **party != self.identity.party && !self.removed.contains(*party))
    }

    /// What is to be done next with each partner.
    pub fn errands(&self) -> Vec<Errand> {
        let Some(restoring) = &self.restoring else { return Vec::new() };
        let nothing = Word::default();
        let errand = |party: &Party| {
            let word = restoring.words.get(party.as_str());
            // Who became a partner after it was over has nothing of before.
            if word.is_none() && restoring.done.is_some() {
                return None;
            }
            let word = word.unwrap_or(&nothing);
            match self.missing(party, word) {
                _ if word.told.is_none() => Some(Errand::Ask(party.clone())),
                Some((feed, start, size)) => Some(Errand::Fetch(feed, start, size)),
                None if !word.heard => Some(Errand::Tell(party.clone())),
                None => None,
            }
        };
        self.others().filter_map(errand).collect()
    }

    /// The partners that a read-only node waits for.
    pub fn awaited(&self) -> Vec<Party> {
        let Some(restoring) = self.restoring.as_ref().filter(|restoring| restoring.done.is_none()) else {
            return Vec::new();
        };
        let is_awaited = |party: &&Party| {
            let word = restoring.words.get(party.as_str());
            word.is_none_or(|word| word.without.is_none() && !self.is_complete(party, word))
        };
        self.others().filter(is_awaited).cloned().collect()
    }

    pub(crate) fn begin_restore(
        &mut self,
        why: String,
        is_ledger_lost: bool,
        destroyed: Vec<(String, String, [u8; 32])>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        if self.is_read_only() {
            return Ok(Answer::Done);
        }
        let since = now.as_second();
        let restoring = Restoring { since, why, is_ledger_lost, destroyed, ..Restoring::default() };
        self.keep(Op::Restoring(restoring))?;
        Ok(Answer::Done)
    }

    /// Changes what is known of a partner.
    fn keep_word(&mut self, partner: &Party, change: impl FnOnce(&mut Word)) -> Result<(), Refusal> {
        let Some(mut restoring) = self.restoring.clone() else {
            return Err(Refusal::Request("this node was not restored".to_owned()));
        };
        change(restoring.words.entry(partner.to_string()).or_default());
        self.keep(Op::Restoring(restoring))
    }

    pub(crate) fn fell_back_heard(&mut self, partner: &Party) -> Result<Answer, Refusal> {
        self.keep_word(partner, |word| word.heard = true)?;
        Ok(Answer::Done)
    }

    pub(crate) fn go_on_without(
        &mut self,
        by: &Viewer,
        partner: &Party,
        note: String,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say by which authority, and why, in at most {MAX_NOTE} bytes")));
        }
        if !self.awaited().contains(partner) {
            return Err(Refusal::Request(format!("this node does not wait for {partner}")));
        }
        let without = Without { at: now.as_second(), by: by.name.clone(), note };
        self.keep_word(partner, |word| word.without = Some(without))?;
        self.go_on(now)
    }

    /// Goes on, when nobody is waited for any more.
    pub(crate) fn go_on(&mut self, now: Timestamp) -> Result<Answer, Refusal> {
        let Some(mut restoring) = self.restoring.clone().filter(|restoring| restoring.done.is_none()) else {
            return Ok(Answer::Done);
        };
        if !self.awaited().is_empty() {
            return Ok(Answer::Done);
        }
        let us = self.identity.party.clone();
        let (volume, head) = (self.ledger.volume(), self.ledger.head().clone());
        let words = restoring.words.iter();
        let seen: Vec<(&String, u64, u64, &String)> = words
            .filter_map(|(party, word)| {
                let (origin, size, root) = word.told.as_ref()?.ledger.as_ref()?;
                Some((party, volume_of(origin, &us)?, *size, root))
            })
            .collect();
        let is_more = |(_, of, size, root): &(&String, u64, u64, &String)| {
            let is_other = *size == head.size() && **root != head.root().to_string();
            *of > volume || (*of == volume && (*size > head.size() || is_other))
        };
        // Who does not answer may have cosigned more than the others.
        let may_hold_more = |(party, word): (&String, &Word)| {
            let partner = self.partners.get(&Party::from(party.as_str()));
            word.told.is_none() && partner.is_some_and(|partner| partner.file.witness.is_some())
        };
        let is_lost = restoring.is_ledger_lost || seen.iter().any(is_more) || restoring.words.iter().any(may_hold_more);
        let last = seen.iter().map(|(_, of, ..)| *of).max().unwrap_or_default().max(volume);
        let begun = u64::try_from(now.as_second()).unwrap_or_default().max(last.saturating_add(1));
        let words = serde_json::json!({
            "why": restoring.why, "since": restoring.since,
            "ledger": {
                "kept": { "origin": volume_origin(&us, volume), "size": head.size(), "root": head.root().to_string() },
                "goes_on_as": volume_origin(&us, if is_lost { begun } else { volume }),
            },
            "words": restoring.words,
        });
        match is_lost {
            true => self.keep(Op::Volume { number: begun })?,
            // What is said now belongs behind what was over while nothing was closed.
            false => self.close_interval(now)?,
        }
        restoring.done = Some(now.as_second());
        let people = std::mem::take(&mut restoring.people);
        let left_out = std::mem::take(&mut restoring.left_out);
        let destroyed = std::mem::take(&mut restoring.destroyed);
        self.keep(Op::Restoring(restoring))?;
        self.state(now, "restored", words)?;
        self.say_of_people(people, left_out, now)?;
        self.destroyed_since(destroyed, now)?;
        self.owe_returned(None, now)?;
        // What was news before it was restored may not have reached everybody.
        self.everything_is_news();
        // What came back is with its recipients: they are asked for their receipts.
        self.wake.extend(self.outgoing.keys().cloned());
        Ok(Answer::Done)
    }
}

impl Node {
    /// What cannot be opened any more was destroyed after the back-up: by whom and why is lost, that it is gone is said.
    fn destroyed_since(&mut self, records: Vec<(String, String, [u8; 32])>, now: Timestamp) -> Result<(), Refusal> {
        for (originator, record, digest) in records {
            let key = (Party::from(originator.as_str()), record.as_str().into());
            if self.records.get(&key).is_none_or(|held| held.erased.is_some()) {
                continue;
            }
            let words = serde_json::json!({
                "originator": originator, "record": record, "by": null, "note": "destroyed after the back-up",
            });
            self.state(now, "destroyed", words)?;
            let at = now.as_second();
            self.keep(Op::Erased { originator: key.0, record: key.1, digest, at })?;
        }
        Ok(())
    }
}

/// What is said of a feed whose partner has not answered yet.
pub(crate) fn closed(partner: &Party) -> String {
    format!(
        "the feeds to {partner} are closed: this node was restored and went on without knowing how much {partner} holds; \
         they open once it has answered"
    )
}
