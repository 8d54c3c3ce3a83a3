//! Long work: begun, looked at, cancelled. It goes on while nobody looks, and a page that comes back finds it by its number. In
//! memory: a node that was stopped has forgotten it, and it is begun again. Key type: [`Jobs`].

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
use entente_node::{Event, person::Account};
use entente_store::Reader;

use super::{ApiError, Control, Reply, unexpected};
use crate::{
    api::{JobKind, JobRequest, JobView, VerifiedView, moment},
    people::{SignedIn, accounts::now},
    verify::{Verified, VerifyError, verify_step_by_step},
};

/// How many may run at once: each reads the whole store.
const RUNNING: usize = 2;
/// How many that are over are remembered.
const KEPT: usize = 50;

struct Job {
    owner: String,
    view: JobView,
    cancel: Arc<AtomicBool>,
}

/// The long work of a node.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<BTreeMap<u64, Job>>>);

impl Jobs {
    fn change<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Job>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn update(&self, id: u64, work: impl FnOnce(&mut JobView)) {
        self.change(|jobs| jobs.get_mut(&id).map(|job| work(&mut job.view)));
    }

    /// A new one, where there is room for it.
    fn begin(&self, owner: &str, kind: JobKind, now: i64) -> Result<(JobView, Arc<AtomicBool>), ApiError> {
        self.change(|jobs| {
            if jobs.values().filter(|job| job.view.ended.is_none()).count() >= RUNNING {
                return Err(ApiError::Conflict(format!("{RUNNING} jobs run already; wait, or cancel one")));
            }
            let id = jobs.last_key_value().map_or(0, |(id, _)| id + 1);
            while jobs.len() >= KEPT {
                let over = jobs.iter().find(|(_, job)| job.view.ended.is_some()).map(|(id, _)| *id);
                let Some(over) = over else { break };
                jobs.remove(&over);
            }
            let (state, began) = ("running".to_owned(), moment(now));
            let view = JobView { id, kind, state, began, ended: None, done: 0, steps: 0, why: None, logs: None };
            let cancel = Arc::<AtomicBool>::default();
            jobs.insert(id, Job { owner: owner.to_owned(), view: view.clone(), cancel: Arc::clone(&cancel) });
            Ok((view, cancel))
        })
    }
}

impl From<Verified> for VerifiedView {
    fn from(verified: Verified) -> Self {
        let Verified { log, size, root, receipted, statements, replayed, problems, rests, doubted } = verified;
        Self { log, size, root, receipted, statements, replayed, problems, rests, doubted }
    }
}

/// `POST /jobs`.
pub(super) async fn begin(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<JobRequest>,
) -> Reply<JobView> {
    let JobKind::Verify = request.kind;
    let own = control
        .driver
        .inspect(|node| node.partners().find(|partner| partner.party == *node.party()).cloned())
        .await?
        .ok_or_else(unexpected)?;
    let (view, cancel) = control.jobs.begin(person.name(), request.kind, now())?;
    let account = Account::Changed {
        by: person.person(),
        what: "logs verified".to_owned(),
        name: person.name().to_owned(),
        now: serde_json::Value::Null,
    };
    control.driver.handle(Event::Account(account)).await?;
    let (id, jobs) = (view.id, control.jobs.clone());
    tokio::task::spawn_blocking(move || {
        let verified = Reader::of_folder(&control.data)
            .and_then(|reader| reader.with_key(&control.storage))
            .map_err(VerifyError::from)
            .and_then(|reader| {
                verify_step_by_step(&reader, &own, |done, steps| {
                    jobs.update(id, |view| (view.done, view.steps) = (done, steps));
                    !cancel.load(Ordering::Relaxed)
                })
            });
        jobs.update(id, |view| {
            view.ended = Some(moment(now()));
            let state = match verified {
                Ok(logs) => {
                    view.logs = Some(logs.into_iter().map(VerifiedView::from).collect());
                    "done"
                }
                Err(VerifyError::Cancelled) => "cancelled",
                Err(error) => {
                    view.why = Some(error.to_string());
                    "failed"
                }
            };
            state.clone_into(&mut view.state);
        });
    });
    Ok(Json(view))
}

/// `GET /jobs`: one's own.
pub(super) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<JobView>> {
    let own = |jobs: &mut BTreeMap<u64, Job>| {
        jobs.values().filter(|job| job.owner == person.name()).map(|job| job.view.clone()).collect()
    };
    Ok(Json(control.jobs.change(own)))
}

/// `GET /jobs/{id}`.
pub(super) async fn show(State(control): State<Control>, person: SignedIn, Path(id): Path<u64>) -> Reply<JobView> {
    let found =
        control.jobs.change(|jobs| jobs.get(&id).filter(|job| job.owner == person.name()).map(|job| job.view.clone()));
    found.map(Json).ok_or_else(|| ApiError::NotFound(format!("no job {id}")))
}

/// `POST /jobs/{id}/cancel`: it ends with the step that it is in.
pub(super) async fn cancel(State(control): State<Control>, person: SignedIn, Path(id): Path<u64>) -> Reply<JobView> {
    let found = control.jobs.change(|jobs| {
        let job = jobs.get(&id).filter(|job| job.owner == person.name())?;
        job.cancel.store(true, Ordering::Relaxed);
        Some(job.view.clone())
    });
    found.map(Json).ok_or_else(|| ApiError::NotFound(format!("no job {id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_run_at_once_and_few_are_remembered() {
        let jobs = Jobs::default();
        let begin = || jobs.begin("sato", JobKind::Verify, 0).map(|(view, _)| view.id).ok();
        assert_eq!((begin(), begin(), begin()), (Some(0), Some(1), None));
        for id in 0..100 {
            jobs.update(id, |view| view.ended = Some(String::new()));
            assert_eq!(begin(), Some(id + 2));
        }
        assert_eq!(jobs.change(|jobs| jobs.len()), KEPT);
    }
}
