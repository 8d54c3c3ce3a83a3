//! Consents and agreements.

use super::{ALL, DISCLOSURE, MAKERS, READERS, TREATY, get, post};
use crate::{
    control::{agreements, consents, matrix, partner},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            get("/consents"),
            READERS,
            "consent.list",
            "List the questions for consent, ours and theirs.",
            consents::questions,
        ),
        Endpoint::new(post("/consents"), MAKERS, "consent.ask", "Ask a party for its consent.", consents::ask),
        Endpoint::new(
            get("/consents/standing"),
            READERS,
            "consent.standing",
            "List the standing consents.",
            consents::standing,
        ),
        Endpoint::new(
            post("/consents/standing"),
            DISCLOSURE,
            "consent.grant",
            "Give a standing consent.",
            consents::grant,
        ),
        Endpoint::new(
            post("/consents/{request}/answer"),
            DISCLOSURE,
            "consent.answer",
            "Answer a question.",
            consents::answer,
        ),
        Endpoint::new(
            post("/consents/{request}/withdraw"),
            DISCLOSURE,
            "consent.withdraw",
            "Take a consent back.",
            consents::withdraw,
        ),
        Endpoint::new(
            get("/agreements"),
            ALL,
            "agreement.list",
            "List the agreements and how they stand.",
            agreements::list,
        ),
        Endpoint::new(
            post("/agreements"),
            TREATY,
            "agreement.propose",
            "Propose a text to its parties.",
            agreements::propose,
        ),
        Endpoint::new(
            get("/agreements/matrix"),
            ALL,
            "agreement.matrix",
            "Who may give whom up to which level, and under which text.",
            matrix::show,
        ),
        Endpoint::new(
            get("/agreements/compare"),
            ALL,
            "agreement.compare",
            "How two texts differ, and what that means for each pair of parties.",
            matrix::compare,
        ),
        Endpoint::new(
            get("/partners/{party}"),
            READERS,
            "partner.show",
            "What a party has of what is held here, what it could have, and what it may not have.",
            partner::show,
        ),
        Endpoint::new(
            get("/agreements/{id}/text"),
            ALL,
            "agreement.text",
            "The texts known under an id.",
            agreements::text,
        ),
        Endpoint::new(
            get("/agreements/{id}/acts"),
            ALL,
            "agreement.acts",
            "What the parties have done about them.",
            agreements::acts,
        ),
        Endpoint::new(
            post("/agreements/{id}/acts"),
            TREATY,
            "agreement.act",
            "Act on a text for this party.",
            agreements::act,
        ),
        Endpoint::new(
            post("/agreements/{id}/disputes"),
            TREATY,
            "agreement.dispute",
            "Dispute the effect of an act.",
            agreements::dispute,
        ),
    ]
}
