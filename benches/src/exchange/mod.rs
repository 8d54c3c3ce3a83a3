//! From a release to the partner's receipt, between two nodes on loopback, both durable, beside what bounds it.

mod bare;
mod memory;
pub(crate) mod nodes;

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bare::Bare;
use nodes::Sender;

use crate::{envelopes::Rates, stopwatch::Stopwatch};

/// How many are in flight, and how many are delivered so.
const LOADS: [(u32, u32); 3] = [(1, 400), (16, 3200), (128, 6400)];
/// How many syncs one record waits for: of its release, at its recipient, and of its receipt.
const SYNCS: f64 = 3.0;
/// How many urgent records are timed, without load and with it.
const URGENT: u32 = 300;
/// How many keep the routine lane busy meanwhile.
const BUSY: u32 = 16;

/// How many records wait for a partner that is away, where nobody asks for more.
const BACKLOG: u64 = 20_000;

/// Rates and latencies of one load.
struct Measured {
    rate: f64,
    /// Seconds on the processors for each, of everything in this process.
    processor: f64,
    times: Vec<Duration>,
}

impl Measured {
    fn percentile(&self, of_hundred: usize) -> f64 {
        let at = (self.times.len() * of_hundred / 100).min(self.times.len() - 1);
        self.times[at].as_secs_f64() * 1000.0
    }
}

/// `rates`: what cryptography alone allows, as measured in this run.
pub(crate) fn run(rates: Rates) {
    println!("\nExchange, two nodes on loopback, 1 KiB records, both stores synced");
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(folder.path(), rates));
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// The memory of a node alone, with so many records waiting.
pub(crate) fn backlog(count: Option<u64>) {
    println!("\nMemory of a node, records of 1 KiB for a partner that is away");
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(memory::run(folder.path(), count.unwrap_or(1_000_000)));
}

async fn measure(folder: &Path, rates: Rates) {
    let Rates { sealing, both_ends } = rates;
    let synced = syncs(folder);
    println!("  {:<44} {synced:>8.0} /s", "fdatasync of 4 KiB on this disk");
    println!("  {:<44} {sealing:>8.0} /s", "sealing alone, one thread, one encapsulation");
    let cores = std::thread::available_parallelism().unwrap().get() as f64;
    println!("  {:<44} {:>8.0} us on a processor", "all cryptography of a record, both ends", both_ends * 1e6);
    let sub = |name: &str| {
        let path = folder.join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let bare_folder = sub("bare");
    let [(_, from), (_, to)] = ["KOR", "JPN"].map(|code| nodes::make(&bare_folder, code));
    let bare = Bare::start(&bare_folder, [&from, &to]).await;
    let sender = Sender::start(&sub("nodes")).await;
    for (in_flight, count) in LOADS {
        let (without, with) = (bare.clone(), sender.clone());
        let floor = load(in_flight, count, move |_| {
            let bare = without.clone();
            async move { bare.deliver().await }
        })
        .await;
        let ours = load(in_flight, count, move |number| {
            let sender = with.clone();
            async move { sender.deliver(&format!("A-{in_flight}-{number}"), false).await }
        })
        .await;
        let show = |what: &str, measured: &Measured| {
            let (half, most) = (measured.percentile(50), measured.percentile(99));
            let (rate, processor) = (measured.rate, measured.processor * 1e6);
            println!(
                "  {what:<44} {rate:>8.0} /s   p50 {half:.2} ms, p99 {most:.2} ms; {processor:.0} us on a processor"
            );
        };
        show(&format!("{in_flight} in flight: bare HTTP/2, mutual TLS, two commits"), &floor);
        show(&format!("{in_flight} in flight: from release to receipt"), &ours);
        let beside = |rate: f64, what: &str| {
            println!("  {:<44} {:>8.2} of {rate:.0} /s, {what}", "", ours.rate / rate);
        };
        beside(floor.rate, "bare");
        beside(sealing, "sealing alone, on a core that does nothing else");
        if in_flight == 1 {
            beside(synced / SYNCS, "the syncs that one record waits for, one after the other");
        }
        // Both ends, and who asks, are on this machine: whatever else is on it, there is no more than its cores.
        let carried = cores / (floor.processor + both_ends);
        beside(carried, &format!("bare and all cryptography, carried by {cores:.0} cores"));
        let most = cores / ours.processor;
        println!("  {:<44} {most:>8.0} /s would be the most that {cores:.0} cores carry of ours", "");
    }
    urgent(&sender).await;
    memory::run(&sub("memory"), BACKLOG).await;
}

/// How many small syncs the disk does in a second, of a file that does not grow, as a write-ahead log does not.
fn syncs(folder: &Path) -> f64 {
    let file = File::create(folder.join("sync")).unwrap();
    file.write_all_at(&[1; 64 * 4096], 0).unwrap();
    file.sync_all().unwrap();
    let mut at = 0;
    crate::per_second(|| {
        file.write_all_at(&[7; 4096], at % 64 * 4096).unwrap();
        file.sync_data().unwrap();
        at += 1;
    })
}

/// Does `count` of them, `in_flight` at a time.
async fn load<F>(in_flight: u32, count: u32, one: impl Fn(u32) -> F + Clone + Send + 'static) -> Measured
where
    F: Future<Output = ()> + Send,
{
    let (start, processor) = (Instant::now(), Stopwatch::of_process());
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let one = one.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in (task..count).step_by(in_flight as usize) {
                    let start = Instant::now();
                    one(number).await;
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    let processor = processor.elapsed().as_secs_f64() / f64::from(count);
    times.sort_unstable();
    Measured { rate, processor, times }
}

/// How long an urgent record takes, with nothing else to do and beside a full routine lane.
async fn urgent(sender: &Sender) {
    let timed = |series: &'static str| {
        let sender = sender.clone();
        load(1, URGENT, move |number| {
            let sender = sender.clone();
            async move { sender.deliver(&format!("{series}-{number}"), true).await }
        })
    };
    let alone = timed("U").await;
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..BUSY)
        .map(|task| {
            let (sender, stop) = (sender.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    nodes::release(&sender.client, &format!("R-{task}-{number}"), false).await;
                    number += 1;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let loaded = timed("V").await;
    stop.store(true, Ordering::Relaxed);
    for task in busy {
        task.await.unwrap();
    }
    for (what, measured) in [("urgent, nothing else to do", &alone), ("urgent, the routine lane full", &loaded)] {
        let (half, most) = (measured.percentile(50), measured.percentile(99));
        println!("  {what:<44} p50 {half:.2} ms, p99 {most:.2} ms");
    }
    println!("  {:<44} {:>8.2} times the p99 without load", "", loaded.percentile(99) / alone.percentile(99));
}
