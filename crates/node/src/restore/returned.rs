//! The end of a feed of ours, given back by its recipient. The leaves are checked against what both have signed. What the
//! entries said is taken as far as we signed it ourselves: acts, answers, consents, recalls. Without that a restored node
//! would use an agreement that it had suspended, or show what it had called back.
//!
//! Not restored: the records that entries brought. Who calls one back names the entries, which are known again. A large
//! content that the partner had not fetched is withdrawn when it asks for it.

use std::collections::BTreeSet;

use entente_core::{Party, agreement::clause::Action, time::Timestamp};
use entente_formats::{
    agreement,
    wire::{
        ActStatement, Body, ByteVec, Canonical, Compromise, ConsentRequest, ConsentStatement, ConsentWithdrawal,
        HopStatement, Origin, RecallAnswer, RecallStatement, Relabelling, Returned, Signed, StandingConsent, Tail,
        TailEntry, Withdrawal,
        consult::{CommitmentWord, MeetingStatement},
        payload,
    },
};
use entente_log::{Hash, verify_consistency};
use entente_seal::Envelope;

use crate::{
    act::well_formed,
    content::OfferedContent,
    event::{Answer, Refusal},
    keyring::{Word, worn_out_at},
    lane::{Feed, Lane, origin},
    op::{Op, Question, QuestionState, RecallName, RecoveredEntry, StoredRecall},
    sequenced::About,
    standing::WithdrawnConsent,
    state::{Node, leaf_of, sha256},
    texts::KnownAct,
};

/// How many entries are named in one alarm.
const NAMED: usize = 20;

/// The large content of a record that an entry brought, so that whoever waits for it is told that it does not come. Its key
/// is not taken from the partner, who alone says what the entry was: it must not name a content that it never got.
fn content_of(body: &Body, feed: &Feed, index: u64, leaf: [u8; 32]) -> Option<OfferedContent> {
    let Body::LargeRecord { origin, content, .. } = body else { return None };
    let digest = Origin::from_bytes(&origin.statement).ok()?.digest;
    Some(OfferedContent { feed: feed.clone(), index, leaf, digest, length: content.length, sealed: content.sealed })
}

impl Node {
    pub(crate) fn take_tail(&mut self, feed: &Feed, bytes: &[u8], now: Timestamp) -> Result<Answer, Refusal> {
        let partner = &feed.partner;
        let fault = |why: String| Refusal::Partner(format!("what {partner} gives back of our feed: {why}"));
        let tail = Tail::from_bytes(bytes).map_err(|error| fault(error.to_string()))?;
        let origin = origin(&self.identity.party, partner, feed.lane);
        let mut head = self.outgoing.get(feed).map(|out| out.head.clone()).unwrap_or_default();
        let first = head.size();
        if tail.origin != origin || tail.start != first || tail.entries.is_empty() {
            return Err(fault(format!("not the entries from {first} on")));
        }
        let told = self.restoring.as_ref().and_then(|restoring| restoring.words.get(partner.as_str())?.told.as_ref());
        let told = told.and_then(|told| told.feeds.get(feed.lane.as_str()));
        let (size, root) = told.cloned().ok_or_else(|| fault("it has not said how much it holds".to_owned()))?;
        let root: Hash = root.parse().map_err(|error: entente_log::Error| Refusal::Ours(error.to_string()))?;
        let mut ops = Vec::with_capacity(tail.entries.len());
        let said = self.said(feed, &tail);
        let mut named = BTreeSet::new();
        for (place, (index, entry)) in (first..).zip(&tail.entries).enumerate() {
            let kept = self.kept_entry(&origin, index, entry).map_err(|why| fault(format!("entry {index}: {why}")))?;
            let nodes = head.append(leaf_of(&entry.leaf)).map_err(|error| Refusal::Ours(error.to_string()))?;
            let body = said.get(place).and_then(Option::as_ref);
            let about = body.and_then(|body| self.about_of(body));
            let made = entry.envelope.as_ref().and_then(|bytes| Some(Envelope::parse(bytes).ok()?.header().created));
            let at = made.unwrap_or_else(|| now.as_second());
            ops.push(Op::Recovered { feed: feed.clone(), index, leaf: entry.leaf, entry: kept, about, at, nodes });
            let content = body.and_then(|body| content_of(body, feed, index, entry.leaf));
            let is_new =
                |it: &OfferedContent| !self.contents.is_offered(partner, &it.sealed) && named.insert(it.sealed);
            ops.extend(content.filter(is_new).map(|content| Op::ContentOffered(content, None)));
        }
        let (hashes, _) = tail.proof.as_chunks::<32>();
        let proof: Vec<Hash> = hashes.iter().map(|hash| Hash(*hash)).collect();
        if let Err(error) = verify_consistency(head.size(), &head.root(), size, &root, &proof) {
            // Both are signed by this node's key: two of its copies went on, or somebody else has the key.
            let why = format!("{partner} holds another history of our feed than what is here goes on to: {error}");
            self.alarm(feed, &why, &[], now)?;
            return Err(Refusal::Partner(why));
        }
        for op in ops {
            self.keep(op)?;
        }
        self.tell_unsaid(feed, &tail, (first, &said), now)?;
        for (index, body) in (first..).zip(said) {
            if let Some(body) = body {
                self.say_again(partner, index, body, now)?;
            }
        }
        // Of a partner that was gone on without, what comes back is on the record at once; else it is with all the rest.
        if !self.is_read_only() {
            let words = serde_json::json!({
                "to": partner.as_str(), "lane": feed.lane.as_str(), "from": first, "until": head.size(),
            });
            self.state(now, "recovered", words)?;
            self.owe_returned(None, now)?;
            self.everything_is_news();
            self.wake.push(feed.clone());
            return Ok(Answer::Done);
        }
        self.go_on(now)
    }

    /// Entries came back, and not what they said: a partner may keep back just those words that it would rather had not been
    /// said. People have to look, since nothing here can tell. Of what was called back, which is in the routine lane, nobody
    /// has more than its leaf; words are in the urgent one.
    fn tell_unsaid(
        &mut self,
        feed: &Feed,
        tail: &Tail,
        (first, said): (u64, &[Option<Body>]),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let is_unsaid = |(place, entry): &(usize, &TailEntry)| {
            let has_words = said.get(*place).is_some_and(Option::is_some);
            !has_words && entry.withdrawal.is_none() && (entry.envelope.is_some() || feed.lane == Lane::Urgent)
        };
        let unsaid = (first..).zip(tail.entries.iter().enumerate()).filter(|(_, entry)| is_unsaid(entry));
        let unsaid: Vec<String> = unsaid.map(|(index, _)| index.to_string()).collect();
        if unsaid.is_empty() {
            return Ok(());
        }
        let (partner, lane) = (&feed.partner, feed.lane.as_str());
        let named = unsaid.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if unsaid.len() > NAMED { ", …" } else { "" };
        let why = format!(
            "{partner} has given back {} entries of our {lane} feed and not what they said ({named}{more}): records \
             that were called back since are gone there too; else find out whether this party suspended, withdrew or \
             called back anything in them",
            unsaid.len()
        );
        let evidence = tail.said.clone().unwrap_or_default();
        self.alarm(feed, &why, &evidence, now)
    }

    /// What came back of an entry: it must be what the leaf commits to.
    fn kept_entry(&self, origin: &str, index: u64, entry: &TailEntry) -> Result<RecoveredEntry, String> {
        match (&entry.envelope, &entry.withdrawal) {
            (Some(bytes), _) if sha256(bytes) == entry.leaf => Ok(RecoveredEntry::Envelope(bytes.clone())),
            (Some(_), _) => Err("the envelope is not the one that was signed for".to_owned()),
            (None, Some(signed)) => {
                let read = Withdrawal::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                let is_meant = read.origin == origin && read.index == index && read.leaf == entry.leaf;
                // With a key that is revoked by now, too: the leaf says which entry it is, and nothing else hangs on it.
                if is_meant && self.own_word(payload::WITHDRAWAL, signed) != Word::None {
                    Ok(RecoveredEntry::Withdrawn(signed.clone()))
                } else {
                    Err("the withdrawal is not ours for this entry".to_owned())
                }
            }
            (None, None) => Ok(RecoveredEntry::Gone),
        }
    }

    /// The bodies of the entries, as the partner opened them for us. What does not fit says nothing: the leaves count alone.
    fn said(&self, feed: &Feed, tail: &Tail) -> Vec<Option<Body>> {
        let read = || {
            let envelope = Envelope::parse(tail.said.as_ref()?).ok()?;
            let header = envelope.header();
            let (key, standing) = self.partners.get(&feed.partner)?.signing_key(&header.signing_key)?;
            if standing.is_some_and(|standing| worn_out_at(standing, header.created, None).is_some()) {
                return None;
            }
            let sealing = self.identity.sealing.iter().find(|key| key.public().id() == header.sealing_key)?;
            let is_its_own = header.from == feed.partner.as_str();
            let opened = envelope.verify(self.identity.party.as_str(), key).ok()?.open(sealing).ok()?;
            let body = Body::from_bytes(&opened.body).ok().filter(|body| is_its_own && body.check().is_ok())?;
            let Body::Returned(Returned { origin, start, bodies }) = body else { return None };
            (origin == tail.origin && start == tail.start).then_some(bodies)
        };
        let read_body = |bytes: Option<ByteVec>| Body::from_bytes(&bytes?).ok().filter(|body| body.check().is_ok());
        read().unwrap_or_default().into_iter().map(read_body).collect()
    }

    /// Whether a signing key of our own party file made this.
    fn is_ours(&self, payload_type: &str, signed: &Signed) -> bool {
        self.own_word(payload_type, signed).is_good()
    }

    fn own_word(&self, payload_type: &str, signed: &Signed) -> Word {
        let own = self.partners.get(&self.identity.party);
        own.map_or(Word::None, |own| own.word(payload_type, &signed.statement, &signed.signature, None))
    }

    /// The record that an entry brought: its originator has signed that there is such a one, so that naming it finds out
    /// nothing.
    fn about_of(&self, body: &Body) -> Option<About> {
        let (Body::Record { origin: signed, hop, .. } | Body::LargeRecord { origin: signed, hop, .. }) = body else {
            return None;
        };
        let origin = Origin::from_bytes(&signed.statement).ok().filter(|origin| origin.check().is_ok())?;
        let originator = self.partners.get(&Party::from(origin.originator.as_str()))?;
        let is_its_own = originator.word(payload::ORIGIN, &signed.statement, &signed.signature, None) != Word::None;
        let HopStatement { under, purpose, .. } = hop;
        is_its_own.then(|| About {
            originator: origin.originator,
            record: origin.id,
            purpose: purpose.clone(),
            channel: String::new(),
            under: under.iter().map(|version| version.id.clone()).collect(),
        })
    }

    /// What we had said in a message that is lost here is said again: to ourselves.
    fn say_again(&mut self, to: &Party, index: u64, body: Body, now: Timestamp) -> Result<(), Refusal> {
        let us = self.identity.party.to_string();
        let known = now.as_second();
        match body {
            Body::Proposal(text) => {
                let Ok(proposed) = agreement::parse(&text) else { return Ok(()) };
                let name = (proposed.id.clone(), proposed.hash);
                let is_known = self.agreements.get(&proposed.id).is_some_and(|known| known.hash == proposed.hash)
                    || self.proposals.contains_key(&name);
                if !is_known {
                    self.keep(Op::Agreement { text })?;
                }
                self.keep(Op::Told { subject: name.1.0, to: to.clone(), index })
            }
            Body::Act(signed) if self.is_ours(payload::ACT, &signed) => {
                let Ok(act) = KnownAct::read(&signed, known) else { return Ok(()) };
                let is_new = self.acts.iter().all(|other| other.digest != act.digest);
                let is_sound = |act: ActStatement| act.by == us && well_formed(&act).is_ok();
                if is_new && ActStatement::from_bytes(&signed.statement).is_ok_and(is_sound) {
                    self.keep(Op::Act { signed, known })?;
                }
                self.keep(Op::Told { subject: act.digest, to: to.clone(), index })
            }
            // Which file is ours says the one beside the keys; here is who knows it.
            Body::PartyFile(note) => self.keep(Op::Told { subject: sha256(note.as_bytes()), to: to.clone(), index }),
            Body::ConsentRequest(question) => self.ask_again(to, question, now),
            Body::ConsentAnswer(signed) if self.is_ours(payload::CONSENT, &signed) => {
                let Ok(ConsentStatement { question, granted, by, .. }) =
                    ConsentStatement::from_bytes(&signed.statement)
                else {
                    return Ok(());
                };
                let state = if granted { QuestionState::Granted } else { QuestionState::Refused };
                let is_open = self
                    .questions
                    .get(&(false, question.request))
                    .is_none_or(|known| known.state == QuestionState::Open && known.question == question);
                if by != us || !is_open {
                    return Ok(());
                }
                self.keep(Op::Question(Question { ours: false, partner: to.clone(), question, state, asked: known }))
            }
            Body::StandingConsent(signed) if self.is_ours(payload::STANDING_CONSENT, &signed) => {
                let digest = sha256(&signed.statement);
                let is_ours = StandingConsent::from_bytes(&signed.statement).is_ok_and(|given| given.by == us);
                if !is_ours || self.standing.iter().any(|given| given.digest == digest) {
                    return Ok(());
                }
                self.keep(Op::Standing { signed, known })
            }
            Body::ConsentWithdrawal(signed) if self.is_ours(payload::CONSENT_WITHDRAWAL, &signed) => {
                let is_ours = ConsentWithdrawal::from_bytes(&signed.statement).is_ok_and(|word| word.by == us);
                let is_known =
                    WithdrawnConsent::read(&signed).is_ok_and(|withdrawn| self.withdrawn.contains_key(&withdrawn));
                if !is_ours || is_known { Ok(()) } else { self.keep(Op::ConsentWithdrawal { signed, known }) }
            }
            Body::Recall(signed) => self.recall_again(to, index, signed, now),
            Body::RecallAnswer(signed) if self.is_ours(payload::RECALL_ANSWER, &signed) => {
                let Ok(answer) = RecallAnswer::from_bytes(&signed.statement) else { return Ok(()) };
                let name = RecallName { by: answer.recall_by.as_str().into(), number: answer.number };
                let Some(recall) = self.recalls.get(&name) else { return Ok(()) };
                let subject = recall.subject_of_answer(answer.here, answer.beyond);
                self.keep(Op::Told { subject, to: to.clone(), index })
            }
            Body::Relabelling(signed) => {
                let Ok(word) = Relabelling::from_bytes(&signed.statement) else { return Ok(()) };
                let by = self.partners.get(&Party::from(word.by.as_str()));
                let is_signed =
                    by.is_some_and(|by| by.has_signed(payload::RELABELLING, &signed.statement, &signed.signature));
                let key = (word.by.as_str().into(), word.record.as_str().into());
                let is_new = self.relabellings.get(&key).is_none_or(|old| old.statement.revision < word.revision);
                if is_signed && is_new { self.keep(Op::Relabelling { signed, known }) } else { Ok(()) }
            }
            Body::Compromise(signed) if self.is_ours(payload::COMPROMISE, &signed) => {
                let digest = sha256(&signed.statement);
                let word = Compromise::from_bytes(&signed.statement).ok().filter(|word| word.by == us);
                let Some(word) = word else { return Ok(()) };
                let is_here =
                    self.records.contains_key(&(word.originator.as_str().into(), word.record.as_str().into()));
                // What it makes this party owe is opened again once everything is here that it follows from.
                if self.compromises.iter().all(|known| known.digest != digest) {
                    self.keep(Op::Compromise { signed, known })?;
                }
                // Of a record that comes again later its provider is told once more then, since the receipt of that is what meets the duty.
                if is_here { self.keep(Op::Told { subject: digest, to: to.clone(), index }) } else { Ok(()) }
            }
            Body::ConsultRaise(signed) => self.consult_again(to, index, payload::CONSULT_RAISE, signed, now),
            Body::ConsultStep(signed) => self.consult_again(to, index, payload::CONSULT_STEP, signed, now),
            Body::Commitment(signed) => match crate::consult::read_waiver(&signed) {
                Ok(Some(_)) => self.consult_again(to, index, payload::COMMITMENT, signed, now),
                _ => self.pledge_again(to, index, signed, now),
            },
            Body::Meeting(signed) => self.call_again(to, index, signed, now),
            Body::AlertAcknowledgement(signed) if self.is_ours(payload::ALERT_ACKNOWLEDGEMENT, &signed) => {
                self.acknowledge_again(to, index, signed, now)
            }
            _ => Ok(()),
        }
    }

    /// A word of our own on a commitment: it counts again, so that the next one has the next number.
    fn pledge_again(&mut self, to: &Party, index: u64, signed: Signed, now: Timestamp) -> Result<(), Refusal> {
        let (subject, us) = (sha256(&signed.statement), self.identity.party.as_str());
        let by = match CommitmentWord::from_bytes(&signed.statement) {
            Ok(CommitmentWord::Made(made)) if made.read().is_ok() => made.by,
            Ok(CommitmentWord::Progress(progress)) if progress.read().is_ok() => progress.by,
            _ => return Ok(()),
        };
        if by != us || !self.is_ours(payload::COMMITMENT, &signed) {
            return Ok(());
        }
        if !self.knows_pledge(&subject) {
            self.keep(Op::Commitment { signed, known: now.as_second() })?;
        }
        self.keep(Op::Told { subject, to: to.clone(), index })
    }

    /// The same of a meeting that we had called or changed.
    fn call_again(&mut self, to: &Party, index: u64, signed: Signed, now: Timestamp) -> Result<(), Refusal> {
        let (subject, us) = (sha256(&signed.statement), self.identity.party.as_str());
        let read = MeetingStatement::from_bytes(&signed.statement).ok().filter(|said| said.read().is_ok());
        if read.is_none_or(|said| said.by != us) || !self.is_ours(payload::MEETING, &signed) {
            return Ok(());
        }
        if !self.knows_pledge(&subject) {
            self.keep(Op::Meeting { signed, known: now.as_second() })?;
        }
        self.keep(Op::Told { subject, to: to.clone(), index })
    }

    /// A question of ours, so that its answer finds it. It is not signed: it counts only for a record that is here, with
    /// the content that is here.
    fn ask_again(&mut self, of: &Party, question: ConsentRequest, now: Timestamp) -> Result<(), Refusal> {
        let key = (question.originator.as_str().into(), question.record.as_str().into());
        let is_meant = self.records.get(&key).is_some_and(|held| held.digest == question.digest);
        let is_known = self.questions.contains_key(&(true, question.request));
        let is_release = question.action == Action::Release.as_str() || question.action == Action::Display.as_str();
        if !is_meant || is_known || !is_release {
            return Ok(());
        }
        let (partner, asked) = (of.clone(), now.as_second());
        self.keep(Op::Question(Question { ours: true, partner, question, state: QuestionState::Open, asked }))
    }

    /// A recall that we had made, or passed on: it counts again, and whoever got the record by the entries that are known
    /// now has to be told.
    fn recall_again(&mut self, to: &Party, index: u64, signed: Signed, now: Timestamp) -> Result<(), Refusal> {
        let Ok(statement) = RecallStatement::from_bytes(&signed.statement) else { return Ok(()) };
        let by: Party = statement.by.as_str().into();
        let signer = self.partners.get(&by);
        let is_signed = signer.is_some_and(|by| by.has_signed(payload::RECALL, &signed.statement, &signed.signature));
        if !is_signed || statement.check().is_err() {
            return Ok(());
        }
        let subject = sha256(&signed.statement);
        let name = RecallName { by: by.clone(), number: statement.number };
        let is_whole = statement.by == statement.originator && statement.entries.is_empty();
        let is_ours = by == self.identity.party;
        if !self.recalls.contains_key(&name) && (is_ours || is_whole) {
            let key = (statement.originator.as_str().into(), statement.record.as_str().into());
            let mut of = self.recipients(&key, is_whole);
            if !is_whole {
                of.retain(|party, _| party == to);
            }
            // Who told us of another's recall is not known any more; whoever it was tells it again.
            let from = if is_ours { by } else { self.identity.party.clone() };
            self.keep(Op::Recall(StoredRecall { signed, from, of, cause: None, known: now.as_second() }))?;
            if !is_ours {
                self.erase_quietly(&key, now)?;
            }
        }
        self.keep(Op::Told { subject, to: to.clone(), index })
    }
}
