//! The exchange without Entente: 1 KiB kept and synced at one end, sent over HTTP/2 with mutual TLS, kept and synced at
//! the other, answered. Nothing is sealed, signed, decided, put in a tree or proved. Both ends write in groups, as
//! Entente does.

use std::{convert::Infallible, path::Path, sync::Arc};

use entente_node::Partner;
use entente_server::{Config, keys::KeyFolder};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http2::SendRequest,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    server::WebPkiClientVerifier,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How many share a transaction at the most.
const GROUP: usize = 256;

/// A store that keeps bytes, with the settings of Entente's.
#[derive(Clone)]
struct Keeper(mpsc::Sender<(Bytes, oneshot::Sender<()>)>);

impl Keeper {
    fn open(path: &Path) -> Self {
        let mut connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        connection.execute_batch("CREATE TABLE kept (bytes BLOB NOT NULL)").unwrap();
        let (sender, mut receiver) = mpsc::channel::<(Bytes, oneshot::Sender<()>)>(1024);
        std::thread::spawn(move || {
            while let Some(first) = receiver.blocking_recv() {
                let transaction = connection.transaction().unwrap();
                let mut askers = Vec::new();
                let mut next = Some(first);
                while let Some((bytes, asker)) = next {
                    let mut insert = transaction.prepare_cached("INSERT INTO kept VALUES (?)").unwrap();
                    insert.execute([bytes.as_ref()]).unwrap();
                    askers.push(asker);
                    next = if askers.len() < GROUP { receiver.try_recv().ok() } else { None };
                }
                transaction.commit().unwrap();
                for asker in askers {
                    let _ = asker.send(());
                }
            }
        });
        Self(sender)
    }

    async fn keep(&self, bytes: Bytes) {
        let (asker, kept) = oneshot::channel();
        self.0.send((bytes, asker)).await.unwrap();
        kept.await.unwrap();
    }
}

/// Both ends, connected.
#[derive(Clone)]
pub(crate) struct Bare {
    here: Keeper,
    connection: SendRequest<Full<Bytes>>,
}

impl Bare {
    /// Connects two stores in `folder`, with the certificates of two nodes.
    pub(crate) async fn start(folder: &Path, [from, to]: [&Config; 2]) -> Self {
        let [from, to] = [from, to].map(|config| {
            let own = config.keys.with_file_name(format!("{}.party", config.party));
            let own = Partner::open(&std::fs::read_to_string(own).unwrap()).unwrap();
            KeyFolder::at(&config.keys).tls(&own.file).unwrap()
        });
        let there = Keeper::open(&folder.join("there.sqlite"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connector = TlsConnector::from(Arc::new(client(&from, to.0.clone())));
        let acceptor = TlsAcceptor::from(Arc::new(server(to, from.0)));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let tls = acceptor.accept(stream).await.unwrap();
            let service = service_fn(move |request: Request<Incoming>| {
                let there = there.clone();
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    there.keep(body).await;
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
                }
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(tls), service)
                .await;
        });
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("jpn.entente.invalid").unwrap();
        let tls = TokioIo::new(connector.connect(name, stream).await.unwrap());
        let (connection, driver) = hyper::client::conn::http2::handshake(TokioExecutor::new(), tls).await.unwrap();
        tokio::spawn(driver);
        Self { here: Keeper::open(&folder.join("here.sqlite")), connection }
    }

    /// Keeps 1 KiB here, sends it, and waits until it is kept there.
    pub(crate) async fn deliver(&self) {
        let body = Bytes::from_static(&[7; 1024]);
        self.here.keep(body.clone()).await;
        let request = Request::post("https://jpn.entente.invalid/").body(Full::new(body)).unwrap();
        let response = self.connection.clone().send_request(request).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn only(certificate: CertificateDer<'static>) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    Arc::new(roots)
}

fn server((certificate, key): Identity, partner: CertificateDer<'static>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(only(partner), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let config = config.unwrap().with_client_cert_verifier(verifier).with_single_cert(vec![certificate], key);
    let mut config = config.unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

fn client((certificate, key): &Identity, partner: CertificateDer<'static>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let config = config.unwrap().with_root_certificates(only(partner));
    let mut config = config.with_client_auth_cert(vec![certificate.clone()], key.clone_key()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}
