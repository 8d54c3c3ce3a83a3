//! `entente consult owed`: what an incident would make the parties owe one another.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use entente_core::{
    consult::{Incident, LocalClocks, Opened, Precedence, owed},
    record::Status,
    time::Timestamp,
};
use serde::Serialize;

use super::super::question::moment;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
    input,
};

/// Say what an incident would make each party owe
///
/// For every clause in force with a duty to consult or notify on such a thing: who owes it, until when, and whether that
/// time is the text's or a local setting, which then is not in the text. Nothing is raised by asking.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The agreements: a folder of files (*.toml, without subfolders), or one file
    #[arg(long, value_name = "PATH")]
    agreements: PathBuf,
    /// What happened, in the word of the clauses, such as missile-launch
    #[arg(long, value_name = "WORD")]
    trigger: String,
    /// The party that raises it
    #[arg(long, value_name = "PARTY")]
    by: String,
    /// How urgent it is: without a time in the text, the local clock goes by that
    #[arg(long, default_value = "FLASH", value_parser = PossibleValuesParser::new(Precedence::ALL.map(Precedence::as_str)))]
    precedence: String,
    /// Whether it is real: a drill makes nobody owe anything
    #[arg(long, default_value = "actual", value_parser = PossibleValuesParser::new(["actual", "exercise", "test"]))]
    status: String,
    /// When it is raised: `now`, a moment such as 2026-11-20T00:00:00Z, or a day, which counts from its start in UTC
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Timestamp,
    /// Print one JSON object a line, for each obligation
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    party: &'a str,
    to: Vec<&'a str>,
    agreement: &'a str,
    clause: &'a str,
    kind: &'a str,
    force: &'a str,
    basis: &'a str,
    words: &'a str,
    due: Option<String>,
    clock: &'a str,
    real: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let agreements = input::agreements(&args.agreements)?;
    let status = [Status::Actual, Status::Exercise, Status::Test].into_iter().find(|one| one.as_str() == args.status);
    let precedence = Precedence::of(&args.precedence);
    let incident = Incident {
        title: args.trigger.clone(),
        trigger: args.trigger.clone(),
        place: None,
        began: args.at,
        ended: None,
        status: status.unwrap_or_default(),
        precedence: precedence.unwrap_or(Precedence::Flash),
        evidence: Vec::new(),
        raised_by: args.by.as_str().into(),
        raised_at: args.at,
        role: None,
    };
    let opened = owed(&agreements, &incident, &LocalClocks::default());
    let is_real = matches!(opened, Opened::Real(_));
    let mut columns = Columns::new(4);
    for one in opened.all() {
        let due = one.due.at.map(|at| at.to_string());
        if args.json {
            console.json(&Line {
                party: one.party.as_str(),
                to: one.to.iter().map(|party| party.as_str()).collect(),
                agreement: one.agreement.0.as_str(),
                clause: one.clause.as_str(),
                kind: one.kind,
                force: one.force.as_str(),
                basis: one.basis.as_str(),
                words: &one.words,
                due,
                clock: one.due.clock.as_str(),
                real: is_real,
            })?;
            continue;
        }
        let article =
            format!("{} art. {} ({}, {})", one.agreement.0, one.clause, one.force.as_str(), one.basis.as_str());
        let until = due.map_or_else(|| "no time".to_owned(), |due| format!("by {due}"));
        let words = format!("\"{}\"; {until}: {}", one.words, one.due.clock.as_str());
        columns.row([one.party.to_string(), one.kind.to_owned(), article, words]);
    }
    let width = console.width();
    columns.write(console, width)?;
    if !args.json {
        match (is_real, opened.all().is_empty()) {
            (_, true) => console.note("no clause in force speaks of it")?,
            (false, _) => console.note("a drill: nobody owes any of this")?,
            _ => {}
        }
    }
    Ok(Outcome::Done)
}
