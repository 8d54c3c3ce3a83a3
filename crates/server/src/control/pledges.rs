//! Commitments: what this party and others have said that they will do, and how far it is.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_core::{
    AgreementId, ClauseId, Party,
    agreement::Kind,
    consult::{
        Digest, Proposal,
        commitment::{Commitment, Plan, Progress, Status, Word},
    },
    record::Status as RecordStatus,
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::hex;
use entente_node::{
    Answer, Event, Node,
    pledge::{NewCommitment, NewProgress},
};

use super::{ApiError, Control, Reply, accession, page::page, record_ref, unexpected};
use crate::{
    api::{
        CommitmentRequest, CommitmentView, NamedView, Page, PageQuery, PledgeStepView, ProgressRequest, ProgressView,
        moment,
    },
    people::SignedIn,
};

/// A text and an article, both or neither.
pub(super) fn article(
    agreement: Option<String>,
    clause: Option<String>,
) -> Result<Option<(AgreementId, ClauseId)>, ApiError> {
    match (agreement, clause) {
        (Some(agreement), Some(clause)) => Ok(Some((agreement.as_str().into(), clause.as_str().into()))),
        (None, None) => Ok(None),
        _ => Err(ApiError::Request("`agreement` and `clause` belong together".to_owned())),
    }
}

pub(super) fn day(field: &str, text: &str) -> Result<Date, ApiError> {
    let day = text.parse().ok().filter(|_| text.len() == 10);
    day.ok_or_else(|| ApiError::Request(format!("{field}: `{text}` is no day; expected the form 2027-03-31")))
}

fn word(text: &str) -> Result<Word, ApiError> {
    let known = Word::ALL.into_iter().find(|word| word.as_str() == text);
    known.ok_or_else(|| ApiError::Request(format!("word: `{text}` is not one of open, done, dropped")))
}

pub(super) fn said(node: &Node, viewer: &Viewer, progress: &Progress) -> ProgressView {
    let seen = progress.evidence.iter();
    let seen = seen.filter(|evidence| node.may_see_evidence(viewer, &evidence.originator, &evidence.record));
    ProgressView {
        word: progress.word.as_str().to_owned(),
        at: progress.at.to_string(),
        note: progress.note.clone(),
        evidence: seen.map(|evidence| format!("{}/{}", evidence.originator, evidence.record)).collect(),
    }
}

fn view(node: &Node, viewer: &Viewer, name: Digest, made: &Commitment, known: i64, today: Date) -> CommitmentView {
    let all = node.progress_of(&name);
    let plan = Plan::fold(name, made, &all);
    let last = |step: Option<u32>| plan.words.get(&step).map(|(_, progress)| said(node, viewer, progress));
    let steps = made.steps.iter().zip(0_u32..);
    CommitmentView {
        name: Some(hex::encode(&name)),
        by: made.by.to_string(),
        owner: made.owner.to_string(),
        what: made.what.clone(),
        due: made.due.map(|day| day.to_string()),
        agreement: made.clause.as_ref().map(|(id, _)| id.to_string()),
        clause: made.clause.as_ref().map(|(_, article)| article.to_string()),
        consultation: made.consultation.map(|name| hex::encode(&name)),
        action: None,
        status: plan.status(today).as_str().to_owned(),
        made: Some(moment(known)),
        steps: steps.map(|(text, step)| PledgeStepView { text: text.clone(), last: last(Some(step)) }).collect(),
        last: last(None),
        doubles: plan.doubles.values().flatten().map(|digest| hex::encode(digest)).collect(),
    }
}

/// Whether who makes something known for that day keeps to the day that was signed: nobody puts it off by his own word.
fn keeps(made: Option<Date>, signed: Option<Date>) -> bool {
    signed.is_none_or(|signed| made.is_some_and(|made| made <= signed))
}

/// What stands in texts in force and nobody has made known yet: the article says it all the same.
fn of_texts(node: &Node, today: Date) -> Vec<CommitmentView> {
    let mut made: BTreeMap<(&AgreementId, &ClauseId, &Party), Vec<Option<Date>>> = BTreeMap::new();
    for (_, known) in node.commitments().filter(|(_, known)| !accession::is_step(&known.what)) {
        if let Some((id, article)) = &known.what.clause {
            made.entry((id, article, &known.what.owner)).or_default().push(known.what.due);
        }
    }
    let us = node.party();
    let in_force = node.agreements().values().filter(|agreement| agreement.view(us, today).in_force());
    in_force
        .flat_map(|agreement| agreement.clauses.iter().map(move |clause| (agreement, clause)))
        .filter_map(|(agreement, clause)| {
            let Kind::Commit { owner, what, due } = &clause.kind else { return None };
            let known = made.get(&(&agreement.id, &clause.id, owner));
            if known.is_some_and(|known| known.iter().any(|day| keeps(*day, *due))) {
                return None;
            }
            let status = if due.is_some_and(|due| today > due) { Status::Overdue } else { Status::Open };
            Some(CommitmentView {
                name: None,
                by: owner.to_string(),
                owner: owner.to_string(),
                what: what.clone(),
                due: due.map(|day| day.to_string()),
                agreement: Some(agreement.id.to_string()),
                clause: Some(clause.id.to_string()),
                consultation: None,
                action: None,
                status: status.as_str().to_owned(),
                made: None,
                steps: Vec::new(),
                last: None,
                doubles: Vec::new(),
            })
        })
        .collect()
}

/// The actions that the parties of a consultation have agreed and that nobody has made known as a commitment yet: they have signed
/// them all the same.
fn of_consultations(node: &Node, today: Date) -> Vec<CommitmentView> {
    let mut made: BTreeMap<(Digest, &Party, &str), Vec<Option<Date>>> = BTreeMap::new();
    for known in node.commitments().map(|(_, known)| &known.what) {
        if let Some(name) = known.consultation {
            made.entry((name, &known.owner, known.what.as_str())).or_default().push(known.due);
        }
    }
    let mut views = Vec::new();
    // A drill commits nobody.
    for (name, held) in node.consultations().filter(|(_, held)| held.status() == RecordStatus::Actual) {
        for (digest, item) in held.core(name).items.iter().filter(|(_, item)| item.is_agreed) {
            let Proposal::Action { what, owner, due } = item.proposal else { continue };
            let due = due.map(day_of);
            if made.get(&(name, owner, what.as_str())).is_some_and(|known| known.iter().any(|day| keeps(*day, due))) {
                continue;
            }
            let status = if due.is_some_and(|due| today > due) { Status::Overdue } else { Status::Open };
            views.push(CommitmentView {
                name: None,
                by: item.proposed.iter().next().map(|(party, _)| party.to_string()).unwrap_or_default(),
                owner: owner.to_string(),
                what: what.clone(),
                due: due.map(|day| day.to_string()),
                agreement: None,
                clause: None,
                consultation: Some(hex::encode(&name)),
                action: Some(hex::encode(digest)),
                status: status.as_str().to_owned(),
                made: None,
                steps: Vec::new(),
                last: None,
                doubles: Vec::new(),
            });
        }
    }
    views
}

/// `GET /commitments`: the overdue first, then by day.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<CommitmentView>> {
    Ok(Json(page(all(&control, &person).await?, &query, name_of)?))
}

/// What tells one from the others, for [`page`].
pub(crate) fn name_of(view: &CommitmentView) -> String {
    let of_text = || format!("{:?}", (&view.owner, &view.agreement, &view.clause, &view.consultation, &view.what));
    view.name.clone().unwrap_or_else(of_text)
}

/// All of them, the overdue first, then by day.
pub(crate) async fn all(control: &Control, person: &SignedIn) -> Result<Vec<CommitmentView>, ApiError> {
    let (viewer, today) = (person.viewer().clone(), day_of(Timestamp::now()));
    let mut views: Vec<CommitmentView> = control
        .driver
        .inspect(move |node| {
            let made =
                node.commitments().map(|(name, known)| view(node, &viewer, *name, &known.what, known.known, today));
            made.chain(of_texts(node, today)).chain(of_consultations(node, today)).collect()
        })
        .await?;
    let order = |view: &CommitmentView| {
        let pressing = ["overdue", "open"].iter().position(|status| *status == view.status).unwrap_or(2);
        // A day that is not named comes after every day that is.
        (pressing, view.due.is_none(), view.due.clone(), view.owner.clone(), view.what.clone())
    };
    views.sort_by_cached_key(order);
    Ok(views)
}

/// `GET /commitments/{name}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
) -> Reply<CommitmentView> {
    let (viewer, today) = (person.viewer().clone(), day_of(Timestamp::now()));
    let found = control.driver.inspect(move |node| {
        let name = node.commitment_named(&name).map_err(|error| error.to_string())?;
        let known = node.commitments().find(|(known, _)| **known == name).map(|(_, known)| known);
        let known = known.ok_or_else(|| "no such commitment".to_owned())?;
        Ok::<_, String>(view(node, &viewer, name, &known.what, known.known, today))
    });
    Ok(Json(found.await?.map_err(ApiError::NotFound)?))
}

/// `POST /commitments`.
pub(crate) async fn add(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<CommitmentRequest>,
) -> Reply<NamedView> {
    let CommitmentRequest { what, owner, due, agreement, clause, consultation, action, steps } = request;
    let action = match (consultation, action) {
        (Some(consultation), Some(action)) => Some((consultation, action)),
        (None, None) => None,
        _ => return Err(ApiError::Request("`consultation` and `action` belong together".to_owned())),
    };
    let new = NewCommitment {
        owner: owner.map(|code| code.as_str().into()),
        what: what.unwrap_or_default(),
        due: due.map(|text| day("due", &text)).transpose()?,
        clause: article(agreement, clause)?,
        action,
        steps,
    };
    named(&control, person.does("commitment.add", Event::MakeCommitment(new))).await
}

/// `POST /commitments/{name}/progress`.
pub(crate) async fn progress(
    State(control): State<Control>,
    person: SignedIn,
    Path(name): Path<String>,
    Json(request): Json<ProgressRequest>,
) -> Reply<NamedView> {
    let ProgressRequest { step, word: text, evidence, note } = request;
    let step = match step {
        Some(0) => return Err(ApiError::Request("step: steps count from 1".to_owned())),
        step => step.map(|step| step - 1),
    };
    let new = NewProgress {
        commitment: name,
        step,
        word: text.map(|text| word(&text)).transpose()?,
        evidence: evidence.iter().map(|text| record_ref(text)).collect(),
        note,
    };
    let event = Event::NoteProgress { by: person.viewer().clone(), progress: new };
    named(&control, person.does("commitment.progress", event)).await
}

pub(super) async fn named(control: &Control, event: Event) -> Reply<NamedView> {
    match control.driver.handle(event).await? {
        Answer::Named(name) => Ok(Json(NamedView { name })),
        _ => Err(unexpected()),
    }
}
