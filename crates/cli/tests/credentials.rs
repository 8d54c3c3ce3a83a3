//! A real node's console, and somebody who has a part of what lets a person in: a password, a session that was left open, and
//! wants the rest.

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

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};
use site::{LABEL, eventually};
use web::{Answer, Console, PASSWORD, Visitor, authenticator::Authenticator, code, now};

const OFFICER: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];

fn console() -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), "KOR");
    (parent, console)
}

/// Somebody who was let in with the password alone.
fn half(kor: &Console, name: &str) -> Visitor {
    let mut visitor = kor.stranger();
    let answer = visitor.post_keeping("/session", &json!({ "name": name, "password": PASSWORD }));
    assert_eq!((answer.status, &answer.json()["enrolling"]), (200, &json!(true)), "{answer:?}");
    visitor
}

/// An attempt to add an app of one's own.
fn add_app(visitor: &mut Visitor) -> u16 {
    let secret = visitor.post("/me/totp", &Value::Null).json()["secret"].as_str().unwrap_or("AAAA").to_owned();
    visitor.post_keeping("/me/totp/confirm", &json!({ "secret": secret, "code": code(&secret, now()) })).status
}

#[test]
fn a_password_alone_opens_no_account_that_has_a_second_factor_of_any_kind() {
    let (_parent, kor) = console();
    kor.add_user("sato", &OFFICER);
    // Who had the password before its owner set up anything waits with a session that is half one.
    let (mut waiting, mut app) = (half(&kor, "sato"), half(&kor, "sato"));
    let mut officer = half(&kor, "sato");
    let key = Authenticator::new(1);
    let answer = key.add(&mut officer);
    assert_eq!((answer.status, &answer.json()["enrolling"]), (200, &json!(false)), "{answer:?}");
    assert_eq!(officer.get("/records").status, 200);

    assert_eq!(waiting.get("/me").status, 401, "what was half a session is over");
    assert_eq!((add_app(&mut app), Authenticator::new(2).add(&mut waiting).status), (401, 401));
    // The password is right, and says no more than a wrong one.
    let with = |password: &str| kor.stranger().post("/session", &json!({ "name": "sato", "password": password }));
    let (right, wrong) = (with(PASSWORD), with("eleven herons over a quiet lake"));
    assert_eq!((right.status, right.text()), (401, wrong.text()));
    assert_eq!(officer.get("/me/passkeys").json().as_array().unwrap().len(), 1);
    assert_eq!(officer.get("/records").status, 200, "its owner is in still");
    let mut again = kor.stranger();
    assert_eq!(key.sign_in(&mut again).status, 200);
}

#[test]
fn of_two_half_sessions_one_adds_the_first_factor() {
    let (_parent, kor) = console();
    for (name, first_is_app) in [("sato", true), ("mori", false)] {
        kor.add_user(name, &OFFICER);
        let (mut one, mut other) = (half(&kor, name), half(&kor, name));
        // What the second needs is ready before the first is done: only the last step is left.
        let secret = other.post("/me/totp", &Value::Null).json()["secret"].as_str().unwrap().to_owned();
        let app = json!({ "secret": secret, "code": code(&secret, now()) });
        let challenge = other.post("/me/passkeys/begin", &Value::Null).json()["challenge"].clone();
        let passkey = Authenticator::new(if first_is_app { 3 } else { 4 }).registration(&other, &challenge);
        let first = if first_is_app { add_app(&mut one) } else { Authenticator::new(5).add(&mut one).status };
        assert_eq!(first, 200, "{name}");
        assert_eq!(other.post_keeping("/me/totp/confirm", &app).status, 401, "{name}");
        assert_eq!(other.post_keeping("/me/passkeys", &passkey).status, 401, "{name}");
        assert_eq!(one.get("/records").status, 200, "{name}");
    }
}

#[test]
fn many_guesses_at_once_are_looked_at_like_many_in_turn() {
    let (_parent, kor) = console();
    kor.add_user("sato", &OFFICER);
    let officer = kor.enrolled("sato").0;
    let at_once = |attempt: &(dyn Fn() -> u16 + Sync)| -> Vec<u16> {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..24).map(|_| scope.spawn(attempt)).collect();
            all.into_iter().map(|attempt| attempt.join().unwrap()).collect()
        })
    };
    // The password is known, and the code is guessed; then the password is guessed, from a session that was left open.
    let codes = at_once(&|| {
        kor.stranger().post("/session", &json!({ "name": "sato", "password": PASSWORD, "code": "000000" })).status
    });
    let change = json!({ "old": "wrong wrong wrong", "new": "another good password" });
    let passwords = at_once(&|| officer.post("/me/password", &change).status);
    for (statuses, wrong) in [(codes, 401), (passwords, 422)] {
        let looked_at = statuses.iter().filter(|status| **status == wrong).count();
        assert!((1..=6).contains(&looked_at), "five are free: {statuses:?}");
        assert!(statuses.iter().all(|status| *status == wrong || *status == 429), "{statuses:?}");
    }
}

#[test]
fn names_that_nobody_has_do_not_fill_the_ledger() {
    let (_parent, kor) = console();
    let turned = || kor.statements().into_iter().filter(|statement| statement["kind"] == "turned-away").count();
    for number in 0..20 {
        let body = json!({ "name": format!("nobody{number}"), "password": "wrong wrong wrong" });
        assert_eq!(kor.stranger().post("/session", &body).status, 401);
    }
    // What comes after the first within a minute is told with it.
    eventually("the first is told", || turned() > 0);
    kor.add_user("sato", &OFFICER);
    kor.enrolled("sato");
    assert_eq!(turned(), 1);
}

#[test]
fn a_session_that_was_left_open_gives_no_lasting_access() {
    let (_parent, kor) = console();
    let mut officer = kor.person("sato", &OFFICER);
    let token = |visitor: &Visitor, name: &str| -> Answer {
        visitor.post("/me/tokens", &json!({ "name": name, "read_only": true, "days": 366 }))
    };
    let made = token(&officer, "mine").json()["secret"].as_str().unwrap().to_owned();
    let program = Visitor::with_token(kor.address, &made);
    assert_eq!(program.get("/records").status, 200);
    assert_eq!(Authenticator::new(6).add(&mut officer).status, 200);
    assert_eq!(program.ask("DELETE", "/api/v1/me/tokens/mine", &[], b"").status, 403, "a token takes none away");

    // Six minutes later somebody sits down at it.
    let people = rusqlite::Connection::open(kor.site.folder.join("data/people.sqlite")).unwrap();
    people.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    people.execute("UPDATE session SET created = created - 360", []).unwrap();
    assert_eq!(officer.get("/records").status, 200, "it goes on");
    let refused = token(&officer, "theirs");
    assert_eq!(refused.status, 403);
    assert!(refused.json()["help"].as_str().unwrap().contains("sign in again"), "{}", refused.text());
    let passkey = officer.get("/me/passkeys").json()[0]["id"].as_str().unwrap().to_owned();
    let statuses = [
        officer.post("/me/totp", &Value::Null).status,
        add_app(&mut officer.clone()),
        officer.post("/me/passkeys/begin", &Value::Null).status,
        officer.ask("DELETE", &format!("/api/v1/me/passkeys/{passkey}"), &[], b"").status,
    ];
    assert_eq!(statuses, [403; 4]);

    // Whoever has changed the password has nobody else in: no session, token or known browser; and sees what else lets in.
    let answer = officer.post("/me/password", &json!({ "old": PASSWORD, "new": "nine herons over a quiet lake" }));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["has_totp"], true);
    assert_eq!(answer.json()["passkeys"][0]["id"], json!(passkey));
    assert_eq!((officer.get("/records").status, program.get("/records").status), (401, 401));
    let known: i64 = people.query_row("SELECT count(*) FROM browser", [], |row| row.get(0)).unwrap();
    assert_eq!(known, 0);
}

#[test]
fn who_accepts_a_link_is_known_at_once_and_waits_for_no_stranger() {
    let (_parent, kor) = console();
    let config = kor.site.config();
    let account = ["user", "add", "sato", "--json", "--config", &config];
    let (out, _) = site::expect(0, &[&account[..], &OFFICER].concat());
    let made: Value = serde_json::from_str(&out).unwrap();
    let secret = made["link"].as_str().unwrap().split_once("/join#").unwrap().1;
    let guess = || kor.stranger().post("/session", &json!({ "name": "sato", "password": "wrong wrong wrong" })).status;
    assert!((0..8).map(|_| guess()).any(|status| status == 429), "strangers at the same address wait");
    let mut person = kor.stranger();
    let accepted = person.post_keeping("/invitations/accept", &json!({ "secret": secret, "password": PASSWORD }));
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(person.post_keeping("/session", &json!({ "name": "sato", "password": PASSWORD })).status, 200);
    assert_eq!(kor.stranger().post("/session", &json!({ "name": "sato", "password": PASSWORD })).status, 429);
}

#[test]
fn what_may_be_sent_again_is_asked_for_by_who_may_and_within_the_limits() {
    let (_parent, kor) = console();
    let officer =
        kor.person("sato", &["--role", "disclosure", "--role", "treaty", "--clearance", "SECRET", "--subject", "*"]);
    kor.add_user("mori", &OFFICER);
    let half = half(&kor, "mori");
    // Sixty megabytes are announced, and none is waited for where none would be taken.
    let host = kor.address;
    for (path, cookie, status) in [
        ("/releases", half.cookie("__Host-entente").unwrap(), 403),
        ("/users/sato/disable", officer.cookie("__Host-entente").unwrap(), 403),
        ("/nowhere", officer.cookie("__Host-entente").unwrap(), 404),
        ("/releases", "nobody", 401),
    ] {
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: __Host-entente={cookie}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n\
             Content-Length: 60000000\r\n\r\n{{"
        );
        assert_eq!(web::raw(host, head.as_bytes()).status, status, "{path}");
    }
    // Where some is taken, no more than without the key.
    let long = format!("{{\"label\":\"{}\"}}", "A".repeat(300 * 1024));
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "long")];
    assert_eq!(officer.ask("POST", "/api/v1/labels", &headers, long.as_bytes()).status, 413);

    // What was answered to one is not given to who may do less, also of the same person.
    let token = |name: &str, roles: &[&str]| {
        let body = json!({ "name": name, "roles": roles, "read_only": false, "days": 1 });
        Visitor::with_token(host, officer.post("/me/tokens", &body).json()["secret"].as_str().unwrap())
    };
    let (wide, narrow) = (token("wide", &["disclosure", "treaty"]), token("narrow", &["treaty"]));
    let draft = json!({
        "id": "K-1", "label": LABEL, "subjects": ["dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": [], "title": "t", "media_type": "text/plain", "content": "",
    });
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "one")];
    let send = |visitor: &Visitor| visitor.ask("POST", "/api/v1/records", &headers, draft.to_string().as_bytes());
    assert_eq!(send(&wide).status, 200);
    assert_eq!(send(&wide).header("idempotent-replayed"), Some("true"));
    assert_eq!(send(&narrow).status, 403);
    let other = token("other", &["disclosure"]);
    assert_eq!(send(&other).status, 422, "another request: other rights");
}

#[test]
fn who_connects_and_says_nothing_keeps_nobody_from_the_console() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let ask = format!(
        "GET /api/v1/me HTTP/1.1\r\nHost: {}\r\nCookie: __Host-entente={}\r\n\r\n",
        kor.address,
        officer.cookie("__Host-entente").unwrap()
    );
    let mut persons = TcpStream::connect(kor.address).unwrap();
    persons.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut is_answered = || {
        persons.write_all(ask.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let count = persons.read(&mut answer).unwrap();
        answer[..count].starts_with(b"HTTP/1.1 200")
    };
    assert!(is_answered());
    let mut silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(kor.address).unwrap()).collect();
    let first = silent.first_mut().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let ended = first.read(&mut [0]);
    let is_open = ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!is_open && ended.as_ref().map_or(true, |count| *count == 0), "the oldest has made room: {ended:?}");
    // Somebody new comes in, and whoever was in stays.
    assert_eq!(kor.stranger().get("/openapi.json").status, 200);
    assert!(is_answered());
}

#[test]
fn a_body_in_drips_is_not_waited_for() {
    let (_parent, kor) = console();
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{{\"name\":",
        kor.address
    );
    let answer = web::raw(kor.address, head.as_bytes());
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.text().contains("did not arrive"), "{}", answer.text());
    let long = vec![b' '; 60 * 1024];
    let answer = kor.stranger().ask("POST", "/api/v1/session", &[("Content-Type", "application/json")], &long);
    assert_eq!(answer.status, 413);
}
