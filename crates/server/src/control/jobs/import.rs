//! Many files at once, each of which becomes a record, with one label, in the order in which they come. A file enters when all of it
//! is here, and before the next is looked at: what entered stays, whatever breaks off, and an id that is made of its bytes and of who
//! imports it keeps it from entering twice. So an import needs nothing but its files to be gone on with.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use axum::{
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::HeaderMap,
};
use entente_core::{Channel, Party, explain::Language, record::Status};
use entente_formats::{hex, label, request, wire::MAX_CONTENT};
use entente_node::{
    Answer, Event, Refusal,
    event::{Draft, RecordRef},
};
use entente_seal::Precedence;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{Ended, Task, Work, seen_one};
use crate::{
    api::{ImportedFile, ImportedView, JobView, ReleaseRequest, ReleasedCount},
    control::{ApiError, Control, Reply, language, may, precedence, release_for, unexpected},
    people::SignedIn,
    turn::Failure,
};

/// The most that comes at once, in bytes.
pub(crate) const MANY: usize = 4 << 30;
/// The most files.
const FILES: usize = 10_000;
/// The most fields before them, and the longest of them in bytes.
const FIELDS: usize = 400;
const FIELD: usize = 4096;
/// The longest name of a file, in characters: it becomes the title.
const NAME: usize = 200;
/// How often it is kept how far it is, and looked whether its owner may still go on.
const OFTEN: Duration = Duration::from_secs(1);
/// How long one file may take: who sends a byte a minute holds the place of others.
const LONGEST: Duration = Duration::from_secs(600);

/// What each of the files gets.
struct Asked {
    label: String,
    subjects: Vec<String>,
    status: Status,
    to: Vec<String>,
    purpose: String,
    channel: String,
    precedence: String,
    count: u64,
}

/// The fields of the form, as they came.
#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn all(&self, name: &str) -> Vec<String> {
        let words = self.0.iter().filter(|(of, _)| of == name).flat_map(|(_, text)| text.split([',', '、']));
        words.map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(of, _)| of == name).map(|(_, text)| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn read(&self, person: &SignedIn) -> Result<Asked, ApiError> {
        let needed = |name: &str| {
            let missing = || ApiError::Request(format!("{name}: missing; it comes before the files"));
            self.one(name).ok_or_else(missing)
        };
        let text = needed("label")?;
        label::parse(&text).map_err(|problem| {
            ApiError::Request(format!("label, character {}: {problem}", problem.line_and_column(&text).1))
        })?;
        let to = self.all("to");
        let is_released = !to.is_empty();
        if is_released && !may(person, "record.release") {
            return Err(ApiError::Forbidden(
                "this account, or its token, may not release".to_owned(),
                "leave `to` out: the files enter, and whoever may releases them".to_owned(),
            ));
        }
        let subjects = self.all("subjects");
        if subjects.is_empty() {
            return Err(ApiError::Request("subjects: missing; they come before the files".to_owned()));
        }
        let or = |name: &str, other: &str| self.one(name).unwrap_or_else(|| other.to_owned());
        let urgency = or("precedence", Precedence::Routine.as_str());
        precedence(&urgency)?;
        Ok(Asked {
            label: text,
            subjects,
            status: request::status("status", Some(or("status", "actual").as_str()))?,
            purpose: if is_released { needed("purpose")? } else { String::new() },
            channel: or("channel", Channel::GOVERNMENTS),
            precedence: urgency,
            count: self.one("count").and_then(|count| count.parse().ok()).unwrap_or_default(),
            to,
        })
    }
}

/// `POST /jobs/import`: a form with the fields `label`, `subjects`, `status`, `to`, `purpose`, `channel`, `precedence` and `count`, and
/// then the files. It answers once all of them have come; meanwhile it is shown with the other long work.
pub(crate) async fn import(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    form: Multipart,
) -> Reply<JobView> {
    let language = language(&headers);
    // Whoever sends may go away; what has come all the same comes to its end.
    tokio::spawn(take(control, person, language, form)).await.map_err(|_| unexpected())?
}

async fn take(control: Control, person: SignedIn, language: Language, mut form: Multipart) -> Reply<JobView> {
    let wrong = |error: MultipartError| ApiError::Request(error.body_text());
    let mut fields = Fields::default();
    let mut import = loop {
        let Some(mut part) = form.next_field().await.map_err(wrong)? else {
            return Err(ApiError::Request("no file came along".to_owned()));
        };
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name() {
            Some("") => drop(part),
            Some(_) => {
                let asked = fields.read(&person)?;
                let mut import = Import::begin(&control, &person, asked, language).await?;
                if let Err(ended) = import.file(&mut part).await {
                    import.stopped = Some(ended);
                }
                break import;
            }
            None if fields.0.len() >= FIELDS => {
                return Err(ApiError::Request(format!("more than {FIELDS} fields")));
            }
            None => {
                let bytes = bytes_of(&mut part, FIELD).await.map_err(wrong)?;
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                let long = || ApiError::Request(format!("{name}: a text of at most {FIELD} bytes"));
                let text = text.ok_or_else(long)?;
                fields.0.push((name, text));
            }
        }
    };
    let ended = loop {
        match form.next_field().await {
            Ok(None) => break import.stopped.take().unwrap_or(Ended::Done),
            Ok(Some(mut part)) if part.file_name().is_some_and(|name| !name.is_empty()) => {
                // What comes behind an end is named, so that nobody believes it entered.
                if let Err(ended) = import.file(&mut part).await {
                    import.stopped = Some(ended);
                }
            }
            Ok(Some(part)) if part.file_name().is_some() => drop(part),
            Ok(Some(part)) => {
                let name = part.name().unwrap_or_default();
                let why = format!("the field `{name}` came behind a file, where nobody could heed it");
                import.stopped = Some(Ended::Failed(why));
            }
            Err(error) => {
                let why = format!(
                    "{}; import the same files again: those that entered do not enter twice",
                    error.body_text()
                );
                break import.stopped.take().unwrap_or(Ended::Interrupted(why));
            }
        }
    };
    import.work.end(ended).await;
    let view = import.work.view()?;
    seen_one(&control, &person, view).await
}

/// The bytes of a part; none where there are more than `most`, all of which are passed over.
async fn bytes_of(part: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>, MultipartError> {
    let mut bytes = Some(Vec::new());
    while let Some(chunk) = part.chunk().await? {
        bytes = bytes.filter(|bytes| bytes.len().saturating_add(chunk.len()) <= most).map(|mut bytes| {
            bytes.extend_from_slice(&chunk);
            bytes
        });
    }
    Ok(bytes)
}

/// An import under way.
struct Import {
    work: Arc<Work>,
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
    async fn begin(control: &Control, person: &SignedIn, asked: Asked, language: Language) -> Result<Self, ApiError> {
        let secret = control.storage.secret_for(b"names of imported files")?;
        let work = Work::begin(control, person, Task::Import).await?;
        let imported = ImportedView {
            label: asked.label.clone(),
            status: asked.status.as_str().to_owned(),
            ..ImportedView::default()
        };
        work.show(|view| (view.steps, view.imported) = (asked.count, Some(imported)));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*secret);
        let (work, person) = (Arc::new(work), person.clone());
        Ok(Self { work, person, asked, language, key, looked: Instant::now(), stopped: None })
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

    /// One file. `Err` where nothing more can enter, for a reason that is not the file's.
    async fn file(&mut self, part: &mut Field<'_>) -> Result<(), Ended> {
        let name: String = part.file_name().unwrap_or_default().chars().take(NAME).collect();
        let kind = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let mut end = None;
        if self.stopped.is_none() && self.looked.elapsed() >= OFTEN {
            self.looked = Instant::now();
            end = self.look().await.err();
        }
        if self.work.is_cancelled() {
            end = end.or(Some(Ended::Cancelled));
        }
        let count = self.work.show(|view| view.imported.as_ref().map_or(0, |imported| imported.files.len()));
        if count.unwrap_or_default() >= FILES {
            // Neither kept nor named any more: what is not named did not enter.
            let why = format!("more than {FILES} files at once; import the rest by itself");
            while part.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
            return Err(self.stopped.take().unwrap_or(Ended::Failed(why)));
        }
        let broken = |error: MultipartError| {
            let again = "import the same files again: those that entered do not enter twice";
            Ended::Interrupted(format!("{}; {again}", error.body_text()))
        };
        let Ok(bytes) = timeout(LONGEST, bytes_of(part, MAX_CONTENT)).await else {
            let why = format!("a file took longer than {} minutes; import the rest again", LONGEST.as_secs() / 60);
            return Err(self.stopped.take().unwrap_or(Ended::Interrupted(why)));
        };
        let came = match (self.stopped.is_some() || end.is_some(), bytes) {
            (_, Err(error)) => {
                end = end.or_else(|| Some(broken(error)));
                Ok(Came { state: "left", record: None, why: None })
            }
            (true, Ok(_)) => Ok(Came { state: "left", record: None, why: None }),
            (false, Ok(None)) => {
                Ok(refused(format!("longer than {} MiB; release it by itself: `entente release`", MAX_CONTENT >> 20)))
            }
            (false, Ok(Some(bytes))) => self.enter(&name, kind, bytes).await,
        };
        let came = came.unwrap_or_else(|why| {
            end = Some(why);
            Came { state: "left", record: None, why: None }
        });
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
        end.map_or(Ok(()), |end| Err(self.stopped.take().unwrap_or(end)))
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
