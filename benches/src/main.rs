//! Measurements side by side in one run. See README.md here.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement reads the clock, stops at the first surprise, and prints"
)]

mod alert;
mod console;
mod decisions;
mod envelopes;
mod exchange;
mod stix;
mod stopwatch;
mod store;
mod taxii;
mod whatif;

use std::time::{Duration, Instant};

fn main() {
    println!("Entente {}, {} cores", env!("CARGO_PKG_VERSION"), std::thread::available_parallelism().unwrap());
    match std::env::args().nth(1).as_deref() {
        Some("stix") => return stix::run(),
        Some("whatif") => return whatif::run(),
        Some("exchange") => return exchange::run(envelopes::run()),
        Some("store") => return store::run(),
        Some("alert") => return alert::run(std::env::args().nth(2).map(|count| count.parse().unwrap())),
        Some("console") => return console::run(std::env::args().nth(2).map(|count| count.parse().unwrap())),
        Some("taxii") => {
            let sizes: Vec<usize> = std::env::args().skip(2).map(|size| size.parse().unwrap()).collect();
            return taxii::run(if sizes.is_empty() { &[2_000, 100_000] } else { &sizes });
        }
        // The process that `taxii` measures beside.
        Some("taxii-file") => {
            let [path, address] = [2, 3].map(|at| std::env::args().nth(at).unwrap());
            return taxii::serve(&path, &address);
        }
        Some("backlog") => return exchange::backlog(std::env::args().nth(2).map(|count| count.parse().unwrap())),
        _ => {}
    }
    decisions::run();
    stix::run();
    whatif::run();
    exchange::run(envelopes::run());
    console::run(None);
}

/// How often `work` runs in a second, over about a second, after a tenth of one to warm up.
fn per_second(mut work: impl FnMut()) -> f64 {
    let warm = Instant::now();
    while warm.elapsed() < Duration::from_millis(100) {
        work();
    }
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        work();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// A line of the table: what, how many a second, and how that compares.
fn line(what: &str, rate: f64, floor: Option<(&str, f64)>) {
    let beside = floor.map_or_else(String::new, |(name, floor)| format!("   {:.2} of {name}", rate / floor));
    println!("  {what:<44} {rate:>12.0} /s{beside}");
}
