//! An event changes the node: which of its parts takes which, and what has to be done behind each.

use entente_core::time::Timestamp;
use rand_core::CryptoRng;

use crate::{
    event::{Answer, Effects, Event, Refusal},
    op::Op,
    release::check_size,
    state::Node,
};

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
                    let answer = answer.and_then(|answer| self.fire_rules(now, rng).map(|_| answer));
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
            Event::NotSent { feed, start, end } => self.not_sent(&feed, start, end),
            Event::CatchUp { feed, start, leaves } => self.catch_up(&feed, start, &leaves),
            Event::Receipt { feed, bytes } => self.receipt(&feed, &bytes, now),
            Event::Exported { feed, end } => self.exported(&feed, end, now),
            Event::Package { feed, bytes } => self.package(&feed, &bytes, now, rng),
            Event::Fetch { feed, index, entry, has_key } => self.fetch(&feed, index, entry, has_key, now),
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
            Event::MakeCommitment(commitment) => self.make_commitment(commitment, now, rng),
            Event::NoteProgress { by, progress } => self.note_progress(&by, progress, now, rng),
            Event::CallMeeting { by, meeting } => self.call_meeting(&by, meeting, now, rng),
            Event::BeginAttempt(attempt) => self.begin_attempt(attempt, now),
            Event::EndAttempt(end) => self.end_attempt(&end, now),
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
            Event::Ingest(ingest) => self.ingest(*ingest, now, rng),
            Event::AcknowledgeAlert { by, record } => self.acknowledge_alert(&by, &record, now, rng),
            Event::RaiseIncident(raise) => self.raise_incident(*raise, now, rng),
            Event::Discharge { by, obligation, note, evidence } => {
                self.discharge(&by, &obligation, note, &evidence, now)
            }
            Event::Waive { by, obligation, note } => self.waive(&by, &obligation, note, now, rng),
            Event::RaiseConsultation(raise) => self.raise_consultation(&raise, now, rng),
            Event::TakePart { by, consultation, deed } => self.take_part(&by, &consultation, *deed, now, rng),
            Event::ExportConsultation { by, consultation } => self.export_consultation(&consultation, &by, now),
            Event::NoteAlarm { by, alarm, note } => self.note_alarm(&by, alarm, note, now),
            Event::Deadlines => self.check_deadlines(now),
            Event::Tick => self.tick(),
        }
    }
}

/// Whether this keeps the ledger and nothing that it speaks of.
fn is_of_ledger(op: &Op) -> bool {
    matches!(op, Op::Statement { .. } | Op::Interval(_) | Op::OpenInterval { .. } | Op::LedgerCheckpoint { .. })
}
