//! The one loop that drives the node: events in, one transaction for as many as are waiting, then answers and wakes.
//!
//! A crash at any line loses nothing that was answered: answers are given after the transaction, and what was not
//! answered its asker will ask again.

use std::{sync::Arc, thread};

use entente_core::{national::National, time::Timestamp, world::Agreements};
use entente_node::{Answer, Event, Feed, Identity, Node, Op, Partner, partner::PartnerError};
use entente_store::{Store, StoreError};
use rand_core::SeedableRng;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    keys::{KeyError, KeyFolder, fresh_seed},
    tls::Pins,
    turn::{Failure, Then, Turn, turn},
};

/// How many events may wait; more wait at their askers.
const QUEUE: usize = 1024;

type Reply = oneshot::Sender<Result<Answer, Failure>>;

enum Job {
    Event(Box<Event>, Reply),
    /// Other keys of our own, to be used from the next event on.
    Identity(Box<Identity>, oneshot::Sender<()>),
    Inspect(Box<dyn FnOnce(&Node) + Send>),
    Stop,
}

/// How to reach the loop.
#[derive(Clone)]
pub(crate) struct Driver {
    jobs: mpsc::Sender<Job>,
    news: Arc<Notify>,
}

impl Driver {
    /// Hands an event to the node and waits until what follows from it is kept.
    pub(crate) async fn handle(&self, event: Event) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Event(Box::new(event), reply)).await.map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)?
    }

    /// Has the node sign with other keys from now on.
    pub(crate) async fn replace_identity(&self, identity: Identity) -> Result<(), Failure> {
        let (done, is_done) = oneshot::channel();
        self.jobs.send(Job::Identity(Box::new(identity), done)).await.map_err(|_| Failure::Stopped)?;
        is_done.await.map_err(|_| Failure::Stopped)
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
    /// The node's own party file: it says which of the keys are used.
    pub(crate) own_file: std::path::PathBuf,
    pub(crate) party: entente_core::Party,
    /// Which certificates are whose: kept as the parties are.
    pub(crate) pins: Pins,
    pub(crate) agreements: Agreements,
    pub(crate) national: National,
    pub(crate) store: Store,
    /// How long an interval of the ledger is, in seconds.
    pub(crate) ledger_interval: u32,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its own party file.
    #[error("{0}")]
    OwnFile(String),
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
        let own = own_file(&self.own_file, &self.party).map_err(StartError::OwnFile)?;
        let identity: Identity = self.keys.identity(self.party.clone(), &own.file)?;
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
    let work = Loop { start, node, rng, wake, news: Arc::clone(&news), _alive: alive };
    let spawned = thread::Builder::new().name("node".into()).spawn(move || work.run(receiver));
    spawned.map_err(|error| KeyError::Unusable(error.to_string()))?;
    Ok((Driver { jobs: sender, news }, ended))
}

struct Loop {
    start: Start,
    node: Node,
    rng: chacha20::ChaCha20Rng,
    wake: mpsc::UnboundedSender<Feed>,
    news: Arc<Notify>,
    /// Dropped with the loop, however it ends.
    _alive: oneshot::Sender<()>,
}

impl Loop {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut looks = Vec::new();
            let mut first = Some(first);
            let (mut has_news, mut is_last, mut new_identity) = (false, false, None);
            let next = || {
                while let Some(job) = first.take().or_else(|| jobs.try_recv().ok()) {
                    match job {
                        // Nobody is shown what may yet not be kept.
                        Job::Inspect(look) => looks.push(look),
                        // What is handled before it in this turn still has the keys from before.
                        Job::Identity(identity, done) => {
                            new_identity = Some((identity, done));
                            return None;
                        }
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
                    batches.iter().flatten().for_each(|op| pin(&self.start.pins, &self.start.party, op));
                })
            });
            for (reply, answer) in answers {
                let _ = reply.send(answer);
            }
            if has_news {
                self.news.notify_one();
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
            if let Some((identity, done)) = new_identity {
                self.node.replace_identity(*identity);
                let _ = done.send(());
            }
            looks.into_iter().for_each(|look| look(&self.node));
            if is_last {
                return;
            }
        }
    }
}

/// The node's own party file, as it stands beside its configuration.
pub(crate) fn own_file(path: &std::path::Path, party: &entente_core::Party) -> Result<Partner, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("its own party file `{}`: {why}", path.display());
    let note = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let own = Partner::open(&note).map_err(|error| wrong(&error))?;
    if own.party == *party { Ok(own) } else { Err(wrong(&"it is another party's")) }
}

/// How the node learns of its own party file: whoever put it there has the say over the party's root key.
pub(crate) fn own_file_event(known: Option<&Partner>, own: Partner, by: entente_core::view::Viewer) -> Event {
    match known.map(|known| own.may_follow(known)) {
        Some(Err(PartnerError::OtherRoot { .. } | PartnerError::OtherSuccessor { .. })) => {
            Event::ReplaceRoot { by, file: own.note, note: "the node's own party file was replaced".to_owned() }
        }
        _ => Event::AddParty { note: own.note },
    }
}

/// A party's certificates count as long as its file does: from the moment in which that is kept.
fn pin(pins: &Pins, us: &entente_core::Party, op: &Op) {
    match op {
        Op::Party { party, note } if party != us => {
            if let Ok(partner) = Partner::open(note) {
                pins.set(party, &partner.certificates());
            }
        }
        Op::PartyRemoved { party, .. } => pins.set(party, &[]),
        _ => {}
    }
}

/// Whether something that was held for the lack of it may be judged now.
fn is_news(op: &Op) -> bool {
    matches!(op, Op::Party { .. } | Op::Agreement { .. } | Op::Act { .. })
}
