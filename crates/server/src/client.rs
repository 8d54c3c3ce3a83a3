//! The other end of the control socket: what the command line uses to ask a running node.

use std::{
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
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use crate::api::{Problem, RecordView, RecordsPage};

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
    Refused(String),
    /// The node knows no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The connection broke, or the answer makes no sense.
    #[error("the node's answer: {0}")]
    Broken(String),
}

/// The longest answer that is read.
const LIMIT: usize = 256 * 1024 * 1024;
/// How many bytes of a file are in memory at once.
const PART: usize = 256 * 1024;
/// How often somebody is told how far a file is.
const OFTEN: Duration = Duration::from_millis(200);

/// How many connections are kept for the next question.
const KEPT: usize = 16;

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
        let sent = Arc::<AtomicU64>::default();
        let body = Upload { head: head.into(), file, left: length, sent: Arc::clone(&sent) };
        let mut answer = std::pin::pin!(self.respond(Method::POST, path, body));
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
        let (mut response, _) = self.respond(Method::GET, path, Full::new(Bytes::new())).await?;
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
        let (response, sender) = self.respond(method, path, Full::new(Bytes::from(body))).await?;
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
            .header(hyper::header::CONTENT_TYPE, "application/json")
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
    let detail = serde_json::from_slice::<Problem>(&body)
        .map_or_else(|_| String::from_utf8_lossy(&body).into_owned(), |problem| problem.detail);
    Err(if status == StatusCode::NOT_FOUND { ClientError::NotFound(detail) } else { ClientError::Refused(detail) })
}

/// A head, and what is in a file behind it.
struct Upload {
    head: Bytes,
    file: File,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.head.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.head)))));
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut part = vec![0; usize::try_from(self.left.min(PART as u64)).unwrap_or(PART)];
        // A read of a file may wait for the disk; nothing else runs in a process that hands one over.
        let read = match self.file.read(&mut part) {
            Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter")),
            read => read,
        };
        Poll::Ready(Some(read.map(|length| {
            part.truncate(length);
            self.left -= length as u64;
            self.sent.fetch_add(length as u64, Ordering::Relaxed);
            Frame::data(part.into())
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_empty() && self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left + self.head.len() as u64)
    }
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Broken(error.to_string()))
}
