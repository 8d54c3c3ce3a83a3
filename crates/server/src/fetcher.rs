//! Fetching the contents that entries of partners refer to: one task for each partner that has some, with a connection of
//! its own, so that nothing urgent waits behind them. What is here already is never asked for again.

use std::{collections::BTreeMap, time::Duration};

use entente_core::Party;
use entente_formats::wire::{Canonical, Signed};
use entente_node::{
    Answer, Event, Lane,
    content::{AwaitedContent, FileName},
};
use entente_store::StoreError;
use hyper::StatusCode;
use tokio::task::JoinHandle;

use crate::{
    contents::{Arrivals, Progress, Shelf, blocking},
    link::{Link, Missed, Outside, with_jitter},
    pause::Pauses,
    people::SignedIn,
    pieces::{Filling, Stopped, Wrong},
    quota::Quotas,
};

/// How often is looked whether a partner is worth another try.
const LOOK: Duration = Duration::from_secs(30);
/// The longest answer other than a piece that is read.
const SMALL: usize = 64 * 1024;

/// How many bytes of what is wrong are kept.
const EVIDENCE: usize = 1024;

/// What fetching shares.
#[derive(Clone)]
pub(crate) struct Fetcher {
    pub(crate) outside: Outside,
    pub(crate) shelf: Shelf,
    pub(crate) quotas: Quotas,
    pub(crate) arrivals: Arrivals,
}

/// Why a content is not here yet.
enum Missing {
    Missed(Missed),
    Quota,
}

impl From<Missed> for Missing {
    fn from(missed: Missed) -> Self {
        Self::Missed(missed)
    }
}

fn here(error: &dyn ToString) -> Missed {
    Missed::Here(error.to_string())
}

impl Fetcher {
    /// Fetches what is awaited, as long as the node runs.
    pub(crate) async fn run(self) {
        let mut tasks: BTreeMap<Party, JoinHandle<()>> = BTreeMap::new();
        loop {
            tasks.retain(|_, task| !task.is_finished());
            for content in self.awaited(None).await {
                tasks.entry(content.feed.partner.clone()).or_insert_with_key(|partner| {
                    let (fetcher, partner) = (self.clone(), partner.clone());
                    tokio::spawn(async move { fetcher.of_partner(partner).await })
                });
            }
            tokio::select! {
                () = self.outside.driver.contents() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn awaited(&self, of: Option<Party>) -> Vec<AwaitedContent> {
        let look = move |node: &entente_node::Node| {
            let is_meant = |content: &&AwaitedContent| of.as_ref().is_none_or(|party| content.feed.partner == *party);
            node.awaited_contents().filter(is_meant).cloned().collect()
        };
        self.outside.driver.inspect(look).await.unwrap_or_default()
    }

    async fn of_partner(&self, partner: Party) {
        let (mut link, mut pauses) = (Link::new(self.outside.clone(), partner.clone()), Pauses::default());
        loop {
            let contents = self.awaited(Some(partner.clone())).await;
            if contents.is_empty() {
                return;
            }
            let (mut missing, before) = (None, self.arrivals.done(&partner));
            for content in contents {
                match self.fetch(&mut link, &content).await {
                    Ok(()) => {
                        self.arrivals.forget(&content);
                        pauses.worked();
                    }
                    Err(why) => {
                        let is_away = matches!(why, Missing::Missed(Missed::Connect(_)));
                        missing = Some((content, why));
                        if is_away {
                            break;
                        }
                    }
                }
            }
            let Some((content, why)) = missing else { continue };
            let (why, kind) = match why {
                Missing::Missed(missed) => (missed.to_string(), missed.missing()),
                Missing::Quota => ("its quota is full".to_owned(), crate::pause::Missing::Refused),
            };
            link.close();
            // What broke off in the middle goes on soon.
            if self.arrivals.done(&partner) > before {
                pauses.worked();
            }
            let (pause, _) = pauses.failed(kind);
            tracing::info!(%partner, lane = content.feed.lane.as_str(), index = content.index, why, "content not here yet");
            let Progress { done, all, .. } = self.arrivals.progress(&content.feed, content.index).unwrap_or_default();
            self.arrivals.tell(&content, done, all, Some(why));
            tokio::time::sleep(with_jitter(pause)).await;
        }
    }

    /// Fetches what is missing of one content.
    async fn fetch(&self, link: &mut Link, content: &AwaitedContent) -> Result<(), Missing> {
        link.open().await?;
        let (feed, index) = (content.feed.clone(), content.index);
        let row = self.shelf.read(move |reader| reader.awaited_content(&feed, index)).await;
        // It may have been called back since.
        let Some(row) = row.map_err(|error| here(&error))? else { return Err(here(&"it is awaited no more").into()) };
        let file = row.file;
        // A courier may be bringing it.
        let Some(_claimed) = self.arrivals.claim(file) else { return Err(here(&"a person is importing it").into()) };
        let partner = content.feed.partner.clone();
        let room = self.quotas.claim(&partner, Lane::Routine, content.length).await;
        let has_room = room.map_err(|error| here(&error))?;
        if self.quotas.turned_away(&partner, !has_room, jiff::Timestamp::now()) && !has_room {
            tracing::warn!(%partner, "it has filled its quota; its large contents wait");
        }
        if !has_room {
            return Err(Missing::Quota);
        }
        let fetched = self.fill(link, content, row).await;
        // What was refused or withdrawn needs no room. Of what broke off, what has come stays: all of it keeps its room until the bound
        // is reached and the disk is counted anew, or a partner that always breaks off at the end would fill it.
        if matches!(fetched, Ok(false)) {
            self.quotas.release(&partner, content.length);
        }
        fetched.map(drop).map_err(Missing::from)
    }

    async fn fill(
        &self,
        link: &mut Link,
        content: &AwaitedContent,
        row: entente_store::AwaitedRow,
    ) -> Result<bool, Missed> {
        let (us, from, shelf) = (self.outside.party.clone(), content.feed.partner.clone(), self.shelf.clone());
        let filling = blocking(move || Filling::begin(&shelf.reader()?, row, &from, &us)).await;
        let mut filling = filling.map_err(|error| here(&error))?;
        let path = format!("/federation/v1/contents/{}", entente_formats::hex::encode(&content.sealed));
        while !filling.is_complete() {
            let ((start, all), wanted) = (filling.position(), filling.wanted());
            self.arrivals.tell(content, start, all, None);
            let (status, body) = link.get(&path, start, wanted.max(SMALL)).await?;
            match status {
                StatusCode::PARTIAL_CONTENT if body.len() <= wanted && !body.is_empty() => {}
                StatusCode::PARTIAL_CONTENT => {
                    let why = format!("{} bytes from byte {start}, where {wanted} were to come", body.len());
                    let evidence = body.get(..SMALL.min(body.len())).unwrap_or_default().to_vec();
                    return self.wrong(content, Wrong { why, evidence, is_final: false }, None).await;
                }
                StatusCode::GONE => return self.withdrawn(content, &body).await,
                status => return Err(Missed::answered(status, &body)),
            }
            let taken = tokio::task::spawn_blocking(move || {
                let taken = filling.take(&body);
                (filling, taken)
            });
            let (back, taken) = taken.await.map_err(|error| here(&error))?;
            filling = back;
            match taken {
                Ok(()) => {}
                Err(Stopped::Wrong(wrong)) => return self.wrong(content, wrong, None).await,
                Err(Stopped::Store(error)) => return Err(here(&error)),
            }
        }
        let finished = tokio::task::spawn_blocking(move || filling.finish()).await.map_err(|error| here(&error))?;
        match finished {
            Ok(file) => self.arrived(content, file, None).await.map_err(|error| here(&error)),
            Err(Stopped::Wrong(wrong)) => self.wrong(content, wrong, None).await,
            Err(Stopped::Store(error)) => Err(here(&error)),
        }
    }

    /// Tells the node that a content is complete; whether it was wanted.
    pub(crate) async fn arrived(
        &self,
        content: &AwaitedContent,
        file: FileName,
        by: Option<&SignedIn>,
    ) -> Result<bool, StoreError> {
        let event = Event::ContentArrived { feed: content.feed.clone(), index: content.index, file };
        let event = brought(by, event);
        let kept = |error: crate::turn::Failure| StoreError::Damaged(error.to_string());
        let answer = self.outside.driver.handle(event).await.map_err(kept)?;
        let is_wanted = matches!(answer, Answer::Arrived { is_wanted: true });
        if !is_wanted {
            // Called back while its last piece came: its key is destroyed, and this is what is left.
            self.shelf.read(move |reader| reader.discard(&file)).await?;
        }
        tracing::info!(partner = %content.feed.partner, index = content.index, is_wanted, "content complete");
        Ok(is_wanted)
    }

    /// Tells the node that what came is wrong. What may still come right is tried again, later.
    async fn wrong(&self, content: &AwaitedContent, wrong: Wrong, by: Option<&SignedIn>) -> Result<bool, Missed> {
        let Wrong { why, mut evidence, is_final } = wrong;
        // Enough to show that it is none of what was sealed: a partner must not fill the disk with what it has not signed.
        evidence.truncate(EVIDENCE);
        let (feed, index) = (content.feed.clone(), content.index);
        let event = brought(by, Event::ContentWrong { feed, index, why: why.clone(), evidence, is_final });
        self.outside.driver.handle(event).await.map_err(|error| here(&error))?;
        if is_final { Ok(false) } else { Err(Missed::Here(why)) }
    }

    /// The same for what came as a file.
    pub(crate) async fn refuse(&self, content: &AwaitedContent, wrong: Wrong, by: &SignedIn) -> Result<(), String> {
        self.wrong(content, wrong, Some(by)).await.map(drop).map_err(|error| error.to_string())
    }

    async fn withdrawn(&self, content: &AwaitedContent, body: &[u8]) -> Result<bool, Missed> {
        let signed = Signed::from_bytes(body).map_err(|error| here(&error))?;
        let event = Event::ContentWithdrawn { feed: content.feed.clone(), index: content.index, signed };
        self.outside.driver.handle(event).await.map_err(|error| here(&error))?;
        Ok(false)
    }
}

/// The event, with whoever has brought the file.
fn brought(by: Option<&SignedIn>, event: Event) -> Event {
    match by {
        Some(person) => person.does("inbox.content", event),
        None => event,
    }
}
