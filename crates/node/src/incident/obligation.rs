//! Duties as they stand: those of this party's incidents, those that consultations pin, and those that hold without any
//! incident. Each with what was done about it and what shows that.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, ClauseId, Party,
    agreement::{Basis, Clause, Kind as ClauseKind},
    consult::{
        Digest, Disagreement, Due, Obligation, Stance, State,
        commitment::waived_by,
        fold,
        meeting::{Meeting, stretches},
        standing,
    },
    record::Status,
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::{hex, wire::MAX_NOTE};

use super::{
    one_of,
    stored::{StoredDischarge, StoredIncident, digest, evidence_words, number},
};
use crate::{
    consult::Held,
    event::{Answer, RecordRef, Refusal},
    op::Op,
    state::Node,
};

/// A duty, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationSeen {
    /// Its number, 32 hex digits.
    pub id: String,
    /// What is owed.
    pub obligation: Obligation,
    /// Where the wording of the clause comes from, where this node has that version of the text.
    pub basis: Option<Basis>,
    /// Whether it is real: in a drill nobody owes it.
    pub status: Status,
    /// What it is about.
    pub title: String,
    /// The incident, where it is this party's own.
    pub incident: Option<String>,
    /// The consultation.
    pub consultation: Option<Digest>,
    /// How it stands.
    pub state: State,
    /// What was done.
    pub done: Option<Done>,
    /// Who has waived it.
    pub waived: BTreeSet<Party>,
    /// Whose clocks say when its time began and whether it was done by then; nobody's where it is a matter of days.
    pub clocks: BTreeSet<Party>,
    /// What the party that pinned it says of it, and this node knows otherwise.
    pub disagreements: Vec<Disagreement>,
}

/// What was done about a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// Who says so: a person of this party, or the party that signed it.
    pub by: String,
    /// What was done.
    pub note: String,
    /// Originator, record, SHA-256 of the content in hex.
    pub evidence: Vec<(String, String, String)>,
    /// SHA-256 of the signed statement that shows it.
    pub statement: Option<Digest>,
}

/// A meeting on record as held: its day, and the statement that says so.
type HeldOn = (Date, Meeting, Digest);

impl Node {
    pub(crate) fn apply_discharge(&mut self, discharge: &StoredDischarge) {
        self.discharged.entry(discharge.obligation.clone()).or_insert(discharge.clone());
        self.notices.done(&discharge.obligation);
    }

    /// All duties that the viewer may know of: real ones, and what drills would have opened.
    pub fn obligations(&self, viewer: &Viewer, now: Timestamp) -> Vec<ObligationSeen> {
        let of_incidents = self.incidents(viewer).flat_map(|incident| self.of_incident(&incident.number, now));
        let pinned = self.consultations.iter().flat_map(|(name, held)| self.pinned(*name, held, now));
        let all = of_incidents.chain(pinned).chain(self.standing_obligations(now));
        all.map(|one| self.as_seen_by(one, viewer)).collect()
    }

    /// Those of one incident that the viewer may see, also those that a consultation which was raised from it has taken over.
    pub fn obligations_of(&self, incident: &StoredIncident, viewer: &Viewer, now: Timestamp) -> Vec<ObligationSeen> {
        let consulted = self.consultations_of(incident);
        let pinned = consulted.flat_map(|(name, held)| self.pinned(name, held, now));
        let all = self.of_incident(&incident.number, now).into_iter().chain(pinned);
        all.map(|one| self.as_seen_by(one, viewer)).collect()
    }

    /// The consultations that were raised from an incident of this party's.
    pub fn consultations_of(&self, incident: &StoredIncident) -> impl Iterator<Item = (Digest, &Held)> {
        let names = self.consulted.get(&incident.number).into_iter().flatten();
        names.filter_map(|name| Some((*name, self.consultations.get(name)?)))
    }

    /// How many duties and pinned clauses were looked at since the start: tests hold it against how many there are.
    pub fn duties_looked_at(&self) -> u64 {
        self.looks.get()
    }

    fn looked_at_one(&self) {
        self.looks.set(self.looks.get().saturating_add(1));
    }

    /// A duty without the records that the viewer may not see, and without an incident of which it may not know.
    pub(crate) fn as_seen_by(&self, mut one: ObligationSeen, viewer: &Viewer) -> ObligationSeen {
        if let Some(done) = &mut one.done {
            done.evidence.retain(|(originator, record, _)| {
                self.may_see_evidence(viewer, &originator.as_str().into(), &record.as_str().into())
            });
        }
        let may_know = |number: &String| {
            self.incidents.get(number).is_some_and(|incident| self.may_see_incident(incident, viewer))
        };
        one.incident = one.incident.filter(may_know);
        one
    }

    /// What an incident of this party's opened, but for what a consultation has taken over.
    pub(crate) fn of_incident(&self, number: &str, now: Timestamp) -> Vec<ObligationSeen> {
        let Some(incident) = self.incidents.get(number) else { return Vec::new() };
        let consulted = self.consulted.get(number).into_iter().flatten();
        let consulted: Vec<&Held> = consulted.filter_map(|name| self.consultations.get(name)).collect();
        let taken_over = |one: &Obligation| {
            consulted.iter().flat_map(|held| &held.raise.pins).any(|pin| {
                self.looked_at_one();
                one.kind == "consult"
                    && (&pin.agreement, pin.hash, &pin.clause) == (&one.agreement.0, one.agreement.1, &one.clause)
                    && pin.words == one.words
                    && pin.parties.contains(&one.party)
            })
        };
        let open = incident.obligations.iter().map(|stored| (stored, stored.read()));
        let open = open.inspect(|_| self.looked_at_one());
        let seen = open.filter(|(_, obligation)| !taken_over(obligation)).map(|(stored, obligation)| {
            let done = self.discharged.get(&stored.id).map(|discharge| said(discharge, now));
            // What a notice opened, that notice shows.
            let notice = incident.notice_digest().filter(|_| obligation.kind == "notify");
            let done = done.map(|done| Done { statement: notice, ..done });
            ObligationSeen {
                id: stored.id.clone(),
                basis: Some(obligation.basis),
                status: incident.status(),
                title: incident.title.clone(),
                incident: Some(number.to_owned()),
                consultation: None,
                state: obligation.state(now, done.as_ref().map(|done| done.at), &BTreeSet::new()),
                done,
                waived: BTreeSet::new(),
                clocks: BTreeSet::from([self.identity.party.clone(), obligation.party.clone()]),
                disagreements: Vec::new(),
                obligation,
            }
        });
        seen.collect()
    }

    /// What a consultation pins, as its raiser saw it: nodes with other news mean the same duties.
    pub(crate) fn pinned(&self, name: Digest, held: &Held, now: Timestamp) -> Vec<ObligationSeen> {
        let core = held.core(name);
        let incident = &held.raise.incident;
        let disagreements = self.disagreements(held);
        let seen = core.duties(now).into_iter().map(|(pin, party, state)| {
            self.looked_at_one();
            let text = self.agreements.get(&pin.agreement).filter(|text| text.hash == pin.hash);
            // One article may hold several clauses: the one that speaks of this.
            let speaks = |clause: &&Clause| {
                clause.id == pin.clause
                    && matches!(&clause.kind, ClauseKind::Consult { triggers, .. } if triggers.contains(&incident.trigger))
            };
            let clause = text.and_then(|text| text.clauses.iter().find(speaks));
            let mut to: Vec<Party> = pin.parties.iter().filter(|other| *other != party).cloned().collect();
            to.sort();
            let obligation = Obligation {
                party: party.clone(),
                to,
                agreement: (pin.agreement.clone(), pin.hash),
                force: pin.force,
                clause: pin.clause.clone(),
                basis: clause.map(|clause| clause.basis).unwrap_or_default(),
                kind: "consult",
                words: pin.words.clone(),
                opened: incident.raised_at,
                due: Due { at: Some(pin.due.at.unwrap_or(held.raise.acknowledge_by)), clock: pin.due.clock },
            };
            let waived = waived_by(held.waivers.values(), &name, &(pin.agreement.clone(), pin.clause.clone()), party);
            let done = done_by(&core, name, party);
            let of_pin = |place: usize| held.raise.pins.get(place).is_some_and(|of| std::ptr::eq(of, pin));
            let state = match state {
                State::Due | State::Overdue => obligation.state(now, None, &waived),
                met => met,
            };
            ObligationSeen {
                id: number(&name, &obligation),
                basis: clause.map(|clause| clause.basis),
                status: incident.status,
                title: incident.title.clone(),
                incident: held.incident.clone(),
                consultation: Some(name),
                state,
                done,
                waived,
                clocks: BTreeSet::from([incident.raised_by.clone(), party.clone()]),
                disagreements: disagreements.iter().filter(|one| one.pin.is_none_or(of_pin)).cloned().collect(),
                obligation,
            }
        });
        seen.collect()
    }

    /// What this party owes without any incident: meetings, commitments of the texts, what others are to be told.
    pub(crate) fn standing_obligations(&self, now: Timestamp) -> Vec<ObligationSeen> {
        let us = &self.identity.party;
        let mut held: BTreeMap<(AgreementId, ClauseId), Vec<HeldOn>> = BTreeMap::new();
        for one in self.meetings_held(now) {
            if let Some(clause) = one.1.clause.clone() {
                held.entry(clause).or_default().push(one);
            }
        }
        let of_clause = |one: &Obligation| held.get(&(one.agreement.0.clone(), one.clause.clone()));
        let all = standing(&self.agreements, us, day_of(now), |_, _| None).into_iter();
        all.flat_map(|obligation| match obligation.kind {
            "meet" => {
                let held = of_clause(&obligation).map(Vec::as_slice).unwrap_or_default();
                self.meetings_owed(obligation, held, now)
            }
            _ => {
                let id = number(b"", &obligation);
                let done = self.discharged.get(&id).map(|discharge| said(discharge, now));
                vec![self.standing_obligation(id, obligation, done, now)]
            }
        })
        .collect()
    }

    fn standing_obligation(
        &self,
        id: String,
        obligation: Obligation,
        done: Option<Done>,
        now: Timestamp,
    ) -> ObligationSeen {
        let title = self.agreements.get(&obligation.agreement.0).map(|text| text.title.clone());
        ObligationSeen {
            id,
            basis: Some(obligation.basis),
            status: Status::Actual,
            title: title.unwrap_or_default(),
            incident: None,
            consultation: None,
            state: obligation.state(now, done.as_ref().map(|done| done.at), &BTreeSet::new()),
            done,
            waived: BTreeSet::new(),
            clocks: BTreeSet::new(),
            disagreements: Vec::new(),
            obligation,
        }
    }

    /// A duty to meet again and again: the stretch that is not met, and before it the last one that is, with the meeting that is
    /// on record for it, or what a person of this party has said of it.
    fn meetings_owed(&self, obligation: Obligation, held: &[HeldOn], now: Timestamp) -> Vec<ObligationSeen> {
        let text = self.agreements.get(&obligation.agreement.0);
        let wants = |clause: &&Clause| {
            clause.id == obligation.clause
                && matches!(&clause.kind, ClauseKind::Meet { body, .. } if *body == obligation.words)
        };
        let clause = text.and_then(|text| Some((text, text.clauses.iter().find(wants)?)));
        let Some((text, clause @ Clause { kind: ClauseKind::Meet { every, .. }, .. })) = clause else {
            return Vec::new();
        };
        let mut of_it = held.iter().filter(|(_, meeting, _)| meeting.is_for(text, clause)).peekable();
        let name = |from: Date| number(from.to_string().as_bytes(), &obligation);
        let met = |from: Date| {
            while of_it.next_if(|(day, ..)| *day <= from).is_some() {}
            let meeting = of_it.peek().map(|(day, meeting, statement)| (*day, self.held_as(meeting, *statement)));
            let word = self.discharged.get(&name(from)).map(|discharge| said(discharge, now));
            let word = word.map(|done| (day_of(done.at), done));
            [meeting, word].into_iter().flatten().min_by_key(|(day, _)| *day)
        };
        let all = stretches(*every, day_of(obligation.opened), met);
        let last = all.len().saturating_sub(2);
        let seen = all.into_iter().skip(last).map(|stretch| {
            let one = obligation.in_stretch(stretch.from, stretch.until);
            self.standing_obligation(name(stretch.from), one, stretch.met.map(|(_, done)| done), now)
        });
        seen.collect()
    }

    /// A meeting that was held, as what was done about the duty.
    fn held_as(&self, meeting: &Meeting, statement: Digest) -> Done {
        let minutes = meeting.minutes.iter().filter_map(|record| {
            let held = self.records.get(&(meeting.by.clone(), record.clone()))?;
            Some((meeting.by.to_string(), record.to_string(), hex::encode(&held.digest)))
        });
        Done {
            at: meeting.ends,
            by: meeting.by.to_string(),
            note: format!("met: {}", meeting.title),
            evidence: minutes.collect(),
            statement: Some(statement),
        }
    }

    /// The duty that a person means by the first digits of its number.
    ///
    /// # Errors
    /// When there is none that the viewer may know of, or several.
    pub fn obligation(&self, digits: &str, viewer: &Viewer, now: Timestamp) -> Result<ObligationSeen, Refusal> {
        let all = self.obligations(viewer, now);
        one_of("obligation", digits, all.iter().map(|one| (one.id.as_str(), one))).cloned()
    }

    /// A person says that this party has done what it owes, and what shows it. A duty to consult that a consultation has taken
    /// over is done by acknowledging, and not so.
    pub(crate) fn discharge(
        &mut self,
        by: &Viewer,
        digits: &str,
        note: String,
        evidence: &[RecordRef],
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let wrong = |why: String| Err(Refusal::Request(why));
        let one = self.obligation(digits, by, now)?;
        if one.consultation.is_some() {
            return wrong("a consultation has taken it over: it is done by acknowledging there".to_owned());
        }
        if one.obligation.party != self.identity.party {
            return wrong(format!("{} owes it, and alone says when it is done", one.obligation.party));
        }
        if let Some(done) = &one.done {
            return wrong(format!("{} said so already, at {}", done.by, done.at));
        }
        if note.trim().is_empty() || note.len() > MAX_NOTE {
            return wrong(format!("say what was done, in at most {MAX_NOTE} bytes"));
        }
        let evidence = evidence.iter().map(|name| {
            let held = self.find_for(name, by)?;
            let key = held.key();
            Ok(entente_core::consult::Evidence { originator: key.0, record: key.1, digest: held.digest })
        });
        let evidence = evidence_words(&evidence.collect::<Result<Vec<_>, Refusal>>()?);
        let discharge =
            StoredDischarge { obligation: one.id.clone(), by: by.name.clone(), at: now.as_second(), note, evidence };
        self.keep_discharge(&one, discharge, now)?;
        Ok(Answer::Done)
    }

    /// Keeps that a duty is done.
    pub(super) fn keep_discharge(
        &mut self,
        one: &ObligationSeen,
        discharge: StoredDischarge,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let records = self.records_of(one, &discharge.evidence);
        let words = serde_json::json!({
            "obligation": one.id, "incident": one.incident, "agreement": one.obligation.agreement.0.as_str(),
            "clause": one.obligation.clause.as_str(), "by": discharge.by, "note": discharge.note, "records": records,
            "digest": digest(&discharge)?,
        });
        self.keep(Op::Discharged(discharge))?;
        self.state(now, "obligation-done", words)
    }

    /// The records that must be seen by who is told of a duty.
    pub(super) fn records_of(&self, one: &ObligationSeen, more: &[(String, String, String)]) -> Vec<[String; 2]> {
        let incident = one.incident.as_ref().and_then(|number| self.incidents.get(number));
        let shown = incident.into_iter().flat_map(|incident| &incident.evidence);
        shown.chain(more).map(|(originator, record, _)| [originator.clone(), record.clone()]).collect()
    }
}

/// What a person of this party has said of a duty.
fn said(discharge: &StoredDischarge, now: Timestamp) -> Done {
    Done {
        at: Timestamp::from_second(discharge.at).unwrap_or(now),
        by: discharge.by.clone(),
        note: discharge.note.clone(),
        evidence: discharge.evidence.clone(),
        statement: None,
    }
}

/// The statement by which a party has consulted: the raising, or its first acknowledgement.
fn done_by(core: &fold::Consultation<'_>, name: Digest, party: &Party) -> Option<Done> {
    let raise = core.raise;
    if *party == raise.incident.raised_by {
        let at = raise.incident.raised_at;
        let note = "raised the consultation".to_owned();
        return Some(Done { at, by: party.to_string(), note, evidence: Vec::new(), statement: Some(name) });
    }
    let is_acknowledged = matches!(core.stances.get(party), Some(Stance::Acknowledged(_)));
    let steps = core.steps.get(party).filter(|_| is_acknowledged)?;
    let found = steps.iter().filter_map(|(digest, step)| match &step.kind {
        entente_core::consult::Kind::Acknowledge { person } => Some((step.at, *digest, person)),
        _ => None,
    });
    let (at, digest, person) = found.min_by_key(|(at, digest, _)| (*at, *digest))?;
    let note = format!("acknowledged by {person}");
    Some(Done { at, by: party.to_string(), note, evidence: Vec::new(), statement: Some(digest) })
}
