//! The one loop that drives the node: events in, one transaction for as many as are waiting, then answers and wakes.
//!
//! A crash at any line loses nothing that was answered: answers are given after the transaction, and what was not
//! answered its asker will ask again.

use std::{sync::Arc, thread};

use entente_core::{national::National, time::Timestamp, world::Agreements};
use entente_node::{Answer, Event, Feed, Identity, Node, Op, content::FileName};
use entente_store::{Store, StoreError};
use rand_core::SeedableRng;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    keys::{KeyError, KeyFolder, fresh_seed},
    turn::{Failure, Then, Turn, turn},
};

/// How many events may wait; more wait at their askers.
const QUEUE: usize = 1024;

type Reply = oneshot::Sender<Result<Answer, Failure>>;

enum Job {
    Event(Box<Event>, Reply),
    Inspect(Box<dyn FnOnce(&Node) + Send>),
    File(oneshot::Sender<Result<FileName, StoreError>>),
    Stop,
}

/// How to reach the loop.
#[derive(Clone)]
pub(crate) struct Driver {
    jobs: mpsc::Sender<Job>,
    news: Arc<Notify>,
    contents: Arc<Notify>,
}

impl Driver {
    /// Hands an event to the node and waits until what follows from it is kept.
    pub(crate) async fn handle(&self, event: Event) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Event(Box::new(event), reply)).await.map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)?
    }

    /// Has the loop end once it has kept and answered what came before.
    pub(crate) async fn stop(&self) {
        // When it has ended already there is nothing left to do.
        let _ = self.jobs.send(Job::Stop).await;
    }

    /// Waits until a party file, a text or an act has come: what could not be judged without it can be now.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// Waits until an entry refers to a content that is not here.
    pub(crate) async fn contents(&self) {
        self.contents.notified().await;
    }

    /// The name of a file for a large content that is about to be written.
    pub(crate) async fn new_file(&self) -> Result<FileName, Failure> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::File(reply)).await.map_err(|_| Failure::Stopped)?;
        let file = answer.await.map_err(|_| Failure::Stopped)?;
        file.map_err(|error| Failure::NotKept(error.to_string()))
    }

    /// Looks at the node as it is now.
    pub(crate) async fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Node) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Inspect(Box::new(move |node| {
            let _ = reply.send(look(node));
        }));
        self.jobs.send(job).await.map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)
    }
}

/// What a node is started from, again and again when the disk fails it.
pub(crate) struct Start {
    pub(crate) keys: KeyFolder,
    pub(crate) party: entente_core::Party,
    pub(crate) agreements: Agreements,
    pub(crate) national: National,
    pub(crate) store: Store,
    /// How long an interval of the ledger is, in seconds.
    pub(crate) ledger_interval: u32,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What its store holds.
    #[error(transparent)]
    Node(#[from] entente_node::start::StartError),
}

impl Start {
    fn node(&self) -> Result<Node, StartError> {
        let identity: Identity = self.keys.identity(self.party.clone())?;
        let snapshot = self.store.load()?;
        let node = Node::start(identity, self.agreements.clone(), Some(self.national.clone()), snapshot)?;
        Ok(node.with_interval(self.ledger_interval))
    }
}

/// Starts the loop on a thread of its own. Feeds with something new to send are named on `wake`. The receiver ends when
/// the loop does: a process whose loop is gone must not go on as if it served.
pub(crate) fn start(
    start: Start,
    wake: mpsc::UnboundedSender<Feed>,
) -> Result<(Driver, oneshot::Receiver<()>), StartError> {
    let node = start.node()?;
    let seed = fresh_seed()?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let (alive, ended) = oneshot::channel();
    let news = Arc::<Notify>::default();
    let rng = chacha20::ChaCha20Rng::from_seed(*seed);
    let contents = Arc::<Notify>::default();
    let bells = (Arc::clone(&news), Arc::clone(&contents));
    let work = Loop { start, node, rng, wake, news: bells.0, contents: bells.1, _alive: alive };
    let spawned = thread::Builder::new().name("node".into()).spawn(move || work.run(receiver));
    spawned.map_err(|error| KeyError::Unusable(error.to_string()))?;
    Ok((Driver { jobs: sender, news, contents }, ended))
}

struct Loop {
    start: Start,
    node: Node,
    rng: chacha20::ChaCha20Rng,
    wake: mpsc::UnboundedSender<Feed>,
    news: Arc<Notify>,
    contents: Arc<Notify>,
    /// Dropped with the loop, however it ends.
    _alive: oneshot::Sender<()>,
}

impl Loop {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let (mut looks, mut files) = (Vec::new(), Vec::new());
            let mut first = Some(first);
            let (mut has_news, mut has_contents, mut is_last) = (false, false, false);
            let next = || {
                while let Some(job) = first.take().or_else(|| jobs.try_recv().ok()) {
                    match job {
                        // Nobody is shown what may yet not be kept.
                        Job::Inspect(look) => looks.push(look),
                        Job::File(reply) => files.push(reply),
                        Job::Stop => {
                            is_last = true;
                            break;
                        }
                        Job::Event(event, reply) => return Some((*event, reply)),
                    }
                }
                None
            };
            let handle = |event| self.node.handle(event, Timestamp::now(), &mut self.rng);
            let Turn { answers, wakes, then } = turn(next, handle, |batches| {
                self.start.store.commit(batches).inspect(|()| {
                    has_news = batches.iter().flatten().any(is_news);
                    has_contents = batches.iter().flatten().any(|op| matches!(op, Op::ContentAwaited { .. }));
                })
            });
            for (reply, answer) in answers {
                let _ = reply.send(answer);
            }
            if has_news {
                self.news.notify_one();
            }
            if has_contents {
                self.contents.notify_one();
            }
            for reply in files {
                let _ = reply.send(self.start.store.new_file());
            }
            for feed in wakes {
                let _ = self.wake.send(feed);
            }
            match then {
                Then::GoOn => {}
                Then::Stop => return,
                Then::BeginAgain => match self.start.node() {
                    Ok(node) => self.node = node,
                    Err(error) => {
                        tracing::error!(%error, "the node cannot be started again from its store");
                        return;
                    }
                },
            }
            looks.into_iter().for_each(|look| look(&self.node));
            if is_last {
                return;
            }
        }
    }
}

/// Whether something that was held for the lack of it may be judged now.
fn is_news(op: &Op) -> bool {
    matches!(op, Op::Party { .. } | Op::Agreement { .. } | Op::Act { .. })
}
