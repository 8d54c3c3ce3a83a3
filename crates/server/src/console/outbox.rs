//! What was given, entry by entry: one feed at a time, a page at a time, the latest first.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use entente_node::Lane;
use serde::Deserialize;

use super::{
    banner::Banner,
    block::encode,
    frame::{Frame, Page, State as Sign},
    html,
    records::sent_state,
    text::Say,
    visit::Visit,
};
use crate::{
    api::{OutboxQuery, OutboxView},
    control::{self, ApiError},
};

/// How many entries a page has.
const PAGE: u64 = 50;

struct Row {
    index: u64,
    record: Option<String>,
    state: Sign,
    content: Option<String>,
}

/// A feed that one may turn to.
struct Choice {
    words: String,
    path: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct Outbox {
    frame: Frame,
    feeds: Vec<Choice>,
    rows: Vec<Row>,
    older: Option<String>,
    newer: Option<String>,
}

/// Which entries.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    to: String,
    lane: String,
    from: Option<u64>,
}

/// `GET /outbox`.
pub(super) async fn page(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, ApiError> {
    let say = visit.say();
    let status = control::status::without_records(&visit.control, visit.person.viewer().clone()).await?;
    let lane = if sought.lane.is_empty() { Lane::Routine.as_str().to_owned() } else { sought.lane };
    let first = status.feeds.first().map(|feed| feed.partner.clone()).unwrap_or_default();
    let to = if sought.to.is_empty() { first } else { sought.to };
    let place = |to: &str, lane: &str, from: Option<u64>| {
        let from = from.map(|from| format!("&from={from}")).unwrap_or_default();
        format!("/outbox?to={}&lane={}{from}", encode(to), encode(lane))
    };
    let feeds = status.feeds.iter().map(|feed| Choice {
        words: format!("{} {} ({})", feed.partner, feed.lane, feed.sent),
        path: place(&feed.partner, &feed.lane, None),
        is_here: feed.partner == to && feed.lane == lane,
    });
    let feeds: Vec<Choice> = feeds.collect();
    let sent = status.feeds.iter().find(|feed| feed.partner == to && feed.lane == lane).map_or(0, |feed| feed.sent);
    // The latest are what people look for.
    let from = sought.from.unwrap_or_else(|| sent.saturating_sub(PAGE)).min(sent);
    let until = from.saturating_add(PAGE);
    let mut entries = Vec::new();
    if !feeds.is_empty() {
        let query = OutboxQuery {
            to: Some(to.clone()),
            lane: Some(lane.clone()),
            from: Some(from),
            limit: usize::try_from(PAGE).ok(),
            after: None,
        };
        entries =
            control::outbox::list(State(visit.control.clone()), visit.person.clone(), Query(query)).await?.0.items;
    }
    // Where some may not be seen, the page of the API reaches further than this one.
    entries.retain(|entry| entry.index < until);
    html(&Outbox {
        frame: visit.frame(Page::Log, say.one("outbox-title"), Banner::plain()).await?,
        rows: entries.into_iter().rev().map(|entry| row(entry, say)).collect(),
        older: (from > 0).then(|| place(&to, &lane, Some(from.saturating_sub(PAGE)))),
        newer: (until < sent).then(|| place(&to, &lane, Some(until))),
        feeds,
    })
}

fn row(view: OutboxView, say: Say) -> Row {
    Row { index: view.index, record: view.record, state: sent_state(&view.state, say), content: view.content }
}
