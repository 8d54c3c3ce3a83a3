//! A warning comes in at this node: from a sensor's system, an agency, a file. It becomes a record of this party, and goes at
//! FLASH to whom the settings name, as far as an agreement permits each of them.

use entente_core::{AgreementId, Party, RecordId, alert::Message, time::Timestamp, view::Viewer};
use entente_formats::{
    alert::{Reading, missile, read},
    wire::MAX_WORD,
};
use entente_seal::Precedence;
use rand_core::CryptoRng;

use crate::{
    desk::{Handling, Recipients},
    event::{Answer, Draft, Outcome, RecordRef, Refusal, Release, Source},
    state::{Key, Node, sha256},
};

/// A warning, as it is handed in.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Who hands it in.
    pub by: Viewer,
    /// The message, exactly.
    pub content: Vec<u8>,
    /// The label, as text; that of the settings when absent.
    pub label: Option<String>,
    /// What it is about; as set when absent.
    pub subjects: Option<Vec<String>>,
    /// To whom; as set when absent.
    pub to: Option<Vec<Party>>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// The record.
    pub record: RecordId,
    /// Whether it was here before: the same message again.
    pub known: bool,
    /// For each recipient that did not have it.
    pub outcomes: Vec<(Party, Outcome)>,
    /// Recipients that cannot be reached, and why.
    pub unreachable: Vec<(Party, String)>,
    /// The incidents that rules have raised.
    pub incidents: Vec<[u8; 16]>,
}

/// What became of it for each recipient; and those that cannot be reached, with why.
type Given = (Vec<(Party, Outcome)>, Vec<(Party, String)>);

impl Node {
    pub(crate) fn ingest(
        &mut self,
        ingest: Ingest,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Answer, Refusal> {
        let wrong = |why: String| Refusal::Request(format!("the warning: {why}"));
        let text = std::str::from_utf8(&ingest.content).map_err(|error| wrong(format!("it is not UTF-8: {error}")))?;
        let reading = read(text).map_err(|problem| {
            let (line, column) = problem.line_and_column(text);
            wrong(format!("line {line}, column {column}: {problem}"))
        })?;
        let us = self.identity.party.clone();
        let message = reading.message(&us).ok_or_else(|| {
            wrong(format!("a {} {} is no alert, and goes to nobody", reading.cap.status, reading.cap.message_type))
        })?;
        let profile = reading.missile.as_ref().map(|_| missile::VERSION);
        let fits = |handling: &&Handling| handling.profile.is_none() || handling.profile.as_deref() == profile;
        let handling = self.desk.handling.iter().find(fits).cloned();
        let to = self.recipients_of(ingest.to.as_deref(), handling.as_ref());
        let (record, known) = match self.own_warning(&sha256(&ingest.content), &ingest.by) {
            Some(key) => (key.1, true),
            None => (self.enter_warning(&ingest, &reading, &message, handling.as_ref(), now, rng)?, false),
        };
        let (outcomes, unreachable) = self.release_warning(&ingest, &record, &to, handling.as_ref(), now, rng)?;
        let incidents = self.fire_rules(now, rng)?;
        Ok(Answer::Ingested(Box::new(Ingested { record, known, outcomes, unreachable, incidents })))
    }

    /// Whom a warning goes to.
    fn recipients_of(&self, named: Option<&[Party]>, handling: Option<&Handling>) -> Vec<Party> {
        match (named, handling.map(|handling| &handling.to)) {
            (Some(named), _) => named.to_vec(),
            (None, Some(Recipients::Only(only))) => only.clone(),
            (None, Some(Recipients::All)) => {
                let others = self.partners.keys().filter(|party| **party != self.identity.party);
                others.filter(|party| !self.removed.contains(*party)).cloned().collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// The warning of our own with this content, where who hands it in may see it: nobody finds out by handing in what is here.
    fn own_warning(&self, digest: &[u8; 32], by: &Viewer) -> Option<Key> {
        let us = &self.identity.party;
        let own = self.warnings.of(us).filter(|(_, warning)| warning.message.digest == *digest);
        own.map(|(key, _)| key).find(|key| self.shows(key, by)).cloned()
    }

    fn enter_warning(
        &mut self,
        ingest: &Ingest,
        reading: &Reading,
        message: &Message,
        handling: Option<&Handling>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<RecordId, Refusal> {
        let label = ingest.label.clone().or_else(|| handling.map(|handling| handling.label.clone()));
        let label = label.ok_or_else(|| {
            let why = "no setting says how such a warning is labelled; give a label, or set [[alerts.handling]]";
            Refusal::Request(why.to_owned())
        })?;
        let subjects = ingest.subjects.clone().or_else(|| handling.map(|handling| handling.subjects.clone()));
        let draft = Draft {
            id: None,
            label,
            subjects: subjects.unwrap_or_default(),
            status: message.source.status,
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: title(message),
            media_type: reading.syntax.media_type().to_owned(),
            content: ingest.content.clone(),
            versions: Vec::new(),
        };
        let (record, ..) = self.enter(draft, None, &ingest.by, now, rng)?;
        Ok(record.id)
    }

    /// Gives it to each that does not have it. One that cannot be reached, or may not be given it, keeps it from nobody else.
    fn release_warning(
        &mut self,
        ingest: &Ingest,
        id: &RecordId,
        to: &[Party],
        handling: Option<&Handling>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Given, Refusal> {
        let key = (self.identity.party.clone(), id.clone());
        let name = RecordRef { originator: Some(key.0.clone()), id: id.clone() };
        let (purpose, channel) = match handling {
            Some(handling) => (handling.purpose.clone(), handling.channel.clone()),
            None => ("warning".into(), "".into()),
        };
        let mut release = Release {
            by: ingest.by.clone(),
            source: Source::Held(name, ingest.content.clone()),
            to: Vec::new(),
            purpose,
            channel,
            under: None,
            precedence: Precedence::Flash,
            expires: None,
        };
        let held = self.records.get(&key).ok_or_else(|| Refusal::NotFound(id.clone()))?;
        let record = held.record();
        if let Some(why) = self.out_of_use(&record) {
            return Err(Refusal::Request(why));
        }
        let origin = self.as_it_goes_out(&key.0, entente_formats::wire::payload::ORIGIN, &held.signed())?;
        let content = crate::enter::Content::Inline(ingest.content.clone());
        let (mut outcomes, mut unreachable) = (Vec::new(), Vec::new());
        for party in to {
            if self.goes_to(&key, party) || self.is_called_back_from(&key, party) {
                continue;
            }
            release.to = vec![party.clone()];
            // Looked at by whoever runs the node: it was handed in by a system that may see less than it hands in.
            if let Err(why) = self.check_recipient(party, &record, now) {
                unreachable.push((party.clone(), why.to_string()));
                continue;
            }
            let mut outcome = self.release_to(party, &record, &origin, &content, &release, false, now, rng)?;
            if let Outcome::Choose { choices, .. } = &outcome {
                let prefer = handling.map_or(&[][..], |handling| handling.prefer.as_slice());
                let chosen = prefer.iter().find(|id| choices.iter().any(|(choice, _)| choice == *id));
                if let Some(chosen) = chosen {
                    let under: Vec<AgreementId> = vec![chosen.clone()];
                    let release = Release { under: Some(under), ..release.clone() };
                    outcome = self.release_to(party, &record, &origin, &content, &release, false, now, rng)?;
                }
            }
            outcomes.push((party.clone(), outcome));
        }
        Ok((outcomes, unreachable))
    }
}

/// One line for people: the headline, or what happens, and the message's name.
fn title(message: &Message) -> String {
    let first = message.notices.first();
    let words = first.and_then(|notice| notice.headline.as_deref().or(Some(notice.event.as_str())));
    let words = words.filter(|words| !words.trim().is_empty()).unwrap_or(&message.name.identifier);
    let line: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = (0..=line.len().min(MAX_WORD)).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
    line.get(..end).unwrap_or_default().to_owned()
}
