//! The real input: the Lazarus Group as ATT&CK for ICS describes it, cut from the release at run time: the group, its
//! relationships, and what they point to. The objects' bytes stay as they are.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The Lazarus Group in ATT&CK.
const LAZARUS: &str = "intrusion-set--c93fccb1-e8e8-42cf-ae33-2ad1d183913a";
const RELEASE: &str = "stix/ics-attack-18.1.json";
/// Where there is no data folder.
const OWN: &str = include_str!("own-bundle.json");

/// A STIX bundle, and what it is.
pub(super) struct Bundle {
    pub(super) bytes: Vec<u8>,
    pub(super) about: String,
}

#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow)]
    objects: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Object {
    id: String,
    source_ref: Option<String>,
    target_ref: Option<String>,
    created_by_ref: Option<String>,
    #[serde(default)]
    object_marking_refs: Vec<String>,
}

/// Cuts the bundle from the release in `data`; without one, a small bundle of our own.
pub(super) fn lazarus(data: &Path) -> Result<Bundle, Failure> {
    let path = data.join(RELEASE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let about = format!("a small bundle of our own, for `{}` is not there", path.display());
            return Ok(Bundle { bytes: OWN.as_bytes().to_vec(), about });
        }
        Err(error) => return Err(Failure::caused(format!("`{}` cannot be read", path.display()), &error)),
    };
    let wrong =
        |error: &dyn std::error::Error| Failure::caused(format!("`{}` is no STIX bundle", path.display()), error);
    let release: Release<'_> = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let objects = release
        .objects
        .iter()
        .map(|raw| Ok((*raw, serde_json::from_str::<Object>(raw.get()).map_err(|error| wrong(&error))?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let touches =
        |object: &Object| [&object.source_ref, &object.target_ref].into_iter().flatten().any(|end| end == LAZARUS);
    let mut wanted: BTreeSet<&str> = BTreeSet::from([LAZARUS]);
    for (_, object) in objects.iter().filter(|(_, object)| touches(object)) {
        wanted.insert(&object.id);
        wanted.extend(object.source_ref.as_deref());
        wanted.extend(object.target_ref.as_deref());
    }
    // What the chosen objects name as their maker and their markings: a bundle that stands on its own.
    let named: Vec<&str> = objects
        .iter()
        .filter(|(_, object)| wanted.contains(object.id.as_str()))
        .flat_map(|(_, object)| object.created_by_ref.iter().chain(&object.object_marking_refs))
        .map(String::as_str)
        .collect();
    wanted.extend(named);
    let chosen: Vec<&str> =
        objects.iter().filter(|(_, object)| wanted.contains(object.id.as_str())).map(|(raw, _)| raw.get()).collect();
    let id = LAZARUS.split_once("--").map_or(LAZARUS, |(_, id)| id);
    let bytes =
        format!("{{\"type\":\"bundle\",\"id\":\"bundle--{id}\",\"objects\":[{}]}}", chosen.join(",")).into_bytes();
    let about = format!(
        "ATT&CK for ICS 18.1, the Lazarus Group: {} STIX objects, {} bytes (© The MITRE Corporation)",
        chosen.len(),
        bytes.len()
    );
    Ok(Bundle { bytes, about })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_data_it_says_so_and_has_its_own() {
        let bundle = lazarus(Path::new("/nonexistent")).unwrap();
        assert!(bundle.about.contains("of our own"), "{}", bundle.about);
        let own: serde_json::Value = serde_json::from_slice(&bundle.bytes).unwrap();
        assert_eq!(own["type"], "bundle");
    }

    #[test]
    fn the_cut_stands_on_its_own() {
        let data = std::env::var_os("ENTENTE_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            std::path::PathBuf::from,
        );
        if !data.join(RELEASE).exists() {
            assert!(std::env::var_os("CI").is_none(), "{} is missing", data.display());
            return;
        }
        let bundle = lazarus(&data).unwrap();
        let cut: serde_json::Value = serde_json::from_slice(&bundle.bytes).unwrap();
        let objects = cut["objects"].as_array().unwrap();
        let ids: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
        assert!(ids.contains(LAZARUS));
        assert!(objects.len() > 3, "{}", objects.len());
        for object in objects {
            for end in ["source_ref", "target_ref", "created_by_ref"] {
                if let Some(end) = object[end].as_str() {
                    assert!(ids.contains(end), "{end} is missing");
                }
            }
        }
    }
}
