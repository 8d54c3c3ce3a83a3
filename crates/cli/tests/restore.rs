//! Restoring real nodes: from a back-up with everything that happened since, from a copied store, and without a partner.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;
mod web;

use std::{fs, net::TcpListener, path::Path};

use serde_json::{Value, json as object};
use site::{LABEL, Site, asked, eventually, expect, json, release, two};
use web::{Console, PASSWORD, Visitor, code, now};

/// What `log verify` says that is wrong.
fn problems(site: &Site) -> Vec<String> {
    let output = site::run(&["log", "verify", "--json", "--config", &site.config()]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let logs = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    logs.flat_map(|log| log["problems"].as_array().cloned().unwrap_or_default()).map(|text| text.to_string()).collect()
}

fn restoring(site: &Site) -> Value {
    serde_json::from_str(&asked(site, &["restore", "status", "--json"])).unwrap()
}

/// Short intervals, so that a ledger grows while the test looks on.
fn quick(site: &Site) {
    let path = site.folder.join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("interval_seconds = 60"));
    fs::write(&path, text.replace("interval_seconds = 60", "interval_seconds = 1")).unwrap();
}

fn give(from: &Site, parent: &Path, id: &str, to: &str) {
    let file = parent.join(format!("{id}.txt"));
    fs::write(&file, format!("content of {id}")).unwrap();
    let label = format!("//{} SECRET//REL TO USA, JPN, KOR", if to == "JPN" { "KOR" } else { "JPN" });
    assert!(release(from, &file, id, to, &label).status.success(), "{id}");
    eventually("it is receipted", || {
        json(from, &["outbox"]).iter().any(|entry| entry["record"] == id && entry["state"] == "accepted")
    });
}

fn holds(site: &Site, id: &str) -> bool {
    json(site, &["inbox"]).iter().any(|record| record["id"] == id)
}

/// What is owed for losses: each duty's number, until when, and how it stands.
fn notices(site: &Site) -> Vec<[String; 3]> {
    let all = json(site, &["obligation", "list", "--drills"]).into_iter();
    let own = all.filter(|one| one["kind"] == "notify" && !one["incident"].is_null());
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let mut own: Vec<_> = own.map(|one| ["id", "due", "state"].map(|name| word(&one, name))).collect();
    own.sort();
    own
}

/// JPN and KOR, running with short intervals, with something given in both directions.
fn nodes() -> (tempfile::TempDir, Site, Site) {
    let (parent, mut jpn, mut kor) = two();
    for site in [&mut jpn, &mut kor] {
        site.kill();
        quick(site);
        // What was said in this second must not be in an interval that ends within it.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        site.start();
    }
    give(&kor, parent.path(), "K-1", "JPN");
    give(&jpn, parent.path(), "J-1", "KOR");
    (parent, jpn, kor)
}

#[test]
fn a_restored_node_goes_on_where_its_partners_saw_it_last() {
    let (parent, jpn, mut kor) = nodes();
    let (copy, secrets) = (parent.path().join("copy"), parent.path().join("secrets"));
    let (copy, secrets) = (copy.display().to_string(), secrets.display().to_string());
    asked(&kor, &["backup", &copy, "--erasure-keys", &secrets]);

    // Since then: something given in each direction, and one record called back by each side.
    give(&kor, parent.path(), "K-2", "JPN");
    give(&jpn, parent.path(), "J-2", "KOR");
    asked(&jpn, &["recall", "issue", "J-1"]);
    asked(&kor, &["recall", "issue", "K-1"]);
    eventually("the recall is known", || !holds(&kor, "J-1") && !holds(&jpn, "K-1"));
    let witnessed = |site: &Site| {
        let status: Value = serde_json::from_str(&asked(site, &["status", "--json"])).unwrap();
        (status["ledger"].as_u64().unwrap(), status["witnesses"][0]["size"].as_u64().unwrap_or_default())
    };
    eventually("all is receipted and witnessed", || {
        json(&kor, &["outbox"]).iter().all(|entry| entry["state"] == "accepted") && witnessed(&kor).1 > 3
    });

    // The disk is lost, and everything on it.
    kor.kill();
    let (old, keys) = (parent.path().join("old"), parent.path().join("keys"));
    fs::rename(&kor.folder, &old).unwrap();
    fs::rename(old.join("keys"), &keys).unwrap();
    let restore = ["restore", &copy, "--keys", &keys.display().to_string(), "--erasure-keys", &secrets];
    asked(&kor, &restore);
    assert!(expect(1, &[&restore[..], &["--config", &kor.config()]].concat()).1.contains("writes over nothing"));

    kor.start();
    eventually("it goes on", || restoring(&kor)["read_only"] == false);
    let jpn_word = restoring(&kor)["partners"][0].clone();
    assert_eq!((&jpn_word["state"], jpn_word["given_back"].as_u64() >= Some(3)), (&"done".into(), true), "{jpn_word}");

    // What JPN gave since comes again, but not what was called back meanwhile.
    eventually("J-2 is here again", || holds(&kor, "J-2"));
    eventually("J-1 is gone again", || !holds(&kor, "J-1"));
    // What it had done itself counts: the recall of K-1.
    assert!(json(&kor, &["recall", "list"]).iter().any(|recall| recall["record"] == "K-1"));
    give(&kor, parent.path(), "K-4", "JPN");
    assert!(json(&kor, &["outbox"]).iter().all(|entry| entry["state"] == "accepted"));

    // The ledger goes on in a volume of its own, which JPN witnesses, and knows to be one.
    eventually("JPN witnesses the new volume", || witnessed(&kor).1 > 0);
    let status: Value = serde_json::from_str(&asked(&jpn, &["status", "--json"])).unwrap();
    let alarms: Vec<_> = status["alarms"].as_array().unwrap().iter().map(|a| a["message"].as_str().unwrap()).collect();
    assert!(alarms.iter().any(|alarm| alarm.contains("begun a new volume of its ledger")), "{alarms:?}");
    assert!(alarms.iter().any(|alarm| alarm.contains("says that it was restored")), "{alarms:?}");
    assert!(!alarms.iter().any(|alarm| alarm.contains("history")), "{alarms:?}");
    for site in [&jpn, &kor] {
        assert_eq!(problems(site), Vec::<String>::new());
    }
    // What was proved of the last volume is proved still; and of the new one.
    for record in ["K-1", "K-4"] {
        let proof = parent.path().join(format!("{record}.proof")).display().to_string();
        eventually("its interval is over", || {
            site::run(&["log", "prove", record, "--to", "JPN", "--out", &proof, "--config", &kor.config()])
                .status
                .success()
        });
        let files = [kor.party_file("KOR"), jpn.party_file("JPN")];
        expect(0, &["log", "check-proof", &proof, "--parties", &files[0], &files[1]]);
    }
}

#[test]
fn a_loss_that_was_reported_since_the_backup_is_owed_again_as_it_was() {
    let (parent, jpn, mut kor) = nodes();
    let [copy, secrets] = ["copy", "secrets"].map(|name| parent.path().join(name).display().to_string());
    asked(&kor, &["backup", &copy, "--erasure-keys", &secrets]);
    // One record that is in the back-up, and one that comes behind it; control of both is lost.
    give(&jpn, parent.path(), "J-2", "KOR");
    for record in ["JPN/J-1", "JPN/J-2"] {
        asked(&kor, &["compromise", "report", record, "--note", "a laptop is lost"]);
    }
    let met = |all: &[[String; 3]]| all.iter().filter(|[.., state]| state == "met").count();
    eventually("both are met", || met(&notices(&kor)) == 2);
    let before = notices(&kor);
    assert_eq!(before.len(), 2, "{before:?}");

    let (old, keys) = (parent.path().join("old"), parent.path().join("keys"));
    kor.kill();
    fs::rename(&kor.folder, &old).unwrap();
    fs::rename(old.join("keys"), &keys).unwrap();
    asked(&kor, &["restore", &copy, "--keys", &keys.display().to_string(), "--erasure-keys", &secrets]);
    // The clocks are those of the reports, and not of the day on which they came back.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    kor.start();
    eventually("it goes on", || restoring(&kor)["read_only"] == false);
    eventually("it owes what it owed, and the receipts come again", || notices(&kor) == before);
    kor.kill();
    kor.start();
    assert_eq!(json(&kor, &["compromise", "list"]).len(), 2);
    assert_eq!(json(&jpn, &["compromise", "list"]).len(), 2, "told once more, it is known");
    for site in [&jpn, &kor] {
        assert_eq!(problems(site), Vec::<String>::new());
    }
}

#[test]
fn a_store_that_was_copied_back_starts_read_only() {
    let (parent, mut jpn, mut kor) = nodes();
    kor.kill();
    let data = kor.folder.join("data");
    let store = parent.path().join("store.sqlite");
    // Stopped with everything in one file.
    rusqlite::Connection::open(data.join("store.sqlite"))
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    fs::copy(data.join("store.sqlite"), &store).unwrap();
    kor.start();
    give(&kor, parent.path(), "K-2", "JPN");
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    eventually("the act is told", || json(&kor, &["outbox"]).iter().all(|entry| entry["state"] == "accepted"));
    jpn.kill();
    kor.kill();
    for name in ["store.sqlite-wal", "store.sqlite-shm"] {
        let _ = fs::remove_file(data.join(name));
    }
    fs::copy(&store, data.join("store.sqlite")).unwrap();

    kor.start();
    let view = restoring(&kor);
    assert!(view["read_only"] == true && view["why"].as_str().unwrap().contains("older than the heads"), "{view}");
    let refused = release(&kor, &parent.path().join("K-1.txt"), "K-3", "JPN", LABEL);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("read-only"));
    assert!(asked(&kor, &["status"]).contains("READ-ONLY"));
    let (doctor, _) = expect(1, &["doctor", "--quick", "--config", &kor.config()]);
    assert!(doctor.contains("read-only since"), "{doctor}");

    // It stays so over a new start, until JPN is there.
    kor.kill();
    kor.start();
    assert_eq!(restoring(&kor)["read_only"], true);
    jpn.start();
    eventually("it goes on", || restoring(&kor)["read_only"] == false);
    // It had suspended the agreement, and knows so again.
    let denied = release(&kor, &parent.path().join("K-1.txt"), "K-3", "JPN", LABEL);
    assert!(String::from_utf8(denied.stdout).unwrap().contains("DENY"));
    asked(&kor, &["agreement", "resume", "jp-kr-gsomia-2016", "--date", "2026-01-02"]);
    // What is given must not overtake the act.
    eventually("the act is told", || json(&kor, &["outbox"]).iter().all(|entry| entry["state"] == "accepted"));
    give(&kor, parent.path(), "K-4", "JPN");
    assert_eq!((problems(&jpn), problems(&kor)), (Vec::new(), Vec::new()));

    // Without the file with the heads a store is not trusted either.
    kor.kill();
    for name in ["heads.a", "heads.b"] {
        fs::remove_file(data.join(name)).unwrap();
    }
    jpn.kill();
    kor.start();
    assert!(restoring(&kor)["why"].as_str().unwrap().contains("without the heads"));
}

#[test]
fn a_folder_copied_with_its_heads_stops_when_its_partner_shows_more() {
    let (parent, jpn, mut kor) = nodes();
    kor.kill();
    let (data, copy) = (kor.folder.join("data"), parent.path().join("copy"));
    let names: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    fs::create_dir(&copy).unwrap();
    let files = names.iter().filter(|name| data.join(name).is_file());
    let files: Vec<_> = files.collect();
    for name in &files {
        fs::copy(data.join(name), copy.join(name)).unwrap();
    }
    kor.start();
    give(&kor, parent.path(), "K-2", "JPN");
    kor.kill();
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    for name in &files {
        fs::copy(copy.join(name), data.join(name)).unwrap();
    }
    // Nothing here says that it is an older copy; what JPN shows does, before anything is signed a second time.
    kor.start();
    eventually("it is told and has gone on", || {
        let view = restoring(&kor);
        view["read_only"] == false && view["why"].as_str().is_some_and(|why| why.contains("has shown signatures"))
    });
    give(&kor, parent.path(), "K-3", "JPN");
    assert_eq!((problems(&jpn), problems(&kor)), (Vec::new(), Vec::new()));
}

#[test]
fn an_administrator_goes_on_without_a_partner_whose_feeds_open_when_it_is_back() {
    let (parent, mut jpn, mut kor) = nodes();
    let copy = parent.path().join("copy").display().to_string();
    asked(&kor, &["backup", &copy, "--with-keys"]);
    give(&kor, parent.path(), "K-2", "JPN");
    jpn.kill();
    // On its way with a courier when the disk is lost.
    let medium = parent.path().join("medium").display().to_string();
    fs::create_dir(&medium).unwrap();
    assert!(release(&kor, &parent.path().join("K-1.txt"), "K-9", "JPN", LABEL).status.success());
    asked(&kor, &["outbox", "export", "--to", "JPN", &medium]);
    kor.kill();
    fs::rename(&kor.folder, parent.path().join("old")).unwrap();
    asked(&kor, &["restore", &copy]);
    kor.start();
    let go_on = ["restore", "go-on", "--without", "JPN", "--note", "duty officer: Tokyo is cut off"];
    asked(&kor, &go_on);
    let view = restoring(&kor);
    assert_eq!((&view["read_only"], &view["partners"][0]["state"]), (&false.into(), &"without".into()));
    let closed = release(&kor, &parent.path().join("K-1.txt"), "K-3", "JPN", LABEL);
    assert!(String::from_utf8(closed.stderr).unwrap().contains("are closed"));

    jpn.start();
    eventually("the feeds are open", || restoring(&kor)["partners"][0]["state"] == "done");
    give(&kor, parent.path(), "K-3", "JPN");
    give(&jpn, parent.path(), "J-2", "KOR");
    // What the courier brings now is of another history than the one that JPN has taken since.
    let (said, _) = expect(1, &["inbox", "import", &medium, "--config", &jpn.config()]);
    assert!(said.contains("another history of this feed"), "{said}");
    assert!(!holds(&jpn, "K-9"));
    assert_eq!((problems(&jpn), problems(&kor)), (Vec::new(), Vec::new()));
    let outbox: Vec<String> =
        json(&kor, &["outbox"]).iter().map(|entry| entry["record"].as_str().unwrap_or("-").to_owned()).collect();
    // The record itself is lost here, so that nobody knows whom it may be named to.
    assert_eq!(outbox, ["K-1", "-", "K-3"]);

    // Somebody without clearance sees no more of it than the counts tell everybody: that something was given.
    kor.kill();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let path = kor.folder.join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n[console]\nlisten = \"{address}\"\n")).unwrap();
    kor.start();
    let kor = Console { site: kor, address };
    let seen = |name: &str, rights: &[&str]| {
        let rows = kor.person(name, &[&["--role", "watch"], rights].concat()).get("/outbox").json();
        let rows = rows["items"].as_array().unwrap().clone();
        rows.into_iter().map(|row| (row["index"].as_u64().unwrap(), row["record"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(seen("uncleared", &[]), [(1, Value::Null)]);
    let cleared = seen("cleared", &["--clearance", "SECRET", "--subject", "*", "--official-duty"]);
    assert_eq!(cleared, [(0, "K-1".into()), (1, Value::Null), (2, "K-3".into())]);
}

#[test]
fn accounts_come_back_disabled_and_nobody_is_still_in() {
    let parent = tempfile::tempdir().unwrap();
    let mut kor = Console::new(parent.path(), "KOR");
    kor.add_user("mori", &["--role", "watch"]);
    let (mori, secret) = kor.enrolled("mori");
    let made = mori.post("/me/tokens", &object!({ "name": "program", "read_only": true, "days": 1 }));
    let program = Visitor::with_token(kor.address, made.json()["secret"].as_str().unwrap());
    assert_eq!((mori.get("/me").status, program.get("/me").status), (200, 200));
    let copy = parent.path().join("copy");
    asked(&kor.site, &["backup", &copy.display().to_string(), "--with-keys"]);
    let accounts = rusqlite::Connection::open(copy.join("people.sqlite")).unwrap();
    for (table, count) in [("user", 1), ("session", 0), ("token", 0), ("invitation", 0), ("browser", 0), ("once", 0)] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(accounts.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), count, "{table}");
    }
    drop(accounts);

    kor.site.kill();
    fs::rename(&kor.site.folder, parent.path().join("old")).unwrap();
    let said = asked(&kor.site, &["restore", &copy.display().to_string()]);
    assert!(said.contains("1 account has come back"), "{said}");
    kor.site.start();
    assert_eq!((mori.get("/me").status, program.get("/me").status), (401, 401));
    let sign_in = || {
        let body = object!({ "name": "mori", "password": PASSWORD, "code": code(&secret, now() + 30) });
        kor.stranger().post_keeping("/session", &body).status
    };
    assert_eq!(sign_in(), 401);
    asked(&kor.site, &["user", "enable", "mori"]);
    assert_eq!(sign_in(), 200);
    assert_eq!((mori.get("/me").status, program.get("/me").status), (401, 401), "nothing of before counts");

    // Accounts that are in place are not written over by older ones.
    asked(&kor.site, &["user", "change", "mori", "--role", "analyst"]);
    kor.site.kill();
    fs::rename(kor.site.folder.join("data/store.sqlite"), parent.path().join("store.sqlite")).unwrap();
    let said = asked(&kor.site, &["restore", &copy.display().to_string()]);
    assert!(!said.contains("come back"), "{said}");
    kor.site.start();
    let accounts = json(&kor.site, &["user", "list"]);
    assert_eq!((&accounts[0]["roles"], &accounts[0]["disabled"]), (&object!(["analyst"]), &Value::Null));
}
