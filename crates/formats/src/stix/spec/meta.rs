//! Languages, markings and extension definitions (section 7), and the bundle (section 8), whose objects are checked each
//! for itself.

use super::{
    Family, Kind, Rule, Shape, TEXTS, Type,
    common::{EXTENSION_TYPES, GRANULAR, MARKINGS, REFERENCES, SPEC_VERSION},
    may, must,
};
use Kind::{Closed, Extensions, Id, List, RefBut, Text, Time};

pub(super) static TYPES: &[Type] = &[
    Type {
        name: "language-content",
        family: Family::Meta,
        shape: Shape {
            properties: &[
                must("object_ref", RefBut(&["bundle", "language-content"])),
                may("object_modified", Time),
                must("contents", Kind::Translations),
            ],
            rules: &[],
        },
    },
    Type {
        name: "marking-definition",
        family: Family::Meta,
        shape: Shape {
            properties: &[
                must("type", Text),
                must("spec_version", SPEC_VERSION),
                must("id", Id),
                may("created_by_ref", Id),
                must("created", Time),
                may("external_references", REFERENCES),
                may("object_marking_refs", MARKINGS),
                may("granular_markings", GRANULAR),
                may("name", Text),
                may("definition_type", Text),
                may("definition", Kind::Dictionary),
                may("extensions", Extensions(&[])),
            ],
            rules: &[
                Rule::AnyOf(&["definition", "extensions"]),
                Rule::With("definition", &["definition_type"]),
                Rule::With("definition_type", &["definition"]),
            ],
        },
    },
    Type {
        name: "extension-definition",
        family: Family::Meta,
        shape: Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                must("schema", Text),
                must("version", Text),
                must("extension_types", List(&Closed(EXTENSION_TYPES))),
                may("extension_properties", TEXTS),
            ],
            rules: &[],
        },
    },
    Type {
        name: "bundle",
        family: Family::Bundle,
        shape: Shape {
            properties: &[must("type", Text), must("id", Id), may("objects", List(&Kind::Dictionary))],
            rules: &[],
        },
    },
];
