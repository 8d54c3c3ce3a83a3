//! Writes a label as a marking definition with ACS.
//!
//! The control set is the whole rule: what it does not name is permitted by default, so that a label which ACS cannot
//! say in its control set is refused. The key function is [`write()`].

use entente_core::{
    Country,
    label::{Label, Level, Owner},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::json;

use super::{
    super::{checked, convert::Refusal, json::flags},
    CLASSIFICATIONS, EXTENSION, POLICY_OPEN, shape,
};

/// What ACS demands and a label has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// A UUID, of which the ids of the marking definition and of the marking are made.
    pub identifier: &'a str,
    /// The organisation that holds the information: `USA.DHS.US-CERT`.
    pub custodian: &'a str,
    /// When the marking is made.
    pub created: Timestamp,
}

#[derive(Default, Serialize)]
struct ControlSet<'a> {
    classification: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sci_controls: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    formal_determination: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caveat: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sensitivity: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permitted_nationalities: Vec<&'a str>,
}

/// Writes a label, on one line, and says what is lost.
///
/// # Errors
/// When the label is not of the United States, or bears a restriction that ACS has no word for.
pub fn write(label: &Label, envelope: &Envelope<'_>) -> Result<(String, Vec<String>), Refusal> {
    if !is_uuid(envelope.identifier) {
        return Err(Refusal::new(format!("`{}` is no UUID", checked::excerpt(envelope.identifier)))
            .help("such as `6010b3f4-a603-4d3b-9098-8708cdbe151b`, in small letters"));
    }
    if !shape::is_custodian(envelope.custodian) {
        return Err(Refusal::new(format!("`{}` is no custodian", checked::excerpt(envelope.custodian)))
            .help("such as `USA.DHS.US-CERT`"));
    }
    let (controls, notes) = control_set(label)?;
    let created = envelope.created.to_string();
    let definition = json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": format!("marking-definition--{}", envelope.identifier),
        "created": created,
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "identifier": format!("isa:guide.19001.ACS3-{}", envelope.identifier),
                "create_date_time": created,
                "responsible_entity_custodian": envelope.custodian,
                "policy_reference": POLICY_OPEN,
                "control_set": controls,
            }
        }
    });
    Ok((definition.to_string(), notes))
}

fn control_set(label: &Label) -> Result<(ControlSet<'_>, Vec<String>), Refusal> {
    let Label::Marking(marking) = label else {
        return Err(Refusal::new("ACS has no TLP").help("a STIX object bears TLP by a marking definition of its own"));
    };
    if marking.owner != Owner::UnitedStates {
        return Err(Refusal::new("ACS has the classifications of the United States, and no others")
            .help("a label of another owner has no equivalent here; an agreement may give it one"));
    }
    let level = Level::from_banner(match &marking.class {
        entente_core::label::Class::Level(level) => level.as_str(),
        entente_core::label::Class::Term(term) => term,
    });
    let classification = CLASSIFICATIONS.iter().find(|(_, known)| Some(*known) == level).map(|(name, _)| *name);
    let Some(classification) = classification else {
        return Err(Refusal::new("ACS has the classifications U, C, S and TS, and no others"));
    };
    let mut set = ControlSet { classification, sci_controls: &marking.sci, ..ControlSet::default() };
    let mut notes = Vec::new();
    let unsaid = |mark: &str| {
        Err(Refusal::new(format!("ACS has no word for `{mark}`")).help("left out, the marking would be wider"))
    };
    for mark in flags(&marking.dissemination) {
        match mark {
            "NOFORN" => set.formal_determination.push("NF"),
            "FOUO" => set.formal_determination.push("FOUO"),
            "FISA" => set.caveat.push("FISA"),
            "PROPIN" => set.sensitivity.push("PR"),
            "RELIDO" => notes.push("`RELIDO` is lost: ACS has no disclosure authority that may decide".to_owned()),
            other => return unsaid(other),
        }
    }
    for mark in &marking.non_ic {
        if mark != "LES" {
            return unsaid(mark);
        }
        set.sensitivity.push("LES");
    }
    let lists = [("EYES ONLY", !marking.dissemination.eyes.is_empty()), ("FGI", marking.fgi.is_some())];
    if let Some((mark, _)) = lists.into_iter().find(|(_, is_set)| *is_set) {
        return unsaid(mark);
    }
    if let Some(mark) = marking.sap.iter().chain(&marking.aea).next() {
        return unsaid(mark);
    }
    if !marking.dissemination.display_only.is_empty() {
        notes.push("`DISPLAY ONLY` is lost: ACS names nobody who may see and have no copy".to_owned());
    }
    if !label.is_free() {
        let released = &marking.dissemination.rel_to;
        set.permitted_nationalities =
            if released.is_empty() { vec!["USA"] } else { released.iter().map(Country::as_str).collect() };
    }
    Ok((set, notes))
}

/// A UUID of the variant of RFC 9562, in small letters.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => (b'1'..=b'8').contains(&byte),
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}
