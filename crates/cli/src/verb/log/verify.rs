//! `entente log verify`: what the logs promise, checked.

use std::io::Write;

use entente_server::verify::{self, Verified};

use super::{
    super::remote::{NodeArgs, PassphraseArgs},
    failed, leaves, open,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Verify the ledger and every feed, ours and theirs, from what the store holds
///
/// Trees are computed anew from their leaves and compared with every signed checkpoint and receipt; envelopes with
/// their leaves and signatures; every decision in the ledger is decided again on the agreements that it rested on, and
/// what left is compared with what was permitted. The node's own keys are those of its party file. Needs no running node. Exit code 1 when anything does not hold.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object a line, for each log
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &VerifyArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (reader, own) = open(&args.node, &args.passphrase)?;
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
    let Verified { log, size, root, receipted, statements, replayed, problems, rests, doubted } = result;
    let word = if problems.is_empty() { "ok    " } else { "BROKEN" };
    let mut notes = vec![leaves(*size)];
    notes.extend(receipted.map(|count| format!("{count} receipted")));
    notes.extend(statements.map(|count| format!("{count} statement{}", if count == 1 { "" } else { "s" })));
    notes.extend(replayed.map(|count| format!("{count} decision{} replayed", if count == 1 { "" } else { "s" })));
    let style = if problems.is_empty() { console.palette().permit } else { console.palette().deny };
    writeln!(console, "{style}{word}{style:#}  {log}  {}  root {root}", notes.join(", "))?;
    for problem in problems {
        writeln!(console, "        {problem}")?;
    }
    for rests in rests {
        writeln!(console, "        {rests}")?;
    }
    let style = console.palette().deny;
    for doubted in doubted {
        writeln!(console, "        {style}does not count{style:#}  {doubted}")?;
    }
    Ok(())
}
