//! Duties to notify that something which happened to a record opens by itself: control of it was lost, or its originator gave
//! it another classification. The clauses of the texts under which it was given say who owes it to whom, and by when.
//!
//! The notice itself goes with what happened ([`crate::compromise`], [`crate::relabel`]); whom it goes to by itself meets the
//! duty by its receipt that it has taken it. Where no text asks for a notice, nothing is opened.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party,
    agreement::clause::Notifier,
    consult::{Evidence, Incident, Obligation, Precedence, duty, owed},
    time::Timestamp,
};
use entente_formats::{hex, wire::Disposition};

use super::stored::{OwnWords, StoredDischarge, StoredIncident, StoredObligation, number};
use crate::{
    compromise::MAX_NOTICES,
    event::Refusal,
    lane::{Feed, Lane},
    state::{Key, Node, sha256},
};

/// Who is to hear of it, and under which texts each had it, or gave it.
type Told = BTreeMap<Party, BTreeSet<AgreementId>>;

/// A notice, by who is told and by its digest.
type NoticeName = (Party, [u8; 32]);
/// A duty, by its incident and its own number.
type DutyName = (String, String);

/// The notices whose receipts meet duties of this party.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    /// By who is told and the notice's digest: the incidents and the duties.
    waiting: BTreeMap<NoticeName, BTreeSet<DutyName>>,
    /// For which notice each duty waits.
    of_duty: BTreeMap<String, NoticeName>,
}

impl Notices {
    fn wait_for(&mut self, to: Party, notice: [u8; 32], incident: &str, duty: &str) {
        self.of_duty.insert(duty.to_owned(), (to.clone(), notice));
        self.waiting.entry((to, notice)).or_default().insert((incident.to_owned(), duty.to_owned()));
    }

    /// A duty is done: no receipt is waited for.
    pub(super) fn done(&mut self, duty: &str) {
        let Some(name) = self.of_duty.remove(duty) else { return };
        if let Some(waiting) = self.waiting.get_mut(&name) {
            waiting.retain(|(_, of)| of != duty);
            if waiting.is_empty() {
                self.waiting.remove(&name);
            }
        }
    }
}

/// What happened to a record.
pub(crate) enum Happening<'a> {
    /// This party has lost control of it.
    Lost,
    /// Somebody has to whom it was given from here, and this party passes that on to who gave it.
    LostBeyond,
    /// A partner has, who was given it from here.
    LostBy(&'a Party),
    /// It bears another label.
    Reclassified,
}

impl Node {
    /// Opens what is owed for something that happened to a record and that a signed notice says: the number of the incident,
    /// where anything is. Its clocks begin at `at`, when that was said.
    pub(crate) fn owe_notices(
        &mut self,
        key: &Key,
        happening: &Happening<'_>,
        notice: [u8; 32],
        by: &str,
        (at, now): (Timestamp, Timestamp),
    ) -> Result<Option<String>, Refusal> {
        let Some(held) = self.records.get(key) else { return Ok(None) };
        let us = self.identity.party.clone();
        let (events, precedence) = match happening {
            Happening::Lost | Happening::LostBeyond | Happening::LostBy(_) => (duty::LOSS, Precedence::Immediate),
            Happening::Reclassified => (duty::RECLASSIFIED, Precedence::Priority),
        };
        // An originator may give its record another label as often as it likes.
        let of_it = self.incidents.values().filter(|one| {
            let is_it = |(originator, record, _): &(String, String, String)| {
                *originator == *key.0.as_str() && *record == *key.1.as_str()
            };
            one.notice.is_some() && one.evidence.iter().any(is_it)
        });
        if matches!(happening, Happening::Reclassified) && of_it.count() >= MAX_NOTICES {
            return Ok(None);
        }
        let evidence = Evidence { originator: key.0.clone(), record: key.1.clone(), digest: held.digest };
        let incident = Incident {
            title: held.title().to_owned(),
            trigger: events.first().copied().unwrap_or_default().to_owned(),
            place: None,
            began: at,
            ended: None,
            status: held.alike().status,
            precedence,
            evidence: vec![evidence],
            raised_by: us.clone(),
            raised_at: at,
            role: None,
        };
        let of = |who: (&Party, Notifier), told: &Told| {
            duty::notices(&self.agreements, (events, &incident), who, told, &self.desk.clocks)
        };
        let notices: Vec<Obligation> = match happening {
            Happening::Lost => {
                let mut all = of((&us, Notifier::Recipient), &self.given_by(key));
                all.extend(of((&us, Notifier::Provider), &self.given_to(key)));
                all
            }
            // Those to whom it was given from here have said so, or are told by who has.
            Happening::LostBeyond => of((&us, Notifier::Recipient), &self.given_by(key)),
            Happening::LostBy(partner) => {
                let under = self.given_to(key).remove(*partner).unwrap_or_default();
                of((partner, Notifier::Recipient), &BTreeMap::from([(us.clone(), under)]))
            }
            Happening::Reclassified => of((&us, Notifier::Provider), &self.given_to(key)),
        };
        let opened = owed(&self.agreements, &incident, &self.desk.clocks);
        let consult = opened.all().iter().filter(|one| one.kind == "consult");
        if notices.is_empty() && consult.clone().next().is_none() {
            return Ok(None);
        }
        // It follows from the notice: what is said once opens one incident.
        let number_of_it: [u8; 16] =
            sha256(&[b"notice ".as_slice(), &notice].concat()).first_chunk().copied().unwrap_or_default();
        let own = OwnWords { title: false, trigger: true, began: true };
        let consult: Vec<Obligation> = consult.cloned().collect();
        let mut stored = StoredIncident::of(&number_of_it, &incident, by, None, (false, own), &consult);
        stored.notice = Some(hex::encode(&notice));
        // Several may be owed the same by one clause.
        let of_notice = |one: &Obligation| {
            let to: String = one.to.iter().map(|party| format!(" {party}")).collect();
            let of = [number_of_it.as_slice(), to.as_bytes()].concat();
            StoredObligation { id: number(&of, one), ..StoredObligation::of(&number_of_it, one) }
        };
        stored.obligations.extend(notices.iter().map(of_notice));
        if self.incidents.contains_key(&stored.number) {
            return Ok(Some(stored.number));
        }
        let incident = stored.number.clone();
        let is_theirs = |one: &&StoredObligation| one.kind == "notify" && one.party != us.as_str();
        let theirs: Vec<StoredObligation> = stored.obligations.iter().filter(is_theirs).cloned().collect();
        self.keep_stored_incident(stored, now)?;
        for one in theirs {
            let note = "told this party, by a signed notice".to_owned();
            self.met_by_itself(&incident, one.id, &one.party.as_str().into(), note, now)?;
        }
        Ok(Some(incident))
    }

    /// Opens again what own notices of losses had opened which came back from a partner since a restore, about one record or all: the numbers
    /// and the clocks follow from the notice, and are what they were. What is not here any more opens nothing before it is here again.
    pub(crate) fn owe_returned(&mut self, about: Option<&Key>, now: Timestamp) -> Result<(), Refusal> {
        let Some(since) = self.restoring.as_ref().map(|restoring| restoring.since) else { return Ok(()) };
        let us = self.identity.party.to_string();
        // What is said here is known at that moment.
        let returned = self
            .compromises
            .iter()
            .filter(|known| known.statement.by == us && known.known >= since && known.statement.at < known.known);
        let returned = returned.map(|known| (known.key(), known.statement.beyond, known.digest, known.statement.at));
        let returned: Vec<_> = returned.filter(|(key, ..)| about.is_none_or(|about| about == key)).collect();
        for (key, beyond, digest, at) in returned {
            let happening = if beyond { Happening::LostBeyond } else { Happening::Lost };
            let at = Timestamp::from_second(at).unwrap_or(now);
            // Which person it was, the lost part of the ledger said.
            let opened = self.owe_notices(&key, &happening, digest, &us, (at, now))?;
            self.untold |= opened.is_some();
        }
        Ok(())
    }

    /// Who gave a record to us, and under which texts.
    fn given_by(&self, key: &Key) -> Told {
        let us = &self.identity.party;
        let mut told = Told::new();
        let hops = self.records.get(key).into_iter().flat_map(|held| &held.alike().custody);
        for hop in hops.filter(|hop| hop.to == *us && hop.from != *us) {
            told.entry(hop.from.clone()).or_default().extend(hop.under.iter().cloned());
        }
        told
    }

    /// Who may have a record from here, and under which texts; its originator knows what became of it before anybody else.
    fn given_to(&self, key: &Key) -> Told {
        let mut told = Told::new();
        let entries = self.sent.of(key).filter(|(feed, _)| feed.partner != key.0 && self.may_have(key, &feed.partner));
        for (feed, index) in entries {
            let left = self.outgoing.get(feed).and_then(|out| out.left.get(usize::try_from(index).ok()?)?.as_ref());
            let under = left.map(|left| left.about().agreements()).unwrap_or_default();
            told.entry(feed.partner.clone()).or_default().extend(under);
        }
        told
    }

    /// A partner has receipted entries of the feed in which notices go, from this one on: what it has taken meets what is owed to
    /// it. What it refused, or could not read, it was not told.
    pub(crate) fn notices_receipted(
        &mut self,
        feed: &Feed,
        from: u64,
        dispositions: &[Disposition],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if feed.lane != Lane::Urgent {
            return Ok(());
        }
        let of_partner = self.notices.waiting.range((feed.partner.clone(), [0; 32])..);
        let of_partner = of_partner.take_while(|((to, _), _)| *to == feed.partner);
        let taken = of_partner.filter(|((to, notice), _)| {
            let index = self.told.get(&(*notice, to.clone())).and_then(|index| index.checked_sub(from));
            let said = index.and_then(|index| dispositions.get(usize::try_from(index).ok()?));
            said == Some(&Disposition::Accepted)
        });
        let met: Vec<(String, String)> = taken.flat_map(|(_, all)| all.iter().cloned()).collect();
        for (incident, id) in met {
            let note = format!("{} has receipted the notice", feed.partner);
            self.met_by_itself(&incident, id, &feed.partner, note, now)?;
        }
        Ok(())
    }

    /// A duty is met by what a partner has signed, and no person has to say so.
    fn met_by_itself(
        &mut self,
        incident: &str,
        id: String,
        by: &Party,
        note: String,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(one) = self.of_incident(incident, now).into_iter().find(|one| one.id == id) else { return Ok(()) };
        // A person may have said so before.
        if one.done.is_some() {
            return Ok(());
        }
        let discharge =
            StoredDischarge { obligation: id, by: by.to_string(), at: now.as_second(), note, evidence: Vec::new() };
        self.keep_discharge(&one, discharge, now)
    }

    /// Whose receipts the duties of an incident wait for.
    pub(super) fn await_receipts(&mut self, stored: &StoredIncident) {
        let us = self.identity.party.as_str();
        let open = stored
            .obligations
            .iter()
            .filter(|one| one.kind == "notify" && one.party == us && !self.discharged.contains_key(&one.id));
        let Some(notice) = stored.notice_digest() else { return };
        for one in open {
            for to in &one.to {
                self.notices.wait_for(to.as_str().into(), notice, &stored.number, &one.id);
            }
        }
    }
}
