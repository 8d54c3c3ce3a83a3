//! The label of a record as a marking definition: the extension by which an object of STIX bears a banner line, or says
//! whether a copy without a marked part may be given.
//!
//! `docs/spec/stix.md` documents it. The key functions are [`read`] and [`write()`].

use entente_core::{label::Label, time::Timestamp};
use serde_json::json;

use crate::{
    label,
    problem::{Problem, suggestion},
    stix::{
        id::is_uuid,
        json::{Object, Value, excerpt},
    },
};

/// The extension definition.
pub const EXTENSION: &str = "extension-definition--7c1f5a1e-2f0b-4c56-9a5e-0d6b8a3f94c2";

const KEYS: [&str; 3] = ["extension_type", "label", "allows_reduced"];

/// What the extension says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The label.
    pub label: Label,
    /// Whether, where it marks a part of an object, a copy without that part may be given to whom it keeps out.
    pub allows_reduced: bool,
}

/// Reads a marking definition with the extension.
///
/// # Errors
/// When it says something that is not understood: what restricts and cannot be read must not be passed over.
pub fn read(definition: &Object<'_>) -> Result<Own, Problem> {
    let wrong = |message: String| Problem::new(message, 0..0);
    let extensions = definition.get("extensions").and_then(Value::object);
    let extension = match extensions {
        Some(extensions) if extensions.len() == 1 => extensions.get(EXTENSION).and_then(Value::object),
        _ => None,
    };
    let extension = extension.ok_or_else(|| wrong(format!("the one extension is not `{EXTENSION}`")))?;
    if definition.has("definition") || definition.has("definition_type") {
        return Err(wrong("a definition of another kind stands beside the label".to_owned()));
    }
    if let Some(key) = extension.keys().find(|key| !KEYS.contains(key)) {
        return Err(wrong(format!("unknown key `{}`", excerpt(key))).help(suggestion(excerpt(key), KEYS)));
    }
    if extension.text("extension_type") != Some("property-extension") {
        return Err(wrong("`extension_type` is not `property-extension`".to_owned()));
    }
    let text = extension.text("label").ok_or_else(|| wrong("`label` is no text".to_owned()))?;
    let label = label::parse(text)?;
    let allows_reduced = match extension.get("allows_reduced") {
        None => false,
        Some(Value::Boolean(allows)) => *allows,
        Some(_) => return Err(wrong("`allows_reduced` is neither `true` nor `false`".to_owned())),
    };
    Ok(Own { label, allows_reduced })
}

/// Writes a marking definition with the extension, on one line. `uuid` makes its id.
///
/// # Errors
/// When `uuid` is none.
pub fn write(own: &Own, uuid: &str, created: Timestamp) -> Result<String, Problem> {
    if !is_uuid(uuid) {
        return Err(Problem::new(format!("`{}` is no UUID", excerpt(uuid)), 0..uuid.len()));
    }
    let mut extension = json!({ "extension_type": "property-extension", "label": label::write(&own.label) });
    if let (true, Some(members)) = (own.allows_reduced, extension.as_object_mut()) {
        members.insert("allows_reduced".to_owned(), true.into());
    }
    let definition = json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": format!("marking-definition--{uuid}"),
        "created": format!("{created:.3}"),
        "name": label::write(&own.label),
        "extensions": { EXTENSION: extension },
    });
    Ok(definition.to_string())
}
