//! What an object stands in relation to, one or two steps away. A relationship is an edge between what it relates, any other reference
//! an edge to what it names; the last version of each object says so, and each is decided by itself. Who made an object and how it is
//! marked are no edges: they would lead from everything to everything.
//!
//! Bounded in nodes, in edges and in what is looked at; only what the asker may have counts for that.

use std::collections::{HashMap, HashSet};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_formats::stix::index;
use entente_store::taxii::{EVERYTHING, EntryRow, hash_of};

use super::{Found, Look, STEP, last, looked, not_here, text};
use crate::{
    api::{StixEdgeView, StixGraphQuery, StixGraphView, StixNodeView},
    control::{ApiError, Control, Reply, viewed_keys},
    people::SignedIn,
    taxii::answer::Fault,
};

/// The most objects of a graph.
const NODES: usize = 200;
/// The most relations of one.
const EDGES: usize = 2_000;
/// How many objects that point at others are looked at for one.
const LOOKED: usize = 10_000;
/// How many references of one object are followed.
const REFERENCES: usize = 2_000;

/// A graph that grows.
struct Graph {
    limit: usize,
    kind: Option<String>,
    nodes: Vec<(String, usize)>,
    places: HashMap<String, usize>,
    edges: Vec<StixEdgeView>,
    known: HashSet<(String, String, String, Option<String>)>,
    /// What is named there, and has no room.
    beyond: HashSet<String>,
    left: usize,
}

/// What relates objects, as one of them says it.
struct Relation {
    from: String,
    to: String,
    word: String,
    relationship: Option<String>,
    revoked: bool,
}

impl Graph {
    /// Whether an object is in it, or has its place in it from now on.
    fn has(&mut self, id: &str, distance: usize) -> bool {
        if self.places.contains_key(id) {
            return true;
        }
        if self.kind.as_deref().is_some_and(|kind| kind != text::kind_of(id)) {
            return false;
        }
        if self.nodes.len() == self.limit {
            self.beyond.insert(id.to_owned());
            return false;
        }
        self.places.insert(id.to_owned(), self.nodes.len());
        self.nodes.push((id.to_owned(), distance));
        true
    }

    fn add(&mut self, relation: Relation, distance: usize) {
        if !(self.has(&relation.from, distance) && self.has(&relation.to, distance)) || self.edges.len() == EDGES {
            return;
        }
        let Relation { from, to, word, relationship, revoked } = relation;
        if self.known.insert((from.clone(), to.clone(), word.clone(), relationship.clone())) {
            self.edges.push(StixEdgeView { from, to, word, relationship, revoked });
        }
    }
}

/// What a text says of relations between others, where it is a relationship; else between the object itself and others.
fn relations(id: &str, text: &str) -> Vec<Relation> {
    let Ok(entry) = index::read(text) else { return Vec::new() };
    let revoked = text::facts(text).is_revoked;
    if let Some((from, word, to)) = text::relationship(text) {
        return vec![Relation { from, to, word, relationship: Some(id.to_owned()), revoked }];
    }
    // Who made or changed an object leads from everything to everything, whatever the property is called.
    let is_maker = |reference: &&index::Reference<'_>| reference.property.ends_with("_by_ref");
    let references = entry.references.iter().filter(|reference| !is_maker(reference)).take(REFERENCES);
    let relation = |reference: &index::Reference<'_>| Relation {
        from: id.to_owned(),
        to: reference.target.to_string(),
        word: reference.property.to_string(),
        relationship: None,
        revoked: false,
    };
    references.map(relation).collect()
}

impl Look<'_> {
    fn graph(&mut self, id: &str, query: &StixGraphQuery) -> Result<Option<Found<StixGraphView>>, Fault> {
        let versions = self.versions_of(id)?;
        let Some(focus) = last(&versions).cloned() else { return Ok(None) };
        let mut graph = Graph {
            limit: query.limit.unwrap_or(NODES),
            kind: query.kind.clone(),
            nodes: vec![(id.to_owned(), 0)],
            places: HashMap::from([(id.to_owned(), 0)]),
            edges: Vec::new(),
            known: HashSet::new(),
            beyond: HashSet::new(),
            left: LOOKED,
        };
        // A relationship is asked about as what it is: an object between two others.
        if let Some(text) = self.sight.text(&focus)?.filter(|_| text::kind_of(id) == "relationship") {
            for relation in relations(id, &text) {
                let Relation { from, to, .. } = relation;
                for (end, word) in [(from, "source_ref"), (to, "target_ref")] {
                    let word = word.to_owned();
                    graph.add(Relation { from: id.to_owned(), to: end, word, relationship: None, revoked: false }, 1);
                }
            }
        }
        let mut done = 0;
        for distance in 1..=query.depth.unwrap_or(1) {
            let frontier: Vec<String> = graph.nodes.iter().skip(done).map(|(id, _)| id.clone()).collect();
            done = graph.nodes.len();
            self.expand(&mut graph, &frontier, distance)?;
        }
        let found = self.last_of(graph.nodes.iter().map(|(id, _)| hash_of(id)))?;
        let found: HashMap<&str, &EntryRow> = found.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        for (id, distance) in &graph.nodes {
            let object = match found.get(id.as_str()) {
                Some(row) => self.row(row)?,
                None => None,
            };
            nodes.push(StixNodeView {
                kind: text::kind_of(id).to_owned(),
                id: id.clone(),
                distance: *distance,
                object,
            });
        }
        let mut shown: Vec<EntryRow> = found.values().map(|row| (*row).clone()).collect();
        // A relationship that is drawn is shown too.
        shown.extend(self.last_of(graph.edges.iter().filter_map(|edge| edge.relationship.as_deref()).map(hash_of))?);
        let classified = self.classified(&shown)?;
        let (more, complete) = (graph.beyond.len(), graph.left > 0 && graph.edges.len() < EDGES);
        Ok(Some(Found { view: StixGraphView { nodes, edges: graph.edges, more, complete }, classified }))
    }

    /// Adds what objects point at, and what points at them: relationships before other references, and of those the ones first of
    /// what names little. What names everything would leave no room for anything else.
    fn expand(&mut self, graph: &mut Graph, frontier: &[String], distance: usize) -> Result<(), Fault> {
        let mut found: Vec<(usize, Relation)> = Vec::new();
        for row in self.last_of(frontier.iter().map(|id| hash_of(id)))? {
            // What a relationship says was said when it came.
            if text::kind_of(&row.id) == "relationship" {
                continue;
            }
            let Some(text) = self.sight.text(&row)? else { continue };
            let said = relations(&row.id, &text);
            let count = said.len();
            found.extend(said.into_iter().map(|relation| (count, relation)));
        }
        let inside: HashSet<&str> = frontier.iter().map(String::as_str).collect();
        'looking: for moments in self.pointing(frontier)?.chunks(STEP) {
            let mut rows = Vec::with_capacity(moments.len());
            for added in moments {
                // What was destroyed since points at nothing.
                rows.extend(self.sight.readers.index.added_at(*added)?);
            }
            for row in self.last_among(EVERYTHING, rows, i64::MAX)? {
                if graph.left == 0 {
                    break 'looking;
                }
                graph.left -= 1;
                let Some(text) = self.sight.text(&row)? else { continue };
                let said = relations(&row.id, &text);
                let count = if said.iter().any(|relation| relation.relationship.is_some()) { 0 } else { said.len() };
                let touches = |relation: &Relation| {
                    inside.contains(relation.to.as_str())
                        || relation.relationship.is_some() && inside.contains(relation.from.as_str())
                };
                found.extend(said.into_iter().filter(touches).map(|relation| (count, relation)));
            }
        }
        found.sort_by_key(|(count, _)| *count);
        found.into_iter().for_each(|(_, relation)| graph.add(relation, distance));
        Ok(())
    }

    /// The moments of versions that point at these, the newest first.
    fn pointing(&self, ids: &[String]) -> Result<Vec<i64>, Fault> {
        let found = self.taxii.pointing(&self.sight.readers.index, |pointing| {
            let all: HashSet<i64> = ids.iter().flat_map(|id| pointing.at(hash_of(id))).collect();
            let mut all: Vec<i64> = all.into_iter().collect();
            all.sort_unstable_by_key(|added| std::cmp::Reverse(*added));
            all
        });
        Ok(found?)
    }
}

/// `GET /stix/objects/{id}/graph`.
pub(crate) async fn show(
    State(control): State<Control>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<StixGraphQuery>,
) -> Reply<StixGraphView> {
    if !(1..=2).contains(&query.depth.unwrap_or(1)) {
        return Err(ApiError::Request("depth: 1 or 2".to_owned()));
    }
    if !(2..=NODES).contains(&query.limit.unwrap_or(NODES)) {
        return Err(ApiError::Request(format!("limit: from 2 to {NODES}")));
    }
    let found = looked(&control, &person, move |look| look.graph(&id, &query)).await?;
    let Found { view, classified } = found.ok_or_else(|| not_here("object"))?;
    viewed_keys(&control, &person, classified, true).await?;
    Ok(Json(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, number: u32) -> String {
        format!("{kind}--9a4d0000-0000-4000-8000-{number:012}")
    }

    #[test]
    fn a_relationship_is_an_edge_and_other_references_lead_from_who_has_them() {
        let (tool, malware, one) = (id("tool", 1), id("malware", 2), id("relationship", 3));
        let text = format!(
            r#"{{"type":"relationship","id":"{one}","relationship_type":"uses","source_ref":"{malware}","target_ref":"{tool}","revoked":true}}"#
        );
        let found = relations(&one, &text);
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].from, &*found[0].to, &*found[0].word), (&*malware, &*tool, "uses"));
        assert!(found[0].revoked && found[0].relationship.as_deref() == Some(&one));
        let report = id("report", 4);
        let text = format!(
            r#"{{"type":"report","id":"{report}","created_by_ref":"{malware}","object_refs":["{tool}","{report}"]}}"#
        );
        let found: Vec<(String, String)> =
            relations(&report, &text).into_iter().map(|relation| (relation.to, relation.word)).collect();
        assert_eq!(found, [(tool, "object_refs".to_owned()), (report.clone(), "object_refs".to_owned())]);
        assert!(relations(&report, "nonsense").is_empty());
    }
}
