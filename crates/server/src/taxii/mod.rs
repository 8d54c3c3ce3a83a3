//! The TAXII 2.1 server of a node (OASIS, *TAXII Version 2.1*, 10 June 2021; docs/spec/taxii.md). Collections are views: every
//! object in an answer is decided for who asks, as a record is, and what is withheld looks like what is not there.
//!
//! A path whose first part is `taxii2`, `entente` or an API root is answered here, in front of the console's pages, with errors and
//! proofs of its own. Where objects stand is in `entente_store::taxii`; the texts are in the contents of records.
//!
//! Key type: [`Taxii`]; key function: [`serve`].

mod answer;
mod route;
mod caller;
mod sight;
mod opened;
mod page;
mod give;
mod bundle;
mod marks;
mod plan;
mod post;
mod delete;
mod undo;
mod index;
mod beyond;
pub(crate) mod look;
pub(crate) mod admin;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use entente_core::Label;
use entente_store::{
    Reader, StorageKey, StoreError,
    taxii::{self as store, TaxiiReader},
};
use zeroize::Zeroizing;

pub(crate) use self::{answer::Fault, index::follow};
use crate::control::Control;

/// How many readers wait for the next request.
const READERS: usize = 16;

/// What the server keeps open.
#[derive(Clone)]
pub(crate) struct Taxii(Arc<Shared>);

struct Shared {
    data: PathBuf,
    storage: StorageKey,
    writer: Mutex<store::Taxii>,
    /// Roots and collections as they stood at a count of changes.
    shelf: Mutex<Option<(u64, Arc<Shelf>)>>,
    changes: store::Changes,
    readers: Mutex<Vec<Readers>>,
    /// What the tokens of next pages are made with.
    key: Zeroizing<[u8; 32]>,
    /// What sets of markings mean, by their numbers; and which state of the definitions that is of.
    meanings: Mutex<Meanings>,
    /// This party.
    us: String,
    /// One deletion at a time.
    deletions: tokio::sync::Mutex<()>,
    /// Contents that were opened a moment ago.
    opened: opened::Opened,
    /// Changes with each marking definition that comes or goes.
    definitions: AtomicU64,
    /// Records that a post is entering, which puts them into the index itself.
    under_way: Mutex<HashSet<String>>,
    /// Told when one of them is not any more.
    settled: tokio::sync::Notify,
    /// Which versions point at what, for people who look at one object and ask what is around it.
    pointing: Mutex<look::Pointing>,
}

/// Roots and collections, as they stand.
struct Shelf {
    roots: Vec<store::Root>,
    collections: Vec<store::Collection>,
}

/// A state of the definitions, and what sets of markings mean in it on objects of each originator.
type Meanings = (u64, HashMap<String, HashMap<i64, Arc<[Label]>>>);

/// A reader of the index, and one of the contents.
pub(super) struct Readers {
    pub(super) index: TaxiiReader,
    pub(super) store: Reader,
}

impl Taxii {
    /// Opens what is kept in `data` by the party `us`.
    pub(crate) fn open(data: PathBuf, storage: StorageKey, us: String) -> Result<Self, StoreError> {
        let writer = store::Taxii::open(&data)?;
        Ok(Self(Arc::new(Shared {
            shelf: Mutex::default(),
            changes: writer.changes(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            key: storage.secret_for(b"entente taxii next")?,
            meanings: Mutex::default(),
            definitions: AtomicU64::new(0),
            under_way: Mutex::default(),
            settled: tokio::sync::Notify::new(),
            pointing: Mutex::default(),
            us,
            deletions: tokio::sync::Mutex::default(),
            opened: opened::Opened::default(),
            data,
            storage,
        })))
    }

    /// The secret that tokens are made with.
    fn key(&self) -> &[u8; 32] {
        &self.0.key
    }

    /// Writes; for threads that may wait.
    fn write<T>(&self, work: impl FnOnce(&mut store::Taxii) -> Result<T, StoreError>) -> Result<T, StoreError> {
        work(&mut self.0.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes, off the threads that serve.
    async fn write_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut store::Taxii) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        let this = self.clone();
        blocking(move || this.write(work)).await?.map_err(Fault::from)
    }

    /// Reads; for threads that may wait.
    fn read<T>(&self, work: impl FnOnce(&Readers) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let readers = match idle {
            Some(readers) => readers,
            None => Readers {
                index: TaxiiReader::open(&self.0.data)?,
                store: Reader::of_folder(&self.0.data)?.with_key(&self.0.storage)?,
            },
        };
        let done = work(&readers);
        let mut idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS {
            idle.push(readers);
        }
        done
    }

    /// Reads, off the threads that serve.
    async fn read_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Readers) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let this = self.clone();
        blocking(move || this.read(work)).await?
    }

    /// Roots and collections as they stand now, out of memory where nobody has changed them.
    async fn shelf(&self) -> Result<Arc<Shelf>, Fault> {
        // Before they are read: what is changed meanwhile is read again the next time.
        let now = self.0.changes.count();
        let known = self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, shelf)) = known.filter(|(count, _)| *count == now) {
            return Ok(shelf);
        }
        let read = self.read_later(|readers| {
            Ok(Shelf { roots: readers.index.roots()?, collections: readers.index.collections()? })
        });
        let shelf = Arc::new(read.await?);
        *self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&shelf)));
        Ok(shelf)
    }

    /// These records are being entered by a post, until what is given back is dropped.
    fn under_way(&self, records: Vec<String>) -> UnderWay {
        let mut all = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(records.iter().cloned());
        UnderWay { taxii: self.clone(), records }
    }

    /// Waits until no post is entering that record.
    async fn settled(&self, record: &str) {
        loop {
            // Heard from before it is looked: what is told in between is not missed.
            let mut told = std::pin::pin!(self.0.settled.notified());
            told.as_mut().enable();
            if !self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(record) {
                return;
            }
            told.await;
        }
    }

    /// Asks which versions point at what, as the index stands now; for threads that may wait.
    fn pointing<T>(&self, index: &TaxiiReader, ask: impl FnOnce(&look::Pointing) -> T) -> Result<T, StoreError> {
        let mut pointing = self.0.pointing.lock().unwrap_or_else(PoisonError::into_inner);
        pointing.catch_up(index)?;
        Ok(ask(&pointing))
    }

    /// A marking definition has come or gone: what sets of markings mean is read anew.
    fn definitions_changed(&self) {
        self.0.definitions.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until no other deletion is under way.
    async fn one_deletion(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.deletions.lock().await
    }

    /// This party.
    fn us(&self) -> &str {
        &self.0.us
    }

    /// What a set of markings means on objects of an originator, where that is known.
    fn meaning(&self, originator: &str, marks: i64) -> Option<Arc<[Label]>> {
        let now = self.0.definitions.load(Ordering::Acquire);
        let known = self.0.meanings.lock().unwrap_or_else(PoisonError::into_inner);
        (known.0 == now).then(|| known.1.get(originator)?.get(&marks).cloned()).flatten()
    }

    /// The state of the definitions: what is read behind it may be remembered under it.
    fn definitions(&self) -> u64 {
        self.0.definitions.load(Ordering::Acquire)
    }

    /// Remembers what a set of markings means on objects of an originator in that state of the definitions.
    fn remember(&self, state: u64, originator: &str, marks: i64, labels: Arc<[Label]>) {
        let mut known = self.0.meanings.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != state {
            *known = (state, HashMap::new());
        }
        known.1.entry(originator.to_owned()).or_default().insert(marks, labels);
    }
}

/// Records that a post is entering. Who follows the ledger leaves them to it, and looks when it is over, however it ended.
struct UnderWay {
    taxii: Taxii,
    records: Vec<String>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut all = self.taxii.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        for record in &self.records {
            all.remove(record);
        }
        drop(all);
        self.taxii.0.settled.notify_waiters();
    }
}

/// Does what waits for the disk off the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::ours("the work was lost"))
}

/// Answers what is asked over TAXII; everything else goes on to the pages of the console.
pub(crate) async fn serve(State(control): State<Control>, request: Request, next: Next) -> Response {
    match route::is_ours(&control, request.uri().path(), request.headers()).await {
        Ok(true) => answer(&control, request).await,
        Ok(false) => next.run(request).await,
        Err(fault) => fault.into_response(),
    }
}

/// The same for a listener that has nothing else.
pub(crate) async fn serve_alone(State(control): State<Control>, request: Request) -> Response {
    answer(&control, request).await
}

async fn answer(control: &Control, request: Request) -> Response {
    let is_head = *request.method() == axum::http::Method::HEAD;
    let mut response = match route::answer(control, request).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    if is_head {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_follows_waits_for_a_post_however_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let storage = StorageKey::from_seed(&[7; 32]);
        let taxii = Taxii::open(folder.path().to_owned(), storage, "KOR".to_owned()).unwrap();
        let post = taxii.under_way(vec!["K-1".to_owned(), "K-2".to_owned()]);
        let other = taxii.under_way(vec!["K-3".to_owned()]);
        taxii.settled("K-4").await;
        let follower = taxii.clone();
        let waiting = tokio::spawn(async move { follower.settled("K-2").await });
        tokio::task::yield_now().await;
        drop(other);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(post);
        waiting.await.unwrap();
        assert!(taxii.0.under_way.lock().unwrap().is_empty());
    }
}
