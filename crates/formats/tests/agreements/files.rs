//! What a reader is told about a broken file, but for its clauses.

use entente_core::agreement::clause::Set;
use entente_formats::{agreement, national};

use crate::told::{BINDING, below, check, told};

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
