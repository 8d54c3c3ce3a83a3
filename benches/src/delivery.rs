//! From a release to the partner's receipt, between two nodes on loopback, both durable.

use std::{
    fs::File,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_node::{Feed, Lane};
use entente_server::{
    Config,
    api::{AddParty, DraftRequest, PartyView, ReleaseRequest, Released},
    client::Client,
    init::{self, NewNode},
    serve,
};
use entente_store::Reader;

const SINGLE: usize = 300;
const MANY: usize = 3000;
const IN_FLIGHT: usize = 16;

pub(crate) fn run() {
    println!("\nDelivery, two nodes on loopback, 1 KiB records, both stores synced");
    let folder = tempfile::tempdir().unwrap();
    let sync = fdatasync(folder.path());
    println!("  {:<44} {:>9.2} ms", "fdatasync on this disk, median", millis(sync));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(folder.path(), sync));
    runtime.shutdown_timeout(Duration::from_secs(1));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn fdatasync(folder: &Path) -> Duration {
    let mut file = File::create(folder.join("sync")).unwrap();
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[0; 4096]).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    median(&mut times)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

struct Node {
    folder: PathBuf,
    client: Client,
}

fn node(parent: &Path, code: &str) -> (Node, Config, PathBuf) {
    let folder = parent.join(code);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/northeast-asia");
    let made = init::init(
        &NewNode {
            folder: folder.clone(),
            party: code.to_owned(),
            name: code.to_owned(),
            listen: address.clone(),
            addresses: vec![address],
            agreements: vec![example.join("agreements/jp-kr-gsomia-2016.toml")],
            national: Some(example.join(format!("national/{code}.toml"))),
        },
        jiff::Timestamp::now(),
    );
    let made = made.unwrap();
    let config = Config::read(&made.config).unwrap();
    (Node { folder, client: Client::new(&config.control_socket()) }, config, made.party_file)
}

async fn measure(folder: &Path, sync: Duration) {
    let made = ["KOR", "JPN"].map(|code| node(folder, code));
    let mut nodes = Vec::new();
    let mut files = Vec::new();
    for (node, config, file) in made {
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let own = file.clone();
        tokio::spawn(async move {
            serve::serve(config, own, |_| ready.send(()).unwrap(), std::future::pending()).await.unwrap();
        });
        is_ready.await.unwrap();
        nodes.push(node);
        files.push(std::fs::read_to_string(file).unwrap());
    }
    for node in &nodes {
        for note in &files {
            let _: PartyView = node.client.post("/parties", &AddParty { note: note.clone() }).await.unwrap();
        }
    }
    let sender = nodes.first().unwrap();
    let reader = Reader::of_folder(&sender.folder.join("data")).unwrap();
    let feed = Feed { partner: "JPN".into(), lane: Lane::Routine };
    let receipted = || reader.receipts(&feed).unwrap().last().map_or(0, |receipt| receipt.size);

    let mut released = Vec::new();
    let mut delivered = Vec::new();
    for number in 0..SINGLE {
        let start = Instant::now();
        release(&sender.client, &format!("A-{number}")).await;
        released.push(start.elapsed());
        while receipted() <= u64::try_from(number).unwrap() {
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        delivered.push(start.elapsed());
    }
    let (released, delivered) = (median(&mut released), median(&mut delivered));
    let ratio = |time: Duration| time.as_secs_f64() / sync.as_secs_f64();
    let show = |what: &str, time: Duration| {
        println!("  {what:<44} {:>9.2} ms   {:.1} times fdatasync", millis(time), ratio(time));
    };
    show("one at a time: release answered, median", released);
    show("one at a time: receipt on file, median", delivered);

    let before = receipted();
    let start = Instant::now();
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|task| {
            let client = sender.client.clone();
            tokio::spawn(async move {
                for number in 0..MANY / IN_FLIGHT {
                    release(&client, &format!("B-{task}-{number}")).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let answered = start.elapsed();
    let all = before + u64::try_from(MANY / IN_FLIGHT * IN_FLIGHT).unwrap();
    while receipted() < all {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let rate = |time: Duration| f64::from(u32::try_from(all - before).unwrap()) / time.as_secs_f64();
    println!("  {:<44} {:>9.0} /s", format!("{IN_FLIGHT} at a time: releases answered"), rate(answered));
    println!("  {:<44} {:>9.0} /s", format!("{IN_FLIGHT} at a time: receipts on file"), rate(start.elapsed()));
}

async fn release(client: &Client, id: &str) {
    let request = ReleaseRequest {
        record: None,
        draft: Some(DraftRequest {
            id: Some(id.to_owned()),
            label: "//KOR SECRET//REL TO USA, JPN, KOR".to_owned(),
            subjects: vec!["dprk-missile".to_owned()],
            status: "test".to_owned(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            title: "track".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            content: STANDARD.encode([7; 1024]),
            versions: Vec::new(),
        }),
        to: vec!["JPN".to_owned()],
        purpose: "missile-warning".to_owned(),
        channel: "government-to-government".to_owned(),
        under: None,
        precedence: "ROUTINE".to_owned(),
        expires: None,
    };
    let released: Released = client.post("/releases", &request).await.unwrap();
    let sequenced = released.recipients.iter().all(|recipient| recipient.outcome == "sequenced");
    assert!(sequenced, "{released:?}");
}
