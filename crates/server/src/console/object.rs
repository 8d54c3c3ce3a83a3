//! One object of STIX: what it is, its markings, who may have it, what it stands in relation to, its versions and what they differ in.
//! Beside a list it is a pane.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use entente_formats::stix::json::{Limits, Value, parse};
use serde::Deserialize;

use super::{
    banner::Banner,
    block::encode,
    chip::Chip,
    collections::{Line, labels, object_path},
    difference::{Run, difference},
    frame::{Frame, Page, State as Sign},
    html,
    records::{self, Holder, Why},
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{
        RecallView, StixDifferenceQuery, StixDifferenceView, StixGraphQuery, StixGraphView, StixObjectView, StixRow,
        StixVersionQuery,
    },
    control::ApiError,
    taxii::look,
};

/// The longest text that a page shows; a longer one is saved and opened.
const SHOWN: usize = 64 * 1024;
/// With so many relations or fewer their table is open.
const FEW: usize = 12;

/// A marking in words.
struct Marking {
    id: String,
    part: String,
    chips: Vec<Chip>,
    words: String,
}

/// What an object is.
#[derive(Template)]
#[template(path = "object-facts.html")]
struct Facts {
    say: Say,
    is_pane: bool,
    line: Line,
    record: (String, String),
    maker: Option<(String, String)>,
    spec: String,
    made: Option<Moment>,
    facts: Vec<(String, String)>,
    pattern: Option<String>,
    markings: Vec<Marking>,
    places: Vec<(String, String)>,
    recalls: Vec<Recall>,
}

/// What it says.
#[derive(Template)]
#[template(path = "object-content.html")]
struct Content {
    say: Say,
    save: String,
    text: Option<String>,
}

#[derive(Template)]
#[template(path = "record-pane.html")]
struct Pane {
    facts: Facts,
    why: Content,
}

/// A recall of its record.
struct Recall {
    words: String,
    at: Moment,
    told: Vec<(String, Sign)>,
}

/// A relation in the table.
struct Relation {
    from: Option<Line>,
    from_id: String,
    word: String,
    path: Option<String>,
    revoked: bool,
    to: Option<Line>,
    to_id: String,
}

/// A version in the history.
struct Version {
    line: Line,
    version: String,
    record: (String, String),
    is_before: bool,
    is_after: bool,
    is_shown: bool,
}

/// A property that differs.
struct Change {
    property: String,
    runs: Vec<Run>,
}

/// What two versions differ in.
struct Difference {
    before: Moment,
    after: Moment,
    changes: Vec<Change>,
    same: usize,
}

#[derive(Template)]
#[template(path = "object.html")]
struct Whole {
    frame: Frame,
    line: Line,
    path: String,
    record_path: String,
    printed: String,
    facts: Facts,
    why: Option<Why>,
    holders: Vec<Holder>,
    graph: String,
    depth: usize,
    kind: String,
    kinds: Vec<String>,
    relations: Vec<Relation>,
    shown: usize,
    more: String,
    is_open: bool,
    versions: Vec<Version>,
    difference: Option<Difference>,
    content: Content,
    may_recall: bool,
}

/// What of an object is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    version: String,
    before: String,
    after: String,
    depth: String,
    #[serde(rename = "type")]
    kind: String,
    purpose: String,
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

async fn find(visit: &Visit, id: &str, version: Option<String>) -> Result<StixObjectView, ApiError> {
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let query = Query(StixVersionQuery { version });
    Ok(look::object(State(control), person, Path(id.to_owned()), query).await?.0)
}

/// `GET /collections/objects/{id}`: the page, or the pane beside a list.
pub(super) async fn one(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let say = visit.say();
    let object = find(&visit, &id, some(&asked.version)).await?;
    let is_pane = visit.manner.is_part;
    // Who made it is named where that is an object that this person may have.
    let maker = match member(&object.content, "created_by_ref") {
        Some(maker) => {
            let found = find(&visit, &maker, None).await.ok().map(|found| found.shown);
            Some((maker, found))
        }
        None => None,
    };
    // A pane brings no banner of its own: it names whoever bears no other label than the object, which stands in the list.
    let is_covered =
        |row: &StixRow| !is_pane || labels([row]).all(|label| labels([&object.shown]).any(|own| own == label));
    let named = maker.as_ref().map(|(id, found)| {
        let found = found.as_ref().filter(|row| is_covered(row));
        (id, found.and_then(|row| row.name.clone()))
    });
    let facts = facts(&object, named, is_pane, say);
    let content = content_of(&object, say);
    if is_pane {
        return html(&Pane { facts, why: content });
    }
    let depth = if asked.depth == "2" { 2 } else { 1 };
    let graph = graph(&visit, &id, depth, some(&asked.kind)).await?;
    let difference = compared(&visit, &object, &asked).await?;
    let name = (object.shown.originator.clone(), object.shown.record.clone());
    let record = records::find(&visit.control, &visit, name).await.ok();
    let path = object_path(&object.shown.id);
    let (why, holders) = match &record {
        None => (None, Vec::new()),
        Some(record) => {
            let why = Why::new(&visit, record, path.clone(), some(&asked.purpose), None).await?;
            let holders = if visit.may("record.given") { records::holders(&visit, record).await? } else { Vec::new() };
            (Some(why), holders)
        }
    };
    let made_by = maker.into_iter().filter_map(|(_, found)| found);
    let compared = difference.iter().flat_map(|one| [one.before.clone(), one.after.clone()]);
    let around = graph.nodes.iter().filter_map(|node| node.object.clone());
    let on_page: Vec<_> = object
        .versions
        .iter()
        .cloned()
        .chain([object.shown.clone()])
        .chain(made_by)
        .chain(compared)
        .chain(around)
        .collect();
    let mut banner = Banner::of(labels(&on_page), say);
    if let Some(record) = &record {
        banner = banner.and([(record.label.as_str(), record.status.as_str())], say);
    }
    let line = Line::new(&object.shown, say);
    let record_path = records::path(&object.shown.originator, &object.shown.record);
    let query = match &*asked.kind {
        "" => String::new(),
        kind => format!("&type={}", encode(kind)),
    };
    html(&Whole {
        frame: visit.frame(Page::Collections, line.name.clone(), banner).await?,
        printed: format!("/api/v1{record_path}/printed"),
        graph: format!("/api/v1/stix/objects/{}/graph?depth={depth}{query}", encode(&object.shown.id)),
        kinds: kinds(&graph, &asked.kind),
        relations: relations(&graph, say),
        shown: graph.nodes.len().saturating_sub(1),
        more: more(&graph, say),
        is_open: graph.edges.len() <= FEW,
        versions: versions(&object, difference.as_ref(), say),
        difference: difference.as_ref().map(|view| difference_of(view, say)),
        may_recall: visit.may("record.recall") && record.is_some(),
        kind: asked.kind,
        line,
        path,
        record_path,
        facts,
        why,
        holders,
        depth,
        content,
    })
}

/// A property whose value is a text.
fn member(content: &str, property: &str) -> Option<String> {
    let value = parse(content, Limits::OBJECT).ok()?;
    value.object()?.text(property).map(str::to_owned)
}

/// `GET /collections/objects/{id}/content`: its text to the byte, to be saved; never shown as a page of this node.
pub(super) async fn content(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let object = find(&visit, &id, some(&asked.version)).await?;
    let disposition = format!("attachment; filename*=UTF-8''{}.json", encode(&object.shown.id));
    let disposition = HeaderValue::try_from(disposition).map_err(|error| ApiError::Ours(error.to_string()))?;
    let mut response = object.content.into_bytes().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

fn content_of(object: &StixObjectView, say: Say) -> Content {
    let version = encode(&object.shown.version);
    Content {
        say,
        save: format!("{}/content?version={version}", object_path(&object.shown.id)),
        text: (object.content.len() <= SHOWN).then(|| look::pretty(&object.content)),
    }
}

fn facts(object: &StixObjectView, maker: Option<(&String, Option<String>)>, is_pane: bool, say: Say) -> Facts {
    let value = parse(&object.content, Limits::OBJECT).ok();
    let members = value.as_ref().and_then(Value::object);
    let text = |key: &str| {
        let text = members.and_then(|members| members.text(key))?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    let list = |key: &str| {
        let items = members.and_then(|members| members.get(key)?.list()).unwrap_or_default();
        let items: Vec<&str> = items.iter().filter_map(Value::text).collect();
        (!items.is_empty()).then(|| items.join(", "))
    };
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, value: Option<String>| facts.extend(value.map(|value| (say.one(key), value)));
    add("cyber-description", text("description"));
    add("cyber-aliases", list("aliases"));
    add("cyber-labels", list("labels"));
    add("cyber-valid-from", text("valid_from"));
    add("cyber-valid-until", text("valid_until"));
    Facts {
        say,
        is_pane,
        line: Line {
            label: Chip::new(&object.shown.label, &object.shown.status, say).whole(),
            ..Line::new(&object.shown, say)
        },
        record: (
            records::path(&object.shown.originator, &object.shown.record),
            format!("{}/{}", object.shown.originator, object.shown.record),
        ),
        maker: maker.map(|(id, name)| (object_path(id), name.unwrap_or_else(|| id.clone()))),
        spec: object.shown.spec_version.clone(),
        made: text("created").map(|at| Moment::of(&at, say)),
        facts,
        pattern: text("pattern"),
        markings: markings(object, say),
        places: object
            .collections
            .iter()
            .map(|place| (format!("/collections/{}", encode(&place.id)), place.title.clone()))
            .collect(),
        recalls: object.recalls.iter().map(|recall| recall_of(recall, say)).collect(),
    }
}

fn markings(object: &StixObjectView, say: Say) -> Vec<Marking> {
    let marking = |view: &crate::api::StixMarkingView| {
        let chips: Vec<Chip> = view.labels.iter().map(|label| Chip::new(label, "actual", say).whole()).collect();
        let in_words = chips.iter().map(|chip| chip.words.replace('\n', " · ")).filter(|words| !words.is_empty());
        let unknown = view.unknown.then(|| say.one("cyber-marking-unknown"));
        Marking {
            id: view.id.clone(),
            part: match view.selectors.is_empty() {
                true => say.one("cyber-marking-whole"),
                false => view.selectors.join(", "),
            },
            words: in_words.chain(view.statement.clone()).chain(unknown).collect::<Vec<_>>().join(" · "),
            chips,
        }
    };
    object.marked.iter().map(marking).collect()
}

fn recall_of(recall: &RecallView, say: Say) -> Recall {
    let state = |word: &str| match word {
        "destroyed" | "not-here" => Sign::good(say.one(&format!("state-{word}"))),
        "kept" => Sign::bad(say.one("state-kept")),
        other => Sign::attention(say.one(&format!("state-{other}"))),
    };
    Recall {
        words: say.filled(
            "cyber-recalled-by",
            &[("party", recall.by.clone()), ("reason", recall.reason.clone().unwrap_or_default())],
        ),
        at: Moment::of(&recall.at, say),
        told: recall.told.iter().map(|told| (told.party.clone(), state(&told.state))).collect(),
    }
}

async fn graph(visit: &Visit, id: &str, depth: usize, kind: Option<String>) -> Result<StixGraphView, ApiError> {
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let query = Query(StixGraphQuery { depth: Some(depth), kind, limit: None });
    Ok(look::graph(State(control), person, Path(id.to_owned()), query).await?.0)
}

/// The types that may be chosen: those around it, and the one that is chosen.
fn kinds(graph: &StixGraphView, chosen: &str) -> Vec<String> {
    let around = graph.nodes.iter().skip(1).map(|node| node.kind.clone());
    let mut kinds: Vec<String> = around.chain([chosen.to_owned()]).filter(|kind| !kind.is_empty()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn relations(graph: &StixGraphView, say: Say) -> Vec<Relation> {
    let line = |id: &str| {
        let node = graph.nodes.iter().find(|node| node.id == id);
        node.and_then(|node| node.object.as_ref()).map(|row| Line::new(row, say))
    };
    let relation = |edge: &crate::api::StixEdgeView| Relation {
        from: line(&edge.from),
        from_id: edge.from.clone(),
        word: edge.word.clone(),
        path: edge.relationship.as_deref().map(object_path),
        revoked: edge.revoked,
        to: line(&edge.to),
        to_id: edge.to.clone(),
    };
    let mut relations: Vec<Relation> = graph.edges.iter().map(relation).collect();
    relations.sort_by(|one, other| one.word.cmp(&other.word));
    relations
}

/// What of the graph is not shown.
fn more(graph: &StixGraphView, say: Say) -> String {
    match (graph.more, graph.complete) {
        (0, true) => String::new(),
        (more, true) => say.count("cyber-graph-more", more),
        (more, false) => say.count("cyber-graph-more-at-least", more),
    }
}

fn versions(object: &StixObjectView, difference: Option<&StixDifferenceView>, say: Say) -> Vec<Version> {
    let version = |row: &crate::api::StixRow| Version {
        line: Line::new(row, say),
        record: (records::path(&row.originator, &row.record), format!("{}/{}", row.originator, row.record)),
        is_before: difference.is_some_and(|view| view.before.version == row.version),
        is_after: difference.is_some_and(|view| view.after.version == row.version),
        is_shown: object.shown.version == row.version && object.shown.spec_version == row.spec_version,
        version: row.version.clone(),
    };
    object.versions.iter().map(version).collect()
}

/// What the two versions differ in that are asked for; else the last two.
async fn compared(
    visit: &Visit,
    object: &StixObjectView,
    asked: &Asked,
) -> Result<Option<StixDifferenceView>, ApiError> {
    let newest = |at: usize| object.versions.get(at).map(|row| row.version.clone());
    let pair = some(&asked.before).zip(some(&asked.after)).or_else(|| newest(1).zip(newest(0)));
    let Some((before, after)) = pair else { return Ok(None) };
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let query = Query(StixDifferenceQuery { before, after });
    Ok(Some(look::difference(State(control), person, Path(object.shown.id.clone()), query).await?.0))
}

fn difference_of(view: &StixDifferenceView, say: Say) -> Difference {
    let change = |change: &crate::api::StixChangeView| Change {
        property: change.property.clone(),
        runs: difference(&shown(change.before.as_deref()), &shown(change.after.as_deref())),
    };
    Difference {
        before: Moment::of(&view.before.version, say),
        after: Moment::of(&view.after.version, say),
        changes: view.changes.iter().map(change).collect(),
        same: view.same,
    }
}

/// A value as people read it: a text without its quotation marks, anything else in lines.
fn shown(value: Option<&str>) -> String {
    let value = value.unwrap_or_default();
    serde_json::from_str::<String>(value).unwrap_or_else(|_| look::pretty(value))
}
