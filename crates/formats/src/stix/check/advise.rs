//! The advice that is about one type or one property, and is in no table.

use super::Place;
use crate::stix::{
    id::Id,
    json::{Object, Value, excerpt},
    names,
    spec::{Family, Type, advice::Advice, lists, suggested},
};

/// Gives what advice there is for an object.
pub(super) fn check<'p>(object: &'p Object<'p>, known: Option<&'static Type>, place: &mut Place<'p>) {
    references(object, place);
    kill_chains(object, place);
    match place.kind {
        "indicator" if !(object.has("name") && object.has("description")) => {
            place.advise(Advice::IndicatorProperties, "an indicator should have a name and a description");
        }
        "location" => country(object, place),
        "malware-analysis" => {
            let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if object.text("product").is_some_and(|product| product.is_empty() || !is_plain(product)) {
                place.key("product", |place| {
                    place.advise(Advice::MalwareAnalysisProduct, "should be in small letters with hyphens");
                });
            }
        }
        "relationship" => relationship(object, place),
        "extension-definition" => definition(object, place),
        _ => {}
    }
    if known.is_some_and(|known| known.family == Family::Observable) {
        observable(object, place);
    }
    // An observation of old holds observables.
    if let Some(objects) = object.get("objects").and_then(Value::object).filter(|_| place.kind == "observed-data") {
        place.key("objects", |place| {
            for (key, object) in objects.iter().filter_map(|(key, value)| Some((key, value.object()?))) {
                let outer = std::mem::replace(&mut place.kind, object.text("type").unwrap_or_default());
                place.key(key, |place| observable(object, place));
                place.kind = outer;
            }
        });
    }
}

fn references<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let references = object.get("external_references").and_then(Value::list).unwrap_or_default();
    for (at, reference) in references.iter().enumerate().filter_map(|(at, item)| Some((at, item.object()?))) {
        let wrong = reference_by_register(reference);
        place.key("external_references", |place| {
            place.at(super::Step::At(at), |place| {
                if let Some(reason) = wrong {
                    place.wrong(reason);
                }
                if reference.has("url") && !reference.has("hashes") {
                    place.advise(Advice::ExtrefHashes, "has a URL, and no hash of what is there");
                }
            });
        });
    }
}

/// CVE and CAPEC have names and numbers of one form (section 2.5).
fn reference_by_register(reference: &Object<'_>) -> Option<&'static str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = reference.text("external_id").unwrap_or_default();
    let is_cve = number.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4
            && digits(year)
            && digits(number)
            && (number.len() == 4 || number.len() > 4 && !number.starts_with('0'))
    });
    let is_capec = number.strip_prefix("CAPEC-").is_some_and(digits);
    match reference.text("source_name").unwrap_or_default() {
        "cve" if !is_cve => Some("a reference to CVE has an `external_id` such as `CVE-2016-1234`"),
        "capec" if !is_capec => Some("a reference to CAPEC has an `external_id` such as `CAPEC-463`"),
        "cve" | "capec" => None,
        _ if is_cve => Some("a CVE has the `source_name` `cve`"),
        _ if is_capec => Some("a CAPEC has the `source_name` `capec`"),
        _ => None,
    }
}

fn kill_chains<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let phases = object.get("kill_chain_phases").and_then(Value::list).unwrap_or_default();
    for (at, phase) in phases.iter().enumerate().filter_map(|(at, item)| Some((at, item.object()?))) {
        for key in ["kill_chain_name", "phase_name"] {
            if phase.text(key).is_some_and(|name| !names::is_vocabulary_word(name)) {
                place.key("kill_chain_phases", |place| {
                    place.at(super::Step::At(at), |place| {
                        place.key(key, |place| {
                            place.advise(Advice::KillChainNames, "should be in small letters with hyphens");
                        });
                    });
                });
            }
        }
    }
}

fn country<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let Some(country) = object.text("country") else { return };
    let capitals = country.to_ascii_uppercase();
    if !lists::COUNTRIES.split_ascii_whitespace().any(|known| known == capitals) {
        place.key("country", |place| {
            place.advise(Advice::Countries, format!("`{}` is not in ISO 3166-1 alpha-2", excerpt(country)));
        });
    }
}

/// Whether the relationship is one that the specification suggests for its two ends.
fn relationship<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    let end = |key| object.text(key).and_then(Id::parse).map(|id| id.kind);
    let (Some(kind), Some(source), Some(target)) =
        (object.text("relationship_type"), end("source_ref"), end("target_ref"))
    else {
        return;
    };
    let of = |name: &str| crate::stix::spec::find(name).map(|known| known.family);
    let is_meta = |name| matches!(of(name), Some(Family::Meta | Family::Bundle | Family::Relationship));
    if suggested::COMMON.contains(&kind) || is_meta(source) || is_meta(target) {
        return;
    }
    let fits = |targets: &str| targets.split(' ').any(|word| word == target);
    let is_suggested = suggested::SUGGESTED.iter().any(|(from, name, to)| *from == source && *name == kind && fits(to))
        || (source, kind) == ("infrastructure", "consists-of") && of(target) == Some(Family::Observable);
    if !is_suggested {
        place.key("relationship_type", |place| {
            let reason = format!("a `{source}` that `{}` a `{target}` is not suggested", excerpt(kind));
            place.advise(Advice::RelationshipTypes, reason);
        });
    }
}

fn definition<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    if !object.has("description") {
        place.advise(Advice::ExtensionDescription, "an extension definition should have a description");
    }
    let types = object.get("extension_types").and_then(Value::list).unwrap_or_default();
    let is_top = types.iter().any(|kind| kind.text() == Some("toplevel-property-extension"));
    match (is_top, object.has("extension_properties")) {
        (true, false) => place.advise(Advice::ExtensionProperties, "should name the properties that it brings"),
        (false, true) => place.key("extension_properties", |place| {
            place.wrong("only an extension at the top level brings properties there");
        }),
        _ => {}
    }
}

/// The keys of these dictionaries are other people's names.
const FOREIGN: [&str; 11] = [
    "hashes",
    "file_header_hashes",
    "request_header",
    "additional_header_fields",
    "document_info_dict",
    "exif_tags",
    "ipfix",
    "options",
    "environment_variables",
    "key",
    "startup_info",
];

fn small_keys<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    for (key, value) in object.iter() {
        place.key(key, |place| {
            if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
                place.advise(Advice::ObservableDictionaryKeys, "keys of dictionaries should be in small letters");
            }
            if let Some(inner) = value.object().filter(|_| !FOREIGN.contains(&key)) {
                small_keys(inner, place);
            }
        });
    }
}

fn observable<'p>(object: &'p Object<'p>, place: &mut Place<'p>) {
    small_keys(object, place);
    let extension =
        |name: &str, key: &str| object.get("extensions").and_then(Value::object)?.get(name)?.object()?.get(key);
    let keys = |name: &str, key: &str| extension(name, key).and_then(Value::object);
    match place.kind {
        "file" => {
            if object.text("mime_type").is_some_and(|text| !names::is_media_type(text)) {
                place.key("mime_type", |place| place.advise(Advice::MimeType, "is no media type of a registered kind"));
            }
            foreign(keys("pdf-ext", "document_info_dict"), Advice::PdfDocInfo, place, |key| {
                lists::PDF_INFORMATION.contains(&key)
            });
        }
        "process" => {
            let priority = extension("windows-process-ext", "priority").and_then(Value::text);
            if priority.is_some_and(|text| text.len() < 7 || !text.ends_with("_CLASS")) {
                place.advise(Advice::WindowsProcessPriorityFormat, "the priority of a process should end in `_CLASS`");
            }
        }
        "network-traffic" => {
            if !(object.has("src_port") && object.has("dst_port")) {
                place.advise(Advice::NetworkTrafficPorts, "traffic should have `src_port` and `dst_port`");
            }
            let words = object.get("protocols").and_then(Value::list).unwrap_or_default();
            let is_protocol = |text: &str| {
                (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            if words.iter().filter_map(Value::text).any(|word| !is_protocol(word)) {
                place.key("protocols", |place| {
                    place.advise(Advice::Protocols, "holds a word that is no name of a protocol or service");
                });
            }
            foreign(object.get("ipfix").and_then(Value::object), Advice::Ipfix, place, |key| {
                key.starts_with(|first: char| first.is_ascii_lowercase())
                    && key.len() > 1
                    && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            foreign(keys("http-request-ext", "request_header"), Advice::HttpRequestHeaders, place, is_header);
            foreign(keys("socket-ext", "options"), Advice::SocketOptions, place, |key| {
                lists::SOCKET_OPTIONS.split_ascii_whitespace().any(|known| known == key)
            });
        }
        _ => {}
    }
}

/// A name of HTTP is a token (RFC 9110, section 5.6.2), and by custom its words open with a capital.
fn is_header(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn foreign<'p>(object: Option<&'p Object<'p>>, advice: Advice, place: &mut Place<'p>, is_known: impl Fn(&str) -> bool) {
    for key in object.into_iter().flat_map(Object::keys).filter(|key| !is_known(key)) {
        place.advise(advice, format!("`{}` is no key that is known here", excerpt(key)));
    }
}
