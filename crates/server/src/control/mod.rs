//! What a node can be asked (`/api/v1`): one list of endpoints, each with who may ask it. The control socket, a Unix socket in
//! the node's own folder which only the folder's owner can open, serves it to the operator; the console's listener serves
//! it to whoever is signed in.

mod error;
pub(crate) mod records;
pub(crate) mod consents;
pub(crate) mod agreements;
pub(crate) mod matrix;
pub(crate) mod partner;
pub(crate) mod recalls;
pub(crate) mod retention;
pub(crate) mod whatif;
pub(crate) mod courier;
pub(crate) mod large;
pub(crate) mod alarms;
pub(crate) mod keys;
pub(crate) mod restore;
pub(crate) mod status;
pub(crate) mod quarantine;
pub(crate) mod outbox;
mod list;
pub(crate) mod page;
pub(crate) mod decisions;
pub(crate) mod ledger;
pub(crate) mod events;
pub(crate) mod second;
pub(crate) mod jobs;
mod once;
mod contacts;
pub(crate) mod pledges;
pub(crate) mod accession;
pub(crate) mod meetings;
pub(crate) mod alerts;
pub(crate) mod incidents;
pub(crate) mod consultations;

use std::{ops::Deref, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, header::ACCEPT_LANGUAGE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{Party, explain::Language, view::Viewer};
use entente_formats::request;
use entente_node::{
    Answer, Event, Refusal,
    event::{Draft, Listed, RecordRef, Release, Source, VersionDraft},
    retention::Period,
};
use entente_seal::Precedence;
use entente_store::{Reader, StoreError};

pub(crate) use self::{
    error::ApiError,
    jobs::Jobs,
    list::{MAKERS, READERS, access_of, endpoints, may},
    records::{look_at as look, viewed_keys},
};
use crate::{
    api::{
        AddParty, AffectedView, AnswerAffectedRequest, ApproveRequest, ContentView, DraftRequest, Page, PageQuery,
        PartyView, RecipientView, RecordView, ReleaseRequest, Released, VersionRequest,
    },
    contents::Pieces,
    driver::Driver,
    escalation::{Escalation, Pages},
    fetcher::Fetcher,
    links::Links,
    people::{SignedIn, accounts::Accounts, openid::OpenIdConnect, ticket::Tickets, views::Views},
    quota::Quotas,
    restore::Troubles,
    turn::Failure,
    web,
};

/// What the handlers share. Each request has it, so that it is one pointer.
#[derive(Clone)]
pub(crate) struct Control(Arc<Parts>);

impl Control {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Control {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// All of it.
pub(crate) struct Parts {
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
    pub(crate) challenges: Tickets,
    pub(crate) openid: Option<OpenIdConnect>,
    pub(crate) jobs: Jobs,
    pub(crate) taxii: crate::taxii::Taxii,
    /// What people of this party are told with; none where the configuration names no contact list.
    pub(crate) escalation: Option<Escalation>,
    pub(crate) pages: Pages,
    /// Where people find the console; none where there is no listener for them.
    pub(crate) origin: Option<std::sync::Arc<str>>,
}

pub(crate) type Reply<T> = Result<Json<T>, ApiError>;

/// What the control socket serves: the operator's.
pub(crate) fn router(control: Control) -> Router {
    let operator = SignedIn::operator(control.operator.clone());
    let api = Router::new().nest("/api/v1", web::api(None));
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
            removed: node.is_removed(&partner.party),
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

pub(crate) async fn release(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    Json(request): Json<ReleaseRequest>,
) -> Reply<Released> {
    release_for(&control, &person, language(&headers), request).await.map(Json)
}

/// Releases a record for somebody, with the reasons in that language.
async fn release_for(
    control: &Control,
    person: &SignedIn,
    language: Language,
    mut request: ReleaseRequest,
) -> Result<Released, ApiError> {
    let source = match (&request.record, request.draft.take()) {
        (Some(record), None) => {
            large::held(control, person, record, &request.to, precedence(&request.precedence)?).await?
        }
        (None, Some(draft)) => Source::New(draft_of(control, person, draft)?),
        _ => return Err(ApiError::Request("give either a held record or a draft".to_owned())),
    };
    let event = release_of(person, request, |source| source)?;
    Ok(released(control, person.does("record.release", event(source)), language).await?.0)
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
    // Worded here, and not by the loop, for which others wait.
    let released = control.driver.handle_and(event, |node, answer| (answer, node.shared_agreements()));
    let (Answer::Released { record, outcomes }, agreements) = released.await? else { return Err(unexpected()) };
    let view = |(to, outcome): &(Party, _)| RecipientView::new(&agreements, to.as_str(), outcome, language);
    Ok(Json(Released { record: record.to_string(), recipients: outcomes.iter().map(view).collect() }))
}

fn draft_of(control: &Control, person: &SignedIn, draft: DraftRequest) -> Result<Draft, ApiError> {
    let id = match &draft.once {
        Some(words) => Some(once::id_of(control, person.name(), draft.id.as_deref(), words)?),
        None => draft.id,
    };
    Ok(Draft {
        id: id.map(Into::into),
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
    Precedence::of(word).ok_or_else(|| unknown_precedence(word))
}

/// What is said of a word that is no precedence.
fn unknown_precedence(word: &str) -> ApiError {
    let known = Precedence::ALL.map(Precedence::as_str).join("`, `");
    ApiError::Request(format!("precedence: unknown `{word}`; known: `{known}`"))
}

pub(crate) async fn approve(
    State(control): State<Control>,
    person: SignedIn,
    Json(request): Json<ApproveRequest>,
) -> Reply<()> {
    let record = record_ref(&request.record);
    let by = person.viewer().clone();
    let event = Event::Approve { by, record, to: request.to.into(), note: request.note };
    control.driver.handle(person.does("record.approve", event)).await?;
    Ok(Json(()))
}

/// A record as people see it; with how far its content is, while that is arriving.
pub(crate) fn record_view(control: &Control, listed: &Listed) -> RecordView {
    let mut view = RecordView::from(listed);
    view.content = listed.is_arriving.then(|| {
        let (done, all, waits_for) = control.fetcher.arrivals.of_record(&view.originator, &view.id);
        ContentView { done, all, waits_for }
    });
    view
}

/// `GET /affected`.
pub(crate) async fn affected(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<PageQuery>,
) -> Reply<Page<AffectedView>> {
    Ok(Json(page::page(all_affected(&control, &person).await?, &query, |view| view.number.to_string())?))
}

/// All of them.
pub(crate) async fn all_affected(control: &Control, person: &SignedIn) -> Result<Vec<AffectedView>, ApiError> {
    let viewer = person.viewer().clone();
    Ok(control.driver.inspect(move |node| node.affected(&viewer).map(AffectedView::from).collect()).await?)
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
