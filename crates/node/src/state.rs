//! The node's memory: what the last batch left. Every change goes through `Node::apply`, at the start as in an event.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party, Record, RecordId,
    agreement::{Agreement, InstrumentHash},
    time::Timestamp,
    world::{Agreements, NationalRules},
};
use entente_formats::{
    agreement, request,
    wire::{Canonical, ConsentStatement, Disposition, Origin, Signed, StandingConsent},
};
use entente_log::{Frontier, Hash};
use entente_seal::dsse;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    affected::Left,
    event::{Answer, Effects, Event, Refusal},
    identity::Identity,
    lane::{Feed, Lane},
    ledger::Ledger,
    op::{Affected, Batch, Op, Question, StoredApproval, StoredRecord},
    partner::Partner,
    standing::WithdrawnConsent,
    texts::KnownAct,
    witness::Witnessed,
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

/// A signed consent of one kind, and since when it is here.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    /// What was signed.
    pub statement: T,
    /// SHA-256 of the statement.
    pub digest: [u8; 32],
    /// When it was kept, in seconds since the epoch.
    pub known: i64,
}

impl<T: Canonical> Kept<T> {
    fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = T::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), known })
    }
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
    pub(crate) acts: Vec<KnownAct>,
    /// How many acts the configured file of an agreement has.
    pub(crate) written: BTreeMap<AgreementId, usize>,
    /// Which act of ours, or which text, was put into the feed to whom, and where.
    pub(crate) told: BTreeMap<([u8; 32], Party), u64>,
    /// Whether somebody may lack something: what was kept since the parties were told last may be news to them.
    pub(crate) untold: bool,
    pub(crate) worlds: BTreeSet<[u8; 32]>,
    /// The digest of the agreements and rules as they are now, once a decision has asked for it.
    pub(crate) world: Option<[u8; 32]>,
    pub(crate) records: BTreeMap<Key, Held>,
    pub(crate) questions: BTreeMap<(bool, [u8; 16]), Question>,
    /// Consents that were given to us, each for one content of one record.
    pub(crate) consents: Vec<Kept<ConsentStatement>>,
    /// Standing consents, given to us and by us.
    pub(crate) standing: Vec<Kept<StandingConsent>>,
    /// Consents of either kind that were withdrawn, and when we learnt of it.
    pub(crate) withdrawn: BTreeMap<WithdrawnConsent, i64>,
    pub(crate) approvals: Vec<StoredApproval>,
    pub(crate) outgoing: BTreeMap<Feed, OutFeed>,
    pub(crate) incoming: BTreeMap<Feed, InFeed>,
    /// Which records were given to which partner, or at least sequenced to it.
    pub(crate) given: BTreeSet<(Key, Party)>,
    /// Entries of our feeds that are about a record and were not withdrawn before they left.
    pub(crate) left: BTreeMap<(Feed, u64), Left>,
    /// Releases that something which became known later speaks against.
    pub(crate) affected: BTreeMap<u64, Affected>,
    /// Alarms that are open, so that one cause is not written down again and again.
    pub(crate) alarmed: BTreeSet<(Party, Option<Lane>, String)>,
    pub(crate) ledger: Ledger,
    pub(crate) witnessed: Witnessed,
    pub(crate) batch: Batch,
    pub(crate) wake: Vec<Feed>,
}

impl Node {
    /// What follows from `event` at `now`. The memory has changed when this returns: when the batch cannot be kept,
    /// the node must be started again from its store.
    pub fn handle(&mut self, event: Event, now: Timestamp, rng: &mut impl CryptoRng) -> Effects {
        let due = self.close_interval(now);
        let answer = due.and_then(|()| self.take_event(event, now, rng));
        // What this event taught us may be news to others: a party that all have admitted, a party file that counts again.
        let answer = answer.and_then(|answer| self.tell(now, rng).map(|_| answer));
        // One signature over the ledger for all that this event added to it.
        let answer = self.sign_ledger().map_or_else(|error| Err(Refusal::Ours(error.to_string())), |()| answer);
        let (mut batch, mut wake) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.wake));
        // A package that is refused leaves its alarm behind; anything else that fails leaves nothing.
        let failed_half_way =
            answer.is_err() && batch.iter().any(|op| !is_of_ledger(op) && !matches!(op, Op::Alarm { .. }));
        if failed_half_way {
            batch.clear();
            wake.clear();
        }
        Effects { batch, answer, wake, undo: failed_half_way }
    }

    fn take_event(&mut self, event: Event, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Answer, Refusal> {
        match event {
            Event::AddParty { note } => self.add_party(note, now),
            Event::Release(release) => self.release(release, now, rng),
            Event::Approve { by, record, to, note } => self.approve(&by, &record, &to, note, now),
            Event::AskConsent { by, record, of, to, purpose, channel, until } => {
                self.ask_consent(&by, &record, &of, &to, purpose, &channel, until, now, rng)
            }
            Event::AnswerConsent { by, request, granted, note } => {
                self.answer_consent(&by, request, granted, note, now, rng)
            }
            Event::GrantStanding(grant) => self.grant_standing(grant, now, rng),
            Event::WithdrawConsent { by, number, note } => self.withdraw_consent(&by, number, note, now, rng),
            Event::Propose { text } => self.propose(&text, now, rng),
            Event::Act { agreement, version, deed, date, article } => {
                self.act(&agreement, version.as_deref(), deed, date, article, now, rng)
            }
            Event::AnswerAffected { by, number, note } => self.answer_affected(&by, number, note, now),
            Event::Dispatch { feed, start, entries } => self.dispatch(&feed, start, entries, now),
            Event::CatchUp { feed, leaves } => self.catch_up(&feed, &leaves),
            Event::Receipt { feed, bytes } => self.receipt(&feed, &bytes, now),
            Event::Package { feed, bytes } => self.package(&feed, &bytes, now),
            Event::Look { record, viewer } => self.look(&record, &viewer),
            Event::List { viewer } => Ok(Answer::Records(self.list(&viewer))),
            Event::AddCheckpoint { from, bytes } => self.add_checkpoint(&from, &bytes, now),
            Event::WitnessAnswer { partner, note, status, body } => {
                self.witness_answer(&partner, &note, status, &body, now)
            }
            Event::Tick => Ok(Answer::Done),
        }
    }

    /// Whose node this is.
    pub fn party(&self) -> &Party {
        &self.identity.party
    }

    /// Its keys.
    pub fn identity(&self) -> &Identity {
        &self.identity
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
    pub(crate) fn apply(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Party { party, note } => {
                self.untold = true;
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
                let agreement = agreement::parse(text)
                    .map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())?;
                let agreement = self.with_acts(agreement);
                self.proposals.insert((agreement.id.clone(), agreement.hash), agreement);
            }
            Op::Act { signed, known } => {
                (self.world, self.untold) = (None, true);
                let act = KnownAct::read(signed, *known)?;
                let (key, is_ours) = (act.about(), act.statement.by == self.identity.party.as_str());
                self.acts.push(act);
                // The text counts here from this party's own first act on it.
                if is_ours && !self.agreements.contains_key(&key.0) {
                    let adopted = self.proposals.remove(&key);
                    self.agreements.extend(adopted.map(|agreement| (key.0.clone(), agreement)));
                }
                let is_meant = |agreement: &&Agreement| agreement.hash == key.1;
                if let Some(agreement) = self.agreements.get(&key.0).filter(is_meant).cloned() {
                    self.agreements.insert(key.0, self.with_acts(agreement));
                } else if let Some(agreement) = self.proposals.get(&key).cloned() {
                    self.proposals.insert(key, self.with_acts(agreement));
                }
            }
            Op::Told { subject, to, index } => {
                self.told.insert((*subject, to.clone()), *index);
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
            Op::Consent { signed, known } => self.consents.push(Kept::read(signed, *known)?),
            Op::Standing { signed, known } => self.standing.push(Kept::read(signed, *known)?),
            Op::ConsentWithdrawal { signed, known } => {
                // Withdrawn once is withdrawn: a second word does not put off the first.
                self.withdrawn.entry(WithdrawnConsent::read(signed)?).or_insert(*known);
            }
            Op::Affected(affected) => {
                self.affected.insert(affected.number, affected.clone());
            }
            Op::Approval(approval) => self.approvals.push(approval.clone()),
            Op::Sequence(sequenced) => {
                let out = self.outgoing.entry(sequenced.feed.clone()).or_default();
                out.head.append(leaf_of(&sequenced.leaf)).map_err(|error| error.to_string())?;
                if let Some(about) = &sequenced.about {
                    self.given.insert((about.key(), sequenced.feed.partner.clone()));
                    let left = Left { about: about.clone(), at: None };
                    self.left.insert((sequenced.feed.clone(), sequenced.index), left);
                }
                self.wake.push(sequenced.feed.clone());
            }
            Op::Offered { feed, end, at } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let new = (feed.clone(), out.offered)..(feed.clone(), *end.max(&out.offered));
                self.left.range_mut(new).for_each(|(_, left)| left.at = Some(*at));
                out.offered = out.offered.max(*end);
            }
            Op::Withdraw { feed, index, late, .. } => {
                // What had been offered before may have arrived: it stays among what left.
                if !late {
                    self.left.remove(&(feed.clone(), *index));
                }
            }
            Op::Checkpoint { feed, size, note } => {
                self.outgoing.entry(feed.clone()).or_default().checkpoint = Some((*size, note.clone()));
            }
            Op::Received { feed, leaf, disposition, .. } => {
                let into = self.incoming.entry(feed.clone()).or_default();
                into.head.append(leaf_of(leaf)).map_err(|error| error.to_string())?;
                into.dispositions.push(*disposition);
            }
            Op::Statement { text, .. } => self.ledger.add(text).map_err(|error| error.to_string())?,
            Op::Interval(closed) => {
                let salt = self.identity.interval_salt(closed.index + 1);
                self.ledger.close(closed, salt).map_err(|error| error.to_string())?;
            }
            Op::Witnessed(cosigned) => self.witnessed.add(cosigned).map_err(|error| error.to_string())?,
            Op::Receipt { feed, next, .. } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let gained = usize::try_from(next.saturating_sub(out.acknowledged.size())).unwrap_or(usize::MAX);
                for leaf in out.under_way.drain(..gained.min(out.under_way.len())) {
                    out.acknowledged.append(leaf).map_err(|error| error.to_string())?;
                }
            }
            Op::Body { .. }
            | Op::PartnerCheckpoint { .. }
            | Op::Alarm { .. }
            | Op::OpenInterval { .. }
            | Op::Cosigned(_)
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

/// Whether this keeps the ledger and nothing that it speaks of.
fn is_of_ledger(op: &Op) -> bool {
    matches!(op, Op::Statement { .. } | Op::Interval(_) | Op::OpenInterval { .. } | Op::LedgerCheckpoint { .. })
}

/// A feed's leaf hash: of the digest of the envelope.
pub(crate) fn leaf_of(digest: &[u8; 32]) -> Hash {
    entente_log::leaf_hash(digest)
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
