//! Nodes as processes of the real binary, asked over their control sockets as the command line asks them.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_node::{Feed, Lane};
use entente_server::{
    api::{AddParty, DraftRequest, FeedStatus, PartyView, RecordView, ReleaseRequest, Released, Status},
    client::{Client, ClientError},
};
use entente_store::Reader;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::dice::{Dice, content};

/// How long anything may take that has to happen in the end. A sender's pauses grow to thirty seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The three parties, each with the label that its records carry.
pub(crate) const PARTIES: [(&str, &str); 3] = [
    ("USA", "SECRET//REL TO USA, JPN, KOR"),
    ("JPN", "//JPN SECRET//REL TO USA, JPN, KOR"),
    ("KOR", "//KOR SECRET//REL TO USA, JPN, KOR"),
];

const AGREEMENTS: [&str; 3] = ["jp-kr-gsomia-2016", "us-jp-gsomia-2007", "us-kr-gsomia-1987"];

fn entente() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_entente"));
    command.env_remove("ENTENTE_CONFIG").env("LC_ALL", "C");
    command
}

/// A node: its folder, and its process while there is one.
pub(crate) struct Site {
    pub(crate) code: &'static str,
    pub(crate) folder: PathBuf,
    pub(crate) client: Client,
    /// What stands in front of `entente serve` on its command line.
    pub(crate) wrapped: Vec<String>,
    child: Option<Child>,
}

impl Site {
    /// Makes a node that listens there.
    pub(crate) fn new(parent: &Path, code: &'static str, address: &str) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia");
        let folder = parent.join(code);
        let mut init = entente();
        init.args(["node", "init"]).arg(&folder).args(["--party", code, "--listen", address, "--national"]);
        init.arg(example.join(format!("national/{code}.toml"))).arg("--agreements");
        init.args(AGREEMENTS.map(|id| example.join(format!("agreements/{id}.toml"))));
        succeeded(&init.output().unwrap());
        let client = Client::new(&folder.join("data/control.sock"));
        Self { code, folder, client, wrapped: Vec::new(), child: None }
    }

    /// With intervals of a second: the ledger grows, and is witnessed, while the test runs.
    pub(crate) fn with_quick_ledger(self) -> Self {
        let config = self.folder.join("node.toml");
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains("interval_seconds = 60"), "{text}");
        fs::write(&config, text.replace("interval_seconds = 60", "interval_seconds = 1")).unwrap();
        self
    }

    /// Starts the process, and waits until it says that it is ready.
    pub(crate) async fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("node.log")).unwrap();
        let program = [&self.wrapped[..], &[env!("CARGO_BIN_EXE_entente").to_owned()]].concat();
        let mut command = Command::new(&program[0]);
        command.args(&program[1..]).args(["serve", "--config"]).arg(&self.folder);
        command.env("ENTENTE_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let is_ready = matches!(&line, Ok(Ok(Some(line))) if line.contains("is ready at"));
        assert!(is_ready, "{} does not start: {line:?}\n{}", self.code, self.log());
        self.child = Some(child);
    }

    /// `kill -9`, and what is left of the process is gone when this returns.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.unwrap();
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("node.log")).unwrap_or_default()
    }

    pub(crate) fn reader(&self) -> Reader {
        let storage = entente_server::keys::KeyFolder::at(&self.folder.join("keys")).storage().unwrap();
        Reader::of_folder(&self.folder.join("data")).unwrap().with_key(&storage).unwrap()
    }

    pub(crate) async fn status(&self) -> Status {
        self.client.get("/status").await.unwrap()
    }

    pub(crate) async fn records(&self) -> Vec<RecordView> {
        self.client.records().await.unwrap()
    }

    /// Runs a verb on this node, which has to succeed; its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        succeeded(&entente().args(arguments).arg("--config").arg(&self.folder).output().unwrap())
    }
}

fn succeeded(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Loopback addresses for the three. Not of the range that the system gives to whoever connects: a node that is down
/// must find its port again.
pub(crate) fn loopback(dice: &mut Dice) -> [String; 3] {
    PARTIES.map(|_| {
        loop {
            let address = format!("127.0.0.1:{}", 20_000 + dice.below(12_000));
            if TcpListener::bind(&address).is_ok() {
                return address;
            }
        }
    })
}

/// Starts all of them, and lets each add the party files of the others.
pub(crate) async fn introduce(sites: &mut [Site]) {
    for site in sites.iter_mut() {
        site.start().await;
    }
    for site in sites.iter() {
        for other in sites.iter().filter(|other| other.code != site.code) {
            let note = fs::read_to_string(other.folder.join(format!("{}.party", other.code))).unwrap();
            let _: PartyView = site.client.post("/parties", &AddParty { note }).await.unwrap();
        }
    }
}

/// Asks a node to release a new record, whose content is that of its id; the answer that everybody else would get.
pub(crate) async fn release(
    client: &Client,
    from: &str,
    to: &str,
    id: &str,
    is_urgent: bool,
) -> Result<(), ClientError> {
    release_content(client, from, to, id, is_urgent, &content(id)).await
}

/// The same with content of one's own.
pub(crate) async fn release_content(
    client: &Client,
    from: &str,
    to: &str,
    id: &str,
    is_urgent: bool,
    content: &[u8],
) -> Result<(), ClientError> {
    let label = PARTIES.iter().find(|(code, _)| *code == from).unwrap().1;
    let draft = DraftRequest {
        id: Some(id.to_owned()),
        once: None,
        label: label.to_owned(),
        subjects: vec!["dprk-missile".to_owned()],
        status: "test".to_owned(),
        distribution: Vec::new(),
        derived_from: Vec::new(),
        title: id.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        content: STANDARD.encode(content),
        versions: Vec::new(),
    };
    let request = ReleaseRequest {
        record: None,
        draft: Some(draft),
        to: vec![to.to_owned()],
        purpose: "missile-warning".to_owned(),
        channel: "government-to-government".to_owned(),
        under: None,
        precedence: if is_urgent { "IMMEDIATE" } else { "ROUTINE" }.to_owned(),
        expires: None,
    };
    let released: Released = client.post("/releases", &request).await?;
    assert_eq!(released.recipients[0].outcome, "sequenced", "{released:?}");
    Ok(())
}

/// Waits until it holds; how long that took.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}

/// Whether everything that `from` has for `to` is receipted.
pub(crate) async fn is_delivered(from: &Site, to: &str) -> bool {
    from.status().await.feeds.iter().filter(|feed| feed.partner == to).all(is_receipted)
}

fn is_receipted(feed: &FeedStatus) -> bool {
    feed.sent == feed.receipted
}

/// Waits until every node has receipts for everything; how long that took.
pub(crate) async fn settled(sites: &[Site]) -> Duration {
    eventually("everything is receipted", async || {
        for site in sites {
            if !site.status().await.feeds.iter().all(is_receipted) {
                return false;
            }
        }
        true
    })
    .await
}

/// What one party sequenced for another, by id, having checked that the other holds exactly the same, entry by entry,
/// and each record once with its bytes.
pub(crate) async fn held_once(from: &Site, to: &Site) -> Vec<String> {
    let mut ids = Vec::new();
    for lane in Lane::ALL {
        let feed = |partner: &Site| Feed { partner: partner.code.into(), lane };
        let sent = from.reader().outgoing(&feed(to)).unwrap();
        let received = to.reader().incoming(&feed(from), 0, usize::MAX >> 1).unwrap();
        assert_eq!(sent.len(), received.len(), "{} to {}, {lane:?}", from.code, to.code);
        for (sent, received) in sent.iter().zip(&received) {
            assert_eq!((sent.index, sent.leaf), (received.index, received.leaf), "{} to {}", from.code, to.code);
            let brought = received.record.as_ref().map(|(_, id)| id.as_str());
            if sent.record.is_some() {
                assert_eq!((sent.record.as_deref(), received.disposition.as_str()), (brought, "accepted"));
            }
            ids.extend(brought.map(str::to_owned));
        }
    }
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{} gave {} something twice", from.code, to.code);
    let mut listed: Vec<String> = to
        .records()
        .await
        .into_iter()
        .filter(|record| record.originator == from.code)
        .map(|record| record.id)
        .collect();
    listed.sort_unstable();
    assert_eq!(ids, listed, "what {} lists of {} is what arrived", to.code, from.code);
    ids
}

/// Checks that these records are held there byte for byte.
pub(crate) async fn same_bytes(from: &Site, to: &Site, ids: &[String]) {
    for id in ids {
        let held = to.client.get_bytes(&format!("/records/{}/{id}/content", from.code)).await.unwrap();
        assert_eq!(held, content(id), "{id} at {}", to.code);
    }
}

/// Checks that each log verifies, that what partners hold of each other's feeds is the same, and that nobody has an
/// alarm. The nodes are killed for it, so that all of it is read from one moment.
pub(crate) async fn logs_agree(parent: &Path, sites: &mut [Site]) {
    for site in sites.iter_mut() {
        site.kill().await;
    }
    for site in sites.iter() {
        assert_eq!(site.reader().alarms().unwrap(), [], "{}", site.code);
        fs::write(parent.join(format!("{}.jsonl", site.code)), site.run(&["log", "verify", "--json"])).unwrap();
    }
    for site in sites.iter() {
        for other in sites.iter().filter(|other| other.code != site.code) {
            let theirs = parent.join(format!("{}.jsonl", other.code)).display().to_string();
            site.run(&["log", "compare", other.code, "--with", &theirs]);
        }
    }
}
