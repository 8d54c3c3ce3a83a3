//! The other end of the control socket: what the command line uses to ask a running node.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use entente_core::explain::Language;
use entente_formats::hex;
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use crate::api::{Page, Problem, RecordView, RecordsPage};

/// Why a question to the node has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no node answers at `{}`: {source}; start it with `entente serve --config FILE`", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The node refuses.
    #[error("{0}")]
    Refused(Said),
    /// The node knows no such thing.
    #[error("{0}")]
    NotFound(Said),
    /// The node has it already, or it stands otherwise than was thought.
    #[error("{0}")]
    Conflict(Said),
    /// The connection broke, or the answer makes no sense.
    #[error("the node's answer: {0}")]
    Broken(String),
}

impl ClientError {
    /// What the node says is to be done about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Refused(said) | Self::NotFound(said) | Self::Conflict(said) => said.help.as_deref(),
            Self::Unreachable { .. } | Self::Broken(_) => None,
        }
    }
}

/// What the node says of what it does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl std::fmt::Display for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.detail)
    }
}

/// The longest answer that is read.
const LIMIT: usize = 256 * 1024 * 1024;
/// How many bytes of a file are in memory at once.
const PART: usize = 256 * 1024;
/// How often somebody is told how far a file is.
const OFTEN: Duration = Duration::from_millis(200);

/// How many connections are kept for the next question.
const KEPT: usize = 128;

const JSON: &str = "application/json";

type Connection = http1::SendRequest<UnsyncBoxBody<Bytes, io::Error>>;

/// A node's control socket.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
    language: Language,
    /// Connections on which a question was answered, shared by all clones.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Client {
    /// The node whose socket is at `path`; it explains in English.
    pub fn new(path: &Path) -> Self {
        Self { socket: path.to_owned(), language: Language::English, idle: Arc::default() }
    }

    /// The same, with its explanations in that language.
    #[must_use]
    pub fn speaking(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Asks, without a body.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        decode(&self.request(Method::GET, path, Vec::new()).await?)
    }

    /// Every record that the asker may see, newest first, page by page.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn records(&self) -> Result<Vec<RecordView>, ClientError> {
        let (mut records, mut after) = (Vec::new(), String::new());
        loop {
            let page: RecordsPage = self.get(&format!("/records?limit=500{after}")).await?;
            records.extend(page.records);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(records),
            }
        }
    }

    /// Everything that a list has, page by page; `path` has no query, or one without a page.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ClientError> {
        let (mut all, mut after) = (Vec::new(), String::new());
        let sign = if path.contains('?') { '&' } else { '?' };
        loop {
            let page: Page<T> = self.get(&format!("{path}{sign}limit=500{after}")).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Asks for bytes.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.request(Method::GET, path, Vec::new()).await
    }

    /// Asks, with a body.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Broken(error.to_string()))?;
        decode(&self.request(Method::POST, path, body).await?)
    }

    /// Replaces something.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Broken(error.to_string()))?;
        decode(&self.request(Method::PUT, path, body).await?)
    }

    /// Takes something away.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        decode(&self.request(Method::DELETE, path, Vec::new()).await?)
    }

    /// Hands over bytes.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T, ClientError> {
        decode(&self.request(Method::POST, path, body).await?)
    }

    /// Hands over `head` and then the next `length` bytes of `file`, a part at a time. `progress` is told how many of them have
    /// left.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses, or the file is shorter.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        head: Vec<u8>,
        file: File,
        length: u64,
        mut progress: impl FnMut(u64),
    ) -> Result<T, ClientError> {
        let left = length + head.len() as u64;
        let pieces = VecDeque::from([Piece::Bytes(head.into()), Piece::File(file, length)]);
        self.send(path, JSON, (pieces, left), &mut progress).await
    }

    /// Hands over a form. `progress` is told how many of its bytes have left.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses, or a file cannot be read.
    pub async fn upload_form<T: DeserializeOwned>(
        &self,
        path: &str,
        form: UploadForm,
        mut progress: impl FnMut(u64),
    ) -> Result<T, ClientError> {
        let UploadForm { boundary, pieces, length } = form;
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send(path, &kind, (pieces, length), &mut progress).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &str,
        (pieces, left): (VecDeque<Piece>, u64),
        progress: &mut impl FnMut(u64),
    ) -> Result<T, ClientError> {
        let sent = Arc::<AtomicU64>::default();
        let body = Upload { pieces, left, sent: Arc::clone(&sent) };
        let mut answer = std::pin::pin!(self.respond(Method::POST, path, kind, body));
        let (response, _) = loop {
            match tokio::time::timeout(OFTEN, &mut answer).await {
                Ok(response) => break response?,
                Err(_) => progress(sent.load(Ordering::Relaxed)),
            }
        };
        let (status, body) = whole(response).await?;
        decode(&answered(status, body)?)
    }

    /// Asks for bytes, and hands them on as they come; `take` is told how many there are in all.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses, the answer is cut, or `take` fails.
    pub async fn download(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8], u64) -> io::Result<()>,
    ) -> Result<(), ClientError> {
        let (mut response, _) = self.respond(Method::GET, path, JSON, Full::new(Bytes::new())).await?;
        if !response.status().is_success() {
            let (status, body) = whole(response).await?;
            return answered(status, body).map(drop);
        }
        let all = response.body().size_hint().exact().unwrap_or_default();
        while let Some(frame) = response.frame().await {
            let frame = frame.map_err(|error| ClientError::Broken(error.to_string()))?;
            if let Some(part) = frame.data_ref() {
                take(part, all).map_err(|error| ClientError::Broken(format!("it cannot be written: {error}")))?;
            }
        }
        Ok(())
    }

    /// A connection that can be asked on: one that was before, or a new one.
    async fn connection(&self) -> Result<Connection, ClientError> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut kept) = kept else { break };
            if kept.ready().await.is_ok() {
                return Ok(kept);
            }
        }
        let unreachable = |source| ClientError::Unreachable { path: self.socket.clone(), source };
        let stream = UnixStream::connect(&self.socket).await.map_err(unreachable)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| ClientError::Broken(error.to_string()))?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn request(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let (response, sender) = self.respond(method, path, JSON, Full::new(Bytes::from(body))).await?;
        let (status, body) = whole(response).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(sender);
        }
        drop(idle);
        answered(status, body)
    }

    /// The beginning of an answer, and the connection that it comes over.
    async fn respond<B>(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: B,
    ) -> Result<(Response<Incoming>, Connection), ClientError>
    where
        B: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + 'static,
    {
        let broken = |error: &dyn ToString| ClientError::Broken(error.to_string());
        let mut sender = self.connection().await?;
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(hyper::header::HOST, "entente")
            .header(hyper::header::CONTENT_TYPE, kind)
            .header(hyper::header::ACCEPT_LANGUAGE, self.language.code())
            .body(body.map_err(io::Error::other).boxed_unsync())
            .map_err(|error| broken(&error))?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        Ok((response, sender))
    }
}

/// The whole of an answer.
async fn whole(response: Response<Incoming>) -> Result<(StatusCode, Bytes), ClientError> {
    let status = response.status();
    let body = Limited::new(response.into_body(), LIMIT).collect().await;
    Ok((status, body.map_err(|error| ClientError::Broken(error.to_string()))?.to_bytes()))
}

/// What it says.
fn answered(status: StatusCode, body: Bytes) -> Result<Vec<u8>, ClientError> {
    if status.is_success() {
        return Ok(body.into());
    }
    let said = match serde_json::from_slice::<Problem>(&body) {
        Ok(Problem { detail, help, .. }) => Said { detail, help },
        Err(_) => Said { detail: String::from_utf8_lossy(&body).into_owned(), help: None },
    };
    Err(match status {
        StatusCode::NOT_FOUND => ClientError::NotFound(said),
        StatusCode::CONFLICT => ClientError::Conflict(said),
        _ => ClientError::Refused(said),
    })
}

/// Bytes of which the next ones are known, or are in a file.
enum Piece {
    Bytes(Bytes),
    File(File, u64),
    /// Opened when its turn comes.
    Path(PathBuf, u64),
}

/// Pieces one after the other.
struct Upload {
    pieces: VecDeque<Piece>,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Upload {
    /// The next bytes of what comes first; none where that has come to its end.
    fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match self.pieces.pop_front()? {
                Piece::Bytes(bytes) if bytes.is_empty() => {}
                Piece::Bytes(bytes) => return Some(Ok(bytes)),
                Piece::Path(path, length) => match File::open(&path) {
                    Ok(file) => self.pieces.push_front(Piece::File(file, length)),
                    Err(error) => {
                        let message = format!("`{}`: {error}", path.display());
                        return Some(Err(io::Error::new(error.kind(), message)));
                    }
                },
                Piece::File(_, 0) => {}
                Piece::File(mut file, length) => {
                    let mut part = vec![0; usize::try_from(length.min(PART as u64)).unwrap_or(PART)];
                    // A read of a file may wait for the disk; nothing else runs in a process that hands one over.
                    return Some(match file.read(&mut part) {
                        Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file has become shorter")),
                        Ok(read) => {
                            part.truncate(read);
                            self.pieces.push_front(Piece::File(file, length - read as u64));
                            Ok(part.into())
                        }
                        Err(error) => Err(error),
                    });
                }
            }
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = self.next();
        if let Some(Ok(part)) = &next {
            self.left = self.left.saturating_sub(part.len() as u64);
            self.sent.fetch_add(part.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(next.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A file of a form.
pub struct Part<'a> {
    /// The name that it is told by.
    pub name: &'a str,
    /// Where it is.
    pub path: &'a Path,
    /// What is in it.
    pub media_type: &'a str,
}

/// A form with files in it (RFC 7578), which are read as they go out.
pub struct UploadForm {
    boundary: String,
    pieces: VecDeque<Piece>,
    length: u64,
}

impl UploadForm {
    /// These fields, and then these files.
    ///
    /// # Errors
    /// The path of the first file whose length cannot be known, or where no boundary can be drawn.
    pub fn new<'a>(
        fields: &[(&str, String)],
        parts: impl Iterator<Item = Part<'a>>,
    ) -> Result<Self, (&'a Path, io::Error)> {
        // Drawn, so that nobody can have written it into a file.
        let seed = crate::keys::fresh_seed().map_err(|error| (Path::new("."), io::Error::other(error.to_string())))?;
        let boundary = hex::encode(&*seed);
        let mut form = Self { boundary, pieces: VecDeque::new(), length: 0 };
        for (name, value) in fields {
            let disposition = format!("form-data; name=\"{}\"", quoted(name));
            form.text(format!("--{}\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n", form.boundary));
        }
        for Part { name, path, media_type } in parts {
            let length = std::fs::metadata(path).map_err(|error| (path, error))?.len();
            let disposition = format!("form-data; name=\"files\"; filename=\"{}\"", quoted(name));
            let kind = quoted(media_type);
            form.text(format!(
                "--{}\r\nContent-Disposition: {disposition}\r\nContent-Type: {kind}\r\n\r\n",
                form.boundary
            ));
            form.pieces.push_back(Piece::Path(path.to_owned(), length));
            form.length += length;
            form.text("\r\n".to_owned());
        }
        form.text(format!("--{}--\r\n", form.boundary));
        Ok(form)
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    fn text(&mut self, text: String) {
        self.length += text.len() as u64;
        self.pieces.push_back(Piece::Bytes(text.into()));
    }
}

/// As a browser writes names into the heads of a form.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Broken(error.to_string()))
}
