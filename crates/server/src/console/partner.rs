//! View as partner: what one party has of what is seen here, what it could have, and what it may not have, and why.

use askama::Template;
use axum::{extract::Query, response::Response};
use entente_core::{Party, decide::Verdict, explain};
use entente_node::event::Listed;
use serde::Deserialize;

use super::{
    banner::Banner,
    frame::{Frame, Page},
    html,
    records::{Row, parties, purposes},
    visit::Visit,
};
use crate::{
    api::{ProspectsQuery, RecordView},
    control::{ApiError, prospects, records},
};

/// How many of the newest records it looks at.
const LOOKED_AT: usize = 200;

struct Standing {
    id: String,
    path: String,
    title: String,
    label: super::chip::Chip,
    because: String,
}

#[derive(Template)]
#[template(path = "partner.html")]
struct Partner {
    frame: Frame,
    parties: Vec<String>,
    chosen: String,
    purposes: Vec<String>,
    purpose_chosen: String,
    has: Vec<Standing>,
    could: Vec<Standing>,
    never: Vec<Standing>,
}

/// Whom, and for what.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    party: Option<String>,
    purpose: Option<String>,
}

/// `GET /partner`.
pub(super) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, ApiError> {
    let (say, us) = (visit.say(), visit.control.operator.nationality.clone());
    let parties: Vec<String> = parties(&visit).await?.into_iter().filter(|party| *party != us.as_str()).collect();
    let purposes = purposes(&visit).await?;
    let chosen = asked.party.filter(|party| parties.contains(party)).or_else(|| parties.first().cloned());
    let chosen = chosen.unwrap_or_default();
    let given = asked.purpose.filter(|purpose| !purpose.is_empty());
    let purpose = given.or_else(|| purposes.first().cloned()).unwrap_or_default();
    let found: Vec<(Listed, bool, bool, String)> = if chosen.is_empty() || purpose.is_empty() {
        Vec::new()
    } else {
        let way = prospects::way(ProspectsQuery { purpose: Some(purpose.clone()), channel: None })?;
        let (viewer, party) = (visit.person.viewer().clone(), Party::from(chosen.as_str()));
        let found = visit.control.driver.inspect(move |node| {
            let standings = node.as_partner(&party, &viewer, &way, LOOKED_AT);
            let because = |decision: &entente_core::decide::Decision| match decision.blocked.first() {
                Some(block) => explain::why(decision, block, say.0),
                None => decision.usable.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            };
            let row = |standing: entente_node::prospect::Standing| {
                let is_permitted = standing.decision.verdict() == Verdict::Permit;
                let because = because(&standing.decision);
                (standing.listed, standing.has, is_permitted, because)
            };
            standings.into_iter().map(row).collect::<Vec<_>>()
        });
        found.await?
    };
    records::viewed(&visit.control, &visit.person, found.iter().map(|(listed, ..)| listed), false).await?;
    let views: Vec<RecordView> = found.iter().map(|(listed, ..)| RecordView::from(listed)).collect();
    let parts = views.iter().map(|record| (record.label.as_str(), record.status.as_str()));
    let banner = Banner::of(parts, say);
    let (mut has, mut could, mut never) = (Vec::new(), Vec::new(), Vec::new());
    for (record, (_, has_it, is_permitted, because)) in views.iter().zip(found) {
        let Row { id, path, title, label, .. } = Row::new(record, say);
        let because = if because.is_empty() { say.one("released-free") } else { because };
        let standing = Standing { id, path, title, label, because };
        match (has_it, is_permitted) {
            (true, _) => has.push(standing),
            (false, true) => could.push(standing),
            (false, false) => never.push(standing),
        }
    }
    html(&Partner {
        frame: visit.frame(Page::Partner, say.one("page-partner"), banner).await?,
        purpose_chosen: purpose,
        parties,
        chosen,
        purposes,
        has,
        could,
        never,
    })
}
