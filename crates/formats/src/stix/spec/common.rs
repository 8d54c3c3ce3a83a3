//! What all objects have in common (section 3.2), and the small objects inside them (sections 2.5, 2.11, 7.2.3).

use super::{COUNT, Form, Kind, Property, Rule, Shape, TEXTS, may, must};

/// What an extension may do (section 7.3).
pub(in crate::stix) const EXTENSION_TYPES: &[&str] =
    &["new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"];

/// Names that no custom property may take (section 3.4).
pub(in crate::stix) const RESERVED: [&str; 4] = ["severity", "username", "phone_numbers", "action"];

pub(super) const SPEC_VERSION: Kind = Kind::Closed(&["2.0", "2.1"]);
pub(super) const MARKINGS: Kind = Kind::List(&Kind::Ref(&["marking-definition"]));
pub(super) const GRANULAR: Kind = Kind::List(&Kind::Nested(&GRANULAR_MARKING));
pub(super) const REFERENCES: Kind = Kind::List(&Kind::Nested(&EXTERNAL_REFERENCE));

/// Domain and relationship objects, languages and extension definitions.
pub(in crate::stix) const COMMON: &[Property] = &[
    must("type", Kind::Text),
    must("spec_version", SPEC_VERSION),
    must("id", Kind::Id),
    may("created_by_ref", Kind::Id),
    must("created", Kind::TimeOfVersion),
    must("modified", Kind::TimeOfVersion),
    may("revoked", Kind::Boolean),
    may("labels", TEXTS),
    may("confidence", Kind::Integer(0, 100)),
    may("lang", Kind::Form(Form::Language)),
    may("external_references", REFERENCES),
    may("object_marking_refs", MARKINGS),
    may("granular_markings", GRANULAR),
    may("extensions", Kind::Extensions(&[])),
];

/// Observables.
pub(in crate::stix) const COMMON_OBSERVABLE: &[Property] = &[
    must("type", Kind::Text),
    may("spec_version", SPEC_VERSION),
    must("id", Kind::Id),
    may("object_marking_refs", MARKINGS),
    may("granular_markings", GRANULAR),
    may("defanged", Kind::Boolean),
    may("extensions", Kind::Extensions(&[])),
];

/// A reference to something outside STIX (section 2.5).
static EXTERNAL_REFERENCE: Shape = Shape {
    properties: &[
        must("source_name", Kind::Text),
        may("description", Kind::Text),
        may("url", Kind::Form(Form::Url)),
        may("hashes", Kind::Hashes),
        may("external_id", Kind::Text),
    ],
    rules: &[Rule::AnyOf(&["description", "url", "external_id"])],
};

/// A phase of a kill chain (section 2.11).
pub(super) static KILL_CHAIN_PHASE: Shape =
    Shape { properties: &[must("kill_chain_name", Kind::Text), must("phase_name", Kind::Text)], rules: &[] };
pub(super) const KILL_CHAIN: Kind = Kind::List(&Kind::Nested(&KILL_CHAIN_PHASE));

/// A marking, or a language, of some properties (section 7.2.3).
static GRANULAR_MARKING: Shape = Shape {
    properties: &[
        may("lang", Kind::Form(Form::Language)),
        may("marking_ref", Kind::Ref(&["marking-definition"])),
        must("selectors", Kind::List(&Kind::Form(Form::Selector))),
    ],
    rules: &[Rule::OneOf(&["lang", "marking_ref"])],
};

/// A size in bytes.
pub(super) const SIZE: Kind = COUNT;
