//! The node's memory: what the last batch left. Every change goes through `Node::apply`, at the start as in an event.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party, Record, RecordId,
    agreement::{Agreement, InstrumentHash},
    time::Timestamp,
    whatif::{ClassId, Holdings},
    world::{Agreements, NationalRules},
};
use entente_formats::{
    agreement, label, request,
    wire::{Canonical, ConsentStatement, Disposition, Origin, Signed, StandingConsent},
};
use entente_log::{Frontier, Hash};
use entente_seal::dsse;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    affected::Left,
    compromise::KnownCompromise,
    event::{Answer, Effects, Event, Refusal},
    identity::Identity,
    lane::{Feed, Lane},
    ledger::Ledger,
    op::{Affected, Batch, Op, Question, RecallName, StoredApproval, StoredRecord},
    page::Place,
    partner::Partner,
    recall::{Direction, Recall},
    relabel::Relabelled,
    release::check_size,
    retention::Holds,
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
    /// Its class among the holdings; none when these are full.
    pub(crate) class: Option<ClassId>,
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
    /// How many entries were ever written as files.
    pub(crate) exported: u64,
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
    /// The same of these recalls.
    pub(crate) untold_recalls: BTreeSet<RecallName>,
    /// And of the labels of these records.
    pub(crate) untold_labels: BTreeSet<Key>,
    pub(crate) worlds: BTreeSet<[u8; 32]>,
    /// The digest of the agreements and rules as they are now, once a decision has asked for it.
    pub(crate) world: Option<[u8; 32]>,
    pub(crate) records: BTreeMap<Key, Held>,
    /// The same records by when they entered, for pages.
    pub(crate) shelf: BTreeSet<Place>,
    /// The same records by class, for what-if and for what is asked of all of them.
    pub(crate) holdings: Holdings,
    pub(crate) questions: BTreeMap<(bool, [u8; 16]), Question>,
    /// Consents that were given to us, each for one content of one record: by the record.
    pub(crate) consents: BTreeMap<Key, Vec<Kept<ConsentStatement>>>,
    /// Standing consents, given to us and by us.
    pub(crate) standing: Vec<Kept<StandingConsent>>,
    /// Consents of either kind that were withdrawn, and when we learnt of it.
    pub(crate) withdrawn: BTreeMap<WithdrawnConsent, i64>,
    /// Approvals by our own authority, by the record.
    pub(crate) approvals: BTreeMap<Key, Vec<StoredApproval>>,
    pub(crate) outgoing: BTreeMap<Feed, OutFeed>,
    pub(crate) incoming: BTreeMap<Feed, InFeed>,
    /// Which records were given to which partner, or at least sequenced to it.
    pub(crate) given: BTreeSet<(Key, Party)>,
    /// Entries of our feeds that are about a record and were not withdrawn before they left.
    pub(crate) left: BTreeMap<(Feed, u64), Left>,
    /// The same entries by the record that they are about.
    pub(crate) sent: BTreeMap<Key, BTreeSet<(Feed, u64)>>,
    /// Releases that something which became known later speaks against.
    pub(crate) affected: BTreeMap<u64, Affected>,
    /// What was called back, by whoever did.
    pub(crate) recalls: BTreeMap<RecallName, Recall>,
    /// Records that their originators have called back from everybody.
    pub(crate) called_back: BTreeMap<Key, RecallName>,
    /// Entries that their sender has taken back, in feeds of ours and to us, each as a bearer of the record that the recall
    /// names: who names one record takes back no other.
    pub(crate) taken_back: BTreeSet<(Key, Direction, Feed, u64)>,
    /// The entries that brought a record here.
    pub(crate) arrivals: BTreeMap<Key, BTreeSet<(Feed, u64)>>,
    /// Records that go on being used, although the second of the two was called back, from which they were made.
    pub(crate) spared: BTreeSet<(Key, Key)>,
    /// Records whose content is kept, whatever would destroy it.
    pub(crate) holds: Holds,
    /// The label that counts for a record, where its originator has given it another one.
    pub(crate) relabellings: BTreeMap<Key, Relabelled>,
    /// What was told of records in wrong hands, by us and to us.
    pub(crate) compromises: Vec<KnownCompromise>,
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

    pub(crate) fn take_event(
        &mut self,
        event: Event,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
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
            Event::Recall { by, record, of, reason } => self.recall(&by, &record, &of, reason, now, rng),
            Event::Settle { by, record, keep, note } => self.settle(&by, &record, keep, note, now, rng),
            Event::Hold { by, record, placed, note } => self.hold(&by, &record, placed, note, now),
            Event::Destroy { by, record, note } => self.destroy(&by, &record, &note, now),
            Event::Relabel { by, record, label, reason } => self.relabel(&by, &record, &label, reason, now, rng),
            Event::ReportCompromise { by, record, note } => self.report_compromise(&by, &record, note, now, rng),
            Event::AnswerAffected { by, number, note } => self.answer_affected(&by, number, note, now),
            Event::Dispatch { feed, start, entries } => self.dispatch(&feed, start, entries, now),
            Event::CatchUp { feed, start, leaves } => self.catch_up(&feed, start, &leaves),
            Event::Receipt { feed, bytes } => self.receipt(&feed, &bytes, now),
            Event::Exported { feed, end } => self.exported(&feed, end, now),
            Event::Package { feed, bytes } => self.package(&feed, &bytes, now, rng),
            Event::Retry(entry) => self.retry(entry, now, rng),
            Event::Look { record, viewer } => self.look(&record, &viewer),
            Event::List { viewer } => Ok(Answer::Records(self.list(&viewer))),
            Event::AddCheckpoint { from, bytes } => self.add_checkpoint(&from, &bytes, now),
            Event::WitnessAnswer { partner, note, status, body } => {
                self.witness_answer(&partner, &note, status, &body, now)
            }
            Event::By { person, deed, event } => self.by(&person, deed, *event, now, rng),
            Event::Account(account) => self.account(account, now),
            Event::Enter { by, draft } => {
                check_size(&draft)?;
                let (record, ..) = self.enter(draft, &by, now, rng)?;
                Ok(Answer::Entered(record.id))
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

    /// The national rules known.
    pub fn national(&self) -> &NationalRules {
        &self.national
    }

    /// The texts that wait for this party's own first act, with the acts known of them.
    pub fn proposals(&self) -> impl Iterator<Item = &Agreement> {
        self.proposals.values()
    }

    /// Every feed of ours with its size and how much of it is receipted.
    pub fn outgoing(&self) -> impl Iterator<Item = (&Feed, u64, u64)> {
        self.outgoing.iter().map(|(feed, out)| (feed, out.head.size(), out.acknowledged.size()))
    }

    /// How many entries of a feed of ours were written as files.
    pub fn exported_of(&self, feed: &Feed) -> u64 {
        self.outgoing.get(feed).map_or(0, |out| out.exported)
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
                // Who could not be reached before may be now.
                self.untold = true;
                self.untold_recalls.extend(self.recalls.keys().cloned());
                self.untold_labels.extend(self.relabellings.keys().cloned());
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
                let mut held = Held::read(stored)?;
                self.relabelled(&mut held.record);
                let (us, key) = (self.identity.party.clone(), held.key());
                // Given once more, it has one more hop of custody, and is of another class.
                if let Some(class) = self.records.get(&key).and_then(|known| known.class) {
                    self.holdings.remove(&us, class, key.1.as_str());
                }
                held.class = self.shelve(&held);
                self.shelf.insert(Place { entered: stored.entered, originator: key.0.clone(), id: key.1.clone() });
                self.records.insert(key, held);
            }
            Op::Question(question) => {
                self.questions.insert((question.ours, question.question.request), question.clone());
            }
            Op::Consent { signed, known } => {
                let given: Kept<ConsentStatement> = Kept::read(signed, *known)?;
                let question = &given.statement.question;
                let key = (question.originator.as_str().into(), question.record.as_str().into());
                self.consents.entry(key).or_default().push(given);
            }
            Op::Standing { signed, known } => self.standing.push(Kept::read(signed, *known)?),
            Op::ConsentWithdrawal { signed, known } => {
                // Withdrawn once is withdrawn: a second word does not put off the first.
                self.withdrawn.entry(WithdrawnConsent::read(signed)?).or_insert(*known);
            }
            Op::Affected(affected) => {
                self.affected.insert(affected.number, affected.clone());
            }
            Op::Approval(approval) => {
                let key = (approval.originator.as_str().into(), approval.record.as_str().into());
                self.approvals.entry(key).or_default().push(approval.clone());
            }
            Op::Recall(stored) => self.apply_recall(stored)?,
            Op::RecallAnswer { signed, .. } => self.apply_recall_answer(signed)?,
            Op::Erased { originator, record, at, .. } => {
                let key = (originator.clone(), record.clone());
                if let Some(held) = self.records.get_mut(&key) {
                    held.stored.erased = Some(*at);
                }
                self.reshelve(&key);
            }
            Op::Hold(hold) => self.apply_hold(hold),
            Op::Spared(spared) => {
                let key = |(originator, id): &(String, String)| (originator.as_str().into(), id.as_str().into());
                self.spared.insert((key(&spared.record), key(&spared.source)));
                self.reshelve(&key(&spared.record));
            }
            Op::Relabelling { signed, .. } => self.apply_relabelling(signed)?,
            Op::Compromise { signed, known } => {
                self.untold = true;
                self.compromises.push(KnownCompromise::read(signed, *known)?);
            }
            Op::Sequence(sequenced) => {
                let out = self.outgoing.entry(sequenced.feed.clone()).or_default();
                out.head.append(leaf_of(&sequenced.leaf)).map_err(|error| error.to_string())?;
                if let Some(about) = &sequenced.about {
                    self.given.insert((about.key(), sequenced.feed.partner.clone()));
                    // Who gets a record that bears another label by now is told of that.
                    if self.relabellings.contains_key(&about.key()) {
                        self.untold = true;
                        self.untold_labels.insert(about.key());
                    }
                    let entry = (sequenced.feed.clone(), sequenced.index);
                    self.sent.entry(about.key()).or_default().insert(entry);
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
            Op::Exported { feed, end } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                out.exported = out.exported.max(*end);
            }
            Op::Withdraw { feed, index, late, .. } => {
                // What had been offered before may have arrived: it stays among what left.
                let entry = (feed.clone(), *index);
                if !late && let Some(left) = self.left.remove(&entry) {
                    self.sent.entry(left.about.key()).or_default().remove(&entry);
                }
            }
            Op::Checkpoint { feed, size, note } => {
                self.outgoing.entry(feed.clone()).or_default().checkpoint = Some((*size, note.clone()));
            }
            Op::Received { feed, index, leaf, disposition, about, .. } => {
                self.arrived_with(about.as_ref(), feed, *index);
                let into = self.incoming.entry(feed.clone()).or_default();
                into.head.append(leaf_of(leaf)).map_err(|error| error.to_string())?;
                into.dispositions.push(*disposition);
            }
            Op::Retried { feed, index, disposition, about, .. } => {
                self.arrived_with(about.as_ref(), feed, *index);
                let into = self.incoming.entry(feed.clone()).or_default();
                let said = usize::try_from(*index).ok().and_then(|index| into.dispositions.get_mut(index));
                *said.ok_or_else(|| format!("no entry {index} of {}", feed.partner))? = *disposition;
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

    /// An entry has brought a record.
    fn arrived_with(&mut self, about: Option<&Key>, feed: &Feed, index: u64) {
        let Some(key) = about else { return };
        self.arrivals.entry(key.clone()).or_default().insert((feed.clone(), index));
        // Given again, it is in use again.
        if !self.recalls.is_empty() {
            self.shelve_again(key);
        }
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
    /// Its name.
    pub(crate) fn key(&self) -> Key {
        (self.record.originator.clone(), self.record.id.clone())
    }

    fn read(stored: &StoredRecord) -> Result<Self, String> {
        let origin = Origin::from_bytes(&stored.origin.statement).map_err(|error| error.to_string())?;
        let line = serde_json::from_str(&stored.line).map_err(|error| error.to_string())?;
        let mut record = request::record(&line).map_err(|error| error.to_string())?;
        // Whatever it was when its line was written; other labels of its originator come on top.
        record.label = label::parse(&origin.label).map_err(|error| error.to_string())?;
        // What the judgement sees of it is what its originator signed, and nothing else.
        let words = |items: &[Party]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let subjects: Vec<String> = record.subjects.iter().map(ToString::to_string).collect();
        let is_signed = record.originator.as_str() == origin.originator
            && record.id.as_str() == origin.id
            && record.status.as_str() == origin.status
            && subjects == origin.subjects
            && words(&record.distribution) == origin.distribution;
        if !is_signed {
            return Err(format!("record `{}` is not what its originator signed", record.id));
        }
        Ok(Self { record, origin, stored: stored.clone(), class: None })
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
