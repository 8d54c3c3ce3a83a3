//! The other end of the control socket: what the command line uses to ask a running node.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use entente_core::explain::Language;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

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

/// How many connections are kept for the next question.
const KEPT: usize = 16;

type Connection = http1::SendRequest<Full<Bytes>>;

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

    /// Hands over bytes.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub async fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T, ClientError> {
        decode(&self.request(Method::POST, path, body).await?)
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
        let broken = |error: &dyn ToString| ClientError::Broken(error.to_string());
        let mut sender = self.connection().await?;
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(hyper::header::HOST, "entente")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .header(hyper::header::ACCEPT_LANGUAGE, self.language.code())
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| broken(&error))?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LIMIT).collect().await.map_err(|error| broken(&error))?;
        let body = body.to_bytes();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(sender);
        }
        drop(idle);
        if status.is_success() {
            return Ok(body.into());
        }
        let detail = serde_json::from_slice::<crate::api::Problem>(&body)
            .map_or_else(|_| String::from_utf8_lossy(&body).into_owned(), |problem| problem.detail);
        Err(if status == StatusCode::NOT_FOUND { ClientError::NotFound(detail) } else { ClientError::Refused(detail) })
    }
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Broken(error.to_string()))
}
