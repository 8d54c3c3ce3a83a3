//! Who may have an element: what its tags and its distribution level say, with what holds of everything around it.

use std::collections::{BTreeMap, BTreeSet};

use entente_core::{
    Party,
    label::{Label, Tlp},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{Became, Report, colour, list, text, uuid, uuid_of};
use crate::{
    foreign::{Distribution, Foreign, Said},
    label::tlp::stix::Colour,
    stix::marking::{
        Meaning, Restriction, STRICTEST,
        own::{self, Own},
    },
};

/// Taxonomies that say who may have something. A tag of one of them that nobody here can read counts as the strictest; a tag of
/// any other taxonomy says something else and is a label of STIX.
const RESTRICTING: [&str; 8] =
    ["tlp", "nato", "de-vs", "fr-classif", "dni-ism", "data-classification", "classification", "gc-classification"];

/// What holds of an element and of everything in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scope {
    pub(super) restriction: Restriction,
    /// Permissible actions, which travel along.
    pub(super) statements: BTreeSet<String>,
    /// The parties of the sharing groups, where there are any.
    pub(super) parties: Option<BTreeSet<Party>>,
    /// What in the event says so, for people.
    pub(super) because: BTreeSet<String>,
}

impl Scope {
    /// This scope, narrowed by an element in it; `what` is how a report calls that.
    pub(super) fn within(
        &self,
        element: &Map<String, Value>,
        what: &str,
        foreign: &Foreign,
        report: &mut Report,
    ) -> Self {
        let mut scope = self.clone();
        for tag in list(element, "Tag") {
            if let Some(name) = text(tag, "name") {
                scope.tag(&name, what, foreign, report);
            }
        }
        scope.distribution(element, what, foreign, report);
        scope
    }

    fn restrict(&mut self, label: Label) {
        let restriction = std::mem::take(&mut self.restriction);
        self.restriction = restriction.join(Restriction::of(Meaning::Label { label, allows_reduced: false }));
    }

    fn tag(&mut self, name: &str, what: &str, foreign: &Foreign, report: &mut Report) {
        if let Some(colour) = colour(name) {
            self.because.insert(format!("tag `{name}`"));
            return self.restrict(Label::Tlp(colour));
        }
        if let Some(said) = foreign.tag(name) {
            self.because.insert(format!("tag `{name}`"));
            if let Said::Label(label) = said {
                self.restrict(label.clone());
            }
            return;
        }
        let taxonomy = name.split(':').next().unwrap_or_default();
        if taxonomy.eq_ignore_ascii_case("pap") {
            self.statements.insert(name.to_uppercase());
        } else if RESTRICTING.iter().any(|known| known.eq_ignore_ascii_case(taxonomy)) && name.contains(':') {
            let why = format!("the tag `{name}` says who may have it, and no file says what it means here");
            report.say(Became::Strictest, what, why);
            self.restrict(STRICTEST);
        }
    }

    fn distribution(&mut self, element: &Map<String, Value>, what: &str, foreign: &Foreign, report: &mut Report) {
        let Some(level) = text(element, "distribution") else { return };
        let level = match level.as_str() {
            "0" => Distribution::Organisation,
            "1" => Distribution::Community,
            "2" => Distribution::Connected,
            "3" => Distribution::All,
            "4" => return self.sharing_group(element, what, foreign, report),
            // As what it is in.
            "5" => return,
            _ => {
                report.say(Became::Strictest, what, format!("`{level}` is no distribution level"));
                return self.restrict(STRICTEST);
            }
        };
        self.because.insert(format!("distribution `{}`", level.as_str()));
        if let Said::Label(label) = foreign.distribution(level) {
            self.restrict(label);
        }
        if level == Distribution::Organisation {
            self.parties = Some(BTreeSet::new());
        }
    }

    fn sharing_group(&mut self, element: &Map<String, Value>, what: &str, foreign: &Foreign, report: &mut Report) {
        let Some(group) = element.get("SharingGroup").and_then(Value::as_object) else {
            let number = text(element, "sharing_group_id").unwrap_or_default();
            report.say(Became::Strictest, what, format!("sharing group {number} is not in the file"));
            self.parties = Some(BTreeSet::new());
            return self.restrict(STRICTEST);
        };
        let name = text(group, "name").unwrap_or_default();
        self.because.insert(format!("sharing group `{name}`"));
        let mut parties = BTreeSet::new();
        for member in list(group, "SharingGroupOrg") {
            let organisation = member.get("Organisation").and_then(Value::as_object);
            let id = organisation.and_then(uuid);
            match id.as_deref().and_then(|id| foreign.party(id)) {
                Some(party) => drop(parties.insert(party.clone())),
                None => {
                    let called = organisation.and_then(|it| text(it, "name")).or(id).unwrap_or_else(|| "?".to_owned());
                    let why = format!("no file says which party `{called}` of the sharing group `{name}` is");
                    report.say(Became::Left, what, why);
                }
            }
        }
        // Who is in both.
        self.parties = Some(match self.parties.take() {
            None => parties,
            Some(before) => before.intersection(&parties).cloned().collect(),
        });
        self.restrict(Label::Tlp(Tlp::AmberStrict));
    }

    /// Both together.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            restriction: self.restriction.clone().join(other.restriction.clone()),
            statements: self.statements.union(&other.statements).cloned().collect(),
            parties: match (&self.parties, &other.parties) {
                (None, one) | (one, None) => one.clone(),
                (Some(one), Some(other)) => Some(one.intersection(other).cloned().collect()),
            },
            because: self.because.union(&other.because).cloned().collect(),
        }
    }

    /// Whether whoever may have what is in this scope may have what is in `other`.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let both = self.and(other);
        both.restriction == self.restriction && both.statements == self.statements && both.parties == self.parties
    }
}

/// The marking definitions that objects need, by id.
#[derive(Debug, Default)]
pub(super) struct Definitions(pub(super) BTreeMap<String, String>);

impl Definitions {
    /// The ids of the markings of what is in a scope, whose definitions are kept.
    pub(super) fn of(&mut self, scope: &Scope) -> Vec<String> {
        let mut ids: Vec<String> = scope.restriction.labels().iter().filter_map(|label| self.label(label)).collect();
        ids.extend(scope.statements.iter().map(|statement| self.statement(statement)));
        ids.sort();
        ids
    }

    fn label(&mut self, label: &Label) -> Option<String> {
        if let Label::Tlp(colour) = label {
            let id = Colour::Two(*colour).marking_definition();
            let word = colour.as_str().trim_start_matches("TLP:").to_lowercase();
            let extension = crate::label::tlp::stix::EXTENSION;
            let definition = json!({
                "type": "marking-definition",
                "spec_version": "2.1",
                "id": id,
                "created": "2022-10-01T00:00:00.000Z",
                "name": colour.as_str(),
                "extensions": { extension: { "extension_type": "property-extension", "tlp_2_0": word } },
            });
            self.0.entry(id.to_owned()).or_insert_with(|| definition.to_string());
            return Some(id.to_owned());
        }
        let own = Own { label: label.clone(), allows_reduced: false };
        let uuid = uuid_of(&["entente misp label", &crate::label::write(label)]);
        // A definition that is made anew each time must not say another moment each time.
        let definition = own::write(&own, &uuid, Timestamp::UNIX_EPOCH).ok()?;
        let id = format!("marking-definition--{uuid}");
        self.0.entry(id.clone()).or_insert(definition);
        Some(id)
    }

    fn statement(&mut self, statement: &str) -> String {
        let id = format!("marking-definition--{}", uuid_of(&["entente misp statement", statement]));
        let definition = json!({
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": id,
            "created": "1970-01-01T00:00:00.000Z",
            "definition_type": "statement",
            "definition": { "statement": statement },
        });
        self.0.entry(id.clone()).or_insert_with(|| definition.to_string());
        id
    }
}
