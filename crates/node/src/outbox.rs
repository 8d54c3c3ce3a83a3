//! Sending: the log is the outbox. What is warranted is sealed and gets its place; before it leaves it is decided
//! again; the partner's receipt says how far it got.

use entente_core::{Party, decide::Granted, time::Timestamp};
use entente_formats::wire::{Canonical, Dispositions, Entry, Receipt, Signed, Withdrawal, payload};
use entente_log::{Checkpoint, Note, verify_cosignature};
use entente_seal::{Envelope, Outgoing, Precedence};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Pending, Refusal},
    guard,
    judge::Judged,
    lane::{Feed, Lane, origin},
    op::Op,
    sequenced::{About, Sequenced, Warranted},
    state::{Node, leaf_of},
    statement::Concerns,
};

/// The outside of an envelope.
pub(crate) struct Letter {
    pub(crate) to: Party,
    pub(crate) lane: Lane,
    pub(crate) precedence: Precedence,
    pub(crate) status: entente_seal::Status,
    pub(crate) expires: Option<i64>,
}

impl Letter {
    /// A message of the protocol: urgent, so that no record waits for the act or the answer that frees it.
    pub(crate) fn control(to: &Party) -> Self {
        Self {
            to: to.clone(),
            lane: Lane::Urgent,
            precedence: Precedence::Immediate,
            status: entente_seal::Status::Actual,
            expires: None,
        }
    }
}

/// Whether a grant carries every agreement that the entry's hop names.
fn carries(granted: &Granted, about: Option<&About>) -> bool {
    about.is_none_or(|about| about.under.iter().all(|id| granted.usable().iter().any(|usable| usable.as_str() == id)))
}

fn ours(error: impl ToString) -> Refusal {
    Refusal::Ours(error.to_string())
}

impl Node {
    /// Seals what is warranted to its recipient and gives it the next place in the feed.
    pub(crate) fn sequence(
        &mut self,
        letter: &Letter,
        warranted: &Warranted,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Feed, u64, [u8; 32]), Refusal> {
        if !warranted.may_go_to(&letter.to) {
            return Err(ours(format!("what was granted is not for {}", letter.to)));
        }
        let body = warranted.body().to_bytes();
        let outgoing = Outgoing {
            from: self.identity.party.as_str(),
            to: letter.to.as_str(),
            created: now.as_second(),
            precedence: letter.precedence,
            expires: letter.expires,
            status: letter.status,
            guard: guard::show(&self.guards, &letter.to, warranted.body())?,
            body: &body,
        };
        // Without its word nobody knows at which index this would be.
        if self.is_closed_to(&letter.to) {
            return Err(Refusal::Request(crate::restore::closed(&letter.to)));
        }
        self.partner(&letter.to, now)?;
        let partner = self.partners.get(&letter.to).ok_or_else(|| ours("no such partner"))?;
        let shared = self.secrets.sealing(&self.identity.party, &letter.to, partner.sealing_key(), now, rng)?;
        let envelope: Envelope = outgoing.seal_with(shared, &self.identity.signing, rng).map_err(ours)?;
        let leaf = *envelope.digest().as_bytes();
        let feed = Feed { partner: letter.to.clone(), lane: letter.lane };
        let mut head = self.outgoing.get(&feed).map(|out| out.head.clone()).unwrap_or_default();
        let index = head.size();
        let nodes = head.append(leaf_of(&leaf)).map_err(ours)?;
        let about = warranted.about().cloned();
        self.keep(Op::Sequence(Sequenced { feed: feed.clone(), index, leaf, nodes, about, item: envelope }))?;
        Ok((feed, index, leaf))
    }

    /// Permission at the moment of sending: each entry is decided again on the world of now. What may no longer leave
    /// stays in the log, and a signed withdrawal takes the place of its body, for ever.
    pub(crate) fn dispatch(
        &mut self,
        feed: &Feed,
        start: u64,
        entries: Vec<Pending>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        self.refuse_removed(&feed.partner)?;
        let out = self.outgoing.get(feed).ok_or_else(|| ours("no such feed"))?;
        let acknowledged = out.acknowledged.size();
        let skip = start.checked_sub(acknowledged).and_then(|skip| usize::try_from(skip).ok());
        let skip = skip
            .filter(|skip| *skip <= out.under_way.len())
            .ok_or_else(|| ours(format!("entry {start} is not behind the {acknowledged} that are receipted")))?;
        let mut under_way: Vec<_> = out.under_way.iter().take(skip).copied().collect();
        let mut cleared = Vec::with_capacity(entries.len());
        for (index, pending) in (start..).zip(entries) {
            under_way.push(leaf_of(&pending.leaf));
            cleared.push(self.clear(feed, index, pending, now)?);
        }
        let end = start + u64::try_from(cleared.len()).unwrap_or_default();
        let offered = self.outgoing.get(feed).map_or(0, |out| out.offered);
        if offered < end {
            self.keep(Op::Offered { feed: feed.clone(), end, at: now.as_second() })?;
        }
        let out = self.outgoing.entry(feed.clone()).or_default();
        // Whoever is handed a body after another may be the one who gives it away: only what one alone has is held back.
        out.offered_last = (offered < end).then_some((offered.max(start), end));
        out.under_way = under_way;
        let (size, checkpoint) = self.checkpoint(feed)?;
        Ok(Answer::Cleared { entries: cleared, size, checkpoint, acknowledged })
    }

    /// The sender had no connection for what it was handed: where nobody else was handed any of it, none of it has left, and a
    /// withdrawal need not say that it may have arrived. Said too late, or of what somebody else has too, it changes nothing.
    pub(crate) fn not_sent(&mut self, feed: &Feed, start: u64, end: u64) -> Result<Answer, Refusal> {
        let last = self.outgoing.get_mut(feed).and_then(|out| out.offered_last.take());
        if let Some((from, _)) = last.filter(|(from, to)| start <= *from && *to == end) {
            self.keep(Op::HeldBack { feed: feed.clone(), from })?;
        }
        Ok(Answer::Done)
    }

    /// An entry that may leave as it is, or the withdrawal that takes its place.
    pub(crate) fn clear(
        &mut self,
        feed: &Feed,
        index: u64,
        pending: Pending,
        now: Timestamp,
    ) -> Result<Entry, Refusal> {
        let Pending { leaf, about, entry, expires } = pending;
        if matches!(entry, Entry::Withdrawn(_)) {
            return Ok(entry);
        }
        if let Some(signed) = self.contents.withdrawal(feed, index) {
            return Ok(Entry::Withdrawn(signed.clone()));
        }
        let is_recalled = about.as_ref().is_some_and(|about| self.may_not_leave(&about.key(), feed, index));
        let decision = about.as_ref().map(|about| self.decide_again(about, &feed.partner, now));
        // What came back after a restore without its envelope cannot be sent a second time.
        let is_lost = matches!(&entry, Entry::Envelope(bytes) if bytes.is_empty());
        let expired = expires.is_some_and(|expires| expires <= now.as_second());
        let reason = match &decision {
            _ if is_recalled => "recalled",
            _ if expired => "expired",
            _ if is_lost => "lost in a restore",
            None => return Ok(entry),
            // All the agreements that its hop names must still carry it, not just one of them.
            Some(Some(decision)) if decision.granted().is_some_and(|granted| carries(granted, about.as_ref())) => {
                return Ok(entry);
            }
            Some(Some(_)) => "no longer permitted",
            Some(None) => "no longer held",
        };
        let judged = about.as_ref().and_then(|about| self.judge_again(about, &feed.partner, now));
        self.withdraw(feed, index, leaf, about.as_ref(), reason, judged.as_ref(), now).map(Entry::Withdrawn)
    }

    /// The body of an entry stays behind from now on.
    #[expect(clippy::too_many_arguments, reason = "the entry, and why")]
    pub(crate) fn withdraw(
        &mut self,
        feed: &Feed,
        index: u64,
        leaf: [u8; 32],
        about: Option<&About>,
        reason: &str,
        judged: Option<&Judged>,
        now: Timestamp,
    ) -> Result<Signed, Refusal> {
        let withdrawal = Withdrawal {
            origin: origin(&self.identity.party, &feed.partner, feed.lane),
            index,
            leaf,
            at: now.as_second(),
        };
        let signed = self.sign(payload::WITHDRAWAL, withdrawal.to_bytes())?;
        // Once a body was offered, only the partner knows whether it has it; the log must not say that it never left.
        let late = self.outgoing.get(feed).is_some_and(|out| index < out.offered);
        self.keep(Op::Withdraw { feed: feed.clone(), index, withdrawal: signed.clone(), late })?;
        if let Some(judged) = judged {
            self.log_decision(now, judged, &[], None)?;
        }
        let to = feed.partner.as_str();
        let (originator, record) = about.map(|about| (&about.originator, &about.record)).unzip();
        let statement = serde_json::json!({
            "to": to, "lane": feed.lane.as_str(), "index": index, "originator": originator, "record": record, "why": reason,
            "may_have_arrived": late,
        });
        let key = about.map(About::key);
        let concerns = key.as_ref().map(Concerns::record).unwrap_or_default();
        let concerns = concerns.between(&self.identity.party, &self.identity.party, &feed.partner);
        self.state_of(now, "withdrawn", concerns, statement)?;
        Ok(signed)
    }

    /// After a crash or a lost receipt the partner may hold more than we know. Its receipt is believed only over our own
    /// leaves, so they are taken up again; nothing is decided and nothing is sent.
    pub(crate) fn catch_up(&mut self, feed: &Feed, start: u64, leaves: &[[u8; 32]]) -> Result<Answer, Refusal> {
        // A courier's receipt may have come while they were read: leaves at other places than theirs are none.
        let acknowledged = self.outgoing.get(feed).map_or(0, |out| out.acknowledged.size());
        if start != acknowledged {
            return Err(ours(format!("{acknowledged} entries are receipted, and not {start}")));
        }
        self.outgoing.entry(feed.clone()).or_default().under_way = leaves.iter().map(leaf_of).collect();
        let (size, checkpoint) = self.checkpoint(feed)?;
        Ok(Answer::Cleared { entries: Vec::new(), size, checkpoint, acknowledged })
    }

    /// Entries are on a medium. Whether they arrive, only a receipt says; until then this is shown.
    pub(crate) fn exported(&mut self, feed: &Feed, end: u64, now: Timestamp) -> Result<Answer, Refusal> {
        let out = self.outgoing.get(feed).ok_or_else(|| ours("no such feed"))?;
        if end > out.offered {
            return Err(ours(format!("entry {end} of the feed was never cleared to leave")));
        }
        self.keep(Op::Exported { feed: feed.clone(), end })?;
        let statement = serde_json::json!({ "to": feed.partner.as_str(), "lane": feed.lane.as_str(), "entries": end });
        self.state(now, "exported", statement)?;
        Ok(Answer::Done)
    }

    /// The signed checkpoint of what the partner has once it has taken what is under way; a new one is kept before it can
    /// leave. Never of more: were this node lost, nobody could show what the rest of it was, and any other rest would be a
    /// second history.
    fn checkpoint(&mut self, feed: &Feed) -> Result<(u64, String), Refusal> {
        self.keep_resigned(feed)?;
        let out = self.outgoing.get(feed).ok_or_else(|| ours("no such feed"))?;
        let mut held = out.acknowledged.clone();
        for leaf in &out.under_way {
            held.append(*leaf).map_err(ours)?;
        }
        let size = held.size();
        if let Some((signed, note)) = &out.checkpoint
            && *signed == size
        {
            return Ok((size, note.clone()));
        }
        let origin = origin(&self.identity.party, &feed.partner, feed.lane);
        let checkpoint = Checkpoint::new(&origin, size, held.root(), Vec::new()).map_err(ours)?;
        let note = self.identity.sign_checkpoint(&checkpoint).map_err(ours)?.to_string();
        // One of more entries that was kept before vouches for this one too.
        if out.checkpoint.as_ref().is_none_or(|(signed, _)| *signed < size) {
            self.keep(Op::Checkpoint { feed: feed.clone(), size, note: note.clone() })?;
        }
        Ok((size, note))
    }

    /// Keeps the last checkpoint of a feed where other keys have signed it since.
    pub(crate) fn keep_resigned(&mut self, feed: &Feed) -> Result<(), Refusal> {
        let signed = self.outgoing.get(feed).filter(|out| out.is_resigned).and_then(|out| out.checkpoint.clone());
        match signed {
            Some((size, note)) => self.keep(Op::Checkpoint { feed: feed.clone(), size, note }),
            None => Ok(()),
        }
    }

    /// A partner's receipt; one that does not hold raises an alarm, for it may show that one of us was restored from a
    /// back-up or tells two stories.
    pub(crate) fn receipt(&mut self, feed: &Feed, bytes: &[u8], now: Timestamp) -> Result<Answer, Refusal> {
        let answer = self.take_receipt(feed, bytes, now);
        if matches!(answer, Ok(Answer::Ahead)) {
            let (partner, here) = (&feed.partner, self.outgoing.get(feed).map_or(0, |out| out.head.size()));
            let why = format!("{partner} says that it holds more of this feed than the {here} entries that are here");
            self.alarm(feed, &why, bytes, now)?;
        }
        if let Err(Refusal::Partner(why)) = &answer {
            self.alarm(feed, why, bytes, now)?;
        }
        answer
    }

    /// Believed only as far as its cosignature reaches, over a root that we computed ourselves.
    fn take_receipt(&mut self, feed: &Feed, bytes: &[u8], now: Timestamp) -> Result<Answer, Refusal> {
        let partner_fault = |message: String| Refusal::Partner(format!("receipt of {}: {message}", feed.partner));
        let receipt = Receipt::from_bytes(bytes).map_err(|error| partner_fault(error.to_string()))?;
        let out = self.outgoing.get(feed).ok_or_else(|| ours("no such feed"))?;
        let acknowledged = out.acknowledged.size();
        let next = receipt.next;
        if next < acknowledged {
            let message =
                format!("it now says {next}, but has receipted {acknowledged}; was it restored from a back-up?");
            return Err(partner_fault(message));
        }
        if next > out.head.size() {
            return Ok(Answer::Ahead);
        }
        let gained = usize::try_from(next - acknowledged).ok().filter(|gained| *gained <= out.under_way.len());
        // It may be further than what we have in hand, after a crash of ours: the sender then reads that much again.
        let Some(gained) = gained else { return Ok(Answer::Acknowledged { next }) };
        if gained == 0 {
            return Ok(Answer::Acknowledged { next });
        }
        let mut held = out.acknowledged.clone();
        for leaf in out.under_way.iter().take(gained) {
            held.append(*leaf).map_err(ours)?;
        }
        let origin = origin(&self.identity.party, &feed.partner, feed.lane);
        let expected = Checkpoint::new(&origin, next, held.root(), Vec::new()).map_err(ours)?;
        let partner = self.partners.get(&feed.partner).filter(|partner| !self.removed.contains(&partner.party));
        let partner = partner.ok_or_else(|| ours("no such partner"))?;
        let cosigned = receipt.cosigned.ok_or_else(|| partner_fault("no cosignature".into()))?;
        let note = Note::parse(cosigned.as_bytes()).map_err(|error| partner_fault(error.to_string()))?;
        let keys = partner.receipt_keys().map_err(ours)?;
        let is_by_it = |line| keys.iter().any(|key| verify_cosignature(&expected, line, key).is_ok());
        let holds = note.text() == expected.to_string() && note.signatures().iter().any(is_by_it);
        if !holds {
            return Err(partner_fault("its cosignature is not over our feed".into()));
        }
        let (from, dispositions) = match &receipt.dispositions {
            Some(signed) => {
                let said =
                    Dispositions::from_bytes(&signed.statement).map_err(|error| partner_fault(error.to_string()))?;
                // Where receipts cross, as those of a courier do, one may begin before what an earlier one has covered.
                let known = acknowledged.checked_sub(said.from).and_then(|known| usize::try_from(known).ok());
                let new = known.and_then(|known| said.entries.get(known..)).unwrap_or_default();
                let covers = said.origin == origin
                    && new.len() == gained
                    && partner.has_signed(payload::DISPOSITIONS, &signed.statement, &signed.signature);
                if !covers {
                    return Err(partner_fault("its dispositions are not its own word on these entries".into()));
                }
                (acknowledged, new.to_vec())
            }
            None => return Err(partner_fault("no dispositions".into())),
        };
        let (signed, said) = (receipt.dispositions, dispositions.clone());
        self.keep(Op::Receipt { feed: feed.clone(), next, cosigned, from, dispositions, signed })?;
        self.notices_receipted(feed, from, &said, now)?;
        Ok(Answer::Acknowledged { next })
    }
}
