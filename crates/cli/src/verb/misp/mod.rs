//! `entente misp`: events of MISP in and out.

mod import;
mod export;

use std::path::Path;

use entente_formats::{
    foreign::{self, Foreign},
    misp::{Note, Report},
};
use serde::Serialize;

use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    input, report,
    verb::output,
};

/// Take in events of MISP, and make some
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Import(import::Args),
    Export(export::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Import(args) => import::run(args, console),
            Self::Export(args) => export::run(args, console),
        }
    }
}

/// What markings of others mean here, from a file where one is named.
pub(crate) fn foreign(path: Option<&Path>) -> Result<Foreign, Failure> {
    let Some(path) = path else { return Ok(Foreign::default()) };
    let source = input::text(path)?;
    foreign::parse(&source.text).map_err(|problems| {
        let finding = |problem| report::Finding::error(&source, problem);
        Failure::Findings(problems.into_iter().map(finding).collect())
    })
}

/// One thing that did not go over as it was.
#[derive(Serialize)]
struct NoteJson<'a> {
    what: &'a str,
    became: &'static str,
    why: &'a str,
}

impl<'a> From<&'a Note> for NoteJson<'a> {
    fn from(note: &'a Note) -> Self {
        Self { what: &note.what, became: note.became.as_str(), why: &note.why }
    }
}

/// Tells a person what did not go over as it was; beside the answer, for that may be a file.
fn tell(report: &Report, console: &mut Console) -> Result<(), Failure> {
    for note in report.notes() {
        console.note(&format!("{}: {}: {}", note.became.as_str(), note.what, note.why))?;
    }
    if report.more() > 0 {
        console.note(&format!("and {} more", report.more()))?;
    }
    Ok(())
}

/// Writes to a file, or to standard output for `-`.
fn write(path: &Path, text: &str, console: &mut Console) -> Result<(), Failure> {
    output::write_bytes(path, format!("{text}\n").as_bytes(), console)
}

/// The name of a file, for a line.
fn named(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}
