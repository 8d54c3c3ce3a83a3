//! Objects of STIX, as people and programs see them beside TAXII: collections with counts, lists, one object, its graph.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RecallView;

/// A collection, as the asker has it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixCollectionView {
    /// Its API root; `entente` for the collection of everything.
    pub root: String,
    /// The title of the root.
    pub root_title: String,
    /// Its identifier, a UUID; `everything` for all that the asker may have.
    pub id: String,
    /// Its path over TAXII.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Another name in paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Whether the asker may read it.
    pub can_read: bool,
    /// Whether the asker may write it.
    pub can_write: bool,
    /// The media types of its objects.
    pub media_types: Vec<String>,
    /// What of it the asker may see; absent where that is nothing for want of the right to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<StixCountView>,
}

/// What of a collection somebody may see. What is withheld is counted nowhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixCountView {
    /// How many objects.
    pub objects: usize,
    /// Whether there are more than were counted.
    pub more: bool,
    /// How many of each type, the most first.
    pub types: Vec<StixTypeView>,
    /// When the newest of them was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_added: Option<String>,
}

/// How many objects are of a type.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixTypeView {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many.
    pub objects: usize,
}

/// Which objects are wanted. A moment is RFC 3339 in UTC, or a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StixQuery {
    /// Words, each of which is in the name, an alias or the identifier.
    #[schemars(length(max = 200))]
    pub q: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    #[schemars(length(max = 200))]
    pub kind: Option<String>,
    /// With this text in the pattern.
    #[schemars(length(max = 200))]
    pub pattern: Option<String>,
    /// Bearing this marking: a word of TLP (`RED`, `TLP:AMBER+STRICT`), a label, or the identifier of a marking definition.
    #[schemars(length(max = 200))]
    pub marking: Option<String>,
    /// Made or changed then or later.
    pub modified_from: Option<String>,
    /// Made or changed then or before.
    pub modified_to: Option<String>,
    /// Added here then or later.
    pub added_from: Option<String>,
    /// Added here then or before.
    pub added_to: Option<String>,
    /// At most so many; 50 when absent.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A page of objects, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixPage {
    /// Those of it that were found.
    pub objects: Vec<StixRow>,
    /// What to give as `after` for the next page; absent where there is none. A page of a search with fewer objects than asked for may
    /// have one: so far nothing more was found.
    pub next: Option<String>,
}

/// An object in a list: its last version of those that the asker may have.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixRow {
    /// Its identifier.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What people call it by, at most 200 characters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of STIX.
    pub spec_version: String,
    /// The version: when it was made or changed last.
    pub version: String,
    /// When it was added.
    pub added: String,
    /// Whether it is revoked, or out of use.
    pub revoked: bool,
    /// Whether it is a copy without marked parts.
    pub reduced: bool,
    /// The label of the record that it stands in.
    pub label: String,
    /// Labels that its own markings come to besides; all of them hold.
    pub markings: Vec<String>,
    /// The status of the record: `actual`, `exercise` or `test`.
    pub status: String,
    /// The originator of the record.
    pub originator: String,
    /// The record.
    pub record: String,
}

/// Which version of an object is wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StixVersionQuery {
    /// The version; the last one that the asker may have when absent.
    pub version: Option<String>,
}

/// An object, in one of its versions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixObjectView {
    /// The version that is shown.
    #[serde(flatten)]
    pub shown: StixRow,
    /// Its text as the asker is given it: to the byte, or the copy without marked parts.
    pub content: String,
    /// Its markings, with what they mean.
    pub marked: Vec<StixMarkingView>,
    /// The collections in which the asker has it.
    pub collections: Vec<StixPlaceView>,
    /// The versions that the asker may have, the newest first, at most 200.
    pub versions: Vec<StixRow>,
    /// Recalls of the record that it stands in.
    pub recalls: Vec<RecallView>,
}

/// A marking of an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixMarkingView {
    /// The marking definition.
    pub id: String,
    /// What of the object it marks; nothing where it is the whole.
    pub selectors: Vec<String>,
    /// The labels that it comes to, all of which hold.
    pub labels: Vec<String>,
    /// A statement that goes wherever the object goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Whether nobody here can read it: then it counts as TLP:RED.
    pub unknown: bool,
}

/// A collection that an object stands in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixPlaceView {
    /// Its identifier.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When the object was added to it last.
    pub added: String,
}

/// Which two versions are compared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StixDifferenceQuery {
    /// The older version.
    pub before: String,
    /// The newer version.
    pub after: String,
}

/// What two versions differ in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixDifferenceView {
    /// The older version.
    pub before: StixRow,
    /// The newer version.
    pub after: StixRow,
    /// Properties that differ, in the order of the newer version.
    pub changes: Vec<StixChangeView>,
    /// How many are the same.
    pub same: usize,
}

/// A property that differs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixChangeView {
    /// Its name.
    pub property: String,
    /// Its value before, as it stands there (JSON); absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How much of the graph around an object is wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StixGraphQuery {
    /// How many steps away: 1 or 2; 1 when absent.
    #[schemars(range(min = 1, max = 2))]
    pub depth: Option<usize>,
    /// Only objects of this type, besides the one that is asked about.
    #[serde(rename = "type")]
    #[schemars(length(max = 200))]
    pub kind: Option<String>,
    /// At most so many objects; 200 when absent.
    #[schemars(range(min = 2, max = 200))]
    pub limit: Option<usize>,
}

/// An object and what it stands in relation to, each decided by itself: relationships are edges between what they relate, references
/// edges to what they name. Who made an object, and its markings, are no edges.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixGraphView {
    /// The object that was asked about, first, and those around it, the nearest first.
    pub nodes: Vec<StixNodeView>,
    /// What relates them.
    pub edges: Vec<StixEdgeView>,
    /// How many more objects are named there than are shown.
    pub more: usize,
    /// Whether all that points at these was looked at: else there may be more still.
    pub complete: bool,
}

/// An object of a graph.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StixNodeView {
    /// Its identifier.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many steps it is away.
    pub distance: usize,
    /// The object; absent where an identifier is named that stands for nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<StixRow>,
}

/// A relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StixEdgeView {
    /// From this object.
    pub from: String,
    /// To this one.
    pub to: String,
    /// The type of the relationship, or the property that names it.
    pub word: String,
    /// The relationship, where it is an object of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
    /// Whether the relationship is revoked, or out of use.
    pub revoked: bool,
}
