//! A partner that has filled its quota, as both sides see it, and what still comes in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::fs;

use site::{LABEL, Site, asked, eventually, expect, json, release, run, two};

fn add_to_config(site: &mut Site, text: &str) {
    site.kill();
    let path = site.folder.join("node.toml");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{before}\n{text}\n")).unwrap();
    site.start();
}

fn has(site: &Site, id: &str) -> bool {
    run(&["inbox", id, "--config", &site.config()]).status.success()
}

#[test]
fn who_has_filled_its_quota_waits_and_still_calls_back() {
    let (parent, mut jpn, kor) = two();
    add_to_config(&mut jpn, "[quota]\npartners_mib = { KOR = 32 }");
    // What fits into an envelope: fewer than thirty of them fit into 32 MiB.
    for number in 1..=30_u8 {
        let file = parent.path().join(format!("{number}.bin"));
        fs::write(&file, vec![number; 1024 * 1024]).unwrap();
        assert!(release(&kor, &file, &format!("K-{number}"), "JPN", LABEL).status.success());
    }
    eventually("most arrive", || has(&jpn, "K-25"));
    eventually("its people are told", || asked(&jpn, &["status"]).contains("the quota of KOR is full"));
    let told = || json(&kor, &["status"])[0]["links"][1]["why"].as_str().unwrap_or_default().to_owned();
    eventually("so are those of the other side", || told().starts_with("507 Insufficient Storage: the quota"));

    // What is small and urgent passes.
    let file = parent.path().join("warning.txt");
    fs::write(&file, "now").unwrap();
    let (file, config) = (file.display().to_string(), kor.config());
    let warning = ["release", &file, "--label", LABEL, "--to", "JPN", "--purpose", "missile-warning"];
    let urgent = ["--subject", "dprk-missile", "--id", "K-99", "--precedence", "FLASH", "--config", &config];
    expect(0, &[&warning[..], &urgent].concat());
    eventually("the warning arrives", || has(&jpn, "K-99"));

    // A new start counts what is there, and turns it away again.
    jpn.kill();
    jpn.start();
    let quota = |site: &Site| json(site, &["status"])[0]["quotas"][0].clone();
    assert!(quota(&jpn)["used"].as_u64().unwrap() > 26 * 1024 * 1024, "{}", quota(&jpn));
    eventually("it is full again", || !quota(&jpn)["full"].is_null());
    assert!(!has(&jpn, "K-30"));

    // What is called back makes room, without anybody's help.
    for number in 1..=8 {
        asked(&kor, &["recall", "issue", &format!("K-{number}")]);
    }
    eventually("the last one arrives", || has(&jpn, "K-30"));
    assert!(quota(&jpn)["full"].is_null() && !has(&jpn, "K-1"));
    for site in [&jpn, &kor] {
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn a_quota_without_room_for_a_package_is_no_quota() {
    let parent = tempfile::tempdir().unwrap();
    let site = Site::new(parent.path(), "JPN");
    let path = site.folder.join("node.toml");
    let before = fs::read_to_string(&path).unwrap();
    for (text, told) in [
        ("each_mib = 1", "quota.each_mib: `1` is less than 32"),
        ("partners_mib = { KOR = 31 }", "quota.partners_mib.KOR: `31` is less than 32"),
        ("partners_mib = { kor = 64 }", "quota.partners_mib: `kor` is no party code"),
    ] {
        fs::write(&path, format!("{before}\n[quota]\n{text}\n")).unwrap();
        let output = run(&["serve", "--config", &site.config()]);
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{said}");
    }
}
