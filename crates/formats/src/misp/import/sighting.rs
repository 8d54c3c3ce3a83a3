//! What others say of the parts of an event: that they saw one, that one is a false alarm, that one should be another.
//!
//! A sighting is a `sighting`, a false positive an `opinion` that strongly disagrees. A proposal is nobody's word until the event's
//! maker takes it: it is kept as `x-misp-proposal`, which no program takes for an indicator.

use serde_json::{Map, Value, json};

use super::{Import, filled};
use crate::misp::{Became, EXTENSION, called, flag, list, moment, scope::Scope, text, uuid, uuid_of};

/// What a word of others is about, and what holds of that.
#[derive(Clone)]
pub(super) struct Target {
    /// The UUID of the attribute; none of the event itself.
    pub(super) of: String,
    /// The object that stands for it.
    pub(super) main: String,
    pub(super) scope: Scope,
    /// When it was changed last.
    pub(super) changed: String,
}

/// Something that somebody says of a part of the event.
pub(super) struct Word {
    kind: Kind,
    element: Map<String, Value>,
    target: Target,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sighting,
    FalsePositive,
    Proposal,
}

/// Whether STIX has a word for a sighting: not for one that says when something is to expire.
pub(super) fn is_mapped(sighting: &Map<String, Value>) -> bool {
    kind(sighting).is_some()
}

fn kind(sighting: &Map<String, Value>) -> Option<Kind> {
    match text(sighting, "type").as_deref() {
        None | Some("" | "0") => Some(Kind::Sighting),
        Some("1") => Some(Kind::FalsePositive),
        Some(_) => None,
    }
}

impl Import<'_> {
    /// Keeps what others say of an element until all of its parts are there.
    pub(super) fn hear(&mut self, element: &Map<String, Value>, target: &Target) {
        let word = |kind: Kind, said: &Map<String, Value>| Word { kind, element: said.clone(), target: target.clone() };
        let sightings = list(element, "Sighting").filter_map(|said| Some(word(kind(said)?, said)));
        let proposals = list(element, "ShadowAttribute").map(|said| word(Kind::Proposal, said));
        self.words.extend(sightings.chain(proposals));
    }

    /// Makes objects of what others say. What is for as many as the event comes first: so an organisation that says something stands
    /// where most can have it, and not where the first of its words hides it from them.
    pub(super) fn say_again(&mut self, scope: &Scope) {
        let mut words = std::mem::take(&mut self.words);
        words.sort_by_key(|word| !scope.covers(&word.target.scope));
        for word in words {
            match word.kind {
                Kind::Sighting | Kind::FalsePositive => self.sighting(&word),
                Kind::Proposal => self.proposal(&word),
            }
        }
    }

    /// Who says it; where that is not said, who made the event.
    fn speaker(&mut self, organisation: Option<&Value>, scope: &Scope) -> Option<String> {
        let organisation = organisation?.as_object()?;
        let (own, name) = (uuid(organisation)?, text(organisation, "name").filter(|name| !name.is_empty())?);
        let id = format!("identity--{own}");
        if id != self.author {
            self.add(Self::organisation(&id, name), scope, None);
        }
        Some(id)
    }

    fn sighting(&mut self, word: &Word) {
        let Word { kind, element, target } = word;
        let source = text(element, "source").filter(|source| !source.is_empty());
        let seen = text(element, "date_sighting").and_then(|seconds| moment(&seconds));
        let seen = seen.unwrap_or_else(|| target.changed.clone());
        let type_of = if *kind == Kind::Sighting { "sighting" } else { "opinion" };
        let own = uuid(element).unwrap_or_else(|| uuid_of(&[type_of, &target.main, &target.of, &seen]));
        let what = called("Sighting", &[&own]);
        let speaker = self.speaker(element.get("Organisation"), &target.scope);
        let mut object = self.common(type_of, &own, &seen);
        if *kind == Kind::Sighting {
            object.insert("sighting_of_ref".to_owned(), target.main.as_str().into());
            object.insert("first_seen".to_owned(), seen.as_str().into());
            object.insert("last_seen".to_owned(), seen.as_str().into());
            object.insert("count".to_owned(), 1.into());
            if let Some(speaker) = &speaker {
                object.insert("where_sighted_refs".to_owned(), json!([speaker]));
            }
            if let Some(source) = source {
                object.insert("description".to_owned(), source.into());
            }
        } else {
            object.insert("object_refs".to_owned(), json!([target.main]));
            object.insert("opinion".to_owned(), "strongly-disagree".into());
            let source = source.map_or_else(String::new, |source| format!(": {source}"));
            object.insert("explanation".to_owned(), format!("a false positive{source}").into());
        }
        self.say(object, speaker, "Sighting", word, &what);
    }

    fn proposal(&mut self, word: &Word) {
        let Word { element, target, .. } = word;
        let [kind, value] = ["type", "value"].map(|key| text(element, key).unwrap_or_default());
        let what = called("ShadowAttribute", &[&kind, &value]);
        let own = uuid(element).unwrap_or_else(|| uuid_of(&["proposal", &target.main, &target.of, &kind, &value]));
        let changed = text(element, "timestamp").and_then(|seconds| moment(&seconds));
        let changed = changed.unwrap_or_else(|| target.changed.clone());
        let speaker = self.speaker(element.get("Org"), &target.scope);
        let mut object = self.common("x-misp-proposal", &own, &changed);
        let texts = [("x_misp_type", "type"), ("x_misp_category", "category"), ("x_misp_value", "value")];
        for (property, key) in texts.into_iter().chain([("x_misp_comment", "comment")]) {
            if let Some(said) = text(element, key).filter(|said| !said.is_empty()) {
                object.insert(property.to_owned(), said.into());
            }
        }
        if flag(element, "proposal_to_delete") {
            object.insert("x_misp_to_delete".to_owned(), true.into());
        }
        if !target.main.is_empty() {
            object.insert("x_misp_of_ref".to_owned(), target.main.as_str().into());
        }
        let why = "a proposal is nobody's word until the event's maker takes it; it is kept as `x-misp-proposal`";
        self.report.say(Became::Kept, &what, why);
        self.say(object, speaker, "ShadowAttribute", word, &what);
    }

    fn say(&mut self, mut object: Map<String, Value>, by: Option<String>, element: &str, word: &Word, what: &str) {
        if let Some(by) = by {
            object.insert("created_by_ref".to_owned(), by.into());
        }
        let mut kept = self.beside(&word.element, what);
        for key in ["Org", "data"] {
            if let Some(value) = word.element.get(key).and_then(filled) {
                kept.insert(key.to_owned(), value);
            }
        }
        let mut extension = json!({ "extension_type": "property-extension", "element": element, "misp": kept });
        if let Some(extension) = extension.as_object_mut().filter(|_| !word.target.of.is_empty()) {
            extension.insert("about".to_owned(), word.target.of.as_str().into());
        }
        object.insert("extensions".to_owned(), json!({ EXTENSION: extension }));
        if Self::valid(std::slice::from_ref(&object)) {
            self.add(object, &word.target.scope, None);
        } else {
            self.report.say(Became::Left, what, "it is no valid object of STIX");
        }
    }
}
