//! Contents that do not fit into an envelope. The record enters when its entry does; its content is fetched beside the feed,
//! and may come much later. Until then it is *arriving*: the record is seen, and is not given to anybody.
//!
//! Who gave it decides again at every piece that is fetched; who fetches says with a signed word that the content is
//! durable, or that it is not what was signed ([why](../../../docs/decisions/0037-large-contents.md)). The bytes themselves
//! are never here: the hands seal them, move them and check them, and say what they found.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{Party, RecordId, time::Timestamp};
use entente_formats::wire::{
    Canonical, ContentOutcome, ContentReference, ContentSecret, ContentWord, Entry, HopStatement, MAX_LARGE, Signed,
    Withdrawal, payload,
};
use entente_seal::content::Layout;
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Pending, Refusal},
    inbox::{Brought, Said, Taken, accepted, called_back, refused},
    lane::{Feed, Lane, origin},
    op::Op,
    outbox::Letter,
    sequenced::{About, Warranted},
    state::{Key, Node},
    statement::Concerns,
};

/// The name of a file beside the store: the number of the key under which it is kept.
pub type FileName = [u8; 16];

/// A large content of a record that is released.
#[derive(Clone, Debug)]
pub struct LargeContent {
    /// SHA-256 of it.
    pub digest: [u8; 32],
    /// How many bytes it has.
    pub length: u64,
    /// The file in which it is, when it is new.
    pub file: Option<FileName>,
    /// What it is, sealed to each recipient.
    pub sealed: Vec<(Party, SealedContent)>,
}

/// A content as one recipient will get it.
#[derive(Clone, Debug)]
pub struct SealedContent {
    /// The key that was drawn for it.
    pub key: ContentSecret,
    /// SHA-256 of the sealed content.
    pub digest: [u8; 32],
}

impl LargeContent {
    /// Whether it is within the limits; `Err` is a sentence.
    pub(crate) fn check(&self) -> Result<(), String> {
        if (1..=MAX_LARGE).contains(&self.length) {
            return Ok(());
        }
        Err(format!("the content has {} bytes; at most {MAX_LARGE} travel in one record", self.length))
    }

    /// How the envelope to a party refers to it.
    pub(crate) fn reference(&self, to: &Party) -> Option<ContentReference> {
        let (_, SealedContent { key, digest }) = self.sealed.iter().find(|(party, _)| party == to)?;
        let sealed_length = Layout::padded(self.length).sealed_length();
        Some(ContentReference { length: self.length, sealed: *digest, sealed_length, key: key.clone() })
    }
}

/// A content that an entry of ours refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedContent {
    /// The feed.
    pub feed: Feed,
    /// The entry.
    pub index: u64,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// SHA-256 of the content.
    pub digest: [u8; 32],
    /// How many bytes it has.
    pub length: u64,
    /// SHA-256 of the content as it is sealed to the partner.
    pub sealed: [u8; 32],
}

/// A content that an entry of a partner refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedContent {
    /// The feed.
    pub feed: Feed,
    /// The entry.
    pub index: u64,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// The record's originator.
    pub originator: Party,
    /// The record.
    pub record: RecordId,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
    /// How many bytes it has.
    pub length: u64,
    /// SHA-256 of it as it was sealed to us.
    pub sealed: [u8; 32],
}

impl AwaitedContent {
    fn key(&self) -> Key {
        (self.originator.clone(), self.record.clone())
    }
}

/// Why a content is awaited no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEnd {
    /// It is durable here.
    Held,
    /// It is not what was signed.
    Refused,
    /// Its sender gives it no longer.
    Withdrawn,
}

impl ContentEnd {
    /// The word for the ledger and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The end that [`Self::as_str`] writes so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Held, Self::Refused, Self::Withdrawn].into_iter().find(|end| end.as_str() == word)
    }

    /// What the sender is told; nothing when it was the one who said so.
    fn outcome(self) -> Option<ContentOutcome> {
        match self {
            Self::Held => Some(ContentOutcome::Held),
            Self::Refused => Some(ContentOutcome::Refused),
            Self::Withdrawn => None,
        }
    }
}

/// Contents at the start.
#[derive(Clone, Debug, Default)]
pub struct ContentSnapshot {
    /// Those that entries of ours refer to; whether any of it has left; what the partner said of it.
    pub offered: Vec<(OfferedContent, bool, Option<ContentOutcome>)>,
    /// Those that are awaited, or whose sender is not told yet of the end; whether the record has no content without it.
    pub awaited: Vec<(AwaitedContent, Option<ContentEnd>, bool)>,
}

type EntryKey = (Feed, u64);

#[derive(Debug)]
struct Offered {
    content: OfferedContent,
    has_left: bool,
    /// What stands in the place of its entry, where that was withdrawn since the start: who asks may have read the entry before.
    withdrawal: Option<Signed>,
    said: Option<ContentOutcome>,
}

/// What the node knows of contents that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    offered: BTreeMap<EntryKey, Offered>,
    awaited: BTreeMap<EntryKey, AwaitedContent>,
    /// The entries that refer to the content of a record.
    of_record: BTreeMap<Key, BTreeSet<EntryKey>>,
    /// Records whose content is not here yet.
    missing: BTreeSet<Key>,
    /// Words that senders are to be given.
    owed: BTreeMap<EntryKey, ([u8; 32], ContentOutcome)>,
}

impl Contents {
    pub(crate) fn load(snapshot: ContentSnapshot) -> Self {
        let mut contents = Self::default();
        for (content, has_left, said) in snapshot.offered {
            let at = (content.feed.clone(), content.index);
            contents.offered.insert(at, Offered { content, has_left, withdrawal: None, said });
        }
        for (content, end, is_missing) in snapshot.awaited {
            contents.await_content(&content, is_missing);
            if let Some(end) = end {
                contents.settle(&(content.feed, content.index), end);
            }
        }
        contents
    }

    pub(crate) fn offer(&mut self, content: &OfferedContent) {
        let offered = Offered { content: content.clone(), has_left: false, withdrawal: None, said: None };
        self.offered.insert((content.feed.clone(), content.index), offered);
    }

    /// Whether a partner is offered a content under this SHA-256 of its sealed form already.
    pub(crate) fn is_offered(&self, partner: &Party, sealed: &[u8; 32]) -> bool {
        self.offered.values().any(|other| other.content.feed.partner == *partner && other.content.sealed == *sealed)
    }

    pub(crate) fn left(&mut self, feed: &Feed, index: u64) {
        if let Some(offered) = self.offered.get_mut(&(feed.clone(), index)) {
            offered.has_left = true;
        }
    }

    pub(crate) fn withdrawn(&mut self, feed: &Feed, index: u64, withdrawal: &Signed) {
        if let Some(offered) = self.offered.get_mut(&(feed.clone(), index)) {
            offered.withdrawal = Some(withdrawal.clone());
        }
    }

    /// The withdrawal of an entry that refers to a content.
    pub(crate) fn withdrawal(&self, feed: &Feed, index: u64) -> Option<&Signed> {
        self.offered.get(&(feed.clone(), index))?.withdrawal.as_ref()
    }

    pub(crate) fn said(&mut self, feed: &Feed, index: u64, outcome: ContentOutcome) {
        if let Some(offered) = self.offered.get_mut(&(feed.clone(), index)) {
            offered.said = Some(outcome);
        }
    }

    pub(crate) fn await_content(&mut self, content: &AwaitedContent, is_missing: bool) {
        let at = (content.feed.clone(), content.index);
        self.of_record.entry(content.key()).or_default().insert(at.clone());
        if is_missing {
            self.missing.insert(content.key());
        }
        self.awaited.insert(at, content.clone());
    }

    pub(crate) fn settle(&mut self, at: &EntryKey, end: ContentEnd) {
        let Some(content) = self.awaited.remove(at) else { return };
        if let Some(entries) = self.of_record.get_mut(&content.key()) {
            entries.remove(at);
        }
        if let Some(outcome) = end.outcome() {
            self.owed.insert(at.clone(), (content.leaf, outcome));
        }
    }

    pub(crate) fn told(&mut self, feed: &Feed, index: u64) {
        self.owed.remove(&(feed.clone(), index));
    }

    /// The content of these records is here.
    pub(crate) fn arrived(&mut self, digest: &[u8; 32]) {
        let awaited = self.awaited.values().filter(|content| content.digest == *digest);
        let keys: Vec<Key> = awaited.map(AwaitedContent::key).collect();
        self.missing.retain(|key| !keys.contains(key));
    }

    /// A record is destroyed: nothing of it is awaited any more.
    pub(crate) fn erased(&mut self, key: &Key) {
        self.missing.remove(key);
        for at in self.of_record.remove(key).unwrap_or_default() {
            self.awaited.remove(&at);
        }
    }

    /// Whether the content of a record is on its way, and not here.
    pub(crate) fn is_missing(&self, key: &Key) -> bool {
        self.missing.contains(key)
    }
}

impl Node {
    /// Whether the content of a record is still arriving: then the record is given to nobody.
    pub fn is_arriving(&self, originator: &Party, record: &RecordId) -> bool {
        self.contents.is_missing(&(originator.clone(), record.clone()))
    }

    /// The contents that are awaited, the oldest entry of each feed first.
    pub fn awaited_contents(&self) -> impl Iterator<Item = &AwaitedContent> {
        self.contents.awaited.values()
    }

    /// A partner asks for a piece of a content that an entry of ours refers to. Permission at the moment of sending holds
    /// for each piece: what may no longer leave is withdrawn as an entry is, late, for nobody knows how much of it arrived.
    pub(crate) fn fetch(
        &mut self,
        feed: &Feed,
        index: u64,
        entry: Pending,
        has_key: bool,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        self.partner(&feed.partner, now)?;
        let has_left = self.outgoing.get(feed).is_some_and(|out| index < out.offered);
        let offered = self.contents.offered.get(&(feed.clone(), index)).filter(|_| has_left);
        let Some(Offered { content, has_left, .. }) = offered else {
            return Err(Refusal::Request("no such content".to_owned()));
        };
        let (is_first, length) = (!has_left, content.length);
        let about = entry.about.clone();
        let is_here = |key: &Key| self.records.get(key).is_some_and(|held| held.erased.is_none());
        let is_gone = about.as_ref().is_some_and(|about| !is_here(&about.key()));
        let is_withdrawn = self.contents.withdrawal(feed, index).is_some();
        // What was destroyed here cannot leave, whoever may have it. Neither can what was only given to us again since, or
        // what a restore lost the key of: the entry names the content as it was sealed under that key.
        let why_gone = if is_gone { Some("no longer held") } else { (!has_key).then_some("its key is no longer held") };
        let entry = match why_gone {
            Some(why) if !is_withdrawn && matches!(entry.entry, Entry::Envelope(_)) => {
                self.withdraw(feed, index, entry.leaf, about.as_ref(), why, None, now).map(Entry::Withdrawn)?
            }
            _ => self.clear(feed, index, entry, now)?,
        };
        if is_first && matches!(entry, Entry::Envelope(_)) {
            self.keep(Op::ContentLeft { feed: feed.clone(), index, at: now.as_second() })?;
            let words = serde_json::json!({
                "to": feed.partner.as_str(), "lane": feed.lane.as_str(), "index": index,
                "originator": about.as_ref().map(|about| &about.originator),
                "record": about.as_ref().map(|about| &about.record), "length": length,
            });
            let key = about.as_ref().map(About::key);
            let concerns = key.as_ref().map(Concerns::record).unwrap_or_default();
            let concerns = concerns.between(&self.identity.party, &self.identity.party, &feed.partner);
            self.state_of(now, "content-left", concerns, words)?;
        }
        Ok(Answer::Fetch(entry))
    }

    /// A record whose content is to be fetched.
    #[expect(clippy::too_many_arguments, reason = "the entry, and what is in it")]
    pub(crate) fn take_large_record(
        &mut self,
        feed: &Feed,
        index: u64,
        leaf: [u8; 32],
        signed: &Signed,
        hop: &HopStatement,
        reference: ContentReference,
        received: Option<i64>,
        now: Timestamp,
    ) -> Result<Taken, Refusal> {
        let origin = match self.word_of_origin(signed, received) {
            Ok(origin) => origin,
            Err(said) => return Ok(said.into()),
        };
        let ContentReference { length, sealed, sealed_length, key: secret } = reference;
        if Layout::padded(length).sealed_length() != sealed_length {
            return Ok(refused("its sealed content has another length than a content of that length").into());
        }
        let key: Key = (origin.originator.as_str().into(), origin.id.as_str().into());
        if self.came_too_late(&key, feed, index) {
            return Ok(called_back(key));
        }
        if let Some((why, evidence)) = self.contradicts(&key, &origin, signed) {
            return Ok(Taken { about: Some(key), evidence: Some(evidence), ..refused(why).into() });
        }
        let (originator, record) = key.clone();
        let (feed, digest) = (feed.clone(), origin.digest);
        let content = AwaitedContent { feed: feed.clone(), index, leaf, originator, record, digest, length, sealed };
        let said = self.keep_given((&feed, index), origin, signed, hop, Brought::Reference(content, secret), now)?;
        Ok(Taken { about: Some(key), ..said.into() })
    }

    /// A content is complete, is what was signed, and is synced in that file. Whether it was wanted: a recall may have been
    /// faster, and then the file is of no use.
    pub(crate) fn content_arrived(
        &mut self,
        feed: &Feed,
        index: u64,
        file: FileName,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let Some(content) = self.contents.awaited.get(&(feed.clone(), index)).cloned() else {
            return Ok(Answer::Arrived { is_wanted: false });
        };
        if self.contents.is_missing(&content.key()) {
            self.keep(Op::LargeBody { digest: content.digest, length: content.length, file })?;
        }
        self.settle_content(&content, ContentEnd::Held, None, now)?;
        Ok(Answer::Arrived { is_wanted: true })
    }

    /// What came for a content is not what was signed. While its sender may still send the right bytes, only the alarm says
    /// so; what is wrong in itself is refused.
    pub(crate) fn content_wrong(
        &mut self,
        feed: &Feed,
        index: u64,
        why: &str,
        evidence: &[u8],
        is_final: bool,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let Some(content) = self.contents.awaited.get(&(feed.clone(), index)).cloned() else {
            return Ok(Answer::Done);
        };
        let evidence = [content.leaf.as_slice(), evidence].concat();
        self.alarm(feed, &format!("content of entry {index}: {why}"), &evidence, now)?;
        if is_final {
            self.settle_content(&content, ContentEnd::Refused, None, now)?;
            self.give_up(&content, now)?;
        }
        Ok(Answer::Done)
    }

    /// The sender says that a content is given no longer.
    pub(crate) fn content_withdrawn(
        &mut self,
        feed: &Feed,
        index: u64,
        signed: Signed,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let Some(content) = self.contents.awaited.get(&(feed.clone(), index)).cloned() else {
            return Ok(Answer::Done);
        };
        let expected = origin(&feed.partner, &self.identity.party, feed.lane);
        let withdrawal = Withdrawal::from_bytes(&signed.statement).ok();
        let is_meant = withdrawal.is_some_and(|withdrawal| {
            withdrawal.origin == expected && withdrawal.index == index && withdrawal.leaf == content.leaf
        });
        let partner = self.partner(&feed.partner, now)?;
        if !is_meant || !partner.has_signed(payload::WITHDRAWAL, &signed.statement, &signed.signature) {
            let why = format!("content of entry {index}: the withdrawal is not that of {}", feed.partner);
            self.alarm(feed, &why, &signed.statement, now)?;
            return Err(Refusal::Partner(why));
        }
        self.settle_content(&content, ContentEnd::Withdrawn, Some(signed), now)?;
        self.give_up(&content, now)?;
        Ok(Answer::Done)
    }

    fn settle_content(
        &mut self,
        content: &AwaitedContent,
        end: ContentEnd,
        withdrawal: Option<Signed>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (feed, index) = (content.feed.clone(), content.index);
        let words = serde_json::json!({
            "from": feed.partner.as_str(), "lane": feed.lane.as_str(), "index": index,
            "originator": content.originator.as_str(), "record": content.record.as_str(), "content": end.as_str(),
        });
        self.keep(Op::ContentSettled { feed: feed.clone(), index, end, withdrawal })?;
        let key = content.key();
        let concerns = Concerns::record(&key).between(&self.identity.party, &feed.partner, &self.identity.party);
        self.state_of(now, "content", concerns, words)
    }

    /// A record whose content nobody gives any more is as if it had been destroyed, and may be given again.
    fn give_up(&mut self, content: &AwaitedContent, now: Timestamp) -> Result<(), Refusal> {
        let key = content.key();
        let is_awaited = self.contents.of_record.get(&key).is_some_and(|entries| !entries.is_empty());
        if is_awaited || !self.contents.is_missing(&key) {
            return Ok(());
        }
        let ((originator, record), digest) = (key.clone(), content.digest);
        // Also under a hold: there is nothing yet that it could keep.
        let words = serde_json::json!({
            "originator": originator.as_str(), "record": record.as_str(), "why": "its content never came",
        });
        self.keep(Op::Erased { originator, record, digest, at: now.as_second() })?;
        self.state_of(now, "erased", Concerns::record(&key), words.clone())?;
        self.state_of(now, "content-given-up", Concerns::record(&key), words)
    }

    /// Gives senders the words that they are owed. Who cannot be reached now is told when its party file counts again.
    pub(crate) fn tell_contents(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        if self.contents.owed.is_empty() {
            return Ok(());
        }
        let owed: Vec<(EntryKey, ([u8; 32], ContentOutcome))> =
            self.contents.owed.iter().map(|(at, word)| (at.clone(), *word)).collect();
        for ((feed, index), (leaf, outcome)) in owed {
            // Nothing has a place in a feed of which it is not known how far it is.
            if self.partner(&feed.partner, now).is_err() || self.is_closed_to(&feed.partner) {
                continue;
            }
            let word = ContentWord {
                by: self.identity.party.to_string(),
                origin: origin(&feed.partner, &self.identity.party, feed.lane),
                index,
                leaf,
                outcome,
                at: now.as_second(),
            };
            let signed = self.sign(payload::CONTENT_WORD, word.to_bytes())?;
            self.sequence(&Letter::control(&feed.partner), &Warranted::content_word(signed), now, rng)?;
            self.keep(Op::ContentTold { feed, index })?;
        }
        Ok(())
    }

    /// A recipient says what became of a content.
    pub(crate) fn take_content_word(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let word = ContentWord::from_bytes(&signed.statement).and_then(|word| word.check().map(|()| word));
        let word = match word {
            Ok(word) => word,
            Err(error) => return Ok(refused(error)),
        };
        let partner = self.partner(from, now)?;
        if word.by != from.as_str() || !partner.has_signed(payload::CONTENT_WORD, &signed.statement, &signed.signature)
        {
            return Ok(refused(format!("the word on a content is not signed by {from}")));
        }
        let us = &self.identity.party;
        let lane = Lane::ALL.into_iter().find(|lane| origin(us, from, *lane) == word.origin);
        let feed = lane.map(|lane| Feed { partner: from.clone(), lane });
        let offered = feed.and_then(|feed| self.contents.offered.get(&(feed, word.index)));
        let Some(Offered { content, said, .. }) = offered.filter(|offered| offered.content.leaf == word.leaf) else {
            return Ok(refused("it is about no content that went there"));
        };
        // Said twice is said once.
        if *said == Some(word.outcome) {
            return Ok(accepted());
        }
        let (feed, index, outcome) = (content.feed.clone(), content.index, word.outcome);
        let words = serde_json::json!({
            "by": from.as_str(), "lane": feed.lane.as_str(), "index": index, "content": outcome.as_str(),
        });
        if outcome == ContentOutcome::Refused {
            let why = format!("{from} has refused the content of entry {index}: what it got is not what was signed");
            self.alarm(&feed, &why, &signed.statement, now)?;
        }
        let concerns = Concerns::default().between(&self.identity.party, from, &self.identity.party);
        self.keep(Op::ContentSaid { feed, index, outcome, signed })?;
        self.state_of(now, "content-word", concerns, words)?;
        Ok(accepted())
    }
}
