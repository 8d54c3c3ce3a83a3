//! What-if over what a node holds. The answer is the one of the command line, `entente_formats::whatif::WhatIf`.

use entente_formats::whatif::SuppositionLine;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /whatif`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct WhatIfRequest {
    pub action: String,
    pub purpose: String,
    pub channel: String,
    pub at: String,
    /// What would be otherwise, in order.
    pub suppose: Vec<SuppositionLine>,
}

/// `POST /whatif/behind`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindRequest {
    /// The question whose answer has the witness.
    pub question: WhatIfRequest,
    /// The witness.
    pub record: String,
}

/// The records that a witness stands for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Behind {
    /// Who holds them.
    pub holder: String,
    /// Their names.
    pub records: Vec<String>,
}
