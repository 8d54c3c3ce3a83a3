//! What was refused or is held sealed: shown, and tried again, by command and whenever something comes that it may have
//! lacked.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_formats::wire::Disposition;
use entente_node::{Answer, Event, Feed, event::Quarantined};

use super::{
    ApiError, Control, Reply,
    alarms::NOT_SHOWN,
    courier::feed,
    outbox::{behind, feeds},
    page::{self, InFeeds},
    read, unexpected,
};
use crate::{
    api::{Page, PageQuery, QuarantineView, RetriedView},
    people::SignedIn,
};

/// `GET /quarantine`: feed after feed.
pub(crate) async fn list(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<QuarantineView>> {
    let limit = page::limit(query.limit)?;
    let after = query.after.as_deref().map(InFeeds::of).transpose()?;
    let feeds = behind(feeds(&control).await?, after.as_ref());
    let views = read(&control, move |reader| {
        let mut views: Vec<QuarantineView> = Vec::new();
        for feed in feeds {
            let missing = limit.saturating_add(1) - views.len();
            if missing == 0 {
                break;
            }
            let from = after.as_ref().filter(|after| after.feed == feed).map(|after| after.index.saturating_add(1));
            let rows = reader.quarantine_from(&feed, from.unwrap_or_default(), missing)?;
            views.extend(rows.into_iter().map(|(index, disposition, reason)| QuarantineView {
                partner: feed.partner.to_string(),
                lane: feed.lane.as_str().to_owned(),
                index,
                disposition,
                reason,
            }));
        }
        Ok(views)
    });
    let (mut views, viewer) = (views.await?, person.viewer().clone());
    let is_more = views.len() > limit;
    views.truncate(limit);
    let last = views.last().filter(|_| is_more);
    let place =
        last.map(|view| Ok::<_, ApiError>(InFeeds { feed: feed(&view.partner, &view.lane)?, index: view.index }));
    let next = place.transpose()?.map(|place| place.mark());
    // Why something was refused may name a record.
    let views = control.driver.inspect(move |node| {
        for view in &mut views {
            if node.names_unseen(&view.reason, &viewer) {
                view.reason = NOT_SHOWN.to_owned();
            }
        }
        views
    });
    Ok(Json(Page { items: views.await?, next }))
}

pub(crate) async fn retry(
    State(control): State<Control>,
    person: SignedIn,
    Path((partner, lane, index)): Path<(String, String, u64)>,
) -> Reply<RetriedView> {
    let feed = feed(&partner, &lane)?;
    let (disposition, reason) = retry_one(&control, Some(&person), &feed, index).await?;
    // As in the list: why it was refused may name a record.
    let viewer = person.viewer().clone();
    let reason = control.driver.inspect(move |node| {
        reason.map(|reason| if node.names_unseen(&reason, &viewer) { NOT_SHOWN.to_owned() } else { reason })
    });
    let reason = reason.await?;
    Ok(Json(RetriedView { partner, lane, index, disposition, reason }))
}

/// How many entries of a feed are tried again by themselves at once; whoever fills a quarantine must not keep the node busy.
const AT_ONCE: usize = 1_000;

/// How long it rests between two looks at what is held.
const REST: std::time::Duration = std::time::Duration::from_millis(500);

/// Tries what is held again, at the start and whenever a party file, a text or an act has come. What was refused is not what
/// its sender signed, or means nothing: for that nobody need wait, and it is tried by command alone.
pub(crate) async fn run(control: Control) {
    loop {
        if let Err(error) = retry_held(&control).await {
            tracing::warn!(error = error.to_string(), "what is held sealed was not tried again");
        }
        control.driver.news().await;
        // Steps of consultations are news too, and a partner may send many: what it fills a quarantine with is not opened again
        // for each of them.
        tokio::time::sleep(REST).await;
    }
}

async fn retry_held(control: &Control) -> Result<(), ApiError> {
    for feed in feeds(control).await? {
        let of = feed.clone();
        let rows = read(control, move |reader| reader.quarantine(&of)).await?;
        let held = rows.into_iter().filter(|(_, word, _)| word == Disposition::Held.as_str());
        for (index, ..) in held.take(AT_ONCE) {
            let (disposition, _) = retry_one(control, None, &feed, index).await?;
            let (partner, lane) = (&feed.partner, feed.lane.as_str());
            tracing::info!(%partner, lane, index, disposition, "tried again");
        }
    }
    Ok(())
}

/// Tries one entry again: what we say of it now, and why.
async fn retry_one(
    control: &Control,
    person: Option<&SignedIn>,
    feed: &Feed,
    index: u64,
) -> Result<(String, Option<String>), ApiError> {
    let of = feed.clone();
    let row = read(control, move |reader| Ok(reader.incoming(&of, index, 1)?.pop())).await?;
    let name = format!("{} {} {index}", feed.partner, feed.lane.as_str());
    let row = row.filter(|row| row.index == index);
    let row = row.ok_or_else(|| ApiError::NotFound(format!("no entry `{name}`")))?;
    let Some(envelope) = row.envelope else {
        return Ok((row.disposition, Some("nothing of it is kept: it was called back, or withdrawn".to_owned())));
    };
    let (feed, leaf) = (feed.clone(), row.leaf);
    let entry = Quarantined { feed, index, leaf, envelope, reason: row.reason, received: row.at };
    let event = match person {
        Some(person) => person.does("quarantine.retry", Event::Retry(entry)),
        None => Event::Retry(entry),
    };
    match control.driver.handle(event).await? {
        Answer::Retried(disposition, reason) => Ok((disposition.as_str().to_owned(), reason)),
        _ => Err(unexpected()),
    }
}
