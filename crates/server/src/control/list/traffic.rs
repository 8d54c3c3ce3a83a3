//! What goes out and comes in, and what went wrong with it.

use entente_formats::wire::Parcel;

use super::{ACCOUNT, ADMIN, CHAIN, KEEPERS, TRAFFIC, get, post};
use crate::{
    control::{alarms, courier, large, outbox, quarantine, restore},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            get("/outbox"),
            ACCOUNT,
            "outbox.list",
            "What was given to whom, and how far it got.",
            outbox::list,
        ),
        Endpoint::new(
            post("/outbox/{to}/{lane}/export"),
            TRAFFIC,
            "outbox.cut",
            "The next package of a feed, for a file.",
            courier::export,
        ),
        Endpoint::new(
            post("/outbox/{to}/{lane}/exported"),
            TRAFFIC,
            "outbox.exported",
            "That package is on a medium.",
            courier::exported,
        ),
        Endpoint::new(
            get("/outbox/{to}/contents"),
            TRAFFIC,
            "outbox.contents",
            "List the contents that a partner has not said it has.",
            courier::outstanding,
        ),
        Endpoint::new(
            get("/outbox/{to}/contents/{sealed}"),
            TRAFFIC,
            "outbox.content",
            "One of them as it is sealed, for a file.",
            large::export,
        ),
        Endpoint::new(
            post("/inbox/contents/{from}/{sealed}"),
            TRAFFIC,
            "inbox.content",
            "Take a sealed content from a file.",
            large::import,
        ),
        Endpoint::new(
            post("/inbox/import"),
            TRAFFIC,
            "inbox.import",
            "Take a package or a receipt from a file.",
            courier::import,
        )
        .limit(Parcel::LIMIT),
        Endpoint::new(
            get("/quarantine"),
            TRAFFIC,
            "quarantine.list",
            "List what was refused or is held sealed.",
            quarantine::list,
        ),
        Endpoint::new(
            post("/quarantine/{partner}/{lane}/{index}/retry"),
            TRAFFIC,
            "quarantine.retry",
            "Try one of them again.",
            quarantine::retry,
        ),
        Endpoint::new(get("/alarms"), KEEPERS, "alarm.list", "List the alarms, the newest first.", alarms::list),
        Endpoint::new(get("/alarms/{number}"), KEEPERS, "alarm.show", "Show an alarm and its evidence.", alarms::show),
        Endpoint::new(
            post("/alarms/{number}/acknowledge"),
            CHAIN,
            "alarm.acknowledge",
            "Say that a person has taken note of an alarm, and what was found or done.",
            alarms::acknowledge,
        ),
        Endpoint::new(
            get("/alarms/{number}/evidence"),
            KEEPERS,
            "alarm.evidence",
            "Its evidence, byte for byte.",
            alarms::bytes,
        ),
        Endpoint::new(get("/restore"), ADMIN, "restore.show", "How a restore stands.", restore::status),
        Endpoint::new(
            post("/restore/go-on"),
            ADMIN,
            "restore.go-on",
            "Go on without the answer of a partner.",
            restore::go_on,
        ),
    ]
}
