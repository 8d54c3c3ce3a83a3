//! Who may open which page, and what comes before anybody may.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    FORM, HTML, OFFICER, ROLES, body, console, encoded, form, is_strict, page,
    web::{PASSWORD, Visitor, code, now},
};

#[test]
fn every_page_is_for_whom_the_list_says_and_for_nobody_else() {
    let (_parent, kor) = console();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/page-roles.txt");
    let people: Vec<Visitor> = ROLES
        .iter()
        .map(|role| kor.person(role, &["--role", role, "--clearance", "SECRET", "--subject", "*"]))
        .collect();
    let mut opened = 0;
    for line in fs::read_to_string(list).unwrap().lines() {
        let (method, rest) = line.split_at(6);
        let (path, access) = rest.split_at(53);
        let (method, path) = (method.trim(), path.trim());
        let path = path
            .replace("{originator}", "KOR")
            .replace("{number}", "0")
            .replace("{index}", "0")
            .replace("{lane}", "urgent")
            .replace(['{', '}'], "");
        // These end a session, or every one of an account.
        if ["/sign-out", "/account/password"].contains(&path.as_str()) {
            continue;
        }
        let ask = |visitor: &Visitor| match method {
            "GET" => page(visitor, &path),
            _ => form(visitor, &path, &[]),
        };
        let stranger = ask(&kor.stranger());
        if access == "everybody" {
            assert_ne!(stranger.status, 403, "{method} {path}");
        } else {
            assert_eq!(stranger.status, 303, "{method} {path}: {stranger:?}");
            assert!(stranger.header("location").unwrap().starts_with("/sign-in"), "{path}");
        }
        for (role, person) in ROLES.iter().zip(&people) {
            let answer = ask(person);
            let may =
                ["everybody", "whoever is signed in"].contains(&access) || access.split(", ").any(|of| of == *role);
            assert_eq!(answer.status != 403, may, "{method} {path} {role}: {}", answer.status);
            assert!(answer.status < 500, "{method} {path} {role}: {answer:?}");
            if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                is_strict(&answer, &path);
                opened += 1;
            }
        }
    }
    assert!(opened > 100, "{opened}");
    // What the navigation offers may be opened.
    for (role, person) in ROLES.iter().zip(&people) {
        let desk = page(person, "/").text();
        let links: Vec<&str> = desk.split("<li><a href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() >= 4, "{role}: {links:?}");
        for link in links {
            assert_eq!(page(person, link).status, 200, "{role} {link}");
        }
    }
}

#[test]
fn the_pages_for_signing_in_let_nobody_be_fixed_or_led_away() {
    let (_parent, kor) = console();
    kor.add_user("sato", &OFFICER);
    let (_, secret) = kor.enrolled("sato");
    let mut fixed = kor.stranger();
    fixed.cookies.push(("__Host-entente".to_owned(), "chosen-by-somebody-else".to_owned()));
    let fields =
        [("name", "sato"), ("password", PASSWORD), ("code", &*code(&secret, now() + 30)), ("next", "/records?q=a")];
    let answer = form(&fixed, "/sign-in", &fields);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/records?q=a")), "{}", answer.text());
    let given: Vec<(String, String)> = answer.cookies();
    assert!(given.iter().any(|(name, value)| name == "__Host-entente" && value != "chosen-by-somebody-else"));
    assert_eq!(page(&fixed, "/records").status, 303, "what was fixed beforehand is worth nothing");
    let cookie = answer.header("set-cookie").unwrap();
    for word in ["__Host-", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    // Wrong: the same page, with the same words for every reason, and what was typed but for the secret.
    let wrong = form(
        &kor.stranger(),
        "/sign-in",
        &[("name", "\"><script>alert(1)</script>"), ("password", "x"), ("next", "//evil.example")],
    );
    is_strict(&wrong, "/sign-in");
    assert!(wrong.text().contains("Name, password or code is not right."));
    assert!(!wrong.text().contains("evil.example"));
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=1"] {
        let answer = page(&kor.stranger(), &format!("/sign-in?next={}", encoded(next)));
        assert_eq!(answer.status, 200);
        assert!(!answer.text().contains("evil.example") && answer.cookies().is_empty(), "{next}");
        let answer = form(&kor.stranger(), "/account/language", &[("lang", "ja"), ("next", next)]);
        assert_eq!(answer.header("location"), Some("/"), "{next}");
        assert_eq!(answer.cookies(), [("lang".to_owned(), "ja".to_owned())], "{next}");
    }
    let split = form(&kor.stranger(), "/account/language", &[("lang", "ja\r\nX: y")]);
    assert!(split.header("x").is_none() && split.cookies().iter().all(|(_, value)| value == "ja"), "{split:?}");
    assert_eq!(form(&kor.stranger(), "/account/language", &[("lang", "xx")]).status, 422);
    // A page that was asked for in vain is where one goes on.
    let asked = page(&kor.stranger(), "/records?q=a%26b");
    assert_eq!(asked.header("location"), Some("/sign-in?next=%2Frecords%3Fq%3Da%2526b"));
}

#[test]
fn secrets_are_shown_once_and_never_again() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let fields = [("name", "script"), ("role", "disclosure"), ("read-only", "yes"), ("days", "7")];
    let headers = [HTML, FORM, ("Idempotency-Key", "again")];
    let first = officer.ask("POST", "/account/tokens", &headers, body(&fields).as_bytes());
    let secret = first.text().split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(secret.starts_with("entente_"), "{secret}");
    assert_eq!(Visitor::with_token(kor.address, &secret).get("/records").status, 200);
    let again = officer.ask("POST", "/account/tokens", &headers, body(&fields).as_bytes());
    assert!(!again.text().contains("entente_"), "an answer with a secret is kept for nobody");
    assert!(!page(&officer, "/account").text().contains("entente_"));
    let admin = kor.person("root", &["--role", "admin"]);
    let fields =
        [("name", "mori"), ("role", "analyst"), ("clearance", "SECRET"), ("subjects", "*"), ("nationality", "KOR")];
    let added = form(&admin, "/node/people/new", &fields);
    assert!(added.text().contains("/join#"), "{}", added.text());
    assert!(!page(&admin, "/node/people/mori").text().contains("/join#"));
    let both = [("name", "x"), ("role", "admin"), ("role", "disclosure"), ("clearance", "SECRET"), ("subjects", "*")];
    let refused = form(&admin, "/node/people/new", &both);
    assert!(refused.text().contains("role=\"alert\""), "{}", refused.text());
    let names: Vec<Value> =
        admin.get("/users").json().as_array().unwrap().iter().map(|user| user["name"].clone()).collect();
    assert_eq!(names, [json!("mori"), json!("root"), json!("sato")]);
}
