//! Everything that is held, decided anew after acts on agreements: with them and without them, class by class, for each purpose and
//! recipient. It is the comparison of what-if between two worlds that were; nothing is done about what it finds. What left and
//! should not have, the node says by itself when an act comes (`entente affected`).

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::HeaderMap};
use entente_core::{Channel, Purpose, agreement::clause::Action, explain::Language, time::Timestamp, whatif::Question};
use entente_formats::{request, whatif::WhatIf};
use serde::{Deserialize, Serialize};

use super::{Ended, Task, Work, seen_one};
use crate::{
    api::{ANY_OTHER, ActSince, JobView, RedecideRequest, RedecidedPair, RedecidedView, moment},
    control::{ApiError, Control, Reply, language, may},
    people::SignedIn,
};

/// How many changes are listed. What is beyond them is counted.
const LISTED: usize = 500;
/// The longest word that is taken for a purpose or a channel, in bytes.
const MAX_WORD: usize = 200;

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Seconds since the epoch.
    since: i64,
    /// The moment as of which everything is decided: the same, however often it begins again.
    at: String,
    purpose: Option<String>,
    channel: String,
    /// The tag of the language of the reasons.
    language: String,
}

/// `POST /jobs/redecide`.
pub(crate) async fn redecide(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(asked): Json<RedecideRequest>,
) -> Reply<JobView> {
    let RedecideRequest { since, purpose, channel } = asked;
    let channel = channel.unwrap_or_else(|| Channel::GOVERNMENTS.to_owned());
    if [Some(&channel), purpose.as_ref()].into_iter().flatten().any(|word| word.is_empty() || word.len() > MAX_WORD) {
        return Err(ApiError::Request(format!("purpose, channel: words of 1 to {MAX_WORD} bytes")));
    }
    let since = match since {
        Some(text) => request::moment("since", &text)?.as_second(),
        None => {
            let last = control.driver.inspect(|node| node.last_act_known()).await?;
            let none = "nobody has acted on any text yet: there is nothing that everything was decided without";
            last.ok_or_else(|| ApiError::Request(none.to_owned()))?
        }
    };
    let language = language(&headers).code().to_owned();
    let task = Task::Redecide(Asked { since, at: Timestamp::now().to_string(), purpose, channel, language });
    let work = Work::begin(&control, &person, task.clone()).await?;
    let view = work.view()?;
    work.go_on(task);
    seen_one(&control, &person, view).await
}

pub(super) async fn run(work: &Work, asked: &Asked) -> Result<Ended, ApiError> {
    let Some(person) = work.person().await?.filter(|person| may(person, "job.redecide")) else {
        return Ok(Ended::Failed("its owner's account may do nothing any more".to_owned()));
    };
    let driver = &work.control.driver;
    let at = request::moment("at", &asked.at)?;
    let language = Language::of_tag(&asked.language).unwrap_or_default();
    let (viewer, since, purpose) = (person.viewer().clone(), asked.since, asked.purpose.clone());
    let (survey, purposes, acts) = driver
        .inspect(move |node| {
            let purposes = match purpose {
                Some(purpose) => BTreeSet::from([Purpose::from(purpose)]),
                None => node.purposes(&viewer).into_iter().chain([Purpose::from(ANY_OTHER)]).collect(),
            };
            let act = |act: &entente_node::texts::KnownAct| ActSince {
                agreement: act.statement.agreement.id.clone(),
                by: act.statement.by.clone(),
                kind: act.statement.kind.clone(),
                date: act.statement.date.clone(),
                known: moment(act.known),
            };
            let acts: Vec<ActSince> = node.acts_since(since).map(act).collect();
            (node.survey_since(&viewer, since, at), purposes, acts)
        })
        .await?;
    let recipients = survey.recipients();
    work.done_as(person.viewer());
    work.show(|view| {
        view.steps = purposes.len().saturating_mul(recipients.len()) as u64;
        view.redecided = Some(RedecidedView {
            since: moment(asked.since),
            at: asked.at.clone(),
            channel: asked.channel.clone(),
            acts,
            records: survey.records(),
            classes: survey.classes(),
            ..RedecidedView::default()
        });
    });
    let (survey, channel) = (Arc::new(survey), Channel::from(asked.channel.as_str()));
    for purpose in &purposes {
        for to in &recipients {
            if work.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            // One recipient at a time: the node does other things in between.
            let (survey, channel, to) = (Arc::clone(&survey), channel.clone(), BTreeSet::from([to.clone()]));
            let about = purpose.clone();
            let changes = driver.inspect(move |node| {
                let question = Question { action: Action::Release, purpose: &about, channel: &channel, at };
                let changes = survey.changes(node, &question, &to);
                WhatIf::new(&changes, survey.records(), survey.classes(), language).pairs
            });
            let changed = changes.await?.into_iter().filter(|pair| pair.newly_permitted + pair.newly_denied > 0);
            let changed: Vec<RedecidedPair> =
                changed.map(|pair| RedecidedPair { purpose: purpose.to_string(), pair }).collect();
            work.show(|view| {
                view.done += 1;
                if let Some(redecided) = &mut view.redecided {
                    changed.into_iter().for_each(|change| found(redecided, change));
                }
            });
        }
    }
    Ok(Ended::Done)
}

/// Takes up what changes for a purpose and a recipient: in the totals always, in the list while there is room.
fn found(redecided: &mut RedecidedView, change: RedecidedPair) {
    redecided.newly_permitted += change.pair.newly_permitted;
    redecided.newly_denied += change.pair.newly_denied;
    match redecided.changes.len() < LISTED {
        true => redecided.changes.push(change),
        false => redecided.more += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_counted_whole() {
        let pair =
            r#"{"from":"KOR","to":"JPN","before":3,"after":1,"newly_permitted":1,"newly_denied":3,"witnesses":[]}"#;
        let mut redecided = RedecidedView::default();
        for number in 0..LISTED + 7 {
            let pair = serde_json::from_str(pair).unwrap();
            found(&mut redecided, RedecidedPair { purpose: number.to_string(), pair });
        }
        assert_eq!((redecided.changes.len(), redecided.more), (LISTED, 7));
        let all = (LISTED + 7) as u64;
        assert_eq!((redecided.newly_permitted, redecided.newly_denied), (all, 3 * all));
    }
}
