//! `entente obligation`: what is owed, until when, and what was done.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use entente_server::api::{DoneRequest, ObligationView, ObligationsQuery, WaiveRequest};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
};

/// What is owed under the agreements in force, by whom, until when, and what was done
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    List(Args),
    Done(DoneArgs),
    Waive(WaiveArgs),
}

/// List what is owed: overdue first
///
/// Every duty has its article, its force, its clock, and whether the time is the text's or a local setting, which then is not in the
/// text. Drills make nobody owe anything, and are left out.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also what drills would have opened
    #[arg(long)]
    drills: bool,
    /// How it stands; open is what is due or overdue
    #[arg(long, value_parser = PossibleValuesParser::new(ObligationsQuery::STATES))]
    state: Option<String>,
    /// What this party owes
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// What this text says
    #[arg(long, value_name = "AGREEMENT")]
    under: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

/// Say that this party has done what it owes, and what shows it
#[derive(clap::Args)]
pub(crate) struct DoneArgs {
    /// The duty's number, or the first digits of it
    obligation: String,
    /// What was done; the ledger keeps it
    #[arg(long)]
    note: String,
    /// A record that shows it: ID or ORIGINATOR/ID; may be given several times
    #[arg(long, value_name = "RECORD")]
    evidence: Vec<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Waive, for this party, a duty that a consultation pins; it is waived once all have said so
#[derive(clap::Args)]
pub(crate) struct WaiveArgs {
    /// The duty's number, or the first digits of it
    obligation: String,
    /// Why; all participants read it
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::List(args) => list(args, console),
            Self::Done(args) => done(args, console),
            Self::Waive(args) => waive(args, console),
        }
    }
}

fn list(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let Args { drills, state, party, under, .. } = args;
    let (state, party, under) = (state.clone(), party.clone(), under.clone());
    let is_narrowed = [&state, &party, &under].into_iter().any(Option::is_some);
    let sought = ObligationsQuery { drills: *drills, state, party, agreement: under, ..ObligationsQuery::default() };
    let all: Vec<ObligationView> = args.list.node.ask(async |client| client.all(&sought.path()).await)?;
    if args.list.json {
        all.iter().try_for_each(|one| console.json(one))?;
        return Ok(Outcome::Done);
    }
    if all.is_empty() {
        writeln!(console, "{}", if is_narrowed { "nothing is owed that is sought so" } else { "nothing is owed" })?;
        return Ok(Outcome::Done);
    }
    write(&all, console)?;
    Ok(Outcome::Done)
}

fn done(args: &DoneArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = DoneRequest { note: args.note.clone(), evidence: args.evidence.clone() };
    let path = format!("/obligations/{}/done", args.obligation);
    args.node.ask(async |client| client.post::<()>(&path, &body).await)?;
    writeln!(console, "{} is done", args.obligation)?;
    Ok(Outcome::Done)
}

fn waive(args: &WaiveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let body = WaiveRequest { note: args.note.clone() };
    let path = format!("/obligations/{}/waive", args.obligation);
    args.node.ask(async |client| client.post::<()>(&path, &body).await)?;
    writeln!(console, "{} is waived by this party", args.obligation)?;
    Ok(Outcome::Done)
}

/// Each duty: how it stands, until when and by whose clock; then its article and words, and what was done.
pub(super) fn write(all: &[ObligationView], console: &mut Console) -> Result<(), Failure> {
    let dim = console.palette().dim;
    for one in all {
        let id: String = one.id.chars().take(8).collect();
        let until = one.due.as_deref().map_or_else(|| "without a time".to_owned(), |due| format!("by {due}"));
        let drill = if one.real { "" } else { ", a drill" };
        let clock = if one.clock == "none" { String::new() } else { format!(" ({})", one.clock) };
        // A notice is owed to one party at a time: which one is the point.
        let to = if one.kind == "notify" { format!(" to {}", one.to.join(", ")) } else { String::new() };
        writeln!(console, "{id}  {} {}{to}: {}{drill}, {until}{clock}", one.party, one.kind, one.state)?;
        let basis = one.basis.as_deref().unwrap_or("version not here");
        let words = printable(&one.words).into_owned();
        writeln!(
            console,
            "          {dim}{} art. {} ({}, {basis}): \"{words}\"{dim:#}",
            one.agreement, one.clause, one.force
        )?;
        if let Some(done) = &one.done {
            let note = printable(&done.note).into_owned();
            let shown = match done.evidence.as_slice() {
                [] => String::new(),
                records => format!(", shown by {}", records.join(", ")),
            };
            writeln!(console, "          {dim}{note}, {}{shown}{dim:#}", done.at)?;
        }
        for clock in &one.doubtful_clocks {
            writeln!(
                console,
                "          {bold}doubtful clock: {}{bold:#}",
                clock.words,
                bold = console.palette().bold
            )?;
        }
        for one in &one.disagreements {
            let words = printable(&one.words()).into_owned();
            writeln!(console, "          {bold}known otherwise: {words}{bold:#}", bold = console.palette().bold)?;
        }
        if !one.waived.is_empty() {
            writeln!(console, "          {dim}waived by {}{dim:#}", one.waived.join(", "))?;
        }
    }
    Ok(())
}
