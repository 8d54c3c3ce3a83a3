//! Reads a marking definition with ACS, and takes from its control set what a label means too.
//!
//! The key function is [`read`].

use entente_core::{
    Country,
    label::{Class, Label, Level, Marking, Owner},
};

use super::{
    super::{
        checked,
        convert::{Error, Reading, Refusal},
        json::node::{Node, Object},
    },
    CLASSIFICATIONS, EXTENSION,
    shape::{self, MOST},
};
use crate::problem::Problem;

/// The keys of a marking definition (STIX 2.1, section 7.2.1).
pub(in crate::label) const DEFINITION_KEYS: [&str; 12] = [
    "type",
    "spec_version",
    "id",
    "created",
    "created_by_ref",
    "external_references",
    "object_marking_refs",
    "granular_markings",
    "name",
    "extensions",
    "definition_type",
    "definition",
];

const EXTENSION_KEYS: [&str; 16] = [
    "extension_type",
    "identifier",
    "name",
    "create_date_time",
    "responsible_entity_custodian",
    "responsible_entity_originator",
    "authority_reference",
    "policy_reference",
    "original_classification",
    "derivative_classification",
    "declassification",
    "resource_disposition",
    "public_release",
    "access_privilege",
    "further_sharing",
    "control_set",
];

const CONTROL_KEYS: [&str; 10] = [
    "classification",
    "sci_controls",
    "logical_authority_category",
    "formal_determination",
    "caveat",
    "sensitivity",
    "shareability",
    "entity",
    "permitted_nationalities",
    "permitted_organizations",
];

const DETERMINATIONS: [&str; 7] = [
    "PUBREL",
    "NF",
    "AIS",
    "PII-NECESSARY-TO-UNDERSTAND-THREAT",
    "NO-PII-PRESENT",
    "FOUO",
    "INFORMATION-DIRECTLY-RELATED-TO-CYBERSECURITY-THREAT",
];
const CAVEATS: [&str; 3] = ["FISA", "POSSIBLEPII", "CISAPROPRIETARY"];
const SENSITIVITIES: [&str; 7] = ["NTOC_DHS_ECYBER_SVC_SHARE.NSA.NSA", "PCII", "LES", "INT", "PII", "PR", "TEI"];

/// Reads a marking definition.
///
/// # Errors
/// A problem with its place when the object is not of the schema; a refusal when it restricts what a label cannot.
pub fn read(text: &str) -> Result<Reading, Error> {
    let definition = Node::document(text)?.object(&DEFINITION_KEYS)?;
    definition.required("type")?.one_of(&["marking-definition"])?;
    if let Some(version) = definition.get("spec_version") {
        version.one_of(&["2.1"])?;
    }
    if let Some(created) = definition.get("created") {
        shape::moment(created)?;
    }
    let extensions = definition.required("extensions")?.object(&[EXTENSION])?;
    let extension = extensions.required(EXTENSION)?.object(&EXTENSION_KEYS)?;
    shape::envelope(&extension)?;
    let (denies_privileges, denies_sharing) = shape::defaults(extension.required("policy_reference")?)?;
    let mut found = Found::default();
    let controls = extension.required("control_set")?;
    let mut marking = found.controls(&controls.object(&CONTROL_KEYS)?)?;
    if denies_privileges || extension.get("access_privilege").is_some() {
        found.unsaid.push("its rules on single actions (`access_privilege`, `privdefault`)".to_owned());
    }
    if denies_sharing || extension.get("further_sharing").is_some() {
        found.unsaid.push("its rules on further sharing (`further_sharing`, `sharedefault`)".to_owned());
    }
    found.envelope(&definition, &extension);
    if found.nobody_abroad && marking.is_unclassified() && !marking.is_caveated() {
        marking.dissemination.noforn = true;
    }
    let label = checked::marking(marking, controls.at())?;
    found.finish(label).map_err(Error::Refusal)
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    notes: Vec<String>,
    /// What restricts and a label cannot say.
    unsaid: Vec<String>,
    /// The permitted nationalities are the United States alone.
    nobody_abroad: bool,
}

impl Found {
    fn controls(&mut self, controls: &Object<'_>) -> Result<Marking, Problem> {
        let names = CLASSIFICATIONS.map(|(name, _)| name);
        let name = controls.required("classification")?.one_of(&names)?;
        let level =
            CLASSIFICATIONS.iter().find(|(known, _)| *known == name).map_or(Level::TopSecret, |(_, level)| *level);
        let mut marking = Marking::plain(Owner::UnitedStates, Class::Level(level));
        marking.sci = controls.texts("sci_controls", MOST)?;
        for word in words(controls, "formal_determination", &DETERMINATIONS)? {
            match word {
                "NF" => marking.dissemination.noforn = true,
                "FOUO" => marking.dissemination.fouo = true,
                // They say something of the content, and keep nobody from it.
                other => self.notes.push(format!("the determination `{other}` is lost: it restricts nobody")),
            }
        }
        for word in words(controls, "caveat", &CAVEATS)? {
            match word {
                "FISA" => marking.dissemination.fisa = true,
                other => self.unsaid.push(format!("the caveat `{other}`")),
            }
        }
        for word in words(controls, "sensitivity", &SENSITIVITIES)? {
            match word {
                "LES" => marking.non_ic.push("LES".to_owned()),
                "PR" => marking.dissemination.propin = true,
                other => self.unsaid.push(format!("the sensitivity `{other}`")),
            }
        }
        let nations = controls.texts("permitted_nationalities", MOST)?.into_iter().map(Country::from).collect();
        marking.dissemination.rel_to = checked::usa_first(nations);
        if marking.dissemination.rel_to == [Country::from("USA")] {
            marking.dissemination.rel_to.clear();
            self.nobody_abroad = true;
        }
        if let Some(list) = controls.get("shareability") {
            shape::words(list, &shape::SHAREABILITY)?;
        }
        if let Some(list) = controls.get("entity") {
            shape::words(list, &shape::ENTITY)?;
        }
        if let Some(list) = controls.get("permitted_organizations") {
            shape::organisations(list)?;
        }
        controls.texts("logical_authority_category", MOST)?;
        for key in ["shareability", "entity", "permitted_organizations", "logical_authority_category"] {
            if controls.get(key).is_some() {
                self.unsaid.push(format!("whom `{key}` keeps out"));
            }
        }
        Ok(marking)
    }

    /// What stands around the control set is not part of a label.
    fn envelope(&mut self, definition: &Object<'_>, extension: &Object<'_>) {
        const CONTROLLING: [&str; 4] = ["control_set", "access_privilege", "further_sharing", "policy_reference"];
        let lost = extension.keys().filter(|key| *key != "extension_type" && !CONTROLLING.contains(key));
        self.notes.extend(lost.map(|key| format!("`{key}` is lost: it is no part of a label")));
        let around = ["object_marking_refs", "granular_markings", "created_by_ref", "external_references"];
        let lost = around.into_iter().filter(|key| definition.get(key).is_some());
        self.notes.extend(lost.map(|key| format!("`{key}` is lost: it is no part of a label")));
    }

    /// A restriction that is lost makes a label wider, unless nobody else has it anyway.
    fn finish(mut self, label: Label) -> Result<Reading, Refusal> {
        let reaches = label.is_free()
            || label.dissemination().is_some_and(|controls| !controls.rel_to.is_empty() || controls.relido);
        if let Some(unsaid) = self.unsaid.first().filter(|_| reaches) {
            return Err(Refusal::new(format!("a label cannot say {unsaid}"))
                .help("left out, others would have it whom the marking keeps out"));
        }
        let lost = self.unsaid.into_iter().map(|what| format!("{what} is lost: the label is for nobody abroad anyway"));
        self.notes.extend(lost);
        Ok(Reading { label, notes: self.notes })
    }
}

fn words(controls: &Object<'_>, key: &str, known: &[&'static str]) -> Result<Vec<&'static str>, Problem> {
    let Some(list) = controls.get(key) else { return Ok(Vec::new()) };
    list.texts(MOST)?;
    list.items(MOST)?.iter().map(|item| item.one_of(known)).collect()
}
