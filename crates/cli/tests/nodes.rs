//! The node verbs against the real binary: two nodes as processes, asked as a person would ask them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod site;

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;
use site::{LABEL, Site, asked, eventually, example, expect, json, release, run, two};

#[test]
fn a_file_crosses_and_opens_with_the_same_bytes() {
    let (parent, jpn, kor) = two();
    let file = parent.path().join("report.bin");
    fs::write(&file, b"\x00\xff launch\r\n").unwrap();
    let output = release(&kor, &file, "K-1", "JPN", LABEL);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("given under jp-kr-gsomia-2016"), "{shown}");

    eventually("K-1 arrives", || run(&["inbox", "K-1", "--config", &jpn.config()]).status.success());
    let (opened, _) = expect(0, &["inbox", "K-1", "--config", &jpn.config()]);
    assert!(opened.starts_with(LABEL) && opened.trim_end().ends_with(LABEL), "banner above and below: {opened}");
    assert!(opened.contains("from KOR under jp-kr-gsomia-2016, for missile-warning"), "{opened}");
    let copy = parent.path().join("copy.bin");
    expect(0, &["inbox", "K-1", "--output", &copy.display().to_string(), "--config", &jpn.config()]);
    assert_eq!(fs::read(copy).unwrap(), fs::read(file).unwrap());

    for site in [&jpn, &kor] {
        eventually("all is receipted", || {
            let (status, _) = expect(0, &["status", "--json", "--config", &site.config()]);
            let status: serde_json::Value = serde_json::from_str(&status).unwrap();
            status["feeds"].as_array().unwrap().iter().all(|feed| feed["sent"] == feed["receipted"])
        });
        let (verified, _) = expect(0, &["log", "verify", "--config", &site.config()]);
        assert!(!verified.contains("BROKEN"), "{verified}");
    }
}

#[test]
fn what_is_denied_exits_2_and_names_what_would_help() {
    let (parent, _jpn, kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    let output = release(&kor, &file, "K-1", "JPN", "//KOR SECRET//NOFORN");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.starts_with("DENY"), "{shown}");

    let output = release(&kor, &file, "K-2", "JPN", "//KOR SECRET//REL TO USA, JPM, KOR");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("JPM") && said.contains("JPN"), "{said}");
}

#[test]
fn an_approval_lifts_the_authority_gate_alone() {
    let (parent, _jpn, kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    let shown = file.display().to_string();
    let arguments =
        ["release", &shown, "--label", LABEL, "--to", "JPN", "--purpose", "research", "--subject", "weather"];
    let (said, _) = expect(2, &[&arguments[..], &["--id", "K-1", "--config", &kor.config()]].concat());
    assert!(said.contains("entente approve K-1 --to JPN"), "{said}");
    // The node explains in the language that is asked for; a program gets English unless it asks too.
    let again = ["release", "--record", "K-1", "--to", "JPN", "--purpose", "research", "--config", &kor.config()];
    let (said, _) = expect(2, &[&["--lang", "ja"], &again[..]].concat());
    assert!(said.starts_with("不許可  提供 K-1  KOR -> JPN") && said.contains("許可の条件"), "{said}");
    let (said, _) = expect(2, &[&again[..], &["--json"]].concat());
    assert!(said.contains("\"headline\":\"DENY") && said.contains("no standing delegation of KOR"), "{said}");
    let (said, _) = expect(2, &[&["--lang", "ko"], &again[..], &["--json"]].concat());
    assert!(said.contains("\"headline\":\"불허") && said.contains("상시 위임"), "{said}");
    expect(0, &["approve", "K-1", "--to", "JPN", "--note", "by order", "--config", &kor.config()]);
    let again = ["release", "--record", "K-1", "--to", "JPN", "--purpose", "research", "--config", &kor.config()];
    let (said, _) = expect(0, &again);
    assert!(said.contains("approved by KOR"), "{said}");
}

#[test]
fn a_late_suspension_is_acknowledged_disputed_and_answered_for() {
    const TEXT: &str = "jp-kr-gsomia-2016";
    let (parent, jpn, kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    assert_eq!(release(&kor, &file, "K-1", "JPN", LABEL).status.code(), Some(0));
    eventually("K-1 arrives", || run(&["inbox", "K-1", "--config", &jpn.config()]).status.success());
    assert_eq!(asked(&kor, &["affected", "list"]), "no release is affected by what became known later\n");

    asked(&jpn, &["agreement", "suspend", TEXT, "--date", "2024-06-01"]);
    let accepted = serde_json::json!([{ "party": "KOR", "state": "accepted" }]);
    eventually("the act is acknowledged", || {
        json(&jpn, &["agreement", "acts", TEXT])[0]["acts"].as_array().unwrap().last().unwrap()["told"] == accepted
    });
    let affected = json(&kor, &["affected", "list"]);
    assert_eq!(affected.len(), 1);
    assert_eq!((&affected[0]["record"], &affected[0]["would"]["verdict"]), (&"K-1".into(), &"deny".into()));
    assert!(asked(&kor, &["status"]).contains("1 release is affected"), "{}", asked(&kor, &["status"]));
    asked(&kor, &["affected", "answer", "1", "--note", "JPN was asked to return it"]);
    assert_eq!(json(&kor, &["affected", "list"]).len(), 0);
    assert_eq!(json(&kor, &["affected", "list", "--all"])[0]["note"], "JPN was asked to return it");

    let acts = json(&kor, &["agreement", "acts", TEXT]);
    let act = acts[0]["acts"].as_array().unwrap().last().unwrap();
    assert_eq!((&act["by"], &act["date"], &act["kind"]), (&"JPN".into(), &"2024-06-01".into(), &"suspended".into()));
    assert!(act["known"].as_str().unwrap() > "2024-06-02", "known since today: {act}");
    asked(&kor, &["agreement", "dispute", TEXT, "--act", &act["number"].as_str().unwrap()[..8]]);
    eventually("the dispute arrives", || asked(&jpn, &["agreement", "acts", TEXT]).contains("disputed"));
    let output = release(&kor, &file, "K-2", "JPN", LABEL);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stdout).unwrap().contains("dispute"));
    for site in [&jpn, &kor] {
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn a_standing_consent_is_given_listed_and_withdrawn() {
    let (_parent, jpn, kor) = two();
    let consent = ["consent", "grant", "--standing", "--subject", "dprk-missile", "--max", "SECRET", "--for", "any"];
    let (_, said) = expect(64, &[&consent[..], &["--config", &kor.config()]].concat());
    assert!(said.contains("--note"), "{said}");
    let granted = asked(&kor, &[&consent[..], &["--note", "by order of the minister"]].concat());
    assert!(granted.starts_with("given to JPN\n"), "{granted}");
    let number = granted.trim_end().rsplit(' ').next().unwrap();
    eventually("it arrives", || json(&jpn, &["consent", "list"]).len() == 1);
    let shown = asked(&jpn, &["consent", "list"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("KOR to JPN: release dprk-missile up to SECRET to anybody"), "{shown}");
    let (_, said) = expect(1, &["consent", "withdraw", number, "--config", &jpn.config()]);
    assert!(said.contains("no consent"), "{said}");
    asked(&kor, &["consent", "withdraw", number]);
    eventually("it is withdrawn", || !json(&jpn, &["consent", "list"])[0]["withdrawn"].is_null());
}

#[test]
fn a_version_goes_where_its_record_may_not() {
    const TO_NOBODY: &str = "//KOR SECRET//NOFORN";
    let (parent, jpn, kor) = two();
    let (whole, reduced) = (parent.path().join("report.txt"), parent.path().join("warning.txt"));
    fs::write(&whole, "what was seen, and how").unwrap();
    fs::write(&reduced, "what was seen").unwrap();
    let (whole, reduced) = (whole.display().to_string(), reduced.display().to_string());
    let config = kor.config();
    let common = ["--to", "JPN", "--purpose", "missile-warning", "--config", &config];
    let record =
        ["release", &whole, "--id", "K-1", "--label", TO_NOBODY, "--subject", "dprk-missile", "--subject", "sources"];
    let version = ["--with-version", "T/7", LABEL, &reduced, "--version-subjects", "T/7", "dprk-missile"];
    let (said, _) = expect(2, &[&record[..], &version, &common].concat());
    assert!(said.contains("T/7") && said.contains("would be permitted in its place, for missile-warning"), "{said}");
    assert!(said.ends_with("Nothing was sent to JPN; a version may go: --record T/7\n"), "{said}");
    assert!(asked(&kor, &["inbox", "K-1"]).contains("versions    T/7"), "{}", asked(&kor, &["inbox", "K-1"]));
    expect(0, &[&["release", "--record", "T/7"], &common[..]].concat());
    for name in ["T/7", "KOR/T/7"] {
        assert!(asked(&kor, &["inbox", name]).starts_with(LABEL), "an id may have a slash");
    }
    eventually("T/7 arrives", || run(&["inbox", "T/7", "--config", &jpn.config()]).status.success());
    assert_eq!(asked(&jpn, &["inbox", "T/7", "--output", "-"]), "what was seen");
    let arrived = &json(&jpn, &["inbox"])[0];
    assert_eq!((&arrived["subjects"], &arrived["versions"]), (&json!(["dprk-missile"]), &json!(null)));
    // Subjects for a version that is not given; a version that is above its record.
    let (_, said) = expect(1, &[&record[..], &version[..4], &["--version-subjects", "T-8", "x"], &common].concat());
    assert!(said.contains("no version `T-8` is given"), "{said}");
    let above = ["--with-version", "T-9", "//KOR TOP SECRET//REL TO JPN, KOR", &reduced];
    let again = [&record[..2], &["--label", LABEL, "--id", "K-2"], &above[..], &common].concat();
    let (_, said) = expect(1, &again);
    assert!(said.contains("version `T-9`: its level is above that of the record"), "{said}");
    for site in [&jpn, &kor] {
        assert!(!asked(site, &["log", "verify"]).contains("BROKEN"));
    }
}

#[test]
fn what_if_counts_what_the_node_holds() {
    let (parent, jpn, kor) = two();
    let file = parent.path().join("report.txt");
    fs::write(&file, "x").unwrap();
    for id in ["K-1", "K-2"] {
        assert_eq!(release(&kor, &file, id, "JPN", LABEL).status.code(), Some(0));
    }
    let question = ["whatif", "--purpose", "missile-warning", "--suspend", "jp-kr-gsomia-2016:JPN"];
    let answer = &json(&kor, &question)[0];
    assert_eq!((&answer["records"], &answer["classes"]), (&2.into(), &1.into()));
    let pair = &answer["pairs"][0];
    let counts = ["from", "to", "before", "after", "newly_permitted", "newly_denied"].map(|key| pair[key].clone());
    assert_eq!(counts, [json!("KOR"), json!("JPN"), json!(2), json!(0), json!(0), json!(2)]);
    let witness = json!({ "record": "K-1", "was": "permit", "now": "deny", "because": [{
        "gate": "cover", "code": "not-in-force", "record": "K-1", "agreement": "jp-kr-gsomia-2016", "clause": null,
        "why": "no agreement covers KOR to JPN for this subject; nearest: jp-kr-gsomia-2016: suspended in the view of JPN",
    }] });
    assert_eq!(pair["witnesses"][0], witness);
    let shown = asked(&kor, &question);
    assert!(shown.starts_with("2 records in 1 class\n") && shown.contains("K-1 (1 of 2)  permit -> deny"), "{shown}");
    let shown = expect(0, &[&["--lang", "ja"], &question[..], &["--config", &kor.config()]].concat()).0;
    assert!(shown.contains("停止"), "{shown}");
    assert_eq!(asked(&kor, &[&question[..], &["--behind", "K-1"]].concat()), "K-1\nK-2\n");
    let behind = json(&kor, &[&question[..], &["--behind", "K-1"]].concat());
    assert_eq!(behind[1], json!({ "holder": "KOR", "record": "K-2" }));
    let (_, said) = expect(1, &[&question[..], &["--behind", "K-3", "--config", &kor.config()]].concat());
    assert!(said.contains("`K-3` is not among the witnesses"), "{said}");
    let unknown = ["whatif", "--purpose", "missile-warning", "--remove", "jp-kr-gsomia", "--config", &kor.config()];
    let (_, said) = expect(1, &unknown);
    assert!(said.contains("there is no agreement `jp-kr-gsomia`; did you mean `jp-kr-gsomia-2016`?"), "{said}");
    // A draft is read here, and judged there: with it in force, the suspension takes nothing away.
    let draft = parent.path().join("draft.toml");
    let text = fs::read_to_string(example("agreements/jp-kr-gsomia-2016.toml")).unwrap();
    fs::write(&draft, text.replace("id = \"jp-kr-gsomia-2016\"", "id = \"jp-kr-2027\"")).unwrap();
    let answer = &json(&kor, &[&question[..], &["--add", &draft.display().to_string()]].concat())[0];
    assert_eq!((&answer["pairs"][0]["before"], &answer["pairs"][0]["after"]), (&2.into(), &2.into()));
    // Nothing happened by asking.
    assert_eq!(release(&kor, &file, "K-3", "JPN", LABEL).status.code(), Some(0));
    drop(jpn);
}

#[test]
fn a_partner_that_is_away_gets_it_when_it_returns() {
    let (parent, mut jpn, mut kor) = two();
    jpn.kill();
    let file = parent.path().join("report.txt");
    fs::write(&file, "waits").unwrap();
    assert_eq!(release(&kor, &file, "K-1", "JPN", LABEL).status.code(), Some(0));
    // The sender is killed too; both return.
    kor.kill();
    jpn.start();
    kor.start();
    eventually("K-1 arrives", || run(&["inbox", "K-1", "--config", &jpn.config()]).status.success());
    let (records, _) = expect(0, &["inbox", "--json", "--config", &jpn.config()]);
    assert_eq!(records.lines().count(), 1, "{records}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let (_parent, jpn, _kor) = two();
    let (_, said) = expect(1, &["serve", "--config", &jpn.config()]);
    assert!(said.contains("another server runs on"), "{said}");
    // The first one goes on.
    expect(0, &["status", "--config", &jpn.config()]);
}

#[test]
fn a_fingerprint_that_differs_adds_nobody() {
    let (_parent, jpn, kor) = two();
    let words = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    let arguments = ["party", "add", &kor.party_file("KOR"), "--fingerprint", words, "--config", &jpn.config()];
    let (_, said) = expect(1, &arguments);
    assert!(said.contains("the fingerprint is not the one that KOR said"), "{said}");
    // A file that somebody changed is not signed any more.
    let path = kor.folder.join("KOR.party");
    let text = fs::read_to_string(&path).unwrap();
    let address = text.lines().find(|line| line.starts_with("addresses")).unwrap();
    fs::write(&path, text.replace(address, "addresses = [\"203.0.113.7:1\"]")).unwrap();
    let (_, said) = expect(1, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    assert!(said.contains("not signed by its own root key"), "{said}");
}

#[test]
fn keys_that_others_can_read_are_not_used() {
    let parent = tempfile::tempdir().unwrap();
    let jpn = Site::new(parent.path(), "JPN");
    let key = jpn.folder.join("keys/signing.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&jpn.folder).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (_, said) = expect(1, &["serve", "--config", &jpn.config()]);
    assert!(said.contains("can be read by others (mode 644)"), "{said}");
}

#[test]
fn errors_name_the_file_and_what_to_do() {
    let parent = tempfile::tempdir().unwrap();
    let nowhere = parent.path().join("none").display().to_string();
    let (_, said) = expect(1, &["status", "--config", &nowhere]);
    assert!(said.contains("none") && said.contains("entente node init"), "{said}");
    let jpn = Site::new(parent.path(), "JPN");
    let (_, said) = expect(1, &["status", "--config", &jpn.config()]);
    assert!(said.contains("no node answers") && said.contains("entente serve"), "{said}");
    // A folder that is in use is left alone.
    let (_, said) = expect(1, &["node", "init", &jpn.config(), "--party", "JPN"]);
    assert!(said.contains("is not empty"), "{said}");
    let config = jpn.folder.join("node.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap().replace("listen =", "lisen =")).unwrap();
    let (_, said) = expect(1, &["serve", "--config", &jpn.config()]);
    assert!(said.contains("unknown field `lisen`"), "{said}");
}

/// JPN and KOR with intervals of a second: their ledgers grow and are witnessed while the test waits.
#[test]
fn ledgers_are_witnessed_and_releases_are_proved_offline() {
    let parent = tempfile::tempdir().unwrap();
    let (mut jpn, mut kor) = (Site::new(parent.path(), "JPN"), Site::new(parent.path(), "KOR"));
    for site in [&mut jpn, &mut kor] {
        let config = site.folder.join("node.toml");
        let text = fs::read_to_string(&config).unwrap();
        let publish = "[publish]\nwith = [\"JPN\"]\nthreshold = 2\n";
        assert!(text.contains("interval_seconds = 60"));
        fs::write(&config, text.replace("interval_seconds = 60", "interval_seconds = 1") + publish).unwrap();
        site.start();
    }
    expect(0, &["party", "add", &kor.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.config()]);
    let file = parent.path().join("warning.txt");
    fs::write(&file, "launch").unwrap();
    for id in ["K-1", "K-2"] {
        assert!(release(&kor, &file, id, "JPN", LABEL).status.success());
    }

    // The release gets its leaf, and a checkpoint behind it that JPN has cosigned.
    let proof = parent.path().join("k-1.tlog-proof").display().to_string();
    let prove = |extra: &[&str]| {
        let arguments =
            ["log", "prove", "K-1", "--to", "JPN", "--out", &proof, "--config", &kor.folder.display().to_string()];
        run(&[&arguments[..], extra].concat()).status.success()
    };
    let parties = [jpn.config(), kor.config()];
    let check = || {
        let output = run(&["log", "check-proof", &proof, "--json", "--parties", &parties[0], &parties[1]]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    eventually("a proof that JPN witnessed", || prove(&[]) && check()["witnesses"][0]["party"] == "JPN");
    let proved = check();
    assert_eq!((&proved["signed_by"], &proved["post_quantum"]), (&"KOR".into(), &true.into()));
    let says = |told: &serde_json::Value, what: &str| told["proved"].to_string().contains(what);
    assert!(says(&proved, r#"\"parties\":[\"KOR\",\"JPN\"]"#) && !says(&proved, "K-1"), "{proved}");
    assert!(prove(&["--disclose", "record"]));
    let proved = check();
    assert_eq!(proved["proved"]["record"]["id"], "K-1");
    assert!(!says(&proved, LABEL));
    assert!(prove(&["--disclose", "everything"]));
    assert!(says(&check(), LABEL));
    eventually("a receipt", || prove(&["--receipt"]));
    assert_eq!((&check()["signed_by"], &check()["log"]), (&"JPN".into(), &"entente/KOR/JPN/routine".into()));
    // Without KOR's party file nobody knows whose ledger it is.
    assert!(prove(&[]));
    let (_, error) = expect(1, &["log", "check-proof", &proof, "--parties", &jpn.config()]);
    assert!(error.contains("no party file given explains the log"), "{error}");

    let (status, _) = expect(0, &["log", "status", "--json", "--config", &jpn.config()]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(
        (&status["cosigned_by"][0]["partner"], &status["witnessed"][0]["partner"]),
        (&"KOR".into(), &"KOR".into())
    );
    assert_eq!(status["alarms"], serde_json::json!([]));

    let (theirs, _) = expect(0, &["log", "verify", "--json", "--config", &jpn.config()]);
    let copy = parent.path().join("theirs.jsonl");
    fs::write(&copy, theirs).unwrap();
    let (compared, _) =
        expect(0, &["log", "compare", "JPN", "--with", &copy.display().to_string(), "--config", &kor.config()]);
    assert!(
        compared.contains("entente/KOR/JPN/routine  2 here, 2 signed for by the partner, 2 there: the same"),
        "{compared}"
    );
    let (counts, _) = expect(0, &["log", "digest", "--public", "--json", "--config", &kor.config()]);
    let counts: serde_json::Value = serde_json::from_str(&counts).unwrap();
    assert_eq!((&counts["to"], &counts["class"], &counts["releases"]), (&"JPN".into(), &"SECRET".into(), &2.into()));
    expect(0, &["log", "verify", "--config", &kor.config()]);
}

/// Partners would refuse what is signed without a key that they were promised: the node says so before they do.
#[test]
fn a_node_has_every_key_that_its_party_file_names() {
    let parent = tempfile::tempdir().unwrap();
    let site = Site::new(parent.path(), "JPN");
    for (key, name) in [("log-ml-dsa.key", "log-ml-dsa"), ("witness.key", "witness")] {
        let (path, away) = (site.folder.join("keys").join(key), parent.path().join(key));
        fs::rename(&path, &away).unwrap();
        let (_, error) = expect(1, &["serve", "--config", &site.config()]);
        let is_said = error.contains(&format!("the `{name}` key")) && error.contains("of the party file is not in");
        assert!(is_said, "{error}");
        fs::rename(&away, &path).unwrap();
    }
}

/// A node from before contents were encrypted gets its key when it starts; one whose contents are encrypted does not get
/// another, which would open nothing.
#[test]
fn the_storage_key_is_made_once() {
    let parent = tempfile::tempdir().unwrap();
    let mut site = Site::new(parent.path(), "JPN");
    let path = site.folder.join("keys/storage.key");
    fs::remove_file(&path).unwrap();
    site.start();
    site.kill();
    let made = fs::read(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    site.start();
    site.kill();
    assert_eq!(fs::read(&path).unwrap(), made);
    fs::remove_file(&path).unwrap();
    let (_, said) = expect(1, &["serve", "--config", &site.config()]);
    assert!(said.contains("storage.key"), "{said}");
    assert!(!path.exists());
}
