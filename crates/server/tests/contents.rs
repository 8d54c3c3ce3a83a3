//! Large contents from a partner that has its own keys and does as it likes, and for one that asks for more than it was given.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use entente_formats::{
    hex,
    wire::{Canonical, ContentFile, Signed, Withdrawal, payload},
};
use entente_seal::{
    SigningKey,
    content::{CHUNK_LENGTH, Travelling},
    dsse,
};
use entente_server::{
    Config,
    api::{
        AddParty, DraftRequest, LargeReleaseRequest, OutboxView, PartyView, RecordView, ReleaseRequest, Released,
        SealedContentView, Status,
    },
    client::Client,
    init::{NewNode, init},
    keys::{KeyFolder, passphrase::Source},
    serve::serve,
};
use entente_store::Reader;
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming},
    client::conn::http2,
    header,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::{net::TcpListener, net::TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const LENGTH: usize = 300_000;
const CHUNK: usize = 65_552;

/// Believes everybody: what is tested is the other end.
#[derive(Debug)]
struct Anybody;

macro_rules! believes {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    believes!();
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    believes!();
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    let kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768];
    Arc::new(rustls::crypto::CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() })
}

/// A body: some bytes, and then no end of zeros where that is wanted.
struct Said {
    bytes: Option<Bytes>,
    is_endless: bool,
}

impl Body for Said {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let zeros = self.is_endless.then(|| Bytes::from_static(&[0; 16_384]));
        Poll::Ready(self.bytes.take().or(zeros).map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What the false node says to one request for a content.
#[derive(Clone)]
enum Answer {
    Piece(Vec<u8>),
    Endless,
    Status(u16, Vec<u8>),
}

type Script = Arc<Mutex<VecDeque<Answer>>>;

/// The TLS end of the node whose keys these are, as its party file beside them names it.
fn tls(keys: &Path) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let files = fs::read_dir(keys.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "party")).unwrap();
    let partner = entente_node::Partner::open(&fs::read_to_string(file).unwrap()).unwrap();
    KeyFolder::at(keys).tls(&partner.file).unwrap()
}

/// A node that has the keys in `keys`, answers for contents as it is told, and to everything else that it is busy. The last
/// answer is repeated.
async fn false_node(listener: TcpListener, keys: PathBuf, script: Script) {
    let (certificate, key) = tls(&keys);
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(Arc::new(Anybody))
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
        tokio::spawn(async move {
            let Ok(tls) = acceptor.accept(stream).await else { return };
            let service = service_fn(move |request: Request<Incoming>| {
                let script = Arc::clone(&script);
                async move { Ok::<_, std::convert::Infallible>(say(&request, &script)) }
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(tls), service)
                .await;
        });
    }
}

fn say(request: &Request<Incoming>, script: &Script) -> Response<Said> {
    let whole = |status: u16, bytes: Vec<u8>| {
        let body = Said { bytes: Some(bytes.into()), is_endless: false };
        Response::builder().status(status).body(body).unwrap()
    };
    if !request.uri().path().starts_with("/federation/v1/contents/") {
        return whole(503, Vec::new());
    }
    let range = request.headers()[header::RANGE].to_str().unwrap();
    let start: usize = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
    let mut script = script.lock().unwrap();
    let answer = if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() };
    match answer {
        Answer::Piece(bytes) => whole(206, bytes[start.min(bytes.len())..].to_vec()),
        Answer::Status(status, bytes) => whole(status, bytes),
        Answer::Endless => Response::builder().status(206).body(Said { bytes: None, is_endless: true }).unwrap(),
    }
}

struct Node {
    folder: PathBuf,
    client: Client,
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia").join(path)
}

/// A running node, which tells partners that it is at `address`.
fn node(parent: &Path, party: &str, listen: &str, address: &str) -> Node {
    let folder = parent.join(party);
    let new = NewNode {
        folder: folder.clone(),
        party: party.into(),
        name: party.into(),
        listen: listen.into(),
        addresses: vec![address.into()],
        agreements: vec![example("agreements/jp-kr-gsomia-2016.toml")],
        console: None,
        national: Some(example(&format!("national/{party}.toml"))),
    };
    let made = init(&new, jiff::Timestamp::now()).unwrap();
    let config = Config::read(&made.config).unwrap();
    let client = Client::new(&config.control_socket());
    tokio::spawn(async move {
        serve(config, made.party_file, Source::default(), |_| (), std::future::pending()).await.unwrap();
    });
    Node { folder, client }
}

async fn free() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

impl Node {
    async fn knows(&self, other: &Self, party: &str) {
        let note = fs::read_to_string(other.folder.join(format!("{party}.party"))).unwrap();
        let start = Instant::now();
        // It may still be starting.
        while let Err(error) = self.client.post::<PartyView>("/parties", &AddParty { note: note.clone() }).await {
            assert!(start.elapsed() < Duration::from_secs(20), "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Releases a content of [`LENGTH`] bytes to JPN; the name under which JPN is to fetch it.
    async fn release(&self, id: &str, content: &[u8]) -> [u8; 32] {
        let draft = DraftRequest {
            id: Some(id.into()),
            once: None,
            label: "//KOR SECRET//REL TO USA, JPN, KOR".into(),
            subjects: vec!["dprk-missile".into()],
            status: "actual".into(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: id.into(),
            media_type: "application/octet-stream".into(),
            content: String::new(),
            versions: Vec::new(),
        };
        let release = ReleaseRequest {
            record: None,
            draft: Some(draft),
            to: vec!["JPN".into()],
            purpose: "missile-warning".into(),
            channel: "government-to-government".into(),
            under: None,
            precedence: "ROUTINE".into(),
            expires: None,
        };
        let length = content.len() as u64;
        let json = serde_json::to_vec(&LargeReleaseRequest { length, release }).unwrap();
        let head = [&u32::try_from(json.len()).unwrap().to_be_bytes()[..], &json].concat();
        let file = self.folder.join(id);
        fs::write(&file, content).unwrap();
        let file = fs::File::open(file).unwrap();
        let released: Released = self.client.upload("/releases/large", head, file, length, |_| ()).await.unwrap();
        assert_eq!(released.recipients[0].outcome, "sequenced");
        eventually("the entry has left", async || {
            let entries: Vec<OutboxView> = self.client.all("/outbox").await.unwrap();
            entries.iter().any(|entry| entry.record.as_deref() == Some(id) && entry.state == "accepted")
        })
        .await;
        let known: Vec<SealedContentView> = self.client.all("/outbox/JPN/contents").await.unwrap();
        hex::decode(&known.last().unwrap().sealed).unwrap().try_into().unwrap()
    }

    /// The sealed content as it should be.
    async fn sealed(&self, name: &[u8; 32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let path = format!("/outbox/JPN/contents/{}", hex::encode(name));
        let take = |part: &[u8], _| {
            bytes.extend_from_slice(part);
            Ok(())
        };
        self.client.download(&path, take).await.unwrap();
        let (_, length) = ContentFile::from_start(&bytes).unwrap();
        bytes.split_off(length)
    }

    async fn record(&self, id: &str) -> Option<RecordView> {
        let records: Vec<RecordView> = self.client.records().await.unwrap();
        records.into_iter().find(|record| record.id == id)
    }

    async fn alarms(&self) -> Vec<String> {
        let status: Status = self.client.get("/status").await.unwrap();
        status.alarms.into_iter().map(|alarm| alarm.message).collect()
    }
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The peak of this process, both nodes and the false one together, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

fn content() -> Vec<u8> {
    (0..LENGTH).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_that_sends_something_else_is_found_out_and_costs_a_piece_of_memory() {
    let parent = tempfile::tempdir().unwrap();
    let (jpn_at, kor_at) = (free().await, free().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let false_at = listener.local_addr().unwrap().to_string();
    let jpn = node(parent.path(), "JPN", &jpn_at, &jpn_at);
    // JPN is told that KOR is where the false node listens.
    let kor = node(parent.path(), "KOR", &kor_at, &false_at);
    let script: Script = Arc::new(Mutex::new(VecDeque::from([Answer::Status(404, Vec::new())])));
    tokio::spawn(false_node(listener, kor.folder.join("keys"), Arc::clone(&script)));
    jpn.knows(&kor, "KOR").await;
    kor.knows(&jpn, "JPN").await;

    let withdrawal = |index, seed: &[u8; 32]| {
        let leaf = [0; 32];
        let statement = Withdrawal { origin: "entente/KOR/JPN/routine".into(), index, leaf, at: 0 }.to_bytes();
        let signature = dsse::sign(&SigningKey::from_seed(seed).unwrap(), payload::WITHDRAWAL, &statement).unwrap();
        Signed { statement, signature }.to_bytes()
    };
    let own_key = *KeyFolder::at(&kor.folder.join("keys")).seed("signing").unwrap();
    let unknown = Answer::Status(404, Vec::new());
    // What it says first; then it knows nothing, until it gives the right bytes.
    let rounds = [
        // Of another leaf, by its own key; by another key; no withdrawal at all.
        vec![Answer::Status(410, withdrawal(0, &own_key)), Answer::Status(410, withdrawal(0, &[9; 32]))],
        vec![Answer::Status(410, b"none".to_vec()), Answer::Status(206, Vec::new()), Answer::Status(206, vec![0; 100])],
        vec![Answer::Endless, Answer::Status(206, vec![7; CHUNK])],
        Vec::new(),
    ];
    for (number, said) in rounds.into_iter().enumerate() {
        let id = format!("K-{number}");
        *script.lock().unwrap() = said.into_iter().chain([unknown.clone()]).collect();
        let mut content = content();
        content[0] = u8::try_from(number).unwrap();
        let name = kor.release(&id, &content).await;
        let right = kor.sealed(&name).await;
        eventually("it has said so", async || script.lock().unwrap().len() == 1).await;
        assert!(jpn.record(&id).await.unwrap().content.is_some(), "its content is not here");
        let mut altered = right.clone();
        altered[CHUNK + 7] ^= 1;
        // The first chunk of what is altered is right, and stays.
        *script.lock().unwrap() = VecDeque::from([Answer::Piece(altered), Answer::Piece(right)]);
        eventually("it is here", async || jpn.record(&id).await.unwrap().content.is_none()).await;
        let mut found = Vec::new();
        let take = |part: &[u8], _| {
            found.extend_from_slice(part);
            Ok(())
        };
        jpn.client.download(&format!("/records/KOR/{id}/content"), take).await.unwrap();
        assert!(found == content);
    }
    let alarms = jpn.alarms().await;
    for expected in [
        "content of entry 0: the withdrawal is not that of KOR",
        "content of entry 0: chunk 1 is not what was sealed in its place",
        "content of entry 1: 0 bytes from byte 0, where 327760 were to come",
        "content of entry 1: 100 bytes, where a chunk of 65552 was to come",
        "content of entry 2: 327761 bytes from byte 0, where 327760 were to come",
        "content of entry 2: chunk 0 is not what was sealed in its place",
    ] {
        assert!(alarms.iter().any(|alarm| alarm == expected), "`{expected}` is not among {alarms:#?}");
    }
    assert!(peak() < 200 << 20, "{} MiB", peak() >> 20);

    // Every chunk is its own, and the whole is not what was signed.
    let name = kor.release("K-9", &vec![5; LENGTH]).await;
    let storage = KeyFolder::at(&kor.folder.join("keys")).storage().unwrap();
    let reader = Reader::of_folder(&kor.folder.join("data")).unwrap().with_key(&storage).unwrap();
    let row = reader.offered_content(&"JPN".into(), &name).unwrap().unwrap();
    let way = Travelling::new(&row.key.unwrap(), "KOR", "JPN", &row.content.digest, LENGTH as u64).unwrap();
    let mut other = Vec::new();
    for index in 0..way.layout().chunks() {
        let mut chunk = vec![6; way.content_in(index).min(CHUNK_LENGTH)];
        way.seal(index, &mut chunk).unwrap();
        other.extend_from_slice(&chunk);
    }
    *script.lock().unwrap() = VecDeque::from([Answer::Piece(other)]);
    eventually("it is given up", async || jpn.record("K-9").await.is_none()).await;
    let refused = "content of entry 4: the content is not what its originator signed";
    assert!(jpn.alarms().await.iter().any(|alarm| alarm == refused));
    assert_eq!(fs::read_dir(jpn.folder.join("data/contents")).unwrap().count(), 4, "nothing of it is kept");
}

/// Asks a node for a content, with the keys of somebody.
async fn ask(keys: &Path, at: &str, path: &str, range: Option<&str>) -> (StatusCode, Vec<u8>) {
    let (certificate, key) = tls(keys);
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_auth_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("kor.entente.invalid").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(tls)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::get(format!("https://kor.entente.invalid{path}"));
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let response = sender.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes().into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_is_given_its_own_contents_in_pieces_and_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let (jpn_at, kor_at) = (free().await, free().await);
    // JPN looks for KOR where nobody is, so that nothing is fetched but by the test.
    let nowhere = free().await;
    let (jpn, kor) = (node(parent.path(), "JPN", &jpn_at, &jpn_at), node(parent.path(), "KOR", &kor_at, &nowhere));
    jpn.knows(&kor, "KOR").await;
    kor.knows(&jpn, "JPN").await;
    let content: Vec<u8> = (0..5 << 20).map(|at: u32| u8::try_from(at % 251).unwrap()).collect();
    let name = kor.release("K-1", &content).await;
    let right = kor.sealed(&name).await;
    let keys = jpn.folder.join("keys");
    let path = format!("/federation/v1/contents/{}", hex::encode(&name));
    let mut found = Vec::new();
    while found.len() < right.len() {
        let (status, piece) = ask(&keys, &kor_at, &path, Some(&format!("bytes={}-", found.len()))).await;
        assert_eq!(status, StatusCode::PARTIAL_CONTENT);
        assert!(piece.len() <= 64 * CHUNK);
        found.extend_from_slice(&piece);
    }
    assert!(found == right);

    let digest = hex::encode(&<[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(&content)));
    let of = |name: &str| format!("/federation/v1/contents/{name}");
    for (path, range, expected) in [
        (of(&"0".repeat(64)), Some("bytes=0-"), 404),
        // The content's own digest, which JPN knows, names nothing.
        (of(&digest), Some("bytes=0-"), 404),
        (of("..%2Fstore.sqlite"), Some("bytes=0-"), 404),
        (of(""), Some("bytes=0-"), 404),
        (path.clone(), None, 416),
        (path.clone(), Some("bytes=1-"), 416),
        (path.clone(), Some("bytes=0-5"), 416),
        (path.clone(), Some("bytes=-5"), 416),
        (path.clone(), Some("bytes=18446744073709551615-"), 416),
        (path.clone(), Some("bytes=655520000-"), 416),
    ] {
        let (status, said) = ask(&keys, &kor_at, &path, range).await;
        assert_eq!(status.as_u16(), expected, "{path} {range:?}");
        assert!(!said.windows(8).any(|window| right.windows(8).take(100).any(|part| part == window)));
    }
    // To itself, with its own keys, it is nobody.
    let own = kor.folder.join("keys");
    let refused = tokio::spawn(async move { ask(&own, &kor_at, &path, Some("bytes=0-")).await });
    assert!(refused.await.is_err(), "who is no partner is not spoken to");
}
