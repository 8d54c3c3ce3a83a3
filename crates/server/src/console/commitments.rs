//! Commitments: who will do what until when, what is overdue, its steps and what shows them; and an action plan that prints as one
//! page. Meetings are in `console::meetings`.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::{
    banner::Banner,
    block::encode,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    lists::{List, Turned},
    records::{find, parties, path},
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{CommitmentRequest, CommitmentView, ProgressRequest, ProgressView},
    control::{self, ApiError},
};

/// What its owner said last.
pub(super) struct Said {
    pub(super) words: String,
    pub(super) at: Moment,
    pub(super) note: String,
    pub(super) evidence: Vec<(String, String)>,
}

struct Step {
    number: usize,
    text: String,
    state: Sign,
    is_open: bool,
    said: Option<Said>,
}

struct Commitment {
    path: Option<String>,
    name: String,
    by: String,
    owner: String,
    what: String,
    /// The text and the article that it is from.
    basis: Option<(String, String)>,
    agreement: String,
    clause: String,
    due: Option<Moment>,
    state: Sign,
    made: Option<Moment>,
    steps: Vec<Step>,
    done: usize,
    said: Option<Said>,
    doubles: Vec<String>,
    is_ours: bool,
    is_open: bool,
}

impl Commitment {
    fn new(view: CommitmentView, us: &str, say: Say) -> Self {
        let words = say.one(&format!("pledge-{}", view.status));
        let steps: Vec<Step> = view
            .steps
            .iter()
            .zip(1..)
            .map(|(step, number)| Step {
                number,
                text: step.text.clone(),
                state: state_of(step.last.as_ref(), say),
                is_open: step.last.as_ref().is_none_or(|last| last.word == "open"),
                said: step.last.as_ref().map(|last| said(last, say)),
            })
            .collect();
        Self {
            path: view.name.as_ref().map(|name| place(name)),
            basis: view
                .agreement
                .clone()
                .zip(view.clause.as_ref().map(|clause| say.0.article(&clause.as_str().into()))),
            state: match view.status.as_str() {
                "done" => Sign::good(words),
                "overdue" | "late" => Sign::bad(words),
                "open" => Sign::attention(words),
                _ => Sign { class: "", words },
            },
            is_open: matches!(view.status.as_str(), "open" | "overdue"),
            is_ours: view.owner == us,
            due: view.due.as_deref().map(|due| Moment::of(due, say)),
            made: view.made.as_deref().map(|made| Moment::of(made, say)),
            done: view.steps.iter().filter(|step| step.last.as_ref().is_some_and(|last| last.word == "done")).count(),
            said: view.last.as_ref().map(|last| said(last, say)),
            steps,
            name: view.name.unwrap_or_default(),
            agreement: view.agreement.unwrap_or_default(),
            clause: view.clause.unwrap_or_default(),
            by: view.by,
            owner: view.owner,
            what: view.what,
            doubles: view.doubles,
        }
    }
}

/// Where a commitment's page is.
pub(super) fn place(name: &str) -> String {
    format!("/commitments/{}", encode(name))
}

fn state_of(last: Option<&ProgressView>, say: Say) -> Sign {
    match last.map(|last| last.word.as_str()) {
        Some("done") => Sign::good(say.one("pledge-done")),
        Some("dropped") => Sign { class: "", words: say.one("pledge-dropped") },
        _ => Sign::attention(say.one("pledge-open")),
    }
}

pub(super) fn said(view: &ProgressView, say: Say) -> Said {
    let link = |name: &String| {
        let (originator, id) = name.split_once('/').unwrap_or(("-", name));
        (path(originator, id), name.clone())
    };
    Said {
        words: state_of(Some(view), say).words,
        at: Moment::of(&view.at, say),
        note: view.note.clone(),
        evidence: view.evidence.iter().map(link).collect(),
    }
}

/// Which are shown.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    owner: String,
    under: String,
    status: String,
}

impl Sought {
    fn is_any(&self) -> bool {
        !(self.owner.is_empty() && self.under.is_empty() && self.status.is_empty())
    }

    fn fits(&self, view: &CommitmentView) -> bool {
        let fits = |sought: &str, value: &str| sought.is_empty() || sought == value;
        fits(&self.owner, &view.owner)
            && fits(&self.under, view.agreement.as_deref().unwrap_or_default())
            && fits(&self.status, &view.status)
    }
}

#[derive(Template)]
#[template(path = "commitments.html")]
struct Commitments {
    frame: Frame,
    rows: Vec<Commitment>,
    more: Option<String>,
    sought: Sought,
    owners: Vec<String>,
    texts: Vec<String>,
    statuses: Vec<(&'static str, String)>,
    plan: String,
    may_add: bool,
}

const STATUSES: [&str; 5] = ["overdue", "open", "done", "late", "dropped"];

/// `GET /commitments`.
pub(super) async fn page(
    visit: Visit,
    Query(sought): Query<Sought>,
    Query(turned): Query<Turned>,
) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let mut all = control::pledges::all(&visit.control, &visit.person).await?;
    let sorted = |words: Vec<String>| {
        let mut words = words;
        words.sort();
        words.dedup();
        words
    };
    let owners = sorted(all.iter().map(|view| view.owner.clone()).collect());
    let texts = sorted(all.iter().filter_map(|view| view.agreement.clone()).collect());
    all.retain(|view| sought.fits(view));
    let path = format!(
        "/commitments?owner={}&under={}&status={}",
        encode(&sought.owner),
        encode(&sought.under),
        encode(&sought.status)
    );
    let (all, more) = List { path: &path, name: "after" }.cut(&turned, all, control::pledges::name_of)?;
    html(&Commitments {
        frame: visit.frame(Page::Commitments, say.one("page-commitments"), Banner::plain()).await?,
        rows: all.into_iter().map(|view| Commitment::new(view, &us, say)).collect(),
        more,
        statuses: STATUSES.map(|word| (word, say.one(&format!("pledge-{word}")))).into(),
        plan: format!("/commitments/plan?owner={}&under={}", encode(&sought.owner), encode(&sought.under)),
        may_add: visit.may("commitment.add"),
        sought,
        owners,
        texts,
    })
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Plan {
    frame: Frame,
    title: String,
    rows: Vec<Commitment>,
}

/// `GET /commitments/plan`: all of it on one page, to be printed.
pub(super) async fn plan(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let mut all = control::pledges::all(&visit.control, &visit.person).await?;
    all.retain(|view| sought.fits(view));
    let title = match sought.under.is_empty() {
        true => say.one("plan-title"),
        false => say.with("plan-title-under", "agreement", &sought.under),
    };
    html(&Plan {
        frame: visit.frame(Page::Commitments, title.clone(), Banner::plain()).await?,
        title,
        rows: all.into_iter().map(|view| Commitment::new(view, &us, say)).collect(),
    })
}

#[derive(Template)]
#[template(path = "commitment.html")]
struct One {
    frame: Frame,
    it: Commitment,
    may_say: bool,
}

/// `GET /commitments/{name}`.
pub(super) async fn one(visit: Visit, name: Path<String>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let view = control::pledges::one(State(visit.control.clone()), visit.person.clone(), name).await?.0;
    let banner = banner(&visit, &view).await;
    let it = Commitment::new(view, &us, say);
    html(&One {
        frame: visit.frame(Page::Commitments, it.what.clone(), banner).await?,
        may_say: it.is_ours && visit.may("commitment.progress"),
        it,
    })
}

/// A commitment has no label; the records that show it bear theirs.
async fn banner(visit: &Visit, view: &CommitmentView) -> Banner {
    let mut labels = Vec::new();
    if visit.may("record.show") {
        let of_steps = view.steps.iter().filter_map(|step| step.last.as_ref());
        for name in view.last.iter().chain(of_steps).flat_map(|last| &last.evidence) {
            let Some((originator, id)) = name.split_once('/') else { continue };
            let found = find(&visit.control, visit, (originator.to_owned(), id.to_owned())).await;
            labels.extend(found.ok().map(|record| (record.label, record.status)));
        }
    }
    Banner::of(labels.iter().map(|(label, status)| (label.as_str(), status.as_str())), visit.say())
}

#[derive(Template)]
#[template(path = "commitment-new.html")]
struct New {
    frame: Frame,
    texts: Vec<String>,
    parties: Vec<String>,
    given: Given,
}

/// What a link to the form fills in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    agreement: String,
    clause: String,
    what: String,
    owner: String,
}

/// `GET /commitments/new`.
pub(super) async fn new(visit: Visit, Query(given): Query<Given>) -> Result<Response, ApiError> {
    let title = visit.say().one("commitment-add");
    html(&New {
        frame: visit.frame(Page::Commitments, title, Banner::plain()).await?,
        texts: visit.control.driver.inspect(|node| node.agreements().keys().map(ToString::to_string).collect()).await?,
        parties: parties(&visit).await?,
        given,
    })
}

/// `POST /commitments`: made known to the parties of its text; to nobody where it is from none.
pub(super) async fn add(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let steps = fields.one("steps");
    let request = CommitmentRequest {
        what: fields.some("what"),
        owner: fields.some("owner"),
        due: fields.some("due"),
        agreement: fields.some("agreement"),
        clause: fields.some("clause"),
        consultation: fields.some("consultation"),
        action: fields.some("action"),
        steps: steps.lines().map(str::trim).filter(|step| !step.is_empty()).map(str::to_owned).collect(),
    };
    let made = control::pledges::add(State(visit.control), visit.person, Json(request)).await?.0;
    Ok(see(&place(&made.name)))
}

/// `POST /commitments/{name}/progress`: its owner says how far it is.
pub(super) async fn progress(
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let number = |text: String| text.parse().map_err(|_| ApiError::Request(format!("step: `{text}` is no number")));
    let request = ProgressRequest {
        step: fields.some("step").map(number).transpose()?,
        word: fields.some("word"),
        evidence: fields.list("evidence"),
        note: fields.one("note"),
    };
    let (control, person) = (State(visit.control), visit.person);
    control::pledges::progress(control, person, Path(name.clone()), Json(request)).await.map(drop)?;
    Ok(see(&place(&name)))
}
