//! Roots and collections of TAXII, as the command line sees them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /taxii/roots`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootRequest {
    /// The part of its path: 1 to 64 of a-z, 0-9, `-`, `_` and `.`.
    pub name: String,
    /// Its title; its name when absent.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The longest body of a post, in bytes.
    pub max_content_length: Option<u64>,
}

/// An API root.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct RootView {
    pub name: String,
    pub path: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub max_content_length: u64,
}

/// `POST /taxii/collections`, and `PUT` of one. What is released, and under which label, is set by who may disclose: label, subjects,
/// `to` and purpose are left out by others, and stay as they are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectionRequest {
    /// Its root.
    pub root: String,
    /// Its identifier, a UUID; drawn when absent.
    pub id: Option<String>,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// Another name in paths.
    pub alias: Option<String>,
    /// Who reads: `user:NAME`, `role:ROLE` or `*`, with commas between them; nobody when empty.
    pub read: String,
    /// Who writes.
    pub write: String,
    /// The label of objects that bear no marking; `TLP:AMBER+STRICT` when absent.
    pub label: Option<String>,
    /// What its objects are about.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Whose records are shown in it, besides what is posted to it: party codes, or `*`.
    #[serde(default)]
    pub from: Vec<String>,
    /// To whom what is posted is released, where that is permitted.
    #[serde(default)]
    pub to: Vec<String>,
    /// For which purpose.
    pub purpose: Option<String>,
}

/// `PUT /taxii/collections/{id}/release`: what becomes of what is posted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRuleRequest {
    /// The label of objects that bear no marking; `TLP:AMBER+STRICT` when absent.
    pub label: Option<String>,
    /// What its objects are about.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// To whom what is posted is released, where that is permitted.
    #[serde(default)]
    pub to: Vec<String>,
    /// For which purpose.
    pub purpose: Option<String>,
}

/// A collection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as in the request")]
pub struct CollectionView {
    pub root: String,
    pub id: String,
    pub path: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    pub read: Vec<String>,
    pub write: Vec<String>,
    pub label: String,
    pub subjects: Vec<String>,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub purpose: String,
}

/// `POST /taxii/collections/{id}/objects`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadRequest {
    /// An envelope or a bundle, as text: its objects are kept to the byte.
    pub envelope: String,
    /// Moments under which they are added, in their order, where they are later than what is there; now for those without, and none
    /// later than now.
    pub added: Option<Vec<Option<String>>>,
}
