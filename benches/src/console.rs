//! The console with few records in the store, and with many: a page of 50, decided for whoever looks; what the first look at every
//! page takes over the wire; and how many may listen without missing anything. Over HTTP from a browser's side, so that the times are
//! those of the server with everything around it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entente_server::{
    api::{AddUserRequest, DraftRequest, InvitedView, RightsRequest},
    client::Client,
    config::Console,
    keys::passphrase::Source,
    serve,
};
use serde_json::{Value, json};

use super::exchange::nodes::make;

/// How many records are in the store first, and then.
const FEW: u64 = 1_000;
const MANY: u64 = 100_000;
/// How many enter records at the same time.
const ASKERS: u64 = 64;
/// One record in so many is for whoever is cleared for less.
const LOW: u64 = 100;
/// How often each page is asked for.
const TIMES: usize = 200;
const PASSWORD: &str = "seven herons over a quiet lake";
/// Who looks: up to which level.
const PEOPLE: [(&str, &str); 2] = [("high", "SECRET"), ("low", "CONFIDENTIAL")];
/// What is asked for: in words, how, and how many records have to be in the answer for it to count as one.
const PAGES: [(&str, &str, usize); 4] = [
    ("GET /api/v1/records", "/api/v1/records?limit=50", 50),
    ("the page, with banner and chips", "/records", 50),
    ("search for a word in every title", "/api/v1/records?limit=50&q=track", 50),
    // Of those that are entered first, whoever is cleared for less sees one in a hundred.
    ("search for one record", "/api/v1/records?limit=50&q=c-700", 1),
];
/// How many pages are turned over that nobody has looked at before.
const TURNED: usize = 40;
/// Every page of the console, as its test lists them.
const ALL_PAGES: &str = include_str!("../../crates/cli/tests/cases/page-roles.txt");
/// What a first look may take, in bytes.
const FIRST_LOOK: usize = 200_000;
/// How many listen, and to how many records.
const LISTENERS: usize = 500;
const HEARD: usize = 20;

/// Measures with `count` records in the store.
pub(crate) fn run(count: Option<u64>) {
    let many = count.unwrap_or(MANY);
    println!("\nA page of 50 records out of the store, decided for the viewer (limit: 20 ms)");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (client, address) = runtime.block_on(start(folder.path()));
    runtime.block_on(fill(&client, 0, FEW));
    let people = PEOPLE.map(|(name, clearance)| (clearance, Visitor::of(&runtime, &client, address, name, clearance)));
    let few = measure(&people, FEW);
    runtime.block_on(fill(&client, FEW, many));
    let full = measure(&people, many);
    turn_over(&people);
    for (few, full) in few.iter().zip(&full) {
        let (p50, p99) = (percentile(&full.times, 50), percentile(&full.times, 99));
        println!(
            "  {:<52} {many:>9} records: p50 {:>7.2} ms  p99 {:>7.2} ms   {:>5.1} times p50 of {FEW}",
            full.what,
            p50 * 1e3,
            p99 * 1e3,
            p50 / percentile(&few.times, 50),
        );
    }
    first_looks(&runtime, &client, address);
    runtime.block_on(listen(&client, address, &people[0].1.cookie));
}

async fn start(folder: &Path) -> (Client, SocketAddr) {
    let (made, mut config) = make(folder, "KOR");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.console = Some(Console { listen: address, tls: None, origin: None });
    let client = Client::new(&config.control_socket());
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let ready = |_| ready.send(()).unwrap();
        serve::serve(config, made.party_file, Source::Found, ready, std::future::pending()).await.unwrap();
    });
    is_ready.await.unwrap();
    (client, address)
}

fn draft(id: &str, level: &str, number: u64) -> DraftRequest {
    DraftRequest {
        id: Some(id.to_owned()),
        once: None,
        label: format!("//KOR {level}//REL TO USA, JPN, KOR"),
        subjects: vec!["dprk-missile".to_owned()],
        status: "actual".to_owned(),
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: format!("Track {number}"),
        media_type: "text/plain".to_owned(),
        content: STANDARD.encode(format!("content of record {number}")),
        versions: Vec::new(),
    }
}

/// Enters the records from `from` on, up to `to`.
async fn fill(client: &Client, from: u64, to: u64) {
    let start = Instant::now();
    let askers: Vec<_> = (0..ASKERS)
        .map(|asker| {
            let client = client.clone();
            tokio::spawn(async move {
                for number in (from..to).filter(|number| number % ASKERS == asker) {
                    let level = if number % LOW == 0 { "CONFIDENTIAL" } else { "SECRET" };
                    let _: Value =
                        client.post("/records", &draft(&format!("C-{number}"), level, number)).await.unwrap();
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.unwrap();
    }
    let (count, took) = (to.saturating_sub(from), start.elapsed());
    println!("  {:<52} {:>9.0} /s", format!("{count} records entered"), count as f64 / took.as_secs_f64());
}

struct Measured {
    what: String,
    /// In seconds.
    times: Vec<f64>,
}

fn measure(people: &[(&str, Visitor)], count: u64) -> Vec<Measured> {
    let mut measured = Vec::new();
    for (clearance, visitor) in people {
        let seen = if *clearance == PEOPLE[0].1 { count } else { count / LOW };
        for (words, path, wanted) in PAGES {
            let wanted = wanted.min(seen as usize);
            // The first look at anything is a view, and goes on the record: `turn_over` has those.
            visitor.gather(path, wanted);
            let times = (0..TIMES).map(|_| {
                let start = Instant::now();
                let found = visitor.gather(path, wanted);
                let took = start.elapsed().as_secs_f64();
                assert!(found >= wanted, "{path}: what is measured is a whole page, and not {found} records");
                took
            });
            measured.push(Measured { times: times.collect(), what: format!("{words}, cleared for {clearance}") });
        }
    }
    measured
}

/// Turns over pages that nobody has looked at: each puts fifty views on the record before it is shown.
fn turn_over(people: &[(&str, Visitor)]) {
    for (clearance, visitor) in people {
        let (mut times, mut after) = (Vec::new(), String::new());
        for page in 0..=TURNED {
            let start = Instant::now();
            let (status, body) = visitor.ask("GET", &format!("/api/v1/records?limit=50{after}"), None);
            assert_eq!(status, 200);
            let view: Value = serde_json::from_slice(&body).unwrap();
            // The first has been looked at.
            if page > 0 {
                times.push(start.elapsed().as_secs_f64());
            }
            match view["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        if !times.is_empty() {
            println!(
                "  {:<52} {:>9} pages:   p50 {:>7.2} ms  p99 {:>7.2} ms",
                format!("the next page, not looked at before, {clearance}"),
                times.len(),
                percentile(&times, 50) * 1e3,
                percentile(&times, 99) * 1e3,
            );
        }
    }
}

/// What the first look at each page takes: the page and everything that it names, as it goes over the wire.
fn first_looks(runtime: &tokio::runtime::Runtime, client: &Client, address: SocketAddr) {
    println!("\nThe first look at each page, with everything that it loads (limit: {} kB)", FIRST_LOOK / 1000);
    let roles = ["watch", "analyst", "disclosure", "treaty", "auditor"];
    let desk = Visitor::with_roles(runtime, client, address, "desk", "SECRET", &roles);
    let admin = Visitor::with_roles(runtime, client, address, "admin", "UNCLASSIFIED", &["admin"]);
    let mut sizes = Vec::new();
    let mut left = Vec::new();
    for line in ALL_PAGES.lines().filter_map(|line| line.strip_prefix("GET")) {
        let path = line.trim().split("  ").next().unwrap();
        let shown = path.replace("{originator}/{id}", "KOR/C-1").replace("/node/people/{name}", "/node/people/desk");
        let shown = shown.replace("/agreements/{id}", "/agreements/jp-kr-gsomia-2016");
        if path.starts_with("/assets/") || path.ends_with("/content") {
            continue;
        }
        let mut found = [&desk, &admin].into_iter().map(|one| (one, one.ask("GET", &shown, None)));
        let Some((visitor, (_, body))) = found.find(|(_, (status, _))| *status == 200) else {
            left.push(path);
            continue;
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        let linked = text.split("=\"/assets/").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
        let files: std::collections::BTreeSet<&str> = linked.collect();
        let loaded: usize = files
            .iter()
            .map(|file| {
                let (status, body) = visitor.ask("GET", &format!("/assets/{file}"), None);
                assert_eq!(status, 200, "{file}");
                body.len()
            })
            .sum();
        sizes.push((body.len() + loaded, body.len(), shown));
    }
    sizes.sort_by(|one, other| other.cmp(one));
    for (all, page, path) in &sizes {
        let mark = if *all > FIRST_LOOK { "  OVER" } else { "" };
        println!("  {path:<60} {all:>9} bytes, of which {page:>7} are the page{mark}");
    }
    println!("  {} pages; not measured, for they need something to show: {}", sizes.len(), left.join(" "));
}

/// Many pages that listen while records enter: what comes, how late, and what is lost.
async fn listen(client: &Client, address: SocketAddr, cookie: &str) {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
    println!("\n{LISTENERS} pages that listen, {HEARD} records (limit: none lost)");
    let mut streams = Vec::new();
    for _ in 0..LISTENERS {
        // One after the other: of too many that have not shown yet who they are, the node sends the oldest away.
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: __Host-entente={cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = tokio::io::BufReader::new(stream).lines();
        while lines.next_line().await.unwrap().is_some_and(|line| line != "event: listening") {}
        streams.push(lines);
    }
    let start = Instant::now();
    let listeners: Vec<_> = streams
        .into_iter()
        .map(|mut lines| {
            tokio::spawn(async move {
                let mut at = Vec::new();
                let wait = Duration::from_secs(30);
                while at.len() < HEARD {
                    match tokio::time::timeout(wait, lines.next_line()).await {
                        Ok(Ok(Some(line))) if line == "event: entered" => at.push(start.elapsed()),
                        Ok(Ok(Some(_))) => {}
                        _ => break,
                    }
                }
                at
            })
        })
        .collect();
    let mut entered = Vec::new();
    for number in 0..HEARD {
        let _: Value = client.post("/records", &draft(&format!("L-{number}"), "SECRET", number as u64)).await.unwrap();
        entered.push(start.elapsed());
    }
    let mut late = Vec::new();
    for listener in listeners {
        let heard = listener.await.unwrap();
        // An event may come before the answer to what it tells of.
        late.extend(heard.iter().zip(&entered).map(|(at, entered)| at.saturating_sub(*entered).as_secs_f64()));
    }
    let lost = LISTENERS * HEARD - late.len();
    let (p50, p99) = match late.is_empty() {
        true => (f64::NAN, f64::NAN),
        false => (percentile(&late, 50), percentile(&late, 99)),
    };
    println!(
        "  {} events heard, {lost} lost; behind the answer to whoever entered: p50 {:.1} ms, p99 {:.1} ms",
        late.len(),
        p50 * 1e3,
        p99 * 1e3
    );
}

/// The time of which `of_hundred` in a hundred are no longer.
fn percentile(times: &[f64], of_hundred: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * of_hundred / 100).min(sorted.len() - 1)]
}

/// Somebody with a browser.
struct Visitor {
    address: SocketAddr,
    cookie: String,
}

impl Visitor {
    /// Adds the account and signs in.
    fn of(
        runtime: &tokio::runtime::Runtime,
        client: &Client,
        address: SocketAddr,
        name: &str,
        clearance: &str,
    ) -> Self {
        Self::with_roles(runtime, client, address, name, clearance, &["analyst"])
    }

    fn with_roles(
        runtime: &tokio::runtime::Runtime,
        client: &Client,
        address: SocketAddr,
        name: &str,
        clearance: &str,
        roles: &[&str],
    ) -> Self {
        let rights = RightsRequest {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            clearance: clearance.to_owned(),
            subjects: vec!["*".to_owned()],
            nationality: None,
            official_duty: true,
            external: None,
        };
        let add = AddUserRequest { name: name.to_owned(), rights, password: Some(PASSWORD.to_owned()) };
        let _: InvitedView = runtime.block_on(client.post("/users", &add)).unwrap();
        let mut visitor = Self { address, cookie: String::new() };
        visitor.begin("/api/v1/session", &json!({ "name": name, "password": PASSWORD }));
        let (_, body) = visitor.ask("POST", "/api/v1/me/totp", Some("null"));
        let secret = serde_json::from_slice::<Value>(&body).unwrap()["secret"].as_str().unwrap().to_owned();
        visitor.begin("/api/v1/me/totp/confirm", &json!({ "secret": secret, "code": code(&secret) }));
        visitor
    }

    /// Sends what gives a new session.
    fn begin(&mut self, path: &str, body: &Value) {
        let (head, status, body) = self.exchange("POST", path, Some(&body.to_string()));
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        let cookie = head.iter().find_map(|line| line.strip_prefix("set-cookie: __Host-entente="));
        self.cookie = cookie.and_then(|rest| rest.split(';').next()).unwrap().to_owned();
    }

    fn ask(&self, method: &str, path: &str, body: Option<&str>) -> (u16, Vec<u8>) {
        let (_, status, body) = self.exchange(method, path, body);
        (status, body)
    }

    /// As many records as are wanted: of a page that came short, the next ones too, for it is a page of so many that is promised.
    fn gather(&self, path: &str, wanted: usize) -> usize {
        let (mut found, mut after) = (0, String::new());
        loop {
            let (status, body) = self.ask("GET", &format!("{path}{after}"), None);
            assert_eq!(status, 200, "{path}");
            if !path.starts_with("/api") {
                return String::from_utf8_lossy(&body).matches("data-row").count();
            }
            let page: Value = serde_json::from_slice(&body).unwrap();
            found += page["records"].as_array().unwrap().len();
            match page["next"].as_str().filter(|_| found < wanted) {
                Some(next) => after = format!("&after={next}"),
                None => return found,
            }
        }
    }

    /// On a connection of its own, as the first request of a page is.
    fn exchange(&self, method: &str, path: &str, body: Option<&str>) -> (Vec<String>, u16, Vec<u8>) {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        let body = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nAccept: {}\r\nCookie: __Host-entente={}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            if path.starts_with("/api") { "application/json" } else { "text/html" },
            self.cookie,
            body.len(),
        );
        (&stream).write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = Vec::new();
        reader.read_to_end(&mut body).unwrap();
        (head, status, body)
    }
}

/// The code that an authenticator app shows now (RFC 6238).
fn code(secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &URL_SAFE_NO_PAD.decode(secret).unwrap());
    let step = jiff::Timestamp::now().as_second() / 30;
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let number = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
