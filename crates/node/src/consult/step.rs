//! Steps: what a person does in a consultation becomes the next signed statement of this party; what others have signed is
//! taken from whoever hands it on.

use entente_core::{
    Party,
    consult::{Closing, Digest, Effects, Evidence, Kind, Proposal, Stance, Step, commitment::Waiver, effects::Choice},
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    hex,
    wire::{
        Canonical, MAX_NOTE, Signed,
        consult::{CommitmentWord, MAX_PARTICIPANTS, StepStatement, WaiverStatement, item_digest},
        payload,
    },
};
use rand_core::CryptoRng;

use super::{Held, KeptStatement, MAX_STATEMENTS, Sort, StoredStatement, raise::as_if_unknown, read_waiver};
use crate::{
    event::{Answer, RecordRef, Refusal},
    inbox::{Said, accepted, held, refused},
    incident::one_of,
    lane::Lane,
    op::Op,
    state::{Node, sha256},
};

/// What a person does in a consultation. Items and statements of effects are named by the first hex digits of their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "variants and fields are those of `entente_core::consult::Kind`")]
pub enum Deed {
    Convene {
        at: Timestamp,
        place: String,
    },
    Acknowledge,
    Decline {
        reason: String,
    },
    Escalate {
        to: String,
        reason: String,
    },
    ProposeMessage {
        text: String,
        replaces: Option<String>,
    },
    ProposeAction {
        what: String,
        owner: Party,
        due: Option<Timestamp>,
    },
    Agree {
        item: String,
    },
    Object {
        item: String,
        reason: String,
    },
    Effects(EffectsDraft),
    /// Without a statement of effects the one that others close on, or the only whole one; without a message the only agreed
    /// one.
    Close {
        effects: Option<String>,
        message: Option<String>,
        without: Vec<Party>,
        note: String,
        dissent: Option<String>,
    },
}

/// A statement of effects, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectsDraft {
    /// The options.
    pub options: Vec<Choice>,
    /// Which is chosen, from 0.
    pub chosen: u32,
    /// Why.
    pub because: String,
    /// The records that it rests on.
    pub evidence: Vec<RecordRef>,
    /// What parties say against it.
    pub dissent: Vec<(Party, String)>,
}

impl Node {
    /// The consultation that a person means by the first digits of its name.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn consultation_named(&self, digits: &str) -> Result<Digest, Refusal> {
        let names: Vec<(String, Digest)> = self.consultations.keys().map(|name| (hex::encode(name), *name)).collect();
        one_of("consultation", digits, names.iter().map(|(text, name)| (text.as_str(), *name)))
    }

    pub(crate) fn take_part(
        &mut self,
        by: &Viewer,
        name: &str,
        deed: Deed,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let name = self.consultation_named(name)?;
        let held = self.consultations.get(&name).ok_or_else(|| Refusal::Ours("no such consultation".to_owned()))?;
        self.may_number_for(&held.raise.participants)?;
        let kind = self.kind_of(by, name, held, deed, now)?;
        let us = self.identity.party.clone();
        let own =
            held.steps.iter().filter(|(_, step)| step.by == us).max_by_key(|(digest, step)| (step.number, **digest));
        let (number, previous) = own.map_or((1, name), |(digest, step)| (step.number.saturating_add(1), *digest));
        if held.count_of(&us) >= MAX_STATEMENTS {
            return Err(Refusal::Request(format!("{MAX_STATEMENTS} steps of {us} are enough for one consultation")));
        }
        let mut seen = held.core(name).heads_without(&us);
        seen.truncate(MAX_PARTICIPANTS);
        let step = Step { by: us.clone(), raise: name, number, previous, seen, at: now, kind };
        let statement = StepStatement::of(&step);
        statement.read().map_err(|error| Refusal::Request(error.to_string()))?;
        let signed = self.sign(payload::CONSULT_STEP, statement.to_bytes())?;
        let digest = sha256(&signed.statement);
        self.keep_step(&step, StoredStatement { signed, from: us, known: now.as_second() }, now)?;
        self.tell(now, rng)?;
        Ok(Answer::Step(digest))
    }

    /// What the deed is as a step, where it makes sense as things stand.
    fn kind_of(&self, by: &Viewer, name: Digest, held: &Held, deed: Deed, now: Timestamp) -> Result<Kind, Refusal> {
        let core = held.core(name);
        let us = &self.identity.party;
        let wrong = |why: String| Err(Refusal::Request(why));
        let item = |digits: &str| -> Result<Digest, Refusal> {
            let items: Vec<(String, Digest)> = core.items.keys().map(|item| (hex::encode(item), *item)).collect();
            one_of("item", digits, items.iter().map(|(text, item)| (text.as_str(), *item)))
        };
        let propose = |proposal: Proposal| Kind::Propose { item: item_digest(&proposal), proposal };
        let stance = core.stances.get(us).copied().unwrap_or(Stance::Silent);
        Ok(match deed {
            Deed::Acknowledge if *us == held.raise.incident.raised_by => {
                return wrong("this party has raised it, and need not acknowledge".to_owned());
            }
            Deed::Acknowledge if matches!(stance, Stance::Acknowledged(_)) => {
                return wrong(format!("{us} has acknowledged it already"));
            }
            Deed::Acknowledge => Kind::Acknowledge { person: by.name.clone() },
            Deed::Decline { .. } if matches!(stance, Stance::Declined(_)) => {
                return wrong(format!("{us} has declined already"));
            }
            Deed::Decline { reason } => Kind::Decline { reason },
            Deed::Convene { at, place } => Kind::Convene { at, place },
            Deed::Escalate { to, reason } => Kind::Escalate { to, reason },
            Deed::ProposeMessage { text, replaces } => {
                let replaces = replaces.as_deref().map(item).transpose()?;
                propose(Proposal::Message { text, replaces })
            }
            Deed::ProposeAction { what, owner, due } => {
                if !held.has(&owner) {
                    return wrong(format!("{owner} takes no part: an action is one of a participant"));
                }
                propose(Proposal::Action { what, owner, due })
            }
            Deed::Agree { item: digits } => {
                let item = item(&digits)?;
                if core.items.get(&item).is_some_and(|known| known.agreed.contains_key(us)) {
                    return wrong(format!("{us} has signed it already"));
                }
                Kind::Agree { item }
            }
            Deed::Object { item: digits, reason } => Kind::Object { item: item(&digits)?, reason },
            Deed::Effects(draft) => Kind::Effects(self.effects(by, held, draft)?),
            Deed::Close { .. } if matches!(&core.closing, Closing::Closed { notes, .. } if notes.contains_key(us)) => {
                return wrong(format!("it is closed, and {us} has said its closing note"));
            }
            Deed::Close { effects, message, without, note, dissent } => {
                if let Some(party) = without.iter().find(|party| !held.has(party)) {
                    return wrong(format!("{party} takes no part"));
                }
                if !without.is_empty() && now < held.raise.close_by {
                    return wrong(format!("nobody is left out before {}", held.raise.close_by));
                }
                let effects = match effects {
                    Some(digits) => {
                        let all: Vec<_> = core.effects.keys().map(|digest| (hex::encode(digest), *digest)).collect();
                        one_of("statement of effects", &digits, all.iter().map(|(text, one)| (text.as_str(), *one)))?
                    }
                    None => closed_on(&core)?,
                };
                if let Some(lacks) = core.effects.get(&effects).and_then(|(_, effects)| effects.lacks()) {
                    return wrong(format!("the statement of effects is not whole: {lacks}"));
                }
                let message = match (message, core.messages().as_slice()) {
                    (Some(digits), _) => Some(item(&digits)?),
                    (None, []) => None,
                    (None, [(only, _)]) => Some(*only),
                    (None, _) => return wrong("several messages are agreed: say which it closes on".to_owned()),
                };
                Kind::Close { effects, message, without, note, dissent }
            }
        })
    }

    /// A statement of effects names records only to who has them.
    fn effects(&self, by: &Viewer, held: &Held, draft: EffectsDraft) -> Result<Effects, Refusal> {
        let EffectsDraft { options, chosen, because, evidence, dissent } = draft;
        let mut records = Vec::with_capacity(evidence.len());
        for name in &evidence {
            let record = self.find_for(name, by)?;
            let key = record.key();
            let mut others = held.raise.participants.iter().filter(|party| **party != self.identity.party);
            if let Some(party) = others.find(|party| !self.has_for_sure(&key, party)) {
                return Err(Refusal::Request(format!(
                    "{party} has not receipted `{}`, and would learn that there is one: give it first and wait until it has \
                     arrived, or leave it out",
                    key.1
                )));
            }
            records.push(Evidence { originator: key.0, record: key.1, digest: record.digest });
        }
        let effects = Effects { options, chosen, because, evidence: records, dissent };
        match effects.lacks() {
            Some(lacks) => Err(Refusal::Request(format!("the statement of effects is not whole: {lacks}"))),
            None => Ok(effects),
        }
    }

    fn keep_step(&mut self, step: &Step, stored: StoredStatement, now: Timestamp) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "consultation": hex::encode(&step.raise), "by": step.by.as_str(), "step": step.kind.as_str(),
            "number": step.number, "from": stored.from.as_str(), "statement": hex::encode(&sha256(&stored.signed.statement)),
        });
        self.keep(Op::ConsultStep(stored))?;
        self.state(now, "consultation-step", words)
    }

    /// A step that a participant has made, from whichever participant hands it on.
    pub(crate) fn take_step(&mut self, from: &Party, signed: Signed, now: Timestamp) -> Result<Said, Refusal> {
        let read = StepStatement::from_bytes(&signed.statement).and_then(|statement| statement.read());
        let step = match read {
            Ok(step) => step,
            Err(error) => return Ok(refused(error)),
        };
        let digest = sha256(&signed.statement);
        let found = match self.to_take(from, step.raise, &step.by, payload::CONSULT_STEP, &signed) {
            Ok(found) => found,
            Err(said) => return Ok(said),
        };
        if found.steps.contains_key(&digest) {
            return Ok(accepted());
        }
        let double = found.steps.iter().find(|(_, other)| other.by == step.by && other.number == step.number);
        let double = double.and_then(|(other, _)| found.kept.iter().find(|kept| kept.digest == *other));
        if let Some(KeptStatement { stored, .. }) = double {
            let why = format!(
                "{} has signed two different steps {} in the consultation {}; both are kept",
                step.by,
                step.number,
                hex::encode(&step.raise)
            );
            let evidence = [stored.signed.to_bytes(), signed.to_bytes()].concat();
            self.raise(&step.by, Some(Lane::Urgent), &why, &evidence, now)?;
        }
        self.keep_step(&step, StoredStatement { signed, from: from.clone(), known: now.as_second() }, now)?;
        Ok(accepted())
    }

    /// The consultation that a statement of `by` belongs to, if it may be taken from `from`.
    fn to_take(
        &self,
        from: &Party,
        name: Digest,
        by: &Party,
        payload_type: &str,
        signed: &Signed,
    ) -> Result<&Held, Said> {
        // Who takes no part hears the same as of one that is not here.
        let found = self.consultations.get(&name).filter(|found| found.has(from));
        let Some(found) = found else { return Err(held("it is of a consultation that is not here")) };
        if !found.has(by) {
            return Err(refused(format!("{by} takes no part in the consultation")));
        }
        self.signed_by(by, payload_type, signed).map_err(|said| as_if_unknown(from, by, said))?;
        if found.count_of(by) >= MAX_STATEMENTS {
            return Err(refused(format!("{MAX_STATEMENTS} statements of {by} are here already")));
        }
        Ok(found)
    }

    /// A person waives a duty that a consultation pins, for this party.
    pub(crate) fn waive(
        &mut self,
        by: &Viewer,
        digits: &str,
        note: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let wrong = |why: String| Err(Refusal::Request(why));
        let one = self.obligation(digits, by, now)?;
        let Some(of) = one.consultation else {
            return wrong(
                "a duty is waived in its consultation, where all whom it concerns are told; raise that first".into(),
            );
        };
        if one.waived.contains(&self.identity.party) {
            return wrong(format!("{} has waived it already", self.identity.party));
        }
        if note.len() > MAX_NOTE {
            return wrong(format!("a note has at most {MAX_NOTE} bytes"));
        }
        let waiver = Waiver {
            by: self.identity.party.clone(),
            of,
            clause: (one.obligation.agreement.0, one.obligation.clause),
            party: one.obligation.party,
            note,
            at: now,
        };
        let statement = CommitmentWord::Waived(WaiverStatement::of(&waiver));
        let signed = self.sign(payload::COMMITMENT, statement.to_bytes())?;
        let from = self.identity.party.clone();
        self.keep_waiver(&waiver, StoredStatement { signed, from, known: now.as_second() }, now)?;
        self.tell(now, rng)?;
        Ok(Answer::Done)
    }

    fn keep_waiver(&mut self, waiver: &Waiver, stored: StoredStatement, now: Timestamp) -> Result<(), Refusal> {
        let words = serde_json::json!({
            "consultation": hex::encode(&waiver.of), "by": waiver.by.as_str(), "step": "waive",
            "agreement": waiver.clause.0.as_str(), "clause": waiver.clause.1.as_str(), "party": waiver.party.as_str(),
            "from": stored.from.as_str(), "statement": hex::encode(&sha256(&stored.signed.statement)),
        });
        self.keep(Op::Waiver(stored))?;
        self.state(now, "consultation-step", words)
    }

    /// A word on a commitment, where it is a waiver; nothing for any other.
    pub(crate) fn take_waiver(
        &mut self,
        from: &Party,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<Option<Said>, Refusal> {
        let Ok(Some(waiver)) = read_waiver(signed) else { return Ok(None) };
        let signed = signed.clone();
        let found = match self.to_take(from, waiver.of, &waiver.by, payload::COMMITMENT, &signed) {
            Ok(found) => found,
            Err(said) => return Ok(Some(said)),
        };
        if found.waivers.contains_key(&sha256(&signed.statement)) {
            return Ok(Some(accepted()));
        }
        self.keep_waiver(&waiver, StoredStatement { signed, from: from.clone(), known: now.as_second() }, now)?;
        Ok(Some(accepted()))
    }
}

impl Sort {
    /// What a statement of this sort is signed as.
    pub(super) fn payload_type(self) -> &'static str {
        match self {
            Self::Step => payload::CONSULT_STEP,
            Self::Waiver => payload::COMMITMENT,
        }
    }
}

/// The statement of effects to close on where a person names none: the one that others close on, or the only whole one.
fn closed_on(core: &entente_core::consult::Consultation<'_>) -> Result<Digest, Refusal> {
    if let Closing::Closed { effects, .. } = &core.closing {
        return Ok(*effects);
    }
    let notes = core.steps.values().flatten().filter_map(|(_, step)| match &step.kind {
        Kind::Close { effects, .. } if core.effects.contains_key(effects) => Some(*effects),
        _ => None,
    });
    let whole = core.effects.iter().filter(|(_, (_, effects))| effects.lacks().is_none()).map(|(digest, _)| *digest);
    for mut found in [notes.collect::<Vec<_>>(), whole.collect()] {
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [only] => return Ok(*only),
            [] => {}
            _ => {
                let why = "there are several statements of effects: say which it closes on, with --effects";
                return Err(Refusal::Request(why.to_owned()));
            }
        }
    }
    Err(Refusal::Request("there is no statement of effects yet: it closes on one".to_owned()))
}
