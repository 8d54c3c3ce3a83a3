//! Lists come page by page, and a page tells nothing of what its asker may not see.

use serde_json::{Value, json};

use crate::{
    OFFICER, console, enter,
    site::{eventually, expect},
    web::{Console, Visitor},
};

/// Every item of a list, asked for so many at a time; and how many pages it took.
fn all(visitor: &Visitor, path: &str, limit: usize) -> (Vec<Value>, usize) {
    let (mut items, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = visitor.get(&format!("{path}?limit={limit}{after}"));
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
    assert_eq!(all(&auditor, "/alarms", 1), (vec![], 1));
    for (who, path) in
        [(&officer, "/alerts"), (&officer, "/consultations"), (&officer, "/obligations"), (&auditor, "/alarms")]
    {
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
        answer.json().as_array().unwrap().clone()
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
    let seen: String = page(&low, 0, 100).iter().map(Value::to_string).collect();
    assert!(!seen.contains("K-1\"") && !seen.contains("K-2\""), "{seen}");
}
