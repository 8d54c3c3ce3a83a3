//! `entente label check`: what a label says.

use std::io::Write;

use entente_formats::label;
use serde::Serialize;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    report::{Finding, FindingJson, Source},
};

/// Check labels, and say in words what each of them asks
///
/// For every label: its canonical form, then line by line what it means. A label is a CAPCO banner line or TLP 2.0.
/// What an agreement adds to it is not in the label; `entente decide` knows. A national term that is nearly one of Japan
/// or Korea is a warning: no agreement's equivalence would hold it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A label, such as '//KOR SECRET//REL TO USA, JPN, KOR' or TLP:AMBER
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,
    /// Print one JSON object a line, for each label
    #[arg(long)]
    json: bool,
}

/// One line of what `--json` prints.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Label {
        label: &'a str,
        canonical: String,
        meaning: Vec<Meaning>,
        #[serde(skip_serializing_if = "Option::is_none")]
        warning: Option<FindingJson<'a>>,
    },
    Error {
        label: &'a str,
        error: FindingJson<'a>,
    },
}

#[derive(Serialize)]
struct Meaning {
    heading: &'static str,
    text: String,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    let mut described = false;
    for text in &args.labels {
        if described && !args.json {
            writeln!(console)?;
        }
        let label = label::parse(text);
        described = label.is_ok();
        match label {
            Ok(read) => {
                let (canonical, lines) = (label::write(&read), label::describe(&read));
                let source = Source { name: None, text: text.as_str().into() };
                let near_miss = label::national_terms::near_miss(text, &read);
                let near_miss = near_miss.map(|problem| Finding::warning(&source, problem));
                if args.json {
                    let meaning = lines.into_iter().map(|(heading, text)| Meaning { heading, text }).collect();
                    let warning = near_miss.as_ref().map(Finding::json);
                    console.json(&Answer::Label { label: text, canonical, meaning, warning })?;
                } else {
                    let palette = console.palette();
                    writeln!(console, "{bold}{canonical}{bold:#}", bold = palette.bold)?;
                    let mut columns = Columns::new(1).styled([palette.dim]);
                    for (heading, text) in lines {
                        columns.row([heading.to_owned(), text]);
                    }
                    let width = console.width();
                    columns.write(console, width)?;
                    if let Some(finding) = &near_miss {
                        console.report(finding)?;
                    }
                }
            }
            Err(problem) => {
                outcome = Outcome::Failed;
                let finding = finding(text, problem);
                if args.json {
                    console.json(&Answer::Error { label: text, error: finding.json() })?;
                } else {
                    console.report(&finding)?;
                }
            }
        }
    }
    Ok(outcome)
}

/// What is wrong with a label that came as an argument.
pub(crate) fn finding(label: &str, problem: entente_formats::Problem) -> Finding {
    Finding::error(&Source { name: None, text: label.into() }, problem)
}
