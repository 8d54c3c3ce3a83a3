//! Clients of TAXII that come with a certificate of TLS: scripts over mutual TLS against the real binary
//! (`cases/taxii-tls`), and what an administrator does to bind one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod script;
mod site;
mod web;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use serde_json::{Value, json};
use web::{Answer, Console, answer};

/// A certificate with its key.
struct Made {
    pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

fn certificate(name: &str, key: KeyPair) -> Made {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let made = params.self_signed(&key).unwrap();
    Made { pem: pem("CERTIFICATE", made.der()), der: made.der().clone(), key }
}

/// A node with an address for TAXII over TLS, in front of whose console there is none.
struct Node {
    console: Console,
    tls: SocketAddr,
    roots: Arc<RootCertStore>,
}

impl Node {
    fn new(parent: &Path) -> Self {
        let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = own.self_signed(&key).unwrap();
        let (certificate, private) = (parent.join("server.crt"), parent.join("server.key"));
        fs::write(&certificate, pem("CERTIFICATE", own.der())).unwrap();
        fs::write(&private, pem("PRIVATE KEY", &key.serialize_der())).unwrap();
        private_alone(&private);
        let tls = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "\n[taxii]\nlisten = \"{tls}\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
            certificate.display(),
            private.display()
        );
        let console = Console::with_config(parent, "KOR", "", &config);
        let mut roots = RootCertStore::empty();
        roots.add(own.der().clone()).unwrap();
        Self { console, tls, roots: Arc::new(roots) }
    }

    /// A connection that shows this certificate where it is asked for one.
    fn connect(&self, shown: Option<&Made>) -> StreamOwned<ClientConnection, TcpStream> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots));
        let config = match shown {
            Some(made) => {
                let key = PrivateKeyDer::try_from(made.key.serialize_der()).unwrap();
                builder.with_client_auth_cert(vec![made.der.clone()], key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(self.tls).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        StreamOwned::new(connection, stream)
    }

    fn ask(&self, shown: Option<&Made>, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect(shown);
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        answer(&bytes)
    }
}

/// A key file is for its owner alone, or the node does not take it.
fn private_alone(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn head(method: &str, path: &str, headers: &[(String, String)], length: usize) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    )
}

#[test]
fn scripts_over_mutual_tls_are_answered_as_they_say() {
    let parent = tempfile::tempdir().unwrap();
    let node = Node::new(parent.path());
    node.console.add_user("ana", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    node.console.add_user("bob", &["--role", "analyst"]);
    let key = KeyPair::generate().unwrap();
    let same = KeyPair::try_from(&key.serialize_der()[..]).unwrap();
    let certificates = BTreeMap::from([
        ("ana", certificate("ana", key)),
        ("ana-again", certificate("ana in another year", same)),
        ("ana-other", certificate("ana", KeyPair::generate().unwrap())),
        ("stranger", certificate("stranger", KeyPair::generate().unwrap())),
    ]);
    for (name, made) in &certificates {
        fs::write(parent.path().join(format!("{name}.crt")), &made.pem).unwrap();
    }
    let names = script::Names::from([("folder".to_owned(), parent.path().display().to_string())]);
    let count = script::play("taxii-tls", &node.console.site.config(), &names, &|method, path, who, headers, body| {
        let (shown, account) = match who.strip_prefix('@') {
            Some(rest) => {
                let (name, account) = rest.split_once('+').unwrap_or((rest, "-"));
                (Some(&certificates[name]), account)
            }
            None => (None, who),
        };
        let mut all: Vec<(String, String)> = script::basic(account).into_iter().collect();
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        node.ask(shown, &head(method, path, &all, body.len()), body)
    });
    assert!(count > 0);
    // Who came in with which certificate, and who bound it, is on the record; once for what was asked at once.
    let statements = node.console.statements();
    let of = |word: &str| statements.iter().filter(|statement| statement.to_string().contains(word)).count();
    assert_eq!(of("certificate bound"), 2);
    assert_eq!(of("certificate taken away"), 1);
    let came = of("certificate feed, for TAXII");
    assert!((1..=4).contains(&came), "{came}");
}

#[test]
fn what_is_taken_away_ends_on_a_connection_that_is_there_and_a_handshake_proves_the_key() {
    let parent = tempfile::tempdir().unwrap();
    let node = Node::new(parent.path());
    node.console.add_user("ana", &["--role", "analyst"]);
    let config = node.console.site.config();
    let ana = certificate("ana", KeyPair::generate().unwrap());
    let path = parent.path().join("ana.crt").display().to_string();
    fs::write(&path, &ana.pem).unwrap();
    site::expect(0, &["user", "bind", "ana", &path, "--config", &config]);
    let (out, _) = site::expect(0, &["user", "certificates", "ana", "--json", "--config", &config]);
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&listed["name"], &listed["used"]), (&json!("certificate"), &Value::Null));
    let (out, _) = site::expect(0, &["user", "list", "--config", &config]);
    assert!(out.contains("certificate"), "{out}");
    // Kept open: one request, the certificate is taken away, another request.
    let request = "GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = node.connect(Some(&ana));
    let mut ask = || {
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = vec![0; 64 * 1024];
        let count = stream.read(&mut bytes).unwrap();
        answer(&bytes[..count]).status
    };
    assert_eq!(ask(), 200);
    site::expect(0, &["user", "unbind", "ana", "--config", &config]);
    assert_eq!(ask(), 401);
    site::expect(1, &["user", "unbind", "ana", "--config", &config]);
    // Bound again; whoever has the certificate and not its key does not get through the handshake.
    site::expect(0, &["user", "bind", "ana", &path, "--config", &config]);
    let thief = Made { pem: ana.pem.clone(), der: ana.der.clone(), key: KeyPair::generate().unwrap() };
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let der = PrivateKeyDer::try_from(thief.key.serialize_der()).unwrap();
    let signing = provider.key_provider.load_private_key(der).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![thief.der.clone()], signing);
    let client = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(Arc::clone(&node.roots))
        .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let connection = ClientConnection::new(Arc::new(client), ServerName::try_from("localhost").unwrap()).unwrap();
    let tcp = TcpStream::connect(node.tls).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = [0; 1024];
    assert!(stream.read(&mut bytes).is_err(), "the handshake was let through");
}

#[test]
fn an_administrator_who_binds_a_certificate_counts_as_who_set_the_account() {
    let parent = tempfile::tempdir().unwrap();
    let node = Node::new(parent.path());
    let (admin, audit) = (node.console.person("boss", &["--role", "admin"]), ["--role", "auditor"]);
    node.console.add_user("ana", &["--role", "analyst"]);
    let auditor = node.console.person("aud", &audit);
    let made = certificate("ana", KeyPair::generate().unwrap());
    let body = json!({ "name": "feed", "certificate": made.pem, "days": 30 });
    assert_eq!(auditor.post("/users/ana/certificates", &body).status, 403);
    let answer = admin.post("/users/ana/certificates", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["spki_sha256"].as_str().unwrap().len(), 64);
    let user = admin.get("/users/ana").json();
    assert_eq!((&user["certificates"], &user["set_by"]), (&json!(1), &json!("boss")));
    assert_eq!(auditor.get("/users/ana/certificates").json()[0]["name"], "feed");
    // One key is one account's; and nonsense is told as what it is.
    assert_eq!(admin.post("/users/aud/certificates", &body).status, 409);
    for wrong in [
        json!({ "name": "x", "certificate": "nonsense", "days": 30 }),
        json!({ "name": "x", "certificate": pem("PRIVATE KEY", &made.key.serialize_der()), "days": 30 }),
        json!({ "name": "../x", "certificate": made.pem, "days": 30 }),
        json!({ "name": "x", "certificate": made.pem, "days": 0 }),
        json!({ "name": "x", "certificate": made.pem, "days": 1097 }),
    ] {
        assert_eq!(admin.post("/users/ana/certificates", &wrong).status, 422, "{wrong}");
    }
    let body = json!({ "name": "feed", "certificate": made.pem, "days": 30 });
    assert_eq!(admin.post("/users/nobody/certificates", &body).status, 404);
    assert_eq!(admin.ask("DELETE", "/api/v1/users/ana/certificates/feed", &[], b"").status, 200);
    assert_eq!(admin.ask("DELETE", "/api/v1/users/ana/certificates/feed", &[], b"").status, 404);
}
