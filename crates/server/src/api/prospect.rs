//! What would be decided about a record, for each party.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DecisionView, DraftRequest};

/// How a record would go.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ProspectsQuery {
    /// What for.
    #[schemars(length(max = 200))]
    pub purpose: Option<String>,
    /// By which channel; `government-to-government` when absent.
    #[schemars(length(max = 200))]
    pub channel: Option<String>,
}

/// `POST /prospects`: who would see a draft.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct ProspectsOfDraft {
    pub draft: DraftRequest,
    pub purpose: String,
    pub channel: Option<String>,
}

/// What would be decided for one party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct ProspectView {
    pub to: String,
    pub decision: DecisionView,
}
