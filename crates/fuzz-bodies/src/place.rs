//! Where problems lie: inside the text, between characters, so that every editor and every report can point there.

use entente_formats::Problem;

/// Holds the place of `problem` against the text that has it.
pub(crate) fn require_inside(text: &str, problem: &Problem) {
    let at = problem.at.clone();
    assert!(at.start <= at.end && at.end <= text.len(), "{problem}: {at:?} in a text of {} bytes", text.len());
    assert!(text.get(at.clone()).is_some(), "{problem}: {at:?} cuts a character");
    let (line, column) = problem.line_and_column(text);
    let lines = text.split('\n').count();
    assert!((1..=lines).contains(&line) && column >= 1, "{problem}: line {line}, column {column} of {lines} lines");
    assert!(!problem.message.is_empty(), "a problem at {at:?} says nothing");
}

/// The same for all problems of one text: some, not more than a hundred, in the order of their places.
pub(crate) fn require_all_inside(text: &str, problems: &[Problem]) {
    assert!(!problems.is_empty() && problems.len() <= 100, "{} problems", problems.len());
    problems.iter().for_each(|problem| require_inside(text, problem));
    assert!(problems.is_sorted_by_key(|problem| (problem.at.start, problem.at.end)), "not in order: {problems:?}");
}
