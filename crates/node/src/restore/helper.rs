//! What a node does for a partner that was restored: says how much it holds of the partner's logs, gives the end of the
//! partner's own feeds back, and sends its own feeds again from where the partner fell back to.
//!
//! None of it tells the partner anything but what it had signed or sent itself. What the entries said is sealed to it: the
//! certificate of its node alone does not open them.

use entente_core::{Party, time::Timestamp};
use entente_formats::wire::{
    Body, Canonical, FellBack, HeldFeed, Holds, Receipt, Returned, Signed, Tail, TailEntry, payload,
};
use entente_log::{Frontier, Hash};
use entente_seal::{Envelope, Outgoing, Precedence, Show};
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Refusal},
    lane::{Feed, Lane, origin},
    op::Op,
    sequenced::Warranted,
    state::Node,
};

fn ours(error: impl ToString) -> Refusal {
    Refusal::Ours(error.to_string())
}

impl Node {
    /// How much is held here of the logs of `from`.
    pub(crate) fn what_is_held(&self, from: &Party, now: Timestamp) -> Result<Answer, Refusal> {
        self.partner(from, now)?;
        let mut feeds = Vec::new();
        for lane in Lane::ALL {
            let feed = Feed { partner: from.clone(), lane };
            let Some(into) = self.incoming.get(&feed) else { continue };
            let origin = origin(from, &self.identity.party, lane);
            let Receipt { next: size, cosigned: receipt, .. } = self.make_receipt(&feed, &origin, u64::MAX, now)?;
            // A checkpoint is kept with each package that brought something: it is of exactly what is held.
            let (checkpoint, proof) = match &into.checkpoint {
                Some((_, note, proof)) => (Some(note.clone()), proof.clone()),
                None => (None, Vec::new()),
            };
            let receipted = self.outgoing.get(&feed).map_or(0, |out| out.acknowledged.size());
            feeds.push(HeldFeed { lane: lane.as_str().to_owned(), size, receipt, checkpoint, proof, receipted });
        }
        let ledger = self.witnessed().find(|(party, ..)| *party == from).map(|(_, _, note)| note.to_owned());
        let cosigned = self.cosigned_by.get(from).cloned();
        Ok(Answer::Held(Holds { feeds, ledger, cosigned }.to_bytes()))
    }

    /// The end of a partner's own feed, as it is kept here.
    pub(crate) fn tail(
        &mut self,
        feed: &Feed,
        start: u64,
        entries: Vec<TailEntry>,
        proof: &[Hash],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let origin = origin(&feed.partner, &self.identity.party, feed.lane);
        let bodies = entries.iter().map(|entry| self.body_of(feed, entry).map(Into::into)).collect();
        let returned = Returned { origin: origin.clone(), start, bodies };
        let said = self.seal_returned(&feed.partner, returned, now, rng)?;
        let proof = proof.iter().flat_map(|hash| hash.0).collect();
        Ok(Answer::Held(Tail { origin, start, entries, proof, said: Some(said) }.to_bytes()))
    }

    /// What an entry said, where it can be opened here; of a record without its content.
    fn body_of(&self, feed: &Feed, entry: &TailEntry) -> Option<Vec<u8>> {
        let envelope = Envelope::parse(entry.envelope.as_ref()?).ok()?;
        let header = envelope.header();
        let (key, _) = self.partners.get(&feed.partner)?.signing_key(&header.signing_key)?;
        let sealing = self.identity.sealing.iter().find(|key| key.public().id() == header.sealing_key)?;
        let opened = envelope.verify(self.identity.party.as_str(), key).ok()?.open(sealing).ok()?;
        match Body::from_bytes(&opened.body).ok()? {
            Body::Record { origin, hop, .. } => Some(Body::Record { origin, hop, content: Vec::new() }.to_bytes()),
            body => Some(body.to_bytes()),
        }
    }

    fn seal_returned(
        &self,
        to: &Party,
        returned: Returned,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Refusal> {
        let body = Warranted::returned(to, returned).body().to_bytes();
        let outgoing = Outgoing {
            from: self.identity.party.as_str(),
            to: to.as_str(),
            created: now.as_second(),
            precedence: Precedence::Immediate,
            expires: None,
            status: entente_seal::Status::Actual,
            guard: Show::Nothing,
            body: &body,
        };
        let envelope =
            outgoing.seal(&self.identity.signing, self.partner(to, now)?.sealing_key(), rng).map_err(ours)?;
        Ok(envelope.bytes().to_vec())
    }

    /// A partner has less of our feeds than it had receipted. It says so under its signature, which is kept, people are
    /// told, and the rest is sent again: decided once more, as anything is before it leaves.
    pub(crate) fn fell_back(
        &mut self,
        from: &Party,
        bytes: &[u8],
        trees: &[(Lane, Frontier)],
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let fault = |why: String| Refusal::Partner(format!("the word of {from} that it was restored: {why}"));
        let signed = Signed::from_bytes(bytes).map_err(|error| fault(error.to_string()))?;
        let said = FellBack::read(&signed.statement).map_err(|error| fault(error.to_string()))?;
        let partner = self.partner(from, now)?;
        let is_its_own = said.by == from.as_str()
            && said.to == self.identity.party.as_str()
            && partner.has_signed(payload::FELL_BACK, &signed.statement, &signed.signature);
        if !is_its_own {
            return Err(fault("it is not signed by it, or for another party".to_owned()));
        }
        let mut lost = Vec::new();
        for fallen in &said.feeds {
            let lane = Lane::from_word(&fallen.lane).ok_or_else(|| fault(format!("`{}` is no lane", fallen.lane)))?;
            let feed = Feed { partner: from.clone(), lane };
            let before = self.outgoing.get(&feed).map_or(0, |out| out.acknowledged.size());
            // Said again, or overtaken by receipts since: nothing changes.
            if fallen.next >= before {
                continue;
            }
            let tree = trees.iter().find(|(of, tree)| *of == lane && tree.size() == fallen.next);
            let acknowledged = tree.map(|(_, tree)| tree.clone()).ok_or_else(|| ours("the tree is not here"))?;
            self.keep(Op::FellBack { feed: feed.clone(), at: now.as_second(), acknowledged })?;
            self.wake.push(feed);
            lost.push((fallen, before));
        }
        if lost.is_empty() {
            return Ok(Answer::Done);
        }
        let words: Vec<_> = lost
            .iter()
            .map(|(fallen, before)| serde_json::json!({ "lane": fallen.lane, "receipted": before, "has": fallen.next }))
            .collect();
        let statement = serde_json::json!({ "partner": from.as_str(), "at": said.at, "feeds": words });
        let why = format!("{from} says that it was restored from a back-up; what it lost of our feeds is sent again");
        self.raise(from, None, &why, bytes, now)?;
        self.state(now, "partner-restored", statement)?;
        Ok(Answer::Done)
    }

    /// Our own word for a partner that we fell back.
    pub fn fallen(&self, to: &Party, now: Timestamp) -> Result<Vec<u8>, Refusal> {
        let fallen = |lane: Lane| entente_formats::wire::Fallen {
            lane: lane.as_str().to_owned(),
            next: self.incoming.get(&Feed { partner: to.clone(), lane }).map_or(0, |into| into.head.size()),
        };
        let by = self.identity.party.to_string();
        let said = FellBack {
            by,
            to: to.to_string(),
            at: now.as_second(),
            feeds: Lane::ALL.into_iter().map(fallen).collect(),
        };
        Ok(self.sign(payload::FELL_BACK, said.to_bytes())?.to_bytes())
    }
}
