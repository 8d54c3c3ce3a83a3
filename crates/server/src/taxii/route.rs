//! Which path is which endpoint (sections 4 and 5). A path ends in `/`; one without is taken too.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, Response, StatusCode, header},
};
use entente_formats::taxii::{media, path::parts as decode, query::Endpoint, resource};
use entente_store::taxii::{Collection, Root};

use super::{
    Shelf,
    answer::{Fault, json},
    beyond,
    caller::Caller,
    delete, give, post,
};
use crate::{
    console,
    control::Control,
    people::session,
    web::{Knows, Shown},
};

/// The first part of the path of the discovery.
const DISCOVERY: &str = "taxii2";
/// The first part of the paths beyond the specification: an API root with one collection, of everything, and more.
pub(super) const BEYOND: &str = "entente";
/// What no API root may be called besides the pages of the console: other things are there, or may be.
const TAKEN: [&str; 12] = [
    DISCOVERY,
    BEYOND,
    "api",
    "console",
    "static",
    "session",
    "login",
    "logout",
    "events",
    "healthz",
    "metrics",
    "favicon.ico",
];

/// First parts of paths under which something else is than an API root, in order: a page is never shadowed, by no root at all.
pub(super) fn reserved() -> &'static BTreeSet<&'static str> {
    static ALL: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
        let pages = console::pages();
        let firsts = pages.iter().filter_map(|page| page.path.split('/').nth(1)).filter(|part| !part.is_empty());
        firsts.chain(TAKEN).collect()
    });
    &ALL
}

/// Whether something else than an API root is under that first part of a path.
pub(super) fn is_taken(first: &str) -> bool {
    reserved().contains(first)
}

/// Whether a path is answered here; also one that is nowhere, when who asks speaks TAXII.
pub(super) async fn is_ours(control: &Control, path: &str, headers: &HeaderMap) -> Result<bool, Fault> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if [DISCOVERY, BEYOND].contains(&first) {
        return Ok(true);
    }
    if is_taken(first) || first.is_empty() {
        return Ok(false);
    }
    let speaks = [header::ACCEPT, header::CONTENT_TYPE].iter().any(|name| {
        headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("taxii+json")))
    });
    if speaks {
        return Ok(true);
    }
    Ok(control.taxii.shelf().await?.roots.iter().any(|root| root.name == first))
}

/// What is asked, where everything in it is known to be there for the caller.
pub(super) struct Asked {
    pub(super) control: Control,
    pub(super) caller: Caller,
    pub(super) shelf: Arc<Shelf>,
}

/// Answers.
pub(super) async fn answer(control: &Control, request: Request) -> Result<Response<Body>, Fault> {
    let (parts, body) = request.into_parts();
    let from = parts.extensions.get::<session::From>().copied();
    let shown = parts.extensions.get::<Shown>().copied();
    let caller = Caller::find(control, &parts.headers, from, shown).await?;
    if let Some(knows) = parts.extensions.get::<Knows>() {
        knows.person();
    }
    let accept = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accept = accept.collect::<Vec<_>>().join(",");
    if !media::is_acceptable(Some(&accept)) {
        let title = "this server answers in application/taxii+json;version=2.1";
        return Err(Fault::new(StatusCode::NOT_ACCEPTABLE, title));
    }
    let decoded = decode(parts.uri.path()).ok_or_else(|| Fault::not_found("path"))?;
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let shelf = control.taxii.shelf().await?;
    let roots = &shelf.roots;
    let asked = Asked { control: control.clone(), caller, shelf: Arc::clone(&shelf) };
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let only = |allowed: &Method, words: &'static str| match method == *allowed {
        true => Ok(()),
        false => Err(Fault::method(words)),
    };
    let get = || only(&Method::GET, "GET, HEAD");
    match segments.as_slice() {
        [DISCOVERY] => {
            get()?;
            Ok(discovery(&asked, roots))
        }
        [BEYOND, rest @ ..] => beyond::answer(asked, &method, rest, &parts.headers, query, body).await,
        [root, rest @ ..] => {
            let root = visible(&asked, roots, root).ok_or_else(|| Fault::not_found("API root"))?;
            match rest {
                [] => {
                    get()?;
                    let resource = resource::ApiRoot::new(&*root.title, root.description.clone(), root.longest);
                    Ok(json(StatusCode::OK, &resource))
                }
                ["status", id] => {
                    get()?;
                    give::status(&asked, &root.name, id).await
                }
                ["collections"] => {
                    get()?;
                    Ok(json(StatusCode::OK, &resource::Collections { collections: listed(&asked, &root.name) }))
                }
                ["collections", name, rest @ ..] => {
                    in_collection(asked, &method, root, name, rest, &parts.headers, query, body).await
                }
                _ => Err(Fault::not_found("path")),
            }
        }
        [] => Err(Fault::not_found("path")),
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
async fn in_collection(
    asked: Asked,
    method: &Method,
    root: &Root,
    name: &str,
    rest: &[&str],
    headers: &HeaderMap,
    query: String,
    body: Body,
) -> Result<Response<Body>, Fault> {
    let (collection, rights) = asked.caller.collection(&asked.shelf.collections, &root.name, name)?;
    let collection = collection.clone();
    let readable = || match rights.read {
        true => Ok(()),
        false => Err(Fault::new(StatusCode::FORBIDDEN, "this collection may not be read with this account")),
    };
    let writable = || match rights.write {
        true => Ok(()),
        false => Err(Fault::new(StatusCode::FORBIDDEN, "this collection may not be written with this account")),
    };
    match (rest, method) {
        ([], &Method::GET) => Ok(json(StatusCode::OK, &resource_of(&collection, rights.read, rights.write))),
        (["manifest"], &Method::GET) => {
            readable()?;
            give::manifest(asked, collection, query).await
        }
        (["objects"], &Method::GET) => {
            readable()?;
            give::objects(asked, collection, Endpoint::Objects, None, query).await
        }
        (["objects"], &Method::POST) => {
            writable()?;
            post::answer(asked, collection, root, headers, body).await
        }
        (["objects", id], &Method::GET) => {
            readable()?;
            give::objects(asked, collection, Endpoint::Object, Some(id), query).await
        }
        (["objects", id], &Method::DELETE) => {
            // One right of the two says that the collection is there, and does not do.
            readable()?;
            writable()?;
            delete::answer(asked, collection, id, query).await
        }
        (["objects", id, "versions"], &Method::GET) => {
            readable()?;
            give::versions(asked, collection, id, query).await
        }
        (["objects"], _) => Err(Fault::method("GET, HEAD, POST")),
        (["objects", _], _) => Err(Fault::method("GET, HEAD, DELETE")),
        ([] | ["manifest"] | ["objects", _, "versions"], _) => Err(Fault::method("GET, HEAD")),
        _ => Err(Fault::not_found("path")),
    }
}

/// Whether a root is there for the caller: one of its collections is, or it has none.
fn visible<'r>(asked: &Asked, roots: &'r [Root], name: &str) -> Option<&'r Root> {
    let root = roots.iter().find(|root| root.name == name)?;
    let mut of_root = asked.shelf.collections.iter().filter(|collection| collection.root == root.name).peekable();
    (of_root.peek().is_none() || of_root.any(|collection| asked.caller.rights(&collection.terms).any())).then_some(root)
}

fn discovery(asked: &Asked, roots: &[Root]) -> Response<Body> {
    let mut there: Vec<String> = roots
        .iter()
        .filter(|root| visible(asked, roots, &root.name).is_some())
        .map(|root| format!("/{}/", root.name))
        .collect();
    let default = there.first().cloned();
    if asked.caller.is_reader() {
        there.push(format!("/{BEYOND}/"));
    }
    let discovery = resource::Discovery {
        title: format!("Entente {}", asked.control.operator.nationality),
        description: Some(asked.control.name.clone()),
        contact: None,
        default,
        api_roots: there,
    };
    json(StatusCode::OK, &discovery)
}

fn listed(asked: &Asked, root: &str) -> Vec<resource::Collection> {
    let of_root = asked.shelf.collections.iter().filter(|collection| collection.root == root);
    let rights = of_root.map(|collection| (collection, asked.caller.rights(&collection.terms)));
    let there = rights.filter(|(_, rights)| rights.any());
    there.map(|(collection, rights)| resource_of(collection, rights.read, rights.write)).collect()
}

/// A collection, as the caller has it.
pub(super) fn resource_of(collection: &Collection, can_read: bool, can_write: bool) -> resource::Collection {
    resource::Collection {
        id: collection.id.clone(),
        title: collection.title.clone(),
        description: collection.description.clone(),
        alias: collection.alias.clone(),
        can_read,
        can_write,
        media_types: vec![media::STIX_2_1, media::STIX_2_0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_root_shadows_a_page() {
        for page in console::pages() {
            let first = page.path.split('/').nth(1).unwrap();
            assert!(first.is_empty() || is_taken(first), "{}", page.path);
        }
        assert!(!is_taken("cyber") && !is_taken(""));
        assert!(["collections", "api", DISCOVERY, BEYOND].iter().all(|first| is_taken(first)));
    }

    #[test]
    fn paths_are_taken_apart() {
        for (path, parts) in [
            ("/", &[][..]),
            ("/taxii2/", &["taxii2"]),
            ("/taxii2", &["taxii2"]),
            ("/r/collections/a%20b/", &["r", "collections", "a b"]),
            ("/r//", &["r", ""]),
        ] {
            assert_eq!(decode(path).unwrap(), parts, "{path}");
        }
        for path in ["", "/%", "/%4", "/%gg", "/%ff", "/%+1"] {
            assert_eq!(decode(path), None, "{path}");
        }
    }
}
