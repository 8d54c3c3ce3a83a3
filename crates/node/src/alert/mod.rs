//! Alerts at a node: a warning is a record like any other, whose content says what its media type promises. What the
//! warnings held tell of together is computed anew for each viewer, from those records that the viewer may see.
//!
//! Kept of a warning is that it is one, and when it came; what it says is in the content, which is encrypted and can be
//! destroyed, and then there is no warning. Key types: [`AlertSeen`], [`Ingest`].

mod ingest;
mod acknowledge;
mod warnings;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use entente_core::{
    Party, RecordId,
    alert::{Arrival, Book, Change, Finding, Found, Message, MessageName, Source, Standing},
    record::Status,
    time::Timestamp,
    view::Viewer,
};
use entente_formats::{
    alert::{Syntax, missile, read},
    hex,
};

pub(crate) use self::acknowledge::KnownAcknowledgement;
pub(crate) use self::warnings::Warnings;
pub use self::{
    ingest::{Ingest, Ingested},
    warnings::{MAX_BYTES, MAX_WARNINGS},
};
use crate::{
    event::{RecordRef, Refusal},
    lane::Feed,
    op::Op,
    state::{Key, Node, sha256},
    statement::Concerns,
};

/// That a record is a warning, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWarning {
    /// The record's originator.
    pub originator: Party,
    /// The record.
    pub record: RecordId,
    /// When it came, in seconds since the epoch.
    pub received: i64,
    /// Its content, which is kept with the record and nowhere else.
    pub content: Vec<u8>,
}

/// A warning as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Warning {
    pub(crate) message: Arc<Message>,
    /// The profile that it keeps.
    pub(crate) profile: Option<&'static str>,
    /// When all that it foretells is over, where its profile says so.
    pub(crate) over: Option<Timestamp>,
    pub(crate) received: Timestamp,
    /// How many bytes its content has.
    pub(crate) size: usize,
}

/// An alert, as somebody sees it who may see all that is said of it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSeen {
    /// Whose it is.
    pub source: Source,
    /// Its first message, whether that has come or is only spoken of.
    pub first: MessageName,
    /// How it stands.
    pub standing: Standing,
    /// The profile that one of its messages keeps.
    pub profile: Option<&'static str>,
    /// Its messages, in order.
    pub messages: Vec<MessageSeen>,
    /// What a person should see.
    pub findings: Vec<Finding>,
    /// The parties that have it, as far as is known here: this one, who gave it, and to whom it went from here.
    pub held_by: BTreeSet<Party>,
}

/// A message of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSeen {
    /// The record that brought it.
    pub record: (Party, RecordId),
    /// What it says.
    pub message: Arc<Message>,
    /// When it came.
    pub received: Timestamp,
    /// What it changes.
    pub change: Change,
    /// Whether nothing has taken its place.
    pub stands: bool,
    /// Who has taken note of it.
    pub acknowledged: Vec<Acknowledged>,
}

/// That a person has taken note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The party.
    pub by: Party,
    /// The person, as the party says.
    pub person: String,
    /// When, by the party's clock, in seconds since the epoch.
    pub at: i64,
    /// When it became known here, in seconds since the epoch.
    pub known: i64,
    /// SHA-256 of the signed statement.
    pub statement: [u8; 32],
}

impl AlertSeen {
    /// Who has it and has not taken note of what stands now: of all messages that stand.
    pub fn waits_for(&self) -> BTreeSet<&Party> {
        let standing = || self.messages.iter().filter(|message| message.stands);
        let has = |party: &Party| {
            standing().all(|message| message.acknowledged.iter().any(|acknowledged| acknowledged.by == *party))
        };
        self.held_by.iter().filter(|party| !has(party)).collect()
    }

    /// Whether a warning is one of its messages, whatever record brought it.
    fn tells(&self, warning: &Warning) -> bool {
        let message = &warning.message;
        self.source == message.source && self.messages.iter().any(|own| own.message.digest == message.digest)
    }
}

impl Warning {
    /// Reads a content that should be a warning. `Err` is a sentence.
    pub(crate) fn read(content: &[u8], originator: &Party, received: i64) -> Result<Self, String> {
        let text = std::str::from_utf8(content).map_err(|error| format!("it is not UTF-8: {error}"))?;
        let reading = read(text).map_err(|problem| {
            let (line, column) = problem.line_and_column(text);
            format!("line {line}, column {column}: {problem}")
        })?;
        let message = reading.message(originator);
        let message =
            message.ok_or_else(|| format!("a {} {} is no alert", reading.cap.status, reading.cap.message_type));
        let received = Timestamp::from_second(received).map_err(|error| error.to_string())?;
        let over = reading.missile.as_ref().map(|warning| warning.impact.1);
        let (message, size) = (Arc::new(message?), content.len());
        Ok(Self { message, size, profile: reading.missile.map(|_| missile::VERSION), over, received })
    }
}

impl Node {
    pub(crate) fn apply_warning(&mut self, stored: &StoredWarning) {
        let StoredWarning { originator, record, received, content } = stored;
        // What an older version took and this one does not is no reason not to start.
        if let Ok(warning) = Warning::read(content, originator, *received) {
            let key = (originator.clone(), record.clone());
            self.fresh_warnings.push(key.clone());
            self.warnings.insert(key, warning);
        }
    }

    /// Takes note that a record is a warning, if it is one: `given_in` is the entry that brought it, none for our own.
    pub(crate) fn note_warning(
        &mut self,
        key: &Key,
        media_type: &str,
        status: Status,
        content: &[u8],
        given_in: Option<(&Feed, u64)>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if Syntax::of_media_type(media_type).is_none() || self.warnings.has(key) {
            return Ok(());
        }
        let read = Warning::read(content, &key.0, now.as_second()).and_then(|warning| {
            let says = warning.message.source.status;
            let word = status.as_str();
            if says == status {
                Ok(warning)
            } else {
                Err(format!("its record is `{word}` and it says `{}`", says.as_str()))
            }
        });
        let warning = match (read, given_in) {
            (Ok(warning), _) => warning,
            // It is a record all the same; a person hears that it warns of something which nobody was shown. What it says is in
            // its content and nowhere else: neither the reader's words, which quote it, nor the content are kept beside it.
            (Err(_), Some((feed, index))) => {
                let why = format!("`{}` should be a warning and cannot be shown as one: look at its content", key.1);
                let evidence = format!("SHA-256 of the content of `{}`: {}", key.1, hex::encode(&sha256(content)));
                return self.alarm_about(feed, index, &why, (evidence.as_bytes(), false), now);
            }
            (Err(why), None) => {
                return Err(Refusal::Request(format!("`{media_type}` promises a warning, and it is none: {why}")));
            }
        };
        let (name, source) = (warning.message.name.clone(), warning.message.source.clone());
        let words = serde_json::json!({
            "originator": key.0.as_str(), "record": key.1.as_str(), "sender": source.sender, "identifier": name.identifier,
            "kind": warning.message.kind.as_str(), "status": source.status.as_str(),
        });
        self.keep(Op::Warning(StoredWarning {
            originator: key.0.clone(),
            record: key.1.clone(),
            received: now.as_second(),
            content: content.to_vec(),
        }))?;
        self.state_of(now, "alert", Concerns::record(key), words)
    }

    /// The alerts that the viewer's records tell of.
    pub fn alerts(&self, viewer: &Viewer, now: Timestamp) -> Vec<AlertSeen> {
        self.alerts_of(now, self.warnings.all().filter(|(key, _)| self.shows(key, viewer)))
    }

    fn shows(&self, key: &Key, viewer: &Viewer) -> bool {
        self.records.get(key).is_some_and(|held| self.sees(held, viewer).is_some())
    }

    /// The alert that a record tells of.
    ///
    /// # Errors
    /// When the viewer may not see the record, or it is no warning.
    pub fn alert(&self, name: &RecordRef, viewer: &Viewer, now: Timestamp) -> Result<AlertSeen, Refusal> {
        let key = self.find_for(name, viewer)?.key();
        let none =
            || Refusal::Request(format!("`{}` is no warning, or is not among the latest of its originator", key.1));
        let meant = self.warnings.get(&key).ok_or_else(none)?;
        // Messages of other senders are no part of it, and change no word of it.
        let sender = &meant.message.source.sender;
        let alike = self.warnings.all().filter(|(_, warning)| warning.message.source.sender == *sender);
        let alerts = self.alerts_of(now, alike.filter(|(key, _)| self.shows(key, viewer)));
        alerts.into_iter().find(|alert| alert.tells(meant)).ok_or_else(none)
    }

    /// The alert that a warning tells of, whoever may see it: for rules, which nobody is shown.
    pub(crate) fn whole_alert(&self, key: &Key, now: Timestamp) -> Option<AlertSeen> {
        let meant = self.warnings.get(key)?;
        let is_used = |key: &Key| self.records.get(key).is_some_and(|held| !self.is_hidden(held));
        // What others send changes nothing of it, however much that is.
        let own = self.warnings.of(&key.0).filter(|(_, warning)| warning.message.source == meant.message.source);
        let alerts = self.alerts_of(now, own.filter(|(key, _)| is_used(key)));
        alerts.into_iter().find(|alert| alert.tells(meant))
    }

    pub(crate) fn alerts_of<'a>(
        &'a self,
        now: Timestamp,
        warnings: impl Iterator<Item = (&'a Key, &'a Warning)>,
    ) -> Vec<AlertSeen> {
        let mut book = Book::default();
        let mut records: BTreeMap<(&Party, [u8; 32]), (&Key, &Warning)> = BTreeMap::new();
        for (key, warning) in warnings {
            book.take(Arrival { message: Arc::clone(&warning.message), received: warning.received });
            records.entry((&key.0, warning.message.digest)).or_insert((key, warning));
        }
        let seen = book.alerts().into_iter().map(|alert| {
            let found = alert.revisions.iter().filter_map(|revision| {
                let (key, warning) = records.get(&(&alert.source.party, revision.message.digest))?;
                let message = MessageSeen {
                    record: (*key).clone(),
                    message: Arc::clone(&warning.message),
                    received: revision.received,
                    change: revision.change.clone(),
                    stands: revision.stands,
                    acknowledged: self.acknowledged(key),
                };
                let late = warning.over.filter(|over| *over < warning.received);
                let late = late.map(|over| warning.received.as_second() - over.as_second());
                let late = late.map(|seconds| Finding {
                    message: message.message.name.clone(),
                    found: Found::OverOnArrival(seconds),
                });
                Some((message, (warning.profile, late)))
            });
            let (messages, more): (Vec<MessageSeen>, Vec<_>) = found.unzip();
            let (profiles, late): (Vec<_>, Vec<Option<Finding>>) = more.into_iter().unzip();
            let mut findings = alert.findings.clone();
            findings.extend(late.into_iter().flatten());
            AlertSeen {
                source: alert.source.clone(),
                first: alert.first.clone(),
                standing: alert.standing(now, Some(self.desk.lifetime)),
                profile: profiles.into_iter().flatten().next(),
                held_by: messages.iter().flat_map(|message| self.held_by(&message.record)).collect(),
                messages,
                findings,
            }
        });
        seen.filter(|alert| !alert.messages.is_empty()).collect()
    }

    /// Who has a record, as far as is known here: this party, who gave it, and to whom it went.
    fn held_by(&self, key: &Key) -> BTreeSet<Party> {
        let others = self.providers(key).into_iter().chain(self.holders_of(key));
        let said = self.acknowledgements.get(key).into_iter().flatten().map(|known| known.by());
        std::iter::once(self.identity.party.clone()).chain(others).chain(said).collect()
    }
}

/// A digest in words of JSON.
pub(crate) fn hex_of(digest: &[u8]) -> String {
    hex::encode(digest)
}
