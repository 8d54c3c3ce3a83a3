//! What happened in a run, a line for each step: when, who, what, and how it ended.

use std::fmt::Write;

use entente_core::Party;

/// The most lines that are shown of one run.
const SHOWN: usize = 150;

struct Line {
    at: u64,
    who: Vec<Party>,
    text: String,
}

/// The lines of a run so far.
#[derive(Default)]
pub struct Story(Vec<Line>);

impl Story {
    /// Adds a line about these parties.
    pub fn tell(&mut self, at: u64, who: &[&Party], text: impl Into<String>) {
        let who = who.iter().map(|party| (*party).clone()).collect();
        self.0.push(Line { at, who, text: text.into() });
    }

    /// The lines in which one of these takes part, or that are about nobody; all of them when nobody is named. The last
    /// ones when there are too many.
    pub fn about(&self, who: &[Party]) -> String {
        let is_meant =
            |line: &&Line| who.is_empty() || line.who.is_empty() || line.who.iter().all(|party| who.contains(party));
        let lines: Vec<&Line> = self.0.iter().filter(is_meant).collect();
        let left_out = lines.len().saturating_sub(SHOWN);
        let mut text = String::new();
        if left_out > 0 {
            let _ = writeln!(text, "  … {left_out} earlier lines");
        }
        for Line { at, who, text: words } in lines.iter().skip(left_out) {
            let names: Vec<&str> = who.iter().map(Party::as_str).collect();
            let (seconds, rest) = (at / 1000, at % 1000);
            let _ = writeln!(text, "  {seconds:>5}.{rest:03}  {:<9} {words}", names.join(" "));
        }
        text
    }
}
