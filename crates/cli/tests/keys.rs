//! The keys of a party through their life, on two real nodes: rolled over, revoked, signed for offline, lost and succeeded,
//! under a passphrase; and a party that is removed.
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
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::Value;
use site::{LABEL, Site, asked, entente, eventually, expect, json, release, run};

/// As [`site::two`], with a ledger that partners witness each second.
fn two() -> (tempfile::TempDir, Site, Site) {
    let parent = tempfile::tempdir().unwrap();
    let (mut jpn, mut kor) = (Site::new(parent.path(), "JPN"), Site::new(parent.path(), "KOR"));
    for site in [&mut jpn, &mut kor] {
        let config = site.folder.join("node.toml");
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains("interval_seconds = 60"));
        fs::write(&config, text.replace("interval_seconds = 60", "interval_seconds = 1")).unwrap();
        site.start();
    }
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    (parent, jpn, kor)
}

const KINDS: [&str; 7] = ["signing", "sealing", "log", "log-ml-dsa", "receipt", "witness", "tls"];

/// KOR gives a record to JPN, which gets it.
fn gives(parent: &Path, jpn: &Site, kor: &Site, id: &str) {
    let file = parent.join(format!("{id}.txt"));
    fs::write(&file, format!("content of {id}")).unwrap();
    let output = release(kor, &file, id, "JPN", LABEL);
    assert!(output.status.success(), "{output:?}");
    eventually(&format!("{id} is there"), || json(jpn, &["inbox"]).iter().any(|record| record["id"] == id));
}

/// A change of KOR's keys that JPN takes by itself.
fn changes(jpn: &Site, kor: &Site, arguments: &[&str]) {
    let said = asked(kor, arguments);
    assert!(said.contains("is signed and in place") && said.contains("sends it to JPN"), "{said}");
    let serial = said.split_whitespace().nth(2).unwrap().to_owned();
    eventually(&format!("JPN has party file {serial}"), || serial_at(jpn, "KOR") == serial);
    eventually("KOR knows it", || asked(kor, &["key", "list"]).contains("JPN has taken the party file"));
}

fn serial_at(site: &Site, party: &str) -> String {
    let parties = json(site, &["party", "list"]);
    parties.iter().find(|known| known["party"] == party).unwrap()["serial"].to_string()
}

fn keys(site: &Site, kind: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = json(site, &["key", "list"]);
    let rows = rows.iter().filter(|row| row["kind"] == kind);
    rows.map(|row| (text(&row["name"]), text(&row["standing"]), text(&row["secret"]))).collect()
}

/// Every log of both holds; what is said beside it.
fn verified(sites: &[&Site]) -> String {
    sites.iter().map(|site| asked(site, &["log", "verify"])).collect()
}

fn refused(site: &Site, arguments: &[&str]) -> String {
    expect(1, &[arguments, &["--config", &site.config()]].concat()).1
}

#[test]
fn every_kind_of_key_rolls_over_while_the_nodes_run_and_all_stays_verifiable() {
    let (parent, jpn, kor) = two();
    gives(parent.path(), &jpn, &kor, "K-1");
    assert!(refused(&kor, &["key", "retire", "log", "--anyway"]).contains("no new log key is announced"));
    for kind in KINDS {
        changes(&jpn, &kor, &["key", "roll", kind]);
        assert!(refused(&kor, &["key", "roll", kind]).contains("is announced already"), "{kind}");
    }
    gives(parent.path(), &jpn, &kor, "K-2");
    assert!(asked(&kor, &["status"]).contains("a new log key is announced since"));
    let before: Vec<_> = KINDS.iter().map(|kind| keys(&kor, kind)).collect();
    for kind in KINDS {
        changes(&jpn, &kor, &["key", "retire", kind]);
    }
    gives(parent.path(), &jpn, &kor, "K-3");
    for (kind, before) in KINDS.iter().zip(before) {
        let after = keys(&kor, kind);
        assert_eq!((before.len(), after.len()), (2, 2), "{kind}");
        let used = |rows: &[(String, String, String)]| rows.iter().find(|row| row.1 == "in use").unwrap().0.clone();
        let (old, new) = if *kind == "sealing" { (&before[1].0, &before[0].0) } else { (&before[0].0, &before[1].0) };
        assert_eq!(used(&after), *new, "{kind}");
        // What may still be sealed to it opens; of every other the secret half is gone.
        let left = if *kind == "sealing" { "file" } else { "-" };
        assert!(after.contains(&(old.clone(), "retired".into(), left.into())), "{kind}: {after:?}");
    }
    let said = verified(&[&jpn, &kor]);
    assert!(!said.contains("BROKEN") && !said.contains("does not count"), "{said}");
    assert!(json(&jpn, &["status"])[0]["alarms"].as_array().unwrap().is_empty());

    // A proof of what the old keys signed holds with the new party file, and one of the new keys with it.
    let proofs = parent.path().join("K-1.tlog-proof").display().to_string();
    eventually("the ledger has it", || {
        run(&["log", "prove", "K-1", "--to", "JPN", "--out", &proofs, "--config", &kor.config()]).status.success()
    });
    let (kor_file, jpn_file) = (kor.party_file("KOR"), jpn.party_file("JPN"));
    let (said, _) = expect(0, &["log", "check-proof", &proofs, "--parties", &kor_file, &jpn_file]);
    assert!(said.contains("ok") && said.contains("signed by KOR with Ed25519 and ML-DSA-44"), "{said}");
    let receipt = parent.path().join("K-1.receipt").display().to_string();
    asked(&kor, &["log", "prove", "K-1", "--to", "JPN", "--receipt", "--out", &receipt]);
    expect(0, &["log", "check-proof", &receipt, "--parties", &kor_file, &jpn_file]);

    // A sealing key that is out of use goes when a person says so, and one in use does not.
    let sealing = keys(&kor, "sealing");
    let name = |standing: &str| sealing.iter().find(|row| row.1 == standing).unwrap().0.clone();
    assert!(refused(&kor, &["key", "destroy", "sealing", &name("in use")]).contains("in use or announced"));
    asked(&kor, &["key", "destroy", "sealing", &name("retired")]);
    assert!(refused(&kor, &["key", "destroy", "sealing", &name("retired")]).contains("no sealing key"));
    gives(parent.path(), &jpn, &kor, "K-4");
}

#[test]
fn an_overlap_ends_only_when_everybody_has_the_file() {
    let (parent, mut jpn, mut kor) = two();
    jpn.kill();
    asked(&kor, &["key", "roll", "log"]);
    asked(&kor, &["key", "roll", "tls"]);
    let why = refused(&kor, &["key", "retire", "log"]);
    assert!(why.contains("not every partner has taken the party file with serial 3: JPN (waiting)"), "{why}");
    assert!(asked(&kor, &["status"]).contains("party file 3 has not reached JPN yet"));
    // It has been away for all of the overlap, and learns of it when it comes back.
    jpn.start();
    eventually("JPN has it", || serial_at(&jpn, "KOR") == "3");
    eventually("KOR knows", || asked(&kor, &["key", "list"]).contains("JPN has taken"));
    asked(&kor, &["key", "retire", "log"]);
    gives(parent.path(), &jpn, &kor, "K-1");

    // A node that does not run is changed too; it takes the file up when it starts, and tells its partners.
    kor.kill();
    assert!(refused(&kor, &["key", "retire", "tls"]).contains("only a running node knows"));
    let said = asked(&kor, &["key", "roll", "receipt"]);
    assert!(said.contains("not running; it takes it up when it starts"), "{said}");
    kor.start();
    eventually("JPN has it too", || serial_at(&jpn, "KOR") == "5");
    gives(parent.path(), &jpn, &kor, "K-2");
    assert!(!verified(&[&jpn, &kor]).contains("BROKEN"));
}

#[test]
fn what_a_revoked_key_signed_rests_on_older_receipts_and_witnesses() {
    let (parent, jpn, kor) = two();
    gives(parent.path(), &jpn, &kor, "K-1");
    let proof = parent.path().join("K-1.tlog-proof").display().to_string();
    let prove = || run(&["log", "prove", "K-1", "--to", "JPN", "--out", &proof, "--config", &kor.config()]);
    let (kor_file, jpn_file) = (kor.party_file("KOR"), jpn.party_file("JPN"));
    let check = || run(&["log", "check-proof", &proof, "--parties", &kor_file, &jpn_file]);
    eventually("it is witnessed", || {
        prove().status.success() && String::from_utf8(check().stdout).unwrap().contains("witnessed by JPN")
    });
    // The log key was lost a moment ago: what JPN has cosigned before that counts.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let lost = jiff::Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let since = lost.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    changes(&jpn, &kor, &["key", "revoke", "log", "--since", &since]);
    let said = String::from_utf8(check().stdout).unwrap();
    assert!(said.contains(&format!("has revoked since {since}; it counts because JPN cosigned it before")), "{said}");
    // Lost before anybody had cosigned it: it proves nothing.
    let long_ago = "2026-01-01T00:00:00Z";
    let name = keys(&kor, "log").into_iter().find(|row| row.1 == "revoked").unwrap().0;
    changes(&jpn, &kor, &["key", "revoke", "log", "--key", &name, "--since", long_ago]);
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("no cosignature of the parties given is older"), "{why}");

    // The same for what the signing key signed: K-1 was receipted before, K-2 was not.
    let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    gives(parent.path(), &jpn, &kor, "K-2");
    changes(&jpn, &kor, &["key", "revoke", "signing", "--since", &moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()]);
    let ids = |site: &Site| json(site, &["inbox"]).iter().map(|record| record["id"].to_string()).collect::<Vec<_>>();
    eventually("K-2 is not shown any more", || ids(&jpn) == ["\"K-1\""]);
    assert!(asked(&jpn, &["status"]).contains("does not count until it is signed anew: record `K-2`"));
    for (site, by) in [(&jpn, "this node"), (&kor, "JPN")] {
        let said = asked(site, &["log", "verify"]);
        assert!(said.contains(&format!("counts by older receipts of {by}")), "{said}");
        assert!(said.contains(&format!("and no receipt of {by} is older")) && !said.contains("BROKEN"), "{said}");
    }
    // Given again, it is signed anew.
    asked(&kor, &["release", "--record", "K-2", "--to", "JPN", "--purpose", "missile-warning"]);
    eventually("K-2 is shown again", || ids(&jpn) == ["\"K-2\"", "\"K-1\""]);
    gives(parent.path(), &jpn, &kor, "K-3");
    let why = refused(&kor, &["key", "revoke", "log", "--since", "2999-01-01T00:00:00Z"]);
    assert!(why.contains("has not come yet"), "{why}");
}

/// The root key of a node on another medium, as it should be.
fn offline(parent: &Path, site: &Site) -> PathBuf {
    let medium = parent.join("medium");
    fs::create_dir_all(&medium).unwrap();
    let root = medium.join("root.key");
    fs::rename(site.folder.join("keys/root.key"), &root).unwrap();
    root
}

#[test]
fn the_root_key_stays_on_another_machine_and_has_a_successor() {
    let (parent, jpn, kor) = two();
    let root = offline(parent.path(), &kor).display().to_string();
    let path = |name: &str| parent.path().join(name).display().to_string();
    let said = asked(&kor, &["key", "roll", "receipt"]);
    assert!(said.contains("party file 2, not signed yet"), "{said}");
    let draft = kor.folder.join("KOR-2.party-draft").display().to_string();
    assert!(fs::read_to_string(&draft).unwrap().contains("serial = 2"));
    // Another's root key signs nothing of it.
    let other = jpn.folder.join("keys/root.key").display().to_string();
    let (_, why) = expect(1, &["party", "sign", &draft, "--root", &other]);
    assert!(why.contains("this root key is not the one that the file names"), "{why}");
    let (said, _) = expect(0, &["party", "sign", &draft, "--root", &root, "--out", &path("KOR-2.party")]);
    assert!(said.contains("party file 2 of KOR is signed"), "{said}");
    assert!(refused(&kor, &["party", "install", &jpn.party_file("JPN")]).contains("the node is KOR's"));
    asked(&kor, &["party", "install", &path("KOR-2.party")]);
    eventually("JPN has it", || serial_at(&jpn, "KOR") == "2");

    // A successor is made and named; then the root key is lost.
    let successor = path("successor.key");
    let (made, _) = expect(0, &["key", "new-root", &successor, "--json"]);
    let public = serde_json::from_str::<Value>(&made).unwrap()["public"].as_str().unwrap().to_owned();
    assert_eq!(fs::metadata(&successor).unwrap().permissions().mode() & 0o777, 0o600);
    asked(&kor, &["party", "renew", "--successor", &public, "--root", &root]);
    eventually("JPN knows the successor", || serial_at(&jpn, "KOR") == "3");
    fs::remove_file(&root).unwrap();
    let fingerprint = |site: &Site| {
        json(site, &["party", "list"]).iter().find(|known| known["party"] == "KOR").unwrap()["fingerprint"].to_string()
    };
    let before = fingerprint(&jpn);
    asked(&kor, &["party", "renew", "--succeed", "--root", &successor]);
    eventually("JPN takes it without anybody comparing words", || serial_at(&jpn, "KOR") == "4");
    assert_ne!(fingerprint(&jpn), before);
    gives(parent.path(), &jpn, &kor, "K-1");

    // That one is lost too, and had no successor: every partner compares words.
    let last = path("last.key");
    let (made, _) = expect(0, &["key", "new-root", &last, "--json"]);
    let public = serde_json::from_str::<Value>(&made).unwrap()["public"].as_str().unwrap().to_owned();
    asked(&kor, &["party", "renew", "--new-root", &public, "--draft", &path("last.draft")]);
    expect(0, &["party", "sign", &path("last.draft"), "--root", &last, "--out", &path("last.party")]);
    assert!(refused(&kor, &["party", "install", &path("last.party")]).contains("--new-root"));
    asked(&kor, &["party", "install", &path("last.party"), "--new-root"]);
    // What travels by itself is refused, with an alarm.
    eventually("JPN is told to ask", || asked(&jpn, &["status"]).contains("party add FILE --new-root"));
    assert_eq!(serial_at(&jpn, "KOR"), "4");
    assert!(asked(&kor, &["key", "list"]).contains("JPN has not taken the party file: refused"));
    let said =
        asked(&jpn, &["party", "add", &path("last.party"), "--confirmed", "--new-root", "--note", "by telephone"]);
    assert!(said.contains("fingerprint on record") && said.contains("fingerprint from now"), "{said}");
    gives(parent.path(), &jpn, &kor, "K-2");
    assert!(!verified(&[&jpn, &kor]).contains("BROKEN"));
}

fn with_passphrase(folder: &Path, name: &str, passphrase: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("{passphrase}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// Every file of the key folder, by name.
fn key_files(site: &Site) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(site.folder.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn key_files_under_a_passphrase_are_of_no_use_without_it() {
    let (parent, jpn, mut kor) = two();
    gives(parent.path(), &jpn, &kor, "K-1");
    let clear = key_files(&kor);
    let right = with_passphrase(parent.path(), "right", "correct horse battery staple");
    let wrong = with_passphrase(parent.path(), "wrong", "correct horse battery stable");
    assert!(asked(&kor, &["key", "protect", "--passphrase-file", &right]).contains("9 key files encrypted"));
    let sealed = key_files(&kor);
    let clear_seeds: Vec<&[u8]> =
        clear.iter().filter(|(name, _)| name.ends_with(".key")).map(|(_, text)| &text[..64]).collect();
    for (name, bytes) in &sealed {
        assert_eq!(bytes.starts_with(b"entente.sealed-key/1\n"), !name.contains(".crt."), "{name}");
        assert!(clear_seeds.iter().all(|seed| !bytes.windows(64).any(|window| window == *seed)), "{name} has a seed");
    }
    // A wrong passphrase, a file that others may read, none at all: clear words, and nothing is changed.
    for arguments in [&["key", "unprotect"][..], &["key", "roll", "log"], &["key", "protect"], &["log", "verify"]] {
        let why = refused(&kor, &[arguments, &["--passphrase-file", &wrong]].concat());
        assert!(why.contains("does not open with this passphrase"), "{arguments:?}: {why}");
        assert_eq!(key_files(&kor), sealed, "{arguments:?}");
    }
    fs::set_permissions(&wrong, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(&kor, &["key", "list", "--passphrase-file", &wrong]).contains("can be read by others"));
    kor.kill();
    let mut serve = entente();
    serve.args(["serve", "--config", &kor.config()]).stdin(std::process::Stdio::null());
    // No terminal: a process group of its own has none.
    let output =
        std::process::Command::new("setsid").arg("--wait").arg(serve.get_program()).args(serve.get_args()).output();
    let why = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(why.contains("no terminal to ask at") && why.contains("entente-passphrase"), "{why}");

    // As systemd gives it: a credential in a folder of the service's own.
    let credentials = parent.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::copy(&right, credentials.join("entente-passphrase")).unwrap();
    kor.start_with(|command| {
        command.env("CREDENTIALS_DIRECTORY", &credentials);
    });
    gives(parent.path(), &jpn, &kor, "K-2");
    // A new key comes under the same passphrase.
    let said = asked(&kor, &["key", "roll", "log", "--passphrase-file", &right]);
    assert!(said.contains("the running node has taken it up"), "{said}");
    let new = key_files(&kor);
    let new = new.iter().filter(|(name, _)| name.starts_with("log-") && !name.contains("ml-dsa"));
    assert!(new.clone().count() == 1 && new.clone().all(|(_, text)| text.starts_with(b"entente.sealed-key/1\n")));
    let said = asked(&kor, &["doctor", "--quick", "--passphrase-file", &right]);
    assert!(said.contains("all key files are under a passphrase"), "{said}");

    assert!(asked(&kor, &["key", "unprotect", "--passphrase-file", &right]).contains("10 key files in clear"));
    let after = key_files(&kor);
    assert!(clear.iter().all(|file| after.contains(file)), "they are what they were");
    kor.kill();
    kor.start();
    gives(parent.path(), &jpn, &kor, "K-3");
}

#[test]
fn the_key_of_the_console_is_a_key_file_like_the_others() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("KOR");
    let shown = folder.display().to_string();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (listen, console) = (free().to_string(), format!("0.0.0.0:{}", free().port()));
    expect(0, &["node", "init", &shown, "--party", "KOR", "--listen", &listen, "--console", &console]);
    let mut kor = Site::at(folder.clone());
    let key = folder.join("keys/console.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let why = expect(1, &["serve", "--config", &shown]).1;
    assert!(why.contains("console.key") && why.contains("can be read by others"), "{why}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    let clear = fs::read(&key).unwrap();
    let right = with_passphrase(parent.path(), "entente-passphrase", "correct horse battery staple");
    assert!(asked(&kor, &["key", "protect", "--passphrase-file", &right]).contains("10 key files encrypted"));
    assert!(fs::read(&key).unwrap().starts_with(b"entente.sealed-key/1\n"));
    // It takes the passphrase to start, and then browsers find the same certificate.
    kor.start_with(|command| {
        command.env("CREDENTIALS_DIRECTORY", parent.path());
    });
    kor.kill();
    assert!(asked(&kor, &["key", "unprotect", "--passphrase-file", &right]).contains("10 key files in clear"));
    assert_eq!(fs::read(&key).unwrap(), clear);
}

#[test]
fn a_removed_party_gets_nothing_and_gives_nothing_until_it_is_added_again() {
    let (parent, jpn, kor) = two();
    gives(parent.path(), &jpn, &kor, "K-1");
    let said = asked(&jpn, &["party", "remove", "KOR", "--note", "note 5 of the ministry"]);
    assert!(said.contains("KOR  KOR  (removed)"), "{said}");
    let file = parent.path().join("K-2.txt");
    fs::write(&file, "content of K-2").unwrap();
    assert!(release(&kor, &file, "K-2", "JPN", LABEL).status.success());
    eventually("KOR is turned away", || asked(&kor, &["status"]).contains("away since"));
    let ours = parent.path().join("J-1.txt");
    fs::write(&ours, "content of J-1").unwrap();
    let output = release(&jpn, &ours, "J-1", "KOR", "//JPN 特定秘密//REL TO JPN, KOR");
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("`KOR` was removed here"), "{why}");
    let ids = || json(&jpn, &["inbox"]).iter().map(|record| record["id"].to_string()).collect::<Vec<_>>();
    assert_eq!(ids(), ["\"K-1\""]);
    assert!(!verified(&[&jpn]).contains("BROKEN"));
    asked(&jpn, &["party", "add", &kor.party_file("KOR"), "--confirmed"]);
    eventually("K-2 has come", || ids() == ["\"K-2\"", "\"K-1\""]);
}
