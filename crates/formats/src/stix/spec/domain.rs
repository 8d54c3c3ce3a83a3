//! The domain objects (section 4).

use super::{
    Family, Kind, Rule, Shape, TEXTS, Type,
    common::KILL_CHAIN,
    may, must,
    vocabulary::{
        ACTOR_ROLE, ACTOR_TYPE, ARCHITECTURE, GROUPING, IDENTITY_CLASS, INDICATOR_TYPE, INFRASTRUCTURE_TYPE, LANGUAGE,
        MALWARE_CAPABILITY, MALWARE_RESULT, MALWARE_TYPE, MOTIVATION, OPINION, PATTERN_TYPE, REGION, REPORT_TYPE,
        RESOURCE_LEVEL, SECTOR, SOPHISTICATION, TOOL_TYPE,
    },
};
use Kind::{Boolean, Id, Integer, List, Number, Open, Ref, RefBut, Text, Time};

const SEEN: Rule = Rule::NotBefore("last_seen", "first_seen");
const SOFTWARE: Kind = Ref(&["software"]);

/// What an observation may not point at: what somebody concluded (section 4.14).
const CONCLUSIONS: &[&str] = &[
    "attack-pattern",
    "campaign",
    "course-of-action",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "malware-analysis",
    "note",
    "observed-data",
    "opinion",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
    "bundle",
    "language-content",
    "marking-definition",
    "extension-definition",
];

const fn domain(name: &'static str, shape: Shape) -> Type {
    Type { name, family: Family::Domain, shape }
}

pub(super) static TYPES: &[Type] = &[
    domain(
        "attack-pattern",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("aliases", TEXTS),
                may("kill_chain_phases", KILL_CHAIN),
            ],
            rules: &[],
        },
    ),
    domain(
        "campaign",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("aliases", TEXTS),
                may("first_seen", Time),
                may("last_seen", Time),
                may("objective", Text),
            ],
            rules: &[SEEN],
        },
    ),
    domain("course-of-action", Shape { properties: &[must("name", Text), may("description", Text)], rules: &[] }),
    domain(
        "grouping",
        Shape {
            properties: &[
                may("name", Text),
                may("description", Text),
                must("context", Open(&GROUPING)),
                must("object_refs", List(&Id)),
            ],
            rules: &[],
        },
    ),
    domain(
        "identity",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("roles", TEXTS),
                may("identity_class", Open(&IDENTITY_CLASS)),
                may("sectors", List(&Open(&SECTOR))),
                may("contact_information", Text),
            ],
            rules: &[],
        },
    ),
    domain("incident", Shape { properties: &[must("name", Text), may("description", Text)], rules: &[] }),
    domain(
        "indicator",
        Shape {
            properties: &[
                may("name", Text),
                may("description", Text),
                may("indicator_types", List(&Open(&INDICATOR_TYPE))),
                must("pattern", Text),
                must("pattern_type", Open(&PATTERN_TYPE)),
                may("pattern_version", Text),
                must("valid_from", Time),
                may("valid_until", Time),
                may("kill_chain_phases", KILL_CHAIN),
            ],
            rules: &[Rule::After("valid_until", "valid_from")],
        },
    ),
    domain(
        "infrastructure",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("infrastructure_types", List(&Open(&INFRASTRUCTURE_TYPE))),
                may("aliases", TEXTS),
                may("kill_chain_phases", KILL_CHAIN),
                may("first_seen", Time),
                may("last_seen", Time),
            ],
            rules: &[SEEN],
        },
    ),
    domain(
        "intrusion-set",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("aliases", TEXTS),
                may("first_seen", Time),
                may("last_seen", Time),
                may("goals", TEXTS),
                may("resource_level", Open(&RESOURCE_LEVEL)),
                may("primary_motivation", Open(&MOTIVATION)),
                may("secondary_motivations", List(&Open(&MOTIVATION))),
            ],
            rules: &[SEEN],
        },
    ),
    domain(
        "location",
        Shape {
            properties: &[
                may("name", Text),
                may("description", Text),
                may("latitude", Number(-90.0, 90.0)),
                may("longitude", Number(-180.0, 180.0)),
                may("precision", Number(0.0, f64::MAX)),
                may("region", Open(&REGION)),
                may("country", Text),
                may("administrative_area", Text),
                may("city", Text),
                may("street_address", Text),
                may("postal_code", Text),
            ],
            rules: &[
                Rule::AnyOf(&["region", "country", "latitude"]),
                Rule::With("latitude", &["longitude"]),
                Rule::With("longitude", &["latitude"]),
                Rule::With("precision", &["latitude", "longitude"]),
            ],
        },
    ),
    domain(
        "malware",
        Shape {
            properties: &[
                may("name", Text),
                may("description", Text),
                may("malware_types", List(&Open(&MALWARE_TYPE))),
                must("is_family", Boolean),
                may("aliases", TEXTS),
                may("kill_chain_phases", KILL_CHAIN),
                may("first_seen", Time),
                may("last_seen", Time),
                may("operating_system_refs", List(&SOFTWARE)),
                may("architecture_execution_envs", List(&Open(&ARCHITECTURE))),
                may("implementation_languages", List(&Open(&LANGUAGE))),
                may("capabilities", List(&Open(&MALWARE_CAPABILITY))),
                may("sample_refs", List(&Ref(&["artifact", "file"]))),
            ],
            rules: &[SEEN, Rule::WhenWith("is_family", "name")],
        },
    ),
    domain(
        "malware-analysis",
        Shape {
            properties: &[
                must("product", Text),
                may("version", Text),
                may("host_vm_ref", SOFTWARE),
                may("operating_system_ref", SOFTWARE),
                may("installed_software_refs", List(&SOFTWARE)),
                may("configuration_version", Text),
                may("modules", TEXTS),
                may("analysis_engine_version", Text),
                may("analysis_definition_version", Text),
                may("submitted", Time),
                may("analysis_started", Time),
                may("analysis_ended", Time),
                may("result_name", Text),
                may("result", Open(&MALWARE_RESULT)),
                may("analysis_sco_refs", List(&Id)),
                may("sample_ref", Ref(&["artifact", "file", "network-traffic"])),
            ],
            rules: &[Rule::AnyOf(&["result", "analysis_sco_refs"])],
        },
    ),
    domain(
        "note",
        Shape {
            properties: &[
                may("abstract", Text),
                must("content", Text),
                may("authors", TEXTS),
                must("object_refs", List(&Id)),
            ],
            rules: &[],
        },
    ),
    domain(
        "observed-data",
        Shape {
            properties: &[
                must("first_observed", Time),
                must("last_observed", Time),
                must("number_observed", Integer(1, 999_999_999)),
                may("objects", Kind::Observables),
                may("object_refs", List(&RefBut(CONCLUSIONS))),
            ],
            rules: &[Rule::NotBefore("last_observed", "first_observed"), Rule::OneOf(&["objects", "object_refs"])],
        },
    ),
    domain(
        "opinion",
        Shape {
            properties: &[
                may("explanation", Text),
                may("authors", TEXTS),
                must("opinion", Kind::Closed(OPINION)),
                must("object_refs", List(&Id)),
            ],
            rules: &[],
        },
    ),
    domain(
        "report",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("report_types", List(&Open(&REPORT_TYPE))),
                must("published", Time),
                must("object_refs", List(&Id)),
            ],
            rules: &[],
        },
    ),
    domain(
        "threat-actor",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("threat_actor_types", List(&Open(&ACTOR_TYPE))),
                may("aliases", TEXTS),
                may("first_seen", Time),
                may("last_seen", Time),
                may("roles", List(&Open(&ACTOR_ROLE))),
                may("goals", TEXTS),
                may("sophistication", Open(&SOPHISTICATION)),
                may("resource_level", Open(&RESOURCE_LEVEL)),
                may("primary_motivation", Open(&MOTIVATION)),
                may("secondary_motivations", List(&Open(&MOTIVATION))),
                may("personal_motivations", List(&Open(&MOTIVATION))),
            ],
            rules: &[SEEN],
        },
    ),
    domain(
        "tool",
        Shape {
            properties: &[
                must("name", Text),
                may("description", Text),
                may("tool_types", List(&Open(&TOOL_TYPE))),
                may("aliases", TEXTS),
                may("kill_chain_phases", KILL_CHAIN),
                may("tool_version", Text),
            ],
            rules: &[],
        },
    ),
    domain("vulnerability", Shape { properties: &[must("name", Text), may("description", Text)], rules: &[] }),
];
