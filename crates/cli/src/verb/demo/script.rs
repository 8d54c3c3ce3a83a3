//! The steps of the demo as they are told and counted.

use std::{collections::BTreeSet, io::Write};

use entente_server::api::DecisionView;

use crate::{console::Console, explanation, failure::Failure};

/// Tells the steps, and counts those that went as expected.
pub(super) struct Script<'a> {
    console: &'a mut Console,
    steps: usize,
    as_expected: usize,
    open: Option<bool>,
    /// Duties that were shown already.
    duties: BTreeSet<(String, String)>,
}

impl<'a> Script<'a> {
    pub(super) fn new(console: &'a mut Console) -> Self {
        Self { console, steps: 0, as_expected: 0, open: None, duties: BTreeSet::new() }
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: &str) -> Result<(), Failure> {
        self.end();
        self.steps += 1;
        self.open = Some(true);
        let bold = self.console.palette().bold;
        writeln!(self.console, "\n{bold}{}. {title}{bold:#}", self.steps)?;
        Ok(self.console.flush()?)
    }

    /// Says something that the step shows.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.console, "   {text}")?;
        Ok(self.console.flush()?)
    }

    /// Shows a decision; duties are told once.
    pub(super) fn decision(&mut self, decision: &DecisionView) -> Result<(), Failure> {
        let mut shown = decision.clone();
        shown
            .lines
            .retain(|line| line.heading != "Duty" || self.duties.insert((line.subject.clone(), line.text.clone())));
        explanation::write_view(self.console, &shown)
    }

    /// Checks something; the step is as expected only when all of its checks hold.
    pub(super) fn check(&mut self, what: &str, holds: bool) -> Result<(), Failure> {
        let palette = self.console.palette();
        let (style, word) = if holds { (palette.permit, "ok") } else { (palette.deny, "NOT AS EXPECTED") };
        writeln!(self.console, "   {style}{word}{style:#}  {what}")?;
        self.open = self.open.map(|so_far| so_far && holds);
        Ok(self.console.flush()?)
    }

    fn end(&mut self) {
        if self.open.take() == Some(true) {
            self.as_expected += 1;
        }
    }

    /// Ends the last step and says how many were as expected; whether all were.
    pub(super) fn close(mut self) -> Result<bool, Failure> {
        self.end();
        writeln!(self.console, "\ndemo: {} of {} steps as expected", self.as_expected, self.steps)?;
        self.console.flush()?;
        Ok(self.as_expected == self.steps)
    }
}
