//! `entente restore`: a back-up becomes the node again, without a second history.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use entente_server::{
    api::{GoOnRequest, RestorePartnerView, RestoreView},
    restore::{self, Plan, Restored},
};

use super::remote::{NodeArgs, PassphraseArgs};
use crate::{
    columns::Columns,
    console::Console,
    failure::{Failure, Outcome},
};

/// Put a back-up in place, or see how far the restored node is with its partners
///
/// The back-up is copied to the node's folder, verified like `entente log verify`, and put in place; nothing that is there is
/// written over. Where the folder has no node.toml, the configuration of the back-up is put there too, and the keys of --keys,
/// or of the back-up where it has them. Then start the node: it is read-only, and asks every partner how much it holds. It
/// goes on by itself once all have answered. Afterwards make a back-up.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The folder of the back-up
    #[arg(required = true)]
    backup: Option<PathBuf>,
    /// The folder with the node's keys, where they are not in place
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
    /// The file with the latest erasure keys; the back-up's own when left out
    #[arg(long, value_name = "FILE")]
    erasure_keys: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Verb {
    Status(StatusArgs),
    GoOn(GoOnArgs),
}

/// Show whether the node is read-only, and what it waits for
#[derive(clap::Args)]
struct StatusArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Go on without the answer of a partner, on the record
///
/// The feeds to that partner stay closed until it has answered, however late. The ledger goes on in a new volume, for the
/// partner may have cosigned more of the last one than the others have.
#[derive(clap::Args)]
struct GoOnArgs {
    /// The partner
    #[arg(long, value_name = "PARTY")]
    without: String,
    /// By which authority, and why
    #[arg(long)]
    note: String,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    match &args.verb {
        Some(Verb::Status(args)) => {
            let view: Option<RestoreView> = args.node.ask(async |client| client.get("/restore").await)?;
            show(view.as_ref(), args.json, console)
        }
        Some(Verb::GoOn(args)) => {
            let request = GoOnRequest { without: args.without.clone(), note: args.note.clone() };
            let view: Option<RestoreView> =
                args.node.ask(async |client| client.post("/restore/go-on", &request).await)?;
            show(view.as_ref(), args.json, console)
        }
        None => put_in_place(args, console),
    }
}

fn put_in_place(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let Some(backup) = &args.backup else { return Err(Failure::new("name the folder of the back-up")) };
    let mut config_file = args.node.path();
    // A folder that is not there yet.
    if !config_file.exists() && config_file.extension().is_none_or(|extension| extension != "toml") {
        config_file = config_file.join("node.toml");
    }
    let (keys, erasure_keys) = (args.keys.as_deref(), args.erasure_keys.as_deref());
    let plan = Plan { backup, config_file: &config_file, keys, erasure_keys, passphrase: args.passphrase.source() };
    let restored = restore::restore(&plan, jiff::Timestamp::now()).map_err(|error| Failure::new(error.to_string()))?;
    let Restored { manifest, config, accounts } = restored;
    if args.json {
        console.json(&serde_json::json!({
            "schema": "entente.restored/1", "party": manifest.party, "backup": manifest.at,
            "data": config.data.display().to_string(), "accounts": accounts,
        }))?;
        return Ok(Outcome::Done);
    }
    let folder = config_file.parent().unwrap_or(Path::new(".")).display().to_string();
    writeln!(console, "the back-up of {} of {} is verified and in place", manifest.party, manifest.at)?;
    writeln!(console, "1. entente serve --config {folder}    it starts read-only, and asks every partner")?;
    writeln!(console, "2. entente restore status --config {folder}    until nobody is waited for")?;
    writeln!(console, "3. entente backup FOLDER --config {folder}    what came back is in no back-up yet")?;
    if accounts > 0 {
        writeln!(console, "4. entente user enable NAME --config {folder}    for whom it still is right")?;
        let (came, are) = if accounts == 1 { ("account has", "it is") } else { ("accounts have", "they are") };
        writeln!(
            console,
            "{accounts} {came} come back as of that day, and nobody knows who was shut out since: {are} disabled"
        )?;
    }
    Ok(Outcome::Done)
}

fn show(view: Option<&RestoreView>, json: bool, console: &mut Console) -> Result<Outcome, Failure> {
    if json {
        console.json(&view)?;
        return Ok(Outcome::Done);
    }
    let Some(view) = view else {
        writeln!(console, "this node was not restored")?;
        return Ok(Outcome::Done);
    };
    let deny = console.palette().deny;
    match &view.done {
        None => writeln!(console, "{deny}read-only{deny:#} since {}: {}", view.since, view.why)?,
        Some(done) => writeln!(console, "restored, and went on at {done}: {}", view.why)?,
    }
    let mut columns = Columns::new(4).styled([console.palette().bold]);
    columns.row(["partner", "state", "gave back", "sends again", ""]);
    for partner in &view.partners {
        let RestorePartnerView { party, state, given_back, lost, without, trouble, .. } = partner;
        let words = match (state.as_str(), without, trouble) {
            ("without", Some(without), _) => format!("its feeds are closed until it answers; {without}"),
            ("done", ..) => String::new(),
            (.., Some(trouble)) => trouble.clone(),
            _ => String::new(),
        };
        columns.row([party.clone(), state.clone(), given_back.to_string(), lost.to_string(), words]);
    }
    let width = console.width();
    columns.write(console, width)?;
    let awaited: Vec<&str> = waiting(view).collect();
    if view.read_only && !awaited.is_empty() {
        let first = awaited.first().copied().unwrap_or_default();
        writeln!(console, "waits for {}; when one will not answer:", awaited.join(", "))?;
        writeln!(console, "entente restore go-on --without {first} --note \"AUTHORITY: REASON\"")?;
    }
    Ok(Outcome::Done)
}

/// The partners that are waited for.
fn waiting(view: &RestoreView) -> impl Iterator<Item = &str> {
    let partners = view.partners.iter().filter(|partner| matches!(partner.state.as_str(), "asking" | "fetching"));
    partners.map(|partner| partner.party.as_str())
}
