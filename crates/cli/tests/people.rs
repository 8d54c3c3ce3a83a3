//! People at a real node: who comes in, how, and what each sees.

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

use serde_json::{Value, json};
use site::{LABEL, asked, eventually, expect, release};
use web::{Console, PASSWORD, Visitor, code, now};

const OFFICER: [&str; 7] = ["--role", "disclosure", "--clearance", "SECRET", "--subject", "*", "--official-duty"];

fn console(code: &str) -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let console = Console::new(parent.path(), code);
    (parent, console)
}

#[test]
fn a_person_signs_in_with_a_second_factor_and_sees_what_view_lets_through() {
    let (parent, kor) = console("KOR");
    let file = parent.path().join("report.txt");
    std::fs::write(&file, "two launches").unwrap();
    // Nobody to give it to yet: it is entered, and the release fails.
    let body = json!({
        "id": "K-0412", "label": LABEL, "subjects": ["dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": [], "title": "launches", "media_type": "text/plain", "content": "dHdvIGxhdW5jaGVz",
    });
    let officer = kor.person("sato", &OFFICER);
    let entered = officer.post("/records", &body);
    assert_eq!((entered.status, entered.json()), (200, json!({ "record": "K-0412" })));
    assert!(!release(&kor.site, &file, "K-0412", "JPN", LABEL).status.success());

    let seen = officer.get("/records").json();
    assert_eq!(seen["records"][0]["id"], "K-0412");
    let content = officer.get("/records/KOR/K-0412/content");
    assert_eq!((content.status, content.text().as_str()), (200, "two launches"));

    // Cleared too low, or without the need to know: as if it were not there, to the byte.
    for (name, rights) in [
        ("low", &["--role", "disclosure", "--clearance", "CONFIDENTIAL", "--subject", "*"][..]),
        ("other", &["--role", "disclosure", "--clearance", "TOP SECRET", "--subject", "fisheries"]),
    ] {
        let person = kor.person(name, rights);
        assert_eq!(person.get("/records").json(), json!({ "records": [], "next": null }), "{name}");
        assert_eq!(person.get("/status").json()["records"], 0);
        for (path, unknown) in
            [("/records/KOR/K-0412", "/records/KOR/K-0413"), ("/records/-/K-0412/content", "/records/-/K-0413/content")]
        {
            let (hidden, unknown) = (person.get(path), person.get(unknown));
            assert_eq!(hidden.status, 404, "{path}");
            assert_eq!(hidden.text().replace("K-0412", "K-0413"), unknown.text(), "{path}");
        }
        let approval = json!({ "record": "K-0412", "to": "JPN", "note": "" });
        assert_eq!(person.post("/approvals", &approval).status, 404, "{name}");
    }
}

#[test]
fn a_session_ends_turns_over_and_lets_nobody_in_who_has_an_old_cookie() {
    let (_parent, kor) = console("KOR");
    kor.add_user("sato", &OFFICER);
    let (officer, secret) = kor.enrolled("sato");
    assert_eq!(officer.get("/me").json()["name"], "sato");
    assert_eq!(officer.get("/me").json()["way"], "session");

    // A code is used once; the next step's is another one.
    let mut again = kor.stranger();
    let sign_in = |code: String| json!({ "name": "sato", "password": PASSWORD, "code": code });
    assert_eq!(again.post("/session", &sign_in(code(&secret, now()))).status, 401, "the code was used");
    let answer = again.post_keeping("/session", &sign_in(code(&secret, now() + 30)));
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    for word in ["__Host-entente=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(word), "{cookie}");
    }

    // A cookie that was there before the sign-in is worth nothing after it.
    let before = again.clone();
    assert_eq!(before.get("/records").status, 200);
    let mut fixed = kor.stranger();
    fixed.cookies.push(("__Host-entente".to_owned(), "chosen-by-somebody-else".to_owned()));
    assert_eq!(fixed.get("/records").status, 401);

    assert_eq!(again.ask("DELETE", "/api/v1/session", &[], b"").status, 200);
    assert_eq!(before.get("/records").status, 401, "the session is over");
    assert_eq!(officer.get("/records").status, 200, "the other one is not");
}

#[test]
fn before_there_is_a_second_factor_nothing_else_is_open() {
    let (_parent, kor) = console("KOR");
    kor.add_user("sato", &OFFICER);
    let mut half = kor.stranger();
    let answer = half.post_keeping("/session", &json!({ "name": "sato", "password": PASSWORD }));
    assert_eq!(answer.json()["enrolling"], true);
    for path in ["/records", "/status", "/agreements", "/outbox"] {
        let answer = half.get(path);
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.json()["help"].as_str().unwrap().contains("authenticator app"));
    }
    assert_eq!(half.get("/me").status, 200);
}

#[test]
fn the_first_administrator_comes_in_by_a_link_that_counts_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("KOR").display().to_string();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (listen, address) = (free().to_string(), free());
    let arguments = ["node", "init", &folder, "--party", "KOR", "--listen", &listen, "--json", "--console"];
    let (out, _) = site::expect(0, &[&arguments[..], &[&address.to_string()]].concat());
    let made: Value = serde_json::from_str(&out).unwrap();
    let link = made["link"].as_str().unwrap();
    let (place, secret) = link.split_once("/join#").unwrap();
    assert_eq!(place, format!("http://localhost:{}", address.port()));

    let mut site = site::Site::at(folder.into());
    site.start();
    let kor = Console { site, address };
    let accept = |secret: &str, password: &str| {
        kor.stranger().post("/invitations/accept", &json!({ "secret": secret, "password": password })).status
    };
    assert_eq!(accept("no-such-secret", PASSWORD), 404);
    assert_eq!(accept(secret, "short"), 422, "and the link counts still");
    assert_eq!(accept(secret, PASSWORD), 200);
    assert_eq!(accept(secret, PASSWORD), 404, "it counted once");

    let (admin, _) = kor.enrolled("admin");
    assert_eq!(admin.get("/users").json()[0]["name"], "admin");
    for path in ["/records", "/consents", "/recalls"] {
        assert_eq!(admin.get(path).status, 403, "{path}: an administrator does none of it");
    }
    let both = json!({ "name": "x", "roles": ["admin", "disclosure"], "clearance": "SECRET", "subjects": ["*"] });
    let refused = admin.post("/users", &both);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("does none of it"), "{}", refused.text());
}

#[test]
fn what_people_do_is_in_the_ledger_and_views_are_told_once() {
    let (_parent, kor) = console("KOR");
    let officer = kor.person("sato", &OFFICER);
    let body = json!({
        "id": "K-1", "label": LABEL, "subjects": ["dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": [], "title": "t", "media_type": "text/plain", "content": "",
    });
    assert_eq!(officer.post("/records", &body).status, 200);
    for _ in 0..3 {
        officer.get("/records");
        officer.get("/records/KOR/K-1/content");
    }
    assert_eq!(officer.post("/approvals", &json!({ "record": "K-2", "to": "JPN", "note": "" })).status, 404);
    let statements = kor.statements();
    let of = |kind: &str| -> Vec<Value> {
        statements.iter().filter(|statement| statement["kind"] == kind).map(|s| s["content"].clone()).collect()
    };
    assert_eq!(of("signed-in").last().unwrap(), &json!({ "name": "sato", "with": "password and code" }));
    let views = of("viewed");
    let view = |content| json!({ "by": "sato", "way": "session", "records": [["KOR", "K-1"]], "content": content });
    assert_eq!(views, [view(false), view(true)]);
    let actions: Vec<_> = of("action").into_iter().filter(|action| action["by"] == "sato").collect();
    assert_eq!(actions[0], json!({ "by": "sato", "way": "session", "deed": "record.enter", "refused": null }));
    assert_eq!(actions[1]["refused"], "no record `K-2`");
    assert_eq!(of("people")[0]["what"], "account added");
}

/// Korea, which knows Japan, and has these rules besides.
fn with_rules(rules: &str) -> (tempfile::TempDir, Console) {
    let parent = tempfile::tempdir().unwrap();
    let jpn = site::Site::new(parent.path(), "JPN");
    let kor = Console::with_rules(parent.path(), "KOR", rules);
    site::expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.site.config()]);
    (parent, kor)
}

fn draft(id: &str, label: &str, subject: &str) -> Value {
    json!({
        "id": id, "label": label, "subjects": [subject], "status": "actual", "distribution": [], "derived_from": [],
        "title": id, "media_type": "text/plain", "content": "dHdv",
    })
}

#[test]
fn where_the_rules_ask_for_it_a_release_takes_two_persons() {
    let (_parent, kor) = with_rules("[[confirmation]]\nsubjects = [\"*\"]\nto = [\"JPN\"]\nmin = \"SECRET\"");
    let (sato, mori) = (kor.person("sato", &OFFICER), kor.person("mori", &OFFICER));
    let low = kor.person("low", &["--role", "disclosure", "--clearance", "CONFIDENTIAL", "--subject", "*"]);
    assert_eq!(sato.post("/records", &draft("K-1", LABEL, "dprk-missile")).status, 200);
    let release = json!({
        "record": "K-1", "draft": null, "to": ["JPN"], "purpose": "missile-warning",
        "channel": "government-to-government", "under": null, "precedence": "ROUTINE", "expires": null,
    });
    let outcome = |answer: web::Answer| answer.json()["recipients"][0]["outcome"].as_str().unwrap().to_owned();
    let outbox = || mori.get("/outbox").json()["items"].as_array().unwrap().len();
    assert_eq!(outcome(sato.post("/releases", &release)), "waits");
    assert_eq!(outbox(), 0, "nothing left");
    assert_eq!(low.get("/releases/waiting").json()["items"], json!([]), "what it may not see does not wait for it");
    assert_eq!(low.post("/releases/0/confirm", &json!({})).status, 404);
    let refused = sato.post("/releases/0/confirm", &json!({}));
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("second person"), "{}", refused.text());
    let listed = site::asked(&kor.site, &["waiting", "list"]);
    assert!(listed.contains("KOR/K-1") && listed.contains("waiting"), "{listed}");
    assert_eq!(mori.get("/releases/waiting").json()["items"][0]["by"], "sato");
    assert_eq!(outcome(mori.post("/releases/0/confirm", &json!({ "note": "seen" }))), "sequenced");
    assert_eq!(outbox(), 1);
    assert_eq!(mori.post("/releases/0/confirm", &json!({})).status, 422, "once");
    let waiting = mori.get("/releases/waiting").json()["items"].clone();
    assert_eq!((&waiting[0]["state"], &waiting[0]["answered_by"]), (&json!("confirmed"), &json!("mori")));

    // Declined, and below the level.
    assert_eq!(outcome(sato.post("/releases", &release)), "waits");
    assert_eq!(mori.post("/releases/1/decline", &json!({ "note": "no need" })).status, 200);
    assert_eq!(mori.post("/releases/1/confirm", &json!({})).status, 422);
    assert_eq!(outbox(), 1);
    let label = "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR";
    assert_eq!(sato.post("/records", &draft("K-2", label, "dprk-missile")).status, 200);
    let mut other = release.clone();
    other["record"] = json!("K-2");
    assert_eq!(outcome(sato.post("/releases", &other)), "sequenced");
    // The operator is one person like any other: it confirms what others propose, and not what it proposes itself.
    let to_jpn = ["release", "--record", "KOR/K-1", "--to", "JPN", "--purpose", "missile-warning"];
    let said = site::asked(&kor.site, &to_jpn);
    assert!(said.contains("release 2 waits for a second person"), "{said}");
    site::expect(1, &["waiting", "confirm", "2", "--config", &kor.site.config()]);
    assert_eq!(outcome(sato.post("/releases", &release)), "waits");
    assert!(site::asked(&kor.site, &["waiting", "confirm", "3"]).contains("Sealed to JPN"));
    assert_eq!(site::asked(&kor.site, &["waiting", "decline", "2"]).trim(), "declined 2");
    let verified = site::asked(&kor.site, &["log", "verify"]);
    assert!(!verified.contains("BROKEN"), "{verified}");
}

#[test]
fn two_accounts_that_one_administrator_set_alone_are_not_two_persons() {
    let (_parent, kor) = with_rules("[[confirmation]]\nsubjects = [\"*\"]\nto = [\"JPN\"]\nmin = \"SECRET\"");
    let (boss, audit) = (kor.person("boss", &["--role", "admin"]), kor.person("audit", &["--role", "auditor"]));
    let add = |by: &web::Visitor, name: &str, role: &str| {
        let body = json!({
            "name": name, "roles": [role], "clearance": "SECRET", "subjects": ["*"], "official_duty": true,
            "password": web::PASSWORD,
        });
        assert_eq!(by.post("/users", &body).status, 200, "{name}");
        kor.enrolled(name).0
    };
    // He is both; and his second administrator is he.
    let (one, other) = (add(&boss, "one", "disclosure"), add(&boss, "other", "disclosure"));
    let second = add(&boss, "second", "admin");
    let third = add(&second, "third", "disclosure");
    assert_eq!(one.post("/records", &draft("K-1", LABEL, "dprk-missile")).status, 200);
    let release = json!({
        "record": "K-1", "draft": null, "to": ["JPN"], "purpose": "missile-warning",
        "channel": "government-to-government", "under": null, "precedence": "ROUTINE", "expires": null,
    });
    assert_eq!(one.post("/releases", &release).json()["recipients"][0]["outcome"], "waits");
    for visitor in [&other, &third] {
        let refused = visitor.post("/releases/0/confirm", &json!({}));
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("`boss` alone set the accounts"), "{}", refused.text());
    }
    let vouch = |by: &web::Visitor, name: &str| {
        let user = audit.get(&format!("/users/{name}")).json();
        by.post(&format!("/users/{name}/vouch"), &json!({ "revision": user["revision"] })).status
    };
    assert_eq!((vouch(&boss, "other"), vouch(&second, "other")), (403, 403), "it takes somebody else");
    assert_eq!(vouch(&audit, "boss"), 422, "the operator set that one");
    assert_eq!(vouch(&audit, "other"), 200);
    assert_eq!(third.post("/releases/0/confirm", &json!({})).status, 403, "nobody has looked at that one");
    // What was looked at is the account as it was.
    assert_eq!(boss.post("/users/other/reset", &json!(null)).status, 200);
    assert_eq!(audit.get("/users/other").json()["vouched_by"], Value::Null);
    assert_eq!(vouch(&audit, "third"), 200);
    assert_eq!(third.post("/releases/0/confirm", &json!({})).json()["recipients"][0]["outcome"], "sequenced");
    let vouched =
        kor.statements().into_iter().filter(|statement| statement["content"]["what"] == "account vouched for");
    assert_eq!(vouched.count(), 2);
    // The operator is the way out where there is one administrator and nobody else.
    assert!(site::asked(&kor.site, &["user", "vouch", "one"]).contains("vouched for one"));
}

#[test]
fn an_emergency_stands_for_the_partys_own_yes_and_for_nothing_else() {
    let rules = "[[emergency]]\nsubjects = [\"harbour\"]\nto = [\"JPN\"]\nmax = \"SECRET\"\nreport_hours = \"24\"
        [[confirmation]]\nsubjects = [\"*\"]\nto = [\"JPN\"]\nmin = \"SECRET\"";
    let (_parent, kor) = with_rules(rules);
    let watch = kor.person("watch", &["--role", "watch", "--clearance", "SECRET", "--subject", "*", "--official-duty"]);
    for (id, label, subject) in
        [("K-1", LABEL, "harbour"), ("K-2", "//KOR SECRET//REL TO USA, KOR", "harbour"), ("K-3", LABEL, "elsewhere")]
    {
        assert_eq!(watch.post("/records", &draft(id, label, subject)).status, 200, "{id}");
    }
    let declare = |id: &str, reason: &str| {
        let body = json!({
            "record": id, "to": "JPN", "purpose": "rescue", "channel": "government-to-government", "reason": reason,
        });
        watch.post("/emergencies", &body)
    };
    assert_eq!(declare("K-1", " ").status, 422, "without a reason");
    assert_eq!(declare("K-3", "a ship is on fire").status, 422, "the rules do not foresee it");
    let answer = declare("K-1", "a ship is on fire");
    assert_eq!(answer.json()["released"]["recipients"][0]["outcome"], "sequenced", "{}", answer.text());
    let answer = declare("K-2", "a ship is on fire");
    assert_eq!(answer.json()["released"]["recipients"][0]["outcome"], "denied", "the label says no");
    let open = watch.get("/emergencies").json()["items"].clone();
    assert_eq!((&open[0]["record"], &open[0]["reported"]), (&json!("K-1"), &Value::Null));
    assert_eq!(watch.post("/emergencies/0/report", &json!({ "text": "the crew was saved" })).status, 200);
    assert_eq!(watch.post("/emergencies/0/report", &json!({ "text": "again" })).status, 422);
    assert_eq!(watch.get("/emergencies").json()["items"][0]["report"], "the crew was saved");
    assert_eq!(watch.post("/releases", &json!({})).status, 403, "otherwise a watch officer releases nothing");
}

#[test]
fn a_large_content_that_takes_two_persons_leaves_when_the_second_has_said_yes() {
    let (parent, kor) = with_rules("[[confirmation]]\nsubjects = [\"*\"]\nto = [\"JPN\"]\nmin = \"SECRET\"");
    let mut jpn = site::Site::at(parent.path().join("JPN"));
    jpn.start();
    site::expect(0, &["party", "add", &kor.site.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    let (sato, mori) = (kor.person("sato", &OFFICER), kor.person("mori", &OFFICER));
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[1] ^ number.to_le_bytes()[0]).collect();
    let mut draft = draft("K-1", LABEL, "dprk-missile");
    draft["content"] = json!("");
    let head = json!({ "length": content.len(), "release": {
        "draft": draft, "to": ["JPN"], "purpose": "missile-warning", "channel": "government-to-government",
        "precedence": "ROUTINE",
    }});
    let head = head.to_string();
    let body = [&u32::try_from(head.len()).unwrap().to_be_bytes()[..], head.as_bytes(), &content].concat();
    let outcome = |answer: web::Answer| answer.json()["recipients"][0]["outcome"].as_str().unwrap().to_owned();
    assert_eq!(outcome(sato.ask("POST", "/api/v1/releases/large", &[], &body)), "waits");
    assert_eq!(mori.get("/outbox").json()["items"], json!([]), "nothing left");
    assert_eq!(sato.post("/releases/0/confirm", &json!({})).status, 422, "not by the one who asked");
    assert_eq!(outcome(mori.post("/releases/0/confirm", &json!({ "note": "seen" }))), "sequenced");
    let file = parent.path().join("K-1.bin");
    let show = ["inbox", "KOR/K-1", "--output", &file.display().to_string(), "--config", &jpn.config()];
    site::eventually("it has arrived", || site::run(&show).status.success());
    assert_eq!(std::fs::read(file).unwrap(), content);
}

#[test]
fn tlp_red_is_for_the_persons_named() {
    let (_parent, kor) = console("KOR");
    let (sato, mori) = (kor.person("sato", &OFFICER), kor.person("mori", &OFFICER));
    assert_eq!(sato.post("/records", &draft("K-1", "TLP:RED", "dprk-cyber")).status, 200);
    let sees = |person: &web::Visitor| person.get("/records/KOR/K-1").status;
    assert_eq!((sees(&sato), sees(&mori)), (200, 404));
    assert_eq!(mori.get("/named/missing").json()["items"], json!([]), "somebody is named");
    let both = json!({ "record": "K-1", "persons": ["sato", "mori"] });
    assert_eq!(sato.post("/named", &both).status, 200);
    assert_eq!((sees(&sato), sees(&mori)), (200, 200));
    assert_eq!(sato.post("/named", &json!({ "record": "K-1", "persons": [] })).status, 200);
    assert_eq!((sees(&sato), sees(&mori)), (404, 404));
    assert_eq!(mori.get("/named/missing").json()["items"], json!([{ "originator": "KOR", "record": "K-1" }]));
    let low = kor.person("low", &["--role", "disclosure", "--clearance", "SECRET", "--subject", "fisheries"]);
    assert_eq!(low.get("/named/missing").json()["items"], json!([]), "who could not see it is not told of it");
    assert_eq!(low.post("/named", &json!({ "record": "K-1", "persons": ["low"] })).status, 404);
    // It is told, and outlives the process.
    let named = kor.statements().into_iter().filter(|statement| statement["kind"] == "named").count();
    assert_eq!(named, 3);
}

#[test]
fn long_work_is_begun_looked_at_and_found_again() {
    let (_parent, kor) = with_rules("");
    let (auditor, admin) = (kor.person("audit", &["--role", "auditor"]), kor.person("boss", &["--role", "admin"]));
    let begun = auditor.post("/jobs", &json!({ "kind": "verify" })).json();
    let path = format!("/jobs/{}", begun["id"]);
    site::eventually("the job is done", || auditor.get(&path).json()["state"] == "done");
    let job = auditor.get(&path).json();
    assert_eq!(job["done"], job["steps"]);
    let logs = job["logs"].as_array().unwrap();
    assert!(logs.iter().any(|log| log["log"] == "entente/KOR/ledger"), "{job}");
    assert!(logs.iter().all(|log| log["problems"] == json!([])), "{job}");
    assert_eq!(auditor.get("/jobs").json()[0]["id"], begun["id"]);
    assert_eq!((admin.get(&path).status, admin.get("/jobs").json()), (404, json!([])), "one's own");
    let cancel = admin.post(&format!("{path}/cancel"), &Value::Null);
    assert_eq!(cancel.status, 404);
    assert_eq!(auditor.post("/jobs", &json!({ "kind": "nonsense" })).status, 422);
}

#[test]
fn an_auditor_reads_what_may_be_read_and_of_the_rest_that_it_is_there() {
    let (_parent, kor) = with_rules("");
    let officer = kor.person("sato", &OFFICER);
    assert_eq!(officer.post("/records", &draft("K-1", LABEL, "dprk-missile")).status, 200);
    let (cleared, other) = (
        kor.person("audit", &["--role", "auditor", "--clearance", "SECRET", "--subject", "*"]),
        kor.person("clerk", &["--role", "auditor"]),
    );
    let entered = |person: &web::Visitor| person.get("/ledger/statements?kind=entered").json()["statements"].clone();
    let (seen, hidden) = (entered(&cleared), entered(&other));
    assert_eq!((seen[0]["content"]["record"].as_str(), seen.as_array().unwrap().len()), (Some("K-1"), 1));
    assert_eq!((hidden[0]["content"].is_null(), &hidden[0]["sequence"]), (true, &seen[0]["sequence"]));
    let people = other.get("/ledger/statements?kind=people").json();
    assert_eq!(people["statements"][0]["content"]["what"], "account added");
    // Pages go on where they ended, and together they have everything.
    let (mut from, mut count) = (0, 0);
    loop {
        let page = cleared.get(&format!("/ledger/statements?from={from}&limit=3")).json();
        count += page["statements"].as_array().unwrap().len();
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(count, kor.statements().len());
}

#[test]
fn what_an_alarm_says_of_a_record_is_for_those_who_may_see_it() {
    let parent = tempfile::tempdir().unwrap();
    let mut jpn = site::Site::new(parent.path(), "JPN");
    jpn.start();
    let kor = Console::new(parent.path(), "KOR");
    expect(0, &["party", "add", &kor.site.party_file("KOR"), "--confirmed", "--config", &jpn.config()]);
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.site.config()]);
    let file = parent.path().join("report.txt");
    std::fs::write(&file, "two launches").unwrap();
    assert!(release(&kor.site, &file, "K-0412", "JPN", LABEL).status.success());
    eventually("it arrives", || asked(&jpn, &["inbox"]).contains("K-0412"));
    asked(&jpn, &["compromise", "report", "K-0412", "--note", "a laptop of the ministry is lost"]);
    eventually("the alarm", || asked(&kor.site, &["alarm", "list"]).contains("a laptop"));

    // Who looks after the node hears that there is something, and where from; who may see the record hears what.
    let auditor = ["--role", "auditor", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
    for (name, rights, sees) in [
        ("admin", &["--role", "admin"][..], false),
        ("low", &["--role", "auditor", "--clearance", "CONFIDENTIAL", "--subject", "*"], false),
        ("audit", &auditor, true),
    ] {
        let person = kor.person(name, rights);
        let alarms = person.get("/alarms").json()["items"].clone();
        assert_eq!(alarms[0]["partner"], "JPN");
        let number = alarms[0]["number"].as_u64().unwrap();
        let shown = person.get(&format!("/alarms/{number}"));
        for text in [alarms.to_string(), shown.text(), person.get("/status").text()] {
            assert_eq!(text.contains("K-0412"), sees, "{name}: {text}");
            assert_eq!(text.contains("a laptop"), sees, "{name}: {text}");
        }
        assert_eq!(person.get(&format!("/alarms/{number}/evidence")).status, if sees { 200 } else { 404 }, "{name}");
    }
    // Somebody who may see what it is about takes note of it, once; what that person said is for the same readers.
    let number =
        kor.person("admin2", &["--role", "admin"]).get("/alarms").json()["items"][0]["number"].as_u64().unwrap();
    let path = format!("/alarms/{number}/acknowledge");
    let note = json!({ "note": "called the desk in Tokyo about K-0412" });
    let watch = ["--role", "watch", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
    let low = ["--role", "watch", "--clearance", "CONFIDENTIAL", "--subject", "*"];
    for (name, rights, status) in [("aud2", &auditor[..], 403), ("low2", &low, 404), ("watch", &watch, 200)] {
        let person = kor.person(name, rights);
        let answer = person.post(&path, &note);
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
    }
    assert_eq!(kor.person("watch2", &watch).post(&path, &note).status, 422, "somebody has already");
    for (name, rights, sees) in [("admin3", &["--role", "admin"][..], false), ("aud3", &auditor, true)] {
        let noted = kor.person(name, rights).get("/alarms").json()["items"][0]["noted"].clone();
        assert_eq!(noted["by"], "watch");
        assert_eq!(noted["note"] == note["note"], sees, "{name}: {noted}");
    }
    // What JPN owed for it, by which article, until when, and whose receipt has met it.
    let notices = |site: &site::Site| -> Vec<Value> {
        let list = asked(site, &["obligation", "list", "--json", "--state", "met", "--party", "JPN"]);
        list.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|one: &Value| one["kind"] == "notify")
            .collect()
    };
    eventually("the receipt", || notices(&jpn).len() == 1);
    for site in [&jpn, &kor.site] {
        let [one] = &notices(site)[..] else { panic!("{:?}", notices(site)) };
        assert_eq!((&one["agreement"], &one["clause"]), (&json!("jp-kr-gsomia-2016"), &json!("17")));
        assert_eq!((&one["to"], &one["clock"]), (&json!(["KOR"]), &json!("local setting, not in the text")));
        assert!(one["done"]["statement"].as_str().is_some(), "{one}");
    }
    assert_eq!(asked(&jpn, &["obligation", "list", "--json", "--state", "open", "--under", "jp-kr-gsomia-2016"]), "");
    // Evidence of what is classified was looked at: that is on the record.
    let views = kor.statements().into_iter().filter(|statement| statement["kind"] == "viewed");
    assert!(views.into_iter().any(|view| view["content"]["by"] == "audit"));
}

#[test]
fn what_is_given_as_a_file_is_on_the_record_before_it_is_given() {
    let parent = tempfile::tempdir().unwrap();
    let jpn = site::Site::new(parent.path(), "JPN");
    let kor = Console::new(parent.path(), "KOR");
    expect(0, &["party", "add", &jpn.party_file("JPN"), "--confirmed", "--config", &kor.site.config()]);
    let file = parent.path().join("report.txt");
    std::fs::write(&file, "two launches").unwrap();
    assert!(release(&kor.site, &file, "K-0412", "JPN", LABEL).status.success());
    // Who says afterwards nothing of what was carried away has been seen all the same.
    let admin = kor.person("boss", &["--role", "admin"]);
    let cut = admin.post("/outbox/JPN/routine/export", &json!({ "from": null, "new": false })).json();
    assert_eq!((&cut["start"], &cut["end"]), (&json!(0), &json!(1)));
    let told = kor.statements().into_iter().filter(|statement| statement["kind"] == "handed-out");
    let told: Vec<Value> = told.map(|statement| statement["content"].clone()).collect();
    let expected = json!({
        "by": "boss", "way": "session", "to": "JPN", "lane": "routine", "entries": [0, 1], "content": null,
    });
    assert_eq!(told, [expected]);
}

#[test]
fn what_is_printed_is_on_the_record_and_tells_of_nothing_hidden() {
    let (_parent, kor) = console("KOR");
    let officer = kor.person("sato", &OFFICER);
    assert_eq!(officer.post("/records", &draft("K-1", LABEL, "dprk-missile")).status, 200);
    let low = kor.person("low", &["--role", "analyst", "--clearance", "SECRET", "--subject", "fisheries"]);
    assert_eq!(officer.post("/records/KOR/K-1/printed", &Value::Null).status, 200);
    for path in ["/records/KOR/K-1/printed", "/records/KOR/K-2/printed"] {
        assert_eq!(low.post(path, &Value::Null).status, 404, "{path}");
    }
    let told = kor.statements().into_iter().filter(|statement| statement["kind"] == "printed");
    let told: Vec<Value> = told.map(|statement| statement["content"].clone()).collect();
    assert_eq!(told, [json!({ "by": "sato", "way": "session", "records": [["KOR", "K-1"]] })]);
}

/// What is handed in goes out: whatever of it is not as the settings say is for who may release.
#[test]
fn what_is_handed_in_by_who_may_not_release_goes_out_as_the_settings_say() {
    const SETTINGS: &str = "[[alerts.handling]]\nlabel = \"//KOR CONFIDENTIAL//REL TO USA, JPN, KOR\"\n\
                            subjects = [\"dprk-missile\"]\nto = [\"*\"]\npurpose = \"missile-warning\"\n";
    const WARNING: &str = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>W-1</identifier>\
        <sender>watch.example</sender><sent>2026-11-23T11:00:00-00:00</sent><status>Exercise</status>\
        <msgType>Alert</msgType><scope>Public</scope></alert>";
    let parent = tempfile::tempdir().unwrap();
    let kor = Console::with_config(parent.path(), "KOR", "", SETTINGS);
    let analyst = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*", "--official-duty"];
    let (analyst, officer) = (kor.person("kim", &analyst), kor.person("sato", &OFFICER));
    let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, WARNING);
    let hand_in = |who: &Visitor, more: (&str, Value)| {
        let mut body = json!({ "content": content });
        body[more.0] = more.1;
        who.post("/alerts", &body)
    };
    let label = "//KOR SECRET//REL TO USA, JPN, KOR";
    for more in [("label", json!(label)), ("subjects", json!(["weather"])), ("to", json!(["JPN"]))] {
        let answer = hand_in(&analyst, more.clone());
        assert_eq!(answer.status, 403, "{more:?} {}", answer.text());
        assert!(answer.text().contains("only who may release"), "{}", answer.text());
    }
    let answer = hand_in(&analyst, ("label", Value::Null));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let record = answer.json()["record"].as_str().unwrap().to_owned();
    let shown = officer.get(&format!("/records/KOR/{record}")).text();
    assert!(shown.contains("//KOR CONFIDENTIAL//REL TO USA, JPN, KOR"), "{shown}");
    let again = hand_in(&officer, ("label", json!(label)));
    assert_eq!((again.status, &again.json()["known"]), (200, &json!(true)), "{}", again.text());
}
