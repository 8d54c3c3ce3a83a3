//! Elements of an event: as they were, or as objects say that they would be.

use serde_json::{Map, Value, json};

use super::{Export, said, texts, uuid_part};
use crate::misp::{
    facts,
    import::mapped,
    object, seconds,
    table::{self, ATTRIBUTES},
    text, uuid_of,
};

impl Export<'_> {
    /// The attribute that an object was made of, when the object still says the same.
    pub(super) fn as_it_was(
        &self,
        object: &Map<String, Value>,
        raw: &Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let (kind, value) = (text(raw, "type")?, text(raw, "value")?);
        let mut attribute = raw.clone();
        let own = uuid_part(said(object, "id"));
        let artifact = self.index.get(format!("artifact--{own}").as_str());
        let data = artifact.and_then(|artifact| artifact.get("payload_bin")).or_else(|| object.get("x_misp_data"));
        if let Some(data) = data {
            attribute.insert("data".to_owned(), data.clone());
        }
        if said(object, "type") == "x-misp-attribute" {
            return (said(object, "x_misp_value") == value && said(object, "x_misp_type") == kind).then_some(attribute);
        }
        let made = mapped(&attribute, &kind, &value, own)?;
        let (first, things) = made.split_first()?;
        let is_same = first.iter().all(|(key, value)| object.get(key) == Some(value))
            && things.iter().all(|thing| {
                let kept = self.index.get(said(thing, "id"));
                kept.is_some_and(|kept| thing.iter().all(|(key, value)| kept.get(key) == Some(value)))
            });
        is_same.then_some(attribute)
    }

    pub(super) fn is_as_it_was(&self, object: &Map<String, Value>, raw: &Map<String, Value>) -> bool {
        match said(object, "type") {
            "x-misp-object" => true,
            "indicator" => object::read(raw)
                .is_some_and(|read| said(object, "pattern") == facts::pattern(read.template.kind, &read.detected)),
            _ => object::read(raw).is_some_and(|read| {
                let things = facts::observables(read.template.kind, &read.facts, uuid_part(said(object, "id")));
                things.iter().all(|thing| {
                    let kept = self.index.get(said(thing, "id"));
                    kept.is_some_and(|kept| thing.iter().all(|(key, value)| kept.get(key) == Some(value)))
                })
            }),
        }
    }

    pub(super) fn attribute(
        &mut self,
        id: &str,
        object: &Map<String, Value>,
        mut attribute: Map<String, Value>,
        what: &str,
    ) {
        self.mark(&mut attribute, object, what);
        self.elements.insert(id.to_owned(), text(&attribute, "uuid").unwrap_or_default());
        self.attributes.push(Value::Object(attribute));
    }

    pub(super) fn object(
        &mut self,
        id: &str,
        object: &Map<String, Value>,
        mut element: Map<String, Value>,
        what: &str,
    ) {
        // What is for detection and what was observed are one object there.
        let own = uuid_part(id).to_owned();
        self.used.extend([format!("indicator--{own}"), format!("observed-data--{own}")]);
        let things = self.index.get(format!("observed-data--{own}").as_str());
        self.used.extend(things.into_iter().flat_map(|things| texts(things, "object_refs")).map(str::to_owned));
        if let Some(attributes) = object.get("x_misp_attributes") {
            element.insert("Attribute".to_owned(), attributes.clone());
        }
        self.mark(&mut element, object, what);
        let element_uuid = text(&element, "uuid").unwrap_or_else(|| own.clone());
        for kind in ["indicator", "observed-data", "x-misp-object"] {
            self.elements.insert(format!("{kind}--{own}"), element_uuid.clone());
        }
        self.objects.push(Value::Object(element));
    }

    /// An attribute that was none before.
    pub(super) fn plain(
        &mut self,
        id: &str,
        object: &Map<String, Value>,
        kind: &str,
        category: &str,
        value: &str,
        what: &str,
    ) {
        let mut attribute = Map::new();
        attribute.insert("uuid".to_owned(), uuid_part(id).into());
        attribute.insert("type".to_owned(), kind.into());
        attribute.insert("category".to_owned(), category.into());
        attribute.insert("value".to_owned(), value.into());
        attribute.insert("to_ids".to_owned(), (said(object, "type") == "indicator").into());
        attribute.insert("distribution".to_owned(), "5".into());
        if let Some(seconds) = seconds(said(object, "modified")) {
            attribute.insert("timestamp".to_owned(), seconds.into());
        }
        attribute.insert("comment".to_owned(), said(object, "description").into());
        if object.get("revoked") == Some(&Value::Bool(true)) {
            attribute.insert("deleted".to_owned(), true.into());
        }
        for (key, from) in [("first_seen", "valid_from"), ("last_seen", "valid_until")] {
            if let Some(moment) = object.get(from) {
                attribute.insert(key.to_owned(), moment.clone());
            }
        }
        let tags: Vec<Value> = texts(object, "labels").map(|name| json!({ "name": name })).collect();
        if !tags.is_empty() {
            attribute.insert("Tag".to_owned(), tags.into());
        }
        self.attribute(id, object, attribute, what);
    }

    pub(super) fn template(
        &mut self,
        id: &str,
        object: &Map<String, Value>,
        template: &table::Template,
        attributes: Vec<(&'static str, &'static str, String)>,
        what: &str,
    ) {
        let to_ids = said(object, "type") == "indicator";
        let one = |(relation, kind, value): (&str, &str, String)| {
            json!({
                "uuid": uuid_of(&[id, relation, &value]),
                "type": kind,
                "object_relation": relation,
                "category": ATTRIBUTES.iter().find(|row| row.name == kind).map_or("Other", |row| row.category),
                "value": value,
                "to_ids": to_ids,
                "distribution": "5",
            })
        };
        let attributes: Vec<Value> = attributes.into_iter().map(one).collect();
        let element = json!({
            "uuid": uuid_part(id),
            "name": template.name,
            "meta-category": template.meta,
            "comment": said(object, "description"),
            "distribution": "5",
            "Attribute": attributes,
        });
        if let Value::Object(element) = element {
            self.object(id, object, element, what);
        }
    }
}
