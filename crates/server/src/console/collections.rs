//! Objects of STIX: the collections that somebody may read, and the objects of one, searched and opened beside the list. What is
//! counted and shown is what the API gives; nothing is decided here.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};

use super::{
    banner::Banner,
    block::encode,
    chip::Chip,
    frame::{Frame, Page},
    html,
    text::Say,
    visit::{Moment, Visit},
};
use crate::{
    api::{StixCollectionView, StixQuery, StixRow},
    control::ApiError,
    taxii,
};

/// How many types of a collection are named in the list of collections.
const TYPES: usize = 6;

/// An object in a list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) kind: String,
    /// Its name, or its identifier where it has none.
    pub(super) name: String,
    pub(super) label: Chip,
    /// Labels that hold besides.
    pub(super) others: Vec<Chip>,
    pub(super) version: Moment,
    pub(super) added: Moment,
    pub(super) revoked: bool,
    pub(super) reduced: bool,
}

impl Line {
    pub(super) fn new(row: &StixRow, say: Say) -> Self {
        Self {
            id: row.id.clone(),
            path: object_path(&row.id),
            kind: row.kind.clone(),
            name: row.name.clone().unwrap_or_else(|| row.id.clone()),
            label: Chip::new(&row.label, &row.status, say),
            others: row.markings.iter().map(|label| Chip::new(label, "actual", say)).collect(),
            version: Moment::of(&row.version, say),
            added: Moment::of(&row.added, say),
            revoked: row.revoked,
            reduced: row.reduced,
        }
    }
}

/// Where an object's page is.
pub(super) fn object_path(id: &str) -> String {
    format!("/collections/objects/{}", encode(id))
}

/// What the banner of a page with these objects is the roll-up of.
pub(super) fn labels<'r>(rows: impl IntoIterator<Item = &'r StixRow>) -> impl Iterator<Item = (&'r str, &'r str)> {
    rows.into_iter().flat_map(|row| {
        std::iter::once(&row.label).chain(&row.markings).map(|label| (label.as_str(), row.status.as_str()))
    })
}

/// A collection in the list.
struct Collection {
    path: Option<String>,
    title: String,
    description: String,
    alias: String,
    address: String,
    rights: String,
    media_types: Vec<String>,
    objects: String,
    types: Vec<(String, usize)>,
    more_types: usize,
    last_added: Option<Moment>,
}

/// An API root, with what of it is there for this person.
struct Root {
    name: String,
    title: String,
    collections: Vec<Collection>,
}

#[derive(Template)]
#[template(path = "collections.html")]
struct Collections {
    frame: Frame,
    roots: Vec<Root>,
}

/// `GET /collections`.
pub(super) async fn page(visit: Visit) -> Result<Response, ApiError> {
    let say = visit.say();
    let all = taxii::look::collections(State(visit.control.clone()), visit.person.clone()).await?.0;
    let mut roots: Vec<Root> = Vec::new();
    for view in all {
        let name = view.root.clone();
        let title = view.root_title.clone();
        let collection = collection(view, say);
        match roots.iter_mut().find(|root| root.name == name) {
            Some(root) => root.collections.push(collection),
            None => roots.push(Root { name, title, collections: vec![collection] }),
        }
    }
    html(&Collections {
        frame: visit.frame(Page::Collections, say.one("page-collections"), Banner::plain()).await?,
        roots,
    })
}

fn collection(view: StixCollectionView, say: Say) -> Collection {
    let is_everything = view.id == "everything";
    let (title, description) = match is_everything {
        true => (say.one("cyber-everything"), say.one("cyber-everything-lead")),
        false => (view.title, view.description.unwrap_or_default()),
    };
    let types = view.seen.iter().flat_map(|seen| &seen.types);
    Collection {
        path: view.can_read.then(|| collection_path(&view.id)),
        title,
        description,
        alias: view.alias.filter(|_| !is_everything).unwrap_or_default(),
        address: view.path,
        rights: match (view.can_read, view.can_write) {
            (true, true) => say.one("cyber-reads-and-writes"),
            (true, false) => say.one("cyber-reads"),
            (false, _) => say.one("cyber-writes"),
        },
        media_types: view.media_types,
        objects: view.seen.as_ref().map_or_else(String::new, |seen| number(seen.objects, seen.more, say)),
        types: types.take(TYPES).map(|one| (one.kind.clone(), one.objects)).collect(),
        more_types: view.seen.as_ref().map_or(0, |seen| seen.types.len().saturating_sub(TYPES)),
        last_added: view.seen.and_then(|seen| seen.last_added).map(|at| Moment::of(&at, say)),
    }
}

fn number(objects: usize, more: bool, say: Say) -> String {
    if more { say.with("cyber-or-more", "number", objects) } else { objects.to_string() }
}

fn collection_path(id: &str) -> String {
    format!("/collections/{}", encode(id))
}

/// What is sought, as the form shows it.
struct Sought {
    q: String,
    kind: String,
    pattern: String,
    marking: String,
    modified_from: String,
    modified_to: String,
    added_from: String,
    added_to: String,
}

impl Sought {
    fn of(query: &StixQuery) -> Self {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Self {
            q: text(&query.q),
            kind: text(&query.kind),
            pattern: text(&query.pattern),
            marking: text(&query.marking),
            modified_from: text(&query.modified_from),
            modified_to: text(&query.modified_to),
            added_from: text(&query.added_from),
            added_to: text(&query.added_to),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("q", &self.q),
            ("type", &self.kind),
            ("pattern", &self.pattern),
            ("marking", &self.marking),
            ("modified_from", &self.modified_from),
            ("modified_to", &self.modified_to),
            ("added_from", &self.added_from),
            ("added_to", &self.added_to),
        ]
    }

    fn is_any(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether something is sought that is asked for behind *more*.
    fn is_more(&self) -> bool {
        self.fields().iter().skip(4).any(|(_, value)| !value.is_empty())
    }

    /// The same as the part of an address behind the `?`.
    fn query(&self) -> String {
        let given = self.fields().into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}&", encode(value))).collect()
    }
}

#[derive(Template)]
#[template(path = "collection.html")]
struct List {
    frame: Frame,
    title: String,
    description: String,
    path: String,
    objects: String,
    rows: Vec<Line>,
    sought: Sought,
    types: Vec<(String, usize)>,
    is_later: bool,
    next: Option<String>,
}

/// `GET /collections/{collection}`.
pub(super) async fn list(
    visit: Visit,
    Path(id): Path<String>,
    Query(mut query): Query<StixQuery>,
) -> Result<Response, ApiError> {
    let say = visit.say();
    // An empty field of the form asks for nothing.
    let StixQuery { q, kind, pattern, marking, modified_from, modified_to, added_from, added_to, after, .. } =
        &mut query;
    for field in [q, kind, pattern, marking, modified_from, modified_to, added_from, added_to, after] {
        field.take_if(|text| text.trim().is_empty());
    }
    let (sought, is_later) = (Sought::of(&query), query.after.is_some());
    let (control, person) = (visit.control.clone(), visit.person.clone());
    let view = taxii::look::collection(State(control.clone()), person.clone(), Path(id.clone())).await?.0;
    let page = taxii::look::objects(State(control), person, Path(id), Query(query)).await?.0;
    let seen = view.seen.clone();
    let mut types: Vec<(String, usize)> =
        seen.iter().flat_map(|seen| &seen.types).map(|one| (one.kind.clone(), one.objects)).collect();
    // What is sought stays chosen, also where nothing is of it.
    if !sought.kind.is_empty() && !types.iter().any(|(kind, _)| *kind == sought.kind) {
        types.push((sought.kind.clone(), 0));
    }
    let path = collection_path(&view.id);
    let Collection { title, description, .. } = collection(view, say);
    html(&List {
        frame: visit.frame(Page::Collections, title.clone(), Banner::of(labels(&page.objects), say)).await?,
        title,
        description,
        objects: seen.map_or_else(String::new, |seen| match seen.more {
            true => say.with("cyber-objects-or-more", "number", seen.objects),
            false => say.count("cyber-objects", seen.objects),
        }),
        next: page.next.map(|after| format!("{path}?{}after={}", sought.query(), encode(&after))),
        path,
        rows: page.objects.iter().map(|row| Line::new(row, say)).collect(),
        sought,
        types,
        is_later,
    })
}
