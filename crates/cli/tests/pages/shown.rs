//! What is shown is text, and shown to whom it is for.

use serde_json::json;

use crate::{
    OFFICER, console, encoded, form, ids, multipart, new_record, page,
    site::{LABEL, eventually, expect},
    web::{Answer, Console},
};

#[test]
fn what_a_partner_wrote_is_text_on_every_page() {
    let parent = tempfile::tempdir().unwrap();
    let (kor, jpn) = (Console::new(parent.path(), "KOR"), Console::new(parent.path(), "JPN"));
    for (one, other, code) in [(&jpn, &kor, "KOR"), (&kor, &jpn, "JPN")] {
        expect(0, &["party", "add", &other.site.party_file(code), "--confirmed", "--config", &one.site.config()]);
    }
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}";
    let officer = kor.person("sato", &OFFICER);
    let draft = json!({
        "id": "<b>\"K'1", "label": LABEL, "subjects": [evil, "dprk-missile"], "status": "actual", "distribution": [],
        "derived_from": [], "title": evil, "media_type": "text/html; charset=utf-8",
        "content": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    });
    assert_eq!(officer.post("/records", &draft).status, 200);
    // No delegation of KOR holds for such subjects: its own authority says yes.
    let approval = json!({ "record": "KOR/<b>\"K'1", "to": "JPN", "note": evil });
    assert_eq!(officer.post("/approvals", &approval).status, 200);
    let release = json!({
        "record": "KOR/<b>\"K'1", "draft": null, "to": ["JPN"], "purpose": "missile-warning",
        "channel": "government-to-government", "under": null, "precedence": "ROUTINE", "expires": null,
    });
    let released = officer.post("/releases", &release);
    assert_eq!(released.json()["recipients"][0]["outcome"], "sequenced", "{}", released.text());
    let reader = jpn.person("tanaka", &OFFICER);
    eventually("it arrives", || !ids(&reader).is_empty());
    let path = format!("/records/KOR/{}", encoded("<b>\"K'1"));
    let mut seen = 0;
    for path in [
        "/",
        "/records",
        "/partner?party=KOR&purpose=missile-warning",
        &path,
        &format!("{path}/release"),
        &format!("{path}/recall"),
        &format!("/records?q={}", encoded(evil)),
    ] {
        let answer = page(&reader, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        for wrong in ["<script>alert", "<img", "<b>", "onerror=alert(1)>"] {
            assert!(!text.contains(wrong), "{path}: {wrong}");
        }
        seen += usize::from(text.contains("&#60;script&#62;alert(1)"));
    }
    assert!(seen >= 4, "the text itself is shown: {seen}");
    // A content is saved, and is never a page of this node.
    let content = page(&reader, &format!("{path}/content"));
    assert_eq!(content.header("content-type"), Some("application/octet-stream"));
    assert!(content.header("content-disposition").unwrap().starts_with("attachment; filename*=UTF-8''%3Cb%3E%22K%271"));
    assert_eq!(content.text(), "<script>alert(1)</script>");
    // A question brings a partner's words too, and so does what is typed into a form that comes back.
    let again = multipart(&reader, "/records/new", &[("title", evil), ("text", evil), ("label", evil)]);
    assert!(!again.text().contains("<script>alert") && again.text().contains("&#60;script&#62;"), "{}", again.status);
}

/// A warning in CAP that is in effect for two hours, as its sender writes it.
fn warning(headline: &str) -> String {
    let at = |hours: i64| {
        (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    };
    let headline = headline.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>W-1</identifier><sender>warning.example</sender>\
         <sent>{}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Geo</category>\
         <event>Tsunami</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>\
         <expires>{}</expires><headline>{headline}</headline><area><areaDesc>{headline}</areaDesc></area></info></alert>",
        at(0),
        at(2),
    )
}

#[test]
fn what_waits_is_on_every_page_for_who_may_see_it_and_is_text() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let low = kor.person("low", &["--role", "watch", "--clearance", "UNCLASSIFIED", "--subject", "*"]);
    let treaty =
        kor.person("treaty", &["--role", "treaty", "--clearance", "SECRET", "--subject", "*", "--official-duty"]);
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}";
    let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, warning(evil));
    let ingest = json!({ "content": content, "label": LABEL, "subjects": ["dprk-missile"], "to": null });
    let ingested = officer.post("/alerts", &ingest);
    assert_eq!(ingested.status, 200, "{}", ingested.text());
    let record = ingested.json()["record"].as_str().unwrap().to_owned();
    let incident = officer.post("/incidents", &json!({ "title": evil, "trigger": "missile-launch", "place": evil }));
    assert_eq!(incident.status, 200, "{}", incident.text());
    let commitment = treaty.post("/commitments", &json!({ "what": evil, "steps": [evil] }));
    assert_eq!(commitment.status, 200, "{}", commitment.text());
    let one = format!("/commitments/{}", commitment.json()["name"].as_str().unwrap());
    let evil_name = encoded(evil);
    let forms = [
        format!("/incidents/new?title={evil_name}&trigger={evil_name}&records={evil_name}&place={evil_name}"),
        format!("/agreements/jp-kr-gsomia-2016/accession?party={evil_name}"),
        format!("/consultations?state={evil_name}&party={evil_name}&under={evil_name}"),
    ];
    let strip = |answer: &Answer| {
        answer.text().split("id=\"strip\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned()
    };
    for (visitor, path) in [
        (&officer, "/"),
        (&officer, "/alerts"),
        (&officer, "/consultations"),
        (&officer, "/records"),
        (&officer, "/account"),
        (&officer, "/node"),
        (&officer, "/outbox"),
        (&officer, "/keeping"),
        (&officer, &forms[0]),
        (&officer, &forms[1]),
        (&officer, &forms[2]),
        (&treaty, "/commitments"),
        (&treaty, "/commitments/plan"),
        (&treaty, &one),
        (&treaty, "/meetings"),
    ] {
        let answer = page(visitor, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        for wrong in ["<script>alert", "<img", "onerror=alert(1)>"] {
            assert!(!text.contains(wrong), "{path}: {wrong}");
        }
        assert!(strip(&answer).contains("&#60;script&#62;alert(1)"), "{path}: {}", strip(&answer));
        let banner = text.split("id=\"banner\"").nth(1).unwrap().split("</div>").next().unwrap();
        assert!(banner.contains("KOR SECRET"), "{path}: the banner bears what the strip says: {banner}");
    }
    // Whoever may not see the record is told of nothing, counts nothing, and cannot acknowledge what is not there.
    for path in ["/", "/alerts", "/consultations", "/records"] {
        let answer = page(&low, path);
        assert!(strip(&answer).contains("hidden") && !answer.text().contains(&record), "{path}");
        assert!(!answer.text().contains("alert(1)") || path == "/consultations", "{path}");
    }
    let hidden = form(&low, &format!("/alerts/KOR/{record}"), &[]);
    let unknown = form(&low, "/alerts/KOR/KOR-nothing", &[]);
    assert_eq!((hidden.status, unknown.status), (404, 404));
    // Acknowledged by a person, it is gone from the strip, and a second time changes nothing.
    assert_eq!(form(&officer, &format!("/alerts/KOR/{record}"), &[]).status, 303);
    assert!(strip(&page(&officer, "/records")).contains("hidden"));
    assert!(page(&officer, "/alerts").text().contains("acknowledged by sato"));
    assert!((400..500).contains(&form(&officer, &format!("/alerts/KOR/{record}"), &[]).status));
}

#[test]
fn odd_paths_and_names_lead_nowhere() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    multipart(&officer, "/records/new", &new_record("K-1", "a"));
    for path in [
        "/assets/../../node.toml",
        "/assets/x/..%2f..%2fnode.toml",
        "/assets/..%2f..%2fkeys/storage.key",
        "/assets/x/frame.css",
        "/../../etc/passwd",
        "/records/KOR/../../../../etc/passwd",
        "/records/KOR/..%2f..%2fetc%2fpasswd",
        "/records/KOR/K-1%00",
        "/records/KOR/K-1%0d%0aSet-Cookie:%20a=b/content",
        "/records/%ff%fe/K-1",
        "/agreements/..%2f..%2fnational",
        "/log/jobs/../../node",
        "/web/templates/frame.html",
        "//evil.example/",
    ] {
        let answer = page(&officer, path);
        assert!(matches!(answer.status, 400 | 403 | 404 | 405), "{path}: {}", answer.status);
        assert!(answer.cookies().is_empty() && answer.header("location").is_none(), "{path}");
        assert!(!answer.text().contains("root:") && !answer.text().contains("[console]"), "{path}");
    }
    // What is not there and what is not for this account is one page.
    let low = kor.person("low", &["--role", "analyst", "--clearance", "UNCLASSIFIED", "--subject", "*"]);
    for (hidden, unknown) in [
        ("/records/KOR/K-1", "/records/KOR/K-2"),
        ("/records/KOR/K-1/content", "/records/KOR/K-2/content"),
        ("/records/KOR/K-1/consent", "/records/KOR/K-2/consent"),
    ] {
        let (hidden, unknown) = (page(&low, hidden), page(&low, unknown));
        assert_eq!((hidden.status, unknown.status), (404, 404));
        let without_clock = |answer: &Answer| {
            let text = answer.text();
            text.split("data-now=\"")
                .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest).to_owned())
                .collect::<String>()
        };
        assert_eq!(without_clock(&hidden), without_clock(&unknown));
    }
    assert!(!page(&low, "/records").text().contains("K-1"));
    assert!(!page(&low, "/").text().contains("K-1"));
}
