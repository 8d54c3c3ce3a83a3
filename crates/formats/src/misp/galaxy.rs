//! Clusters of galaxies as objects of STIX.

use serde_json::{Map, Value};

/// The type of object that clusters of a galaxy are. `None` for galaxies that STIX has no word for; their clusters stay labels.
pub(super) fn kind(galaxy: &str) -> Option<&'static str> {
    Some(match galaxy {
        "threat-actor" | "microsoft-activity-group" | "360net-threat-actor" => "threat-actor",
        "mitre-intrusion-set" | "mitre-enterprise-attack-intrusion-set" | "intrusion-set" => "intrusion-set",
        "mitre-malware" | "malpedia" | "ransomware" | "banker" | "backdoor" | "botnet" | "rat" | "stealer"
        | "android" | "tds" | "cryptominers" | "malware" => "malware",
        "mitre-tool" | "tool" | "exploit-kit" => "tool",
        "mitre-attack-pattern" | "mitre-ics-techniques" | "attack-pattern" => "attack-pattern",
        "mitre-course-of-action" | "course-of-action" | "preventive-measure" => "course-of-action",
        "branded-vulnerability" => "vulnerability",
        "sector" => "identity",
        _ => return None,
    })
}

/// Whether the clusters of a galaxy are objects of ATT&CK, under the UUIDs that they have there. Those are pointed at and not made
/// again: MITRE says what they are.
pub(super) fn is_of_attack(galaxy: &str) -> bool {
    galaxy.starts_with("mitre-")
}

/// The properties of a cluster's object, but for those that all objects have.
pub(super) fn properties(kind: &str, cluster: &Map<String, Value>) -> Map<String, Value> {
    let mut object = Map::new();
    let text = |key: &str| super::text(cluster, key).filter(|text| !text.is_empty());
    object.insert("name".to_owned(), text("value").unwrap_or_else(|| "?".to_owned()).into());
    if let Some(description) = text("description") {
        object.insert("description".to_owned(), description.into());
    }
    match kind {
        "malware" => drop(object.insert("is_family".to_owned(), true.into())),
        "identity" => drop(object.insert("identity_class".to_owned(), "class".into())),
        _ => {}
    }
    let synonyms = cluster.get("meta").and_then(|meta| meta.get("synonyms")).and_then(Value::as_array);
    let synonyms: Vec<Value> = synonyms.into_iter().flatten().filter(|synonym| synonym.is_string()).cloned().collect();
    if matches!(kind, "threat-actor" | "intrusion-set" | "malware" | "tool" | "attack-pattern") && !synonyms.is_empty()
    {
        object.insert("aliases".to_owned(), synonyms.into());
    }
    object
}

/// How something is related to a cluster's object.
pub(super) fn relation(source: &str, target: &str) -> &'static str {
    match (source, target) {
        ("indicator", "attack-pattern" | "campaign" | "intrusion-set" | "malware" | "threat-actor" | "tool") => {
            "indicates"
        }
        _ => "related-to",
    }
}
