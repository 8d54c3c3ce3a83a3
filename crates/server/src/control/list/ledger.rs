//! The ledger.

use super::{ACCOUNT, ALL, AUDITOR, get, post};
use crate::{control::ledger, web::endpoint::Endpoint};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            get("/ledger"),
            ALL,
            "ledger.show",
            "How far the ledger is, and who has witnessed it.",
            ledger::show,
        ),
        Endpoint::new(
            get("/ledger/statements"),
            AUDITOR,
            "ledger.statements",
            "What it says, in order.",
            ledger::statements,
        ),
        Endpoint::new(
            post("/ledger/proofs"),
            ACCOUNT,
            "ledger.prove",
            "Prove a release, or that its recipient has held it.",
            ledger::prove,
        )
        .changes_nothing(),
        Endpoint::new(get("/ledger/digest"), AUDITOR, "ledger.digest", "Counts of what was given.", ledger::counts),
    ]
}
