//! Which type of attribute is which property of an observable, in both directions.

/// Where a part of a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A property.
    Own(&'static str),
    /// A whole number.
    Whole(&'static str),
    /// The number of an autonomous system, which MISP may write `AS4766`.
    System(&'static str),
    /// A hash.
    Hash(&'static str),
    /// A reference to another observable: the property, that one's type and property.
    Ref(&'static str, &'static str, &'static str),
    /// The same in a list.
    Refs(&'static str, &'static str, &'static str),
    /// A reference to an address of either version.
    Address(&'static str),
    /// The same in a list.
    Addresses(&'static str),
    /// A property of what is in a list: of the value of a registry key.
    Inside(&'static str, &'static str),
    /// An address that is the observable itself.
    Itself,
}

/// A type of attribute.
pub(super) struct Row {
    /// Its name.
    pub(super) name: &'static str,
    /// The category where nothing says another.
    pub(super) category: &'static str,
    /// The observable.
    pub(super) kind: &'static str,
    /// Its parts, in the order in which `|` stands between them.
    pub(super) parts: &'static [Place],
}

const fn row(name: &'static str, category: &'static str, kind: &'static str, parts: &'static [Place]) -> Row {
    Row { name, category, kind, parts }
}

const FILE: &str = "Payload delivery";
const NETWORK: &str = "Network activity";

use Place::{Address, Addresses, Hash, Inside, Itself, Own, Ref, Refs, System, Whole};

/// Every type that STIX has a word for. Where several say the same, the first is written.
pub(super) const ATTRIBUTES: &[Row] = &[
    row("md5", FILE, "file", &[Hash("MD5")]),
    row("sha1", FILE, "file", &[Hash("SHA-1")]),
    row("sha224", FILE, "file", &[Hash("SHA-224")]),
    row("sha256", FILE, "file", &[Hash("SHA-256")]),
    row("sha384", FILE, "file", &[Hash("SHA-384")]),
    row("sha512", FILE, "file", &[Hash("SHA-512")]),
    row("sha3-256", FILE, "file", &[Hash("SHA3-256")]),
    row("sha3-512", FILE, "file", &[Hash("SHA3-512")]),
    row("ssdeep", FILE, "file", &[Hash("SSDEEP")]),
    row("tlsh", FILE, "file", &[Hash("TLSH")]),
    row("filename", FILE, "file", &[Own("name")]),
    row("email-attachment", FILE, "file", &[Own("name")]),
    row("filename|md5", FILE, "file", &[Own("name"), Hash("MD5")]),
    row("filename|sha1", FILE, "file", &[Own("name"), Hash("SHA-1")]),
    row("filename|sha224", FILE, "file", &[Own("name"), Hash("SHA-224")]),
    row("filename|sha256", FILE, "file", &[Own("name"), Hash("SHA-256")]),
    row("filename|sha384", FILE, "file", &[Own("name"), Hash("SHA-384")]),
    row("filename|sha512", FILE, "file", &[Own("name"), Hash("SHA-512")]),
    row("filename|sha3-256", FILE, "file", &[Own("name"), Hash("SHA3-256")]),
    row("filename|sha3-512", FILE, "file", &[Own("name"), Hash("SHA3-512")]),
    row("filename|ssdeep", FILE, "file", &[Own("name"), Hash("SSDEEP")]),
    row("filename|tlsh", FILE, "file", &[Own("name"), Hash("TLSH")]),
    row("ip-dst", NETWORK, "network-traffic", &[Address("dst_ref")]),
    row("ip-src", NETWORK, "network-traffic", &[Address("src_ref")]),
    row("ip-dst|port", NETWORK, "network-traffic", &[Address("dst_ref"), Whole("dst_port")]),
    row("ip-src|port", NETWORK, "network-traffic", &[Address("src_ref"), Whole("src_port")]),
    row("hostname|port", NETWORK, "network-traffic", &[Ref("dst_ref", "domain-name", "value"), Whole("dst_port")]),
    row("domain", NETWORK, "domain-name", &[Own("value")]),
    row("hostname", NETWORK, "domain-name", &[Own("value")]),
    row("domain|ip", NETWORK, "domain-name", &[Own("value"), Addresses("resolves_to_refs")]),
    row("url", NETWORK, "url", &[Own("value")]),
    row("uri", NETWORK, "url", &[Own("value")]),
    row("link", "External analysis", "url", &[Own("value")]),
    row("email", FILE, "email-addr", &[Own("value")]),
    row("email-src", FILE, "email-message", &[Ref("from_ref", "email-addr", "value")]),
    row("email-dst", FILE, "email-message", &[Refs("to_refs", "email-addr", "value")]),
    row("email-subject", FILE, "email-message", &[Own("subject")]),
    row("email-body", FILE, "email-message", &[Own("body")]),
    row("email-message-id", FILE, "email-message", &[Own("message_id")]),
    row("mac-address", NETWORK, "mac-addr", &[Own("value")]),
    row("mutex", "Artifacts dropped", "mutex", &[Own("name")]),
    row("regkey", "Persistence mechanism", "windows-registry-key", &[Own("key")]),
    row("regkey|value", "Persistence mechanism", "windows-registry-key", &[Own("key"), Inside("values", "data")]),
    row("AS", NETWORK, "autonomous-system", &[System("number")]),
    row("x509-fingerprint-md5", NETWORK, "x509-certificate", &[Hash("MD5")]),
    row("x509-fingerprint-sha1", NETWORK, "x509-certificate", &[Hash("SHA-1")]),
    row("x509-fingerprint-sha256", NETWORK, "x509-certificate", &[Hash("SHA-256")]),
    // An address alone is not told from one in traffic by any type of MISP, so that these are read and never written.
    row("ip-dst", NETWORK, "ipv4-addr", &[Itself]),
    row("ip-dst", NETWORK, "ipv6-addr", &[Itself]),
];

/// The row of a type of attribute.
pub(super) fn attribute(name: &str) -> Option<&'static Row> {
    ATTRIBUTES.iter().find(|row| row.name == name)
}

/// Types whose value is a pattern in another language: the type, and its name in STIX.
pub(super) const RULES: &[(&str, &str)] =
    &[("yara", "yara"), ("sigma", "sigma"), ("snort", "snort"), ("suricata", "suricata"), ("stix2-pattern", "stix")];

/// A template whose attributes are properties of one observable.
pub(super) struct Template {
    /// Its name.
    pub(super) name: &'static str,
    /// Its category.
    pub(super) meta: &'static str,
    /// The observable.
    pub(super) kind: &'static str,
    /// What each of its relations is, and the type of that attribute.
    pub(super) relations: &'static [(&'static str, &'static str, Place)],
}

/// The templates that STIX has a word for.
pub(super) const TEMPLATES: &[Template] = &[
    Template {
        name: "file",
        meta: "file",
        kind: "file",
        relations: &[
            ("filename", "filename", Own("name")),
            ("md5", "md5", Hash("MD5")),
            ("sha1", "sha1", Hash("SHA-1")),
            ("sha224", "sha224", Hash("SHA-224")),
            ("sha256", "sha256", Hash("SHA-256")),
            ("sha384", "sha384", Hash("SHA-384")),
            ("sha512", "sha512", Hash("SHA-512")),
            ("sha3-256", "sha3-256", Hash("SHA3-256")),
            ("sha3-512", "sha3-512", Hash("SHA3-512")),
            ("ssdeep", "ssdeep", Hash("SSDEEP")),
            ("tlsh", "tlsh", Hash("TLSH")),
            ("size-in-bytes", "size-in-bytes", Whole("size")),
            ("mimetype", "mime-type", Own("mime_type")),
        ],
    },
    Template {
        name: "domain-ip",
        meta: "network",
        kind: "domain-name",
        relations: &[("domain", "domain", Own("value")), ("ip", "ip-dst", Addresses("resolves_to_refs"))],
    },
    Template {
        name: "ip-port",
        meta: "network",
        kind: "network-traffic",
        relations: &[
            ("ip-dst", "ip-dst", Address("dst_ref")),
            ("ip-src", "ip-src", Address("src_ref")),
            ("dst-port", "port", Whole("dst_port")),
            ("src-port", "port", Whole("src_port")),
        ],
    },
    Template { name: "url", meta: "network", kind: "url", relations: &[("url", "url", Own("value"))] },
    Template {
        name: "email",
        meta: "network",
        kind: "email-message",
        relations: &[
            ("from", "email-src", Ref("from_ref", "email-addr", "value")),
            ("to", "email-dst", Refs("to_refs", "email-addr", "value")),
            ("cc", "email-dst", Refs("cc_refs", "email-addr", "value")),
            ("subject", "email-subject", Own("subject")),
            ("message-id", "email-message-id", Own("message_id")),
            ("email-body", "email-body", Own("body")),
        ],
    },
    Template {
        name: "registry-key",
        meta: "file",
        kind: "windows-registry-key",
        relations: &[
            ("key", "regkey", Own("key")),
            ("name", "text", Inside("values", "name")),
            ("data", "text", Inside("values", "data")),
        ],
    },
];

/// A template by its name.
pub(super) fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}
