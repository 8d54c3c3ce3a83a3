//! How the node stands, for people and for monitoring.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use entente_core::{Party, view::Viewer};
use entente_formats::{party::KeyKind, wire::Disposition};
use entente_node::{Answer, Event, Feed, party::Taking};
use entente_seal::Envelope;
use entente_store::{AlarmRow, Reader, StoreError};

use super::{ApiError, Control, Reply, alarms, read, unexpected};
use crate::{
    api::{FeedStatus, FileStatus, LinkView, QuotaView, Status, WitnessView, moment},
    doctor,
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
    alarms: Vec<AlarmRow>,
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
    let (name, links, troubles) = (control.name.clone(), control.links.clone(), control.troubles.clone());
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
            alarms: alarms.into_iter().map(|row| alarms::shown(node, &viewer, row)).collect(),
            feeds: node.outgoing().map(feed_status).collect(),
            held,
            refused,
            links: node.outgoing().map(|(feed, ..)| link(feed)).collect(),
            quotas,
            ledger,
            witnesses,
            files: files(node, jiff::Timestamp::now()),
            restore: super::restore::view(node, &troubles),
            now: moment(jiff::Timestamp::now().as_second()),
        }
    });
    Ok(status.await?)
}

/// Until when the party files count, our own first; those of removed parties are left out.
fn files(node: &entente_node::Node, now: jiff::Timestamp) -> Vec<FileStatus> {
    let mut known: Vec<_> = node.partners().filter(|partner| !node.is_removed(&partner.party)).collect();
    known.sort_by_key(|partner| partner.party != *node.party());
    let file = |partner: &entente_node::Partner| {
        let is_own = partner.party == *node.party();
        let waiting = node.party_file_taken().into_iter().filter(|(_, taking)| *taking == Taking::Waiting);
        FileStatus {
            party: partner.party.to_string(),
            serial: partner.file.serial,
            until: partner.file.valid_until.to_string(),
            ends_soon: partner.file.valid_until.as_second().saturating_sub(now.as_second()) < doctor::BEFORE_END,
            not_taken_by: if is_own { waiting.map(|(party, _)| party.to_string()).collect() } else { Vec::new() },
            overlaps: if is_own { overlaps(&partner.file) } else { Vec::new() },
        }
    };
    known.into_iter().map(file).collect()
}

/// Kinds of keys that are rolling over, each since when.
fn overlaps(file: &entente_formats::party::PartyFile) -> Vec<(String, String)> {
    let next = |kind: KeyKind| Some((kind.to_string(), file.next(kind)?.standing.at().to_string()));
    KeyKind::ALL.into_iter().filter_map(next).collect()
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
    let witness = |cosigned: entente_node::op::Cosigned| WitnessView {
        partner: cosigned.partner.to_string(),
        size: cosigned.size,
        at: moment(cosigned.at),
    };
    Ok(Kept {
        alarms: reader.alarms()?,
        oldest,
        held,
        refused,
        ledger: reader.ledger_checkpoint()?.map_or(0, |(size, _)| size),
        witnesses: reader.cosigned_last()?.into_iter().map(witness).collect(),
    })
}
