//! Commitments and meetings between two real nodes: who is told, who says how far something is, what shows it, the plan, and the
//! calendar that programs fetch with a token of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod python;
mod site;
mod web;

use python::Python;
use serde_json::{Value, json};
use web::{Console, Visitor};

/// An independent reader of calendars.
const READER: &str = "icalendar==6.3.1";

fn lines(arguments: &[&str]) -> Vec<Value> {
    let (out, _) = site::expect(0, arguments);
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// JPN and KOR with a text that commits both of them, and USA, which has no node here.
fn two() -> (tempfile::TempDir, Console, Console) {
    let parent = tempfile::tempdir().unwrap();
    let node = |code: &str| {
        let mut console = Console::new(parent.path(), code);
        console.site.kill();
        let text = std::fs::read_to_string(site::example("agreements/tscf-2024.toml")).unwrap();
        std::fs::write(console.site.folder.join("agreements/tscf-2024.toml"), text).unwrap();
        console.site.start();
        console
    };
    let (jpn, kor) = (node("JPN"), node("KOR"));
    site::expect(0, &["party", "add", &kor.site.party_file("KOR"), "--confirmed", "--config", &jpn.site.config()]);
    site::expect(0, &["party", "add", &jpn.site.party_file("JPN"), "--confirmed", "--config", &kor.site.config()]);
    (parent, jpn, kor)
}

#[test]
fn a_commitment_is_told_to_the_parties_of_its_text_and_its_owner_says_how_far_it_is() {
    let (_parent, jpn, mut kor) = two();
    let (j, k) = (jpn.site.config(), kor.site.config());
    let list = |config: &str| lines(&["commitment", "list", "--config", config, "--json"]);
    // What stands in the text is there before anybody says anything.
    assert_eq!(list(&j).len(), 9);
    assert!(list(&j).iter().all(|view| view["name"].is_null() && view["status"] == "open"));

    let under = ["--under", "tscf-2024", "--article", "exercises"];
    let steps = ["--due", "2026-01-31", "--step", "plan it", "--step", "invite"];
    let (name, _) = site::expect(0, &[&["commitment", "add"], &under[..], &steps, &["--config", &j]].concat());
    let name = name.trim();
    let shown = |config: &str| lines(&["commitment", "show", name, "--config", config, "--json"]).remove(0);
    site::eventually("KOR is told", || list(&k).iter().any(|view| view["name"] == name));
    let view = shown(&k);
    assert_eq!((&view["owner"], &view["by"], &view["status"]), (&json!("JPN"), &json!("JPN"), &json!("overdue")));
    assert_eq!(view["what"], "take part in trilateral exercises", "as the text has it");
    assert_eq!(list(&k).len(), 9, "the text's own entry gave way to it");
    // Not in anybody's name, not for who is not told, not by who does not own it.
    let refused = |arguments: &[&str], says: &str| {
        let (_, said) = site::expect(1, arguments);
        assert!(said.contains(says), "{said}");
    };
    refused(&["commitment", "close", name, "--note", "x", "--config", &k], "only JPN says how far it is");
    refused(&["commitment", "add", "x", "--owner", "KOR", "--config", &j], "KOR cannot be told of it");
    refused(
        &["commitment", "add", "x", "--under", "tscf-2024", "--article", "99", "--config", &j],
        "has no article `99`",
    );

    site::expect(0, &["commitment", "step", name, "1", "--note", "in Tokyo", "--config", &j]);
    // Evidence tells that a record is there: who is told must have it.
    let draft = ["--id", "J-7", "--label", "TLP:CLEAR", "--status", "test", "--config", &j];
    let content = jpn.site.folder.join("report.txt");
    std::fs::write(&content, "it went well").unwrap();
    let file = content.display().to_string();
    let release = ["release", &file, "--to", "KOR", "--purpose", "evaluation"];
    site::expect(0, &[&release[..], &draft].concat());
    refused(&["commitment", "evidence", name, "J-9", "--config", &j], "no record `J-9`");
    let early = ["commitment", "evidence", name, "J-7", "--config", &j];
    // Until it has arrived, KOR lacks it as well.
    site::eventually("KOR has it, and USA does not", || {
        let said = site::run(&early);
        assert!(!said.status.success());
        String::from_utf8_lossy(&said.stderr).contains("is not receipted by USA")
    });
    let own = site::expect(0, &["commitment", "add", "write it down", "--config", &j]).0;
    let own = own.trim();
    site::expect(0, &["commitment", "evidence", own, "J-7", "--config", &j]);
    site::expect(0, &["commitment", "close", own, "--note", "done in a day", "--config", &j]);
    let closed = lines(&["commitment", "show", own, "--config", &j, "--json"]).remove(0);
    assert_eq!((&closed["status"], &closed["last"]["evidence"]), (&json!("done"), &json!(["JPN/J-7"])));
    site::expect(0, &["commitment", "close", name, "--note", "held with a fortnight's delay", "--config", &j]);
    site::eventually("KOR hears of it", || shown(&k)["status"] == "late");
    assert_eq!(shown(&k)["steps"][0]["last"]["note"], "in Tokyo");
    assert!(list(&k).iter().all(|view| view["name"] != own), "what rests on no text stays at home");

    // A restart changes nothing; the ledger holds; the plan says the same as text and as a page.
    let before = list(&k);
    kor.site.kill();
    site::expect(0, &["log", "verify", "--config", &k]);
    kor.site.start();
    assert_eq!(list(&k), before);
    let plan = |form: &[&str]| site::expect(0, &[&["commitment", "plan", "--config", &k], form].concat()).0;
    let (text, page) = (plan(&[]), plan(&["--html"]));
    for word in ["8 open, 1 late", "tscf-2024 art. exercises", "2026-01-31", "invite"] {
        assert!(text.contains(word) && page.contains(word), "{word} in {text} and {page}");
    }
    let steps = lines(&["commitment", "accession", "tscf-2024", "KOR", "--config", &k, "--json"]);
    assert!(steps.iter().any(|step| step["act"] == "entered-into-force" && step["document"] == "file"), "{steps:?}");
    let steps = lines(&["commitment", "accession", "tscf-2024", "PHL", "--config", &k, "--json"]);
    let missing = steps.iter().filter(|step| step["done"].is_null() && step["optional"] == false).count();
    assert_eq!(missing, 4, "three admit, and it enters into force itself: {steps:?}");
    // A day for the step of another party is a commitment of that party, which it is told; it alone says how far it is.
    let jpn_step = steps.iter().find(|step| step["by"] == "JPN").unwrap()["number"].to_string();
    let set = |step: &str| {
        ["commitment", "accession", "tscf-2024", "PHL", "--step", step, "--due", "2031-06-30", "--article", "exercises"]
            .map(str::to_owned)
    };
    let run = |code: i32, step: &str| {
        let arguments = set(step);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--config", &k]).collect();
        site::expect(code, &arguments)
    };
    let (said, _) = run(0, &jpn_step);
    assert!(said.contains("2031-06-30") && said.contains("still missing: 4"), "{said}");
    let (_, said) = run(1, &jpn_step);
    assert!(said.contains("a day is set already"), "{said}");
    let own = steps.iter().find(|step| step["by"] == "PHL" && step["optional"] == false).unwrap()["number"].to_string();
    let (_, said) = run(1, &own);
    assert!(said.contains("no party yet"), "{said}");
    let step_of = |config: &str| {
        let steps = lines(&["commitment", "accession", "tscf-2024", "PHL", "--config", config, "--json"]);
        steps.into_iter().find(|step| step["by"] == "JPN").unwrap()
    };
    site::eventually("JPN hears of it", || step_of(&j)["due"] == "2031-06-30");
    let name = step_of(&j)["commitment"].as_str().unwrap().to_owned();
    site::expect(0, &["commitment", "close", &name, "--note", "the cabinet has decided", "--config", &j]);
    site::eventually("KOR hears of it", || step_of(&k)["last"]["note"] == "the cabinet has decided");
    assert_eq!(step_of(&k)["state"], "open", "only the signed act itself is the step");
}

/// What an independent program makes of a calendar: for each event its id, sequence, status, and start in UTC.
const READ: &str = "
import sys, json
from datetime import datetime, timezone
from icalendar import Calendar
read = Calendar.from_ical(sys.stdin.buffer.read())
events = []
for event in read.walk('VEVENT'):
    start = event.decoded('DTSTART')
    start = start.astimezone(timezone.utc).isoformat() if isinstance(start, datetime) else start.isoformat()
    events.append([str(event['UID']), int(event.get('SEQUENCE', 0)), str(event.get('STATUS', '')), start])
print(json.dumps({'zones': [str(zone['TZID']) for zone in read.walk('VTIMEZONE')], 'events': events}))
";

fn read(python: &Python, calendar: &[u8]) -> Value {
    use std::io::Write;
    let mut command = python.program("python");
    let pipe = std::process::Stdio::piped;
    let mut child = command.args(["-c", READ]).stdin(pipe()).stdout(pipe()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(calendar).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
#[ignore = "needs Python and a reader of calendars: make api"]
fn a_meeting_is_in_the_calendar_of_all_parties_and_the_address_can_be_taken_away() {
    let Some(python) = Python::with("icalendar", &[READER]) else { return };
    let (_parent, jpn, kor) = two();
    let (j, k) = (jpn.site.config(), kor.site.config());
    let when = ["--starts", "2027-03-16T10:00:00+09:00", "--ends", "2027-03-16T12:00:00+09:00", "--place", "서울"];
    let under = ["--under", "tscf-2024", "--article", "policy-consultations", "--config", &j];
    let call = [&["meeting", "call", "Senior officials"], &when[..], &under].concat();
    let number = site::expect(0, &call).0;
    let number = number.trim();
    let called = |config: &str| {
        let all = lines(&["meeting", "list", "--config", config, "--json"]);
        all.into_iter().find(|view| view["number"] == number)
    };
    site::eventually("KOR is told", || called(&k).is_some());

    let rights = ["--role", "treaty", "--clearance", "SECRET", "--subject", "*"];
    let han = kor.person("han", &rights);
    let wanted = json!({ "name": "phone", "roles": ["calendar"], "read_only": true, "days": 90 });
    let answer = han.post("/me/tokens", &wanted);
    assert_eq!(answer.status, 200, "{answer:?}");
    let (secret, address) = (answer.json()["secret"].clone(), answer.json()["address"].clone());
    let secret = secret.as_str().unwrap();
    let path = address.as_str().unwrap().split_once("/api/v1").unwrap().1.to_owned();
    assert_eq!(path, format!("/calendar/{secret}/meetings.ics"));
    let stranger = kor.stranger();
    let feed = |query: &str| {
        let answer = stranger.get(&format!("{path}{query}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
        read(&python, &answer.body)
    };
    let found = |calendar: &Value| {
        let events = calendar["events"].as_array().unwrap();
        events.iter().find(|event| event[0] == format!("{number}@JPN")).cloned().unwrap()
    };
    let first = feed("");
    assert_eq!(found(&first), json!([format!("{number}@JPN"), 0, "CONFIRMED", "2027-03-16T01:00:00+00:00"]));
    assert!(first["events"].as_array().unwrap().len() >= 5, "the days that the text wants are in it: {first}");
    // Moved: the same event, later; in a zone of one's own, the same moment.
    let change = ["meeting", "change", number, "--starts", "2027-03-16T11:00:00+09:00", "--config", &j];
    site::expect(0, &change);
    site::eventually("KOR hears of it", || called(&k).is_some_and(|view| view["revision"] == 1));
    let moved = feed("?zone=America/New_York");
    assert_eq!(moved["zones"], json!(["America/New_York"]));
    assert_eq!(found(&moved), json!([format!("{number}@JPN"), 1, "CONFIRMED", "2027-03-16T02:00:00+00:00"]));
    assert_eq!(stranger.get(&format!("{path}?zone=Nowhere/City")).status, 422);
    site::expect(1, &["meeting", "change", number, "--cancel", "--config", &k]);
    site::expect(0, &["meeting", "change", number, "--cancel", "--config", &j]);
    site::eventually("KOR hears of it", || called(&k).is_some_and(|view| view["cancelled"] == true));
    assert_eq!(found(&feed(""))[2], "CANCELLED");

    // The secret opens nothing else, and nothing once it is taken away.
    assert_eq!(Visitor::with_token(kor.address, secret).get("/me").status, 401);
    assert_eq!(Visitor::with_token(kor.address, secret).get("/meetings").status, 401);
    assert_eq!(stranger.get("/calendar/entente_wrong/meetings.ics").status, 404);
    let listed = han.get("/me/tokens").json();
    assert_eq!(listed[0]["roles"], json!(["calendar"]));
    assert_eq!(han.ask("DELETE", "/api/v1/me/tokens/phone", &[], b"").status, 200);
    assert_eq!(stranger.get(&path).status, 404);
}
