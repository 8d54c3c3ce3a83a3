//! What is given: manifests, objects, versions, what came of a post.

use std::collections::HashSet;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode},
};
use entente_core::{Party, RecordId};
use entente_formats::{
    stix::time::Moment,
    taxii::{
        next,
        query::{self, Endpoint, Query},
        resource::{self, Stamp},
    },
};
use entente_store::taxii::{Collection, EVERYTHING, EntryRow};
use sha2::{Digest, Sha256};

use super::{
    answer::{FIRST, Fault, LAST, body, json},
    page::{self, Wanted},
    route::Asked,
    sight::Sight,
};
use crate::{control::viewed_keys, people::accounts::now};

/// How long what came of a post is kept, in seconds; the specification asks for a day.
pub(super) const STATUS_KEPT: i64 = 2 * 86_400;

/// What a page has, ready to be given.
struct Given {
    body: String,
    first_and_last: Option<(i64, i64)>,
    is_there: bool,
    /// The records that it shows something of and that are classified.
    classified: Vec<(Party, RecordId)>,
}

/// `GET …/manifest/`.
pub(super) async fn manifest(asked: Asked, collection: Collection, query: String) -> Result<Response<Body>, Fault> {
    give(asked, collection, Endpoint::Manifest, None, query).await
}

/// `GET …/objects/`, and of one object `GET …/objects/{id}/`.
pub(super) async fn objects(
    asked: Asked,
    collection: Collection,
    endpoint: Endpoint,
    id: Option<&str>,
    query: String,
) -> Result<Response<Body>, Fault> {
    give(asked, collection, endpoint, id, query).await
}

/// `GET …/objects/{id}/versions/`.
pub(super) async fn versions(
    asked: Asked,
    collection: Collection,
    id: &str,
    query: String,
) -> Result<Response<Body>, Fault> {
    give(asked, collection, Endpoint::Versions, Some(id), query).await
}

/// What a query asks for.
pub(super) fn parse(text: &str, endpoint: Endpoint) -> Result<Query, Fault> {
    Query::parse(text, endpoint).map_err(|problem| {
        let fault = Fault::new(StatusCode::BAD_REQUEST, problem.message.clone());
        match problem.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    })
}

async fn give(
    asked: Asked,
    collection: Collection,
    endpoint: Endpoint,
    id: Option<&str>,
    text: String,
) -> Result<Response<Body>, Fault> {
    let mut query = parse(&text, endpoint)?;
    if endpoint == Endpoint::Versions {
        query.versions = query::Versions::All;
    }
    let Asked { control, caller, shelf } = asked;
    let homes: Option<HashSet<i64>> = (collection.number == EVERYTHING).then(|| {
        let readable = shelf.collections.iter().filter(|collection| caller.rights(&collection.terms).read);
        readable.map(|collection| collection.number).collect()
    });
    let rules = control.driver.inspect(|node| node.rules()).await?;
    let viewer = caller.person.viewer().clone();
    let epoch = epoch(&rules, &format!("{viewer:?} {:?} {:?}", caller.person.roles(), collection.terms));
    let resource = format!("{endpoint:?}/{}/{}", collection.id, id.unwrap_or_default());
    let canonical = query.canonical();
    let (taxii, driver) = (control.taxii.clone(), control.driver.clone());
    let id = id.map(str::to_owned);
    let given = control.taxii.read_later(move |readers| {
        let binding = next::Binding { resource: &resource, query: &canonical, caller: &viewer.name, epoch };
        let mut behind = query.added_after.unwrap_or(i64::MIN);
        if let Some(token) = &query.next {
            let position = next::read(taxii.key(), token, &binding).ok_or_else(|| {
                Fault::new(StatusCode::BAD_REQUEST, "`next` is no token for this query, or not any more")
                    .help("begin again without it, or with `added_after` and the last date that was given")
            })?;
            behind = behind.max(position);
        }
        let mut sight = Sight::new(readers, &taxii, &driver, &viewer);
        let wanted = Wanted {
            collection: collection.number,
            homes: homes.as_ref(),
            query: &query,
            id: id.as_deref(),
            behind,
            has_texts: matches!(endpoint, Endpoint::Objects | Endpoint::Object),
        };
        let page = page::page(&mut sight, &wanted)?;
        let last = page.rows.last().map(|row| row.added);
        let token = last.filter(|_| page.more).map(|last| next::write(taxii.key(), last, &binding));
        let body = match endpoint {
            Endpoint::Manifest => manifest_of(&page.rows, token)?,
            Endpoint::Versions => versions_of(&page.rows, token)?,
            _ => {
                let bytes = page.rows.iter().map(|row| usize::try_from(row.length).unwrap_or_default() + 1).sum();
                let mut envelope = resource::Envelope::begin(token.as_deref(), bytes);
                for row in &page.rows {
                    // What was destroyed a moment ago is not there.
                    sight.with_text(row, |text| envelope.push(text))?;
                }
                envelope.end()
            }
        };
        Ok(Given {
            body,
            first_and_last: page.rows.first().map(|row| row.added).zip(last),
            is_there: page.is_there,
            classified: sight.classified(&page.rows)?,
        })
    });
    let given = given.await?;
    let is_of_one = matches!(endpoint, Endpoint::Object | Endpoint::Versions);
    if is_of_one && !given.is_there {
        return Err(Fault::not_found("object"));
    }
    // It is on the record before it is given.
    let has_texts = matches!(endpoint, Endpoint::Objects | Endpoint::Object);
    viewed_keys(&control, &caller.person, given.classified, has_texts).await?;
    let mut response = body(StatusCode::OK, given.body);
    if let Some((first, last)) = given.first_and_last {
        for (name, moment) in [(FIRST, first), (LAST, last)] {
            if let Ok(value) = HeaderValue::try_from(stamp(moment).0.to_string()) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    Ok(response)
}

/// The state of the rules for one caller.
fn epoch(rules: &[u8; 32], caller: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(rules);
    hasher.update(caller);
    hasher.finalize().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// A moment as it is written. One outside the calendar is the beginning of 1970: nothing is of then.
pub(super) fn stamp(microseconds: i64) -> Stamp {
    Stamp(Moment::from_microseconds(microseconds).unwrap_or(Moment::EPOCH))
}

fn manifest_of(rows: &[EntryRow], next: Option<String>) -> Result<String, Fault> {
    let record = |row: &EntryRow| resource::ManifestRecord {
        id: row.id.clone(),
        date_added: stamp(row.added),
        version: stamp(row.version),
        media_type: resource::media_type(row.spec),
    };
    text_of(&resource::Manifest { more: next.is_some(), next, objects: rows.iter().map(record).collect() })
}

fn versions_of(rows: &[EntryRow], next: Option<String>) -> Result<String, Fault> {
    let versions = rows.iter().map(|row| stamp(row.version)).collect();
    text_of(&resource::Versions { more: next.is_some(), next, versions })
}

fn text_of(resource: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(resource).map_err(|error| Fault::ours(error.to_string()))
}

/// `GET …/status/{id}/`: for who posted, as long as it is kept.
pub(super) async fn status(asked: &Asked, root: &str, id: &str) -> Result<Response<Body>, Fault> {
    let (id, root, poster) = (id.to_owned(), root.to_owned(), asked.caller.person.name().to_owned());
    let found = asked.control.taxii.read_later(move |readers| Ok(readers.index.status(&id)?)).await?;
    let is_theirs = |row: &entente_store::taxii::StatusRow| {
        row.root == root && row.poster == poster && now() - row.at < STATUS_KEPT
    };
    let found = found.filter(is_theirs).ok_or_else(|| Fault::not_found("status"))?;
    Ok(body(StatusCode::OK, found.body))
}

/// An answer in JSON of this server's own.
pub(super) fn own(resource: &impl serde::Serialize) -> Response<Body> {
    json(StatusCode::OK, resource)
}
