//! Forms that are foreign, broken, doubled or too long.

use serde_json::json;

use crate::{FORM, HTML, OFFICER, console, form, ids, is_strict, multipart, new_record, page, web::PASSWORD};

#[test]
fn a_form_of_somebody_elses_page_does_nothing() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let own = format!("http://{}", kor.address);
    for (headers, status) in [
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
        (vec![("Sec-Fetch-Site", "same-site")], 403),
        (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())], 403),
        (vec![("Origin", "https://evil.example")], 403),
        (vec![("Origin", "null")], 403),
        (vec![], 403),
        (vec![("Sec-Fetch-Site", "same-origin")], 303),
    ] {
        let mut visitor = officer.clone();
        visitor.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = multipart(&visitor, "/records/new", &new_record("K-1", "a"));
        assert_eq!(answer.status, status, "{headers:?} {}", answer.text());
        assert_eq!(ids(&officer).len(), usize::from(status == 303), "{headers:?}");
    }
    // Nor is anybody signed in, or out, by another page.
    let mut foreign = officer.clone();
    foreign.headers = vec![("Sec-Fetch-Site".to_owned(), "cross-site".to_owned())];
    assert_eq!(form(&foreign, "/sign-out", &[]).status, 403);
    assert_eq!(page(&officer, "/").status, 200);
    let mut stranger = kor.stranger();
    stranger.headers.clone_from(&foreign.headers);
    assert_eq!(form(&stranger, "/sign-in", &[("name", "sato"), ("password", PASSWORD)]).status, 403);
    // No page may be framed, and none leaks where somebody came from.
    let desk = page(&officer, "/");
    assert!(desk.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(desk.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(desk.header("cache-control"), Some("no-store"));
}

#[test]
fn forms_of_a_consultation_that_are_broken_do_nothing() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let name = "ab".repeat(32);
    for (path, fields) in [
        (format!("/consultations/{name}/steps"), vec![("do", "agree"), ("item", "zz")]),
        (format!("/consultations/{name}/steps"), vec![("do", "launch")]),
        (format!("/consultations/{name}/steps"), vec![("do", "effects"), ("chosen", "first")]),
        (format!("/consultations/{name}/steps"), vec![("do", "close")]),
        (format!("/consultations/{name}/convene"), vec![("at", "soon"), ("place", "here")]),
        (format!("/consultations/{name}/escalate"), vec![]),
        (format!("/consultations/{name}/positions"), vec![("label", "NONSENSE")]),
        (format!("/consultations/{name}/export"), vec![]),
        (format!("/consultations/{name}/acknowledge"), vec![]),
        ("/consultations".to_owned(), vec![("incident", "00")]),
        ("/incidents".to_owned(), vec![("title", "x"), ("trigger", "x"), ("position", "north")]),
        ("/incidents".to_owned(), vec![("title", "x"), ("trigger", "x"), ("radius", "5")]),
        ("/incidents".to_owned(), vec![("title", "x"), ("trigger", "x"), ("position", "91,0"), ("radius", "5")]),
        ("/agreements/jp-kr-gsomia-2016/accession".to_owned(), vec![("party", "PHL"), ("step", "x")]),
        ("/agreements/jp-kr-gsomia-2016/admit".to_owned(), vec![("party", "PHL")]),
        ("/alarms/7".to_owned(), vec![("note", "x")]),
        ("/obligations/zz".to_owned(), vec![("note", "x")]),
        ("/obligations/zz/waive".to_owned(), vec![]),
        ("/keeping/destroy".to_owned(), vec![("record", "KOR/K-1"), ("note", "x")]),
        ("/keeping/lift".to_owned(), vec![("record", "KOR/K-1")]),
    ] {
        let answer = form(&officer, &path, &fields);
        assert!((400..500).contains(&answer.status), "{path} {fields:?}: {}", answer.status);
        is_strict(&answer, &path);
    }
    assert_eq!(officer.get("/incidents").json()["items"], json!([]));
    assert_eq!(page(&officer, &format!("/consultations/{name}")).status, 404);
}

#[test]
fn forms_that_are_broken_doubled_foreign_or_too_long_do_nothing() {
    let (_parent, kor) = console();
    let officer = kor.person("sato", &OFFICER);
    let long = "a".repeat(300 * 1024);
    let many: String = (0..50_000).map(|number| format!("f{number}=x&")).collect();
    let sent =
        |path: &str, kind: &str, body: &[u8]| officer.ask("POST", path, &[HTML, ("Content-Type", kind)], body).status;
    for (path, kind, body) in [
        ("/named", FORM.1, long.as_bytes()),
        ("/named", FORM.1, many.as_bytes()),
        ("/named", FORM.1, b"record=%ff%fe&persons=%00".as_slice()),
        ("/named", FORM.1, b"%"),
        ("/named", "application/json", b"{}"),
        ("/named", "text/plain", b"record=a"),
        ("/named", "multipart/form-data; boundary=x", b"--x--"),
        ("/consent/zz", FORM.1, b"answer=yes"),
        ("/consent/00112233445566778899aabbccddeeff", FORM.1, b"answer=yes&answer=no"),
        ("/consent/00112233445566778899aabbccddeeff", FORM.1, b"answer=maybe"),
        ("/second/0", FORM.1, b"answer=yes"),
        ("/second/99999999999999999999999", FORM.1, b"answer=yes"),
        ("/recalls/settle", FORM.1, b"keep=perhaps"),
        ("/affected/0", FORM.1, b""),
        ("/records/new", "multipart/form-data", b"--x--"),
        (
            "/records/new",
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut",
        ),
        ("/records/new", FORM.1, b"title=a"),
    ] {
        let status = sent(path, kind, body);
        assert!(
            (400..500).contains(&status),
            "{path} {kind} {:?}: {status}",
            String::from_utf8_lossy(&body[..body.len().min(40)])
        );
    }
    // Broken fields come back as the form, with what is wrong; nothing is kept.
    for (field, value) in [
        ("label", "NONSENSE"),
        ("label", ""),
        ("title", ""),
        ("subjects", " , "),
        ("status", "odd"),
        ("id", &"K".repeat(2000)),
    ] {
        let mut fields = new_record("K-1", "a");
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let answer = multipart(&officer, "/records/new", &fields);
        assert!(
            answer.status == 200 && answer.text().contains("role=\"alert\""),
            "{field}={}: {}",
            &value[..value.len().min(20)],
            answer.status
        );
        assert!(ids(&officer).is_empty(), "{field}");
    }
    // Sent twice, the same form makes one record; a field that comes twice counts once.
    let mut fields = new_record("", "twice");
    fields.push(("once", "KOR-fixed"));
    fields.push(("title", "the other title"));
    assert_eq!(multipart(&officer, "/records/new", &fields).status, 303);
    multipart(&officer, "/records/new", &fields);
    assert_eq!(ids(&officer), ["KOR-fixed"]);
    assert_eq!(officer.get("/records").json()["records"][0]["title"], "twice");
    // What an act needs is not there: nothing is signed.
    let desk = kor.person("treaty", &["--role", "treaty", "--clearance", "SECRET", "--subject", "*"]);
    let before = desk.get("/agreements/jp-kr-gsomia-2016/acts").json();
    for fields in [
        vec![("kind", "suspended")],
        vec![("kind", "nonsense"), ("sure", "yes")],
        vec![("sure", "yes")],
        vec![("kind", "suspended"), ("sure", "yes"), ("date", "tomorrow")],
    ] {
        let status = form(&desk, "/agreements/jp-kr-gsomia-2016", &fields).status;
        assert!((400..500).contains(&status), "{fields:?}: {status}");
    }
    assert_eq!(desk.get("/agreements/jp-kr-gsomia-2016/acts").json(), before);
    // A problem is a page that says what to do, and never a trace of this program.
    let answer = form(&officer, "/second/7", &[("answer", "perhaps")]);
    is_strict(&answer, "/second/7");
    assert!(answer.text().contains("`yes` or `no`"), "{}", answer.text());
}
