//! How a recall begins, travels, is carried out and answered.

use std::collections::BTreeMap;

use entente_core::{Party, time::Timestamp, view::Viewer};
use entente_formats::{
    hex,
    wire::{Canonical, EntryName, MAX_NOTE, MAX_RECALLED, RecallAnswer, RecallStatement, Remains, Signed, payload},
};
use rand_core::CryptoRng;

use super::Direction;
use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, held, refused},
    lane::Lane,
    op::{Op, RecallName, Spared, StoredRecall},
    outbox::Letter,
    sequenced::Warranted,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// The most recalls of one partner that are remembered.
const MAX_RECALLS: usize = 100_000;

impl Node {
    /// Who got the record of us, and by which entries: of those that are not taken back yet, or, for a recall of
    /// everything, of all. Who gave up what it got may get it from others.
    pub(crate) fn recipients(&self, key: &Key, whole: bool) -> BTreeMap<Party, Vec<(Lane, u64)>> {
        let mut all: BTreeMap<Party, Vec<(Lane, u64)>> = BTreeMap::new();
        for (feed, index) in self.sent.of(key) {
            if whole || !self.is_taken_back(key, Direction::Out, feed, index) {
                all.entry(feed.partner.clone()).or_default().push((feed.lane, index));
            }
        }
        all
    }

    pub(crate) fn recall(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        of: &[Party],
        reason: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let key = self.find_for(name, by)?.key();
        if self.is_called_back(&key) {
            return Err(Refusal::Request(format!("`{}` was called back already; see `entente recall list`", key.1)));
        }
        if reason.as_ref().is_some_and(|reason| reason.len() > MAX_NOTE) {
            return Err(Refusal::Request(format!("a reason has at most {MAX_NOTE} bytes")));
        }
        let whole = key.0 == self.identity.party && of.is_empty();
        let mut recipients = self.recipients(&key, whole);
        if let Some(party) = of.iter().find(|party| !recipients.contains_key(*party)) {
            return Err(Refusal::Request(format!("`{}` was not given to {party} from here", key.1)));
        }
        if !whole && recipients.is_empty() {
            return Err(Refusal::Request(format!("`{}` was given to nobody from here", key.1)));
        }
        recipients.retain(|party, _| of.is_empty() || of.contains(party));
        let told = recipients.keys().cloned().collect();
        self.call_back(&key, recipients, whole, None, reason, now, rng)?;
        Ok(Answer::Told { told, incident: None })
    }

    /// Calls a record back: in one statement from everybody, or in one for each of those who got it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one recall")]
    fn call_back(
        &mut self,
        key: &Key,
        recipients: BTreeMap<Party, Vec<(Lane, u64)>>,
        whole: bool,
        cause: Option<&RecallName>,
        reason: Option<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Refusal> {
        let parts: Vec<BTreeMap<_, _>> = match whole {
            true => vec![recipients],
            false => recipients.into_iter().map(|one| BTreeMap::from([one])).collect(),
        };
        for of in parts {
            let mut number = [0; 16];
            rng.fill_bytes(&mut number);
            let entries = of.values().flatten().filter(|_| !whole);
            let entries = entries.map(|(lane, index)| EntryName { lane: lane.as_str().to_owned(), index: *index });
            let statement = RecallStatement {
                by: self.identity.party.to_string(),
                number,
                originator: key.0.to_string(),
                record: key.1.to_string(),
                entries: entries.collect(),
                at: now.as_second(),
                reason: reason.clone(),
            };
            if statement.entries.len() > MAX_RECALLED {
                return Err(Refusal::Request(format!("it went out more than {MAX_RECALLED} times to one party")));
            }
            statement.check().map_err(|error| Refusal::Request(error.to_string()))?;
            let signed = self.sign(payload::RECALL, statement.to_bytes())?;
            let from = self.identity.party.clone();
            self.keep_recall(
                &statement,
                StoredRecall { signed, from, of, cause: cause.cloned(), known: now.as_second() },
                now,
            )?;
        }
        Ok(())
    }

    fn keep_recall(
        &mut self,
        statement: &RecallStatement,
        stored: StoredRecall,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "by": statement.by, "number": hex::encode(&statement.number), "originator": statement.originator,
            "record": statement.record, "from": stored.from.as_str(), "whole": statement.entries.is_empty(),
            "of": stored.of.keys().map(Party::as_str).collect::<Vec<_>>(),
            "statement": hex::encode(&sha256(&stored.signed.statement)),
        });
        let from = stored.from.clone();
        self.keep(Op::Recall(stored))?;
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        let concerns = match from == self.identity.party {
            true => Concerns::record(&key),
            false => Concerns::record(&key).between(&self.identity.party, &from, &self.identity.party),
        };
        self.state_of(now, "recall", concerns, words)
    }

    /// A partner calls back.
    pub(crate) fn take_recall(
        &mut self,
        from: &Party,
        signed: Signed,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Said, Refusal> {
        let read = RecallStatement::from_bytes(&signed.statement);
        let statement = match read.and_then(|statement| statement.check().map(|()| statement)) {
            Ok(statement) => statement,
            Err(error) => return Ok(refused(error)),
        };
        let by: Party = statement.by.as_str().into();
        let is_whole = statement.by == statement.originator && statement.entries.is_empty();
        if !is_whole && by != *from {
            return Ok(refused(format!("a recall of {by}, which only {by} itself can make of what it gave")));
        }
        if !is_whole && statement.entries.iter().any(|entry| Lane::from_word(&entry.lane).is_none()) {
            return Ok(refused("it names an entry of no lane"));
        }
        let Some(signer) = self.partners.get(&by) else {
            return Ok(held(format!("no party file of its originator `{by}` here")));
        };
        if !signer.has_signed(payload::RECALL, &signed.statement, &signed.signature) {
            let why = format!("the recall is not signed by {by}");
            // As of an originator that is unknown here: whom this party knows is not the sender's business.
            return Ok(if by == *from { refused(why) } else { held(why) });
        }
        let name = RecallName { by, number: statement.number };
        if let Some(known) = self.recalls.get(&name) {
            if known.statement != statement {
                return Ok(refused("another recall has this number"));
            }
            // Who tells it after the first has its answer at once: those whom we told answer for themselves to the first,
            // and two that wait for one another would wait for ever.
            let here = self.answer_for(known, from);
            let subject = known.subject_of_answer(here, true);
            let has_heard_all = self.told.contains_key(&(known.last_answer(), from.clone()));
            if known.stored.from != *from && !has_heard_all && !self.told.contains_key(&(subject, from.clone())) {
                self.answer(&name, here, true, (subject, from), now, rng)?;
            }
            return Ok(accepted());
        }
        if self.recalls.values().filter(|known| known.stored.from == *from).count() >= MAX_RECALLS {
            return Ok(refused(format!("{MAX_RECALLS} recalls of {from} are remembered here already")));
        }
        let key: Key = (statement.originator.as_str().into(), statement.record.as_str().into());
        let was_called_back = self.is_called_back(&key);
        let mut recipients = self.recipients(&key, is_whole);
        recipients.remove(from);
        let of = if is_whole { recipients.clone() } else { BTreeMap::new() };
        let stored = StoredRecall { signed, from: from.clone(), of, cause: None, known: now.as_second() };
        self.keep_recall(&statement, stored, now)?;
        if !self.is_called_back(&key) || was_called_back {
            return Ok(accepted());
        }
        // What we gave we call back in our own name: who told us is nobody's business.
        if !is_whole {
            self.call_back(&key, recipients, false, Some(&name), None, now, rng)?;
        }
        if key.0 != self.identity.party {
            self.erase(&key, now)?;
        }
        Ok(accepted())
    }

    /// Destroys the content of a record, unless a hold keeps it; what it was stays.
    pub(crate) fn erase(&mut self, key: &Key, now: Timestamp) -> Result<(), Refusal> {
        if self.holds.contains_key(key) {
            return Ok(());
        }
        let Some(held) = self.records.get(key).filter(|held| held.erased.is_none()) else { return Ok(()) };
        let (digest, at) = (held.digest, now.as_second());
        let words = serde_json::json!({ "originator": key.0.as_str(), "record": key.1.as_str() });
        self.keep(Op::Erased { originator: key.0.clone(), record: key.1.clone(), digest, at })?;
        self.state_of(now, "erased", Concerns::record(key), words)
    }

    /// The same of a record that was called back before a restore: the ledger has told of it in what is lost.
    pub(crate) fn erase_quietly(&mut self, key: &Key, now: Timestamp) -> Result<(), Refusal> {
        let Some(held) = self.records.get(key).filter(|held| held.erased.is_none()) else { return Ok(()) };
        if self.holds.contains_key(key) {
            return Ok(());
        }
        let (digest, at) = (held.digest, now.as_second());
        self.keep(Op::Erased { originator: key.0.clone(), record: key.1.clone(), digest, at })
    }

    /// A partner says what it did.
    pub(crate) fn take_recall_answer(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let answer = match RecallAnswer::from_bytes(&signed.statement) {
            Ok(answer) => answer,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        let is_signed = partner.has_signed(payload::RECALL_ANSWER, &signed.statement, &signed.signature);
        if answer.by != from.as_str() || !is_signed {
            return Ok(refused(format!("the answer is not signed by {from}")));
        }
        let name = RecallName { by: answer.recall_by.as_str().into(), number: answer.number };
        let Some(recall) = self.recalls.get(&name).filter(|recall| recall.stored.of.contains_key(from)) else {
            return Ok(refused("it answers a recall of which it was not told"));
        };
        // Said twice is said once; who has complied cannot have done so no longer. What was kept, under a hold, may be
        // destroyed later.
        let is_destroyed_now = |known: &RecallAnswer| {
            known.here == Remains::Kept && answer.here == Remains::Destroyed && answer.beyond == known.beyond
        };
        let is_old = |known: &RecallAnswer| *known == answer || (known.beyond && !is_destroyed_now(known));
        if recall.answers.get(from).is_some_and(is_old) {
            return Ok(accepted());
        }
        let words = serde_json::json!({
            "by": answer.by, "recall": hex::encode(&answer.number), "here": answer.here.as_str(),
            "beyond": answer.beyond, "statement": hex::encode(&sha256(&signed.statement)),
        });
        self.keep(Op::RecallAnswer { signed, known: now.as_second() })?;
        self.state(now, "recall-answer", words)?;
        Ok(accepted())
    }

    /// A person decides about a record that is suspended.
    pub(crate) fn settle(
        &mut self,
        by: &Viewer,
        name: &RecordRef,
        keep: bool,
        note: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let held = self.find_where(name, &|held| self.could_see(held, by))?;
        let (key, sources): (Key, Vec<Key>) = (held.key(), self.lost_sources(&held.key(), held.alike()));
        if sources.is_empty() {
            return Err(Refusal::Request(format!("`{}` is not suspended", key.1)));
        }
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("say by which authority, and why, in at most {MAX_NOTE} bytes")));
        }
        if !keep {
            self.check_hold(&key)?;
        }
        let words = serde_json::json!({
            "originator": key.0.as_str(), "record": key.1.as_str(), "keep": keep, "by": by.name, "note": note,
            "sources": sources.iter().map(|(originator, id)| format!("{originator}/{id}")).collect::<Vec<_>>(),
        });
        self.state_of(now, "settled", Concerns::record(&key), words)?;
        if keep {
            let words = |(originator, id): &Key| (originator.to_string(), id.to_string());
            for source in &sources {
                let (record, source, note) = (words(&key), words(source), note.clone());
                self.keep(Op::Spared(Spared { record, source, note, at: now.as_second() }))?;
            }
            return Ok(Answer::Told { told: Vec::new(), incident: None });
        }
        let whole = key.0 == self.identity.party;
        let recipients = self.recipients(&key, whole);
        let told = recipients.keys().cloned().collect();
        if !self.is_called_back(&key) {
            self.call_back(&key, recipients, whole, None, None, now, rng)?;
        }
        self.erase(&key, now)?;
        Ok(Answer::Told { told, incident: None })
    }

    /// Passes recalls on, and answers those who told us, as far as that was not done yet.
    pub(crate) fn tell_recalls(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let untold = std::mem::take(&mut self.untold_recalls);
        let us = self.identity.party.clone();
        let is_told = |subject: [u8; 32], to: &Party| self.told.contains_key(&(subject, to.clone()));
        let can_reach = |to: &Party| self.can_reach(to, now);
        let mut passing = Vec::new();
        let mut answering = Vec::new();
        for (name, recall) in untold.iter().filter_map(|name| Some((name, self.recalls.get(name)?))) {
            let subject = recall.subject();
            let lacking = recall.stored.of.keys().filter(|to| !is_told(subject, to) && can_reach(to));
            passing.extend(lacking.map(|to| (subject, to.clone(), recall.stored.signed.clone())));
            let (from, here) = (&recall.stored.from, self.answer_for(recall, &recall.stored.from));
            let beyond = here == Remains::NotHere || self.has_all_complied(recall);
            let (subject, last) = (recall.subject_of_answer(here, beyond), recall.last_answer());
            let is_answered = [subject, recall.subject_of_answer(here, true), last].map(|said| is_told(said, from));
            let is_answered = is_answered.contains(&true);
            if *from != us && !is_answered && can_reach(from) {
                answering.push((name.clone(), here, beyond, subject, from.clone()));
            }
            // Who told it after the first has heard, too, that it is kept.
            let kept = recall.subject_of_answer(Remains::Kept, true);
            let others = self.told.range((kept, "".into())..).map(|((subject, to), _)| (subject, to));
            let others = others.take_while(|(subject, _)| **subject == kept).map(|(_, to)| to);
            let others = others.filter(|to| *to != from && !is_told(last, to) && can_reach(to));
            let others = others.map(|to| (to, self.answer_for(recall, to)));
            let others = others.filter(|(_, here)| *here == Remains::Destroyed);
            answering.extend(others.map(|(to, here)| (name.clone(), here, true, last, to.clone())));
        }
        for (subject, to, signed) in passing {
            let (_, index, _) = self.sequence(&Letter::control(&to), &Warranted::recall(signed), now, rng)?;
            self.keep(Op::Told { subject, to, index })?;
        }
        for (name, here, beyond, subject, to) in answering {
            self.answer(&name, here, beyond, (subject, &to), now, rng)?;
        }
        Ok(())
    }

    /// Tells who told us what became of it here.
    fn answer(
        &mut self,
        name: &RecallName,
        here: Remains,
        beyond: bool,
        (subject, to): ([u8; 32], &Party),
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Refusal> {
        let by = self.identity.party.to_string();
        let (recall_by, number, at) = (name.by.to_string(), name.number, now.as_second());
        let answer = RecallAnswer { by, recall_by, number, here, beyond, at };
        let signed = self.sign(payload::RECALL_ANSWER, answer.to_bytes())?;
        let (_, index, _) = self.sequence(&Letter::control(to), &Warranted::recall_answer(signed), now, rng)?;
        self.keep(Op::Told { subject, to: to.clone(), index })
    }
}
