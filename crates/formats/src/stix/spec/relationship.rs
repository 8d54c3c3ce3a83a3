//! Relationships and sightings (section 5).

use super::{Family, Form, Kind, Rule, Shape, Type, may, must};
use Kind::{Boolean, Integer, List, Ref, RefBut, Text, Time};

/// What no relationship and no sighting may point at (sections 5.1, 5.2).
const NO_END: &[&str] = &["relationship", "sighting", "bundle", "marking-definition", "language-content"];

pub(super) static TYPES: &[Type] = &[
    Type {
        name: "relationship",
        family: Family::Relationship,
        shape: Shape {
            properties: &[
                must("relationship_type", Kind::Form(Form::RelationshipType)),
                may("description", Text),
                must("source_ref", RefBut(NO_END)),
                must("target_ref", RefBut(NO_END)),
                may("start_time", Time),
                may("stop_time", Time),
            ],
            rules: &[Rule::After("stop_time", "start_time")],
        },
    },
    Type {
        name: "sighting",
        family: Family::Relationship,
        shape: Shape {
            properties: &[
                may("description", Text),
                may("first_seen", Time),
                may("last_seen", Time),
                may("count", Integer(0, 999_999_999)),
                must("sighting_of_ref", RefBut(NO_END)),
                may("observed_data_refs", List(&Ref(&["observed-data"]))),
                may("where_sighted_refs", List(&Ref(&["identity", "location"]))),
                may("summary", Boolean),
            ],
            rules: &[Rule::NotBefore("last_seen", "first_seen")],
        },
    },
];
