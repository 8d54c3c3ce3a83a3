//! Collections of TAXII, and objects of STIX as people see them.

use super::{ADMIN, COLLECTIONS, DISCLOSURE, LOAD, MAKERS, READERS, get, post, put};
use crate::{
    taxii::{admin, look},
    web::endpoint::Endpoint,
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(get("/taxii/roots"), ADMIN, "taxii.root.list", "List the API roots of TAXII.", admin::roots),
        Endpoint::new(post("/taxii/roots"), ADMIN, "taxii.root.add", "Add an API root.", admin::add_root),
        Endpoint::new(
            get("/taxii/collections"),
            COLLECTIONS,
            "taxii.collection.list",
            "List the collections of TAXII.",
            admin::collections,
        ),
        Endpoint::new(
            post("/taxii/collections"),
            ADMIN,
            "taxii.collection.add",
            "Add a collection.",
            admin::add_collection,
        ),
        Endpoint::new(
            put("/taxii/collections/{id}"),
            ADMIN,
            "taxii.collection.change",
            "Say anew who has a collection, and what becomes of its objects.",
            admin::change_collection,
        ),
        Endpoint::new(
            put("/taxii/collections/{id}/release"),
            DISCLOSURE,
            "taxii.collection.release",
            "Say what becomes of what is posted: under which label it enters, and to whom it is released.",
            admin::set_release,
        ),
        Endpoint::new(
            post("/taxii/collections/{id}/objects"),
            MAKERS,
            "taxii.load",
            "Add objects of STIX to a collection.",
            admin::load,
        )
        .limit(LOAD),
        Endpoint::new(
            get("/stix/collections"),
            READERS,
            "stix.collection.list",
            "List the collections that the asker may read, with what of them it may see.",
            look::collections,
        ),
        Endpoint::new(
            get("/stix/collections/{collection}"),
            READERS,
            "stix.collection.show",
            "Show one of them.",
            look::collection,
        ),
        Endpoint::new(
            get("/stix/collections/{collection}/objects"),
            READERS,
            "stix.object.list",
            "Find objects of STIX in a collection, the newest first.",
            look::objects,
        ),
        Endpoint::new(
            get("/stix/objects/{id}"),
            READERS,
            "stix.object.show",
            "Show an object of STIX with its markings and versions.",
            look::object,
        ),
        Endpoint::new(
            get("/stix/objects/{id}/difference"),
            READERS,
            "stix.object.compare",
            "Compare two versions of an object, property by property.",
            look::difference,
        ),
        Endpoint::new(
            get("/stix/objects/{id}/graph"),
            READERS,
            "stix.object.graph",
            "What an object stands in relation to, one or two steps away.",
            look::graph,
        ),
    ]
}
