//! TAXII: how fast objects go in and come out of a node, every one decided, beside `medallion` with its memory back end and beside the
//! same bytes as a file that the same HTTP library serves.
//!
//! The node and medallion are processes of their own, asked over loopback without TLS by one client that reads and does nothing else.
//! Where others keep the machine busy the processor time of the server says more than the clock: both stand there.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const COLLECTION: &str = "7ac50000-0000-4000-8000-000000000001";
const PASSWORD: &str = "seven herons over a quiet lake";
/// How many objects one post has.
const POST: usize = 1_000;
/// The most that medallion is given: each page costs it the whole collection.
const MEDALLION: usize = 2_000;
/// How often medallion is asked the same: for its whole collection each time.
const ASKED: usize = 3;

/// One client on one connection.
struct Client {
    address: SocketAddr,
    credential: String,
    stream: Option<TcpStream>,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        Self { address, credential: STANDARD.encode(format!("ana:{PASSWORD}")), stream: None }
    }

    /// Asks; status, head and body.
    fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {}\r\nAccept: application/taxii+json;version=2.1\r\n\
             Content-Type: application/taxii+json;version=2.1\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.credential,
            body.len()
        );
        let mut stream = self.stream.take().unwrap_or_else(|| {
            let stream = TcpStream::connect(self.address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        });
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut bytes = Vec::new();
        let mut part = vec![0; 256 * 1024];
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the server went away");
            bytes.extend_from_slice(&part[..count]);
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
        while bytes.len() < end + length {
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the server went away");
            bytes.extend_from_slice(&part[..count]);
        }
        if head.starts_with("http/1.1") && !head.contains("connection: close") {
            self.stream = Some(stream);
        }
        (status, head, bytes.split_off(end))
    }
}

/// A server in a process of its own.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn wait(child: Child, address: SocketAddr) -> Self {
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, address }
    }

    /// Seconds on processors so far.
    fn processor(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // In hundredths on every Linux that there is.
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The markings of objects, one after the other: each post has some of every label.
const MARKINGS: [&str; 3] = [
    "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
];

fn kind(number: usize) -> &'static str {
    ["indicator", "malware", "tool", "campaign", "relationship"][number % 5]
}

fn id(number: usize) -> String {
    format!("{}--{number:08x}-0000-4000-8000-{number:012}", kind(number))
}

fn object(number: usize) -> String {
    let own = match kind(number) {
        "indicator" => format!(
            r#""name":"object {number}","pattern":"[ipv4-addr:value = '198.51.{}.{}']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00.000Z""#,
            number / 256 % 256,
            number % 256
        ),
        "malware" => format!(r#""name":"object {number}","is_family":false"#),
        // From an indicator to a malware of the same post.
        "relationship" => format!(
            r#""relationship_type":"indicates","source_ref":"{}","target_ref":"{}""#,
            id(number - 4),
            id(number - 3)
        ),
        _ => format!(
            r#""name":"object {number}","description":"what somebody has seen, where, and what it does to whom""#
        ),
    };
    format!(
        r#"{{"type":"{}","spec_version":"2.1","id":"{}","created_by_ref":"identity--7ac50000-0000-4000-8000-0000000000aa","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",{own},"object_marking_refs":["marking-definition--{}"],"external_references":[{{"source_name":"somewhere","url":"https://example.org/{number}","description":"where it was told first"}}]}}"#,
        kind(number),
        id(number),
        MARKINGS[number / 5 % 3]
    )
}

fn envelope(from: usize, to: usize) -> String {
    let objects: Vec<String> = (from..to).map(object).collect();
    format!("{{\"objects\":[{}]}}", objects.join(","))
}

/// How many a second: by the clock, and of the time that the server had on processors.
#[derive(Clone, Copy)]
struct Rate {
    clock: f64,
    processor: f64,
}

/// Times work that gives or takes objects; how many it says.
fn timed(server: &Server, work: impl FnOnce() -> usize) -> Rate {
    let (before, start) = (server.processor(), Instant::now());
    let count = work() as f64;
    let (clock, processor) = (start.elapsed().as_secs_f64(), server.processor() - before);
    // Processor time is counted in hundredths of a second.
    Rate { clock: count / clock, processor: count / processor.max(0.01) }
}

/// How many objects are in an answer.
fn count(body: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(body).unwrap();
    answer["objects"].as_array().map_or(0, Vec::len)
}

/// Pulls everything, page by page; how many bytes came, and how many pages. What is in them is looked at by `look`: where time is
/// measured it does nothing, for the client must not be what is measured.
fn pull(client: &mut Client, base: &str, limit: usize, filter: &str, mut look: impl FnMut(&[u8])) -> (usize, usize) {
    let (mut bytes, mut pages, mut next) = (0, 0, String::new());
    loop {
        let path = format!("{base}/collections/{COLLECTION}/objects/?limit={limit}{filter}{next}");
        let (status, _, body) = client.ask("GET", &path, b"");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        (bytes, pages) = (bytes + body.len(), pages + 1);
        look(&body);
        // One server writes it in front of the objects, the other behind them.
        let head = String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
        let tail = String::from_utf8_lossy(&body[body.len().saturating_sub(400)..]).into_owned();
        let token = [&head, &tail].iter().find_map(|text| {
            let rest = text.split("\"next\":").nth(1)?.trim_start().strip_prefix('"')?;
            Some(rest.split('"').next()?.to_owned())
        });
        match token {
            Some(token) => next = format!("&next={token}"),
            None => return (bytes, pages),
        }
    }
}

/// Pulls twice, once to look whether everything comes, once to time it.
fn pulled(server: &Server, client: &mut Client, base: &str, limit: usize, filter: &str, expected: usize) -> Rate {
    let mut objects = 0;
    let looked = pull(client, base, limit, filter, |body| objects += count(body));
    assert_eq!(objects, expected, "{filter}");
    timed(server, || {
        assert_eq!(pull(client, base, limit, filter, |_| {}), looked);
        expected
    })
}

fn node(folder: &Path) -> (Server, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Built as this program is, and beside it.
    let binary = std::env::current_exe().unwrap().with_file_name("entente");
    assert!(binary.exists(), "build it first: make bench does");
    let example = |path: &str| root.join("examples/northeast-asia").join(path).display().to_string();
    let run = |arguments: &[&str], input: &str| {
        let mut child =
            Command::new(&binary).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    };
    let site = folder.join("KOR");
    let shown = site.display().to_string();
    let (partners, http) = (free().to_string(), free());
    let (gsomia, rules) = (example("agreements/jp-kr-gsomia-2016.toml"), example("national/KOR.toml"));
    run(
        &[
            "node",
            "init",
            &shown,
            "--party",
            "KOR",
            "--listen",
            &partners,
            "--national",
            &rules,
            "--agreements",
            &gsomia,
            "--address",
            &partners,
        ],
        "",
    );
    let child = Command::new(&binary)
        .args(["serve", "--config", &shown, "--taxii-http", &http.to_string()])
        .env("ENTENTE_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server::wait(child, http);
    let more = ["--config", &shown];
    run(&[&["user", "add", "ana", "--role", "analyst", "--password-stdin"][..], &more].concat(), PASSWORD);
    run(&[&["taxii", "root", "add", "bench"][..], &more].concat(), "");
    let add = ["taxii", "collection", "add", "--root", "bench", "--id", COLLECTION, "--title", "B", "--from", "none"];
    run(&[&add[..], &["--read", "*", "--write", "*"], &more].concat(), "");
    (server, site)
}

/// medallion in an environment under `target`; none where it cannot be had.
fn medallion(folder: &Path) -> Option<Server> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/medallion");
    if !place.join("bin/medallion").exists() {
        Command::new("python3").args(["-m", "venv"]).arg(&place).status().ok().filter(|status| status.success())?;
        let installed = Command::new(place.join("bin/pip")).args(["install", "--quiet", "medallion==3.0.0"]).status();
        installed.ok().filter(|status| status.success())?;
    }
    let data = json!({
        "/discovery": { "title": "T", "default": "/bench/", "api_roots": ["/bench/"] },
        "bench": {
            "information": { "title": "B", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 104_857_600 },
            "status": [],
            "collections": [{ "id": COLLECTION, "title": "B", "can_read": true, "can_write": true,
                "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": [] }],
        },
    });
    let write = |name: &str, value: &Value| {
        let path = folder.join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path
    };
    let data = write("medallion-data.json", &data);
    let config = json!({
        "backend": { "module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": data },
        "users": { "ana": PASSWORD },
        "taxii": { "max_page_size": 1_000 },
    });
    let config = write("medallion.json", &config);
    let address = free();
    let child = Command::new(place.join("bin/medallion"))
        .args(["--host", "127.0.0.1", "--port", &address.port().to_string()])
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    Some(Server::wait(child, address))
}

/// The same bytes, whatever is asked, by the HTTP library that the node rests on, in a process of its own.
fn file(folder: &Path, bytes: &[u8]) -> Server {
    let path = folder.join("page.json");
    std::fs::write(&path, bytes).unwrap();
    let address = free();
    let child = Command::new(std::env::current_exe().unwrap())
        .arg("taxii-file")
        .arg(path)
        .arg(address.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Server::wait(child, address)
}

/// What that process does: answers with what is in a file, at an address.
pub(crate) fn serve(path: &str, address: &str) {
    use http_body_util::{BodyExt, Full};
    use hyper::{Response, body::Bytes, service::service_fn};
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = stream.set_nodelay(true);
            let bytes = bytes.clone();
            let serve = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let bytes = bytes.clone();
                async move {
                    let _ = request.into_body().collect().await;
                    Ok::<_, std::convert::Infallible>(Response::new(Full::new(bytes)))
                }
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, serve));
        }
    });
}

/// What a page of so many objects would be as a file: each object counts.
fn as_file(folder: &Path, limit: usize) -> Rate {
    let server = file(folder, envelope(0, limit).as_bytes());
    let mut client = Client::new(server.address);
    let times = 300_000 / limit;
    timed(&server, || (0..times).map(|_| client.ask("GET", "/", b"").2.len().min(1) * limit).sum())
}

fn line(what: &str, rate: Rate, beside: &[(&str, Rate)]) {
    let beside: String = beside
        .iter()
        .map(|(name, other)| {
            format!("   {:.2} and {:.2} of {name}", rate.clock / other.clock, rate.processor / other.processor)
        })
        .collect();
    println!("  {what:<48} {:>9.0} {:>9.0}{beside}", rate.clock, rate.processor);
}

/// What medallion does; nothing where it cannot be had.
struct Theirs {
    ingest: Rate,
    pages: [Rate; 2],
    kind: Rate,
    id: Rate,
    after: Rate,
}

const PAGES: [usize; 2] = [100, 1_000];

fn beside_medallion(folder: &Path) -> Option<Theirs> {
    let server = medallion(folder)?;
    let mut client = Client::new(server.address);
    let post = format!("/bench/collections/{COLLECTION}/objects/");
    let mut middle = String::new();
    let ingest = timed(&server, || {
        for from in (0..MEDALLION).step_by(POST) {
            let moment = posted(&mut client, &post, from, from + POST);
            // Medallion dates what it adds by the moment that it names, behind which are the posts that follow.
            if middle.is_empty() {
                middle = moment;
            }
        }
        MEDALLION
    });
    let told = |what: &str, rate: Rate| {
        line(&format!("medallion, {MEDALLION}: {what}"), rate, &[]);
        rate
    };
    told("ingest, in memory", ingest);
    let pages = PAGES.map(|limit| {
        let rate = pulled(&server, &mut client, "/bench", limit, "", MEDALLION);
        told(&format!("all, pages of {limit}"), rate)
    });
    let kind = pulled(&server, &mut client, "/bench", 1_000, "&match[type]=malware", MEDALLION / 5);
    told("match[type], a fifth", kind);
    let id = told("by id", by_id(&server, &mut client, &post, MEDALLION, ASKED));
    let after = added_after(&server, &mut client, &post, &middle, ASKED);
    told("a page of 100, added_after the middle", after);
    Some(Theirs { ingest, pages, kind, id, after })
}

/// Posts some objects, which all enter; when the server says that it began with it.
fn posted(client: &mut Client, post: &str, from: usize, to: usize) -> String {
    let (status, _, body) = client.ask("POST", post, envelope(from, to).as_bytes());
    assert_eq!(status, 202, "{}", String::from_utf8_lossy(&body));
    let status: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status["success_count"], to - from, "{status}");
    status["request_timestamp"].as_str().unwrap().to_owned()
}

fn by_id(server: &Server, client: &mut Client, post: &str, size: usize, times: usize) -> Rate {
    timed(server, || {
        for number in 0..times {
            let id = id(number * 7_919 % size);
            let (status, ..) = client.ask("GET", &format!("{post}{id}/"), b"");
            assert_eq!(status, 200, "{id}");
        }
        times
    })
}

fn added_after(server: &Server, client: &mut Client, post: &str, moment: &str, times: usize) -> Rate {
    let path = format!("{post}?limit=100&added_after={moment}");
    let (status, _, body) = client.ask("GET", &path, b"");
    assert_eq!((status, count(&body)), (200, 100), "{path}");
    timed(server, || (0..times).map(|_| client.ask("GET", &path, b"").2.len().min(1) * 100).sum())
}

/// `sizes`: how many objects there are, one after the other in the same collection.
pub(crate) fn run(sizes: &[usize]) {
    let folder = tempfile::tempdir().unwrap();
    println!("\nTAXII over loopback, objects of about {} bytes, posts of {POST}", envelope(0, 100).len() / 100);
    println!("  {:<48} {:>9} {:>9}   ratios: by the clock and by the server's time", "objects /s", "clock", "and core");
    let theirs = beside_medallion(folder.path());
    if theirs.is_none() {
        println!("  medallion could not be installed (python3 with venv, and the Python package index, are needed)");
    }
    let files = PAGES.map(|limit| as_file(folder.path(), limit));
    for (limit, rate) in PAGES.into_iter().zip(files) {
        line(&format!("a page of {limit} as a file, the same library"), rate, &[]);
    }
    let beside = |pick: fn(&Theirs) -> Rate| -> Vec<(&str, Rate)> {
        theirs.as_ref().map(|theirs| ("medallion", pick(theirs))).into_iter().collect()
    };
    let (server, site) = node(folder.path());
    let mut client = Client::new(server.address);
    let (post, mut there) = (format!("/bench/collections/{COLLECTION}/objects/"), 0);
    for size in sizes {
        let half = there + (size - there) / 2 / POST * POST;
        let one = timed(&server, || {
            let from = there;
            while there < half {
                posted(&mut client, &post, there, there + POST);
                there += POST;
            }
            there - from
        });
        line(&format!("{size}: ingest, synced, one post after the other"), one, &beside(|theirs| theirs.ingest));
        let next = AtomicUsize::new(there);
        let middle = Mutex::new(String::new());
        let four = timed(&server, || {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let mut client = Client::new(server.address);
                        loop {
                            let from = next.fetch_add(POST, Ordering::Relaxed);
                            if from >= *size {
                                return;
                            }
                            let moment = posted(&mut client, &post, from, (from + POST).min(*size));
                            let mut middle = middle.lock().unwrap();
                            if middle.is_empty() {
                                *middle = moment;
                            }
                        }
                    });
                }
            });
            size - there
        });
        there = *size;
        // The node has closed the other, on which nothing came.
        client = Client::new(server.address);
        line(&format!("{size}: ingest, synced, four at once"), four, &beside(|theirs| theirs.ingest));
        for (at, limit) in PAGES.into_iter().enumerate() {
            let rate = pulled(&server, &mut client, "/bench", limit, "", *size);
            let mut others =
                theirs.as_ref().map(|theirs| ("medallion", theirs.pages[at])).into_iter().collect::<Vec<_>>();
            others.push(("the file", files[at]));
            line(&format!("{size}: all, pages of {limit}"), rate, &others);
        }
        let kind = pulled(&server, &mut client, "/bench", 1_000, "&match[type]=malware", size / 5);
        line(&format!("{size}: match[type], a fifth"), kind, &beside(|theirs| theirs.kind));
        let ids = by_id(&server, &mut client, &post, *size, 2_000);
        line(&format!("{size}: by id"), ids, &beside(|theirs| theirs.id));
        let middle = middle.into_inner().unwrap();
        let after = added_after(&server, &mut client, &post, &middle, 500);
        line(&format!("{size}: a page of 100, added_after the middle"), after, &beside(|theirs| theirs.after));
    }
    let bytes = |name: &str| std::fs::metadata(site.join("data").join(name)).map_or(0, |file| file.len());
    let each = |name: &str| bytes(name) / u64::try_from(there.max(1)).unwrap();
    println!("  {:<48} {:>9} B", "an object on the disk, in the store", each("store.sqlite"));
    println!("  {:<48} {:>9} B", "an object on the disk, in the index", each("taxii.sqlite"));
}
