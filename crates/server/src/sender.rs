//! Sending: one task for each feed, with a warm connection of its own. It sends what the partner has not receipted, in
//! packages, after the node has decided again about each entry. Sending again is always safe.

use std::{collections::BTreeMap, sync::Arc};

use entente_core::Party;
use entente_formats::wire::{Canonical, MAX_ENTRIES, PACKAGE_TARGET};
use entente_node::{Answer, Event, Feed, Lane};
use entente_store::Reader;
use hyper::StatusCode;
use tokio::sync::{Notify, mpsc};

use crate::{
    courier::assemble,
    federation::PACKAGE,
    link::{Link, Missed, Outside, with_jitter},
    pause::Pauses,
};

/// The longest receipt that is read.
const RECEIPT_LIMIT: usize = 2 * 1024 * 1024;

/// Starts a sender for each feed as it is first named, and wakes it when it is named again, or its partner is heard.
pub(crate) async fn run(
    outside: Outside,
    mut wake: mpsc::UnboundedReceiver<Feed>,
    mut heard: mpsc::UnboundedReceiver<Party>,
) {
    let mut bells: BTreeMap<Feed, Arc<Bells>> = BTreeMap::new();
    loop {
        tokio::select! {
            feed = wake.recv() => {
                let Some(feed) = feed else { return };
                let bells = bells.entry(feed.clone()).or_insert_with(|| {
                    let bells = Arc::<Bells>::default();
                    tokio::spawn(Sender::new(outside.clone(), feed, Arc::clone(&bells)).run());
                    bells
                });
                bells.entries.notify_one();
            }
            Some(party) = heard.recv() => {
                for lane in Lane::ALL {
                    if let Some(bells) = bells.get(&Feed { partner: party.clone(), lane }) {
                        bells.partner.notify_one();
                    }
                }
            }
        }
    }
}

/// What wakes a sender. Both wake one with nothing to do; while its partner is away, only news of the partner does:
/// otherwise each release would be another try.
#[derive(Default)]
struct Bells {
    /// There are new entries.
    entries: Notify,
    /// The partner was heard.
    partner: Notify,
}

struct Sender {
    outside: Outside,
    feed: Feed,
    bells: Arc<Bells>,
    link: Link,
    reader: Option<Reader>,
    /// After a crash of ours the partner may be further than one package: then this many entries are read at once.
    behind: Option<u64>,
}

impl Sender {
    fn new(outside: Outside, feed: Feed, bells: Arc<Bells>) -> Self {
        let link = Link::new(outside.clone(), feed.partner.clone());
        Self { outside, feed, bells, link, reader: None, behind: None }
    }

    async fn run(mut self) {
        let mut pauses = Pauses::default();
        // A node that returns says so: partners that wait for it need wait no longer. One that is away will do the same.
        match self.say_hello().await {
            Ok(()) => self.tried(None),
            Err(error) => {
                self.tried(Some(&error));
                tracing::debug!(partner = %self.feed.partner, %error, "away");
                self.link.close();
            }
        }
        loop {
            match self.send_next().await {
                Ok(true) => {
                    self.tried(None);
                    pauses.worked();
                }
                Ok(false) => {
                    pauses.worked();
                    tokio::select! {
                        () = self.bells.entries.notified() => {}
                        () = self.bells.partner.notified() => {}
                    }
                }
                Err(error) => {
                    self.tried(Some(&error));
                    self.link.close();
                    let (pause, is_cut_short) = pauses.failed(error.missing());
                    let pause = with_jitter(pause);
                    let (partner, lane) = (&self.feed.partner, self.feed.lane.as_str());
                    tracing::info!(%partner, lane, %error, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "not delivered; it waits");
                    if is_cut_short {
                        let _ = tokio::time::timeout(pause, self.bells.partner.notified()).await;
                    } else {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
        }
    }

    /// Notes whether the partner was reached.
    fn tried(&self, failed: Option<&Missed>) {
        let failed = failed.map(ToString::to_string);
        self.outside.links.tried(&self.feed, failed.as_deref(), jiff::Timestamp::now());
    }

    /// Asks the partner where it stands, with a package of no entries.
    async fn say_hello(&mut self) -> Result<(), Missed> {
        self.link.open().await?;
        let acknowledged = self.position().await?.1;
        let feed = self.feed.clone();
        let next =
            self.exchange(acknowledged, Event::Dispatch { feed, start: acknowledged, entries: Vec::new() }).await?;
        self.behind = (next > acknowledged).then_some(next);
        Ok(())
    }

    /// How many entries the feed has, and how many of them are receipted.
    async fn position(&mut self) -> Result<(u64, u64), Missed> {
        let feed = self.feed.clone();
        let position = self.outside.driver.inspect(move |node| {
            // To who was removed there is nothing to send.
            if node.is_removed(&feed.partner) {
                return None;
            }
            let mut feeds = node.outgoing();
            feeds.find(|(out, ..)| **out == feed).map(|(_, size, acknowledged)| (size, acknowledged))
        });
        Ok(position.await.map_err(|error| Missed::Here(error.to_string()))?.unwrap_or_default())
    }

    /// Sends one package. `false`: there is nothing to send.
    async fn send_next(&mut self) -> Result<bool, Missed> {
        let (size, acknowledged) = self.position().await?;
        if size == acknowledged {
            return Ok(false);
        }
        // Connect first: what cannot be sent need not be decided, and is decided when it can.
        self.link.open().await?;
        if let Some(next) = self.behind.take() {
            return self.catch_up(acknowledged, next).await.map(|()| true);
        }
        let feed = self.feed.clone();
        let reader = self.reader().map_err(|error| Missed::Here(error.to_string()))?;
        let pending = reader.pending(&feed, acknowledged, MAX_ENTRIES, PACKAGE_TARGET);
        let pending = pending.map_err(|error| Missed::Here(error.to_string()))?;
        let end = acknowledged + u64::try_from(pending.len()).unwrap_or_default();
        let dispatch = Event::Dispatch { feed, start: acknowledged, entries: pending };
        let next = self.exchange(acknowledged, dispatch).await?;
        if next > end {
            self.behind = Some(next);
        } else if next == acknowledged {
            return Err(Missed::Here(format!("the partner stays at {next}")));
        }
        Ok(true)
    }

    /// After a crash of ours the partner may hold more than we have receipts for: its receipt is asked for, over our own
    /// leaves; nothing is decided, and no body is sent or read.
    async fn catch_up(&mut self, acknowledged: u64, next: u64) -> Result<(), Missed> {
        let feed = self.feed.clone();
        let reader = self.reader().map_err(|error| Missed::Here(error.to_string()))?;
        let leaves = reader.leaves(&feed, acknowledged, next.saturating_sub(acknowledged));
        let leaves = leaves.map_err(|error| Missed::Here(error.to_string()))?;
        let reached = self.exchange(acknowledged, Event::CatchUp { feed, start: acknowledged, leaves }).await?;
        if reached == next { Ok(()) } else { Err(Missed::Here(format!("the partner says {next}, then {reached}"))) }
    }

    /// Hands the event to the node, sends what it clears, and hands it the receipt; the partner's `next`.
    async fn exchange(&mut self, start: u64, event: Event) -> Result<u64, Missed> {
        let here = |error: &dyn ToString| Missed::Here(error.to_string());
        let feed = self.feed.clone();
        let cleared = self.outside.driver.handle(event).await.map_err(|error| here(&error))?;
        let party = self.outside.party.clone();
        let reader = self.reader().map_err(|error| here(&error))?;
        let package = assemble(reader, &party, &feed, start, cleared).map_err(|error| here(&error))?;
        let receipt = self.post(package.to_bytes()).await?;
        match self.outside.driver.handle(Event::Receipt { feed, bytes: receipt }).await {
            Ok(Answer::Acknowledged { next }) => Ok(next),
            Ok(_) => Err(here(&"unexpected answer")),
            Err(error) => Err(here(&error)),
        }
    }

    fn reader(&mut self) -> Result<&Reader, entente_store::StoreError> {
        match &mut self.reader {
            Some(reader) => Ok(reader),
            empty => Ok(empty.insert(Reader::of_folder(&self.outside.data)?)),
        }
    }

    async fn post(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, Missed> {
        let path = format!("/federation/v1/feeds/{}", self.feed.lane.as_str());
        let (status, body) = self.link.post(&path, PACKAGE, bytes, RECEIPT_LIMIT).await?;
        match status {
            StatusCode::OK | StatusCode::CONFLICT => Ok(body.into()),
            status => Err(Missed::answered(status, &body)),
        }
    }
}
