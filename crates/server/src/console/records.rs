//! Records: found, read, and why each party may or may not have one.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::Response,
};
use entente_core::record::Status;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;

use super::{
    banner::Banner,
    block::{Block, encode},
    chip::Chip,
    frame::{Frame, Page, State as Sign},
    html, incidents,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{DecisionView, GivenView, HopView, RecordView, RecordsQuery},
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
    may_see_holds: bool,
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
        may_see_holds: visit.may("hold.list"),
        sought,
        next,
    })
}

/// All parties that the agreements or the party files know, this one among them.
pub(super) async fn parties(visit: &Visit) -> Result<Vec<String>, ApiError> {
    let parties = visit.control.driver.inspect(|node| {
        let mut parties = node.known_others();
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
    arriving: Option<String>,
}

/// How a record would go, as a page is asked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) purpose: Option<String>,
    pub(super) channel: Option<String>,
}

/// What a record is.
#[derive(Template)]
#[template(path = "record-facts.html")]
struct Facts {
    say: Say,
    is_pane: bool,
    record: Shown,
}

/// Who may have it, and why.
#[derive(Template)]
#[template(path = "record-why.html")]
pub(super) struct Why {
    say: Say,
    is_pane: bool,
    record: RecordHead,
    purposes: Vec<String>,
    chosen: String,
    decisions: Vec<Block>,
}

impl Why {
    /// What is decided about a record for each party, for a purpose: the one that is asked for, or what it was given for. The page at
    /// `path` asks it.
    pub(super) async fn new(
        visit: &Visit,
        record: &RecordView,
        path: String,
        purpose: Option<String>,
        channel: Option<String>,
    ) -> Result<Self, ApiError> {
        let say = visit.say();
        let purposes = purposes(visit).await?;
        let given_for = record.custody.last().map(|hop| hop.purpose.clone());
        let chosen = purpose.or(given_for).or_else(|| purposes.first().cloned()).unwrap_or_default();
        // Nothing is decided for no purpose.
        let prospects = match chosen.is_empty() {
            true => Vec::new(),
            false => super::ask::decided(visit, record, &chosen, channel, Vec::new()).await?,
        };
        let block = |decision: &DecisionView| Block::new(decision, &record.originator, &chosen, say);
        Ok(Self {
            say,
            is_pane: visit.manner.is_part,
            record: RecordHead { id: record.id.clone(), title: record.title.clone(), path },
            purposes,
            decisions: prospects.iter().map(block).collect(),
            chosen,
        })
    }
}

#[derive(Template)]
#[template(path = "record-pane.html")]
struct Pane {
    facts: Facts,
    why: Why,
}

/// Somebody who has the record from here.
pub(super) struct Holder {
    pub(super) party: String,
    pub(super) feed: String,
    pub(super) state: Sign,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Whole {
    frame: Frame,
    record: RecordHead,
    facts: Facts,
    why: Why,
    holders: Vec<Holder>,
    /// What this person may do about it, the first as the main thing.
    actions: Vec<Action>,
    drill: Option<String>,
}

/// Something that a person may do about a record.
struct Action {
    path: String,
    words: String,
    class: &'static str,
}

/// What `visit` may do about a record. What is for its originator alone is offered at the originator's node alone.
fn actions(visit: &Visit, record: &RecordView) -> Vec<Action> {
    let (say, is_own) = (visit.say(), record.originator == visit.control.operator.nationality.as_str());
    let all = [
        ("record.release", "release", "record-release", "main", true),
        ("consent.ask", "consent", "record-ask-consent", "", !is_own),
        ("record.approve", "approval", "record-approve", "", true),
        ("incident.raise", "incident", "incident-raise", "", true),
        ("record.relabel", "relabel", "record-relabel", "", is_own),
        ("ledger.prove", "proof", "record-prove", "", true),
        ("record.hold", "hold", "record-hold", "", true),
        ("record.compromise", "compromise", "record-compromise", "grave", true),
        ("emergency.declare", "emergency", "record-emergency", "grave", true),
        ("record.recall", "recall", "record-recall", "grave", true),
    ];
    let may = all.into_iter().filter(|(endpoint, .., fits)| *fits && visit.may(endpoint));
    may.map(|(_, place, key, class, _)| Action {
        path: match place {
            "incident" => incidents::from_record(&format!("{}/{}", record.originator, record.id)),
            _ => format!("{}/{place}", path(&record.originator, &record.id)),
        },
        words: say.one(key),
        class,
    })
    .collect()
}

/// The head of a record's page.
#[derive(Clone)]
struct RecordHead {
    id: String,
    title: String,
    path: String,
}

/// `GET /records/{originator}/{id}`: the page, or the pane beside a list.
pub(super) async fn one(
    visit: Visit,
    Path((originator, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let (say, control) = (visit.say(), &visit.control);
    let name = Path((originator, id));
    let record =
        control::records::one(State(control.clone()), visit.person.clone(), Path((name.0.0.clone(), name.0.1.clone())))
            .await?
            .0;
    let record_path = path(&record.originator, &record.id);
    let content = content_text(&visit, &record).await?;
    let is_pane = visit.manner.is_part;
    let head = RecordHead { id: record.id.clone(), title: record.title.clone(), path: record_path.clone() };
    let why = Why::new(&visit, &record, record_path, asked.purpose, asked.channel).await?;
    let facts = Facts { say, is_pane, record: shown(&record, head.path.clone(), content, say) };
    if is_pane {
        return html(&Pane { facts, why });
    }
    html(&Whole {
        frame: visit.frame(Page::Records, record.id.clone(), banner(std::slice::from_ref(&record), say)).await?,
        holders: if visit.may("record.given") { holders(&visit, &record).await? } else { Vec::new() },
        actions: actions(&visit, &record),
        drill: super::chip::drill(&record.status, say),
        record: head,
        facts,
        why,
    })
}

fn shown(record: &RecordView, path: String, content: Option<String>, say: Say) -> Shown {
    let hop = |hop: &HopView| {
        let parts = [("from", hop.from.clone()), ("under", hop.under.join(", ")), ("purpose", hop.purpose.clone())];
        say.filled("record-hop", &parts)
    };
    Shown {
        path,
        id: record.id.clone(),
        title: record.title.clone(),
        originator: record.originator.clone(),
        subjects: record.subjects.join(", "),
        label: Chip::new(&record.label, &record.status, say).whole(),
        custody: record.custody.iter().map(hop).collect(),
        created: Moment::of(&record.created, say),
        entered: Moment::of(&record.entered, say),
        digest: record.digest.clone(),
        media_type: record.media_type.clone(),
        arriving: record.content.as_ref().map(|arriving| {
            let numbers = [("done", arriving.done.to_string()), ("all", arriving.all.to_string())];
            say.filled("record-arriving", &numbers)
        }),
        content,
    }
}

/// The content as text, where it is text and short enough to be read on a page.
async fn content_text(visit: &Visit, record: &RecordView) -> Result<Option<String>, ApiError> {
    let is_text = record.media_type.starts_with("text/")
        || ["application/json", "application/xml", "application/stix+json"]
            .iter()
            .any(|kind| record.media_type.split(';').next() == Some(*kind));
    if !is_text {
        return Ok(None);
    }
    let name = Path((record.originator.clone(), record.id.clone()));
    if record.content.is_some() {
        return Ok(None);
    }
    let content = control::large::content(State(visit.control.clone()), visit.person.clone(), name).await?;
    let read = Limited::new(content.into_body(), SHOWN).collect().await;
    Ok(read.ok().and_then(|read| String::from_utf8(read.to_bytes().to_vec()).ok()))
}

/// `GET /records/{originator}/{id}/content`: the bytes, to be saved; never shown as a page of this node.
pub(super) async fn content(
    visit: Visit,
    Path((originator, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let name = Path((originator, id.clone()));
    let mut content = control::large::content(State(visit.control.clone()), visit.person.clone(), name).await?;
    let disposition = format!("attachment; filename*=UTF-8''{}", encode(&id));
    let disposition = HeaderValue::try_from(disposition).map_err(|error| ApiError::Ours(error.to_string()))?;
    content.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(content)
}

/// What things are done for, as the agreements and what this person may see say.
pub(super) async fn purposes(visit: &Visit) -> Result<Vec<String>, ApiError> {
    let viewer = visit.person.viewer().clone();
    let purposes =
        visit.control.driver.inspect(move |node| node.purposes(&viewer).iter().map(ToString::to_string).collect());
    Ok(purposes.await?)
}

/// Who has it from here, and how far it got.
pub(super) async fn holders(visit: &Visit, record: &RecordView) -> Result<Vec<Holder>, ApiError> {
    let (say, name) = (visit.say(), Path((record.originator.clone(), record.id.clone())));
    let given = control::records::given(State(visit.control.clone()), visit.person.clone(), name).await?.0;
    let holder = |row: GivenView| Holder {
        feed: format!("{} {}", row.lane, row.index),
        state: sent_state(&row.state, say),
        party: row.to,
    };
    Ok(given.into_iter().map(holder).collect())
}

/// The state of something sent.
pub(super) fn sent_state(word: &str, say: Say) -> Sign {
    match word {
        "accepted" => Sign::good(say.one("state-accepted")),
        "waiting" => Sign::attention(say.one("state-waiting")),
        "held" => Sign::attention(say.one("state-held")),
        "refused" => Sign::bad(say.one("state-refused")),
        "withdrawn" => Sign { class: "", words: say.one("state-withdrawn") },
        "withdrawn, may have arrived" => Sign::attention(say.one("state-withdrawn-late")),
        "expired" => Sign { class: "", words: say.one("state-expired") },
        other => Sign { class: "", words: other.to_owned() },
    }
}

/// The record of a page's path, for who may see it.
pub(super) async fn find(control: &Control, visit: &Visit, name: (String, String)) -> Result<RecordView, ApiError> {
    Ok(control::records::one(State(control.clone()), visit.person.clone(), Path(name)).await?.0)
}
