//! The node's memory: what the last batch left. Every change goes through [`Node::apply`], at the start as in an event.

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
    /// Signed acts in the order in which they became known, for agreements known or not yet.
    pub(crate) acts: Vec<(ActStatement, Signed)>,
    pub(crate) worlds: BTreeSet<[u8; 32]>,
    pub(crate) records: BTreeMap<Key, Held>,
    pub(crate) questions: BTreeMap<(bool, [u8; 16]), Question>,
    pub(crate) consents: Vec<GivenConsent>,
    pub(crate) approvals: Vec<StoredApproval>,
    pub(crate) outgoing: BTreeMap<Feed, OutFeed>,
    pub(crate) incoming: BTreeMap<Feed, InFeed>,
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
    /// A configured agreement and a proposed one share an id but not a text.
    #[error("agreement `{0}` is configured with one text and was proposed with another; rename or remove the file")]
    TwoTexts(AgreementId),
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
            acts: Vec::new(),
            worlds: snapshot.worlds,
            records: BTreeMap::new(),
            questions: BTreeMap::new(),
            consents: Vec::new(),
            approvals: snapshot.approvals,
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            ledger: snapshot.ledger,
            batch: Vec::new(),
            wake: Vec::new(),
        };
        let mut ops: Vec<Op> = Vec::new();
        for note in snapshot.parties {
            let partner = Partner::open(&note).map_err(|error| StartError::Damaged(error.to_string()))?;
            ops.push(Op::Party { party: partner.party.clone(), note });
        }
        for text in snapshot.agreements {
            let agreement = agreement::parse(&text).map_err(|problems| {
                StartError::Damaged(problems.first().map(ToString::to_string).unwrap_or_default())
            })?;
            let id = agreement.id.clone();
            if node.agreements.get(&id).is_some_and(|known| known.hash != agreement.hash) {
                return Err(StartError::TwoTexts(id));
            }
            ops.push(Op::Agreement { id: id.to_string(), text });
        }
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
                checkpoint: out.checkpoint,
            };
            node.outgoing.insert(out.feed, feed);
        }
        for into in snapshot.incoming {
            node.incoming.insert(into.feed, InFeed { head: into.head, dispositions: into.dispositions });
        }
        Ok(node)
    }

    /// What follows from `event` at `now`. The memory has changed when this returns: when the batch cannot be kept,
    /// the node must be started again from its store.
    pub fn handle(&mut self, event: Event, now: Timestamp, rng: &mut impl CryptoRng) -> Effects {
        let answer = match event {
            Event::AddParty { note } => self.add_party(note, now),
            Event::Release(release) => self.release(release, now, rng),
            Event::Approve { record, to, note } => self.approve(&record, &to, note, now),
            Event::AskConsent { record, of, to, purpose, channel, until } => {
                self.ask_consent(&record, &of, &to, &purpose, &channel, until, now, rng)
            }
            Event::AnswerConsent { request, granted, note } => self.answer_consent(request, granted, note, now, rng),
            Event::Propose { text } => self.propose(&text, now, rng),
            Event::Act { agreement, kind, date, article } => self.act(&agreement, kind, date, article, now, rng),
            Event::Dispatch { feed, start, entries } => self.dispatch(&feed, start, entries, now),
            Event::Receipt { feed, bytes } => self.receipt(&feed, &bytes),
            Event::Package { feed, bytes } => self.package(&feed, &bytes, now),
            Event::Look { record, viewer } => self.look(&record, &viewer),
            Event::List { viewer } => Ok(Answer::Records(self.list(&viewer))),
        };
        // One signature over the ledger for all that this event added to it.
        let answer = self.sign_ledger().map_or_else(|error| Err(Refusal::Ours(error.to_string())), |()| answer);
        Effects { batch: std::mem::take(&mut self.batch), answer, wake: std::mem::take(&mut self.wake) }
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

    /// The questions for consent, ours and theirs.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.values()
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
            Op::Agreement { text, .. } => {
                let agreement = agreement::parse(text)
                    .map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())?;
                let known: Vec<ActStatement> = self.acts.iter().map(|(act, _)| act.clone()).collect();
                let agreement = self.agreements.entry(agreement.id.clone()).or_insert(agreement);
                known.iter().for_each(|statement| add_act(agreement, statement));
            }
            Op::Act(signed) => {
                let statement = ActStatement::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
                if let Some(agreement) = self.agreements.get_mut(statement.agreement.id.as_str()) {
                    add_act(agreement, &statement);
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
                self.wake.push(sequenced.feed.clone());
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
