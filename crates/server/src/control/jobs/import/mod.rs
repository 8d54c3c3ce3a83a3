//! Many files at once, each of which becomes a record, with one label, in the order in which they come. A file enters when all of it
//! is here: what entered stays, whatever breaks off, and an id that is made of its bytes and of who imports it keeps it from entering
//! twice. So an import needs nothing but its files to be gone on with.
//!
//! Here they are received, a bounded number of bytes ahead of those that enter ([`enter`]): whoever has sent the last one need not wait
//! until it has entered.

mod enter;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::HeaderMap,
};
use entente_core::{Channel, explain::Language, record::Status};
use entente_formats::{label, request, wire::MAX_CONTENT};
use entente_seal::Precedence;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use self::enter::Import;
use super::{Ended, Work, seen_one};
use crate::{
    api::JobView,
    control::{ApiError, Control, Reply, language, may, precedence, unexpected},
    people::SignedIn,
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
/// How many bytes of files are here and have not entered, and how many files.
const AHEAD: usize = 64 << 20;
const WAITING: usize = 1_000;
/// What to do about what broke off.
const AGAIN: &str = "import the same files again: those that entered do not enter twice";

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
/// then the files. It answers once all of them have entered; meanwhile it is shown with the other long work.
pub(crate) async fn import(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    form: Multipart,
) -> Reply<JobView> {
    let Received { work, entering } = received(&control, &person, &headers, form).await?;
    entering.await.map_err(|_| unexpected())?;
    seen_one(&control, &person, work.view()?).await
}

/// The same for who looks at the work afterwards: it answers once all of them are here, and they go on entering.
pub(crate) async fn hand_in(
    control: &Control,
    person: &SignedIn,
    headers: &HeaderMap,
    form: Multipart,
) -> Reply<JobView> {
    let work = received(control, person, headers, form).await?.work;
    seen_one(control, person, work.view()?).await
}

/// An import of which everything is here.
struct Received {
    work: Arc<Work>,
    /// What has not entered yet.
    entering: JoinHandle<()>,
}

async fn received(
    control: &Control,
    person: &SignedIn,
    headers: &HeaderMap,
    form: Multipart,
) -> Result<Received, ApiError> {
    let (control, person, language) = (control.clone(), person.clone(), language(headers));
    // Whoever sends may go away; what has come all the same comes to its end.
    tokio::spawn(receive(control, person, language, form)).await.map_err(|_| unexpected())?
}

async fn receive(
    control: Control,
    person: SignedIn,
    language: Language,
    mut form: Multipart,
) -> Result<Received, ApiError> {
    let wrong = |error: MultipartError| ApiError::Request(error.body_text());
    let mut fields = Fields::default();
    let (mut coming, entering) = loop {
        let Some(mut part) = form.next_field().await.map_err(wrong)? else {
            return Err(ApiError::Request("no file came along".to_owned()));
        };
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name() {
            Some("") => drop(part),
            Some(_) => {
                let asked = fields.read(&person)?;
                let import = Import::begin(&control, &person, asked, language).await?;
                let (mut coming, files) = Coming::of(&import);
                let entering = import.go_on(files);
                coming.file(&mut part).await;
                break (coming, entering);
            }
            None if fields.0.len() >= FIELDS => {
                return Err(ApiError::Request(format!("more than {FIELDS} fields")));
            }
            None => {
                let mut bytes = Some(Vec::new());
                while let Some(chunk) = part.chunk().await.map_err(wrong)? {
                    bytes = more(bytes, &chunk, FIELD);
                }
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                let long = || ApiError::Request(format!("{name}: a text of at most {FIELD} bytes"));
                let text = text.ok_or_else(long)?;
                fields.0.push((name, text));
            }
        }
    };
    loop {
        match coming.unless_over(form.next_field()).await {
            Ok(None) => {
                // A page without script has not said how many there are.
                let count = coming.count as u64;
                coming.work.show(|view| view.steps = view.steps.max(count));
                break coming.say(Sent::End).await;
            }
            // What comes behind an end is named, so that nobody believes it entered.
            Ok(Some(mut part)) if part.file_name().is_some_and(|name| !name.is_empty()) => coming.file(&mut part).await,
            Ok(Some(part)) if part.file_name().is_some() => drop(part),
            Ok(Some(part)) => {
                let name = part.name().unwrap_or_default();
                let why = format!("the field `{name}` came behind a file, where nobody could heed it");
                coming.say(Sent::Stop(Ended::Failed(why))).await;
            }
            Err(error) => {
                let why = format!("{}; {AGAIN}", error.body_text());
                break coming.say(Sent::Stop(Ended::Interrupted(why))).await;
            }
        }
    }
    Ok(Received { work: coming.work, entering })
}

/// The bytes with those behind them; none where that is more than `most`.
fn more(bytes: Option<Vec<u8>>, chunk: &[u8], most: usize) -> Option<Vec<u8>> {
    bytes.filter(|bytes| bytes.len().saturating_add(chunk.len()) <= most).map(|mut bytes| {
        bytes.extend_from_slice(chunk);
        bytes
    })
}

/// What is handed to those that enter, in the order in which it came.
enum Sent {
    File {
        name: String,
        kind: String,
        bytes: Bytes,
    },
    /// Nothing behind it enters.
    Stop(Ended),
    /// Everything has come.
    End,
}

/// What came of the bytes of a file.
enum Bytes {
    /// With the room that they take until they have entered.
    Whole(Vec<u8>, OwnedSemaphorePermit),
    /// Longer than any content.
    TooLong,
    /// Passed over, since nothing enters any more.
    Left,
}

/// The files as they come.
struct Coming {
    work: Arc<Work>,
    sent: mpsc::Sender<Sent>,
    room: Arc<Semaphore>,
    /// Whether nothing enters any more.
    over: Arc<AtomicBool>,
    /// Whether its end was said, because it was cancelled.
    ended: AtomicBool,
    count: usize,
}

impl Coming {
    fn of(import: &Import) -> (Self, mpsc::Receiver<Sent>) {
        let (sent, files) = mpsc::channel(WAITING);
        let (work, over) = (Arc::clone(&import.work), Arc::clone(&import.over));
        (
            Self { work, sent, room: Arc::new(Semaphore::new(AHEAD)), over, ended: AtomicBool::new(false), count: 0 },
            files,
        )
    }

    /// Where those that enter are gone, their end is told by who waits for them.
    async fn say(&self, sent: Sent) {
        let _ = self.sent.send(sent).await;
    }

    /// Whether nothing enters any more. Once it is cancelled it is over for who looks at it, and has no place any more; what is still
    /// on its way is passed over, and named as it comes.
    async fn is_over(&self) -> bool {
        if self.work.is_cancelled() && !self.ended.swap(true, Ordering::Relaxed) {
            self.over.store(true, Ordering::Relaxed);
            self.work.end(Ended::Cancelled).await;
        }
        self.over.load(Ordering::Relaxed)
    }

    /// What comes; meanwhile it is looked whether the work was cancelled, since whoever sends may send slowly, or nothing.
    async fn unless_over<T>(&self, coming: impl Future<Output = T>) -> T {
        let mut coming = pin!(coming);
        loop {
            match timeout(OFTEN, coming.as_mut()).await {
                Ok(came) => return came,
                Err(_) => self.is_over().await,
            };
        }
    }

    /// One file.
    async fn file(&mut self, part: &mut Field<'_>) {
        let name: String = part.file_name().unwrap_or_default().chars().take(NAME).collect();
        let kind = part.content_type().unwrap_or("application/octet-stream").to_owned();
        if self.count >= FILES {
            // Neither kept nor named any more: what is not named did not enter.
            let why = format!("more than {FILES} files at once; import the rest by itself");
            self.say(Sent::Stop(Ended::Failed(why))).await;
            while self.unless_over(part.chunk()).await.is_ok_and(|chunk| chunk.is_some()) {}
            return;
        }
        self.count += 1;
        match timeout(LONGEST, self.bytes_of(part)).await {
            Ok(Ok(bytes)) => self.say(Sent::File { name, kind, bytes }).await,
            Ok(Err(error)) => {
                self.say(Sent::File { name, kind, bytes: Bytes::Left }).await;
                self.say(Sent::Stop(Ended::Interrupted(format!("{}; {AGAIN}", error.body_text())))).await;
            }
            Err(_) => {
                let minutes = LONGEST.as_secs() / 60;
                let why = format!("a file took longer than {minutes} minutes; import the rest again");
                self.say(Sent::Stop(Ended::Interrupted(why))).await;
            }
        }
    }

    /// Its bytes, once there is room for them. It is looked between any two parts of them whether they are still wanted.
    async fn bytes_of(&self, part: &mut Field<'_>) -> Result<Bytes, MultipartError> {
        let mut bytes = Some(Vec::new());
        while let Some(chunk) = self.unless_over(part.chunk()).await? {
            let is_over = self.is_over().await;
            bytes = more(bytes.filter(|_| !is_over), &chunk, MAX_CONTENT);
        }
        if self.is_over().await {
            return Ok(Bytes::Left);
        }
        let Some(bytes) = bytes else { return Ok(Bytes::TooLong) };
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(size).await;
        Ok(room.map_or(Bytes::Left, |room| Bytes::Whole(bytes, room)))
    }
}
