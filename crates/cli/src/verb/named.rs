//! `entente named`: for whom a TLP:RED record is.

use std::io::Write;

use entente_server::api::{NameRequest, UnnamedView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// For whom a TLP:RED record is
///
/// It is shown to the persons named, and to nobody else. Whoever enters one is named; for what arrives, somebody who is cleared
/// and needs to know names those persons.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    /// List TLP:RED records for which nobody is named
    Missing(ListArgs),
    Set(SetArgs),
}

/// Name the persons; they replace those named before
#[derive(clap::Args)]
pub(crate) struct SetArgs {
    /// The record: ID or ORIGINATOR/ID
    record: String,
    /// An account; may be given several times, and none takes all away
    #[arg(long = "person", value_name = "ACCOUNT")]
    persons: Vec<String>,
    #[command(flatten)]
    node: NodeArgs,
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Missing(args) => missing(args, console),
            Self::Set(args) => set(args, console),
        }
    }
}

fn missing(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let records: Vec<UnnamedView> = args.node.ask(async |client| client.all("/named/missing").await)?;
    for view in &records {
        match args.json {
            true => console.json(view)?,
            false => writeln!(console, "{}/{}", view.originator, view.record)?,
        }
    }
    if records.is_empty() && !args.json {
        writeln!(console, "somebody is named for each")?;
    }
    Ok(Outcome::Done)
}

fn set(args: &SetArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let request = NameRequest { record: args.record.clone(), persons: args.persons.clone() };
    args.node.ask(async |client| client.post::<()>("/named", &request).await)?;
    let persons = if args.persons.is_empty() { "nobody".to_owned() } else { args.persons.join(", ") };
    writeln!(console, "{} is for {persons}", args.record)?;
    Ok(Outcome::Done)
}
