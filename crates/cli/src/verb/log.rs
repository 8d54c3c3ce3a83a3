//! `entente log`: what the logs promise, checked.

use std::io::Write;

use entente_server::verify::{self, Verified};
use entente_store::Reader;

use super::remote::NodeArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Verify the logs of a node
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Verify(VerifyArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Verify(args) => run(args, console),
        }
    }
}

/// Verify the ledger and every feed, ours and theirs, from what the store holds
///
/// Trees are computed anew from their leaves and compared with every signed checkpoint and receipt; envelopes with
/// their leaves and signatures; every decision in the ledger is decided again on the agreements that it rested on, and
/// what left is compared with what was permitted. The node's own keys are those of its party file. Needs no running node. Exit code 1 when anything does not hold.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object a line, for each log
    #[arg(long)]
    json: bool,
}

fn run(args: &VerifyArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let config = args.node.config()?;
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let reader = Reader::of_folder(&config.data).map_err(|error| failed(&error))?;
    let (_, own) = super::party::read(&args.node.own_file(&config.party))?;
    let results = verify::verify(&reader, &own).map_err(|error| failed(&error))?;
    for result in &results {
        if args.json {
            console.json(result)?;
        } else {
            write(console, result)?;
        }
    }
    let holds = results.iter().all(|result| result.problems.is_empty());
    Ok(if holds { Outcome::Done } else { Outcome::Failed })
}

fn write(console: &mut Console, result: &Verified) -> Result<(), Failure> {
    let Verified { log, size, root, receipted, statements, replayed, problems } = result;
    let word = if problems.is_empty() { "ok    " } else { "BROKEN" };
    let leaves = if *size == 1 { "leaf" } else { "leaves" };
    let mut notes = vec![format!("{size} {leaves}")];
    notes.extend(receipted.map(|count| format!("{count} receipted")));
    notes.extend(statements.map(|count| format!("{count} statement{}", if count == 1 { "" } else { "s" })));
    notes.extend(replayed.map(|count| format!("{count} decision{} replayed", if count == 1 { "" } else { "s" })));
    let style = if problems.is_empty() { console.palette().permit } else { console.palette().deny };
    writeln!(console, "{style}{word}{style:#}  {log}  {}  root {root}", notes.join(", "))?;
    for problem in problems {
        writeln!(console, "        {problem}")?;
    }
    Ok(())
}
