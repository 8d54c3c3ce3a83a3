//! Restoring a node. From a back-up into the node's own folder ([`restore`]), which starts read-only; and, while a node is
//! read-only, asking every partner how much it holds, fetching the ends of our feeds back, and telling partners how far we
//! fell back (`run`). What any of it means, the node says.
//!
//! Asking, fetching and telling may be repeated at any time: what was done already changes nothing.

mod folder;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use entente_core::Party;
use entente_formats::wire::{Canonical, Holds, Tail};
use entente_node::{Event, lane, restore::Errand};
use entente_store::Standing;
use hyper::StatusCode;

pub use folder::{MARKER, Marker, Plan, RestoreError, Restored, restore};

use crate::{
    driver::{Driver, Start, StartError},
    link::{Link, Missed, Outside, with_jitter},
    pause::Pauses,
};

/// The path under which a node says what it holds.
pub(crate) const HOLDS: &str = "/federation/v1/holds";
/// The path under which a node gives back the end of a feed.
pub(crate) const TAIL: &str = "/federation/v1/tail";
/// The path under which a node is told that a partner fell back.
pub(crate) const FELL_BACK: &str = "/federation/v1/fell-back";
/// The media type of all that is said about a restore.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.entente.restore+cbor";
/// How often it is looked whether there is something to do. A node becomes read-only while it runs when a partner shows it
/// signatures of its own that it does not know.
const LOOK: Duration = Duration::from_secs(2);

/// Why partners have not answered yet, for people; forgotten when the node stops.
#[derive(Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<BTreeMap<Party, String>>>);

impl Troubles {
    fn known(&self) -> MutexGuard<'_, BTreeMap<Party, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tried(&self, party: &Party, failed: Option<String>) {
        match failed {
            Some(why) => drop(self.known().insert(party.clone(), why)),
            None => drop(self.known().remove(party)),
        }
    }

    /// Why the last try with a partner failed.
    pub(crate) fn of(&self, party: &Party) -> Option<String> {
        self.known().get(party).cloned()
    }
}

/// The event that makes a node read-only whose folder says that it was restored, or whose store is behind its heads; nothing
/// where all is as it was left.
pub(crate) fn reason(start: &Start) -> Result<Option<Event>, StartError> {
    let marker = Marker::read(&start.data.join(MARKER));
    let standing = start.store.standing()?;
    let why = match (&marker, &standing) {
        (Some(marker), _) => format!("it was restored from the back-up of {}", marker.backup),
        (None, Standing::Level) => return Ok(None),
        (None, Standing::Missing) => {
            "its store was copied without the heads that were beside it, and may be an older copy".to_owned()
        }
        (None, Standing::Behind(logs)) => {
            let first = logs.first().map(String::as_str).unwrap_or_default();
            format!("its store is older than the heads beside it: `{first}` was signed further than it has it")
        }
    };
    tracing::warn!(why, "the node is read-only; see `entente restore status`");
    let reader = start.store.reader()?;
    let current = lane::volume_origin(&start.party, reader.volume()?);
    let is_ledger_lost = matches!(&standing, Standing::Behind(logs) if logs.contains(&current));
    // All contents are opened once: only after a restore may some of them have lost their keys.
    let destroyed = if marker.is_some() { reader.unopenable()? } else { Vec::new() };
    Ok(Some(Event::BeginRestore { why, is_ledger_lost, destroyed }))
}

/// Takes the mark away, once the store has what it says. A crash before that begins the same restore again.
pub(crate) fn unmark(data: &Path) {
    // What stays begins a restore once more, which asks partners and finds nothing to do.
    let _ = fs::remove_file(data.join(MARKER));
}

/// Does what there is to do with partners, one thing after the other, as long as the node runs.
pub(crate) async fn run(outside: Outside, troubles: Troubles) {
    let mut links: BTreeMap<Party, Link> = BTreeMap::new();
    let mut pauses = Pauses::default();
    loop {
        let look = outside.driver.inspect(|node| (node.errands(), node.is_read_only()));
        let Ok((errands, is_read_only)) = look.await else { return };
        if is_read_only {
            // Where nobody is known there is nobody to wait for.
            let _ = outside.driver.handle(Event::GoOn).await;
        }
        if errands.is_empty() {
            pauses.worked();
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let (mut missed, mut has_done) = (None, false);
        for errand in errands {
            let (Errand::Ask(party) | Errand::Tell(party)) = &errand else {
                let Errand::Fetch(feed, ..) = &errand else { continue };
                let link = links
                    .entry(feed.partner.clone())
                    .or_insert_with(|| Link::new(outside.clone(), feed.partner.clone()));
                let done = fetch(link, &outside.driver, &errand).await;
                has_done |= done.is_ok();
                noted(&troubles, &feed.partner, link, done, &mut missed);
                continue;
            };
            let link = links.entry(party.clone()).or_insert_with(|| Link::new(outside.clone(), party.clone()));
            let done = match &errand {
                Errand::Ask(_) => ask(link, &outside.driver, party).await,
                _ => tell(link, &outside.driver, party).await,
            };
            has_done |= done.is_ok();
            noted(&troubles, party, link, done, &mut missed);
        }
        match missed.filter(|_| !has_done) {
            Some(missing) => tokio::time::sleep(with_jitter(pauses.failed(missing).0)).await,
            None => pauses.worked(),
        }
    }
}

fn noted(
    troubles: &Troubles,
    party: &Party,
    link: &mut Link,
    done: Result<(), Missed>,
    missed: &mut Option<crate::pause::Missing>,
) {
    if let Err(error) = &done {
        tracing::info!(partner = %party, %error, "the partner has not answered about the restore");
        *missed = Some(error.missing());
        link.close();
    }
    troubles.tried(party, done.err().map(|error| error.to_string()));
}

/// Posts, and takes nothing but a plain yes.
async fn post(link: &mut Link, path: &str, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Missed> {
    link.open().await?;
    let (status, body) = link.post(path, MEDIA_TYPE, body, limit).await?;
    if status == StatusCode::OK { Ok(body.into()) } else { Err(Missed::answered(status, &body)) }
}

/// Asks a partner how much it holds of our logs.
pub(crate) async fn ask(link: &mut Link, driver: &Driver, partner: &Party) -> Result<(), Missed> {
    let bytes = post(link, HOLDS, Vec::new(), Holds::LIMIT).await?;
    let answer = driver.handle(Event::PartnerHolds { partner: partner.clone(), bytes }).await;
    answer.map(drop).map_err(|error| Missed::Here(error.to_string()))
}

async fn fetch(link: &mut Link, driver: &Driver, errand: &Errand) -> Result<(), Missed> {
    let Errand::Fetch(feed, start, size) = errand else { return Ok(()) };
    let path = format!("{TAIL}/{}/{start}/{size}", feed.lane.as_str());
    let bytes = post(link, &path, Vec::new(), Tail::LIMIT).await?;
    let answer = driver.handle(Event::TakeTail { feed: feed.clone(), bytes }).await;
    answer.map(drop).map_err(|error| Missed::Here(error.to_string()))
}

async fn tell(link: &mut Link, driver: &Driver, partner: &Party) -> Result<(), Missed> {
    let here = |error: &dyn ToString| Missed::Here(error.to_string());
    let to = partner.clone();
    let word =
        driver.inspect(move |node| node.fallen(&to, jiff::Timestamp::now())).await.map_err(|error| here(&error))?;
    post(link, FELL_BACK, word.map_err(|error| here(&error))?, 1024).await?;
    let heard = driver.handle(Event::FellBackHeard { partner: partner.clone() }).await;
    heard.map(drop).map_err(|error| here(&error))
}
