//! A person raises a consultation from an incident: the message that starts the clocks of the parties. It pins the clauses that
//! ask for it, as they stood when the incident was raised.
//!
//! It says nothing that its readers may not know: a text is pinned only where every participant is a party of it; a record is
//! named, and what was taken from one told, only where every participant has it for sure.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, Party,
    consult::{Closing, Due, Incident, Phase, Pin, Precedence, Raise},
    record::Status,
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    hex,
    wire::{
        Canonical, MAX_AGREEMENTS, MAX_WORD, Signed,
        consult::{MAX_PARTICIPANTS, RaiseStatement},
        payload,
    },
};
use rand_core::CryptoRng;

use super::{Held, MAX_OPEN, MAX_RAISED, StoredStatement, disagree::head};
use crate::{
    event::{Answer, Refusal},
    inbox::{Said, accepted, held, refused},
    incident::StoredIncident,
    keyring::Word,
    lane::Lane,
    op::Op,
    state::{Node, sha256},
};

/// The longest that a person may give the parties, in seconds: a year.
const LONGEST: u32 = 366 * 24 * 3600;

/// A consultation, as a person raises it.
#[derive(Clone, Debug)]
pub struct RaiseConsultation {
    /// Who.
    pub by: Viewer,
    /// The incident, by the first digits of its number.
    pub incident: String,
    /// The agreement that asks for it; needed where several do.
    pub under: Option<AgreementId>,
    /// The other participants; the parties of the agreement when empty.
    pub with: Vec<Party>,
    /// Within how many seconds each is to acknowledge, where that is not to be what the clauses or the settings say.
    pub acknowledge_within: Option<u32>,
    /// After how many seconds it may be closed without who is silent.
    pub close_within: Option<u32>,
    /// Where to meet or talk.
    pub link: Option<String>,
    /// What happened, in words that all participants may read; as the incident has it when absent.
    pub title: Option<String>,
    /// What kind of thing it is, said once more: that all participants may know it.
    pub trigger: Option<String>,
}

impl Node {
    pub(crate) fn raise_consultation(
        &mut self,
        raise: &RaiseConsultation,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let stored = self.incident(&raise.incident, &raise.by)?.clone();
        let us = self.identity.party.clone();
        let incident = stored.read(&us);
        let asking = asking(&stored);
        let participants = self.participants(raise, &asking)?;
        for party in participants.iter().filter(|party| **party != us) {
            self.partner(party, now)?;
        }
        // Two at one desk do the same at once: the second would call everybody again, to another room.
        let is_over = |phase| matches!(phase, Phase::Closed | Phase::Declined | Phase::Lapsed);
        let open = self
            .consultations_of(&stored)
            .find(|(name, held)| held.raise.participants == participants && !is_over(held.core(*name).phase(now)));
        if let Some((name, _)) = open {
            let digits: String = hex::encode(&name).chars().take(12).collect();
            return Err(Refusal::Request(format!(
                "these parties consult on this incident already: {digits}; take part in that one"
            )));
        }
        let pins = self.pins(&stored, &asking, raise.under.as_ref(), &participants);
        let within = |seconds: u32| Timestamp::from_second(now.as_second().saturating_add(i64::from(seconds)));
        let moment = |seconds: u32| within(seconds).map_err(|error| Refusal::Request(error.to_string()));
        if [raise.acknowledge_within, raise.close_within].into_iter().flatten().any(|seconds| seconds > LONGEST) {
            return Err(Refusal::Request("no time of a consultation is longer than a year".to_owned()));
        }
        let earliest = pins.iter().filter_map(|pin| pin.due.at).min().filter(|due| *due > now);
        let acknowledge_by = match (raise.acknowledge_within, earliest) {
            (Some(seconds), _) => moment(seconds)?,
            (None, Some(due)) => due,
            (None, None) => moment(self.local_clock(incident.precedence))?,
        };
        let close_by = moment(raise.close_within.unwrap_or(self.desk.close_after))?.max(acknowledge_by);
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        let unknowing: Vec<&Party> = participants.iter().filter(|party| !self.knows_evidence(&stored, party)).collect();
        let all_know = unknowing.is_empty();
        let title = own_words(&stored, raise, &unknowing)?;
        let raised = Raise {
            number,
            // Its time is that of this message: the raiser has consulted by it, and not before.
            incident: Incident {
                place: incident.place.filter(|_| stored.is_own_place || all_know),
                evidence: if all_know { incident.evidence } else { Vec::new() },
                began: if stored.own.began || all_know { incident.began } else { now },
                title,
                raised_at: now,
                ..incident
            },
            participants,
            pins,
            acknowledge_by,
            close_by,
            link: raise.link.clone(),
        };
        let statement = RaiseStatement::of(&raised);
        statement.read().map_err(|error| Refusal::Request(error.to_string()))?;
        let signed = self.sign(payload::CONSULT_RAISE, statement.to_bytes())?;
        let name = sha256(&signed.statement);
        self.keep_raise(
            &raised,
            StoredStatement { signed, from: us, known: now.as_second() },
            Some(stored.number),
            now,
        )?;
        self.tell(now, rng)?;
        Ok(Answer::Consultation(name))
    }

    /// How long people have here where no text names a time, in seconds.
    fn local_clock(&self, precedence: Precedence) -> u32 {
        self.desk.clocks.consult.get(&precedence).copied().unwrap_or(24 * 3600)
    }

    /// Who takes part.
    fn participants(
        &self,
        raise: &RaiseConsultation,
        asking: &BTreeMap<AgreementId, BTreeSet<Party>>,
    ) -> Result<Vec<Party>, Refusal> {
        let wrong = |why: String| Err(Refusal::Request(why));
        let us = &self.identity.party;
        let mut parties: BTreeSet<Party> = match &raise.under {
            _ if !raise.with.is_empty() => raise.with.iter().cloned().collect(),
            Some(id) => match asking.get(id) {
                Some(parties) => parties.clone(),
                None => return wrong(format!("no clause of `{id}` asked to consult when this was raised")),
            },
            None => {
                let mut sets: Vec<&BTreeSet<Party>> = asking.values().collect();
                sets.dedup();
                match sets.as_slice() {
                    [parties] => (*parties).clone(),
                    [] => {
                        return wrong(
                            "no clause in force asks to consult on this; name the parties, with --with".into(),
                        );
                    }
                    _ => {
                        let texts: Vec<&str> = asking.keys().map(AgreementId::as_str).collect();
                        return wrong(format!(
                            "several texts ask for it, of different parties: {}; say which, with --under, or name the \
                             parties, with --with",
                            texts.join(", ")
                        ));
                    }
                }
            }
        };
        parties.insert(us.clone());
        if parties.len() < 2 || parties.len() > MAX_PARTICIPANTS {
            return wrong(format!("a consultation has 2 to {MAX_PARTICIPANTS} participants"));
        }
        Ok(parties.into_iter().collect())
    }

    /// The clauses that ask for it, of texts to which all participants are parties.
    fn pins(
        &self,
        stored: &StoredIncident,
        asking: &BTreeMap<AgreementId, BTreeSet<Party>>,
        under: Option<&AgreementId>,
        participants: &[Party],
    ) -> Vec<Pin> {
        let is_common = |id: &AgreementId| {
            under.is_none_or(|under| under == id)
                && asking.get(id).is_some_and(|parties| participants.iter().all(|party| parties.contains(party)))
        };
        let mut pins: Vec<Pin> = Vec::new();
        for stored in stored.obligations.iter().filter(|one| one.kind == "consult") {
            let one = stored.read();
            let (id, hash) = &one.agreement;
            if !is_common(id) || !participants.contains(&one.party) {
                continue;
            }
            let is_same = |pin: &&mut Pin| (&pin.agreement, &pin.clause, &pin.words) == (id, &one.clause, &one.words);
            if let Some(pin) = pins.iter_mut().find(is_same) {
                if !pin.parties.contains(&one.party) {
                    pin.parties.push(one.party);
                }
                continue;
            }
            let text = self.agreements.get(id).filter(|text| text.hash == *hash);
            pins.push(Pin {
                agreement: id.clone(),
                hash: *hash,
                head: text.map(head).unwrap_or_default(),
                force: one.force,
                clause: one.clause,
                words: one.words,
                parties: vec![one.party],
                due: Due { at: one.due.at, clock: one.due.clock },
            });
        }
        pins.truncate(MAX_AGREEMENTS);
        pins
    }

    fn keep_raise(
        &mut self,
        raise: &Raise,
        stored: StoredStatement,
        incident: Option<String>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let name = hex::encode(&sha256(&stored.signed.statement));
        let words = serde_json::json!({
            "consultation": name, "incident": incident, "by": raise.incident.raised_by.as_str(),
            "title": raise.incident.title, "trigger": raise.incident.trigger, "status": raise.incident.status.as_str(),
            "precedence": raise.incident.precedence.as_str(), "from": stored.from.as_str(), "statement": name,
            "participants": raise.participants.iter().map(Party::as_str).collect::<Vec<_>>(),
        });
        self.keep(Op::ConsultRaise { stored, incident })?;
        self.state(now, "consultation", words)
    }

    /// A partner raises a consultation, or hands on that another has.
    pub(crate) fn take_raise(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let read = RaiseStatement::from_bytes(&signed.statement).and_then(|statement| statement.read());
        let raise = match read {
            Ok(raise) => raise,
            Err(error) => return Ok(refused(error)),
        };
        let (us, by) = (self.identity.party.clone(), raise.incident.raised_by.clone());
        if !raise.participants.contains(&us) || !raise.participants.contains(from) {
            return Ok(refused("a consultation in which one of us takes no part"));
        }
        if let Err(said) = self.signed_by(&by, payload::CONSULT_RAISE, &signed) {
            return Ok(as_if_unknown(from, &by, said));
        }
        let name = sha256(&signed.statement);
        if self.consultations.contains_key(&name) {
            return Ok(accepted());
        }
        let of_raiser = |held: &&Held| held.raise.incident.raised_by == by;
        if self.consultations.values().filter(of_raiser).count() >= MAX_RAISED {
            return Ok(refused(format!("{MAX_RAISED} consultations of {by} are here already")));
        }
        let is_open = |name: &[u8; 32], held: &Held| {
            now < held.raise.close_by && !matches!(held.core(*name).closing, Closing::Closed { .. })
        };
        let is_drill = |raise: &Raise| raise.incident.status != Status::Actual;
        let alike = self.consultations.iter().filter(|(_, held)| is_drill(&held.raise) == is_drill(&raise));
        if alike.filter(|(name, held)| of_raiser(held) && is_open(name, held)).count() >= MAX_OPEN {
            return Ok(refused(format!("{MAX_OPEN} consultations of {by} are open already")));
        }
        let double = self.consultations.values().filter(of_raiser).find(|held| held.raise.number == raise.number);
        if let Some(double) = double {
            let why = format!("{by} has raised two different consultations under one number; both are kept");
            let evidence = [double.raised.signed.to_bytes(), signed.to_bytes()].concat();
            self.raise(&by, Some(Lane::Urgent), &why, &evidence, now)?;
        }
        self.keep_raise(&raise, StoredStatement { signed, from: from.clone(), known: now.as_second() }, None, now)?;
        Ok(accepted())
    }

    /// Whether a party has signed a statement of a consultation, with a key that counts.
    pub(super) fn signed_by(&self, by: &Party, payload_type: &str, signed: &Signed) -> Result<(), Said> {
        let Some(signer) = self.partners.get(by) else { return Err(held(format!("no party file of `{by}` here"))) };
        match signer.word(payload_type, &signed.statement, &signed.signature, None) {
            Word::Good => Ok(()),
            Word::None => Err(refused(format!("it is not signed by {by}"))),
            Word::Revoked(since) => Err(held(format!("{by} signed it with a key that it has revoked since {since}"))),
        }
    }
}

/// What is said of a statement that its maker has not signed, as its sender hands it on: whom this party knows is not the sender's
/// business, which hears the same of a maker that is unknown here. Its own words it knows.
pub(super) fn as_if_unknown(from: &Party, by: &Party, said: Said) -> Said {
    match (from == by, said) {
        (true, said) => said,
        (false, (_, why)) => held(why.unwrap_or_default()),
    }
}

/// What the participants are told of what happened. Words that were taken from a record go to nobody who does not have it: then a
/// person says them, knowing who reads them.
fn own_words(stored: &StoredIncident, raise: &RaiseConsultation, unknowing: &[&Party]) -> Result<String, Refusal> {
    let wrong = |why: String| Err(Refusal::Request(why));
    if let Some(trigger) = raise.trigger.as_ref().filter(|trigger| **trigger != stored.trigger) {
        return wrong(format!(
            "the duties of this incident are those of `{}`, and not of `{trigger}`: raise another incident for that",
            stored.trigger
        ));
    }
    let lacks = unknowing.iter().map(|party| party.as_str()).collect::<Vec<_>>().join(", ");
    if raise.title.is_none() && !stored.own.title && !unknowing.is_empty() {
        return wrong(format!(
            "its title was taken from a record that {lacks} does not have for sure: say in words that other governments may \
             read what happened, with a title"
        ));
    }
    if raise.trigger.is_none() && !stored.own.trigger && !unknowing.is_empty() {
        return wrong(format!(
            "that it is a `{}` was taken from a record that {lacks} does not have for sure: say it once more, with a trigger, if \
             other governments may know it",
            stored.trigger
        ));
    }
    let title = raise.title.as_ref().unwrap_or(&stored.title);
    if title.trim().is_empty() || title.len() > MAX_WORD || title.chars().any(char::is_control) {
        return wrong(format!("a title is one line of at most {MAX_WORD} bytes"));
    }
    Ok(title.clone())
}

/// The texts whose clauses asked to consult, each with the parties between which it was in force.
fn asking(stored: &StoredIncident) -> BTreeMap<AgreementId, BTreeSet<Party>> {
    let mut asking: BTreeMap<AgreementId, BTreeSet<Party>> = BTreeMap::new();
    for one in stored.obligations.iter().filter(|one| one.kind == "consult") {
        let parties = asking.entry(one.agreement.as_str().into()).or_default();
        parties.extend(one.to.iter().chain([&one.party]).map(|code| Party::from(code.as_str())));
    }
    asking
}
