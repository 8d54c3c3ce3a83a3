//! Beyond the specification, under `/entente/`: a collection of everything that the caller may have, in the form of an API root;
//! why (`why/`); who would get what before it is posted (`who-will-see/`); recalls and who has complied (`recalls/`).

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Response, StatusCode},
};
use entente_core::{
    Label, Level,
    agreement::clause::{Action, Set},
    explain::Language,
    label::Tlp,
    record,
};
use entente_formats::{
    label,
    stix::envelope,
    taxii::{
        query::{Endpoint, Query},
        resource,
    },
};
use entente_node::preview::{How, Matter};
use entente_store::taxii::{Collection, EVERYTHING, Terms};
use serde::Serialize;

use super::{
    answer::{Fault, json},
    caller::Caller,
    give,
    marks::{Here, Known, Marked, marked},
    plan::check_one,
    post::{self, CHANNEL},
    route::{Asked, resource_of},
    sight::Sight,
};
use crate::{
    api::{DecisionView, RecallView},
    control::Control,
};

/// The identifier of the collection of everything, at every node.
const ID: &str = "5f3f6a2e-7f0c-4d0e-9b8a-0e6d1c5a4b11";
/// Its name in paths.
pub(super) const ALIAS: &str = "everything";
/// The longest body of a question.
const LONGEST: u64 = 10 * 1024 * 1024;

/// The collection of everything, as there was one.
pub(super) fn everything() -> Collection {
    Collection {
        number: EVERYTHING,
        root: super::route::BEYOND.to_owned(),
        id: ID.to_owned(),
        title: "Everything".to_owned(),
        description: Some("all objects that this account may have, of every collection that it may read".to_owned()),
        alias: Some(ALIAS.to_owned()),
        terms: Terms::default(),
    }
}

pub(super) async fn answer(
    asked: Asked,
    method: &Method,
    rest: &[&str],
    headers: &HeaderMap,
    query: String,
    body: Body,
) -> Result<Response<Body>, Fault> {
    let get = || match *method {
        Method::GET => Ok(()),
        _ => Err(Fault::method("GET, HEAD")),
    };
    if let ["who-will-see"] = rest {
        return match *method {
            Method::POST => who_will_see(&asked, &query, headers, body).await,
            _ => Err(Fault::method("POST")),
        };
    }
    if !asked.caller.is_reader() {
        return Err(Fault::not_found("path"));
    }
    let this = everything();
    let is_it = |name: &str| name == ID || Some(name) == this.alias.as_deref();
    match rest {
        [] => {
            get()?;
            let description = Some("beyond TAXII: one collection of everything, and why".to_owned());
            Ok(give::own(&resource::ApiRoot::new("Entente", description, LONGEST)))
        }
        ["why"] => {
            get()?;
            why(&asked, &query).await
        }
        ["recalls"] => {
            get()?;
            let viewer = asked.caller.person.viewer().clone();
            let recalls =
                asked.control.driver.inspect(move |node| node.recalls(&viewer).iter().map(RecallView::from).collect());
            let recalls: Vec<RecallView> = recalls.await?;
            Ok(give::own(&serde_json::json!({ "recalls": recalls })))
        }
        ["collections"] => {
            get()?;
            Ok(give::own(&resource::Collections { collections: vec![resource_of(&this, true, false)] }))
        }
        ["collections", name, rest @ ..] if is_it(name) => {
            get()?;
            match rest {
                [] => Ok(give::own(&resource_of(&this, true, false))),
                ["manifest"] => give::manifest(asked, this, query).await,
                ["objects"] => give::objects(asked, this, Endpoint::Objects, None, query).await,
                ["objects", id] => give::objects(asked, this, Endpoint::Object, Some(id), query).await,
                ["objects", id, "versions"] => give::versions(asked, this, id, query).await,
                _ => Err(Fault::not_found("path")),
            }
        }
        ["collections", ..] => Err(Fault::not_found("collection")),
        _ => Err(Fault::not_found("path")),
    }
}

/// What somebody is cleared for, and which labels that lets through.
#[derive(Serialize)]
struct Why {
    account: String,
    roles: Vec<String>,
    nationality: String,
    clearance: String,
    subjects: Vec<String>,
    official_duty: bool,
    /// Labels, and whether objects of this party under them are shown.
    labels: Vec<LabelSeen>,
    /// Of the object that was asked about: each version that is shown, with its markings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<VersionWhy>,
}

#[derive(Serialize)]
struct LabelSeen {
    label: String,
    seen: bool,
}

#[derive(Serialize)]
struct VersionWhy {
    version: resource::Stamp,
    originator: String,
    record: String,
    /// The label of the record that it stands in.
    label: String,
    markings: Vec<String>,
    /// Whether a copy without marked parts is shown.
    reduced: bool,
    /// How the record came here.
    custody: Vec<crate::api::HopView>,
}

/// `GET /entente/why/`, and of one object `?match[id]=…`.
async fn why(asked: &Asked, query: &str) -> Result<Response<Body>, Fault> {
    let query: Query = give::parse(query, Endpoint::Objects)?;
    let viewer = asked.caller.person.viewer().clone();
    let labels: Vec<Label> =
        [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red].into_iter().map(Label::Tlp).collect();
    let seen = {
        let (viewer, labels) = (viewer.clone(), labels.clone());
        asked.control.driver.inspect(move |node| node.sees_own(&labels, &viewer)).await?
    };
    let versions = match query.ids.first() {
        None => Vec::new(),
        Some(id) => {
            let found = versions(asked, id.clone()).await?;
            if found.is_empty() {
                return Err(Fault::not_found("object"));
            }
            found
        }
    };
    let levels =
        Level::ALL.iter().map(|level| LabelSeen { label: level.to_string(), seen: viewer.clearance >= *level });
    let colours = labels.iter().zip(seen).map(|(label, seen)| LabelSeen { label: label::write(label), seen });
    let labels = colours.chain(levels).collect();
    Ok(give::own(&Why {
        account: viewer.name.clone(),
        roles: asked.caller.person.roles().words(),
        nationality: viewer.nationality.to_string(),
        clearance: viewer.clearance.to_string(),
        subjects: match &viewer.subjects {
            Set::Any => vec!["*".to_owned()],
            Set::Of(subjects) => subjects.iter().map(ToString::to_string).collect(),
        },
        official_duty: viewer.official_duty,
        labels,
        versions,
    }))
}

async fn versions(asked: &Asked, id: String) -> Result<Vec<VersionWhy>, Fault> {
    let Asked { control, caller, shelf } = asked;
    let readable: Vec<i64> = shelf
        .collections
        .iter()
        .filter(|collection| caller.rights(&collection.terms).read)
        .map(|collection| collection.number)
        .collect();
    let (taxii, driver, viewer) = (control.taxii.clone(), control.driver.clone(), caller.person.viewer().clone());
    let found = control.taxii.read_later(move |readers| {
        let mut sight = Sight::new(readers, &taxii, &driver, &viewer);
        let mut rows = readers.index.of_id(EVERYTHING, &id)?;
        let shown = sight.shows(&rows.iter().collect::<Vec<_>>())?;
        let mut shown = shown.into_iter();
        rows.retain(|_| shown.next().unwrap_or_default());
        let mut found = Vec::new();
        for row in rows {
            let Some(record) = sight.record(row.record)? else { continue };
            if record.home != EVERYTHING && !readable.contains(&record.home) {
                continue;
            }
            let source = sight.source(&row)?;
            let reduced = source != sight.with_text(&row, str::to_owned)?;
            found.push((row.version, (*record).clone(), readers.index.marks(row.marks)?, reduced));
        }
        Ok(found)
    });
    let mut versions = Vec::new();
    for (version, record, markings, reduced) in found.await? {
        let listed = crate::control::look(control, &caller.person, &record.originator, &record.id).await?;
        let view = crate::api::RecordView::from(&listed);
        versions.push(VersionWhy {
            version: give::stamp(version),
            originator: record.originator,
            record: record.id,
            label: listed.label,
            markings,
            reduced,
            custody: view.custody,
        });
    }
    Ok(versions)
}

/// What would become of a post.
#[derive(Serialize)]
struct WhoWillSee {
    objects: Vec<ObjectSeen>,
    /// By label: what each party would get.
    labels: Vec<LabelAnswer>,
}

#[derive(Serialize)]
struct ObjectSeen {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The label of a copy without marked parts, where one would enter too.
    #[serde(skip_serializing_if = "Option::is_none")]
    reduced: Option<String>,
    /// Why it would not enter.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Serialize)]
struct LabelAnswer {
    label: String,
    parties: Vec<PartyAnswer>,
}

#[derive(Serialize)]
struct PartyAnswer {
    party: String,
    /// Whether the decision permits it.
    yes: bool,
    /// Whether the rule of the collection would give it.
    by_rule: bool,
    /// The decision in words, with its articles.
    decision: DecisionView,
}

/// `POST /entente/who-will-see/?collection=ID&purpose=P`: a post that is not one.
async fn who_will_see(asked: &Asked, query: &str, headers: &HeaderMap, body: Body) -> Result<Response<Body>, Fault> {
    let value = |name: &str| {
        query.split('&').filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let name = value("collection").unwrap_or_default();
    let collection = writable(&asked.caller, &asked.shelf.collections, name)?.clone();
    let purpose = value("purpose").unwrap_or(&collection.terms.purpose).to_owned();
    let text = post::envelope_of(headers, body, LONGEST).await?;
    let control = &asked.control;
    let (taxii, driver, viewer) = (control.taxii.clone(), control.driver.clone(), asked.caller.person.viewer().clone());
    let terms = collection.clone();
    let objects = control
        .taxii
        .read_later(move |readers| labels_of(&mut Sight::new(readers, &taxii, &driver, &viewer), &terms, &text))
        .await?;
    let labels: BTreeMap<String, ()> = objects
        .iter()
        .flat_map(|object| object.label.iter().chain(&object.reduced).map(|label| (label.clone(), ())))
        .collect();
    let mut answers = Vec::new();
    for label in labels.into_keys() {
        answers.push(LabelAnswer { parties: decide(control, asked, &collection, &label, &purpose).await?, label });
    }
    Ok(json(StatusCode::OK, &WhoWillSee { objects, labels: answers }))
}

fn writable<'c>(caller: &Caller, collections: &'c [Collection], name: &str) -> Result<&'c Collection, Fault> {
    let found = collections.iter().find(|collection| collection.id.eq_ignore_ascii_case(name));
    let found =
        found.map(|collection| (collection, caller.rights(&collection.terms))).filter(|(_, rights)| rights.any());
    match found {
        Some((collection, rights)) if rights.write => Ok(collection),
        Some(_) => Err(Fault::new(StatusCode::FORBIDDEN, "this collection may not be written with this account")),
        None => Err(Fault::not_found("collection").help("name one with `?collection=ID`")),
    }
}

fn labels_of(sight: &mut Sight<'_>, collection: &Collection, text: &str) -> Result<Vec<ObjectSeen>, Fault> {
    let limits = envelope::Limits { bytes: text.len(), objects: 10_000 };
    let contents = envelope::objects(text, limits)
        .map_err(|problem| Fault::new(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()))?;
    let checked: Vec<_> = contents.objects.iter().map(|object| check_one(object, None)).collect();
    let here: Here<'_> = checked
        .iter()
        .flatten()
        .filter(|checked| checked.entry.kind == "marking-definition")
        .map(|checked| (checked.entry.id.as_ref(), checked))
        .collect();
    let mut known = Known::new();
    let mut seen = Vec::new();
    for (number, checked) in checked.iter().enumerate() {
        seen.push(match checked {
            Ok(checked) => {
                let Marked { label, copy } = marked(sight, collection, checked, &here, &mut known)?;
                let reduced = copy.map(|(label, _)| label);
                ObjectSeen { id: checked.entry.id.as_ref().to_owned(), label: Some(label), reduced, refused: None }
            }
            Err(why) => {
                ObjectSeen { id: format!("objects[{number}]"), label: None, reduced: None, refused: Some(why.clone()) }
            }
        });
    }
    Ok(seen)
}

async fn decide(
    control: &Control,
    asked: &Asked,
    collection: &Collection,
    label: &str,
    purpose: &str,
) -> Result<Vec<PartyAnswer>, Fault> {
    let matter = Matter::Draft {
        label: label.to_owned(),
        subjects: collection.terms.subjects.clone(),
        status: record::Status::Actual,
        distribution: Vec::new(),
        derived_from: Vec::new(),
    };
    let how =
        How { action: Action::Release, purpose: purpose.into(), channel: CHANNEL.into(), at: jiff::Timestamp::now() };
    let (viewer, to) = (asked.caller.person.viewer().clone(), collection.terms.to.clone());
    let answers = control.driver.inspect(move |node| {
        let (decisions, label) = node.preview(&viewer, &matter, &[], &how)?;
        let answer = |decision: entente_core::decide::Decision| {
            let view = DecisionView::new(node.agreements(), &decision, &label, Language::English);
            PartyAnswer {
                party: view.answer.to.clone(),
                yes: decision.granted().is_some(),
                by_rule: to.contains(&view.answer.to),
                decision: view,
            }
        };
        Ok::<_, entente_node::Refusal>(decisions.into_iter().map(answer).collect())
    });
    Ok(answers.await?.map_err(crate::turn::Failure::Refused)?)
}
