//! How a party joins a text: the steps, each with its document, its day and what was said of it, on one page that prints. This
//! party's own step, to admit it, is done here.

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
    commitments::{Said, place, said},
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html,
    records::parties,
    see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{AccessionRequest, AccessionView, ActRequest},
    control::{self, ApiError},
};

struct Step {
    number: u32,
    by: String,
    act: String,
    state: Sign,
    done: Option<String>,
    due: Option<Moment>,
    document: Option<String>,
    /// Where the commitment is that sets its day.
    commitment: Option<String>,
    said: Option<Said>,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "accession.html")]
struct Accession {
    frame: Frame,
    title: String,
    id: String,
    party: String,
    steps: Vec<Step>,
    missing: usize,
    parties: Vec<String>,
    articles: Vec<String>,
    may_plan: bool,
    may_admit: bool,
}

/// Whose accession is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    party: String,
}

/// Where the page is.
fn address(id: &str, party: &str) -> String {
    format!("/agreements/{}/accession?party={}", encode(id), encode(party))
}

/// `GET /agreements/{id}/accession`.
pub(super) async fn page(
    visit: Visit,
    Path(id): Path<String>,
    Query(Sought { party }): Query<Sought>,
) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.to_string());
    let (control, person) = (State(visit.control.clone()), visit.person.clone());
    let wanted = id.clone();
    let known = visit.control.driver.inspect(move |node| {
        let mut all = node.agreements().values().chain(node.proposals());
        let text = all.find(|text| text.id == *wanted)?;
        Some(text.clauses.iter().map(|clause| clause.id.to_string()).collect::<Vec<_>>())
    });
    let mut articles = known.await?.ok_or_else(|| ApiError::NotFound(format!("no agreement `{id}` here")))?;
    articles.dedup();
    let steps = match party.trim() {
        "" => Vec::new(),
        _ => control::accession::list(control, person, Path((id.clone(), party.clone()))).await?.0,
    };
    let title = match party.is_empty() {
        true => say.with("accession-title", "agreement", &id),
        false => say.filled("accession-title-party", &[("party", party.clone()), ("agreement", id.clone())]),
    };
    let is_admitted = |step: &AccessionView| step.by == us && step.act == "admitted" && step.done.is_none();
    html(&Accession {
        frame: visit.frame(Page::Agreements, title.clone(), Banner::plain()).await?,
        title,
        missing: steps.iter().filter(|step| step.done.is_none() && !step.optional).count(),
        may_admit: visit.may("agreement.act") && steps.iter().any(is_admitted),
        may_plan: visit.may("agreement.accession.plan"),
        steps: steps.into_iter().map(|one| step(one, &party, say)).collect(),
        parties: parties(&visit).await?,
        articles,
        id,
        party,
    })
}

fn step(view: AccessionView, candidate: &str, say: Say) -> Step {
    let words = say.one(&format!("accession-state-{}", view.state));
    Step {
        number: view.number,
        act: say.one(&format!("accession-act-{}", view.act)),
        state: match view.state.as_str() {
            "done" => Sign::good(words),
            "overdue" => Sign::bad(words),
            "open" => Sign::attention(words),
            _ => Sign { class: "", words },
        },
        // Who is no party yet is told nothing under the text.
        is_open: view.done.is_none() && view.commitment.is_none() && view.by != candidate,
        done: view.done,
        due: view.due.as_deref().map(|due| Moment::of(due, say)),
        document: view.document,
        commitment: view.commitment.as_deref().map(place),
        said: view.last.as_ref().map(|last| said(last, say)),
        by: view.by,
    }
}

/// `POST /agreements/{id}/accession`: until when a step is to be done, or this party's own admission.
pub(super) async fn plan(
    visit: Visit,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let party = fields.one("party");
    let number = fields.one("step");
    let step = number.parse().map_err(|_| ApiError::Request(format!("step: `{number}` is no number")))?;
    let request = Json(AccessionRequest { step, due: fields.one("due"), clause: fields.one("clause") });
    let name = Path((id.clone(), party.clone()));
    control::accession::plan(State(visit.control), visit.person, name, request).await.map(drop)?;
    Ok(see(&address(&id, &party)))
}

/// `POST /agreements/{id}/admit`: this party admits another to the text.
pub(super) async fn admit(
    visit: Visit,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    if fields.one("sure") != "yes" {
        return Err(ApiError::Request("tick the box that says you act for this party".to_owned()));
    }
    let party = fields.one("party");
    let request = ActRequest {
        kind: "admitted".to_owned(),
        admits: Some(party.clone()),
        date: fields.some("date"),
        article: fields.some("article"),
        version: None,
    };
    control::agreements::act(State(visit.control), visit.person, Path(id.clone()), Json(request)).await.map(drop)?;
    Ok(see(&address(&id, &party)))
}
