//! What a reader is told about a broken file: sound texts to break, and how problems are compared.

use entente_formats::{Problem, agreement};

/// Five sound lines.
pub(crate) const BINDING: &str = r#"schema = "entente.agreement/1"
id = "a-b-2020"
title = "On sharing"
force = "binding"
parties = ["JPN", "KOR"]
"#;

/// Puts `rest` below five sound lines, so that it begins in line 6.
pub(crate) fn below(rest: &str) -> String {
    format!("{BINDING}{rest}")
}

/// One clause below the five lines; the text begins in line 7.
pub(crate) fn clause(rest: &str) -> String {
    below(&format!("[[clause]]\n{rest}"))
}

/// Each problem as `line:column message | help`.
pub(crate) fn told(text: &str, problems: &[Problem]) -> Vec<String> {
    let lines = problems.iter().map(|problem| {
        let (line, column) = problem.line_and_column(text);
        let help = problem.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}", problem.message)
    });
    lines.collect()
}

#[track_caller]
pub(crate) fn check(text: impl AsRef<str>, expected: &[&str]) {
    let text = text.as_ref();
    let problems = agreement::parse(text).expect_err("the text is broken");
    assert_eq!(told(text, &problems), expected, "\n---\n{text}");
}
