//! What a reader is told about a broken clause.

use entente_formats::agreement;

use crate::told::{check, clause};

#[test]
fn clauses() {
    check(
        clause(""),
        &[r#"6:1 a clause needs `id` | add `id = "6.a"`"#, r#"6:1 a clause needs `kind` | add `kind = "third-party"`"#],
    );
    check(
        clause("id = \"1\"\nkind = \"third_party\""),
        &["8:8 unknown clause kind `third_party` | did you mean `third-party`?"],
    );
    check(
        clause("id = \"1\"\nkind = \"secrecy\""),
        &[
            "8:8 unknown clause kind `secrecy` | known: `scope`, `equivalence`, `third-party`, `purpose`, `transmission`, `marking`, `access`, `retention`, `notify`, `contractor`, `consult`, `meet`, `commit`, `transparency`, `no-duty-to-share`",
        ],
    );
    check(
        clause("id = \"6 (a)\"\nkind = \"marking\"\nmark = \"own\"\nbasis = \"guess\""),
        &[
            "7:6 `6 (a)` is not the id of a clause | at most 64 characters without spaces, as a lawyer would cite it, such as `6.a`",
            "9:8 unknown mark `own` | known: `provider`, `equivalent`",
            "10:9 unknown basis `guess` | known: `text`, `summary`, `assumed`",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"scope\"\nceiling = \"SECRET\"\nsubject = [\"x\"]"),
        &[
            r#"6:1 a `scope` clause needs `subjects` | add `subjects = ["dprk-missile"]`"#,
            "9:1 `ceiling` is not a field of a `scope` clause | it belongs to `equivalence`; own fields here: `subjects`, `pairs`",
            "10:1 unknown key `subject` | did you mean `subjects`?",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"no-duty-to-share\"\nwhen = \"always\""),
        &[
            "9:1 `when` is not a field of a `no-duty-to-share` clause | it belongs to `notify`, `consult`, `transparency`; own fields here: none",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"scope\"\nsubjects = \"*\""),
        &[r#"9:12 `subjects` must be a list, not a string | write `["*"]`"#],
    );
    check(
        clause("id = \"1\"\nkind = \"scope\"\nsubjects = [\"*\", \"x\", \"dprk missile\"]"),
        &[
            "9:23 `dprk missile` is not one word | at most 64 characters without spaces or `*`, such as `missile-warning`",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"scope\"\nsubjects = [\"*\", \"x\"]"),
        &[r#"9:12 `*` stands beside others in `subjects` | write `["*"]` alone, or only names"#],
    );
    check(
        clause("id = \"1\"\nkind = \"scope\"\nsubjects = [\"x\"]\npairs = [[\"JPN\", \"KOR\"], [\"JPN\", \"KOR\"]]"),
        &[
            "10:26 the pair from `JPN` to `KOR` is listed twice | keep one of them; the other direction is a pair of its own",
        ],
    );
    check(
        clause(
            "id = \"1\"\nkind = \"scope\"\nsubjects = [\"x\"]\npairs = [[\"JPN\", \"JPN\"], [\"JPN\"], [\"USA\", \"JPN\"]]",
        ),
        &[
            "10:10 `JPN` stands with itself | a pair is from one party to another",
            r#"10:26 a pair names two parties | write `["JPN", "USA"]`: from, to"#,
            "10:36 `USA` is not a party of this agreement | known: `JPN`, `KOR`",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"third-party\"\nblocks = []\nexempts = \"party\""),
        &["9:10 `blocks` is empty | name at least one", "10:11 unknown exemption `party` | known: `parties`, `none`"],
    );
    check(
        clause("id = \"1\"\nkind = \"third-party\"\nblocks = [\"relase\"]\nlabel_counts_as_approval = \"no\""),
        &[
            "9:11 unknown action `relase` | did you mean `release`?",
            "10:28 `label_counts_as_approval` must be a boolean, not a string | write `true` or `false`, without quotes",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"purpose\"\nallowed = \"missile-warning\""),
        &[
            r#"9:11 `missile-warning` is not what a purpose clause allows | write `"as-provided"`, or a list of purposes such as `["missile-warning"]`"#,
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"purpose\"\nallowed = [\"as-provided\", \"x\"]"),
        &[r#"9:12 `as-provided` is not one purpose among others | write `allowed = "as-provided"`, or only purposes"#],
    );
    check(
        clause("id = \"1\"\nkind = \"transmission\"\nchannels = [\"diode\", \"diode\"]"),
        &["9:22 `diode` is listed twice | keep one of them"],
    );
    check(
        clause("id = \"1\"\nkind = \"access\"\nrequires = [\"clearence\"]"),
        &["9:13 unknown requirement `clearence` | did you mean `clearance`?"],
    );
    check(
        clause("id = \"1\"\nkind = \"retention\"\non = \"recall\"\naction = \"shred\"\nwithin = \"30\""),
        &[
            "10:10 unknown retention action `shred` | known: `return`, `destroy`",
            "11:10 `30` is not a period | a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days, `24h` hours (hours only in `within`)",
        ],
    );
    check(
        clause(
            "id = \"1\"\nkind = \"notify\"\nevent = \"Loss\"\nby = \"sender\"\nwhen = \"at once\"\nwithin = \"01h\"",
        ),
        &[
            "9:9 `Loss` does not name an event | at most 64 of `a-z` and `0-9`, joined by single `-`, such as `missile-launch`",
            "10:6 unknown notifier `sender` | known: `provider`, `recipient`, `any`",
            "12:10 `01h` has a leading zero | write the count without it",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"contractor\"\nallowed = \"yes\""),
        &["9:11 `allowed` must be a boolean, not a string | write `true` or `false`, without quotes"],
    );
    check(
        clause("id = \"1\"\nkind = \"consult\"\ntriggers = [\"Missile launch\"]\nwithin = \"70000y\""),
        &[
            r#"6:1 a `consult` clause needs `when` | add `when = "in an expeditious manner"`"#,
            "9:13 `Missile launch` does not name an event | at most 64 of `a-z` and `0-9`, joined by single `-`, such as `missile-launch`",
            "10:10 `70000y` is too long a period | no text lasts that long",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"meet\"\nbody = \"ministers\"\nevery = \"24h\""),
        &["10:9 `every` is not counted in hours | a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days"],
    );
    check(
        clause("id = \"1\"\nkind = \"commit\"\nowner = \"USA\"\nwhat = \"all\"\ndue = \"2020\""),
        &[
            "9:9 `USA` is not a party of this agreement | known: `JPN`, `KOR`",
            "11:7 `due` must be a date, not a string | write a day without quotes or time, such as `2016-11-23`",
        ],
    );
    check(
        clause("id = \"1\"\nkind = \"transparency\"\nto = \"all\"\nwhat = \"x\"\nwhen = \"x\""),
        &[r#"9:6 `all` is no audience | write `"public"`, or a list of parties"#],
    );
}

#[test]
fn equivalences() {
    let rows =
        |rows: &str| clause(&format!("id = \"4\"\nkind = \"equivalence\"\nceiling = \"SECRET\"\nrows = [{rows}]"));
    check(rows(""), &["10:8 `rows` is empty | name at least one"]);
    check(
        rows("{ level = \"SECRET\", USA = [\"SECRET\"], japan = [\"x\"] }"),
        &[
            "10:29 `USA` is not a party of this agreement | known: `level`, `JPN`, `KOR`",
            "10:47 `japan` is neither `level` nor the code of a party | known: `level`, `JPN`, `KOR`",
        ],
    );
    check(
        rows("{ level = \"SECRET\" }, { level = \"SECRET\", JPN = [\"x\"] }"),
        &["10:31 a second row for `SECRET` | put all terms of a level into one row"],
    );
    check(
        rows("{ level = \"SECRET\", JPN = [\"x\"] }, { level = \"CONFIDENTIAL\", JPN = [\"x\"] }"),
        &["10:44 `x` of `JPN` is in two rows | a term has one level"],
    );
    check(
        rows("{ level = \"SECRTE\", JPN = \"極秘\", KOR = [] }, { JPN = [\"x\"] }"),
        &[
            "10:19 unknown level `SECRTE` | did you mean `SECRET`?",
            "10:35 `JPN` must be a list, not a string | put it in brackets: `[…]`",
            "10:47 `KOR` is empty | name at least one",
            r#"10:53 a row needs `level` | add `level = "SECRET"`"#,
        ],
    );
    check(
        clause("id = \"4\"\nkind = \"equivalence\"\nceiling = \"Top Secret\"\nrows = [\"SECRET\"]"),
        &[
            "9:11 unknown level `Top Secret` | did you mean `TOP SECRET`?",
            "10:9 an entry of `rows` must be a table, not a string | write `{ … }`, or `[…]` on a line of its own",
        ],
    );
}

#[test]
fn a_political_text_changes_no_verdict() {
    let political = |rest: &str| clause(rest).replace("binding", "political");
    check(
        political("id = \"6.a\"\nkind = \"third-party\"\nblocks = [\"release\"]"),
        &[
            r#"8:8 clause `6.a` is `third-party`, which a political text cannot contain | a text with `force = "political"` may contain only `consult`, `meet`, `commit`, `transparency`, `no-duty-to-share`"#,
        ],
    );
    check(
        political("id = \"6.a\"\nkind = \"purpose\""),
        &[
            r#"6:1 a `purpose` clause needs `allowed` | add `allowed = "as-provided"`"#,
            r#"8:8 clause `6.a` is `purpose`, which a political text cannot contain | a text with `force = "political"` may contain only `consult`, `meet`, `commit`, `transparency`, `no-duty-to-share`"#,
        ],
    );
    let kept = political("id = \"1\"\nkind = \"consult\"\ntriggers = [\"attack\"]\nwhen = \"soon\"\nwithin = \"24h\"");
    assert!(agreement::parse(&kept).is_ok());
}
