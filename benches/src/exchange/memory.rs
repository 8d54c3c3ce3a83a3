//! What a node's process has in memory: idle, and with a backlog for a partner that is away.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use entente_server::client::Client;

use super::nodes::{introduce, make, release};

/// How many ask at the same time.
const ASKERS: u64 = 64;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(program: &Path, folder: &Path) -> Self {
        let mut serve = Command::new(program);
        serve.arg("serve").arg("--config").arg(folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("is ready"), "{line}");
        Self(child)
    }

    /// MiB of this process in memory, without what it has of the program's file.
    fn mebibytes(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
        };
        (field("VmRSS:"), field("RssAnon:"))
    }
}

/// `backlog`: how many records wait for the partner.
pub(super) async fn run(folder: &Path, backlog: u64) {
    // Beside this program: both are built into one folder.
    let program = std::env::current_exe().unwrap().with_file_name("entente");
    if !program.exists() {
        println!("  NOT RUN  memory: build the node beside this program: cargo build --release --bin entente");
        return;
    }
    let ((made, config), (partner, _)) = (make(folder, "KOR"), make(folder, "JPN"));
    let site = made.config.parent().unwrap();
    let client = Client::new(&config.control_socket());
    let node = Process::start(&program, site);
    introduce(&client, &[partner.party_file]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let show = |what: &str, node: &Process| {
        let (resident, own) = node.mebibytes();
        println!("  {what:<44} {resident:>8.1} MiB resident, {own:.1} MiB of it its own");
        own
    };
    let idle = show("a node, idle", &node);
    let askers: Vec<_> = (0..ASKERS)
        .map(|asker| {
            let client = client.clone();
            tokio::spawn(async move {
                for number in 0..backlog / ASKERS {
                    release(&client, &format!("M-{asker}-{number}"), false).await;
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.unwrap();
    }
    let count = backlog / ASKERS * ASKERS;
    let full = show(&format!("{count} records of 1 KiB waiting"), &node);
    drop(node);
    let node = Process::start(&program, site);
    let again = show("the same, started again", &node);
    let each = |own: f64| (own - idle) * 1024.0 * 1024.0 / count as f64;
    println!("  {:<44} {:>8.0} B, {:.0} B after a new start", "for each record that waits", each(full), each(again));
}
