//! Telling people: a real mail server (`aiosmtpd` of the Python package index) with STARTTLS and with TLS from the first byte on, and
//! a receiver of webhooks that checks signatures with Python's own HMAC. Ignored otherwise, because it needs Python and a
//! package: `make api` runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod night;
mod python;
mod site;
mod web;

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use entente_server::keys::KeyFolder;
use python::Python;
use serde_json::{Value, json};
use web::{Console, Listening};

/// The version that this was tried with.
const SERVER: &str = "aiosmtpd==1.4.6";
const SECRET: &str = "a secret of the two of them";

/// The mail server and the receiver of webhooks.
struct Outside {
    child: Child,
    folder: PathBuf,
    starttls: u16,
    implicit: u16,
    https: u16,
}

impl Outside {
    fn start(python: &Python, parent: &Path) -> Self {
        let folder = parent.join("outside");
        std::fs::create_dir(&folder).unwrap();
        KeyFolder::at(&folder).write_console_tls("localhost").unwrap();
        let free: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = free.iter().map(|free| free.local_addr().unwrap().port()).collect();
        drop(free);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/receiver.py");
        let mut command = python.program("python");
        command.arg(script).arg(&folder).arg(folder.join("console.crt")).arg(folder.join("console.key")).arg(SECRET);
        let child = command.args(ports.iter().map(u16::to_string)).spawn().unwrap();
        for port in &ports {
            site::eventually("it listens", || TcpStream::connect(("127.0.0.1", *port)).is_ok());
        }
        Self { child, folder, starttls: ports[0], implicit: ports[1], https: ports[2] }
    }

    fn authority(&self) -> String {
        self.folder.join("console.crt").display().to_string()
    }

    /// What came in of a kind so far, in order.
    fn got(&self, kind: &str) -> Vec<Value> {
        let files = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut files: Vec<PathBuf> =
            files.filter(|path| name(path).starts_with(kind) && name(path).ends_with(".json")).collect();
        files.sort();
        files.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
    }

    fn forget(&self) {
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    fn is_busy_once(&self) {
        std::fs::write(self.folder.join("busy"), "").unwrap();
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Three on the list: one with a page and a mailbox, one with a mailbox that the server does not have, one with a program.
fn contacts(outside: &Outside) -> String {
    format!(
        r#"
schema = "entente.contacts/1"
party = "KOR"
zone = "Asia/Seoul"

[[person]]
id = "kim"
name = "Kim"
account = "kim"
email = "kim@kor.example"

[[person]]
id = "gone"
name = "Somebody whose mailbox is gone"
email = "nobody@kor.example"

[[person]]
id = "park"
name = "Park"
webhook = "pager"

[[webhook]]
id = "pager"
url = "https://localhost:{}/call?token=not-for-logs"
secret = "pager.secret"
certificate_authority = "{}"

[[rota]]
id = "watch"
[[rota.shift]]
from = "00:00"
until = "00:00"
persons = ["kim"]

[[step]]
after = 0
tell = ["watch"]
by = ["console", "email"]

[[step]]
after = 10
tell = ["park"]
by = ["webhook"]
at_least = "IMMEDIATE"

[[step]]
after = 20
tell = ["gone"]
by = ["email"]
at_least = "FLASH"
"#,
        outside.https,
        outside.authority()
    )
}

fn private(path: &Path, text: &str) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options.open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// The node of KOR, not running, with the contact list and that mail server.
fn node(parent: &Path, outside: &Outside, tls: &str, port: u16) -> Console {
    let list = parent.join("contacts.toml");
    std::fs::write(&list, contacts(outside)).unwrap();
    private(&parent.join("mail.password"), "between us two\n");
    private(&parent.join("pager.secret"), SECRET);
    let config = format!(
        "[contacts]\nfile = \"{}\"\n[mail]\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\n\
         certificate_authority = \"{}\"\nfrom = \"entente@kor.example\"\nuser = \"kor-node\"\npassword = \"{}\"\n",
        list.display(),
        outside.authority(),
        parent.join("mail.password").display()
    );
    Console::with_config(parent, "KOR", "", &config)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[ignore = "needs Python and a mail server: make api"]
fn a_test_of_the_chain_reaches_people_by_mail_program_and_page_and_says_whom_it_did_not() {
    let Some(python) = Python::with("smtp", &[SERVER]) else { return };
    let parent = tempfile::tempdir().unwrap();
    let outside = Outside::start(&python, parent.path());
    let mut kor = node(parent.path(), &outside, "starttls", outside.starttls);
    let config = kor.site.config();
    let rights = ["--role", "watch", "--clearance", "SECRET", "--subject", "*"];
    let (kim, lee) = (kor.person("kim", &rights), kor.person("lee", &rights));
    let (mut kims, mut lees) = (Listening::new(&kim, None), Listening::new(&lee, None));
    assert_eq!((kims.next().0, lees.next().0), ("listening".to_owned(), "listening".to_owned()));

    let test = ["contacts", "test", "--config", &config, "--json"];
    let (out, _) = site::expect(1, &test);
    let tested = lines(&out);
    let said = |person: &str, way: &str| {
        let found = tested.iter().find(|tested| tested["person"] == person && tested["way"] == way);
        found.unwrap_or_else(|| panic!("{person} {way}: {tested:?}")).clone()
    };
    assert_eq!(tested.len(), 4, "{tested:?}");
    let (page, mail, hook, gone) =
        (said("kim", "console"), said("kim", "email"), said("park", "webhook"), said("gone", "email"));
    for reached in [&page, &mail, &hook] {
        assert_eq!((&reached["reached"], &reached["tries"]), (&json!(true), &json!(1)), "{reached}");
    }
    assert_eq!((&mail["after"], &hook["after"], &gone["after"]), (&json!(0), &json!(10), &json!(20)));
    assert!(mail["words"].as_str().unwrap().contains("250 taken"), "{mail}");
    assert!(gone["words"].as_str().unwrap().contains("no such mailbox"), "{gone}");
    assert_eq!(
        (&gone["reached"], &gone["tries"]),
        (&json!(false), &json!(1)),
        "what is refused for good is not repeated"
    );

    // What came, as the others see it.
    let [mail] = outside.got("mail").try_into().unwrap();
    assert_eq!((&mail["account"], &mail["tls"]), (&json!("kor-node"), &json!(true)));
    assert_eq!((&mail["from"], &mail["to"]), (&json!("entente@kor.example"), &json!(["kim@kor.example"])));
    let text = mail["text"].as_str().unwrap();
    for word in ["Subject: TEST: a message of the node of KOR", "Auto-Submitted: auto-generated", "Message-ID: <"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert!(text.contains(&format!("http://{}", kor.address)) || text.contains("http://localhost"), "{text}");
    let [hook] = outside.got("hook").try_into().unwrap();
    assert_eq!((&hook["good"], &hook["body"]["test"]), (&json!(true), &json!(true)), "{hook}");
    assert_eq!(hook["body"]["key"], hook["key"]);

    // On the page of the person, and on nobody else's.
    assert_eq!(kims.next().0, "attempt");
    site::expect(0, &["contacts", "attempts", "--config", &config]);
    let yun = kor.person("yun", &["--role", "disclosure", "--clearance", "SECRET", "--subject", "*"]);
    let record = json!({ "id": "K-1", "label": "TLP:CLEAR", "subjects": [], "status": "test", "distribution": [],
        "derived_from": [], "title": "a", "media_type": "text/plain", "content": "aGk=", "versions": [] });
    assert_eq!(yun.post("/records", &record).status, 200);
    assert_eq!(lees.next().0, "entered", "and no attempt before it");

    // Busy once: tried again, as the same message.
    outside.forget();
    outside.is_busy_once();
    let routine = ["contacts", "test", "--precedence", "ROUTINE", "--config", &config, "--json"];
    let again = lines(&site::expect(0, &routine).0);
    let mail = again.iter().find(|tested| tested["way"] == "email").unwrap();
    assert_eq!((&mail["tries"], &mail["reached"]), (&json!(2), &json!(true)), "{mail}");
    assert_eq!(outside.got("mail").len(), 1);

    // All of it is on the record, for the auditor, and holds; and survives.
    let attempts = lines(&site::expect(0, &["contacts", "attempts", "--config", &config, "--json"]).0);
    assert_eq!(attempts.len(), 6);
    assert!(attempts.iter().all(|attempt| attempt["ended"].is_string()), "{attempts:?}");
    let ledger = kor.statements();
    let ended = ledger.iter().filter(|statement| statement["kind"] == "attempted");
    assert_eq!(ended.count(), 6);
    assert!(ledger.iter().any(|statement| statement["content"]["deed"] == "contacts.test"));
    drop((kims, lees));
    kor.site.kill();
    site::expect(0, &["log", "verify", "--config", &config]);

    // The other way of TLS, a wrong password, an exposed one, and a log without secrets.
    let text = std::fs::read_to_string(kor.site.folder.join("node.toml")).unwrap();
    let text = text
        .replace("starttls", "implicit")
        .replace(&format!("port = {}", outside.starttls), &format!("port = {}", outside.implicit));
    std::fs::write(kor.site.folder.join("node.toml"), text).unwrap();
    let log = parent.path().join("log");
    kor.site.start_logged(&log);
    assert_eq!(lines(&site::expect(0, &["contacts", "attempts", "--config", &config, "--json"]).0), attempts);
    outside.forget();
    let tested = lines(&site::expect(1, &routine).0);
    assert_eq!(tested.iter().find(|tested| tested["way"] == "email").unwrap()["reached"], true, "{tested:?}");
    assert_eq!(tested.iter().find(|tested| tested["way"] == "console").unwrap()["words"], "no page is open");
    assert_eq!(outside.got("mail")[0]["tls"], true);
    private(&parent.path().join("mail.password"), "between us three\n");
    let tested = lines(&site::expect(1, &routine).0);
    assert!(tested.iter().any(|tested| tested["words"].as_str().unwrap().contains("535")), "{tested:?}");
    Command::new("chmod").arg("644").arg(parent.path().join("mail.password")).status().unwrap();
    let tested = lines(&site::expect(1, &routine).0);
    assert!(tested.iter().any(|tested| tested["words"].as_str().unwrap().contains("mail.password")), "{tested:?}");
    drop(outside);
    let tested = lines(&site::expect(1, &test).0);
    assert!(tested.iter().all(|tested| tested["reached"] == false), "{tested:?}");
    kor.site.kill();
    let log = std::fs::read_to_string(log).unwrap();
    for secret in ["between us", SECRET, "not-for-logs", "kim@kor.example"] {
        assert!(!log.contains(secret), "`{secret}` is in the log");
    }
}

/// The watch at once on its page and by mail; after a minute a program that rings telephones.
fn chain(outside: &Outside) -> String {
    contacts(outside).replace("after = 10", "after = 1").replace("after = 20", "after = 600")
}

#[test]
#[ignore = "needs Python and a mail server: make api"]
fn an_alert_goes_down_the_list_by_itself_until_it_is_acknowledged() {
    let Some(python) = Python::with("smtp", &[SERVER]) else { return };
    let parent = tempfile::tempdir().unwrap();
    let outside = Outside::start(&python, parent.path());
    let kor = node(parent.path(), &outside, "starttls", outside.starttls);
    std::fs::write(parent.path().join("contacts.toml"), chain(&outside)).unwrap();
    let config = kor.site.config();
    let rights = ["--role", "watch", "--clearance", "SECRET", "--subject", "*"];
    let kim = kor.person("kim", &rights);
    let mut page = Listening::new(&kim, None);
    assert_eq!(page.next().0, "listening");
    let label = ["--label", "//KOR SECRET//REL TO USA, JPN, KOR", "--subject", "dprk-missile", "--config", &config];
    let hand_in = |name: &str, status: &str| {
        let path = night::file(parent.path(), &format!("{name}.xml"), &night::warning(name, status));
        let (out, _) = site::expect(0, &[&["alert", "ingest", &path], &label[..], &["--json"]].concat());
        lines(&out)[0]["record"].as_str().unwrap().to_owned()
    };
    let began = std::time::Instant::now();
    let record = hand_in("MW-1", "Actual");
    site::eventually("a mail", || outside.got("mail").len() == 1);
    let told_after = began.elapsed();
    assert!(told_after.as_secs() < 5, "{told_after:?}");
    eprintln!("a warning was handed in, and the mail server had the mail after {} ms", told_after.as_millis());
    let mail = outside.got("mail").remove(0);
    assert_eq!(mail["to"], json!(["kim@kor.example"]));
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Subject: FLASH: something waits at the node of KOR") && text.contains("Priority: urgent"));
    for word in ["MW-1", "missile", "Hokkaido", &record] {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "`{word}` is for nobody outside: {text}");
    }
    // On her page too.
    while page.next().0 != "attempt" {}
    // What the mail server said is kept by then: a node that is killed before asks it once more.
    site::eventually("the attempts are over", || {
        let attempts = lines(&site::expect(0, &["contacts", "attempts", "--config", &config, "--json"]).0);
        attempts.len() == 2 && attempts.iter().all(|attempt| attempt["ended"].is_string())
    });
    // A restart before the next is due tells nobody a second time.
    assert!(outside.got("hook").is_empty());
    let mut kor = kor;
    kor.site.kill();
    kor.site.start();
    // After the minute, and not before, the next: by the program.
    let wait = std::time::Instant::now();
    while outside.got("hook").is_empty() {
        assert!(wait.elapsed().as_secs() < 90, "never");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(began.elapsed().as_secs() >= 59, "{:?}", began.elapsed());
    let hook = outside.got("hook").remove(0);
    assert_eq!(
        (&hook["good"], &hook["body"]["test"], &hook["body"]["status"]),
        (&json!(true), &json!(false), &json!("actual"))
    );
    assert_eq!(outside.got("mail").len(), 1, "the watch has times = 1");
    let attempts = lines(&site::expect(0, &["contacts", "attempts", "--config", &config, "--json"]).0);
    let who: Vec<&Value> = attempts.iter().rev().map(|attempt| &attempt["person"]).collect();
    assert_eq!(who, ["kim", "kim", "park"], "{attempts:?}");
    site::expect(0, &["alert", "acknowledge", &record, "--config", &config]);
    assert_eq!(site::expect(0, &["contacts", "waiting", "--config", &config]).0.trim(), "nothing waits");

    // A drill goes the same way, and says so before everything else.
    outside.forget();
    let drill = hand_in("MW-2", "Exercise");
    site::eventually("a mail", || outside.got("mail").len() == 1);
    let mail = outside.got("mail").remove(0)["text"].as_str().unwrap().to_owned();
    assert!(mail.contains("Subject: EXERCISE, FLASH: something waits"), "{mail}");
    site::expect(0, &["alert", "acknowledge", &drill, "--config", &config]);
}

#[test]
fn a_node_with_a_list_that_it_cannot_use_does_not_start() {
    let parent = tempfile::tempdir().unwrap();
    let site = site::Site::new(parent.path(), "JPN");
    let list = parent.path().join("contacts.toml");
    std::fs::write(&list, "schema = \"entente.contacts/1\"\n").unwrap();
    let config = site.folder.join("node.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[contacts]\nfile = \"{}\"\n", list.display())).unwrap();
    let (_, said) = site::expect(1, &["serve", "--config", &site.config()]);
    assert!(said.contains("contacts.toml"), "{said}");
    std::fs::write(&list, std::fs::read_to_string(site::example("contacts/KOR.toml")).unwrap()).unwrap();
    let (_, said) = site::expect(1, &["serve", "--config", &site.config()]);
    assert!(said.contains("it is the contact list of KOR, not of JPN"), "{said}");
}
