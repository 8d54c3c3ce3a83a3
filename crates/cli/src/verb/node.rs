//! `entente node`: a node of one's own.

use std::{io::Write, path::PathBuf};

use entente_server::init::{self, NewNode};
use serde_json::json;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
};

/// Make a node
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Init(InitArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Init(args) => init(args, console),
        }
    }
}

/// Make a folder with everything that a node needs: keys, configuration, party file
///
/// The party file goes to the partners; they confirm its fingerprint with you by another way, and add it with
/// `entente party add`. The root key signs party files only: move keys/root.key to a safe place.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The folder to make
    folder: PathBuf,
    /// The party's code, such as JPN
    #[arg(long)]
    party: String,
    /// The party's name, for people
    #[arg(long)]
    name: Option<String>,
    /// Where the node listens for partners
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4443")]
    listen: String,
    /// What partners connect to; the listening address when left out
    #[arg(long, value_name = "HOST:PORT")]
    address: Vec<String>,
    /// Where people reach the node with a browser; a one-time link for the first administrator is printed. An address of this
    /// machine alone is served as plain HTTP, any other with a certificate
    #[arg(long, value_name = "ADDRESS:PORT")]
    console: Option<std::net::SocketAddr>,
    /// Agreement files to copy in
    #[arg(long, value_name = "FILE", num_args = 1..)]
    agreements: Vec<PathBuf>,
    /// The party's own rules to copy in; without them every release needs an approval
    #[arg(long, value_name = "FILE")]
    national: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn init(args: &InitArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let new = NewNode {
        folder: args.folder.clone(),
        party: args.party.clone(),
        name: args.name.clone().unwrap_or_else(|| args.party.clone()),
        listen: args.listen.clone(),
        addresses: if args.address.is_empty() { vec![args.listen.clone()] } else { args.address.clone() },
        console: args.console,
        agreements: args.agreements.clone(),
        national: args.national.clone(),
    };
    let made = init::init(&new, jiff::Timestamp::now()).map_err(|error| Failure::new(error.to_string()))?;
    if args.json {
        console.json(&json!({
            "config": made.config, "party_file": made.party_file, "fingerprint": made.fingerprint, "link": made.link,
        }))?;
    } else {
        writeln!(console, "node of {} in {}", args.party, args.folder.display())?;
        writeln!(console, "  start it       entente serve --config {}", made.config.display())?;
        writeln!(console, "  give partners  {}", made.party_file.display())?;
        writeln!(console, "  fingerprint    {}", made.fingerprint)?;
        if let Some(link) = &made.link {
            writeln!(console, "  administrator  {link}")?;
            writeln!(
                console,
                "                 once, within three days, by whoever is to be `{}`",
                init::FIRST_ADMINISTRATOR
            )?;
        }
    }
    Ok(Outcome::Done)
}
