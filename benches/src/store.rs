//! A store's transactions on each of the two engines, in turns: what keeping records that arrive costs, alone and 256 at once. On
//! PostgreSQL where `ENTENTE_TEST_POSTGRES` says where a server is; `make bench ONLY=store` starts one.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use entente_formats::wire::Disposition;
use entente_log::{Frontier, leaf_hash};
use entente_node::{Batch, Feed, Lane, Op, op::ReceivedEntry};
use entente_store::{POSTGRES, Reader, StorageKey, Store};

use crate::line;

/// How long each of them runs, in turns with the others.
const TURN: Duration = Duration::from_millis(500);
const TURNS: usize = 6;

/// One store, and what arrives there.
struct Arrivals {
    store: Store,
    folder: tempfile::TempDir,
    tree: Frontier,
    spent: Duration,
    commits: u32,
}

impl Arrivals {
    fn new(settings: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some(settings) = settings {
            std::fs::write(folder.path().join(POSTGRES), settings).unwrap();
        }
        let store = Store::open(folder.path(), &StorageKey::from_seed(&[1; 32])).unwrap();
        Self { store, folder, tree: Frontier::new(), spent: Duration::ZERO, commits: 0 }
    }

    /// A record of 1 KiB: its content, the envelope that it came in, the tree of the feed, what the ledger says of it.
    fn next(&mut self) -> Batch {
        let index = self.tree.size();
        let mut content = vec![7; 1024];
        content[..8].copy_from_slice(&index.to_be_bytes());
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&index.to_be_bytes());
        let feed = Feed { partner: "JPN".into(), lane: Lane::Routine };
        let nodes = self.tree.append(leaf_hash(&digest)).unwrap();
        let entry = ReceivedEntry::Envelope(content.clone());
        let text = format!("{{\"statement\":\"received\",\"number\":{index},\"said\":\"{}\"}}", "x".repeat(300));
        vec![
            Op::Body { digest, content },
            Op::Received {
                feed,
                index,
                leaf: digest,
                entry,
                disposition: Disposition::Accepted,
                reason: None,
                about: Some(("JPN".into(), format!("J-{index}").into())),
                at: 1,
                nodes,
            },
            Op::Statement { index, text, opening: String::new() },
        ]
    }

    /// Commits of that many records for one turn.
    fn turn(&mut self, records: usize) {
        let began = Instant::now();
        while began.elapsed() < TURN {
            let batches: Vec<Batch> = (0..records).map(|_| self.next()).collect();
            let start = Instant::now();
            self.store.commit(&batches).unwrap();
            self.spent += start.elapsed();
            self.commits += 1;
        }
    }

    fn rate(&mut self) -> f64 {
        let rate = f64::from(std::mem::take(&mut self.commits)) / std::mem::take(&mut self.spent).as_secs_f64();
        self.store.make_ready().unwrap();
        rate
    }
}

/// How many times a second a new reader opens and reads one row.
fn reads(folder: &Path) -> f64 {
    crate::per_second(|| {
        let reader = Reader::of_folder(folder).unwrap();
        assert!(reader.node("in/JPN/routine", 0, 0).unwrap().is_some());
    })
}

/// The file that names a schema of its own on the server.
fn settings(words: &str) -> String {
    let mut text = format!("schema = \"bench_{}\"\n", std::process::id());
    for (name, value) in words.split_whitespace().filter_map(|word| word.split_once('=')) {
        let name = if name == "dbname" { "database" } else { name };
        text.push_str(&if name == "port" { format!("port = {value}\n") } else { format!("{name} = \"{value}\"\n") });
    }
    text
}

pub(crate) fn run() {
    println!("\nKeeping what arrives: content, envelope, tree and statement of 1 KiB records; synced");
    let mut sites = vec![("SQLite", Arrivals::new(None))];
    match std::env::var("ENTENTE_TEST_POSTGRES") {
        Ok(words) => sites.push(("PostgreSQL", Arrivals::new(Some(settings(&words))))),
        Err(_) => println!("  no PostgreSQL server: `make bench ONLY=store` starts one"),
    }
    for records in [1, 16, 256] {
        for _ in 0..TURNS {
            sites.iter_mut().for_each(|(_, site)| site.turn(records));
        }
        let mut first = None;
        for (name, site) in &mut sites {
            let rate = site.rate();
            line(&format!("commits of {records} on {name}"), rate, first.map(|first| ("SQLite", first)));
            first = first.or(Some(rate));
        }
    }
    let mut first = None;
    for (name, site) in &sites {
        let rate = reads(site.folder.path());
        line(&format!("readers opened, one row each, on {name}"), rate, first.map(|first| ("SQLite", first)));
        first = first.or(Some(rate));
    }
}
