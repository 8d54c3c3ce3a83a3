//! Objects as the content of a record: a bundle of them, each to the byte, and of definitions of what marks them behind. Key
//! function: [`bundle`].

use entente_formats::stix::{check::Version, envelope::write_objects};

use super::answer::Fault;
use crate::keys::fresh_seed;

/// A bundle that is to be a record.
pub(super) struct Bundle {
    /// The id that the record will have: it says nothing of what is inside.
    pub(super) record: String,
    /// The content.
    pub(super) content: String,
    /// The first byte of each object in it, in their order; not of the definitions.
    pub(super) starts: Vec<usize>,
}

/// A bundle of these objects and, behind them, of these definitions.
pub(super) fn bundle<'t>(
    party: &str,
    spec: Version,
    objects: impl Iterator<Item = &'t str> + Clone,
    definitions: &'t [String],
) -> Result<Bundle, Fault> {
    let seed = fresh_seed().map_err(|error| Fault::ours(error.to_string()))?;
    let (one, other) = seed.split_at(16);
    let mut content = format!("{{\"type\":\"bundle\",\"id\":\"bundle--{}\",", uuid(one));
    if spec == Version::V20 {
        content.push_str("\"spec_version\":\"2.0\",");
    }
    content.push_str("\"objects\":");
    // Behind the bracket, and behind each comma.
    let mut start = content.len() + 1;
    let mut starts = Vec::new();
    for text in objects.clone() {
        starts.push(start);
        start += text.len() + 1;
    }
    write_objects(objects.chain(definitions.iter().map(String::as_str)), &mut content);
    content.push('}');
    let record = format!("{party}-{}", entente_formats::hex::encode(other.get(..10).unwrap_or_default()));
    Ok(Bundle { record, content, starts })
}

/// A UUID of version 4 of 16 random bytes.
pub(super) fn uuid(random: &[u8]) -> String {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(random).for_each(|(byte, random)| *byte = *random);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = entente_formats::hex::encode(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stand_in_a_bundle_where_it_says() {
        let definitions = ["{\"d\":1}".to_owned()];
        let Bundle { content, starts, .. } =
            bundle("KOR", Version::V21, ["{\"é\":1}", "{}"].into_iter(), &definitions).unwrap();
        let behind: Vec<&str> = starts.iter().map(|start| content.get(*start..).unwrap()).collect();
        assert_eq!(behind.len(), 2);
        assert!(behind[0].starts_with("{\"é\":1},") && behind[1].starts_with("{},{\"d\":1}]}"), "{content}");
        assert!(entente_formats::stix::id::is_uuid(&uuid(&[0xff; 16])));
    }
}
