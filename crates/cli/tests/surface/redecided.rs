//! Everything decided anew after an act says what changes, and agrees with each single decision.

use serde_json::{Value, json};

use crate::{
    OFFICER, console, ended, enter, job,
    site::{LABEL, asked},
    web::{PASSWORD, Visitor, code, now},
};

const TEXT: &str = "jp-kr-gsomia-2016";

/// What would be answered for one record, party by party.
fn verdict(visitor: &Visitor, id: &str) -> String {
    let ask = json!({
        "record": format!("KOR/{id}"), "to": ["JPN"], "purpose": "missile-warning", "channel": "government-to-government",
    });
    let answer = visitor.post("/decisions", &ask);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["decisions"][0]["answer"]["verdict"].as_str().unwrap().to_owned()
}

fn redecided(visitor: &Visitor, request: &Value) -> Value {
    let begun = visitor.post("/jobs/redecide", request);
    assert_eq!(begun.status, 200, "{}", begun.text());
    let over = ended(visitor, &begun.json()["id"]);
    assert_eq!((over["state"].as_str(), over["done"].as_u64()), (Some("done"), over["steps"].as_u64()), "{over}");
    over
}

#[test]
fn an_act_is_shown_with_everything_that_it_changes() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    assert_eq!(officer.post("/jobs/redecide", &json!({})).status, 422, "nobody has acted yet");
    for number in 0..7 {
        enter(&officer, &format!("K-{number}"), LABEL);
    }
    enter(&officer, "K-OWN", "//KOR SECRET");
    let ids: Vec<String> = (0..7).map(|number| format!("K-{number}")).chain(["K-OWN".to_owned()]).collect();
    let before: Vec<String> = ids.iter().map(|id| verdict(&officer, id)).collect();
    asked(&kor.site, &["agreement", "suspend", TEXT, "--date", "2026-01-01"]);
    let after: Vec<String> = ids.iter().map(|id| verdict(&officer, id)).collect();
    let lost = before.iter().zip(&after).filter(|(was, now)| *was == "permit" && *now == "deny").count();
    assert_eq!(lost, 7, "{before:?} {after:?}");

    let over = redecided(&officer, &json!({ "purpose": "missile-warning" }));
    let found = &over["redecided"];
    assert_eq!(
        (found["acts"][0]["agreement"].as_str(), found["acts"][0]["kind"].as_str()),
        (Some(TEXT), Some("suspended"))
    );
    assert_eq!(found["records"], 8);
    let changes = found["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{found}");
    let pair = &changes[0]["pair"];
    assert_eq!((pair["from"].as_str(), pair["to"].as_str()), (Some("KOR"), Some("JPN")));
    assert_eq!((pair["newly_denied"].as_u64(), pair["newly_permitted"].as_u64()), (Some(7), Some(0)));
    assert_eq!((pair["before"].as_u64(), pair["after"].as_u64()), (Some(7), Some(0)));
    let witness = &pair["witnesses"][0];
    assert_eq!((witness["was"].as_str(), witness["now"].as_str()), (Some("permit"), Some("deny")));
    assert!(
        ids.contains(&witness["record"].as_str().unwrap().to_owned())
            && !witness["because"].as_array().unwrap().is_empty()
    );
    // For every purpose: the texts here know none by name, so that one word stands for all.
    let every = redecided(&officer, &json!({}));
    let changes = every["redecided"]["changes"].as_array().unwrap();
    let other =
        changes.iter().find(|change| change["purpose"] == "any other" && change["pair"]["to"] == "JPN").unwrap();
    assert_eq!(other["pair"]["newly_denied"], 7, "{every}");
    // Undone, it is as it was: with both acts and without them nothing changes; with the last one alone everything comes back.
    let since = found["acts"][0]["known"].clone();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    asked(&kor.site, &["agreement", "resume", TEXT, "--date", "2026-06-01"]);
    let none = redecided(&officer, &json!({ "purpose": "missile-warning", "since": since }));
    assert_eq!(
        (none["redecided"]["acts"].as_array().unwrap().len(), &none["redecided"]["changes"]),
        (2, &json!([])),
        "{none}"
    );
    let back = redecided(&officer, &json!({ "purpose": "missile-warning" }));
    assert_eq!(back["redecided"]["changes"][0]["pair"]["newly_permitted"], 7, "{back}");

    // Who sees less is told of less.
    let low = kor.person("low", &["--role", "treaty", "--clearance", "UNCLASSIFIED", "--subject", "*"]);
    let seen = redecided(&low, &json!({ "purpose": "missile-warning" }));
    assert_eq!((seen["redecided"]["records"].as_u64(), &seen["redecided"]["changes"]), (Some(0), &json!([])), "{seen}");
    assert_eq!(low.get(&format!("/jobs/{}", over["id"])).status, 404);
    let analyst = kor.person("mori", &["--role", "analyst", "--clearance", "SECRET", "--subject", "*"]);
    assert_eq!(analyst.post("/jobs/redecide", &json!({})).status, 403);
    // Nor is it there for a token of its owner that may do less.
    let two = kor.person("abe", &[&OFFICER[..], &["--role", "analyst"]].concat());
    let own = redecided(&two, &json!({ "purpose": "missile-warning" }));
    let made = two.post("/me/tokens", &json!({ "name": "less", "read_only": true, "days": 1, "roles": ["analyst"] }));
    let less = Visitor::with_token(kor.address, made.json()["secret"].as_str().unwrap());
    let path = format!("/jobs/{}", own["id"]);
    assert_eq!((less.get(&path).status, less.get("/jobs").json(), two.get(&path).status), (404, json!([]), 200));
    for wrong in [
        json!({ "since": "yesterday" }),
        json!({ "purpose": "" }),
        json!({ "channel": "x".repeat(300) }),
        json!({ "of": 1 }),
    ] {
        assert_eq!(officer.post("/jobs/redecide", &wrong).status, 422, "{wrong}");
    }
    // Counts that were made with a clearance which is taken away are not shown with the one that is left.
    kor.add_user("ito", &OFFICER);
    let (narrowed, secret) = kor.enrolled("ito");
    let own = redecided(&narrowed, &json!({ "purpose": "missile-warning" }));
    assert_eq!(own["redecided"]["newly_permitted"], 7, "{own}");
    assert_eq!(job(&narrowed, &own["id"])["redecided"], own["redecided"]);
    asked(&kor.site, &["user", "change", "ito", "--role", "disclosure", "--clearance", "UNCLASSIFIED"]);
    // The change ended the session.
    let mut narrowed = kor.stranger();
    let again = json!({ "name": "ito", "password": PASSWORD, "code": code(&secret, now() + 30) });
    assert_eq!(narrowed.post_keeping("/session", &again).status, 200);
    let later = job(&narrowed, &own["id"]);
    assert_eq!((&later["redecided"], &later["done"], &later["steps"]), (&Value::Null, &json!(0), &json!(0)), "{later}");
    assert!(later["why"].as_str().is_some_and(|why| why.contains("have it decided again")), "{later}");
    assert!(!narrowed.get("/jobs").text().contains("newly_permitted"), "nor in the list");
    // The same on the command line, and on a page.
    let said = asked(&kor.site, &["job", "redecide", "--purpose", "missile-warning"]);
    assert!(said.contains("KOR to JPN for missile-warning") && said.contains("newly permitted"), "{said}");
    let html = ("Accept", "text/html");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = officer.ask("POST", "/log/jobs/redecide", &[html, form], b"purpose=missile-warning");
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location").unwrap();
    ended(&officer, &json!(place.rsplit('/').next().unwrap().parse::<u64>().unwrap()));
    let page = officer.ask("GET", place, &[html], b"").text();
    assert!(page.contains("KOR → JPN") && page.contains(TEXT), "{page}");
}

#[test]
fn what_texts_allow_is_the_same_for_a_page_a_program_and_the_command_line() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    enter(&officer, "K-1", LABEL);
    let matrix = officer.get("/agreements/matrix").json();
    let cells = matrix["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| cell["from"] == "KOR" && cell["to"] == "JPN").unwrap();
    assert_eq!(
        (cell["status"].as_str(), cell["texts"][0]["agreement"].as_str()),
        (Some("permitted"), Some(TEXT)),
        "{cell}"
    );
    let level = cell["ceiling"].as_str().unwrap();
    let said = asked(&kor.site, &["agreement", "matrix", "--running"]);
    assert!(said.lines().any(|line| line.starts_with("KOR to JPN") && line.contains(level)), "{said}");
    let page = officer.ask("GET", "/agreements", &[("Accept", "text/html")], b"").text();
    assert!(page.contains(level) && page.contains(TEXT), "{page}");

    let hash = officer.get("/agreements").json()[0]["hash"].as_str().unwrap().to_owned();
    let same = officer.get(&format!("/agreements/compare?before={hash}&after={hash}"));
    assert_eq!(same.status, 200, "{}", same.text());
    assert_eq!((&same.json()["fields"], &same.json()["clauses"]), (&json!([]), &json!([])));
    assert_eq!(officer.get(&format!("/agreements/compare?before={hash}&after=sha256:00")).status, 404);
    assert!(asked(&kor.site, &["agreement", "compare", "--running", TEXT, TEXT]).contains("they say the same"));

    let stands = officer.get("/partners/JPN?purpose=missile-warning").json();
    assert_eq!(
        (stands[0]["record"]["id"].as_str(), stands[0]["stands"].as_str()),
        (Some("K-1"), Some("could")),
        "{stands}"
    );
    let low = kor.person("low", &["--role", "analyst", "--clearance", "UNCLASSIFIED", "--subject", "*"]);
    assert_eq!(low.get("/partners/JPN?purpose=missile-warning").json(), json!([]));
    assert_eq!(officer.get("/partners/XXX?purpose=missile-warning").status, 404);
    assert!((400..500).contains(&officer.get("/partners/JPN").status), "what for?");
    assert!(asked(&kor.site, &["party", "view", "JPN", "--purpose", "missile-warning"]).contains("could"));
}

#[test]
fn sessions_and_tokens_are_listed_and_ended() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let (admin, other) = (kor.person("root", &["--role", "admin"]), kor.person("mori", &OFFICER));
    let own = officer.get("/me/sessions").json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["this"]), (1, &json!(true)), "{own}");
    let made = officer.post("/me/tokens", &json!({ "name": "nightly", "read_only": true, "days": 3 }));
    assert_eq!(made.status, 200, "{}", made.text());
    let program = Visitor::with_token(kor.address, made.json()["secret"].as_str().unwrap());
    assert_eq!(program.get("/records").status, 200);
    assert_eq!(other.get("/users/sato/sessions").status, 403);
    let tokens = admin.get("/users/sato/tokens");
    assert!(tokens.json()[0]["name"] == "nightly" && !tokens.text().contains("entente_"), "{}", tokens.text());
    let said = asked(&kor.site, &["user", "tokens", "sato"]);
    assert!(said.contains("nightly") && said.contains("reads only"), "{said}");
    asked(&kor.site, &["user", "end", "sato", "--token", "nightly"]);
    assert_eq!(program.get("/records").status, 401);
    // A session of somebody else is not one's own to end.
    let id = own[0]["id"].as_str().unwrap();
    let ends = |visitor: &Visitor, path: &str| visitor.ask("DELETE", &format!("/api/v1{path}"), &[], b"").status;
    assert_eq!(ends(&other, &format!("/me/sessions/{id}")), 404);
    assert_eq!(ends(&other, &format!("/users/sato/sessions/{id}")), 403);
    assert!(asked(&kor.site, &["user", "sessions", "sato"]).contains(id));
    assert_eq!(ends(&admin, &format!("/users/sato/sessions/{id}")), 200);
    assert_eq!(officer.get("/records").status, 401);
    assert_eq!(admin.get("/users/sato/sessions").json(), json!([]));
    let told = asked(&kor.site, &["log", "statements", "--kind", "people"]);
    assert!(told.contains("session ended") && told.contains("token taken away"), "{told}");
}
