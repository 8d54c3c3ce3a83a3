//! How a party joins a text: the steps of everybody who has one, each with its document, the day until which it is to be done, and
//! what was said of it. The day and the words are a commitment of whoever has the step, under an article of the text.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use entente_core::{
    Party,
    agreement::{ActKind, Agreement},
    consult::{
        Digest,
        accession::{AccessionStep, accession},
        commitment::{Commitment, Plan},
    },
    time::{Date, Timestamp, day_of},
    view::Viewer,
};
use entente_formats::hex;
use entente_node::{Event, Node, pledge::NewCommitment};

use super::{
    ApiError, Control, Reply,
    pledges::{day, named, said},
};
use crate::{
    api::{AccessionRequest, AccessionView, NamedView},
    people::SignedIn,
};

/// How the commitment to a step begins: by these words it is found again.
const WORDS: &str = "accession of ";

fn words(candidate: &Party, kind: ActKind) -> String {
    format!("{WORDS}{candidate}: {}", kind.as_str())
}

/// Whether a commitment is to a step of an accession: it stands for no commitment of the text itself.
pub(super) fn is_step(made: &Commitment) -> bool {
    made.what.starts_with(WORDS)
}

/// A text that counts here or is proposed, as its steps need it.
fn text<'n>(node: &'n Node, id: &str) -> Option<&'n Agreement> {
    let proposed = || node.proposals().find(|agreement| agreement.id == *id);
    node.agreements().get(id).or_else(proposed)
}

fn view(
    node: &Node,
    viewer: &Viewer,
    agreement: &Agreement,
    candidate: &Party,
    (number, step): (u32, &AccessionStep),
    today: Date,
) -> AccessionView {
    let document = || -> Option<String> {
        let done = step.done?;
        let is_signed = node.acts_on(agreement).find(|act| {
            let said = &act.statement;
            said.by == step.by.as_str()
                && said.kind == step.kind.as_str()
                && said.date == done.to_string()
                && said.admits.as_deref().is_none_or(|admitted| admitted == candidate.as_str())
        });
        is_signed.map(|act| hex::encode(&act.digest)).or_else(|| {
            let written = node.written_acts(agreement).iter();
            let mut written =
                written.filter(|act| act.kind == step.kind && act.date == done && act.by.includes(&step.by));
            written.next().map(|_| "file".to_owned())
        })
    };
    let planned = planned(node, agreement, candidate, step);
    let due = planned.and_then(|(_, made)| made.due);
    let all = planned.map(|(name, _)| node.progress_of(&name)).unwrap_or_default();
    let last = planned.and_then(|(name, made)| {
        let plan = Plan::fold(name, made, &all);
        plan.words.get(&None).map(|(_, progress)| said(node, viewer, progress))
    });
    AccessionView {
        number,
        by: step.by.to_string(),
        act: step.kind.as_str().to_owned(),
        optional: step.is_optional,
        state: match step.done {
            Some(_) => "done",
            None if due.is_some_and(|due| today > due) => "overdue",
            None if step.is_optional => "optional",
            None => "open",
        }
        .to_owned(),
        done: step.done.map(|day| day.to_string()),
        document: document(),
        due: due.map(|day| day.to_string()),
        commitment: planned.map(|(name, _)| hex::encode(&name)),
        last,
    }
}

/// The commitment of whoever has a step: what the owner has said itself, before what was said here, before what anybody else
/// said; of each the first that was made known.
fn planned<'n>(
    node: &'n Node,
    agreement: &Agreement,
    candidate: &Party,
    step: &AccessionStep,
) -> Option<(Digest, &'n Commitment)> {
    let words = words(candidate, step.kind);
    let of_step = node.commitments().filter(|(_, known)| {
        let made = &known.what;
        made.owner == step.by && made.what == words && made.clause.as_ref().is_some_and(|(id, _)| *id == agreement.id)
    });
    let rank = |by: &Party| [&step.by, node.party()].iter().position(|one| *one == by).unwrap_or(2);
    of_step
        .min_by_key(|(name, known)| (rank(&known.what.by), known.known, **name))
        .map(|(name, known)| (*name, &known.what))
}

/// `GET /agreements/{id}/accession/{party}`.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Path((id, party)): Path<(String, String)>,
) -> Reply<Vec<AccessionView>> {
    let (today, wanted) = (day_of(Timestamp::now()), id.clone());
    let steps = control.driver.inspect(move |node| {
        let agreement = text(node, &wanted)?;
        let candidate: Party = party.as_str().into();
        let steps = accession(agreement, &candidate, today);
        let numbered = (1..).zip(&steps);
        Some(numbered.map(|step| view(node, person.viewer(), agreement, &candidate, step, today)).collect())
    });
    Ok(Json(steps.await?.ok_or_else(|| ApiError::NotFound(format!("no agreement `{id}` here")))?))
}

/// `POST /agreements/{id}/accession/{party}`: until when a step is to be done. The parties of the text are told.
pub(crate) async fn plan(
    State(control): State<Control>,
    person: SignedIn,
    Path((id, party)): Path<(String, String)>,
    Json(request): Json<AccessionRequest>,
) -> Reply<NamedView> {
    let due = day("due", &request.due)?;
    let (today, wanted, number) = (day_of(Timestamp::now()), id.clone(), request.step);
    let found = control.driver.inspect(move |node| {
        let agreement =
            text(node, &wanted).ok_or_else(|| ApiError::NotFound(format!("no agreement `{wanted}` here")))?;
        let candidate: Party = party.as_str().into();
        let steps: BTreeMap<u32, AccessionStep> = (1..).zip(accession(agreement, &candidate, today)).collect();
        let count = steps.len();
        let step = steps.get(&number).ok_or_else(|| ApiError::Request(format!("step: there are {count} steps")))?;
        if let Some(done) = step.done {
            return Err(ApiError::Request(format!("step: {} has done it on {done}", step.by)));
        }
        if step.by == candidate && !agreement.has_party(&candidate, today) {
            let why =
                format!("{candidate} is no party yet, and is told nothing under the text: its own steps have no day");
            return Err(ApiError::Request(why));
        }
        // A day that a third party has set binds neither the owner nor us.
        let is_theirs = |made: &Commitment| made.by == step.by || made.by == *node.party();
        if let Some((name, _)) = planned(node, agreement, &candidate, step).filter(|(_, made)| is_theirs(made)) {
            let name: String = hex::encode(&name).chars().take(12).collect();
            let why = format!("a day is set already, by the commitment {name}; {} says how far it is", step.by);
            return Err(ApiError::Request(why));
        }
        Ok((step.by.clone(), words(&candidate, step.kind)))
    });
    let (owner, what) = found.await??;
    let new = NewCommitment {
        owner: Some(owner),
        what,
        due: Some(due),
        clause: Some((id.as_str().into(), request.clause.as_str().into())),
        action: None,
        steps: Vec::new(),
    };
    named(&control, person.does("agreement.accession.plan", Event::MakeCommitment(new))).await
}
