//! Telling people of this party that something waits: reads the contact list, makes the attempts that it wants, and has the node
//! keep each of them before it is made and when it has ended. Whom to tell when is `entente_core::watch`'s to say.
//!
//! The list is read anew whenever it is used, so that a rota can be changed while the node runs; while it cannot be read, the
//! last one that could counts, and the log says so. Key type: `Escalation`.

mod settings;
mod message;
mod mail;
mod hook;
mod pages;
mod rounds;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entente_core::{
    Party,
    time::Timestamp,
    watch::{Contacts, Due, Person, Way},
};
use entente_formats::{contacts, hex};
use entente_node::{
    Answer, Event,
    matter::Matter,
    telling::{AttemptEnd, NewAttempt},
};
pub(crate) use pages::{Page, Pages};
pub(crate) use rounds::run;
pub(crate) use settings::{ContactsText, MailText, settings};
pub use settings::{MailServer, Security, Settings};
use sha2::{Digest, Sha256};

use crate::{driver::Driver, turn::Failure};
use message::Message;

/// How often an attempt is tried, and what is waited between two tries.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];
/// The matter of a test of the chain.
pub(crate) const TEST: &str = "test";

/// How a try ended, in words.
pub(crate) enum Tried {
    /// The message was taken.
    Reached(String),
    /// It was not, and may be later.
    Again(String),
    /// It was not, and will not be.
    Failed(String),
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) reached: bool,
    pub(crate) words: String,
    pub(crate) tries: u32,
}

/// What a node tells its people with.
#[derive(Clone)]
pub(crate) struct Escalation {
    inner: Arc<Inner>,
}

struct Inner {
    party: Party,
    driver: Driver,
    settings: Settings,
    link: Option<String>,
    pages: Pages,
    /// The last list that could be read, and why the one in the file cannot be, if so.
    known: Mutex<(Arc<Contacts>, Option<String>)>,
}

/// Reads a contact list.
///
/// # Errors
/// When it cannot be read, does not fit, or is another party's; a sentence with its place.
pub fn read(path: &Path, party: &Party) -> Result<Contacts, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("`{}`: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let list = contacts::parse(&text).map_err(|problems| match problems.first() {
        Some(problem) => {
            let (line, column) = problem.line_and_column(&text);
            wrong(&format!("line {line}, column {column}: {problem}"))
        }
        None => wrong(&"it cannot be read"),
    })?;
    if list.party != *party {
        return Err(wrong(&format!("it is the contact list of {}, not of {party}", list.party)));
    }
    Ok(list)
}

impl Escalation {
    /// Begins with the list as it is now.
    ///
    /// # Errors
    /// When it cannot be used; a sentence.
    pub(crate) fn new(
        party: Party,
        driver: Driver,
        settings: Settings,
        link: Option<String>,
        pages: Pages,
    ) -> Result<Self, String> {
        let list = read(&settings.contacts, &party)?;
        if settings.mail.is_none() && list.steps.iter().any(|step| step.by.contains(&Way::Email)) {
            return Err(format!(
                "`{}` tells people by e-mail, and the configuration names no server: `[mail]`",
                settings.contacts.display()
            ));
        }
        let known = Mutex::new((Arc::new(list), None));
        Ok(Self { inner: Arc::new(Inner { party, driver, settings, link, pages, known }) })
    }

    /// The list as it is now; with it, why it is not the one in the file.
    pub(crate) fn contacts(&self) -> (Arc<Contacts>, Option<String>) {
        let mut known = self.inner.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, problem) = &mut *known;
        match read(&self.inner.settings.contacts, &self.inner.party) {
            Ok(now) => {
                if **list != now {
                    *list = Arc::new(now);
                }
                *problem = None;
            }
            Err(why) if problem.as_ref() != Some(&why) => {
                tracing::error!(why, "the contact list cannot be read; the last one that could be counts");
                *problem = Some(why);
            }
            Err(_) => {}
        }
        (Arc::clone(list), problem.clone())
    }

    /// Makes one attempt, from its beginning to its end. `wrap` says who asked for it.
    pub(crate) async fn attempt(
        &self,
        contacts: &Contacts,
        due: Due,
        matter: &Matter,
        wrap: impl Fn(Event) -> Event,
    ) -> Result<Outcome, Failure> {
        let refused = |why: &str| Failure::NotKept(why.to_owned());
        let person = contacts.persons.get(due.person).ok_or_else(|| refused("nobody is there in the list"))?;
        let new = NewAttempt {
            matter: matter.name.clone(),
            precedence: matter.precedence,
            status: matter.status,
            person: person.id.clone(),
            account: person.account.clone(),
            due: due.clone(),
        };
        let Answer::Number(number) = self.inner.driver.handle(wrap(Event::BeginAttempt(new))).await? else {
            return Err(refused("unexpected answer"));
        };
        let message = Message {
            party: self.inner.party.clone(),
            precedence: matter.precedence,
            status: matter.status,
            since: matter.since,
            link: self.inner.link.clone(),
            person: person.id.clone(),
            key: self.key(&matter.name, &person.id, &due),
            is_test: matter.name == TEST,
        };
        let mut tries = 1;
        let mut tried = self.try_once(contacts, person, due.way, &message).await;
        for pause in PAUSES {
            if !matches!(tried, Tried::Again(_)) {
                break;
            }
            tokio::time::sleep(pause).await;
            tries += 1;
            tried = self.try_once(contacts, person, due.way, &message).await;
        }
        let (reached, again, words) = match tried {
            Tried::Reached(words) => (true, false, words),
            Tried::Again(words) => (false, true, words),
            Tried::Failed(words) => (false, false, words),
        };
        if !reached {
            // The address of a person is no secret, and stays out of the log all the same.
            tracing::warn!(person = person.id, way = due.way.as_str(), why = words, "somebody could not be told");
        }
        let end = AttemptEnd { number, reached, words: words.clone(), tries, again };
        self.inner.driver.handle(Event::EndAttempt(end)).await?;
        Ok(Outcome { reached, words, tries })
    }

    async fn try_once(&self, contacts: &Contacts, person: &Person, way: Way, message: &Message) -> Tried {
        let now = Timestamp::now();
        match way {
            Way::Console => match person.account.as_deref().map(|account| self.inner.pages.open(account)) {
                Some(open) if open > 0 => Tried::Reached(format!("on open pages: {open}")),
                _ => Tried::Failed("no page is open".to_owned()),
            },
            Way::Email => match (&self.inner.settings.mail, &person.email) {
                (Some(server), Some(to)) => mail::send(server, to, message, now).await,
                (None, _) => Tried::Failed("the configuration names no mail server".to_owned()),
                (_, None) => Tried::Failed("the list has no address".to_owned()),
            },
            Way::Webhook => match person.webhook.and_then(|place| contacts.webhooks.get(place)) {
                Some(webhook) => hook::send(webhook, &self.folder(), message, now).await,
                None => Tried::Failed("the list has no webhook".to_owned()),
            },
        }
    }

    fn folder(&self) -> PathBuf {
        self.inner.settings.contacts.parent().unwrap_or(Path::new(".")).to_owned()
    }

    /// The same for every try of one attempt, also of one that goes on after a restart, and another for each other.
    fn key(&self, matter: &str, person: &str, due: &Due) -> String {
        let parts = [self.inner.party.as_str(), matter, person, due.way.as_str(), &due.at.as_second().to_string()];
        let digest = Sha256::digest(parts.join("\n"));
        hex::encode(digest.get(..16).unwrap_or_default())
    }
}
