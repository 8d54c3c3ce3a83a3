//! Feeds that leave and enter as files: the node decides about each entry as it does for the wire.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::Party;
use entente_formats::{
    hex,
    wire::{Canonical, ContentOutcome, Entry, MAX_ENTRIES, PACKAGE_TARGET, Package, Parcel, Receipt},
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    content::OfferedContent,
    person::{Account, Handed},
};
use entente_seal::content::Layout;

use super::{ApiError, Control, Reply, page::page, read, unexpected};
use crate::{
    api::{ExportRequest, ExportView, ExportedRequest, ImportView, Page, PageQuery, SealedContentView},
    courier::assemble,
    people::SignedIn,
    turn::Failure,
};

/// How often something is tried again that the wire was quicker with.
const TRIES: usize = 5;

/// The feed that a path names.
pub(super) fn feed(partner: &str, lane: &str) -> Result<Feed, ApiError> {
    let lane = Lane::from_word(lane)
        .ok_or_else(|| ApiError::Request(format!("unknown lane `{lane}`; known: `urgent`, `routine`")))?;
    Ok(Feed { partner: partner.into(), lane })
}

/// How many entries a feed of ours has, how many are receipted, and how many were written as files.
async fn position(control: &Control, feed: &Feed) -> Result<(u64, u64, u64), ApiError> {
    let wanted = feed.clone();
    let position = control.driver.inspect(move |node| {
        let found = node.outgoing().find(|(out, ..)| **out == wanted);
        found.map(|(out, size, acknowledged)| (size, acknowledged, node.exported_of(out)))
    });
    let unknown = || {
        let party = &feed.partner;
        ApiError::Request(format!("no party file of `{party}` here; add it with `entente party add FILE`"))
    };
    position.await?.ok_or_else(unknown)
}

/// The leaves between what is receipted and `end`, so that the node can go on from there.
async fn catch_up(control: &Control, feed: &Feed, start: u64, end: u64) -> Result<(), ApiError> {
    let of = feed.clone();
    let leaves = read(control, move |reader| reader.leaves(&of, start, end.saturating_sub(start))).await?;
    control.driver.handle(Event::CatchUp { feed: feed.clone(), start, leaves }).await?;
    Ok(())
}

/// The next package of a feed, or none. Each of its entries is decided again, now: what is written to a medium has left.
pub(crate) async fn export(
    State(control): State<Control>,
    person: SignedIn,
    Path((to, lane)): Path<(String, String)>,
    Json(request): Json<ExportRequest>,
) -> Reply<Option<ExportView>> {
    let feed = feed(&to, &lane)?;
    let mut last = None;
    for _ in 0..TRIES {
        let (size, acknowledged, exported) = position(&control, &feed).await?;
        let from = request.from.unwrap_or(if request.new { exported } else { 0 });
        let start = from.max(acknowledged);
        if start >= size {
            return Ok(Json(None));
        }
        match cut(&control, &feed, acknowledged, start).await {
            Ok(package) => {
                let end = start + u64::try_from(package.entries.len()).unwrap_or_default();
                let contents = contents_of(&control, &feed, &package).await?;
                let what = Handed::Entries { lane: feed.lane, entries: (start, end) };
                handed_out(&control, &person, feed.partner, what).await?;
                let package = STANDARD.encode(package.to_bytes());
                return Ok(Json(Some(ExportView { start, end, package, contents })));
            }
            // The sender has gone on meanwhile; from there it is tried again.
            Err(error @ ApiError::Failure(Failure::Refused(Refusal::Ours(_)))) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(unexpected))
}

/// Says so in the ledger before anything is given: what a person has carried away may be read by its recipient at any time.
pub(super) async fn handed_out(control: &Control, person: &SignedIn, to: Party, what: Handed) -> Result<(), ApiError> {
    let account = Account::HandedOut { by: person.person(), to, what };
    control.driver.handle(Event::Account(account)).await?;
    Ok(())
}

/// The contents that the entries of a package refer to, where their envelopes leave and the partner has them not yet.
async fn contents_of(control: &Control, feed: &Feed, package: &Package) -> Result<Vec<SealedContentView>, ApiError> {
    let entries: BTreeSet<u64> = (package.start..)
        .zip(&package.entries)
        .filter(|(_, entry)| matches!(entry, Entry::Envelope(_)))
        .map(|(index, _)| index)
        .collect();
    let of = feed.clone();
    let contents = read(control, move |reader| reader.offered_contents(&of)).await?;
    let wanted = contents.into_iter().filter(|(content, said)| said.is_none() && entries.contains(&content.index));
    leaving(control, wanted).await
}

/// The contents that a partner has not said it has, of all entries that have left. Whether one may leave is decided again for those
/// alone that a page shows: a page may have fewer than asked for.
pub(crate) async fn outstanding(
    State(control): State<Control>,
    _: SignedIn,
    Path(to): Path<String>,
    Query(query): Query<PageQuery>,
) -> Reply<Page<SealedContentView>> {
    let mut offered = Vec::new();
    for lane in Lane::ALL {
        let feed = Feed { partner: to.as_str().into(), lane };
        let contents = read(&control, move |reader| reader.offered_contents(&feed)).await?;
        offered.extend(contents.into_iter().filter(|(_, said)| said.is_none()));
    }
    let named = |(content, _): &(OfferedContent, _)| format!("{} {}", content.feed.lane.as_str(), content.index);
    let Page { items, next } = page(offered, &query, named)?;
    Ok(Json(Page { items: leaving(&control, items.into_iter()).await?, next }))
}

/// Those that may still leave, now.
async fn leaving(
    control: &Control,
    contents: impl Iterator<Item = (OfferedContent, Option<ContentOutcome>)>,
) -> Result<Vec<SealedContentView>, ApiError> {
    let mut views = Vec::new();
    for (content, _) in contents {
        if control.pieces.may_leave(&content.feed.partner, content.sealed).await? {
            let sealed_length = Layout::padded(content.length).sealed_length();
            views.push(SealedContentView { sealed: hex::encode(&content.sealed), sealed_length });
        }
    }
    Ok(views)
}

async fn cut(control: &Control, feed: &Feed, acknowledged: u64, start: u64) -> Result<Package, ApiError> {
    let of = feed.clone();
    let entries = read(control, move |reader| reader.pending(&of, start, MAX_ENTRIES, PACKAGE_TARGET)).await?;
    if start > acknowledged {
        catch_up(control, feed, acknowledged, start).await?;
    }
    let cleared = control.driver.handle(Event::Dispatch { feed: feed.clone(), start, entries }).await?;
    let (party, of) = (control.operator.nationality.clone(), feed.clone());
    let package = read(control, move |reader| Ok(assemble(reader, &party, &of, start, cleared))).await?;
    package.map_err(|why| ApiError::Failure(Failure::Refused(Refusal::Ours(why))))
}

pub(crate) async fn exported(
    State(control): State<Control>,
    person: SignedIn,
    Path((to, lane)): Path<(String, String)>,
    Json(request): Json<ExportedRequest>,
) -> Reply<()> {
    control
        .driver
        .handle(person.does("outbox.export", Event::Exported { feed: feed(&to, &lane)?, end: request.end }))
        .await?;
    Ok(Json(()))
}

/// Takes one file. What is wrong with it alone is an answer, not an error: others may be waiting behind it.
pub(crate) async fn import(State(control): State<Control>, person: SignedIn, bytes: Bytes) -> Reply<ImportView> {
    let parcel = Parcel::from_bytes(&bytes).map_err(|error| ApiError::Request(error.to_string()))?;
    let us = control.operator.nationality.to_string();
    let (name, (start, end)) = (parcel.feed().clone(), parcel.entries());
    let (kind, partner, reader) = match &parcel {
        Parcel::Package(..) => ("package", &name.from, &name.to),
        Parcel::Receipt(..) => ("receipt", &name.to, &name.from),
    };
    let mut view = ImportView {
        kind: kind.to_owned(),
        partner: partner.clone(),
        lane: name.lane.clone(),
        start,
        end,
        state: String::new(),
        missing: None,
        reason: None,
        receipt: None,
    };
    let taken = if *reader == us {
        let feed = feed(partner, &name.lane)?;
        match parcel {
            Parcel::Package(_, package) => import_package(&control, &person, &feed, package, &mut view).await,
            Parcel::Receipt(_, receipt) => import_receipt(&control, &person, &feed, &receipt, &mut view).await,
        }
    } else {
        Ok(Err(format!("it is for {reader}, and this is the node of {us}")))
    };
    match taken {
        Ok(Ok(state)) => state.clone_into(&mut view.state),
        Ok(Err(why)) | Err(ApiError::Failure(Failure::Refused(Refusal::Partner(why) | Refusal::Request(why)))) => {
            "refused".clone_into(&mut view.state);
            view.reason = Some(why);
        }
        Err(error) => return Err(error),
    }
    tracing::info!(partner = view.partner, lane = view.lane, kind, start, end, state = view.state, "file");
    Ok(Json(view))
}

/// The state, or why it is refused.
type Taken = Result<Result<&'static str, String>, ApiError>;

async fn import_package(
    control: &Control,
    person: &SignedIn,
    feed: &Feed,
    mut package: Package,
    view: &mut ImportView,
) -> Taken {
    for _ in 0..TRIES {
        let wanted = feed.clone();
        let next = control
            .driver
            .inspect(move |node| node.incoming().find(|(into, _)| **into == wanted).map_or(0, |(_, next)| next));
        let next = next.await?;
        // What an earlier file has brought is passed over: that the rest follows on it, the checkpoint proves.
        if package.start < next && next < view.end {
            let known = usize::try_from(next - package.start).unwrap_or(usize::MAX);
            package.entries.drain(..known.min(package.entries.len()));
            package.start = next;
        }
        let event = Event::Package { feed: feed.clone(), bytes: package.to_bytes() };
        let event = person.does("inbox.import", event);
        let Answer::Receipt { bytes, in_order } = control.driver.handle(event).await? else {
            return Err(unexpected());
        };
        // What a person brings is not stopped, and counts.
        control.quotas.count(&feed.partner).await?;
        let held = Receipt::from_bytes(&bytes).map_err(|_| unexpected())?.next;
        view.receipt = (held > 0).then(|| STANDARD.encode(bytes));
        if !in_order {
            compare(control, feed, &package).await?;
        }
        if in_order && !package.entries.is_empty() {
            return Ok(Ok("taken"));
        } else if held >= view.end {
            return Ok(Ok("already there"));
        } else if held < package.start {
            view.missing = Some((held, package.start));
            return Ok(Ok("gap"));
        }
        // The wire has brought a part of it in this very moment: the rest is tried.
    }
    Err(unexpected())
}

/// What does not go on from our copy may be of another history, as a file is that was written before its sender was restored from a
/// back-up: the root of our copy at the size that the sender has signed tells, as it does over the wire.
async fn compare(control: &Control, feed: &Feed, package: &Package) -> Result<(), ApiError> {
    let note = package.checkpoint.clone();
    let Some(size) = note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()) else { return Ok(()) };
    let of = feed.clone();
    if let Some(here) = read(control, move |reader| Ok(reader.incoming_root(&of, size))).await? {
        control.driver.handle(Event::Shown { feed: feed.clone(), note, here }).await?;
    }
    Ok(())
}

async fn import_receipt(
    control: &Control,
    person: &SignedIn,
    feed: &Feed,
    receipt: &Receipt,
    view: &mut ImportView,
) -> Taken {
    let mut last = None;
    for _ in 0..TRIES {
        let (size, acknowledged, _) = position(control, feed).await?;
        // An older one, come late: what it says is known.
        if receipt.next <= acknowledged {
            return Ok(Ok("already there"));
        }
        view.start = acknowledged;
        let caught_up = catch_up(control, feed, acknowledged, receipt.next.min(size)).await;
        let event = Event::Receipt { feed: feed.clone(), bytes: receipt.to_bytes() };
        let event = person.does("inbox.import", event);
        let taken = match caught_up {
            Ok(()) => control.driver.handle(event).await.map(drop).map_err(ApiError::from),
            Err(error) => Err(error),
        };
        match taken {
            // Whether it was believed, the feed's position says.
            Ok(()) if position(control, feed).await?.1 >= receipt.next => return Ok(Ok("taken")),
            Ok(()) => {}
            Err(error @ ApiError::Failure(Failure::Refused(Refusal::Ours(_)))) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(unexpected))
}
