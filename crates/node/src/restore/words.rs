//! What a partner says that it holds of our logs. It is believed as far as it is signed: by ourselves, and by its receipt
//! key. When it shows more than is here, this node is an older copy of itself.

use entente_core::{Party, time::Timestamp};
use entente_formats::wire::{Canonical, HeldFeed, Holds};
use entente_log::{Checkpoint, Hash, Note, VerifierKey, verify_consistency, verify_cosignature};

use super::{Told, Without};
use crate::{
    event::{Answer, Refusal},
    lane::{Feed, Lane, origin, volume_of},
    op::{Cosigned, Op},
    state::Node,
};

/// How much of one feed a partner holds, once it was checked: its size and root.
type Held = (u64, Hash);

fn ours(error: impl ToString) -> Refusal {
    Refusal::Ours(error.to_string())
}

impl Node {
    pub(crate) fn partner_holds(&mut self, partner: &Party, bytes: &[u8], now: Timestamp) -> Result<Answer, Refusal> {
        let fault = |why: String| Refusal::Partner(format!("what {partner} says that it holds: {why}"));
        let holds = Holds::from_bytes(bytes).and_then(|holds| holds.check().map(|()| holds));
        let holds = holds.map_err(|error| fault(error.to_string()))?;
        let mut told = Told { at: now.as_second(), ..Told::default() };
        let mut is_more = false;
        for held in &holds.feeds {
            let lane = Lane::from_word(&held.lane).ok_or_else(|| fault(format!("`{}` is no lane", held.lane)))?;
            let feed = Feed { partner: partner.clone(), lane };
            let (size, root) = self.check_held(&feed, held).map_err(fault)?;
            let head = self.outgoing.get(&feed).map(|out| out.head.clone()).unwrap_or_default();
            if size == head.size() && root != head.root() {
                let why = format!("{partner} holds another history of our feed, of the {size} entries that are here");
                let evidence = held.checkpoint.clone().unwrap_or_default();
                self.alarm(&feed, &why, evidence.as_bytes(), now)?;
                return Err(Refusal::Partner(why));
            }
            is_more |= size > head.size();
            told.feeds.insert(held.lane.clone(), (size, root.to_string()));
            told.receipted.insert(held.lane.clone(), held.receipted);
        }
        if let Some(note) = &holds.ledger {
            let checkpoint = self.own_ledger(note).map_err(fault)?;
            let volume = volume_of(checkpoint.origin(), &self.identity.party).unwrap_or_default();
            let (here, head) = (self.ledger.volume(), self.ledger.head());
            let is_other = checkpoint.size() == head.size() && *checkpoint.root() != head.root();
            is_more |= volume > here || (volume == here && (checkpoint.size() > head.size() || is_other));
            let root = checkpoint.root().to_string();
            told.ledger = Some((checkpoint.origin().to_owned(), checkpoint.size(), root));
        }
        let wants_word = self.restoring.as_ref().is_some_and(|restoring| match restoring.done {
            None => true,
            Some(_) => restoring.words.get(partner.as_str()).is_some_and(|word| word.told.is_none()),
        });
        if !wants_word {
            if is_more {
                let why = format!("{partner} has shown signatures of this node over more of its logs than is here");
                return self.begin_restore(why, false, Vec::new(), now);
            }
            return Ok(Answer::Done);
        }
        if let Some(note) = &holds.cosigned {
            self.remember_cosigned(partner, note, now)?;
        }
        let kept = self.kept_of(partner);
        self.keep_word(partner, |word| {
            (word.told, word.kept) = (Some(told), kept);
        })?;
        if !self.is_read_only() {
            self.everything_is_news();
        }
        self.go_on(now)
    }

    fn kept_of(&self, partner: &Party) -> std::collections::BTreeMap<String, u64> {
        let size = |lane| self.outgoing.get(&Feed { partner: partner.clone(), lane }).map_or(0, |out| out.head.size());
        Lane::ALL.into_iter().map(|lane| (lane.as_str().to_owned(), size(lane))).collect()
    }

    /// What is held of one feed: our own signature over at least that much, and the partner's over exactly that much.
    fn check_held(&self, feed: &Feed, held: &HeldFeed) -> Result<Held, String> {
        if held.size == 0 {
            return Ok((0, Hash::EMPTY_ROOT));
        }
        let text = |error: entente_log::Error| error.to_string();
        let origin = origin(&self.identity.party, &feed.partner, feed.lane);
        let (receipt, note) = held.receipt.as_ref().zip(held.checkpoint.as_ref()).ok_or("it shows no signatures")?;
        let receipt = Note::parse(receipt.as_bytes()).map_err(text)?;
        let counted: Checkpoint = receipt.text().parse().map_err(text)?;
        let keys = self.partners.get(&feed.partner).ok_or("no such partner")?.receipt_keys().map_err(text)?;
        let is_by_it = |line| keys.iter().any(|key| verify_cosignature(&counted, line, key).is_ok());
        let is_its_own = receipt.signatures().iter().any(is_by_it);
        if counted.origin() != origin || counted.size() != held.size || !is_its_own {
            return Err("its receipt is not over as much of this feed".to_owned());
        }
        let keys = self.own_log_keys(&origin, note).map_err(text)?;
        let signed = Checkpoint::open(note.as_bytes(), &origin, &keys).map_err(text)?;
        let (hashes, _) = held.proof.as_chunks::<32>();
        let proof: Vec<Hash> = hashes.iter().map(|hash| Hash(*hash)).collect();
        verify_consistency(counted.size(), counted.root(), signed.size(), signed.root(), &proof)
            .map_err(|error| format!("what it holds is not what this node signed: {error}"))?;
        Ok((counted.size(), *counted.root()))
    }

    /// A checkpoint of our own ledger that we have signed, in any of its volumes.
    fn own_ledger(&self, note: &str) -> Result<Checkpoint, String> {
        let text = |error: entente_log::Error| error.to_string();
        let origin = note.lines().next().unwrap_or_default();
        volume_of(origin, &self.identity.party).ok_or("it is of another ledger")?;
        let keys = self.own_log_keys(origin, note).map_err(text)?;
        Checkpoint::open(note.as_bytes(), origin, &keys).map_err(text)
    }

    /// The Ed25519 keys of our own log `origin`, those before a change among them: what a partner holds may be older than the
    /// change, and be it the revocation of a key. What it then gives back must be in its receipt all the same.
    fn own_log_keys(&self, origin: &str, note: &str) -> Result<Vec<VerifierKey>, entente_log::Error> {
        let mut keys = self.identity.first_log_verifiers(origin)?;
        if let Some(own) = self.partners.get(&self.identity.party) {
            let (groups, _) = own.log_keys_of(origin, &Note::parse(note.as_bytes())?)?;
            let others: Vec<_> = groups.into_iter().next().unwrap_or_default();
            keys.extend(others.into_iter().filter(|key| !keys.contains(key)).collect::<Vec<_>>());
        }
        Ok(keys)
    }

    /// What we had cosigned of a partner's ledger: our own signature says so. Without it we could be shown another history.
    fn remember_cosigned(&mut self, partner: &Party, note: &str, now: Timestamp) -> Result<(), Refusal> {
        let mut keys: Vec<VerifierKey> =
            self.identity.witness_keys().map_err(ours)?.iter().map(|key| key.verifier().clone()).collect();
        if let Some(own) = self.partners.get(&self.identity.party) {
            keys.extend(own.witness_keys().map_err(ours)?);
        }
        let Ok(read) = Note::parse(note.as_bytes()) else { return Ok(()) };
        let Ok(checkpoint) = read.text().parse::<Checkpoint>() else { return Ok(()) };
        let is_by_us = |line| keys.iter().any(|key| verify_cosignature(&checkpoint, line, key).is_ok());
        let is_ours = read.signatures().iter().any(is_by_us);
        if !is_ours || !self.is_later(partner, &checkpoint) {
            return Ok(());
        }
        let note = note.to_owned();
        self.keep(Op::Witnessed(Cosigned {
            partner: partner.clone(),
            size: checkpoint.size(),
            note,
            at: now.as_second(),
        }))
    }
}

impl Without {
    /// What an administrator said, for people.
    pub fn words(&self) -> String {
        format!("{}: {}", self.by, self.note)
    }
}
