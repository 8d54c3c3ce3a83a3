//! Long work, and what happens.

use super::{ALL, DESKS, KEEPERS, MAKERS, get, post};
use crate::{
    control::{events, jobs},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(get("/jobs"), ALL, "job.list", "List the own long work.", jobs::list),
        Endpoint::new(post("/jobs"), KEEPERS, "job.begin", "Check everything that the logs promise.", jobs::verify),
        Endpoint::new(
            post("/jobs/redecide"),
            DESKS,
            "job.redecide",
            "Decide everything that is held anew, with the latest acts on agreements and without them.",
            jobs::redecide,
        ),
        Endpoint::new(
            post("/jobs/import"),
            MAKERS,
            "job.import",
            "Enter many files, each as a record with the same label: a form with the fields, and then the files.",
            jobs::import,
        )
        .limit(jobs::MANY),
        Endpoint::new(get("/jobs/{id}"), ALL, "job.show", "How long work stands.", jobs::show),
        Endpoint::new(post("/jobs/{id}/cancel"), ALL, "job.cancel", "Cancel long work.", jobs::cancel),
        Endpoint::new(get("/events"), ALL, "event.listen", "What happens, as it happens.", events::listen),
    ]
}
