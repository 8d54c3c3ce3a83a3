//! Long work: begun, looked at, cancelled. It goes on while nobody looks, and a page that comes back finds it by its number, also
//! after a stop of the node: a check of the logs and a new decision of everything begin again by themselves; an import has stopped
//! where its files stopped coming, and those that entered do not enter twice. Key types: [`Jobs`], and [`Work`], which does one.

mod verify;
mod redecide;
mod import;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Json,
    extract::{Path, State},
};
use entente_core::view::Viewer;
use entente_formats::hex;
use entente_node::Event;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::{
    import::{MANY, hand_in, import},
    redecide::redecide,
    verify::begin as verify,
};
use super::{ApiError, Control, Reply, may, unexpected};
use crate::{
    api::{JobKind, JobView, moment},
    people::{SignedIn, Way, accounts::now},
};

/// How many of each kind may run at once: each goes through the whole store, or fills it.
const RUNNING: usize = 2;
/// How many imports of one person may run at once: each holds a connection, and the place of somebody else's.
const IMPORTS: usize = 1;
/// How many of one person are remembered.
const KEPT: usize = 50;
/// What stands for the counts of a new decision that was made with other rights than its owner has now.
const OUTDATED: &str =
    "it was decided with another clearance, or another need to know, than this account has now; have it decided again";
/// What stands for a problem with a record that its reader may not know of.
const HIDDEN: &str =
    "something is wrong with a record that this account may not see; `entente log verify` on the machine says what";

/// How its owner came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Began {
    Operator,
    /// In a session: it goes on when that is over, as long as the account may come in.
    Session,
    /// With a token of this name: it goes on as long as that counts.
    Token(String),
}

impl Began {
    fn of(person: &SignedIn) -> Self {
        match person.way() {
            Way::Operator => Self::Operator,
            Way::Token { name, .. } => Self::Token(name.clone()),
            _ => Self::Session,
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Task {
    Verify,
    Redecide(redecide::Asked),
    /// Its files come with the request: it cannot go on by itself.
    Import,
}

impl Task {
    fn kind(&self) -> JobKind {
        match self {
            Self::Verify => JobKind::Verify,
            Self::Redecide(_) => JobKind::Redecide,
            Self::Import => JobKind::Import,
        }
    }

    /// The endpoint that begins it.
    fn endpoint(&self) -> &'static str {
        match self {
            Self::Verify => "job.begin",
            Self::Redecide(_) => "job.redecide",
            Self::Import => "job.import",
        }
    }

    /// What the ledger says that its owner had done.
    fn deed(&self) -> &'static str {
        match self {
            Self::Verify => "logs verified",
            Self::Redecide(_) => "holdings decided anew",
            Self::Import => "files imported",
        }
    }
}

/// What is kept of work.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    began: Began,
    task: Task,
    view: JobView,
    /// With whose eyes the holdings were decided anew, as [`sight`] names them.
    #[serde(default)]
    sight: Option<String>,
}

struct Job {
    owner: String,
    kept: Kept,
    cancel: Arc<AtomicBool>,
}

impl Job {
    /// Whether it is theirs, and they could have it done now: a token, or roles of later, may be less than what it was begun with.
    fn is_for(&self, person: &SignedIn) -> bool {
        self.owner == person.name() && may(person, self.kept.task.endpoint())
    }

    /// As it is shown to its owner: counts that were made with other rights than these say more, or less, than these may know.
    fn shown_to(&self, person: &SignedIn) -> JobView {
        let mut view = self.kept.view.clone();
        if view.redecided.is_some() && self.kept.sight != Some(sight(person.viewer())) {
            (view.redecided, view.done, view.steps) = (None, 0, 0);
            view.why = Some(OUTDATED.to_owned());
        }
        view
    }
}

/// What tells apart those who see different records.
fn sight(viewer: &Viewer) -> String {
    let Viewer { name, nationality, clearance, subjects, official_duty } = viewer;
    let words = format!("{:?}", (name, nationality, clearance, subjects, official_duty));
    hex::encode(&Sha256::digest(words.as_bytes()))
}

/// The long work of a node.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<BTreeMap<u64, Job>>>);

/// How work ended.
enum Ended {
    Done,
    Cancelled,
    Failed(String),
    Interrupted(String),
}

impl Jobs {
    fn change<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Job>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes new work in, where there is room for it; those that are forgotten for it.
    fn add(&self, id: u64, job: Job) -> Result<Vec<u64>, ApiError> {
        self.change(|jobs| {
            let kind = job.kept.view.kind;
            let is_one = |job: &&Job| job.kept.view.kind == kind && job.kept.view.ended.is_none();
            if jobs.values().filter(is_one).count() >= RUNNING {
                return Err(ApiError::Conflict(format!("{RUNNING} of this kind run already; wait, or cancel one")));
            }
            let own = jobs.values().filter(is_one).filter(|one| one.owner == job.owner).count();
            if kind == JobKind::Import && own >= IMPORTS {
                let why = "another import of this account is under way; wait until it ends, or cancel it";
                return Err(ApiError::Conflict(why.to_owned()));
            }
            let mut forgotten = Vec::new();
            // Nobody's work is forgotten for that of others.
            while jobs.values().filter(|one| one.owner == job.owner).count() >= KEPT {
                let is_over = |one: &Job| one.owner == job.owner && one.kept.view.ended.is_some();
                let Some(over) = jobs.iter().find(|(_, one)| is_over(one)).map(|(id, _)| *id) else { break };
                jobs.remove(&over);
                forgotten.push(over);
            }
            jobs.insert(id, job);
            Ok(forgotten)
        })
    }

    /// Somebody's own.
    fn of(&self, person: &SignedIn, id: u64) -> Result<(JobView, Arc<AtomicBool>), ApiError> {
        let found = self.change(|jobs| {
            let job = jobs.get(&id).filter(|job| job.is_for(person))?;
            Some((job.shown_to(person), Arc::clone(&job.cancel)))
        });
        found.ok_or_else(|| ApiError::NotFound(format!("no job {id}")))
    }
}

/// Work under way.
struct Work {
    control: Control,
    id: u64,
    owner: String,
    began: Began,
    cancel: Arc<AtomicBool>,
}

impl Work {
    /// Begins some: it is found from now on, and the ledger tells who asked for it.
    async fn begin(control: &Control, person: &SignedIn, task: Task) -> Result<Self, ApiError> {
        let account = person.changed(task.deed(), person.name(), serde_json::Value::Null);
        let (state, began) = ("running".to_owned(), moment(now()));
        let mut view = JobView {
            id: 0,
            kind: task.kind(),
            state,
            began,
            ended: None,
            done: 0,
            steps: 0,
            why: None,
            logs: None,
            imported: None,
            redecided: None,
        };
        let owner = person.name().to_owned();
        view.id = control.accounts.with(move |people| people.add_job(&owner, b"")).await?;
        let (id, cancel) = (view.id, Arc::<AtomicBool>::default());
        let (owner, began) = (person.name().to_owned(), Began::of(person));
        let kept = Kept { began: began.clone(), task, view, sight: None };
        let job = Job { owner: owner.clone(), kept, cancel: Arc::clone(&cancel) };
        let added = control.jobs.add(id, job);
        let gone = added.as_ref().map_or_else(|_| vec![id], Clone::clone);
        control.accounts.with(move |people| gone.into_iter().try_for_each(|id| people.remove_job(id))).await?;
        added?;
        // What finds no room is not done, and not told of; what is not told of is not done.
        if let Err(failure) = control.driver.handle(Event::Account(account)).await {
            control.jobs.change(|jobs| jobs.remove(&id));
            control.accounts.with(move |people| people.remove_job(id)).await?;
            return Err(failure.into());
        }
        let work = Self { control: control.clone(), id, owner, began, cancel };
        work.keep().await?;
        Ok(work)
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Says with whose eyes it is done.
    fn done_as(&self, viewer: &Viewer) {
        let sight = sight(viewer);
        self.control.jobs.change(|jobs| jobs.get_mut(&self.id).map(|job| job.kept.sight = Some(sight)));
    }

    /// Changes what is shown of it.
    fn show<T>(&self, change: impl FnOnce(&mut JobView) -> T) -> Option<T> {
        self.control.jobs.change(|jobs| jobs.get_mut(&self.id).map(|job| change(&mut job.kept.view)))
    }

    fn view(&self) -> Result<JobView, ApiError> {
        self.show(|view| view.clone()).ok_or_else(unexpected)
    }

    /// Who it is done for, with the rights of now; none where that account may do nothing any more.
    async fn person(&self) -> Result<Option<SignedIn>, ApiError> {
        let way = match &self.began {
            Began::Operator => return Ok(Some(SignedIn::operator(self.control.operator.clone()))),
            Began::Session => Way::Job(self.id),
            Began::Token(name) => Way::Token { name: name.clone(), read_only: false },
        };
        self.control.accounts.as_it_stands(&self.owner, way).await
    }

    /// Keeps how it stands.
    async fn keep(&self) -> Result<(), ApiError> {
        let kept = self.control.jobs.change(|jobs| jobs.get(&self.id).map(|job| job.kept.clone()));
        let Some(kept) = kept else { return Ok(()) };
        let text = serde_json::to_vec(&kept).map_err(|error| ApiError::Ours(error.to_string()))?;
        let (id, owner) = (self.id, self.owner.clone());
        self.control.accounts.with(move |people| people.set_job(id, &owner, &text)).await
    }

    /// It is over. That this could not be kept changes nothing about what was done.
    async fn end(&self, ended: Ended) {
        self.show(|view| {
            // What is cancelled ends when somebody says so, and what came behind it is passed over until it has gone by.
            view.ended.get_or_insert_with(|| moment(now()));
            let (state, why) = match ended {
                Ended::Done => ("done", None),
                Ended::Cancelled => ("cancelled", None),
                Ended::Failed(why) => ("failed", Some(why)),
                Ended::Interrupted(why) => ("interrupted", Some(why)),
            };
            (view.state, view.why) = (state.to_owned(), why);
        });
        if let Err(error) = self.keep().await {
            tracing::warn!(job = self.id, error = error.to_string(), "how long work ended is not kept");
        }
    }

    /// Does it to its end, whoever looks.
    fn go_on(self, task: Task) {
        tokio::spawn(async move {
            let work = Arc::new(self);
            let doing = Arc::clone(&work);
            let done = tokio::spawn(async move {
                match task {
                    Task::Verify => verify::run(&doing).await,
                    Task::Redecide(asked) => redecide::run(&doing, &asked).await,
                    Task::Import => Ok(Ended::Interrupted(STOPPED.to_owned())),
                }
            });
            let ended = match done.await {
                Ok(Ok(ended)) => ended,
                Ok(Err(error)) => Ended::Failed(error.to_string()),
                Err(_) => Ended::Failed(DIED.to_owned()),
            };
            work.end(ended).await;
        });
    }
}

/// Why work failed that ended in no way that was foreseen.
const DIED: &str = "a part of it has died: that is our fault; please report it";
/// Why an import has no end that it came to by itself.
const STOPPED: &str = "the node was stopped; import the same files again: those that entered do not enter twice";

/// Finds what was kept, and goes on with what was running when the node stopped.
pub(crate) async fn resume(control: &Control) -> Result<(), ApiError> {
    for row in control.accounts.with(|people| people.jobs()).await? {
        let Ok(Kept { began, task, mut view, sight }) = serde_json::from_slice::<Kept>(&row.text) else {
            // Of another version, or never begun.
            control.accounts.with(move |people| people.remove_job(row.id)).await?;
            continue;
        };
        view.id = row.id;
        let is_running = view.ended.is_none();
        if is_running && !matches!(task, Task::Import) {
            (view.done, view.logs, view.redecided) = (0, None, None);
        }
        let cancel = Arc::<AtomicBool>::default();
        let kept = Kept { began: began.clone(), task: task.clone(), view, sight };
        let job = Job { owner: row.user.clone(), kept, cancel: Arc::clone(&cancel) };
        control.jobs.change(|jobs| jobs.insert(row.id, job));
        if is_running {
            Work { control: control.clone(), id: row.id, owner: row.user, began, cancel }.go_on(task);
        }
    }
    Ok(())
}

/// As this person may see it: a problem that names a record which the person may not know of is one all the same, without what it
/// says; a record that the person may no longer see stands as a witness for nothing.
async fn seen(control: &Control, person: &SignedIn, mut views: Vec<JobView>) -> Result<Vec<JobView>, ApiError> {
    let viewer = person.viewer().clone();
    let views = control.driver.inspect(move |node| {
        for view in &mut views {
            let words = view.logs.iter_mut().flatten();
            let words = words.flat_map(|log| [&mut log.problems, &mut log.rests, &mut log.doubted]).flatten();
            for text in words.filter(|text| node.names_unseen(text, &viewer)) {
                HIDDEN.clone_into(text);
            }
            let changes = view.redecided.iter_mut().flat_map(|redecided| &mut redecided.changes);
            for change in changes {
                change.pair.witnesses.retain(|witness| !node.names_unseen(&format!("`{}`", witness.record), &viewer));
            }
        }
        views
    });
    Ok(views.await?)
}

async fn seen_one(control: &Control, person: &SignedIn, view: JobView) -> Reply<JobView> {
    seen(control, person, vec![view]).await?.pop().map(Json).ok_or_else(unexpected)
}

/// `GET /jobs`: one's own, without each file.
pub(crate) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<JobView>> {
    let own = |jobs: &mut BTreeMap<u64, Job>| {
        let own = jobs.values().filter(|job| job.is_for(&person)).map(|job| job.shown_to(&person));
        own.collect::<Vec<_>>()
    };
    let mut own = control.jobs.change(own);
    own.iter_mut().filter_map(|view| view.imported.as_mut()).for_each(|imported| imported.files.clear());
    Ok(Json(seen(&control, &person, own).await?))
}

/// `GET /jobs/{id}`.
pub(crate) async fn show(State(control): State<Control>, person: SignedIn, Path(id): Path<u64>) -> Reply<JobView> {
    let (view, _) = control.jobs.of(&person, id)?;
    seen_one(&control, &person, view).await
}

/// `POST /jobs/{id}/cancel`: it ends with the step that it is in.
pub(crate) async fn cancel(State(control): State<Control>, person: SignedIn, Path(id): Path<u64>) -> Reply<JobView> {
    let (view, cancel) = control.jobs.of(&person, id)?;
    cancel.store(true, Ordering::Relaxed);
    seen_one(&control, &person, view).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(kind: JobKind, id: u64) -> Job {
        let (state, began, task) = ("running".to_owned(), String::new(), Task::Verify);
        let view = JobView {
            id,
            kind,
            state,
            began,
            ended: None,
            done: 0,
            steps: 0,
            why: None,
            logs: None,
            imported: None,
            redecided: None,
        };
        let kept = Kept { began: Began::Operator, task, view, sight: None };
        Job { owner: "sato".to_owned(), kept, cancel: Arc::default() }
    }

    #[test]
    fn few_of_a_kind_run_at_once_and_few_are_remembered() {
        let jobs = Jobs::default();
        let add = |id| jobs.add(id, job(JobKind::Verify, id)).ok();
        assert_eq!((add(1), add(2), add(3)), (Some(vec![]), Some(vec![]), None));
        assert_eq!(jobs.add(999, job(JobKind::Import, 999)).ok(), Some(vec![]), "another kind has room of its own");
        assert!(jobs.add(998, job(JobKind::Import, 998)).is_err(), "one import of each person");
        let other = Job { owner: "mori".to_owned(), ..job(JobKind::Import, 997) };
        assert_eq!(jobs.add(997, other).ok(), Some(vec![]), "somebody else has a place as well");
        jobs.change(|jobs| jobs.remove(&997));
        let mut forgotten = Vec::new();
        for id in 1..100 {
            jobs.change(|jobs| {
                if let Some(job) = jobs.get_mut(&id) {
                    job.kept.view.ended = Some(String::new());
                }
            });
            forgotten.extend(add(id + 2).unwrap());
        }
        assert_eq!(jobs.change(|jobs| jobs.len()), KEPT);
        assert!(forgotten.into_iter().eq(1..=102 - KEPT as u64), "the oldest that are over");
    }
}
