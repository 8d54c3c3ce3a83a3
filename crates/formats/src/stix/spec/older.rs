//! STIX 2.0, as far as it is met beside 2.1: which types it has, and what it demands besides.
//!
//! A property of 2.0 means what it means in 2.1, so that the tables of 2.1 say what may stand in it. Source: OASIS, *STIX
//! Version 2.0*, parts 2 to 4.

/// The types of 2.0 with what they must have.
const TYPES: [(&str, &[&str]); 15] = [
    ("attack-pattern", &["name"]),
    ("campaign", &["name"]),
    ("course-of-action", &["name"]),
    ("identity", &["name", "identity_class"]),
    ("indicator", &["labels", "pattern", "valid_from"]),
    ("intrusion-set", &["name"]),
    ("malware", &["labels", "name"]),
    ("observed-data", &["first_observed", "last_observed", "number_observed", "objects"]),
    ("report", &["labels", "name", "published", "object_refs"]),
    ("threat-actor", &["labels", "name"]),
    ("tool", &["labels", "name"]),
    ("vulnerability", &["name"]),
    ("relationship", &["relationship_type", "source_ref", "target_ref"]),
    ("sighting", &["sighting_of_ref"]),
    ("marking-definition", &["definition_type", "definition"]),
];

/// What an object of that type must have besides its common properties; `None` for a type that 2.0 has not.
pub(in crate::stix) fn required(kind: &str) -> Option<&'static [&'static str]> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, required)| *required)
}
