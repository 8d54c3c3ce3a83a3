//! Two nodes in this process, on loopback, that share one agreement; and how to see that something has arrived.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_node::{Feed, Lane};
use entente_server::{
    Config,
    api::{AddParty, DraftRequest, PartyView, ReleaseRequest, Released},
    client::Client,
    init::{self, Made, NewNode},
    keys::passphrase::Source,
    serve,
};
use entente_store::Reader;
use tokio::sync::watch;

/// Makes the node of a party, which does not run yet.
pub(crate) fn make(parent: &Path, code: &str) -> (Made, Config) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/northeast-asia");
    let made = init::init(
        &NewNode {
            console: None,
            folder: parent.join(code),
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
    (made, config)
}

/// Lets the node behind `client` know these parties.
pub(crate) async fn introduce(client: &Client, party_files: &[PathBuf]) {
    for file in party_files {
        let note = std::fs::read_to_string(file).unwrap();
        let _: PartyView = client.post("/parties", &AddParty { note }).await.unwrap();
    }
}

/// KOR, which releases to JPN.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) client: Client,
    /// How many entries of each lane JPN has receipted.
    routine: watch::Receiver<u64>,
    urgent: watch::Receiver<u64>,
    /// How many wait for a receipt.
    waiting: Arc<AtomicU32>,
}

impl Sender {
    /// Starts both nodes, for as long as the runtime lives.
    pub(crate) async fn start(folder: &Path) -> Self {
        let made = ["KOR", "JPN"].map(|code| make(folder, code));
        let files = made.each_ref().map(|(made, _)| made.party_file.clone());
        let mut clients = Vec::new();
        for (made, config) in made {
            let (ready, is_ready) = tokio::sync::oneshot::channel();
            clients.push(Client::new(&config.control_socket()));
            tokio::spawn(async move {
                let ready = |_| ready.send(()).unwrap();
                serve::serve(config, made.party_file, Source::Found, ready, std::future::pending()).await.unwrap();
            });
            is_ready.await.unwrap();
        }
        for client in &clients {
            introduce(client, &files).await;
        }
        let data = folder.join("KOR/data");
        let waiting = Arc::<AtomicU32>::default();
        let [routine, urgent] = watch_receipts(&data, Arc::clone(&waiting));
        Self { client: clients.swap_remove(0), routine, urgent, waiting }
    }

    /// Releases a record of 1 KiB, and waits until its receipt is on file.
    pub(crate) async fn deliver(&self, id: &str, is_urgent: bool) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let index = release(&self.client, id, is_urgent).await;
        let mut receipted = if is_urgent { self.urgent.clone() } else { self.routine.clone() };
        receipted.wait_for(|count| *count > index).await.unwrap();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Follows the receipts in the store, routine and urgent, from a thread of its own, while somebody waits: the timers of the runtime are too
/// coarse. It looks the less often the more wait, so that looking is not what is measured.
fn watch_receipts(data: &Path, waiting: Arc<AtomicU32>) -> [watch::Receiver<u64>; 2] {
    let reader = Reader::of_folder(data).unwrap();
    let lanes = [Lane::Routine, Lane::Urgent].map(|lane| {
        let (seen, watched) = watch::channel(0);
        ((Feed { partner: "JPN".into(), lane }, seen), watched)
    });
    let [(routine, routine_watched), (urgent, urgent_watched)] = lanes;
    std::thread::spawn(move || {
        while !routine.1.is_closed() {
            if waiting.load(Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            for (feed, seen) in [&routine, &urgent] {
                let before = *seen.borrow();
                let is_receipted = |index| reader.disposition(feed, index).unwrap().is_some();
                // Receipts come in order: by steps that double, then halve.
                let (mut count, mut step) = (before, 1);
                while is_receipted(count + step - 1) {
                    count += step;
                    step *= 2;
                }
                while step > 1 {
                    step /= 2;
                    if is_receipted(count + step - 1) {
                        count += step;
                    }
                }
                if count > before {
                    seen.send_replace(count);
                }
            }
            let in_flight = u64::from(waiting.load(Ordering::Relaxed)).clamp(1, 32);
            std::thread::sleep(Duration::from_micros(50 * in_flight));
        }
    });
    [routine_watched, urgent_watched]
}

/// Releases a record of 1 KiB to JPN; its index in the feed.
pub(crate) async fn release(client: &Client, id: &str, is_urgent: bool) -> u64 {
    let request = ReleaseRequest {
        record: None,
        draft: Some(DraftRequest {
            id: Some(id.to_owned()),
            once: None,
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
        precedence: if is_urgent { "IMMEDIATE" } else { "ROUTINE" }.to_owned(),
        expires: None,
    };
    let released: Released = client.post("/releases", &request).await.unwrap();
    let index = released.recipients.first().and_then(|recipient| recipient.index);
    assert!(index.is_some(), "not sequenced: {released:?}");
    index.unwrap()
}
