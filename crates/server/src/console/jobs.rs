//! Long work: what was begun and how it stands, each with a page of its own that is found again; and the form by which many files
//! enter at once.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Multipart, Path, Query, State},
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    banner::Banner,
    chip::Chip,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    records::path,
    see,
    strip::Strip,
    text::Say,
    visit::{Moment, Visit},
    whatif::{self, Pair},
};
use crate::{
    api::{
        ANY_OTHER, ImportedView, JobKind, JobRequest, JobView, PlainJob, RedecideRequest, RedecidedView, ReleasedCount,
    },
    control::{self, ApiError},
};

struct Verified {
    log: String,
    size: u64,
    replayed: String,
    state: Sign,
    problems: Vec<String>,
}

struct File {
    name: String,
    state: Sign,
    record: Option<(String, String)>,
    why: Option<String>,
}

struct Imported {
    label: Chip,
    status: String,
    entered: u64,
    known: u64,
    refused: u64,
    left: u64,
    released: Vec<(ReleasedCount, Sign)>,
    /// What did not enter, or not all of what was asked for it was done.
    wanting: Vec<File>,
    others: Vec<File>,
}

struct Redecided {
    since: Moment,
    acts: Vec<String>,
    records: u64,
    classes: usize,
    gained: u64,
    lost: u64,
    /// For each purpose.
    changes: Vec<(String, Vec<Pair>)>,
    /// How many more change that are not listed.
    more: u64,
}

/// Long work on a page; the same part comes again while it runs.
#[derive(Template)]
#[template(path = "job.html")]
struct JobPart {
    say: Say,
    id: u64,
    title: String,
    state: Sign,
    is_running: bool,
    /// On a page of its own, with everything.
    is_whole: bool,
    done: u64,
    /// None while nobody knows.
    steps: Option<u64>,
    began: Moment,
    why: Option<String>,
    logs: Vec<Verified>,
    imported: Option<Imported>,
    redecided: Option<Redecided>,
    /// The page's banner, where the part comes by itself.
    banner: Option<Banner>,
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct Jobs {
    frame: Frame,
    is_running: bool,
    jobs: Vec<String>,
    may_verify: bool,
    may_redecide: bool,
    may_import: bool,
}

#[derive(Template)]
#[template(path = "job-page.html")]
struct JobPage {
    frame: Frame,
    is_running: bool,
    job: String,
}

fn title(kind: JobKind, say: Say) -> String {
    say.one(match kind {
        JobKind::Verify => "jobs-verify",
        JobKind::Import => "jobs-import",
        JobKind::Redecide => "jobs-redecide",
    })
}

/// How it stands. What needs a person is no success, although it came to its end.
fn state(job: &JobView, say: Say) -> Sign {
    let is_wanting = job.logs.iter().flatten().any(|log| !log.problems.is_empty())
        || job.imported.as_ref().is_some_and(|imported| imported.refused > 0);
    match (job.state.as_str(), job.kind) {
        ("running", _) => Sign::attention(say.one("state-running")),
        ("done", JobKind::Verify) if !is_wanting => Sign::good(say.one("state-all-holds")),
        ("done", JobKind::Verify) => Sign::bad(say.one("state-problems")),
        ("done", _) if is_wanting => Sign::attention(say.one("state-done")),
        ("done", _) => Sign::good(say.one("state-done")),
        ("cancelled", _) => Sign { class: "", words: say.one("state-cancelled") },
        ("interrupted", _) => Sign::attention(say.one("state-interrupted")),
        _ => Sign::bad(say.one("state-failed")),
    }
}

/// Its labels, as they stand on its page.
async fn banner(visit: &Visit, part: &JobPart) -> Result<Banner, ApiError> {
    let say = visit.say();
    if let Some(redecided) = &part.redecided {
        let pairs = redecided.changes.iter().flat_map(|(_, pairs)| pairs);
        return whatif::witnessed(visit, pairs).await;
    }
    let imported = part.imported.iter().map(|imported| (imported.label.text.as_str(), imported.status.as_str()));
    Ok(Banner::of(imported, say))
}

fn part(job: JobView, us: &str, is_whole: bool, say: Say) -> JobPart {
    JobPart {
        say,
        id: job.id,
        title: title(job.kind, say),
        state: state(&job, say),
        is_running: job.state == "running",
        is_whole,
        done: job.done,
        steps: Some(job.steps).filter(|steps| *steps > 0),
        began: Moment::of(&job.began, say),
        why: job.why,
        logs: job.logs.into_iter().flatten().map(|log| verified(log, say)).collect(),
        imported: job.imported.map(|view| imported(view, us, say)),
        redecided: job.redecided.map(|view| redecided(view, is_whole, say)),
        banner: None,
    }
}

fn verified(log: crate::api::VerifiedView, say: Say) -> Verified {
    Verified {
        state: match log.problems.len() {
            0 => Sign::good(say.one("state-holds")),
            _ => Sign::bad(say.one("state-problems")),
        },
        replayed: log.replayed.map_or_else(|| "–".to_owned(), |count| count.to_string()),
        log: log.log,
        size: log.size,
        problems: log.problems,
    }
}

fn imported(view: ImportedView, us: &str, say: Say) -> Imported {
    let files = view.files.into_iter().map(|file| File {
        state: match file.state.as_str() {
            "entered" => Sign::good(say.one("state-entered")),
            "known" => Sign { class: "", words: say.one("state-known") },
            "refused" => Sign::bad(say.one("state-refused")),
            _ => Sign::attention(say.one("state-left")),
        },
        record: file.record.map(|id| (path(us, &id), id)),
        name: file.name,
        why: file.why,
    });
    let (wanting, others) = files.partition(|file| file.record.is_none() || file.why.is_some());
    let outcome = |count: ReleasedCount| {
        let sign = match count.outcome.as_str() {
            "sequenced" => Sign::good(say.one("state-sequenced")),
            "given" => Sign { class: "", words: say.one("state-given") },
            "waits" => Sign::attention(say.one("state-second")),
            "choose" => Sign::attention(say.one("released-choose-lead")),
            _ => Sign::bad(say.one("released-no")),
        };
        (count, sign)
    };
    Imported {
        label: Chip::new(&view.label, &view.status, say),
        status: view.status,
        entered: view.entered,
        known: view.known,
        refused: view.refused,
        left: view.left,
        released: view.released.into_iter().map(outcome).collect(),
        wanting,
        others,
    }
}

fn redecided(view: RedecidedView, is_whole: bool, say: Say) -> Redecided {
    let acts = view.acts.iter().map(|act| {
        let words = say.one(&format!("act-{}", act.kind));
        format!("{} {}: {words} ({})", act.date, act.by, act.agreement)
    });
    let acts = acts.collect();
    let mut changes: Vec<(String, Vec<Pair>)> = Vec::new();
    for change in view.changes.into_iter().filter(|_| is_whole) {
        let Some(pair) = whatif::changed(change.pair, say) else { continue };
        let is_other = change.purpose == ANY_OTHER;
        let purpose = if is_other { say.one("jobs-other-purpose") } else { change.purpose };
        match changes.last_mut().filter(|(known, _)| *known == purpose) {
            Some((_, pairs)) => pairs.push(pair),
            None => changes.push((purpose, vec![pair])),
        }
    }
    Redecided {
        since: Moment::of(&view.since, say),
        acts,
        records: view.records,
        classes: view.classes,
        gained: view.newly_permitted,
        lost: view.newly_denied,
        changes,
        more: view.more,
    }
}

fn rendered(part: &JobPart) -> Result<String, ApiError> {
    part.render().map_err(|error| ApiError::Ours(error.to_string()))
}

/// `GET /log/jobs`: the own long work, the latest first; as a part what is running alone, for a page whose files are on their way.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let jobs = control::jobs::list(State(visit.control.clone()), visit.person.clone()).await?.0;
    let is_running = jobs.iter().any(|job| job.state == "running");
    let jobs = jobs.into_iter().rev().filter(|job| !visit.manner.is_part || job.state == "running");
    let jobs: Vec<String> = jobs.map(|job| rendered(&part(job, &us, false, say))).collect::<Result<_, _>>()?;
    if visit.manner.is_part {
        return Ok(Html(jobs.concat()).into_response());
    }
    html(&Jobs {
        frame: visit.frame(Page::Log, say.one("jobs-title"), Banner::plain()).await?,
        is_running,
        jobs,
        may_verify: visit.may("job.begin"),
        may_redecide: visit.may("job.redecide"),
        may_import: visit.may("job.import"),
    })
}

/// How much of it is wanted.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    whole: Option<String>,
}

/// `GET /log/jobs/{id}`: how one stands; as a part for the page that shows it.
pub(super) async fn one(visit: Visit, id: Path<u64>, Query(wanted): Query<Wanted>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let job = control::jobs::show(State(visit.control.clone()), visit.person.clone(), id).await?.0;
    let is_whole = !visit.manner.is_part || wanted.whole.is_some();
    let mut part = part(job, &us, is_whole, say);
    if !is_whole {
        return html(&part);
    }
    let banner = banner(&visit, &part).await?;
    if visit.manner.is_part {
        part.banner = Some(Strip::of(&visit).await?.over(banner, say));
        return html(&part);
    }
    html(&JobPage {
        frame: visit.frame(Page::Log, part.title.clone(), banner).await?,
        is_running: part.is_running,
        job: rendered(&part)?,
    })
}

fn to(id: u64) -> Response {
    see(&format!("/log/jobs/{id}"))
}

/// `POST /log/jobs`: checks everything that the logs promise.
pub(super) async fn verify(visit: Visit) -> Result<Response, ApiError> {
    let request = Json(JobRequest { kind: PlainJob::Verify });
    let begun = control::jobs::verify(State(visit.control), visit.person, request).await?.0;
    Ok(to(begun.id))
}

/// `POST /log/jobs/redecide`: decides everything anew, with the acts that became known since a moment, or with the latest.
pub(super) async fn redecide(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let (fields, headers) = (Fields(fields), visit.headers());
    let request = RedecideRequest {
        since: fields.some("since"),
        purpose: fields.some("purpose"),
        channel: fields.some("channel"),
    };
    let begun = control::jobs::redecide(State(visit.control), visit.person, headers, Json(request)).await?.0;
    Ok(to(begun.id))
}

/// `POST /records/import`: many files. Its page is that of a new record, with another question in it.
pub(super) async fn import(visit: Visit, form: Multipart) -> Result<Response, ApiError> {
    // Once all of them are here: what still enters, the page of the work shows.
    match control::jobs::hand_in(&visit.control, &visit.person, &visit.headers(), form).await {
        Ok(Json(begun)) => Ok(to(begun.id)),
        Err(ApiError::Request(problem)) => super::new::many_again(&visit, problem).await,
        Err(error) => Err(error),
    }
}

/// `POST /log/jobs/{id}/cancel`.
pub(super) async fn cancel(visit: Visit, id: Path<u64>) -> Result<Response, ApiError> {
    let cancelled = control::jobs::cancel(State(visit.control), visit.person, id).await?.0;
    Ok(to(cancelled.id))
}
