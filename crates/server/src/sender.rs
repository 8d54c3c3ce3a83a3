//! Sending: one task for each feed, with a warm connection of its own. It sends what the partner has not receipted, in
//! packages, after the node has decided again about each entry. Sending again is always safe.

use std::{collections::BTreeMap, sync::Arc};

use entente_core::Party;
use entente_formats::wire::{Canonical, PACKAGE_TARGET};
use entente_node::{Answer, Event, Feed, Lane};
use entente_store::Reader;
use hyper::StatusCode;
use tokio::sync::{Notify, mpsc};

use crate::{
    courier::assemble,
    driver::Next,
    federation,
    link::{Link, Missed, Outside, with_jitter},
    pause::Pauses,
    restore,
    turn::Failure,
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
    /// Whether the partner has said where it stands since this node started. Until then nothing is decided about entries that
    /// it may have.
    has_greeted: bool,
    /// After a crash of ours the partner may be further than one package: then this many entries are read at once.
    behind: Option<u64>,
    /// What is cleared to leave already, and the index of the first.
    cleared: Option<(u64, Answer)>,
    /// What will hear of the entries from an index on, which come next.
    next: Option<(u64, Next)>,
    /// From where to where entries were cleared that were not handed to a connection.
    in_hand: Option<(u64, u64)>,
}

impl Sender {
    fn new(outside: Outside, feed: Feed, bells: Arc<Bells>) -> Self {
        let link = Link::new(outside.clone(), feed.partner.clone());
        Self {
            outside,
            feed,
            bells,
            link,
            reader: None,
            has_greeted: false,
            behind: None,
            cleared: None,
            next: None,
            in_hand: None,
        }
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
                    self.idle().await;
                }
                Err(error) => {
                    self.next = None;
                    self.hold_back().await;
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
        self.has_greeted = true;
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

    /// Until there is something to send. While the partner is connected it is cleared to leave in the turn that brings it.
    async fn idle(&mut self) {
        if let Some((start, next)) = self.next.take() {
            return self.take_next(start, next.cleared().await).await;
        }
        if self.link.is_open()
            && self.has_greeted
            && let Ok((size, acknowledged)) = self.position().await
            && size == acknowledged
        {
            let next = self.outside.driver.send_next(self.feed.clone(), size).await;
            return self.take_next(size, next).await;
        }
        tokio::select! {
            () = self.bells.entries.notified() => {}
            () = self.bells.partner.notified() => {}
        }
    }

    async fn take_next(&mut self, start: u64, next: Result<Answer, Failure>) {
        match next {
            Ok(answer @ Answer::Cleared { .. }) => self.take_in_hand(start, answer),
            Ok(_) => {}
            // It could not be kept, or the node stops: the next look at where the feed stands tells.
            Err(error) => {
                tracing::debug!(partner = %self.feed.partner, %error, "not cleared");
                tokio::task::yield_now().await;
            }
        }
    }

    /// What was cleared is to be sent next.
    fn take_in_hand(&mut self, start: u64, cleared: Answer) {
        if let Answer::Cleared { entries, .. } = &cleared {
            self.in_hand = Some((start, start + u64::try_from(entries.len()).unwrap_or_default()));
        }
        self.cleared = Some((start, cleared));
    }

    /// What is in hand is not sent now: the node hears that it has not left.
    async fn hold_back(&mut self) {
        self.cleared = None;
        let Some((start, end)) = self.in_hand.take().filter(|(start, end)| start < end) else { return };
        let event = Event::NotSent { feed: self.feed.clone(), start, end };
        if let Err(error) = self.outside.driver.handle(event).await {
            // Then it may have arrived, as far as the node knows.
            tracing::debug!(partner = %self.feed.partner, %error, "not held back");
        }
    }

    /// Sends one package. `false`: there is nothing to send.
    async fn send_next(&mut self) -> Result<bool, Missed> {
        let here = |error: &dyn ToString| Missed::Here(error.to_string());
        // A connection that is gone meanwhile has to be made again, and what may leave decided again.
        if !self.link.is_open() {
            self.hold_back().await;
        }
        let (start, cleared) = match self.cleared.take() {
            Some(cleared) => cleared,
            // There is nothing before the loop says so.
            None if self.next.is_some() => return Ok(false),
            None => {
                let (size, acknowledged) = self.position().await?;
                if size == acknowledged {
                    return Ok(false);
                }
                // Connect first: what cannot be sent need not be decided, and is decided when it can.
                self.link.open().await?;
                if !self.has_greeted {
                    return self.say_hello().await.map(|()| true);
                }
                if let Some(next) = self.behind.take() {
                    return self.catch_up(acknowledged, next).await.map(|()| true);
                }
                let dispatch = self.dispatch(acknowledged)?;
                let cleared = self.outside.driver.handle(dispatch).await.map_err(|error| here(&error))?;
                self.take_in_hand(acknowledged, cleared);
                self.cleared.take().ok_or_else(|| here(&"unexpected answer"))?
            }
        };
        let (bytes, end) = self.package(start, cleared)?;
        let receipt = self.post(bytes).await?;
        // What has come meanwhile is decided about while the receipt is kept: in one turn, where it can be. So is what comes
        // with the receipt or behind it.
        let (driver, feed) = (self.outside.driver.clone(), self.feed.clone());
        let next = match self.dispatch(end)? {
            Event::Dispatch { entries, .. } if entries.is_empty() => {
                let taken = driver.receipt(feed, receipt, end).await;
                taken.map(|(receipt, next)| {
                    self.next = Some((end, next));
                    receipt
                })
            }
            dispatch => {
                let receipt = Event::Receipt { feed, bytes: receipt };
                let (receipt, cleared) = tokio::join!(driver.handle(receipt), driver.handle(dispatch));
                if let Ok(cleared) = cleared {
                    self.take_in_hand(end, cleared);
                }
                receipt
            }
        };
        let next = match next {
            Ok(Answer::Acknowledged { next }) => next,
            Ok(_) => return Err(here(&"unexpected answer")),
            Err(error) => return Err(here(&error)),
        };
        if next != end {
            self.hold_back().await;
        }
        if next > end {
            self.behind = Some(next);
        } else if next == start {
            return Err(Missed::Here(format!("the partner stays at {next}")));
        }
        Ok(true)
    }

    /// What waits in the store from `start` on, to be decided about.
    fn dispatch(&mut self, start: u64) -> Result<Event, Missed> {
        let (feed, count) = (self.feed.clone(), self.outside.driver.package(self.feed.lane));
        let reader = self.reader().map_err(|error| Missed::Here(error.to_string()))?;
        let entries = reader.pending(&feed, start, count, PACKAGE_TARGET);
        let entries = entries.map_err(|error| Missed::Here(error.to_string()))?;
        Ok(Event::Dispatch { feed, start, entries })
    }

    /// The package of what was cleared, and the index behind its last entry.
    fn package(&mut self, start: u64, cleared: Answer) -> Result<(Vec<u8>, u64), Missed> {
        let here = |error: &dyn ToString| Missed::Here(error.to_string());
        let (party, feed) = (self.outside.party.clone(), self.feed.clone());
        let reader = self.reader().map_err(|error| here(&error))?;
        let package = assemble(reader, &party, &feed, start, cleared).map_err(|error| here(&error))?;
        let end = start + u64::try_from(package.entries.len()).unwrap_or_default();
        Ok((package.to_bytes(), end))
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
        let (bytes, _) = self.package(start, cleared)?;
        let receipt = self.post(bytes).await?;
        match self.outside.driver.handle(Event::Receipt { feed, bytes: receipt }).await {
            Ok(Answer::Acknowledged { next }) => Ok(next),
            Ok(Answer::Ahead) => {
                // Its number alone stops nobody: it shows what this node has signed, or is wrong.
                let partner = self.feed.partner.clone();
                restore::ask(&mut self.link, &self.outside.driver, &partner).await?;
                Err(here(&"the partner holds more of this feed than is here"))
            }
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
        let posted = self.link.post(&path, federation::PACKAGE, bytes, RECEIPT_LIMIT).await;
        if !matches!(posted, Err(Missed::Unsent(_))) {
            self.in_hand = None;
        }
        let (status, body) = posted?;
        match status {
            StatusCode::OK | StatusCode::CONFLICT => Ok(body.into()),
            status => Err(Missed::answered(status, &body)),
        }
    }
}
