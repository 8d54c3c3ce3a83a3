//! A watch at a real node. A node that is killed while it tells people that something waits: nothing is lost, nobody is told twice of
//! what is known to have been told, and what nobody knows is shown so. And bad warnings, each with its answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod night;
mod site;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use night::{file, warning};
use serde_json::{Value, json};
use site::{Site, asked, eventually, json};

/// A mail server that takes what it gets (RFC 5321, as far as one message needs it), and, while it is told to, says nothing after it has
/// taken a message: who sent it does not know then.
struct Mailbox {
    port: u16,
    is_mute: Arc<AtomicBool>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl Mailbox {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_mute, mails) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (mute, taken) = (Arc::clone(&is_mute), Arc::clone(&mails));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, mute, taken) = (stream.unwrap(), Arc::clone(&mute), Arc::clone(&taken));
                std::thread::spawn(move || talk(&stream, &mute, &taken));
            }
        });
        Self { port, is_mute, mails }
    }

    /// For each recipient the names of the messages that came, by their `Message-ID`.
    fn got(&self) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mail in &*self.mails.lock().unwrap() {
            let line = |name: &str| mail.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            all.entry(line("To:")).or_default().push(line("Message-ID:"));
        }
        all
    }
}

fn talk(mut stream: &TcpStream, mute: &AtomicBool, taken: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes());
    let (mut mail, mut is_data) = (String::new(), false);
    if say("220 mail.example").is_err() {
        return;
    }
    loop {
        let mut line = String::new();
        if !lines.read_line(&mut line).is_ok_and(|length| length > 0) {
            return;
        }
        let answer = match line.trim_end() {
            "." if is_data => {
                taken.lock().unwrap().push(std::mem::take(&mut mail));
                is_data = false;
                if mute.load(Ordering::SeqCst) {
                    continue;
                }
                "250 taken"
            }
            text if is_data => {
                mail.push_str(text);
                mail.push('\n');
                continue;
            }
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if say(answer).is_err() {
            return;
        }
    }
}

fn person(id: &str) -> String {
    format!("[[person]]\nid = \"{id}\"\nname = \"{id}\"\nemail = \"{id}@kor.example\"\n")
}

/// Everybody at once, once.
fn list(people: &[&str]) -> String {
    let persons: String = people.iter().map(|id| person(id)).collect();
    format!(
        "schema = \"entente.contacts/1\"\nparty = \"KOR\"\nzone = \"Asia/Seoul\"\n{persons}[[step]]\nafter = 0\n\
         tell = {people:?}\nby = [\"email\"]\n"
    )
}

fn node(parent: &Path, mailbox: &Mailbox) -> Site {
    let site = Site::new(parent, "KOR");
    let config = site.folder.join("node.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let settings = format!(
        "[contacts]\nfile = \"{}\"\n[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"entente@kor.example\"\n",
        parent.join("contacts.toml").display(),
        mailbox.port
    );
    std::fs::write(&config, format!("{text}\n{settings}")).unwrap();
    site
}

/// Each attempt: who, and what is known of it.
fn outcomes(site: &Site) -> BTreeMap<String, String> {
    let word = |attempt: &Value, name: &str| attempt[name].as_str().unwrap().to_owned();
    let all = json(site, &["contacts", "attempts"]);
    all.iter().map(|attempt| (word(attempt, "person"), word(attempt, "outcome"))).collect()
}

#[test]
fn a_node_that_is_killed_while_it_tells_people_forgets_nobody_and_shows_what_nobody_knows() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let mailbox = Mailbox::new();
    file(parent, "contacts.toml", &list(&["kim"]));
    let mut kor = node(parent, &mailbox);
    kor.start();
    let label = ["--label", "//KOR SECRET//REL TO USA, JPN, KOR", "--subject", "dprk-missile"];
    let handed_in = |site: &Site, name: &str, status: &str| {
        let path = file(parent, &format!("{name}.xml"), &warning(name, status));
        let got = json(site, &[&["alert", "ingest", &path], &label[..]].concat());
        got[0]["record"].as_str().unwrap().to_owned()
    };
    // By itself, and once.
    let first = handed_in(&kor, "MW-1", "Actual");
    eventually("kim is told", || outcomes(&kor).get("kim").is_some_and(|outcome| outcome == "taken"));
    assert_eq!(mailbox.got()["kim@kor.example"].len(), 1);
    let waiting = json(&kor, &["contacts", "waiting"]);
    assert_eq!((waiting.len(), &waiting[0]["precedence"], &waiting[0]["attempts"]), (1, &json!("FLASH"), &json!(1)));
    assert_eq!(waiting[0]["next"], Value::Null, "the list has come to its end");
    let text = asked(&kor, &["contacts", "waiting"]);
    assert!(text.contains("nobody: the list has come to its end") && !text.contains(&first), "{text}");

    // Two more are on the list, and the server takes their messages without a word; then the node is killed.
    mailbox.is_mute.store(true, Ordering::SeqCst);
    file(parent, "contacts.toml", &list(&["kim", "lee", "park"]));
    eventually("both messages are taken", || mailbox.got().len() == 3);
    assert_eq!(outcomes(&kor)["lee"], "under way");
    kor.kill();
    // Nobody knows of lee's attempt, and nobody will: she is off the list meanwhile.
    file(parent, "contacts.toml", &list(&["kim", "park"]));
    kor.start();
    assert_eq!(outcomes(&kor)["lee"], "unknown");
    eventually("park's attempt goes on", || mailbox.got()["park@kor.example"].len() == 2);
    let parks = mailbox.got()["park@kor.example"].clone();
    assert_eq!(parks[0], parks[1], "the same message once more, and not another");
    kor.kill();
    mailbox.is_mute.store(false, Ordering::SeqCst);
    kor.start();
    eventually("park is told", || outcomes(&kor)["park"] == "taken");
    let attempts = json(&kor, &["contacts", "attempts"]);
    assert_eq!(attempts.len(), 3, "one for each, however often it was begun: {attempts:?}");
    let park = attempts.iter().find(|attempt| attempt["person"] == "park").unwrap();
    assert_eq!(park["resumed"].as_array().unwrap().len(), 2, "{park}");
    let text = asked(&kor, &["contacts", "attempts"]);
    assert!(text.contains("UNKNOWN") && text.contains("made again"), "{text}");
    assert_eq!(mailbox.got()["kim@kor.example"].len(), 1, "kim was told, and that is known");

    // Acknowledged: whoever comes onto the list now is left in peace, through another kill too.
    asked(&kor, &["alert", "acknowledge", &first]);
    assert_eq!(asked(&kor, &["contacts", "waiting"]).trim(), "nothing waits");
    file(parent, "contacts.toml", &list(&["kim", "choi"]));
    kor.kill();
    kor.start();
    // A drill comes behind it and is told: so choi would have been told of the other by now.
    let drill = handed_in(&kor, "MW-2", "Exercise");
    eventually("both are told of the drill", || outcomes(&kor).get("choi").is_some_and(|outcome| outcome == "taken"));
    let of_choi = json(&kor, &["contacts", "attempts"]).into_iter().filter(|attempt| attempt["person"] == "choi");
    let of_choi: Vec<Value> = of_choi.collect();
    assert_eq!((of_choi.len(), &of_choi[0]["status"]), (1, &json!("exercise")), "{of_choi:?}");
    let mails = mailbox.mails.lock().unwrap().clone();
    let last = mails.last().unwrap();
    assert!(last.contains("Subject: EXERCISE, FLASH: something waits at the node of KOR"), "{last}");
    assert!(last.contains("EXERCISE: a drill."), "{last}");
    asked(&kor, &["alert", "acknowledge", &drill]);
    kor.kill();
    site::expect(0, &["log", "verify", "--config", &kor.config()]);
}

/// A message of CAP as an agency sends it. `sent` and `expires` in minutes from now.
fn cap(identifier: &str, kind: &str, minutes: (i64, i64), references: &str, polygon: &str) -> String {
    let at = |minutes: i64| {
        let second = jiff::Timestamp::now().as_second() + minutes * 60;
        jiff::Timestamp::from_second(second).unwrap().to_string().replace('Z', "-00:00")
    };
    let references = match references {
        "" => String::new(),
        names => format!("<references>{names}</references>"),
    };
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{identifier}</identifier>\
         <sender>watch.kor.example</sender><sent>{}</sent><status>Actual</status><msgType>{kind}</msgType>\
         <scope>Public</scope>{references}<info><category>Geo</category><event>tsunami</event>\
         <urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><expires>{}</expires>\
         <headline>{identifier}</headline><area><areaDesc>the coast</areaDesc><polygon>{polygon}</polygon></area></info>\
         </alert>",
        at(minutes.0),
        at(minutes.1),
    )
}

#[test]
fn bad_warnings_get_a_clear_answer_at_the_command_line_and_over_the_socket_and_lose_no_alert() {
    const SQUARE: &str = "40,136 42,136 42,139 40,139 40,136";
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let mut kor = Site::new(parent, "KOR");
    kor.start();
    let config = kor.config();
    let label = ["--label", "//KOR SECRET//REL TO USA, JPN, KOR", "--subject", "tsunami", "--config", &config];
    let path = |text: &str| file(parent, "message.xml", text);
    let take = |text: &str| site::expect(0, &[&["alert", "ingest", &path(text), "--json"][..], &label].concat());
    let refuse = |text: &str, says: &str| {
        let (_, said) = site::expect(1, &[&["alert", "ingest", &path(text)][..], &label].concat());
        assert!(said.contains(says), "{says}: {said}");
    };
    let shown = |first: &str| {
        let all = json(&kor, &["alert", "list"]);
        all.into_iter().find(|alert| alert["headline"] == first).unwrap_or_else(|| panic!("no alert {first}"))
    };
    let findings = |first: &str| shown(first)["notes"].to_string();
    let name = |text: &str, identifier: &str| {
        let sent = text.split("<sent>").nth(1).unwrap().split("</sent>").next().unwrap().to_owned();
        format!("watch.kor.example,{identifier},{sent}")
    };

    // The one that must not be lost by any of the others.
    let good = cap("T-1", "Alert", (0, 60), "", SQUARE);
    take(&good);

    // An update before its alert warns at once, and says what is missing until that comes.
    let first = cap("U-1", "Alert", (-10, 60), "", SQUARE);
    take(&cap("U-2", "Update", (0, 60), &name(&first, "U-1"), SQUARE));
    assert!(findings("U-2").contains("speaks of `U-1`, which is not here"), "{}", findings("U-2"));
    take(&first);
    assert_eq!(findings("U-2"), "[]");

    // A cancel by another sender clears nothing.
    let foreign = cap("X-1", "Cancel", (0, 60), &name(&good, "T-1"), SQUARE)
        .replace("<sender>watch.kor.example</sender>", "<sender>somebody.else.example</sender>");
    take(&foreign);
    assert!(asked(&kor, &["alert", "list"]).contains("T-1"));
    assert_eq!(shown("T-1")["standing"], "in-effect");

    // References in a circle are without effect.
    let (one, two) = (cap("C-1", "Update", (0, 60), "@", SQUARE), cap("C-2", "Update", (0, 60), "@", SQUARE));
    take(&one.replace('@', &name(&two, "C-2")));
    take(&two.replace('@', &name(&one, "C-1")));
    assert!(asked(&kor, &["alert", "list", "--json"]).contains("leads in a circle: without effect"));

    // A missile that came down before the warning came.
    let late = warning("MW-1", "Actual");
    let moment = |minutes: i64| {
        let second = jiff::Timestamp::now().as_second() + minutes * 60;
        jiff::Timestamp::from_second(second).unwrap().to_string().replace('Z', "-00:00")
    };
    let set = |text: &str, name: &str, value: &str| {
        let start = text.find(&format!("entente:{name}</valueName><value>")).unwrap();
        let start = start + text[start..].find("<value>").unwrap() + 7;
        let end = start + text[start..].find("</value>").unwrap();
        format!("{}{value}{}", &text[..start], &text[end..])
    };
    let late = set(&set(&late, "launch-time", &moment(-30)), "impact-not-before", &moment(-20));
    take(&set(&late, "impact-not-after", &moment(-15)));
    let said = findings("A missile may come down west of Hokkaido");
    assert!(said.contains("its latest impact was") && said.contains("before it came"), "{said}");
    refuse(&set(&late, "impact-not-after", &moment(-25)), "launch and impact are not in their order");

    // Areas across the date line, and crossing themselves.
    take(&cap("D-1", "Alert", (0, 60), "", "10,179 -10,179 -10,-179 10,-179 10,179"));
    take(&cap("D-2", "Alert", (0, 60), "", "10,150 -10,152 10,152 -10,150 10,150"));
    refuse(&cap("D-3", "Alert", (0, 60), "", "10,150 -10,152 10,152 -10,150"), "not closed");
    refuse(&cap("D-4", "Alert", (0, 60), "", "91,150 -10,152 10,152 91,150"), "91");

    // Clocks a day off.
    take(&cap("E-1", "Alert", (24 * 60, 25 * 60), "", SQUARE));
    assert!(findings("E-1").contains("ahead of our clock"), "{}", findings("E-1"));
    take(&cap("E-2", "Alert", (-25 * 60, 60), "", SQUARE));
    assert!(findings("E-2").contains("before it came"), "{}", findings("E-2"));

    // Ten megabytes, past the command line's own look at it too.
    let large = good.replace("<headline>T-1", &format!("<headline>{}", "x".repeat(10 * 1024 * 1024)));
    refuse(&large, "1048576 bytes");
    assert_eq!(socket(&kor, large.as_bytes()), 413);
    let small = good.replace("<headline>T-1", &format!("<headline>{}", "x".repeat(1024 * 1024)));
    assert_eq!(socket(&kor, small.as_bytes()), 422);

    // All that is valid is there, also after a kill.
    kor.kill();
    kor.start();
    let list = asked(&kor, &["alert", "list"]);
    for alert in ["T-1", "U-2", "D-1", "D-2", "E-1", "E-2"] {
        assert!(list.contains(alert), "{alert}: {list}");
    }
}

/// What the node says over its socket to a warning, by the status of HTTP.
fn socket(site: &Site, content: &[u8]) -> u16 {
    use base64::Engine;
    let content = base64::engine::general_purpose::STANDARD.encode(content);
    let body = json!({ "content": content, "label": "TLP:CLEAR", "subjects": [], "to": [] }).to_string();
    let text = std::fs::read_to_string(site.folder.join("node.toml")).unwrap();
    assert!(!text.contains("control_socket"), "{text}");
    let mut stream = std::os::unix::net::UnixStream::connect(site.folder.join("data/control.sock")).unwrap();
    let head = format!(
        "POST /api/v1/alerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // A server that has heard enough may close before it has read all of it.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.split(' ').nth(1).unwrap_or_else(|| panic!("{line}")).parse().unwrap()
}
