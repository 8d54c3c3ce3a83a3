//! Whom this party's node tells that something waits: who is on watch, what was tried, and a test of the chain.

use std::{collections::BTreeSet, time::Instant};

use axum::{Json, extract::State};
use entente_core::{
    consult::Precedence,
    record::Status,
    time::{SignedDuration, Timestamp},
    watch::{Contacts, Due, Way},
};
use entente_node::{Node, matter::Matter, telling::Attempt};

use super::{ApiError, Control, Reply, unknown_precedence};
use crate::{
    api::{AttemptView, ContactsView, PlannedView, TestContacts, TestedView, WaitingMatterView, WatchView},
    escalation::{Escalation, TEST},
    people::SignedIn,
};

/// How far ahead the plan is shown and tested: further than a step may begin.
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);
/// How much of the plan is shown.
const SHOWN: usize = 100;
/// How many attempts are shown, the latest first.
const LATEST: usize = 1_000;

fn escalation(control: &Control) -> Result<&Escalation, ApiError> {
    let none = || ApiError::NotFound("this node has no contact list: `[contacts]` in its configuration".to_owned());
    control.escalation.as_ref().ok_or_else(none)
}

fn id(contacts: &Contacts, person: usize) -> String {
    contacts.persons.get(person).map(|person| person.id.clone()).unwrap_or_default()
}

/// `GET /contacts`.
pub(super) async fn show(State(control): State<Control>, _: SignedIn) -> Reply<ContactsView> {
    let (contacts, problem) = escalation(&control)?.contacts();
    let now = Timestamp::now();
    let rota = |rota: &entente_core::watch::Rota| {
        let watch = rota.watch(now);
        WatchView {
            rota: rota.id.clone(),
            zone: rota.zone_name.clone(),
            from: watch.from.to_string(),
            until: watch.until.to_string(),
            persons: watch.persons.into_iter().map(|person| id(&contacts, person)).collect(),
        }
    };
    let planned = |due: Due| PlannedView {
        at: due.at.to_string(),
        step: due.step + 1,
        person: id(&contacts, due.person),
        way: due.way.as_str().to_owned(),
        handover: due.is_handover,
    };
    let plan = contacts.plan(Precedence::Flash, now, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX));
    let list = contacts.clone();
    let waiting = control.driver.inspect(move |node| waiting(node, &list, now)).await?;
    Ok(Json(ContactsView {
        party: contacts.party.to_string(),
        // Where the file is, is the operator's.
        problem: problem.map(|_| "the list in the file cannot be used; the node's log says why".to_owned()),
        rotas: contacts.rotas.iter().map(rota).collect(),
        waiting,
        plan: plan.into_iter().take(SHOWN).map(planned).collect(),
    }))
}

/// What waits, and when somebody is told of it next.
fn waiting(node: &Node, contacts: &Contacts, now: Timestamp) -> Vec<WaitingMatterView> {
    let views = node.matters(now).into_iter().map(|matter| {
        let (due, next) = contacts.due(matter.precedence, matter.since, now, &node.told_of(&matter.name));
        let next = if due.is_empty() { next } else { Some(now) };
        WaitingMatterView {
            precedence: matter.precedence.as_str().to_owned(),
            status: matter.status.as_str().to_owned(),
            since: matter.since.to_string(),
            attempts: node.attempts().filter(|attempt| attempt.matter == matter.name).count(),
            next: next.map(|next| next.to_string()),
            matter: matter.name,
        }
    });
    views.collect()
}

/// `GET /contacts/attempts`: the latest first.
pub(super) async fn attempts(State(control): State<Control>, _: SignedIn) -> Reply<Vec<AttemptView>> {
    let latest = |node: &Node| {
        let view = |attempt| AttemptView::new(attempt, node.outcome_of(attempt));
        node.attempts().rev().take(LATEST).map(view).collect()
    };
    Ok(Json(control.driver.inspect(latest).await?))
}

/// `POST /contacts/test`: tells everybody at once whom a matter would lead to, in each way, that this is a test.
pub(super) async fn test(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<TestContacts>,
) -> Reply<Vec<TestedView>> {
    let escalation = escalation(&control)?.clone();
    let precedence = Precedence::of(&request.precedence).ok_or_else(|| unknown_precedence(&request.precedence))?;
    let (contacts, problem) = escalation.contacts();
    if let Some(problem) = problem {
        return Err(ApiError::Request(format!("a test of an old list would show nothing: {problem}")));
    }
    let now = Timestamp::now();
    let plan = contacts.plan(precedence, now, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX));
    let mut seen: BTreeSet<(usize, Way)> = BTreeSet::new();
    let first: Vec<Due> =
        plan.into_iter().filter(|due| !due.is_handover && seen.insert((due.person, due.way))).collect();
    let mut tests = tokio::task::JoinSet::new();
    for due in first {
        let (escalation, contacts, person) = (escalation.clone(), contacts.clone(), person.clone());
        tests.spawn(async move {
            let (name, began) = (id(&contacts, due.person), Instant::now());
            let wrap = |event| person.does("contacts.test", event);
            let matter = Matter { name: TEST.to_owned(), precedence, status: Status::Actual, since: now };
            let outcome = escalation.attempt(&contacts, due.clone(), &matter, wrap).await?;
            let waited = due.at.as_second().saturating_sub(now.as_second());
            let view = TestedView {
                step: due.step + 1,
                after: u64::try_from(waited).unwrap_or_default() / 60,
                person: name,
                way: due.way.as_str().to_owned(),
                reached: outcome.reached,
                words: outcome.words,
                tries: outcome.tries,
                milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            };
            Ok::<_, crate::turn::Failure>((due, view))
        });
    }
    let mut views: Vec<(Due, TestedView)> = Vec::new();
    while let Some(tested) = tests.join_next().await {
        views.push(tested.map_err(|_| super::unexpected())??);
    }
    views.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Json(views.into_iter().map(|(_, view)| view).collect()))
}

/// What an event tells whose pages it is for: nobody's but those of the account that is told.
pub(super) fn is_for(account: &str, content: &serde_json::Value) -> bool {
    serde_json::from_value::<Attempt>(content.clone())
        .is_ok_and(|attempt| attempt.account.as_deref() == Some(account) && attempt.ended.is_none())
}
