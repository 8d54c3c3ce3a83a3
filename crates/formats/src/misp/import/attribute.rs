//! Attributes.

use serde_json::{Map, Value, json};

use super::{Import, filled, sighting::Target};
use crate::{
    misp::{
        Became, called,
        facts::{self, Fact, facts, observables},
        flag,
        scope::Scope,
        table::{self, Place},
        text, uuid, uuid_of,
    },
    stix::time::Moment,
};

impl Import<'_> {
    pub(super) fn attribute(&mut self, attribute: &Map<String, Value>, around: &Scope, event: &Map<String, Value>) {
        let (kind, value) = (text(attribute, "type").unwrap_or_default(), text(attribute, "value").unwrap_or_default());
        let what = called("Attribute", &[&kind, &value]);
        let scope = around.within(attribute, &what, self.foreign, &mut self.report);
        let own = uuid(attribute).unwrap_or_else(|| uuid_of(&["attribute", &kind, &value, &self.date]));
        let changed = self.changed(attribute, event);
        let beside = self.beside(attribute, &what);
        let mut objects = mapped(attribute, &kind, &value, &own).unwrap_or_default();
        let is_for_detection = flag(attribute, "to_ids");
        if let Some(first) = objects.first_mut() {
            let common = self.common(first.get("type").and_then(Value::as_str).unwrap_or_default(), &own, &changed);
            first.extend(common);
            self.time(first, attribute, &changed, &what);
            self.comment(first, attribute);
        }
        if objects.is_empty() || !Self::valid(&objects) {
            let known = table::attribute(&kind).is_some() || !objects.is_empty();
            let why = if known {
                format!("the value is none that STIX takes as `{kind}`; it is kept as `x-misp-attribute`")
            } else {
                format!("STIX has no word for `{kind}`; it is kept as `x-misp-attribute`")
            };
            self.report.say(Became::Kept, &what, why);
            let mut object = self.common("x-misp-attribute", &own, &changed);
            object.insert("x_misp_type".to_owned(), kind.as_str().into());
            object.insert("x_misp_category".to_owned(), text(attribute, "category").unwrap_or_default().into());
            object.insert("x_misp_value".to_owned(), value.as_str().into());
            if let Some(comment) = text(attribute, "comment").filter(|comment| !comment.is_empty()) {
                object.insert("x_misp_comment".to_owned(), comment.into());
            }
            if let Some(data) = attribute.get("data").and_then(filled) {
                object.insert("x_misp_data".to_owned(), data);
            }
            objects = vec![object];
        }
        let main = objects.first().and_then(|it| it.get("id")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let category = text(attribute, "category").unwrap_or_default();
        let to_ids = if is_for_detection { "True" } else { "False" };
        let said = [("type", kind), ("category", category), ("to_ids", to_ids.to_owned())];
        let mut beside = Some(("Attribute", beside));
        for (at, mut object) in objects.into_iter().enumerate() {
            if at == 0 {
                self.labels(&mut object, attribute, &said);
            }
            self.add(object, &scope, beside.take());
        }
        self.hear(attribute, &Target { of: own.clone(), main: main.clone(), scope: scope.clone(), changed });
        self.mains.insert(own, (main, scope.clone()));
        self.clusters(attribute, &scope, event);
    }

    /// From when on, and until when.
    pub(super) fn time(
        &mut self,
        object: &mut Map<String, Value>,
        element: &Map<String, Value>,
        changed: &str,
        what: &str,
    ) {
        let mut seen = |key: &str| {
            let said = text(element, key).filter(|text| !text.is_empty())?;
            let utc = said.strip_suffix("+00:00").map_or_else(|| said.clone(), |front| format!("{front}Z"));
            if Moment::parse(&utc).is_ok() {
                return Some(utc);
            }
            self.report.say(Became::Kept, format!("{what}, {key}"), "it is no moment in UTC");
            None
        };
        let (first, last) = (seen("first_seen"), seen("last_seen"));
        let at = |text: &str| Moment::parse(text).ok();
        let first = first.unwrap_or_else(|| changed.to_owned());
        match object.get("type").and_then(Value::as_str) {
            Some("indicator") => {
                if let Some(last) = last.filter(|last| at(last) > at(&first)) {
                    object.insert("valid_until".to_owned(), last.into());
                }
                object.insert("valid_from".to_owned(), first.into());
            }
            Some("observed-data") => {
                let last = last.filter(|last| at(last) >= at(&first)).unwrap_or_else(|| first.clone());
                object.insert("first_observed".to_owned(), first.into());
                object.insert("last_observed".to_owned(), last.into());
                object.insert("number_observed".to_owned(), 1.into());
            }
            _ => {}
        }
    }

    #[expect(clippy::unused_self, reason = "beside the others that fill an object")]
    pub(super) fn comment(&self, object: &mut Map<String, Value>, element: &Map<String, Value>) {
        // Data that was observed has no description: the comment stays in the extension.
        let takes = object.get("type").and_then(Value::as_str) != Some("observed-data");
        if let Some(comment) = text(element, "comment").filter(|comment| takes && !comment.is_empty()) {
            object.insert("description".to_owned(), comment.into());
        }
    }
}

/// An indicator's own properties.
pub(super) fn indicator(language: &str, pattern: &str) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("pattern".to_owned(), pattern.into());
    object.insert("pattern_type".to_owned(), language.into());
    if language == "stix" {
        object.insert("pattern_version".to_owned(), "2.1".into());
    }
    object
}

pub(super) fn ids(objects: &[Map<String, Value>]) -> Value {
    objects.iter().filter_map(|object| object.get("id").cloned()).collect()
}

/// The objects that an attribute is, the one that stands for it first, without what all objects have. `None` where STIX has no
/// word for it.
pub(in crate::misp) fn mapped(
    attribute: &Map<String, Value>,
    kind: &str,
    value: &str,
    own: &str,
) -> Option<Vec<Map<String, Value>>> {
    let of = |kind: &str| {
        let mut object = Map::new();
        object.insert("type".to_owned(), kind.into());
        object
    };
    let observed = |things: Vec<Map<String, Value>>| {
        let mut object = of("observed-data");
        object.insert("object_refs".to_owned(), ids(&things));
        std::iter::once(object).chain(things).collect()
    };
    if let Some((_, language)) = table::RULES.iter().find(|(name, _)| *name == kind) {
        let mut object = of("indicator");
        object.extend(indicator(language, value));
        return Some(vec![object]);
    }
    match kind {
        "vulnerability" => {
            let mut object = of("vulnerability");
            object.insert("name".to_owned(), value.into());
            let upper = value.to_uppercase();
            if upper.starts_with("CVE-") {
                let reference = json!([{ "source_name": "cve", "external_id": upper }]);
                object.insert("external_references".to_owned(), reference);
            }
            return Some(vec![object]);
        }
        "campaign-name" => {
            let mut object = of("campaign");
            object.insert("name".to_owned(), value.into());
            return Some(vec![object]);
        }
        "attachment" | "malware-sample" => {
            let (name, hash) = value.split_once('|').map_or((value, None), |(name, hash)| (name, Some(hash)));
            let name = Fact::new(Place::Own("name"), name);
            let hash = hash.and_then(|hash| Fact::new(Place::Hash("MD5"), hash));
            let mut things = observables("file", &name.into_iter().chain(hash).collect::<Vec<_>>(), own);
            if let Some(data) = text(attribute, "data").filter(|data| !data.is_empty()) {
                let mut artifact = of("artifact");
                let id = format!("artifact--{own}");
                artifact.insert("spec_version".to_owned(), "2.1".into());
                artifact.insert("id".to_owned(), id.as_str().into());
                artifact.insert("payload_bin".to_owned(), data.into());
                if kind == "malware-sample" {
                    // As MISP keeps samples.
                    artifact.insert("mime_type".to_owned(), "application/zip".into());
                    artifact.insert("encryption_algorithm".to_owned(), "mime-type-indicated".into());
                    artifact.insert("decryption_key".to_owned(), "infected".into());
                }
                if let Some(file) = things.first_mut() {
                    file.insert("content_ref".to_owned(), id.into());
                }
                things.push(artifact);
            }
            return Some(observed(things));
        }
        _ => {}
    }
    let row = table::attribute(kind)?;
    let facts = facts(row.parts, value)?;
    if flag(attribute, "to_ids") {
        let mut object = of("indicator");
        object.extend(indicator("stix", &facts::pattern(row.kind, &facts)));
        return Some(vec![object]);
    }
    Some(observed(observables(row.kind, &facts, own)))
}
