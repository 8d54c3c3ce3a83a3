//! `entente party`: whom this node knows, and by which keys.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use entente_node::Partner;
use entente_server::api::{AddParty, PartyView};

use super::remote::{ListArgs, NodeArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Partners and their keys
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    Show(ShowArgs),
    Add(AddArgs),
    /// List the parties that this node knows
    List(ListArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Show(args) => show(args, console),
            Self::Add(args) => add(args, console),
            Self::List(args) => list(args, console),
        }
    }
}

/// Show a party file and the fingerprint of its root key
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// The party file
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Add a party file, or a newer one, once its fingerprint is confirmed
///
/// Ask the partner for the words of its fingerprint by another way than the file came, and give them here; or look at
/// them with `entente party show` and say --confirmed.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    /// The party file
    file: PathBuf,
    /// The twelve words of the fingerprint, as the partner said them
    #[arg(long, value_name = "WORDS", required_unless_present = "confirmed")]
    fingerprint: Option<String>,
    /// The fingerprint was compared already
    #[arg(long)]
    confirmed: bool,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Reads a party file: its note, and the party that it proves.
pub(super) fn read(path: &Path) -> Result<(String, Partner), Failure> {
    let note = fs::read_to_string(path)
        .map_err(|error| Failure::caused(format!("`{}` cannot be read", path.display()), &error))?;
    let partner = Partner::open(&note).map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))?;
    Ok((note, partner))
}

fn show(args: &ShowArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (_, partner) = read(&args.file)?;
    let view = PartyView {
        party: partner.party.to_string(),
        name: partner.file.name.clone(),
        serial: partner.file.serial,
        addresses: partner.file.addresses.clone(),
        valid_until: partner.file.valid_until.to_string(),
        fingerprint: partner.fingerprint(),
        own: false,
    };
    write(console, &[view], args.json)
}

fn add(args: &AddArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let (note, partner) = read(&args.file)?;
    if let Some(words) = &args.fingerprint {
        let said: Vec<&str> = words.split_whitespace().collect();
        let found = partner.fingerprint();
        if said != found.split(' ').collect::<Vec<_>>() {
            return Err(Failure::new(format!("the fingerprint is not the one that {} said", partner.party))
                .help(format!("the file has: {found}; do not add it before the words agree")));
        }
    }
    let view: PartyView = args.node.ask(async |client| client.post("/parties", &AddParty { note }).await)?;
    write(console, &[view], args.json)
}

fn list(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let views: Vec<PartyView> = args.node.ask(async |client| client.get("/parties").await)?;
    write(console, &views, args.json)
}

fn write(console: &mut Console, views: &[PartyView], json: bool) -> Result<Outcome, Failure> {
    if json {
        views.iter().try_for_each(|view| console.json(view))?;
        return Ok(Outcome::Done);
    }
    for view in views {
        let own = if view.own { "  (this node)" } else { "" };
        writeln!(console, "{}  {}{own}", view.party, view.name)?;
        let mut columns = Columns::new(1).styled([console.palette().dim]);
        columns.row(["  addresses", &view.addresses.join(", ")]);
        columns.row(["  counts until", &view.valid_until]);
        columns.row(["  serial", &view.serial.to_string()]);
        let width = console.width();
        columns.write(console, width)?;
        // On one line of its own, to be read aloud.
        writeln!(console, "  fingerprint   {}", view.fingerprint)?;
    }
    Ok(Outcome::Done)
}
