//! What a node can be asked (`/api/v1`): one list of endpoints, each with who may ask it. The control socket, a Unix socket in
//! the node's own folder which only the folder's owner can open, serves it to the operator; the console's listener serves
//! it to whoever is signed in.

mod error;
pub(crate) mod records;
pub(crate) mod prospects;
pub(crate) mod consents;
pub(crate) mod agreements;
pub(crate) mod recalls;
mod retention;
pub(crate) mod whatif;
mod courier;
pub(crate) mod status;
pub(crate) mod quarantine;
mod list;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::{HeaderMap, header::ACCEPT_LANGUAGE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{Party, explain::Language, view::Viewer};
use entente_formats::request;
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Draft, RecordRef, Release, Source, VersionDraft},
    retention::Period,
};
use entente_seal::Precedence;
use entente_store::{Reader, StoreError};

pub(crate) use self::{
    error::ApiError,
    list::{MAKERS, READERS, access_of, endpoints, may},
};
use crate::{
    api::{
        AddParty, AffectedView, AnswerAffectedRequest, ApproveRequest, DraftRequest, OutboxView, PartyView,
        RecipientView, ReleaseRequest, Released, VersionRequest,
    },
    driver::Driver,
    links::Links,
    people::{SignedIn, accounts::Accounts, views::Views},
    quota::Quotas,
    tls::Pins,
    turn::Failure,
    web,
};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) driver: Driver,
    pub(crate) pins: Pins,
    pub(crate) operator: Viewer,
    pub(crate) data: std::path::PathBuf,
    pub(crate) storage: entente_store::StorageKey,
    pub(crate) name: String,
    pub(crate) retention: std::sync::Arc<[Period]>,
    pub(crate) links: Links,
    pub(crate) quotas: Quotas,
    pub(crate) accounts: Accounts,
    pub(crate) views: Views,
    /// Where people find the console; none where there is no listener for them.
    pub(crate) origin: Option<std::sync::Arc<str>>,
}

pub(crate) type Reply<T> = Result<Json<T>, ApiError>;

/// What the control socket serves: the operator's.
pub(crate) fn router(control: Control) -> Router {
    let operator = SignedIn::operator(control.operator.clone());
    let api = Router::new().nest("/api/v1", web::api());
    api.layer(Extension(operator)).with_state(control)
}

pub(crate) fn unexpected() -> ApiError {
    ApiError::Failure(Failure::Refused(Refusal::Ours("unexpected answer".to_owned())))
}

/// Reads beside the writer, off the threads that serve.
async fn read<T: Send + 'static>(
    control: &Control,
    work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let (data, storage) = (control.data.clone(), control.storage.clone());
    let reading = tokio::task::spawn_blocking(move || work(&Reader::of_folder(&data)?.with_key(&storage)?));
    Ok(reading.await.map_err(|_| unexpected())??)
}

pub(crate) async fn parties(State(control): State<Control>, _: SignedIn) -> Reply<Vec<PartyView>> {
    Ok(Json(known_parties(&control).await?))
}

async fn known_parties(control: &Control) -> Result<Vec<PartyView>, ApiError> {
    let views = control.driver.inspect(|node| {
        let view = |partner: &entente_node::Partner| PartyView {
            party: partner.party.to_string(),
            name: partner.file.name.clone(),
            serial: partner.file.serial,
            addresses: partner.file.addresses.clone(),
            valid_until: partner.file.valid_until.to_string(),
            fingerprint: partner.fingerprint(),
            own: partner.party == *node.party(),
        };
        node.partners().map(view).collect()
    });
    Ok(views.await?)
}

pub(crate) async fn add_party(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<AddParty>,
) -> Reply<PartyView> {
    let Answer::Party(party) =
        control.driver.handle(person.does("party.add", Event::AddParty { note: request.note })).await?
    else {
        return Err(unexpected());
    };
    let pins = control.pins.clone();
    let added = party.clone();
    control
        .driver
        .inspect(move |node| {
            let others = node.partners().filter(|partner| partner.party != *node.party());
            if let Some(partner) = others.into_iter().find(|partner| partner.party == added) {
                pins.set(&partner.party, &partner.file.tls);
            }
        })
        .await?;
    let all = known_parties(&control).await?;
    all.into_iter().find(|view| view.party == party.as_str()).map(Json).ok_or_else(unexpected)
}

/// `ID` or `ORIGINATOR/ID`.
fn record_ref(text: &str) -> RecordRef {
    match text.split_once('/') {
        Some((originator, id)) => RecordRef { originator: Some(originator.into()), id: id.into() },
        None => RecordRef { originator: None, id: text.into() },
    }
}

/// The language that explanations are asked in: the first of `Accept-Language` that there is, or English.
fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    asked.split(',').find_map(|tag| Language::of_tag(tag.trim())).unwrap_or_default()
}

pub(crate) async fn release(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<ReleaseRequest>,
) -> Reply<Released> {
    let language = language(&headers);
    let source = match (&request.record, request.draft) {
        (Some(record), None) => held(&control, record).await?,
        (None, Some(draft)) => Source::New(draft_of(draft)?),
        _ => return Err(ApiError::Request("give either a held record or a draft".to_owned())),
    };
    let release = Release {
        by: person.viewer().clone(),
        source,
        to: request.to.iter().map(|code| code.as_str().into()).collect(),
        purpose: request.purpose.as_str().into(),
        channel: request.channel.as_str().into(),
        under: request.under.map(|ids| ids.iter().map(|id| id.as_str().into()).collect()),
        precedence: precedence(&request.precedence)?,
        expires: request.expires.as_deref().map(|text| request::moment("expires", text)).transpose()?,
    };
    let Answer::Released { record, outcomes } =
        control.driver.handle(person.does("record.release", Event::Release(release))).await?
    else {
        return Err(unexpected());
    };
    let released = control.driver.inspect(move |node| Released {
        record: record.to_string(),
        recipients: outcomes
            .iter()
            .map(|(to, outcome)| RecipientView::new(node.agreements(), to.as_str(), outcome, language))
            .collect(),
    });
    Ok(Json(released.await?))
}

/// A held record with its content.
async fn held(control: &Control, text: &str) -> Result<Source, ApiError> {
    let name = record_ref(text);
    let (id, whole) = (name.id.to_string(), text.to_owned());
    let originator = name.originator.as_ref().map(ToString::to_string);
    let content = read(control, move |reader| {
        let digests = reader.digests(&id)?;
        let mut found = digests.into_iter().find(|(by, _)| originator.as_ref().is_none_or(|wanted| wanted == by));
        if found.is_none() {
            // An id may have a slash of its own.
            found = reader.digests(&whole)?.into_iter().next();
        }
        found.map(|(_, digest)| reader.body(&digest)).transpose().map(Option::flatten)
    });
    let content = content.await?.ok_or_else(|| ApiError::NotFound(format!("no record `{text}`")))?;
    Ok(Source::Held(name, content))
}

fn draft_of(draft: DraftRequest) -> Result<Draft, ApiError> {
    Ok(Draft {
        id: draft.id.map(Into::into),
        label: draft.label,
        subjects: draft.subjects,
        status: request::status("status", Some(&draft.status))?,
        distribution: draft.distribution.iter().map(|code| code.as_str().into()).collect(),
        derived_from: draft.derived_from.iter().map(|text| record_ref(text)).collect(),
        title: draft.title,
        media_type: draft.media_type,
        content: content_of("content", &draft.content)?,
        versions: draft.versions.into_iter().map(version_of).collect::<Result<_, _>>()?,
    })
}

fn version_of(version: VersionRequest) -> Result<VersionDraft, ApiError> {
    let content = content_of(&format!("content of version `{}`", version.id), &version.content)?;
    let VersionRequest { id, label, subjects, title, media_type, .. } = version;
    Ok(VersionDraft { id: id.into(), label, subjects, title, media_type, content })
}

fn content_of(what: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    STANDARD.decode(text).map_err(|error| ApiError::Request(format!("{what}: not base64: {error}")))
}

fn precedence(word: &str) -> Result<Precedence, ApiError> {
    match word {
        "FLASH" => Ok(Precedence::Flash),
        "IMMEDIATE" => Ok(Precedence::Immediate),
        "PRIORITY" => Ok(Precedence::Priority),
        "ROUTINE" => Ok(Precedence::Routine),
        _ => Err(ApiError::Request(format!(
            "unknown precedence `{word}`; known: `FLASH`, `IMMEDIATE`, `PRIORITY`, `ROUTINE`"
        ))),
    }
}

pub(crate) async fn approve(State(control): State<Control>, person: SignedIn, Json(request): Json<ApproveRequest>) -> Reply<()> {
    let record = record_ref(&request.record);
    let by = person.viewer().clone();
    let event = Event::Approve { by, record, to: request.to.into(), note: request.note };
    control.driver.handle(person.does("record.approve", event)).await?;
    Ok(Json(()))
}

pub(crate) async fn affected(State(control): State<Control>, person: SignedIn) -> Reply<Vec<AffectedView>> {
    let viewer = person.viewer().clone();
    Ok(Json(control.driver.inspect(move |node| node.affected(&viewer).map(AffectedView::from).collect()).await?))
}

pub(crate) async fn answer_affected(
    State(control): State<Control>,
    person: SignedIn,
    Path(number): Path<u64>,
    Json(body): Json<AnswerAffectedRequest>,
) -> Reply<()> {
    let by = person.viewer().clone();
    let event = Event::AnswerAffected { by, number, note: body.note };
    control.driver.handle(person.does("affected.answer", event)).await?;
    Ok(Json(()))
}

async fn feeds(control: &Control) -> Result<Vec<Feed>, ApiError> {
    let partners = control.driver.inspect(|node| node.outgoing().map(|(feed, ..)| feed.partner.clone()).collect());
    let partners: std::collections::BTreeSet<Party> = partners.await?;
    Ok(partners.into_iter().flat_map(|partner| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane })).collect())
}

pub(crate) async fn outbox(State(control): State<Control>, _: SignedIn) -> Reply<Vec<OutboxView>> {
    let feeds = feeds(&control).await?;
    let exported = control.driver.inspect({
        let feeds = feeds.clone();
        move |node| feeds.iter().map(|feed| node.exported_of(feed)).collect::<Vec<_>>()
    });
    let exported = exported.await?;
    let views = read(&control, move |reader| {
        let mut views = Vec::new();
        for (feed, exported) in feeds.into_iter().zip(exported) {
            views.extend(reader.outgoing(&feed)?.into_iter().map(|row| OutboxView {
                partner: feed.partner.to_string(),
                lane: feed.lane.as_str().to_owned(),
                index: row.index,
                record: row.record,
                state: match (row.withdrawal, row.late, row.disposition) {
                    (Some(_), false, _) => "withdrawn".to_owned(),
                    (Some(_), true, _) => "withdrawn, may have arrived".to_owned(),
                    (None, _, Some(disposition)) => disposition,
                    (None, _, None) if row.index < exported => "exported, no receipt".to_owned(),
                    (None, _, None) => "waiting".to_owned(),
                },
            }));
        }
        Ok(views)
    });
    Ok(Json(views.await?))
}
