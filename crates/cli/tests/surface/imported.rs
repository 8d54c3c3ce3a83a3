//! Many files at once: each enters once, however often they are handed in, and what breaks off says how far it came.

use std::{fs, io::Write, net::TcpStream};

use serde_json::{Value, json};

use crate::{
    OFFICER, console, ended, job,
    site::{self, LABEL, eventually, expect},
    web::{Answer, Console, Visitor},
};

const BOUNDARY: &str = "--x\r\n";
const KIND: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=x");

fn fields(more: &[(&str, &str)]) -> String {
    let all = [("label", LABEL), ("subjects", "dprk-missile"), ("status", "actual")];
    let more = all.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more);
    more.map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"))
        .collect()
}

fn file(name: &str, content: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n\
         {content}\r\n"
    )
}

fn import(visitor: &Visitor, more: &[(&str, &str)], files: &[(&str, &str)]) -> Answer {
    let files: String = files.iter().map(|(name, content)| file(name, content)).collect();
    visitor.ask("POST", "/api/v1/jobs/import", &[KIND], format!("{}{files}--x--\r\n", fields(more)).as_bytes())
}

fn counts(job: &Value) -> [u64; 4] {
    ["entered", "known", "refused", "left"].map(|word| job["imported"][word].as_u64().unwrap())
}

/// The beginning of an import of three files, of which so much has gone out; the rest comes when somebody writes it.
fn begun(visitor: &Visitor, files: &[(&str, &str)], length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(visitor.address).unwrap();
    let cookie = visitor.cookie("__Host-entente").unwrap();
    let head = format!(
        "POST /api/v1/jobs/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-entente={cookie}\r\n\
         {}: {}\r\nContent-Length: {length}\r\n\r\n",
        KIND.0, KIND.1
    );
    stream.write_all(head.as_bytes()).unwrap();
    let files: String = files.iter().map(|(name, content)| file(name, content)).collect();
    // A file is over where the next boundary begins.
    stream.write_all(format!("{}{files}{BOUNDARY}", fields(&[("count", "3")])).as_bytes()).unwrap();
    stream.flush().unwrap();
    stream
}

/// The work that is under way.
fn running(visitor: &Visitor) -> Option<Value> {
    let jobs = visitor.get("/jobs").json();
    jobs.as_array().unwrap().iter().find(|job| job["ended"].is_null()).cloned()
}

const FILES: [(&str, &str); 3] = [("a.txt", "alpha"), ("b.txt", "beta"), ("c.txt", "gamma")];

#[test]
fn a_file_enters_once() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let first = import(&officer, &[], &[("a.txt", "alpha"), ("b.txt", "beta"), ("again.txt", "alpha")]);
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    assert_eq!((first["state"].as_str(), counts(&first)), (Some("done"), [2, 1, 0, 0]), "{first}");
    let files = first["imported"]["files"].as_array().unwrap();
    assert_eq!(files[0]["record"], files[2]["record"], "the same bytes are one record");
    let id = files[0]["record"].as_str().unwrap();
    let record = officer.get(&format!("/records/KOR/{id}")).json();
    assert_eq!((record["title"].as_str(), record["label"].as_str()), (Some("a.txt"), Some(LABEL)));
    assert_eq!(officer.get(&format!("/records/KOR/{id}/content")).text(), "alpha");
    // Once more, with one that is new.
    let second = import(&officer, &[], &FILES).json();
    assert_eq!(counts(&second), [1, 2, 0, 0]);
    assert_eq!(officer.get("/records").json()["records"].as_array().unwrap().len(), 3);
    // Under another label the same bytes do not enter: nobody shall believe that the label counts.
    let other =
        import(&officer, &[("label", "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR")], &[("a.txt", "alpha")]).json();
    assert_eq!(counts(&other), [0, 0, 1, 0]);
    assert!(other["imported"]["files"][0]["why"].as_str().unwrap().contains(id), "{other}");
    // Of somebody else's files nobody learns by handing in the same: they are records of their own.
    let low = kor.person("low", &["--role", "analyst", "--clearance", "CONFIDENTIAL", "--subject", "*"]);
    let own = import(&low, &[("label", "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR")], &[("a.txt", "alpha")]).json();
    assert_eq!(counts(&own), [1, 0, 0, 0], "{own}");
    // One's own work, without each file in the list.
    let listed = officer.get("/jobs").json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert!(listed[0]["imported"]["files"].is_null() && listed[0]["imported"]["entered"] == 2);
    assert_eq!(low.get(&format!("/jobs/{}", first["id"])).status, 404);
}

#[test]
fn what_cannot_be_an_import_is_refused_before_anything_enters() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let analyst = kor.person("mori", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    let auditor = kor.person("audit", &["--role", "auditor", "--clearance", "SECRET", "--subject", "*"]);
    for more in [("label", "NONSENSE"), ("label", ""), ("subjects", " , "), ("status", "odd"), ("precedence", "LOUD")] {
        assert_eq!(import(&officer, &[more], &FILES).status, 422, "{more:?}");
    }
    assert_eq!(import(&officer, &[("to", "JPN")], &FILES).status, 422, "what for?");
    assert_eq!(import(&officer, &[], &[]).status, 422, "no file");
    assert_eq!(import(&analyst, &[("to", "JPN"), ("purpose", "missile-warning")], &FILES).status, 403);
    assert_eq!(import(&auditor, &[], &FILES).status, 403);
    let sent = |body: &str| officer.ask("POST", "/api/v1/jobs/import", &[KIND], body.as_bytes());
    for broken in ["", "--x", "nonsense", "--x\r\n\r\n"] {
        assert!((400..500).contains(&sent(broken).status), "{broken}");
    }
    assert_eq!(officer.get("/jobs").json(), json!([]));
    // A label above what one may see oneself: the file says so, and nothing of it enters.
    let low = kor.person("low", &["--role", "analyst", "--clearance", "CONFIDENTIAL", "--subject", "*"]);
    let above = import(&low, &[], &FILES[..1]).json();
    assert_eq!(counts(&above), [0, 0, 1, 0]);
    assert!(above["imported"]["files"][0]["why"].as_str().unwrap().contains("above your clearance"), "{above}");
    // A field behind a file could not be heeded any more: the rest is left out, and the work says why.
    let late = sent(&format!("{}{}{}{}--x--\r\n", fields(&[]), file("a", "1"), fields(&[]), file("b", "2"))).json();
    assert_eq!((late["state"].as_str(), counts(&late)), (Some("failed"), [1, 0, 0, 1]), "{late}");
    assert_eq!(officer.get("/records").json()["records"].as_array().unwrap().len(), 1);
}

#[test]
fn what_breaks_off_is_gone_on_with_by_the_same_files() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let stream = begun(&officer, &FILES[..2], 100_000);
    eventually("two have entered", || running(&officer).is_some_and(|job| job["done"] == 2));
    let id = running(&officer).unwrap()["id"].clone();
    assert_eq!(job(&officer, &id)["steps"], 3, "how many there are is known from the first");
    drop(stream);
    let cut = ended(&officer, &id);
    assert_eq!((cut["state"].as_str(), counts(&cut)[0]), (Some("interrupted"), 2), "{cut}");
    let again = import(&officer, &[], &FILES).json();
    assert_eq!(counts(&again), [1, 2, 0, 0], "{again}");
}

#[test]
fn what_is_cancelled_keeps_what_entered_and_names_what_did_not() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let rest = format!("{}--x--\r\n", file(FILES[2].0, FILES[2].1).strip_prefix(BOUNDARY).unwrap());
    let sent: usize = FILES[..2].iter().map(|(name, content)| file(name, content).len()).sum();
    let length = fields(&[("count", "3")]).len() + sent + BOUNDARY.len() + rest.len();
    let mut stream = begun(&officer, &FILES[..2], length);
    eventually("two have entered", || running(&officer).is_some_and(|job| job["done"] == 2));
    let id = running(&officer).unwrap()["id"].clone();
    let stranger = kor.person("mori", &OFFICER);
    assert_eq!(stranger.post(&format!("/jobs/{id}/cancel"), &Value::Null).status, 404);
    assert_eq!(officer.post(&format!("/jobs/{id}/cancel"), &Value::Null).status, 200);
    // It is over although nothing more comes; what comes all the same is named.
    let over = ended(&officer, &id);
    assert_eq!((over["state"].as_str(), counts(&over)), (Some("cancelled"), [2, 0, 0, 0]), "{over}");
    stream.write_all(rest.as_bytes()).unwrap();
    eventually("the rest is named", || counts(&job(&officer, &id)) == [2, 0, 0, 1]);
    let over = job(&officer, &id);
    let left = over["imported"]["files"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((left["name"].as_str(), left["state"].as_str()), (Some("c.txt"), Some("left")));
    assert_eq!(officer.get("/records").json()["records"].as_array().unwrap().len(), 2);
}

#[test]
fn a_file_that_is_coming_is_cancelled_in_its_middle() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let long = file("long.txt", &"x".repeat(200_000));
    let rest = format!("{long}--x--\r\n");
    let length = fields(&[("count", "3")]).len() + file("a.txt", "alpha").len() + rest.len();
    let mut stream = begun(&officer, &[("a.txt", "alpha")], length);
    eventually("one has entered", || running(&officer).is_some_and(|job| job["done"] == 1));
    let id = running(&officer).unwrap()["id"].clone();
    // One import of each person: files sent twice by mistake would only hold up each other, and others.
    let second = import(&officer, &[], &FILES);
    assert_eq!(second.status, 409, "{}", second.text());
    let other = kor.person("mori", &OFFICER);
    assert_eq!(import(&other, &[], &FILES[..1]).status, 200);
    // Half of the long one, and then nothing for as long as anybody looks.
    let rest = rest.strip_prefix(BOUNDARY).unwrap().as_bytes();
    let (half, behind) = rest.split_at(100_000);
    stream.write_all(half).unwrap();
    stream.flush().unwrap();
    assert_eq!(officer.post(&format!("/jobs/{id}/cancel"), &Value::Null).status, 200);
    let over = ended(&officer, &id);
    assert_eq!((over["state"].as_str(), counts(&over)[0]), (Some("cancelled"), 1), "{over}");
    let when = over["ended"].clone();
    // Its place is free, and what comes late does not enter.
    assert_eq!(import(&officer, &[], &FILES[1..2]).status, 200);
    stream.write_all(behind).unwrap();
    eventually("it is named", || counts(&job(&officer, &id))[3] == 1);
    let over = job(&officer, &id);
    assert_eq!((over["state"].as_str(), &over["ended"]), (Some("cancelled"), &when), "{over}");
    let left = over["imported"]["files"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((left["name"].as_str(), left["state"].as_str()), (Some("long.txt"), Some("left")));
    assert_eq!(officer.get("/records").json()["records"].as_array().unwrap().len(), 3);
}

#[test]
fn long_work_is_found_again_after_a_stop() {
    let (_parent, mut kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let auditor = kor.person("audit", &["--role", "auditor", "--clearance", "SECRET", "--subject", "*"]);
    let done = import(&officer, &[], &FILES).json();
    let stream = begun(&officer, &[("d.txt", "delta")], 100_000);
    eventually("it has entered", || running(&officer).is_some_and(|job| job["done"] == 1));
    let cut = running(&officer).unwrap()["id"].clone();
    // Killed in the middle of the one, and maybe of the other.
    let verify = auditor.post("/jobs", &json!({ "kind": "verify" })).json()["id"].clone();
    kor.site.kill();
    kor.site.start();
    drop(stream);
    assert_eq!(ended(&officer, &cut)["state"], "interrupted");
    let before = job(&officer, &done["id"]);
    assert_eq!((before["state"].as_str(), counts(&before)), (Some("done"), [3, 0, 0, 0]));
    let verified = ended(&auditor, &verify);
    assert_eq!(verified["state"], "done", "{verified}");
    assert!(verified["logs"].as_array().is_some_and(|logs| !logs.is_empty()), "{verified}");
    let again = import(&officer, &[], &[("d.txt", "delta"), ("e.txt", "epsilon")]).json();
    assert_eq!(counts(&again), [1, 1, 0, 0], "{again}");
    assert!(again["id"].as_u64() > verify.as_u64(), "no number is given twice");
}

#[test]
fn files_are_released_at_once_and_never_twice() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = (Console::new(parent.path(), "KOR"), Console::new(parent.path(), "JPN"));
    for (one, other, code) in [(&jpn, &kor, "KOR"), (&kor, &jpn, "JPN")] {
        expect(0, &["party", "add", &other.site.party_file(code), "--confirmed", "--config", &one.site.config()]);
    }
    let officer = kor.person("sato", &OFFICER);
    let to = [("to", "JPN"), ("purpose", "missile-warning")];
    let outcomes = |job: &Value| -> Vec<(String, u64)> {
        let released = job["imported"]["released"].as_array().unwrap();
        released
            .iter()
            .map(|one| (one["outcome"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
            .collect()
    };
    let first = import(&officer, &to, &FILES[..2]).json();
    assert_eq!(outcomes(&first), [("sequenced".to_owned(), 2)], "{first}");
    let again = import(&officer, &to, &FILES).json();
    let mut found = outcomes(&again);
    found.sort();
    assert_eq!(found, [("given".to_owned(), 2), ("sequenced".to_owned(), 1)], "{again}");
    let reader = jpn.person("tanaka", &OFFICER);
    let titles = || -> Vec<String> {
        let records = reader.get("/records").json();
        let mut titles: Vec<String> = records["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["title"].as_str().unwrap().to_owned())
            .collect();
        titles.sort();
        titles
    };
    eventually("three arrive", || titles().len() >= 3);
    assert_eq!(titles(), ["a.txt", "b.txt", "c.txt"]);
}

#[test]
fn a_folder_is_imported_by_the_command_line_and_by_a_page() {
    let (parent, kor) = console();
    let folder = parent.path().join("files");
    fs::create_dir_all(folder.join("deep/.hidden")).unwrap();
    for (name, content) in
        [("b.txt", "beta"), ("a.txt", "alpha"), ("deep/c.txt", "gamma"), (".dot", "no"), ("deep/.hidden/d", "no")]
    {
        fs::write(folder.join(name), content).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).unwrap();
    let (config, path) = (kor.site.config(), folder.display().to_string());
    let arguments =
        ["job", "import", &path, "--label", LABEL, "--subject", "dprk-missile", "--json", "--config", &config];
    let first: Value = serde_json::from_str(&expect(0, &arguments).0).unwrap();
    assert_eq!(counts(&first), [3, 0, 0, 0], "{first}");
    let names: Vec<&str> =
        first["imported"]["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.txt", "b.txt", "deep/c.txt"]);
    let again: Value = serde_json::from_str(&expect(0, &arguments).0).unwrap();
    assert_eq!(counts(&again), [0, 3, 0, 0], "{again}");
    let said = site::asked(&kor.site, &["job", "list"]);
    assert!(said.contains("import of files") && said.contains("done"), "{said}");
    let shown = site::asked(&kor.site, &["job", "show", &again["id"].to_string()]);
    assert!(shown.contains("0 entered, 3 here already, 0 refused, 0 left out"), "{shown}");
    let checked = site::asked(&kor.site, &["job", "verify"]);
    assert!(checked.contains("check of the logs") && checked.contains("done"), "{checked}");
    // The page does the same, and leads to the work.
    let officer = kor.person("sato", &OFFICER);
    let html = ("Accept", "text/html");
    let body =
        format!("{}{}{}--x--\r\n", fields(&[("count", "2")]), file("p.txt", "page"), file("q.txt", "<b>quote</b>"));
    let answer = officer.ask("POST", "/records/import", &[html, KIND], body.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location").unwrap().to_owned();
    assert!(place.starts_with("/log/jobs/"), "{place}");
    ended(&officer, &json!(place.rsplit('/').next().unwrap().parse::<u64>().unwrap()));
    let page = officer.ask("GET", &place, &[html], b"");
    assert!(
        page.status == 200 && page.text().contains("q.txt") && page.text().contains("KOR SECRET"),
        "{}",
        page.text()
    );
    let wrong = officer.ask("POST", "/records/import", &[html, KIND], b"--x--\r\n");
    assert!(wrong.text().contains("role=\"alert\""), "{}", wrong.text());
}

#[test]
fn a_page_without_script_answers_once_the_files_are_here_and_looks_again_while_they_enter() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let html = ("Accept", "text/html");
    let files: String = (0..600).map(|number| file(&format!("{number}.txt"), &format!("file {number}"))).collect();
    let body = format!("{}{files}--x--\r\n", fields(&[("count", "600")]));
    let answer = officer.ask("POST", "/records/import", &[html, KIND], body.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location").unwrap().to_owned();
    let id = json!(place.rsplit('/').next().unwrap().parse::<u64>().unwrap());
    let again = "<noscript><meta http-equiv=\"refresh\"";
    let (page, list) = (officer.ask("GET", &place, &[html], b"").text(), officer.ask("GET", "/log/jobs", &[html], b""));
    assert!(page.contains(again) && page.contains("/ 600</span>"), "it is under way: {page}");
    assert!(list.text().contains(again), "{}", list.text());
    let over = ended(&officer, &id);
    assert_eq!((over["state"].as_str(), counts(&over)), (Some("done"), [600, 0, 0, 0]));
    for place in [&*place, "/log/jobs"] {
        assert!(!officer.ask("GET", place, &[html], b"").text().contains(again), "it is over: {place}");
    }
}
