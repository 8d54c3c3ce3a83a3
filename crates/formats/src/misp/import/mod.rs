//! An event of MISP becomes objects of STIX, each with what its tags and distribution say about who may have it.
//!
//! The event itself points at none of its parts that is for fewer than it is: whoever may have the event and not the part would
//! lose both, or learn that there is one. Such a part points at the event (`docs/decisions/0073-misp-distribution.md`).

mod attribute;
mod object;
mod around;
mod sighting;

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{Party, label::Label};
use serde_json::{Map, Value, json};

pub(super) use self::attribute::mapped;
use self::sighting::{Target, Word};
use super::{
    Became, EXTENSION, Report, called, flag, list, moment,
    scope::{Definitions, Scope},
    text, uuid, uuid_of,
};
use crate::{
    Problem,
    foreign::Foreign,
    stix::{
        check::{Options, check},
        json::{Limits, excerpt},
        marking::Restriction,
        time::Moment,
    },
};

/// What means something on the server that an event comes from, and nowhere else.
const LOCAL: [&str; 18] = [
    "id",
    "event_id",
    "object_id",
    "org_id",
    "orgc_id",
    "sharing_group_id",
    "event_creator_email",
    "attribute_count",
    "proposal_email_lock",
    "locked",
    "template_id",
    "galaxy_id",
    "galaxy_cluster_id",
    "source_id",
    "referenced_id",
    "Org",
    "warnings",
    "Feed",
];
/// What has its own place.
const PARTS: [&str; 7] = ["Attribute", "Object", "EventReport", "ObjectReference", "Orgc", "data", "ShadowAttribute"];
/// What is about other events.
const OTHERS: [(&str, &str); 2] = [
    ("RelatedEvent", "what other events are related to it is for who may have those"),
    ("RelatedAttribute", "what other events are related to it is for who may have those"),
];

/// An event, as objects.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its UUID.
    pub uuid: String,
    /// What it is about.
    pub info: String,
    /// Whether a tag of the taxonomy `exercise` says that it is one.
    pub is_exercise: bool,
    /// Marking definitions that the objects need; each an object of STIX.
    pub definitions: Vec<String>,
    /// The objects; the event itself is the last.
    pub objects: Vec<Made>,
    /// What did not go over as it was.
    pub report: Report,
}

/// An object that was made of a part of an event.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// A name for people.
    pub title: String,
    /// The object.
    pub text: String,
    /// What holds of it.
    pub restriction: Restriction,
    /// The parties of its sharing group, or none of them where it is for its own organisation; `None` where nothing names any.
    pub parties: Option<BTreeSet<Party>>,
    /// What in the event says so, for people.
    pub because: BTreeSet<String>,
}

impl Made {
    /// The one label that says as much as all its markings. `None` where nothing marks it, or no one label can.
    pub fn label(&self) -> Option<Label> {
        self.restriction.label()
    }
}

impl Imported {
    /// All of it as one bundle.
    pub fn bundle(&self) -> String {
        let mut out =
            format!("{{\"type\":\"bundle\",\"id\":\"bundle--{}\",\"objects\":", uuid_of(&["bundle", &self.uuid]));
        let objects = self.definitions.iter().chain(self.objects.iter().map(|made| &made.text));
        crate::stix::envelope::write_objects(objects.map(String::as_str), &mut out);
        out.push('}');
        out
    }
}

/// Reads an event.
///
/// # Errors
/// When it has no UUID, no date or no name.
pub fn import(event: &Map<String, Value>, foreign: &Foreign) -> Result<Imported, Problem> {
    let wrong = |what: &str| Problem::new(format!("the event has no `{what}`"), 0..0);
    let id = uuid(event).ok_or_else(|| wrong("uuid"))?;
    let info = text(event, "info").filter(|info| !info.is_empty()).ok_or_else(|| wrong("info"))?;
    let date = text(event, "date").map(|date| format!("{date}T00:00:00.000000Z"));
    let date = date.filter(|date| Moment::parse(date).is_ok()).ok_or_else(|| wrong("date"))?;
    let mut import = Import {
        foreign,
        report: Report::default(),
        definitions: Definitions::default(),
        local: BTreeSet::new(),
        date,
        author: String::new(),
        made: Vec::new(),
        mains: BTreeMap::new(),
        words: Vec::new(),
        is_exercise: false,
    };
    import.event(event, &id, &info);
    let Import { report, definitions, made, is_exercise, .. } = import;
    let definitions = definitions.0.into_values().collect();
    Ok(Imported { uuid: id, info, is_exercise, definitions, objects: made, report })
}

struct Import<'f> {
    foreign: &'f Foreign,
    report: Report,
    definitions: Definitions,
    /// Which keys were left out as local.
    local: BTreeSet<&'static str>,
    /// The event's own day: from then on its parts count as created, however often they change.
    date: String,
    author: String,
    made: Vec<Made>,
    /// For each element of the event the object that stands for it, and what holds of that.
    mains: BTreeMap<String, (String, Scope)>,
    /// What others say of its parts.
    words: Vec<Word>,
    is_exercise: bool,
}

impl Import<'_> {
    fn event(&mut self, event: &Map<String, Value>, id: &str, info: &str) {
        let what = called("Event", &[id]);
        let scope = Scope::default().within(event, &what, self.foreign, &mut self.report);
        self.author(event, id);
        for attribute in list(event, "Attribute") {
            self.attribute(attribute, &scope, event);
        }
        for object in list(event, "Object") {
            self.object(object, &scope, event);
        }
        for object in list(event, "Object") {
            self.references(object);
        }
        let clusters = self.clusters(event, &scope, event);
        let changed = self.changed(event, event);
        let (of, main) = (String::new(), String::new());
        self.hear(event, &Target { of, main, scope: scope.clone(), changed: changed.clone() });
        self.say_again(&scope);
        let kind = if flag(event, "published") { "report" } else { "grouping" };
        let mut whole = self.common(kind, id, &changed);
        whole.insert("name".to_owned(), info.into());
        if kind == "report" {
            let published = text(event, "publish_timestamp").filter(|seconds| seconds != "0");
            let published = published.and_then(|seconds| moment(&seconds)).unwrap_or_else(|| changed.clone());
            whole.insert("published".to_owned(), published.into());
        } else {
            whole.insert("context".to_owned(), "suspicious-activity".into());
        }
        let whole_id = format!("{kind}--{id}");
        let mut refs: Vec<Value> = Vec::new();
        let mut stricter = Vec::new();
        // Observables go with what observed them.
        for made in &self.made {
            let of = Scope {
                restriction: made.restriction.clone(),
                parties: made.parties.clone(),
                statements: BTreeSet::new(),
                because: BTreeSet::new(),
            };
            let wide = Scope { statements: BTreeSet::new(), ..scope.clone() };
            if wide.covers(&of) {
                refs.push(made.id.as_str().into());
            } else if made.text.contains("\"created\":") {
                stricter.push((made.id.clone(), made.because.clone(), of));
            }
        }
        refs.extend(clusters.into_iter().map(Value::from));
        if refs.is_empty() {
            refs.push(self.author.as_str().into());
        }
        for (part, because, of) in stricter.into_iter().filter(|(part, ..)| !is_relation(part)) {
            let of = Scope { because, ..of.and(&scope) };
            self.relate(&part, "related-to", &whole_id, &changed, &of, &uuid_of(&["part", id, &part]));
        }
        whole.insert("object_refs".to_owned(), refs.into());
        for report in list(event, "EventReport") {
            self.event_report(report, &scope, event, &whole_id);
        }
        let beside = self.beside(event, &what);
        self.labels(&mut whole, event, &[]);
        self.add(whole, &scope, Some(("Event", beside)));
        if !self.local.is_empty() {
            let keys: Vec<&str> = self.local.iter().copied().collect();
            let why = format!("they mean something on the server that it comes from alone: {}", keys.join(", "));
            self.report.say(Became::Left, "numbers and settings", why);
        }
    }

    /// Who made the event.
    fn author(&mut self, event: &Map<String, Value>, id: &str) {
        let maker = event.get("Orgc").and_then(Value::as_object);
        let own = maker.and_then(uuid).unwrap_or_else(|| uuid_of(&["maker", id]));
        self.author = format!("identity--{own}");
        let name = maker.and_then(|maker| text(maker, "name")).filter(|name| !name.is_empty());
        if name.is_none() {
            self.report.say(Became::Kept, called("Event", &[id]), "it does not say who made it");
        }
        let object = Self::organisation(&self.author, name.unwrap_or_else(|| "not said".to_owned()));
        // That there is such an organisation is no secret of any event's, but that it made one may be.
        let what = called("Event", &[id]);
        let scope = Scope::default().within(event, &what, self.foreign, &mut Report::default());
        self.add(object, &scope, None);
    }

    /// An organisation: the same in all events, whenever they were made.
    fn organisation(id: &str, name: String) -> Map<String, Value> {
        let mut object = Map::new();
        for (key, value) in [("type", "identity"), ("spec_version", "2.1"), ("id", id)] {
            object.insert(key.to_owned(), value.into());
        }
        for key in ["created", "modified"] {
            object.insert(key.to_owned(), "1970-01-01T00:00:00.000Z".into());
        }
        object.insert("name".to_owned(), name.into());
        object.insert("identity_class".to_owned(), "organization".into());
        object
    }

    /// What all objects have that are not observables.
    fn common(&self, kind: &str, uuid: &str, changed: &str) -> Map<String, Value> {
        let created = if self.date.as_str() <= changed { &self.date } else { changed };
        let mut object = Map::new();
        let id = format!("{kind}--{uuid}");
        for (key, value) in [("type", kind), ("spec_version", "2.1"), ("id", &id), ("created_by_ref", &self.author)] {
            object.insert(key.to_owned(), value.into());
        }
        object.insert("created".to_owned(), created.into());
        object.insert("modified".to_owned(), changed.into());
        object
    }

    /// When an element was changed last.
    fn changed(&self, element: &Map<String, Value>, event: &Map<String, Value>) -> String {
        let of = |element: &Map<String, Value>| text(element, "timestamp").and_then(|seconds| moment(&seconds));
        of(element).or_else(|| of(event)).unwrap_or_else(|| self.date.clone())
    }

    /// What stays beside the object: everything of the element but its parts and what is local.
    fn beside(&mut self, element: &Map<String, Value>, what: &str) -> Map<String, Value> {
        for (key, why) in OTHERS {
            let is_there = element.get(key).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
            if is_there {
                self.report.say(Became::Left, format!("{what}, {key}"), why);
            }
        }
        // Those that become objects are no longer beside it.
        let unsaid: Vec<Value> = list(element, "Sighting")
            .filter(|sighting| !sighting::is_mapped(sighting))
            .filter_map(|sighting| filled(&Value::Object(sighting.clone())))
            .collect();
        if !unsaid.is_empty() {
            let why = "STIX has no word for when something is to expire; it stays in the extension";
            self.report.say(Became::Kept, format!("{what}, Sighting"), why);
        }
        self.local.extend(LOCAL.iter().filter(|key| element.contains_key(**key)));
        let stays =
            |key: &str| !LOCAL.contains(&key) && !PARTS.contains(&key) && OTHERS.iter().all(|(it, _)| *it != key);
        let kept = element.iter().filter(|(key, _)| stays(key) && *key != "Sighting");
        let mut kept: Map<String, Value> =
            kept.filter_map(|(key, value)| Some((key.clone(), filled(value)?))).collect();
        if !unsaid.is_empty() {
            kept.insert("Sighting".to_owned(), unsaid.into());
        }
        kept
    }

    /// Tags as labels, with what tools that know MISP look for.
    fn labels(&mut self, object: &mut Map<String, Value>, element: &Map<String, Value>, said: &[(&str, String)]) {
        let tags = list(element, "Tag").filter_map(|tag| text(tag, "name")).filter(|name| !name.is_empty());
        let tags: Vec<String> = tags.filter(|name| super::colour(name).is_none()).collect();
        self.is_exercise |= tags.iter().any(|name| name.to_lowercase().starts_with("exercise:"));
        let said = said.iter().map(|(key, value)| format!("misp:{key}=\"{value}\""));
        let labels: Vec<Value> = tags.into_iter().chain(said).map(Value::from).collect();
        if !labels.is_empty() {
            object.insert("labels".to_owned(), labels.into());
        }
        if flag(element, "deleted") {
            object.insert("revoked".to_owned(), true.into());
        }
    }

    /// Whether all of these are valid objects.
    fn valid(objects: &[Map<String, Value>]) -> bool {
        objects.iter().all(|object| {
            let text = Value::Object(object.clone()).to_string();
            check(&text, &Options::default(), Limits::OBJECT).is_ok_and(|report| report.is_valid(false))
        })
    }

    /// Marks an object and keeps it.
    fn add(&mut self, mut object: Map<String, Value>, scope: &Scope, beside: Option<(&str, Map<String, Value>)>) {
        let ids = self.definitions.of(scope);
        if !ids.is_empty() {
            object.insert("object_marking_refs".to_owned(), ids.into());
        }
        if let Some((element, beside)) = beside {
            let extension = json!({ "extension_type": "property-extension", "element": element, "misp": beside });
            object.insert("extensions".to_owned(), json!({ EXTENSION: extension }));
        }
        let said = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = ["name", "pattern", "value", "abstract"].into_iter().map(said).find(|text| !text.is_empty());
        let made = Made {
            id: said("id").to_owned(),
            title: format!("{} {}", said("type"), excerpt(name.unwrap_or_default())).trim_end().to_owned(),
            restriction: scope.restriction.clone(),
            parties: scope.parties.clone(),
            because: scope.because.clone(),
            text: String::new(),
        };
        // One observable may be named by two attributes alike.
        if self.made.iter().all(|other| other.id != made.id) {
            self.made.push(Made { text: Value::Object(object).to_string(), ..made });
        }
    }

    fn relate(&mut self, source: &str, word: &str, target: &str, changed: &str, scope: &Scope, uuid: &str) {
        let mut object = self.common("relationship", uuid, changed);
        object.insert("relationship_type".to_owned(), word.into());
        object.insert("source_ref".to_owned(), source.into());
        object.insert("target_ref".to_owned(), target.into());
        self.add(object, scope, None);
    }
}

/// Whether an object relates others, so that nothing of STIX can relate it.
fn is_relation(id: &str) -> bool {
    ["relationship--", "sighting--"].iter().any(|kind| id.starts_with(kind))
}

/// A value without what says nothing, which no property of STIX may hold: `null`, and lists and objects without anything in them.
fn filled(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(filled).collect();
            (!items.is_empty()).then(|| items.into())
        }
        Value::Object(object) => {
            let members: Map<String, Value> =
                object.iter().filter_map(|(key, value)| Some((key.clone(), filled(value)?))).collect();
            (!members.is_empty()).then(|| members.into())
        }
        other => Some(other.clone()),
    }
}
