//! View as partner: what one party has of what is seen here, what it could have, and what it may not have, and why.

use askama::Template;
use axum::{extract::Query, response::Response};
use serde::Deserialize;

use super::{
    banner::Banner,
    frame::{Frame, Page},
    html,
    records::{Row, parties, purposes},
    visit::Visit,
};
use crate::{
    api::{PartnerQuery, RecordView},
    control::{
        ApiError,
        partner::{Stands, stands},
    },
};

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
    let found = if chosen.is_empty() || purpose.is_empty() {
        Vec::new()
    } else {
        let query = PartnerQuery { purpose: purpose.clone(), channel: None, limit: None };
        stands(&visit.control, &visit.person, &chosen, &query, say.0).await?
    };
    let views: Vec<RecordView> = found.iter().map(|one| RecordView::from(&one.listed)).collect();
    let parts = views.iter().map(|record| (record.label.as_str(), record.status.as_str()));
    let banner = Banner::of(parts, say);
    let (mut has, mut could, mut never) = (Vec::new(), Vec::new(), Vec::new());
    for (record, Stands { word, because, .. }) in views.iter().zip(found) {
        let Row { id, path, title, label, .. } = Row::new(record, say);
        let because = if because.is_empty() { say.one("released-free") } else { because };
        let standing = Standing { id, path, title, label, because };
        match word {
            "has" => has.push(standing),
            "could" => could.push(standing),
            _ => never.push(standing),
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
