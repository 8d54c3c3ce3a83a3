//! What a server answers: read by a client that trusts it with nothing. Sections are those of TAXII 2.1.
//!
//! Members that are not known are passed over, as the specification bids (section 1.6.2). Objects are not read here: they are
//! slices of the body ([`crate::stix::envelope`]). The key types are named after the resources.

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Problem,
    stix::json::{broken, excerpt},
};

/// The longest body of a resource that is no page of objects.
pub const LONGEST: usize = 4 << 20;
/// The most roots or collections of one resource.
const MOST: usize = 10_000;
/// The longest `next` that is sent back: it goes into a path.
const LONGEST_NEXT: usize = 4_096;

/// What a server has (section 4.1).
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Discovery {
    pub title: String,
    pub default: Option<String>,
    #[serde(default)]
    pub api_roots: Vec<String>,
}

/// An API root (section 4.2).
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct ApiRoot {
    pub title: String,
    pub versions: Vec<String>,
    pub max_content_length: u64,
}

/// A collection (section 5.2).
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Collection {
    pub id: String,
    #[serde(default)]
    pub title: String,
    pub alias: Option<String>,
    pub can_read: bool,
    pub can_write: bool,
}

#[derive(Deserialize)]
struct Collections {
    #[serde(default)]
    collections: Vec<Collection>,
}

/// What stands beside the objects of a page (section 3.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// Whether there is more.
    #[serde(default)]
    pub more: bool,
    /// What leads to it.
    pub next: Option<String>,
}

/// What came of a post (section 4.3.1).
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Status {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub failures: Vec<Failed>,
    #[serde(default)]
    pub pending_count: u64,
}

/// An object of a post that was not taken.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub struct Failed {
    pub id: String,
    pub message: Option<String>,
}

/// An error (section 3.6.1).
#[derive(Clone, Debug, Default, Deserialize)]
struct Error {
    title: Option<String>,
    description: Option<String>,
}

/// What answers at an address that may be either.
#[derive(Clone, Debug)]
pub enum Found {
    /// Discovery.
    Server(Discovery),
    /// A root.
    Root(ApiRoot),
    /// A collection.
    Collection(Collection),
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::new(format!("longer than {LONGEST} bytes"), 0..0));
    }
    serde_json::from_str(text).map_err(|error| broken(text, &error))
}

/// Reads what answers at an address: a root says its versions, a collection who may read it.
///
/// # Errors
/// When it is none of them.
pub fn found(text: &str) -> Result<Found, Problem> {
    if let Ok(root) = read::<ApiRoot>(text) {
        return Ok(Found::Root(root));
    }
    if let Ok(collection) = read::<Collection>(text) {
        return Ok(Found::Collection(collection));
    }
    let discovery: Discovery = read(text)?;
    if discovery.api_roots.len() > MOST {
        return Err(Problem::new(format!("more than {MOST} API roots"), 0..text.len()));
    }
    Ok(Found::Server(discovery))
}

/// Reads the collections of a root. Only what may stand in a path is an identifier.
///
/// # Errors
/// When it is no such resource.
pub fn collections(text: &str) -> Result<Vec<Collection>, Problem> {
    let list = read::<Collections>(text)?.collections;
    if list.len() > MOST {
        return Err(Problem::new(format!("more than {MOST} collections"), 0..text.len()));
    }
    let is_path = |id: &str| {
        !id.is_empty()
            && id.len() <= 200
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match list.iter().find(|collection| !is_path(&collection.id) || collection.id.starts_with('.')) {
        Some(wrong) => {
            Err(Problem::new(format!("`{}` is no identifier of a collection", excerpt(&wrong.id)), 0..text.len()))
        }
        None => Ok(list),
    }
}

/// Reads what stands beside the objects of a page.
///
/// # Errors
/// When it is no page, or `next` is longer than any that is sent back.
pub fn page(text: &str) -> Result<Page, Problem> {
    let page: Page = serde_json::from_str(text).map_err(|error| broken(text, &error))?;
    match &page.next {
        Some(next) if next.len() > LONGEST_NEXT => {
            Err(Problem::new(format!("`next` has {} bytes; at most {LONGEST_NEXT} are sent back", next.len()), 0..0))
        }
        _ => Ok(page),
    }
}

/// Reads what came of a post.
///
/// # Errors
/// When it is no such resource, or its id may not stand in a path.
pub fn status(text: &str) -> Result<Status, Problem> {
    let status: Status = read(text)?;
    let is_path = status.id.len() <= 200 && status.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_path && !status.id.is_empty() {
        Ok(status)
    } else {
        Err(Problem::new(format!("`{}` is no identifier of a status", excerpt(&status.id)), 0..text.len()))
    }
}

/// What an error says, in one line; nothing where the body is none.
pub fn error(text: &str) -> Option<String> {
    let error: Error = read(text).ok()?;
    let parts: Vec<String> = [error.title, error.description].into_iter().flatten().collect();
    let said = parts.join(": ");
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!line.trim().is_empty()).then(|| excerpt(line.trim()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_says_what_it_is() {
        let root = r#"{"title":"R","versions":["application/taxii+json;version=2.1"],"max_content_length":9,"x":1}"#;
        assert!(matches!(found(root), Ok(Found::Root(root)) if root.max_content_length == 9));
        let server = r#"{"title":"S","api_roots":["/a/","https://else.example/b/"]}"#;
        assert!(matches!(found(server), Ok(Found::Server(server)) if server.api_roots.len() == 2));
        let collection = r#"{"id":"9-a","title":"C","can_read":true,"can_write":false}"#;
        assert!(matches!(found(collection), Ok(Found::Collection(found)) if found.id == "9-a"));
        for wrong in ["", "[]", "{}", "{\"title\":1}"] {
            assert!(found(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        for id in ["../x", "a/b", "", ".", "a?b", "a%2Fb"] {
            let text = serde_json::json!({ "collections": [{ "id": id, "can_read": true, "can_write": true }] });
            assert!(collections(&text.to_string()).is_err(), "{id}");
            let text = serde_json::json!({ "id": id, "status": "complete" });
            assert!(status(&text.to_string()).is_err(), "{id}");
        }
        assert_eq!(collections("{}").unwrap().len(), 0);
        assert_eq!(page(r#"{"more":true,"next":"a","objects":[{}]}"#).unwrap().next.as_deref(), Some("a"));
        assert_eq!(page("{}").unwrap(), Page::default());
        assert!(page(r#"{"next":"a","next":"b"}"#).is_err());
        assert!(page(&format!(r#"{{"next":"{}"}}"#, "a".repeat(5_000))).is_err());
        assert_eq!(error(r#"{"title":"no\nno","http_status":"400"}"#).as_deref(), Some("no no"));
        assert_eq!(error("<html>"), None);
    }
}
