//! `entente doctor` against real nodes: a healthy one, and one with each thing that can be wrong with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::Path,
};

use serde_json::Value;
use site::{LABEL, Site, asked, eventually, json, release, run, two};

/// The findings of an area, each with its verdict; and the exit code.
fn examined(site: &Site, area: &str) -> (Vec<(String, String)>, i32) {
    let output = run(&["doctor", "--json", "--config", &site.config()]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = String::from_utf8(output.stdout).unwrap();
    let findings = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = findings.filter(|finding| finding["area"] == area);
    (found.map(|finding| (text(&finding["verdict"]), text(&finding["found"]))).collect(), output.status.code().unwrap())
}

#[track_caller]
fn assert_found(site: &Site, code: i32, area: &str, verdict: &str, words: &str) {
    let (findings, exit) = examined(site, area);
    let is_there = findings.iter().any(|(word, found)| word == verdict && found.contains(words));
    assert!(is_there, "no {verdict} with `{words}`: {findings:?}");
    assert_eq!(exit, code, "{findings:?}");
}

#[test]
fn a_node_in_order_has_nothing_wrong() {
    let (parent, jpn, mut kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    eventually("it is receipted", || json(&kor, &["outbox"]).iter().any(|entry| entry["state"] == "accepted"));
    assert_found(&kor, 0, "back-up", "warning", "none was made");
    asked(&kor, &["backup", &parent.path().join("copy").display().to_string()]);
    assert_found(&kor, 0, "back-up", "ok", "the last one is of 2");
    for (area, words) in [
        ("configuration", "1 agreement configured"),
        ("keys", "all there"),
        ("party file", "serial 1"),
        ("store", "every page"),
        ("logs", "verified"),
        ("disk", "MiB free"),
        ("node", "answers for KOR"),
        ("people", "nothing waits"),
    ] {
        assert_found(&kor, 0, area, "ok", words);
    }
    let quick = asked(&kor, &["doctor", "--quick"]);
    assert!(quick.contains("not verified (--quick)") && quick.contains("nothing is wrong"), "{quick}");

    drop(jpn);
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    eventually("it is away", || asked(&kor, &["status"]).contains("away since"));
    assert_found(&kor, 0, "partners", "warning", "JPN is away in the urgent lane since");
    kor.kill();
    assert_found(&kor, 0, "node", "warning", "not running");
}

#[test]
fn what_is_wrong_is_found_and_named() {
    let parent = tempfile::tempdir().unwrap();
    let mut site = Site::new(parent.path(), "KOR");
    assert_found(&site, 0, "store", "skipped", "never started");
    site.start();
    assert_found(&site, 0, "partners", "warning", "knows none");
    site.kill();

    let keys = site.folder.join("keys");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&keys.join("signing.key"), 0o644);
    assert_found(&site, 1, "keys", "wrong", "can be read by others (mode 644)");
    mode(&keys.join("signing.key"), 0o600);
    mode(&keys, 0o755);
    assert_found(&site, 0, "keys", "warning", "open to others (mode 755)");
    mode(&keys, 0o700);

    // Another key than the one that partners were told.
    let (log, receipt) = (fs::read(keys.join("log.key")).unwrap(), fs::read(keys.join("receipt.key")).unwrap());
    fs::write(keys.join("log.key"), &receipt).unwrap();
    assert_found(&site, 1, "keys", "wrong", "the `log` key");
    fs::write(keys.join("log.key"), &log).unwrap();
    let storage = fs::read(keys.join("storage.key")).unwrap();
    fs::write(keys.join("storage.key"), &receipt).unwrap();
    assert_found(&site, 1, "store", "wrong", "another storage key");
    fs::write(keys.join("storage.key"), &storage).unwrap();

    let own = site.folder.join("KOR.party");
    let note = fs::read_to_string(&own).unwrap();
    fs::write(&own, note.replace("serial = 1", "serial = 2")).unwrap();
    assert_found(&site, 1, "party file", "wrong", "not signed by its own root key");
    fs::write(&own, &note).unwrap();

    let agreement = site.folder.join("agreements/jp-kr-gsomia-2016.toml");
    let text = fs::read_to_string(&agreement).unwrap();
    fs::write(&agreement, format!("{text}\nnonsense = ")).unwrap();
    assert_found(&site, 1, "configuration", "wrong", "jp-kr-gsomia-2016.toml");
    fs::write(&agreement, text).unwrap();

    // What a bad disk does to a page in the middle.
    let store = fs::File::options().write(true).open(site.folder.join("data/store.sqlite")).unwrap();
    let middle = store.metadata().unwrap().len() / 2 / 4096 * 4096;
    store.write_all_at(&[0xa5; 4096], middle).unwrap();
    assert_found(&site, 1, "store", "wrong", "damaged");
}
