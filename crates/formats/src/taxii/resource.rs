//! The resources of TAXII, with exactly the JSON that the specification has (sections 3.6, 4 and 5).
//!
//! A list that is empty is left out. Objects are written as they came, never from a tree. The key types are named after
//! the resources.

use serde::Serialize;

use super::media;
use crate::stix::{check::Version, time::Moment};

/// What a server has (section 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Discovery {
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_roots: Vec<String>,
}

/// An API root (section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct ApiRoot {
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub versions: [&'static str; 1],
    pub max_content_length: u64,
}

impl ApiRoot {
    /// A root that speaks TAXII 2.1 and takes bodies of so many bytes.
    pub fn new(title: impl Into<String>, description: Option<String>, max_content_length: u64) -> Self {
        Self { title: title.into(), description, versions: [media::TAXII], max_content_length }
    }
}

/// A collection, as one caller has it (section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Collection {
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    pub can_read: bool,
    pub can_write: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<&'static str>,
}

/// The collections that a caller has (section 5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Collections {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<Collection>,
}

/// A moment as it is written: six decimal places and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub Moment);

impl Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// One version of one object, without its content (section 5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct ManifestRecord {
    pub id: String,
    pub date_added: Stamp,
    pub version: Stamp,
    pub media_type: &'static str,
}

/// The manifest of a collection (section 5.3). `more` is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Manifest {
    pub more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ManifestRecord>,
}

/// The versions of one object (section 5.8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Versions {
    pub more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Stamp>,
}

/// What came of a post (section 4.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Status {
    pub id: String,
    pub status: Progress,
    pub request_timestamp: Stamp,
    pub total_count: usize,
    pub success_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub successes: Vec<StatusDetail>,
    pub failure_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<StatusDetail>,
    pub pending_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pendings: Vec<StatusDetail>,
}

/// Whether a post is worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Every object is a success or a failure.
    Complete,
    /// Some are neither yet.
    Pending,
}

/// What came of one object of a post (section 4.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct StatusDetail {
    pub id: String,
    pub version: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Status {
    /// The status of a post, with counts that add up.
    pub fn new(
        id: impl Into<String>,
        request_timestamp: Moment,
        successes: Vec<StatusDetail>,
        failures: Vec<StatusDetail>,
        pendings: Vec<StatusDetail>,
    ) -> Self {
        Self {
            id: id.into(),
            status: if pendings.is_empty() { Progress::Complete } else { Progress::Pending },
            request_timestamp: Stamp(request_timestamp),
            total_count: successes.len() + failures.len() + pendings.len(),
            success_count: successes.len(),
            failure_count: failures.len(),
            pending_count: pendings.len(),
            successes,
            failures,
            pendings,
        }
    }
}

/// An error (section 3.6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Error {
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The status of the response, as a text.
    pub http_status: String,
}

impl Error {
    /// An error with the status of its response.
    pub fn new(http_status: u16, title: impl Into<String>) -> Self {
        Self { title: title.into(), http_status: http_status.to_string(), ..Self::default() }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// The media type of an object of that version.
pub fn media_type(version: Version) -> &'static str {
    match version {
        Version::V20 => media::STIX_2_0,
        Version::V21 => media::STIX_2_1,
    }
}

/// Writes an envelope (section 3.7) of objects as they came. `next` is there when there may be more.
pub fn write_envelope<'o>(next: Option<&str>, objects: impl IntoIterator<Item = &'o str>) -> String {
    let mut envelope = Envelope::begin(next, 0);
    objects.into_iter().for_each(|object| envelope.push(object));
    envelope.end()
}

/// An envelope (section 3.7) that is written object by object, each as it is.
#[derive(Debug)]
pub struct Envelope {
    out: String,
    is_empty: bool,
}

impl Envelope {
    /// Begins one, with room for so many bytes of objects and the commas between them. `next` is there when there may be more.
    pub fn begin(next: Option<&str>, bytes: usize) -> Self {
        let mut out = String::with_capacity(bytes.saturating_add(256));
        out.push_str(if next.is_some() { "{\"more\":true" } else { "{\"more\":false" });
        if let Some(next) = next {
            // A token has no sign that would need an escape, and another text is written as it must be.
            out.push_str(",\"next\":");
            out.push_str(&serde_json::Value::from(next).to_string());
        }
        Self { out, is_empty: true }
    }

    /// Adds an object, whose text is JSON.
    pub fn push(&mut self, object: &str) {
        self.out.push_str(if std::mem::replace(&mut self.is_empty, false) { ",\"objects\":[" } else { "," });
        self.out.push_str(object);
    }

    /// The envelope. One without objects has no list of them.
    pub fn end(mut self) -> String {
        self.out.push_str(if self.is_empty { "}" } else { "]}" });
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(resource: &impl Serialize) -> String {
        serde_json::to_string(resource).unwrap()
    }

    #[test]
    fn resources_are_written_as_the_specification_has_them() {
        let at = |text: &str| Stamp(Moment::parse(text).unwrap());
        let discovery = Discovery { title: "T".into(), api_roots: vec!["/a/".into()], ..Discovery::default() };
        assert_eq!(json(&discovery), r#"{"title":"T","api_roots":["/a/"]}"#);
        assert_eq!(
            json(&ApiRoot::new("R", None, 9)),
            r#"{"title":"R","versions":["application/taxii+json;version=2.1"],"max_content_length":9}"#
        );
        assert_eq!(json(&Collections::default()), "{}");
        let collection = Collection {
            id: "1".into(),
            title: "C".into(),
            description: None,
            alias: Some("c".into()),
            can_read: true,
            can_write: false,
            media_types: vec![media_type(Version::V21), media_type(Version::V20)],
        };
        assert_eq!(
            json(&Collections { collections: vec![collection] }),
            r#"{"collections":[{"id":"1","title":"C","alias":"c","can_read":true,"can_write":false,"media_types":["application/stix+json;version=2.1","application/stix+json;version=2.0"]}]}"#
        );
        assert_eq!(json(&Manifest::default()), r#"{"more":false}"#);
        let record = ManifestRecord {
            id: "a--1".into(),
            date_added: at("2016-01-01T00:00:00Z"),
            version: at("2016-01-01T00:00:00.123Z"),
            media_type: media_type(Version::V21),
        };
        assert_eq!(
            json(&Manifest { more: true, next: Some("n".into()), objects: vec![record] }),
            r#"{"more":true,"next":"n","objects":[{"id":"a--1","date_added":"2016-01-01T00:00:00.000000Z","version":"2016-01-01T00:00:00.123000Z","media_type":"application/stix+json;version=2.1"}]}"#
        );
        assert_eq!(
            json(&Versions { versions: vec![at("2016-01-01T00:00:00Z")], ..Versions::default() }),
            r#"{"more":false,"versions":["2016-01-01T00:00:00.000000Z"]}"#
        );
        let detail = |message: Option<&str>| StatusDetail {
            id: "a--1".into(),
            version: at("2016-01-01T00:00:00Z"),
            message: message.map(str::to_owned),
        };
        let status =
            Status::new("s", at("2016-01-02T00:00:00Z").0, vec![detail(None)], vec![detail(Some("m"))], vec![]);
        assert_eq!(
            json(&status),
            r#"{"id":"s","status":"complete","request_timestamp":"2016-01-02T00:00:00.000000Z","total_count":2,"success_count":1,"successes":[{"id":"a--1","version":"2016-01-01T00:00:00.000000Z"}],"failure_count":1,"failures":[{"id":"a--1","version":"2016-01-01T00:00:00.000000Z","message":"m"}],"pending_count":0}"#
        );
        let error = Error::new(404, "not found").describe("d");
        assert_eq!(json(&error), r#"{"title":"not found","description":"d","http_status":"404"}"#);
    }

    #[test]
    fn an_envelope_is_the_objects_as_they_came() {
        assert_eq!(write_envelope(None, []), r#"{"more":false}"#);
        assert_eq!(write_envelope(Some("ab"), []), r#"{"more":true,"next":"ab"}"#);
        let text = write_envelope(Some("a\"b"), ["{ \"a\":1.0 }", "{}"]);
        assert_eq!(text, "{\"more\":true,\"next\":\"a\\\"b\",\"objects\":[{ \"a\":1.0 },{}]}");
        let limits = crate::stix::envelope::Limits { bytes: 1_000, objects: 10 };
        assert_eq!(crate::stix::envelope::objects(&text, limits).unwrap().objects, ["{ \"a\":1.0 }", "{}"]);
    }
}
