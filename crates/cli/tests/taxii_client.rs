//! `entente taxii pull` and `push` against servers of others: `medallion`, the reference server of OASIS, which needs Python (`make
//! api`); and one in this file that does what no server should.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod python;
mod site;
mod web;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
};

use python::Python;
use serde_json::{Value, json};
use site::{Site, entente, expect};
use tempfile::TempDir;
use web::{Console, PASSWORD};

/// The version that this was tried with.
const MEDALLION: &str = "medallion==3.0.0";
const COLLECTION: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const TAXII: &str = "application/taxii+json;version=2.1";
const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

fn object(number: usize, markings: &[&str]) -> Value {
    let mut object = json!({
        "type": "indicator", "spec_version": "2.1", "id": format!("indicator--00000000-0000-4000-8000-{number:012}"),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "pattern_type": "stix",
        "pattern": "[ipv4-addr:value = '203.0.113.7']", "valid_from": "2026-01-01T00:00:00Z",
    });
    if !markings.is_empty() {
        object["object_marking_refs"] = json!(markings);
    }
    object
}

fn node() -> (TempDir, Site) {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Site::new(parent.path(), "KOR");
    kor.start();
    (parent, kor)
}

fn one(code: i32, arguments: &[&str]) -> Value {
    let (out, err) = expect(code, arguments);
    serde_json::from_str(out.lines().next().unwrap_or_else(|| panic!("{err}"))).unwrap()
}

/// What a server of this test answers to a path: a status, more headers, and a body.
type Answer = (u16, Vec<(&'static str, String)>, String);

/// A server that does what it is told to, and what it was asked.
struct Strange {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Strange {
    fn start(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let _ = Self::serve(stream, &heard, &answer);
            }
        });
        Self { address, asked }
    }

    fn serve(
        stream: TcpStream,
        heard: &Mutex<Vec<String>>,
        answer: &impl Fn(&str, usize) -> Answer,
    ) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut head, mut line, mut length) = (String::new(), String::new(), 0);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            head.push_str(&line);
        }
        reader.take(length).read_to_end(&mut Vec::new())?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let times = {
            let mut heard = heard.lock().unwrap();
            heard.push(head);
            heard.iter().filter(|head| head.split(' ').nth(1) == Some(path.as_str())).count()
        };
        let (status, headers, body) = answer(&path, times);
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "\r\n{body}")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn taxii(body: &Value) -> Answer {
    (200, vec![("Content-Type", TAXII.to_owned())], body.to_string())
}

/// A server with one root and one collection, whose pages are those of `page`.
fn with_pages(page: impl Fn(&str, usize) -> Answer + Send + 'static) -> Strange {
    Strange::start(move |path, times| match path {
        "/taxii2/" => taxii(&json!({ "title": "T", "api_roots": ["/root/"] })),
        "/root/" => taxii(&json!({ "title": "R", "versions": [TAXII], "max_content_length": 100_000 })),
        "/root/collections/" => taxii(
            &json!({ "collections": [{ "id": COLLECTION, "title": "Feed", "can_read": true, "can_write": true }] }),
        ),
        path => page(path, times),
    })
}

fn dated(body: &Value, first: &str, last: &str) -> Answer {
    let (status, mut headers, body) = taxii(body);
    headers.extend([("X-TAXII-Date-Added-First", first.to_owned()), ("X-TAXII-Date-Added-Last", last.to_owned())]);
    (status, headers, body)
}

#[test]
fn a_server_that_does_what_none_should_leads_nowhere() {
    let (_parent, kor) = node();
    let pull = |server: &Strange, more: &[&str]| {
        let arguments = ["taxii", "pull", &server.address, "--config", &kor.config()];
        let output = entente().args(arguments).args(more).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let elsewhere = Strange::start(|_, _| taxii(&json!({})));
    let to = elsewhere.address.clone();
    let cases: Vec<(&str, Strange, &str)> = vec![
        (
            "sends us elsewhere",
            with_pages(move |_, _| (302, vec![("Location", to.clone())], String::new())),
            "which was not asked for",
        ),
        (
            "is no TAXII",
            with_pages(|_, _| (200, vec![("Content-Type", "text/html".to_owned())], "<html>".to_owned())),
            "`text/html`",
        ),
        (
            "is no JSON",
            with_pages(|_, _| (200, vec![("Content-Type", TAXII.to_owned())], "{\"more\":tr".to_owned())),
            "page 1 is not TAXII",
        ),
        (
            "goes round in a circle",
            with_pages(|_, _| taxii(&json!({ "more": true, "next": "a", "objects": [object(1, &[])] }))),
            "in a circle",
        ),
        (
            "has more and no way to it",
            with_pages(|_, _| taxii(&json!({ "more": true, "objects": [object(1, &[])] }))),
            "not how to get it",
        ),
        (
            "has a `next` that is too long",
            with_pages(|_, _| taxii(&json!({ "more": true, "next": "a".repeat(10_000) }))),
            "at most 4096",
        ),
        (
            "names a collection that is elsewhere",
            Strange::start(|path, _| match path {
                "/root/collections/" => {
                    taxii(&json!({ "collections": [{ "id": "../../x", "can_read": true, "can_write": true }] }))
                }
                "/root/" => taxii(&json!({ "title": "R", "versions": [TAXII], "max_content_length": 1 })),
                _ => taxii(&json!({ "title": "T", "api_roots": ["/root/"] })),
            }),
            "no identifier of a collection",
        ),
        (
            "refuses",
            with_pages(|_, _| {
                (
                    403,
                    vec![("Content-Type", TAXII.to_owned())],
                    json!({ "title": "not you", "http_status": "403" }).to_string(),
                )
            }),
            "403",
        ),
    ];
    let secret = kor.folder.join("token");
    fs::write(&secret, "hush-hush\n").unwrap();
    for (what, server, why) in &cases {
        let (code, said) = pull(server, &["--token-file", &secret.display().to_string()]);
        assert!(code == 1 && said.contains(why), "{what}: {said}");
        assert!(!said.contains("hush"), "{what}: {said}");
        assert!(server.asked().iter().all(|head| head.contains("uthorization: Bearer hush-hush")), "{what}");
    }
    assert!(elsewhere.asked().is_empty(), "nobody asked that one anything");
    // One object came from those that gave one; it is here once.
    assert_eq!(site::json(&kor, &["inbox"]).len(), 1);
}

#[test]
fn a_moment_that_is_still_to_come_hides_nothing_that_comes_before_it() {
    let (_parent, kor) = node();
    let server = with_pages(|path, _| {
        let moment = path.split("added_after=").nth(1).map(|rest| rest.split('&').next().unwrap().to_owned());
        // What is added later is dated as it should be: who asks behind the year 9999 misses it.
        match moment {
            None => dated(
                &json!({ "more": false, "objects": [object(1, &[])] }),
                "2026-02-01T00:00:00Z",
                "9999-12-31T00:00:00Z",
            ),
            Some(moment) if moment.starts_with("99") => taxii(&json!({})),
            Some(_) => dated(
                &json!({ "more": false, "objects": [object(2, &[])] }),
                "2026-02-02T00:00:00Z",
                "2026-02-02T00:00:00Z",
            ),
        }
    });
    let pull = ["taxii", "pull", &server.address, "--json", "--config", &kor.config()];
    let first = one(0, &pull);
    assert_eq!(first["entered"], 1, "{first}");
    assert!(!first["after"].as_str().unwrap().starts_with("99"), "{first}");
    let second = one(0, &pull);
    assert_eq!(second["entered"], 1, "{second}");
}

#[test]
fn a_poisoned_next_is_sent_back_as_one_value_and_nothing_else() {
    let (_parent, kor) = node();
    let poison = "a&match[type]=x&limit=1#/../../other/\r\nX-Evil: 1 %00%26é";
    let server = with_pages(move |path, _| {
        let page = json!({ "more": true, "next": poison, "objects": [object(1, &[GREEN])] });
        taxii(&if path.contains("next=") { json!({ "objects": [object(2, &[GREEN])] }) } else { page })
    });
    let pulled = one(0, &["taxii", "pull", &server.address, "--json", "--config", &kor.config()]);
    assert_eq!(pulled["entered"], 2, "{pulled}");
    let asked = server.asked();
    let last = asked.last().unwrap();
    let target = last.split(' ').nth(1).unwrap();
    // Read as a server reads it: the path is the collection's, and of the parameters one is `next`.
    let url = url::Url::parse(&format!("http://node.example{target}")).unwrap();
    assert_eq!(url.path(), format!("/root/collections/{COLLECTION}/objects/"));
    let named = |name: &str| {
        let pairs = url.query_pairs().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named("next"), [poison]);
    assert_eq!(named("limit"), ["500"]);
    assert!(named("match[type]").is_empty() && !last.lines().any(|line| line.starts_with("X-Evil")), "{last}");
}

#[test]
fn a_server_that_repeats_forgets_and_asks_for_patience_is_followed_to_the_end() {
    let (_parent, kor) = node();
    let at = |second: usize| format!("2026-01-01T00:00:{second:02}.000000Z");
    let server = with_pages(move |path, times| {
        let query = path.split('?').nth(1).unwrap_or_default();
        let has = |word: &str| query.contains(word);
        let page = |numbers: &[usize], next: Option<&str>| {
            let objects: Vec<Value> = numbers.iter().map(|number| object(*number, &[GREEN])).collect();
            let mut body = json!({ "more": next.is_some(), "objects": objects });
            if let Some(next) = next {
                body["next"] = next.into();
            }
            dated(&body, &at(numbers[0]), &at(numbers[numbers.len() - 1]))
        };
        // Come again in a moment.
        if has("next=b") && times == 1 {
            return (503, vec![("Retry-After", "1".to_owned())], String::new());
        }
        // It has forgotten how it went on.
        if has("next=c") {
            return (
                400,
                vec![("Content-Type", TAXII.to_owned())],
                json!({ "title": "next", "http_status": "400" }).to_string(),
            );
        }
        if has("next=b") {
            page(&[2, 3, 4], Some("c"))
        } else if has("next=d") {
            page(&[5, 6], None)
        } else if has("added_after") && !has("00%3A00%3A06") && has("00%3A00%3A03.999999") {
            page(&[4, 5], Some("d"))
        } else if has("added_after") {
            page(&[6], None)
        } else {
            page(&[0, 1, 2], Some("b"))
        }
    });
    let arguments = ["taxii", "pull", &server.address, "--overlap", "0", "--json", "--config", &kor.config()];
    let first = one(0, &arguments);
    assert_eq!((&first["objects"], &first["entered"], &first["known"]), (&json!(7), &json!(7), &json!(0)), "{first}");
    assert_eq!(first["labels"], json!({ "TLP:GREEN": 7 }));
    assert_eq!(first["after"], "2026-01-01T00:00:06.000000Z");
    let second = one(0, &arguments);
    assert_eq!((&second["entered"], &second["known"]), (&json!(0), &json!(1)), "{second}");
    let again = one(0, &[&arguments[..], &["--all"]].concat());
    assert_eq!((&again["entered"], &again["known"]), (&json!(0), &json!(7)), "{again}");
    assert_eq!(site::json(&kor, &["inbox"]).len(), 7);
}

#[test]
fn markings_come_to_labels_and_what_cannot_be_read_is_told() {
    let (parent, kor) = node();
    let strange = "marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    let statement = "marking-definition--9e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    let definition = json!({
        "type": "marking-definition", "spec_version": "2.1", "id": statement, "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "statement", "definition": { "statement": "Copyright" },
    });
    let server = with_pages(move |path, _| {
        if path.contains(&format!("/objects/{statement}/")) {
            return taxii(&json!({ "objects": [definition] }));
        }
        if path.contains(&format!("/objects/{strange}/")) {
            return (
                404,
                vec![("Content-Type", TAXII.to_owned())],
                json!({ "title": "no", "http_status": "404" }).to_string(),
            );
        }
        let mut part = object(4, &[GREEN]);
        part["granular_markings"] = json!([{ "marking_ref": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "selectors": ["pattern"] }]);
        let objects =
            [object(0, &[]), object(1, &[GREEN]), object(2, &[GREEN, strange]), object(3, &[GREEN, statement]), part];
        dated(&json!({ "objects": objects }), "2026-01-01T00:00:00Z", "2026-01-01T00:00:04Z")
    });
    let arguments = ["taxii", "pull", &server.address, "--json", "--config", &kor.config()];
    let told = one(0, &[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(told["labels"], json!({ "TLP:GREEN": 2, "TLP:RED": 3 }), "{told}");
    assert_eq!(told["unread"][strange]["objects"], 1);
    assert_eq!((&told["unmarked"], &told["entered"]), (&json!(1), &json!(0)));
    assert!(site::json(&kor, &["inbox"]).is_empty());
    let map = parent.path().join("map.toml");
    fs::write(
        &map,
        format!("schema = \"entente.foreign/1\"\n[[marking]]\nid = \"{strange}\"\nlabel = \"TLP:AMBER\"\n"),
    )
    .unwrap();
    let more = ["--map", &map.display().to_string(), "--label", "TLP:CLEAR"];
    let told = one(0, &[&arguments[..], &more].concat());
    assert_eq!(told["labels"], json!({ "TLP:AMBER": 1, "TLP:CLEAR": 1, "TLP:GREEN": 2, "TLP:RED": 1 }), "{told}");
    assert_eq!((&told["unread"], &told["entered"]), (&json!({}), &json!(5)));
    // The bytes as they came.
    let id = site::json(&kor, &["inbox"]).iter().find(|it| it["label"] == "TLP:CLEAR").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (content, _) = expect(0, &["inbox", &id, "--output", "-", "--config", &kor.config()]);
    assert_eq!(content.trim_end(), object(0, &[]).to_string());
}

/// A server over TLS that knows nobody; its address, its certificate as a file, and the certificate's SHA-256.
fn over_tls(folder: &Path) -> (String, String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let file = folder.join("certificate.pem");
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certificate.der());
    fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let private = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private.into());
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(connection, stream));
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            let _ = write!(stream.get_mut(), "HTTP/1.1 401 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let digest = <sha2::Sha256 as sha2::Digest>::digest(certificate.der());
    let pin = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    (address, file.display().to_string(), pin)
}

#[test]
fn a_server_is_believed_by_its_authority_and_its_pin_alone() {
    let (parent, kor) = node();
    let (address, authority, pin) = over_tls(parent.path());
    let said =
        |more: &[&str]| expect(1, &[&["taxii", "pull", &address, "--config", &kor.config()][..], more].concat()).1;
    let nobody = said(&[]);
    assert!(!nobody.contains("401"), "nobody whom this machine believes has signed it: {nobody}");
    assert!(said(&["--ca", &authority]).contains("401"), "it is who it should be, and asks who we are");
    assert!(said(&["--ca", &authority, "--pin", &pin]).contains("401"));
    let other = "0".repeat(64);
    assert!(said(&["--ca", &authority, "--pin", &other]).contains("not the one given with --pin"));
    assert!(!said(&["--pin", &pin]).contains("401"), "a pin alone makes nobody an authority");
}

/// What was released to JPN and is STIX: three objects in one record.
fn release_to_jpn(folder: &Path, kor: &str) {
    let bundle = folder.join("bundle.json");
    let objects: Vec<Value> = (1_000..1_003).map(|number| object(number, &[GREEN])).collect();
    let id = "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    fs::write(&bundle, json!({ "type": "bundle", "id": id, "objects": objects }).to_string()).unwrap();
    let file = bundle.display().to_string();
    let release = ["release", &file, "--label", site::LABEL, "--to", "JPN", "--purpose", "missile-warning"];
    let more = ["--subject", "dprk-missile", "--media-type", "application/stix+json;version=2.1", "--id", "K-1"];
    expect(0, &[&release[..], &more, &["--config", kor]].concat());
}

#[test]
fn a_node_follows_another_and_feeds_it() {
    let parent = tempfile::tempdir().unwrap();
    let (jpn, kor) = (Console::new(parent.path(), "JPN"), Console::new(parent.path(), "KOR"));
    let (theirs, ours) = (jpn.site.config(), kor.site.config());
    expect(0, &["party", "add", &kor.site.party_file("KOR"), "--confirmed", "--config", &theirs]);
    expect(0, &["party", "add", &jpn.site.party_file("JPN"), "--confirmed", "--config", &ours]);
    jpn.add_user("ana", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    expect(0, &["taxii", "root", "add", "cyber", "--config", &theirs]);
    let add =
        ["taxii", "collection", "add", "--root", "cyber", "--id", COLLECTION, "--title", "Feed", "--from", "none"];
    expect(0, &[&add[..], &["--read", "analyst", "--write", "analyst", "--config", &theirs]].concat());
    let load = |numbers: std::ops::Range<usize>| {
        let file = parent.path().join("load.json");
        let objects: Vec<Value> = numbers.map(|number| object(number, &[GREEN])).collect();
        let id = "bundle--9e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
        fs::write(&file, json!({ "type": "bundle", "id": id, "objects": objects }).to_string()).unwrap();
        expect(0, &["taxii", "load", &file.display().to_string(), "--collection", COLLECTION, "--config", &theirs]);
    };
    load(0..120);
    let password = parent.path().join("password");
    fs::write(&password, PASSWORD).unwrap();
    let password = password.display().to_string();
    let address = format!("http://{}/cyber/", jpn.address);
    let known = ["--user", "ana", "--password-file", &password, "--json", "--config", &ours];
    let pull = [&["taxii", "pull", &address, "--limit", "50"][..], &known].concat();
    let told = one(0, &pull);
    assert_eq!((&told["entered"], &told["refused"]), (&json!(120), &json!([])), "{told}");
    assert_eq!(told["labels"], json!({ "TLP:GREEN": 120 }));
    load(120..130);
    let told = one(0, &pull);
    assert_eq!(told["entered"], 10, "{told}");
    let collection = format!("{address}collections/{COLLECTION}/");
    let told = one(0, &[&["taxii", "pull", &collection, "--all"][..], &known].concat());
    assert_eq!((&told["entered"], &told["known"]), (&json!(0), &json!(130)), "by the collection's own address: {told}");
    assert_eq!(site::json(&kor.site, &["inbox"]).len(), 130);

    let push = [&["taxii", "push", &address, "--to", "JPN", "--purpose", "missile-warning"][..], &known].concat();
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["objects"]), (&json!(0), &json!(0)), "nothing was released: {told}");
    release_to_jpn(parent.path(), &ours);
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["objects"], &told["refused"]), (&json!(1), &json!(3), &json!([])), "{told}");
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["known"]), (&json!(0), &json!(1)), "{told}");
    // Whatever an originator calls a record, it goes, and what comes after it too.
    let file = parent.path().join("odd.json");
    fs::write(&file, object(2_000, &[GREEN]).to_string()).unwrap();
    let release =
        ["release", &file.display().to_string(), "--label", site::LABEL, "--to", "JPN", "--id", "K?2#x y/%41"];
    let more = ["--purpose", "missile-warning", "--subject", "dprk-missile", "--media-type", "application/stix+json"];
    expect(0, &[&release[..], &more, &["--config", &ours]].concat());
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["refused"]), (&json!(1), &json!([])), "{told}");
    // What may not go any more does not go again.
    expect(0, &["recall", "issue", "K-1", "--config", &ours]);
    let told = one(0, &[&push[..], &["--all"]].concat());
    assert_eq!((&told["records"], &told["withheld"]), (&json!(1), &json!(1)), "{told}");
}

struct Medallion {
    child: Child,
    address: String,
}

impl Medallion {
    fn start(python: &Python, folder: &Path, objects: &[Value]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let address = format!("http://127.0.0.1:{port}");
        let manifest: Vec<Value> = objects
            .iter()
            .enumerate()
            // Ten at a time were added at one moment, as this server does it.
            .map(|(at, object)| {
                let added = format!("2026-02-01T00:{:02}:{:02}.000000Z", at / 600, at / 10 % 60);
                json!({ "id": object["id"], "date_added": added, "version": object["modified"],
                        "media_type": "application/stix+json;version=2.1" })
            })
            .collect();
        let data = json!({
            "/discovery": { "title": "M", "default": format!("{address}/root/"), "api_roots": [format!("{address}/root/")] },
            "root": {
                "information": { "title": "R", "versions": [TAXII], "max_content_length": 9_765_625 },
                "status": [],
                "collections": [{ "id": COLLECTION, "title": "Feed", "can_read": true, "can_write": true,
                    "media_types": ["application/stix+json;version=2.1"], "objects": objects, "manifest": manifest }],
            },
        });
        fs::write(folder.join("data.json"), data.to_string()).unwrap();
        let config = json!({
            "backend": { "module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
                         "filename": folder.join("data.json") },
            "users": { "admin": "Password0" }, "taxii": { "max_page_size": 50 },
        });
        fs::write(folder.join("medallion.json"), config.to_string()).unwrap();
        fs::write(folder.join("password"), "Password0\n").unwrap();
        let mut program = python.program("medallion");
        program.args(["--host", "127.0.0.1", "--port", &port]).arg(folder.join("medallion.json"));
        let child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let listens = format!("127.0.0.1:{port}");
        site::eventually("medallion listens", || TcpStream::connect(&listens).is_ok());
        Self { child, address: format!("{address}/") }
    }
}

impl Drop for Medallion {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs Python and medallion: make api"]
fn medallion_is_followed_through_kills_and_fed_with_what_was_released() {
    let Some(python) = Python::with("medallion", &[MEDALLION]) else { return };
    let (parent, jpn, kor) = site::two();
    let objects: Vec<Value> = (0..400).map(|number| object(number, &[GREEN])).collect();
    let server = Medallion::start(&python, parent.path(), &objects);
    let password = parent.path().join("password").display().to_string();
    let known = ["--user", "admin", "--password-file", &password, "--json", "--config", &kor.config()];
    let arguments = [&["taxii", "pull", &server.address, "--limit", "25"][..], &known].concat();
    expect(1, &["taxii", "pull", &server.address, "--config", &kor.config()]);
    // Killed again and again, each time a little further on.
    for enough in [5, 60, 150] {
        let mut child = entente().args(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        site::eventually("objects enter", || site::json(&kor, &["inbox"]).len() >= enough);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(site::json(&kor, &["inbox"]).len() < 400, "it was stopped in the middle");
    let told = one(0, &arguments);
    assert_eq!(told["refused"], json!([]), "{told}");
    let held = site::json(&kor, &["inbox"]);
    let titles: std::collections::BTreeSet<String> = held.iter().map(|it| it["title"].to_string()).collect();
    assert_eq!((held.len(), titles.len()), (400, 400), "each once");
    let again = one(0, &[&arguments[..], &["--overlap", "10"]].concat());
    assert_eq!(again["entered"], 0, "{again}");
    assert!((1..200).contains(&again["known"].as_u64().unwrap()), "it looks where it was last: {again}");

    // What was released to a party goes to its server; nothing else does.
    release_to_jpn(parent.path(), &kor.config());
    let push =
        [&["taxii", "push", &server.address, "--to", "JPN", "--purpose", "missile-warning"][..], &known].concat();
    let told = one(0, &[&push[..], &["--dry-run"]].concat());
    assert_eq!((&told["records"], &told["objects"]), (&json!(1), &json!(3)), "{told}");
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["objects"]), (&json!(1), &json!(3)), "{told}");
    let told = one(0, &push);
    assert_eq!((&told["records"], &told["known"]), (&json!(0), &json!(1)), "{told}");
    let told = one(0, &[&push[..], &["--all"]].concat());
    assert_eq!(
        (&told["records"], &told["refused"]),
        (&json!(1), &json!([])),
        "what it has already is no failure: {told}"
    );
    let told = one(0, &arguments);
    assert_eq!(told["entered"], 3, "as objects of that server they are new: {told}");
    drop(jpn);
}
