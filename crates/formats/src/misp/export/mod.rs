//! Objects of STIX become an event of MISP.
//!
//! What once came from MISP goes back as it was, as long as the object still says the same; everything else by the table. What has
//! become stricter since gets the tag of its colour. What MISP has no word for is in the report.

mod element;
mod object;
mod sighting;

use std::collections::{BTreeMap, BTreeSet};

use entente_core::label::{Label, Tlp};
use serde_json::{Map, Value, json};

use super::{Became, EXTENSION, Report, called, galaxy, scope::Scope, seconds, tag_of, text, uuid, uuid_of};
use crate::{
    Problem,
    foreign::Foreign,
    label,
    stix::{
        id::Id,
        json::{Limits, excerpt, parse},
    },
};

/// An event, and what is not in it.
#[derive(Clone, Debug)]
pub struct Exported {
    /// `{"Event":{…}}`.
    pub event: Value,
    /// How many elements it has.
    pub elements: usize,
    /// What did not go over as it was.
    pub report: Report,
}

/// Makes an event of objects, each a text. Markings are read from among them.
///
/// # Errors
/// When one of them is no object of STIX, or none is there.
pub fn export(objects: &[&str], foreign: &Foreign) -> Result<Exported, Problem> {
    let mut read = Vec::with_capacity(objects.len());
    for text in objects {
        parse(text, Limits::OBJECT)?;
        let object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            _ => return Err(Problem::new("what is to be exported is no object of STIX", 0..text.len())),
        };
        let id = said(&object, "id").to_owned();
        if Id::parse(&id).is_none() {
            return Err(Problem::new(format!("`{}` is no identifier", excerpt(&id)), 0..text.len()));
        }
        read.push((id, object, *text));
    }
    if read.is_empty() {
        return Err(Problem::new("there is no object of STIX", 0..0));
    }
    let index = read.iter().map(|(id, object, _)| (id.as_str(), object)).collect();
    let definitions = read.iter().filter(|(id, ..)| id.starts_with("marking-definition--"));
    let definitions = definitions.map(|(id, _, text)| (id.as_str(), *text)).collect();
    let mut export = Export {
        foreign,
        index,
        definitions,
        report: Report::default(),
        used: BTreeSet::new(),
        event: Map::new(),
        scope: Scope::default(),
        tags: Scope::default(),
        attributes: Vec::new(),
        objects: Vec::new(),
        reports: Vec::new(),
        clusters: BTreeMap::new(),
        elements: BTreeMap::new(),
    };
    export.all(&read);
    let elements = export.attributes.len() + export.objects.len() + export.reports.len();
    let (event, report) = export.end();
    Ok(Exported { event, elements, report })
}

fn said<'o>(object: &'o Map<String, Value>, key: &str) -> &'o str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'o>(object: &'o Map<String, Value>, key: &str) -> impl Iterator<Item = &'o str> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn uuid_part(id: &str) -> &str {
    Id::parse(id).map_or("", |id| id.uuid)
}

/// What an object says of itself as an element of MISP: which, and how it was.
fn beside(object: &Map<String, Value>) -> Option<(&str, &Map<String, Value>)> {
    let extension = object.get("extensions")?.get(EXTENSION)?;
    Some((extension.get("element")?.as_str()?, extension.get("misp")?.as_object()?))
}

type Read<'t> = (String, Map<String, Value>, &'t str);

struct Export<'o> {
    foreign: &'o Foreign,
    index: BTreeMap<&'o str, &'o Map<String, Value>>,
    definitions: BTreeMap<&'o str, &'o str>,
    report: Report,
    /// Objects that are in something else.
    used: BTreeSet<String>,
    event: Map<String, Value>,
    /// What the event says about who may have it.
    scope: Scope,
    /// The same of its tags alone.
    tags: Scope,
    attributes: Vec<Value>,
    objects: Vec<Value>,
    reports: Vec<Value>,
    /// Galaxies that are made here, by type.
    clusters: BTreeMap<String, Vec<Value>>,
    /// For each object of STIX the UUID of its element.
    elements: BTreeMap<String, String>,
}

impl<'o> Export<'o> {
    fn all(&mut self, read: &'o [Read<'o>]) {
        let is_event = |(_, object, _): &&Read<'o>| beside(object).is_some_and(|(element, _)| element == "Event");
        let is_like_one = |(_, object, _): &&Read<'o>| matches!(said(object, "type"), "report" | "grouping");
        let whole = read.iter().find(is_event).or_else(|| read.iter().find(is_like_one));
        self.head(whole.map(|(_, object, _)| object), read);
        // What is in something else is found before what stands alone.
        for (_, object, _) in read {
            match (said(object, "type"), beside(object)) {
                ("observed-data", Some(("Attribute" | "Object", element))) => {
                    self.used.extend(texts(object, "object_refs").map(str::to_owned));
                    self.used_galaxies(element);
                }
                (_, Some((_, element))) => self.used_galaxies(element),
                _ => {}
            }
        }
        for (_, object, _) in read.iter().filter(|(_, object, _)| sighting::is_word(object)) {
            self.used_speakers(object);
        }
        for (id, object, _) in read {
            if !self.used.contains(id) && !id.starts_with("relationship--") && !sighting::is_word(object) {
                self.one(id, object);
            }
        }
        for (id, object, _) in read.iter().filter(|(_, object, _)| sighting::is_word(object)) {
            self.word(id, object);
        }
        for (id, object, _) in read.iter().filter(|(id, ..)| id.starts_with("relationship--")) {
            self.relationship(id, object);
        }
    }

    fn head(&mut self, whole: Option<&'o Map<String, Value>>, read: &[Read<'o>]) {
        let raw = whole.and_then(|whole| beside(whole)).map(|(_, raw)| raw.clone()).unwrap_or_default();
        let moments = read.iter().map(|(_, object, _)| said(object, "modified")).filter(|text| !text.is_empty());
        let latest = moments.filter_map(seconds).max_by_key(|text| text.parse::<i64>().unwrap_or_default());
        let ids: Vec<&str> = read.iter().map(|(id, ..)| id.as_str()).collect();
        let own = whole.map_or_else(|| uuid_of(&ids), |whole| uuid_part(said(whole, "id")).to_owned());
        let name = whole.map(|whole| said(whole, "name")).filter(|name| !name.is_empty());
        let all = read.iter().map(|(_, object, _)| said(object, "created")).filter(|text| !text.is_empty());
        let day = whole.map(|whole| said(whole, "created")).filter(|text| !text.is_empty()).or_else(|| all.min());
        let day = day.and_then(|text| text.get(..10)).unwrap_or("1970-01-01").to_owned();
        let mut event = raw;
        let mut default = |key: &str, value: Value| {
            event.entry(key).or_insert(value);
        };
        default("uuid", own.into());
        default("date", day.into());
        default("threat_level_id", "4".into());
        default("analysis", "0".into());
        default("distribution", "0".into());
        default("published", false.into());
        default("timestamp", latest.unwrap_or_else(|| "0".to_owned()).into());
        // The name is what the object says now.
        let info = name.map_or_else(|| format!("objects of STIX: {}", read.len()), str::to_owned);
        event.insert("info".to_owned(), info.into());
        let maker = whole.map(|whole| said(whole, "created_by_ref"));
        if let Some(object) = maker.and_then(|id| self.index.get(id)) {
            let maker = json!({ "uuid": uuid_part(said(object, "id")), "name": said(object, "name") });
            event.insert("Orgc".to_owned(), maker);
            self.used.insert(said(object, "id").to_owned());
        }
        if let Some(whole) = whole {
            let own = said(whole, "id").to_owned();
            self.elements.insert(own.clone(), String::new());
            self.used.insert(own);
            let what = called("Event", &[said(whole, "name")]);
            self.mark(&mut event, whole, &what);
            self.used_galaxies(&event);
        }
        self.scope = Scope::default().within(&event, "Event", self.foreign, &mut Report::default());
        self.tags = Scope::default().within(&without_level(&event), "Event", self.foreign, &mut Report::default());
        self.event = event;
    }

    /// The objects of the clusters that an element has already.
    fn used_galaxies(&mut self, element: &Map<String, Value>) {
        for attribute in super::list(element, "Attribute") {
            self.used_galaxies(attribute);
        }
        for cluster in super::list(element, "Galaxy").flat_map(|galaxy| super::list(galaxy, "GalaxyCluster")) {
            let kind = text(cluster, "type").and_then(|kind| galaxy::kind(&kind));
            if let (Some(kind), Some(uuid)) = (kind, uuid(cluster)) {
                self.used.insert(format!("{kind}--{uuid}"));
            }
        }
    }

    /// Tags an element with what its object's markings say beyond what it and the event say.
    fn mark(&mut self, element: &mut Map<String, Value>, object: &Map<String, Value>, what: &str) {
        let own: Vec<&str> = texts(object, "object_marking_refs").collect();
        let parts = object.get("granular_markings").and_then(Value::as_array).into_iter().flatten();
        let parts = parts.filter_map(|part| part.get("marking_ref")).filter_map(Value::as_str);
        let ids: Vec<&str> = own.into_iter().chain(parts).collect();
        let (restriction, unread) = self.foreign.restriction(ids, |id| self.definitions.get(id).copied());
        for (id, why) in unread {
            self.report.say(Became::Strictest, what, format!("the marking `{id}`: {why}"));
        }
        // Of what came from MISP its level says as much as a tag. A level that is set here says nothing for whoever changes it.
        let mut told = if beside(object).is_some() {
            self.scope.within(element, what, self.foreign, &mut Report::default())
        } else {
            self.tags.within(&without_level(element), what, self.foreign, &mut Report::default())
        };
        for attribute in super::list(element, "Attribute") {
            told = told.within(attribute, what, self.foreign, &mut Report::default());
        }
        // Statements keep nobody out.
        if told.restriction.clone().join(restriction.clone()).labels() == told.restriction.labels() {
            return;
        }
        let mut is_narrow = false;
        for label in restriction.labels().to_vec() {
            let name = match &label {
                Label::Tlp(colour) => {
                    is_narrow |= *colour >= Tlp::AmberStrict;
                    tag_of(*colour)
                }
                Label::Marking(_) => {
                    is_narrow = true;
                    let label = label::write(&label);
                    let why = format!("MISP has no word for `{label}`: it stands as a tag, for your organisation only");
                    self.report.say(Became::Kept, what, why);
                    format!("entente:label=\"{label}\"")
                }
            };
            let tags = element.entry("Tag").or_insert_with(|| json!([]));
            if let Some(tags) = tags.as_array_mut() {
                tags.push(json!({ "name": name }));
            }
        }
        if is_narrow {
            element.insert("distribution".to_owned(), "0".into());
        }
    }

    fn one(&mut self, id: &str, object: &'o Map<String, Value>) {
        let kind = said(object, "type");
        let what = called(
            kind,
            &[["name", "value", "pattern"]
                .map(|key| said(object, key))
                .into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or(id)],
        );
        match beside(object) {
            Some(("Attribute", raw)) => {
                if let Some(attribute) = self.as_it_was(object, raw) {
                    return self.attribute(id, object, attribute, &what);
                }
                self.report.say(Became::Kept, &what, "it was changed since it came from MISP");
            }
            Some(("Object", raw)) => {
                if self.is_as_it_was(object, raw) {
                    return self.object(id, object, raw.clone(), &what);
                }
                self.report.say(Became::Kept, &what, "it was changed since it came from MISP");
            }
            _ => {}
        }
        match kind {
            "marking-definition" | "extension-definition" => {}
            "note" => self.note(object, &what),
            "indicator" => self.indicator(id, object, &what),
            "observed-data" => {
                for thing in texts(object, "object_refs").collect::<Vec<_>>() {
                    match self.index.get(thing).copied() {
                        Some(found) if !self.used.contains(thing) => {
                            self.observable(thing, found, Some(object), &what);
                            self.used.insert(thing.to_owned());
                        }
                        Some(_) => {}
                        None => self.report.say(Became::Left, &what, format!("`{}` is not here", excerpt(thing))),
                    }
                }
            }
            "vulnerability" => {
                self.plain(id, object, "vulnerability", "External analysis", said(object, "name"), &what);
            }
            "campaign" => self.plain(id, object, "campaign-name", "Attribution", said(object, "name"), &what),
            "malware" | "tool" | "threat-actor" | "intrusion-set" | "attack-pattern" | "course-of-action" => {
                self.cluster(object, kind);
            }
            "x-misp-attribute" => {
                let (kind, category) = (said(object, "x_misp_type"), said(object, "x_misp_category"));
                self.plain(id, object, kind, category, said(object, "x_misp_value"), &what);
            }
            _ if !object.contains_key("created") => {
                // What something else points at goes with that.
                let is_pointed_at = self.index.values().any(|other| {
                    !other.contains_key("created")
                        && other
                            .iter()
                            .any(|(key, value)| key.ends_with("_ref") && value == id || points(value, id, key))
                });
                if !is_pointed_at {
                    self.observable(id, object, None, &what);
                }
            }
            _ => self.report.say(Became::Left, what, format!("MISP has no word for a `{kind}`")),
        }
    }

    fn relationship(&mut self, id: &str, object: &Map<String, Value>) {
        let (source, target) = (said(object, "source_ref"), said(object, "target_ref"));
        let (from, to) = (self.elements.get(source), self.elements.get(target));
        let raw = beside(object).filter(|(element, _)| *element == "ObjectReference").map(|(_, raw)| raw.clone());
        let word = said(object, "relationship_type");
        if raw.is_none() {
            let is_of_import = match (from, to) {
                // The event has all its elements.
                (_, Some(to)) if to.is_empty() => true,
                (Some(from), _) if from.is_empty() => true,
                (Some(from), Some(to)) => from == to,
                _ => false,
            };
            if is_of_import || self.used.contains(target) {
                return;
            }
        }
        let (Some(from), Some(to)) = (from, to) else {
            let what = called("relationship", &[word, id]);
            return self.report.say(Became::Left, what, "MISP relates objects of one event alone");
        };
        let mut reference = raw.unwrap_or_else(|| {
            let mut reference = Map::new();
            reference.insert("relationship_type".to_owned(), word.into());
            reference.insert("comment".to_owned(), said(object, "description").into());
            reference
        });
        reference.insert("uuid".to_owned(), uuid_part(id).into());
        reference.insert("object_uuid".to_owned(), from.as_str().into());
        reference.entry("referenced_uuid").or_insert_with(|| to.as_str().into());
        let owner = self.objects.iter_mut().filter_map(Value::as_object_mut);
        let owner = owner.into_iter().find(|element| text(element, "uuid").as_deref() == Some(from.as_str()));
        match owner {
            Some(owner) => {
                let list = owner.entry("ObjectReference").or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(Value::Object(reference));
                }
            }
            None => {
                let what = called("relationship", &[word, id]);
                self.report.say(Became::Left, what, "an attribute of MISP has no relations of its own");
            }
        }
    }

    fn end(self) -> (Value, Report) {
        let Self { mut event, attributes, objects, reports, clusters, report, .. } = self;
        let mut galaxies = event.get("Galaxy").and_then(Value::as_array).cloned().unwrap_or_default();
        for (kind, clusters) in clusters {
            let tags = clusters.iter().filter_map(|cluster| cluster.get("tag_name"));
            let tags: Vec<Value> = tags.map(|name| json!({ "name": name })).collect();
            if let Some(list) = event.entry("Tag").or_insert_with(|| json!([])).as_array_mut() {
                list.extend(tags);
            }
            let uuid = uuid_of(&["galaxy", &kind]);
            galaxies.push(json!({ "uuid": uuid, "type": kind, "name": kind, "GalaxyCluster": clusters }));
        }
        for (key, list) in
            [("Galaxy", galaxies), ("Attribute", attributes), ("Object", objects), ("EventReport", reports)]
        {
            event.insert(key.to_owned(), list.into());
        }
        (json!({ "Event": event }), report)
    }
}

/// An element without its distribution level.
fn without_level(element: &Map<String, Value>) -> Map<String, Value> {
    element.iter().filter(|(key, _)| *key != "distribution").map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whether a list of references has that id in it.
fn points(value: &Value, id: &str, key: &str) -> bool {
    key.ends_with("_refs") && value.as_array().is_some_and(|list| list.iter().any(|item| item == id))
}
