//! A record that a partner gives: its originator's word, its content, our own agreements.

use entente_core::{
    AgreementId, Party, Record,
    agreement::{InstrumentHash, clause::Action},
    decide::{Request, arrival},
    record::{Hop, Onward},
    time::Timestamp,
    world::World,
};
use entente_formats::{
    label,
    request::{self, HopLine},
    wire::{Canonical, Conflict, HopStatement, Origin, Signed, payload},
};

use crate::{
    event::Refusal,
    inbox::{Brought, Said, Taken, accepted, called_back, held, refused},
    keyring::Word,
    lane::Feed,
    op::Op,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// In how many ways one party may give one record here: each adds its prohibitions, and its cost to every decision. The ways
/// of others do not count: how many there are is not the giver's business.
const MAX_HOPS: usize = 8;

/// In how many ways all of them may: what is kept of a record could not be read again with more.
const MAX_CUSTODY: usize = 64;

impl Node {
    /// A record: its originator's word, its content, our own agreements.
    #[expect(clippy::too_many_arguments, reason = "what stands in the body, and where and when it came")]
    pub(crate) fn take_record(
        &mut self,
        feed: &Feed,
        index: u64,
        signed: &Signed,
        hop: &HopStatement,
        content: Vec<u8>,
        received: Option<i64>,
        now: Timestamp,
    ) -> Result<Taken, Refusal> {
        let origin = match self.word_of_origin(signed, received) {
            Ok(origin) if sha256(&content) == origin.digest => origin,
            Ok(_) => return Ok(refused("the content is not what its originator signed").into()),
            Err(said) => return Ok(said.into()),
        };
        let key = (origin.originator.as_str().into(), origin.id.as_str().into());
        if self.came_too_late(&key, feed, index) {
            return Ok(called_back(key));
        }
        if let Some((why, evidence)) = self.contradicts(&key, &origin, signed) {
            return Ok(Taken { about: Some(key), evidence: Some(evidence), ..refused(why).into() });
        }
        let said = self.keep_given((feed, index), origin, signed, hop, Brought::Content(content), now)?;
        Ok(Taken { about: Some(key), ..said.into() })
    }

    /// Whether its originator has signed another record under this id, which is held here: why it is refused, and the two
    /// statements that prove it.
    pub(crate) fn contradicts(&self, key: &Key, origin: &Origin, signed: &Signed) -> Option<(String, Vec<u8>)> {
        let known = self.records.get(key).filter(|known| known.origin() != *origin)?;
        let conflict = Conflict { held: known.signed(), refused: signed.clone() };
        let why = format!("{} signed two different records under one id; both statements are kept", key.0);
        Some((why, conflict.to_bytes()))
    }

    /// What an originator says of a record, when it is its own word.
    pub(crate) fn word_of_origin(&self, signed: &Signed, received: Option<i64>) -> Result<Origin, Said> {
        let origin = Origin::from_bytes(&signed.statement).and_then(|origin| origin.check().map(|()| origin));
        let origin = origin.map_err(refused)?;
        let originator: Party = origin.originator.as_str().into();
        let Some(partner) = self.partners.get(&originator) else {
            return Err(held(format!("no party file of its originator `{originator}` here")));
        };
        // What was here before, with this very signature, shows how old it is.
        let known = self.records.get(&(originator.clone(), origin.id.as_str().into()));
        let known = known.filter(|known| known.signed() == *signed).map(|known| known.entered);
        let kept = received.into_iter().chain(known).min();
        match partner.word(payload::ORIGIN, &signed.statement, &signed.signature, kept) {
            Word::Good => {}
            // It may be in the next party file, which is still on its way. And whom this party knows is not the sender's
            // business: it hears the same of an originator that is unknown here.
            Word::None => return Err(held(format!("the originator's signature is not {originator}'s"))),
            Word::Revoked(since) => {
                return Err(held(format!(
                    "its originator {originator} signed it with a key that it has revoked since {since}, and nothing here \
                     shows that the signature is older"
                )));
            }
        }
        Ok(origin)
    }

    /// Keeps a record that its originator signed, when our own agreements cover its arrival.
    pub(crate) fn keep_given(
        &mut self,
        (feed, index): (&Feed, u64),
        origin: Origin,
        signed: &Signed,
        hop: &HopStatement,
        brought: Brought,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let from = &feed.partner;
        let record = match self.arrived(from, &origin, hop) {
            Ok(record) => record,
            Err(said) => return Ok(said),
        };
        if let Some(why) = self.uncovered(from, &record, hop, now) {
            return Ok(held(why));
        }
        let (originator, mut record) = (record.originator.clone(), record);
        let known = self.records.get(&(originator.clone(), record.id.clone()));
        // Given again after it was taken back, it is here again.
        let is_lacking = known.is_none_or(|known| known.erased.is_some() || self.contents.is_missing(&known.key()));
        if let Some(known) = known {
            // Given once more: what was agreed each time binds together.
            let mut custody = known.alike().custody.clone();
            custody.extend(record.custody.iter().filter(|hop| !known.alike().custody.contains(hop)).cloned());
            let own = custody.iter().filter(|hop| hop.from == *from).count();
            if custody.len() > known.alike().custody.len() && (own > MAX_HOPS || custody.len() > MAX_CUSTODY) {
                return Ok(refused(format!("`{}` was given here in {MAX_HOPS} ways already", record.id)));
            }
            record = Record { custody, ..known.record() };
        }
        let warning = match &brought {
            Brought::Content(content)
                if entente_formats::alert::Syntax::of_media_type(&origin.media_type).is_some() =>
            {
                Some(content.clone())
            }
            _ => None,
        };
        match brought {
            Brought::Content(content) if is_lacking => self.keep(Op::Body { digest: origin.digest, content })?,
            Brought::Content(_) => {}
            // It is fetched also when it is here: who gives it must not learn that another has given it before.
            Brought::Reference(content, key) => {
                self.keep(Op::ContentAwaited { content, key, is_missing: is_lacking })?;
            }
        }
        self.keep_record(&record, signed.clone(), now)?;
        let hops: Vec<HopLine> = record.custody.iter().map(HopLine::from).collect();
        let statement = serde_json::json!({
            "record": record.id.as_str(), "originator": originator.as_str(), "from": from.as_str(), "custody": hops,
        });
        let (key, us) = ((originator, record.id), self.identity.party.clone());
        let under: Vec<AgreementId> = hop.under.iter().map(|version| version.id.as_str().into()).collect();
        self.state_of(now, "received", Concerns::record(&key).between(&us, from, &us).under(&under), statement)?;
        if let Some(content) = warning {
            self.note_warning(&key, &origin.media_type, record.status, &content, Some((feed, index)), now)?;
        }
        Ok(accepted())
    }

    /// What the judgement sees of it here: the originator's statement, and our own hop of custody.
    fn arrived(&self, from: &Party, origin: &Origin, hop: &HopStatement) -> Result<Record, Said> {
        let label = label::parse(&origin.label).map_err(|problem| held(format!("label: {problem}")))?;
        let status = request::status("status", Some(&origin.status)).map_err(held)?;
        for version in &hop.under {
            match self.agreements.get(version.id.as_str()) {
                Some(known) if known.hash == InstrumentHash(version.hash) => {}
                Some(_) => return Err(held(format!("given under another version of `{}` than ours", version.id))),
                None => return Err(held(format!("given under `{}`, which is not known here", version.id))),
            }
        }
        let originator: Party = origin.originator.as_str().into();
        let hop = Hop {
            from: from.clone(),
            to: self.identity.party.clone(),
            under: hop.under.iter().map(|version| version.id.as_str().into()).collect(),
            purpose: hop.purpose.as_str().into(),
            onward: if hop.ask_onward { Onward::Ask } else { Onward::Free },
        };
        Ok(Record {
            id: origin.id.as_str().into(),
            label,
            // What comes back to its originator is its own again: nothing was agreed about it on the way.
            custody: if originator == self.identity.party { Vec::new() } else { vec![hop] },
            originator,
            subjects: origin.subjects.iter().map(|subject| subject.as_str().into()).collect(),
            status,
            distribution: origin.distribution.iter().map(|code| code.as_str().into()).collect(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        })
    }

    /// Why no agreement of ours covers this arrival; `None` when one does.
    fn uncovered(&self, from: &Party, record: &Record, hop: &HopStatement, now: Timestamp) -> Option<String> {
        let world = World { agreements: &self.agreements, national: &self.national, consents: &[], approvals: &[] };
        let under: Vec<_> = hop.under.iter().map(|version| version.id.as_str().into()).collect();
        let request = Request {
            record,
            from,
            to: &self.identity.party,
            action: Action::Release,
            purpose: &hop.purpose.as_str().into(),
            channel: &"".into(),
            at: now,
            under: Some(&under),
        };
        arrival(&world, &request).err().map(|block| {
            let agreement = block.agreement.map(|id| format!(" ({id})")).unwrap_or_default();
            format!("no agreement of ours covers it: {}{agreement}", block.reason.code())
        })
    }
}
