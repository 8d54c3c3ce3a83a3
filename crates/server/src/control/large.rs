//! Large contents in and out over the control socket: a chunk at a time at both ends. What was begun and not finished leaves
//! nothing behind: whoever goes away in the middle has released nothing.

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use entente_core::{Party, Record, explain::Language};
use entente_formats::{
    hex,
    wire::{ContentFile, MAX_CONTENT, MAX_INLINE, MAX_LARGE},
};
use entente_node::{
    Answer, Event, Lane, Refusal,
    content::{AwaitedContent, FileName, LargeContent},
    event::{Draft, RecordRef, Source},
    person::Handed,
};
use entente_seal::{
    Precedence,
    content::{CHUNK_LENGTH, SEALED_CHUNK_LENGTH},
};
use entente_store::{Content, StoreError};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{
    ApiError, Control, Reply, courier, draft_of, language, read, record_ref, records, release_of, released, unexpected,
};
use crate::{
    api::{ContentImportView, LargeReleaseRequest, Released},
    contents::{Shelf, Stream, blocking, seal_to},
    people::SignedIn,
    pieces::{Filling, Given, Stopped, finished},
    turn::Failure,
};

/// The longest description of a release, with its versions in base64.
const MAX_HEAD: usize = MAX_CONTENT * 4 / 3 + 64 * 1024;
/// How many chunks are handed to the disk at once.
const BATCH: usize = 16 * CHUNK_LENGTH;
/// How many parts wait for a reader that is slower than the disk.
const AHEAD: usize = 4;

fn request(why: impl ToString) -> ApiError {
    ApiError::Request(why.to_string())
}

/// What comes in a request's body, in parts of the length that is asked for.
struct Parts {
    body: Body,
    rest: Bytes,
}

impl Parts {
    /// The next bytes, fewer only at the end.
    async fn next(&mut self, length: usize) -> Result<Vec<u8>, ApiError> {
        let mut part = Vec::with_capacity(length);
        while part.len() < length {
            if self.rest.is_empty() {
                let Some(frame) = self.body.frame().await else { break };
                let frame = frame.map_err(|error| request(format!("the content was cut: {error}")))?;
                self.rest = frame.into_data().unwrap_or_default();
                continue;
            }
            let here = self.rest.split_to(self.rest.len().min(length - part.len()));
            part.extend_from_slice(&here);
        }
        Ok(part)
    }

    /// Passes over the rest: who still sends would not hear the answer.
    async fn drain(&mut self) {
        while let Some(Ok(_)) = self.body.frame().await {}
    }
}

/// A file of which nobody speaks yet; removed unless it is kept.
struct Unfinished {
    shelf: Shelf,
    file: FileName,
    is_kept: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now, the next start removes.
            let _ = self.shelf.reader().and_then(|reader| reader.discard(&self.file));
        }
    }
}

/// `POST /releases/large`: four bytes of length, the release as JSON, and the content behind it, exactly as it is.
pub(crate) async fn release(
    State(control): State<Control>,
    person: SignedIn,
    headers: HeaderMap,
    body: Body,
) -> Reply<Released> {
    let mut parts = Parts { body, rest: Bytes::new() };
    let answer = release_parts(&control, &person, language(&headers), &mut parts).await;
    parts.drain().await;
    answer
}

async fn release_parts(control: &Control, person: &SignedIn, language: Language, parts: &mut Parts) -> Reply<Released> {
    let length: [u8; 4] = parts.next(4).await?.try_into().map_err(|_| request("no release"))?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_HEAD {
        return Err(request(format!("a release of {length} bytes; at most {MAX_HEAD} beside its content")));
    }
    let LargeReleaseRequest { length, mut release } =
        serde_json::from_slice(&parts.next(length).await?).map_err(request)?;
    if !(1..=MAX_LARGE).contains(&length) {
        return Err(request(format!("the content has {length} bytes; at most {MAX_LARGE} travel in one record")));
    }
    let draft = release.draft.take().ok_or_else(|| request("a release without a draft"))?;
    let draft: Draft = draft_of(control, person, draft)?;
    let to: Vec<Party> = release.to.iter().map(|code| code.as_str().into()).collect();
    let event = release_of(person, release, |content| Source::NewLarge(draft, content))?;

    let shelf = control.fetcher.shelf.clone();
    let file = control.driver.new_file().await?;
    let mut unfinished = Unfinished { shelf: shelf.clone(), file, is_kept: false };
    let digest = write(parts, &shelf, file, length).await?;
    let from = control.operator.nationality.clone();
    let sealed = shelf.read(move |reader| seal_to(&reader.unlisted(&file, length)?, &from, &to, &digest)).await?;
    let content = LargeContent { digest, length, file: Some(file), sealed };
    let answer = released(control, person.does("record.release-large", event(content)), language).await;
    // Where nobody knows whether it was kept, the next start finds out.
    unfinished.is_kept = !matches!(answer, Err(ApiError::Failure(Failure::Refused(_))));
    answer
}

/// Writes what comes into a new file, and syncs it; its SHA-256.
async fn write(parts: &mut Parts, shelf: &Shelf, file: FileName, length: u64) -> Result<[u8; 32], ApiError> {
    let mut writer = shelf.read(move |reader| reader.fill(&file, length, |_| ())).await?;
    let mut hash = Context::new(&SHA256);
    let mut left = length;
    while left > 0 {
        let wanted = usize::try_from(left.min(BATCH as u64)).unwrap_or(BATCH);
        let part = Zeroizing::new(parts.next(wanted).await?);
        if part.len() < wanted {
            let found = length - left + part.len() as u64;
            return Err(request(format!("the content ends after {found} bytes of {length}: nothing was released")));
        }
        left -= wanted as u64;
        hash.update(&part);
        let writing = blocking(move || {
            let mut chunk = Zeroizing::new(Vec::with_capacity(CHUNK_LENGTH));
            for part in part.chunks(CHUNK_LENGTH) {
                chunk.clear();
                chunk.extend_from_slice(part);
                writer.write(&mut chunk)?;
            }
            Ok(writer)
        });
        writer = writing.await?;
    }
    if !parts.next(1).await?.is_empty() {
        return Err(request(format!(
            "the content is longer than the {length} bytes that it had: nothing was released"
        )));
    }
    blocking(move || writer.finish()).await?;
    Ok(finished(hash))
}

/// A held record with its content, in the form in which it goes at that precedence.
pub(crate) async fn held(
    control: &Control,
    person: &SignedIn,
    text: &str,
    to: &[String],
    precedence: Precedence,
) -> Result<Source, ApiError> {
    // Before anything else is said or done: what this person may not see is not there, whatever else is wrong.
    let event = Event::Look { record: record_ref(text), viewer: person.viewer().clone() };
    let Answer::Record(listed) = control.driver.handle(event).await? else { return Err(unexpected()) };
    let digest = listed.digest;
    let Record { originator, id, .. } = &listed.record;
    let name = RecordRef { originator: Some(originator.clone()), id: id.clone() };
    let inline = match entente_node::lane_of(precedence) {
        Lane::Urgent => MAX_INLINE,
        Lane::Routine => MAX_CONTENT,
    };
    let content = read(control, move |reader| reader.content(&digest)).await?;
    match content {
        None if listed.is_arriving => Err(request(arriving(id.as_str()))),
        None => Err(ApiError::NotFound(format!("no record `{text}`"))),
        Some(Content::Row(content)) if content.len() <= inline => Ok(Source::Held(name, content.to_vec())),
        Some(content) => {
            let (from, length) = (control.operator.nationality.clone(), content.length());
            let to: Vec<Party> = to.iter().map(|code| code.as_str().into()).collect();
            let sealed = blocking(move || seal_to(&content, &from, &to, &digest)).await?;
            Ok(Source::HeldLarge(name, LargeContent { digest, length, file: None, sealed }))
        }
    }
}

fn arriving(id: &str) -> String {
    format!("the content of `{id}` is still arriving; see `entente inbox {id}`")
}

/// Bytes on their way out.
fn stream(length: u64, parts: mpsc::Receiver<Result<Bytes, StoreError>>) -> Response {
    let media_type = HeaderValue::from_static("application/octet-stream");
    let headers = [(header::CONTENT_LENGTH, length.into()), (header::CONTENT_TYPE, media_type)];
    (headers, Body::new(Stream(parts))).into_response()
}

/// The content, exactly, a part at a time: read only after the node has said that this viewer may see it.
pub(crate) async fn content(
    State(control): State<Control>,
    person: SignedIn,
    Path((originator, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let listed = records::look(&control, &person, &originator, &id, true).await?;
    let digest = listed.digest;
    let content = read(&control, move |reader| reader.content(&digest)).await?;
    let missing =
        || if listed.is_arriving { request(arriving(&id)) } else { ApiError::NotFound(format!("no record `{id}`")) };
    let content = content.ok_or_else(missing)?;
    let length = content.length();
    let (parts, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut chunk = Zeroizing::new(Vec::new());
        for index in 0..content.chunks() {
            let part = content.read(index, &mut chunk).map(|()| Bytes::copy_from_slice(&chunk));
            let is_last = part.is_err();
            // Who asked may have gone away.
            if parts.blocking_send(part).is_err() || is_last {
                return;
            }
        }
    });
    Ok(stream(length, receiver))
}

/// `GET /outbox/{to}/contents/{sealed}`: a sealed content as a file, decided again piece by piece, for what is written to a
/// medium has left.
pub(crate) async fn export(
    State(control): State<Control>,
    person: SignedIn,
    Path((to, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::NotFound(format!("no content `{name}` for {to}"));
    let sealed: [u8; 32] = hex::decode(&name).and_then(|name| name.try_into().ok()).ok_or_else(unknown)?;
    let (pieces, partner) = (control.pieces.clone(), Party::from(to.as_str()));
    let (first, whole) = match pieces.give(&partner, sealed, 0).await? {
        Given::Piece(piece, whole) => (piece, whole),
        Given::Withdrawn(_) => return Err(request(format!("content `{name}` may no longer leave"))),
        Given::Unknown | Given::NoSuchPiece(_) => return Err(unknown()),
    };
    courier::handed_out(&control, &person, partner.clone(), Handed::Content(sealed)).await?;
    let from = control.operator.nationality.to_string();
    let head = ContentFile { from, to, sealed, sealed_length: whole }.to_text();
    let length = head.len() as u64 + whole;
    let (parts, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut done = first.len() as u64;
        if parts.send(Ok(head.into())).await.is_err() || parts.send(Ok(first.into())).await.is_err() {
            return;
        }
        while done < whole {
            let part = match pieces.give(&partner, sealed, done).await {
                Ok(Given::Piece(piece, _)) => Ok(Bytes::from(piece)),
                Ok(_) => Err(StoreError::Damaged("the content may no longer leave".to_owned())),
                Err(error) => Err(StoreError::Damaged(error.to_string())),
            };
            done += part.as_ref().map_or(whole, |part| part.len() as u64);
            if parts.send(part).await.is_err() {
                return;
            }
        }
    });
    Ok(stream(length, receiver))
}

/// `POST /inbox/contents/{from}/{sealed}`: the sealed bytes of a content that came as a file.
pub(crate) async fn import(
    State(control): State<Control>,
    person: SignedIn,
    Path((from, name)): Path<(String, String)>,
    body: Body,
) -> Reply<ContentImportView> {
    let mut parts = Parts { body, rest: Bytes::new() };
    let answer = import_parts(&control, &person, from, name, &mut parts).await;
    parts.drain().await;
    answer
}

async fn import_parts(
    control: &Control,
    person: &SignedIn,
    from: String,
    name: String,
    parts: &mut Parts,
) -> Reply<ContentImportView> {
    let view = |state: &str, reason: Option<String>| {
        tracing::info!(partner = from, content = name, state, "file");
        Ok(Json(ContentImportView { partner: from.clone(), state: state.to_owned(), reason }))
    };
    let sealed: Option<[u8; 32]> = hex::decode(&name).and_then(|name| name.try_into().ok());
    let sealed = sealed.ok_or_else(|| request(format!("`{name}` is no SHA-256")))?;
    let partner = Party::from(from.as_str());
    let find = move |node: &entente_node::Node| {
        let is_meant = |content: &&AwaitedContent| content.feed.partner == partner && content.sealed == sealed;
        node.awaited_contents().find(is_meant).cloned()
    };
    let Some(content) = control.driver.inspect(find).await? else {
        return view("not awaited", Some("no entry that is here waits for it".to_owned()));
    };
    let (feed, index) = (content.feed.clone(), content.index);
    let row = read(control, move |reader| reader.awaited_content(&feed, index)).await?.ok_or_else(unexpected)?;
    let Some(_claimed) = control.fetcher.arrivals.claim(row.file) else {
        return view("not awaited", Some("it is arriving over the wire just now".to_owned()));
    };
    let (us, of, shelf) =
        (control.operator.nationality.clone(), content.feed.partner.clone(), control.fetcher.shelf.clone());
    let mut filling = blocking(move || Filling::begin(&shelf.reader()?, row, &of, &us)).await?;
    // What is here already is passed over.
    let (mut known, whole) = filling.position();
    while known > 0 {
        let part = parts.next(usize::try_from(known.min(BATCH as u64)).unwrap_or(BATCH)).await?;
        if part.is_empty() {
            break;
        }
        known -= part.len() as u64;
    }
    while !filling.is_complete() {
        let wanted = filling.wanted();
        let mut part = parts.next(wanted).await?;
        if part.len() < wanted {
            // The end of a file that was cut: what is whole of it counts.
            part.truncate(part.len() / SEALED_CHUNK_LENGTH * SEALED_CHUNK_LENGTH);
        }
        if part.is_empty() {
            let (done, _) = filling.position();
            let reason = format!("the file is cut: {done} bytes of {whole} are here, and stay");
            return view("incomplete", Some(reason));
        }
        let taken = tokio::task::spawn_blocking(move || {
            let taken = filling.take(&part);
            (filling, taken)
        });
        let (back, taken) = taken.await.map_err(|_| unexpected())?;
        filling = back;
        match taken {
            Ok(()) => {}
            // A courier may have altered it: nothing shows that the sender did, so nobody is accused.
            Err(Stopped::Wrong(wrong)) => return view("refused", Some(wrong.why)),
            Err(Stopped::Store(error)) => return Err(error.into()),
        }
    }
    match tokio::task::spawn_blocking(move || filling.finish()).await.map_err(|_| unexpected())? {
        Ok(file) => {
            control.fetcher.arrived(&content, file, Some(person)).await?;
            control.quotas.count(&content.feed.partner).await?;
            view("taken", None)
        }
        // Every chunk is the sender's own, and the whole is not what was signed.
        Err(Stopped::Wrong(wrong)) => {
            let why = wrong.why.clone();
            control
                .fetcher
                .refuse(&content, wrong, person)
                .await
                .map_err(|why| Failure::Refused(Refusal::Ours(why)))?;
            view("refused", Some(why))
        }
        Err(Stopped::Store(error)) => Err(error.into()),
    }
}
