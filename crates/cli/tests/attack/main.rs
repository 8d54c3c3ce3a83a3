//! A real node's console, and somebody who means it ill: pages of others, fixed sessions, guessers, odd paths and headers, bodies
//! that are too long, broken, doubled or in another language.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

#[path = "../site/mod.rs"]
mod site;
#[path = "../web/mod.rs"]
mod web;

mod entered;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use site::LABEL;
use web::{Answer, Console, PASSWORD, Visitor, code, now, raw};

const OFFICER: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn console() -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), "KOR");
    (parent, console)
}

fn draft(id: &str) -> Value {
    json!({
        "id": id, "label": LABEL, "subjects": ["dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": [], "title": id, "media_type": "text/plain", "content": "",
    })
}

/// The ids that somebody sees.
fn ids(visitor: &Visitor) -> Vec<String> {
    let records = visitor.get("/records").json();
    records["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_page_of_somebody_else_does_nothing_with_the_cookie_of_a_person() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let own = format!("http://localhost:{}", kor.address.port());
    let (other_scheme, other_name) = (own.replace("http:", "https:"), format!("http://{}", kor.address));
    for (headers, status) in [
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
        (vec![("Sec-Fetch-Site", "same-site")], 403),
        (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())], 403),
        (vec![("Origin", "https://evil.example")], 403),
        (vec![("Origin", "null")], 403),
        // The node's own is all of it: scheme, name and port.
        (vec![("Origin", other_scheme.as_str())], 403),
        (vec![("Origin", other_name.as_str())], 403),
        // A cookie and nothing that says where it comes from.
        (vec![], 403),
        (vec![("Origin", own.as_str())], 200),
        (vec![("Sec-Fetch-Site", "same-origin")], 200),
    ] {
        let mut visitor = officer.clone();
        visitor.headers.clear();
        let body = draft(&format!("K-{}", headers.len() * 1000 + headers.first().map_or(0, |(_, value)| value.len())));
        let all = [&headers[..], &[JSON]].concat();
        let answer = visitor.ask("POST", "/api/v1/records", &all, body.to_string().as_bytes());
        assert_eq!(answer.status, status, "{headers:?} {}", answer.text());
    }
    assert_eq!(ids(&officer).len(), 2);

    // What a form can send without being asked is not JSON.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let body = draft("K-9").to_string();
        let answer = officer.ask("POST", "/api/v1/records", &[("Content-Type", kind)], body.as_bytes());
        assert_eq!(answer.status, 415, "{kind}");
    }
    // Nobody is signed in by a page of somebody else, as somebody else.
    let mut visitor = kor.stranger();
    visitor.headers = vec![("Sec-Fetch-Site".to_owned(), "cross-site".to_owned())];
    assert_eq!(visitor.post("/session", &json!({ "name": "sato", "password": PASSWORD })).status, 403);
}

#[test]
fn a_session_that_was_fixed_beforehand_is_worth_nothing() {
    let (_parent, kor) = console();
    kor.add_user("sato", &OFFICER);
    let mut victim = kor.stranger();
    victim.post_keeping("/session", &json!({ "name": "sato", "password": PASSWORD }));
    let half = victim.clone();
    let secret = half.post("/me/totp", &Value::Null).json()["secret"].as_str().unwrap().to_owned();
    victim.post_keeping("/me/totp/confirm", &json!({ "secret": secret, "code": code(&secret, now()) }));
    assert_eq!(victim.get("/records").status, 200);
    assert_ne!(half.cookie("__Host-entente"), victim.cookie("__Host-entente"));
    assert_eq!(half.get("/me").status, 401, "what was half a session is none");

    // Two cookies of the name: whoever set the second does not choose.
    let mut two = victim.clone();
    two.cookies.push(("__Host-entente".to_owned(), "of-somebody-else".to_owned()));
    assert_eq!(two.get("/records").status, 401);
    // A new sign-in ends the session that the browser had.
    let before = victim.clone();
    let body = json!({ "name": "sato", "password": PASSWORD, "code": code(&secret, now() + 30) });
    assert_eq!(victim.post_keeping("/session", &body).status, 200);
    assert_eq!(before.get("/records").status, 401);
}

#[test]
fn who_guesses_waits_and_keeps_nobody_else_out() {
    let (_parent, kor) = console();
    kor.add_user("sato", &OFFICER);
    let (officer, secret) = kor.enrolled("sato");
    let guess = |name: &str| kor.stranger().post("/session", &json!({ "name": name, "password": "wrong wrong wrong" }));
    for name in ["sato", "nobody"] {
        let answers: Vec<Answer> = (0..8).map(|_| guess(name)).collect();
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(&statuses[..6], [401, 401, 401, 401, 401, 401], "{name}");
        assert_eq!(statuses[7], 429, "{name}: a name that nobody has is counted like any other");
        assert!(answers[7].header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(answers[0].text(), guess_text(), "{name}");
    }
    // Who was let in with this browser before is let in.
    let mut known = kor.stranger();
    known.cookies = officer.cookies.iter().filter(|(name, _)| name.ends_with("-browser")).cloned().collect();
    assert_eq!(known.cookies.len(), 1);
    let body = json!({ "name": "sato", "password": PASSWORD, "code": code(&secret, now() + 30) });
    assert_eq!(known.post("/session", &body).status, 200);
    // The ledger tells of it, and not of each try.
    let turned = || -> Vec<Value> {
        kor.statements().into_iter().filter(|statement| statement["kind"] == "turned-away").collect()
    };
    // Beside the answers: a try takes as long whether it is told or not.
    site::eventually("it is told", || turned().len() >= 3);
    let turned = turned();
    assert!((2..=5).contains(&turned.len()), "{turned:?}");
    assert_eq!(turned[0]["content"], json!({ "name": "sato", "tries": 1 }));
    assert!(
        turned.iter().any(|statement| statement["content"]["name"].is_null()),
        "a name that nobody has is not kept"
    );
}

fn guess_text() -> String {
    json!({
        "title": "Unauthorized", "status": 401, "detail": "name, password or code is not right",
        "help": "try again; who has forgotten the password asks an administrator for a new link",
    })
    .to_string()
}

#[test]
fn a_sign_in_takes_as_long_for_a_name_that_nobody_has() {
    let (_parent, kor) = console();
    let names = |kind: &str| (0..3).map(|number| format!("{kind}{number}")).collect::<Vec<_>>();
    let (known, disabled) = (names("person"), names("gone"));
    known.iter().chain(&disabled).for_each(|name| kor.add_user(name, &OFFICER));
    for name in &disabled {
        site::expect(0, &["user", "disable", name, "--config", &kor.site.config()]);
    }
    // What the node works for it, and not how long it is waited for: others keep the machine busy.
    let work = |name: &str| {
        let before = kor.site.processor();
        assert_eq!(
            kor.stranger().post("/session", &json!({ "name": name, "password": "wrong wrong wrong" })).status,
            401
        );
        kor.site.processor() - before
    };
    work("warm-up");
    let mut worked = [Duration::ZERO; 3];
    for round in 0..12 {
        let unknown = format!("nobody{round}");
        for (kind, name) in [&known[round % 3], &disabled[round % 3], &unknown].into_iter().enumerate() {
            worked[kind] += work(name);
        }
    }
    let (least, most) = (worked.iter().min().unwrap(), worked.iter().max().unwrap());
    // A name that is not hashed for takes a thirtieth of the work.
    assert!(*most < *least * 2, "known, disabled, unknown: {worked:?}");
}

#[test]
fn odd_paths_lead_nowhere() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    officer.post("/records", &draft("K-1"));
    for path in [
        "/api/v1/records/KOR/../../../../../../etc/passwd",
        "/api/v1/records/KOR/..%2f..%2f..%2fetc%2fpasswd/content",
        "/api/v1/records/KOR/%2e%2e/content",
        "/api/v1/records/KOR/K-1%00/content",
        "/api/v1/records/KOR/K-1%0d%0aSet-Cookie:%20a=b",
        "/api/v1/records/%ff%fe/K-1",
        "/api/v1/records/KOR%2fK-1/content",
        "/api/v1//records",
        "/api/v1/users/../records",
        "/../node.toml",
        "/keys/storage.key",
        "/api/v1/outbox/..%2f..%2fkeys/urgent/export",
        "/api/v2/records",
        "/api/v1/agreements/..%2f..%2fnational/text",
    ] {
        let answer = officer.ask("GET", path, &[], b"");
        assert!(matches!(answer.status, 400 | 404 | 405 | 422), "{path}: {answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}: {answer:?}");
    }
    // An id may be anything, and is found under what it is.
    let mut odd = draft("../K 1?#%2f");
    odd["title"] = json!("<script>alert(1)</script>\r\nSet-Cookie: a=b");
    assert_eq!(officer.post("/records", &odd).status, 200);
    let answer = officer.get("/records/KOR/..%2FK%201%3F%23%252f");
    assert_eq!(answer.json()["id"], "../K 1?#%2f");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let content = officer.get("/records/KOR/..%2FK%201%3F%23%252f/content");
    assert_eq!(content.header("content-type"), Some("application/octet-stream"), "never as what its sender calls it");
}

#[test]
fn headers_and_bodies_that_are_broken_doubled_or_too_long_are_refused_and_nothing_is_done() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let cookie = format!("__Host-entente={}", officer.cookie("__Host-entente").unwrap());
    let post = |path: &str, body: &[u8]| officer.ask("POST", &format!("/api/v1{path}"), &[JSON], body);
    let deep = "[".repeat(100_000);
    let long = format!("{{\"label\":\"{}\"}}", "A".repeat(300 * 1024));
    for (path, body, status) in [
        ("/labels", long.as_bytes(), 413),
        ("/labels", deep.as_bytes(), 422),
        ("/labels", b"", 400),
        ("/labels", b"{", 400),
        ("/labels", b"\xff\xfe{\0}", 400),
        ("/labels", b"{\"label\":\"\xff\"}", 400),
        ("/labels", b"{\"label\":\"U\",\"label\":\"U\"}", 422),
        ("/labels", b"{\"label\":\"U\",\"other\":1}", 422),
        ("/labels", b"{\"label\":7}", 422),
        ("/labels", b"{\"label\":null}", 422),
        ("/labels", b"[]", 422),
        ("/labels", "{\"label\":\"극비\u{202e}\\u0000\"}".as_bytes(), 200),
        ("/decisions", b"{\"record\":\"a\",\"draft\":null,\"purpose\":\"p\",\"channel\":\"c\"}", 404),
        ("/decisions", b"{\"purpose\":\"p\",\"channel\":\"c\"}", 422),
    ] {
        let answer = post(path, body);
        assert_eq!(answer.status, status, "{path} {:?}: {}", &body[..body.len().min(60)], answer.text());
        if status != 200 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    for (query, status) in [
        ("limit=0", 422),
        ("limit=501", 422),
        ("limit=-1", 400),
        ("limit=99999999999999999999", 400),
        ("limit=1&limit=2", 400),
        ("unknown=1", 400),
        ("status=odd", 422),
        ("after=zz", 422),
        ("after=00ff", 422),
        // What is no text is looked for as what cannot be found.
        ("q=%ff", 200),
        ("q=%E6%A5%B5%E7%A7%98", 200),
    ] {
        let answer = officer.get(&format!("/records?{query}"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
    // What no library would send.
    let host = kor.address;
    let head = format!("Host: {host}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n");
    let body = draft("K-7").to_string();
    let length = body.len();
    for request in [
        format!(
            "POST /api/v1/records HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\nContent-Length: 5\r\n\r\n{body}"
        ),
        format!(
            "POST /api/v1/records HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: -1\r\n\r\n{body}"
        ),
        format!(
            "POST /api/v1/records HTTP/1.1\r\n{head}Content-Type: application/json\r\nTransfer-Encoding: chunked, identity\r\n\r\n{body}"
        ),
        format!("POST /api/v1/records HTTP/1.1\r\n{head}X-Long: {}\r\nContent-Length: 0\r\n\r\n", "a".repeat(600_000)),
        format!("GET /api/v1/records\r\nSet-Cookie: a=b HTTP/1.1\r\n{head}\r\n"),
        format!("GET /api/v1/records HTTP/1.1\r\n{head}Bad Header: a\r\n\r\n"),
        format!("GET /api/v1/records HTTP/1.1\r\n{head}Idempotency-Key: a\r\n b\r\n\r\n"),
        "\0\0\0\0".to_owned(),
    ] {
        let answer = raw(host, request.as_bytes());
        assert!(answer.status == 0 || (400..500).contains(&answer.status), "{answer:?}");
    }
    let many: Vec<(String, String)> = (0..300).map(|number| (format!("X-{number}"), "a".to_owned())).collect();
    let mut crowded = officer.clone();
    crowded.headers.extend(many);
    assert!(matches!(crowded.get("/records").status, 0 | 400..=499));
    assert!(ids(&officer).is_empty(), "nothing was done");
}

#[test]
fn tokens_do_no_more_than_they_were_made_for_and_end_when_their_owner_does() {
    let (_parent, kor) = console();
    let officer =
        kor.person("sato", &["--role", "disclosure", "--role", "treaty", "--clearance", "SECRET", "--subject", "*"]);
    let token = |body: Value| officer.post("/me/tokens", &body);
    let of = |answer: &Answer| Visitor::with_token(kor.address, answer.json()["secret"].as_str().unwrap());
    let reader = of(&token(json!({ "name": "reader", "roles": ["treaty"], "read_only": true, "days": 1 })));
    assert_eq!(reader.get("/records").status, 200);
    assert_eq!(reader.get("/me").json()["roles"], json!(["treaty"]));
    assert_eq!(reader.get("/retention/due").status, 403, "its owner may, it may not");
    assert_eq!(reader.post("/records", &draft("K-1")).status, 403);
    assert_eq!(reader.post("/me/tokens", &json!({ "name": "x", "read_only": true, "days": 1 })).status, 403);

    let writer = of(&token(json!({ "name": "writer", "read_only": false, "days": 366 })));
    assert_eq!(writer.post("/records", &draft("K-1")).status, 200);
    assert_eq!(
        writer.post("/me/tokens", &json!({ "name": "x", "read_only": true, "days": 1 })).status,
        403,
        "none makes another"
    );
    assert_eq!(writer.post("/me/password", &json!({ "old": PASSWORD, "new": "another good password" })).status, 403);
    for (body, status) in [
        (json!({ "name": "writer", "read_only": false, "days": 1 }), 409),
        (json!({ "name": "x", "roles": ["admin"], "read_only": false, "days": 1 }), 422),
        (json!({ "name": "x", "roles": [], "read_only": false, "days": 1 }), 422),
        (json!({ "name": "x", "read_only": false, "days": 367 }), 422),
        (json!({ "name": "a\r\nb", "read_only": false, "days": 1 }), 422),
    ] {
        assert_eq!(token(body.clone()).status, status, "{body}");
    }
    // Shown once; kept as a hash.
    assert!(!officer.get("/me/tokens").text().contains("entente_"));
    let kept = std::fs::read(kor.site.folder.join("data/people.sqlite")).unwrap();
    for secret in [&writer.headers[0].1[7..], officer.cookie("__Host-entente").unwrap(), PASSWORD] {
        assert!(!kept.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret is on the disk");
    }
    for wrong in ["", "entente_", "entente_AAAA", "x"] {
        assert_eq!(Visitor::with_token(kor.address, wrong).get("/records").status, 401);
    }
    assert_eq!(officer.ask("DELETE", "/api/v1/me/tokens/reader", &[], b"").status, 200);
    assert_eq!(reader.get("/records").status, 401);
    site::expect(0, &["user", "disable", "sato", "--config", &kor.site.config()]);
    assert_eq!((writer.get("/records").status, officer.get("/records").status), (401, 401));
    site::expect(0, &["user", "enable", "sato", "--config", &kor.site.config()]);
    assert_eq!((writer.get("/records").status, officer.get("/records").status), (401, 401), "nothing comes back");
}

#[test]
fn a_write_that_is_sent_again_is_done_once() {
    let (_parent, kor) = console();
    let (sato, mori) = (kor.person("sato", &OFFICER), kor.person("mori", &OFFICER));
    let mut body = draft("");
    body.as_object_mut().unwrap().remove("id");
    let send = |visitor: &Visitor, key: &str, body: &Value| {
        visitor.ask("POST", "/api/v1/records", &[JSON, ("Idempotency-Key", key)], body.to_string().as_bytes())
    };
    let first = send(&sato, "one", &body);
    let again = send(&sato, "one", &body);
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(ids(&sato).len(), 1);
    assert_eq!(send(&sato, "one", &draft("K-2")).status, 422, "the same key for something else");
    assert_ne!(send(&mori, "one", &body).body, first.body, "a key is its owner's own");
    assert_eq!(ids(&sato).len(), 2);
    // What failed may be put right under the same key.
    let mut wrong = draft("K-3");
    wrong["label"] = json!("NONSENSE");
    assert_eq!(send(&sato, "three", &wrong).status, 422);
    assert_eq!(send(&sato, "three", &draft("K-3")).status, 200);
    for key in ["", "a b", &"k".repeat(256)] {
        assert_eq!(send(&sato, key, &draft("K-4")).status, 422, "{key}");
    }
    let token = json!({ "name": "x", "read_only": true, "days": 1 }).to_string();
    let answer = sato.ask("POST", "/api/v1/me/tokens", &[JSON, ("Idempotency-Key", "t")], token.as_bytes());
    assert_eq!(answer.status, 422, "a secret that is shown once is not kept");
}

#[test]
fn a_write_that_is_sent_again_shows_nothing_that_is_gone() {
    let (_parent, kor) = console();
    let sato = kor.person("sato", &OFFICER);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/alerts/cap/missile.xml");
    let warning = std::fs::read_to_string(path).unwrap();
    let headline = warning.split("<headline>").nth(1).unwrap().split('<').next().unwrap();
    let body = json!({ "content": STANDARD.encode(&warning), "label": LABEL, "subjects": ["dprk-missile"] });
    let ingested = sato.post("/alerts", &body);
    assert_eq!(ingested.status, 200, "{}", ingested.text());
    let record = ingested.json()["record"].as_str().unwrap().to_owned();
    let take_note = || {
        let path = format!("/api/v1/alerts/KOR/{record}/acknowledge");
        sato.ask("POST", &path, &[("Idempotency-Key", "note")], b"")
    };
    let viewed = || kor.statements().iter().filter(|one| one["kind"] == "viewed").count();
    let first = take_note();
    assert!(first.status == 200 && first.text().contains(headline), "{}", first.text());
    let before = viewed();
    let again = take_note();
    assert_eq!((again.status, again.header("idempotent-replayed"), &again.body), (200, Some("true"), &first.body));
    let taken = kor.statements().iter().filter(|one| one["content"]["deed"] == "alert.acknowledge").count();
    assert_eq!(taken, 1, "it is done once");
    assert!(viewed() >= before, "who is shown it again is told of like anybody");
    let kept = std::fs::read(kor.site.folder.join("data/people.sqlite")).unwrap();
    let log = std::fs::read(kor.site.folder.join("data/people.sqlite-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(headline.len()).any(|window| window == headline.as_bytes());
    assert!(!holds(&kept) && !holds(&log), "what a warning says is not kept beside the accounts");
    site::expect(0, &["retention", "destroy", &record, "--note", "test", "--config", &kor.site.config()]);
    let gone = take_note();
    assert_eq!(gone.status, 404, "{}", gone.text());
    assert!(!gone.text().contains(headline));
}

#[test]
fn what_is_wrong_with_a_record_names_it_to_who_may_see_it() {
    let (_parent, mut kor) = console();
    let sato = kor.person("sato", &[&OFFICER[..], &["--role", "auditor"]].concat());
    let ito = kor.person("ito", &["--role", "auditor"]);
    let mut body = draft("K-77");
    body["content"] = json!("bWlzc2luZw==");
    assert_eq!(sato.post("/records", &body).status, 200);
    kor.site.kill();
    let store = rusqlite::Connection::open(kor.site.folder.join("data/store.sqlite")).unwrap();
    assert!(store.execute("DELETE FROM body", []).unwrap() > 0);
    drop(store);
    kor.site.start();
    let problems = |auditor: &Visitor| {
        let id = auditor.post("/jobs", &json!({ "kind": "verify" })).json()["id"].as_u64().unwrap();
        let path = format!("/jobs/{id}");
        site::eventually("it is verified", || !auditor.get(&path).json()["ended"].is_null());
        let logs = auditor.get(&path).json()["logs"].as_array().unwrap().clone();
        assert!(!auditor.get("/jobs").text().contains("K-77") || auditor.cookies == sato.cookies);
        logs.iter().flat_map(|log| log["problems"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let (seen, hidden) = (problems(&sato), problems(&ito));
    assert_eq!((seen.len(), hidden.len()), (1, 1));
    assert_eq!(seen[0], "the content of record `K-77` of KOR is missing");
    assert!(hidden[0].as_str().unwrap().starts_with("something is wrong with a record"), "{hidden:?}");
}

#[test]
fn pages_and_marks_tell_nothing_of_what_is_hidden() {
    let (_parent, kor) = console();
    let all = kor.person("sato", &OFFICER);
    let some = kor
        .person("mori", &["--role", "analyst", "--clearance", "SECRET", "--subject", "fisheries", "--official-duty"]);
    for number in 0..7 {
        let mut body = draft(&format!("K-{number}"));
        if number % 2 == 0 {
            body["subjects"] = json!(["fisheries"]);
        }
        assert_eq!(all.post("/records", &body).status, 200);
    }
    let pages = |visitor: &Visitor| {
        let (mut found, mut after, mut marks) = (Vec::new(), String::new(), Vec::new());
        loop {
            let page = visitor.get(&format!("/records?limit=2{after}")).json();
            found.extend(
                page["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => {
                    marks.push(next.to_owned());
                    after = format!("&after={next}");
                }
                None => return (found, marks),
            }
        }
    };
    let (found, _) = pages(&all);
    assert_eq!(found.len(), 7);
    let (found, marks) = pages(&some);
    assert_eq!(found.iter().filter(|id| ["K-0", "K-2", "K-4", "K-6"].contains(&id.as_str())).count(), 4);
    assert_eq!(found.len(), 4);
    let clear = entente_formats::hex::decode(&marks[0]).unwrap();
    assert!(!clear.windows(2).any(|window| window == b"K-"), "a mark has no name in it");
    assert_eq!(all.get(&format!("/records?after={}", marks[0])).status, 422, "a mark is for one account");
    assert!(marks.iter().all(|mark| mark.len() == marks[0].len()), "how long a name is does not show either");
    let last = marks[0].len() - 1;
    let other = format!("{}{}", &marks[0][..last], if marks[0].ends_with('0') { '1' } else { '0' });
    assert_eq!(some.get(&format!("/records?after={other}")).status, 422, "nobody makes a mark");
    assert_eq!(some.get("/records?q=K-1").json()["records"], json!([]));
    assert_eq!(some.get("/records?q=K-2").json()["records"][0]["id"], "K-2");

    // Decisions about what is hidden are those about what is not there.
    let ask = |record: &str| some.post("/decisions", &json!({ "record": record, "purpose": "p", "channel": "c" }));
    assert_eq!(ask("K-2").status, 200);
    assert_eq!(ask("K-1").text().replace("K-1", "K-9"), ask("K-9").text());

    // A release of what is hidden fails as one of what is not there does, whatever else is wrong with it.
    let abe = kor
        .person("abe", &["--role", "disclosure", "--clearance", "SECRET", "--subject", "fisheries", "--official-duty"]);
    for to in [json!([]), json!(["KOR"]), json!(["XYZ"])] {
        let give = |record: &str| {
            let body = json!({ "record": record, "to": to, "purpose": "p", "channel": "c", "precedence": "ROUTINE" });
            abe.post("/releases", &body)
        };
        assert_eq!((give("K-1").status, give("K-2").status), (404, 422), "{to}");
        assert_eq!(give("K-1").text().replace("K-1", "K-9"), give("K-9").text());
        assert_eq!(give("KOR/K-1").text().replace("K-1", "K-9"), give("KOR/K-9").text());
    }

    // A tag says that nothing has changed, to who may see it.
    let first = some.get("/records");
    let tag = first.header("etag").unwrap().to_owned();
    let again = some.ask("GET", "/api/v1/records", &[("If-None-Match", &tag)], b"");
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    for answer in [first, kor.stranger().get("/records"), kor.stranger().ask("GET", "/nowhere", &[], b"")] {
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
}

#[test]
fn events_tell_what_may_be_seen_and_a_page_that_was_away_catches_up() {
    let (_parent, kor) = console();
    let (all, some) = (
        kor.person("sato", &OFFICER),
        kor.person(
            "mori",
            &["--role", "analyst", "--clearance", "SECRET", "--subject", "fisheries", "--official-duty"],
        ),
    );
    let mut listening = web::Listening::new(&some, None);
    let (kind, first, _) = listening.next();
    assert_eq!(kind, "listening");
    let mut fish = draft("K-2");
    fish["subjects"] = json!(["fisheries"]);
    for body in [&draft("K-1"), &fish, &draft("K-3")] {
        assert_eq!(all.post("/records", body).status, 200);
    }
    let (kind, id, data) = listening.next();
    assert_eq!((kind.as_str(), &data["record"]), ("entered", &json!(["KOR", "K-2"])));
    drop(listening);
    let mut more = draft("K-4");
    more["subjects"] = json!(["fisheries"]);
    assert_eq!(all.post("/records", &more).status, 200);
    // From the last one, and from the beginning.
    for (last, expected) in [(&id, vec!["K-4"]), (&first, vec!["K-2", "K-4"])] {
        let mut listening = web::Listening::new(&some, Some(last));
        assert_eq!(listening.next().0, "listening");
        for record in expected {
            assert_eq!(listening.next().2["record"], json!(["KOR", record]));
        }
    }
    // From what a page knew when it was made.
    let page = String::from_utf8(some.ask("GET", "/records", &[("Accept", "text/html")], b"").body).unwrap();
    let heard = page.split("data-heard=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    more["id"] = json!("K-5");
    assert_eq!(all.post("/records", &more).status, 200);
    let mut listening = web::Listening::at(&some, &format!("/api/v1/events?after={heard}"), None);
    assert_eq!(listening.next().0, "listening");
    assert_eq!(listening.next().2["record"], json!(["KOR", "K-5"]));
    let answer = all.ask("GET", "/api/v1/events", &[("Last-Event-ID", &id)], b"");
    assert_eq!(answer.status, 422, "the mark of somebody else");
}

/// What shows that a duty was done, or how far a commitment is, is named to who may see it, and no count tells others of it.
#[test]
fn duties_and_commitments_name_no_hidden_record() {
    let (_parent, mut kor) = console();
    // A text that has the parties meet.
    kor.site.stop();
    let text = "commitment-to-consult-2023.toml";
    std::fs::copy(site::example(&format!("agreements/{text}")), kor.site.folder.join("agreements").join(text)).unwrap();
    kor.site.start();
    let config = kor.site.config();
    let officer = kor.person("sato", &OFFICER);
    assert_eq!(officer.post("/records", &draft("K-PIVOT")).status, 200);
    let all: Vec<Value> = officer.get("/obligations").json()["items"].as_array().unwrap().clone();
    let own = all.iter().find(|one| one["party"] == "KOR").expect("a text asks KOR for something");
    let body = json!({ "note": "done", "evidence": ["K-PIVOT"] });
    let answer = officer.post(&format!("/obligations/{}/done", own["id"].as_str().unwrap()), &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (name, _) = site::expect(0, &["commitment", "add", "write it down", "--config", &config]);
    site::expect(0, &["commitment", "evidence", name.trim(), "K-PIVOT", "--config", &config]);
    let watch = ["--role", "watch", "--clearance", "UNCLASSIFIED", "--subject", "*", "--official-duty"];
    let low = kor.person("low", &watch);
    for path in ["/obligations", "/commitments", "/consultations", "/incidents"] {
        let (seen, hidden) = (officer.get(path), low.get(path));
        assert_eq!((seen.status, hidden.status), (200, 200), "{path}");
        let names = ["/obligations", "/commitments"].contains(&path);
        assert_eq!(seen.text().contains("K-PIVOT"), names, "{path}");
        assert!(!hidden.text().contains("K-PIVOT"), "{path}: {}", hidden.text());
        assert!(!hidden.text().contains("\"more\""), "{path}: {}", hidden.text());
    }
}
