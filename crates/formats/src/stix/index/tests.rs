//! Entries of small objects.

use super::*;

const ID: &str = "relationship--44298a74-ba52-4f0c-87a3-1824e67d7fad";

#[test]
fn an_entry_says_what_stands_there() {
    let text = format!(
        r#"{{"type":"relationship","spec_version":"2.1","id":"{ID}","created":"2016-04-06T20:06:37.000Z",
        "modified":"2016-04-06T20:06:37.0001234Z","created_by_ref":"identity--a","revoked":true,
        "source_ref":"tool--a","target_ref":"tool\u002d-b","x_nested":{{"deep":[{{"other_refs":["c",["d"],1]}}]}},
        "object_marking_refs":["m1","m2"],"granular_markings":[{{"lang":"ko","selectors":["name"]}},
        {{"marking_ref":"m3","selectors":["name","labels.[0]"]}}]}}"#
    );
    let entry = read(&text).unwrap();
    assert_eq!((entry.id.as_ref(), entry.kind.as_ref(), entry.spec_version), (ID, "relationship", Version::V21));
    assert_eq!((entry.created_by.as_deref(), entry.is_revoked), (Some("identity--a"), true));
    assert_eq!(entry.version(), Some(1_459_973_197_000_123));
    assert_eq!(entry.markings, ["m1", "m2"]);
    assert_eq!(entry.granular.len(), 2);
    assert_eq!(entry.granular[0].marking, None);
    assert_eq!((entry.granular[1].marking.as_deref(), entry.granular[1].selectors.len()), (Some("m3"), 2));
    let references: Vec<_> =
        entry.references.iter().map(|it| format!("{}/{}:{}", it.top, it.property, it.target)).collect();
    assert_eq!(
        references,
        [
            "source_ref/source_ref:tool--a",
            "target_ref/target_ref:tool--b",
            "x_nested/other_refs:c",
            "x_nested/other_refs:d"
        ]
    );
}

#[test]
fn the_version_of_stix_is_inferred_where_nothing_is_said() {
    let version = |rest: &str| {
        let id = "file--ff1e0780-358c-5808-a8c7-d0fca4ef6ef4";
        read(&format!(r#"{{"type":"file","id":"{id}"{rest}}}"#)).unwrap().spec_version
    };
    assert_eq!(version(""), Version::V21);
    assert_eq!(version(r#","created":"2016-04-06T20:06:37.000Z""#), Version::V20);
    assert_eq!(version(r#","spec_version":"2.0""#), Version::V20);
}

#[test]
fn a_marking_of_the_wrong_shape_is_no_missing_marking() {
    let id = "file--ff1e0780-358c-5808-a8c7-d0fca4ef6ef4";
    for (markings, expected) in
        [("\"m\"", vec!["m"]), ("[1]", vec![""]), ("{}", vec![""]), ("[]", vec![]), ("[\"m\",[]]", vec!["m", ""])]
    {
        let text = format!(r#"{{"type":"file","id":"{id}","object_marking_refs":{markings}}}"#);
        assert_eq!(read(&text).unwrap().markings, expected, "{markings}");
    }
    for granular in [
        "1",
        "\"m\"",
        "{}",
        "[1]",
        "[[]]",
        "[{}]",
        "[{\"selectors\":[\"name\"]}]",
        "[{\"marking_ref\":7,\"lang\":\"ko\"}]",
    ] {
        let text = format!(r#"{{"type":"file","id":"{id}","granular_markings":{granular}}}"#);
        assert_eq!(read(&text).unwrap().granular[0].marking.as_deref(), Some(""), "{granular}");
    }
}

#[test]
fn what_has_no_entry() {
    let id = "file--ff1e0780-358c-5808-a8c7-d0fca4ef6ef4";
    for (text, message) in [
        ("[]".to_owned(), "expected an object"),
        ("{}".to_owned(), "`id` is missing"),
        (format!(r#"{{"id":"{id}"}}"#), "`type` is missing"),
        (format!(r#"{{"id":"{id}","type":7}}"#), "`type` is missing"),
        (format!(r#"{{"id":"{id}","type":"url"}}"#), "is no identifier of a `url`"),
        (r#"{"id":"x","type":"url"}"#.to_owned(), "is no identifier"),
        (format!(r#"{{"id":"{id}","type":"file","spec_version":"3.0"}}"#), "no version of STIX"),
        (format!(r#"{{"id":"{id}","type":"file","type":"file"}}"#), "a second key `type`"),
        (format!(r#"{{"id":"{id}","type":"file","x":[{{"a":1,"\u0061":2}}]}}"#), "a second key `a`"),
        (format!(r#"{{"id":"{id}","type":"file"}} x"#), "this is no JSON"),
    ] {
        let problem = read(&text).unwrap_err();
        assert!(problem.message.contains(message), "{text}: {problem}");
    }
    let many: Vec<_> = (0..40).map(|at| format!(r#""k{}":1"#, at % 39)).collect();
    assert!(read(&format!("{{{}}}", many.join(","))).unwrap_err().message.contains("a second key `k0`"));
    let deep = format!(r#"{{"id":"{id}","type":"file","x":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
    assert!(read(&deep).unwrap_err().message.contains("too deep"));
    let limits = Limits { values: 5, ..Limits::OBJECT };
    let full = format!(r#"{{"id":"{id}","type":"file","x_refs":["a","b","c"]}}"#);
    assert!(read_within(&full, limits).unwrap_err().message.contains("more values"));
}
