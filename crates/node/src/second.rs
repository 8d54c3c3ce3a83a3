//! A release that needs two persons: where the party's own rules ask for it, the one who asks for a release only proposes it,
//! and it goes out when somebody else says yes. Then it is decided again, on the world of that moment. The rule is kept here,
//! whichever way the two come in; the operator is one person like any other.
//!
//! Key type: [`Waiting`].

use entente_core::{
    AgreementId, Label, Party, Record, Subject, agreement::clause::Set, decide::Granted, time::Timestamp, view::Viewer,
};
use entente_formats::{label, wire::MAX_NOTE};
use entente_seal::Precedence;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::{
    enter::Content,
    event::{Answer, Outcome, RecordRef, Refusal, Release, Source},
    op::Op,
    state::{Key, Node},
    statement::Concerns,
};

/// How many releases of one person may wait; whoever proposes must neither fill the node nor keep others from it.
const MANY: usize = 200;

/// A release that waits for a second person, or waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its number.
    pub number: u64,
    /// Who proposed it.
    pub by: String,
    /// The record's originator.
    pub originator: String,
    /// The record.
    pub record: String,
    /// The recipient.
    pub to: String,
    /// What for.
    pub purpose: String,
    /// How.
    pub channel: String,
    /// The agreements that it is to be given under.
    pub under: Vec<String>,
    /// How urgent.
    pub precedence: String,
    /// From when on it is of no use to the recipient, in seconds since the epoch.
    pub expires: Option<i64>,
    /// When it was proposed, in seconds since the epoch.
    pub at: i64,
    /// What a second person said: who, whether yes, when, and why.
    pub answer: Option<Second>,
}

/// What a second person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Who.
    pub by: String,
    /// Yes or no.
    pub yes: bool,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Why, where that was said.
    pub note: String,
}

impl Node {
    /// Whether this party's rules ask for a second person.
    pub(crate) fn needs_second(&self, record: &Record, to: &Party) -> bool {
        let Some(rules) = self.national.get(&self.identity.party) else { return false };
        // What was made from others is as high as they are, and about what they are about.
        let family: Vec<&Record> = std::iter::once(record).chain(record.sources()).collect();
        let labels = family.iter().flat_map(|member| [Some(member.label.clone()), self.first_label(member)]);
        let level = labels.flatten().map(|label| self.level(&label)).max();
        let is_about = |subjects: &Set<Subject>| {
            let holds = |member: &&Record| {
                member.subjects.is_empty() || member.subjects.iter().any(|subject| subjects.holds(subject))
            };
            family.iter().any(holds)
        };
        rules
            .confirmations
            .iter()
            .any(|rule| rule.to.holds(to) && level.is_some_and(|level| level >= rule.min) && is_about(&rule.subjects))
    }

    /// The label under which a record of this party's own was entered. Whoever may relabel it, and does so by himself, must not
    /// get around the second person by it; of others' records their originator's last word counts alone.
    fn first_label(&self, record: &Record) -> Option<Label> {
        let is_own = record.originator == self.identity.party;
        let held = self.records.get(&(record.originator.clone(), record.id.clone())).filter(|_| is_own)?;
        label::parse(&held.origin().label).ok()
    }

    /// Keeps a permitted release until a second person has said yes.
    pub(crate) fn propose_release(
        &mut self,
        granted: &Granted,
        under: &[AgreementId],
        record: &Record,
        release: &Release,
        to: &Party,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let by = &release.by.name;
        let open = self.waiting.values().filter(|waiting| waiting.answer.is_none() && waiting.by == *by);
        if open.count() >= MANY {
            return Err(Refusal::Request(format!("{MANY} releases of {by} wait for a second person already")));
        }
        let number = self.waiting.last_key_value().map_or(0, |(number, _)| number + 1);
        let waiting = Waiting {
            number,
            by: release.by.name.clone(),
            originator: record.originator.to_string(),
            record: granted.record().to_string(),
            to: to.to_string(),
            purpose: release.purpose.to_string(),
            channel: release.channel.to_string(),
            under: under.iter().map(ToString::to_string).collect(),
            precedence: release.precedence.as_str().to_owned(),
            expires: release.expires.map(Timestamp::as_second),
            at: now.as_second(),
            answer: None,
        };
        // Proposed twice, it waits once.
        let is_same = |other: &&Waiting| **other == Waiting { number: other.number, at: other.at, ..waiting.clone() };
        if let Some(same) = self.waiting.values().find(is_same) {
            return Ok(same.number);
        }
        let words = serde_json::json!(waiting);
        self.keep(Op::Waiting(waiting))?;
        let key = (record.originator.clone(), granted.record().clone());
        self.state_of(now, "waiting", Concerns::record(&key), words)?;
        Ok(number)
    }

    /// What waits for a second person, or waited, about records that the viewer may see.
    pub fn waiting(&self, viewer: &Viewer) -> impl Iterator<Item = &Waiting> {
        self.waiting.values().filter(|waiting| self.find_for(&name_of(waiting), viewer).is_ok())
    }

    /// A second person says yes or no. `source` is the record with its content, from the store; for a no there is none.
    pub(crate) fn confirm(
        &mut self,
        by: &Viewer,
        (number, yes): (u64, bool),
        note: String,
        source: Option<Source>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let missing = || Refusal::Request(format!("no release {number} waits here"));
        let mut waiting = self.waiting.get(&number).cloned().ok_or_else(missing)?;
        let held = self.find_for(&name_of(&waiting), by).map_err(|_| missing())?;
        let key: Key = held.key();
        if let Some(answer) = &waiting.answer {
            let word = if answer.yes { "confirmed" } else { "declined" };
            return Err(Refusal::Request(format!("release {number} was {word} by {}", answer.by)));
        }
        // Whoever proposed it may take it back, and nothing else.
        if yes && waiting.by == by.name {
            return Err(Refusal::Request(
                "who proposed a release does not confirm it: it takes a second person".into(),
            ));
        }
        if note.len() > MAX_NOTE {
            return Err(Refusal::Request(format!("a note has at most {MAX_NOTE} bytes")));
        }
        waiting.answer = Some(Second { by: by.name.clone(), yes, at: now.as_second(), note });
        let words = serde_json::json!(waiting);
        if !yes {
            self.keep(Op::Waiting(waiting))?;
            self.state_of(now, "declined", Concerns::record(&key), words)?;
            return Ok(Answer::Done);
        }
        let content = match source.clone() {
            Some(Source::Held(_, content)) => Content::Inline(content),
            Some(Source::HeldLarge(_, content)) => Content::Large(content),
            _ => return Err(Refusal::Ours(format!("release {number} came without its content"))),
        };
        let (record, origin, content) = self.held_with(&name_of(&waiting), content, by)?;
        let to = Party::from(waiting.to.as_str());
        let expires = waiting.expires.and_then(|second| Timestamp::from_second(second).ok());
        if expires.is_some_and(|expires| expires < now) {
            return Err(Refusal::Request(format!("release {number} is of no use to {to} any more; decline it")));
        }
        let release = Release {
            by: by.clone(),
            source: source.unwrap_or_else(|| Source::Held(name_of(&waiting), Vec::new())),
            to: vec![to.clone()],
            purpose: waiting.purpose.as_str().into(),
            channel: waiting.channel.as_str().into(),
            under: Some(waiting.under.iter().map(|id| id.as_str().into()).collect()),
            precedence: Precedence::of(&waiting.precedence)
                .ok_or_else(|| Refusal::Ours("unknown precedence".into()))?,
            expires,
        };
        self.check_release(&release, now)?;
        let outcome = self.release_to(&to, &record, &origin, &content, &release, true, now, rng)?;
        // What is not permitted any more goes on waiting: a cure may come.
        if matches!(outcome, Outcome::Sequenced { .. }) {
            self.keep(Op::Waiting(waiting))?;
            self.state_of(now, "confirmed", Concerns::record(&key), words)?;
        }
        Ok(Answer::Released { record: record.id, outcomes: vec![(to, outcome)] })
    }
}

fn name_of(waiting: &Waiting) -> RecordRef {
    RecordRef { originator: Some(waiting.originator.as_str().into()), id: waiting.record.as_str().into() }
}
