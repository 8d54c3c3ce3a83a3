//! A disk that is full: a small file system of memory under a node's data. Whoever asks is told; nothing of what was
//! refused is there; with room again the node goes on by itself.

use std::path::{Path, PathBuf};

use entente_server::client::ClientError;

use crate::{
    dice::Dice,
    is_root,
    nodes::{PARTIES, Site, eventually, held_once, introduce, logs_agree, loopback, release_content, settled},
    not_run, system,
};

/// Each record is this long, so that the disk is soon full.
const LENGTH: usize = 128 * 1024;

/// A file system of memory of a few megabytes. It goes when this goes.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        assert!(folder.read_dir().unwrap().next().is_none(), "a new node has no data");
        system(&format!("mount -t tmpfs -o size=12m,mode=700 tmpfs '{}'", folder.display()));
        Self(folder.to_owned())
    }

    fn make_room(&self) {
        system(&format!("mount -o remount,size=200m '{}'", self.0.display()));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a process that was just killed may have it open for another moment.
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// Releases until it is refused; the ids that were acknowledged, the one that was not, and what was said.
async fn fill(site: &Site, to: &str, series: &str) -> (Vec<String>, String, ClientError) {
    let mut acknowledged = Vec::new();
    for number in 0..10_000 {
        let id = format!("{series}-{number}");
        match send(site, to, &id).await {
            Ok(()) => acknowledged.push(id),
            Err(error) => return (acknowledged, id, error),
        }
    }
    panic!("the disk never was full")
}

async fn send(site: &Site, to: &str, id: &str) -> Result<(), ClientError> {
    release_content(&site.client, site.code, to, id, false, &[7; LENGTH]).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts: `make test-faults`"]
async fn a_full_disk_refuses_cleanly_and_goes_on() {
    if !is_root() {
        return not_run("disk full", "needs root, to mount a small file system of memory");
    }
    let parent = tempfile::tempdir().unwrap();
    let addresses = loopback(&mut Dice::of_this_run());
    let site = |code, address| Site::new(parent.path(), code, address).with_quick_ledger();
    let made = PARTIES.iter().zip(&addresses).map(|((code, _), address)| site(code, address));
    // USA's disk and KOR's are small; that of JPN is not. Before the sites, so that they outlive their processes.
    let disks = ["USA", "KOR"].map(|code| (code, parent.path().join(code).join("data")));
    let mut sites: Vec<Site> = made.collect();
    let [usa_disk, kor_disk] = disks.map(|(_, folder)| SmallDisk::at(&folder));
    introduce(&mut sites).await;
    let [usa, jpn, kor] = sites.as_slice() else { unreachable!() };

    // A sender whose disk fills up.
    let (acknowledged, refused, error) = fill(kor, "JPN", "K").await;
    assert!(matches!(&error, ClientError::Refused(_)), "{error:?}");
    assert_eq!(error.to_string(), "the disk is full: nothing of this was kept; free some space and try again");
    println!("disk full: KOR took {} records, and refused {refused}: {error}", acknowledged.len());
    // In the store, without asking the node: a question that meets a write that fails in the same turn is refused with it.
    let kept = kor.reader().digests(&refused).unwrap();
    assert!(kept.is_empty(), "half of {refused} was kept");
    kor_disk.make_room();
    send(kor, "JPN", &refused).await.unwrap();

    // A recipient whose disk fills up: what it cannot keep waits at the sender.
    let waiting: Vec<String> = (0..150).map(|number| format!("J-{number}")).collect();
    for id in &waiting {
        send(jpn, "USA", id).await.unwrap();
    }
    eventually("the disk of USA is full", async || usa.log().contains("the disk is full")).await;
    let held = usa.reader().records().unwrap().len();
    assert!(held < waiting.len(), "{held} of {}", waiting.len());
    println!("  USA holds {held} of {} and has no room for more; the rest waits at JPN", waiting.len());
    usa_disk.make_room();
    let after = settled(&sites).await;
    println!("  with room again: all receipted {:.1} s later", after.as_secs_f64());

    let mut expected = acknowledged;
    expected.push(refused);
    expected.sort_unstable();
    assert_eq!(held_once(kor, jpn).await, expected);
    let mut expected = waiting;
    expected.sort_unstable();
    assert_eq!(held_once(jpn, usa).await, expected);
    logs_agree(parent.path(), &mut sites).await;
    println!("  each held exactly once; all logs verify, no alarm");
}
