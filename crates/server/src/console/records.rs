//! Records: found, read, and why each party may or may not have one.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use entente_core::record::Status;

use super::{
    banner::Banner,
    block::{Block, encode},
    chip::Chip,
    frame::{Frame, Page, State as Sign},
    html,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{DecisionView, ProspectsQuery, RecordView, RecordsQuery},
    control::{self, ApiError, Control},
};

/// The longest content that a page shows; a longer one is saved and opened.
const SHOWN: usize = 64 * 1024;

/// A record in a list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) title: String,
    pub(super) originator: String,
    pub(super) label: Chip,
    pub(super) entered: Moment,
}

impl Row {
    pub(super) fn new(record: &RecordView, say: Say) -> Self {
        Self {
            id: record.id.clone(),
            path: path(&record.originator, &record.id),
            title: record.title.clone(),
            originator: record.originator.clone(),
            label: Chip::new(&record.label, &record.status, say),
            entered: Moment::of(&record.entered, say),
        }
    }
}

/// Where a record's page is.
pub(super) fn path(originator: &str, id: &str) -> String {
    format!("/records/{}/{}", encode(originator), encode(id))
}

/// The banner of these records.
pub(super) fn banner(records: &[RecordView], say: Say) -> Banner {
    Banner::of(records.iter().map(|record| (record.label.as_str(), record.status.as_str())), say)
}

/// What is sought, as the form shows it.
struct Sought {
    q: String,
    originator: String,
    status: String,
}

impl Sought {
    fn is_any(&self) -> bool {
        !(self.q.is_empty() && self.originator.is_empty() && self.status.is_empty())
    }
}

#[derive(Template)]
#[template(path = "records.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    sought: Sought,
    parties: Vec<String>,
    statuses: Vec<(&'static str, String)>,
    next: Option<String>,
    may_write: bool,
}

/// The words for the statuses of records.
pub(super) fn statuses(say: Say) -> Vec<(&'static str, String)> {
    [Status::Actual, Status::Exercise, Status::Test]
        .map(|status| (status.as_str(), say.one(&format!("word-{}", status.as_str()))))
        .into()
}

/// `GET /records`.
pub(super) async fn list(visit: Visit, Query(mut query): Query<RecordsQuery>) -> Result<Response, ApiError> {
    let say = visit.say();
    // An empty field of the form asks for nothing.
    for field in [&mut query.q, &mut query.originator, &mut query.subject, &mut query.status] {
        field.take_if(|text| text.is_empty());
    }
    let sought = Sought {
        q: query.q.clone().unwrap_or_default(),
        originator: query.originator.clone().unwrap_or_default(),
        status: query.status.clone().unwrap_or_default(),
    };
    let page = control::records::list(State(visit.control.clone()), visit.person.clone(), Query(query)).await?.0;
    let next = page.next.map(|after| {
        let Sought { q, originator, status } = &sought;
        let (q, originator, status) = (encode(q), encode(originator), encode(status));
        format!("/records?q={q}&originator={originator}&status={status}&after={}", encode(&after))
    });
    html(&List {
        frame: visit.frame(Page::Records, say.one("page-records"), banner(&page.records, say)).await?,
        rows: page.records.iter().map(|record| Row::new(record, say)).collect(),
        parties: parties(&visit).await?,
        statuses: statuses(say),
        may_write: visit.may("record.enter"),
        sought,
        next,
    })
}

/// All parties that the agreements or the party files know, this one among them.
pub(super) async fn parties(visit: &Visit) -> Result<Vec<String>, ApiError> {
    let parties = visit.control.driver.inspect(|node| {
        let mut parties = node.others();
        parties.insert(node.party().clone());
        parties.iter().map(ToString::to_string).collect()
    });
    Ok(parties.await?)
}

/// What a record's own part of a page shows.
pub(super) struct Shown {
    id: String,
    path: String,
    title: String,
    originator: String,
    subjects: String,
    label: Chip,
    custody: Vec<String>,
    created: Moment,
    entered: Moment,
    digest: String,
    media_type: String,
    content: Option<String>,
}

/// A decision about one party.
struct Prospect {
    block: Block,
}

#[derive(Template)]
#[template(path = "record-pane.html")]
struct Pane {
    say: Say,
    is_pane: bool,
    record: Shown,
    purposes: Vec<String>,
    chosen: String,
    decisions: Vec<Prospect>,
}

/// Somebody who has the record from here.
struct Holder {
    party: String,
    feed: String,
    state: Sign,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Whole {
    frame: Frame,
    record: RecordHead,
    body: String,
    holders: Vec<Holder>,
    may_release: bool,
}

/// The head of a record's page.
struct RecordHead {
    id: String,
    title: String,
    path: String,
}

/// `GET /records/{originator}/{id}`: the page, or the pane beside a list.
pub(super) async fn one(
    visit: Visit,
    Path((originator, id)): Path<(String, String)>,
    Query(asked): Query<ProspectsQuery>,
) -> Result<Response, ApiError> {
    let (say, control) = (visit.say(), &visit.control);
    let name = Path((originator, id));
    let record =
        control::records::one(State(control.clone()), visit.person.clone(), Path((name.0.0.clone(), name.0.1.clone())))
            .await?
            .0;
    let record_path = path(&record.originator, &record.id);
    let content = content_text(&visit, &record).await?;
    let purposes = purposes(&visit).await?;
    let given_for = record.custody.last().map(|hop| hop.purpose.clone());
    let chosen = asked.purpose.or(given_for).or_else(|| purposes.first().cloned()).unwrap_or_default();
    let asked = ProspectsQuery { purpose: Some(chosen.clone()), channel: asked.channel };
    let prospects = control::prospects::of_record(
        State(control.clone()),
        visit.person.clone(),
        visit.headers(),
        Path((record.originator.clone(), record.id.clone())),
        Query(asked),
    );
    let prospects = prospects.await?.0;
    let blocks = |decision: &DecisionView| Block::new(decision, &record.originator, &chosen, say);
    let pane = Pane {
        say,
        is_pane: visit.manner.is_part,
        record: Shown {
            path: record_path.clone(),
            id: record.id.clone(),
            title: record.title.clone(),
            originator: record.originator.clone(),
            subjects: record.subjects.join(", "),
            label: Chip::new(&record.label, &record.status, say).whole(),
            custody: record
                .custody
                .iter()
                .map(|hop| {
                    let under = hop.under.join(", ");
                    let parts = [("from", hop.from.clone()), ("under", under), ("purpose", hop.purpose.clone())];
                    say.filled("record-hop", &parts)
                })
                .collect(),
            created: Moment::of(&record.created, say),
            entered: Moment::of(&record.entered, say),
            digest: record.digest.clone(),
            media_type: record.media_type.clone(),
            content,
        },
        purposes,
        decisions: prospects.iter().map(|prospect| Prospect { block: blocks(&prospect.decision) }).collect(),
        chosen: chosen.clone(),
    };
    if visit.manner.is_part {
        return html(&pane);
    }
    let body = pane.render().map_err(|error| ApiError::Ours(error.to_string()))?;
    html(&Whole {
        frame: visit.frame(Page::Records, record.id.clone(), banner(std::slice::from_ref(&record), say)).await?,
        holders: if visit.may("outbox.list") { holders(&visit, &record).await? } else { Vec::new() },
        record: RecordHead { id: record.id.clone(), title: record.title.clone(), path: record_path },
        may_release: visit.may("record.release"),
        body,
    })
}

/// The content as text, where it is text and short enough to be read on a page.
async fn content_text(visit: &Visit, record: &RecordView) -> Result<Option<String>, ApiError> {
    let is_text = record.media_type.starts_with("text/")
        || ["application/json", "application/xml", "application/stix+json"].iter().any(|kind| {
            record.media_type.split(';').next() == Some(*kind)
        });
    if !is_text {
        return Ok(None);
    }
    let name = Path((record.originator.clone(), record.id.clone()));
    let content = control::records::content(State(visit.control.clone()), visit.person.clone(), name).await?;
    Ok(String::from_utf8(content).ok().filter(|text| text.len() <= SHOWN))
}

/// `GET /records/{originator}/{id}/content`: the bytes, to be saved; never shown as a page of this node.
pub(super) async fn content(
    visit: Visit,
    Path((originator, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let name = Path((originator, id.clone()));
    let bytes = control::records::content(State(visit.control.clone()), visit.person.clone(), name).await?;
    let disposition = format!("attachment; filename*=UTF-8''{}", encode(&id));
    let headers = [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, bytes).into_response())
}

/// What things are done for, as the agreements and what this person may see say.
pub(super) async fn purposes(visit: &Visit) -> Result<Vec<String>, ApiError> {
    let viewer = visit.person.viewer().clone();
    let purposes = visit.control.driver.inspect(move |node| node.purposes(&viewer).iter().map(ToString::to_string).collect());
    Ok(purposes.await?)
}

/// Who has it from here, and how far it got.
async fn holders(visit: &Visit, record: &RecordView) -> Result<Vec<Holder>, ApiError> {
    let say = visit.say();
    let sent = control::outbox(State(visit.control.clone()), visit.person.clone()).await?.0;
    let of_it = sent.into_iter().filter(|row| row.record.as_deref() == Some(record.id.as_str()));
    let holder = |row: crate::api::OutboxView| Holder {
        feed: format!("{} {}", row.lane, row.index),
        state: sent_state(&row.state, say),
        party: row.partner,
    };
    Ok(of_it.map(holder).collect())
}

/// The state of something sent.
fn sent_state(word: &str, say: Say) -> Sign {
    match word {
        "accepted" => Sign::good(say.one("state-accepted")),
        "waiting" => Sign::attention(say.one("state-waiting")),
        "held" => Sign::attention(say.one("state-held")),
        "refused" => Sign::bad(say.one("state-refused")),
        "withdrawn" => Sign { class: "", words: say.one("state-withdrawn") },
        other => Sign { class: "", words: other.to_owned() },
    }
}

/// The record of a page's path, for who may see it.
pub(super) async fn find(control: &Control, visit: &Visit, name: (String, String)) -> Result<RecordView, ApiError> {
    Ok(control::records::one(State(control.clone()), visit.person.clone(), Path(name)).await?.0)
}
