//! Contents that are too large for an envelope, between real nodes: killed in the middle, called back in the middle, brought
//! by courier, altered on the disk. `LARGE_MIB` says how large the first one is (default 64): 1024 is the limit.
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
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;
use site::{LABEL, Site, asked, entente, eventually, expect, json, release, run, two};

const MIB: u64 = 1024 * 1024;
/// What a node may have in memory, whatever the size of contents.
const MOST: u64 = 160 * MIB;
/// A chunk as it is kept.
const CHUNK: u64 = 65_552;

/// A file whose parts differ from one another.
fn big(parent: &Path, name: &str, length: u64) -> PathBuf {
    let path = parent.join(name);
    let mut file = std::io::BufWriter::new(File::create(&path).unwrap());
    let mut state = length | 1;
    for _ in 0..length.div_ceil(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        file.write_all(&(state ^ (state >> 29)).to_le_bytes()).unwrap();
    }
    file.into_inner().unwrap().set_len(length).unwrap();
    path
}

fn same(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    let (mut here, mut there) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let length = one.read(&mut here).unwrap();
        if length == 0 {
            return other.read(&mut there).unwrap() == 0;
        }
        if other.read_exact(&mut there[..length]).is_err() || here[..length] != there[..length] {
            return false;
        }
    }
}

/// The large contents in a node's folder: each with its length.
fn kept(site: &Site) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = fs::read_dir(site.folder.join("data/contents")) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries.filter_map(|path| Some((path.clone(), fs::metadata(path).ok()?.len()))).collect()
}

fn arriving(site: &Site, id: &str) -> bool {
    json(site, &["inbox"]).iter().any(|record| record["id"] == id && !record["content"].is_null())
}

fn is_held(site: &Site, id: &str) -> bool {
    json(site, &["inbox"]).iter().any(|record| record["id"] == id && record["content"].is_null())
}

/// What the recipient says of the content of a record.
fn said(site: &Site, id: &str) -> Vec<Value> {
    json(site, &["outbox"]).iter().filter(|entry| entry["record"] == id).map(|entry| entry["content"].clone()).collect()
}

fn alert(site: &Site, parent: &Path, id: &str) {
    let file = parent.join(id);
    fs::write(&file, format!("alert {id}")).unwrap();
    let file = file.display().to_string();
    let what = ["--label", LABEL, "--to", "JPN", "--purpose", "missile-warning", "--subject", "dprk-missile"];
    let how = ["--precedence", "FLASH", "--id", id, "--config", &site.config()];
    expect(0, &[&["release", &file], &what[..], &how[..]].concat());
}

fn verified(site: &Site) {
    let (said, _) = expect(0, &["log", "verify", "--config", &site.config()]);
    assert!(!said.contains("BROKEN"), "{said}");
}

/// Waits until so much of one content is here; how much it is.
fn until(site: &Site, bytes: u64) -> u64 {
    let start = Instant::now();
    loop {
        let here = kept(site).iter().map(|(_, length)| *length).max().unwrap_or_default();
        if here >= bytes {
            return here;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "never: {bytes} bytes, {here} are here");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn kills_of_either_side_cost_a_chunk_and_alerts_pass_what_is_large() {
    let mib: u64 = std::env::var("LARGE_MIB").map_or(64, |mib| mib.parse().unwrap());
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    let length = mib * MIB;
    let file = big(parent, "film", length);
    // So that nothing leaves before the test looks.
    jpn.kill();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    assert_eq!(said(&kor, "K-1"), ["arriving"]);
    assert!(kor.peak() < MOST, "{} MiB at the sender", kor.peak() / MIB);
    jpn.start();

    // The sender dies, then the recipient; what is here stays here.
    until(&jpn, length / 6);
    kor.kill();
    std::thread::sleep(Duration::from_millis(200));
    let here = until(&jpn, 1);
    assert!(here < length, "the sender was killed too late to tell anything");
    assert!(arriving(&jpn, "K-1"));
    let (_, why) = expect(1, &["inbox", "K-1", "--output", "-", "--config", &jpn.config()]);
    assert!(why.contains("still arriving"), "{why}");
    kor.start();
    let before = until(&jpn, (here + length / 6).min(length));
    jpn.kill();
    let whole = kept(&jpn).iter().map(|(_, length)| *length).max().unwrap() / CHUNK * CHUNK;
    assert!(whole + CHUNK > before);
    jpn.start();
    let again = until(&jpn, 1);
    assert!(again >= whole, "{again} bytes after the kill, of {whole} whole ones before");

    let (mut passed, mut number) = (0, 0);
    while !is_held(&jpn, "K-1") {
        let id = format!("A-{number}");
        alert(&kor, parent, &id);
        let sent = Instant::now();
        while !is_held(&jpn, &id) {
            assert!(sent.elapsed() < Duration::from_secs(20), "the alert waits behind what is large");
        }
        passed += usize::from(arriving(&jpn, "K-1"));
        number += 1;
    }
    assert!(passed > 0, "no alert came while the content was arriving: it was too small to tell");
    eventually("the sender is told", || said(&kor, "K-1") == ["held"]);
    let out = parent.join("out");
    let out_name = out.display().to_string();
    asked(&jpn, &["inbox", "K-1", "--output", &out_name]);
    assert!(same(&file, &out));
    for site in [&jpn, &kor] {
        let peak = site.peak();
        println!("{} MiB at the most, with a content of {mib} MiB; {passed} alerts passed it", peak / MIB);
        assert!(peak < MOST, "{} MiB", peak / MIB);
        verified(site);
    }

    // Given again, and back to whom it came from: fetched, known, and kept once.
    let again = ["--to", "JPN", "--purpose", "missile-warning", "--config", &kor.config()];
    expect(0, &[&["release", "--record", "K-1"], &again[..]].concat());
    eventually("it came twice", || said(&kor, "K-1") == ["held", "held"]);
    let back = ["--to", "KOR", "--purpose", "missile-warning", "--config", &jpn.config()];
    expect(0, &[&["release", "--record", "KOR/K-1"], &back[..]].concat());
    eventually("it came back", || said(&jpn, "K-1") == ["held"]);
    eventually("one file each", || kept(&jpn).len() == 1 && kept(&kor).len() == 1);

    // A recall destroys the file with its key.
    asked(&kor, &["recall", "issue", "K-1", "--reason", "wrong film"]);
    eventually("the file is gone", || kept(&jpn).is_empty());
    assert_eq!(kept(&kor).len(), 1, "the originator keeps what it made");
    for site in [&jpn, &kor] {
        verified(site);
    }
}

/// The entry of a large record is at JPN, its content is not, and KOR is away.
fn half_there(parent: &Path, jpn: &mut Site, kor: &mut Site, id: &str, length: u64) -> (PathBuf, PathBuf) {
    jpn.kill();
    let file = big(parent, id, length);
    assert!(release(kor, &file, id, "JPN", LABEL).status.success());
    let out = parent.join(format!("{id}.out"));
    fs::create_dir(&out).unwrap();
    asked(kor, &["outbox", "export", "--to", "JPN", &out.display().to_string()]);
    kor.kill();
    jpn.start();
    for entry in fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "package") {
            asked(jpn, &["inbox", "import", &path.display().to_string()]);
        }
    }
    assert!(arriving(jpn, id));
    (file, out)
}

fn content_file(folder: &Path) -> PathBuf {
    let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|extension| extension == "content")).unwrap()
}

/// The state of the one file that is imported.
fn import(site: &Site, code: i32, path: &Path) -> String {
    let path = path.display().to_string();
    let (lines, _) = expect(code, &["inbox", "import", &path, "--json", "--config", &site.config()]);
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    line["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_courier_may_bring_it_early_cut_altered_and_twice() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    let (file, out) = half_there(parent, &mut jpn, &mut kor, "K-1", 5 * MIB + 3);
    let content = content_file(&out);
    let bytes = fs::read(&content).unwrap();
    assert!(bytes.starts_with(b"entente.content/1\nKOR\nJPN\n"));
    let other = parent.join("other.content");
    let write = |bytes: &[u8]| fs::write(&other, bytes).unwrap();

    // Cut, and what was whole of it stays.
    write(&bytes[..2 * 1024 * 1024]);
    assert_eq!(import(&jpn, 1, &other), "incomplete");
    let here = kept(&jpn)[0].1;
    assert!(here > MIB, "{here}");
    // Altered behind what is here: refused there, without an alarm in anybody's name.
    let mut altered = bytes.clone();
    altered[3 * 1024 * 1024] ^= 1;
    write(&altered);
    assert_eq!(import(&jpn, 1, &other), "refused");
    // Of another content, or for another party.
    let text = String::from_utf8_lossy(&bytes[..200]).into_owned();
    let head = text.split_inclusive('\n').take(5).collect::<String>();
    let rest = &bytes[head.len()..];
    write(&[head.replacen("JPN", "USA", 1).as_bytes(), rest].concat());
    assert_eq!(import(&jpn, 1, &other), "refused");
    let sealed = head.lines().nth(3).unwrap();
    write(&[head.replacen(sealed, &"0".repeat(64), 1).as_bytes(), rest].concat());
    assert_eq!(import(&jpn, 0, &other), "not awaited");
    assert!(json(&jpn, &["status"])[0]["alarms"].as_array().unwrap().is_empty());

    assert_eq!(import(&jpn, 0, &content), "taken");
    assert_eq!(import(&jpn, 0, &content), "not awaited");
    let back = parent.join("back");
    asked(&jpn, &["inbox", "K-1", "--output", &back.display().to_string()]);
    assert!(same(&file, &back));
    verified(&jpn);
    // Written again only where it is not there yet.
    jpn.kill();
    kor.start();
    let again = asked(&kor, &["outbox", "export", "--to", "JPN", &out.display().to_string()]);
    assert!(!again.contains(".content"), "{again}");
}

#[test]
fn what_may_no_longer_leave_stops_in_the_middle_and_is_given_up_there() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    half_there(parent, &mut jpn, &mut kor, "K-1", 3 * MIB);
    jpn.kill();
    kor.start();
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    jpn.start();
    eventually("it is given up", || json(&jpn, &["inbox"]).is_empty() && kept(&jpn).is_empty());
    let entries = json(&kor, &["outbox"]);
    let entry = entries.iter().find(|entry| entry["record"] == "K-1").unwrap();
    assert_eq!(entry["state"], "withdrawn, may have arrived");
    // A courier is not quicker than the law.
    let folder = parent.join("late");
    fs::create_dir(&folder).unwrap();
    asked(&kor, &["outbox", "export", "--to", "JPN", &folder.display().to_string()]);
    assert!(fs::read_dir(&folder).unwrap().all(|entry| entry.unwrap().path().extension().unwrap() == "package"));
    for site in [&jpn, &kor] {
        verified(site);
    }
}

#[test]
fn what_is_called_back_before_it_came_leaves_nothing() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    let (_, out) = half_there(parent, &mut jpn, &mut kor, "K-1", 3 * MIB);
    // A part of it is here.
    let cut = parent.join("cut.content");
    fs::write(&cut, &fs::read(content_file(&out)).unwrap()[..1_500_000]).unwrap();
    assert_eq!(import(&jpn, 1, &cut), "incomplete");
    assert_eq!(kept(&jpn).len(), 1);
    jpn.kill();
    kor.start();
    asked(&kor, &["recall", "issue", "K-1", "--reason", "wrong film"]);
    jpn.start();
    eventually("it is gone", || json(&jpn, &["inbox"]).is_empty() && kept(&jpn).is_empty());
    eventually("it was answered", || {
        json(&kor, &["recall", "list"]).iter().any(|recall| recall.to_string().contains("destroyed"))
    });
    for site in [&jpn, &kor] {
        verified(site);
    }
}

#[test]
fn back_ups_have_it_and_what_somebody_does_to_the_file_shows() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    let file = big(parent, "film", 3 * MIB + 1);
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    eventually("it is here", || is_held(&jpn, "K-1"));
    let copy = parent.join("back-up");
    asked(&jpn, &["backup", &copy.display().to_string()]);
    jpn.kill();
    let path = kept(&jpn)[0].0.clone();
    assert!(same(&path, &copy.join("contents").join(path.file_name().unwrap())));
    // Encrypted: nothing of it is in clear.
    let (kept_bytes, clear) = (fs::read(&path).unwrap(), fs::read(&file).unwrap());
    assert!(
        !kept_bytes
            .windows(16)
            .step_by(16)
            .take(1000)
            .any(|window| clear.windows(16).take(20_000).any(|part| part == window))
    );

    let broken = |why: &str| {
        let (said, _) = expect(1, &["log", "verify", "--config", &jpn.config()]);
        assert!(said.contains(why), "{said}");
        let (said, _) = expect(1, &["doctor", "--config", &jpn.config()]);
        assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(why), "{said}");
    };
    let mut altered = kept_bytes.clone();
    altered[100_000] ^= 1;
    fs::write(&path, altered).unwrap();
    broken("chunk 1 of");
    fs::remove_file(&path).unwrap();
    broken("is missing");
    fs::write(&path, kept_bytes).unwrap();
    verified(&jpn);
    // What a crash has left is removed at the start, and nothing else.
    let orphan = path.with_file_name("0123456789abcdef0123456789abcdef");
    fs::write(&orphan, "half of something").unwrap();
    fs::write(path.with_file_name("notes.txt"), "somebody's").unwrap();
    jpn.start();
    assert!(!orphan.exists() && path.exists() && path.with_file_name("notes.txt").exists());
    // Destroyed by a person, it is gone with its file.
    asked(&jpn, &["retention", "destroy", "K-1", "--note", "its purpose has ended"]);
    assert!(!path.exists());
    verified(&jpn);
    kor.kill();
}

#[test]
fn what_is_too_large_or_broken_off_is_not_there() {
    let (parent, _jpn, kor) = two();
    let parent = parent.path();
    let huge = parent.join("huge");
    File::create(&huge).unwrap().set_len(1024 * MIB + 1).unwrap();
    let output = release(&kor, &huge, "K-1", "JPN", LABEL);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("at most 1073741824 travel in one record"), "{said}");

    // The person goes away in the middle.
    let file = big(parent, "film", 64 * MIB).display().to_string();
    let what = ["--label", LABEL, "--to", "JPN", "--purpose", "missile-warning", "--id", "K-2"];
    let config = kor.config();
    let arguments = [&["release", &file], &what[..], &["--config", &config]].concat();
    let mut child = entente().args(&arguments).spawn().unwrap();
    until(&kor, MIB);
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("nothing is left of it", || kept(&kor).is_empty());
    assert!(json(&kor, &["inbox"]).is_empty() && json(&kor, &["outbox"]).is_empty());

    // What is denied stays, as a record of one's own.
    let usa =
        ["--label", "//KOR SECRET//REL TO USA, KOR", "--to", "JPN", "--purpose", "missile-warning", "--id", "K-3"];
    let small = big(parent, "short film", 2 * MIB).display().to_string();
    let output = run(&[&["release", &small], &usa[..], &["--config", &kor.config()]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(is_held(&kor, "K-3") && kept(&kor).len() == 1);
}

#[test]
fn what_the_quota_has_no_room_for_waits_and_says_so() {
    let (parent, mut jpn, kor) = two();
    let parent = parent.path();
    jpn.kill();
    let path = jpn.folder.join("node.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{config}\n[quota]\npartners_mib = {{ KOR = 32 }}\n")).unwrap();
    jpn.start();
    for id in ["K-1", "K-2"] {
        let file = big(parent, id, 20 * MIB);
        assert!(release(&kor, &file, id, "JPN", LABEL).status.success());
        eventually("its entry is here", || json(&jpn, &["inbox"]).iter().any(|record| record["id"] == id));
    }
    eventually("the first is held", || is_held(&jpn, "K-1"));
    let waits = || {
        let records = json(&jpn, &["inbox"]);
        let second = records.iter().find(|record| record["id"] == "K-2").unwrap();
        second["content"]["waits_for"] == "its quota is full"
    };
    eventually("the second waits", waits);
    assert!(asked(&jpn, &["status"]).contains("the quota of KOR is full"));
    assert_eq!(kept(&jpn).len(), 1, "it is not even begun");
    asked(&kor, &["recall", "issue", "K-1"]);
    eventually("there is room", || is_held(&jpn, "K-2"));
    verified(&jpn);
}
