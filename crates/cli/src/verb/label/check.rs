//! `entente label check`: what a label says.

use std::io::Write;

use entente_core::label::{Label, Portion, rollup::RollUp};
use entente_formats::label;
use serde::Serialize;

use super::Text;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    report::{Finding, FindingJson, Source},
};

/// Check labels, and say in words what each of them asks
///
/// For every label: its canonical form, then line by line what it means. A label is a CAPCO banner line or TLP 2.0; a
/// portion mark, which stands in parentheses, is said as a banner line too. What an agreement adds is not in the label;
/// `entente decide` knows. A national term that is nearly one of Japan or Korea is a warning: no agreement's equivalence
/// would hold it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A label, such as '//KOR SECRET//REL TO USA, JPN, KOR' or TLP:AMBER, or a portion mark such as '(S//NF)'
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,
    /// The banner line over the portion marks: where REL, EYES or JOINT stand without their list, it is the one of this
    /// line
    #[arg(long, value_name = "LABEL")]
    banner: Option<String>,
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
        #[serde(skip_serializing_if = "Option::is_none")]
        banner: Option<String>,
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
    let banner = super::banner(args.banner.as_deref())?;
    let mut outcome = Outcome::Done;
    let mut described = false;
    for text in &args.labels {
        if described && !args.json {
            writeln!(console)?;
        }
        let read = Text::read(text, banner.as_ref());
        described = read.is_ok();
        match read {
            Ok(read) => {
                let (canonical, as_banner, lines) = (read.canonical(), as_banner(&read), meaning(&read));
                let source = Source { name: None, text: text.as_str().into() };
                let near_miss = match &read {
                    Text::Label(label) => label::national_terms::near_miss(text, label),
                    Text::Portion(_) => None,
                };
                let near_miss = near_miss.map(|problem| Finding::warning(&source, problem));
                if args.json {
                    let meaning = lines.into_iter().map(|(heading, text)| Meaning { heading, text }).collect();
                    let warning = near_miss.as_ref().map(Finding::json);
                    console.json(&Answer::Label { label: text, canonical, banner: as_banner, meaning, warning })?;
                } else {
                    let palette = console.palette();
                    writeln!(console, "{bold}{canonical}{bold:#}", bold = palette.bold)?;
                    let mut columns = Columns::new(1).styled([palette.dim]);
                    if let Some(banner) = as_banner {
                        columns.row(["banner".to_owned(), banner]);
                    }
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

/// What a portion is as a banner line; none for what is one.
fn as_banner(read: &Text) -> Option<String> {
    match read {
        Text::Portion(portion) => whole(portion).as_ref().map(label::write),
        Text::Label(_) => None,
    }
}

/// The label of a document that holds that portion alone.
fn whole(portion: &Portion) -> Option<Label> {
    RollUp::of_portion(portion).outcome()?.label
}

fn meaning(read: &Text) -> Vec<(&'static str, String)> {
    match read {
        Text::Label(label) => label::describe(label),
        Text::Portion(portion) => whole(portion).as_ref().map(label::describe).unwrap_or_default(),
    }
}

/// What is wrong with a label that came as an argument.
pub(crate) fn finding(label: &str, problem: entente_formats::Problem) -> Finding {
    Finding::error(&Source { name: None, text: label.into() }, problem)
}
