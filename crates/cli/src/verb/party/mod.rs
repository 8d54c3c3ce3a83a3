//! `entente party`: whom this node knows, and by which keys.

mod own;
mod view;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use entente_node::Partner;
use entente_server::api::{AddParty, PartyView, RemoveParty, ReplaceRoot};

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
    View(view::ViewArgs),
    Remove(RemoveArgs),
    Renew(own::RenewArgs),
    Sign(own::SignArgs),
    Install(own::InstallArgs),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Show(args) => show(args, console),
            Self::Add(args) => add(args, console),
            Self::List(args) => list(args, console),
            Self::View(args) => view::run(args, console),
            Self::Remove(args) => remove(args, console),
            Self::Renew(args) => own::renew(args, console),
            Self::Sign(args) => own::sign(args, console),
            Self::Install(args) => own::install(args, console),
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
    /// It has another root key, or names another successor of it, than the file on record: show both, and replace it
    #[arg(long, requires = "note")]
    new_root: bool,
    /// How that was confirmed, and why it is so: it goes on the record
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Remove a party: nothing more goes to it or comes from it
///
/// On the record, with the reason. What was exchanged stays and can be verified; what waits for it waits. It is not told.
/// `entente party add` adds it again.
#[derive(clap::Args)]
pub(crate) struct RemoveArgs {
    /// The party's code
    party: String,
    /// By which authority, and why
    #[arg(long, value_name = "TEXT")]
    note: String,
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
        removed: false,
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
    let view: PartyView = match (args.new_root, &args.note) {
        (true, Some(why)) => {
            let known: Vec<PartyView> = args.node.ask(async |client| client.get("/parties").await)?;
            let known = known.into_iter().find(|known| known.party == partner.party.as_str());
            if let Some(known) = known.filter(|_| !args.json) {
                writeln!(console, "fingerprint on record  {}", known.fingerprint)?;
                writeln!(console, "fingerprint from now   {}", partner.fingerprint())?;
            }
            let request = ReplaceRoot { file: note, note: why.clone() };
            args.node.ask(async |client| client.post("/parties/replace-root", &request).await)?
        }
        _ => args.node.ask(async |client| client.post("/parties", &AddParty { note }).await)?,
    };
    write(console, &[view], args.json)
}

fn remove(args: &RemoveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let path = format!("/parties/{}/remove", args.party);
    if !entente_formats::party::is_party_code(&args.party) {
        return Err(Failure::new(format!("`{}` is no party code", args.party)));
    }
    let request = RemoveParty { note: args.note.clone() };
    let view: PartyView = args.node.ask(async |client| client.post(&path, &request).await)?;
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
        let own = match (view.own, view.removed) {
            (true, _) => "  (this node)",
            (false, true) => "  (removed)",
            (false, false) => "",
        };
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
