//! Clients of TAXII that come with a certificate of TLS: scripts over mutual TLS against the real binary
//! (`cases/taxii-tls`), what an administrator does to bind one, and another node that follows and feeds this one with its own.

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
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    server::WebPkiClientVerifier,
};
use serde_json::{Value, json};
use site::{Site, expect};
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

const COLLECTION: &str = "7150c0de-0000-4000-8000-0000000000aa";

fn bundle(path: &Path, numbers: std::ops::Range<usize>) -> String {
    let object = |number: usize| {
        json!({ "type": "tool", "spec_version": "2.1", "id": format!("tool--7150c0de-0000-4000-8000-{number:012}"),
                "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "name": number.to_string(),
                "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"] })
    };
    let objects: Vec<Value> = numbers.map(object).collect();
    let id = "bundle--7150c0de-0000-4000-8000-0000000000ab";
    fs::write(path, json!({ "type": "bundle", "id": id, "objects": objects }).to_string()).unwrap();
    path.display().to_string()
}

/// Writes a certificate and its key; where they are.
fn written(made: &Made, folder: &Path, name: &str) -> (String, String) {
    let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    fs::write(&certificate, &made.pem).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &made.key.serialize_der())).unwrap();
    private_alone(&key);
    (certificate.display().to_string(), key.display().to_string())
}

#[test]
fn a_node_follows_another_and_feeds_it_with_a_certificate_alone() {
    let parent = tempfile::tempdir().unwrap();
    let theirs = Node::new(parent.path());
    let their = theirs.console.site.config();
    let mut ours = Site::new(parent.path(), "JPN");
    ours.start();
    let our = ours.config();
    expect(0, &["party", "add", &ours.party_file("JPN"), "--confirmed", "--config", &their]);
    expect(0, &["party", "add", &theirs.console.site.party_file("KOR"), "--confirmed", "--config", &our]);
    theirs.console.add_user("feed", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    expect(0, &["taxii", "root", "add", "tls", "--config", &their]);
    let add = ["taxii", "collection", "add", "--root", "tls", "--id", COLLECTION, "--title", "Feed", "--from", "none"];
    expect(0, &[&add[..], &["--read", "user:feed", "--write", "user:feed", "--config", &their]].concat());
    let file = bundle(&parent.path().join("theirs.json"), 0..3);
    expect(0, &["taxii", "load", &file, "--collection", COLLECTION, "--config", &their]);

    let made = certificate("ours", KeyPair::generate().unwrap());
    let (shown, key) = written(&made, parent.path(), "ours");
    let authority = parent.path().join("server.crt").display().to_string();
    let address = format!("https://localhost:{}/tls/", theirs.tls.port());
    let known = ["--cert", &shown, "--key", &key, "--ca", &authority, "--json", "--config", &our];
    let pull = [&["taxii", "pull", &address][..], &known].concat();
    let told = |arguments: &[&str]| -> Value { serde_json::from_str(&expect(0, arguments).0).unwrap() };
    // It was shown, and is nobody's.
    let (_, said) = expect(1, &pull);
    assert!(said.contains("401") && said.contains("was shown the certificate"), "{said}");
    expect(0, &["user", "bind", "feed", &shown, "--name", "feed", "--config", &their]);
    assert_eq!(told(&pull)["entered"], 3);
    assert_eq!(site::json(&ours, &["inbox"]).len(), 3);

    let file = bundle(&parent.path().join("ours.json"), 10..12);
    let release = ["release", &file, "--label", site::LABEL, "--to", "KOR", "--purpose", "missile-warning"];
    let more = ["--subject", "dprk-missile", "--media-type", "application/stix+json;version=2.1", "--id", "J-1"];
    expect(0, &[&release[..], &more, &["--config", &our]].concat());
    let push = ["taxii", "push", &address, "--to", "KOR", "--purpose", "missile-warning"];
    let pushed = told(&[&push[..], &known].concat());
    assert_eq!(
        (&pushed["records"], &pushed["objects"], &pushed["refused"]),
        (&json!(1), &json!(2), &json!([])),
        "{pushed}"
    );

    // Taken away there.
    expect(0, &["user", "unbind", "feed", "feed", "--config", &their]);
    assert!(expect(1, &pull).1.contains("401"));
    // With nothing to show, and at the address that asks for nothing.
    let (_, said) = expect(1, &["taxii", "pull", &address, "--ca", &authority, "--config", &our]);
    assert!(said.contains("401") && said.contains("--cert and --key"), "{said}");
    // In clear there is nothing to show it to.
    let clear = format!("http://{}/tls/", theirs.console.address);
    let (_, said) = expect(1, &["taxii", "pull", &clear, "--cert", &shown, "--key", &key, "--config", &our]);
    assert!(said.contains("a certificate is for `https://`"), "{said}");
}

/// A server over TLS that takes one client's certificate, demands one, or asks for none, and answers 401; its address and its
/// certificate as a file.
fn strict(folder: &Path, believed: Option<&Made>) -> (String, String) {
    let made = certificate("localhost", KeyPair::generate().unwrap());
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&made.key).unwrap();
    let file = folder.join(format!("strict-{}.crt", believed.is_some()));
    fs::write(&file, pem("CERTIFICATE", own.der())).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = match believed {
        Some(believed) => {
            let mut roots = RootCertStore::empty();
            roots.add(believed.der.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(made.key.serialize_der()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![own.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = Vec::new();
            let mut part = [0; 1024];
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(length) if length > 0 => head.extend(&part[..length]),
                    // What it says of the handshake is on its way; the client hears it to the end.
                    _ => break,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.sock.shutdown(std::net::Shutdown::Write);
            let _ = stream.sock.read_to_end(&mut Vec::new());
        }
    });
    (address, file.display().to_string())
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_and_a_key_never() {
    let parent = tempfile::tempdir().unwrap();
    let mut ours = Site::new(parent.path(), "JPN");
    ours.start();
    let (made, other) =
        (certificate("ours", KeyPair::generate().unwrap()), certificate("other", KeyPair::generate().unwrap()));
    let (shown, key) = written(&made, parent.path(), "ours");
    let (other_shown, other_key) = written(&other, parent.path(), "other");
    let (demands, authority) = strict(parent.path(), Some(&made));
    let (asks_nobody, second) = strict(parent.path(), None);
    let config = ours.config();
    let said = |code: i32, address: &str, authority: &str, more: &[&str]| {
        let arguments = [&["taxii", "pull", address, "--ca", authority, "--config", &config][..], more].concat();
        let said = expect(code, &arguments).1;
        for made in [&made, &other] {
            let secret = STANDARD.encode(made.key.serialize_der());
            assert!(
                !secret.as_bytes().windows(16).any(|part| said.contains(std::str::from_utf8(part).unwrap())),
                "{said}"
            );
        }
        said
    };
    let demanded = |code: i32, more: &[&str]| said(code, &demands, &authority, more);
    // A half of it, for which the command line is wrong.
    assert!(demanded(64, &["--cert", &shown]).contains("--key"));
    assert!(demanded(64, &["--key", &key]).contains("--cert"));
    // The one that is believed comes as far as an answer.
    assert!(demanded(1, &["--cert", &shown, "--key", &key]).contains("401"));
    let nothing = demanded(1, &[]);
    assert!(nothing.contains("it demands a certificate") && nothing.contains("--cert and --key"), "{nothing}");
    let refused = demanded(1, &["--cert", &other_shown, "--key", &other_key]);
    assert!(refused.contains("our certificate"), "{refused}");
    assert!(demanded(1, &["--cert", &shown, "--key", &other_key]).contains("not that of the certificate"));
    assert!(demanded(1, &["--cert", &key, "--key", &shown]).contains("no certificate in PEM"));
    assert!(demanded(1, &["--cert", "/nowhere.crt", "--key", &key]).contains("/nowhere.crt"));
    let never_asked = said(1, &asks_nobody, &second, &["--cert", &shown, "--key", &key]);
    assert!(never_asked.contains("401") && never_asked.contains("asked for no certificate"), "{never_asked}");
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(demanded(1, &["--cert", &shown, "--key", &key]).contains("can be read by others"));
}
