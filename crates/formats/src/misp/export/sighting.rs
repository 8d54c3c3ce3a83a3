//! What others said of objects: sightings, opinions and proposals find their way back to the attributes that they are about.

use serde_json::{Map, Value, json};

use super::{Export, beside, said, texts, uuid_part};
use crate::{
    misp::{Became, EXTENSION, called, list, seconds, text},
    stix::json::excerpt,
};

/// Whether an object is a word about another, which is placed when all elements are there.
pub(super) fn is_word(object: &Map<String, Value>) -> bool {
    matches!(said(object, "type"), "sighting" | "opinion" | "x-misp-proposal")
}

impl Export<'_> {
    /// Who said it is in the word, and no element of its own.
    pub(super) fn used_speakers(&mut self, object: &Map<String, Value>) {
        let speakers = texts(object, "where_sighted_refs").chain([said(object, "created_by_ref")]);
        self.used.extend(speakers.filter(|id| id.starts_with("identity--")).map(str::to_owned));
    }

    /// Places a word about an object.
    pub(super) fn word(&mut self, id: &str, object: &Map<String, Value>) {
        let what = called(said(object, "type"), &[id]);
        if let Some((key @ ("Sighting" | "ShadowAttribute"), raw)) = beside(object) {
            let of = object.get("extensions").and_then(|all| all.get(EXTENSION)?.get("about")?.as_str());
            let of = of.unwrap_or_default().to_owned();
            return self.place(&of, key, raw.clone(), object, &what);
        }
        let targets: Vec<&str> = match said(object, "type") {
            "sighting" => vec![said(object, "sighting_of_ref")],
            _ => texts(object, "object_refs").collect(),
        };
        let kind = match (said(object, "type"), said(object, "opinion")) {
            ("sighting", _) => "0",
            (_, "disagree" | "strongly-disagree") => "1",
            _ => {
                let why = format!("MISP has no word for a `{}` of that kind", said(object, "type"));
                return self.report.say(Became::Left, what, why);
            }
        };
        let count = object.get("count").and_then(Value::as_u64).unwrap_or(1);
        if count != 1 {
            self.report.say(Became::Kept, &what, format!("{count} sightings in one are one there"));
        }
        let moment = ["last_seen", "first_seen", "modified"].map(|key| said(object, key));
        let moment = moment.into_iter().find_map(seconds).unwrap_or_default();
        for target in targets {
            let mut sighting = Map::new();
            sighting.insert("uuid".to_owned(), uuid_part(id).into());
            sighting.insert("type".to_owned(), kind.into());
            sighting.insert("date_sighting".to_owned(), moment.as_str().into());
            sighting.insert("source".to_owned(), excerpt(said(object, "description")).into());
            let speaker = texts(object, "where_sighted_refs").next().unwrap_or(said(object, "created_by_ref"));
            if let Some(speaker) = self.index.get(speaker) {
                let organisation = json!({ "uuid": uuid_part(said(speaker, "id")), "name": said(speaker, "name") });
                sighting.insert("Organisation".to_owned(), organisation);
            }
            match self.elements.get(target).cloned().filter(|of| !of.is_empty()) {
                Some(of) => self.place(&of, "Sighting", sighting, object, &what),
                None => self.report.say(Became::Left, &what, "what it is about is no attribute there"),
            }
        }
    }

    /// Puts a word into a list of the attribute with that UUID, or of the event where there is none. It has no marking of its own
    /// there: what is for fewer than what it is about stays out.
    fn place(&mut self, of: &str, key: &str, word: Map<String, Value>, object: &Map<String, Value>, what: &str) {
        let is_it = |element: &Value| element.get("uuid").and_then(Value::as_str).is_some_and(|uuid| uuid == of);
        let at = self.attributes.iter().position(is_it);
        let inside = self.objects.iter().enumerate().find_map(|(number, element)| {
            let attributes = element.get("Attribute")?.as_array()?;
            attributes.iter().position(is_it).map(|at| (number, at))
        });
        let around = match (of.is_empty(), at, inside) {
            (true, ..) => Some(self.event.clone()),
            (_, Some(at), _) => self.attributes.get(at).and_then(Value::as_object).cloned(),
            (_, _, Some((number, _))) => self.objects.get(number).and_then(Value::as_object).cloned(),
            _ => None,
        };
        let Some(around) = around else {
            return self.report.say(Became::Left, what, "what it is about is no attribute there");
        };
        let mut probe = around.clone();
        self.mark(&mut probe, object, what);
        if probe != around {
            let why = "it is for fewer than what it is about, and has no marking of its own there";
            return self.report.say(Became::Left, what, why);
        }
        let element = match (of.is_empty(), at, inside) {
            (true, ..) => Some(&mut self.event),
            (_, Some(at), _) => self.attributes.get_mut(at).and_then(Value::as_object_mut),
            (_, _, Some((number, at))) => self
                .objects
                .get_mut(number)
                .and_then(|element| element.get_mut("Attribute")?.get_mut(at)?.as_object_mut()),
            _ => None,
        };
        let Some(element) = element else { return };
        let is_there = list(element, key).any(|other| text(other, "uuid") == text(&word, "uuid"));
        if let Some(words) = element.entry(key).or_insert_with(|| json!([])).as_array_mut()
            && !is_there
        {
            words.push(Value::Object(word));
        }
    }
}
