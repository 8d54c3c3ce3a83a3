//! What a node can be asked (`/api/v1`): one list of endpoints, each with who may ask it. The control socket, a Unix socket in
//! the node's own folder which only the folder's owner can open, serves it to the operator; the console's listener serves
//! it to whoever is signed in.

mod error;
mod records;
mod consents;
mod agreements;
mod recalls;
mod retention;
mod whatif;
mod courier;
mod large;
mod alarms;
pub(crate) mod keys;
mod restore;
pub(crate) mod status;
pub(crate) mod quarantine;
mod list;
mod decisions;
mod ledger;
mod events;
mod second;
mod jobs;

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::{HeaderMap, header::ACCEPT_LANGUAGE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{Party, explain::Language, view::Viewer};
use entente_formats::{request, wire::ContentOutcome};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Draft, Listed, RecordRef, Release, Source, VersionDraft},
    retention::Period,
};
use entente_seal::Precedence;
use entente_store::{OutgoingRow, Reader, StoreError};

pub(crate) use self::{error::ApiError, jobs::Jobs, list::endpoints};
use crate::{
    api::{
        AddParty, AffectedView, AnswerAffectedRequest, ApproveRequest, ContentView, DraftRequest, OutboxView,
        PartyView, RecipientView, RecordView, ReleaseRequest, Released, VersionRequest,
    },
    contents::Pieces,
    driver::Driver,
    fetcher::Fetcher,
    links::Links,
    people::{SignedIn, accounts::Accounts, openid::OpenIdConnect, passkeys::Challenges, views::Views},
    quota::Quotas,
    restore::Troubles,
    turn::Failure,
    web,
};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) driver: Driver,
    pub(crate) own_keys: keys::OwnKeys,
    pub(crate) operator: Viewer,
    pub(crate) data: std::path::PathBuf,
    pub(crate) storage: entente_store::StorageKey,
    pub(crate) pieces: Pieces,
    pub(crate) fetcher: Fetcher,
    pub(crate) name: String,
    pub(crate) publish: Option<std::sync::Arc<crate::digest::Publish>>,
    pub(crate) retention: std::sync::Arc<[Period]>,
    pub(crate) links: Links,
    pub(crate) quotas: Quotas,
    pub(crate) troubles: Troubles,
    pub(crate) accounts: Accounts,
    pub(crate) views: Views,
    pub(crate) challenges: Challenges,
    pub(crate) openid: Option<OpenIdConnect>,
    pub(crate) jobs: Jobs,
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

async fn parties(State(control): State<Control>, _: SignedIn) -> Reply<Vec<PartyView>> {
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
            removed: node.is_removed(&partner.party),
        };
        node.partners().map(view).collect()
    });
    Ok(views.await?)
}

async fn add_party(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<AddParty>,
) -> Reply<PartyView> {
    let Answer::Party(party) =
        control.driver.handle(person.does("party.add", Event::AddParty { note: request.note })).await?
    else {
        return Err(unexpected());
    };
    keys::one(&control, party.as_str()).await
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

async fn release(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<ReleaseRequest>,
) -> Reply<Released> {
    let language = language(&headers);
    let mut request = request;
    let source = match (&request.record, request.draft.take()) {
        (Some(record), None) => {
            large::held(&control, &person, record, &request.to, precedence(&request.precedence)?).await?
        }
        (None, Some(draft)) => Source::New(draft_of(draft)?),
        _ => return Err(ApiError::Request("give either a held record or a draft".to_owned())),
    };
    let event = release_of(&person, request, |source| source)?;
    released(&control, person.does("record.release", event(source)), language).await
}

/// What a release is, but for its source.
fn release_of<T>(
    person: &SignedIn,
    request: ReleaseRequest,
    source: impl FnOnce(T) -> Source,
) -> Result<impl FnOnce(T) -> Event, ApiError> {
    let by = person.viewer().clone();
    let precedence = precedence(&request.precedence)?;
    let expires = request.expires.as_deref().map(|text| request::moment("expires", text)).transpose()?;
    Ok(move |content| {
        Event::Release(Release {
            by,
            source: source(content),
            to: request.to.iter().map(|code| code.as_str().into()).collect(),
            purpose: request.purpose.as_str().into(),
            channel: request.channel.as_str().into(),
            under: request.under.map(|ids| ids.iter().map(|id| id.as_str().into()).collect()),
            precedence,
            expires,
        })
    })
}

/// Hands a release to the node; what came of it.
async fn released(control: &Control, event: Event, language: Language) -> Reply<Released> {
    let released = control.driver.handle_and(event, move |node, answer| match answer {
        Answer::Released { record, outcomes } => Some(Released {
            record: record.to_string(),
            recipients: outcomes
                .iter()
                .map(|(to, outcome)| RecipientView::new(node.agreements(), to.as_str(), outcome, language))
                .collect(),
        }),
        _ => None,
    });
    released.await?.map(Json).ok_or_else(unexpected)
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

async fn approve(State(control): State<Control>, person: SignedIn, Json(request): Json<ApproveRequest>) -> Reply<()> {
    let record = record_ref(&request.record);
    let by = person.viewer().clone();
    let event = Event::Approve { by, record, to: request.to.into(), note: request.note };
    control.driver.handle(person.does("record.approve", event)).await?;
    Ok(Json(()))
}

/// A record as people see it; with how far its content is, while that is arriving.
fn record_view(control: &Control, listed: &Listed) -> RecordView {
    let mut view = RecordView::from(listed);
    view.content = listed.is_arriving.then(|| {
        let (done, all, waits_for) = control.fetcher.arrivals.of_record(&view.originator, &view.id);
        ContentView { done, all, waits_for }
    });
    view
}

async fn affected(State(control): State<Control>, person: SignedIn) -> Reply<Vec<AffectedView>> {
    let viewer = person.viewer().clone();
    Ok(Json(control.driver.inspect(move |node| node.affected(&viewer).map(AffectedView::from).collect()).await?))
}

async fn answer_affected(
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
    let partners: BTreeSet<Party> = partners.await?;
    Ok(partners.into_iter().flat_map(|partner| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane })).collect())
}

async fn outbox(State(control): State<Control>, person: SignedIn) -> Reply<Vec<OutboxView>> {
    let feeds = feeds(&control).await?;
    let exported = control.driver.inspect({
        let feeds = feeds.clone();
        move |node| feeds.iter().map(|feed| node.exported_of(feed)).collect::<Vec<_>>()
    });
    let exported = exported.await?;
    let rows = read(&control, move |reader| {
        let mut rows = Vec::new();
        for (feed, exported) in feeds.into_iter().zip(exported) {
            let contents: BTreeMap<u64, &'static str> = reader
                .offered_contents(&feed)?
                .into_iter()
                .map(|(content, said)| (content.index, said.map_or("arriving", ContentOutcome::as_str)))
                .collect();
            rows.extend(reader.outgoing(&feed)?.into_iter().map(|row| {
                let content = contents.get(&row.index).copied();
                (feed.clone(), exported, content, row)
            }));
        }
        Ok(rows)
    });
    let rows = rows.await?;
    let name = |row: &OutgoingRow| Some((row.originator.as_deref()?.into(), row.record.as_deref()?.into()));
    let named: BTreeSet<_> = rows.iter().filter_map(|(.., row)| name(row)).collect();
    let viewer = person.viewer().clone();
    let seen = control.driver.inspect(move |node| (node.not_held_of(&named), node.could_see_of(named, &viewer)));
    let (lost, visible) = seen.await?;
    // What is about a record that this person may not see is not there. That something was given which is lost here stays
    // to be seen, without its name.
    let rows = rows.into_iter().filter_map(|(feed, exported, content, mut row)| {
        match name(&row) {
            Some(name) if lost.contains(&name) => row.record = None,
            Some(name) if !visible.contains(&name) => return None,
            _ => {}
        }
        Some((feed, exported, content, row))
    });
    let views = rows.map(|(feed, exported, content, row)| OutboxView {
        partner: feed.partner.to_string(),
        lane: feed.lane.as_str().to_owned(),
        index: row.index,
        content: content.map(str::to_owned),
        record: row.record,
        state: match (row.withdrawal, row.late, row.disposition) {
            (Some(_), false, _) => "withdrawn".to_owned(),
            (Some(_), true, _) => "withdrawn, may have arrived".to_owned(),
            (None, _, Some(disposition)) => disposition,
            (None, _, None) if row.index < exported => "exported, no receipt".to_owned(),
            (None, _, None) => "waiting".to_owned(),
        },
    });
    Ok(Json(views.collect()))
}
