//! Patterns that are and are not, and the trees of some.

use super::*;

fn tree(text: &str) -> Pattern<'_> {
    parse(text, Version::V21).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

#[test]
fn patterns_of_the_specification() {
    for text in [
        "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']",
        "[email-message:sender_ref.value = 'jdoe@example.com' AND email-message:subject = 'Conference Info']",
        "[file:name = 'foo.dll'] AND [win-registry-key:key = 'hkey'] OR [process:name = 'p'] FOLLOWEDBY [a-b:c = 1]",
        "([file:name = 'a'] AND [file:name = 'b']) REPEATS 5 TIMES WITHIN 1800 SECONDS",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv6-addr:value ISSUPERSET '2001:db8::/32']",
        "[url:value MATCHES '^(?:https?:\\\\/\\\\/)?example\\\\.com']",
        "[a:b IN ('x', 'y', 'z')] START t'2016-06-01T00:00:00Z' STOP t'2017-03-12T08:30:00.5Z'",
        "[network-traffic:src_ref.value NOT LIKE '203.0.113.%' AND NOT_A:b = 1]",
        "[EXISTS file:extensions.'windows-pebinary-ext'.sections[*].entropy]",
        "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0 AND file:size <= -4]",
        "[artifact:mime_type = 'a' AND artifact:payload_bin MATCHES 'M\\'\\\\'] // and so on",
        "[ a : b == true /* why */ AND ((a:b <> false) OR a:c[-1].d NOT IN ()) ]",
        "[file:magic_number_hex = h'ffd8' OR x-a:b = b'QUI=' OR x-a:c >= t'2016-06-01T00:00:00Z']",
        "[a:b=+1 AND a:c=.5] WITHIN .5 SECONDS",
    ] {
        tree(text);
    }
}

#[test]
fn binding_is_as_the_specification_has_it() {
    let Pattern(Observation::Following(parts)) = tree("[a:b=1] AND [a:b=2] OR [a:b=3] FOLLOWEDBY [a:b=4]") else {
        panic!("FOLLOWEDBY binds weakest");
    };
    assert!(
        matches!(&parts[..], [Observation::Any(either), Observation::One(_)] if matches!(either[0], Observation::All(_)))
    );
    let Pattern(Observation::One(Comparison::Any(parts))) = tree("[a:b=1 AND a:c=2 OR a:d=3]") else {
        panic!("OR binds weaker than AND");
    };
    assert!(matches!(parts[0], Comparison::All(_)));
    assert_eq!(tree("[a:b='it\\'s \\\\ 위']").paths()[0].property(), "b");
    let Pattern(Observation::One(Comparison::Test { literals, .. })) = tree("[a:b='it\\'s \\\\ 위']") else {
        panic!()
    };
    assert_eq!(literals, [Literal::Text("it's \\ 위".into())]);
}

#[test]
fn what_is_no_pattern_says_where() {
    for (text, at, message) in [
        ("", "", "expected `[`"),
        ("file:name = 'a'", "file", "expected `[`"),
        ("[file:name = 'a'", "", "expected `]`, and the pattern ends"),
        ("[file:name = 'a']]", "]", "expected `AND`"),
        ("[file:name = 'a' 'b']", "'b'", "expected `]`"),
        ("[file:name]", "]", "expected a comparison"),
        ("[file.name = 'a']", ".", "expected `:`"),
        ("[file:name = \"a\"]", "\"", "has no place in a pattern"),
        ("[file:name = a]", "a", "expected a constant"),
        ("[file:name > true]", "true", "does not go with this operator"),
        ("[file:name LIKE 1]", "1", "does not go with this operator"),
        ("[file:name IN 'a']", "'a'", "expected `(`"),
        ("[file:name IN ('a',)]", ")", "expected a constant"),
        ("[file:size = 01]", "01", "is no number"),
        ("[file:size = 9223372036854775808]", "9223372036854775808", "is no number"),
        ("[a:b = h'f']", "h'f'", "is no hexadecimal"),
        ("[a:b = t'2016-13-01T00:00:00Z']", "t'2016-13-01T00:00:00Z'", "is no moment"),
        ("[a:b-c = 1]", "b-c", "expected a name"),
        ("[a:b = 1] REPEATS 0 TIMES", "0", "whole number from 1"),
        ("[a:b = 1] WITHIN -1 SECONDS", "-1", "number of seconds"),
        ("[a:b = 1] START '2016-06-01T00:00:00Z' STOP t'2017-06-01T00:00:00Z'", "'2016-06-01T00:00:00Z'", "a moment"),
        ("[a:b = 1] FOLLOWEDBY", "", "expected `[`"),
        ("[AND:b = 1]", "AND", "expected a property"),
    ] {
        let problem = parse(text, Version::V21).unwrap_err();
        assert!(problem.message.contains(message), "{text}: {problem}");
        assert_eq!(text.get(problem.at), Some(at), "{text}");
    }
    assert!(parse("[a:b = 'x]", Version::V21).unwrap_err().message.contains("closing quote"));
    assert!(parse("[a:b = 1] /* x", Version::V21).unwrap_err().message.contains("comment"));
    let backwards = "[a:b = 1] START t'2017-06-01T00:00:00Z' STOP t'2017-06-01T00:00:00.000Z'";
    assert!(parse(backwards, Version::V21).unwrap_err().message.contains("not after"));
}

#[test]
fn moments_of_2_0_are_texts() {
    let text = "[a:b = 1] START '2016-06-01T00:00:00Z' STOP '2017-06-01T00:00:00Z'";
    assert!(parse(text, Version::V20).is_ok());
    assert!(parse(text, Version::V21).is_err());
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}[a:b=1]{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEEPEST), Version::V21).is_ok());
    assert!(parse(&nested(DEEPEST + 1), Version::V21).unwrap_err().message.contains("nested deeper"));
    let inner = |depth: usize| format!("[{}a:b=1{}]", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&inner(DEEPEST + 1), Version::V21).is_err());
    let qualified = format!("[a:b=1]{}", " WITHIN 1 SECONDS".repeat(DEEPEST + 1));
    assert!(parse(&qualified, Version::V21).unwrap_err().message.contains("qualifiers"));
    assert!(parse(&" ".repeat(LONGEST + 1), Version::V21).unwrap_err().message.contains("at most"));
    assert!(parse(&"(".repeat(500_000), Version::V21).is_err());
}
