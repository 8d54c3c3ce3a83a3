//! The control socket: the node's API on a Unix socket in its own folder, which only the folder's owner can open.

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

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header::ACCEPT_LANGUAGE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{Party, explain::Language, view::Viewer};
use entente_formats::{
    request,
    wire::{ContentOutcome, MAX_CONTENT, Parcel},
};
use entente_node::{
    Answer, Event, Feed, Lane, Refusal,
    event::{Draft, Listed, RecordRef, Release, Source, VersionDraft},
    retention::Period,
};
use entente_seal::Precedence;
use entente_store::{Reader, StoreError};

use crate::{
    api::{
        AddParty, AffectedView, AnswerAffectedRequest, ApproveRequest, ContentView, DraftRequest, OutboxView,
        PartyView, RecipientView, RecordView, ReleaseRequest, Released, VersionRequest,
    },
    contents::Pieces,
    driver::Driver,
    federation::problem,
    fetcher::Fetcher,
    links::Links,
    quota::Quotas,
    restore::Troubles,
    turn::Failure,
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
    pub(crate) retention: std::sync::Arc<[Period]>,
    pub(crate) links: Links,
    pub(crate) quotas: Quotas,
    pub(crate) troubles: Troubles,
}

/// An error on its way out: sorted by whose fault it is, turned into HTTP here and nowhere else.
pub(crate) enum ApiError {
    Failure(Failure),
    Request(String),
    Store(StoreError),
    NotFound(String),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<request::LineError> for ApiError {
    fn from(error: request::LineError) -> Self {
        Self::Request(error.to_string())
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request(detail) | Self::NotFound(detail) => formatter.write_str(detail),
            Self::Failure(failure) => failure.fmt(formatter),
            Self::Store(error) => error.fmt(formatter),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Request(_) | Self::Failure(Failure::Refused(Refusal::Request(_))) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound(_) | Self::Failure(Failure::Refused(Refusal::NotFound(_))) => StatusCode::NOT_FOUND,
            Self::Failure(Failure::Refused(Refusal::ReadOnly(_))) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::NotKept(_)) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Failure(_) | Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        problem(status, &self.to_string())
    }
}

type Reply<T> = Result<Json<T>, ApiError>;

/// The routes under `/api/v1`.
pub(crate) fn router(control: Control) -> Router {
    let api = Router::new()
        .route("/status", get(status::status))
        .route("/parties", get(parties).post(add_party))
        .route("/parties/replace-root", post(keys::replace_root))
        .route("/parties/{code}/remove", post(keys::remove))
        .route("/keys", get(keys::keys))
        .route("/keys/reload", post(keys::reload))
        .route("/releases", post(release))
        .route("/approvals", post(approve))
        .route("/records", get(records))
        .route("/records/{originator}/{id}", get(record))
        .route("/records/{originator}/{id}/content", get(large::content))
        .route("/consents", get(consents::questions).post(consents::ask))
        .route("/consents/standing", get(consents::standing).post(consents::grant))
        .route("/consents/{request}/answer", post(consents::answer))
        .route("/consents/{number}/withdraw", post(consents::withdraw))
        .route("/agreements", get(agreements::list).post(agreements::propose))
        .route("/agreements/{id}/text", get(agreements::text))
        .route("/agreements/{id}/acts", get(agreements::acts).post(agreements::act))
        .route("/agreements/{id}/disputes", post(agreements::dispute))
        .route("/recalls", get(recalls::list).post(recalls::recall))
        .route("/recalls/settle", post(recalls::settle))
        .route("/retention/due", get(retention::due))
        .route("/retention/destroyed", post(retention::destroy))
        .route("/holds", get(retention::holds).post(retention::hold))
        .route("/relabellings", post(recalls::relabel))
        .route("/compromises", get(recalls::compromises).post(recalls::report))
        .route("/whatif", post(whatif::compare))
        .route("/whatif/behind", post(whatif::behind))
        .route("/affected", get(affected))
        .route("/affected/{number}/answer", post(answer_affected))
        .route("/alarms", get(alarms::list))
        .route("/alarms/{number}", get(alarms::show))
        .route("/alarms/{number}/evidence", get(alarms::bytes))
        .route("/outbox", get(outbox))
        .route("/outbox/{to}/{lane}/export", post(courier::export))
        .route("/outbox/{to}/{lane}/exported", post(courier::exported))
        .route("/restore", get(restore::status))
        .route("/restore/go-on", post(restore::go_on))
        .route("/quarantine", get(quarantine::list))
        .route("/quarantine/{partner}/{lane}/{index}/retry", post(quarantine::retry))
        // Base64 makes four bytes of three.
        .layer(DefaultBodyLimit::max(MAX_CONTENT * 4 / 3 + 64 * 1024))
        .route("/releases/large", post(large::release).layer(DefaultBodyLimit::disable()))
        .route("/outbox/{to}/contents", get(courier::outstanding))
        .route("/outbox/{to}/contents/{sealed}", get(large::export))
        .route("/inbox/contents/{from}/{sealed}", post(large::import).layer(DefaultBodyLimit::disable()))
        .route("/inbox/import", post(courier::import).layer(DefaultBodyLimit::max(Parcel::LIMIT)))
        .with_state(control);
    Router::new().nest("/api/v1", api)
}

fn unexpected() -> ApiError {
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

async fn parties(State(control): State<Control>) -> Reply<Vec<PartyView>> {
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
    Ok(Json(views.await?))
}

async fn add_party(State(control): State<Control>, Json(request): Json<AddParty>) -> Reply<PartyView> {
    let Answer::Party(party) = control.driver.handle(Event::AddParty { note: request.note }).await? else {
        return Err(unexpected());
    };
    keys::one(control, party.as_str()).await
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
    headers: HeaderMap,
    Json(request): Json<ReleaseRequest>,
) -> Reply<Released> {
    let language = language(&headers);
    let mut request = request;
    let source = match (&request.record, request.draft.take()) {
        (Some(record), None) => large::held(&control, record, &request.to, precedence(&request.precedence)?).await?,
        (None, Some(draft)) => Source::New(draft_of(draft)?),
        _ => return Err(ApiError::Request("give either a held record or a draft".to_owned())),
    };
    let event = release_of(&control, request, |source| source)?;
    released(&control, event(source), language).await
}

/// What a release is, but for its source.
fn release_of<T>(
    control: &Control,
    request: ReleaseRequest,
    source: impl FnOnce(T) -> Source,
) -> Result<impl FnOnce(T) -> Event, ApiError> {
    let by = control.operator.clone();
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

async fn approve(State(control): State<Control>, Json(request): Json<ApproveRequest>) -> Reply<()> {
    let record = record_ref(&request.record);
    let by = control.operator.clone();
    control.driver.handle(Event::Approve { by, record, to: request.to.into(), note: request.note }).await?;
    Ok(Json(()))
}

async fn records(State(control): State<Control>) -> Reply<Vec<RecordView>> {
    match control.driver.handle(Event::List { viewer: control.operator.clone() }).await? {
        Answer::Records(records) => Ok(Json(records.iter().map(|listed| record_view(&control, listed)).collect())),
        _ => Err(unexpected()),
    }
}

async fn look(control: &Control, originator: &str, id: &str) -> Result<Listed, ApiError> {
    // `-` stands for whoever the originator is.
    let originator = (originator != "-").then(|| Party::from(originator));
    let record = RecordRef { originator, id: id.into() };
    match control.driver.handle(Event::Look { record, viewer: control.operator.clone() }).await? {
        Answer::Record(listed) => Ok(*listed),
        _ => Err(unexpected()),
    }
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

async fn record(State(control): State<Control>, Path((originator, id)): Path<(String, String)>) -> Reply<RecordView> {
    Ok(Json(record_view(&control, &look(&control, &originator, &id).await?)))
}

async fn affected(State(control): State<Control>) -> Reply<Vec<AffectedView>> {
    let viewer = control.operator.clone();
    Ok(Json(control.driver.inspect(move |node| node.affected(&viewer).map(AffectedView::from).collect()).await?))
}

async fn answer_affected(
    State(control): State<Control>,
    Path(number): Path<u64>,
    Json(body): Json<AnswerAffectedRequest>,
) -> Reply<()> {
    let by = control.operator.clone();
    control.driver.handle(Event::AnswerAffected { by, number, note: body.note }).await?;
    Ok(Json(()))
}

async fn feeds(control: &Control) -> Result<Vec<Feed>, ApiError> {
    let partners = control.driver.inspect(|node| node.outgoing().map(|(feed, ..)| feed.partner.clone()).collect());
    let partners: std::collections::BTreeSet<Party> = partners.await?;
    Ok(partners.into_iter().flat_map(|partner| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane })).collect())
}

async fn outbox(State(control): State<Control>) -> Reply<Vec<OutboxView>> {
    let feeds = feeds(&control).await?;
    let exported = control.driver.inspect({
        let feeds = feeds.clone();
        move |node| feeds.iter().map(|feed| node.exported_of(feed)).collect::<Vec<_>>()
    });
    let exported = exported.await?;
    let views = read(&control, move |reader| {
        let mut views = Vec::new();
        for (feed, exported) in feeds.into_iter().zip(exported) {
            let contents: BTreeMap<u64, &'static str> = reader
                .offered_contents(&feed)?
                .into_iter()
                .map(|(content, said)| (content.index, said.map_or("arriving", ContentOutcome::as_str)))
                .collect();
            views.extend(reader.outgoing(&feed)?.into_iter().map(|row| OutboxView {
                partner: feed.partner.to_string(),
                lane: feed.lane.as_str().to_owned(),
                index: row.index,
                content: contents.get(&row.index).map(|state| (*state).to_owned()),
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
