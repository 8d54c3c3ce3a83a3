//! What would be decided about a record, for each party, without doing anything.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_core::{explain::Language, time::Timestamp};
use entente_node::{
    Node,
    event::RecordRef,
    prospect::{Prospect, Way},
};

use super::{ApiError, Control, Reply, draft_of, language};
use crate::{
    api::{DecisionView, ProspectView, ProspectsOfDraft, ProspectsQuery},
    people::SignedIn,
};

/// The channel that is meant when nobody says.
pub(crate) const CHANNEL: &str = "government-to-government";

/// How a record would go, as it is asked.
pub(crate) fn way(query: ProspectsQuery) -> Result<Way, ApiError> {
    let purpose = query.purpose.filter(|purpose| !purpose.is_empty());
    let purpose = purpose.ok_or_else(|| ApiError::Request("purpose: say what it would be for".to_owned()))?;
    Ok(Way {
        purpose: purpose.into(),
        channel: query.channel.unwrap_or_else(|| CHANNEL.to_owned()).into(),
        at: Timestamp::now(),
    })
}

fn views(node: &Node, prospects: &[Prospect], language: Language) -> Vec<ProspectView> {
    let view = |prospect: &Prospect| ProspectView {
        to: prospect.to.to_string(),
        decision: DecisionView::new(node.agreements(), &prospect.decision, &prospect.label, language),
    };
    prospects.iter().map(view).collect()
}

/// `GET /records/{originator}/{id}/prospects`.
pub(crate) async fn of_record(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Path((originator, id)): Path<(String, String)>,
    Query(query): Query<ProspectsQuery>,
) -> Reply<Vec<ProspectView>> {
    let (way, language, viewer) = (way(query)?, language(&headers), person.viewer().clone());
    let originator = (originator != "-").then(|| originator.into());
    let name = RecordRef { originator, id: id.into() };
    let found = control.driver.inspect(move |node| {
        node.prospects(&name, &viewer, &way).map(|prospects| views(node, &prospects, language))
    });
    Ok(Json(found.await?.map_err(crate::turn::Failure::Refused)?))
}

/// `POST /prospects`.
pub(crate) async fn of_draft(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<ProspectsOfDraft>,
) -> Reply<Vec<ProspectView>> {
    let query = ProspectsQuery { purpose: Some(request.purpose), channel: request.channel };
    let (way, language, viewer) = (way(query)?, language(&headers), person.viewer().clone());
    let draft = draft_of(request.draft)?;
    let found = control.driver.inspect(move |node| {
        node.prospects_of_draft(&draft, &viewer, &way).map(|prospects| views(node, &prospects, language))
    });
    Ok(Json(found.await?.map_err(crate::turn::Failure::Refused)?))
}
