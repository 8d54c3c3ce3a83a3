//! Two nodes that never meet: what passes between them passes as files.
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
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use site::{LABEL, Site, asked, expect, json, release, two};

fn folder(parent: &Path, name: &str) -> String {
    let path = parent.join(name);
    fs::create_dir(&path).unwrap();
    path.display().to_string()
}

fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn give(site: &Site, parent: &Path, id: &str) {
    let file: PathBuf = parent.join(id);
    fs::write(&file, format!("content of {id}")).unwrap();
    assert!(release(site, &file, id, "JPN", LABEL).status.success());
}

/// The state of each file, in the order in which they were taken.
fn import(site: &Site, code: i32, arguments: &[&str]) -> Vec<Value> {
    let config = site.config();
    let (lines, _) = expect(code, &[&["inbox", "import", "--json", "--config", &config], arguments].concat());
    lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["state"].clone()).collect()
}

fn states(site: &Site) -> Vec<Value> {
    let entries = json(site, &["outbox"]);
    entries.iter().filter(|entry| entry["lane"] == "routine").map(|entry| entry["state"].clone()).collect()
}

#[test]
fn what_leaves_as_files_is_taken_once_whatever_comes_twice_late_or_in_parts() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    jpn.kill();
    let [first, second, third, back] = ["first", "second", "third", "back"].map(|name| folder(parent, name));
    give(&kor, parent, "K-1");
    asked(&kor, &["outbox", "export", "--to", "JPN", &first]);
    assert_eq!(states(&kor), ["exported, no receipt"]);
    give(&kor, parent, "K-2");
    assert_eq!(states(&kor), ["exported, no receipt", "waiting"]);
    let feeds = json(&kor, &["status"])[0]["feeds"].clone();
    let routine = feeds.as_array().unwrap().iter().find(|feed| feed["lane"] == "routine").unwrap();
    assert_eq!((&routine["sent"], &routine["receipted"], &routine["exported"]), (&json!(2), &json!(0), &json!(1)));
    // Only what is new, then everything once more.
    asked(&kor, &["outbox", "export", "--new", "--to", "JPN", &second]);
    asked(&kor, &["outbox", "export", "--to", "JPN", &third]);
    let routine = |names: Vec<String>| names.into_iter().filter(|name| name.contains("routine")).collect::<Vec<_>>();
    assert_eq!(routine(names(&first)), ["KOR_JPN_routine_000000000000-000000000001.package"]);
    assert_eq!(routine(names(&second)), ["KOR_JPN_routine_000000000001-000000000002.package"]);
    assert_eq!(routine(names(&third)), ["KOR_JPN_routine_000000000000-000000000002.package"]);
    assert!(asked(&kor, &["outbox", "export", "--new", "--to", "JPN", &second]).starts_with("nothing for JPN waits"));

    // KOR is away for as long as JPN reads, and the other way round.
    kor.kill();
    jpn.start();
    let second_alone = format!("{second}/KOR_JPN_routine_000000000001-000000000002.package");
    let (said, _) = expect(1, &["inbox", "import", &second_alone, "--config", &jpn.config()]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("gap package, KOR routine: entry 0 is missing"), "{said}");
    let altered = parent.join("altered").display().to_string();
    let mut bytes = fs::read(&second_alone).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&altered, bytes).unwrap();
    // The last byte says how much is receipted: nobody signs it, and it does no harm.
    assert_eq!(import(&jpn, 1, &[&altered]), ["gap"]);

    fs::write(format!("{first}/notes.txt"), "for the courier").unwrap();
    let taken = import(&jpn, 0, &[&first, "--receipts", &back]);
    assert_eq!((taken.first(), taken.last()), (Some(&json!("taken")), Some(&json!("left alone"))));
    // What overlaps with what is here is taken from where it goes on, and what comes again is there already.
    let twice = import(&jpn, 0, &[&third, &second, &first, "--receipts", &back]);
    assert_eq!(twice.iter().filter(|state| **state == "taken").count(), 1, "{twice:?}");
    assert_eq!(json(&jpn, &["inbox"]).len(), 2);
    assert_eq!(asked(&jpn, &["inbox", "K-2", "--output", "-"]), "content of K-2");
    assert!(json(&jpn, &["status"])[0]["alarms"].as_array().unwrap().is_empty());
    assert_eq!(routine(names(&back)), ["KOR_JPN_routine_000000000001.receipt", "KOR_JPN_routine_000000000002.receipt"]);
    // A package of one's own, which came back by mistake, is not taken.
    jpn.kill();
    kor.start();
    assert!(import(&kor, 1, &[&first]).contains(&json!("refused")));

    // Both receipts begin before the first entry that the other has covered: they crossed.
    assert!(import(&kor, 0, &[&back]).iter().all(|state| *state == "taken" || *state == "already there"));
    assert_eq!(states(&kor), ["accepted", "accepted"]);
    assert!(import(&kor, 0, &[&back]).iter().all(|state| *state == "already there"));
    assert!(json(&kor, &["status"])[0]["alarms"].as_array().unwrap().is_empty());
    assert!(asked(&kor, &["outbox", "export", "--to", "JPN", &third]).starts_with("nothing for JPN waits"));
    for site in [&mut jpn, &mut kor] {
        site.kill();
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn what_may_no_longer_leave_is_withdrawn_as_it_is_written() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    jpn.kill();
    give(&kor, parent, "K-1");
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2026-01-01"]);
    let out = folder(parent, "out");
    asked(&kor, &["outbox", "export", "--to", "JPN", &out]);
    assert_eq!(states(&kor), ["withdrawn"]);
    kor.kill();
    jpn.start();
    assert!(import(&jpn, 0, &[&out]).iter().all(|state| *state == "taken"));
    assert!(json(&jpn, &["inbox"]).is_empty());
}

#[test]
fn what_somebody_altered_on_the_way_is_refused_and_the_right_file_still_taken() {
    let (parent, mut jpn, mut kor) = two();
    let parent = parent.path();
    jpn.kill();
    give(&kor, parent, "K-1");
    let (out, altered) = (folder(parent, "out"), folder(parent, "altered"));
    asked(&kor, &["outbox", "export", "--to", "JPN", &out]);
    kor.kill();
    jpn.start();
    let name = "KOR_JPN_routine_000000000000-000000000001.package";
    let mut bytes = fs::read(format!("{out}/{name}")).unwrap();
    // Somewhere in the envelope.
    bytes[200] ^= 1;
    fs::write(format!("{altered}/{name}"), bytes).unwrap();
    let config = jpn.config();
    let (said, _) = expect(1, &["inbox", "import", &altered, "--config", &config]);
    assert!(said.contains("refused"), "{said}");
    assert!(json(&jpn, &["inbox"]).is_empty());
    let alarms = json(&jpn, &["status"])[0]["alarms"].clone();
    assert_eq!(alarms.as_array().unwrap().len(), 1, "{alarms}");
    assert!(alarms[0]["message"].as_str().unwrap().contains("the entries are not those that KOR signed"), "{alarms}");
    assert!(import(&jpn, 0, &[&out]).iter().all(|state| *state == "taken"));
    assert_eq!(json(&jpn, &["inbox"]).len(), 1);
}
