//! What is acknowledged is on the disk: the system calls of a node, in their order, as strace sees them. Before the
//! answer to a release, everything that was written to the store's log has been synced, and something has been synced
//! since the answer before.

use std::path::Path;

use entente_node::{Feed, Lane};

use crate::{
    dice::Dice,
    has,
    nodes::{PARTIES, Site, introduce, loopback, release, settled},
    not_run,
};

/// How many releases, one after the other.
const RELEASES: u64 = 50;
/// The system calls that matter. SQLite writes its log with one of the first two, and syncs it with one of the next two.
const CALLS: &str = "write,pwrite64,fsync,fdatasync,writev,sendto,sendmsg";
/// What the store's log is called.
const LOG: &str = "store.sqlite-wal>";

/// What a trace shows of one node.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    /// How often the store's log was synced.
    syncs: u64,
    /// How many answers the node's people got with success, and with something asked to be kept.
    answers: u64,
    /// Answers before which nothing had been synced since the one before, or something was not synced yet.
    early: u64,
}

/// Counts in a trace of `strace -f -y`. A line that was interrupted is in two halves: a write counts from its first,
/// a sync from its last.
fn count(trace: &str) -> Counted {
    let mut counted = Counted::default();
    let (mut unsynced, mut synced_since) = (false, false);
    let mut under_way: Vec<&str> = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ').map(|(thread, call)| (thread, call.trim_start())) else {
            continue;
        };
        let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
        let resumed = call.starts_with("<... fsync resumed>") || call.starts_with("<... fdatasync resumed>");
        if is_sync && call.contains(LOG) && call.contains("<unfinished") {
            under_way.push(thread);
        } else if (is_sync && call.contains(LOG)) || (resumed && under_way.contains(&thread)) {
            under_way.retain(|other| *other != thread);
            assert!(call.ends_with("= 0"), "a sync failed: {line}");
            counted.syncs += 1;
            (unsynced, synced_since) = (false, true);
        } else if call.contains("HTTP/1.1 200") {
            counted.answers += 1;
            counted.early += u64::from(unsynced || !synced_since);
            synced_since = false;
        } else if !call.starts_with('<') && call.contains(LOG) {
            unsynced = true;
        }
    }
    counted
}

#[test]
fn an_answer_before_its_sync_would_be_noticed() {
    const WRITE: &str = r#"7 pwrite64(9</d/store.sqlite-wal>, ""..., 4096, 0) = 4096"#;
    const SYNC: &str = "7 fdatasync(9</d/store.sqlite-wal>) = 0";
    const ANSWER: &str = r#"8 writev(12<socket:[5]>, [{iov_base="HTTP/1.1 200 OK"..., iov_len=99}], 1) = 99"#;
    let halves = ["7 fdatasync(9</d/store.sqlite-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0"];
    let counted = |lines: &[&str]| {
        let Counted { syncs, answers, early } = count(&lines.join("\n"));
        (syncs, answers, early)
    };
    assert_eq!(counted(&[WRITE, SYNC, ANSWER]), (1, 1, 0));
    assert_eq!(counted(&[WRITE, halves[0], halves[1], ANSWER]), (1, 1, 0));
    assert_eq!(counted(&[WRITE, halves[0], ANSWER, halves[1]]), (1, 1, 1), "not synced yet");
    assert_eq!(counted(&[WRITE, SYNC, WRITE, ANSWER]), (1, 1, 1), "written and not synced");
    assert_eq!(counted(&[WRITE, SYNC, ANSWER, ANSWER]), (1, 2, 1), "nothing for the second");
    assert_eq!(counted(&[ANSWER]), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_was_synced() {
    let is_permitted = std::process::Command::new("strace").args(["-e", "trace=none", "true"]).output();
    if !has("strace") || !is_permitted.is_ok_and(|output| output.status.success()) {
        return not_run("syncs", "needs `strace`, permitted to trace (Debian: apt-get install strace)");
    }
    let parent = tempfile::tempdir().unwrap();
    let addresses = loopback(&mut Dice::of_this_run());
    let trace = |code: &str| parent.path().join(format!("{code}.trace"));
    let mut sites = Vec::new();
    for ((code, _), address) in PARTIES.iter().zip(&addresses) {
        let mut site = Site::new(parent.path(), code, address);
        // With -D the process is the node, and strace looks on: a kill hits the node.
        let strace = ["strace", "-D", "-f", "-y", "-s", "16", "-e", &format!("trace={CALLS}"), "-o"];
        site.wrapped = strace.map(str::to_owned).to_vec();
        site.wrapped.push(trace(code).display().to_string());
        sites.push(site);
    }
    introduce(&mut sites).await;
    settled(&sites).await;
    // With its partners away nothing but the releases makes KOR write, so that the order of its calls speaks of them.
    let [usa, jpn, kor] = sites.as_mut_slice() else { unreachable!() };
    usa.kill().await;
    jpn.kill().await;
    let before = count(&read(&trace("KOR")));
    for number in 0..RELEASES {
        release(&kor.client, "KOR", "JPN", &format!("K-{number}"), false).await.unwrap();
    }
    let after = count(&read(&trace("KOR")));
    let (answers, syncs) = (after.answers - before.answers, after.syncs - before.syncs);
    assert_eq!((answers, after.early - before.early), (RELEASES, 0), "{before:?} {after:?}");
    println!("syncs: {answers} releases acknowledged one by one, {syncs} syncs of the store, none after its answer");

    // A receipt speaks of what the recipient has synced: at least once for each receipt.
    usa.start().await;
    jpn.start().await;
    for number in RELEASES..2 * RELEASES {
        release(&kor.client, "KOR", "JPN", &format!("K-{number}"), false).await.unwrap();
    }
    settled(&sites).await;
    let [_, jpn, kor] = sites.as_slice() else { unreachable!() };
    let receipts = kor.reader().receipts(&Feed { partner: "JPN".into(), lane: Lane::Routine }).unwrap().len() as u64;
    let there = count(&read(&trace("JPN"))).syncs;
    assert!(receipts > 0 && receipts <= there, "{receipts} receipts, {there} syncs at {}", jpn.code);
    println!("  {receipts} receipts of JPN, {there} syncs of its store");
}

fn read(trace: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(trace).unwrap()).into_owned()
}
