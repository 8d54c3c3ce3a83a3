//! What is allowed and odd.

use entente_formats::agreement;

use crate::{
    examples::examples,
    told::{below, clause, told},
};

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(told(text, &agreement::oddities(text)), expected, "\n---\n{text}");
}

fn acts(acts: &[(&str, &str, &str)]) -> String {
    let all = acts.iter().map(|(by, date, kind)| format!("[[act]]\nby = \"{by}\"\ndate = {date}\nkind = \"{kind}\"\n"));
    below(&all.collect::<String>())
}

#[test]
fn acts_that_change_nothing() {
    check(
        &acts(&[
            ("*", "2020-01-01", "signed"),
            ("*", "2021-01-01", "entered-into-force"),
            ("KOR", "2022-01-01", "resumed"),
        ]),
        &["14:1 `resumed` of 2022-01-01 changes nothing | nothing is suspended; see `entente agreement timeline`"],
    );
    // Without a term and without days of notice it takes effect at once: the same day is too late to withdraw it.
    check(
        &acts(&[
            ("*", "2021-01-01", "entered-into-force"),
            ("KOR", "2022-01-01", "notice-of-termination"),
            ("KOR", "2022-01-01", "notice-withdrawn"),
        ]),
        &[
            "14:1 `notice-withdrawn` of 2022-01-01 changes nothing | no notice of this party runs on that day; see `entente agreement timeline`",
        ],
    );
    check(
        &acts(&[("JPN", "2021-01-01", "entered-into-force"), ("KOR", "2020-01-01", "notice-of-termination")]),
        &[
            "10:1 this act of 2020-01-01 stands after a later one | acts count by their days; write them in that order",
            "10:1 `notice-of-termination` of 2020-01-01 changes nothing | the text is not in force on that day, or a notice runs already; see `entente agreement timeline`",
        ],
    );
}

#[test]
fn clauses_that_hardly_mean_it() {
    check(
        &clause(
            "id = \"6\"\nkind = \"third-party\"\nblocks = [\"display\"]\n[[clause]]\nid = \"6\"\nkind = \"third-party\"\nblocks = [\"display\"]",
        ),
        &[
            "6:1 clause `6` blocks display to others and not release | who may not show it hardly may give it; add `\"release\"`, or a `note`",
            "10:1 clause `6` is there twice | several clauses may share an article, but two that are the same say no more than one",
            "10:1 clause `6` blocks display to others and not release | who may not show it hardly may give it; add `\"release\"`, or a `note`",
        ],
    );
    check(
        &clause("id = \"4\"\nkind = \"equivalence\"\nceiling = \"CONFIDENTIAL\"\nrows = [{ level = \"SECRET\" }]"),
        &[
            "6:1 the row for SECRET is above the ceiling CONFIDENTIAL | nothing of that level is covered; the row only names the terms",
        ],
    );
}

#[test]
fn nothing_is_odd_in_the_examples() {
    for (name, text) in examples("agreements") {
        assert_eq!(agreement::oddities(&text), [], "{name}");
    }
}
