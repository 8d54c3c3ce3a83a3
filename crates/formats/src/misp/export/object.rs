//! Objects of STIX that were no elements before.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Export, beside, said, texts, uuid_part};
use crate::{
    misp::{
        Became, called, facts,
        pattern::{self, Found},
        table::{self, ATTRIBUTES, Place, TEMPLATES},
    },
    stix::json::excerpt,
};

impl Export<'_> {
    pub(super) fn indicator(&mut self, id: &str, object: &Map<String, Value>, what: &str) {
        let (language, text) = (said(object, "pattern_type"), said(object, "pattern"));
        if !matches!(language, "stix" | "") {
            let Some((kind, _)) = table::RULES.iter().find(|(_, name)| *name == language) else {
                let why = format!("MISP has no word for a pattern in `{}`", excerpt(language));
                return self.report.say(Became::Left, what, why);
            };
            return self.plain(id, object, kind, "Payload installation", text, what);
        }
        match pattern::find(text) {
            Some(Found::Attribute(row, value)) => self.plain(id, object, row.name, row.category, &value, what),
            Some(Found::Object(template, attributes)) => self.template(id, object, template, attributes, what),
            None => {
                self.report.say(Became::Kept, what, "the pattern says more than an attribute; it is a `stix2-pattern`");
                self.plain(id, object, "stix2-pattern", "Payload delivery", text, what);
            }
        }
    }

    /// An observable, as it was observed or alone.
    pub(super) fn observable(
        &mut self,
        id: &str,
        object: &Map<String, Value>,
        of: Option<&Map<String, Value>>,
        what: &str,
    ) {
        let kind = said(object, "type");
        let find = |id: &str| self.index.get(id).copied();
        let row = ATTRIBUTES.iter().filter(|row| row.kind == kind);
        let found = row.into_iter().find_map(|row| {
            let facts = facts::read(object, row.parts, find)?;
            let values: Vec<&str> = facts.iter().map(|fact| fact.value.as_str()).collect();
            (values.len() == row.parts.len()).then(|| (row, values.join("|")))
        });
        // Its markings are its own and those of what observed it; the narrower has to hold.
        let mut marked = object.clone();
        if let Some(of) = of {
            let all: BTreeSet<&str> =
                texts(object, "object_marking_refs").chain(texts(of, "object_marking_refs")).collect();
            marked.insert("object_marking_refs".to_owned(), all.into_iter().collect());
            for key in ["modified", "labels"] {
                if let Some(value) = of.get(key) {
                    marked.insert(key.to_owned(), value.clone());
                }
            }
        }
        if let Some((row, value)) = found {
            return self.plain(id, &marked, row.name, row.category, &value, what);
        }
        let template = TEMPLATES.iter().filter(|template| template.kind == kind).find_map(|template| {
            let present: Vec<Place> =
                template.relations.iter().map(|(.., place)| *place).filter(|place| is_there(object, place)).collect();
            let facts = facts::read(object, &present, find)?;
            let relation = |fact: &facts::Fact| {
                let relation = template.relations.iter().find(|(.., place)| *place == fact.place);
                relation.map(|(name, kind, _)| (*name, *kind, fact.value.clone()))
            };
            Some((template, facts.iter().filter_map(relation).collect::<Vec<_>>()))
        });
        match template {
            Some((template, attributes)) if !attributes.is_empty() => {
                self.template(id, &marked, template, attributes, what);
            }
            _ => self.report.say(Became::Left, what, format!("MISP has no word for such a `{kind}`")),
        }
    }

    pub(super) fn note(&mut self, object: &Map<String, Value>, what: &str) {
        let mut report = match beside(object) {
            Some(("EventReport", raw)) => raw.clone(),
            _ => Map::new(),
        };
        let name = Some(said(object, "abstract")).filter(|name| !name.is_empty()).unwrap_or("note");
        report.insert("uuid".to_owned(), uuid_part(said(object, "id")).into());
        report.insert("name".to_owned(), name.into());
        report.insert("content".to_owned(), said(object, "content").into());
        report.entry("distribution").or_insert_with(|| "5".into());
        self.mark(&mut report, object, what);
        self.reports.push(Value::Object(report));
    }

    pub(super) fn cluster(&mut self, object: &Map<String, Value>, kind: &str) {
        let name = said(object, "name");
        let galaxy = format!("stix-2.1-{kind}");
        let cluster = json!({
            "uuid": uuid_part(said(object, "id")),
            "type": galaxy,
            "value": name,
            "tag_name": format!("misp-galaxy:{galaxy}=\"{name}\""),
            "description": said(object, "description"),
            "meta": { "synonyms": texts(object, "aliases").collect::<Vec<_>>() },
        });
        // A cluster has no marking of its own: what is stricter than the event stays out.
        let mut probe = Map::new();
        let what = called(kind, &[name]);
        self.mark(&mut probe, object, &what);
        if probe.is_empty() {
            self.clusters.entry(galaxy).or_default().push(cluster);
        } else {
            self.report.say(
                Became::Left,
                what,
                "it is for fewer than the event, and a cluster has no marking of its own",
            );
        }
    }
}

fn is_there(object: &Map<String, Value>, place: &Place) -> bool {
    match *place {
        Place::Own(property)
        | Place::Whole(property)
        | Place::System(property)
        | Place::Ref(property, ..)
        | Place::Refs(property, ..)
        | Place::Address(property)
        | Place::Addresses(property) => object.contains_key(property),
        Place::Hash(name) => object.get("hashes").is_some_and(|hashes| hashes.get(name).is_some()),
        Place::Inside(list, property) => {
            object.get(list).and_then(|list| list.get(0)).is_some_and(|item| item.get(property).is_some())
        }
        Place::Itself => object.contains_key("value"),
    }
}
