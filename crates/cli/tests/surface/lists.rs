//! Lists come page by page, and a page tells nothing of what its asker may not see.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    OFFICER, console, enter,
    site::{eventually, expect},
    web::{Console, Visitor},
};

/// Every item of a list, asked for so many at a time; and how many pages it took.
fn all(visitor: &Visitor, path: &str, limit: usize) -> (Vec<Value>, usize) {
    let sign = if path.contains('?') { '&' } else { '?' };
    let (mut items, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = visitor.get(&format!("{path}{sign}limit={limit}{after}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let page = answer.json();
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit, "{path}");
        items.extend(found.iter().cloned());
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (items, pages),
        }
    }
}

#[test]
fn lists_come_page_by_page() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    for number in 0..5 {
        let incident = json!({ "title": format!("incident {number}"), "trigger": "missile-launch" });
        assert_eq!(officer.post("/incidents", &incident).status, 200);
    }
    let auditor = kor.person("audit", &["--role", "auditor", "--clearance", "SECRET", "--subject", "*"]);
    let (whole, pages) = all(&officer, "/incidents", 500);
    assert_eq!((whole.len(), pages), (5, 1));
    let (parts, pages) = all(&officer, "/incidents", 2);
    assert_eq!((parts, pages), (whole, 3));
    for path in ["/alerts", "/consultations", "/obligations", "/incidents"] {
        let (whole, _) = all(&officer, path, 500);
        assert_eq!(all(&officer, path, 1).0, whole, "{path}");
    }
    // What people make, a few of each.
    let treaty = kor.person("ito", &["--role", "treaty"]);
    for number in 0..5 {
        let id = format!("K-{number}");
        enter(&officer, &id, "//KOR CONFIDENTIAL//REL TO JPN, KOR");
        let hold = json!({ "record": id, "placed": true, "note": "a court" });
        assert_eq!(officer.post("/holds", &hold).status, 200);
        let compromise = json!({ "record": id, "note": "a lost laptop" });
        assert_eq!(officer.post("/compromises", &compromise).status, 200);
        assert_eq!(officer.post("/recalls", &json!({ "record": id, "of": [], "reason": "wrong" })).status, 200);
        let commitment = json!({ "what": format!("step {number}"), "due": "2030-01-01" });
        assert_eq!(treaty.post("/commitments", &commitment).status, 200);
        let meeting = json!({
            "title": format!("meeting {number}"), "starts": "2030-01-01T10:00:00Z", "ends": "2030-01-01T11:00:00Z",
        });
        assert_eq!(treaty.post("/meetings", &meeting).status, 200);
    }
    for path in ["/holds", "/compromises", "/recalls", "/commitments", "/meetings"] {
        let (whole, pages) = all(&officer, path, 500);
        assert!(whole.len() >= 5 && pages == 1, "{path}: {whole:?}");
        let (parts, pages) = all(&officer, path, 2);
        assert_eq!((parts, pages), (whole.clone(), whole.len().div_ceil(2)), "{path}");
    }
    assert_eq!(all(&auditor, "/alarms", 1), (vec![], 1));
    let others = [
        "/alerts",
        "/consultations",
        "/obligations",
        "/outbox",
        "/outbox/JPN/contents",
        "/quarantine",
        "/consents",
        "/consents/standing",
        "/recalls",
        "/compromises",
        "/affected",
        "/releases/waiting",
        "/emergencies",
        "/named/missing",
        "/retention/due",
        "/holds",
        "/commitments",
        "/meetings",
    ];
    for (who, path) in others.map(|path| (&officer, path)).into_iter().chain([(&auditor, "/alarms")]) {
        all(who, path, 1);
        for wrong in ["limit=0", "limit=501", "after=nonsense", "after=", "before=1"] {
            let answer = who.get(&format!("{path}?{wrong}"));
            assert!((400..500).contains(&answer.status), "{path}?{wrong}: {}", answer.status);
        }
    }
}

#[test]
fn a_page_of_the_outbox_goes_on_behind_what_is_not_shown() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = (Console::new(parent.path(), "KOR"), Console::new(parent.path(), "JPN"));
    for (one, other, code) in [(&jpn, &kor, "KOR"), (&kor, &jpn, "JPN")] {
        expect(0, &["party", "add", &other.site.party_file(code), "--confirmed", "--config", &one.site.config()]);
    }
    let officer = kor.person("sato", &OFFICER);
    // Two of three are above the clearance of whoever looks.
    let mut low_ones = Vec::new();
    for number in 0..12 {
        let (id, level) = (format!("K-{number}"), if number % 3 == 0 { "CONFIDENTIAL" } else { "SECRET" });
        enter(&officer, &id, &format!("//KOR {level}//REL TO USA, JPN, KOR"));
        let release = json!({
            "record": format!("KOR/{id}"), "draft": null, "to": ["JPN"], "purpose": "missile-warning",
            "channel": "government-to-government", "under": null, "precedence": "ROUTINE", "expires": null,
        });
        let released = officer.post("/releases", &release).json();
        assert_eq!(released["recipients"][0]["outcome"], "sequenced", "{released}");
        if number % 3 == 0 {
            low_ones.push(id);
        }
    }
    let low =
        kor.person("low", &["--role", "watch", "--clearance", "CONFIDENTIAL", "--subject", "*", "--official-duty"]);
    let page = |visitor: &Visitor, from: u64, limit: usize| -> Vec<Value> {
        let answer = visitor.get(&format!("/outbox?to=JPN&lane=routine&from={from}&limit={limit}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["items"].as_array().unwrap().clone()
    };
    let follow = |visitor: &Visitor, limit: usize| {
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let rows = page(visitor, from, limit);
            // Only the last page may be short: what is hidden leaves no gap that could be counted.
            let is_last = rows.len() < limit;
            let Some(last) = rows.last() else { break };
            from = last["index"].as_u64().unwrap() + 1;
            found.extend(rows.iter().filter_map(|row| row["record"].as_str().map(str::to_owned)));
            if is_last {
                break;
            }
        }
        found
    };
    eventually("all of it is in the feed", || page(&officer, 0, 100).len() >= 12);
    for limit in [1, 2, 3, 4, 5, 100] {
        assert_eq!(follow(&low, limit), low_ones, "{limit} at a time");
        assert_eq!(follow(&officer, limit).len(), 12, "{limit} at a time");
    }
    // All feeds are one list, which its pages go through; another answer than that of one feed it has not.
    let (whole, pages) = all(&officer, "/outbox", 500);
    assert_eq!((whole.len() >= 12, pages), (true, 1));
    for limit in [1, 2, 5, 13] {
        let (parts, pages) = all(&officer, "/outbox", limit);
        assert_eq!((parts, pages), (whole.clone(), whole.len().div_ceil(limit)), "{limit} at a time");
        let (parts, _) = all(&low, "/outbox?to=JPN&lane=routine", limit);
        let records: Vec<&str> = parts.iter().filter_map(|row| row["record"].as_str()).collect();
        assert_eq!(records, low_ones, "{limit} at a time");
    }
    let nobodys = officer.get("/outbox?to=USA").json();
    assert_eq!((&nobodys["items"], &nobodys["next"]), (&json!([]), &Value::Null));
    assert_eq!(officer.get("/outbox").json()["items"].as_array().unwrap().len(), whole.len());
    let seen: String = page(&low, 0, 100).iter().map(Value::to_string).collect();
    assert!(!seen.contains("K-1\"") && !seen.contains("K-2\""), "{seen}");
}

#[test]
fn a_page_shows_the_first_of_a_list_and_a_link_to_the_others() {
    let (_parent, kor) = console();
    let (officer, treaty) = (kor.person("sato", &OFFICER), kor.person("ito", &["--role", "treaty"]));
    for number in 0..55 {
        let commitment = json!({ "what": format!("step {number} of it"), "due": "2030-01-01" });
        assert_eq!(treaty.post("/commitments", &commitment).status, 200);
        let id = format!("K-{number}");
        enter(&officer, &id, "//KOR CONFIDENTIAL//REL TO JPN, KOR");
        let hold = json!({ "record": id, "placed": true, "note": format!("court {number} of it") });
        assert_eq!(officer.post("/holds", &hold).status, 200);
    }
    for (path, word, name) in [("/commitments", "step", "after"), ("/keeping", "court", "holds")] {
        let (mut seen, mut place, mut pages) = (BTreeSet::new(), path.to_owned(), 0);
        loop {
            let page = officer.ask("GET", &place, &[("Accept", "text/html")], b"");
            assert_eq!(page.status, 200, "{place}: {}", page.text());
            let text = page.text();
            let on_it: Vec<u32> = (0..55).filter(|number| text.contains(&format!("{word} {number} of it"))).collect();
            assert!(on_it.len() <= 50, "{place}");
            seen.extend(on_it);
            pages += 1;
            assert!(pages < 9, "{place}");
            let links = text.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
            let next = links.filter(|(_, rest)| rest.starts_with(" rel=\"next\"")).map(|(link, _)| link);
            let next: Vec<&str> = next.filter(|link| link.contains(&format!("{name}="))).collect();
            let Some(link) = next.first() else { break };
            assert!(link.ends_with(&format!("#{name}")), "{link}");
            let link = link.replace("&#38;", "&");
            place = link.split('#').next().unwrap().to_owned();
        }
        assert_eq!((seen.len(), pages > 1), (55, true), "{path}");
    }
    let wrong = officer.ask("GET", "/keeping?holds=nonsense", &[("Accept", "text/html")], b"");
    assert!((400..500).contains(&wrong.status), "{}", wrong.status);
}
