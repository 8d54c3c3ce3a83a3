//! What becomes of what was given and is held: recalls, destruction, losses, what-if, late knowledge.

use super::{ACCOUNT, DESKS, DISCLOSURE, MAKERS, READERS, get, post};
use crate::{
    control::{affected, answer_affected, recalls, retention, whatif},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(get("/recalls"), READERS, "recall.list", "List recalls and who has complied.", recalls::list),
        Endpoint::new(post("/recalls"), DISCLOSURE, "record.recall", "Call a record back.", recalls::recall),
        Endpoint::new(
            post("/recalls/settle"),
            DISCLOSURE,
            "record.settle",
            "Decide about a record made from one that was called back.",
            recalls::settle,
        ),
        Endpoint::new(
            get("/retention/due"),
            DISCLOSURE,
            "retention.due",
            "List the contents whose period is over.",
            retention::due,
        ),
        Endpoint::new(
            post("/retention/destroyed"),
            DISCLOSURE,
            "record.destroy",
            "Destroy a content here.",
            retention::destroy,
        ),
        Endpoint::new(get("/holds"), ACCOUNT, "hold.list", "List the legal holds.", retention::holds),
        Endpoint::new(post("/holds"), DISCLOSURE, "record.hold", "Place or lift a legal hold.", retention::hold),
        Endpoint::new(
            post("/relabellings"),
            DISCLOSURE,
            "record.relabel",
            "Give an own record another label.",
            recalls::relabel,
        ),
        Endpoint::new(
            get("/compromises"),
            READERS,
            "compromise.list",
            "List what was told of records in wrong hands.",
            recalls::compromises,
        ),
        Endpoint::new(
            post("/compromises"),
            MAKERS,
            "record.compromise",
            "Tell that control of a record is lost.",
            recalls::report,
        ),
        Endpoint::new(
            post("/whatif"),
            DESKS,
            "whatif.compare",
            "What would change if agreements were otherwise.",
            whatif::compare,
        )
        .changes_nothing(),
        Endpoint::new(
            post("/whatif/behind"),
            DESKS,
            "whatif.behind",
            "The records that a witness of it stands for.",
            whatif::behind,
        )
        .changes_nothing(),
        Endpoint::new(
            get("/affected"),
            ACCOUNT,
            "affected.list",
            "List releases that late knowledge speaks against.",
            affected,
        ),
        Endpoint::new(
            post("/affected/{number}/answer"),
            DESKS,
            "affected.answer",
            "Say what was done about one.",
            answer_affected,
        ),
    ]
}
