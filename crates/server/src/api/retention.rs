//! The API's view of how long contents are kept.

use entente_node::{op::StoredHold, retention::Due};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moment;

/// `POST /holds`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct HoldRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    /// Whether it is placed; else it is lifted.
    pub placed: bool,
    pub note: String,
}

/// `POST /retention/destroyed`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct DestroyRequest {
    /// `ID` or `ORIGINATOR/ID`.
    pub record: String,
    pub note: String,
}

/// A hold.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct HoldView {
    pub originator: String,
    pub record: String,
    pub by: String,
    pub at: String,
    pub note: String,
}

impl From<StoredHold> for HoldView {
    fn from(hold: StoredHold) -> Self {
        let StoredHold { originator, record, by, note, at, placed: _ } = hold;
        Self { originator, record, by, at: moment(at), note }
    }
}

/// A record whose period is over.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct DueView {
    pub originator: String,
    pub record: String,
    pub entered: String,
    /// How many days it was to be kept.
    pub days: u32,
    /// When they were over.
    pub since: String,
    /// Whether a hold keeps it.
    pub on_hold: bool,
}

impl From<&Due> for DueView {
    fn from(due: &Due) -> Self {
        Self {
            originator: due.record.0.to_string(),
            record: due.record.1.to_string(),
            entered: moment(due.entered),
            days: due.days,
            since: moment(due.since),
            on_hold: due.on_hold,
        }
    }
}
