//! `entente relabel`: another label for a record that went out.

use std::io::Write;

use entente_server::api::{RelabelRequest, ToldParties};

use super::{
    recall::{owed, told},
    remote::NodeArgs,
};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Give a record of this party another label: higher, lower, or declassified
///
/// The new label reaches everyone who holds the record, and counts in every decision from then on. The statement that its
/// originator signed first stays as it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// The label that counts from now on
    #[arg(long)]
    label: String,
    /// Why; all who hold it read this
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let body = RelabelRequest { record: args.record.clone(), label: args.label.clone(), reason: args.reason.clone() };
    let parties: ToldParties = args.node.ask(async |client| client.post("/relabellings", &body).await)?;
    writeln!(console, "{} is {} from now on: {}", args.record, args.label, told(&parties))?;
    owed(&parties, console)?;
    Ok(Outcome::Done)
}
