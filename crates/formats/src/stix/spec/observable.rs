//! The cyber observables (section 6).

use super::{
    COUNT, Family, Form, Kind, Rule, Shape, TEXTS, Type, WHOLE,
    common::SIZE,
    extension, may, must,
    vocabulary::{ACCOUNT_TYPE, REGISTRY_DATA},
};
use Kind::{Binary, Boolean, Closed, DictionaryOf, Either, Extensions, Hashes, Id, Integer, List, Ref, Text, Time};

const PORT: Kind = Integer(0, 65_535);
const END: Kind = Ref(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]);
const MAC: Kind = List(&Ref(&["mac-addr"]));
const SYSTEM: Kind = List(&Ref(&["autonomous-system"]));
const ADDRESS: Kind = Ref(&["email-addr"]);
const ADDRESSES: Kind = List(&ADDRESS);
const ARTIFACT: Kind = Ref(&["artifact"]);
const TRAFFIC: Kind = Ref(&["network-traffic"]);
const ACCOUNT: Kind = Ref(&["user-account"]);
const CHARACTERS: Kind = Kind::Form(Form::CharacterSet);

const fn observable(name: &'static str, shape: Shape) -> Type {
    Type { name, family: Family::Observable, shape }
}

/// A part of a message (section 6.6.2).
static MIME_PART: Shape = Shape {
    properties: &[
        may("body", Text),
        may("body_raw_ref", Ref(&["artifact", "file"])),
        may("content_type", Text),
        may("content_disposition", Text),
    ],
    rules: &[Rule::OneOf(&["body", "body_raw_ref"])],
};

/// A value of a registry key (section 6.17.2).
static REGISTRY_VALUE: Shape = Shape {
    properties: &[may("name", Text), may("data", Text), may("data_type", Closed(REGISTRY_DATA))],
    rules: &[Rule::Something],
};

/// The extensions of a certificate (section 6.18.2).
static CERTIFICATE_EXTENSIONS: Shape = Shape {
    properties: &[
        may("basic_constraints", Text),
        may("name_constraints", Text),
        may("policy_constraints", Text),
        may("key_usage", Text),
        may("extended_key_usage", Text),
        may("subject_key_identifier", Text),
        may("authority_key_identifier", Text),
        may("subject_alternative_name", Text),
        may("issuer_alternative_name", Text),
        may("subject_directory_attributes", Text),
        may("crl_distribution_points", Text),
        may("inhibit_any_policy", Text),
        may("private_key_usage_period_not_before", Time),
        may("private_key_usage_period_not_after", Time),
        may("certificate_policies", Text),
        may("policy_mappings", Text),
    ],
    rules: &[Rule::Something],
};

pub(super) static TYPES: &[Type] = &[
    observable(
        "artifact",
        Shape {
            properties: &[
                may("mime_type", Kind::Form(Form::MediaType)),
                may("payload_bin", Binary),
                may("url", Kind::Form(Form::Url)),
                may("hashes", Hashes),
                may("encryption_algorithm", Closed(&["AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated"])),
                may("decryption_key", Text),
            ],
            rules: &[
                Rule::OneOf(&["payload_bin", "url"]),
                Rule::With("url", &["hashes"]),
                Rule::With("decryption_key", &["encryption_algorithm"]),
            ],
        },
    ),
    observable(
        "autonomous-system",
        Shape { properties: &[must("number", WHOLE), may("name", Text), may("rir", Text)], rules: &[] },
    ),
    observable(
        "directory",
        Shape {
            properties: &[
                must("path", Text),
                may("path_enc", CHARACTERS),
                may("ctime", Time),
                may("mtime", Time),
                may("atime", Time),
                may("contains_refs", List(&Ref(&["file", "directory"]))),
            ],
            rules: &[],
        },
    ),
    observable(
        "domain-name",
        Shape {
            properties: &[
                must("value", Kind::Form(Form::Domain)),
                may("resolves_to_refs", List(&Ref(&["ipv4-addr", "ipv6-addr", "domain-name"]))),
            ],
            rules: &[],
        },
    ),
    observable(
        "email-addr",
        Shape {
            properties: &[
                must("value", Kind::Form(Form::Email)),
                may("display_name", Text),
                may("belongs_to_ref", ACCOUNT),
            ],
            rules: &[],
        },
    ),
    observable(
        "email-message",
        Shape {
            properties: &[
                must("is_multipart", Boolean),
                may("date", Time),
                may("content_type", Text),
                may("from_ref", ADDRESS),
                may("sender_ref", ADDRESS),
                may("to_refs", ADDRESSES),
                may("cc_refs", ADDRESSES),
                may("bcc_refs", ADDRESSES),
                may("message_id", Text),
                may("subject", Text),
                may("received_lines", TEXTS),
                may("additional_header_fields", DictionaryOf(&Either(&Text, &TEXTS))),
                may("body", Text),
                may("body_multipart", List(&Kind::NestedStrict(&MIME_PART))),
                may("raw_email_ref", ARTIFACT),
            ],
            rules: &[
                Rule::WhenWithout("is_multipart", true, "body"),
                Rule::WhenWithout("is_multipart", false, "body_multipart"),
            ],
        },
    ),
    observable(
        "file",
        Shape {
            properties: &[
                may("extensions", Extensions(extension::OF_FILE)),
                may("hashes", Hashes),
                may("size", SIZE),
                may("name", Text),
                may("name_enc", CHARACTERS),
                may("magic_number_hex", Kind::Hex),
                // A media type too, but the specification only advises it here.
                may("mime_type", Text),
                may("ctime", Time),
                may("mtime", Time),
                may("atime", Time),
                may("parent_directory_ref", Ref(&["directory"])),
                may("contains_refs", List(&Id)),
                may("content_ref", ARTIFACT),
            ],
            rules: &[Rule::AnyOf(&["hashes", "name"])],
        },
    ),
    observable(
        "ipv4-addr",
        Shape {
            properties: &[
                must("value", Kind::Form(Form::Ipv4)),
                may("resolves_to_refs", MAC),
                may("belongs_to_refs", SYSTEM),
            ],
            rules: &[],
        },
    ),
    observable(
        "ipv6-addr",
        Shape {
            properties: &[
                must("value", Kind::Form(Form::Ipv6)),
                may("resolves_to_refs", MAC),
                may("belongs_to_refs", SYSTEM),
            ],
            rules: &[],
        },
    ),
    observable("mac-addr", Shape { properties: &[must("value", Kind::Form(Form::Mac))], rules: &[] }),
    observable("mutex", Shape { properties: &[must("name", Text)], rules: &[] }),
    observable(
        "network-traffic",
        Shape {
            properties: &[
                may("extensions", Extensions(extension::OF_TRAFFIC)),
                may("start", Time),
                may("end", Time),
                may("is_active", Boolean),
                may("src_ref", END),
                may("dst_ref", END),
                may("src_port", PORT),
                may("dst_port", PORT),
                must("protocols", TEXTS),
                may("src_byte_count", COUNT),
                may("dst_byte_count", COUNT),
                may("src_packets", COUNT),
                may("dst_packets", COUNT),
                may("ipfix", DictionaryOf(&Either(&Text, &WHOLE))),
                may("src_payload_ref", ARTIFACT),
                may("dst_payload_ref", ARTIFACT),
                may("encapsulates_refs", List(&TRAFFIC)),
                may("encapsulated_by_ref", TRAFFIC),
            ],
            rules: &[
                Rule::AnyOf(&["src_ref", "dst_ref"]),
                Rule::WhenWithout("is_active", true, "end"),
                Rule::NotBefore("end", "start"),
            ],
        },
    ),
    observable(
        "process",
        Shape {
            properties: &[
                may("extensions", Extensions(extension::OF_PROCESS)),
                may("is_hidden", Boolean),
                may("pid", WHOLE),
                may("created_time", Time),
                may("cwd", Text),
                may("command_line", Text),
                may("environment_variables", DictionaryOf(&Text)),
                may("opened_connection_refs", List(&TRAFFIC)),
                may("creator_user_ref", ACCOUNT),
                may("image_ref", Ref(&["file"])),
                may("parent_ref", Ref(&["process"])),
                may("child_refs", List(&Ref(&["process"]))),
            ],
            rules: &[Rule::Something],
        },
    ),
    observable(
        "software",
        Shape {
            properties: &[
                must("name", Text),
                may("cpe", Kind::Form(Form::Cpe)),
                may("swid", Text),
                may("languages", List(&Kind::Form(Form::LanguageOfSoftware))),
                may("vendor", Text),
                may("version", Text),
            ],
            rules: &[],
        },
    ),
    observable("url", Shape { properties: &[must("value", Kind::Form(Form::Url))], rules: &[] }),
    observable(
        "user-account",
        Shape {
            properties: &[
                may("extensions", Extensions(extension::OF_ACCOUNT)),
                may("user_id", Text),
                may("credential", Text),
                may("account_login", Text),
                may("account_type", Kind::Open(&ACCOUNT_TYPE)),
                may("display_name", Text),
                may("is_service_account", Boolean),
                may("is_privileged", Boolean),
                may("can_escalate_privs", Boolean),
                may("is_disabled", Boolean),
                may("account_created", Time),
                may("account_expires", Time),
                may("credential_last_changed", Time),
                may("account_first_login", Time),
                may("account_last_login", Time),
            ],
            rules: &[Rule::Something],
        },
    ),
    observable(
        "windows-registry-key",
        Shape {
            properties: &[
                may("key", Kind::Form(Form::RegistryKey)),
                may("values", List(&Kind::NestedStrict(&REGISTRY_VALUE))),
                may("modified_time", Time),
                may("creator_user_ref", ACCOUNT),
                may("number_of_subkeys", WHOLE),
            ],
            rules: &[Rule::Something],
        },
    ),
    observable(
        "x509-certificate",
        Shape {
            properties: &[
                may("is_self_signed", Boolean),
                may("hashes", Hashes),
                may("version", Text),
                may("serial_number", Text),
                may("signature_algorithm", Text),
                may("issuer", Text),
                may("validity_not_before", Time),
                may("validity_not_after", Time),
                may("subject", Text),
                may("subject_public_key_algorithm", Text),
                may("subject_public_key_modulus", Text),
                may("subject_public_key_exponent", WHOLE),
                may("x509_v3_extensions", Kind::NestedStrict(&CERTIFICATE_EXTENSIONS)),
            ],
            rules: &[Rule::Something],
        },
    ),
];
