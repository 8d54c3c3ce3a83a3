//! A decision as a disclosure officer reads it. The words are those of `entente_core::explain`; this is where they stand.

use std::io::Write;

use entente_core::{
    decide::{Decision, Verdict},
    explain,
    world::World,
};
use entente_server::api::{DecisionView, LineView};
use unicode_width::UnicodeWidthStr;

use crate::{
    columns::{printable, wrap},
    console::Console,
    failure::Failure,
};

/// Between two columns.
const GAP: usize = 2;

/// Writes the explanation of a decision. `label` is the record's label in its canonical text.
pub(crate) fn write(console: &mut Console, world: &World<'_>, decision: &Decision, label: &str) -> Result<(), Failure> {
    let (permit, language) = (decision.verdict() == Verdict::Permit, console.language());
    let lines = explain::lines(world, decision, label, language).into_iter().map(LineView::from).collect::<Vec<_>>();
    write_lines(console, permit, &explain::headline(decision, language), &lines)
}

/// Writes the explanation of a decision that a node took.
pub(crate) fn write_view(console: &mut Console, view: &DecisionView) -> Result<(), Failure> {
    let permit = view.answer.verdict == Verdict::Permit.as_str();
    write_lines(console, permit, &view.headline, &view.lines)
}

fn write_lines(console: &mut Console, permit: bool, headline: &str, lines: &[LineView]) -> Result<(), Failure> {
    let (palette, width) = (console.palette(), console.width());
    let headline = &*printable(headline);
    let (verdict, rest) = headline.split_once(' ').unwrap_or((headline, ""));
    let style = if permit { palette.permit } else { palette.deny };
    writeln!(console, "{style}{verdict}{style:#} {rest}")?;

    let heading_width = lines.iter().map(|line| line.heading.width()).max().unwrap_or_default();
    let left = width.saturating_sub(heading_width + GAP);
    // A subject that is longer than half of what is left has lines of its own, with its text below.
    let cap = left / 2;
    let subject_width = lines
        .iter()
        .filter(|line| !line.text.is_empty())
        .map(|line| line.subject.width())
        .filter(|width| *width <= cap)
        .max()
        .unwrap_or_default();
    let text_width = left.saturating_sub(subject_width + GAP);

    let dim = palette.dim;
    let mut last: &str = "";
    for line in lines {
        // A heading that repeats is said once.
        let heading: &str = if line.heading == last { "" } else { &line.heading };
        last = &line.heading;
        let margin = " ".repeat(heading_width - heading.width() + GAP);
        let indent = " ".repeat(heading_width + GAP);
        if heading.is_empty() {
            write!(console, "{indent}")?;
        } else {
            write!(console, "{dim}{heading}{dim:#}{margin}")?;
        }
        if line.text.is_empty() || line.subject.width() > subject_width {
            let mut below = wrap(&line.subject, left);
            if !line.text.is_empty() {
                below.extend(wrap(&line.text, left));
            }
            writeln!(console, "{}", below.join(&format!("\n{indent}")))?;
        } else {
            let beside = wrap(&line.text, text_width).join(&format!("\n{indent}{:1$}", "", subject_width + GAP));
            let space = subject_width - line.subject.width() + GAP;
            writeln!(console, "{}{:space$}{beside}", printable(&line.subject), "")?;
        }
    }
    Ok(())
}
