//! A node as its administrators see it: metrics, health, log, stop.
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
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

use serde_json::Value;
use site::{LABEL, Site, asked, eventually, expect, json, release, run, two};

/// The status line and the body of an answer.
fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

fn monitor(site: &Site, address: &str) {
    let path = site.folder.join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n[monitor]\nlisten = \"{address}\"\n")).unwrap();
}

/// Everything in the key folder, as text and as hex.
fn secrets(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files
        .flat_map(|bytes| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = String::from_utf8(bytes).unwrap_or_default();
            text.lines().map(str::to_owned).chain([hex]).collect::<Vec<_>>()
        })
        .filter(|line| line.len() >= 32 && !line.starts_with("-----"))
        .collect()
}

#[test]
fn a_node_shows_how_it_is_and_says_nothing_of_what_it_holds() {
    let (parent, jpn, mut kor) = two();
    let log = parent.path().join("kor.log");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    kor.kill();
    monitor(&kor, &address);
    kor.start_logged(&log);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&address, path), ("HTTP/1.1 200 OK".to_owned(), "ok\n".to_owned()), "{path}");
    }

    let file = parent.path().join("title-of-it.txt");
    fs::write(&file, "the words inside").unwrap();
    let (file, config) = (file.display().to_string(), kor.config());
    let arguments = ["release", &file, "--label", LABEL, "--to", "JPN", "--purpose", "missile-warning"];
    expect(0, &[&arguments[..], &["--subject", "dprk-missile", "--id", "SECRET-ID-7", "--config", &config]].concat());
    let receipted =
        || get(&address, "/metrics").1.contains("entente_feed_receipted{partner=\"JPN\",lane=\"routine\"} 1\n");
    eventually("the receipt is counted", receipted);
    let (_, metrics) = get(&address, "/metrics");
    assert!(metrics.contains("entente_link_up{partner=\"JPN\",lane=\"routine\"} 1\n"), "{metrics}");
    asked(&kor, &["quarantine", "retry", "--all"]);
    assert_eq!(run(&["inbox", "import", &file, "--config", &config]).status.code(), Some(0));

    let status = &json(&kor, &["status"])[0];
    assert_eq!((&status["links"][0]["partner"], &status["links"][1]["state"]), (&"JPN".into(), &"up".into()));
    assert!(status["links"][1]["clock_ahead"].as_i64().unwrap().abs() < 30, "{status}");
    let said = asked(&kor, &["status"]);
    assert!(said.contains("up since") && said.contains("ledger  "), "{said}");
    // JPN goes away: that is logged, with the reason.
    drop(jpn);
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    eventually("it is away", || asked(&kor, &["status"]).contains("away since"));

    assert_eq!(kor.stop(), Some(0));
    let log = fs::read_to_string(log).unwrap();
    let messages: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(messages.iter().any(|line| line["message"] == "stopped"), "{log}");
    for word in ["SECRET-ID-7", "title-of-it", "the words inside", "KOR SECRET", "dprk-missile", "missile-warning"] {
        assert!(!log.contains(word), "`{word}` is in the log:\n{log}");
        assert!(!metrics.contains(word), "`{word}` is in the metrics:\n{metrics}");
    }
    let secrets = secrets(&kor.folder.join("keys"));
    assert!(secrets.len() > 5, "the keys are looked for");
    assert!(!secrets.iter().any(|secret| log.contains(secret)), "a key is in the log");
}

#[test]
fn a_stop_keeps_what_has_come_in() {
    let (_parent, mut jpn, mut kor) = two();
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    for site in [&mut jpn, &mut kor] {
        assert_eq!(site.stop(), Some(0));
    }
    kor.start();
    assert!(asked(&kor, &["agreement", "acts", "jp-kr-gsomia-2016"]).contains("suspended"));
}

#[test]
fn what_is_held_enters_by_itself_when_its_text_is_there() {
    let (parent, mut jpn, kor) = two();
    let (text, away) = (jpn.folder.join("agreements/jp-kr-gsomia-2016.toml"), parent.path().join("away.toml"));
    jpn.kill();
    fs::rename(&text, &away).unwrap();
    jpn.start();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    eventually("it is held", || json(&jpn, &["quarantine", "list"]).len() == 1);
    let held = &json(&jpn, &["quarantine", "list"])[0];
    assert_eq!((&held["disposition"], &held["lane"]), (&"held".into(), &"routine".into()));
    assert_eq!(json(&jpn, &["inbox", "--quarantine"])[0], *held, "the older name of the list");
    let (said, _) = expect(1, &["quarantine", "retry", "KOR", "routine", "0", "--config", &jpn.config()]);
    assert!(said.contains("held") && said.contains("not known here"), "{said}");
    assert!(asked(&jpn, &["status"]).contains("entries held sealed: 1, refused: 0; see `entente quarantine list`"));

    jpn.kill();
    fs::rename(&away, &text).unwrap();
    jpn.start();
    eventually("it enters", || run(&["inbox", "K-1", "--config", &jpn.config()]).status.success());
    assert!(json(&jpn, &["quarantine", "list"]).is_empty());
    for site in [&jpn, &kor] {
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn what_is_due_is_destroyed_unless_a_hold_keeps_it() {
    let (parent, mut jpn, kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "the words inside").unwrap();
    for id in ["K-1", "K-2"] {
        assert!(release(&kor, &file, id, "JPN", LABEL).status.success());
    }
    eventually("both are here", || json(&jpn, &["inbox"]).len() == 2);
    assert!(json(&jpn, &["retention", "due"]).is_empty(), "for ever without a period");
    assert_eq!(jpn.stop(), Some(0));
    let path = jpn.folder.join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n[[retention]]\ndays = 0\nfrom = [\"KOR\"]\n")).unwrap();
    jpn.start();
    asked(&jpn, &["retention", "hold", "KOR/K-2", "--note", "case 7"]);
    let due = json(&jpn, &["retention", "due"]);
    let holds: Vec<(&Value, &Value)> = due.iter().map(|due| (&due["record"], &due["on_hold"])).collect();
    assert_eq!(holds, [(&"K-1".into(), &false.into()), (&"K-2".into(), &true.into())]);

    assert_eq!(asked(&jpn, &["retention", "destroy", "--due", "--note", "schedule 4"]), "destroyed KOR/K-1\n");
    let (_, error) = expect(1, &["retention", "destroy", "K-2", "--note", "schedule 4", "--config", &jpn.config()]);
    assert!(error.contains("on legal hold, placed by operator: case 7"), "{error}");
    expect(1, &["inbox", "K-1", "--config", &jpn.config()]);
    assert!(asked(&jpn, &["inbox", "K-2", "--output", "-"]).contains("the words inside"));
    assert_eq!(json(&jpn, &["retention", "holds"])[0]["note"], "case 7");
    asked(&jpn, &["retention", "lift", "K-2", "--note", "case 7 is closed"]);
    asked(&jpn, &["retention", "destroy", "K-2", "--note", "schedule 4"]);
    assert!(json(&jpn, &["inbox"]).is_empty());
    for site in [&jpn, &kor] {
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn only_this_machine_is_told() {
    let parent = tempfile::tempdir().unwrap();
    let site = Site::new(parent.path(), "JPN");
    monitor(&site, "0.0.0.0:9464");
    let (_, error) = expect(1, &["serve", "--config", &site.config()]);
    assert!(error.contains("monitor.listen: `0.0.0.0:9464` is no loopback address"), "{error}");
}
