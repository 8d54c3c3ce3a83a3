//! How the wording of two texts differs.

use entente_formats::agreement::{self, ClauseChange, FieldChange};

use crate::canonical::SMALL;

/// Each change of a clause in one line.
fn lines(before: &str, after: &str) -> Vec<String> {
    let changes = agreement::compare(&agreement::parse(before).unwrap(), &agreement::parse(after).unwrap());
    let words = |fields: &[FieldChange]| {
        let one = |change: &FieldChange| {
            let side = |value: &Option<serde_json::Value>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!(" {} {} {}", change.field, side(&change.before), side(&change.after))
        };
        fields.iter().map(one).collect::<String>()
    };
    let clause = |change: &ClauseChange| match change {
        ClauseChange::Added(clause) => format!("added {} {}", clause.id, clause.kind.name()),
        ClauseChange::Removed(clause) => format!("removed {} {}", clause.id, clause.kind.name()),
        ClauseChange::Moved { before, after, fields } => format!("moved {} {}{}", before.id, after.id, words(fields)),
        ClauseChange::Changed { after, fields, .. } => format!("changed {}{}", after.id, words(fields)),
    };
    let head = changes.fields.iter().map(|change| format!("head{}", words(std::slice::from_ref(change))));
    head.chain(changes.clauses.iter().map(clause)).collect()
}

#[test]
fn a_text_does_not_differ_from_itself_in_another_form() {
    let other = SMALL.replace("[\"USA\", \"JPN\"]", "[\"JPN\", \"USA\"]").replace("signed", "ratified");
    assert_eq!(lines(SMALL, &other), Vec::<String>::new());
}

#[test]
fn fields_are_named_with_what_they_were() {
    let after = SMALL
        .replace("\"On sharing\"", "\"On sharing more\"")
        .replace("ceiling = \"SECRET\"", "ceiling = \"TOP SECRET\"")
        .replace("JPN = [\"極秘\"]", "JPN = [\"極秘\", \"特定秘密\"]")
        .replace("blocks = [\"release\"]", "blocks = [\"release\"]\nexempts = \"none\"\n[duration]\nterm = \"1y\"");
    assert_eq!(
        lines(SMALL, &after),
        [
            "head title \"On sharing\" \"On sharing more\"",
            "head duration.term - \"1y\"",
            "head duration.renews - \"automatic\"",
            "head duration.notice_days - 0",
            "changed 4 ceiling \"SECRET\" \"TOP SECRET\" rows.SECRET.JPN [\"極秘\"] [\"極秘\",\"特定秘密\"]",
            "changed 6 exempts \"parties\" \"none\"",
        ]
    );
}

#[test]
fn a_clause_that_says_the_same_elsewhere_has_moved() {
    // What was article 6 is 7 now, and 6 is another clause of the same kind: no change of 6.
    let after = SMALL.replace(
        "[[clause]]\nid = \"6\"",
        "[[clause]]\nid = \"6\"\nkind = \"third-party\"\nblocks = [\"display\"]\n[[clause]]\nid = \"7\"\nbasis = \"summary\"",
    );
    assert_eq!(lines(SMALL, &after), ["added 6 third-party", "moved 6 7 basis \"text\" \"summary\""]);
    assert_eq!(lines(&after, SMALL), ["moved 7 6 basis \"summary\" \"text\"", "removed 6 third-party"]);
}
