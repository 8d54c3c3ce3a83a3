//! How much a first look takes, and how many may listen.

use crate::{OFFICER, console, multipart, new_record, page, web::Listening};

#[test]
fn a_first_look_at_any_page_takes_less_than_200_kilobytes() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &[&OFFICER[..], &["--role", "auditor"]].concat());
    for number in 0..60 {
        multipart(&officer, "/records/new", &new_record(&format!("K-{number}"), "launch report of the morning watch"));
    }
    for path in [
        "/",
        "/records",
        "/records/new",
        "/records/KOR/K-1",
        "/agreements",
        "/consent",
        "/second",
        "/log",
        "/log/statements",
        "/node",
        "/account",
        "/partner",
    ] {
        let answer = page(&officer, path);
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.text();
        let linked = text.split("=\"/assets/").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
        let files: std::collections::BTreeSet<&str> = linked.collect();
        assert!(files.len() >= 5, "{path}: {files:?}");
        let mut size = answer.body.len();
        for file in files {
            let asset = page(&officer, &format!("/assets/{file}"));
            assert_eq!(asset.status, 200, "{file}");
            assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{file}");
            size += asset.body.len();
        }
        println!("{path}: {size} bytes");
        assert!(size < 200_000, "{path}: {size}");
    }
}

#[test]
fn five_hundred_pages_hear_of_every_record() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    // One after the other: of too many that have not shown yet who they are, the node sends the oldest away.
    let page = |_| {
        let mut heard = Listening::new(&officer, None);
        assert_eq!(heard.next().0, "listening");
        heard
    };
    let mut pages: Vec<Listening> = (0..500).map(page).collect();
    for number in 0..5 {
        assert_eq!(multipart(&officer, "/records/new", &new_record(&format!("K-{number}"), "a")).status, 303);
    }
    let wanted: Vec<String> = (0..5).map(|number| format!("K-{number}")).collect();
    for (number, heard) in pages.iter_mut().enumerate() {
        let mut entered = Vec::new();
        while entered.len() < wanted.len() {
            let (kind, _, data) = heard.next();
            if kind == "entered" {
                entered.push(data["record"][1].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(entered, wanted, "page {number}");
    }
}
