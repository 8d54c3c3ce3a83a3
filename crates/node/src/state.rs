//! The node's memory: what the last batch left. Every change goes through `Node::apply`, at the start as in an event.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party,
    agreement::{Agreement, InstrumentHash},
    time::Timestamp,
    whatif::Holdings,
    world::{Agreements, NationalRules},
};
use entente_formats::{
    agreement,
    wire::{Canonical, ConsentStatement, Disposition, Signed, StandingConsent, payload},
};
use entente_log::{Frontier, Hash};
use entente_seal::dsse;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    compromise::KnownCompromise,
    content::Contents,
    emergency::Emergency,
    event::{Answer, Effects, Event, Refusal},
    guard::GuardLink,
    held::{Held, Kind, Left, Places, Shared, Terms},
    identity::Identity,
    lane::{Feed, Lane},
    ledger::Ledger,
    named::StoredNames,
    op::{Affected, Batch, Op, Question, RecallName, StoredApproval},
    page::Place,
    partner::Partner,
    recall::{Direction, Recall},
    relabel::Relabelled,
    release::check_size,
    restore::Restoring,
    retention::Holds,
    second::Waiting,
    secrets::Secrets,
    sequenced::About,
    standing::WithdrawnConsent,
    texts::KnownAct,
    witness::Witnessed,
};

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
    /// Whether that one bears signatures of other keys than the one that is kept.
    pub(crate) is_resigned: bool,
    /// Its entries by index: those that are about a record and were not withdrawn before they left.
    pub(crate) left: Vec<Option<Left>>,
}

impl OutFeed {
    /// Has the keys of `identity` sign again what was signed last: never less, for that would not say how far this feed is.
    pub(crate) fn sign_anew(&mut self, identity: &Identity) {
        if let Some((_, note)) = &mut self.checkpoint
            && let Some(signed) = identity.signed_anew(note)
        {
            (*note, self.is_resigned) = (signed, true);
        }
    }

    /// Notes an entry, at whatever place.
    pub(crate) fn note(&mut self, index: u64, left: Left) -> Result<(), String> {
        let index = usize::try_from(index).map_err(|error| error.to_string())?;
        if self.left.len() <= index {
            self.left.resize(index + 1, None);
        }
        if let Some(place) = self.left.get_mut(index) {
            *place = Some(left);
        }
        Ok(())
    }
}

/// A partner's feed to us.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFeed {
    pub(crate) head: Frontier,
    pub(crate) dispositions: Vec<Disposition>,
    /// The latest checkpoint that the partner signed: how much we held then, the note, and the proof that leads there.
    pub(crate) checkpoint: Option<(u64, String, Vec<u8>)>,
}

pub(crate) use crate::held::Key;

/// A signed consent of one kind, and since when it is here.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    /// What was signed.
    pub statement: T,
    /// SHA-256 of the statement.
    pub digest: [u8; 32],
    /// When it was kept, in seconds since the epoch.
    pub known: i64,
    /// With its signature.
    pub(crate) signed: Signed,
}

impl<T: Canonical> Kept<T> {
    fn read(signed: &Signed, known: i64) -> Result<Self, String> {
        let statement = T::from_bytes(&signed.statement).map_err(|error| error.to_string())?;
        Ok(Self { statement, digest: sha256(&signed.statement), known, signed: signed.clone() })
    }
}

/// One sovereign node.
pub struct Node {
    pub(crate) identity: Identity,
    pub(crate) national: NationalRules,
    /// What guards see on the links to partners, as configured.
    pub(crate) guards: BTreeMap<Party, GuardLink>,
    pub(crate) partners: BTreeMap<Party, Partner>,
    /// Parties that were removed: their files and what they signed stay, and nothing more goes to them or comes from them.
    pub(crate) removed: BTreeSet<Party>,
    /// Digests of what was signed with keys that are revoked, and was not here before: it does not count.
    pub(crate) doubted: BTreeSet<[u8; 32]>,
    /// Whether our own keys have changed since the ledger was signed last.
    pub(crate) resign: bool,
    /// Whether our signing key was revoked since the parties were told last.
    pub(crate) retell: bool,
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
    pub(crate) records: BTreeMap<Key, Box<Held>>,
    /// The same records by when they entered, for pages.
    pub(crate) shelf: BTreeSet<Place>,
    pub(crate) kinds: Shared<Kind>,
    pub(crate) terms: Shared<Terms>,
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
    /// Entries of our feeds that are about a record and were not withdrawn before they left.
    pub(crate) sent: Places,
    /// Records that were sequenced to a partner and withdrawn before they left.
    pub(crate) never_left: BTreeSet<(Key, Party)>,
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
    pub(crate) arrivals: Places,
    /// Records that go on being used, although the second of the two was called back, from which they were made.
    pub(crate) spared: BTreeSet<(Key, Key)>,
    /// Records whose content is kept, whatever would destroy it.
    pub(crate) holds: Holds,
    /// Releases that wait for a second person, or waited.
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    /// Emergencies that were declared.
    pub(crate) emergencies: BTreeMap<u64, Emergency>,
    /// Who is named for TLP:RED records.
    pub(crate) named: BTreeMap<Key, StoredNames>,
    /// The label that counts for a record, where its originator has given it another one.
    pub(crate) relabellings: BTreeMap<Key, Relabelled>,
    /// What was told of records in wrong hands, by us and to us.
    pub(crate) compromises: Vec<KnownCompromise>,
    /// Contents that are on their way.
    pub(crate) contents: Contents,
    /// Alarms that are open, so that one cause is not written down again and again.
    pub(crate) alarmed: BTreeSet<(Party, Option<Lane>, String)>,
    /// The secrets that envelopes are sealed and opened with, for a while: never kept.
    pub(crate) secrets: Secrets,
    pub(crate) ledger: Ledger,
    pub(crate) witnessed: Witnessed,
    /// What each partner has cosigned last of our own ledger.
    pub(crate) cosigned_by: BTreeMap<Party, String>,
    /// How a restore stands; what is over stays, for the partners that it went on without.
    pub(crate) restoring: Option<Restoring>,
    pub(crate) batch: Batch,
    pub(crate) wake: Vec<Feed>,
}

impl Node {
    /// What follows from `event` at `now`. The memory has changed when this returns: when the batch cannot be kept,
    /// the node must be started again from its store. What the batches of one transaction add to the ledger is signed once,
    /// by [`Node::sign_ledger`], whose batch belongs to the same transaction.
    pub fn handle(&mut self, event: Event, now: Timestamp, rng: &mut impl CryptoRng) -> Effects {
        let answer = match self.refused_while_restoring(&event) {
            Some(why) => Err(Refusal::ReadOnly(why)),
            // Nothing is closed, told or signed while it is unknown what was signed before.
            None if self.is_read_only() || matches!(event, Event::BeginRestore { .. }) => {
                self.take_event(event, now, rng)
            }
            None => {
                let answer = self.close_interval(now).and_then(|()| self.take_event(event, now, rng));
                // What this event taught us may be news to others: a party that all have admitted, a party file that
                // counts again, a content that is here.
                if self.is_read_only() {
                    answer
                } else {
                    let answer = answer.and_then(|answer| self.tell(now, rng).map(|_| answer));
                    answer.and_then(|answer| self.tell_contents(now, rng).map(|()| answer))
                }
            }
        };
        let (mut batch, mut wake) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.wake));
        // A package that is refused leaves its alarm behind; anything else that fails leaves nothing.
        let failed_half_way =
            answer.is_err() && batch.iter().any(|op| !is_of_ledger(op) && !matches!(op, Op::Alarm { .. }));
        if failed_half_way {
            batch.clear();
            wake.clear();
        } else {
            self.note_ledger(&batch);
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
            Event::ReplaceRoot { by, file, note } => self.replace_root(&by, file, &note, now),
            Event::RemoveParty { by, party, note } => self.remove_party(&by, &party, &note, now),
            Event::KeysChanged => self.keys_changed(now),
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
            Event::Fetch { feed, index, entry } => self.fetch(&feed, index, entry, now),
            Event::ContentArrived { feed, index, file } => self.content_arrived(&feed, index, file, now),
            Event::ContentWrong { feed, index, why, evidence, is_final } => {
                self.content_wrong(&feed, index, &why, &evidence, is_final, now)
            }
            Event::ContentWithdrawn { feed, index, signed } => self.content_withdrawn(&feed, index, signed, now),
            Event::Retry(entry) => self.retry(entry, now, rng),
            Event::Look { record, viewer } => self.look(&record, &viewer),
            Event::List { viewer } => Ok(Answer::Records(self.list(&viewer))),
            Event::AddCheckpoint { from, bytes } => self.add_checkpoint(&from, &bytes, now),
            Event::WitnessAnswer { partner, note, status, body } => {
                self.witness_answer(&partner, &note, status, &body, now)
            }
            Event::Shown { feed, note, here } => self.shown(&feed, &note, &here, now),
            Event::BeginRestore { why, is_ledger_lost, destroyed } => {
                self.begin_restore(why, is_ledger_lost, destroyed, now)
            }
            Event::Holds { from } => self.what_is_held(&from, now),
            Event::PartnerHolds { partner, bytes } => self.partner_holds(&partner, &bytes, now),
            Event::Tail { feed, start, entries, proof } => self.tail(&feed, start, entries, &proof, now, rng),
            Event::TakeTail { feed, bytes } => self.take_tail(&feed, &bytes, now),
            Event::FellBack { from, bytes, trees } => self.fell_back(&from, &bytes, &trees, now),
            Event::FellBackHeard { partner } => self.fell_back_heard(&partner),
            Event::GoOnWithout { by, partner, note } => self.go_on_without(&by, &partner, note, now),
            Event::GoOn => self.go_on(now),
            Event::By { person, deed, event } => self.by(&person, deed, *event, now, rng),
            Event::Account(account) => self.account(account, now),
            Event::Enter { by, draft } => {
                check_size(&draft)?;
                let (record, ..) = self.enter(draft, None, &by, now, rng)?;
                Ok(Answer::Entered(record.id))
            }
            Event::Confirm { by, number, yes, note, source } => {
                self.confirm(&by, (number, yes), note, source, now, rng)
            }
            Event::DeclareEmergency { by, record, to, reason } => {
                self.declare_emergency(&by, &record, &to, reason, now)
            }
            Event::ReportEmergency { by, number, text } => self.report_emergency(&by, number, text, now),
            Event::Name { by, record, persons } => self.name_persons(&by, &record, persons, now),
            Event::Tick => Ok(Answer::Done),
        }
    }

    /// Whose node this is.
    pub fn party(&self) -> &Party {
        &self.identity.party
    }

    /// The number that the next statement of the ledger will have.
    pub fn next_statement(&self) -> u64 {
        self.ledger.next_statement()
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

    /// Whether a feed of ours has so many entries, and there are receipts for all of them.
    pub fn is_all_receipted(&self, feed: &Feed, entries: u64) -> bool {
        let is = |out: &OutFeed| out.head.size() <= entries && out.acknowledged.size() >= entries;
        self.outgoing.get(feed).is_none_or(is)
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
                self.everything_is_news();
                let partner = Partner::open(note).map_err(|error| error.to_string())?;
                self.partners.insert(party.clone(), partner);
                self.removed.remove(party);
                self.doubt_again(party);
                if *party != self.identity.party {
                    for lane in Lane::ALL {
                        let feed = Feed { partner: party.clone(), lane };
                        self.outgoing.entry(feed.clone()).or_default();
                        self.incoming.entry(feed).or_default();
                    }
                }
            }
            Op::PartyRemoved { party, .. } => {
                self.removed.insert(party.clone());
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
                self.doubt(&act.statement.by, payload::ACT, signed, *known);
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
                let mut held = Held::read(stored, &mut self.kinds)?;
                self.doubt(held.alike().originator.as_str(), payload::ORIGIN, &stored.origin, stored.entered);
                self.relabelled(&mut held);
                let (us, key) = (self.identity.party.clone(), held.key());
                // Given once more, it has one more hop of custody, and is of another class.
                if let Some(class) = self.records.get(&key).and_then(|known| known.class) {
                    self.holdings.remove(&us, class, key.1.as_str());
                }
                held.class = self.shelve(&held);
                self.shelf.insert(Place { entered: stored.entered, originator: key.0.clone(), id: key.1.clone() });
                self.records.insert(key, Box::new(held));
            }
            Op::Question(question) => {
                self.questions.insert((question.ours, question.question.request), question.clone());
            }
            Op::Consent { signed, known } => {
                let given: Kept<ConsentStatement> = Kept::read(signed, *known)?;
                self.doubt(&given.statement.by, payload::CONSENT, signed, *known);
                let question = &given.statement.question;
                let key = (question.originator.as_str().into(), question.record.as_str().into());
                self.consents.entry(key).or_default().push(given);
            }
            Op::Standing { signed, known } => {
                let given: Kept<StandingConsent> = Kept::read(signed, *known)?;
                self.doubt(&given.statement.by, payload::STANDING_CONSENT, signed, *known);
                self.standing.push(given);
            }
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
                    held.erased = Some(*at);
                }
                self.contents.erased(&key);
                self.reshelve(&key);
            }
            Op::Hold(hold) => self.apply_hold(hold),
            Op::Waiting(waiting) => {
                self.waiting.insert(waiting.number, waiting.clone());
            }
            Op::Emergency(emergency) => {
                self.emergencies.insert(emergency.number, emergency.clone());
            }
            Op::Named(names) => {
                self.named.insert((names.originator.as_str().into(), names.record.as_str().into()), names.clone());
            }
            Op::Spared(spared) => {
                let key = |(originator, id): &(String, String)| (originator.as_str().into(), id.as_str().into());
                self.spared.insert((key(&spared.record), key(&spared.source)));
                self.reshelve(&key(&spared.record));
            }
            Op::Relabelling { signed, known } => self.apply_relabelling(signed, *known)?,
            Op::Compromise { signed, known } => {
                self.untold = true;
                self.compromises.push(KnownCompromise::read(signed, *known)?);
            }
            Op::Sequence(sequenced) => {
                let out = self.outgoing.entry(sequenced.feed.clone()).or_default();
                out.head.append(leaf_of(&sequenced.leaf)).map_err(|error| error.to_string())?;
                if let Some(about) = &sequenced.about {
                    // Who gets a record that bears another label by now is told of that.
                    if self.relabellings.contains_key(&about.key()) {
                        self.untold = true;
                        self.untold_labels.insert(about.key());
                    }
                    self.note_sent(&sequenced.feed, sequenced.index, about.clone(), None)?;
                }
                self.wake.push(sequenced.feed.clone());
            }
            Op::Offered { feed, end, at } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let place = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(out.left.len());
                let new = place(out.offered)..place(*end).max(place(out.offered));
                out.left.get_mut(new).into_iter().flatten().flatten().for_each(|left| left.at = Some(*at));
                out.offered = out.offered.max(*end);
            }
            Op::Exported { feed, end } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                out.exported = out.exported.max(*end);
            }
            Op::Withdraw { feed, index, late, .. } => {
                // What had been offered before may have arrived: it stays among what left.
                let place = usize::try_from(*index).ok();
                let out = self.outgoing.get_mut(feed).filter(|_| !late);
                let left = out.and_then(|out| out.left.get_mut(place?)?.take());
                if let Some(left) = left {
                    self.sent.remove(left.key(), feed, *index);
                    self.never_left.insert((left.key().clone(), feed.partner.clone()));
                }
            }
            Op::Checkpoint { feed, size, note } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                (out.checkpoint, out.is_resigned) = (Some((*size, note.clone())), false);
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
                let salt = self.identity.interval_salt(closed.volume, closed.index + 1);
                self.ledger.close(closed, salt).map_err(|error| error.to_string())?;
            }
            Op::Cosigned(cosigned) => drop(self.cosigned_by.insert(cosigned.partner.clone(), cosigned.note.clone())),
            Op::Witnessed(cosigned) => self.witnessed.add(cosigned).map_err(|error| error.to_string())?,
            Op::Receipt { feed, next, .. } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let gained = usize::try_from(next.saturating_sub(out.acknowledged.size())).unwrap_or(usize::MAX);
                for leaf in out.under_way.drain(..gained.min(out.under_way.len())) {
                    out.acknowledged.append(leaf).map_err(|error| error.to_string())?;
                }
            }
            Op::PartnerCheckpoint { feed, held, note, proof } => {
                let into = self.incoming.entry(feed.clone()).or_default();
                into.checkpoint = Some((*held, note.clone(), proof.clone()));
            }
            Op::Volume { number } => {
                let salt = self.identity.interval_salt(*number, 0);
                self.ledger.begin_volume(*number, salt).map_err(|error| error.to_string())?;
            }
            Op::Restoring(restoring) => self.restoring = Some(restoring.clone()),
            Op::Recovered { feed, index, leaf, about, at, .. } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                out.head.append(leaf_of(leaf)).map_err(|error| error.to_string())?;
                out.offered = out.offered.max(index + 1);
                if let Some(about) = about {
                    self.note_sent(feed, *index, about.clone(), Some(*at))?;
                }
            }
            Op::FellBack { feed, acknowledged, .. } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                (out.acknowledged, out.under_way) = (acknowledged.clone(), Vec::new());
            }
            Op::Body { digest, .. } | Op::LargeBody { digest, .. } => self.contents.arrived(digest),
            Op::ContentOffered(content, _) => self.contents.offer(content),
            Op::ContentLeft { feed, index, .. } => self.contents.left(feed, *index),
            Op::ContentSaid { feed, index, outcome, .. } => self.contents.said(feed, *index, *outcome),
            Op::ContentAwaited { content, is_missing, .. } => self.contents.await_content(content, *is_missing),
            Op::ContentSettled { feed, index, end, .. } => self.contents.settle(&(feed.clone(), *index), *end),
            Op::ContentTold { feed, index } => self.contents.told(feed, *index),
            Op::Alarm { .. } | Op::OpenInterval { .. } | Op::LedgerCheckpoint { .. } => {}
        }
        Ok(())
    }

    /// An entry has brought a record.
    pub(crate) fn arrived_with(&mut self, about: Option<&Key>, feed: &Feed, index: u64) {
        let Some(key) = about else { return };
        let (key, feed) = (self.shared_key(key.clone()), self.shared_feed(feed));
        self.arrivals.insert(key.clone(), feed, index);
        // Given again, it is in use again.
        if !self.recalls.is_empty() {
            self.shelve_again(&key);
        }
    }

    /// An entry of a feed of ours is about a record.
    pub(crate) fn note_sent(&mut self, feed: &Feed, index: u64, about: About, at: Option<i64>) -> Result<(), String> {
        let (key, feed) = (self.shared_key(about.key()), self.shared_feed(feed));
        self.sent.insert(key.clone(), feed.clone(), index);
        let left = Left::new(key, about, at, &mut self.terms);
        self.outgoing.entry(feed).or_default().note(index, left)
    }

    /// Whether a record was given to a partner, or at least sequenced to it.
    pub(crate) fn is_given(&self, key: &Key, to: &Party) -> bool {
        self.sent.has(key, to) || self.never_left.contains(&(key.clone(), to.clone()))
    }

    /// The same name, in the memory of the record that bears it.
    fn shared_key(&self, key: Key) -> Key {
        self.records.get_key_value(&key).map_or(key, |(known, _)| known.clone())
    }

    fn shared_feed(&self, feed: &Feed) -> Feed {
        self.outgoing.get_key_value(feed).map_or(feed, |(known, _)| known).clone()
    }

    /// Whether something for `party` can be given its place now.
    pub(crate) fn can_reach(&self, party: &Party, now: Timestamp) -> bool {
        self.partner(party, now).is_ok() && !self.is_closed_to(party)
    }

    /// Somebody may lack anything of what all are told.
    pub(crate) fn everything_is_news(&mut self) {
        self.untold = true;
        self.untold_recalls.extend(self.recalls.keys().cloned());
        self.untold_labels.extend(self.relabellings.keys().cloned());
    }

    /// Signs a statement with this node's own signing key.
    pub(crate) fn sign(&self, payload_type: &str, statement: Vec<u8>) -> Result<Signed, Refusal> {
        let signature = dsse::sign(&self.identity.signing, payload_type, &statement)
            .map_err(|error| Refusal::Ours(error.to_string()))?;
        Ok(Signed { statement, signature })
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
