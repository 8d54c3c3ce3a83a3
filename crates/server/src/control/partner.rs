//! View as partner: what one party has of what is seen here, what it could have, and what it may not have, and why.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use entente_core::{
    Channel, Party, agreement::clause::Action, decide::Verdict, explain, explain::Language, time::Timestamp,
};
use entente_node::{event::Listed, preview::How, prospect::Standing};

use super::{ApiError, Control, Reply, language, record_view, records};
use crate::{
    api::{PartnerQuery, StandsView},
    people::SignedIn,
};

/// How many of the newest records are looked at when nobody says, and at most.
const LOOKED_AT: usize = 200;
const MOST: usize = 500;

/// How a party stands to a record.
pub(crate) struct Stands {
    pub(crate) listed: Listed,
    /// `has`, `could` or `not`.
    pub(crate) word: &'static str,
    /// The texts that permit it, or why not.
    pub(crate) because: String,
}

/// How the party stands to the newest records that this person may see, who is on the record as having been shown them.
pub(crate) async fn stands(
    control: &Control,
    person: &SignedIn,
    party: &str,
    query: &PartnerQuery,
    language: Language,
) -> Result<Vec<Stands>, ApiError> {
    let limit = query.limit.unwrap_or(LOOKED_AT);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::Request(format!("limit: `{limit}` is not from 1 to {MOST}")));
    }
    let how = How {
        action: Action::Release,
        purpose: query.purpose.as_str().into(),
        channel: query.channel.as_deref().unwrap_or(Channel::GOVERNMENTS).into(),
        at: Timestamp::now(),
    };
    let (viewer, party) = (person.viewer().clone(), Party::from(party));
    let found = control.driver.inspect(move |node| {
        let is_known = node.known_others().contains(&party);
        let stands = |standing: Standing| {
            let decision = &standing.decision;
            let because = match decision.blocked.first() {
                Some(block) => explain::why(decision, block, language),
                None => decision.usable.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            };
            let word = match (standing.has, decision.verdict()) {
                (true, _) => "has",
                (false, Verdict::Permit) => "could",
                (false, Verdict::Deny) => "not",
            };
            Stands { listed: standing.listed, word, because }
        };
        is_known.then(|| node.as_partner(&party, &viewer, &how, limit).into_iter().map(stands).collect::<Vec<_>>())
    });
    let found = found.await?.ok_or_else(|| ApiError::NotFound("no such party is known here".to_owned()))?;
    records::viewed(control, person, found.iter().map(|one| &one.listed), false).await?;
    Ok(found)
}

/// `GET /partners/{party}`.
pub(crate) async fn show(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Path(party): Path<String>,
    Query(query): Query<PartnerQuery>,
) -> Reply<Vec<StandsView>> {
    let found = stands(&control, &person, &party, &query, language(&headers)).await?;
    let view = |Stands { listed, word, because }| StandsView {
        record: record_view(&control, &listed),
        stands: word.to_owned(),
        because,
    };
    Ok(Json(found.into_iter().map(view).collect()))
}
