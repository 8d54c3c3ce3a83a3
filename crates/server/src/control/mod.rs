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
mod list;
mod page;
pub(crate) mod decisions;
pub(crate) mod ledger;
pub(crate) mod events;
pub(crate) mod second;
pub(crate) mod jobs;
mod contacts;
pub(crate) mod pledges;
pub(crate) mod accession;
pub(crate) mod meetings;
pub(crate) mod alerts;
pub(crate) mod incidents;
pub(crate) mod consultations;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::Arc,
};

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
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

pub(crate) use self::{
    error::ApiError,
    jobs::Jobs,
    list::{MAKERS, READERS, access_of, endpoints, may},
    records::{look_at as look, viewed_keys},
};
use crate::{
    api::{
        AddParty, AffectedView, AnswerAffectedRequest, ApproveRequest, ContentView, DraftRequest, OutboxQuery,
        OutboxView, PartyView, RecipientView, RecordView, ReleaseRequest, Released, VersionRequest,
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
        (None, Some(draft)) => Source::New(draft_of(draft)?),
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
    let partners: BTreeSet<Party> = partners.await?;
    Ok(partners.into_iter().flat_map(|partner| Lane::ALL.map(|lane| Feed { partner: partner.clone(), lane })).collect())
}

/// The longest page of one feed.
const LONGEST_PAGE: usize = 1_000;

/// An entry of a feed, how much of the feed left as files, and what the recipient says of its large content.
type Given = (Feed, u64, Option<&'static str>, OutgoingRow);

pub(crate) async fn outbox(
    State(control): State<Control>,
    person: SignedIn,
    Query(query): Query<OutboxQuery>,
) -> Reply<Vec<OutboxView>> {
    let OutboxQuery { to, lane, from, limit } = query;
    if limit.is_some_and(|limit| !(1..=LONGEST_PAGE).contains(&limit)) {
        return Err(ApiError::Request(format!("limit: a page has 1 to {LONGEST_PAGE} entries")));
    }
    if (limit.is_some() || from.is_some()) && (to.is_none() || lane.is_none()) {
        return Err(ApiError::Request("`from` and `limit` are of one feed: name it with `to` and `lane`".to_owned()));
    }
    let lane: Option<Lane> = lane
        .map(|word| {
            let known = Lane::ALL.into_iter().find(|lane| lane.as_str() == word);
            known.ok_or_else(|| ApiError::Request(format!("lane: unknown `{word}`; known: `urgent`, `routine`")))
        })
        .transpose()?;
    let is_meant = |feed: &Feed| {
        to.as_ref().is_none_or(|to| feed.partner == to.as_str()) && lane.is_none_or(|lane| feed.lane == lane)
    };
    let feeds: Vec<Feed> = feeds(&control).await?.into_iter().filter(is_meant).collect();
    let wanted = limit.unwrap_or(usize::MAX);
    let mut given: Vec<Given> = Vec::new();
    let mut next = from.unwrap_or_default();
    loop {
        // What may not be seen leaves no shorter page: then the next ones are read, too.
        let missing = wanted - given.len();
        let (rows, last) = given_from(&control, feeds.clone(), next, missing).await?;
        let read = rows.len();
        given.extend(visible(&control, &person, rows).await?);
        match last {
            Some(last) if limit.is_some() && read == missing && given.len() < wanted => next = last + 1,
            _ => break,
        }
    }
    let views = given.into_iter().map(|(feed, exported, content, row)| OutboxView {
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

/// At most `limit` entries of each of these feeds, from an index on, and the last index that was read.
async fn given_from(
    control: &Control,
    feeds: Vec<Feed>,
    from: u64,
    limit: usize,
) -> Result<(Vec<Given>, Option<u64>), ApiError> {
    let exported = control.driver.inspect({
        let feeds = feeds.clone();
        move |node| feeds.iter().map(|feed| node.exported_of(feed)).collect::<Vec<_>>()
    });
    let exported = exported.await?;
    let rows: Vec<Given> = read(control, move |reader| {
        let mut rows = Vec::new();
        for (feed, exported) in feeds.into_iter().zip(exported) {
            let contents: BTreeMap<u64, &'static str> = reader
                .offered_contents(&feed)?
                .into_iter()
                .map(|(content, said)| (content.index, said.map_or("arriving", ContentOutcome::as_str)))
                .collect();
            rows.extend(reader.outgoing_from(&feed, from, limit)?.into_iter().map(|row| {
                let content = contents.get(&row.index).copied();
                (feed.clone(), exported, content, row)
            }));
        }
        Ok(rows)
    })
    .await?;
    let last = rows.last().map(|(.., row)| row.index);
    Ok((rows, last))
}

/// Those that this person may see. What is about a record that it may not see is not there; that something was given which is lost here
/// stays to be seen, without its name.
async fn visible(control: &Control, person: &SignedIn, rows: Vec<Given>) -> Result<Vec<Given>, ApiError> {
    let name = |row: &OutgoingRow| Some((row.originator.as_deref()?.into(), row.record.as_deref()?.into()));
    let named: BTreeSet<_> = rows.iter().filter_map(|(.., row)| name(row)).collect();
    let viewer = person.viewer().clone();
    let seen = control.driver.inspect(move |node| (node.not_held_of(&named), node.could_see_of(named, &viewer)));
    let (lost, visible) = seen.await?;
    let rows = rows.into_iter().filter_map(|(feed, exported, content, mut row)| {
        match name(&row) {
            Some(name) if lost.contains(&name) => row.record = None,
            Some(name) if !visible.contains(&name) => return None,
            _ => {}
        }
        Some((feed, exported, content, row))
    });
    Ok(rows.collect())
}
