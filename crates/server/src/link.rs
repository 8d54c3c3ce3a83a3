//! A warm connection to a partner: opened when it is needed, at the first of its addresses that answers, and kept.

use std::{sync::Arc, time::Duration};

use entente_core::Party;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{driver::Driver, links::Links, pause::Missing, tls, tls_end::TlsEnd};

/// How long a partner may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What everything that goes out shares.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) party: Party,
    pub(crate) driver: Driver,
    pub(crate) tls: TlsEnd,
    pub(crate) data: std::path::PathBuf,
    pub(crate) links: Links,
}

/// Why something did not arrive; it waits and is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missed {
    #[error("{0}")]
    Connect(String),
    /// The connection was gone before any of it was handed over.
    #[error("{0}")]
    Unsent(String),
    #[error("{status}: {detail}")]
    Answer { status: StatusCode, detail: String },
    #[error("{0}")]
    Here(String),
}

impl Missed {
    pub(crate) fn missing(&self) -> Missing {
        match self {
            Self::Connect(_) | Self::Unsent(_) => Missing::Away,
            Self::Answer { .. } | Self::Here(_) => Missing::Refused,
        }
    }

    /// An answer that was not hoped for, with what it says of the reason (RFC 9457).
    pub(crate) fn answered(status: StatusCode, body: &[u8]) -> Self {
        let problem: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str()).unwrap_or_default();
        Self::Answer { status, detail: detail.chars().take(300).collect() }
    }
}

/// The connection to one partner.
pub(crate) struct Link {
    outside: Outside,
    partner: Party,
    connection: Option<http2::SendRequest<Full<Bytes>>>,
    /// The address that answered last: it is tried first, so that one that is gone for long costs its time once.
    answered: Option<String>,
}

impl Link {
    pub(crate) fn new(outside: Outside, partner: Party) -> Self {
        Self { outside, partner, connection: None, answered: None }
    }

    /// Forgets a connection on which something went wrong.
    pub(crate) fn close(&mut self) {
        self.connection = None;
    }

    /// Whether the last connection still holds, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.is_closed())
    }

    /// Connects, unless the last connection still holds.
    pub(crate) async fn open(&mut self) -> Result<(), Missed> {
        if let Some(connection) = &mut self.connection
            && connection.ready().await.is_ok()
        {
            return Ok(());
        }
        let partner = self.partner.clone();
        let file = self.outside.driver.inspect({
            let partner = partner.clone();
            move |node| {
                let known = node.partners().find(|known| known.party == partner && !node.is_removed(&partner));
                known.map(|known| known.file.addresses.clone())
            }
        });
        let addresses = file.await.map_err(|error| Missed::Here(error.to_string()))?;
        let mut addresses = addresses.ok_or_else(|| Missed::Here(format!("{partner} was removed here")))?;
        addresses.sort_by_key(|address| self.answered.as_ref() != Some(address));
        let config = self.outside.tls.client(&partner);
        let connector = TlsConnector::from(Arc::new(config.map_err(|error| Missed::Here(error.to_string()))?));
        let mut last = Missed::Connect(format!("the party file of {partner} names no address"));
        for address in addresses {
            match connect(&connector, &partner, &address).await {
                Ok(connection) => {
                    (self.connection, self.answered) = (Some(connection), Some(address));
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Gets a path of the partner's node from a byte on; its answer, of at most `limit` bytes. However slow it is, it is
    /// waited for as long as something comes.
    pub(crate) async fn get(&mut self, path: &str, start: u64, limit: usize) -> Result<(StatusCode, Bytes), Missed> {
        let lost = |error: &dyn ToString| Missed::Connect(error.to_string());
        let connection = self.connection.as_mut().ok_or_else(|| lost(&"no connection"))?;
        let url = format!("https://{}{path}", tls::name(self.partner.as_str()));
        let request = Request::get(url).header(hyper::header::RANGE, format!("bytes={start}-"));
        let request = request.body(Full::default()).map_err(|error| lost(&error))?;
        let late = || lost(&"no answer in time");
        let response = tokio::time::timeout(PATIENCE, connection.send_request(request)).await.map_err(|_| late())?;
        let mut response = response.map_err(|error| lost(&error))?;
        let mut body = Vec::new();
        while let Some(frame) = tokio::time::timeout(PATIENCE, response.frame()).await.map_err(|_| late())? {
            let frame = frame.map_err(|error| lost(&error))?;
            let part = frame.data_ref().map(AsRef::as_ref).unwrap_or_default();
            // One byte more than was to come shows that there is more, and no further byte is read.
            let room = (limit + 1).saturating_sub(body.len());
            body.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            if body.len() > limit {
                break;
            }
        }
        Ok((response.status(), body.into()))
    }

    /// Posts to a path of the partner's node; its answer, of at most `limit` bytes.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<(StatusCode, Bytes), Missed> {
        let lost = |error: &dyn ToString| Missed::Connect(error.to_string());
        let connection = self.connection.as_mut().ok_or_else(|| lost(&"no connection"))?;
        let url = format!("https://{}{path}", tls::name(self.partner.as_str()));
        let request = Request::post(url).header(hyper::header::CONTENT_TYPE, media_type).body(Full::new(body.into()));
        let request = request.map_err(|error| lost(&error))?;
        let answer = async {
            // The request itself comes back where nothing of it has reached the connection.
            let response =
                connection.try_send_request(request).await.map_err(|mut error| match error.take_message() {
                    Some(_) => Missed::Unsent(error.error().to_string()),
                    None => lost(&error.error()),
                })?;
            let status = response.status();
            if let Some(date) = response.headers().get(hyper::header::DATE).and_then(|date| date.to_str().ok()) {
                self.outside.links.dated(&self.partner, date, jiff::Timestamp::now());
            }
            let body = Limited::new(response.into_body(), limit).collect().await.map_err(|error| lost(&error))?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| lost(&"no answer in time"))?
    }
}

async fn connect(
    connector: &TlsConnector,
    partner: &Party,
    address: &str,
) -> Result<http2::SendRequest<Full<Bytes>>, Missed> {
    let missed = |error: &dyn std::fmt::Display| Missed::Connect(format!("{address}: {error}"));
    let attempt = async {
        let stream = TcpStream::connect(address).await.map_err(|error| missed(&error))?;
        let _ = stream.set_nodelay(true);
        let name = ServerName::try_from(tls::name(partner.as_str())).map_err(|error| missed(&error))?;
        let tls = connector.connect(name, stream).await.map_err(|error| missed(&error))?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(|error| missed(&error))?;
        tokio::spawn(connection);
        Ok(sender)
    };
    tokio::time::timeout(Duration::from_secs(10), attempt).await.map_err(|_| missed(&"no connection in time"))?
}

/// Between half of the time and all of it, so that partners of a node that returns do not come all at once.
pub(crate) fn with_jitter(wait: Duration) -> Duration {
    let mut byte = [128; 1];
    let _ = getrandom::fill(&mut byte);
    wait.mul_f64(0.5 + f64::from(byte.first().copied().unwrap_or(128)) / 512.0)
}
