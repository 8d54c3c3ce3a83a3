//! The one loop that drives the node: events in, one transaction for as many as are waiting, then answers and wakes.
//! What is urgent does not wait behind what is not, and a turn does not last long.
//!
//! A crash at any line loses nothing that was answered: answers are given after the transaction, and what was not
//! answered its asker will ask again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use entente_core::{national::National, time::Timestamp, world::Agreements};
use entente_node::{
    Answer, Event, Feed, Identity, Lane, Node, Op, Partner, content::FileName, desk::Desk, guard::GuardLink,
    partner::PartnerError,
};
use entente_store::{Store, StoreError};
use rand_core::SeedableRng;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::{
    hurry::Hurry,
    keys::{KeyError, KeyFolder, fresh_seed},
    restore,
    tls::Pins,
    turn::{Failure, PACKAGE, SMALL_PACKAGE, Step, Then, Turn, Waiting, turn},
};

/// How many events of each lane may wait; more wait at their askers.
const QUEUE: usize = 1024;
/// How long events are taken into one turn. Those that come later wait for the next, so that what is urgent waits no longer
/// than this and what one event takes.
const LONGEST: Duration = Duration::from_millis(2);
/// The same while there is something urgent now and then.
const SHORTEST: Duration = Duration::from_micros(500);

/// Who asked, and what is done with the answer. It may look at the node as it is then: everything in it is kept.
type Reply = Box<dyn FnOnce(&Node, Result<Answer, Failure>) + Send>;

/// A look at the node between two turns.
type Look = Box<dyn FnOnce(&Node) + Send>;

enum Job {
    Event(Box<Event>, Reply),
    /// Other keys of our own, to be used from the next event on.
    Identity(Box<Identity>, oneshot::Sender<()>),
    SendNext(Feed, u64, Reply),
    /// The same, once the receipt behind it has been taken.
    SendNextAfterReceipt(Feed, u64, Reply),
    Inspect(Look),
    File(oneshot::Sender<Result<FileName, StoreError>>),
    Stop,
}

/// How to reach the loop.
#[derive(Clone)]
pub(crate) struct Driver {
    jobs: mpsc::UnboundedSender<Job>,
    /// Looks that wait: they take no place from what is to be done.
    looks: Arc<Semaphore>,
    /// Bulk that waits leaves room for what is urgent.
    urgent: Arc<Semaphore>,
    routine: Arc<Semaphore>,
    news: Arc<Notify>,
    statements: watch::Receiver<u64>,
    contents: Arc<Notify>,
    hurry: Hurry,
}

impl Driver {
    /// How many entries a sender puts into one package.
    pub(crate) fn package(&self, lane: Lane) -> usize {
        if lane == Lane::Routine && self.hurry.is_on() { SMALL_PACKAGE } else { PACKAGE }
    }

    /// Hands an event to the node and waits until what follows from it is kept.
    pub(crate) async fn handle(&self, event: Event) -> Result<Answer, Failure> {
        self.handle_and(event, |_, answer| answer).await
    }

    /// The same, with a look at the node as it is once that is kept.
    pub(crate) async fn handle_and<T: Send + 'static>(
        &self,
        event: Event,
        look: impl FnOnce(&Node, Answer) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.place(event.lane()).await?;
        let (reply, answer) = oneshot::channel();
        let reply: Reply = Box::new(move |node, answer| {
            let _ = reply.send(answer.map(|answer| look(node, answer)));
            drop(place);
        });
        self.jobs.send(Job::Event(Box::new(event), reply)).map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)?
    }

    async fn place(&self, lane: Lane) -> Result<OwnedSemaphorePermit, Failure> {
        let places = match lane {
            Lane::Urgent => &self.urgent,
            Lane::Routine => &self.routine,
        };
        Arc::clone(places).acquire_owned().await.map_err(|_| Failure::Stopped)
    }

    /// Waits until there is something behind the first `start` entries of a feed, all of which are receipted. What comes
    /// then is cleared to leave, or, for [`Answer::Done`], to be read from the store.
    pub(crate) async fn send_next(&self, feed: Feed, start: u64) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let reply: Reply = Box::new(move |_, answer| {
            let _ = reply.send(answer);
        });
        self.jobs.send(Job::SendNext(feed, start, reply)).map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)?
    }

    /// Hands over the receipt for the entries before `start`, which are all that were there: what it says, and what hears of
    /// those that come next, as with [`Self::send_next`]. They are cleared in the turn that brings them, which may be the
    /// receipt's own.
    pub(crate) async fn receipt(&self, feed: Feed, bytes: Vec<u8>, start: u64) -> Result<(Answer, Next), Failure> {
        let place = self.place(feed.lane).await?;
        let ((reply, answer), (next_reply, next)) = (oneshot::channel(), oneshot::channel());
        let next_reply: Reply = Box::new(move |_, answer| {
            let _ = next_reply.send(answer);
        });
        let reply: Reply = Box::new(move |_, answer| {
            let _ = reply.send(answer);
            drop(place);
        });
        let follows = Job::SendNextAfterReceipt(feed.clone(), start, next_reply);
        self.jobs.send(follows).map_err(|_| Failure::Stopped)?;
        self.jobs.send(Job::Event(Box::new(Event::Receipt { feed, bytes }), reply)).map_err(|_| Failure::Stopped)?;
        Ok((answer.await.map_err(|_| Failure::Stopped)??, Next(next)))
    }

    /// Has the node sign with other keys from now on.
    pub(crate) async fn replace_identity(&self, identity: Identity) -> Result<(), Failure> {
        let (done, is_done) = oneshot::channel();
        self.jobs.send(Job::Identity(Box::new(identity), done)).map_err(|_| Failure::Stopped)?;
        is_done.await.map_err(|_| Failure::Stopped)
    }

    /// Has the loop end once it has kept and answered what came before.
    pub(crate) fn stop(&self) {
        // When it has ended already there is nothing left to do.
        let _ = self.jobs.send(Job::Stop);
    }

    /// Waits until a party file, a text or an act has come: what could not be judged without it can be now.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// How many statements the ledger has: changes when there are more, and they are kept.
    pub(crate) fn statements(&self) -> watch::Receiver<u64> {
        self.statements.clone()
    }

    /// Waits until an entry refers to a content that is not here.
    pub(crate) async fn contents(&self) {
        self.contents.notified().await;
    }

    /// The name of a file for a large content that is about to be written.
    pub(crate) async fn new_file(&self) -> Result<FileName, Failure> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::File(reply)).map_err(|_| Failure::Stopped)?;
        let file = answer.await.map_err(|_| Failure::Stopped)?;
        file.map_err(|error| Failure::NotKept(error.to_string()))
    }

    /// Looks at the node as it is now.
    pub(crate) async fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Node) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let place = Arc::clone(&self.looks).acquire_owned().await.map_err(|_| Failure::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let job = Job::Inspect(Box::new(move |node| {
            let _ = reply.send(look(node));
            drop(place);
        }));
        self.jobs.send(job).map_err(|_| Failure::Stopped)?;
        answer.await.map_err(|_| Failure::Stopped)
    }
}

/// What will hear of the entries that come next in a feed.
pub(crate) struct Next(oneshot::Receiver<Result<Answer, Failure>>);

impl Next {
    /// Waits for them.
    pub(crate) async fn cleared(self) -> Result<Answer, Failure> {
        self.0.await.map_err(|_| Failure::Stopped)?
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
    /// The folder that the store is in.
    pub(crate) data: std::path::PathBuf,
    /// How long an interval of the ledger is, in seconds.
    pub(crate) ledger_interval: u32,
    /// What guards see on the links to partners.
    pub(crate) guards: BTreeMap<entente_core::Party, GuardLink>,
    /// What is done with warnings, and the party's own clocks.
    pub(crate) desk: Desk,
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
    /// The keys of the party file that stands beside the configuration.
    fn identity(&self) -> Result<Identity, StartError> {
        let own = own_file(&self.own_file, &self.party).map_err(StartError::OwnFile)?;
        Ok(self.keys.identity(self.party.clone(), &own.file)?)
    }

    fn node(&self, identity: Arc<Identity>) -> Result<Node, StartError> {
        let snapshot = self.store.load()?;
        let node = Node::start(identity, self.agreements.clone(), Some(self.national.clone()), snapshot)?;
        Ok(node.with_interval(self.ledger_interval).with_guards(self.guards.clone()).with_desk(self.desk.clone()))
    }
}

/// Starts the loop on a thread of its own. Feeds with something new to send are named on `wake`. The receiver ends when
/// the loop does: a process whose loop is gone must not go on as if it served.
pub(crate) fn start(
    mut start: Start,
    wake: mpsc::UnboundedSender<Feed>,
) -> Result<(Driver, oneshot::Receiver<()>), StartError> {
    let mut node = start.node(start.identity()?.into())?;
    start.store.work_off_beside()?;
    let seed = fresh_seed()?;
    let mut rng = chacha20::ChaCha20Rng::from_seed(*seed);
    if let Some(event) = restore::reason(&start)? {
        let batch = node.handle(event, Timestamp::now(), &mut rng).batch;
        let signed = node.sign_ledger().map_err(|error| KeyError::Unusable(error.to_string()))?;
        start.store.commit(&[batch, signed])?;
        restore::unmark(&start.data);
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let (alive, ended) = oneshot::channel();
    let news = Arc::<Notify>::default();
    let (counted, statements) = watch::channel(node.next_statement());
    let contents = Arc::<Notify>::default();
    let bells = (Arc::clone(&news), Arc::clone(&contents));
    let hurry = Hurry::new();
    let of_loop = hurry.clone();
    let work =
        Loop { start, node, rng, wake, news: bells.0, contents: bells.1, counted, hurry: of_loop, _alive: alive };
    let spawned = thread::Builder::new().name("node".into()).spawn(move || work.run(receiver));
    spawned.map_err(|error| KeyError::Unusable(error.to_string()))?;
    let places = || Arc::new(Semaphore::new(QUEUE));
    Ok((
        Driver {
            jobs: sender,
            looks: places(),
            urgent: places(),
            routine: places(),
            news,
            statements,
            contents,
            hurry,
        },
        ended,
    ))
}

struct Loop {
    start: Start,
    node: Node,
    rng: chacha20::ChaCha20Rng,
    wake: mpsc::UnboundedSender<Feed>,
    news: Arc<Notify>,
    counted: watch::Sender<u64>,
    contents: Arc<Notify>,
    hurry: Hurry,
    /// Dropped with the loop, however it ends.
    _alive: oneshot::Sender<()>,
}

/// What has come and is not done.
#[derive(Default)]
struct Come {
    looks: VecDeque<Look>,
    files: Vec<oneshot::Sender<Result<FileName, StoreError>>>,
    /// Other keys of our own, for the time after this turn.
    identity: Option<(Box<Identity>, oneshot::Sender<()>)>,
    is_last: bool,
    /// Whether something came that is not to wait.
    is_urgent: bool,
}

impl Come {
    fn take(&mut self, job: Job, waiting: &mut Waiting<Reply>) {
        match job {
            // Nobody is shown what may yet not be kept.
            Job::Inspect(look) => self.looks.push_back(look),
            Job::File(reply) => self.files.push(reply),
            Job::Event(event, reply) => {
                self.is_urgent |= event.lane() == Lane::Urgent && !event.only_reads();
                waiting.push(*event, reply);
            }
            Job::SendNext(feed, start, reply) => {
                waiting.send_next(feed, start, reply);
            }
            Job::SendNextAfterReceipt(feed, start, reply) => {
                waiting.send_next_after_receipt(feed, start, reply);
            }
            Job::Identity(identity, done) => self.identity = Some((identity, done)),
            Job::Stop => self.is_last = true,
        }
    }
}

impl Loop {
    fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut waiting = Waiting::default();
        let mut come = Come::default();
        loop {
            // Looks that had no time are taken up after what has come meanwhile.
            if waiting.is_empty() && come.looks.is_empty() {
                if come.is_last {
                    return;
                }
                if jobs.is_empty()
                    && let Err(error) = self.start.store.make_ready()
                {
                    // The next commit needs them, and says so.
                    tracing::debug!(%error, "no keys in advance");
                }
                let Some(job) = jobs.blocking_recv() else { return };
                come.take(job, &mut waiting);
            }
            let began = Instant::now();
            let longest = if self.hurry.is_on() { SHORTEST } else { LONGEST };
            let (mut has_news, mut has_contents) = (false, false);
            let is_over = |waiting: &mut Waiting<Reply>| {
                // What comes behind a stop is not begun any more, and what comes behind other keys not yet.
                while !come.is_last
                    && come.identity.is_none()
                    && let Ok(job) = jobs.try_recv()
                {
                    come.take(job, waiting);
                }
                began.elapsed() >= longest
            };
            let take = |step: Step| step.take(&mut self.node, Timestamp::now(), &mut self.rng);
            let Turn { answers, wakes, then } = turn(&mut waiting, is_over, take, |batches| {
                self.start.store.commit(batches).inspect(|()| {
                    has_news = batches.iter().flatten().any(is_news);
                    batches.iter().flatten().for_each(|op| pin(&self.start.pins, &self.start.party, op));
                    has_contents = batches.iter().flatten().any(|op| matches!(op, Op::ContentAwaited { .. }));
                })
            });
            match then {
                Then::GoOn => {}
                Then::Stop => {
                    answers.into_iter().for_each(|(reply, answer)| reply(&self.node, answer));
                    return;
                }
                // Other keys may lie in the folder by now, of which the partners were not told: these go on.
                Then::BeginAgain => match self.start.node(self.node.shared_identity()) {
                    Ok(node) => self.node = node,
                    Err(error) => {
                        tracing::error!(%error, "the node cannot be started again from its store");
                        answers.into_iter().for_each(|(reply, answer)| reply(&self.node, answer));
                        return;
                    }
                },
            }
            if std::mem::take(&mut come.is_urgent) {
                self.hurry.begin();
            }
            let count = self.node.next_statement();
            self.counted.send_if_modified(|known| std::mem::replace(known, count) != count);
            answers.into_iter().for_each(|(reply, answer)| reply(&self.node, answer));
            if has_news {
                self.news.notify_one();
            }
            if has_contents {
                self.contents.notify_one();
            }
            for reply in come.files.drain(..) {
                let _ = reply.send(self.start.store.new_file());
            }
            if waiting.has_newcomers() || !wakes.is_empty() {
                for reply in waiting.left_behind(|feed, start| self.node.is_all_receipted(feed, start)) {
                    reply(&self.node, Ok(Answer::Done));
                }
            }
            for feed in wakes {
                let _ = self.wake.send(feed);
            }
            if let Some((identity, done)) = come.identity.take() {
                self.node.replace_identity(*identity);
                let _ = done.send(());
            }
            // However many look, and however far: what is to be done waits for no more of them than fit into a turn.
            let looking = Instant::now();
            while let Some(look) = come.looks.pop_front() {
                look(&self.node);
                if looking.elapsed() >= longest {
                    break;
                }
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
    let is_text = matches!(op, Op::Party { .. } | Op::Agreement { .. } | Op::Act { .. });
    let is_begun = matches!(op, Op::ConsultRaise { .. } | Op::Warning(_) | Op::Commitment { .. });
    is_text || is_begun || matches!(op, Op::ConsultStep(_))
}
