//! Standard output and standard error: how wide they are, and whether they take colour.
//!
//! Colour says nothing that the words do not say as well. The key type is [`Console`].

use std::{
    env,
    error::Error,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::Path,
};

use anstyle::{AnsiColor, Style};
use entente_core::explain::Language;
use serde::Serialize;

use crate::{
    columns::printable,
    failure::Failure,
    report::{self, Finding},
};

/// Wide enough for a sentence, narrow enough to read.
const DEFAULT_WIDTH: usize = 100;
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// Styles of standard output; all plain when it takes no colour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    /// A yes.
    pub(crate) permit: Style,
    /// A no.
    pub(crate) deny: Style,
    /// Headings of columns and lines.
    pub(crate) dim: Style,
    /// Titles.
    pub(crate) bold: Style,
}

impl Palette {
    fn coloured() -> Self {
        Self {
            permit: AnsiColor::Green.on_default().bold(),
            deny: AnsiColor::Red.on_default().bold(),
            dim: Style::new().dimmed(),
            bold: Style::new().bold(),
        }
    }
}

/// Where a verb writes.
pub(crate) struct Console {
    out: BufWriter<Stdout>,
    palette: Palette,
    width: usize,
    reports: report::Form,
    language: Option<Language>,
}

impl Console {
    /// Standard output and standard error of this process. Explanations are in `language`, where a person chose one.
    pub(crate) fn of_process(language: Option<Language>) -> Self {
        let takes_colour = |is_terminal: bool| {
            let set = |name| env::var_os(name).filter(|value| !value.is_empty());
            is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
        };
        let width = width();
        Self {
            out: BufWriter::with_capacity(64 * 1024, io::stdout()),
            palette: if takes_colour(io::stdout().is_terminal()) { Palette::coloured() } else { Palette::default() },
            width,
            reports: if takes_colour(io::stderr().is_terminal()) {
                report::Form::Graphical { width }
            } else {
                report::Form::Plain
            },
            language,
        }
    }

    /// The styles of standard output.
    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// How many columns a line may take.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The language of explanations: the one chosen, else that of the environment, else English.
    pub(crate) fn language(&self) -> Language {
        let set = |name: &str| env::var(name).ok().filter(|locale| !locale.is_empty());
        let of_environment = || Language::of_tag(&["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set)?);
        self.language.or_else(of_environment).unwrap_or_default()
    }

    /// The language of explanations that programs read: the one chosen, else English, wherever the program runs.
    pub(crate) fn language_for(&self, json: bool) -> Language {
        if json { self.language.unwrap_or_default() } else { self.language() }
    }

    /// Writes a value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    /// Reports what is wrong with a text, after what was written so far.
    pub(crate) fn report(&mut self, finding: &Finding) -> Result<(), Failure> {
        self.out.flush()?;
        self.complain(&finding.render(self.reports));
        Ok(())
    }

    /// Says something beside the answer, after what was written so far.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.out.flush()?;
        self.complain(&format!("note: {}\n", printable(text)));
        Ok(())
    }

    /// Says what is wrong with one line of a stream, after what was written so far.
    pub(crate) fn complain_at(&mut self, path: &Path, line: usize, error: &dyn Error) -> Result<(), Failure> {
        self.out.flush()?;
        self.complain(&format!("{}:{line}: error: {}\n", path.display(), printable(&error.to_string())));
        Ok(())
    }

    /// Says what is odd and changes nothing, after what was written so far; `place` is where it was read.
    pub(crate) fn warn(&mut self, place: Option<(&Path, usize)>, message: &str) -> Result<(), Failure> {
        self.out.flush()?;
        let place = place.map(|(path, line)| format!("{}:{line}: ", path.display())).unwrap_or_default();
        self.complain(&format!("{place}warning: {}\n", printable(message)));
        Ok(())
    }

    /// Says how far long work has come, on a terminal only; the next word takes its place.
    pub(crate) fn progress(&mut self, state: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        if io::stderr().is_terminal() {
            self.out.flush()?;
            self.complain(&format!("\r\x1b[K{state}"));
        }
        Ok(())
    }

    /// The same, with a bar, where it is known how much there is.
    pub(crate) fn progress_of(&mut self, done: u64, all: u64, words: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        self.progress(format_args!("{}{words}", bar(done, all)))
    }

    /// The same of bytes.
    pub(crate) fn progress_of_bytes(&mut self, done: u64, all: u64) -> Result<(), Failure> {
        self.progress_of(done, all, format_args!("{} of {} MiB", done >> 20, all >> 20))
    }

    /// Takes the last word on progress away.
    pub(crate) fn progress_ends(&mut self) -> Result<(), Failure> {
        self.progress(format_args!(""))
    }

    /// Says why a verb stopped.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        // What was written before comes first; a second failure to write it would say nothing new.
        let _ = self.out.flush();
        match failure {
            Failure::Findings(findings) => {
                for finding in findings {
                    self.complain(&finding.render(self.reports));
                }
            }
            Failure::Message { message, causes, help } => {
                self.complain(&self.reports.message(message, causes, help.as_deref()));
            }
            Failure::Usage(message) => {
                self.complain(&format!("error: {message}\n\nFor more information, try '--help'.\n"));
            }
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Failure::Output(error) => {
                let message = self.reports.message("the output cannot be written", &[error.to_string()], None);
                self.complain(&message);
            }
        }
    }

    /// Hands over everything that was written.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    #[expect(clippy::unused_self, reason = "standard error belongs to the console as standard output does")]
    fn complain(&self, text: &str) {
        // There is no third place where this could be said.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The width of the terminal; without one that of `COLUMNS`.
fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let asked = || env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(asked).unwrap_or(DEFAULT_WIDTH).clamp(NARROWEST, WIDEST)
}

/// How much of it is done, drawn; nothing where there is nothing to do.
fn bar(done: u64, all: u64) -> String {
    const CELLS: u64 = 24;
    if all == 0 {
        return String::new();
    }
    let part = |of: u64| u64::try_from(u128::from(done.min(all)) * u128::from(of) / u128::from(all)).unwrap_or(of);
    let filled = usize::try_from(part(CELLS)).unwrap_or_default();
    format!("[{:<24}] {:>3} %  ", "#".repeat(filled), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_how_much_is_done() {
        for (done, all, drawn) in [
            (0, 7, "[                        ]   0 %  "),
            (1, 2, "[############            ]  50 %  "),
            (99, 100, "[####################### ]  99 %  "),
            (7, 7, "[########################] 100 %  "),
            (9, 7, "[########################] 100 %  "),
            (u64::MAX, u64::MAX, "[########################] 100 %  "),
            (0, 0, ""),
        ] {
            assert_eq!(bar(done, all), drawn, "{done} of {all}");
        }
    }
}
