//! Requests to servers of others, which may be anybody's: over TLS, with names that are verified; nothing of theirs is believed, and
//! nothing leads anywhere else. For verbs of the command line; a node itself asks nobody but its partners.
//!
//! Credentials go to the one origin that they were given for, and into no log and no error. Key type: [`Outside`].

mod own;
mod trust;

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_formats::hex;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use sha2::{Digest, Sha256};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

use own::OnRequest;
pub use own::{OwnCertificate, Shown};
pub use trust::Trust;
use trust::connector;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(15);
/// How long an answer may take, all of it.
const ANSWER: Duration = Duration::from_secs(180);
/// How long a connection that broke is listened to for the reason.
const HEARING: Duration = Duration::from_secs(1);
/// How often the same is asked again.
const TRIES: u32 = 6;
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How many times a server may send us to another path of its own.
const REDIRECTS: u32 = 3;

/// How a server knows us.
pub enum Credential {
    /// A name and a password, `NAME:PASSWORD` (RFC 7617).
    Basic(Zeroizing<String>),
    /// A token (RFC 6750).
    Bearer(Zeroizing<String>),
}

/// Why a request has no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The address, a file or a setting does not fit.
    #[error("{0}")]
    Setting(String),
    /// The server cannot be reached, or is not who it should be.
    #[error("`{origin}`: {why}")]
    Unreachable {
        /// The server.
        origin: String,
        /// Why.
        why: String,
    },
    /// It ends the handshake for want of a certificate that it takes.
    #[error("`{origin}` lets nobody in like that: {why}")]
    Certificate {
        /// The server.
        origin: String,
        /// What it says.
        why: &'static str,
        /// What became of ours.
        shown: Shown,
    },
    /// It refuses.
    #[error("`{at}` answers {status}{}", said.as_ref().map(|said| format!(": {said}")).unwrap_or_default())]
    Refused {
        /// The address, without its query.
        at: String,
        /// The status.
        status: StatusCode,
        /// What it says.
        said: Option<String>,
        /// What became of a certificate of ours.
        shown: Shown,
    },
    /// What it answers is none.
    #[error("`{at}`: {why}")]
    Nonsense {
        /// The address, without its query.
        at: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What a server answered with success.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
    /// The status.
    pub status: StatusCode,
}

/// A server of somebody else.
pub struct Outside {
    base: Url,
    tls: Option<TlsConnector>,
    pin: Option<[u8; 32]>,
    credential: Option<Zeroizing<String>>,
    own: Option<Arc<OnRequest>>,
    /// The connection on which an answer was whole.
    kept: Option<Connection>,
}

/// A connection, and the task that holds it.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    ends: JoinHandle<hyper::Result<()>>,
}

impl Outside {
    /// The server of an address. In clear only on this machine.
    ///
    /// # Errors
    /// When the address is of another kind, or an authority or a certificate cannot be read.
    pub fn new(
        address: &str,
        trust: &Trust,
        own: Option<&OwnCertificate>,
        credential: Option<Credential>,
    ) -> Result<Self, OutsideError> {
        let wrong = |why: &str| OutsideError::Setting(format!("`{}`: {why}", shown_address(address)));
        let base = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("a credential in an address is seen by everybody; give it as a file"));
        }
        let is_here = match base.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(wrong("no host")),
        };
        let own = own.map(|own| OnRequest::read(own).map(Arc::new)).transpose()?;
        let tls = match base.scheme() {
            "https" => Some(connector(trust, own.clone())?),
            "http" if !is_here => return Err(wrong("in clear only to this machine; write `https://`")),
            "http" if trust.pin.is_some() => return Err(wrong("a pin is for `https://`")),
            "http" if own.is_some() => return Err(wrong("a certificate is for `https://`")),
            "http" => None,
            _ => return Err(wrong("only `https://`")),
        };
        let credential = credential.map(|credential| {
            Zeroizing::new(match credential {
                Credential::Basic(pair) => format!("Basic {}", STANDARD.encode(pair.as_bytes())),
                Credential::Bearer(token) => format!("Bearer {}", &*token),
            })
        });
        Ok(Self { base, tls, pin: trust.pin, credential, own, kept: None })
    }

    /// The address that was given.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What became of our certificate.
    fn was_shown(&self) -> Shown {
        self.own.as_ref().map_or(Shown::None, |own| own.shown())
    }

    /// What the server says of a certificate of ours, or of none, where a connection ended for that.
    fn of_certificate(&self, error: &(dyn std::error::Error + 'static)) -> Option<OutsideError> {
        let (origin, why, shown) = (self.base.origin().ascii_serialization(), own::said(error)?, self.was_shown());
        (shown == Shown::Yes || why == own::DEMANDS).then_some(OutsideError::Certificate { origin, why, shown })
    }

    /// An address that the server names. `None` when it is of another server.
    pub fn own(&self, address: &str) -> Option<Url> {
        let url = self.base.join(address).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }

    /// Asks for something of at most so many bytes.
    ///
    /// # Errors
    /// When there is no such answer in several tries; a server that says when to come again is asked then.
    pub async fn get(&mut self, url: &Url, accept: &str, longest: usize) -> Result<Answer, OutsideError> {
        self.ask(Method::GET, url, accept, None, longest).await
    }

    /// Posts a body.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post(
        &mut self,
        url: &Url,
        media_type: &str,
        body: Bytes,
        longest: usize,
    ) -> Result<Answer, OutsideError> {
        self.ask(Method::POST, url, media_type, Some(body), longest).await
    }

    async fn ask(
        &mut self,
        method: Method,
        url: &Url,
        media_type: &str,
        body: Option<Bytes>,
        longest: usize,
    ) -> Result<Answer, OutsideError> {
        let (mut url, mut redirects) = (url.clone(), 0);
        let mut tries = 0;
        loop {
            if url.origin() != self.base.origin() {
                let why = format!("it leads to `{}`, which was not asked for", shown(&url));
                return Err(OutsideError::Nonsense { at: shown(&self.base), why });
            }
            tries += 1;
            let request = (method.clone(), &url, media_type, body.clone());
            let answered = tokio::time::timeout(ANSWER, self.once(request, longest)).await.unwrap_or_else(|_| {
                let why = "it does not answer to the end".to_owned();
                Err(OutsideError::Unreachable { origin: self.base.origin().ascii_serialization(), why })
            });
            let wait = match &answered {
                Ok(answer) if answer.status.is_success() => return answered,
                Ok(answer) if answer.status.is_redirection() => {
                    redirects += 1;
                    let to = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
                    match to.and_then(|to| url.join(to).ok()) {
                        // A post is not made again at another place: nobody knows whether it was taken at the first.
                        Some(to) if method == Method::GET && redirects <= REDIRECTS => {
                            url = to;
                            tries = 0;
                            continue;
                        }
                        _ => None,
                    }
                }
                Ok(answer) if is_for_later(answer.status) => Some(retry_after(&answer.headers).unwrap_or(pause(tries))),
                Ok(_) => None,
                Err(OutsideError::Unreachable { .. }) => Some(pause(tries)),
                Err(_) => None,
            };
            match wait.filter(|wait| tries < TRIES && *wait <= LONGEST_WAIT) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    let answer = answered?;
                    let said = entente_formats::taxii::reply::error(&answer.text);
                    let (status, was_shown) = (answer.status, self.was_shown());
                    return Err(OutsideError::Refused { at: shown(&url), status, said, shown: was_shown });
                }
            }
        }
    }

    /// One request and its answer, whatever that is.
    async fn once(
        &mut self,
        (method, url, media_type, body): (Method, &Url, &str, Option<Bytes>),
        longest: usize,
    ) -> Result<Answer, OutsideError> {
        let origin = self.base.origin().ascii_serialization();
        let unreachable =
            |why: &dyn std::fmt::Display| OutsideError::Unreachable { origin: origin.clone(), why: why.to_string() };
        let kept = match self.kept.take() {
            Some(mut kept) => kept.sender.ready().await.is_ok().then_some(kept),
            None => None,
        };
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, host).header(header::ACCEPT, media_type);
        request = request.header(header::USER_AGENT, concat!("entente/", env!("CARGO_PKG_VERSION")));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        if let Some(credential) = &self.credential {
            let mut value = header::HeaderValue::from_str(credential)
                .map_err(|_| OutsideError::Setting("the credential has letters that no header takes".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|error| unreachable(&error))?;
        let response = match connection.sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => {
                // In TLS 1.3 a server says what it thinks of our certificate after we have begun to talk, to whichever of the two
                // hears it first.
                let ended = tokio::time::timeout(HEARING, connection.ends).await;
                let ended = ended.ok().and_then(Result::ok).and_then(Result::err);
                let why = self.of_certificate(&error).or_else(|| self.of_certificate(ended.as_ref()?));
                return Err(why.unwrap_or_else(|| unreachable(&error)));
            }
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, longest).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let why = format!("it has more than {longest} bytes; ask for less at a time with --limit");
                OutsideError::Nonsense { at: shown(url), why }
            } else {
                unreachable(&error)
            }
        })?;
        self.kept = Some(connection);
        let text = String::from_utf8(body.to_bytes().into())
            .map_err(|_| OutsideError::Nonsense { at: shown(url), why: "it is no text".to_owned() })?;
        Ok(Answer { headers: head.headers, text, status: head.status })
    }

    async fn connect(&self) -> Result<Connection, OutsideError> {
        let origin = self.base.origin().ascii_serialization();
        let unreachable =
            |why: &dyn std::fmt::Display| OutsideError::Unreachable { origin: origin.clone(), why: why.to_string() };
        let host = match self.base.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => self.base.host_str().unwrap_or_default().to_owned(),
        };
        let port = self.base.port_or_known_default().unwrap_or(443);
        let connecting = async {
            let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| unreachable(&error))?;
            let Some(tls) = &self.tls else {
                if !stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()) {
                    return Err(unreachable(&"in clear only to this machine"));
                }
                let (sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
                return Ok(Connection { sender, ends: tokio::spawn(connection) });
            };
            let name = ServerName::try_from(host.clone()).map_err(|error| unreachable(&error))?;
            // Who is not believed now is not believed in a minute.
            let not_it = |error: std::io::Error| {
                let other = || OutsideError::Nonsense { at: origin.clone(), why: error.to_string() };
                self.of_certificate(&error).unwrap_or_else(other)
            };
            let stream = tls.connect(name, stream).await.map_err(not_it)?;
            if let Some(pin) = self.pin {
                let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let digest = shown.map(|certificate| <[u8; 32]>::from(Sha256::digest(certificate)));
                if digest != Some(pin) {
                    let digest = digest.map(|digest| hex::encode(&digest)).unwrap_or_default();
                    let why =
                        format!("its certificate has the SHA-256 {digest}, which is not the one given with --pin");
                    return Err(OutsideError::Nonsense { at: origin.clone(), why });
                }
            }
            let (sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
            Ok(Connection { sender, ends: tokio::spawn(connection) })
        };
        tokio::time::timeout(CONNECT, connecting).await.unwrap_or_else(|_| Err(unreachable(&"nobody answers")))
    }
}

/// An address without its query and whatever else may be in it that is nobody's business.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The same of a text that may be no address.
fn shown_address(address: &str) -> String {
    Url::parse(address).map_or_else(|_| "the address".to_owned(), |url| shown(&url))
}

/// Whether the server says that it will answer another time.
fn is_for_later(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// When to come again (RFC 9110, section 10.2.3): in seconds, or a moment.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

/// How long to wait where nobody says.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(500 << tries.min(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> String {
        Outside::new(address, &Trust::default(), None, None).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_address_is_over_tls_or_here_and_has_no_credential_in_it() {
        assert!(refused("http://192.0.2.1/taxii2/").contains("in clear only"));
        assert!(refused("ftp://localhost/").contains("only `https://`"));
        let said = refused("https://name:hush@192.0.2.1/?token=hush");
        assert!(said.contains("a credential in an address") && !said.contains("hush"), "{said}");
        let outside = Outside::new("http://localhost:1/taxii2/", &Trust::default(), None, None).unwrap();
        assert!(outside.own("/a/").is_some() && outside.own("http://localhost:1/b").is_some());
        for other in ["https://localhost:1/", "http://localhost:2/", "//elsewhere/a"] {
            assert!(outside.own(other).is_none(), "{other}");
        }
    }

    #[test]
    fn when_to_come_again_is_a_number_or_a_moment() {
        let after = |text: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
    }
}
