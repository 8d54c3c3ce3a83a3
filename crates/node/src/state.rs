//! The node's memory: what the last batch left. Every change goes through `Node::apply`, at the start as in an event.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party, Record, RecordId,
    agreement::{Act, Actor, Agreement, InstrumentHash},
    national::National,
    time::Timestamp,
    world::{Agreements, NationalRules},
};
use entente_formats::{
    agreement, request,
    wire::{ActStatement, Canonical, ConsentStatement, Disposition, Origin, Signed},
};
use entente_log::{Frontier, Hash};
use entente_seal::dsse;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    event::{Answer, Effects, Event, Refusal},
    identity::Identity,
    lane::{Feed, Lane},
    op::{Batch, Op, Question, Snapshot, StoredApproval, StoredRecord},
    partner::Partner,
};

/// A record's name that no two records share.
pub(crate) type Key = (Party, RecordId);

/// A record that is held here.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) record: Record,
    pub(crate) origin: Origin,
    pub(crate) stored: StoredRecord,
}

/// One of our feeds to a partner.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutFeed {
    pub(crate) head: Frontier,
    pub(crate) acknowledged: Frontier,
    /// Leaves behind the acknowledged ones that were handed to the sender.
    pub(crate) under_way: Vec<Hash>,
    /// How many bodies were ever handed to the sender.
    pub(crate) offered: u64,
    pub(crate) checkpoint: Option<(u64, String)>,
}

/// A partner's feed to us.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFeed {
    pub(crate) head: Frontier,
    pub(crate) dispositions: Vec<Disposition>,
}

/// A consent that was given to us, for one content of one record.
#[derive(Clone, Debug)]
pub(crate) struct GivenConsent {
    pub(crate) statement: ConsentStatement,
}

/// One sovereign node.
pub struct Node {
    pub(crate) identity: Identity,
    pub(crate) national: NationalRules,
    pub(crate) partners: BTreeMap<Party, Partner>,
    pub(crate) agreements: Agreements,
    /// Texts that somebody proposed and on which this party has not acted: they change no decision.
    pub(crate) proposals: BTreeMap<(AgreementId, InstrumentHash), Agreement>,
    /// Signed acts in the order in which they became known, for agreements known or not yet.
    pub(crate) acts: Vec<(ActStatement, Signed)>,
    pub(crate) worlds: BTreeSet<[u8; 32]>,
    /// The digest of the agreements and rules as they are now, once a decision has asked for it.
    pub(crate) world: Option<[u8; 32]>,
    pub(crate) records: BTreeMap<Key, Held>,
    pub(crate) questions: BTreeMap<(bool, [u8; 16]), Question>,
    pub(crate) consents: Vec<GivenConsent>,
    pub(crate) approvals: Vec<StoredApproval>,
    pub(crate) outgoing: BTreeMap<Feed, OutFeed>,
    pub(crate) incoming: BTreeMap<Feed, InFeed>,
    /// Which records were given to which partner, or at least sequenced to it.
    pub(crate) given: BTreeSet<(Key, Party)>,
    /// Alarms that are open, so that one cause is not written down again and again.
    pub(crate) alarmed: BTreeSet<(Feed, String)>,
    pub(crate) ledger: Frontier,
    pub(crate) batch: Batch,
    pub(crate) wake: Vec<Feed>,
}

/// What keeps a node from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The store holds something that it cannot have written.
    #[error("the store is damaged: {0}; restore it from a back-up")]
    Damaged(String),
    /// A configured agreement is not the text that records here were given under, or that this party acted on.
    #[error(
        "the text of `{0}` is not the one that records here were given under or that this party has acted on; put the file back as it was, a new text needs an id of its own"
    )]
    ChangedText(AgreementId),
    /// A configured agreement is gone.
    #[error(
        "records here were given under `{0}`, whose text is missing; put the file back: its prohibitions outlive it"
    )]
    MissingText(AgreementId),
}

impl Node {
    /// Starts a node from its keys, its configured agreements and rules, and what its store kept.
    ///
    /// # Errors
    /// When the store is damaged, or contradicts the configured agreements.
    pub fn start(
        identity: Identity,
        configured: Agreements,
        national: Option<National>,
        snapshot: Snapshot,
    ) -> Result<Self, StartError> {
        let mut node = Self {
            national: national.into_iter().map(|rules| (rules.party.clone(), rules)).collect(),
            identity,
            partners: BTreeMap::new(),
            agreements: configured,
            proposals: BTreeMap::new(),
            acts: Vec::new(),
            worlds: snapshot.worlds,
            world: None,
            records: BTreeMap::new(),
            questions: BTreeMap::new(),
            consents: Vec::new(),
            approvals: snapshot.approvals,
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            given: BTreeSet::new(),
            alarmed: BTreeSet::new(),
            ledger: snapshot.ledger,
            batch: Vec::new(),
            wake: Vec::new(),
        };
        let mut ops: Vec<Op> = Vec::new();
        for note in snapshot.parties {
            let partner = Partner::open(&note).map_err(|error| StartError::Damaged(error.to_string()))?;
            ops.push(Op::Party { party: partner.party.clone(), note });
        }
        ops.extend(snapshot.agreements.into_iter().map(|text| Op::Agreement { text }));
        ops.extend(snapshot.acts.into_iter().map(Op::Act));
        ops.extend(snapshot.records.into_iter().map(Op::Record));
        ops.extend(snapshot.questions.into_iter().map(Op::Question));
        ops.extend(snapshot.consents.into_iter().map(Op::Consent));
        for op in &ops {
            node.apply(op).map_err(StartError::Damaged)?;
        }
        for out in snapshot.outgoing {
            let feed = OutFeed {
                head: out.head,
                acknowledged: out.acknowledged,
                under_way: Vec::new(),
                offered: out.offered,
                checkpoint: out.checkpoint,
            };
            let partner = &out.feed.partner;
            let given = out.about.into_iter().map(|(by, id)| ((by.into(), id.into()), partner.clone()));
            node.given.extend(given);
            node.outgoing.insert(out.feed, feed);
        }
        for into in snapshot.incoming {
            node.incoming.insert(into.feed, InFeed { head: into.head, dispositions: into.dispositions });
        }
        node.check_texts()?;
        Ok(node)
    }

    /// Prohibitions rest on texts: those that custody and signed acts refer to must all be here, unchanged.
    fn check_texts(&self) -> Result<(), StartError> {
        let in_custody =
            self.records.values().flat_map(|held| held.stored.texts.iter().map(|(id, hash)| (id.as_str(), *hash)));
        for (id, hash) in in_custody {
            match self.agreements.get(id) {
                Some(agreement) if agreement.hash == hash => {}
                Some(_) => return Err(StartError::ChangedText(id.into())),
                None => return Err(StartError::MissingText(id.into())),
            }
        }
        let us = self.identity.party.as_str();
        for (act, _) in self.acts.iter().filter(|(act, _)| act.by == us) {
            if self.agreements.get(act.agreement.id.as_str()).is_none_or(|known| known.hash.0 != act.agreement.hash) {
                return Err(StartError::ChangedText(act.agreement.id.as_str().into()));
            }
        }
        Ok(())
    }

    /// What follows from `event` at `now`. The memory has changed when this returns: when the batch cannot be kept,
    /// the node must be started again from its store.
    pub fn handle(&mut self, event: Event, now: Timestamp, rng: &mut impl CryptoRng) -> Effects {
        let answer = match event {
            Event::AddParty { note } => self.add_party(note, now),
            Event::Release(release) => self.release(release, now, rng),
            Event::Approve { by, record, to, note } => self.approve(&by, &record, &to, note, now),
            Event::AskConsent { by, record, of, to, purpose, channel, until } => {
                self.ask_consent(&by, &record, &of, &to, purpose, &channel, until, now, rng)
            }
            Event::AnswerConsent { by, request, granted, note } => {
                self.answer_consent(&by, request, granted, note, now, rng)
            }
            Event::Propose { text } => self.propose(&text, now, rng),
            Event::Act { agreement, version, kind, date, article } => {
                self.act(&agreement, version.as_deref(), kind, date, article, now, rng)
            }
            Event::Dispatch { feed, start, entries } => self.dispatch(&feed, start, entries, now),
            Event::CatchUp { feed, leaves } => self.catch_up(&feed, &leaves),
            Event::Receipt { feed, bytes } => self.receipt(&feed, &bytes, now),
            Event::Package { feed, bytes } => self.package(&feed, &bytes, now),
            Event::Look { record, viewer } => self.look(&record, &viewer),
            Event::List { viewer } => Ok(Answer::Records(self.list(&viewer))),
        };
        // One signature over the ledger for all that this event added to it.
        let answer = self.sign_ledger().map_or_else(|error| Err(Refusal::Ours(error.to_string())), |()| answer);
        let (mut batch, mut wake) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.wake));
        // A package that is refused leaves its alarm behind; anything else that fails leaves nothing.
        let failed_half_way = answer.is_err()
            && batch
                .iter()
                .any(|op| !matches!(op, Op::Alarm { .. } | Op::Statement { .. } | Op::LedgerCheckpoint { .. }));
        if failed_half_way {
            batch.clear();
            wake.clear();
        }
        Effects { batch, answer, wake, undo: failed_half_way }
    }

    /// Whose node this is.
    pub fn party(&self) -> &Party {
        &self.identity.party
    }

    /// The partners known.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values()
    }

    /// The agreements known, with the acts known of them.
    pub fn agreements(&self) -> &Agreements {
        &self.agreements
    }

    /// The texts that wait for this party's own first act, with the acts known of them.
    pub fn proposals(&self) -> impl Iterator<Item = &Agreement> {
        self.proposals.values()
    }

    /// Every feed of ours with its size and how much of it is receipted.
    pub fn outgoing(&self) -> impl Iterator<Item = (&Feed, u64, u64)> {
        self.outgoing.iter().map(|(feed, out)| (feed, out.head.size(), out.acknowledged.size()))
    }

    /// Every feed of a partner with what we hold of it.
    pub fn incoming(&self) -> impl Iterator<Item = (&Feed, u64)> {
        self.incoming.iter().map(|(feed, into)| (feed, into.head.size()))
    }

    /// Keeps a change: in memory now, in the store with the batch.
    pub(crate) fn keep(&mut self, op: Op) -> Result<(), Refusal> {
        self.apply(&op).map_err(Refusal::Ours)?;
        self.batch.push(op);
        Ok(())
    }

    /// Applies a change to the memory: the one way in which it changes.
    fn apply(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Party { party, note } => {
                let partner = Partner::open(note).map_err(|error| error.to_string())?;
                self.partners.insert(party.clone(), partner);
                if *party != self.identity.party {
                    for lane in Lane::ALL {
                        let feed = Feed { partner: party.clone(), lane };
                        self.outgoing.entry(feed.clone()).or_default();
                        self.incoming.entry(feed).or_default();
                    }
                }
            }
            Op::Agreement { text } => {
                let mut agreement = agreement::parse(text)
                    .map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())?;
                self.acts.iter().for_each(|(statement, _)| add_act(&mut agreement, statement));
                self.proposals.insert((agreement.id.clone(), agreement.hash), agreement);
            }
            Op::Act(signed) => {
                self.world = None;
                let statement = ActStatement::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                let key =
                    (AgreementId::from(statement.agreement.id.as_str()), InstrumentHash(statement.agreement.hash));
                if let Some(agreement) = self.agreements.get_mut(&key.0) {
                    add_act(agreement, &statement);
                }
                if let Some(agreement) = self.proposals.get_mut(&key) {
                    add_act(agreement, &statement);
                    // The text counts here from this party's own first act on it.
                    if statement.by == self.identity.party.as_str() && !self.agreements.contains_key(&key.0) {
                        let adopted = agreement.clone();
                        self.proposals.remove(&key);
                        self.agreements.insert(key.0, adopted);
                    }
                }
                self.acts.push((statement, signed.clone()));
            }
            Op::World { digest, .. } => {
                self.worlds.insert(*digest);
            }
            Op::Record(stored) => {
                let held = Held::read(stored)?;
                self.records.insert((held.record.originator.clone(), held.record.id.clone()), held);
            }
            Op::Question(question) => {
                self.questions.insert((question.ours, question.question.request), question.clone());
            }
            Op::Consent(signed) => {
                let statement = ConsentStatement::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                self.consents.push(GivenConsent { statement });
            }
            Op::Approval(approval) => self.approvals.push(approval.clone()),
            Op::Sequence(sequenced) => {
                let out = self.outgoing.entry(sequenced.feed.clone()).or_default();
                out.head.append(leaf_of(&sequenced.leaf)).map_err(|error| error.to_string())?;
                if let Some(about) = &sequenced.about {
                    let key = (about.originator.as_str().into(), about.record.as_str().into());
                    self.given.insert((key, sequenced.feed.partner.clone()));
                }
                self.wake.push(sequenced.feed.clone());
            }
            Op::Offered { feed, end } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                out.offered = out.offered.max(*end);
            }
            Op::Checkpoint { feed, size, note } => {
                self.outgoing.entry(feed.clone()).or_default().checkpoint = Some((*size, note.clone()));
            }
            Op::Received { feed, leaf, disposition, .. } => {
                let into = self.incoming.entry(feed.clone()).or_default();
                into.head.append(leaf_of(leaf)).map_err(|error| error.to_string())?;
                into.dispositions.push(*disposition);
            }
            Op::Statement { text, .. } => {
                self.ledger.append(entente_log::leaf_hash(text.as_bytes())).map_err(|error| error.to_string())?;
            }
            Op::Receipt { feed, next, .. } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let gained = usize::try_from(next.saturating_sub(out.acknowledged.size())).unwrap_or(usize::MAX);
                for leaf in out.under_way.drain(..gained.min(out.under_way.len())) {
                    out.acknowledged.append(leaf).map_err(|error| error.to_string())?;
                }
            }
            Op::Body { .. }
            | Op::Withdraw { .. }
            | Op::PartnerCheckpoint { .. }
            | Op::Alarm { .. }
            | Op::LedgerCheckpoint { .. } => {}
        }
        Ok(())
    }

    fn add_party(&mut self, note: String, now: Timestamp) -> Result<Answer, Refusal> {
        let partner = Partner::open(&note).map_err(|error| Refusal::Request(error.to_string()))?;
        if let Some(known) = self.partners.get(&partner.party) {
            partner.may_follow(known).map_err(|error| Refusal::Request(error.to_string()))?;
        }
        let others = self.partners.values().filter(|other| other.party != partner.party);
        if let Some(other) = others.into_iter().find(|other| partner.borrows_from(other)) {
            return Err(Refusal::Request(format!(
                "the party file of `{}` names a key of `{}` as its own; ask both, and add neither before it is clear",
                partner.party, other.party
            )));
        }
        let party = partner.party.clone();
        let words = partner.fingerprint();
        self.keep(Op::Party { party: party.clone(), note })?;
        self.state(now, "party", serde_json::json!({ "party": party.as_str(), "fingerprint": words }))?;
        Ok(Answer::Party(party))
    }

    /// The partner `party`, whose file must count now.
    pub(crate) fn partner(&self, party: &Party, now: Timestamp) -> Result<&Partner, Refusal> {
        let unknown =
            || Refusal::Request(format!("no party file of `{party}` here; add it with `entente party add FILE`"));
        let partner = self.partners.get(party).ok_or_else(unknown)?;
        if partner.is_valid_at(now) {
            Ok(partner)
        } else {
            let until = partner.file.valid_until;
            Err(Refusal::Request(format!(
                "the party file of `{party}` does not count now (until {until}); ask for a new one"
            )))
        }
    }

    /// Signs a statement with this node's own signing key.
    pub(crate) fn sign(&self, payload_type: &str, statement: Vec<u8>) -> Result<Signed, Refusal> {
        let signature = dsse::sign(&self.identity.signing, payload_type, &statement)
            .map_err(|error| Refusal::Ours(error.to_string()))?;
        Ok(Signed { statement, signature })
    }
}

impl Held {
    fn read(stored: &StoredRecord) -> Result<Self, String> {
        let origin = Origin::from_bytes(&stored.origin.statement).map_err(|error| error.to_string())?;
        let line = serde_json::from_str(&stored.line).map_err(|error| error.to_string())?;
        let record = request::record(&line).map_err(|error| error.to_string())?;
        // What the judgement sees of it is what its originator signed, and nothing else.
        let words = |items: &[Party]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let subjects: Vec<String> = record.subjects.iter().map(ToString::to_string).collect();
        let is_signed = record.originator.as_str() == origin.originator
            && record.id.as_str() == origin.id
            && entente_formats::label::write(&record.label) == origin.label
            && record.status.as_str() == origin.status
            && subjects == origin.subjects
            && words(&record.distribution) == origin.distribution;
        if !is_signed {
            return Err(format!("record `{}` is not what its originator signed", record.id));
        }
        Ok(Self { record, origin, stored: stored.clone() })
    }
}

/// Adds a signed act to the agreement that it is about, when it is about this version of it.
fn add_act(agreement: &mut Agreement, statement: &ActStatement) {
    let kind = entente_core::agreement::ActKind::ALL.into_iter().find(|kind| kind.as_str() == statement.kind);
    let (Some(kind), Ok(date)) = (kind, statement.date.parse()) else { return };
    if agreement.id.as_str() == statement.agreement.id && agreement.hash == InstrumentHash(statement.agreement.hash) {
        agreement.acts.push(Act {
            by: Actor::Party(statement.by.as_str().into()),
            date,
            kind,
            article: statement.article.as_deref().map(Into::into),
            disputed_by: Vec::new(),
        });
    }
}

/// A feed's leaf hash: of the digest of the envelope.
pub(crate) fn leaf_of(digest: &[u8; 32]) -> Hash {
    entente_log::leaf_hash(digest)
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
