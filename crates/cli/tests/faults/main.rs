//! Real faults: three nodes as three processes, on real disks and sockets, while something is done to them that no
//! process can prevent. The simulator draws more of them, and repeats them; here nothing is simulated.
//!
//! `make test` runs the kills and the count of syncs, shortened. `make test-faults` runs all of it: it needs root, `ip`,
//! `nft` and `strace`, and says in a line that begins with `NOT RUN` what it had to leave out. `RELEASES` and `SEED` set
//! how much and what is drawn; a seed repeats what is done, not when the processes notice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, is one of the hands, and reports to whoever runs it by hand"
)]

mod dice;
mod disk;
mod kills;
mod nodes;
mod partitions;
mod syncs;

/// Says loudly what was not tried, and why: a run that leaves something out must not look like one that does not.
fn not_run(what: &str, why: &str) {
    println!("NOT RUN  {what}: {why}");
}

/// Whether this process may mount, and make network namespaces.
fn is_root() -> bool {
    let output = std::process::Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether a program can be called.
fn has(program: &str) -> bool {
    let sought = std::process::Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    sought.is_ok_and(|output| output.status.success())
}

/// Runs a command of the system that has to succeed.
fn system(command: &str) {
    let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "`{command}`: {}", String::from_utf8_lossy(&output.stderr));
}
