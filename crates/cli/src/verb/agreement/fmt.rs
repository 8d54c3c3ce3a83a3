//! `entente agreement fmt`: agreement files in the one layout.

use std::{fs, io::Write, path::PathBuf};

use entente_formats::agreement;
use serde::Serialize;
use similar::TextDiff;

use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, Source},
};

/// Lay out agreement files: one order of keys, one way to write a value
///
/// What a file says, its hash and every comment stay: the result is read again before anything is replaced, and a file
/// is replaced whole or not at all. A file that has problems is left as it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Agreement files, or folders of them (*.toml, without subfolders)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing: show what would change, and end with exit code 1 if anything would
    #[arg(long)]
    check: bool,
    /// Change nothing: print the one file as it would be
    #[arg(long, conflicts_with_all = ["check", "json"])]
    stdout: bool,
    /// Print one JSON object: each file, and whether its layout changes
    #[arg(long)]
    json: bool,
}

/// A file and its layout.
struct LaidOut {
    source: Source,
    text: String,
}

impl LaidOut {
    fn name(&self) -> &str {
        self.source.name.as_deref().unwrap_or_default()
    }

    fn changes(&self) -> bool {
        *self.text != *self.source.text
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    files: Vec<FileLine<'a>>,
}

#[derive(Serialize)]
struct FileLine<'a> {
    file: &'a str,
    changes: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let files = lay_out(input::toml_files(&args.files, "agreements")?)?;
    if args.stdout {
        let [file] = files.as_slice() else {
            return Err(Failure::Usage("`--stdout` takes one file".to_owned()));
        };
        console.write_all(file.text.as_bytes())?;
        return Ok(Outcome::Done);
    }
    if !args.check {
        files.iter().filter(|file| file.changes()).try_for_each(replace)?;
    }
    if args.json {
        let files = files.iter().map(|file| FileLine { file: file.name(), changes: file.changes() }).collect();
        console.json(&Answer { files })?;
    } else {
        for file in files.iter().filter(|file| file.changes()) {
            if args.check { show_changes(file, console)? } else { writeln!(console, "{}", printable(file.name()))? }
        }
    }
    Ok(if args.check && files.iter().any(LaidOut::changes) { Outcome::Failed } else { Outcome::Done })
}

/// All of them, or every problem of every file: nothing is changed while one of them is wrong.
fn lay_out(sources: Vec<Source>) -> Result<Vec<LaidOut>, Failure> {
    let mut files = Vec::new();
    let mut findings = Vec::new();
    for source in sources {
        match agreement::format(&source.text) {
            Ok(text) => files.push(LaidOut { source, text }),
            Err(problems) => findings.extend(problems.into_iter().map(|problem| Finding::error(&source, problem))),
        }
    }
    if findings.is_empty() { Ok(files) } else { Err(Failure::Findings(findings)) }
}

/// Puts the layout into the place of the file, with its permissions: a crash leaves the one or the other.
fn replace(file: &LaidOut) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::caused(format!("`{}` cannot be replaced", file.name()), error);
    // What a link points at is replaced, not the link.
    let path = fs::canonicalize(file.name()).map_err(|error| failed(&error))?;
    let write = || {
        let folder = path.parent().unwrap_or(&path);
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(file.text.as_bytes())?;
        fs::set_permissions(new.path(), fs::metadata(&path)?.permissions())?;
        new.as_file().sync_all()?;
        new.persist(&path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| failed(&error))
}

/// What would change, as a unified diff.
fn show_changes(file: &LaidOut, console: &mut Console) -> Result<(), Failure> {
    let palette = console.palette();
    let diff = TextDiff::from_lines(&*file.source.text, &*file.text);
    let hunks = diff.unified_diff().header(file.name(), "laid out").to_string();
    for line in hunks.lines() {
        let style = match line.as_bytes().first() {
            Some(b'-') => palette.deny,
            Some(b'+') => palette.permit,
            _ => Default::default(),
        };
        writeln!(console, "{style}{}{style:#}", printable(line))?;
    }
    Ok(())
}
