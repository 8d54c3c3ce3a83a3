//! `entente approve`: this party's own authority says yes to one record and recipient.

use std::io::Write;

use entente_server::api::ApproveRequest;

use super::remote::NodeArgs;
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Approve one record for one recipient, where no standing delegation holds
///
/// An approval lifts the authority gate and no other: what a label or an article forbids stays forbidden. It is a
/// statement in the ledger.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// The recipient
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// Who says so, and why
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let request = ApproveRequest { record: args.record.clone(), to: args.to.clone(), note: args.note.clone() };
    args.node.ask(async |client| client.post::<()>("/approvals", &request).await)?;
    writeln!(console, "approved {} for {}", args.record, args.to)?;
    Ok(Outcome::Done)
}
