//! The canonical form and the hash.

use std::collections::BTreeSet;

use entente_formats::agreement;

pub(crate) const SMALL: &str = r#"
schema = "entente.agreement/1"
id = "a-b-2020"
title = "On sharing"
force = "binding"
parties = ["USA", "JPN"]
[[act]]
by = "*"
date = 2020-01-02
kind = "signed"
[[clause]]
id = "4"
kind = "equivalence"
ceiling = "SECRET"
rows = [{ level = "SECRET", USA = ["SECRET"], JPN = ["極秘"] }]
[[clause]]
id = "6"
kind = "third-party"
blocks = ["release"]
"#;

#[test]
fn the_canonical_form_is_as_specified() {
    let agreement = agreement::parse(SMALL).unwrap();
    assert_eq!(
        agreement::canonical(&agreement),
        concat!(
            r#"{"clause":[{"basis":"text","ceiling":"SECRET","id":"4","kind":"equivalence","#,
            r#""rows":[{"JPN":["極秘"],"USA":["SECRET"],"level":"SECRET"}]},"#,
            r#"{"basis":"text","blocks":["release"],"exempts":"parties","id":"6","kind":"third-party","#,
            r#""label_counts_as_approval":false}],"force":"binding","id":"a-b-2020","parties":["JPN","USA"],"#,
            r#""relies_on":[],"schema":"entente.agreement/1","title":"On sharing"}"#,
        )
    );
    // Published in docs/spec/agreements.md for other implementers.
    assert_eq!(agreement.hash.to_string(), "sha256:6e9a5347eaab4a7cffe55ae0444a18d1e3ffbf7caaa1f3ea1bc2a982b0817f89");
}

#[test]
fn the_hash_does_not_see_the_form_of_the_file() {
    let hash = |text: &str| agreement::parse(text).unwrap_or_else(|problems| panic!("{problems:#?}")).hash;
    let same = [
        SMALL.replace('\n', "\r\n"),
        SMALL.replace(" = ", "=").replace(", ", " ,  "),
        SMALL.lines().map(|line| format!("{line}  # a comment\n")).collect(),
        SMALL.replace("parties = [\"USA\", \"JPN\"]", "parties = ['JPN', \"\\u0055SA\"]"),
        SMALL.replace(
            "id = \"6\"\nkind = \"third-party\"\nblocks = [\"release\"]",
            "blocks = [\"release\"]\nkind = \"third-party\"\nid = \"6\"",
        ),
        SMALL.replace("blocks = [\"release\"]", "blocks = [\"release\"]\nbasis = \"text\"\nexempts = \"parties\""),
        SMALL.replace("USA = [\"SECRET\"], JPN = [\"極秘\"]", "JPN = [\"極秘\"], USA = [\"SECRET\"]"),
        SMALL.replace(
            "[[clause]]\nid = \"6\"",
            "[[act]]\nby = \"JPN\"\ndate = 2021-01-01\nkind = \"ratified\"\n[[clause]]\nid = \"6\"",
        ),
    ];
    for text in &same {
        assert_eq!(hash(text), hash(SMALL), "{text}");
    }
}

#[test]
fn the_hash_changes_with_everything_that_the_instrument_says() {
    let changes = [
        ("a-b-2020", "a-b-2021"),
        ("On sharing", "On sharing "),
        ("\"binding\"", "\"arrangement\"\nrelies_on = [\"c\"]"),
        ("[\"USA\", \"JPN\"]", "[\"USA\", \"JPN\", \"KOR\"]"),
        ("id = \"6\"", "id = \"6.a\""),
        ("id = \"6\"", "id = \"6\"\nnote = \"a remark\""),
        ("id = \"6\"", "id = \"6\"\ntitle = \"a heading\""),
        ("id = \"6\"", "id = \"6\"\nbasis = \"assumed\""),
        ("blocks = [\"release\"]", "blocks = [\"display\"]"),
        ("blocks = [\"release\"]", "blocks = [\"release\"]\nexempts = \"none\""),
        ("blocks = [\"release\"]", "blocks = [\"release\"]\n[survival]\nclauses = [\"6\"]"),
        ("blocks = [\"release\"]", "blocks = [\"release\"]\n[duration]"),
        ("極秘", "秘"),
        ("ceiling = \"SECRET\"", "ceiling = \"CONFIDENTIAL\""),
    ];
    let mut hashes = BTreeSet::from([agreement::parse(SMALL).unwrap().hash]);
    for (from, to) in changes {
        let changed = agreement::parse(&SMALL.replacen(from, to, 1)).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(hashes.insert(changed.hash), "`{from}` to `{to}` keeps the hash");
    }
    let (first, second) = SMALL.split_at(SMALL.rfind("[[clause]]").unwrap());
    let (head, other) = first.split_at(first.find("[[clause]]").unwrap());
    let swapped = agreement::parse(&format!("{head}{second}{other}")).unwrap();
    assert!(hashes.insert(swapped.hash), "the order of clauses is part of the instrument");
}
