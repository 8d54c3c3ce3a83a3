//! Alerts, incidents, what is owed, consultations.

use super::{ALERT, CONTENT, DESKS, DISCLOSURE, DUTY, LOOKERS, MAKERS, READERS, WATCHERS, get, post};
use crate::{
    control::{alerts, consultations, incidents},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(get("/alerts"), READERS, "alert.list", "List the alerts, what is in effect first.", alerts::list),
        Endpoint::new(
            post("/alerts"),
            MAKERS,
            "alert.ingest",
            "Hand in a warning: it goes to whom the settings name.",
            alerts::ingest,
        )
        .limit(ALERT),
        Endpoint::new(
            get("/alerts/{originator}/{id}"),
            READERS,
            "alert.show",
            "Show the alert of a record.",
            alerts::one,
        ),
        Endpoint::new(
            post("/alerts/{originator}/{id}/acknowledge"),
            DUTY,
            "alert.acknowledge",
            "Take note of an alert; the parties that have it are told.",
            alerts::acknowledge,
        )
        .shows(alerts::one),
        Endpoint::new(get("/incidents"), LOOKERS, "incident.list", "List the own incidents.", incidents::list),
        Endpoint::new(
            post("/incidents"),
            MAKERS,
            "incident.raise",
            "Say that something happened; nobody else is told.",
            incidents::raise,
        ),
        Endpoint::new(get("/incidents/{number}"), LOOKERS, "incident.show", "Show an incident.", incidents::one),
        Endpoint::new(
            get("/obligations"),
            LOOKERS,
            "obligation.list",
            "List what is owed, and how it stands.",
            incidents::obligations,
        ),
        Endpoint::new(
            post("/obligations/{id}/done"),
            WATCHERS,
            "obligation.done",
            "Say that this party has done what it owes.",
            incidents::done,
        ),
        Endpoint::new(
            post("/obligations/{id}/waive"),
            DESKS,
            "obligation.waive",
            "Waive, for this party, a duty that a consultation pins.",
            incidents::waive,
        ),
        Endpoint::new(
            get("/consultations"),
            LOOKERS,
            "consultation.list",
            "List the consultations.",
            consultations::list,
        ),
        Endpoint::new(
            post("/consultations"),
            WATCHERS,
            "consultation.raise",
            "Raise a consultation from an incident: the parties are told.",
            consultations::raise,
        ),
        Endpoint::new(
            get("/consultations/{name}"),
            LOOKERS,
            "consultation.show",
            "Show a consultation.",
            consultations::one,
        ),
        Endpoint::new(
            post("/consultations/{name}/acknowledge"),
            WATCHERS,
            "consultation.acknowledge",
            "Acknowledge, for this party.",
            consultations::acknowledge,
        ),
        Endpoint::new(
            post("/consultations/{name}/convene"),
            WATCHERS,
            "consultation.convene",
            "Call the parties together.",
            consultations::convene,
        ),
        Endpoint::new(
            post("/consultations/{name}/escalate"),
            WATCHERS,
            "consultation.escalate",
            "Say that somebody higher was called.",
            consultations::escalate,
        ),
        Endpoint::new(
            post("/consultations/{name}/steps"),
            DESKS,
            "consultation.step",
            "Decline, propose, sign, object, state effects or close, for this party.",
            consultations::steps,
        )
        .limit(ALERT),
        Endpoint::new(
            post("/consultations/{name}/positions"),
            DISCLOSURE,
            "consultation.position",
            "Give this party's position to whom it may be given.",
            consultations::position,
        )
        .limit(CONTENT),
        Endpoint::new(
            post("/consultations/{name}/export"),
            LOOKERS,
            "consultation.export",
            "Write a consultation as one signed file; that is on the record.",
            consultations::export,
        )
        .changes_nothing(),
    ]
}
