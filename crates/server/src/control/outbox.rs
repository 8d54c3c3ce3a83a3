//! What was given to whom, entry by entry, and how far it got: feed after feed, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::{Query, State},
};
use entente_core::Party;
use entente_formats::wire::ContentOutcome;
use entente_node::{Feed, Lane};
use entente_store::OutgoingRow;

use super::{
    ApiError, Control, Reply,
    page::{self, InFeeds},
    read,
};
use crate::{
    api::{OutboxQuery, OutboxView, Page},
    people::{SignedIn, accounts::now},
};

/// How many entries are looked at for one page. Who may see few of them gets a short one, with the place to go on from.
const LOOKED_AT: usize = 5_000;
/// How many are read at once at the least: what may not be seen is not read one by one.
const AT_ONCE: usize = 100;

/// The feeds of every partner, in their order.
pub(super) async fn feeds(control: &Control) -> Result<Vec<Feed>, ApiError> {
    let partners = control.driver.inspect(|node| node.outgoing().map(|(feed, ..)| feed.partner.clone()).collect());
    let partners: BTreeSet<Party> = partners.await?;
    Ok(partners.into_iter().flat_map(|partner| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane })).collect())
}

/// Those of them that a page goes on with behind a place.
pub(super) fn behind(feeds: Vec<Feed>, after: Option<&InFeeds>) -> Vec<Feed> {
    let rank = |feed: &Feed| (feed.partner.clone(), Lane::ALL.iter().position(|lane| *lane == feed.lane));
    let is_behind = |feed: &Feed| after.is_none_or(|after| rank(feed) >= rank(&after.feed));
    feeds.into_iter().filter(is_behind).collect()
}

/// An entry, how much of its feed left as files, and what the recipient says of its large content.
struct Given {
    feed: Feed,
    exported: u64,
    content: Option<&'static str>,
    row: OutgoingRow,
}

impl Given {
    fn view(self) -> OutboxView {
        let Self { feed, exported, content, row } = self;
        let state = state_of(&row, row.index < exported, now());
        OutboxView {
            partner: feed.partner.to_string(),
            lane: feed.lane.as_str().to_owned(),
            index: row.index,
            content: content.map(str::to_owned),
            record: row.record,
            state,
        }
    }
}

/// How far an entry is, in a word.
pub(super) fn state_of(row: &OutgoingRow, is_exported: bool, now: i64) -> String {
    let word = match (&row.withdrawal, &row.disposition) {
        (Some(_), _) if row.late => "withdrawn, may have arrived",
        (Some(_), _) => "withdrawn",
        (None, Some(said)) => said,
        (None, None) if is_exported => "exported, no receipt",
        // Nobody has looked at it since; it leaves no more.
        (None, None) if row.expires.is_some_and(|expires| expires <= now) => "expired",
        (None, None) => "waiting",
    };
    word.to_owned()
}

/// `GET /outbox`.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<OutboxQuery>,
) -> Reply<Page<OutboxView>> {
    let OutboxQuery { to, lane, from, limit, after } = query;
    let limit = page::limit(limit)?;
    if from.is_some() && (to.is_none() || lane.is_none()) {
        return Err(ApiError::Request("`from` is an index of one feed: name it with `to` and `lane`".to_owned()));
    }
    let lane: Option<Lane> = lane
        .map(|word| {
            let known = Lane::ALL.into_iter().find(|lane| lane.as_str() == word);
            known.ok_or_else(|| ApiError::Request(format!("lane: unknown `{word}`; known: `urgent`, `routine`")))
        })
        .transpose()?;
    let after = after.as_deref().map(InFeeds::of).transpose()?;
    let is_meant = |feed: &Feed| {
        to.as_ref().is_none_or(|to| feed.partner == to.as_str()) && lane.is_none_or(|lane| feed.lane == lane)
    };
    let feeds: Vec<Feed> = behind(feeds(&control).await?, after.as_ref()).into_iter().filter(is_meant).collect();
    let sizes: BTreeMap<Feed, u64> =
        control.driver.inspect(|node| node.outgoing().map(|(feed, size, _)| (feed.clone(), size)).collect()).await?;
    let (mut items, mut looked, mut place): (Vec<OutboxView>, usize, Option<InFeeds>) = (Vec::new(), 0, None);
    for feed in feeds {
        let size = sizes.get(&feed).copied().unwrap_or_default();
        let first = after.as_ref().filter(|after| after.feed == feed).map(|after| after.index.saturating_add(1));
        let mut next = first.or(from).unwrap_or_default();
        while next < size {
            let missing = limit - items.len();
            if missing == 0 || looked >= LOOKED_AT {
                return Ok(Json(Page { items, next: place.map(|place| place.mark()) }));
            }
            let rows = given_from(&control, &feed, next, missing.max(AT_ONCE)).await?;
            let Some(last) = rows.last().map(|given| given.row.index) else { break };
            looked += rows.len();
            let mut rows = visible(&control, &person, rows).await?;
            // What was read beyond the page is read again for the next one.
            let is_cut = rows.len() > missing;
            rows.truncate(missing);
            let shown = rows.last().filter(|_| is_cut).map_or(last, |given| given.row.index);
            next = shown.saturating_add(1);
            place = Some(InFeeds { feed: feed.clone(), index: shown });
            items.extend(rows.into_iter().map(Given::view));
        }
    }
    Ok(Json(Page { items, next: None }))
}

/// At most `limit` entries of a feed, from an index on.
async fn given_from(control: &Control, feed: &Feed, from: u64, limit: usize) -> Result<Vec<Given>, ApiError> {
    let of = feed.clone();
    let exported = control.driver.inspect(move |node| node.exported_of(&of)).await?;
    let feed = feed.clone();
    read(control, move |reader| {
        let rows = reader.outgoing_from(&feed, from, limit)?;
        let last = rows.last().map_or(from, |row| row.index);
        let contents: BTreeMap<u64, &'static str> = reader
            .offered_contents_in(&feed, from..=last)?
            .into_iter()
            .map(|(content, said)| (content.index, said.map_or("arriving", ContentOutcome::as_str)))
            .collect();
        let given = |row: OutgoingRow| {
            let content = contents.get(&row.index).copied();
            Given { feed: feed.clone(), exported, content, row }
        };
        Ok(rows.into_iter().map(given).collect())
    })
    .await
}

/// Those that this person may see. What is about a record that it may not see is not there; that something was given which is lost here
/// stays to be seen, without its name.
async fn visible(control: &Control, person: &SignedIn, given: Vec<Given>) -> Result<Vec<Given>, ApiError> {
    let name = |row: &OutgoingRow| Some((row.originator.as_deref()?.into(), row.record.as_deref()?.into()));
    let named: BTreeSet<_> = given.iter().filter_map(|given| name(&given.row)).collect();
    let viewer = person.viewer().clone();
    let seen = control.driver.inspect(move |node| (node.not_held_of(&named), node.could_see_of(named, &viewer)));
    let (lost, visible) = seen.await?;
    let given = given.into_iter().filter_map(|mut given| {
        match name(&given.row) {
            Some(name) if lost.contains(&name) => given.row.record = None,
            Some(name) if !visible.contains(&name) => return None,
            _ => {}
        }
        Some(given)
    });
    Ok(given.collect())
}

#[cfg(test)]
mod tests {
    use entente_formats::wire::Signed;

    use super::*;

    #[test]
    fn what_leaves_no_more_is_not_said_to_wait() {
        let row = |withdrawn: bool, late: bool, said: Option<&str>, expires: Option<i64>| OutgoingRow {
            index: 0,
            leaf: [0; 32],
            record: None,
            originator: None,
            withdrawal: withdrawn.then(|| Signed { statement: Vec::new(), signature: [0; 64] }),
            late,
            about: true,
            disposition: said.map(str::to_owned),
            recovered: false,
            expires,
        };
        for (row, is_exported, word) in [
            (row(false, false, None, None), false, "waiting"),
            (row(false, false, None, Some(11)), false, "waiting"),
            (row(false, false, None, Some(10)), false, "expired"),
            (row(false, false, None, Some(10)), true, "exported, no receipt"),
            (row(false, false, Some("refused"), Some(10)), true, "refused"),
            (row(true, false, None, Some(10)), true, "withdrawn"),
            (row(true, true, Some("accepted"), None), false, "withdrawn, may have arrived"),
        ] {
            assert_eq!(state_of(&row, is_exported, 10), word);
        }
    }
}
