//! How the node stands, for people and for monitoring.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use entente_core::{Party, view::Viewer};
use entente_formats::wire::Disposition;
use entente_node::{Answer, Event, Feed};
use entente_seal::Envelope;
use entente_store::{Reader, StoreError};

use super::{ApiError, Control, Reply, read, unexpected};
use crate::{
    api::{AlarmView, FeedStatus, LinkView, QuotaView, Status, WitnessView, moment},
    people::SignedIn,
    quota::Standing,
};

pub(crate) async fn status(State(control): State<Control>, person: SignedIn) -> Reply<Status> {
    let records = match control.driver.handle(Event::List { viewer: person.viewer().clone() }).await? {
        Answer::Records(records) => records.len(),
        _ => return Err(unexpected()),
    };
    Ok(Json(Status { records, ..without_records(&control, person.viewer().clone()).await? }))
}

/// What the store knows of it.
struct Kept {
    alarms: Vec<AlarmView>,
    /// When the first entry without a receipt was made, of each feed that has one.
    oldest: BTreeMap<Feed, i64>,
    held: usize,
    refused: usize,
    ledger: u64,
    witnesses: Vec<WitnessView>,
}

/// All but the number of records that the viewer may see, for which each of them has to be looked at.
pub(crate) async fn without_records(control: &Control, viewer: Viewer) -> Result<Status, ApiError> {
    let feeds = control.driver.inspect(|node| {
        let feeds = node.outgoing().map(|(feed, size, receipted)| (feed.clone(), receipted < size, receipted));
        feeds.collect::<Vec<_>>()
    });
    let feeds = feeds.await?;
    let quotas = quotas(control, &feeds).await?;
    let kept = read(control, move |reader| kept(reader, &feeds)).await?;
    let (name, links) = (control.name.clone(), control.links.clone());
    let Kept { alarms, oldest, held, refused, ledger, witnesses } = kept;
    let status = control.driver.inspect(move |node| {
        let received: BTreeMap<&Feed, u64> = node.incoming().collect();
        let feed_status = |(feed, sent, receipted): (&Feed, u64, u64)| FeedStatus {
            partner: feed.partner.to_string(),
            lane: feed.lane.as_str().to_owned(),
            sent,
            receipted,
            exported: node.exported_of(feed).saturating_sub(receipted),
            oldest: oldest.get(feed).filter(|_| receipted < sent).map(|at| moment(*at)),
            received: received.get(feed).copied().unwrap_or_default(),
        };
        let link = |feed: &Feed| {
            let state = links.state(feed);
            LinkView {
                partner: feed.partner.to_string(),
                lane: feed.lane.as_str().to_owned(),
                state: state.as_ref().map_or("untried", |state| if state.is_up { "up" } else { "away" }).to_owned(),
                since: state.as_ref().map(|state| moment(state.since.as_second())),
                why: state.and_then(|state| state.why),
                clock_ahead: links.clock(&feed.partner),
            }
        };
        Status {
            party: node.party().to_string(),
            name,
            records: 0,
            affected: node.affected(&viewer).filter(|affected| affected.answered.is_none()).count(),
            open_questions: node.questions(&viewer).filter(|q| !q.ours && q.state.as_str() == "open").count(),
            alarms,
            feeds: node.outgoing().map(feed_status).collect(),
            held,
            refused,
            links: node.outgoing().map(|(feed, ..)| link(feed)).collect(),
            quotas,
            ledger,
            witnesses,
            now: moment(jiff::Timestamp::now().as_second()),
        }
    });
    Ok(status.await?)
}

/// How each partner stands with its quota.
async fn quotas(control: &Control, feeds: &[(Feed, bool, u64)]) -> Result<Vec<QuotaView>, ApiError> {
    let partners: BTreeSet<&Party> = feeds.iter().map(|(feed, ..)| &feed.partner).collect();
    let mut views = Vec::new();
    for partner in partners {
        let Standing { used, quota, full } = control.quotas.standing(partner).await?;
        let full = full.map(|since| moment(since.as_second()));
        views.push(QuotaView { partner: partner.to_string(), used, quota, full });
    }
    Ok(views)
}

fn kept(reader: &Reader, feeds: &[(Feed, bool, u64)]) -> Result<Kept, StoreError> {
    let (mut oldest, mut held, mut refused) = (BTreeMap::new(), 0, 0);
    for (feed, is_waiting, receipted) in feeds {
        // An entry's age stands on its envelope, and nowhere else.
        let first = if *is_waiting { reader.outgoing_envelope(feed, *receipted)? } else { None };
        let created = first.and_then(|bytes| Some(Envelope::parse(&bytes).ok()?.header().created));
        oldest.extend(created.map(|created| (feed.clone(), created)));
        for (_, word, _) in reader.quarantine(feed)? {
            match Disposition::from_word(&word) {
                Some(Disposition::Held) => held += 1,
                _ => refused += 1,
            }
        }
    }
    let alarm =
        |row: entente_store::AlarmRow| AlarmView { at: moment(row.at), partner: row.partner, message: row.message };
    let witness = |cosigned: entente_node::op::Cosigned| WitnessView {
        partner: cosigned.partner.to_string(),
        size: cosigned.size,
        at: moment(cosigned.at),
    };
    Ok(Kept {
        alarms: reader.alarms()?.into_iter().map(alarm).collect(),
        oldest,
        held,
        refused,
        ledger: reader.ledger_checkpoint()?.map_or(0, |(size, _)| size),
        witnesses: reader.cosigned()?.into_iter().map(witness).collect(),
    })
}
