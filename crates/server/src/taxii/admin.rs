//! How roots and collections come to be, and objects out of files: what the command line asks of the node.

use axum::{
    Json,
    extract::{Path, State},
};
use entente_formats::{
    label,
    stix::{id::is_uuid, time::Moment},
};
use entente_node::{Event, person::Account};
use entente_store::{
    StoreError,
    taxii::{self as store, Collection, Root, Terms},
};
use tokio::runtime::Handle;

use super::{bundle, caller::parse_spec, post, route::reserved};
use crate::{
    api::{CollectionRequest, CollectionView, LoadRequest, ReleaseRuleRequest, RootRequest, RootView},
    control::{ApiError, Control, Reply, unexpected},
    people::{SignedIn, Way, role::Role},
};

/// The longest body of a post, where nobody says otherwise.
const LONGEST: u64 = 64 * 1024 * 1024;
/// The label of what bears no marking, where nobody says otherwise: for this party's own people.
const LABEL: &str = "TLP:AMBER+STRICT";
/// The longest title or description.
const WORDS: usize = 1_000;

fn check_words(what: &str, text: &str) -> Result<(), ApiError> {
    let is_good = !text.trim().is_empty() && text.len() <= WORDS && !text.chars().any(char::is_control);
    match is_good {
        true => Ok(()),
        false => Err(ApiError::Request(format!("{what}: from 1 to {WORDS} bytes, without control characters"))),
    }
}

fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain) && text.bytes().next() != Some(b'.')
}

/// Changes roots and collections, and puts it on the record before it counts: `check` says what is about to be done, or why not.
/// Where the node stops in between, the ledger tells of what was not done, and never is anything done of which it does not tell.
async fn change<T: Send + 'static>(
    control: &Control,
    by: &SignedIn,
    check: impl FnOnce(&store::Taxii) -> Result<Told, ApiError> + Send + 'static,
    work: impl FnOnce(&mut store::Taxii) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let (taxii, driver, by, runtime) = (control.taxii.clone(), control.driver.clone(), by.person(), Handle::current());
    let changing = move || {
        let done = taxii.write(|index| {
            let told = match check(index) {
                Ok((what, name, now)) => Account::Changed { by, what: what.to_owned(), name, now },
                Err(error) => return Ok(Err(error)),
            };
            if let Err(failure) = runtime.block_on(driver.handle(Event::Account(told))) {
                return Ok(Err(failure.into()));
            }
            work(index).map(Ok)
        });
        done?
    };
    tokio::task::spawn_blocking(changing).await.map_err(|_| unexpected())?
}

/// What is changed, of what, and how it stands then.
type Told = (&'static str, String, serde_json::Value);

async fn write<T: Send + 'static>(
    control: &Control,
    work: impl FnOnce(&mut store::Taxii) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let taxii = control.taxii.clone();
    Ok(tokio::task::spawn_blocking(move || taxii.write(work)).await.map_err(|_| unexpected())??)
}

/// `GET /taxii/roots`.
pub(crate) async fn roots(State(control): State<Control>, _: SignedIn) -> Reply<Vec<RootView>> {
    let roots = write(&control, |index| index.roots()).await?;
    Ok(Json(roots.into_iter().map(root_view).collect()))
}

fn root_view(root: Root) -> RootView {
    let path = format!("/{}/", root.name);
    RootView {
        name: root.name,
        path,
        title: root.title,
        description: root.description,
        max_content_length: root.longest,
    }
}

/// `POST /taxii/roots`.
pub(crate) async fn add_root(
    State(control): State<Control>,
    by: SignedIn,
    Json(request): Json<RootRequest>,
) -> Reply<RootView> {
    let RootRequest { name, title, description, max_content_length } = request;
    if !is_plain(&name) {
        return Err(ApiError::Request(format!("root `{name}`: 1 to 64 of a-z, 0-9, `-`, `_` and `.`")));
    }
    if reserved().contains(name.as_str()) {
        let all = reserved().iter().copied().collect::<Vec<_>>().join(", ");
        let why =
            format!("root `{name}`: the node has something else at `/{name}/`; any name does that is none of {all}");
        return Err(ApiError::Request(why));
    }
    let title = title.unwrap_or_else(|| name.clone());
    check_words("title", &title)?;
    description.as_deref().map_or(Ok(()), |text| check_words("description", text))?;
    let longest = max_content_length.unwrap_or(LONGEST);
    if !(1024..=LONGEST * 4).contains(&longest) {
        return Err(ApiError::Request(format!("max_content_length: from 1024 to {}", LONGEST * 4)));
    }
    let root = Root { name: name.clone(), title, description, longest };
    let (new, told) = (root.clone(), serde_json::json!({ "title": root.title }));
    let check = move |index: &store::Taxii| match index.roots()?.iter().any(|known| known.name == name) {
        true => Err(ApiError::Conflict(format!("a root `{name}` is there"))),
        false => Ok(("TAXII root added", name, told)),
    };
    change(&control, &by, check, move |index| index.add_root(&new)).await?;
    Ok(Json(root_view(root)))
}

/// `GET /taxii/collections`.
pub(crate) async fn collections(State(control): State<Control>, _: SignedIn) -> Reply<Vec<CollectionView>> {
    let all = write(&control, |index| index.collections()).await?;
    Ok(Json(all.into_iter().map(collection_view).collect()))
}

fn collection_view(collection: Collection) -> CollectionView {
    let Collection { root, id, title, description, alias, terms, .. } = collection;
    let Terms { read, write, label, subjects, from, to, purpose } = terms;
    let path = format!("/{root}/collections/{id}/");
    CollectionView { root, id, path, title, description, alias, read, write, label, subjects, from, to, purpose }
}

/// `POST /taxii/collections`.
pub(crate) async fn add_collection(
    State(control): State<Control>,
    by: SignedIn,
    Json(request): Json<CollectionRequest>,
) -> Reply<CollectionView> {
    if !by.has(Role::Disclosure) && request.has_rule() {
        return Err(not_theirs());
    }
    let collection = checked(&control, request)?;
    let new = collection.clone();
    let check = move |index: &store::Taxii| {
        let Collection { root, id, alias, terms, .. } = new;
        if !index.roots()?.iter().any(|known| known.name == root) {
            return Err(ApiError::NotFound(format!("no root `{root}`; add it with `entente taxii root add`")));
        }
        let is_it =
            |known: &Collection| known.id == id || known.root == root && alias.is_some() && known.alias == alias;
        match index.collections()?.iter().any(is_it) {
            true => Err(taken()),
            false => Ok(("TAXII collection added", id, of_terms(&terms))),
        }
    };
    let new = collection.clone();
    let added = change(&control, &by, check, move |index| index.add_collection(&new, super::index::now())).await?;
    added.map(|_| Json(collection_view(collection))).ok_or_else(taken)
}

fn taken() -> ApiError {
    ApiError::Conflict("a collection of this identifier, or of this alias in the root, is there".to_owned())
}

fn not_theirs() -> ApiError {
    ApiError::Forbidden(
        "what is released, and under which label, is set by who may disclose".to_owned(),
        "leave out label, subjects, `to` and purpose; somebody with the role disclosure sets them with \
         PUT /api/v1/taxii/collections/{id}/release"
            .to_owned(),
    )
}

/// How terms stand, for the ledger.
fn of_terms(terms: &Terms) -> serde_json::Value {
    serde_json::to_value(terms).unwrap_or_default()
}

impl CollectionRequest {
    /// Whether it says what is released.
    fn has_rule(&self) -> bool {
        self.label.is_some() || !self.subjects.is_empty() || !self.to.is_empty() || self.purpose.is_some()
    }
}

/// `PUT /taxii/collections/{id}`: other terms.
pub(crate) async fn change_collection(
    State(control): State<Control>,
    by: SignedIn,
    Path(id): Path<String>,
    Json(request): Json<CollectionRequest>,
) -> Reply<CollectionView> {
    let may_disclose = by.has(Role::Disclosure);
    if !may_disclose && request.has_rule() {
        return Err(not_theirs());
    }
    let new = checked(&control, CollectionRequest { id: Some(id), ..request })?;
    let terms = move |old: Terms| match may_disclose {
        true => new.terms,
        false => Terms { read: new.terms.read, write: new.terms.write, from: new.terms.from, ..old },
    };
    set(&control, &by, new.id, "TAXII collection changed", terms).await
}

/// `PUT /taxii/collections/{id}/release`: what is released, and under which label.
pub(crate) async fn set_release(
    State(control): State<Control>,
    by: SignedIn,
    Path(id): Path<String>,
    Json(request): Json<ReleaseRuleRequest>,
) -> Reply<CollectionView> {
    let ReleaseRuleRequest { label, subjects, to, purpose } = request;
    let label = checked_label(label)?;
    check_recipients(&control, &to, purpose.as_deref())?;
    let terms = move |old: Terms| Terms { label, subjects, to, purpose: purpose.unwrap_or_default(), ..old };
    set(&control, &by, id.to_ascii_lowercase(), "TAXII release rule set", terms).await
}

/// Gives a collection the terms that `terms` makes of those that it has.
async fn set(
    control: &Control,
    by: &SignedIn,
    id: String,
    what: &'static str,
    terms: impl FnOnce(Terms) -> Terms + Send + 'static,
) -> Reply<CollectionView> {
    let (sender, mut made) = tokio::sync::oneshot::channel();
    let check = move |index: &store::Taxii| {
        let Some(mut collection) = index.collection(&id)? else {
            return Err(ApiError::NotFound(format!("no collection `{id}`")));
        };
        collection.terms = terms(collection.terms);
        let told = of_terms(&collection.terms);
        let _ = sender.send(collection);
        Ok((what, id, told))
    };
    let work = move |index: &mut store::Taxii| match made.try_recv() {
        Ok(collection) => index.set_terms(&collection.id, &collection.terms).map(|_| Some(collection)),
        Err(_) => Ok(None),
    };
    let changed = change(control, by, check, work).await?;
    changed.map(|collection| Json(collection_view(collection))).ok_or_else(unexpected)
}

fn checked_label(label: Option<String>) -> Result<String, ApiError> {
    let label = label.unwrap_or_else(|| LABEL.to_owned());
    let read = label::parse(&label).map_err(|problem| {
        ApiError::Request(format!("label, character {}: {problem}", problem.line_and_column(&label).1))
    })?;
    Ok(label::write(&read))
}

fn check_party(code: &str) -> Result<(), ApiError> {
    match entente_formats::party::is_party_code(code) {
        true => Ok(()),
        false => Err(ApiError::Request(format!("`{code}` is no party code (2 to 32 of A-Z, 0-9, -)"))),
    }
}

fn check_recipients(control: &Control, to: &[String], purpose: Option<&str>) -> Result<(), ApiError> {
    to.iter().try_for_each(|code| check_party(code))?;
    if to.iter().any(|code| *code == *control.operator.nationality.as_str()) {
        return Err(ApiError::Request("a collection is not released to this party itself".to_owned()));
    }
    if !to.is_empty() && purpose.is_none() {
        return Err(ApiError::Request("say for which purpose objects are released".to_owned()));
    }
    Ok(())
}

/// A collection, as it was asked for.
fn checked(control: &Control, request: CollectionRequest) -> Result<Collection, ApiError> {
    let CollectionRequest { root, id, title, description, alias, read, write, label, subjects, from, to, purpose } =
        request;
    let id = match id {
        Some(id) => id.to_ascii_lowercase(),
        None => {
            let seed = crate::keys::fresh_seed().map_err(|error| ApiError::Ours(error.to_string()))?;
            bundle::uuid(seed.get(..16).unwrap_or_default())
        }
    };
    if !is_uuid(&id) {
        return Err(ApiError::Request(format!("id: `{id}` is no UUID")));
    }
    check_words("title", &title)?;
    description.as_deref().map_or(Ok(()), |text| check_words("description", text))?;
    if let Some(alias) = alias.as_deref().filter(|alias| !is_plain(alias) || is_uuid(alias)) {
        return Err(ApiError::Request(format!("alias `{alias}`: 1 to 64 of a-z, 0-9, `-`, `_` and `.`")));
    }
    let label = checked_label(label)?;
    check_recipients(control, &to, purpose.as_deref())?;
    let spec = |what: &str, text: &str| parse_spec(text).map_err(|why| ApiError::Request(format!("{what}: {why}")));
    from.iter().filter(|code| *code != "*").try_for_each(|code| check_party(code))?;
    Ok(Collection {
        number: 0,
        root,
        id,
        title,
        description,
        alias,
        terms: Terms {
            read: spec("read", &read)?,
            write: spec("write", &write)?,
            label,
            subjects,
            from,
            to,
            purpose: purpose.unwrap_or_default(),
        },
    })
}

/// `POST /taxii/collections/{id}/objects`: objects out of a file.
pub(crate) async fn load(
    State(control): State<Control>,
    by: SignedIn,
    Path(id): Path<String>,
    Json(request): Json<LoadRequest>,
) -> Reply<serde_json::Value> {
    let found = {
        let id = id.clone();
        write(&control, move |index| index.collection(&id.to_ascii_lowercase())).await?
    };
    let collection = found
        // Whoever comes through the control socket may do everything; others what the collection says.
        .filter(|collection| {
            *by.way() == Way::Operator || super::caller::Caller { person: by.clone() }.rights(&collection.terms).write
        })
        .ok_or_else(|| ApiError::NotFound(format!("no collection `{id}`")))?;
    let now = super::index::now();
    let added = request.added.map(|added| {
        let moment = |text: Option<String>| {
            text.map(|text| {
                let wrong = |why: &str| ApiError::Request(format!("added: `{text}` is {why}"));
                let moment = Moment::parse(&text).map_err(|_| wrong("no moment in UTC"))?.microseconds();
                // What is added behind it would be later still, for good.
                if moment > now { Err(wrong("later than now")) } else { Ok(moment) }
            })
            .transpose()
        };
        added.into_iter().map(moment).collect::<Result<Vec<_>, _>>()
    });
    let status = post::enter(&control, &by, collection, request.envelope, added.transpose()?).await;
    let status = status.map_err(|fault| ApiError::Request(fault.to_string()))?;
    serde_json::to_value(&status).map(Json).map_err(|error| ApiError::Ours(error.to_string()))
}
