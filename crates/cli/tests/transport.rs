//! What a partner with a valid certificate may do on a connection, and what ends it: HTTP/1.1 is accepted, and whoever opens
//! requests and takes them back is sent away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{fs, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
};
use site::{LABEL, Site, asked, eventually, json, release, two};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Whom it talks to, this test knows.
#[derive(Debug)]
struct Anybody;

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

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".to_owned()))
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
        vec![SignatureScheme::ED25519]
    }
}

/// A connection to `to` with the certificate of `from`.
async fn connect(from: &Site, to: &Site, protocol: &str) -> TlsStream<TcpStream> {
    let file = |name: &str| fs::read(from.folder.join("keys").join(name)).unwrap();
    let (certificate, key) = (CertificateDer::from(file("tls.crt.der")), PrivatePkcs8KeyDer::from(file("tls.key.der")));
    let provider = aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_auth_cert(vec![certificate], key.into());
    let mut config = config.unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(address_of(to)).await.unwrap();
    let name = ServerName::try_from("node.invalid").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

/// Where a node listens for partners.
fn address_of(site: &Site) -> String {
    let text = fs::read_to_string(site.folder.join("node.toml")).unwrap();
    text.lines().find_map(|line| line.strip_prefix("listen = ")).unwrap().trim_matches('"').to_owned()
}

/// Posts over HTTP/1.1 and reads the status line and the whole answer.
async fn post(connection: &mut TlsStream<TcpStream>, path: &str, body: &[u8]) -> String {
    let head = format!("POST {path} HTTP/1.1\r\nhost: node\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = connection.read(&mut part).await.unwrap();
        assert!(count > 0, "closed after {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let begun = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        if answer.len() - begun >= length.unwrap_or(rest.len()) {
            return text;
        }
    }
}

#[tokio::test]
async fn a_package_over_http_1_1_is_taken_like_any_other() {
    let (parent, mut jpn, mut kor) = two();
    jpn.kill();
    let file = parent.path().join("K-1");
    fs::write(&file, "launch").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    let out = parent.path().join("out");
    fs::create_dir(&out).unwrap();
    asked(&kor, &["outbox", "export", "--to", "JPN", &out.display().to_string()]);
    let package = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let package = package.into_iter().find(|path| path.display().to_string().contains("routine")).unwrap();
    let package = fs::read(package).unwrap();
    kor.kill();
    jpn.start();

    let mut connection = connect(&kor, &jpn, "http/1.1").await;
    for (path, body, status) in [
        ("/federation/v1/feeds/routine", &package[..], "HTTP/1.1 200"),
        // It comes again, on the same connection.
        ("/federation/v1/feeds/routine", &package[..], "HTTP/1.1 409"),
        ("/federation/v1/feeds/routine", b"no package", "HTTP/1.1 422"),
        ("/federation/v1/feeds/other", b"", "HTTP/1.1 404"),
        ("/federation/v1/other", b"", "HTTP/1.1 404"),
    ] {
        let answer = post(&mut connection, path, body).await;
        assert!(answer.starts_with(status), "{path}: {answer}");
    }
    assert_eq!(json(&jpn, &["inbox"]).len(), 1);
}

#[tokio::test]
async fn who_opens_requests_and_takes_them_back_is_sent_away_and_others_go_on() {
    let (parent, jpn, kor) = two();
    // A few are no harm; a hundred at once end the connection, with whatever else is on it.
    assert!(goes_on_after(10, &kor, &jpn).await);
    assert!(!goes_on_after(100, &kor, &jpn).await);
    let file = parent.path().join("K-1");
    fs::write(&file, "launch").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    eventually("K-1 arrives", || json(&jpn, &["inbox"]).len() == 1);
}

#[tokio::test]
async fn who_connects_and_says_nothing_keeps_no_partner_out() {
    let (_parent, jpn, kor) = two();
    let mut silent = Vec::new();
    for _ in 0..80 {
        silent.push(TcpStream::connect(address_of(&jpn)).await.unwrap());
    }
    // A partner is let in while they are there, and not when they have had their time.
    let mut connection = connect(&kor, &jpn, "http/1.1").await;
    assert!(post(&mut connection, "/federation/v1/other", b"").await.starts_with("HTTP/1.1 404"));
    let mut byte = [0];
    let (first, last) = (silent.first_mut().unwrap(), Duration::from_secs(8));
    let ended = tokio::time::timeout(last, first.read(&mut byte)).await.expect("the oldest has made room");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

/// Whether a connection still answers after so many requests were opened and taken back at once.
async fn goes_on_after(count: usize, from: &Site, to: &Site) -> bool {
    let (mut client, connection) = h2::client::handshake(connect(from, to, "h2").await).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = |path| http::Request::post(format!("https://node/federation/v1/{path}")).body(()).unwrap();
    for _ in 0..count {
        let Ok(ready) = client.ready().await else { return false };
        client = ready;
        let Ok((_, mut stream)) = client.send_request(request("feeds/urgent"), false) else { return false };
        stream.send_reset(h2::Reason::CANCEL);
    }
    let answers = async {
        // Until the node has let go of what was taken back, a request more is one too many.
        loop {
            let Ok(ready) = client.ready().await else { return false };
            client = ready;
            let Ok((answer, _)) = client.send_request(request("other"), true) else { return false };
            match answer.await {
                Ok(answer) => return answer.status() == 404,
                Err(error) if error.reason() == Some(h2::Reason::REFUSED_STREAM) => {}
                Err(_) => return false,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let goes_on = tokio::time::timeout(Duration::from_secs(10), answers).await;
    connection.abort();
    goes_on.expect("an answer, or an end")
}
