//! How long a warning takes from the door of one node to being shown at two others, each of which has it on its disk by then:
//! alone, and with a backlog of routine records in the way to both.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_server::{
    Config,
    api::{AlertView, DraftRequest, IngestRequest, IngestedView, ReleaseRequest, Released, Status},
    client::{Client, ClientError},
    init::{self, NewNode},
    keys::passphrase::Source,
    serve,
};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::exchange::nodes::introduce;

/// How many routine records are in the way, to each of the two, unless somebody says otherwise.
const BACKLOG: usize = 50_000;
/// How many warnings are timed, without load and with it.
const WARNINGS: usize = 100;
/// How many go before these in each case, so that neither has its first connections and caches among its slowest.
const WARM_UP: usize = 10;
/// How many times as long as without load the slowest of a hundred may take.
const TOLERATED: f64 = 3.0;
/// How many releases of the backlog are under way at once.
const IN_FLIGHT: usize = 64;

/// A node that is made, and may run later.
struct Made {
    config: Config,
    party_file: PathBuf,
}

pub(crate) fn run(backlog: Option<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(folder.path(), backlog.unwrap_or(BACKLOG)));
    runtime.shutdown_background();
}

fn make(parent: &Path, code: &str) -> Made {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/northeast-asia");
    let agreement = |name: &str| example.join(format!("agreements/{name}.toml"));
    let made = init::init(
        &NewNode {
            console: None,
            folder: parent.join(code),
            party: code.to_owned(),
            name: code.to_owned(),
            listen: address.clone(),
            addresses: vec![address],
            agreements: ["jp-kr-gsomia-2016", "us-jp-gsomia-2007", "us-kr-gsomia-1987"].map(agreement).to_vec(),
            national: Some(example.join(format!("national/{code}.toml"))),
        },
        jiff::Timestamp::now(),
    );
    let made = made.unwrap();
    if code == "JPN" {
        let mut config = std::fs::File::options().append(true).open(&made.config).unwrap();
        let settings = "\n[[alerts.handling]]\nlabel = \"//JPN 特定秘密//REL TO USA, JPN, KOR\"\nsubjects = [\"dprk-missile\"]\n\
                        to = [\"*\"]\npurpose = \"missile-warning\"\n";
        config.write_all(settings.as_bytes()).unwrap();
    }
    Made { config: Config::read(&made.config).unwrap(), party_file: made.party_file }
}

/// A node that runs until it is told to stop.
struct Running {
    client: Client,
    stop: oneshot::Sender<()>,
    stopped: JoinHandle<()>,
}

impl Running {
    async fn start(made: &Made) -> Self {
        let (ready, is_ready) = oneshot::channel();
        let (stop, is_over) = oneshot::channel::<()>();
        let client = Client::new(&made.config.control_socket());
        let (config, party_file) = (made.config.clone(), made.party_file.clone());
        let stopped = tokio::spawn(async move {
            let ready = |_| ready.send(()).unwrap();
            let over = async { drop(is_over.await) };
            serve::serve(config, party_file, Source::Found, ready, over).await.unwrap();
        });
        is_ready.await.unwrap();
        Self { client, stop, stopped }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.stopped.await.unwrap();
    }
}

async fn measure(folder: &Path, backlog: usize) {
    println!("\nalerts: a warning in at JPN, shown at KOR and USA, on the disk of each by then");
    let made = ["JPN", "KOR", "USA"].map(|code| make(folder, code));
    let files = made.each_ref().map(|made| made.party_file.clone());
    let (jpn, kor, usa) =
        (Running::start(&made[0]).await, Running::start(&made[1]).await, Running::start(&made[2]).await);
    for node in [&jpn, &kor, &usa] {
        introduce(&node.client, &files).await;
    }
    let jpn = jpn.client;
    let alone = warnings(&jpn, [&kor.client, &usa.client], "A").await;
    // The two are away while the backlog grows; then they come back, and it is in the way.
    kor.stop().await;
    usa.stop().await;
    let filling = Instant::now();
    fill(&jpn, backlog).await;
    let filled = filling.elapsed();
    let before = behind(&jpn).await;
    let (kor, usa) = (Running::start(&made[1]).await, Running::start(&made[2]).await);
    while behind(&jpn).await == before {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let loaded = warnings(&jpn, [&kor.client, &usa.client], "B").await;
    let after = behind(&jpn).await;
    println!(
        "  {backlog} routine records for each, made in {:.0} s; {before} entries in the way when it began, {after} when it ended",
        filled.as_secs_f64(),
    );
    for (what, times) in [("nothing else to do", &alone), ("the backlog in the way", &loaded)] {
        let (p50, p99) = (percentile(times, 50), percentile(times, 99));
        println!("  {what:<44} p50 {:>8.1} ms   p99 {:>8.1} ms", p50 * 1e3, p99 * 1e3);
    }
    let of = |of_hundred| percentile(&loaded, of_hundred) / percentile(&alone, of_hundred);
    println!("  loaded, of unloaded in the same run          p50 {:>8.2}      p99 {:>8.2}", of(50), of(99));
    // Where nothing was in the way any more, the last of them were not under load, and the numbers say less than they seem to.
    match (after > 0, of(99) <= TOLERATED) {
        (false, _) => println!("  NOT A RESULT: the backlog was over before the warnings were; take a larger one"),
        (true, true) => println!("  held: at most {TOLERATED} times as long"),
        (true, false) => println!("  NOT HELD: more than {TOLERATED} times as long"),
    }
}

/// How many routine entries of JPN have no receipt.
async fn behind(jpn: &Client) -> u64 {
    let status: Status = jpn.get("/status").await.unwrap();
    status.feeds.iter().filter(|feed| feed.lane == "routine").map(|feed| feed.sent - feed.receipted).sum()
}

fn percentile(times: &[f64], of_hundred: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * of_hundred / 100).min(sorted.len() - 1)]
}

/// How long each of the warnings takes, in seconds, one after the other.
async fn warnings(jpn: &Client, others: [&Client; 2], name: &str) -> Vec<f64> {
    let mut times = Vec::with_capacity(WARNINGS);
    for number in 0..WARM_UP + WARNINGS {
        let request = IngestRequest {
            content: STANDARD.encode(warning(&format!("{name}-{number}"))),
            label: None,
            subjects: None,
            to: None,
        };
        let start = Instant::now();
        let got: IngestedView = jpn.post("/alerts", &request).await.unwrap();
        assert_eq!(got.recipients.iter().filter(|view| view.outcome == "sequenced").count(), 2, "{got:?}");
        let path = format!("/alerts/JPN/{}", got.record);
        tokio::join!(shown(others[0], &path), shown(others[1], &path));
        if number >= WARM_UP {
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times
}

/// Waits until a node shows the alert: it does once that is kept.
async fn shown(client: &Client, path: &str) {
    while let Err(error) = client.get::<AlertView>(path).await {
        assert!(matches!(error, ClientError::NotFound(_)), "{path}: {error}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn warning(identifier: &str) -> String {
    let now = jiff::Timestamp::now();
    let moment = |seconds: i64| {
        jiff::Timestamp::from_second(now.as_second() + seconds).unwrap().to_string().replace('Z', "-00:00")
    };
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{identifier}</identifier><sender>bench</sender>\
         <sent>{}</sent><status>Test</status><msgType>Alert</msgType><scope>Public</scope><info><category>Security</category>\
         <event>missile</event><urgency>Immediate</urgency><severity>Extreme</severity><certainty>Likely</certainty>\
         <expires>{}</expires><area><areaDesc>sea</areaDesc><circle>42,138 100</circle></area></info></alert>",
        moment(0),
        moment(3600),
    )
}

/// Releases so many routine records of 1 KiB to both.
async fn fill(jpn: &Client, count: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..count {
        if tasks.len() >= IN_FLIGHT {
            tasks.join_next().await.unwrap().unwrap();
        }
        let jpn = jpn.clone();
        tasks.spawn(async move {
            let request = ReleaseRequest {
                record: None,
                draft: Some(DraftRequest {
                    id: Some(format!("BULK-{number}")),
                    once: None,
                    label: "//JPN 特定秘密//REL TO USA, JPN, KOR".to_owned(),
                    subjects: vec!["dprk-missile".to_owned()],
                    status: "test".to_owned(),
                    distribution: Vec::new(),
                    derived_from: Vec::new(),
                    title: "track".to_owned(),
                    media_type: "application/octet-stream".to_owned(),
                    content: STANDARD.encode([7; 1024]),
                    versions: Vec::new(),
                }),
                to: vec!["KOR".to_owned(), "USA".to_owned()],
                purpose: "missile-warning".to_owned(),
                channel: "government-to-government".to_owned(),
                under: None,
                precedence: "ROUTINE".to_owned(),
                expires: None,
            };
            let released: Released = jpn.post("/releases", &request).await.unwrap();
            assert!(released.recipients.iter().all(|view| view.outcome == "sequenced"), "{released:?}");
        });
    }
    while tasks.join_next().await.is_some() {}
}
