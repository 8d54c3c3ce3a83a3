//! How two real nodes find one another, wait for one another, and go on.
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
    net::TcpListener,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use site::{LABEL, Site, asked, eventually, expect, json, release, run, two};

fn give(kor: &Site, parent: &Path, id: &str) {
    let file = parent.join(id);
    fs::write(&file, format!("content of {id}")).unwrap();
    assert!(release(kor, &file, id, "JPN", LABEL).status.success());
}

fn has(jpn: &Site, id: &str) -> bool {
    json(jpn, &["inbox"]).iter().any(|record| record["id"] == id)
}

#[test]
fn a_partner_is_reached_at_whichever_of_its_addresses_answers() {
    let parent = tempfile::tempdir().unwrap();
    // One where nobody listens, and one that takes connections and never answers.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_at = mute.local_addr().unwrap().to_string();
    let mut jpn = Site::reached_at(parent.path(), "JPN", &[&gone, &mute_at]);
    let mut kor = Site::new(parent.path(), "KOR");
    jpn.start();
    kor.start();
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    give(&kor, parent.path(), "K-1");
    eventually("K-1 arrives", || has(&jpn, "K-1"));
    // After that the address that answered is tried first: the mute one costs no more time.
    jpn.stop();
    jpn.start();
    let start = Instant::now();
    give(&kor, parent.path(), "K-2");
    eventually("K-2 arrives", || has(&jpn, "K-2"));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn what_has_expired_before_it_left_is_withdrawn() {
    let (parent, mut jpn, kor) = two();
    jpn.kill();
    let file = parent.path().join("K-1");
    fs::write(&file, "of use for a second").unwrap();
    let soon = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 1).unwrap().to_string();
    let (path, config) = (file.display().to_string(), kor.config());
    let common = ["--label", LABEL, "--to", "JPN", "--purpose", "missile-warning", "--subject", "dprk-missile"];
    let arguments = ["release", &path, "--id", "K-1", "--expires", &soon, "--config", &config];
    assert!(run(&[&arguments[..], &common].concat()).status.success());
    give(&kor, parent.path(), "K-2");
    sleep(Duration::from_millis(1100));
    jpn.start();
    eventually("K-2 arrives", || has(&jpn, "K-2"));
    assert!(!has(&jpn, "K-1"));
    let states: Vec<Value> = json(&kor, &["outbox"]).iter().map(|entry| entry["state"].clone()).collect();
    assert!(states.contains(&json!("withdrawn")) && states.contains(&json!("accepted")), "{states:?}");
}

#[test]
fn who_was_away_is_sent_what_waits_as_soon_as_it_is_back_and_an_idle_connection_is_opened_again() {
    let (parent, mut jpn, kor) = two();
    give(&kor, parent.path(), "K-1");
    eventually("K-1 arrives", || has(&jpn, "K-1"));
    jpn.kill();
    give(&kor, parent.path(), "K-2");
    // By now KOR waits for many seconds between two tries.
    sleep(Duration::from_secs(10));
    let links = json(&kor, &["status"])[0]["links"].clone();
    assert!(links.as_array().unwrap().iter().any(|link| link["state"] == "away"), "{links}");
    jpn.start();
    let start = Instant::now();
    eventually("K-2 arrives", || has(&jpn, "K-2"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // The partner stops and starts while nothing is on its way: the next release finds a dead connection and opens another.
    assert_eq!(jpn.stop(), Some(0));
    jpn.start();
    let start = Instant::now();
    give(&kor, parent.path(), "K-3");
    eventually("K-3 arrives", || has(&jpn, "K-3"));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(asked(&kor, &["log", "verify"]).contains("ok"));
}
