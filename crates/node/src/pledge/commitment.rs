//! Commitments: made known by a person, from a clause, from an agreed action, or from nothing; and what their owner says of them.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    AgreementId, ClauseId, Party,
    agreement::Kind,
    consult::{
        Digest, Proposal,
        commitment::{Commitment, Plan, Progress, Word},
    },
    record::Status,
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::{
    hex,
    wire::{
        Canonical,
        consult::{CommitmentStatement, CommitmentWord, ProgressStatement},
        payload,
    },
};
use rand_core::CryptoRng;

use super::{FEWEST_DIGITS, Known, check, whole, wrong};
use crate::{
    event::{Answer, RecordRef, Refusal},
    incident::one_of,
    op::Op,
    state::{Node, sha256},
};

/// A commitment, as a person makes it known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommitment {
    /// Who is to do it; this party, or the one that the clause names, when absent.
    pub owner: Option<Party>,
    /// What; as the clause has it when empty.
    pub what: String,
    /// Until the end of which day; as the clause has it when absent.
    pub due: Option<Date>,
    /// The clause that it is from.
    pub clause: Option<(AgreementId, ClauseId)>,
    /// The agreed action that it is from: the first hex digits of the consultation's name and of the action's digest. It says who
    /// and what.
    pub action: Option<(String, String)>,
    /// The steps to it.
    pub steps: Vec<String>,
}

/// What a person says of a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProgress {
    /// The commitment: the first hex digits of its name.
    pub commitment: String,
    /// Which step, from 0; the whole when absent.
    pub step: Option<u32>,
    /// How far it is; as it was when absent.
    pub word: Option<Word>,
    /// Records that show it.
    pub evidence: Vec<RecordRef>,
    /// In words.
    pub note: String,
}

/// Whether an action that was agreed for that day may be made known for this one: its owner alone says a sooner one, or one where
/// none was agreed.
pub(super) fn may_be_due(made: Option<Date>, agreed: Option<Date>, by_owner: bool) -> bool {
    made == agreed || by_owner && agreed.is_none_or(|agreed| made.is_some_and(|made| made < agreed))
}

impl Node {
    pub(crate) fn make_commitment(
        &mut self,
        new: NewCommitment,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let NewCommitment { owner, mut what, mut due, clause, action, steps } = new;
        let us = self.identity.party.clone();
        if let Some((consultation, item)) = action {
            if clause.is_some() || owner.is_some() || !what.trim().is_empty() {
                return Err(wrong("an agreed action says itself who does what: name it alone"));
            }
            let made = self.of_action(&consultation, &item, due, steps, now, rng)?;
            return self.made_known(made, now, rng);
        }
        let (mut owner, mut parties) = (owner, BTreeSet::from([us.clone()]));
        if let Some((id, article)) = &clause {
            let agreement = self.agreement_of_ours(id, now)?;
            parties.extend(self.in_force_with(agreement, now));
            let mut clauses = agreement.clauses.iter().filter(|clause| clause.id == *article).peekable();
            if clauses.peek().is_none() {
                return Err(wrong(format!("`{id}` has no article `{article}`")));
            }
            // One article may commit several parties, each to something of its own.
            let of_text: Vec<(&Party, &String, Option<Date>)> = clauses
                .filter_map(|clause| match &clause.kind {
                    Kind::Commit { owner, what, due } => Some((owner, what, *due)),
                    _ => None,
                })
                .collect();
            let is_ours = of_text.iter().any(|(by, ..)| **by == us);
            owner = owner.or_else(|| if is_ours { None } else { of_text.first().map(|(by, ..)| (*by).clone()) });
            let whose = owner.as_ref().unwrap_or(&us);
            if let Some((_, words, day)) = of_text.iter().find(|(by, ..)| *by == whose) {
                due = due.or(*day);
                if what.trim().is_empty() {
                    what.clone_from(words);
                }
            }
        }
        let owner = owner.unwrap_or_else(|| us.clone());
        if !parties.contains(&owner) {
            return Err(wrong(format!(
                "{owner} cannot be told of it: name the article of a text that is in force between {us} and {owner}"
            )));
        }
        if what.trim().is_empty() {
            return Err(wrong("say what is to be done"));
        }
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        let made = Commitment { by: us, number, owner, what, due, clause, consultation: None, steps, at: whole(now) };
        self.made_known(made, now, rng)
    }

    /// The commitment that an agreed action is.
    fn of_action(
        &self,
        consultation: &str,
        item: &str,
        due: Option<Date>,
        steps: Vec<String>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Commitment, Refusal> {
        let name = self.consultation_named(consultation)?;
        let held = self.consultations.get(&name).ok_or_else(|| wrong("no such consultation"))?;
        if held.raise.incident.status != Status::Actual {
            return Err(wrong("it is a drill, which commits nobody"));
        }
        let core = held.core(name);
        let items: Vec<(String, Digest)> = core.items.keys().map(|item| (hex::encode(item), *item)).collect();
        let item = one_of("item", item, items.iter().map(|(text, item)| (text.as_str(), *item)))?;
        let Some(item) = core.items.get(&item) else { return Err(wrong("no such item")) };
        let Proposal::Action { what, owner, due: until } = item.proposal else {
            return Err(wrong("it is a message, and no action"));
        };
        let (us, until) = (&self.identity.party, until.map(day_of));
        let due = due.or(until);
        if !may_be_due(due, until, us == owner) {
            let day = until.map_or_else(|| "no day".to_owned(), |day| day.to_string());
            return Err(wrong(format!("the parties have agreed on {day}, and {owner} alone may say a sooner one")));
        }
        if !item.is_agreed {
            return Err(wrong("it is not agreed yet: each party has to sign it"));
        }
        let is_same = |known: &&Known<Commitment>| {
            known.what.consultation == Some(name) && known.what.owner == *owner && known.what.what == *what
        };
        if let Some(known) = self.pledges.made.values().find(is_same) {
            return Err(wrong(format!("{} has made it known already", known.what.by)));
        }
        let mut number = [0; 16];
        rng.fill_bytes(&mut number);
        Ok(Commitment {
            by: self.identity.party.clone(),
            number,
            owner: owner.clone(),
            what: what.clone(),
            due,
            clause: None,
            consultation: Some(name),
            steps,
            at: whole(now),
        })
    }

    /// Signs, keeps and tells a commitment of our own making.
    fn made_known(&mut self, made: Commitment, now: Timestamp, rng: &mut impl CryptoRng) -> Result<Answer, Refusal> {
        let word = CommitmentWord::Made(CommitmentStatement::of(&made));
        let name = self.keep_pledge(&word, now)?;
        self.state(
            now,
            "commitment",
            serde_json::json!({
                "statement": hex::encode(&name), "by": made.by.as_str(), "owner": made.owner.as_str(),
                "agreement": made.clause.as_ref().map(|(id, _)| id.as_str()),
                "consultation": made.consultation.map(|name| hex::encode(&name)),
            }),
        )?;
        self.tell(now, rng)?;
        Ok(Answer::Named(hex::encode(&name)))
    }

    pub(crate) fn note_progress(
        &mut self,
        by: &Viewer,
        new: NewProgress,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let name = self.commitment_named(&new.commitment)?;
        let Some(made) = self.pledges.made.get(&name).map(|known| known.what.clone()) else {
            return Err(wrong("no such commitment"));
        };
        let us = self.identity.party.clone();
        if made.owner != us {
            return Err(wrong(format!("only {} says how far it is: it is its commitment", made.owner)));
        }
        let steps = made.steps.len();
        if new.step.is_some_and(|step| usize::try_from(step).is_ok_and(|step| step >= steps)) {
            return Err(wrong(format!("it has {steps} steps")));
        }
        let audience = self.audience_of(&made, now);
        self.may_number_for(&audience)?;
        let evidence = new.evidence.iter().map(|record| self.evidence(record, by, &audience));
        let evidence = evidence.collect::<Result<Vec<_>, _>>()?;
        let said = self.progress_of(&name);
        let number = said.values().map(|progress| progress.number).max().unwrap_or_default().saturating_add(1);
        let before = Plan::fold(name, &made, &said).words.get(&new.step).map(|(_, progress)| (*progress).clone());
        // What was shown before stays shown: the last word counts alone.
        let mut shown = before.as_ref().map(|before| before.evidence.clone()).unwrap_or_default();
        shown.extend(evidence.into_iter().filter(|new| !shown.contains(new)).collect::<Vec<_>>());
        let word = new.word.or(before.as_ref().map(|before| before.word)).unwrap_or(Word::Open);
        let note = match new.note.trim().is_empty() {
            true => before.map(|before| before.note).unwrap_or_default(),
            false => new.note,
        };
        let progress =
            Progress { by: us, commitment: name, number, step: new.step, word, evidence: shown, note, at: whole(now) };
        let count = progress.evidence.len();
        let statement = self.keep_pledge(&CommitmentWord::Progress(ProgressStatement::of(&progress)), now)?;
        self.state(
            now,
            "progress",
            serde_json::json!({
                "statement": hex::encode(&statement), "commitment": hex::encode(&name), "by": progress.by.as_str(),
                "word": word.as_str(), "step": progress.step, "evidence": count,
                "agreement": made.clause.as_ref().map(|(id, _)| id.as_str()),
                "consultation": made.consultation.map(|name| hex::encode(&name)),
            }),
        )?;
        self.tell(now, rng)?;
        Ok(Answer::Named(hex::encode(&name)))
    }

    /// Signs and keeps a word of our own; its name.
    fn keep_pledge(&mut self, word: &CommitmentWord, now: Timestamp) -> Result<Digest, Refusal> {
        let bytes = word.to_bytes();
        // What cannot be read by others is not signed.
        CommitmentWord::from_bytes(&bytes).and_then(|word| check(&word)).map_err(wrong)?;
        let name = sha256(&bytes);
        let signed = self.sign(payload::COMMITMENT, bytes)?;
        self.keep(Op::Commitment { signed, known: now.as_second() })?;
        Ok(name)
    }

    /// All commitments that are held, by name.
    pub fn commitments(&self) -> impl Iterator<Item = (&Digest, &Known<Commitment>)> {
        self.pledges.made.iter()
    }

    /// All that was said of one, by digest: what [`Plan::fold`] takes.
    pub fn progress_of(&self, name: &Digest) -> BTreeMap<Digest, Progress> {
        let of_it = self.pledges.progress.get(name).into_iter().flatten();
        of_it.map(|(digest, known)| (*digest, known.what.clone())).collect()
    }

    /// What is said in a commitment's name or its first hex digits.
    ///
    /// # Errors
    /// When it is none, or not the only one.
    pub fn commitment_named(&self, digits: &str) -> Result<Digest, Refusal> {
        let is_meant = |name: &&Digest| hex::encode(*name).starts_with(digits);
        let mut found = self.pledges.made.keys().filter(is_meant);
        match (digits.len() >= FEWEST_DIGITS, found.next(), found.next()) {
            (false, ..) => Err(wrong(format!("name it by at least {FEWEST_DIGITS} of its hex digits"))),
            (true, Some(name), None) => Ok(*name),
            (true, None, _) => Err(wrong(format!("no commitment `{digits}` here"))),
            (true, Some(_), Some(_)) => Err(wrong(format!("several commitments begin with `{digits}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_puts_off_what_was_agreed_and_nobody_hurries_another() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let (sooner, agreed, later) = (day("2026-12-01"), day("2026-12-02"), day("2026-12-03"));
        for (made, until, by_owner, may) in [
            (agreed, agreed, false, true),
            (sooner, agreed, true, true),
            (sooner, agreed, false, false),
            (later, agreed, true, false),
            (None, agreed, true, false),
            (sooner, None, true, true),
            (sooner, None, false, false),
            (None, None, false, true),
        ] {
            assert_eq!(may_be_due(made, until, by_owner), may, "{made:?} {until:?} {by_owner}");
        }
    }
}
