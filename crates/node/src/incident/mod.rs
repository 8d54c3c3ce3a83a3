//! Incidents: something happened, and a person or a rule of this party says so in one action. What the agreements in force at
//! that moment make of it is worked out then, kept with it, and stays, whatever becomes of the agreements.
//!
//! An incident is this party's own and tells nobody else; a consultation does ([`crate::consult`]). Key types:
//! [`RaiseIncident`], [`StoredIncident`].

mod stored;
mod obligation;
mod deadline;
mod notice;
mod rules;

use entente_core::{
    agreement::clause::Notifier,
    alert::Severity,
    consult::{Evidence, Incident, Place, Precedence, owed},
    record::Status,
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    alert::missile,
    hex,
    wire::{MAX_ITEMS, MAX_NOTE, MAX_WORD},
};
use rand_core::CryptoRng;

pub(crate) use self::{
    deadline::Deadlines,
    notice::{Happening, Notices},
};
pub use self::{
    obligation::{Done, ObligationSeen},
    stored::{OwnWords, StoredDischarge, StoredIncident, StoredObligation, StoredPlace},
};
use crate::{
    event::{Answer, RecordRef, Refusal},
    op::Op,
    state::{Key, Node},
    statement::Concerns,
};

/// How a person names an incident, a duty or a consultation: the first hex digits of its number.
const FEWEST_DIGITS: usize = 4;

/// An incident, as a person raises it. What is left out is taken from what shows it.
#[derive(Clone, Debug)]
pub struct RaiseIncident {
    /// Who.
    pub by: Viewer,
    /// One line for people.
    pub title: Option<String>,
    /// What kind of thing: the word of the clauses.
    pub trigger: Option<String>,
    /// Where.
    pub place: Option<Place>,
    /// Since when.
    pub began: Option<Timestamp>,
    /// Until when, if it is over.
    pub ended: Option<Timestamp>,
    /// Actual, exercise or test.
    pub status: Option<Status>,
    /// How urgent.
    pub precedence: Option<Precedence>,
    /// Records that show it; alerts are records.
    pub evidence: Vec<RecordRef>,
    /// Whether this party had what is concerned as its provider or as its recipient, for duties to notify.
    pub role: Option<Notifier>,
}

impl Node {
    pub(crate) fn apply_incident(&mut self, stored: &StoredIncident) {
        self.await_receipts(stored);
        self.note_fired(stored);
        self.deadlines.of_incident(stored);
        self.incidents.insert(stored.number.clone(), stored.clone());
    }

    pub(crate) fn raise_incident(
        &mut self,
        raise: RaiseIncident,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let wrong = |why: &str| Err(Refusal::Request(why.to_owned()));
        let mut evidence = Vec::new();
        let (mut title, mut trigger, mut place, mut began) = (None, None, None, None);
        let (mut shown, mut precedence) = (None, None);
        for name in &raise.evidence {
            let held = self.find_for(name, &raise.by)?;
            let key = held.key();
            let status = held.alike().status;
            if shown.is_some_and(|other| other != status) {
                return wrong("some of what shows it is real and some a drill: an incident is one or the other");
            }
            shown = Some(status);
            title = title.or_else(|| Some(held.title().to_owned()));
            if let Some(warning) = self.warnings.get(&key) {
                let message = &warning.message;
                precedence = Some(Precedence::Flash);
                began = began.or(Some(message.name.sent));
                place = place.or_else(|| place_of(message));
                let is_missile = warning.profile == Some(missile::VERSION);
                trigger = trigger.or_else(|| is_missile.then(|| "missile-launch".to_owned()));
            }
            evidence.push(Evidence { originator: key.0, record: key.1, digest: held.digest });
        }
        if evidence.len() > MAX_ITEMS {
            return Err(Refusal::Request(format!("at most {MAX_ITEMS} records show one incident")));
        }
        let status = raise.status.or(shown).unwrap_or_default();
        if status == Status::Actual && shown.is_some_and(|shown| shown != Status::Actual) {
            return wrong("what shows it is a drill's: give the incident the same status");
        }
        let own = OwnWords {
            title: raise.title.is_some(),
            trigger: raise.trigger.is_some(),
            began: raise.began.is_some() || began.is_none(),
        };
        let given = raise.title.or(title);
        let Some(title) = given.filter(|title| !title.trim().is_empty()) else {
            return wrong("say in one line what happened, with a title");
        };
        let Some(trigger) = raise.trigger.or(trigger) else {
            return wrong(
                "say what kind of thing it is, with a trigger: the word of the clauses, such as missile-launch",
            );
        };
        if [&title, &trigger].iter().any(|word| word.len() > MAX_WORD || word.chars().any(char::is_control))
            || trigger.trim().is_empty()
        {
            return Err(Refusal::Request(format!("a title and a trigger are one line of at most {MAX_WORD} bytes")));
        }
        let is_own_place = raise.place.is_some();
        let place = raise.place.or(place);
        if place.as_ref().is_some_and(|place| place.name.len() > MAX_NOTE || place.shapes.len() > MAX_ITEMS) {
            return Err(Refusal::Request(format!(
                "a place has a name of at most {MAX_NOTE} bytes and at most {MAX_ITEMS} shapes"
            )));
        }
        let incident = Incident {
            title,
            trigger,
            place,
            began: raise.began.or(began).unwrap_or(now),
            ended: raise.ended,
            status,
            precedence: raise.precedence.or(precedence).unwrap_or(Precedence::Immediate),
            evidence,
            raised_by: self.identity.party.clone(),
            raised_at: now,
            role: raise.role,
        };
        let number = self.keep_incident(&incident, &raise.by.name, None, (is_own_place, own), now, rng)?;
        Ok(Answer::Incident(number))
    }

    /// Keeps an incident with the duties that it opens.
    fn keep_incident(
        &mut self,
        incident: &Incident,
        by: &str,
        rule: Option<&str>,
        own: (bool, OwnWords),
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<[u8; 16], Refusal> {
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        // As it stands now: what is suspended later began all the same.
        let opened = owed(&self.agreements, incident, &self.desk.clocks);
        let stored = StoredIncident::of(&number, incident, by, rule, own, opened.all());
        self.keep_stored_incident(stored, now)?;
        Ok(number)
    }

    /// The same, once it has its duties.
    fn keep_stored_incident(&mut self, stored: StoredIncident, now: Timestamp) -> Result<(), Refusal> {
        let evidence: Vec<[&str; 2]> =
            stored.evidence.iter().map(|(originator, record, _)| [originator.as_str(), record.as_str()]).collect();
        let words = serde_json::json!({
            "incident": stored.number, "title": stored.title, "trigger": stored.trigger, "status": stored.status,
            "precedence": stored.precedence, "by": stored.by, "rule": stored.rule, "notice": stored.notice,
            "records": evidence,
            "obligations": stored.obligations.iter().map(|one| &one.id).collect::<Vec<_>>(),
            "digest": stored::digest(&stored)?,
        });
        self.keep(Op::Incident(stored))?;
        self.state_of(now, "incident", Concerns::default(), words)
    }

    /// The incidents that the viewer may see: those all of whose evidence it may see, or could before that was called back.
    pub fn incidents(&self, viewer: &Viewer) -> impl Iterator<Item = &StoredIncident> {
        self.incidents.values().filter(|incident| self.may_see_incident(incident, viewer))
    }

    pub(crate) fn may_see_incident(&self, incident: &StoredIncident, viewer: &Viewer) -> bool {
        incident.keys().all(|key| self.records.get(&key).is_some_and(|held| self.could_see(held, viewer)))
    }

    /// The incident that a person means by the first digits of its number.
    ///
    /// # Errors
    /// When there is none that the viewer may see, or several.
    pub fn incident(&self, digits: &str, viewer: &Viewer) -> Result<&StoredIncident, Refusal> {
        one_of("incident", digits, self.incidents(viewer).map(|incident| (incident.number.as_str(), incident)))
    }

    /// Whether a party has what shows an incident: then it may learn what was taken from it.
    pub(crate) fn knows_evidence(&self, incident: &StoredIncident, party: &entente_core::Party) -> bool {
        incident.keys().all(|key| self.has_for_sure(&key, party))
    }
}

/// The one thing whose number begins so.
pub(crate) fn one_of<'a, T>(what: &str, digits: &str, all: impl Iterator<Item = (&'a str, T)>) -> Result<T, Refusal> {
    let missing = || Refusal::NotHere(format!("{what} `{digits}`"));
    if digits.len() < FEWEST_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::Request(format!(
            "`{digits}` names no {what}: give its number, or at least {FEWEST_DIGITS} of its first digits"
        )));
    }
    let digits = digits.to_ascii_lowercase();
    let mut found = all.filter(|(number, _)| number.starts_with(&digits)).map(|(_, one)| one);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(missing()),
        (Some(_), Some(_)) => {
            Err(Refusal::Request(format!("several begin with `{digits}`: give more digits of the {what}'s number")))
        }
    }
}

/// The areas of a warning as a place.
pub(super) fn place_of(message: &entente_core::alert::Message) -> Option<Place> {
    let worst = message.level()?.severity;
    // Where it is worst: a bulletin of a hundred areas is no place.
    let notices = message.notices.iter().filter(|notice| notice.level.severity == worst || worst == Severity::Unknown);
    let areas: Vec<_> = notices.flat_map(|notice| &notice.areas).collect();
    if areas.is_empty() {
        return None;
    }
    let mut names: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
    names.dedup();
    let shapes = areas.iter().flat_map(|area| area.shapes.iter().cloned()).take(MAX_ITEMS).collect();
    Some(Place { name: clipped(&names.join("; "), MAX_NOTE), shapes })
}

/// The beginning of a text, of at most so many bytes.
pub(crate) fn clipped(text: &str, limit: usize) -> String {
    let end = (0..=text.len().min(limit)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default().to_owned()
}

impl StoredIncident {
    /// The records that show it.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.evidence.iter().map(|(originator, record, _)| (originator.as_str().into(), record.as_str().into()))
    }

    /// Its number in bytes.
    pub fn number_bytes(&self) -> [u8; 16] {
        hex::decode(&self.number).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }
}
