//! Agreements: who may give whom up to which level, how each text stands, what a party does about one, what would change.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Form, Json,
    extract::{Path, State},
    response::Response,
};
use entente_core::{
    Party,
    agreement::{ActKind, clause::Action},
    desk::{
        matrix::{Cell, matrix},
        probe::Probe,
    },

    time::{Timestamp, day_of},
    world::World,
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
    api::{ActRequest, ActView, PartyStanding},
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
}

/// A view of a text, by the word with which it begins.
fn standing(words: &str) -> Sign {
    if words.starts_with("in force") {
        Sign::good(words.to_owned())
    } else if words.starts_with("suspended") || words.contains("notice") {
        Sign::attention(words.to_owned())
    } else {
        Sign { class: "", words: words.to_owned() }
    }
}

/// `GET /agreements`.
pub(super) async fn list(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let texts = control::agreements::list(State(visit.control.clone()), visit.person.clone()).await?.0;
    let rows = visit.control.driver.inspect(move |node| {
        let world = World { agreements: node.agreements(), national: node.national(), consents: &[], approvals: &[] };
        let (vocabulary, at) = (node.vocabulary(), Timestamp::now());
        let probe = Probe { world, vocabulary: &vocabulary, at, actions: &[Action::Release] };
        let parties: BTreeSet<Party> =
            node.agreements().values().flat_map(|text| text.parties_on(day_of(at))).cloned().collect();
        let cells = matrix(&probe, &parties);
        // Too many parties and words for one table: the texts below still say how they stand.
        rows(&parties, &cells.unwrap_or_default(), say)
    });
    let (parties, matrix) = rows.await?;
    let texts = texts.into_iter().map(|text| TextRow {
        id: text.id,
        title: text.title,
        force: say.one(&format!("force-{}", text.force)),
        is_proposed: text.proposed,
        views: text.views.into_iter().map(|(party, words)| View { party, state: standing(&words) }).collect(),
    });
    html(&Agreements {
        frame: visit.frame(Page::Agreements, say.one("page-agreements"), Banner::plain()).await?,
        texts: texts.collect(),
        parties,
        matrix,
    })
}

fn rows(parties: &BTreeSet<Party>, cells: &[Cell], say: Say) -> (Vec<String>, Vec<MatrixRow>) {
    let cell = |from: &Party, to: &Party| {
        let cell = cells.iter().find(|cell| cell.from == *from && cell.to == *to)?;
        let mut texts: Vec<String> = cell
            .open()
            .map(|entry| {
                let cited: Vec<String> = entry
                    .cover
                    .iter()
                    .filter(|citation| citation.agreement == entry.agreement)
                    .filter_map(|citation| citation.clause.as_ref())
                    .map(|clause| say.0.article(clause))
                    .collect();
                let assumed = if entry.assumed.is_empty() { String::new() } else { say.one("agreements-assumed") };
                format!("{} {}{assumed}", entry.agreement, cited.join(", "))
            })
            .collect();
        if texts.is_empty()
            && let Some(block) = cell.blocked()
        {
            let nearest = block.agreement.as_ref().map(ToString::to_string).unwrap_or_default();
            texts.push(format!("{nearest} {}", block.reason.code()));
        }
        let level = cell.ceiling().map(|level| level.to_string());
        let level = level.or_else(|| cell.open().next().map(|_| say.one("agreements-terms")));
        Some(MatrixCell { level, texts })
    };
    let row = |from: &Party| MatrixRow {
        from: from.to_string(),
        cells: parties.iter().map(|to| if from == to { None } else { cell(from, to) }).collect(),
    };
    (parties.iter().map(ToString::to_string).collect(), parties.iter().map(row).collect())
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
}

#[derive(Template)]
#[template(path = "agreement.html")]
struct Agreement {
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
    html(&Agreement {
        frame: visit.frame(Page::Agreements, known.id.clone(), Banner::plain()).await?,
        parties: known.parties.into_iter().map(|party| party_row(party, say)).collect(),
        acts: known.acts.into_iter().map(|act| act_row(act, say)).collect(),
        kinds: kinds.map(|kind| (kind.as_str(), say.one(&format!("act-{}", kind.as_str())))).collect(),
        may_act: visit.may("agreement.act") && is_party,
        id: known.id,
        title: known.title,
        hash: known.hash,
        is_proposed: known.proposed,
        text,
    })
}

fn party_row(party: PartyStanding, say: Say) -> PartyRow {
    PartyRow {
        state: standing(&party.view),
        known: party.known.map(|known| say.with("agreement-known", "at", Moment::of(&known, say).words)),
        party: party.party,
    }
}

fn act_row(act: ActView, say: Say) -> ActRow {
    let told: Vec<String> = act.told.iter().map(|told| format!("{}: {}", told.party, told.state)).collect();
    ActRow {
        words: say.one(&format!("act-{}", act.kind)),
        article: act.article.map(|article| say.0.article(&article.as_str().into())),
        told: (!told.is_empty()).then(|| told.join(", ")),
        date: act.date,
        by: act.by,
    }
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

