//! What is wrong with a text, shown at its place: as a drawing in a terminal, else as plain lines that editors and other
//! programs can read.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use entente_formats::Problem;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::columns::printable;

/// A text that was read, and the name that it goes by; an argument has none.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path of the file, as the user gave it.
    pub(crate) name: Option<Arc<str>>,
    /// The whole text.
    pub(crate) text: Arc<str>,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The text cannot be used.
    Error,
    /// It can, but somebody ought to know.
    Warning,
}

/// One thing to say about a text.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// How much it matters.
    pub(crate) severity: Severity,
    /// The text.
    pub(crate) source: Source,
    /// What, and where in the text.
    pub(crate) problem: Problem,
}

/// How reports look.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Drawn, with colour.
    Graphical {
        /// Columns of the terminal.
        width: usize,
    },
    /// `file:line:column: what is wrong`, the line with a caret, and the help.
    Plain,
}

impl Form {
    fn handler(width: usize) -> GraphicalReportHandler {
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(width)
    }

    /// A message that is about no place in a text.
    pub(crate) fn message(self, message: &str, causes: &[String], help: Option<&str>) -> String {
        let mut text = format!("error: {}\n", lines(message));
        for cause in causes {
            text.push_str(&format!("  {}\n", lines(cause)));
        }
        if let Some(help) = help {
            text.push_str(&format!("  help: {}\n", lines(help)));
        }
        text
    }
}

/// A finding as the machine interface spells it.
#[derive(Serialize)]
pub(crate) struct FindingJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: usize,
    column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

impl Finding {
    /// An error in a text.
    pub(crate) fn error(source: &Source, problem: Problem) -> Self {
        Self { severity: Severity::Error, source: source.clone(), problem }
    }

    /// A warning about a text.
    pub(crate) fn warning(source: &Source, problem: Problem) -> Self {
        Self { severity: Severity::Warning, source: source.clone(), problem }
    }

    /// As the machine interface spells it.
    pub(crate) fn json(&self) -> FindingJson<'_> {
        let (line, column) = self.problem.line_and_column(&self.source.text);
        FindingJson {
            file: self.source.name.as_deref(),
            line,
            column,
            message: &self.problem.message,
            help: self.problem.help.as_deref(),
        }
    }

    /// The report, ending in a new line.
    pub(crate) fn render(&self, form: Form) -> String {
        match form {
            Form::Plain => self.plain(),
            Form::Graphical { width } => {
                let mut text = String::new();
                match Form::handler(width).render_report(&mut text, &Drawing::of(self)) {
                    Ok(()) => text + "\n",
                    Err(fmt::Error) => self.plain(),
                }
            }
        }
    }

    fn plain(&self) -> String {
        let (line, column) = self.problem.line_and_column(&self.source.text);
        let place = match &self.source.name {
            Some(name) => format!("{name}:{line}:{column}: "),
            None => String::new(),
        };
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let excerpt = Excerpt::of(&blanked(&self.source.text), line, column, self.problem.at.len());
        let mut text = format!("{place}{word}: {}\n", printable(&self.problem.message));
        if !excerpt.text.is_empty() {
            text.push_str(&format!("  {}\n  {}{}\n", excerpt.text, " ".repeat(excerpt.before), excerpt.carets));
        }
        if let Some(help) = &self.problem.help {
            text.push_str(&format!("  help: {}\n", printable(help)));
        }
        text
    }
}

/// One line of a text, and the place in it, measured in columns of a terminal.
struct Excerpt {
    text: String,
    before: usize,
    carets: String,
}

impl Excerpt {
    /// Characters shown before and after the place when the line is long.
    const MARGIN: usize = 60;

    fn of(text: &str, line: usize, column: usize, length: usize) -> Self {
        let line: Vec<char> = text.lines().nth(line - 1).unwrap_or_default().chars().collect();
        let start = (column - 1).min(line.len());
        let (before, rest) = line.split_at(start);
        let mut bytes = 0;
        let marked: Vec<char> = rest
            .iter()
            .copied()
            .take_while(|c| {
                bytes += c.len_utf8();
                bytes <= length
            })
            .collect();
        let after = rest.get(marked.len()..).unwrap_or_default();

        let cut = before.len().saturating_sub(Self::MARGIN);
        let mut lead: String = if cut > 0 { "…".into() } else { String::new() };
        lead.extend(before.iter().skip(cut).copied());
        let marked: String = marked.into_iter().collect();
        let mut tail: String = after.iter().take(Self::MARGIN).copied().collect();
        if after.len() > Self::MARGIN {
            tail.push('…');
        }
        Self { before: lead.width(), carets: "^".repeat(marked.width().max(1)), text: lead + &marked + tail.trim_end() }
    }
}

/// Our own words may have several lines.
fn lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// The text with blanks for what a terminal would not show as text; every byte keeps its place.
fn blanked(text: &str) -> String {
    let blank = |c: char| c != '\n' && !matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_));
    let mut blanked = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if blank(c) { blanked.extend(std::iter::repeat_n(' ', c.len_utf8())) } else { blanked.push(c) }
    }
    blanked
}

/// A finding as the drawing library takes it.
struct Drawing<'a> {
    finding: &'a Finding,
    source: Box<dyn SourceCode>,
    at: Range<usize>,
}

impl<'a> Drawing<'a> {
    fn of(finding: &'a Finding) -> Self {
        let (mut text, mut at) = (blanked(&finding.source.text), finding.problem.at.clone());
        if at.start >= text.len() {
            // What is missing at the end is drawn at a blank behind the end; the library draws nothing outside the text.
            at = text.len()..text.len() + 1;
            text.push(' ');
        }
        let source: Box<dyn SourceCode> = match &finding.source.name {
            Some(name) => Box::new(NamedSource::new(name, text)),
            None => Box::new(text),
        };
        Self { finding, source, at }
    }
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.finding, f)
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.finding.problem.message))
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.finding.problem.help.as_ref().map(|help| Box::new(printable(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.at.clone()))))
    }
}
