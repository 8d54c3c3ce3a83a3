//! `entente retention`: how long contents are kept.

use std::io::Write;

use entente_server::api::{DestroyRequest, DueView, HoldRequest, HoldView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// See what is kept for longer than it should be, destroy it, and place legal holds
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List the records whose period in `node.toml` is over (`[[retention]]`)
    Due(ListArgs),
    Destroy(DestroyArgs),
    Hold(HoldArgs),
    Lift(HoldArgs),
    /// List the holds
    Holds(ListArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Due(args) => due(args, console),
            Self::Destroy(args) => destroy(args, console),
            Self::Hold(args) => hold(args, true, console),
            Self::Lift(args) => hold(args, false, console),
            Self::Holds(args) => holds(args, console),
        }
    }
}

/// Destroy the content of records here: their purpose has ended, or their period is over
///
/// That a record was here stays in the ledger; its content cannot be brought back, also not from a back-up that has only
/// the latest erasure keys. Whoever got it from here keeps it: to call it back is `entente recall`. What is on hold is
/// not destroyed.
#[derive(clap::Args)]
pub(crate) struct DestroyArgs {
    /// The records: ID or ORIGINATOR/ID
    #[arg(required_unless_present = "due")]
    records: Vec<String>,
    /// All that `entente retention due` lists and no hold keeps
    #[arg(long, conflicts_with = "records")]
    due: bool,
    /// By which authority, and why; the ledger keeps it
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

/// Place a legal hold on a record, or lift it
///
/// While a hold lasts nothing destroys the content of the record. When it is called back meanwhile it is shown to nobody,
/// and who calls it back is told that it is kept; when the hold is lifted it is destroyed.
#[derive(clap::Args)]
pub(crate) struct HoldArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// By which authority, and why; the ledger keeps it
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

fn due(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let due: Vec<DueView> = args.node.ask(async |client| client.all("/retention/due").await)?;
    if args.json {
        due.iter().try_for_each(|record| console.json(record))?;
        return Ok(Outcome::Done);
    }
    if due.is_empty() {
        writeln!(console, "nothing is kept for longer than it should be")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(0).styled([console.palette().bold]);
    columns.row(["record", "entered", "days", "due since", "hold"]);
    for DueView { originator, record, entered, days, since, on_hold } in due {
        let hold = if on_hold { "on hold" } else { "" };
        columns.row([format!("{originator}/{record}"), entered, days.to_string(), since, hold.to_owned()]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}

fn destroy(args: &DestroyArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let mut records = args.records.clone();
    if args.due {
        let due: Vec<DueView> = args.node.ask(async |client| client.all("/retention/due").await)?;
        let free = due.into_iter().filter(|record| !record.on_hold);
        records.extend(free.map(|record| format!("{}/{}", record.originator, record.record)));
    }
    if records.is_empty() {
        writeln!(console, "nothing is due")?;
    }
    for record in records {
        let body = DestroyRequest { record: record.clone(), note: args.note.clone() };
        args.node.ask::<()>(async |client| client.post("/retention/destroyed", &body).await)?;
        writeln!(console, "destroyed {record}")?;
    }
    Ok(Outcome::Done)
}

fn hold(args: &HoldArgs, placed: bool, console: &mut Console) -> Result<Outcome, Failure> {
    let body = HoldRequest { record: args.record.clone(), placed, note: args.note.clone() };
    args.node.ask::<()>(async |client| client.post("/holds", &body).await)?;
    writeln!(console, "{} {}", args.record, if placed { "is on hold" } else { "is on hold no longer" })?;
    Ok(Outcome::Done)
}

fn holds(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let holds: Vec<HoldView> = args.node.ask(async |client| client.all("/holds").await)?;
    if args.json {
        holds.iter().try_for_each(|hold| console.json(hold))?;
        return Ok(Outcome::Done);
    }
    if holds.is_empty() {
        writeln!(console, "nothing is on hold")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["record", "by", "since", "why"]);
    for HoldView { originator, record, by, at, note } in holds {
        columns.row([format!("{originator}/{record}"), by, at, note]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
