//! A guard between two networks that reads what passes with its own key alone.
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
    fs::{self, OpenOptions},
    io::Write,
};

use serde_json::{Value, json};
use site::{LABEL, Site, asked, eventually, expect, json, release, two};

/// Puts more into a node's configuration and starts it anew.
fn configured(site: &mut Site, text: &str) {
    site.stop();
    let mut config = OpenOptions::new().append(true).open(site.folder.join("node.toml")).unwrap();
    config.write_all(text.as_bytes()).unwrap();
    site.start();
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_guard_reads_label_and_kind_with_its_own_key_and_lets_nothing_pass_unread() {
    let (parent, mut jpn, mut kor) = two();
    let guard = parent.path().join("guard").display().to_string();
    expect(0, &["guard", "keygen", &guard]);
    expect(1, &["guard", "keygen", &guard]);
    jpn.kill();
    configured(&mut kor, &format!("\n[guard.JPN]\nshow = \"sealed\"\nkey = \"{guard}/guard.pub\"\n"));
    let file = parent.path().join("K-1");
    fs::write(&file, "launch detected").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    asked(&kor, &["agreement", "suspend", "jp-kr-gsomia-2016", "--date", "2030-01-01"]);
    let out = parent.path().join("out");
    fs::create_dir(&out).unwrap();
    asked(&kor, &["outbox", "export", "--to", "JPN", &out.display().to_string()]);
    let path = |lane: &str| {
        let names = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path().display().to_string());
        names.into_iter().find(|name| name.contains(lane)).unwrap()
    };
    let (routine, urgent, party) = (path("routine"), path("urgent"), kor.party_file("KOR"));

    let arguments = ["guard", "read", &routine, &urgent, "--keys", &guard, "--parties", &party, "--json"];
    let read = lines(&expect(0, &arguments).0);
    let of = |kind: &str| read.iter().find(|line| line["kind"] == kind).unwrap();
    let record = of("record");
    for (field, value) in [("label", LABEL), ("from", "KOR"), ("to", "JPN"), ("shows", "sealed"), ("signature", "good")]
    {
        assert_eq!(record[field], value, "{field}");
    }
    assert_eq!((&record["precedence"], &record["entry"]), (&json!("ROUTINE"), &json!(0)));
    assert_eq!((&of("act")["label"], &of("act")["precedence"]), (&json!(""), &json!("IMMEDIATE")));
    let (table, _) = expect(0, &["guard", "read", &routine, "--keys", &guard]);
    assert!(table.contains("//KOR SECRET//REL TO") && table.contains("unchecked"), "{table}");

    // Without the key, with another guard's, and with one bit altered: nothing passes.
    let other = parent.path().join("other").display().to_string();
    expect(0, &["guard", "keygen", &other, "--json"]);
    assert!(expect(1, &["guard", "read", &routine]).0.contains("whose key was not given"));
    assert!(expect(1, &["guard", "read", &routine, "--keys", &other]).0.contains("is sealed to key"));
    let altered = parent.path().join("altered").display().to_string();
    let mut bytes = fs::read(&routine).unwrap();
    let at = bytes.windows(4).position(|window| window == b"\x63KOR").unwrap();
    bytes[at - 4] ^= 1;
    fs::write(&altered, bytes).unwrap();
    let read = lines(&expect(1, &["guard", "read", &altered, "--keys", &guard, "--parties", &party, "--json"]).0);
    assert!(read[0]["signature"] == "bad" || read[0]["problem"].is_string(), "{read:?}");
    fs::write(&altered, "a letter").unwrap();
    expect(1, &["guard", "read", &altered, "--keys", &guard]);

    // JPN has no key of the guard's, and finds that what the guard read is what there is.
    kor.kill();
    jpn.start();
    asked(&jpn, &["inbox", "import", &out.display().to_string()]);
    assert_eq!(json(&jpn, &["inbox"]).len(), 1);
    assert!(json(&jpn, &["alarm", "list"]).is_empty());
}

#[test]
fn a_partner_that_no_longer_shows_what_was_agreed_is_refused_and_a_person_hears_of_it() {
    let (parent, mut jpn, kor) = two();
    configured(&mut jpn, "\n[guard.KOR]\nexpect = \"clear\"\n");
    let file = parent.path().join("K-1");
    fs::write(&file, "launch detected").unwrap();
    assert!(release(&kor, &file, "K-1", "JPN", LABEL).status.success());
    eventually("JPN has an alarm", || !json(&jpn, &["alarm", "list"]).is_empty());
    let alarms = json(&jpn, &["alarm", "list"]);
    let said = alarms[0]["message"].as_str().unwrap();
    assert!(said.contains("it shows guards nothing, but of KOR is expected label and kind in clear"), "{said}");
    assert!(json(&jpn, &["inbox"]).is_empty());
    let number = alarms[0]["number"].to_string();
    let shown = &json(&jpn, &["alarm", "show", &number])[0];
    assert_eq!((&shown["evidence"]["kind"], &shown["partner"]), (&json!("envelope"), &json!("KOR")));
    let evidence = parent.path().join("evidence").display().to_string();
    assert!(asked(&jpn, &["alarm", "show", &number, "--output", &evidence]).contains("in quarantine"));
    assert_eq!(fs::read(&evidence).unwrap().len(), 32);
    expect(1, &["alarm", "show", "99", "--config", &jpn.config()]);
    // Once its operators have agreed on nothing after all, it enters as it is.
    let text = fs::read_to_string(jpn.folder.join("node.toml")).unwrap();
    jpn.stop();
    fs::write(jpn.folder.join("node.toml"), text.replace("expect = \"clear\"", "expect = \"nothing\"")).unwrap();
    jpn.start();
    asked(&jpn, &["quarantine", "retry", "KOR", "routine", "0"]);
    assert_eq!(json(&jpn, &["inbox"]).len(), 1);
    drop(kor);
}
