//! The check of everything that the logs promise, as long work.

use axum::{Json, extract::State};
use entente_store::Reader;

use super::{Ended, Task, Work, seen_one};
use crate::{
    api::{JobRequest, JobView, PlainJob, VerifiedView},
    control::{ApiError, Control, Reply, unexpected},
    people::SignedIn,
    verify::{Verified, VerifyError, verify_step_by_step},
};

impl From<Verified> for VerifiedView {
    fn from(verified: Verified) -> Self {
        let Verified { log, size, root, receipted, statements, replayed, problems, rests, doubted } = verified;
        Self { log, size, root, receipted, statements, replayed, problems, rests, doubted }
    }
}

/// `POST /jobs`.
pub(crate) async fn begin(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<JobRequest>,
) -> Reply<JobView> {
    let PlainJob::Verify = request.kind;
    let work = Work::begin(&control, &person, Task::Verify).await?;
    let view = work.view()?;
    work.go_on(Task::Verify);
    seen_one(&control, &person, view).await
}

pub(super) async fn run(work: &std::sync::Arc<Work>) -> Result<Ended, ApiError> {
    let own = work
        .control
        .driver
        .inspect(|node| node.partners().find(|partner| partner.party == *node.party()).cloned())
        .await?
        .ok_or_else(unexpected)?;
    let doing = std::sync::Arc::clone(work);
    let verified = tokio::task::spawn_blocking(move || {
        let control = &doing.control;
        let reader = Reader::of_folder(&control.data).and_then(|reader| reader.with_key(&control.storage))?;
        verify_step_by_step(&reader, &own, |done, steps| {
            doing.show(|view| (view.done, view.steps) = (done, steps));
            !doing.is_cancelled()
        })
    });
    Ok(match verified.await.map_err(|_| unexpected())? {
        Ok(logs) => {
            work.show(|view| view.logs = Some(logs.into_iter().map(VerifiedView::from).collect()));
            Ended::Done
        }
        Err(VerifyError::Cancelled) => Ended::Cancelled,
        Err(error) => Ended::Failed(error.to_string()),
    })
}
