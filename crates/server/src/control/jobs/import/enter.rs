//! What came, entering: file after file, each as a record, and released where that was asked for.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use aws_lc_rs::hmac;
use entente_core::{Party, explain::Language};
use entente_formats::{hex, label, wire::MAX_CONTENT};
use entente_node::{
    Answer, Event, Refusal,
    event::{Draft, RecordRef},
};
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    super::{DIED, Ended, Task, Work},
    AGAIN, Asked, Bytes, OFTEN, Sent,
};
use crate::{
    api::{ImportedFile, ImportedView, ReleaseRequest, ReleasedCount},
    control::{ApiError, Control, may, release_for, unexpected},
    people::SignedIn,
    turn::Failure,
};

/// An import under way.
pub(super) struct Import {
    pub(super) work: Arc<Work>,
    /// Whether nothing enters any more: what comes need not be kept.
    pub(super) over: Arc<AtomicBool>,
    person: SignedIn,
    asked: Asked,
    language: Language,
    key: hmac::Key,
    looked: Instant,
    /// Why nothing more enters.
    stopped: Option<Ended>,
}

/// What became of a file.
struct Came {
    state: &'static str,
    record: Option<String>,
    why: Option<String>,
}

impl Import {
    pub(super) async fn begin(
        control: &Control,
        person: &SignedIn,
        asked: Asked,
        language: Language,
    ) -> Result<Self, ApiError> {
        let secret = control.storage.secret_for(b"names of imported files")?;
        let work = Work::begin(control, person, Task::Import).await?;
        let imported = ImportedView {
            label: asked.label.clone(),
            status: asked.status.as_str().to_owned(),
            ..ImportedView::default()
        };
        work.show(|view| (view.steps, view.imported) = (asked.count, Some(imported)));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*secret);
        let (work, over, person) = (Arc::new(work), Arc::default(), person.clone());
        Ok(Self { work, over, person, asked, language, key, looked: Instant::now(), stopped: None })
    }

    /// Enters what comes, to its end, whoever waits.
    pub(super) fn go_on(self, files: mpsc::Receiver<Sent>) -> JoinHandle<()> {
        let work = Arc::clone(&self.work);
        tokio::spawn(async move {
            let ended = tokio::spawn(self.run(files)).await;
            work.end(ended.unwrap_or_else(|_| Ended::Failed(DIED.to_owned()))).await;
        })
    }

    async fn run(mut self, mut files: mpsc::Receiver<Sent>) -> Ended {
        let mut is_whole = false;
        while let Some(sent) = files.recv().await {
            match sent {
                Sent::File { name, kind, bytes } => self.file(name, kind, bytes).await,
                Sent::Stop(why) => self.stop(why),
                Sent::End => is_whole = true,
            }
        }
        match is_whole {
            true => self.stopped.unwrap_or(Ended::Done),
            // Whoever received it is gone.
            false => self.stopped.unwrap_or_else(|| Ended::Interrupted(AGAIN.to_owned())),
        }
    }

    /// Nothing behind it enters; the first reason counts.
    fn stop(&mut self, why: Ended) {
        self.stopped.get_or_insert(why);
        self.over.store(true, Ordering::Relaxed);
    }

    async fn file(&mut self, name: String, kind: String, bytes: Bytes) {
        if self.work.is_cancelled() {
            self.stop(Ended::Cancelled);
        }
        if self.stopped.is_none() && self.looked.elapsed() >= OFTEN {
            self.looked = Instant::now();
            if let Err(why) = self.look().await {
                self.stop(why);
            }
        }
        let left = || Came { state: "left", record: None, why: None };
        let came = match bytes {
            _ if self.stopped.is_some() => left(),
            Bytes::Left => left(),
            Bytes::TooLong => {
                refused(format!("longer than {} MiB; release it by itself: `entente release`", MAX_CONTENT >> 20))
            }
            Bytes::Whole(bytes, _room) => match self.enter(&name, kind, bytes).await {
                Ok(came) => came,
                Err(why) => {
                    self.stop(why);
                    left()
                }
            },
        };
        self.work.show(|view| {
            view.done += 1;
            view.steps = view.steps.max(view.done);
            let Some(imported) = &mut view.imported else { return };
            *match came.state {
                "entered" => &mut imported.entered,
                "known" => &mut imported.known,
                "refused" => &mut imported.refused,
                _ => &mut imported.left,
            } += 1;
            let Came { state, record, why } = came;
            imported.files.push(ImportedFile { name, state: state.to_owned(), record, why });
        });
    }

    /// The id of a record with these bytes: nobody who sees it learns more of them, not even that somebody else has imported them.
    fn id_of(&self, digest: &[u8; 32]) -> String {
        let mut tag = hmac::Context::with_key(&self.key);
        tag.update(digest);
        tag.update(self.person.name().as_bytes());
        let tag = tag.sign();
        let us = &self.work.control.operator.nationality;
        format!("{us}-{}", hex::encode(tag.as_ref().get(..10).unwrap_or_default()))
    }

    /// Whether its owner may still go on; and how far it is, kept.
    async fn look(&mut self) -> Result<(), Ended> {
        let failed = |error: ApiError| Ended::Failed(error.to_string());
        self.work.keep().await.map_err(failed)?;
        match self.work.control.accounts.again(&self.person).await.map_err(failed)? {
            Some(person) if self.may_go_on(&person) => {
                self.person = person;
                Ok(())
            }
            _ => Err(Ended::Failed("the session is over, or its account may not go on".to_owned())),
        }
    }

    /// Entering is one right, releasing another.
    fn may_go_on(&self, person: &SignedIn) -> bool {
        may(person, "record.enter") && (self.asked.to.is_empty() || may(person, "record.release"))
    }

    async fn enter(&self, name: &str, media_type: String, content: Vec<u8>) -> Result<Came, Ended> {
        let digest: [u8; 32] = Sha256::digest(&content).into();
        let id = self.id_of(&digest);
        let Asked { label, subjects, status, .. } = &self.asked;
        let draft = Draft {
            id: Some(id.as_str().into()),
            label: label.clone(),
            subjects: subjects.clone(),
            status: *status,
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: name.to_owned(),
            media_type,
            content,
            versions: Vec::new(),
        };
        let event = Event::Enter { by: self.person.viewer().clone(), draft };
        let mut came = match self.work.control.driver.handle(self.person.does("record.enter", event)).await {
            Ok(Answer::Entered(record)) => Came { state: "entered", record: Some(record.to_string()), why: None },
            Ok(_) => return Err(Ended::Failed(unexpected().to_string())),
            Err(Failure::Refused(Refusal::Taken(_))) => self.known(&id).await?,
            Err(Failure::Refused(refusal @ Refusal::ReadOnly(_))) => return Err(Ended::Failed(refusal.to_string())),
            Err(Failure::Refused(refusal)) => refused(refusal.to_string()),
            Err(failure) => return Err(Ended::Failed(failure.to_string())),
        };
        if let Some(record) = came.record.clone().filter(|_| !self.asked.to.is_empty()) {
            came.why = self.release(&record).await?;
        }
        Ok(came)
    }

    /// The file entered before: the same, or under other words.
    async fn known(&self, id: &str) -> Result<Came, Ended> {
        let us = self.work.control.operator.nationality.clone();
        let (name, viewer) = (RecordRef { originator: Some(us), id: id.into() }, self.person.viewer().clone());
        let found = self.work.control.driver.inspect(move |node| {
            let key = (name.originator.clone()?, name.id.clone());
            node.listed_of(&[key], &viewer).pop()
        });
        let found = found.await.map_err(|error| Ended::Failed(error.to_string()))?;
        let Some(listed) = found else {
            return Ok(refused("it entered before, and is not shown to this account any more".to_owned()));
        };
        let asked = label::parse(&self.asked.label).map(|label| label::write(&label)).unwrap_or_default();
        let subjects: BTreeSet<&str> = listed.record.subjects.iter().map(|subject| subject.as_str()).collect();
        let wanted: BTreeSet<&str> = self.asked.subjects.iter().map(String::as_str).collect();
        let is_same = listed.label == asked && listed.record.status == self.asked.status && subjects == wanted;
        let record = listed.record.id.to_string();
        Ok(match is_same {
            true => Came { state: "known", record: Some(record), why: None },
            false => {
                let why =
                    format!("it entered before as `{record}`, with the label {} and its own subjects", listed.label);
                refused(why)
            }
        })
    }

    /// Releases it to whom it has not gone yet; what could not be done, in words.
    async fn release(&self, record: &str) -> Result<Option<String>, Ended> {
        let control = &self.work.control;
        let us = control.operator.nationality.clone();
        let (name, viewer) =
            (RecordRef { originator: Some(us.clone()), id: record.into() }, self.person.viewer().clone());
        let failed = |error: &dyn ToString| Ended::Failed(error.to_string());
        let has = control.driver.inspect(move |node| {
            let given = node.entries_of(&name, &viewer).unwrap_or_default();
            let mut has: BTreeSet<Party> = given.into_iter().map(|(feed, _)| feed.partner).collect();
            let is_it = |waiting: &&entente_node::second::Waiting| {
                waiting.answer.is_none()
                    && name.id == *waiting.record
                    && name.originator.as_ref().is_some_and(|of| *of == *waiting.originator)
            };
            has.extend(node.waiting(&viewer).filter(is_it).map(|waiting| Party::from(waiting.to.as_str())));
            has
        });
        let has = has.await.map_err(|error| failed(&error))?;
        let (given, to): (Vec<String>, Vec<String>) =
            self.asked.to.iter().cloned().partition(|to| has.contains(to.as_str()));
        given.iter().for_each(|to| self.count(to, "given"));
        if to.is_empty() {
            return Ok(None);
        }
        let request = ReleaseRequest {
            record: Some(format!("{us}/{record}")),
            draft: None,
            to: to.clone(),
            purpose: self.asked.purpose.clone(),
            channel: self.asked.channel.clone(),
            under: None,
            precedence: self.asked.precedence.clone(),
            expires: None,
        };
        match release_for(control, &self.person, self.language, request).await {
            Ok(released) => {
                released.recipients.iter().for_each(|recipient| self.count(&recipient.to, &recipient.outcome));
                Ok(None)
            }
            Err(error @ (ApiError::Request(_) | ApiError::Forbidden(..) | ApiError::Failure(Failure::Refused(_)))) => {
                to.iter().for_each(|to| self.count(to, "refused"));
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    fn count(&self, to: &str, outcome: &str) {
        self.work.show(|view| {
            let Some(imported) = &mut view.imported else { return };
            let known = imported.released.iter_mut().find(|count| count.to == to && count.outcome == outcome);
            if let Some(known) = known {
                known.count += 1;
                return;
            }
            let (to, outcome) = (to.to_owned(), outcome.to_owned());
            imported.released.push(ReleasedCount { to, outcome, count: 1 });
        });
    }
}

fn refused(why: String) -> Came {
    Came { state: "refused", record: None, why: Some(why) }
}
