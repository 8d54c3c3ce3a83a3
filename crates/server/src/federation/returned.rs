//! What a partner may ask that was restored from a back-up: how much we hold of its logs, the end of its own feeds, and that
//! ours are sent again from where it fell back to. Each concerns its own logs alone.

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use entente_core::Party;
use entente_formats::wire::{Canonical, FellBack, MAX_ENTRIES, PACKAGE_TARGET, Signed, TailEntry};
use entente_log::consistency_proof;
use entente_node::{Answer, Event, Feed, Lane, Refusal};

use super::{Caller, Node, problem};
use crate::{
    restore::{FELL_BACK, HOLDS, MEDIA_TYPE, TAIL},
    turn::Failure,
};

/// The longest word of a restored node, in bytes.
const WORD: usize = 64 * 1024;

pub(super) fn router() -> Router<Node> {
    Router::new()
        .route(HOLDS, post(holds))
        .route(&format!("{TAIL}/{{lane}}/{{start}}/{{size}}"), post(tail))
        .route(FELL_BACK, post(fell_back))
        .layer(DefaultBodyLimit::max(WORD))
}

/// Who asks, when its certificate still counts.
fn caller(node: &Node, caller: Caller) -> Result<Party, Box<Response>> {
    if caller.pins.owner(&caller.certificate).as_ref() != Some(&caller.partner) {
        return Err(Box::new(problem(StatusCode::FORBIDDEN, "the certificate does not count any more")));
    }
    let _ = node.heard.send(caller.partner.clone());
    Ok(caller.partner)
}

fn answered(partner: &Party, answer: Result<Answer, Failure>) -> Response {
    match answer {
        Ok(Answer::Held(bytes)) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response(),
        Ok(_) => StatusCode::OK.into_response(),
        Err(Failure::Refused(Refusal::Partner(why) | Refusal::Request(why))) => {
            tracing::warn!(%partner, why, "not taken from a partner that was restored");
            problem(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
        Err(error) => {
            tracing::error!(%partner, %error, "a partner that was restored was not answered");
            problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later")
        }
    }
}

async fn holds(State(node): State<Node>, Extension(who): Extension<Caller>) -> Response {
    match caller(&node, who) {
        Ok(from) => answered(&from, node.driver.handle(Event::Holds { from: from.clone() }).await),
        Err(refused) => *refused,
    }
}

async fn tail(
    State(node): State<Node>,
    Extension(who): Extension<Caller>,
    Path((lane, start, size)): Path<(String, u64, u64)>,
) -> Response {
    let from = match caller(&node, who) {
        Ok(from) => from,
        Err(refused) => return *refused,
    };
    let Some(lane) = Lane::from_word(&lane) else { return problem(StatusCode::NOT_FOUND, "no such lane") };
    let feed = Feed { partner: from.clone(), lane };
    let Ok(_one_at_a_time) = node.returning.acquire().await else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "not taken; send it again later");
    };
    let of = feed.clone();
    let read = node.read(move |reader| {
        let count = usize::try_from(size.saturating_sub(start)).unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES);
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for row in reader.incoming(&of, start, count)? {
            bytes += row.envelope.as_ref().map_or(0, Vec::len);
            if bytes > PACKAGE_TARGET && !entries.is_empty() {
                break;
            }
            entries.push(TailEntry { leaf: row.leaf, envelope: row.envelope, withdrawal: row.withdrawal });
        }
        let end = start.saturating_add(u64::try_from(entries.len()).unwrap_or_default());
        Ok((entries, consistency_proof(end, size, &|level, at| reader.incoming_node(&of, level, at)).ok()))
    });
    match read.await {
        Ok((entries, Some(proof))) if !entries.is_empty() => {
            answered(&from, node.driver.handle(Event::Tail { feed, start, entries, proof }).await)
        }
        Ok(_) => problem(StatusCode::NOT_FOUND, "no such entries"),
        Err(error) => answered(&from, Err(error)),
    }
}

async fn fell_back(State(node): State<Node>, Extension(who): Extension<Caller>, bytes: Bytes) -> Response {
    let from = match caller(&node, who) {
        Ok(from) => from,
        Err(refused) => return *refused,
    };
    // Read for the sizes alone; whether it is the partner's word, the node says.
    let said = Signed::from_bytes(&bytes).and_then(|signed| FellBack::read(&signed.statement));
    let feeds = match said {
        Ok(said) => said.feeds,
        Err(error) => return problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    };
    let partner = from.clone();
    let trees = node.read(move |reader| {
        let tree = |lane, next| reader.outgoing_frontier(&Feed { partner: partner.clone(), lane }, next);
        let lanes = feeds.iter().filter_map(|fallen| Some((Lane::from_word(&fallen.lane)?, fallen.next)));
        Ok(lanes.filter_map(|(lane, next)| Some((lane, tree(lane, next)?))).collect())
    });
    match trees.await {
        Ok(trees) => {
            let event = Event::FellBack { from: from.clone(), bytes: bytes.into(), trees };
            answered(&from, node.driver.handle(event).await)
        }
        Err(error) => answered(&from, Err(error)),
    }
}
