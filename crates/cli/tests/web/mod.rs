//! A node's console as a program asks it: plain HTTP/1.1 over a socket, so that a test can send what no library would.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod authenticator;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::site::{Site, entente, free};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The cookies that it sets, by name.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let set = self.headers.iter().filter(|(key, _)| key == "set-cookie");
        set.filter_map(|(_, value)| value.split(';').next()?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// Sends these bytes as they are and reads one answer.
pub(crate) fn raw(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    answer(&bytes)
}

pub(crate) fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else { return Answer { status: 0, headers: Vec::new(), body: bytes.to_vec() } };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
        body = unchunked(&body);
    }
    Answer { status, headers, body }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap().trim(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
    body
}

/// Somebody at a browser, or a program with a token.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) address: SocketAddr,
    pub(crate) cookies: Vec<(String, String)>,
    /// Sent with each request.
    pub(crate) headers: Vec<(String, String)>,
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let headers = vec![("Sec-Fetch-Site".to_owned(), "same-origin".to_owned())];
        Self { address, cookies: Vec::new(), headers }
    }

    /// A program with this token.
    pub(crate) fn with_token(address: SocketAddr, token: &str) -> Self {
        let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        Self { address, cookies: Vec::new(), headers }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        raw(self.address, &[text.as_bytes(), body].concat())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("/api/v1{path}"), &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(
            "POST",
            &format!("/api/v1{path}"),
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// The same, keeping the cookies that are set.
    pub(crate) fn post_keeping(&mut self, path: &str, body: &Value) -> Answer {
        let answer = self.post(path, body);
        for (name, value) in answer.cookies() {
            self.cookies.retain(|(known, _)| *known != name);
            self.cookies.push((name, value));
        }
        answer
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A stream of events, as a page hears it.
pub(crate) struct Listening(BufReader<TcpStream>);

impl Listening {
    pub(crate) fn new(visitor: &Visitor, last: Option<&str>) -> Self {
        Self::at(visitor, "/api/v1/events", last)
    }

    pub(crate) fn at(visitor: &Visitor, path: &str, last: Option<&str>) -> Self {
        let stream = TcpStream::connect(visitor.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let cookie = visitor.cookie("__Host-entente").unwrap();
        let mut text = format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: __Host-entente={cookie}\r\n");
        if let Some(last) = last {
            text.push_str(&format!("Last-Event-ID: {last}\r\n"));
        }
        (&stream).write_all(format!("{text}\r\n").as_bytes()).unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event: its kind, its id, and what it says.
    pub(crate) fn next(&mut self) -> (String, String, Value) {
        let (mut kind, mut id, mut data) = (String::new(), String::new(), None);
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream is over");
            let line = line.trim_end();
            if let Some(text) = line.strip_prefix("event: ") {
                text.clone_into(&mut kind);
            } else if let Some(text) = line.strip_prefix("id: ") {
                text.clone_into(&mut id);
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(text).unwrap());
            } else if line.is_empty()
                && let Some(data) = data.take()
            {
                return (kind, id, data);
            }
        }
    }
}

pub(crate) const PASSWORD: &str = "seven herons over a quiet lake";

/// Seconds since the epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The code that an authenticator app shows for a secret, by an implementation of its own.
pub(crate) fn code(secret: &str, at: u64) -> String {
    let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
    let mut child = std::process::Command::new("python3")
        .args(["-c", CODE, &at.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&secret).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

const CODE: &str = "
import sys, hmac, hashlib, struct
key, step = sys.stdin.buffer.read(), int(sys.argv[1]) // 30
digest = hmac.new(key, struct.pack('>Q', step), hashlib.sha1).digest()
offset = digest[-1] & 15
print('%06d' % ((struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000))
";

/// A node with a console.
pub(crate) struct Console {
    pub(crate) site: Site,
    pub(crate) address: SocketAddr,
}

impl Console {
    /// The node of `code`, running, with a console on this machine.
    pub(crate) fn new(parent: &Path, code: &str) -> Self {
        Self::with_rules(parent, code, "")
    }

    /// The same, with these national rules besides.
    pub(crate) fn with_rules(parent: &Path, code: &str, rules: &str) -> Self {
        Self::with_config(parent, code, rules, "")
    }

    /// The same, with this in its configuration besides.
    pub(crate) fn with_config(parent: &Path, code: &str, rules: &str, config: &str) -> Self {
        let mut site = Site::new(parent, code);
        let address = free();
        let path = site.folder.join("node.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}\n[console]\nlisten = \"{address}\"\n{config}")).unwrap();
        let path = site.folder.join("national.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}\n{rules}\n")).unwrap();
        site.start();
        Self { site, address }
    }

    /// Adds an account with [`PASSWORD`].
    pub(crate) fn add_user(&self, name: &str, rights: &[&str]) {
        let config = self.site.config();
        let arguments = ["user", "add", name, "--password-stdin", "--config", &config];
        let mut child = entente()
            .args([&arguments[..], rights].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// What stands in its ledger, opened, in order.
    pub(crate) fn statements(&self) -> Vec<Value> {
        let reader = entente_store::Reader::of_folder(&self.site.folder.join("data")).unwrap();
        let read = |row: entente_store::StatementRow| {
            let mut statement: Value = serde_json::from_str(&row.text).unwrap();
            let opening: Value = serde_json::from_str(&row.opening.unwrap()).unwrap();
            statement["content"] = opening["content"].clone();
            statement
        };
        reader.statement_rows(0, 10_000).unwrap().into_iter().map(read).collect()
    }

    pub(crate) fn stranger(&self) -> Visitor {
        Visitor::new(self.address)
    }

    /// Somebody with that account, signed in with a second factor; the secret of its app comes along.
    pub(crate) fn enrolled(&self, name: &str) -> (Visitor, String) {
        let mut visitor = self.stranger();
        let answer = visitor.post_keeping("/session", &json!({ "name": name, "password": PASSWORD }));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["enrolling"], true);
        let secret = visitor.post("/me/totp", &Value::Null).json()["secret"].as_str().unwrap().to_owned();
        let body = json!({ "secret": secret, "code": code(&secret, now()) });
        let answer = visitor.post_keeping("/me/totp/confirm", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        (visitor, secret)
    }

    /// Adds somebody and signs in.
    pub(crate) fn person(&self, name: &str, rights: &[&str]) -> Visitor {
        self.add_user(name, rights);
        self.enrolled(name).0
    }
}
