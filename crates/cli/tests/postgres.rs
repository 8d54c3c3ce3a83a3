//! Nodes as processes, one of them on PostgreSQL. `make postgres` runs it, with a server of its own that it may stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{fs, path::Path, process::Command};

use site::{LABEL, Site, asked, eventually, expect, json, release};

/// Stops or starts the server.
fn server(verb: &str) {
    let control = std::env::var("ENTENTE_TEST_POSTGRES_CONTROL").unwrap();
    assert!(Command::new(control).arg(verb).status().unwrap().success());
}

/// The file that names the schema of a node on the server.
fn settings(parent: &Path, schema: &str) -> String {
    let words = std::env::var("ENTENTE_TEST_POSTGRES").expect("a server: `make postgres`");
    let word = |name: &str| {
        words.split_whitespace().find_map(|word| word.strip_prefix(&format!("{name}="))).unwrap_or_default().to_owned()
    };
    let [host, port, user, database] = ["host", "port", "user", "dbname"].map(word);
    let text = format!(
        "host = \"{host}\"\nuser = \"{user}\"\ndatabase = \"{database}\"\nschema = \"{schema}\"\nport = {port}\n"
    );
    let path = parent.join(format!("{schema}.toml"));
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn ids(site: &Site) -> Vec<String> {
    let mut ids: Vec<String> =
        json(site, &["inbox"]).iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// How many rows the store has, and where it is.
fn place(site: &Site) -> (u64, String) {
    let said = &json(site, &["store", "show"])[0];
    (said["rows"].as_u64().unwrap(), said["at"].as_str().unwrap().to_owned())
}

#[test]
#[ignore = "needs a PostgreSQL server: `make postgres`"]
fn a_node_lives_on_postgresql_and_comes_back() {
    let (parent, jpn, mut kor) = site::two();
    let file = parent.path().join("K.txt");
    fs::write(&file, "content\r\n").unwrap();
    let give = |from: &Site, id: &str, to: &str| {
        let output = release(from, &file, id, to, LABEL);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let arrives = |at: &Site, id: &str| eventually(id, || ids(at).iter().any(|known| known == id));
    give(&kor, "K-1", "JPN");
    arrives(&jpn, "K-1");

    let to = settings(parent.path(), "kor");
    let running = expect(1, &["store", "move", "--to", &to, "--config", &kor.config()]).1;
    assert!(running.contains("another server runs on"), "{running}");
    assert_eq!(kor.stop(), Some(0));
    let (rows, at) = place(&kor);
    assert!(at.ends_with("store.sqlite"), "{at}");
    let said = asked(&kor, &["store", "move", "--to", &to]);
    assert!(said.contains(&format!("{rows} rows, compared one by one")), "{said}");
    let (there, at) = place(&kor);
    assert_eq!(there, rows);
    assert!(at.starts_with("schema `kor` of database `entente`"), "{at}");
    kor.start();

    // Both ways.
    give(&kor, "K-2", "JPN");
    arrives(&jpn, "K-2");
    let output = release(&jpn, &file, "J-1", "KOR", "//JPN SECRET//REL TO USA, JPN, KOR");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    arrives(&kor, "J-1");

    // Killed in the middle: what was answered is there.
    for round in 0..3 {
        let id = format!("K-KILLED-{round}");
        give(&kor, &id, "JPN");
        kor.kill();
        kor.start();
        arrives(&kor, &id);
        arrives(&jpn, &id);
    }

    // The server goes: nothing is answered that is not kept, and the node does not go on by itself.
    server("stop");
    let lost = release(&kor, &file, "K-LOST", "JPN", LABEL);
    assert_ne!(lost.status.code(), Some(0));
    kor.kill();
    let refused = expect(1, &["serve", "--config", &kor.config()]).1;
    assert!(refused.contains("cannot be reached"), "{refused}");
    server("start");
    kor.start();
    give(&kor, "K-3", "JPN");
    arrives(&jpn, "K-3");
    assert!(!ids(&kor).contains(&"K-LOST".to_owned()));

    // It is looked after as any other.
    let verified = asked(&kor, &["log", "verify"]);
    assert!(verified.contains("ledger"), "{verified}");
    let found = site::run(&["doctor", "--config", &kor.config()]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(found.contains("rows of it can be read, in schema `kor`"), "{found}");
    let copy = parent.path().join("copy").display().to_string();
    asked(&kor, &["backup", &copy]);
    let has = fs::metadata(parent.path().join("copy/store.sqlite")).unwrap().len();
    assert!(has > 100_000, "{has}");

    // And back.
    let before = ids(&kor);
    assert_eq!(kor.stop(), Some(0));
    asked(&kor, &["store", "move", "--to", "sqlite"]);
    kor.start();
    assert_eq!(ids(&kor), before);
    give(&kor, "K-4", "JPN");
    arrives(&jpn, "K-4");
    asked(&kor, &["log", "verify"]);
    asked(&jpn, &["log", "verify"]);
    assert!(place(&kor).1.ends_with("store.sqlite"));

    // The back-up from there is a node again, on a file.
    let data = kor.folder.join("data");
    assert_eq!(kor.stop(), Some(0));
    fs::rename(data.join("store.sqlite"), parent.path().join("older.sqlite")).unwrap();
    asked(&kor, &["restore", &copy]);
    kor.start();
    eventually("the restored node goes on", || {
        !String::from_utf8_lossy(&site::run(&["restore", "status", "--config", &kor.config()]).stdout)
            .contains("read-only since")
    });
    arrives(&kor, "K-3");
}
