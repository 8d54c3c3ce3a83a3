//! `entente agreement check`: everything that is wrong with some files, at its place.

use std::path::PathBuf;

use entente_core::{Party, agreement::Agreement};
use entente_formats::agreement;
use serde::Serialize;

use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input,
    report::{Finding, FindingJson},
};

/// Check agreement files, each and together
///
/// Every problem of every file is reported with its line, its column and what to do. Files that are given together are
/// also checked against each other: ids that clash, agreements that rely on themselves or on one that is not there. What
/// is allowed and odd, such as an act that changes nothing, is a warning.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Agreement files, or folders of them (*.toml, without subfolders)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object: agreements, problems and warnings
    #[arg(long)]
    json: bool,
}

/// Enough of a hash to tell two versions apart by eye.
const SHORT_HASH: usize = "sha256:".len() + 12;

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let files = input::toml_files(&args.files, "agreements")?;
    let (agreements, problems, warnings) = match input::check_agreements(&files) {
        Ok(checked) => (checked.agreements, Vec::new(), checked.warnings),
        Err(problems) => (Default::default(), problems, Vec::new()),
    };
    let odd = files.iter().flat_map(|source| {
        agreement::oddities(&source.text).into_iter().map(|problem| Finding::warning(source, problem))
    });
    let warnings: Vec<Finding> = warnings.into_iter().chain(odd.filter(|_| problems.is_empty())).collect();
    let outcome = if problems.is_empty() { Outcome::Done } else { Outcome::Failed };

    if args.json {
        console.json(&Answer {
            agreements: agreements.values().map(Summary::of).collect(),
            problems: problems.iter().map(Finding::json).collect(),
            warnings: warnings.iter().map(Finding::json).collect(),
        })?;
        return Ok(outcome);
    }
    for finding in problems.iter().chain(&warnings) {
        console.report(finding)?;
    }
    let mut columns = Columns::new(2);
    for agreement in agreements.values() {
        let clauses = agreement.clauses.len();
        columns.row([
            agreement.id.to_string(),
            agreement.force.as_str().to_owned(),
            parties(agreement),
            format!("{clauses} clause{}", if clauses == 1 { "" } else { "s" }),
            agreement.hash.to_string().chars().take(SHORT_HASH).collect(),
        ]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(outcome)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    agreements: Vec<Summary<'a>>,
    problems: Vec<FindingJson<'a>>,
    warnings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct Summary<'a> {
    id: &'a str,
    title: &'a str,
    force: &'a str,
    parties: Vec<&'a str>,
    clauses: usize,
    hash: String,
}

impl<'a> Summary<'a> {
    fn of(agreement: &'a Agreement) -> Self {
        Self {
            id: agreement.id.as_str(),
            title: &agreement.title,
            force: agreement.force.as_str(),
            parties: agreement.parties.iter().map(Party::as_str).collect(),
            clauses: agreement.clauses.len(),
            hash: agreement.hash.to_string(),
        }
    }
}

/// `JPN, KOR`.
pub(super) fn parties(agreement: &Agreement) -> String {
    agreement.parties.iter().map(Party::as_str).collect::<Vec<_>>().join(", ")
}
