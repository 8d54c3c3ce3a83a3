//! Agreements: who may give whom up to which level, how each text stands, what a party does about one, what would change.

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, State},
    response::Response,
};
use entente_core::{
    Party,
    agreement::{ActKind, Agreement, Standing},
    explain,
    time::{Date, Timestamp, day_of},
};

use super::{
    banner::Banner,
    form::Fields,
    frame::{Frame, Page, State as Sign},
    html, see,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{ActRequest, ActView, CitedClause, DisputeRequest, MatrixView, PartyStanding, ProposeRequest},
    control::{self, ApiError},
};

/// A row of the matrix: one giver.
struct MatrixRow {
    from: String,
    cells: Vec<Option<MatrixCell>>,
}

struct MatrixCell {
    level: Option<String>,
    texts: Vec<String>,
}

struct TextRow {
    id: String,
    title: String,
    force: String,
    is_proposed: bool,
    views: Vec<View>,
}

struct View {
    party: String,
    state: Sign,
}

#[derive(Template)]
#[template(path = "agreements.html")]
struct Agreements {
    frame: Frame,
    parties: Vec<String>,
    matrix: Vec<MatrixRow>,
    texts: Vec<TextRow>,
    may_propose: bool,
}

/// A party's view of a text today.
fn stands(text: &Agreement, party: &Party, today: Date, say: Say) -> Sign {
    let view = text.view(party, today);
    let mut words = explain::standing_in(view.standing, say.0).to_owned();
    if let Some(day) = view.since {
        words = say.filled("standing-since", &[("words", words), ("day", day.to_string())]);
    }
    if let Some(notice) = view.notice {
        words = say.filled("standing-notice", &[("words", words), ("day", notice.effect.to_string())]);
    }
    match (view.standing, view.notice) {
        (Standing::InForce, None) => Sign::good(words),
        (Standing::InForce | Standing::Suspended, _) => Sign::attention(words),
        _ => Sign { class: "", words },
    }
}

/// The text with that hash, counting or proposed.
async fn text_of(visit: &Visit, hash: &str) -> Result<Option<Agreement>, ApiError> {
    let hash = hash.to_owned();
    let found = visit.control.driver.inspect(move |node| {
        let mut all = node.agreements().values().chain(node.proposals());
        all.find(|text| text.hash.to_string() == hash).cloned()
    });
    Ok(found.await?)
}

/// `GET /agreements`.
pub(super) async fn list(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let texts = control::agreements::list(State(visit.control.clone()), visit.person.clone()).await?.0;
    let (parties, matrix) = match control::matrix::show(State(visit.control.clone()), visit.person.clone()).await {
        Ok(Json(view)) => rows(view, say),
        // Too many parties and words for one table: the texts below still say how they stand.
        Err(ApiError::Request(_)) => (Vec::new(), Vec::new()),
        Err(error) => return Err(error),
    };
    let today = day_of(Timestamp::now());
    let all: Vec<Agreement> = visit
        .control
        .driver
        .inspect(|node| node.agreements().values().chain(node.proposals()).cloned().collect())
        .await?;
    let texts = texts.into_iter().map(|text| TextRow {
        id: text.id,
        title: text.title,
        force: say.one(&format!("force-{}", text.force)),
        is_proposed: text.proposed,
        views: text
            .views
            .into_iter()
            .map(|(party, words)| {
                let known = all.iter().find(|known| known.hash.to_string() == text.hash);
                let state = match known {
                    Some(known) => stands(known, &party.as_str().into(), today, say),
                    None => Sign { class: "", words },
                };
                View { party, state }
            })
            .collect(),
    });
    html(&Agreements {
        frame: visit.frame(Page::Agreements, say.one("page-agreements"), Banner::plain()).await?,
        may_propose: visit.may("agreement.propose"),
        texts: texts.collect(),
        parties,
        matrix,
    })
}

fn rows(view: MatrixView, say: Say) -> (Vec<String>, Vec<MatrixRow>) {
    let article = |cited: &CitedClause| Some(say.0.article(&cited.clause.as_deref()?.into()));
    let cell = |from: &str, to: &str| {
        let cell = view.cells.iter().find(|cell| cell.from == from && cell.to == to)?;
        let open = || cell.texts.iter().filter(|text| text.permits);
        let mut texts: Vec<String> = open()
            .map(|text| {
                let own = text.cover.iter().filter(|cited| cited.agreement == text.agreement);
                let cited: Vec<String> = own.filter_map(article).collect();
                let assumed = if text.assumed.is_empty() { String::new() } else { say.one("agreements-assumed") };
                format!("{} {}{assumed}", text.agreement, cited.join(", "))
            })
            .collect();
        if open().next().is_none() && !cell.texts.is_empty() {
            texts.push(format!("{} {}", cell.nearest.as_deref().unwrap_or_default(), cell.status));
        }
        let level = cell.ceiling.clone().or_else(|| open().next().map(|_| say.one("agreements-terms")));
        Some(MatrixCell { level, texts })
    };
    let row = |from: &String| MatrixRow {
        from: from.clone(),
        cells: view.parties.iter().map(|to| if from == to { None } else { cell(from, to) }).collect(),
    };
    let rows = view.parties.iter().map(row).collect();
    (view.parties.clone(), rows)
}

struct PartyRow {
    party: String,
    state: Sign,
    known: Option<String>,
}

struct ActRow {
    date: String,
    by: String,
    words: String,
    article: Option<String>,
    told: Option<String>,
    /// The number under which it can be disputed; none of the own acts, and of those of the file.
    number: Option<String>,
}

#[derive(Template)]
#[template(path = "agreement.html")]
struct TextPage {
    frame: Frame,
    id: String,
    title: String,
    hash: String,
    is_proposed: bool,
    text: String,
    parties: Vec<PartyRow>,
    acts: Vec<ActRow>,
    kinds: Vec<(&'static str, String)>,
    may_act: bool,
    may_redecide: bool,
}

/// `GET /agreements/{id}`: the text that counts, or the one that is proposed.
pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let say = visit.say();
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let texts = control::agreements::text(State(control.clone()), person.clone(), Path(id.clone())).await?.0;
    let acts = control::agreements::acts(State(control), person, Path(id)).await?.0;
    let (Some(text), Some(known)) = (texts.into_iter().next(), acts.into_iter().next()) else {
        return Err(ApiError::NotFound("nothing is here".to_owned()));
    };
    let us = visit.control.operator.nationality.to_string();
    let is_party = known.parties.iter().any(|party| party.party == us);
    let kinds = ActKind::ALL.into_iter().filter(|kind| *kind != ActKind::Admitted);
    let (signed, today) = (text_of(&visit, &known.hash).await?, day_of(Timestamp::now()));
    html(&TextPage {
        frame: visit.frame(Page::Agreements, known.id.clone(), Banner::plain()).await?,
        parties: known.parties.into_iter().map(|party| party_row(party, signed.as_ref(), today, say)).collect(),
        acts: known.acts.into_iter().map(|act| act_row(act, &us, say)).collect(),
        kinds: kinds.map(|kind| (kind.as_str(), say.one(&format!("act-{}", kind.as_str())))).collect(),
        may_act: visit.may("agreement.act") && is_party,
        may_redecide: visit.may("job.redecide"),
        id: known.id,
        title: known.title,
        hash: known.hash,
        is_proposed: known.proposed,
        text,
    })
}

fn party_row(party: PartyStanding, text: Option<&Agreement>, today: Date, say: Say) -> PartyRow {
    PartyRow {
        state: match text {
            Some(text) if party.missing.is_empty() => stands(text, &party.party.as_str().into(), today, say),
            _ => Sign { class: "", words: party.view },
        },
        known: party.known.map(|known| say.with("agreement-known", "at", Moment::of(&known, say).words)),
        party: party.party,
    }
}

fn act_row(act: ActView, us: &str, say: Say) -> ActRow {
    let told: Vec<String> = act.told.iter().map(|told| format!("{}: {}", told.party, told.state)).collect();
    ActRow {
        words: say.one(&format!("act-{}", act.kind)),
        article: act.article.map(|article| say.0.article(&article.as_str().into())),
        told: (!told.is_empty()).then(|| told.join(", ")),
        number: act.number.filter(|_| act.by != us && act.kind != "disputed"),
        date: act.date,
        by: act.by,
    }
}

/// `POST /agreements`: proposes a text to its parties.
pub(super) async fn propose(visit: Visit, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ApiError> {
    let text = fields.into_iter().find(|(name, _)| name == "text").map(|(_, text)| text.replace("\r\n", "\n"));
    let request = ProposeRequest { text: text.unwrap_or_default() };
    control::agreements::propose(State(visit.control), visit.person, Json(request)).await.map(drop)?;
    Ok(see("/agreements"))
}

/// `POST /agreements/{id}/dispute`: this party disputes an act of another one.
pub(super) async fn dispute(
    visit: Visit,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    let request =
        DisputeRequest { act: fields.one("act"), article: fields.some("article"), version: fields.some("version") };
    control::agreements::dispute(State(visit.control), visit.person, Path(id.clone()), Json(request))
        .await
        .map(drop)?;
    Ok(see(&format!("/agreements/{}", super::block::encode(&id))))
}

/// `POST /agreements/{id}`: this party acts.
pub(super) async fn act(
    visit: Visit,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let fields = Fields(fields);
    if fields.one("sure") != "yes" {
        return Err(ApiError::Request("tick the box that says you act for this party".to_owned()));
    }
    let request = ActRequest {
        kind: fields.one("kind"),
        admits: None,
        date: fields.some("date"),
        article: fields.some("article"),
        version: fields.some("version"),
    };
    control::agreements::act(State(visit.control), visit.person, Path(id.clone()), Json(request)).await.map(drop)?;
    Ok(see(&format!("/agreements/{}", super::block::encode(&id))))
}
