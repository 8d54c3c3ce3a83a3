//! Records: found, entered, decided about, released.

use super::{ACCOUNT, ALL, CONTENT, DISCLOSURE, DUTY, MAKERS, READERS, get, post};
use crate::{
    control::{approve, decisions, large, records, release, second},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(get("/records"), READERS, "record.list", "Find records, newest first.", records::list),
        Endpoint::new(
            post("/records"),
            MAKERS,
            "record.enter",
            "Enter a record, and give it to nobody yet.",
            records::enter,
        )
        .limit(CONTENT),
        Endpoint::new(get("/records/{originator}/{id}"), READERS, "record.show", "Show a record.", records::one),
        Endpoint::new(
            get("/records/{originator}/{id}/content"),
            READERS,
            "record.content",
            "Its content, exactly.",
            large::content,
        ),
        Endpoint::new(
            get("/records/{originator}/{id}/given"),
            READERS,
            "record.given",
            "Where it went from here, and how far it got.",
            records::given,
        ),
        Endpoint::new(
            post("/records/{originator}/{id}/printed"),
            READERS,
            "record.printed",
            "A page with it is being printed: that goes on the record.",
            records::printed,
        ),
        Endpoint::new(
            post("/decisions"),
            READERS,
            "decision.preview",
            "What would be answered, party by party; nothing is done.",
            decisions::preview,
        )
        .changes_nothing(),
        Endpoint::new(
            post("/labels"),
            ALL,
            "label.words",
            "A label in words, or what is wrong with it.",
            decisions::words,
        )
        .changes_nothing(),
        Endpoint::new(post("/releases"), DISCLOSURE, "record.release", "Release a record, new or held.", release)
            .limit(CONTENT),
        Endpoint::new(
            post("/releases/large"),
            DISCLOSURE,
            "record.release-large",
            "Release a new record, with its content behind its description.",
            large::release,
        ),
        Endpoint::new(
            get("/releases/waiting"),
            ACCOUNT,
            "release.waiting",
            "List what waits, or waited, for a second person.",
            second::waiting,
        ),
        Endpoint::new(
            post("/releases/{number}/confirm"),
            DISCLOSURE,
            "release.confirm",
            "Say yes, as a second person.",
            second::confirm,
        ),
        Endpoint::new(
            post("/releases/{number}/decline"),
            DISCLOSURE,
            "release.decline",
            "Say no, or take the own proposal back.",
            second::decline,
        ),
        Endpoint::new(
            get("/emergencies"),
            ACCOUNT,
            "emergency.list",
            "List emergencies and their reports.",
            second::emergencies,
        ),
        Endpoint::new(
            post("/emergencies"),
            DUTY,
            "emergency.declare",
            "Disclose in an emergency, where the rules foresee it.",
            second::declare,
        ),
        Endpoint::new(
            post("/emergencies/{number}/report"),
            DUTY,
            "emergency.report",
            "Report on an emergency.",
            second::report,
        ),
        Endpoint::new(
            get("/named/missing"),
            DISCLOSURE,
            "named.missing",
            "List TLP:RED records for which nobody is named.",
            second::unnamed,
        ),
        Endpoint::new(post("/named"), DISCLOSURE, "record.name", "Say for whom a TLP:RED record is.", second::name),
        Endpoint::new(post("/approvals"), DISCLOSURE, "record.approve", "Approve a record for a recipient.", approve),
    ]
}
