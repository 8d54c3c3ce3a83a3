//! The one layout of agreement files.

use entente_formats::agreement;

use crate::{canonical::SMALL, examples::examples};

#[track_caller]
fn check(text: &str, expected: &str) {
    let laid_out = agreement::format(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(laid_out, expected);
    assert_eq!(agreement::format(&laid_out).as_deref(), Ok(expected), "what is laid out stays");
}

#[test]
fn keys_have_one_order_and_values_one_spelling() {
    check(
        r#"
clause = [ { kind = 'third-party', blocks = [
  "release",
  'display' ], id = "6.a" } ]
survival.clauses = ["6.a"]
survival.article = "21.4"
title = 'On "sharing"'
duration = { notice_days = 0x5A, term = "1y" }
parties=["JPN","KOR"]
force = "binding"
id = "a-b-2020"
schema = "entente.agreement/1"
"#,
        r#"schema = "entente.agreement/1"
id = "a-b-2020"
title = "On \"sharing\""
force = "binding"
parties = ["JPN", "KOR"]

[duration]
term = "1y"
notice_days = 90

[survival]
article = "21.4"
clauses = ["6.a"]

[[clause]]
id = "6.a"
kind = "third-party"
blocks = ["release", "display"]
"#,
    );
}

#[test]
fn comments_stay_with_their_lines() {
    check(
        r#"# Public basis: none.

# the name
title = "On sharing" # provisional
schema = "entente.agreement/1"
id = "a-b-2020"
force = "binding"

parties = [ # in the order of signature
  "KOR", # host
  "JPN",
  # nobody else
] # for now
[[clause]] # the table
rows = [
  # no top secret
  { JPN = ["極秘" # one term
  ], level = "SECRET" }, # both
]
ceiling = "SECRET"
id = "4"
kind = "equivalence"
# about the act
[[act]]
by = "*"
date = 2020-01-02
kind = "signed"
# at the end
"#,
        r#"# Public basis: none.

schema = "entente.agreement/1"
id = "a-b-2020"
# the name
title = "On sharing"  # provisional
force = "binding"
parties = [
  # in the order of signature
  "KOR",  # host
  "JPN",
  # nobody else
]  # for now

# about the act
[[act]]
by = "*"
date = 2020-01-02
kind = "signed"

[[clause]]  # the table
id = "4"
kind = "equivalence"
ceiling = "SECRET"
rows = [
  # no top secret
  # one term
  { level = "SECRET", JPN = ["極秘"] },  # both
]

# at the end
"#,
    );
}

#[test]
fn a_text_of_several_lines_stands_between_three_quotes() {
    let text = SMALL.replace("\"On sharing\"", "\"\"\"On\n\\\"\"\"sharing\\\\ \\\"\"\"\"");
    let laid_out = agreement::format(&text).unwrap();
    assert!(laid_out.contains("title = \"\"\"\nOn\n\\\"\\\"\"sharing\\\\ \\\"\"\"\"\n"), "{laid_out}");
    assert_eq!(agreement::format(&laid_out).as_ref(), Ok(&laid_out));
}

#[test]
fn what_is_no_agreement_is_told_so() {
    let text = SMALL.replace("binding", "bindng");
    assert_eq!(agreement::format(&text), Err(agreement::parse(&text).unwrap_err()));
}

#[test]
fn the_examples_are_laid_out() {
    for (name, text) in examples("agreements") {
        assert_eq!(agreement::format(&text).as_ref(), Ok(&text), "{name}");
    }
}
