//! What the tests of labels share: the published vectors, the view of a label that they show, and random markings.

#![allow(dead_code, unreachable_pub, unused_imports, missing_docs, reason = "each test uses its part")]

mod generate;
mod view;

use std::{fs, path::PathBuf};

use entente_core::label::{Label, Marking};
use entente_formats::label;
use serde_json::Value;

pub use generate::{marking, portion};
pub use view::{from_json, portion_from_json, portion_to_json, to_json};

pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn vectors(name: &str) -> Vec<Value> {
    let path = workspace().join("vectors/labels").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

pub fn text_of(vector: &Value) -> &str {
    vector["text"].as_str().unwrap()
}

/// The banner line that a vector gives under `key`.
pub fn banner_of(vector: &Value, key: &str) -> Option<Marking> {
    vector[key].as_str().map(|text| match label::parse(text) {
        Ok(Label::Marking(marking)) => *marking,
        other => panic!("{text}: {other:?}"),
    })
}
