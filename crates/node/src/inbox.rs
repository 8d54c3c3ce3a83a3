//! Receiving: untrusted bytes become a held record, or evidence. Failures of the feed never advance it; failures of an
//! entry do, with the disposition refused or held.

use entente_core::time::Timestamp;
use entente_formats::wire::{
    Body, Canonical, ContentSecret, Disposition, Dispositions, Entry, MAX_ENTRIES, Package, Receipt, Withdrawal,
    payload,
};
use entente_log::{Checkpoint, Frontier, Hash, Note, cosign, verify_consistency};
use entente_seal::Envelope;
use rand_core::CryptoRng;

use crate::{
    alarm::{AlarmName, STANDS},
    content::AwaitedContent,
    event::{Answer, Refusal},
    keyring::worn_out_at,
    lane::{Feed, Lane, origin},
    op::{Op, ReceivedEntry},
    state::{Key, Node, leaf_of, sha256},
};

/// What we say of an entry: a disposition, and why when it is not accepted.
pub(crate) type Said = (Disposition, Option<String>);

pub(crate) fn accepted() -> Said {
    (Disposition::Accepted, None)
}

pub(crate) fn refused(why: impl ToString) -> Said {
    (Disposition::Refused, Some(why.to_string()))
}

pub(crate) fn held(why: impl ToString) -> Said {
    (Disposition::Held, Some(why.to_string()))
}

/// Why a package does not go on from what is held, in a sentence.
enum Broken {
    /// What the partner has signed is not what it sends, or not what it sent.
    Signed(String),
    /// Anything else.
    Other(String),
}

/// What became of an entry.
pub(crate) struct Taken {
    pub(crate) said: Said,
    /// The record that it brought, once its originator's signature was found good.
    pub(crate) about: Option<Key>,
    /// Whether that record had been called back.
    pub(crate) is_recalled: bool,
    /// What shows that somebody signed what cannot be: a person hears of it whatever the lane.
    pub(crate) evidence: Option<Vec<u8>>,
}

/// What an entry brings of a record.
pub(crate) enum Brought {
    /// Its content.
    Content(Vec<u8>),
    /// Where its content is, and the key that opens it.
    Reference(AwaitedContent, ContentSecret),
}

/// What was called back before it came.
pub(crate) fn called_back(key: Key) -> Taken {
    let said = (Disposition::Accepted, Some("called back before it arrived: nothing of it is kept".to_owned()));
    Taken { about: Some(key), is_recalled: true, ..said.into() }
}

impl From<Said> for Taken {
    fn from(said: Said) -> Self {
        Self { said, about: None, is_recalled: false, evidence: None }
    }
}

impl Node {
    /// Takes a package: all of its entries, or none when the feed itself is wrong.
    pub(crate) fn package(
        &mut self,
        feed: &Feed,
        bytes: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        self.partner(&feed.partner, now)?;
        let malformed = |error: &dyn ToString| Refusal::Partner(format!("package: {}", error.to_string()));
        let package = Package::from_bytes(bytes).map_err(|error| malformed(&error))?;
        let expected = origin(&feed.partner, &self.identity.party, feed.lane);
        if package.origin != expected {
            return Err(Refusal::Partner(format!("package of `{}` on the feed `{expected}`", package.origin)));
        }
        if package.entries.len() > MAX_ENTRIES {
            return Err(Refusal::Partner(format!("package of more than {MAX_ENTRIES} entries")));
        }
        let next = self.incoming.get(feed).map_or(0, |into| into.head.size());
        let in_order = package.start == next;
        if !in_order && let Some(why) = self.other_story(feed, &package, now) {
            let evidence = self.two_stories(feed, &package.checkpoint);
            self.alarm(feed, &why, evidence.as_bytes(), now)?;
            return Err(Refusal::Partner(why));
        }
        if in_order {
            let leaves = match self.check_feed(feed, &package, now) {
                Ok(leaves) => leaves,
                Err(Broken::Signed(why)) => {
                    let evidence = self.two_stories(feed, &package.checkpoint);
                    self.alarm(feed, &why, evidence.as_bytes(), now)?;
                    return Err(Refusal::Partner(why));
                }
                Err(Broken::Other(why)) => {
                    // What shows it is what came and how it does not fit; the bodies would only fill the disk.
                    let evidence = Package { entries: Vec::new(), ..package };
                    self.alarm(feed, &why, &evidence.to_bytes(), now)?;
                    return Err(Refusal::Partner(why));
                }
            };
            let is_of_it = |(partner, lane, _): &AlarmName| *partner == feed.partner && *lane == Some(feed.lane);
            self.alarmed.retain(|name, (at, of_entry)| {
                !is_of_it(name) || (*of_entry && now.as_second().saturating_sub(*at) < STANDS)
            });
            for (entry, leaf) in package.entries.iter().zip(leaves) {
                self.take(feed, entry, leaf, now, rng)?;
            }
            let held = self.incoming.get(feed).map_or(0, |into| into.head.size());
            if !package.entries.is_empty() {
                let (note, proof) = (package.checkpoint.clone(), package.proof.clone());
                self.keep(Op::PartnerCheckpoint { feed: feed.clone(), held, note, proof })?;
            }
        }
        let receipt = self.make_receipt(feed, &expected, package.acknowledged, now)?;
        Ok(Answer::Receipt { bytes: receipt.to_bytes(), in_order })
    }

    /// Whether the entries continue our copy of the feed and belong to what the partner signed: the leaf of each.
    fn check_feed(&self, feed: &Feed, package: &Package, now: Timestamp) -> Result<Vec<[u8; 32]>, Broken> {
        let checkpoint = self.signed_checkpoint(feed, package, now).map_err(Broken::Other)?;
        let (leaves, end) = self.extended(feed, package, now).map_err(Broken::Other)?;
        let (chunks, rest) = package.proof.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(Broken::Other("the proof is not a list of hashes".to_owned()));
        }
        let proof: Vec<Hash> = chunks.iter().map(|chunk| Hash(*chunk)).collect();
        let holds = verify_consistency(end.size(), &end.root(), checkpoint.size(), checkpoint.root(), &proof);
        let why = |error| format!("the entries are not those that {} signed: {error}", feed.partner);
        holds.map_err(|error| Broken::Signed(why(error)))?;
        Ok(leaves)
    }

    /// The checkpoint of a package, which the partner has signed. `Err` is a sentence.
    fn signed_checkpoint(&self, feed: &Feed, package: &Package, now: Timestamp) -> Result<Checkpoint, String> {
        let partner = self.partner(&feed.partner, now).map_err(|error| error.to_string())?;
        let keys = partner.feed_keys(&self.identity.party, feed.lane).map_err(|error| error.to_string())?;
        Checkpoint::open_signed_by_each(package.checkpoint.as_bytes(), &package.origin, &keys)
            .map_err(|error| format!("checkpoint: {error}"))
    }

    /// The leaves of a package's entries, and the tree with them behind what we hold. `Err` is a sentence.
    fn extended(&self, feed: &Feed, package: &Package, now: Timestamp) -> Result<(Vec<[u8; 32]>, Frontier), String> {
        let partner = self.partner(&feed.partner, now).map_err(|error| error.to_string())?;
        let mut head = self.incoming.get(feed).map(|into| into.head.clone()).unwrap_or_default();
        let mut leaves = Vec::with_capacity(package.entries.len());
        for (index, entry) in (package.start..).zip(&package.entries) {
            let leaf =
                entry_leaf(entry, &package.origin, index, partner).map_err(|why| format!("entry {index}: {why}"))?;
            head.append(leaf_of(&leaf)).map_err(|error| error.to_string())?;
            leaves.push(leaf);
        }
        Ok((leaves, head))
    }

    /// The two checkpoints that show it: the last that we took, and this one. Both are the partner's own.
    fn two_stories(&self, feed: &Feed, shown: &str) -> String {
        let taken = self.incoming.get(feed).and_then(|into| into.checkpoint.as_ref());
        let taken = taken.map_or("", |(_, note, _)| note.as_str());
        format!("{taken}\n{shown}")
    }

    /// A partner has shown a checkpoint of fewer entries than we hold: it is to be of the same history.
    pub(crate) fn shown(&mut self, feed: &Feed, note: &str, here: &Hash, now: Timestamp) -> Result<Answer, Refusal> {
        let origin = origin(&feed.partner, &self.identity.party, feed.lane);
        let keys = self.partner(&feed.partner, now)?.feed_keys(&self.identity.party, feed.lane);
        let keys = keys.map_err(|error| Refusal::Ours(error.to_string()))?;
        // What nobody has signed shows nothing.
        let Ok(checkpoint) = Checkpoint::open_signed_by_each(note.as_bytes(), &origin, &keys) else {
            return Ok(Answer::Done);
        };
        if checkpoint.root() == here {
            return Ok(Answer::Done);
        }
        let (partner, size) = (&feed.partner, checkpoint.size());
        let why = format!("{partner} has signed another history of this feed than the first {size} entries held here");
        let evidence = self.two_stories(feed, note);
        self.alarm(feed, &why, evidence.as_bytes(), now)?;
        Err(Refusal::Partner(why))
    }

    /// Whether a package that does not continue the feed shows another history than the one held here: a signed checkpoint
    /// of as many entries as we hold, with another root.
    fn other_story(&self, feed: &Feed, package: &Package, now: Timestamp) -> Option<String> {
        let partner = self.partner(&feed.partner, now).ok()?;
        let keys = partner.feed_keys(&self.identity.party, feed.lane).ok()?;
        let checkpoint = Checkpoint::open_signed_by_each(package.checkpoint.as_bytes(), &package.origin, &keys).ok()?;
        let head = &self.incoming.get(feed)?.head;
        (checkpoint.size() == head.size() && *checkpoint.root() != head.root()).then(|| {
            format!(
                "{} has signed another history of this feed than the {} entries held here",
                feed.partner,
                head.size()
            )
        })
    }

    /// Takes one entry of a feed that has been checked, with the leaf that it has there.
    fn take(
        &mut self,
        feed: &Feed,
        entry: &Entry,
        leaf: [u8; 32],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Refusal> {
        let mut head = self.incoming.get(feed).map(|into| into.head.clone()).unwrap_or_default();
        let index = head.size();
        let (entry, Taken { said: (disposition, reason), about, evidence, .. }) = match entry {
            Entry::Envelope(bytes) => {
                let taken = self.open_entry(feed, index, (bytes, leaf), None, now, rng)?;
                let kept = match taken.is_recalled {
                    true => ReceivedEntry::Recalled,
                    false => ReceivedEntry::Envelope(bytes.clone()),
                };
                (kept, taken)
            }
            Entry::Withdrawn(signed) => {
                let said = (Disposition::Accepted, Some("withdrawn by the sender before it left".to_owned()));
                (ReceivedEntry::Withdrawn(signed.clone()), said.into())
            }
        };
        // What is urgent and not taken cannot wait until somebody looks.
        let is_urgent = feed.lane == Lane::Urgent && disposition != Disposition::Accepted;
        match (evidence, &reason) {
            (Some(evidence), Some(why)) => self.alarm_about(feed, index, why, (&evidence, true), now)?,
            (None, Some(why)) if is_urgent => self.alarm_about(feed, index, why, (&leaf, false), now)?,
            _ => {}
        }
        let nodes = head.append(leaf_of(&leaf)).map_err(|error| Refusal::Ours(error.to_string()))?;
        let feed = feed.clone();
        let at = now.as_second();
        self.keep(Op::Received { feed, index, leaf, entry, disposition, reason, about, at, nodes })
    }

    /// Signature, key, commitment, body: then what it says. `received`: since when it is here, in seconds since the epoch,
    /// where it waited.
    pub(crate) fn open_entry(
        &mut self,
        feed: &Feed,
        index: u64,
        (bytes, leaf): (&[u8], [u8; 32]),
        received: Option<i64>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Taken, Refusal> {
        let worn_out;
        let opened = {
            let envelope = match Envelope::parse(bytes) {
                Ok(envelope) => envelope,
                Err(error) => return Ok(refused(error).into()),
            };
            let header = envelope.header();
            self.partner(&feed.partner, now)?;
            let Some(partner) = self.partners.get(&feed.partner) else {
                return Err(Refusal::Ours(format!("no party file of {}", feed.partner)));
            };
            // It may be in the next party file, which is still on its way.
            let Some((key, standing)) = partner.signing_key(&header.signing_key) else {
                return Ok(held(format!("signed with a key that is not in the party file of {}", feed.partner)).into());
            };
            worn_out = standing.and_then(|standing| worn_out_at(standing, header.created, received));
            if header.from != feed.partner.as_str() {
                return Ok(refused(format!("from `{}`, on the feed of {}", header.from, feed.partner)).into());
            }
            let Some(sealing) = self.identity.sealing.iter().find(|key| key.public().id() == header.sealing_key) else {
                return Ok(held("sealed to a key that this node does not have").into());
            };
            let shared = self.secrets.opening(&feed.partner);
            let verified = envelope.verify(self.identity.party.as_str(), key);
            match verified.and_then(|verified| verified.open_with(sealing, shared)) {
                Ok(opened) => opened,
                Err(error) => return Ok(refused(error).into()),
            }
        };
        let from = &feed.partner;
        let body = Body::from_bytes(&opened.body).and_then(|body| body.check().map(|()| body));
        // A party file stands by its root key alone, whatever the envelope was signed with.
        if let (Some(why), false) = (worn_out, matches!(body, Ok(Body::PartyFile(_)))) {
            return Ok(refused(format!("signed with a key that {from} {why}")).into());
        }
        if let Ok(body) = &body
            && let Err(why) = self.check_shown(from, &opened, body)
        {
            return Ok(Taken { evidence: Some(leaf.to_vec()), ..refused(why).into() });
        }
        match body {
            Err(error) => Ok(refused(error).into()),
            Ok(Body::PartyFile(note)) => self.take_party_file(from, note, now).map(Taken::from),
            Ok(Body::Record { origin, hop, content }) => {
                self.take_record(feed, index, &origin, &hop, content, received, now)
            }
            Ok(Body::LargeRecord { origin, hop, content }) => {
                self.take_large_record(feed, index, leaf, &origin, &hop, content, received, now)
            }
            Ok(Body::ContentWord(word)) => self.take_content_word(from, word, now).map(Taken::from),
            Ok(Body::ConsentRequest(question)) => self.take_question(from, question, now).map(Taken::from),
            Ok(Body::ConsentAnswer(answer)) => self.take_answer(from, answer, now).map(Taken::from),
            Ok(Body::Proposal(text)) => self.take_proposal(from, text, now).map(Taken::from),
            Ok(Body::Act(act)) => {
                let digest = sha256(&act.statement);
                let taken = Taken::from(self.take_act(from, act, now)?);
                // An act that does not count is never one alarm too many.
                let is_taken = taken.said.0 == Disposition::Accepted;
                Ok(Taken { evidence: (!is_taken).then(|| digest.to_vec()), ..taken })
            }
            Ok(Body::StandingConsent(consent)) => self.take_standing(from, consent, now).map(Taken::from),
            Ok(Body::ConsentWithdrawal(word)) => self.take_consent_withdrawal(from, word, now).map(Taken::from),
            Ok(Body::Recall(recall)) => self.take_recall(from, recall, now, rng).map(Taken::from),
            Ok(Body::RecallAnswer(answer)) => self.take_recall_answer(from, answer, now).map(Taken::from),
            Ok(Body::Relabelling(word)) => self.take_relabelling(word, now).map(Taken::from),
            Ok(Body::Returned(_)) => Ok(refused("what the entries of a feed said has no place in a feed").into()),
            Ok(Body::Compromise(notice)) => self.take_compromise(from, notice, now, rng).map(Taken::from),
            Ok(Body::ConsultRaise(raise)) => self.take_raise(from, raise, now).map(Taken::from),
            Ok(Body::ConsultStep(step)) => self.take_step(from, step, now).map(Taken::from),
            Ok(Body::AlertAcknowledgement(word)) => self.take_acknowledgement(from, word, now).map(Taken::from),
            Ok(Body::Commitment(word)) => match self.take_waiver(from, &word, now)? {
                Some(said) => Ok(said.into()),
                None => self.take_commitment(from, word, now).map(Taken::from),
            },
            Ok(Body::Meeting(call)) => self.take_meeting(from, call, now).map(Taken::from),
        }
    }

    /// Held up to here: our cosignature over exactly what we have, and our word on each entry that the sender lacks.
    pub(crate) fn make_receipt(
        &self,
        feed: &Feed,
        origin: &str,
        acknowledged: u64,
        now: Timestamp,
    ) -> Result<Receipt, Refusal> {
        let ours = |error: &dyn ToString| Refusal::Ours(error.to_string());
        let Some(into) = self.incoming.get(feed) else {
            return Ok(Receipt { next: 0, cosigned: None, dispositions: None });
        };
        let next = into.head.size();
        if next == 0 {
            return Ok(Receipt { next, cosigned: None, dispositions: None });
        }
        let checkpoint = Checkpoint::new(origin, next, into.head.root(), Vec::new()).map_err(|error| ours(&error))?;
        let time = u64::try_from(now.as_second()).unwrap_or_default();
        let keys = self.identity.receipt_keys().map_err(|error| ours(&error))?;
        let lines = keys.iter().map(|key| cosign(&checkpoint, key, time)).collect::<Result<_, _>>();
        let note = lines.and_then(|lines| Note::new(checkpoint.to_string(), lines)).map_err(|error| ours(&error))?;
        let from = acknowledged.min(next);
        let said = usize::try_from(from).ok().and_then(|from| into.dispositions.get(from..)).unwrap_or_default();
        let statement = Dispositions { origin: origin.to_owned(), from, entries: said.to_vec() };
        let dispositions = self.sign(payload::DISPOSITIONS, statement.to_bytes())?;
        Ok(Receipt { next, cosigned: Some(note.to_string()), dispositions: Some(dispositions) })
    }
}

/// The leaf of an entry: the digest of its envelope, or the one that the sender's signed withdrawal names.
fn entry_leaf(entry: &Entry, origin: &str, index: u64, partner: &crate::partner::Partner) -> Result<[u8; 32], String> {
    match entry {
        Entry::Envelope(bytes) => Ok(sha256(bytes)),
        Entry::Withdrawn(signed) => {
            let withdrawal = Withdrawal::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
            if withdrawal.origin != origin || withdrawal.index != index {
                return Err("the withdrawal is of another entry".to_owned());
            }
            if !partner.has_signed(payload::WITHDRAWAL, &signed.statement, &signed.signature) {
                return Err(format!("the withdrawal is not signed by {}", partner.party));
            }
            Ok(withdrawal.leaf)
        }
    }
}
