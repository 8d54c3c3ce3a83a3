//! How each operation changes the node's memory, in an event as at a start.

use std::sync::Arc;

use entente_core::agreement::Agreement;
use entente_formats::{
    agreement,
    wire::{ConsentStatement, StandingConsent, payload},
};

use crate::{
    compromise::KnownCompromise,
    event::Refusal,
    held::{Held, Left},
    lane::{Feed, Lane},
    op::Op,
    page::{self, Place},
    partner::Partner,
    sequenced::About,
    standing::WithdrawnConsent,
    state::{Kept, Key, Node, leaf_of},
    texts::KnownAct,
};

impl Node {
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
                self.rules.take();
                self.heads.take();
                let act = KnownAct::read(signed, *known)?;
                self.doubt(&act.statement.by, payload::ACT, signed, *known);
                self.pledges.all_are_news();
                let (key, is_ours) = (act.about(), act.statement.by == self.identity.party.as_str());
                self.acts.push(act);
                // The text counts here from this party's own first act on it.
                if is_ours && !self.agreements.contains_key(&key.0) {
                    let adopted = self.proposals.remove(&key);
                    Arc::make_mut(&mut self.agreements).extend(adopted.map(|agreement| (key.0.clone(), agreement)));
                }
                let is_meant = |agreement: &&Agreement| agreement.hash == key.1;
                if let Some(agreement) = self.agreements.get(&key.0).filter(is_meant).cloned() {
                    let agreement = self.with_acts(agreement);
                    Arc::make_mut(&mut self.agreements).insert(key.0, agreement);
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
                let known = self.records.get(&key).map(|known| (known.number, known.class));
                let before = known.and_then(|(_, class)| class);
                if let Some(class) = before {
                    self.holdings.remove(&us, class, key.1.as_str());
                }
                held.class = self.shelve(&held);
                self.note_position(&key, held.media_type());
                let place = Place { entered: stored.entered, originator: key.0.clone(), id: key.1.clone() };
                held.number = known.map_or_else(|| self.words.enter(place.clone()), |(number, _)| number);
                self.index(&held);
                self.words.classify(held.number, before, page::decides(&held));
                self.shelf.insert(place);
                if key.1.as_str().contains('`') {
                    self.ticked.insert(key.1.to_string());
                }
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
                self.warnings.remove(&key);
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
            Op::Commitment { signed, known } => self.apply_commitment(signed, *known)?,
            Op::Meeting { signed, known } => self.apply_meeting(signed, *known)?,
            Op::Attempt(attempt) => {
                self.attempts.insert(attempt.number, attempt.clone());
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
            Op::Warning(stored) => self.apply_warning(stored),
            Op::AlertAcknowledged { signed, known } => self.apply_acknowledgement(signed, *known)?,
            Op::Incident(stored) => self.apply_incident(stored),
            Op::Discharged(discharge) => self.apply_discharge(discharge),
            Op::ConsultRaise { stored, incident } => self.apply_raise(stored, incident.as_deref())?,
            Op::ConsultStep(stored) => self.apply_step(stored)?,
            Op::Waiver(stored) => self.apply_waiver(stored)?,
            Op::Deadline { subject, .. } => self.deadlines.look_at(subject),
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
            Op::HeldBack { feed, from } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                let place = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(out.left.len());
                let kept = place(*from)..place(out.offered).max(place(*from));
                out.left.get_mut(kept).into_iter().flatten().flatten().for_each(|left| left.at = None);
                out.offered = out.offered.min(*from);
            }
            Op::Exported { feed, end } => {
                let out = self.outgoing.entry(feed.clone()).or_default();
                out.exported = out.exported.max(*end);
            }
            Op::Withdraw { feed, index, late, withdrawal } => {
                self.contents.withdrawn(feed, *index, withdrawal);
                // What had been offered before may have arrived: it stays among what left.
                let place = usize::try_from(*index).ok();
                if *late {
                    self.withdrawn_late.insert((feed.clone(), *index));
                }
                let out = self.outgoing.get_mut(feed).filter(|_| !late);
                let left = out.and_then(|out| out.left.get_mut(place?)?.take());
                if let Some(left) = left {
                    self.sent.remove(left.key(), feed, *index);
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
                // Who has the alert now may be told who has taken note of it.
                self.untold |= !self.untold_acknowledgements.is_empty() || self.pledges.wait_for_receipts();
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
            Op::Alarm { .. } | Op::AlarmNoted { .. } | Op::OpenInterval { .. } | Op::LedgerCheckpoint { .. } => {}
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

    /// The same name, in the memory of the record that bears it.
    fn shared_key(&self, key: Key) -> Key {
        self.records.get_key_value(&key).map_or(key, |(known, _)| known.clone())
    }

    fn shared_feed(&self, feed: &Feed) -> Feed {
        self.outgoing.get_key_value(feed).map_or(feed, |(known, _)| known).clone()
    }

    /// Somebody may lack anything of what all are told.
    pub(crate) fn everything_is_news(&mut self) {
        self.untold = true;
        self.pledges.all_are_news();
        self.untold_recalls.extend(self.recalls.keys().cloned());
        self.untold_labels.extend(self.relabellings.keys().cloned());
        self.untold_acknowledgements.extend(self.acknowledgements.keys().cloned());
        self.untold_consultations.extend(self.consultations.keys().copied());
    }
}
