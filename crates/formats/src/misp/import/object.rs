//! Objects, and what they point at.

use serde_json::{Map, Value};

use super::{
    Import,
    attribute::{ids, indicator},
    filled,
    sighting::Target,
};
use crate::misp::{
    Became, called,
    facts::{self, observables},
    flag, list,
    object::{self, Read},
    scope::Scope,
    text, uuid, uuid_of,
};

impl Import<'_> {
    pub(super) fn object(&mut self, element: &Map<String, Value>, around: &Scope, event: &Map<String, Value>) {
        let name = text(element, "name").unwrap_or_default();
        let own = uuid(element).unwrap_or_else(|| uuid_of(&["object", &name, &self.date]));
        let what = called("Object", &[&name, &own]);
        // An object is one thing: what its strictest attribute says holds of it.
        let mut scope = around.within(element, &what, self.foreign, &mut self.report);
        for attribute in list(element, "Attribute") {
            scope = scope.within(attribute, &what, self.foreign, &mut self.report);
        }
        let changed = self.changed(element, event);
        let mut beside = self.beside(element, &what);
        let mut attributes = Vec::new();
        for attribute in list(element, "Attribute") {
            let relation = text(attribute, "object_relation").unwrap_or_default();
            let mut kept = self.beside(attribute, &format!("{what}, {relation}"));
            // A file in an object has no place of its own.
            if let Some(data) = attribute.get("data").and_then(filled) {
                kept.insert("data".to_owned(), data);
            }
            attributes.push(Value::Object(kept));
        }
        let meta = text(element, "meta-category").unwrap_or_default();
        let said = [("name", name.clone()), ("meta-category", meta.clone())];
        let mut objects = Vec::new();
        if let Some(read) = object::read(element) {
            objects = self.observed(&read, element, &own, &changed, &what);
            if Self::valid(&objects) {
                for relation in &read.beside {
                    let why = "STIX has no word for it in such an object; it stays in the extension";
                    self.report.say(Became::Kept, format!("{what}, {relation}"), why);
                }
            } else {
                objects.clear();
            }
        }
        if objects.is_empty() {
            let why = format!("STIX has no word for such a `{name}`; it is kept as `x-misp-object`");
            self.report.say(Became::Kept, &what, why);
            let mut object = self.common("x-misp-object", &own, &changed);
            object.insert("x_misp_name".to_owned(), name.into());
            object.insert("x_misp_meta_category".to_owned(), meta.into());
            if !attributes.is_empty() {
                object.insert("x_misp_attributes".to_owned(), Value::Array(attributes));
            }
            objects = vec![object];
        } else if !attributes.is_empty() {
            beside.insert("Attribute".to_owned(), Value::Array(attributes));
        }
        let main = objects.first().and_then(|it| it.get("id")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut beside = Some(("Object", beside));
        for mut object in objects {
            if object.contains_key("created") && object.get("type").and_then(Value::as_str) != Some("relationship") {
                self.labels(&mut object, element, &said);
            }
            self.add(object, &scope, beside.take());
        }
        for attribute in list(element, "Attribute") {
            if let Some(uuid) = uuid(attribute) {
                let (of, main, scope) = (uuid.clone(), main.clone(), scope.clone());
                self.hear(
                    attribute,
                    &Target { of, main: main.clone(), scope: scope.clone(), changed: changed.clone() },
                );
                self.mains.insert(uuid, (main, scope));
            }
            self.clusters(attribute, &scope, event);
        }
        self.mains.insert(own, (main, scope));
    }

    /// The objects for an object that is one observable: an indicator for what is for detection, what was observed for the rest.
    fn observed(
        &mut self,
        read: &Read,
        element: &Map<String, Value>,
        own: &str,
        changed: &str,
        what: &str,
    ) -> Vec<Map<String, Value>> {
        let kind = read.template.kind;
        let mut objects = Vec::new();
        if !read.detected.is_empty() {
            let mut object = self.common("indicator", own, changed);
            object.extend(indicator("stix", &facts::pattern(kind, &read.detected)));
            self.time(&mut object, element, changed, what);
            self.comment(&mut object, element);
            objects.push(object);
        }
        if read.detected.len() < read.facts.len() {
            let things = observables(kind, &read.facts, own);
            let mut object = self.common("observed-data", own, changed);
            object.insert("object_refs".to_owned(), ids(&things));
            self.time(&mut object, element, changed, what);
            objects.push(object);
            objects.extend(things);
        }
        if let [first, second, ..] = objects.as_slice()
            && let (Some(indicator), Some(observed)) = (first.get("pattern").and(first.get("id")), second.get("id"))
        {
            let mut object = self.common("relationship", &uuid_of(&["based-on", own]), changed);
            object.insert("relationship_type".to_owned(), "based-on".into());
            object.insert("source_ref".to_owned(), indicator.clone());
            object.insert("target_ref".to_owned(), observed.clone());
            objects.push(object);
        }
        objects
    }

    pub(super) fn references(&mut self, element: &Map<String, Value>) {
        let Some((source, of)) = uuid(element).and_then(|uuid| self.mains.get(&uuid)).cloned() else { return };
        for reference in list(element, "ObjectReference").filter(|reference| !flag(reference, "deleted")) {
            let word = text(reference, "relationship_type").unwrap_or_default();
            let what = called("ObjectReference", &[&word, &text(reference, "uuid").unwrap_or_default()]);
            let target = text(reference, "referenced_uuid").map(|uuid| uuid.to_lowercase());
            let Some((target, other)) = target.and_then(|uuid| self.mains.get(&uuid)).cloned() else {
                self.report.say(Became::Left, what, "what it points at is not in the event");
                continue;
            };
            let own = uuid(reference).unwrap_or_else(|| uuid_of(&["reference", &source, &word, &target]));
            // Lower case, digits and hyphens (section 5.1).
            let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
            let said: String = word.chars().map(sign).collect();
            let said = said.trim_matches('-');
            let said = if said.is_empty() { "related-to" } else { said };
            let changed = self.changed(reference, element);
            let mut object = self.common("relationship", &own, &changed);
            object.insert("relationship_type".to_owned(), said.into());
            object.insert("source_ref".to_owned(), source.as_str().into());
            object.insert("target_ref".to_owned(), target.into());
            if let Some(comment) = text(reference, "comment").filter(|comment| !comment.is_empty()) {
                object.insert("description".to_owned(), comment.into());
            }
            let beside = self.beside(reference, &what);
            self.add(object, &of.and(&other), Some(("ObjectReference", beside)));
        }
    }
}
