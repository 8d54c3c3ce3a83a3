//! One object: what it says, how it is marked, where it stands, its versions, and what two of them differ in.

use std::collections::{HashMap, HashSet};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use entente_formats::{
    label,
    stix::{
        index,
        marking::{Meaning, meaning},
    },
};
use entente_store::taxii::{EVERYTHING, EntryRow};

use super::{Found, Look, last, looked, microseconds, moment, not_here, text};
use crate::{
    api::{
        RecallView, StixChangeView, StixDifferenceQuery, StixDifferenceView, StixMarkingView, StixObjectView,
        StixPlaceView, StixVersionQuery,
    },
    control::{Control, Reply, viewed_keys},
    people::SignedIn,
    taxii::answer::Fault,
};

/// The most versions that are told of.
const VERSIONS: usize = 200;

impl Look<'_> {
    /// Every version of an object that may be had, of every collection that may be read, in the order in which they were added.
    pub(super) fn versions_of(&mut self, id: &str) -> Result<Vec<EntryRow>, Fault> {
        let rows = self.sight.readers.index.of_id(EVERYTHING, id)?;
        let mut versions = self.versions(EVERYTHING, &rows, i64::MAX)?;
        versions.retain(|versions| versions.first().is_some_and(|row| row.id == id));
        Ok(versions.pop().unwrap_or_default())
    }

    fn object(&mut self, id: &str, version: Option<i64>) -> Result<Option<Found<StixObjectView>>, Fault> {
        let mut versions = self.versions_of(id)?;
        let chosen = match version {
            Some(version) => chosen(&versions, version),
            None => last(&versions),
        };
        let Some(chosen) = chosen.cloned() else { return Ok(None) };
        let (Some(shown), Some(content)) = (self.row(&chosen)?, self.sight.text(&chosen)?) else { return Ok(None) };
        let marked = self.marked(&chosen, &content)?;
        let collections = self.places(id)?;
        versions.sort_by_key(|row| std::cmp::Reverse((row.version, row.added)));
        versions.truncate(VERSIONS);
        let mut rows = Vec::with_capacity(versions.len());
        for row in &versions {
            rows.extend(self.row(row)?);
        }
        let view = StixObjectView { shown, content, marked, collections, versions: rows, recalls: Vec::new() };
        Ok(Some(Found { view, classified: self.classified(&versions)? }))
    }

    fn marked(&mut self, row: &EntryRow, text: &str) -> Result<Vec<StixMarkingView>, Fault> {
        let Ok(entry) = index::read(text) else { return Ok(Vec::new()) };
        let mut views = Vec::new();
        for marked in self.sight.markings(row, &entry)? {
            let mut view = StixMarkingView {
                id: marked.id,
                selectors: marked.selectors,
                labels: Vec::new(),
                statement: None,
                unknown: false,
            };
            let mut said = HashSet::new();
            for meaning in marked.meanings {
                match meaning {
                    Meaning::Label { label, .. } => view.labels.push(label::write(&label)),
                    Meaning::Statement(statement) => _ = said.insert(statement),
                    // Why is not told: a definition that is withheld is as good as none.
                    Meaning::Unknown(_) => view.unknown = true,
                }
            }
            // A statement is what a definition says, which may be withheld itself: it is told where one is shown that says it.
            if !said.is_empty() {
                let shown = self.sight.shown_definitions(&view.id)?;
                let mut shown = shown.iter().filter(|definition| self.is_home(definition.record.home));
                view.statement = shown.find_map(|definition| match meaning(&view.id, Some(&definition.text)) {
                    Meaning::Statement(statement) => Some(statement).filter(|statement| said.contains(statement)),
                    _ => None,
                });
            }
            views.push(view);
        }
        Ok(views)
    }

    /// The collections in which an object is had.
    fn places(&mut self, id: &str) -> Result<Vec<StixPlaceView>, Fault> {
        let mut places = Vec::new();
        for (collection, rights) in self.collections.clone() {
            if !rights.read {
                continue;
            }
            let rows = self.sight.readers.index.of_id(collection.number, id)?;
            let versions = self.versions(collection.number, &rows, i64::MAX)?;
            let added = versions.iter().flatten().filter(|row| row.id == id).map(|row| row.added).max();
            places.extend(added.map(|added| StixPlaceView {
                id: collection.id,
                title: collection.title,
                added: moment(added),
            }));
        }
        Ok(places)
    }

    fn difference(&mut self, id: &str, before: i64, after: i64) -> Result<Option<Found<StixDifferenceView>>, Fault> {
        let versions = self.versions_of(id)?;
        let (Some(one), Some(other)) = (chosen(&versions, before), chosen(&versions, after)) else { return Ok(None) };
        let texts = (self.sight.text(one)?, self.sight.text(other)?);
        let (Some(before), Some(after), (Some(old), Some(new))) = (self.row(one)?, self.row(other)?, texts) else {
            return Ok(None);
        };
        let (changes, same) = changes(&old, &new);
        let classified = self.classified(&[one.clone(), other.clone()])?;
        Ok(Some(Found { view: StixDifferenceView { before, after, changes, same }, classified }))
    }
}

/// The version of a moment; of several versions of STIX the newest.
fn chosen(versions: &[EntryRow], version: i64) -> Option<&EntryRow> {
    versions.iter().filter(|row| row.version == version).max_by_key(|row| row.spec)
}

/// What two texts differ in, property by property, and how many properties are the same.
fn changes(before: &str, after: &str) -> (Vec<StixChangeView>, usize) {
    let (old, new) = (text::members(before), text::members(after));
    let known: HashMap<&str, &str> = old.iter().map(|(property, value)| (property.as_str(), *value)).collect();
    let mut same = 0;
    let mut changes: Vec<StixChangeView> = Vec::new();
    for (property, value) in &new {
        match known.get(property.as_str()) {
            // The same, however it is spaced.
            Some(before) if before == value || text::pretty(before) == text::pretty(value) => same += 1,
            before => changes.push(StixChangeView {
                property: property.clone(),
                before: before.map(|before| (*before).to_owned()),
                after: Some((*value).to_owned()),
            }),
        }
    }
    let left: HashSet<&str> = new.iter().map(|(property, _)| property.as_str()).collect();
    let gone = old.iter().filter(|(property, _)| !left.contains(property.as_str()));
    changes.extend(gone.map(|(property, value)| StixChangeView {
        property: property.clone(),
        before: Some((*value).to_owned()),
        after: None,
    }));
    (changes, same)
}

/// `GET /stix/objects/{id}`.
pub(crate) async fn show(
    State(control): State<Control>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<StixVersionQuery>,
) -> Reply<StixObjectView> {
    let version = query.version.as_deref().map(|text| microseconds("version", text, false)).transpose()?;
    let found = looked(&control, &person, move |look| look.object(&id, version)).await?;
    let Found { mut view, classified } = found.ok_or_else(|| not_here("object"))?;
    // It is on the record before it is shown.
    viewed_keys(&control, &person, classified, true).await?;
    let (viewer, name) = (person.viewer().clone(), (view.shown.originator.clone(), view.shown.record.clone()));
    let recalls = control.driver.inspect(move |node| {
        let recalls = node.recalls(&viewer);
        let of_it = recalls.iter().filter(|recall| recall.originator.as_str() == name.0 && recall.record == name.1);
        of_it.map(RecallView::from).collect()
    });
    view.recalls = recalls.await?;
    Ok(Json(view))
}

/// `GET /stix/objects/{id}/difference`.
pub(crate) async fn difference(
    State(control): State<Control>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<StixDifferenceQuery>,
) -> Reply<StixDifferenceView> {
    let before = microseconds("before", &query.before, false)?;
    let after = microseconds("after", &query.after, false)?;
    let found = looked(&control, &person, move |look| look.difference(&id, before, after)).await?;
    let Found { view, classified } = found.ok_or_else(|| not_here("version"))?;
    viewed_keys(&control, &person, classified, true).await?;
    Ok(Json(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_compared_one_by_one() {
        let before = r#"{"name":"a","labels":["x", "y"],"gone":1,"n":1.0}"#;
        let after = r#"{"labels":["x","y"],"name":"b","new":{},"n":1.00}"#;
        let (changes, same) = changes(before, after);
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changes
            .iter()
            .map(|change| (change.property.as_str(), change.before.as_deref(), change.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("name", Some("\"a\""), Some("\"b\"")),
                ("new", None, Some("{}")),
                ("n", Some("1.0"), Some("1.00")),
                ("gone", Some("1"), None)
            ]
        );
        assert_eq!(same, 1);
        assert_eq!(super::changes("nonsense", "{}").1, 0);
    }
}
