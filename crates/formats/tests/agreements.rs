//! Agreement files and national rules from outside: the example set, the hash, what a reader is told about a broken
//! file, and that no text whatever makes the parsers panic.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads the example files, and stops where it fails"
)]

use std::{collections::BTreeSet, fmt::Debug, path::Path};

use entente_core::{
    Level, Party,
    agreement::{
        Act, ActKind, Action, Actor, Agreement, Basis, Clause, Duration, Force, InstrumentHash, Kind, Renewal,
        Survival,
        clause::{
            Access, AllowedPurpose, Audience, Exempts, Mark, Notifier, RetentionAction, RetentionEvent, Row, Set,
        },
    },
    national::{Delegation, National, Restriction},
    time::{Date, Period},
};
use entente_formats::{Problem, agreement, national};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

// ---- The example set

fn examples(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/northeast-asia").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the example set is there")
        .map(|entry| entry.expect("an entry of the folder").path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_examples_are_read_without_a_warning() {
    let files = examples("agreements");
    let set = agreement::parse_set(&files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(set.warnings, []);
    let ids: Vec<&str> = set.agreements.keys().map(|id| id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "commitment-to-consult-2023",
            "jp-kr-gsomia-2016",
            "missile-warning-sharing-2023",
            "tisa-2014",
            "trilateral-hypothetical",
            "tscf-2024",
            "us-jp-gsomia-2007",
            "us-kr-gsomia-1987",
        ]
    );
    for (name, text) in &files {
        let agreement = agreement::parse(text).expect("read before");
        assert_eq!(format!("{}.toml", agreement.id), *name, "a file is named after its agreement");
        assert!(text.starts_with("# Public basis: "), "{name} says what it rests on");
        assert_eq!(agreement::parse(&agreement::write(&agreement)).as_ref(), Ok(&agreement), "{name}");
    }
    let hypothetical = &set.agreements["trilateral-hypothetical"];
    assert!(hypothetical.title.starts_with("Hypothetical") && hypothetical.acts.is_empty());
}

#[test]
fn the_national_examples_are_read() {
    let files = examples("national");
    let parties: Vec<String> = files
        .iter()
        .map(|(name, text)| {
            let rules = national::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
            assert_eq!(format!("{}.toml", rules.party), *name);
            assert_eq!(national::parse(&national::write(&rules)).as_ref(), Ok(&rules));
            rules.party.to_string()
        })
        .collect();
    assert_eq!(parties, ["JPN", "KOR", "USA"]);
}

#[test]
fn the_example_says_what_the_text_of_2016_says() {
    let (_, text) = examples("agreements").into_iter().find(|(name, _)| name == "jp-kr-gsomia-2016.toml").unwrap();
    let agreement = agreement::parse(&text).unwrap();
    let acts: Vec<String> =
        agreement.acts.iter().map(|act| format!("{} {} {}", act.date, act.by, act.kind.as_str())).collect();
    assert_eq!(
        acts,
        [
            "2016-11-23 * entered-into-force",
            "2019-08-23 KOR notice-of-termination",
            "2019-11-22 KOR notice-suspended",
            "2023-03-21 KOR notice-withdrawn",
        ]
    );
    assert_eq!(agreement.acts[2].disputed_by, ["JPN"]);
    let duration = agreement.duration.as_ref().unwrap();
    assert_eq!(
        (duration.term, duration.renews, duration.notice_days),
        (Some(Period::Years(1)), Renewal::Automatic, 90)
    );
    assert!(agreement.survives(&"6.a".into()) && !agreement.survives(&"9".into()));
    let kinds: Vec<&str> = agreement.clauses.iter().filter(|c| c.id == "4.2").map(|c| c.kind.name()).collect();
    assert_eq!(kinds, ["equivalence", "marking", "marking"], "one article may hold several clauses");
}

// ---- Canonical form and hash

const SMALL: &str = r#"
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
    // Published in docs/spec/agreement.md for other implementers.
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

// ---- What a reader is told

const BINDING: &str = r#"schema = "entente.agreement/1"
id = "a-b-2020"
title = "On sharing"
force = "binding"
parties = ["JPN", "KOR"]
"#;

/// Puts `rest` below five sound lines, so that it begins in line 6.
fn below(rest: &str) -> String {
    format!("{BINDING}{rest}")
}

/// One clause below the five lines; the text begins in line 7.
fn clause(rest: &str) -> String {
    below(&format!("[[clause]]\n{rest}"))
}

/// Each problem as `line:column message | help`.
fn told(text: &str, problems: &[Problem]) -> Vec<String> {
    let lines = problems.iter().map(|problem| {
        let (line, column) = problem.line_and_column(text);
        let help = problem.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}", problem.message)
    });
    lines.collect()
}

#[track_caller]
fn check(text: impl AsRef<str>, expected: &[&str]) {
    let text = text.as_ref();
    let problems = agreement::parse(text).expect_err("the text is broken");
    assert_eq!(told(text, &problems), expected, "\n---\n{text}");
}

#[test]
fn the_head() {
    check(
        "",
        &[
            r#"1:1 the file needs `schema` | add `schema = "entente.agreement/1"`"#,
            r#"1:1 the file needs `id` | add `id = "jp-kr-gsomia-2016"`"#,
            r#"1:1 the file needs `title` | add `title = "…"`"#,
            r#"1:1 the file needs `force` | add `force = "binding"`"#,
            r#"1:1 the file needs `parties` | add `parties = ["JPN", "KOR"]`"#,
        ],
    );
    check(
        "schema = \"entente.agreement/1\"\nid = ",
        &["2:6 not valid TOML: string values must be quoted, expected literal string"],
    );
    check(
        BINDING.replace("agreement/1", "agreement/2"),
        &[r#"1:10 unknown schema `entente.agreement/2` | this reads `schema = "entente.agreement/1"`"#],
    );
    check(
        BINDING.replace("\"entente.agreement/1\"", "1"),
        &[r#"1:10 `schema` must be a string, not an integer | write `schema = "entente.agreement/1"`"#],
    );
    check(BINDING.replace("\"binding\"", "\"bindng\""), &["4:9 unknown force `bindng` | did you mean `binding`?"]);
    check(BINDING.replace("\"binding\"", "\"Binding\""), &["4:9 unknown force `Binding` | did you mean `binding`?"]);
    check(
        BINDING.replace("a-b-2020", "A_B"),
        &[
            "2:6 `A_B` is not the id of an agreement | at most 64 of `a-z` and `0-9`, joined by single `-`, such as `jp-kr-gsomia-2016`",
        ],
    );
    check(
        BINDING.replace("\"On sharing\"", "\" \""),
        &["3:9 `title` is empty | write something, or leave the key out where it is optional"],
    );
    check(
        BINDING.replace("\"On sharing\"", "\"a \\u001B[2J\""),
        &[r#"3:9 `title` holds the control character `\u{1b}` | only line feed and tab are allowed"#],
    );
    check(
        below("tittle = \"twice\"\n[[clauses]]\nid = \"1\""),
        &["6:1 unknown key `tittle` | did you mean `title`?", "7:3 unknown key `clauses` | did you mean `clause`?"],
    );
    check(
        below("[clause]\nid = \"1\""),
        &["6:1 `clause` must be a list of tables, not a table | write `[[clause]]` above each"],
    );
    check(below("title = \"twice\""), &["6:1 not valid TOML: duplicate key"]);
}

#[test]
fn parties_and_support() {
    check(
        BINDING.replace("[\"JPN\", \"KOR\"]", "[\"JPN\"]"),
        &["5:11 an agreement has at least two parties | name the others too"],
    );
    check(
        BINDING.replace("[\"JPN\", \"KOR\"]", "[\"JPN\", \"KOR\", \"JPN\"]"),
        &["5:26 `JPN` is listed twice | keep one of them"],
    );
    check(
        BINDING.replace("[\"JPN\", \"KOR\"]", "[\"Japan\", \"K\", 7]"),
        &[
            "5:12 `Japan` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`",
            "5:21 `K` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`",
            "5:26 an entry of `parties` must be a string, not an integer | put it in double quotes",
        ],
    );
    check(
        BINDING.replace("[\"JPN\", \"KOR\"]", "\"JPN\""),
        &["5:11 `parties` must be a list, not a string | put it in brackets: `[…]`"],
    );
    check(BINDING.replace("[\"JPN\", \"KOR\"]", "[]"), &["5:11 `parties` is empty | name at least one"]);
    check(
        below("relies_on = [\"c-d-2019\"]"),
        &[
            r#"6:13 only an arrangement relies on other agreements | leave `relies_on` out, or say `force = "arrangement"`"#,
        ],
    );
    check(
        BINDING.replace("binding", "arrangement"),
        &[
            r#"4:9 an arrangement relies on at least one agreement | add `relies_on = ["…"]` with the ids of the agreements that must be in force too"#,
        ],
    );
    check(
        BINDING.replace("binding", "arrangement") + "relies_on = []",
        &[
            r#"6:13 an arrangement relies on at least one agreement | add `relies_on = ["…"]` with the ids of the agreements that must be in force too"#,
        ],
    );
    check(
        BINDING.replace("binding", "arrangement") + "relies_on = [\"a-b-2020\"]",
        &["6:14 `a-b-2020` relies on itself | name the agreements that it rests on"],
    );
}

#[test]
fn acts() {
    check(
        below("[[act]]"),
        &[
            r#"6:1 an act needs `by` | add `by = "*"`"#,
            "6:1 an act needs `date` | add `date = 2016-11-23`",
            r#"6:1 an act needs `kind` | add `kind = "entered-into-force"`"#,
        ],
    );
    check(
        below("[[act]]\nby = \"USA\"\ndate = 2020-01-01\nkind = \"signed\""),
        &["7:6 `USA` is not a party of this agreement | known: `JPN`, `KOR`"],
    );
    check(
        below("[[act]]\nby = \"KRO\"\ndate = \"2020-01-01\"\nkind = \"sign\""),
        &[
            "7:6 `KRO` is not a party of this agreement | did you mean `KOR`?",
            "8:8 `date` must be a date, not a string | write a day without quotes or time, such as `2016-11-23`",
            "9:8 unknown act `sign` | did you mean `signed`?",
        ],
    );
    check(
        below("[[act]]\nby = [\"JPN\"]\ndate = 2020-01-01T00:00:00Z\nkind = \"signed\""),
        &[
            "7:6 `by` must be a string, not a list | put it in double quotes",
            "8:8 `date` must be a day alone | write a day without quotes or time, such as `2016-11-23`",
        ],
    );
    check(
        below("[[act]]\nby = \"KOR\"\ndate = 2020-01-01\nkind = \"signed\"\ndisputed_by = [\"USA\", \"KOR\"]"),
        &[
            "10:16 `USA` is not a party of this agreement | known: `JPN`, `KOR`",
            "10:23 `KOR` disputes its own act | name the parties that did not do it, or leave `disputed_by` out",
        ],
    );
    check(
        below("[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"signed\"\ndisputed_by = [\"JPN\", \"*\"]"),
        &[
            "10:16 `JPN` disputes its own act | name the parties that did not do it, or leave `disputed_by` out",
            "10:23 `*` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`",
        ],
    );
    check(
        below("[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"signed\"\ndisputed-by = []"),
        &["10:1 unknown key `disputed-by` | did you mean `disputed_by`?"],
    );
    let admitted = "[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"admitted\"\n";
    check(below(admitted), &[r#"6:1 an act needs `admits` | add `admits = "AUS"`"#]);
    check(
        below(&format!("{admitted}admits = \"JPN\"")),
        &["10:10 `JPN` is a party of this agreement already | an admission names one that the text does not"],
    );
    check(
        below("[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"signed\"\nadmits = \"AUS\""),
        &[r#"10:10 `signed` admits nobody | leave `admits` out, or say `kind = "admitted"`"#],
    );
    // Whom a file speaks of admitting may stand in its acts, before that act too; nobody else may.
    let by_aus = "[[act]]\nby = \"AUS\"\ndate = 2020-01-01\nkind = \"entered-into-force\"\n";
    assert!(agreement::parse(&below(&format!("{by_aus}{admitted}admits = \"AUS\""))).is_ok());
    check(
        below(&format!("{by_aus}{admitted}admits = \"GBR\"")),
        &["7:6 `AUS` is not a party of this agreement | known: `JPN`, `KOR`, `GBR`"],
    );
    check(
        below("[[act]]\nby = \"*\"\ndate = 2020-02-30\nkind = \"signed\""),
        &["8:8 not valid TOML: invalid date, expected day between 01 and 29"],
    );
}

#[test]
fn duration_and_survival() {
    check(
        below("[duration]\nterm = \"0y\""),
        &["7:8 `term` is a period of nothing | leave the key out, or count at least one"],
    );
    check(
        below("[duration]\nterm = \"1 year\"\nnotice_days = -90"),
        &[
            "7:8 `1 year` is not a period | a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days, `24h` hours (hours only in `within`)",
            "8:15 `notice_days` is out of range | it runs from 0 to 4294967295",
        ],
    );
    check(
        below("[duration]\nterm = \"36h\"\nrenews = \"yearly\""),
        &[
            "7:8 `term` is not counted in hours | a count and a unit: `1y` years, `6m` months, `2w` weeks, `90d` days",
            "8:10 unknown renewal `yearly` | known: `automatic`, `never`",
        ],
    );
    check(
        below("[duration]\nrenews = \"never\""),
        &[r#"7:10 `renews = "never"` needs a `term` | add `term = "1y"`, or leave `renews` out"#],
    );
    check(
        below("[duration]\nterm = 1\nnotice_days = \"90\"\nnotice = 1"),
        &[
            "7:8 `term` must be a string, not an integer | put it in double quotes",
            "8:15 `notice_days` must be an integer, not a string | write digits alone, such as `90`",
            "9:1 unknown key `notice` | known: `article`, `term`, `renews`, `notice_days`",
        ],
    );
    check(
        below("[survival]\nclauses = [\"6.b\"]\n[[clause]]\nid = \"6.a\"\nkind = \"no-duty-to-share\""),
        &["7:12 there is no clause `6.b` | did you mean `6.a`?"],
    );
    check(
        below("[survival]\narticle = \"21 (4)\"\nclauses = []"),
        &[
            "7:11 `21 (4)` is not the id of a clause | at most 64 characters without spaces, as a lawyer would cite it, such as `6.a`",
            "8:11 `clauses` is empty | name at least one",
        ],
    );
    check(below("[survival]"), &[r#"6:1 `[survival]` needs `clauses` | add `clauses = ["6.a"]`"#]);
    check(
        below("survival = [\"6.a\"]"),
        &["6:12 `survival` must be a table, not a list | write `{ … }`, or `[…]` on a line of its own"],
    );
}

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

#[test]
fn limits() {
    let clauses = |count| "[[clause]]\nid = \"1\"\nkind = \"no-duty-to-share\"\n".repeat(count);
    assert!(agreement::parse(&below(&clauses(1000))).is_ok());
    check(below(&clauses(1001)), &["6:1 more than 1000 `[[clause]]` | there are 1001"]);
    let acts = |count| "[[act]]\nby = \"*\"\ndate = 2020-01-01\nkind = \"signed\"\n".repeat(count);
    assert!(agreement::parse(&below(&acts(10_000))).is_ok());
    check(below(&acts(10_001)), &["6:1 more than 10000 `[[act]]` | there are 10001"]);
    check(
        " ".repeat((1 << 20) + 1),
        &["1:1 the file is longer than 1 MiB | it has 1048577 bytes; split it, or shorten its notes"],
    );
    check(
        BINDING.replace("On sharing", &"極".repeat(4097)),
        &["3:9 `title` is longer than 4096 characters | it has 4097"],
    );
    assert!(agreement::parse(&BINDING.replace("On sharing", &"極".repeat(4096))).is_ok());
    let parties: Vec<String> = (0..65).map(|number| format!("\"P{number}\"")).collect();
    check(BINDING.replace("\"JPN\", \"KOR\"", &parties.join(", ")), &["5:11 more than 64 parties | there are 65"]);
    let unknown: String = (0..50_000).map(|number| format!("k{number} = 1\n")).collect();
    assert_eq!(agreement::parse(&below(&unknown)).unwrap_err().len(), 100, "a hostile text gets a short answer");
}

#[test]
fn every_problem_is_told_at_once() {
    check(
        r#"schema = "entente.agreement/1"
id = "Bad Id"
force = "strong"
parties = ["JPN", "KOR"]
colour = "red"
[[act]]
by = "USA"
date = 2020-01-01
[survival]
clauses = ["9"]
[[clause]]
id = "6.a"
kind = "third-party"
"#,
        &[
            r#"1:1 the file needs `title` | add `title = "…"`"#,
            "2:6 `Bad Id` is not the id of an agreement | at most 64 of `a-z` and `0-9`, joined by single `-`, such as `jp-kr-gsomia-2016`",
            "3:9 unknown force `strong` | known: `binding`, `arrangement`, `political`",
            "5:1 unknown key `colour` | known: `schema`, `id`, `title`, `force`, `parties`, `relies_on`, `act`, `duration`, `survival`, `clause`",
            r#"6:1 an act needs `kind` | add `kind = "entered-into-force"`"#,
            "7:6 `USA` is not a party of this agreement | known: `JPN`, `KOR`",
            "10:12 there is no clause `9` | known: `6.a`",
            r#"11:1 a `third-party` clause needs `blocks` | add `blocks = ["release", "display"]`"#,
        ],
    );
}

#[test]
fn national_rules() {
    let told_of = |text: &str| told(text, &national::parse(text).expect_err("the text is broken"));
    assert_eq!(
        told_of("schema = \"entente.agreement/1\""),
        [r#"1:10 unknown schema `entente.agreement/1` | this reads `schema = "entente.national/1"`"#]
    );
    assert_eq!(
        told_of("schema = \"entente.national/1\"\nprefers = []"),
        [r#"1:1 the file needs `party` | add `party = "JPN"`"#, "2:1 unknown key `prefers` | did you mean `prefer`?"]
    );
    let head = "schema = \"entente.national/1\"\nparty = \"JPN\"\n";
    assert_eq!(
        told_of(&format!("{head}[[delegation]]\n[[restriction]]")),
        [
            r#"3:1 a delegation needs `subjects` | add `subjects = ["dprk-missile"]`"#,
            r#"3:1 a delegation needs `to` | add `to = ["KOR"]`"#,
            r#"3:1 a delegation needs `max` | add `max = "SECRET"`"#,
            r#"3:1 a delegation needs `actions` | add `actions = ["release"]`"#,
            r#"4:1 a restriction needs `subjects` | add `subjects = ["imagery-sources"]`"#,
            r#"4:1 a restriction needs `to` | add `to = ["*"]`"#,
            r#"4:1 a restriction needs `reason` | add `reason = "…"`"#
        ]
    );
    assert_eq!(
        told_of(&format!(
            "{head}[[delegation]]\nsubjects = [\"*\", \"x\"]\nto = [\"kor\"]\nmax = \"secret\"\nactions = [\"all\"]"
        )),
        [
            r#"4:12 `*` stands beside others in `subjects` | write `["*"]` alone, or only names"#,
            "5:7 `kor` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`",
            "6:7 unknown level `secret` | did you mean `SECRET`?",
            "7:12 unknown action `all` | known: `release`, `display`"
        ]
    );
    let rules =
        national::parse(&format!("{head}[[restriction]]\nsubjects = [\"*\"]\nto = [\"*\"]\nreason = \"no\"")).unwrap();
    assert_eq!((&rules.restrictions[0].subjects, &rules.restrictions[0].to), (&Set::Any, &Set::Any));
}

// ---- Several files

#[test]
fn a_set_is_checked_across_files() {
    let file = |id: &str, relies_on: &str| {
        BINDING.replace("a-b-2020", id).replace("binding", "arrangement") + &format!("relies_on = [{relies_on}]\n")
    };
    let told_of = |files: &[(&str, String)]| {
        let problems = match agreement::parse_set(files) {
            Ok(set) => set.warnings,
            Err(problems) => problems,
        };
        let lines = problems.into_iter().map(|found| {
            let (_, text) = files.iter().find(|(name, _)| *name == found.file).unwrap();
            format!("{}:{}", found.file, told(text, &[found.problem]).concat())
        });
        lines.collect::<Vec<String>>()
    };
    assert_eq!(
        told_of(&[("1.toml", BINDING.into()), ("2.toml", BINDING.into())]),
        ["2.toml:2:6 the id `a-b-2020` is already that of `1.toml` | one file is one agreement: rename or remove one"]
    );
    assert_eq!(
        told_of(&[("1.toml", file("c", "\"d\", \"e\"")), ("2.toml", BINDING.replace("a-b-2020", "e"))]),
        ["1.toml:6:14 no file has the agreement `d` | until one does, `c` is not in force"]
    );
    let circle =
        [("1.toml", file("c", "\"a-b-2020\", \"d\"")), ("2.toml", file("d", "\"e\"")), ("3.toml", file("e", "\"c\""))];
    assert_eq!(
        told_of(&circle),
        [
            "1.toml:6:26 `c` relies on itself by way of `d` | remove one of the `relies_on` entries of the circle",
            "2.toml:6:14 `d` relies on itself by way of `e` | remove one of the `relies_on` entries of the circle",
            "3.toml:6:14 `e` relies on itself by way of `c` | remove one of the `relies_on` entries of the circle"
        ]
    );
    assert_eq!(
        told_of(&[("1.toml", "schema = 1".into()), ("2.toml", BINDING.replace("KOR", "kor"))]),
        [
            r#"1.toml:1:10 `schema` must be a string, not an integer | write `schema = "entente.agreement/1"`"#,
            "2.toml:5:19 `kor` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`"
        ]
    );
    let set = agreement::parse_set(&[("1.toml", file("c", "\"d\""))]).expect("a missing agreement is no error");
    assert_eq!((set.agreements.len(), set.warnings.len()), (1, 1));
}

// ---- Properties

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z極秘군사\"\\\\#'=\\[\\]\u{7f}-\u{2fff} \n\t]{0,12}[a-z極]"
        .prop_filter("control characters are refused", |text| {
            !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        })
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.極-]{1,12}"
}

fn kebab() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}"
}

fn distinct<T: From<String> + Debug>(one: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::btree_set(one, 1..4).prop_map(|all| all.into_iter().map(T::from).collect())
}

fn set<T: From<String> + Clone + Debug>(one: impl Strategy<Value = String>) -> impl Strategy<Value = Set<T>> {
    prop_oneof![1 => Just(Set::Any), 4 => distinct(one).prop_map(Set::Of)]
}

fn one_of<T: Copy + Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn some_of<T: Copy + Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(all, 1..=all.len())
}

const ACTIONS: &[Action] = &[Action::Release, Action::Display];
const LEVELS: &[Level] = &Level::ALL;
const PARTIES: &[&str] = &["JPN", "KOR", "USA", "P-4"];

fn party() -> impl Strategy<Value = Party> {
    one_of(PARTIES).prop_map(Party::from)
}

fn date() -> impl Strategy<Value = Date> {
    (0..=9999_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        (1..=u16::MAX).prop_map(Period::Years),
        (1..=u16::MAX).prop_map(Period::Months),
        (1..=u32::MAX).prop_map(Period::Days),
    ]
}

fn deadline() -> impl Strategy<Value = Option<Period>> {
    prop::option::of(prop_oneof![period(), (1..=u32::MAX).prop_map(Period::Hours)])
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // The level in the term keeps terms of different rows apart.
    let terms = || prop::collection::vec(distinct::<String>(text()), PARTIES.len());
    let row = move |level: Level| {
        (terms(), prop::sample::subsequence(PARTIES, 0..=PARTIES.len())).prop_map(move |(terms, parties)| {
            let mut named: Vec<_> = parties
                .into_iter()
                .zip(terms)
                .map(|(party, terms)| (Party::from(party), terms.iter().map(|term| format!("{term}{level}")).collect()))
                .collect();
            named.sort();
            Row { level, terms: named }
        })
    };
    (LEVELS.iter().copied().map(row).collect::<Vec<_>>(), 1..=LEVELS.len()).prop_map(|(mut rows, count)| {
        rows.rotate_left(count - 1);
        rows.truncate(count);
        rows
    })
}

fn pairs() -> impl Strategy<Value = Vec<(Party, Party)>> {
    let all: Vec<(Party, Party)> = PARTIES
        .iter()
        .flat_map(|from| PARTIES.iter().filter(move |to| *to != from).map(|to| ((*from).into(), (*to).into())))
        .collect();
    let count = all.len();
    prop::sample::subsequence(all, 1..=count)
}

fn kind(force: Force) -> impl Strategy<Value = Kind> {
    use prop::option::of;
    let political = prop_oneof![
        (distinct(kebab()), text(), deadline()).prop_map(|(triggers, when, within)| Kind::Consult {
            triggers,
            when,
            within
        }),
        (text(), period(), of(text())).prop_map(|(body, every, level)| Kind::Meet { body, every, level }),
        (party(), text(), of(date())).prop_map(|(owner, what, due)| Kind::Commit { owner, what, due }),
        (
            prop_oneof![Just(Audience::Public), distinct("[A-Z][A-Z0-9-]{1,31}").prop_map(Audience::Parties)],
            text(),
            text()
        )
            .prop_map(|(to, what, when)| Kind::Transparency { to, what, when }),
        Just(Kind::NoDutyToShare),
    ];
    let purposes = distinct("[b-z][a-z]{0,8}").prop_map(AllowedPurpose::Of);
    let legal = prop_oneof![
        (set(word()), of(pairs())).prop_map(|(subjects, pairs)| Kind::Scope { subjects, pairs }),
        (one_of(LEVELS), rows()).prop_map(|(ceiling, rows)| Kind::Equivalence { ceiling, rows }),
        (some_of(ACTIONS), one_of(&[Exempts::Parties, Exempts::None]), any::<bool>()).prop_map(
            |(blocks, exempts, label_counts_as_approval)| Kind::ThirdParty {
                blocks,
                exempts,
                label_counts_as_approval
            }
        ),
        prop_oneof![Just(AllowedPurpose::AsProvided), purposes].prop_map(|allowed| Kind::Purpose { allowed }),
        distinct(word()).prop_map(|channels| Kind::Transmission { channels }),
        one_of(Mark::ALL).prop_map(|mark| Kind::Marking { mark }),
        some_of(Access::ALL).prop_map(|requires| Kind::Access { requires }),
        (one_of(RetentionEvent::ALL), one_of(RetentionAction::ALL), deadline())
            .prop_map(|(on, action, within)| Kind::Retention { on, action, within }),
        (kebab(), one_of(Notifier::ALL), text(), deadline()).prop_map(|(event, by, when, within)| Kind::Notify {
            event,
            by,
            when,
            within
        }),
        (any::<bool>(), of(text())).prop_map(|(allowed, conditions)| Kind::Contractor { allowed, conditions }),
    ];
    let legal_weight = u32::from(force != Force::Political);
    prop_oneof![2 * legal_weight => legal, 1 => political]
}

fn a_clause(force: Force) -> impl Strategy<Value = Clause> {
    let basis = one_of(&[Basis::Text, Basis::Summary, Basis::Assumed]);
    (word(), prop::option::of(text()), prop::option::of(text()), basis, kind(force))
        .prop_map(|(id, title, note, basis, kind)| Clause { id: id.into(), title, note, basis, kind })
}

fn an_act() -> impl Strategy<Value = Act> {
    let by = prop_oneof![Just(Actor::All), party().prop_map(Actor::Party)];
    let disputed_by = prop::sample::subsequence(PARTIES, 0..=PARTIES.len());
    (by, date(), one_of(&ActKind::ALL), prop::option::of(word()), disputed_by).prop_map(
        |(by, date, kind, article, disputed_by)| {
            let admits = (kind == ActKind::Admitted).then(|| "NEW-PARTY".into());
            let disputed_by = disputed_by.into_iter().map(Party::from).filter(|party| !by.includes(party)).collect();
            Act { by, date, kind, article: article.map(Into::into), admits, disputed_by }
        },
    )
}

fn a_duration() -> impl Strategy<Value = Duration> {
    (prop::option::of(word()), prop::option::of(period()), any::<bool>(), any::<u32>()).prop_map(
        |(article, term, never, notice_days)| {
            let renews = if never && term.is_some() { Renewal::Never } else { Renewal::Automatic };
            Duration { article: article.map(Into::into), term, renews, notice_days }
        },
    )
}

fn an_agreement() -> impl Strategy<Value = Agreement> {
    let forces = one_of(&[Force::Binding, Force::Arrangement, Force::Political]);
    let body = |force| {
        let clauses = prop::collection::vec(a_clause(force), 0..6);
        let acts = prop::collection::vec(an_act(), 0..4);
        let duration = prop::option::of(a_duration());
        (
            Just(force),
            kebab(),
            text(),
            distinct(kebab()),
            clauses,
            acts,
            duration,
            prop::option::of(word()),
            any::<bool>(),
        )
    };
    forces.prop_flat_map(body).prop_map(|(force, id, title, relied, clauses, acts, duration, article, survives)| {
        let mut survivors: Vec<_> = clauses.iter().map(|clause: &Clause| clause.id.clone()).collect();
        survivors.sort();
        survivors.dedup();
        let survival = (survives && !survivors.is_empty())
            .then(|| Survival { article: article.map(Into::into), clauses: survivors });
        // The prefix keeps an arrangement from relying on itself.
        let relied = relied.into_iter().map(|other: String| format!("on-{other}").into()).collect();
        let mut agreement = Agreement {
            id: id.into(),
            title,
            force,
            parties: PARTIES.iter().map(|code| Party::from(*code)).collect(),
            relies_on: if force == Force::Arrangement { relied } else { Vec::new() },
            clauses,
            duration,
            survival,
            hash: InstrumentHash([0; 32]),
            acts,
        };
        agreement.hash = agreement::hash(&agreement);
        agreement
    })
}

fn rules() -> impl Strategy<Value = National> {
    let codes = || "[A-Z][A-Z0-9-]{1,31}";
    let delegation = (set(word()), set(codes()), one_of(LEVELS), some_of(ACTIONS))
        .prop_map(|(subjects, to, max, actions)| Delegation { subjects, to, max, actions });
    let restriction =
        (set(word()), set(codes()), text()).prop_map(|(subjects, to, reason)| Restriction { subjects, to, reason });
    let many = 0..4;
    (
        codes(),
        prop_oneof![Just(Vec::new()), distinct(kebab())],
        prop::collection::vec(delegation, many.clone()),
        prop::collection::vec(restriction, many),
    )
        .prop_map(|(party, prefer, delegations, restrictions)| National {
            party: party.into(),
            prefer,
            delegations,
            restrictions,
        })
}

/// Replaces a stretch of `text` by `patch`, wherever characters allow.
fn mutated(text: &str, start: usize, length: usize, patch: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = start % characters.len();
    let end = (start + length).min(characters.len());
    characters[..start].iter().copied().chain(patch.chars()).chain(characters[end..].iter().copied()).collect()
}

fn read_all(text: &str) {
    for problems in [agreement::parse(text).err(), national::parse(text).err()].into_iter().flatten() {
        assert!(!problems.is_empty(), "a refusal has a reason");
        for problem in problems {
            assert!(problem.at.start <= problem.at.end && problem.at.end <= text.len());
            assert!(text.get(problem.at.clone()).is_some(), "the place lies between characters");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(agreement in an_agreement()) {
        let written = agreement::write(&agreement);
        let read = agreement::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&agreement), "{}", written);
        prop_assert_eq!(agreement::write(&agreement), written);
    }

    #[test]
    fn a_political_text_is_read_exactly_when_all_its_clauses_are_political(agreement in an_agreement()) {
        let political = agreement.clauses.iter().all(|clause| clause.kind.is_political());
        let agreement = Agreement { force: Force::Political, relies_on: Vec::new(), ..agreement };
        prop_assert_eq!(agreement::parse(&agreement::write(&agreement)).is_ok(), political);
    }

    #[test]
    fn rules_that_are_written_are_read_back(rules in rules()) {
        let written = national::write(&rules);
        let read = national::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&rules), "{}", written);
    }

    #[test]
    fn the_canonical_form_is_json_and_ignores_acts_and_the_order_of_parties(agreement in an_agreement()) {
        let canonical = agreement::canonical(&agreement);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&canonical).is_ok());
        let mut other = agreement;
        other.acts.clear();
        other.parties.reverse();
        other.relies_on.reverse();
        prop_assert_eq!(agreement::canonical(&other), canonical);
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn nothing_like_toml_makes_the_parsers_panic(
        text in "(schema = \"entente.(agreement|national)/1\"\n)?([a-z_]{1,8}|\\[\\[?|\\]\\]?|[{}=,.\"'#\n]|[0-9-]{1,4}|act|clause|rows|極| ){0,60}"
    ) {
        read_all(&text);
    }

    #[test]
    fn no_mutation_of_an_example_makes_the_parsers_panic(
        file in any::<prop::sample::Index>(),
        start in any::<usize>(),
        length in 0..40_usize,
        patch in "[a-zA-Z\"\\[\\]{}=,.#*極\n 0-9-]{0,12}",
    ) {
        let files: Vec<_> = examples("agreements").into_iter().chain(examples("national")).collect();
        let (_, text) = file.get(&files);
        read_all(&mutated(text, start, length, &patch));
    }
}
