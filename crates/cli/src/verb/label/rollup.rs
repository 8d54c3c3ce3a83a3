//! `entente label rollup`: the banner line of a whole, from the markings of its parts.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use entente_core::label::rollup::{self, Reason, RollUp};
use entente_formats::label;
use serde::Serialize;

use super::{Text, finding};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input::Lines,
    report::FindingJson,
};

/// The most parts that a file may hold.
const MOST_PARTS: usize = 100_000;

/// The label of a whole, from the labels of its parts
///
/// Prints the banner line, then line by line what gave it: the rule of table 3 of the CAPCO manual by its number, or the
/// reason in words. The whole goes to nobody who may not get each part. Where no banner line can say it, as for parts of
/// two nations and none of the United States, it says so and ends with exit code 1: the whole is for its originator alone
/// until a person decides.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A label or a portion mark, such as 'SECRET//REL TO USA, KOR' or '(S//NF)'
    #[arg(required_unless_present = "from", value_name = "LABEL")]
    labels: Vec<String>,
    /// More of them from a file, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The banner line over the portion marks: where REL, EYES or JOINT stand without their list, it is the one of this
    /// line
    #[arg(long, value_name = "LABEL")]
    banner: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    RollUp { parts: &'a [String], banner: Option<String>, reasons: Vec<ReasonJson<'a>> },
    Error { label: &'a str, error: FindingJson<'a> },
}

#[derive(Serialize)]
struct ReasonJson<'a> {
    subject: &'static str,
    mark: &'a str,
    why: &'a str,
    /// Of table 3 (CAPCO D.2, pp. 28-30).
    rules: &'a [u8],
    source: Option<&'static str>,
}

impl<'a> From<&'a Reason> for ReasonJson<'a> {
    fn from(reason: &'a Reason) -> Self {
        let Reason { subject, mark, why, rules, source } = reason;
        Self { subject: subject.as_str(), mark, why, rules, source: Some(*source).filter(|source| !source.is_empty()) }
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let banner = super::banner(args.banner.as_deref())?;
    let mut texts = args.labels.clone();
    if let Some(path) = &args.from {
        texts.extend(lines(path)?);
    }
    let (mut all, mut parts, mut failed) = (RollUp::default(), Vec::new(), false);
    for text in &texts {
        match Text::read(text, banner.as_ref()) {
            Ok(read) => {
                all = all.join(read.roll_up());
                parts.push(read.canonical());
            }
            Err(problem) => {
                failed = true;
                let finding = finding(text, problem);
                if args.json {
                    console.json(&Answer::Error { label: text, error: finding.json() })?;
                } else {
                    console.report(&finding)?;
                }
            }
        }
    }
    if failed {
        return Ok(Outcome::Failed);
    }
    let Some(outcome) = all.outcome() else {
        return Err(Failure::new("there is no label to roll up"));
    };
    let line = outcome.label.as_ref().map(label::write);
    let done = if line.is_some() { Outcome::Done } else { Outcome::Failed };
    if args.json {
        let reasons = outcome.reasons.iter().map(ReasonJson::from).collect();
        console.json(&Answer::RollUp { parts: &parts, banner: line, reasons })?;
    } else {
        print(line.as_deref(), &outcome, console)?;
    }
    Ok(done)
}

/// The labels of a file, one a line; empty lines do not count.
fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next()? {
        if texts.len() == MOST_PARTS {
            return Err(Failure::new(format!("`{}` has more than {MOST_PARTS} lines", path.display())));
        }
        let text =
            line.map_err(|error| Failure::new(format!("`{}`, line {}: {error}", path.display(), lines.number())))?;
        texts.push(text);
    }
    Ok(texts)
}

fn print(line: Option<&str>, outcome: &rollup::Outcome, console: &mut Console) -> Result<(), Failure> {
    let palette = console.palette();
    match line {
        Some(line) => writeln!(console, "{bold}{line}{bold:#}", bold = palette.bold)?,
        None => {
            writeln!(
                console,
                "{deny}no banner line can say it{deny:#}: for its originator alone until a person decides",
                deny = palette.deny
            )?;
        }
    }
    let mut columns = Columns::new(1).styled([palette.dim]);
    for reason in &outcome.reasons {
        let mark = if reason.mark.is_empty() { String::new() } else { format!("{}: ", reason.mark) };
        let source = source(reason).map(|source| format!(" (CAPCO {source})")).unwrap_or_default();
        columns.row([reason.subject.to_string(), format!("{mark}{}{source}", reason.why)]);
    }
    let width = console.width();
    Ok(columns.write(console, width)?)
}

/// Where the manual says so: the rules of its table, or another place.
fn source(reason: &Reason) -> Option<String> {
    let numbers: Vec<String> = reason.rules.iter().map(u8::to_string).collect();
    match numbers.as_slice() {
        [] => Some(reason.source.to_owned()).filter(|source| !source.is_empty()),
        [number] => Some(format!("D.2, table 3, rule {number}")),
        numbers => Some(format!("D.2, table 3, rules {}", numbers.join(", "))),
    }
}
