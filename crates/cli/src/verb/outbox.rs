//! `entente outbox`: what was given to whom, and how far it got.

use std::io::Write;

use entente_server::api::OutboxView;

use super::remote::NodeArgs;
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// List what was sealed to partners, and what became of it
///
/// An entry waits until its partner has receipted it; then the partner's own word stands beside it: accepted, refused or
/// held. What may no longer leave is withdrawn; where its body had been offered before, it may have arrived.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what goes to this party
    #[arg(long, value_name = "PARTY")]
    to: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let mut entries: Vec<OutboxView> = args.node.ask(async |client| client.get("/outbox").await)?;
    entries.retain(|entry| args.to.as_ref().is_none_or(|to| *to == entry.partner));
    if args.json {
        entries.iter().try_for_each(|entry| console.json(entry))?;
        return Ok(Outcome::Done);
    }
    if entries.is_empty() {
        writeln!(console, "nothing was sealed to anybody")?;
        return Ok(Outcome::Done);
    }
    let mut columns = Columns::new(3).styled([console.palette().bold]);
    columns.row(["to", "entry", "state", "record"]);
    for entry in &entries {
        let record = entry.record.as_deref().unwrap_or("(a message)");
        columns.row([&entry.partner, &format!("{} {}", entry.lane, entry.index), &entry.state, record]);
    }
    let width = console.width();
    columns.write(console, width)?;
    Ok(Outcome::Done)
}
